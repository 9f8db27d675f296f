/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The technical conditions of a bed, T1 to T6 of clinical.md 1.7, and the one
 * advisory of an idle bed.  None latches; each ends by itself.
 *
 * Easy to get wrong: one cause, one alarm.  While T1 explains why a subject has
 * no value, T2 and T3 do not start, and their time begins when T1 ends.
 */
#ifndef ALERTS_TECHNICAL_H
#define ALERTS_TECHNICAL_H

#include "alerts/board_state.h"

void technical_init(struct board *b);

/* Forgets what belongs to the session before. */
void technical_open(struct board *b);

/* A frame came at now_ms. */
void technical_frame(struct board *b, struct port_state *p, bool good);

/* So many damaged ones came that nobody could tell for frames. */
void technical_lost(struct board *b, struct port_state *p, uint16_t n);

/* The line of a port was opened or lost, or leads to another device; an open T1
 * changes its words. */
void technical_link(struct board *b, size_t port, enum line_state line);

/* Judges all as of now_ms. */
void technical_update(struct board *b);
int64_t technical_next(const struct board *b);

/* As ladder_tell() and ladder_describe(), for the other slots.  'told': it is
 * told now and once, so its words say how long it has lasted. */
void technical_tell(struct board *b, int slot, enum alarm_phase phase,
    const char *by, const char *reason);
void technical_describe(const struct board *b, int slot, bool told,
    struct alarm_change *out);

#endif
