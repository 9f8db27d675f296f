/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The physiological conditions: tiers become gauges, ladders become alarms,
 * cuff readings become measurements.
 *
 * Easy to get wrong: a ladder that is not armed is judged all the same; what
 * already lasts when it becomes armed is raised at that moment.
 */
#ifndef ALERTS_LADDER_H
#define ALERTS_LADDER_H

#include "alerts/board_state.h"

/* Takes one part of a cuff measurement; the triple is judged when it is over:
 * by ladder_judge(), or here when a part comes that cannot belong to it. */
void ladder_cuff_reading(struct board *b, size_t port,
    const struct reading *r);
/* Judges the arriving measurement, once.  What is older than the session (or
 * than the last one judged), or has no value at all, is no measurement. */
void ladder_judge(struct board *b);

/* Forgets what belongs to the session before. */
void ladder_open(struct board *b);

/* Judges all as of now_ms. */
void ladder_update(struct board *b);
int64_t ladder_next(const struct board *b);

/* Tells a change of a ladder's alarm to the sink.  by, reason: NULL for none;
 * a reason ends the text. */
void ladder_tell(struct board *b, enum ladder l, enum alarm_phase phase,
    const char *by, const char *reason);
/* Condition, tier, value and words of a ladder's alarm as of now_ms; what
 * alarm_tell() or alarm_show() fills in must already be there. */
void ladder_describe(const struct board *b, enum ladder l,
    struct alarm_change *out);

/* An event of before a restart goes on (see board_adopt()).  False: nothing
 * here could judge it. */
bool ladder_adopt(struct board *b, enum ladder l,
    const struct alarm_change *c) MUST_CHECK;

#endif
