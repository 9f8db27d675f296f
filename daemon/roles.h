/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who is at the other end of a Unix socket, and what the roles table of the
 * configuration lets them do.
 *
 * Easy to get wrong: the peer's groups are taken from the socket
 * (SO_PEERGROUPS), not looked up by name, so that no directory service can
 * make the daemon wait.
 */
#ifndef DAEMON_ROLES_H
#define DAEMON_ROLES_H

#include <sys/types.h>

#include "daemon/config.h"

struct peer {
	uid_t uid;
	pid_t pid;
	char user[USER_MAX];	/* its name, or "uid 1000" */
	unsigned roles;		/* bits of enum role */
};

/* Reads the peer of a connected socket.  0 or negative errno. */
int roles_of_peer(int fd, const struct config *c, struct peer *out) MUST_CHECK;

/* "view, staff" */
void roles_format(unsigned roles, char *out, size_t cap);

#endif
