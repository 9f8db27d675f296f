/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See service.h.
 *
 * Easy to get wrong: the order in start() is the order of need.  The log comes
 * before the hub (what is to be resumed), the hub before whatever feeds it,
 * and the ports last, so that no reading finds a half-built daemon.
 */
#include "daemon/service.h"

#include <assert.h>
#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/control.h"
#include "daemon/health.h"
#include "daemon/hold.h"
#include "daemon/hotplug.h"
#include "daemon/hub.h"
#include "daemon/journal.h"
#include "daemon/loop.h"
#include "daemon/outbox.h"
#include "daemon/port.h"
#include "daemon/resume.h"
#include "daemon/setup.h"
#include "daemon/store.h"
#include "daemon/yield.h"
#include "daemon/supervisor.h"
#include "daemon/tell.h"

#define CLOSE_MS 1500		/* for the log, when ending */
#define LEAVE_TURNS 4		/* of 50 ms, for the last messages to monitors */

struct service {
	const struct paths *paths;
	struct config *config;
	struct config *first;	/* ports point into it for ever */
	sd_event *loop;		/* of all but the ports */
	struct loop *turns;	/* of all */
	sd_event_source *deadline, *stored, *term, *interrupt, *hangup;
	struct hub hub;
	struct store *store;
	struct outbox *outbox;
	struct control *control;
	struct hotplug *hotplug;
	struct health *health;
	struct port **port;
	struct resume resume;
	struct now started;
	uint64_t ticket;	/* of the last statement */
	bool refused;		/* one since somebody asked had no room */
	struct yield yield;
	struct now frame_now;	/* of this turn, if it had a frame */
	bool has_frame_now;
	int64_t armed_ms;	/* what the deadline timer is set to */
};

/* --- sinks -------------------------------------------------------------- */

static void
hub_reading_sink(void *arg, const struct now *now, size_t port,
    const struct reading *r)
{
	struct service *s = arg;

	(void)store_reading(s->store, now, port, r);
}

static void
hub_record_sink(void *arg, const struct now *now, const struct record *r,
    bool urgent)
{
	struct service *s = arg;
	uint64_t ticket;

	loop_touch(s->turns);
	/* Until hub_alarm_sink(), which comes next, has made its notices. */
	if (r->class == RECORD_ALARM)
		store_hold(s->store);
	ticket = store_record(s->store, now, r, urgent);
	tell_record(r);
	if (r->class != RECORD_STATEMENT)
		return;
	s->ticket = ticket;
	s->refused |= ticket == 0;
	if (r->statement.kind == STATEMENT_SESSION_START)
		resume_took_id(&s->resume, r->statement.session);
}

static void
hub_alarm_sink(void *arg, const struct now *now, const struct alarm_change *c,
    const char *label)
{
	struct service *s = arg;
	int bed = hub_find_bed(&s->hub, c->bed);

	loop_touch(s->turns);
	/* The notice first: all else can wait. */
	if (s->outbox != NULL)
		outbox_alarm(s->outbox, now, c, label);
	yield_to_notice(&s->yield);
	store_release(s->store);
	tell_alarm(c);
	control_changed(s->control, bed >= 0 ? (size_t)bed : s->hub.beds_n, true);
}

static void
hub_changed_sink(void *arg, size_t bed)
{
	struct service *s = arg;

	if (control_changed(s->control, bed, false))
		loop_touch(s->turns);
}

static void
outbox_trouble_sink(void *arg, const char *channel, bool holds,
    const char *why)
{
	struct service *s = arg;
	struct now now = clock_now();
	char text[256];

	snprintf(text, sizeof text, "notices for %s do not arrive: %s",
	    channel, why);
	hub_box(&s->hub, &now, BOX_UNDELIVERED, channel, holds,
	    holds ? text : "");
}

static struct now
outbox_now(void *arg)
{
	(void)arg;
	return clock_now();
}

static enum priority
outbox_worst(void *arg)
{
	struct service *s = arg;

	return hub_worst(&s->hub);
}

static size_t
outbox_sessions(void *arg)
{
	struct service *s = arg;

	return hub_sessions(&s->hub);
}

static void
port_frame_sink(void *arg, size_t index, const struct decoded *d)
{
	struct service *s = arg;

	/* The hub takes the frame's own time; of this it needs only how far the
	 * two clocks are apart. */
	if (!s->has_frame_now)
		s->frame_now = clock_now_synced(health_synced(s->health));
	s->has_frame_now = true;
	hub_frame(&s->hub, &s->frame_now, index, d);
}

