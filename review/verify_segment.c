/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Segments: each is there or has a record of its removal, its rows are numbered
 * without gaps and can be what they say, and the sessions' spans lie in it.
 *
 * Easy to get wrong: the newest segment grows; it is looked at up to the row
 * that was its last at the beginning.
 */
#include "review/verify.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SLICE_ROWS 200000	/* some 50 ms */
/* By so much earlier builds stored a reading out of order (docs/log.md). */
#define DISORDER_MS 1000

struct segment {
	int64_t n, rows;
	int64_t late;		/* rows a little before the one before */
	bool there;		/* its table is */
	bool removed;		/* a record says so */
};

/* What a row may hold. */
struct known {
	int64_t ports;		/* 1 .. ports */
	uint64_t vitals;	/* bits */
	uint64_t qualities, valued;	/* those with a value: the first two */
};

static void
format_day(int64_t wall_ms, char out[32])
{
	time_t s = (time_t)(wall_ms / 1000);
	struct tm tm;

	localtime_r(&s, &tm);
	strftime(out, 32, "%Y-%m-%d %H:%M", &tm);
}

/* The record of its removal: says what it says. */
static int
read_removal(struct verify *v, struct segment *g)
{
	sqlite3_stmt *st = log_prepare(v->q.db, "SELECT count, from_ms, to_ms, "
	    "wall_ms, json_extract(text, '$.setting') FROM event WHERE "
	    "kind = 20 AND json_extract(text, '$.segment') = ?1", "i", g->n);
	int r = 0;

	while (log_next(&v->q, st, &r)) {
		char from[32], to[32], at[32], setting[64];

		format_day(sqlite3_column_int64(st, 1), from);
		format_day(sqlite3_column_int64(st, 2), to);
		format_day(sqlite3_column_int64(st, 3), at);
		log_take_text(st, 4, setting, sizeof setting);
		g->removed = true;
		if (v->session[0] == '\0')
			verify_say(v, VERIFY_NOTE, "", "the readings of %s to "
			    "%s (%lld of them) were removed on %s by "
			    "retention (%s)", from, to,
			    (long long)sqlite3_column_int64(st, 0), at,
			    setting);
	}
	return r;
}

static int
read_segments(struct verify *v, struct segment **out, size_t *n)
{
	sqlite3_stmt *st = log_prepare(v->q.db, "SELECT g.n, EXISTS (SELECT 1 "
	    "FROM sqlite_schema s WHERE s.type = 'table' AND s.name = "
	    "g.name) FROM segment g WHERE ?1 = '' OR g.n IN (SELECT segment "
	    "FROM span WHERE session = ?1) ORDER BY g.n", "t", v->session);
	int r = 0;

	while (log_next(&v->q, st, &r)) {
		struct segment *g = log_grow(&v->q, out, n, sizeof *g);

		if (g == NULL)
			continue;
		g->n = sqlite3_column_int64(st, 0);
		g->there = sqlite3_column_int(st, 1) != 0;
	}
	return r;
}

static int
read_known(struct verify *v, struct known *k)
{
	int64_t n = 0;
	int r = verify_number(v, "SELECT ifnull(max(n), 0) FROM port", NULL,
	    &k->ports);

	if (r == 0)
		r = verify_number(v, "SELECT ifnull(max(n), 0) FROM vital",
		    NULL, &n);
	k->vitals = n < 63 ? (UINT64_C(2) << n) - 1 : UINT64_MAX;
	if (r == 0)
		r = verify_number(v, "SELECT ifnull(max(n), 0) FROM code "
		    "WHERE family = 'quality'", NULL, &n);
	k->qualities = n < 63 ? (UINT64_C(2) << n) - 1 : UINT64_MAX;
	k->valued = 3;		/* good and questionable (docs/log.md) */
	return r;
}

static bool
has_bit(uint64_t bits, int64_t n)
{
	return n >= 0 && n < 64 && (bits >> n & 1) != 0;
}

