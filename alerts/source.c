/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From the readings of several monitors to one value a subject.
 *
 * Easy to get wrong: freshness counts from when the monitor measured, not from
 * when the reading came.
 */
#include "alerts/source.h"

#define YEAR_MS (INT64_C(366) * 24 * 3600 * 1000)

static const enum vital level_vital[LEVELS] = {
	[LEVEL_HR] = VITAL_HR,
	[LEVEL_PR] = VITAL_PR,
	[LEVEL_SPO2] = VITAL_SPO2,
	[LEVEL_RR] = VITAL_RR,
};

/* In the order of preference: the ECG counts beats, the oximeter pulses. */
static const struct {
	enum level level[2];
	size_t n;
} candidates[SUBJECT_LEVELS] = {
	[SUBJECT_HEART_RATE] = { { LEVEL_HR, LEVEL_PR }, 2 },
	[SUBJECT_SPO2] = { { LEVEL_SPO2 }, 1 },
	[SUBJECT_RR] = { { LEVEL_RR }, 1 },
};

int
source_level(enum vital v)
{
	for (int i = 0; i < LEVELS; i++) {
		if (level_vital[i] == v)
			return i;
	}
	return -1;
}

int
source_cuff_part(enum vital v)
{
	for (int i = 0; i < CUFF_PARTS; i++) {
		if (subject_vital((enum subject)(SUBJECT_LEVELS + i)) == v)
			return i;
	}
	return -1;
}

static bool
has_value(enum quality q)
{
	return q == QUALITY_GOOD || q == QUALITY_QUESTIONABLE;
}

int64_t
source_measured_ms(const struct board *b, const struct reading *r)
{
	int64_t age = r->age_ms < YEAR_MS ? r->age_ms : YEAR_MS;

	return moment_between(age > 0 ? age : 0, b->now_ms);
}

void
source_reading(struct board *b, struct port_state *p, const struct reading *r)
{
	int l = source_level(r->vital);
	struct board_level next = { .seen = true, .flags = r->flags };
	struct board_level *now;

	if (l < 0 || l >= LEVELS)
		return;
	now = &p->level[l];
	next.quality = vital_judge(r->vital, r->value, r->quality);
	next.value = has_value(next.quality) ? r->value : 0;
	next.measured_ms = source_measured_ms(b, r);
	/* What the monitor does not measure at all stays the same, too. */
	if (now->value != next.value ||
	    has_value(now->quality) != has_value(next.quality) ||
	    (has_value(next.quality) && !source_is_fresh(b, p, (enum level)l)))
		p->same_ms = b->now_ms;
	p->demo = (r->flags & READING_DEMO) != 0;
	*now = next;
}

static int64_t
fresh_until(const struct port_state *p, enum level l)
{
	int64_t fresh = vital_info[level_vital[l]].fresh_ms;

	/* A port that may be silent for longer is not stale before that. */
	if (fresh < p->is.silent_after_ms)
		fresh = p->is.silent_after_ms;
	return moment_after(p->level[l].measured_ms, fresh);
}

bool
source_is_fresh(const struct board *b, const struct port_state *p,
    enum level l)
{
	return p->level[l].seen && has_value(p->level[l].quality) &&
	    b->now_ms <= fresh_until(p, l);
}

/* The first port, in order, with a fresh value of that quality; -1. */
static int
find_port(const struct board *b, enum level l, enum quality q)
{
	for (size_t i = 0; i < b->ports_n && i < BOARD_PORTS; i++) {
		if (source_is_fresh(b, &b->port[i], l) &&
		    b->port[i].level[l].quality == q)
			return (int)i;
	}
	return -1;
}

static int
choose(const struct board *b, int subject, enum level *level)
{
	for (int q = QUALITY_GOOD; q <= QUALITY_QUESTIONABLE; q++) {
		for (size_t i = 0; i < candidates[subject].n && i < 2; i++) {
			enum level l = candidates[subject].level[i];
			int port = find_port(b, l, (enum quality)q);

			if (port >= 0) {
				*level = l;
				return port;
			}
		}
	}
	return -1;
}

/* Another source: what seemed clear by the old one has to be clear by the new
 * one from now on. */
static void
restart_clearing(struct board *b, int subject)
{
	for (int i = 0; i < TIERS; i++) {
		if ((int)tier_info[i].subject == subject)
			b->gauge[i].inside_ms = ALARM_NEVER;
	}
}

static void
lose(struct board *b, struct subject_state *s)
{
	if (s->valid_from_ms != BOARD_NEVER)
		s->valid_ms = source_valid_ms(b, s);
	s->valid_from_ms = BOARD_NEVER;
	if (s->missing_ms == BOARD_NEVER)
		s->missing_ms = s->waiting_ms = b->now_ms;
}

