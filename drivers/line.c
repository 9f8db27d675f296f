/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Text by rules that a person wrote (drivers/line_read.h), as
 * nibp-and-small-monitors.md section 12 wants it.  Without rules it claims nothing.
 *
 * Easy to get wrong: after a loss of step, a line that begins nowhere in
 * particular may have lost its first characters (087 is then 87): it is thrown
 * away, unless it begins with words that the rules name, or after a silence.
 */
#include "drivers/line.h"

#include "drivers/line_cuff.h"
#include "drivers/line_frame.h"

/* A line that begins after so long a silence begins at its beginning: within a
 * line, no monitor pauses so long. */
#define PAUSE_MS 2000

/* The heading has no such column. */
#define NOWHERE 255

struct rules_state {
	const struct line_rules *rules;
	int64_t since_ms;	/* first asked, or asked last */
	int64_t sent_ms[LINE_POLLS];
	bool asked[LINE_POLLS];
	bool started, any_sent, prompted;
	bool heard;		/* a frame, since the line was opened */
	struct line_cuff_seen cuff;
	/* The field of each value by the heading; 0: none was seen. */
	uint8_t column[LINE_MATCHES][LINE_VALUES];
};
_Static_assert(sizeof(struct rules_state) <= DRIVER_STATE_MAX, "state");

/* --- a line -------------------------------------------------------------- */

/* The first that leaves no number counts; doubt is less than that. */
static void
apply_status(const struct line_status *s, enum quality q[VITALS])
{
	for (size_t v = 0; v < VITALS; v++) {
		if ((s->of >> v & 1u) != 0 && line_has_value(q[v]))
			q[v] = s->means;
	}
}

static void
tell_alarm(const struct line_status *s, const struct text *t,
    struct text_span raw, struct readings *out)
{
	struct monitor_alarm *a = readings_add_alarm(out, s->alarm);

	if (a == NULL)
		return;
	for (size_t i = 0; i < LINE_ALARM && s->text[i] != '\0'; i++)
		monitor_alarm_put(a, (uint8_t)s->text[i]);
	/* What nobody has a name for is shown as it is. */
	if (s->test != TEST_NOT && s->test != TEST_NONZERO)
		return;
	monitor_alarm_put(a, ' ');
	for (size_t i = raw.from; i < raw.to && i < TEXT_CAPACITY; i++)
		monitor_alarm_put(a, text_at(t, i));
}

/* False: the line is not understood. */
static bool
read_status(const struct text *t, const struct line_status *s,
    const struct line_fields *f, enum quality q[VITALS], struct readings *out,
    enum line_why *why)
{
	struct text_span at = { 0, 0 };
	uint32_t bits = 0;
	bool holds = false;

	*why = LINE_NOT_THERE;
	if (!line_find(t, &s->place, s->place.at, f, &at))
		return false;
	if (s->alarm != PRIORITY_NONE)
		out->alarms.told = true;
	switch ((enum line_test)s->test) {
	case TEST_NONE:
		break;
	case TEST_IS:
		holds = line_is(t, at, &s->is);
		break;
	case TEST_NOT:
		holds = !line_missing(t, &s->place, at) &&
		    !line_is(t, at, &s->is_not);
		break;
	case TEST_BIT:
	case TEST_NONZERO:
		if (line_missing(t, &s->place, at))
			break;
		*why = LINE_NOT_A_NUMBER;
		if (!line_whole(t, &s->place, at, &bits))
			return false;
		holds = s->test == TEST_NONZERO ? bits != 0 :
		    (bits >> (s->bit & 31u) & 1u) != 0;
		break;
	}
	if (!holds)
		return true;
	apply_status(s, q);
	if (s->alarm != PRIORITY_NONE)
		tell_alarm(s, t, at, out);
	return true;
}

static int32_t *
cuff_part(struct cuff *c, enum vital v)
{
	return v == VITAL_NIBP_SYS ? &c->sys : v == VITAL_NIBP_DIA ? &c->dia :
	    v == VITAL_NIBP_MAP ? &c->map : v == VITAL_NIBP_PR ? &c->pr : NULL;
}

