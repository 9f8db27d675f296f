/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See control_state.h.
 *
 * Easy to get wrong: of two monitors that measure the same vital both are
 * shown, each with its port; which of them feeds a rule is said separately.
 */
#include "daemon/control_state.h"

#include <string.h>

#include "alerts/moment.h"
#include "daemon/hub_relay.h"
#include "daemon/json.h"

static json_t *
value_json(const struct hub_port *p, enum vital v, const struct hub_value *hv,
    int64_t t_ms)
{
	const struct vital_info *info = &vital_info[v];
	const struct reading *r = &hv->reading;
	int64_t age = t_ms - hv->t_ms + r->age_ms;
	int64_t fresh = info->fresh_ms;
	char shown[24];
	json_t *o;

	if (fresh < p->silent_after_ms)
		fresh = p->silent_after_ms;
	o = json_pack("{s:s, s:s, s:s, s:s, s:I, s:b, s:b, s:b, s:i}", "vital",
	    info->name, "port", p->name, "quality", quality_name(r->quality),
	    "unit", info->unit, "age_ms", (json_int_t)age,
	    "stale", !info->episodic && age > fresh,
	    "demo", (r->flags & READING_DEMO) != 0,
	    "episodic", info->episodic, "flags", r->flags);
	json_object_set_new(o, "fresh_ms", info->episodic ? json_null() :
	    json_integer(fresh));
	json_scaled_text(vital_shown(v, r->value), info->shown, shown);
	json_object_set_new(o, "value", reading_has_value(r) ?
	    json_integer(r->value) : json_null());
	json_object_set_new(o, "shown", reading_has_value(r) ?
	    json_string(shown) : json_null());
	return o;
}

/* Whether a value is of whom the bed's session is about: what was measured before
 * it began is of the patient before, or of nobody. */
static bool
is_of_session(const struct hub_value *hv, int64_t begin_ms)
{
	int64_t age_ms = hv->reading.age_ms > 0 ? hv->reading.age_ms : 0;

	return moment_between(age_ms, hv->t_ms) >= begin_ms;
}

static const char *
link_word(const struct hub_port *p)
{
	if (!p->open)
		return "down";
	return p->silent || p->frame_ms == STREAM_NEVER ? "silent" : "up";
}

/* Whether it is known what a monitor alarms of: it tells, and is heard. */
static bool
knows_relayed(const struct control_host *h, const struct hub_port *p)
{
	const struct hub_relay *r = hub_relay_of(h->hub, p);

	return r != NULL && r->now.told;
}

/* What a monitor itself alarms of, the worst first. */
static void
add_relayed(json_t *list, const struct control_host *h,
    const struct hub_port *p)
{
	const struct hub_relay *r = hub_relay_of(h->hub, p);

	for (size_t i = 0; r != NULL && i < r->now.n; i++)
		json_array_append_new(list, json_pack("{s:s, s:s, s:s, s:I}",
		    "port", p->name,
		    "priority", priority_name(r->now.item[i].priority),
		    "text", r->now.item[i].text,
		    "since_ms", (json_int_t)r->since_ms[i]));
}

json_t *
control_alarms(const struct control_host *h, size_t bed,
    const struct now *now)
{
	struct alarm_change open[HUB_BED_ALARMS];
	size_t n = hub_alarms(h->hub, bed, open, HUB_BED_ALARMS);
	json_t *list = json_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_alarm(&open[i], now->t_ms));
	return list;
}

void
control_page(const struct control_host *h, size_t from,
    struct control_page *out)
{
	out->n = 0;
	while (out->n < CONTROL_PAGE && from < h->hub->beds_n)
		out->bed[out->n++] = from++;
	out->next = from;
}

json_t *
control_next(const struct control_host *h, const struct control_page *page)
{
	return page->next < h->hub->beds_n ?
	    json_integer((json_int_t)page->next) : json_null();
}

static bool
is_on_page(const struct control_host *h, const struct control_page *page,
    const char *bed)
{
	for (size_t i = 0; i < page->n; i++)
		if (strcmp(h->hub->bed[page->bed[i]].id, bed) == 0)
			return true;
	return false;
}

json_t *
control_box_alarms(const struct control_host *h,
    const struct control_page *page, bool own, const struct now *now)
{
	struct alarm_change open[HUB_BED_ALARMS];
	json_t *list = json_array();
	size_t from = 0, n;

	while ((n = box_view(&h->hub->box, &from, open, HUB_BED_ALARMS)) > 0)
		for (size_t i = 0; i < n; i++)
			if (open[i].bed[0] == '\0' ? own :
			    is_on_page(h, page, open[i].bed))
				json_array_append_new(list,
				    json_alarm(&open[i], now->t_ms));
	return list;
}

