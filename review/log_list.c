/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The list of sessions; see log.h.
 *
 * Easy to get wrong: each session is read in a transaction of its own, so that
 * a long list does not keep the WAL from being used again.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "review/log.h"

/* From the first start to the last moment in which it ran or was paused. */
static int64_t
infusion_length(const struct log_session *s)
{
	int64_t first = INT64_MAX, last = INT64_MIN;
	enum phase p;

	for (size_t i = 0; i < s->session.n; i++) {
		const struct session_step *t = &s->session.step[i];

		if (t->withdrawn)
			continue;
		if (t->kind == STATEMENT_INFUSION_START && t->at_ms < first)
			first = t->at_ms;
		if (t->kind == STATEMENT_INFUSION_STOP && t->at_ms > last)
			last = t->at_ms;
	}
	if (first == INT64_MAX)
		return -1;
	p = session_at(&s->session, s->end_ms - 1).phase;
	if (p == PHASE_INFUSION || p == PHASE_PAUSED || last < first)
		last = s->end_ms;
	return last - first;
}

static int
count_alarms(struct log_query *y, struct log_row *row)
{
	sqlite3_stmt *q = log_prepare(y->db, "SELECT highest, count(*) FROM "
	    "(SELECT max(priority) AS highest FROM alarm WHERE session = ?1 "
	    "GROUP BY event) GROUP BY highest", "t", row->id);
	int r = 0;

	while (log_next(y, q, &r)) {
		int p = sqlite3_column_int(q, 0);

		if (p >= 0 && p < PRIORITIES)
			row->alarms[p] = (uint32_t)sqlite3_column_int(q, 1);
	}
	return r;
}

static int
summarise(struct log_query *y, struct log_row *row)
{
	struct log_session *s;
	int r = log_session_read(y->db, row->id, LOG_OUTLINE, &s, y->error);

	if (r < 0)
		return r;
	snprintf(row->bed, sizeof row->bed, "%s", s->session.bed);
	snprintf(row->subject, sizeof row->subject, "%s", s->session.subject);
	row->phase = session_phase(&s->session);
	row->begin_wall_ms = s->begin_wall_ms;
	row->end_wall_ms = s->open ? 0 : s->begin_wall_ms + s->end_ms -
	    session_begin_ms(&s->session);
	row->infusion_ms = infusion_length(s);
	log_session_free(s);
	return count_alarms(y, row);
}

int
log_list(sqlite3 *db, struct log_row **out, size_t *n, char error[LOG_ERROR])
{
	struct log_query y = { .db = db, .error = error };
	struct log_row *rows = NULL;
	size_t rows_n = 0;
	sqlite3_stmt *q = log_prepare(db, "SELECT session FROM statement "
	    "WHERE kind = 0 ORDER BY seq DESC", "");
	int r = 0;

	while (log_next(&y, q, &r)) {
		struct log_row *row = log_grow(&y, &rows, &rows_n, sizeof *row);

		if (row != NULL)
			log_take_text(q, 0, row->id, sizeof row->id);
	}
	if (r == 0 && y.no_memory)
		r = log_complain(error, -ENOMEM, "out of memory");
	for (size_t i = 0; r == 0 && i < rows_n; i++)
		r = summarise(&y, &rows[i]);
	if (r < 0) {
		free(rows);
		return r;
	}
	*out = rows;
	*n = rows_n;
	return 0;
}
