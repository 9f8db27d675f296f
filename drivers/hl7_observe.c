/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a message of HL7 version 2 says, by multiparameter.md part C and
 * nibp-and-small-monitors.md sections 8 and 10.  How it is framed is in
 * drivers/hl7_frame.h, which dialects there are in drivers/hl7_source.h.
 *
 * One vital has one source: the better of two (the first sensor, the airway's
 * respiration) is followed, the other left out.
 *
 * Easy to get wrong: PDS sends limits and alarm levels under the ids of the
 * vitals; only messages 204 and 503 hold measurements.  And while nothing was
 * measured, a monitor may send nothing of its cuff at all (the recorded T8): the
 * first numbers are then a result, not what stood there before.
 */
#include "drivers/hl7_observe.h"

#include "drivers/hl7_frame.h"
#include "drivers/hl7_source.h"
#include "drivers/hl7_xml.h"

/* Halves of two messages, with the cable out in between, must not be one. */
#define MESSAGE_PAUSE_MS 1000

/* After so long without any message a new result may be as old as that. */
#define UNHEARD_MS 60000

/* So long with values, but without a cuff: there is no result yet. */
#define BARE_MS 10000

/* A cuff that comes back after so long is not the last one sent once more. */
#define AWAY_MS 60000

/* After so long without a rate from the better source, the other one counts. */
#define RR_LAPSE_MS 15000

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

