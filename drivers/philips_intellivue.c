/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Philips IntelliVue monitors, Data Export over MIB/RS-232 with a fixed rate,
 * by multiparameter.md part A.  On the line:
 *
 *	C0 | 11 01 | u16 length | message | CRC-16/X-25, low byte first | C1
 *	C0, C1 and 7D between the ends are sent as 7D and the byte XOR 20
 *
 * The first byte of a message is its kind.  We say
 *
 *	09 release	a stale association, and at leave
 *	0D associate	every 3 s until it is answered 0E, refused 0C (again
 *			after 10 s) or aborted 19 (after 1.5 s)
 *	E1 result	to the "MDS created" event that follows
 *	E1 poll		one at a time; each also keeps the association alive
 *
 * and poll numerics, alarms, the monitor's mode and clock, and now and then
 * the numerics' labels.  The patient object is never asked for.
 *
 * Easy to get wrong: a counter or a check that needs an escape makes a message
 * longer.  The counters of our requests are chosen so that none does.  And
 * values never wait long for alarms: whether a monitor tells these is its own
 * matter, and one that stops must not leave its last list standing.
 */
#include "drivers/intellivue_scrub.h"
#include "drivers/driver.h"
#include "drivers/philips_alarms.h"
#include "drivers/philips_apdu.h"
#include "drivers/philips_values.h"
#include "drivers/wire.h"

#include <string.h>

#define BEGIN 0xC0
#define END 0xC1
#define ESCAPE 0x7D
#define HEADER 4		/* 11 01 and the length */
#define CHECK 2
#define WIRE_MAX (2 * (HEADER + PHILIPS_APDU_MAX + CHECK) + 2)
_Static_assert(PHILIPS_APDU_MAX + CHECK <= WIRE_CAPACITY, "message");
_Static_assert(WIRE_MAX <= WINDOW_CAPACITY, "frame");

enum apdu {
	APDU_RELEASED = 0x0A,
	APDU_REFUSED = 0x0C,
	APDU_ASSOCIATED = 0x0E,
	APDU_ABORTED = 0x19,
	APDU_DATA = 0xE1,
};

enum ro {
	RO_INVOKE = 1,
	RO_RESULT = 2,
	RO_ERROR = 3,
	RO_LINKED = 5,
};

enum command { COMMAND_CONFIRMED_EVENT = 1, COMMAND_ACTION = 7 };
#define EVENT_MDS_CREATED 0x0D06
#define ACTION_POLL 0x0C16
#define ACTION_POLL_EXTENDED 0xF13B

#define CLASS_NUMERICS 0x0006
#define CLASS_SYSTEM 0x0021
#define CLASS_ALARMS 0x0036
#define GROUP_ALL 0x0000
#define GROUP_ALARMS 0x0801
#define GROUP_VALUES 0x0803

enum mode {
	MODE_DEMO = 0x2000,
	MODE_SERVICE = 0x1000,
	MODE_STANDBY = 0x0002,
};

#define FRAME_PAUSE_MS 50	/* at most 4 frames in 128 ms, the answer to an
				 * event included */
#define RELEASE_PAUSE_MS 1000
#define ASK_AGAIN_MS 3000
#define ABORTED_PAUSE_MS 1500
#define REFUSED_PAUSE_MS 10000
#define CREATED_WITHIN_MS 5000	/* the event, after the association */
#define ANSWER_WITHIN_MS 3000
#define UNANSWERED_MAX 3	/* polls; then the association is lost */
#define VALUES_MS 1000		/* between polls of values: at the least, */
#define VALUES_SLOWEST_MS 4000	/* and however slow the monitor wants it */
#define VALUES_REFUSED_MS 5000

/* So many questions about alarms without all of them for an answer: what was
 * told no longer stands, and they are asked for seldom. */
#define ALARM_QUESTIONS 3
#define SELDOM_MS 60000

/* Of the errors the one that may pass ("processing failure"); the others say
 * that there is no such thing. */
#define ERROR_PROCESSING 10

/* What is asked for, and how often. */
enum poll { POLL_VALUES, POLL_ALARMS, POLL_SYSTEM, POLL_LABELS };
#define POLLS 4
static const int32_t poll_every_ms[POLLS] = {
	[POLL_VALUES] = VALUES_MS, [POLL_ALARMS] = 2000,
	[POLL_SYSTEM] = 30000, [POLL_LABELS] = 60000,
};

enum step {
	STEP_FRESH = 0,	/* nothing was said yet */
	STEP_ASKING,		/* for an association */
	STEP_JOINED,		/* there is one; the event is to come */
	STEP_POLLING,
};

