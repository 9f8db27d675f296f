/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Personal health devices by IEEE 11073-20601 over a serial link (Bluetooth SPP,
 * USB): pulse oximeters (10404) and blood pressure monitors (10407), by
 * nibp-and-small-monitors.md section 9.  The device is the agent and speaks
 * first; this is the manager:
 *
 *	agent				manager
 *	E200 may I associate, config
 *					E300 yes (0), or yes, but tell me your
 *					     configuration (3)
 *	E700 0101 0D1C configuration	E700 0201 0D1C accepted
 *					E700 0103 what does your clock say
 *	E700 0203 attributes
 *	E700 0101 0D1D.. report		E700 0201 0D1D.. taken
 *	E400 release me			E500 released
 *
 *	choice | u16 length | body; of E700:
 *	4 u16 length  6 u16 invoke id  8 u16 choice  10 u16 length; of an event:
 *	12 u16 handle  14 u32 time  18 u16 event  20 u16 length  22 info
 *
 * What there is no clock for is not read: a stamped number may come from the
 * device's memory, and only its own clock tells how old it is.
 *
 * Nothing carries a checksum; the transport is reliable.  A number counts only
 * since an association, whose 54 bytes are nearly all fixed, and while no byte
 * came that is no part of a message and none was waited for within one.
 *
 * Easy to get wrong: what a report's bytes mean stands in the configuration
 * alone, and a report that is confirmed is deleted in the device.  One that
 * cannot be read is answered by an abort.
 */
#include "drivers/cuff.h"
#include "drivers/driver.h"
#include "drivers/ieee11073_apdu.h"
#include "drivers/ieee11073_scrub.h"
#include "drivers/text.h"

#define AARQ_BYTES 54
#define CONFIG_OXIMETER 0x0190
#define CONFIG_OXIMETER_2 0x0191
#define CONFIG_CUFF 0x02BC
#define CONFIG_LAST 0x7FFF
#define TEST_CAPABLE 0x40000000u	/* functional units */
#define TEST_ASSOCIATION 0x20000000u

#define TYPE_SPO2 0x4BB8
#define TYPE_PR 0x481A
#define TYPE_CUFF 0x4A04
#define TYPE_CUFF_SYS 0x4A05
#define TYPE_CUFF_DIA 0x4A06
#define TYPE_CUFF_MEAN 0x4A07
#define TYPE_CUFF_PR 0x482A
#define UNIT_PERCENT 0x0220
#define UNIT_BPM 0x0AA0
#define UNIT_MMHG 0x0F20
#define UNIT_KPA 0x0F03
#define CLASS_NUMERIC 0x0006
#define CLASS_SCANNER_FIRST 0x0012	/* episodic, periodic */
#define CLASS_SCANNER_LAST 0x0013

enum status {
	STATUS_INVALID = 0x8000,
	STATUS_QUESTIONABLE = 0x4000,
	STATUS_NOT_AVAILABLE = 0x2000,
	STATUS_CALIBRATION = 0x1000,
	STATUS_TEST = 0x0800,
	STATUS_DEMO = 0x0400,
	STATUS_ONGOING = 0x0020,
};

#define PAUSE_MS 400		/* no message pauses for longer within */
#define QUIET_MS 3000		/* then the clock is asked for */
#define ANSWER_MS 3000
#define UNANSWERED_MAX 3	/* then the agent is gone */
#define ABORT_MS 2000		/* between two to an agent without association */
#define NOW_MS 3000		/* clock and way: what is younger is of now */
#define AHEAD_MS 10000		/* a stamp later than that is none */
#define OLDEST_MS (3600 * 1000)	/* older is maybe of another person */

/* What is read, one object of each: the first in the configuration. */
enum kind { KIND_SPO2, KIND_PR, KIND_CUFF, KIND_CUFF_PR };
#define KINDS 4

/* Where the parts of an observation are; ABSENT: it has none. */
struct layout {
	uint8_t length, value_at, stamp_at, status_at;
};
#define ABSENT 0xFF

struct object {
	bool there;
	bool kpa;
	uint16_t handle;
	struct layout layout;
};

/* A record of a scanner: the observations of its objects in a row. */
struct scanner {
	bool there;
	uint8_t handle;
	uint8_t length;
	struct layout layout[KINDS];
};
#define SCANNERS 2

struct config {
	uint8_t parts;		/* of the cuff's compound, */
	uint8_t sys, dia, mean;	/* and which they are; mean may be ABSENT */
	bool bare;		/* the stamp may be left out */
	struct object object[KINDS];
	struct scanner scanner[SCANNERS];
};

/* What was found in a report; of several of a kind the latest. */
struct found {
	uint8_t has, stamped;	/* 1 << kind */
	uint16_t value[KINDS];	/* SFLOAT; of the cuff, sys */
	uint16_t dia, mean;
	uint16_t status[KINDS];
	int64_t stamp_ms[KINDS];
};

enum say {
	SAY_ACCEPTED, SAY_UNKNOWN_CONFIG, SAY_CONFIG_TAKEN, SAY_REPORT_TAKEN,
	SAY_RELEASED, SAY_ABORT, SAY_CLOCK, SAY_RELEASE, SAYS
} PACKED;

struct answer {
	enum say say;
	uint8_t handle;
	uint16_t id;		/* invoke id */
	uint16_t what;		/* configuration or event */
};
#define ANSWERS 4

enum step { STEP_APART = 0, STEP_CONFIGURING, STEP_OPERATING } PACKED;

struct phd_state {
	enum step step;
	bool test;		/* an association for tests */
	bool has_clock, has_pending, has_cuff, aborted;
	bool asked;		/* for the clock, and not answered yet */
	bool answered;		/* since the association */
	uint8_t unanswered;
	uint8_t counter;	/* invoke id of the last question */
	uint8_t agent;		/* the last byte of its system id: all that
				 * a scrubbed recording has */
	uint8_t answers;
	struct answer answer[ANSWERS];
	struct config config;
	int64_t heard_ms, asked_ms, aborted_ms;
	int64_t ahead_ms;	/* its clock less t_ms */
	int64_t cuff_ms;	/* stamp of the last result */
	struct found pending;	/* came before the clock */
};
_Static_assert(sizeof(struct phd_state) <= DRIVER_STATE_MAX, "state");

