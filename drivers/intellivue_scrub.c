/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Patient, bed and serial numbers in messages of Philips IntelliVue monitors, by
 * multiparameter.md A2, A5, A6 and a recorded session: all attributes of a
 * patient object; of others the few that name a person, a bed or the device.
 *
 *	C0 | 11 01 | u16 length | message | CRC-16/X-25, low byte first | C1
 *	C0, C1 and 7D between the ends are sent as 7D and the byte XOR 20
 *
 * Easy to get wrong: an escaped byte is two on the line, and stays two.
 */
#include "drivers/intellivue_scrub.h"

#include "drivers/philips_apdu.h"

#include "drivers/wire.h"

#define BEGIN 0xC0
#define END 0xC1
#define ESCAPE 0x7D
#define HEADER 4
#define CHECK 2

enum command { COMMAND_GET = 3, COMMAND_SET = 5, COMMAND_ACTION = 7 };
#define CLASS_PATIENT 0x002A
#define GROUP_PATIENT 0x0807
#define EVENT_MDS_CREATED 0x0D06
#define ACTION_POLL 0x0C16
#define ACTION_POLL_EXTENDED 0xF13B

/* A message without escapes, and where on the line each byte of it is. */
struct message {
	struct wire r;
	uint16_t place[WIRE_CAPACITY];
	bool escaped[WIRE_CAPACITY];
};

static uint16_t
u16(const struct message *m, size_t i)
{
	return (uint16_t)((unsigned)wire_at(&m->r, i) << 8 |
	    wire_at(&m->r, i + 1));
}

static bool
take_message(const struct window *w, size_t n, struct message *m)
{
	size_t count = 0;

	wire_clear(&m->r);
	memset(m->place, 0, sizeof m->place);
	memset(m->escaped, 0, sizeof m->escaped);
	if (n < 2 || n > WINDOW_CAPACITY || window_at(w, 0) != BEGIN ||
	    window_at(w, n - 1) != END)
		return false;
	for (size_t i = 1; i + 1 < n && i < WINDOW_CAPACITY; i++) {
		uint8_t b = window_at(w, i);
		bool escaped = b == ESCAPE;

		if (escaped) {
			i++;
			b = window_at(w, i) ^ 0x20;
		}
		if (count >= HEADER && m->r.n < WIRE_CAPACITY) {
			m->place[m->r.n] = (uint16_t)i;
			m->escaped[m->r.n] = escaped;
			wire_put(&m->r, b);
		}
		count++;
	}
	if (m->r.n < CHECK || count != HEADER + m->r.n)
		return false;
	m->r.n -= CHECK;
	return true;
}

/* The message's bytes from..to-1, as runs on the line. */
static void
hide(const struct message *m, size_t from, size_t to, const char *what,
    struct scrub *out)
{
	size_t begin = from;

	for (size_t i = from; i < to && i < WIRE_CAPACITY; i++) {
		if (m->escaped[i]) {
			scrub_add(out, m->place[i], m->place[i] + 1u,
			    SCRUB_ESCAPED, what);
			begin = i + 1;
		} else if (i + 1 >= to || i + 1 >= WIRE_CAPACITY ||
		    m->escaped[i + 1]) {
			if (begin < WIRE_CAPACITY)
				scrub_add(out, m->place[begin],
				    m->place[i] + 1u, SCRUB_ZERO, what);
			begin = i + 1;
		}
	}
}

/* What an attribute tells of somebody; NULL: nothing. */
static const char *
identity(uint16_t id)
{
	switch (id) {
	case 0x095C: case 0x095D: case 0x095E: case 0x095F:
		return "patient name";
	case 0x095A: case 0xF001: case 0xF2E1:
		return "patient id";
	case 0x0958:
		return "birth date";
	case 0xF129: case 0xF12A:
		return "notes";
	case 0x0956: case 0x0957: case 0x0961: case 0x0962: case 0x0A1A:
	case 0x0A1E: case 0x09D8: case 0x09DC: case 0x09DF: case 0xF1EC:
	case 0xF2E2: case 0xF2E3:
		return "patient data";
	case 0x091E:
		return "bed label";
	case 0x0984: case 0x092D:
		return "device serial number";
	default:
		return NULL;
	}
}

/* AttributeList: u16 count, u16 length, { u16 id, u16 length, value }.  Returns
 * where it ends; 0 where it leads beyond 'end'. */
static size_t
hide_attributes(const struct message *m, size_t at, size_t end, bool patient,
    struct scrub *out)
{
	unsigned count = u16(m, at);
	size_t to = at + 4 + u16(m, at + 2);

