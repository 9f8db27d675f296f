/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See reference.h.
 *
 * Easy to get wrong: a row's digest covers the type of each column and its
 * bytes, so that an empty text is not a NULL.
 */
#include "tests/torture/reference.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/session.h"

static const char *const tables[] = { "start", "clock", "span", "statement",
	"alarm", "notice", "delivery", "event" };
#define TABLES (sizeof tables / sizeof tables[0])

static uint64_t
digest(sqlite3_stmt *st)
{
	uint64_t h = UINT64_C(14695981039346656037);

	for (int c = 0; c < sqlite3_column_count(st); c++) {
		const unsigned char *p = sqlite3_column_text(st, c);
		int n = sqlite3_column_bytes(st, c);

		h = (h ^ (unsigned)sqlite3_column_type(st, c)) *
		    UINT64_C(1099511628211);
		for (int i = 0; i < n; i++)
			h = (h ^ p[i]) * UINT64_C(1099511628211);
	}
	return h | 1;
}

sqlite3 *
reference_open(const char *dir)
{
	char path[512];
	sqlite3 *db = NULL;

	snprintf(path, sizeof path, "%s/log.db", dir);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) !=
	    SQLITE_OK) {
		sqlite3_close(db);
		return NULL;
	}
	return db;
}

static int64_t
number(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t n = 0;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	return n;
}

struct extent
reference_extent(sqlite3 *db)
{
	struct extent e = { 0 };
	int64_t segments = number(db, "SELECT max(n) FROM segment");
	char sql[80];

	for (size_t i = 0; i < TABLES; i++) {
		int64_t n;

		snprintf(sql, sizeof sql, "SELECT max(seq) FROM %s",
		    tables[i]);
		n = number(db, sql);
		if (n > e.seq)
			e.seq = n;
	}
	for (int64_t s = 1; s <= segments; s++) {
		snprintf(sql, sizeof sql, "SELECT max(row) FROM reading_%06"
		    PRId64, s);
		e.readings += number(db, sql);
	}
	return e;
}

/* --- reading it ---------------------------------------------------------- */

static sqlite3_stmt *
ask(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	return st;
}

/* One more item in the list that *list points to. */
static void *
more(void *list, size_t *n, size_t size)
{
	void *items;

	memcpy(&items, list, sizeof items);
	items = realloc(items, (*n + 1) * size);
	assert_non_null(items);
	memcpy(list, &items, sizeof items);
	memset((char *)items + *n * size, 0, size);
	return (char *)items + size * (*n)++;
}

static void
text(sqlite3_stmt *st, int column, char *out, size_t size)
{
	const unsigned char *p = sqlite3_column_text(st, column);

	snprintf(out, size, "%s", p != NULL ? (const char *)p : "");
}

static void
read_rows(struct reference *r, sqlite3 *db)
{
	char sql[80];

	r->last_seq = reference_extent(db).seq;
	r->row = calloc((size_t)r->last_seq + 1, sizeof *r->row);
	assert_non_null(r->row);
	for (size_t i = 0; i < TABLES; i++) {
		sqlite3_stmt *st;

		snprintf(sql, sizeof sql, "SELECT * FROM %s", tables[i]);
		st = ask(db, sql);
		while (sqlite3_step(st) == SQLITE_ROW) {
			int64_t seq = sqlite3_column_int64(st, 0);

			/* No seq is given twice. */
			assert_true(r->row[seq] == 0);
			r->row[seq] = digest(st);
		}
		sqlite3_finalize(st);
	}
}

