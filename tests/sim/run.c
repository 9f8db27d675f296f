/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The loop that gives a simulated ward real time.
 *
 * Easy to get wrong: bytes are timed from the start, not from the byte before,
 * so that a late wake-up is made good and the pace is exact in the long run.
 */
#include "tests/sim/run.h"
#include "tests/sim/link.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 100		/* for readers that come and go */

struct run {
	struct sim *sim;
	const struct run_options *options;
	struct link link[SIM_MONITORS];
	int control;		/* -1: none */
	bool control_made;	/* to be removed at the end */
	char line[256];		/* of the control pipe, not yet whole */
	size_t line_n;
	bool line_long;
	int signals;
	int64_t start_ms;
};

void
run_format_time(int64_t t_ms, char out[RUN_TIME_TEXT])
{
	unsigned s = (unsigned)(t_ms / 1000);

	if (s < 3600)
		snprintf(out, RUN_TIME_TEXT, "%02u:%02u", s / 60, s % 60);
	else
		snprintf(out, RUN_TIME_TEXT, "%u:%02u:%02u", s / 3600,
		    s / 60 % 60, s % 60);
}

static int64_t
monotonic_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void
say(void *arg, int64_t t_ms, const char *sentence)
{
	char when[RUN_TIME_TEXT];

	(void)arg;
	run_format_time(t_ms, when);
	printf("%s %s\n", when, sentence);
	fflush(stdout);
}

static void
send_bytes(void *arg, struct monitor *m, int64_t t_ms, const uint8_t *p,
    size_t n)
{
	struct run *r = arg;

	(void)t_ms;
	link_write(&r->link[m - r->sim->monitor], p, n);
}

/* Cables as the monitors have them. */
static int
set_cables(struct run *r)
{
	struct sim *s = r->sim;

	for (size_t i = 0; i < s->monitors_n; i++) {
		struct monitor *m = &s->monitor[i];
		char path[LINK_PATH_MAX];
		int e;

		if (!m->cabled)
			link_close(&r->link[i]);
		if (!m->cabled || r->link[i].fd >= 0)
			continue;
		if (snprintf(path, sizeof(path), "%s/%s", r->options->dir,
		    m->name) >= (int)sizeof(path))
			e = -ENAMETOOLONG;
		else
			e = link_open(&r->link[i], path);
		if (e != 0) {
			fprintf(stderr, "vitals-sim: %s/%s: %s\n",
			    r->options->dir, m->name, e == -EEXIST ?
			    "is there and is no link, so it is not replaced" :
			    strerror(-e));
			return e;
		}
		sim_say(s, s->now_ms, m->name, "%s at %s (%s)",
		    m->driver->name, path, r->link[i].device);
	}
	return 0;
}

static void
obey(struct run *r)
{
	struct command c;
	size_t column = 1;
	char why[160];

	if (r->line[strspn(r->line, " \t\r")] == '\0')
		return;
	if (command_parse(r->line, &c, &column, why) == 0 &&
	    sim_check(r->sim, &c, why) == 0)
		sim_apply(r->sim, r->sim->now_ms, &c);
	else
		fprintf(stderr, "vitals-sim: command '%s', column %zu: %s\n",
		    r->line, column, why);
}

/* Takes whole lines from the control pipe. */
static void
read_control(struct run *r)
{
	char buf[512];
	ssize_t n = read(r->control, buf, sizeof(buf));

	if (n == 0)
		r->control = -1;	/* end of standard input */
	for (ssize_t i = 0; i < n; i++) {
		if (buf[i] == '\n') {
			r->line[r->line_n] = '\0';
			if (r->line_long)
				fprintf(stderr, "vitals-sim: a command longer "
				    "than %zu characters\n",
				    sizeof(r->line) - 1);
			else
				obey(r);
			r->line_n = 0;
			r->line_long = false;
		} else if (r->line_n < sizeof(r->line) - 1) {
			r->line[r->line_n++] = buf[i];
		} else {
			r->line_long = true;
		}
	}
}

