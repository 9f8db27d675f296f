/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See loop.h.
 *
 * Easy to get wrong: a line that is reported goes to the end of the kernel's
 * list.  So what a turn had no time for is kept for the next one: asked for
 * anew, the same lines could be the last of their lot for ever.
 */
#include "daemon/loop.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "daemon/clock.h"

#define LINES 64		/* taken at once, at most */
#define SOURCES 16		/* of sd-event's, in one turn */
#define TURN_MS 5		/* for lines, or for ticks, in one turn */
#define TICK_SLACK_US 50000
#define NEVER INT64_MAX

struct loop {
	sd_event *events;
	sd_event_source *timer;		/* for all ticks */
	int epoll;
	bool touched;
	void (*after)(void *arg);
	void *after_arg;
	/* Reported by the kernel; those from 'at' on are not served yet. */
	struct epoll_event ready[LINES];
	size_t ready_n, at;
	/* By loop_port.n; apart from each other, since all that is looked at
	 * each time is when they are due. */
	int64_t *due_ms;
	struct loop_port **port;	/* NULL: a free place */
	size_t ports_n, ports_cap;
	int64_t armed_ms;		/* what the timer is set to */
};

/* --- ticks -------------------------------------------------------------- */

static void
arm(struct loop *l, int64_t t_ms)
{
	int r = 0;

	l->armed_ms = t_ms;
	l->touched = true;
	if (t_ms != NEVER)
		r = sd_event_source_set_time(l->timer, t_ms > 0 ?
		    (uint64_t)t_ms * 1000 : 0);
	assert(r >= 0);
	r = sd_event_source_set_enabled(l->timer, t_ms != NEVER ?
	    SD_EVENT_ONESHOT : SD_EVENT_OFF);
	assert(r >= 0);
}

static int
on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	struct loop *l = arg;
	int64_t now_ms = clock_boot_ms(), next_ms = NEVER;

	(void)source, (void)usec;
	l->armed_ms = INT64_MIN;	/* not anew for each of them */
	for (size_t i = 0; i < l->ports_n; i++) {
		if (l->due_ms[i] > now_ms)
			continue;
		l->due_ms[i] = NEVER;
		l->port[i]->tick(l->port[i]->arg);
		if (clock_boot_ms() - now_ms > TURN_MS)
			break;
	}
	for (size_t i = 0; i < l->ports_n; i++)
		if (l->due_ms[i] < next_ms)
			next_ms = l->due_ms[i];
	arm(l, next_ms);
	return 0;
}

void
loop_tick_at(struct loop *l, const struct loop_port *p, int64_t t_ms)
{
	l->due_ms[p->n] = t_ms;
	if (t_ms < l->armed_ms)
		arm(l, t_ms);
}

static int
grow(struct loop *l)
{
	size_t cap = l->ports_cap > 0 ? 2 * l->ports_cap : 16;
	struct loop_port **port = realloc(l->port, cap * sizeof *port);
	int64_t *due_ms;

	if (port == NULL)
		return -ENOMEM;
	l->port = port;
	due_ms = realloc(l->due_ms, cap * sizeof *due_ms);
	if (due_ms == NULL)
		return -ENOMEM;
	l->due_ms = due_ms;
	l->ports_cap = cap;
	return 0;
}

int
loop_join(struct loop *l, struct loop_port *p)
{
	size_t i = 0;

	while (i < l->ports_n && l->port[i] != NULL)
		i++;
	if (i == l->ports_cap) {
		int r = grow(l);

		if (r < 0)
			return r;
	}
	if (i == l->ports_n)
		l->ports_n++;
	l->port[i] = p;
	l->due_ms[i] = NEVER;
	p->n = i;
	return 0;
}

void
loop_leave(struct loop *l, struct loop_port *p)
{
	l->port[p->n] = NULL;
	l->due_ms[p->n] = NEVER;
}

/* --- lines -------------------------------------------------------------- */

int
loop_watch(struct loop *l, struct loop_port *p, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = p };

	return epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) < 0 ? -errno : 0;
}

int
loop_watch_for(struct loop *l, struct loop_port *p, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.ptr = p };

	return epoll_ctl(l->epoll, EPOLL_CTL_MOD, fd, &e) < 0 ? -errno : 0;
}

void
loop_unwatch(struct loop *l, const struct loop_port *p, int fd)
{
	(void)epoll_ctl(l->epoll, EPOLL_CTL_DEL, fd, NULL);
	for (size_t i = l->at; i < l->ready_n; i++)
		if (l->ready[i].data.ptr == p)
			l->ready[i].events = 0;
}

