/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Framing, resynchronising, counting and silence, with a toy protocol:
 *
 *	'F' | kind | heart rate | sum of the three
 *
 * Easy to get wrong: the toy's frames have four bytes, so whatever the tests
 * feed is counted in fours.
 */
#include "drivers/stream.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

enum {
	KIND_VALUE = 1, KIND_IGNORED, KIND_BAD_VALUE, KIND_NONE, KIND_OTHER,
	KIND_CUFF
};

static int64_t seen_gap_ms;

static int
toy_frame(const struct window *w, int64_t gap_ms)
{
	seen_gap_ms = gap_ms;
	if (window_at(w, 0) != 'F')
		return FRAME_GARBAGE;
	return window_length(w) < 4 ? FRAME_MORE : 4;
}

static int
endless_frame(const struct window *w, int64_t gap_ms)
{
	(void)w;
	(void)gap_ms;
	return FRAME_MORE;
}

static enum decode
toy_decode(union driver_state *s, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	uint8_t sum = (uint8_t)(window_at(w, 0) + window_at(w, 1) +
	    window_at(w, 2));

	(void)t_ms;
	assert_int_equal(n, 4);
	if (sum != window_at(w, 3))
		return DECODE_BAD_CHECK;
	readings_add(out, VITAL_HR, QUALITY_GOOD, window_at(w, 2));
	if (window_at(w, 1) == KIND_NONE)
		out->item[0].quality = QUALITY_SENSOR_OFF;
	if (window_at(w, 1) == KIND_OTHER)
		out->item[0] = (struct reading){ .vital = VITAL_TEMP,
			.quality = QUALITY_NO_VALUE };
	if (window_at(w, 1) == KIND_CUFF)
		out->item[0] = (struct reading){ .vital = VITAL_NIBP_SYS,
			.quality = window_at(w, 2) == 0 ?
			    QUALITY_NO_VALUE : QUALITY_GOOD };
	if (window_at(w, 1) == KIND_IGNORED)
		return DECODE_IGNORED;
	if (window_at(w, 1) == KIND_BAD_VALUE)
		return DECODE_BAD_VALUE;
	out->device_clock_ms = ++s->byte[0];
	return DECODE_OK;
}

static const struct driver toy = {
	.name = "toy", .silent_after_ms = 3000, .state_size = 1,
	.frame = toy_frame, .decode = toy_decode,
};

/* 'L' | how many bytes follow; counts how often it is asked. */
static unsigned asked;
static size_t seen;

static int
long_frame(const struct window *w, int64_t gap_ms)
{
	(void)gap_ms;
	asked++;
	seen = w->seen;
	if (window_at(w, 0) != 'L')
		return FRAME_GARBAGE;
	return window_length(w) < 2 ? FRAME_MORE : window_at(w, 1) + 2;
}

static uint16_t pause_ms;

static enum decode
long_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	(void)u;
	(void)t_ms;
	(void)out;
	pause_ms = window_longest_gap(w, 1, n);
	return DECODE_OK;
}

static const struct driver long_driver = {
	.name = "long", .silent_after_ms = 3000, .longest = 202,
	.frame = long_frame, .decode = long_decode,
};

static const struct driver endless = {
	.name = "endless", .silent_after_ms = 3000,
	.frame = endless_frame, .decode = toy_decode,
};

static const struct driver faint = {
	.name = "faint", .silent_after_ms = 3000,
	.evidence = EVIDENCE_PATTERN,
	.frame = toy_frame, .decode = toy_decode,
};

static const struct driver chatty = {
	.name = "chatty", .silent_after_ms = 3000, .repeat_ms = 1000,
	.frame = toy_frame, .decode = toy_decode,
};

/* Lines without an end: 300 ms of silence are one. */
static int
bare_frame(const struct window *w, int64_t gap_ms)
{
	size_t n = window_length(w);

	(void)gap_ms;
	for (size_t i = 1; i < n; i++) {
		if (window_gap(w, i) >= 300)
			return (int)i;
	}
	return w->quiet_ms > 0 ? (int)n : FRAME_MORE;
}