static void
read_hosts(struct run *r)
{
	for (size_t i = 0; i < r->sim->monitors_n; i++) {
		uint8_t buf[512];
		size_t n = link_read(&r->link[i], buf, sizeof(buf));

		if (n > 0)
			monitor_hear(&r->sim->monitor[i], r->sim->now_ms, buf,
			    n);
	}
}

/* Waits for a host, a command, a signal or at most until 'ms' have passed.
 * Returns false when told to end. */
static bool
wait_for(struct run *r, int64_t ms)
{
	struct pollfd p[SIM_MONITORS + 2] = {
		{ .fd = r->signals, .events = POLLIN },
		{ .fd = r->control, .events = POLLIN },
	};
	size_t n = 2;

	for (size_t i = 0; i < r->sim->monitors_n; i++)
		if (r->sim->monitor[i].driver->hear != NULL &&
		    link_has_reader(&r->link[i]))
			p[n++] = (struct pollfd){ .fd = r->link[i].fd,
			    .events = POLLIN };
	if (poll(p, n, (int)(ms < 0 ? 0 : ms < LOOK_MS ? ms : LOOK_MS)) > 0) {
		if (p[0].revents != 0)
			return false;
		if (p[1].revents != 0)
			read_control(r);
	}
	read_hosts(r);
	return true;
}

static int
open_control(struct run *r, const char *path)
{
	struct stat st;

	if (path == NULL)
		return 0;
	if (strcmp(path, "-") == 0) {
		r->control = STDIN_FILENO;
		return 0;
	}
	if (mkfifo(path, 0600) == 0)
		r->control_made = true;
	else if (errno != EEXIST)
		return -errno;
	/* Open for writing too: it then never ends when a writer leaves. */
	r->control = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (r->control < 0)
		return -errno;
	return fstat(r->control, &st) == 0 && S_ISFIFO(st.st_mode) ? 0 :
	    -EEXIST;
}

static int
open_all(struct run *r)
{
	const struct run_options *o = r->options;
	sigset_t set;
	int e;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	if (sigprocmask(SIG_BLOCK, &set, NULL) != 0)
		return -errno;
	r->signals = signalfd(-1, &set, SFD_CLOEXEC);
	if (r->signals < 0)
		return -errno;
	if (mkdir(o->dir, 0700) != 0 && errno != EEXIST) {
		e = -errno;
		fprintf(stderr, "vitals-sim: %s: %s\n", o->dir, strerror(-e));
		return e;
	}
	e = open_control(r, o->control);
	if (e != 0) {
		fprintf(stderr, "vitals-sim: %s: %s\n", o->control,
		    e == -EEXIST ? "is there and is no named pipe" :
		    strerror(-e));
		return e;
	}
	return set_cables(r);
}

int
run_sim(struct sim *s, const struct run_options *o)
{
	struct run r = {
		.sim = s, .options = o, .control = -1, .signals = -1,
		.start_ms = monotonic_ms(),
	};
	struct timespec wall;
	int e;

	for (size_t i = 0; i < SIM_MONITORS; i++)
		r.link[i].fd = -1;
	clock_gettime(CLOCK_REALTIME, &wall);
	sim_set_clock(s, (int64_t)wall.tv_sec * 1000 + wall.tv_nsec / 1000000);
	s->say = o->quiet ? NULL : say;
	e = open_all(&r);
	while (e == 0 && !sim_over(s)) {
		double past = (double)(monotonic_ms() - r.start_ms);

		sim_run(s, (int64_t)(past * o->speed), send_bytes, &r);
		e = set_cables(&r);
		past = (double)(monotonic_ms() - r.start_ms);
		if (!wait_for(&r, (int64_t)((double)sim_next_ms(s) / o->speed -
		    past + 0.999)))
			break;
	}
	for (size_t i = 0; i < s->monitors_n; i++)
		link_close(&r.link[i]);
	if (r.control_made)
		unlink(o->control);
	if (r.control > STDERR_FILENO)
		close(r.control);
	if (r.signals >= 0)
		close(r.signals);
	return e;
}
