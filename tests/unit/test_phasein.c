/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What captures do not show of the PHASEIN driver: the alarm of no breath, that
 * a flood of equal frames becomes one reading a second, and what the alarm
 * rules make of a breath that ages.
 *
 * Easy to get wrong: whatever is sent to such a sensor changes its state.
 */
#include "alerts/board.h"
#include "tests/unit/recording.h"

static struct stream s;

static void
open_line(void)
{
	stream_init(&s, driver_find("phasein"), NULL, 0);
}

static struct decoded
hear(int64_t t_ms, uint8_t id, uint8_t status, uint8_t first)
{
	static struct decoded d;
	uint8_t frame[21] = { 0xaa, 0x55, id, status, [14] = first,
		[18] = 0x03, [19] = 0xf5 };
	uint8_t sum = 0;

	for (int i = 2; i < 20; i++)
		sum = (uint8_t)(sum + frame[i]);
	frame[20] = (uint8_t)-sum;
	assert_int_equal(stream_feed(&s, t_ms, frame, sizeof(frame)), 21);
	assert_true(stream_next(&s, &d));
	return d;
}

static void
no_breath_is_told_as_the_sensors_own_alarm(void **state)
{
	struct decoded d;

	(void)state;
	open_line();
	d = hear(0, 1, 0x02, 0xff);
	assert_false(d.readings.alarms.told);
	d = hear(50, 3, 0x02, 0xff);
	assert_true(d.readings.alarms.told);
	assert_int_equal(d.readings.alarms.n, 1);
	assert_int_equal(d.readings.alarms.item[0].priority, PRIORITY_MEDIUM);
	assert_string_equal(d.readings.alarms.item[0].text, "no breath");
	d = hear(100, 3, 0x01, 14);
	assert_true(d.readings.alarms.told);
	assert_int_equal(d.readings.alarms.n, 0);
}

static void
equal_frames_become_one_reading_a_second(void **state)
{
	size_t readings = 0;

	(void)state;
	open_line();
	for (int64_t t = 0; t < 10000; t += 100) {
		hear(t, 1, 0, 51);
		readings += hear(t + 50, 3, 0, 14).readings.n;
	}
	assert_int_equal(readings, 10 * 2);
	/* What is new is told at once. */
	assert_int_equal(hear(10000, 3, 0, 15).readings.n, 2);
}

/* --- a bed with this sensor alone ------------------------------------------- */

static struct bed {
	struct board board;
	struct port_state port[BOARD_PORTS];
	char by[SLOTS][BY_MAX];
	uint8_t sample[SUBJECT_LEVELS][SAMPLES];
	struct id_source ids;
	struct limit_set limits;
	int64_t t_ms;
	int64_t very_low_ms, none_ms;	/* when it was told; 0: not yet */
} bed;

static const struct board_room room = { bed.port, bed.by,
	{ bed.sample[0], bed.sample[1], bed.sample[2] } };

static void
on_alarm(void *arg, int64_t t_ms, const struct alarm_change *c)
{
	(void)arg;
	if (c->phase != ALARM_START && c->phase != ALARM_ESCALATE)
		return;
	if (strcmp(c->tier, "rr-very-low") == 0)
		bed.very_low_ms = t_ms;
	if (strcmp(c->condition, "no-value:rr") == 0)
		bed.none_ms = t_ms;
}

static void
on_source(void *arg, int64_t t_ms, enum subject subject, int port)
{
	(void)arg, (void)t_ms, (void)subject, (void)port;
}

static void
on_armed(void *arg, int64_t t_ms, enum ladder l)
{
	(void)arg, (void)t_ms, (void)l;
}

static const struct board_sink sink = { NULL, on_alarm, on_source, on_armed };
static const struct board_port port = { .name = "co2",
	.silent_after_ms = 2000 };

