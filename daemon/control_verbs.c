/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See control_verbs.h.
 *
 * Easy to get wrong: a parameter that a method reads must stand in its list of
 * names, too; control_run() refuses every other one before the method runs.
 */
#include "daemon/control_verbs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/control_limits.h"
#include "daemon/control_state.h"
#include "daemon/json.h"
#include "daemon/roles.h"

static enum control_error
run_hello(struct control_call *c)
{
	static const struct { unsigned bit; const char *word; } words[] = {
		{ ROLE_VIEW, "view" }, { ROLE_STAFF, "staff" },
		{ ROLE_LIMITS, "limits" }, { ROLE_ADMIN, "admin" },
	};
	json_t *roles = json_array();

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (c->peer->roles & words[i].bit)
			json_array_append_new(roles,
			    json_string(words[i].word));
	c->result = json_pack("{s:s, s:s, s:i, s:o, s:s, s:o, s:s}",
	    "program", "vitalsd", "version", VITALSD_VERSION, "pid",
	    (int)getpid(), "start", json_wall(c->host->started.wall_ms),
	    "user", c->peer->user, "roles", roles, "site",
	    c->host->config->site);
	return CONTROL_OK;
}

/* The beds that are asked for: from bed number "from" on. */
static enum control_error
call_take_page(struct control_call *c, struct control_page *page)
{
	const json_t *from = json_object_get(c->params, "from");
	json_int_t at = json_integer_value(from);

	if (from != NULL && (!json_is_integer(from) || at < 0 ||
	    at >= (json_int_t)c->host->hub->beds_n))
		return call_refuse(c, CONTROL_BAD_PARAMS, "from must be the "
		    "number of a bed, 0 to %zu", c->host->hub->beds_n - 1);
	control_page(c->host, (size_t)at, page);
	return CONTROL_OK;
}

static enum control_error
run_status(struct control_call *c)
{
	struct control_page page;
	enum control_error e = call_take_page(c, &page);

	if (e == CONTROL_OK)
		c->result = control_state(c->host, &c->now, &page);
	return e;
}

static enum control_error
run_devices(struct control_call *c)
{
	struct control_page page;
	enum control_error e = call_take_page(c, &page);

	if (e == CONTROL_OK)
		c->result = control_devices(c->host, &c->now, &page);
	return e;
}

static enum control_error
run_watch(struct control_call *c)
{
	enum control_error e = run_status(c);

	c->watch_on = e == CONTROL_OK;
	return e;
}

/* The answer to a statement about that bed. */
static enum control_error
stated(struct control_call *c, size_t bed, enum refusal no,
    const struct statement *st)
{
	struct hub_past past;
	char end[CLOCK_TEXT];

	if (no != REFUSAL_OVERLAP)
		return call_stated(c, no, st);
	past = hub_reached(c->host->hub, bed, st->amends);
	/* Rounded up: what is shown is a time that may be given. */
	clock_format_local(c->now.wall_ms - (c->now.t_ms - past.end_ms) + 999,
	    end);
	return call_refuse(c, CONTROL_REFUSED, "at that time session %s of "
	    "this bed had not ended; it did at %s: give a later --at, or "
	    "correct its end with 'session amend' first", past.id, end);
}

/* The patient was watched for less after the infusion than the site wants. */
static void
point_out(struct control_call *c, int64_t recovery_ms)
{
	int64_t min_ms = c->host->config->recovery_min_ms;

	if (recovery_ms >= min_ms)
		return;
	json_object_set_new(c->result, "recovery_ms",
	    json_integer(recovery_ms));
	json_object_set_new(c->result, "recovery_min_ms",
	    json_integer(min_ms));
}

