/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See hub.h.  Every entry point notes the moment, does its work, and ends with
 * settle(), which keeps the one deadline that the shell's timer is set to.
 *
 * Easy to get wrong: a bed's deadline changes with every reading, so the least
 * of all is kept up to date and searched anew only when it itself moved.
 */
#include "daemon/hub.h"

#include <assert.h>
#include <string.h>

static void
copy_text(char *out, size_t cap, const char *from)
{
	size_t i = 0;

	for (; i + 1 < cap && from[i] != '\0'; i++)
		out[i] = from[i];
	out[i] = '\0';
}

static bool
in_session(const struct hub_bed *b)
{
	return b->session.id[0] != '\0';
}

/* When a port that is heard now counts as silent, if nothing comes. */
static int64_t
silent_at_ms(const struct hub_port *p)
{
	if (p->silent || p->frame_ms == STREAM_NEVER)
		return HUB_NEVER;
	return p->frame_ms + p->silent_after_ms + 1;
}

static void
find_soonest(struct hub *h)
{
	int64_t least = box_next_ms(&h->box);

	for (size_t i = 0; i < h->beds_n; i++)
		if (h->next_ms[i] < least)
			least = h->next_ms[i];
	h->soonest_ms = least;
}

/* When a bed next needs hub_tick(): for its alarms, or for a monitor that is
 * about to count as silent. */
static int64_t
bed_next_ms(const struct hub *h, size_t bed)
{
	const struct hub_bed *b = &h->bed[bed];
	int64_t next = board_next_ms(&b->board);

	for (size_t i = 0; i < b->ports_n; i++) {
		int64_t t = silent_at_ms(&h->port[b->port[i]]);

		if (t < next)
			next = t;
	}
	return next;
}

static void
settle(struct hub *h, size_t bed)
{
	int64_t before, after;

	if (bed >= h->beds_n) {
		find_soonest(h);
		return;
	}
	before = h->next_ms[bed];
	after = bed_next_ms(h, bed);
	h->next_ms[bed] = after;
	if (after < h->soonest_ms)
		h->soonest_ms = after;
	else if (before == h->soonest_ms && after != before)
		find_soonest(h);
}

static void
tell_changed(struct hub *h, size_t bed)
{
	h->sink.changed(h->sink.arg, bed);
}

static void
emit_record(struct hub *h, const struct record *r, bool urgent)
{
	h->sink.record(h->sink.arg, &h->now, r, urgent);
}

/* Fills in what only the hub knows, logs the change, then hands it out. */
static void
emit_alarm(struct hub *h, const struct hub_bed *b, int64_t t_ms,
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
		copy_text(r.alarm.bed, sizeof r.alarm.bed, b->id);
		copy_text(r.alarm.session, sizeof r.alarm.session,
		    b->session.id);
		if (in_session(b))
			stamp = session_at(&b->session, t_ms);
	}
	r.alarm.session_phase = stamp.phase;
	r.alarm.infusion_ms = stamp.infusion_ms;
	now.wall_ms -= now.t_ms - t_ms;
	now.t_ms = t_ms;
	h->sink.record(h->sink.arg, &now, &r, true);
	h->sink.alarm(h->sink.arg, &now, &r.alarm, b != NULL ? b->label : "");
	tell_changed(h, b != NULL ? (size_t)(b - h->bed) : h->beds_n);
}

static void
bed_alarm(void *arg, int64_t t_ms, const struct alarm_change *c)
{
	struct hub_bed *b = arg;

	emit_alarm(b->hub, b, t_ms, c);
}

static void
box_alarm(void *arg, int64_t t_ms, const struct alarm_change *c)
{
	struct hub *h = arg;
	int bed = hub_find_bed(h, c->bed);

	/* T10 names a bed in c->bed; the rest concern the box alone. */
	emit_alarm(h, bed >= 0 ? &h->bed[bed] : NULL, t_ms, c);
}

static void
bed_event(struct hub_bed *b, enum event_kind kind, const char *port,
    const char *text)
{
	struct record r = { .class = RECORD_EVENT };

	r.event.kind = kind;
	copy_text(r.event.bed, sizeof r.event.bed, b->id);
	copy_text(r.event.session, sizeof r.event.session, b->session.id);
	copy_text(r.event.port, sizeof r.event.port, port);
	copy_text(r.event.text, sizeof r.event.text, text);
	emit_record(b->hub, &r, false);
}

