/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a Philips IntelliVue monitor alarms of, for
 * drivers/philips_intellivue.c, which unwraps it.
 *
 * Easy to get wrong: there are two lists, of the patient's and of technical
 * alarms, and they may come in different parts of a reply.  All is told only
 * when both were there.
 */
#ifndef DRIVERS_PHILIPS_ALARMS_H
#define DRIVERS_PHILIPS_ALARMS_H

#include "drivers/driver.h"
#include "drivers/philips_values.h"

#define PHILIPS_ALARM_TEXT 40	/* with NUL; what is longer is cut */

struct philips_alarm {
	enum priority priority;
	char text[PHILIPS_ALARM_TEXT];
};

/* The most urgent alarms of the reply so far; begins all zero. */
struct philips_alarms {
	bool patient, technical;	/* that list was there */
	bool demo, test;	/* the alert monitor says that it plays, */
	bool off, paused;	/* that it does not alarm */
	uint8_t n;
	struct philips_alarm item[MONITOR_ALARMS_MAX];
};

/* The alarms of a reply of the alert monitor, put in 'out' when all of it was
 * heard, marked by what the monitor says of its mode in 'v'; false where it is
 * not sound, and then nothing was taken from it. */
bool philips_alarms_decode(struct philips_alarms *s,
    const struct philips_values *v, const struct wire *r,
    const struct philips_reply *reply, struct readings *out) MUST_CHECK;

#endif
