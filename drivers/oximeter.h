/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The two numbers of an oximeter, which are made of one pulse wave.
 *
 * Easy to get wrong: with one of them missing the other is no measurement to
 * rely on (oximeters.md 1.3, 2.1, 2.2, 3), but a low saturation must still reach
 * the alarm rules.  So it is doubted, not left out.
 */
#ifndef DRIVERS_OXIMETER_H
#define DRIVERS_OXIMETER_H

#include "drivers/driver.h"

/* Adds the saturation (in 1/100 %) and the pulse rate (in 1/min) of one frame.
 * Where only one of them has a value, that is QUESTIONABLE at best; returns
 * whether both have. */
bool oximeter_readings(struct readings *out, enum quality spo2_q, int32_t spo2,
    enum quality pr_q, int32_t pr);

/* The quality of what was measured beside them, if not 'both' have a value. */
enum quality oximeter_quality(enum quality q, bool both);

#endif
