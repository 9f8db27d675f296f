/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One call of a method of control.sock: who calls, with what, and the answer;
 * and how the methods read the parameters that several of them know.
 *
 * Easy to get wrong: a parameter that is not as it must be is refused with a
 * sentence, never cut or mended; an optional one that was not given is no
 * error, and leaves an empty text.
 */
#ifndef DAEMON_CONTROL_CALL_H
#define DAEMON_CONTROL_CALL_H

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

/* Writes the sentence and returns 'e'. */
enum control_error call_refuse(struct control_call *c,
    enum control_error e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Reads an optional text parameter into a fixed array; too long is refused,
 * never cut, and so are control characters. */
enum control_error call_take_text(struct control_call *c, const char *name,
    char *out, size_t cap) MUST_CHECK;

/* The index of the bed; where there is only one it need not be named. */
enum control_error call_take_bed(struct control_call *c, size_t *bed)
    MUST_CHECK;

/* The peer's user, and the name that it gave ("by"). */
enum control_error call_take_who(struct control_call *c,
    struct statement *st) MUST_CHECK;

/* What every statement has: who, when, and the bed; the rest of *st is 0. */
enum control_error call_take_statement(struct control_call *c, size_t *bed,
    struct statement *st) MUST_CHECK;

/* The answer to a statement that the hub has taken (or not: 'no'). */
enum control_error call_stated(struct control_call *c, enum refusal no,
    const struct statement *st) MUST_CHECK;

#endif
