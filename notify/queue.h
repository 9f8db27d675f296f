/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The notices of one channel that wait, and in which order and when they go.
 * Pure: time and random numbers are given, nothing is allocated.
 *
 * Three lanes go side by side, one attempt each, so that nothing waits for
 * something less urgent: high priority, everything else, the heartbeat.
 *
 * Easy to get wrong: a wait is for what has failed already.  The first attempt
 * of an alarm is made at once, whatever the channel has just gone through.
 */
#ifndef NOTIFY_QUEUE_H
#define NOTIFY_QUEUE_H

#include "notify/kind.h"

#define QUEUE_MAX 256		/* notices; vitalsd's outbox has the rest */
#define QUEUE_DONE 256		/* keys remembered as delivered */
#define QUEUE_NEVER INT64_MAX

enum lane { LANE_HIGH = 0, LANE_OTHER = 1, LANE_HEARTBEAT = 2 };
#define LANES 3

struct held {
	struct notice notice;
	bool used;
	bool sending;
	enum outcome last;	/* meaningless before the first attempt */
	uint32_t attempts;	/* ended ones */
	uint64_t order;		/* of arrival */
	int64_t due_ms;
};

struct queue {
	struct held held[QUEUE_MAX];
	struct notice beat;	/* the newest heartbeat not yet sent */
	bool beat_waits;
	bool beat_sending;
	bool turned_away;	/* a notice found no room */
	bool down;		/* the last attempt of any lane failed */
	size_t n;
	uint64_t arrivals;
	int64_t pause_ms;	/* the receiver's wish: no retry, no heartbeat
				 * before this */
	struct event_id done[QUEUE_DONE];	/* a ring */
	size_t done_at;
};

void queue_init(struct queue *q);

/* Takes a notice (a copy).  0: taken; -EALREADY: this key waits here already;
 * -EEXIST: it was delivered; -ENOBUFS: no room, see queue_room_again().  A
 * heartbeat takes the place of an older one that has not been sent. */
int queue_take(struct queue *q, const struct notice *n, bool heartbeat,
    int64_t t_ms) MUST_CHECK;

/* The notice to be sent next in an idle lane, marked as being sent; NULL if
 * none is due.  Valid until queue_done() or queue_beat_done(). */
struct held *queue_next(struct queue *q, enum lane lane, int64_t t_ms) MUST_CHECK;

/* The same for the heartbeat: copies it out. */
bool queue_next_beat(struct queue *q, int64_t t_ms, struct notice *out) MUST_CHECK;

/* An attempt has ended.  What was delivered is gone, and if the channel was
 * down, all that failed with OUTCOME_RETRY is due now. */
void queue_done(struct queue *q, struct held *h, const struct attempt *a,
    int64_t t_ms, uint32_t random);
void queue_beat_done(struct queue *q, const struct attempt *a, int64_t t_ms);

/* When an idle lane next has something to send; QUEUE_NEVER if none has. */
int64_t queue_due_ms(const struct queue *q);

/* Once a notice was turned away and there is room again: true, once. */
bool queue_room_again(struct queue *q) MUST_CHECK;

#endif
