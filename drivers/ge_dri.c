/* SPDX-License-Identifier: BSD-2-Clause
 *
 * GE Datex-Ohmeda S/5 and CARESCAPE monitors, "DRI" computer interface, by GE
 * M1017617 and 8005313 as told in multiparameter.md part B:
 *
 *	7E | record, escaped | sum of the record, escaped | 7E
 *	escapes: 7E -> 7D 5E, 7D -> 7D 5D
 *
 *	record, little-endian:
 *	0 i16 length  3 u8 level  6 u32 clock  14 i16 main type (0: values,
 *	4: alarms)  16 8 x { i16 offset, u8 type }, ends at type FF
 *	40 subrecords; of main type 0, those of type 1 are displayed values,
 *	their class at 276 bits 8-11; of main type 4, the one of type 1 is
 *
 *	2 i16 sound  8 u16 which alarms are silenced
 *	10 5 x { text[80], its end NUL; 82 i16 colour }, each 98 bytes
 *
 * Easy to get wrong: the 8-bit sum is weak.  Damaged frames pass it, and only
 * the stated length unmasks them.  And values never wait for alarms: whether a
 * monitor answers about these is its own matter.
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
	bool running;		/* values came since they were asked for, from
				 * a monitor that has alarms to tell */
	bool entered;		/* the differential mode of alarms, then */
	bool changes;		/* it was entered since the line is open */
	bool told;		/* its alarms, and nothing took that back */
	uint8_t unanswered;	/* questions about them since the last record */
	int64_t due_ms;		/* the next one */
	struct ge_phdb values;
};
_Static_assert(sizeof(struct ge_state) <= DRIVER_STATE_MAX, "state");

#define STOP_PAUSE_MS 300	/* after a stop request (B6) */
#define RETRY_MS 15000		/* at the least, before asking again */

/* Alarms (B4): from level 10 on.  A record follows each change, 2 s after the
 * last at the earliest; one that is lost is made good by asking now and then.
 * Three questions without an answer: the list is not known any more. */
#define ALARM_LEVEL 10
#define ALARM_PAUSE_MS 2000
#define ALARM_AGAIN_MS 30000
#define ALARM_SELDOM_MS 300000	/* once it is not known */
#define ALARM_QUESTIONS 3
#define ALARM_SILENCE 8
#define ALARM_FIRST 10		/* where the list begins in its subrecord, */
#define ALARM_BYTES 98		/* and what each entry has, */
#define ALARM_TEXT 80		/* of which so many are text, */
#define ALARM_COLOUR 82		/* and the colour is at */
#define ALARM_ENTRIES 5
#define ALARM_RECORD 510

/* Requests: 40 bytes of header, then type 1 (displayed values), i16 interval
 * in s (0 stops), u32 classes (0: the basic one), u16 0; all in one frame. */
#define REQUEST(interval, sum) { FLAG, 0x31, [22] = 0xFF, [41] = 0x01, \
	[42] = (interval), [50] = (sum), [51] = FLAG }
static const uint8_t request_stop[52] = REQUEST(0, 0x31);
static const uint8_t request_1s[52] = REQUEST(1, 0x32);
static const uint8_t request_5s[52] = REQUEST(5, 0x36);
static const uint8_t request_10s[52] = REQUEST(10, 0x3B);

/* About alarms: main type 4, u16 command, 10 bytes of 0. */
#define ALARM_REQUEST(command, sum) { FLAG, 0x34, [15] = 0x04, [22] = 0xFF, \
	[41] = (command), [53] = (sum), [54] = FLAG }
static const uint8_t request_alarm_changes[55] = ALARM_REQUEST(2, 0x39);
static const uint8_t request_alarms[55] = ALARM_REQUEST(0, 0x37);

/* Both that end something, in one go: a port that closes sends one message.
 * The values first, since the end of it may be cut off. */
static const uint8_t request_end[107] = {
	FLAG, 0x31, [22] = 0xFF, [41] = 0x01, [50] = 0x31, [51] = FLAG,
	[52] = FLAG, 0x34, [67] = 0x04, [74] = 0xFF, [93] = 3, [105] = 0x3A,
	[106] = FLAG,
};

