/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The notices that wait for their delivery, in the order in which they were
 * made, up to a number; beyond it, one of the least urgent gives way.
 *
 * Easy to get wrong: the one that gives way may be the new one.  It is handed
 * back to be noted, never dropped unseen.
 */
#ifndef DAEMON_WAITING_H
#define DAEMON_WAITING_H

#include "schemas/record.h"

struct waiting {
	struct waiting *next;	/* in the list, or of the free places */
	int64_t made_ms;
	int64_t offered_ms;	/* INT64_MIN: not on this connection */
	bool timed_out;		/* noted for this offering */
	uint32_t attempts;
	struct notice notice;
};

/* All places are asked for at the start, so that no notice can fail for want of
 * memory later; they cost address space until they are used. */
struct waiting_list {
	struct waiting *first, **last;	/* where the next one goes */
	size_t n, max;
	struct waiting *place;	/* max + 1 of them */
	size_t touched;		/* places that were used at all */
	struct waiting *unused;	/* of these, the ones that are free */
};

/* 0 or -ENOMEM. */
int waiting_init(struct waiting_list *l, size_t max) MUST_CHECK;
void waiting_free(struct waiting_list *l);

/* Puts a copy at the end and returns it.  *aside is the one that gave way,
 * valid until the next call on 'l', NULL if there was room: the oldest of the
 * least urgent, or the new one (the answer is NULL then) if it is less urgent
 * than all. */
struct waiting *waiting_add(struct waiting_list *l, const struct notice *n,
    int64_t made_ms, const struct waiting **aside) MUST_CHECK;

/* Where the notice hangs in the list; *(the answer) is NULL if it does not. */
struct waiting **waiting_find(struct waiting_list *l, struct event_id key,
    const char *channel);

/* Takes the one at '*at' off the list. */
void waiting_remove(struct waiting_list *l, struct waiting **at);

#endif