static void
serve_lines(struct loop *l)
{
	int64_t begun_ms = clock_boot_ms();

	while (l->at < l->ready_n) {
		const struct epoll_event *e = &l->ready[l->at++];
		struct loop_port *p = e->data.ptr;

		if (p == NULL)
			l->touched = true;	/* sd-event's own */
		else if (e->events != 0)
			p->ready(p->arg, e->events);
		if (clock_boot_ms() - begun_ms > TURN_MS)
			break;
	}
	/* There may be more lines than were reported, and sd-event behind
	 * them. */
	if (l->at < l->ready_n || l->ready_n == LINES)
		l->touched = true;
}

/* --- sd-event ----------------------------------------------------------- */

/* Lets sd-event look at what is ready and arm its timers.  1 if a source is to
 * be dispatched, else 0 or negative errno. */
static int
settle(struct loop *l)
{
	int r = 0;

	if (l->touched && sd_event_get_state(l->events) == SD_EVENT_ARMED)
		r = sd_event_wait(l->events, 0);
	if (r == 0 && sd_event_get_state(l->events) == SD_EVENT_INITIAL)
		r = sd_event_prepare(l->events);
	l->touched = false;
	return r < 0 ? r :
	    sd_event_get_state(l->events) == SD_EVENT_PENDING;
}

static int
serve_sources(struct loop *l)
{
	int r = 0;

	for (int i = 0; i < SOURCES && (r = settle(l)) > 0; i++) {
		r = sd_event_dispatch(l->events);
		if (r < 0 || sd_event_get_state(l->events) ==
		    SD_EVENT_FINISHED)
			break;
	}
	return r < 0 ? r : 0;
}

int
loop_turn(struct loop *l, int wait_ms)
{
	int r = settle(l), n;

	if (r < 0)
		return r;
	if (l->at == l->ready_n) {
		n = epoll_wait(l->epoll, l->ready, LINES, r > 0 ? 0 : wait_ms);
		if (n < 0 && errno != EINTR)
			return -errno;
		l->at = 0;
		l->ready_n = n > 0 ? (size_t)n : 0;
		if (l->ready_n == 0 && r == 0)
			return 0;
	}
	serve_lines(l);
	r = serve_sources(l);
	if (r == 0 && l->after != NULL)
		l->after(l->after_arg);
	return r;
}

int
loop_run(struct loop *l)
{
	int code = 0, r = 0;

	while (r == 0 && sd_event_get_state(l->events) != SD_EVENT_FINISHED)
		r = loop_turn(l, -1);
	if (r == 0)
		r = sd_event_get_exit_code(l->events, &code);
	return r < 0 ? r : code;
}

/* --- the loop itself ---------------------------------------------------- */

int
loop_new(struct loop **out, sd_event *events)
{
	struct epoll_event e = { .events = EPOLLIN };
	struct loop *l = calloc(1, sizeof *l);
	int r;

	if (l == NULL)
		return -ENOMEM;
	l->events = sd_event_ref(events);
	l->touched = true;
	l->armed_ms = NEVER;
	l->epoll = epoll_create1(EPOLL_CLOEXEC);
	r = l->epoll < 0 || epoll_ctl(l->epoll, EPOLL_CTL_ADD,
	    sd_event_get_fd(events), &e) < 0 ? -errno : 0;
	if (r == 0)
		r = sd_event_add_time(events, &l->timer, CLOCK_BOOTTIME, 0,
		    TICK_SLACK_US, on_timer, l);
	if (r >= 0)
		r = sd_event_source_set_enabled(l->timer, SD_EVENT_OFF);
	if (r < 0) {
		loop_free(l);
		return r;
	}
	*out = l;
	return 0;
}

void
loop_free(struct loop *l)
{
	if (l == NULL)
		return;
	sd_event_source_disable_unref(l->timer);
	if (l->epoll >= 0)
		close(l->epoll);
	sd_event_unref(l->events);
	free(l->due_ms);
	free(l->port);
	free(l);
}

sd_event *
loop_events(const struct loop *l)
{
	return l->events;
}

void
loop_after(struct loop *l, void (*after)(void *arg), void *arg)
{
	l->after = after;
	l->after_arg = arg;
}

void
loop_touch(struct loop *l)
{
	l->touched = true;
}
