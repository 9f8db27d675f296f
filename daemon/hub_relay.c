/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See hub_relay.h.  The log is told the difference between the list as it last
 * knew it and the list now: "over: SpO2 LOW", "high: HR LOW", or, once the list
 * is not known any more, "unknown: WHY".
 *
 * Easy to get wrong: in a minute that had enough records the list still changes
 * for the screens; the log gets the difference when the minute is over.
 */
#include "daemon/hub_relay.h"

#include <string.h>

#include "daemon/hub_out.h"

/* So many records a minute; a change that begins below it is told whole. */
#define RELAY_TOLD 10

struct hub_relay *
hub_relay_of(const struct hub *h, const struct hub_port *p)
{
	return p->relay > 0 && p->relay <= h->relays_n ?
	    &h->relay[p->relay - 1] : NULL;
}

/* Where that text stands in the list; its length if it does not. */
static size_t
find(const struct monitor_alarms *l, const char *text)
{
	size_t i = 0;

	while (i < l->n && i < MONITOR_ALARMS_MAX &&
	    strncmp(l->item[i].text, text, MONITOR_ALARM_TEXT) != 0)
		i++;
	return i;
}

/* Whether the list holds that alarm, at that rank. */
static bool
holds(const struct monitor_alarms *l, const struct monitor_alarm *a)
{
	size_t i = find(l, a->text);

	return i < l->n && i < MONITOR_ALARMS_MAX &&
	    l->item[i].priority == a->priority;
}

/* Whether there is nothing to tell: what is unknown holds nothing. */
static bool
same(const struct monitor_alarms *a, const struct monitor_alarms *b)
{
	if (a->n != b->n)
		return false;
	for (size_t i = 0; i < a->n && i < MONITOR_ALARMS_MAX; i++) {
		if (!holds(b, &a->item[i]))
			return false;
	}
	return true;
}

/* Of several lists that a monitor sends apart, only the one that is told now
 * changes. */
static void
put_together(struct monitor_alarms *all, const struct monitor_alarms *told,
    const struct monitor_alarms *before)
{
	*all = *told;
	for (size_t i = 0; i < all->n && i < MONITOR_ALARMS_MAX; i++)
		all->item[i].list = told->list;
	for (size_t i = 0; told->list != 0 && i < before->n &&
	    i < MONITOR_ALARMS_MAX; i++) {
		if (before->item[i].list != told->list &&
		    all->n < MONITOR_ALARMS_MAX)
			all->item[all->n++] = before->item[i];
	}
}

/* The worst first, each text once, at the highest rank that it has. */
static void
put_in_order(struct monitor_alarms *out, const struct monitor_alarms *in)
{
	out->told = in->told;
	out->unknown = false;
	out->n = 0;
	for (int p = PRIORITIES - 1; in->told && p >= 0; p--) {
		for (size_t i = 0; i < in->n && i < MONITOR_ALARMS_MAX; i++) {
			const struct monitor_alarm *a = &in->item[i];

			if (a->priority == (enum priority)p &&
			    find(out, a->text) == out->n &&
			    out->n < MONITOR_ALARMS_MAX)
				out->item[out->n++] = *a;
		}
	}
}

/* One record: "WORD: WORDS". */
static void
tell(struct hub *h, const struct hub_port *p, struct hub_relay *r,
    const char *word, const char *words, uint32_t *untold)
{
	const struct hub_bed *b = &h->bed[p->bed];
	struct record o = { .class = RECORD_EVENT };
	char *text = o.event.text;
	size_t n;

	o.event.kind = EVENT_MONITOR_ALARM;
	o.event.count = *untold;
	hub_copy_text(o.event.bed, sizeof o.event.bed, b->id);
	hub_copy_text(o.event.session, sizeof o.event.session, b->session.id);
	hub_copy_text(o.event.port, sizeof o.event.port, p->name);
	hub_copy_text(text, sizeof o.event.text, word);
	n = strlen(text);
	hub_copy_text(text + n, sizeof o.event.text - n, ": ");
	n = strlen(text);
	hub_copy_text(text + n, sizeof o.event.text - n, words);
	hub_emit_record(h, &o, false);
	if (r->records == 0)
		r->from_ms = h->now.t_ms;
	r->records++;
	*untold = 0;
}

