/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What others may ask of the store, and its opening and closing.
 *
 * Easy to get wrong: what stands in memory under the lock may be asked at any
 * time; what stands on the disk only before the thread runs.
 */
#include "daemon/store.h"
#include "daemon/store_restore.h"
#include "daemon/store_start.h"
#include "daemon/store_thread.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static void
wake(struct store *s)
{
	s->wake_due = s->deferred;
	if (!s->deferred)
		pthread_cond_signal(&s->wake);
}

static uint64_t
queued(struct store *s, uint64_t ticket, uint64_t *lost, bool urgent)
{
	if (ticket == 0) {
		++*lost;
		store_thread_tell(s);
		return 0;
	}
	if (s->fresh++ == 0)
		s->fresh_ms = store_thread_clock_ms(CLOCK_MONOTONIC);
	if (s->held != UINT64_MAX) {
		s->held_urgent |= urgent;
		return ticket;
	}
	if (urgent)
		s->urgent = true;
	if (s->fresh == 1 || urgent || s->fresh == STORE_GROUP_READINGS)
		wake(s);
	return ticket;
}

void
store_defer(struct store *s)
{
	s->deferred = true;
}

void
store_wake(struct store *s)
{
	if (!s->wake_due)
		return;
	s->wake_due = false;
	pthread_cond_signal(&s->wake);
}

/* A frame counts from its own last byte, though it is known to be whole only by
 * what follows: by then a later frame of another port may have been handed over.
 * Its readings are stored with the time of that one, since a moment is looked
 * for in the log as in a list that is in order. */
static struct now
in_order(struct store *s, const struct now *now)
{
	struct now stamp = *now;

	if (s->reading_ms > stamp.t_ms) {
		stamp.wall_ms += s->reading_ms - stamp.t_ms;
		stamp.t_ms = s->reading_ms;
	}
	s->reading_ms = stamp.t_ms;
	return stamp;
}

uint64_t
store_reading(struct store *s, const struct now *now, size_t port,
    const struct reading *r)
{
	struct now stamp;
	uint64_t ticket;

	pthread_mutex_lock(&s->lock);
	stamp = in_order(s, now);
	ticket = queued(s, store_queue_reading(&s->queue, &stamp, port, r),
	    &s->report.lost_readings, false);
	s->held_readings += ticket != 0 && s->held != UINT64_MAX;
	pthread_mutex_unlock(&s->lock);
	return ticket;
}

uint64_t
store_record(struct store *s, const struct now *now, const struct record *r,
    bool urgent)
{
	uint64_t ticket;

	pthread_mutex_lock(&s->lock);
	ticket = queued(s, store_queue_record(&s->queue, now, r),
	    &s->report.lost_records, urgent);
	s->held_records += ticket != 0 && s->held != UINT64_MAX;
	pthread_mutex_unlock(&s->lock);
	return ticket;
}

void
store_hold(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	if (s->held == UINT64_MAX)
		s->held = s->queue.ticket;
	pthread_mutex_unlock(&s->lock);
}

void
store_release(struct store *s)
{
	pthread_mutex_lock(&s->lock);
	s->urgent |= s->held_urgent;
	s->held = UINT64_MAX;
	s->held_readings = s->held_records = 0;
	s->held_urgent = false;
	wake(s);
	pthread_mutex_unlock(&s->lock);
}

void
store_clock(struct store *s, const struct now *now)
{
	uint64_t ticket;

	pthread_mutex_lock(&s->lock);
	ticket = queued(s, store_queue_record(&s->queue, now, NULL),
	    &s->report.lost_records, false);
	s->held_records += ticket != 0 && s->held != UINT64_MAX;
	pthread_mutex_unlock(&s->lock);
}

int
store_fd(const struct store *s)
{
	return s->event_fd;
}

void
store_report(struct store *s, struct store_report *out)
{
	uint64_t n;

	pthread_mutex_lock(&s->lock);
	if (read(s->event_fd, &n, sizeof n) < 0)
		assert(errno == EAGAIN);
	*out = s->report;
	pthread_mutex_unlock(&s->lock);
}

uint32_t
store_session_count(const struct store *s, const char *prefix)
{
	size_t length = strlen(prefix);
	uint32_t count = 0;

	for (size_t i = 0; i < s->id_n; i++) {
		unsigned long n;

		if (strncmp(s->id[i], prefix, length) != 0)
			continue;
		/* The number itself, should any be missing in between. */
		n = strtoul(s->id[i] + length, NULL, 10);
		if (n > count && n < UINT32_MAX)
			count = (uint32_t)n;
	}
	return count;
}

static void
store_free(struct store *s)
{
	store_db_free(&s->db);
	store_queue_free(&s->queue);
	pthread_mutex_destroy(&s->lock);
	pthread_cond_destroy(&s->wake);
	pthread_cond_destroy(&s->gone);
	if (s->event_fd >= 0)
		close(s->event_fd);
	if (s->dir_fd >= 0)
		close(s->dir_fd);
	free((void *)s->options.dir);
	free((void *)s->options.version);
	free((void *)s->options.ports);
	free(s->id);
	free(s);
}

static const char *
copy_word(char **at, const char *word)
{
	const char *copy = *at;

	*at = stpcpy(*at, word) + 1;
	return copy;
}

/* The ports and their words in one piece of memory; NULL when it is short.  Its
 * own, since the thread may outlive whatever the caller has. */
