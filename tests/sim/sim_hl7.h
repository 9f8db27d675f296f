/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the simulated HL7 monitors share: text that is put together, and times.
 *
 * Easy to get wrong: what does not fit is left out without a word, so a step's
 * text is kept well below SIM_OUT_MAX / 2.
 */
#ifndef SIM_HL7_H
#define SIM_HL7_H

#include "tests/sim/monitor.h"

#include <stdarg.h>
#include <stdio.h>
#include <time.h>

struct sim_text {
	char *at;
	size_t room;
};

static inline void __attribute__((format(printf, 2, 3)))
sim_put(struct sim_text *o, const char *format, ...)
{
	va_list list;
	int n;

	va_start(list, format);
	n = vsnprintf(o->at, o->room, format, list);
	va_end(list);
	if (n < 0 || (size_t)n >= o->room)
		return;
	o->at += n;
	o->room -= (size_t)n;
}

#define SIM_HL7_TIME 16		/* characters of a time, with NUL */

/* YYYYMMDDHHMMSS by the monitor's clock. */
static inline void
sim_hl7_time(const struct monitor *m, int64_t t_ms, char out[SIM_HL7_TIME])
{
	time_t when = (time_t)monitor_clock_s(m, t_ms);
	struct tm tm;

	gmtime_r(&when, &tm);
	strftime(out, SIM_HL7_TIME, "%Y%m%d%H%M%S", &tm);
}

/* When the cuff's last numbers were there; after that it deflates. */
static inline int64_t
sim_hl7_measured_ms(const struct cuff *c)
{
	return c->phase == CUFF_CLOSING ? c->began_ms + c->takes_ms :
	    c->ended_ms - CUFF_CLOSING_MS;
}

#endif
