/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Nonsense, on the sockets, in the configuration and in the state directory:
 * a clear error each, nothing lost, and everybody else served as before.
 *
 * Easy to get wrong: an error message alone proves little.  After each piece
 * of nonsense somebody else must still be served.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define CLIENTS 64

static void
start_daemon(struct ward *w)
{
	char *config = ward_config(w, "limits:\n  arm-after: 1s\n");

	ward_start_vitalsd(w, config);
	free(config);
}

static int
connect_to(const struct ward *w, const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(a.sun_path, sizeof a.sun_path, "%s/run/%s", w->dir, name);
	if (connect(fd, (const struct sockaddr *)&a, sizeof a) < 0)
		ward_fail(w, "%s: %s", name, strerror(errno));
	return fd;
}

/* The next line, without its newline, within 5 s; false if the peer closed. */
static bool
next_line(const struct ward *w, int fd, char *line, size_t cap)
{
	size_t n = 0;

	for (;;) {
		struct pollfd p = { fd, POLLIN, 0 };
		ssize_t got;

		if (poll(&p, 1, 5000) <= 0)
			ward_fail(w, "no answer");
		got = read(fd, line + n, 1);
		if (got <= 0)
			return false;
		if (line[n] == '\n') {
			line[n] = '\0';
			return true;
		}
		assert_true(++n < cap);
	}
}

/* The next line must be an error with that code and those words. */
static void
hears_error(const struct ward *w, int fd, const char *sent, int code,
    const char *words)
{
	char line[4096];
	json_t *m, *e;

	if (!next_line(w, fd, line, sizeof line))
		ward_fail(w, "closed after %.200s", sent);
	m = json_loads(line, 0, NULL);
	e = json_object_get(m, "error");
	if (json_integer_value(json_object_get(e, "code")) != code ||
	    strstr(json_string_value(json_object_get(e, "message")) ?: "",
	    words) == NULL)
		ward_fail(w, "%.200s got %s", sent, line);
	json_decref(m);
}

#define ASKS(method, params) "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"" \
    method "\",\"params\":" params "}"

