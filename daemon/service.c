/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See service.h.
 *
 * Easy to get wrong: the order in start() is the order of need.  The log comes
 * before the hub (what is to be resumed), the hub before whatever feeds it,
 * and the ports last, so that no reading finds a half-built daemon.
 */
#include "daemon/service.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/timerfd.h>
#include <systemd/sd-daemon.h>
#include <systemd/sd-event.h>
#include <time.h>
#include <unistd.h>

#include "alerts/message.h"
#include "daemon/clock.h"
#include "daemon/control.h"
#include "daemon/hotplug.h"
#include "daemon/hub.h"
#include "daemon/journal.h"
#include "daemon/json.h"
#include "daemon/outbox.h"
#include "daemon/port.h"
#include "daemon/resume.h"
#include "daemon/store.h"

#define HEALTH_MS 1000
#define STORE_HUNG_MS 5000	/* the store thread is given up on: T9 */
#define STEP_NOTED_MS 100	/* a step of the wall clock worth a record */
#define STEP_ALARM_MS 1000	/* and worth an alarm: T7 */
#define ANCHOR_MS 10		/* drift after which readings get a new anchor */
#define DISK_LOW_PERCENT 5
#define CLOSE_MS 1500		/* for the log, when ending */

/* A configuration that ports still point into. */
struct old_config {
	struct old_config *next;
	struct config *config;
};

struct service {
	const struct paths *paths;
	struct config *config;
	struct old_config *old;
	sd_event *loop;
	sd_event_source *deadline, *post, *health, *watchdog, *step, *term,
	    *interrupt, *hangup, *stored;
	struct hub hub;
	struct store *store;
	struct outbox *outbox;
	struct control *control;
	struct hotplug *hotplug;
	struct port **port;
	struct resume resume;
	struct now started;
	uint64_t ticket;	/* of the last statement */
	bool refused;		/* one since somebody asked had no room */
	int64_t armed_ms;	/* what the deadline timer is set to */
	int step_fd;
	int64_t offset_ms;	/* wall minus BOOTTIME, when last looked */
	int64_t anchor_ms;	/* the same, as readings have it */
	bool synced, log_failing;
	uint64_t *turns;	/* of each port, at the last WATCHDOG=1 */
	uint64_t ticks, ticks_before;
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

	uint64_t ticket = store_record(s->store, now, r, urgent);

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
	char text[TEXT_MAX];

	message_text(c, now->t_ms, text, sizeof text);
	journal_notice("alarm %s: %s", alarm_phase_name(c->phase), text);
	if (s->outbox != NULL)
		outbox_alarm(s->outbox, now, c, label);
	control_changed(s->control, true);
}

static void
hub_changed_sink(void *arg, size_t bed)
{
	struct service *s = arg;

	(void)bed;
	control_changed(s->control, false);
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
	struct now now = clock_now();

	hub_frame(&s->hub, &now, index, d);
}

static void
port_link_sink(void *arg, size_t index, bool open, const char *why)
{
	struct service *s = arg;
	struct now now = clock_now();

	hub_link(&s->hub, &now, index, open, why);
}

