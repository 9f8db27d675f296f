/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Too much of something: plugs, noise, values around a limit.  One alarm, a few
 * lines in the journal, little CPU, and the other beds notice nothing.
 *
 * Easy to get wrong: the sanitizers slow all down; what is measured here is
 * bounded by what would be there without a limit, not by what is best.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static void
start_with(struct ward *w, const char *limits)
{
	char *config = ward_config(w, limits);

	ward_start_sim(w, ward_scenario, WORDS("ox"));
	ward_start_vitalsd(w, config);
	free(config);
	json_decref(ward_ask(w, "session.start", NULL));
	ward_wait_sql(w, "SELECT count(*) FROM reading_000001", 3, 15);
}

/* What the process has used so far, user and system. */
static int64_t
cpu_ms(pid_t pid)
{
	unsigned long user, system;
	char path[64];
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/stat", (int)pid);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u "
	    "%*u %*u %*u %*u %lu %lu", &user, &system), 2);
	fclose(f);
	return (int64_t)(user + system) * 1000 / sysconf(_SC_CLK_TCK);
}

static int64_t
resident_kib(pid_t pid)
{
	long pages;
	char path[64];
	FILE *f;

	snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
	f = fopen(path, "r");
	assert_non_null(f);
	assert_int_equal(fscanf(f, "%*d %ld", &pages), 1);
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE) / 1024;
}

/* Ten times a second, as a hub that resets. */
static void
a_storm_of_plugging_is_one_alarm_and_a_few_lines(void **state)
{
	struct ward *w = *state;
	int64_t until, opened, began_ms, used_ms;

	start_with(w, "");
	opened = ward_sql(w, "SELECT count(*) FROM event WHERE kind = 4");
	began_ms = ward_now_ms();
	used_ms = cpu_ms(w->vitalsd);
	until = began_ms + 14000;
	while (ward_now_ms() < until) {
		ward_sim(w, "ox cable out");
		ward_nap(50);
		ward_sim(w, "ox cable in");
		ward_nap(50);
	}
	used_ms = cpu_ms(w->vitalsd) - used_ms;
	if (used_ms > 2500)
		ward_fail(w, "it took %lld ms of CPU", (long long)used_ms);
	opened = ward_sql(w, "SELECT count(*) FROM event WHERE kind = 4") -
	    opened;
	if (opened > 17)
		ward_fail(w, "opened %lld times", (long long)opened);
	assert_in_range(ward_lines(w, "vitalsd.out", "port CHAIR1/ox"), 2, 12);
	(void)ward_wait_alarm(w, "no-data:CHAIR1/ox", "", "none", 10);
	ward_nap(500);
	/* Its pieces of frames may have told that it lives; else it was missed,
	 * once. */
	assert_in_range(ward_sql(w, "SELECT count(*) FROM alarms WHERE "
	    "condition LIKE 'no-data:%' AND phase = 'start'"), 0, 1);
	assert_in_range(ward_sql(w, "SELECT count(*) FROM notice"), 0, 8);
}

/* A line without a simulator: the test writes what it likes. */
static int
open_line(struct ward *w)
{
	struct termios t;
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(grantpt(fd), 0);
	assert_int_equal(unlockpt(fd), 0);
	assert_int_equal(tcgetattr(fd, &t), 0);
	cfmakeraw(&t);
	assert_int_equal(tcsetattr(fd, TCSANOW, &t), 0);
	assert_int_equal(mkdir(ward_path(w, "tty"), 0755), 0);
	assert_int_equal(symlink(ptsname(fd), ward_path(w, "tty/ox")), 0);
	return fd;
}

/* The link first: who still looks at it would open what gets the number next,
 * the terminal of a ward beside this one. */
static void
close_line(struct ward *w, int fd)
{
	assert_int_equal(unlink(ward_path(w, "tty/ox")), 0);
	close(fd);
}

