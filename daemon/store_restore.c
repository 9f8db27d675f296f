/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading back: open sessions, what is armed, open alarms, notices not yet
 * delivered, and how the axes of earlier boots lie to this one.
 *
 * Easy to get wrong: an axis is moved from boot to boot, each time by the wall
 * clock on both sides of that reboot (docs/log.md), so that a wall clock that
 * was stepped within a boot moves nothing.
 */
#include "daemon/store_restore.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/rule.h"
#include "daemon/store_row.h"

_Static_assert(LADDERS <= 32, "struct store_session: armed[]");

/* One boot of the log: where its axis begins and ends. */
struct boot {
	char id[40];
	int64_t first_seq;
	int64_t first_offset_ms, last_offset_ms;	/* wall_ms - t_ms */
};

struct restore {
	struct store_db *d;
	struct boot *boot;
	size_t boots_n;
};

/* The newest record below a seq: (seq, t_ms, wall_ms, synced, is a stop). */
#define LAST(table, stop) "SELECT * FROM (SELECT seq, t_ms, wall_ms, synced, " \
	stop " FROM " table " WHERE seq < ?1 ORDER BY seq DESC LIMIT 1)"
#define STOP_KIND "kind = 1"	/* EVENT_STOP */
static const char last_record[] =
	"SELECT * FROM (" LAST("start", "0") " UNION ALL " LAST("clock", "0")
	" UNION ALL " LAST("span", "0") " UNION ALL " LAST("statement", "0")
	" UNION ALL " LAST("alarm", "0") " UNION ALL " LAST("notice", "0")
	" UNION ALL " LAST("delivery", "0") " UNION ALL "
	LAST("event", STOP_KIND) ") ORDER BY seq DESC LIMIT 1";

/* Makes room for one more in the array that *array points to, of whatever
 * type; NULL without memory. */
static void *
grow(void *array, size_t *n, size_t size)
{
	void *items, *item;

	memcpy(&items, array, sizeof items);
	items = realloc(items, (*n + 1) * size);
	if (items == NULL)
		return NULL;
	memcpy(array, &items, sizeof items);
	item = (char *)items + *n * size;
	memset(item, 0, size);
	++*n;
	return item;
}

static int
read_last(struct restore *r, int64_t below, int64_t *t_ms, int64_t *wall_ms,
    bool *synced, bool *stop)
{
	sqlite3_stmt *st = NULL;
	int i = 1, err = store_row_prepare(r->d, last_record, &st);

	if (err == 0) {
		sqlite3_bind_int64(st, 1, below);
		err = store_row_next(r->d, st);
	}
	if (err == 1) {
		*t_ms = store_row_int(st, &i);
		*wall_ms = store_row_int(st, &i);
		*synced = store_row_int(st, &i) != 0;
		*stop = store_row_int(st, &i) != 0;
	}
	sqlite3_finalize(st);
	return err < 0 ? err : 0;
}

static int
read_boots(struct restore *r)
{
	sqlite3_stmt *st = NULL;
	int err = store_row_prepare(r->d,
	    "SELECT boot_id, seq, wall_ms - t_ms FROM"
	    " start ORDER BY seq", &st);

	while (err == 0 && (err = store_row_next(r->d, st)) == 1) {
		struct boot b = { 0 };
		struct boot *last = r->boots_n ? &r->boot[r->boots_n - 1] :
		    NULL;
		int i = 0;

		store_row_text(st, &i, b.id, sizeof b.id);
		b.first_seq = store_row_int(st, &i);
		b.first_offset_ms = store_row_int(st, &i);
		err = 0;
		if (last != NULL && strcmp(last->id, b.id) == 0)
			continue;
		last = grow(&r->boot, &r->boots_n, sizeof b);
		if (last == NULL)
			err = -ENOMEM;
		else
			*last = b;
	}
	sqlite3_finalize(st);
	for (size_t i = 0; err == 0 && i < r->boots_n; i++) {
		int64_t below = i + 1 < r->boots_n ?
		    r->boot[i + 1].first_seq : INT64_MAX;
		int64_t t = 0, wall = 0;
		bool synced, stop;

		err = read_last(r, below, &t, &wall, &synced, &stop);
		r->boot[i].last_offset_ms = wall - t;
	}
	return err;
}

/* What to add to a t_ms of the boot in which record seq was written, so that
 * it lies on this boot's axis. */
