/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See line_cuff.h.
 *
 * Easy to get wrong: numbers that were there while the status called them bad
 * are seen too; they do not become a result when the status is well again.
 */
#include "drivers/line_cuff.h"

/* After so long unseen a cuff result may be from anywhere in between. */
#define UNSEEN_MS 60000

/* Ages are told in hours at the most: with that, none can overflow. */
#define UNIT_MAX_MS 3600000

/* A digest (FNV-1a). */
static uint32_t
digest(const struct text *t, struct text_span s)
{
	uint32_t h = 2166136261u;

	for (size_t i = s.from; i < s.to && i < TEXT_CAPACITY; i++)
		h = (h ^ text_at(t, i)) * 16777619u;
	return h;
}

bool
line_cuff_key(const struct text *t, const struct line_cuff *c,
    const struct line_fields *f, struct line_cuff_key *k)
{
	struct text_span s = { 0, 0 };
	int64_t unit_ms = c->unit_ms;

	if (c->event == EVENT_OF_CHANGE || c->event == EVENT_OF_LINE) {
		k->there = true;
		return true;
	}
	if (!line_find(t, &c->place, c->place.at, f, &s))
		return false;
	k->there = !line_missing(t, &c->place, s);
	if (!k->there)
		return true;
	if (c->event == EVENT_OF_AGE) {
		if (unit_ms > UNIT_MAX_MS ||
		    !line_whole(t, &c->place, s, &k->key))
			return false;
		k->age_ms = k->key * unit_ms;
		return true;
	}
	k->key = digest(t, s);
	k->to = line_is(t, s, &c->to);
	k->from = c->from.n > 0 ? line_is(t, s, &c->from) : !k->to;
	return true;
}

static bool
is_new(const struct line_cuff_seen *seen, const struct line_cuff *c,
    const struct line_cuff_key *k, const struct cuff *now, int64_t unseen_ms)
{
	bool changed = now->sys != seen->sys || now->dia != seen->dia ||
	    now->map != seen->map;

	switch ((enum line_event)c->event) {
	case EVENT_OF_NONE:
		break;
	case EVENT_OF_LINE:
		return true;
	case EVENT_OF_CHANGE:
		return seen->known && changed;
	case EVENT_OF_STATE:
		return seen->known && seen->from && k->to;
	case EVENT_OF_TIME:
		return seen->known && (changed || k->key != seen->key);
	case EVENT_OF_AGE:
		/* Or it was measured while nothing was seen. */
		return seen->known && (changed || k->key < seen->key ||
		    k->age_ms + c->unit_ms < unseen_ms);
	}
	return false;
}

bool
line_cuff_has_numbers(const struct cuff *c)
{
	return c->sys != CUFF_NONE && c->dia != CUFF_NONE;
}

void
line_cuff_judge(struct line_cuff_seen *seen, int64_t t_ms, const struct line_cuff *c,
    const struct line_cuff_key *k, struct cuff *now, enum quality q,
    struct readings *out)
{
	int64_t unseen_ms = seen->known ? t_ms - seen->seen_ms : 0;
	bool numbers = line_cuff_has_numbers(now) && k->there;
	bool ended = c->event == EVENT_OF_STATE && seen->known && seen->from &&
	    k->to;

	if (numbers && is_new(seen, c, k, now, unseen_ms)) {
		now->old = c->event == EVENT_OF_AGE ? k->age_ms > 0 :
		    c->event != EVENT_OF_LINE && unseen_ms > UNSEEN_MS;
		now->old_ms = c->event == EVENT_OF_AGE ? k->age_ms : unseen_ms;
		readings_add_cuff(out, q, now);
	} else if (ended && !numbers) {
		readings_add_cuff(out, line_has_value(q) ? QUALITY_NO_VALUE : q,
		    now);
	}
	/* A field that is empty for a while does not make the next one new. */
	if (k->there && (numbers || c->event == EVENT_OF_STATE)) {
		seen->key = k->key;
		seen->from = k->from;
	}
	if (numbers) {
		seen->sys = now->sys;
		seen->dia = now->dia;
		seen->map = now->map;
	}
	seen->seen_ms = t_ms;
	seen->known = true;
}