/* The messages. */

#define AARE(result) { \
	0xE3, 0x00, 0x00, 0x2C, 0x00, (result), 0x50, 0x79, 0x00, 0x26, \
	0x80, 0x00, 0x00, 0x00, 0x80, 0x00, 0x80, 0x00, 0x00, 0x00, \
	0x00, 0x00, 0x00, 0x00, 0x80, 0x00, 0x00, 0x00, \
	0x00, 0x08, 0x02, 'v', 'i', 't', 'a', 'l', 's', 'd', \
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00 }

static const uint8_t accepted[] = AARE(0);
static const uint8_t unknown_config[] = AARE(3);
static const uint8_t config_taken[] = {
	0xE7, 0x00, 0x00, 0x16, 0x00, 0x14, 0x00, 0x00, 0x02, 0x01, 0x00, 0x0E,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0D, 0x1C, 0x00, 0x04,
	0x00, 0x00, 0x00, 0x00,
};
static const uint8_t report_taken[] = {
	0xE7, 0x00, 0x00, 0x12, 0x00, 0x10, 0x00, 0x00, 0x02, 0x01, 0x00, 0x0A,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0D, 0x00, 0x00, 0x00,
};
static const uint8_t released[] = { 0xE5, 0x00, 0x00, 0x02, 0x00, 0x00 };
static const uint8_t abort_it[] = { 0xE6, 0x00, 0x00, 0x02, 0x00, 0x00 };
static const uint8_t ask_clock[] = {
	0xE7, 0x00, 0x00, 0x0E, 0x00, 0x0C, 0x00, 0x00, 0x01, 0x03, 0x00, 0x06,
	0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
};
static const uint8_t release[] = { 0xE4, 0x00, 0x00, 0x02, 0x00, 0x00 };

#define AT_ID 6			/* invoke id, 2 bytes */
/* What bears a greater one is not confirmed: with the byte behind it, 84 03 would
 * be a setting for a CAPNOSTAT that is on the line by mistake. */
#define INVOKE_LAST 0x83FF
#define AT_HANDLE 13		/* low byte */
#define AT_EVENT 19		/* low byte */
#define AT_CONFIG 22		/* 2 bytes */
#define COUNTER_MAX 127

static const struct tx_template templates[SAYS + 1] = {
	[SAY_ACCEPTED] = { .name = "accept the association",
	  .bytes = accepted, .length = sizeof accepted },
	[SAY_UNKNOWN_CONFIG] = { .name = "accept it and want the configuration",
	  .bytes = unknown_config, .length = sizeof unknown_config },
	[SAY_CONFIG_TAKEN] = { .name = "accept the configuration",
	  .bytes = config_taken, .length = sizeof config_taken,
	  .field = {
		{ "invoke id", AT_ID, 2, TX_RANGE, 0, INVOKE_LAST },
		{ "configuration", AT_CONFIG, 2, TX_RANGE, 0, CONFIG_LAST },
	  } },
	[SAY_REPORT_TAKEN] = { .name = "confirm a report",
	  .bytes = report_taken, .length = sizeof report_taken,
	  .field = {
		{ "invoke id", AT_ID, 2, TX_RANGE, 0, INVOKE_LAST },
		{ "handle", AT_HANDLE, 1, TX_ANY, 0, 0 },
		{ "event", AT_EVENT, 1, TX_RANGE, PHD_FIXED & 0xFF,
		  PHD_SCAN_LAST & 0xFF },
	  } },
	[SAY_RELEASED] = { .name = "release the agent",
	  .bytes = released, .length = sizeof released },
	[SAY_ABORT] = { .name = "abort the association",
	  .bytes = abort_it, .length = sizeof abort_it },
	[SAY_CLOCK] = { .name = "ask for the agent's attributes",
	  .bytes = ask_clock, .length = sizeof ask_clock,
	  .field = {
		{ "invoke id", AT_ID + 1, 1, TX_RANGE, 1, COUNTER_MAX },
	  } },
	[SAY_RELEASE] = { .name = "end the association",
	  .bytes = release, .length = sizeof release },
};

/* A header that contradicts itself is a frame of its own, for decode() to
 * answer. */
static int
phd_frame(const struct window *w, int64_t gap_ms)
{
	static const uint8_t aarq[] = {
		0xE2, 0x00, 0x00, 0x32, 0x80, 0x00, 0x00, 0x00, 0x00, 0x01,
		0x00, 0x2A, 0x50, 0x79, 0x00, 0x26,
	};
	size_t n = window_length(w), length = phd_u16(w, 2);
	uint8_t first = window_at(w, 0);

	(void)gap_ms;
	if (first != 0xE2 && (first < 0xE4 || first > 0xE7))
		return FRAME_GARBAGE;
	if (n >= 2 && window_at(w, 1) != 0)
		return FRAME_GARBAGE;
	if (first == 0xE2) {
		for (size_t i = 2; i < sizeof aarq && i < n; i++) {
			if (window_at(w, i) != aarq[i])
				return FRAME_GARBAGE;
		}
		return n < sizeof aarq ? FRAME_MORE : AARQ_BYTES;
	}
	if (n < 4)
		return FRAME_MORE;
	if (first != 0xE7)
		return length == 2 ? 6 : FRAME_GARBAGE;
	if (length < 8 || length > PHD_LONGEST - 4)
		return FRAME_GARBAGE;
	if (n < 6)
		return FRAME_MORE;
	if (phd_u16(w, 4) != length - 2)
		return 6;
	if (n < 12)
		return FRAME_MORE;
	return phd_u16(w, 10) != length - 8 ? 12 : (int)length + 4;
}

