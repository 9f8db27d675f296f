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

#include <jansson.h>

#include "daemon/control_host.h"
#include "daemon/roles.h"

enum control_error {
	CONTROL_OK = 0,
	CONTROL_REFUSED = 1,
	CONTROL_NOT_ALLOWED = 2,
	CONTROL_NO_SUCH = 3,
	CONTROL_BAD_PARAMS = -32602,
	CONTROL_INTERNAL = -32603,
};

struct control_call {
	const struct control_host *host;
	const struct peer *peer;
	struct now now;
	json_t *params;		/* an object; borrowed */
	json_t *result;		/* set on CONTROL_OK; a new reference */
	char error[512];	/* set otherwise: a sentence */
	long record_port;	/* record.start/stop: the port, else -1 */
	bool record_on, watch_on;
};

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
