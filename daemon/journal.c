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
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <time.h>
#include <unistd.h>

#define RING 256
#define LINE 512	/* bytes of text with its NUL; a longer one is cut */
#define FIELDS 384	/* of all fields, each with its NUL */
#define FIELDS_MAX 12

enum mode {
	MODE_DIRECT,	/* no thread: the caller writes */
	MODE_THREAD,
	MODE_STUCK,	/* the thread did not come back: lines are lost */
};

struct log_line {
	int level;
	char text[LINE];
	size_t fields_n;	/* bytes */
	char fields[FIELDS];	/* "NAME=value", each with its NUL */
};

static const char *const message_id[JOURNAL_MESSAGES] = {
	[JOURNAL_RUNNING] =
	    "68d68db28ec04097b0849faef2591fbf",
	[JOURNAL_ENDED] =
	    "2de78ed25bbc447d8f6cc569bdb8a640",
	[JOURNAL_CONFIG_TAKEN] =
	    "f8168e3d56bd41bea20053f4abb07c40",
	[JOURNAL_CONFIG_REFUSED] =
	    "fa41335c12f8406ba985a6718abda24c",
	[JOURNAL_PORT_OPEN] =
	    "c898f58024d540f58401d6d652b50383",
	[JOURNAL_PORT_LOST] =
	    "25d1543f22a3481ea2220ba2120b4b7c",
	[JOURNAL_PORT_SILENT] =
	    "9c048bb8cd7942f69e1adb55693fd104",
	[JOURNAL_PORT_HEARD] =
	    "be200a4e778b47c8bde7d6f8b4e18f59",
	[JOURNAL_ALARM] =
	    "b99362107651481da32d6515fcdf3783",
	[JOURNAL_LOG_FAILING] =
	    "01a305f467004ecb90e197878ea5fbcd",
	[JOURNAL_LOG_OK] =
	    "b4f6612d3eb8427c97dfedbd78938547",
	[JOURNAL_NOTIFIER_GONE] =
	    "2a27e8dd69ce4ef29469f0754c6b569a",
	[JOURNAL_NOTIFIER_THERE] =
	    "43d8fca98b1143729a410fd6fa7f84c7",
	[JOURNAL_CHANNEL_FAILS] =
	    "8f7a72205fae4bfe90ef0150b5b58e60",
	[JOURNAL_CHANNEL_WORKS] =
	    "3b2ac0ac4539439d830e7eedcfcceed2",
	[JOURNAL_LINES_LOST] =
	    "4bbd4a1ac26741a88ef28d08e6e0074b",
};

static struct {
	pthread_mutex_t mutex;
	pthread_cond_t work;	/* the ring or 'stopping' has changed */
	pthread_cond_t done;	/* the thread has ended */
	pthread_t thread;
	enum mode mode;
	enum journal_level most;
	bool held;		/* the thread is not woken for a line */
	bool stopping, ended;
	uint64_t lost, told;	/* told: of 'lost', what a line has said */
	size_t first, n;
	char program[32];
} journal = {
	.mutex = PTHREAD_MUTEX_INITIALIZER,
	.work = PTHREAD_COND_INITIALIZER,
	.most = JOURNAL_INFO,
	.program = "vitalsd",
};

/* Apart from it, so that its quarter of a megabyte of zeros is not in the
 * program's file and is memory only as far as lines ever wait. */
static struct log_line ring[RING];

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

/* To journald itself, which keeps the fields apart. */
static bool
send_line(const struct log_line *l, const char *program)
{
	char message[LINE + 8], priority[16], identifier[64];
	struct iovec v[3 + FIELDS_MAX];
	int n = 3;

	snprintf(message, sizeof(message), "MESSAGE=%s", l->text);
	snprintf(priority, sizeof(priority), "PRIORITY=%d", l->level);
	snprintf(identifier, sizeof(identifier), "SYSLOG_IDENTIFIER=%s",
	    program);
	v[0] = (struct iovec){ message, strlen(message) };
	v[1] = (struct iovec){ priority, strlen(priority) };
	v[2] = (struct iovec){ identifier, strlen(identifier) };
	for (size_t at = 0; at < l->fields_n && n < 3 + FIELDS_MAX;) {
		const char *field = l->fields + at;

		v[n++] = (struct iovec){ (char *)field, strlen(field) };
		at += strlen(field) + 1;
	}
	return sd_journal_sendv(v, n) >= 0;
}

/* Where standard error is the journal's stream but its socket takes nothing,
 * the line goes down the stream, and begins with the level as sd-daemon(3)
 * says; elsewhere a person reads it. */
static void
write_line(const struct log_line *l, const char *program)
{
	char out[LINE + 64];
	bool stream = under_journal();
	const char *word = "";
	int n;

	if (stream && send_line(l, program))
		return;
	if (l->level <= JOURNAL_ERROR)
		word = "error: ";
	else if (l->level == JOURNAL_WARNING)
		word = "warning: ";
	if (stream)
		n = snprintf(out, sizeof(out), "<%d>%s\n", l->level, l->text);
	else
		n = snprintf(out, sizeof(out), "%s: %s%s\n", program, word,
		    l->text);
	if (n > 0 && (size_t)n < sizeof(out))
		write_all(out, (size_t)n);
}

/* One line is one line, whatever a device or a file put into it. */
static void
flatten(char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f)
			*s = ' ';
}

