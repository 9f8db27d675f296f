/* SPDX-License-Identifier: BSD-2-Clause
 *
 * bench-feeder: many monitors in one small process, for benchmarks and for the
 * test at many ports.  Each is a pseudo-terminal behind the link DIR/m-0001,
 * DIR/m-0002 ..., on which an oximeter (masimo-ascii1, SpO2, rate and perfusion
 * index: 3 readings a line, 64 bytes) says one line at a time.
 *
 *	feeder beds --ports N [--per-bed K] DIR
 *		prints the "beds:" of a configuration for them, to which a caller may
 *		add beds of its own and the rest: B0001 ..., K monitors (1 to 4) each
 *	feeder feed --ports N [--hz H] [--max] [--seconds S] [--frames F] DIR
 *		makes the terminals in DIR, prints "ready", and feeds every one of
 *		them H lines a second (1), spread evenly over the period, or (--max)
 *		whatever they take, but no more than H if that is given; until S seconds or F lines (of all ports
 *		together) are over, the port keeping its terminal open for 1 s
 *		more, or until SIGTERM.  Then prints one line:
 *		"frames N  readings N  seconds S  dropped N  late-us p50 N p90 N"
 *
 * The values wander within what no preset rule minds.  A line that a terminal
 * does not take whole (nobody reads) is dropped and counted; lateness is that
 * of the write against its plan, so that a bench can tell a slow feeder from a
 * slow subject.
 *
 * Easy to get wrong: start "feed" before vitalsd opens the ports, or wait for
 * its next attempt; and each port takes a descriptor, so the limit is raised.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define PORTS_MAX 4000
#define PER_BED_MAX 4
#define LINES 64		/* different ones, said in turn */
#define READINGS 3		/* in each */
#define LATE_BUCKETS 20000	/* of 10 us */

struct feeder {
	const char *dir;
	size_t ports, per_bed;
	double hz, seconds;	/* hz: 0 if not given */
	uint64_t frames;	/* to be sent at the most; 0: no limit */
	bool max;
	int *fd;
	size_t *at;		/* byte of 'text' that each says next */
	char text[LINES * 80];
	size_t line;		/* length of each line */
	uint64_t sent_bytes, dropped;
	uint32_t late[LATE_BUCKETS];
};

static volatile sig_atomic_t stop;

static void
on_signal(int sig)
{
	(void)sig;
	stop = 1;
}

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void
link_path(const struct feeder *f, size_t i, char *out, size_t size)
{
	snprintf(out, size, "%s/m-%04zu", f->dir, i + 1);
}

static int
print_beds(const struct feeder *f)
{
	char path[512];

	printf("beds:\n");
	for (size_t i = 0; i < f->ports; i++) {
		link_path(f, i, path, sizeof path);
		if (i % f->per_bed == 0)
			printf("  - id: B%04zu\n    label: \"Place %zu\"\n"
			    "    monitors:\n", i / f->per_bed + 1,
			    i / f->per_bed + 1);
		printf("      - name: m%zu\n        driver: masimo-ascii1\n"
		    "        transport: pty\n        port: %s\n",
		    i % f->per_bed + 1, path);
	}
	return 0;
}

/* Lines of one length, their values slowly up and down. */
static void
write_text(struct feeder *f)
{
	char *p = f->text;

	for (int i = 0; i < LINES; i++) {
		int swing = i < LINES / 2 ? i : LINES - i;
		int n = sprintf(p, "11/22/26 10:00:%02d SN=0 SPO2=%03d%% "
		    "BPM=%03d PI=%02d.%02d%% EXC=000800\r\n", i % 60,
		    95 + swing / 11, 66 + swing / 4, 2, swing);

		f->line = (size_t)n;
		p += n;
	}
}

/* The master's flags are its slave's: raw before anybody opens it, so that
 * nothing is echoed. */
static int
open_port(const struct feeder *f, size_t i)
{
	int fd = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	struct termios t;
	char path[512], device[64];

	if (fd < 0 || grantpt(fd) != 0 || unlockpt(fd) != 0 ||
	    ptsname_r(fd, device, sizeof device) != 0 ||
	    tcgetattr(fd, &t) != 0)
		return -1;
	cfmakeraw(&t);
	if (tcsetattr(fd, TCSANOW, &t) != 0)
		return -1;
	link_path(f, i, path, sizeof path);
	(void)unlink(path);
	return symlink(device, path) == 0 ? fd : -1;
}

static int
open_ports(struct feeder *f)
{
	struct rlimit l;

	if (getrlimit(RLIMIT_NOFILE, &l) == 0) {
		l.rlim_cur = l.rlim_max;
		(void)setrlimit(RLIMIT_NOFILE, &l);
	}
	f->fd = calloc(f->ports, sizeof *f->fd);
	f->at = calloc(f->ports, sizeof *f->at);
	if (f->fd == NULL || f->at == NULL)
		return -1;
	for (size_t i = 0; i < f->ports; i++) {
		f->fd[i] = open_port(f, i);
		if (f->fd[i] < 0) {
			fprintf(stderr, "feeder: port %zu in %s: %s\n", i + 1,
			    f->dir, strerror(errno));
			return -1;
		}
		f->at[i] = i % LINES * f->line;
	}
	return 0;
}

static void
say_line(struct feeder *f, size_t i)
{
	ssize_t w = write(f->fd[i], f->text + f->at[i], f->line);

	if (w == (ssize_t)f->line)
		f->sent_bytes += f->line;
	else
		f->dropped++;
	f->at[i] = (f->at[i] + f->line) % (LINES * f->line);
}