static enum decode
bare_decode(union driver_state *st, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	(void)st;
	(void)t_ms;
	(void)w;
	readings_add(out, VITAL_HR, QUALITY_GOOD, (int32_t)n);
	return DECODE_OK;
}

static const struct driver bare = {
	.name = "bare", .silent_after_ms = 3000, .quiet_ms = 300,
	.frame = bare_frame, .decode = bare_decode,
};

static struct stream s;
static struct decoded got[64];
static size_t got_n;

static void
feed(int64_t t_ms, const void *bytes, size_t n)
{
	const uint8_t *p = bytes;

	while (n > 0) {
		size_t taken = stream_feed(&s, t_ms, p, n);

		assert_true(taken > 0);
		p += taken;
		n -= taken;
		while (got_n < 64 && stream_next(&s, &got[got_n]))
			got_n++;
	}
}

static void
feed_frame(int64_t t_ms, uint8_t kind, uint8_t rate)
{
	uint8_t f[4] = { 'F', kind, rate, (uint8_t)('F' + kind + rate) };

	feed(t_ms, f, 4);
}

static int
start(void **state)
{
	(void)state;
	got_n = 0;
	stream_init(&s, &toy, NULL, 0);
	return 0;
}

static void
a_reading_has_the_time_of_its_last_byte(void **state)
{
	(void)state;
	feed(100, "F\1", 2);
	feed(160, "H", 1);
	feed(250, "\217F\1H", 4);
	feed(300, "\217", 1);
	assert_int_equal(got_n, 2);
	assert_int_equal(got[0].t_ms, 250);
	assert_int_equal(got[1].t_ms, 300);
	assert_int_equal(got[0].length, 4);
	assert_int_equal(got[0].readings.item[0].value, 72);
}

static void
a_false_start_costs_one_byte_and_hides_no_frame(void **state)
{
	(void)state;
	feed(0, "xyzF", 4);
	feed_frame(10, KIND_VALUE, 72);
	assert_int_equal(got_n, 2);
	assert_int_equal(got[0].result, DECODE_BAD_CHECK);
	assert_int_equal(got[0].readings.n, 0);
	assert_int_equal(got[1].result, DECODE_OK);
	assert_int_equal(got[1].t_ms, 10);
	assert_int_equal(s.count.garbage, 4);
	assert_int_equal(s.count.bytes, 8);
}

static void
a_sound_frame_with_an_impossible_field_is_passed_over_whole(void **state)
{
	(void)state;
	feed_frame(0, KIND_BAD_VALUE, 'F');
	assert_int_equal(got_n, 1);
	assert_int_equal(got[0].result, DECODE_BAD_VALUE);
	assert_int_equal(got[0].readings.n, 0);
	assert_int_equal(s.count.garbage, 0);
	assert_int_equal(s.count.frames[DECODE_BAD_VALUE], 1);
}

static void
only_decoded_frames_yield_readings(void **state)
{
	(void)state;
	feed_frame(0, KIND_IGNORED, 72);
	feed_frame(0, KIND_VALUE, 72);
	assert_int_equal(got_n, 2);
	assert_int_equal(got[0].readings.n, 0);
	assert_int_equal(got[1].readings.n, 1);
	assert_int_equal(s.count.readings, 1);
}

static void
a_partial_frame_that_waits_too_long_is_garbage(void **state)
{
	(void)state;
	feed(0, "F\1", 2);
	feed(STREAM_STALE_MS, "H", 1);
	feed(2 * STREAM_STALE_MS + 1, "\217", 1);
	assert_int_equal(got_n, 0);
	assert_int_equal(s.count.garbage, 4);
	feed_frame(3 * STREAM_STALE_MS, KIND_VALUE, 72);
	assert_int_equal(got_n, 1);
}

static void
the_framer_is_told_of_the_quiet_before_the_first_byte(void **state)
{
	(void)state;
	feed_frame(0, KIND_VALUE, 72);
	feed(500, "F", 1);
	assert_int_equal(seen_gap_ms, 500);
	feed(700, "\1H\217", 3);
	assert_int_equal(seen_gap_ms, 500);
	feed(710, "xF", 2);
	assert_int_equal(seen_gap_ms, 0);
}

