/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Monitors on the network: the very command of vitals-tcp@.service, started
 * again as systemd does, between a simulated monitor on loopback and vitalsd.
 *
 * Easy to get wrong: the command is read from the unit file, only its paths are
 * others; a test that had its own would go on passing when the unit is broken.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define UNIT "systemd/vitals-tcp@.service"
#define WORDS_MAX 8

/* What follows KEY= in the unit; malloc'ed. */
static char *
unit_value(const char *key)
{
	FILE *f = fopen(UNIT, "r");
	char line[1024], *value = NULL;

	assert_non_null(f);
	while (value == NULL && fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		if (strncmp(line, key, strlen(key)) == 0 &&
		    line[strlen(key)] == '=')
			value = strdup(line + strlen(key) + 1);
	}
	fclose(f);
	if (value == NULL)
		fail_msg("%s: no %s=", UNIT, key);
	return value;
}

/* text with every 'from' as 'to'; lets text go. */
static char *
replace(char *text, const char *from, const char *to)
{
	char *at = strstr(text, from), *out;

	assert_non_null(at);
	assert_true(asprintf(&out, "%.*s%s%s", (int)(at - text), text, to,
	    at + strlen(from)) > 0);
	free(text);
	return out;
}

/* Runs a command in a child that ends with us, its output in DIR/tcp.out. */
static pid_t
spawn(const struct ward *w, char *const *words, uid_t uid)
{
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	if (freopen(ward_path(w, "tcp.out"), "a", stdout) == NULL ||
	    dup2(1, 2) < 0 || (uid != 0 && (setgroups(0, NULL) != 0 ||
	    setgid(uid) != 0 || setuid(uid) != 0)))
		_exit(125);
	/* Last: who becomes another user is no longer told. */
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execv(words[0], words);
	_exit(127);
}

/* Does what systemd does with the unit: starts it again when it ends. */
static pid_t
start_unit(const struct ward *w, const char *name, const char *peer, uid_t uid)
{
	char *restart = unit_value("Restart"), *sec = unit_value("RestartSec");
	char *limit = unit_value("StartLimitIntervalSec");
	char *command = unit_value("ExecStart"), *words[WORDS_MAX] = { NULL };
	char at[256];
	size_t n = 0;
	pid_t pid;

	assert_string_equal(restart, "always");
	assert_string_equal(limit, "0");
	snprintf(at, sizeof at, "%s/%s", ward_path(w, "tcp"), name);
	command = replace(command, "/run/vitals-tcp/%i", at);
	command = replace(command, "${PEER}", peer);
	assert_null(strchr(command, '$'));
	assert_null(strchr(command, '%'));
	for (char *word = strtok(command, " "); word != NULL && n <
	    WORDS_MAX - 1; word = strtok(NULL, " "))
		words[n++] = word;
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		for (;;) {
			pid_t child = spawn(w, words, uid);

			while (waitpid(child, NULL, 0) < 0 && errno == EINTR)
				continue;
			sleep((unsigned)atoi(sec));
		}
	}
	free(restart), free(sec), free(limit), free(command);
	return pid;
}

/* A device server: the simulated monitor's line on that address. */
static pid_t
start_server(const struct ward *w, const char *address)
{
	char line[300], tcp[128], socat[] = "/usr/bin/socat";

	snprintf(tcp, sizeof tcp, "%s", address);
	snprintf(line, sizeof line, "OPEN:%s,raw,echo=0",
	    ward_path(w, "tty/ox"));
	return spawn(w, (char *const[]){ socat, tcp, line, NULL }, 0);
}

static void
start_vitalsd(struct ward *w)
{
	char *config;

	assert_true(asprintf(&config, "beds:\n  - id: CHAIR1\n    monitors:\n"
	    "      - {name: ox, driver: nonin-2, port: 'unix:%s/tcp/ox'}\n"
	    "limits:\n  arm-after: 1s\n", w->dir) > 0);
	ward_start_vitalsd(w, config);
	free(config);
}

/* Looks until that is what `devices` finds; fails the test if it does not. */
static void
wait_finding(struct ward *w, const char *finding, const char *why,
    int timeout_s)
{
	int64_t until = ward_now_ms() + timeout_s * 1000;

	for (;;) {
		json_t *r = ward_ask(w, "devices", NULL);
		json_t *d = json_array_get(json_object_get(r, "devices"), 0);
		const char *is = json_string_value(json_object_get(d,
		    "finding"));

		assert_string_equal(json_string_value(json_object_get(d,
		    "transport")), "unix");
		if (strcmp(is, finding) == 0 && strstr(json_string_value(
		    json_object_get(d, "why")), why) != NULL) {
			json_decref(r);
			return;
		}
		if (ward_now_ms() > until)
			ward_fail(w, "it is %s: %s", is, json_string_value(
			    json_object_get(d, "why")));
		json_decref(r);
		ward_nap(50);
	}
}

