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
#include "alerts/message.h"
#include "tests/prove/any.h"

int
main(void)
{
	static struct alarm_change c;
	static char label[100], out[NOTICE_BODY_MAX];

	while (1) {
		struct now now = { any_int64(), any_int64(), any_bool() };
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
