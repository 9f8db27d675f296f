/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What vitalsd does while powershim.so writes it down: the real programs in a
 * ward, a morning of two sessions in some seconds.
 *
 * Easy to get wrong: nothing may be asked of the log through SQLite meanwhile
 * that writes; readers only make the -shm file, which no trace holds.
 */
#ifndef TESTS_TORTURE_WORKLOAD_H
#define TESTS_TORTURE_WORKLOAD_H

#include "tests/system/ward.h"

/* Sessions, statements, readings of a cuff and of an oximeter, alarms and
 * their notices, checkpoints, a stop, a kill, another boot.  vitalsd is gone
 * when it returns; DIR/trace and DIR/state are left. */
void workload_sessions(struct ward *w);

/* Statements and readings alone, with another PRAGMA synchronous. */
void workload_statements(struct ward *w, const char *synchronous);

/* A start on a log that was damaged before: the log is moved aside, and a new
 * one begun.  DIR/damaged and DIR/damaged-wal are what it was. */
void workload_damaged(struct ward *w);

#endif