static const char *const subject_word[SUBJECTS] = {
	[SUBJECT_HEART_RATE] = "heart-rate",
	[SUBJECT_SPO2] = "spo2",
	[SUBJECT_RR] = "rr",
	[SUBJECT_NIBP_SYS] = "nibp-sys",
	[SUBJECT_NIBP_DIA] = "nibp-dia",
	[SUBJECT_NIBP_MAP] = "nibp-map",
};

static void
bed_source(void *arg, int64_t t_ms, enum subject s, int port)
{
	struct hub_bed *b = arg;
	const char *name = "";

	(void)t_ms;
	if (port >= 0 && (size_t)port < b->ports_n)
		name = b->hub->port[b->port[port]].name;
	bed_event(b, EVENT_SOURCE, name, subject_word[s]);
}

static void
bed_armed(void *arg, int64_t t_ms, enum ladder l)
{
	struct hub_bed *b = arg;

	(void)t_ms;
	bed_event(b, EVENT_ARMED, "", ladder_name[l]);
	tell_changed(b->hub, (size_t)(b - b->hub->bed));
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
	struct board_sink box_sink = { h, box_alarm, silent_source,
		silent_armed };

	h->site = *site;
	h->ids.start = start_id;
	h->ids.n = 0;
	h->sink = *sink;
	h->now = *now;
	box_init(&h->box, &box_sink, &h->ids);
	for (size_t i = 0; i < h->beds_n; i++) {
		struct hub_bed *b = &h->bed[i];

		memset(b, 0, sizeof *b);
		copy_text(b->id, sizeof b->id, beds[i].id);
		copy_text(b->label, sizeof b->label, beds[i].label);
		b->limits = *site;
		b->hub = h;
	}
	for (size_t i = 0; i < h->ports_n; i++) {
		struct hub_port *p = &h->port[i];
		struct hub_bed *b;

		memset(p, 0, sizeof *p);
		copy_text(p->name, sizeof p->name, ports[i].name);
		p->bed = ports[i].bed;
		p->driver = ports[i].driver;
		p->silent_after_ms = ports[i].silent_after_ms > 0 ?
		    ports[i].silent_after_ms : p->driver->silent_after_ms;
		p->frame_ms = STREAM_NEVER;
		p->open_ms = now->t_ms;
		assert(p->bed < h->beds_n);
		b = &h->bed[p->bed];
		assert(b->ports_n < BOARD_PORTS);
		p->slot = b->ports_n;
		b->port[b->ports_n++] = i;
	}
	for (size_t i = 0; i < h->beds_n; i++) {
		struct hub_bed *b = &h->bed[i];
		struct board_sink s = { b, bed_alarm, bed_source, bed_armed };
		struct board_port bp[BOARD_PORTS] = { { 0 } };

		for (size_t j = 0; j < b->ports_n; j++) {
			const struct hub_port_config *c = &ports[b->port[j]];

			bp[j].name = h->port[b->port[j]].name;
			bp[j].same_limb = c->same_limb;
			bp[j].silent_after_ms =
			    (int32_t)h->port[b->port[j]].silent_after_ms;
		}
		board_init(&b->board, site, bp, b->ports_n, &s, &h->ids,
		    now->t_ms);
		h->next_ms[i] = bed_next_ms(h, i);
	}
	find_soonest(h);
}

void
hub_restore(struct hub *h, const struct now *now, size_t bed,
    const struct session *s, const struct limit_set *limits,
    const bool armed[LADDERS], const struct baseline *baseline,
    const struct alarm_change *open, size_t open_n)
{
	struct hub_bed *b = &h->bed[bed];

	h->now = *now;
	b->session = *s;
	b->limits = *limits;
	b->baseline_confirmed = baseline != NULL;
	if (baseline != NULL)
		b->baseline = *baseline;
	board_restore(&b->board, now->t_ms, limits, armed, &b->baseline);
	board_phase(&b->board, now->t_ms, session_phase(s));
	for (size_t i = 0; i < open_n; i++)
		board_adopt(&b->board, now->t_ms, &open[i]);
	hub_box(h, now, BOX_RESTARTED, b->id, true,
	    "vitalsd was restarted during this session");
	settle(h, bed);
	tell_changed(h, bed);
}

