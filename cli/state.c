/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The state off the wire as a value; see state.h.
 *
 * Easy to get wrong: a missing or unknown word must look worse, not better: an
 * unknown quality is "no value", an unknown link is down.
 */
#include "cli/state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/client.h"

static void
copy(char *out, size_t n, const json_t *o, const char *key)
{
	snprintf(out, n, "%s", client_text(o, key));
}

static enum priority
priority_of(const json_t *o, const char *key)
{
	int p = priority_find(client_text(o, key));

	return p < 0 ? PRIORITY_NONE : (enum priority)p;
}

void
state_parse_alarm(const json_t *o, struct state_alarm *out)
{
	const char *type = client_text(o, "type");

	*out = (struct state_alarm){ .type = ALARM_PHYSIOLOGICAL };
	copy(out->event, sizeof(out->event), o, "event");
	copy(out->bed, sizeof(out->bed), o, "bed");
	copy(out->by, sizeof(out->by), o, "by");
	copy(out->text, sizeof(out->text), o, "text");
	if (strcmp(type, "ST") == 0)
		out->type = ALARM_TECHNICAL;
	else if (strcmp(type, "SA") == 0)
		out->type = ALARM_ADVISORY;
	out->priority = priority_of(o, "priority");
	out->level = priority_of(o, "level");
	out->latched = strcmp(client_text(o, "state"), "latched") == 0;
	out->acknowledged = client_true(o, "acknowledged");
	out->paused = client_true(o, "paused");
	out->demo = client_true(o, "demo");
	out->since_ms = client_int(o, "since_ms", 0);
}

/* Unseen before seen, urgent before less urgent, older before newer. */
static int
alarm_order(const void *a, const void *b)
{
	const struct state_alarm *x = a, *y = b;

	if (x->acknowledged != y->acknowledged)
		return x->acknowledged ? 1 : -1;
	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	if (x->since_ms != y->since_ms)
		return x->since_ms < y->since_ms ? -1 : 1;
	return strcmp(x->event, y->event);
}

/* Room for the elements of an array; *n is 0 where there is no array. */
static void *
room(const json_t *array, size_t size, size_t *n)
{
	void *p = calloc(json_array_size(array) + 1, size);

	*n = p ? json_array_size(array) : 0;
	return p;
}

static struct state_alarm *
alarms_parse(const json_t *array, size_t *n)
{
	struct state_alarm *a = room(array, sizeof(*a), n);

	for (size_t i = 0; i < *n; i++)
		state_parse_alarm(json_array_get(array, i), &a[i]);
	if (a)
		qsort(a, *n, sizeof(*a), alarm_order);
	return a;
}

static int
relayed_order(const void *a, const void *b)
{
	const struct state_relayed *x = a, *y = b;

	if (x->priority != y->priority)
		return x->priority > y->priority ? -1 : 1;
	if (x->since_ms != y->since_ms)
		return x->since_ms < y->since_ms ? -1 : 1;
	return strcmp(x->text, y->text);
}

static struct state_relayed *
relayed_parse(const json_t *array, size_t *n)
{
	struct state_relayed *r = room(array, sizeof(*r), n);

	for (size_t i = 0; i < *n; i++) {
		const json_t *o = json_array_get(array, i);

		copy(r[i].port, sizeof(r[i].port), o, "port");
		copy(r[i].text, sizeof(r[i].text), o, "text");
		r[i].priority = priority_of(o, "priority");
		r[i].since_ms = client_int(o, "since_ms", 0);
	}
	if (r)
		qsort(r, *n, sizeof(*r), relayed_order);
	return r;
}

static void
reading_parse(const json_t *o, struct state_reading *r)
{
	const char *word = client_text(o, "quality");
	int v = vital_find(client_text(o, "vital"));

	*r = (struct state_reading){
		.vital = (enum vital)v, .quality = QUALITY_NO_VALUE,
	};
	for (int q = 0; q < QUALITIES; q++) {
		if (strcmp(quality_name((enum quality)q), word) == 0)
			r->quality = (enum quality)q;
	}
	copy(r->port, sizeof(r->port), o, "port");
	copy(r->shown, sizeof(r->shown), o, "shown");
	r->age_ms = client_int(o, "age_ms", 0);
	r->fresh_ms = client_int(o, "fresh_ms",
	    vital_info[r->vital].fresh_ms);
	r->stale = client_true(o, "stale");
	r->demo = client_true(o, "demo");
}

