/* SPDX-License-Identifier: BSD-2-Clause
 *
 * HL7 version 2 as monitors send it, by multiparameter.md part C and
 * nibp-and-small-monitors.md sections 8 and 10.  Framed as
 *
 *	0B message 1C 0D		MLLP
 *	MSH|...				bare: up to the next MSH| or silence
 *	<ORU_R01> ... </ORU_R01>	Edan's XML
 *
 * Four dialects, told by the message itself:
 *
 *	PDS	2.3.1, nobody named in MSH: OBX-3 id, OBX-4 module, no units
 *	MDC	OBX-3 code^MDC_NAME^MDC, OBX-6 unit (IHE PCD-01, Comen)
 *	label	OBX-3 ^NBPs (Philips Efficia)
 *	XML	OBX.3 NIBP_SYS (Edan)
 *
 * One vital has one source: the better of two (the first sensor, the airway's
 * respiration) is followed, the other left out.
 *
 * Easy to get wrong: PDS sends limits and alarm levels under the ids of the
 * vitals; only messages 204 and 503 hold measurements.
 */
#include "drivers/hl7_observe.h"

#include "drivers/hl7_message.h"
#include "drivers/hl7_xml.h"

#define BLOCK_BEGIN 0x0B
#define BLOCK_END 0x1C

/* Halves of two messages, with the cable out in between, must not be one. */
#define MESSAGE_PAUSE_MS 1000

/* After so long without any message a new result may be as old as that. */
#define UNHEARD_MS 60000

/* After so long without a rate from the better source, the other one counts. */
#define RR_LAPSE_MS 15000

/* How many bytes of 'word' stand at i: all (returned as its length), fewer
 * because the window ends, or -1 where they differ. */
static int
match(const struct window *w, size_t i, const char *word)
{
	size_t n = window_length(w), k = 0;

	for (; k < 16 && word[k] != '\0'; k++) {
		if (i + k >= n)
			return (int)k;
		if (window_at(w, i + k) != (uint8_t)word[k])
			return -1;
	}
	return (int)k;
}

static bool
stands_at(const struct window *w, size_t i, const char *word, int length)
{
	return match(w, i, word) == length;
}

/* The first of from..to-1 where 'word' stands, whose first byte is 'first'; or
 * 'to'. */
static size_t
find_word(const struct window *w, size_t from, size_t to, const char *word,
    int length)
{
	size_t i = from;

	while (i < to && i < WINDOW_CAPACITY) {
		i = window_find(w, i, to, (uint8_t)word[0]);
		if (i < to && stands_at(w, i, word, length))
			return i;
		i++;
	}
	return to;
}

/* Where to go on with the search for something of up to 'back' bytes. */
static size_t
resume(const struct window *w, size_t first, size_t back)
{
	return w->seen > first + back ? w->seen - back : first;
}

/* A block ends at its end, or where the next one begins: then its own end was
 * lost, and it is none. */
static int
mllp_frame(const struct window *w)
{
	size_t n = window_length(w), next, end;

	if (n > 1 && match(w, 1, "MSH") < 0 && window_at(w, 1) != '<')
		return FRAME_GARBAGE;
	next = window_find(w, resume(w, 1, 1), n, BLOCK_BEGIN);
	end = find_word(w, resume(w, 1, 1), next, "\x1c\r", 2);
	if (end < next)
		return (int)end + 2;
	return next < n ? (int)next : FRAME_MORE;
}

/* The first byte from 'from' on that came after a silence; 'to' if none did. */
static size_t
find_quiet(const struct window *w, size_t from, size_t to)
{
	if (window_longest_gap(w, from, to) < HL7_QUIET_MS)
		return to;
	for (size_t i = from; i < to && i < WINDOW_CAPACITY; i++) {
		if (window_gap(w, i) >= HL7_QUIET_MS)
			return i;
	}
	return to;
}

static int
bare_frame(const struct window *w)
{
	size_t n = window_length(w), to, end;

	if (match(w, 0, "MSH|") < 0)
		return FRAME_GARBAGE;
	if (n < 4)
		return w->quiet_ms > 0 ? FRAME_GARBAGE : FRAME_MORE;
	to = find_quiet(w, resume(w, 1, 1), n);
	to = window_find(w, resume(w, 4, 1), to, BLOCK_BEGIN);
	to = find_word(w, resume(w, 4, 4), to, "MSH|", 4);
	/* A block whose beginning was lost. */
	end = find_word(w, resume(w, 4, 1), to, "\x1c\r", 2);
	if (end < to)
		return (int)end + 2;
	return to < n || w->quiet_ms > 0 ? (int)to : FRAME_MORE;
}

