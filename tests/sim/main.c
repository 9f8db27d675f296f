/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitals-sim: reads the command line and hands on.
 *
 * Easy to get wrong: exit status 2 is a wrong command line or scenario, 1 is
 * the world (no terminal, no such directory).
 */
#include "tests/sim/command.h"
#include "tests/sim/run.h"
#include "tests/sim/scenario.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char usage[] =
	"usage: vitals-sim SCENARIO.yaml [--dir DIR] [--control FIFO|-]\n"
	"           [--speed N] [--quiet]\n"
	"       vitals-sim --check SCENARIO.yaml\n";

struct arguments {
	const char *dir, *control;
	double speed;
	bool quiet, check;
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
	struct sim *s = load(path);
	int r;

	if (s == NULL)
		return 2;
	r = a->check ? 0 : run_sim(s, &o);
	free(s);
	return r == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dir", required_argument, NULL, 'd' },
		{ "control", required_argument, NULL, 'c' },
		{ "speed", required_argument, NULL, 's' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "check", no_argument, NULL, 'k' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	struct arguments a = { .dir = "/tmp/vitals-sim", .speed = 1 };
	int o;

	while ((o = getopt_long(argc, argv, "", options, NULL)) != -1) {
		switch (o) {
		case 'd':
			a.dir = optarg;
			break;
		case 'c':
			a.control = optarg;
			break;
		case 's':
			if (command_parse_number(optarg, &a.speed) != 0 ||
			    a.speed < 0.01 || a.speed > 1000)
				return complain("--speed: expected a number "
				    "from 0.01 to 1000");
			break;
		case 'q':
			a.quiet = true;
			break;
		case 'k':
			a.check = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind + 1 != argc)
		return complain("expected one scenario file");
	return run(&a, argv[optind]);
}