struct philips_state {
	enum step step;
	bool result_due;	/* the event of that id waits for its result */
	uint16_t event_id;
	uint8_t counter;	/* of the last poll */
	uint8_t awaited;	/* the poll not answered yet; 0: none */
	enum poll asked;	/* what it asks for */
	uint8_t unanswered;	/* polls in a row */
	uint8_t refused;	/* by poll: the monitor does not know it */
	bool told;		/* its alarms, and nothing took that back */
	uint8_t untold;		/* questions about them since */
	bool linked;		/* a reply in parts is under way: */
	bool torn;		/* one was lost */
	uint16_t link_id;
	uint8_t link_count;	/* the last part's number */
	bool said;		/* something was sent, at said_ms */
	int32_t values_ms;	/* between polls of values */
	int32_t timeout_ms;	/* of the association */
	int64_t said_ms;
	int64_t next_ms;	/* do not ask for an association before */
	int64_t heard_ms;	/* the last message of the association */
	int64_t asked_ms;	/* the poll that is awaited */
	int64_t due_ms[POLLS];
	struct philips_values values;
	struct philips_alarms alarms;
};
_Static_assert(sizeof(struct philips_state) <= DRIVER_STATE_MAX, "state");

/* The messages, framed (P3, P10, P4, P5 to P8). */

static const uint8_t associate[] = {
	0xC0, 0x11, 0x01, 0x00, 0xEE, 0x0D, 0xEC, 0x05, 0x08, 0x13, 0x01, 0x00,
	0x16, 0x01, 0x02, 0x80, 0x00, 0x14, 0x02, 0x00, 0x02, 0x7D, 0xE1, 0xDC,
	0x31, 0x80, 0xA0, 0x80, 0x80, 0x01, 0x01, 0x00, 0x00, 0xA2, 0x80, 0xA0,
	0x03, 0x00, 0x00, 0x01, 0xA4, 0x80, 0x30, 0x80, 0x02, 0x01, 0x01, 0x06,
	0x04, 0x52, 0x01, 0x00, 0x01, 0x30, 0x80, 0x06, 0x02, 0x51, 0x01, 0x00,
	0x00, 0x00, 0x00, 0x30, 0x80, 0x02, 0x01, 0x02, 0x06, 0x0C, 0x2A, 0x86,
	0x48, 0xCE, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00, 0x01, 0x01, 0x30, 0x80,
	0x06, 0x0C, 0x2A, 0x86, 0x48, 0xCE, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00,
	0x02, 0x01, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x61, 0x80, 0x30, 0x80,
	0x02, 0x01, 0x01, 0xA0, 0x80, 0x60, 0x80, 0xA1, 0x80, 0x06, 0x0C, 0x2A,
	0x86, 0x48, 0xCE, 0x14, 0x02, 0x01, 0x00, 0x00, 0x00, 0x03, 0x01, 0x00,
	0x00, 0xBE, 0x80, 0x28, 0x80, 0x06, 0x0C, 0x2A, 0x86, 0x48, 0xCE, 0x14,
	0x02, 0x01, 0x00, 0x00, 0x00, 0x01, 0x01, 0x02, 0x01, 0x02, 0x81,
	/* What we want: polls of 1 s (8000 ticks), messages up to 1000 bytes,
	 * numerics by extended polls as well. */
	0x48, 0x80, 0x00, 0x00, 0x00, 0x40, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x80, 0x00, 0x00, 0x00, 0x20, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x01, 0x00, 0x2C, 0x00, 0x01, 0x00, 0x28, 0x80, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x1F, 0x40, 0x00, 0x00, 0x03, 0xE8, 0x00, 0x00, 0x03,
	0xE8, 0xFF, 0xFF, 0xFF, 0xFF, 0x60, 0x00, 0x00, 0x00, 0x00, 0x01, 0x00,
	0x0C, 0xF0, 0x01, 0x00, 0x08, 0x88, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0xA9, 0x2A, 0xC1,
};
static const uint8_t release[] = {
	0xC0, 0x11, 0x01, 0x00, 0x1A, 0x09, 0x18, 0x7D, 0xE1, 0x16, 0x61, 0x80,
	0x30, 0x80, 0x02, 0x01, 0x01, 0xA0, 0x80, 0x62, 0x80, 0x80, 0x01, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x41, 0x08, 0xC1,
};

