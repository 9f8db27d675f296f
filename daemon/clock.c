/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The two clocks, and local time for people.
 *
 * Easy to get wrong: a local day does not always begin at 00:00, nor does it
 * always have 24 hours.  And adjtimex(2), which only asks here, lies in
 * systemd's @clock set: under ProtectClock=yes it is refused, and the wall
 * clock is then called unsynchronised, whatever it is.
 */
#include "daemon/clock.h"

#include <assert.h>
#include <stdio.h>
#include <sys/timex.h>
#include <time.h>

static int64_t
read_ms(clockid_t id)
{
	struct timespec t;
	int r = clock_gettime(id, &t);

	assert(r == 0);		/* both clocks exist on every Linux we run on */
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clock_boot_ms(void)
{
	return read_ms(CLOCK_BOOTTIME);
}

int64_t
clock_wall_ms(void)
{
	return read_ms(CLOCK_REALTIME);
}

struct now
clock_now(void)
{
	struct timex ask = { .modes = 0 };
	int state = adjtimex(&ask);

	return (struct now){
		.t_ms = clock_boot_ms(),
		.wall_ms = clock_wall_ms(),
		.synced = state != -1 && state != TIME_ERROR &&
		    (ask.status & STA_UNSYNC) == 0,
	};
}

/* Splits into whole seconds and the rest, the rest never below zero. */
static time_t
split(int64_t wall_ms, int *rest_ms)
{
	int64_t s = wall_ms / 1000;
	int64_t rest = wall_ms % 1000;

	if (rest < 0) {
		rest += 1000;
		s--;
	}
	*rest_ms = (int)rest;
	return (time_t)s;
}

/* The first second of the local day that has these date fields. */
static time_t
day_start(struct tm date)
{
	struct tm t = date, check;
	time_t start, earlier;

	t.tm_hour = t.tm_min = t.tm_sec = 0;
	t.tm_isdst = -1;
	start = mktime(&t);
	/* Where the clock is put back to 00:00 there are two of them, and which
	 * one mktime() answers with depends on what it was asked before. */
	earlier = start - 3600;
	if (localtime_r(&earlier, &check) != NULL && check.tm_yday == t.tm_yday)
		start = earlier;
	return start;
}

void
clock_midnights(int64_t wall_ms, int64_t *today, int64_t *yesterday)
{
	int rest_ms;
	time_t s = split(wall_ms, &rest_ms);
	struct tm t;

	tzset();
	if (localtime_r(&s, &t) == NULL) {	/* beyond every calendar */
		*today = wall_ms;
		*yesterday = wall_ms - INT64_C(86400000);
		return;
	}
	*today = (int64_t)day_start(t) * 1000;
	t.tm_mday--;		/* mktime() carries into month and year */
	*yesterday = (int64_t)day_start(t) * 1000;
}

void
clock_format_utc(int64_t wall_ms, char out[CLOCK_TEXT])
{
	int rest_ms;
	time_t s = split(wall_ms, &rest_ms);
	struct tm t;

	if (gmtime_r(&s, &t) == NULL ||
	    snprintf(out, CLOCK_TEXT, "%04lld-%02u-%02uT%02u:%02u:%02u.%03uZ",
	    1900LL + t.tm_year, (unsigned)t.tm_mon + 1, (unsigned)t.tm_mday,
	    (unsigned)t.tm_hour, (unsigned)t.tm_min, (unsigned)t.tm_sec,
	    (unsigned)rest_ms) >= CLOCK_TEXT)
		snprintf(out, CLOCK_TEXT, "?");
}

void
clock_format_local(int64_t wall_ms, char out[CLOCK_TEXT])
{
	int rest_ms;
	time_t s = split(wall_ms, &rest_ms);
	struct tm t;

	tzset();
	if (localtime_r(&s, &t) == NULL ||
	    strftime(out, CLOCK_TEXT, "%H:%M:%S", &t) == 0)
		snprintf(out, CLOCK_TEXT, "?");
}
