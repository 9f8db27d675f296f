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
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "schemas/migrations.h"

#define BUSY_MS 2000

/* What is to be added to t_ms of records of a process start and later. */
struct shift {
	int64_t start, offset_ms;
};

struct reader {
	sqlite3 *db;
	char *error;
	struct log_session *s;
	struct shift *shift;
	size_t shifts_n;
	int64_t first_seq, last_seq;	/* of the session's statements */
	bool no_memory;
};

static int __attribute__((format(printf, 3, 4)))
complain(char *error, int r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(error, LOG_ERROR, format, ap);
	va_end(ap);
	return r;
}

static int
map_error(int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_READONLY:
		return -EACCES;
	case SQLITE_BUSY:
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

static int
sql_error(sqlite3 *db, char *error)
{
	return complain(error, map_error(sqlite3_errcode(db)),
	    "the log cannot be read: %s", sqlite3_errmsg(db));
}

/* Prepares a query and binds its arguments: 't' a text, 'i' an int64_t. */
static sqlite3_stmt *
prepare(sqlite3 *db, const char *sql, const char *types, ...)
{
	sqlite3_stmt *q = NULL;
	va_list ap;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
		return NULL;
	va_start(ap, types);
	for (int i = 0; types[i] != '\0'; i++)
		if (types[i] == 't')
			sqlite3_bind_text(q, i + 1, va_arg(ap, const char *),
			    -1, SQLITE_TRANSIENT);
		else
			sqlite3_bind_int64(q, i + 1, va_arg(ap, int64_t));
	va_end(ap);
	return q;
}

/* True while there are rows; *r keeps an error. */
static bool
next_row(struct reader *y, sqlite3_stmt *q, int *r)
{
	int code;

	if (q == NULL) {
		*r = sql_error(y->db, y->error);
		return false;
	}
	code = sqlite3_step(q);
	if (code == SQLITE_ROW)
		return true;
	if (code != SQLITE_DONE)
		*r = sql_error(y->db, y->error);
	sqlite3_finalize(q);
	return false;
}

static void
take_text(sqlite3_stmt *q, int column, char *out, size_t cap)
{
	const char *s = (const char *)sqlite3_column_text(q, column);

	snprintf(out, cap, "%s", s != NULL ? s : "");
}

static struct event_id
take_id(sqlite3_stmt *q, int column)
{
	const char *s = (const char *)sqlite3_column_text(q, column);
	struct event_id id = { 0, 0 };

	if (s == NULL || !event_id_parse(s, &id))
		return (struct event_id){ 0, 0 };
	return id;
}

/* Makes room for one more of 'size' bytes; NULL notes that memory is short. */
static void *
grow(struct reader *y, void *list, size_t *n, size_t size)
{
	char *base = *(char **)list;

	/* Doubles at each power of two. */
	if ((*n & (*n - 1)) == 0) {
		char *more = realloc(base, (*n == 0 ? 1 : *n * 2) * size);

		if (more == NULL) {
			y->no_memory = true;
			return NULL;
		}
		*(char **)list = base = more;
	}
	memset(base + *n * size, 0, size);
	return base + (*n)++ * size;
}

static int64_t
shift_of(const struct reader *y, int64_t start)
{
	int64_t offset = 0;

	for (size_t i = 0; i < y->shifts_n && y->shift[i].start <= start; i++)
		offset = y->shift[i].offset_ms;
	return offset;
}

/* Wall minus BOOTTIME of the last record before seq. */
static int
last_difference(struct reader *y, int64_t seq, int64_t *out)
{
	static const char sql[] =
	    "SELECT d FROM ("
	    "SELECT * FROM (SELECT seq, wall_ms - t_ms AS d FROM start "
	    "WHERE seq < ?1 ORDER BY seq DESC LIMIT 1) UNION ALL "
	    "SELECT * FROM (SELECT seq, wall_ms - t_ms FROM clock "
	    "WHERE seq < ?1 ORDER BY seq DESC LIMIT 1) UNION ALL "
	    "SELECT * FROM (SELECT seq, wall_ms - t_ms FROM statement "
	    "WHERE seq < ?1 ORDER BY seq DESC LIMIT 1) UNION ALL "
	    "SELECT * FROM (SELECT seq, wall_ms - t_ms FROM alarm "
	    "WHERE seq < ?1 ORDER BY seq DESC LIMIT 1) UNION ALL "
	    "SELECT * FROM (SELECT seq, wall_ms - t_ms FROM event "
	    "WHERE seq < ?1 ORDER BY seq DESC LIMIT 1)"
	    ") ORDER BY seq DESC LIMIT 1";
	sqlite3_stmt *q = prepare(y->db, sql, "i", seq);
	int r = 0;

	while (next_row(y, q, &r))
		*out = sqlite3_column_int64(q, 0);
	return r;
}

/* The process starts from the session's own on, and what moves each onto the
 * session's axis. */
static int
read_starts(struct reader *y)
{
	sqlite3_stmt *q = prepare(y->db, "SELECT seq, boot_id, wall_ms - t_ms "
	    "FROM start WHERE seq >= (SELECT start FROM statement WHERE "
	    "session = ?1 ORDER BY seq LIMIT 1) ORDER BY seq", "t",
	    y->s->session.id);
	char boot[40] = "", before[40] = "";
	int64_t offset = 0;
	int r = 0;

	y->s->boots = 0;
	while (next_row(y, q, &r)) {
		int64_t seq = sqlite3_column_int64(q, 0), last = 0;
		struct shift *h;

		take_text(q, 1, boot, sizeof boot);
		if (y->shifts_n > 0 && strcmp(boot, before) != 0) {
			r = last_difference(y, seq, &last);
			if (r < 0) {
				sqlite3_finalize(q);
				return r;
			}
			offset += sqlite3_column_int64(q, 2) - last;
		}
		strcpy(before, boot);
		h = grow(y, &y->shift, &y->shifts_n, sizeof *h);
		if (h != NULL)
			*h = (struct shift){ seq, offset };
	}
	return r;
}

static int
read_statements(struct reader *y)
{
	struct log_session *s = y->s;
	sqlite3_stmt *q = prepare(y->db, "SELECT seq, start, t_ms, wall_ms, "
	    "id, kind, bed, at_ms, at_wall_ms, entered_by, stated_by, amends, "
	    "withdrawn, subject, text FROM statement WHERE session = ?1 "
	    "ORDER BY seq", "t", s->session.id);
	int r = 0;

	while (next_row(y, q, &r)) {
		struct log_statement *l = grow(y, &s->statements,
		    &s->statements_n, sizeof *l);
		int64_t shift = shift_of(y, sqlite3_column_int64(q, 1));

		if (l == NULL)
			continue;
		y->last_seq = sqlite3_column_int64(q, 0);
		if (y->first_seq == 0)
			y->first_seq = y->last_seq;
		l->x_ms = sqlite3_column_int64(q, 2) + shift;
		l->wall_ms = sqlite3_column_int64(q, 3);
		l->st.id = take_id(q, 4);
		l->st.kind = (enum statement_kind)sqlite3_column_int(q, 5);
		strcpy(l->st.session, s->session.id);
		take_text(q, 6, l->st.bed, sizeof l->st.bed);
		l->st.at_ms = sqlite3_column_int64(q, 7) + shift;
		l->st.at_wall_ms = sqlite3_column_int64(q, 8);
		take_text(q, 9, l->st.user, sizeof l->st.user);
		take_text(q, 10, l->st.by, sizeof l->st.by);
		l->st.amends = take_id(q, 11);
		l->st.withdrawn = sqlite3_column_int(q, 12) != 0;
		take_text(q, 13, l->st.subject, sizeof l->st.subject);
		take_text(q, 14, l->st.text, sizeof l->st.text);
		session_apply(&s->session, &l->st);
	}
	return r;
}

static int
count_deliveries(struct reader *y, struct log_change *c, int64_t start,
    int64_t t_ms)
{
	char id[EVENT_ID_TEXT];
	sqlite3_stmt *q;
	int r = 0;

	event_id_format(id, c->change.event);
	q = prepare(y->db, "SELECT count(*), count(took), min(took) FROM "
	    "(SELECT (SELECT min(took_ms) FROM delivery d WHERE d.key = n.key "
	    "AND d.channel = n.channel AND d.outcome = 0) AS took FROM notice "
	    "n WHERE n.event = ?1 AND n.start = ?2 AND n.t_ms = ?3)", "tii",
	    id, start, t_ms);
	while (next_row(y, q, &r)) {
		c->notices = (uint32_t)sqlite3_column_int(q, 0);
		c->deliveries = (uint32_t)sqlite3_column_int(q, 1);
		c->delivered_ms = c->deliveries > 0 ?
		    sqlite3_column_int64(q, 2) : -1;
	}
	return r;
}

static void
take_change(sqlite3_stmt *q, struct log_change *l, int64_t shift)
{
	struct alarm_change *c = &l->change;

	l->x_ms = sqlite3_column_int64(q, 1) + shift;
	l->wall_ms = sqlite3_column_int64(q, 2);
	c->event = take_id(q, 3);
	take_text(q, 4, c->condition, sizeof c->condition);
	take_text(q, 5, c->tier, sizeof c->tier);
	c->type = (enum alarm_type)sqlite3_column_int(q, 6);
	c->phase = (enum alarm_phase)sqlite3_column_int(q, 7);
	c->state = (enum alarm_state)sqlite3_column_int(q, 8);
	c->priority = (enum priority)sqlite3_column_int(q, 9);
	c->level = (enum priority)sqlite3_column_int(q, 10);
	c->acknowledged = sqlite3_column_int(q, 11) != 0;
	c->confirmed = sqlite3_column_int(q, 12) != 0;
	c->paused = sqlite3_column_int(q, 13) != 0;
	c->demo = sqlite3_column_int(q, 14) != 0;
	take_text(q, 15, c->bed, sizeof c->bed);
	take_text(q, 16, c->session, sizeof c->session);
	c->session_phase = (enum phase)sqlite3_column_int(q, 17);
	c->infusion_ms = sqlite3_column_type(q, 18) == SQLITE_NULL ?
	    INFUSION_NONE : sqlite3_column_int64(q, 18);
	c->has_value = sqlite3_column_type(q, 20) != SQLITE_NULL;
	c->vital = (enum vital)sqlite3_column_int(q, 19);
	c->value = sqlite3_column_int(q, 20);
	c->limit = sqlite3_column_int(q, 21);
	c->value_age_ms = sqlite3_column_int64(q, 22);
	c->since_ms = sqlite3_column_int64(q, 23) + shift;
	take_text(q, 24, c->by, sizeof c->by);
	take_text(q, 25, c->text, sizeof c->text);
}

static int
read_changes(struct reader *y)
{
	struct log_session *s = y->s;
	sqlite3_stmt *q = prepare(y->db, "SELECT start, t_ms, wall_ms, event, "
	    "condition, tier, type, phase, state, priority, level, "
	    "acknowledged, confirmed, paused, demo, bed, session, "
	    "session_phase, infusion_ms, vital, value, threshold, "
	    "value_age_ms, since_ms, stated_by, text FROM alarm WHERE "
	    "session = ?1 OR (bed = '' AND seq BETWEEN ?2 AND ?3) "
	    "ORDER BY seq", "tii", s->session.id, y->first_seq,
	    s->open ? INT64_MAX : y->last_seq);
	int r = 0;

	while (next_row(y, q, &r)) {
		struct log_change *l = grow(y, &s->changes, &s->changes_n,
		    sizeof *l);
		int64_t start = sqlite3_column_int64(q, 0);

		if (l == NULL)
			continue;
		take_change(q, l, shift_of(y, start));
		r = count_deliveries(y, l, start, sqlite3_column_int64(q, 1));
		if (r < 0) {
			sqlite3_finalize(q);
			return r;
		}
	}
	return r;
}

static int
read_events(struct reader *y)
{
	struct log_session *s = y->s;
	sqlite3_stmt *q = prepare(y->db, "SELECT start, t_ms, wall_ms, kind, "
	    "bed, port, session, from_ms, to_ms, count, text FROM event WHERE "
	    "session = ?1 OR (session = '' AND bed IN ('', ?2) AND "
	    "seq BETWEEN ?3 AND ?4) ORDER BY seq", "ttii", s->session.id,
	    s->session.bed, y->first_seq, s->open ? INT64_MAX : y->last_seq);
	int r = 0;

	while (next_row(y, q, &r)) {
		struct log_event *l = grow(y, &s->events, &s->events_n,
		    sizeof *l);
		struct event *e;

		if (l == NULL)
			continue;
		e = &l->event;
		l->x_ms = sqlite3_column_int64(q, 1) +
		    shift_of(y, sqlite3_column_int64(q, 0));
		l->wall_ms = sqlite3_column_int64(q, 2);
		e->kind = (enum event_kind)sqlite3_column_int(q, 3);
		take_text(q, 4, e->bed, sizeof e->bed);
		take_text(q, 5, e->port, sizeof e->port);
		take_text(q, 6, e->session, sizeof e->session);
		e->from_ms = sqlite3_column_int64(q, 7);
		e->to_ms = sqlite3_column_int64(q, 8);
		e->count = sqlite3_column_int64(q, 9);
		take_text(q, 10, e->text, sizeof e->text);
		if (e->kind == EVENT_SEAL)
			snprintf(s->seal, sizeof s->seal, "%.95s", e->text);
		if (e->kind == EVENT_BRIDGE)
			s->boots++;
	}
	s->boots++;
	return r;
}

static int
read_ports(struct reader *y)
{
	struct log_session *s = y->s;
	sqlite3_stmt *q = prepare(y->db, "SELECT n, name, driver FROM port "
	    "WHERE bed = ?1 ORDER BY n", "t", s->session.bed);
	int r = 0;

	while (next_row(y, q, &r)) {
		struct log_port *p = grow(y, &s->ports, &s->ports_n,
		    sizeof *p);

		if (p == NULL)
			continue;
		p->n = sqlite3_column_int64(q, 0);
		take_text(q, 1, p->name, sizeof p->name);
		take_text(q, 2, p->driver, sizeof p->driver);
	}
	return r;
}

static int
port_index(const struct log_session *s, int64_t n)
{
	for (size_t i = 0; i < s->ports_n; i++)
		if (s->ports[i].n == n)
			return (int)i;
	return -1;
}

static int
read_segment(struct reader *y, const char *table, int64_t first,
    int64_t last, int64_t shift)
{
	struct log_session *s = y->s;
	char sql[256];
	sqlite3_stmt *q;
	int r = 0;

	/* The name is the log's own, and still is not trusted. */
	if (strspn(table, "abcdefghijklmnopqrstuvwxyz_0123456789") !=
	    strlen(table))
		return complain(y->error, -EBADMSG, "the log names a segment "
		    "that cannot be");
	snprintf(sql, sizeof sql, "SELECT port, t_ms, vital, quality, flags, "
	    "value, age_ms FROM %s WHERE row BETWEEN ?1 AND ?2 ORDER BY row",
	    table);
	q = prepare(y->db, sql, "ii", first, last);
	while (next_row(y, q, &r)) {
		int port = port_index(s, sqlite3_column_int64(q, 0));
		int64_t x = sqlite3_column_int64(q, 1) + shift;
		int vital = sqlite3_column_int(q, 2);
		int quality = sqlite3_column_int(q, 3);
		struct log_reading *l;

		if (port < 0 || x < session_begin_ms(&s->session) ||
		    x > session_end_ms(&s->session) || vital < 0 ||
		    vital >= VITALS || quality < 0 || quality >= QUALITIES)
			continue;
		l = grow(y, &s->readings, &s->readings_n, sizeof *l);
		if (l == NULL)
			continue;
		l->x_ms = x;
		l->port = (uint16_t)port;
		l->vital = (uint8_t)vital;
		l->quality = (uint8_t)quality;
		l->flags = (uint8_t)sqlite3_column_int(q, 4);
		l->value = sqlite3_column_int(q, 5);
		l->age_ms = sqlite3_column_int(q, 6);
	}
	return r;
}

static int
read_readings(struct reader *y)
{
	sqlite3_stmt *q = prepare(y->db, "SELECT segment.name, segment.start, "
	    "first_row, coalesce(last_row, 9223372036854775807) FROM spans "
	    "JOIN segment ON segment.n = spans.segment WHERE session = ?1 "
	    "ORDER BY segment.n", "t", y->s->session.id);
	int r = 0;

	while (next_row(y, q, &r)) {
		char table[64];

		take_text(q, 0, table, sizeof table);
		r = read_segment(y, table, sqlite3_column_int64(q, 2),
		    sqlite3_column_int64(q, 3),
		    shift_of(y, sqlite3_column_int64(q, 1)));
		if (r < 0) {
			sqlite3_finalize(q);
			return r;
		}
	}
	return r;
}

/* The id that "last" stands for, or the id itself if it is there. */
static int
find_session(struct reader *y, const char *id)
{
	bool last = strcmp(id, "last") == 0;
	sqlite3_stmt *q = prepare(y->db, last ?
	    "SELECT session FROM statement WHERE kind = 0 "
	    "ORDER BY seq DESC LIMIT 1" :
	    "SELECT session FROM statement WHERE session = ?1 LIMIT 1",
	    last ? "" : "t", id);
	int r = 0;

	while (next_row(y, q, &r))
		take_text(q, 0, y->s->session.id, sizeof y->s->session.id);
	if (r == 0 && y->s->session.id[0] == '\0')
		return last ?
		    complain(y->error, -ESRCH, "the log holds no session "
		    "yet") :
		    complain(y->error, -ESRCH, "the log holds no session "
		    "\"%.60s\"; `vitalsctl session list` shows those that it "
		    "has", id);
	return r;
}

/* While it is open, it ends (so far) with the last thing known of it. */
static void
find_end(struct log_session *s)
{
	enum phase p = session_phase(&s->session);
	int64_t end = session_begin_ms(&s->session);

	s->open = p != PHASE_CLOSED && p != PHASE_ABORTED;
	if (!s->open) {
		s->end_ms = session_end_ms(&s->session);
		return;
	}
	if (s->statements_n > 0)
		end = s->statements[s->statements_n - 1].x_ms;
	if (s->changes_n > 0 && s->changes[s->changes_n - 1].x_ms > end)
		end = s->changes[s->changes_n - 1].x_ms;
	if (s->readings_n > 0 && s->readings[s->readings_n - 1].x_ms > end)
		end = s->readings[s->readings_n - 1].x_ms;
	s->end_ms = end;
}

static int
read_all(struct reader *y, const char *id, bool readings)
{
	int r;

	if ((r = find_session(y, id)) < 0 || (r = read_starts(y)) < 0 ||
	    (r = read_statements(y)) < 0)
		return r;
	find_end(y->s);
	if (y->s->statements_n > 0) {
		const struct log_statement *l = &y->s->statements[0];

		snprintf(y->s->session.bed, BED_MAX, "%s", l->st.bed);
		y->s->begin_wall_ms = l->st.at_wall_ms +
		    session_begin_ms(&y->s->session) - l->st.at_ms;
	}
	if ((r = read_changes(y)) < 0 || (r = read_events(y)) < 0 ||
	    (r = read_ports(y)) < 0 ||
	    (readings && (r = read_readings(y)) < 0))
		return r;
	find_end(y->s);
	return y->no_memory ? complain(y->error, -ENOMEM, "out of memory") : 0;
}

int
log_session_read(sqlite3 *db, const char *id, bool readings,
    struct log_session **out, char error[LOG_ERROR])
{
	struct reader y = { .db = db, .error = error };
	int r;

	y.s = calloc(1, sizeof *y.s);
	if (y.s == NULL)
		return complain(error, -ENOMEM, "out of memory");
	if (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK) {
		r = sql_error(db, error);
		goto done;
	}
	r = read_all(&y, id, readings);
	(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
done:
	free(y.shift);
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
	free(s->ports);
	free(s->readings);
	free(s);
}

static int
check_version(sqlite3 *db, const char *path, char error[LOG_ERROR])
{
	sqlite3_stmt *q = prepare(db, "PRAGMA user_version", "");
	struct reader y = { .db = db, .error = error };
	int known = 0, version = 0, r = 0;

	while (migrations[known] != NULL)
		known++;
	while (next_row(&y, q, &r))
		version = sqlite3_column_int(q, 0);
	if (r < 0)
		return r;
	if (version > known)
		return complain(error, -EPROTO, "%s has version %d; this "
		    "vitalsctl knows versions up to %d: install the newer one",
		    path, version, known);
	if (version == 0)
		return complain(error, -EBADMSG, "%s is not a log of vitalsd",
		    path);
	return 0;
}

int
log_open(sqlite3 **out, const char *path, char error[LOG_ERROR])
{
	sqlite3 *db = NULL;
	struct stat st;
	int r;

	if (stat(path, &st) < 0) {
		r = -errno;
		return complain(error, r, "%s: %s", path, strerror(-r));
	}
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) !=
	    SQLITE_OK) {
		r = complain(error, map_error(sqlite3_errcode(db)),
		    "%s: %s", path, sqlite3_errmsg(db));
		sqlite3_close(db);
		return r;
	}
	sqlite3_busy_timeout(db, BUSY_MS);
	r = check_version(db, path, error);
	if (r < 0) {
		sqlite3_close(db);
		return r;
	}
	*out = db;
	return 0;
}