/* The event's own id comes back, up to RESULT_ID_MAX: with what follows it, 84 03
 * would be a setting to a CAPNOSTAT, and 85 01 another mode to a MicroPod.  The
 * time is 0 or, for the check's sake, up to RESULT_TIMES - 1 ticks. */
static const uint8_t result[] = {
	0xC0, 0x11, 0x01, 0x00, 0x1C, 0xE1, 0x00, 0x00, 0x02, 0x00, 0x02, 0x00,
	0x14, 0x00, 0x00, 0x00, 0x01, 0x00, 0x0E, 0x00, 0x21, 0x00, 0x00, 0x00,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x0D, 0x06, 0x00, 0x00, 0x00, 0x00, 0xC1,
};
#define RESULT_ID 13
#define RESULT_ID_MAX 0x83FF
#define RESULT_TIME 28		/* its last byte */
#define RESULT_TIMES 8

/* Both counters of a poll are the same small number. */
#define POLL_MESSAGE(class, group) { \
	0xC0, 0x11, 0x01, 0x00, 0x24, 0xE1, 0x00, 0x00, 0x02, 0x00, 0x01, 0x00, \
	0x1C, 0x00, 0x00, 0x00, 0x07, 0x00, 0x16, 0x00, 0x21, 0x00, 0x00, 0x00, \
	0x00, 0x00, 0x00, 0x00, 0x00, 0x0C, 0x16, 0x00, 0x08, 0x00, 0x00, 0x00, \
	0x01, 0x00, (class), (group) >> 8, (group) & 0xFF, 0x00, 0x00, 0xC1 }
#define POLL_BYTES 44
#define POLL_ID 14
#define POLL_NUMBER 34
#define COUNTER_MAX 124		/* below 7D: none of them is escaped */
static const uint8_t polls[POLLS][POLL_BYTES] = {
	[POLL_VALUES] = POLL_MESSAGE(0x06, 0x0803),
	[POLL_ALARMS] = POLL_MESSAGE(0x36, 0x0801),
	[POLL_SYSTEM] = POLL_MESSAGE(0x21, 0x080A),
	[POLL_LABELS] = POLL_MESSAGE(0x06, 0x0000),
};

#define POLL_TEMPLATE(title, poll) { \
	.name = title, .bytes = polls[poll], .length = POLL_BYTES, \
	.field = { \
		{ "id", POLL_ID, 1, TX_RANGE, 1, COUNTER_MAX }, \
		{ "number", POLL_NUMBER, 1, TX_RANGE, 1, COUNTER_MAX }, \
		{ "check", POLL_BYTES - 3, 2, TX_CHECKSUM, 0, 0 }, \
	} }

static const struct tx_template templates[] = {
	{ .name = "release the association",
	  .bytes = release, .length = sizeof release },
	{ .name = "ask for an association",
	  .bytes = associate, .length = sizeof associate },
	{ .name = "take note of the monitor's system",
	  .bytes = result, .length = sizeof result,
	  .field = {
		{ "id", RESULT_ID, 2, TX_RANGE, 0, RESULT_ID_MAX },
		{ "time", RESULT_TIME, 1, TX_RANGE, 0, RESULT_TIMES - 1 },
		{ "check", sizeof result - 3, 2, TX_CHECKSUM, 0, 0 },
	  } },
	POLL_TEMPLATE("ask for values", POLL_VALUES),
	POLL_TEMPLATE("ask for alarms", POLL_ALARMS),
	POLL_TEMPLATE("ask for mode and clock", POLL_SYSTEM),
	POLL_TEMPLATE("ask for the values' labels", POLL_LABELS),
	{ .name = NULL },
};

static bool
is_escaped(uint8_t b)
{
	return b == BEGIN || b == END || b == ESCAPE;
}

/* The n-th byte (from 0) behind the BEGIN, without escapes; false where it is
 * not there yet. */
static bool
header_at(const struct window *w, size_t n, uint8_t *b)
{
	size_t at = 1;

	for (size_t i = 0; i <= n && i < HEADER; i++) {
		bool escaped = window_at(w, at) == ESCAPE;

		if (at + (escaped ? 1 : 0) >= window_length(w))
			return false;
		*b = escaped ? window_at(w, at + 1) ^ 0x20 : window_at(w, at);
		at += escaped ? 2 : 1;
	}
	return true;
}

/* Where the header ends; takes it into the check, and the length that it
 * states. */
