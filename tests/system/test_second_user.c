/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Another user of the log's group reads the log, with the daemon running,
 * stopped and killed; a user outside the group does not.
 *
 * Easy to get wrong: SQLite's read-only users need the -wal and -shm files of
 * a database that nobody has open; they must outlive the daemon.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define DAEMON_UID 61001
#define LOG_GID 61002
#define READER_UID 61003
#define OTHER_GID 61004

/* vitalsctl as the reader; its exit status.  The output goes to a file. */
static int
reads(const struct ward *w, gid_t gid, const char *verb, const char *what)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		if (freopen(ward_path(w, "reader.out"), "w", stdout) == NULL ||
		    dup2(1, 2) < 0 || setgroups(0, NULL) != 0 ||
		    setgid(gid) != 0 || setuid(READER_UID) != 0)
			_exit(125);
		execl(ward_path(w, "bin/vitalsctl"), "vitalsctl", "--state",
		    ward_path(w, "state"), "--run", ward_path(w, "run"), verb,
		    what, (char *)NULL);
		_exit(127);
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

static bool
said(const struct ward *w, const char *text)
{
	FILE *f = fopen(ward_path(w, "reader.out"), "r");
	char line[1024];
	bool found = false;

	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL)
		found |= strstr(line, text) != NULL;
	fclose(f);
	return found;
}

static void
the_group_reads(const struct ward *w, const char *session, const char *when)
{
	char copy[256];

	snprintf(copy, sizeof copy, "%s/%s.db", ward_path(w, "reader"), when);
	if (reads(w, LOG_GID, "review", "last") != 0 ||
	    !said(w, "a remark to be read"))
		ward_fail(w, "%s: no review", when);
	if (reads(w, LOG_GID, "session", "list") != 0 || !said(w, session))
		ward_fail(w, "%s: no list of sessions", when);
	if (reads(w, LOG_GID, "log", "verify") != 0 || !said(w, "in order"))
		ward_fail(w, "%s: not verified", when);
	if (reads(w, LOG_GID, "backup", copy) != 0 || !said(w, "verified"))
		ward_fail(w, "%s: no backup", when);
	if (reads(w, OTHER_GID, "backup", ward_path(w, "reader/no.db")) == 0 ||
	    access(ward_path(w, "reader/no.db"), F_OK) == 0)
		ward_fail(w, "%s: a user outside the group backs up", when);
	if (reads(w, OTHER_GID, "review", "last") == 0 ||
	    said(w, "a remark to be read"))
		ward_fail(w, "%s: a user outside the group reads", when);
}

/* What everybody may come as far as; vitalsctl too, since nobody knows who
 * can reach the folder in which it was built. */
static void
prepare(struct ward *w)
{
	static const char *const folders[] = { "state", "run", "bin",
		"reader" };
	char command[1024];

	w->uid = DAEMON_UID;
	w->gid = LOG_GID;
	assert_int_equal(chmod(w->dir, 0755), 0);
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(mkdir(ward_path(w, folders[i]), 0755), 0);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(chown(ward_path(w, folders[i]), w->uid,
		    w->gid), 0);
	assert_int_equal(chmod(ward_path(w, "state"), 0750), 0);
	assert_int_equal(chown(ward_path(w, "reader"), READER_UID, LOG_GID),
	    0);
	snprintf(command, sizeof command, "cp %s/vitalsctl %s/vitalsd %s/bin",
	    w->build, w->build, w->dir);
	assert_int_equal(system(command), 0);
	snprintf(w->build, sizeof w->build, "%s/bin", w->dir);
}

static void
the_log_is_read_by_its_group_whatever_the_daemon_does(void **state)
{
	struct ward *w = *state;
	char session[64], *config;
	struct stat st;
	json_t *r;

	if (geteuid() != 0) {
		print_message("skipped: needs root to be somebody else\n");
		skip();
	}
	prepare(w);
	config = ward_config(w, "");
	ward_start_vitalsd(w, config);
	free(config);
	r = ward_ask(w, "session.start", NULL);
	snprintf(session, sizeof session, "%s", json_string_value(
	    json_object_get(r, "session")));
	json_decref(r);
	json_decref(ward_ask(w, "mark", json_pack("{s:s}", "text",
	    "a remark to be read")));
	assert_int_equal(stat(ward_path(w, "state/log.db"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	the_group_reads(w, session, "running");
	ward_kill(&w->vitalsd, SIGTERM);
	the_group_reads(w, session, "stopped");
	ward_restart_vitalsd(w);
	json_decref(ward_ask(w, "session.end", NULL));
	ward_kill(&w->vitalsd, SIGKILL);
	the_group_reads(w, session, "killed");
	assert_true(reads(w, LOG_GID, "session", "list") == 0 &&
	    said(w, "closed"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(the_log_is_read_by_its_group_whatever_the_daemon_does),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
