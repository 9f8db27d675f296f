/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The store's thread: waits for company, writes a batch in one transaction,
 * reports it; on a fault it closes the log and tries again for ever.
 *
 * Easy to get wrong: entries stay in the queue until their commit, so a batch
 * that fails is simply written again.
 */
#include "daemon/store_thread.h"
#include "daemon/store_start.h"
#include "daemon/store_write.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define GROUP_MS 100		/* what arrives waits so long for company */
#define RETRY_MS 1000		/* at first sooner: 100, 200, 400 ms */
#define ALIVE_MS 1000		/* the thread shows that it lives */
#define CHECKPOINT_PAGES_MAX (4 * STORE_CHECKPOINT_PAGES)
#define SEAL_DELAY_MS 1000	/* what a session's end brings about is awaited */
#define SEAL_STOP_MS 1000	/* a stop waits so long for seals */
#define KEEP_MS 60000		/* looks so often for what is to be removed */
#define NEVER INT64_MAX

int64_t
store_thread_clock_ms(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
store_thread_tell(struct store *s)
{
	uint64_t one = 1;

	/* Full is as good as told. */
	if (write(s->event_fd, &one, sizeof one) < 0)
		assert(errno == EAGAIN);
}

static void
set_fault(struct store *s, const char *why)
{
	pthread_mutex_lock(&s->lock);
	s->report.failing = true;
	snprintf(s->report.why, sizeof s->report.why, "%.159s", why);
	store_thread_tell(s);
	pthread_mutex_unlock(&s->lock);
}

/* The log cannot be written: closes it, gives the ballast back on a full disk,
 * and remembers the fault for when it can. */
void
store_thread_fail(struct store *s, int err)
{
	const char *why = s->db.why[0] ? s->db.why : strerror(-err);

	store_seal_stop(&s->seal);
	store_keep_stop(&s->keep);
	s->sealing = s->removing = false;
	s->seal_ms = NEVER;	/* until it is open again: see open_log() */
	store_db_close(&s->db);
	s->retry_ms = store_thread_clock_ms(CLOCK_MONOTONIC) +
	    (s->retries < 4 ? 100 << s->retries : RETRY_MS);
	s->retries += s->retries < 4;
	if (err == -ENOSPC && store_disk_release(&s->options))
		s->retry_ms = 0;
	if (!s->faulty) {
		s->faulty = true;
		s->fault_now = s->latest;
		snprintf(s->fault, sizeof s->fault, "%s", why);
	}
	set_fault(s, why);
}

static int
write_event(struct store *s, const struct now *now, enum event_kind kind,
    int64_t count, const char *text)
{
	struct record r = { .class = RECORD_EVENT };

	r.event.kind = kind;
	r.event.count = count;
	snprintf(r.event.text, sizeof r.event.text, "%s", text);
	return store_write_record(&s->db, now, &r);
}

/* What the log must know of the time when it could not be written. */
static int
write_faults(struct store *s, const struct store_batch *b)
{
	uint64_t lost = b->lost + s->skipped_readings + s->skipped_records;
	int err = 0;

	if (s->faulty) {
		err = write_event(s, &s->fault_now, EVENT_STORE_FAULT, 0,
		    s->fault);
		if (err == 0)
			err = write_event(s, &s->latest, EVENT_STORE_OK, 0,
			    "the log is written again");
	}
	if (err == 0 && lost > s->told_lost)
		err = write_event(s, &s->latest, EVENT_READINGS_LOST,
		    (int64_t)(lost - s->told_lost),
		    "could not be stored: the queue was full");
	return err;
}

static bool
asks_for_seal(const struct queued_record *c)
{
	enum statement_kind kind;

	/* A record is as long as its kind needs, and no longer. */
	if (c->clock || c->record.class != RECORD_STATEMENT)
		return false;
	kind = c->record.statement.kind;
	return kind == STATEMENT_SESSION_END ||
	    kind == STATEMENT_SESSION_ABORT || kind == STATEMENT_AMEND;
}

/* Whether that failed for the first time.  Once may be an accident of another's
 * making, and the log is read anew after it; twice, and it would stop all
 * others. */
static bool
is_first_refusal(struct store *s, uint64_t first, uint64_t last)
{
	if (first <= s->stuck_ticket)
		return false;
	s->stuck_ticket = last;
	return true;
}

/* Stores readings from the i-th on, none of them younger than 'before'. */
static int
write_readings(struct store *s, const struct store_batch *b, uint64_t before,
    size_t *i)
{
	const struct queued_reading *r = store_queue_reading_at(&s->queue, *i);
	size_t n = store_queue_row(&s->queue, *i, b->readings - *i);
	size_t run = 1, stored = 0;
	int err;

	/* Where one of them was refused, each stands for itself. */
	while (run < n && r[run].ticket < before &&
	    r->ticket > s->stuck_ticket)
		run++;
	err = store_write_readings(&s->db, r, run, &stored);
	if (err == -EINVAL && !is_first_refusal(s, r->ticket,
	    r[run - 1].ticket)) {
		s->skipped_readings++;
		stored = 1;
		err = 0;
	}
	if (err < 0)
		return err;
	s->latest = r[stored - 1].now;
	*i += stored;
	return 0;
}

static int
write_record(struct store *s, const struct queued_record *c)
{
	int err;

	s->latest = c->now;
	if (c->clock)
		err = store_start_clock(&s->db, &c->now);
	else
		err = store_write_record(&s->db, &c->now, &c->record);
	if (asks_for_seal(c))
		s->seal_ms = store_thread_clock_ms(CLOCK_MONOTONIC) +
		    SEAL_DELAY_MS;
	if (err != -EINVAL || is_first_refusal(s, c->ticket, c->ticket))
		return err;
	s->skipped_records++;
	return 0;
}

/* Stores readings from the i-th on or the j-th record, whichever came first. */
static int
write_next(struct store *s, const struct store_batch *b, size_t *i, size_t *j)
{
	const struct queued_record *c = *j < b->records ?
	    store_queue_record_at(&s->queue, *j) : NULL;
	uint64_t before = c != NULL ? c->ticket : UINT64_MAX;
	int err;

	if (*i < b->readings &&
	    store_queue_reading_at(&s->queue, *i)->ticket < before)
		return write_readings(s, b, before, i);
	err = write_record(s, c);
	*j += err == 0;
	return err;
}

static int
write_batch(struct store *s, const struct store_batch *b)
{
	size_t i = 0, j = 0;
	int64_t seq = s->db.seq;
	int err = store_db_run(&s->db, "BEGIN IMMEDIATE");

	if (err < 0)
		return err;
	s->skipped_readings = s->skipped_records = 0;
	while (err == 0 && (i < b->readings || j < b->records))
		err = write_next(s, b, &i, &j);
	if (err == 0)
		err = write_faults(s, b);
	if (err < 0)
		return err;
	err = store_db_run(&s->db, "COMMIT");
	if (err < 0)
		s->doubt = (struct store_doubt){ true, *b,
			s->db.seq > seq ? s->db.seq : 0, s->db.segment,
			s->db.rows };
	return err;
}

static void
committed(struct store *s, const struct store_batch *b)
{
	pthread_mutex_lock(&s->lock);
	store_queue_drop(&s->queue, b->readings, b->records);
	if (b->last > s->report.committed)
		s->report.committed = b->last;
	s->report.readings += b->readings - s->skipped_readings;
	s->report.records += b->records - s->skipped_records;
	s->report.lost_readings += s->skipped_readings;
	s->report.lost_records += s->skipped_records;
	s->report.failing = false;
	s->told_lost = b->lost + s->skipped_readings + s->skipped_records;
	s->faulty = false;
	s->retries = 0;
	store_thread_tell(s);
	pthread_mutex_unlock(&s->lock);
}

/* Whether the batch in doubt is in the log, which has just been opened and to
 * which nothing was added since. */
static int
look_for_doubtful(struct store *s, bool *there)
{
	const struct store_doubt *d = &s->doubt;
	int err;

	/* What a failed sync left in the WAL may never reach the disk from
	 * there: the kernel calls it written.  Into the log's own file, then. */
	(void)sqlite3_wal_checkpoint_v2(s->db.sql, NULL,
	    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	err = store_start_find(&s->db);
	if (err < 0)
		return err;
	*there = d->seq > 0 ? s->db.seq >= d->seq :
	    s->db.segment == d->segment && s->db.rows >= d->rows;
	return 0;
}

/* Opens the log, if it is not open.  A batch in doubt that is there leaves the
 * queue, and what waits to be written. */
static int
open_log(struct store *s, struct store_batch *b)
{
	bool fresh = false, there = false;
	int err;

	if (s->db.sql != NULL)
		return 0;
	err = store_db_open(&s->db);
	if (err == 0 && s->doubt.any)
		err = look_for_doubtful(s, &there);
	if (err < 0)
		return err;
	if (there) {
		committed(s, &s->doubt.batch);
		b->readings -= s->doubt.batch.readings;
		b->records -= s->doubt.batch.records;
		s->faulty = true;	/* the log lacks this fault */
	}
	s->doubt.any = false;
	err = store_start_writing(&s->db, &s->latest, &fresh);
	if (err == 0)
		s->seal_ms = 0;
	return err;
}

/* Between batches, when nothing waits; once the WAL is long, without regard
 * to that. */
static void
checkpoint(struct store *s)
{
	bool waits;

	if (s->db.sql == NULL || s->db.wal_pages < STORE_CHECKPOINT_PAGES)
		return;
	pthread_mutex_lock(&s->lock);
	waits = s->fresh > 0;
	pthread_mutex_unlock(&s->lock);
	if (waits && s->db.wal_pages < CHECKPOINT_PAGES_MAX)
		return;
	/* A reader or a full disk may stand in its way; there is another after
	 * the next batch. */
	(void)sqlite3_wal_checkpoint_v2(s->db.sql, NULL,
	    SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
	s->db.wal_pages = 0;
}

static void
look_at_disk(struct store *s)
{
	store_disk_look(&s->options, &s->disk);
	if (!s->faulty) {
		store_disk_make_ballast(&s->options, &s->disk);
		store_disk_grow_wal(&s->options, &s->disk);
	}
	pthread_mutex_lock(&s->lock);
	s->report.disk_free_percent = s->disk.free_percent;
	s->report.disk_free_bytes = s->disk.free_bytes;
	s->report.wal_bytes = s->disk.wal_bytes;
	pthread_mutex_unlock(&s->lock);
}

/* Whether there is something to do at t; *until: when to look again. */
static bool
is_due(const struct store *s, int64_t t, int64_t *until)
{
	size_t waiting = s->queue.readings_n - s->held_readings +
	    s->queue.records_n - s->held_records;

	*until = t + ALIVE_MS;
	if (s->stop || t >= s->look_ms || t >= s->seal_ms || t >= s->keep_ms)
		return true;
	if (s->seal_ms < *until)
		*until = s->seal_ms;
	if (s->look_ms < *until)
		*until = s->look_ms;
	if (s->report.failing || s->db.sql == NULL) {
		if (s->retry_ms < *until)
			*until = s->retry_ms;
		return t >= s->retry_ms;
	}
	if (waiting == 0)
		return false;
	if (s->urgent || s->fresh >= STORE_GROUP_READINGS ||
	    t >= s->fresh_ms + GROUP_MS)
		return true;
	if (s->fresh_ms + GROUP_MS < *until)
		*until = s->fresh_ms + GROUP_MS;
	return false;
}

static struct store_batch
wait_for_batch(struct store *s)
{
	struct store_batch b = { 0 };
	int64_t t, until;

	pthread_mutex_lock(&s->lock);
	for (;;) {
		t = store_thread_clock_ms(CLOCK_MONOTONIC);
		s->report.answered_ms = store_thread_clock_ms(CLOCK_BOOTTIME);
		if (is_due(s, t, &until))
			break;
		if (s->sealing || s->removing) {
			/* Its next slice, while the batch still grows. */
			pthread_mutex_unlock(&s->lock);
			return b;
		}
		pthread_cond_timedwait(&s->wake, &s->lock,
		    &(struct timespec){ .tv_sec = until / 1000,
		    .tv_nsec = until % 1000 * 1000000 });
	}
	b.readings = s->queue.readings_n - s->held_readings;
	b.records = s->queue.records_n - s->held_records;
	b.last = s->held < s->queue.ticket ? s->held : s->queue.ticket;
	b.lost = s->report.lost_readings + s->report.lost_records;
	b.stop = s->stop;
	s->urgent = false;
	s->fresh = s->held_readings + s->held_records;
	pthread_mutex_unlock(&s->lock);
	return b;
}

/* A slice of sealing, if any is due. */
static int
seal_some(struct store *s)
{
	int r;

	if (s->db.sql == NULL || s->faulty)
		return 0;
	if (!s->sealing && store_thread_clock_ms(CLOCK_MONOTONIC) < s->seal_ms)
		return 0;
	s->seal_ms = NEVER;
	r = store_seal_step(&s->seal, &s->db, &s->latest);
	s->sealing = r == 1;
	return r < 0 ? r : 0;
}

/* A slice of retention, if any is due. */
static int
keep_some(struct store *s)
{
	int64_t t = store_thread_clock_ms(CLOCK_MONOTONIC);
	int r;

	if (!s->removing && t < s->keep_ms)
		return 0;
	s->keep_ms = s->options.keep_days > 0 ? t + KEEP_MS : NEVER;
	if (s->db.sql == NULL || s->faulty || s->sealing)
		return 0;
	r = store_keep_step(&s->keep, &s->db, &s->latest);
	s->removing = r == 1;
	return r < 0 ? r : 0;
}

/* The log's last words: the seals that are due, and EVENT_STOP. */
static int
write_end(struct store *s)
{
	int64_t until = store_thread_clock_ms(CLOCK_MONOTONIC) + SEAL_STOP_MS;
	int err = 0;

	s->sealing = true;
	while (err == 0 && s->sealing &&
	    store_thread_clock_ms(CLOCK_MONOTONIC) < until)
		err = seal_some(s);
	if (err == 0)
		err = store_db_run(&s->db, "BEGIN IMMEDIATE");
	if (err == 0)
		err = write_event(s, &s->stop_now, EVENT_STOP, 0, "");
	if (err == 0)
		err = store_db_run(&s->db, "COMMIT");
	/* So that log.db alone is the whole log, and a backup that is put in
	 * its place finds no older -wal beside it.  A reader may stand in the
	 * way; then the -wal is taken up at the next start. */
	if (err == 0)
		(void)sqlite3_wal_checkpoint_v2(s->db.sql, NULL,
		    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
	return err;
}

/* Whether there is anything to write. */
static bool
is_worth(const struct store *s, const struct store_batch *b)
{
	return b->stop || s->faulty || b->readings + b->records > 0 ||
	    b->lost > s->told_lost;
}

void *
store_thread_run(void *arg)
{
	struct store *s = arg;
	bool stop = false;
	int tries = 0;

	while (!stop) {
		struct store_batch b = wait_for_batch(s);
		int64_t t = store_thread_clock_ms(CLOCK_MONOTONIC);
		bool wrote = false;
		int err = 0;

		s->db.why[0] = '\0';
		if (b.stop || t >= s->retry_ms)
			err = open_log(s, &b);
		if (err == 0 && s->db.sql != NULL && is_worth(s, &b)) {
			err = write_batch(s, &b);
			wrote = err == 0;
		}
		if (err < 0)
			store_thread_fail(s, err);
		if (wrote)
			committed(s, &b);
		err = wrote && b.stop ? write_end(s) : seal_some(s);
		if (err == 0 && !b.stop)
			err = keep_some(s);
		if (err < 0)
			store_thread_fail(s, err);
		if (t >= s->look_ms) {
			s->look_ms = t + ALIVE_MS;
			look_at_disk(s);
		}
		checkpoint(s);
		/* Twice, since the ballast may have been given back. */
		stop = b.stop && (wrote || ++tries == 2);
	}
	store_seal_stop(&s->seal);
	store_db_close(&s->db);
	pthread_mutex_lock(&s->lock);
	s->ended = true;
	pthread_cond_signal(&s->gone);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}