static void
read_readings(struct reference *r, sqlite3 *db)
{
	int64_t n = number(db, "SELECT max(n) FROM segment");
	char sql[80];

	for (int64_t s = 1; s <= n; s++) {
		struct reference_segment *g = more(&r->segment,
		    &r->segments_n, sizeof *g);
		sqlite3_stmt *st;

		snprintf(sql, sizeof sql, "SELECT count(*) FROM reading_%06"
		    PRId64, s);
		g->row = calloc((size_t)number(db, sql) + 1, sizeof *g->row);
		assert_non_null(g->row);
		snprintf(sql, sizeof sql, "SELECT * FROM reading_%06" PRId64
		    " ORDER BY row", s);
		st = ask(db, sql);
		while (sqlite3_step(st) == SQLITE_ROW) {
			assert_true(sqlite3_column_int64(st, 0) ==
			    g->rows + 1);
			g->row[++g->rows] = digest(st);
		}
		sqlite3_finalize(st);
	}
}

static void
read_statements(struct reference *r, sqlite3 *db)
{
	sqlite3_stmt *st = ask(db, "SELECT seq, id, kind, session, bed, at_ms,"
	    " amends, withdrawn, stated_by, text FROM statement ORDER BY seq");

	while (sqlite3_step(st) == SQLITE_ROW) {
		struct reference_statement *s = more(&r->statement,
		    &r->statements_n, sizeof *s);
		char id[EVENT_ID_TEXT];

		s->seq = sqlite3_column_int64(st, 0);
		text(st, 1, id, sizeof id);
		assert_true(event_id_parse(id, &s->st.id));
		s->st.kind = (enum statement_kind)sqlite3_column_int(st, 2);
		text(st, 3, s->st.session, sizeof s->st.session);
		text(st, 4, s->st.bed, sizeof s->st.bed);
		s->st.at_ms = sqlite3_column_int64(st, 5);
		text(st, 6, id, sizeof id);
		if (id[0] != '\0')
			assert_true(event_id_parse(id, &s->st.amends));
		s->st.withdrawn = sqlite3_column_int(st, 7) != 0;
		text(st, 8, s->st.by, sizeof s->st.by);
		text(st, 9, s->st.text, sizeof s->st.text);
	}
	sqlite3_finalize(st);
}

static void
read_notices(struct reference *r, sqlite3 *db)
{
	sqlite3_stmt *st = ask(db, "SELECT seq, key, channel, (SELECT min(seq)"
	    " FROM delivery d WHERE d.key = n.key AND d.channel = n.channel"
	    " AND outcome = 0) FROM notice n ORDER BY seq");

	while (sqlite3_step(st) == SQLITE_ROW) {
		struct reference_notice *n = more(&r->notice, &r->notices_n,
		    sizeof *n);

		n->seq = sqlite3_column_int64(st, 0);
		text(st, 1, n->key, sizeof n->key);
		text(st, 2, n->channel, sizeof n->channel);
		n->delivered_seq = sqlite3_column_type(st, 3) == SQLITE_NULL ?
		    INT64_MAX : sqlite3_column_int64(st, 3);
	}
	sqlite3_finalize(st);
	st = ask(db, "SELECT seq, event, session, state, (SELECT max(n.seq)"
	    " FROM notice n WHERE n.event = a.event AND n.seq > a.seq AND"
	    " n.seq < (SELECT ifnull(min(b.seq), 1e9) FROM alarm b WHERE"
	    " b.event = a.event AND b.seq > a.seq)) FROM alarm a ORDER BY"
	    " seq");
	while (sqlite3_step(st) == SQLITE_ROW) {
		struct reference_alarm *a = more(&r->alarm, &r->alarms_n,
		    sizeof *a);

		a->seq = sqlite3_column_int64(st, 0);
		text(st, 1, a->event, sizeof a->event);
		text(st, 2, a->session, sizeof a->session);
		a->open = sqlite3_column_int(st, 3) != ALARM_INACTIVE;
		a->notice_seq = sqlite3_column_int64(st, 4);
	}
	sqlite3_finalize(st);
}

void
reference_read(struct reference *r, const char *dir)
{
	sqlite3 *db = reference_open(dir);

	memset(r, 0, sizeof *r);
	assert_non_null(db);
	read_rows(r, db);
	read_readings(r, db);
	read_statements(r, db);
	read_notices(r, db);
	sqlite3_close(db);
}