void
hub_end_stray(struct hub *h, const struct now *now,
    const struct alarm_change *open)
{
	int bed = hub_find_bed(h, open->bed);
	struct alarm_change c = *open;

	h->now = *now;
	copy_text(c.text, sizeof c.text, "vitalsd was restarted");
	c.by[0] = '\0';	/* who acknowledged it did not end it */
	c.paused = false;
	c.phase = ALARM_END;
	c.state = ALARM_INACTIVE;
	c.level = PRIORITY_NONE;
	c.peak = PRIORITY_HIGH;	/* the log does not say */
	emit_alarm(h, bed >= 0 ? &h->bed[bed] : NULL, now->t_ms, &c);
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
			bed_event(b, EVENT_LINK_UP, p->name,
			    "sound data arrive again");
		} else if (p->frame_ms == STREAM_NEVER) {
			bed_event(b, EVENT_LINK_UP, p->name,
			    "first sound data");
		}
		p->frame_ms = d->t_ms;
	}
	board_frame(&b->board, d->t_ms, p->slot, good);
	for (size_t i = 0; i < d->readings.n && i < READINGS_MAX; i++) {
		const struct reading *r = &d->readings.item[i];

		p->value[r->vital].seen = true;
		p->value[r->vital].reading = *r;
		p->value[r->vital].t_ms = d->t_ms;
		board_reading(&b->board, d->t_ms, p->slot, r);
		h->sink.reading(h->sink.arg, &h->now, port, r);
	}
	if (d->readings.n > 0)
		tell_changed(h, p->bed);
	settle(h, p->bed);
}

void
hub_link(struct hub *h, const struct now *now, size_t port, bool open,
    const char *why)
{
	struct hub_port *p = &h->port[port];
	struct hub_bed *b = &h->bed[p->bed];

	h->now = *now;
	if (p->open != open) {
		p->open = open;
		p->open_ms = now->t_ms;
	}
	bed_event(b, open ? EVENT_PORT_OPEN : EVENT_PORT_LOST, p->name, why);
	board_link(&b->board, now->t_ms, p->slot, open);
	tell_changed(h, p->bed);
	settle(h, p->bed);
}

/* A monitor that fell silent is noted once, session or not. */
static void
note_silence(struct hub *h, struct hub_bed *b)
{
	for (size_t i = 0; i < b->ports_n; i++) {
		struct hub_port *p = &h->port[b->port[i]];

		if (silent_at_ms(p) > h->now.t_ms)
			continue;
		p->silent = true;
		bed_event(b, EVENT_LINK_DOWN, p->name,
		    "no sound data for as long as the driver allows");
		tell_changed(h, p->bed);
	}
}

void
hub_tick(struct hub *h, const struct now *now)
{
	h->now = *now;
	for (size_t i = 0; i < h->beds_n; i++) {
		if (h->next_ms[i] > now->t_ms)
			continue;
		note_silence(h, &h->bed[i]);
		board_tick(&h->bed[i].board, now->t_ms);
		h->next_ms[i] = bed_next_ms(h, i);
	}
	box_tick(&h->box, now->t_ms);
	find_soonest(h);
}

int64_t
hub_next_ms(const struct hub *h)
{
	return h->soonest_ms;
}

static void
record_statement(struct hub *h, const struct hub_bed *b, const char *session,
    struct statement *st)
{
	struct record r = { .class = RECORD_STATEMENT };

	st->id = id_next(&h->ids);
	copy_text(st->bed, sizeof st->bed, b != NULL ? b->id : "");
	copy_text(st->session, sizeof st->session, session);
	r.statement = *st;
	emit_record(h, &r, true);
}

enum refusal
hub_state(struct hub *h, const struct now *now, size_t bed,
    struct statement *st)
{
	struct hub_bed *b = &h->bed[bed];
	enum refusal no = session_check(&b->session, st->kind, st->at_ms,
	    now->t_ms);
	enum phase p;

