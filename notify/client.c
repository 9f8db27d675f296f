/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The notifier's side of notify.sock; see client.h and docs/protocol.md.
 *
 * The main thread connects, sends and closes; what vitalsd sends is read by
 * whichever channel is idle (intake.h), and by the main thread once a second,
 * should all of them be stuck.
 *
 * Easy to get wrong: client_take_line() and what it calls run in any thread,
 * under the intake's lock.  They answer over the socket pair on which channels
 * report, and send nothing themselves.
 */
#include "notify/client.h"

#include "daemon/clock.h"
#include "daemon/journal.h"
#include "daemon/notice_line.h"
#include "daemon/supervisor.h"
#include "notify/channel.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <assert.h>
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CONNECT_FIRST_MS 250
#define CONNECT_MOST_MS 2000
#define CONNECT_LASTED_MS 5000	/* so long: the next try is soon again.  Two
				 * notifiers would else take turns for ever */
#define CLIENT_VERSION "1"
#define READ_MS 1000		/* the main thread reads so often */
#define READ_SLACK_US 250000
#define NO_ATTEMPT INT64_C(-1)	/* took_ms of an answer without one */

/* What the next line is, when it is no message. */
enum body_line {
	BODY_NONE,
	BODY_NOTICE,
	BODY_HEARTBEAT,
	BODY_SKIPPED,	/* of a message that was no good */
};

struct client {
	const struct notify_config *config;
	sd_event *event;
	struct sockaddr_un address;
	struct channel *channel[NOTIFY_CHANNELS];
	int report[2];		/* [0] is read here, [1] written by channels */
	sd_event_source *results;
	sd_event_source *again;	/* the timer of the next connection */
	int64_t again_ms;	/* the wait before it */
	int64_t since_ms;	/* when this connection was made */
	bool connected;
	struct intake intake;
	sd_event_source *socket, *read;
	bool told_absent;	/* the missing vitalsd is in the journal */
	/* Under the intake's lock, of this connection: */
	bool told_bad;		/* a bad message is in the journal */
	enum body_line next;
	struct notice notice;	/* whose body is the next line */
	uint64_t delivered;
};

static void
client_tell_status(const struct client *c)
{
	size_t waiting = 0;

	for (size_t i = 0; i < c->config->channels_n; i++)
		if (c->channel[i])
			waiting += channel_waiting(c->channel[i]);
	supervisor_tell("STATUS=%s; %llu delivered, %zu waiting",
	    c->connected ? "connected to vitalsd" : "waiting for vitalsd",
	    (unsigned long long)c->delivered, waiting);
}

/* Ends the connection and sets the time of the next. */
static void
client_drop(struct client *c, const char *why)
{
	if (c->connected) {
		c->socket = sd_event_source_disable_unref(c->socket);
		intake_close(&c->intake);
		c->connected = false;
		if (clock_boot_ms() - c->since_ms >= CONNECT_LASTED_MS)
			c->again_ms = CONNECT_FIRST_MS;
	}
	if (!c->told_absent)
		journal_warning("no connection to vitalsd: %s; trying for ever",
		    why);
	c->told_absent = true;
	if (sd_event_source_set_time_relative(c->again,
	    (uint64_t)c->again_ms * 1000) < 0 ||
	    sd_event_source_set_enabled(c->again, SD_EVENT_ONESHOT) < 0)
		journal_error("no timer for the next connection to vitalsd");
	c->again_ms = c->again_ms * 2 > CONNECT_MOST_MS ? CONNECT_MOST_MS :
	    c->again_ms * 2;
	client_tell_status(c);
}

/* Sends one message; takes the reference.  Watches for room where the socket
 * is full.  Drops the connection where it fails. */
static void
client_send(struct client *c, json_t *message)
{
	char *text = message ? json_dumps(message, JSON_COMPACT) : NULL;
	int r = -ENOMEM;

	json_decref(message);
	if (text)
		r = intake_send(&c->intake, text, strlen(text));
	free(text);
	if (r == 1)
		r = sd_event_source_set_io_events(c->socket,
		    EPOLLRDHUP | EPOLLOUT);
	if (r < 0)
		client_drop(c, strerror(-r));
}

static void
client_hello(struct client *c)
{
	json_t *names = json_array();

	for (size_t i = 0; i < c->config->channels_n; i++)
		json_array_append_new(names,
		    json_string(c->config->channel[i].name));
	client_send(c, json_pack("{s:s, s:s, s:{s:s, s:o}}", "jsonrpc", "2.0",
	    "method", "notify.hello", "params", "version", CLIENT_VERSION,
	    "channels", names));
}

static void
client_report(struct client *c, const struct delivery *d)
{
	char key[EVENT_ID_TEXT];

	if (!c->connected)
		return;		/* it will be offered again */
	event_id_format(key, d->key);
	client_send(c, json_pack("{s:s, s:s, s:{s:s, s:s, s:I, s:s, s:s}}",
	    "jsonrpc", "2.0", "method", "notify.result", "params",
	    "key", key, "channel", d->channel, "attempt",
	    (json_int_t)d->attempt, "outcome", outcome_name(d->outcome),
	    "detail", d->detail));
}

