/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `make prove` runs the box's own conditions through: any of them, of any
 * subject and with any words, coming and going and acknowledged at any times
 * and in any order, shown in pieces of any size, for ever.
 *
 * Files: alerts/box.c alerts/alarm.c alerts/phrase.c schemas/record.c
 * Options: -eva-ilevel 16
 *
 * Easy to get wrong: with so few slots all are taken at times, as the proof is
 * to see that too.
 */
#include "alerts/box.h"
#include "tests/prove/any.h"

#define BEDS 2
#define CHANNELS 1

static struct id_source ids;
static struct box box;
static struct box_slot slots[BOX_SLOTS(BEDS, CHANNELS)];
static bool told;

static void
take_alarm(void *arg, int64_t t_ms, const struct alarm_change *c)
{
	(void)arg, (void)t_ms, (void)c;
	told = true;
}

int
main(void)
{
	static const struct board_sink sink = { NULL, take_alarm, NULL, NULL };
	static char subject[BOX_SUBJECT_MAX], why[TEXT_MAX], by[BY_MAX];
	static struct alarm_change view[3];

	box_init(&box, slots, sizeof slots / sizeof slots[0], &sink, &ids);
	while (1) {
		size_t from = 0;

		any_text(subject, sizeof subject);
		any_text(why, sizeof why);
		any_text(by, sizeof by);
		switch (Frama_C_interval(0, 3)) {
		case 0:
			box_set(&box, any_time(), (enum box_condition)
			    Frama_C_interval(0, BOX_CONDITIONS - 1), subject,
			    Frama_C_interval(0, 1) == 1, why);
			break;
		case 1:
			box_tick(&box, any_time());
			break;
		case 2:
			(void)!box_ack(&box, any_time(), any_id(), by);
			break;
		default:
			while (box_view(&box, &from, view,
			    (size_t)Frama_C_interval(0, 3)) > 0)
				continue;
			break;
		}
		(void)box_next_ms(&box);
		(void)box_bed(&box, any_id());
		(void)box_worst(&box);
		if (told)
			Frama_C_show_each_sound_change();
	}
}
