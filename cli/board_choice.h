/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the arrows and Tab have selected on the board: a bed or the box, and one
 * alarm of it.
 *
 * Easy to get wrong: alarms change their order under the person's fingers, so
 * the choice is an event, not a row; when that event is gone, the caller is
 * told that the choice has moved.
 */
#ifndef CLI_BOARD_CHOICE_H
#define CLI_BOARD_CHOICE_H

#include "cli/state.h"

#define BOARD_BOX (-1)		/* selects the box instead of a bed */

struct board_choice {		/* begins as all zero: the first bed */
	int bed;		/* its index, or BOARD_BOX */
	char event[EVENT_ID_TEXT];	/* "": nothing to choose */
};

/* The alarms of what is selected. */
const struct state_alarm *board_choice_alarms(const struct board_choice *c,
    const struct state *s, size_t *n);

/* The next or previous bed, the box coming before the first. */
void board_choice_bed(struct board_choice *c, const struct state *s,
    int step);

/* The next or previous alarm here. */
void board_choice_alarm(struct board_choice *c, const struct state *s,
    int step);

/* The most urgent alarm that calls, and from there on the next that is as
 * urgent, and round again; never a less urgent one while a more urgent one has
 * not been seen.  False: none calls. */
bool board_choice_calling(struct board_choice *c, const struct state *s);

/* A new state; true: the choice had to move to another alarm. */
bool board_choice_follow(struct board_choice *c, const struct state *s);

#endif
