/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From values to physiological alarms: clinical.md 2.6 items 1 to 6, 13, 15.
 *
 * Easy to get wrong: a cuff's tiers move only when a measurement is judged,
 * the other tiers with every reading and with time.
 */
#include "alerts/ladder.h"

#include "alerts/phrase.h"
#include "alerts/sight.h"
#include "alerts/source.h"

#include <string.h>

#define CONFIRM_MS (5 * 60 * 1000)
/* No cuff measures twice in that time; a monitor may correct its numbers. */
#define CONFIRM_APART_MS (20 * 1000)

static void
arm(struct board *b, enum ladder l)
{
	b->armed[l] = true;
	b->sink.armed(b->sink.arg, b->now_ms, l);
}

/* A ladder is armed once some tier of it could fire. */
static void
arm_cuff(struct board *b)
{
	int32_t limit = 0, clear = 0;

	for (int i = 0; i < TIERS; i++) {
		enum ladder l = tier_info[i].ladder;

		if (!b->armed[l] && tier_info[i].subject >= SUBJECT_LEVELS &&
		    sight_limits(b, i, &limit, &clear))
			arm(b, l);
	}
}

static void
arm_levels(struct board *b)
{
	int32_t limit = 0, clear = 0;

	for (int i = 0; i < TIERS; i++) {
		enum ladder l = tier_info[i].ladder;
		enum subject s = tier_info[i].subject;

		if (!b->armed[l] && s < SUBJECT_LEVELS &&
		    source_has_value(&b->subject[s]) &&
		    source_valid_ms(b, &b->subject[s]) >= b->limits->arm_ms &&
		    sight_limits(b, i, &limit, &clear))
			arm(b, l);
	}
}

static bool
part_has_value(const struct measurement *m, int part)
{
	return m->has[part] && (m->quality[part] == QUALITY_GOOD ||
	    m->quality[part] == QUALITY_QUESTIONABLE);
}

void
ladder_cuff_reading(struct board *b, size_t port, const struct reading *r)
{
	int part = source_cuff_part(r->vital);
	struct measurement *m = &b->arriving;

	if (part < 0 || part >= CUFF_PARTS)
		return;
	if (b->cuff_arriving && (m->port != (int)port ||
	    m->t_ms != b->now_ms || m->has[part]))
		ladder_judge(b);
	if (!b->cuff_arriving) {
		*m = (struct measurement){
			.port = (int)port,
			.t_ms = b->now_ms,
			.measured_ms = source_measured_ms(b, r),
		};
		b->cuff_arriving = true;
	}
	m->has[part] = true;
	m->quality[part] = vital_judge(r->vital, r->value, r->quality);
	m->value[part] = vital_shown(r->vital, r->value);
	m->demo = m->demo || (r->flags & READING_DEMO);
}

/* An event speaks of the limit that was crossed: a session may change it while
 * the event is open.  Only where the value lies beyond the new limit alone does
 * that one count. */
static void
note_limit(struct board *b, int tier, bool was_active)
{
	const struct tier_info *info = &tier_info[tier];
	struct gauge *g = &b->gauge[tier];
	int32_t limit = 0, clear = 0;

	if (g->state != ALARM_ACTIVE || g->stand != STAND_BEYOND ||
	    !sight_limits(b, tier, &limit, &clear))
		return;
	if (was_active && comparison_beyond(info->comparison,
	    sight_of(b, info->subject).value, g->limit))
		return;
	g->limit = limit;
	g->baseline = (int16_t)b->baseline.value[info->subject];
}

static void
note_cuff_source(struct board *b, const struct measurement *m)
{
	for (int i = 0; i < CUFF_PARTS; i++) {
		if (!part_has_value(m, i) || b->cuff_port[i] == m->port)
			continue;
		b->cuff_port[i] = m->port;
		b->sink.source(b->sink.arg, b->now_ms,
		    (enum subject)(SUBJECT_LEVELS + i), m->port);
	}
}

/* A monitor whose connection was made anew tells its last result once more,
 * with its age: the same numbers, made at the same time as far as clocks of
 * whole seconds go. */
#define SAME_MS 3000

static bool
is_told_again(const struct board *b, const struct measurement *m)
{
	int64_t apart_ms = moment_between(b->cuff.measured_ms, m->measured_ms);

	if (!b->cuff_seen || m->measured_ms == m->t_ms ||
	    m->port != b->cuff.port || apart_ms > SAME_MS)
		return false;
	for (int i = 0; i < CUFF_PARTS; i++) {
		if (m->has[i] != b->cuff.has[i] ||
		    (m->has[i] && m->value[i] != b->cuff.value[i]))
			return false;
	}
	return true;
}

