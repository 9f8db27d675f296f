/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The parts of a verification in their order, and the file and its records;
 * see verify.h.
 *
 * Easy to get wrong: vitalsd goes on writing.  The numbers up to which to look
 * are read once, and each question is a short read of its own.
 */
#include "review/verify.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULTS_SAID 200		/* more are only counted */
#define NOTES_SAID 40
#define SLICE_RECORDS 20000

void
verify_say(struct verify *v, enum verify_kind kind, const char *session,
    const char *format, ...)
{
	char text[LOG_ERROR];
	va_list ap;

	if (kind == VERIFY_FAULT && ++v->result.faults > FAULTS_SAID)
		return;
	if (kind == VERIFY_NOTE && ++v->result.notes > NOTES_SAID)
		return;
	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	v->watch->say(v->watch->arg, kind, session, text);
}

int
verify_go_on(struct verify *v, const char *what, int64_t done, int64_t total)
{
	return v->watch->go_on(v->watch->arg, what, done, total) ? 0 :
	    log_complain(v->q.error, -EINTR, "interrupted");
}

int
verify_number(struct verify *v, const char *sql, const char *text,
    int64_t *out)
{
	sqlite3_stmt *st = log_prepare(v->q.db, sql, text ? "t" : "", text);
	int r = 0;

	while (log_next(&v->q, st, &r))
		*out = sqlite3_column_int64(st, 0);
	return r;
}

/* SQLite's own look at the file, or at one table of it. */
static int
check_integrity(struct verify *v, const char *table)
{
	sqlite3_stmt *st = log_prepare(v->q.db, table ? "SELECT "
	    "integrity_check FROM pragma_integrity_check(?1)" :
	    "SELECT integrity_check FROM pragma_integrity_check",
	    table ? "t" : "", table);
	int r = 0;

	while (log_next(&v->q, st, &r)) {
		const char *text = (const char *)sqlite3_column_text(st, 0);

		if (text != NULL && strcmp(text, "ok") != 0)
			verify_say(v, VERIFY_FAULT, "", "the file is damaged: "
			    "%s%s%s", table ? table : "", table ? ": " : "",
			    text);
	}
	/* So damaged that it cannot even be looked at. */
	if (r == -EBADMSG) {
		verify_say(v, VERIFY_FAULT, "", "%s", v->q.error);
		r = 0;
	}
	return r;
}

/* Table by table while somebody writes: the whole would be one long read. */
static int
verify_file(struct verify *v, bool alone)
{
	char (*name)[128] = NULL;
	size_t n = 0;
	sqlite3_stmt *st;
	int r = 0;

	if (alone) {
		r = verify_go_on(v, "the file", 0, 1);
		return r < 0 ? r : check_integrity(v, NULL);
	}
	st = log_prepare(v->q.db, "SELECT name FROM sqlite_schema WHERE "
	    "type = 'table'", "");
	while (log_next(&v->q, st, &r)) {
		char *next = log_grow(&v->q, &name, &n, sizeof *name);

		if (next != NULL)
			log_take_text(st, 0, next, sizeof *name);
	}
	for (size_t i = 0; r == 0 && i < n; i++) {
		r = verify_go_on(v, "the file", (int64_t)i, (int64_t)n);
		if (r == 0)
			r = check_integrity(v, name[i]);
	}
	free(name);
	return r;
}

#define SEQS(table) "SELECT seq FROM " table " WHERE seq > ?1 AND seq <= ?2"
#define ALL_SEQS SEQS("start") " UNION ALL " SEQS("clock") " UNION ALL " \
	SEQS("span") " UNION ALL " SEQS("statement") " UNION ALL " \
	SEQS("alarm") " UNION ALL " SEQS("notice") " UNION ALL " \
	SEQS("delivery") " UNION ALL " SEQS("event")
#define LAST(table) "ifnull((SELECT max(seq) FROM " table "), 0)"

static void
say_missing(struct verify *v, int64_t from, int64_t to)
{
	if (from == to)
		verify_say(v, VERIFY_FAULT, "", "record %lld is missing",
		    (long long)from);
	else
		verify_say(v, VERIFY_FAULT, "", "records %lld to %lld are "
		    "missing", (long long)from, (long long)to);
}

/* The records are numbered 1, 2, 3 ... across all tables. */
static int
verify_numbers(struct verify *v)
{
	int64_t last = 0, before = 0;
	int r = verify_number(v, "SELECT max(" LAST("start") "," LAST("clock")
	    "," LAST("span") "," LAST("statement") "," LAST("alarm") ","
	    LAST("notice") "," LAST("delivery") "," LAST("event") ")", NULL,
	    &last);

	for (int64_t at = 0; r == 0 && at < last; at += SLICE_RECORDS) {
		int64_t to = at + SLICE_RECORDS < last ? at + SLICE_RECORDS :
		    last;
		sqlite3_stmt *st = log_prepare(v->q.db, ALL_SEQS
		    " ORDER BY seq", "ii", at, to);

		while (log_next(&v->q, st, &r)) {
			int64_t seq = sqlite3_column_int64(st, 0);

			if (seq == before)
				verify_say(v, VERIFY_FAULT, "", "there are two "
				    "records %lld", (long long)seq);
			else if (seq > before + 1)
				say_missing(v, before + 1, seq - 1);
			before = seq;
			v->result.records++;
		}
		if (r == 0)
			r = verify_go_on(v, "records", to, last);
	}
	return r;
}