void
reference_free(struct reference *r)
{
	for (size_t i = 0; i < r->segments_n; i++)
		free(r->segment[i].row);
	free(r->segment);
	free(r->row);
	free(r->statement);
	free(r->notice);
	free(r->alarm);
	memset(r, 0, sizeof *r);
}

/* --- holding another against it ----------------------------------------- */

static char complaint[256];

static const char * __attribute__((format(printf, 1, 2)))
complain(const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(complaint, sizeof complaint, format, ap);
	va_end(ap);
	return complaint;
}

static const char *
compare_rows(const struct reference *r, sqlite3 *db, int64_t below)
{
	int64_t expected = 0, found = 0;
	char sql[80];

	for (int64_t s = 1; s < below && s <= r->last_seq; s++)
		expected += r->row[s] != 0;
	for (size_t i = 0; i < TABLES; i++) {
		sqlite3_stmt *st = NULL;

		snprintf(sql, sizeof sql, "SELECT * FROM %s WHERE seq < %"
		    PRId64, tables[i], below);
		if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
			return complain("%s: %s", sql, sqlite3_errmsg(db));
		while (sqlite3_step(st) == SQLITE_ROW) {
			int64_t seq = sqlite3_column_int64(st, 0);

			if (seq > r->last_seq || r->row[seq] != digest(st)) {
				sqlite3_finalize(st);
				return complain("%s %" PRId64 " is another "
				    "record", tables[i], seq);
			}
			found++;
		}
		sqlite3_finalize(st);
	}
	return found == expected ? NULL : complain("%" PRId64 " of %" PRId64
	    " records are there", found, expected);
}

const char *
reference_compare(const struct reference *r, sqlite3 *db, int64_t below)
{
	const char *why = compare_rows(r, db, below);
	int64_t n = number(db, "SELECT max(n) FROM segment");
	char sql[80];

	for (int64_t s = 1; why == NULL && s <= n; s++) {
		sqlite3_stmt *st = NULL;
		int64_t row = 0;

		snprintf(sql, sizeof sql, "SELECT * FROM reading_%06" PRId64
		    " ORDER BY row", s);
		if (s > (int64_t)r->segments_n || sqlite3_prepare_v2(db, sql,
		    -1, &st, NULL) != SQLITE_OK)
			return complain("segment %" PRId64 " is not as it was",
			    s);
		while (why == NULL && sqlite3_step(st) == SQLITE_ROW)
			if (++row > r->segment[s - 1].rows ||
			    r->segment[s - 1].row[row] != digest(st))
				why = complain("reading %" PRId64 " of segment"
				    " %" PRId64 " is another", row, s);
		sqlite3_finalize(st);
	}
	return why;
}

/* The session as its statements below that make it. */
static void
apply(const struct reference *r, const char *id, int64_t below,
    struct session *out)
{
	memset(out, 0, sizeof *out);
	for (size_t i = 0; i < r->statements_n; i++)
		if (r->statement[i].seq < below &&
		    strcmp(r->statement[i].st.session, id) == 0)
			session_apply(out, &r->statement[i].st);
}

static bool
is_open(const struct reference *r, const char *id, int64_t below)
{
	bool open = false;

	for (size_t i = 0; i < r->statements_n; i++) {
		const struct statement *s = &r->statement[i].st;

		if (r->statement[i].seq >= below || strcmp(s->session, id))
			continue;
		if (s->kind == STATEMENT_SESSION_START)
			open = true;
		if (s->kind == STATEMENT_SESSION_END ||
		    s->kind == STATEMENT_SESSION_ABORT)
			open = false;
	}
	return open;
}

