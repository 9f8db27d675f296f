/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The serial ports of this machine, by names that stay.
 *
 * Easy to get wrong: of one adapter there are several names.  by-id is the
 * adapter's, wherever it is plugged in; by-path the socket's, whatever is; and
 * /dev/ttyUSB0 nobody's.
 */
#ifndef CLI_DETECT_PORTS_H
#define CLI_DETECT_PORTS_H

#include <stdbool.h>
#include <stddef.h>

#include "daemon/config.h"

#define DETECT_PORTS 64

enum port_name {
	NAME_BY_ID,
	NAME_BY_PATH,
	NAME_AS_GIVEN,		/* another path, which may stay or not */
	NAME_BY_PLUGGING,	/* ttyUSB0: no configuration may have it */
};

struct detect_port {
	char path[CONFIG_PATH_MAX];	/* the best name */
	char device[CONFIG_PATH_MAX];	/* where it leads; "": nowhere */
	enum port_name name;
	enum transport transport;
};

/* The ports of by-id, those of by-path that are not among them, and the built-in
 * ones (ttyS) behind which there is hardware; by name.  'dev' is "/dev", 'sys'
 * "/sys" but in tests.  Returns how many. */
size_t detect_ports_list(const char *dev, const char *sys,
    struct detect_port out[DETECT_PORTS]);

/* The port that somebody named, by its best name. */
void detect_port_named(const char *dev, const char *given,
    struct detect_port *out);

#endif