static void
a_frame_that_never_ends_cannot_stop_the_stream(void **state)
{
	static const uint8_t noise[3 * WINDOW_CAPACITY + 5];

	(void)state;
	stream_init(&s, &endless, NULL, 0);
	feed(0, noise, sizeof noise);
	assert_int_equal(got_n, 0);
	assert_int_equal(s.count.bytes, sizeof noise);
	assert_true(s.count.garbage > sizeof noise - WINDOW_CAPACITY);
}

static void
a_framer_that_knows_the_length_is_not_asked_until_all_is_there(void **state)
{
	uint8_t f[202] = { 'L', 200 };

	(void)state;
	stream_init(&s, &long_driver, NULL, 0);
	asked = 0;
	for (size_t i = 0; i < sizeof f; i++)
		feed((int64_t)i, &f[i], 1);
	assert_int_equal(got_n, 1);
	assert_int_equal(got[0].t_ms, 201);
	assert_int_equal(asked, 3);
}

static void
a_framer_is_told_what_it_has_seen_of_this_very_frame(void **state)
{
	(void)state;
	stream_init(&s, &long_driver, NULL, 0);
	feed(0, "L", 1);
	assert_int_equal(seen, 0);
	feed(0, "\4ab", 3);
	assert_int_equal(seen, 1);
	feed(0, "cd", 2);
	assert_int_equal(seen, 4);
	assert_int_equal(got_n, 1);
	feed(0, "L", 1);
	assert_int_equal(seen, 0);
	feed(STREAM_STALE_MS + 1, "L", 1);
	assert_int_equal(seen, 0);
	stream_reset(&s, STREAM_STALE_MS + 1);
	feed(STREAM_STALE_MS + 1, "L", 1);
	assert_int_equal(seen, 0);
}

static void
a_length_beyond_the_longest_frame_is_garbage(void **state)
{
	uint8_t f[204] = { 'L', 201, 'L', 0 };

	(void)state;
	stream_init(&s, &long_driver, NULL, 0);
	feed(0, f, 4);
	assert_int_equal(got_n, 1);
	assert_int_equal(got[0].length, 2);
	assert_int_equal(s.count.garbage, 2);
	feed(0, f, sizeof f);
	assert_int_equal(got_n, 2);
	assert_int_equal(s.count.garbage, 204);
}

static void
a_frame_of_more_reads_than_are_told_apart_keeps_its_end_and_its_pause(
    void **state)
{
	uint8_t f[202] = { 'L', 200 };
	int64_t t_ms = 1000;

	(void)state;
	assert_true(sizeof f > 3 * WINDOW_MARKS);
	stream_init(&s, &long_driver, NULL, 0);
	for (size_t i = 0; i < sizeof f; i++)
		feed(t_ms += i == 99 ? 400 : 3, &f[i], 1);
	assert_int_equal(got_n, 1);
	assert_int_equal(got[0].t_ms, t_ms);
	assert_int_equal(pause_ms, 400);
	/* The first byte keeps the quiet before it as well. */
	stream_init(&s, &toy, NULL, 0);
	feed(0, "x", 1);
	feed(700, "F", 1);
	feed(701, "\1", 1);
	feed(703, "H", 1);
	assert_int_equal(seen_gap_ms, 700);
	feed(703, "\217", 1);
	assert_int_equal(got[1].t_ms, 703);
}

/* Frames that could not be looked at when they came, each in a read of its own,
 * in more reads than are told apart. */
static void
frames_that_are_found_late_have_the_time_of_a_read_near_by(
    void **state)
{
	int64_t last_ms = 0;

	(void)state;
	assert_true(50 > WINDOW_MARKS);
	for (int64_t i = 0; i < 50; i++)
		assert_int_equal(stream_feed(&s, i * 100,
		    (const uint8_t *)"F\1H\217", 4), 4);
	while (got_n < 64 && stream_next(&s, &got[got_n]))
		got_n++;
	assert_int_equal(got_n, 50);
	for (size_t i = 0; i < got_n; i++) {
		int64_t off_ms = got[i].t_ms - (int64_t)i * 100;

		/* Four reads have become one, at the most. */
		assert_true(off_ms >= -300 && off_ms <= 300);
		assert_true(got[i].t_ms >= last_ms);
		last_ms = got[i].t_ms;
	}
	assert_int_equal(got[49].t_ms, 4900);
}

