/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What one key of the configuration says about another: names that are there
 * twice, two monitors on one port, limits in the wrong order; and what the
 * file leaves open is filled in.
 *
 * Easy to get wrong: it runs on a configuration with complaints too, so that
 * all come at once; a field that has no place was not in the file, or was
 * refused, and is not judged again.
 */
#ifndef DAEMON_CONFIG_CHECK_H
#define DAEMON_CONFIG_CHECK_H

#include "daemon/config_text.h"

/* Where in the file a field of the configuration got its value. */
struct config_place {
	const void *field;
	unsigned line, column;
};

/* A table hashed by the field's address; half as large again as the fields of
 * CONFIG_PORTS monitors with every key, their beds, CONFIG_RULES rules with
 * every key, and the rest. */
#define CONFIG_PLACES 65536
struct config_places {
	struct config_place item[CONFIG_PLACES];
	size_t n;
};

/* Notes the place; the first one noted for a field stays. */
void config_place_set(struct config_places *p, const void *field,
    unsigned line, unsigned column);

/* The place of a field; NULL if the file does not (or not rightly) say it. */
const struct config_place *config_place_of(const struct config_places *p,
    const void *field);

/* Fills in defaults and completes names, and complains of what does not fit
 * together. */
void config_check(struct config *c, const struct config_places *places,
    struct complaints *out);

#endif
