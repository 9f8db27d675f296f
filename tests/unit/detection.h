/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests: one detection, and what it must have found.
 *
 * Easy to get wrong: it is two megabytes, so it is static and there is one.
 */
#ifndef TESTS_UNIT_DETECTION_H
#define TESTS_UNIT_DETECTION_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

#include "drivers/detect.h"

static struct detect x;

static inline void
feed(int64_t t_ms, const void *p, size_t n)
{
	detect_feed(&x, t_ms, p, n);
}

static inline const struct detect_claim *
claim(const char *driver)
{
	const struct detect_claim *c = detect_claim_of(&x, driver_find(driver));

	assert_non_null(c);
	return c;
}

static inline void
assert_doubt(const char *driver, enum detect_doubt doubt)
{
	(void)detect_judge(&x);
	assert_int_equal(claim(driver)->verdict, DETECT_DOUBT);
	assert_string_equal(detect_doubt_name(claim(driver)->doubt),
	    detect_doubt_name(doubt));
}

static inline void
assert_sure(const char *driver)
{
	const struct detect_claim *best = detect_judge(&x);

	assert_non_null(best);
	assert_string_equal(best->driver->name, driver);
	assert_int_equal(best->verdict, DETECT_SURE);
}

/* It is sure; or of two kin that no pace tells apart it is one. */
static inline void
assert_recognised(const char *what, const struct driver *own)
{
	const struct detect_claim *best = detect_judge(&x);

	if (best == NULL)
		fail_msg("%s: nothing", what);
	else if (best->verdict != DETECT_SURE && best->doubt != DETECT_KIN)
		fail_msg("%s: %s, %s", what, best->driver->name,
		    detect_doubt_name(best->doubt));
	else if (best->driver != own && (best->doubt != DETECT_KIN ||
	    best->other != own))
		fail_msg("%s: %s", what, best->driver->name);
}

/* Nobody else is sure of it, nor doubts, unless of the same bytes. */
static inline void
assert_nobody_else(const char *what, const struct driver *own)
{
	for (size_t i = 0; i < x.n; i++) {
		const struct detect_claim *c = &x.claim[i];

		if (c->driver == own || c->verdict == DETECT_NOTHING)
			continue;
		if (c->verdict == DETECT_SURE ||
		    (c->doubt != DETECT_RIVAL && c->doubt != DETECT_FEW &&
		    !driver_is_kin(own, c->driver)))
			fail_msg("%s: %s says %s (%s)", what, c->driver->name,
			    detect_verdict_name(c->verdict),
			    detect_doubt_name(c->doubt));
	}
}

#endif