static void
readings_parse(const json_t *array, struct state_bed *b)
{
	size_t n = 0;

	for (size_t i = 0; i < b->readings_n; i++) {
		const json_t *o = json_array_get(array, i);

		/* A vital of a newer vitalsd is not for this screen. */
		if (vital_find(client_text(o, "vital")) >= 0)
			reading_parse(o, &b->reading[n++]);
	}
	b->readings_n = n;
}

static void
ports_parse(const json_t *array, struct state_bed *b)
{
	for (size_t i = 0; i < b->ports_n; i++) {
		const json_t *o = json_array_get(array, i);
		struct state_port *p = &b->port[i];
		const char *link = client_text(o, "link");

		copy(p->port, sizeof(p->port), o, "port");
		copy(p->why, sizeof(p->why), o, "why");
		p->up = strcmp(link, "up") == 0;
		p->open = p->up || strcmp(link, "silent") == 0;
		p->alarms_known = client_true(o, "alarms_known");
		p->age_ms = client_int(o, "age_ms", -1);
	}
}

/* By the first word of the ladder's name.  The relative ladders, which wait
 * for a baseline, say nothing here: their vital's own ladder does. */
static void
armed_parse(const json_t *armed, bool unarmed[STATE_ARMED])
{
	static const struct {
		const char *ladder;
		enum state_armed what;
	} known[] = {
		{ "nibp-high", ARMED_NIBP }, { "nibp-low", ARMED_NIBP },
		{ "hr-high", ARMED_HR }, { "hr-low", ARMED_HR },
		{ "spo2-low", ARMED_SPO2 },
		{ "rr-low", ARMED_RR }, { "rr-high", ARMED_RR },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (json_is_false(json_object_get(armed, known[i].ladder)))
			unarmed[known[i].what] = true;
	}
}

/* What was told of a bed 'later_ms' ago has grown older since. */
static void
bed_age(struct state_bed *b, int64_t later_ms)
{
	if (b->session[0])
		b->since_start_ms += later_ms;
	if (b->infusion_ms != INFUSION_NONE)
		b->infusion_ms += later_ms;
	if (b->recovery_ms != INFUSION_NONE)
		b->recovery_ms += later_ms;
	for (size_t i = 0; i < b->readings_n; i++)
		b->reading[i].age_ms += later_ms;
	for (size_t i = 0; i < b->ports_n; i++) {
		if (b->port[i].age_ms >= 0)
			b->port[i].age_ms += later_ms;
	}
}

static bool
bed_parse(const json_t *o, int64_t t_ms, struct state_bed *b)
{
	int64_t later_ms = t_ms - client_int(o, "t_ms", t_ms);
	const json_t *vitals = json_object_get(o, "vitals");
	const json_t *ports = json_object_get(o, "ports");
	const char *word = client_text(o, "phase");

	*b = (struct state_bed){ .phase = PHASE_IDLE };
	copy(b->bed, sizeof(b->bed), o, "bed");
	copy(b->label, sizeof(b->label), o, "label");
	if (!b->label[0])
		snprintf(b->label, sizeof(b->label), "%s", b->bed);
	copy(b->session, sizeof(b->session), o, "session");
	copy(b->subject, sizeof(b->subject), o, "subject");
	for (int p = 0; p < PHASES; p++) {
		if (strcmp(phase_name((enum phase)p), word) == 0)
			b->phase = (enum phase)p;
	}
	b->since_start_ms = client_int(o, "since_start_ms", 0);
	b->restarted = json_is_true(json_object_get(o, "restarted"));
	b->infusion_ms = client_int(o, "infusion_ms", INFUSION_NONE);
	b->recovery_ms = client_int(o, "recovery_ms", INFUSION_NONE);
	b->interval = (uint32_t)client_int(o, "interval", 0);
	b->paused_until_ms = client_int(o, "paused_until_ms", 0);
	armed_parse(json_object_get(o, "armed"), b->unarmed);
	b->reading = room(vitals, sizeof(*b->reading), &b->readings_n);
	b->port = room(ports, sizeof(*b->port), &b->ports_n);
	b->alarm = alarms_parse(json_object_get(o, "alarms"), &b->alarms_n);
	b->relayed = relayed_parse(json_object_get(o, "monitor_alarms"),
	    &b->relayed_n);
	if (!b->reading || !b->port || !b->alarm || !b->relayed)
		return false;
	readings_parse(vitals, b);
	ports_parse(ports, b);
	for (size_t i = 0; i < b->alarms_n; i++)
		memcpy(b->alarm[i].bed, b->bed, sizeof(b->bed));
	bed_age(b, later_ms > 0 ? later_ms : 0);
	return true;
}

