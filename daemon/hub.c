/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See hub.h: frames, links and time go in, and what the boards and the box say
 * of them comes out.  What people state is in hub_statement.c.
 *
 * Easy to get wrong: every entry point notes the moment, does its work, and
 * then finds the next deadline again, as hub_settle() does, or the shell's
 * timer sleeps over it.
 */
#include "daemon/hub.h"

#include <assert.h>
#include <string.h>

#include "alerts/phrase.h"
#include "daemon/hub_out.h"
#include "daemon/hub_relay.h"

static void
bed_alarm(void *arg, int64_t t_ms, const struct alarm_change *c)
{
	struct hub_bed *b = arg;

	hub_emit_alarm(b->hub, b, t_ms, c);
}

static void
box_alarm(void *arg, int64_t t_ms, const struct alarm_change *c)
{
	struct hub *h = arg;
	int bed = hub_find_bed(h, c->bed);

	/* T10 names a bed in c->bed; the rest concern the box alone. */
	hub_emit_alarm(h, bed >= 0 ? &h->bed[bed] : NULL, t_ms, c);
}

/* Two monitors that take turns every second would fill the log. */
#define FLIPS_TOLD 10

static void
tell_source(struct hub_bed *b, int s, int port, uint32_t untold)
{
	struct record r = { .class = RECORD_EVENT };

	r.event.kind = EVENT_SOURCE;
	r.event.count = untold;
	hub_copy_text(r.event.bed, sizeof r.event.bed, b->id);
	hub_copy_text(r.event.session, sizeof r.event.session, b->session.id);
	if (port >= 0 && (size_t)port < b->ports_n && port < BOARD_PORTS)
		hub_copy_text(r.event.port, sizeof r.event.port,
		    b->hub->port[b->port[port]].name);
	hub_copy_text(r.event.text, sizeof r.event.text, subject_name[s]);
	hub_emit_record(b->hub, &r, false);
}

/* What the minute held back: the last of it, and how many there were. */
static void
end_flips(struct hub_bed *b, int64_t t_ms)
{
	for (int i = 0; i < SUBJECTS; i++) {
		struct hub_flips *f = &b->flips[i];

		if (f->n == 0 || t_ms < f->from_ms + HUB_FLIPS_MS)
			continue;
		if (f->untold > 0)
			tell_source(b, i, f->port, f->untold - 1);
		f->n = f->untold = 0;
	}
}

static void
bed_source(void *arg, int64_t t_ms, enum subject s, int port)
{
	struct hub_bed *b = arg;
	struct hub_flips *f;

	if ((int)s < 0 || (int)s >= SUBJECTS)
		return;
	f = &b->flips[s];
	end_flips(b, t_ms);
	if (f->n == 0)
		f->from_ms = t_ms;
	f->n++;
	f->port = port;
	if (f->n > FLIPS_TOLD)
		f->untold++;
	else
		tell_source(b, (int)s, port, 0);
}

static void
bed_armed(void *arg, int64_t t_ms, enum ladder l)
{
	struct hub_bed *b = arg;

	(void)t_ms;
	hub_emit_event(b, EVENT_ARMED, "", ladder_name[l]);
	hub_tell_changed(b->hub, (size_t)(b - b->hub->bed));
}

static void
silent_source(void *arg, int64_t t_ms, enum subject s, int port)
{
	(void)arg, (void)t_ms, (void)s, (void)port;
}

static void
silent_armed(void *arg, int64_t t_ms, enum ladder l)
{
	(void)arg, (void)t_ms, (void)l;
}

