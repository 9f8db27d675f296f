/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the sections of `vitalsctl review` share: the session, its times as
 * text, and lines that fit a terminal.
 *
 * Easy to get wrong: clock times shown are labels (the wall clock at the
 * session's begin plus what passed since); lengths come from BOOTTIME.
 */
#ifndef CLI_REVIEW_VIEW_H
#define CLI_REVIEW_VIEW_H

#include "cli/cli.h"
#include "cli/table.h"
#include "review/summary.h"

struct review_view {
	struct cli *c;
	const struct log_session *s;
	const struct summary *m;
};

#define REVIEW_CLOCK 48

/* UTC milliseconds of a moment of the session. */
int64_t review_wall(const struct review_view *v, int64_t x_ms);
/* "14:30:15", "Sunday 2026-11-22": local time; both return 'out'. */
const char *review_clock(const struct review_view *v, int64_t x_ms,
    char out[REVIEW_CLOCK]);
const char *review_day(const struct review_view *v, int64_t x_ms,
    char out[REVIEW_CLOCK]);
/* "+12:05", "-0:40" against the first infusion start; "" without one. */
const char *review_infusion(const struct review_view *v, int64_t x_ms,
    char out[REVIEW_CLOCK]);

/* The value as monitors show it. */
const char *review_value(enum vital vital, int32_t value, char out[24]);

void review_heading(const struct review_view *v, const char *title);

/* Prints a line; what is longer than 98 columns goes on in the next one, after
 * 'hang' blanks.  Texts of people are made harmless to a terminal. */
void review_line(const struct review_view *v, int hang, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* The alarms of the patient, or the technical ones. */
void review_alarms(const struct review_view *v, bool physiological);

/* What the monitors themselves alarmed of; nothing where nothing was told. */
void review_relayed(const struct review_view *v);

/* The session at a glance: phases, vitals and alarms over time. */
void review_trend(const struct review_view *v);

/* What people stated, and what became of it. */
void review_statements(const struct review_view *v);

#endif
