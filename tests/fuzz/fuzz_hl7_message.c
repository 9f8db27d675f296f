/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzz target: any bytes as a message of HL7, or as its XML.  Whatever they
 * are, each part lies within the message, segments and tags come in order, and
 * what is read as a number or time can be one.
 *
 * Easy to get wrong: byte 0 says how many bytes of the window are consumed
 * already, so that index 0 is not the array's.
 */
#include <assert.h>

#include "drivers/hl7_message.h"
#include "drivers/hl7_xml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_span(struct text_span s, size_t from, size_t to)
{
	assert(s.from <= s.to);
	assert(hl7_is_empty(s) || (s.from >= from && s.to <= to));
}

/* Everything that may be asked of a field. */
static void
check_field(const struct window *w, const struct hl7_message *m,
    struct text_span field, size_t from, size_t to)
{
	uint32_t digits = 0;
	int32_t value = 0;
	struct hl7_time t = hl7_time(w, field);
	size_t i = field.from;

	check_span(field, from, to);
	for (size_t k = 1; k < 5; k++) {
		struct text_span c = hl7_component(w, m, field, k);

		check_span(c, field.from, field.to);
		check_span(hl7_part(w, c, m->sub, 2), c.from, c.to);
	}
	if (hl7_digits(w, field, &digits))
		assert(digits <= 999999999);
	for (unsigned decimals = 0; decimals <= 2; decimals++) {
		if (hl7_number(w, field, decimals, &value))
			assert(value >= 0 && value <= 1000000000);
	}
	if (t.known)
		assert(t.ms >= 0 && t.ms < INT64_C(253402300801000));
	if (t.zoned)
		assert(t.zone_min > -15 * 60 && t.zone_min < 15 * 60);
	if (hl7_is(w, field, "MSH"))
		assert(hl7_ends(w, field, "SH"));
	while (i < field.to) {
		size_t at = i;
		uint8_t c = hl7_char(w, m, &i, field.to);

		assert(i > at && i <= field.to);
		/* An escape stands for one of the message's separators. */
		assert(i == at + 1 || c == ' ' || c == m->field ||
		    c == m->component || c == m->repetition ||
		    c == m->escape || c == m->sub);
	}
}

static void
check_message(const struct window *w, size_t to)
{
	struct hl7_message m;
	struct hl7_segment s;
	size_t at = 0;

	if (!hl7_open(w, 0, to, &m))
		return;
	while (hl7_next(w, &m, &s)) {
		assert(m.at > at && m.at <= to);
		for (size_t k = 0; k < HL7_FIELDS; k++)
			check_field(w, &m, s.field[k], at, m.at);
		at = m.at;
	}
}

static void
check_tags(const struct window *w, size_t to)
{
	struct hl7_tag t;
	size_t at = 0, last = 0;

	while (hl7_xml_next(w, &at, to, &t)) {
		assert(at > last && at <= to);
		check_span(t.name, last, at);
		check_span(t.content, last, at);
		last = at;
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct window w;
	size_t drop;

	if (n < 1 || n > WINDOW_LONGEST)
		return 0;
	drop = data[0] < n ? data[0] : n;
	window_clear(&w);
	w.capacity = WINDOW_CAPACITY;
	assert(window_add(&w, 0, data, n) == n);
	window_drop(&w, drop);
	check_message(&w, n - drop);
	check_tags(&w, n - drop);
	return 0;
}