static void
port_bytes_sink(void *arg, size_t index, int64_t t_ms, bool sent,
    const uint8_t *p, size_t n)
{
	struct service *s = arg;

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

/* --- the one deadline --------------------------------------------------- */

static int
on_deadline(sd_event_source *source, uint64_t usec, void *arg)
{
	struct service *s = arg;
	struct now now = clock_now();

	(void)source, (void)usec;
	s->armed_ms = HUB_NEVER;
	hub_tick(&s->hub, &now);
	s->ticks++;
	return 0;
}

/* After whatever was dispatched: the timer follows the hub's deadline. */
static int
on_post(sd_event_source *source, void *arg)
{
	struct service *s = arg;
	int64_t next = hub_next_ms(&s->hub);
	int r;

	(void)source;
	if (next == s->armed_ms)
		return 0;
	s->armed_ms = next;
	if (next == HUB_NEVER)
		return sd_event_source_set_enabled(s->deadline, SD_EVENT_OFF);
	r = sd_event_source_set_time(s->deadline,
	    next < 0 ? 0 : (uint64_t)next * 1000);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(s->deadline, SD_EVENT_ONESHOT);
}

/* --- health: log, disk, clock ------------------------------------------- */

static void
look_at_log(struct service *s, const struct now *now)
{
	struct store_report r;
	char why[256];
	bool hung, failing;

	store_report(s->store, &r);
	hung = now->t_ms - r.answered_ms > STORE_HUNG_MS;
	failing = r.failing || hung;
	if (hung)
		snprintf(why, sizeof why, "the log's disk has not answered "
		    "for %lld s", (long long)(now->t_ms - r.answered_ms) /
		    1000);
	else
		snprintf(why, sizeof why, "the log cannot be written: %s",
		    r.why);
	if (failing != s->log_failing) {
		if (failing)
			journal_error("%s", why);
		else
			journal_notice("the log is written again; lost: %llu "
			    "readings, %llu records",
			    (unsigned long long)r.lost_readings,
			    (unsigned long long)r.lost_records);
		s->log_failing = failing;
	}
	hub_box(&s->hub, now, BOX_LOG_FAILING, "", failing,
	    failing ? why : "");
	snprintf(why, sizeof why, "only %d %% of the log's disk is free",
	    r.disk_free_percent);
	hub_box(&s->hub, now, BOX_DISK_LOW, "", r.disk_free_percent >= 0 &&
	    r.disk_free_percent < DISK_LOW_PERCENT, why);
}

static void
look_at_clock(struct service *s, const struct now *now)
{
	int64_t offset = now->wall_ms - now->t_ms;
	int64_t moved = offset - s->offset_ms;
	struct event e = { .kind = EVENT_CLOCK_STEP, .count = moved };
	char why[128];

	s->offset_ms = offset;
	if (llabs(offset - s->anchor_ms) >= ANCHOR_MS ||
	    now->synced != s->synced) {
		store_clock(s->store, now);
		s->anchor_ms = offset;
	}
	if (llabs(moved) >= STEP_NOTED_MS) {
		snprintf(e.text, sizeof e.text, "the wall clock was stepped by "
		    "%+lld ms", (long long)moved);
		hub_event(&s->hub, now, &e);
		journal_notice("%s", e.text);
	}
	if (llabs(moved) >= STEP_ALARM_MS) {
		snprintf(why, sizeof why, "the clock was stepped by %+.1f s; "
		    "durations are not affected", (double)moved / 1000);
		hub_box(&s->hub, now, BOX_CLOCK_STEPPED, "", true, why);
	}
	if (now->synced != s->synced) {
		struct event sync = { .kind = EVENT_CLOCK_SYNC,
			.count = now->synced };

		snprintf(sync.text, sizeof sync.text, "clock synchronisation "
		    "%s", now->synced ? "gained" : "lost");
		hub_event(&s->hub, now, &sync);
		s->synced = now->synced;
	}
	hub_box(&s->hub, now, BOX_CLOCK_UNSYNCED, "", !now->synced,
	    "the clock is not synchronised");
}

static int
on_health(sd_event_source *source, uint64_t usec, void *arg)
{
	struct service *s = arg;
	struct now now = clock_now();
	int r;

	(void)usec;
	look_at_log(s, &now);
	look_at_clock(s, &now);
	r = sd_event_source_set_time_relative(source, HEALTH_MS * 1000);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

static int
on_stored(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct service *s = arg;
	struct now now = clock_now();
	uint64_t n;

	(void)source, (void)events;
	(void)!read(fd, &n, sizeof n);
	look_at_log(s, &now);
	control_stored(s->control);
	return 0;
}

static int
set_step_timer(struct service *s)
{
	struct itimerspec far = { .it_value.tv_sec = 0 };

	far.it_value.tv_sec = time(NULL) + 10LL * 365 * 86400;
	if (timerfd_settime(s->step_fd, TFD_TIMER_ABSTIME |
	    TFD_TIMER_CANCEL_ON_SET, &far, NULL) < 0)
		return -errno;
	return 0;
}

/* The kernel wakes us exactly when somebody sets the wall clock. */
static int
on_step(sd_event_source *source, int fd, uint32_t events, void *arg)
{
	struct service *s = arg;
	struct now now = clock_now();
	uint64_t n;

	(void)source, (void)events;
	(void)!read(fd, &n, sizeof n);
	look_at_clock(s, &now);
	return set_step_timer(s);
}

/* Alive means: the loop turns (this runs), every port's timer has run, and the
 * hub's deadline is not overdue.  The store is judged elsewhere: a stuck disk
 * must not end in a kill. */
static int
on_watchdog(sd_event_source *source, uint64_t usec, void *arg)
{
	struct service *s = arg;
	uint64_t period = 0;
	bool alive = hub_next_ms(&s->hub) > clock_boot_ms() - 1000;
	int r;

	(void)usec;
	for (size_t i = 0; i < s->config->ports_n; i++) {
		uint64_t t = port_turns(s->port[i]);

		alive &= t != s->turns[i];
		s->turns[i] = t;
	}
	if (alive)
		(void)sd_notify(0, "WATCHDOG=1");
	(void)sd_watchdog_enabled(0, &period);
	r = sd_event_source_set_time_relative(source, period / 3);
	if (r < 0)
		return r;
	return sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
}

/* --- reload and signals ------------------------------------------------- */

static bool
reload(void *arg, struct complaints *why)
{
	struct service *s = arg;
	struct config *next = config_load(s->paths->config, why);
	struct old_config *old;
	const char *key;
	struct now now = clock_now();
	struct event e = { .kind = EVENT_CONFIG };

	if (next == NULL)
		return false;
	key = config_reloadable(s->config, next);
	old = malloc(sizeof *old);
	if (key != NULL || old == NULL) {
		memset(why, 0, sizeof *why);
		why->n = 1;
		snprintf(why->item[0].text, sizeof why->item[0].text, "%s",
		    key != NULL ? key : "no memory");
		config_free(next);
		free(old);
		return false;
	}
	old->config = s->config;
	old->next = s->old;
	s->old = old;
	s->config = next;
	hub_site_limits(&s->hub, &next->limits);
	for (size_t i = 0; i < next->beds_n; i++)
		hub_label(&s->hub, i, next->beds[i].label);
	outbox_reload(s->outbox, next);
	control_reconfigure(s->control, next);
	snprintf(e.text, sizeof e.text, "configuration %s reloaded, SHA-256 "
	    "%s", s->paths->config, next->digest);
	hub_event(&s->hub, &now, &e);
	journal_notice("%s", e.text);
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
	(void)sd_notify(0, "RELOADING=1");
	why = calloc(1, sizeof *why);
	if (why != NULL && !reload(s, why)) {
		journal_error("the new configuration is refused; the running "
		    "one stays");
		for (size_t i = 0; i < why->n; i++) {
			char line[512];

			complaint_format(line, sizeof line, s->paths->config,
			    &why->item[i]);
			journal_error("%s", line);
		}
	}
	free(why);
	(void)sd_notify(0, "READY=1");
	return 0;
}

/* --- putting it together ------------------------------------------------ */

static int
make_directory(const char *path, mode_t mode)
{
	char error[512];
	int r = paths_make_directory(path, mode, error, sizeof error);

	if (r < 0)
		fprintf(stderr, "vitalsd: %s\n", error);
	return r;
}

static int
load_config(struct service *s)
{
	struct complaints *why = calloc(1, sizeof *why);

	if (why == NULL)
		return -ENOMEM;
	s->config = config_load(s->paths->config, why);
	if (s->config == NULL) {
		fprintf(stderr, "vitalsd: %s is refused:\n",
		    s->paths->config);
		for (size_t i = 0; i < why->n; i++) {
			char line[512];

			complaint_format(line, sizeof line, s->paths->config,
			    &why->item[i]);
			fprintf(stderr, "%s\n", line);
		}
		if (why->more > 0)
			fprintf(stderr, "and %zu more\n", why->more);
	}
	free(why);
	return s->config != NULL ? 0 : -EINVAL;
}

static int
make_hub(struct service *s, uint64_t start_id)
{
	const struct config *c = s->config;
	struct hub_sink sink = { s, hub_reading_sink, hub_record_sink,
		hub_alarm_sink, hub_changed_sink };
	struct hub_bed_config *beds = calloc(c->beds_n, sizeof *beds);
	struct hub_port_config *ports = calloc(c->ports_n, sizeof *ports);
	int r = -ENOMEM;

	s->hub.beds_n = c->beds_n;
	s->hub.ports_n = c->ports_n;
	s->hub.bed = calloc(c->beds_n, sizeof *s->hub.bed);
	s->hub.port = calloc(c->ports_n, sizeof *s->hub.port);
	s->hub.next_ms = calloc(c->beds_n, sizeof *s->hub.next_ms);
	s->port = calloc(c->ports_n, sizeof *s->port);
	s->turns = calloc(c->ports_n, sizeof *s->turns);
	if (beds == NULL || ports == NULL || s->hub.bed == NULL ||
	    s->hub.port == NULL || s->hub.next_ms == NULL ||
	    s->port == NULL || s->turns == NULL)
		goto done;
	for (size_t i = 0; i < c->beds_n; i++)
		beds[i] = (struct hub_bed_config){ c->beds[i].id,
			c->beds[i].label };
	for (size_t i = 0; i < c->ports_n; i++) {
		const struct config_port *p = &c->ports[i];
		uint32_t silent = p->driver->silent_after_ms;

		/* A monitor that is asked less often may be silent longer. */
		if (3000u * p->options.interval_s > silent)
			silent = 3000u * p->options.interval_s;
		ports[i] = (struct hub_port_config){ p->name, p->bed,
			p->driver, p->same_limb, silent };
	}
	hub_init(&s->hub, &s->started, start_id, &c->limits, beds, ports,
	    &sink);
	r = 0;
done:
	free(beds);
	free(ports);
	return r;
}

static int
open_log(struct service *s, uint64_t start_id)
{
	const struct config *c = s->config;
	struct store_options o = {
		.dir = s->paths->state, .start_id = start_id,
		.version = VITALSD_VERSION, .ports_n = c->ports_n,
		.segment_ms = c->segment_ms, .ballast = c->ballast,
		.now = s->started,
	};
	struct store_port *ports = calloc(c->ports_n, sizeof *ports);
	char error[512] = "";
	int r;

	if (ports == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->ports_n; i++) {
		const struct config_port *p = &c->ports[i];

		snprintf(ports[i].name, sizeof ports[i].name, "%s", p->name);
		snprintf(ports[i].bed, sizeof ports[i].bed, "%s",
		    c->beds[p->bed].id);
		snprintf(ports[i].driver, sizeof ports[i].driver, "%s",
		    p->driver->name);
		snprintf(ports[i].path, sizeof ports[i].path, "%s", p->path);
	}
	o.ports = ports;
	r = resume_boot_id(o.boot_id);
	if (r == 0)
		r = store_open(&s->store, &o, &s->resume.restored, error,
		    sizeof error);
	free(ports);
	if (r < 0)
		fprintf(stderr, "vitalsd: cannot open the log in %s: %s\n",
		    s->paths->state, error[0] ? error : strerror(-r));
	return r;
}

static int
add_sources(struct service *s)
{
	uint64_t period = 0;
	int r;

	s->step_fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC |
	    TFD_NONBLOCK);
	if (s->step_fd < 0)
		return -errno;
	if ((r = set_step_timer(s)) < 0 ||
	    (r = sd_event_add_io(s->loop, &s->step, s->step_fd, EPOLLIN,
	    on_step, s)) < 0 ||
	    (r = sd_event_add_io(s->loop, &s->stored, store_fd(s->store),
	    EPOLLIN, on_stored, s)) < 0 ||
	    /* An accuracy of 0 would mean 250 ms. */
	    (r = sd_event_add_time(s->loop, &s->deadline, CLOCK_BOOTTIME, 0,
	    1, on_deadline, s)) < 0 ||
	    (r = sd_event_source_set_enabled(s->deadline, SD_EVENT_OFF)) < 0 ||
	    (r = sd_event_add_post(s->loop, &s->post, on_post, s)) < 0 ||
	    (r = sd_event_add_time_relative(s->loop, &s->health,
	    CLOCK_BOOTTIME, 0, 1000, on_health, s)) < 0 ||
	    (r = sd_event_add_signal(s->loop, &s->term, SIGTERM, on_signal,
	    s)) < 0 ||
	    (r = sd_event_add_signal(s->loop, &s->interrupt, SIGINT,
	    on_signal, s)) < 0 ||
	    (r = sd_event_add_signal(s->loop, &s->hangup, SIGHUP, on_signal,
	    s)) < 0)
		return r;
	if (sd_watchdog_enabled(0, &period) > 0)
		return sd_event_add_time_relative(s->loop, &s->watchdog,
		    CLOCK_BOOTTIME, period / 3, 1000, on_watchdog, s);
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
		port_bytes_sink };
	int r;

	for (size_t i = 0; i < s->config->ports_n; i++) {
		r = port_new(&s->port[i], s->loop, &s->config->ports[i], i,
		    &sink);
		if (r < 0)
			return r;
	}
	r = hotplug_new(&s->hotplug, s->loop, "/dev", on_hotplug, s);
	if (r < 0)
		journal_warning("hot-plug is noticed by polling only: %s",
		    strerror(-r));
	return 0;
}

