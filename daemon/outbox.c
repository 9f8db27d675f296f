/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See outbox.h.
 *
 * Easy to get wrong: a notice leaves the list only when its delivery was
 * reported, and the delivery's record is what keeps it from being offered
 * again after a restart.
 */
#include "daemon/outbox.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alerts/message.h"
#include "daemon/every.h"
#include "daemon/journal.h"
#include "daemon/json.h"
#include "daemon/notice_line.h"
#include "daemon/notify_link.h"
#include "daemon/waiting.h"

#define TICK_MS 250		/* T8 is that much late at most */
#define BEATS_FAILED 2		/* heartbeats in a row are trouble */

struct channel_state {
	char name[CHANNEL_MAX];
	enum priority at_least;
	bool trouble;
	char why[128];		/* of the last failed attempt */
	unsigned beats_failed;	/* heartbeats, in a row */
	char beat_why[128];	/* of the last of them */
	int64_t unheard_ms;	/* the first heartbeat was sent of which nothing
				 * was heard; INT64_MAX: none */
};

struct outbox {
	sd_event_source *timer;
	struct notify_link link;
	bool greeted;		/* the peer has said hello */
	json_t *known;		/* the channels of the last hello; NULL: none
				 * came yet */
	bool tells_beats;	/* the peer says how heartbeats go */
	struct id_source *ids;
	struct outbox_sink sink;
	struct channel_state channel[CONFIG_CHANNELS];
	size_t channels_n;
	int64_t undelivered_ms;
	struct waiting_list waiting;
	uint64_t delivered;
	int64_t lost_ms;	/* without a notifier since; INT64_MIN: with */
	int64_t beat_ms;	/* the last heartbeat */
	struct journal_limit full, nonsense;	/* lines about that */
};

static struct now
moment(const struct outbox *o)
{
	return o->sink.now(o->sink.arg);
}

static struct channel_state *
find_channel(struct outbox *o, const char *name)
{
	for (size_t i = 0; i < o->channels_n; i++)
		if (strcmp(o->channel[i].name, name) == 0)
			return &o->channel[i];
	return NULL;
}

static void
send_notice(struct outbox *o, const struct notice *n, bool heartbeat)
{
	char head[NOTICE_LINE_MAX];
	size_t length = notice_line_put(head, n, heartbeat);

	notify_link_send(&o->link, head, length, n->body, n->length);
}

static void
log_delivery(struct outbox *o, const struct waiting *w, enum outcome outcome,
    uint32_t attempt, const char *detail)
{
	struct record r = { .class = RECORD_DELIVERY };
	struct now now = moment(o);

	r.delivery.key = w->notice.key;
	snprintf(r.delivery.channel, sizeof r.delivery.channel, "%s",
	    w->notice.channel);
	r.delivery.attempt = attempt;
	r.delivery.outcome = outcome;
	r.delivery.took_ms = now.t_ms - w->made_ms;
	snprintf(r.delivery.detail, sizeof r.delivery.detail, "%s", detail);
	json_cut(r.delivery.detail);
	o->sink.record(o->sink.arg, &now, &r,
	    outcome == OUTCOME_DELIVERED);
}

static void
offer(struct outbox *o, struct waiting *w)
{
	if (!o->greeted)
		return;
	w->offered_ms = moment(o).t_ms;
	w->timed_out = false;
	send_notice(o, &w->notice, false);
}

/* Offers what was not offered on this connection, the most urgent first, as
 * far as the socket takes it: after a long outage there may be more than may
 * wait to be sent. */
static void
offer_rest(struct outbox *o)
{
	for (int p = PRIORITY_HIGH; p >= PRIORITY_NONE; p--)
		for (struct waiting *w = o->waiting.first; w != NULL; w = w->next) {
			if (!o->greeted || notify_link_busy(&o->link))
				return;
			if ((int)w->notice.priority == p &&
			    w->offered_ms == INT64_MIN)
				offer(o, w);
		}
}

static void
set_aside(struct outbox *o, const struct waiting *w)
{
	journal_limited(&o->full, moment(o).t_ms, JOURNAL_ERROR,
	    &(struct journal_fields){ .channel = w->notice.channel },
	    "outbox: %u notices wait, as many as there is room for; one of "
	    "%s priority for %s is set aside until the next start",
	    (unsigned)OUTBOX_MAX, priority_name(w->notice.priority),
	    w->notice.channel);
	log_delivery(o, w, OUTCOME_RETRY, 0, "outbox full, set aside");
}

/* The one that takes its place among the waiting, or NULL.  What is set aside
 * stays in the log as not delivered, so that it is offered after the next
 * start. */
