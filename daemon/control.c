/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See control.h.
 *
 * Easy to get wrong: a caller may be dropped from within any send, so whoever
 * has sent looks at its fd again before it reads on.
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
#include "daemon/control_caller.h"
#include "daemon/control_state.h"
#include "daemon/control_verbs.h"
#include "daemon/every.h"
#include "daemon/json.h"
#include "daemon/journal.h"
#include "daemon/lines.h"
#include "daemon/listen.h"

enum news { NEWS_NONE = 0, NEWS_CHANGED, NEWS_URGENT };

struct control {
	sd_event *loop;
	int listen_fd;
	char path[108];
	sd_event_source *listener, *tick, *flush;
	struct control_host host;
	struct callers callers;
	/* Since the last state was sent. */
	bool changed;
	enum news *news;	/* of each bed */
	size_t bed;		/* where the next page begins to look */
};

void
control_stored(struct control *c)
{
	callers_answer(&c->callers);
}

/* Up to a page of the beds with such news, from c->bed on; false if there are
 * more. */
static bool
take_news(struct control *c, enum news least, struct control_page *page)
{
	size_t beds_n = c->host.hub->beds_n;

	for (size_t i = 0; i < beds_n; i++) {
		size_t bed = (c->bed + i) % beds_n;

		if (c->news[bed] < least)
			continue;
		if (page->n == CONTROL_PAGE) {
			if (least == NEWS_CHANGED)
				c->bed = bed;
			return false;
		}
		c->news[bed] = NEWS_NONE;
		page->bed[page->n++] = bed;
	}
	return true;
}

/* Few beds go all together; of many, those with news, alarms first.  What does
 * not fit on one page follows soon. */
static void
take_page(struct control *c, struct control_page *page)
{
	if (c->host.hub->beds_n <= CONTROL_PAGE) {
		control_page(&c->host, 0, page);
		c->changed = false;
		return;
	}
	page->n = 0;
	page->next = c->host.hub->beds_n;
	c->changed = !take_news(c, NEWS_URGENT, page) ||
	    !take_news(c, NEWS_CHANGED, page);
}

static void
flush_in(struct control *c, int64_t ms)
{
	(void)every_once(c->flush, (uint64_t)ms * 1000);
}

static void
send_state(struct control *c)
{
	struct now now = clock_now();
	struct control_page page;
	json_t *m = NULL;
	char *text;
	size_t watchers = 0;

	for (const struct caller *k = c->callers.first; k != NULL; k = k->next)
		watchers += k->watching;
	if (watchers == 0) {
		c->changed = false;
		memset(c->news, 0, c->host.hub->beds_n * sizeof *c->news);
		return;
	}
	take_page(c, &page);
	if (c->changed)
		flush_in(c, CONTROL_REST_MS);
	m = json_pack("{s:s, s:s, s:o}", "jsonrpc", "2.0", "method", "state",
	    "params", control_state(&c->host, &now, &page));
	text = m != NULL ? json_dumps(m, JSON_STYLE) : NULL;
	json_decref(m);
	if (text == NULL) {
		journal_error("control: no memory for the state");
		return;
	}
	for (struct caller *k = c->callers.first; k != NULL; k = k->next)
		if (k->watching)
			caller_send(k, text, strlen(text));
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

bool
control_changed(struct control *c, size_t bed, bool urgent)
{
	enum news news = urgent ? NEWS_URGENT : NEWS_CHANGED;

	if (c == NULL)
		return false;
	if (bed < c->host.hub->beds_n && c->news[bed] < news)
		c->news[bed] = news;
	if (c->changed && !urgent)
		return false;
	c->changed = true;
	/* Urgent ones go at the end of this turn, so that one turn with many
	 * changes makes one message. */
	flush_in(c, urgent ? 0 : CONTROL_STATE_MS);
	return true;
}

static int
on_tick(sd_event_source *s, uint64_t usec, void *arg)
{
	struct control *c = arg;
	struct now now = clock_now();

	for (struct caller *k = c->callers.first; k != NULL; k = k->next)
		if (k->watching)
			caller_send_json(k, json_pack("{s:s, s:s, s:{s:o, "
			    "s:I}}", "jsonrpc", "2.0", "method", "tick", "params",
			    "wall", json_wall(now.wall_ms), "t_ms",
			    (json_int_t)now.t_ms));
	control_stored(c);
	callers_reap(&c->callers);
	return every_again(s, usec, CONTROL_TICK_MS);
}

static void
run(struct caller *k, const struct control_method *m, json_t *id,
    json_t *params)
{
	struct control_call call = {
		.host = k->all->host, .peer = &k->peer,
		.now = clock_now(), .params = params, .record_port = -1,
	};
	enum control_error e = control_run(m, &call);

	if (e != CONTROL_OK) {
		caller_send_error(k, id, (int)e, call.error[0] != '\0' ?
		    call.error : "it failed inside vitalsd");
		json_decref(call.result);
		return;
	}
	if (call.watch_on)
		k->watching = true;
	if (call.record_port >= 0)
		caller_record(k, call.record_port, call.record_on);
	if (m->mutates)
		caller_answer_durable(k, id, call.result);
	else
		caller_send_result(k, id, call.result);
	json_decref(call.result);
}

static void
take_request(struct caller *k, const char *line, size_t n)
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
		caller_send_error(k, json_null(), -32700, message);
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
		caller_send_error(k, id, -32600, "expected one JSON-RPC 2.0 "
		    "request a line, with jsonrpc, id and method");
	} else if (method == NULL) {
		snprintf(message, sizeof message,
		    "there is no method \"%s\"", json_short(brief, name));
		caller_send_error(k, id, -32601, message);
	} else if (!json_is_object(params)) {
		caller_send_error(k, id, -32602, "params must be an object");
	} else {
		run(k, method, id, params);
	}
	json_decref(params);
	json_decref(m);
}