static enum control_error
transition(struct control_call *c, enum statement_kind kind)
{
	struct statement st;
	size_t bed = 0;
	enum control_error e = call_take_statement(c, &bed, &st);
	char reason[TEXT_MAX / 2];
	struct session s;
	bool recovered;
	json_t *o;
	char *text;

	if (e != CONTROL_OK)
		return e;
	st.kind = kind;
	hub_session(c->host->hub, bed, &s);
	recovered = kind == STATEMENT_SESSION_END &&
	    session_stop_ms(&s) != INT64_MIN;
	if ((e = call_take_text(c, "subject", st.subject, sizeof st.subject)) !=
	    CONTROL_OK || (e = call_take_text(c, "reason", reason,
	    sizeof reason)) != CONTROL_OK)
		return e;
	if (reason[0] != '\0' || kind == STATEMENT_SESSION_START ||
	    recovered) {
		const struct limit_set *l = c->host->hub->site;

		/* A session says which limits it began with. */
		o = kind == STATEMENT_SESSION_START ?
		    json_pack("{s:s, s:s}", "limits", l->name,
		    "confirmed_by", l->confirmed_by) :
		    !recovered ? json_pack("{s:s}", "reason", reason) :
		    json_pack("{s:s*, s:I}", "reason", reason[0] != '\0' ?
		    reason : NULL, "recovery_min_ms",
		    (json_int_t)c->host->config->recovery_min_ms);
		text = json_dumps(o, JSON_COMPACT);
		json_decref(o);
		if (text == NULL)
			return CONTROL_INTERNAL;
		if (strlen(text) >= sizeof st.text) {
			free(text);
			return call_refuse(c, CONTROL_BAD_PARAMS,
			    "reason is too long");
		}
		strcpy(st.text, text);
		free(text);
	}
	if (kind == STATEMENT_SESSION_START)
		c->host->session_id(c->host->arg, bed, st.at_wall_ms,
		    st.session);
	e = stated(c, bed, hub_state(c->host->hub, &c->now, bed, &st), &st);
	if (e == CONTROL_OK && recovered)
		point_out(c, st.at_ms - session_stop_ms(&s));
	return e;
}

#define TRANSITION(name, kind) \
static enum control_error \
run_##name(struct control_call *c) \
{ \
	return transition(c, kind); \
}
TRANSITION(session_start, STATEMENT_SESSION_START)
TRANSITION(session_end, STATEMENT_SESSION_END)
TRANSITION(session_abort, STATEMENT_SESSION_ABORT)
TRANSITION(infusion_start, STATEMENT_INFUSION_START)
TRANSITION(infusion_pause, STATEMENT_INFUSION_PAUSE)
TRANSITION(infusion_resume, STATEMENT_INFUSION_RESUME)
TRANSITION(infusion_stop, STATEMENT_INFUSION_STOP)

static enum control_error
run_mark(struct control_call *c)
{
	struct statement st;
	size_t bed = 0;
	enum control_error e = call_take_statement(c, &bed, &st);

	if (e != CONTROL_OK ||
	    (e = call_take_text(c, "text", st.text, sizeof st.text)) != CONTROL_OK)
		return e;
	if (st.text[0] == '\0')
		return call_refuse(c, CONTROL_BAD_PARAMS, "a mark needs its "
		    "words (mark \"text\")");
	st.kind = STATEMENT_MARK;
	return call_stated(c, hub_state(c->host->hub, &c->now, bed, &st), &st);
}

static enum control_error
run_amend(struct control_call *c)
{
	struct statement st;
	struct session_step was = { 0 };
	size_t bed = 0;
	char id[EVENT_ID_TEXT];
	bool withdrawn = json_is_true(json_object_get(c->params, "withdraw"));
	bool has_at = json_object_get(c->params, "at") != NULL;
	enum control_error e;
	enum refusal no;

	/* Before the time is looked at: one that is wrong may be not meant. */
	if (withdrawn == has_at)
		return call_refuse(c, CONTROL_BAD_PARAMS, "say either the "
		    "right time (--at) or that it never happened (--withdraw)");
	e = call_take_statement(c, &bed, &st);
	if (e != CONTROL_OK ||
	    (e = call_take_text(c, "statement", id, sizeof id)) != CONTROL_OK ||
	    (e = call_take_text(c, "reason", st.text, sizeof st.text)) !=
	    CONTROL_OK)
		return e;
	if (!event_id_parse(id, &st.amends))
		return call_refuse(c, CONTROL_BAD_PARAMS, "\"%s\" does not "
		    "name a statement; `vitalsctl review last` lists them", id);
	if (st.text[0] == '\0')
		return call_refuse(c, CONTROL_BAD_PARAMS, "a correction needs "
		    "its reason (--reason)");
	st.withdrawn = withdrawn;
	(void)!hub_step(c->host->hub, bed, st.amends, &was);
	no = hub_amend(c->host->hub, &c->now, bed, &st);
	if (no == REFUSAL_NO_SESSION)
		return call_refuse(c, CONTROL_REFUSED, "this bed has no open "
		    "session, and none has ended on it in the last day; an "
		    "older one is not corrected");
	e = stated(c, bed, no, &st);
	if (e != CONTROL_OK)
		return e;
	json_object_set_new(c->result, "amended",
	    json_string(statement_name(was.kind)));
	json_object_set_new(c->result, "was", json_wall(c->now.wall_ms -
	    (c->now.t_ms - was.at_ms)));
	return CONTROL_OK;
}

