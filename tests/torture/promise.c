/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See promise.h.
 *
 * Easy to get wrong: what a report covers is what the whole of the trace up to
 * it makes of the log; it is read from there, not from the report.
 */
#include "tests/torture/promise.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define FDS 4096

struct promise {
	size_t point;
	struct extent extent;
};

/* What one read of a trace needs. */
struct reading_of {
	struct promises *all;
	const struct trace *trace;
	const struct reference *reference;
	const char *dir;
	struct disk *disk;
	int pauses;
	struct {
		char *text;
		size_t n;
	} sent[FDS];
};

static void
promise(struct promises *all, size_t point, int64_t seq, int64_t readings)
{
	struct promise p = { point, { seq, readings } };

	if (all->n > 0) {
		const struct extent *last = &all->promise[all->n - 1].extent;

		if (last->seq > seq)
			p.extent.seq = last->seq;
		if (last->readings > readings)
			p.extent.readings = last->readings;
	}
	all->promise = realloc(all->promise, (all->n + 1) *
	    sizeof *all->promise);
	assert_non_null(all->promise);
	all->promise[all->n++] = p;
}

/* One line that vitalsd sent; it may say that something is durable. */
static void
take_line(struct reading_of *r, size_t point, const char *line)
{
	json_t *m = json_loads(line, 0, NULL);
	const json_t *result = json_object_get(m, "result"), *event;
	const char *id = json_string_value(json_object_get(result,
	    "statement"));
	int64_t seq = -1;
	size_t i;

	if (!json_is_true(json_object_get(result, "durable"))) {
		json_decref(m);
		return;
	}
	if (id != NULL)
		seq = reference_find_statement(r->reference, id);
	else if (json_object_get(result, "until_ms") != NULL)
		seq = reference_find_pause(r->reference, ++r->pauses);
	else
		json_array_foreach(json_object_get(result, "acknowledged"), i,
		    event)
			seq = reference_find_ack(r->reference,
			    json_string_value(event));
	if (seq < 0)
		fail_msg("not even in the whole log: %s", line);
	promise(r->all, point, seq, 0);
	json_decref(m);
}

static void
take_sent(struct reading_of *r, size_t point, const struct trace_item *i)
{
	char *text, *end;

	assert_true(i->id < FDS);
	text = realloc(r->sent[i->id].text, r->sent[i->id].n + i->n + 1);
	assert_non_null(text);
	r->sent[i->id].text = text;
	memcpy(text + r->sent[i->id].n, i->data, i->n);
	r->sent[i->id].n += i->n;
	text[r->sent[i->id].n] = '\0';
	while ((end = strchr(text, '\n')) != NULL) {
		*end = '\0';
		take_line(r, point, text);
		r->sent[i->id].n -= (size_t)(end + 1 - text);
		memmove(text, end + 1, r->sent[i->id].n + 1);
	}
}

/* How far the log goes that was reported as committed at this point: all that
 * had been written by then. */
static void
take_report(struct reading_of *r, size_t point)
{
	struct extent e;
	sqlite3 *db;

	disk_move_to(r->disk, point);
	disk_clear(r->dir);
	disk_write(r->disk, POLICY_ALL, 1, r->dir);
	db = reference_open(r->dir);
	assert_non_null(db);
	e = reference_extent(db);
	sqlite3_close(db);
	promise(r->all, point, e.seq, e.readings);
}

void
promises_read(struct promises *p, const struct trace *t,
    const struct reference *reference, const char *dir)
{
	struct reading_of *r = calloc(1, sizeof *r);

	assert_non_null(r);
	memset(p, 0, sizeof *p);
	r->all = p;
	r->trace = t;
	r->reference = reference;
	r->dir = dir;
	r->disk = disk_new(t);
	for (size_t k = 0; k < t->items; k++) {
		const struct trace_item *i = &t->item[k];

		if (i->op == SHIM_TOLD)
			take_report(r, k);
		else if (i->op == SHIM_SENT)
			take_sent(r, k, i);
		else if (i->op == SHIM_CLOSED)
			r->sent[i->id].n = 0;
		for (size_t j = 0; i->op == SHIM_BEGIN && j < FDS; j++)
			r->sent[j].n = 0;
	}
	for (size_t j = 0; j < FDS; j++)
		free(r->sent[j].text);
	disk_free(r->disk);
	free(r);
}

void
promises_free(struct promises *p)
{
	free(p->promise);
	memset(p, 0, sizeof *p);
}

struct extent
promises_before(const struct promises *p, size_t point)
{
	struct extent e = { 0 };

	for (size_t i = 0; i < p->n && p->promise[i].point < point; i++)
		e = p->promise[i].extent;
	return e;
}
