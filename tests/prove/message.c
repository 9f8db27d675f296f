/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `make prove` runs the sentences and the notices through: any change of
 * an alarm with any texts, numbers and times, at any time, in a buffer of any
 * allowed size.
 *
 * Files: alerts/message.c alerts/phrase.c schemas/vital.c schemas/code.c schemas/record.c
 *
 * Easy to get wrong: enums hold one of their values and texts end within their
 * arrays, as everywhere in the core; nothing else is assumed.
 */
#include <__fc_builtin.h>

#include "alerts/message.h"

static int
upto(int last)
{
	return Frama_C_interval(0, last);
}

static int64_t
any_int64(void)
{
	return Frama_C_long_long_interval(INT64_MIN, INT64_MAX);
}

static void
any_text(char *out, size_t size)
{
	Frama_C_make_unknown(out, size - 1);
	out[size - 1] = '\0';
}

static struct event_id
any_id(void)
{
	struct event_id id = {
		Frama_C_unsigned_long_long_interval(0, UINT64_MAX),
		Frama_C_unsigned_long_long_interval(0, UINT64_MAX)
	};

	return id;
}

static void
any_change(struct alarm_change *c)
{
	c->event = any_id();
	any_text(c->condition, sizeof c->condition);
	any_text(c->tier, sizeof c->tier);
	c->type = (enum alarm_type)upto(ALARM_ADVISORY);
	c->phase = (enum alarm_phase)upto(ALARM_PHASES - 1);
	c->state = (enum alarm_state)upto(ALARM_STATES - 1);
	c->priority = (enum priority)upto(PRIORITIES - 1);
	c->level = (enum priority)upto(PRIORITIES - 1);
	c->peak = (enum priority)upto(PRIORITIES - 1);
	c->acknowledged = upto(1) == 1;
	c->confirmed = upto(1) == 1;
	c->paused = upto(1) == 1;
	c->demo = upto(1) == 1;
	any_text(c->bed, sizeof c->bed);
	any_text(c->session, sizeof c->session);
	c->session_phase = (enum phase)upto(PHASES - 1);
	c->infusion_ms = any_int64();
	c->has_value = upto(1) == 1;
	c->vital = (enum vital)upto(VITALS - 1);
	c->value = Frama_C_interval(INT32_MIN, INT32_MAX);
	c->limit = Frama_C_interval(INT32_MIN, INT32_MAX);
	c->value_age_ms = any_int64();
	c->since_ms = any_int64();
	any_text(c->by, sizeof c->by);
	any_text(c->text, sizeof c->text);
}

int
main(void)
{
	static struct alarm_change c;
	static char label[100], out[NOTICE_BODY_MAX];

	while (1) {
		struct now now = { any_int64(), any_int64(), upto(1) == 1 };
		size_t cap = (size_t)Frama_C_interval(1, sizeof out), n = 0;

		any_change(&c);
		any_text(label, sizeof label);
		n = message_notice(&c, &now, label, any_id(), out, cap);
		if (n > 0)
			Frama_C_show_each_sound_notice(n);
		cap = (size_t)Frama_C_interval(MESSAGE_TEXT_MAX, sizeof out);
		n = message_text(&c, any_int64(), out, cap);
		Frama_C_show_each_text(n);
		n = message_heartbeat(&now, any_id(),
		    (enum priority)upto(PRIORITIES - 1), n, out, cap);
		Frama_C_show_each_heartbeat(n);
	}
}