static int64_t
axis_shift(const struct restore *r, int64_t seq)
{
	const struct store_options *o = r->d->options;
	int64_t shift = 0;
	size_t i = 0;

	while (i + 1 < r->boots_n && r->boot[i + 1].first_seq <= seq)
		i++;
	for (; i < r->boots_n; i++) {
		if (i + 1 < r->boots_n)
			shift += r->boot[i].last_offset_ms -
			    r->boot[i + 1].first_offset_ms;
		else if (strcmp(r->boot[i].id, o->boot_id) != 0)
			shift += r->boot[i].last_offset_ms -
			    (o->now.wall_ms - o->now.t_ms);
	}
	return shift;
}

static void
get_statement(const struct restore *r, sqlite3_stmt *st,
    struct statement *out)
{
	int i = 0;
	int64_t seq = store_row_int(st, &i);

	i += 4;		/* the rest of the stamp */
	out->id = store_row_id(st, &i);
	out->kind = (enum statement_kind)store_row_int(st, &i);
	store_row_text(st, &i, out->session, sizeof out->session);
	store_row_text(st, &i, out->bed, sizeof out->bed);
	out->at_ms = store_row_int(st, &i) + axis_shift(r, seq);
	out->at_wall_ms = store_row_int(st, &i);
	store_row_text(st, &i, out->user, sizeof out->user);
	store_row_text(st, &i, out->by, sizeof out->by);
	out->amends = store_row_id(st, &i);
	out->withdrawn = store_row_int(st, &i) != 0;
	store_row_text(st, &i, out->subject, sizeof out->subject);
	store_row_text(st, &i, out->text, sizeof out->text);
}

static void
get_alarm(const struct restore *r, sqlite3_stmt *st, struct alarm_change *a)
{
	int i = 0;
	int64_t seq = store_row_int(st, &i);

	i += 4;
	a->event = store_row_id(st, &i);
	store_row_text(st, &i, a->condition, sizeof a->condition);
	store_row_text(st, &i, a->tier, sizeof a->tier);
	a->type = (enum alarm_type)store_row_int(st, &i);
	a->phase = (enum alarm_phase)store_row_int(st, &i);
	a->state = (enum alarm_state)store_row_int(st, &i);
	a->priority = (enum priority)store_row_int(st, &i);
	a->level = (enum priority)store_row_int(st, &i);
	a->acknowledged = store_row_int(st, &i) != 0;
	a->confirmed = store_row_int(st, &i) != 0;
	a->paused = store_row_int(st, &i) != 0;
	a->demo = store_row_int(st, &i) != 0;
	store_row_text(st, &i, a->bed, sizeof a->bed);
	store_row_text(st, &i, a->session, sizeof a->session);
	a->session_phase = (enum phase)store_row_int(st, &i);
	a->infusion_ms = sqlite3_column_type(st, i) == SQLITE_NULL ?
	    INFUSION_NONE : sqlite3_column_int64(st, i);
	i++;
	a->has_value = sqlite3_column_type(st, i) != SQLITE_NULL;
	a->vital = (enum vital)store_row_int(st, &i);
	a->value = (int32_t)store_row_int(st, &i);
	a->limit = (int32_t)store_row_int(st, &i);
	a->value_age_ms = store_row_int(st, &i);
	a->since_ms = store_row_int(st, &i) + axis_shift(r, seq);
	store_row_text(st, &i, a->by, sizeof a->by);
	store_row_text(st, &i, a->text, sizeof a->text);
	a->peak = (enum priority)store_row_int(st, &i);
}

/* What was said of a session: its steps, and of one that is still open ('s', else
 * NULL) also the baseline and the limits. */
static int
restore_statements(struct restore *r, const char *session,
    struct session *steps, struct store_session *s)
{
	sqlite3_stmt *st = NULL;
	int err = store_row_prepare(r->d,
	    "SELECT * FROM statement WHERE session = ?"
	    " ORDER BY seq", &st);

	if (err == 0)
		sqlite3_bind_text(st, 1, session, -1, SQLITE_TRANSIENT);
	while (err == 0 && (err = store_row_next(r->d, st)) == 1) {
		struct statement x = { 0 };

		get_statement(r, st, &x);
		session_apply(steps, &x);
		err = 0;
		if (s != NULL && x.kind == STATEMENT_BASELINE_CONFIRM)
			s->baseline = x;
		if (s != NULL && x.kind == STATEMENT_LIMIT_SET) {
			struct statement *l = grow(&s->limits,
			    &s->limits_n, sizeof x);

			if (l == NULL)
				err = -ENOMEM;
			else
				*l = x;
		}
	}
	sqlite3_finalize(st);
	return err;
}