void
hub_init(struct hub *h, const struct now *now, uint64_t start_id,
    const struct limit_set *site, const struct hub_bed_config *beds,
    const struct hub_port_config *ports, const struct hub_sink *sink)
{
	struct board_room room = { .port = h->board_port };
	struct board_sink box_sink = { h, box_alarm, silent_source,
		silent_armed };
	uint32_t relays = 0;

	assert(h->ports_n <= UINT16_MAX);
	h->site_room[0] = *site;
	h->site = &h->site_room[0];
	h->ids.start = start_id;
	h->ids.n = 0;
	h->sink = *sink;
	h->now = *now;
	box_init(&h->box, h->box_slot, h->box_slots_n, &box_sink, &h->ids);
	for (size_t i = 0; i < h->beds_n; i++) {
		struct hub_bed *b = &h->bed[i];

		memset(b, 0, sizeof *b);
		hub_copy_text(b->id, sizeof b->id, beds[i].id);
		hub_copy_text(b->label, sizeof b->label, beds[i].label);
		b->hub = h;
	}
	for (size_t i = 0; i < h->ports_n; i++) {
		struct hub_port *p = &h->port[i];
		struct hub_bed *b;

		memset(p, 0, sizeof *p);
		hub_copy_text(p->name, sizeof p->name, ports[i].name);
		p->bed = ports[i].bed;
		p->driver = ports[i].driver;
		p->silent_after_ms = ports[i].silent_after_ms > 0 ?
		    ports[i].silent_after_ms : p->driver->silent_after_ms;
		if (p->driver->relays_alarms && relays < h->relays_n)
			p->relay = ++relays;
		p->frame_ms = STREAM_NEVER;
		p->open_ms = now->t_ms;
		assert(p->bed < h->beds_n);
		b = &h->bed[p->bed];
		assert(b->ports_n < BOARD_PORTS);
		p->slot = b->ports_n;
		b->port[b->ports_n++] = (uint16_t)i;
	}
	for (size_t i = 0; i < h->beds_n; i++) {
		struct hub_bed *b = &h->bed[i];
		struct board_sink s = { b, bed_alarm, bed_source, bed_armed };
		struct board_port bp[BOARD_PORTS] = { { 0 } };

		room.by = h->by[i];
		for (size_t j = 0; j < SUBJECT_LEVELS; j++)
			room.sample[j] = h->sample[j * h->beds_n + i];
		for (size_t j = 0; j < b->ports_n; j++) {
			const struct hub_port_config *c = &ports[b->port[j]];

			bp[j].name = h->port[b->port[j]].name;
			bp[j].same_limb = c->same_limb;
			bp[j].silent_after_ms =
			    (int32_t)h->port[b->port[j]].silent_after_ms;
		}
		board_init(&b->board, h->site, bp, b->ports_n, &room, &s, &h->ids,
		    now->t_ms);
		room.port += b->ports_n;
	}
	for (size_t i = 1; i < h->beds_n; i++)
		h->next_ms[i] = HUB_NEVER;
	for (size_t i = 0; i < h->beds_n; i++)
		h->next_ms[h->beds_n + i] = HUB_NEVER;
	for (size_t i = 0; i < h->beds_n; i++)
		hub_settle(h, i);
}

void
hub_restore(struct hub *h, const struct now *now, size_t bed,
    const struct session *s, const struct limit_set *limits,
    const bool armed[LADDERS], const struct baseline *baseline,
    const struct alarm_change *open, size_t open_n)
{
	struct hub_bed *b = &h->bed[bed];

	h->now = *now;
	hub_keep_session(h, bed, HUB_OPEN, s);
	/* Nearly always they are what the site's others have. */
	if (memcmp(limits, h->site, sizeof *limits) == 0) {
		limits = h->site;
	} else {
		h->limits[bed] = *limits;
		limits = &h->limits[bed];
	}
	b->baseline_confirmed = baseline != NULL;
	if (baseline != NULL)
		b->baseline = *baseline;
	board_restore(&b->board, now->t_ms, session_begin_ms(s), limits, armed,
	    &b->baseline);
	board_phase(&b->board, now->t_ms, session_phase(s));
	for (size_t i = 0; i < open_n; i++)
		board_adopt(&b->board, now->t_ms, &open[i]);
	hub_box(h, now, BOX_RESTARTED, b->id, true,
	    "vitalsd was restarted during this session");
	hub_settle(h, bed);
	hub_tell_changed(h, bed);
}

