/* SPDX-License-Identifier: BSD-2-Clause
 *
 * post PORT NAME: POSTs $NOTIFYTYPE to /NAME on 127.0.0.1.  It is NUT's
 * NOTIFYCMD in the comparison: the cheapest program that can do it, so that
 * what is timed is NUT.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

int
main(int argc, char **argv)
{
	const char *type = getenv("NOTIFYTYPE");
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	char text[512];
	int fd, n;

	if (argc < 3 || type == NULL)
		return 2;
	a.sin_port = htons((uint16_t)atoi(argv[1]));
	fd = socket(AF_INET, SOCK_STREAM, 0);
	n = snprintf(text, sizeof text, "POST /%s HTTP/1.1\r\nHost: bench\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n%s", argv[2],
	    strlen(type), type);
	if (fd < 0 || n >= (int)sizeof text ||
	    connect(fd, (const struct sockaddr *)&a, sizeof a) < 0 ||
	    write(fd, text, (size_t)n) != n)
		return 1;
	return read(fd, text, sizeof text) > 0 ? 0 : 1;
}
