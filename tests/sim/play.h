/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Plays a recording over a pseudo-terminal as a monitor would have sent it.
 *
 * Easy to get wrong: unlike a simulated monitor it loses nothing.  It waits
 * until somebody has the line open, and while that one does not read.
 */
#ifndef SIM_PLAY_H
#define SIM_PLAY_H

#include "drivers/driver.h"

struct play_options {
	const char *file;
	const struct driver *driver;
	const char *link;	/* stable name; NULL: none */
	double speed;		/* 0: as fast as it is read */
};

/* Plays to the end, then keeps the line open and silent until its reader
 * leaves (or SIGINT/SIGTERM).  0; -EINVAL: the file is wrong; else a negative
 * errno; a sentence about it is on standard error. */
int play_file(const struct play_options *o) MUST_CHECK;

#endif
