/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The ways into a board.  Each brings it to the present, deadline by deadline,
 * takes its input, and judges everything once.
 *
 * Easy to get wrong: a cuff's readings come one by one with one time, so the
 * calls that may come between them (reading, frame, link) judge a measurement
 * only when time has moved on; every other call judges it first.
 */
#include "alerts/board.h"

#include "alerts/ladder.h"
#include "alerts/phrase.h"
#include "alerts/source.h"
#include "alerts/technical.h"
#include "drivers/driver.h"

#include <assert.h>
#include <string.h>

#define PAUSE_MAX_MS (120 * 1000)
#define SUGGEST_MS (5 * 60 * 1000)
/* Far beyond any patient's value: what a baseline may hold. */
#define BASELINE_MAX 30000

/* Deadlines are met one by one; no silence, however long, leaves more of them
 * than this (each subject, tier, slice and alarm at most a few times). */
#define CATCH_UP_MAX 1000

static void
tell(struct board *b, int slot, enum alarm_phase phase, const char *by,
    const char *reason)
{
	if (slot < SLOT_LADDER + LADDERS)
		ladder_tell(b, (enum ladder)(slot - SLOT_LADDER), phase, by,
		    reason);
	else
		technical_tell(b, slot, phase, by, reason);
}

/* The pause is over: what nobody has acknowledged is announced (again). */
static void
end_pause(struct board *b)
{
	b->pausing = false;
	for (int i = 0; i < SLOTS; i++) {
		const struct alarm *a = board_alarm(b, i);

		if (a != NULL && alarm_is_open(a) && a->pausable && !a->acknowledged)
			tell(b, i, ALARM_CONTINUE, NULL, NULL);
	}
}

/* Everything as of now_ms.  Doing it twice at one time changes nothing. */
static void
judge(struct board *b)
{
	if (b->pausing && b->now_ms >= b->pause_until_ms)
		end_pause(b);
	source_update(b);
	if (b->in_session)
		ladder_update(b);
	technical_update(b);
}

/* The next deadline but for a measurement that waits to be judged. */
static int64_t
next_deadline(const struct board *b)
{
	int64_t next = source_next(b);

	board_soonest(&next, b->now_ms, technical_next(b));
	if (b->in_session)
		board_soonest(&next, b->now_ms, ladder_next(b));
	if (b->pausing)
		board_soonest(&next, b->now_ms, b->pause_until_ms);
	return next;
}

/* Brings the board to t_ms.  A time in the past counts as now: a frame may
 * have waited in a buffer while another port's was handled. */
static void
advance(struct board *b, int64_t t_ms, bool judge_cuff)
{
	if (b->cuff_arriving && (judge_cuff || t_ms > b->now_ms)) {
		ladder_judge(b);
		judge(b);
	}
	for (int i = 0; i < CATCH_UP_MAX; i++) {
		int64_t next = next_deadline(b);

		if (next > t_ms)
			break;
		b->now_ms = next;
		judge(b);
	}
	if (b->now_ms < t_ms)
		b->now_ms = t_ms;	/* no deadline since: nothing to judge */
}

void
board_init(struct board *b, const struct limit_set *limits,
    const struct board_port *ports, size_t ports_n,
    const struct board_room *room, const struct board_sink *sink,
    struct id_source *ids, int64_t t_ms)
{
	assert(ports_n <= BOARD_PORTS);
	memset(b, 0, sizeof *b);
	b->port = room->port;
	b->by = room->by;
	for (int i = 0; i < SUBJECT_LEVELS; i++)
		b->subject[i].sample = room->sample[i];
	b->sink = *sink;
	b->ids = ids;
	b->limits = limits;
	b->now_ms = t_ms;
	b->phase = PHASE_IDLE;
	b->ports_n = ports_n;
	for (size_t i = 0; i < ports_n && i < BOARD_PORTS; i++)
		b->port[i] = (struct port_state){ .is = ports[i],
			.good_ms = t_ms };
	for (int i = 0; i < LADDERS; i++)
		alarm_init(board_alarm(b, SLOT_LADDER + i),
		    i == LADDER_NIBP_ADVISORY ? ALARM_ADVISORY :
		    ALARM_PHYSIOLOGICAL, true);
	technical_init(b);
	source_open(b);
	ladder_open(b);
	technical_open(b);
}

static void
end_all(struct board *b, const char *reason)
{
	for (int i = 0; i < SLOTS; i++) {
		struct alarm *a = board_alarm(b, i);
		int phase = a != NULL ? alarm_finish(a) : ALARM_UNCHANGED;

		if (phase != ALARM_UNCHANGED)
			tell(b, i, (enum alarm_phase)phase, NULL, reason);
	}
}