static int
xml_frame(const struct window *w)
{
	size_t n = window_length(w), next, end;

	if (match(w, 0, "<ORU_R01") < 0)
		return FRAME_GARBAGE;
	next = find_word(w, resume(w, 8, 8), n, "<ORU_R01", 8);
	end = find_word(w, resume(w, 8, 10), next, "</ORU_R01>", 10);
	if (end < next)
		return (int)end + 10;
	return next < n ? (int)next : FRAME_MORE;
}

int
hl7_frame(const struct window *w, int64_t gap_ms)
{
	(void)gap_ms;
	switch (window_at(w, 0)) {
	case BLOCK_BEGIN:
		return mllp_frame(w);
	case 'M':
		return bare_frame(w);
	case '<':
		return xml_frame(w);
	default:
		return FRAME_GARBAGE;
	}
}

enum dialect { DIALECT_PDS, DIALECT_MDC, DIALECT_LABEL, DIALECT_XML };

enum unit { UNIT_NONE, UNIT_PERCENT, UNIT_BEATS, UNIT_BREATHS, UNIT_MMHG,
	UNIT_CELSIUS };

/* A unit's code in MDC, and its names: of UCUM and as monitors print it. */
static const struct {
	enum unit unit;
	const char *name;
} units[] = {
	{ UNIT_PERCENT, "262688" }, { UNIT_PERCENT, "%" },
	{ UNIT_BEATS, "264864" }, { UNIT_BEATS, "/min" },
	{ UNIT_BEATS, "{beat}/min" }, { UNIT_BEATS, "{beats}/min" },
	{ UNIT_BEATS, "bpm" },
	{ UNIT_BREATHS, "264928" }, { UNIT_BREATHS, "/min" },
	{ UNIT_BREATHS, "{breath}/min" }, { UNIT_BREATHS, "{breaths}/min" },
	{ UNIT_BREATHS, "rpm" },
	{ UNIT_MMHG, "266016" }, { UNIT_MMHG, "mm[Hg]" },
	{ UNIT_MMHG, "mmHg" },
	{ UNIT_CELSIUS, "268192" }, { UNIT_CELSIUS, "Cel" },
	{ UNIT_CELSIUS, "C" }, { UNIT_CELSIUS, "\302\260C" },
};

/* Where a vital comes from.  Of several sources that of the least rank counts. */
struct source {
	enum dialect dialect;
	enum vital vital;
	uint8_t rank;
	uint32_t id;		/* PDS, MDC */
	uint16_t module;	/* PDS; 0: any */
	enum unit unit;		/* MDC: must be; label, XML: if there is one */
	const char *word;	/* label, XML: the key; MDC: how the name ends */
	bool whole;		/* PDS: with a fraction its unit is another one
				 * (kPa, %) */
};

