/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See config_rules.h.
 *
 * Easy to get wrong: <FF> is the byte FF, not a form feed; names of bytes that
 * could be taken for two hexadecimal digits are left out.
 */
#include "daemon/config_rules.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return -1;
}

/* The byte that stands between '<' and '>'; -1: none. */
static int
named_byte(const char *s, size_t n)
{
	static const struct {
		const char *name;
		int byte;
	} names[] = {
		{ "NUL", 0x00 }, { "STX", 0x02 }, { "ETX", 0x03 },
		{ "EOT", 0x04 }, { "ENQ", 0x05 }, { "ACK", 0x06 },
		{ "TAB", 0x09 }, { "LF", 0x0A }, { "CR", 0x0D },
		{ "ESC", 0x1B },
	};

	if (n == 2 && hex_digit(s[0]) >= 0 && hex_digit(s[1]) >= 0)
		return hex_digit(s[0]) << 4 | hex_digit(s[1]);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i].name) == n &&
		    memcmp(names[i].name, s, n) == 0)
			return names[i].byte;
	return -1;
}

/* One character of the notation at *s, of 'n' that are left; moves both on. */
static const char *
take_byte(const char **s, size_t *n, uint8_t *out)
{
	const char *close;
	size_t used = 1;
	int b = (unsigned char)**s;

	if (b < ' ' || b > '~')
		return "holds a character that is not plain ASCII";
	if (b == '<') {
		close = memchr(*s, '>', *n);
		if (close == NULL)
			return "has a '<' without its '>'";
		used = (size_t)(close - *s) + 1;
		b = named_byte(*s + 1, used - 2);
		if (b < 0)
			return "has a name between '<' and '>' that is no byte";
	}
	*out = (uint8_t)b;
	*s += used;
	*n -= used;
	return NULL;
}

static const char *
take_bytes(const char *s, size_t n, struct line_text *out)
{
	struct line_text x = { 0 };
	const char *fault;
	uint8_t b = 0;

	while (n > 0) {
		if ((fault = take_byte(&s, &n, &b)) != NULL)
			return fault;
		if (x.n >= LINE_TEXT_MAX)
			return "is too long";
		x.byte[x.n++] = b;
	}
	*out = x;
	return NULL;
}

const char *
config_rules_bytes(const struct config_key *k, const char *s, size_t n,
    void *field)
{
	struct line_text x = { 0 };
	const char *fault = take_bytes(s, n, &x);

	if (fault != NULL)
		return fault;
	if (x.n < k->min)
		return "is empty";
	memcpy(field, &x, sizeof(x));
	return NULL;
}

const char *
config_rules_token(const struct config_key *k, const char *s, size_t n,
    void *field)
{
	struct line_tokens *x = field;
	const char *fault;

	if (x->n >= LINE_TOKENS)
		return "is one text too many (there may be 8)";
	fault = config_rules_bytes(k, s, n, &x->item[x->n]);
	if (fault == NULL)
		x->n++;
	return fault;
}

const char *
config_rules_vital(const char *s, void *field)
{
	int v = vital_find(s);

	if (v < 0)
		return "is no vital";
	*(uint16_t *)field |= (uint16_t)(1u << v);
	return NULL;
}

/* --- the shape of a line -------------------------------------------------- */

/* "spo2:3" between braces, the n-th capture. */
static const char *
take_capture(const char *s, size_t n, struct line_match *m, size_t nth,
    struct line_part *p)
{
	const char *colon = memchr(s, ':', n);
	size_t name_n = colon != NULL ? (size_t)(colon - s) : n;
	struct line_value *v;
	char name[16], digits[8];
	int64_t width = 0;
	int vital;

	p->capture = true;
	if (colon != NULL) {
		size_t digits_n = n - name_n - 1;

		if (digits_n == 0 || digits_n >= sizeof(digits))
			return "has a capture with a wrong width";
		memcpy(digits, colon + 1, digits_n);
		digits[digits_n] = '\0';
		if (config_text_whole(digits, &width) != NULL || width < 1 ||
		    width > 40)
			return "has a capture with a width not from 1 to 40";
		p->width = (uint8_t)width;
	}
	if (name_n == 0)
		return NULL;
	if (name_n >= sizeof(name))
		return "has a capture by a name that is no vital";
	memcpy(name, s, name_n);
	name[name_n] = '\0';
	vital = vital_find(name);
	if (vital < 0)
		return "has a capture by a name that is no vital";
	v = config_rules_value(m, (enum vital)vital);
	if (v->captured)
		return "captures one vital twice";
	v->captured = true;
	v->place.at = (uint8_t)nth;
	return NULL;
}

