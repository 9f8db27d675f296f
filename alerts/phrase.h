/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Builds a sentence in a buffer of a fixed size, without libc's formatting.
 *
 * Easy to get wrong: a piece that no longer fits is left out whole, and so is
 * everything after it: a number is never cut in the middle.
 */
#ifndef ALERTS_PHRASE_H
#define ALERTS_PHRASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct phrase {
	char *out;	/* the caller's; always ends with a NUL */
	size_t cap;	/* at least 1 */
	size_t n;	/* without the NUL */
	bool full;	/* something was left out */
};

struct phrase phrase_begin(char *out, size_t cap);
void phrase_put(struct phrase *p, const char *text);
/* The one text or the other. */
void phrase_put_either(struct phrase *p, bool which, const char *if_true,
    const char *if_false);
void phrase_put_n(struct phrase *p, const char *text, size_t n);
/* The characters from..to-1 of a text. */
void phrase_put_part(struct phrase *p, const char *text, size_t from,
    size_t to);
void phrase_put_int(struct phrase *p, int64_t v);
/* v in 10^-decimals: 366 with 1 is "36.6"; decimals at most 9. */
void phrase_put_fixed(struct phrase *p, int64_t v, unsigned decimals);
/* At least 'width' digits (at most 19), zeros in front; v >= 0. */
void phrase_put_padded(struct phrase *p, int64_t v, unsigned width);
/* Adds ": reason" to a sentence that is there already; NULL for none. */
void phrase_put_reason(char *out, size_t cap, const char *reason);
/* A duration for people: "14 s" below 2 minutes, "4 min" above. */
void phrase_put_span(struct phrase *p, int64_t ms);

#endif
