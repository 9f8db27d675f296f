/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What all simulated capnographs make of a patient's breath.
 *
 * Easy to get wrong: a patient who stops breathing has his last numbers shown
 * until the apnoea time is over.
 */
#ifndef SIM_BREATH_H
#define SIM_BREATH_H

#include "tests/sim/monitor.h"

#define APNOEA_MS 15000

/* Begins all zero. */
struct breath {
	double phase;		/* 0..1; the second half breathes out */
	bool ended;		/* a breath ended in this step */
	int rr, et;		/* of the last breath, 1/min and 0.1 mmHg */
	int64_t last_ms;
};

/* Moves on by step_ms, to t_ms. */
void breath_move(struct breath *b, const struct monitor *m, int64_t t_ms,
    int step_ms);

/* No breath for the apnoea time. */
bool breath_none(const struct breath *b, int64_t t_ms);

/* Carbon dioxide in the gas now, in mmHg. */
double breath_co2(const struct breath *b, int64_t t_ms);

#endif
