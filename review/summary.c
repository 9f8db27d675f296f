/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See summary.h.
 *
 * Easy to get wrong: a median needs all values at once; they are collected per
 * series and phase, sorted, and let go.
 */
#include "review/summary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const char *const part_name[PARTS] = {
	[PART_BASELINE] = "baseline",
	[PART_INFUSION] = "infusion",
	[PART_RECOVERY] = "recovery",
};

int
part_at(const struct log_session *s, int64_t x_ms)
{
	switch (session_at(&s->session, x_ms).phase) {
	case PHASE_BASELINE:
		return PART_BASELINE;
	case PHASE_INFUSION:
	case PHASE_PAUSED:
		return PART_INFUSION;
	case PHASE_RECOVERY:
		return PART_RECOVERY;
	case PHASE_IDLE:
	case PHASE_CLOSED:
	case PHASE_ABORTED:
		return -1;
	}
	return -1;
}

static int
by_time(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* The moments at which the phase may change, in order. */
static int
find_stretches(const struct log_session *s, struct summary *out)
{
	int64_t at[SESSION_STATEMENTS_MAX + 1];
	size_t n = 0;

	for (size_t i = 0; i < s->session.n; i++)
		if (!s->session.step[i].withdrawn)
			at[n++] = s->session.step[i].at_ms;
	qsort(at, n, sizeof at[0], by_time);
	at[n] = s->end_ms;
	out->stretches = calloc(n + 1, sizeof *out->stretches);
	if (out->stretches == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		enum phase p = session_at(&s->session, at[i]).phase;
		struct stretch *t = &out->stretches[out->stretches_n];

		/* The log may end with the very statement that began it. */
		if (at[i + 1] < at[i] || (at[i + 1] == at[i] &&
		    !(s->open && i + 1 == n)) || p == PHASE_CLOSED ||
		    p == PHASE_ABORTED || p == PHASE_IDLE)
			continue;
		*t = (struct stretch){ p, at[i], at[i + 1] };
		out->stretches_n++;
	}
	out->infusion_start_ms = out->infusion_stop_ms = INT64_MIN;
	for (size_t i = 0; i < out->stretches_n; i++) {
		const struct stretch *t = &out->stretches[i];

		if (t->phase != PHASE_INFUSION && t->phase != PHASE_PAUSED)
			continue;
		if (out->infusion_start_ms == INT64_MIN)
			out->infusion_start_ms = t->from_ms;
		out->infusion_stop_ms = t->to_ms;
	}
	return 0;
}

static bool
has_value(const struct log_reading *r)
{
	return r->quality == QUALITY_GOOD ||
	    r->quality == QUALITY_QUESTIONABLE;
}

static int
by_value(const void *a, const void *b)
{
	const int32_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

/* One series: its extremes in one pass, its medians from a sorted copy. */
static void
summarise(const struct log_session *s, const uint8_t *part,
    struct vital_summary *v, int32_t *scratch)
{
	for (int p = 0; p < PARTS; p++) {
		struct vital_part *out = &v->part[p];
		size_t n = 0;

		for (size_t i = 0; i < s->readings_n; i++) {
			const struct log_reading *r = &s->readings[i];

			if (r->port != v->port || r->vital != v->vital ||
			    part[i] != p)
				continue;
			v->demo |= (r->flags & READING_DEMO) != 0;
			if (!has_value(r)) {
				v->without++;
				continue;
			}
			if (n == 0 || r->value < out->least) {
				out->least = r->value;
				out->least_ms = r->x_ms;
			}
			if (n == 0 || r->value > out->most) {
				out->most = r->value;
				out->most_ms = r->x_ms;
			}
			scratch[n++] = r->value;
		}
		out->n = n;
		if (n == 0)
			continue;
		qsort(scratch, n, sizeof scratch[0], by_value);
		out->median = scratch[(n - 1) / 2];
	}
}

static int
find_vitals(const struct log_session *s, struct summary *out)
{
	uint8_t *part = malloc(s->readings_n + 1);
	int32_t *scratch = malloc((s->readings_n + 1) * sizeof *scratch);
	bool (*seen)[VITALS] = calloc(s->ports_n + 1, sizeof *seen);
	int r = -ENOMEM;

	out->vitals = calloc(s->ports_n * VITALS + 1, sizeof *out->vitals);
	if (part == NULL || scratch == NULL || seen == NULL ||
	    out->vitals == NULL)
		goto done;
	for (size_t i = 0; i < s->readings_n; i++) {
		int p = part_at(s, s->readings[i].x_ms);

		part[i] = p < 0 ? PARTS : (uint8_t)p;
		seen[s->readings[i].port][s->readings[i].vital] = true;
	}
	for (int v = 0; v < VITALS; v++)
		for (size_t p = 0; p < s->ports_n; p++) {
			struct vital_summary *vs;

			if (!seen[p][v])
				continue;
			vs = &out->vitals[out->vitals_n++];
			vs->port = (uint16_t)p;
			vs->vital = (enum vital)v;
			summarise(s, part, vs, scratch);
		}
	r = 0;
done:
	free(part);
	free(scratch);
	free(seen);
	return r;
}

/* Systolic, diastolic and mean of one measurement have one time and port. */
static int
find_cuffs(const struct log_session *s, struct summary *out)
{
	size_t room = 0;

	for (size_t i = 0; i < s->readings_n; i++)
		room += vital_info[s->readings[i].vital].episodic;
	out->cuffs = calloc(room + 1, sizeof *out->cuffs);
	if (out->cuffs == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < s->readings_n; i++) {
		const struct log_reading *r = &s->readings[i];
		struct cuff *c = out->cuffs_n > 0 ?
		    &out->cuffs[out->cuffs_n - 1] : NULL;

		if ((r->vital != VITAL_NIBP_SYS && r->vital != VITAL_NIBP_DIA &&
		    r->vital != VITAL_NIBP_MAP) || !has_value(r))
			continue;
		if (c == NULL || c->x_ms != r->x_ms || c->port != r->port) {
			c = &out->cuffs[out->cuffs_n++];
			c->x_ms = r->x_ms;
			c->measured_ms = r->x_ms - r->age_ms;
			c->port = r->port;
		}
		c->doubtful |= r->quality == QUALITY_QUESTIONABLE;
		c->demo |= (r->flags & READING_DEMO) != 0;
		if (r->vital == VITAL_NIBP_SYS) {
			c->has_sys = true;
			c->sys = r->value;
		} else if (r->vital == VITAL_NIBP_DIA) {
			c->has_dia = true;
			c->dia = r->value;
		} else {
			c->has_map = true;
			c->map = r->value;
		}
	}
	return 0;
}

static struct alarm_story *
find_story(struct summary *out, struct event_id id)
{
	for (size_t i = out->alarms_n; i-- > 0;)
		if (event_id_equal(out->alarms[i].first->change.event, id))
			return &out->alarms[i];
	return NULL;
}

/* Whoever acknowledged it while it was less has not seen it at its worst. */
static void
add_change(struct alarm_story *a, const struct log_change *c)
{
	const struct alarm_change *now = &c->change;

	a->last = c;
	if (now->priority > a->worst->change.priority ||
	    now->phase == ALARM_ESCALATE) {
		if (a->acknowledged != NULL)
			a->seen_before = a->acknowledged;
		a->acknowledged = NULL;
		a->worst = c;
	}
	if ((now->phase == ALARM_ACKNOWLEDGE || now->phase == ALARM_RESET) &&
	    a->acknowledged == NULL)
		a->acknowledged = c;
	if (now->phase == ALARM_START || now->phase == ALARM_ESCALATE)
		a->paused |= now->paused;
	a->confirmed |= now->confirmed;
	a->demo |= now->demo;
	a->notices += c->notices;
	a->deliveries += c->deliveries;
	if (c->delivered_ms >= 0 && (a->delivered_ms < 0 ||
	    c->x_ms - a->raised_ms + c->delivered_ms < a->delivered_ms))
		a->delivered_ms = c->x_ms - a->raised_ms + c->delivered_ms;
	a->worst_lost = a->worst->notices > 0 && a->worst->deliveries == 0;
	a->ended_ms = now->state == ALARM_INACTIVE ? c->x_ms : -1;
}

static int
find_alarms(const struct log_session *s, struct summary *out)
{
	out->alarms = calloc(s->changes_n + 1, sizeof *out->alarms);
	if (out->alarms == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < s->changes_n; i++) {
		const struct log_change *c = &s->changes[i];
		struct alarm_story *a = find_story(out, c->change.event);

		if (a == NULL) {
			a = &out->alarms[out->alarms_n++];
			a->first = a->worst = c;
			a->raised_ms = c->x_ms;
			a->delivered_ms = -1;
		}
		add_change(a, c);
	}
	return 0;
}

int
summary_make(const struct log_session *s, struct summary *out)
{
	struct summary m;
	int r;

	memset(&m, 0, sizeof m);
	if ((r = find_stretches(s, &m)) < 0 || (r = find_vitals(s, &m)) < 0 ||
	    (r = find_cuffs(s, &m)) < 0 || (r = find_alarms(s, &m)) < 0) {
		summary_free(&m);
		return r;
	}
	*out = m;
	return 0;
}

void
summary_free(struct summary *s)
{
	free(s->stretches);
	free(s->vitals);
	free(s->cuffs);
	free(s->alarms);
	memset(s, 0, sizeof *s);
}
