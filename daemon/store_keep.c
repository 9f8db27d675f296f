/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See store_keep.h.  The rows of a segment are counted in slices first; so the
 * pages are in memory when the table is dropped, which then takes some 20 ms
 * for each million rows.
 *
 * Easy to get wrong: a session that was corrected after its seal is not sealed
 * until it is sealed again.
 */
#include "daemon/store_keep.h"
#include "daemon/store_row.h"
#include "daemon/store_span.h"
#include "daemon/store_write.h"

#include <inttypes.h>
#include <stdio.h>

#define SLICE_ROWS 100000	/* some 5 ms */
#define DAY_MS (INT64_C(24) * 3600 * 1000)

/* ?1 the segment, ?2 what is older is to go: the segment, if it may. */
static const char due_sql[] =
	"SELECT n FROM segment g WHERE n = ?1"
	" AND n < (SELECT max(n) FROM segment)"
	" AND EXISTS (SELECT 1 FROM segment m WHERE m.n > g.n AND m.synced"
	" AND m.wall_ms <= ?2)"
	" AND NOT EXISTS (SELECT 1 FROM span s WHERE s.segment = g.n"
	" AND NOT EXISTS (SELECT 1 FROM event v WHERE v.kind = 16"
	" AND v.session = s.session AND v.seq > (SELECT max(l.seq) FROM"
	" statement l WHERE l.session = s.session AND l.kind IN (5, 6, 9))))";

/* The oldest segment into k, if it is to be removed: 1, else 0. */
static int
find_due(struct store_keep *k, struct store_db *d, const struct now *now)
{
	sqlite3_stmt *st = NULL;
	char sql[96];
	int r = store_row_prepare(d, due_sql, &st);

	if (r == 0) {
		sqlite3_bind_int64(st, 1, d->oldest);
		sqlite3_bind_int64(st, 2, now->wall_ms -
		    d->options->keep_days * DAY_MS);
		r = store_row_next(d, st);
	}
	sqlite3_finalize(st);
	if (r != 1)
		return r;
	*k = (struct store_keep){ .segment = d->oldest };
	snprintf(sql, sizeof sql, "SELECT max(row) FROM reading_%06" PRId64,
	    k->segment);
	r = store_db_number(d, sql, NULL, 0, &k->rows);
	return r < 0 ? r : 1;
}

static int
count_slice(struct store_keep *k, struct store_db *d)
{
	int64_t n = 0, to = k->row + SLICE_ROWS;
	char sql[128];
	int err;

	snprintf(sql, sizeof sql, "SELECT count(port) FROM reading_%06" PRId64
	    " WHERE row > %" PRId64 " AND row <= %" PRId64, k->segment, k->row,
	    to);
	err = store_db_number(d, sql, NULL, 0, &n);
	if (err < 0)
		return err;
	k->counted += n;
	k->row = to;
	return 1;
}

/* Wall time of the last reading, by the clock row that holds for it. */
static int
find_end(struct store_keep *k, struct store_db *d, int64_t *out)
{
	char sql[512];

	snprintf(sql, sizeof sql, "SELECT r.t_ms + ifnull((SELECT c.wall_ms -"
	    " c.t_ms FROM clock c JOIN start s ON s.seq = c.start WHERE"
	    " s.boot_id = b.boot_id AND c.t_ms <= r.t_ms ORDER BY c.seq DESC"
	    " LIMIT 1), g.wall_ms - g.t_ms) FROM reading_%06" PRId64 " r"
	    " JOIN segment g ON g.n = %" PRId64 " JOIN start b ON b.seq ="
	    " g.start ORDER BY r.row DESC LIMIT 1", k->segment, k->segment);
	return store_db_number(d, sql, NULL, 0, out);
}

static int
write_removal(struct store_keep *k, struct store_db *d, const struct now *now)
{
	struct record r = { .class = RECORD_EVENT };
	char sql[96];
	int err;

	r.event.kind = EVENT_REMOVED;
	r.event.count = k->counted;
	snprintf(r.event.text, sizeof r.event.text, "{\"segment\":%" PRId64
	    ",\"setting\":\"keep-days: %" PRId64 "\"}", k->segment,
	    d->options->keep_days);
	snprintf(sql, sizeof sql, "SELECT wall_ms FROM segment WHERE n = %"
	    PRId64, k->segment);
	err = store_db_number(d, sql, NULL, 0, &r.event.from_ms);
	if (err == 0)
		err = find_end(k, d, &r.event.to_ms);
	return err < 0 ? err : store_write_record(d, now, &r);
}

static int
remove_segment(struct store_keep *k, struct store_db *d,
    const struct now *now)
{
	char sql[64];
	int err = store_db_run(d, "BEGIN IMMEDIATE");

	if (err < 0)
		return err;
	snprintf(sql, sizeof sql, "DROP TABLE reading_%06" PRId64, k->segment);
	err = write_removal(k, d, now);
	/* The view first: it names the table. */
	if (err == 0)
		err = store_span_forget(d, k->segment);
	if (err == 0)
		err = store_db_run(d, sql);
	if (err == 0)
		err = store_db_run(d, "COMMIT");
	if (err < 0)
		return err;
	d->oldest = k->segment + 1;
	store_keep_stop(k);
	return 1;
}

int
store_keep_step(struct store_keep *k, struct store_db *d,
    const struct now *now)
{
	/* A clock that is not synchronised may say any year. */
	if (d->options->keep_days == 0 || !now->synced) {
		store_keep_stop(k);
		return 0;
	}
	if (k->segment == 0)
		return find_due(k, d, now);
	if (k->row < k->rows)
		return count_slice(k, d);
	return remove_segment(k, d, now);
}

void
store_keep_stop(struct store_keep *k)
{
	*k = (struct store_keep){ .segment = 0 };
}