static int
on_caller(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct caller *k = arg;
	char *line;
	size_t n;
	int r;

	(void)s, (void)fd;
	if (events & EPOLLOUT) {
		caller_flush(k);
		if (k->fd < 0)
			return 0;
	}
	if (!(events & ~(uint32_t)EPOLLOUT))
		return 0;
	r = lines_read(&k->lines);
	while (k->fd >= 0 && (line = lines_next(&k->lines, &n)) != NULL) {
		k->asked_ms = clock_boot_ms();
		take_request(k, line, n);
	}
	if (k->fd < 0 || r == 0 || r == -EAGAIN)
		return 0;
	if (r == -EMSGSIZE) {
		caller_send_error(k, json_null(), -32600,
		    "a line longer than 64 KiB; the connection is closed");
		caller_drop(k, "a line longer than 64 KiB");
	} else {
		caller_drop(k, r == -EPIPE || r == -ECONNRESET ? NULL :
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
	struct caller *k;
	int fd = accept4(listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int r;

	(void)s, (void)events;
	if (fd < 0)
		return 0;
	callers_reap(&c->callers);
	if (c->callers.n >= CONTROL_CLIENTS) {
		callers_make_room(&c->callers, clock_boot_ms());
		callers_reap(&c->callers);
	}
	k = c->callers.n < CONTROL_CLIENTS ? calloc(1, sizeof *k) : NULL;
	if (k == NULL) {
		(void)!send(fd, busy, sizeof busy - 1, MSG_NOSIGNAL);
		close(fd);
		return 0;
	}
	k->all = &c->callers;
	k->fd = fd;
	k->record_port = -1;
	k->asked_ms = clock_boot_ms();
	r = roles_of_peer(fd, c->host.config, &k->peer);
	if (r >= 0)
		r = sd_event_add_io(c->loop, &k->source, fd, EPOLLIN,
		    on_caller, k);
	if (r < 0) {
		journal_limited(&c->callers.dropped, clock_boot_ms(),
		    JOURNAL_WARNING, &(struct journal_fields){ .error = r },
		    "control: a connection failed: %s", strerror(-r));
		close(fd);
		free(k);
		return 0;
	}
	lines_init(&k->lines, fd);
	/* The state of many beds is longer than any request may be. */
	lines_trust(&k->lines, LINES_MAX, LINES_OUT - 1);
	k->next = c->callers.first;
	c->callers.first = k;
	c->callers.n++;
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
		for (struct caller *k = c->callers.first; k != NULL; k = k->next)
			if (k->fd >= 0 && k->record_port == (long)port)
				caller_send_json(k, json_pack("{s:s, s:s, "
				    "s:{s:s, s:I, s:b, s:s}}", "jsonrpc", "2.0",
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
	for (struct caller *k = c->callers.first; k != NULL; k = k->next) {
		if (k->fd < 0)
			continue;
		if (roles_of_peer(k->fd, config, &k->peer) < 0)
			caller_drop(k, "its user cannot be told any more");
		else if ((k->watching && !(k->peer.roles & ROLE_VIEW)) ||
		    (k->record_port >= 0 && !(k->peer.roles & ROLE_ADMIN)))
			caller_drop(k, "its user may no longer see that");
	}
	for (size_t i = 0; i <= c->host.hub->beds_n; i++)
		control_changed(c, i, false);
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
	c->listen_fd = -1;
	c->news = calloc(host->hub->beds_n, sizeof *c->news);
	if (c->news == NULL) {
		r = -ENOMEM;
		goto fail;
	}
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
		r = callers_init(&c->callers, loop, &c->host);
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
	callers_free(&c->callers);
	sd_event_source_disable_unref(c->flush);
	sd_event_source_disable_unref(c->tick);
	sd_event_source_disable_unref(c->listener);
	if (c->listen_fd >= 0) {
		close(c->listen_fd);
		unlink(c->path);
	}
	free(c->news);
	free(c);
}
