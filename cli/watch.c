/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `vitalsctl watch`: what changes, one line each, until interrupted.
 *
 * Easy to get wrong: vitalsd sends whole beds at every change; what has changed
 * is found here, by comparing with the state before.
 */
#include "cli/cli.h"
#include "cli/pages.h"
#include "cli/state.h"
#include "cli/table.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clock.h"

#define WATCH_SILENT_MS 5000	/* a tick comes every 2 s */

static void __attribute__((format(printf, 4, 5)))
change(FILE *out, const struct state *s, const char *where,
    const char *format, ...)
{
	char text[TEXT_MAX + 128], clean[TEXT_MAX + 128], at[CLOCK_TEXT];
	va_list ap;

	va_start(ap, format);
	vsnprintf(text, sizeof(text), format, ap);
	va_end(ap);
	table_clean(text, clean, sizeof(clean));
	clock_format_local(s->wall_ms, at);
	fprintf(out, "%.8s %s: %s\n", at, where, clean);
}

static const struct state_alarm *
alarm_find(const struct state_alarm *a, size_t n, const char *event)
{
	for (size_t i = 0; i < n; i++) {
		if (strcmp(a[i].event, event) == 0)
			return &a[i];
	}
	return NULL;
}

static void
alarms_compare(FILE *out, const struct state *s, const char *where,
    const struct state_alarm *old, size_t old_n,
    const struct state_alarm *a, size_t n)
{
	const struct state_alarm *o;

	for (size_t i = 0; i < n; i++) {
		o = alarm_find(old, old_n, a[i].event);
		if (!o)
			change(out, s, where, "%s %s [%s]",
			    priority_sign(a[i].priority), a[i].text,
			    a[i].event);
		else if (o->priority != a[i].priority)
			change(out, s, where, "%s %s, was %s [%s]",
			    priority_sign(a[i].priority), a[i].text,
			    priority_name(o->priority), a[i].event);
		if (a[i].acknowledged && (!o || !o->acknowledged))
			change(out, s, where, "acknowledged%s%s: %s [%s]",
			    a[i].by[0] ? " by " : "", a[i].by, a[i].text,
			    a[i].event);
		if (a[i].latched && o && !o->latched)
			change(out, s, where, "over, but latched: %s [%s]",
			    a[i].text, a[i].event);
	}
	for (size_t i = 0; i < old_n; i++) {
		if (!alarm_find(a, n, old[i].event))
			change(out, s, where, "ended: %s [%s]", old[i].text,
			    old[i].event);
	}
}

static bool
relayed_among(const struct state_bed *b, const struct state_relayed *r)
{
	for (size_t i = 0; b != NULL && i < b->relayed_n; i++) {
		if (strcmp(b->relayed[i].port, r->port) == 0 &&
		    strcmp(b->relayed[i].text, r->text) == 0 &&
		    b->relayed[i].priority == r->priority)
			return true;
	}
	return false;
}

/* Of a cable that was pulled nobody knows what the monitor says behind it. */
static bool
relayed_known(const struct state_bed *b, const char *port)
{
	for (size_t i = 0; i < b->ports_n; i++) {
		if (strcmp(b->port[i].port, port) == 0)
			return b->port[i].alarms_known;
	}
	return false;
}

/* The monitor's own, without a sign and with nothing to acknowledge. */
static void
relayed_compare(FILE *out, const struct state *s, const struct state_bed *old,
    const struct state_bed *b)
{
	for (size_t i = 0; i < b->relayed_n; i++) {
		const struct state_relayed *r = &b->relayed[i];

		if (!relayed_among(old, r))
			change(out, s, b->bed, "monitor says: %s (%s, %s)",
			    r->text, priority_name(r->priority), r->port);
	}
	for (size_t i = 0; old != NULL && i < old->relayed_n; i++) {
		const struct state_relayed *r = &old->relayed[i];

		if (!relayed_among(b, r))
			change(out, s, b->bed, "%s: %s (%s, %s)",
			    relayed_known(b, r->port) ?
			    "monitor no longer says" :
			    "not known any more whether monitor says",
			    r->text, priority_name(r->priority), r->port);
	}
}

/* The values of a bed on one line. */
static void
values_line(const struct state_bed *b, char *out, size_t n)
{
	size_t used = 0;
	int r;

	out[0] = '\0';
	for (int v = 0; v < VITALS; v++) {
		const struct state_reading *x = state_reading(b,
		    (enum vital)v, 0);

		if (!x)
			continue;
		r = snprintf(out + used, n - used, "%s%s %s", used ? ", " :
		    state_demo(b) ? STATE_DEMO ": " : "", vital_info[v].label, state_reading_valid(x, 0) ?
		    x->shown : "--");
		if (r < 0 || (size_t)r >= n - used)
			return;
		used += (size_t)r;
	}
}