void
ladder_judge(struct board *b)
{
	const struct measurement *m = &b->arriving;
	bool any = false;

	if (!b->cuff_arriving)
		return;
	b->cuff_arriving = false;
	for (int i = 0; i < CUFF_PARTS; i++)
		any = any || part_has_value(m, i);
	if (!any || !b->in_session)
		return;
	if (m->measured_ms < b->begin_ms)
		return;
	if (b->cuff_seen && m->measured_ms < b->cuff.measured_ms)
		return;
	if (is_told_again(b, m))
		return;
	b->cuff = *m;
	b->cuff_seen = true;
	if (b->phase == PHASE_BASELINE) {
		b->cuff_baseline = *m;
		b->cuff_baseline_seen = true;
	}
	note_cuff_source(b, m);
	for (int i = 0; i < TIERS; i++) {
		struct gauge *g = &b->gauge[i];
		bool was_active = g->state == ALARM_ACTIVE;

		if (tier_info[i].subject < SUBJECT_LEVELS)
			continue;
		gauge_measured(g, m->measured_ms, sight_stand(b, i),
		    tier_info[i].confirm, CONFIRM_APART_MS, CONFIRM_MS);
		note_limit(b, i, was_active);
	}
	arm_cuff(b);
}

void
ladder_open(struct board *b)
{
	memset(b->gauge, 0, sizeof b->gauge);
	memset(b->armed, 0, sizeof b->armed);
	b->cuff_arriving = b->cuff_seen = b->cuff_baseline_seen = false;
	for (int i = 0; i < CUFF_PARTS; i++)
		b->cuff_port[i] = -1;
}

/* When a subject has been missing for so long that it is technical. */
static int64_t
given_up_ms(const struct board *b, enum subject s)
{
	const struct subject_state *state = &b->subject[s];

	return moment_after(state->missing_ms, source_patience_ms(b, s));
}

/* Whether two tiers compare the same thing, one perhaps more urgently. */
static bool
are_alike(int a, int b)
{
	const struct tier_info *x = &tier_info[a], *y = &tier_info[b];

	return x->ladder == y->ladder && x->subject == y->subject &&
	    x->relative == y->relative && comparison_is_high(x->comparison) ==
	    comparison_is_high(y->comparison);
}

/* The delay of a tier says when to call somebody.  Once a more urgent one has,
 * there is nothing to wait for: else the event would seem over between them. */
static int64_t
delay_of(const struct board *b, int tier)
{
	for (int i = tier + 1; i < TIERS; i++) {
		if (b->gauge[i].state == ALARM_ACTIVE && are_alike(tier, i))
			return 0;
	}
	return b->limits->tier[tier].delay_ms;
}

static void
update_gauge(struct board *b, int tier)
{
	enum subject s = tier_info[tier].subject;
	struct gauge *g = &b->gauge[tier];
	bool was_active = g->state == ALARM_ACTIVE;

	if (s >= SUBJECT_LEVELS) {
		int32_t limit = 0, clear = 0;

		if (g->state != ALARM_INACTIVE &&
		    !sight_limits(b, tier, &limit, &clear))
			g->state = ALARM_INACTIVE;
		return;
	}
	if (g->state == ALARM_PENDING &&
	    b->now_ms >= given_up_ms(b, s))
		g->state = ALARM_INACTIVE;
	gauge_level(g, b->now_ms, sight_stand(b, tier), delay_of(b, tier),
	    b->limits->clear_ms);
	note_limit(b, tier, was_active);
}

/* The tier that decides for each ladder: the most urgent that fired; among
 * equals the later row.  -1: none. */
static void
find_deciding(const struct board *b, int best[LADDERS])
{
	for (int l = 0; l < LADDERS; l++)
		best[l] = -1;
	for (int i = 0; i < TIERS; i++) {
		enum priority p = b->limits->tier[i].priority;
		enum ladder l = tier_info[i].ladder;
		int at = best[l];

		if (b->gauge[i].state != ALARM_ACTIVE)
			continue;
		if (at < 0 || at >= TIERS || p > b->limits->tier[at].priority ||
		    (p == b->limits->tier[at].priority &&
		    tier_info[i].row > tier_info[at].row))
			best[l] = i;
	}
}

