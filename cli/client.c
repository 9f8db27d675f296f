/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The caller's side of control.sock; see client.h.
 *
 * Easy to get wrong: the socket never blocks, so every wait is a poll() with
 * what is left of a deadline, and a signal does not prolong it.
 */
#include "cli/client.h"

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/clock.h"

static int __attribute__((format(printf, 3, 4)))
client_fail(struct client *c, int error, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->error, sizeof(c->error), format, ap);
	va_end(ap);
	return error;
}

int
client_open(struct client *c, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int e;

	*c = (struct client){ .fd = -1, .answer_ms = CLIENT_ANSWER_MS };
	if (strlen(path) >= sizeof(a.sun_path))
		return client_fail(c, -ENAMETOOLONG,
		    "the socket's path is longer than %zu bytes: %s",
		    sizeof(a.sun_path) - 1, path);
	memcpy(a.sun_path, path, strlen(path));
	c->waiting = json_array();
	c->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (!c->waiting || c->fd < 0) {
		e = c->waiting ? errno : ENOMEM;
		client_close(c);
		return client_fail(c, -e, "no socket: %s", strerror(e));
	}
	if (connect(c->fd, (const struct sockaddr *)&a, sizeof(a)) < 0) {
		e = errno;
		client_close(c);
		if (e == EACCES || e == EPERM)
			return client_fail(c, -e, "you have no permission to "
			    "reach vitalsd's socket %s; whoever runs vitalsd "
			    "can give it", path);
		return client_fail(c, -e, "vitalsd is not running or its "
		    "socket %s cannot be reached: %s%s", path, strerror(e),
		    e == ENOENT ? "; is --run (or VITALSD_RUN) right?" : "");
	}
	lines_init(&c->lines, c->fd);
	/* vitalsd's state of many beds is longer than a request may be. */
	lines_trust(&c->lines, LINES_OUT - 1, LINES_MAX);
	return 0;
}

void
client_close(struct client *c)
{
	if (c->fd >= 0) {
		lines_free(&c->lines);
		close(c->fd);
	}
	json_decref(c->waiting);
	c->waiting = NULL;
	c->fd = -1;
}

/* Waits for the socket until 'deadline_ms'; 0, -EAGAIN when it has passed. */
static int MUST_CHECK
client_wait(struct client *c, int64_t deadline_ms)
{
	struct pollfd p = { .fd = c->fd, .events = POLLIN };
	int64_t left = deadline_ms - clock_boot_ms();
	int r;

	if (lines_waiting(&c->lines))
		p.events |= POLLOUT;
	r = poll(&p, 1, left > 0 ? (int)left : 0);
	if (r < 0)
		return errno == EINTR ? 0 : -errno;
	if (r == 0)
		return left > 0 ? 0 : -EAGAIN;
	if (p.revents & POLLOUT)
		return lines_flush(&c->lines);
	return 0;
}

/* One message off the socket, parsed: 0, -EAGAIN at the deadline, or lost. */
static int MUST_CHECK
client_message(struct client *c, int64_t deadline_ms, json_t **out)
{
	json_error_t e;
	json_t *m;
	size_t n = 0;
	char *line;
	int r;

	while (!(line = lines_next(&c->lines, &n))) {
		r = lines_read(&c->lines);
		if (r == -EAGAIN)
			r = client_wait(c, deadline_ms);
		if (r == -EAGAIN)
			return r;
		if (r == -EPIPE || r == -ECONNRESET)
			return client_fail(c, -EPIPE,
			    "vitalsd closed the connection");
		if (r < 0)
			return client_fail(c, r, "reading from vitalsd: %s",
			    strerror(-r));
	}
	m = json_loadb(line, n, JSON_REJECT_DUPLICATES, &e);
	if (!m)
		return client_fail(c, -EBADMSG, "vitalsd sent a line that is "
		    "not JSON, at column %d: %s", e.column, e.text);
	if (!json_is_object(m)) {
		json_decref(m);
		return client_fail(c, -EBADMSG,
		    "vitalsd sent a line that is not a JSON object");
	}
	*out = m;
	return 0;
}

