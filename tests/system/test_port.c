/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ports that are pulled, fall silent or talk nonsense: silence is an alarm by
 * its deadline, nonsense never becomes a reading.
 *
 * Easy to get wrong: the deadline of T1 runs from the last sound frame, not
 * from the moment at which somebody noticed that the line was gone.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define OTHERS 32
#define T1_MS 10000

static const char two_beds[] =
    "seed: 7\n"
    "beds:\n"
    "  CHAIR1:\n"
    "    baseline: {hr: 70, spo2: 97}\n"
    "    monitors:\n"
    "      ox: {driver: nonin-2}\n"
    "  CHAIR2:\n"
    "    baseline: {hr: 64, spo2: 98}\n"
    "    monitors:\n"
    "      masimo: {driver: masimo-ascii1}\n"
    "  CHAIR3:\n"
    "    baseline: {hr: 80, spo2: 96}\n"
    "    monitors:\n"
    "      quiet: {driver: nonin-2}\n";

static void
start_with(struct ward *w, const char *scenario, const char *const *links)
{
	char *config = ward_config(w, "limits:\n  arm-after: 1s\n");

	ward_start_sim(w, scenario, links);
	ward_start_vitalsd(w, config);
	free(config);
	json_decref(ward_ask(w, "session.start", NULL));
	ward_wait_sql(w, "SELECT count(*) FROM reading_000001", 3, 15);
}

/* A member of the first device, as a number. */
static int64_t
device(struct ward *w, const char *object, const char *key)
{
	json_t *r = ward_ask(w, "devices", NULL);
	json_t *d = json_array_get(json_object_get(r, "devices"), 0);
	int64_t n;

	if (object != NULL)
		d = json_object_get(d, object);
	n = json_integer_value(json_object_get(d, key));
	json_decref(r);
	return n;
}

/* Raised by its deadline; no earlier than the driver may be silent. */
static void
silence_is_raised(struct ward *w, int64_t from_ms)
{
	json_t *a = ward_wait_alarm(w, "no-data:CHAIR1/ox", "active",
	    "medium", 15);
	int64_t after = ward_now_ms() - from_ms;

	json_decref(a);
	if (after < T1_MS - 2500 || after > T1_MS + 1000)
		ward_fail(w, "the alarm came after %lld ms", (long long)after);
}

static void
a_pulled_cable_is_an_alarm_that_ends_when_it_is_back(void **state)
{
	struct ward *w = *state;
	char before[64] = "", after[64] = "";
	int64_t rows;

	start_with(w, ward_scenario, WORDS("ox"));
	assert_true(readlink(ward_path(w, "tty/ox"), before, 63) > 0);
	ward_sim(w, "ox cable out");
	silence_is_raised(w, ward_now_ms());
	rows = ward_sql(w, "SELECT count(*) FROM reading_000001");
	/* Something else gets the old terminal's number meanwhile; the wards
	 * beside this one open and close theirs, too. */
	{
		int other[OTHERS], n = 0;

		do {
			other[n] = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
			assert_true(other[n] >= 0);
		} while (strcmp(ptsname(other[n++]), before) != 0 &&
		    n < OTHERS);
		ward_sim(w, "ox cable in");
		(void)ward_wait_alarm(w, "no-data:CHAIR1/ox", "", "none", 10);
		assert_true(readlink(ward_path(w, "tty/ox"), after, 63) > 0);
		while (n > 0)
			close(other[--n]);
	}
	assert_string_not_equal(before, after);
	ward_wait_sql(w, "SELECT count(*) FROM reading_000001", rows + 3, 10);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM event WHERE kind = "
	    "5 AND port = 'CHAIR1/ox'"), 1);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM alarms WHERE "
	    "condition LIKE 'no-data:%' AND phase = 'start'"), 1);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM alarms WHERE "
	    "condition LIKE 'no-data:%' AND phase = 'end'"), 1);
}

static void
a_monitor_that_says_nothing_is_an_alarm_though_its_line_is_open(void **state)
{
	struct ward *w = *state;

	start_with(w, ward_scenario, WORDS("ox"));
	ward_sim(w, "ox silence on");
	silence_is_raised(w, ward_now_ms());
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM event WHERE kind = "
	    "5"), 0);
	ward_sim(w, "ox silence off");
	(void)ward_wait_alarm(w, "no-data:CHAIR1/ox", "", "none", 10);
}

