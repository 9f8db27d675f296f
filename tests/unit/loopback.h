/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests: a receiver on 127.0.0.1 in a thread of the test program, which
 * keeps what it was sent, byte for byte, and answers what the test says.
 *
 * Easy to get wrong: it is one thread and serves several connections at once;
 * a connection that it lets hang holds up no other.
 */
#ifndef TESTS_UNIT_LOOPBACK_H
#define TESTS_UNIT_LOOPBACK_H

#include <arpa/inet.h>
#include <sys/socket.h>

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LOOPBACK_CONNECTIONS 8
#define LOOPBACK_REQUESTS 64

struct loopback_connection {
	int fd;
	char in[4096];
	size_t in_n;
};

struct loopback {
	int listen_fd, stop[2], port;
	pthread_t thread;
	struct loopback_connection connection[LOOPBACK_CONNECTIONS];
	pthread_mutex_t lock;		/* of what follows */
	int connections_n;		/* accepted so far */
	char *request[LOOPBACK_REQUESTS];	/* whole, each NUL-ended */
	int requests_n;
	const char *answer;		/* raw bytes; "" closes, NULL hangs */
	const char *hang_on;		/* a request with this text hangs */
};

#define LOOPBACK_OK "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"

static inline size_t
loopback_whole(const struct loopback_connection *c)
{
	const char *end = memmem(c->in, c->in_n, "\r\n\r\n", 4);
	const char *length;
	size_t whole;

	if (!end)
		return 0;
	length = memmem(c->in, (size_t)(end - c->in), "Content-Length: ", 16);
	whole = (size_t)(end + 4 - c->in) +
	    (length ? (size_t)atoi(length + 16) : 0);
	return c->in_n >= whole ? whole : 0;
}

static inline void
loopback_reply(struct loopback *l, struct loopback_connection *c, size_t n)
{
	const char *answer;
	char *copy = strndup(c->in, n);

	memmove(c->in, c->in + n, c->in_n - n);
	c->in_n -= n;
	pthread_mutex_lock(&l->lock);
	answer = l->answer;
	if (l->hang_on && strstr(copy, l->hang_on))
		answer = NULL;
	if (l->requests_n < LOOPBACK_REQUESTS)
		l->request[l->requests_n++] = copy;
	else
		free(copy);
	pthread_mutex_unlock(&l->lock);
	if (answer && (!*answer || send(c->fd, answer, strlen(answer),
	    MSG_NOSIGNAL) < 0)) {
		close(c->fd);
		c->fd = -1;
	}
}

static inline void
loopback_take(struct loopback *l, struct loopback_connection *c)
{
	ssize_t n = recv(c->fd, c->in + c->in_n, sizeof(c->in) - 1 - c->in_n,
	    0);
	size_t whole;

	if (n <= 0) {
		close(c->fd);
		c->fd = -1;
		return;
	}
	c->in_n += (size_t)n;
	c->in[c->in_n] = '\0';
	while (c->fd >= 0 && (whole = loopback_whole(c)) > 0)
		loopback_reply(l, c, whole);
}

static inline void
loopback_accept(struct loopback *l)
{
	int fd = accept4(l->listen_fd, NULL, NULL, SOCK_CLOEXEC);

	pthread_mutex_lock(&l->lock);
	l->connections_n++;
	pthread_mutex_unlock(&l->lock);
	for (int i = 0; i < LOOPBACK_CONNECTIONS; i++)
		if (l->connection[i].fd < 0) {
			l->connection[i].fd = fd;
			l->connection[i].in_n = 0;
			return;
		}
	close(fd);
}

static inline void *
loopback_work(void *arg)
{
	struct loopback *l = arg;

	for (;;) {
		struct pollfd p[LOOPBACK_CONNECTIONS + 2] = {
			{ .fd = l->stop[0], .events = POLLIN },
			{ .fd = l->listen_fd, .events = POLLIN },
		};

		for (int i = 0; i < LOOPBACK_CONNECTIONS; i++)
			p[i + 2] = (struct pollfd){ .events = POLLIN,
			    .fd = l->connection[i].fd };
		if (poll(p, LOOPBACK_CONNECTIONS + 2, -1) < 0)
			continue;
		if (p[0].revents)
			return NULL;
		for (int i = 0; i < LOOPBACK_CONNECTIONS; i++)
			if (p[i + 2].revents)
				loopback_take(l, &l->connection[i]);
		if (p[1].revents)
			loopback_accept(l);
	}
}

static inline void
loopback_start(struct loopback *l)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t n = sizeof(a);

	memset(l, 0, sizeof(*l));
	l->answer = LOOPBACK_OK;
	for (int i = 0; i < LOOPBACK_CONNECTIONS; i++)
		l->connection[i].fd = -1;
	pthread_mutex_init(&l->lock, NULL);
	l->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(l->listen_fd >= 0);
	assert_int_equal(bind(l->listen_fd, (struct sockaddr *)&a, n), 0);
	assert_int_equal(listen(l->listen_fd, 8), 0);
	assert_int_equal(getsockname(l->listen_fd, (struct sockaddr *)&a, &n),
	    0);
	l->port = ntohs(a.sin_port);
	assert_int_equal(pipe2(l->stop, O_CLOEXEC), 0);
	assert_int_equal(pthread_create(&l->thread, NULL, loopback_work, l), 0);
}

static inline void
loopback_stop(struct loopback *l)
{
	close(l->stop[1]);
	pthread_join(l->thread, NULL);
	close(l->stop[0]);
	close(l->listen_fd);
	for (int i = 0; i < LOOPBACK_CONNECTIONS; i++)
		if (l->connection[i].fd >= 0)
			close(l->connection[i].fd);
	for (int i = 0; i < l->requests_n; i++)
		free(l->request[i]);
	pthread_mutex_destroy(&l->lock);
}

static inline void
loopback_set(struct loopback *l, const char *answer, const char *hang_on)
{
	pthread_mutex_lock(&l->lock);
	l->answer = answer;
	l->hang_on = hang_on;
	pthread_mutex_unlock(&l->lock);
}

static inline int
loopback_requests(struct loopback *l)
{
	int n;

	pthread_mutex_lock(&l->lock);
	n = l->requests_n;
	pthread_mutex_unlock(&l->lock);
	return n;
}

#endif