const char *
config_rules_shape(const char *s, size_t n, void *field)
{
	struct line_match *m = (struct line_match *)(void *)((char *)field -
	    offsetof(struct line_match, parts_n));
	size_t captures = 0;
	const char *fault, *close;

	while (n > 0) {
		struct line_part p = { 0 };

		while (n > 0 && *s != '{') {
			if (p.literal.n >= LINE_TEXT_MAX)
				return "has more than 31 characters between "
				    "two captures";
			fault = take_byte(&s, &n,
			    &p.literal.byte[p.literal.n]);
			if (fault != NULL)
				return fault;
			p.literal.n++;
		}
		if (m->parts_n >= LINE_PARTS)
			return "has more than 16 captures";
		if (m->parts_n > 0 && p.literal.n == 0 &&
		    m->part[m->parts_n - 1].width == 0)
			return "has a capture without a width right before "
			    "another one";
		if (n > 0) {
			close = memchr(s, '}', n);
			if (close == NULL)
				return "has a '{' without its '}'";
			fault = take_capture(s + 1, (size_t)(close - s) - 1,
			    m, ++captures, &p);
			if (fault != NULL)
				return fault;
			n -= (size_t)(close - s) + 1;
			s = close + 1;
		}
		m->part[m->parts_n++] = p;
	}
	return NULL;
}

/* --- where things go ------------------------------------------------------ */

static bool
is_name(const char *s, size_t room)
{
	size_t n = strlen(s);

	return n > 0 && n < room && strspn(s, "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == n;
}

static void
set_defaults(struct config_rules *x)
{
	struct line_rules *r = &x->rules;

	x->silent_ms = 10000;
	r->end = (struct line_text){ 2, { '\r', '\n' } };
	r->longest = 256;
	r->poll_gap_ms = 100;
	r->poll_timeout_ms = 5000;
	r->check.polynomial = 0xA1;
}

const char *
config_rules_find(struct config *c, const char *name,
    struct config_rules **out)
{
	struct config_rules *x;

	if (!is_name(name, sizeof(x->name)))
		return "is no plain name";
	for (size_t i = 0; i < c->rules_n; i++) {
		*out = c->rules[i];
		if (strcmp((*out)->name, name) == 0)
			return NULL;
	}
	if (c->rules_n >= CONFIG_RULES)
		return "is one too many";
	x = calloc(1, sizeof(*x));
	if (x == NULL)
		return "finds no memory";
	strcpy(x->name, name);
	set_defaults(x);
	c->rules[c->rules_n++] = x;
	*out = x;
	return NULL;
}

const char *
config_rules_name(struct config *c, const char *name, void *field)
{
	struct config_rules *x = NULL;
	const char *fault = config_rules_find(c, name, &x);
	const struct line_rules *rules;

	if (fault != NULL)
		return fault;
	rules = &x->rules;
	memcpy(field, &rules, sizeof(rules));
	return NULL;
}

void *
config_rules_element(enum config_section s, void *base)
{
	struct config_rules *x = base;
	struct line_match *m = base;

	if (s == SECTION_MATCH) {
		assert(x->rules.matches_n < LINE_MATCHES);
		return &x->rules.match[x->rules.matches_n++];
	}
	if (s == SECTION_POLL) {
		assert(x->rules.polls_n < LINE_POLLS);
		return &x->rules.poll[x->rules.polls_n++];
	}
	assert(s == SECTION_STATUS && m->status_n < LINE_STATUS);
	return &m->status[m->status_n++];
}

void *
config_rules_value(void *match, enum vital vital)
{
	struct line_match *m = match;
	struct line_value *v;

	for (size_t i = 0; i < m->values_n; i++)
		if (m->value[i].vital == vital)
			return &m->value[i];
	assert(m->values_n < LINE_VALUES);
	v = &m->value[m->values_n++];
	v->vital = vital;
	v->multiply = v->divide = 1;
	v->minimum = -10000;
	v->maximum = 10000;
	return v;
}

const void *
config_rules_mark(enum config_section s, const void *base)
{
	if (s == SECTION_MATCH)
		return &((const struct line_match *)base)->values_n;
	if (s == SECTION_VALUE)
		return &((const struct line_value *)base)->captured;
	if (s == SECTION_STATUS)
		return &((const struct line_status *)base)->test;
	return NULL;
}
