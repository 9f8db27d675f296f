/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitals-sim: reads the command line and hands on.
 *
 * Easy to get wrong: exit status 2 is a wrong command line or file, 1 is the
 * world (no terminal, no such directory).
 */
#include "tests/sim/play.h"
#include "tests/sim/record.h"
#include "tests/sim/run.h"
#include "tests/sim/scenario.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: vitals-sim SCENARIO.yaml [--dir DIR] [--control FIFO|-]\n"
	"           [--speed N] [--quiet]\n"
	"       vitals-sim check SCENARIO.yaml\n"
	"       vitals-sim play FILE --driver NAME [--link PATH]\n"
	"           [--speed N|max]\n"
	"       vitals-sim capture SCENARIO.yaml --driver NAME --seconds N\n"
	"           [--monitor NAME] [--interval S] [--notes TEXT]\n";

struct arguments {
	const char *dir, *control, *link, *monitor, *notes;
	const struct driver *driver;
	double speed;		/* 0: max */
	double seconds, interval;
	bool quiet;
};

static int
complain(const char *text)
{
	fprintf(stderr, "vitals-sim: %s\n%s", text, usage);
	return 2;
}

static struct sim *
load(const char *path)
{
	struct sim *s = calloc(1, sizeof(*s));
	struct scenario_error e;

	if (s == NULL) {
		perror("vitals-sim");
		return NULL;
	}
	if (scenario_load(path, s, &e) == 0)
		return s;
	if (e.line > 0)
		fprintf(stderr, "%s:%zu:%zu: %s\n", path, e.line, e.column,
		    e.text);
	else
		fprintf(stderr, "%s: %s\n", path, e.text);
	free(s);
	return NULL;
}

static int
run(const struct arguments *a, const char *path)
{
	struct run_options o = {
		.dir = a->dir, .control = a->control, .speed = a->speed,
		.quiet = a->quiet,
	};
	struct sim *s;
	int r;

	if (a->speed == 0)
		return complain("a scenario needs a pace: --speed N");
	s = load(path);
	if (s == NULL)
		return 2;
	r = run_sim(s, &o);
	free(s);
	return r == 0 ? 0 : 1;
}

static int
check(const char *path)
{
	struct sim *s = load(path);

	if (s == NULL)
		return 2;
	printf("%s: %zu beds, %zu monitors, %zu events\n", path, s->beds_n,
	    s->monitors_n, s->events_n);
	free(s);
	return 0;
}

static int
play(const struct arguments *a, const char *path)
{
	struct play_options o = {
		.file = path, .driver = a->driver, .link = a->link,
		.speed = a->speed,
	};
	int r;

	if (a->driver == NULL)
		return complain("play: expected --driver NAME");
	r = play_file(&o);
	return r == 0 ? 0 : r == -EINVAL ? 2 : 1;
}

static int
capture(const struct arguments *a, const char *path)
{
	struct record_options o = {
		.scenario = path, .notes = a->notes, .driver = a->driver,
		.ask.interval_s = (uint16_t)a->interval,
		.length_ms = (int64_t)(a->seconds * 1000),
	};
	struct monitor *m = NULL;
	struct sim *s;
	int r = 2;

	if (a->driver == NULL || a->seconds == 0)
		return complain("capture: expected --driver NAME --seconds N");
	s = load(path);
	if (s == NULL)
		return 2;
	for (size_t i = 0; i < s->monitors_n && m == NULL; i++)
		if (strcmp(s->monitor[i].driver->name, a->driver->name) == 0 &&
		    (a->monitor == NULL ||
		    strcmp(s->monitor[i].name, a->monitor) == 0))
			m = &s->monitor[i];
	if (m == NULL) {
		fprintf(stderr, "vitals-sim: %s: there is no such monitor "
		    "with driver %s\n", path, a->driver->name);
	} else {
		r = record_write(s, m, &o, stdout);
		if (r != 0)
			fprintf(stderr, "vitals-sim: %s\n", strerror(-r));
		r = r == 0 ? 0 : 1;
	}
	free(s);
	return r;
}

/* One option that has an argument; 0, or 2 after a complaint. */
static int
take_option(struct arguments *a, int which, const char *value)
{
	switch (which) {
	case 'd':
		a->dir = value;
		return 0;
	case 'c':
		a->control = value;
		return 0;
	case 'l':
		a->link = value;
		return 0;
	case 'm':
		a->monitor = value;
		return 0;
	case 'n':
		a->notes = value;
		return 0;
	case 'r':
		a->driver = driver_find(value);
		return a->driver != NULL ? 0 :
		    complain("--driver: there is no such driver");
	case 's':
		if (strcmp(value, "max") == 0) {
			a->speed = 0;
			return 0;
		}
		return command_parse_number(value, &a->speed) == 0 &&
		    a->speed >= 0.01 && a->speed <= 1000 ? 0 :
		    complain("--speed: expected a number from 0.01 to 1000");
	case 't':
		return command_parse_number(value, &a->seconds) == 0 &&
		    a->seconds >= 1 && a->seconds <= 86400 ? 0 :
		    complain("--seconds: expected a number from 1 to 86400");
	case 'i':
		return command_parse_number(value, &a->interval) == 0 &&
		    a->interval >= 1 && a->interval <= 60 ? 0 :
		    complain("--interval: expected a number from 1 to 60");
	default:
		fputs(usage, stderr);
		return 2;
	}
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "control", required_argument, NULL, 'c' },
		{ "driver", required_argument, NULL, 'r' },
		{ "interval", required_argument, NULL, 'i' },
		{ "link", required_argument, NULL, 'l' },
		{ "monitor", required_argument, NULL, 'm' },
		{ "notes", required_argument, NULL, 'n' },
		{ "seconds", required_argument, NULL, 't' },
		{ "speed", required_argument, NULL, 's' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct arguments a = {
		.dir = "/tmp/vitals-sim", .speed = 1,
		.notes = "made by simulation",
	};
	const char *verb;
	int o, n;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (o == 'h') {
			fputs(usage, stdout);
			return 0;
		}
		if (o == 'q')
			a.quiet = true;
		else if (take_option(&a, o, optarg) != 0)
			return 2;
	}
	n = argc - optind;
	verb = n > 0 ? argv[optind] : "";
	if (n == 1 && strcmp(verb, "play") != 0 && strcmp(verb, "check") != 0 &&
	    strcmp(verb, "capture") != 0)
		return run(&a, verb);
	if (n != 2)
		return complain("expected a scenario, or a verb and a file");
	if (strcmp(verb, "play") == 0)
		return play(&a, argv[optind + 1]);
	if (strcmp(verb, "capture") == 0)
		return capture(&a, argv[optind + 1]);
	if (strcmp(verb, "check") == 0)
		return check(argv[optind + 1]);
	return complain("expected play, capture or check");
}
