/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitals-clock: tells vitalsd whether the wall clock is synchronised, by a file
 * that is there while it is.  systemd's filter against setting the clock also
 * refuses adjtimex(2) that only asks; vitalsd keeps the filter, and this small
 * program, which has no other powers, goes without it.
 *
 * Easy to get wrong: the file must not outlive the program, or a clock would be
 * called synchronised for ever: the unit's RuntimeDirectory= goes when it ends.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "daemon/clock.h"

#define EVERY_S 2

/* Makes or removes the file; complains if it cannot. */
static int
tell(const char *path, bool synced)
{
	int fd;

	if (!synced) {
		if (unlink(path) == 0 || errno == ENOENT)
			return 0;
	} else {
		fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
		if (fd >= 0 && close(fd) == 0)
			return 0;
	}
	fprintf(stderr, "vitals-clock: %s: %s\n", path, strerror(errno));
	return -1;
}

int
main(int argc, char **argv)
{
	const struct timespec every = { .tv_sec = EVERY_S };
	const char *path = CLOCK_SYNCED_FILE;
	sigset_t signals;
	bool synced, told = false;
	bool ready = false;
	int r;

	if (argc == 2 && strcmp(argv[1], "--help") == 0) {
		printf("usage: vitals-clock [FILE]\n"
		    "Keeps FILE (" CLOCK_SYNCED_FILE ") there while\n"
		    "the kernel calls the wall clock synchronised.\n");
		return 0;
	}
	if (argc > 2 || (argc == 2 && argv[1][0] == '-')) {
		fprintf(stderr, "usage: vitals-clock [FILE]\n");
		return 2;
	}
	if (argc == 2)
		path = argv[1];
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	do {
		r = clock_ask_kernel(&synced);
		if (r < 0) {
			fprintf(stderr, "vitals-clock: cannot ask the kernel: "
			    "%s\n", strerror(-r));
			(void)tell(path, false);
			return 1;
		}
		if (!ready || synced != told) {
			if (tell(path, synced) < 0)
				return 1;
			told = synced;
			(void)sd_notifyf(0, "READY=1\nSTATUS=the clock is %s",
			    synced ? "synchronised" : "not synchronised");
			ready = true;
		}
		(void)sd_notify(0, "WATCHDOG=1");
	} while (sigtimedwait(&signals, NULL, &every) < 0);
	return tell(path, false) < 0 ? 1 : 0;
}
