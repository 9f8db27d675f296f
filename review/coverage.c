/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See coverage.h.
 *
 * Easy to get wrong: two monitors may measure the same thing.  Time counts as
 * absent only while neither has a fresh value, and the reason is the last one
 * that either gave, unless vitalsd was not running at all.
 */
#include "review/coverage.h"

#include <string.h>

#include "drivers/driver.h"

#define GAP_MS 10000

const char *const absence_text[ABSENCES] = {
	[ABSENCE_NOT_RUNNING] = "vitalsd not running",
	[ABSENCE_NO_DATA] = "no data from the monitor",
	[ABSENCE_SENSOR] = "probe off or missing",
	[ABSENCE_SIGNAL] = "no usable signal",
	[ABSENCE_OFF] = "not measured",
	[ABSENCE_REMOVED] = "removed by retention",
};

const char *const covered_label[COVEREDS] = {
	[COVERED_HEART_RATE] = "Heart rate",
	[COVERED_SPO2] = "SpO2",
	[COVERED_RR] = "Respiration",
	[COVERED_NIBP] = "Cuff",
};

static bool
belongs(enum covered c, int vital)
{
	switch (c) {
	case COVERED_HEART_RATE:
		return vital == VITAL_HR || vital == VITAL_PR;
	case COVERED_SPO2:
		return vital == VITAL_SPO2;
	case COVERED_RR:
		return vital == VITAL_RR;
	case COVERED_NIBP:
		return vital == VITAL_NIBP_SYS;
	}
	return false;
}

static enum absence
absence_of(int quality)
{
	switch ((enum quality)quality) {
	case QUALITY_NO_SENSOR:
	case QUALITY_SENSOR_OFF:
		return ABSENCE_SENSOR;
	case QUALITY_SEARCHING:
	case QUALITY_ARTEFACT:
	case QUALITY_OUT_OF_RANGE:
	case QUALITY_FAULT:
		return ABSENCE_SIGNAL;
	case QUALITY_GOOD:
	case QUALITY_QUESTIONABLE:
	case QUALITY_NO_VALUE:
	case QUALITY_NOT_MEASURED:
		return ABSENCE_OFF;
	}
	return ABSENCE_OFF;
}

#define SERIES 32

/* The latest of one vital of one port. */
struct series {
	uint32_t key;
	int64_t fresh_to;	/* it has a value up to here */
};

/* Where the walk along the session has got to. */
struct walk {
	const struct log_session *s;
	struct coverage *c;
	int64_t at_ms;		/* accounted for up to here */
	struct series series[SERIES];
	size_t n;
	enum absence why;	/* the latest reason that a monitor gave */
	int64_t why_to;		/* it speaks up to here */
	size_t gap;		/* the next that may not be over */
	size_t removed;		/* the next that is no more known */
	int64_t absent_ms;	/* without a value since so long */
};

/* How long a value of that port stays fresh: as the live view has it. */
static int64_t
fresh_ms(const struct log_session *s, const struct log_reading *r)
{
	const struct driver *d = driver_find(s->ports[r->port].driver);
	int64_t fresh = vital_info[r->vital].fresh_ms;

	if (d != NULL && (int64_t)d->silent_after_ms > fresh)
		fresh = d->silent_after_ms;
	return fresh;
}

static bool
has_value(const struct log_reading *r)
{
	return r->quality == QUALITY_GOOD ||
	    r->quality == QUALITY_QUESTIONABLE;
}

static void
end_absence(struct walk *w)
{
	if (w->absent_ms > GAP_MS)
		w->c->gaps_n++;
	if (w->absent_ms > w->c->longest_gap_ms)
		w->c->longest_gap_ms = w->absent_ms;
	w->absent_ms = 0;
}

static void
spend_absent(struct walk *w, int64_t to, enum absence why)
{
	w->c->absent_ms[why] += to - w->at_ms;
	w->absent_ms += to - w->at_ms;
	w->at_ms = to;
}

/* The next stretch in which vitalsd did not run and that is not over yet. */
static bool
next_gap(struct walk *w, int64_t *from, int64_t *to)
{
	for (; w->gap < w->s->gaps_n; w->gap++) {
		const struct log_gap *g = &w->s->gaps[w->gap];

		if (g->to_ms <= w->at_ms)
			continue;
		*from = g->from_ms;
		*to = g->to_ms;
		return true;
	}
	return false;
}

static int64_t
least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The next stretch of which no readings are left. */
static bool
next_removed(struct walk *w, int64_t *from, int64_t *to)
{
	for (; w->removed < w->s->removed_n; w->removed++) {
		const struct log_removed *l = &w->s->removed[w->removed];

		if (l->to_ms <= w->at_ms)
			continue;
		*from = l->from_ms;
		*to = l->to_ms;
		return true;
	}
	return false;
}

