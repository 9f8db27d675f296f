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

#include "cli/review_view.h"
#include "review/coverage.h"

static void
print_limits(const struct review_view *v)
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

/* Of an open session: is what is shown what there is now? */
static void
print_freshness(const struct review_view *v)
{
	struct timespec now;
	char span[TABLE_SPAN];
	int64_t ago;

	if (!v->s->open)
		return;
	clock_gettime(CLOCK_REALTIME, &now);
	ago = (int64_t)now.tv_sec * 1000 - review_wall(v, v->s->end_ms);
	if (ago < 60000)
		return;
	table_span(ago, span);
	fprintf(v->c->out, "*** The log ends %s ago: nothing after that is "
	    "known here ***\n", span);
}

static void
print_head(const struct review_view *v)
{
	const struct session *s = &v->s->session;
	int64_t from = session_begin_ms(s);
	char day[REVIEW_CLOCK], begin[REVIEW_CLOCK], end[REVIEW_CLOCK], span[TABLE_SPAN];
	bool demo = false;

	for (size_t i = 0; i < v->m->vitals_n; i++)
		demo |= v->m->vitals[i].demo;
	fprintf(v->c->out, "Session %s   bed %s%s%s\n", s->id, s->bed,
	    s->subject[0] ? "   subject " : "", s->subject);
	table_span(v->s->end_ms - from, span);
	fprintf(v->c->out, "%s, %s to %s (%s), %s\n", review_day(v, from,
	    day), review_clock(v, from, begin),
	    review_clock(v, v->s->end_ms, end), span, v->s->open ?
	    "STILL OPEN" : phase_name(session_phase(s)));
	print_limits(v);
	if (demo)
		fprintf(v->c->out, "*** DEMO OR TEST DATA, as the monitor "
		    "itself marks it ***\n");
	print_freshness(v);
}

/* What is not shown below, and why. */
static void
print_removed(const struct review_view *v)
{
	char from[REVIEW_CLOCK], to[REVIEW_CLOCK], how_many[48], at[32] = "?";
	struct tm tm;

	for (size_t i = 0; i < v->s->removed_n; i++) {
		const struct log_removed *l = &v->s->removed[i];
		time_t day = (time_t)(l->wall_ms / 1000);

		if (l->wall_ms > 0) {
			localtime_r(&day, &tm);
			strftime(at, sizeof at, "%Y-%m-%d", &tm);
		}
		snprintf(how_many, sizeof how_many, l->readings < 0 ?
		    "its readings" : "%lld readings", (long long)l->readings);
		review_line(v, 4, "*** READINGS REMOVED: %s from %s to %s were "
		    "removed on %s by retention (%s); alarms and statements "
		    "are whole ***", how_many, review_clock(v, l->from_ms,
		    from), review_clock(v, l->to_ms, to), at, l->setting);
	}
}

/* Against the minimum that the site had when the session was ended. */
static void
print_recovery(const struct review_view *v)
{
	int64_t stop_ms = session_stop_ms(&v->s->session);
	char lasted[TABLE_SPAN], minimum[TABLE_SPAN];

	if (stop_ms == INT64_MIN)
		return;
	for (size_t i = 0; i < v->s->statements_n; i++) {
		const struct statement *st = &v->s->statements[i].st;
		json_t *o = st->kind == STATEMENT_SESSION_END ?
		    json_loads(st->text, 0, NULL) : NULL;
		int64_t min_ms = json_integer_value(json_object_get(o,
		    "recovery_min_ms"));

		json_decref(o);
		if (v->s->end_ms - stop_ms >= min_ms)
			continue;
		table_span(v->s->end_ms - stop_ms, lasted);
		table_span(min_ms, minimum);
		fprintf(v->c->out, "  *** RECOVERY LASTED %s, less than the %s "
		    "of this site ***\n", lasted, minimum);
	}
}

static void
print_phases(const struct review_view *v)
{
	char clock[REVIEW_CLOCK], since[REVIEW_CLOCK], span[TABLE_SPAN];

	review_heading(v, "PHASES");
	for (size_t i = 0; i < v->m->stretches_n; i++) {
		const struct stretch *t = &v->m->stretches[i];

		table_span(t->to_ms - t->from_ms, span);
		fprintf(v->c->out, "  %s  %9s  %-10s %s\n",
		    review_clock(v, t->from_ms, clock),
		    review_infusion(v, t->from_ms, since),
		    phase_name(t->phase), span);
	}
	if (v->m->infusion_start_ms == INT64_MIN)
		fprintf(v->c->out, "  no infusion was stated\n");
	else
		print_recovery(v);
}