static struct waiting *
append(struct outbox *o, const struct notice *n, int64_t made_ms)
{
	const struct waiting *aside;
	struct waiting *added = waiting_add(&o->waiting, n, made_ms, &aside);

	if (aside != NULL)
		set_aside(o, aside);
	return added;
}

static bool
is_known(const struct outbox *o, const struct channel_state *c)
{
	size_t i = 0, n = json_array_size(o->known);

	while (i < n && strcmp(c->name,
	    json_string_value(json_array_get(o->known, i)) ?: "") != 0)
		i++;
	return o->known == NULL || i < n;
}

/* What is wrong with a channel though no notice waits for it; NULL: nothing.
 * One heartbeat may be lost. */
static const char *
look_at_channel(const struct outbox *o, const struct channel_state *c,
    int64_t t_ms)
{
	if (!notify_link_up(&o->link) && t_ms - o->lost_ms >= o->undelivered_ms)
		return "vitals-notify is not running";
	if (!is_known(o, c))
		return "vitals-notify.yaml has no such channel";
	if (c->beats_failed >= BEATS_FAILED)
		return c->beat_why;
	if (o->tells_beats && c->unheard_ms != INT64_MAX &&
	    t_ms - c->unheard_ms >= BEATS_FAILED * OUTBOX_HEARTBEAT_MS)
		return "no heartbeat was confirmed in time";
	return NULL;
}

/* Decides for each channel whether notices get through. */
static void
judge(struct outbox *o)
{
	int64_t t = moment(o).t_ms;

	for (size_t i = 0; i < o->channels_n; i++) {
		struct channel_state *c = &o->channel[i];
		const char *why = look_at_channel(o, c, t);

		for (struct waiting *w = o->waiting.first; w != NULL; w = w->next) {
			if (strcmp(w->notice.channel, c->name) != 0 ||
			    t - w->made_ms < o->undelivered_ms)
				continue;
			if (why == NULL)
				why = c->why[0] != '\0' ? c->why :
				    "no delivery was confirmed in time";
			if (w->offered_ms != INT64_MIN && !w->timed_out &&
			    w->attempts == 0 &&
			    t - w->offered_ms >= o->undelivered_ms) {
				w->timed_out = true;
				log_delivery(o, w, OUTCOME_TIMEOUT, 0,
				    "no result from vitals-notify");
			}
		}
		if (why != NULL || c->trouble)
			o->sink.trouble(o->sink.arg, c->name, why != NULL,
			    why != NULL ? why : "");
		c->trouble = why != NULL;
	}
}

static void
heartbeat(struct outbox *o)
{
	struct notice n = { .priority = PRIORITY_NONE };
	struct now now = moment(o);

	if (!o->greeted || now.t_ms - o->beat_ms < OUTBOX_HEARTBEAT_MS)
		return;
	/* On a grid of its own, unless one was left out. */
	o->beat_ms += OUTBOX_HEARTBEAT_MS;
	if (now.t_ms - o->beat_ms >= OUTBOX_HEARTBEAT_MS)
		o->beat_ms = now.t_ms;
	for (size_t i = 0; i < o->channels_n && o->greeted; i++) {
		n.key = id_next(o->ids);
		memcpy(n.channel, o->channel[i].name, sizeof n.channel);
		n.length = message_heartbeat(&now, n.key,
		    o->sink.worst(o->sink.arg), o->sink.sessions(o->sink.arg),
		    n.body, sizeof n.body);
		if (o->channel[i].unheard_ms == INT64_MAX)
			o->channel[i].unheard_ms = now.t_ms;
		send_notice(o, &n, true);
	}
}

/* Something went through the channel. */
static void
works(struct channel_state *c)
{
	c->why[0] = c->beat_why[0] = '\0';
	c->beats_failed = 0;
	c->unheard_ms = INT64_MAX;
}

static int
on_timer(sd_event_source *s, uint64_t usec, void *arg)
{
	struct outbox *o = arg;

	heartbeat(o);
	judge(o);
	return every_again(s, usec, TICK_MS);
}

