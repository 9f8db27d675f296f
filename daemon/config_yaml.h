/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The text of a YAML file as a libyaml document, with everything refused that
 * a configuration file has no use for: anchors and aliases, tags, a second
 * document, deep nesting, text that is not clean UTF-8.
 *
 * Easy to get wrong: libyaml's document resolves aliases without leaving a
 * trace (and "*a" ten times over grows a small file into a huge one), so the
 * file is gone through as events before a document is made of it.
 */
#ifndef DAEMON_CONFIG_YAML_H
#define DAEMON_CONFIG_YAML_H

#include "daemon/config_text.h"

#include <yaml.h>

#define CONFIG_YAML_DEPTH 16
#define CONFIG_YAML_KEYS 128	/* in one mapping */

/* Makes the document; the caller ends it with yaml_document_delete().  False
 * with at least one complaint, and then there is nothing to delete.  At most
 * CONFIG_FILE_MAX bytes. */
bool config_yaml_load(yaml_document_t *out, const char *text, size_t n,
    struct complaints *complaints) MUST_CHECK;

/* The text of a scalar, NULL if the node is a list or a mapping.  Its bytes
 * end with a NUL and may contain one (a quoted "\0"): see *n. */
const char *config_yaml_scalar(const yaml_node_t *node, size_t *n);

/* Whether it says nothing: left empty, or a plain '~' or 'null'. */
bool config_yaml_empty(const yaml_node_t *node);

/* Whether the scalar stands in quotes (or is a block of text). */
bool config_yaml_quoted(const yaml_node_t *node);

/* A complaint at the node's first character. */
#define complain_at(out, node, ...) \
	complain((out), (unsigned)(node)->start_mark.line + 1, \
	    (unsigned)(node)->start_mark.column + 1, __VA_ARGS__)

#endif
