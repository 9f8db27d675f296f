/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads from the log what a new process start resumes.
 *
 * Easy to get wrong: it only reads, so that it also works where the disk is
 * full or read-only; run it before this start writes anything.
 */
#ifndef DAEMON_STORE_RESTORE_H
#define DAEMON_STORE_RESTORE_H

#include "daemon/store_db.h"

/* 0 or negative errno.  The caller frees *out, also on failure, by
 * store_restored_free(). */
int store_restore(struct store_db *d, struct store_restored *out) MUST_CHECK;

/* The newest session ids, at most STORE_RECORDS(); the caller frees them. */
int store_restore_ids(struct store_db *d, char (**out)[SESSION_ID_MAX],
    size_t *n) MUST_CHECK;

/* Forgets what was read, all but 'replaced'. */
void store_restored_clear(struct store_restored *r);

#endif