static void
print_level(const struct review_view *v, const char *label,
    const struct coverage *c, int64_t length)
{
	char watched[TABLE_SPAN], part[TABLE_SPAN], text[512] = "";
	size_t n = 0;

	table_span(c->watched_ms, watched);
	for (int a = 0; a < ABSENCES; a++) {
		if (c->absent_ms[a] < 1000)
			continue;
		table_span(c->absent_ms[a], part);
		n += (size_t)snprintf(text + n, sizeof text - n, "%s%s %s",
		    n > 0 ? ", " : "; not: ", absence_text[a], part);
	}
	if (c->gaps_n > 0) {
		table_span(c->longest_gap_ms, part);
		snprintf(text + n, sizeof text - n, "; %zu gap%s over 10 s, "
		    "the longest %s", c->gaps_n, c->gaps_n > 1 ? "s" : "",
		    part);
	}
	if (!c->seen && c->absent_ms[ABSENCE_REMOVED] > 0) {
		review_line(v, 23, "  %-12s   ?     its readings were removed "
		    "by retention", label);
		return;
	}
	if (!c->told && v->s->readings_n > 0) {
		review_line(v, 23, "  %-12s   0 %%   not measured by any "
		    "monitor that was heard on this bed", label);
		return;
	}
	/* Rounded down: 100 % means all of it. */
	review_line(v, 23, "  %-12s %3d %%   %s%s", label,
	    (int)(length > 0 ? c->watched_ms * 100 / length : 0),
	    c->seen ? watched : "never measured", text);
}

static void
print_running(const struct review_view *v)
{
	char from[REVIEW_CLOCK], to[REVIEW_CLOCK], span[TABLE_SPAN];

	for (size_t i = 0; i < v->s->gaps_n; i++) {
		const struct log_gap *g = &v->s->gaps[i];

		table_span(g->to_ms - g->from_ms, span);
		fprintf(v->c->out, "  vitalsd was not running from %s to %s "
		    "(%s)\n", review_clock(v, g->from_ms, from),
		    review_clock(v, g->to_ms, to), span);
	}
	for (size_t i = 0; i < v->s->events_n; i++) {
		const struct log_event *e = &v->s->events[i];

		if (e->event.kind == EVENT_BRIDGE ||
		    e->event.kind == EVENT_CLOCK_STEP ||
		    e->event.kind == EVENT_READINGS_LOST ||
		    e->event.kind == EVENT_STORE_FAULT ||
		    e->event.kind == EVENT_LOG_REPLACED) {
			review_line(v, 12, "  %s  %s%s%s",
			    review_clock(v, e->x_ms, from),
			    event_name(e->event.kind),
			    e->event.text[0] ? ": " : "", e->event.text);
		}
	}
	if (v->s->gaps_n == 0)
		fprintf(v->c->out, "  vitalsd ran throughout\n");
}

static void
print_coverage(const struct review_view *v)
{
	struct coverage c[COVEREDS];
	int64_t from = session_begin_ms(&v->s->session);
	char span[TABLE_SPAN];

	review_heading(v, "HOW MUCH OF IT WAS WATCHED");
	coverage_find(v->s, from, v->s->end_ms, c);
	for (int i = 0; i < COVEREDS; i++) {
		if (i != COVERED_NIBP) {
			print_level(v, covered_label[i], &c[i],
			    v->s->end_ms - from);
			continue;
		}
		table_span(c[i].longest_wait_ms, span);
		if (v->s->removed_n > 0)
			fprintf(v->c->out, "  %-12s         %zu measurement%s "
			    "left\n", covered_label[i], c[i].measurements,
			    c[i].measurements == 1 ? "" : "s");
		else if (c[i].measurements > 0)
			fprintf(v->c->out, "  %-12s         %zu measurement%s, "
			    "longest wait %s\n", covered_label[i],
			    c[i].measurements,
			    c[i].measurements == 1 ? "" : "s", span);
		else
			fprintf(v->c->out, "  %-12s         never measured\n",
			    covered_label[i]);
	}
	print_running(v);
}

static void
print_part(const struct review_view *v, enum vital vital,
    const struct vital_part *p, int width)
{
	char a[24], b[24], c[24], text[80];

	if (p->n == 0)
		strcpy(text, "-");
	else
		snprintf(text, sizeof text, "%s (%s to %s)",
		    review_value(vital, p->median, a),
		    review_value(vital, p->least, b),
		    review_value(vital, p->most, c));
	fprintf(v->c->out, " %-*s", width, text);
}

static void
print_extreme(const struct review_view *v, const char *which, enum vital vital,
    int32_t value, int64_t at_ms)
{
	char text[24], clock[REVIEW_CLOCK], since[REVIEW_CLOCK];

	review_infusion(v, at_ms, since);
	fprintf(v->c->out, "%s %s at %s%s%s", which,
	    review_value(vital, value, text), review_clock(v, at_ms, clock),
	    since[0] != '\0' ? " " : "", since);
}

/* The lowest and the highest of the whole session, and when. */
static void
print_extremes(const struct review_view *v, const struct vital_summary *s,
    int width)
{
	const struct vital_part *least = NULL, *most = NULL;

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
	fprintf(v->c->out, "  %*s ", width, "");
	print_extreme(v, "lowest", s->vital, least->least, least->least_ms);
	print_extreme(v, ", highest", s->vital, most->most, most->most_ms);
	fprintf(v->c->out, "\n");
}