static const char *
compare_sessions(const struct reference *r, const struct store_restored *was,
    int64_t below)
{
	size_t expected = 0;
	struct session s;

	for (size_t i = 0; i < r->statements_n; i++) {
		const struct reference_statement *b = &r->statement[i];
		const struct store_session *found = NULL;

		if (b->seq >= below || b->st.kind != STATEMENT_SESSION_START ||
		    !is_open(r, b->st.session, below))
			continue;
		expected++;
		for (size_t j = 0; j < was->sessions_n; j++)
			if (strcmp(was->sessions[j].session.id,
			    b->st.session) == 0)
				found = &was->sessions[j];
		if (found == NULL)
			return complain("session %s does not go on",
			    b->st.session);
		apply(r, b->st.session, below, &s);
		if (session_phase(&s) != session_phase(&found->session) ||
		    s.n != found->session.n)
			return complain("session %s goes on as %s, not %s",
			    b->st.session,
			    phase_name(session_phase(&found->session)),
			    phase_name(session_phase(&s)));
	}
	return expected == was->sessions_n ? NULL :
	    complain("%zu sessions go on, not %zu", was->sessions_n, expected);
}

static const char *
compare_notices(const struct reference *r, const struct store_restored *was,
    int64_t below)
{
	size_t expected = 0;
	char key[EVENT_ID_TEXT];

	for (size_t i = 0; i < r->notices_n; i++) {
		const struct reference_notice *n = &r->notice[i];

		if (n->seq >= below || n->delivered_seq < below)
			continue;
		if (expected == was->notices_n)
			return complain("notice %s waits no more", n->key);
		event_id_format(key, was->notices[expected].key);
		if (strcmp(key, n->key) != 0 || strcmp(n->channel,
		    was->notices[expected].channel) != 0)
			return complain("notice %s waits, not %s", key,
			    n->key);
		expected++;
	}
	return expected == was->notices_n ? NULL :
	    complain("%zu notices wait, not %zu", was->notices_n, expected);
}

static const char *
compare_alarms(const struct reference *r, const struct store_restored *was,
    int64_t below)
{
	size_t expected = 0, found = was->stray_n;

	for (size_t i = 0; i < r->alarms_n; i++) {
		const struct reference_alarm *a = &r->alarm[i];
		bool last = a->seq < below;

		/* Nobody would be told: it is not raised anew. */
		if (last && a->notice_seq >= below)
			return complain("alarm %s is there, and no notice "
			    "of it", a->event);

		for (size_t j = i + 1; last && j < r->alarms_n &&
		    r->alarm[j].seq < below; j++)
			last = strcmp(r->alarm[j].event, a->event) != 0;
		expected += last && a->open && (a->session[0] == '\0' ||
		    is_open(r, a->session, below));
	}
	for (size_t i = 0; i < was->sessions_n; i++)
		found += was->sessions[i].open_alarms_n;
	return found == expected ? NULL :
	    complain("%zu alarms are open, not %zu", found, expected);
}

const char *
reference_resumes(const struct reference *r, const struct store_restored *was,
    int64_t below)
{
	const char *why = compare_sessions(r, was, below);

	if (why == NULL)
		why = compare_notices(r, was, below);
	if (why == NULL)
		why = compare_alarms(r, was, below);
	return why;
}

int64_t
reference_find_statement(const struct reference *r, const char *id)
{
	struct event_id wanted;

	if (!event_id_parse(id, &wanted))
		return -1;
	for (size_t i = 0; i < r->statements_n; i++)
		if (event_id_equal(r->statement[i].st.id, wanted))
			return r->statement[i].seq;
	return -1;
}

int64_t
reference_find_pause(const struct reference *r, int n)
{
	for (size_t i = 0; i < r->statements_n; i++)
		if (r->statement[i].st.kind == STATEMENT_ALARM_PAUSE &&
		    --n == 0)
			return r->statement[i].seq;
	return -1;
}

int64_t
reference_find_ack(const struct reference *r, const char *event)
{
	for (size_t i = 0; i < r->statements_n; i++)
		if (r->statement[i].st.kind == STATEMENT_ALARM_ACK &&
		    strstr(r->statement[i].st.text, event) != NULL)
			return r->statement[i].seq;
	return -1;
}