/* Numbers that no word explains, and names that name nothing. */
static const struct {
	const char *what, *sql;		/* seq, session */
} rule[] = {
	{ "statement %lld is of a kind that there is not",
	  "SELECT seq, session FROM statement WHERE kind NOT IN (SELECT n "
	  "FROM code WHERE family = 'statement')" },
	{ "statement %lld corrects one that there is not",
	  "SELECT seq, session FROM statement s WHERE amends IS NOT NULL AND "
	  "NOT EXISTS (SELECT 1 FROM statement o WHERE o.id = s.amends)" },
	{ "statement %lld belongs to a session that was never begun",
	  "SELECT seq, session FROM statement s WHERE session <> '' AND NOT "
	  "EXISTS (SELECT 1 FROM statement o WHERE o.session = s.session AND "
	  "o.kind = 0)" },
	{ "alarm record %lld has a state, phase or priority that there is not",
	  "SELECT seq, session FROM alarm WHERE state NOT IN (SELECT n FROM "
	  "code WHERE family = 'alarm-state') OR phase NOT IN (SELECT n FROM "
	  "code WHERE family = 'alarm-phase') OR priority NOT IN (SELECT n "
	  "FROM code WHERE family = 'priority') OR level NOT IN (SELECT n "
	  "FROM code WHERE family = 'priority') OR type NOT IN (SELECT n FROM "
	  "code WHERE family = 'alarm-type')" },
	{ "event record %lld is of a kind that there is not",
	  "SELECT seq, session FROM event WHERE kind NOT IN (SELECT n FROM "
	  "code WHERE family = 'event')" },
	{ "delivery %lld is of a notice that there is not",
	  "SELECT seq, '' FROM delivery d WHERE NOT EXISTS (SELECT 1 FROM "
	  "notice n WHERE n.key = d.key)" },
	{ "delivery %lld has an outcome that there is not",
	  "SELECT seq, '' FROM delivery WHERE outcome NOT IN (SELECT n FROM "
	  "code WHERE family = 'outcome')" },
};

static int
verify_records(struct verify *v)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof rule / sizeof *rule; i++) {
		sqlite3_stmt *st = log_prepare(v->q.db, rule[i].sql, "");

		while (log_next(&v->q, st, &r)) {
			char session[SESSION_ID_MAX], text[160];

			log_take_text(st, 1, session, sizeof session);
			if (v->session[0] != '\0' &&
			    strcmp(session, v->session) != 0)
				continue;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
			snprintf(text, sizeof text, rule[i].what,
			    (long long)sqlite3_column_int64(st, 0));
#pragma GCC diagnostic pop
			verify_say(v, VERIFY_FAULT, session, "%s", text);
		}
	}
	return r;
}

static int
find_session(struct verify *v, const char *id)
{
	bool last = strcmp(id, "last") == 0;
	sqlite3_stmt *st = log_prepare(v->q.db, last ?
	    "SELECT session FROM statement WHERE kind = 0 ORDER BY seq DESC "
	    "LIMIT 1" : "SELECT session FROM statement WHERE session = ?1 "
	    "LIMIT 1", last ? "" : "t", id);
	int r = 0;

	while (log_next(&v->q, st, &r))
		log_take_text(st, 0, v->session, sizeof v->session);
	if (r == 0 && v->session[0] == '\0')
		r = log_complain(v->q.error, -ESRCH, "the log holds no session "
		    "\"%.60s\"; `vitalsctl session list` shows those that it "
		    "has", id);
	return r;
}

static void
say_more(struct verify *v, const char *what, int64_t n)
{
	char text[64];

	if (n <= 0)
		return;
	snprintf(text, sizeof text, "and %lld more %s%s", (long long)n, what,
	    n == 1 ? "" : "s");
	v->watch->say(v->watch->arg, VERIFY_NOTE, "", text);
}

int
verify_log(sqlite3 *db, const char *session, bool alone,
    const struct verify_watch *w, struct verify_result *out,
    char error[LOG_ERROR])
{
	struct verify v = { .q = { .db = db, .error = error }, .watch = w };
	int r = session != NULL ? find_session(&v, session) : 0;

	if (r == 0 && session == NULL)
		r = verify_file(&v, alone);
	if (r == 0 && session == NULL)
		r = verify_numbers(&v);
	if (r == 0)
		r = verify_records(&v);
	if (r == 0)
		r = verify_segments(&v);
	if (r == 0)
		r = verify_seals(&v);
	if (r == 0 && v.q.no_memory)
		r = log_complain(error, -ENOMEM, "out of memory");
	/* Damage is what was looked for: it does not stop the search silently. */
	if (r == -EBADMSG) {
		verify_say(&v, VERIFY_FAULT, v.session, "%s", error);
		r = 0;
	}
	say_more(&v, "fault", v.result.faults - FAULTS_SAID);
	say_more(&v, "note", v.result.notes - NOTES_SAID);
	*out = v.result;
	return r;
}