/* Brings the log up to the list as it is now. */
static void
tell_difference(struct hub *h, const struct hub_port *p, struct hub_relay *r,
    uint32_t untold)
{
	bool unknown = !r->now.told;

	if (unknown && r->logged.n > 0)
		tell(h, p, r, "unknown", r->why, &untold);
	for (size_t i = 0; !unknown && i < r->logged.n; i++) {
		const char *text = r->logged.item[i].text;

		if (find(&r->now, text) == r->now.n)
			tell(h, p, r, "over", text, &untold);
	}
	for (size_t i = 0; i < r->now.n; i++) {
		const struct monitor_alarm *a = &r->now.item[i];

		if (!holds(&r->logged, a))
			tell(h, p, r, priority_name(a->priority), a->text,
			    &untold);
	}
	r->logged = r->now;
}

static void
end_minute(struct hub *h, const struct hub_port *p, struct hub_relay *r)
{
	uint32_t untold = r->untold;

	if (r->records == 0 || h->now.t_ms < r->from_ms + HUB_FLIPS_MS)
		return;
	r->records = r->untold = 0;
	if (untold == 0)
		return;
	/* The last of them is told now, unless it led back. */
	if (same(&r->now, &r->logged))
		tell(h, p, r, "same", "as before", &untold);
	else
		tell_difference(h, p, r, untold - 1);
}

/* The list is another one. */
static void
change(struct hub *h, struct hub_port *p, struct hub_relay *r,
    const struct monitor_alarms *now, const char *why)
{
	int64_t since_ms[MONITOR_ALARMS_MAX];
	bool is_same = same(&r->now, now);

	end_minute(h, p, r);
	for (size_t i = 0; i < now->n; i++) {
		size_t before = find(&r->now, now->item[i].text);

		since_ms[i] = before < r->now.n ? r->since_ms[before] :
		    h->now.t_ms;
	}
	for (size_t i = 0; i < now->n; i++)
		r->since_ms[i] = since_ms[i];
	r->now = *now;
	r->why = why;
	if (is_same)
		return;
	hub_tell_changed(h, p->bed);
	if (r->records < RELAY_TOLD)
		tell_difference(h, p, r, 0);
	else
		r->untold++;
}

void
hub_relay_take(struct hub *h, struct hub_port *p,
    const struct monitor_alarms *a)
{
	struct hub_relay *r = hub_relay_of(h, p);
	struct monitor_alarms all, now = { 0 };

	if (r == NULL || (!a->told && !a->unknown))
		return;
	put_together(&all, a, &r->now);
	put_in_order(&now, &all);
	change(h, p, r, &now, "the monitor tells its alarms no more");
}

void
hub_relay_forget(struct hub *h, struct hub_port *p, const char *why)
{
	struct hub_relay *r = hub_relay_of(h, p);
	struct monitor_alarms now = { 0 };

	if (r != NULL)
		change(h, p, r, &now, why);
}

void
hub_relay_begin(struct hub *h, struct hub_bed *b)
{
	for (size_t i = 0; i < b->ports_n; i++) {
		struct hub_port *p = &h->port[b->port[i]];
		struct hub_relay *r = hub_relay_of(h, p);

		if (r == NULL)
			continue;
		r->logged.n = 0;
		r->records = r->untold = 0;
		tell_difference(h, p, r, 0);
	}
}

void
hub_relay_tick(struct hub *h, struct hub_bed *b)
{
	for (size_t i = 0; i < b->ports_n; i++) {
		struct hub_port *p = &h->port[b->port[i]];
		struct hub_relay *r = hub_relay_of(h, p);

		if (r != NULL)
			end_minute(h, p, r);
	}
}
