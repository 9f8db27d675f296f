/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a port says in the log: time is an argument, and the lines are counted
 * and read on standard error.
 *
 * Easy to get wrong: "never per attempt" has to hold over hours, so the tests
 * below play hours.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/port_say.h"

#define MINUTE 60000
#define HOUR (60 * MINUTE)

static const struct driver quiet_driver = {
	.name = "toy", .silent_after_ms = 3000,
};

struct fixture {
	struct config_port port;
	struct port_say say;
	struct stream stream;
	FILE *log;
	int saved_fd;
	char text[8192];
};

static int
setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof f);
	strcpy(f.port.name, "BED1/ox");
	f.port.driver = &quiet_driver;
	port_say_init(&f.say, &f.port);
	stream_init(&f.stream, &quiet_driver, NULL, 0);
	unsetenv("JOURNAL_STREAM");
	f.log = tmpfile();
	if (f.log == NULL)
		return -1;
	f.saved_fd = dup(STDERR_FILENO);
	dup2(fileno(f.log), STDERR_FILENO);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	if (f->saved_fd >= 0) {
		dup2(f->saved_fd, STDERR_FILENO);
		close(f->saved_fd);
	}
	return fclose(f->log);
}

/* All that was said, and standard error again. */
static const char *
said(struct fixture *f)
{
	size_t n;

	dup2(f->saved_fd, STDERR_FILENO);
	close(f->saved_fd);
	f->saved_fd = -1;
	rewind(f->log);
	n = fread(f->text, 1, sizeof f->text - 1, f->log);
	f->text[n] = '\0';
	return f->text;
}

static size_t
lines(struct fixture *f)
{
	size_t n = 0;

	for (const char *c = said(f); *c != '\0'; c++)
		n += *c == '\n';
	return n;
}

static void
an_hour_without_a_cable_is_two_lines_and_a_count(void **state)
{
	struct fixture *f = *state;

	port_say_open(&f->say, 0, "/dev/ttyUSB0");
	port_say_lost(&f->say, 5000, -EIO, "the device is gone: /dev/ttyUSB0");
	for (int64_t t = 5000; t < HOUR; t += 2000)
		port_say_failed(&f->say, t, -ENOENT, "no such device: x");
	port_say_open(&f->say, HOUR, "/dev/ttyUSB1");
	assert_string_equal(said(f),
	    "vitalsd: port BED1/ox: reading toy on /dev/ttyUSB0\n"
	    "vitalsd: warning: port BED1/ox: the device is gone: /dev/ttyUSB0 "
	    "(Input/output error); trying until it is back\n"
	    "vitalsd: port BED1/ox: reading toy on /dev/ttyUSB1, after 3595 s "
	    "and 1798 failed attempts\n");
}

static void
another_reason_is_news_and_the_same_is_not(void **state)
{
	struct fixture *f = *state;

	port_say_failed(&f->say, 0, -ENOENT, "no such device: x");
	port_say_failed(&f->say, 2000, -ENOENT, "no such device: x");
	port_say_failed(&f->say, 4000, -EACCES, "may not be opened: x");
	port_say_failed(&f->say, 6000, -EACCES, "may not be opened: x");
	assert_string_equal(said(f),
	    "vitalsd: warning: port BED1/ox: no such device: x; trying until "
	    "it opens\n"
	    "vitalsd: warning: port BED1/ox: may not be opened: x; trying "
	    "until it opens\n");
}

static void
a_plug_that_rattles_all_day_is_eleven_lines_a_minute_at_most(void **state)
{
	struct fixture *f = *state;

	for (int64_t t = 0; t < 3 * MINUTE; t += 200) {
		port_say_open(&f->say, t, "/dev/ttyUSB0");
		port_say_lost(&f->say, t + 100, -EIO, "the device is gone");
	}
	port_say_tick(&f->say, 3 * MINUTE);
	assert_int_equal(lines(f), 3 * (PORT_SAY_LINES + 1));
	assert_non_null(strstr(f->text, "port BED1/ox: 590 more changes within "
	    "a minute were not logged; now it is not read\n"));
}

static void
garbage_for_an_hour_is_one_line_with_its_likely_causes(void **state)
{
	struct fixture *f = *state;

	port_say_open(&f->say, 0, "/dev/ttyUSB0");
	for (int64_t t = 0; t < HOUR; t += 250) {
		f->stream.byte_ms = t;
		port_say_heard(&f->say, t, 0, &f->stream);
	}
	f->stream.good_ms = HOUR;
	port_say_heard(&f->say, HOUR, 0, &f->stream);
	port_say_heard(&f->say, HOUR + 250, 0, &f->stream);
	assert_string_equal(said(f),
	    "vitalsd: port BED1/ox: reading toy on /dev/ttyUSB0\n"
	    "vitalsd: warning: port BED1/ox: bytes come, but none that the "
	    "driver understands, for 10 s: another monitor, speed or parity, "
	    "or a bad cable?\n"
	    "vitalsd: port BED1/ox: sound data again, after 3600 s\n");
}

static void
a_monitor_that_says_nothing_is_told_apart_from_garbage(void **state)
{
	struct fixture *f = *state;

	port_say_heard(&f->say, 9999, 0, &f->stream);
	port_say_heard(&f->say, 10000, 0, &f->stream);
	port_say_heard(&f->say, 10250, 0, &f->stream);
	assert_string_equal(said(f),
	    "vitalsd: warning: port BED1/ox: not a byte for 10 s: is the "
	    "monitor on, its serial output too, and the cable in?\n");
}

/* Asked every 10 s, it may be silent for 30. */
static void
a_monitor_that_is_asked_seldom_may_be_silent_longer(void **state)
{
	struct fixture *f = *state;

	f->port.options.interval_s = 10;
	port_say_heard(&f->say, 29999, 0, &f->stream);
	assert_int_equal(lines(f), 0);
}

/* What was heard before the line was lost says nothing of the new one. */
static void
a_line_just_opened_is_not_yet_silent(void **state)
{
	struct fixture *f = *state;

	f->stream.good_ms = f->stream.byte_ms = 1000;
	port_say_heard(&f->say, HOUR + 9999, HOUR, &f->stream);
	assert_int_equal(lines(f), 0);
}

static void
a_monitor_that_takes_no_bytes_is_told_once_until_it_does(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 100; i++)
		port_say_blocked(&f->say, i * 2000, true);
	port_say_blocked(&f->say, 300000, false);
	port_say_blocked(&f->say, 302000, true);
	assert_int_equal(lines(f), 2);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_hour_without_a_cable_is_two_lines_and_a_count),
		T(another_reason_is_news_and_the_same_is_not),
		T(a_plug_that_rattles_all_day_is_eleven_lines_a_minute_at_most),
		T(garbage_for_an_hour_is_one_line_with_its_likely_causes),
		T(a_monitor_that_says_nothing_is_told_apart_from_garbage),
		T(a_monitor_that_is_asked_seldom_may_be_silent_longer),
		T(a_line_just_opened_is_not_yet_silent),
		T(a_monitor_that_takes_no_bytes_is_told_once_until_it_does),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
