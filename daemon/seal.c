/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The text form of a session, one line for each record, and its digests.
 *
 * Easy to get wrong: fields are escaped, or a tab typed into a mark could make
 * one record look like another.
 */
#include "daemon/seal.h"

#include <errno.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORD(family, column) \
	"(SELECT word FROM code WHERE family = '" family "' AND n = " column ")"
#define STAMP "boot_id, r.t_ms, r.wall_ms, r.synced"
#define FROM(table) " FROM " table " r JOIN start ON start.seq = r.start "
/* ?1 session, ?2 after this seq, ?3 below that one, ?4 at most. */
#define RANGE " AND r.seq > ?2 AND r.seq < ?3 ORDER BY r.seq LIMIT ?4"
#define ITS_ALARMS "(SELECT event FROM alarm WHERE session = ?1 AND seq < ?3)"

/* In this order.  The first column is seq, which is not part of the text. */
static const char *const part_sql[] = {
	"SELECT r.seq, 'statement', " STAMP ", id, " WORD("statement", "kind")
	", session, bed, at_ms, at_wall_ms, entered_by, stated_by, amends,"
	" withdrawn, subject, text" FROM("statement") "WHERE session = ?1"
	RANGE,
	"SELECT r.seq, 'alarm', " STAMP ", event, condition, tier, "
	WORD("alarm-type", "type") ", " WORD("alarm-phase", "phase") ", "
	WORD("alarm-state", "state") ", " WORD("priority", "priority") ", "
	WORD("priority", "level") ", acknowledged, confirmed, paused, demo,"
	" bed, session, " WORD("phase", "session_phase") ", infusion_ms,"
	" (SELECT name FROM vital WHERE n = vital), value, threshold,"
	" value_age_ms, since_ms, stated_by, text" FROM("alarm")
	"WHERE session = ?1" RANGE,
	"SELECT r.seq, 'notice', " STAMP ", key, channel, "
	WORD("priority", "priority") ", event, body" FROM("notice")
	"WHERE event IN " ITS_ALARMS RANGE,
	"SELECT r.seq, 'delivery', " STAMP ", key, channel, attempt, "
	WORD("outcome", "outcome") ", took_ms, detail" FROM("delivery")
	"WHERE key IN (SELECT key FROM notice WHERE event IN " ITS_ALARMS
	" AND seq < ?3)" RANGE,
	"SELECT r.seq, 'event', " STAMP ", " WORD("event", "kind") ", bed,"
	" port, session, from_ms, to_ms, count, text" FROM("event")
	"WHERE session = ?1 AND kind NOT IN (16, 19)" RANGE,
};
#define PARTS (sizeof part_sql / sizeof *part_sql)
static const char *const part_name[PARTS] = {
	"statement", "alarm", "notice", "delivery", "event",
};

/* Readings of all beds that are looked at, for each row that a step may take:
 * most of them are of other beds. */
#define WINDOW 4

struct seal {
	sqlite3 *sql;
	char session[SESSION_ID_MAX];
	int64_t below;
	int64_t parts_below;	/* recorded parts count up to here */
	int form;
	struct sha256_ctx ctx;
	struct sha256_ctx part_ctx;	/* form 2: of the part being read */
	int64_t part_rows;	/* in it so far */
	struct seal_result result;
	size_t part;		/* PARTS: the readings; PARTS + 1: done */
	int64_t after;		/* last seq, or last row of the segment */
	int64_t segment, last;	/* being read: 0 before the first */
};

static int
seal_error(int rc)
{
	int primary = rc & 0xff;

	if (primary == SQLITE_NOMEM)
		return -ENOMEM;
	return primary == SQLITE_CORRUPT || primary == SQLITE_NOTADB ?
	    -EBADMSG : -EIO;
}

/* To the part's digest in form 2, to the session's in form 1. */
static void
add(struct seal *s, const char *text, size_t n)
{
	sha256_update(s->form == 1 ? &s->ctx : &s->part_ctx, n,
	    (const uint8_t *)text);
}

static void
add_head(struct seal *s, const char *text, int n)
{
	sha256_update(&s->ctx, (size_t)n, (const uint8_t *)text);
}