static void
port_link_sink(void *arg, size_t index, enum line_state line,
    const char *why)
{
	struct service *s = arg;
	struct now now = clock_now();

	loop_touch(s->turns);
	if (line == LINE_SHARED)
		hub_shares(&s->hub, index, port_shares(s->port[index]));
	hub_link(&s->hub, &now, index, line, why);
}

static const struct port *
port_holder_sink(void *arg, const char *device)
{
	struct service *s = arg;

	for (size_t i = 0; i < s->config->ports_n; i++)
		if (s->port[i] != NULL && port_has(s->port[i], device))
			return s->port[i];
	return NULL;
}

static void
port_bytes_sink(void *arg, size_t index, int64_t t_ms, bool sent,
    const uint8_t *p, size_t n)
{
	struct service *s = arg;

	loop_touch(s->turns);
	control_bytes(s->control, index, t_ms, sent, p, n);
}

static uint64_t
control_ticket(void *arg)
{
	struct service *s = arg;
	uint64_t ticket = s->refused ? 0 : s->ticket;

	s->refused = false;
	return ticket;
}

static void
control_session_id(void *arg, size_t bed, int64_t wall_ms,
    char out[SESSION_ID_MAX])
{
	struct service *s = arg;

	resume_next_id(&s->resume, s->store, s->hub.bed[bed].id, wall_ms,
	    out);
}

/* --- the one deadline, and what became durable -------------------------- */

static int
on_deadline(sd_event_source *source, uint64_t usec, void *arg)
{
	struct service *s = arg;
	struct now now = clock_now();

	(void)source, (void)usec;
	s->armed_ms = HUB_NEVER;
	hub_tick(&s->hub, &now);
	return 0;
}

/* At the end of a turn: the timer follows the hub's deadline. */
static void
after_turn(void *arg)
{
	struct service *s = arg;
	int64_t next = hub_next_ms(&s->hub);
	int r;

	s->has_frame_now = false;
	if (yield_turn(&s->yield))
		loop_touch(s->turns);
	/* Every frame moves a deadline further off; a timer that is early finds
	 * nothing due and is set anew. */
	if (s->armed_ms <= next)
		return;
	s->armed_ms = next;
	loop_touch(s->turns);
	r = sd_event_source_set_time(s->deadline,
	    next < 0 ? 0 : (uint64_t)next * 1000);
	assert(r >= 0);
	r = sd_event_source_set_enabled(s->deadline, SD_EVENT_ONESHOT);
	assert(r >= 0);
}

static int
on_stored(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct service *s = arg;
	struct now now = clock_now();
	uint64_t n;

	(void)source, (void)events;
	(void)!read(fd, &n, sizeof n);
	health_look_at_log(s->health, &now);
	control_stored(s->control);
	return 0;
}

/* --- reload and signals ------------------------------------------------- */

static bool
reload(void *arg, struct complaints *why)
{
	struct service *s = arg;
	struct config *next = config_load(s->paths->config, why);
	struct config *last = s->config;
	const char *key;
	struct now now = clock_now();
	struct event e = { .kind = EVENT_CONFIG };

	if (next == NULL)
		return false;
	key = config_reloadable(s->config, next);
	if (key != NULL) {
		memset(why, 0, sizeof *why);
		why->n = 1;
		snprintf(why->item[0].text, sizeof why->item[0].text, "%s",
		    key);
		config_free(next);
		return false;
	}
	s->config = next;
	hub_site_limits(&s->hub, &next->limits);
	for (size_t i = 0; i < next->beds_n; i++)
		hub_label(&s->hub, i, next->beds[i].label);
	outbox_reload(s->outbox, next);
	control_reconfigure(s->control, next);
	if (last != s->first)
		config_free(last);
	snprintf(e.text, sizeof e.text, "configuration %s reloaded, SHA-256 "
	    "%s", s->paths->config, next->digest);
	hub_event(&s->hub, &now, &e);
	journal_log(JOURNAL_NOTICE, &(struct journal_fields){
	    .message = JOURNAL_CONFIG_TAKEN }, "%s", e.text);
	return true;
}