static const struct {
	const char *text;
	int code;
	const char *words;
} nonsense[] = {
	{ "what is the heart rate?", -32700, "not JSON at column" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,", -32700, "not JSON" },
	{ "", -32700, "not JSON" },
	{ "[]", -32600, "JSON-RPC" },
	{ "\xff\xfe\"", -32700, "not JSON" },
	{ "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"status\"}", -32600,
	    "2.0" },
	{ "{\"jsonrpc\":\"2.0\",\"method\":\"status\"}", -32600, "id" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":{},\"method\":\"status\"}", -32600,
	    "id" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":7}", -32600, "method" },
	{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"id\":1,\"method\":\"status\"}",
	    -32700, "duplicate" },
	{ ASKS("statsu", "{}"), -32601, "statsu" },
	{ ASKS("status", "[]"), -32602, "object" },
	{ ASKS("session.start", "{\"bedd\":\"CHAIR1\"}"), -32602, "bedd" },
	{ ASKS("session.start", "{\"bed\":7}"), -32602, "bed" },
	{ ASKS("session.start", "{\"bed\":\"CHAIR9\"}"), 3, "CHAIR9" },
	{ ASKS("session.start", "{\"at\":\"25:99\"}"), -32602, "25:99" },
	{ ASKS("session.start", "{\"by\":\"\\u0000\"}"), -32700, "not JSON" },
	{ ASKS("infusion.stop", "{}"), 1, "session" },
	{ ASKS("mark", "{}"), -32602, "text" },
	{ ASKS("alarm.ack", "{\"event\":\"7\"}"), -32602,
	    "does not name an alarm" },
	{ ASKS("alarm.pause", "{\"seconds\":\"long\"}"), -32602, "seconds" },
	{ ASKS("limits.set", "{\"tier\":\"spo2-low\",\"limit\":92.5,"
	    "\"reason\":\"x\"}"), -32602, "limit" },
	{ ASKS("record.start", "{\"port\":\"CHAIR1/nose\"}"), 3, "nose" },
};

static void
nonsense_gets_a_clear_error_and_the_connection_goes_on(void **state)
{
	struct ward *w = *state;
	static char deep[6000];
	int fd;

	start_daemon(w);
	fd = connect_to(w, "control.sock");
	for (size_t i = 0; i < sizeof nonsense / sizeof nonsense[0]; i++) {
		const char *t = nonsense[i].text;

		assert_int_equal(send(fd, t, strlen(t), MSG_NOSIGNAL),
		    strlen(t));
		assert_int_equal(send(fd, "\n", 1, MSG_NOSIGNAL), 1);
		hears_error(w, fd, t, nonsense[i].code, nonsense[i].words);
	}
	assert_int_equal(send(fd, "{\"a\":\"\0\"}\n", 10, MSG_NOSIGNAL), 10);
	hears_error(w, fd, "a NUL byte", -32700, "not JSON");
	memset(deep, '[', sizeof deep - 1);
	deep[sizeof deep - 1] = '\n';
	assert_int_equal(send(fd, deep, sizeof deep, MSG_NOSIGNAL),
	    sizeof deep);
	hears_error(w, fd, "deep JSON", -32700, "not JSON");

	/* This connection and the others are served on; nothing was stated. */
	assert_true(send(fd, ASKS("hello", "{}") "\n", strlen(ASKS("hello",
	    "{}")) + 1, MSG_NOSIGNAL) > 0);
	assert_true(next_line(w, fd, deep, sizeof deep));
	assert_non_null(strstr(deep, "\"result\""));
	close(fd);
	json_decref(ward_ask(w, "status", NULL));
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM statement"), 0);
}

static void
a_line_without_end_is_told_and_closed(void **state)
{
	struct ward *w = *state;
	static char much[16384];
	size_t sent = 0;
	int fd;

	start_daemon(w);
	fd = connect_to(w, "control.sock");
	memset(much, 'x', sizeof much);
	while (sent < (16u << 20)) {
		ssize_t n = send(fd, much, sizeof much, MSG_NOSIGNAL);

		if (n < 0)
			break;
		sent += (size_t)n;
	}
	assert_true(sent < (16u << 20));
	hears_error(w, fd, "an endless line", -32600, "longer than 64 KiB");
	assert_false(next_line(w, fd, much, sizeof much));
	close(fd);
	json_decref(ward_ask(w, "status", NULL));
}

static void
too_many_connections_are_told_and_shut_nobody_out(void **state)
{
	struct ward *w = *state;
	int fd[CLIENTS + 8];
	json_t *r;

	start_daemon(w);
	for (int i = 0; i < CLIENTS + 8; i++)
		fd[i] = connect_to(w, "control.sock");
	/* The ward's own connection is one of the 64. */
	for (int i = CLIENTS - 1; i < CLIENTS + 8; i++) {
		char line[256];

		hears_error(w, fd[i], "nothing", 1, "too many connections");
		assert_false(next_line(w, fd[i], line, sizeof line));
	}
	r = ward_ask(w, "session.start", NULL);
	assert_true(json_is_true(json_object_get(r, "durable")));
	json_decref(r);
	for (int i = 0; i < CLIENTS + 8; i++)
		close(fd[i]);
	/* There is room again at once. */
	assert_int_equal(ward_ctl(w, NULL, WORDS("status")), 0);
}

static void
a_client_that_never_reads_is_dropped_and_holds_up_nobody(void **state)
{
	struct ward *w = *state;
	static const char asks[] = ASKS("watch", "{}") "\n";
	int64_t until = ward_now_ms() + 20000;
	int fd;

	start_daemon(w);
	fd = connect_to(w, "control.sock");
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	for (;;) {
		int64_t asked_ms = ward_now_ms();
		ssize_t n = send(fd, asks, sizeof asks - 1, MSG_NOSIGNAL);

		if (n < 0 && errno != EAGAIN)
			break;
		json_decref(ward_ask(w, "alarm.list", NULL));
		assert_true(ward_now_ms() - asked_ms < 1000);
		if (ward_now_ms() > until)
			ward_fail(w, "it was not dropped");
	}
	close(fd);
	json_decref(ward_ask(w, "status", NULL));
}

static void
a_notifier_that_talks_nonsense_loses_no_notice(void **state)
{
	static const char *const lines[] = {
		"nonsense\n", "{}\n", "[1]\n",
		"{\"jsonrpc\":\"2.0\",\"method\":\"notify.hello\","
		"\"params\":{\"channels\":7}}\n",
		"{\"jsonrpc\":\"2.0\",\"method\":\"notify.result\","
		"\"params\":{\"key\":1}}\n",
		"{\"jsonrpc\":\"2.0\",\"method\":\"notify.result\",\"params\":"
		"{\"key\":\"0000000000000000-1\",\"channel\":\"station\","
		"\"attempt\":1,\"outcome\":\"delivered\"}}\n",
		"{\"jsonrpc\":\"2.0\",\"method\":\"notify.result\",\"params\":"
		"{\"key\":\"\",\"channel\":\"\",\"attempt\":-1,"
		"\"outcome\":\"\"}}\n",
	};
	struct ward *w = *state;
	static char much[100000];
	int fd;

	ward_start_receiver(w, "ok");
	start_daemon(w);
	fd = connect_to(w, "notify.sock");
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		if (send(fd, lines[i], strlen(lines[i]), MSG_NOSIGNAL) > 0)
			continue;
		/* The line before was enough for it to hang up. */
		assert_int_equal(errno, EPIPE);
		close(fd);
		fd = connect_to(w, "notify.sock");
		assert_true(send(fd, lines[i], strlen(lines[i]), MSG_NOSIGNAL)
		    > 0);
	}
	memset(much, 'x', sizeof much);
	(void)!send(fd, much, sizeof much, MSG_NOSIGNAL);
	json_decref(ward_ask(w, "session.start", NULL));
	/* No monitor: a technical alarm, which is to be delivered. */
	json_decref(ward_wait_alarm(w, "no-data:CHAIR1/ox", "active",
	    "medium", 15));
	ward_start_notify(w);
	ward_wait_received(w, "no-data:CHAIR1/ox", 1, 10);
	close(fd);
}

