/* SPDX-License-Identifier: BSD-2-Clause
 *
 * hub: a driver over its captures, again and again, and what it reads through
 * the hub and the alarms of a bed whose infusion runs; no log, no notices.
 *
 *	hub DRIVER N FILE ...	N times over them at their own times; prints
 *				"bytes B readings R seconds S", S of processor
 *
 * Easy to get wrong: time goes as in the captures, so a bed's deadlines fall
 * due as often as at a bedside.
 */
#include "daemon/setup.h"
#include "tests/bench/feed.h"

static struct hub hub;
static uint64_t readings;

static void
take_reading(void *arg, const struct now *now, size_t port,
    const struct reading *r)
{
	(void)arg, (void)now, (void)port, (void)r;
	readings++;
}

static void
take_record(void *arg, const struct now *now, const struct record *r,
    bool urgent)
{
	(void)arg, (void)now, (void)r, (void)urgent;
}

static void
take_alarm(void *arg, const struct now *now, const struct alarm_change *c,
    const char *label)
{
	(void)arg, (void)now, (void)c, (void)label;
}

static void
take_change(void *arg, size_t bed)
{
	(void)arg, (void)bed;
}

static const struct hub_sink sink = {
	NULL, take_reading, take_record, take_alarm, take_change
};

static struct now
at(int64_t t_ms)
{
	return (struct now){ .t_ms = t_ms, .wall_ms = t_ms, .synced = true };
}

static bool
state(enum statement_kind kind, int64_t t_ms)
{
	struct statement st = { .kind = kind, .at_ms = t_ms,
		.at_wall_ms = t_ms, .session = "20261122-B-1" };
	struct now now = at(t_ms);

	return hub_state(&hub, &now, 0, &st) == REFUSAL_NONE;
}

static bool
open_bed(struct config *c, int64_t t_ms)
{
	struct now now = at(t_ms);

	if (setup_make_hub(&hub, c, &now, 1, &sink) < 0)
		return false;
	hub_link(&hub, &now, 0, true, "open");
	return state(STATEMENT_SESSION_START, t_ms) &&
	    state(STATEMENT_INFUSION_START, t_ms);
}

static void
pass(struct stream *s, const struct feed *f, int64_t from_ms)
{
	struct decoded d;

	for (size_t i = 0; i < f->n;) {
		struct now now = at(from_ms + f->ms[i]);
		size_t n = 1;

		while (hub_next_ms(&hub) <= now.t_ms) {
			struct now then = at(hub_next_ms(&hub));

			hub_tick(&hub, &then);
		}
		while (i + n < f->n && f->ms[i + n] == f->ms[i])
			n++;
		n = stream_feed(s, now.t_ms, f->at + i, n);
		i += n;
		while (stream_next(s, &d))
			hub_frame(&hub, &now, 0, &d);
	}
}

int
main(int argc, char **argv)
{
	static struct stream stream;
	const struct driver *d = argc > 3 ? driver_find(argv[1]) : NULL;
	struct feed f = { 0 };
	int64_t t_ms = 1000000;
	struct config *c;
	double begun;

	if (d == NULL) {
		fprintf(stderr, "usage: hub DRIVER N FILE ...\n");
		return 2;
	}
	for (int i = 3; i < argc; i++)
		feed_load(&f, argv[i]);
	c = feed_config(d, argv[3]);
	stream_init(&stream, c->ports[0].driver, &c->ports[0].options, t_ms);
	if (f.n == 0 || !open_bed(c, t_ms))
		return 1;
	begun = seconds(CLOCK_PROCESS_CPUTIME_ID);
	for (long i = 0; i < atol(argv[2]); i++) {
		pass(&stream, &f, t_ms);
		t_ms += f.end_ms;
	}
	printf("bytes %llu readings %llu seconds %.6f\n",
	    (unsigned long long)stream.count.bytes,
	    (unsigned long long)readings,
	    seconds(CLOCK_PROCESS_CPUTIME_ID) - begun);
	return 0;
}