static void
a_stream_touches_no_more_than_its_driver_needs(void **state)
{
	size_t size = stream_size(&long_driver);
	struct stream *own = malloc(size + 64);
	uint8_t noise[301], *end = (uint8_t *)own + size;
	struct decoded d;

	(void)state;
	assert_non_null(own);
	assert_true(size < sizeof *own);
	memset(own, 0xA5, size + 64);
	memset(noise, 'L', sizeof noise);
	stream_init(own, &long_driver, NULL, 0);
	for (int i = 0; i < 100; i++) {
		assert_true(stream_feed(own, i, noise, sizeof noise) > 0);
		while (stream_next(own, &d))
			;
	}
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(end[i], 0xA5);
	free(own);
}

static void
a_clock_that_steps_back_moves_no_byte_into_the_past(void **state)
{
	(void)state;
	feed(1000, "F\1", 2);
	feed(400, "H\217", 2);
	assert_int_equal(got_n, 1);
	assert_int_equal(got[0].t_ms, 1000);
}

static void
a_reset_forgets_the_partial_frame_and_the_state_but_not_the_counts(
    void **state)
{
	(void)state;
	feed_frame(0, KIND_VALUE, 72);
	feed_frame(0, KIND_VALUE, 72);
	assert_int_equal(got[1].readings.device_clock_ms, 2);
	feed(10, "F\1", 2);
	stream_reset(&s, 20);
	feed(30, "H\217", 2);
	feed_frame(40, KIND_VALUE, 72);
	assert_int_equal(got_n, 3);
	assert_int_equal(got[2].readings.device_clock_ms, 1);
	assert_int_equal(s.count.frames[DECODE_OK], 3);
	assert_int_equal(s.count.garbage, 4);
	assert_int_equal(s.count.bytes, 16);
}

static void
noise_is_silence(void **state)
{
	(void)state;
	assert_false(stream_silent(&s, 2999));
	assert_true(stream_silent(&s, 3000));
	feed(3100, "noise, and F\1H\1", 15);
	assert_true(stream_silent(&s, 3100));
	feed_frame(3200, KIND_BAD_VALUE, 72);
	assert_true(stream_silent(&s, 3200));
	feed_frame(3300, KIND_IGNORED, 72);
	assert_false(stream_silent(&s, 6299));
	assert_true(stream_silent(&s, 6300));
}

static void
opening_the_line_again_is_no_sign_of_life(void **state)
{
	(void)state;
	for (int64_t t_ms = 0; t_ms < 3000; t_ms += 500)
		stream_reset(&s, t_ms);
	assert_true(stream_silent(&s, 3000));
	feed_frame(3100, KIND_VALUE, 72);
	assert_false(stream_silent(&s, 3100));
	stream_reset(&s, 6000);
	assert_true(stream_silent(&s, 6100));
}

static void
a_driver_that_only_listens_requests_nothing(void **state)
{
	uint8_t buf[TX_MAX];

	(void)state;
	assert_int_equal(stream_request(&s, 0, buf), 0);
}

static void
times_beyond_every_clock_overflow_nothing(void **state)
{
	static const int64_t t_ms[] = { INT64_MIN, INT64_MAX, 0,
		STREAM_NEVER, INT64_MAX };
	static const uint8_t frame[] = { 'F', KIND_VALUE, 72, 'F' + 73 };
	struct decoded d;

	(void)state;
	stream_init(&s, &toy, NULL, INT64_MIN);
	assert_true(stream_silent(&s, INT64_MAX));
	for (size_t i = 0; i < sizeof t_ms / sizeof t_ms[0]; i++) {
		assert_int_equal(stream_feed(&s, t_ms[i], frame, 4), 4);
		assert_true(stream_next(&s, &d));
		assert_true(d.t_ms >= -STREAM_TIME_MAX_MS &&
		    d.t_ms <= STREAM_TIME_MAX_MS);
		stream_quiet(&s, INT64_MAX);
	}
	assert_int_equal(s.count.frames[DECODE_OK], 5);
	assert_false(stream_silent(&s, INT64_MAX));
}

