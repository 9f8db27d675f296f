/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One channel at work, on its own thread; see channel.h.
 *
 * Easy to get wrong: only the queue is shared with other threads.  Requests
 * and libcurl's handles belong to the channel's thread alone, and the lock is
 * never held while libcurl works.
 */
#include "notify/channel.h"

#include "daemon/clock.h"
#include "daemon/journal.h"
#include "notify/queue.h"
#include "notify/webhook.h"

#include <sys/eventfd.h>
#include <sys/random.h>
#include <sys/socket.h>

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct kind *const kinds[CHANNEL_KINDS] = {
	[CHANNEL_WEBHOOK] = &webhook_kind,
};

/* One attempt at a time. */
struct slot {
	struct request *request;
	CURL *easy;		/* under way; NULL: idle */
	struct held *held;	/* NULL for a heartbeat */
	struct notice notice;	/* what is being sent */
	int64_t taken_ms;
};

struct channel {
	const struct notify_channel *config;
	const struct kind *kind;
	int report;
	struct intake *intake;	/* NULL: notices come by themselves */
	int ended;		/* eventfd: the thread is about to end */
	pthread_t thread;
	CURLM *multi;
	struct slot slot[LANES];
	struct journal_limit said;	/* the thread's own, too */
	int64_t down_since_ms;	/* the thread's own; INT64_MAX: up */
	int64_t warn_ms;	/* of a certificate, not before */
	pthread_mutex_t lock;	/* of what follows */
	struct queue queue;
	bool stop;
};

#define WARN_MS (24 * 3600 * INT64_C(1000))

/* Says when the channel stops working and when it works again (what fails in
 * between is in vitalsd's log, attempt by attempt); and once a day that it soon
 * will not. */
static void
channel_say(struct channel *ch, const struct attempt *a, int64_t t_ms)
{
	bool up = a->outcome == OUTCOME_DELIVERED;

	if (a->expires_soon && t_ms >= ch->warn_ms) {
		journal_log(JOURNAL_WARNING, &(struct journal_fields){
		    .channel = ch->config->name }, "channel %s: %s",
		    ch->config->name, a->detail);
		ch->warn_ms = t_ms + WARN_MS;
	}
	if (up && ch->down_since_ms != INT64_MAX) {
		journal_limited(&ch->said, t_ms, JOURNAL_NOTICE,
		    &(struct journal_fields){
		    .message = JOURNAL_CHANNEL_WORKS,
		    .channel = ch->config->name }, "channel %s works again, "
		    "after %lld s", ch->config->name,
		    (long long)((t_ms - ch->down_since_ms) / 1000));
		ch->down_since_ms = INT64_MAX;
	} else if (!up && ch->down_since_ms == INT64_MAX) {
		journal_limited(&ch->said, t_ms, JOURNAL_WARNING,
		    &(struct journal_fields){
		    .message = JOURNAL_CHANNEL_FAILS,
		    .channel = ch->config->name }, "channel %s fails: %s; "
		    "trying again until it works", ch->config->name,
		    a->detail);
		ch->down_since_ms = t_ms;
	}
}

/* An attempt has ended: tells the queue and vitalsd. */
static void
slot_finish(struct channel *ch, struct slot *s, const struct attempt *a)
{
	struct delivery d = { .outcome = a->outcome };
	int64_t t_ms = clock_boot_ms();
	uint32_t random = 0;
	bool beat = s->held == NULL;

	/* Without random numbers the wait is merely the shortest. */
	if (getrandom(&random, sizeof(random), GRND_NONBLOCK) < 0)
		random = 0;
	channel_say(ch, a, t_ms);
	d.key = s->notice.key;
	memcpy(d.channel, ch->config->name, sizeof(d.channel));
	memcpy(d.detail, a->detail, sizeof(d.detail));
	d.took_ms = t_ms - s->taken_ms;
	pthread_mutex_lock(&ch->lock);
	if (beat) {
		d.attempt = ATTEMPT_HEARTBEAT;
		queue_beat_done(&ch->queue, a, t_ms);
	} else {
		d.attempt = s->held->attempts + 1;
		queue_done(&ch->queue, s->held, a, t_ms, random);
	}
	pthread_mutex_unlock(&ch->lock);
	s->easy = NULL;
	s->held = NULL;
	/* Fails only where the main thread is gone, and all ends anyway. */
	if (send(ch->report, &d, sizeof(d), MSG_NOSIGNAL) < 0)
		journal_debug("result of a notice had no taker");
}

