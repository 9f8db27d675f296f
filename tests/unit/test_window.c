/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The bytes of a window, the runs and sums of them, and when they came: each
 * against the plain loop that it stands for.
 *
 * Easy to get wrong: what is quick goes by eight bytes, so every place within
 * eight must have its turn.
 */
#include "drivers/wire.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

static struct window w;
static struct wire wire;

static int
fill(void **state)
{
	(void)state;
	memset(&w, 0, sizeof w);
	w.capacity = 400;
	w.start = 3;
	w.end = 103;
	srand(1);
	for (size_t i = 0; i < 400; i++)
		w.at[i] = (uint8_t)(rand() % 7 * 0x2B);
	return 0;
}

static void
a_byte_is_found_where_it_is(void **state)
{
	(void)state;
	for (size_t from = 0; from < 110; from++) {
		for (size_t to = from; to < 120; to++) {
			size_t i = from, end = to < 100 ? to : 100;

			while (i < end && window_at(&w, i) != 0x81)
				i++;
			assert_int_equal(window_find(&w, from, to, 0x81),
			    i < end ? i : end);
		}
	}
}

static void
sums_are_those_of_the_bytes(void **state)
{
	(void)state;
	for (size_t from = 0; from < 20; from++) {
		for (size_t to = from; to < 120; to++) {
			uint8_t sum = 0;

			wire.n = 0;
			for (size_t i = from; i < to; i++) {
				sum = (uint8_t)(sum + window_at(&w, i));
				wire_put(&wire, window_at(&w, i));
			}
			assert_int_equal(wire_window_sum(&w, from, to), sum);
			assert_int_equal(wire_sum(&wire, wire.n), sum);
			assert_int_equal(wire_sum(&wire, wire.n + 9), sum);
		}
	}
}

static void
a_run_is_taken_up_to_its_escape(void **state)
{
	(void)state;
	for (size_t from = 0; from < 90; from++) {
		size_t end;

		wire.n = 0;
		wire_put(&wire, 0x55);
		end = wire_take(&wire, &w, from, 90, 0x81);
		assert_int_equal(end, window_find(&w, from, 90, 0x81));
		assert_int_equal(wire.n, end - from + 1);
		for (size_t i = from; i < end; i++)
			assert_int_equal(wire_at(&wire, i - from + 1),
			    window_at(&w, i));
	}
	/* A full array takes no more. */
	wire.n = WIRE_CAPACITY - 3;
	assert_int_equal(wire_take(&wire, &w, 0, 20, 0xFF), 20);
	assert_int_equal(wire.n, WIRE_CAPACITY);
	assert_int_equal(wire_at(&wire, WIRE_CAPACITY - 1), window_at(&w, 2));
}

static void
bytes_and_their_pauses_survive_being_moved(void **state)
{
	uint8_t p[300];

	(void)state;
	for (size_t i = 0; i < sizeof p; i++)
		p[i] = (uint8_t)i;
	window_clear(&w);
	assert_int_equal(window_add(&w, 5, p, 200), 200);
	assert_int_equal(window_add(&w, 7, p, 100), 100);
	window_drop(&w, 190);
	/* There is no room behind, so what is held moves to the front. */
	assert_int_equal(window_add(&w, 9, p, 300), 290);
	assert_int_equal(w.start, 0);
	assert_int_equal(window_length(&w), 400);
	for (size_t i = 0; i < 400; i++)
		assert_int_equal(window_at(&w, i), (uint8_t)(i < 10 ?
		    190 + i : i < 110 ? i - 10 : i - 110));
	assert_int_equal(window_gap(&w, 0), 0);
	assert_int_equal(window_gap(&w, 10), 7);
	assert_int_equal(window_gap(&w, 110), 9);
	assert_int_equal(window_gap(&w, 111), 0);
	assert_int_equal(window_longest_gap(&w, 0, 110), 7);
	assert_int_equal(window_longest_gap(&w, 11, 110), 0);
	assert_int_equal(window_age(&w, 400), 0);
	assert_int_equal(window_age(&w, 110), 9);
	assert_int_equal(window_age(&w, 10), 16);
	assert_int_equal(window_add(&w, 1, p, 1), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(a_byte_is_found_where_it_is, fill),
		cmocka_unit_test_setup(sums_are_those_of_the_bytes, fill),
		cmocka_unit_test_setup(a_run_is_taken_up_to_its_escape, fill),
		cmocka_unit_test_setup(
		    bytes_and_their_pauses_survive_being_moved, fill),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
