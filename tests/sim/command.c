/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads commands: words between blanks, the first two of which decide.
 *
 * Easy to get wrong: a column counts in the text given; the scenario reader
 * adds where in the file that text begins.
 */
#include "tests/sim/command.h"
#include "tests/sim/patient.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 8
#define WORD_MAX 32

enum argument { TAKES_NONE, TAKES_TIME, TAKES_COUNT, TAKES_CHANCE };

static const struct verb {
	const char *first, *second;	/* no second: its argument follows */
	enum act act;
	enum argument argument;
	int undo;			/* enum act, -1: nothing undoes it */
} verbs[] = {
	{ "infusion", "start", ACT_INFUSION_START, TAKES_NONE, ACT_INFUSION_STOP },
	{ "infusion", "stop", ACT_INFUSION_STOP, TAKES_NONE, -1 },
	{ "probe", "off", ACT_PROBE_OFF, TAKES_NONE, ACT_PROBE_ON },
	{ "probe", "out", ACT_PROBE_OUT, TAKES_NONE, ACT_PROBE_ON },
	{ "probe", "on", ACT_PROBE_ON, TAKES_NONE, -1 },
	{ "lead", "off", ACT_LEAD_OFF, TAKES_NONE, ACT_LEAD_ON },
	{ "lead", "on", ACT_LEAD_ON, TAKES_NONE, -1 },
	{ "cuff", "start", ACT_CUFF_START, TAKES_NONE, -1 },
	{ "cuff", "fail", ACT_CUFF_FAIL, TAKES_NONE, -1 },
	{ "cuff", "every", ACT_CUFF_EVERY, TAKES_TIME, ACT_CUFF_NEVER },
	{ "cuff", "never", ACT_CUFF_NEVER, TAKES_NONE, -1 },
	{ "cable", "out", ACT_CABLE_OUT, TAKES_NONE, ACT_CABLE_IN },
	{ "cable", "in", ACT_CABLE_IN, TAKES_NONE, -1 },
	{ "power", "off", ACT_POWER_OFF, TAKES_NONE, ACT_POWER_ON },
	{ "power", "on", ACT_POWER_ON, TAKES_NONE, -1 },
	{ "silence", "on", ACT_SILENCE_ON, TAKES_NONE, ACT_SILENCE_OFF },
	{ "silence", "off", ACT_SILENCE_OFF, TAKES_NONE, -1 },
	{ "freeze", "on", ACT_FREEZE_ON, TAKES_NONE, ACT_FREEZE_OFF },
	{ "freeze", "off", ACT_FREEZE_OFF, TAKES_NONE, -1 },
	{ "demo", "on", ACT_DEMO_ON, TAKES_NONE, ACT_DEMO_OFF },
	{ "demo", "off", ACT_DEMO_OFF, TAKES_NONE, -1 },
	{ "noise", NULL, ACT_NOISE, TAKES_CHANCE, ACT_NOISE },
	{ "garbage", NULL, ACT_GARBAGE, TAKES_COUNT, -1 },
};
#define VERBS (sizeof(verbs) / sizeof(verbs[0]))

/* The words of a command, and which one is next. */
struct words {
	char word[WORDS][WORD_MAX];
	size_t column[WORDS];
	size_t n, next;
	size_t end;		/* column behind the last one */
};

int
command_parse_number(const char *text, double *out)
{
	char *end;
	double x = strtod(text, &end);

	/* strtod() also takes "inf", "nan" and hexadecimal: not here. */
	if (end == text || *end != '\0' || !isfinite(x) ||
	    strspn(text, "+-.0123456789") != strlen(text))
		return -1;
	*out = x;
	return 0;
}

int
command_parse_time(const char *text, int64_t *out)
{
	static const struct { const char *unit; double ms; } units[] = {
		{ "ms", 1 }, { "s", 1000 }, { "min", 60000 }, { "h", 3600000 },
		{ "", 1000 },
	};
	size_t digits = strspn(text, "0123456789.");
	char number[WORD_MAX];
	double x, sum = 0;
	const char *p = text;

	if (digits == 0 || strlen(text) >= sizeof(number))
		return -1;
	if (text[digits] == ':') {
		for (int part = 0; part < 3; part++) {
			size_t n = strspn(p, "0123456789");

			if (n == 0 || n > 2 || (part > 0 && n != 2))
				return -1;
			sum = sum * 60 + atoi(p);
			p += n;
			if (*p == '\0') {
				*out = (int64_t)(sum * 1000);
				return 0;
			}
			if (*p++ != ':')
				return -1;
		}
		return -1;
	}
	memcpy(number, text, digits);
	number[digits] = '\0';
	if (command_parse_number(number, &x) != 0 || x > 1e6)
		return -1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(text + digits, units[i].unit) == 0) {
			*out = llround(x * units[i].ms);
			return 0;
		}
	return -1;
}

static int
split(const char *text, struct words *w)
{
	size_t i = 0;

	memset(w, 0, sizeof(*w));
	for (;;) {
		size_t n;

		i += strspn(text + i, " \t\r\n");
		w->end = i + 1;
		if (text[i] == '\0')
			return 0;
		n = strcspn(text + i, " \t\r\n");
		w->column[w->n < WORDS ? w->n : WORDS - 1] = i + 1;
		if (w->n == WORDS || n >= WORD_MAX)
			return -1;
		memcpy(w->word[w->n++], text + i, n);
		i += n;
	}
}

static const char *
peek(const struct words *w)
{
	return w->next < w->n ? w->word[w->next] : "";
}