/* Fills the idle slots with what is due. */
static void
slots_fill(struct channel *ch)
{
	for (int lane = 0; lane < LANES; lane++) {
		struct slot *s = &ch->slot[lane];
		int64_t t_ms = clock_boot_ms();
		struct attempt failed = { .outcome = OUTCOME_RETRY,
		    .named_ms = -1, .detail = "out of memory" };
		bool any;

		if (s->easy)
			continue;
		pthread_mutex_lock(&ch->lock);
		if (lane == LANE_HEARTBEAT)
			any = queue_next_beat(&ch->queue, t_ms, &s->notice);
		else {
			s->held = queue_next(&ch->queue, (enum lane)lane, t_ms);
			any = s->held != NULL;
			if (any)
				s->notice = s->held->notice;
		}
		pthread_mutex_unlock(&ch->lock);
		if (!any)
			continue;
		s->taken_ms = t_ms;
		s->easy = ch->kind->prepare(s->request, &s->notice,
		    clock_wall_ms());
		if (!s->easy || curl_multi_add_handle(ch->multi, s->easy))
			slot_finish(ch, s, &failed);
	}
}

/* Takes what libcurl has finished. */
static void
slots_collect(struct channel *ch)
{
	CURLMsg *m;
	int left;

	while ((m = curl_multi_info_read(ch->multi, &left)) != NULL) {
		CURL *easy = m->easy_handle;
		CURLcode end = m->data.result;
		struct attempt a;

		if (m->msg != CURLMSG_DONE)
			continue;
		for (int i = 0; i < LANES; i++) {
			struct slot *s = &ch->slot[i];

			if (s->easy != easy)
				continue;
			ch->kind->judge(s->request, end, clock_wall_ms(), &a);
			curl_multi_remove_handle(ch->multi, easy);
			slot_finish(ch, s, &a);
			break;
		}
	}
}

/* Waits for libcurl, for a notice, or for the connection to vitalsd. */
static void
channel_wait(struct channel *ch, int64_t wait_ms)
{
	struct curl_waitfd in = { .fd = -1, .events = CURL_WAIT_POLLIN };

	if (ch->intake)
		in.fd = intake_fd(ch->intake);
	if (curl_multi_poll(ch->multi, &in, in.fd >= 0 ? 1 : 0, (int)wait_ms,
	    NULL))
		journal_error("channel %s: libcurl cannot wait",
		    ch->config->name);
	else if (in.fd >= 0 && in.revents != 0)
		intake_read(ch->intake);
}

static void *
channel_work(void *arg)
{
	struct channel *ch = arg;
	int64_t due_ms, t_ms, wait_ms;
	bool stop = false;
	int running;

	while (!stop) {
		slots_fill(ch);
		if (curl_multi_perform(ch->multi, &running))
			journal_error("channel %s: libcurl failed",
			    ch->config->name);
		slots_collect(ch);
		pthread_mutex_lock(&ch->lock);
		due_ms = queue_due_ms(&ch->queue);
		stop = ch->stop;
		pthread_mutex_unlock(&ch->lock);
		/* What was never put off is due since INT64_MIN. */
		t_ms = clock_boot_ms();
		wait_ms = 60000;
		if (due_ms <= t_ms)
			wait_ms = 0;
		else if (due_ms - t_ms < wait_ms)
			wait_ms = due_ms - t_ms;
		if (!stop && wait_ms > 0)
			channel_wait(ch, wait_ms);
	}
	/* Giving up an attempt may have to wait for the resolver. */
	for (int i = 0; i < LANES; i++) {
		if (ch->slot[i].easy)
			curl_multi_remove_handle(ch->multi, ch->slot[i].easy);
		ch->kind->close(ch->slot[i].request);
		ch->slot[i].request = NULL;
	}
	if (eventfd_write(ch->ended, 1) < 0)
		journal_error("channel %s: its end cannot be told",
		    ch->config->name);
	return NULL;
}

