/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See export.h.
 *
 * Easy to get wrong: numbers come from scaled integers, never through printf
 * of a float: a locale would write 36,6, which CSV reads as two fields.
 */
#include "review/export.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/json.h"

static int64_t
wall_of(const struct log_session *s, int64_t x_ms)
{
	return s->begin_wall_ms + x_ms - session_begin_ms(&s->session);
}

static int
written(FILE *out)
{
	errno = 0;
	if (fflush(out) == 0 && !ferror(out))
		return 0;
	return errno != 0 ? -errno : -EIO;
}

/* A field of CSV, quoted where RFC 4180 asks for it. */
static void
put_field(FILE *out, const char *text)
{
	if (strpbrk(text, ",\"\r\n") == NULL) {
		fputs(text, out);
		return;
	}
	putc('"', out);
	for (; *text != '\0'; text++) {
		if (*text == '"')
			putc('"', out);
		putc(*text, out);
	}
	putc('"', out);
}

static void
put_reading(const struct log_session *s, const struct log_reading *r,
    FILE *out)
{
	const struct vital_info *v = &vital_info[r->vital];
	struct session_stamp at = session_at(&s->session, r->x_ms);
	bool value = r->quality == QUALITY_GOOD ||
	    r->quality == QUALITY_QUESTIONABLE;
	char time[CLOCK_TEXT], number[24] = "";

	clock_format_utc(wall_of(s, r->x_ms), time);
	if (value)
		json_scaled_text(r->value, v->decimals, number);
	fprintf(out, "%s,", time);
	put_field(out, s->session.id);
	fprintf(out, ",%lld,", (long long)(r->x_ms -
	    session_begin_ms(&s->session)));
	if (at.infusion_ms != INFUSION_NONE)
		fprintf(out, "%lld", (long long)at.infusion_ms);
	fprintf(out, ",%s,", phase_name(at.phase));
	put_field(out, s->session.bed);
	putc(',', out);
	put_field(out, s->ports[r->port].name);
	fprintf(out, ",%s,%s,%s,%s,%d,%s\r\n", v->name, number, v->ucum,
	    quality_name((enum quality)r->quality), r->age_ms,
	    r->flags & READING_DEMO ? "demo" : "");
}

int
export_csv(const struct log_session *s, FILE *out)
{
	fputs("time,session,session_ms,infusion_ms,phase,bed,port,vital,value,"
	    "unit,quality,age_ms,flags\r\n", out);
	for (size_t i = 0; i < s->readings_n && !ferror(out); i++)
		put_reading(s, &s->readings[i], out);
	return written(out);
}

/* One line: class and time first, then the members of 'o', which it takes. */
static int
put_line(const struct log_session *s, FILE *out, const char *class,
    int64_t x_ms, json_t *o)
{
	json_t *line = json_pack("{s:s, s:o, s:I}", "class", class, "time",
	    json_wall(wall_of(s, x_ms)), "session_ms",
	    (json_int_t)(x_ms - session_begin_ms(&s->session)));
	int r = 0;

	if (line == NULL || o == NULL || json_object_update(line, o) < 0)
		r = -ENOMEM;
	else if (json_dumpf(line, out, JSON_COMPACT |
	    JSON_REAL_PRECISION(6)) < 0 || putc('\n', out) == EOF)
		r = errno != 0 ? -errno : -EIO;
	json_decref(line);
	json_decref(o);
	return r;
}

static int
put_session(const struct log_session *s, FILE *out)
{
	json_t *o = json_pack("{s:s, s:s, s:s, s:s, s:b, s:I, s:i, s:s}",
	    "session", s->session.id, "bed", s->session.bed, "subject",
	    s->session.subject, "phase", phase_name(session_phase(
	    &s->session)), "open", s->open, "length_ms", (json_int_t)
	    (s->end_ms - session_begin_ms(&s->session)), "boots", s->boots,
	    "seal", s->seal);

	return put_line(s, out, "session", session_begin_ms(&s->session), o);
}

