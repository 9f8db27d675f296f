/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Any value whatever of what the harnesses here hand to the code.
 *
 * Easy to get wrong: enums hold one of their values, a bool is true or false,
 * and texts end within their arrays, as everywhere in the core; and any_time()
 * lies within 285 000 years of zero, as the times of every clock do.  Nothing
 * else is assumed.
 */
#ifndef PROVE_ANY_H
#define PROVE_ANY_H

#include <__fc_builtin.h>

#include "schemas/record.h"

#define TIME_MAX_MS (INT64_C(1) << 53)

/* 0 to 'last'. */
static int
upto(int last)
{
	return Frama_C_interval(0, last);
}

static bool
any_bool(void)
{
	return upto(1) == 1;
}

static int32_t
any_int32(void)
{
	return Frama_C_interval(INT32_MIN, INT32_MAX);
}

static int64_t
any_int64(void)
{
	return Frama_C_long_long_interval(INT64_MIN, INT64_MAX);
}

static int64_t
any_time(void)
{
	return Frama_C_long_long_interval(-TIME_MAX_MS, TIME_MAX_MS);
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
	c->acknowledged = any_bool();
	c->confirmed = any_bool();
	c->paused = any_bool();
	c->demo = any_bool();
	any_text(c->bed, sizeof c->bed);
	any_text(c->session, sizeof c->session);
	c->session_phase = (enum phase)upto(PHASES - 1);
	c->infusion_ms = any_int64();
	c->has_value = any_bool();
	c->vital = (enum vital)upto(VITALS - 1);
	c->value = any_int32();
	c->limit = any_int32();
	c->value_age_ms = any_int64();
	c->since_ms = any_int64();
	any_text(c->by, sizeof c->by);
	any_text(c->text, sizeof c->text);
}

#endif