static size_t
header_take(const struct window *w, uint16_t *crc, size_t *length)
{
	size_t at = 1;

	for (size_t i = 0; i < HEADER; i++) {
		uint8_t b = window_at(w, at++);

		if (b == ESCAPE)
			b = window_at(w, at++) ^ 0x20;
		*crc = philips_crc(*crc, b);
		*length = (*length << 8 | b) & 0xFFFF;
	}
	return at;
}

static int
philips_frame(const struct window *w, int64_t gap_ms)
{
	static const uint8_t header[2] = { 0x11, 0x01 };
	size_t n = window_length(w), from = w->seen > 1 ? w->seen : 1, to, end;
	uint8_t b = 0, high = 0;

	(void)gap_ms;
	if (window_at(w, 0) != BEGIN)
		return FRAME_GARBAGE;
	for (size_t i = 0; i < 2; i++) {
		if (n > i + 1 && window_at(w, i + 1) != header[i])
			return FRAME_GARBAGE;
	}
	if (header_at(w, 2, &high) && header_at(w, 3, &b) &&
	    ((size_t)high << 8 | b) > PHILIPS_APDU_MAX)
		return FRAME_GARBAGE;
	to = n < WIRE_MAX ? n : WIRE_MAX;
	end = window_find(w, from, to, END);
	if (window_find(w, from, end, BEGIN) < end)
		return FRAME_GARBAGE;
	/* 7D C1: the sender gave this frame up. */
	if (end < to)
		return window_at(w, end - 1) == ESCAPE ?
		    FRAME_GARBAGE : (int)end + 1;
	return n < WIRE_MAX ? FRAME_MORE : FRAME_GARBAGE;
}

/* Takes the message out of the frame; the diagnosis. */
static enum decode
unwrap(const struct window *w, size_t n, struct wire *out)
{
	uint16_t crc = PHILIPS_CRC_BEGIN;
	size_t length = 0, i;

	out->n = 0;
	i = header_take(w, &crc, &length);
	while (i + 1 < n && i < WIRE_MAX) {
		i = wire_take(out, w, i, n - 1, ESCAPE);
		if (i + 1 >= n)
			break;
		wire_put(out, window_at(w, i + 1) ^ 0x20);
		i += 2;
	}
	if (philips_crc_wire(crc, out) != PHILIPS_CRC_GOOD)
		return DECODE_BAD_CHECK;
	if (length == 0 || length > PHILIPS_APDU_MAX ||
	    out->n != length + CHECK)
		return DECODE_BAD_LENGTH;
	out->n = length;
	return DECODE_OK;
}

/* There is no association (any more): ask for one after a pause. */
static void
part(struct philips_state *s, int64_t t_ms, int64_t pause_ms)
{
	s->step = STEP_ASKING;
	s->result_due = false;
	s->awaited = 0;
	s->next_ms = t_ms + pause_ms;
}

/* How long an association lasts without a word (A4); the period is in 1/8 ms. */
static int32_t
association_timeout(uint32_t period)
{
	if (period <= 3300 * 8)
		return 10000;
	return period <= 43000 * 8 ? (int32_t)(period / 8 * 3) : 130000;
}

static void
join(struct philips_state *s, int64_t t_ms, uint32_t period)
{
	s->step = STEP_JOINED;
	s->awaited = s->unanswered = s->refused = 0;
	s->linked = false;
	s->heard_ms = t_ms;
	s->timeout_ms = association_timeout(period);
	s->values_ms = period / 8 < VALUES_MS ? VALUES_MS :
	    period / 8 > VALUES_SLOWEST_MS ? VALUES_SLOWEST_MS :
	    (int32_t)(period / 8);
}

/* What the monitor grants stands behind a mark:
 *
 *	BE 80 28 80 02 01 02 81 | 48 | 72 bytes:
 *	0 versions, options  28 u16 attribute 0001, u16 length  32 revision
 *	36 u32 period  40 u32 longest it takes  44 u32 longest it sends */
static enum decode
decode_association(struct philips_state *s, int64_t t_ms, const struct wire *r)
{
	static const uint8_t mark[] = {
		0xBE, 0x80, 0x28, 0x80, 0x02, 0x01, 0x02, 0x81, 0x48
	};

	for (size_t at = 0; at < PHILIPS_APDU_MAX &&
	    at + sizeof mark + 72 <= r->n; at++) {
		size_t info = at + sizeof mark, k = 0;

		while (k < sizeof mark && wire_at(r, at + k) == mark[k])
			k++;
		if (k < sizeof mark)
			continue;
		/* A monitor that takes no poll is none to talk to. */
		if (wire_u32be(r, info) != 0x80000000 ||
		    wire_u16be(r, info + 28) != 1 ||
		    wire_u32be(r, info + 40) < POLL_BYTES)
			return DECODE_BAD_VALUE;
		join(s, t_ms, wire_u32be(r, info + 36));
		return DECODE_IGNORED;
	}
	return DECODE_BAD_VALUE;
}