static void
answer(struct phd_state *s, struct answer a)
{
	if (s->answers < ANSWERS && a.id <= INVOKE_LAST)
		s->answer[s->answers++] = a;
}

/* There is no association any more. */
static void
part(struct phd_state *s)
{
	s->step = STEP_APART;
	s->answers = 0;
	s->asked = false;
	s->has_clock = s->has_pending = false;
}

/* It must begin anew.  To an agent that goes on all the same this is said now
 * and then: it may not have heard. */
static void
abort_association(struct phd_state *s, int64_t t_ms)
{
	if (s->step == STEP_APART && s->aborted &&
	    t_ms - s->aborted_ms < ABORT_MS)
		return;
	part(s);
	s->aborted = true;
	s->aborted_ms = t_ms;
	answer(s, (struct answer){ .say = SAY_ABORT });
}

static struct layout
no_layout(void)
{
	return (struct layout){ 0, ABSENT, ABSENT, ABSENT };
}

/* What the standard configurations say. */
static void
know_standard(struct config *c, uint16_t id)
{
	const struct layout number = { 10, 0, 2, ABSENT };
	const struct layout compound = { 18, 0, 10, ABSENT };

	*c = (struct config){ .parts = 3, .sys = 0, .dia = 1, .mean = 2,
		.bare = true };
	if (id == CONFIG_CUFF) {
		c->object[KIND_CUFF] = (struct object){ true, false, 1,
			compound };
		c->object[KIND_CUFF_PR] = (struct object){ true, false, 2,
			number };
	} else {
		c->object[KIND_SPO2] = (struct object){ true, false, 1,
			number };
		c->object[KIND_PR] = (struct object){ true, false, 10,
			number };
	}
}

/* 4 u32 version  8 u16 1  10 u16 length  12 u16 5079  14 u16 length  16 u32
 * protocol version  20 u16 encoding  22 u32 nomenclature  26 u32 functional
 * units  30 u32 system type  34 u16 8  36 system id  44 u16 configuration
 * 46 request modes, 4 bytes  50 u32 options: none */
static enum decode
decode_association(struct phd_state *s, int64_t t_ms, const struct window *w,
    size_t n)
{
	uint32_t units = (uint32_t)phd_u16(w, 26) << 16 | phd_u16(w, 28);
	uint16_t config = phd_u16(w, 44);
	uint8_t agent = window_at(w, 43);

	if (n != AARQ_BYTES || (window_at(w, 16) & 0x80) == 0 ||
	    (window_at(w, 20) & 0x80) == 0 || (window_at(w, 22) & 0x80) == 0 ||
	    (units & ~(TEST_CAPABLE | TEST_ASSOCIATION)) != 0 ||
	    phd_u16(w, 30) != 0x0080 || phd_u16(w, 32) != 0 ||
	    phd_u16(w, 34) != 8 || config == 0 || config > CONFIG_LAST ||
	    phd_u16(w, 50) != 0 || phd_u16(w, 52) != 0)
		return DECODE_BAD_VALUE;
	part(s);
	if (agent != s->agent)
		s->has_cuff = false;
	s->agent = agent;
	s->test = (units & TEST_ASSOCIATION) != 0;
	s->answered = false;
	s->unanswered = 0;
	s->heard_ms = t_ms;
	if (config == CONFIG_OXIMETER || config == CONFIG_OXIMETER_2 ||
	    config == CONFIG_CUFF) {
		know_standard(&s->config, config);
		s->step = STEP_OPERATING;
		answer(s, (struct answer){ .say = SAY_ACCEPTED });
	} else {
		s->step = STEP_CONFIGURING;
		answer(s, (struct answer){ .say = SAY_UNKNOWN_CONFIG });
	}
	return DECODE_IGNORED;
}

/* The layout of an observation, by its list of attribute ids and lengths, which
 * stands at the list's next byte; 'length' is that of what stands before it in
 * the record, and becomes that with it. */
static struct layout
take_layout(const struct window *w, struct phd_list *l, size_t *length,
    uint16_t value_id)
{
	struct phd_list map = phd_inner(w, l);
	struct layout out = no_layout();

	while (phd_more(&map)) {
		size_t at = phd_take(&map, 4), bytes = phd_u16(w, at + 2);
		uint8_t place = *length < ABSENT ? (uint8_t)*length : ABSENT;

		if (map.bad)
			break;
		switch (phd_u16(w, at)) {
		case PHD_VALUE:
			if (value_id == PHD_VALUE && bytes == 2)
				out.value_at = place;
			break;
		case PHD_COMPOUND:
			if (value_id == PHD_COMPOUND && bytes > 4)
				out.value_at = place;
			break;
		/* The standard's example of 0191 has the clock's own id. */
		case PHD_STAMP: case PHD_CLOCK:
			if (bytes == 8)
				out.stamp_at = place;
			break;
		case PHD_STATUS:
			if (bytes == 2)
				out.status_at = place;
			break;
		default:
			break;
		}
		*length += bytes;
	}
	if (map.bad)
		l->bad = true;
	/* Longer records than this are not read. */
	if (*length >= ABSENT)
		out.value_at = ABSENT;
	out.length = *length < ABSENT ? (uint8_t)*length : 0;
	return out;
}

static uint16_t
value_id(enum kind k)
{
	return k == KIND_CUFF ? PHD_COMPOUND : PHD_VALUE;
}

/* The kind of that handle; KINDS: none. */
static unsigned
kind_of(const struct config *c, uint16_t handle)
{
	unsigned k = 0;

	while (k < KINDS && !(c->object[k].there &&
	    c->object[k].handle == handle))
		k++;
	return k;
}

