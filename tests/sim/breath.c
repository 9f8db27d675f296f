/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A simulated breath: nothing while the patient breathes in, then a steep rise
 * to a plateau that ends at the end-tidal value.
 *
 * Easy to get wrong: what is shown is the last breath's; what is in the gas is
 * of now.
 */
#include "tests/sim/breath.h"

#include <math.h>

void
breath_move(struct breath *b, const struct monitor *m, int64_t t_ms,
    int step_ms)
{
	int rr = monitor_shows(m, VITAL_RR, t_ms, 1);

	b->ended = false;
	if (rr <= 0)
		return;
	b->rr = rr;
	b->et = monitor_shows(m, VITAL_ETCO2, t_ms, 10);
	b->last_ms = t_ms;
	b->phase += rr / 60.0 * step_ms / 1000;
	b->ended = b->phase >= 1;
	b->phase = fmod(b->phase, 1);
}

bool
breath_none(const struct breath *b, int64_t t_ms)
{
	return t_ms - b->last_ms >= APNOEA_MS;
}

double
breath_co2(const struct breath *b, int64_t t_ms)
{
	double out = (b->phase - 0.5) / 0.5;

	if (out <= 0 || b->last_ms != t_ms)
		return 0;
	return b->et / 10.0 * (1 - exp(-out * 12)) / (1 - exp(-12.0));
}
