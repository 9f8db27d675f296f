/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitalsd put together: builds the parts in order, joins their sinks, runs
 * the loop, and takes everything down in reverse.
 *
 * Easy to get wrong: only what nobody could work without ends the process: a
 * configuration that is refused, a socket that another vitalsd holds, a log of
 * a newer version.  Everything else is raised as an alarm and retried.
 */
#ifndef DAEMON_SERVICE_H
#define DAEMON_SERVICE_H

#include "daemon/paths.h"

/* Runs until SIGTERM or SIGINT.  Returns an exit status: 0, or 1 with the
 * reasons on standard error. */
int service_run(const struct paths *paths);

#endif
