/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A short scene for vitalsd while one of its calls fails: it starts, reads an
 * oximeter on a pseudo-terminal, opens a session, sees SpO2 fall, hands the
 * notice to a notifier, reads on, takes a statement, ends.
 *
 * Easy to get wrong: whoever talks to vitalsd here is as patient as the real
 * programs: a connection that is dropped is made again, a request that was not
 * answered is asked again.
 */
#ifndef TESTS_TORTURE_SCENE_H
#define TESTS_TORTURE_SCENE_H

#include "tests/shim/failshim.h"

enum scene_end {
	SCENE_UNTOUCHED,	/* it was over before the call came to pass */
	SCENE_HELD,		/* the call failed, and nothing was lost */
	SCENE_REFUSED,		/* vitalsd did not start, said why, and the next
				 * start did */
	SCENE_BAD,
};
#define SCENE_ENDS 4

/* Plays it, 'run' calls failing in a row from the n-th on, in a directory of its own below 'parent'; kept if it ends badly.
 * 'why' gets a sentence then. */
enum scene_end scene_play(const char *build, const char *parent,
    enum fail_kind kind, long n, int error, long run, char why[512]);

#endif
