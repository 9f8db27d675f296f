/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the MicroPod driver asks, and when, and for how long it believes a breath.
 * What it reads is told by its captures.
 *
 * Easy to get wrong: a module that tells each breath unasked is not asked for
 * breaths, but still for its state.
 */
#include "tests/sim/oridion.h"
#include "tests/unit/recording.h"

static struct stream s;
static uint8_t buf[TX_MAX];

enum { NOTHING = -1, BREATH = 0x03, STATE = 0x0c };

static void
open_line(void)
{
	stream_init(&s, driver_find("micropod"), NULL, 0);
}

static int
asks(int64_t t_ms)
{
	static const uint8_t breath[] = { 0x85, 0x01, 0x03, 0x02 };
	static const uint8_t its_state[] = { 0x85, 0x01, 0x0c, 0x0d };
	size_t n = stream_request(&s, t_ms, buf);

	if (n == 0)
		return NOTHING;
	assert_int_equal(n, 4);
	assert_true(tx_allowed(s.driver, buf, n));
	if (memcmp(buf, breath, 4) == 0)
		return BREATH;
	assert_memory_equal(buf, its_state, 4);
	return STATE;
}

static struct decoded
hear(int64_t t_ms, uint8_t code, const uint8_t *data, size_t data_n)
{
	static struct decoded d;
	uint8_t frame[16];
	size_t n = oridion_put(frame, code, data, data_n);

	assert_int_equal(stream_feed(&s, t_ms, frame, n), n);
	assert_true(stream_next(&s, &d));
	return d;
}

static int64_t breath_age_ms;	/* of the last one heard, of both numbers */

/* 38 mmHg, 14/min; the quality of both. */
static enum quality
hear_breath(int64_t t_ms, uint8_t code)
{
	static const uint8_t data[3] = { 38, 1, 14 };
	struct decoded d = hear(t_ms, code, data, sizeof(data));

	assert_int_equal(d.result, DECODE_OK);
	assert_int_equal(d.readings.n, 2);
	assert_int_equal(d.readings.item[0].vital, VITAL_ETCO2);
	assert_int_equal(d.readings.item[0].value, 380);
	assert_int_equal(d.readings.item[1].vital, VITAL_RR);
	assert_int_equal(d.readings.item[1].value, 14);
	assert_int_equal(d.readings.item[0].quality,
	    d.readings.item[1].quality);
	assert_int_equal(d.readings.item[0].age_ms,
	    d.readings.item[1].age_ms);
	breath_age_ms = d.readings.item[1].age_ms;
	return d.readings.item[1].quality;
}

static void
hear_wave(int64_t t_ms, uint8_t mmhg, uint8_t status)
{
	uint8_t data[4] = { 0, mmhg, 0, status };

	assert_int_equal(hear(t_ms, 0x00, data, sizeof(data)).result,
	    DECODE_IGNORED);
}

static void
a_breath_is_asked_for_every_2_s_and_the_state_every_5_s(void **state)
{
	(void)state;
	open_line();
	assert_int_equal(asks(0), BREATH);
	assert_int_equal(asks(0), STATE);
	assert_int_equal(asks(0), NOTHING);
	hear_breath(50, 0x11);
	assert_int_equal(asks(50), NOTHING);
	assert_int_equal(asks(2049), NOTHING);
	assert_int_equal(asks(2050), BREATH);
	hear_breath(2100, 0x11);
	assert_int_equal(asks(4100), BREATH);
	assert_int_equal(asks(4999), NOTHING);
	assert_int_equal(asks(5000), STATE);
}

static void
a_module_that_does_not_answer_is_asked_no_more_often(void **state)
{
	(void)state;
	open_line();
	assert_int_equal(asks(0), BREATH);
	assert_int_equal(asks(0), STATE);
	assert_int_equal(asks(1999), NOTHING);
	assert_int_equal(asks(2000), BREATH);
	assert_int_equal(asks(2000), NOTHING);
	assert_int_equal(asks(3999), NOTHING);
	assert_int_equal(asks(4000), BREATH);
}

static void
a_module_that_tells_breaths_unasked_is_asked_for_its_state_only(void **state)
{
	(void)state;
	open_line();
	hear_breath(0, 0x01);
	for (int64_t t = 0; t < 60000; t += 250) {
		if (t % 1000 == 0)
			hear_breath(t, 0x01);
		assert_int_equal(asks(t), t % 5000 == 0 ? STATE : NOTHING);
	}
}

/* Waves of so many mmHg, 20 a second. */
static void
hear_waves(int64_t from_ms, int64_t to_ms, uint8_t mmhg, uint8_t status)
{
	for (int64_t t = from_ms; t < to_ms; t += 50)
		hear_wave(t, mmhg, status);
}

