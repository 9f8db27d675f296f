/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A Masimo Rad-8 set to "ASCII 1": one line a second, unasked.  Facts:
 * oximeters.md 3.
 *
 *	MM/DD/YY HH:MM:SS SN=.. SPO2=098% BPM=097 PI=03.60% .. EXC=000800 CR LF
 *
 * Easy to get wrong: just after the probe came off the old numbers stand there
 * with the exception "sensor off" beside them (EXC=000824).
 */
#include "tests/sim/monitor.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define EXC_NO_SENSOR 0x001
#define EXC_LOW_PERFUSION 0x004
#define EXC_SEARCH 0x008
#define EXC_SENSOR_OFF 0x020
#define EXC_SET 0x800

struct masimo {
	int spo2, pr, pi;	/* last measured */
	bool any;
};

static struct masimo *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct masimo) <= sizeof(m->state), "too large");
	return (struct masimo *)(void *)&m->state;
}

static size_t
masimo_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct masimo *x = state_of(m);
	unsigned exc = EXC_SET;
	bool numbers = false;
	char values[40] = "SPO2=---% BPM=--- PI=--.--%", stamp[24], line[192];
	time_t when = (time_t)monitor_clock_s(m, t_ms);
	struct tm tm;
	int n;

	switch (monitor_sees(m, t_ms)) {
	case SEES_PULSE:
		x->spo2 = monitor_shows(m, VITAL_SPO2, t_ms, 1);
		x->pr = monitor_shows(m, VITAL_PR, t_ms, 1);
		x->pi = monitor_shows(m, VITAL_PI, t_ms, 100);
		x->any = numbers = true;
		if (x->pi < 30)
			exc |= EXC_LOW_PERFUSION;
		break;
	case SEES_SEARCHING:
		exc |= EXC_SEARCH;
		break;
	case SEES_HELD:
		exc |= EXC_SENSOR_OFF | EXC_LOW_PERFUSION;
		numbers = x->any;
		break;
	case SEES_OFF:
		exc |= EXC_SENSOR_OFF;
		break;
	case SEES_NO_PROBE:
		exc |= EXC_NO_SENSOR;
		break;
	}
	if (numbers)
		snprintf(values, sizeof(values), "SPO2=%03d%% BPM=%03d "
		    "PI=%02d.%02d%%", x->spo2 % 1000, x->pr % 1000,
		    x->pi / 100 % 100, x->pi % 100);
	gmtime_r(&when, &tm);
	snprintf(stamp, sizeof(stamp), "%02u/%02u/%02u %02u:%02u:%02u",
	    (unsigned)tm.tm_mon % 12 + 1, (unsigned)tm.tm_mday % 32,
	    (unsigned)tm.tm_year % 100, (unsigned)tm.tm_hour % 24,
	    (unsigned)tm.tm_min % 60, (unsigned)tm.tm_sec % 61);
	n = snprintf(line, sizeof(line), "%s SN=0000000000 %s SPCO=--.-%% "
	    "SPMET=--.-%% DESAT=-- PIDELTA=+-- ALARM=0000 EXC=%06X\r\n",
	    stamp, values, exc);
	memcpy(out, line, (size_t)n);
	m->due_ms += 1000;
	return (size_t)n;
}

static void
masimo_start(struct monitor *m, int64_t t_ms)
{
	memset(state_of(m), 0, sizeof(struct masimo));
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_masimo_ascii1;
const struct sim_driver sim_masimo_ascii1 = {
	.name = "masimo-ascii1",
	.has = SIM_PROBE,
	.start = masimo_start,
	.emit = masimo_emit,
};
