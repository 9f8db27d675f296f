/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The alarm lists of Philips IntelliVue monitors (multiparameter.md A8):
 *
 *	u16 count, u16 length, entries:
 *	 0 u16 source  2 u16 code  4 u16 type  6 u16 state
 *	 8 managed object, 6 bytes  14 u16 info id  16 u16 info length  18 info
 *	info 0201: u16 instance, u32 text id, u16 priority, u16 flags
 *	info 0204: the same, then its text: u16 length, UTF-16, big-endian
 *
 * and of what the alert monitor says of itself (0916), whose first word is
 *
 *	8000 switched off	4000 paused	0400 test	0100 demo
 *
 * Easy to get wrong: no alarm was ever in a real recording, only empty lists.
 * So a priority that is not known is passed on as a low one, not dropped.
 */
#include "drivers/philips_alarms.h"

#define ENTRY 18		/* bytes of an entry before its info */
#define INFO_TEXT 0x0204
#define INFO_BYTES 10		/* of an info before its text */
#define STAR 0xE40D		/* the monitors' own character for it */
#define MARK 11			/* characters before an alarm, with NUL */

enum alarm_type_bit {
	TYPE_LOW = 0x0101,	/* the patient's, or technical */
	TYPE_MEDIUM = 0x0202,
	TYPE_HIGH = 0x0404,
};

enum condition {
	CONDITION_INHIBITED = 0x8000,
	CONDITION_SUSPENDED = 0x4000,
	CONDITION_TEST = 0x0400,
	CONDITION_DEMO = 0x0100,
};

static enum priority
type_priority(unsigned type)
{
	return (type & TYPE_HIGH) != 0 ? PRIORITY_HIGH :
	    (type & TYPE_MEDIUM) != 0 ? PRIORITY_MEDIUM : PRIORITY_LOW;
}

static const struct {
	uint16_t code;
	char text[PHILIPS_LABEL_TEXT];
} codes[] = {
	{ 22, "DISCONNECTED" }, { 40, "HIGH" }, { 62, "LOW" },
	{ 274, "LEADS OFF" }, { 308, "SENSOR DISCONNECTED" },
	{ 3072, "APNEA" }, { 3076, "ASYSTOLE" }, { 3224, "VTACHY" },
	{ 3246, "DESAT" }, { 61444, "VENT FIB/TACHY" }, { 61766, "BRADY" },
	{ 61768, "TACHY" }, { 61830, "EXTREME HIGH" },
	{ 61832, "EXTREME HIGH" },
};

/* Puts one character behind a text of PHILIPS_ALARM_TEXT. */
static void
put(char text[PHILIPS_ALARM_TEXT], size_t *n, unsigned c)
{
	if (*n + 1 < PHILIPS_ALARM_TEXT) {
		text[*n] = (char)c;
		*n += 1;
		text[*n] = '\0';
	}
}

static void
put_string(char text[PHILIPS_ALARM_TEXT], size_t *n, const char p[PHILIPS_LABEL_TEXT])
{
	for (size_t i = 0; i < PHILIPS_LABEL_TEXT && p[i] != '\0'; i++)
		put(text, n, (unsigned char)p[i]);
}

/* Localised texts, as far as ASCII goes: accents fall off, the small digits of
 * SpO2 and CO2 become digits, the rest blanks. */
static unsigned
to_ascii(unsigned c)
{
	static const char latin[65] =
	    "AAAAAAACEEEEIIIIDNOOOOOxOUUUUYTsaaaaaaaceeeeiiiidnooooo/ouuuuyty";

	if (c >= ' ' && c <= '~')
		return c;
	if (c >= 0xC0 && c <= 0xFF)
		return (unsigned char)latin[c - 0xC0];
	if (c >= 0x2080 && c <= 0x2089)
		return '0' + (c - 0x2080);
	return c == STAR ? '*' : ' ';
}

