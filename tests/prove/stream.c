/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `make prove` runs each driver through: what tests/prove/feed.h feeds it,
 * asked for values as often as a person may set.
 *
 * Easy to get wrong: a driver that needs rules reads nothing here; "line" has a
 * harness of its own (tests/prove/line.c).
 */
#include "tests/prove/feed.h"

extern const struct driver DRIVER;

int
main(void)
{
	struct driver_options o = {
		.interval_s = (uint16_t)Frama_C_interval(0, UINT16_MAX),
	};

	feed(&DRIVER, &o);
}