static void
complain_socket(const char *path, int r)
{
	fprintf(stderr, "vitalsd: %s: %s\n", path, r == -EADDRINUSE ?
	    "another vitalsd is running" : r == -ENOTSOCK ?
	    "is in the way and no socket; move it, or give another --run" :
	    strerror(-r));
}

static int
start(struct service *s)
{
	struct outbox_sink outbox_sink = { s, outbox_now, hub_record_sink,
		outbox_trouble_sink, outbox_worst, outbox_sessions };
	struct control_host host = { .arg = s, .hub = &s->hub,
		.ticket = control_ticket, .session_id = control_session_id,
		.reload = reload };
	struct event e = { .kind = EVENT_START };
	uint64_t start_id;
	int r;

	if ((r = load_config(s)) < 0 ||
	    (r = make_directory(s->paths->state, 0750)) < 0 ||
	    /* Other users come in here; the sockets decide who does what. */
	    (r = make_directory(s->paths->run, 0755)) < 0)
		return r;
	if (getrandom(&start_id, sizeof start_id, 0) != sizeof start_id)
		return -EIO;
	s->started = clock_now();
	s->offset_ms = s->started.wall_ms - s->started.t_ms;
	s->anchor_ms = s->offset_ms;
	s->synced = s->started.synced;
	if ((r = sd_event_default(&s->loop)) < 0 ||
	    (r = open_log(s, start_id)) < 0 ||
	    (r = make_hub(s, start_id)) < 0)
		return r;
	r = outbox_new(&s->outbox, s->loop, s->paths->notify_sock, s->config,
	    &s->hub.ids, &outbox_sink);
	if (r < 0) {
		complain_socket(s->paths->notify_sock, r);
		return r;
	}
	host.config = s->config;
	host.port = s->port;
	host.store = s->store;
	host.outbox = s->outbox;
	host.started = s->started;
	r = control_new(&s->control, s->loop, s->paths->control_sock, &host);
	if (r < 0) {
		complain_socket(s->paths->control_sock, r);
		return r;
	}
	if ((r = add_sources(s)) < 0)
		return r;
	snprintf(e.text, sizeof e.text, "vitalsd %s, configuration %s, "
	    "SHA-256 %s", VITALSD_VERSION, s->paths->config,
	    s->config->digest);
	hub_event(&s->hub, &s->started, &e);
	resume_sessions(&s->resume, &s->hub, s->outbox, &s->started);
	return open_ports(s);
}

