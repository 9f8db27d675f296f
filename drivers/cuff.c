/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When a cuff result is new, and whether its numbers belong together.
 *
 * The rule (multiparameter.md B5, from a real recording): one result for each
 * measuring cycle, at the first of
 *	- the numbers change,
 *	- "older than a minute" goes away,
 *	- the monitor says that the measurement has succeeded.
 * A cycle that ends with none of these has no confirmed result: it failed, or
 * gave the very same three numbers.  Where the monitor stamps its measurements,
 * a new stamp is a new result, and nothing else is.
 *
 * No cuff gives two results within ten seconds, but a monitor may correct the
 * first, or damage may have made it.  Numbers that come so soon are held back,
 * and given when the time is over if they still stand and are others.
 *
 * Easy to get wrong: the new numbers come while the cuff is still said to
 * measure, 1 to 3 s before its end.
 */
#include "drivers/cuff.h"

/* Whatever follows a result within this time is held back until it is over,
 * unless a further cycle was seen to begin (a recording may be played fast). */
#define SETTLE_MS 10000

/* After so long without a frame a result may be from anywhere in between. */
#define UNSEEN_MS 60000

/* A mean further than this from dia + (sys - dia) / 3, or a pulse pressure
 * below that, is doubtful (clinical.md 6.3). */
#define MAP_DOUBT_MMHG 15
#define PULSE_PRESSURE_DOUBT_MMHG 8

/* A mean that comes or goes alone is not another measurement. */
static bool
is_other(const struct cuff_numbers *a, const struct cuff *c)
{
	return c->sys != a->sys || c->dia != a->dia || (c->map != a->map &&
	    c->map != CUFF_NONE && a->map != CUFF_NONE);
}

static void
note_numbers(struct cuff_numbers *a, const struct cuff *c)
{
	if (c->map != CUFF_NONE || is_other(a, c))
		a->map = c->map;
	a->sys = c->sys;
	a->dia = c->dia;
}

static enum cuff_news
judge_change(const struct cuff_watch *w, int64_t t_ms, const struct cuff *c,
    bool numbers, bool changed)
{
	bool ended = w->measuring && !c->measuring;
	/* Some monitors count the minute from the start of a measurement, so
	 * in the frame where the cuff starts this is no sign of a result. */
	bool renewed = w->old && !c->old && (w->measuring || !c->measuring);
	bool settled = !w->given || t_ms - w->given_ms >= SETTLE_MS;

	if (numbers && (changed || renewed || (ended && c->success)))
		return settled || w->open ? CUFF_RESULT : CUFF_NOTHING;
	return ended && w->open ? CUFF_FAILED : CUFF_NOTHING;
}

/* A stamp may come before its numbers do, and before the old ones go. */
static enum cuff_news
judge_stamp(const struct cuff_watch *w, const struct cuff *c, bool numbers,
    bool changed)
{
	if (c->stamp == w->stamp && !(w->wanting && numbers))
		return CUFF_NOTHING;
	if (!numbers)
		return c->measuring ? CUFF_NOTHING : CUFF_FAILED;
	return c->measuring && !changed ? CUFF_NOTHING : CUFF_RESULT;
}

/* Holds back numbers that came too soon.  Whether others that were held before
 * are due now: what is shown again need not be new. */
static bool
is_held_due(struct cuff_watch *w, int64_t t_ms, const struct cuff *c,
    bool changed)
{
	if (changed) {
		w->held = is_other(&w->result, c);
		w->held_ms = t_ms;
	}
	return w->held && t_ms - w->given_ms >= SETTLE_MS;
}

/* Makes numbers as old as they can be after a time unseen. */
static void
age_unseen(struct cuff *c, int64_t unseen_ms)
{
	if (unseen_ms <= UNSEEN_MS)
		return;
	if (c->old ? unseen_ms > c->old_ms :
	    c->old_ms == 0 || unseen_ms < c->old_ms)
		c->old_ms = unseen_ms;
	c->old = true;
}

/* A stamp that was not there a moment ago is new, whatever its clock says; nor
 * is one older than the last look. */
static void
age_stamped(const struct cuff_watch *w, struct cuff *c, int64_t unseen_ms)
{
	if (!w->known)
		return;
	if (unseen_ms <= UNSEEN_MS)
		c->old = false;
	else if (c->old_ms > unseen_ms)
		c->old_ms = unseen_ms;
}

