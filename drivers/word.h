/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Eight bytes looked at as one number.
 *
 * A loop over bytes that tests each place against the end of its array is easy
 * to prove and slow; over words it is as easy to prove, and as quick as the C
 * library's functions, whose lengths no proof can follow.  The bytes that are
 * left over, or lie in a word that holds what was looked for, are looked at one
 * by one; so it does not matter which of a word's bytes comes first.
 *
 * Easy to get wrong: a subtraction borrows from the next byte.  These tests tell
 * whether there is such a byte, but not which it is.
 */
#ifndef DRIVERS_WORD_H
#define DRIVERS_WORD_H

#include <stdbool.h>
#include <stdint.h>

#define WORD 8
#define WORD_LOW UINT64_C(0x0101010101010101)
#define WORD_HIGH (WORD_LOW << 7)

/* Whether a byte of it is zero. */
static inline bool
word_has_zero(uint64_t x)
{
	return ((x - WORD_LOW) & ~x & WORD_HIGH) != 0;
}

static inline bool
word_has(uint64_t x, uint8_t b)
{
	return word_has_zero(x ^ WORD_LOW * b);
}

/* Whether a byte of x may be a blank where that of y is zero: false for sure
 * where none is. */
static inline bool
word_may_begin(uint64_t x, uint64_t y)
{
	return ((x - WORD_LOW * (' ' + 1)) & ~x & (y - WORD_LOW) & ~y &
	    WORD_HIGH) != 0;
}

/* Whether all bytes are ' ' to '~'. */
static inline bool
word_is_plain(uint64_t x)
{
	return (((x - WORD_LOW * ' ') | (x + WORD_LOW) | x) & WORD_HIGH) == 0;
}

/* The sum of its bytes. */
static inline uint64_t
word_sum(uint64_t x)
{
	const uint64_t even = UINT64_C(0x00FF00FF00FF00FF);

	return ((x & even) + (x >> 8 & even)) *
	    UINT64_C(0x0001000100010001) >> 48;
}

#endif
