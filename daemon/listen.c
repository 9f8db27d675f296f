/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See listen.h.
 *
 * Easy to get wrong: between bind() and chmod() the socket must not be open to
 * more than it will be, so the mask is held tight around bind().
 */
#include "daemon/listen.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

int
listen_unix(const char *path, mode_t mode)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct stat st;
	mode_t before;
	int fd, r;

	if (strlen(path) >= sizeof a.sun_path)
		return -ENAMETOOLONG;
	strcpy(a.sun_path, path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return -errno;
	if (connect(fd, (const struct sockaddr *)&a, sizeof a) == 0 ||
	    errno == EAGAIN) {
		r = -EADDRINUSE;
		goto fail;
	}
	if (errno == ECONNREFUSED && lstat(path, &st) == 0) {
		/* A plain file refuses connections too. */
		r = S_ISSOCK(st.st_mode) ? 0 : -ENOTSOCK;
		if (r == 0 && unlink(path) < 0 && errno != ENOENT)
			r = -errno;
		if (r < 0)
			goto fail;
	}
	before = umask(0177);
	r = bind(fd, (const struct sockaddr *)&a, sizeof a);
	r = r < 0 ? -errno : 0;
	umask(before);
	if (r < 0)
		goto fail;
	if (chmod(path, mode) < 0 || listen(fd, 16) < 0) {
		r = -errno;
		goto fail;
	}
	return fd;
fail:
	close(fd);
	return r;
}
