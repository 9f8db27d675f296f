/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitalsctl log disk: how long the disk under the log takes to keep a record.
 *
 * Easy to get wrong: a quick answer is the bad one.  A card that calls a write
 * kept while it is in its memory loses it with the power, and no program can
 * tell but by the time.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include "cli/cli.h"

#define WRITES 200
#define LIMIT_US 10000000	/* a slow disk is known before that */
#define TOO_QUICK_US 100
#define TOO_SLOW_US 500000	/* at 2 s a reply says that it is not kept */

static int64_t
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

/* Appends and waits for the disk, again and again; how often, or -errno. */
static int
measure(int fd, int64_t us[WRITES])
{
	static const char page[4096];
	int64_t began = now_us();
	int n = 0;

	while (n < WRITES && now_us() - began < LIMIT_US) {
		int64_t from = now_us();
		ssize_t w = write(fd, page, sizeof page);

		if (w != sizeof page)
			return w < 0 ? -errno : -ENOSPC;
		if (fdatasync(fd) < 0)
			return -errno;
		us[n++] = now_us() - from;
	}
	return n;
}

static int
by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static int
judge(struct cli *c, const int64_t us[], int n, bool memory)
{
	int64_t median = us[(n - 1) / 2], worst = us[n - 1];

	fprintf(c->out, "%s: %d writes of 4 KiB, each until the disk says that "
	    "it is kept: %lld.%02lld ms as a rule, %lld.%02lld ms at worst\n",
	    c->paths.state, n, (long long)(median / 1000),
	    (long long)(median % 1000 / 10), (long long)(worst / 1000),
	    (long long)(worst % 1000 / 10));
	if (memory)
		return cli_problem(c, "that is memory, no disk: the log is "
		    "gone with the power");
	if (median < TOO_QUICK_US)
		return cli_problem(c, "that is suspiciously fast: unless the "
		    "disk has a battery or capacitors of its own, it may lose "
		    "records with the power that it said were kept");
	if (us[n * 9 / 10] > TOO_SLOW_US)
		return cli_problem(c, "that is too slow for the log: another "
		    "disk, or less to do for this one");
	fprintf(c->out, "in order\n");
	return EXIT_OK;
}

int
verb_log_disk(struct cli *c)
{
	int64_t us[WRITES];
	struct statfs fs;
	/* It has no name, so nothing is left of it whatever happens. */
	int fd = open(c->paths.state, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	int n;

	if (fd < 0 && (errno == EACCES || errno == EPERM))
		return cli_problem(c, "%s: %s; only vitalsd's own user may "
		    "write there: `sudo -u vitalsd vitalsctl log disk`",
		    c->paths.state, strerror(errno));
	if (fd < 0)
		return cli_problem(c, "%s: %s", c->paths.state,
		    strerror(errno));
	n = measure(fd, us);
	if (fstatfs(fd, &fs) < 0)
		fs.f_type = 0;
	close(fd);
	if (n <= 0)
		return cli_problem(c, "%s: %s", c->paths.state, n < 0 ?
		    strerror(-n) : "not one write in 10 s");
	qsort(us, (size_t)n, sizeof us[0], by_size);
	return judge(c, us, n, fs.f_type == TMPFS_MAGIC);
}
