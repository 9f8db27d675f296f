/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Log lines when standard error is a pipe: first one that is read, then one
 * that nobody reads, as with a journald that hangs.  For the fields, this
 * program has a journald of its own: its sd_journal_sendv() is taken before
 * that of the library.
 */
#include "daemon/journal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* Standard error, borrowed for one test. */
struct pipe {
	int read_fd, saved_fd;
	char text[65536];
};

static void
pipe_open(struct pipe *p)
{
	int fd[2];

	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	assert_int_equal(pipe2(fd, O_CLOEXEC), 0);
	p->saved_fd = dup(STDERR_FILENO);
	assert_true(p->saved_fd >= 0);
	assert_int_equal(dup2(fd[1], STDERR_FILENO), STDERR_FILENO);
	close(fd[1]);
	p->read_fd = fd[0];
}

/* Restores standard error and returns what was still in the pipe. */
static const char *
pipe_close(struct pipe *p)
{
	size_t n = 0;
	ssize_t r;

	assert_int_equal(dup2(p->saved_fd, STDERR_FILENO), STDERR_FILENO);
	close(p->saved_fd);
	while (n < sizeof(p->text) - 1 && (r = read(p->read_fd, p->text + n,
	    sizeof(p->text) - 1 - n)) > 0)
		n += (size_t)r;
	p->text[n] = '\0';
	close(p->read_fd);
	return p->text;
}

/* What journald was handed: the fields of each line, each on a line. */
static struct {
	bool down;
	char text[4096];
} journald;

int sd_journal_sendv(const struct iovec *v, int n);

int
sd_journal_sendv(const struct iovec *v, int n)
{
	size_t used = strlen(journald.text);

	if (journald.down)
		return -ENOENT;
	for (int i = 0; i < n; i++)
		used += (size_t)snprintf(journald.text + used,
		    sizeof(journald.text) - used, "%.*s\n",
		    (int)v[i].iov_len, (char *)v[i].iov_base);
	return 0;
}