static bool
over(const struct feeder *f, int64_t begun_us)
{
	return stop || (f->frames > 0 &&
	    f->sent_bytes / f->line + f->dropped >= f->frames) ||
	    (f->seconds > 0 &&
	    (double)(now_us() - begun_us) >= f->seconds * 1e6);
}

static void
feed_evenly(struct feeder *f, int64_t begun_us)
{
	double hz = f->hz > 0 ? f->hz : 1;
	double step_us = 1e6 / hz / (double)f->ports;

	for (uint64_t k = 0; !over(f, begun_us); k++) {
		int64_t due = begun_us + (int64_t)((double)k * step_us);
		struct timespec t = { due / 1000000, due % 1000000 * 1000 };
		int64_t late;

		while (!stop && now_us() < due)
			(void)clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME,
			    &t, NULL);
		say_line(f, k % f->ports);
		late = now_us() > due ? (now_us() - due) / 10 : 0;
		f->late[late < LATE_BUCKETS ? late : LATE_BUCKETS - 1]++;
	}
}

/* Whether so much was said that it is more than f->hz allows by now. */
static bool
ahead(const struct feeder *f, int64_t begun_us)
{
	double lines = (double)(now_us() - begun_us) / 1e6 * f->hz *
	    (double)f->ports;

	return f->hz > 0 && (double)(f->sent_bytes / f->line) > lines;
}

/* As much as each takes, cut anywhere; rests when nobody takes any. */
static void
feed_max(struct feeder *f, int64_t begun_us)
{
	const size_t all = LINES * f->line;

	while (!over(f, begun_us)) {
		bool taken = false;

		for (size_t i = 0; i < f->ports && !ahead(f, begun_us); i++) {
			size_t n = all - f->at[i] < 8 * f->line ?
			    all - f->at[i] : 8 * f->line;
			ssize_t w = write(f->fd[i], f->text + f->at[i], n);

			if (w <= 0)
				continue;
			f->at[i] = (f->at[i] + (size_t)w) % all;
			f->sent_bytes += (uint64_t)w;
			taken = true;
		}
		if (!taken)
			(void)poll(NULL, 0, 1);
	}
}

/* In microseconds. */
static int
late_at(const struct feeder *f, double share)
{
	uint64_t all = 0, sum = 0;

	for (int i = 0; i < LATE_BUCKETS; i++)
		all += f->late[i];
	for (int i = 0; i < LATE_BUCKETS; i++) {
		sum += f->late[i];
		if (all > 0 && (double)sum >= (double)all * share)
			return i * 10;
	}
	return 0;
}

static int
feed(struct feeder *f)
{
	int64_t begun_us, ended_us;
	char path[512];

	write_text(f);
	if (open_ports(f) != 0)
		return 1;
	printf("ready\n");
	fflush(stdout);
	begun_us = now_us();
	if (f->max)
		feed_max(f, begun_us);
	else
		feed_evenly(f, begun_us);
	ended_us = now_us();
	printf("frames %llu  readings %llu  seconds %.2f  dropped %llu  "
	    "late-us p50 %d p90 %d\n",
	    (unsigned long long)(f->sent_bytes / f->line),
	    (unsigned long long)(f->sent_bytes / f->line * READINGS),
	    (double)(ended_us - begun_us) / 1e6,
	    (unsigned long long)f->dropped, late_at(f, 0.5), late_at(f, 0.9));
	fflush(stdout);
	if (!stop)
		sleep(1);
	for (size_t i = 0; i < f->ports; i++) {
		link_path(f, i, path, sizeof path);
		(void)unlink(path);
	}
	return 0;
}

static int
usage(void)
{
	fprintf(stderr, "usage: feeder beds --ports N [--per-bed K] DIR\n"
	    "       feeder feed --ports N [--hz H] [--max] [--seconds S]"
	    " [--frames F] DIR\n");
	return 2;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "ports", required_argument, NULL, 'p' },
		{ "per-bed", required_argument, NULL, 'k' },
		{ "hz", required_argument, NULL, 'h' },
		{ "max", no_argument, NULL, 'm' },
		{ "seconds", required_argument, NULL, 's' },
		{ "frames", required_argument, NULL, 'f' },
		{ NULL, 0, NULL, 0 },
	};
	static struct feeder f = { .per_bed = 1 };
	struct sigaction a = { .sa_handler = on_signal };
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (o) {
		case 'p':
			f.ports = strtoul(optarg, NULL, 10);
			break;
		case 'k':
			f.per_bed = strtoul(optarg, NULL, 10);
			break;
		case 'h':
			f.hz = strtod(optarg, NULL);
			if (!(f.hz > 0))
				return usage();
			break;
		case 'm':
			f.max = true;
			break;
		case 's':
			f.seconds = strtod(optarg, NULL);
			break;
		case 'f':
			f.frames = strtoull(optarg, NULL, 10);
			break;
		default:
			return usage();
		}
	}
	if (argc - optind != 2 || f.ports < 1 || f.ports > PORTS_MAX ||
	    f.per_bed < 1 || f.per_bed > PER_BED_MAX)
		return usage();
	f.dir = argv[optind + 1];
	sigaction(SIGTERM, &a, NULL);
	sigaction(SIGINT, &a, NULL);
	if (strcmp(argv[optind], "beds") == 0)
		return print_beds(&f);
	return strcmp(argv[optind], "feed") == 0 ? feed(&f) : usage();
}
