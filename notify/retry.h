/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When to try again.  Pure: the random number and the wall clock are given.
 *
 * Easy to get wrong: 429 is not a refusal.  A receiver that is busy gets the
 * alarm later; dropping it is the well-known fault of other senders
 * (reliability.md, rows 6 and 7).
 */
#ifndef NOTIFY_RETRY_H
#define NOTIFY_RETRY_H

#include "schemas/record.h"

#define RETRY_FIRST_MS 1000	/* the first wait is 0.5 to 1 times this */
#define RETRY_MOST_MS 60000	/* no wait is longer */
#define RETRY_NONE (-1)		/* the receiver named no time */

/* What a status of the receiver means for the notice: 2xx delivered; 400 to
 * 499 refused, but for 408, 425 and 429; anything else (3xx too, which is
 * never followed) is tried again. */
enum outcome retry_outcome(long status);

/* How long to wait after the n-th failure in a row (n from 1) of one notice.
 * Exponential from RETRY_FIRST_MS to RETRY_MOST_MS, the later half of each
 * step drawn by 'random' (any 32 bits); after a refusal the longest step.  A
 * time that the receiver named (0 to RETRY_MOST_MS, else RETRY_NONE) is taken
 * in its place, but never less than half of RETRY_FIRST_MS. */
int64_t retry_delay_ms(unsigned failures, enum outcome last, int64_t named_ms,
    uint32_t random);

/* Retry-After: seconds, or an HTTP date of the usual form ("Sat, 21 Nov 2026
 * 14:02:31 GMT"), as milliseconds from wall_ms, clamped to 0..RETRY_MOST_MS.
 * RETRY_NONE if it is neither. */
int64_t retry_after_ms(const char *value, int64_t wall_ms);

#endif
