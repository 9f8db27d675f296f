/* SPDX-License-Identifier: BSD-2-Clause
 *
 * All alarm conditions of one bed: feeds them readings, link states and time,
 * and tells each change to a sink.  Semantics: DESIGN.md section 8 and
 * clinical.md section 2.6.  Pure: time is an argument.
 *
 * Easy to get wrong: call board_tick() at board_next_ms(); between two calls
 * nothing changes.  Times never go backwards (CLOCK_BOOTTIME).
 */
#ifndef ALERTS_BOARD_H
#define ALERTS_BOARD_H

#include "alerts/board_state.h"

void board_init(struct board *b, const struct limit_set *limits,
    const struct board_port *ports, size_t ports_n,
    const struct board_sink *sink, struct id_source *ids, int64_t t_ms);

/* A session opens: everything is disarmed, limits are the site's again,
 * arming begins.  board_restore() instead after a restart in mid-session:
 * armed[] says which ladders had been armed. */
void board_open(struct board *b, int64_t t_ms, const struct limit_set *limits);
void board_restore(struct board *b, int64_t t_ms,
    const struct limit_set *limits, const bool armed[LADDERS],
    const struct baseline *baseline);
/* After board_restore(): an event that was open when the process ended goes on
 * under its id.  A latched one stays latched; one that was active is taken as
 * active at its priority (acknowledged if it was), so that nobody is told
 * twice, and is judged afresh by what comes: it ends, latches or climbs as if
 * there had been no restart.  Technical ones end (phase END, "vitalsd was
 * restarted") and are raised afresh if they hold. */
void board_adopt(struct board *b, int64_t t_ms, const struct alarm_change *c);
/* It closes: open alarms end, with that reason as their text. */
void board_close(struct board *b, int64_t t_ms, const char *reason);

/* The phase of the session as stated (or as corrected). */
void board_phase(struct board *b, int64_t t_ms, enum phase p);

/* A reading of one port.  Cuff readings come one by one, of one t_ms. */
void board_reading(struct board *b, int64_t t_ms, size_t port,
    const struct reading *r);

/* A frame was found on a port, good or bad: feeds T1, T5, T6. */
void board_frame(struct board *b, int64_t t_ms, size_t port, bool good);

/* The port's line is open (or lost: unplugged, refused); T1's wording. */
void board_link(struct board *b, int64_t t_ms, size_t port, bool open);

/* Deadlines that have passed by t_ms take effect. */
void board_tick(struct board *b, int64_t t_ms);

/* When board_tick() is next needed, BOARD_NEVER if not. */
int64_t board_next_ms(const struct board *b);

/* Acknowledges one event (this occurrence, at its present priority).  False:
 * there is no such open event. */
bool board_ack(struct board *b, int64_t t_ms, struct event_id event,
    const char *by) MUST_CHECK;

/* Pauses what can be paused for at most 120 s (the rest of it at most when
 * paused again); 0 resumes.  Returns when it ends. */
int64_t board_pause(struct board *b, int64_t t_ms, int64_t for_ms);

/* Takes a changed limit set for the rest of the session. */
void board_limits(struct board *b, int64_t t_ms, const struct limit_set *l);

/* Takes the confirmed baseline; the relative tiers work from then on. */
void board_baseline(struct board *b, int64_t t_ms, const struct baseline *v);

/* A suggestion for the baseline: per subject the median of the good values of
 * the last 5 minutes (cuff: the last measurement of this session's baseline).
 * It takes effect only through board_baseline(). */
void board_suggest(const struct board *b, int64_t t_ms, struct baseline *out);

/* An open alarm (pending ones are not shown), as of now. */
size_t board_view(const struct board *b, struct alarm_change *out, size_t cap);

/* Whether a ladder is armed, and what feeds a subject (-1: nothing). */
bool board_armed(const struct board *b, enum ladder l);
int board_source(const struct board *b, enum subject s);
int64_t board_paused_until(const struct board *b);

#endif