static void
stop(struct service *s)
{
	struct now now = clock_now();

	for (size_t i = 0; s->port != NULL && i < s->config->ports_n; i++)
		port_free(s->port[i]);
	hotplug_free(s->hotplug);
	control_free(s->control);
	outbox_free(s->outbox);
	sd_event_source_disable_unref(s->deadline);
	sd_event_source_disable_unref(s->post);
	sd_event_source_disable_unref(s->health);
	sd_event_source_disable_unref(s->watchdog);
	sd_event_source_disable_unref(s->step);
	sd_event_source_disable_unref(s->stored);
	sd_event_source_disable_unref(s->term);
	sd_event_source_disable_unref(s->interrupt);
	sd_event_source_disable_unref(s->hangup);
	if (s->store != NULL)
		store_close(s->store, &now, CLOSE_MS);
	resume_free(&s->resume);
	if (s->step_fd >= 0)
		close(s->step_fd);
	sd_event_unref(s->loop);
	free(s->port);
	free(s->turns);
	free(s->hub.bed);
	free(s->hub.port);
	free(s->hub.next_ms);
	while (s->old != NULL) {
		struct old_config *o = s->old;

		s->old = o->next;
		config_free(o->config);
		free(o);
	}
	if (s->config != NULL)
		config_free(s->config);
}

int
service_run(const struct paths *paths)
{
	struct service s = { .paths = paths, .step_fd = -1,
		.armed_ms = HUB_NEVER };
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
	if (r >= 0) {
		journal_notice("vitalsd %s is running: %zu bed%s, %zu "
		    "monitor%s", VITALSD_VERSION, s.config->beds_n,
		    s.config->beds_n == 1 ? "" : "s", s.config->ports_n,
		    s.config->ports_n == 1 ? "" : "s");
		(void)sd_notifyf(0, "READY=1\nSTATUS=beds: %zu, monitors: "
		    "%zu", s.config->beds_n, s.config->ports_n);
		r = sd_event_loop(s.loop);
		(void)sd_notify(0, "STOPPING=1");
		journal_notice("vitalsd ends");
	}
	stop(&s);
	return r < 0 ? 1 : 0;
}
