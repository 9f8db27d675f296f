/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See log_axis.h.
 *
 * Easy to get wrong: the earlier boot is measured at its LAST record and the
 * later one at its first, so that a clock that was set in between counts.
 */
#include "review/log_axis.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The newest stamp of each table below ?1. */
#define NEWEST(table, start) \
	"SELECT * FROM (SELECT seq, " start " AS start, t_ms, wall_ms FROM " \
	table " WHERE seq < ?1 ORDER BY seq DESC LIMIT 1)"
#define NEWEST_OF_ALL \
	NEWEST("start", "seq") " UNION ALL " NEWEST("clock", "start") \
	" UNION ALL " NEWEST("span", "start") \
	" UNION ALL " NEWEST("statement", "start") \
	" UNION ALL " NEWEST("alarm", "start") \
	" UNION ALL " NEWEST("notice", "start") \
	" UNION ALL " NEWEST("delivery", "start") \
	" UNION ALL " NEWEST("event", "start")

/* Wall minus BOOTTIME of the last record before seq. */
static int
last_difference(struct log_query *y, int64_t seq, int64_t *out)
{
	sqlite3_stmt *q = log_prepare(y->db, "SELECT wall_ms - t_ms FROM ("
	    NEWEST_OF_ALL ") ORDER BY seq DESC LIMIT 1", "i", seq);
	int r = 0;

	while (log_next(y, q, &r))
		*out = sqlite3_column_int64(q, 0);
	return r;
}

int
log_axis_last(struct log_query *y, const struct log_axis *a, int64_t seq,
    int64_t *out)
{
	sqlite3_stmt *q = log_prepare(y->db, "SELECT start, t_ms FROM ("
	    NEWEST_OF_ALL ") ORDER BY seq DESC LIMIT 1", "i", seq);
	int r = 0;

	while (log_next(y, q, &r))
		*out = sqlite3_column_int64(q, 1) +
		    log_axis_shift(a, sqlite3_column_int64(q, 0));
	return r;
}

static int
read_starts(struct log_query *y, int64_t lowest, int64_t highest,
    struct log_axis *a)
{
	sqlite3_stmt *q = log_prepare(y->db, "SELECT seq, boot_id, "
	    "wall_ms - t_ms FROM start WHERE seq BETWEEN ?1 AND ?2 "
	    "ORDER BY seq", "ii", lowest, highest);
	char boot[40] = "", before[40] = "";
	int64_t offset = 0;
	int r = 0;

	while (log_next(y, q, &r)) {
		int64_t seq = sqlite3_column_int64(q, 0), last = 0;
		struct log_shift *h;

		log_take_text(q, 1, boot, sizeof boot);
		if (a->n > 0 && strcmp(boot, before) != 0) {
			r = last_difference(y, seq, &last);
			if (r < 0) {
				sqlite3_finalize(q);
				return r;
			}
			offset += sqlite3_column_int64(q, 2) - last;
		}
		strcpy(before, boot);
		h = log_grow(y, &a->shift, &a->n, sizeof *h);
		if (h != NULL)
			*h = (struct log_shift){ seq, offset };
	}
	return r;
}

int
log_axis_read(struct log_query *y, const char *session, struct log_axis *out)
{
	struct log_axis a = { NULL, 0 };
	int64_t stated = 0, lowest = 0, highest = 0, base;
	/* Nothing of a session that has ended was written after its last
	 * statement's process. */
	sqlite3_stmt *q = log_prepare(y->db, "SELECT min(start), min("
	    "min(start), coalesce((SELECT min(segment.start) FROM spans "
	    "JOIN segment ON segment.n = spans.segment WHERE "
	    "spans.session = ?1), 9e18)), CASE WHEN max(kind IN (5, 6)) "
	    "THEN max(start) ELSE 9223372036854775807 END "
	    "FROM statement WHERE session = ?1", "t", session);
	int r = 0;

	while (log_next(y, q, &r)) {
		stated = sqlite3_column_int64(q, 0);
		lowest = sqlite3_column_int64(q, 1);
		highest = sqlite3_column_int64(q, 2);
	}
	if (r == 0)
		r = read_starts(y, lowest, highest, &a);
	if (r < 0) {
		log_axis_free(&a);
		return r;
	}
	base = log_axis_shift(&a, stated);
	for (size_t i = 0; i < a.n; i++)
		a.shift[i].offset_ms -= base;
	*out = a;
	return 0;
}

void
log_axis_free(struct log_axis *a)
{
	free(a->shift);
	*a = (struct log_axis){ NULL, 0 };
}

int64_t
log_axis_shift(const struct log_axis *a, int64_t start)
{
	int64_t offset = a->n > 0 ? a->shift[0].offset_ms : 0;

	for (size_t i = 0; i < a->n && a->shift[i].start <= start; i++)
		offset = a->shift[i].offset_ms;
	return offset;
}

int
log_axis_newest(struct log_query *y, const struct log_axis *a, int64_t *out)
{
	sqlite3_stmt *q = log_prepare(y->db, NEWEST_OF_ALL, "i", INT64_MAX);
	int64_t newest = INT64_MIN, segment = 0, start = 0;
	char sql[96];
	int r = 0;

	while (log_next(y, q, &r)) {
		int64_t x = sqlite3_column_int64(q, 2) +
		    log_axis_shift(a, sqlite3_column_int64(q, 1));

		newest = x > newest ? x : newest;
	}
	if (r < 0)
		return r;
	q = log_prepare(y->db, "SELECT n, start FROM segment ORDER BY n DESC "
	    "LIMIT 1", "");
	while (log_next(y, q, &r)) {
		segment = sqlite3_column_int64(q, 0);
		start = sqlite3_column_int64(q, 1);
	}
	if (r < 0)
		return r;
	if (segment > 0) {
		snprintf(sql, sizeof sql, "SELECT t_ms FROM reading_%06lld "
		    "ORDER BY row DESC LIMIT 1", (long long)segment);
		q = log_prepare(y->db, sql, "");
		while (log_next(y, q, &r)) {
			int64_t x = sqlite3_column_int64(q, 0) +
			    log_axis_shift(a, start);

			newest = x > newest ? x : newest;
		}
	}
	if (r == 0)
		*out = newest;
	return r;
}
