/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The shipped preset (clinical.md section 1.7) and the check of an edited one.
 *
 * Easy to get wrong: the order of the tiers within a ladder is the order of
 * their urgency; limit_set_check() holds a site to it.
 */
#include "alerts/rule.h"

#include <string.h>

#define S_MS 1000
#define MIN_MS (60 * S_MS)
#define DELAY_MAX_MS (10 * MIN_MS)

const char ladder_name[LADDERS][16] = {
	[LADDER_NIBP_ADVISORY] = "nibp-advisory",
	[LADDER_NIBP_HIGH] = "nibp-high",
	[LADDER_NIBP_LOW] = "nibp-low",
	[LADDER_HR_HIGH] = "hr-high",
	[LADDER_HR_LOW] = "hr-low",
	[LADDER_HR_RELATIVE] = "hr-relative",
	[LADDER_SPO2_LOW] = "spo2-low",
	[LADDER_SPO2_DROP] = "spo2-drop",
	[LADDER_RR_LOW] = "rr-low",
	[LADDER_RR_HIGH] = "rr-high",
};

#define ROW(id, text, n, g, l, s, c, ...) [TIER_##id] = { .name = text, \
	.row = n, .grade = g, .ladder = LADDER_##l, .subject = SUBJECT_##s, \
	.comparison = c, __VA_ARGS__ }

/* Rows 6 and 8 need no second reading: they are beyond doubt, or too late. */
const struct tier_info tier_info[TIERS] = {
	ROW(NIBP_BASELINE_SYS, "nibp-baseline-sys", 1, 'A', NIBP_ADVISORY,
	    NIBP_SYS, ABOVE, .confirm = true, .baseline_only = true),
	ROW(NIBP_BASELINE_DIA, "nibp-baseline-dia", 1, 'A', NIBP_ADVISORY,
	    NIBP_DIA, ABOVE, .confirm = true, .baseline_only = true),
	ROW(NIBP_RISE_SYS, "nibp-rise-sys", 2, 'A', NIBP_HIGH, NIBP_SYS,
	    AT_OR_ABOVE, .relative = RELATIVE_UNITS, .confirm = true),
	ROW(NIBP_RISE_DIA, "nibp-rise-dia", 2, 'A', NIBP_HIGH, NIBP_DIA,
	    AT_OR_ABOVE, .relative = RELATIVE_UNITS, .confirm = true),
	ROW(NIBP_SYS_HIGH, "nibp-sys-high", 3, 'C', NIBP_HIGH, NIBP_SYS,
	    ABOVE, .confirm = true),
	ROW(NIBP_DIA_HIGH, "nibp-dia-high", 4, 'X', NIBP_HIGH, NIBP_DIA,
	    ABOVE, .confirm = true),
	ROW(NIBP_SEVERE_SYS, "nibp-severe-sys", 5, 'C', NIBP_HIGH, NIBP_SYS,
	    ABOVE, .confirm = true),
	ROW(NIBP_SEVERE_DIA, "nibp-severe-dia", 5, 'C', NIBP_HIGH, NIBP_DIA,
	    ABOVE, .confirm = true),
	ROW(NIBP_EXTREME_SYS, "nibp-extreme-sys", 6, 'C', NIBP_HIGH, NIBP_SYS,
	    AT_OR_ABOVE),
	ROW(NIBP_EXTREME_DIA, "nibp-extreme-dia", 6, 'C', NIBP_HIGH, NIBP_DIA,
	    AT_OR_ABOVE),
	ROW(NIBP_MAP_HIGH, "nibp-map-high", 10, 'X', NIBP_HIGH, NIBP_MAP,
	    ABOVE, .confirm = true),
	ROW(NIBP_SYS_LOW, "nibp-sys-low", 7, 'B', NIBP_LOW, NIBP_SYS,
	    AT_OR_BELOW, .confirm = true),
	ROW(NIBP_SYS_VERY_LOW, "nibp-sys-very-low", 8, 'X', NIBP_LOW,
	    NIBP_SYS, BELOW),
	ROW(NIBP_MAP_LOW, "nibp-map-low", 9, 'C', NIBP_LOW, NIBP_MAP, BELOW,
	    .confirm = true),
	ROW(NIBP_DIA_LOW, "nibp-dia-low", 11, 'C', NIBP_LOW, NIBP_DIA, BELOW,
	    .confirm = true),
	ROW(HR_HIGH, "hr-high", 12, 'C', HR_HIGH, HEART_RATE, ABOVE),
	ROW(HR_VERY_HIGH, "hr-very-high", 13, 'B', HR_HIGH, HEART_RATE, ABOVE),
	ROW(HR_LOW, "hr-low", 14, 'C', HR_LOW, HEART_RATE, BELOW),
	ROW(HR_VERY_LOW, "hr-very-low", 15, 'B', HR_LOW, HEART_RATE,
	    AT_OR_BELOW),
	ROW(HR_RISE, "hr-rise", 16, 'X', HR_RELATIVE, HEART_RATE, AT_OR_ABOVE,
	    .relative = RELATIVE_PERCENT),
	ROW(HR_FALL, "hr-fall", 16, 'X', HR_RELATIVE, HEART_RATE, AT_OR_BELOW,
	    .relative = RELATIVE_PERCENT),
	ROW(SPO2_LOW, "spo2-low", 17, 'B', SPO2_LOW, SPO2, BELOW),
	ROW(SPO2_VERY_LOW, "spo2-very-low", 18, 'C', SPO2_LOW, SPO2, BELOW),
	ROW(SPO2_DESATURATION, "spo2-desaturation", 19, 'C', SPO2_LOW, SPO2,
	    AT_OR_BELOW),
	ROW(SPO2_DROP, "spo2-drop", 20, 'X', SPO2_DROP, SPO2, AT_OR_BELOW,
	    .relative = RELATIVE_UNITS),
	ROW(RR_LOW, "rr-low", 21, 'C', RR_LOW, RR, BELOW),
	ROW(RR_VERY_LOW, "rr-very-low", 22, 'B', RR_LOW, RR, AT_OR_BELOW),
	ROW(RR_HIGH, "rr-high", 23, 'C', RR_HIGH, RR, ABOVE),
};

