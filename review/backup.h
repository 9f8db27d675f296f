/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A copy of the log, made by any user who may read it, while vitalsd writes or
 * not.  Rows are only ever added to the log, so it is copied as it stood at one
 * moment by many short reads: no read transaction lasts longer than it takes
 * to copy some thousand rows, and vitalsd never waits.
 *
 * Easy to get wrong: the pages of a log that is written cannot be copied in
 * pieces (SQLite's backup calls begin anew after every commit of another
 * process, so they would never end), and all at once would be one long read.
 */
#ifndef REVIEW_BACKUP_H
#define REVIEW_BACKUP_H

#include "review/log_query.h"

/* Told of what is done, and asked whether to go on. */
struct backup_watch {
	bool (*go_on)(void *arg, const char *what, int64_t done,
	    int64_t total);
	void *arg;
};

/* Copies the log of that path into a new, private file (0600), which is one
 * file without -wal or -shm.  0, or negative errno with a sentence; then there
 * is nothing left of the file.  -EINTR: go_on() said no. */
int backup_copy(const char *log, const char *file,
    const struct backup_watch *w, char error[LOG_ERROR]) MUST_CHECK;

#endif
