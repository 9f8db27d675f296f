/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See hold.h.
 *
 * Easy to get wrong: a file's time says nothing here, since systemd writes a
 * credential anew at each start; its contents do.
 */
#include "daemon/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <systemd/sd-daemon.h>
#include <time.h>
#include <unistd.h>

#include "daemon/clock.h"

#define LOOK_MS 500

struct print {
	char text[32];
};

/* FNV-1a of the contents, or why there are none. */
static struct print
print_of(const char *path)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	struct print p;
	char buf[4096];
	ssize_t n = 0;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	int err = fd < 0 ? errno : 0;

	while (fd >= 0 && (n = read(fd, buf, sizeof buf)) > 0)
		for (ssize_t i = 0; i < n; i++)
			hash = (hash ^ (uint8_t)buf[i]) *
			    UINT64_C(0x100000001b3);
	if (n < 0)
		err = errno;
	if (fd >= 0)
		close(fd);
	if (err != 0)
		snprintf(p.text, sizeof p.text, "errno %d", err);
	else
		snprintf(p.text, sizeof p.text, "%016" PRIx64, hash);
	return p;
}

static bool
path_of(const char *dir, char out[PATH_MAX])
{
	return dir != NULL && snprintf(out, PATH_MAX, "%s/failed-start",
	    dir) < PATH_MAX;
}

/* Whether the last start failed with this print; notes that this one did.
 * Without a place to note it, every failure counts as a repetition. */
static bool
repeated(const char *dir, const struct print *p)
{
	struct print last = { "" };
	char path[PATH_MAX];
	ssize_t n = 0;
	bool noted = false;
	int fd;

	if (!path_of(dir, path))
		return true;
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd >= 0) {
		n = read(fd, last.text, sizeof last.text - 1);
		close(fd);
	}
	if (n > 0 && strcmp(last.text, p->text) == 0)
		return true;
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
	    0600);
	if (fd >= 0) {
		noted = write(fd, p->text, strlen(p->text)) ==
		    (ssize_t)strlen(p->text);
		close(fd);
	}
	return !noted;
}

void
hold_failed_start(const char *dir, const char *config, int64_t most_ms)
{
	int64_t until_ms = clock_boot_ms() + most_ms, left_ms;
	struct print before = print_of(config), now = before;
	sigset_t signals;

	if (getenv("NOTIFY_SOCKET") == NULL || !repeated(dir, &before))
		return;
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	(void)sd_notify(0, "STATUS=cannot start; waiting for another "
	    "configuration, and trying again");
	while ((left_ms = until_ms - clock_boot_ms()) > 0 &&
	    strcmp(before.text, now.text) == 0) {
		int64_t ms = left_ms < LOOK_MS ? left_ms : LOOK_MS;
		struct timespec t = { .tv_sec = ms / 1000,
			.tv_nsec = ms % 1000 * 1000000 };

		if (sigtimedwait(&signals, NULL, &t) >= 0)
			break;
		now = print_of(config);
	}
}

void
hold_forget(const char *dir)
{
	char path[PATH_MAX];

	if (path_of(dir, path))
		(void)unlink(path);
}
