/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Sentences without printf: the pure core calls no libc text functions.
 *
 * Easy to get wrong: INT64_MIN has no positive counterpart; digits are taken
 * from the unsigned magnitude.
 */
#include "alerts/phrase.h"

#include <string.h>

#define DIGITS 24	/* of a 64-bit number, with a point and a sign */

struct phrase
phrase_begin(char *out, size_t cap)
{
	struct phrase p = { .out = out, .cap = cap };

	out[0] = '\0';
	return p;
}

void
phrase_put_part(struct phrase *p, const char *text, size_t from, size_t to)
{
	if (p->full || to - from >= p->cap - p->n) {
		p->full = true;
		return;
	}
	for (size_t i = from; i < to && p->n < p->cap - 1; i++)
		p->out[p->n++] = text[i];
	if (p->n < p->cap)
		p->out[p->n] = '\0';
}

void
phrase_put_n(struct phrase *p, const char *text, size_t n)
{
	phrase_put_part(p, text, 0, n);
}

void
phrase_put(struct phrase *p, const char *text)
{
	phrase_put_n(p, text, strlen(text));
}

void
phrase_put_either(struct phrase *p, bool which, const char *if_true,
    const char *if_false)
{
	if (which)
		phrase_put(p, if_true);
	else
		phrase_put(p, if_false);
}

/* Digits from the right, a point before the last 'decimals', zeros up to
 * 'width' digits. */
static void
put_number(struct phrase *p, uint64_t magnitude, bool negative,
    unsigned decimals, unsigned width)
{
	char digits[DIGITS] = { 0 }, text[DIGITS] = { 0 };
	unsigned at = DIGITS, done = 0;
	size_t n = 0;

	while ((magnitude > 0 || done <= decimals || done < width) && at > 2) {
		if (decimals > 0 && done == decimals)
			digits[--at] = '.';
		digits[--at] = (char)('0' + magnitude % 10);
		magnitude /= 10;
		done++;
	}
	if (negative && at > 0)
		digits[--at] = '-';
	for (; at < DIGITS && n < DIGITS; at++)
		text[n++] = digits[at];
	phrase_put_n(p, text, n);
}

void
phrase_put_fixed(struct phrase *p, int64_t v, unsigned decimals)
{
	uint64_t magnitude = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;

	put_number(p, magnitude, v < 0, decimals < 9 ? decimals : 9, 0);
}

void
phrase_put_int(struct phrase *p, int64_t v)
{
	phrase_put_fixed(p, v, 0);
}

void
phrase_put_padded(struct phrase *p, int64_t v, unsigned width)
{
	put_number(p, v < 0 ? 0 : (uint64_t)v, false, 0,
	    width < 19 ? width : 19);
}

void
phrase_put_reason(char *out, size_t cap, const char *reason)
{
	struct phrase p = { .out = out, .cap = cap, .n = strlen(out) };

	if (!reason)
		return;
	if (p.n > 0)
		phrase_put(&p, ": ");
	phrase_put(&p, reason);
}

void
phrase_put_span(struct phrase *p, int64_t ms)
{
	int64_t s = ms < 0 ? 0 : ms / 1000;

	if (s < 120) {
		phrase_put_int(p, s);
		phrase_put(p, " s");
	} else {
		phrase_put_int(p, s / 60);
		phrase_put(p, " min");
	}
}