static void
ports_compare(FILE *out, const struct state *s, const struct state_bed *old,
    const struct state_bed *b)
{
	for (size_t i = 0; i < b->ports_n; i++) {
		const struct state_port *p = &b->port[i];
		bool known = old && i < old->ports_n;

		if (known && old->port[i].up == p->up &&
		    old->port[i].open == p->open)
			continue;
		if (!known && p->up)
			continue;
		change(out, s, b->bed, "port %s %s%s%s", p->port,
		    p->up ? "up" : p->open ? "silent" : "down",
		    p->why[0] ? ": " : "", p->why);
	}
}

static void
bed_compare(FILE *out, const struct state *s, const struct state_bed *old,
    const struct state_bed *b)
{
	char before[256] = "", now[256];

	if (!old || old->phase != b->phase ||
	    strcmp(old->session, b->session) != 0)
		change(out, s, b->bed, "%s%s%s", phase_name(b->phase),
		    b->session[0] ? ", session " : "", b->session);
	if (b->paused_until_ms && (!old || !old->paused_until_ms))
		change(out, s, b->bed, "alarms paused");
	if (!b->paused_until_ms && old && old->paused_until_ms)
		change(out, s, b->bed, "alarms no longer paused");
	ports_compare(out, s, old, b);
	alarms_compare(out, s, b->bed, old ? old->alarm : NULL,
	    old ? old->alarms_n : 0, b->alarm, b->alarms_n);
	relayed_compare(out, s, old, b);
	if (old)
		values_line(old, before, sizeof(before));
	values_line(b, now, sizeof(now));
	if (strcmp(before, now) != 0)
		change(out, s, b->bed, "%s", now[0] ? now : "no value");
}

/* Prints what differs; 'old' is NULL at the beginning. */
static void
state_compare(FILE *out, const struct state *old, const struct state *s,
    const char *only)
{
	if (s->log_failing != (old && old->log_failing))
		change(out, s, "box", s->log_failing ?
		    "the log is failing: %s" : "the log is written again%s",
		    s->log_why);
	if (s->notifier_connected != (!old || old->notifier_connected))
		change(out, s, "box", "vitals-notify is %s",
		    s->notifier_connected ? "connected again" :
		    "not connected");
	alarms_compare(out, s, "box", old ? old->alarm : NULL,
	    old ? old->alarms_n : 0, s->alarm, s->alarms_n);
	for (size_t i = 0; i < s->beds_n; i++) {
		const struct state_bed *b = &s->bed[i];
		bool same = old && i < old->beds_n &&
		    strcmp(old->bed[i].bed, b->bed) == 0;

		if (!only || strcmp(only, b->bed) == 0)
			bed_compare(out, s, same ? &old->bed[i] : NULL, b);
	}
}

/* Takes one state; the one to compare the next with is kept in *last. */
static void
state_take(struct cli *c, const json_t *o, struct state **last)
{
	struct state *s;

	if (c->json) {
		table_json(c->out, "state", client_text(o, "wall"), o);
		return;
	}
	s = state_parse(o);
	if (!s)
		return;
	state_compare(c->out, *last, s, c->value[OPTION_BED]);
	state_free(*last);
	*last = s;
}

int
verb_watch(struct cli *c)
{
	struct client client;
	struct state *last = NULL;
	json_t *o = NULL, *params, *whole = NULL;
	const char *bed = c->value[OPTION_BED];
	int r;

	if (cli_connect(c, &client) != EXIT_OK)
		return EXIT_PROBLEM;
	r = client_call_all(&client, "watch", NULL, &o);
	/* Nothing would ever change on it. */
	if (r == 0 && bed && !cli_bed(o, bed)) {
		json_decref(o);
		client_close(&client);
		return cli_problem(c, "there is no bed %s; `vitalsctl status` "
		    "lists them", bed);
	}
	if (r == 0) {
		state_take(c, o, &last);
		whole = o;
	}
	while (r == 0 && fflush(c->out) == 0) {
		r = client_next(&client, WATCH_SILENT_MS, &o);
		if (r < 0)
			break;
		params = json_object_get(o, "params");
		if (strcmp(client_text(o, "method"), "state") == 0) {
			pages_merge(&whole, params);
			state_take(c, c->json ? params : whole, &last);
		} else if (c->json &&
		    strcmp(client_text(o, "method"), "tick") == 0) {
			table_json(c->out, "tick",
			    client_text(params, "wall"), params);
		}
		json_decref(o);
	}
	json_decref(whole);
	state_free(last);
	client_close(&client);
	if (r == -EAGAIN)
		return cli_problem(c, "vitalsd has said nothing for %d s",
		    WATCH_SILENT_MS / 1000);
	return cli_problem(c, "%s", r < 0 ? client.error :
	    "the output cannot be written");
}
