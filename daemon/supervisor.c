/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See supervisor.h.  The protocol is sd_notify(3)'s: one datagram of NAME=VALUE
 * lines; an address that begins with '@' is in the abstract namespace.
 *
 * Easy to get wrong: a lost WATCHDOG=1 is harmless only since three are sent
 * in the time in which systemd wants one, and a lost READY=1, without which
 * systemd would end a good start after a minute, since each of them says it
 * again.
 */
#include "daemon/supervisor.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <systemd/sd-daemon.h>
#include <unistd.h>

void
supervisor_tell(const char *format, ...)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	char text[512];
	size_t length;
	va_list ap;
	int fd;

	if (path == NULL || (path[0] != '/' && path[0] != '@'))
		return;
	length = strlen(path);
	if (length >= sizeof to.sun_path)
		return;
	memcpy(to.sun_path, path, length);
	if (path[0] == '@')
		to.sun_path[0] = '\0';
	va_start(ap, format);
	(void)vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return;
	(void)sendto(fd, text, strlen(text), MSG_NOSIGNAL,
	    (const struct sockaddr *)&to,
	    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
	close(fd);
}

uint64_t
supervisor_watchdog_us(void)
{
	uint64_t patience_us = 0;

	if (sd_watchdog_enabled(0, &patience_us) <= 0)
		return 0;
	return patience_us / 3;
}