static enum control_error
run_alarm_list(struct control_call *c)
{
	struct control_page page;
	json_t *list, *some;
	size_t bed = 0;
	enum control_error e = call_take_page(c, &page);

	if (e == CONTROL_OK && json_object_get(c->params, "bed") != NULL) {
		e = call_take_bed(c, &bed);
		if (e == CONTROL_OK)
			c->result = json_pack("{s:o, s:n}", "alarms",
			    control_alarms(c->host, bed, &c->now), "next");
		return e;
	}
	if (e != CONTROL_OK)
		return e;
	list = json_array();
	for (size_t i = 0; i <= page.n; i++) {
		some = i < page.n ?
		    control_alarms(c->host, page.bed[i], &c->now) :
		    control_box_alarms(c->host, &page, page.bed[0] == 0,
		    &c->now);
		json_array_extend(list, some);
		json_decref(some);
	}
	c->result = json_pack("{s:o, s:o}", "alarms", list, "next",
	    control_next(c->host, &page));
	return CONTROL_OK;
}

/* 'done' gets the alarm as it was told. */
static enum control_error
acknowledge(struct control_call *c, const struct alarm_change *a, json_t *done)
{
	struct statement st = { 0 };
	enum control_error e = call_take_who(c, &st);

	if (e != CONTROL_OK)
		return e;
	st.at_ms = c->now.t_ms;
	st.at_wall_ms = c->now.wall_ms;
	if (!hub_ack(c->host->hub, &c->now, a->event, &st))
		return call_refuse(c, CONTROL_NO_SUCH, "no such alarm is open; "
		    "it may have ended meanwhile (`vitalsctl alarm list`)");
	json_array_append_new(done, json_pack("{s:o, s:s, s:s, s:s}", "event",
	    json_event_id(a->event), "bed", a->bed, "priority",
	    priority_name(a->priority), "text", a->text));
	return CONTROL_OK;
}

/* Acknowledges what waits on a bed, among what the box says of it too: that
 * vitalsd was restarted during its session. */
static enum control_error
acknowledge_bed(struct control_call *c, size_t bed, json_t *done)
{
	const struct hub *h = c->host->hub;
	struct alarm_change open[HUB_BED_ALARMS];
	size_t from = 0;
	size_t n = hub_alarms(h, bed, open, HUB_BED_ALARMS);

	for (bool box = false; n > 0 || !box; box = true) {
		for (size_t i = 0; i < n; i++) {
			enum control_error e;

			if (open[i].acknowledged ||
			    strcmp(open[i].bed, h->bed[bed].id) != 0)
				continue;
			e = acknowledge(c, &open[i], done);
			if (e != CONTROL_OK && e != CONTROL_NO_SUCH)
				return e;
		}
		n = box_view(&h->box, &from, open, HUB_BED_ALARMS);
	}
	if (json_array_size(done) == 0)
		return call_refuse(c, CONTROL_NO_SUCH, "%s has no alarm that "
		    "waits to be acknowledged", h->bed[bed].id);
	return CONTROL_OK;
}

/* The open alarm of that event; without one, the event alone. */
static struct alarm_change
open_alarm(const struct hub *h, struct event_id event)
{
	struct alarm_change open[HUB_BED_ALARMS];
	size_t n = 0, from = 0;

	for (size_t bed = 0; bed < h->beds_n && n == 0; bed++)
		if (board_holds(&h->bed[bed].board, event))
			n = hub_alarms(h, bed, open, HUB_BED_ALARMS);
	if (n == 0)
		n = box_view(&h->box, &from, open, HUB_BED_ALARMS);
	while (n > 0) {
		for (size_t i = 0; i < n; i++)
			if (event_id_equal(open[i].event, event))
				return open[i];
		n = box_view(&h->box, &from, open, HUB_BED_ALARMS);
	}
	return (struct alarm_change){ .event = event };
}

