/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The two clocks, and local time for people.
 *
 * Easy to get wrong: a local day does not always have 24 hours, so that 14:00
 * is not always 14 hours after its beginning.  And adjtimex(2), which only asks here, lies in
 * systemd's @clock set: under ProtectClock=yes it is refused, and vitals-clock
 * asks in vitalsd's place.
 */
#include "daemon/clock.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#define DAY_MS INT64_C(86400000)

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

int
clock_ask_kernel(bool *synced)
{
	struct timex ask = { .modes = 0 };
	int state = adjtimex(&ask);

	if (state == -1)
		return -errno;
	*synced = state != TIME_ERROR && (ask.status & STA_UNSYNC) == 0;
	return 0;
}

struct now
clock_now(void)
{
	bool synced = false;

	if (clock_ask_kernel(&synced) < 0)
		synced = access(CLOCK_SYNCED_FILE, F_OK) == 0;
	return clock_now_synced(synced);
}

struct now
clock_now_synced(bool synced)
{
	int64_t t_ms, wall_ms;
	int tries = 0;

	/* Had the process to wait in between, the two would not belong
	 * together, which looks like a clock that was stepped. */
	do {
		t_ms = clock_boot_ms();
		wall_ms = clock_wall_ms();
	} while (clock_boot_ms() - t_ms > 1 && ++tries < 4);
	return (struct now){
		.t_ms = t_ms,
		.wall_ms = wall_ms,
		.synced = synced,
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

/* How far local clocks are from 00:00. */
static int64_t
time_of_day(int64_t wall_ms)
{
	int rest_ms;
	time_t s = split(wall_ms, &rest_ms);
	struct tm t;

	if (localtime_r(&s, &t) == NULL)	/* beyond every calendar */
		return 0;
	return ((int64_t)t.tm_hour * 3600 + t.tm_min * 60 + t.tm_sec) * 1000 +
	    rest_ms;
}

bool
clock_parse_at(const char *text, int64_t wall_ms, int64_t *out_wall_ms,
    enum refusal *why)
{
	int64_t today, at = wall_ms, meant, moved;

	tzset();
	/* As if today's clocks had always gone as they go now. */
	today = wall_ms - time_of_day(wall_ms);
	if (!session_parse_at(text, wall_ms, today, today - DAY_MS, &at, why))
		return false;
	meant = (at - today + DAY_MS) % DAY_MS;
	/* They were changed in between: what they showed then counts. */
	moved = meant - time_of_day(at);
	if (moved > DAY_MS / 2)
		moved -= DAY_MS;
	if (moved < -DAY_MS / 2)
		moved += DAY_MS;
	*out_wall_ms = at + moved <= wall_ms ? at + moved : at;
	return true;
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
