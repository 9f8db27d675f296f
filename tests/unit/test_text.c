/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The line framer and the field readers.
 *
 * Easy to get wrong: what is refused matters more than what is read, since
 * text protocols have no checksum.
 */
#include "drivers/driver.h"
#include "drivers/text.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static struct window w;
static struct text t;

static int
frame(const char *bytes, size_t n)
{
	w.start = 0;
	w.end = n;
	w.seen = 0;
	for (size_t i = 0; i < n; i++)
		w.at[i] = (uint8_t)bytes[i];
	return text_frame(&w);
}

static struct text_span
line(const char *s)
{
	t.n = strlen(s);
	memcpy(t.byte, s, t.n);
	return (struct text_span){ 0, t.n };
}

static void
a_line_ends_at_its_first_line_end(void **state)
{
	(void)state;
	assert_int_equal(frame("abc\r\n", 5), 4);
	assert_int_equal(frame("\n\0\0abc\r\n", 8), 7);
	assert_int_equal(frame("abc", 3), FRAME_MORE);
	assert_int_equal(frame("\r\n", 2), FRAME_MORE);
	assert_int_equal(frame("ab\x80\r", 4), FRAME_GARBAGE);
	assert_int_equal(frame("ab\0c\r", 5), FRAME_GARBAGE);
	text_take(&w, 5, &t);
	assert_int_equal(t.n, 3);
}

static void
a_line_without_an_end_is_given_up(void **state)
{
	static char x[TEXT_CAPACITY + 2];

	(void)state;
	memset(x, 'x', sizeof x);
	assert_int_equal(frame(x, TEXT_CAPACITY), FRAME_MORE);
	assert_int_equal(frame(x, TEXT_CAPACITY + 1), FRAME_GARBAGE);
	x[TEXT_CAPACITY] = '\n';
	assert_int_equal(frame(x, TEXT_CAPACITY + 1), TEXT_CAPACITY + 1);
	memset(x, '\n', sizeof x);
	assert_int_equal(frame(x, TEXT_CAPACITY + 2), FRAME_GARBAGE);
}

/* The framer goes on where it stopped: whatever the cut, it says the same. */
static void
a_line_that_comes_in_pieces_ends_where_the_whole_line_does(void **state)
{
	static char x[TEXT_CAPACITY + 40];
	static const size_t ends[] = { 0, 1, 2, 9, 510, 511, 512 };

	(void)state;
	for (size_t k = 0; k < sizeof ends / sizeof ends[0]; k++) {
		for (size_t bad = 0; bad < 3; bad++) {
			int whole, piece = FRAME_MORE;
			size_t n = ends[k] + 30;

			memset(x, '\r', ends[k]);
			memset(x + ends[k], 'x', 30);
			x[n - 1] = '\n';
			if (bad > 0)
				x[n - 10] = bad == 1 ? '\t' : '\x7f';
			whole = frame(x, n);
			assert_int_equal(whole, ends[k] >= TEXT_CAPACITY ||
			    bad == 2 ? FRAME_GARBAGE : (int)n);
			for (size_t i = 1; i <= n && piece == FRAME_MORE; i++) {
				w.end = i;
				piece = text_frame(&w);
				w.seen = i;
			}
			assert_int_equal(piece, whole);
		}
	}
}

static void
a_line_is_taken_out_wherever_it_lies(void **state)
{
	static const char *const odd[] = {
		"", "x", "a\tb", "\0\0ab\0c", "\xe9t\xe9", "01234567\r89"
	};
	static const size_t n[] = { 0, 1, 3, 6, 3, 11 };

	(void)state;
	for (size_t from = 0; from < 20; from++) {
		for (size_t k = 0; k < sizeof n / sizeof n[0]; k++) {
			size_t kept = 0;

			w.start = 0;
			w.end = from + n[k] + 1;
			memset(w.at, 'y', from);
			memcpy(w.at + from, odd[k], n[k]);
			w.at[from + n[k]] = '\n';
			text_take(&w, w.end, &t);
			for (size_t i = 0; i < w.end; i++) {
				uint8_t c = w.at[i];

				if (c == 0 || c == '\r' || c == '\n')
					continue;
				assert_int_equal(text_at(&t, kept++), c);
			}
			assert_int_equal(t.n, kept);
		}
	}
}

static void
a_key_is_found_wherever_it_stands(void **state)
{
	char x[200];

	(void)state;
	for (size_t from = 0; from < 100; from++) {
		for (int blank = 0; blank < 3; blank++) {
			struct text_span s = { 0, 0 };

			/* P where no token begins, and keys like it. */
			memset(x, 'P', from);
			memcpy(x + from, " PI=12 P= ", 11);
			if (from > 8)
				memcpy(x + from - 8, " PIP=3 P", 8);
			x[from] = " \t,"[blank];
			line(x);
			assert_int_equal(text_find(&t, "PI", &s), blank < 2);
			assert_int_equal(s.from, blank < 2 ? from + 4 : 0);
			assert_int_equal(s.to, blank < 2 ? from + 6 : 0);
			/* What lies beyond the end is not looked at. */
			t.n = from + 3;
			assert_false(text_find(&t, "PI", &s));
		}
	}
}

