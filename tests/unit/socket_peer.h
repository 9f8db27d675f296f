/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The other end of a port that is a stream socket.  Whatever fails here fails
 * the test.
 */
#ifndef TESTS_UNIT_SOCKET_PEER_H
#define TESTS_UNIT_SOCKET_PEER_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct socket_peer {
	char path[108];
	int listening, fd;
};

static inline void
socket_peer_listen(struct socket_peer *p)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	(void)unlink(p->path);
	strcpy(at.sun_path, p->path);
	p->listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(p->listening >= 0);
	assert_int_equal(bind(p->listening, (struct sockaddr *)&at, sizeof(at)),
	    0);
	assert_int_equal(listen(p->listening, 1), 0);
}

/* Takes the connection that is there, or comes within a second. */
static inline void
socket_peer_accept(struct socket_peer *p)
{
	struct pollfd f = { .fd = p->listening, .events = POLLIN };

	assert_int_equal(poll(&f, 1, 1000), 1);
	p->fd = accept4(p->listening, NULL, NULL, SOCK_CLOEXEC);
	assert_true(p->fd >= 0);
}

static inline void
socket_peer_end(struct socket_peer *p)
{
	close(p->listening);
	(void)unlink(p->path);
}

#endif
