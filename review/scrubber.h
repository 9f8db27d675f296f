/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Makes a recording fit to be shown to others while it is written: of each
 * message the bytes are replaced by which its driver knows somebody
 * (driver.scrub), and what is no message, or one that was not understood, by 00.
 * Nothing becomes longer or shorter, no time and no line changes, and what is
 * read from it is the same.
 *
 * Easy to get wrong: a line is given only when all its bytes are known to be of
 * a message or of none, which may be seconds later.
 */
#ifndef REVIEW_SCRUBBER_H
#define REVIEW_SCRUBBER_H

#include "drivers/stream.h"

#define SCRUBBER_KINDS 32

/* Takes one line of the result: 0, or negative errno, which ends it. */
typedef int scrubber_line_fn(void *arg, int64_t ms, bool sent,
    const uint8_t *p, size_t n);

struct scrubber_kind {
	const char *what;	/* "patient name" */
	uint64_t times;
};

struct scrubber;

/* NULL: no memory.  Of a driver without scrub() all bytes stay as they are. */
struct scrubber *scrubber_new(const struct driver *d, scrubber_line_fn *line,
    void *arg);
void scrubber_free(struct scrubber *s);

/* One line of a recording; times must not run backwards.  0 or negative errno:
 * -ENOMEM, or what the line function said. */
int scrubber_take(struct scrubber *s, int64_t ms, bool sent, const uint8_t *p,
    size_t n) MUST_CHECK;

/* There is no more; gives what is still held. */
int scrubber_end(struct scrubber *s) MUST_CHECK;

/* What was replaced so far: the n-th kind, or NULL; and bytes, none of them 00,
 * in no message or in one that was not understood. */
const struct scrubber_kind *scrubber_kind(const struct scrubber *s, size_t n);
uint64_t scrubber_blanked(const struct scrubber *s);

/* Messages that the driver reads and that could not be shown: from what was
 * recorded their readings are gone. */
uint64_t scrubber_lost(const struct scrubber *s);

#endif
