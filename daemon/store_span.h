/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Segments, the tables that readings lie in, and spans, the rows of a session
 * in each of them.
 *
 * Easy to get wrong: a session may begin before it is stated (--at), so a span
 * may reach back into segments that are full, even into those of an earlier
 * boot.
 */
#ifndef DAEMON_STORE_SPAN_H
#define DAEMON_STORE_SPAN_H

#include "daemon/store_db.h"

/* Sees to it that there is a segment for a reading of now: the one that grows
 * or, after segment_ms, a new one; the open sessions go on in it. */
int store_span_segment(struct store_db *d, const struct now *now) MUST_CHECK;

/* Whether a reading of now needs a new segment where this one has so many
 * rows. */
bool store_span_is_full(const struct store_db *d, const struct now *now,
    int64_t rows) MUST_CHECK;

/* A segment is to be removed: the view 'readings' forgets it. */
int store_span_forget(struct store_db *d, int64_t segment) MUST_CHECK;

/* The session's span takes in all readings from at_ms (this boot's axis;
 * at_wall_ms for earlier boots) to the last one stored; it stays open at the
 * end unless 'closed'. */
int store_span_cover(struct store_db *d, const struct now *now,
    const char *session, int64_t at_ms, int64_t at_wall_ms, bool closed)
    MUST_CHECK;

/* The session has ended: its span ends with the last reading stored. */
int store_span_close(struct store_db *d, const struct now *now,
    const char *session) MUST_CHECK;

#endif
