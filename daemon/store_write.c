/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The rows of the log, column by column as schemas/001-log.sql has them.
 *
 * Easy to get wrong: store_restore.c reads the same columns back by position.
 */
#include "daemon/store_write.h"
#include "daemon/store_feed.h"
#include "daemon/store_span.h"
#include "daemon/store_start.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A reading's own wall time may differ so much from that of the last clock
 * row; more, and nobody told us of a step. */
#define DRIFT_MS 500

static bool
clock_moved(const struct store_db *d, const struct now *now)
{
	int64_t drift = now->wall_ms - now->t_ms - d->wall_offset_ms;

	return !d->anchored || now->synced != d->synced || drift > DRIFT_MS ||
	    drift < -DRIFT_MS;
}

/* So many of them, from the first, can be stored by one statement. */
static size_t
alike(const struct store_db *d, const struct queued_reading *r, size_t n)
{
	size_t i = 1;

	while (i < n && r[i].port < d->options->ports_n &&
	    !clock_moved(d, &r[i].now) &&
	    !store_span_is_full(d, &r[i].now, d->rows + (int64_t)i))
		i++;
	return i;
}

static int
prepare_readings(struct store_db *d, sqlite3_stmt **out)
{
	char sql[200];
	int err = 0;

	*out = d->prepared[DB_READING];
	if (*out != NULL)
		return 0;
	/* SQLite numbers them on, from what was the last row. */
	snprintf(sql, sizeof sql, "INSERT INTO reading_%06" PRId64 " ("
	    STORE_FEED_COLUMNS ") SELECT " STORE_FEED_COLUMNS " FROM "
	    STORE_FEED_TABLE, d->segment);
	err = store_feed_register(d);
	return err < 0 ? err : store_db_prepare(d, DB_READING, sql, out);
}

int
store_write_readings(struct store_db *d, const struct queued_reading *r,
    size_t n, size_t *stored)
{
	sqlite3_stmt *st = NULL;
	int err = 0;

	*stored = 0;
	if (r->port >= d->options->ports_n)
		return -EINVAL;
	if (clock_moved(d, &r->now))
		err = store_start_clock(d, &r->now);
	if (err == 0)
		err = store_span_segment(d, &r->now);
	if (err == 0)
		err = prepare_readings(d, &st);
	if (err < 0)
		return err;
	d->feed = r;
	d->feed_n = alike(d, r, n);
	err = store_db_step(d, st);
	if (err < 0)
		return err;
	*stored = d->feed_n;
	d->rows += (int64_t)d->feed_n;
	return 0;
}

/* Which kind the statement is that an amendment names; -1 if unknown. */
static int
kind_of(struct store_db *d, struct event_id id, int64_t *out)
{
	sqlite3_stmt *st = NULL;
	int i = 0, rc, err = store_db_prepare(d, DB_KIND_OF,
	    "SELECT kind FROM statement WHERE id = ?", &st);

	if (err < 0)
		return err;
	store_put_id(st, &i, id);
	rc = sqlite3_step(st);
	*out = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : -1;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		err = store_db_fail(d, rc);
	sqlite3_reset(st);
	return err;
}

static bool
is_open(const struct store_db *d, const char *session)
{
	for (size_t i = 0; i < d->open_n; i++)
		if (strcmp(d->open[i], session) == 0)
			return true;
	return false;
}

/* What a statement does to its session's span. */
static int
move_span(struct store_db *d, const struct now *now,
    const struct statement *s)
{
	int64_t kind = -1;
	int err;

	switch ((int)s->kind) {
	case STATEMENT_SESSION_START:
		err = store_db_note_open(d, s->session);
		if (err == 0)
			err = store_span_cover(d, now, s->session, s->at_ms,
			    s->at_wall_ms, false);
		return err;
	case STATEMENT_SESSION_END:
	case STATEMENT_SESSION_ABORT:
		store_db_note_closed(d, s->session);
		return store_span_close(d, now, s->session);
	case STATEMENT_AMEND:
		err = kind_of(d, s->amends, &kind);
		if (err < 0 || s->withdrawn ||
		    (kind != STATEMENT_SESSION_START &&
		    kind != STATEMENT_SESSION_END))
			return err;
		return store_span_cover(d, now, s->session, s->at_ms,
		    s->at_wall_ms, !is_open(d, s->session));
	default:
		return 0;
	}
}

static int
write_statement(struct store_db *d, const struct now *now,
    const struct statement *s)
{
	sqlite3_stmt *st = NULL;
	int i = 0, err = store_db_prepare(d, DB_STATEMENT, "INSERT INTO"
	    " statement VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
	    " ?, ?)", &st);

	if (err < 0)
		return err;
	store_put_stamp(d, st, &i, now);
	store_put_id(st, &i, s->id);
	store_put_int(st, &i, s->kind);
	store_put_text(st, &i, s->session);
	store_put_text(st, &i, s->bed);
	store_put_int(st, &i, s->at_ms);
	store_put_int(st, &i, s->at_wall_ms);
	store_put_text(st, &i, s->user);
	store_put_text(st, &i, s->by);
	store_put_id(st, &i, s->amends);
	store_put_int(st, &i, s->withdrawn);
	store_put_text(st, &i, s->subject);
	store_put_text(st, &i, s->text);
	err = store_db_step(d, st);
	return err < 0 ? err : move_span(d, now, s);
}