/* What is measured in service may be a tester's signal. */
static void
take_mode(struct philips_values *v, uint16_t mode)
{
	v->standby = (mode & MODE_STANDBY) != 0;
	v->demo = (mode & MODE_DEMO) != 0;
	v->service = (mode & MODE_SERVICE) != 0;
}

/* Mode and clock, in a list of attributes or in a reply. */
static void
read_system(struct philips_state *s, const struct wire *r,
    struct philips_walk a, uint32_t ticks)
{
	for (size_t i = 0; i < WIRE_CAPACITY && philips_next(&a, r); i++) {
		if (a.object)
			continue;
		if (a.id == PHILIPS_OPERATING_MODE && a.length == 2)
			take_mode(&s->values, wire_u16be(r, a.value));
		else if (a.id == PHILIPS_CLOCK && a.length == 8)
			philips_values_clock(&s->values, r, a.value, ticks);
	}
}

static bool
is_sound(const struct wire *r, struct philips_walk a)
{
	for (size_t i = 0; i < WIRE_CAPACITY && philips_next(&a, r); i++)
		continue;
	return !a.bad;
}

/* "MDS created": 8 u16 id  10 u16 command  12 u16 length  14 object, 6 bytes
 * 20 u32 time  24 u16 event  26 u16 length  28 object, 6 bytes  34 attributes */
static enum decode
decode_event(struct philips_state *s, int64_t t_ms, const struct wire *r)
{
	struct philips_walk a;

	if (r->n < 38 || wire_u16be(r, 12) != r->n - 14 ||
	    wire_u16be(r, 26) != r->n - 28)
		return DECODE_BAD_VALUE;
	if (wire_u16be(r, 24) != EVENT_MDS_CREATED)
		return DECODE_IGNORED;
	philips_walk_attributes(&a, r, 34, r->n);
	if (!is_sound(r, a))
		return DECODE_BAD_VALUE;
	/* The association's answer may have been lost on the way. */
	if (s->step < STEP_JOINED)
		join(s, t_ms, 0);
	if (s->step == STEP_JOINED) {
		philips_values_forget(&s->values);
		for (int i = 0; i < POLLS; i++)
			s->due_ms[i] = t_ms + i;
	}
	s->step = STEP_POLLING;
	s->result_due = true;
	s->event_id = wire_u16be(r, 8);
	read_system(s, r, a, wire_u32be(r, 20));
	return DECODE_IGNORED;
}

/* The poll of that id was answered. */
static void
answered(struct philips_state *s, uint16_t id)
{
	s->unanswered = 0;
	if (id == s->awaited)
		s->awaited = 0;
}

/* With what it asked for. */
static void
fulfilled(struct philips_state *s, uint16_t id)
{
	if (s->awaited != 0 && id == s->awaited)
		s->refused &= (uint8_t)~(1u << s->asked);
	answered(s, id);
}

/* A reply that cannot be read ends the wait all the same, or each one would keep
 * the values waiting for as long as none would; but it is no sign of life. */
static void
spoilt(struct philips_state *s, const struct wire *r)
{
	if (wire_u16be(r, 8) == s->awaited)
		s->awaited = 0;
}

/* Where this part of a reply stands among the others.  Several come as linked
 * results, numbered from 1, and end with a plain one of the same id, which may
 * be empty. */
static void
judge_link(struct philips_state *s, bool linked, const struct wire *r,
    uint16_t id, struct philips_reply *reply)
{
	uint8_t count = linked ? wire_at(r, 9) : 0;
	bool first = linked ? count == 1 : !s->linked || s->link_id != id;

	if (first)
		s->torn = false;
	else if (linked && (!s->linked || s->link_id != id ||
	    count != s->link_count + 1))
		s->torn = true;
	reply->linked = linked || !first;
	reply->first = first;
	reply->last = !linked;
	reply->torn = s->torn;
	s->linked = linked;
	s->link_id = id;
	s->link_count = count;
}

/* A reply to a poll: 8 u16 id  10 u16 command  12 u16 length  14 object, 6 bytes
 * 20 u16 action  22 u16 length  24 u16 number [u16 sequence]  26 u32 ticks
 * 30 clock, 8 bytes  38 u16 partition  40 u16 class  42 u16 group  44 list;
 * in a linked one, behind its two bytes at 8. */
