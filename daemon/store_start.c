/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Taking up writing.
 *
 * Easy to get wrong: everything that is kept in memory about the log is read
 * from the log here, so that a rolled back transaction leaves no trace.
 */
#include "daemon/store_start.h"
#include "daemon/store_migrate.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static int
put_word(struct store_db *d, sqlite3_stmt *st, const char *family, int n,
    const char *word)
{
	int i = 0;

	store_put_text(st, &i, family);
	store_put_int(st, &i, n);
	store_put_text(st, &i, word);
	return store_db_step(d, st);
}

#define PUT_WORDS(family, n, name, type) \
	for (int w = 0; err == 0 && w < (n); w++) \
		err = put_word(d, st, (family), w, name((enum type)w))

/* The words that this version knows and the log does not hold yet. */
static int
put_words(struct store_db *d)
{
	sqlite3_stmt *st = NULL;
	int err = 0, rc = sqlite3_prepare_v2(d->sql,
	    "INSERT INTO code SELECT ?1, ?2, ?3 WHERE NOT EXISTS"
	    " (SELECT 1 FROM code WHERE family = ?1 AND n = ?2)", -1, &st,
	    NULL);

	if (rc != SQLITE_OK)
		return store_db_fail(d, rc);
	PUT_WORDS("quality", QUALITIES, quality_name, quality);
	PUT_WORDS("priority", PRIORITIES, priority_name, priority);
	PUT_WORDS("alarm-type", 3, alarm_type_code, alarm_type);
	PUT_WORDS("alarm-phase", ALARM_PHASES, alarm_phase_name, alarm_phase);
	PUT_WORDS("alarm-state", ALARM_STATES, alarm_state_name, alarm_state);
	PUT_WORDS("phase", PHASES, phase_name, phase);
	PUT_WORDS("statement", STATEMENT_KINDS, statement_name,
	    statement_kind);
	PUT_WORDS("event", EVENT_KINDS, event_name, event_kind);
	PUT_WORDS("outcome", OUTCOMES, outcome_name, outcome);
	sqlite3_finalize(st);
	return err;
}

static int
put_vitals(struct store_db *d)
{
	sqlite3_stmt *st = NULL;
	int err = 0, rc = sqlite3_prepare_v2(d->sql,
	    "INSERT INTO vital SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7 WHERE NOT"
	    " EXISTS (SELECT 1 FROM vital WHERE n = ?1)", -1, &st, NULL);

	if (rc != SQLITE_OK)
		return store_db_fail(d, rc);
	for (int v = 0; err == 0 && v < VITALS; v++) {
		const struct vital_info *info = &vital_info[v];
		int64_t per_unit = 1;
		int i = 0;

		for (int k = 0; k < info->decimals; k++)
			per_unit *= 10;
		store_put_int(st, &i, v);
		store_put_text(st, &i, info->name);
		store_put_text(st, &i, info->label);
		store_put_text(st, &i, info->ucum);
		store_put_int(st, &i, per_unit);
		store_put_text(st, &i, info->loinc);
		store_put_int(st, &i, info->mdc);
		err = store_db_step(d, st);
	}
	sqlite3_finalize(st);
	return err;
}

static int
put_start(struct store_db *d, const struct now *now, bool *fresh)
{
	const struct store_options *o = d->options;
	sqlite3_stmt *st = NULL;
	char id[24];
	int rc, i = 0, err;

	snprintf(id, sizeof id, "%016" PRIx64, o->start_id);
	err = store_db_number(d, "SELECT seq FROM start WHERE start_id = ?1",
	    id, 0, &d->start);
	if (err < 0)
		return err;
	*fresh = d->start == 0;
	if (!*fresh)
		return 0;
	rc = sqlite3_prepare_v2(d->sql,
	    "INSERT INTO start VALUES (?, ?, ?, ?, ?, ?, ?)", -1, &st, NULL);
	if (rc != SQLITE_OK)
		return store_db_fail(d, rc);
	store_put_int(st, &i, ++d->seq);
	store_put_int(st, &i, now->t_ms);
	store_put_int(st, &i, now->wall_ms);
	store_put_int(st, &i, now->synced);
	store_put_text(st, &i, id);
	store_put_text(st, &i, o->boot_id);
	store_put_text(st, &i, o->version);
	err = store_db_step(d, st);
	sqlite3_finalize(st);
	d->start = d->seq;
	return err;
}