static void
take(struct board *b, int subject, int port, enum level level)
{
	struct subject_state *s = &b->subject[subject];
	struct port_state *p = &b->port[port];
	const struct board_level *l = &p->level[level];

	if (s->valid_from_ms == BOARD_NEVER)
		s->valid_from_ms = b->now_ms;
	s->missing_ms = s->waiting_ms = BOARD_NEVER;
	s->seen = true;
	s->same_limb = p->is.same_limb &&
	    (level == LEVEL_SPO2 || level == LEVEL_PR);
	s->quality = l->quality;
	s->flags = l->flags;
	s->value = vital_shown(level_vital[level], l->value);
	s->measured_ms = l->measured_ms;
	p->fed |= UINT32_C(1) << subject;
}

static void
take_sample(struct subject_state *s)
{
	int64_t second = s->measured_ms / SAMPLE_MS, last = s->sample_s;
	int32_t value = s->value;

	if (s->quality != QUALITY_GOOD || second < 0 || second <= last ||
	    value < 0 || value >= SAMPLE_NONE)
		return;
	/* Nobody measured in between. */
	for (int i = 0; i < SAMPLES && last < second - 1; i++)
		s->sample[++last % SAMPLES] = SAMPLE_NONE;
	s->sample_s = second;
	s->sample[second % SAMPLES] = (uint8_t)value;
}

void
source_update(struct board *b)
{
	for (int i = 0; i < SUBJECT_LEVELS; i++) {
		struct subject_state *s = &b->subject[i];
		enum level level = s->level;
		int port = choose(b, i, &level);
		bool other = port != s->port;

		if (other || level != s->level)
			restart_clearing(b, i);
		s->port = port;
		s->level = level;
		if (port >= 0 && port < BOARD_PORTS) {
			take(b, i, port, level);
			take_sample(s);
		} else {
			lose(b, s);
		}
		if (other)
			b->sink.source(b->sink.arg, b->now_ms,
			    (enum subject)i, port);
	}
}

void
source_open(struct board *b)
{
	for (int i = 0; i < SUBJECT_LEVELS; i++) {
		struct subject_state *s = &b->subject[i];

		*s = (struct subject_state){
			.port = -1,
			.missing_ms = b->now_ms,
			.waiting_ms = b->now_ms,
			.valid_from_ms = BOARD_NEVER,
			.sample_s = -1,	/* it need not be cleared */
			.sample = s->sample,
		};
	}
	for (size_t i = 0; i < b->ports_n && i < BOARD_PORTS; i++)
		b->port[i].fed = 0;
}

int32_t
source_patience_ms(const struct board *b, enum subject s)
{
	if (s == SUBJECT_RR)
		return b->limits->no_rr_ms;
	/* A cuff on the oximeter's arm takes its pulse away for a while. */
	return b->subject[s].same_limb ? b->limits->no_value_cuff_ms :
	    b->limits->no_value_ms;
}

enum vital
source_vital(const struct subject_state *s)
{
	return level_vital[s->level];
}

int64_t
source_valid_ms(const struct board *b, const struct subject_state *s)
{
	return s->valid_from_ms == BOARD_NEVER ? s->valid_ms :
	    moment_after(s->valid_ms, moment_between(s->valid_from_ms,
	    b->now_ms));
}

/* A value is stale from the first ms after its time. */
int64_t
source_next(const struct board *b)
{
	int64_t next = BOARD_NEVER;

	for (size_t i = 0; i < b->ports_n && i < BOARD_PORTS; i++) {
		const struct port_state *p = &b->port[i];

		for (int l = 0; l < LEVELS; l++) {
			if (p->level[l].seen && has_value(p->level[l].quality))
				board_soonest(&next, b->now_ms,
				    moment_after(fresh_until(p, (enum level)l),
				    1));
		}
	}
	return next;
}

bool
source_median(const struct subject_state *s, int64_t from_ms, int32_t *out)
{
	uint8_t sorted[SAMPLES] = { 0 };
	int64_t from_s = from_ms / SAMPLE_MS + (from_ms % SAMPLE_MS > 0);
	size_t n = 0, middle;

	for (int64_t second = s->sample_s, i = 0; i < SAMPLES && second >= 0;
	    i++, second--) {
		uint8_t value = s->sample[second % SAMPLES];
		size_t at = n;

		if (second < from_s || value == SAMPLE_NONE)
			continue;
		for (; at > 0 && at < SAMPLES && sorted[at - 1] > value; at--)
			sorted[at] = sorted[at - 1];
		if (at < SAMPLES)
			sorted[at] = value;
		n++;
	}
	if (n == 0)
		return false;
	middle = n / 2;
	*out = sorted[middle < SAMPLES ? middle : 0];
	return true;
}
