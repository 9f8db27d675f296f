/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The least of an HTTP/1.1 server; see httpd.h.
 *
 * Easy to get wrong: the Content-Length must fit to the byte.  One stray byte
 * after an answer ends the kept connection, and libcurl says nothing.
 */
#include "tests/sim/httpd.h"

#include "daemon/clock.h"

#include <arpa/inet.h>
#include <sys/socket.h>

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DRIP_MS 500

int
httpd_open(struct httpd *h, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	    .sin_port = htons((uint16_t)port) };
	socklen_t n = sizeof(a);
	int one = 1, r;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&a, n) < 0 || listen(fd, 16) < 0 ||
	    getsockname(fd, (struct sockaddr *)&a, &n) < 0) {
		r = -errno;
		close(fd);
		return r;
	}
	*h = (struct httpd){ .fd = fd, .port = ntohs(a.sin_port) };
	for (int i = 0; i < HTTPD_CONNECTIONS; i++)
		h->connection[i].fd = -1;
	return 0;
}

void
httpd_answer_set(struct httpd_answer *out, const char *status,
    const char *headers, const char *body)
{
	out->n = (size_t)snprintf(out->bytes, sizeof(out->bytes),
	    "HTTP/1.1 %s\r\n%sContent-Length: %zu\r\n\r\n%s", status, headers,
	    strlen(body), body);
	if (out->n >= sizeof(out->bytes))
		out->n = sizeof(out->bytes) - 1;
}

void
httpd_header(const char *request, const char *body, const char *name, char *out,
    size_t size)
{
	size_t n = strlen(name), i = 0;
	const char *s = request;

	out[0] = '\0';
	while (s && (s = strchr(s, '\n')) != NULL && ++s < body) {
		if (strncasecmp(s, name, n) != 0 || s[n] != ':')
			continue;
		for (s += n + 1; *s == ' '; s++)
			;
		while (s[i] != '\r' && s[i] != '\n' && s[i] && i + 1 < size) {
			out[i] = s[i];
			i++;
		}
		out[i] = '\0';
		return;
	}
}

static void
connection_close(struct httpd_connection *c, bool reset)
{
	const struct linger now = { .l_onoff = 1, .l_linger = 0 };

	/* Fails only where the connection is torn down already. */
	if (reset)
		(void)setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now,
		    sizeof(now));
	close(c->fd);
	free(c->in);
	*c = (struct httpd_connection){ .fd = -1 };
}

/* Handles the first whole request, if there is one and no answer waits. */
static void
connection_parse(struct httpd *h, struct httpd_connection *c)
{
	char *body, length[16], after;
	size_t head, n;

	c->in[c->in_n] = '\0';
	body = strstr(c->in, "\r\n\r\n");
	if (!body || c->out.n > 0)
		return;
	body += 4;
	head = (size_t)(body - c->in);
	httpd_header(c->in, body, "Content-Length", length, sizeof(length));
	n = strtoul(length, NULL, 10);
	if (n > HTTPD_REQUEST_MAX - head) {
		httpd_answer_set(&c->out, "413 Content Too Large", "", "");
		c->out.close = true;
		return;
	}
	if (c->in_n < head + n)
		return;
	after = body[n];
	body[n] = '\0';
	c->out = (struct httpd_answer){ .n = 0 };
	h->take(h->arg, c->in, body, n, &c->out);
	body[n] = after;
	c->due_ms = clock_boot_ms() + c->out.delay_ms;
	c->in_n -= head + n;
	memmove(c->in, body + n, c->in_n);
	if (c->out.reset)
		connection_close(c, true);
}

static void
connection_read(struct httpd *h, struct httpd_connection *c)
{
	ssize_t n = recv(c->fd, c->in + c->in_n, HTTPD_REQUEST_MAX - c->in_n,
	    MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		connection_close(c, false);
		return;
	}
	c->in_n += (size_t)n;
	connection_parse(h, c);
	if (c->fd >= 0 && c->in_n == HTTPD_REQUEST_MAX && c->out.n == 0)
		connection_close(c, false);	/* a head without an end */
}

static void
connection_write(struct httpd *h, struct httpd_connection *c)
{
	size_t some = c->out.drip ? 1 : c->out.n - c->out_at;
	ssize_t n = send(c->fd, c->out.bytes + c->out_at, some,
	    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	c->out_at += n > 0 ? (size_t)n : 0;
	if (c->out.drip)
		c->due_ms = clock_boot_ms() + DRIP_MS;
	if (n < 0 || (c->out_at == c->out.n && c->out.close)) {
		connection_close(c, false);
		return;
	}
	if (c->out_at < c->out.n)
		return;
	c->out.n = c->out_at = 0;
	connection_parse(h, c);
}

static void
connection_accept(struct httpd *h)
{
	int fd = accept4(h->fd, NULL, NULL, SOCK_CLOEXEC);

	if (fd < 0)
		return;
	for (int i = 0; i < HTTPD_CONNECTIONS; i++) {
		struct httpd_connection *c = &h->connection[i];

		if (c->fd >= 0)
			continue;
		c->fd = fd;
		c->in = malloc(HTTPD_REQUEST_MAX + 1);
		if (!c->in)
			connection_close(c, false);
		return;
	}
	close(fd);
}

void
httpd_turn(struct httpd *h, int64_t wait_ms)
{
	struct pollfd p[HTTPD_CONNECTIONS + 1];
	int64_t now_ms = clock_boot_ms();

	p[HTTPD_CONNECTIONS] = (struct pollfd){ .fd = h->fd, .events = POLLIN };
	for (int i = 0; i < HTTPD_CONNECTIONS; i++) {
		const struct httpd_connection *c = &h->connection[i];

		p[i] = (struct pollfd){ .fd = c->fd };
		if (c->in_n < HTTPD_REQUEST_MAX)
			p[i].events |= POLLIN;
		if (c->out.n == 0)
			continue;
		if (c->due_ms <= now_ms)
			p[i].events |= POLLOUT;
		else if (c->due_ms - now_ms < wait_ms)
			wait_ms = c->due_ms - now_ms;
	}
	if (poll(p, HTTPD_CONNECTIONS + 1, (int)wait_ms) <= 0)
		return;
	for (int i = 0; i < HTTPD_CONNECTIONS; i++) {
		if (p[i].revents & POLLOUT)
			connection_write(h, &h->connection[i]);
		else if (p[i].revents)
			connection_read(h, &h->connection[i]);
	}
	if (p[HTTPD_CONNECTIONS].revents)
		connection_accept(h);
}

void
httpd_close(struct httpd *h)
{
	for (int i = 0; i < HTTPD_CONNECTIONS; i++)
		if (h->connection[i].fd >= 0)
			connection_close(&h->connection[i], false);
	close(h->fd);
}