/* As systemd does: standard error is the journal's stream. */
static void
under_systemd(struct pipe *p)
{
	struct stat st;
	char stream[64];

	pipe_open(p);
	assert_int_equal(fstat(STDERR_FILENO, &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	assert_int_equal(setenv("JOURNAL_STREAM", stream, 1), 0);
	memset(&journald, 0, sizeof(journald));
}

static void
the_journal_gets_what_a_line_is_about_as_fields(void **state)
{
	struct pipe p;
	char expected[512];

	(void)state;
	under_systemd(&p);
	journal_log(JOURNAL_WARNING, &(struct journal_fields){
	    .message = JOURNAL_PORT_LOST, .port = "CHAIR3/ge",
	    .driver = "ge-dri", .error = -ENODEV }, "port %s is gone",
	    "CHAIR3/ge");
	journal_error("about nothing");
	assert_string_equal(pipe_close(&p), "");
	snprintf(expected, sizeof(expected), "MESSAGE=port CHAIR3/ge is gone\n"
	    "PRIORITY=4\nSYSLOG_IDENTIFIER=unit\nMESSAGE_ID=%s\n"
	    "VITALSD_BED=CHAIR3\nVITALSD_PORT=CHAIR3/ge\n"
	    "VITALSD_DRIVER=ge-dri\nERRNO=19\nMESSAGE=about nothing\n"
	    "PRIORITY=3\nSYSLOG_IDENTIFIER=unit\n",
	    journal_message_id(JOURNAL_PORT_LOST));
	assert_string_equal(journald.text, expected);
}

/* The thread, too, and a name that would be two fields is one. */
static void
fields_pass_through_the_ring_and_stay_one_line(void **state)
{
	struct pipe p;

	(void)state;
	under_systemd(&p);
	assert_int_equal(journal_start("unit", JOURNAL_NOTICE), 0);
	journal_log(JOURNAL_INFO, &(struct journal_fields){ .bed = "A" },
	    "less urgent than asked for");
	journal_log(JOURNAL_NOTICE, &(struct journal_fields){ .bed = "B\nPRIO"
	    "RITY=0", .session = "S", .alarm = "spo2-low", .event = "e-1",
	    .phase = "start", .priority = "high", .channel = "" }, "alarm");
	journal_stop(2000);
	assert_string_equal(pipe_close(&p), "");
	assert_string_equal(journald.text, "MESSAGE=alarm\nPRIORITY=5\n"
	    "SYSLOG_IDENTIFIER=unit\nVITALSD_BED=B PRIORITY=0\n"
	    "VITALSD_SESSION=S\nVITALSD_ALARM=spo2-low\nVITALSD_EVENT=e-1\n"
	    "VITALSD_PHASE=start\nVITALSD_PRIORITY=high\n");
}

static void
a_field_that_does_not_fit_is_left_out_whole(void **state)
{
	struct pipe p;
	char big[400];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	under_systemd(&p);
	journal_log(JOURNAL_NOTICE, &(struct journal_fields){ .bed = big,
	    .alarm = "spo2-low" }, "alarm");
	pipe_close(&p);
	assert_string_equal(journald.text, "MESSAGE=alarm\nPRIORITY=5\n"
	    "SYSLOG_IDENTIFIER=unit\nVITALSD_ALARM=spo2-low\n");
}

/* The stream's own form: sd-daemon(3). */
static void
without_its_socket_the_journals_stream_is_told_the_level(void **state)
{
	struct pipe p;

	(void)state;
	under_systemd(&p);
	journald.down = true;
	journal_log(JOURNAL_WARNING, &(struct journal_fields){ .bed = "B" },
	    "warned");
	journal_error("alarmed");
	assert_string_equal(pipe_close(&p), "<4>warned\n<3>alarmed\n");
}

/* Whoever connects ten thousand times a minute writes eleven lines. */
static void
what_others_can_cause_at_will_is_bounded_and_counted(void **state)
{
	struct journal_limit limit = { 0 };
	struct pipe p;
	size_t lines = 0;

	(void)state;
	pipe_open(&p);
	for (int i = 0; i < 10000; i++)
		journal_limited(&limit, 1000 + i, JOURNAL_WARNING,
		    &(struct journal_fields){ 0 }, "knock");
	journal_limited(&limit, 61000, JOURNAL_WARNING,
	    &(struct journal_fields){ 0 }, "knock again");
	for (const char *c = pipe_close(&p); *c != '\0'; c++)
		lines += *c == '\n';
	assert_int_equal(lines, JOURNAL_LIMIT + 2);
	assert_non_null(strstr(p.text, "warning: 9990 lines like the next "
	    "were not written\nunit: warning: knock again\n"));
}

static void
levels_are_named_as_in_syslog(void **state)
{
	enum journal_level l = JOURNAL_INFO;

	(void)state;
	assert_true(journal_level_parse("error", &l));
	assert_int_equal(l, 3);
	assert_true(journal_level_parse("debug", &l));
	assert_int_equal(l, 7);
	assert_false(journal_level_parse("warn", &l));
	assert_false(journal_level_parse("", &l));
	assert_int_equal(l, 7);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &t), 0);
	return t.tv_sec * INT64_C(1000) + t.tv_nsec / 1000000;
}

static void
lines_before_the_thread_go_out_directly(void **state)
{
	struct pipe p;

	(void)state;
	pipe_open(&p);
	errno = ENOENT;
	journal_warning("%s is %d %%", "disk", 93);
	journal_info("up");
	journal_debug("not asked for");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(pipe_close(&p),
	    "vitalsd: warning: disk is 93 %\nvitalsd: up\n");
}

static void
the_thread_writes_all_lines_in_order_before_it_ends(void **state)
{
	struct pipe p;

	(void)state;
	pipe_open(&p);
	assert_int_equal(journal_start("unit", JOURNAL_WARNING), 0);
	assert_int_equal(journal_start("unit", JOURNAL_WARNING), -EBUSY);
	journal_error("one");
	journal_notice("less urgent than asked for");
	journal_warning("two");
	journal_stop(2000);
	journal_error("three");
	assert_string_equal(pipe_close(&p), "unit: error: one\n"
	    "unit: warning: two\nunit: error: three\n");
}

