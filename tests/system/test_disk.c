/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The log's disk is full, or read-only from the start: alarms and notices go
 * on, people are told, and it recovers without a restart.
 *
 * Easy to get wrong: a small file system needs root, and is mounted in a mount
 * namespace of this process, so that it is gone when the test is.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const char quick[] =
    "limits:\n"
    "  arm-after: 1s\n"
    "  clear-after: 1s\n"
    "  spo2-low: {delay: 1s}\n"
    "  spo2-very-low: {delay: 1s}\n"
    "log:\n"
    "  ballast: 1MiB\n";

/* A file system of that size as the state directory; else skipped. */
static void
mount_state(struct ward *w, unsigned long flags, const char *options)
{
	assert_int_equal(mkdir(ward_path(w, "state"), 0750), 0);
	if (geteuid() != 0 || unshare(CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("tmpfs", ward_path(w, "state"), "tmpfs", flags, options) <
	    0) {
		print_message("skipped: no file system can be mounted: %s\n",
		    strerror(errno));
		skip();
	}
}

static void
start_all(struct ward *w)
{
	char *config = ward_config(w, quick);

	ward_start_sim(w, ward_scenario, WORDS("ox"));
	ward_start_receiver(w, "ok");
	ward_start_vitalsd(w, config);
	ward_start_notify(w);
	free(config);
}

static void
wait_armed(struct ward *w)
{
	int64_t until = ward_now_ms() + 20000;

	for (;;) {
		json_t *bed = ward_bed(w);
		bool armed = json_is_true(json_object_get(json_object_get(bed,
		    "armed"), "spo2-low"));

		json_decref(bed);
		if (armed)
			return;
		if (ward_now_ms() > until)
			ward_fail(w, "not armed");
		ward_nap(50);
	}
}

/* With the log failing: a statement takes effect and says that it is not
 * durable, an alarm is raised, and its notice arrives. */
static void
all_goes_on_without_a_log(struct ward *w)
{
	int64_t asked_ms = ward_now_ms();
	json_t *r = ward_ask(w, "mark", json_pack("{s:s}", "text",
	    "while the disk was full"));
	char *out;

	assert_true(ward_now_ms() - asked_ms < 3000);
	assert_true(json_is_false(json_object_get(r, "durable")));
	json_decref(r);
	ward_sim(w, "CHAIR1 spo2 85");
	json_decref(ward_wait_alarm(w, "spo2-low", "active", "high", 15));
	ward_wait_received(w, "\"condition\":\"spo2-low\"", 1, 5);
	ward_wait_received(w, "\"condition\":\"log-failing\"", 1, 5);
	assert_int_equal(ward_ctl(w, &out, WORDS("alarm", "ack")), 0);
	if (strstr(out, "lost with the power") == NULL)
		ward_fail(w, "vitalsctl does not warn: %s", out);
	free(out);
}

static void
all_of_it_is_in_the_log_after(struct ward *w)
{
	(void)ward_wait_alarm(w, "log-failing", "", "none", 30);
	ward_wait_sql(w, "SELECT count(*) FROM statement WHERE text = "
	    "'while the disk was full'", 1, 10);
	ward_wait_sql(w, "SELECT count(*) FROM alarms WHERE condition = "
	    "'spo2-low' AND phase = 'start'", 1, 10);
	ward_wait_sql(w, "SELECT count(*) FROM notices WHERE body LIKE "
	    "'%log-failing%' AND delivered_at IS NOT NULL", 1, 10);
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 11", 1, 10);
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 12", 1, 10);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM start"), 1);
}

/* Until nothing more goes onto it. */
static void
fill(const struct ward *w)
{
	static const char zeros[4096];
	int fd = open(ward_path(w, "state/filler"), O_WRONLY | O_CREAT |
	    O_APPEND | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	while (write(fd, zeros, sizeof zeros) > 0)
		;
	assert_int_equal(errno, ENOSPC);
	close(fd);
}

static void
a_full_disk_stops_no_alarm_and_is_recovered_from(void **state)
{
	struct ward *w = *state;
	int64_t until;

	mount_state(w, 0, "size=2m");
	start_all(w);
	json_decref(ward_ask(w, "session.start", NULL));
	wait_armed(w);
	/* Again and again, since the daemon gives its ballast back. */
	until = ward_now_ms() + 30000;
	for (;;) {
		json_t *r = ward_ask(w, "status", NULL);
		bool failing = json_is_true(json_object_get(json_object_get(r,
		    "log"), "failing"));

		json_decref(r);
		if (failing)
			break;
		fill(w);
		if (ward_now_ms() > until)
			ward_fail(w, "the log does not fail");
		ward_nap(100);
	}
	json_decref(ward_wait_alarm(w, "log-failing", "active", "high", 5));
	json_decref(ward_wait_alarm(w, "disk-low", "active", "high", 5));
	all_goes_on_without_a_log(w);
	assert_int_equal(unlink(ward_path(w, "state/filler")), 0);
	all_of_it_is_in_the_log_after(w);
	(void)ward_wait_alarm(w, "disk-low", "", "none", 30);
}

static void
a_disk_that_is_read_only_at_the_start_stops_no_alarm(void **state)
{
	struct ward *w = *state;

	mount_state(w, MS_RDONLY, "size=32m");
	start_all(w);
	json_decref(ward_wait_alarm(w, "log-failing", "active", "high", 10));
	json_decref(ward_ask(w, "session.start", NULL));
	wait_armed(w);
	all_goes_on_without_a_log(w);
	assert_int_equal(mount(NULL, ward_path(w, "state"), NULL, MS_REMOUNT,
	    NULL), 0);
	all_of_it_is_in_the_log_after(w);
	ward_wait_sql(w, "SELECT count(*) FROM statement WHERE kind = 0", 1,
	    5);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(a_full_disk_stops_no_alarm_and_is_recovered_from),
		WARD_TEST(a_disk_that_is_read_only_at_the_start_stops_no_alarm),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