static void
channel_free(struct channel *ch)
{
	for (int i = 0; i < LANES; i++)
		ch->kind->close(ch->slot[i].request);
	if (ch->multi)
		curl_multi_cleanup(ch->multi);
	if (ch->ended >= 0)
		close(ch->ended);
	pthread_mutex_destroy(&ch->lock);
	free(ch);
}

int
channel_start(const struct notify_channel *c, int report,
    struct intake *intake, struct channel **out)
{
	struct channel *ch = calloc(1, sizeof(*ch));
	int r = -ENOMEM;

	if (!ch)
		return -ENOMEM;
	ch->config = c;
	ch->kind = kinds[c->kind];
	ch->report = report;
	ch->intake = intake;
	ch->down_since_ms = INT64_MAX;
	queue_init(&ch->queue);
	pthread_mutex_init(&ch->lock, NULL);
	ch->ended = eventfd(0, EFD_CLOEXEC);
	if (ch->ended < 0) {
		r = -errno;
		goto fail;
	}
	ch->multi = curl_multi_init();
	if (!ch->multi || curl_multi_setopt(ch->multi, CURLMOPT_MAXCONNECTS,
	    (long)LANES))
		goto fail;
	for (int i = 0; i < LANES; i++) {
		ch->slot[i].request = ch->kind->open(c);
		if (!ch->slot[i].request)
			goto fail;
	}
	r = -pthread_create(&ch->thread, NULL, channel_work, ch);
	if (r < 0)
		goto fail;
	*out = ch;
	return 0;

fail:
	channel_free(ch);
	return r;
}

int
channel_submit(struct channel *ch, const struct notice *n, bool heartbeat)
{
	int r;

	pthread_mutex_lock(&ch->lock);
	r = queue_take(&ch->queue, n, heartbeat, clock_boot_ms());
	pthread_mutex_unlock(&ch->lock);
	/* Who submits to itself, from channel_wait(), is awake. */
	if (r == 0 && !pthread_equal(pthread_self(), ch->thread))
		channel_look_again(ch);
	return r;
}

void
channel_look_again(struct channel *ch)
{
	if (curl_multi_wakeup(ch->multi))
		journal_error("channel %s: libcurl cannot be woken",
		    ch->config->name);
}

bool
channel_room_again(struct channel *ch)
{
	bool room;

	pthread_mutex_lock(&ch->lock);
	room = queue_room_again(&ch->queue);
	pthread_mutex_unlock(&ch->lock);
	return room;
}

size_t
channel_waiting(struct channel *ch)
{
	size_t n;

	pthread_mutex_lock(&ch->lock);
	n = ch->queue.n;
	pthread_mutex_unlock(&ch->lock);
	return n;
}

void
channel_ask_stop(struct channel *ch)
{
	pthread_mutex_lock(&ch->lock);
	ch->stop = true;
	pthread_mutex_unlock(&ch->lock);
	/* Should this fail, the thread sees 'stop' when it next wakes. */
	curl_multi_wakeup(ch->multi);
}

int
channel_stop(struct channel *ch, int64_t wait_ms)
{
	struct pollfd p = { .fd = ch->ended, .events = POLLIN };
	int r;

	channel_ask_stop(ch);
	do
		r = poll(&p, 1, (int)wait_ms);
	while (r < 0 && errno == EINTR);
	if (r <= 0)
		return r < 0 ? -errno : -ETIMEDOUT;
	r = pthread_join(ch->thread, NULL);
	assert(r == 0);
	channel_free(ch);
	return 0;
}