static enum control_error
run_ack(struct control_call *c)
{
	char id[EVENT_ID_TEXT];
	struct event_id event;
	struct alarm_change alarm;
	json_t *done = json_array(), *ids, *o;
	size_t bed = 0, i;
	enum control_error e = call_take_text(c, "event", id, sizeof id);

	if (e != CONTROL_OK)
		goto fail;
	if (json_object_get(c->params, "event") == NULL) {
		e = call_take_bed(c, &bed);
		if (e == CONTROL_OK)
			e = acknowledge_bed(c, bed, done);
	} else if (event_id_parse(id, &event)) {
		alarm = open_alarm(c->host->hub, event);
		e = acknowledge(c, &alarm, done);
	} else {
		e = call_refuse(c, CONTROL_BAD_PARAMS, "\"%s\" does not name "
		    "an alarm (`vitalsctl alarm list`)", id);
	}
	if (e != CONTROL_OK)
		goto fail;
	ids = json_array();
	json_array_foreach(done, i, o)
		json_array_append(ids, json_object_get(o, "event"));
	c->result = json_pack("{s:o, s:o}", "acknowledged", ids, "alarms",
	    done);
	return CONTROL_OK;
fail:
	json_decref(done);
	return e;
}

static enum control_error
run_pause(struct control_call *c)
{
	struct statement st;
	size_t bed = 0;
	const json_t *s = json_object_get(c->params, "seconds");
	json_int_t seconds = json_integer_value(s);
	enum control_error e = call_take_statement(c, &bed, &st);
	int64_t until;

	if (e != CONTROL_OK)
		return e;
	if (!json_is_integer(s) || seconds < 0 || seconds > 120)
		return call_refuse(c, CONTROL_BAD_PARAMS, "seconds must be a "
		    "whole number from 0 (end the pause) to 120");
	if (c->host->hub->bed[bed].session.id[0] == '\0')
		return call_refuse(c, CONTROL_REFUSED, "%s",
		    refusal_text(REFUSAL_NO_SESSION));
	snprintf(st.text, sizeof st.text, "{\"seconds\":%d}", (int)seconds);
	until = hub_pause(c->host->hub, &c->now, bed, seconds * 1000, &st);
	c->result = json_pack("{s:s, s:I, s:I}", "bed",
	    c->host->hub->bed[bed].id, "until_ms", (json_int_t)until,
	    "seconds", seconds);
	return CONTROL_OK;
}

static enum control_error
record_port(struct control_call *c, bool on)
{
	char name[PORT_NAME_MAX];
	enum control_error e = call_take_text(c, "port", name, sizeof name);
	int i;

	if (e != CONTROL_OK)
		return e;
	i = hub_find_port(c->host->hub, name);
	if (i < 0)
		return call_refuse(c, CONTROL_NO_SUCH, "there is no port "
		    "\"%s\" (`vitalsctl devices` lists them)", name);
	c->record_port = i;
	c->record_on = on;
	c->result = json_object();
	return CONTROL_OK;
}

static enum control_error
run_record_start(struct control_call *c)
{
	return record_port(c, true);
}

static enum control_error
run_record_stop(struct control_call *c)
{
	return record_port(c, false);
}

/* {} or {"warnings": [...]}. */
static json_t *
reload_warnings(const struct config *config)
{
	char line[ROLES_MISSING_MAX];
	json_t *o = json_object(), *list = json_array();

	for (size_t from = 0; roles_missing(config, &from, line); )
		json_array_append_new(list, json_string(line));
	if (json_array_size(list) > 0)
		json_object_set(o, "warnings", list);
	json_decref(list);
	return o;
}

static enum control_error
run_reload(struct control_call *c)
{
	struct complaints *why = calloc(1, sizeof *why);
	json_t *list;

	if (why == NULL)
		return CONTROL_INTERNAL;
	if (c->host->reload(c->host->arg, why)) {
		c->result = reload_warnings(c->host->config);
		free(why);
		return CONTROL_OK;
	}
	list = json_array();
	for (size_t i = 0; i < why->n; i++)
		json_array_append_new(list, json_pack("{s:i, s:i, s:s}",
		    "line", (int)why->item[i].line, "column",
		    (int)why->item[i].column, "text", why->item[i].text));
	c->result = json_pack("{s:o, s:I}", "complaints", list, "more",
	    (json_int_t)why->more);
	free(why);
	return CONTROL_OK;
}