/* A wrong rate makes noise of everything, all the time. */
static void
nothing_but_noise_is_an_alarm_that_says_so_and_costs_little(void **state)
{
	struct ward *w = *state;
	char *config = ward_config(w, "");
	int64_t until, used_ms;
	size_t lines;
	uint8_t noise[200];
	unsigned seed = 1;
	int line = open_line(w);
	json_t *a, *r, *d;

	ward_start_vitalsd(w, config);
	free(config);
	json_decref(ward_ask(w, "session.start", NULL));
	lines = ward_lines(w, "vitalsd.out", "");
	used_ms = cpu_ms(w->vitalsd);
	until = ward_now_ms() + 11500;
	/* 4 kB/s, as at 38400 baud; for a part of it nothing but FF. */
	for (int i = 0; ward_now_ms() < until; i++) {
		for (size_t j = 0; j < sizeof noise; j++) {
			seed = seed * 1103515245 + 12345;
			noise[j] = i % 40 < 10 ? 0xFF : (uint8_t)(seed >> 16);
		}
		assert_true(write(line, noise, sizeof noise) > 0);
		ward_nap(50);
	}
	used_ms = cpu_ms(w->vitalsd) - used_ms;
	if (used_ms > 3000)
		ward_fail(w, "it took %lld ms of CPU", (long long)used_ms);
	a = ward_wait_alarm(w, "no-data:CHAIR1/ox", "active", "medium", 3);
	if (strstr(json_string_value(json_object_get(a, "text")),
	    "nothing readable comes") == NULL)
		ward_fail(w, "it says: %s", json_string_value(json_object_get(a,
		    "text")));
	json_decref(a);
	assert_in_range(ward_lines(w, "vitalsd.out", "") - lines, 0, 10);
	assert_in_range(ward_sql(w, "SELECT count(*) FROM event"), 1, 20);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM sqlite_master "
	    "WHERE name = 'reading_000001'"), 0);
	r = ward_ask(w, "devices", NULL);
	d = json_array_get(json_object_get(r, "devices"), 0);
	assert_true(json_integer_value(json_object_get(d, "garbage")) > 20000);
	json_decref(r);
	close_line(w, line);
}

#define PACKET 125

/* 25 frames of nonin-2 with a rate of 70 and a saturation of 97. */
static void
make_packet(uint8_t p[PACKET])
{
	for (int i = 0; i < PACKET / 5; i++, p += 5) {
		p[0] = 1;
		p[1] = i == 0 ? 0x81 : 0x80;
		p[2] = (uint8_t)i;
		p[3] = i == 1 ? 70 : i == 2 ? 97 : 0;
		p[4] = (uint8_t)(p[0] + p[1] + p[2] + p[3]);
	}
}

/* AddressSanitizer keeps what was freed. */
static void
skip_where_memory_grows(void)
{
#ifdef __SANITIZE_ADDRESS__
	print_message("skipped: AddressSanitizer keeps what was freed, so "
	    "memory grows\n");
	skip();
#endif
}

/* Nearly nine hours of an oximeter, in seconds. */
static void
a_million_frames_leave_memory_as_it_was(void **state)
{
	struct ward *w = *state;
	char *config;
	int64_t before_kib = 0, grown_kib;
	uint8_t packet[PACKET];
	int line;

	skip_where_memory_grows();
	config = ward_config(w, "");
	line = open_line(w);
	make_packet(packet);
	ward_start_vitalsd(w, config);
	free(config);
	json_decref(ward_ask(w, "session.start", NULL));
	for (int fifth = 1; fifth <= 12; fifth++) {
		for (int i = 0; i < 8000; i++)
			assert_int_equal(write(line, packet, PACKET), PACKET);
		ward_wait_sql(w, "SELECT count(*) FROM reading_000001",
		    fifth * 16000, 30);
		if (fifth == 7)		/* the log's cache is full */
			before_kib = resident_kib(w->vitalsd);
	}
	grown_kib = resident_kib(w->vitalsd) - before_kib;
	if (grown_kib > 256)
		ward_fail(w, "it grew by %lld KiB", (long long)grown_kib);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM event WHERE kind = "
	    "13"), 0);
	close_line(w, line);
}

/*
 * An hour at 64 ports showed it: each reload left a configuration behind, of
 * 180 KiB.  What the log writes of each reload fills its page cache, which goes
 * on for 2,000 of them: some hundreds of KiB in all, another amount each time.
 */
static void
a_thousand_reloads_leave_no_configuration_behind(void **state)
{
	enum { WARM = 200, RELOADS = 1000, LEAST_LEAK_KIB = 5 };
	struct ward *w = *state;
	char *config;
	int64_t before_kib = 0, grown_kib;

	skip_where_memory_grows();
	config = ward_config(w, "");
	ward_start_vitalsd(w, config);
	free(config);
	for (int i = 0; i < RELOADS; i++) {
		if (i == WARM)
			before_kib = resident_kib(w->vitalsd);
		json_decref(ward_ask(w, "reload", NULL));
	}
	grown_kib = resident_kib(w->vitalsd) - before_kib;
	if (grown_kib > LEAST_LEAK_KIB * (RELOADS - WARM))
		ward_fail(w, "it grew by %lld KiB", (long long)grown_kib);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(a_storm_of_plugging_is_one_alarm_and_a_few_lines),
		WARD_TEST(
		    nothing_but_noise_is_an_alarm_that_says_so_and_costs_little),
		WARD_TEST(
		    a_million_frames_leave_memory_as_it_was),
		WARD_TEST(a_thousand_reloads_leave_no_configuration_behind),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