	if (no != REFUSAL_NONE)
		return no;
	h->now = *now;
	if (st->kind == STATEMENT_SESSION_START) {
		memset(&b->session, 0, sizeof b->session);
		copy_text(b->session.id, sizeof b->session.id, st->session);
		copy_text(b->session.bed, sizeof b->session.bed, b->id);
		copy_text(b->session.subject, sizeof b->session.subject,
		    st->subject);
		b->limits = h->site;
		b->baseline_confirmed = false;
		memset(&b->baseline, 0, sizeof b->baseline);
	}
	record_statement(h, b, b->session.id, st);
	session_apply(&b->session, st);
	p = session_phase(&b->session);
	if (st->kind == STATEMENT_SESSION_START)
		board_open(&b->board, now->t_ms, &h->site);
	if (p != PHASE_CLOSED && p != PHASE_ABORTED) {
		board_phase(&b->board, now->t_ms, p);
	} else {
		/* Its alarms end while it still is the bed's session. */
		board_close(&b->board, now->t_ms, p == PHASE_CLOSED ?
		    "the session was closed" : "the session was aborted");
		b->ended = b->session;
		memset(&b->session, 0, sizeof b->session);
		b->limits = h->site;
		b->baseline_confirmed = false;
		hub_box(h, now, BOX_RESTARTED, b->id, false, "");
	}
	settle(h, bed);
	tell_changed(h, bed);
	return REFUSAL_NONE;
}

/* Whose statement it is: the open session's, or the ended one's. */
static struct session *
find_amended(struct hub_bed *b, struct event_id statement)
{
	for (size_t i = 0; i < b->ended.n; i++)
		if (event_id_equal(b->ended.step[i].id, statement))
			return &b->ended;
	return in_session(b) ? &b->session : &b->ended;
}

enum refusal
hub_amend(struct hub *h, const struct now *now, size_t bed,
    struct statement *st)
{
	struct hub_bed *b = &h->bed[bed];
	struct session *s = find_amended(b, st->amends);
	enum refusal no = session_check_amend(s, st->amends, st->withdrawn,
	    st->at_ms, now->t_ms);

	/* Nor may it reach into the session that followed. */
	if (no == REFUSAL_NONE && s != &b->session && in_session(b) &&
	    !st->withdrawn && st->at_ms > session_begin_ms(&b->session))
		no = REFUSAL_ORDER;
	if (no != REFUSAL_NONE)
		return no;
	h->now = *now;
	st->kind = STATEMENT_AMEND;
	record_statement(h, b, s->id, st);
	session_apply(s, st);
	if (s == &b->session)
		board_phase(&b->board, now->t_ms, session_phase(s));
	settle(h, bed);
	tell_changed(h, bed);
	return REFUSAL_NONE;
}

enum refusal
hub_baseline(struct hub *h, const struct now *now, size_t bed,
    struct statement *st, const struct baseline *v)
{
	struct hub_bed *b = &h->bed[bed];

	if (!in_session(b))
		return REFUSAL_NO_SESSION;
	h->now = *now;
	st->kind = STATEMENT_BASELINE_CONFIRM;
	record_statement(h, b, b->session.id, st);
	b->baseline = *v;
	b->baseline_confirmed = true;
	board_baseline(&b->board, now->t_ms, v);
	settle(h, bed);
	tell_changed(h, bed);
	return REFUSAL_NONE;
}

enum refusal
hub_limit(struct hub *h, const struct now *now, size_t bed,
    struct statement *st, enum tier tier, const struct limit *limit)
{
	struct hub_bed *b = &h->bed[bed];

	if (!in_session(b))
		return REFUSAL_NO_SESSION;
	h->now = *now;
	st->kind = STATEMENT_LIMIT_SET;
	record_statement(h, b, b->session.id, st);
	b->limits.tier[tier] = *limit;
	board_limits(&b->board, now->t_ms, &b->limits);
	settle(h, bed);
	tell_changed(h, bed);
	return REFUSAL_NONE;
}

/* Whether such an event is open; *bed is beds_n where it is the box's and
 * concerns no bed. */
static bool
find_event(const struct hub *h, struct event_id event, size_t *bed)
{
	struct alarm_change open[BOX_SLOTS];

	for (size_t i = 0; i <= h->beds_n; i++) {
		size_t n = hub_alarms(h, i, open, BOX_SLOTS);

		for (size_t j = 0; j < n; j++) {
			int named = hub_find_bed(h, open[j].bed);

			if (!event_id_equal(open[j].event, event))
				continue;
			*bed = named >= 0 ? (size_t)named : i;
			return true;
		}
	}
	return false;
}

