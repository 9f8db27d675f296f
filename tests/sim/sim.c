/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The simulated ward: finds who is meant, carries out commands, says so.
 *
 * Easy to get wrong: what "for 20s" undoes is planned as an event like any
 * other, so it happens even if the command came over the control pipe.
 */
#include "tests/sim/sim.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define TICK_MS 200

void
sim_say(struct sim *s, int64_t t_ms, const char *who, const char *format, ...)
{
	char line[256];
	int n = snprintf(line, sizeof(line), "%s: ", who);
	va_list ap;

	if (s->say == NULL)
		return;
	va_start(ap, format);
	vsnprintf(line + n, sizeof(line) - (size_t)n, format, ap);
	va_end(ap);
	s->say(s->say_arg, t_ms, line);
}

void
sim_set_clock(struct sim *s, int64_t epoch_ms)
{
	for (size_t i = 0; i < s->monitors_n; i++)
		s->monitor[i].epoch_ms = epoch_ms;
}

struct monitor *
sim_find_monitor(struct sim *s, const char *name)
{
	for (size_t i = 0; i < s->monitors_n; i++)
		if (strcmp(s->monitor[i].name, name) == 0)
			return &s->monitor[i];
	return NULL;
}

/* The bed of that name, or the one on which that monitor is; -1. */
static int
find_bed(const struct sim *s, const char *name)
{
	for (size_t i = 0; i < s->beds_n; i++)
		if (strcmp(s->bed[i].name, name) == 0)
			return (int)i;
	for (size_t i = 0; i < s->monitors_n; i++)
		if (strcmp(s->monitor[i].name, name) == 0)
			return (int)(s->monitor[i].patient - s->bed);
	return -1;
}

/* What a monitor must have for a command to mean anything. */
static unsigned
needs(enum act act)
{
	switch (act) {
	case ACT_PROBE_OFF: case ACT_PROBE_OUT: case ACT_PROBE_ON:
		return SIM_PROBE;
	case ACT_LEAD_OFF: case ACT_LEAD_ON:
		return SIM_LEAD;
	case ACT_CUFF_START: case ACT_CUFF_FAIL: case ACT_CUFF_EVERY:
	case ACT_CUFF_NEVER:
		return SIM_CUFF;
	case ACT_DEMO_ON: case ACT_DEMO_OFF:
		return SIM_DEMO;
	case ACT_SEND: case ACT_RELEASE: case ACT_INFUSION_START:
	case ACT_INFUSION_STOP: case ACT_CABLE_OUT: case ACT_CABLE_IN:
	case ACT_POWER_OFF: case ACT_POWER_ON: case ACT_SILENCE_ON:
	case ACT_SILENCE_OFF: case ACT_FREEZE_ON: case ACT_FREEZE_OFF:
	case ACT_NOISE: case ACT_GARBAGE:
		break;
	}
	return 0;
}

int
sim_check(const struct sim *s, const struct command *c, char why[160])
{
	const struct monitor *m = NULL;

	if (find_bed(s, c->target) < 0) {
		snprintf(why, 160, "'%s' is neither a bed nor a monitor here",
		    c->target);
		return -1;
	}
	if (command_is_body(c))
		return 0;
	for (size_t i = 0; i < s->monitors_n; i++)
		if (strcmp(s->monitor[i].name, c->target) == 0)
			m = &s->monitor[i];
	if (m == NULL) {
		snprintf(why, 160, "'%s' is a bed; name the monitor",
		    c->target);
		return -1;
	}
	if ((m->driver->has & needs(c->act)) != needs(c->act)) {
		snprintf(why, 160, "%s (%s) has no such part", m->name,
		    m->driver->name);
		return -1;
	}
	return 0;
}

/* What a vital does, in words. */
static void
say_vital(struct sim *s, int64_t t_ms, const struct patient *p,
    const struct command *c)
{
	const struct vital_info *i = &vital_info[c->vital];
	double now = patient_level(p, c->vital, t_ms);
	char over[32] = "", held[48] = "";

	if (c->over_ms > 0)
		snprintf(over, sizeof(over), " over %g s",
		    (double)c->over_ms / 1000);
	if (c->for_ms >= 0)
		snprintf(held, sizeof(held), ", and back after %g s",
		    (double)(c->over_ms + c->for_ms) / 1000);
	if (c->act == ACT_RELEASE)
		sim_say(s, t_ms, p->name, "%s goes back%s", i->label, over);
	else
		sim_say(s, t_ms, p->name, "%s %s to %g %s%s%s", i->label,
		    c->amount < now ? "falls" : "rises", c->amount, i->unit,
		    over, held);
}

static void
apply_body(struct sim *s, int64_t t_ms, const struct command *c)
{
	struct patient *p = &s->bed[find_bed(s, c->target)];

	if (c->act == ACT_INFUSION_START || c->act == ACT_INFUSION_STOP) {
		bool on = c->act == ACT_INFUSION_START;

		patient_infuse(p, t_ms, on);
		sim_say(s, t_ms, p->name, on ? "the infusion starts" :
		    "the infusion stops");
		return;
	}
	say_vital(s, t_ms, p, c);
	if (c->act == ACT_SEND)
		patient_send(p, t_ms, c->vital, c->amount, c->over_ms,
		    c->for_ms);
	else
		patient_release(p, t_ms, c->vital, c->over_ms);
}

