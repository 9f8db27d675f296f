/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A Datex-Ohmeda 3900 in its automatic output: one line every 2 s, unasked.
 * Facts: oximeters.md 5.2.
 *
 *	14:01:13 SpO2= 97 PR= 70 PIr=1.56 [** MESSAGE] CR LF
 *
 * Easy to get wrong: only two messages are known, a low saturation and a sensor
 * that is not there.  Whatever else is missing is missing without a word.
 */
#include "tests/sim/monitor.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define SPO2_LIMIT 85

static size_t
datex_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	time_t when = (time_t)monitor_clock_s(m, t_ms);
	int spo2 = monitor_shows(m, VITAL_SPO2, t_ms, 1);
	int pi = monitor_shows(m, VITAL_PI, t_ms, 100);
	char values[48] = "SpO2= --- PR= --- PIr= ---", line[100];
	const char *message = "";
	struct tm tm;
	int n;

	switch (monitor_sees(m, t_ms)) {
	case SEES_PULSE:
		snprintf(values, sizeof(values), "SpO2=%3d PR=%3d PIr=%d.%02d",
		    spo2 % 1000, monitor_shows(m, VITAL_PR, t_ms, 1) % 1000,
		    pi / 100 % 100, pi % 100);
		if (spo2 < SPO2_LIMIT)
			message = " ** LOW SpO2";
		break;
	case SEES_NO_PROBE:
		message = " ** NO SENSOR";
		break;
	case SEES_SEARCHING:
	case SEES_HELD:
	case SEES_OFF:
		break;
	}
	gmtime_r(&when, &tm);
	n = snprintf(line, sizeof(line), "%02u:%02u:%02u %s%s\r\n",
	    (unsigned)tm.tm_hour % 24, (unsigned)tm.tm_min % 60,
	    (unsigned)tm.tm_sec % 61, values, message);
	memcpy(out, line, (size_t)n);
	m->due_ms += 2000;
	return (size_t)n;
}

static void
datex_start(struct monitor *m, int64_t t_ms)
{
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_datex_3900;
const struct sim_driver sim_datex_3900 = {
	.name = "datex-3900",
	.has = SIM_PROBE,
	.start = datex_start,
	.emit = datex_emit,
};
