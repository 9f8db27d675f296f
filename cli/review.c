/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitalsctl review: what happened in a session, on a terminal, in the order in
 * which a physician asks: how long was it, was it watched, what were the
 * values, what was raised and who saw it.
 *
 * Easy to get wrong: clock times shown are labels (the wall clock at the
 * session's begin plus what passed since); lengths come from BOOTTIME.
 */
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/table.h"
#include "daemon/json.h"
#include "review/coverage.h"
#include "review/log.h"
#include "review/summary.h"

struct view {
	struct cli *c;
	const struct log_session *s;
	const struct summary *m;
};

#define CLOCK 48

static int64_t
wall_of(const struct view *v, int64_t x_ms)
{
	return v->s->begin_wall_ms + x_ms -
	    session_begin_ms(&v->s->session);
}

static const char *
clock_text(const struct view *v, int64_t x_ms, char out[CLOCK])
{
	time_t t = (time_t)(wall_of(v, x_ms) / 1000);
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(out, CLOCK, "%H:%M:%S", &tm);
	return out;
}

static const char *
day_text(const struct view *v, int64_t x_ms, char out[CLOCK])
{
	time_t t = (time_t)(wall_of(v, x_ms) / 1000);
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(out, CLOCK, "%A %Y-%m-%d", &tm);
	return out;
}

/* "+12:05", "-0:40" against the first infusion start; blank without one. */
static const char *
infusion_text(const struct view *v, int64_t x_ms, char out[CLOCK])
{
	int64_t d, s;

	out[0] = '\0';
	if (v->m->infusion_start_ms == INT64_MIN)
		return out;
	d = x_ms - v->m->infusion_start_ms;
	s = llabs(d) / 1000;
	if (s >= 3600)
		snprintf(out, CLOCK, "%c%lld:%02lld:%02lld", d < 0 ? '-' : '+',
		    (long long)(s / 3600), (long long)(s / 60 % 60),
		    (long long)(s % 60));
	else
		snprintf(out, CLOCK, "%c%lld:%02lld", d < 0 ? '-' : '+',
		    (long long)(s / 60), (long long)(s % 60));
	return out;
}

static const char *
shown_text(enum vital vital, int32_t value, char out[24])
{
	json_scaled_text(vital_shown(vital, value), vital_info[vital].shown,
	    out);
	return out;
}

static void
heading(const struct view *v, const char *title)
{
	fprintf(v->c->out, "\n%s\n", title);
}

static void
print_limits(const struct view *v)
{
	const char *text = v->s->statements_n > 0 ?
	    v->s->statements[0].st.text : "";
	json_t *o = json_loads(text, 0, NULL);
	const char *set = json_string_value(json_object_get(o, "limits"));
	const char *by = json_string_value(json_object_get(o,
	    "confirmed_by"));

	if (set != NULL && by != NULL && by[0] != '\0')
		fprintf(v->c->out, "limits %s, confirmed by %s\n", set, by);
	else if (set != NULL)
		fprintf(v->c->out, "limits %s, UNCONFIRMED by a clinician\n",
		    set);
	json_decref(o);
}

static void
print_head(const struct view *v)
{
	const struct session *s = &v->s->session;
	int64_t from = session_begin_ms(s);
	char day[CLOCK], begin[CLOCK], end[CLOCK], span[TABLE_SPAN];
	bool demo = false;

	for (size_t i = 0; i < v->m->vitals_n; i++)
		demo |= v->m->vitals[i].demo;
	fprintf(v->c->out, "Session %s   bed %s%s%s\n", s->id, s->bed,
	    s->subject[0] ? "   subject " : "", s->subject);
	table_span(v->s->end_ms - from, span);
	fprintf(v->c->out, "%s, %s to %s (%s), %s\n", day_text(v, from,
	    day), clock_text(v, from, begin),
	    clock_text(v, v->s->end_ms, end), span, v->s->open ?
	    "STILL OPEN" : phase_name(session_phase(s)));
	print_limits(v);
	if (demo)
		fprintf(v->c->out, "*** DEMO OR TEST DATA, as the monitor "
		    "itself marks it ***\n");
}

static void
print_phases(const struct view *v)
{
	char clock[CLOCK], since[CLOCK], span[TABLE_SPAN];

	heading(v, "PHASES");
	for (size_t i = 0; i < v->m->stretches_n; i++) {
		const struct stretch *t = &v->m->stretches[i];

		table_span(t->to_ms - t->from_ms, span);
		fprintf(v->c->out, "  %s  %8s  %-10s %s\n",
		    clock_text(v, t->from_ms, clock),
		    infusion_text(v, t->from_ms, since),
		    phase_name(t->phase), span);
	}
	if (v->m->infusion_start_ms == INT64_MIN)
		fprintf(v->c->out, "  no infusion was stated\n");
}

static void
print_level(const struct view *v, const char *label,
    const struct coverage *c, int64_t length)
{
	char watched[TABLE_SPAN], all[TABLE_SPAN], part[TABLE_SPAN];
	bool first = true;

	if (!c->seen && c->absent_ms[ABSENCE_NOT_RUNNING] == 0 &&
	    c->absent_ms[ABSENCE_SENSOR] + c->absent_ms[ABSENCE_SIGNAL] == 0) {
		fprintf(v->c->out, "  %-12s   0 %%  never measured\n", label);
		return;
	}
	table_span(c->watched_ms, watched);
	table_span(length, all);
	/* Rounded down: 100 % means all of it. */
	fprintf(v->c->out, "  %-12s %3d %%  %s of %s", label,
	    (int)(length > 0 ? c->watched_ms * 100 / length : 0), watched,
	    all);
	for (int a = 0; a < ABSENCES; a++) {
		if (c->absent_ms[a] < 500)
			continue;
		table_span(c->absent_ms[a], part);
		fprintf(v->c->out, "%s %s %s", first ? "; not:" : ",",
		    absence_text[a], part);
		first = false;
	}
	fprintf(v->c->out, "\n");
}

static void
print_running(const struct view *v)
{
	char from[CLOCK], to[CLOCK], span[TABLE_SPAN];
	size_t gaps = 0;

	for (size_t i = 0; i < v->s->events_n; i++) {
		const struct log_event *e = &v->s->events[i];

		if (e->event.kind == EVENT_GAP) {
			table_span(e->event.count, span);
			fprintf(v->c->out, "  vitalsd was not running from %s "
			    "to %s (%s)\n", clock_text(v, e->x_ms -
			    e->event.count, from), clock_text(v, e->x_ms, to),
			    span);
			gaps++;
		} else if (e->event.kind == EVENT_BRIDGE ||
		    e->event.kind == EVENT_CLOCK_STEP ||
		    e->event.kind == EVENT_READINGS_LOST ||
		    e->event.kind == EVENT_STORE_FAULT ||
		    e->event.kind == EVENT_LOG_REPLACED) {
			fprintf(v->c->out, "  %s  %s\n", clock_text(v,
			    e->x_ms, from), e->event.text);
		}
	}
	if (gaps == 0)
		fprintf(v->c->out, "  vitalsd ran throughout\n");
}

static void
print_coverage(const struct view *v)
{
	struct coverage c[COVEREDS];
	int64_t from = session_begin_ms(&v->s->session);
	char span[TABLE_SPAN];

	heading(v, "HOW MUCH OF IT WAS WATCHED");
	coverage_find(v->s, from, v->s->end_ms, c);
	for (int i = 0; i < COVEREDS; i++) {
		if (i != COVERED_NIBP) {
			print_level(v, covered_label[i], &c[i],
			    v->s->end_ms - from);
			continue;
		}
		table_span(c[i].longest_wait_ms, span);
		if (c[i].measurements > 0)
			fprintf(v->c->out, "  %-12s        %zu measurements, "
			    "longest wait %s\n", covered_label[i],
			    c[i].measurements, span);
		else
			fprintf(v->c->out, "  %-12s        never measured\n",
			    covered_label[i]);
	}
	print_running(v);
}

static void
print_part(const struct view *v, enum vital vital, const struct vital_part *p)
{
	char a[24], b[24], c[24], text[80];

	if (p->n == 0)
		strcpy(text, "-");
	else
		snprintf(text, sizeof text, "%s (%s to %s)",
		    shown_text(vital, p->median, a),
		    shown_text(vital, p->least, b),
		    shown_text(vital, p->most, c));
	fprintf(v->c->out, " %-19s", text);
}

/* The lowest and the highest of the whole session, and when. */
static void
print_extremes(const struct view *v, const struct vital_summary *s)
{
	const struct vital_part *least = NULL, *most = NULL;
	char value[24], clock[CLOCK], since[CLOCK];

	for (int p = 0; p < PARTS; p++) {
		const struct vital_part *q = &s->part[p];

		if (q->n == 0)
			continue;
		if (least == NULL || q->least < least->least)
			least = q;
		if (most == NULL || q->most > most->most)
			most = q;
	}
	if (least == NULL)
		return;
	fprintf(v->c->out, "  %-24s lowest %s at %s %s,", "",
	    shown_text(s->vital, least->least, value),
	    clock_text(v, least->least_ms, clock),
	    infusion_text(v, least->least_ms, since));
	fprintf(v->c->out, " highest %s at %s %s\n",
	    shown_text(s->vital, most->most, value),
	    clock_text(v, most->most_ms, clock),
	    infusion_text(v, most->most_ms, since));
}

static void
print_vitals(const struct view *v)
{
	heading(v, "VITALS   median (lowest to highest)");
	fprintf(v->c->out, "  %-24s %-19s %-19s %s\n", "", part_name[0],
	    part_name[1], part_name[2]);
	for (size_t i = 0; i < v->m->vitals_n; i++) {
		const struct vital_summary *s = &v->m->vitals[i];
		const struct vital_info *info = &vital_info[s->vital];
		char label[48];

		if (info->episodic && s->vital != VITAL_NIBP_SYS &&
		    s->vital != VITAL_NIBP_DIA && s->vital != VITAL_NIBP_MAP)
			continue;
		snprintf(label, sizeof label, "%s %s", info->label,
		    info->unit);
		fprintf(v->c->out, "  %-13s %-10.10s", label,
		    v->s->ports[s->port].driver);
		for (int p = 0; p < PARTS; p++)
			print_part(v, s->vital, &s->part[p]);
		fprintf(v->c->out, "\n");
		print_extremes(v, s);
	}
	if (v->m->vitals_n == 0)
		fprintf(v->c->out, "  none arrived\n");
}

static void
print_cuffs(const struct view *v)
{
	char clock[CLOCK], since[CLOCK];

	if (v->m->cuffs_n == 0)
		return;
	heading(v, "BLOOD PRESSURE   mmHg");
	for (size_t i = 0; i < v->m->cuffs_n; i++) {
		const struct cuff *k = &v->m->cuffs[i];
		int part = part_at(v->s, k->x_ms);

		fprintf(v->c->out, "  %s  %8s  %-9s ",
		    clock_text(v, k->x_ms, clock),
		    infusion_text(v, k->x_ms, since),
		    part >= 0 ? part_name[part] : "");
		if (k->has_sys && k->has_dia)
			fprintf(v->c->out, "%3d/%d", k->sys, k->dia);
		if (k->has_map)
			fprintf(v->c->out, " (%d)", k->map);
		fprintf(v->c->out, "\n");
	}
}

static void
print_delivery(const struct view *v, const struct alarm_story *a)
{
	if (a->notices == 0) {
		fprintf(v->c->out, "no notice was asked for");
		return;
	}
	if (a->delivered_ms < 0) {
		fprintf(v->c->out, "NOT DELIVERED (%u notices)", a->notices);
		return;
	}
	fprintf(v->c->out, "delivered after %.1f s",
	    (double)a->delivered_ms / 1000);
	if (a->deliveries < a->notices)
		fprintf(v->c->out, " (%u of %u notices)", a->deliveries,
		    a->notices);
}

static void
print_alarm(const struct view *v, const struct alarm_story *a)
{
	const struct alarm_change *w = &a->worst->change;
	char clock[CLOCK], since[CLOCK], span[TABLE_SPAN];

	fprintf(v->c->out, "  %s  %8s  %-3s %s\n",
	    clock_text(v, a->raised_ms, clock),
	    infusion_text(v, a->raised_ms, since),
	    priority_sign(w->priority), w->text);
	fprintf(v->c->out, "  %-24s ", "");
	if (a->first->change.priority < w->priority) {
		table_span(a->worst->x_ms - a->raised_ms, span);
		fprintf(v->c->out, "%s, %s after %s; ",
		    priority_name(a->first->change.priority),
		    priority_name(w->priority), span);
	} else {
		fprintf(v->c->out, "%s; ", priority_name(w->priority));
	}
	print_delivery(v, a);
	if (a->acknowledged != NULL) {
		table_span(a->acknowledged->x_ms - a->raised_ms, span);
		fprintf(v->c->out, "; acknowledged by %s after %s",
		    a->acknowledged->change.by, span);
	} else if (w->priority == PRIORITY_HIGH &&
	    w->type == ALARM_PHYSIOLOGICAL) {
		fprintf(v->c->out, "; NEVER ACKNOWLEDGED");
	}
	if (a->ended_ms >= 0) {
		table_span(a->ended_ms - a->raised_ms, span);
		fprintf(v->c->out, "; lasted %s\n", span);
	} else {
		fprintf(v->c->out, "; still open\n");
	}
}

static void
print_alarms(const struct view *v, bool physiological)
{
	size_t n = 0;

	heading(v, physiological ? "ALARMS" : "TECHNICAL ALARMS");
	for (size_t i = 0; i < v->m->alarms_n; i++) {
		const struct alarm_story *a = &v->m->alarms[i];

		if ((a->worst->change.type == ALARM_PHYSIOLOGICAL) !=
		    physiological)
			continue;
		print_alarm(v, a);
		n++;
	}
	if (n == 0)
		fprintf(v->c->out, "  none\n");
}

/* The words behind a statement's JSON, or the text itself. */
static void
print_words(const struct view *v, const struct statement *st)
{
	json_t *o = json_loads(st->text, 0, NULL), *value;
	const char *key;
	bool first = true;

	switch (st->kind) {
	case STATEMENT_MARK:
		fprintf(v->c->out, "  \"%s\"", st->text);
		break;
	case STATEMENT_BASELINE_CONFIRM:
		json_object_foreach(o, key, value) {
			fprintf(v->c->out, "%s %s %lld", first ? " " : ",",
			    key, (long long)json_integer_value(value));
			first = false;
		}
		break;
	case STATEMENT_LIMIT_SET:
		fprintf(v->c->out, "  %s from %lld to %lld: %s",
		    json_string_value(json_object_get(o, "tier")) ?: "",
		    (long long)json_integer_value(json_object_get(
		    json_object_get(o, "old"), "limit")),
		    (long long)json_integer_value(json_object_get(
		    json_object_get(o, "new"), "limit")),
		    json_string_value(json_object_get(o, "reason")) ?: "");
		break;
	case STATEMENT_SESSION_END:
	case STATEMENT_SESSION_ABORT:
	case STATEMENT_INFUSION_PAUSE:
	case STATEMENT_INFUSION_STOP:
	case STATEMENT_INFUSION_RESUME:
	case STATEMENT_INFUSION_START:
		if (json_object_get(o, "reason") != NULL)
			fprintf(v->c->out, "  %s", json_string_value(
			    json_object_get(o, "reason")) ?: "");
		break;
	case STATEMENT_SESSION_START:
	case STATEMENT_AMEND:
	case STATEMENT_ALARM_ACK:
	case STATEMENT_ALARM_PAUSE:
	case STATEMENT_SUBJECT:
		break;
	}
	json_decref(o);
}

/* What became of a statement: moved, withdrawn, or as it was. */
static void
print_fate(const struct view *v, const struct log_statement *l)
{
	char clock[CLOCK];

	for (size_t i = 0; i < v->s->statements_n; i++) {
		const struct statement *a = &v->s->statements[i].st;

		if (a->kind != STATEMENT_AMEND ||
		    !event_id_equal(a->amends, l->st.id))
			continue;
		if (a->withdrawn)
			fprintf(v->c->out, "  [WITHDRAWN: %s]", a->text);
		else
			fprintf(v->c->out, "  [CORRECTED to %s: %s]",
			    clock_text(v, a->at_ms, clock), a->text);
	}
}

static void
print_statements(const struct view *v)
{
	char clock[CLOCK], since[CLOCK], entered[CLOCK];
	char id[EVENT_ID_TEXT];

	heading(v, "WHAT WAS STATED");
	for (size_t i = 0; i < v->s->statements_n; i++) {
		const struct log_statement *l = &v->s->statements[i];
		const struct statement *st = &l->st;

		fprintf(v->c->out, "  %s  %8s  %-16s",
		    clock_text(v, st->at_ms, clock),
		    infusion_text(v, st->at_ms, since),
		    statement_name(st->kind));
		if (st->by[0] != '\0')
			fprintf(v->c->out, " %s (as %s)", st->by, st->user);
		else
			fprintf(v->c->out, " %s", st->user);
		print_words(v, st);
		if (l->x_ms - st->at_ms > 1000 && st->kind != STATEMENT_AMEND)
			fprintf(v->c->out, "  [entered at %s]",
			    clock_text(v, l->x_ms, entered));
		if (st->kind == STATEMENT_AMEND) {
			event_id_format(id, st->amends);
			fprintf(v->c->out, "  of %s", id);
		}
		print_fate(v, l);
		if (st->kind <= STATEMENT_MARK) {
			event_id_format(id, st->id);
			fprintf(v->c->out, "  #%s", id);
		}
		fprintf(v->c->out, "\n");
	}
}

static void
print_view(const struct view *v)
{
	print_head(v);
	print_phases(v);
	print_coverage(v);
	print_alarms(v, true);
	print_vitals(v);
	print_cuffs(v);
	print_alarms(v, false);
	print_statements(v);
	if (v->s->seal[0] != '\0')
		fprintf(v->c->out, "\nseal %s\n", v->s->seal);
	fprintf(v->c->out, "\nThe monitors' own alarms are primary; vitalsd is "
	    "a second notice and says nothing about treatment.\n");
}

int
verb_review(struct cli *c)
{
	struct view v = { .c = c };
	struct log_session *s;
	struct summary m;
	sqlite3 *db;
	char error[LOG_ERROR];
	int r = log_open(&db, c->paths.log, error);

	if (r < 0)
		return cli_problem(c, "%s", error);
	r = log_session_read(db, c->arg[0], LOG_READINGS, &s, error);
	log_close(db);
	if (r < 0)
		return cli_problem(c, "%s", error);
	r = summary_make(s, &m);
	if (r < 0) {
		log_session_free(s);
		return cli_problem(c, "out of memory");
	}
	v.s = s;
	v.m = &m;
	print_view(&v);
	summary_free(&m);
	log_session_free(s);
	return EXIT_OK;
}

int
verb_session_list(struct cli *c)
{
	static const char *const title[] = { "SESSION", "BED", "SUBJECT",
		"BEGAN", "LENGTH", "INFUSION", "STATE", "HIGH", "MEDIUM",
		"LOW" };
	struct log_row *rows;
	size_t n;
	sqlite3 *db;
	struct table t;
	char error[LOG_ERROR], began[32], span[TABLE_SPAN];
	int r = log_open(&db, c->paths.log, error);

	if (r < 0)
		return cli_problem(c, "%s", error);
	r = log_list(db, &rows, &n, error);
	log_close(db);
	if (r < 0)
		return cli_problem(c, "%s", error);
	table_init(&t, sizeof title / sizeof title[0], title);
	for (size_t i = 0; i < n; i++) {
		const struct log_row *w = &rows[i];
		time_t at = (time_t)(w->begin_wall_ms / 1000);
		struct tm tm;
		json_t *o;

		if (c->json) {
			o = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s, "
			    "s:{s:i, s:i, s:i}}", "session", w->id, "bed",
			    w->bed, "subject", w->subject, "began",
			    json_wall(w->begin_wall_ms), "ended",
			    w->end_wall_ms ? json_wall(w->end_wall_ms) :
			    json_null(), "infusion_ms", w->infusion_ms >= 0 ?
			    json_integer(w->infusion_ms) : json_null(),
			    "phase", phase_name(w->phase), "alarms", "high",
			    (int)w->alarms[PRIORITY_HIGH], "medium",
			    (int)w->alarms[PRIORITY_MEDIUM], "low",
			    (int)w->alarms[PRIORITY_LOW]);
			table_json(c->out, "session", cli_time(began), o);
			json_decref(o);
			continue;
		}
		localtime_r(&at, &tm);
		strftime(began, sizeof began, "%Y-%m-%d %H:%M", &tm);
		table_cell(&t, "%s", w->id);
		table_cell(&t, "%s", w->bed);
		table_cell(&t, "%s", w->subject);
		table_cell(&t, "%s", began);
		table_span(w->end_wall_ms - w->begin_wall_ms, span);
		table_cell(&t, "%s", w->end_wall_ms ? span : "open");
		table_span(w->infusion_ms, span);
		table_cell(&t, "%s", w->infusion_ms >= 0 ? span : "none");
		table_cell(&t, "%s", phase_name(w->phase));
		table_cell(&t, "%u", w->alarms[PRIORITY_HIGH]);
		table_cell(&t, "%u", w->alarms[PRIORITY_MEDIUM]);
		table_cell(&t, "%u", w->alarms[PRIORITY_LOW]);
	}
	r = c->json ? 0 : table_print(&t, c->out);
	table_free(&t);
	free(rows);
	return r < 0 ? cli_problem(c, "out of memory") : EXIT_OK;
}
