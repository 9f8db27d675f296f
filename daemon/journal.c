/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A bounded ring of lines and the thread that writes them.
 *
 * Easy to get wrong: whoever logs may hold the mutex, but nobody writes while
 * holding it; that is what makes a stuck journald harmless.  The state is of
 * the file, against the habit of this program, since a process has one
 * standard error and any depth of code may have something to say.
 */
#define SD_JOURNAL_SUPPRESS_LOCATION	/* it would always name this file */
#include "daemon/journal.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

#define RING 256
#define LINE 512	/* bytes of text with its NUL; a longer one is cut */

enum mode {
	MODE_DIRECT,	/* no thread: the caller writes */
	MODE_THREAD,
	MODE_STUCK,	/* the thread did not come back: lines are lost */
};

struct log_line {
	int level;
	char text[LINE];
};

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t work;	/* the ring or 'stopping' has changed */
	pthread_cond_t done;	/* the thread has ended */
	pthread_t thread;
	enum mode mode;
	enum journal_level most;
	bool stopping, ended;
	uint64_t lost, told;	/* told: of 'lost', what a line has said */
	size_t first, n;
	char program[32];
	struct log_line ring[RING];
} journal = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.work = PTHREAD_COND_INITIALIZER,
	.most = JOURNAL_INFO,
	.program = "vitalsd",
};

/* Whether standard error is the journal's own stream; systemd says so by
 * naming its device and inode. */
static bool
under_journal(void)
{
	const char *name = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return name != NULL && sscanf(name, "%llu:%llu", &dev, &ino) == 2 &&
	    fstat(STDERR_FILENO, &st) == 0 && st.st_dev == dev &&
	    st.st_ino == ino;
}

static void
write_all(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(STDERR_FILENO, p, n);

		if (w >= 0) {
			p += w;
			n -= (size_t)w;
		} else if (errno == EAGAIN) {
			struct pollfd f = { STDERR_FILENO, POLLOUT, 0 };

			if (poll(&f, 1, -1) < 0 && errno != EINTR)
				return;
		} else if (errno != EINTR) {
			return;		/* nobody is left to tell */
		}
	}
}

static void
write_line(const struct log_line *l, const char *program)
{
	char out[LINE + 64];
	const char *word = "";
	int n;

	if (under_journal() && sd_journal_send("MESSAGE=%s", l->text,
	    "PRIORITY=%d", l->level, "SYSLOG_IDENTIFIER=%s", program,
	    NULL) >= 0)
		return;
	if (l->level <= JOURNAL_ERROR)
		word = "error: ";
	else if (l->level == JOURNAL_WARNING)
		word = "warning: ";
	n = snprintf(out, sizeof(out), "%s: %s%s\n", program, word, l->text);
	if (n > 0 && (size_t)n < sizeof(out))
		write_all(out, (size_t)n);
}

static void *
run(void *arg)
{
	char program[sizeof(journal.program)];
	struct log_line l;
	uint64_t lost;

	(void)arg;
	pthread_mutex_lock(&journal.mutex);
	memcpy(program, journal.program, sizeof(program));
	for (;;) {
		while (journal.n == 0 && journal.lost == journal.told &&
		    !journal.stopping)
			pthread_cond_wait(&journal.work, &journal.mutex);
		lost = journal.lost - journal.told;
		if (journal.n > 0) {
			l = journal.ring[journal.first];
			journal.first = (journal.first + 1) % RING;
			journal.n--;
		} else if (lost > 0) {
			journal.told = journal.lost;
			l.level = JOURNAL_WARNING;
			snprintf(l.text, sizeof(l.text),
			    "%llu log lines were lost: they came faster than "
			    "they could be written", (unsigned long long)lost);
		} else {
			break;
		}
		pthread_mutex_unlock(&journal.mutex);
		write_line(&l, program);
		pthread_mutex_lock(&journal.mutex);
	}
	journal.ended = true;
	pthread_cond_signal(&journal.done);
	pthread_mutex_unlock(&journal.mutex);
	return NULL;
}

