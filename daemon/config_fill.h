/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The document of a configuration file into its struct, along the table of
 * keys.
 *
 * Easy to get wrong: a value is what is written.  YAML's own ideas of types
 * (that no is false, 012 is ten, 1:30 is ninety) have no part here: a bed may
 * be called "no", and 012 is refused where a number is expected.
 */
#ifndef DAEMON_CONFIG_FILL_H
#define DAEMON_CONFIG_FILL_H

#include "daemon/config_check.h"
#include "daemon/config_yaml.h"

/* Fills 'c', whose beds, ports and roles have room for CONFIG_BEDS,
 * CONFIG_PORTS and CONFIG_ROLES, and which holds the defaults.  What is wrong
 * in the file is complained of and left as it was. */
void config_fill(struct config *c, yaml_document_t *doc,
    struct config_places *places, struct complaints *out);

#endif
