/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the box keeps of its own conditions.  Use alerts/box.h: the fields
 * belong to box.c.
 *
 * Easy to get wrong: a slot is one condition about one subject, and is free
 * again when its alarm has ended; used_n and next_ms follow every change of one.
 */
#ifndef ALERTS_BOX_STATE_H
#define ALERTS_BOX_STATE_H

#include "alerts/board_state.h"

#define BOX_SUBJECT_MAX 32	/* a bed or a channel */

struct box_slot {
	struct alarm alarm;
	char by[BY_MAX];
	int condition;		/* enum box_condition */
	char subject[BOX_SUBJECT_MAX];
	char why[TEXT_MAX];
};

struct box {
	struct board_sink sink;
	struct id_source *ids;
	int64_t now_ms;
	int64_t next_ms;		/* the first that ends by itself */
	struct box_slot *slot;		/* slots_n, the caller's memory */
	size_t slots_n;
	size_t used_n;			/* no slot from here on is open */
};

#endif