static void
take_digest(struct sha256_ctx *ctx, char out[SEAL_DIGEST_TEXT])
{
	uint8_t digest[SHA256_DIGEST_SIZE];

	sha256_digest(ctx, sizeof digest, digest);
	for (size_t i = 0; i < sizeof digest; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* A part without rows is none. */
static int
put_part(struct seal *s, const struct seal_part *p)
{
	struct seal_result *x = &s->result;
	struct seal_part *more;
	char line[160];

	if (p->rows == 0)
		return 0;
	more = realloc(x->part, (x->parts_n + 1) * sizeof *more);
	if (more == NULL)
		return -ENOMEM;
	x->part = more;
	x->part[x->parts_n++] = *p;
	add_head(s, line, snprintf(line, sizeof line, "part\t%s\t%lld\t%s\n",
	    p->name, (long long)p->rows, p->digest));
	return 0;
}

/* Ends the part that was read: of records, or of readings of a segment. */
static int
end_part(struct seal *s, const char *name, int64_t segment)
{
	struct seal_part p = { .rows = s->part_rows, .segment = segment };

	s->part_rows = 0;
	if (s->form == 1)
		return 0;
	snprintf(p.name, sizeof p.name, "%s", name);
	take_digest(&s->part_ctx, p.digest);
	sha256_init(&s->part_ctx);
	return put_part(s, &p);
}

/* A field: backslash, tab and newline are written \\ \t \n. */
static void
add_field(struct seal *s, const char *text, size_t n)
{
	size_t from = 0;

	for (size_t i = 0; i < n; i++) {
		const char *escaped = text[i] == '\\' ? "\\\\" :
		    text[i] == '\t' ? "\\t" : text[i] == '\n' ? "\\n" : NULL;

		if (escaped == NULL)
			continue;
		add(s, text + from, i - from);
		add(s, escaped, 2);
		from = i + 1;
	}
	add(s, text + from, n - from);
}

/* The columns of a row from the second on, as a line. */
static void
add_row(struct seal *s, sqlite3_stmt *st)
{
	int n = sqlite3_column_count(st);

	for (int i = 1; i < n; i++) {
		const char *text = (const char *)sqlite3_column_text(st, i);

		if (i > 1)
			add(s, "\t", 1);
		if (text != NULL)	/* NULL is an empty field */
			add_field(s, text, (size_t)sqlite3_column_bytes(st,
			    i));
	}
	add(s, "\n", 1);
}

/* Reads the row of a query that has at most one into out[]; 1, 0 for none. */
static int
one_row(struct seal *s, const char *sql, int64_t from, int64_t *out, int n)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->sql, sql, -1, &st, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_bind_text(st, 1, s->session, -1, SQLITE_STATIC);
		sqlite3_bind_int64(st, 2, from);
		sqlite3_bind_int64(st, 3, s->below);
		rc = sqlite3_step(st);
	}
	for (int i = 0; rc == SQLITE_ROW && i < n; i++)
		out[i] = sqlite3_column_int64(st, i);
	sqlite3_finalize(st);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return seal_error(rc);
	return rc == SQLITE_ROW;
}

static int
find_previous(struct seal *s)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->sql, "SELECT json_extract(text,"
	    " '$.digest') FROM event WHERE kind = 16 AND seq < ?"
	    " ORDER BY seq DESC LIMIT 1", -1, &st, NULL);
	const char *text = NULL;

	if (rc == SQLITE_OK) {
		sqlite3_bind_int64(st, 1, s->below);
		rc = sqlite3_step(st);
	}
	if (rc == SQLITE_ROW)
		text = (const char *)sqlite3_column_text(st, 0);
	snprintf(s->result.previous, sizeof s->result.previous, "%s",
	    text ? text : "-");
	sqlite3_finalize(st);
	return rc == SQLITE_ROW || rc == SQLITE_DONE ? 0 :
	    seal_error(rc);
}

int
seal_begin(struct seal **out, sqlite3 *sql, const char *session,
    int form, int64_t below, int64_t parts_below)
{
	struct seal *s = calloc(1, sizeof *s);
	char head[256];
	int n, err;

	if (s == NULL)
		return -ENOMEM;
	s->sql = sql;
	s->below = below;
	s->parts_below = parts_below;
	s->form = form;
	snprintf(s->session, sizeof s->session, "%s", session);
	err = find_previous(s);
	if (err < 0) {
		free(s);
		return err;
	}
	sha256_init(&s->ctx);
	sha256_init(&s->part_ctx);
	n = snprintf(head, sizeof head, "vitalsd-session\t%d\t%s\n"
	    "previous\t%s\n", form, s->session, s->result.previous);
	add_head(s, head, n);
	*out = s;
	return 0;
}