static enum decode
decode_reply(struct philips_state *s, int64_t t_ms, const struct wire *r,
    bool linked, struct readings *out)
{
	size_t at = linked ? 10 : 8;
	uint16_t id = wire_u16be(r, at), action = wire_u16be(r, at + 12);
	size_t more = action == ACTION_POLL_EXTENDED ? 2 : 0;
	struct philips_reply reply = { .list = at + 36 + more, .end = r->n };
	struct philips_walk a;
	unsigned class, group;
	bool sound = true;

	if (r->n < at + 6 || wire_u16be(r, at + 4) != r->n - at - 6)
		return DECODE_BAD_VALUE;
	if (wire_u16be(r, at + 2) != COMMAND_ACTION)
		return DECODE_IGNORED;
	if (r->n < reply.list + 4 || wire_u16be(r, at + 6) != CLASS_SYSTEM ||
	    (action != ACTION_POLL && action != ACTION_POLL_EXTENDED) ||
	    wire_u16be(r, at + 14) != r->n - at - 16)
		return DECODE_BAD_VALUE;
	reply.ticks = wire_u32be(r, at + 18 + more);
	class = wire_u16be(r, at + 32 + more);
	group = wire_u16be(r, at + 34 + more);
	if (wire_u16be(r, at + 30 + more) != 1)
		return DECODE_IGNORED;
	philips_walk_polls(&a, r, reply.list, reply.end);
	if (!is_sound(r, a))
		return DECODE_BAD_VALUE;
	judge_link(s, linked, r, id, &reply);
	if (class == CLASS_NUMERICS &&
	    (group == GROUP_VALUES || group == GROUP_ALL))
		sound = philips_values_decode(&s->values, t_ms, r, &reply, out);
	else if (class == CLASS_ALARMS &&
	    (group == GROUP_ALARMS || group == GROUP_ALL))
		sound = philips_alarms_decode(&s->alarms, &s->values, r,
		    &reply, out);
	else if (class == CLASS_SYSTEM)
		read_system(s, r, a, reply.ticks);
	if (!sound) {
		s->torn = true;
		return DECODE_BAD_VALUE;
	}
	if (linked)
		s->asked_ms = t_ms;
	else
		fulfilled(s, id);
	return class == CLASS_NUMERICS || class == CLASS_ALARMS ?
	    DECODE_OK : DECODE_IGNORED;
}

/* The poll that is awaited was refused. */
static void
take_error(struct philips_state *s, int64_t t_ms, uint16_t error)
{
	if (s->asked == POLL_ALARMS)
		s->untold = ALARM_QUESTIONS + 1;
	if (s->asked != POLL_VALUES && error == ERROR_PROCESSING)
		s->due_ms[s->asked] = t_ms + SELDOM_MS;
	else
		s->refused |= (uint8_t)(1u << s->asked);
}

/* 8 u16 id  10 u16 error  12 u16 length */
static enum decode
decode_error(struct philips_state *s, int64_t t_ms, const struct wire *r)
{
	uint16_t id = wire_u16be(r, 8);

	if (r->n < 14 || wire_u16be(r, 12) != r->n - 14)
		return DECODE_BAD_VALUE;
	if (s->awaited != 0 && id == s->awaited)
		take_error(s, t_ms, wire_u16be(r, 10));
	answered(s, id);
	return DECODE_IGNORED;
}

/* What the monitor tells no more does not stand; whether that is so now. */
static bool
take_back_alarms(struct philips_state *s, int64_t t_ms, struct readings *out)
{
	int64_t *due_ms = &s->due_ms[POLL_ALARMS];

	if (out->alarms.told) {
		s->told = true;
		s->untold = 0;
		if (*due_ms > t_ms + poll_every_ms[POLL_ALARMS])
			*due_ms = t_ms + poll_every_ms[POLL_ALARMS];
	}
	if (!s->told || s->untold <= ALARM_QUESTIONS)
		return false;
	s->told = false;
	out->alarms.unknown = true;
	return true;
}

/* E1 00 00 02 | 4 u16 kind  6 u16 length */
static enum decode
decode_data(struct philips_state *s, int64_t t_ms, const struct wire *r,
    struct readings *out)
{
	enum decode d = DECODE_BAD_VALUE;

