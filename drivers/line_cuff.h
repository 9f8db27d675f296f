/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When a cuff's numbers in a line of text are a new result, by rules.
 *
 * Easy to get wrong: what stands there at first sight is of unknown age.
 */
#ifndef DRIVERS_LINE_CUFF_H
#define DRIVERS_LINE_CUFF_H

#include "drivers/cuff.h"
#include "drivers/line_read.h"

/* What was seen of the cuff; begins all zero. */
struct line_cuff_seen {
	bool known;
	int32_t sys, dia, map;
	uint32_t key;		/* age, or digest of time or state */
	bool from;		/* the state was one that a result follows */
	int64_t seen_ms;
};

/* What this line's age, time or state says. */
struct line_cuff_key {
	bool there;		/* there is one */
	uint32_t key;
	int64_t age_ms;
	bool from, to;		/* of the two states */
};

/* False: the line is not understood. */
bool line_cuff_key(const struct text *t, const struct line_cuff *c,
    const struct line_fields *f, struct line_cuff_key *k) MUST_CHECK;

bool line_cuff_has_numbers(const struct cuff *c) MUST_CHECK;

/* Looks at the cuff of one line; appends a result that is new, or that a
 * measurement ended without one.  q is what the line's status says of it. */
void line_cuff_judge(struct line_cuff_seen *seen, int64_t t_ms,
    const struct line_cuff *c, const struct line_cuff_key *k,
    struct cuff *now, enum quality q, struct readings *out);

#endif