static const struct source sources[] = {
	{ .dialect = DIALECT_PDS, VITAL_HR, 0, 101, 2101 },
	{ .dialect = DIALECT_PDS, VITAL_RR, 1, 151, 2102 },
	{ .dialect = DIALECT_PDS, VITAL_RR, 0, 280, 0 },
	{ .dialect = DIALECT_PDS, VITAL_SPO2, 0, 160, 2103 },
	{ .dialect = DIALECT_PDS, VITAL_PR, 0, 161, 2103 },
	{ .dialect = DIALECT_PDS, VITAL_PI, 0, 162, 2103 },
	{ .dialect = DIALECT_PDS, VITAL_NIBP_SYS, 0, 170, 2105, .whole = true },
	{ .dialect = DIALECT_PDS, VITAL_NIBP_DIA, 0, 171, 2105, .whole = true },
	{ .dialect = DIALECT_PDS, VITAL_NIBP_MAP, 0, 172, 2105, .whole = true },
	{ .dialect = DIALECT_PDS, VITAL_NIBP_PR, 0, 173, 2105 },
	{ .dialect = DIALECT_PDS, VITAL_TEMP, 0, 200, 2104 },
	{ .dialect = DIALECT_PDS, VITAL_TEMP, 1, 201, 2104 },
	{ .dialect = DIALECT_PDS, VITAL_ETCO2, 0, 250, 0, .whole = true },

	{ DIALECT_MDC, VITAL_HR, 0, 147842, 0, UNIT_BEATS, "_RATE", false },
	{ DIALECT_MDC, VITAL_PR, 0, 149530, 0, UNIT_BEATS, "PULS_RATE", false },
	{ DIALECT_MDC, VITAL_PR, 1, 149522, 0, UNIT_BEATS, "PULS_RATE", false },
	{ DIALECT_MDC, VITAL_SPO2, 0, 150456, 0, UNIT_PERCENT, "SAT_O2", false },
	{ DIALECT_MDC, VITAL_PI, 0, 150488, 0, UNIT_PERCENT, "INDEX", false },
	{ DIALECT_MDC, VITAL_NIBP_SYS, 0, 150301, 0, UNIT_MMHG, "SYS", false },
	{ DIALECT_MDC, VITAL_NIBP_DIA, 0, 150302, 0, UNIT_MMHG, "DIA", false },
	{ DIALECT_MDC, VITAL_NIBP_MAP, 0, 150303, 0, UNIT_MMHG, "MEAN", false },
	{ DIALECT_MDC, VITAL_NIBP_SYS, 1, 150021, 0, UNIT_MMHG, "SYS", false },
	{ DIALECT_MDC, VITAL_NIBP_DIA, 1, 150022, 0, UNIT_MMHG, "DIA", false },
	{ DIALECT_MDC, VITAL_NIBP_MAP, 1, 150023, 0, UNIT_MMHG, "MEAN", false },
	{ DIALECT_MDC, VITAL_NIBP_PR, 0, 149546, 0, UNIT_BEATS, "", false },
	{ DIALECT_MDC, VITAL_RR, 0, 151562, 0, UNIT_BREATHS, "RESP_RATE",
	  false },
	{ DIALECT_MDC, VITAL_RR, 1, 151578, 0, UNIT_BREATHS, "RESP_RATE",
	  false },
	{ DIALECT_MDC, VITAL_RR, 2, 151658, 0, UNIT_BREATHS, "", false },
	{ DIALECT_MDC, VITAL_TEMP, 0, 150344, 0, UNIT_CELSIUS, "TEMP", false },
	{ DIALECT_MDC, VITAL_TEMP, 1, 188496, 0, UNIT_CELSIUS, "AXIL", false },

	{ DIALECT_LABEL, VITAL_NIBP_SYS, 0, 0, 0, UNIT_MMHG, "NBPs", false },
	{ DIALECT_LABEL, VITAL_NIBP_DIA, 0, 0, 0, UNIT_MMHG, "NBPd", false },
	{ DIALECT_LABEL, VITAL_NIBP_MAP, 0, 0, 0, UNIT_MMHG, "NBPm", false },
	{ DIALECT_LABEL, VITAL_PR, 0, 0, 0, UNIT_BEATS, "Pulse", false },
	{ DIALECT_LABEL, VITAL_SPO2, 0, 0, 0, UNIT_PERCENT, "SpO2", false },
	{ DIALECT_LABEL, VITAL_TEMP, 0, 0, 0, UNIT_CELSIUS, "Temp", false },
	{ DIALECT_LABEL, VITAL_RR, 0, 0, 0, UNIT_BREATHS, "RR", false },

	{ DIALECT_XML, VITAL_HR, 0, 0, 0, UNIT_BEATS, "HR", false },
	{ DIALECT_XML, VITAL_PR, 0, 0, 0, UNIT_BEATS, "PR", false },
	{ DIALECT_XML, VITAL_SPO2, 0, 0, 0, UNIT_PERCENT, "SpO2", false },
	{ DIALECT_XML, VITAL_RR, 0, 0, 0, UNIT_BREATHS, "RR", false },
	{ DIALECT_XML, VITAL_TEMP, 0, 0, 0, UNIT_CELSIUS, "T1", false },
	{ DIALECT_XML, VITAL_TEMP, 1, 0, 0, UNIT_CELSIUS, "T2", false },
	{ DIALECT_XML, VITAL_NIBP_SYS, 0, 0, 0, UNIT_MMHG, "NIBP_SYS", false },
	{ DIALECT_XML, VITAL_NIBP_DIA, 0, 0, 0, UNIT_MMHG, "NIBP_DIA", false },
	{ DIALECT_XML, VITAL_NIBP_MAP, 0, 0, 0, UNIT_MMHG, "NIBP_MAP", false },
	{ DIALECT_XML, VITAL_NIBP_PR, 0, 0, 0, UNIT_BEATS, "NIBP_PR", false },
};
#define SOURCES (sizeof sources / sizeof sources[0])