static json_t *
bed_json(const struct control_host *h, size_t i, const struct now *now)
{
	const struct hub_bed *b = &h->hub->bed[i];
	struct session_stamp stamp = hub_stamp(h->hub, i, now->t_ms);
	struct session s;
	bool open = b->session.id[0] != '\0';
	int64_t paused = board_paused_until(&b->board);
	json_t *o = json_pack("{s:s, s:s, s:I, s:s?, s:s?, s:s}", "bed", b->id,
	    "label", b->label, "t_ms", (json_int_t)now->t_ms, "session", open ? b->session.id : NULL,
	    "subject", b->session.subject[0] != '\0' ? b->session.subject :
	    NULL, "phase", phase_name(stamp.phase));
	json_t *vitals = json_array(), *ports = json_array();
	json_t *armed = json_object(), *relayed = json_array();
	int64_t begin_ms = INT64_MIN;

	if (o == NULL)
		goto done;
	hub_session(h->hub, i, &s);
	if (open)
		begin_ms = session_begin_ms(&s);
	json_object_set_new(o, "since_start_ms", open ? json_integer(
	    now->t_ms - begin_ms) : json_null());
	/* What was measured before is in the log, and not known here. */
	json_object_set_new(o, "restarted", json_boolean(open &&
	    begin_ms < h->started.t_ms));
	json_object_set_new(o, "infusion_ms", json_infusion(stamp.infusion_ms));
	json_object_set_new(o, "interval", json_integer(stamp.interval));
	json_object_set_new(o, "recovery_min_ms",
	    json_integer(h->config->recovery_min_ms));
	json_object_set_new(o, "baseline", b->baseline_confirmed ?
	    json_baseline(&b->baseline) : json_null());
	json_object_set_new(o, "paused_until_ms", paused > now->t_ms ?
	    json_integer(paused) : json_null());
	json_object_set_new(o, "recovery_ms", stamp.phase == PHASE_RECOVERY ?
	    json_integer(now->t_ms - session_stop_ms(&s)) :
	    json_null());
	for (size_t j = 0; j < b->ports_n; j++) {
		const struct hub_port *p = &h->hub->port[b->port[j]];

		for (enum vital v = 0; v < VITALS; v++) {
			const struct hub_value *hv = hub_value_of(h->hub,
			    b->port[j], v);

			if (hv->seen && is_of_session(hv, begin_ms))
				json_array_append_new(vitals, value_json(p, v,
				    hv, now->t_ms));
		}
		add_relayed(relayed, h, p);
		json_array_append_new(ports, json_pack("{s:s, s:s, s:b, s:o}",
		    "port", p->name, "link", link_word(p), "alarms_known",
		    knows_relayed(h, p), "age_ms",
		    p->frame_ms == STREAM_NEVER ? json_null() :
		    json_integer(now->t_ms - p->frame_ms)));
	}
	for (int l = 0; open && l < LADDERS; l++)
		json_object_set_new(armed, ladder_name[l],
		    json_boolean(board_armed(&b->board, (enum ladder)l)));
	json_object_set_new(o, "alarms", control_alarms(h, i, now));
done:
	json_object_set_new(o, "vitals", vitals);
	json_object_set_new(o, "ports", ports);
	json_object_set_new(o, "armed", armed);
	json_object_set_new(o, "monitor_alarms", relayed);
	return o;
}

json_t *
control_state(const struct control_host *h, const struct now *now,
    const struct control_page *page)
{
	struct store_report report;
	struct outbox_status out;
	json_t *beds = json_array();

	store_report(h->store, &report);
	outbox_status(h->outbox, &out);
	for (size_t i = 0; i < page->n; i++)
		json_array_append_new(beds, bed_json(h, page->bed[i], now));
	return json_pack("{s:o, s:I, s:s, s:{s:b, s:s}, s:{s:b, s:I, s:I}, s:{s:b}, "
	    "s:o, s:I, s:o, s:{s:o}}",
	    "wall", json_wall(now->wall_ms),
	    "t_ms", (json_int_t)now->t_ms,
	    "site", h->config->site,
	    "log", "failing", report.failing, "why", report.why,
	    "notifier", "connected", out.connected,
	    "undelivered", (json_int_t)out.waiting,
	    "channels", (json_int_t)h->config->channels_n,
	    "clock", "synced", now->synced,
	    "beds", beds,
	    "beds_n", (json_int_t)h->hub->beds_n,
	    "next", control_next(h, page),
	    "box", "alarms", control_box_alarms(h, page, true, now));
}

static json_t *
age_json(int64_t then_ms, int64_t t_ms)
{
	return then_ms == STREAM_NEVER ? json_null() :
	    json_integer(t_ms - then_ms);
}

