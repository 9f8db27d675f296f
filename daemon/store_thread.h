/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The store's own state and its thread.
 *
 * Easy to get wrong: the lock is held only to copy within memory, never while
 * the disk is touched; what is marked "thread" is the thread's alone.
 */
#ifndef DAEMON_STORE_THREAD_H
#define DAEMON_STORE_THREAD_H

#include "daemon/store_db.h"
#include "daemon/store_disk.h"
#include "daemon/store_keep.h"
#include "daemon/store_queue.h"
#include "daemon/store_seal.h"

#include <pthread.h>

#define STORE_GROUP_READINGS 8192	/* so many are committed at once */

/* What one transaction takes. */
struct store_batch {
	size_t readings, records;
	uint64_t last;			/* greatest ticket */
	uint64_t lost;			/* all that was lost so far */
	bool stop;
};

/* A batch whose COMMIT failed.  It may be in the log all the same: a failed
 * sync leaves whole what was written before it. */
struct store_doubt {
	bool any;
	struct store_batch batch;
	int64_t seq;			/* it gave out up to this; 0: none */
	int64_t segment, rows;		/* and made the segment that long */
};

struct store {
	pthread_mutex_t lock;
	pthread_cond_t wake, gone;
	pthread_t thread;
	struct store_options options;	/* with copies of its texts */
	int dir_fd;			/* holds the lock on the directory */
	int event_fd;
	char (*id)[SESSION_ID_MAX];	/* sessions at the start */
	size_t id_n;
	bool deferred, wake_due;	/* of the thread that hands over */

	/* Under the lock. */
	struct store_queue queue;
	int64_t reading_ms;		/* of the newest reading queued */
	size_t fresh;			/* queued since the last batch */
	int64_t fresh_ms;		/* when the first of them came */
	bool urgent, stop, ended;
	uint64_t held;			/* the last ticket before store_hold();
					 * UINT64_MAX: nothing is held */
	size_t held_readings, held_records;
	bool held_urgent;
	struct now stop_now;
	struct store_report report;

	/* thread */
	struct store_db db;
	struct store_disk disk;
	int64_t look_ms, retry_ms, seal_ms, keep_ms;	/* when each is next
							 * due */
	int retries;			/* in a row, without a commit */
	bool sealing, removing;		/* there is more to do at once */
	struct store_seal seal;
	struct store_keep keep;
	struct now latest;		/* of what was last written */
	uint64_t told_lost;		/* in the log already */
	bool faulty;			/* a fault that the log lacks */
	struct now fault_now;
	char fault[TEXT_MAX];
	uint64_t stuck_ticket;		/* was refused by itself before */
	uint64_t skipped_readings, skipped_records;
	struct store_doubt doubt;
};

/* The thread; takes a struct store. */
void *store_thread_run(void *arg);

/* The log cannot be written, for that reason: closes it, gives the ballast
 * back on a full disk, remembers the fault for when it can.  The thread's, or
 * of who opens the store before there is a thread. */
void store_thread_fail(struct store *s, int err);

/* Makes store_fd() readable. */
void store_thread_tell(struct store *s);

/* Of CLOCK_MONOTONIC or CLOCK_BOOTTIME. */
int64_t store_thread_clock_ms(clockid_t id);

#endif