/* The simulator's terminal is no USB adapter, let alone that one. */
static void
another_device_than_the_expected_one_is_an_alarm_at_once(void **state)
{
	struct ward *w = *state;
	char *config, *out;
	int64_t from_ms;

	assert_true(asprintf(&config, "beds:\n  - id: CHAIR1\n    monitors:\n"
	    "      - {name: ox, driver: nonin-2, port: %s/tty/ox, expect: "
	    "'usb:0403:6001:A5069RR4'}\n", w->dir) > 0);
	ward_start_sim(w, ward_scenario, WORDS("ox"));
	ward_start_vitalsd(w, config);
	free(config);
	json_decref(ward_ask(w, "session.start", NULL));
	from_ms = ward_now_ms();
	json_decref(ward_wait_alarm(w, "no-data:CHAIR1/ox", "active",
	    "medium", 5));
	if (ward_now_ms() - from_ms > T1_MS / 2)
		ward_fail(w, "the alarm waited");
	assert_int_equal(ward_ctl(w, &out, WORDS("devices")), 0);
	if (strstr(out, "why:  another device is plugged in here: found no USB "
	    "device, expected\n          0403:6001 A5069RR4: ") == NULL ||
	    strstr(out, "do:   Put the right adapter into this socket.") == NULL)
		ward_fail(w, "%s", out);
	free(out);
	assert_int_equal(device(w, NULL, "bytes"), 0);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM alarms WHERE "
	    "condition LIKE 'no-data:%' AND text LIKE '%another device is "
	    "plugged in at its port%'"), 1);
}

/* What is stored must be what the simulated patient may have. */
static void
nothing_was_invented(struct ward *w)
{
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM reading_000001 r "
	    "JOIN vital v ON v.n = r.vital WHERE quality <= 1 AND v.name = "
	    "'spo2' AND value / v.per_unit NOT BETWEEN 95 AND 99"), 0);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM reading_000001 r "
	    "JOIN vital v ON v.n = r.vital WHERE quality <= 1 AND v.name = "
	    "'pr' AND value / v.per_unit NOT BETWEEN 60 AND 80"), 0);
}

/* 1000 bytes, and waits until they are read: what a line has no room for is
 * lost. */
static void
send_garbage(struct ward *w)
{
	int64_t before = device(w, NULL, "garbage");

	ward_sim(w, "ox garbage 1000");
	for (int i = 0; device(w, NULL, "garbage") < before + 500; i++) {
		if (i > 400)
			ward_fail(w, "garbage was not read");
		ward_nap(5);
	}
}

static void
garbage_is_counted_and_invents_no_reading(void **state)
{
	struct ward *w = *state;
	int64_t garbage, ok;

	start_with(w, ward_scenario, WORDS("ox"));
	garbage = device(w, NULL, "garbage");
	for (int i = 0; i < 20; i++)
		send_garbage(w);
	for (int i = 0; device(w, NULL, "garbage") < garbage + 15000; i++) {
		if (i > 200)
			ward_fail(w, "only %lld bytes of garbage",
			    (long long)device(w, NULL, "garbage"));
		ward_nap(50);
	}
	/* It reads on at the next sound frame. */
	ok = device(w, "frames", "ok");
	ward_wait_sql(w, "SELECT 1", 1, 1);
	for (int i = 0; device(w, "frames", "ok") < ok + 3; i++) {
		if (i > 200)
			ward_fail(w, "no sound frame after the garbage");
		ward_nap(50);
	}
	nothing_was_invented(w);
}

/* How many lines vitalsd has printed that hold that text. */
static size_t
log_lines(struct ward *w, const char *text)
{
	FILE *f = fopen(ward_path(w, "vitalsd.out"), "r");
	char line[1024];
	size_t n = 0;

	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL)
		n += strstr(line, text) != NULL;
	fclose(f);
	return n;
}

static void
wait_log(struct ward *w, const char *text, size_t n, int timeout_s)
{
	int64_t until = ward_now_ms() + timeout_s * 1000;

	while (log_lines(w, text) < n) {
		if (ward_now_ms() > until)
			ward_fail(w, "no line says \"%s\"", text);
		ward_nap(100);
	}
}

/* Thousands of damaged frames, some lines; the plug rattles, some more. */
static void
the_journal_is_not_flooded_by_garbage_or_a_rattling_plug(void **state)
{
	struct ward *w = *state;
	size_t before;
	int64_t bad;

	start_with(w, ward_scenario, WORDS("ox"));
	before = log_lines(w, "");
	bad = device(w, NULL, "garbage");
	ward_sim(w, "ox noise 1");
	/* Once in many thousand bytes noise makes a sound frame, and the 10 s
	 * begin again. */
	wait_log(w, "port CHAIR1/ox: bytes come, but none that the driver "
	    "understands, for 10 s", 1, 60);
	if (device(w, NULL, "garbage") - bad < 2000)
		ward_fail(w, "that was no flood");
	ward_sim(w, "ox noise 0");
	wait_log(w, "port CHAIR1/ox: sound data again, after 1", 1, 10);
	/* The alarm's lines: begun, ended; and what T2 says, if it does. */
	assert_in_range(log_lines(w, "") - before, 2, 8);

	for (int i = 0; i < 30; i++) {
		ward_sim(w, "ox cable out");
		ward_nap(70);
		ward_sim(w, "ox cable in");
		ward_nap(70);
	}
	assert_in_range(log_lines(w, "port CHAIR1/ox: "), 4, 14);
}