/* Whether the word is among the flags of OBX-8. */
static bool
is_flagged(const struct window *w, const struct hl7_observation *o,
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
flagged_quality(const struct window *w, const struct hl7_observation *o)
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
note_cuff(struct message *m, const struct hl7_observation *o, enum vital v,
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
    const struct hl7_observation *o)
{
	const struct hl7_source *src = hl7_find_source(m->w, o);
	struct finding f = { .any = true, .quality = QUALITY_NO_VALUE };
	bool plain;

	if (src == NULL)
		return;
	if (src->dialect != DIALECT_PDS &&
	    (src->dialect == DIALECT_MDC || !hl7_is_empty(o->unit)) &&
	    !hl7_has_unit(m->w, src->unit, o->unit)) {
		m->refused = m->refused || !hl7_is_empty(o->value);
		return;
	}
	f.key = hl7_source_key(m->w, src, o);
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

/* A message with values shows that there is no result yet, if it was not alone:
 * what comes then is one, and not of unknown age. */
static void
miss_cuff(struct hl7_state *s, int64_t t_ms)
{
	struct cuff none = { .sys = CUFF_NONE, .dia = CUFF_NONE,
		.map = CUFF_NONE, .pr = CUFF_NONE };
	enum cuff_news news = CUFF_NOTHING;

	if (!s->bare || t_ms - s->missed_ms > UNHEARD_MS)
		s->bare_ms = t_ms;
	s->bare = true;
	s->missed_ms = t_ms;
	if (!s->shown && t_ms - s->bare_ms >= BARE_MS)
		news = cuff_judge(&s->cuff, t_ms, &none);
	(void)news;
}

static bool
is_away(const struct hl7_state *s, int64_t t_ms)
{
	return s->bare && t_ms - s->bare_ms >= AWAY_MS &&
	    t_ms - s->missed_ms <= UNHEARD_MS;
}

static bool
is_same(const struct hl7_state *s, const struct cuff *c)
{
	return s->shown && c->sys == s->cuff.shown.sys &&
	    c->dia == s->cuff.shown.dia &&
	    (c->map == CUFF_NONE || c->map == s->cuff.shown.map);
}

/* Some senders stamp whatever they send with the time of sending.  A stamp that
 * is just that tells of a measurement only after a time without a cuff; so once
 * for the numbers of the last result, for who sends these again now and then must
 * not make them ever new.  Else it tells nothing yet: if it stays, it comes again
 * with an age. */
static bool
is_measured_now(const struct hl7_state *s, int64_t t_ms, const struct cuff *c)
{
	return is_away(s, t_ms) && s->cuff.given && !s->stamps &&
	    !(s->again && is_same(s, c));
}

static void
learn_stamps(struct hl7_state *s, int64_t t_ms, const struct cuff *c,
    int64_t stamp, int64_t age_ms)
{
	if (age_ms == 0 && s->at_once && stamp != s->at_ms && is_same(s, c) &&
	    !is_away(s, t_ms))
		s->stamps = true;
	s->at_once = age_ms == 0;
	s->at_ms = stamp;
}

/* A result's stamp, and how old the monitor's clock makes it. */
static void
judge_cuff(struct hl7_state *s, int64_t t_ms, const struct message *m,
    struct readings *out)
{
	const struct cuff_finding *f = &m->cuff;
	struct cuff c = { .sys = f->sys, .dia = f->dia, .map = f->map,
		.pr = f->pr }, was;
	int64_t stamp = f->at.known ? f->at.ms : 0, age_ms = 0;
	int64_t unheard_ms = s->heard ? t_ms - s->heard_ms : 0;
	enum cuff_news news;
	bool same;

	if (f->torn || (f->dated && !f->at.known) || f->sys == CUFF_NONE ||
	    f->dia == CUFF_NONE)
		c.sys = c.dia = c.map = c.pr = CUFF_NONE;
	same = is_same(s, &c);
	c.stamp = (uint64_t)stamp;
	if (f->at.known && m->sent.known) {
		age_ms = hl7_later_ms(&f->at, &m->sent);
		/* With its age it may be told at first sight. */
		c.old = c.ours = age_ms > 0;
		c.old_ms = age_ms > 0 ? age_ms : 0;
		if (age_ms == 0 && !is_measured_now(s, t_ms, &c))
			c.stamp = 0;
		if (c.sys != CUFF_NONE)
			learn_stamps(s, t_ms, &c, stamp, age_ms);
	} else if (s->cuff.known && unheard_ms > UNHEARD_MS) {
		c.old = true;
		c.old_ms = unheard_ms;
	}
	was = c;
	news = cuff_judge(&s->cuff, t_ms, &c);
	s->bare = false;
	s->shown = s->shown || c.sys != CUFF_NONE;
	if (news != CUFF_RESULT)
		return;
	s->again = same;
	s->cuff.stamp = (uint64_t)stamp;
	/* A result is sent when it is there, not shown until the next: how long
	 * none was seen says nothing of a stamped one, and that it came just now
	 * makes it no younger. */
	if (stamp != 0) {
		c.old = was.old;
		c.old_ms = was.old_ms;
	}
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
	else if (out->n > 0)
		miss_cuff(s, t_ms);
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
	struct hl7_observation o = {
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

/* What of an XML message is under way. */
struct xml_place {
	struct text_span segment;	/* that was opened; empty: none */
	unsigned field;		/* the last of the OBX's that were read */
	bool number;
	struct hl7_observation o;
};

static bool
is_segment_tag(const struct hl7_tag *t)
{
	return t->name.to - t->name.from == 3;
}

/* A field of an OBX.  They come in their order, each once: if not, a tag was
 * lost, and the value may be another observation's. */
static void
take_field(const struct window *w, const struct hl7_tag *t,
    struct xml_place *p)
{
	static const struct {
		char name[HL7_WORD];
		unsigned field;
	} fields[] = {
		{ "OBX.2", 2 }, { "OBX.3", 3 }, { "OBX.5", 5 },
		{ "OBX.6", 6 }, { "OBX.8", 8 }, { "OBX.14", 14 },
	};
	struct text_span *const places[] = { NULL, &p->o.name, &p->o.value,
		&p->o.unit, &p->o.flags, &p->o.at };

	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++) {
		if (!hl7_is(w, t->name, fields[i].name))
			continue;
		if (fields[i].field <= p->field) {
			p->segment = (struct text_span){ 0, 0 };
			return;
		}
		p->field = fields[i].field;
		if (places[i] != NULL)
			*places[i] = t->content;
		else
			p->number = hl7_is(w, t->content, "NM");
	}
}

/* A segment's tag: what was under way ends, whole or not. */
static void
take_segment(const struct hl7_tag *t, struct xml_place *p)
{
	*p = (struct xml_place){
		.o = { .dialect = DIALECT_XML, .repetition = '~' },
	};
	if (!t->closes)
		p->segment = t->name;
}

static enum decode
decode_xml(struct hl7_state *s, int64_t t_ms, struct message *m, size_t from,
    size_t to, struct readings *out)
{
	const struct window *w = m->w;
	struct hl7_tag t = { .closes = false };
	struct xml_place p = { .field = 0 };
	size_t at = from;
	bool root = false;

	while (hl7_xml_next(w, &at, to, &t)) {
		if (!root) {
			root = hl7_is(w, t.name, "ORU_R01") && !t.closes;
		} else if (hl7_is(w, t.name, "ORU_R01") && t.closes) {
			return outcome(m, out);
		} else if (is_segment_tag(&t)) {
			if (t.closes && p.number &&
			    hl7_is(w, t.name, "OBX") &&
			    hl7_is(w, p.segment, "OBX"))
				observe(s, t_ms, m, &p.o);
			take_segment(&t, &p);
		} else if (!t.closes && hl7_is(w, p.segment, "OBX")) {
			take_field(w, &t, &p);
		} else if (!t.closes && hl7_is(w, p.segment, "MSH") &&
		    hl7_is(w, t.name, "MSH.7")) {
			m->sent = hl7_time(w, t.content);
		}
	}
	return DECODE_BAD_VALUE;
}

enum decode
hl7_decode(struct hl7_state *s, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct message m = { .w = w };
	size_t from = 0, to = 0;
	bool is_xml = hl7_find_message(w, n, &from, &to);
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
