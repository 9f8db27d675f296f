/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The two rings.
 *
 * Easy to get wrong: an empty ring begins at its first place again, so that a
 * ring that is never long touches few pages of memory.
 */
#include "daemon/store_queue.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

/* Not for fewer than these is it worth while to move readings, and not more than
 * those are moved at once (2 MB, a third of a millisecond). */
#define RING_FEW 1024
#define RING_MANY 32768

/* False where memory is short. */
static bool
fill_spares(struct store_queue *q)
{
	for (size_t i = 0; i < QUEUE_SPARES; i++) {
		if (q->spare[i] == NULL)
			q->spare[i] = malloc(sizeof *q->spare[i]);
		if (q->spare[i] == NULL)
			return false;
	}
	return true;
}

static struct queued_record *
take_spare(struct store_queue *q)
{
	struct queued_record *e = NULL;

	for (size_t i = 0; e == NULL && i < QUEUE_SPARES; i++) {
		e = q->spare[i];
		q->spare[i] = NULL;
	}
	return e;
}

int
store_queue_init(struct store_queue *q, size_t readings, size_t records)
{
	*q = (struct store_queue){ .readings_cap = readings,
		.records_cap = records };
	q->reading = calloc(readings, sizeof *q->reading);
	q->record = calloc(records, sizeof *q->record);
	if (q->reading == NULL || q->record == NULL || !fill_spares(q)) {
		store_queue_free(q);
		return -ENOMEM;
	}
	return 0;
}

void
store_queue_free(struct store_queue *q)
{
	if (q->record != NULL)
		store_queue_drop(q, 0, q->records_n);
	for (size_t i = 0; i < QUEUE_SPARES; i++)
		free(q->spare[i]);
	memset(q->spare, 0, sizeof q->spare);
	free(q->reading);
	free(q->record);
	q->reading = NULL;
	q->record = NULL;
}

/* How much of a record is meant: all of them end with their text, which is
 * mostly short, and of some there is a burst for each port. */
static size_t
used_of(const struct record *r)
{
	switch (r->class) {
	case RECORD_STATEMENT:
		return offsetof(struct record, statement.text) +
		    strlen(r->statement.text) + 1;
	case RECORD_ALARM:
		return offsetof(struct record, alarm.text) +
		    strlen(r->alarm.text) + 1;
	case RECORD_NOTICE:
		return offsetof(struct record, notice.body) +
		    r->notice.length;
	case RECORD_DELIVERY:
		return offsetof(struct record, delivery.detail) +
		    strlen(r->delivery.detail) + 1;
	case RECORD_EVENT:
		return offsetof(struct record, event.text) +
		    strlen(r->event.text) + 1;
	}
	return sizeof *r;
}

uint64_t
store_queue_reading(struct store_queue *q, const struct now *now, size_t port,
    const struct reading *r)
{
	struct queued_reading *e;

	if (q->readings_n == q->readings_cap)
		return 0;
	e = &q->reading[(q->reading_head + q->readings_n) % q->readings_cap];
	e->ticket = ++q->ticket;
	e->now = *now;
	e->port = (uint32_t)port;
	e->reading = *r;
	q->readings_n++;
	return e->ticket;
}

uint64_t
store_queue_record(struct store_queue *q, const struct now *now,
    const struct record *r)
{
	size_t used = r != NULL ? used_of(r) : 0;
	struct queued_record *e;

	if (q->records_n == q->records_cap)
		return 0;
	e = malloc(offsetof(struct queued_record, record) + used);
	if (e == NULL)
		e = take_spare(q);
	if (e == NULL)
		return 0;
	q->record[(q->record_head + q->records_n) % q->records_cap] = e;
	e->ticket = ++q->ticket;
	e->now = *now;
	e->clock = r == NULL;
	if (r != NULL)
		memcpy(&e->record, r, used);
	q->records_n++;
	return e->ticket;
}

const struct queued_reading *
store_queue_reading_at(const struct store_queue *q, size_t i)
{
	return &q->reading[(q->reading_head + i) % q->readings_cap];
}

size_t
store_queue_row(const struct store_queue *q, size_t i, size_t n)
{
	size_t left = q->readings_cap - (q->reading_head + i) % q->readings_cap;

	return n < left ? n : left;
}

const struct queued_record *
store_queue_record_at(const struct store_queue *q, size_t i)
{
	return q->record[(q->record_head + i) % q->records_cap];
}

/* A ring that goes round and round touches all its pages: what readings are left
 * move to its beginning, as soon as they find room before themselves.  So each is
 * moved once at the most, and the ring takes no more than some two or three times
 * the memory of what waits. */
static void
begin_again(struct store_queue *q)
{
	if (q->readings_n > 0 && (q->reading_head < RING_FEW ||
	    q->reading_head < q->readings_n || q->readings_n > RING_MANY ||
	    q->reading_head + q->readings_n > q->readings_cap))
		return;
	/* The two do not overlap: no more are left than lie before them. */
	if (q->readings_n > 0)
		memcpy(q->reading, q->reading + q->reading_head,
		    q->readings_n * sizeof *q->reading);
	q->reading_head = 0;
}

void
store_queue_drop(struct store_queue *q, size_t readings, size_t records)
{
	assert(readings <= q->readings_n && records <= q->records_n);
	for (size_t i = 0; i < records; i++)
		free(q->record[(q->record_head + i) % q->records_cap]);
	(void)fill_spares(q);	/* or the next time */
	q->readings_n -= readings;
	q->reading_head = (q->reading_head + readings) % q->readings_cap;
	begin_again(q);
	q->records_n -= records;
	q->record_head = q->records_n == 0 ? 0 :
	    (q->record_head + records) % q->records_cap;
}
