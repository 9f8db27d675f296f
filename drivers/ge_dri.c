/* SPDX-License-Identifier: BSD-2-Clause
 *
 * GE Datex-Ohmeda S/5 and CARESCAPE monitors, "DRI" computer interface, by GE
 * M1017617 and 8005313 as told in multiparameter.md part B:
 *
 *	7E | record, escaped | sum of the record, escaped | 7E
 *	escapes: 7E -> 7D 5E, 7D -> 7D 5D
 *
 *	record, little-endian:
 *	0 i16 length  3 u8 level  6 u32 clock  14 i16 main type (0: values)
 *	16 8 x { i16 offset, u8 type }, ends at type FF;  40 subrecords, those
 *	of type 1 being displayed values, their class at 276 bits 8-11
 *
 * Easy to get wrong: the 8-bit sum is weak.  Damaged frames pass it, and only
 * the stated length unmasks them.
 */
#include "drivers/ge_phdb.h"
#include "drivers/wire.h"

#define FLAG 0x7E
#define ESCAPE 0x7D
#define HEADER 40
#define RECORD_MAX (HEADER + 1450)
#define WIRE_MAX (2 * (RECORD_MAX + 1) + 2)

struct ge_state {
	uint16_t interval_s;
	bool stopped;		/* the stop request went out, at stop_ms */
	bool asked;		/* then the one for values */
	int64_t stop_ms;
	int64_t heard_ms;	/* last values, or last request for them */
	struct ge_phdb values;
};
_Static_assert(sizeof(struct ge_state) <= DRIVER_STATE_MAX, "state");

#define STOP_PAUSE_MS 300	/* after a stop request (B6) */
#define RETRY_MS 15000		/* at the least, before asking again */

/* Requests: 40 bytes of header, then type 1 (displayed values), i16 interval
 * in s (0 stops), u32 classes (0: the basic one), u16 0; all in one frame. */
#define REQUEST(interval, sum) { FLAG, 0x31, [22] = 0xFF, [41] = 0x01, \
	[42] = (interval), [50] = (sum), [51] = FLAG }
static const uint8_t request_stop[52] = REQUEST(0, 0x31);
static const uint8_t request_1s[52] = REQUEST(1, 0x32);
static const uint8_t request_5s[52] = REQUEST(5, 0x36);
static const uint8_t request_10s[52] = REQUEST(10, 0x3B);

static const struct tx_template templates[] = {
	{ .name = "stop sending values",
	  .bytes = request_stop, .length = sizeof request_stop },
	{ .name = "send values every second",
	  .bytes = request_1s, .length = sizeof request_1s },
	{ .name = "send values every 5 s",
	  .bytes = request_5s, .length = sizeof request_5s },
	{ .name = "send values every 10 s",
	  .bytes = request_10s, .length = sizeof request_10s },
	{ .name = NULL },
};
static const uint16_t intervals_s[] = { 1, 5, 10, 0 };
#define INTERVAL_S 5

static void
ge_init(union driver_state *u, const struct driver_options *o)
{
	struct ge_state *s = (struct ge_state *)u;

	s->interval_s = o->interval_s == 1 || o->interval_s == 10 ?
	    o->interval_s : INTERVAL_S;
}

static int
ge_frame(const struct window *w, int64_t gap_ms)
{
	size_t n = window_length(w), to = n < WIRE_MAX ? n : WIRE_MAX, i;

	(void)gap_ms;
	if (window_at(w, 0) != FLAG)
		return FRAME_GARBAGE;
	i = window_find(w, w->seen > 1 ? w->seen : 1, to, FLAG);
	if (i < to)
		return i > 1 ? (int)i + 1 : FRAME_GARBAGE;
	return n < WIRE_MAX ? FRAME_MORE : FRAME_GARBAGE;
}

/* Undoes the escapes; the last byte is the checksum. */
static void
unescape(const struct window *w, size_t n, struct wire *out)
{
	size_t i = 1;

	wire_clear(out);
	while (i + 1 < n && i < WIRE_MAX) {
		i = wire_take(out, w, i, n - 1, ESCAPE);
		if (i + 1 >= n)
			break;
		if (i + 2 < n)
			wire_put(out, window_at(w, ++i) | 0x20);
		else
			wire_put(out, ESCAPE);
		i++;
	}
}