/* Forgets to write what it says it has written. */
static size_t
careless_request(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	(void)u;
	(void)t_ms;
	buf[0] = 0x55;
	return 4;
}

static void
what_a_driver_leaves_unset_in_a_message_is_zero(void **state)
{
	static const struct driver careless = { .name = "careless",
		.frame = toy_frame, .decode = toy_decode,
		.request = careless_request, .release = careless_request };
	uint8_t buf[TX_MAX];

	(void)state;
	stream_init(&s, &careless, NULL, 0);
	memset(buf, 0xEE, sizeof buf);
	assert_int_equal(stream_request(&s, 0, buf), 4);
	assert_memory_equal(buf, "\x55\0\0", 4);
	memset(buf, 0xEE, sizeof buf);
	assert_int_equal(stream_release(&s, 0, buf), 4);
	assert_memory_equal(buf, "\x55\0\0", 4);
}

static void
a_reading_without_a_value_holds_no_number(void **state)
{
	struct readings r = { .n = 0 };

	(void)state;
	readings_add(&r, VITAL_SPO2, QUALITY_SENSOR_OFF, 9800);
	readings_add(&r, VITAL_SPO2, QUALITY_GOOD, 20000);
	assert_int_equal(r.n, 2);
	assert_int_equal(r.item[0].value, 0);
	assert_int_equal(r.item[1].quality, QUALITY_OUT_OF_RANGE);
	assert_int_equal(r.item[1].value, 0);
	for (int i = 0; i < 2 * READINGS_MAX; i++)
		readings_add(&r, VITAL_HR, QUALITY_GOOD, 72);
	assert_int_equal(r.n, READINGS_MAX);
}

static enum quality
feed_rate(int64_t t_ms, uint8_t rate)
{
	got_n = 0;
	feed_frame(t_ms, KIND_VALUE, rate);
	assert_int_equal(got_n, 1);
	assert_int_equal(got[0].readings.item[0].value, rate);
	return got[0].readings.item[0].quality;
}

static void
a_lone_value_far_from_the_others_is_doubted(void **state)
{
	(void)state;
	assert_int_equal(feed_rate(0, 72), QUALITY_GOOD);
	assert_int_equal(feed_rate(1000, 133), QUALITY_QUESTIONABLE);
	assert_int_equal(feed_rate(2000, 72), QUALITY_QUESTIONABLE);
	assert_int_equal(feed_rate(3000, 132), QUALITY_GOOD);
}

static void
a_change_that_stays_or_takes_its_time_is_believed(void **state)
{
	(void)state;
	assert_int_equal(feed_rate(0, 72), QUALITY_GOOD);
	assert_int_equal(feed_rate(2000, 180), QUALITY_QUESTIONABLE);
	assert_int_equal(feed_rate(3000, 181), QUALITY_GOOD);
	assert_int_equal(feed_rate(5001, 72), QUALITY_GOOD);
	stream_reset(&s, 5100);
	assert_int_equal(feed_rate(5200, 180), QUALITY_GOOD);
}

/* --- many streams -------------------------------------------------------- */

static int
lengthy_frame(const struct window *w, int64_t gap_ms)
{
	(void)gap_ms;
	if (window_at(w, 0) != 'L')
		return FRAME_GARBAGE;
	return window_length(w) < 600 ? FRAME_MORE : 600;
}

static enum decode
lengthy_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	(void)u, (void)t_ms;
	readings_add(out, VITAL_HR, QUALITY_GOOD, window_at(w, n - 1));
	return DECODE_OK;
}

static const struct driver lengthy = {
	.name = "lengthy", .silent_after_ms = 3000, .longest = 600,
	.frame = lengthy_frame, .decode = lengthy_decode,
};

static union driver_state state_of_x;

/* As a port feeds it: in memory that is exactly as large as it is said to be,
 * so that the sanitizer sees a byte too many.  Returns how many frames. */
static size_t
feed_narrow(struct stream **x, const uint8_t *p, size_t n, size_t *widened)
{
	struct decoded d;
	size_t frames = 0;

	while (n > 0) {
		size_t taken = stream_feed(*x, 1000, p, n);

		assert_true(taken > 0);
		p += taken;
		n -= taken;
		while (stream_next(*x, &d)) {
			assert_int_equal(d.result, DECODE_OK);
			frames++;
		}
		if (stream_is_cramped(*x)) {
			*x = realloc(*x, stream_size((*x)->driver));
			assert_non_null(*x);
			stream_widen(*x);
			++*widened;
		}
	}
	return frames;
}

