/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A backup of a log that is written, put in the place of the log as
 * docs/operations.md says: the session that was open goes on.
 *
 * Easy to get wrong: what was recorded after the backup is gone then; that is
 * what a restored backup means.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
start_session(struct ward *w)
{
	char *config = ward_config(w, "");

	ward_start_sim(w, ward_scenario, WORDS("ox"));
	ward_start_vitalsd(w, config);
	free(config);
	json_decref(ward_ask(w, "session.start", NULL));
	json_decref(ward_ask(w, "mark", json_pack("{s:s}", "text",
	    "before the backup")));
	ward_wait_sql(w, "SELECT count(*) FROM readings", 5, 20);
}

static void
back_up(struct ward *w, const char *file, int expected, const char *text)
{
	char *out;
	int status = ward_ctl(w, &out, WORDS("backup", file));

	if (status != expected || strstr(out, text) == NULL)
		ward_fail(w, "backup: %d, expected %d and \"%s\": %s", status,
		    expected, text, out);
	free(out);
}

static void
a_restored_backup_is_taken_up_where_it_was(void **state)
{
	struct ward *w = *state;
	char command[1024];
	int64_t readings;

	start_session(w);
	back_up(w, ward_path(w, "b.db"), 0, "verified");
	json_decref(ward_ask(w, "mark", json_pack("{s:s}", "text",
	    "after the backup")));
	/* The box dies; -wal and -shm are left behind. */
	ward_kill(&w->vitalsd, SIGKILL);
	snprintf(command, sizeof command, "cd %s && mkdir aside && mv log.db* "
	    "aside && install -m 0640 ../b.db log.db",
	    ward_path(w, "state"));
	assert_int_equal(system(command), 0);
	readings = ward_sql(w, "SELECT count(*) FROM readings");
	assert_true(readings >= 5);
	ward_restart_vitalsd(w);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM statement WHERE "
	    "text = 'before the backup'"), 1);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM statement WHERE "
	    "text = 'after the backup'"), 0);
	/* The session goes on: it was resumed, and a gap is written. */
	ward_wait_sql(w, "SELECT count(*) FROM events WHERE event = 'gap'", 1,
	    10);
	ward_wait_sql(w, "SELECT count(*) FROM readings", readings + 5, 20);
	json_decref(ward_ask(w, "session.end", NULL));
	ward_kill(&w->vitalsd, SIGTERM);
	assert_int_equal(ward_ctl(w, NULL, WORDS("log", "verify")), 0);
}

static size_t
entries(const char *folder)
{
	DIR *d = opendir(folder);
	size_t n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n - 2;
}

static void
a_backup_onto_a_full_disk_leaves_nothing_there(void **state)
{
	struct ward *w = *state;

	assert_int_equal(mkdir(ward_path(w, "small"), 0700), 0);
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", ward_path(w, "small"), "tmpfs", 0, "size=64k") <
	    0) {
		print_message("skipped: no file system can be mounted: %s\n",
		    strerror(errno));
		skip();
	}
	start_session(w);
	back_up(w, ward_path(w, "small/b.db"), 1, "nothing was kept");
	assert_int_equal(entries(ward_path(w, "small")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(a_restored_backup_is_taken_up_where_it_was),
		WARD_TEST(a_backup_onto_a_full_disk_leaves_nothing_there),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
