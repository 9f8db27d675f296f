/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See outbox.h.  The list of waiting notices is in the order in which they
 * were made; the notifier sorts by priority itself.
 *
 * Easy to get wrong: a notice leaves the list only when its delivery was
 * reported, and the delivery's record is what keeps it from being offered
 * again after a restart.
 */
#include "daemon/outbox.h"

#include <errno.h>
#include <jansson.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "alerts/message.h"
#include "daemon/journal.h"
#include "daemon/json.h"
#include "daemon/lines.h"
#include "daemon/listen.h"

#define TICK_MS 250		/* T8 is that much late at most */

struct waiting {
	struct waiting *next;
	int64_t made_ms;
	int64_t offered_ms;	/* INT64_MIN: not on this connection */
	bool timed_out;		/* noted for this offering */
	uint32_t attempts;
	struct notice notice;	/* allocated only up to the body's length */
};

struct channel_state {
	char name[CHANNEL_MAX];
	enum priority at_least;
	bool trouble;
	char why[128];		/* of the last failed attempt */
};

struct outbox {
	sd_event *loop;
	sd_event_source *listener, *peer, *timer;
	int listen_fd, fd;
	bool greeted;		/* the peer has said hello */
	char path[108];
	struct lines lines;
	struct id_source *ids;
	struct outbox_sink sink;
	struct channel_state channel[CONFIG_CHANNELS];
	size_t channels_n;
	int64_t undelivered_ms;
	struct waiting *first, **last;
	size_t waiting_n;
	uint64_t delivered;
	int64_t lost_ms;	/* without a notifier since; INT64_MIN: with */
	int64_t beat_ms;	/* the last heartbeat */
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
drop_peer(struct outbox *o, const char *why)
{
	if (o->fd < 0)
		return;
	journal_warning("notifier: %s", why);
	o->peer = sd_event_source_disable_unref(o->peer);
	lines_free(&o->lines);
	close(o->fd);
	o->fd = -1;
	o->greeted = false;
	o->lost_ms = moment(o).t_ms;
	for (struct waiting *w = o->first; w != NULL; w = w->next)
		w->offered_ms = INT64_MIN;
}

/* Sends one message; a peer that does not read is dropped. */
static void
send_message(struct outbox *o, json_t *m)
{
	char *text = m != NULL ? json_dumps(m, JSON_COMPACT) : NULL;
	int r = -ENOMEM;

	json_decref(m);
	if (text != NULL)
		r = lines_send(&o->lines, text, strlen(text));
	free(text);
	if (r < 0) {
		drop_peer(o, r == -ENOBUFS ? "it does not read" :
		    strerror(-r));
		return;
	}
	sd_event_source_set_io_events(o->peer, lines_waiting(&o->lines) ?
	    EPOLLIN | EPOLLOUT : EPOLLIN);
}

static json_t *
notice_message(struct event_id key, const char *channel, enum priority p,
    bool heartbeat, const char *body, size_t length)
{
	char id[EVENT_ID_TEXT];

	event_id_format(id, key);
	return json_pack("{s:s, s:s, s:{s:s, s:s, s:s, s:b, s:s%}}",
	    "jsonrpc", "2.0", "method", "notice", "params", "key", id,
	    "channel", channel, "priority", priority_name(p),
	    "heartbeat", heartbeat, "body", body, length);
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
	send_message(o, notice_message(w->notice.key, w->notice.channel,
	    w->notice.priority, false, w->notice.body, w->notice.length));
}

/* Offers what was not offered on this connection, the most urgent first, as
 * far as the socket takes it: after a long outage there may be more than may
 * wait to be sent. */
static void
offer_rest(struct outbox *o)
{
	for (int p = PRIORITY_HIGH; p >= PRIORITY_NONE; p--)
		for (struct waiting *w = o->first; w != NULL; w = w->next) {
			if (!o->greeted || lines_waiting(&o->lines))
				return;
			if ((int)w->notice.priority == p &&
			    w->offered_ms == INT64_MIN)
				offer(o, w);
		}
}

static void
unlink_waiting(struct outbox *o, struct waiting **at)
{
	struct waiting *w = *at;

	*at = w->next;
	if (o->last == &w->next)
		o->last = at;
	o->waiting_n--;
	free(w);
}

static void
set_aside(struct outbox *o, const struct waiting *w)
{
	journal_error("outbox: %u notices wait; one of priority %s gives way",
	    (unsigned)OUTBOX_MAX, priority_name(w->notice.priority));
	log_delivery(o, w, OUTCOME_RETRY, 0, "outbox full, set aside");
}

/* The list is full: the oldest of the least urgent gives way, unless the new
 * one is less urgent than all.  Its record stays in the log, so that it is
 * offered after the next start. */
static bool
make_room(struct outbox *o, enum priority priority)
{
	struct waiting **least = NULL;

	for (struct waiting **at = &o->first; *at != NULL; at = &(*at)->next)
		if (least == NULL ||
		    (*at)->notice.priority < (*least)->notice.priority)
			least = at;
	if (least == NULL || (*least)->notice.priority > priority)
		return false;
	set_aside(o, *least);
	unlink_waiting(o, least);
	return true;
}

/* The one that takes its place in the list, or NULL. */
static struct waiting *
append(struct outbox *o, const struct notice *n, int64_t made_ms)
{
	size_t size = offsetof(struct waiting, notice.body) + n->length + 1;
	struct waiting *w = malloc(size);

	if (w == NULL) {
		journal_error("outbox: no memory for a notice");
		return NULL;
	}
	memset(w, 0, size);
	memcpy(&w->notice, n, offsetof(struct notice, body) + n->length);
	w->made_ms = made_ms;
	w->offered_ms = INT64_MIN;
	if (o->waiting_n >= OUTBOX_MAX && !make_room(o, n->priority)) {
		set_aside(o, w);
		free(w);
		return NULL;
	}
	*o->last = w;
	o->last = &w->next;
	o->waiting_n++;
	return w;
}

/* Decides for each channel whether notices get through. */
static void
judge(struct outbox *o)
{
	int64_t t = moment(o).t_ms;

	for (size_t i = 0; i < o->channels_n; i++) {
		struct channel_state *c = &o->channel[i];
		const char *why = NULL;

		if (o->fd < 0 && t - o->lost_ms >= o->undelivered_ms)
			why = "vitals-notify is not running";
		for (struct waiting *w = o->first; w != NULL; w = w->next) {
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
	char body[NOTICE_BODY_MAX];
	struct now now = moment(o);
	size_t n;

	if (!o->greeted || now.t_ms - o->beat_ms < OUTBOX_HEARTBEAT_MS)
		return;
	o->beat_ms = now.t_ms;
	for (size_t i = 0; i < o->channels_n && o->greeted; i++) {
		struct event_id key = id_next(o->ids);

		n = message_heartbeat(&now, key, o->sink.worst(o->sink.arg),
		    o->sink.sessions(o->sink.arg), body, sizeof body);
		send_message(o, notice_message(key, o->channel[i].name,
		    PRIORITY_NONE, true, body, n));
	}
}

static int
on_timer(sd_event_source *s, uint64_t usec, void *arg)
{
	struct outbox *o = arg;
	int r;

	heartbeat(o);
	judge(o);
	r = sd_event_source_set_time_relative(s, TICK_MS * 1000);
	if (r < 0)
		return r;
	(void)usec;
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static void
take_result(struct outbox *o, const json_t *params)
{
	const char *key_text = NULL, *channel = NULL, *outcome = NULL;
	const char *detail = "";
	int attempt = 0;
	struct event_id key;
	struct channel_state *c;
	struct waiting **at = &o->first;
	enum outcome what;

	if (json_unpack((json_t *)params, "{s:s, s:s, s:i, s:s, s?s}", "key",
	    &key_text, "channel", &channel, "attempt", &attempt, "outcome",
	    &outcome, "detail", &detail) != 0 ||
	    !event_id_parse(key_text, &key)) {
		journal_warning("notifier: a result without key, channel, "
		    "attempt and outcome");
		return;
	}
	if (strcmp(outcome, outcome_name(OUTCOME_DELIVERED)) == 0)
		what = OUTCOME_DELIVERED;
	else if (strcmp(outcome, outcome_name(OUTCOME_REFUSED)) == 0)
		what = OUTCOME_REFUSED;
	else
		what = OUTCOME_RETRY;
	while (*at != NULL && !(event_id_equal((*at)->notice.key, key) &&
	    strcmp((*at)->notice.channel, channel) == 0))
		at = &(*at)->next;
	c = find_channel(o, channel);
	if (*at == NULL)
		return;	/* a second answer for what was delivered */
	(*at)->attempts++;
	log_delivery(o, *at, what, (uint32_t)attempt, detail);
	if (what == OUTCOME_DELIVERED) {
		o->delivered++;
		unlink_waiting(o, at);
		if (c != NULL)
			c->why[0] = '\0';
	} else if (c != NULL) {
		snprintf(c->why, sizeof c->why, "%s", detail);
		json_cut(c->why);
	}
	judge(o);
}

static void
take_hello(struct outbox *o, const json_t *params)
{
	const json_t *list = json_object_get(params, "channels");

	for (size_t i = 0; i < o->channels_n; i++) {
		size_t j = 0;

		while (j < json_array_size(list) && strcmp(o->channel[i].name,
		    json_string_value(json_array_get(list, j)) ?: "") != 0)
			j++;
		if (j == json_array_size(list))
			journal_error("notifier: it does not know channel "
			    "\"%s\" of vitalsd.yaml; add it to "
			    "vitals-notify.yaml", o->channel[i].name);
	}
	o->greeted = true;
	offer_rest(o);
	o->beat_ms = INT64_MIN / 2;
	heartbeat(o);
}

static void
take_line(struct outbox *o, const char *line, size_t n)
{
	json_error_t e;
	json_t *m = json_loadb(line, n, JSON_REJECT_DUPLICATES, &e);
	const char *method = json_string_value(json_object_get(m, "method"));
	const json_t *params = json_object_get(m, "params");

	if (method == NULL)
		journal_warning("notifier: not a message: %s", e.text);
	else if (strcmp(method, "notify.hello") == 0)
		take_hello(o, params);
	else if (strcmp(method, "notify.result") == 0)
		take_result(o, params);
	json_decref(m);
}

static int
on_peer(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct outbox *o = arg;
	char *line;
	size_t n;
	int r;

	(void)s, (void)fd;
	if (events & EPOLLOUT) {
		r = lines_flush(&o->lines);
		if (r < 0) {
			drop_peer(o, strerror(-r));
			return 0;
		}
		sd_event_source_set_io_events(o->peer,
		    lines_waiting(&o->lines) ? EPOLLIN | EPOLLOUT : EPOLLIN);
		offer_rest(o);
		if (o->fd < 0)
			return 0;
	}
	if (!(events & ~(uint32_t)EPOLLOUT))
		return 0;
	r = lines_read(&o->lines);
	while (o->fd >= 0 && (line = lines_next(&o->lines, &n)) != NULL)
		take_line(o, line, n);
	if (o->fd >= 0 && r < 0 && r != -EAGAIN)
		drop_peer(o, r == -EPIPE ? "it has gone" :
		    r == -EMSGSIZE ? "a message longer than 64 KiB" :
		    strerror(-r));
	return 0;
}

/* Only the notifier's user, our own, and root may take notices. */
static bool
may_connect(int fd)
{
	struct ucred cred;
	socklen_t n = sizeof cred;
	const struct passwd *pw;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &n) < 0)
		return false;
	if (cred.uid == 0 || cred.uid == geteuid())
		return true;
	pw = getpwnam("vitals-notify");
	return pw != NULL && pw->pw_uid == cred.uid;
}

static int
on_connect(sd_event_source *s, int listen_fd, uint32_t events, void *arg)
{
	struct outbox *o = arg;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int r;
	char c;

	(void)s, (void)events;
	if (fd < 0)
		return 0;
	/* Gone already: it looked whether somebody listens here. */
	if (recv(fd, &c, 1, MSG_PEEK | MSG_DONTWAIT) == 0) {
		close(fd);
		return 0;
	}
	if (!may_connect(fd)) {
		journal_warning("notifier: refused a connection by a user "
		    "that is not vitals-notify");
		close(fd);
		return 0;
	}
	drop_peer(o, "another connection replaces it");
	r = sd_event_add_io(o->loop, &o->peer, fd, EPOLLIN, on_peer, o);
	if (r < 0) {
		close(fd);
		return 0;
	}
	o->fd = fd;
	lines_init(&o->lines, fd);
	journal_info("notifier: connected");
	return 0;
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
		n->at_least = c->channel[i].at_least;
		for (size_t j = 0; j < old_n; j++)
			if (strcmp(old[j].name, n->name) == 0)
				n->trouble = old[j].trouble;
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
	int r;

	if (o == NULL)
		return -ENOMEM;
	o->loop = loop;
	o->fd = o->listen_fd = -1;
	o->last = &o->first;
	o->ids = ids;
	o->sink = *sink;
	o->lost_ms = moment(o).t_ms;
	outbox_reload(o, c);
	snprintf(o->path, sizeof o->path, "%s", path);
	r = listen_unix(path, 0660);
	if (r < 0)
		goto fail;
	o->listen_fd = r;
	r = sd_event_add_io(loop, &o->listener, o->listen_fd, EPOLLIN,
	    on_connect, o);
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
	while (o->first != NULL)
		unlink_waiting(o, &o->first);
	if (o->fd >= 0) {
		o->peer = sd_event_source_disable_unref(o->peer);
		lines_free(&o->lines);
		close(o->fd);
	}
	sd_event_source_disable_unref(o->timer);
	sd_event_source_disable_unref(o->listener);
	if (o->listen_fd >= 0) {
		close(o->listen_fd);
		unlink(o->path);
	}
	free(o);
}

void
outbox_restore(struct outbox *o, const struct notice *n, size_t count)
{
	for (size_t i = 0; i < count; i++)
		(void)append(o, &n[i], moment(o).t_ms);
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
		if (w != NULL && o->fd < 0)
			log_delivery(o, w, OUTCOME_NO_NOTIFIER, 0,
			    "vitals-notify is not connected");
	}
}

void
outbox_status(const struct outbox *o, struct outbox_status *out)
{
	out->connected = o->fd >= 0;
	out->waiting = o->waiting_n;
	out->delivered = o->delivered;
}
