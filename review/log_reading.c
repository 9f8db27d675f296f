/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See log_reading.h.
 *
 * Easy to get wrong: how many readings a removed segment held of this session
 * is known from the parts of its seal; the record of the removal counts those
 * of all beds.
 */
#include "review/log_reading.h"
#include "daemon/seal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int
log_read_ports(struct log_reader *y)
{
	struct log_session *s = y->s;
	sqlite3_stmt *q = log_prepare(y->q.db, "SELECT n, name, driver FROM "
	    "port WHERE bed = ?1 ORDER BY n", "t", s->session.bed);
	int r = 0;

	while (log_next(&y->q, q, &r)) {
		struct log_port *p = log_grow(&y->q, &s->ports, &s->ports_n,
		    sizeof *p);

		if (p == NULL)
			continue;
		p->n = sqlite3_column_int64(q, 0);
		log_take_text(q, 1, p->name, sizeof p->name);
		log_take_text(q, 2, p->driver, sizeof p->driver);
	}
	return r;
}

static int
port_index(const struct log_session *s, int64_t n)
{
	for (size_t i = 0; i < s->ports_n; i++)
		if (s->ports[i].n == n)
			return (int)i;
	return -1;
}

static int
read_segment(struct log_reader *y, const char *table, int64_t first,
    int64_t last, int64_t shift)
{
	struct log_session *s = y->s;
	char sql[256];
	sqlite3_stmt *q;
	int r = 0;

	/* The name is the log's own, and still is not trusted. */
	if (strspn(table, "abcdefghijklmnopqrstuvwxyz_0123456789") !=
	    strlen(table))
		return log_complain(y->q.error, -EBADMSG, "the log names a segment "
		    "that cannot be");
	snprintf(sql, sizeof sql, "SELECT port, t_ms, vital, quality, flags, "
	    "value, age_ms FROM %s WHERE row BETWEEN ?1 AND ?2 AND port IN "
	    "(SELECT n FROM port WHERE bed = ?3) ORDER BY row", table);
	q = log_prepare(y->q.db, sql, "iit", first, last, s->session.bed);
	while (log_next(&y->q, q, &r)) {
		int port = port_index(s, sqlite3_column_int64(q, 0));
		int64_t x = sqlite3_column_int64(q, 1) + shift;
		int vital = sqlite3_column_int(q, 2);
		int quality = sqlite3_column_int(q, 3);
		struct log_reading *l;

		if (port < 0 || x < session_begin_ms(&s->session) ||
		    x >= session_end_ms(&s->session) || vital < 0 ||
		    vital >= VITALS || quality < 0 || quality >= QUALITIES)
			continue;
		l = log_grow(&y->q, &s->readings, &s->readings_n, sizeof *l);
		if (l == NULL)
			continue;
		l->x_ms = x;
		l->port = (uint16_t)port;
		l->vital = (uint8_t)vital;
		l->quality = (uint8_t)quality;
		l->flags = (uint8_t)sqlite3_column_int(q, 4);
		l->value = sqlite3_column_int(q, 5);
		l->age_ms = sqlite3_column_int(q, 6);
	}
	return r;
}

/* From wall time to the axis, within the session. */
static int64_t
place_of(const struct log_session *s, int64_t wall_ms)
{
	int64_t begin = session_begin_ms(&s->session);
	int64_t x = wall_ms - s->begin_wall_ms + begin;

	return x < begin ? begin : x > s->end_ms ? s->end_ms : x;
}

/* A segment that is gone: what the log says of that. */
static int
read_removal(struct log_reader *y, int64_t segment)
{
	struct log_session *s = y->s;
	struct seal_part part = { .rows = -1 };
	struct log_removed *l;
	sqlite3_stmt *q;
	int r = seal_recorded_part(y->q.db, s->session.id, "readings",
	    segment, INT64_MAX, &part);

	if (r < 0)
		return log_complain(y->q.error, r, "the log cannot be read: "
		    "%s", sqlite3_errmsg(y->q.db));
	l = log_grow(&y->q, &s->removed, &s->removed_n, sizeof *l);
	if (l == NULL)
		return 0;
	*l = (struct log_removed){ .from_ms = session_begin_ms(&s->session),
		.to_ms = s->end_ms, .readings = part.rows };
	q = log_prepare(y->q.db, "SELECT from_ms, to_ms, wall_ms, "
	    "json_extract(text, '$.setting') FROM event WHERE kind = 20 AND "
	    "json_extract(text, '$.segment') = ?1", "i", segment);
	r = 0;
	while (log_next(&y->q, q, &r)) {
		l->from_ms = place_of(s, sqlite3_column_int64(q, 0));
		l->to_ms = place_of(s, sqlite3_column_int64(q, 1));
		l->wall_ms = sqlite3_column_int64(q, 2);
		log_take_text(q, 3, l->setting, sizeof l->setting);
	}
	return r;
}

static int
read_spans(struct log_reader *y)
{
	sqlite3_stmt *q = log_prepare(y->q.db, "SELECT segment.n, "
	    "segment.name, segment.start, first_row, "
	    "coalesce(last_row, 9223372036854775807), EXISTS (SELECT 1 FROM "
	    "sqlite_schema WHERE type = 'table' AND name = segment.name) "
	    "FROM spans JOIN segment ON segment.n = spans.segment "
	    "WHERE session = ?1 ORDER BY segment.n", "t", y->s->session.id);
	int r = 0;

	while (log_next(&y->q, q, &r)) {
		char table[64];

		log_take_text(q, 1, table, sizeof table);
		if (sqlite3_column_int(q, 5) == 0)
			r = read_removal(y, sqlite3_column_int64(q, 0));
		else
			r = read_segment(y, table, sqlite3_column_int64(q, 3),
			    sqlite3_column_int64(q, 4), log_axis_shift(
			    &y->axis, sqlite3_column_int64(q, 2)));
		if (r < 0) {
			sqlite3_finalize(q);
			return r;
		}
	}
	return r;
}

/* Across boots the wall clock may have been wrong enough for readings to lie
 * before those of the boot before. */
static int
by_time(const void *a, const void *b)
{
	const struct log_reading *x = a, *y = b;

	if (x->x_ms != y->x_ms)
		return x->x_ms > y->x_ms ? 1 : -1;
	if (x->port != y->port)
		return x->port > y->port ? 1 : -1;
	return (x->vital > y->vital) - (x->vital < y->vital);
}

static void
sort_readings(struct log_session *s)
{
	for (size_t i = 1; i < s->readings_n; i++)
		if (s->readings[i].x_ms < s->readings[i - 1].x_ms) {
			qsort(s->readings, s->readings_n,
			    sizeof s->readings[0], by_time);
			return;
		}
}

int
log_read_readings(struct log_reader *y)
{
	int r = read_spans(y);

	if (r == 0)
		sort_readings(y->s);
	return r;
}