	if (r->n < 14 || wire_u32be(r, 0) != 0xE1000002 ||
	    wire_u16be(r, 6) != r->n - 8)
		return DECODE_BAD_VALUE;
	switch (wire_u16be(r, 4)) {
	case RO_INVOKE:
		/* What else asks for something is ourselves, come back on a
		 * looped cable. */
		if (wire_u16be(r, 10) == COMMAND_CONFIRMED_EVENT)
			d = decode_event(s, t_ms, r);
		break;
	case RO_RESULT:
		d = decode_reply(s, t_ms, r, false, out);
		if (d == DECODE_BAD_VALUE)
			spoilt(s, r);
		break;
	case RO_LINKED:
		d = decode_reply(s, t_ms, r, true, out);
		break;
	case RO_ERROR:
		d = decode_error(s, t_ms, r);
		break;
	default:
		break;
	}
	if (d != DECODE_OK && d != DECODE_IGNORED)
		return d;
	s->heard_ms = t_ms;
	return take_back_alarms(s, t_ms, out) ? DECODE_OK : d;
}

static enum decode
philips_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct philips_state *s = (struct philips_state *)u;
	struct wire r;
	enum decode d;

	if (!s->values.open) {
		s->values.open = true;
		s->values.open_ms = t_ms;
	}
	wire_clear(&r);
	d = unwrap(w, n, &r);
	if (d != DECODE_OK)
		return d;
	switch (wire_at(&r, 0)) {
	case APDU_ASSOCIATED:
		return decode_association(s, t_ms, &r);
	case APDU_DATA:
		return decode_data(s, t_ms, &r, out);
	case APDU_RELEASED:
		if (s->step >= STEP_JOINED)
			part(s, t_ms, RELEASE_PAUSE_MS);
		return DECODE_IGNORED;
	case APDU_REFUSED:
		/* Of what was asked for twice, the second may be refused. */
		if (s->step == STEP_ASKING)
			part(s, t_ms, REFUSED_PAUSE_MS);
		break;
	case APDU_ABORTED:
		part(s, t_ms, ABORTED_PAUSE_MS);
		break;
	default:
		return DECODE_BAD_VALUE;
	}
	/* A monitor that only turns us away must not pass for one that is
	 * heard. */
	return DECODE_BAD_SEQUENCE;
}

static void
copy(uint8_t buf[TX_MAX], const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n && i < TX_MAX; i++)
		buf[i] = p[i];
}

/* Puts the check of a message of n bytes, none of them escaped; false if the
 * check itself needed that. */
static bool
put_check(uint8_t buf[TX_MAX], size_t n)
{
	uint16_t crc = PHILIPS_CRC_BEGIN;

	for (size_t i = 1; i + 3 < n && i < TX_MAX; i++)
		crc = philips_crc(crc, buf[i]);
	crc ^= 0xFFFF;
	buf[n - 3] = (uint8_t)(crc & 0xFF);
	buf[n - 2] = (uint8_t)(crc >> 8);
	return !is_escaped(buf[n - 3]) && !is_escaped(buf[n - 2]);
}

/* The result of the event.  One whose id needs an escape or is too great, which
 * no monitor was seen to choose, stays without. */
static size_t
put_result(uint16_t id, uint8_t buf[TX_MAX])
{
	copy(buf, result, sizeof result);
	buf[RESULT_ID] = (uint8_t)(id >> 8);
	buf[RESULT_ID + 1] = (uint8_t)(id & 0xFF);
	if (id > RESULT_ID_MAX || is_escaped(buf[RESULT_ID]) ||
	    is_escaped(buf[RESULT_ID + 1]))
		return 0;
	for (uint8_t time = 0; time < RESULT_TIMES; time++) {
		buf[RESULT_TIME] = time;
		if (put_check(buf, sizeof result))
			return sizeof result;
	}
	return 0;
}

static size_t
put_poll(struct philips_state *s, enum poll poll, uint8_t buf[TX_MAX])
{
	copy(buf, polls[poll], POLL_BYTES);
	for (int i = 0; i < COUNTER_MAX; i++) {
		s->counter = s->counter < COUNTER_MAX ? s->counter + 1 : 1;
		buf[POLL_ID] = s->counter;
		buf[POLL_NUMBER] = s->counter;
		if (put_check(buf, POLL_BYTES))
			return POLL_BYTES;
	}
	return 0;
}

/* What has been due for longest; POLLS: nothing is. */
static unsigned
choose_poll(const struct philips_state *s, int64_t t_ms)
{
	unsigned best = POLLS;

	for (unsigned i = 0; i < POLLS; i++) {
		if (s->due_ms[i] > t_ms ||
		    (i != POLL_VALUES && (s->refused >> i & 1) != 0))
			continue;
		if (best == POLLS || s->due_ms[i] < s->due_ms[best])
			best = i;
	}
	return best;
}

