/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Words of a configuration file as numbers, and complaints about them.
 *
 * Easy to get wrong: strtol() and its kin take "012", " 12", "12abc" and
 * "0x1f" in silence.  Here a number is its digits and nothing else.
 */
#include "daemon/config_text.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

struct unit {
	const char *name;
	int64_t factor;
};

static const struct unit duration_units[] = {
	{ "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "h", 3600000 },
	{ NULL, 0 },
};

static const struct unit size_units[] = {
	{ "B", 1 }, { "KiB", 1 << 10 }, { "MiB", 1 << 20 }, { "GiB", 1 << 30 },
	{ NULL, 0 },
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* The digits at *s; leaves *s behind them. */
static const char *
take_digits(const char **s, int64_t *out)
{
	const char *p = *s;
	int64_t v = 0;

	if (!is_digit(*p))
		return "is not a number";
	if (*p == '0' && is_digit(p[1]))
		return "has a leading zero";
	for (; is_digit(*p); p++) {
		if (v > (INT64_MAX >> 1) / 10)
			return "is far too large";
		v = v * 10 + (*p - '0');
	}
	*s = p;
	*out = v;
	return NULL;
}

const char *
config_text_whole(const char *s, int64_t *out)
{
	bool negative = *s == '-';
	const char *p = s + (negative ? 1 : 0);
	const char *fault;
	int64_t v;

	if ((fault = take_digits(&p, &v)) != NULL)
		return is_digit(*p) ? fault : "is not a whole number";
	if (*p != '\0')
		return "is not a whole number";
	*out = negative ? -v : v;
	return NULL;
}

static const char *
take_quantity(const char *s, const struct unit *units, const char *no_unit,
    const char *bad_unit, int64_t *out)
{
	const char *fault;
	int64_t v;

	if ((fault = take_digits(&s, &v)) != NULL)
		return fault;
	if (*s == '\0')
		return no_unit;
	for (const struct unit *u = units; u->name != NULL; u++) {
		if (strcmp(s, u->name) != 0)
			continue;
		if (v > INT64_MAX / u->factor)
			return "is far too large";
		*out = v * u->factor;
		return NULL;
	}
	return *s == '.' || *s == ',' ? "is not a whole number of its unit" :
	    bad_unit;
}

const char *
config_text_duration(const char *s, int64_t *out_ms)
{
	return take_quantity(s, duration_units, "has no unit (ms, s, min, h)",
	    "has no known unit (ms, s, min, h)", out_ms);
}

const char *
config_text_size(const char *s, int64_t *out_bytes)
{
	return take_quantity(s, size_units, "has no unit (KiB, MiB, GiB)",
	    "has no known unit (KiB, MiB, GiB)", out_bytes);
}

/* In the largest unit of which it is a whole number. */
static void
format_quantity(char out[CONFIG_TEXT_NUMBER], const struct unit *units,
    int64_t v)
{
	/* Nothing is said in the second unit: 0s, 0KiB. */
	const struct unit *best = v == 0 ? &units[1] : &units[0];

	for (const struct unit *u = units; v != 0 && u->name != NULL; u++)
		if (v % u->factor == 0)
			best = u;
	snprintf(out, CONFIG_TEXT_NUMBER, "%lld%s",
	    (long long)(v / best->factor), best->name);
}

void
config_text_format_duration(char out[CONFIG_TEXT_NUMBER], int64_t ms)
{
	format_quantity(out, duration_units, ms);
}

void
config_text_format_size(char out[CONFIG_TEXT_NUMBER], int64_t bytes)
{
	format_quantity(out, size_units, bytes);
}

/* Where to cut 's' so that at most 'max' bytes and no half character stay. */
static size_t
cut_length(const char *s, size_t n, size_t max)
{
	if (n <= max)
		return n;
	n = max;
	while (n > 0 && ((unsigned char)s[n] & 0xc0) == 0x80)
		n--;
	return n;
}

const char *
config_text_quote(char out[CONFIG_TEXT_QUOTED], const char *s, size_t n)
{
	size_t keep = cut_length(s, n, 40);
	size_t o = 0;

	out[o++] = '"';
	for (size_t i = 0; i < keep; i++) {
		unsigned char c = (unsigned char)s[i];
		unsigned char next = i + 1 < n ? (unsigned char)s[i + 1] : 0;

		/* C0, DEL, and C1 as UTF-8 writes it: c2 80 .. c2 9f. */
		if (c < 0x20 || c == 0x7f)
			out[o++] = '?';
		else if (c == 0xc2 && next >= 0x80 && next < 0xa0) {
			out[o++] = '?';
			i++;
		} else
			out[o++] = (char)c;
	}
	memcpy(out + o, keep < n ? "...\"" : "\"", keep < n ? 5 : 2);
	return out;
}

#define WORD_MAX 40

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Edit distance in which a swap of neighbours counts as one slip. */
static unsigned
edit_distance(const char *a, const char *b)
{
	unsigned row[3][WORD_MAX + 1];
	size_t na = strlen(a), nb = strlen(b);

	if (na > WORD_MAX || nb > WORD_MAX)
		return CONFIG_TEXT_FAR;
	for (size_t j = 0; j <= nb; j++)
		row[0][j] = (unsigned)j;
	for (size_t i = 1; i <= na; i++) {
		unsigned *now = row[i % 3], *up = row[(i - 1) % 3];
		const unsigned *up2 = row[(i + 1) % 3];

		now[0] = (unsigned)i;
		for (size_t j = 1; j <= nb; j++) {
			unsigned other = a[i - 1] != b[j - 1];

			now[j] = min3(up[j] + 1, now[j - 1] + 1,
			    up[j - 1] + other);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && up2[j - 2] + 1 < now[j])
				now[j] = up2[j - 2] + 1;
		}
	}
	return row[na % 3][nb];
}

void
config_text_nearer(const char *s, const char *name, const char **best,
    unsigned *distance)
{
	unsigned d = edit_distance(s, name);
	unsigned most = (unsigned)strlen(s) / 3;

	if (d > (most < 1 ? 1 : most) || d >= *distance)
		return;
	*best = name;
	*distance = d;
}

void
complain(struct complaints *out, unsigned line, unsigned column,
    const char *format, ...)
{
	char text[sizeof(out->item[0].text) * 2];
	struct complaint *c;
	va_list ap;
	size_t n;

	if (out->n >= CONFIG_COMPLAINTS) {
		out->more++;
		return;
	}
	c = &out->item[out->n++];
	c->line = line;
	c->column = column;
	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	n = strlen(text);
	if (n < sizeof(c->text)) {
		memcpy(c->text, text, n + 1);
		return;
	}
	n = cut_length(text, n, sizeof(c->text) - 4);
	memcpy(c->text, text, n);
	memcpy(c->text + n, "...", 4);
}

static bool
stands_before(const struct complaint *a, const struct complaint *b)
{
	if (a->line != b->line)
		return a->line < b->line;
	return a->column < b->column;
}

void
complaints_sort(struct complaints *out)
{
	assert(out->n <= CONFIG_COMPLAINTS);
	for (size_t i = 1; i < out->n; i++) {
		struct complaint c = out->item[i];
		size_t j = i;

		for (; j > 0 && stands_before(&c, &out->item[j - 1]); j--)
			out->item[j] = out->item[j - 1];
		out->item[j] = c;
	}
}