/* Types of values are 1 to 4 (displayed, trends, auxiliary) so far; FF ends the
 * list.  Without its bit 7 the end reads as 7F: such a stream may keep its
 * sums, for they are modulo 256. */
#define TYPE_MAX 0x1F

/* Where the displayed values of the basic class begin; 0 if there are none,
 * -1 where the descriptors are none or lead outside the record. */
static int
find_basic(const struct wire *r, size_t length)
{
	int basic = 0;

	for (size_t i = 16; i < HEADER; i += 3) {
		int16_t offset = wire_i16le(r, i);
		uint8_t type = wire_at(r, i + 2);
		size_t at = HEADER + (offset >= 0 ? (size_t)offset : 0);

		if (type == 0xFF)
			break;
		if (type > TYPE_MAX || offset < 0 || at >= length)
			return -1;
		if (type != 1)
			continue;
		if (at + GE_PHDB_BYTES > length)
			return -1;
		if (basic == 0 && (wire_u16le(r, at + 276) >> 8 & 0xF) == 0)
			basic = (int)at;
	}
	return basic;
}

static enum decode
ge_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct ge_state *s = (struct ge_state *)u;
	struct wire r;
	size_t length;
	int basic = 0;

	unescape(w, n, &r);
	if (r.n < 1 || wire_sum(&r, r.n - 1) != wire_at(&r, r.n - 1))
		return DECODE_BAD_CHECK;
	length = r.n - 1;
	if (length < HEADER || length > RECORD_MAX ||
	    wire_i16le(&r, 0) != (int)length)
		return DECODE_BAD_LENGTH;
	/* Level 0 is a request: our own, come back on a looped cable. */
	if (wire_at(&r, 3) < 2)
		return DECODE_BAD_VALUE;
	switch (wire_i16le(&r, 14)) {
	case 0:
		break;
	case 1: case 4: case 5: case 8:
		return DECODE_IGNORED;
	default:
		return DECODE_BAD_VALUE;
	}
	basic = find_basic(&r, length);
	if (basic < 0)
		return DECODE_BAD_LENGTH;
	if (basic == 0)
		return DECODE_IGNORED;
	ge_phdb_decode(&s->values, t_ms, &r, (size_t)basic, out);
	out->device_clock_ms = (int64_t)wire_u32le(&r, 6) * 1000;
	s->heard_ms = t_ms;
	return DECODE_OK;
}

/* First a stop, so that an old subscription does not linger; after a pause the
 * request for values; and that again when none came for three intervals (the
 * monitor was restarted, or the cable was out). */
static size_t
ge_request(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct ge_state *s = (struct ge_state *)u;
	int64_t retry_ms = (int64_t)s->interval_s * 3000;
	const uint8_t *request = request_5s;

	if (retry_ms < RETRY_MS)
		retry_ms = RETRY_MS;
	if (!s->stopped) {
		s->stopped = true;
		s->stop_ms = t_ms;
		request = request_stop;
	} else if (s->asked ? t_ms - s->heard_ms >= retry_ms :
	    t_ms - s->stop_ms >= STOP_PAUSE_MS) {
		s->asked = true;
		s->heard_ms = t_ms;
		if (s->interval_s == 1)
			request = request_1s;
		else if (s->interval_s == 10)
			request = request_10s;
	} else {
		return 0;
	}
	for (size_t i = 0; i < sizeof request_stop && i < TX_MAX; i++)
		buf[i] = request[i];
	return sizeof request_stop;
}

extern const struct driver driver_ge_dri;
const struct driver driver_ge_dri = {
	.name = "ge-dri",
	.title = "GE S/5 and CARESCAPE monitors (DRI computer interface)",
	.line = { 19200, 8, 'E', 1, FLOW_RTSCTS },
	.silent_after_ms = 15000,
	.longest = WIRE_MAX,
	.evidence = EVIDENCE_CHECKSUM,
	.tx = templates,
	.default_interval_s = INTERVAL_S,
	.intervals_s = intervals_s,
	.init = ge_init,
	.frame = ge_frame,
	.decode = ge_decode,
	.request = ge_request,
};
