/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What vitalsd promised and when: a success on control.sock that says
 * "durable", and a commit that the store's thread reported (a delivery recorded
 * as done is one of those).
 *
 * Easy to get wrong: a promise holds from the moment at which its first byte
 * could be seen outside, so the bytes that a point of the trace sends are
 * promised at every later point.
 */
#ifndef TESTS_TORTURE_PROMISE_H
#define TESTS_TORTURE_PROMISE_H

#include "tests/torture/reference.h"
#include "tests/torture/trace.h"

struct promises {
	struct promise *promise;
	size_t n;
};

/* Reads them from a trace; 'dir' is an empty directory to work in. */
void promises_read(struct promises *p, const struct trace *t,
    const struct reference *r, const char *dir);
void promises_free(struct promises *p);

/* How far the log must go after a power cut at that point. */
struct extent promises_before(const struct promises *p, size_t point);

#endif