/* What the status says of any of its numbers it says of the result. */
static enum quality
cuff_quality(const enum quality q[VITALS])
{
	static const enum vital of[] = {
		VITAL_NIBP_SYS, VITAL_NIBP_DIA, VITAL_NIBP_MAP, VITAL_NIBP_PR
	};
	enum quality all = QUALITY_GOOD;

	for (size_t i = 0; i < sizeof of / sizeof of[0]; i++) {
		if (line_has_value(all) && q[of[i]] != QUALITY_GOOD)
			all = q[of[i]];
	}
	return all;
}

/* What a line is read into. */
struct reader {
	const struct text *text;
	const struct line_match *match;
	struct line_fields fields;
	enum quality quality[VITALS];
	struct cuff cuff;
};

/* A reader that begins all zero takes every number to be good. */
_Static_assert(QUALITY_GOOD == 0, "quality");

/* False: the line is not understood. */
static bool
read_value(struct reader *y, const struct line_value *v, uint8_t at,
    struct readings *out, enum line_why *why)
{
	struct text_span s = { 0, 0 };
	enum vital vital = v->vital;
	int32_t *part = cuff_part(&y->cuff, vital), number = 0;
	enum quality q;
	bool within = false;

	if ((unsigned)vital >= VITALS)
		return true;
	q = y->quality[vital];
	*why = LINE_NOT_THERE;
	if (!line_find(y->text, &v->place, at, &y->fields, &s))
		return false;
	if (line_missing(y->text, &v->place, s)) {
		if (part == NULL)
			readings_add(out, vital, line_has_value(q) ?
			    QUALITY_NO_VALUE : q, 0);
		return true;
	}
	*why = LINE_NOT_A_NUMBER;
	if (!line_number(y->text, v, s, &number, &within))
		return false;
	if (part != NULL) {
		*part = within ? number : CUFF_NONE;
		return true;
	}
	readings_add(out, vital, line_has_value(q) && !within ?
	    QUALITY_OUT_OF_RANGE : q, number);
	return true;
}

/* Reads a line that is of this kind. */
static enum decode
read_match(struct rules_state *s, int64_t t_ms, size_t m, struct reader *y,
    struct readings *out, struct line_verdict *why)
{
	const struct line_match *x = y->match;
	struct line_cuff_key key = { 0 };

	why->count = y->fields.n;
	why->why = LINE_FIELD_COUNT;
	if ((x->fields > 0 && y->fields.n != x->fields) ||
	    y->fields.n > LINE_FIELDS)
		return DECODE_BAD_VALUE;
	why->vital = -1;
	for (size_t i = 0; i < x->status_n && i < LINE_STATUS; i++) {
		if (!read_status(y->text, &x->status[i], &y->fields,
		    y->quality, out, &why->why))
			return DECODE_BAD_VALUE;
	}
	for (size_t i = 0; i < x->values_n && i < LINE_VALUES; i++) {
		const struct line_value *v = &x->value[i];
		uint8_t at = v->place.at;

		why->vital = (int)v->vital;
		if (v->place.title.n > 0 && m < LINE_MATCHES &&
		    s->column[m][i] > 0)
			at = s->column[m][i];
		why->why = LINE_NOT_THERE;
		if (v->place.title.n > 0 && (at == 0 || at == NOWHERE))
			return DECODE_BAD_VALUE;
		if (!read_value(y, v, at, out, &why->why))
			return DECODE_BAD_VALUE;
	}
	why->vital = -1;
	if (x->cuff.event != EVENT_OF_NONE) {
		why->why = LINE_NOT_A_NUMBER;
		if (!line_cuff_key(y->text, &x->cuff, &y->fields, &key))
			return DECODE_BAD_VALUE;
		why->cuff_old = !s->cuff.known && line_cuff_has_numbers(&y->cuff) &&
		    x->cuff.event != EVENT_OF_LINE;
		line_cuff_judge(&s->cuff, t_ms, &x->cuff, &key, &y->cuff,
		    cuff_quality(y->quality), out);
	}
	why->why = LINE_READ;
	return DECODE_OK;
}

/* Whether a line of that kind says itself where it begins. */
static bool
says_its_start(const struct line_match *m)
{
	return m->parts_n > 0 ? m->part[0].literal.n > 0 : m->prefix.n > 0;
}