/* Why a row cannot be; NULL if it can. */
static const char *
fault_of(sqlite3_stmt *st, const struct known *k)
{
	int64_t port = sqlite3_column_int64(st, 1);
	int64_t quality = sqlite3_column_int64(st, 4);
	bool value = sqlite3_column_type(st, 5) != SQLITE_NULL;

	if (port < 1 || port > k->ports)
		return "is of a port that there is not";
	if (!has_bit(k->vitals, sqlite3_column_int64(st, 3)))
		return "is of a vital that there is not";
	if (!has_bit(k->qualities, quality))
		return "has a quality that there is not";
	if (value != has_bit(k->valued, quality))
		return value ? "has a value where its quality says that there "
		    "is none" : "has no value where its quality says that "
		    "there is one";
	return NULL;
}

/* A slice of rows after *row. */
static int
check_rows(struct verify *v, struct segment *g, const struct known *k,
    sqlite3_stmt *st, int64_t *row, int64_t *t_ms)
{
	int rc;

	while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
		int64_t n = sqlite3_column_int64(st, 0);
		int64_t t = sqlite3_column_int64(st, 2);
		const char *fault = fault_of(st, k);

		if (n != *row + 1)
			verify_say(v, VERIFY_FAULT, "", "reading_%06lld: "
			    "readings %lld to %lld are missing",
			    (long long)g->n, (long long)*row + 1,
			    (long long)n - 1);
		if (t < *t_ms && *t_ms - t < DISORDER_MS)
			g->late++;
		else if (t < *t_ms)
			verify_say(v, VERIFY_FAULT, "", "reading_%06lld: "
			    "reading %lld lies before the one before it",
			    (long long)g->n, (long long)n);
		if (fault != NULL)
			verify_say(v, VERIFY_FAULT, "", "reading_%06lld: "
			    "reading %lld %s", (long long)g->n, (long long)n,
			    fault);
		*row = n;
		*t_ms = t > *t_ms ? t : *t_ms;
		v->result.readings++;
	}
	sqlite3_reset(st);
	return rc == SQLITE_DONE ? 0 : log_complain(v->q.error,
	    (rc & 0xff) == SQLITE_CORRUPT ? -EBADMSG : -EIO,
	    "reading_%06lld after reading %lld: %s", (long long)g->n,
	    (long long)*row, sqlite3_errmsg(v->q.db));
}

static int
check_segment(struct verify *v, struct segment *g, const struct known *k,
    int64_t done, int64_t total)
{
	char sql[160];
	sqlite3_stmt *st;
	int64_t row = 0, t_ms = INT64_MIN;
	int r;

	snprintf(sql, sizeof sql, "SELECT ifnull(max(row), 0) FROM "
	    "reading_%06lld", (long long)g->n);
	r = verify_number(v, sql, NULL, &g->rows);
	if (r < 0)
		return r;
	snprintf(sql, sizeof sql, "SELECT row, port, t_ms, vital, quality, "
	    "value FROM reading_%06lld WHERE row > ?1 AND row <= ?2 ORDER BY "
	    "row", (long long)g->n);
	st = log_prepare(v->q.db, sql, "");
	if (st == NULL)
		return log_complain(v->q.error, -EIO, "reading_%06lld: %s",
		    (long long)g->n, sqlite3_errmsg(v->q.db));
	for (int64_t at = 0; r == 0 && at < g->rows; at += SLICE_ROWS) {
		sqlite3_bind_int64(st, 1, at);
		sqlite3_bind_int64(st, 2, at + SLICE_ROWS < g->rows ?
		    at + SLICE_ROWS : g->rows);
		r = check_rows(v, g, k, st, &row, &t_ms);
		if (r == 0)
			r = verify_go_on(v, "readings", done, total);
	}
	sqlite3_finalize(st);
	if (r == 0 && g->late > 0)
		verify_say(v, VERIFY_NOTE, "", "reading_%06lld: %lld reading%s "
		    "less than a second before the one before it, as earlier "
		    "builds stored them", (long long)g->n, (long long)g->late,
		    g->late == 1 ? " lies" : "s lie");
	return r;
}

static const struct segment *
find_segment(const struct segment *g, size_t n, int64_t number)
{
	for (size_t i = 0; i < n; i++)
		if (g[i].n == number)
			return &g[i];
	return NULL;
}

