/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See control.h.  Clients live in one list; each has its lines, its role, and
 * the answers that wait for the store.
 *
 * Easy to get wrong: a client may be dropped from within any send, so nothing
 * is kept across one but the control itself; the client is freed on the next
 * turn of the loop.
 */
#include "daemon/control.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/control_state.h"
#include "daemon/control_verbs.h"
#include "daemon/json.h"
#include "daemon/journal.h"
#include "daemon/lines.h"
#include "daemon/listen.h"

/* An answer that waits until its record is durable. */
struct pending {
	struct pending *next;
	json_t *id, *result;
	uint64_t ticket;
	uint64_t lost;		/* records lost before it */
	int64_t until_ms;
};

struct client {
	struct client *next;
	struct control *control;
	int fd;			/* -1: dropped, to be freed */
	sd_event_source *source;
	struct lines lines;
	struct peer peer;
	bool watching;
	long record_port;	/* -1: none */
	struct pending *pending;
};

struct control {
	sd_event *loop;
	int listen_fd;
	char path[108];
	sd_event_source *listener, *tick, *flush, *late;
	struct control_host host;
	struct client *first;
	size_t clients_n;
	bool changed;		/* since the last state was sent */
	int64_t sent_ms;	/* when a state was last sent */
};

static void
free_pending(struct pending *p)
{
	json_decref(p->id);
	json_decref(p->result);
	free(p);
}

/* Records stop when nobody takes the bytes any more. */
static void
update_recording(struct control *c, long port)
{
	bool wanted = false;

	if (port < 0)
		return;
	for (const struct client *k = c->first; k != NULL; k = k->next)
		wanted |= k->fd >= 0 && k->record_port == port;
	if (c->host.port[port] != NULL)
		port_record(c->host.port[port], wanted);
}

static void
drop(struct client *k, const char *why)
{
	long port = k->record_port;

	if (k->fd < 0)
		return;
	if (why != NULL)
		journal_notice("control: dropped %s (pid %d): %s",
		    k->peer.user, (int)k->peer.pid, why);
	k->source = sd_event_source_disable_unref(k->source);
	lines_free(&k->lines);
	close(k->fd);
	k->fd = -1;
	k->watching = false;
	k->record_port = -1;
	while (k->pending != NULL) {
		struct pending *p = k->pending;

		k->pending = p->next;
		free_pending(p);
	}
	update_recording(k->control, port);
}

static void
reap(struct control *c)
{
	struct client **at = &c->first;

	while (*at != NULL) {
		struct client *k = *at;

		if (k->fd >= 0) {
			at = &k->next;
			continue;
		}
		*at = k->next;
		c->clients_n--;
		free(k);
	}
}

