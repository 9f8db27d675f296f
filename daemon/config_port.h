/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a monitor's port is, by how it is named: a path, a USB serial number or
 * a socket; and whether two monitors have one.
 *
 * Easy to get wrong: here, and only here, the configuration looks at the
 * machine (stat, sysfs): what is plugged in now decides about two names of one
 * device, and nothing else.
 */
#ifndef DAEMON_CONFIG_PORT_H
#define DAEMON_CONFIG_PORT_H

#include "daemon/config_check.h"

/* Completes the ports and complains of them; after config_check(). */
void config_check_ports(struct config *c, const struct config_places *places,
    struct complaints *out);

#endif
