/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See log.h.
 *
 * Easy to get wrong: everything of one session is read in one transaction, so
 * that it fits together while vitalsd goes on writing, and is copied out, so
 * that the transaction is short (a long one keeps the WAL from being reused).
 */
#include "review/log.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "review/log_gap.h"
#include "review/log_reading.h"

static int
read_statements(struct log_reader *y)
{
	struct log_session *s = y->s;
	sqlite3_stmt *q = log_prepare(y->q.db, "SELECT seq, start, t_ms, wall_ms, "
	    "id, kind, bed, at_ms, at_wall_ms, entered_by, stated_by, amends, "
	    "withdrawn, subject, text FROM statement WHERE session = ?1 "
	    "ORDER BY seq", "t", s->session.id);
	int r = 0;

	while (log_next(&y->q, q, &r)) {
		struct log_statement *l = log_grow(&y->q, &s->statements,
		    &s->statements_n, sizeof *l);
		int64_t shift = log_axis_shift(&y->axis, sqlite3_column_int64(q, 1));

		if (l == NULL)
			continue;
		y->last_seq = sqlite3_column_int64(q, 0);
		if (y->first_seq == 0)
			y->first_seq = y->last_seq;
		l->x_ms = sqlite3_column_int64(q, 2) + shift;
		l->wall_ms = sqlite3_column_int64(q, 3);
		l->st.id = log_take_id(q, 4);
		l->st.kind = (enum statement_kind)sqlite3_column_int(q, 5);
		strcpy(l->st.session, s->session.id);
		log_take_text(q, 6, l->st.bed, sizeof l->st.bed);
		l->st.at_ms = sqlite3_column_int64(q, 7) + shift;
		l->st.at_wall_ms = sqlite3_column_int64(q, 8);
		log_take_text(q, 9, l->st.user, sizeof l->st.user);
		log_take_text(q, 10, l->st.by, sizeof l->st.by);
		l->st.amends = log_take_id(q, 11);
		l->st.withdrawn = sqlite3_column_int(q, 12) != 0;
		log_take_text(q, 13, l->st.subject, sizeof l->st.subject);
		log_take_text(q, 14, l->st.text, sizeof l->st.text);
		session_apply(&s->session, &l->st);
	}
	return r;
}

/* A notice is written after the change that it tells and before the next one
 * of that alarm. */
static int
count_deliveries(struct log_reader *y, struct log_change *c, int64_t seq,
    int64_t start, int64_t t_ms)
{
	char id[EVENT_ID_TEXT];
	sqlite3_stmt *q;
	int r = 0;

	event_id_format(id, c->change.event);
	q = log_prepare(y->q.db, "SELECT count(*), count(took), min(took + "
	    "CASE WHEN start = ?3 THEN t_ms - ?4 ELSE 0 END) FROM "
	    "(SELECT n.start, n.t_ms, (SELECT min(took_ms) FROM delivery d "
	    "WHERE d.key = n.key AND d.channel = n.channel AND d.outcome = 0) "
	    "AS took FROM notice n WHERE n.event = ?1 AND n.seq > ?2 AND "
	    "n.seq < coalesce((SELECT min(seq) FROM alarm WHERE event = ?1 "
	    "AND seq > ?2), 9223372036854775807))", "tiii", id, seq, start,
	    t_ms);
	while (log_next(&y->q, q, &r)) {
		c->notices = (uint32_t)sqlite3_column_int(q, 0);
		c->deliveries = (uint32_t)sqlite3_column_int(q, 1);
		c->delivered_ms = c->deliveries > 0 ?
		    sqlite3_column_int64(q, 2) : -1;
	}
	return r;
}

/* What concerns the box or the bed belongs here while the session lasted. */
static bool
is_within(const struct log_session *s, int64_t x_ms)
{
	return x_ms >= session_begin_ms(&s->session) &&
	    x_ms <= session_end_ms(&s->session);
}

