/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See roles.h.
 *
 * Easy to get wrong: without a roles table, root and the daemon's own user may
 * do everything and nobody else anything; with one, root still may, since
 * root could anyway.
 */
#include "daemon/roles.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/journal.h"

#define ROLES_ALL (ROLE_VIEW | ROLE_STAFF | ROLE_LIMITS | ROLE_ADMIN)

static bool
in_group(const char *name, gid_t primary, const gid_t *groups, size_t n)
{
	const struct group *g = getgrnam(name);

	if (g == NULL)
		return false;
	if (g->gr_gid == primary)
		return true;
	for (size_t i = 0; i < n; i++)
		if (groups[i] == g->gr_gid)
			return true;
	return false;
}

/* The peer's groups besides its primary one, to be freed; NULL for none. */
static gid_t *
peer_groups(int fd, size_t *n)
{
	socklen_t size = 0;
	gid_t *groups;

	*n = 0;
	/* Asked with no room, the kernel says how much it takes. */
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, NULL, &size) == 0 ||
	    errno != ERANGE)
		return NULL;
	groups = malloc(size);
	if (groups == NULL)
		return NULL;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &size) < 0) {
		free(groups);
		return NULL;
	}
	*n = size / sizeof groups[0];
	return groups;
}

int
roles_of_peer(int fd, const struct config *c, struct peer *out)
{
	struct ucred cred;
	socklen_t n = sizeof cred;
	const struct passwd *pw;
	gid_t *groups;
	size_t groups_n = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) < 0)
		return -errno;
	groups = peer_groups(fd, &groups_n);
	memset(out, 0, sizeof *out);
	out->uid = cred.uid;
	out->pid = cred.pid;
	pw = getpwuid(cred.uid);
	if (pw != NULL)
		snprintf(out->user, sizeof out->user, "%.32s", pw->pw_name);
	else
		snprintf(out->user, sizeof out->user, "uid %u",
		    (unsigned)cred.uid);
	if (cred.uid == 0 || (c->roles_n == 0 && cred.uid == geteuid()))
		out->roles = ROLES_ALL;
	for (size_t i = 0; i < c->roles_n; i++) {
		const struct config_role *r = &c->roles[i];

		if (r->group ? in_group(r->name, cred.gid, groups, groups_n) :
		    strcmp(r->name, out->user) == 0)
			out->roles |= r->roles;
	}
	free(groups);
	/* Who may act may also look. */
	if (out->roles != 0)
		out->roles |= ROLE_VIEW;
	return 0;
}

bool
roles_missing(const struct config *c, size_t *from, char out[ROLES_MISSING_MAX])
{
	while (*from < c->roles_n) {
		const struct config_role *r = &c->roles[(*from)++];

		if (r->group ? getgrnam(r->name) != NULL :
		    getpwnam(r->name) != NULL)
			continue;
		snprintf(out, ROLES_MISSING_MAX, "roles: there is no %s \"%s\" "
		    "on this machine, so it lets nobody in; expected one that "
		    "`getent %s` lists", r->group ? "group" : "user", r->name,
		    r->group ? "group" : "passwd");
		return true;
	}
	return false;
}

size_t
roles_warn(const struct config *c)
{
	char line[ROLES_MISSING_MAX];
	size_t n = 0;

	for (size_t from = 0; roles_missing(c, &from, line); n++)
		journal_warning("%s", line);
	return n;
}