static void
begin(struct board *b, const struct limit_set *limits, int64_t begin_ms)
{
	b->limits = limits;
	memset(&b->baseline, 0, sizeof b->baseline);
	b->in_session = true;
	b->opened_ms = b->now_ms;
	b->begin_ms = begin_ms;
	b->phase = PHASE_BASELINE;
	b->pausing = false;
	source_open(b);
	ladder_open(b);
	technical_open(b);
}

void
board_open(struct board *b, int64_t t_ms, const struct limit_set *limits)
{
	advance(b, t_ms, true);
	end_all(b, "a session was opened");
	begin(b, limits, b->now_ms);
	judge(b);
}

void
board_restore(struct board *b, int64_t t_ms, int64_t begin_ms,
    const struct limit_set *limits, const bool armed[LADDERS],
    const struct baseline *baseline)
{
	advance(b, t_ms, true);
	end_all(b, "a session was taken up again");
	begin(b, limits, begin_ms < b->now_ms ? begin_ms : b->now_ms);
	memcpy(b->armed, armed, sizeof b->armed);
	/* What was armed was seen: T3 goes on watching it. */
	b->subject[SUBJECT_RR].seen = armed[LADDER_RR_LOW] ||
	    armed[LADDER_RR_HIGH];
	board_baseline(b, b->now_ms, baseline);
}

/* Ends an event that nothing here goes on judging. */
static void
end_adopted(struct board *b, const struct alarm_change *was)
{
	struct alarm_change c = *was;

	phrase_put_reason(c.text, sizeof c.text, "vitalsd was restarted");
	c.by[0] = '\0';	/* who acknowledged it before did not end it */
	c.paused = false;	/* its last change was; was its first? */
	c.phase = ALARM_END;
	c.state = ALARM_INACTIVE;
	c.level = PRIORITY_NONE;
	b->sink.alarm(b->sink.arg, b->now_ms, &c);
}

void
board_adopt(struct board *b, int64_t t_ms, const struct alarm_change *c)
{
	advance(b, t_ms, true);
	for (int l = 0; l < LADDERS; l++) {
		if (strcmp(c->condition, ladder_name[l]) != 0 ||
		    !ladder_adopt(b, (enum ladder)l, c))
			continue;
		/* The pause in which it was raised did not outlive vitalsd. */
		if (c->paused && !c->acknowledged)
			tell(b, SLOT_LADDER + l, ALARM_CONTINUE, NULL, NULL);
		judge(b);
		return;
	}
	end_adopted(b, c);
}

void
board_close(struct board *b, int64_t t_ms, const char *reason)
{
	advance(b, t_ms, true);
	end_all(b, reason);
	b->in_session = false;
	b->pausing = false;
	b->phase = PHASE_IDLE;
	memset(&b->baseline, 0, sizeof b->baseline);
	ladder_open(b);
	technical_open(b);
	judge(b);
}

void
board_phase(struct board *b, int64_t t_ms, enum phase p)
{
	advance(b, t_ms, true);
	if (b->in_session)
		b->phase = p;
	judge(b);
}

static void
take_reading(struct board *b, size_t port, const struct reading *r)
{
	if (source_cuff_part(r->vital) >= 0)
		ladder_cuff_reading(b, port, r);
	else
		source_reading(b, &b->port[port], r);
}

void
board_take(struct board *b, int64_t t_ms, size_t port, bool good,
    const struct reading *r, size_t n)
{
	advance(b, t_ms, false);
	if (port >= b->ports_n || port >= BOARD_PORTS)
		return;
	technical_frame(b, &b->port[port], good);
	for (size_t i = 0; i < n && i < READINGS_MAX; i++)
		take_reading(b, port, &r[i]);
	judge(b);
}

void
board_reading(struct board *b, int64_t t_ms, size_t port,
    const struct reading *r)
{
	advance(b, t_ms, false);
	if (port >= b->ports_n || port >= BOARD_PORTS)
		return;
	take_reading(b, port, r);
	judge(b);
}

void
board_frame(struct board *b, int64_t t_ms, size_t port, bool good)
{
	advance(b, t_ms, false);
	if (port >= b->ports_n || port >= BOARD_PORTS)
		return;
	technical_frame(b, &b->port[port], good);
	judge(b);
}

void
board_lost(struct board *b, int64_t t_ms, size_t port, uint16_t n)
{
	if (n == 0)
		return;
	advance(b, t_ms, false);
	if (port >= b->ports_n || port >= BOARD_PORTS)
		return;
	technical_lost(b, &b->port[port], n);
	judge(b);
}

void
board_shares(struct board *b, size_t port, const char *name)
{
	if (port < b->ports_n && port < BOARD_PORTS)
		b->port[port].shares = name;
}

