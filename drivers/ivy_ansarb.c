/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ivy 450C monitors, "ANSAR-B" output, by nibp-and-small-monitors.md section
 * 6: one message a second, unasked,
 *
 *	FF | "ANSAR-B " | 400 bytes of waves, all below FE | lines | FE
 *	0    1            9                                  409
 *
 *	HR=1;80;ECG-II-DIAG;		NIBP=4;121;75;92;80;;
 *	RR=1;35;APNEA: 20 SEC;		P1=3;111;73;88;;
 *	SPO2=1;100;PR=80 ;		T1=1;;;
 *
 * Each line ends in CR; its parts are the source's number, the values (of
 * NIBP: sys, dia, mean, rate), a label, an alarm.  An empty one is missing.
 *
 * There is no checksum: a message counts only if its lines begin where they
 * must, with HR, and each has exactly its parts; and the cuff's numbers only when
 * two messages running show the same.
 *
 * Easy to get wrong: "APNEA: 20 SEC" is a label, the setting of an alarm and
 * not the alarm; and the pulse rate stands in the label of SPO2.
 */
#include "drivers/cuff.h"
#include "drivers/driver.h"
#include "drivers/text.h"

#define START 0xFF
#define END 0xFE
#define LINES 409		/* where they begin */
#define LONGEST 1024
#define LINE_MAX 80
#define VALUE_MOST 99999	/* five digits: no number is longer */

/* 562 bytes take 0.6 s, and the next message comes after one. */
#define MESSAGE_PAUSE_MS 1000

struct ivy_state {
	struct cuff_watch cuff;
	bool warm;		/* a temperature was there once */
	bool doubt;		/* the last message had an alarm of the cuff's */
};
_Static_assert(sizeof(struct ivy_state) <= DRIVER_STATE_MAX, "state");

/* The lines that are known, and where label and alarm stand in them. */
enum line_kind {
	LINE_HR, LINE_RR, LINE_ETCO2, LINE_SPO2, LINE_NIBP, LINE_P1, LINE_P2,
	LINE_T1, LINE_T2, LINE_OTHER,
};

static const struct {
	char name[8];
	uint8_t label;		/* the part that is the label; then the alarm */
} kinds[] = {
	[LINE_HR] = { "HR", 2 }, [LINE_RR] = { "RR", 2 },
	[LINE_ETCO2] = { "ETCO2", 2 }, [LINE_SPO2] = { "SPO2", 2 },
	[LINE_NIBP] = { "NIBP", 5 }, [LINE_P1] = { "P1", 4 },
	[LINE_P2] = { "P2", 4 }, [LINE_T1] = { "T1", 2 },
	[LINE_T2] = { "T2", 2 }, [LINE_OTHER] = { "", 2 },
};

static int
ivy_frame(const struct window *w, int64_t gap_ms)
{
	static const char name[] = "ANSAR-B ";
	size_t n = window_length(w), to = n < LONGEST ? n : LONGEST;
	size_t from = w->seen > 1 ? w->seen : 1, end, start;

	(void)gap_ms;
	if (window_at(w, 0) != START)
		return FRAME_GARBAGE;
	for (size_t i = 1; i < LINES && i < n && name[i - 1] != '\0'; i++) {
		if (window_at(w, i) != (uint8_t)name[i - 1])
			return FRAME_GARBAGE;
	}
	end = window_find(w, from, to, END);
	start = window_find(w, from, end, START);
	/* Before its lines no message ends, and in none another begins. */
	if (start < end || (end < to && end < LINES))
		return FRAME_GARBAGE;
	if (end < to)
		return (int)end + 1;
	return n < LONGEST ? FRAME_MORE : FRAME_GARBAGE;
}

/* The characters from..to-1; false unless all are printable. */
static bool
take_line(const struct window *w, size_t from, size_t to, struct text *out)
{
	memset(out, 0, sizeof *out);
	if (to - from > LINE_MAX)
		return false;
	for (size_t i = from; i < to && i < LONGEST; i++) {
		uint8_t c = window_at(w, i);

		if (c < ' ' || c > '~')
			return false;
		if (out->n < TEXT_CAPACITY)
			out->byte[out->n++] = c;
	}
	return true;
}

/* One line: its kind, and where its parts lie.  Of an unknown one it is enough
 * that it has as many as the shortest. */
struct line_parts {
	enum line_kind kind;
	struct text_span all;	/* behind NAME= */
	struct text_span label, alarm;
};

