/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A monitor whose text is read by rules (driver line): a Capnostream 20p that
 * prints columns between tabs, a line a second, with a heading when it is
 * switched on.  Facts: nibp-and-small-monitors.md 11b, the columns; how a
 * missing number looks, and how often a line comes, is not known there.
 *
 *	DATE TIME EtCO2 FiCO2 RR SpO2 PR IPI A/hr ODI CR LF
 *
 * Easy to get wrong: it does not say why there is no number.
 */
#include "tests/sim/monitor.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static const char heading[] =
    "DATE\tTIME\tEtCO2\tFiCO2\tRR\tSpO2\tPR\tIPI\tA/hr\tODI\r\n";

struct line_sim {
	bool headed;
};

static struct line_sim *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct line_sim) <= sizeof(m->state),
	    "too large");
	return (struct line_sim *)(void *)&m->state;
}

static size_t
line_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	char oximeter[32] = "--\t--", stamp[32], text[192];
	time_t when = (time_t)monitor_clock_s(m, t_ms);
	struct tm tm;
	int n;

	m->due_ms += 1000;
	if (!state_of(m)->headed) {
		state_of(m)->headed = true;
		memcpy(out, heading, sizeof(heading) - 1);
		return sizeof(heading) - 1;
	}
	if (monitor_sees(m, t_ms) == SEES_PULSE)
		snprintf(oximeter, sizeof(oximeter), "%d\t%d",
		    monitor_shows(m, VITAL_SPO2, t_ms, 1),
		    monitor_shows(m, VITAL_PR, t_ms, 1));
	gmtime_r(&when, &tm);
	strftime(stamp, sizeof(stamp), "%m/%d/%Y\t%H:%M:%S", &tm);
	n = snprintf(text, sizeof(text), "%s\t%d\t0\t%d\t%s\t10\t0\t0\r\n",
	    stamp, monitor_shows(m, VITAL_ETCO2, t_ms, 1),
	    monitor_shows(m, VITAL_RR, t_ms, 1), oximeter);
	memcpy(out, text, (size_t)n);
	return (size_t)n;
}

static void
line_start(struct monitor *m, int64_t t_ms)
{
	state_of(m)->headed = false;
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_line;
const struct sim_driver sim_line = {
	.name = "line",
	.has = SIM_PROBE,
	.start = line_start,
	.emit = line_emit,
};