static void
a_key_is_found_at_the_start_of_a_token_only(void **state)
{
	struct text_span s = { 0, 0 };

	(void)state;
	line("XPI=1 PIDELTA=2 PI=03.60% EXC=");
	assert_true(text_find(&t, "PI", &s));
	assert_int_equal(s.from, 19);
	assert_int_equal(s.to, 25);
	assert_true(text_find(&t, "EXC", &s));
	assert_int_equal(s.from, s.to);
	assert_false(text_find(&t, "BPM", &s));
	assert_false(text_find(&t, "P", &s));
}

static void
a_number_fills_its_field_or_is_none(void **state)
{
	int32_t v = -7;

	(void)state;
	assert_true(text_fixed(&t, line("03.60"), 2, &v));
	assert_int_equal(v, 360);
	assert_true(text_fixed(&t, line("5"), 2, &v));
	assert_int_equal(v, 500);
	assert_true(text_fixed(&t, line(".5"), 1, &v));
	assert_int_equal(v, 5);
	assert_true(text_fixed(&t, line("99999999"), 0, &v));
	v = -7;
	assert_false(text_fixed(&t, line("999999999"), 0, &v));
	assert_false(text_fixed(&t, line("3.605"), 2, &v));
	assert_false(text_fixed(&t, line("3.6.0"), 2, &v));
	assert_false(text_fixed(&t, line("-3"), 0, &v));
	assert_false(text_fixed(&t, line("."), 2, &v));
	assert_false(text_fixed(&t, line("98."), 0, &v));
	assert_false(text_fixed(&t, line("98."), 2, &v));
	assert_false(text_fixed(&t, line(""), 0, &v));
	assert_false(text_fixed(&t, line("3a"), 0, &v));
	assert_false(text_digits(&t, 0, 3, &v));
	line("12");
	assert_false(text_digits(&t, 0, 3, &v));
	assert_int_equal(v, -7);
	assert_true(text_digits(&t, 0, 2, &v));
	assert_int_equal(v, 12);
}

static void
hexadecimal_digits_fill_their_field(void **state)
{
	uint32_t v = 7;

	(void)state;
	assert_true(text_hex(&t, line("000C00"), &v));
	assert_int_equal(v, 0xC00);
	assert_true(text_hex(&t, line("ffffffff"), &v));
	assert_int_equal(v, 0xFFFFFFFF);
	v = 7;
	assert_false(text_hex(&t, line("0ffffffff"), &v));
	assert_false(text_hex(&t, line("0g"), &v));
	assert_false(text_hex(&t, line(""), &v));
	assert_int_equal(v, 7);
}

/* The k-th part of a whole line, as "from..to"; NULL if there is none. */
static const char *
part(const char *s, size_t k)
{
	static char x[40];
	struct text_span all = line(s), one = { 7, 7 };

	if (!text_part(&t, all, ';', k, &one)) {
		assert_int_equal(one.from, 7);
		return NULL;
	}
	memcpy(x, &t.byte[one.from], one.to - one.from);
	x[one.to - one.from] = '\0';
	return x;
}

static void
separators_divide_a_line_into_parts_that_may_be_empty(void **state)
{
	(void)state;
	assert_string_equal(part("1;80; ECG II ;", 0), "1");
	assert_string_equal(part("1;80; ECG II ;", 1), "80");
	assert_string_equal(part("1;80; ECG II ;", 2), "ECG II");
	assert_string_equal(part("1;80; ECG II ;", 3), "");
	assert_null(part("1;80; ECG II ;", 4));
	assert_string_equal(part("", 0), "");
	assert_string_equal(part("  ", 0), "");
	assert_null(part("", 1));
}

static void
dashes_say_that_there_is_no_value(void **state)
{
	(void)state;
	assert_true(text_is_dashes(&t, line("---%")));
	assert_true(text_is_dashes(&t, line("+--.-")));
	assert_false(text_is_dashes(&t, line("")));
	assert_false(text_is_dashes(&t, line("%")));
	assert_false(text_is_dashes(&t, line("-5-")));
}

static void
dates_are_those_of_the_calendar(void **state)
{
	int64_t ms = 7;

	(void)state;
	assert_true(text_clock(1970, 1, 1, 0, 0, 0, &ms));
	assert_int_equal(ms, 0);
	assert_true(text_clock(2016, 2, 22, 22, 47, 45, &ms));
	assert_int_equal(ms, INT64_C(1456181265000));
	assert_true(text_clock(2024, 2, 29, 12, 0, 0, &ms));
	assert_int_equal(ms, INT64_C(1709208000000));
	ms = 7;
	assert_false(text_clock(2024, 13, 1, 0, 0, 0, &ms));
	assert_false(text_clock(2024, 1, 0, 0, 0, 0, &ms));
	assert_false(text_clock(2024, 1, 1, 24, 0, 0, &ms));
	assert_int_equal(ms, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_ends_at_its_first_line_end),
		cmocka_unit_test(a_line_without_an_end_is_given_up),
		cmocka_unit_test(
		    a_line_that_comes_in_pieces_ends_where_the_whole_line_does),
		cmocka_unit_test(a_line_is_taken_out_wherever_it_lies),
		cmocka_unit_test(a_key_is_found_wherever_it_stands),
		cmocka_unit_test(a_key_is_found_at_the_start_of_a_token_only),
		cmocka_unit_test(a_number_fills_its_field_or_is_none),
		cmocka_unit_test(hexadecimal_digits_fill_their_field),
		cmocka_unit_test(
		    separators_divide_a_line_into_parts_that_may_be_empty),
		cmocka_unit_test(dashes_say_that_there_is_no_value),
		cmocka_unit_test(dates_are_those_of_the_calendar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
