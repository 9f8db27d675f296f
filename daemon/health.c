/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See health.h.
 *
 * Easy to get wrong: a step of the wall clock is what it moved against
 * CLOCK_BOOTTIME since the last look, whoever looks first: the second that sees
 * the same step finds nothing moved.
 */
#include "daemon/health.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/every.h"
#include "daemon/journal.h"
#include "daemon/supervisor.h"

#define HEALTH_MS 1000
#define STORE_HUNG_MS 5000	/* the store thread is given up on: T9 */
#define STEP_NOTED_MS 100	/* a step of the wall clock worth a record */
#define STEP_ALARM_MS 1000	/* and worth an alarm: T7 */
#define ANCHOR_MS 10		/* drift after which readings get a new anchor */
#define DISK_LOW_PERCENT 5
#define WAL_HELD_BYTES (16 << 20)	/* what a log that is tidied never has */
#define WAL_HELD_MS 10000		/* for so long */
#define FROZEN_MS 5000	/* did not run for so long: a gap in the log */

struct health {
	struct hub *hub;
	struct store *store;
	struct port *const *port;
	size_t ports_n;
	sd_event_source *health, *watchdog, *step;
	int step_fd;
	int64_t offset_ms;	/* wall minus BOOTTIME, when last looked */
	int64_t anchor_ms;	/* the same, as readings have it */
	struct journal_limit stepped;
	bool synced, log_failing;
	int64_t held_ms;	/* the log is held since; INT64_MAX: not */
	int64_t ran_ms;		/* when it last looked */
	int64_t thawed_ms;	/* when it last did so after a gap */
	uint64_t *turns;	/* of each port, at the last WATCHDOG=1 */
};

/* A reader that does not end keeps the WAL from being used again. */
static void
look_at_wal(struct health *h, const struct now *now, uint64_t bytes)
{
	char why[128];

	if (bytes <= WAL_HELD_BYTES)
		h->held_ms = INT64_MAX;
	else if (h->held_ms == INT64_MAX)
		h->held_ms = now->t_ms;
	snprintf(why, sizeof why, "a program has been reading the log for too "
	    "long: log.db-wal has %llu MiB", (unsigned long long)bytes >> 20);
	hub_box(h->hub, now, BOX_LOG_HELD, "", h->held_ms != INT64_MAX &&
	    now->t_ms - h->held_ms >= WAL_HELD_MS, why);
}

void
health_look_at_log(struct health *h, const struct now *now)
{
	/* The store's thread did not run when we did not. */
	int64_t from_ms = now->t_ms - h->ran_ms >= FROZEN_MS ? now->t_ms :
	    h->thawed_ms;
	struct store_report r;
	char why[256];
	bool hung, failing;

	store_report(h->store, &r);
	if (r.answered_ms > from_ms)
		from_ms = r.answered_ms;
	hung = now->t_ms - from_ms > STORE_HUNG_MS;
	failing = r.failing || hung;
	if (hung)
		snprintf(why, sizeof why, "the log's disk has not answered "
		    "for %lld s", (long long)(now->t_ms - from_ms) / 1000);
	else
		snprintf(why, sizeof why, "the log cannot be written: %s",
		    r.why);
	if (failing != h->log_failing) {
		if (failing)
			journal_log(JOURNAL_ERROR, &(struct journal_fields){
			    .message = JOURNAL_LOG_FAILING }, "%s; alarms and "
			    "notices go on without it", why);
		else
			journal_log(JOURNAL_NOTICE, &(struct journal_fields){
			    .message = JOURNAL_LOG_OK }, "the log is written "
			    "again; lost since the start: %llu readings, %llu records",
			    (unsigned long long)r.lost_readings,
			    (unsigned long long)r.lost_records);
		h->log_failing = failing;
	}
	hub_box(h->hub, now, BOX_LOG_FAILING, "", failing,
	    failing ? why : "");
	snprintf(why, sizeof why, "only %d %% of the log's disk is free",
	    r.disk_free_percent);
	hub_box(h->hub, now, BOX_DISK_LOW, "", r.disk_free_percent >= 0 &&
	    r.disk_free_percent < DISK_LOW_PERCENT, why);
	look_at_wal(h, now, r.wal_bytes);
}

static void
look_at_clock(struct health *h, const struct now *now)
{
	int64_t offset = now->wall_ms - now->t_ms;
	int64_t moved = offset - h->offset_ms;
	struct event e = { .kind = EVENT_CLOCK_STEP, .count = moved };
	char why[128];

	h->offset_ms = offset;
	if (llabs(offset - h->anchor_ms) >= ANCHOR_MS ||
	    now->synced != h->synced) {
		store_clock(h->store, now);
		h->anchor_ms = offset;
	}
	if (llabs(moved) >= STEP_NOTED_MS) {
		snprintf(e.text, sizeof e.text, "the wall clock was stepped by "
		    "%+lld ms", (long long)moved);
		hub_event(h->hub, now, &e);
		journal_limited(&h->stepped, now->t_ms, JOURNAL_NOTICE,
		    &(struct journal_fields){ 0 }, "%s", e.text);
	}
	if (llabs(moved) >= STEP_ALARM_MS) {
		snprintf(why, sizeof why, "the clock was stepped by %+.1f s; "
		    "durations are not affected", (double)moved / 1000);
		hub_box(h->hub, now, BOX_CLOCK_STEPPED, "", true, why);
	}
	if (now->synced != h->synced) {
		struct event sync = { .kind = EVENT_CLOCK_SYNC,
			.count = now->synced };

		snprintf(sync.text, sizeof sync.text, "clock synchronisation "
		    "%s", now->synced ? "gained" : "lost");
		hub_event(h->hub, now, &sync);
		h->synced = now->synced;
	}
	hub_box(h->hub, now, BOX_CLOCK_UNSYNCED, "", !now->synced,
	    "the clock is not synchronised");
}