static void
take_change(sqlite3_stmt *q, struct log_change *l, int64_t shift)
{
	struct alarm_change *c = &l->change;

	l->x_ms = sqlite3_column_int64(q, 1) + shift;
	l->wall_ms = sqlite3_column_int64(q, 2);
	c->event = log_take_id(q, 3);
	log_take_text(q, 4, c->condition, sizeof c->condition);
	log_take_text(q, 5, c->tier, sizeof c->tier);
	c->type = (enum alarm_type)sqlite3_column_int(q, 6);
	c->phase = (enum alarm_phase)sqlite3_column_int(q, 7);
	c->state = (enum alarm_state)sqlite3_column_int(q, 8);
	c->priority = (enum priority)sqlite3_column_int(q, 9);
	c->level = (enum priority)sqlite3_column_int(q, 10);
	c->acknowledged = sqlite3_column_int(q, 11) != 0;
	c->confirmed = sqlite3_column_int(q, 12) != 0;
	c->paused = sqlite3_column_int(q, 13) != 0;
	c->demo = sqlite3_column_int(q, 14) != 0;
	log_take_text(q, 15, c->bed, sizeof c->bed);
	log_take_text(q, 16, c->session, sizeof c->session);
	c->session_phase = (enum phase)sqlite3_column_int(q, 17);
	c->infusion_ms = sqlite3_column_type(q, 18) == SQLITE_NULL ?
	    INFUSION_NONE : sqlite3_column_int64(q, 18);
	c->has_value = sqlite3_column_type(q, 20) != SQLITE_NULL;
	c->vital = (enum vital)sqlite3_column_int(q, 19);
	c->value = sqlite3_column_int(q, 20);
	c->limit = sqlite3_column_int(q, 21);
	c->value_age_ms = sqlite3_column_int64(q, 22);
	c->since_ms = sqlite3_column_int64(q, 23) + shift;
	log_take_text(q, 24, c->by, sizeof c->by);
	log_take_text(q, 25, c->text, sizeof c->text);
}

static int
read_changes(struct log_reader *y)
{
	struct log_session *s = y->s;
	/* Of the box also what was raised before, by the same process, and had
	 * not ended. */
	sqlite3_stmt *q = log_prepare(y->q.db, "SELECT start, t_ms, wall_ms, "
	    "event, condition, tier, type, phase, state, priority, level, "
	    "acknowledged, confirmed, paused, demo, bed, session, "
	    "session_phase, infusion_ms, vital, value, threshold, "
	    "value_age_ms, since_ms, stated_by, text, seq FROM alarm WHERE "
	    "session = ?1 OR event IN (SELECT event FROM alarm WHERE "
	    "session = ?1) OR (session = '' AND bed = '' AND (seq BETWEEN ?2 "
	    "AND ?3 OR (seq < ?2 AND event IN (SELECT event FROM (SELECT "
	    "event, state, max(seq) FROM alarm WHERE bed = '' AND session = '' "
	    "AND seq < ?2 AND start = (SELECT start FROM statement WHERE "
	    "seq = ?2) GROUP BY event) WHERE state <> 0)))) "
	    "ORDER BY seq", "tii", s->session.id, y->first_seq,
	    s->open ? INT64_MAX : y->last_seq);
	int r = 0;

	while (log_next(&y->q, q, &r)) {
		struct log_change *l;
		int64_t start = sqlite3_column_int64(q, 0);
		int64_t shift = log_axis_shift(&y->axis, start);
		int64_t seq = sqlite3_column_int64(q, 26);

		if (sqlite3_column_bytes(q, 16) == 0 && seq >= y->first_seq &&
		    !is_within(s, sqlite3_column_int64(q, 1) + shift))
			continue;
		l = log_grow(&y->q, &s->changes, &s->changes_n, sizeof *l);
		if (l == NULL)
			continue;
		take_change(q, l, shift);
		r = count_deliveries(y, l, seq, start,
		    sqlite3_column_int64(q, 1));
		if (r < 0) {
			sqlite3_finalize(q);
			return r;
		}
	}
	return r;
}

/* The first record that may be of the session's time: one that was entered late
 * has a past that was noted for no session. */
static int64_t
first_event(const struct log_reader *y)
{
	bool late = y->s->statements[0].x_ms > session_begin_ms(&y->s->session);

	return late && y->axis.n > 0 ? y->axis.shift[0].start : y->first_seq;
}

static int
read_events(struct log_reader *y)
{
	struct log_session *s = y->s;
	sqlite3_stmt *q = log_prepare(y->q.db, "SELECT start, t_ms, wall_ms, "
	    "kind, bed, port, session, from_ms, to_ms, count, text FROM event "
	    "WHERE session = ?1 OR (session = '' AND bed IN ('', ?2) AND "
	    "seq BETWEEN ?3 AND ?4) ORDER BY seq", "ttii", s->session.id,
	    s->session.bed, first_event(y), s->open ? INT64_MAX : y->last_seq);
	int r = 0;

	s->boots = 1;
	while (log_next(&y->q, q, &r)) {
		int64_t x = sqlite3_column_int64(q, 1) + log_axis_shift(
		    &y->axis, sqlite3_column_int64(q, 0));
		struct log_event *l;
		struct event *e;

		if (sqlite3_column_bytes(q, 6) == 0 && !is_within(s, x))
			continue;
		l = log_grow(&y->q, &s->events, &s->events_n, sizeof *l);
		if (l == NULL)
			continue;
		e = &l->event;
		l->x_ms = x;
		l->wall_ms = sqlite3_column_int64(q, 2);
		e->kind = (enum event_kind)sqlite3_column_int(q, 3);
		log_take_text(q, 4, e->bed, sizeof e->bed);
		log_take_text(q, 5, e->port, sizeof e->port);
		log_take_text(q, 6, e->session, sizeof e->session);
		e->from_ms = sqlite3_column_int64(q, 7);
		e->to_ms = sqlite3_column_int64(q, 8);
		e->count = sqlite3_column_int64(q, 9);
		log_take_text(q, 10, e->text, sizeof e->text);
		if (e->kind == EVENT_SEAL)
			snprintf(s->seal, sizeof s->seal, "%s", e->text);
		if (e->kind == EVENT_BRIDGE)
			s->boots++;
	}
	return r;
}

