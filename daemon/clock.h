/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The only module that reads a clock.
 *
 * Easy to get wrong: ages and durations are of CLOCK_BOOTTIME, which goes on
 * through suspend and never steps; the wall clock is a label.
 */
#ifndef DAEMON_CLOCK_H
#define DAEMON_CLOCK_H

#include "daemon/session.h"

int64_t clock_boot_ms(void);
int64_t clock_wall_ms(void);

/* Both, and whether the kernel calls the wall clock synchronised.  Where it may
 * not be asked (-EPERM), vitals-clock says so by a file, if it runs. */
#define CLOCK_SYNCED_FILE "/run/vitals-clock/synchronised"
struct now clock_now(void);

/* The same for who knows whether it is: asking for each frame costs. */
struct now clock_now_synced(bool synced);

/* 0, or a negative errno: -EPERM where a filter refuses the question. */
int clock_ask_kernel(bool *synced) MUST_CHECK;

/* session_parse_at() in the local time of a given moment, on the days on which
 * clocks change too: what a clock on the wall showed then. */
bool clock_parse_at(const char *text, int64_t wall_ms, int64_t *out_wall_ms,
    enum refusal *why) MUST_CHECK;

/* "2026-11-21T14:02:31.123Z" (UTC), and "14:02:31" (local), with NUL. */
#define CLOCK_TEXT 32
void clock_format_utc(int64_t wall_ms, char out[CLOCK_TEXT]);
void clock_format_local(int64_t wall_ms, char out[CLOCK_TEXT]);

#endif