static int
find_port(struct store_db *d, const struct store_port *p, int64_t *out)
{
	sqlite3_stmt *st = NULL;
	int i = 0, err = 0, rc = sqlite3_prepare_v2(d->sql,
	    "SELECT n FROM port WHERE name = ? AND bed = ? AND driver = ?"
	    " AND path = ?", -1, &st, NULL);

	if (rc == SQLITE_OK) {
		store_put_text(st, &i, p->name);
		store_put_text(st, &i, p->bed);
		store_put_text(st, &i, p->driver);
		store_put_text(st, &i, p->path);
		rc = sqlite3_step(st);
	}
	*out = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		err = store_db_fail(d, rc);
	sqlite3_finalize(st);
	return err;
}

static int
put_port(struct store_db *d, const struct now *now,
    const struct store_port *p, int64_t *out)
{
	sqlite3_stmt *st = NULL;
	int64_t last = 0;
	int i = 0, rc, err = find_port(d, p, out);

	if (err < 0 || *out != 0)
		return err;
	err = store_db_number(d, "SELECT max(n) FROM port", NULL, 0, &last);
	if (err < 0)
		return err;
	rc = sqlite3_prepare_v2(d->sql, "INSERT INTO port VALUES"
	    " (?, ?, ?, ?, ?, ?, ?, ?, ?)", -1, &st, NULL);
	if (rc != SQLITE_OK)
		return store_db_fail(d, rc);
	*out = last + 1;
	store_put_int(st, &i, *out);
	store_put_int(st, &i, d->start);
	store_put_int(st, &i, now->t_ms);
	store_put_int(st, &i, now->wall_ms);
	store_put_int(st, &i, now->synced);
	store_put_text(st, &i, p->name);
	store_put_text(st, &i, p->bed);
	store_put_text(st, &i, p->driver);
	store_put_text(st, &i, p->path);
	err = store_db_step(d, st);
	sqlite3_finalize(st);
	return err;
}

int
store_start_clock(struct store_db *d, const struct now *now)
{
	sqlite3_stmt *st = NULL;
	int i = 0, err = store_db_prepare(d, DB_CLOCK,
	    "INSERT INTO clock VALUES (?, ?, ?, ?, ?)", &st);

	if (err < 0)
		return err;
	store_put_stamp(d, st, &i, now);
	d->anchored = true;
	d->wall_offset_ms = now->wall_ms - now->t_ms;
	d->synced = now->synced;
	return store_db_step(d, st);
}

/* Another process start of the same boot goes on in the same segment. */
static int
find_segment(struct store_db *d)
{
	sqlite3_stmt *st = NULL;
	char sql[128];
	int64_t n = 0;
	int err, rc = sqlite3_prepare_v2(d->sql,
	    "SELECT g.n, g.t_ms FROM segment g JOIN start s ON s.seq = g.start"
	    " WHERE g.n = (SELECT max(n) FROM segment) AND s.boot_id = ?", -1,
	    &st, NULL);

	d->segment = 0;
	d->rows = 0;
	if (rc == SQLITE_OK) {
		int i = 0;

		store_put_text(st, &i, d->options->boot_id);
		rc = sqlite3_step(st);
	}
	if (rc == SQLITE_ROW) {
		n = sqlite3_column_int64(st, 0);
		d->segment_t_ms = sqlite3_column_int64(st, 1);
	}
	err = rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 :
	    store_db_fail(d, rc);
	sqlite3_finalize(st);
	if (err < 0 || n == 0)
		return err;
	snprintf(sql, sizeof sql, "SELECT max(row) FROM reading_%06" PRId64,
	    n);
	err = store_db_number(d, sql, NULL, 0, &d->rows);
	if (err == 0)
		d->segment = n;
	return err;
}

