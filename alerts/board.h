/* SPDX-License-Identifier: BSD-2-Clause
 *
 * All alarm conditions of one bed: feeds them readings, link states and time,
 * and tells each change to a sink.  Semantics: DESIGN.md section 8 and
 * clinical.md section 2.6.  Pure: time is an argument.
 *
 * Easy to get wrong: call board_tick() at board_next_ms(); between two calls
 * nothing changes.  A late call loses nothing: what fell due meanwhile is told
 * in its order, with the time at which it fell due.  A time before that of the
 * last call counts as that of the last call (a frame may have waited).
 *
 * What was decided where the sources leave a choice:
 * - A pending tier holds while its value is missing: its clock runs on, but only
 *   a value beyond the limit makes it fire.  Missing for as long as T2 (T3)
 *   allows, it is forgotten, T2 takes over.
 * - A tier is judged before its ladder is armed, and told from then on.  Arming
 *   adds up the time with values (good or questionable); drop-outs only pause
 *   it.  A ladder with no tier that could fire is not armed.
 * - Clear is 5 s of good values at the clear limit without a break; a missing or
 *   questionable value, or another source, is a break.
 * - A cuff's readings of one t_ms and port are one measurement, judged once all
 *   are there (at the next call that is not reading, frame or link, or at a
 *   later time): one change of a ladder for each at the most.  A failed one is
 *   none; nor is one that was made before the session, or before the last one.
 *   Two readings beyond one limit, 20 s to 5 min apart, with none at its clear
 *   value between them, confirm it.  What comes sooner is the first, corrected.
 * - Whatever raises the level takes back an acknowledgement; so does a deeper
 *   row at HIGH (<=80 % after <88 %).  An acknowledged alarm's signal follows
 *   its level down; an unacknowledged high physiological one stays high.
 * - A condition that returns to a latched alarm is CONTINUE on the same event.
 * - T1 counts from the last sound frame, also from before the session.  While it
 *   explains a missing value, T2 and T3 do not start.  T2 and T3 run armed or
 *   not; T3 only where respiration was seen in this session.
 * - T4 counts from the last measurement of the session, else from its start,
 *   wherever the phase has an interval; whether a cuff was ever seen does not
 *   matter: the one that is forgotten is the one to be told.
 * - T6 needs SpO2, RR and a rate from one port.
 */
#ifndef ALERTS_BOARD_H
#define ALERTS_BOARD_H

#include "alerts/board_state.h"

/* Here and below, a limit set stays the caller's: it must be there, unchanged,
 * until another takes its place, so that beds may share one. */
void board_init(struct board *b, const struct limit_set *limits,
    const struct board_port *ports, size_t ports_n,
    const struct board_room *room, const struct board_sink *sink,
    struct id_source *ids, int64_t t_ms);

/* A session opens: everything is disarmed, limits are the site's again,
 * arming begins.  board_restore() instead after a restart in mid-session, which
 * began at begin_ms: armed[] says which ladders had been armed. */
void board_open(struct board *b, int64_t t_ms, const struct limit_set *limits);
void board_restore(struct board *b, int64_t t_ms, int64_t begin_ms,
    const struct limit_set *limits, const bool armed[LADDERS],
    const struct baseline *baseline);
/* The cuff of a session that was taken up again counts from then on (T4), and
 * a measurement made while vitalsd was away is judged.
 *
 * After board_restore(): an event that was open when the process ended goes on
 * under its id.  A latched one stays latched; one that was active is taken as
 * active at its priority (acknowledged if it was), so that nobody is told
 * twice, and is judged afresh by what comes: it ends, latches or climbs as if
 * there had been no restart.  Technical ones end (phase END, "vitalsd was
 * restarted") and are raised afresh if they hold.
 * What was announced before a pause cannot be told from what was withheld in it:
 * the end of either is told. */
void board_adopt(struct board *b, int64_t t_ms, const struct alarm_change *c);
/* It closes: open alarms end, with that reason after what they were.  It is the
 * program's own sentence, never a person's: it goes into notices. */
void board_close(struct board *b, int64_t t_ms, const char *reason);

/* The phase of the session as stated (or as corrected). */
void board_phase(struct board *b, int64_t t_ms, enum phase p);

/* A reading of one port.  Cuff readings come one by one, of one t_ms. */
void board_reading(struct board *b, int64_t t_ms, size_t port,
    const struct reading *r);

/* A frame with these readings: as board_frame() and board_reading() of each, but
 * judged once. */
void board_take(struct board *b, int64_t t_ms, size_t port, bool good,
    const struct reading *r, size_t n);

/* A frame was found on a port, good or bad: feeds T1, T5, T6. */
void board_frame(struct board *b, int64_t t_ms, size_t port, bool good);

/* So many frames were damaged beyond recognition: feeds T5. */
void board_lost(struct board *b, int64_t t_ms, size_t port, uint16_t n);

/* With which port of the configuration a LINE_SHARED is shared, to be said before
 * it; 'name' must outlive the board. */
void board_shares(struct board *b, size_t port, const char *name);

/* The port's line: T1's wording, and where another device is plugged in T1
 * itself, at once. */
void board_link(struct board *b, int64_t t_ms, size_t port,
    enum line_state line);

/* Deadlines that have passed by t_ms take effect. */
void board_tick(struct board *b, int64_t t_ms);

/* When board_tick() is next needed, BOARD_NEVER if not. */
int64_t board_next_ms(const struct board *b);

/* Acknowledges one event (this occurrence, at its present priority); once more
 * changes nothing.  False: there is no such open event. */
bool board_ack(struct board *b, int64_t t_ms, struct event_id event,
    const char *by) MUST_CHECK;

/* Pauses what can be paused (all but T1) for at most 120 s (the rest of it at
 * most when paused again); 0 resumes.  Returns when it ends.
 *
 * In a pause the changes that call somebody (START, CONTINUE, UPDATE, ESCALATE)
 * carry paused = true: logged, shown, not sent.  The others carry it if their
 * event was never announced, so that an event that was announced is also ended
 * for those who know of it.  When the pause ends, by itself or not, every open
 * event that nobody has acknowledged is told as CONTINUE. */
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
/* Whether that event is open, and the worst priority of all open ones. */
bool board_holds(const struct board *b, struct event_id event);
enum priority board_worst(const struct board *b);

/* Whether a ladder is armed, and what feeds a subject (-1: nothing; a cuff's:
 * the port of the last measurement).  0: no pause is on. */
bool board_armed(const struct board *b, enum ladder l);
int board_source(const struct board *b, enum subject s);
int64_t board_paused_until(const struct board *b);

#endif