/* Where the values stand, by their names in the heading. */
static void
learn_heading(struct rules_state *s, size_t m, const struct line_match *x,
    const struct text *t)
{
	struct line_fields f;
	struct text_span at = { 0, 0 };

	line_cut(t, x, 0, &f);
	for (size_t i = 0; i < x->values_n && i < LINE_VALUES; i++) {
		const struct line_place *p = &x->value[i].place;
		struct line_place field = { .at = 1 };

		if (p->title.n == 0 || m >= LINE_MATCHES)
			continue;
		s->column[m][i] = NOWHERE;
		for (uint8_t k = 1; k <= LINE_FIELDS; k++) {
			if (line_find(t, &field, k, &f, &at) &&
			    line_is(t, at, &p->title))
				s->column[m][i] = k;
		}
	}
}

static bool
is_ignored(const struct line_rules *r, const struct text *t)
{
	size_t i = 0;

	for (size_t k = 0; k < r->ignore.n && k < LINE_TOKENS; k++) {
		if (line_begins(t, 0, &r->ignore.item[k]))
			return true;
	}
	while (i < t->n && (text_at(t, i) == ' ' || text_at(t, i) == '\t'))
		i++;
	return i >= t->n;
}

/* Reads the line as one of the m-th kind, if it is one; false: it is none. */
static bool
read_as(struct rules_state *s, int64_t t_ms, bool sure, size_t m,
    const struct line_match *x, struct readings *out,
    struct line_verdict *why, enum decode *d)
{
	const struct text *t = &why->text;
	bool whole = sure || says_its_start(x);
	struct reader y = { .text = t, .match = x, .fields.n = 0,
		.cuff = { .sys = CUFF_NONE, .dia = CUFF_NONE,
		.map = CUFF_NONE, .pr = CUFF_NONE } };

	why->match = (uint8_t)(m + 1);
	if (x->heading.n > 0 && line_begins(t, 0, &x->heading)) {
		learn_heading(s, m, x, t);
		why->why = LINE_HEADING;
		*d = DECODE_IGNORED;
		return true;
	}
	if (!line_split(t, x, &y.fields))
		return false;
	why->why = LINE_TORN;
	*d = whole ? read_match(s, t_ms, m, &y, out, why) : DECODE_BAD_VALUE;
	return true;
}

static enum decode
read_line(struct rules_state *s, int64_t t_ms, bool sure,
    const struct line_rules *r, struct readings *out, struct line_verdict *why)
{
	enum decode d = DECODE_BAD_VALUE;

	why->match = 0;
	why->why = LINE_IGNORED;
	if (is_ignored(r, &why->text))
		return DECODE_IGNORED;
	for (size_t m = 0; m < r->matches_n && m < LINE_MATCHES; m++) {
		if (read_as(s, t_ms, sure, m, &r->match[m], out, why, &d))
			return d;
	}
	why->match = 0;
	why->why = LINE_NO_MATCH;
	return DECODE_BAD_VALUE;
}

/* --- a frame ------------------------------------------------------------- */

/* Reads each line of a frame, and gives the worst of what they are. */
static enum decode
read_lines(struct rules_state *s, int64_t t_ms, bool sure,
    const struct window *w, size_t from, size_t to, struct readings *out,
    struct line_verdict *why)
{
	const struct line_rules *r = w->rules;
	enum decode all = DECODE_IGNORED, one;

	for (size_t i = from; i <= to && i <= WINDOW_CAPACITY; i++) {
		if (i < to && (line_kind(r, w, i) & LINE_SPLIT) == 0)
			continue;
		if (i > from) {
			why->why = LINE_TOO_LONG;
			if (!line_take(r, w, from, i, &why->text))
				return DECODE_BAD_VALUE;
			one = read_line(s, t_ms, sure, r, out, why);
			if (one > DECODE_IGNORED)
				return one;
			if (one == DECODE_OK)
				all = DECODE_OK;
		}
		from = i + 1;
	}
	return all;
}

