/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Segments, fields and components of a message of HL7 version 2.
 *
 * Easy to get wrong: a number is taken only if it fills its field.  A sign, a
 * blank or a second repetition makes it no number, never another one.
 */
#include "drivers/hl7_message.h"

#include "drivers/driver.h"

#include <string.h>

static bool
is_segment_end(uint8_t c)
{
	return c == '\r' || c == '\n';
}

static bool
is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

/* What may separate: printable, and no part of a number or word. */
static bool
is_separator(uint8_t c)
{
	return c > ' ' && c <= '~' && !is_digit(c) &&
	    !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') && c != '.' &&
	    c != '-' && c != '+' && c != '_';
}

bool
hl7_open(const struct window *w, size_t from, size_t to,
    struct hl7_message *m)
{
	uint8_t c[5] = { 0 };

	for (size_t i = 0; i < 5; i++) {
		c[i] = window_at(w, from + 3 + i);
		if (!is_separator(c[i]))
			return false;
		for (size_t k = 0; k < i; k++) {
			if (c[k] == c[i])
				return false;
		}
	}
	if (to > WINDOW_CAPACITY || to < from + 9 ||
	    window_at(w, from + 8) != c[0] || window_at(w, from) != 'M' ||
	    window_at(w, from + 1) != 'S' || window_at(w, from + 2) != 'H')
		return false;
	m->at = from;
	m->to = to;
	m->field = c[0];
	m->component = c[1];
	m->repetition = c[2];
	m->escape = c[3];
	m->sub = c[4];
	return true;
}

bool
hl7_next(const struct window *w, struct hl7_message *m,
    struct hl7_segment *s)
{
	size_t i = m->at, from, n = 0;

	memset(s, 0, sizeof *s);
	while (i < m->to && i < WINDOW_CAPACITY &&
	    is_segment_end(window_at(w, i)))
		i++;
	if (i >= m->to)
		return false;
	from = i;
	for (; i < m->to && i < WINDOW_CAPACITY; i++) {
		uint8_t c = window_at(w, i);

		if (is_segment_end(c))
			break;
		if (c != m->field)
			continue;
		if (n < HL7_FIELDS)
			s->field[n] = (struct text_span){ from, i };
		n++;
		from = i + 1;
		/* The separator after the name is itself MSH-1. */
		if (n == 1 && hl7_is(w, s->field[0], "MSH")) {
			s->field[1] = (struct text_span){ i, i + 1 };
			n = 2;
		}
	}
	if (n < HL7_FIELDS)
		s->field[n] = (struct text_span){ from, i };
	m->at = i;
	return true;
}

struct text_span
hl7_part(const struct window *w, struct text_span s, uint8_t separator,
    size_t n)
{
	struct text_span part = { s.from, s.from };
	size_t i = s.from, nth = 1;

	for (; i < s.to && i < WINDOW_CAPACITY; i++) {
		if (window_at(w, i) != separator)
			continue;
		if (nth == n)
			break;
		nth++;
		part.from = i + 1;
	}
	part.to = nth == n ? i : part.from;
	return part;
}

struct text_span
hl7_component(const struct window *w, const struct hl7_message *m,
    struct text_span field, size_t n)
{
	return hl7_part(w, hl7_part(w, field, m->repetition, 1), m->component,
	    n);
}

bool
hl7_is(const struct window *w, struct text_span s, const char *word)
{
	size_t i = 0;

	for (; i < HL7_WORD && word[i] != '\0'; i++) {
		if (s.from + i >= s.to ||
		    window_at(w, s.from + i) != (uint8_t)word[i])
			return false;
	}
	return s.from + i == s.to;
}

bool
hl7_ends(const struct window *w, struct text_span s, const char *word)
{
	size_t n = 0;

	while (n < HL7_WORD && word[n] != '\0')
		n++;
	if (s.to < s.from || s.to - s.from < n)
		return false;
	s.from = s.to - n;
	return hl7_is(w, s, word);
}

