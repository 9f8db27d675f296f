/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The session at a glance: one line of blocks for each continuous vital, under
 * a ruler of the phases, over a line of the alarms.
 *
 * Easy to get wrong: a column stands for many readings and shows the one that
 * lies furthest from the session's median, not their mean: a short dip must
 * not drown in a long column.  A blank column had no value at all.
 */
#include <langinfo.h>
#include <stdlib.h>
#include <string.h>

#include "cli/review_view.h"

#define COLUMNS 64
#define LEVELS 8

struct trend {
	const struct review_view *v;
	int64_t from_ms, span_ms;
	bool utf8;
};

static int
column_of(const struct trend *t, int64_t x_ms)
{
	int64_t d = x_ms - t->from_ms;

	if (d < 0)
		return 0;
	if (d >= t->span_ms)
		return COLUMNS - 1;
	return (int)(d * COLUMNS / t->span_ms);
}

/* "|baseline |infusion       |recovery", each name where it begins. */
static void
print_ruler(const struct trend *t)
{
	char line[COLUMNS + 1];

	memset(line, ' ', COLUMNS);
	line[COLUMNS] = '\0';
	for (size_t i = 0; i < t->v->m->stretches_n; i++) {
		const struct stretch *s = &t->v->m->stretches[i];
		const char *name = phase_name(s->phase);
		int from = column_of(t, s->from_ms);
		int to = column_of(t, s->to_ms);

		line[from] = '|';
		for (int j = 0; name[j] != '\0' && from + 1 + j < to; j++)
			line[from + 1 + j] = name[j];
	}
	fprintf(t->v->c->out, "  %-10s %s\n", "", line);
}

/* The series with the most values of any of these vitals; NULL if none. */
static const struct vital_summary *
fullest(const struct trend *t, enum vital a, enum vital b)
{
	const struct vital_summary *best = NULL;
	size_t most = 0;

	for (size_t i = 0; i < t->v->m->vitals_n; i++) {
		const struct vital_summary *s = &t->v->m->vitals[i];
		size_t n = 0;

		if (s->vital != a && s->vital != b)
			continue;
		for (int p = 0; p < PARTS; p++)
			n += s->part[p].n;
		if (n > most) {
			most = n;
			best = s;
		}
	}
	return best;
}

