/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `make prove` runs an alarm and a gauge through: any levels, ranks and
 * measurements at any times and with any delays, acknowledged, ended and shown
 * in any order, for ever.
 *
 * Files: alerts/alarm.c schemas/code.c schemas/record.c
 *
 * Easy to get wrong: times lie within 285 000 years of zero, as those of every
 * clock do; nothing else is assumed.  A gauge is fed levels or measurements.
 */
#include "alerts/alarm.h"
#include "tests/prove/any.h"

static struct id_source ids;
static struct gauge level, cuff;
static struct alarm a;

static int64_t
any_delay(void)
{
	return Frama_C_interval(0, INT32_MAX);
}

int
main(void)
{
	alarm_init(&a, (enum alarm_type)Frama_C_interval(0, 2),
	    any_bool());
	while (1) {
		static struct alarm_change c;
		enum stand stand = (enum stand)Frama_C_interval(0,
		    STAND_CLEAR);
		bool yes = any_bool();
		char by[BY_MAX] = "nurse";
		int phase = ALARM_UNCHANGED;

		gauge_level(&level, any_time(), stand, any_delay(),
		    any_delay());
		(void)gauge_next(&level, any_delay(), any_delay());
		gauge_measured(&cuff, any_time(), stand, yes, any_delay(),
		    any_delay());
		switch (Frama_C_interval(0, 3)) {
		case 0:
			phase = alarm_acknowledge(&a);
			break;
		case 1:
			phase = alarm_finish(&a);
			break;
		default:
			phase = alarm_move(&a, (enum priority)Frama_C_interval(
			    PRIORITY_NONE, PRIORITY_HIGH),
			    (uint8_t)Frama_C_interval(0, UINT8_MAX), &ids);
			break;
		}
		if (phase != ALARM_UNCHANGED) {
			alarm_tell(&a, (enum alarm_phase)phase, yes, &c);
			Frama_C_show_each_sound_change(phase);
		}
		alarm_show(&a, by, &c);
	}
}