struct state *
state_parse(const json_t *o)
{
	const json_t *beds = json_object_get(o, "beds");
	const json_t *log = json_object_get(o, "log");
	const json_t *notifier = json_object_get(o, "notifier");
	struct state *s;

	if (!json_is_array(beds))
		return NULL;
	s = calloc(1, sizeof(*s));
	if (!s)
		return NULL;
	s->t_ms = client_int(o, "t_ms", 0);
	s->wall_ms = client_wall_ms(client_text(o, "wall"));
	s->log_failing = client_true(log, "failing");
	copy(s->log_why, sizeof(s->log_why), log, "why");
	/* Where nothing is to be sent, nobody is missed. */
	s->notifier_connected = client_true(notifier, "connected") ||
	    client_int(notifier, "channels", 1) == 0;
	s->undelivered = client_int(notifier, "undelivered", 0);
	s->clock_synced = client_true(json_object_get(o, "clock"), "synced");
	s->alarm = alarms_parse(json_object_get(json_object_get(o, "box"),
	    "alarms"), &s->alarms_n);
	s->bed = room(beds, sizeof(*s->bed), &s->beds_n);
	if (!s->alarm || !s->bed) {
		state_free(s);
		return NULL;
	}
	for (size_t i = 0; i < s->beds_n; i++) {
		if (!bed_parse(json_array_get(beds, i), s->t_ms, &s->bed[i])) {
			state_free(s);
			return NULL;
		}
	}
	return s;
}

void
state_free(struct state *s)
{
	if (!s)
		return;
	for (size_t i = 0; s->bed && i < s->beds_n; i++) {
		free(s->bed[i].reading);
		free(s->bed[i].port);
		free(s->bed[i].alarm);
		free(s->bed[i].relayed);
	}
	free(s->bed);
	free(s->alarm);
	free(s);
}

bool
state_reading_valid(const struct state_reading *r, int64_t later_ms)
{
	if (r->stale || !r->shown[0])
		return false;
	if (r->quality != QUALITY_GOOD && r->quality != QUALITY_QUESTIONABLE)
		return false;
	return r->fresh_ms == 0 || r->age_ms + later_ms <= r->fresh_ms;
}

const struct state_reading *
state_reading(const struct state_bed *b, enum vital v, int64_t later_ms)
{
	const struct state_reading *first = NULL;

	/* Readings come in the order of the ports. */
	for (size_t i = 0; i < b->readings_n; i++) {
		const struct state_reading *r = &b->reading[i];

		if (r->vital != v)
			continue;
		if (state_reading_valid(r, later_ms))
			return r;
		if (!first)
			first = r;
	}
	return first;
}

bool
state_demo(const struct state_bed *b)
{
	for (size_t i = 0; i < b->readings_n; i++) {
		if (b->reading[i].demo)
			return true;
	}
	return false;
}

static enum priority
calling(const struct state_alarm *a, size_t n, enum priority worst,
    uint32_t *count)
{
	for (size_t i = 0; i < n; i++) {
		if (a[i].acknowledged || a[i].paused)
			continue;
		(*count)++;
		if (a[i].priority > worst)
			worst = a[i].priority;
	}
	return worst;
}

enum priority
state_calling(const struct state *s, uint32_t *n)
{
	enum priority worst;

	*n = 0;
	worst = calling(s->alarm, s->alarms_n, PRIORITY_NONE, n);
	for (size_t i = 0; i < s->beds_n; i++)
		worst = calling(s->bed[i].alarm, s->bed[i].alarms_n, worst, n);
	return worst;
}

const char *
state_quality_words(enum quality q)
{
	switch (q) {
	case QUALITY_GOOD:
	case QUALITY_QUESTIONABLE:
	case QUALITY_NO_VALUE:
		return "no value";
	case QUALITY_NO_SENSOR:
		return "no sensor";
	case QUALITY_SENSOR_OFF:
		return "probe off";
	case QUALITY_SEARCHING:
		return "searching";
	case QUALITY_ARTEFACT:
		return "artefact";
	case QUALITY_OUT_OF_RANGE:
		return "out of range";
	case QUALITY_NOT_MEASURED:
		return "not measured";
	case QUALITY_FAULT:
		return "fault";
	}
	return "no value";
}
