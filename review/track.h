/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A recording and the times at which its bytes are to be sent again: from a
 * capture file (drivers/capture.h) by its own times; from raw bytes by the
 * monitor's clock in them; without one, at the pace of the line.
 *
 * Easy to get wrong: the monitor's clock may be set while it is recorded.  A
 * step back or of more than a minute is played as one second.
 */
#ifndef REVIEW_TRACK_H
#define REVIEW_TRACK_H

#include "drivers/driver.h"

enum track_pace { TRACK_CAPTURE, TRACK_DEVICE_CLOCK, TRACK_LINE };

/* The bytes up to 'end' are to have been sent by 'ms'. */
struct track_mark {
	size_t end;
	int64_t ms;
};

struct track {
	uint8_t *byte;
	size_t n;
	struct track_mark *mark;
	size_t marks_n;
	enum track_pace pace;
	size_t steps;		/* of the clock, played as one second */
};

struct track_error {
	size_t line, column;	/* of a capture file; 0 for the whole file */
	char text[160];
};

/* Makes a track of a file's content; a file that begins with '#' or '@' is a
 * capture.  -1 with the error; else track_free() it. */
int track_make(const uint8_t *p, size_t n, const struct driver *d,
    struct track *out, struct track_error *error) MUST_CHECK;
int track_load(const char *path, const struct driver *d, struct track *out,
    struct track_error *error) MUST_CHECK;
void track_free(struct track *t);

#endif