/* A systolic pressure under a mistyped code: only with its channel named as
 * that of 150301 (part D 10). */
#define MISTYPED_SYS 150031
static const struct source mistyped_sys = {
	DIALECT_MDC, VITAL_NIBP_SYS, 0, 150301, 0, UNIT_MMHG, "", false
};

/* One OBX, as parts of the window. */
struct observation {
	enum dialect dialect;
	struct text_span id, name;	/* OBX-3 */
	struct text_span sub;		/* OBX-4 */
	struct text_span value, unit, flags;
	struct text_span at, at_too;	/* OBX-14, OBX-19 */
	uint8_t repetition;		/* what separates those of OBX-8 */
};

/* What a message says of one vital. */
struct finding {
	bool any, valued;
	uint32_t key;
	enum quality quality;
	uint8_t flags;
	int32_t value;
};

/* And of its cuff: OBX-14 and OBX-4 must be the same for all its numbers. */
struct cuff_finding {
	bool any;
	bool torn;		/* they are of two measurements */
	bool dated;		/* an OBX-14 was there; 'at' may be unknown */
	uint32_t key;
	struct hl7_time at;
	uint8_t flags;
	enum quality quality;
	int32_t sys, dia, map, pr;
};

struct message {
	const struct window *w;
	struct hl7_time sent;		/* MSH-7 */
	struct finding vital[VITALS];
	struct cuff_finding cuff;
	bool refused;		/* a vital of ours, in another unit or form */
};

static bool
has_unit(const struct window *w, enum unit unit, struct text_span s)
{
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (units[i].unit == unit && hl7_is(w, s, units[i].name))
			return true;
	}
	return false;
}

static const struct source *
find_source(const struct window *w, const struct observation *o)
{
	uint32_t id = 0, module = 0;

	if (o->dialect == DIALECT_PDS || o->dialect == DIALECT_MDC) {
		if (!hl7_digits(w, o->id, &id))
			return NULL;
		if (o->dialect == DIALECT_PDS &&
		    !hl7_digits(w, o->sub, &module))
			return NULL;
		if (o->dialect == DIALECT_MDC && id == MISTYPED_SYS)
			return hl7_ends(w, o->sub, ".150301") ?
			    &mistyped_sys : NULL;
	}
	for (size_t i = 0; i < SOURCES; i++) {
		const struct source *s = &sources[i];

		if (s->dialect != o->dialect)
			continue;
		switch (s->dialect) {
		case DIALECT_PDS:
			if (s->id == id &&
			    (s->module == 0 || s->module == module))
				return s;
			break;
		case DIALECT_MDC:
			if (s->id == id && (hl7_is_empty(o->name) ||
			    hl7_ends(w, o->name, s->word)))
				return s;
			break;
		case DIALECT_LABEL:
		case DIALECT_XML:
			if (hl7_is(w, o->name, s->word))
				return s;
			break;
		}
	}
	return NULL;
}

/* Rank, then device part and channel of OBX-4 (1.3.2.150456); 0 is nobody. */
static uint32_t
source_key(const struct window *w, const struct source *s,
    const struct observation *o)
{
	uint32_t part = 0, channel = 0;

	if (s->dialect == DIALECT_MDC &&
	    !(hl7_digits(w, hl7_part(w, o->sub, '.', 2), &part) &&
	    hl7_digits(w, hl7_part(w, o->sub, '.', 3), &channel)))
		part = channel = 0;
	if (part > 0xFFE)
		part = 0xFFE;
	if (channel > 0xFFF)
		channel = 0xFFF;
	return (uint32_t)s->rank << 24 | (part + 1) << 12 | channel;
}

/* Whether the word is among the flags of OBX-8. */
static bool
is_flagged(const struct window *w, const struct observation *o,
    const char *word)
{
	for (size_t n = 1; n <= 4; n++) {
		if (hl7_is(w, hl7_part(w, o->flags, o->repetition, n), word))
			return true;
	}
	return false;
}

