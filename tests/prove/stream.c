/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `make prove` runs each driver through: any bytes in any cuts at any
 * times, and whatever else may be asked of a stream, in any order, for ever.
 *
 * Easy to get wrong: nothing may be assumed here that the code does not itself
 * test; and an analysis that never gets to a sound frame proves nothing, so
 * tests/prove/run wants to see that some gave readings.
 */
#include <__fc_builtin.h>

#include "drivers/stream.h"

extern const struct driver DRIVER;

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

int
main(void)
{
	struct driver_options o = {
		.interval_s = (uint16_t)Frama_C_interval(0, UINT16_MAX),
	};

	stream_init(&s, &DRIVER, &o, any_time());
	while (1) {
		/* A message is all set, or there is none (stream.c). */
		uint8_t in[64], out[TX_MAX] = { 0 };
		size_t n = Frama_C_size_t_interval(0, sizeof in);

		switch (Frama_C_interval(0, 5)) {
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
			(void)!tx_allowed(&DRIVER, out, n);
			break;
		case 3:
			n = stream_release(&s, any_time(), out);
			(void)!tx_allowed(&DRIVER, out, n);
			break;
		case 4:
			stream_reset(&s, any_time());
			break;
		default:
			(void)!stream_silent(&s, any_time());
			break;
		}
	}
}