/* Which of the compound's parts is which. */
static void
know_parts(struct config *c, const struct window *w, struct phd_item a,
    bool *bad)
{
	struct phd_list l = phd_whole_list(w, a.at, a.at + a.length);

	c->parts = 0;
	c->sys = c->dia = c->mean = ABSENT;
	while (phd_more(&l)) {
		size_t at = phd_take(&l, 2);

		if (l.bad || c->parts >= 8)
			break;
		switch (phd_u16(w, at)) {
		case TYPE_CUFF_SYS:
			c->sys = c->parts;
			break;
		case TYPE_CUFF_DIA:
			c->dia = c->parts;
			break;
		case TYPE_CUFF_MEAN:
			c->mean = c->parts;
			break;
		default:
			break;
		}
		c->parts++;
	}
	*bad = *bad || l.bad;
}

/* What a numeric object is, by its type and unit; KINDS: nothing that is
 * read. */
static unsigned
kind_by_type(uint16_t type, uint16_t unit)
{
	switch (type) {
	case TYPE_SPO2:
		return unit == UNIT_PERCENT ? KIND_SPO2 : KINDS;
	case TYPE_PR:
		return unit == UNIT_BPM ? KIND_PR : KINDS;
	case TYPE_CUFF:
		return unit == UNIT_MMHG || unit == UNIT_KPA ?
		    KIND_CUFF : KINDS;
	case TYPE_CUFF_PR:
		return unit == UNIT_BPM ? KIND_CUFF_PR : KINDS;
	default:
		return KINDS;
	}
}

static void
know_numeric(struct config *c, const struct window *w, uint16_t handle,
    struct phd_list attributes, bool *bad)
{
	struct phd_item a = { 0, 0, 0 }, map = a, parts = a;
	uint16_t type = 0, unit = 0;
	unsigned k;

	while (phd_next(w, &attributes, &a)) {
		if (a.id == PHD_TYPE && a.length == 4 && phd_u16(w, a.at) == 2)
			type = phd_u16(w, a.at + 2);
		else if (a.id == PHD_UNIT && a.length == 2)
			unit = phd_u16(w, a.at);
		else if (a.id == PHD_VALUE_MAP)
			map = a;
		else if (a.id == PHD_PARTS)
			parts = a;
	}
	*bad = *bad || attributes.bad;
	k = kind_by_type(type, unit);
	if (k >= KINDS || c->object[k].there || *bad)
		return;
	c->object[k] = (struct object){ true, unit == UNIT_KPA, handle,
		no_layout() };
	if (map.length > 0) {
		struct phd_list l = { .at = map.at,
			.end = map.at + map.length };
		size_t length = 0;

		c->object[k].layout = take_layout(w, &l, &length,
		    value_id((enum kind)k));
		*bad = *bad || l.bad || l.at != l.end;
	}
	if (k == KIND_CUFF && parts.length > 0)
		know_parts(c, w, parts, bad);
}

/* The record of a scanner.  The objects that it names stand before it. */
static void
know_scanner(struct config *c, const struct window *w, uint16_t handle,
    struct phd_list attributes, bool *bad)
{
	struct scanner new = { .there = true, .handle = (uint8_t)handle };
	struct phd_item a = { 0, 0, 0 };
	size_t length = 0;
	bool mapped = false;

	for (unsigned k = 0; k < KINDS; k++)
		new.layout[k] = no_layout();
	while (phd_next(w, &attributes, &a)) {
		struct phd_list l;

		if (a.id != PHD_SCAN_MAP || mapped)
			continue;
		mapped = true;
		l = phd_whole_list(w, a.at, a.at + a.length);
		while (phd_more(&l)) {
			uint16_t h = phd_u16(w, phd_take(&l, 2));
			unsigned k = kind_of(c, h);
			struct layout layout = take_layout(w, &l, &length,
			    k < KINDS ? value_id((enum kind)k) : 0);

			if (k < KINDS)
				new.layout[k] = layout;
		}
		*bad = *bad || l.bad;
	}
	*bad = *bad || attributes.bad;
	if (!mapped || length == 0 || length >= ABSENT || handle > 0xFF ||
	    *bad)
		return;
	new.length = (uint8_t)length;
	for (unsigned i = 0; i < SCANNERS; i++) {
		if (!c->scanner[i].there) {
			c->scanner[i] = new;
			return;
		}
	}
}

/* u16 id, list of objects: u16 class, u16 handle, list of attributes */
static bool
read_config(struct config *c, const struct window *w, size_t at, size_t end)
{
	struct phd_list objects = phd_whole_list(w, at + 2, end);
	struct phd_item a = { 0, 0, 0 };
	bool bad = false;

	*c = (struct config){ .mean = ABSENT };
	while (phd_more(&objects)) {
		size_t head = phd_take(&objects, 4);
		uint16_t class = phd_u16(w, head);
		uint16_t handle = phd_u16(w, head + 2);
		struct phd_list attributes = phd_inner(w, &objects);

		if (objects.bad)
			break;
		if (class == CLASS_NUMERIC)
			know_numeric(c, w, handle, attributes, &bad);
		else if (class >= CLASS_SCANNER_FIRST &&
		    class <= CLASS_SCANNER_LAST)
			know_scanner(c, w, handle, attributes, &bad);
		while (phd_next(w, &attributes, &a))
			continue;
		bad = bad || attributes.bad;
	}
	return !bad && !objects.bad;
}

static enum decode
decode_config(struct phd_state *s, const struct window *w, size_t n)
{
	uint16_t id = phd_u16(w, 22);

	if (s->step != STEP_CONFIGURING ||
	    phd_u16(w, 8) != PHD_CONFIRMED_EVENT)
		return DECODE_BAD_SEQUENCE;
	if (n < 28 || phd_u16(w, 12) != 0 || id == 0 || id > CONFIG_LAST ||
	    !read_config(&s->config, w, 22, n))
		return DECODE_BAD_VALUE;
	s->step = STEP_OPERATING;
	answer(s, (struct answer){ .say = SAY_CONFIG_TAKEN,
		.id = phd_u16(w, 6), .what = id });
	return DECODE_IGNORED;
}

