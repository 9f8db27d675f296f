/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The methods of control.sock (docs/protocol.md), one function each, in one
 * table with the role that each needs.
 *
 * Easy to get wrong: a method that changes something says so in 'mutates', and
 * its answer waits for the record's commit; the methods themselves never wait.
 */
#ifndef DAEMON_CONTROL_VERBS_H
#define DAEMON_CONTROL_VERBS_H

#include "daemon/control_call.h"

struct control_method {
	const char *name;
	unsigned role;		/* enum role */
	bool mutates;
	const char *const *params;	/* the names it knows, NULL-ended */
	enum control_error (*run)(struct control_call *c);
};

/* The method of that name, or NULL. */
const struct control_method *control_method(const char *name);

/* Checks the parameters' names, then runs it. */
enum control_error control_run(const struct control_method *m,
    struct control_call *c);

#endif
