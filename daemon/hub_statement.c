/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What people state, as declared in hub.h: it is checked, recorded, and only
 * then takes effect on the bed's session and board.
 *
 * Easy to get wrong: a refused statement changes nothing, not even the hub's
 * moment; one that ends a session is recorded, and ends the session's alarms,
 * while that session still is the bed's.
 */
#include "daemon/hub.h"

#include <string.h>

#include "daemon/hub_out.h"
#include "daemon/hub_relay.h"

static void
record_statement(struct hub *h, const struct hub_bed *b, const char *session,
    struct statement *st)
{
	struct record r = { .class = RECORD_STATEMENT };

	st->id = id_next(&h->ids);
	hub_copy_text(st->bed, sizeof st->bed, b != NULL ? b->id : "");
	hub_copy_text(st->session, sizeof st->session, session);
	r.statement = *st;
	hub_emit_record(h, &r, true);
}

/* The session that ended before the open one, or before the ended one. */
static struct hub_past
past_of(const struct hub *h, size_t bed, enum hub_which which)
{
	struct hub_past past = { .id = "" };
	struct session s;

	if (which == HUB_ENDED)
		return h->bed[bed].before;
	hub_load_session(h, bed, HUB_ENDED, &s);
	memcpy(past.id, s.id, sizeof past.id);
	past.end_ms = session_end_ms(&s);
	return past;
}

/* Two patients' sessions have no moment of one bed in common. */
static enum refusal
check_overlap(const struct hub *h, size_t bed, enum hub_which which,
    int64_t begin_ms)
{
	struct hub_past past = past_of(h, bed, which);

	return past.id[0] != '\0' && begin_ms < past.end_ms ?
	    REFUSAL_OVERLAP : REFUSAL_NONE;
}

/* It is the ended one from now on. */
static void
keep_ended(struct hub *h, size_t bed, const struct session *s)
{
	h->bed[bed].before = past_of(h, bed, HUB_OPEN);
	hub_keep_session(h, bed, HUB_ENDED, s);
}

void
hub_restore_ended(struct hub *h, size_t bed, const struct session *s)
{
	keep_ended(h, bed, s);
}

enum refusal
hub_state(struct hub *h, const struct now *now, size_t bed,
    struct statement *st)
{
	struct hub_bed *b = &h->bed[bed];
	struct session s;
	enum refusal no;
	enum phase p;

	hub_session(h, bed, &s);
	no = session_check(&s, st->kind, st->at_ms, now->t_ms);
	if (no == REFUSAL_NONE && st->kind == STATEMENT_SESSION_START)
		no = check_overlap(h, bed, HUB_OPEN, st->at_ms);
	if (no != REFUSAL_NONE)
		return no;
	h->now = *now;
	if (st->kind == STATEMENT_SESSION_START) {
		memset(&s, 0, sizeof s);
		hub_copy_text(s.id, sizeof s.id, st->session);
		b->baseline_confirmed = false;
		memset(&b->baseline, 0, sizeof b->baseline);
	}
	record_statement(h, b, s.id, st);
	session_apply(&s, st);
	hub_keep_session(h, bed, HUB_OPEN, &s);
	p = session_phase(&s);
	if (st->kind == STATEMENT_SESSION_START) {
		board_open(&b->board, now->t_ms, h->site);
		hub_relay_begin(h, b);
	}
	if (p != PHASE_CLOSED && p != PHASE_ABORTED) {
		board_phase(&b->board, now->t_ms, p);
	} else {
		/* Its alarms end while it still is the bed's session. */
		board_close(&b->board, now->t_ms, p == PHASE_CLOSED ?
		    "the session was closed" : "the session was aborted");
		keep_ended(h, bed, &s);
		memset(&b->session, 0, sizeof b->session);
		board_limits(&b->board, now->t_ms, h->site);
		b->baseline_confirmed = false;
		hub_box(h, now, BOX_RESTARTED, b->id, false, "");
	}
	hub_settle(h, bed);
	hub_tell_changed(h, bed);
	return REFUSAL_NONE;
}

/* Whose statement it is, the open session's or the ended one's; and that
 * session. */
static enum hub_which
find_amended(const struct hub *h, size_t bed, struct event_id statement,
    struct session *out)
{
	hub_load_session(h, bed, HUB_ENDED, out);
	for (size_t i = 0; i < out->n && i < SESSION_STATEMENTS_MAX; i++)
		if (event_id_equal(out->step[i].id, statement))
			return HUB_ENDED;
	if (!hub_in_session(&h->bed[bed]))
		return HUB_ENDED;
	hub_session(h, bed, out);
	return HUB_OPEN;
}

