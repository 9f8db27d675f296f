/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See config_rules_check.h.
 *
 * Easy to get wrong: a key that is left out and one that is set to its default
 * are told apart by their places only.
 */
#include "daemon/config_rules_check.h"
#include "drivers/danger.h"

#include <stdio.h>
#include <string.h>

/* Without a line, a level is shown as the present one for so long at the most. */
#define LEVEL_SILENT_MS 60000

/* So many characters that must be there speak for a line (EVIDENCE_WORDS). */
#define WORDS 5

struct checker {
	const struct config_places *places;
	struct complaints *out;
	struct config_rules *rules;
};

/* A complaint at a field's place, if the file has the field. */
#define complain_of(y, field, ...) do { \
	const struct config_place *at_ = config_place_of((y)->places, field); \
	if (at_ != NULL) \
		complain((y)->out, at_->line, at_->column, __VA_ARGS__); \
} while (0)

static bool
has(const struct checker *y, const void *field)
{
	return config_place_of(y->places, field) != NULL;
}

static bool
holds(const struct line_text *x, uint8_t c)
{
	return memchr(x->byte, c, x->n) != NULL;
}

/* --- places and values ---------------------------------------------------- */

/* How many fields a line of the match has at the most. */
static unsigned
fields_of(const struct line_match *m)
{
	unsigned n = 0;

	for (size_t i = 0; i < m->parts_n; i++)
		n += m->part[i].capture;
	if (m->parts_n > 0)
		return n;
	if (m->separator.n == 0)
		return 1;
	return m->fields > 0 ? m->fields : LINE_FIELDS;
}

/* 'mark' is where the element stands. */
static void
check_place(const struct checker *y, const struct line_match *m,
    const struct line_place *p, const void *mark, const char *what)
{
	unsigned fields = fields_of(m);

	if (p->at == 0 && p->column == 0 && p->key.n == 0 && p->title.n == 0)
		complain_of(y, mark, "%s: nothing says where it stands in the "
		    "line; expected at, column, key or title", what);
	if (p->at > fields)
		complain_of(y, &p->at, "at: a line of this kind has %u field%s;"
		    " expected no more%s", fields, fields == 1 ? "" : "s",
		    m->parts_n == 0 && m->separator.n == 0 ?
		    ", or a separator" : "");
	if (p->width > 0 && p->column == 0)
		complain_of(y, &p->width, "width: it counts from a column; "
		    "expected the key \"column\" too");
	if (p->title.n > 0 && m->heading.n == 0)
		complain_of(y, &p->title, "title: the names of columns stand "
		    "in a heading line; expected the key \"heading\" in this "
		    "match");
}

static bool
is_nibp(enum vital v)
{
	return v == VITAL_NIBP_SYS || v == VITAL_NIBP_DIA ||
	    v == VITAL_NIBP_MAP || v == VITAL_NIBP_PR;
}

static void
check_unit(const struct checker *y, const struct line_value *v)
{
	bool celsius = v->unit == UNIT_CELSIUS || v->unit == UNIT_FAHRENHEIT;
	const char *own = vital_info[v->vital].unit;

	if (v->unit == UNIT_OWN ||
	    (celsius ? v->vital == VITAL_TEMP : strcmp(own, "mmHg") == 0))
		return;
	complain_of(y, &v->unit, "unit: %s is not measured in that; expected %s",
	    vital_info[v->vital].name, v->vital == VITAL_TEMP ? "C or F" :
	    strcmp(own, "mmHg") == 0 ? "mmHg or kPa" : "no unit");
}

static void
check_values(const struct checker *y, const struct line_match *m)
{
	for (size_t i = 0; i < m->values_n; i++) {
		const struct line_value *v = &m->value[i];

		if (v->captured && has(y, &v->place.at))
			complain_of(y, &v->place.at, "at: the line above says "
			    "already where %s stands; expected one of the two",
			    vital_info[v->vital].name);
		check_place(y, m, &v->place, &v->captured,
		    vital_info[v->vital].name);
		check_unit(y, v);
		if (v->minimum > v->maximum)
			complain_of(y, has(y, &v->minimum) ? (const void *)
			    &v->minimum : &v->maximum, "minimum: it is larger "
			    "than the maximum; expected less");
	}
}

static void
check_status(const struct checker *y, const struct line_match *m,
    struct line_status *s)
{
	const bool bit = has(y, &s->bit), is = has(y, &s->is),
	    is_not = has(y, &s->is_not), nonzero = has(y, &s->nonzero);
	const void *mark = &s->test;