static void
send_text(struct client *k, const char *text, size_t n)
{
	int r;

	if (k->fd < 0)
		return;
	r = lines_send(&k->lines, text, n);
	if (r < 0) {
		drop(k, r == -ENOBUFS ? "it does not read" :
		    r == -EPIPE || r == -ECONNRESET ? NULL : strerror(-r));
		return;
	}
	sd_event_source_set_io_events(k->source, lines_waiting(&k->lines) ?
	    EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void
send_json(struct client *k, json_t *m)
{
	char *text = m != NULL ? json_dumps(m, JSON_STYLE) : NULL;

	json_decref(m);
	if (text != NULL)
		send_text(k, text, strlen(text));
	else
		drop(k, "no memory for an answer");
	free(text);
}

static void
send_error(struct client *k, json_t *id, int code, const char *message)
{
	send_json(k, json_pack("{s:s, s:O, s:{s:i, s:s}}", "jsonrpc", "2.0",
	    "id", id, "error", "code", code, "message", message));
}

static void
send_result(struct client *k, json_t *id, json_t *result)
{
	send_json(k, json_pack("{s:s, s:O, s:O}", "jsonrpc", "2.0", "id", id,
	    "result", result));
}

/* Answers that need wait no longer go out, in the order of their requests. */
static void
answer_pending(struct client *k, const struct store_report *r, int64_t t_ms)
{
	while (k->fd >= 0 && k->pending != NULL) {
		struct pending *p = k->pending;
		bool durable = p->ticket != 0 && p->ticket <= r->committed &&
		    r->lost_records == p->lost && !r->failing;

		if (!durable && !r->failing && p->ticket != 0 &&
		    t_ms < p->until_ms)
			return;
		k->pending = p->next;
		json_object_set_new(p->result, "durable",
		    json_boolean(durable));
		send_result(k, p->id, p->result);
		free_pending(p);
	}
}

/* Sets the timer to the answer that must go out first. */
static void
answer_late(struct control *c)
{
	int64_t first = INT64_MAX;

	for (const struct client *k = c->first; k != NULL; k = k->next)
		if (k->pending != NULL && k->pending->until_ms < first)
			first = k->pending->until_ms;
	if (first < INT64_MAX && sd_event_source_set_time(c->late,
	    (uint64_t)first * 1000) >= 0)
		(void)sd_event_source_set_enabled(c->late, SD_EVENT_ONESHOT);
}

void
control_stored(struct control *c)
{
	struct store_report r;
	int64_t t_ms = clock_boot_ms();

	store_report(c->host.store, &r);
	for (struct client *k = c->first; k != NULL; k = k->next)
		answer_pending(k, &r, t_ms);
	answer_late(c);
}

static int
on_late(sd_event_source *s, uint64_t usec, void *arg)
{
	(void)s, (void)usec;
	control_stored(arg);
	return 0;
}

static void
answer_when_durable(struct client *k, json_t *id, json_t *result)
{
	struct pending *p = calloc(1, sizeof *p), **at = &k->pending;
	struct store_report r;

	if (p == NULL) {
		json_object_set_new(result, "durable", json_false());
		send_result(k, id, result);
		return;
	}
	p->id = json_incref(id);
	p->result = json_incref(result);
	p->ticket = k->control->host.ticket(k->control->host.arg);
	p->until_ms = clock_boot_ms() + CONTROL_DURABLE_MS;
	store_report(k->control->host.store, &r);
	p->lost = r.lost_records;
	while (*at != NULL)
		at = &(*at)->next;
	*at = p;
	control_stored(k->control);
}

static void
send_state(struct control *c)
{
	struct now now = clock_now();
	json_t *m = NULL;
	char *text;
	size_t watchers = 0;

	c->changed = false;
	c->sent_ms = now.t_ms;
	for (const struct client *k = c->first; k != NULL; k = k->next)
		watchers += k->watching;
	if (watchers == 0)
		return;
	m = json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", "state",
	    "params", control_state(&c->host, &now));
	text = m != NULL ? json_dumps(m, JSON_STYLE) : NULL;
	json_decref(m);
	if (text == NULL) {
		journal_error("control: no memory for the state");
		return;
	}
	for (struct client *k = c->first; k != NULL; k = k->next)
		if (k->watching)
			send_text(k, text, strlen(text));
	free(text);
}

static int
on_flush(sd_event_source *s, uint64_t usec, void *arg)
{
	struct control *c = arg;

	(void)s, (void)usec;
	if (c->changed)
		send_state(c);
	return 0;
}

void
control_changed(struct control *c, bool urgent)
{
	int64_t wait = urgent ? 0 : CONTROL_STATE_MS;

	if (c == NULL || (c->changed && !urgent))
		return;
	c->changed = true;
	/* Urgent ones go at the end of this turn, so that one turn with many
	 * changes makes one message. */
	if (sd_event_source_set_time_relative(c->flush,
	    (uint64_t)wait * 1000) >= 0)
		(void)sd_event_source_set_enabled(c->flush,
		    SD_EVENT_ONESHOT);
}

static int
on_tick(sd_event_source *s, uint64_t usec, void *arg)
{
	struct control *c = arg;
	struct now now = clock_now();
	int r;

	(void)usec;
	for (struct client *k = c->first; k != NULL; k = k->next)
		if (k->watching)
			send_json(k, json_pack("{s:s, s:s, s:{s:o, s:I}}",
			    "jsonrpc", "2.0", "method", "tick", "params",
			    "wall", json_wall(now.wall_ms), "t_ms",
			    (json_int_t)now.t_ms));
	control_stored(c);
	reap(c);
	r = sd_event_source_set_time_relative(s, CONTROL_TICK_MS * 1000);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(s, SD_EVENT_ONESHOT);
}

static void
run(struct client *k, const struct control_method *m, json_t *id,
    json_t *params)
{
	struct control_call call = {
		.host = &k->control->host, .peer = &k->peer,
		.now = clock_now(), .params = params, .record_port = -1,
	};
	enum control_error e = control_run(m, &call);

	if (e != CONTROL_OK) {
		send_error(k, id, (int)e, call.error[0] != '\0' ? call.error :
		    "it failed inside vitalsd");
		json_decref(call.result);
		return;
	}
	if (call.watch_on)
		k->watching = true;
	if (call.record_port >= 0) {
		long before = k->record_port;

		k->record_port = call.record_on ? call.record_port : -1;
		update_recording(k->control, before);
		update_recording(k->control, call.record_port);
	}
	if (m->mutates)
		answer_when_durable(k, id, call.result);
	else
		send_result(k, id, call.result);
	json_decref(call.result);
}

static void
take_request(struct client *k, const char *line, size_t n)
{
	json_error_t e;
	char message[320], brief[JSON_SHORT];
	json_t *m = json_loadb(line, n, JSON_REJECT_DUPLICATES, &e);
	json_t *id = json_object_get(m, "id");
	json_t *params = json_object_get(m, "params");
	const char *name = json_string_value(json_object_get(m, "method"));
	const char *version = json_string_value(json_object_get(m, "jsonrpc"));
	const struct control_method *method;

	if (m == NULL) {
		snprintf(message, sizeof message, "not JSON at column %d: %s",
		    e.column, e.text);
		send_error(k, json_null(), -32700, message);
		return;
	}
	if (!json_is_string(id) && !json_is_integer(id))
		id = json_null();
	if (params != NULL)
		json_incref(params);
	else
		params = json_object();
	method = name != NULL ? control_method(name) : NULL;
	if (!json_is_object(m) || name == NULL || version == NULL ||
	    strcmp(version, "2.0") != 0 || json_is_null(id)) {
		send_error(k, id, -32600, "expected one JSON-RPC 2.0 request "
		    "a line, with jsonrpc, id and method");
	} else if (method == NULL) {
		snprintf(message, sizeof message,
		    "there is no method \"%s\"", json_short(brief, name));
		send_error(k, id, -32601, message);
	} else if (!json_is_object(params)) {
		send_error(k, id, -32602, "params must be an object");
	} else {
		run(k, method, id, params);
	}
	json_decref(params);
	json_decref(m);
}

static int
on_client(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct client *k = arg;
	char *line;
	size_t n;
	int r;

	(void)s, (void)fd;
	if (events & EPOLLOUT) {
		r = lines_flush(&k->lines);
		if (r < 0) {
			drop(k, r == -EPIPE ? NULL : strerror(-r));
			return 0;
		}
		sd_event_source_set_io_events(k->source,
		    lines_waiting(&k->lines) ? EPOLLIN | EPOLLOUT : EPOLLIN);
	}
	if (!(events & ~(uint32_t)EPOLLOUT))
		return 0;
	r = lines_read(&k->lines);
	while (k->fd >= 0 && (line = lines_next(&k->lines, &n)) != NULL)
		take_request(k, line, n);
	if (k->fd < 0 || r == 0 || r == -EAGAIN)
		return 0;
	if (r == -EMSGSIZE) {
		send_error(k, json_null(), -32600,
		    "a line longer than 64 KiB; the connection is closed");
		drop(k, "a line longer than 64 KiB");
	} else {
		drop(k, r == -EPIPE || r == -ECONNRESET ? NULL :
		    strerror(-r));
	}
	return 0;
}

static int
on_connect(sd_event_source *s, int listen_fd, uint32_t events, void *arg)
{
	static const char busy[] = "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":"
	    "{\"code\":1,\"message\":\"too many connections to vitalsd\"}}\n";
	struct control *c = arg;
	struct client *k;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int r;

	(void)s, (void)events;
	if (fd < 0)
		return 0;
	reap(c);
	k = c->clients_n < CONTROL_CLIENTS ? calloc(1, sizeof *k) : NULL;
	if (k == NULL) {
		(void)!send(fd, busy, sizeof busy - 1, MSG_NOSIGNAL);
		close(fd);
		return 0;
	}
	k->control = c;
	k->fd = fd;
	k->record_port = -1;
	r = roles_of_peer(fd, c->host.config, &k->peer);
	if (r >= 0)
		r = sd_event_add_io(c->loop, &k->source, fd, EPOLLIN,
		    on_client, k);
	if (r < 0) {
		journal_warning("control: a connection failed: %s",
		    strerror(-r));
		close(fd);
		free(k);
		return 0;
	}
	lines_init(&k->lines, fd);
	/* The state of many beds is longer than any request may be. */
	lines_trust(&k->lines, LINES_MAX, LINES_OUT - 1);
	k->next = c->first;
	c->first = k;
	c->clients_n++;
	return 0;
}

void
control_bytes(struct control *c, size_t port, int64_t t_ms, bool sent,
    const uint8_t *p, size_t n)
{
	static const char digit[] = "0123456789abcdef";
	char hex[2 * 1024 + 1];

	while (n > 0) {
		size_t some = n < 1024 ? n : 1024;

		for (size_t i = 0; i < some; i++) {
			hex[2 * i] = digit[p[i] >> 4];
			hex[2 * i + 1] = digit[p[i] & 15];
		}
		hex[2 * some] = '\0';
		for (struct client *k = c->first; k != NULL; k = k->next)
			if (k->fd >= 0 && k->record_port == (long)port)
				send_json(k, json_pack("{s:s, s:s, s:{s:s, "
				    "s:I, s:b, s:s}}", "jsonrpc", "2.0",
				    "method", "bytes", "params", "port",
				    c->host.config->ports[port].name, "ms",
				    (json_int_t)t_ms, "sent", sent, "hex",
				    hex));
		p += some;
		n -= some;
	}
}

void
control_reconfigure(struct control *c, const struct config *config)
{
	c->host.config = config;
	(void)roles_warn(config);
	for (struct client *k = c->first; k != NULL; k = k->next) {
		if (k->fd < 0)
			continue;
		if (roles_of_peer(k->fd, config, &k->peer) < 0)
			drop(k, "its user cannot be told any more");
		else if ((k->watching && !(k->peer.roles & ROLE_VIEW)) ||
		    (k->record_port >= 0 && !(k->peer.roles & ROLE_ADMIN)))
			drop(k, "its user may no longer see that");
	}
	control_changed(c, false);
}

int
control_new(struct control **out, sd_event *loop, const char *path,
    const struct control_host *host)
{
	struct control *c = calloc(1, sizeof *c);
	int r;

	if (c == NULL)
		return -ENOMEM;
	c->loop = loop;
	c->host = *host;
	snprintf(c->path, sizeof c->path, "%s", path);
	(void)roles_warn(host->config);
	c->listen_fd = listen_unix(path, 0666);
	if (c->listen_fd < 0) {
		r = c->listen_fd;
		goto fail;
	}
	r = sd_event_add_io(loop, &c->listener, c->listen_fd, EPOLLIN,
	    on_connect, c);
	if (r >= 0)
		r = sd_event_add_time_relative(loop, &c->tick, CLOCK_BOOTTIME,
		    CONTROL_TICK_MS * 1000, 10000, on_tick, c);
	if (r >= 0)
		r = sd_event_add_time_relative(loop, &c->flush, CLOCK_BOOTTIME,
		    0, 1, on_flush, c);
	if (r >= 0)
		r = sd_event_add_time(loop, &c->late, CLOCK_BOOTTIME, 0, 1000,
		    on_late, c);
	if (r >= 0)
		r = sd_event_source_set_enabled(c->late, SD_EVENT_OFF);
	if (r < 0)
		goto fail;
	*out = c;
	return 0;
fail:
	control_free(c);
	return r;
}

void
control_free(struct control *c)
{
	if (c == NULL)
		return;
	for (struct client *k = c->first; k != NULL; k = k->next)
		drop(k, NULL);
	reap(c);
	sd_event_source_disable_unref(c->late);
	sd_event_source_disable_unref(c->flush);
	sd_event_source_disable_unref(c->tick);
	sd_event_source_disable_unref(c->listener);
	if (c->listen_fd >= 0) {
		close(c->listen_fd);
		unlink(c->path);
	}
	free(c);
}
