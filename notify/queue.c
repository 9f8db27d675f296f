/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The waiting notices of one channel; see queue.h.
 *
 * The places are far apart in memory and mostly empty, so that every search
 * ends at the last one that is taken.
 *
 * Easy to get wrong: nothing here is lost in silence.  What finds no room is
 * answered with -ENOBUFS, and vitalsd is asked for it again later.
 */
#include "notify/queue.h"

#include "notify/retry.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

void
queue_init(struct queue *q)
{
	memset(q, 0, sizeof(*q));
	q->pause_ms = INT64_MIN;
}

static enum lane
lane_of(const struct held *h)
{
	return h->notice.priority == PRIORITY_HIGH ? LANE_HIGH : LANE_OTHER;
}

int
queue_take(struct queue *q, const struct notice *n, bool heartbeat,
    int64_t t_ms)
{
	struct held *room = NULL;

	assert(n->key.n != 0);
	if (heartbeat) {
		q->beat = *n;
		q->beat_waits = true;
		return 0;
	}
	for (size_t i = 0; i < QUEUE_DONE; i++)
		if (event_id_equal(q->done[i], n->key))
			return -EEXIST;
	for (size_t i = 0, left = q->n; i < QUEUE_MAX && (left > 0 || !room);
	    i++) {
		if (!q->held[i].used) {
			room = room ? room : &q->held[i];
			continue;
		}
		left--;
		if (event_id_equal(q->held[i].notice.key, n->key))
			return -EALREADY;
	}
	if (!room) {
		q->turned_away = true;
		return -ENOBUFS;
	}
	*room = (struct held){ .notice = *n, .used = true,
	    .order = q->arrivals++, .due_ms = t_ms };
	q->n++;
	return 0;
}

/* When 'h' may be sent. */
static int64_t
held_due_ms(const struct queue *q, const struct held *h)
{
	if (h->attempts == 0 || h->due_ms > q->pause_ms)
		return h->due_ms;
	return q->pause_ms;
}

/* Priority first, then what was never tried, then what came first. */
static bool
goes_before(const struct held *a, const struct held *b)
{
	if (a->notice.priority != b->notice.priority)
		return a->notice.priority > b->notice.priority;
	if ((a->attempts == 0) != (b->attempts == 0))
		return a->attempts == 0;
	return a->order < b->order;
}

static bool
lane_busy(const struct queue *q, enum lane lane)
{
	if (lane == LANE_HEARTBEAT)
		return q->beat_sending;
	for (size_t i = 0, left = q->n; left > 0 && i < QUEUE_MAX; i++) {
		left -= q->held[i].used;
		if (q->held[i].used && q->held[i].sending &&
		    lane_of(&q->held[i]) == lane)
			return true;
	}
	return false;
}

struct held *
queue_next(struct queue *q, enum lane lane, int64_t t_ms)
{
	struct held *best = NULL;

	assert(lane != LANE_HEARTBEAT);
	if (lane_busy(q, lane))
		return NULL;
	for (size_t i = 0, left = q->n; left > 0 && i < QUEUE_MAX; i++) {
		struct held *h = &q->held[i];

		left -= h->used;
		if (!h->used || lane_of(h) != lane || held_due_ms(q, h) > t_ms)
			continue;
		if (!best || goes_before(h, best))
			best = h;
	}
	if (best)
		best->sending = true;
	return best;
}

bool
queue_next_beat(struct queue *q, int64_t t_ms, struct notice *out)
{
	if (!q->beat_waits || q->beat_sending || q->pause_ms > t_ms)
		return false;
	*out = q->beat;
	q->beat_waits = false;
	q->beat_sending = true;
	return true;
}

/* What the end of an attempt says about the channel. */
static void
channel_learns(struct queue *q, const struct attempt *a, int64_t t_ms)
{
	if (a->named_ms != RETRY_NONE)
		q->pause_ms = t_ms + a->named_ms;
	if (a->outcome != OUTCOME_DELIVERED) {
		q->down = true;
		return;
	}
	q->pause_ms = INT64_MIN;
	if (!q->down)
		return;
	q->down = false;
	for (size_t i = 0; i < QUEUE_MAX; i++) {
		struct held *h = &q->held[i];

		if (h->used && !h->sending && h->attempts > 0 &&
		    h->last == OUTCOME_RETRY && h->due_ms > t_ms)
			h->due_ms = t_ms;
	}
}

void
queue_done(struct queue *q, struct held *h, const struct attempt *a,
    int64_t t_ms, uint32_t random)
{
	assert(h->used && h->sending && q->n > 0);
	h->sending = false;
	h->attempts++;
	h->last = a->outcome;
	if (a->outcome == OUTCOME_DELIVERED) {
		q->done[q->done_at] = h->notice.key;
		q->done_at = (q->done_at + 1) % QUEUE_DONE;
		h->used = false;
		q->n--;
	} else
		h->due_ms = t_ms + retry_delay_ms(h->attempts, a->outcome,
		    a->named_ms, random);
	channel_learns(q, a, t_ms);
}

void
queue_beat_done(struct queue *q, const struct attempt *a, int64_t t_ms)
{
	assert(q->beat_sending);
	q->beat_sending = false;
	channel_learns(q, a, t_ms);
}

int64_t
queue_due_ms(const struct queue *q)
{
	const bool busy[2] = { lane_busy(q, LANE_HIGH),
	    lane_busy(q, LANE_OTHER) };
	int64_t due = QUEUE_NEVER;

	for (size_t i = 0, left = q->n; left > 0 && i < QUEUE_MAX; i++) {
		const struct held *h = &q->held[i];

		left -= h->used;
		if (h->used && !busy[lane_of(h)] && held_due_ms(q, h) < due)
			due = held_due_ms(q, h);
	}
	if (q->beat_waits && !q->beat_sending && q->pause_ms < due)
		due = q->pause_ms;
	return due;
}

bool
queue_room_again(struct queue *q)
{
	if (!q->turned_away || q->n > QUEUE_MAX / 2)
		return false;
	q->turned_away = false;
	return true;
}