void
hub_end_stray(struct hub *h, const struct now *now,
    const struct alarm_change *open)
{
	int bed = hub_find_bed(h, open->bed);
	struct alarm_change c = *open;

	h->now = *now;
	phrase_put_reason(c.text, sizeof c.text, "vitalsd was restarted");
	c.by[0] = '\0';	/* who acknowledged it did not end it */
	c.paused = false;
	c.phase = ALARM_END;
	c.state = ALARM_INACTIVE;
	c.level = PRIORITY_NONE;
	hub_emit_alarm(h, bed >= 0 ? &h->bed[bed] : NULL, now->t_ms, &c);
}

int
hub_find_bed(const struct hub *h, const char *id)
{
	if (id[0] == '\0')
		return -1;
	for (size_t i = 0; i < h->beds_n; i++)
		if (strncmp(h->bed[i].id, id, BED_MAX) == 0)
			return (int)i;
	return -1;
}

int
hub_find_port(const struct hub *h, const char *name)
{
	for (size_t i = 0; i < h->ports_n; i++)
		if (strncmp(h->port[i].name, name, PORT_NAME_MAX) == 0)
			return (int)i;
	return -1;
}

void
hub_frame(struct hub *h, const struct now *now, size_t port,
    const struct decoded *d)
{
	struct hub_port *p = &h->port[port];
	struct hub_bed *b = &h->bed[p->bed];
	bool good = d->result == DECODE_OK || d->result == DECODE_IGNORED;

	h->now = *now;
	/* The frame may have waited in a buffer: its own time counts. */
	h->now.wall_ms -= now->t_ms - d->t_ms;
	h->now.t_ms = d->t_ms;
	if (good) {
		if (p->silent) {
			p->silent = false;
			hub_emit_event(b, EVENT_LINK_UP, p->name,
			    "sound data arrive again");
		} else if (p->frame_ms == STREAM_NEVER) {
			hub_emit_event(b, EVENT_LINK_UP, p->name,
			    "first sound data");
		}
		p->frame_ms = d->t_ms;
	}
	board_lost(&b->board, d->t_ms, p->slot, d->lost);
	board_take(&b->board, d->t_ms, p->slot, good, d->readings.item,
	    d->readings.n);
	for (size_t i = 0; i < d->readings.n && i < READINGS_MAX; i++) {
		const struct reading *r = &d->readings.item[i];

		*hub_value_of(h, port, r->vital) = (struct hub_value){
			.seen = true, .reading = *r, .t_ms = d->t_ms };
		h->sink.reading(h->sink.arg, &h->now, port, r);
	}
	hub_relay_take(h, p, &d->readings.alarms);
	if (d->readings.n > 0)
		hub_tell_changed(h, p->bed);
	hub_settle(h, p->bed);
}

void
hub_shares(struct hub *h, size_t port, size_t other)
{
	const struct hub_port *p = &h->port[port];

	board_shares(&h->bed[p->bed].board, p->slot, h->port[other].name);
}

void
hub_link(struct hub *h, const struct now *now, size_t port,
    enum line_state line, const char *why)
{
	bool open = line == LINE_OPEN;
	struct hub_port *p = &h->port[port];
	struct hub_bed *b = &h->bed[p->bed];

	h->now = *now;
	if (p->open != open) {
		p->open = open;
		p->open_ms = now->t_ms;
	}
	hub_emit_event(b, open ? EVENT_PORT_OPEN : EVENT_PORT_LOST, p->name, why);
	if (!open)
		hub_relay_forget(h, p, "the line is gone");
	board_link(&b->board, now->t_ms, p->slot, line);
	hub_tell_changed(h, p->bed);
	hub_settle(h, p->bed);
}