/* The words of OBX-8: DEMO is from the dossier; the others are IHE's, from
 * memory, and can only make a number worse. */
static enum quality
flagged_quality(const struct window *w, const struct observation *o)
{
	if (is_flagged(w, o, "INV") || is_flagged(w, o, "NAV"))
		return QUALITY_NO_VALUE;
	if (is_flagged(w, o, "QUES") || is_flagged(w, o, "CAL"))
		return QUALITY_QUESTIONABLE;
	return QUALITY_GOOD;
}

static bool
is_cuff(enum vital v)
{
	return v == VITAL_NIBP_SYS || v == VITAL_NIBP_DIA ||
	    v == VITAL_NIBP_MAP || v == VITAL_NIBP_PR;
}

static void
note_cuff(struct message *m, const struct observation *o, enum vital v,
    const struct finding *f)
{
	struct cuff_finding *c = &m->cuff;
	struct text_span when = hl7_is_empty(o->at) ? o->at_too : o->at;
	struct hl7_time at = hl7_time(m->w, when);
	int32_t value = f->valued ? f->value : CUFF_NONE;

	/* The pulse has a channel of its own; it goes with the pressures. */
	if (v == VITAL_NIBP_PR) {
		c->pr = value;
		return;
	}
	if (c->any && f->key > c->key)
		return;
	if (!c->any || f->key < c->key) {
		*c = (struct cuff_finding){
			.any = true, .dated = !hl7_is_empty(when),
			.key = f->key, .at = at, .quality = QUALITY_GOOD,
			.sys = CUFF_NONE, .dia = CUFF_NONE, .map = CUFF_NONE,
			.pr = c->pr,
		};
	}
	if (at.known != c->at.known ||
	    (at.known && hl7_later_ms(&at, &c->at) != 0))
		c->torn = true;
	c->flags |= f->flags;
	if (f->quality == QUALITY_QUESTIONABLE)
		c->quality = QUALITY_QUESTIONABLE;
	if (v == VITAL_NIBP_SYS)
		c->sys = value;
	else if (v == VITAL_NIBP_DIA)
		c->dia = value;
	else
		c->map = value;
}

static void
note_vital(struct message *m, enum vital v, const struct finding *f)
{
	struct finding *old = &m->vital[v];

	if (!old->any || (f->valued && !old->valued) ||
	    (f->valued == old->valued && f->key < old->key))
		*old = *f;
}

/* Whether that source counts now. */
static bool
is_followed(const struct hl7_state *s, int64_t t_ms, enum vital v,
    const struct finding *f)
{
	if (s->from[v] == 0 || f->key == s->from[v])
		return true;
	if (!f->valued)
		return false;
	return f->key < s->from[v] ||
	    (v == VITAL_RR && t_ms - s->rr_ms > RR_LAPSE_MS);
}

static void
observe(const struct hl7_state *s, int64_t t_ms, struct message *m,
    const struct observation *o)
{
	const struct source *src = find_source(m->w, o);
	struct finding f = { .any = true, .quality = QUALITY_NO_VALUE };
	bool plain;

	if (src == NULL)
		return;
	if (src->dialect != DIALECT_PDS &&
	    (src->dialect == DIALECT_MDC || !hl7_is_empty(o->unit)) &&
	    !has_unit(m->w, src->unit, o->unit)) {
		m->refused = m->refused || !hl7_is_empty(o->value);
		return;
	}
	f.key = source_key(m->w, src, o);
	if (is_flagged(m->w, o, "DEMO") || is_flagged(m->w, o, "TEST"))
		f.flags = READING_DEMO;
	plain = hl7_number(m->w, o->value, vital_info[src->vital].decimals,
	    &f.value);
	if (plain && src->whole &&
	    window_find(m->w, o->value.from, o->value.to, '.') != o->value.to) {
		m->refused = true;
		plain = false;
	}
	if (plain)
		f.quality = flagged_quality(m->w, o);
	f.valued = f.quality != QUALITY_NO_VALUE;
	if (is_cuff(src->vital))
		note_cuff(m, o, src->vital, &f);
	else if (is_followed(s, t_ms, src->vital, &f))
		note_vital(m, src->vital, &f);
}

