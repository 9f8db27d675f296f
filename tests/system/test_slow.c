/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Programs that take their time: one that reads the log in one go for ever,
 * and many that connect and say nothing, or a byte at a time.
 *
 * Easy to get wrong: a connection that watches is silent by right, and must not
 * be taken for one of those.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define IDLE_MS 10000
#define CLIENTS 64
#define HELD (16 << 20)

static void
start_daemon(struct ward *w)
{
	char *config = ward_config(w, "");

	ward_start_vitalsd(w, config);
	free(config);
	json_decref(ward_ask(w, "session.start", NULL));
}

static int64_t
size_of(const struct ward *w, const char *name)
{
	struct stat st;

	assert_int_equal(stat(ward_path(w, name), &st), 0);
	return st.st_size;
}

static void
mark(struct ward *w)
{
	json_decref(ward_ask(w, "mark", json_pack("{s:s}", "text", "so much "
	    "for the log")));
}

static void
a_reader_that_does_not_end_is_an_alarm_and_the_log_is_tidied_after(
    void **state)
{
	struct ward *w = *state;
	sqlite3 *db = NULL;
	int marks;

	start_daemon(w);
	assert_int_equal(sqlite3_open_v2(ward_path(w, "state/log.db"), &db,
	    SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM "
	    "statement", NULL, NULL, NULL), SQLITE_OK);
	for (marks = 0; size_of(w, "state/log.db-wal") <= HELD; marks++) {
		if (marks > 4000)
			ward_fail(w, "it does not grow: %lld",
			    (long long)size_of(w, "state/log.db-wal"));
		mark(w);
	}
	json_decref(ward_wait_alarm(w, "log-held", "active", "low", 15));
	sqlite3_close(db);
	assert_int_equal(sqlite3_open_v2(ward_path(w, "state/log.db"), &db,
	    SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	/* The first tidies, the next begins at the front and cuts. */
	for (int i = 0; size_of(w, "state/log.db-wal") > HELD; i++) {
		if (i > 100)
			ward_fail(w, "it does not shrink");
		mark(w);
		ward_nap(20);
	}
	(void)ward_wait_alarm(w, "log-held", "", "none", 5);
	sqlite3_close(db);
	assert_true(ward_sql(w, "SELECT count(*) FROM statement") > marks);
}

static int
connect_to_control(const struct ward *w)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(a.sun_path, sizeof a.sun_path, "%s/run/control.sock", w->dir);
	assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof a),
	    0);
	return fd;
}

static bool
is_closed(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, 0) > 0 && (p.revents & POLLHUP) != 0;
}

static void
connections_that_ask_nothing_shut_nobody_out(void **state)
{
	static const char watch[] = "{\"jsonrpc\":\"2.0\",\"id\":1,"
	    "\"method\":\"watch\"}\n";
	struct ward *w = *state;
	int64_t until;
	int fd[CLIENTS - 1], closed = 0;

	start_daemon(w);
	/* The ward's own is the 64th. */
	for (int i = 0; i < CLIENTS - 1; i++)
		fd[i] = connect_to_control(w);
	assert_int_equal(send(fd[0], watch, strlen(watch), MSG_NOSIGNAL),
	    strlen(watch));
	until = ward_now_ms() + IDLE_MS + 500;
	while (ward_now_ms() < until) {
		for (int i = 1; i < CLIENTS - 1; i += 2)
			assert_int_equal(send(fd[i], "{", 1, MSG_NOSIGNAL), 1);
		json_decref(ward_ask(w, "alarm.list", NULL));
		ward_nap(500);
	}
	/* One makes room for each that comes; whoever watches stays. */
	for (int i = 0; i < 5; i++)
		assert_int_equal(ward_ctl(w, NULL, WORDS("status")), 0);
	json_decref(ward_ask(w, "alarm.list", NULL));
	assert_false(is_closed(fd[0]));
	for (int i = 0; i < CLIENTS - 1; i++) {
		closed += is_closed(fd[i]);
		close(fd[i]);
	}
	assert_in_range(closed, 1, 5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(
		    a_reader_that_does_not_end_is_an_alarm_and_the_log_is_tidied_after),
		WARD_TEST(connections_that_ask_nothing_shut_nobody_out),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
