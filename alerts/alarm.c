/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The gauge of one tier, and the life of one alarm event.
 *
 * Easy to get wrong: a pending gauge whose value goes missing holds.  Its clock
 * runs on, but only a value beyond the limit makes it fire.
 */
#include "alerts/alarm.h"

#include <string.h>

struct event_id
id_next(struct id_source *ids)
{
	return (struct event_id){ ids->start, ++ids->n };
}

void
gauge_level(struct gauge *g, int64_t t_ms, enum stand stand, int64_t delay_ms,
    int64_t clear_ms)
{
	g->stand = stand;
	if (stand == STAND_OFF) {
		g->state = ALARM_INACTIVE;
		return;
	}
	if (g->state == ALARM_INACTIVE && stand == STAND_BEYOND) {
		g->state = ALARM_PENDING;
		g->since_ms = t_ms;
	}
	if (g->state == ALARM_PENDING) {
		if (stand == STAND_BETWEEN || stand == STAND_CLEAR) {
			g->state = ALARM_INACTIVE;
		} else if (stand == STAND_BEYOND &&
		    t_ms >= moment_after(g->since_ms, delay_ms)) {
			g->state = ALARM_ACTIVE;
			g->confirmed = true;
			g->inside_ms = ALARM_NEVER;
		}
		return;
	}
	if (g->state != ALARM_ACTIVE)
		return;
	if (stand != STAND_CLEAR) {
		g->inside_ms = ALARM_NEVER;
		return;
	}
	if (g->inside_ms == ALARM_NEVER)
		g->inside_ms = t_ms;
	if (t_ms >= moment_after(g->inside_ms, clear_ms))
		g->state = ALARM_INACTIVE;
}

int64_t
gauge_next(const struct gauge *g, int64_t delay_ms, int64_t clear_ms)
{
	if (g->state == ALARM_PENDING && g->stand == STAND_BEYOND)
		return moment_after(g->since_ms, delay_ms);
	if (g->state == ALARM_ACTIVE)
		return moment_after(g->inside_ms, clear_ms);
	return ALARM_NEVER;
}

void
gauge_measured(struct gauge *g, int64_t measured_ms, enum stand stand,
    bool confirm, int64_t apart_ms, int64_t within_ms)
{
	int64_t since_ms = moment_between(g->last_ms, measured_ms);

	g->stand = stand;
	if (stand == STAND_OFF || stand == STAND_CLEAR) {
		g->state = ALARM_INACTIVE;
		return;
	}
	if (stand != STAND_BEYOND)
		return;
	if (g->state != ALARM_ACTIVE) {
		g->state = ALARM_ACTIVE;
		g->since_ms = measured_ms;
		g->confirmed = !confirm;
	} else if (since_ms >= apart_ms && since_ms <= within_ms) {
		g->confirmed = true;
	}
	g->last_ms = measured_ms;
}

void
alarm_init(struct alarm *a, enum alarm_type type, bool pausable)
{
	*a = (struct alarm){ .type = type, .pausable = pausable,
		.tier = -1, .worst = -1 };
}

/* Whether its signal outlives the condition. */
static bool
latches(const struct alarm *a)
{
	return a->type == ALARM_PHYSIOLOGICAL &&
	    a->priority == PRIORITY_HIGH && !a->acknowledged;
}

static int
over(struct alarm *a, enum alarm_phase phase)
{
	a->state = ALARM_INACTIVE;
	a->level = PRIORITY_NONE;
	return (int)phase;
}

static int
alarm_start(struct alarm *a, enum priority level, uint8_t rank,
    struct id_source *ids)
{
	a->event = id_next(ids);
	a->state = ALARM_ACTIVE;
	a->priority = a->level = a->peak = level;
	a->rank = rank;
	a->acknowledged = a->withheld = a->demo = false;
	return ALARM_START;
}

int
alarm_move(struct alarm *a, enum priority level, uint8_t rank,
    struct id_source *ids)
{
	bool ranked = a->type == ALARM_PHYSIOLOGICAL &&
	    level == PRIORITY_HIGH && a->level == PRIORITY_HIGH;
	bool up = level > a->level || (ranked && rank > a->rank);
	bool down = level < a->level || (ranked && rank < a->rank);
	bool same = rank == a->rank;

	if (a->state == ALARM_INACTIVE)
		return level == PRIORITY_NONE ? ALARM_UNCHANGED :
		    alarm_start(a, level, rank, ids);
	if (level == PRIORITY_NONE) {
		if (a->state == ALARM_LATCHED)
			return ALARM_UNCHANGED;
		if (!latches(a))
			return over(a, ALARM_END);
		a->state = ALARM_LATCHED;
		a->level = PRIORITY_NONE;
		return ALARM_LATCH;
	}
	a->level = level;
	a->rank = rank;
	if (a->state == ALARM_LATCHED) {
		a->state = ALARM_ACTIVE;
		return ALARM_CONTINUE;
	}
	if (up) {
		a->acknowledged = false;
		if (level > a->priority)
			a->priority = level;
		if (level > a->peak)
			a->peak = level;
		return ALARM_ESCALATE;
	}
	if (down) {
		if (!latches(a))
			a->priority = level;
		return ALARM_DEESCALATE;
	}
	return same ? ALARM_UNCHANGED : ALARM_UPDATE;
}

int
alarm_acknowledge(struct alarm *a)
{
	if (a->state == ALARM_LATCHED) {
		a->acknowledged = true;
		return over(a, ALARM_RESET);
	}
	if (a->state != ALARM_ACTIVE || a->acknowledged)
		return ALARM_UNCHANGED;
	a->acknowledged = true;
	return ALARM_ACKNOWLEDGE;
}

int
alarm_finish(struct alarm *a)
{
	return alarm_is_open(a) ? over(a, ALARM_END) : ALARM_UNCHANGED;
}

static void
show(const struct alarm *a, struct alarm_change *out)
{
	out->event = a->event;
	out->type = a->type;
	out->phase = a->phase;
	out->state = a->state;
	out->priority = a->priority;
	out->peak = a->peak;
	out->level = a->level;
	out->acknowledged = a->acknowledged;
	out->confirmed = a->confirmed;
	out->paused = a->withheld;
	out->demo = a->demo;
	out->since_ms = a->since_ms;
}

void
alarm_show(const struct alarm *a, const char *by, struct alarm_change *out)
{
	show(a, out);
	if (a->acknowledged)
		memcpy(out->by, by, BY_MAX);
}

/* In a pause, what would call somebody is withheld; what tells the end or the
 * fall of something is withheld only if its beginning was. */
void
alarm_tell(struct alarm *a, enum alarm_phase phase, bool pausing,
    struct alarm_change *out)
{
	bool hold = pausing && a->pausable;
	bool calls = phase == ALARM_START || phase == ALARM_CONTINUE ||
	    phase == ALARM_UPDATE || phase == ALARM_ESCALATE;

	if (phase == ALARM_START)
		a->withheld = hold;
	else if (calls && !hold)
		a->withheld = false;
	a->phase = phase;
	show(a, out);
	out->by[0] = '\0';	/* of a change: who made it */
	if (calls)
		out->paused = hold;
}