static const struct tx_template templates[] = {
	{ .name = "stop sending values",
	  .bytes = request_stop, .length = sizeof request_stop },
	{ .name = "send values every second",
	  .bytes = request_1s, .length = sizeof request_1s },
	{ .name = "send values every 5 s",
	  .bytes = request_5s, .length = sizeof request_5s },
	{ .name = "send values every 10 s",
	  .bytes = request_10s, .length = sizeof request_10s },
	{ .name = "tell changes of the alarms",
	  .bytes = request_alarm_changes,
	  .length = sizeof request_alarm_changes },
	{ .name = "tell the alarms once",
	  .bytes = request_alarms, .length = sizeof request_alarms },
	{ .name = "stop sending values and changes of the alarms",
	  .bytes = request_end, .length = sizeof request_end },
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

/* Where the first subrecord of type 1 begins that has so many bytes, of the
 * basic class where it holds values; 0 if there is none, -1 where the
 * descriptors are none or lead outside the record. */
static int
find_first(const struct wire *r, size_t length, size_t bytes)
{
	int first = 0;

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
		if (at + bytes > length)
			return -1;
		if (first == 0 && (bytes != GE_PHDB_BYTES ||
		    (wire_u16le(r, at + 276) >> 8 & 0xF) == 0))
			first = (int)at;
	}
	return first;
}

/* The colour is all that the monitor says of the rank: none, white, yellow,
 * red.  A text that stands there without one is not less than the least. */
static bool
rank(uint16_t colour, enum priority *p)
{
	static const enum priority ranks[] = { PRIORITY_LOW, PRIORITY_LOW,
		PRIORITY_MEDIUM, PRIORITY_HIGH };

	if (colour >= sizeof ranks / sizeof ranks[0])
		return false;
	*p = ranks[colour];
	return true;
}

static bool
is_blank(const struct wire *r, size_t at)
{
	for (size_t i = 0; i < ALARM_TEXT && wire_at(r, at + i) != 0; i++) {
		if (wire_at(r, at + i) != ' ')
			return false;
	}
	return true;
}

/* What is silenced on the monitor is told last, as the least.  The sound that
 * is on or off (at 2) is not: no source says whether it is off by a person's
 * will or because nothing calls. */
static void
say_silenced(uint16_t code, struct readings *out)
{
	static const char texts[][56] = {
		/* a code that is not known */
		"alarms may be silenced on the monitor",
		"apnoea alarms are silenced on the monitor",
		"asystole alarms are silenced on the monitor",
		"apnoea and asystole alarms are silenced on the monitor",
		"alarms are silenced on the monitor",
		"alarms are silenced on the monitor for 2 min",
		"alarms are silenced on the monitor for 5 min",
		"alarms are silenced on the monitor for 20 s",
	};

	if (code != 0)
		readings_say_alarm(out, PRIORITY_LOW,
		    texts[code < sizeof texts / sizeof texts[0] ? code : 0]);
}

/* Texts in the monitor's own language; an entry without one is no alarm. */
static enum decode
decode_alarms(const struct wire *r, size_t at, struct readings *out)
{
	for (size_t k = 0; k < ALARM_ENTRIES; k++) {
		size_t from = at + ALARM_FIRST + k * ALARM_BYTES;
		enum priority p = PRIORITY_LOW;
		struct monitor_alarm *a;

		if (!rank(wire_u16le(r, from + ALARM_COLOUR), &p))
			return DECODE_BAD_VALUE;
		if (is_blank(r, from))
			continue;
		a = readings_add_alarm(out, p);
		for (size_t i = 0; a != NULL && i < ALARM_TEXT &&
		    wire_at(r, from + i) != 0; i++)
			monitor_alarm_put(a, wire_at(r, from + i));
	}
	say_silenced(wire_u16le(r, at + ALARM_SILENCE), out);
	out->alarms.told = true;
	return DECODE_OK;
}

static enum decode
take_alarms(struct ge_state *s, int64_t t_ms, const struct wire *r,
    size_t length, struct readings *out)
{
	int at = find_first(r, length, ALARM_RECORD);
	enum decode d = DECODE_IGNORED;

	if (at < 0)
		return DECODE_BAD_LENGTH;
	if (at > 0 && wire_at(r, 3) >= ALARM_LEVEL)
		d = decode_alarms(r, (size_t)at, out);
	if (d == DECODE_OK) {
		s->told = true;
		s->unanswered = 0;
		s->due_ms = t_ms + ALARM_AGAIN_MS;
	}
	return d;
}

