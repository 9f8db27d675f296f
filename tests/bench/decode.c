/* SPDX-License-Identifier: BSD-2-Clause
 *
 * decode: a driver over its captures, again and again, in memory or through a
 * pseudo-terminal; nothing else.
 *
 *	decode passes DRIVER N CUT FILE ...	N times over the bytes, CUT
 *					of them a read (0: as recorded, each at
 *					its own time); prints
 *					"bytes B readings R seconds S",
 *					S of processor
 *	decode pty DRIVER LINK		reads LINK as a port does, until it
 *					ends; prints the same
 *	decode drivers			the names of all drivers
 *
 * Easy to get wrong: the number of passes is an argument so that two runs tell
 * what one pass costs (in instructions, under callgrind), without the start.
 */
#include <fcntl.h>
#include <poll.h>
#include <termios.h>
#include <unistd.h>

#include "tests/bench/feed.h"

static void
feed(struct stream *s, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct decoded d;

	while (n > 0) {
		size_t taken = stream_feed(s, t_ms, p, n);

		p += taken;
		n -= taken;
		while (stream_next(s, &d))
			;
	}
}

static void
tell(const struct stream *s, double spent)
{
	printf("bytes %llu readings %llu seconds %.6f\n",
	    (unsigned long long)s->count.bytes,
	    (unsigned long long)s->count.readings, spent);
}

static void
passes(struct stream *s, long n, size_t cut, const struct feed *b)
{
	double begun = seconds(CLOCK_PROCESS_CPUTIME_ID);
	int64_t fed = 0;

	/* 64 bytes in 10 ms: no frame seems torn. */
	for (long i = 0; i < n; i++) {
		for (size_t at = 0; at < b->n; at += cut) {
			size_t piece = b->n - at < cut ? b->n - at : cut;

			feed(s, fed * 10 / 64, b->at + at, piece);
			fed += (int64_t)piece;
		}
	}
	tell(s, seconds(CLOCK_PROCESS_CPUTIME_ID) - begun);
}

/* As recorded, each read at its own time. */
static void
passes_as_recorded(struct stream *s, long n, const struct feed *b)
{
	double begun = seconds(CLOCK_PROCESS_CPUTIME_ID);

	for (long i = 0; i < n; i++) {
		for (size_t at = 0, k; at < b->n; at += k) {
			k = 1;
			while (at + k < b->n && b->ms[at + k] == b->ms[at])
				k++;
			feed(s, i * b->end_ms + b->ms[at], b->at + at, k);
		}
	}
	tell(s, seconds(CLOCK_PROCESS_CPUTIME_ID) - begun);
}

static int
from_pty(struct stream *s, const char *link)
{
	int fd = open(link, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct pollfd p = { fd, POLLIN, 0 };
	struct termios raw;
	uint8_t bytes[4096];
	double begun;
	ssize_t n;

	if (fd < 0 || tcgetattr(fd, &raw) < 0)
		return 1;
	cfmakeraw(&raw);
	tcsetattr(fd, TCSANOW, &raw);
	printf("ready\n");
	fflush(stdout);
	begun = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (;;) {
		n = read(fd, bytes, sizeof bytes);
		if (n > 0)
			feed(s, (int64_t)(seconds(CLOCK_BOOTTIME) * 1000),
			    bytes, (size_t)n);
		else if (n < 0 && errno == EAGAIN)
			(void)poll(&p, 1, -1);
		else
			break;
	}
	tell(s, seconds(CLOCK_PROCESS_CPUTIME_ID) - begun);
	return 0;
}

int
main(int argc, char **argv)
{
	static struct stream stream;
	const struct driver *d = argc > 2 ? driver_find(argv[2]) : NULL;
	struct feed b = { 0 };
	const struct config_port *port;

	if (argc == 2 && strcmp(argv[1], "drivers") == 0) {
		for (size_t i = 0; drivers[i] != NULL; i++)
			puts(drivers[i]->name);
		return 0;
	}
	if (argc < 4 || d == NULL) {
		fprintf(stderr, "usage: decode passes|pty|drivers ...\n");
		return 2;
	}
	port = feed_config(d, argc > 5 ? argv[5] : "")->ports;
	stream_init(&stream, port->driver, &port->options, 0);
	if (strcmp(argv[1], "pty") == 0)
		return from_pty(&stream, argv[3]);
	for (int i = 5; i < argc; i++)
		feed_load(&b, argv[i]);
	if (b.n == 0 || atol(argv[4]) < 0)
		return 1;
	if (atol(argv[4]) == 0)
		passes_as_recorded(&stream, atol(argv[3]), &b);
	else
		passes(&stream, atol(argv[3]), (size_t)atol(argv[4]), &b);
	return 0;
}
