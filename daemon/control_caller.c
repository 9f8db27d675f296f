/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See control_caller.h.
 *
 * Easy to get wrong: an answer that waits for the store keeps its place; those
 * after it wait, too, even if their own records are committed.
 */
#include "daemon/control_caller.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/json.h"
#include "daemon/journal.h"

/* An answer that waits until its record is durable. */
struct pending {
	struct pending *next;
	json_t *id, *result;
	uint64_t ticket;
	uint64_t lost;		/* records lost before it */
	int64_t until_ms;
};

static void
free_pending(struct pending *p)
{
	json_decref(p->id);
	json_decref(p->result);
	free(p);
}

/* Records stop when nobody takes the bytes any more. */
static void
update_recording(struct callers *all, long port)
{
	bool wanted = false;

	if (port < 0)
		return;
	for (const struct caller *k = all->first; k != NULL; k = k->next)
		wanted |= k->fd >= 0 && k->record_port == port;
	if (all->host->port[port] != NULL)
		port_record(all->host->port[port], wanted);
}

void
caller_drop(struct caller *k, const char *why)
{
	long port = k->record_port;

	if (k->fd < 0)
		return;
	if (why != NULL)
		journal_limited(&k->all->dropped, clock_boot_ms(),
		    JOURNAL_NOTICE, &(struct journal_fields){ 0 }, "control: "
		    "dropped %s (pid %d): %s", k->peer.user, (int)k->peer.pid,
		    why);
	k->source = sd_event_source_disable_unref(k->source);
	lines_free(&k->lines);
	close(k->fd);
	k->fd = -1;
	k->watching = false;
	k->record_port = -1;
	while (k->pending != NULL) {
		struct pending *p = k->pending;

		k->pending = p->next;
		free_pending(p);
	}
	update_recording(k->all, port);
}

void
caller_record(struct caller *k, long port, bool on)
{
	long before = k->record_port;

	k->record_port = on ? port : -1;
	update_recording(k->all, before);
	update_recording(k->all, port);
}

void
callers_make_room(struct callers *all, int64_t now_ms)
{
	struct caller *idle = NULL;

	for (struct caller *k = all->first; k != NULL; k = k->next)
		if (k->fd >= 0 && !k->watching && k->record_port < 0 &&
		    k->pending == NULL &&
		    now_ms - k->asked_ms >= CONTROL_IDLE_MS &&
		    (idle == NULL || k->asked_ms < idle->asked_ms))
			idle = k;
	if (idle != NULL)
		caller_drop(idle, "it asks nothing, and others wait");
}

void
callers_reap(struct callers *all)
{
	struct caller **at = &all->first;

	while (*at != NULL) {
		struct caller *k = *at;

		if (k->fd >= 0) {
			at = &k->next;
			continue;
		}
		*at = k->next;
		all->n--;
		free(k);
	}
}

void
caller_send(struct caller *k, const char *text, size_t n)
{
	int r;

	if (k->fd < 0)
		return;
	r = lines_send(&k->lines, text, n);
	if (r < 0) {
		caller_drop(k, r == -ENOBUFS ? "it does not read" :
		    r == -EPIPE || r == -ECONNRESET ? NULL : strerror(-r));
		return;
	}
	sd_event_source_set_io_events(k->source, lines_waiting(&k->lines) ?
	    EPOLLIN | EPOLLOUT : EPOLLIN);
}

void
caller_flush(struct caller *k)
{
	int r = lines_flush(&k->lines);

	if (r < 0) {
		caller_drop(k, r == -EPIPE ? NULL : strerror(-r));
		return;
	}
	sd_event_source_set_io_events(k->source, lines_waiting(&k->lines) ?
	    EPOLLIN | EPOLLOUT : EPOLLIN);
}

void
caller_send_json(struct caller *k, json_t *m)
{
	char *text = m != NULL ? json_dumps(m, JSON_STYLE) : NULL;

	json_decref(m);
	if (text != NULL)
		caller_send(k, text, strlen(text));
	else
		caller_drop(k, "no memory for an answer");
	free(text);
}

void
caller_send_error(struct caller *k, json_t *id, int code, const char *message)
{
	caller_send_json(k, json_pack("{s:s, s:O, s:{s:i, s:s}}", "jsonrpc",
	    "2.0", "id", id, "error", "code", code, "message", message));
}

void
caller_send_result(struct caller *k, json_t *id, json_t *result)
{
	caller_send_json(k, json_pack("{s:s, s:O, s:O}", "jsonrpc", "2.0",
	    "id", id, "result", result));
}

/* Answers that need wait no longer go out, in the order of their requests. */
static void
answer_pending(struct caller *k, const struct store_report *r, int64_t t_ms)
{
	while (k->fd >= 0 && k->pending != NULL) {
		struct pending *p = k->pending;
		bool durable = p->ticket != 0 && p->ticket <= r->committed &&
		    r->lost_records == p->lost && !r->failing;

		if (!durable && !r->failing && p->ticket != 0 &&
		    t_ms < p->until_ms)
			return;
		k->pending = p->next;
		json_object_set_new(p->result, "durable",
		    json_boolean(durable));
		caller_send_result(k, p->id, p->result);
		free_pending(p);
	}
}

/* Sets the timer to the answer that must go out first. */
static void
set_late(struct callers *all)
{
	int64_t first = INT64_MAX;

	for (const struct caller *k = all->first; k != NULL; k = k->next)
		if (k->pending != NULL && k->pending->until_ms < first)
			first = k->pending->until_ms;
	if (first < INT64_MAX && sd_event_source_set_time(all->late,
	    (uint64_t)first * 1000) >= 0)
		(void)sd_event_source_set_enabled(all->late,
		    SD_EVENT_ONESHOT);
}

void
callers_answer(struct callers *all)
{
	struct store_report r;
	int64_t t_ms = clock_boot_ms();

	store_report(all->host->store, &r);
	for (struct caller *k = all->first; k != NULL; k = k->next)
		answer_pending(k, &r, t_ms);
	set_late(all);
}

static int
on_late(sd_event_source *s, uint64_t usec, void *arg)
{
	(void)s, (void)usec;
	callers_answer(arg);
	return 0;
}

void
caller_answer_durable(struct caller *k, json_t *id, json_t *result)
{
	struct pending *p = calloc(1, sizeof *p), **at = &k->pending;
	struct store_report r;

	if (p == NULL) {
		json_object_set_new(result, "durable", json_false());
		caller_send_result(k, id, result);
		return;
	}
	p->id = json_incref(id);
	p->result = json_incref(result);
	p->ticket = k->all->host->ticket(k->all->host->arg);
	p->until_ms = clock_boot_ms() + CONTROL_DURABLE_MS;
	store_report(k->all->host->store, &r);
	p->lost = r.lost_records;
	while (*at != NULL)
		at = &(*at)->next;
	*at = p;
	callers_answer(k->all);
}

int
callers_init(struct callers *all, sd_event *loop,
    const struct control_host *host)
{
	int r;

	memset(all, 0, sizeof *all);
	all->host = host;
	r = sd_event_add_time(loop, &all->late, CLOCK_BOOTTIME, 0, 1000,
	    on_late, all);
	return r < 0 ? r : sd_event_source_set_enabled(all->late,
	    SD_EVENT_OFF);
}

void
callers_free(struct callers *all)
{
	for (struct caller *k = all->first; k != NULL; k = k->next)
		caller_drop(k, NULL);
	callers_reap(all);
	all->late = sd_event_source_disable_unref(all->late);
}