/* A result's stamp, and how old the monitor's clock makes it.
 *
 * Some senders stamp whatever they send with the time of sending: a stamp that
 * is just that tells nothing yet.  If it stays, it comes again with an age. */
static void
judge_cuff(struct hl7_state *s, int64_t t_ms, const struct message *m,
    struct readings *out)
{
	const struct cuff_finding *f = &m->cuff;
	struct cuff c = { .sys = f->sys, .dia = f->dia, .map = f->map,
		.pr = f->pr };
	int64_t stamp = f->at.known ? f->at.ms : 0, age_ms = 0;
	int64_t unheard_ms = s->heard ? t_ms - s->heard_ms : 0;
	enum cuff_news news;

	if (f->torn || (f->dated && !f->at.known) || f->sys == CUFF_NONE ||
	    f->dia == CUFF_NONE)
		c.sys = c.dia = c.map = c.pr = CUFF_NONE;
	c.stamp = stamp;
	if (f->at.known && m->sent.known) {
		age_ms = hl7_later_ms(&f->at, &m->sent);
		c.old = age_ms > 0;
		c.old_ms = age_ms > 0 ? age_ms : 0;
		if (age_ms == 0)
			c.stamp = 0;
	} else if (s->cuff.known && unheard_ms > UNHEARD_MS) {
		c.old = true;
		c.old_ms = unheard_ms;
	}
	news = cuff_judge(&s->cuff, t_ms, &c);
	if (news != CUFF_RESULT)
		return;
	s->cuff.stamp = stamp;
	out->flags = f->flags;
	readings_add_cuff(out, f->quality, &c);
}

static void
tell(struct hl7_state *s, int64_t t_ms, const struct message *m,
    struct readings *out)
{
	for (int i = 0; i < VITALS; i++) {
		const struct finding *f = &m->vital[i];

		if (!f->any)
			continue;
		if (f->valued) {
			s->from[i] = f->key;
			if (i == VITAL_RR)
				s->rr_ms = t_ms;
		}
		out->flags = f->flags;
		readings_add(out, (enum vital)i, f->quality, f->value);
	}
	if (m->cuff.any)
		judge_cuff(s, t_ms, m, out);
}

static bool
is_text(const struct window *w, size_t from, size_t to)
{
	for (size_t i = from; i < to && i < WINDOW_CAPACITY; i++) {
		uint8_t c = window_at(w, i);

		if ((c < ' ' && c != '\r' && c != '\n' && c != '\t') ||
		    c == 0x7F)
			return false;
	}
	return true;
}

/* Results that the sender calls final, preliminary or read from the device;
 * others (deleted, wrong, pending) are none. */
static bool
is_result(const struct window *w, struct text_span status)
{
	return hl7_is(w, status, "F") || hl7_is(w, status, "P") ||
	    hl7_is(w, status, "R");
}

static void
observe_segment(const struct hl7_state *s, int64_t t_ms, struct message *m,
    const struct hl7_message *h, const struct hl7_segment *g, bool is_pds)
{
	const struct window *w = m->w;
	struct observation o = {
		.id = hl7_component(w, h, g->field[3], 1),
		.name = hl7_component(w, h, g->field[3], 2),
		.sub = g->field[4],
		.value = g->field[5],
		.unit = hl7_component(w, h, g->field[6], 1),
		.flags = g->field[8],
		.at = g->field[14],
		.at_too = g->field[19],
		.repetition = h->repetition,
	};

	if (!hl7_is(w, g->field[2], "NM") || !is_result(w, g->field[11]))
		return;
	if (is_pds)
		o.dialect = DIALECT_PDS;
	else if (hl7_is(w, hl7_component(w, h, g->field[3], 3), "MDC"))
		o.dialect = DIALECT_MDC;
	else
		o.dialect = DIALECT_LABEL;
	observe(s, t_ms, m, &o);
}

enum control {
	CONTROL_PERIODIC = 204,
	CONTROL_APERIODIC = 503,
	CONTROL_PHYSIOLOGICAL = 54,
	CONTROL_TECHNICAL = 56,
};

/* "**SpO2 TOO HIGH": the monitor ranks its alarms by stars.  Without them a
 * physiological one is taken for medium (its level 1, which those with two
 * stars have), a technical one for low. */
