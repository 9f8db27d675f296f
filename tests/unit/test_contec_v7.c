/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the driver of Contec's newer oximeters sends, and when; and the packets
 * that its captures cannot show.
 *
 * Easy to get wrong: request() is called now and then, and right after each
 * read; it must not rely on being called at any exact time.
 */
#include "tests/unit/recording.h"

static const uint8_t values[9] = {
	0x01, 0xE0, 0x85, 0xB3, 0x96, 0xC1, 0xE1, 0xFF, 0xFF
};

static struct stream s;
static uint8_t buf[TX_MAX];
static struct readings last;

static int
start(void **state)
{
	(void)state;
	last.n = 0;
	stream_init(&s, driver_find("contec-v7"), NULL, 1000);
	return 0;
}

/* The command that goes out at that time; 0: none. */
static int
asked(int64_t t_ms)
{
	size_t n = stream_request(&s, t_ms, buf);

	if (n == 0)
		return 0;
	assert_int_equal(n, 9);
	assert_true(tx_allowed(s.driver, buf, n));
	return buf[2];
}

static void
feed(int64_t t_ms, const uint8_t *p, size_t n)
{
	struct decoded d;

	assert_int_equal(stream_feed(&s, t_ms, p, n), n);
	while (stream_next(&s, &d)) {
		if (d.readings.n > 0)
			last = d.readings;
	}
}

/* Byte for byte from the vendor's document (oximeters.md 2.2). */
static void
the_messages_are_those_of_the_document(void **state)
{
	static const uint8_t starts[] = {
		0x7D, 0x81, 0xA1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80
	}, stops[] = {
		0x7D, 0x81, 0xA2, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80
	}, deletes[] = {
		0x7D, 0x81, 0xAE, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80
	};

	(void)state;
	assert_int_equal(stream_request(&s, 1000, buf), 9);
	assert_memory_equal(buf, starts, 9);
	assert_int_equal(stream_release(&s, 9000, buf), 9);
	assert_memory_equal(buf, stops, 9);
	assert_true(tx_allowed(s.driver, buf, 9));
	assert_false(tx_allowed(s.driver, deletes, 9));
}

static void
it_is_told_to_start_every_two_seconds_until_it_does(void **state)
{
	(void)state;
	for (int64_t t = 1000; t < 30000; t += 250)
		assert_int_equal(asked(t), t % 2000 == 1000 ? 0xA1 : 0);
}

static void
while_it_streams_it_is_kept_awake_every_five_seconds(void **state)
{
	int64_t sent_ms = 1000;
	size_t sent = 0;

	(void)state;
	assert_int_equal(asked(1000), 0xA1);
	for (int64_t t = 1100; t < 61000; t += 100) {
		int command;

		feed(t, values, sizeof values);
		command = asked(t);
		if (command == 0)
			continue;
		assert_int_equal(command, 0xAF);
		assert_int_equal(t - sent_ms, 5000);
		sent_ms = t;
		sent++;
	}
	assert_int_equal(sent, 11);
}

static void
when_values_stop_it_is_told_to_start_again(void **state)
{
	static const uint8_t idle[] = { 0x0C, 0x80, 0x0C, 0x80 };

	(void)state;
	assert_int_equal(asked(1000), 0xA1);
	for (int64_t t = 1100; t <= 4000; t += 100)
		feed(t, values, sizeof values);
	/* The last one is known to be whole when the next packet begins; it
	 * was heard at 4000 all the same. */
	feed(4050, idle, sizeof idle);
	assert_int_equal(asked(5999), 0);
	feed(5999, idle, sizeof idle);
	assert_int_equal(asked(6000), 0xA1);
	feed(6500, idle, sizeof idle);
	assert_int_equal(asked(7999), 0);
	assert_int_equal(asked(8000), 0xA1);
}

static void
a_line_that_was_opened_anew_is_told_to_start_at_once(void **state)
{
	(void)state;
	assert_int_equal(asked(1000), 0xA1);
	feed(1100, values, sizeof values);
	assert_int_equal(asked(1200), 0);
	stream_reset(&s, 1300);
	assert_int_equal(asked(1300), 0xA1);
}

static void
switched_off_is_a_reading_at_once(void **state)
{
	static const uint8_t off[] = { 0x0D, 0x80, 0x81 };

	(void)state;
	for (int i = 0; i < 6; i++)
		feed(2000 + i * 17, values, sizeof values);
	assert_int_equal(last.item[0].value, 9700);
	feed(2200, off, sizeof off);
	assert_int_equal(last.n, 2);
	assert_int_equal(last.item[0].quality, QUALITY_NOT_MEASURED);
	assert_int_equal(last.item[1].quality, QUALITY_NOT_MEASURED);
}

/* A unit without a perfusion index says nothing of one, ever. */
static void
a_perfusion_index_is_missed_only_where_there_was_one(void **state)
{
	static const uint8_t with_pi[9] = {
		0x01, 0x88, 0xC6, 0xB4, 0x85, 0x8C, 0xDC, 0xC0, 0x81
	};

	(void)state;
	for (int i = 0; i < 6; i++)
		feed(2000 + i * 17, values, sizeof values);
	assert_int_equal(last.n, 2);
	for (int i = 0; i < 6; i++)
		feed(4000 + i * 17, with_pi, sizeof with_pi);
	assert_int_equal(last.n, 3);
	assert_int_equal(last.item[1].value, 140);
	assert_int_equal(last.item[2].vital, VITAL_PI);
	assert_int_equal(last.item[2].value, 320);
	for (int i = 0; i < 6; i++)
		feed(6000 + i * 17, values, sizeof values);
	assert_int_equal(last.n, 3);
	assert_int_equal(last.item[2].quality, QUALITY_NO_VALUE);
}

int
main(void)
{
#define CONTEC_TEST(f) cmocka_unit_test_setup(f, start)
	const struct CMUnitTest tests[] = {
		CONTEC_TEST(the_messages_are_those_of_the_document),
		CONTEC_TEST(
		    it_is_told_to_start_every_two_seconds_until_it_does),
		CONTEC_TEST(
		    while_it_streams_it_is_kept_awake_every_five_seconds),
		CONTEC_TEST(
		    when_values_stop_it_is_told_to_start_again),
		CONTEC_TEST(
		    a_line_that_was_opened_anew_is_told_to_start_at_once),
		CONTEC_TEST(switched_off_is_a_reading_at_once),
		CONTEC_TEST(
		    a_perfusion_index_is_missed_only_where_there_was_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
