/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which session is next, and the record of its seal.
 *
 * Easy to get wrong: the log itself says which session lacks its seal, so
 * nothing is forgotten over a restart.
 */
#include "daemon/store_seal.h"
#include "daemon/store_write.h"

#include <stdio.h>

#define SLICE_ROWS 2000		/* some milliseconds */

/* Ended or corrected, and not sealed since: 1, or 0 if there is none. */
static int
find_unsealed(struct store_seal *w, struct store_db *d)
{
	sqlite3_stmt *st = NULL;
	int rc, err = store_db_prepare(d, DB_UNSEALED,
	    "SELECT session FROM statement s WHERE kind IN (5, 6, 9)"
	    " AND EXISTS (SELECT 1 FROM statement e WHERE e.session ="
	    " s.session AND e.kind IN (5, 6)) AND NOT EXISTS (SELECT 1 FROM"
	    " event v WHERE v.kind = 16 AND v.session = s.session"
	    " AND v.seq > s.seq) ORDER BY seq LIMIT 1", &st);

	if (err < 0)
		return err;
	rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		snprintf(w->session, sizeof w->session, "%s",
		    (const char *)sqlite3_column_text(st, 0));
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		err = store_db_fail(d, rc);
	sqlite3_reset(st);
	return err < 0 ? err : rc == SQLITE_ROW;
}

static int
write_part(struct store_seal *w, struct store_db *d, const struct now *now,
    const struct seal_part *p)
{
	struct record r = { .class = RECORD_EVENT };

	r.event.kind = EVENT_SEAL_PART;
	snprintf(r.event.session, sizeof r.event.session, "%s", w->session);
	r.event.from_ms = p->segment;
	r.event.count = p->rows;
	snprintf(r.event.text, sizeof r.event.text,
	    "{\"part\":\"%s\",\"digest\":\"%s\"}", p->name, p->digest);
	return store_write_record(d, now, &r);
}

static int
write_seal(struct store_seal *w, struct store_db *d, const struct now *now)
{
	const struct seal_result *x = seal_result(w->job);
	struct record r = { .class = RECORD_EVENT };
	int err = store_db_run(d, "BEGIN IMMEDIATE");

	for (size_t i = 0; err == 0 && i < x->parts_n; i++)
		err = write_part(w, d, now, &x->part[i]);
	if (err < 0)
		return err;
	r.event.kind = EVENT_SEAL;
	snprintf(r.event.session, sizeof r.event.session, "%s", w->session);
	snprintf(r.event.text, sizeof r.event.text, "{\"form\":%d,"
	    "\"digest\":\"%s\",\"previous\":\"%s\",\"below\":%lld,"
	    "\"records\":%lld,\"readings\":%lld}", SEAL_FORM, x->digest,
	    x->previous, (long long)w->below, (long long)x->records,
	    (long long)x->readings);
	err = store_write_record(d, now, &r);
	return err < 0 ? err : store_db_run(d, "COMMIT");
}

int
store_seal_step(struct store_seal *w, struct store_db *d,
    const struct now *now)
{
	int r;

	if (w->job == NULL) {
		r = find_unsealed(w, d);
		if (r != 1)
			return r;
		w->below = d->seq + 1;
		r = seal_begin(&w->job, d->sql, w->session, SEAL_FORM,
		    w->below, INT64_MAX);
		return r < 0 ? r : 1;
	}
	r = seal_step(w->job, SLICE_ROWS);
	if (r != 0)
		return r;
	r = write_seal(w, d, now);
	if (r < 0)
		return r;
	store_seal_stop(w);
	return 1;
}

void
store_seal_stop(struct store_seal *w)
{
	seal_free(w->job);
	w->job = NULL;
}