int
client_send(struct client *c, const char *method, json_t *params)
{
	json_t *m;
	char *text = NULL;
	int r;

	c->id++;
	m = json_pack("{s:s, s:I, s:s, s:o*}", "jsonrpc", "2.0", "id", c->id,
	    "method", method, "params", params);
	if (m)
		text = json_dumps(m, JSON_COMPACT);
	json_decref(m);
	if (!text)
		return client_fail(c, -ENOMEM,
		    "the request cannot be written as JSON (not UTF-8?)");
	r = lines_send(&c->lines, text, strlen(text));
	free(text);
	if (r == -EPIPE || r == -ECONNRESET)
		return client_fail(c, -EPIPE, "vitalsd closed the connection");
	if (r < 0)
		return client_fail(c, r, "writing to vitalsd: %s", strerror(-r));
	return 0;
}

/* The answer to our request: its result, or its error as c->error. */
static int MUST_CHECK
client_answer(struct client *c, const json_t *m, json_t **result)
{
	const json_t *e = json_object_get(m, "error");
	json_t *r = json_object_get(m, "result");

	if (r) {
		*result = json_incref(r);
		return 0;
	}
	if (!json_is_object(e))
		return client_fail(c, -EBADMSG,
		    "vitalsd sent an answer with neither result nor error");
	c->code = (int)client_int(e, "code", 0);
	return client_fail(c, -EREMOTEIO, "%s", client_text(e, "message")[0] ?
	    client_text(e, "message") : "vitalsd gave no reason");
}

int
client_call(struct client *c, const char *method, json_t *params,
    json_t **result)
{
	int64_t deadline = clock_boot_ms() + c->answer_ms;
	json_t *m = NULL, *id;
	int r;

	c->code = 0;
	c->error[0] = '\0';
	r = client_send(c, method, params);
	while (r == 0) {
		r = client_message(c, deadline, &m);
		if (r == -EAGAIN)
			return client_fail(c, -ETIMEDOUT, "vitalsd did not "
			    "answer `%s` within %d s", method,
			    c->answer_ms / 1000);
		if (r < 0)
			return r;
		id = json_object_get(m, "id");
		if (json_object_get(m, "method")) {
			if (json_array_append(c->waiting, m) < 0)
				r = client_fail(c, -ENOMEM, "out of memory");
		} else if (json_integer_value(id) == c->id ||
		    (json_is_null(id) && json_object_get(m, "error"))) {
			/* A null id: it could not even read our request. */
			r = client_answer(c, m, result);
			json_decref(m);
			return r;
		}
		json_decref(m);
	}
	return r;
}

int
client_next(struct client *c, int timeout_ms, json_t **message)
{
	if (json_array_size(c->waiting) > 0) {
		*message = json_incref(json_array_get(c->waiting, 0));
		json_array_remove(c->waiting, 0);
		return 0;
	}
	return client_message(c, clock_boot_ms() + timeout_ms, message);
}

const char *
client_text(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : "";
}

int64_t
client_int(const json_t *o, const char *key, int64_t otherwise)
{
	const json_t *v = json_object_get(o, key);

	return json_is_integer(v) ? json_integer_value(v) : otherwise;
}

bool
client_true(const json_t *o, const char *key)
{
	return json_is_true(json_object_get(o, key));
}

int64_t
client_wall_ms(const char *text)
{
	struct tm tm = { .tm_isdst = 0 };
	const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
	int64_t ms = 0;

	if (!rest)
		return -1;
	if (*rest == '.') {
		int scale = 100;

		for (rest++; *rest >= '0' && *rest <= '9'; rest++) {
			ms += (*rest - '0') * scale;
			scale /= 10;
		}
	}
	if (strcmp(rest, "Z") != 0)
		return -1;
	return (int64_t)timegm(&tm) * 1000 + ms;
}
