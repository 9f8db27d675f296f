/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Who is at the other end, and what they may do.  The peer is a child of the
 * test that became another user, so that the kernel itself vouches for it.
 *
 * Easy to get wrong: needs root to become somebody else; the rest is skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/roles.h"

#define ALL (ROLE_VIEW | ROLE_STAFF | ROLE_LIMITS | ROLE_ADMIN)
#define NOBODY 65534
#define NAMELESS 61234

/* What the roles table lets a connection of that user and groups do. */
static struct peer
peer_of(uid_t uid, gid_t gid, const gid_t *groups, size_t groups_n,
    const struct config *c)
{
	/* An abstract address: no file, no mode. */
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	socklen_t size = offsetof(struct sockaddr_un, sun_path) + 24;
	int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), fd;
	struct peer p = { 0 };
	pid_t pid;

	snprintf(a.sun_path + 1, 23, "vitalsd-roles-%d", (int)getpid());
	assert_int_equal(bind(listener, (void *)&a, size), 0);
	assert_int_equal(listen(listener, 1), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		int s = socket(AF_UNIX, SOCK_STREAM, 0);
		char byte;

		if (setgroups(groups_n, groups) != 0 || setgid(gid) != 0 ||
		    setuid(uid) != 0 || connect(s, (void *)&a, size) != 0)
			_exit(1);
		_exit(read(s, &byte, 1) == 0 ? 0 : 1);
	}
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	assert_int_equal(roles_of_peer(fd, c, &p), 0);
	assert_int_equal(p.pid, pid);
	close(fd);
	close(listener);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	return p;
}

static bool
is_root(void)
{
	return geteuid() == 0;
}

static void
without_a_table_the_own_user_may_do_everything(void **state)
{
	struct config c = { 0 };
	struct peer p = { 0 };
	int fd[2];
	const struct passwd *pw = getpwuid(geteuid());

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(roles_of_peer(fd[0], &c, &p), 0);
	assert_int_equal(p.roles, ALL);
	assert_int_equal(p.uid, geteuid());
	if (pw != NULL)
		assert_string_equal(p.user, pw->pw_name);
	close(fd[0]);
	close(fd[1]);
}

static void
without_a_table_nobody_else_may_do_anything(void **state)
{
	struct config c = { 0 };
	struct peer p;

	(void)state;
	if (!is_root())
		skip();
	p = peer_of(NOBODY, NOBODY, NULL, 0, &c);
	assert_int_equal(p.roles, 0);
	assert_string_equal(p.user, "nobody");
}

static void
with_a_table_root_still_may(void **state)
{
	struct config_role row = { "nobody", false, ROLE_VIEW };
	struct config c = { .roles = &row, .roles_n = 1 };

	(void)state;
	if (!is_root())
		skip();
	assert_int_equal(peer_of(0, 0, NULL, 0, &c).roles, ALL);
}

static void
a_user_has_the_roles_of_every_row_that_names_them(void **state)
{
	struct config_role row[] = {
		{ "nobody", false, ROLE_STAFF },
		{ "nobody", false, ROLE_LIMITS },
		{ "root", false, ROLE_ADMIN },
	};
	struct config c = { .roles = row, .roles_n = 3 };

	(void)state;
	if (!is_root())
		skip();
	/* Who may act may also look. */
	assert_int_equal(peer_of(NOBODY, NOBODY, NULL, 0, &c).roles,
	    ROLE_VIEW | ROLE_STAFF | ROLE_LIMITS);
}

static void
a_group_counts_as_primary_and_as_any_other(void **state)
{
	const struct group *g = getgrnam("daemon");
	struct config_role row = { "daemon", true, ROLE_STAFF };
	struct config c = { .roles = &row, .roles_n = 1 };
	gid_t groups[3] = { 5000, 0, 5001 }, id;

	(void)state;
	if (!is_root() || g == NULL)
		skip();
	id = g->gr_gid;
	assert_int_equal(peer_of(NOBODY, NOBODY, NULL, 0, &c).roles, 0);
	assert_int_equal(peer_of(NOBODY, id, NULL, 0, &c).roles,
	    ROLE_VIEW | ROLE_STAFF);
	groups[1] = id;
	assert_int_equal(peer_of(NOBODY, NOBODY, groups, 3, &c).roles,
	    ROLE_VIEW | ROLE_STAFF);
}

static void
a_user_of_the_same_name_as_a_group_is_not_in_it(void **state)
{
	struct config_role row = { "nobody", true, ROLE_ADMIN };
	struct config c = { .roles = &row, .roles_n = 1 };

	(void)state;
	if (!is_root())
		skip();
	/* Debian has no group "nobody". */
	assert_int_equal(peer_of(NOBODY, NOBODY, NULL, 0, &c).roles, 0);
}

static void
a_user_without_a_name_is_known_by_number(void **state)
{
	struct config c = { 0 };

	(void)state;
	if (!is_root() || getpwuid(NAMELESS) != NULL)
		skip();
	assert_string_equal(peer_of(NAMELESS, NOBODY, NULL, 0, &c).user,
	    "uid 61234");
}

static void
one_in_more_groups_than_are_looked_at_keeps_the_roles_of_the_rest(
    void **state)
{
	struct config_role row = { "daemon", true, ROLE_STAFF };
	struct config c = { .roles = &row, .roles_n = 1 };
	const struct group *g = getgrnam("daemon");
	gid_t groups[1000];

	(void)state;
	if (!is_root() || g == NULL)
		skip();
	for (gid_t i = 0; i < 1000; i++)
		groups[i] = 20000 + i;
	groups[999] = g->gr_gid;
	assert_int_equal(peer_of(NOBODY, NOBODY, groups, 1000, &c).roles,
	    ROLE_VIEW | ROLE_STAFF);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    without_a_table_the_own_user_may_do_everything),
		cmocka_unit_test(without_a_table_nobody_else_may_do_anything),
		cmocka_unit_test(with_a_table_root_still_may),
		cmocka_unit_test(
		    a_user_has_the_roles_of_every_row_that_names_them),
		cmocka_unit_test(a_group_counts_as_primary_and_as_any_other),
		cmocka_unit_test(
		    a_user_of_the_same_name_as_a_group_is_not_in_it),
		cmocka_unit_test(a_user_without_a_name_is_known_by_number),
		cmocka_unit_test(
		    one_in_more_groups_than_are_looked_at_keeps_the_roles_of_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