static int
write_alarm(struct store_db *d, const struct now *now,
    const struct alarm_change *a)
{
	sqlite3_stmt *st = NULL;
	int i = 0, err = store_db_prepare(d, DB_ALARM, "INSERT INTO alarm"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?,"
	    " ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", &st);

	if (err < 0)
		return err;
	store_put_stamp(d, st, &i, now);
	store_put_id(st, &i, a->event);
	store_put_text(st, &i, a->condition);
	store_put_text(st, &i, a->tier);
	store_put_int(st, &i, a->type);
	store_put_int(st, &i, a->phase);
	store_put_int(st, &i, a->state);
	store_put_int(st, &i, a->priority);
	store_put_int(st, &i, a->level);
	store_put_int(st, &i, a->acknowledged);
	store_put_int(st, &i, a->confirmed);
	store_put_int(st, &i, a->paused);
	store_put_int(st, &i, a->demo);
	store_put_text(st, &i, a->bed);
	store_put_text(st, &i, a->session);
	store_put_int(st, &i, a->session_phase);
	if (a->infusion_ms == INFUSION_NONE)
		store_put_null(st, &i);
	else
		store_put_int(st, &i, a->infusion_ms);
	if (a->has_value) {
		store_put_int(st, &i, a->vital);
		store_put_int(st, &i, a->value);
		store_put_int(st, &i, a->limit);
		store_put_int(st, &i, a->value_age_ms);
	} else {
		for (int k = 0; k < 4; k++)
			store_put_null(st, &i);
	}
	store_put_int(st, &i, a->since_ms);
	store_put_text(st, &i, a->by);
	store_put_text(st, &i, a->text);
	return store_db_step(d, st);
}

static int
write_notice(struct store_db *d, const struct now *now,
    const struct notice *n)
{
	sqlite3_stmt *st = NULL;
	int i = 0, err;

	if (n->length > sizeof n->body)
		return -EINVAL;
	err = store_db_prepare(d, DB_NOTICE, "INSERT INTO notice VALUES"
	    " (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", &st);
	if (err < 0)
		return err;
	store_put_stamp(d, st, &i, now);
	store_put_id(st, &i, n->key);
	store_put_text(st, &i, n->channel);
	store_put_int(st, &i, n->priority);
	store_put_id(st, &i, n->event);
	sqlite3_bind_text(st, ++i, n->body, (int)n->length, SQLITE_STATIC);
	return store_db_step(d, st);
}

static int
write_delivery(struct store_db *d, const struct now *now,
    const struct delivery *y)
{
	sqlite3_stmt *st = NULL;
	int i = 0, err = store_db_prepare(d, DB_DELIVERY, "INSERT INTO"
	    " delivery VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", &st);

	if (err < 0)
		return err;
	store_put_stamp(d, st, &i, now);
	store_put_id(st, &i, y->key);
	store_put_text(st, &i, y->channel);
	store_put_int(st, &i, y->attempt);
	store_put_int(st, &i, y->outcome);
	store_put_int(st, &i, y->took_ms);
	store_put_text(st, &i, y->detail);
	return store_db_step(d, st);
}

static int
write_event(struct store_db *d, const struct now *now, const struct event *e)
{
	sqlite3_stmt *st = NULL;
	int i = 0, err = store_db_prepare(d, DB_EVENT, "INSERT INTO event"
	    " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", &st);

	if (err < 0)
		return err;
	store_put_stamp(d, st, &i, now);
	store_put_int(st, &i, e->kind);
	store_put_text(st, &i, e->bed);
	store_put_text(st, &i, e->port);
	store_put_text(st, &i, e->session);
	store_put_int(st, &i, e->from_ms);
	store_put_int(st, &i, e->to_ms);
	store_put_int(st, &i, e->count);
	store_put_text(st, &i, e->text);
	return store_db_step(d, st);
}

int
store_write_record(struct store_db *d, const struct now *now,
    const struct record *r)
{
	switch (r->class) {
	case RECORD_STATEMENT:
		return write_statement(d, now, &r->statement);
	case RECORD_ALARM:
		return write_alarm(d, now, &r->alarm);
	case RECORD_NOTICE:
		return write_notice(d, now, &r->notice);
	case RECORD_DELIVERY:
		return write_delivery(d, now, &r->delivery);
	case RECORD_EVENT:
		return write_event(d, now, &r->event);
	}
	return -EINVAL;
}
