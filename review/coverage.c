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

const char *const absence_text[ABSENCES] = {
	[ABSENCE_NOT_RUNNING] = "vitalsd not running",
	[ABSENCE_NO_DATA] = "no data from the monitor",
	[ABSENCE_SENSOR] = "probe off or missing",
	[ABSENCE_SIGNAL] = "no usable signal",
	[ABSENCE_OFF] = "not measured",
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

/* How much of [from, to) vitalsd was not running. */
static int64_t
not_running(const struct log_session *s, int64_t from, int64_t to)
{
	int64_t sum = 0;

	for (size_t i = 0; i < s->events_n; i++) {
		const struct log_event *e = &s->events[i];
		int64_t a, b = e->x_ms;

		if (e->event.kind != EVENT_GAP)
			continue;
		a = b - e->event.count;
		if (a < from)
			a = from;
		if (b > to)
			b = to;
		if (b > a)
			sum += b - a;
	}
	return sum;
}

static void
absent(const struct log_session *s, struct coverage *c, int64_t from,
    int64_t to, enum absence why)
{
	int64_t down;

	if (to <= from)
		return;
	down = not_running(s, from, to);
	c->absent_ms[ABSENCE_NOT_RUNNING] += down;
	c->absent_ms[why] += to - from - down;
	if (to - from > 10000)
		c->longest_gap_n++;
	if (to - from > c->longest_gap_ms)
		c->longest_gap_ms = to - from;
}

static void
find_level(const struct log_session *s, int64_t from, int64_t to,
    enum covered which, struct coverage *c)
{
	int64_t fresh_to = from;	/* watched up to here */
	int64_t heard = from;		/* last reading of any quality */
	int64_t quiet = 0;		/* a reading speaks for so long */
	enum absence why = ABSENCE_NO_DATA;
	int fed_by = -1;		/* the port of the last value */

	for (size_t i = 0; i < s->readings_n; i++) {
		const struct log_reading *r = &s->readings[i];
		int64_t x = r->x_ms;
		bool value = r->quality == QUALITY_GOOD ||
		    r->quality == QUALITY_QUESTIONABLE;

		if (!belongs(which, r->vital) || x < from || x >= to)
			continue;
		if (x > fresh_to) {
			/* Between the two: what the last reading said, as
			 * long as it spoke; then silence. */
			int64_t spoke = heard + quiet;

			if (spoke < fresh_to || why == ABSENCE_NO_DATA)
				spoke = fresh_to;
			if (spoke > x)
				spoke = x;
			absent(s, c, fresh_to, spoke, why);
			absent(s, c, spoke, x, ABSENCE_NO_DATA);
			fresh_to = x;
		}
		heard = x;
		quiet = fresh_ms(s, r);
		if (value) {
			int64_t until = x + fresh_ms(s, r);

			if (until > to)
				until = to;
			if (until > fresh_to) {
				c->watched_ms += until - fresh_to;
				fresh_to = until;
			}
			c->seen = true;
			why = ABSENCE_NO_DATA;
			fed_by = r->port;
		} else if (x >= fresh_to || fed_by == r->port) {
			/* The monitor takes its own value back; another's
			 * would still be fresh. */
			c->watched_ms -= fresh_to - x;
			fresh_to = x;
			why = absence_of(r->quality);
		}
	}
	if (to > fresh_to) {
		int64_t spoke = heard + quiet;

		if (spoke < fresh_to || why == ABSENCE_NO_DATA)
			spoke = fresh_to;
		if (spoke > to)
			spoke = to;
		absent(s, c, fresh_to, spoke, why);
		absent(s, c, spoke, to, ABSENCE_NO_DATA);
	}
}

static void
find_cuff(const struct log_session *s, int64_t from, int64_t to,
    struct coverage *c)
{
	int64_t before = from;

	for (size_t i = 0; i < s->readings_n; i++) {
		const struct log_reading *r = &s->readings[i];

		if (r->vital != VITAL_NIBP_SYS || r->x_ms < from ||
		    r->x_ms >= to || (r->quality != QUALITY_GOOD &&
		    r->quality != QUALITY_QUESTIONABLE))
			continue;
		c->seen = true;
		c->measurements++;
		if (r->x_ms - before > c->longest_wait_ms)
			c->longest_wait_ms = r->x_ms - before;
		before = r->x_ms;
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