void
log_close(sqlite3 *db)
{
	sqlite3_close(db);
}

/* What the table of sessions says of one: its phase, its length, its alarms. */
static int
summarise(struct reader *y, struct log_row *row)
{
	struct log_session *s;
	int64_t first = INT64_MIN, last = INT64_MIN;
	struct reader one = { .db = y->db, .error = y->error };
	int r;

	one.s = s = calloc(1, sizeof *s);
	if (s == NULL)
		return complain(y->error, -ENOMEM, "out of memory");
	r = read_all(&one, row->id, false);
	free(one.shift);
	if (r < 0) {
		log_session_free(s);
		return r;
	}
	snprintf(row->bed, sizeof row->bed, "%s", s->session.bed);
	snprintf(row->subject, sizeof row->subject, "%s",
	    s->session.subject);
	row->phase = session_phase(&s->session);
	row->begin_wall_ms = s->begin_wall_ms;
	row->end_wall_ms = s->open ? 0 : s->begin_wall_ms + s->end_ms -
	    session_begin_ms(&s->session);
	for (size_t i = 0; i < s->session.n; i++) {
		const struct session_step *t = &s->session.step[i];

		if (t->withdrawn)
			continue;
		if (t->kind == STATEMENT_INFUSION_START &&
		    (first == INT64_MIN || t->at_ms < first))
			first = t->at_ms;
		if (t->kind == STATEMENT_INFUSION_STOP && t->at_ms > last)
			last = t->at_ms;
	}
	if (last == INT64_MIN)
		last = s->end_ms;
	row->infusion_ms = first == INT64_MIN ? -1 : last - first;
	for (size_t i = 0; i < s->changes_n; i++) {
		const struct alarm_change *c = &s->changes[i].change;

		/* Every alarm once, at its highest: each start and escalation
		 * moves it up by one. */
		if (strcmp(c->session, row->id) != 0)
			continue;
		if (c->phase == ALARM_START)
			row->alarms[c->priority]++;
		else if (c->phase == ALARM_ESCALATE && c->priority > 0) {
			for (int p = (int)c->priority - 1; p >= 0; p--)
				if (row->alarms[p] > 0) {
					row->alarms[p]--;
					break;
				}
			row->alarms[c->priority]++;
		}
	}
	log_session_free(s);
	return 0;
}

int
log_list(sqlite3 *db, struct log_row **out, size_t *n, char error[LOG_ERROR])
{
	struct reader y = { .db = db, .error = error };
	struct log_row *rows = NULL;
	size_t rows_n = 0;
	sqlite3_stmt *q;
	int r = 0;

	if (sqlite3_exec(db, "BEGIN", NULL, NULL, NULL) != SQLITE_OK)
		return sql_error(db, error);
	q = prepare(db, "SELECT session FROM statement WHERE kind = 0 "
	    "ORDER BY seq DESC", "");
	while (next_row(&y, q, &r)) {
		struct log_row *row = grow(&y, &rows, &rows_n, sizeof *row);

		if (row != NULL)
			take_text(q, 0, row->id, sizeof row->id);
	}
	for (size_t i = 0; r == 0 && i < rows_n; i++)
		r = summarise(&y, &rows[i]);
	(void)sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
	if (r == 0 && y.no_memory)
		r = complain(error, -ENOMEM, "out of memory");
	if (r < 0) {
		free(rows);
		return r;
	}
	*out = rows;
	*n = rows_n;
	return 0;
}