/* What a latched event speaks of: its worst since somebody acknowledged. */
static void
note_worst(const struct board *b, struct alarm *a, int tier, bool anew)
{
	enum priority now = b->limits->tier[tier].priority, worst;
	int before = a->worst;

	if (!anew && before >= 0 && before < TIERS) {
		worst = b->limits->tier[before].priority;
		if (now < worst || (now == worst &&
		    tier_info[tier].row < tier_info[before].row))
			return;
	}
	a->worst = (int8_t)tier;
}

static void
update_ladder(struct board *b, int l, int deciding)
{
	struct alarm *a = board_alarm(b, SLOT_LADDER + (int)l);
	bool acknowledged = a->acknowledged;
	int tier = b->armed[l] && deciding < TIERS ? deciding : -1;
	int worst = a->worst;
	enum priority level = PRIORITY_NONE;
	bool confirmed = a->confirmed;
	uint8_t rank = 0;
	int phase;

	if (tier >= 0) {
		level = b->limits->tier[tier].priority;
		rank = tier_info[tier].row;
		confirmed = b->gauge[tier].confirmed;
	}
	phase = alarm_move(a, level, rank, b->ids);
	/* Two tiers of one row: systolic, then diastolic, is news as well. */
	if (phase == ALARM_UNCHANGED && tier >= 0 &&
	    ((confirmed && !a->confirmed) || tier != a->tier))
		phase = ALARM_UPDATE;
	if (tier >= 0) {
		note_worst(b, a, tier, phase == ALARM_START || acknowledged);
	} else if (phase == ALARM_LATCH && worst >= 0 && worst < TIERS) {
		a->tier = (int8_t)worst;
		a->since_ms = b->gauge[worst].since_ms;
	}
	if (tier >= 0) {
		a->tier = (int8_t)tier;
		a->since_ms = b->gauge[tier].since_ms;
		a->confirmed = confirmed;
	}
	if (phase != ALARM_UNCHANGED)
		ladder_tell(b, (enum ladder)l, (enum alarm_phase)phase, NULL,
		    NULL);
}

void
ladder_update(struct board *b)
{
	int deciding[LADDERS] = { 0 };

	for (int i = TIERS - 1; i >= 0; i--)	/* the more urgent ones first */
		update_gauge(b, i);
	arm_levels(b);
	find_deciding(b, deciding);
	for (int l = 0; l < LADDERS; l++)
		update_ladder(b, l, deciding[l]);
}

int64_t
ladder_next(const struct board *b)
{
	int64_t next = BOARD_NEVER;

	for (int i = 0; i < TIERS; i++) {
		if (tier_info[i].subject < SUBJECT_LEVELS)
			board_soonest(&next, b->now_ms,
			    gauge_next(&b->gauge[i],
			    b->limits->tier[i].delay_ms, b->limits->clear_ms));
	}
	for (int s = 0; s < SUBJECT_LEVELS; s++) {
		const struct subject_state *state = &b->subject[s];

		board_soonest(&next, b->now_ms,
		    given_up_ms(b, (enum subject)s));
		if (state->valid_from_ms != BOARD_NEVER)
			board_soonest(&next, b->now_ms, moment_after(
			    state->valid_from_ms, moment_between(
			    state->valid_ms, b->limits->arm_ms)));
	}
	return next;
}

static void
put_limit(const struct gauge *g, int tier, struct phrase *p)
{
	const struct tier_info *info = &tier_info[tier];
	unsigned shown = vital_info[subject_vital(info->subject)].shown;

	phrase_put(p, comparison_sign(info->comparison));
	phrase_put_fixed(p, g->limit, shown);
	if (info->relative == ABSOLUTE)
		return;
	phrase_put(p, ", baseline ");
	phrase_put_fixed(p, g->baseline, shown);
}

static void
put_words(const struct board *b, const struct alarm_change *c, int tier,
    struct phrase *p)
{
	const struct vital_info *v = &vital_info[c->vital];
	const struct gauge *g = &b->gauge[tier];
	/* Between its limit and its clear value an event is still open. */
	bool beyond = !c->has_value || comparison_beyond(
	    tier_info[tier].comparison, c->value, g->limit);

	phrase_put(p, v->label);
	if (c->has_value) {
		phrase_put(p, " ");
		phrase_put_fixed(p, c->value, v->shown);
		phrase_put(p, " ");
		phrase_put(p, v->unit);
	}
	if (c->state != ALARM_ACTIVE) {
		phrase_put_either(p, c->has_value, ", was ", " was ");
		put_limit(g, tier, p);
		return;
	}
	phrase_put_either(p, c->has_value, " (", " without a value (");
	phrase_put_either(p, beyond, "", "was ");
	put_limit(g, tier, p);
	phrase_put(p, ")");
	if (beyond && !c->confirmed)
		phrase_put(p, ", unconfirmed: measure again");
}

