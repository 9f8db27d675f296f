/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See limit_say.h.
 *
 * Easy to get wrong: two tiers out of order may each be the one to be changed;
 * what is expected is said of both.
 */
#include "daemon/limit_say.h"

#include <stdio.h>

#define NUMBER 40

/* ">120", ">120, as shipped". */
static const char *
number_text(char out[NUMBER], const struct limit_set *s, int tier)
{
	struct limit_set shipped;

	limit_set_default(&shipped);
	snprintf(out, NUMBER, "%s%d%s",
	    comparison_sign(tier_info[tier].comparison), s->tier[tier].limit,
	    s->tier[tier].limit == shipped.tier[tier].limit ? ", as shipped" :
	    "");
	return out;
}

static void
say_delay(char out[LIMIT_SAY_MAX], const struct limit *l,
    const struct limit_fault *f)
{
	const char *name = tier_info[f->tier].name;

	if (f->most == 0)
		snprintf(out, LIMIT_SAY_MAX, "%s: a cuff measurement is one "
		    "event and does not last for a delay of %g s; expected "
		    "0s", name, (double)l->delay_ms / 1000);
	else
		snprintf(out, LIMIT_SAY_MAX, "%s: delay %g s; expected %d to "
		    "%d s", name, (double)l->delay_ms / 1000, f->least / 1000,
		    f->most / 1000);
}

static void
say_range(char out[LIMIT_SAY_MAX], const struct limit *l,
    const struct limit_fault *f)
{
	const struct tier_info *info = &tier_info[f->tier];
	const struct vital_info *v =
	    &vital_info[subject_vital(info->subject)];
	bool high = comparison_is_high(info->comparison);

	if (info->relative == ABSOLUTE)
		snprintf(out, LIMIT_SAY_MAX, "%s: the limit %d leaves %s no "
		    "value beyond it, or none inside; expected %d to %d", info->name,
		    l->limit, v->label, f->least, f->most);
	else if (high ? l->limit < f->least : l->limit > f->most)
		snprintf(out, LIMIT_SAY_MAX, "%s: limit %d is no %s from the "
		    "baseline; expected a %s number, %d to %d", info->name,
		    l->limit, high ? "rise" : "fall", high ? "positive" :
		    "negative", f->least, f->most);
	else
		snprintf(out, LIMIT_SAY_MAX, "%s: limit %d is too far from the "
		    "baseline; expected %d to %d", info->name, l->limit,
		    f->least, f->most);
}

static void
say_clear(char out[LIMIT_SAY_MAX], const struct limit_set *s,
    const struct limit_fault *f)
{
	const struct tier_info *info = &tier_info[f->tier];
	const struct limit *l = &s->tier[f->tier];
	char at[NUMBER];

	if (comparison_beyond(info->comparison, l->clear, l->limit))
		snprintf(out, LIMIT_SAY_MAX, "%s: the clear value %d lies "
		    "beyond the limit (%s); expected %s %d", info->name,
		    l->clear, number_text(at, s, f->tier),
		    comparison_is_high(info->comparison) ? "at most" :
		    "at least", comparison_is_high(info->comparison) ? f->most :
		    f->least);
	else
		snprintf(out, LIMIT_SAY_MAX, "%s: no value comes to the clear "
		    "value %d, so the alarm would never end; expected %d to "
		    "%d", info->name, l->clear, f->least, f->most);
}

static void
say_pair(char out[LIMIT_SAY_MAX], const struct limit_set *s,
    const struct limit_fault *f)
{
	const struct tier_info *b = &tier_info[f->tier];
	const struct tier_info *a = &tier_info[f->against];
	bool high = comparison_is_high(b->comparison);
	char at_a[NUMBER], at_b[NUMBER];

	number_text(at_a, s, f->against);
	number_text(at_b, s, f->tier);
	snprintf(out, LIMIT_SAY_MAX, "%s (%s) %s %s (%s)%s; expected at %s %d "
	    "for %s, or at %s %d for %s", b->name, at_b,
	    f->what == LIMIT_APART ? "and" : high ?
	    "has to lie above the less urgent" :
	    "has to lie below the less urgent", a->name, at_a,
	    f->what == LIMIT_APART ? " leave no value between them" : "",
	    high ? "least" : "most", f->least, b->name,
	    high ? "most" : "least", f->most, a->name);
}

void
limit_say(char out[LIMIT_SAY_MAX], const struct limit_set *s,
    const struct limit_fault *f)
{
	const struct limit *l = &s->tier[f->tier];
	const char *name = tier_info[f->tier].name;

	switch (f->what) {
	case LIMIT_PRIORITY:
		snprintf(out, LIMIT_SAY_MAX, "%s: no such priority; expected "
		    "low, medium or high", name);
		return;
	case LIMIT_DELAY:
		say_delay(out, l, f);
		return;
	case LIMIT_RANGE:
		say_range(out, l, f);
		return;
	case LIMIT_CLEAR:
		say_clear(out, s, f);
		return;
	case LIMIT_URGENCY:
		snprintf(out, LIMIT_SAY_MAX, "%s: priority %s is lower than "
		    "that of %s (%s), which it follows; expected at least %s",
		    name, priority_name(l->priority),
		    tier_info[f->against].name,
		    priority_name(s->tier[f->against].priority),
		    priority_name(s->tier[f->against].priority));
		return;
	case LIMIT_ORDER:
	case LIMIT_APART:
		say_pair(out, s, f);
		return;
	case LIMIT_FINE:
		break;
	}
	out[0] = '\0';
}
