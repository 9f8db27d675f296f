/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A driver applied to a stream of bytes: framing, resynchronising, counting
 * and silence, written once for all drivers.
 *
 * Easy to get wrong: a reading's time is that of the last byte of its frame,
 * however the reads were cut; and on garbage ONE byte is dropped, never the
 * length that a damaged frame claims.
 */
#ifndef DRIVERS_STREAM_H
#define DRIVERS_STREAM_H

#include "drivers/driver.h"

/* A partial frame that waits longer than this for its next byte is garbage,
 * with all that it held: no protocol here pauses so long within a frame. */
#define STREAM_STALE_MS 10000

/* So many sound frames in a row must agree where a few fixed bits are all the
 * evidence (oximeters.md section 6): no value lies further from the one before
 * than 25/min or 10 %.  After one that told that a vital has no value, the third
 * with a value is the first to count. */
#define STREAM_AGREE 3

struct stream_counters {
	uint64_t bytes;
	uint64_t garbage;	/* bytes that belong to no frame */
	uint64_t frames[DECODES];	/* by diagnosis */
	uint64_t readings;
	uint64_t lost;		/* sum of decoded.lost */
};

/* The last value of a vital. */
struct stream_last {
	bool known;
	uint8_t wait;		/* since there was none, so many more do not
				 * count yet; EVIDENCE_PATTERN */
	int32_t value;
	int64_t t_ms;
};

struct stream {
	const struct driver *driver;
	struct driver_options options;
	int64_t byte_ms;	/* last byte of any kind; STREAM_NEVER */
	int64_t good_ms;	/* last sound frame; STREAM_NEVER */
	int64_t open_ms;	/* when the line was first opened */
	struct stream_last last[VITALS];
	uint64_t settled;	/* garbage that is accounted for; decoded.lost */
	uint8_t agreed;		/* such frames so far; EVIDENCE_PATTERN */
	bool joined;		/* a sound frame has come since it was opened */
	uint32_t said;		/* digest of the readings passed on last, */
	int64_t said_ms;	/* at this time; repeat_ms */
	struct stream_counters count;
	union driver_state *state;
	struct window window;	/* the last that a narrow one has a part of */
	union driver_state own;	/* the state of a whole one */
};

/* Times of a stream lie between minus and plus this (280 000 years); what lies
 * beyond counts as that, so that no difference of two can overflow. */
#define STREAM_TIME_MAX_MS (INT64_C(1) << 53)

/* A time so early that no other is, and from which a difference still fits. */
#define STREAM_NEVER (-(INT64_C(1) << 62))

/* So many bytes of a struct stream are ever touched with that driver: where
 * there are many, it is enough to have these.  And so many to begin with, as
 * nearly all of what monitors send comes in short frames: see
 * stream_init_narrow(). */
size_t stream_size(const struct driver *d);
size_t stream_size_narrow(void);

/* One frame that was found. */
struct decoded {
	int64_t t_ms;		/* when its last byte arrived */
	size_t length;		/* in bytes on the wire */
	enum decode result;
	/* Where no check tells a damaged frame it is garbage: as many as would
	 * have filled what lies between this sound frame and the one before.  0
	 * with the first one and after a silence: what came then may be of
	 * plugging in.  EVIDENCE_PATTERN only, and not where rules may pass over
	 * what they do not want. */
	uint16_t lost;
	struct readings readings;	/* empty unless DECODE_OK */
};

/* Starts afresh: counters too.  The driver must outlive the stream. */
void stream_init(struct stream *s, const struct driver *d,
    const struct driver_options *o, int64_t t_ms);

/* The same for a stream of stream_size_narrow() bytes, with the driver's state, of
 * its state_size, elsewhere.  When stream_next() has said false and
 * stream_is_cramped(), it holds the beginning of a frame that is too long for it:
 * it is to be moved to stream_size() bytes and widened, or reset, before it is fed
 * again. */
void stream_init_narrow(struct stream *s, union driver_state *state,
    const struct driver *d, const struct driver_options *o, int64_t t_ms);
bool stream_is_cramped(const struct stream *s) MUST_CHECK;
void stream_widen(struct stream *s);

/* The line was opened anew: drops a partial frame and the driver's state,
 * keeps the counters. */
void stream_reset(struct stream *s, int64_t t_ms);

/* Takes bytes that arrived at t_ms, as many as there is room for; returns how
 * many.  Call stream_next() until it says false, then feed the rest:
 *
 *	while (n > 0) {
 *		size_t taken = stream_feed(s, t_ms, p, n);
 *		p += taken, n -= taken;
 *		while (stream_next(s, &d))
 *			use(&d);
 *	}
 *
 * It always takes at least one byte when the loop above is followed. */
size_t stream_feed(struct stream *s, int64_t t_ms, const uint8_t *p, size_t n)
    MUST_CHECK;

/* It is t_ms, and no byte has come since the last: that alone ends a frame of some
 * protocols (driver->quiet_ms).  Then call stream_next(), as after feeding. */
void stream_quiet(struct stream *s, int64_t t_ms);

/* The next frame among the bytes fed, good or bad; false when there is none
 * (yet).  Sound frames come in the order of their times; a damaged one may
 * claim bytes of the next and so be later than it.
 *
 * A value that lies too far from the one before (vital_steps()) is
 * QUESTIONABLE at first, and believed when the next one confirms it.  A frame
 * whose readings are held back, for want of evidence or as repetitions, is
 * DECODE_OK without readings. */
bool stream_next(struct stream *s, struct decoded *out) MUST_CHECK;

/* What the driver wants to send now: its length, or 0, and then 'buf' is as it
 * was.  What the driver leaves unset is 0. */
size_t stream_request(struct stream *s, int64_t t_ms, uint8_t buf[TX_MAX])
    MUST_CHECK;

/* What the driver wants to send last of all: its length, or 0. */
size_t stream_release(struct stream *s, int64_t t_ms, uint8_t buf[TX_MAX])
    MUST_CHECK;

/* Whether the monitor counts as silent at t_ms: no sound frame for the
 * driver's silent_after_ms (since the line was first opened, if there was
 * none: opening it again and again is not a sign of life). */
bool stream_silent(const struct stream *s, int64_t t_ms) MUST_CHECK;

/* Whether what has come ended within a frame.  Line ends, and a whole frame that
 * waits for the one behind it, are all that is ever held between two. */
bool stream_is_halfway(const struct stream *s) MUST_CHECK;

#endif
