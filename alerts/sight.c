/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A tier's value beside its limits.
 *
 * Easy to get wrong: a questionable value can be beyond a limit, but it is
 * never inside one.
 */
#include "alerts/sight.h"

#include "alerts/source.h"

struct sight
sight_of(const struct board *b, enum subject s)
{
	struct sight out = { .vital = subject_vital(s) };

	if (s < SUBJECT_LEVELS) {
		const struct subject_state *state = &b->subject[s];

		out.vital = source_vital(state);
		out.has = source_has_value(state);
		out.quality = state->quality;
		out.value = state->value;
		out.measured_ms = state->measured_ms;
		out.demo = out.has && (state->flags & READING_DEMO);
	} else {
		int part = (int)s - SUBJECT_LEVELS;
		const struct measurement *m = &b->cuff;

		out.quality = m->quality[part];
		out.has = b->cuff_seen && m->has[part] &&
		    (out.quality == QUALITY_GOOD ||
		    out.quality == QUALITY_QUESTIONABLE);
		out.value = m->value[part];
		out.measured_ms = m->measured_ms;
		out.demo = out.has && m->demo;
	}
	return out;
}

/* The nearest number that a limit can be. */
static int32_t
bounded(int64_t v)
{
	return v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN :
	    (int32_t)v;
}

/* base * (100 + percent) / 100, so that comparing whole numbers with it gives
 * what comparing with the exact quotient would: rounded up where a value must
 * reach it from below or stay under it. */
static int32_t
percent_of(int32_t base, int32_t percent, bool up)
{
	int64_t product = (int64_t)base * (100 + (int64_t)percent);
	int64_t quotient = product / 100;

	if (up && product % 100 > 0)
		quotient++;
	return bounded(quotient);
}

bool
sight_limits(const struct board *b, int tier, int32_t *limit, int32_t *clear)
{
	const struct tier_info *info = &tier_info[tier];
	const struct limit *l = &b->limits->tier[tier];
	int32_t base;

	if (!l->on || (info->baseline_only && b->phase != PHASE_BASELINE))
		return false;
	*limit = l->limit;
	*clear = l->clear;
	if (info->relative == ABSOLUTE)
		return true;
	if (!b->baseline.has[info->subject])
		return false;
	base = b->baseline.value[info->subject];
	if (info->relative == RELATIVE_UNITS) {
		*limit = bounded((int64_t)base + l->limit);
		*clear = bounded((int64_t)base + l->clear);
	} else {
		*limit = percent_of(base, l->limit,
		    info->comparison == AT_OR_ABOVE ||
		    info->comparison == BELOW);
		*clear = percent_of(base, l->clear,
		    !comparison_is_high(info->comparison));
	}
	return true;
}

enum stand
sight_stand(const struct board *b, int tier)
{
	const struct tier_info *info = &tier_info[tier];
	struct sight now = sight_of(b, info->subject);
	int32_t limit = 0, clear = 0;

	if (!sight_limits(b, tier, &limit, &clear))
		return STAND_OFF;
	if (!now.has)
		return STAND_UNKNOWN;
	if (comparison_beyond(info->comparison, now.value, limit))
		return STAND_BEYOND;
	if (now.quality != QUALITY_GOOD)
		return STAND_UNKNOWN;
	return comparison_clear(info->comparison, now.value, clear) ?
	    STAND_CLEAR : STAND_BETWEEN;
}
