/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Texts of moments, and times of day as people type them.  Zones are spelt as rules, so
 * that no tz database is needed; the figures were taken from date(1) with the
 * real zones.
 */
#include "daemon/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"

static void
set_zone(const char *zone)
{
	assert_int_equal(setenv("TZ", zone, 1), 0);
	tzset();
}

static void
a_moment_is_written_in_utc_with_milliseconds(void **state)
{
	char text[CLOCK_TEXT];

	(void)state;
	set_zone("JST-9");		/* must not matter */
	clock_format_utc(INT64_C(1795269751123), text);
	assert_string_equal(text, "2026-11-21T14:02:31.123Z");
	clock_format_utc(INT64_C(2147483648007), text);
	assert_string_equal(text, "2038-01-19T03:14:08.007Z");
	clock_format_utc(-1, text);
	assert_string_equal(text, "1969-12-31T23:59:59.999Z");
	clock_format_utc(INT64_MIN, text);
	assert_string_equal(text, "-292275055-05-16T16:47:04.192Z");
}

static void
people_read_local_time(void **state)
{
	char text[CLOCK_TEXT];

	(void)state;
	set_zone(BERLIN);
	clock_format_local(INT64_C(1795269751123), text);
	assert_string_equal(text, "15:02:31");
	set_zone("UTC");
	clock_format_local(INT64_C(1795269751123), text);
	assert_string_equal(text, "14:02:31");
}

static void
assert_at(const char *text, int64_t now_ms, int64_t expected_ms)
{
	enum refusal why = REFUSAL_NONE;
	int64_t got = 0;

	if (!clock_parse_at(text, now_ms, &got, &why))
		fail_msg("%s: %s", text, refusal_text(why));
	assert_int_equal(got, expected_ms);
}

static void
a_time_of_day_is_what_the_clocks_showed(void **state)
{
	(void)state;
	set_zone(BERLIN);
	/* 2026-03-29: at 02:00 it became 03:00.  Now it is 08:00 there. */
	assert_at("07:30", INT64_C(1774764000000), INT64_C(1774762200000));
	assert_at("01:30", INT64_C(1774764000000), INT64_C(1774744200000));
	assert_at("23:30", INT64_C(1774764000000), INT64_C(1774737000000));
	/* 00:10 of the day after. */
	assert_at("23:50", INT64_C(1774822200000), INT64_C(1774821000000));
	/* 2026-10-25: at 03:00 it became 02:00.  Now it is 08:00; of the two
	 * 02:30 the later counts. */
	assert_at("07:30", INT64_C(1792911600000), INT64_C(1792909800000));
	assert_at("02:30", INT64_C(1792911600000), INT64_C(1792891800000));
	assert_at("01:30", INT64_C(1792911600000), INT64_C(1792884600000));
	/* On any other day. */
	set_zone("JST-9");
	assert_at("09:00:01", INT64_C(1795222800000), INT64_C(1795219201000));
}

static void
a_time_of_day_ahead_is_refused_on_the_day_of_a_change_too(void **state)
{
	enum refusal why = REFUSAL_NONE;
	int64_t got = 7;

	(void)state;
	set_zone(BERLIN);
	assert_false(clock_parse_at("14:31", INT64_C(1774787400000), &got, &why));
	assert_int_equal(why, REFUSAL_FUTURE);
	assert_false(clock_parse_at("14.31", INT64_C(1774787400000), &got, &why));
	assert_int_equal(why, REFUSAL_NO_TIME);
	assert_int_equal(got, 7);
}

static void
ages_are_of_a_clock_that_only_goes_forward(void **state)
{
	struct timespec boot;
	struct now a, b;

	(void)state;
	a = clock_now();
	assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &boot), 0);
	b = clock_now();
	assert_true(a.t_ms <= boot.tv_sec * 1000 + boot.tv_nsec / 1000000);
	assert_true(b.t_ms >= boot.tv_sec * 1000 + boot.tv_nsec / 1000000);
	assert_true(a.wall_ms / 1000 >= time(NULL) - 2);
	assert_true(a.wall_ms / 1000 <= time(NULL) + 2);
}

/* As systemd does for ProtectClock=yes, with a filter of its own. */
static void
refuse_questions_about_the_clock(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_clock_adjtime, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_adjtimex, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof filter / sizeof filter[0],
		filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		_exit(77);
}

static void
where_the_kernel_may_not_be_asked_a_file_tells(void **state)
{
	struct timex ask = { .modes = 0 };
	bool synced = false;
	int status;
	pid_t child;

	(void)state;
	assert_int_equal(clock_ask_kernel(&synced), 0);
	assert_int_equal(synced, adjtimex(&ask) != TIME_ERROR &&
	    !(ask.status & STA_UNSYNC));
	assert_int_equal(clock_now().synced, synced);

	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		refuse_questions_about_the_clock();
		if (clock_ask_kernel(&synced) != -EPERM)
			_exit(1);
		_exit(clock_now().synced ==
		    (access(CLOCK_SYNCED_FILE, F_OK) == 0) ? 0 : 2);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == 77) {
		print_message("skipped: no seccomp filter can be set here\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_moment_is_written_in_utc_with_milliseconds),
		cmocka_unit_test(people_read_local_time),
		cmocka_unit_test(a_time_of_day_is_what_the_clocks_showed),
		cmocka_unit_test(
		    a_time_of_day_ahead_is_refused_on_the_day_of_a_change_too),
		cmocka_unit_test(ages_are_of_a_clock_that_only_goes_forward),
		cmocka_unit_test(where_the_kernel_may_not_be_asked_a_file_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
