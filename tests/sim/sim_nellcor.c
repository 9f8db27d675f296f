/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A Nellcor N-560 printing in real time: one row every 2 s, unasked, and its
 * heading after each 25.  Facts: oximeters.md 4.
 *
 *	29-Dec-17 07:19:19    73*     71       9    MO SL       AS
 *
 * Easy to get wrong: a row is a line of fixed columns, and while the monitor
 * searches it prints 0, not dashes.
 */
#include "tests/sim/monitor.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#define PERIOD_MS 2000
#define ROWS 25

/* The monitor's own limits. */
#define SPO2_LEAST 90
#define RATE_LEAST 60
#define RATE_MOST 170

struct nellcor {
	unsigned rows;		/* since the heading */
	int spo2, pr;		/* last measured */
	bool any;
};

static struct nellcor *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct nellcor) <= sizeof(m->state), "too large");
	return (struct nellcor *)(void *)&m->state;
}

static int
put_heading(char *out, size_t room)
{
	return snprintf(out, room,
	    "N-560    VERSION 1.56.00    CRC:XXXX  SpO2 Limit: %d-100%%    "
	    "PR Limit: %d-%dBPM\r\n"
	    "                             ADULT            0SAT-S \r\n"
	    "TIME                 %%SpO2   BPM     PA     Status\r\n",
	    SPO2_LEAST, RATE_LEAST, RATE_MOST);
}

/* One number with its star, five characters from its column on. */
static void
put_number(char *out, int value, bool star)
{
	char x[16];

	snprintf(x, sizeof(x), "%3d%s", value, star ? "*" : " ");
	memcpy(out, x, 4);
}

/* Writes the row's fields over a line of blanks. */
static void
put_fields(struct monitor *m, int64_t t_ms, char row[64])
{
	struct nellcor *x = state_of(m);

	memcpy(row + 21, "---", 3);
	memcpy(row + 29, "---", 3);
	memcpy(row + 37, "---", 3);
	switch (monitor_sees(m, t_ms)) {
	case SEES_PULSE:
		x->spo2 = monitor_shows(m, VITAL_SPO2, t_ms, 1);
		x->pr = monitor_shows(m, VITAL_PR, t_ms, 1);
		x->any = true;
		put_number(row + 21, x->spo2, x->spo2 < SPO2_LEAST);
		put_number(row + 29, x->pr,
		    x->pr < RATE_LEAST || x->pr > RATE_MOST);
		put_number(row + 37,
		    monitor_shows(m, VITAL_PI, t_ms, 20) % 255, false);
		if (x->spo2 < SPO2_LEAST)
			memcpy(row + 47, "SL", 2);
		else if (x->pr < RATE_LEAST)
			memcpy(row + 47, "PL", 2);
		else if (x->pr > RATE_MOST)
			memcpy(row + 47, "PH", 2);
		break;
	case SEES_SEARCHING:
		put_number(row + 21, 0, false);
		put_number(row + 29, 0, false);
		memcpy(row + 44, "PS", 2);
		break;
	case SEES_HELD:
		if (x->any) {
			put_number(row + 21, x->spo2, false);
			put_number(row + 29, x->pr, false);
		}
		memcpy(row + 44, "PS", 2);
		break;
	case SEES_OFF:
		memcpy(row + 44, "SO", 2);
		break;
	case SEES_NO_PROBE:
		memcpy(row + 44, "SD", 2);
		break;
	}
}

static size_t
nellcor_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct nellcor *x = state_of(m);
	time_t when = (time_t)monitor_clock_s(m, t_ms);
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	char row[64], stamp[40], heading[300];
	struct tm tm;
	size_t n = 0, length = 49;

	if (x->rows == 0) {
		n = (size_t)put_heading(heading, sizeof(heading));
		memcpy(out, heading, n);
	}
	x->rows = (x->rows + 1) % ROWS;
	memset(row, ' ', sizeof(row));
	gmtime_r(&when, &tm);
	snprintf(stamp, sizeof(stamp), "%02u-%.3s-%02u %02u:%02u:%02u",
	    (unsigned)tm.tm_mday % 32, months + 3 * ((unsigned)tm.tm_mon % 12),
	    (unsigned)tm.tm_year % 100, (unsigned)tm.tm_hour % 24,
	    (unsigned)tm.tm_min % 60, (unsigned)tm.tm_sec % 61);
	memcpy(row, stamp, 18);
	put_fields(m, t_ms, row);
	while (row[length - 1] == ' ')
		length--;
	memcpy(out + n, row, length);
	memcpy(out + n + length, "\r\n", 2);
	m->due_ms += PERIOD_MS;
	return n + length + 2;
}

static void
nellcor_start(struct monitor *m, int64_t t_ms)
{
	memset(state_of(m), 0, sizeof(struct nellcor));
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_nellcor;
const struct sim_driver sim_nellcor = {
	.name = "nellcor",
	.has = SIM_PROBE,
	.start = nellcor_start,
	.emit = nellcor_emit,
};