static void
a_second_vitalsd_is_refused_and_the_first_goes_on(void **state)
{
	struct ward *w = *state;
	char *out;
	int64_t starts;

	start_daemon(w);
	starts = ward_sql(w, "SELECT count(*) FROM start");
	assert_int_equal(ward_run(w, &out, WORDS("vitalsd", "--config",
	    ward_path(w, "vitalsd.yaml"), "--state", ward_path(w, "state"),
	    "--run", ward_path(w, "run"))), 1);
	assert_non_null(strstr(out, "another vitalsd"));
	free(out);
	assert_int_equal(ward_run(w, &out, WORDS("vitalsd", "--config",
	    ward_path(w, "vitalsd.yaml"), "--state", ward_path(w, "state2"),
	    "--run", ward_path(w, "run"))), 1);
	assert_non_null(strstr(out, "another vitalsd"));
	free(out);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM start"), starts);
	json_decref(ward_ask(w, "status", NULL));
	/* The sockets are still the first one's. */
	assert_int_equal(ward_ctl(w, NULL, WORDS("status")), 0);
	close(connect_to(w, "notify.sock"));
}

static void
run_sql(const struct ward *w, const char *text)
{
	sqlite3 *db = NULL;

	assert_int_equal(sqlite3_open(ward_path(w, "state/log.db"), &db),
	    SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, text, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

static void
a_log_of_a_newer_version_is_refused_and_left_alone(void **state)
{
	struct ward *w = *state;
	char *out;

	start_daemon(w);
	ward_kill(&w->vitalsd, SIGTERM);
	run_sql(w, "PRAGMA user_version = 99");
	assert_int_equal(ward_run(w, &out, WORDS("vitalsd", "--config",
	    ward_path(w, "vitalsd.yaml"), "--state", ward_path(w, "state"),
	    "--run", ward_path(w, "run"))), 1);
	if (strstr(out, "newer") == NULL)
		ward_fail(w, "it says: %s", out);
	free(out);
	assert_int_equal(ward_sql(w, "PRAGMA user_version"), 99);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM start"), 1);
}

static void
a_damaged_log_is_moved_aside_with_an_alarm(void **state)
{
	struct ward *w = *state;
	char *path, *text;
	int fd;

	start_daemon(w);
	json_decref(ward_ask(w, "session.start", NULL));
	ward_kill(&w->vitalsd, SIGTERM);
	/* Else the pages are still in the -wal file, and all is well. */
	run_sql(w, "PRAGMA wal_checkpoint(TRUNCATE)");
	fd = open(ward_path(w, "state/log.db"), O_WRONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (int i = 1; i < 12; i++)
		assert_int_equal(pwrite(fd, "this was a page of the log", 26,
		    4096 * i), 26);
	close(fd);
	ward_restart_vitalsd(w);
	json_decref(ward_wait_alarm(w, "log-replaced", "active", "high", 5));
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 17", 1, 5);
	text = ward_sql_text(w, "SELECT text FROM event WHERE kind = 17");
	assert_non_null(text);
	path = strstr(text, "moved to ");
	assert_non_null(path);
	path += strlen("moved to ");
	path[strcspn(path, " ")] = '\0';
	if (access(path, R_OK) != 0)
		ward_fail(w, "%s is not there", path);
	free(text);
	json_decref(ward_ask(w, "session.start", NULL));
}

static void
a_wrong_configuration_is_refused_whole_and_the_running_one_stays(void **state)
{
	struct ward *w = *state;
	char *out;
	json_t *r;

	start_daemon(w);
	ward_write(w, "vitalsd.yaml",
	    "beds:\n"
	    "  - id: CHAIR1\n"
	    "    monitors:\n"
	    "      - {name: a, driver: nonin-2, port: /dev/ttyUSB0}\n"
	    "      - {name: b, driver: nonin-3, port: /dev/serial/by-id/x}\n"
	    "      - {name: c, driver: nonin-2, port: /dev/serial/by-id/x}\n"
	    "colour: blue\n");
	r = ward_ask(w, "reload", NULL);
	assert_true(json_array_size(json_object_get(r, "complaints")) >= 3);
	json_decref(r);
	r = ward_bed(w);
	assert_string_equal(json_string_value(json_object_get(r, "label")),
	    "Chair 1");
	json_decref(r);
	assert_int_equal(ward_ctl(w, &out, WORDS("config", "check")), 1);
	if (strstr(out, ":4:") == NULL || strstr(out, ":5:") == NULL ||
	    strstr(out, ":7:1") == NULL || strstr(out, "ttyUSB0") == NULL ||
	    strstr(out, "colour") == NULL)
		ward_fail(w, "config check says: %s", out);
	free(out);
	ward_kill(&w->vitalsd, SIGTERM);
	assert_int_equal(ward_run(w, &out, WORDS("vitalsd", "--config",
	    ward_path(w, "vitalsd.yaml"), "--state", ward_path(w, "state"),
	    "--run", ward_path(w, "run"))), 1);
	assert_non_null(strstr(out, ":7:1"));
	/* An errno says nothing to who wrote the file. */
	assert_null(strstr(out, strerror(EINVAL)));
	assert_non_null(strstr(out, "its configuration is refused, see above"));
	free(out);
}

/* As user 65534, asks with one request; true if the answer holds the text. */
static bool
stranger_hears(const struct ward *w, const char *request, const char *text)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		char line[65536];
		int fd;

		if (setgid(65534) != 0 || setuid(65534) != 0)
			_exit(2);
		fd = connect_to(w, "control.sock");
		if (send(fd, request, strlen(request), MSG_NOSIGNAL) < 0 ||
		    send(fd, "\n", 1, MSG_NOSIGNAL) < 0 ||
		    !next_line(w, fd, line, sizeof line))
			_exit(3);
		_exit(strstr(line, text) != NULL ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void
a_user_without_a_role_may_do_nothing(void **state)
{
	struct ward *w = *state;

	if (geteuid() != 0) {
		print_message("skipped: needs root to be somebody else\n");
		skip();
	}
	start_daemon(w);
	/* The directories let him come as far as the socket. */
	assert_int_equal(chmod(w->dir, 0755), 0);
	assert_int_equal(chmod(ward_path(w, "run"), 0755), 0);
	assert_true(stranger_hears(w, ASKS("status", "{}"),
	    "\"code\":2,\"message\":\""));
	assert_true(stranger_hears(w, ASKS("session.start", "{}"),
	    "\"code\":2,\"message\":\""));
	assert_true(stranger_hears(w, ASKS("alarm.pause", "{\"seconds\":60}"),
	    "\"code\":2,\"message\":\""));
	assert_true(stranger_hears(w, ASKS("record.start",
	    "{\"port\":\"CHAIR1/ox\"}"), "\"code\":2,\"message\":\""));
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM statement"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(nonsense_gets_a_clear_error_and_the_connection_goes_on),
		WARD_TEST(a_line_without_end_is_told_and_closed),
		WARD_TEST(too_many_connections_are_told_and_shut_nobody_out),
		WARD_TEST(
		    a_client_that_never_reads_is_dropped_and_holds_up_nobody),
		WARD_TEST(a_notifier_that_talks_nonsense_loses_no_notice),
		WARD_TEST(a_second_vitalsd_is_refused_and_the_first_goes_on),
		WARD_TEST(a_log_of_a_newer_version_is_refused_and_left_alone),
		WARD_TEST(a_damaged_log_is_moved_aside_with_an_alarm),
		WARD_TEST(
		    a_wrong_configuration_is_refused_whole_and_the_running_one_stays),
		WARD_TEST(a_user_without_a_role_may_do_nothing),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