	check_place(y, m, &s->place, mark, "status");
	if (bit + is + is_not + nonzero != 1)
		complain_of(y, mark, "status: expected just one test: bit, is, "
		    "is-not or nonzero");
	if (nonzero && !s->nonzero)
		complain_of(y, &s->nonzero, "nonzero: false tests nothing; "
		    "expected true");
	if ((s->of != 0) != has(y, &s->means))
		complain_of(y, mark, "status: \"means\" and \"of\" belong "
		    "together; expected both or none");
	if ((s->alarm != PRIORITY_NONE) != (s->text[0] != '\0'))
		complain_of(y, mark, "status: \"alarm\" and \"text\" belong "
		    "together; expected both or none");
	if (s->of == 0 && s->alarm == PRIORITY_NONE)
		complain_of(y, mark, "status: nothing follows from it; expected "
		    "\"means\" with \"of\", or \"alarm\" with \"text\"");
	/* Printable ASCII is all that a monitor's alarm has. */
	for (const char *p = s->text; *p != '\0'; p++) {
		if (*p >= ' ' && *p <= '~')
			continue;
		complain_of(y, s->text, "text: it holds a character that is "
		    "not plain ASCII; expected none");
		break;
	}
	s->test = (uint8_t)(bit ? TEST_BIT : is ? TEST_IS :
	    is_not ? TEST_NOT : nonzero ? TEST_NONZERO : TEST_NONE);
}

/* --- a match -------------------------------------------------------------- */

static void
check_cuff(const struct checker *y, struct line_match *m)
{
	struct line_cuff *c = &m->cuff;
	bool sys = false, dia = false, any = false;

	for (size_t i = 0; i < m->values_n; i++) {
		sys = sys || m->value[i].vital == VITAL_NIBP_SYS;
		dia = dia || m->value[i].vital == VITAL_NIBP_DIA;
		any = any || is_nibp(m->value[i].vital);
	}
	if (any && c->event == EVENT_OF_NONE)
		complain_of(y, &m->values_n, "match[]: a cuff result stands "
		    "there for minutes, and nothing says when it is new; "
		    "expected the key \"cuff\"");
	if (c->event == EVENT_OF_NONE)
		return;
	if (!sys || !dia)
		complain_of(y, &c->event, "cuff: this match has no cuff "
		    "result; expected the values nibp_sys and nibp_dia");
	if (c->event != EVENT_OF_CHANGE && c->event != EVENT_OF_LINE)
		check_place(y, m, &c->place, &c->event, "cuff");
	if (c->event == EVENT_OF_STATE && c->to.n == 0)
		complain_of(y, &c->event, "new: nothing says which state means "
		    "a result; expected the key \"to\"");
	if (c->event != EVENT_OF_STATE && has(y, &c->to))
		complain_of(y, &c->to, "to: only \"new: state\" has states; "
		    "expected no \"to\"");
	if (c->event != EVENT_OF_AGE && has(y, &c->unit_ms))
		complain_of(y, &c->unit_ms, "unit: only \"new: age\" has a "
		    "unit; expected none");
	if (c->event == EVENT_OF_AGE && c->unit_ms == 0)
		c->unit_ms = 60000;
}

/* Where a cuff result or a rare line is concerned, three in a row that agree
 * cannot be waited for. */
static void
check_evidence(const struct checker *y, const struct line_match *m)
{
	const struct line_rules *r = &y->rules->rules;

	if (r->check.kind != SUM_NONE || line_literal(r, m) >= WORDS)
		return;
	if (m->cuff.event != EVENT_OF_NONE)
		complain_of(y, &m->cuff.event, "cuff: too little speaks for "
		    "such a line to believe a result at once; expected %d fixed"
		    " characters, an exact number of fields, or a checksum",
		    WORDS);
	else if (y->rules->silent_ms > 10000)
		complain_of(y, &y->rules->silent_ms, "silent-after: lines with "
		    "fewer than %d fixed characters and no checksum count when "
		    "three follow each other; expected at most 10s", WORDS);
}

static void
check_match(const struct checker *y, struct line_match *m)
{
	bool shape = m->parts_n > 0;

	if (shape && (m->prefix.n > 0 || m->separator.n > 0 || m->fields > 0))
		complain_of(y, &m->values_n, "match[]: \"line\" says it all; "
		    "expected no prefix, separator or fields beside it");
	if (m->values_n == 0)
		complain_of(y, &m->values_n, "match[]: nothing is read from "
		    "such a line; expected values, or its beginning under "
		    "\"ignore\"");
	if (!shape && m->prefix.n == 0 && m->fields == 0)
		complain_of(y, &m->values_n, "match[]: any line at all would be "
		    "one of these; expected line, prefix or an exact number of "
		    "fields");
	if (m->repeated && m->separator.n == 0)
		complain_of(y, &m->repeated, "repeated: there is no separator; "
		    "expected one");
	if (m->fields > 1 && m->separator.n == 0 && !shape)
		complain_of(y, &m->fields, "fields: there is no separator; "
		    "expected one");
	check_values(y, m);
	for (size_t i = 0; i < m->status_n; i++)
		check_status(y, m, &m->status[i]);
	check_cuff(y, m);
	check_evidence(y, m);
}