/* The numbers that row 1.7 leaves open (the rows that are off, and the
 * recording intervals, section 1.2) are site policy like all the rest. */
static const struct limit_set shipped = {
	.name = "ketamine-adult-draft",
	.tier = {
#define ON(p, at, gone, delay) { true, PRIORITY_##p, at, gone, (delay) * S_MS }
#define OFF(p, at, gone, delay) { false, PRIORITY_##p, at, gone, (delay) * S_MS }
		[TIER_NIBP_BASELINE_SYS] = ON(LOW, 140, 140, 0),
		[TIER_NIBP_BASELINE_DIA] = ON(LOW, 90, 90, 0),
		[TIER_NIBP_RISE_SYS] = ON(MEDIUM, 40, 29, 0),
		[TIER_NIBP_RISE_DIA] = ON(MEDIUM, 25, 14, 0),
		[TIER_NIBP_SYS_HIGH] = ON(MEDIUM, 160, 155, 0),
		[TIER_NIBP_DIA_HIGH] = ON(MEDIUM, 100, 95, 0),
		[TIER_NIBP_SEVERE_SYS] = ON(HIGH, 180, 170, 0),
		[TIER_NIBP_SEVERE_DIA] = ON(HIGH, 110, 105, 0),
		[TIER_NIBP_EXTREME_SYS] = ON(HIGH, 200, 170, 0),
		[TIER_NIBP_EXTREME_DIA] = ON(HIGH, 120, 105, 0),
		[TIER_NIBP_MAP_HIGH] = OFF(MEDIUM, 110, 105, 0),
		[TIER_NIBP_SYS_LOW] = ON(MEDIUM, 90, 95, 0),
		[TIER_NIBP_SYS_VERY_LOW] = ON(HIGH, 80, 90, 0),
		[TIER_NIBP_MAP_LOW] = ON(MEDIUM, 60, 65, 0),
		[TIER_NIBP_DIA_LOW] = OFF(LOW, 50, 55, 0),
		[TIER_HR_HIGH] = ON(MEDIUM, 120, 115, 15),
		[TIER_HR_VERY_HIGH] = ON(HIGH, 130, 125, 10),
		[TIER_HR_LOW] = ON(MEDIUM, 50, 53, 15),
		[TIER_HR_VERY_LOW] = ON(HIGH, 40, 45, 10),
		[TIER_HR_RISE] = OFF(LOW, 30, 25, 30),
		[TIER_HR_FALL] = OFF(LOW, -30, -25, 30),
		[TIER_SPO2_LOW] = ON(MEDIUM, 92, 93, 15),
		[TIER_SPO2_VERY_LOW] = ON(HIGH, 88, 90, 10),
		[TIER_SPO2_DESATURATION] = ON(HIGH, 80, 88, 0),
		[TIER_SPO2_DROP] = OFF(LOW, -5, -3, 30),
		[TIER_RR_LOW] = ON(MEDIUM, 10, 11, 20),
		[TIER_RR_VERY_LOW] = ON(HIGH, 8, 10, 15),
		[TIER_RR_HIGH] = ON(MEDIUM, 30, 28, 30),
	},
	.no_data_ms = 10 * S_MS,
	.no_data_high_ms = 60 * S_MS,
	.no_value_ms = 30 * S_MS,
	.no_value_cuff_ms = 60 * S_MS,
	.no_rr_ms = 60 * S_MS,
	.nibp_due_baseline_ms = 0,
	.nibp_due_infusion_ms = 10 * MIN_MS,
	.nibp_due_recovery_ms = 15 * MIN_MS,
	.reject_percent = 10,
	.frozen_ms = 120 * S_MS,
	.undelivered_ms = 10 * S_MS,
	.clear_ms = 5 * S_MS,
	.arm_ms = 30 * S_MS,
	.idle_vitals_ms = 2 * MIN_MS,
};

