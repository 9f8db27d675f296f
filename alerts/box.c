/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The box's own conditions: T7 to T10 of clinical.md 1.7.
 *
 * Easy to get wrong: a step of the clock and a restart are moments, not
 * states; nobody says that they are over, time does.
 */
#include "alerts/box.h"

#include "alerts/phrase.h"

#include <assert.h>
#include <string.h>

static const struct {
	char name[24];
	enum priority priority;
	bool holds_until_ack;	/* an acknowledgement ends it */
	bool latches;		/* nothing else does */
	int64_t ends_after_ms;	/* by itself; 0: not */
} conditions[BOX_CONDITIONS] = {
	[BOX_CLOCK_UNSYNCED] = { "clock-unsynchronised", PRIORITY_LOW,
	    false, false, 0 },
	[BOX_CLOCK_STEPPED] = { "clock-stepped", PRIORITY_LOW,
	    false, false, 60 * 1000 },
	[BOX_UNDELIVERED] = { "undelivered", PRIORITY_MEDIUM,
	    false, false, 0 },
	[BOX_LOG_FAILING] = { "log-failing", PRIORITY_HIGH,
	    false, false, 0 },
	[BOX_DISK_LOW] = { "disk-low", PRIORITY_HIGH, false, false, 0 },
	[BOX_RESTARTED] = { "restarted", PRIORITY_MEDIUM,
	    true, false, 5 * 60 * 1000 },
	[BOX_LOG_HELD] = { "log-held", PRIORITY_LOW, false, false, 0 },
	[BOX_LOG_REPLACED] = { "log-replaced", PRIORITY_HIGH,
	    true, true, 0 },
};

static const char over_text[BOX_CONDITIONS][48] = {
	[BOX_CLOCK_UNSYNCED] = "the clock is synchronised again",
	[BOX_CLOCK_STEPPED] = "the clock has not stepped again for a minute",
	[BOX_UNDELIVERED] = "notices are delivered again",
	[BOX_LOG_FAILING] = "the log is written again",
	[BOX_DISK_LOW] = "there is room on the disk again",
	[BOX_RESTARTED] = "the restart is a while ago",
	[BOX_LOG_HELD] = "nobody holds the log any more",
	[BOX_LOG_REPLACED] = "the log was replaced",
};

void
box_init(struct box *b, struct box_slot *slots, size_t slots_n,
    const struct board_sink *sink, struct id_source *ids)
{
	assert(slots_n > BOX_CONDITIONS);
	memset(b, 0, sizeof *b);
	b->sink = *sink;
	b->slot = slots;
	b->slots_n = slots_n;
	b->next_ms = BOARD_NEVER;
	b->ids = ids;
}

static void
describe(const struct box_slot *s, struct alarm_change *c)
{
	struct phrase name = phrase_begin(c->condition, sizeof c->condition);
	struct phrase bed = phrase_begin(c->bed, sizeof c->bed);
	struct phrase text = phrase_begin(c->text, sizeof c->text);

	phrase_put(&name, conditions[s->condition].name);
	if (s->subject[0] != '\0') {
		phrase_put(&name, ":");
		phrase_put(&name, s->subject);
	}
	if (s->condition == BOX_RESTARTED)
		phrase_put(&bed, s->subject);
	if (c->state != ALARM_INACTIVE || c->phase != ALARM_END) {
		phrase_put(&text, s->why);
		return;
	}
	phrase_put(&text, over_text[s->condition]);
	if (s->condition == BOX_UNDELIVERED) {
		phrase_put(&text, ": ");
		phrase_put(&text, s->subject);
	}
}

static void
tell(struct box *b, struct box_slot *s, int phase, const char *by)
{
	struct alarm_change c = { .infusion_ms = INFUSION_NONE };
	struct phrase who = phrase_begin(c.by, sizeof c.by);

	alarm_tell(&s->alarm, (enum alarm_phase)phase, false, &c);
	describe(s, &c);
	if (by)
		phrase_put(&who, by);
	b->sink.alarm(b->sink.arg, b->now_ms, &c);
}

static int64_t
ends_at_ms(const struct box_slot *s)
{
	int64_t after = conditions[s->condition].ends_after_ms;

	if (!alarm_is_open(&s->alarm) || after == 0)
		return BOARD_NEVER;
	return moment_after(s->alarm.since_ms, after);
}

/* After any change of a slot. */
static void
settle(struct box *b)
{
	size_t used = 0;

	b->next_ms = BOARD_NEVER;
	for (size_t i = 0; i < b->used_n && i < b->slots_n; i++) {
		int64_t at = ends_at_ms(&b->slot[i]);

		if (at < b->next_ms)
			b->next_ms = at;
		if (alarm_is_open(&b->slot[i].alarm))
			used = i + 1;
	}
	b->used_n = used;
}

void
box_tick(struct box *b, int64_t t_ms)
{
	while (b->next_ms <= t_ms) {
		if (b->now_ms < b->next_ms)
			b->now_ms = b->next_ms;
		for (size_t i = 0; i < b->used_n && i < b->slots_n; i++) {
			struct box_slot *s = &b->slot[i];

			if (ends_at_ms(s) <= b->now_ms)
				tell(b, s, alarm_finish(&s->alarm), NULL);
		}
		settle(b);
	}
	if (b->now_ms < t_ms)
		b->now_ms = t_ms;
}

int64_t
box_next_ms(const struct box *b)
{
	return b->next_ms;
}

