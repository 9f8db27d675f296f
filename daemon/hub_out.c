/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See hub_out.h.
 *
 * Easy to get wrong: a bed's deadline changes with every reading, and the bed
 * that is due first is the one that changes next; so the least of all is kept in
 * a tree, not searched among a thousand.
 */
#include "daemon/hub_out.h"

#include <string.h>

void
hub_copy_text(char *out, size_t cap, const char *from)
{
	size_t i = 0;

	for (; i + 1 < cap && from[i] != '\0'; i++)
		out[i] = from[i];
	out[i] = '\0';
}

static struct session_head *
head_of(const struct hub *h, size_t bed, enum hub_which which)
{
	return which == HUB_OPEN ? &h->bed[bed].session : &h->ended[bed];
}

static struct session_step *
step_of(const struct hub *h, size_t bed, enum hub_which which, size_t i)
{
	return &h->step[((size_t)which * SESSION_STATEMENTS_MAX + i) *
	    h->beds_n + bed];
}

void
hub_load_session(const struct hub *h, size_t bed, enum hub_which which,
    struct session *out)
{
	const struct session_head *s = head_of(h, bed, which);

	memset(out, 0, sizeof *out);
	memcpy(out->id, s->id, sizeof out->id);
	memcpy(out->bed, s->bed, sizeof out->bed);
	memcpy(out->subject, s->subject, sizeof out->subject);
	out->n = s->n;
	for (size_t i = 0; i < s->n && i < SESSION_STATEMENTS_MAX; i++)
		out->step[i] = *step_of(h, bed, which, i);
}

void
hub_keep_session(struct hub *h, size_t bed, enum hub_which which,
    const struct session *s)
{
	struct session_head *out = head_of(h, bed, which);

	memcpy(out->id, s->id, sizeof out->id);
	memcpy(out->bed, s->bed, sizeof out->bed);
	memcpy(out->subject, s->subject, sizeof out->subject);
	out->n = s->n;
	for (size_t i = 0; i < s->n && i < SESSION_STATEMENTS_MAX; i++)
		*step_of(h, bed, which, i) = s->step[i];
}

bool
hub_in_session(const struct hub_bed *b)
{
	return b->session.id[0] != '\0';
}

int64_t
hub_port_silent_ms(const struct hub_port *p)
{
	if (p->silent || p->frame_ms == STREAM_NEVER)
		return HUB_NEVER;
	return p->frame_ms + p->silent_after_ms + 1;
}

int64_t
hub_bed_next_ms(const struct hub *h, size_t bed)
{
	const struct hub_bed *b = &h->bed[bed];
	int64_t next = board_next_ms(&b->board);

	for (size_t i = 0; i < b->ports_n; i++) {
		const struct hub_port *p = &h->port[b->port[i]];
		int64_t t = hub_port_silent_ms(p);

		if (t < next)
			next = t;
		if (p->relay == 0 || h->relay[p->relay - 1].untold == 0)
			continue;
		t = h->relay[p->relay - 1].from_ms + HUB_FLIPS_MS;
		if (t < next)
			next = t;
	}
	for (int i = 0; i < SUBJECTS; i++) {
		int64_t t = b->flips[i].from_ms + HUB_FLIPS_MS;

		if (b->flips[i].untold > 0 && t < next)
			next = t;
	}
	return next;
}

void
hub_settle(struct hub *h, size_t bed)
{
	int64_t *t = h->next_ms;

	if (bed >= h->beds_n)
		return;
	t[h->beds_n + bed] = hub_bed_next_ms(h, bed);
	for (size_t i = (h->beds_n + bed) / 2; i >= 1; i /= 2)
		t[i] = t[2 * i] < t[2 * i + 1] ? t[2 * i] : t[2 * i + 1];
}

void
hub_tell_changed(struct hub *h, size_t bed)
{
	h->sink.changed(h->sink.arg, bed);
}

void
hub_emit_record(struct hub *h, const struct record *r, bool urgent)
{
	h->sink.record(h->sink.arg, &h->now, r, urgent);
}

struct session_stamp
hub_stamp_at(const struct hub *h, size_t bed, int64_t t_ms)
{
	struct session_stamp none = { .phase = PHASE_IDLE,
		.infusion_ms = INFUSION_NONE, .interval_ms = INFUSION_NONE };
	struct session s;

	if (bed >= h->beds_n || !hub_in_session(&h->bed[bed]))
		return none;
	hub_load_session(h, bed, HUB_OPEN, &s);
	return session_at(&s, t_ms);
}

void
hub_emit_alarm(struct hub *h, const struct hub_bed *b, int64_t t_ms,
    const struct alarm_change *c)
{
	struct record r = { .class = RECORD_ALARM };
	size_t bed = b != NULL ? (size_t)(b - h->bed) : h->beds_n;
	struct session_stamp stamp = hub_stamp_at(h, bed, t_ms);
	struct now now = h->now;

	r.alarm = *c;
	r.alarm.bed[0] = '\0';
	r.alarm.session[0] = '\0';
	if (b != NULL) {
		hub_copy_text(r.alarm.bed, sizeof r.alarm.bed, b->id);
		hub_copy_text(r.alarm.session, sizeof r.alarm.session,
		    b->session.id);
	}
	r.alarm.session_phase = stamp.phase;
	r.alarm.infusion_ms = stamp.infusion_ms;
	now.wall_ms -= now.t_ms - t_ms;
	now.t_ms = t_ms;
	h->sink.record(h->sink.arg, &now, &r, true);
	h->sink.alarm(h->sink.arg, &now, &r.alarm, b != NULL ? b->label : "");
	hub_tell_changed(h, bed);
}

void
hub_emit_event(struct hub_bed *b, enum event_kind kind, const char *port,
    const char *text)
{
	struct record r = { .class = RECORD_EVENT };

	r.event.kind = kind;
	hub_copy_text(r.event.bed, sizeof r.event.bed, b->id);
	hub_copy_text(r.event.session, sizeof r.event.session, b->session.id);
	hub_copy_text(r.event.port, sizeof r.event.port, port);
	hub_copy_text(r.event.text, sizeof r.event.text, text);
	hub_emit_record(b->hub, &r, false);
}
