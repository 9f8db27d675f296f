/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Values of line-rules from their words in the file: texts with bytes in them,
 * the shape of a line, names of rules and vitals.
 *
 * Easy to get wrong: as in config_text.h, what is wrong is said as the end of a
 * sentence, and NULL means that all is well.
 */
#ifndef DAEMON_CONFIG_RULES_H
#define DAEMON_CONFIG_RULES_H

#include "daemon/config_keys.h"

/* "<STX>18;;DF<03>" into the struct line_text at 'field'; k->min and k->max
 * bound its length. */
const char *config_rules_bytes(const struct config_key *k, const char *s,
    size_t n, void *field) MUST_CHECK;

/* The same into the next place of the struct line_tokens at 'field'. */
const char *config_rules_token(const struct config_key *k, const char *s,
    size_t n, void *field) MUST_CHECK;

/* Adds the vital's bit to the uint16_t at 'field'. */
const char *config_rules_vital(const char *s, void *field) MUST_CHECK;

/* "SPO2={spo2:3} HR={pr}{}" into the parts of the struct line_match whose
 * parts_n is at 'field'; a capture with a vital's name becomes one of its
 * values. */
const char *config_rules_shape(const char *s, size_t n, void *field) MUST_CHECK;

/* The rules of that name, made with their defaults if there are none yet. */
const char *config_rules_find(struct config *c, const char *name,
    struct config_rules **out) MUST_CHECK;

/* The same for a monitor: 'field' is a const struct line_rules *. */
const char *config_rules_name(struct config *c, const char *name,
    void *field) MUST_CHECK;

/* A new element of a list of rules (SECTION_MATCH, _STATUS, _POLL) in 'base',
 * which has room; and the match's value of a vital, new or there already. */
void *config_rules_element(enum config_section s, void *base);
void *config_rules_value(void *match, enum vital v);

/* Where the place of an element is noted; NULL for other sections. */
const void *config_rules_mark(enum config_section s, const void *base);

#endif
