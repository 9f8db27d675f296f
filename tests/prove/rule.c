/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `make prove` runs the check of a limit set through: any set whatever,
 * any name of a tier, and every value beside every limit.
 *
 * Files: alerts/rule.c schemas/vital.c schemas/code.c
 *
 * Easy to get wrong: the priorities of a set are those of the enum, as the
 * configuration's words give no other; every other number may be anything.
 */
#include "alerts/rule.h"
#include "tests/prove/any.h"

static struct limit
any_limit(void)
{
	struct limit l = { .on = any_bool(),
		.priority = (enum priority)Frama_C_interval(PRIORITY_NONE,
		    PRIORITY_HIGH),
		.limit = any_int32(), .clear = any_int32(),
		.delay_ms = any_int32() };

	return l;
}

int
main(void)
{
	static struct limit_set s;

	while (1) {
		struct limit_fault fault = { .against = -1 };
		enum comparison c = (enum comparison)Frama_C_interval(0,
		    AT_OR_ABOVE);
		struct limit moved = any_limit();
		char name[24];

		limit_set_default(&s);
		if (Frama_C_interval(0, 1)) {
			for (int i = 0; i < TIERS; i++)
				s.tier[i] = any_limit();
		}
		if (limit_set_check(&s, &fault))
			Frama_C_show_each_sound_limits();
		else
			Frama_C_show_each_fault(fault.tier, fault.against);
		limit_move((enum tier)Frama_C_interval(0, TIERS - 1), &moved,
		    any_int32());
		Frama_C_make_unknown(name, sizeof name - 1);
		name[sizeof name - 1] = '\0';
		(void)!tier_find(name);
		(void)comparison_sign(c);
		(void)comparison_beyond(c, any_int32(), any_int32());
		(void)comparison_clear(c, any_int32(), any_int32());
	}
}