void
limit_set_default(struct limit_set *out)
{
	*out = shipped;
}

int
tier_find(const char *name)
{
	for (int i = 0; i < TIERS; i++) {
		if (strcmp(tier_info[i].name, name) == 0)
			return i;
	}
	return -1;
}

const char subject_name[SUBJECTS][12] = {
	[SUBJECT_HEART_RATE] = "heart-rate",
	[SUBJECT_SPO2] = "spo2",
	[SUBJECT_RR] = "rr",
	[SUBJECT_NIBP_SYS] = "nibp-sys",
	[SUBJECT_NIBP_DIA] = "nibp-dia",
	[SUBJECT_NIBP_MAP] = "nibp-map",
};

enum vital
subject_vital(enum subject s)
{
	switch (s) {
	case SUBJECT_HEART_RATE:
		return VITAL_HR;
	case SUBJECT_SPO2:
		return VITAL_SPO2;
	case SUBJECT_RR:
		return VITAL_RR;
	case SUBJECT_NIBP_SYS:
		return VITAL_NIBP_SYS;
	case SUBJECT_NIBP_DIA:
		return VITAL_NIBP_DIA;
	case SUBJECT_NIBP_MAP:
		break;
	}
	return VITAL_NIBP_MAP;
}

bool
comparison_is_high(enum comparison c)
{
	return c == ABOVE || c == AT_OR_ABOVE;
}

const char *
comparison_sign(enum comparison c)
{
	static const char sign[][3] = {
		[BELOW] = "<", [AT_OR_BELOW] = "<=",
		[ABOVE] = ">", [AT_OR_ABOVE] = ">=",
	};

	return sign[c];
}

bool
comparison_beyond(enum comparison c, int32_t value, int32_t limit)
{
	switch (c) {
	case BELOW:
		return value < limit;
	case AT_OR_BELOW:
		return value <= limit;
	case ABOVE:
		return value > limit;
	case AT_OR_ABOVE:
		break;
	}
	return value >= limit;
}

bool
comparison_clear(enum comparison c, int32_t value, int32_t clear)
{
	return comparison_is_high(c) ? value <= clear : value >= clear;
}

/* The first whole value that is beyond a limit. */
static int64_t
first_beyond(enum comparison c, int32_t limit)
{
	if (c == BELOW)
		return (int64_t)limit - 1;
	if (c == ABOVE)
		return (int64_t)limit + 1;
	return limit;
}

/* And the limit that has it. */
static int32_t
limit_before(enum comparison c, int64_t first)
{
	return (int32_t)(c == BELOW ? first + 1 : c == ABOVE ? first - 1 :
	    first);
}

struct range { int64_t least, most; };

/* What the vital of a tier can be, in shown units. */
static struct range
shown_range(enum tier t)
{
	enum vital vital = subject_vital(tier_info[t].subject);
	const struct vital_info *v = &vital_info[vital];

	return (struct range){ vital_shown(vital, v->reject_below),
		vital_shown(vital, v->reject_above) };
}

/* The first values beyond a limit that make sense: there is a value beyond, and
 * one that is not. */
static struct range
first_range(enum tier t)
{
	const struct tier_info *info = &tier_info[t];
	struct range r = shown_range(t);
	bool high = comparison_is_high(info->comparison);

	if (info->relative == RELATIVE_PERCENT)
		return high ? (struct range){ 1, 300 } :
		    (struct range){ -99, -1 };
	if (info->relative == RELATIVE_UNITS)
		return high ? (struct range){ 1, r.most } :
		    (struct range){ -r.most, -1 };
	return high ? (struct range){ r.least + 1, r.most } :
	    (struct range){ r.least, r.most - 1 };
}