/* --- the frame ------------------------------------------------------------ */

static void
check_frame(const struct checker *y)
{
	const struct line_rules *r = &y->rules->rules;
	static const uint8_t between[] = { 0, '\r', '\n' };

	if (r->start.n == 0 && r->skip > 0)
		complain_of(y, &r->skip, "skip: it counts from the start; "
		    "expected the key \"start\" too");
	if (r->start.n == 0 && r->length > 0)
		complain_of(y, &r->length, "length: without a start nobody "
		    "knows where a frame begins; expected the key \"start\" "
		    "too");
	if (r->length > 0 && has(y, &r->end))
		complain_of(y, &r->end, "end: frames of a fixed length have no "
		    "end; expected one of the two");
	if (r->length > 0 && r->length < r->start.n)
		complain_of(y, &r->length, "length: it is less than the start; "
		    "expected more");
	for (size_t i = 0; i < sizeof(between); i++) {
		if (r->start.n > 0 && r->start.byte[0] == between[i])
			complain_of(y, &r->start, "start: it begins with an "
			    "end of a line; expected another first byte");
		if (r->prompt.n > 0 && r->prompt.byte[0] == between[i])
			complain_of(y, &r->prompt, "prompt: it begins with an "
			    "end of a line; expected another first byte");
	}
	for (size_t i = 0; i < r->split.n; i++)
		if (holds(&r->end, r->split.byte[i]) && r->length == 0)
			complain_of(y, &r->split, "split: one of its bytes is "
			    "an end already; expected others");
	if (r->longest <= r->skip || r->longest < r->length)
		complain_of(y, has(y, &r->longest) ? (const void *)&r->longest :
		    r->length > 0 ? (const void *)&r->length : &r->skip,
		    "longest: such a frame is longer than %u; expected longest "
		    "to be more", r->longest);
	if (r->check.byte && r->length == 0)
		complain_of(y, &r->check.byte, "written: a checksum that is one "
		    "byte may look like an end; expected frames of a fixed "
		    "length");
}

/* A level counts as the present one until its monitor counts as silent. */
static void
check_silence(const struct checker *y)
{
	const struct line_rules *r = &y->rules->rules;
	bool level = false;

	for (size_t i = 0; i < r->matches_n; i++)
		for (size_t k = 0; k < r->match[i].values_n; k++)
			level = level ||
			    !vital_info[r->match[i].value[k].vital].episodic;
	if (level && y->rules->silent_ms > LEVEL_SILENT_MS)
		complain_of(y, &y->rules->silent_ms, "silent-after: an old "
		    "number would be shown as the present one for so long; "
		    "expected at most 1min, or rules that read nothing but the "
		    "cuff");
}

static void
count_readings(const struct checker *y)
{
	const struct line_rules *r = &y->rules->rules;
	unsigned n = 0, alarms = 0, cuffs = 0;

	for (size_t i = 0; i < r->matches_n; i++) {
		const struct line_match *m = &r->match[i];
		bool alarm = false;

		n += m->values_n;
		for (size_t k = 0; k < m->status_n; k++)
			alarm = alarm || m->status[k].alarm != PRIORITY_NONE;
		alarms += alarm;
		cuffs += m->cuff.event != EVENT_OF_NONE;
		if (r->split.n > 0 && n > READINGS_MAX)
			complain_of(y, &m->values_n, "match[]: a frame would "
			    "yield more than %d values; expected fewer",
			    READINGS_MAX);
		if (alarm && alarms > 1)
			complain_of(y, &m->values_n, "match[]: lines of another"
			    " kind tell alarms already, and each list replaces "
			    "the last; expected alarms in one match");
		if (cuffs > 1 && m->cuff.event != EVENT_OF_NONE)
			complain_of(y, &m->cuff.event, "cuff: lines of another "
			    "kind have the cuff already; expected one");
	}
}

/* --- polls ---------------------------------------------------------------- */