static void
a_narrow_stream_is_widened_by_the_first_long_frame(void **state)
{
	struct stream *x = malloc(stream_size_narrow());
	uint8_t frames[1200] = { 'L' };
	size_t widened = 0;

	(void)state;
	frames[600] = 'L';
	frames[599] = frames[1199] = 72;
	assert_true(stream_size_narrow() <= 1024);
	assert_true(stream_size(&lengthy) > stream_size_narrow());
	stream_init_narrow(x, &state_of_x, &lengthy, NULL, 0);
	assert_int_equal(feed_narrow(&x, frames, 60, &widened), 0);
	assert_int_equal(widened, 0);
	assert_int_equal(feed_narrow(&x, frames + 60, 1140, &widened), 2);
	assert_int_equal(widened, 1);
	assert_int_equal(x->count.garbage, 0);
	free(x);
}

static void
short_frames_leave_a_stream_narrow(void **state)
{
	struct stream *x = malloc(stream_size_narrow());
	const uint8_t f[4] = { 'F', 1, 72, (uint8_t)('F' + 1 + 72) };
	uint8_t burst[4 * 100];
	size_t widened = 0;

	(void)state;
	for (int i = 0; i < 100; i++)
		memcpy(burst + 4 * i, f, 4);
	stream_init_narrow(x, &state_of_x, &toy, NULL, 0);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(feed_narrow(&x, f, 3, &widened) +
		    feed_narrow(&x, f + 3, 1, &widened), 1);
	assert_int_equal(feed_narrow(&x, burst, sizeof burst, &widened), 100);
	assert_int_equal(widened, 0);
	free(x);
}

static void
a_narrow_stream_that_cannot_be_widened_goes_on_once_it_is_reset(void **state)
{
	struct stream *x = malloc(stream_size_narrow());
	const uint8_t f[4] = { 'F', 1, 72, (uint8_t)('F' + 1 + 72) };
	uint8_t beginning[600];
	struct decoded d;
	size_t n, widened = 0;

	(void)state;
	memset(beginning, 'L', sizeof beginning);
	stream_init_narrow(x, &state_of_x, &lengthy, NULL, 0);
	n = stream_feed(x, 1000, beginning, sizeof beginning);
	assert_true(n > 0 && n < sizeof beginning);
	assert_false(stream_next(x, &d));
	assert_true(stream_is_cramped(x));
	stream_reset(x, 1000);
	assert_false(stream_is_cramped(x));
	assert_int_equal(x->count.garbage, n);
	assert_int_equal(stream_feed(x, 1001, beginning, 50), 50);
	stream_init_narrow(x, &state_of_x, &toy, NULL, 0);
	assert_int_equal(feed_narrow(&x, f, 4, &widened), 1);
	free(x);
}

/* How many readings the frame of that rate gave. */
static size_t
readings_of(int64_t t_ms, uint8_t rate)
{
	got_n = 0;
	feed_frame(t_ms, KIND_VALUE, rate);
	assert_int_equal(got_n, 1);
	assert_int_equal(got[0].result, DECODE_OK);
	return got[0].readings.n;
}

static void
without_a_checksum_the_third_frame_that_agrees_is_the_first_to_count(
    void **state)
{
	(void)state;
	stream_init(&s, &faint, NULL, 0);
	assert_int_equal(readings_of(0, 72), 0);
	assert_int_equal(readings_of(10, 97), 0);
	assert_int_equal(readings_of(20, 72), 1);
	assert_int_equal(readings_of(30, 73), 1);
	/* 26 apart: the count begins again. */
	assert_int_equal(readings_of(40, 99), 0);
	assert_int_equal(readings_of(50, 99), 0);
	assert_int_equal(readings_of(60, 99), 1);
	assert_int_equal(s.count.readings, 3);
}