/* A second passes; the last breath was 'since_s' ago. */
static void
pass(uint8_t rr, uint8_t since_s)
{
	uint8_t frame[21] = { 0xaa, 0x55, 3, 0, [14] = rr, [15] = since_s,
		[18] = 0x03, [19] = 0xf5 };
	struct decoded d;
	uint8_t sum = 0;

	bed.t_ms += 1000;
	board_tick(&bed.board, bed.t_ms);
	for (int i = 2; i < 20; i++)
		sum = (uint8_t)(sum + frame[i]);
	frame[20] = (uint8_t)-sum;
	assert_int_equal(stream_feed(&s, bed.t_ms, frame, sizeof(frame)), 21);
	assert_true(stream_next(&s, &d));
	board_frame(&bed.board, bed.t_ms, 0, true);
	for (size_t i = 0; i < d.readings.n; i++)
		board_reading(&bed.board, bed.t_ms, 0, &d.readings.item[i]);
}

/* In a session, after two minutes at 15/min. */
static void
open_bed(void)
{
	open_line();
	memset(&bed, 0, sizeof(bed));
	bed.t_ms = 1000000;
	limit_set_default(&bed.limits);
	board_init(&bed.board, &bed.limits, &port, 1, &room, &sink, &bed.ids,
	    bed.t_ms);
	board_link(&bed.board, bed.t_ms, 0, LINE_OPEN);
	board_open(&bed.board, bed.t_ms, &bed.limits);
	board_phase(&bed.board, bed.t_ms, PHASE_INFUSION);
	for (int i = 0; i < 120; i++)
		pass(15, (uint8_t)(i % 4));
	assert_int_equal(bed.very_low_ms, 0);
	assert_int_equal(bed.none_ms, 0);
}

static void
a_last_breath_that_only_ages_is_missing_after_12_s(void **state)
{
	int64_t stopped;

	(void)state;
	open_bed();
	stopped = bed.t_ms;
	for (int i = 1; i <= 100; i++)
		pass(15, (uint8_t)i);
	assert_int_equal(bed.none_ms - stopped, 12001 + 60000);
}

/* Between its breaths the number is too old for a while, and no rule may take
 * that for an end. */
static void
breathing_at_3_a_minute_raises_though_its_rate_ages(void **state)
{
	int64_t slowed;

	(void)state;
	open_bed();
	slowed = bed.t_ms;
	for (int i = 0; i < 60; i++)
		pass(3, (uint8_t)(i % 20));
	assert_in_range(bed.very_low_ms - slowed, 15000, 21000);
}

/* The age is that of a breath, and none of its absence. */
static void
a_rate_of_0_raises_however_long_ago_the_last_breath_was(void **state)
{
	int64_t stopped;

	(void)state;
	open_bed();
	for (int i = 1; i <= 20; i++)
		pass(15, (uint8_t)i);
	stopped = bed.t_ms;
	for (int i = 21; i <= 60; i++)
		pass(0, (uint8_t)i);
	assert_int_equal(bed.very_low_ms - stopped, 1000 + 15000);
	assert_int_equal(bed.none_ms, 0);
}

static void
nothing_is_ever_sent(void **state)
{
	static const uint8_t measure[] = { 0xaa, 0x55, 0x00, 0x02, 0xfe };

	(void)state;
	open_line();
	assert_null(s.driver->tx);
	assert_null(s.driver->request);
	assert_false(tx_allowed(s.driver, measure, sizeof(measure)));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_breath_is_told_as_the_sensors_own_alarm),
		cmocka_unit_test(equal_frames_become_one_reading_a_second),
		cmocka_unit_test(
		    a_last_breath_that_only_ages_is_missing_after_12_s),
		cmocka_unit_test(
		    breathing_at_3_a_minute_raises_though_its_rate_ages),
		cmocka_unit_test(
		    a_rate_of_0_raises_however_long_ago_the_last_breath_was),
		cmocka_unit_test(nothing_is_ever_sent),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
