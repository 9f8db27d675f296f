/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Plays a recording over a pseudo-terminal.
 *
 * Easy to get wrong: whoever opens a serial line empties its buffers and sets
 * it up; what is sent before that is lost.  So playing begins when the reader
 * has spoken (drivers that ask), or a moment after it has come (the others).
 */
#include "tests/sim/play.h"
#include "tests/sim/link.h"
#include "tests/sim/run.h"
#include "review/track.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 50
#define SETTLE_MS 300		/* from the opening to the first byte */
#define ASK_MS 2000		/* the same, where a request is expected */

struct play {
	const struct play_options *options;
	struct track track;
	struct link link;
	int signals;
	bool told;		/* to end */
};

static int64_t
monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Sleeps for at most 'ms', less when told to end or, with 'writable', when
 * the line takes bytes. */
static void
rest(struct play *y, int64_t ms, bool writable)
{
	struct pollfd p[2] = {
		{ .fd = y->signals, .events = POLLIN },
		{ .fd = writable ? y->link.fd : -1, .events = POLLOUT },
	};

	if (poll(p, 2, (int)(ms < 0 ? 0 : ms > 1000 ? 1000 : ms)) > 0 &&
	    p[0].revents != 0)
		y->told = true;
}

/* Until somebody has opened the line and set it up. */
static void
await_reader(struct play *y)
{
	int64_t since = -1, wait_ms = y->options->driver->request != NULL ?
	    ASK_MS : SETTLE_MS;
	uint8_t buf[TX_MAX];

	while (!y->told) {
		if (!link_has_reader(&y->link))
			since = -1;
		else if (since < 0)
			since = monotonic_ms();
		if (since >= 0) {
			if (link_read(&y->link, buf, sizeof(buf)) > 0) {
				rest(y, SETTLE_MS, false);
				return;
			}
			if (monotonic_ms() - since >= wait_ms)
				return;
		}
		rest(y, LOOK_MS, false);
	}
}

/* Every byte, however long it takes. */
static void
send_all(struct play *y, const uint8_t *p, size_t n)
{
	uint8_t buf[TX_MAX];

	while (n > 0 && !y->told) {
		size_t sent = link_write(&y->link, p, n);

		p += sent;
		n -= sent;
		/* What the host asks is drained and not answered. */
		while (link_read(&y->link, buf, sizeof(buf)) > 0)
			continue;
		if (n > 0)
			rest(y, LOOK_MS, link_has_reader(&y->link));
	}
}

static void
play_track(struct play *y)
{
	const struct track *t = &y->track;
	int64_t start = monotonic_ms();
	size_t at = 0;

	for (size_t i = 0; i < t->marks_n && !y->told; i++) {
		const struct track_mark *m = &t->mark[i];

		while (y->options->speed > 0 && !y->told) {
			int64_t left = start + (int64_t)((double)m->ms /
			    y->options->speed) - monotonic_ms();

			if (left <= 0)
				break;
			rest(y, left, false);
		}
		send_all(y, t->byte + at, m->end - at);
		at = m->end;
	}
	if (!y->told)
		printf("finished: %zu bytes in %.1f s\n", t->n,
		    (double)(monotonic_ms() - start) / 1000);
	fflush(stdout);
}

static int
open_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -1;
	return signalfd(-1, &set, SFD_CLOEXEC);
}

static void
introduce(const struct play *y)
{
	static const char *const by[] = {
		[TRACK_CAPTURE] = "by the times in it",
		[TRACK_DEVICE_CLOCK] = "by the monitor's own clock",
		[TRACK_LINE] = "at the pace of the line",
	};
	const struct track *t = &y->track;
	char length[RUN_TIME_TEXT];

	run_format_time(t->mark[t->marks_n - 1].ms, length);
	printf("%s: %zu bytes, %s %s\n", y->options->file, t->n, length,
	    by[t->pace]);
	if (t->steps > 0)
		printf("the clock was set %zu times, each is played as 1 s\n",
		    t->steps);
	printf("ready: %s (%s)\n", y->link.path[0] != '\0' ? y->link.path :
	    y->link.device, y->link.device);
	fflush(stdout);
}

int
play_file(const struct play_options *o)
{
	struct play y = { .options = o, .link = { .fd = -1 } };
	struct track_error e;
	int r;

	if (track_load(o->file, o->driver, &y.track, &e) != 0) {
		if (e.line > 0)
			fprintf(stderr, "%s:%zu:%zu: %s\n", o->file, e.line,
			    e.column, e.text);
		else
			fprintf(stderr, "%s: %s\n", o->file, e.text);
		return -EINVAL;
	}
	y.signals = open_signals();
	r = y.signals < 0 ? -errno : link_open(&y.link, o->link);
	if (r != 0) {
		fprintf(stderr, "vitals-sim: %s: %s\n", o->link != NULL ?
		    o->link : "pseudo-terminal", strerror(-r));
		goto done;
	}
	introduce(&y);
	await_reader(&y);
	play_track(&y);
	while (!y.told && link_has_reader(&y.link))
		rest(&y, LOOK_MS, false);
done:
	link_close(&y.link);
	if (y.signals >= 0)
		close(y.signals);
	track_free(&y.track);
	return r;
}