void
board_link(struct board *b, int64_t t_ms, size_t port, enum line_state line)
{
	advance(b, t_ms, false);
	if (port >= b->ports_n || port >= BOARD_PORTS)
		return;
	technical_link(b, port, line);
	if (line == LINE_OTHER_DEVICE)
		judge(b);
}

void
board_tick(struct board *b, int64_t t_ms)
{
	advance(b, t_ms, true);
}

int64_t
board_next_ms(const struct board *b)
{
	return b->cuff_arriving ? b->now_ms : next_deadline(b);
}

bool
board_ack(struct board *b, int64_t t_ms, struct event_id event, const char *by)
{
	advance(b, t_ms, true);
	for (int i = 0; i < SLOTS; i++) {
		struct alarm *a = board_alarm(b, i);
		int phase;

		if (a == NULL || !alarm_is_open(a) || !event_id_equal(a->event, event))
			continue;
		phase = alarm_acknowledge(a);
		if (phase != ALARM_UNCHANGED) {
			struct phrase who = phrase_begin(b->by[i], BY_MAX);

			phrase_put(&who, by);
			tell(b, i, (enum alarm_phase)phase, by, NULL);
		}
		return true;
	}
	return false;
}

int64_t
board_pause(struct board *b, int64_t t_ms, int64_t for_ms)
{
	advance(b, t_ms, true);
	if (for_ms <= 0) {
		if (b->pausing)
			end_pause(b);
		return b->now_ms;
	}
	if (!b->pausing)
		b->pause_from_ms = b->now_ms;
	b->pausing = true;
	if (for_ms > PAUSE_MAX_MS)
		for_ms = PAUSE_MAX_MS;
	b->pause_until_ms = b->now_ms + for_ms;
	if (b->pause_until_ms > b->pause_from_ms + PAUSE_MAX_MS)
		b->pause_until_ms = b->pause_from_ms + PAUSE_MAX_MS;
	return b->pause_until_ms;
}

void
board_limits(struct board *b, int64_t t_ms, const struct limit_set *l)
{
	advance(b, t_ms, true);
	b->limits = l;
	judge(b);
}

void
board_baseline(struct board *b, int64_t t_ms, const struct baseline *v)
{
	advance(b, t_ms, true);
	b->baseline = *v;
	for (int i = 0; i < SUBJECTS; i++) {
		if (v->value[i] < 0 || v->value[i] > BASELINE_MAX)
			b->baseline.has[i] = false;
	}
	judge(b);
}

void
board_suggest(const struct board *b, int64_t t_ms, struct baseline *out)
{
	const struct measurement *m = &b->cuff_baseline;

	memset(out, 0, sizeof *out);
	for (int i = 0; i < SUBJECT_LEVELS; i++)
		out->has[i] = source_median(&b->subject[i],
		    t_ms - SUGGEST_MS, &out->value[i]);
	for (int i = 0; i < CUFF_PARTS && b->cuff_baseline_seen; i++) {
		out->has[SUBJECT_LEVELS + i] = m->has[i] &&
		    m->quality[i] == QUALITY_GOOD;
		if (out->has[SUBJECT_LEVELS + i])
			out->value[SUBJECT_LEVELS + i] = m->value[i];
	}
}

size_t
board_view(const struct board *b, struct alarm_change *out, size_t cap)
{
	size_t n = 0;

	for (int i = 0; i < SLOTS && n < cap; i++) {
		const struct alarm *a = board_alarm(b, i);
		struct alarm_change c = { .infusion_ms = INFUSION_NONE };

		if (a == NULL || !alarm_is_open(a))
			continue;
		alarm_show(a, b->by[i], &c);
		if (i < SLOT_LADDER + LADDERS)
			ladder_describe(b, (enum ladder)(i - SLOT_LADDER), &c);
		else
			technical_describe(b, i, false, &c);
		out[n++] = c;
	}
	return n;
}

bool
board_holds(const struct board *b, struct event_id event)
{
	for (int i = 0; i < SLOTS; i++) {
		const struct alarm *a = board_alarm(b, i);

		if (a != NULL && alarm_is_open(a) &&
		    event_id_equal(a->event, event))
			return true;
	}
	return false;
}

enum priority
board_worst(const struct board *b)
{
	enum priority worst = PRIORITY_NONE;

	for (int i = 0; i < SLOTS; i++) {
		const struct alarm *a = board_alarm(b, i);

		if (a != NULL && alarm_is_open(a) && a->priority > worst)
			worst = a->priority;
	}
	return worst;
}

bool
board_armed(const struct board *b, enum ladder l)
{
	return b->armed[l];
}

int
board_source(const struct board *b, enum subject s)
{
	return s < SUBJECT_LEVELS ? b->subject[s].port :
	    b->cuff_port[s - SUBJECT_LEVELS];
}

int64_t
board_paused_until(const struct board *b)
{
	return b->pausing ? b->pause_until_ms : 0;
}