/* So many bytes of two digits each; two bytes at the most. */
static bool
take_digits(const struct window *w, size_t at, size_t n, int32_t *value)
{
	int32_t sum = 0;

	for (size_t i = at; i < at + n; i++) {
		uint8_t b = window_at(w, i);

		if (b >> 4 > 9 || (b & 15) > 9 || sum > 99)
			return false;
		sum = sum * 100 + (b >> 4) * 10 + (b & 15);
	}
	*value = sum;
	return true;
}

/* Eight BCD bytes, century to 1/100 s, as ms since 1970. */
static bool
take_time(const struct window *w, size_t at, int64_t *ms)
{
	int32_t part_of[7] = { 0 };
	int64_t second_ms = 0;

	if (!take_digits(w, at, 2, &part_of[0]))
		return false;
	for (size_t i = 1; i < 7; i++) {
		if (!take_digits(w, at + 1 + i, 1, &part_of[i]))
			return false;
	}
	if (!text_clock(part_of[0], part_of[1], part_of[2], part_of[3],
	    part_of[4], part_of[5], &second_ms))
		return false;
	*ms = second_ms + part_of[6] * 10;
	return true;
}

/* One observation, its parts where they were found; ABSENT or beyond: none. */
struct observation {
	size_t value, stamp, status;
	size_t value_length;
};
#define NOWHERE SIZE_MAX

static void
note(const struct config *c, const struct window *w, enum kind k,
    const struct observation *o, struct found *f)
{
	unsigned bit = 1u << k;
	int64_t stamp_ms = 0;
	bool stamped = o->stamp != NOWHERE;

	if (o->value == NOWHERE)
		return;
	if (stamped && !take_time(w, o->stamp, &stamp_ms))
		return;
	if ((f->has & bit) != 0 && (f->stamped & bit) != 0 &&
	    (!stamped || stamp_ms < f->stamp_ms[k]))
		return;
	if (k == KIND_CUFF) {
		size_t at = o->value + 4;

		if (c->parts == 0 || c->sys == ABSENT || c->dia == ABSENT ||
		    phd_u16(w, o->value) != c->parts ||
		    phd_u16(w, o->value + 2) != 2 * c->parts ||
		    o->value_length < 4 + 2 * (size_t)c->parts)
			return;
		f->value[k] = phd_u16(w, at + 2 * (size_t)c->sys);
		f->dia = phd_u16(w, at + 2 * (size_t)c->dia);
		f->mean = c->mean == ABSENT ? 0x07FF :
		    phd_u16(w, at + 2 * (size_t)c->mean);
	} else {
		f->value[k] = phd_u16(w, o->value);
	}
	f->has = (uint8_t)(f->has | bit);
	f->stamped = (uint8_t)(stamped ? f->stamped | bit :
	    f->stamped & ~bit);
	f->stamp_ms[k] = stamp_ms;
	f->status[k] = o->status == NOWHERE ? 0 : phd_u16(w, o->status);
}

/* By the layout, in the bytes at..at+length-1. */
static void
note_laid_out(const struct config *c, const struct window *w, enum kind k,
    const struct layout *l, size_t at, size_t length, struct found *f)
{
	struct observation o = { NOWHERE, NOWHERE, NOWHERE, 0 };
	bool bare = c->bare && length == l->stamp_at;

	if (l->value_at == ABSENT || (length != l->length && !bare))
		return;
	o.value = at + l->value_at;
	o.value_length = length - l->value_at;
	if (l->stamp_at != ABSENT && !bare)
		o.stamp = at + l->stamp_at;
	if (l->status_at != ABSENT)
		o.status = at + l->status_at;
	note(c, w, k, &o, f);
}

/* By attributes; a unit other than the configured one is not read. */
static void
note_attributes(const struct config *c, const struct window *w, unsigned k,
    struct phd_list *l, struct found *f)
{
	struct observation o = { NOWHERE, NOWHERE, NOWHERE, 0 };
	struct phd_item a = { 0, 0, 0 };
	bool other_unit = false;

	while (phd_next(w, l, &a)) {
		if (k >= KINDS)
			continue;
		if (a.id == value_id((enum kind)k) && a.length >= 2) {
			o.value = a.at;
			o.value_length = a.length;
		} else if ((a.id == PHD_STAMP || a.id == PHD_CLOCK) &&
		    a.length == 8) {
			o.stamp = a.at;
		} else if (a.id == PHD_STATUS && a.length == 2) {
			o.status = a.at;
		} else if (a.id == PHD_UNIT) {
			other_unit = k == KIND_CUFF && a.length == 2 ?
			    phd_u16(w, a.at) != (c->object[k].kpa ?
			    UNIT_KPA : UNIT_MMHG) :
			    phd_u16(w, a.at) != (k == KIND_SPO2 ?
			    UNIT_PERCENT : UNIT_BPM);
		}
	}
	if (k < KINDS && !l->bad && !other_unit)
		note(c, w, (enum kind)k, &o, f);
}

static void
note_observations(const struct config *c, const struct window *w,
    enum phd_form form, struct phd_list *l, struct found *f)
{
	struct phd_item o = { 0, 0, 0 };

	if (form == PHD_FORM_FIXED) {
		while (phd_next(w, l, &o)) {
			unsigned k = kind_of(c, o.id);

			if (k < KINDS)
				note_laid_out(c, w, (enum kind)k,
				    &c->object[k].layout, o.at, o.length, f);
		}
		return;
	}
	while (phd_more(l)) {
		uint16_t handle = phd_u16(w, phd_take(l, 2));
		struct phd_list attributes = phd_inner(w, l);

		note_attributes(c, w, kind_of(c, handle), &attributes, f);
		if (attributes.bad)
			l->bad = true;
	}
}

/* One record of a scanner.  What has no stamp of its own is as old as the rest
 * of it. */