/* Says that a heartbeat went through, or not.  One that nobody hears of is soon
 * followed by another. */
static void
client_report_beat(struct client *c, const struct delivery *d)
{
	if (!c->connected)
		return;
	client_send(c, json_pack("{s:s, s:s, s:{s:s, s:s, s:s}}",
	    "jsonrpc", "2.0", "method", "notify.heartbeat", "params",
	    "channel", d->channel, "outcome", outcome_name(d->outcome),
	    "detail", d->detail));
}

/* Answers a notice without an attempt. */
static void
client_answer(struct client *c, const struct notice *n, enum outcome outcome,
    const char *detail)
{
	struct delivery d = { .key = n->key, .attempt = 1, .outcome = outcome,
	    .took_ms = NO_ATTEMPT };

	memcpy(d.channel, n->channel, sizeof(d.channel));
	snprintf(d.detail, sizeof(d.detail), "%s", detail);
	/* Without an answer vitalsd would wait: anew, then. */
	if (send(c->report[1], &d, sizeof(d), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		intake_give_up(&c->intake, -errno);
}

static void
client_take_notice(struct client *c, const struct notice *n, bool heartbeat)
{
	struct channel *ch = NULL;
	int r;

	for (size_t i = 0; i < c->config->channels_n; i++)
		if (strcmp(c->config->channel[i].name, n->channel) == 0)
			ch = c->channel[i];
	if (!ch) {
		if (!heartbeat)
			client_answer(c, n, OUTCOME_REFUSED,
			    "vitals-notify.yaml has no such channel");
		return;
	}
	r = channel_submit(ch, n, heartbeat);
	if (r == -EEXIST)
		client_answer(c, n, OUTCOME_DELIVERED, "delivered before");
	else if (r == -ENOBUFS)
		client_answer(c, n, OUTCOME_RETRY,
		    "the queue is full; will be asked for again");
}

/* The line after that of a notice, whatever it holds.  NULL or what is
 * wrong. */
static const char *
client_take_body(struct client *c, const char *line, size_t n)
{
	enum body_line kind = c->next;

	c->next = BODY_NONE;
	if (kind == BODY_SKIPPED)
		return NULL;
	if (n == 0 || n >= sizeof(c->notice.body))
		return "body has no fitting length";
	memcpy(c->notice.body, line, n);
	c->notice.length = n;
	client_take_notice(c, &c->notice, kind == BODY_HEARTBEAT);
	return NULL;
}

/* Any other line.  NULL or what is wrong. */
static const char *
client_take_message(struct client *c, const char *line)
{
	bool heartbeat;

	/* What else vitalsd may come to say one day is none of its business. */
	if (!notice_line_is(line))
		return line[0] == '{' ? NULL : "neither notice nor JSON";
	if (!notice_line_parse(line, &c->notice, &heartbeat)) {
		c->next = BODY_SKIPPED;
		return "a notice without key, channel, priority and kind";
	}
	c->next = heartbeat ? BODY_HEARTBEAT : BODY_NOTICE;
	return NULL;
}

/* What is not understood is said once in a connection, and what it was about
 * stays in vitalsd's outbox. */
static void
client_take_line(struct client *c, const char *line, size_t n)
{
	const char *why = c->next != BODY_NONE ? client_take_body(c, line, n) :
	    client_take_message(c, line);

	if (why && !c->told_bad) {
		journal_error("bad message from vitalsd: %s", why);
		c->told_bad = true;
	}
}

static void
client_on_line(void *arg, const char *line, size_t n)
{
	client_take_line(arg, line, n);
}

static int
client_on_socket(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct client *c = arg;
	int r = 0;

	(void)s;
	(void)fd;
	if (events & EPOLLOUT) {
		r = intake_flush(&c->intake);
		if (r == 0)
			r = sd_event_source_set_io_events(c->socket,
			    EPOLLRDHUP);
	}
	if (r >= 0 && (events & ~(uint32_t)EPOLLOUT) == 0)
		return 0;
	/* It hung up, or a reader did. */
	if (r >= 0)
		r = intake_ended(&c->intake);
	client_drop(c, r == 0 || r == -EPIPE ? "it closed the connection" :
	    r == -EMSGSIZE ? "it sent too long a line" : strerror(-r));
	return 0;
}

/* Should every channel be stuck, vitalsd is heard all the same. */
static int
client_on_read(sd_event_source *s, uint64_t usec, void *arg)
{
	struct client *c = arg;

	(void)usec;
	intake_read(&c->intake);
	if (sd_event_source_set_time_relative(s, READ_MS * 1000) < 0 ||
	    sd_event_source_set_enabled(s, SD_EVENT_ONESHOT) < 0)
		journal_error("no timer to read what vitalsd sends");
	return 0;
}

static void
client_connect(struct client *c)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	int r;

	if (fd < 0) {
		client_drop(c, strerror(errno));
		return;
	}
	if (connect(fd, (struct sockaddr *)&c->address,
	    sizeof(c->address)) < 0) {
		client_drop(c, strerror(errno));
		close(fd);
		return;
	}
	r = sd_event_add_io(c->event, &c->socket, fd, EPOLLRDHUP,
	    client_on_socket, c);
	if (r < 0) {
		client_drop(c, strerror(-r));
		close(fd);
		return;
	}
	journal_info("connected to vitalsd");
	c->told_absent = c->told_bad = false;
	c->next = BODY_NONE;
	c->since_ms = clock_boot_ms();
	c->connected = true;
	intake_open(&c->intake, fd);
	client_hello(c);
	for (size_t i = 0; i < c->config->channels_n; i++)
		channel_look_again(c->channel[i]);
	client_tell_status(c);
}

static int
client_on_again(sd_event_source *s, uint64_t usec, void *arg)
{
	(void)s;
	(void)usec;
	client_connect(arg);
	return 0;
}

/* Takes one result of a channel; false if there is none. */
static bool
client_take_result(struct client *c)
{
	struct delivery d;

	if (recv(c->report[0], &d, sizeof(d), MSG_DONTWAIT) !=
	    (ssize_t)sizeof(d))
		return false;
	if (d.attempt == ATTEMPT_HEARTBEAT) {
		client_report_beat(c, &d);
		return true;
	}
	if (d.outcome == OUTCOME_DELIVERED && d.took_ms != NO_ATTEMPT)
		c->delivered++;
	client_report(c, &d);
	return true;
}

static int
client_on_result(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct client *c = arg;
	bool ask = false;

	(void)s;
	(void)fd;
	(void)events;
	while (client_take_result(c))
		;
	for (size_t i = 0; i < c->config->channels_n; i++)
		if (channel_room_again(c->channel[i]))
			ask = true;
	if (ask && c->connected) {
		journal_info("asking vitalsd again for what found no room");
		c->told_absent = true;
		client_drop(c, "");
	}
	client_tell_status(c);
	return 0;
}

/* Undoes client_start(), which may have come half way. */
static int
client_free(struct client *c, int64_t wait_ms)
{
	int64_t end_ms = clock_boot_ms() + wait_ms;
	bool stuck = false;

	/* No channel hands another one a notice from here on. */
	intake_deafen(&c->intake);
	for (size_t i = 0; i < c->config->channels_n; i++)
		if (c->channel[i])
			channel_ask_stop(c->channel[i]);
	for (size_t i = 0; i < c->config->channels_n; i++) {
		int64_t left_ms = end_ms - clock_boot_ms();

		if (c->channel[i] && channel_stop(c->channel[i],
		    left_ms > 0 ? left_ms : 0) < 0)
			stuck = true;
	}
	if (stuck)
		return -ETIMEDOUT;
	if (c->report[0] >= 0) {
		while (client_take_result(c))
			;
		close(c->report[0]);
		close(c->report[1]);
	}
	sd_event_source_disable_unref(c->results);
	sd_event_source_disable_unref(c->again);
	sd_event_source_disable_unref(c->read);
	sd_event_source_disable_unref(c->socket);
	intake_free(&c->intake);
	free(c);
	return 0;
}

int
client_start(sd_event *event, const char *socket_path,
    const struct notify_config *config, struct client **out)
{
	struct client *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return -ENOMEM;
	c->config = config;
	c->event = event;
	c->report[0] = c->report[1] = -1;
	intake_init(&c->intake, client_on_line, c);
	c->again_ms = CONNECT_FIRST_MS;
	c->address.sun_family = AF_UNIX;
	r = -ENAMETOOLONG;
	if (strlen(socket_path) >= sizeof(c->address.sun_path))
		goto fail;
	strcpy(c->address.sun_path, socket_path);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0,
	    c->report) < 0) {
		r = -errno;
		goto fail;
	}
	r = sd_event_add_io(event, &c->results, c->report[0], EPOLLIN,
	    client_on_result, c);
	if (r < 0)
		goto fail;
	/* Due at once: the first connection. */
	r = sd_event_add_time(event, &c->again, CLOCK_BOOTTIME, 0, 1000,
	    client_on_again, c);
	if (r >= 0)
		r = sd_event_add_time_relative(event, &c->read,
		    CLOCK_BOOTTIME, READ_MS * 1000, READ_SLACK_US,
		    client_on_read, c);
	for (size_t i = 0; r >= 0 && i < config->channels_n; i++)
		r = channel_start(&config->channel[i], c->report[1],
		    &c->intake, &c->channel[i]);
	if (r < 0)
		goto fail;
	*out = c;
	return 0;

fail:
	if (client_free(c, 1000) < 0)
		journal_error("a channel does not end");
	return r;
}

int
client_stop(struct client *c, int64_t wait_ms)
{
	return client_free(c, wait_ms);
}