static void
take_result(struct outbox *o, const json_t *params)
{
	const char *key_text = NULL, *channel = NULL, *outcome = NULL;
	const char *detail = "";
	int attempt = 0;
	struct event_id key;
	struct channel_state *c;
	struct waiting **at;
	enum outcome what;

	if (json_unpack((json_t *)params, "{s:s, s:s, s:i, s:s, s?s}", "key",
	    &key_text, "channel", &channel, "attempt", &attempt, "outcome",
	    &outcome, "detail", &detail) != 0 ||
	    !event_id_parse(key_text, &key)) {
		journal_limited(&o->nonsense, moment(o).t_ms, JOURNAL_WARNING,
		    &(struct journal_fields){ 0 }, "notifier: a result "
		    "without key, channel, attempt and outcome; is it of this "
		    "version?");
		return;
	}
	if (strcmp(outcome, outcome_name(OUTCOME_DELIVERED)) == 0)
		what = OUTCOME_DELIVERED;
	else if (strcmp(outcome, outcome_name(OUTCOME_REFUSED)) == 0)
		what = OUTCOME_REFUSED;
	else
		what = OUTCOME_RETRY;
	at = waiting_find(&o->waiting, key, channel);
	c = find_channel(o, channel);
	if (*at == NULL)
		return;	/* a second answer for what was delivered */
	(*at)->attempts++;
	log_delivery(o, *at, what, (uint32_t)attempt, detail);
	if (what == OUTCOME_DELIVERED) {
		o->delivered++;
		waiting_remove(&o->waiting, at);
		if (c != NULL)
			works(c);
	} else if (c != NULL) {
		snprintf(c->why, sizeof c->why, "%s", detail);
		json_cut(c->why);
	}
	judge(o);
}

/* How a heartbeat went: what shows that a channel is dead while no alarm has
 * to go through it. */
static void
take_beat(struct outbox *o, const json_t *params)
{
	const char *channel = NULL, *outcome = NULL, *detail = "";
	struct channel_state *c;

	if (json_unpack((json_t *)params, "{s:s, s:s, s?s}", "channel",
	    &channel, "outcome", &outcome, "detail", &detail) != 0) {
		journal_limited(&o->nonsense, moment(o).t_ms, JOURNAL_WARNING,
		    &(struct journal_fields){ 0 }, "notifier: a heartbeat "
		    "without channel and outcome; is it of this version?");
		return;
	}
	c = find_channel(o, channel);
	if (c == NULL)
		return;
	o->tells_beats = true;
	if (strcmp(outcome, outcome_name(OUTCOME_DELIVERED)) == 0) {
		works(c);
	} else {
		c->beats_failed += c->beats_failed < BEATS_FAILED;
		snprintf(c->beat_why, sizeof c->beat_why, "%s", detail);
		json_cut(c->beat_why);
	}
	judge(o);
}

static void
take_hello(struct outbox *o, const json_t *params)
{
	json_decref(o->known);
	o->known = json_incref(json_object_get(params, "channels")) ?:
	    json_array();
	for (size_t i = 0; i < o->channels_n; i++) {
		if (!is_known(o, &o->channel[i]))
			journal_log(JOURNAL_ERROR, &(struct journal_fields){
			    .channel = o->channel[i].name }, "notifier: it "
			    "does not know channel \"%s\" of vitalsd.yaml; "
			    "add it to vitals-notify.yaml and restart "
			    "vitals-notify", o->channel[i].name);
	}
	o->greeted = true;
	offer_rest(o);
	o->beat_ms = INT64_MIN / 2;
	heartbeat(o);
	judge(o);
}

static void
on_line(void *arg, const char *line, size_t n)
{
	struct outbox *o = arg;
	json_error_t e;
	json_t *m = json_loadb(line, n, JSON_REJECT_DUPLICATES, &e);
	const char *method = json_string_value(json_object_get(m, "method"));
	const json_t *params = json_object_get(m, "params");

	/* What it told is lost, maybe for want of memory: when it connects
	 * anew, it is offered again what waits, and tells again. */
	if (m == NULL)
		notify_link_drop(&o->link, e.text[0] != '\0' ? e.text :
		    strerror(ENOMEM));
	else if (method == NULL)
		journal_limited(&o->nonsense, moment(o).t_ms, JOURNAL_WARNING,
		    &(struct journal_fields){ 0 }, "notifier: a message "
		    "without a method; is it of this version?");
	else if (strcmp(method, "notify.hello") == 0)
		take_hello(o, params);
	else if (strcmp(method, "notify.result") == 0)
		take_result(o, params);
	else if (strcmp(method, "notify.heartbeat") == 0)
		take_beat(o, params);
	json_decref(m);
}

static void
on_writable(void *arg)
{
	offer_rest(arg);
}

static void
on_gone(void *arg)
{
	struct outbox *o = arg;

	o->greeted = o->tells_beats = false;
	o->lost_ms = moment(o).t_ms;
	for (size_t i = 0; i < o->channels_n; i++)
		o->channel[i].unheard_ms = INT64_MAX;
	for (struct waiting *w = o->waiting.first; w != NULL; w = w->next)
		w->offered_ms = INT64_MIN;
}