static void
one_line_stays_one_line_and_is_cut_with_a_mark(void **state)
{
	struct pipe p;
	char big[2000];
	const char *text;

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	pipe_open(&p);
	journal_error("a\nunit: error: forged\x1b[2J");
	journal_error("%s", big);
	text = pipe_close(&p);
	assert_ptr_equal(strstr(text,
	    "unit: error: a unit: error: forged [2J\n"), text);
	text = strchr(text, '\n') + 1;
	assert_int_equal(strlen(text), strlen("unit: error: ") + 511 + 1);
	assert_string_equal(text + strlen(text) - 5, "x...\n");
}

static void
a_reader_that_went_away_does_not_end_the_process(void **state)
{
	struct pipe p;

	(void)state;
	pipe_open(&p);
	close(p.read_fd);
	p.read_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	assert_int_equal(journal_start("unit", JOURNAL_INFO), 0);
	journal_error("into the void");
	journal_stop(2000);
	pipe_close(&p);
}

/* Last: the thread is left hanging in its write until the pipe is read. */
static void
a_stuck_reader_costs_lines_that_are_counted_and_never_time(void **state)
{
	struct pipe p;
	int64_t before = now_ms();
	uint64_t lost = journal_lost();
	size_t n = 0;

	(void)state;
	pipe_open(&p);
	assert_true(fcntl(STDERR_FILENO, F_SETPIPE_SZ, 4096) >= 4096);
	assert_int_equal(journal_start("unit", JOURNAL_INFO), 0);
	for (int i = 0; i < 2000; i++)
		journal_info("line %d of a storm, long enough to fill the pipe "
		    "and then the ring", i);
	assert_true(journal_lost() - lost > 1000);
	assert_true(now_ms() - before < 1000);

	/* The end does not wait for it either, beyond what was asked. */
	before = now_ms();
	journal_stop(50);
	assert_in_range(now_ms() - before, 50, 1000);
	lost = journal_lost();
	journal_error("this would hang");
	assert_int_equal(journal_lost(), lost + 1);

	/* Read on, and what was in the ring comes out, and says what is
	 * missing. */
	do {
		ssize_t r = read(p.read_fd, p.text + n,
		    sizeof(p.text) - 1 - n);

		assert_true(r > 0);
		n += (size_t)r;
		p.text[n] = '\0';
	} while (strstr(p.text, "log lines were lost") == NULL);
	pipe_close(&p);
}

/* Reads until that many lines have come; fails if they do not. */
static void
expect_lines(struct pipe *p, size_t lines)
{
	struct pollfd f = { .fd = p->read_fd, .events = POLLIN };
	char c;

	while (lines > 0) {
		assert_int_equal(poll(&f, 1, 5000), 1);
		assert_int_equal(read(p->read_fd, &c, 1), 1);
		lines -= c == '\n';
	}
}

static void
lines_that_were_held_are_written_when_let_go_or_when_they_are_many(
    void **state)
{
	struct pipe p;

	(void)state;
	pipe_open(&p);
	assert_int_equal(journal_start("unit", JOURNAL_INFO), 0);
	for (int i = 0; i < 20; i++) {
		journal_hold();
		journal_info("held");
		journal_release();
		expect_lines(&p, 1);
	}
	journal_hold();
	for (int i = 0; i < 200; i++)
		journal_info("one of many");
	expect_lines(&p, 129);
	journal_release();
	journal_stop(2000);
	assert_null(strstr(pipe_close(&p), "lost"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_before_the_thread_go_out_directly),
		cmocka_unit_test(
		    the_thread_writes_all_lines_in_order_before_it_ends),
		cmocka_unit_test(
		    one_line_stays_one_line_and_is_cut_with_a_mark),
		cmocka_unit_test(
		    a_reader_that_went_away_does_not_end_the_process),
		cmocka_unit_test(
		    the_journal_gets_what_a_line_is_about_as_fields),
		cmocka_unit_test(
		    fields_pass_through_the_ring_and_stay_one_line),
		cmocka_unit_test(a_field_that_does_not_fit_is_left_out_whole),
		cmocka_unit_test(
		    without_its_socket_the_journals_stream_is_told_the_level),
		cmocka_unit_test(
		    what_others_can_cause_at_will_is_bounded_and_counted),
		cmocka_unit_test(levels_are_named_as_in_syslog),
		cmocka_unit_test(
		    lines_that_were_held_are_written_when_let_go_or_when_they_are_many),
		cmocka_unit_test(
		    a_stuck_reader_costs_lines_that_are_counted_and_never_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
