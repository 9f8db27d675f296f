/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The programs that are connected to control.sock: what each is sent, and the
 * answers that wait until the store has committed their record.
 *
 * Easy to get wrong: a caller may be dropped from within any send (fd is -1
 * then), also by one to another of them; it stays in the list, so that a walk
 * along it goes on, until callers_reap().
 */
#ifndef DAEMON_CONTROL_CALLER_H
#define DAEMON_CONTROL_CALLER_H

#include <jansson.h>
#include <systemd/sd-event.h>

#include "daemon/control_host.h"
#include "daemon/journal.h"
#include "daemon/lines.h"
#include "daemon/roles.h"

#define CONTROL_IDLE_MS 10000
#define CONTROL_DURABLE_MS 2000	/* then an answer goes out as it is */

struct pending;

struct caller {
	struct caller *next;
	struct callers *all;
	int fd;			/* -1: dropped, to be freed */
	sd_event_source *source;
	struct lines lines;
	struct peer peer;
	bool watching;
	long record_port;	/* -1: none */
	struct pending *pending;
	int64_t asked_ms;	/* its last request, or its connection */
};

struct callers {
	const struct control_host *host;	/* borrowed */
	struct caller *first;
	size_t n;
	struct journal_limit dropped;
	sd_event_source *late;	/* for the oldest answer that waits */
};

int callers_init(struct callers *all, sd_event *loop,
    const struct control_host *host) MUST_CHECK;
/* Drops and frees them all; also after a failed callers_init(). */
void callers_free(struct callers *all);

/* Closes the connection; 'why' goes to the journal unless it is NULL. */
void caller_drop(struct caller *k, const char *why);

/* Drops the one that has asked nothing for longest, of those that have asked
 * nothing for CONTROL_IDLE_MS and wait for nothing; if there is any. */
void callers_make_room(struct callers *all, int64_t now_ms);

/* Frees those that were dropped: not from within a walk along the list. */
void callers_reap(struct callers *all);

/* The raw bytes of this port (an index) go to the caller, or do so no longer;
 * the port records while anybody takes them. */
void caller_record(struct caller *k, long port, bool on);

/* Sends one message, as far as the socket takes it now; a caller that does not
 * read is dropped. */
void caller_send(struct caller *k, const char *text, size_t n);
void caller_send_json(struct caller *k, json_t *m);	/* takes 'm' over */
void caller_send_error(struct caller *k, json_t *id, int code,
    const char *message);
void caller_send_result(struct caller *k, json_t *id, json_t *result);

/* The socket takes more. */
void caller_flush(struct caller *k);

/* Sends the result when what the host was last told is on disk, with
 * "durable": true, or else after CONTROL_DURABLE_MS. */
void caller_answer_durable(struct caller *k, json_t *id, json_t *result);

/* The store reported, or time has passed: answers that need wait no longer go
 * out. */
void callers_answer(struct callers *all);

#endif