static bool
read_line(const struct text *t, struct line_parts *out)
{
	struct text_span name = { 0, t->n }, source = { 0, 0 };
	struct text_span more = { 0, 0 };
	int32_t number = 0;
	size_t k = 0;

	if (!text_part(t, name, '=', 0, &name) || name.to == 0 ||
	    text_at(t, name.to) != '=')
		return false;
	out->all.from = name.to + 1;
	out->all.to = t->n;
	while (k < LINE_OTHER) {
		size_t i = 0;

		while (i < sizeof kinds[k].name && kinds[k].name[i] != '\0' &&
		    text_at(t, i) == (uint8_t)kinds[k].name[i])
			i++;
		if (i == name.to && kinds[k].name[i] == '\0')
			break;
		k++;
	}
	out->kind = (enum line_kind)k;
	if (k < LINE_OTHER &&
	    text_part(t, out->all, ';', kinds[k].label + 2u, &more))
		return false;
	return text_part(t, out->all, ';', 0, &source) &&
	    text_fixed(t, source, 0, &number) &&
	    text_part(t, out->all, ';', kinds[k].label, &out->label) &&
	    text_part(t, out->all, ';', kinds[k].label + 1u, &out->alarm);
}

/* The k-th part as a number; an empty one is no value. */
static bool
read_value(const struct text *t, const struct line_parts *l, size_t k,
    unsigned decimals, int32_t *value, enum quality *q)
{
	struct text_span s = { 0, 0 };
	int32_t number = 0;

	*q = QUALITY_NO_VALUE;
	if (!text_part(t, l->all, ';', k, &s))
		return false;
	if (s.to == s.from || text_is_dashes(t, s))
		return true;
	*q = QUALITY_GOOD;
	if (!text_fixed(t, s, decimals, &number) || number > VALUE_MOST)
		return false;
	*value = number;
	return true;
}

/* Which alarms say that a number is none is not known, so each makes the
 * numbers of its line doubtful. */
static enum quality
doubted(const struct line_parts *l, enum quality q)
{
	return q == QUALITY_GOOD && l->alarm.to > l->alarm.from ?
	    QUALITY_QUESTIONABLE : q;
}

/* One value that is read as it stands. */
static bool
add_value(const struct text *t, const struct line_parts *l, enum vital v,
    unsigned decimals, struct readings *out)
{
	enum quality q = QUALITY_NO_VALUE;
	int32_t value = 0;

	if (!read_value(t, l, 1, decimals, &value, &q))
		return false;
	/* A heart or a breath that stands still, or just nothing to show. */
	if (q == QUALITY_GOOD && value == 0)
		q = QUALITY_QUESTIONABLE;
	readings_add(out, v, doubted(l, q), v == VITAL_SPO2 ? value * 100 : value);
	return true;
}

/* The label of SPO2, "PR=80 ".  There is no rate without a saturation. */
static bool
add_pulse(const struct text *t, const struct line_parts *l,
    struct readings *out)
{
	struct text_span s = l->label;
	enum quality q = QUALITY_NO_VALUE, spo2_q = QUALITY_NO_VALUE;
	int32_t value = 0, spo2 = 0;

	if (!read_value(t, l, 1, 0, &spo2, &spo2_q))
		return false;
	if (s.to - s.from > 3 && text_at(t, s.from) == 'P' &&
	    text_at(t, s.from + 1) == 'R' && text_at(t, s.from + 2) == '=') {
		s.from += 3;
		if (!text_is_dashes(t, s)) {
			if (!text_fixed(t, s, 0, &value))
				return false;
			q = QUALITY_GOOD;
		}
	}
	readings_add(out, VITAL_PR, doubted(l, spo2_q != QUALITY_GOOD ?
	    spo2_q : q), value);
	return true;
}

static bool
read_cuff(const struct text *t, const struct line_parts *l, struct cuff *c)
{
	int32_t *const value[4] = { &c->sys, &c->dia, &c->map, &c->pr };

	for (size_t i = 0; i < 4; i++) {
		enum quality q = QUALITY_NO_VALUE;
		int32_t number = 0;

		if (!read_value(t, l, i + 1, 0, &number, &q))
			return false;
		*value[i] = q == QUALITY_GOOD && number != 0 ? number :
		    CUFF_NONE;
	}
	return true;
}