static int
restore_armed(struct restore *r, struct store_session *s)
{
	sqlite3_stmt *st = NULL;
	int err = store_row_prepare(r->d,
	    "SELECT text FROM event WHERE session = ?"
	    " AND kind = 15", &st);	/* EVENT_ARMED */

	if (err == 0)
		sqlite3_bind_text(st, 1, s->session.id, -1, SQLITE_STATIC);
	while (err == 0 && (err = store_row_next(r->d, st)) == 1) {
		char name[CONDITION_MAX];
		int i = 0;

		store_row_text(st, &i, name, sizeof name);
		for (int l = 0; l < LADDERS; l++)
			if (strcmp(name, ladder_name[l]) == 0)
				s->armed[l] = true;
		err = 0;
	}
	sqlite3_finalize(st);
	return err;
}

/* The open alarms of a session; of none with "".  An event that began on an
 * idle bed may have ended in a session. */
static int
read_alarms(struct restore *r, const char *session, struct alarm_change **out,
    size_t *n)
{
	sqlite3_stmt *st = NULL;
	int err = store_row_prepare(r->d,
	    "SELECT a.*, (SELECT max(priority) FROM alarm every WHERE"
	    " every.event = a.event) FROM alarm a WHERE session = ?"
	    " AND state <> 0 AND NOT EXISTS (SELECT 1 FROM alarm later WHERE"
	    " later.event = a.event AND later.seq > a.seq) ORDER BY seq",
	    &st);	/* ALARM_INACTIVE */

	if (err == 0)
		sqlite3_bind_text(st, 1, session, -1, SQLITE_STATIC);
	while (err == 0 && (err = store_row_next(r->d, st)) == 1) {
		struct alarm_change *a = grow(out, n, sizeof *a);

		err = a == NULL ? -ENOMEM : 0;
		if (a != NULL)
			get_alarm(r, st, a);
	}
	sqlite3_finalize(st);
	return err;
}

static int
restore_sessions(struct restore *r, struct store_restored *out, bool certain)
{
	const struct now *now = &r->d->options->now;
	sqlite3_stmt *st = NULL;
	int err = store_row_prepare(r->d,
	    "SELECT session FROM statement s WHERE kind = 0"
	    " AND NOT EXISTS (SELECT 1 FROM statement e WHERE e.kind IN (5, 6)"
	    " AND e.session = s.session) ORDER BY seq", &st);

	while (err == 0 && (err = store_row_next(r->d, st)) == 1) {
		struct store_session *s = grow(&out->sessions,
		    &out->sessions_n, sizeof *s);
		char session[SESSION_ID_MAX];
		int i = 0;

		if (s == NULL) {
			err = -ENOMEM;
			break;
		}
		store_row_text(st, &i, session, sizeof session);
		s->same_boot = out->last_same_boot;
		s->bridge_certain = certain;
		s->bridge_ms = s->same_boot ? 0 :
		    now->wall_ms - out->last_wall_ms;
		s->baseline.kind = STATEMENT_MARK;
		err = restore_statements(r, session, &s->session, s);
		if (err == 0)
			err = restore_armed(r, s);
		if (err == 0)
			err = read_alarms(r, s->session.id, &s->open_alarms,
			    &s->open_alarms_n);
	}
	sqlite3_finalize(st);
	return err;
}

/* Further back no statement can be made (daemon/session.c); the wall clock may
 * have been wrong. */
#define ENDED_MS (INT64_C(24) * 3600 * 1000)

static int
restore_ended(struct restore *r, struct store_restored *out)
{
	sqlite3_stmt *st = NULL;
	int err = store_row_prepare(r->d,
	    "SELECT session FROM statement WHERE kind IN (5, 6)"
	    " AND wall_ms > ? ORDER BY seq", &st);

	if (err == 0)
		sqlite3_bind_int64(st, 1, r->d->options->now.wall_ms -
		    ENDED_MS);
	while (err == 0 && (err = store_row_next(r->d, st)) == 1) {
		struct session *s = grow(&out->ended, &out->ended_n,
		    sizeof *s);
		char session[SESSION_ID_MAX];
		int i = 0;

		store_row_text(st, &i, session, sizeof session);
		err = s == NULL ? -ENOMEM :
		    restore_statements(r, session, s, NULL);
	}
	sqlite3_finalize(st);
	return err;
}

