/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What waits to be stored: one ring of readings, one of records, in the order
 * of their tickets.
 *
 * Easy to get wrong: an entry stays in its ring until it is committed; only
 * then is its place free.  The thread reads entries without the lock, since
 * nobody changes them while they are in the ring.
 */
#ifndef DAEMON_STORE_QUEUE_H
#define DAEMON_STORE_QUEUE_H

#include "schemas/record.h"

struct queued_reading {
	uint64_t ticket;
	struct now now;
	uint32_t port;
	struct reading reading;
};

struct queued_record {
	uint64_t ticket;
	struct now now;
	bool clock;		/* a clock row; record means nothing */
	struct record record;	/* allocated up to the end of its text */
};

#define QUEUE_SPARES 8	/* an alarm and its notices, when memory is short */

struct store_queue {
	struct queued_record *spare[QUEUE_SPARES];	/* NULL: used up */
	struct queued_reading *reading;
	struct queued_record **record;
	size_t readings_cap, records_cap;
	size_t reading_head, readings_n;
	size_t record_head, records_n;
	uint64_t ticket;	/* the last one given out */
};

int store_queue_init(struct store_queue *q, size_t readings, size_t records)
    MUST_CHECK;
void store_queue_free(struct store_queue *q);

/* The ticket, or 0 if there is no room (a record: or no memory). */
uint64_t store_queue_reading(struct store_queue *q, const struct now *now,
    size_t port, const struct reading *r);
/* r NULL: a clock row. */
uint64_t store_queue_record(struct store_queue *q, const struct now *now,
    const struct record *r);

/* The i-th that waits (0: the oldest); i is below the count. */
const struct queued_reading *store_queue_reading_at(
    const struct store_queue *q, size_t i);
/* So many of the n readings from the i-th on lie one after the other there. */
size_t store_queue_row(const struct store_queue *q, size_t i, size_t n);
const struct queued_record *store_queue_record_at(
    const struct store_queue *q, size_t i);

/* The oldest of each kind are done with. */
void store_queue_drop(struct store_queue *q, size_t readings,
    size_t records);

#endif