static int
complain(const struct words *w, size_t *column, char why[160],
    const char *expected)
{
	const char *got = peek(w);

	*column = w->next < w->n ? w->column[w->next] : w->end;
	if (*got == '\0')
		snprintf(why, 160, "expected %s, but it ends here", expected);
	else
		snprintf(why, 160, "'%s': expected %s", got, expected);
	return -1;
}

/* The verb that the next words name; *w stands behind it. */
static const struct verb *
find_verb(struct words *w, bool *half)
{
	const char *first = peek(w);
	const char *second = w->next + 1 < w->n ? w->word[w->next + 1] : "";

	*half = false;
	for (size_t i = 0; i < VERBS; i++) {
		if (strcmp(verbs[i].first, first) != 0)
			continue;
		*half = true;
		if (verbs[i].second == NULL) {
			w->next += 1;
			return &verbs[i];
		}
		if (strcmp(verbs[i].second, second) == 0) {
			w->next += 2;
			return &verbs[i];
		}
	}
	return NULL;
}

static int
parse_argument(struct words *w, enum argument kind, struct command *c,
    size_t *column, char why[160])
{
	switch (kind) {
	case TAKES_NONE:
		return 0;
	case TAKES_TIME:
		if (command_parse_time(peek(w), &c->over_ms) != 0 ||
		    c->over_ms < 1000)
			return complain(w, column, why,
			    "a time of 1s or more, as 3min");
		break;
	case TAKES_COUNT:
		if (command_parse_number(peek(w), &c->amount) != 0 ||
		    c->amount < 1 || c->amount > 100000 ||
		    c->amount != floor(c->amount))
			return complain(w, column, why,
			    "a number of bytes, 1 to 100000");
		break;
	case TAKES_CHANCE:
		if (command_parse_number(peek(w), &c->amount) != 0 ||
		    c->amount < 0 || c->amount > 1)
			return complain(w, column, why,
			    "a chance per byte, 0 to 1");
		break;
	}
	w->next++;
	return 0;
}

static int
parse_vital(struct words *w, struct command *c, size_t *column, char why[160])
{
	c->vital = (enum vital)vital_find(peek(w));
	w->next++;
	if (strcmp(peek(w), "back") == 0) {
		c->act = ACT_RELEASE;
	} else {
		c->act = ACT_SEND;
		if (command_parse_number(peek(w), &c->amount) != 0 ||
		    c->amount < 0 || c->amount > 300)
			return complain(w, column, why,
			    "a value from 0 to 300, or 'back'");
	}
	w->next++;
	return 0;
}

/* "over 20s" and "for 1min", in any order. */
static int
parse_times(struct words *w, struct command *c, size_t *column, char why[160])
{
	struct command undo;

	while (w->next < w->n) {
		int64_t *to = NULL;

		if (strcmp(peek(w), "over") == 0 &&
		    (c->act == ACT_SEND || c->act == ACT_RELEASE))
			to = &c->over_ms;
		else if (strcmp(peek(w), "for") == 0 && c->for_ms < 0 &&
		    (c->act == ACT_SEND || command_undo(c, &undo)))
			to = &c->for_ms;
		if (to == NULL)
			return complain(w, column, why, c->act == ACT_SEND ?
			    "'over TIME', 'for TIME' or the end" :
			    c->act == ACT_RELEASE ? "'over TIME' or the end" :
			    command_undo(c, &undo) ? "'for TIME' or the end" :
			    "the end");
		w->next++;
		if (command_parse_time(peek(w), to) != 0)
			return complain(w, column, why,
			    "a time, as 20s, 500ms, 3min or 1:30");
		w->next++;
	}
	return 0;
}

int
command_parse(const char *text, struct command *out, size_t *column,
    char why[160])
{
	struct words w;
	struct command c = { .for_ms = -1 };
	const struct verb *v;
	bool half;

	if (split(text, &w) != 0) {
		*column = w.column[WORDS - 1] ? w.column[WORDS - 1] :
		    w.column[w.n < WORDS ? w.n : WORDS - 1];
		snprintf(why, 160, "too many or too long words for a command");
		return -1;
	}
	if (w.n == 0)
		return complain(&w, column, why, "a bed or a monitor");
	snprintf(c.target, sizeof(c.target), "%s", w.word[0]);
	w.next = 1;
	v = find_verb(&w, &half);
	if (v != NULL) {
		c.act = v->act;
		if (parse_argument(&w, v->argument, &c, column, why) != 0)
			return -1;
	} else if (half) {
		w.next++;
		return complain(&w, column, why, "on, off or the like "
		    "(see vitals-sim(1))");
	} else if (vital_find(peek(&w)) >= 0 &&
	    patient_has((enum vital)vital_find(peek(&w)))) {
		if (parse_vital(&w, &c, column, why) != 0)
			return -1;
	} else {
		return complain(&w, column, why, "a vital (hr, spo2, rr, ...) "
		    "or infusion, probe, lead, cuff, cable, power, silence, "
		    "freeze, demo, noise, garbage");
	}
	if (parse_times(&w, &c, column, why) != 0)
		return -1;
	*out = c;
	return 0;
}

bool
command_undo(const struct command *c, struct command *out)
{
	for (size_t i = 0; i < VERBS; i++)
		if (verbs[i].act == c->act && verbs[i].undo >= 0) {
			*out = *c;
			out->act = (enum act)verbs[i].undo;
			out->amount = 0;
			out->for_ms = -1;
			return true;
		}
	return false;
}

bool
command_is_body(const struct command *c)
{
	return c->act == ACT_SEND || c->act == ACT_RELEASE ||
	    c->act == ACT_INFUSION_START || c->act == ACT_INFUSION_STOP;
}
