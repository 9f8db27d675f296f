/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See notify_link.h.
 *
 * Easy to get wrong: the sink may end the connection from within any of its
 * calls, so fd is looked at again after each.
 */
#include "daemon/notify_link.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/journal.h"
#include "daemon/listen.h"

bool
notify_link_up(const struct notify_link *l)
{
	return l->fd >= 0;
}

bool
notify_link_busy(const struct notify_link *l)
{
	return lines_waiting(&l->lines);
}

void
notify_link_drop(struct notify_link *l, const char *why)
{
	if (l->fd < 0)
		return;
	journal_limited(&l->changed, clock_boot_ms(), JOURNAL_WARNING,
	    &(struct journal_fields){ .message = JOURNAL_NOTIFIER_GONE },
	    "notifier: %s", why);
	l->peer = sd_event_source_disable_unref(l->peer);
	lines_free(&l->lines);
	close(l->fd);
	l->fd = -1;
	l->sink.gone(l->sink.arg);
}

/* After a send: waits for room if some of it is left. */
static void
settle(struct notify_link *l, int r)
{
	if (r >= 0)
		r = sd_event_source_set_io_events(l->peer,
		    lines_waiting(&l->lines) ? EPOLLIN | EPOLLOUT : EPOLLIN);
	if (r < 0)
		notify_link_drop(l, r == -ENOBUFS ? "it does not read" :
		    strerror(-r));
}

void
notify_link_send(struct notify_link *l, const char *head, size_t head_n,
    const char *body, size_t body_n)
{
	int r = lines_queue(&l->lines, head, head_n);

	settle(l, r < 0 ? r : lines_send(&l->lines, body, body_n));
}

static int
on_peer(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct notify_link *l = arg;
	char *line;
	size_t n;
	int r;

	(void)s, (void)fd;
	if (events & EPOLLOUT) {
		settle(l, lines_flush(&l->lines));
		if (l->fd >= 0)
			l->sink.writable(l->sink.arg);
		if (l->fd < 0)
			return 0;
	}
	if (!(events & ~(uint32_t)EPOLLOUT))
		return 0;
	r = lines_read(&l->lines);
	while (l->fd >= 0 && (line = lines_next(&l->lines, &n)) != NULL)
		l->sink.line(l->sink.arg, line, n);
	if (l->fd >= 0 && r < 0 && r != -EAGAIN)
		notify_link_drop(l, r == -EPIPE ?
		    "it has gone; notices wait until it is back" : r == -EMSGSIZE ? "a message longer than 64 KiB" :
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
	struct notify_link *l = arg;
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
		journal_limited(&l->refused, clock_boot_ms(), JOURNAL_WARNING,
		    &(struct journal_fields){ 0 }, "notifier: refused a "
		    "connection by a user that is not vitals-notify");
		close(fd);
		return 0;
	}
	notify_link_drop(l, "another connection replaces it");
	r = sd_event_add_io(l->loop, &l->peer, fd, EPOLLIN, on_peer, l);
	if (r < 0) {
		close(fd);
		return 0;
	}
	l->fd = fd;
	lines_init(&l->lines, fd);
	journal_limited(&l->changed, clock_boot_ms(), JOURNAL_NOTICE,
	    &(struct journal_fields){ .message = JOURNAL_NOTIFIER_THERE },
	    "notifier: connected");
	return 0;
}

int
notify_link_open(struct notify_link *l, sd_event *loop, const char *path,
    const struct notify_link_sink *sink)
{
	memset(l, 0, sizeof *l);
	l->loop = loop;
	l->fd = -1;
	l->sink = *sink;
	snprintf(l->path, sizeof l->path, "%s", path);
	l->listen_fd = listen_unix(path, 0660);
	if (l->listen_fd < 0)
		return l->listen_fd;
	return sd_event_add_io(loop, &l->listener, l->listen_fd, EPOLLIN,
	    on_connect, l);
}

void
notify_link_close(struct notify_link *l)
{
	if (l->fd >= 0) {
		l->peer = sd_event_source_disable_unref(l->peer);
		lines_free(&l->lines);
		close(l->fd);
		l->fd = -1;
	}
	l->listener = sd_event_source_disable_unref(l->listener);
	if (l->listen_fd >= 0) {
		close(l->listen_fd);
		unlink(l->path);
		l->listen_fd = -1;
	}
}
