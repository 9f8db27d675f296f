/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitalsd: reads the command line and runs the service.
 *
 * Easy to get wrong: exit status 2 is for a wrong command line, 1 for what is
 * wrong with the world, so that a unit or a script can tell them apart.
 */
#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/journal.h"
#include "daemon/paths.h"
#include "daemon/service.h"

#define LOOK_UP_MEMORY 65536
#define MMAP_FROM (64 * 1024)	/* bytes */

static void
usage(FILE *out)
{
	fprintf(out, "usage: vitalsd [options]\n"
	    "Reads patient monitors, stamps and logs what they say, raises "
	    "alarms.\n%s"
	    "  --log-level L  error, warning, notice, info (the default) or "
	    "debug\n"
	    "  -v, --verbose  the same as --log-level debug\n"
	    "      --version  print the version and end\n"
	    "  -h, --help     this text\n", paths_help);
}

/* At the first look-up of a user the C library reads nsswitch.conf, and ends the
 * process by an assertion if memory is short just then.  So it comes now, with
 * memory that was there a moment ago, and not in the midst of a session. */
static bool
look_up_once(void)
{
	void *volatile some = malloc(LOOK_UP_MEMORY);

	if (some == NULL)
		return false;
	free(some);
	(void)getpwuid(geteuid());
	return true;
}

int
main(int argc, char **argv)
{
	enum { OPTION_VERSION = 0x2000, OPTION_LEVEL };
	static const struct option options[] = {
		PATHS_OPTIONS,
		{ "log-level", required_argument, NULL, OPTION_LEVEL },
		{ "verbose", no_argument, NULL, 'v' },
		{ "version", no_argument, NULL, OPTION_VERSION },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	enum journal_level level = JOURNAL_INFO;
	struct paths paths;
	char error[512];
	int o, r;

	paths_init(&paths);
	while ((o = getopt_long(argc, argv, "vh", options, NULL)) != -1) {
		if (paths_take_option(&paths, o, optarg))
			continue;
		switch (o) {
		case 'v':
			level = JOURNAL_DEBUG;
			break;
		case OPTION_LEVEL:
			if (journal_level_parse(optarg, &level))
				break;
			fprintf(stderr, "vitalsd: no log level \"%s\"; "
			    "expected %s\n", optarg, journal_levels);
			return 2;
		case OPTION_VERSION:
			printf("vitalsd %s\n", VITALSD_VERSION);
			return 0;
		case 'h':
			usage(stdout);
			return 0;
		default:
			usage(stderr);
			return 2;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "vitalsd: unexpected \"%s\"\n", argv[optind]);
		usage(stderr);
		return 2;
	}
	if (paths_finish(&paths, error, sizeof error) < 0) {
		fprintf(stderr, "vitalsd: %s\n", error);
		return 2;
	}
	/* Three threads that allocate little share one heap. */
	mallopt(M_ARENA_MAX, 1);
	if (!look_up_once()) {
		fprintf(stderr, "vitalsd: %s\n", strerror(ENOMEM));
		return 1;
	}
	/* What is large has pages of its own, always: what of it is never used
	 * takes none, and what is freed is gone.  Only now: the look-up is to
	 * find its memory in the heap. */
	mallopt(M_MMAP_THRESHOLD, MMAP_FROM);
	r = journal_start("vitalsd", level);
	if (r < 0)
		fprintf(stderr, "vitalsd: no log thread (%s); lines go out "
		    "directly\n", strerror(-r));
	r = service_run(&paths);
	journal_stop(1000);
	return r;
}