static void
put_text(char text[PHILIPS_ALARM_TEXT], size_t *n, const struct wire *r,
    size_t at, size_t bytes)
{
	for (size_t i = 0; i + 1 < bytes && i < 4 * PHILIPS_ALARM_TEXT;
	    i += 2) {
		unsigned c = wire_u16be(r, at + i);

		if (c == 0)
			return;
		put(text, n, to_ascii(c));
	}
}

static void
put_hex(char text[PHILIPS_ALARM_TEXT], size_t *n, uint16_t u)
{
	static const char digits[] = "0123456789ABCDEF";

	for (unsigned i = 0; i < 4; i++)
		put(text, n, (unsigned char)digits[u >> (12 - 4 * i) & 15]);
}

/* An alarm that brings no text: what it is about, and its code.  An odd code
 * says that the source is no physiological id. */
static void
put_code(char text[PHILIPS_ALARM_TEXT], size_t *n, uint16_t source,
    uint16_t code)
{
	static const char alarm[PHILIPS_LABEL_TEXT] = "alarm ";
	const char *label = (code & 1) == 0 ? philips_values_label(source) :
	    NULL;

	if (label != NULL) {
		put_string(text, n, label);
		put(text, n, ' ');
	}
	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++) {
		if (codes[i].code == code) {
			put_string(text, n, codes[i].text);
			return;
		}
	}
	put_string(text, n, alarm);
	put_hex(text, n, source);
	put(text, n, '/');
	put_hex(text, n, code);
}

/* Where an alarm of that priority goes; of too many the least urgent go. */
static size_t
make_room(struct philips_alarms *s, enum priority p)
{
	size_t least = 0;

	if (s->n < MONITOR_ALARMS_MAX)
		return s->n++;
	for (size_t i = 1; i < MONITOR_ALARMS_MAX; i++) {
		if (s->item[i].priority < s->item[least].priority)
			least = i;
	}
	return s->item[least].priority < p ? least : MONITOR_ALARMS_MAX;
}

/* One entry of 'info' bytes behind its fixed part.  Its text is written apart
 * and then put in its place: there the next alarm follows, and a proof takes a
 * write beyond the text's end for one into that. */
static void
add_entry(struct philips_alarms *s, const struct wire *r, size_t at,
    size_t info)
{
	struct philips_alarm a = {
		.priority = type_priority(wire_u16be(r, at + 4)),
	};
	size_t i = make_room(s, a.priority), n = 0;
	size_t text = at + ENTRY + INFO_BYTES;

	if (i >= MONITOR_ALARMS_MAX)
		return;
	if (wire_u16be(r, at + 14) == INFO_TEXT && info >= INFO_BYTES + 2)
		put_text(a.text, &n, r, text + 2, wire_u16be(r, text));
	if (n == 0)
		put_code(a.text, &n, wire_u16be(r, at),
		    wire_u16be(r, at + 2));
	s->item[i] = a;
}

/* That a monitor does not alarm explains why it tells nothing; it goes before
 * what is as low. */
static void
say_condition(struct philips_alarms *s)
{
	static const char off[PHILIPS_ALARM_TEXT] =
	    "alarms are switched off on the monitor";
	static const char paused[PHILIPS_ALARM_TEXT] =
	    "alarms are paused on the monitor";
	size_t i;

	if (!s->off && !s->paused)
		return;
	i = make_room(s, PRIORITY_MEDIUM);
	if (i >= MONITOR_ALARMS_MAX)
		return;
	s->item[i].priority = PRIORITY_LOW;
	for (size_t k = 0; k < PHILIPS_ALARM_TEXT; k++)
		s->item[i].text[k] = s->off ? off[k] : paused[k];
}