void
ladder_describe(const struct board *b, enum ladder l, struct alarm_change *out)
{
	const struct alarm *a = &b->alarm[SLOT_LADDER + l];
	struct phrase condition = phrase_begin(out->condition,
	    sizeof out->condition);
	struct phrase tier = phrase_begin(out->tier, sizeof out->tier);
	struct phrase text = phrase_begin(out->text, sizeof out->text);
	struct sight now;
	int t = a->tier;

	phrase_put(&condition, ladder_name[l]);
	if (t < 0 || t >= TIERS)
		return;
	now = sight_of(b, tier_info[t].subject);
	phrase_put(&tier, tier_info[t].name);
	out->has_value = now.has;
	out->vital = now.vital;
	out->value = now.has ? now.value : 0;
	out->value_age_ms = now.has ?
	    moment_between(now.measured_ms, b->now_ms) : 0;
	out->limit = b->gauge[t].limit;
	put_words(b, out, t, &text);
}

void
ladder_tell(struct board *b, enum ladder l, enum alarm_phase phase,
    const char *by, const char *reason)
{
	struct alarm *a = board_alarm(b, SLOT_LADDER + (int)l);
	struct alarm_change c = { .infusion_ms = INFUSION_NONE };
	struct phrase who = phrase_begin(c.by, sizeof c.by);
	int tier = a->tier;

	if (tier >= 0 && tier < TIERS &&
	    sight_of(b, tier_info[tier].subject).demo)
		a->demo = true;
	alarm_tell(a, phase, b->pausing, &c);
	ladder_describe(b, l, &c);
	if (by)
		phrase_put(&who, by);
	phrase_put_reason(c.text, sizeof c.text, reason);
	b->sink.alarm(b->sink.arg, b->now_ms, &c);
}

/* The limit that a tier has now is the best guess for what it had. */
static void
adopt_limit(struct board *b, int tier)
{
	struct gauge *g = &b->gauge[tier];
	int32_t limit = b->limits->tier[tier].limit, clear = 0;

	if (sight_limits(b, tier, &limit, &clear))
		g->baseline =
		    (int16_t)b->baseline.value[tier_info[tier].subject];
	g->limit = limit;
}

/* Every less urgent tier of the same subject counts as crossed too: otherwise
 * a fall from the adopted tier would look like the end. */
static void
adopt_gauges(struct board *b, int tier, const struct alarm_change *c)
{
	for (int i = 0; i <= tier && i < TIERS; i++) {
		struct gauge *g = &b->gauge[i];

		if (!are_alike(i, tier))
			continue;
		g->state = ALARM_ACTIVE;
		g->since_ms = c->since_ms < b->now_ms ? c->since_ms :
		    b->now_ms;
		g->confirmed = c->confirmed;
		if (tier_info[i].subject < SUBJECT_LEVELS)
			g->inside_ms = ALARM_NEVER;
		else
			g->last_ms = g->since_ms;
		adopt_limit(b, i);
	}
}

bool
ladder_adopt(struct board *b, enum ladder l, const struct alarm_change *c)
{
	struct alarm *a = board_alarm(b, SLOT_LADDER + (int)l);
	int tier = tier_find(c->tier);

	if (alarm_is_open(a) || tier < 0 || tier_info[tier].ladder != l)
		return false;
	if (c->state == ALARM_ACTIVE)
		adopt_gauges(b, tier, c);
	else if (c->state == ALARM_LATCHED)
		adopt_limit(b, tier);
	else
		return false;
	b->gauge[tier].limit = c->limit;
	a->event = c->event;
	a->state = c->state;
	a->phase = c->phase;
	a->priority = c->priority;
	a->peak = c->priority;
	if (c->peak > c->priority)
		a->peak = c->peak;
	a->level = c->level;
	a->rank = tier_info[tier].row;
	a->tier = a->worst = (int8_t)tier;
	a->acknowledged = c->acknowledged;
	memcpy(b->by[SLOT_LADDER + l], c->by, BY_MAX);
	a->confirmed = c->confirmed;
	a->withheld = false;
	a->demo = c->demo;
	a->since_ms = c->since_ms < b->now_ms ? c->since_ms : b->now_ms;
	if (!b->armed[l])
		arm(b, l);
	return true;
}
