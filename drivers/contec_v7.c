/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Contec CMS50D+, CMS50E, CMS50F and kin of the newer generation (protocol V7),
 * by oximeters.md 2.2.  Silent until asked; then 60 packets a second of
 *
 *	01 | high bits | data 0..6	bit 7: 0 in the first byte, 1 in the rest
 *	data i = its byte's low seven bits, and bit i of the high bits
 *	0: probe error, beep, low, searching too long, signal strength (4)
 *	1: searching, waveform (7)	2: PI invalid in bit 4, bar graph (4)
 *	3: rate   4: saturation   5, 6: PI x 100, low byte first
 *
 * Easy to get wrong: bit 7 of the rate is among the high bits, so a reader of
 * the low seven shows 12 for 140.  And with the finger out real units say 0 and
 * 0, not the documented 255 and 127.
 */
#include "drivers/bci.h"
#include "drivers/driver.h"
#include "drivers/oximeter.h"

#define PACKET_LONGEST 9
#define LOCK 3			/* packets in a row */
#define LONGEST (LOCK * PACKET_LONGEST + 1)
#define TYPE_REAL_TIME 0x01
#define TYPE_SWITCHED_OFF 0x0D
#define TYPE_LAST 0x1F		/* of those that are known, 15 is the last */

/* Bytes of a packet, by its type; 0: it ends before the next byte that has no
 * bit 7. */
static const uint8_t lengths[TYPE_LAST + 1] = {
	[0x01] = 9, [0x02] = 9, [0x03] = 9, [0x04] = 9, [0x05] = 9,
	[0x06] = 4, [0x07] = 8, [0x08] = 8, [0x09] = 6, [0x0A] = 4,
	[0x0B] = 4, [0x0C] = 2, [0x0D] = 3, [0x0E] = 3, [0x0F] = 8,
	[0x10] = 3, [0x11] = 9, [0x12] = 8, [0x13] = 9, [0x14] = 9,
	[0x15] = 9,
};

enum data_0 {
	STRENGTH = 0x0F,
	SEARCHED_LONG = 1 << 4,
	PROBE_ERROR = 1 << 7,
};

enum data_1 { SEARCHING = 1 << 7 };

enum data_2 {
	PI_INVALID = 1 << 4,
	ALWAYS_ZERO = 0xE0,
};

#define NO_PI 0xFFFF
#define PI_MOST 2200

#define COMMAND 9
static const uint8_t start[COMMAND] = {
	0x7D, 0x81, 0xA1, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80
};
static const uint8_t stop[COMMAND] = {
	0x7D, 0x81, 0xA2, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80
};
static const uint8_t keep_alive[COMMAND] = {
	0x7D, 0x81, 0xAF, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80
};

static const struct tx_template templates[] = {
	{ .name = "start of values", .bytes = start, .length = COMMAND },
	{ .name = "end of values", .bytes = stop, .length = COMMAND },
	{ .name = "keep-alive", .bytes = keep_alive, .length = COMMAND },
	{ .name = NULL },
};

#define START_AGAIN_MS 2000
#define KEEP_ALIVE_MS 5000

struct contec_state {
	bool started;
	bool has_pi;		/* it gave one; most units give none */
	int64_t start_ms;	/* when it was asked to start, */
	int64_t sent_ms;	/* and when it was sent anything, last */
	int64_t heard_ms;	/* the last values */
};
_Static_assert(sizeof(struct contec_state) <= DRIVER_STATE_MAX, "state");

/* The length of the packet at 'from'; else as frame(). */
static int
packet_at(const struct window *w, size_t from)
{
	size_t n = window_length(w), length, most;
	uint8_t type = window_at(w, from);

	if (from >= n)
		return FRAME_MORE;
	if (type == 0 || type > TYPE_LAST)
		return FRAME_GARBAGE;
	length = lengths[type];
	most = length > 0 ? length : PACKET_LONGEST + 1;
	for (size_t i = 1; i < most; i++) {
		if (from + i >= n)
			return FRAME_MORE;
		if ((window_at(w, from + i) & 0x80) == 0)
			return length == 0 && i > 1 ? (int)i : FRAME_GARBAGE;
	}
	return length > 0 ? (int)length : FRAME_GARBAGE;
}

/* After a loss of step a packet counts only if two more follow it; and values
 * only where the next packet begins behind them. */