static void
a_port_that_vanishes_in_mid_frame_invents_nothing(void **state)
{
	struct ward *w = *state;

	start_with(w, ward_scenario, WORDS("ox"));
	/* A frame of five bytes comes every 13 ms. */
	for (int i = 0; i < 15; i++) {
		int64_t rows = ward_sql(w, "SELECT count(*) FROM "
		    "reading_000001");

		ward_sim(w, "ox cable out");
		ward_nap(20 + 7 * i);
		ward_sim(w, "ox cable in");
		ward_wait_sql(w, "SELECT count(*) FROM reading_000001",
		    rows + 1, 15);
	}
	nothing_was_invented(w);
	assert_true(ward_sql(w, "SELECT count(*) FROM event WHERE kind = 5")
	    >= 1);
}

static const char three_ports[] =
    "beds:\n"
    "  - id: CHAIR1\n"
    "    monitors:\n"
    "      - {name: ox, driver: nonin-2, transport: pty,"
    " port: %s/tty/ox}\n"
    "  - id: CHAIR2\n"
    "    monitors:\n"
    "      - {name: masimo, driver: masimo-ascii1, transport: pty,"
    " port: %s/tty/masimo}\n"
    "  - id: CHAIR3\n"
    "    monitors:\n"
    "      - {name: quiet, driver: nonin-2, transport: pty,"
    " port: %s/tty/quiet}\n"
    "limits:\n"
    "  arm-after: 1s\n"
    "  clear-after: 1s\n"
    "  spo2-low: {delay: 1s}\n";

/* Two ports are flooded without pause; the third bed must not notice. */
static void
two_flooded_ports_hold_up_no_other(void **state)
{
	struct ward *w = *state;
	char *config = NULL;
	int64_t until;
	json_t *a;

	assert_true(asprintf(&config, three_ports, w->dir, w->dir, w->dir) >
	    0);
	ward_start_sim(w, two_beds, WORDS("ox", "masimo", "quiet"));
	ward_start_vitalsd(w, config);
	free(config);
	json_decref(ward_ask(w, "session.start", json_pack("{s:s}", "bed",
	    "CHAIR3")));
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 15 AND "
	    "bed = 'CHAIR3' AND text = 'spo2-low'", 1, 20);
	ward_sim(w, "CHAIR3 spo2 90");
	until = ward_now_ms() + 12000;
	for (;;) {
		int64_t asked_ms = ward_now_ms();

		ward_sim(w, "ox garbage 4096");
		ward_sim(w, "masimo garbage 4096");
		a = ward_ask(w, "alarm.list", json_pack("{s:s}", "bed",
		    "CHAIR3"));
		assert_true(ward_now_ms() - asked_ms < 1000);
		if (json_array_size(json_object_get(a, "alarms")) > 0)
			break;
		json_decref(a);
		if (ward_now_ms() > until)
			ward_fail(w, "the quiet bed has no alarm");
	}
	json_decref(a);
	assert_true(device(w, NULL, "garbage") > 50000);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM reading_000001 r "
	    "JOIN port p ON p.n = r.port JOIN vital v ON v.n = r.vital WHERE "
	    "v.name = 'spo2' AND p.bed = 'CHAIR3' AND quality <= 1 AND "
	    "value / v.per_unit NOT BETWEEN 89 AND 97"), 0);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM event WHERE kind = "
	    "13"), 0);
}

static void
a_monitor_is_left_in_order_when_the_service_ends(void **state)
{
	static const char scenario[] =
	    "beds:\n  CHAIR1:\n    monitors:\n"
	    "      co2: {driver: capnostream}\n";
	static const char *const links[] = { "co2", NULL };
	struct ward *w = *state;
	char config[512];

	snprintf(config, sizeof config, "beds:\n  - id: CHAIR1\n    monitors:\n"
	    "      - {name: co2, driver: capnostream, transport: pty, "
	    "port: %s}\n", ward_path(w, "tty/co2"));
	ward_start_sim(w, scenario, links);
	for (size_t round = 1; round <= 4; round++) {
		ward_start_vitalsd(w, config);
		ward_wait_lines(w, "sim.out", "co2: asked for values", round,
		    10);
		ward_stop(w, &w->vitalsd, 5000);
		ward_wait_lines(w, "sim.out", "co2: its host took leave",
		    round, 5);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(
		    a_pulled_cable_is_an_alarm_that_ends_when_it_is_back),
		WARD_TEST(
		    a_monitor_that_says_nothing_is_an_alarm_though_its_line_is_open),
		WARD_TEST(
		    another_device_than_the_expected_one_is_an_alarm_at_once),
		WARD_TEST(garbage_is_counted_and_invents_no_reading),
		WARD_TEST(
		    the_journal_is_not_flooded_by_garbage_or_a_rattling_plug),
		WARD_TEST(a_port_that_vanishes_in_mid_frame_invents_nothing),
		WARD_TEST(two_flooded_ports_hold_up_no_other),
		WARD_TEST(a_monitor_is_left_in_order_when_the_service_ends),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