static void
a_breath_is_old_and_doubted_once_the_wave_shows_none_for_20_s(void **state)
{
	(void)state;
	open_line();
	hear_waves(0, 2000, 0, 0);
	hear_waves(2000, 4000, 38, 0);
	hear_waves(4000, 22000, 0, 0);
	/* The module tells it as if it were of now. */
	assert_int_equal(hear_breath(21960, 0x11), QUALITY_GOOD);
	assert_int_equal(breath_age_ms, 0);
	hear_wave(22000, 0, 0);
	assert_int_equal(hear_breath(22010, 0x11), QUALITY_QUESTIONABLE);
	assert_int_equal(breath_age_ms, 20010);
	hear_waves(22050, 60000, 4, 0);
	assert_int_equal(hear_breath(60000, 0x11), QUALITY_QUESTIONABLE);
	assert_int_equal(breath_age_ms, 58000);
	/* Also where the module says it unasked, and when the waves end. */
	assert_int_equal(hear_breath(60000, 0x01), QUALITY_QUESTIONABLE);
	assert_int_equal(hear_breath(90000, 0x11), QUALITY_QUESTIONABLE);
	hear_wave(90050, 0, 0);
	hear_wave(90100, 5, 0);
	assert_int_equal(hear_breath(90150, 0x11), QUALITY_GOOD);
	assert_int_equal(breath_age_ms, 0);
}

static void
a_rate_of_0_is_of_now_however_long_the_wave_was_flat(void **state)
{
	static const uint8_t data[3] = { 0, 0, 0 };
	const struct reading *rr;
	struct decoded d;

	(void)state;
	open_line();
	hear_waves(0, 60000, 0, 0);
	d = hear(60000, 0x11, data, sizeof data);
	rr = &d.readings.item[1];
	assert_int_equal(rr->vital, VITAL_RR);
	assert_int_equal(rr->quality, QUALITY_QUESTIONABLE);
	assert_int_equal(rr->value, 0);
	assert_int_equal(rr->age_ms, 0);
}

static void
carbon_dioxide_that_never_falls_is_no_breath_and_an_invalid_wave_none(
    void **state)
{
	(void)state;
	open_line();
	hear_waves(0, 21000, 40, 0);
	assert_int_equal(hear_breath(21000, 0x11), QUALITY_QUESTIONABLE);
	open_line();
	for (int64_t t = 0; t < 21000; t += 2000) {
		hear_waves(t, t + 1000, 0, 0);
		hear_waves(t + 1000, t + 2000, 40, 0x20);
	}
	hear_wave(22000, 0, 0);
	assert_int_equal(hear_breath(22000, 0x11), QUALITY_QUESTIONABLE);
}

static void
a_module_without_waves_is_believed(void **state)
{
	(void)state;
	open_line();
	for (int64_t t = 0; t < 60000; t += 2000)
		assert_int_equal(hear_breath(t, 0x11), QUALITY_GOOD);
	/* Those that are just beginning have shown nothing yet. */
	hear_wave(60000, 0, 0);
	assert_int_equal(hear_breath(60000, 0x11), QUALITY_GOOD);
}

static void
a_looped_line_is_silent(void **state)
{
	(void)state;
	open_line();
	for (int64_t t = 0; t < 30000; t += 1000) {
		int question;
		struct decoded d;

		while ((question = asks(t)) != NOTHING) {
			assert_int_equal(stream_feed(&s, t, buf, 4), 4);
			assert_true(stream_next(&s, &d));
			assert_int_equal(d.result, DECODE_BAD_VALUE);
		}
	}
	assert_true(stream_silent(&s, 30000));
}

static void
pump_configuration_and_mode_are_never_touched(void **state)
{
	static const uint8_t never[] = { 0x00, 0x06, 0x0d, 0x0f };
	uint8_t m[16], data[4] = { 2, 1, 0, 0 };

	(void)state;
	open_line();
	for (size_t i = 0; i < sizeof(never); i++) {
		for (size_t n = 0; n <= sizeof(data); n++)
			assert_false(tx_allowed(s.driver, m,
			    oridion_put(m, never[i], data, n)));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_breath_is_asked_for_every_2_s_and_the_state_every_5_s),
		cmocka_unit_test(
		    a_module_that_does_not_answer_is_asked_no_more_often),
		cmocka_unit_test(
	    a_module_that_tells_breaths_unasked_is_asked_for_its_state_only),
		cmocka_unit_test(
		    a_breath_is_old_and_doubted_once_the_wave_shows_none_for_20_s),
		cmocka_unit_test(
	carbon_dioxide_that_never_falls_is_no_breath_and_an_invalid_wave_none),
		cmocka_unit_test(
		    a_rate_of_0_is_of_now_however_long_the_wave_was_flat),
		cmocka_unit_test(a_module_without_waves_is_believed),
		cmocka_unit_test(a_looped_line_is_silent),
		cmocka_unit_test(pump_configuration_and_mode_are_never_touched),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