/* A field that does not fit is left out whole: half a name is another's. */
static void __attribute__((format(printf, 2, 3)))
put_field(struct log_line *l, const char *format, ...)
{
	size_t room = sizeof(l->fields) - l->fields_n;
	char *at = l->fields + l->fields_n;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(at, room, format, args);
	va_end(args);
	if (n < 0 || (size_t)n >= room)
		return;
	flatten(at);
	l->fields_n += (size_t)n + 1;
}

static void
put_text(struct log_line *l, const char *name, const char *value)
{
	if (value != NULL && value[0] != '\0')
		put_field(l, "%s=%s", name, value);
}

static void
put_fields(struct log_line *l, const struct journal_fields *f)
{
	const char *end = f->port != NULL ? strchr(f->port, '/') : NULL;

	put_text(l, "MESSAGE_ID", message_id[f->message]);
	put_text(l, "VITALSD_BED", f->bed);
	if (f->bed == NULL && end != NULL)
		put_field(l, "VITALSD_BED=%.*s", (int)(end - f->port),
		    f->port);
	put_text(l, "VITALSD_PORT", f->port);
	put_text(l, "VITALSD_DRIVER", f->driver);
	put_text(l, "VITALSD_CHANNEL", f->channel);
	put_text(l, "VITALSD_SESSION", f->session);
	put_text(l, "VITALSD_ALARM", f->alarm);
	put_text(l, "VITALSD_EVENT", f->event);
	put_text(l, "VITALSD_PHASE", f->phase);
	put_text(l, "VITALSD_PRIORITY", f->priority);
	if (f->error != 0)
		put_field(l, "ERRNO=%d", abs(f->error));
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
			l = ring[journal.first];
			/* Back to the start: few pages are ever used. */
			journal.first = --journal.n == 0 ? 0 :
			    (journal.first + 1) % RING;
		} else if (lost > 0) {
			journal.told = journal.lost;
			l.level = JOURNAL_WARNING;
			l.fields_n = 0;
			put_fields(&l, &(struct journal_fields){
			    .message = JOURNAL_LINES_LOST });
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

const char journal_levels[] = "error, warning, notice, info or debug";

bool
journal_level_parse(const char *word, enum journal_level *out)
{
	static const char *const words[] = { "error", "warning", "notice",
		"info", "debug" };

	for (int i = 0; i < 5; i++)
		if (strcmp(word, words[i]) == 0) {
			*out = (enum journal_level)(JOURNAL_ERROR + i);
			return true;
		}
	return false;
}

const char *
journal_message_id(enum journal_message m)
{
	return message_id[m];
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
journal_hold(void)
{
	pthread_mutex_lock(&journal.mutex);
	journal.held = true;
	pthread_mutex_unlock(&journal.mutex);
}

void
journal_release(void)
{
	pthread_mutex_lock(&journal.mutex);
	journal.held = false;
	if (journal.n > 0)
		pthread_cond_signal(&journal.work);
	pthread_mutex_unlock(&journal.mutex);
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

static void __attribute__((format(printf, 3, 0)))
say(enum journal_level level, const struct journal_fields *about,
    const char *format, va_list args)
{
	int saved = errno;	/* so that a caller may still look at it */
	char program[sizeof(journal.program)];
	bool direct = false;
	struct log_line l = { .level = (int)level };

	if (vsnprintf(l.text, sizeof(l.text), format, args) >=
	    (int)sizeof(l.text))
		memcpy(l.text + sizeof(l.text) - 4, "...", 4);
	flatten(l.text);
	put_fields(&l, about);
	pthread_mutex_lock(&journal.mutex);
	if (level > journal.most) {
		/* nobody wants to know */
	} else if (journal.mode == MODE_DIRECT) {
		direct = true;
		memcpy(program, journal.program, sizeof(program));
	} else if (journal.mode == MODE_STUCK || journal.n == RING) {
		journal.lost++;
	} else {
		ring[(journal.first + journal.n) % RING] = l;
		journal.n++;
		if (!journal.held || journal.n > RING / 2)
			pthread_cond_signal(&journal.work);
	}
	pthread_mutex_unlock(&journal.mutex);
	if (direct)
		write_line(&l, program);
	errno = saved;
}

#define SAY_AT(level, about) do {		\
	va_list args;				\
	va_start(args, format);			\
	say(level, about, format, args);	\
	va_end(args);				\
} while (0)

static const struct journal_fields nothing;

void
journal_log(enum journal_level level, const struct journal_fields *about,
    const char *format, ...)
{
	SAY_AT(level, about);
}

void
journal_limited(struct journal_limit *limit, int64_t now_ms,
    enum journal_level level, const struct journal_fields *about,
    const char *format, ...)
{
	if (limit->n > 0 && now_ms - limit->since_ms >= JOURNAL_LIMIT_MS) {
		if (limit->n > JOURNAL_LIMIT)
			journal_log(level, about, "%u lines like the next were "
			    "not written", limit->n - JOURNAL_LIMIT);
		limit->n = 0;
	}
	if (limit->n == 0)
		limit->since_ms = now_ms;
	if (limit->n++ < JOURNAL_LIMIT)
		SAY_AT(level, about);
}

void
journal_error(const char *format, ...)
{
	SAY_AT(JOURNAL_ERROR, &nothing);
}

void
journal_warning(const char *format, ...)
{
	SAY_AT(JOURNAL_WARNING, &nothing);
}

void
journal_notice(const char *format, ...)
{
	SAY_AT(JOURNAL_NOTICE, &nothing);
}

void
journal_info(const char *format, ...)
{
	SAY_AT(JOURNAL_INFO, &nothing);
}

void
journal_debug(const char *format, ...)
{
	SAY_AT(JOURNAL_DEBUG, &nothing);
}