/* Accounts for the time up to to_ms, piece by piece. */
static void
spend(struct walk *w, int64_t to_ms)
{
	while (w->at_ms < to_ms) {
		int64_t gap_from = INT64_MAX, gap_to = INT64_MAX, end = to_ms;
		int64_t removed_from = INT64_MAX, removed_to = INT64_MAX;
		int64_t fresh_to = INT64_MIN;

		if (next_removed(w, &removed_from, &removed_to) &&
		    removed_from <= w->at_ms) {
			end = least(to_ms, removed_to);
			end_absence(w);
			w->n = 0;
			w->why_to = INT64_MIN;
			w->c->absent_ms[ABSENCE_REMOVED] += end - w->at_ms;
			w->at_ms = end;
			continue;
		}
		end = least(end, removed_from);
		if (next_gap(w, &gap_from, &gap_to) && gap_from <= w->at_ms) {
			/* What was known before is not known after. */
			w->n = 0;
			w->why_to = INT64_MIN;
			spend_absent(w, least(end, gap_to),
			    ABSENCE_NOT_RUNNING);
			continue;
		}
		end = least(end, gap_from);
		for (size_t i = 0; i < w->n; i++)
			if (w->series[i].fresh_to > fresh_to)
				fresh_to = w->series[i].fresh_to;
		if (fresh_to > w->at_ms) {
			end_absence(w);
			end = least(end, fresh_to);
			w->c->watched_ms += end - w->at_ms;
			w->at_ms = end;
		} else if (w->why_to > w->at_ms) {
			spend_absent(w, least(end, w->why_to), w->why);
		} else {
			spend_absent(w, end, ABSENCE_NO_DATA);
		}
	}
}

/* The place of a series; when all are taken, that of the stalest. */
static struct series *
find_series(struct walk *w, uint32_t key)
{
	size_t stalest = 0;

	for (size_t i = 0; i < w->n; i++) {
		if (w->series[i].key == key)
			return &w->series[i];
		if (w->series[i].fresh_to < w->series[stalest].fresh_to)
			stalest = i;
	}
	if (w->n < SERIES)
		stalest = w->n++;
	w->series[stalest] = (struct series){ key, INT64_MIN };
	return &w->series[stalest];
}

static void
take(struct walk *w, const struct log_reading *r)
{
	struct series *x = find_series(w, (uint32_t)r->port * VITALS +
	    r->vital);
	int64_t fresh = fresh_ms(w->s, r);

	if (has_value(r)) {
		/* From when the monitor measured it. */
		x->fresh_to = r->x_ms - r->age_ms + fresh;
	} else {
		x->fresh_to = INT64_MIN;
		w->why = absence_of(r->quality);
		w->why_to = r->x_ms + fresh;
	}
}

static void
find_level(const struct log_session *s, int64_t from, int64_t to,
    enum covered which, struct coverage *c)
{
	struct walk w = { .s = s, .c = c, .at_ms = from, .why = ABSENCE_OFF,
		.why_to = INT64_MIN };

	for (size_t i = 0; i < s->readings_n; i++) {
		const struct log_reading *r = &s->readings[i];

		if (!belongs(which, r->vital))
			continue;
		if (r->x_ms >= to)
			break;
		spend(&w, r->x_ms);
		take(&w, r);
		c->told = true;
		c->seen |= has_value(r) && r->x_ms >= from;
	}
	spend(&w, to);
	end_absence(&w);
}

/* A measurement counts when the cuff made it, not when it was told. */
static void
find_cuff(const struct log_session *s, int64_t from, int64_t to,
    struct coverage *c)
{
	int64_t before = from;

	for (size_t i = 0; i < s->readings_n; i++) {
		const struct log_reading *r = &s->readings[i];
		int64_t x = r->x_ms - r->age_ms;

		if (r->vital != VITAL_NIBP_SYS || x < from || x >= to ||
		    !has_value(r))
			continue;
		c->told = c->seen = true;
		c->measurements++;
		if (x - before > c->longest_wait_ms)
			c->longest_wait_ms = x - before;
		before = x > before ? x : before;
	}
	if (to - before > c->longest_wait_ms)
		c->longest_wait_ms = to - before;
}

void
coverage_find(const struct log_session *s, int64_t from_ms, int64_t to_ms,
    struct coverage out[COVEREDS])
{
	memset(out, 0, COVEREDS * sizeof out[0]);
	for (int i = 0; i < COVEREDS; i++)
		if (i == COVERED_NIBP)
			find_cuff(s, from_ms, to_ms, &out[i]);
		else
			find_level(s, from_ms, to_ms, (enum covered)i,
			    &out[i]);
}
