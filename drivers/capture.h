/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The text form of recorded bytes: written by `vitalsctl record`, read by
 * tests, by `vitalsctl replay` and by vitals-sim.
 *
 *	# device:  Nonin Xpod 3012
 *	# driver:  nonin-2
 *	# source:  bench simulator, 2026-11-21, no patient
 *	# notes:   starts in mid-frame; probe pulled at the end
 *	@0    < 61 44 50
 *	@12   < a5 00 61 48 4e
 *	@3012 > 01 02
 *
 * '@' is milliseconds since the first line; '<' from the monitor, '>' to it.
 * The header's keys device, driver, source and notes are mandatory; a line
 * with '#' and more than one blank continues the one before (its key is "").
 *
 * Easy to get wrong: one read is one line, but a capture means its bytes and
 * their times, not how the reads were cut.
 */
#ifndef DRIVERS_CAPTURE_H
#define DRIVERS_CAPTURE_H

#include "schemas/vital.h"

#define CAPTURE_LINE_BYTES 64	/* data bytes on one line at the most */
#define CAPTURE_LINE_TEXT 288	/* characters of a line at the most, with NUL */

enum capture_kind {
	CAPTURE_BLANK,		/* nothing on it */
	CAPTURE_HEADER,		/* "# key: text" */
	CAPTURE_DATA,
	CAPTURE_BAD,		/* see error */
};

struct capture_line {
	enum capture_kind kind;
	char key[16];		/* of a header */
	char text[200];
	int64_t ms;		/* of data */
	bool sent;		/* '>' */
	uint8_t byte[CAPTURE_LINE_BYTES];
	size_t n;
	const char *error;	/* what was expected */
	size_t column;		/* 1-based, where it was missed */
};

/* Reads one line of 'n' characters (without its line end). */
void capture_parse(const char *line, size_t n, struct capture_line *out);

/* Writes one data line, with '\n' and NUL; n is at most CAPTURE_LINE_BYTES.
 * Returns its length. */
size_t capture_format(char out[CAPTURE_LINE_TEXT], int64_t ms, bool sent,
    const uint8_t *p, size_t n);

#endif
