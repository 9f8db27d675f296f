/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is wrong with a set of limits, in words.
 *
 * Easy to get wrong: the other half of a contradiction is often a number that
 * nobody wrote; so each number is said, and whether it is the shipped one.
 */
#ifndef DAEMON_LIMIT_SAY_H
#define DAEMON_LIMIT_SAY_H

#include "alerts/rule.h"

#define LIMIT_SAY_MAX 224

/* "hr-high: the clear value 125 lies beyond the limit (>120, as shipped);
 * expected at most 120", of a fault in that set. */
void limit_say(char out[LIMIT_SAY_MAX], const struct limit_set *s,
    const struct limit_fault *f);

#endif