static void
a_loss_of_step_asks_for_three_again(void **state)
{
	static const char *const losses[] = { "x", "F\1\1\1", "F\3\1J" };

	(void)state;
	stream_init(&s, &faint, NULL, 0);
	for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
		assert_int_equal(readings_of(0, 72), 0);
		assert_int_equal(readings_of(0, 72), 0);
		assert_int_equal(readings_of(0, 72), 1);
		feed(0, losses[i], strlen(losses[i]));
	}
	/* And so does half a frame that was never ended. */
	assert_int_equal(readings_of(0, 72), 0);
	assert_int_equal(readings_of(0, 72), 0);
	assert_int_equal(readings_of(0, 72), 1);
	feed(0, "F", 1);
	assert_int_equal(readings_of(STREAM_STALE_MS + 1, 72), 0);
}

/* Noise has short frames of every kind; what they leave open proves nothing. */
static void
frames_that_say_nothing_speak_for_none(void **state)
{
	(void)state;
	stream_init(&s, &faint, NULL, 0);
	for (int i = 0; i < 5; i++)
		feed_frame(0, KIND_IGNORED, 72);
	assert_int_equal(readings_of(0, 72), 0);
	feed_frame(0, KIND_IGNORED, 72);
	assert_int_equal(readings_of(0, 72), 0);
	assert_int_equal(readings_of(0, 72), 1);
	/* Nor against one. */
	feed_frame(0, KIND_IGNORED, 72);
	assert_int_equal(readings_of(0, 72), 1);
}

static size_t
readings_of_none(int64_t t_ms)
{
	got_n = 0;
	feed_frame(t_ms, KIND_NONE, 0);
	assert_int_equal(got_n, 1);
	return got[0].readings.n;
}

static void
frames_without_a_value_speak_for_none_that_has_one(void **state)
{
	(void)state;
	stream_init(&s, &faint, NULL, 0);
	for (int i = 0; i < 5; i++)
		(void)readings_of_none(0);
	assert_int_equal(readings_of(0, 72), 0);
	assert_int_equal(readings_of(0, 72), 0);
	assert_int_equal(readings_of(0, 72), 1);
	/* One of them alone begins the count anew. */
	(void)readings_of_none(0);
	assert_int_equal(readings_of(0, 72), 0);
	assert_int_equal(readings_of(0, 72), 0);
	assert_int_equal(readings_of(0, 72), 1);
}

/* Lines that take turns, of which one has no value, and one tells an event. */
static void
a_vital_without_a_value_holds_back_no_other(void **state)
{
	(void)state;
	stream_init(&s, &faint, NULL, 0);
	for (int i = 0; i < 5; i++) {
		assert_int_equal(readings_of(0, 72), i < 1 ? 0 : 1);
		feed_frame(0, KIND_OTHER, 0);
	}
	feed_frame(0, KIND_CUFF, 0);
	got_n = 0;
	feed_frame(0, KIND_CUFF, 99);
	assert_int_equal(got[0].readings.n, 1);
}

/* That the sensor is off is told at once, and the third time at the start. */
static void
frames_of_both_kinds_speak_for_one_without_a_value(void **state)
{
	(void)state;
	stream_init(&s, &faint, NULL, 0);
	assert_int_equal(readings_of_none(0), 0);
	assert_int_equal(readings_of(0, 72), 0);
	assert_int_equal(readings_of_none(0), 1);
	assert_int_equal(readings_of_none(0), 1);
	for (int i = 0; i < 5; i++)
		(void)readings_of(0, 72);
	assert_int_equal(readings_of_none(0), 1);
	/* But not one that disagrees. */
	(void)readings_of(0, 120);
	assert_int_equal(readings_of_none(0), 0);
	assert_int_equal(readings_of_none(0), 1);
}

static void
what_is_said_again_at_once_is_no_news_and_what_changes_is(void **state)
{
	(void)state;
	stream_init(&s, &chatty, NULL, 0);
	assert_int_equal(readings_of(0, 72), 1);
	assert_int_equal(readings_of(16, 72), 0);
	assert_int_equal(readings_of(999, 72), 0);
	assert_int_equal(readings_of(1000, 72), 1);
	assert_int_equal(readings_of(1016, 73), 1);
	assert_int_equal(readings_of(1033, 72), 1);
	stream_reset(&s, 1040);
	assert_int_equal(readings_of(1050, 72), 1);
}