/* A monitor that fell silent is noted once, session or not. */
static void
note_silence(struct hub *h, struct hub_bed *b)
{
	for (size_t i = 0; i < b->ports_n; i++) {
		struct hub_port *p = &h->port[b->port[i]];

		if (hub_port_silent_ms(p) > h->now.t_ms)
			continue;
		p->silent = true;
		hub_emit_event(b, EVENT_LINK_DOWN, p->name,
		    "no sound data for as long as the driver allows");
		hub_relay_forget(h, p, "the monitor is silent");
		hub_tell_changed(h, p->bed);
	}
}

void
hub_tick(struct hub *h, const struct now *now)
{
	h->now = *now;
	for (size_t i = 0; i < h->beds_n; i++) {
		if (h->next_ms[h->beds_n + i] > now->t_ms)
			continue;
		end_flips(&h->bed[i], now->t_ms);
		hub_relay_tick(h, &h->bed[i]);
		note_silence(h, &h->bed[i]);
		board_tick(&h->bed[i].board, now->t_ms);
		hub_settle(h, i);
	}
	box_tick(&h->box, now->t_ms);
}

int64_t
hub_next_ms(const struct hub *h)
{
	int64_t bed = h->next_ms[1], box = box_next_ms(&h->box);

	return bed < box ? bed : box;
}

void
hub_box(struct hub *h, const struct now *now, enum box_condition c,
    const char *subject, bool holds, const char *why)
{
	h->now = *now;
	box_set(&h->box, now->t_ms, c, subject, holds, why);
}

void
hub_event(struct hub *h, const struct now *now, const struct event *e)
{
	struct record r = { .class = RECORD_EVENT };

	h->now = *now;
	r.event = *e;
	hub_emit_record(h, &r, false);
}

void
hub_site_limits(struct hub *h, const struct limit_set *site)
{
	const struct limit_set *was = h->site;

	h->site = &h->site_room[was == &h->site_room[0]];
	h->site_room[h->site - h->site_room] = *site;
	for (size_t i = 0; i < h->beds_n; i++) {
		struct hub_bed *b = &h->bed[i];

		if (!hub_in_session(b)) {
			board_limits(&b->board, h->now.t_ms, h->site);
		} else if (b->board.limits == was) {
			/* The next reload takes that place. */
			h->limits[i] = *was;
			board_limits(&b->board, h->now.t_ms, &h->limits[i]);
		} else {
			continue;
		}
		hub_settle(h, i);
	}
}

void
hub_label(struct hub *h, size_t bed, const char *label)
{
	struct hub_bed *b = &h->bed[bed];

	hub_copy_text(b->label, sizeof b->label, label);
	hub_tell_changed(h, bed);
}

enum priority
hub_worst(const struct hub *h)
{
	enum priority worst = box_worst(&h->box);

	for (size_t i = 0; i < h->beds_n; i++) {
		enum priority p = board_worst(&h->bed[i].board);

		if (p > worst)
			worst = p;
	}
	return worst;
}

size_t
hub_sessions(const struct hub *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->beds_n; i++)
		n += hub_in_session(&h->bed[i]);
	return n;
}

size_t
hub_alarms(const struct hub *h, size_t bed, struct alarm_change *out,
    size_t cap)
{
	const struct hub_bed *b = &h->bed[bed];
	size_t n = board_view(&b->board, out, cap);

	for (size_t i = 0; i < n; i++) {
		hub_copy_text(out[i].bed, sizeof out[i].bed, b->id);
		hub_copy_text(out[i].session, sizeof out[i].session,
		    b->session.id);
	}
	return n;
}

void
hub_session(const struct hub *h, size_t bed, struct session *out)
{
	hub_load_session(h, bed, HUB_OPEN, out);
}

struct session_stamp
hub_stamp(const struct hub *h, size_t bed, int64_t t_ms)
{
	return hub_stamp_at(h, bed, t_ms);
}