	if (at + 4 > end || to > end)
		return 0;
	at += 4;
	for (; count > 0; count--) {
		uint16_t id = u16(m, at), length = u16(m, at + 2);
		const char *what = identity(id);
		size_t value = at + 4;

		if (value > to || length > to - value)
			return 0;
		at = value + length;
		if (what == NULL && patient)
			what = "patient data";
		/* A string's own length stays. */
		if (length >= 2 && u16(m, value) == length - 2)
			value += 2;
		if (what != NULL)
			hide(m, value, at, what, out);
	}
	return at == to ? to : 0;
}

/* PollInfoList: u16 count, u16 length, contexts of u16 id, u16 count, u16
 * length, objects of u16 handle, AttributeList. */
static bool
hide_polls(const struct message *m, size_t at, bool patient,
    struct scrub *out)
{
	size_t end = m->r.n;
	unsigned contexts = u16(m, at);

	if (at + 4 > end || u16(m, at + 2) != end - at - 4)
		return false;
	at += 4;
	for (; contexts > 0; contexts--) {
		unsigned objects = u16(m, at + 2);
		size_t to = at + 6 + u16(m, at + 4);

		if (at + 6 > end || to > end)
			return false;
		at += 6;
		for (; objects > 0; objects--) {
			if (at + 2 > to)
				return false;
			at = hide_attributes(m, at + 2, to, patient, out);
			if (at == 0)
				return false;
		}
		if (at != to)
			return false;
	}
	return at == end;
}

/* See multiparameter.md A6; a linked reply has two bytes more before its id,
 * an extended one two more behind the poll's number.  What was got or set (in
 * the recorded session) is one AttributeList behind the object. */
static bool
hide_reply(const struct message *m, bool linked, struct scrub *out)
{
	size_t at = linked ? 10 : 8;
	uint16_t action = u16(m, at + 12);
	size_t more = action == ACTION_POLL_EXTENDED ? 2 : 0;

	if (u16(m, at + 2) == COMMAND_GET || u16(m, at + 2) == COMMAND_SET)
		return hide_attributes(m, at + 12, m->r.n,
		    u16(m, at + 6) == CLASS_PATIENT, out) == m->r.n;
	if (u16(m, at + 2) != COMMAND_ACTION ||
	    (action != ACTION_POLL && action != ACTION_POLL_EXTENDED))
		return false;
	return hide_polls(m, at + 36 + more,
	    u16(m, at + 32 + more) == CLASS_PATIENT ||
	    u16(m, at + 34 + more) == GROUP_PATIENT, out);
}

bool
intellivue_scrub(const struct window *w, size_t n, struct scrub *out)
{
	struct message m;

	if (!take_message(w, n, &m))
		return false;
	/* Associations and their ends name nobody. */
	if (wire_at(&m.r, 0) != 0xE1)
		return true;
	switch (u16(&m, 4)) {
	case 1:
		return u16(&m, 24) == EVENT_MDS_CREATED &&
		    hide_attributes(&m, 34, m.r.n, false, out) == m.r.n;
	case 2:
		return hide_reply(&m, false, out);
	case 5:
		return hide_reply(&m, true, out);
	case 3:
		return true;
	default:
		return false;
	}
}

static bool
is_escaped(uint8_t b)
{
	return b == BEGIN || b == END || b == ESCAPE;
}

/* The check is in two bytes of the frame, escaped or not: so it must stay. */
bool
intellivue_reseal(uint8_t *p, size_t n)
{
	size_t place[2] = { 0, 0 };
	bool escaped[2] = { false, false };
	uint8_t held[2] = { 0, 0 };
	uint16_t crc = PHILIPS_CRC_BEGIN;
	size_t count = 0;

	for (size_t i = 1; i + 1 < n && i < WINDOW_CAPACITY; i++) {
		bool e = false;

		if (p[i] == ESCAPE && i + 2 < n) {
			e = true;
			i++;
		}
		if (count >= CHECK)
			crc = philips_crc(crc, held[0]);
		held[0] = held[1];
		place[0] = place[1];
		escaped[0] = escaped[1];
		held[1] = e ? p[i] ^ 0x20 : p[i];
		place[1] = i;
		escaped[1] = e;
		count++;
	}
	if (count < CHECK)
		return false;
	crc ^= 0xFFFF;
	for (size_t k = 0; k < CHECK; k++) {
		uint8_t b = (uint8_t)(crc >> 8 * k & 0xFF);

		if (place[k] >= WINDOW_CAPACITY || is_escaped(b) != escaped[k])
			return false;
		p[place[k]] = escaped[k] ? b ^ 0x20 : b;
	}
	return true;
}
