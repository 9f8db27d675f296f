/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The receiver of notices, and the page that Prometheus reads; see pulse.h.
 *
 * Easy to get wrong: an answer that is one byte longer than it says ends the
 * kept connection, and libcurl then measures new connections (traps, item 1
 * of performance.md).
 */
#include "tests/bench/pulse.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#define GAUGES 250	/* beds on the page; each crosses once */
#define COMMANDS UINT64_MAX	/* the tag of standard input */

/* One connection.  Freed when its peer closes it. */
struct peer {
	int fd;
	size_t n;
	bool counted;
	char in[65536];
};

void
http_open(struct pulse *p)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof a;
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = NULL };
	struct epoll_event in = { .events = EPOLLIN, .data.u64 = COMMANDS };

	p->listen = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	p->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (p->listen < 0 || p->epoll < 0 ||
	    bind(p->listen, (const struct sockaddr *)&a, n) < 0 ||
	    listen(p->listen, 64) < 0 ||
	    getsockname(p->listen, (struct sockaddr *)&a, &n) < 0 ||
	    epoll_ctl(p->epoll, EPOLL_CTL_ADD, p->listen, &e) < 0 ||
	    epoll_ctl(p->epoll, EPOLL_CTL_ADD, STDIN_FILENO, &in) < 0)
		die("no receiver: %s", strerror(errno));
	p->port = ntohs(a.sin_port);
}

static void
send_all(int fd, const char *text, size_t n)
{
	/* A peer that is gone is noticed when it is read from. */
	(void)!send(fd, text, n, MSG_NOSIGNAL);
}

/* Every bed that was fired at has crossed, for good. */
static void
send_gauges(const struct pulse *p, int fd)
{
	static char page[GAUGES * 48 + 256];
	char head[128];
	size_t n = 0;
	unsigned shots = 0;
	int h;

	for (size_t i = 0; i < p->targets_n; i++)
		if (p->target[i].kind == KIND_GAUGE)
			shots = p->target[i].shots;
	for (unsigned i = 1; i <= GAUGES; i++)
		n += (size_t)sprintf(page + n, "hr{bed=\"%u\"} %d\n", i,
		    i <= shots ? 49 : 54);
	h = snprintf(head, sizeof head, "HTTP/1.1 200 OK\r\n"
	    "Content-Type: text/plain; version=0.0.4\r\n"
	    "Content-Length: %zu\r\n\r\n", n);
	send_all(fd, head, (size_t)h);
	send_all(fd, page, n);
}

static struct target *
find_path(struct pulse *p, const char *path)
{
	for (size_t i = 0; i < p->targets_n; i++) {
		size_t n = strlen(p->target[i].name);

		if (strncmp(path, p->target[i].name, n) == 0 &&
		    (path[n] == ' ' || path[n] == '/' || path[n] == '?'))
			return &p->target[i];
	}
	return NULL;
}

/* Takes one whole request off the front; false if there is none yet. */
static bool
take_request(struct pulse *p, struct peer *c, int64_t came_ns)
{
	static const char ok[] =
	    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
	char *end, *length;
	size_t head, body = 0;

	c->in[c->n] = '\0';
	end = strstr(c->in, "\r\n\r\n");
	if (end == NULL)
		return false;
	head = (size_t)(end - c->in) + 4;
	length = strcasestr(c->in, "\r\nContent-Length:");
	if (length != NULL && length < end)
		body = strtoul(length + 17, NULL, 10);
	if (c->n < head + body)
		return false;
	if (strncmp(c->in, "GET ", 4) == 0) {
		send_gauges(p, c->fd);
	} else if (strncmp(c->in, "POST /", 6) == 0) {
		struct target *t = find_path(p, c->in + 6);

		if (t != NULL && t->answer < 0)
			target_answer(t, c->in + head, body, came_ns);
		if (t != NULL && !c->counted)
			t->connections++;
		c->counted = true;
		send_all(c->fd, ok, sizeof ok - 1);
	}
	c->n -= head + body;
	memmove(c->in, c->in + head + body, c->n);
	return true;
}

static void
accept_peer(struct pulse *p)
{
	struct peer *c = calloc(1, sizeof *c);
	struct epoll_event e = { .events = EPOLLIN,
		.data.u64 = (uintptr_t)c | 1 };
	int on = 1;

	if (c == NULL)
		die("no memory");
	c->fd = accept4(p->listen, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	if (c->fd < 0 || epoll_ctl(p->epoll, EPOLL_CTL_ADD, c->fd, &e) < 0)
		die("accept: %s", strerror(errno));
	(void)setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

static void
serve_peer(struct pulse *p, struct peer *c)
{
	ssize_t n = recv(c->fd, c->in + c->n, sizeof c->in - 1 - c->n, 0);
	int64_t came_ns = now_ns();

	if (n <= 0) {
		close(c->fd);
		free(c);
		return;
	}
	c->n += (size_t)n;
	while (take_request(p, c, came_ns))
		;
	if (c->n == sizeof c->in - 1)
		die("a request longer than the receiver takes");
}

static void
serve_lines(struct target *t)
{
	ssize_t n = recv(t->answer, t->line + t->line_n,
	    sizeof t->line - t->line_n, MSG_DONTWAIT);
	int64_t came_ns = now_ns();
	char *end;

	if (n <= 0)
		die("%s: its answers ended", t->name);
	t->line_n += (size_t)n;
	while ((end = memchr(t->line, '\n', t->line_n)) != NULL) {
		size_t length = (size_t)(end - t->line) + 1;

		/* Only what tells the state, not ticks and replies. */
		if (t->kind != KIND_WATCH || memmem(t->line, length,
		    "\"method\":\"state\"", 16) != NULL)
			target_answer(t, t->line, length, came_ns);
		t->line_n -= length;
		memmove(t->line, end + 1, t->line_n);
	}
	if (t->line_n == sizeof t->line)
		die("%s: too long a line", t->name);
}

bool
http_serve(struct pulse *p, int64_t wait_ns)
{
	bool command = false;
	struct epoll_event e[32];
	struct timespec wait = { wait_ns / 1000000000, wait_ns % 1000000000 };
	int n = epoll_pwait2(p->epoll, e, 32, &wait, NULL);

	for (int i = 0; i < n; i++) {
		uintptr_t tag = (uintptr_t)e[i].data.u64;

		if (e[i].data.u64 == COMMANDS)
			command = true;
		else if (tag == 0)
			accept_peer(p);
		else if ((tag & 1) != 0)
			serve_peer(p, (struct peer *)(tag & ~(uintptr_t)1));
		else
			serve_lines((struct target *)tag);
	}
	return command;
}
