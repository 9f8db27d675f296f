/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What in messages of Philips IntelliVue monitors tells who somebody is.
 *
 * Easy to get wrong: the check behind the message may need other escapes than
 * before; then other bytes are to be put in.
 */
#ifndef DRIVERS_INTELLIVUE_SCRUB_H
#define DRIVERS_INTELLIVUE_SCRUB_H

#include "drivers/driver.h"

/* For driver.scrub and .reseal of philips-intellivue: frames C0 .. C1. */
bool intellivue_scrub(const struct window *w, size_t n, struct scrub *out)
    MUST_CHECK;
bool intellivue_reseal(uint8_t *p, size_t n) MUST_CHECK;

#endif
