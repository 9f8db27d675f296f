/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading one line by rules: which kind it is, its fields, a number.
 *
 * Easy to get wrong: "- - -" and "--.-" are no value, and so is a blank; but a
 * text that is neither a number nor known to mean "none" is no value either: it
 * is a line that the rules do not understand, and nothing of it is believed.
 */
#include "drivers/line_read.h"

/* Digits of a number, all and behind the point: with them, nothing below can
 * overflow. */
#define DIGITS_MAX 8
#define PLACES_MAX 4

/* No vital in any unit is as large. */
#define LARGEST 10000

void
line_prepare(struct line_rules *r)
{
	for (unsigned c = 0; c < 256; c++)
		r->kind[c] = (c >= ' ' && c <= '~') || c == '\t' ?
		    LINE_PLAIN : 0;
	r->kind[0] = r->kind['\r'] = r->kind['\n'] = LINE_BETWEEN;
	for (size_t i = 0; i < r->strip.n && i < LINE_TEXT_MAX; i++)
		r->kind[r->strip.byte[i]] |= LINE_STRIP;
	for (size_t i = 0; i < r->split.n && i < LINE_TEXT_MAX; i++)
		r->kind[r->split.byte[i]] |= LINE_SPLIT;
	for (size_t i = 0; i < r->end.n && i < LINE_TEXT_MAX; i++)
		r->kind[r->end.byte[i]] |= LINE_END | LINE_BETWEEN;
}