static struct range
clear_range(enum tier t)
{
	struct range r = shown_range(t);

	if (tier_info[t].relative != ABSOLUTE)
		return (struct range){ -2 * r.most, 2 * r.most };
	return r;
}

void
limit_move(enum tier t, struct limit *l, int32_t limit)
{
	const struct tier_info *info = &tier_info[t];
	struct range r = clear_range(t);
	int64_t clear = (int64_t)limit + l->clear - l->limit;

	/* Not past the baseline, to which a value may never come back. */
	if (info->relative != ABSOLUTE) {
		if (comparison_is_high(info->comparison))
			r.least = 0;
		else
			r.most = 0;
	}
	clear = clear < r.least ? r.least : clear > r.most ? r.most : clear;
	l->limit = limit;
	l->clear = (int32_t)clear;
}

static bool
is_within(int64_t v, int64_t least, int64_t most, struct limit_fault *f)
{
	f->least = (int32_t)least;
	f->most = (int32_t)most;
	return v >= least && v <= most;
}

/* What is wrong with one tier by itself. */
static enum limit_wrong
tier_fault(enum tier t, const struct limit *l, struct limit_fault *f)
{
	const struct tier_info *info = &tier_info[t];
	enum comparison c = info->comparison;
	struct range first = first_range(t), clear = clear_range(t);
	bool high = comparison_is_high(c);

	if (!is_within(l->priority, PRIORITY_LOW, PRIORITY_HIGH, f))
		return LIMIT_PRIORITY;
	if (!is_within(l->delay_ms, 0, info->subject < SUBJECT_LEVELS ?
	    DELAY_MAX_MS : 0, f))
		return LIMIT_DELAY;
	if (!is_within(l->limit, limit_before(c, first.least),
	    limit_before(c, first.most), f))
		return LIMIT_RANGE;
	if (high)
		clear.most = first_beyond(c, l->limit) - 1;
	else
		clear.least = first_beyond(c, l->limit) + 1;
	if (!is_within(l->clear, clear.least, clear.most, f))
		return LIMIT_CLEAR;
	return LIMIT_FINE;
}

/* What is wrong with tier b, given a, which stands above it. */
static enum limit_wrong
pair_fault(const struct limit_set *s, enum tier a, enum tier b,
    struct limit_fault *f)
{
	const struct tier_info *ia = &tier_info[a], *ib = &tier_info[b];
	bool high_a = comparison_is_high(ia->comparison);
	bool high_b = comparison_is_high(ib->comparison);
	int64_t first_a = first_beyond(ia->comparison, s->tier[a].limit);
	int64_t first_b = first_beyond(ib->comparison, s->tier[b].limit);
	/* At least one value lies between the two directions. */
	int64_t apart = high_a != high_b ? 2 : 1;

	if (ia->subject != ib->subject || ia->relative != ib->relative)
		return LIMIT_FINE;
	if (high_a == high_b && ia->ladder != ib->ladder)
		return LIMIT_FINE;
	if (ia->ladder == ib->ladder && high_a == high_b &&
	    s->tier[b].priority < s->tier[a].priority)
		return LIMIT_URGENCY;
	if (high_b ? first_b >= first_a + apart : first_b <= first_a - apart)
		return LIMIT_FINE;
	f->least = limit_before(ib->comparison, high_b ? first_a + apart :
	    first_a - apart);
	f->most = limit_before(ia->comparison, high_b ? first_b - apart :
	    first_b + apart);
	return high_a != high_b ? LIMIT_APART : LIMIT_ORDER;
}

bool
limit_set_check(const struct limit_set *s, struct limit_fault *fault)
{
	for (int b = 0; b < TIERS; b++) {
		*fault = (struct limit_fault){ .tier = (enum tier)b,
			.against = -1 };
		fault->what = tier_fault((enum tier)b, &s->tier[b], fault);
		if (fault->what != LIMIT_FINE)
			return false;
		if (!s->tier[b].on)
			continue;
		for (int a = 0; a < b; a++) {
			if (!s->tier[a].on)
				continue;
			fault->against = a;
			fault->what = pair_fault(s, (enum tier)a, (enum tier)b,
			    fault);
			if (fault->what != LIMIT_FINE)
				return false;
		}
	}
	return true;
}
