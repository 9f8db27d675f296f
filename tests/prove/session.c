/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `make prove` runs the session and its clock through: any statements and
 * corrections in any order, allowed or not, and every question about them, for
 * ever.
 *
 * Files: daemon/session.c schemas/code.c schemas/record.c
 *
 * Easy to get wrong: times lie within 285 000 years of zero, as those of every
 * clock do; nothing else is assumed.
 */
#include "daemon/session.h"
#include "tests/prove/any.h"

static struct session s;

int
main(void)
{
	while (1) {
		struct statement st = { .id = any_id(), .amends = any_id(),
			.kind = (enum statement_kind)Frama_C_interval(0,
			    STATEMENT_KINDS - 1),
			.at_ms = any_time(),
			.withdrawn = any_bool() };
		char text[12];
		enum refusal why = REFUSAL_NONE;
		int64_t ms = 0;

		Frama_C_make_unknown(st.subject, sizeof st.subject);
		Frama_C_make_unknown(text, sizeof text - 1);
		text[sizeof text - 1] = '\0';
		why = session_check(&s, st.kind, st.at_ms, any_time());
		(void)refusal_text(why);
		(void)session_check_amend(&s, st.amends, st.withdrawn,
		    st.at_ms, any_time());
		session_apply(&s, &st);
		if (session_at(&s, any_time()).phase == PHASE_INFUSION)
			Frama_C_show_each_sound_session();
		(void)session_phase(&s);
		(void)session_begin_ms(&s);
		(void)session_end_ms(&s);
		(void)!session_parse_at(text, any_time(), any_time(),
		    any_time(), &ms, &why);
	}
}
