/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See log_gap.h: from the last that a process wrote to the start of the next,
 * and what was recorded as a gap for whatever session.
 *
 * Easy to get wrong: a process goes on in the segment of the one before; its
 * last reading is the last before the next start, found by halving, since t_ms
 * never falls within a segment (docs/log.md).
 */
#include "review/log_gap.h"

#include <stdio.h>
#include <stdlib.h>

/* One process start. */
struct start {
	int64_t seq, t_ms;
	int64_t x_ms;
};

/* What of it lies in the session. */
static void
add_gap(struct log_reader *y, int64_t from_ms, int64_t to_ms)
{
	struct log_session *s = y->s;
	int64_t begin = session_begin_ms(&s->session);
	struct log_gap *g;

	if (from_ms < begin)
		from_ms = begin;
	if (to_ms > s->end_ms)
		to_ms = s->end_ms;
	if (from_ms >= to_ms)
		return;
	g = log_grow(&y->q, &s->gaps, &s->gaps_n, sizeof *g);
	if (g != NULL)
		*g = (struct log_gap){ from_ms, to_ms };
}

/* Those of the session's boots, and of the boot in which it was entered. */
static int
read_starts(struct log_reader *y, struct start **out, size_t *n)
{
	sqlite3_stmt *q = log_prepare(y->q.db, "SELECT seq, t_ms FROM start "
	    "WHERE seq >= ?1 OR boot_id = (SELECT boot_id FROM start WHERE "
	    "seq = ?1) ORDER BY seq", "i",
	    y->axis.n > 0 ? y->axis.shift[0].start : 0);
	int r = 0;

	while (log_next(&y->q, q, &r)) {
		struct start *s = log_grow(&y->q, out, n, sizeof *s);

		if (s == NULL)
			continue;
		s->seq = sqlite3_column_int64(q, 0);
		s->t_ms = sqlite3_column_int64(q, 1);
		s->x_ms = s->t_ms + log_axis_shift(&y->axis, s->seq);
	}
	return r;
}

/* The last reading of a segment before t_ms; INT64_MIN if there is none. */
static int
find_reading(struct log_reader *y, int64_t segment, int64_t t_ms,
    int64_t *out)
{
	int64_t low = 0, high = 0, found = INT64_MIN;
	char sql[120];
	sqlite3_stmt *q;
	int r = 0;

	snprintf(sql, sizeof sql, "SELECT max(row) FROM reading_%06lld",
	    (long long)segment);
	q = log_prepare(y->q.db, sql, "");
	while (log_next(&y->q, q, &r))
		high = sqlite3_column_int64(q, 0);
	snprintf(sql, sizeof sql, "SELECT t_ms FROM reading_%06lld WHERE "
	    "row = ?1", (long long)segment);
	/* All rows up to 'low' lie before it, none from 'high' + 1 on. */
	while (r == 0 && low < high) {
		int64_t middle = low + (high - low + 1) / 2, at = t_ms;

		q = log_prepare(y->q.db, sql, "i", middle);
		while (log_next(&y->q, q, &r))
			at = sqlite3_column_int64(q, 0);
		if (at < t_ms) {
			found = at;
			low = middle;
		} else {
			high = middle - 1;
		}
	}
	*out = found;
	return r;
}

/* The axis time of the last that was written before a start. */
static int
find_last(struct log_reader *y, const struct start *s, int64_t *out)
{
	int64_t segment = 0, begun = 0, reading = INT64_MIN;
	sqlite3_stmt *q;
	int r = log_axis_last(&y->q, &y->axis, s->seq, out);

	if (r < 0)
		return r;
	q = log_prepare(y->q.db, "SELECT n, start FROM segment WHERE start < "
	    "?1 AND EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' "
	    "AND name = segment.name) ORDER BY n DESC LIMIT 1", "i", s->seq);
	while (log_next(&y->q, q, &r)) {
		segment = sqlite3_column_int64(q, 0);
		begun = sqlite3_column_int64(q, 1);
	}
	if (r < 0 || segment == 0)
		return r;
	r = find_reading(y, segment, log_axis_shift(&y->axis, begun) ==
	    log_axis_shift(&y->axis, s->seq) ? s->t_ms : INT64_MAX, &reading);
	if (r == 0 && reading != INT64_MIN) {
		reading += log_axis_shift(&y->axis, begun);
		*out = reading > *out ? reading : *out;
	}
	return r;
}

static int
read_restarts(struct log_reader *y)
{
	struct start *s = NULL;
	size_t n = 0;
	int r = read_starts(y, &s, &n);

	for (size_t i = 0; r == 0 && i < n; i++) {
		int64_t last = INT64_MIN;

		if (s[i].x_ms <= session_begin_ms(&y->s->session))
			continue;
		if (i > 0)
			r = find_last(y, &s[i], &last);
		if (r == 0)
			add_gap(y, last, s[i].x_ms);
	}
	free(s);
	return r;
}

/* Also of a process that the machine gave no time. */
static int
read_noted(struct log_reader *y)
{
	sqlite3_stmt *q = log_prepare(y->q.db, "SELECT start, t_ms, count "
	    "FROM event WHERE kind = 7 AND start >= ?1 ORDER BY seq", "i",
	    y->axis.n > 0 ? y->axis.shift[0].start : 0);
	int r = 0;

	while (log_next(&y->q, q, &r)) {
		int64_t x = sqlite3_column_int64(q, 1) + log_axis_shift(
		    &y->axis, sqlite3_column_int64(q, 0));
		int64_t count = sqlite3_column_int64(q, 2);

		if (count > 0)
			add_gap(y, x - count, x);
	}
	return r;
}

static int
by_begin(const void *a, const void *b)
{
	const struct log_gap *x = a, *y = b;

	return (x->from_ms > y->from_ms) - (x->from_ms < y->from_ms);
}

/* What was noted of each session is one gap still. */
static void
join(struct log_session *s)
{
	size_t n = 0;

	if (s->gaps_n == 0)
		return;
	qsort(s->gaps, s->gaps_n, sizeof s->gaps[0], by_begin);
	for (size_t i = 1; i < s->gaps_n; i++) {
		struct log_gap *last = &s->gaps[n];

		if (s->gaps[i].from_ms > last->to_ms)
			s->gaps[++n] = s->gaps[i];
		else if (s->gaps[i].to_ms > last->to_ms)
			last->to_ms = s->gaps[i].to_ms;
	}
	s->gaps_n = n + 1;
}

int
log_read_gaps(struct log_reader *y)
{
	int r = read_restarts(y);

	if (r == 0)
		r = read_noted(y);
	join(y->s);
	return r;
}