static int
find_open_sessions(struct store_db *d)
{
	sqlite3_stmt *st = NULL;
	int err = 0, rc = sqlite3_prepare_v2(d->sql,
	    "SELECT session FROM statement s WHERE kind = 0 AND NOT EXISTS"
	    " (SELECT 1 FROM statement e WHERE e.kind IN (5, 6)"
	    " AND e.session = s.session)", -1, &st, NULL);

	d->open_n = 0;
	if (rc == SQLITE_OK)
		while ((rc = sqlite3_step(st)) == SQLITE_ROW && err == 0)
			err = store_db_note_open(d,
			    (const char *)sqlite3_column_text(st, 0));
	if (err == 0 && rc != SQLITE_DONE)
		err = store_db_fail(d, rc);
	sqlite3_finalize(st);
	return err;
}

/* The greatest seq of any table, so that none is used twice. */
static int
find_seq(struct store_db *d)
{
	return store_db_number(d, "SELECT max("
	    "ifnull((SELECT max(seq) FROM start), 0),"
	    "ifnull((SELECT max(seq) FROM clock), 0),"
	    "ifnull((SELECT max(seq) FROM span), 0),"
	    "ifnull((SELECT max(seq) FROM statement), 0),"
	    "ifnull((SELECT max(seq) FROM alarm), 0),"
	    "ifnull((SELECT max(seq) FROM notice), 0),"
	    "ifnull((SELECT max(seq) FROM delivery), 0),"
	    "ifnull((SELECT max(seq) FROM event), 0))", NULL, 0, &d->seq);
}

static int
put_migrated(struct store_db *d, const struct now *now, const char *text)
{
	sqlite3_stmt *st = NULL;
	int i = 0, err, rc = sqlite3_prepare_v2(d->sql, "INSERT INTO event"
	    " VALUES (?, ?, ?, ?, ?, ?, '', '', '', 0, 0, 0, ?)", -1, &st,
	    NULL);

	if (rc != SQLITE_OK)
		return store_db_fail(d, rc);
	store_put_stamp(d, st, &i, now);
	store_put_int(st, &i, EVENT_MIGRATED);
	store_put_text(st, &i, text);
	err = store_db_step(d, st);
	sqlite3_finalize(st);
	return err;
}

/* Retention removes the oldest first. */
static int
find_oldest(struct store_db *d)
{
	return store_db_number(d, "SELECT 1 + ifnull(max(json_extract(text,"
	    " '$.segment')), 0) FROM event WHERE kind = 20", NULL, 1,
	    &d->oldest);
}

int
store_start_find(struct store_db *d)
{
	int64_t version = 0;
	int err = store_db_number(d, "PRAGMA user_version", NULL, 0, &version);

	/* Somebody took the file away: this is a new one. */
	d->seq = d->segment = d->rows = 0;
	if (err == 0 && version > 0)
		err = find_seq(d);
	if (err == 0 && version > 0)
		err = find_segment(d);
	return err;
}

int
store_start_writing(struct store_db *d, const struct now *now, bool *fresh)
{
	const struct store_options *o = d->options;
	char migrated[STORE_MIGRATED_TEXT];
	int err;

	if (d->port == NULL) {
		d->port = calloc(o->ports_n + 1, sizeof *d->port);
		if (d->port == NULL)
			return -ENOMEM;
	}
	err = store_migrate_prepare(d, migrated);
	if (err == 0)
		err = store_db_run(d, "BEGIN IMMEDIATE");
	if (err < 0)
		return err;
	err = store_migrate(d);
	if (err == 0)
		err = put_words(d);
	if (err == 0)
		err = put_vitals(d);
	if (err == 0)
		err = find_seq(d);
	if (err == 0)
		err = put_start(d, now, fresh);
	for (size_t i = 0; err == 0 && i < o->ports_n; i++)
		err = put_port(d, now, &o->ports[i], &d->port[i]);
	if (err == 0)
		err = store_start_clock(d, now);
	if (err == 0)
		err = find_segment(d);
	if (err == 0)
		err = find_open_sessions(d);
	if (err == 0)
		err = find_oldest(d);
	if (err == 0 && migrated[0] != '\0')
		err = put_migrated(d, now, migrated);
	if (err == 0)
		err = store_db_run(d, "COMMIT");
	if (err < 0 && sqlite3_get_autocommit(d->sql) == 0)
		(void)sqlite3_exec(d->sql, "ROLLBACK", NULL, NULL, NULL);
	/* Pages that only checking and beginning had to look at. */
	(void)sqlite3_db_release_memory(d->sql);
	return err;
}