enum cuff_news
cuff_judge(struct cuff_watch *w, int64_t t_ms, struct cuff *c)
{
	int64_t unseen_ms = w->known ? t_ms - w->seen_ms : 0;
	bool numbers = c->sys != CUFF_NONE && c->dia != CUFF_NONE;
	bool changed = numbers && is_other(&w->shown, c), due = false;
	enum cuff_news news = CUFF_NOTHING;

	if (!w->known) {
		/* Halfway in a cycle: with "old" its result is still to come;
		 * without, it may be there already. */
		w->open = c->measuring && (c->old || !numbers);
		if (c->stamp != 0 && numbers && c->ours)
			news = CUFF_RESULT;
	} else {
		if (c->measuring && !w->measuring)
			w->open = true;
		news = c->stamp != 0 ? judge_stamp(w, c, numbers, changed) :
		    judge_change(w, t_ms, c, numbers, changed);
	}
	if (c->stamp != 0 && (!w->known || news != CUFF_NOTHING)) {
		w->stamp = c->stamp;
		w->wanting = !numbers;
	}
	if (news != CUFF_NOTHING)
		w->open = false;
	/* A cycle that is open by now is another than that of such numbers. */
	else if (w->given && numbers && c->stamp == 0)
		due = is_held_due(w, t_ms, c, changed);
	w->measuring = c->measuring;
	w->old = c->old;
	w->seen_ms = t_ms;
	if (due) {
		/* It was seen to come, whatever the monitor says. */
		news = CUFF_RESULT;
		c->old = true;
		c->old_ms = t_ms - w->held_ms;
	} else if (news == CUFF_RESULT && c->stamp != 0 && c->old) {
		age_stamped(w, c, unseen_ms);
	} else if (news == CUFF_RESULT) {
		age_unseen(c, unseen_ms);
	}
	w->known = true;
	if (numbers)
		note_numbers(&w->shown, c);
	if (news == CUFF_RESULT) {
		w->given = true;
		w->given_ms = t_ms;
		w->held = false;
		w->result = w->shown;
	}
	return news;
}

bool
cuff_shown_twice(struct cuff_watch *w, struct cuff *c)
{
	const struct cuff_numbers *a = &w->once_shown;
	bool twice = w->once && c->sys == a->sys && c->dia == a->dia &&
	    c->map == a->map && c->measuring == w->once_measuring;
	int32_t pr = c->pr;

	if (pr != w->once_pr)
		c->pr = CUFF_NONE;
	w->once = true;
	w->once_measuring = c->measuring;
	w->once_shown = (struct cuff_numbers){ c->sys, c->dia, c->map };
	w->once_pr = pr;
	return twice;
}

void
cuff_pause(struct cuff_watch *w)
{
	/* Edges across a pause mean nothing; the numbers still do. */
	w->open = false;
	w->measuring = false;
	w->old = false;
}

static bool
is_value(enum quality q)
{
	return q == QUALITY_GOOD || q == QUALITY_QUESTIONABLE;
}

static bool
is_consistent(const struct cuff *c)
{
	if (c->sys <= c->dia)
		return false;
	return c->map == CUFF_NONE || (c->dia < c->map && c->map < c->sys);
}

void
readings_add_cuff(struct readings *r, enum quality q, const struct cuff *c)
{
	bool has_map = !is_value(q) || c->map != CUFF_NONE;
	int64_t age_ms = is_value(q) && c->old ? c->old_ms : 0;
	enum quality sys = vital_judge(VITAL_NIBP_SYS, c->sys, q);
	enum quality dia = vital_judge(VITAL_NIBP_DIA, c->dia, q);
	enum quality map = has_map ?
	    vital_judge(VITAL_NIBP_MAP, c->map, q) : q;

	if (is_value(q)) {
		if (!is_value(sys) || !is_value(dia) || !is_value(map) ||
		    !is_consistent(c)) {
			sys = dia = map = QUALITY_OUT_OF_RANGE;
		} else {
			int64_t pulse = (int64_t)c->sys - c->dia;
			int64_t off = has_map ?
			    (int64_t)c->map - c->dia - pulse / 3 : 0;

			if (pulse < PULSE_PRESSURE_DOUBT_MMHG)
				sys = dia = QUALITY_QUESTIONABLE;
			if (off > MAP_DOUBT_MMHG || off < -MAP_DOUBT_MMHG)
				map = QUALITY_QUESTIONABLE;
		}
	}
	readings_add_aged(r, VITAL_NIBP_SYS, sys, c->sys, age_ms);
	readings_add_aged(r, VITAL_NIBP_DIA, dia, c->dia, age_ms);
	if (has_map)
		readings_add_aged(r, VITAL_NIBP_MAP, map, c->map, age_ms);
	if (is_value(sys) && c->pr != CUFF_NONE)
		readings_add_aged(r, VITAL_NIBP_PR, q, c->pr, age_ms);
}