/* "NIBP: the alarm's own words"; the monitor gives no rank, so it is ours. */
static void
add_alarm(const struct text *t, const struct line_parts *l,
    struct readings *out)
{
	struct monitor_alarm *a = l->alarm.to > l->alarm.from ?
	    readings_add_alarm(out, PRIORITY_MEDIUM) : NULL;

	if (a == NULL)
		return;
	for (size_t i = 0; i + 1 < l->all.from && i < LINE_MAX; i++)
		monitor_alarm_put(a, text_at(t, i));
	monitor_alarm_put(a, ':');
	monitor_alarm_put(a, ' ');
	for (size_t i = l->alarm.from; i < l->alarm.to && i < LINE_MAX; i++)
		monitor_alarm_put(a, text_at(t, i));
}

/* What one message says beside its readings. */
struct message {
	struct cuff cuff;
	bool doubt;		/* of the cuff's numbers */
	bool warm;		/* a temperature is or was there */
};

static bool
add_line(const struct text *t, const struct line_parts *l, struct message *m,
    struct readings *out)
{
	struct text_span s = { 0, 0 };

	switch (l->kind) {
	case LINE_HR:
		return add_value(t, l, VITAL_HR, 0, out);
	case LINE_RR:
		return add_value(t, l, VITAL_RR, 0, out);
	case LINE_SPO2:
		return add_value(t, l, VITAL_SPO2, 0, out) &&
		    add_pulse(t, l, out);
	case LINE_NIBP:
		m->doubt = doubted(l, QUALITY_GOOD) != QUALITY_GOOD;
		return read_cuff(t, l, &m->cuff);
	case LINE_T1:
		/* Of a probe that never was there, nothing is said. */
		if (text_part(t, l->all, ';', 1, &s) && s.to > s.from)
			m->warm = true;
		return !m->warm || add_value(t, l, VITAL_TEMP, 2, out);
	case LINE_ETCO2: case LINE_P1: case LINE_P2: case LINE_T2:
	case LINE_OTHER:
	default:
		return true;
	}
}

/* All lines; false if one is not whole. */
static bool
add_lines(const struct window *w, size_t n, struct message *m,
    struct readings *out)
{
	unsigned seen = 0;
	size_t from = LINES;
	struct line_parts l = { .kind = LINE_OTHER };
	struct text t;

	out->alarms.told = true;
	t.n = 0;
	while (from + 1 < n && from < LONGEST) {
		size_t to = window_find(w, from, n - 1, '\r');
		unsigned bit;

		if (to >= n - 1 || !take_line(w, from, to, &t) ||
		    !read_line(&t, &l))
			return false;
		/* HR first, and each but once. */
		bit = 1u << l.kind;
		if ((l.kind != LINE_OTHER && (seen & bit) != 0) ||
		    (seen == 0 && l.kind != LINE_HR))
			return false;
		seen |= bit;
		if (!add_line(&t, &l, m, out))
			return false;
		add_alarm(&t, &l, out);
		from = to + 1;
	}
	return seen != 0;
}

static enum decode
ivy_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct ivy_state *s = (struct ivy_state *)u;
	bool was_doubted = s->doubt;
	struct message m = {
		.cuff = {
			.sys = CUFF_NONE, .dia = CUFF_NONE, .map = CUFF_NONE,
			.pr = CUFF_NONE,
		},
		.warm = s->warm,
	};

	if (n <= LINES || n > LONGEST)
		return DECODE_BAD_LENGTH;
	if (window_longest_gap(w, 1, n) > MESSAGE_PAUSE_MS ||
	    !add_lines(w, n, &m, out))
		return DECODE_BAD_VALUE;
	s->warm = m.warm;
	s->doubt = m.doubt;
	/* It takes two messages, and an alarm in either tells of both. */
	if (cuff_shown_twice(&s->cuff, &m.cuff) &&
	    cuff_judge(&s->cuff, t_ms, &m.cuff) == CUFF_RESULT)
		readings_add_cuff(out, m.doubt || was_doubted ?
		    QUALITY_QUESTIONABLE : QUALITY_GOOD, &m.cuff);
	return DECODE_OK;
}

extern const struct driver driver_ivy_ansarb;
const struct driver driver_ivy_ansarb = {
	.name = "ivy-ansarb",
	.title = "Ivy 450C monitors, ANSAR-B output",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.silent_after_ms = 4000,
	.state_size = sizeof(struct ivy_state),
	.longest = LONGEST,
	.evidence = EVIDENCE_WORDS,
	.relays_alarms = true,
	.frame = ivy_frame,
	.decode = ivy_decode,
};
