/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See hub_out.h.
 *
 * Easy to get wrong: a bed's deadline changes with every reading, and the bed
 * that is due first is the one that changes next; so the least of all is kept in
 * a tree, not searched among a thousand.
 */
#include "daemon/hub_out.h"

void
hub_copy_text(char *out, size_t cap, const char *from)
{
	size_t i = 0;

	for (; i + 1 < cap && from[i] != '\0'; i++)
		out[i] = from[i];
	out[i] = '\0';
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
		int64_t t = hub_port_silent_ms(&h->port[b->port[i]]);

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

void
hub_emit_alarm(struct hub *h, const struct hub_bed *b, int64_t t_ms,
    const struct alarm_change *c)
{
	struct record r = { .class = RECORD_ALARM };
	struct session_stamp stamp = { .phase = PHASE_IDLE,
		.infusion_ms = INFUSION_NONE, .interval_ms = INFUSION_NONE };
	struct now now = h->now;

	r.alarm = *c;
	r.alarm.bed[0] = '\0';
	r.alarm.session[0] = '\0';
	if (b != NULL) {
		hub_copy_text(r.alarm.bed, sizeof r.alarm.bed, b->id);
		hub_copy_text(r.alarm.session, sizeof r.alarm.session,
		    b->session.id);
		if (hub_in_session(b))
			stamp = session_at(&b->session, t_ms);
	}
	r.alarm.session_phase = stamp.phase;
	r.alarm.infusion_ms = stamp.infusion_ms;
	now.wall_ms -= now.t_ms - t_ms;
	now.t_ms = t_ms;
	h->sink.record(h->sink.arg, &now, &r, true);
	h->sink.alarm(h->sink.arg, &now, &r.alarm, b != NULL ? b->label : "");
	hub_tell_changed(h, b != NULL ? (size_t)(b - h->bed) : h->beds_n);
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