static enum priority
alarm_priority(const struct window *w, struct text_span text, bool technical)
{
	static const enum priority by_stars[] = { PRIORITY_NONE, PRIORITY_LOW,
		PRIORITY_MEDIUM, PRIORITY_HIGH };
	size_t stars = 0;

	while (stars < 3 && text.from + stars < text.to &&
	    window_at(w, text.from + stars) == '*')
		stars++;
	if (stars > 0)
		return by_stars[stars];
	return technical ? PRIORITY_LOW : PRIORITY_MEDIUM;
}

/* OBX||CE|2|level|id^text: what the monitor alarms of; OBX-3 is 2 in the
 * physiological list, 4 in the technical one, and something else in what ends
 * the list (2040). */
static void
tell_alarm(const struct window *w, const struct hl7_message *h,
    const struct hl7_segment *g, bool technical, struct readings *out)
{
	struct text_span text = hl7_component(w, h, g->field[5], 2);
	struct monitor_alarm *a;
	size_t i;

	if (!hl7_is(w, g->field[2], "CE") || hl7_is_empty(text) ||
	    !hl7_is(w, hl7_component(w, h, g->field[3], 1),
	    technical ? "4" : "2"))
		return;
	a = readings_add_alarm(out, alarm_priority(w, text, technical));
	if (a == NULL)
		return;
	i = text.from;
	while (i < text.to && window_at(w, i) == '*')
		i++;
	for (size_t k = 0; i < text.to && k < MONITOR_ALARM_TEXT; k++)
		monitor_alarm_put(a, hl7_char(w, h, &i, text.to));
}

static bool
is_acknowledgeable(const struct window *w, struct text_span id)
{
	if (hl7_is_empty(id) || id.to - id.from > HL7_ID_MAX)
		return false;
	for (size_t i = id.from; i < id.to && i < WINDOW_CAPACITY; i++) {
		uint8_t c = window_at(w, i);

		if (c < ' ' || c > '~' || c == '|' || c == '^' || c == '~' ||
		    c == '\\' || c == '&')
			return false;
	}
	return true;
}

/* An acknowledgement where MSH-15 or MSH-16 asks for one. */
static void
note_request(struct hl7_state *s, const struct window *w,
    const struct hl7_segment *msh)
{
	struct text_span id = msh->field[10];

	if (!hl7_is(w, msh->field[15], "AL") &&
	    !hl7_is(w, msh->field[16], "AL"))
		return;
	if (!is_acknowledgeable(w, id))
		return;
	s->id_n = 0;
	for (size_t i = id.from; i < id.to && s->id_n < HL7_ID_MAX; i++)
		s->id[s->id_n++] = window_at(w, i);
}

static enum decode
outcome(const struct message *m, const struct readings *out)
{
	bool any = m->cuff.any;

	for (int i = 0; i < VITALS; i++)
		any = any || m->vital[i].any;
	if (any || out->alarms.told)
		return DECODE_OK;
	return m->refused ? DECODE_BAD_VALUE : DECODE_IGNORED;
}

static enum decode
decode_text(struct hl7_state *s, int64_t t_ms, struct message *m, size_t from,
    size_t to, struct readings *out)
{
	const struct window *w = m->w;
	struct hl7_message h = { 0, 0, 0, 0, 0, 0, 0 };
	struct hl7_segment g;
	struct text_span type, event;
	bool is_pds, values, alarms;

	if (!hl7_open(w, from, to, &h) || !hl7_next(w, &h, &g))
		return DECODE_BAD_VALUE;
	type = hl7_component(w, &h, g.field[9], 1);
	event = hl7_component(w, &h, g.field[9], 2);
	m->sent = hl7_time(w, g.field[7]);
	/* What a client sends: our own, come back on a looped cable. */
	if (hl7_is_empty(type) || hl7_is(w, type, "QRY") ||
	    hl7_is(w, type, "ACK"))
		return DECODE_BAD_VALUE;
	note_request(s, w, &g);
	s->control = 0;
	is_pds = hl7_is(w, hl7_component(w, &h, g.field[12], 1), "2.3.1") &&
	    hl7_is_empty(g.field[3]) && hl7_is_empty(g.field[7]);
	if (is_pds && !hl7_digits(w, g.field[10], &s->control))
		s->control = 0;
	if (!hl7_is(w, type, "ORU") || !hl7_is(w, event, "R01"))
		return DECODE_IGNORED;
	values = !is_pds || s->control == CONTROL_PERIODIC ||
	    s->control == CONTROL_APERIODIC;
	alarms = is_pds && (s->control == CONTROL_PHYSIOLOGICAL ||
	    s->control == CONTROL_TECHNICAL);
	if (alarms) {
		out->alarms.told = true;
		out->alarms.list =
		    s->control == CONTROL_PHYSIOLOGICAL ? 1 : 2;
	}
	while (hl7_next(w, &h, &g)) {
		if (!hl7_is(w, g.field[0], "OBX"))
			continue;
		if (values)
			observe_segment(s, t_ms, m, &h, &g, is_pds);
		else if (alarms)
			tell_alarm(w, &h, &g, s->control == CONTROL_TECHNICAL,
			    out);
	}
	return outcome(m, out);
}

