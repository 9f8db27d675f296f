/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What in messages of IEEE 11073 devices tells who somebody is.
 *
 * Easy to get wrong: the last byte of the system id stays, or the recordings of
 * two devices on one port would read as one device's.
 */
#ifndef DRIVERS_IEEE11073_SCRUB_H
#define DRIVERS_IEEE11073_SCRUB_H

#include "drivers/driver.h"

/* For driver_ieee11073.scrub. */
bool phd_scrub(const struct window *w, size_t n, struct scrub *out) MUST_CHECK;

#endif