/* Walks through a list of n bytes, all lengths tested; 's' NULL: only that. */
static bool
read_list(struct philips_alarms *s, const struct wire *r, size_t at, size_t n)
{
	size_t end = at + n, count = wire_u16be(r, at);

	if (n < 4 || wire_u16be(r, at + 2) != n - 4 || end > WIRE_CAPACITY)
		return false;
	at += 4;
	for (size_t i = 0; i < count && i < WIRE_CAPACITY; i++) {
		size_t info = wire_u16be(r, at + 16);

		if (end - at < ENTRY || end - at - ENTRY < info)
			return false;
		if (wire_u16be(r, at + 14) == INFO_TEXT &&
		    (info < INFO_BYTES + 2 || info - INFO_BYTES - 2 <
		    wire_u16be(r, at + ENTRY + INFO_BYTES)))
			return false;
		if (s != NULL)
			add_entry(s, r, at, info);
		at += ENTRY + info;
	}
	return at == end;
}

static bool
is_sound(const struct wire *r, const struct philips_reply *reply)
{
	struct philips_walk a;

	philips_walk_polls(&a, r, reply->list, reply->end);
	for (size_t i = 0; i < WIRE_CAPACITY && philips_next(&a, r); i++) {
		if ((a.id == PHILIPS_PATIENT_ALARMS ||
		    a.id == PHILIPS_TECHNICAL_ALARMS) &&
		    !read_list(NULL, r, a.value, a.length))
			return false;
		if (a.id == PHILIPS_ALARM_CONDITION && a.length < 2)
			return false;
	}
	return !a.bad;
}

static void
take_condition(struct philips_alarms *s, uint16_t condition)
{
	s->off = (condition & CONDITION_INHIBITED) != 0;
	s->paused = (condition & CONDITION_SUSPENDED) != 0;
	s->demo = (condition & CONDITION_DEMO) != 0;
	s->test = (condition & CONDITION_TEST) != 0;
}

static void
tell(const struct philips_alarms *s, const struct philips_values *v,
    struct readings *out)
{
	static const char marks[][MARK] = { "", "(service) ", "(test) ",
		"(demo) " };
	size_t mark = s->demo || v->demo ? 3 : s->test ? 2 : v->service ? 1 : 0;

	for (size_t i = 0; i < s->n && i < MONITOR_ALARMS_MAX; i++) {
		struct monitor_alarm *a =
		    readings_add_alarm(out, s->item[i].priority);

		if (a == NULL)
			break;
		for (size_t k = 0; k < MARK && marks[mark][k] != '\0'; k++)
			monitor_alarm_put(a, (uint8_t)marks[mark][k]);
		for (size_t k = 0; k < PHILIPS_ALARM_TEXT &&
		    s->item[i].text[k] != '\0'; k++)
			monitor_alarm_put(a, (uint8_t)s->item[i].text[k]);
	}
	out->alarms.told = true;
}

bool
philips_alarms_decode(struct philips_alarms *s,
    const struct philips_values *v, const struct wire *r,
    const struct philips_reply *reply, struct readings *out)
{
	struct philips_walk a;

	if (!is_sound(r, reply))
		return false;
	if (reply->first)
		*s = (struct philips_alarms){ 0 };
	philips_walk_polls(&a, r, reply->list, reply->end);
	for (size_t i = 0; i < WIRE_CAPACITY && philips_next(&a, r); i++) {
		if (a.id == PHILIPS_PATIENT_ALARMS ||
		    a.id == PHILIPS_TECHNICAL_ALARMS)
			(void)read_list(s, r, a.value, a.length);
		if (a.id == PHILIPS_PATIENT_ALARMS)
			s->patient = true;
		else if (a.id == PHILIPS_TECHNICAL_ALARMS)
			s->technical = true;
		if (a.id != PHILIPS_ALARM_CONDITION)
			continue;
		take_condition(s, wire_u16be(r, a.value));
	}
	if (reply->last && !reply->torn && s->patient && s->technical) {
		say_condition(s);
		tell(s, v, out);
	}
	return true;
}
