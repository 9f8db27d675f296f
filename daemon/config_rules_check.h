/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whether line-rules make sense: each key together with the others.  And what
 * follows from them: the driver of the ports that name them.
 *
 * Easy to get wrong: a port's driver stays the one in the registry where there
 * are complaints; such a configuration is refused whole.
 */
#ifndef DAEMON_CONFIG_RULES_CHECK_H
#define DAEMON_CONFIG_RULES_CHECK_H

#include "daemon/config_check.h"

/* Complains, completes the rules, and gives each port that names some a driver
 * of their own: "line" with its polls as all that it may send. */
void config_rules_check(struct config *c, const struct config_places *places,
    struct complaints *out);

#endif
