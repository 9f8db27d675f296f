/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A listening Unix stream socket at a path.
 *
 * Easy to get wrong: a socket that another process still listens on is not
 * stale and is not taken over.
 */
#ifndef DAEMON_LISTEN_H
#define DAEMON_LISTEN_H

#include <sys/types.h>

#include "schemas/vital.h"

/* Returns a non-blocking listening descriptor, or a negative errno:
 * -EADDRINUSE if somebody answers there, -ENOTSOCK if a file of another kind
 * is there (it stays), -ENAMETOOLONG. */
int listen_unix(const char *path, mode_t mode) MUST_CHECK;

#endif