static int
by_value(const void *a, const void *b)
{
	const int32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The median of a series over the whole session; false without memory. */
static bool
find_median(const struct trend *t, const struct vital_summary *s,
    int32_t *median)
{
	const struct log_session *l = t->v->s;
	int32_t *value = malloc((l->readings_n + 1) * sizeof *value);
	size_t n = 0;

	if (value == NULL)
		return false;
	for (size_t i = 0; i < l->readings_n; i++) {
		const struct log_reading *r = &l->readings[i];

		if (r->port == s->port && r->vital == s->vital &&
		    r->quality <= QUALITY_QUESTIONABLE)
			value[n++] = r->value;
	}
	qsort(value, n, sizeof value[0], by_value);
	*median = n > 0 ? value[n / 2] : 0;
	free(value);
	return true;
}

static void
print_level(const struct trend *t, int level)
{
	static const char ascii[] = "_.-~=+*#";

	if (level < 0)
		fputc(' ', t->v->c->out);
	else if (!t->utf8)
		fputc(ascii[level], t->v->c->out);
	else	/* U+2581 to U+2588: an eighth to a whole block */
		fprintf(t->v->c->out, "\xe2\x96%c", 0x81 + level);
}

/* The scale is never narrower than this, so that a harmless wobble does not
 * look like a cliff; in the vital's kept unit. */
static void
widen(enum vital v, int32_t *least, int32_t *most)
{
	int32_t unit = 1, missing;

	for (int i = 0; i < vital_info[v].decimals; i++)
		unit *= 10;
	missing = (v == VITAL_SPO2 || v == VITAL_RR ? 10 : 20) * unit -
	    (*most - *least);
	if (missing <= 0)
		return;
	/* Saturation has nothing above it that would be worse. */
	if (v == VITAL_SPO2) {
		*least -= missing;
		return;
	}
	*most += missing / 2;
	*least -= missing - missing / 2;
}

static void
print_series(const struct trend *t, const struct vital_summary *s)
{
	const struct log_session *l = t->v->s;
	int32_t value[COLUMNS], median, least = 0, most = 0;
	bool has[COLUMNS] = { false }, any = false;
	char low[24], high[24];

	if (s == NULL || !find_median(t, s, &median))
		return;
	for (size_t i = 0; i < l->readings_n; i++) {
		const struct log_reading *r = &l->readings[i];
		int c;

		if (r->port != s->port || r->vital != s->vital ||
		    r->quality > QUALITY_QUESTIONABLE)
			continue;
		c = column_of(t, r->x_ms);
		if (!has[c] || abs(r->value - median) > abs(value[c] - median))
			value[c] = r->value;
		has[c] = true;
		if (!any || r->value < least)
			least = r->value;
		if (!any || r->value > most)
			most = r->value;
		any = true;
	}
	if (!any)
		return;
	review_value(s->vital, least, low);
	review_value(s->vital, most, high);
	widen(s->vital, &least, &most);
	fprintf(t->v->c->out, "  %-10s ", vital_info[s->vital].label);
	for (int c = 0; c < COLUMNS; c++)
		print_level(t, !has[c] ? -1 :
		    (int)((int64_t)(value[c] - least) * (LEVELS - 1) /
		    (most - least)));
	fprintf(t->v->c->out, "  %s to %s %s\n", low, high,
	    vital_info[s->vital].unit);
}

/* The patient's alarms: how urgent the worst was in each column. */
static void
print_alarms(const struct trend *t)
{
	static const char sign[PRIORITIES] = { ' ', '.', '+', '!' };
	enum priority worst[COLUMNS] = { PRIORITY_NONE };
	bool any = false;

	for (size_t i = 0; i < t->v->m->alarms_n; i++) {
		const struct alarm_story *a = &t->v->m->alarms[i];
		int from = column_of(t, a->raised_ms);
		int to = column_of(t, a->ended_ms >= 0 ? a->ended_ms :
		    t->from_ms + t->span_ms);
		int climbed = column_of(t, a->worst->x_ms);

		if (a->worst->change.type != ALARM_PHYSIOLOGICAL)
			continue;
		any = true;
		for (int c = from; c <= to; c++) {
			enum priority p = c < climbed ?
			    a->first->change.priority :
			    a->worst->change.priority;

			if (p > worst[c])
				worst[c] = p;
		}
	}
	if (!any)
		return;
	fprintf(t->v->c->out, "  %-10s ", "alarms");
	for (int c = 0; c < COLUMNS; c++)
		fputc(sign[worst[c]], t->v->c->out);
	fprintf(t->v->c->out, "  ! high, + medium, . low\n");
}

void
review_trend(const struct review_view *v)
{
	struct trend t = { .v = v,
		.from_ms = session_begin_ms(&v->s->session),
		.utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0 };
	char title[96], each[TABLE_SPAN];

	t.span_ms = v->s->end_ms - t.from_ms;
	if (t.span_ms < COLUMNS || v->m->vitals_n == 0)
		return;
	if (t.span_ms / COLUMNS < 1000)
		snprintf(each, sizeof each, "%.1f s", (double)t.span_ms /
		    COLUMNS / 1000);
	else
		table_span(t.span_ms / COLUMNS, each);
	snprintf(title, sizeof title, "AT A GLANCE   a column is %s and shows "
	    "its most extreme value", each);
	review_heading(v, title);
	print_ruler(&t);
	print_series(&t, fullest(&t, VITAL_HR, VITAL_PR));
	print_series(&t, fullest(&t, VITAL_SPO2, VITAL_SPO2));
	print_series(&t, fullest(&t, VITAL_RR, VITAL_RR));
	print_series(&t, fullest(&t, VITAL_ETCO2, VITAL_ETCO2));
	print_alarms(&t);
}
