/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Newline-delimited messages over a stream socket; see lines.h.
 *
 * Easy to get wrong: a line may arrive in any number of pieces, and a piece
 * may hold any number of lines.  Bytes that were searched for a newline once
 * are not searched again, else a peer that trickles costs quadratic time.
 */
#include "daemon/lines.h"

#include <sys/socket.h>

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void
lines_init(struct lines *l, int fd)
{
	*l = (struct lines){ .fd = fd, .in_max = LINES_MAX,
	    .out_max = LINES_MAX };
}

void
lines_trust(struct lines *l, size_t in_max, size_t out_max)
{
	assert(in_max < LINES_OUT && out_max < LINES_OUT);
	l->in_max = in_max;
	l->out_max = out_max;
}

void
lines_free(struct lines *l)
{
	free(l->in);
	free(l->out);
	*l = (struct lines){ .fd = -1 };
}

/* Makes room for 'want' bytes, never more than 'most' (want <= most). */
static int MUST_CHECK
buffer_grow(char **buffer, size_t *cap, size_t want, size_t most)
{
	size_t n = *cap ? *cap : 1024;
	char *p;

	if (want <= *cap)
		return 0;
	while (n < want)
		n *= 2;
	if (n > most)
		n = most;
	p = realloc(*buffer, n);
	if (!p)
		return -ENOMEM;
	*buffer = p;
	*cap = n;
	return 0;
}

/* The position of the first newline at or after in_start; in_n if none. */
static size_t
newline_find(struct lines *l)
{
	const char *p = NULL;

	if (l->in_n > l->in_scanned)
		p = memchr(l->in + l->in_scanned, '\n', l->in_n - l->in_scanned);
	l->in_scanned = p ? (size_t)(p - l->in) : l->in_n;
	return l->in_scanned;
}

int
lines_read(struct lines *l)
{
	const size_t most = l->in_max + 1;
	ssize_t n;
	int r;

	if (l->in_start > 0) {
		memmove(l->in, l->in + l->in_start, l->in_n - l->in_start);
		l->in_n -= l->in_start;
		l->in_scanned -= l->in_start;
		l->in_start = 0;
	}
	if (l->in_n == most)
		return newline_find(l) < l->in_n ? 0 : -EMSGSIZE;
	if (l->in_n == l->in_cap) {
		r = buffer_grow(&l->in, &l->in_cap, l->in_n + 1, most);
		if (r < 0)
			return r;
	}
	do
		n = recv(l->fd, l->in + l->in_n, l->in_cap - l->in_n,
		    MSG_DONTWAIT);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EWOULDBLOCK ? -EAGAIN : -errno;
	if (n == 0)
		return -EPIPE;
	l->in_n += (size_t)n;
	return 0;
}

char *
lines_next(struct lines *l, size_t *length)
{
	size_t end = newline_find(l);
	char *line;

	if (end == l->in_n)
		return NULL;
	line = l->in + l->in_start;
	l->in[end] = '\0';
	if (length)
		*length = end - l->in_start;
	l->in_start = l->in_scanned = end + 1;
	return line;
}

int
lines_flush(struct lines *l)
{
	ssize_t n;

	while (l->out_n > 0) {
		n = send(l->fd, l->out, l->out_n, MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return errno == EAGAIN || errno == EWOULDBLOCK ? 0 :
			    -errno;
		l->out_n -= (size_t)n;
		memmove(l->out, l->out + n, l->out_n);
	}
	return 0;
}

int
lines_queue(struct lines *l, const char *text, size_t n)
{
	int r;

	if (n > l->out_max)
		return -EMSGSIZE;
	if (n > 0 && memchr(text, '\n', n))
		return -EINVAL;
	if (l->out_n + n + 1 > LINES_OUT) {
		r = lines_flush(l);
		if (r < 0)
			return r;
	}
	if (l->out_n + n + 1 > LINES_OUT)
		return -ENOBUFS;
	r = buffer_grow(&l->out, &l->out_cap, l->out_n + n + 1, LINES_OUT);
	if (r < 0)
		return r;
	if (n > 0)
		memcpy(l->out + l->out_n, text, n);
	l->out[l->out_n + n] = '\n';
	l->out_n += n + 1;
	return 0;
}

int
lines_send(struct lines *l, const char *text, size_t n)
{
	int r = lines_queue(l, text, n);

	return r < 0 ? r : lines_flush(l);
}

bool
lines_waiting(const struct lines *l)
{
	return l->out_n > 0;
}