static void
a_connection_that_is_cut_is_an_alarm_and_comes_back_by_itself(void **state)
{
	struct ward *w = *state;
	char peer[64], listening[64];
	pid_t unit, server;
	int64_t rows;
	int port = ward_free_port();

	assert_int_equal(mkdir(ward_path(w, "tcp"), 0770), 0);
	snprintf(peer, sizeof peer, "TCP:127.0.0.1:%d", port);
	snprintf(listening, sizeof listening,
	    "TCP-LISTEN:%d,bind=127.0.0.1,reuseaddr", port);
	ward_start_sim(w, ward_scenario, WORDS("ox"));
	server = start_server(w, listening);
	unit = start_unit(w, "ox", peer, 0);
	start_vitalsd(w);
	json_decref(ward_ask(w, "session.start", NULL));
	ward_wait_sql(w, "SELECT count(*) FROM reading_000001", 3, 15);
	wait_finding(w, "ok", "", 5);

	ward_kill(&server, SIGKILL);
	json_decref(ward_wait_alarm(w, "no-data:CHAIR1/ox", "active", "medium",
	    15));
	rows = ward_sql(w, "SELECT count(*) FROM reading_000001");
	/* It is taken by vitalsd's side again, and nobody speaks there. */
	wait_finding(w, "never-heard", "not a byte came", 10);
	ward_nap(500);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM reading_000001"),
	    rows);

	server = start_server(w, listening);
	(void)ward_wait_alarm(w, "no-data:CHAIR1/ox", "", "none", 10);
	ward_wait_sql(w, "SELECT count(*) FROM reading_000001", rows + 3, 10);
	wait_finding(w, "ok", "", 5);
	/* The gap is in the log: lost, open again; begun and ended. */
	assert_true(ward_sql(w, "SELECT count(*) FROM event WHERE kind = 5 AND "
	    "port = 'CHAIR1/ox'") >= 1);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM alarms WHERE "
	    "condition LIKE 'no-data:%' AND phase = 'start'"), 1);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM alarms WHERE "
	    "condition LIKE 'no-data:%' AND phase = 'end'"), 1);
	ward_kill(&unit, SIGKILL);
	ward_kill(&server, SIGKILL);
}

/* vitalsd is first, the unit second, the monitor last; and vitalsd goes. */
static void
a_monitor_that_connects_to_us_is_read_whoever_starts_first(void **state)
{
	struct ward *w = *state;
	char peer[64], address[64];
	pid_t unit, monitor;
	int64_t rows;
	int port = ward_free_port();

	assert_int_equal(mkdir(ward_path(w, "tcp"), 0770), 0);
	snprintf(peer, sizeof peer, "TCP-LISTEN:%d,bind=127.0.0.1", port);
	snprintf(address, sizeof address,
	    "TCP:127.0.0.1:%d,forever,interval=0.1", port);
	ward_start_sim(w, ward_scenario, WORDS("ox"));
	start_vitalsd(w);
	wait_finding(w, "no-socket", "there is no such socket", 5);
	unit = start_unit(w, "ox", peer, 0);
	wait_finding(w, "never-heard", "not a byte came", 10);
	monitor = start_server(w, address);
	wait_finding(w, "ok", "", 10);
	json_decref(ward_ask(w, "session.start", NULL));
	ward_wait_sql(w, "SELECT count(*) FROM reading_000001", 3, 15);
	rows = ward_sql(w, "SELECT count(*) FROM reading_000001");
	/* Who no longer is read is hung up on, and keeps nothing for later. */
	ward_kill(&w->vitalsd, SIGKILL);
	ward_kill(&monitor, SIGKILL);
	ward_restart_vitalsd(w);
	monitor = start_server(w, address);
	ward_wait_sql(w, "SELECT count(*) FROM reading_000001", rows + 3, 15);
	ward_kill(&unit, SIGKILL);
	ward_kill(&monitor, SIGKILL);
}

#define VITALSD_ID 61001
#define TCP_ID 61002
#define READER_ID 61003

/* Connects as that user and member of that group; 0 or errno. */
static int
connects(const char *path, uid_t uid, gid_t gid)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct sockaddr_un at = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);

		strcpy(at.sun_path, path);
		if (fd < 0 || setgroups(0, NULL) != 0 || setgid(gid) != 0 ||
		    setuid(uid) != 0)
			_exit(255);
		_exit(connect(fd, (struct sockaddr *)&at, sizeof at) == 0 ? 0 :
		    errno);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		continue;
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

/* The folder is as tmpfiles.d makes it. */
static void
nobody_but_vitalsd_reaches_the_socket(void **state)
{
	struct ward *w = *state;
	const char *folder = ward_path(w, "tcp");
	const char *path = ward_path(w, "tcp/ox");
	int64_t until = ward_now_ms() + 5000;
	struct stat st;
	pid_t unit;

	if (geteuid() != 0)
		skip();
	assert_int_equal(system("grep -qx 'd /run/vitals-tcp 0770 vitalsd "
	    "vitals-tcp -' systemd/vitalsd.tmpfiles"), 0);
	assert_int_equal(chmod(w->dir, 0755), 0);
	assert_int_equal(mkdir(folder, 0700), 0);
	assert_int_equal(chown(folder, VITALSD_ID, TCP_ID), 0);
	assert_int_equal(chmod(folder, 0770), 0);
	ward_write(w, "tcp.out", "");
	assert_int_equal(chmod(ward_path(w, "tcp.out"), 0666), 0);
	unit = start_unit(w, "ox", "TCP:127.0.0.1:1", TCP_ID);
	while (stat(path, &st) != 0 || (st.st_mode & 0777) != 0666) {
		if (ward_now_ms() > until)
			ward_fail(w, "no socket that may be opened");
		ward_nap(20);
	}
	/* One who reads the log is in vitalsd's group. */
	assert_int_equal(connects(path, READER_ID, READER_ID), EACCES);
	assert_int_equal(connects(path, READER_ID, VITALSD_ID), EACCES);
	assert_int_equal(connects(path, VITALSD_ID, VITALSD_ID), 0);
	ward_kill(&unit, SIGKILL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(
		    a_connection_that_is_cut_is_an_alarm_and_comes_back_by_itself),
		WARD_TEST(
		    a_monitor_that_connects_to_us_is_read_whoever_starts_first),
		WARD_TEST(nobody_but_vitalsd_reaches_the_socket),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