size_t
line_literal(const struct line_rules *r, const struct line_match *m)
{
	size_t n = r->start.n + m->prefix.n;

	for (size_t i = 0; i < m->parts_n && i < LINE_PARTS; i++)
		n += m->part[i].literal.n;
	if (m->fields > 1 && m->separator.n > 0 && m->separator.byte[0] != ' ')
		n += (m->fields - 1u) * m->separator.n;
	return n;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* The i-th byte of a rule's text; 0 beyond the end. */
static uint8_t
byte_of(const struct line_text *x, size_t i)
{
	return i < x->n && i < LINE_TEXT_MAX ? x->byte[i] : 0;
}

static bool
holds(const struct line_text *x, uint8_t c)
{
	for (size_t i = 0; i < x->n && i < LINE_TEXT_MAX; i++) {
		if (x->byte[i] == c)
			return true;
	}
	return false;
}

bool
line_begins(const struct text *t, size_t from, const struct line_text *x)
{
	if (from > TEXT_CAPACITY || from + x->n > t->n)
		return false;
	for (size_t i = 0; i < x->n && i < LINE_TEXT_MAX; i++) {
		if (text_at(t, from + i) != x->byte[i])
			return false;
	}
	return true;
}

/* Where from 'from' on the text stands; the line's length if nowhere. */
static size_t
find_text(const struct text *t, size_t from, size_t to,
    const struct line_text *x)
{
	for (size_t i = from; i < to && i < TEXT_CAPACITY; i++) {
		if (i + x->n <= to && line_begins(t, i, x))
			return i;
	}
	return to;
}

static void
add_field(struct line_fields *f, size_t from, size_t to)
{
	if (f->n < LINE_FIELDS)
		f->span[f->n] = (struct text_span){ from, to };
	f->n++;
}

/* Where the capture of part k ends, that begins at 'from'; SIZE_MAX if it does
 * not. */
static size_t
capture_end(const struct text *t, const struct line_match *m, size_t k,
    size_t from)
{
	const struct line_text *next;
	size_t to;

	if (m->part[k].width > 0) {
		to = from + m->part[k].width;
		return to <= t->n ? to : SIZE_MAX;
	}
	if (k + 1 >= m->parts_n || k + 1 >= LINE_PARTS)
		return t->n;
	next = &m->part[k + 1].literal;
	to = find_text(t, from, t->n, next);
	return to < t->n ? to : SIZE_MAX;
}

static bool
match_parts(const struct text *t, const struct line_match *m,
    struct line_fields *out)
{
	size_t at = 0, to;

	for (size_t k = 0; k < m->parts_n && k < LINE_PARTS; k++) {
		const struct line_part *p = &m->part[k];

		if (!line_begins(t, at, &p->literal))
			return false;
		at += p->literal.n;
		if (!p->capture)
			continue;
		to = capture_end(t, m, k, at);
		if (to > TEXT_CAPACITY)
			return false;
		add_field(out, at, to);
		at = to;
	}
	while (at < t->n && is_blank(text_at(t, at)))
		at++;
	return at == t->n;
}

void
line_cut(const struct text *t, const struct line_match *m, size_t from,
    struct line_fields *out)
{
	const struct line_text *x = &m->separator;

	memset(out, 0, sizeof *out);
	if (x->n == 0) {
		add_field(out, from, t->n);
		return;
	}
	for (size_t k = 0; k < TEXT_CAPACITY && from <= TEXT_CAPACITY; k++) {
		size_t to;

		while (m->repeated && from < TEXT_CAPACITY &&
		    line_begins(t, from, x))
			from += x->n;
		if (m->repeated && from >= t->n)
			return;
		to = find_text(t, from, t->n, x);
		add_field(out, from, to);
		if (to >= t->n)
			return;
		from = to + x->n;
	}
}

bool
line_split(const struct text *t, const struct line_match *m,
    struct line_fields *out)
{
	/* All of it, so that a proof needs not know how far it is filled. */
	memset(out, 0, sizeof *out);
	if (m->parts_n > 0)
		return match_parts(t, m, out);
	if (!line_begins(t, 0, &m->prefix))
		return false;
	line_cut(t, m, m->prefix.n, out);
	return true;
}

static struct text_span
trim(const struct text *t, struct text_span s, const struct line_text *strip)
{
	while (s.from < s.to && (is_blank(text_at(t, s.from)) ||
	    holds(strip, text_at(t, s.from))))
		s.from++;
	while (s.to > s.from && (is_blank(text_at(t, s.to - 1)) ||
	    holds(strip, text_at(t, s.to - 1))))
		s.to--;
	return s;
}

/* Narrows the span to what follows KEY= in it, where a blank or nothing stands
 * before the key, up to the next blank behind the value. */
static bool
find_key(const struct text *t, const struct line_text *key,
    struct text_span *s)
{
	for (size_t i = s->from; i < s->to && i < TEXT_CAPACITY; i++) {
		size_t from = i + key->n + 1, to;

		if ((i > s->from && !is_blank(text_at(t, i - 1))) ||
		    from > s->to || !line_begins(t, i, key) ||
		    text_at(t, from - 1) != '=')
			continue;
		while (from < s->to && is_blank(text_at(t, from)))
			from++;
		for (to = from; to < s->to && to < TEXT_CAPACITY &&
		    !is_blank(text_at(t, to));)
			to++;
		s->from = from;
		s->to = to;
		return true;
	}
	return false;
}

bool
line_find(const struct text *t, const struct line_place *p, uint8_t at,
    const struct line_fields *f, struct text_span *out)
{
	struct text_span s = { 0, t->n };

	if (at > 0) {
		if (at > f->n || at > LINE_FIELDS)
			return false;
		s = f->span[at - 1];
	}
	if (p->key.n > 0 && !find_key(t, &p->key, &s)) {
		/* An empty field has no key, and no value; one with something
		 * else in it is not understood. */
		*out = trim(t, s, &p->strip);
		return out->from >= out->to;
	}
	if (p->column > 0) {
		size_t to = s.to;

		s.from += p->column - 1u;
		if (p->width > 0)
			to = s.from + p->width;
		if (s.from > s.to || to > s.to)
			return false;
		s.to = to;
	}
	*out = trim(t, s, &p->strip);
	return true;
}

/* Compares without blanks. */
static bool
is_token(const struct text *t, struct text_span s, const struct line_text *x)
{
	size_t k = 0;

	for (size_t i = s.from; i < s.to && i < TEXT_CAPACITY; i++) {
		if (is_blank(text_at(t, i)))
			continue;
		if (k >= x->n || text_at(t, i) != byte_of(x, k))
			return false;
		k++;
	}
	return k == x->n;
}

/* Dashes with nothing but blanks, dots and the like between them. */
static bool
is_dashes(const struct text *t, struct text_span s)
{
	bool dash = false;

	for (size_t i = s.from; i < s.to && i < TEXT_CAPACITY; i++) {
		uint8_t c = text_at(t, i);

		if (c == '-')
			dash = true;
		else if (!is_blank(c) && c != '.' && c != ',' && c != ':' &&
		    c != '/' && c != '%')
			return false;
	}
	return dash;
}

bool
line_missing(const struct text *t, const struct line_place *p,
    struct text_span s)
{
	if (s.from >= s.to || is_dashes(t, s))
		return true;
	for (size_t i = 0; i < p->missing.n && i < LINE_TOKENS; i++) {
		if (is_token(t, s, &p->missing.item[i]))
			return true;
	}
	return false;
}

bool
line_is(const struct text *t, struct text_span s, const struct line_text *x)
{
	return s.to - s.from == x->n && line_begins(t, s.from, x);
}

/* Digits with at most one point (or comma) among them, and digits on both sides
 * of it: 'sum' in 10^-places. */
static bool
read_digits(const struct text *t, struct text_span s, int32_t *sum,
    unsigned *places)
{
	unsigned digits = 0, behind = 0;
	bool point = false;
	int32_t value = 0;

	for (size_t i = s.from; i < s.to && i < TEXT_CAPACITY; i++) {
		uint8_t c = text_at(t, i);

		if ((c == '.' || c == ',') && !point && digits > 0) {
			point = true;
			continue;
		}
		if (c < '0' || c > '9' || digits >= DIGITS_MAX ||
		    behind >= PLACES_MAX || value > 9999999)
			return false;
		value = value * 10 + (c - '0');
		digits++;
		behind += point;
	}
	if (digits == 0 || (point && behind == 0))
		return false;
	*sum = value;
	*places = behind;
	return true;
}

/* Half away from zero; b > 0. */
static int64_t
divide(int64_t a, int64_t b)
{
	return a < 0 ? -((-a + b / 2) / b) : (a + b / 2) / b;
}

static int64_t
power_of_ten(unsigned n)
{
	static const int64_t power[PLACES_MAX + 1] = {
		1, 10, 100, 1000, 10000
	};

	return n <= PLACES_MAX ? power[n] : 1;
}

/* The number as it is printed, in thousandths, and scaled; false: none. */
static bool
read_scaled(const struct text *t, const struct line_value *v,
    struct text_span s, int64_t *out)
{
	int64_t multiply = v->multiply, divisor = v->divide, add = v->add, x;
	bool negative = false;
	unsigned places = 0;
	int32_t digits = 0;
	uint32_t hex = 0;

	if (v->place.hex) {
		if (!text_hex(t, s, &hex) || hex > 99999999)
			return false;
		digits = (int32_t)hex;
	} else {
		uint8_t sign = text_at(t, s.from);

		negative = sign == '-';
		if (s.from < s.to && (negative || sign == '+'))
			s.from++;
		if (!read_digits(t, s, &digits, &places))
			return false;
	}
	if (multiply < 1 || multiply > LINE_FACTOR_MAX || divisor < 1 ||
	    divisor > LINE_FACTOR_MAX || add < -LINE_ADD_MAX ||
	    add > LINE_ADD_MAX)
		return false;
	x = divide(digits * multiply * 1000, divisor * power_of_ten(places));
	*out = (negative ? -x : x) + add * 1000;
	return true;
}

/* Thousandths of its unit as thousandths of the vital's. */
static int64_t
convert(enum line_unit unit, int64_t x)
{
	switch (unit) {
	case UNIT_OWN:
	case UNIT_CELSIUS:
	case UNIT_MMHG:
		break;
	case UNIT_FAHRENHEIT:
		return divide((x - 32000) * 5, 9);
	case UNIT_KPA:
		return divide(x * 750062, 100000);
	}
	return x;
}

bool
line_number(const struct text *t, const struct line_value *v,
    struct text_span s, int32_t *value, bool *within)
{
	enum vital vital = v->vital;
	int64_t x = 0, scale;

	if ((unsigned)vital >= VITALS || !read_scaled(t, v, s, &x))
		return false;
	*value = 0;
	*within = false;
	if (x > LARGEST * 1000 || x < -LARGEST * 1000 ||
	    x < v->minimum * (int64_t)1000 || x > v->maximum * (int64_t)1000)
		return true;
	*within = true;
	scale = vital_info[vital].decimals == 2 ? 100 :
	    vital_info[vital].decimals == 1 ? 10 : 1;
	*value = (int32_t)divide(convert((enum line_unit)v->unit, x) * scale, 1000);
	return true;
}

bool
line_whole(const struct text *t, const struct line_place *p,
    struct text_span s, uint32_t *value)
{
	unsigned places = 0;
	int32_t digits = 0;

	if (p->hex)
		return text_hex(t, s, value);
	if (!read_digits(t, s, &digits, &places) || places > 0)
		return false;
	*value = (uint32_t)digits;
	return true;
}

static uint8_t
crc8_step(uint8_t crc, uint8_t b, uint8_t polynomial)
{
	crc ^= b;
	for (int i = 0; i < 8; i++)
		crc = (uint8_t)((crc & 1u) != 0 ? crc >> 1 ^ polynomial :
		    crc >> 1);
	return crc;
}

uint8_t
line_sum(const struct line_check *c, const struct window *w, size_t from,
    size_t to)
{
	unsigned sum = 0, folded = 0;
	uint8_t crc = c->initial;

	for (size_t i = from; i < to && i < WINDOW_CAPACITY; i++) {
		uint8_t b = window_at(w, i);

		sum = (sum + b) & 0xffu;
		folded ^= b;
		crc = crc8_step(crc, b, c->polynomial);
	}
	switch ((enum line_sum)c->kind) {
	case SUM_NONE:
	case SUM_ADD:
		break;
	case SUM_XOR:
		return (uint8_t)folded;
	case SUM_TWOS:
		return (uint8_t)(0x100u - sum);
	case SUM_NOT:
		return (uint8_t)~sum;
	case SUM_CRC8:
		return crc;
	}
	return (uint8_t)sum;
}
