/* SPDX-License-Identifier: BSD-2-Clause
 *
 * floor: the least program that does what is timed.  It reads a pty, decodes
 * with the project's own driver, and POSTs when the heart rate crosses 50, by
 * libcurl over a kept connection: one thread, no database, no session, no
 * rules, no signature.  What vitalsd and vitals-notify take beyond this is
 * what their promises cost.
 *
 *	floor URL DRIVER LINK ...
 *
 * Easy to get wrong: the body has the length of a real notice (and the words
 * that pulse looks for), and every POST but the first must find its connection
 * open: a floor that connects anew would flatter us three times over.
 */
#include <curl/curl.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "drivers/stream.h"

#define LIMIT 50
#define BODY 560		/* bytes of a notice of vitalsd */

struct port {
	int fd;
	bool low;
	struct stream stream;
};

struct sender {
	CURL *easy;
	struct curl_slist *headers;
	unsigned long long n;
	char body[BODY + 1];
};

static int64_t
boot_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static size_t
swallow(char *p, size_t size, size_t n, void *arg)
{
	(void)p, (void)arg;
	return size * n;
}

static void
open_sender(struct sender *s, const char *url)
{
	s->easy = curl_easy_init();
	s->headers = curl_slist_append(NULL, "Content-Type: application/json");
	s->headers = curl_slist_append(s->headers, "Expect:");
	if (s->easy == NULL || s->headers == NULL ||
	    curl_easy_setopt(s->easy, CURLOPT_URL, url) ||
	    curl_easy_setopt(s->easy, CURLOPT_PROXY, "") ||
	    curl_easy_setopt(s->easy, CURLOPT_HTTPHEADER, s->headers) ||
	    curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, swallow) ||
	    curl_easy_setopt(s->easy, CURLOPT_POSTFIELDS, s->body) ||
	    curl_easy_setopt(s->easy, CURLOPT_POSTFIELDSIZE, (long)BODY)) {
		fprintf(stderr, "floor: libcurl\n");
		exit(1);
	}
}

static void
post(struct sender *s, bool low, int32_t value)
{
	long connects = 0;
	CURLcode r;
	int n = snprintf(s->body, sizeof s->body, "{\"notice\":1,\"key\":"
	    "\"%016llx\",\"condition\":\"hr-low\",\"phase\":\"%s\",\"value\":"
	    "%d,\"text\":\"", s->n, low ? "start" : "end", (int)value);

	memset(s->body + n, '.', (size_t)(BODY - n));
	memcpy(s->body + BODY - 2, "\"}", 2);
	r = curl_easy_perform(s->easy);
	if (r != CURLE_OK || curl_easy_getinfo(s->easy, CURLINFO_NUM_CONNECTS,
	    &connects) || (s->n++ > 0 && connects != 0)) {
		fprintf(stderr, "floor: POST %llu: %s, %ld new connections\n",
		    s->n, curl_easy_strerror(r), connects);
		exit(1);
	}
}

static void
take_frame(struct port *l, struct sender *s, const struct decoded *d)
{
	for (size_t i = 0; i < d->readings.n; i++) {
		const struct reading *r = &d->readings.item[i];
		bool low = r->value < LIMIT;

		if (r->vital != VITAL_HR || r->quality != QUALITY_GOOD ||
		    low == l->low)
			continue;
		l->low = low;
		post(s, low, r->value);
	}
}

/* Reads what there is; false when the line is gone. */
static bool
serve_line(struct port *l, struct sender *s)
{
	uint8_t bytes[4096];
	const uint8_t *p = bytes;
	ssize_t n = read(l->fd, bytes, sizeof bytes);
	int64_t t_ms = boot_ms();
	struct decoded d;

	if (n <= 0)
		return n < 0 && errno == EAGAIN;
	for (size_t left = (size_t)n; left > 0;) {
		size_t taken = stream_feed(&l->stream, t_ms, p, left);

		p += taken;
		left -= taken;
		while (stream_next(&l->stream, &d))
			take_frame(l, s, &d);
	}
	return true;
}

static void
open_line(struct port *l, const struct driver *driver, const char *link,
    int epoll)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = l };
	struct termios raw;

	l->fd = open(link, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (l->fd < 0 || tcgetattr(l->fd, &raw) < 0) {
		fprintf(stderr, "floor: %s: %s\n", link, strerror(errno));
		exit(1);
	}
	cfmakeraw(&raw);
	tcsetattr(l->fd, TCSANOW, &raw);
	stream_init(&l->stream, driver, NULL, boot_ms());
	if (epoll_ctl(epoll, EPOLL_CTL_ADD, l->fd, &e) < 0)
		exit(1);
}

int
main(int argc, char **argv)
{
	const struct driver *driver = argc > 3 ? driver_find(argv[2]) : NULL;
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	static struct sender sender;
	struct port *port = driver ? calloc((size_t)argc, sizeof *port) : NULL;

	if (port == NULL || epoll < 0) {
		fprintf(stderr, "usage: floor URL DRIVER LINK ...\n");
		return 2;
	}
	open_sender(&sender, argv[1]);
	for (int i = 3; i < argc; i++)
		open_line(&port[i], driver, argv[i], epoll);
	printf("ready\n");
	fflush(stdout);
	for (;;) {
		struct epoll_event e[64];
		int n = epoll_wait(epoll, e, 64, -1);

		for (int i = 0; i < n; i++)
			if (!serve_line(e[i].data.ptr, &sender))
				return 0;
	}
}