static int
set_step_timer(struct health *h)
{
	struct itimerspec far = { .it_value.tv_sec = 0 };

	far.it_value.tv_sec = time(NULL) + 10LL * 365 * 86400;
	if (timerfd_settime(h->step_fd, TFD_TIMER_ABSTIME |
	    TFD_TIMER_CANCEL_ON_SET, &far, NULL) < 0)
		return -errno;
	return 0;
}

/* The kernel wakes us exactly when somebody sets the wall clock. */
static int
on_step(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct health *h = arg;
	struct now now = clock_now();
	uint64_t n;

	(void)source, (void)events;
	(void)!read(fd, &n, sizeof n);
	look_at_clock(h, &now);
	return set_step_timer(h);
}

/* The machine was suspended, or gave us no time: nobody watched meanwhile. */
static void
look_at_self(struct health *h, const struct now *now)
{
	int64_t for_ms = now->t_ms - h->ran_ms;
	struct event e = { .kind = EVENT_GAP, .count = for_ms,
		.from_ms = now->wall_ms - for_ms, .to_ms = now->wall_ms };
	bool told = false;

	h->ran_ms = now->t_ms;
	if (for_ms < FROZEN_MS)
		return;
	h->thawed_ms = now->t_ms;
	snprintf(e.text, sizeof e.text, "vitalsd did not run for %lld.%lld s "
	    "(suspended?)", (long long)for_ms / 1000,
	    (long long)for_ms % 1000 / 100);
	journal_warning("%s", e.text);
	for (size_t i = 0; i < h->hub->beds_n; i++) {
		const struct hub_bed *b = &h->hub->bed[i];

		if (b->session.id[0] == '\0')
			continue;
		snprintf(e.bed, sizeof e.bed, "%s", b->id);
		snprintf(e.session, sizeof e.session, "%s", b->session.id);
		hub_event(h->hub, now, &e);
		told = true;
	}
	/* A session may be entered later that had begun before. */
	if (!told)
		hub_event(h->hub, now, &e);
}

static int
on_health(sd_event_source *source, uint64_t usec, void *arg)
{
	struct health *h = arg;
	struct now now = clock_now();

	look_at_self(h, &now);
	health_look_at_log(h, &now);
	look_at_clock(h, &now);
	return every_again(source, usec, HEALTH_MS);
}

/* Alive means: the loop turns (this runs), every port's timer has run, and the
 * hub's deadline is not overdue.  The store is judged elsewhere: a stuck disk
 * must not end in a kill. */
static int
on_watchdog(sd_event_source *source, uint64_t usec, void *arg)
{
	struct health *h = arg;
	bool alive = hub_next_ms(h->hub) > clock_boot_ms() - 1000;
	int r;

	(void)usec;
	for (size_t i = 0; i < h->ports_n; i++) {
		uint64_t t = port_turns(h->port[i]);

		alive &= t != h->turns[i];
		h->turns[i] = t;
	}
	if (alive)
		supervisor_tell("WATCHDOG=1\nREADY=1");
	r = sd_event_source_set_time_relative(source,
	    supervisor_watchdog_us());
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int
add_sources(struct health *h, sd_event *loop)
{
	uint64_t watchdog_us = supervisor_watchdog_us();
	int r;

	h->step_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC |
	    TFD_NONBLOCK);
	if (h->step_fd < 0)
		return -errno;
	if ((r = set_step_timer(h)) < 0 ||
	    (r = sd_event_add_io(loop, &h->step, h->step_fd, EPOLLIN,
	    on_step, h)) < 0 ||
	    (r = sd_event_add_time_relative(loop, &h->health, CLOCK_BOOTTIME,
	    0, 1000, on_health, h)) < 0)
		return r;
	if (watchdog_us > 0)
		return sd_event_add_time_relative(loop, &h->watchdog,
		    CLOCK_BOOTTIME, watchdog_us, 1000, on_watchdog, h);
	return 0;
}

int
health_new(struct health **out, sd_event *loop, const struct now *started,
    struct hub *hub, struct store *store, struct port *const *port,
    size_t ports_n)
{
	struct health *h = calloc(1, sizeof *h);
	int r = -ENOMEM;

	if (h == NULL)
		return r;
	h->hub = hub;
	h->store = store;
	h->port = port;
	h->ports_n = ports_n;
	h->step_fd = -1;
	h->offset_ms = started->wall_ms - started->t_ms;
	h->anchor_ms = h->offset_ms;
	h->synced = started->synced;
	h->ran_ms = clock_boot_ms();
	h->held_ms = INT64_MAX;
	h->turns = calloc(ports_n, sizeof *h->turns);
	if (h->turns == NULL || (r = add_sources(h, loop)) < 0) {
		health_free(h);
		return r;
	}
	*out = h;
	return 0;
}

void
health_free(struct health *h)
{
	if (h == NULL)
		return;
	sd_event_source_disable_unref(h->health);
	sd_event_source_disable_unref(h->watchdog);
	sd_event_source_disable_unref(h->step);
	if (h->step_fd >= 0)
		close(h->step_fd);
	free(h->turns);
	free(h);
}

bool
health_synced(const struct health *h)
{
	return h->synced;
}