/* The rows of a query, as lines; how many, or negative errno. */
static int
add_rows(struct seal *s, const char *sql, int64_t below, int rows)
{
	sqlite3_stmt *st = NULL;
	int n = 0, rc = sqlite3_prepare_v2(s->sql, sql, -1, &st, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_bind_text(st, 1, s->session, -1, SQLITE_STATIC);
		sqlite3_bind_int64(st, 2, s->after);
		sqlite3_bind_int64(st, 3, below);
		sqlite3_bind_int(st, 4, rows);
		while ((rc = sqlite3_step(st)) == SQLITE_ROW) {
			add_row(s, st);
			s->after = sqlite3_column_int64(st, 0);
			n++;
		}
	}
	sqlite3_finalize(st);
	return rc == SQLITE_DONE ? n : seal_error(rc);
}

int
seal_recorded_part(sqlite3 *sql, const char *session, const char *name,
    int64_t segment, int64_t below, struct seal_part *out)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(sql, "SELECT count, json_extract(text,"
	    " '$.digest') FROM event WHERE kind = 19 AND session = ?1"
	    " AND json_extract(text, '$.part') = ?2 AND from_ms = ?3"
	    " AND seq < ?4 ORDER BY seq DESC LIMIT 1", -1, &st, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_bind_text(st, 1, session, -1, SQLITE_STATIC);
		sqlite3_bind_text(st, 2, name, -1, SQLITE_STATIC);
		sqlite3_bind_int64(st, 3, segment);
		sqlite3_bind_int64(st, 4, below);
		rc = sqlite3_step(st);
	}
	if (rc == SQLITE_ROW) {
		const char *text = (const char *)sqlite3_column_text(st, 1);

		*out = (struct seal_part){ .segment = segment,
			.rows = sqlite3_column_int64(st, 0) };
		snprintf(out->name, sizeof out->name, "%s", name);
		snprintf(out->digest, sizeof out->digest, "%s",
		    text ? text : "");
	}
	sqlite3_finalize(st);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return seal_error(rc);
	return rc == SQLITE_ROW;
}

/* The readings of a segment that retention removed: in form 2 their digest as
 * it was recorded stands for them. */
static int
skip_removed(struct seal *s)
{
	struct seal_part p = { .rows = 0 };
	int r = seal_recorded_part(s->sql, s->session, "readings", s->segment,
	    s->parts_below, &p);

	if (r < 0)
		return r;
	s->after = s->last;
	s->result.removed = true;
	if (s->form == 1)
		return 1;
	s->result.readings += p.rows;
	r = put_part(s, &p);
	return r < 0 ? r : 1;
}

/* Goes to the next segment of the session: 1, 0 if there is none. */
static int
next_segment(struct seal *s)
{
	int64_t row[4] = { 0 };
	int r;

	if (s->segment != 0) {
		r = end_part(s, "readings", s->segment);
		if (r < 0)
			return r;
	}
	r = one_row(s, "SELECT segment, min(row) FILTER (WHERE edge ="
	    " 'first'), max(row) FILTER (WHERE edge = 'last'), EXISTS (SELECT"
	    " 1 FROM sqlite_schema WHERE type = 'table' AND name ="
	    " printf('reading_%06d', segment)) FROM span"
	    " WHERE session = ?1 AND segment > ?2 AND seq < ?3"
	    " GROUP BY segment ORDER BY segment LIMIT 1", s->segment, row, 4);
	if (r != 1)
		return r;
	s->segment = row[0];
	s->after = row[1] - 1;
	s->last = row[2];
	return row[3] != 0 ? 1 : skip_removed(s);
}

