/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Messages that no port may ever be sent, whatever a configuration says: they
 * start a cuff, move a valve or a pump, zero a sensor or change how a monitor
 * works (nibp-and-small-monitors.md, section 0 and the DANGER lists).
 *
 * Easy to get wrong: two harmless polls, one after the other, may make a
 * harmful message on the wire.
 */
#ifndef DRIVERS_DANGER_H
#define DRIVERS_DANGER_H

#include <stddef.h>
#include <stdint.h>

#include "schemas/vital.h"

#define DANGER_ROW 8		/* bytes of the longest */

/* A message that may be sent, in any order and number with the others. */
struct danger_message {
	const uint8_t *byte;
	size_t n;
};

/* What the messages do if sent in some order ("starts the cuff of a SunTech
 * module"); NULL if nothing that is listed.  *which is the message that ends
 * it. */
const char *danger_of(const struct danger_message *m, size_t n, size_t *which)
    MUST_CHECK;

#endif
