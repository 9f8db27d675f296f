/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Taking up writing in a log that was opened: migrations, words, the row of
 * this process start, ports, clock, the segment and the sessions that go on.
 *
 * Easy to get wrong: it runs again whenever the connection was lost, and then
 * finds its own start row there.
 */
#ifndef DAEMON_STORE_START_H
#define DAEMON_STORE_START_H

#include "daemon/store_db.h"

/* 0 or negative errno; nothing is half done on failure.  *fresh: this process
 * had not written a start row before. */
int store_start_writing(struct store_db *d, const struct now *now,
    bool *fresh) MUST_CHECK;

/* Finds how far the log goes (seq, segment, rows), and writes nothing. */
int store_start_find(struct store_db *d) MUST_CHECK;

/* A clock row: from now on readings get their wall time by it. */
int store_start_clock(struct store_db *d, const struct now *now) MUST_CHECK;

#endif