int
journal_start(const char *program, enum journal_level most)
{
	pthread_condattr_t attr;
	sigset_t all, before;
	int r;

	pthread_mutex_lock(&journal.mutex);
	if (journal.mode != MODE_DIRECT) {
		pthread_mutex_unlock(&journal.mutex);
		return -EBUSY;
	}
	snprintf(journal.program, sizeof(journal.program), "%s", program);
	journal.most = most;
	journal.stopping = journal.ended = false;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&journal.done, &attr);
	pthread_condattr_destroy(&attr);
	/* Signals belong to the main thread; SIGPIPE becomes EPIPE. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&journal.thread, NULL, run, NULL);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r == 0)
		journal.mode = MODE_THREAD;
	pthread_mutex_unlock(&journal.mutex);
	return -r;
}

void
journal_stop(int wait_ms)
{
	struct timespec until;
	int r = 0;

	pthread_mutex_lock(&journal.mutex);
	if (journal.mode != MODE_THREAD) {
		pthread_mutex_unlock(&journal.mutex);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += wait_ms / 1000;
	until.tv_nsec += wait_ms % 1000 * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	journal.stopping = true;
	pthread_cond_signal(&journal.work);
	while (!journal.ended && r == 0)
		r = pthread_cond_timedwait(&journal.done, &journal.mutex,
		    &until);
	/* A thread that hangs in a write is left there: the process is about
	 * to end, and whoever wrote now would hang as well. */
	journal.mode = journal.ended ? MODE_DIRECT : MODE_STUCK;
	pthread_mutex_unlock(&journal.mutex);
	if (journal.mode == MODE_DIRECT)
		pthread_join(journal.thread, NULL);
	else
		pthread_detach(journal.thread);
}

uint64_t
journal_lost(void)
{
	uint64_t lost;

	pthread_mutex_lock(&journal.mutex);
	lost = journal.lost;
	pthread_mutex_unlock(&journal.mutex);
	return lost;
}

/* One line is one line, whatever a device or a file put into it. */
static void
flatten(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = ' ';
}

static void __attribute__((format(printf, 2, 0)))
say(enum journal_level level, const char *format, va_list args)
{
	int saved = errno;	/* so that a caller may still look at it */
	char program[sizeof(journal.program)];
	bool direct = false;
	struct log_line l = { .level = (int)level };

	if (vsnprintf(l.text, sizeof(l.text), format, args) >=
	    (int)sizeof(l.text))
		memcpy(l.text + sizeof(l.text) - 4, "...", 4);
	flatten(l.text);
	pthread_mutex_lock(&journal.mutex);
	if (level > journal.most) {
		/* nobody wants to know */
	} else if (journal.mode == MODE_DIRECT) {
		direct = true;
		memcpy(program, journal.program, sizeof(program));
	} else if (journal.mode == MODE_STUCK || journal.n == RING) {
		journal.lost++;
	} else {
		journal.ring[(journal.first + journal.n) % RING] = l;
		journal.n++;
		pthread_cond_signal(&journal.work);
	}
	pthread_mutex_unlock(&journal.mutex);
	if (direct)
		write_line(&l, program);
	errno = saved;
}

#define SAY_AT(level) do {			\
	va_list args;				\
	va_start(args, format);			\
	say(level, format, args);		\
	va_end(args);				\
} while (0)

void
journal_error(const char *format, ...)
{
	SAY_AT(JOURNAL_ERROR);
}

void
journal_warning(const char *format, ...)
{
	SAY_AT(JOURNAL_WARNING);
}

void
journal_notice(const char *format, ...)
{
	SAY_AT(JOURNAL_NOTICE);
}

void
journal_info(const char *format, ...)
{
	SAY_AT(JOURNAL_INFO);
}

void
journal_debug(const char *format, ...)
{
	SAY_AT(JOURNAL_DEBUG);
}