/* The id that "last" stands for, or the id itself if it is there. */
static int
find_session(struct log_reader *y, const char *id)
{
	bool last = strcmp(id, "last") == 0;
	sqlite3_stmt *q = log_prepare(y->q.db, last ?
	    "SELECT session FROM statement WHERE kind = 0 "
	    "ORDER BY seq DESC LIMIT 1" :
	    "SELECT session FROM statement WHERE session = ?1 LIMIT 1",
	    last ? "" : "t", id);
	int r = 0;

	while (log_next(&y->q, q, &r))
		log_take_text(q, 0, y->s->session.id, sizeof y->s->session.id);
	if (r == 0 && y->s->session.id[0] == '\0')
		return last ?
		    log_complain(y->q.error, -ESRCH, "the log holds no session "
		    "yet") :
		    log_complain(y->q.error, -ESRCH, "the log holds no session "
		    "\"%.60s\"; `vitalsctl session list` shows those that it "
		    "has", id);
	return r;
}

static int
find_end(struct log_reader *y)
{
	struct log_session *s = y->s;
	enum phase p = session_phase(&s->session);
	int r = 0;

	s->open = p != PHASE_CLOSED && p != PHASE_ABORTED;
	s->end_ms = session_end_ms(&s->session);
	if (s->open)
		r = log_axis_newest(&y->q, &y->axis, &s->end_ms);
	if (s->end_ms < session_begin_ms(&s->session))
		s->end_ms = session_begin_ms(&s->session);
	return r;
}

static int
read_all(struct log_reader *y, const char *id, enum log_depth depth)
{
	const struct log_statement *l;
	int r;

	if ((r = find_session(y, id)) < 0 ||
	    (r = log_axis_read(&y->q, y->s->session.id, &y->axis)) < 0 ||
	    (r = read_statements(y)) < 0)
		return r;
	if (y->s->session.n == 0 && !y->q.no_memory)
		return log_complain(y->q.error, -EBADMSG, "the log holds no "
		    "start of session %s", y->s->session.id);
	if (y->q.no_memory)
		return log_complain(y->q.error, -ENOMEM, "out of memory");
	l = &y->s->statements[0];
	y->s->begin_wall_ms = l->st.at_wall_ms +
	    session_begin_ms(&y->s->session) - l->st.at_ms;
	if ((r = find_end(y)) < 0)
		return r;
	if (depth >= LOG_RECORDS && ((r = read_changes(y)) < 0 ||
	    (r = read_events(y)) < 0 || (r = log_read_gaps(y)) < 0 ||
	    (r = log_read_ports(y)) < 0))
		return r;
	if (depth >= LOG_READINGS && (r = log_read_readings(y)) < 0)
		return r;
	return y->q.no_memory ?
	    log_complain(y->q.error, -ENOMEM, "out of memory") : 0;
}

int
log_session_read(sqlite3 *db, const char *id, enum log_depth depth,
    struct log_session **out, char error[LOG_ERROR])
{
	struct log_reader y = { .q = { .db = db, .error = error } };
	int r;

	y.s = calloc(1, sizeof *y.s);
	if (y.s == NULL)
		return log_complain(error, -ENOMEM, "out of memory");
	if (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		r = log_complain(error, -EIO, "the log cannot be read: %s",
		    sqlite3_errmsg(db));
	else
		r = read_all(&y, id, depth);
	(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	log_axis_free(&y.axis);
	if (r < 0)
		log_session_free(y.s);
	else
		*out = y.s;
	return r;
}

void
log_session_free(struct log_session *s)
{
	if (s == NULL)
		return;
	free(s->statements);
	free(s->changes);
	free(s->events);
	free(s->gaps);
	free(s->ports);
	free(s->readings);
	free(s->removed);
	free(s);
}
