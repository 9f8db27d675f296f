/* SPDX-License-Identifier: BSD-2-Clause
 *
 * recovery: noise strikes a running monitor; how long until the next reading?
 *
 *	recovery DRIVER NOISE TRIALS FILE ...
 *
 * At TRIALS places of the captures (the same ones for each NOISE), NOISE random
 * bytes come between two of the monitor's.  Prints of the bytes that the
 * monitor then sends until a reading comes the median and the most, how long
 * these take on the driver's line, and how long it was by the captures' times:
 *
 *	"bytes M W ms M W waited_ms M W trials N"
 *
 * Easy to get wrong: some of it is no recovery.  NOISE 0 tells how long the
 * next reading is away at such places anyhow.
 */
#include "tests/bench/feed.h"

#define TRIALS_MAX 10000
#define BEFORE 4096		/* bytes that the driver has heard by then */

static int64_t after[TRIALS_MAX], waited_ms[TRIALS_MAX];

static uint64_t
next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Feeds from..to-1; the place behind the byte that gave a reading first, or
 * 0. */
static size_t
hear(struct stream *s, const struct feed *f, size_t from, size_t to)
{
	struct decoded d;

	for (size_t i = from; i < to; i++) {
		bool read = false;

		if (stream_feed(s, f->ms[i], f->at + i, 1) != 1)
			exit(1);
		while (stream_next(s, &d))
			read = read || d.readings.n > 0;
		if (read)
			return i + 1;
	}
	return 0;
}

/* Each byte as it comes, so that the last one needed is known. */
static bool
strike(const struct driver *d, const struct driver_options *o,
    const struct feed *f, size_t at, size_t noise, uint64_t *random, size_t k)
{
	static struct stream s;
	size_t from = at > BEFORE ? at - BEFORE : 0, found;
	int64_t t_ms = at > 0 ? f->ms[at - 1] : f->ms[at];
	struct decoded got;

	stream_init(&s, d, o, f->ms[from]);
	while (from < at && (found = hear(&s, f, from, at)) > 0)
		from = found;
	for (size_t i = 0; i < noise; i++) {
		uint8_t b = (uint8_t)(next(random) >> 32);

		if (stream_feed(&s, t_ms, &b, 1) != 1)
			exit(1);
		while (stream_next(&s, &got))
			;
	}
	found = hear(&s, f, at, f->n);
	if (found == 0)
		return false;
	after[k] = (int64_t)(found - at);
	waited_ms[k] = f->ms[found - 1] - t_ms;
	return true;
}

static int
by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

int
main(int argc, char **argv)
{
	const struct driver *d = argc > 4 ? driver_find(argv[1]) : NULL;
	struct driver each;
	const struct config_port *port;
	struct feed f = { 0 };
	uint64_t places = 88172645463325252, random = 12345;
	size_t trials, n = 0;
	double byte_ms;

	if (d == NULL) {
		fprintf(stderr, "usage: recovery DRIVER NOISE TRIALS FILE ...\n");
		return 2;
	}
	/* Which of the same readings is passed on is another matter. */
	port = feed_config(d, argv[4])->ports;
	each = *port->driver;
	each.repeat_ms = 0;
	for (int i = 4; i < argc; i++)
		feed_load(&f, argv[i]);
	trials = (size_t)atol(argv[3]);
	for (size_t k = 0; f.n > 0 && k < trials && k < TRIALS_MAX; k++)
		n += strike(&each, &port->options, &f, next(&places) % f.n,
		    (size_t)atol(argv[2]), &random, n);
	if (n == 0)
		return 1;
	qsort(after, n, sizeof after[0], by_size);
	qsort(waited_ms, n, sizeof waited_ms[0], by_size);
	byte_ms = 1000.0 * (1 + d->line.bits + (d->line.parity != 'N') +
	    d->line.stop) / d->line.baud;
	printf("bytes %lld %lld ms %.1f %.1f waited_ms %lld %lld trials %zu\n",
	    (long long)after[(n - 1) / 2], (long long)after[n - 1],
	    (double)after[(n - 1) / 2] * byte_ms,
	    (double)after[n - 1] * byte_ms, (long long)waited_ms[(n - 1) / 2],
	    (long long)waited_ms[n - 1], n);
	return 0;
}