#define LABEL_WIDTH 15
#define NAME_WIDTH 10		/* at least */
#define NAME_WIDTH_MAX 21	/* so that three phases fit beside it */

/* The monitor by its own name, "ox2" of "CHAIR3/ox2": several on a bed may have
 * the same driver. */
static const char *
name_of(const struct review_view *v, const struct vital_summary *s)
{
	const char *name = v->s->ports[s->port].name;
	const char *slash = strchr(name, '/');

	return slash != NULL ? slash + 1 : name;
}

static int
name_width(const struct review_view *v)
{
	int width = NAME_WIDTH;

	for (size_t i = 0; i < v->m->vitals_n; i++) {
		int n = (int)strlen(name_of(v, &v->m->vitals[i]));

		width = n > width ? n : width;
	}
	return width < NAME_WIDTH_MAX ? width : NAME_WIDTH_MAX;
}

static void
print_vitals(const struct review_view *v)
{
	int width = name_width(v);

	review_heading(v, "VITALS   median (lowest to highest)");
	fprintf(v->c->out, "  %*s %-19s %-19s %s\n", LABEL_WIDTH + width, "",
	    part_name[0], part_name[1], part_name[2]);
	for (size_t i = 0; i < v->m->vitals_n; i++) {
		const struct vital_summary *s = &v->m->vitals[i];
		const struct vital_info *info = &vital_info[s->vital];
		char label[48];

		/* The pulse that a cuff counts feeds no rule. */
		if (s->vital == VITAL_NIBP_PR)
			continue;
		snprintf(label, sizeof label, "%s %s", info->label,
		    info->unit);
		fprintf(v->c->out, "  %s%*s%-*.*s", label,
		    (int)(table_width(label) < LABEL_WIDTH ? LABEL_WIDTH -
		    table_width(label) : 1), "", width, width, name_of(v, s));
		for (int p = 0; p < PARTS; p++)
			print_part(v, s->vital, &s->part[p],
			    p + 1 < PARTS ? 19 : 0);
		fprintf(v->c->out, "\n");
		/* Each measurement of the cuff is listed below. */
		if (!info->episodic)
			print_extremes(v, s, LABEL_WIDTH + width);
	}
	if (v->m->vitals_n == 0)
		fprintf(v->c->out, v->s->removed_n > 0 ? "  none are left: "
		    "retention removed them\n" : "  none arrived\n");
}

static void
print_cuffs(const struct review_view *v)
{
	char clock[REVIEW_CLOCK], since[REVIEW_CLOCK];

	if (v->m->cuffs_n == 0)
		return;
	review_heading(v, "BLOOD PRESSURE   mmHg");
	for (size_t i = 0; i < v->m->cuffs_n; i++) {
		const struct cuff *k = &v->m->cuffs[i];
		int part = part_at(v->s, k->measured_ms);

		fprintf(v->c->out, "  %s  %9s  %-9s ",
		    review_clock(v, k->measured_ms, clock),
		    review_infusion(v, k->measured_ms, since),
		    part >= 0 ? part_name[part] : "");
		if (k->has_sys && k->has_dia)
			fprintf(v->c->out, "%3d/%d", k->sys, k->dia);
		if (k->has_map)
			fprintf(v->c->out, " (%d)", k->map);
		if (k->doubtful)
			fprintf(v->c->out, "  questionable");
		if (k->demo)
			fprintf(v->c->out, "  DEMO");
		fprintf(v->c->out, "\n");
	}
}

/* The digest by which a later change of the log would show. */
static void
print_seal(const struct review_view *v)
{
	json_t *o = json_loads(v->s->seal, 0, NULL);
	const char *digest = json_string_value(json_object_get(o, "digest"));

	if (digest != NULL)
		fprintf(v->c->out, "\nsealed, SHA-256 %s\n", digest);
	else if (!v->s->open)
		fprintf(v->c->out, "\nNOT SEALED (yet)\n");
	json_decref(o);
}

static void
print_view(const struct review_view *v)
{
	print_head(v);
	print_removed(v);
	print_phases(v);
	print_coverage(v);
	review_trend(v);
	review_alarms(v, true);
	print_vitals(v);
	print_cuffs(v);
	review_alarms(v, false);
	review_relayed(v);
	review_statements(v);
	print_seal(v);
	fprintf(v->c->out, "\nThe monitors' own alarms are primary; vitalsd is "
	    "a second notice and says nothing about treatment.\n");
}

int
verb_review(struct cli *c)
{
	struct review_view v = { .c = c };
	struct log_session *s;
	struct summary m;
	sqlite3 *db;
	char error[LOG_ERROR];
	int r;

	cli_stand_back();
	r = log_open(&db, c->paths.log, error);
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