enum decode
line_explain(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out, struct line_verdict *why)
{
	struct rules_state *s = (struct rules_state *)u;
	const struct line_rules *r = w->rules;
	size_t from, to = n;
	bool sure;

	why->why = LINE_NO_MATCH;
	why->match = 0;
	why->vital = -1;
	why->count = 0;
	why->text.n = 0;
	why->cuff_old = false;
	if (r == NULL || n == 0)
		return DECODE_BAD_VALUE;
	from = line_between(r, w);
	sure = r->start.n > 0 || !w->torn ||
	    (s->heard && window_gap(w, from) >= PAUSE_MS);
	s->heard = true;
	if (from + r->prompt.n == n && line_prompt(r, w, from)) {
		s->prompted = true;
		why->why = LINE_PROMPT;
		return DECODE_IGNORED;
	}
	if (r->length == 0)
		to = n - 1;
	from += r->skip > r->start.n ? r->skip : r->start.n;
	if (from > to)
		return DECODE_BAD_VALUE;
	/* What says nothing needs no checksum: some modules send their cuff's
	 * pressure without one. */
	if (line_take(r, w, from, to, &why->text) && r->split.n == 0 &&
	    is_ignored(r, &why->text)) {
		why->why = LINE_IGNORED;
		return DECODE_IGNORED;
	}
	why->why = LINE_BAD_CHECK;
	if (!line_check_sum(&r->check, w, from, &to))
		/* The rest of a damaged line is no line to be looked at again
		 * from each of its characters on. */
		return sure ? DECODE_BAD_CHECK : DECODE_BAD_VALUE;
	return read_lines(s, t_ms, sure, w, from, to, out, why);
}

static enum decode
line_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct line_verdict why;

	return line_explain(u, t_ms, w, n, out, &why);
}

static int
frame(const struct window *w, int64_t gap_ms)
{
	(void)gap_ms;
	return line_frame(w);
}

static void
line_init(union driver_state *u, const struct driver_options *o)
{
	struct rules_state *s = (struct rules_state *)u;

	s->rules = o->rules;
}

/* --- asking -------------------------------------------------------------- */

/* The poll that has been due for longest; LINE_POLLS if none is. */
static size_t
next_poll(const struct rules_state *s, const struct line_rules *r, int64_t t_ms)
{
	size_t best = LINE_POLLS;
	int64_t best_ms = 0;

	for (size_t i = 0; i < r->polls_n && i < LINE_POLLS; i++) {
		int64_t due_ms = s->asked[i] ?
		    s->sent_ms[i] + r->poll[i].every_ms : INT64_MIN;

		if (due_ms <= t_ms && (best == LINE_POLLS ||
		    due_ms < best_ms)) {
			best = i;
			best_ms = due_ms;
		}
	}
	return best;
}

size_t
line_request(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct rules_state *s = (struct rules_state *)u;
	const struct line_rules *r = s->rules;
	const struct line_text *send;
	size_t i;

	if (r == NULL)
		return 0;
	if (!s->started) {
		s->started = true;
		s->since_ms = t_ms;
	}
	if (s->any_sent && t_ms - s->since_ms < r->poll_gap_ms)
		return 0;
	/* A prompt that came before we listened will not come again. */
	if (r->prompt.n > 0 && !s->prompted &&
	    t_ms - s->since_ms < r->poll_timeout_ms)
		return 0;
	i = next_poll(s, r, t_ms);
	if (i >= LINE_POLLS)
		return 0;
	s->asked[i] = true;
	s->sent_ms[i] = s->since_ms = t_ms;
	s->any_sent = true;
	s->prompted = false;
	send = &r->poll[i].send;
	for (size_t k = 0; k < send->n && k < LINE_TEXT_MAX; k++)
		buf[k] = send->byte[k];
	return send->n;
}

extern const struct driver driver_line;
const struct driver driver_line = {
	.name = "line",
	.title = "text of any monitor, by rules in the configuration",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.silent_after_ms = 10000,
	.state_size = sizeof(struct rules_state),
	.longest = 256,
	.evidence = EVIDENCE_PATTERN,
	.relays_alarms = true,
	.needs_rules = true,
	.init = line_init,
	.frame = frame,
	.decode = line_decode,
};