static int
put_statement(const struct log_session *s, const struct log_statement *l,
    FILE *out)
{
	const struct statement *st = &l->st;
	json_t *o = json_pack("{s:o, s:s, s:o, s:s, s:s, s:o, s:b, s:s, s:s}",
	    "id", json_event_id(st->id), "statement",
	    statement_name(st->kind), "entered",
	    json_wall(wall_of(s, l->x_ms)), "user", st->user, "by", st->by,
	    "amends", json_event_id(st->amends), "withdrawn", st->withdrawn,
	    "subject", st->subject, "text", st->text);

	return put_line(s, out, "statement", st->at_ms, o);
}

static int
put_alarm(const struct log_session *s, const struct log_change *l, FILE *out)
{
	json_t *o = json_alarm(&l->change, l->x_ms);

	/* Of the monitors' own time axis, which ends here. */
	json_object_set_new(o, "since_ms", json_integer(l->change.since_ms -
	    session_begin_ms(&s->session)));
	return put_line(s, out, "alarm", l->x_ms, o);
}

static int
put_delivery(const struct log_session *s, const struct log_change *l,
    FILE *out)
{
	json_t *o;

	if (l->notices == 0)
		return 0;
	o = json_pack("{s:o, s:s, s:i, s:i, s:o}", "event",
	    json_event_id(l->change.event), "phase",
	    alarm_phase_name(l->change.phase), "notices", (int)l->notices,
	    "delivered", (int)l->deliveries, "first_after_ms",
	    l->delivered_ms < 0 ? json_null() :
	    json_integer(l->delivered_ms));
	return put_line(s, out, "delivery", l->x_ms, o);
}

static int
put_event(const struct log_session *s, const struct log_event *l, FILE *out)
{
	const struct event *e = &l->event;
	json_t *o = json_pack("{s:s, s:s, s:s, s:I, s:I, s:I, s:s}", "event",
	    event_name(e->kind), "bed", e->bed, "port", e->port, "from_ms",
	    (json_int_t)e->from_ms, "to_ms", (json_int_t)e->to_ms, "count",
	    (json_int_t)e->count, "text", e->text);

	return put_line(s, out, "event", l->x_ms, o);
}

static int
put_reading_json(const struct log_session *s, const struct log_reading *r,
    FILE *out)
{
	const struct vital_info *v = &vital_info[r->vital];
	struct session_stamp at = session_at(&s->session, r->x_ms);
	bool value = r->quality == QUALITY_GOOD ||
	    r->quality == QUALITY_QUESTIONABLE;
	json_t *o = json_pack("{s:o, s:s, s:s, s:s, s:o, s:s, s:s, s:i, s:b}",
	    "infusion_ms", json_infusion(at.infusion_ms), "phase",
	    phase_name(at.phase), "port", s->ports[r->port].name, "vital",
	    v->name, "value", value ? json_scaled(r->value, v->decimals) :
	    json_null(), "unit", v->ucum, "quality",
	    quality_name((enum quality)r->quality), "age_ms", r->age_ms,
	    "demo", (r->flags & READING_DEMO) != 0);

	return put_line(s, out, "reading", r->x_ms, o);
}

static int
put_removed(const struct log_session *s, const struct log_removed *l,
    FILE *out)
{
	json_t *o = json_pack("{s:o, s:o, s:o, s:s}", "to",
	    json_wall(wall_of(s, l->to_ms)), "readings", l->readings < 0 ?
	    json_null() : json_integer(l->readings), "removed",
	    l->wall_ms == 0 ? json_null() : json_wall(l->wall_ms), "setting",
	    l->setting);

	return put_line(s, out, "removed", l->from_ms, o);
}

int
export_json(const struct log_session *s, FILE *out)
{
	int r = put_session(s, out);

	for (size_t i = 0; r == 0 && i < s->statements_n; i++)
		r = put_statement(s, &s->statements[i], out);
	for (size_t i = 0; r == 0 && i < s->changes_n; i++)
		if ((r = put_alarm(s, &s->changes[i], out)) == 0)
			r = put_delivery(s, &s->changes[i], out);
	for (size_t i = 0; r == 0 && i < s->events_n; i++)
		r = put_event(s, &s->events[i], out);
	for (size_t i = 0; r == 0 && i < s->removed_n; i++)
		r = put_removed(s, &s->removed[i], out);
	for (size_t i = 0; r == 0 && i < s->readings_n; i++)
		r = put_reading_json(s, &s->readings[i], out);
	return r < 0 ? r : written(out);
}