static struct store_port *
copy_ports(const struct store_options *o)
{
	size_t words = 0;
	struct store_port *copy;
	char *at;

	for (size_t i = 0; i < o->ports_n; i++) {
		const struct store_port *p = &o->ports[i];

		words += strlen(p->name) + strlen(p->bed) +
		    strlen(p->driver) + strlen(p->path) + 4;
	}
	copy = malloc((o->ports_n + 1) * sizeof *copy + words);
	if (copy == NULL)
		return NULL;
	at = (char *)&copy[o->ports_n];
	for (size_t i = 0; i < o->ports_n; i++) {
		const struct store_port *p = &o->ports[i];

		copy[i].name = copy_word(&at, p->name);
		copy[i].bed = copy_word(&at, p->bed);
		copy[i].driver = copy_word(&at, p->driver);
		copy[i].path = copy_word(&at, p->path);
	}
	return copy;
}

static struct store *
store_new(const struct store_options *o)
{
	struct store *s = calloc(1, sizeof *s);
	struct store_port *ports = copy_ports(o);
	pthread_condattr_t attr;

	if (s == NULL || ports == NULL) {
		free(s);
		free(ports);
		return NULL;
	}
	s->options = *o;
	s->options.ports = ports;
	s->options.dir = strdup(o->dir);
	s->options.version = strdup(o->version);
	s->db.options = &s->options;
	s->latest = o->now;
	s->held = UINT64_MAX;
	s->report.disk_free_percent = -1;
	s->report.answered_ms = store_thread_clock_ms(CLOCK_BOOTTIME);
	s->dir_fd = -1;
	s->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	pthread_mutex_init(&s->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&s->wake, &attr);
	pthread_cond_init(&s->gone, &attr);
	pthread_condattr_destroy(&attr);
	if (s->event_fd < 0 || s->options.dir == NULL ||
	    s->options.version == NULL || store_queue_init(&s->queue,
	    STORE_READINGS, STORE_RECORDS(o->ports_n)) < 0) {
		store_free(s);
		return NULL;
	}
	return s;
}

/* One vitalsd per state directory. */
static int
lock_directory(struct store *s, char *error, size_t error_size)
{
	if (mkdir(s->options.dir, 0750) == 0 &&
	    chmod(s->options.dir, 0750) != 0)
		return 0;	/* SQLite will say so */
	s->dir_fd = open(s->options.dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir_fd < 0)
		return 0;	/* the thread tries to make it */
	if (flock(s->dir_fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
		snprintf(error, error_size, "another vitalsd keeps its log in "
		    "%s: stop it, or give another --state", s->options.dir);
		return -EBUSY;
	}
	return 0;
}

static int
restore(struct store *s, struct store_restored *restored)
{
	int err = store_restore(&s->db, restored);

	if (err == 0)
		err = store_restore_ids(&s->db, &s->id, &s->id_n);
	if (err < 0) {
		store_restored_clear(restored);
		s->id_n = 0;
	}
	return err;
}

/* Opens, checks, reads back and takes up writing; a log that is damaged at
 * the second look, too, is moved aside. */
static int
open_and_restore(struct store *s, struct store_restored *restored)
{
	bool fresh = false;
	char why[sizeof s->db.why];
	int err = 0;

	for (int attempt = 0; attempt < 3; attempt++) {
		err = store_db_open(&s->db);
		if (err == 0)
			err = store_db_check(&s->db);
		if (err == 0)
			err = restore(s, restored);
		if (err == 0)
			return store_start_writing(&s->db, &s->options.now,
			    &fresh);
		store_db_close(&s->db);
		if (err != -EBADMSG)
			break;
		/* A read that failed once looks like damage, too. */
		if (attempt == 0)
			continue;
		err = store_db_move_aside(&s->db, s->options.now.wall_ms,
		    restored->replaced, sizeof restored->replaced);
		if (err < 0)
			return err;
	}
	if (err == -EPROTO)
		return err;
	/* It cannot be written, but what is to be resumed can be read. */
	memcpy(why, s->db.why, sizeof why);
	if (store_db_open_to_read(&s->db) == 0) {
		(void)restore(s, restored);
		store_db_close(&s->db);
	}
	memcpy(s->db.why, why, sizeof why);
	return err;
}

int
store_open(struct store **out, const struct store_options *o,
    struct store_restored **restored, char *error, size_t error_size)
{
	struct store_restored *was = calloc(1, sizeof *was);
	struct store *s = store_new(o);
	int err = -ENOMEM;

	if (s == NULL || was == NULL) {
		snprintf(error, error_size, "no memory");
		goto fail;
	}
	err = lock_directory(s, error, error_size);
	if (err < 0)
		goto fail;
	err = open_and_restore(s, was);
	if (err == -EPROTO) {
		snprintf(error, error_size, "%s", s->db.why);
		goto fail;
	}
	if (err < 0)
		store_thread_fail(s, err);
	err = -pthread_create(&s->thread, NULL, store_thread_run, s);
	if (err < 0) {
		snprintf(error, error_size, "no thread: %s", strerror(-err));
		goto fail;
	}
	*out = s;
	*restored = was;
	return 0;
fail:
	store_restored_free(was);
	if (s != NULL)
		store_free(s);
	return err;
}

void
store_close(struct store *s, const struct now *now, int wait_ms)
{
	int64_t until = store_thread_clock_ms(CLOCK_MONOTONIC) + wait_ms;
	int rc = 0;
	bool ended;

	pthread_mutex_lock(&s->lock);
	s->stop = true;
	s->stop_now = *now;
	pthread_cond_signal(&s->wake);
	while (!s->ended && rc == 0)
		rc = pthread_cond_timedwait(&s->gone, &s->lock,
		    &(struct timespec){ .tv_sec = until / 1000,
		    .tv_nsec = until % 1000 * 1000000 });
	ended = s->ended;
	pthread_mutex_unlock(&s->lock);
	if (!ended) {
		/* The disk hangs: the thread and what it uses are left to the
		 * end of the process. */
		pthread_detach(s->thread);
		return;
	}
	pthread_join(s->thread, NULL);
	store_free(s);
}
