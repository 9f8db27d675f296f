/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The log's only writer: a thread that owns the SQLite database and takes
 * records through a bounded queue.  It commits what has arrived, at the latest
 * after 100 ms, with synchronous=FULL; urgent records at once.
 *
 * Easy to get wrong: no call here blocks, fails or waits for the disk but
 * store_open() and store_close().  What could not be stored is counted and
 * reported, never dropped in silence; when the disk works again, storing goes
 * on without a restart.
 */
#ifndef DAEMON_STORE_H
#define DAEMON_STORE_H

#include "daemon/store_state.h"

struct store;

/* Queue, readings: of 1,000 ports that say all they can, what comes while the
 * disk takes half a second.  Memory that was never needed is never touched. */
#define STORE_READINGS 524288
/* STORE_RECORDS(), the options and what is restored: daemon/store_state.h. */

/* Opens or makes the log, migrates it, moves a damaged one aside, reads what
 * is to be resumed, and starts the thread.  Only the newest version's or an
 * older log is taken: a newer one is refused (-EPROTO).  If the log cannot be
 * opened at all (disk full, read-only), it still returns a store that keeps
 * trying, with what could still be read in *restored and the fault in
 * store_report().  -EBUSY: another vitalsd has the directory.  error gets a
 * sentence on failure.  The options may go away after the call.
 *
 * What the store alone knows it writes itself: EVENT_STOP, EVENT_SEAL,
 * EVENT_STORE_FAULT, EVENT_STORE_OK and EVENT_READINGS_LOST. */
int store_open(struct store **out, const struct store_options *o,
    struct store_restored **restored, char *error, size_t error_size)
    MUST_CHECK;

/* How many sessions with this id prefix ("20261121-CHAIR3-") the log had when
 * it was opened (the hub counts on from there). */
uint32_t store_session_count(const struct store *s, const char *prefix);

/* Hands over a record; returns its ticket, or 0 if the queue is full (counted
 * and reported).  An urgent record is committed at once.  A reading is stored
 * with no earlier time than the reading before it. */
uint64_t store_reading(struct store *s, const struct now *now, size_t port,
    const struct reading *r);
uint64_t store_record(struct store *s, const struct now *now,
    const struct record *r, bool urgent);

/* What is handed over between the two is committed together or not at all:
 * an alarm without its notices would be an alarm that nobody hears of. */
void store_hold(struct store *s);
void store_release(struct store *s);

/* From now on what is handed over wakes the thread only by store_wake(), which
 * the caller owes at the end of each turn: a thread that begins to work in the
 * middle of one takes the processor from a notice that is about to leave.
 * Both belong to the thread that hands over. */
void store_defer(struct store *s);
void store_wake(struct store *s);

/* The wall clock was stepped or its synchronisation changed: from now on,
 * readings get their wall time by this. */
void store_clock(struct store *s, const struct now *now);

/* Readable when there is something to report. */
int store_fd(const struct store *s);

void store_report(struct store *s, struct store_report *out);

/* Stores what is queued, writes EVENT_STOP, closes; waits at most wait_ms and
 * then gives up on a hung disk. */
void store_close(struct store *s, const struct now *now, int wait_ms);

#endif
