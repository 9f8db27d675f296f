/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The seals: each names the digest of the one before it, and the records and
 * readings of its session give its digest again.
 *
 * Easy to get wrong: readings that retention removed cannot be computed anew;
 * their digest as recorded stands for them (form 2), and it is said.
 */
#include "daemon/seal.h"
#include "review/verify.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define SLICE_ROWS 10000	/* of a seal that is computed: some 50 ms */

static void
say_part(struct verify *v, const char *session, const char *name,
    int64_t segment, const char *how)
{
	if (segment != 0)
		verify_say(v, VERIFY_FAULT, session, "its readings in "
		    "reading_%06lld %s", (long long)segment, how);
	else
		verify_say(v, VERIFY_FAULT, session, "its %s records %s",
		    name, how);
}

/* Each recorded part is among those computed, and the same. */
static int
compare_parts(struct verify *v, const struct seal_record *x,
    const struct seal_result *now, bool *found)
{
	sqlite3_stmt *st = log_prepare(v->q.db, "SELECT json_extract(text, "
	    "'$.part'), from_ms, count, json_extract(text, '$.digest') FROM "
	    "event WHERE kind = 19 AND session = ?1 AND seq >= ?2 AND "
	    "seq < ?3", "tii", x->session, x->below, x->seq);
	size_t same = 0;
	int r = 0;

	while (log_next(&v->q, st, &r)) {
		struct seal_part was = { .segment =
		    sqlite3_column_int64(st, 1) };
		size_t i = 0;

		log_take_text(st, 0, was.name, sizeof was.name);
		log_take_text(st, 3, was.digest, sizeof was.digest);
		was.rows = sqlite3_column_int64(st, 2);
		while (i < now->parts_n && (now->part[i].segment !=
		    was.segment || strcmp(now->part[i].name, was.name) != 0))
			i++;
		same += i < now->parts_n;
		if (i < now->parts_n && now->part[i].rows == was.rows &&
		    strcmp(now->part[i].digest, was.digest) == 0)
			continue;
		*found = true;
		if (i == now->parts_n)
			say_part(v, x->session, was.name, was.segment,
			    "are missing");
		else if (now->part[i].rows != was.rows)
			say_part(v, x->session, was.name, was.segment,
			    now->part[i].rows < was.rows ? "are fewer than "
			    "when it was sealed" : "are more than when it was "
			    "sealed");
		else
			say_part(v, x->session, was.name, was.segment,
			    "were changed after it was sealed");
	}
	if (r == 0 && same < now->parts_n && !*found) {
		verify_say(v, VERIFY_FAULT, x->session, "it has records of a "
		    "kind that were not there when it was sealed");
		*found = true;
	}
	return r;
}

static int
compare(struct verify *v, const struct seal_record *x,
    const struct seal_result *now)
{
	bool found = false;
	int r = 0;

	if (x->form == 1 && now->removed) {
		verify_say(v, VERIFY_NOTE, x->session, "sealed in form 1, which "
		    "cannot be computed without the readings that retention "
		    "removed");
		return 0;
	}
	if (strcmp(now->digest, x->digest) == 0)
		return 0;
	if (x->form != 1)
		r = compare_parts(v, x, now, &found);
	if (r == 0 && !found)
		verify_say(v, VERIFY_FAULT, x->session, "it does not match its "
		    "seal (record %lld)", (long long)x->seq);
	return r;
}

static int
check_seal(struct verify *v, const struct seal_record *x, int64_t last)
{
	struct seal *s = NULL;
	int r;

	if (x->form < 1 || x->form > SEAL_FORM) {
		verify_say(v, VERIFY_FAULT, x->session, "the form of its seal "
		    "(record %lld) is not known", (long long)x->seq);
		return 0;
	}
	r = seal_begin(&s, v->q.db, x->session, x->form, x->below, x->seq);
	while (r >= 0) {
		r = seal_step(s, SLICE_ROWS);
		if (r == 0)
			break;
		if (r == 1)
			r = verify_go_on(v, "seals", x->seq, last);
		if (r < 0)
			break;
	}
	if (r == 0)
		r = compare(v, x, seal_result(s));
	else if (r != -EINTR)
		r = log_complain(v->q.error, r, "the seal of %s cannot be "
		    "computed: %s", x->session, sqlite3_errmsg(v->q.db));
	seal_free(s);
	v->result.seals++;
	return r;
}

static int
check_link(struct verify *v, const struct seal_record *x)
{
	struct seal_record before = { .digest = "-" };
	int r = seal_read(v->q.db, NULL, x->seq, &before);

	if (r < 0)
		return log_complain(v->q.error, r, "the seals cannot be read: "
		    "%s", sqlite3_errmsg(v->q.db));
	if (strcmp(x->previous, before.digest) != 0)
		verify_say(v, VERIFY_FAULT, x->session, "its seal (record "
		    "%lld) does not follow the one before it (%s)",
		    (long long)x->seq, r == 1 ? before.session : "none");
	return 0;
}

/* Ended, and not sealed since: a note, since vitalsd seals when it next can. */
static int
note_unsealed(struct verify *v)
{
	sqlite3_stmt *st = log_prepare(v->q.db, "SELECT session, EXISTS "
	    "(SELECT 1 FROM statement e WHERE e.session = s.session AND "
	    "e.kind IN (5, 6)), EXISTS (SELECT 1 FROM event x WHERE "
	    "x.kind = 16 AND x.session = s.session AND x.seq > (SELECT "
	    "max(seq) FROM statement l WHERE l.session = s.session AND "
	    "l.kind IN (5, 6, 9))) FROM statement s WHERE kind = 0 AND "
	    "(?1 = '' OR session = ?1)", "t", v->session);
	int r = 0;

	while (log_next(&v->q, st, &r)) {
		char session[SESSION_ID_MAX];
		bool ended = sqlite3_column_int(st, 1) != 0;

		log_take_text(st, 0, session, sizeof session);
		v->result.sessions += ended;
		if (!ended)
			verify_say(v, VERIFY_NOTE, session, "still open: "
			    "nothing of it is sealed yet");
		else if (sqlite3_column_int(st, 2) == 0)
			verify_say(v, VERIFY_NOTE, session, "ended, but not "
			    "sealed (yet)");
	}
	return r;
}

int
verify_seals(struct verify *v)
{
	const char *session = v->session[0] != '\0' ? v->session : NULL;
	struct seal_record x = { .seq = INT64_MAX };
	int64_t last = 0;
	int r = verify_number(v, "SELECT ifnull(max(seq), 0) FROM event WHERE "
	    "kind = 16", NULL, &last);

	/* From the newest to the oldest. */
	while (r == 0) {
		r = seal_read(v->q.db, session, x.seq, &x);
		if (r < 0)
			return log_complain(v->q.error, r, "the seals cannot "
			    "be read: %s", sqlite3_errmsg(v->q.db));
		if (r == 0)
			break;
		r = check_link(v, &x);
		if (r == 0)
			r = check_seal(v, &x, last);
	}
	return r < 0 ? r : note_unsealed(v);
}
