/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which driver's bytes are these?  Every driver that a line setting suits is run
 * over what was heard on it, and what each of them found is judged.
 *
 * How much is enough (nibp-and-small-monitors.md section 0, oximeters.md section
 * 0, "Detection table"), all of it without a byte of garbage between:
 *
 *	EVIDENCE_CHECKSUM	3 frames, or one of 50 bytes
 *	EVIDENCE_WORDS		2 frames that it reads, here with anything between,
 *				or one of 500 bytes; or 2 requests to be let in
 *				(driver.knocks) of 50 bytes
 *	EVIDENCE_PATTERN	600 bytes in 60 frames (120 of five bytes), or 5
 *				bursts a second apart; and readings that agree
 *
 * Easy to get wrong: two drivers that are both content with one stream are a
 * doubt, whichever stands first in the list.  A person settles it.  Kin are heard
 * at each other's settings too, as guests, who can only doubt there: a maker's menu
 * may have more settings than the driver lists.  And who reads
 * nothing without rules (needs_rules) knows no monitor, and is not asked.
 */
#ifndef DRIVERS_DETECT_H
#define DRIVERS_DETECT_H

#include "drivers/stream.h"

#define DETECT_DRIVERS 64	/* at one line setting, and in all */
#define DETECT_LINES 32		/* different settings of all drivers */

#define DETECT_FRAMES 3
#define DETECT_LONG 50		/* bytes */
#define DETECT_WORDS 2
#define DETECT_WORDS_LONG 500	/* bytes: no line of text is as long, and who
				 * sends more sends it once a minute, perhaps */
#define DETECT_PATTERN_FRAMES 60
#define DETECT_PATTERN_BYTES 600
#define DETECT_BURSTS 5
#define DETECT_BURST_LEAST_MS 800
#define DETECT_BURST_MOST_MS 1200
#define DETECT_PACE_MS 1000	/* a pace is measured over no less */

enum detect_verdict { DETECT_NOTHING, DETECT_DOUBT, DETECT_SURE };

enum detect_doubt {
	DETECT_CLEAR,
	DETECT_FEW,		/* sound frames, but not enough of them */
	DETECT_DAMAGED,		/* most of what came is no frame of it */
	DETECT_LINE_ERRORS,	/* the line itself saw too many bytes go wrong */
	DETECT_PACE,		/* of kin: they come at another pace */
	DETECT_RIVAL,		/* another driver is as content: see 'other' */
	DETECT_KIN,		/* so is one of the same bytes, and no pace
				 * tells them apart: see 'other' */
};
#define DETECT_DOUBTS 7

const char *detect_verdict_name(enum detect_verdict v);	/* "sure" */
const char *detect_doubt_name(enum detect_doubt d);	/* "line-errors" */

/* Frames in a row. */
struct detect_row {
	uint64_t frames, bytes;
	int64_t from_ms, to_ms;	/* when the first and the last were complete */
};

/* What one driver makes of the stream. */
struct detect_claim {
	const struct driver *driver;
	bool guest;		/* the setting is not its own */
	uint64_t sound;		/* frames that speak for it */
	uint64_t bad;
	uint64_t sound_bytes;	/* in sound frames, those that are ignored too */
	uint64_t lost_bytes;	/* in none, but for the first frame's remainder */
	size_t longest;		/* sound frame, bytes */
	struct detect_row row;	/* now */
	struct detect_row best;
	unsigned bursts, most_bursts;	/* in a row */
	/* After detect_judge(): */
	enum detect_verdict verdict;
	enum detect_doubt doubt;	/* why, when it is DETECT_DOUBT */
	uint32_t per_min;	/* frames, where a pace could be measured */
	const struct driver *other;	/* the rival or kin that is as content,
					 * or the kin at whose pace they come;
					 * else NULL */

	uint64_t garbage_before;	/* the first sound frame */
	uint64_t bad_bytes;		/* whole, and no garbage for the stream */
	uint64_t garbage;		/* when the row was last looked at */
	struct stream stream;
};

/* Two megabytes; nothing in it is for writing. */
struct detect {
	struct line line;
	int64_t from_ms;
	uint64_t bytes;
	uint64_t errors;	/* of the line: framing, parity, breaks */
	bool invited;		/* guests doubt all, not only their kin */
	size_t n;		/* claims, in the order of the registry */
	struct detect_claim claim[DETECT_DRIVERS];
};

/* All settings that monitors are heard at, once each, those of most drivers
 * first; returns how many.  For listening, a second stop bit and flow control make
 * no difference: there are one and none of them. */
size_t detect_lines(struct line out[DETECT_LINES]);

/* The setting of a driver that a line heard as 'heard' may be; NULL: none. */
const struct line *detect_line_of(const struct driver *d,
    const struct line *heard);

/* Starts afresh with all drivers that have this setting, and the kin of these, and
 * need no rules; NULL: whatever their setting, for bytes of which nobody knows it. */
void detect_init(struct detect *x, const struct line *line, int64_t t_ms);

/* Straight after: a line without a rate, as a pseudo-terminal is, carries the bytes
 * of every monitor, so all other drivers are heard as guests. */
void detect_invite(struct detect *x, int64_t t_ms);

/* Takes bytes that arrived at t_ms. */
void detect_feed(struct detect *x, int64_t t_ms, const uint8_t *p, size_t n);

/* It is t_ms and nothing more has come, as for stream_quiet(). */
void detect_quiet(struct detect *x, int64_t t_ms);

/* So many bytes went wrong on the line since detect_init(). */
void detect_errors(struct detect *x, uint64_t errors);

/* Judges every claim by what has come so far, and returns the best one; NULL
 * when none is better than DETECT_NOTHING.  Of several doubts it is the one that
 * more speaks for. */
const struct detect_claim *detect_judge(struct detect *x);

/* That of one driver which has the setting, or NULL. */
struct detect_claim *detect_claim_of(struct detect *x, const struct driver *d);

#endif