static void
silence_ends_a_frame_whether_a_byte_follows_or_not(void **state)
{
	(void)state;
	stream_init(&s, &bare, NULL, 0);
	feed(0, "abc", 3);
	feed(299, "de", 2);
	stream_quiet(&s, 500);
	assert_false(stream_next(&s, &got[0]));
	feed(600, "fgh", 3);
	assert_int_equal(got_n, 1);
	assert_int_equal(got[0].t_ms, 299);
	assert_int_equal(got[0].length, 5);
	stream_quiet(&s, 899);
	assert_false(stream_next(&s, &got[0]));
	stream_quiet(&s, 900);
	assert_true(stream_next(&s, &got[0]));
	assert_int_equal(got[0].t_ms, 600);
	assert_int_equal(got[0].length, 3);
	stream_quiet(&s, 1000);
	assert_false(stream_next(&s, &got[0]));
}

int
main(void)
{
#define STREAM_TEST(f) cmocka_unit_test_setup(f, start)
	const struct CMUnitTest tests[] = {
		STREAM_TEST(a_reading_has_the_time_of_its_last_byte),
		STREAM_TEST(a_false_start_costs_one_byte_and_hides_no_frame),
		STREAM_TEST(
		    a_sound_frame_with_an_impossible_field_is_passed_over_whole),
		STREAM_TEST(only_decoded_frames_yield_readings),
		STREAM_TEST(a_partial_frame_that_waits_too_long_is_garbage),
		STREAM_TEST(
		    the_framer_is_told_of_the_quiet_before_the_first_byte),
		STREAM_TEST(a_frame_that_never_ends_cannot_stop_the_stream),
		STREAM_TEST(
	    a_framer_that_knows_the_length_is_not_asked_until_all_is_there),
		STREAM_TEST(
		    a_framer_is_told_what_it_has_seen_of_this_very_frame),
		STREAM_TEST(a_length_beyond_the_longest_frame_is_garbage),
		STREAM_TEST(
	    a_frame_of_more_reads_than_are_told_apart_keeps_its_end_and_its_pause),
		STREAM_TEST(
	    frames_that_are_found_late_have_the_time_of_a_read_near_by),
		STREAM_TEST(a_stream_touches_no_more_than_its_driver_needs),
		STREAM_TEST(
		    a_clock_that_steps_back_moves_no_byte_into_the_past),
		STREAM_TEST(
	    a_reset_forgets_the_partial_frame_and_the_state_but_not_the_counts),
		STREAM_TEST(noise_is_silence),
		STREAM_TEST(opening_the_line_again_is_no_sign_of_life),
		STREAM_TEST(a_driver_that_only_listens_requests_nothing),
		STREAM_TEST(times_beyond_every_clock_overflow_nothing),
		STREAM_TEST(what_a_driver_leaves_unset_in_a_message_is_zero),
		STREAM_TEST(a_reading_without_a_value_holds_no_number),
		STREAM_TEST(a_lone_value_far_from_the_others_is_doubted),
		STREAM_TEST(a_change_that_stays_or_takes_its_time_is_believed),
		STREAM_TEST(a_narrow_stream_is_widened_by_the_first_long_frame),
		STREAM_TEST(short_frames_leave_a_stream_narrow),
		STREAM_TEST(
	    a_narrow_stream_that_cannot_be_widened_goes_on_once_it_is_reset),
		STREAM_TEST(
    without_a_checksum_the_third_frame_that_agrees_is_the_first_to_count),
		STREAM_TEST(a_loss_of_step_asks_for_three_again),
		STREAM_TEST(frames_that_say_nothing_speak_for_none),
		STREAM_TEST(
		    frames_without_a_value_speak_for_none_that_has_one),
		STREAM_TEST(
		    frames_of_both_kinds_speak_for_one_without_a_value),
		STREAM_TEST(a_vital_without_a_value_holds_back_no_other),
		STREAM_TEST(silence_ends_a_frame_whether_a_byte_follows_or_not),
		STREAM_TEST(
		    what_is_said_again_at_once_is_no_news_and_what_changes_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
