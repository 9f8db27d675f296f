/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See long.h.
 *
 * Easy to get wrong: the output of a test is no descriptor; fileno() is -1.
 */
#include "cli/long.h"

#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define SHOW_MS 200

void
long_begin(struct long_run *l, struct cli *c)
{
	sigset_t set;
	int fd = fileno(c->err);

	*l = (struct long_run){ .c = c, .terminal = fd >= 0 && isatty(fd) };
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &l->before);
	l->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	/* Then they end us as they always did. */
	if (l->signals < 0)
		sigprocmask(SIG_SETMASK, &l->before, NULL);
}

void
long_end(struct long_run *l)
{
	struct signalfd_siginfo taken;

	long_clear(l);
	if (l->signals < 0)
		return;
	while (read(l->signals, &taken, sizeof taken) > 0)
		;
	close(l->signals);
	sigprocmask(SIG_SETMASK, &l->before, NULL);
}

static void
show(struct long_run *l, const char *what, int64_t done, int64_t total)
{
	struct timespec t;
	int64_t now;
	char text[64];

	clock_gettime(CLOCK_MONOTONIC, &t);
	now = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
	if (!l->terminal || now < l->shown_ms + SHOW_MS)
		return;
	l->shown_ms = now;
	snprintf(text, sizeof text, "%.40s %3d %%", what,
	    (int)(total > 0 ? done * 100 / total : 0));
	long_clear(l);
	fputs(text, l->c->err);
	fflush(l->c->err);
	l->width = strlen(text);
}

bool
long_go_on(void *arg, const char *what, int64_t done, int64_t total)
{
	struct long_run *l = arg;
	struct signalfd_siginfo taken;

	show(l, what, done, total);
	if (l->signals >= 0 && read(l->signals, &taken, sizeof taken) > 0)
		l->stopped = true;
	return !l->stopped;
}

void
long_clear(struct long_run *l)
{
	if (l->width > 0)
		fprintf(l->c->err, "\r%*s\r", (int)l->width, "");
	l->width = 0;
}