static void
note_record(const struct config *c, const struct window *w,
    const struct scanner *n, struct phd_item r, struct found *f)
{
	size_t stamp = NOWHERE;

	for (unsigned k = 0; k < KINDS && stamp == NOWHERE; k++) {
		if (n->layout[k].stamp_at != ABSENT)
			stamp = r.at + n->layout[k].stamp_at;
	}
	for (unsigned k = 0; k < KINDS; k++) {
		const struct layout *l = &n->layout[k];
		struct observation o = { NOWHERE, stamp, NOWHERE, 0 };

		if (l->value_at == ABSENT)
			continue;
		o.value = r.at + l->value_at;
		o.value_length = l->length - l->value_at;
		if (l->stamp_at != ABSENT)
			o.stamp = r.at + l->stamp_at;
		if (l->status_at != ABSENT)
			o.status = r.at + l->status_at;
		note(c, w, (enum kind)k, &o, f);
	}
}

/* A scanner's records, each with its length and maybe a person before it; false
 * where one is not as the scanner's are. */
static bool
note_records(const struct config *c, const struct window *w,
    const struct scanner *by, bool persons, struct phd_list *l,
    struct found *f)
{
	struct phd_item r = { 0, 0, 0 };

	while (persons ? phd_next(w, l, &r) : phd_next_string(w, l, &r)) {
		if (r.length != by->length)
			return false;
		note_record(c, w, by, r, f);
	}
	return true;
}

/* u16 request, u16 number, then a list: of observations; of persons, each
 * u16 id and such a list; of a scanner's records.  False where it cannot be
 * read. */
static bool
read_report(const struct config *c, const struct window *w, size_t n,
    struct found *f)
{
	enum phd_form form = PHD_FORM_FIXED;
	struct phd_list l = phd_whole_list(w, 26, n);
	const struct scanner *by = NULL;
	uint16_t handle = phd_u16(w, 12);
	bool persons = false, several;

	*f = (struct found){ 0 };
	if (!phd_report_form(phd_u16(w, 18), &form, &persons))
		return false;
	several = persons && l.left > 1;
	for (unsigned i = 0; i < SCANNERS; i++) {
		if (c->scanner[i].there && c->scanner[i].handle == handle)
			by = &c->scanner[i];
	}
	if (form == PHD_FORM_GROUPED &&
	    (by == NULL || !note_records(c, w, by, persons, &l, f)))
		return false;
	if (form != PHD_FORM_GROUPED && !persons) {
		note_observations(c, w, form, &l, f);
		return !l.bad;
	}
	while (form != PHD_FORM_GROUPED && phd_more(&l)) {
		struct phd_list inner;

		(void)phd_take(&l, 2);
		inner = phd_inner(w, &l);
		note_observations(c, w, form, &inner, f);
		l.bad = l.bad || inner.bad;
	}
	/* Whose of them lies here is not known. */
	if (several)
		*f = (struct found){ 0 };
	return !l.bad;
}

/* 10^e; 1 where e is less than 0.  No exponent here is greater than 9. */
static int64_t
ten_to(int32_t e)
{
	static const int64_t power[] = {
		1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000,
		1000000000,
	};
	const int32_t last = sizeof power / sizeof power[0] - 1;

	return e < 0 ? 1 : power[e < last ? e : last];
}

/* An SFLOAT (signed exponent, 4 bits; signed mantissa, 12) times num / den, in
 * 10^-decimals, rounded half away from zero.  False where it is no number. */
static bool
take_number(uint16_t raw, unsigned decimals, int32_t num, int32_t den,
    int32_t *value)
{
	int32_t m = raw & 0x0FFF, e = raw >> 12;
	int64_t v, d;

	*value = 0;
	if (raw >= 0x07FE && raw <= 0x0802)
		return false;
	m = m < 0x0800 ? m : m - 0x1000;
	e = (e < 8 ? e : e - 16) + (int32_t)decimals;
	v = (int64_t)m * num * ten_to(e);
	d = den * ten_to(-e);
	v = v < 0 ? -((-v + d / 2) / d) : (v + d / 2) / d;
	*value = v > INT32_MAX ? INT32_MAX : v < INT32_MIN ? INT32_MIN :
	    (int32_t)v;
	return true;
}

static enum quality
status_quality(uint16_t status)
{
	if ((status & (STATUS_INVALID | STATUS_NOT_AVAILABLE |
	    STATUS_CALIBRATION)) != 0)
		return QUALITY_NO_VALUE;
	return (status & STATUS_QUESTIONABLE) != 0 ?
	    QUALITY_QUESTIONABLE : QUALITY_GOOD;
}

/* How old it is; false where that is not known, or too old or too new. */
static bool
age_of(const struct phd_state *s, int64_t t_ms, const struct found *f,
    enum kind k, int64_t *age_ms)
{
	*age_ms = 0;
	if ((f->has >> k & 1) == 0)
		return false;
	/* A level without a stamp is of now; a cuff's result may not be. */
	if ((f->stamped >> k & 1) == 0)
		return k == KIND_SPO2 || k == KIND_PR;
	if (!s->has_clock)
		return false;
	*age_ms = t_ms + s->ahead_ms - f->stamp_ms[k];
	if (*age_ms < -AHEAD_MS || *age_ms > OLDEST_MS)
		return false;
	if (*age_ms < NOW_MS)
		*age_ms = 0;
	return true;
}

static void
mark_demo(const struct phd_state *s, uint16_t status, struct readings *out)
{
	out->flags = s->test || (status & (STATUS_TEST | STATUS_DEMO)) != 0 ?
	    READING_DEMO : 0;
}

static void
tell_level(const struct phd_state *s, int64_t t_ms, const struct found *f,
    enum kind k, struct readings *out)
{
	enum vital v = k == KIND_SPO2 ? VITAL_SPO2 : VITAL_PR;
	enum quality q = status_quality(f->status[k]);
	int64_t age_ms = 0;
	int32_t value = 0;

	if (!age_of(s, t_ms, f, k, &age_ms))
		return;
	if (!take_number(f->value[k], vital_info[v].decimals, 1, 1, &value) ||
	    value == 0)
		q = QUALITY_NO_VALUE;
	mark_demo(s, f->status[k], out);
	readings_add_aged(out, v, q, value, age_ms);
}