struct hub_past
hub_reached(const struct hub *h, size_t bed, struct event_id amends)
{
	struct session s;

	return past_of(h, bed, amends.start != 0 ?
	    find_amended(h, bed, amends, &s) : HUB_OPEN);
}

bool
hub_step(const struct hub *h, size_t bed, struct event_id statement,
    struct session_step *out)
{
	struct session s;

	(void)find_amended(h, bed, statement, &s);
	for (size_t i = 0; i < s.n && i < SESSION_STATEMENTS_MAX; i++) {
		if (!event_id_equal(s.step[i].id, statement))
			continue;
		*out = s.step[i];
		return true;
	}
	return false;
}

/* When the bed's open session began; INT64_MAX if there is none. */
static int64_t
open_begin_ms(const struct hub *h, size_t bed)
{
	struct session s;

	hub_session(h, bed, &s);
	return session_begin_ms(&s);
}

enum refusal
hub_amend(struct hub *h, const struct now *now, size_t bed,
    struct statement *st)
{
	struct hub_bed *b = &h->bed[bed];
	struct session s;
	enum hub_which which = find_amended(h, bed, st->amends, &s);
	enum refusal no = session_check_amend(&s, st->amends, st->withdrawn,
	    st->at_ms, now->t_ms);

	/* Nor may it reach into the session that followed. */
	if (no == REFUSAL_NONE && which == HUB_ENDED && !st->withdrawn &&
	    st->at_ms > open_begin_ms(h, bed))
		no = REFUSAL_NEXT;
	if (no == REFUSAL_NONE && !st->withdrawn && s.n > 0 &&
	    event_id_equal(st->amends, s.step[0].id))
		no = check_overlap(h, bed, which, st->at_ms);
	if (no != REFUSAL_NONE)
		return no;
	h->now = *now;
	st->kind = STATEMENT_AMEND;
	record_statement(h, b, s.id, st);
	session_apply(&s, st);
	hub_keep_session(h, bed, which, &s);
	if (which == HUB_OPEN)
		board_phase(&b->board, now->t_ms, session_phase(&s));
	hub_settle(h, bed);
	hub_tell_changed(h, bed);
	return REFUSAL_NONE;
}

enum refusal
hub_baseline(struct hub *h, const struct now *now, size_t bed,
    struct statement *st, const struct baseline *v)
{
	struct hub_bed *b = &h->bed[bed];

	if (!hub_in_session(b))
		return REFUSAL_NO_SESSION;
	h->now = *now;
	st->kind = STATEMENT_BASELINE_CONFIRM;
	record_statement(h, b, b->session.id, st);
	b->baseline = *v;
	b->baseline_confirmed = true;
	board_baseline(&b->board, now->t_ms, v);
	hub_settle(h, bed);
	hub_tell_changed(h, bed);
	return REFUSAL_NONE;
}

enum refusal
hub_limit(struct hub *h, const struct now *now, size_t bed,
    struct statement *st, enum tier tier, const struct limit *limit)
{
	struct hub_bed *b = &h->bed[bed];
	struct limit_set *own = &h->limits[bed];

	if (!hub_in_session(b))
		return REFUSAL_NO_SESSION;
	h->now = *now;
	st->kind = STATEMENT_LIMIT_SET;
	record_statement(h, b, b->session.id, st);
	/* What has fallen due is still judged by the old limit. */
	board_tick(&b->board, now->t_ms);
	if (b->board.limits != own)
		*own = *b->board.limits;
	own->tier[tier] = *limit;
	board_limits(&b->board, now->t_ms, own);
	hub_settle(h, bed);
	hub_tell_changed(h, bed);
	return REFUSAL_NONE;
}

/* Whether such an event is open; *bed is beds_n where it is the box's and
 * concerns no bed. */
static bool
find_event(const struct hub *h, struct event_id event, size_t *bed)
{
	const char *named = box_bed(&h->box, event);
	int found;

	for (size_t i = 0; i < h->beds_n; i++) {
		if (board_holds(&h->bed[i].board, event)) {
			*bed = i;
			return true;
		}
	}
	if (named == NULL)
		return false;
	found = hub_find_bed(h, named);
	*bed = found >= 0 ? (size_t)found : h->beds_n;
	return true;
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
	hub_settle(h, bed);
	hub_tell_changed(h, bed);
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
	hub_settle(h, bed);
	hub_tell_changed(h, bed);
	return until;
}