static enum decode
take_values(struct ge_state *s, int64_t t_ms, const struct wire *r,
    size_t length, struct readings *out)
{
	int basic = find_first(r, length, GE_PHDB_BYTES);

	if (basic < 0)
		return DECODE_BAD_LENGTH;
	if (basic == 0)
		return DECODE_IGNORED;
	ge_phdb_decode(&s->values, t_ms, r, (size_t)basic, out);
	out->device_clock_ms = (int64_t)wire_u32le(r, 6) * 1000;
	s->heard_ms = t_ms;
	if (!s->running && wire_at(r, 3) >= ALARM_LEVEL) {
		s->running = true;
		s->entered = false;
		s->unanswered = 0;
		s->due_ms = t_ms;
	}
	if (s->told && s->unanswered > ALARM_QUESTIONS) {
		s->told = false;
		out->alarms.unknown = true;
	}
	return DECODE_OK;
}

static enum decode
ge_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct ge_state *s = (struct ge_state *)u;
	struct wire r;
	size_t length;

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
		return take_values(s, t_ms, &r, length, out);
	case 4:
		return take_alarms(s, t_ms, &r, length, out);
	case 1: case 5: case 8:
		return DECODE_IGNORED;
	default:
		return DECODE_BAD_VALUE;
	}
}

/* Copies the request; its length. */
static size_t
put(uint8_t buf[TX_MAX], const uint8_t *request, size_t n)
{
	for (size_t i = 0; i < n && i < TX_MAX; i++)
		buf[i] = request[i];
	return n;
}

/* While values run: first the changes, then, after a pause, the list as it is
 * now; and that again when nothing was heard of it for long. */
static size_t
request_about_alarms(struct ge_state *s, int64_t t_ms, uint8_t buf[TX_MAX])
{
	if (!s->running || t_ms < s->due_ms)
		return 0;
	if (!s->entered) {
		s->entered = s->changes = true;
		s->due_ms = t_ms + ALARM_PAUSE_MS;
		return put(buf, request_alarm_changes,
		    sizeof request_alarm_changes);
	}
	if (s->unanswered <= ALARM_QUESTIONS)
		s->unanswered++;
	s->due_ms = t_ms + (s->unanswered > ALARM_QUESTIONS ?
	    ALARM_SELDOM_MS : ALARM_AGAIN_MS);
	return put(buf, request_alarms, sizeof request_alarms);
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
		s->running = false;
		s->heard_ms = t_ms;
		if (s->interval_s == 1)
			request = request_1s;
		else if (s->interval_s == 10)
			request = request_10s;
	} else {
		return request_about_alarms(s, t_ms, buf);
	}
	return put(buf, request, sizeof request_stop);
}

/* Else the monitor would go on for whoever is at the line next. */
static size_t
ge_release(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct ge_state *s = (struct ge_state *)u;
	bool changes = s->changes;

	(void)t_ms;
	if (!s->asked)
		return 0;
	s->stopped = s->asked = s->running = s->changes = false;
	return changes ? put(buf, request_end, sizeof request_end) :
	    put(buf, request_stop, sizeof request_stop);
}

/* CARESCAPE from software v3 on offers it besides (B1). */
static const struct line other_lines[] = {
	{ 115200, 8, 'E', 1, FLOW_RTSCTS },
	{ 0 },
};

extern const struct driver driver_ge_dri;
const struct driver driver_ge_dri = {
	.name = "ge-dri",
	.title = "GE S/5 and CARESCAPE monitors (DRI computer interface)",
	.line = { 19200, 8, 'E', 1, FLOW_RTSCTS },
	.other_lines = other_lines,
	.silent_after_ms = 15000,
	.state_size = sizeof(struct ge_state),
	.longest = WIRE_MAX,
	.evidence = EVIDENCE_CHECKSUM,
	.check_bits = 48,	/* 7E, length, main type, sum */
	.sum_bits = 8,
	.tx = templates,
	.default_interval_s = INTERVAL_S,
	.intervals_s = intervals_s,
	.relays_alarms = true,
	.init = ge_init,
	.frame = ge_frame,
	.decode = ge_decode,
	.request = ge_request,
	.release = ge_release,
};
