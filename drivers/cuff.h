/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Cuff results: monitors repeat the last one for minutes, and this finds the
 * moments at which there is a new one.
 *
 * Easy to get wrong: while a cuff measures, most monitors still show the old
 * numbers; and what stands there at first sight is of unknown age, so it is
 * never given as a result.
 */
#ifndef DRIVERS_CUFF_H
#define DRIVERS_CUFF_H

#include "drivers/driver.h"

#define CUFF_NONE INT32_MIN	/* the monitor does not give this number */

/* What one frame shows of the cuff; in mmHg and 1/min. */
struct cuff {
	int32_t sys, dia, map, pr;	/* sys CUFF_NONE: no numbers */
	bool measuring;		/* it is working now */
	bool old;		/* the numbers are known to be old_ms old */
	bool success;		/* the monitor itself says that the last
				 * measurement ended with a result */
	int64_t old_ms;		/* if not old: they are younger than this (0:
				 * the monitor does not say) */
	/* The monitor's own mark of the measurement that the numbers, or the
	 * lack of them, belong to: its time, or a count.  0: it has none, and
	 * what changes tells. */
	uint64_t stamp;
	bool ours;		/* by its stamp it was taken since the line was
				 * opened: new even at first sight */
};

enum cuff_news {
	CUFF_NOTHING,
	CUFF_RESULT,		/* the numbers are a new result */
	CUFF_FAILED,		/* a measurement ended without one */
};

struct cuff_numbers {
	int32_t sys, dia, map;
};

/* Begins all zero. */
struct cuff_watch {
	bool known;		/* there was a frame before */
	bool measuring, old;	/* in it */
	bool open;		/* a cycle began and gave no result yet */
	bool given;		/* a result was given, at given_ms: */
	bool held;		/* other numbers came too soon after it, at
				 * held_ms, and were not given yet */
	struct cuff_numbers shown;	/* the last that were there */
	struct cuff_numbers result;	/* the last that were given */
	uint64_t stamp;		/* the last one dealt with, */
	bool wanting;		/* for which there were no numbers */
	int64_t given_ms, held_ms;
	int64_t seen_ms;	/* the frame before */
	bool once;		/* cuff_shown_twice() saw a frame: */
	bool once_measuring;
	struct cuff_numbers once_shown;
	int32_t once_pr;
};

/* Looks at the cuff of one frame.  Numbers that changed while nothing was heard
 * of the cuff for a minute may be as old as that, and numbers that were held back
 * are as old as that took: 'c' then says so.  With a stamp it is each new stamp that is a result, the same numbers or not; and
 * 'old' says how old it is by the monitor's clock. */
enum cuff_news cuff_judge(struct cuff_watch *w, int64_t t_ms,
    struct cuff *c) MUST_CHECK;

/* Where no check guards a frame, one wrong digit would be a result: asked of each
 * frame, this says whether the one before showed the same.  Only then is it one to
 * judge.  A pulse rate that was another is taken out. */
bool cuff_shown_twice(struct cuff_watch *w, struct cuff *c) MUST_CHECK;

/* The cuff shows nothing that can be judged (switched off, module gone). */
void cuff_pause(struct cuff_watch *w);

/* Appends a cuff result as a whole: numbers that contradict each other (the
 * rules of clinical.md 6.3) are no measurement.  With a quality that has no
 * value it tells that a measurement ended without a result. */
void readings_add_cuff(struct readings *r, enum quality q,
    const struct cuff *c);

#endif
