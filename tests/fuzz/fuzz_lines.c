/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzz target: any bytes in any pieces over a socket.  The lines handed out,
 * joined by newlines, must be exactly the bytes that went in.
 *
 * Easy to get wrong: the pieces' lengths are part of the input (each piece is
 * led by its length), so that the fuzzer can choose where reads are cut.
 */
#include "daemon/lines.h"

#include <sys/socket.h>

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t
lines_drain(struct lines *l, const uint8_t *expected, size_t pos)
{
	size_t length;
	char *line;

	while ((line = lines_next(l, &length)) != NULL) {
		assert(memcmp(line, expected + pos, length) == 0);
		assert(expected[pos + length] == '\n');
		pos += length + 1;
	}
	return pos;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static uint8_t sent[1 << 20];
	size_t sent_n = 0, pos = 0;
	struct lines l;
	int fd[2], r = 0;

	if (size > sizeof(sent) ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd) < 0)
		return 0;
	lines_init(&l, fd[1]);
	while (size > 1) {
		size_t piece = (size_t)data[0] + 1;

		if (piece > size - 1)
			piece = size - 1;
		if (send(fd[0], data + 1, piece, MSG_NOSIGNAL) !=
		    (ssize_t)piece)
			break;
		memcpy(sent + sent_n, data + 1, piece);
		sent_n += piece;
		data += piece + 1;
		size -= piece + 1;
		while ((r = lines_read(&l)) == 0)
			pos = lines_drain(&l, sent, pos);
		if (r == -EMSGSIZE)
			break;
		assert(r == -EAGAIN);
	}
	if (r == -EMSGSIZE)
		assert(sent_n - pos > LINES_MAX);
	else
		assert(!memchr(sent + pos, '\n', sent_n - pos));
	lines_free(&l);
	close(fd[0]);
	close(fd[1]);
	return 0;
}
