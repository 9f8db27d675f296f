/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The technical conditions of the box itself, T7 to T10: clock, delivery,
 * log, restart.  They always run, session or not.
 *
 * Easy to get wrong: nothing here is pausable.  Nothing latches but
 * BOX_LOG_REPLACED, which tells of something that is over already.
 */
#ifndef ALERTS_BOX_H
#define ALERTS_BOX_H

#include "alerts/board.h"

enum box_condition {
	BOX_CLOCK_UNSYNCED = 0,	/* T7 low */
	BOX_CLOCK_STEPPED = 1,	/* T7 low; ends by itself after 60 s */
	BOX_UNDELIVERED = 2,	/* T8 medium, one per channel */
	BOX_LOG_FAILING = 3,	/* T9 high */
	BOX_DISK_LOW = 4,	/* T9 high: below 5 % or the floor */
	BOX_RESTARTED = 5,	/* T10 medium, one per bed with a session (also
				 * in change.bed); ends when acknowledged or
				 * after 5 min */
	BOX_LOG_REPLACED = 6,	/* T9 high, latches until acknowledged */
	BOX_LOG_HELD = 7,	/* low: a reader keeps the log from being
				 * tidied, and it grows */
};
#define BOX_CONDITIONS 8

#include "alerts/box_state.h"

/* So many slots that every bed may have been in a session when vitalsd was
 * restarted, and every channel be stuck, beside the box's own conditions. */
#define BOX_SLOTS(beds, channels) ((beds) + (channels) + BOX_CONDITIONS)

/* The slots are the caller's memory, more than BOX_CONDITIONS of them. */
void box_init(struct box *b, struct box_slot *slots, size_t slots_n,
    const struct board_sink *sink, struct id_source *ids);

/* The condition holds (or no longer) for 'subject' (a channel, a bed; "" for
 * the box), at most BOX_SUBJECT_MAX - 1 long; it shows in the condition's name:
 * "undelivered:station".  'why' is the sentence for people, in the program's own
 * words.  Repeating it changes nothing but the sentence.  With all slots taken
 * (which BOX_SLOTS() leaves no cause for) one that is there speaks for the new
 * one too. */
void box_set(struct box *b, int64_t t_ms, enum box_condition c,
    const char *subject, bool holds, const char *why);

void box_tick(struct box *b, int64_t t_ms);
int64_t box_next_ms(const struct box *b);
bool box_ack(struct box *b, int64_t t_ms, struct event_id event,
    const char *by) MUST_CHECK;

/* What is open, from slot *from on: at most cap at a time.  0: there is no
 * more; else the next call with the same *from goes on.  Begin with 0. */
size_t box_view(const struct box *b, size_t *from, struct alarm_change *out,
    size_t cap);

/* The bed that an open event names, "" if none; NULL: no such event is open
 * here. */
const char *box_bed(const struct box *b, struct event_id event);

enum priority box_worst(const struct box *b);

#endif