/* What happens to a monitor; returns it in words. */
static const char *
apply_monitor(struct monitor *m, int64_t t_ms, const struct command *c)
{
	switch (c->act) {
	case ACT_PROBE_OFF:
		monitor_probe(m, t_ms, PROBE_OFF);
		return "the probe comes off the finger";
	case ACT_PROBE_OUT:
		monitor_probe(m, t_ms, PROBE_OUT);
		return "the probe is unplugged";
	case ACT_PROBE_ON:
		monitor_probe(m, t_ms, PROBE_ON);
		return "the probe is on the finger again";
	case ACT_LEAD_OFF:
		m->lead_off = true;
		return "the ECG leads come off";
	case ACT_LEAD_ON:
		m->lead_off = false;
		return "the ECG leads are on again";
	case ACT_CUFF_START:
	case ACT_CUFF_FAIL:
		return monitor_cuff(m, t_ms, c->act == ACT_CUFF_FAIL) ?
		    "the cuff starts" :
		    "the cuff does not start: it runs already, or is off";
	case ACT_CUFF_EVERY:
		monitor_cuff_every(m, t_ms, c->over_ms);
		return "the cuff is set to run by itself";
	case ACT_CUFF_NEVER:
		monitor_cuff_every(m, t_ms, 0);
		return "the cuff runs no more by itself";
	case ACT_CABLE_OUT:
		m->cabled = false;
		return "the cable is pulled";
	case ACT_CABLE_IN:
		m->cabled = true;
		return "the cable is back";
	case ACT_POWER_OFF:
		monitor_power(m, t_ms, false);
		return "switched off";
	case ACT_POWER_ON:
		monitor_power(m, t_ms, true);
		return "switched on";
	case ACT_SILENCE_ON:
		m->silent = true;
		return "falls silent";
	case ACT_SILENCE_OFF:
		m->silent = false;
		return "talks again";
	case ACT_FREEZE_ON:
		monitor_freeze(m, t_ms, true);
		return "its values are frozen";
	case ACT_FREEZE_OFF:
		monitor_freeze(m, t_ms, false);
		return "its values live again";
	case ACT_DEMO_ON:
		m->demo = true;
		return "it shows its demonstration";
	case ACT_DEMO_OFF:
		m->demo = false;
		return "it measures again";
	case ACT_NOISE:
		m->noise = c->amount;
		return c->amount > 0 ? "noise on the line" : "the line is clean";
	case ACT_GARBAGE:
		m->garbage_n += (size_t)c->amount;
		return "garbage on the line";
	case ACT_SEND: case ACT_RELEASE: case ACT_INFUSION_START:
	case ACT_INFUSION_STOP:
		break;
	}
	return "";
}

void
sim_apply(struct sim *s, int64_t t_ms, const struct command *c)
{
	struct command undo;

	if (command_is_body(c))
		apply_body(s, t_ms, c);
	else
		sim_say(s, t_ms, c->target, "%s", apply_monitor(
		    sim_find_monitor(s, c->target), t_ms, c));
	/* A vital finds its own way back. */
	if (c->act == ACT_SEND || c->for_ms < 0 || !command_undo(c, &undo))
		return;
	if (sim_plan(s, t_ms + c->for_ms, &undo) != 0)
		sim_say(s, t_ms, c->target, "too many events: this one stays");
}

int
sim_plan(struct sim *s, int64_t at_ms, const struct command *c)
{
	size_t i;

	if (s->events_n == SIM_EVENTS && s->next > 0) {
		memmove(s->event, s->event + s->next,
		    (s->events_n - s->next) * sizeof(s->event[0]));
		s->events_n -= s->next;
		s->next = 0;
	}
	if (s->events_n == SIM_EVENTS)
		return -ENOSPC;
	/* Behind those of the same time: they happen in the order given. */
	for (i = s->events_n; i > s->next && s->event[i - 1].at_ms > at_ms; i--)
		s->event[i] = s->event[i - 1];
	s->event[i].at_ms = at_ms;
	s->event[i].command = *c;
	s->events_n++;
	return 0;
}

/* What happens at t_ms, except the monitors' bytes. */
static void
happen(struct sim *s, int64_t t_ms)
{
	while (s->next < s->events_n && s->event[s->next].at_ms <= t_ms) {
		struct sim_event e = s->event[s->next++];

		sim_apply(s, e.at_ms, &e.command);
	}
	for (size_t i = 0; i < s->monitors_n; i++) {
		struct monitor *m = &s->monitor[i];

		monitor_tick(m, t_ms);
		if (m->said[0] != '\0')
			sim_say(s, t_ms, m->name, "%s", m->said);
		m->said[0] = '\0';
	}
}

void
sim_run(struct sim *s, int64_t t_ms, void (*bytes)(void *arg,
    struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n), void *arg)
{
	for (;;) {
		int64_t next;

		happen(s, s->now_ms);
		for (size_t i = 0; i < s->monitors_n; i++) {
			struct monitor *m = &s->monitor[i];

			while (m->due_ms <= s->now_ms || m->garbage_n > 0) {
				uint8_t out[SIM_OUT_MAX];
				size_t n = monitor_step(m, s->now_ms, out);

				if (n > 0)
					bytes(arg, m, s->now_ms, out, n);
			}
		}
		if (s->now_ms >= t_ms)
			return;
		next = sim_next_ms(s);
		if (next <= s->now_ms)
			next = s->now_ms + 1;
		s->now_ms = next < t_ms ? next : t_ms;
	}
}

int64_t
sim_next_ms(const struct sim *s)
{
	int64_t next = s->now_ms + TICK_MS;

	if (s->next < s->events_n && s->event[s->next].at_ms < next)
		next = s->event[s->next].at_ms;
	if (s->length_ms > s->now_ms && s->length_ms < next)
		next = s->length_ms;
	for (size_t i = 0; i < s->monitors_n; i++)
		if (s->monitor[i].due_ms < next)
			next = s->monitor[i].due_ms;
	return next;
}

bool
sim_over(const struct sim *s)
{
	return s->length_ms > 0 && s->now_ms >= s->length_ms;
}