/* Whether a result with that stamp was not told yet: none is told that is
 * older than one that was.  A last stamp that lies ahead of the agent's clock
 * tells that the clock was put back. */
static bool
is_news(struct phd_state *s, int64_t t_ms, int64_t stamp_ms)
{
	if (s->has_cuff && stamp_ms <= s->cuff_ms &&
	    s->cuff_ms <= t_ms + s->ahead_ms + AHEAD_MS)
		return false;
	s->has_cuff = true;
	s->cuff_ms = stamp_ms;
	return true;
}

static int32_t
cuff_number(uint16_t raw, bool kpa)
{
	int32_t value = 0;

	return take_number(raw, 0, kpa ? 750062 : 1, kpa ? 100000 : 1,
	    &value) && value > 0 ? value : CUFF_NONE;
}

static void
tell_cuff(struct phd_state *s, int64_t t_ms, const struct found *f,
    struct readings *out)
{
	bool kpa = s->config.object[KIND_CUFF].kpa;
	enum quality q = status_quality(f->status[KIND_CUFF]);
	struct cuff c = {
		.sys = cuff_number(f->value[KIND_CUFF], kpa),
		.dia = cuff_number(f->dia, kpa),
		.map = cuff_number(f->mean, kpa),
		.pr = CUFF_NONE,
	};

	if (!age_of(s, t_ms, f, KIND_CUFF, &c.old_ms) ||
	    (f->status[KIND_CUFF] & STATUS_ONGOING) != 0 ||
	    !is_news(s, t_ms, f->stamp_ms[KIND_CUFF]))
		return;
	c.old = c.old_ms > 0;
	if (c.sys == CUFF_NONE || c.dia == CUFF_NONE)
		q = QUALITY_NO_VALUE;
	/* That one failed once is no news. */
	if (!quality_has_value(q) && c.old)
		return;
	if ((f->has >> KIND_CUFF_PR & 1) != 0 &&
	    f->stamp_ms[KIND_CUFF_PR] == f->stamp_ms[KIND_CUFF] &&
	    status_quality(f->status[KIND_CUFF_PR]) == QUALITY_GOOD)
		c.pr = cuff_number(f->value[KIND_CUFF_PR], false);
	mark_demo(s, f->status[KIND_CUFF], out);
	readings_add_cuff(out, q, &c);
}

static enum decode
tell(struct phd_state *s, int64_t t_ms, const struct found *f,
    struct readings *out)
{
	tell_level(s, t_ms, f, KIND_SPO2, out);
	tell_level(s, t_ms, f, KIND_PR, out);
	tell_cuff(s, t_ms, f, out);
	out->flags = 0;
	return out->n > 0 ? DECODE_OK : DECODE_IGNORED;
}

/* What is later replaces what was found before. */
static void
add_found(struct found *to, const struct found *f)
{
	for (unsigned k = 0; k < KINDS; k++) {
		unsigned bit = 1u << k;

		if ((f->stamped & bit) == 0 || ((to->has & bit) != 0 &&
		    f->stamp_ms[k] < to->stamp_ms[k]))
			continue;
		to->has = (uint8_t)(to->has | bit);
		to->stamped = (uint8_t)(to->stamped | bit);
		to->value[k] = f->value[k];
		to->status[k] = f->status[k];
		to->stamp_ms[k] = f->stamp_ms[k];
		if (k == KIND_CUFF) {
			to->dia = f->dia;
			to->mean = f->mean;
		}
	}
}

static enum decode
decode_report(struct phd_state *s, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	uint16_t handle = phd_u16(w, 12), event = phd_u16(w, 18);
	struct found f;

	if (s->step != STEP_OPERATING)
		return DECODE_BAD_SEQUENCE;
	if (handle > 0xFF || (handle != 0) != (event >= PHD_SCAN_FIRST) ||
	    !read_report(&s->config, w, n, &f))
		return DECODE_BAD_VALUE;
	if (phd_u16(w, 8) == PHD_CONFIRMED_EVENT)
		answer(s, (struct answer){ .say = SAY_REPORT_TAKEN,
			.handle = (uint8_t)handle, .id = phd_u16(w, 6),
			.what = event });
	if (f.stamped != 0 && !s->has_clock) {
		if (!s->has_pending)
			s->pending = (struct found){ 0 };
		s->has_pending = true;
		add_found(&s->pending, &f);
	}
	return tell(s, t_ms, &f, out);
}

static enum decode
decode_event(struct phd_state *s, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	enum phd_form form = PHD_FORM_FIXED;
	bool persons = false;

	if (n < 22 || phd_u16(w, 20) != n - 22)
		return DECODE_BAD_LENGTH;
	if (phd_u16(w, 18) == PHD_CONFIG)
		return decode_config(s, w, n);
	/* What else there is of events was not asked for. */
	if (!phd_report_form(phd_u16(w, 18), &form, &persons))
		return DECODE_IGNORED;
	return decode_report(s, t_ms, w, n, out);
}

/* 12 u16 handle  14 list of attributes */
static enum decode
decode_attributes(struct phd_state *s, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct phd_list l = phd_whole_list(w, 14, n);
	struct phd_item a = { 0, 0, 0 };
	int64_t clock_ms = 0;
	bool told = false;
	enum decode d = DECODE_IGNORED;

	while (phd_next(w, &l, &a)) {
		if (a.id == PHD_CLOCK && a.length == 8)
			told = take_time(w, a.at, &clock_ms);
	}
	if (n < 18 || phd_u16(w, 12) != 0 || l.bad)
		return DECODE_BAD_VALUE;
	s->has_clock = told;
	if (told) {
		s->ahead_ms = clock_ms - t_ms;
		out->device_clock_ms = clock_ms;
		d = DECODE_OK;
	}
	if (told && s->has_pending)
		(void)tell(s, t_ms, &s->pending, out);
	s->has_pending = false;
	return d;
}