static size_t
poll_next(struct philips_state *s, int64_t t_ms, uint8_t buf[TX_MAX])
{
	unsigned poll = choose_poll(s, t_ms);
	int64_t every_ms;
	size_t n;

	if (poll >= POLLS || s->awaited != 0)
		return 0;
	n = put_poll(s, (enum poll)poll, buf);
	if (n == 0)
		return 0;
	every_ms = poll == POLL_VALUES ? s->values_ms : poll_every_ms[poll];
	if (poll == POLL_ALARMS && s->untold <= ALARM_QUESTIONS)
		s->untold++;
	if (poll == POLL_ALARMS && s->untold > ALARM_QUESTIONS)
		every_ms = SELDOM_MS;
	/* Values are what it is all for: asked for again even so. */
	if ((s->refused >> poll & 1) != 0)
		every_ms = VALUES_REFUSED_MS;
	s->due_ms[poll] = t_ms + every_ms;
	s->asked = (enum poll)poll;
	s->asked_ms = t_ms;
	s->awaited = s->counter;
	return n;
}

/* Whether the monitor has left us. */
static bool
is_lost(struct philips_state *s, int64_t t_ms)
{
	if (s->step == STEP_JOINED)
		return t_ms - s->heard_ms >= CREATED_WITHIN_MS;
	if (s->step != STEP_POLLING)
		return false;
	if (s->awaited != 0 && t_ms - s->asked_ms >= ANSWER_WITHIN_MS) {
		s->awaited = 0;
		s->unanswered++;
	}
	return s->unanswered >= UNANSWERED_MAX ||
	    t_ms - s->heard_ms >= s->timeout_ms;
}

static size_t
choose_message(struct philips_state *s, int64_t t_ms, uint8_t buf[TX_MAX])
{
	if (is_lost(s, t_ms))
		s->step = STEP_FRESH;
	switch (s->step) {
	case STEP_FRESH:
		part(s, t_ms, RELEASE_PAUSE_MS);
		copy(buf, release, sizeof release);
		return sizeof release;
	case STEP_ASKING:
		if (t_ms < s->next_ms)
			return 0;
		s->next_ms = t_ms + ASK_AGAIN_MS;
		copy(buf, associate, sizeof associate);
		return sizeof associate;
	case STEP_JOINED:
		return 0;
	case STEP_POLLING:
		break;
	}
	return poll_next(s, t_ms, buf);
}

static size_t
philips_request(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct philips_state *s = (struct philips_state *)u;
	size_t n = 0;

	if (!s->values.open) {
		s->values.open = true;
		s->values.open_ms = t_ms;
	}
	if (s->result_due) {
		s->result_due = false;
		n = put_result(s->event_id, buf);
	} else if (!s->said || t_ms - s->said_ms >= FRAME_PAUSE_MS) {
		n = choose_message(s, t_ms, buf);
	}
	if (n > 0) {
		s->said = true;
		s->said_ms = t_ms;
	}
	return n;
}

static size_t
philips_release(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct philips_state *s = (struct philips_state *)u;

	(void)t_ms;
	if (s->step == STEP_FRESH)
		return 0;
	s->step = STEP_FRESH;
	copy(buf, release, sizeof release);
	return sizeof release;
}

/* Selectable on the monitor, it is said (A1: not confirmed). */
static const struct line other_lines[] = {
	{ 19200, 8, 'N', 1, FLOW_NONE },
	{ 0 },
};

extern const struct driver driver_philips_intellivue;
const struct driver driver_philips_intellivue = {
	.name = "philips-intellivue",
	.title = "Philips IntelliVue monitors (MIB/RS-232, Data Export)",
	.line = { 115200, 8, 'N', 1, FLOW_NONE },
	.other_lines = other_lines,
	.silent_after_ms = 10000,
	.state_size = sizeof(struct philips_state),
	.longest = WIRE_MAX,
	.evidence = EVIDENCE_CHECKSUM,
	.check_bits = 88,	/* C0 11 01, length, CRC, E1 00 00 02 */
	.sum_bits = 16,
	.relays_alarms = true,
	.tx = templates,
	.probe_harmless = true,	/* A9: neither message changes anything */
	.frame = philips_frame,
	.decode = philips_decode,
	.scrub = intellivue_scrub,
	.reseal = intellivue_reseal,
	.request = philips_request,
	.release = philips_release,
};
