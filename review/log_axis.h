/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One axis of time for a session that spans boots (docs/log.md): what is to be
 * added to a t_ms so that it counts as if the session's first boot went on.
 *
 * Easy to get wrong: a session stated late (--at) may own readings of a boot
 * before the one in which it was stated; those are moved forward, not left.
 */
#ifndef REVIEW_LOG_AXIS_H
#define REVIEW_LOG_AXIS_H

#include "review/log_query.h"

struct log_shift {
	int64_t start;		/* start.seq: holds from this one on */
	int64_t offset_ms;
};

struct log_axis {
	struct log_shift *shift;
	size_t n;
};

/* Of the session of that id.  0 or negative errno; else log_axis_free() it. */
int log_axis_read(struct log_query *y, const char *session,
    struct log_axis *out) MUST_CHECK;
void log_axis_free(struct log_axis *a);

/* For records written by the process start 'start'. */
int64_t log_axis_shift(const struct log_axis *a, int64_t start);

/* The axis time of the last record below a seq; *out stays if there is none. */
int log_axis_last(struct log_query *y, const struct log_axis *a, int64_t seq,
    int64_t *out) MUST_CHECK;

/* The axis time of the newest record or reading of the whole log: so far
 * vitalsd is known to have been there. */
int log_axis_newest(struct log_query *y, const struct log_axis *a,
    int64_t *out) MUST_CHECK;

#endif
