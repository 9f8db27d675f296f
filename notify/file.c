/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See file.h.
 *
 * Easy to get wrong: one byte more than fits has to be asked for, or a file
 * that is too long would look like one that just fits.
 */
#include "notify/file.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

ssize_t
notify_file_read(const char *path, char *out, size_t most)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t n = 0;
	ssize_t got = 1;
	int r;

	if (fd < 0)
		return -errno;
	while (got > 0 && n < most) {
		got = read(fd, out + n, most - n);
		n += got > 0 ? (size_t)got : 0;
	}
	r = got < 0 ? -errno : 0;
	close(fd);
	if (r < 0)
		return r;
	return n == most ? -EFBIG : (ssize_t)n;
}
