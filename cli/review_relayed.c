/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the monitors themselves alarmed of, in a review: each from the moment
 * it was heard to its end.  The records' texts are told in docs/log.md.
 *
 * Easy to get wrong: the end of an alarm is known only when the monitor said
 * so.  A lost line, a silent monitor or a restart of vitalsd ends what is known
 * of it, not the alarm.
 */
#include <string.h>

#include "cli/review_view.h"

/* The two halves of "high: SpO2 LOW". */
struct words {
	char first[16];
	const char *rest;
};

static bool
split(const struct log_event *e, struct words *w)
{
	const char *colon = strstr(e->event.text, ": ");
	size_t n = colon != NULL ? (size_t)(colon - e->event.text) : 0;

	if (e->event.kind != EVENT_MONITOR_ALARM || n == 0 ||
	    n >= sizeof w->first)
		return false;
	memcpy(w->first, e->event.text, n);
	w->first[n] = '\0';
	w->rest = colon + 2;
	return true;
}

/* Whether it says that an alarm is there. */
static bool
is_alarm(const struct log_event *e, struct words *w)
{
	return split(e, w) && priority_find(w->first) >= 0;
}

/* Whether 'e' says what became of the alarm: another rank, over, unknown, or a
 * vitalsd that has forgotten it. */
static bool
is_about(const struct log_event *e, const char *port, const char *alarm)
{
	struct words w;

	if (e->event.kind == EVENT_START)
		return true;
	return split(e, &w) && strcmp(e->event.port, port) == 0 &&
	    (strcmp(w.first, "unknown") == 0 || strcmp(w.rest, alarm) == 0);
}

/* Told again, of the same rank, by a session that began meanwhile. */
static bool
is_retold(const struct log_session *s, size_t i, const struct words *w)
{
	const char *port = s->events[i].event.port;
	struct words before;

	while (i > 0 && !is_about(&s->events[i - 1], port, w->rest))
		i--;
	return i > 0 && is_alarm(&s->events[i - 1], &before) &&
	    strcmp(before.first, w->first) == 0;
}

static void
end_text(const struct review_view *v, size_t i, const struct words *w,
    char out[200])
{
	const struct log_session *s = v->s;
	const struct log_event *e = NULL;
	struct words end = { .first = "" };
	char span[TABLE_SPAN];

	for (size_t k = i + 1; k < s->events_n && e == NULL; k++) {
		if (is_about(&s->events[k], s->events[i].event.port,
		    w->rest) && !(is_alarm(&s->events[k], &end) &&
		    strcmp(end.first, w->first) == 0))
			e = &s->events[k];
	}
	if (e == NULL) {
		snprintf(out, 200, s->open ? "still so" :
		    "not over when the session ended");
		return;
	}
	table_span(e->x_ms - s->events[i].x_ms, span);
	if (e->event.kind == EVENT_START)
		snprintf(out, 200, "not known after %s: vitalsd was started "
		    "anew", span);
	else if (is_alarm(e, &end))
		snprintf(out, 200, "%s after %s", end.first, span);
	else if (strcmp(end.first, "over") == 0)
		snprintf(out, 200, "lasted %s", span);
	else
		snprintf(out, 200, "not known after %s: %.100s", span,
		    end.rest);
}

void
review_relayed(const struct review_view *v)
{
	char clock[REVIEW_CLOCK], since[REVIEW_CLOCK], end[200];
	bool any = false;

	for (size_t i = 0; i < v->s->events_n; i++) {
		const struct log_event *e = &v->s->events[i];
		struct words w;

		if (e->event.kind != EVENT_MONITOR_ALARM)
			continue;
		if (!any)
			review_heading(v, "WHAT THE MONITORS ALARMED OF   "
			    "(relayed in their own words and by their rank)");
		any = true;
		review_clock(v, e->x_ms, clock);
		review_infusion(v, e->x_ms, since);
		if (e->event.count > 0)
			review_line(v, 23, "  %s  %9s  %lld changes before "
			    "this are not in the log: there were too many a "
			    "minute", clock, since, (long long)e->event.count);
		if (!is_alarm(e, &w) || is_retold(v->s, i, &w))
			continue;
		end_text(v, i, &w, end);
		review_line(v, 31, "  %s  %9s  %-6s  %s  (%s; %s)", clock,
		    since, w.first, w.rest, e->event.port, end);
	}
}