/* Of the ports of the session's bed only. */
static int
add_readings(struct seal *s, int rows)
{
	int64_t to = s->after + WINDOW * (int64_t)rows;
	char sql[1024];
	int n;

	if (s->segment == 0 || s->after >= s->last)
		return next_segment(s);
	if (to > s->last)
		to = s->last;
	snprintf(sql, sizeof sql, "SELECT r.row, 'reading', boot_id, p.name,"
	    " p.driver, r.t_ms, v.name, " WORD("quality", "r.quality")
	    ", r.flags, r.value, r.age_ms FROM reading_%06lld r"
	    " JOIN segment g ON g.n = %lld JOIN start ON start.seq = g.start"
	    " JOIN port p ON p.n = r.port JOIN vital v ON v.n = r.vital"
	    " WHERE r.port IN (SELECT n FROM port WHERE bed = (SELECT bed FROM"
	    " statement WHERE session = ?1 AND kind = 0))"
	    " AND r.row > ?2 AND r.row < ?3 ORDER BY r.row LIMIT ?4", (long long)s->segment,
	    (long long)s->segment);
	n = add_rows(s, sql, to + 1, WINDOW * rows);
	if (n < 0)
		return n;
	s->result.readings += n;
	s->part_rows += n;
	s->after = to;
	return 1;
}

static void
finish(struct seal *s)
{
	char tail[64];
	int n = snprintf(tail, sizeof tail, "end\t%lld\t%lld\n",
	    (long long)s->result.records, (long long)s->result.readings);

	add_head(s, tail, n);
	take_digest(&s->ctx, s->result.digest);
}

static int
add_records(struct seal *s, int rows)
{
	int n = add_rows(s, part_sql[s->part], s->below, rows);

	if (n < 0)
		return n;
	s->result.records += n;
	s->part_rows += n;
	if (n < rows) {
		n = end_part(s, part_name[s->part], 0);
		if (n < 0)
			return n;
		s->part++;
		s->after = 0;
	}
	return 1;
}

int
seal_step(struct seal *s, int rows)
{
	int n;

	if (s->part < PARTS)
		return add_records(s, rows);
	if (s->part == PARTS) {
		n = add_readings(s, rows);
		if (n != 0)
			return n;
		finish(s);
		s->part++;
	}
	return 0;
}

const struct seal_result *
seal_result(const struct seal *s)
{
	return &s->result;
}

void
seal_free(struct seal *s)
{
	if (s == NULL)
		return;
	free(s->result.part);
	free(s);
}

int
seal_read(sqlite3 *sql, const char *session, int64_t before,
    struct seal_record *out)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(sql, "SELECT seq, json_extract(text,"
	    " '$.digest'), json_extract(text, '$.previous'),"
	    " json_extract(text, '$.below'), json_extract(text, '$.form'),"
	    " session FROM event WHERE kind = 16 AND (?1 = '' OR session = ?1)"
	    " AND seq < ?2 ORDER BY seq DESC LIMIT 1", -1, &st, NULL);

	if (rc == SQLITE_OK) {
		sqlite3_bind_text(st, 1, session ? session : "", -1,
		    SQLITE_STATIC);
		sqlite3_bind_int64(st, 2, before);
		rc = sqlite3_step(st);
	}
	if (rc == SQLITE_ROW) {
		const char *digest = (const char *)sqlite3_column_text(st, 1);
		const char *previous = (const char *)sqlite3_column_text(st,
		    2);
		const char *id = (const char *)sqlite3_column_text(st, 5);

		out->seq = sqlite3_column_int64(st, 0);
		snprintf(out->digest, sizeof out->digest, "%s",
		    digest ? digest : "");
		snprintf(out->previous, sizeof out->previous, "%s",
		    previous ? previous : "");
		out->below = sqlite3_column_int64(st, 3);
		out->form = sqlite3_column_int(st, 4);
		snprintf(out->session, sizeof out->session, "%s",
		    id ? id : "");
	}
	sqlite3_finalize(st);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		return seal_error(rc);
	return rc == SQLITE_ROW;
}

int
seal_verify(sqlite3 *sql, const char *session)
{
	struct seal *s = NULL;
	struct seal_record x;
	int n = seal_read(sql, session, INT64_MAX, &x);

	if (n <= 0)
		return n < 0 ? n : -ENOENT;
	n = seal_begin(&s, sql, session, x.form, x.below, x.seq);
	if (n < 0)
		return n;
	while ((n = seal_step(s, 10000)) > 0)
		;
	if (n == 0)
		n = strcmp(s->result.digest, x.digest) == 0;
	seal_free(s);
	return n;
}