void
outbox_reload(struct outbox *o, const struct config *c)
{
	struct channel_state old[CONFIG_CHANNELS];
	size_t old_n = o->channels_n;

	memcpy(old, o->channel, sizeof old);
	o->undelivered_ms = c->limits.undelivered_ms;
	o->channels_n = 0;
	for (size_t i = 0; i < c->channels_n; i++) {
		struct channel_state *n = &o->channel[o->channels_n++];

		memset(n, 0, sizeof *n);
		snprintf(n->name, sizeof n->name, "%s", c->channel[i].name);
		n->unheard_ms = INT64_MAX;
		for (size_t j = 0; j < old_n; j++)
			if (strcmp(old[j].name, n->name) == 0)
				*n = old[j];
		n->at_least = c->channel[i].at_least;
	}
	for (size_t j = 0; j < old_n; j++)
		if (old[j].trouble && find_channel(o, old[j].name) == NULL)
			o->sink.trouble(o->sink.arg, old[j].name, false, "");
}

int
outbox_new(struct outbox **out, sd_event *loop, const char *path,
    const struct config *c, struct id_source *ids,
    const struct outbox_sink *sink)
{
	struct outbox *o = calloc(1, sizeof *o);
	struct notify_link_sink link_sink = { o, on_line, on_writable,
		on_gone };
	int r;

	if (o == NULL)
		return -ENOMEM;
	r = waiting_init(&o->waiting, OUTBOX_MAX);
	if (r < 0) {
		free(o);
		return r;
	}
	o->ids = ids;
	o->sink = *sink;
	o->lost_ms = moment(o).t_ms;
	outbox_reload(o, c);
	r = notify_link_open(&o->link, loop, path, &link_sink);
	if (r < 0)
		goto fail;
	r = sd_event_add_time_relative(loop, &o->timer, CLOCK_BOOTTIME,
	    TICK_MS * 1000, 10000, on_timer, o);
	if (r < 0)
		goto fail;
	*out = o;
	return 0;
fail:
	outbox_free(o);
	return r;
}

void
outbox_free(struct outbox *o)
{
	if (o == NULL)
		return;
	waiting_free(&o->waiting);
	sd_event_source_disable_unref(o->timer);
	notify_link_close(&o->link);
	json_decref(o->known);
	free(o);
}

void
outbox_restore(struct outbox *o, const struct notice *n, size_t count)
{
	size_t stray = 0;

	for (size_t i = 0; i < count; i++) {
		if (find_channel(o, n[i].channel) != NULL)
			(void)append(o, &n[i], moment(o).t_ms);
		else
			stray++;
	}
	if (stray > 0)
		journal_warning("outbox: %zu undelivered notice%s for channels that "
		    "vitalsd.yaml does not name any more stay%s in the "
		    "log, unsent", stray, stray == 1 ? "" : "s",
		    stray == 1 ? "s" : "");
}

/* Who was called at all is told how it goes on, until it is over. */
static bool
concerns(const struct alarm_change *c, enum priority at_least)
{
	bool calls = c->phase == ALARM_START || c->phase == ALARM_CONTINUE ||
	    c->phase == ALARM_UPDATE || c->phase == ALARM_ESCALATE;

	return c->priority >= at_least || (!calls && c->peak >= at_least);
}

void
outbox_alarm(struct outbox *o, const struct now *now,
    const struct alarm_change *c, const char *label)
{
	struct record r = { .class = RECORD_NOTICE };

	if (c->paused)
		return;
	for (size_t i = 0; i < o->channels_n; i++) {
		struct notice *n = &r.notice;
		struct waiting *w;

		if (!concerns(c, o->channel[i].at_least))
			continue;
		memset(n, 0, offsetof(struct notice, body));
		n->key = id_next(o->ids);
		snprintf(n->channel, sizeof n->channel, "%s",
		    o->channel[i].name);
		n->priority = c->priority;
		n->event = c->event;
		n->length = message_notice(c, now, label, n->key, n->body,
		    sizeof n->body);
		o->sink.record(o->sink.arg, now, &r, true);
		w = append(o, n, now->t_ms);
		if (w != NULL)
			offer(o, w);
		if (w != NULL && !notify_link_up(&o->link))
			log_delivery(o, w, OUTCOME_NO_NOTIFIER, 0,
			    "vitals-notify is not connected");
	}
}

void
outbox_status(const struct outbox *o, struct outbox_status *out)
{
	out->connected = notify_link_up(&o->link);
	out->waiting = o->waiting.n;
	out->delivered = o->delivered;
}