static int
contec_v7_frame(const struct window *w, int64_t gap_ms)
{
	int first = packet_at(w, 0), next = first;
	size_t at = 0;

	(void)gap_ms;
	for (int i = 1; i < LOCK && w->torn && next > 0; i++) {
		at += (size_t)next;
		next = packet_at(w, at);
	}
	if (next <= 0)
		return next;
	at += (size_t)next;
	if (window_at(w, 0) == TYPE_REAL_TIME) {
		if (at >= window_length(w))
			return FRAME_MORE;
		if ((window_at(w, at) & 0x80) != 0)
			return FRAME_GARBAGE;
	}
	return first;
}

static inline uint8_t
data(const struct window *w, unsigned i)
{
	unsigned high = window_at(w, 1) >> i & 1u;

	return (uint8_t)((window_at(w, 2 + i) & 0x7Fu) | high << 7);
}

static void
pi_reading(struct contec_state *s, const struct window *w,
    enum quality q, struct readings *out)
{
	int32_t pi = data(w, 5) | data(w, 6) << 8;

	if ((data(w, 2) & PI_INVALID) == 0 && pi != NO_PI)
		s->has_pi = true;
	else if (q == QUALITY_GOOD || q == QUALITY_QUESTIONABLE)
		q = QUALITY_NO_VALUE;
	if (pi > PI_MOST && (q == QUALITY_GOOD || q == QUALITY_QUESTIONABLE))
		q = QUALITY_OUT_OF_RANGE;
	if (s->has_pi)
		readings_add(out, VITAL_PI, q, pi);
}

static enum decode
real_time(struct contec_state *s, int64_t t_ms, const struct window *w,
    struct readings *out)
{
	struct bci b = {
		.probe_error = (data(w, 0) & PROBE_ERROR) != 0,
		.searched_long = (data(w, 0) & SEARCHED_LONG) != 0,
		.searching = (data(w, 1) & SEARCHING) != 0,
		.strength = data(w, 0) & STRENGTH,
		.pr = data(w, 3),
		.spo2 = data(w, 4),
	};
	bool both;

	if ((data(w, 2) & ALWAYS_ZERO) != 0 || !bci_spo2_possible(b.spo2))
		return DECODE_BAD_VALUE;
	s->heard_ms = t_ms;
	both = bci_readings(out, &b, 1, 254, 1);
	pi_reading(s, w, oximeter_quality(bci_quality(&b), both), out);
	return DECODE_OK;
}

static enum decode
contec_v7_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct contec_state *s = (struct contec_state *)u;

	(void)n;
	switch (window_at(w, 0)) {
	case TYPE_REAL_TIME:
		return real_time(s, t_ms, w, out);
	case TYPE_SWITCHED_OFF:
		readings_add(out, VITAL_SPO2, QUALITY_NOT_MEASURED, 0);
		readings_add(out, VITAL_PR, QUALITY_NOT_MEASURED, 0);
		if (s->has_pi)
			readings_add(out, VITAL_PI, QUALITY_NOT_MEASURED, 0);
		return DECODE_OK;
	default:
		return DECODE_IGNORED;
	}
}

/* It stops by itself after half a minute in which it heard nothing, and knows
 * nothing of us after it was switched off. */
static size_t
contec_v7_request(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct contec_state *s = (struct contec_state *)u;
	const uint8_t *message = keep_alive;

	if (!s->started || (t_ms - s->heard_ms >= START_AGAIN_MS &&
	    t_ms - s->start_ms >= START_AGAIN_MS)) {
		s->started = true;
		s->start_ms = t_ms;
		message = start;
	} else if (t_ms - s->sent_ms < KEEP_ALIVE_MS) {
		return 0;
	}
	s->sent_ms = t_ms;
	for (size_t i = 0; i < COMMAND && i < TX_MAX; i++)
		buf[i] = message[i];
	return COMMAND;
}

static size_t
contec_v7_release(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	(void)u;
	(void)t_ms;
	for (size_t i = 0; i < COMMAND && i < TX_MAX; i++)
		buf[i] = stop[i];
	return COMMAND;
}

extern const struct driver driver_contec_v7;
const struct driver driver_contec_v7 = {
	.name = "contec-v7",
	.title = "Contec CMS50 oximeters, protocol V7",
	.line = { 115200, 8, 'N', 1, FLOW_NONE },
	.longest = LONGEST,
	.silent_after_ms = 3000,
	.state_size = sizeof(struct contec_state),
	.evidence = EVIDENCE_PATTERN,
	.repeat_ms = 1000,
	.tx = templates,
	.frame = contec_v7_frame,
	.decode = contec_v7_decode,
	.request = contec_v7_request,
	.release = contec_v7_release,
};
