/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See tell.h.
 *
 * Easy to get wrong: a technical alarm's sentence is the program's own and
 * holds no value, so it may be told; a ladder's may not.
 */
#include "daemon/tell.h"

#include "daemon/journal.h"
#include "schemas/code.h"

/* High: somebody is called at once.  What is over is never urgent. */
static enum journal_level
level_of(const struct alarm_change *c)
{
	if (c->phase == ALARM_END || c->phase == ALARM_RESET ||
	    c->phase == ALARM_ACKNOWLEDGE)
		return JOURNAL_NOTICE;
	return c->priority >= PRIORITY_MEDIUM ? JOURNAL_WARNING :
	    JOURNAL_NOTICE;
}

void
tell_alarm(const struct alarm_change *c)
{
	char event[EVENT_ID_TEXT];
	bool technical = c->type == ALARM_TECHNICAL && !c->has_value;
	struct journal_fields f = { .message = JOURNAL_ALARM, .bed = c->bed,
		.session = c->session, .alarm = c->condition, .event = event,
		.phase = alarm_phase_name(c->phase),
		.priority = priority_name(c->priority) };

	event_id_format(event, c->event);
	journal_log(level_of(c), &f, "alarm %s: %s priority, %s%s%s%s%s%s%s",
	    f.phase, f.priority, c->condition, c->bed[0] ? ", bed " : "",
	    c->bed, c->session[0] ? ", session " : "", c->session,
	    technical ? ": " : "", technical ? c->text : "");
}

void
tell_record(const struct record *r)
{
	const struct statement *st = &r->statement;
	struct journal_fields f = { .bed = st->bed, .session = st->session };

	if (r->class != RECORD_STATEMENT || st->kind > STATEMENT_SESSION_ABORT)
		return;
	journal_log(JOURNAL_INFO, &f, "session %s on %s: %s", st->session,
	    st->bed, statement_name(st->kind));
}
