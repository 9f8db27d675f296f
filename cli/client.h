/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The caller's side of control.sock: requests with their answers, and the
 * notifications of `watch` and `record` (docs/protocol.md).
 *
 * Easy to get wrong: a notification may arrive while an answer is awaited; it
 * is kept and comes out of client_next() later, in order.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <jansson.h>

#include "daemon/lines.h"

#define CLIENT_ANSWER_MS 5000	/* an answer takes no longer, or is a fault */

/* Error codes of the protocol that callers tell apart. */
enum client_code {
	CLIENT_REFUSED = 1,
	CLIENT_NOT_ALLOWED = 2,
	CLIENT_NO_SUCH = 3,
};

struct client {
	int fd;			/* -1 when not connected */
	struct lines lines;
	json_int_t id;		/* of the latest request */
	json_t *waiting;	/* notifications not yet handed out */
	int answer_ms;
	int code;		/* of the error that vitalsd answered, else 0 */
	char error[640];	/* a sentence, after any failure below */
};

/* Connects to the socket at 'path'.  0 or negative errno with c->error; on
 * failure there is nothing to close. */
int client_open(struct client *c, const char *path) MUST_CHECK;
void client_close(struct client *c);

/* Asks and waits for the answer.  Takes 'params' (may be NULL).  0: *result is
 * the caller's; -EREMOTEIO: vitalsd answered with an error (c->code, its
 * sentence in c->error); -ETIMEDOUT, -EPIPE, -EBADMSG, ...: no answer, and the
 * connection is of no further use. */
int client_call(struct client *c, const char *method, json_t *params,
    json_t **result) MUST_CHECK;

/* Asks and does not wait: the answer, with c->id of this moment as its id,
 * comes out of client_next().  For a screen that must not stand still. */
int client_send(struct client *c, const char *method, json_t *params)
    MUST_CHECK;

/* The next notification, or answer to client_send(), waiting at most
 * timeout_ms (0: not at all).  0: *message is the caller's; -EAGAIN: none came;
 * else the connection is lost. */
int client_next(struct client *c, int timeout_ms, json_t **message) MUST_CHECK;

/* Fields of an object, with a value for "not there, null or another type". */
const char *client_text(const json_t *o, const char *key);	/* "" */
int64_t client_int(const json_t *o, const char *key, int64_t otherwise);
bool client_true(const json_t *o, const char *key);

/* RFC 3339 in UTC as milliseconds since 1970; -1 if it is no such time. */
int64_t client_wall_ms(const char *text);

#endif