static enum decode
decode_data(struct phd_state *s, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	uint16_t choice;

	/* Its end may be the beginning of the next, where bytes were lost. */
	if (n < 12 || window_longest_gap(w, 1, n) > PAUSE_MS || phd_u16(w, 2) != n - 4 || phd_u16(w, 4) != n - 6 ||
	    phd_u16(w, 10) != n - 12)
		return DECODE_BAD_LENGTH;
	if (s->step == STEP_APART)
		return DECODE_BAD_SEQUENCE;
	choice = phd_u16(w, 8);
	switch (choice) {
	case PHD_EVENT: case PHD_CONFIRMED_EVENT:
		return decode_event(s, t_ms, w, n, out);
	case PHD_GET_RESULT: case PHD_ERROR: case PHD_REJECT:
		s->asked = false;
		s->answered = true;
		s->unanswered = 0;
		if (choice == PHD_GET_RESULT)
			return decode_attributes(s, t_ms, w, n, out);
		s->has_pending = false;
		return DECODE_IGNORED;
	case PHD_SET_RESULT: case PHD_ACTION_RESULT:
		return DECODE_IGNORED;
	default:
		/* What asks for something is no agent. */
		return DECODE_BAD_VALUE;
	}
}

static enum decode
phd_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct phd_state *s = (struct phd_state *)u;
	enum decode d = DECODE_BAD_VALUE;

	/* Bytes were lost or added on a line that does neither. */
	if (w->torn && s->step != STEP_APART)
		abort_association(s, t_ms);
	switch (phd_u16(w, 0)) {
	case PHD_AARQ:
		return decode_association(s, t_ms, w, n);
	case PHD_RLRQ:
		part(s);
		answer(s, (struct answer){ .say = SAY_RELEASED });
		return DECODE_IGNORED;
	case PHD_RLRE:
		part(s);
		return DECODE_IGNORED;
	case PHD_ABRT:
		/* An agent that only turns us away is none that is heard. */
		part(s);
		return DECODE_BAD_SEQUENCE;
	case PHD_PRST:
		d = decode_data(s, t_ms, w, n, out);
		break;
	default:
		break;
	}
	if (d != DECODE_OK && d != DECODE_IGNORED)
		abort_association(s, t_ms);
	else
		s->heard_ms = t_ms;
	return d;
}

static void
put_u16(uint8_t buf[TX_MAX], size_t at, uint16_t value)
{
	buf[at] = (uint8_t)(value >> 8);
	buf[at + 1] = (uint8_t)(value & 0xFF);
}

static size_t
put(const struct answer *a, uint8_t buf[TX_MAX])
{
	size_t n;

	switch (a->say) {
	case SAY_ACCEPTED:
		return tx_put(&templates[SAY_ACCEPTED], buf);
	case SAY_UNKNOWN_CONFIG:
		return tx_put(&templates[SAY_UNKNOWN_CONFIG], buf);
	case SAY_CONFIG_TAKEN:
		n = tx_put(&templates[SAY_CONFIG_TAKEN], buf);
		put_u16(buf, AT_ID, a->id);
		put_u16(buf, AT_CONFIG, a->what);
		return n;
	case SAY_REPORT_TAKEN:
		n = tx_put(&templates[SAY_REPORT_TAKEN], buf);
		put_u16(buf, AT_ID, a->id);
		buf[AT_HANDLE] = a->handle;
		buf[AT_EVENT] = (uint8_t)(a->what & 0xFF);
		return n;
	case SAY_RELEASED:
		return tx_put(&templates[SAY_RELEASED], buf);
	case SAY_ABORT:
		return tx_put(&templates[SAY_ABORT], buf);
	case SAY_CLOCK:
		n = tx_put(&templates[SAY_CLOCK], buf);
		buf[AT_ID + 1] = (uint8_t)a->id;
		return n;
	case SAY_RELEASE:
		return tx_put(&templates[SAY_RELEASE], buf);
	case SAYS:
	default:
		return 0;
	}
}

/* Answers come first.  The clock is asked for at once and, as a sign of life,
 * when nothing is heard. */
static size_t
phd_request(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct phd_state *s = (struct phd_state *)u;
	struct answer next = { .say = SAY_CLOCK };

	if (s->asked && t_ms - s->asked_ms >= ANSWER_MS) {
		s->asked = false;
		if (++s->unanswered >= UNANSWERED_MAX)
			abort_association(s, t_ms);
	}
	if (s->answers > 0 && s->answers <= ANSWERS) {
		next = s->answer[0];
		s->answers--;
		for (unsigned i = 0; i < s->answers && i + 1 < ANSWERS; i++)
			s->answer[i] = s->answer[i + 1];
		return put(&next, buf);
	}
	if (s->step != STEP_OPERATING || s->asked ||
	    (s->answered && t_ms - s->heard_ms < QUIET_MS))
		return 0;
	s->asked = true;
	s->asked_ms = t_ms;
	s->counter = s->counter < COUNTER_MAX ? s->counter + 1 : 1;
	next.id = s->counter;
	return put(&next, buf);
}

static size_t
phd_release(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct phd_state *s = (struct phd_state *)u;

	(void)t_ms;
	if (s->step == STEP_APART)
		return 0;
	part(s);
	return tx_put(&templates[SAY_RELEASE], buf);
}

extern const struct driver driver_ieee11073;
const struct driver driver_ieee11073 = {
	.name = "ieee11073",
	.title = "Personal health devices, IEEE 11073 (oximeter, cuff)",
	.line = { 115200, 8, 'N', 1, FLOW_NONE },
	.longest = PHD_LONGEST,
	.silent_after_ms = 10000,
	.state_size = sizeof(struct phd_state),
	.evidence = EVIDENCE_WORDS,
	.knocks = true,
	.tx = templates,
	.frame = phd_frame,
	.decode = phd_decode,
	.request = phd_request,
	.release = phd_release,
	.scrub = phd_scrub,
};