static const char *const transport_word[] = {
	[TRANSPORT_SERIAL] = "serial",
	[TRANSPORT_PTY] = "pty",
	[TRANSPORT_UNIX] = "unix",
};

static json_t *
device_json(const struct control_host *h, size_t i, const struct now *now)
{
	const struct config_port *c = &h->config->ports[i];
	struct port_status s = { .finding = FINDING_WAITING };
	json_t *frames = json_object();
	json_t *o;

	if (h->port[i] != NULL)
		port_status(h->port[i], &s);
	for (int d = 0; d < DECODES; d++)
		json_object_set_new(frames, decode_name((enum decode)d),
		    json_integer((json_int_t)s.count.frames[d]));
	o = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:s, "
	    "s:s, s:s}",
	    "port", c->name, "bed", h->config->beds[c->bed].id,
	    "driver", c->driver->name, "title", c->driver->title,
	    "transport", transport_word[c->transport],
	    "path", c->path, "device", s.device, "usb", s.usb,
	    "link", link_word(&h->hub->port[i]),
	    "finding", finding_name(s.finding), "why", s.why, "do", s.todo);
	json_object_set_new(o, "byte_age_ms", age_json(s.byte_ms, now->t_ms));
	json_object_set_new(o, "frame_age_ms",
	    age_json(s.frame_ms, now->t_ms));
	json_object_set_new(o, "frames", frames);
	json_object_update_new(o, json_pack("{s:I, s:I, s:I, s:I, s:I, s:I, "
	    "s:I, s:I, s:I, s:I}",
	    "bytes", (json_int_t)s.count.bytes,
	    "garbage", (json_int_t)s.count.garbage,
	    "readings", (json_int_t)s.count.readings,
	    "reopened", (json_int_t)(s.opened > 0 ? s.opened - 1 : 0),
	    "framing_errors", (json_int_t)s.framing_errors,
	    "parity_errors", (json_int_t)s.parity_errors,
	    "breaks", (json_int_t)s.breaks,
	    "written", (json_int_t)s.written,
	    "write_failures", (json_int_t)s.write_failures,
	    "refused", (json_int_t)s.refused));
	json_object_set_new(o, "clock_skew_ms", s.has_device_clock ?
	    json_integer(s.device_clock_skew_ms) : json_null());
	return o;
}

json_t *
control_devices(const struct control_host *h, const struct now *now,
    const struct control_page *page)
{
	json_t *list = json_array();

	for (size_t i = 0; i < page->n; i++) {
		const struct hub_bed *b = &h->hub->bed[page->bed[i]];

		for (size_t j = 0; j < b->ports_n; j++)
			json_array_append_new(list,
			    device_json(h, b->port[j], now));
	}
	return json_pack("{s:o, s:o}", "devices", list, "next",
	    control_next(h, page));
}

static const char *const relative_word[] = {
	[ABSOLUTE] = "absolute",
	[RELATIVE_UNITS] = "units",
	[RELATIVE_PERCENT] = "percent",
};

json_t *
control_limits(const struct control_host *h, size_t bed)
{
	const struct hub_bed *b = &h->hub->bed[bed];
	const struct limit_set *site = h->hub->site;
	json_t *tiers = json_array();

	for (int t = 0; t < TIERS; t++) {
		const struct tier_info *info = &tier_info[t];
		const struct limit *l = &b->board.limits->tier[t];
		const struct limit *s = &site->tier[t];
		char grade[2] = { info->grade, '\0' };
		json_t *o = json_limit(l);
		bool changed = l->on != s->on || l->limit != s->limit ||
		    l->clear != s->clear || l->delay_ms != s->delay_ms ||
		    l->priority != s->priority;

		json_object_update_new(o, json_pack("{s:s, s:s, s:s, s:s, "
		    "s:i, s:s, s:s, s:s, s:b, s:i}", "tier", info->name, "ladder",
		    ladder_name[info->ladder], "subject",
		    subject_name[info->subject], "unit",
		    info->relative == RELATIVE_PERCENT ? "%" :
		    vital_info[subject_vital(info->subject)].unit,
		    "row", info->row, "grade", grade, "relative",
		    relative_word[info->relative], "comparison",
		    comparison_sign(info->comparison), "changed", changed,
		    "site_limit", s->limit));
		json_object_set_new(o, "armed", json_boolean(
		    board_armed(&b->board, info->ladder) &&
		    (info->relative == ABSOLUTE || b->baseline_confirmed)));
		json_array_append_new(tiers, o);
	}
	return json_pack("{s:s, s:s?, s:s, s:s, s:o}", "bed", b->id, "session",
	    b->session.id[0] != '\0' ? b->session.id : NULL, "set", b->board.limits->name, "confirmed_by",
	    b->board.limits->confirmed_by, "tiers", tiers);
}
