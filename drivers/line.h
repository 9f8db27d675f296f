/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The driver "line": text by rules (drivers/line_read.h), and what it gives as
 * its reasons, for `vitalsctl config try-line`.
 *
 * Easy to get wrong: the registry's driver has no rules and reads nothing; each
 * definition of a configuration has a copy of it, with what may be sent.
 */
#ifndef DRIVERS_LINE_H
#define DRIVERS_LINE_H

#include "drivers/line_read.h"

/* What became of a frame, for people. */
enum line_why {
	LINE_READ, LINE_IGNORED, LINE_PROMPT, LINE_HEADING, LINE_NO_MATCH,
	LINE_TORN, LINE_FIELD_COUNT, LINE_NOT_THERE, LINE_NOT_A_NUMBER,
	LINE_BAD_CHECK, LINE_TOO_LONG,
};

struct line_verdict {
	enum line_why why;
	uint8_t match;		/* which, from 1; 0: none */
	int vital;		/* whose value; -1: that of a status */
	size_t count;		/* fields that were there */
	struct text text;	/* the line (of several, the last read) */
	bool cuff_old;		/* a cuff's numbers at first sight */
};

/* The driver's decode(), with its reasons. */
enum decode line_explain(union driver_state *u, int64_t t_ms,
    const struct window *w, size_t n, struct readings *out,
    struct line_verdict *why);

/* For a port with polls: its own driver's request(). */
size_t line_request(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX]);

#endif
