/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See replay.h.
 *
 * Easy to get wrong: the hub's deadlines that fall between two chunks of bytes
 * must pass before the later chunk is fed, in order, or an alarm would seem to
 * be raised by what came after it.
 */
#include "review/replay.h"

#include <errno.h>
#include <stdlib.h>

#define START_MS 1000000	/* where the recording's first byte lies */
#define EVENTS 64

struct replay {
	struct hub hub;
	struct hub_bed bed;
	struct hub_port port;
	int64_t next_ms[2];
	struct session_head ended;
	struct session_step step[HUB_STEPS(1)];
	struct limit_set limits;
	struct hub_value value[VITALS];
	uint8_t sample[SUBJECT_LEVELS][SAMPLES];
	char by[SLOTS][BY_MAX];
	struct port_state board_port;
	struct box_slot box_slot[BOX_SLOTS(1, 0)];
	struct stream stream;
	struct replay_sink sink;
	struct replay_result result;
	struct event_id seen[EVENTS];	/* recent events, by number */
	enum priority reached[EVENTS];
};

static struct now
at(int64_t t_ms)
{
	return (struct now){ .t_ms = t_ms, .wall_ms = t_ms, .synced = true };
}

static void
take_reading(void *arg, const struct now *now, size_t port,
    const struct reading *r)
{
	struct replay *y = arg;
	struct replay_vital *v = &y->result.vital[r->vital];
	bool first = v->quality[QUALITY_GOOD] +
	    v->quality[QUALITY_QUESTIONABLE] == 0;

	(void)port;
	v->quality[r->quality]++;
	if (reading_has_value(r)) {
		if (first || r->value < v->least)
			v->least = r->value;
		if (first || r->value > v->most)
			v->most = r->value;
	}
	if (y->sink.reading != NULL)
		y->sink.reading(y->sink.arg, now->t_ms - START_MS, r);
}

static void
take_record(void *arg, const struct now *now, const struct record *r,
    bool urgent)
{
	(void)arg, (void)now, (void)r, (void)urgent;
}

/* Counts each event once, at the highest priority that it reached. */
static void
count_event(struct replay *y, const struct alarm_change *c)
{
	size_t slot = c->event.n % EVENTS;

	if (event_id_equal(y->seen[slot], c->event)) {
		if (c->priority <= y->reached[slot])
			return;
		y->result.alarms[y->reached[slot]]--;
	}
	y->seen[slot] = c->event;
	y->reached[slot] = c->priority;
	y->result.alarms[c->priority]++;
}

static void
take_alarm(void *arg, const struct now *now, const struct alarm_change *c,
    const char *label)
{
	struct replay *y = arg;

	(void)label;
	count_event(y, c);
	if (y->sink.alarm != NULL)
		y->sink.alarm(y->sink.arg, now->t_ms - START_MS, c);
}

static void
take_change(void *arg, size_t bed)
{
	(void)arg, (void)bed;
}

static void
tick_to(struct replay *y, int64_t t_ms)
{
	while (hub_next_ms(&y->hub) < t_ms) {
		struct now now = at(hub_next_ms(&y->hub));

		hub_tick(&y->hub, &now);
	}
}

static void
take_frames(struct replay *y, int64_t t_ms)
{
	struct now now = at(t_ms);
	struct decoded d;

	while (stream_next(&y->stream, &d))
		hub_frame(&y->hub, &now, 0, &d);
}

/* Lets time pass; on the way, silence may end a message. */
static void
pass_to(struct replay *y, int64_t t_ms)
{
	uint16_t quiet_ms = y->stream.driver->quiet_ms;

	if (quiet_ms > 0 && y->stream.byte_ms != STREAM_NEVER &&
	    y->stream.byte_ms + quiet_ms <= t_ms) {
		int64_t ended_ms = y->stream.byte_ms + quiet_ms;

		tick_to(y, ended_ms);
		stream_quiet(&y->stream, ended_ms);
		take_frames(y, ended_ms);
	}
	tick_to(y, t_ms);
}

static int
state(struct replay *y, enum statement_kind kind, int64_t t_ms)
{
	struct statement st = { .kind = kind, .session = "REPLAY",
		.at_ms = t_ms, .at_wall_ms = t_ms };
	struct now now = at(t_ms);

	pass_to(y, t_ms);
	return hub_state(&y->hub, &now, 0, &st) == REFUSAL_NONE ? 0 : -EINVAL;
}

static void
feed(struct replay *y, int64_t t_ms, const uint8_t *p, size_t n)
{
	while (n > 0) {
		size_t taken = stream_feed(&y->stream, t_ms, p, n);

		p += taken;
		n -= taken;
		take_frames(y, t_ms);
	}
}

static int
run(struct replay *y, const struct track *t, const struct replay_options *o)
{
	int64_t start_ms = o->infusion_start_ms, stop_ms = o->infusion_stop_ms;
	size_t from = 0;
	int r = state(y, STATEMENT_SESSION_START, START_MS);

	for (size_t i = 0; r == 0 && i < t->marks_n; i++) {
		const struct track_mark *m = &t->mark[i];

		if (start_ms >= 0 && m->ms >= start_ms) {
			r = state(y, STATEMENT_INFUSION_START,
			    START_MS + start_ms);
			start_ms = -1;
		}
		if (r == 0 && stop_ms >= 0 && m->ms >= stop_ms) {
			r = state(y, STATEMENT_INFUSION_STOP,
			    START_MS + stop_ms);
			stop_ms = -1;
		}
		if (y->sink.pace != NULL)
			y->sink.pace(y->sink.arg, m->ms);
		pass_to(y, START_MS + m->ms);
		feed(y, START_MS + m->ms, t->byte + from, m->end - from);
		from = m->end;
		y->result.length_ms = m->ms;
	}
	if (r == 0)
		pass_to(y, START_MS + y->result.length_ms +
		    y->stream.driver->quiet_ms);
	return r;
}

int
replay_run(const struct track *t, const struct replay_options *o,
    const struct replay_sink *sink, struct replay_result *out)
{
	struct replay *y = calloc(1, sizeof *y);
	struct hub_bed_config bed = { "REPLAY", "Replay" };
	struct hub_port_config port = { "replay", 0, o->driver, false, 0 };
	struct hub_sink hs = { y, take_reading, take_record, take_alarm,
		take_change };
	struct now now = at(START_MS);
	int r;

	if (y == NULL)
		return -ENOMEM;
	y->sink = *sink;
	y->hub.bed = &y->bed;
	y->hub.beds_n = 1;
	y->hub.port = &y->port;
	y->hub.ports_n = 1;
	y->hub.next_ms = y->next_ms;
	y->hub.ended = &y->ended;
	y->hub.step = y->step;
	y->hub.limits = &y->limits;
	y->hub.value = y->value;
	y->hub.sample = y->sample;
	y->hub.by = &y->by;
	y->hub.board_port = &y->board_port;
	y->hub.box_slot = y->box_slot;
	y->hub.box_slots_n = BOX_SLOTS(1, 0);
	hub_init(&y->hub, &now, 1, o->limits, &bed, &port, &hs);
	hub_link(&y->hub, &now, 0, LINE_OPEN, "replay");
	stream_init(&y->stream, o->driver, NULL, START_MS);
	r = run(y, t, o);
	y->result.count = y->stream.count;
	if (r == 0)
		*out = y->result;
	free(y);
	return r;
}