static int
on_signal(sd_event_source *source, const struct signalfd_siginfo *si,
    void *arg)
{
	struct service *s = arg;
	struct complaints *why;

	(void)source;
	if (si->ssi_signo != SIGHUP)
		return sd_event_exit(s->loop, 0);
	supervisor_tell("RELOADING=1");
	why = calloc(1, sizeof *why);
	if (why != NULL && !reload(s, why))
		setup_complain_config(s->paths->config, why,
		    "the running one stays");
	free(why);
	supervisor_tell("READY=1");
	return 0;
}

/* --- putting it together ------------------------------------------------ */

static int
add_sources(struct service *s)
{
	int r;

	if ((r = sd_event_add_io(s->loop, &s->stored, store_fd(s->store),
	    EPOLLIN, on_stored, s)) < 0 ||
	    /* An accuracy of 0 would mean 250 ms. */
	    (r = sd_event_add_time(s->loop, &s->deadline, CLOCK_BOOTTIME, 0,
	    1, on_deadline, s)) < 0 ||
	    (r = sd_event_source_set_enabled(s->deadline, SD_EVENT_OFF)) < 0 ||
	    (r = yield_init(&s->yield, s->loop, s->store)) < 0 ||
	    (r = sd_event_add_signal(s->loop, &s->term, SIGTERM, on_signal,
	    s)) < 0 ||
	    (r = sd_event_add_signal(s->loop, &s->interrupt, SIGINT,
	    on_signal, s)) < 0 ||
	    (r = sd_event_add_signal(s->loop, &s->hangup, SIGHUP, on_signal,
	    s)) < 0)
		return r;
	return 0;
}

static void
on_hotplug(void *arg)
{
	struct service *s = arg;

	for (size_t i = 0; i < s->config->ports_n; i++)
		if (s->port[i] != NULL)
			port_hotplug(s->port[i]);
}

static int
open_ports(struct service *s)
{
	struct port_sink sink = { s, port_frame_sink, port_link_sink,
		port_bytes_sink, port_holder_sink };
	int r;

	for (size_t i = 0; i < s->config->ports_n; i++) {
		r = port_new(&s->port[i], s->turns, &s->config->ports[i], i,
		    &sink);
		if (r < 0)
			return r;
	}
	r = hotplug_new(&s->hotplug, s->loop, "/dev", on_hotplug, s);
	if (r < 0)
		journal_warning("plugs are noticed every 2 s only: %s",
		    strerror(-r));
	return 0;
}

static int
start(struct service *s)
{
	struct hub_sink hub_sink = { s, hub_reading_sink, hub_record_sink,
		hub_alarm_sink, hub_changed_sink };
	struct outbox_sink outbox_sink = { s, outbox_now, hub_record_sink,
		outbox_trouble_sink, outbox_worst, outbox_sessions };
	struct control_host host = { .arg = s, .hub = &s->hub,
		.ticket = control_ticket, .session_id = control_session_id,
		.reload = reload };
	struct event e = { .kind = EVENT_START };
	uint64_t start_id;
	int r;

	if ((r = setup_load_config(s->paths->config, &s->config)) < 0 ||
	    (r = setup_make_directory(s->paths->state, 0750)) < 0 ||
	    /* Other users come in here; the sockets decide who does what. */
	    (r = setup_make_directory(s->paths->run, 0755)) < 0)
		return r;
	s->first = s->config;
	if (getrandom(&start_id, sizeof start_id, 0) != sizeof start_id)
		return -EIO;
	s->started = clock_now();
	s->port = calloc(s->config->ports_n, sizeof *s->port);
	if (s->port == NULL)
		return -ENOMEM;
	if ((r = sd_event_default(&s->loop)) < 0 ||
	    (r = loop_new(&s->turns, s->loop)) < 0 ||
	    (r = setup_open_log(&s->store, &s->resume.restored, s->config,
	    s->paths->state, &s->started, start_id)) < 0 ||
	    (r = setup_make_hub(&s->hub, s->config, &s->started, start_id,
	    &hub_sink)) < 0)
		return r;
	r = outbox_new(&s->outbox, s->loop, s->paths->notify_sock, s->config,
	    &s->hub.ids, &outbox_sink);
	if (r < 0) {
		setup_complain_socket(s->paths->notify_sock, r);
		return r;
	}
	host.config = s->config;
	host.port = s->port;
	host.store = s->store;
	host.outbox = s->outbox;
	host.started = s->started;
	r = control_new(&s->control, s->loop, s->paths->control_sock, &host);
	if (r < 0) {
		setup_complain_socket(s->paths->control_sock, r);
		return r;
	}
	if ((r = health_new(&s->health, s->loop, &s->started, &s->hub,
	    s->store, s->port, s->config->ports_n)) < 0 ||
	    (r = add_sources(s)) < 0)
		return r;
	snprintf(e.text, sizeof e.text, "vitalsd %s, configuration %s, "
	    "SHA-256 %s", VITALSD_VERSION, s->paths->config,
	    s->config->digest);
	hub_event(&s->hub, &s->started, &e);
	resume_sessions(&s->resume, &s->hub, s->outbox, &s->started);
	r = open_ports(s);
	/* What reading the configuration and the log took, and is over. */
	malloc_trim(0);
	return r;
}