bool
hl7_digits(const struct window *w, struct text_span s, uint32_t *value)
{
	uint32_t sum = 0;
	size_t i = s.from;

	for (; i < s.to && i < WINDOW_CAPACITY; i++) {
		uint8_t c = window_at(w, i);

		if (!is_digit(c) || sum > 99999999)
			return false;
		sum = sum * 10 + (uint32_t)(c - '0');
	}
	if (i == s.from || s.to - s.from > 9)
		return false;
	*value = sum;
	return true;
}

bool
hl7_number(const struct window *w, struct text_span s, unsigned decimals,
    int32_t *value)
{
	uint32_t sum = 0;
	unsigned places = 0;	/* digits after the point */
	size_t before = 0;
	bool point = false;

	for (size_t i = s.from; i < s.to && i < WINDOW_CAPACITY; i++) {
		uint8_t c = window_at(w, i);

		if (c == '.' && !point && before > 0) {
			point = true;
			continue;
		}
		if (!is_digit(c) || sum > 99999999)
			return false;
		if (!point)
			before++;
		else
			places++;
		if (before > 8 || places > 8)
			return false;
		if (places <= decimals)
			sum = sum * 10 + (uint32_t)(c - '0');
		else if (places == decimals + 1 && c >= '5')
			sum++;
	}
	if (before == 0 || (point && places == 0))
		return false;
	for (; places < decimals; places++) {
		if (sum > 99999999)
			return false;
		sum *= 10;
	}
	*value = (int32_t)sum;
	return true;
}

/* n digits at 'from'; -1 where they are none. */
static int32_t
digits_at(const struct window *w, struct text_span s, size_t from, size_t n)
{
	uint32_t value = 0;
	struct text_span part = { s.from + from, s.from + from + n };

	if (part.to > s.to || !hl7_digits(w, part, &value) || value > 9999)
		return -1;
	return (int32_t)value;
}

struct hl7_time
hl7_time(const struct window *w, struct text_span s)
{
	struct hl7_time t = { .known = false };
	size_t i = s.from + 14;
	int32_t hour, minute;
	uint8_t sign;

	if (!text_clock(digits_at(w, s, 0, 4), digits_at(w, s, 4, 2),
	    digits_at(w, s, 6, 2), digits_at(w, s, 8, 2),
	    digits_at(w, s, 10, 2), digits_at(w, s, 12, 2), &t.ms))
		return t;
	while (i < s.to && i < WINDOW_CAPACITY &&
	    (is_digit(window_at(w, i)) || window_at(w, i) == '.'))
		i++;
	if (i >= s.to) {
		t.known = true;
		return t;
	}
	sign = window_at(w, i);
	s.from = i + 1;
	hour = digits_at(w, s, 0, 2);
	minute = digits_at(w, s, 2, 2);
	if ((sign != '+' && sign != '-') || s.to - s.from != 4 || hour < 0 ||
	    hour > 14 || minute < 0 || minute > 59)
		return t;
	t.known = true;
	t.zoned = true;
	t.zone_min = hour * 60 + minute;
	if (sign == '-')
		t.zone_min = -t.zone_min;
	return t;
}

int64_t
hl7_later_ms(const struct hl7_time *a, const struct hl7_time *b)
{
	int64_t later_ms = b->ms - a->ms;

	if (a->zoned && b->zoned)
		later_ms += ((int64_t)a->zone_min - b->zone_min) * 60000;
	return later_ms;
}

/* What an escape's letter stands for; 0: nothing that we know. */
static uint8_t
escaped(const struct hl7_message *m, uint8_t letter)
{
	switch (letter) {
	case 'F':
		return m->field;
	case 'S':
		return m->component;
	case 'R':
		return m->repetition;
	case 'E':
		return m->escape;
	case 'T':
		return m->sub;
	default:
		return 0;
	}
}

uint8_t
hl7_char(const struct window *w, const struct hl7_message *m, size_t *i,
    size_t to)
{
	size_t at = *i, end;
	uint8_t c = window_at(w, at), known = 0;

	*i = at + 1;
	if (c != m->escape)
		return c;
	end = window_find(w, at + 1, to, m->escape);
	if (end >= to || window_at(w, end) != m->escape)
		return ' ';
	*i = end + 1;
	if (end == at + 2)
		known = escaped(m, window_at(w, at + 1));
	return known != 0 ? known : ' ';
}
