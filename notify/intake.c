/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See intake.h.
 *
 * Easy to get wrong: only the owner closes the socket.  Another thread may be
 * waiting on its number at that moment; it wakes for the hang-up, or is woken,
 * and asks for the number again.
 */
#include "notify/intake.h"

#include <sys/socket.h>

#include <errno.h>
#include <unistd.h>

void
intake_init(struct intake *in,
    void (*line)(void *arg, const char *line, size_t n), void *arg)
{
	*in = (struct intake){ .fd = -1, .line = line, .arg = arg };
	pthread_mutex_init(&in->lock, NULL);
}

void
intake_open(struct intake *in, int fd)
{
	pthread_mutex_lock(&in->lock);
	lines_init(&in->lines, fd);
	in->fd = fd;
	in->ended = 0;
	pthread_mutex_unlock(&in->lock);
}

void
intake_close(struct intake *in)
{
	pthread_mutex_lock(&in->lock);
	if (in->fd >= 0) {
		lines_free(&in->lines);
		close(in->fd);
		in->fd = -1;
	}
	pthread_mutex_unlock(&in->lock);
}

void
intake_free(struct intake *in)
{
	intake_close(in);
	pthread_mutex_destroy(&in->lock);
}

void
intake_deafen(struct intake *in)
{
	pthread_mutex_lock(&in->lock);
	in->deaf = true;
	pthread_mutex_unlock(&in->lock);
}

int
intake_fd(struct intake *in)
{
	int fd;

	pthread_mutex_lock(&in->lock);
	fd = in->ended < 0 || in->deaf ? -1 : in->fd;
	pthread_mutex_unlock(&in->lock);
	return fd;
}

void
intake_give_up(struct intake *in, int error)
{
	if (in->ended == 0)
		in->ended = error;
	/* Its owner sees that on the socket. */
	(void)shutdown(in->fd, SHUT_RDWR);
}

void
intake_read(struct intake *in)
{
	char *line;
	size_t n;
	int r;

	pthread_mutex_lock(&in->lock);
	if (in->fd >= 0 && in->ended == 0 && !in->deaf) {
		r = lines_read(&in->lines);
		while (r == 0 && in->ended == 0 &&
		    (line = lines_next(&in->lines, &n)) != NULL)
			in->line(in->arg, line, n);
		if (r < 0 && r != -EAGAIN)
			intake_give_up(in, r);
	}
	pthread_mutex_unlock(&in->lock);
}

int
intake_ended(struct intake *in)
{
	int r;

	pthread_mutex_lock(&in->lock);
	r = in->ended;
	pthread_mutex_unlock(&in->lock);
	return r;
}

int
intake_send(struct intake *in, const char *text, size_t n)
{
	int r;

	pthread_mutex_lock(&in->lock);
	r = in->ended < 0 ? in->ended : lines_send(&in->lines, text, n);
	if (r == 0 && lines_waiting(&in->lines))
		r = 1;
	pthread_mutex_unlock(&in->lock);
	return r;
}

int
intake_flush(struct intake *in)
{
	int r;

	pthread_mutex_lock(&in->lock);
	r = lines_flush(&in->lines);
	if (r == 0 && lines_waiting(&in->lines))
		r = 1;
	pthread_mutex_unlock(&in->lock);
	return r;
}