bool
hub_ack(struct hub *h, const struct now *now, struct event_id event,
    struct statement *st)
{
	size_t bed = 0;
	const char *by;
	char id[EVENT_ID_TEXT];
	size_t n = 0, length;

	if (!find_event(h, event, &bed))
		return false;
	h->now = *now;
	st->kind = STATEMENT_ALARM_ACK;
	length = event_id_format(id, event);
	memcpy(st->text, "{\"event\":\"", 10);
	n = 10;
	memcpy(st->text + n, id, length);
	n += length;
	memcpy(st->text + n, "\"}", 3);
	record_statement(h, bed < h->beds_n ? &h->bed[bed] : NULL,
	    bed < h->beds_n ? h->bed[bed].session.id : "", st);
	by = st->by[0] != '\0' ? st->by : st->user;
	/* The box may speak about a bed: try both holders of events. */
	if (!box_ack(&h->box, now->t_ms, event, by) && bed < h->beds_n &&
	    !board_ack(&h->bed[bed].board, now->t_ms, event, by))
		return false;
	settle(h, bed);
	settle(h, h->beds_n);
	tell_changed(h, bed);
	return true;
}

int64_t
hub_pause(struct hub *h, const struct now *now, size_t bed, int64_t for_ms,
    struct statement *st)
{
	struct hub_bed *b = &h->bed[bed];
	int64_t until;

	h->now = *now;
	st->kind = STATEMENT_ALARM_PAUSE;
	record_statement(h, b, b->session.id, st);
	until = board_pause(&b->board, now->t_ms, for_ms);
	settle(h, bed);
	tell_changed(h, bed);
	return until;
}

void
hub_box(struct hub *h, const struct now *now, enum box_condition c,
    const char *subject, bool holds, const char *why)
{
	h->now = *now;
	box_set(&h->box, now->t_ms, c, subject, holds, why);
	find_soonest(h);
}

void
hub_event(struct hub *h, const struct now *now, const struct event *e)
{
	struct record r = { .class = RECORD_EVENT };

	h->now = *now;
	r.event = *e;
	emit_record(h, &r, false);
}

void
hub_site_limits(struct hub *h, const struct limit_set *site)
{
	h->site = *site;
	for (size_t i = 0; i < h->beds_n; i++) {
		struct hub_bed *b = &h->bed[i];

		if (in_session(b))
			continue;
		b->limits = *site;
		board_limits(&b->board, h->now.t_ms, site);
		settle(h, i);
	}
}

void
hub_label(struct hub *h, size_t bed, const char *label)
{
	struct hub_bed *b = &h->bed[bed];

	copy_text(b->label, sizeof b->label, label);
	tell_changed(h, bed);
}

enum priority
hub_worst(const struct hub *h)
{
	struct alarm_change open[BOX_SLOTS];
	enum priority worst = PRIORITY_NONE;

	for (size_t i = 0; i <= h->beds_n; i++) {
		size_t n = hub_alarms(h, i, open, BOX_SLOTS);

		for (size_t j = 0; j < n; j++)
			if (open[j].priority > worst)
				worst = open[j].priority;
	}
	return worst;
}

size_t
hub_sessions(const struct hub *h)
{
	size_t n = 0;

	for (size_t i = 0; i < h->beds_n; i++)
		n += in_session(&h->bed[i]);
	return n;
}

size_t
hub_alarms(const struct hub *h, size_t bed, struct alarm_change *out,
    size_t cap)
{
	const struct hub_bed *b;
	size_t n;

	if (bed >= h->beds_n)
		return box_view(&h->box, out, cap);
	b = &h->bed[bed];
	n = board_view(&b->board, out, cap);
	for (size_t i = 0; i < n; i++) {
		copy_text(out[i].bed, sizeof out[i].bed, b->id);
		copy_text(out[i].session, sizeof out[i].session,
		    b->session.id);
	}
	return n;
}

struct session_stamp
hub_stamp(const struct hub *h, size_t bed, int64_t t_ms)
{
	struct session_stamp none = { .phase = PHASE_IDLE,
		.infusion_ms = INFUSION_NONE, .interval_ms = INFUSION_NONE };

	if (!in_session(&h->bed[bed]))
		return none;
	return session_at(&h->bed[bed].session, t_ms);
}