/* The span of one session in one segment, as it was when the looking began. */
static void
check_span(struct verify *v, sqlite3_stmt *st, const struct segment *all,
    size_t n)
{
	char session[SESSION_ID_MAX];
	int64_t number = sqlite3_column_int64(st, 1);
	int64_t first = sqlite3_column_int64(st, 2);
	int64_t last = sqlite3_column_int64(st, 3);
	bool ends = sqlite3_column_type(st, 3) != SQLITE_NULL;
	const struct segment *g = find_segment(all, n, number);

	log_take_text(st, 0, session, sizeof session);
	if (sqlite3_column_type(st, 2) == SQLITE_NULL)
		verify_say(v, VERIFY_FAULT, session, "its readings in "
		    "reading_%06lld end, but do not begin", (long long)number);
	else if (ends && first > last + 1)
		verify_say(v, VERIFY_FAULT, session, "its readings in "
		    "reading_%06lld begin at %lld and end at %lld",
		    (long long)number, (long long)first, (long long)last);
	else if (!ends && sqlite3_column_int(st, 4) != 0)
		verify_say(v, VERIFY_FAULT, session, "it has ended, but not "
		    "its readings in reading_%06lld", (long long)number);
	else if (g != NULL && g->there && ends && last > g->rows)
		verify_say(v, VERIFY_FAULT, session, "its readings in "
		    "reading_%06lld go to %lld, but %lld is the last",
		    (long long)number, (long long)last, (long long)g->rows);
	else if (g != NULL && g->removed && v->session[0] != '\0')
		verify_say(v, VERIFY_NOTE, session, "its readings in "
		    "reading_%06lld were removed by retention",
		    (long long)number);
}

static int
check_spans(struct verify *v, const struct segment *all, size_t n,
    int64_t last_seq)
{
	sqlite3_stmt *st = log_prepare(v->q.db, "SELECT session, segment, "
	    "min(row) FILTER (WHERE edge = 'first'), max(row) FILTER (WHERE "
	    "edge = 'last'), EXISTS (SELECT 1 FROM statement e WHERE "
	    "e.session = span.session AND e.kind IN (5, 6) AND e.seq <= ?2) "
	    "FROM span WHERE (?1 = '' OR session = ?1) AND seq <= ?2 "
	    "GROUP BY session, segment", "ti", v->session, last_seq);
	int r = 0;

	while (log_next(&v->q, st, &r))
		check_span(v, st, all, n);
	return r;
}

static int
check_strays(struct verify *v)
{
	sqlite3_stmt *st = log_prepare(v->q.db, "SELECT name FROM "
	    "sqlite_schema WHERE type = 'table' AND name GLOB 'reading_*' AND "
	    "name NOT IN (SELECT name FROM segment)", "");
	int r = 0;

	while (log_next(&v->q, st, &r))
		verify_say(v, VERIFY_FAULT, "", "%s is a segment that the log "
		    "does not list", sqlite3_column_text(st, 0));
	return r;
}

/* There and not removed, or gone and said so. */
static int
check_presence(struct verify *v, struct segment *g)
{
	int r = read_removal(v, g);

	v->result.removed += g->removed && !g->there;
	if (r == 0 && g->there && g->removed)
		verify_say(v, VERIFY_FAULT, "", "reading_%06lld is there, but "
		    "a record says that it was removed", (long long)g->n);
	else if (r == 0 && !g->there && !g->removed)
		verify_say(v, VERIFY_FAULT, "", "reading_%06lld is missing, "
		    "and no record says that it was removed",
		    (long long)g->n);
	return r;
}

int
verify_segments(struct verify *v)
{
	struct segment *g = NULL;
	struct known k = { 0 };
	size_t n = 0;
	int64_t last_seq = 0;
	/* Before the rows are counted, so that no span is ahead of them. */
	int r = verify_number(v, "SELECT ifnull(max(seq), 0) FROM span", NULL,
	    &last_seq);

	if (r == 0)
		r = read_segments(v, &g, &n);
	if (r == 0)
		r = read_known(v, &k);
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = check_presence(v, &g[i]);
		if (r == 0 && g[i].there)
			r = check_segment(v, &g[i], &k, (int64_t)i,
			    (int64_t)n);
	}
	if (r == 0)
		r = check_spans(v, g, n, last_seq);
	if (r == 0 && v->session[0] == '\0')
		r = check_strays(v);
	free(g);
	return r;
}
