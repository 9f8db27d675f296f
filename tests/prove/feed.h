/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `make prove` runs a driver through: any bytes in any cuts at any times,
 * and whatever else may be asked of a stream, in any order, for ever.
 *
 * Easy to get wrong: nothing may be assumed here that the code does not itself
 * test; and an analysis that never gets to a sound frame proves nothing, so
 * tests/prove/run wants to see that some gave readings.
 */
#ifndef PROVE_FEED_H
#define PROVE_FEED_H

#include <__fc_builtin.h>

#include "drivers/stream.h"

static struct stream s;

static void
drain(void)
{
	static struct decoded d;

	while (stream_next(&s, &d))
		;
	/* Counted only where decode() added some. */
	if (s.count.readings > 0)
		Frama_C_show_each_sound_frame();
}

static int64_t
any_time(void)
{
	return Frama_C_long_long_interval(INT64_MIN, INT64_MAX);
}

/* What is hidden of a frame of any bytes when a recording is to be shown to others,
 * and the frame's check put right after it. */
static void
hide(const struct driver *d)
{
	static struct window w;
	static struct scrub found;
	size_t n = Frama_C_size_t_interval(0, WINDOW_CAPACITY);

	if (d->scrub == NULL)
		return;
	Frama_C_make_unknown((char *)w.at, sizeof w.at);
	w.capacity = WINDOW_CAPACITY;
	w.end = n;
	found.n = 0;
	found.full = false;
	if (d->scrub(&w, n, &found) && found.n > 0)
		Frama_C_show_each_hidden();
	if (d->reseal != NULL)
		(void)!d->reseal(w.at, n);
}

static void
feed(const struct driver *d, const struct driver_options *o)
{
	stream_init(&s, d, o, any_time());
	while (1) {
		/* A message is all set, or there is none (stream.c). */
		uint8_t in[64], out[TX_MAX] = { 0 };
		size_t n = Frama_C_size_t_interval(0, sizeof in);

		switch (Frama_C_interval(0, 6)) {
		case 0:
			Frama_C_make_unknown((char *)in, sizeof in);
			(void)!stream_feed(&s, any_time(), in, n);
			drain();
			break;
		case 1:
			stream_quiet(&s, any_time());
			drain();
			break;
		case 2:
			n = stream_request(&s, any_time(), out);
			(void)!tx_allowed(d, out, n);
			break;
		case 3:
			n = stream_release(&s, any_time(), out);
			(void)!tx_allowed(d, out, n);
			break;
		case 4:
			stream_reset(&s, any_time());
			break;
		case 5:
			hide(d);
			break;
		default:
			(void)!stream_silent(&s, any_time());
			(void)!stream_is_halfway(&s);
			break;
		}
	}
}

#endif
