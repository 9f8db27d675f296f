/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What in messages of HL7 version 2 tells who somebody is.
 *
 * Easy to get wrong: most of HL7 is about persons.  Only what is known to be
 * about measurements stays.
 */
#ifndef DRIVERS_HL7_SCRUB_H
#define DRIVERS_HL7_SCRUB_H

#include "drivers/driver.h"

/* For driver.scrub of hl7 and hl7-pds: a message with or without MLLP's ends,
 * or in XML. */
bool hl7_scrub(const struct window *w, size_t n, struct scrub *out) MUST_CHECK;

#endif