static void
check_polls(const struct checker *y)
{
	struct config_rules *x = y->rules;
	const struct line_rules *r = &x->rules;
	struct danger_message m[LINE_POLLS];
	const char *what;
	size_t which = 0;

	if (r->polls_n == 0) {
		if (r->prompt.n > 0)
			complain_of(y, &r->prompt, "prompt: nothing is asked; "
			    "expected the key \"poll\" too");
		return;
	}
	for (size_t i = 0; i < r->polls_n; i++)
		m[i] = (struct danger_message){ r->poll[i].send.byte,
			r->poll[i].send.n };
	what = danger_of(m, r->polls_n, &which);
	if (what != NULL)
		complain_of(y, &r->poll[which].send, "send: on the wire this "
		    "%s%s; vitalsd sends no such thing, whoever confirms it",
		    r->polls_n > 1 ? "(alone or behind another poll) " : "",
		    what);
	if (!has(y, x->confirmed_by))
		complain_of(y, &r->poll[0].send, "poll: nobody answers for what"
		    " is sent to this monitor; expected the key "
		    "\"polls-confirmed-by\" with a name");
}

/* --- together ------------------------------------------------------------- */

static enum evidence
evidence_of(const struct line_rules *r)
{
	if (r->check.kind != SUM_NONE)
		return EVIDENCE_CHECKSUM;
	for (size_t i = 0; i < r->matches_n; i++)
		if (line_literal(r, &r->match[i]) < WORDS)
			return EVIDENCE_PATTERN;
	return EVIDENCE_WORDS;
}

static void
make_driver(struct config_rules *x)
{
	struct driver *d = &x->driver;

	*d = *driver_find("line");
	snprintf(x->title, sizeof(x->title), "text by the rules %s", x->name);
	d->title = x->title;
	d->silent_after_ms = x->silent_ms;
	d->longest = x->rules.longest;
	d->evidence = evidence_of(&x->rules);
	for (size_t i = 0; i < x->rules.polls_n; i++)
		x->tx[i] = (struct tx_template){ .name = "poll",
			.bytes = x->rules.poll[i].send.byte,
			.length = x->rules.poll[i].send.n };
	if (x->rules.polls_n > 0) {
		d->tx = x->tx;
		d->request = line_request;
	}
}

static void
check_rules(struct config_rules *x, const struct config_places *places,
    struct complaints *out)
{
	struct checker y = { places, out, x };

	/* What is not there after a fault is not missing. */
	if (!x->defined || x->faulty)
		return;
	check_frame(&y);
	check_silence(&y);
	for (size_t i = 0; i < x->rules.matches_n; i++)
		check_match(&y, &x->rules.match[i]);
	count_readings(&y);
	check_polls(&y);
	line_prepare(&x->rules);
	make_driver(x);
}

static const struct config_rules *
rules_of(const struct config *c, const struct line_rules *r)
{
	for (size_t i = 0; i < c->rules_n; i++)
		if (&c->rules[i]->rules == r)
			return c->rules[i];
	return NULL;
}

static void
complain_of_name(const struct config *c, const struct config_rules *x,
    const struct config_place *at, struct complaints *out)
{
	unsigned distance = CONFIG_TEXT_FAR;
	const char *best = NULL;

	for (size_t i = 0; i < c->rules_n; i++)
		if (c->rules[i]->defined)
			config_text_nearer(x->name, c->rules[i]->name, &best,
			    &distance);
	if (best != NULL)
		complain(out, at->line, at->column, "rules: there are no "
		    "line-rules \"%s\"; did you mean \"%s\"?", x->name, best);
	else
		complain(out, at->line, at->column, "rules: there are no "
		    "line-rules \"%s\"; expected a name under line-rules",
		    x->name);
}

static void
connect_port(const struct config *c, struct config_port *p,
    const struct config_places *places, struct complaints *out)
{
	const struct config_place *at =
	    config_place_of(places, &p->options.rules);
	const struct config_place *driver = config_place_of(places, &p->driver);
	const struct config_rules *x = rules_of(c, p->options.rules);
	bool line = p->driver != NULL && p->driver->needs_rules;

	if (at == NULL && line)
		complain(out, driver->line, driver->column, "driver: \"%s\" "
		    "knows no monitor by itself; expected the key \"rules\" "
		    "too", p->driver->name);
	if (at == NULL || x == NULL)
		return;
	if (!x->defined)
		complain_of_name(c, x, at, out);
	else if (p->driver != NULL && !line)
		complain(out, at->line, at->column, "rules: the driver %s has "
		    "its own; expected no rules, or the driver line",
		    p->driver->name);
	else if (line)
		p->driver = &x->driver;
}

void
config_rules_check(struct config *c, const struct config_places *places,
    struct complaints *out)
{
	for (size_t i = 0; i < c->rules_n; i++)
		check_rules(c->rules[i], places, out);
	for (size_t i = 0; i < c->ports_n; i++)
		connect_port(c, &c->ports[i], places, out);
}