/* The open slot of that condition and subject; NULL if there is none. */
static struct box_slot *
find(struct box *b, enum box_condition c, const char *subject)
{
	for (size_t i = 0; i < b->used_n && i < b->slots_n; i++) {
		struct box_slot *s = &b->slot[i];

		if (alarm_is_open(&s->alarm) && s->condition == (int)c &&
		    strcmp(s->subject, subject) == 0)
			return s;
	}
	return NULL;
}

/* A free slot.  The last ones are kept for the conditions of the box itself;
 * where there is none for another bed or channel, one of its kind serves. */
static struct box_slot *
take(struct box *b, enum box_condition c)
{
	bool many = c == BOX_UNDELIVERED || c == BOX_RESTARTED;
	size_t end = b->slots_n - (many ? BOX_CONDITIONS : 0);
	struct box_slot *same = &b->slot[0];

	for (size_t i = 0; i < end && i < b->slots_n; i++) {
		struct box_slot *s = &b->slot[i];

		if (i >= b->used_n || !alarm_is_open(&s->alarm)) {
			alarm_init(&s->alarm, ALARM_TECHNICAL, false);
			if (b->used_n < i + 1)
				b->used_n = i + 1;
			return s;
		}
		if (s->condition == (int)c)
			same = s;
	}
	return same;
}

/* A text as far as it fits. */
static void
put_text(char *out, size_t size, const char *words)
{
	struct phrase p = phrase_begin(out, size);

	phrase_put(&p, words);
}

static void
raise_condition(struct box *b, enum box_condition c, const char *subject,
    const char *why)
{
	struct box_slot *s = find(b, c, subject);
	char text[TEXT_MAX] = "", name[BOX_SUBJECT_MAX] = "";
	bool fresh = !s;
	int phase;

	if (s == NULL)
		s = take(b, c);
	put_text(text, sizeof text, why);
	memcpy(s->why, text, sizeof s->why);
	/* Another step of the clock or restart begins its time anew. */
	s->alarm.since_ms = conditions[c].ends_after_ms || fresh ?
	    b->now_ms : s->alarm.since_ms;
	if (!fresh || alarm_is_open(&s->alarm))
		return;
	s->condition = (int)c;
	put_text(name, sizeof name, subject);
	memcpy(s->subject, name, sizeof s->subject);
	s->alarm.confirmed = true;
	phase = alarm_move(&s->alarm, conditions[c].priority, 0, b->ids);
	if (phase != ALARM_UNCHANGED)
		tell(b, s, phase, NULL);
}

void
box_set(struct box *b, int64_t t_ms, enum box_condition c,
    const char *subject, bool holds, const char *why)
{
	struct box_slot *s;

	box_tick(b, t_ms);
	if (holds) {
		raise_condition(b, c, subject, why);
		settle(b);
		return;
	}
	s = find(b, c, subject);
	if (!s)
		return;
	if (!conditions[c].latches) {
		tell(b, s, alarm_finish(&s->alarm), NULL);
	} else if (s->alarm.state == ALARM_ACTIVE) {
		s->alarm.state = ALARM_LATCHED;
		s->alarm.level = PRIORITY_NONE;
		tell(b, s, ALARM_LATCH, NULL);
	}
	settle(b);
}

bool
box_ack(struct box *b, int64_t t_ms, struct event_id event, const char *by)
{
	box_tick(b, t_ms);
	for (size_t i = 0; i < b->used_n && i < b->slots_n; i++) {
		struct box_slot *s = &b->slot[i];
		int phase;

		if (!alarm_is_open(&s->alarm) ||
		    !event_id_equal(s->alarm.event, event))
			continue;
		phase = alarm_acknowledge(&s->alarm);
		if (phase == ALARM_ACKNOWLEDGE &&
		    conditions[s->condition].holds_until_ack) {
			(void)!alarm_finish(&s->alarm);
			phase = ALARM_RESET;
		}
		if (phase != ALARM_UNCHANGED) {
			char who[BY_MAX] = "";

			put_text(who, sizeof who, by);
			memcpy(s->by, who, sizeof s->by);
			tell(b, s, phase, by);
		}
		settle(b);
		return true;
	}
	return false;
}

size_t
box_view(const struct box *b, size_t *from, struct alarm_change *out,
    size_t cap)
{
	size_t n = 0;

	for (; *from < b->used_n && *from < b->slots_n && n < cap; ++*from) {
		const struct box_slot *s = &b->slot[*from];

		if (!alarm_is_open(&s->alarm))
			continue;
		memset(&out[n], 0, sizeof out[n]);
		out[n].infusion_ms = INFUSION_NONE;
		alarm_show(&s->alarm, s->by, &out[n]);
		describe(s, &out[n]);
		n++;
	}
	return n;
}

const char *
box_bed(const struct box *b, struct event_id event)
{
	for (size_t i = 0; i < b->used_n && i < b->slots_n; i++) {
		const struct box_slot *s = &b->slot[i];

		if (alarm_is_open(&s->alarm) &&
		    event_id_equal(s->alarm.event, event))
			return s->condition == BOX_RESTARTED ? s->subject : "";
	}
	return NULL;
}

enum priority
box_worst(const struct box *b)
{
	enum priority worst = PRIORITY_NONE;

	for (size_t i = 0; i < b->used_n && i < b->slots_n; i++) {
		const struct alarm *a = &b->slot[i].alarm;

		if (alarm_is_open(a) && a->priority > worst)
			worst = a->priority;
	}
	return worst;
}
