/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What people stated, in a review: who, when, and what became of it.
 *
 * Easy to get wrong: a statement stands at the time that was entered with it;
 * a correction is said beside it and does not replace it.
 */
#include <stdarg.h>
#include <string.h>

#include "cli/review_view.h"

#define WORDS 1600

static void __attribute__((format(printf, 2, 3)))
add(char text[WORDS], const char *format, ...)
{
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, format);
	vsnprintf(text + n, WORDS - n, format, ap);
	va_end(ap);
}

static const char *
text_of(const json_t *o, const char *key)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s != NULL ? s : "";
}

/* "90", or "off" for a tier that does not work. */
static void
add_limit(char text[WORDS], const json_t *limit)
{
	if (json_is_false(json_object_get(limit, "on")))
		add(text, "off");
	else
		add(text, "%g", json_number_value(json_object_get(limit,
		    "limit")));
}

static void
add_values(char text[WORDS], json_t *o)
{
	const char *key;
	json_t *value;
	bool first = true;

	json_object_foreach(o, key, value) {
		add(text, "%s %s %g", first ? "" : ",", key,
		    json_number_value(value));
		first = false;
	}
}

static void
add_pause(char text[WORDS], json_int_t seconds)
{
	if (seconds == 0)
		add(text, "  off");
	else
		add(text, "  for %lld s", (long long)seconds);
}

/* The words behind a statement's JSON, or the text itself. */
static void
add_words(char text[WORDS], const struct statement *st)
{
	json_t *o = json_loads(st->text, 0, NULL);

	switch (st->kind) {
	case STATEMENT_MARK:
		add(text, "  \"%s\"", st->text);
		break;
	case STATEMENT_BASELINE_CONFIRM:
		add_values(text, o);
		break;
	case STATEMENT_LIMIT_SET:
		add(text, "  %s from ", text_of(o, "tier"));
		add_limit(text, json_object_get(o, "old"));
		add(text, " to ");
		add_limit(text, json_object_get(o, "new"));
		add(text, ": %s", text_of(o, "reason"));
		break;
	case STATEMENT_ALARM_PAUSE:
		add_pause(text, json_integer_value(json_object_get(o,
		    "seconds")));
		break;
	case STATEMENT_SESSION_END:
	case STATEMENT_SESSION_ABORT:
	case STATEMENT_INFUSION_START:
	case STATEMENT_INFUSION_PAUSE:
	case STATEMENT_INFUSION_RESUME:
	case STATEMENT_INFUSION_STOP:
		if (json_object_get(o, "reason") != NULL)
			add(text, "  %s", text_of(o, "reason"));
		break;
	case STATEMENT_SESSION_START:
	case STATEMENT_AMEND:
	case STATEMENT_ALARM_ACK:
	case STATEMENT_SUBJECT:
		break;
	}
	json_decref(o);
}

/* What became of a statement: moved, withdrawn, or as it was. */
static void
add_fate(const struct review_view *v, char text[WORDS],
    const struct log_statement *l)
{
	char clock[REVIEW_CLOCK];

	for (size_t i = 0; i < v->s->statements_n; i++) {
		const struct statement *a = &v->s->statements[i].st;

		if (a->kind != STATEMENT_AMEND ||
		    !event_id_equal(a->amends, l->st.id))
			continue;
		if (a->withdrawn)
			add(text, "  [WITHDRAWN: %s]", a->text);
		else
			add(text, "  [CORRECTED to %s: %s]",
			    review_clock(v, a->at_ms, clock), a->text);
	}
}

static void
print_statement(const struct review_view *v, const struct log_statement *l)
{
	const struct statement *st = &l->st;
	char clock[REVIEW_CLOCK], since[REVIEW_CLOCK], id[EVENT_ID_TEXT];
	/* A correction stands where it was entered. */
	int64_t at_ms = st->kind == STATEMENT_AMEND ? l->x_ms : st->at_ms;
	char text[WORDS] = "";

	add(text, "  %s  %9s  %-16s ", review_clock(v, at_ms, clock),
	    review_infusion(v, at_ms, since), statement_name(st->kind));
	if (st->by[0] != '\0')
		add(text, "%s (as %s)", st->by, st->user);
	else
		add(text, "%s", st->user);
	add_words(text, st);
	if (st->kind != STATEMENT_AMEND && l->x_ms - st->at_ms > 1000)
		add(text, "  [entered at %s]",
		    review_clock(v, l->x_ms, clock));
	if (st->kind == STATEMENT_AMEND) {
		event_id_format(id, st->amends);
		add(text, "  of #%s", id);
	}
	add_fate(v, text, l);
	/* What can be corrected is named as `session amend` wants it. */
	if (st->kind <= STATEMENT_SESSION_ABORT) {
		event_id_format(id, st->id);
		add(text, "  #%s", id);
	}
	review_line(v, 40, "%s", text);
}

void
review_statements(const struct review_view *v)
{
	review_heading(v, "WHAT WAS STATED   (#... names it for `session "
	    "amend`)");
	for (size_t i = 0; i < v->s->statements_n; i++)
		print_statement(v, &v->s->statements[i]);
}
