/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who is at the other end of a Unix socket, and what the roles table of the
 * configuration lets them do.
 *
 * Easy to get wrong: which groups the peer is in is asked of the socket
 * (SO_PEERGROUPS), as they were when it connected, and not of any directory.
 * The names of its user and of the groups in the table are looked up the
 * system's way, once a connection: keep them in /etc/passwd and /etc/group.
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

/* What there is to be said of a user or group of the roles table that this
 * machine does not know: no fault of the file, but a misspelt one shuts its
 * people out.  *from: the row to begin with, first 0, then the one behind it.
 * False: there is none from there on. */
#define ROLES_MISSING_MAX 192
bool roles_missing(const struct config *c, size_t *from,
    char out[ROLES_MISSING_MAX]) MUST_CHECK;

/* Says it of each in the journal.  How many there are. */
size_t roles_warn(const struct config *c);

#endif