/* A leaf of an OBX, or of MSH. */
static void
take_leaf(struct message *m, const struct hl7_tag *t, struct observation *o,
    bool *number)
{
	const struct window *w = m->w;

	if (hl7_is(w, t->name, "MSH.7"))
		m->sent = hl7_time(w, t->content);
	else if (hl7_is(w, t->name, "OBX.2"))
		*number = hl7_is(w, t->content, "NM");
	else if (hl7_is(w, t->name, "OBX.3"))
		o->name = t->content;
	else if (hl7_is(w, t->name, "OBX.5"))
		o->value = t->content;
	else if (hl7_is(w, t->name, "OBX.6"))
		o->unit = t->content;
	else if (hl7_is(w, t->name, "OBX.8"))
		o->flags = t->content;
	else if (hl7_is(w, t->name, "OBX.14"))
		o->at = t->content;
}

static enum decode
decode_xml(struct hl7_state *s, int64_t t_ms, struct message *m, size_t from,
    size_t to, struct readings *out)
{
	const struct window *w = m->w;
	static const struct observation none = {
		.dialect = DIALECT_XML, .repetition = '~',
	};
	struct observation o = none;
	struct hl7_tag t = { .closes = false };
	size_t at = from;
	bool number = false, root = false;

	while (hl7_xml_next(w, &at, to, &t)) {
		if (!root) {
			if (!hl7_is(w, t.name, "ORU_R01") || t.closes)
				continue;
			root = true;
		} else if (hl7_is(w, t.name, "ORU_R01") && t.closes) {
			return outcome(m, out);
		} else if (!hl7_is(w, t.name, "OBX")) {
			if (!t.closes)
				take_leaf(m, &t, &o, &number);
		} else if (!t.closes) {
			o = none;
			number = false;
		} else if (number) {
			observe(s, t_ms, m, &o);
			number = false;
		}
	}
	return DECODE_BAD_VALUE;
}

/* Where the message lies in the frame: without its block, and, where that
 * cannot be told to be whole, without a segment that does not end.  Says
 * whether it is XML. */
static bool
find_message(const struct window *w, size_t n, size_t *from, size_t *to)
{
	bool block = window_at(w, 0) == BLOCK_BEGIN;
	bool ended = n > 2 && stands_at(w, n - 2, "\x1c\r", 2);

	*from = block ? 1 : 0;
	*to = ended ? n - 2 : n;
	if (block && !ended)
		*to = *from;
	if (window_at(w, *from) == '<')
		return true;
	while (!ended && *to > *from && window_at(w, *to - 1) != '\r' &&
	    window_at(w, *to - 1) != '\n')
		--*to;
	return false;
}

enum decode
hl7_decode(struct hl7_state *s, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct message m = { .w = w };
	size_t from = 0, to = 0;
	bool is_xml = find_message(w, n, &from, &to);
	enum decode d;

	m.cuff.pr = CUFF_NONE;
	s->values = false;
	if (to <= from || window_longest_gap(w, 1, n) > MESSAGE_PAUSE_MS ||
	    !is_text(w, from, to))
		return DECODE_BAD_VALUE;
	d = is_xml ? decode_xml(s, t_ms, &m, from, to, out) :
	    decode_text(s, t_ms, &m, from, to, out);
	if (d == DECODE_OK) {
		tell(s, t_ms, &m, out);
		s->values = !out->alarms.told;
		if (m.sent.known)
			out->device_clock_ms = m.sent.ms;
	}
	if (d == DECODE_OK || d == DECODE_IGNORED) {
		s->heard = true;
		s->heard_ms = t_ms;
	}
	return d;
}
