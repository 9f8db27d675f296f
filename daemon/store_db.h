/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The log's database file: opening it as a writer or as a fresh file, telling
 * a damaged one from one that cannot be reached, applying the migrations.
 *
 * Easy to get wrong: after any failure the connection is closed and opened
 * anew, so that nothing in memory outlives a transaction that was rolled back.
 */
#ifndef DAEMON_STORE_DB_H
#define DAEMON_STORE_DB_H

#include "daemon/store_state.h"

#include <sqlite3.h>

enum store_statement {
	DB_CLOCK, DB_SPAN, DB_STATEMENT, DB_ALARM, DB_NOTICE, DB_DELIVERY,
	DB_EVENT, DB_SPAN_EDGES, DB_KIND_OF, DB_READING, DB_UNSEALED,
	DB_STATEMENTS
};

/* Of a new log.  An append writes the last page of each table that grows again
 * and again: with SQLite's own 4096 twice as many bytes go to the disk. */
#define STORE_PAGE_BYTES 2048
#define STORE_WAL_FRAME_BYTES (24 + STORE_PAGE_BYTES)
#define STORE_CHECKPOINT_PAGES 2000	/* in the WAL when it is checkpointed */

struct queued_reading;

/* Everything here but the options is of the store's thread. */
struct store_db {
	const struct store_options *options;
	char path[4096];
	sqlite3 *sql;			/* NULL: not open */
	sqlite3_stmt *prepared[DB_STATEMENTS];
	int wal_pages;			/* in the WAL since its last reset */
	char why[512];			/* of the last failure */

	int64_t seq;			/* the last one given out */
	int64_t start;			/* seq of our start row */
	int64_t *port;			/* port.n of each configured port */

	int64_t segment;		/* the one that grows; 0: none yet */
	int64_t segment_t_ms;		/* its first reading */
	int64_t rows;			/* in it */
	int64_t oldest;			/* those below it were removed */

	/* What the next INSERT of readings stores (daemon/store_feed.h). */
	const struct queued_reading *feed;
	size_t feed_n;

	bool anchored;
	int64_t wall_offset_ms;		/* wall_ms - t_ms of the last clock row */
	bool synced;

	char (*open)[SESSION_ID_MAX];	/* sessions that are open */
	size_t open_n, open_cap;
};

/* A program's newest known version of the log. */
int store_db_version(void);

/* Opens (or makes) the file, without writing into an existing log.  0, or:
 * -EPROTO: of a newer vitalsd, or no log at all (a sentence in why);
 * -EBADMSG: damaged; else what stood in the way (-ENOSPC, -EROFS, -EIO ...).
 * Closed again on failure. */
int store_db_open(struct store_db *d) MUST_CHECK;

/* Opens an existing log where nothing can be written, not even SQLite's -shm
 * file: a full or read-only disk. */
int store_db_open_to_read(struct store_db *d) MUST_CHECK;

/* Looks for damage, for at most some seconds: -EBADMSG if there is any. */
int store_db_check(struct store_db *d) MUST_CHECK;

/* Moves the file (with -wal and -shm) aside; the new path to out. */
int store_db_move_aside(struct store_db *d, int64_t wall_ms, char *out,
    size_t out_size) MUST_CHECK;

void store_db_close(struct store_db *d);
void store_db_free(struct store_db *d);

/* Negative errno of an SQLite result code; why gets its sentence. */
int store_db_fail(struct store_db *d, int rc);

/* Runs statements that return nothing. */
int store_db_run(struct store_db *d, const char *sql) MUST_CHECK;
/* One number: the first column of the first row, or other if there is none.
 * Optional text parameter. */
int store_db_number(struct store_db *d, const char *sql, const char *text,
    int64_t other, int64_t *out) MUST_CHECK;
/* Prepares into d->prepared[which] unless it is there. */
int store_db_prepare(struct store_db *d, enum store_statement which,
    const char *sql, sqlite3_stmt **out) MUST_CHECK;
/* Steps a statement that returns no row, and resets it. */
int store_db_step(struct store_db *d, sqlite3_stmt *st) MUST_CHECK;

/* Adds a session to those that are open, or takes it off. */
int store_db_note_open(struct store_db *d, const char *session) MUST_CHECK;
void store_db_note_closed(struct store_db *d, const char *session);

/* Binds the next parameter: i counts them. */
void store_put_int(sqlite3_stmt *st, int *i, int64_t v);
void store_put_text(sqlite3_stmt *st, int *i, const char *s);
void store_put_id(sqlite3_stmt *st, int *i, struct event_id id);
void store_put_null(sqlite3_stmt *st, int *i);
/* seq (a new one), start, t_ms, wall_ms, synced. */
void store_put_stamp(struct store_db *d, sqlite3_stmt *st, int *i,
    const struct now *now);

#endif