static const char *const no_params[] = { NULL };
static const char *const page_params[] = { "from", NULL };
static const char *const bed_params[] = { "bed", NULL };
static const char *const list_params[] = { "bed", "from", NULL };
static const char *const state_params[] = { "bed", "at", "by", "reason", NULL };
static const char *const start_params[] = { "bed", "at", "by", "subject",
	NULL };
static const char *const mark_params[] = { "bed", "at", "by", "text", NULL };
static const char *const amend_params[] = { "bed", "at", "by", "statement",
	"withdraw", "reason", NULL };
static const char *const base_params[] = { "bed", "by", "values", NULL };
static const char *const ack_params[] = { "bed", "by", "event", NULL };
static const char *const pause_params[] = { "bed", "by", "seconds", NULL };
static const char *const limit_params[] = { "bed", "by", "tier", "limit",
	"clear", "delay_ms", "priority", "on", "reason", NULL };
static const char *const port_params[] = { "port", NULL };

static const struct control_method methods[] = {
	{ "hello", ROLE_VIEW, false, no_params, run_hello },
	{ "status", ROLE_VIEW, false, page_params, run_status },
	{ "devices", ROLE_VIEW, false, page_params, run_devices },
	{ "watch", ROLE_VIEW, false, page_params, run_watch },
	{ "session.start", ROLE_STAFF, true, start_params, run_session_start },
	{ "session.end", ROLE_STAFF, true, state_params, run_session_end },
	{ "session.abort", ROLE_STAFF, true, state_params, run_session_abort },
	{ "session.amend", ROLE_STAFF, true, amend_params, run_amend },
	{ "infusion.start", ROLE_STAFF, true, state_params,
	    run_infusion_start },
	{ "infusion.pause", ROLE_STAFF, true, state_params,
	    run_infusion_pause },
	{ "infusion.resume", ROLE_STAFF, true, state_params,
	    run_infusion_resume },
	{ "infusion.stop", ROLE_STAFF, true, state_params, run_infusion_stop },
	{ "mark", ROLE_STAFF, true, mark_params, run_mark },
	{ "baseline.suggest", ROLE_VIEW, false, bed_params,
	    control_baseline_suggest },
	{ "baseline.confirm", ROLE_LIMITS, true, base_params,
	    control_baseline_confirm },
	{ "alarm.list", ROLE_VIEW, false, list_params, run_alarm_list },
	{ "alarm.ack", ROLE_STAFF, true, ack_params, run_ack },
	{ "alarm.pause", ROLE_STAFF, true, pause_params, run_pause },
	{ "limits.show", ROLE_VIEW, false, bed_params, control_limits_show },
	{ "limits.set", ROLE_LIMITS, true, limit_params, control_limits_set },
	{ "record.start", ROLE_ADMIN, false, port_params, run_record_start },
	{ "record.stop", ROLE_ADMIN, false, port_params, run_record_stop },
	{ "reload", ROLE_ADMIN, false, no_params, run_reload },
};

const struct control_method *
control_method(const char *name)
{
	for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

enum control_error
control_run(const struct control_method *m, struct control_call *c)
{
	char brief[JSON_SHORT];
	const char *key;
	json_t *value;
	enum control_error e;

	json_object_foreach(c->params, key, value) {
		size_t i = 0;

		while (m->params[i] != NULL && strcmp(m->params[i], key) != 0)
			i++;
		if (m->params[i] == NULL)
			return call_refuse(c, CONTROL_BAD_PARAMS, "%s has no "
			    "parameter \"%s\"", m->name,
			    json_short(brief, key));
	}
	if ((c->peer->roles & m->role) == 0)
		return call_refuse(c, CONTROL_NOT_ALLOWED, "user %s may not do "
		    "that (%s); the roles: table of vitalsd.yaml decides",
		    c->peer->user, m->name);
	e = m->run(c);
	if (e == CONTROL_OK && c->result == NULL)
		return call_refuse(c, CONTROL_INTERNAL, "no memory for the "
		    "answer");
	return e;
}