/* The newest that have not arrived, oldest first. */
static int
restore_notices(struct restore *r, struct store_restored *out)
{
	sqlite3_stmt *st = NULL;
	int err = store_row_prepare(r->d,
	    "SELECT key, channel, priority, event, body"
	    " FROM (SELECT * FROM notice n WHERE NOT EXISTS (SELECT 1 FROM"
	    " delivery y WHERE y.key = n.key AND y.outcome = 0"
	    " AND y.channel = n.channel) ORDER BY seq DESC LIMIT ?)"
	    " ORDER BY seq", &st);

	if (err == 0)
		sqlite3_bind_int64(st, 1, (int64_t)
		    STORE_RECORDS(r->d->options->ports_n));
	while (err == 0 && (err = store_row_next(r->d, st)) == 1) {
		struct notice *n = grow(&out->notices,
		    &out->notices_n, sizeof *n);
		int i = 0;

		err = n == NULL ? -ENOMEM : 0;
		if (n == NULL)
			break;
		n->key = store_row_id(st, &i);
		store_row_text(st, &i, n->channel, sizeof n->channel);
		n->priority = (enum priority)store_row_int(st, &i);
		n->event = store_row_id(st, &i);
		store_row_text(st, &i, n->body, sizeof n->body);
		n->length = strlen(n->body);
	}
	sqlite3_finalize(st);
	return err;
}

/* The last reading may be newer than the last record. */
static int
look_at_last_reading(struct restore *r, struct store_restored *out)
{
	struct store_db *d = r->d;
	char sql[160];
	int64_t n = 0, t = INT64_MIN, start = 0, offset;
	int err = store_db_number(d, "SELECT max(n) FROM segment", NULL, 0,
	    &n);

	if (err < 0 || n == 0)
		return err;
	err = store_db_number(d, "SELECT start FROM segment ORDER BY n DESC"
	    " LIMIT 1", NULL, 0, &start);
	if (err < 0 || r->boots_n == 0 ||
	    start < r->boot[r->boots_n - 1].first_seq)
		return err;	/* of an earlier boot than the last record */
	snprintf(sql, sizeof sql, "SELECT t_ms FROM reading_%06lld ORDER BY"
	    " row DESC LIMIT 1", (long long)n);
	err = store_db_number(d, sql, NULL, INT64_MIN, &t);
	if (err < 0 || t <= out->last_t_ms)
		return err;
	offset = out->last_wall_ms - out->last_t_ms;
	out->last_t_ms = t;
	out->last_wall_ms = t + offset;
	return 0;
}

int
store_restore(struct store_db *d, struct store_restored *out)
{
	struct restore r = { .d = d };
	int64_t version = 0;
	bool synced = false;
	int err = store_db_number(d, "PRAGMA user_version", NULL, 0, &version);

	if (err < 0 || version == 0)
		return err;
	err = read_boots(&r);
	if (err == 0)
		err = read_last(&r, INT64_MAX, &out->last_t_ms,
		    &out->last_wall_ms, &synced, &out->last_clean);
	if (err == 0 && r.boots_n > 0)
		out->last_same_boot = strcmp(r.boot[r.boots_n - 1].id,
		    d->options->boot_id) == 0;
	if (err == 0)
		err = look_at_last_reading(&r, out);
	if (err == 0)
		err = restore_sessions(&r, out,
		    synced && d->options->now.synced);
	if (err == 0)
		err = restore_ended(&r, out);
	if (err == 0)
		err = read_alarms(&r, "", &out->stray, &out->stray_n);
	if (err == 0)
		err = restore_notices(&r, out);
	free(r.boot);
	return err;
}

int
store_restore_ids(struct store_db *d, char (**out)[SESSION_ID_MAX], size_t *n)
{
	sqlite3_stmt *st = NULL;
	int64_t version = 0;
	int err = store_db_number(d, "PRAGMA user_version", NULL, 0, &version);

	if (err < 0 || version == 0)
		return err;
	err = store_row_prepare(d,
	    "SELECT session FROM statement WHERE kind = 0"
	    " ORDER BY seq DESC LIMIT ?", &st);
	if (err == 0)
		sqlite3_bind_int64(st, 1, (int64_t)
		    STORE_RECORDS(d->options->ports_n));
	while (err == 0 && (err = store_row_next(d, st)) == 1) {
		char *id = grow(out, n, SESSION_ID_MAX);
		int i = 0;

		err = id == NULL ? -ENOMEM : 0;
		if (id != NULL)
			store_row_text(st, &i, id, SESSION_ID_MAX);
	}
	sqlite3_finalize(st);
	return err;
}

void
store_restored_clear(struct store_restored *r)
{
	char replaced[sizeof r->replaced];

	for (size_t i = 0; i < r->sessions_n; i++) {
		free(r->sessions[i].limits);
		free(r->sessions[i].open_alarms);
	}
	free(r->sessions);
	free(r->ended);
	free(r->stray);
	free(r->notices);
	memcpy(replaced, r->replaced, sizeof replaced);
	memset(r, 0, sizeof *r);
	memcpy(r->replaced, replaced, sizeof replaced);
}

void
store_restored_free(struct store_restored *r)
{
	if (r == NULL)
		return;
	store_restored_clear(r);
	free(r);
}