/* Takes leave of monitors that hold a connection, and gives the last message
 * the time that it needs on the wire. */
static void
take_leave(struct service *s)
{
	const struct timespec pause = { 0, 50000000 };
	bool unsent = false;

	for (size_t i = 0; s->port != NULL && i < s->config->ports_n; i++)
		unsent |= s->port[i] != NULL && port_release(s->port[i]);
	/* First the pause: an adapter holds bytes that the kernel counts as
	 * sent, and a pseudo-terminal counts none. */
	for (int turns = 0; unsent && turns < LEAVE_TURNS; turns++) {
		nanosleep(&pause, NULL);
		unsent = false;
		for (size_t i = 0; i < s->config->ports_n; i++)
			unsent |= s->port[i] != NULL &&
			    port_unsent(s->port[i]);
	}
}

static void
stop(struct service *s)
{
	struct now now = clock_now();

	take_leave(s);
	for (size_t i = 0; s->port != NULL && i < s->config->ports_n; i++)
		port_free(s->port[i]);
	hotplug_free(s->hotplug);
	health_free(s->health);
	control_free(s->control);
	outbox_free(s->outbox);
	sd_event_source_disable_unref(s->deadline);
	yield_end(&s->yield);
	sd_event_source_disable_unref(s->stored);
	sd_event_source_disable_unref(s->term);
	sd_event_source_disable_unref(s->interrupt);
	sd_event_source_disable_unref(s->hangup);
	if (s->store != NULL)
		store_close(s->store, &now, CLOSE_MS);
	resume_free(&s->resume);
	loop_free(s->turns);
	sd_event_unref(s->loop);
	free(s->port);
	setup_free_hub(&s->hub);
	if (s->first != s->config)
		config_free(s->first);
	config_free(s->config);
}

int
service_run(const struct paths *paths)
{
	struct service s = { .paths = paths, .armed_ms = HUB_NEVER };
	sigset_t signals;
	int r;

	/* The loop takes these; threads inherit the mask. */
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	r = start(&s);
	if (r < 0) {
		/* That error is the file's, and was told line by line. */
		journal_error("vitalsd cannot run: %s", s.config == NULL &&
		    r == -EINVAL ? "its configuration is refused, see above" :
		    strerror(-r));
		hold_failed_start(paths->run, paths->config, s.config == NULL ?
		    HOLD_CONFIG_MS : HOLD_OTHER_MS);
	} else {
		hold_forget(paths->run);
		journal_log(JOURNAL_NOTICE, &(struct journal_fields){
		    .message = JOURNAL_RUNNING }, "vitalsd %s is running: "
		    "%zu bed%s, %zu monitor%s", VITALSD_VERSION, s.config->beds_n,
		    s.config->beds_n == 1 ? "" : "s", s.config->ports_n,
		    s.config->ports_n == 1 ? "" : "s");
		supervisor_tell("READY=1\nSTATUS=beds: %zu, monitors: "
		    "%zu", s.config->beds_n, s.config->ports_n);
		loop_after(s.turns, after_turn, &s);
		r = loop_run(s.turns);
		supervisor_tell("STOPPING=1");
		journal_log(JOURNAL_NOTICE, &(struct journal_fields){
		    .message = JOURNAL_ENDED }, "vitalsd ends%s%s",
		    r < 0 ? ": " : "", r < 0 ? strerror(-r) : "");
	}
	stop(&s);
	return r < 0 ? 1 : 0;
}
