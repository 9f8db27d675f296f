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
	struct waiting *next;
	int64_t made_ms;
	int64_t offered_ms;	/* INT64_MIN: not on this connection */
	bool timed_out;		/* noted for this offering */
	uint32_t attempts;
	struct notice notice;	/* allocated up to the body's length */
};

struct waiting_list {
	struct waiting *first, **last;	/* where the next one goes */
	size_t n, max;
	struct waiting *spare;	/* for when there is no memory: a notice must
				 * not fail for want of it */
};

/* Without memory for a spare, it is made when there is. */
void waiting_init(struct waiting_list *l, size_t max);
void waiting_free(struct waiting_list *l);

/* Puts a copy at the end.  *added is it, *aside the one that gave way, to be
 * free()d: the oldest of the least urgent, or the new one (*added is NULL then)
 * if it is less urgent than all.  Neither is set with -ENOMEM; *aside is not if
 * there was room. */
int waiting_add(struct waiting_list *l, const struct notice *n,
    int64_t made_ms, struct waiting **added, struct waiting **aside)
    MUST_CHECK;

/* Where the notice hangs in the list; *(the answer) is NULL if it does not. */
struct waiting **waiting_find(struct waiting_list *l, struct event_id key,
    const char *channel);

/* Takes the one at '*at' off the list and frees it. */
void waiting_remove(struct waiting_list *l, struct waiting **at);

#endif
