/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The alarms in a review: each from raised to acknowledged, in two lines.
 *
 * Easy to get wrong: what was seen or delivered while an alarm was less says
 * nothing of what it became; that is judged by its worst alone.
 */
#include <stdarg.h>
#include <string.h>

#include "cli/review_view.h"

/* Adds to a sentence of clauses. */
static void __attribute__((format(printf, 2, 3)))
add(char text[1024], const char *format, ...)
{
	size_t n = strlen(text);
	va_list ap;

	if (n > 0 && n < 1000)
		n += (size_t)snprintf(text + n, 1024 - n, "; ");
	va_start(ap, format);
	vsnprintf(text + n, 1024 - n, format, ap);
	va_end(ap);
}

static void
add_delivery(char text[1024], const struct alarm_story *a)
{
	if (a->notices == 0)
		add(text, "no notice was sent");
	else if (a->delivered_ms < 0)
		add(text, "NOT DELIVERED (%u notices)", a->notices);
	else if (a->worst_lost)
		add(text, "the %s notice was NOT DELIVERED, only an earlier "
		    "one", priority_name(a->worst->change.priority));
	else if (a->deliveries < a->notices)
		add(text, "delivered after %.1f s (%u of %u notices)",
		    (double)a->delivered_ms / 1000, a->deliveries, a->notices);
	else
		add(text, "delivered after %.1f s",
		    (double)a->delivered_ms / 1000);
}

static void
add_acknowledged(char text[1024], const struct alarm_story *a)
{
	const struct alarm_change *w = &a->worst->change;
	char span[TABLE_SPAN];

	if (a->acknowledged != NULL) {
		table_span(a->acknowledged->x_ms - a->raised_ms, span);
		add(text, "acknowledged by %s after %s",
		    a->acknowledged->change.by, span);
		return;
	}
	if (a->seen_before != NULL) {
		table_span(a->seen_before->x_ms - a->raised_ms, span);
		add(text, "acknowledged by %s after %s, before it became %s; "
		    "NOT ACKNOWLEDGED since", a->seen_before->change.by, span,
		    priority_name(w->priority));
	} else if (w->priority == PRIORITY_HIGH) {
		add(text, "NEVER ACKNOWLEDGED");
	}
}

static void
print_alarm(const struct review_view *v, const struct alarm_story *a)
{
	const struct alarm_change *w = &a->worst->change;
	char clock[REVIEW_CLOCK], since[REVIEW_CLOCK], span[TABLE_SPAN];
	char text[1024] = "";

	review_line(v, 26, "  %s  %9s  %-3s %s%s",
	    review_clock(v, a->raised_ms, clock),
	    review_infusion(v, a->raised_ms, since),
	    priority_sign(w->priority), a->demo ? "[DEMO DATA] " : "",
	    w->text);
	if (a->first->change.priority < w->priority) {
		table_span(a->worst->x_ms - a->raised_ms, span);
		add(text, "%s, %s after %s",
		    priority_name(a->first->change.priority),
		    priority_name(w->priority), span);
	} else {
		add(text, "%s", priority_name(w->priority));
	}
	if (a->paused)
		add(text, "in an ALARM PAUSE");
	if (!a->confirmed)
		add(text, "one cuff reading, not confirmed by a second");
	add_delivery(text, a);
	add_acknowledged(text, a);
	if (a->ended_ms >= 0) {
		table_span(a->ended_ms - a->raised_ms, span);
		add(text, "lasted %s", span);
	} else {
		add(text, v->s->open ? "still open" : w->session[0] == '\0' ?
		    "not over when the session ended" :
		    "its end is not in the log");
	}
	review_line(v, 26, "%26s%s", "", text);
}

/* On an idle bed no limit is judged, whatever was stated of it later. */
static void
print_unjudged(const struct review_view *v)
{
	int64_t entered_ms = v->s->statements[0].x_ms;
	char clock[REVIEW_CLOCK];

	if (entered_ms - session_begin_ms(&v->s->session) <= 1000)
		return;
	review_clock(v, entered_ms, clock);
	if (v->s->open || entered_ms < v->s->end_ms)
		fprintf(v->c->out, "  no alarms were judged before %s, when "
		    "the session was entered\n", clock);
	else
		fprintf(v->c->out, "  no alarms were judged: the session was "
		    "over when it was entered, at %s\n", clock);
}

void
review_alarms(const struct review_view *v, bool physiological)
{
	size_t n = 0;

	review_heading(v, physiological ? "ALARMS" : "TECHNICAL ALARMS");
	if (physiological)
		print_unjudged(v);
	for (size_t i = 0; i < v->m->alarms_n; i++) {
		const struct alarm_story *a = &v->m->alarms[i];

		if ((a->worst->change.type == ALARM_PHYSIOLOGICAL) !=
		    physiological)
			continue;
		print_alarm(v, a);
		n++;
	}
	if (n == 0)
		fprintf(v->c->out, "  none\n");
}
