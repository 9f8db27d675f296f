/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Is the log as it was written?  Damage of the file, records that are missing,
 * readings that cannot be, and sessions that differ from their seals.
 *
 * Easy to get wrong: what no session's seal covers (readings on idle beds,
 * alarms of the box) is held against its form and its numbering only; and
 * whoever may write the file can also write new seals (docs/log.md).
 */
#ifndef REVIEW_VERIFY_H
#define REVIEW_VERIFY_H

#include "review/log_query.h"

enum verify_kind {
	VERIFY_FAULT,		/* the log is not as it was written */
	VERIFY_NOTE,		/* in order, but to be known */
};

struct verify_watch {
	/* 'session' is "" where it is about none. */
	void (*say)(void *arg, enum verify_kind kind, const char *session,
	    const char *text);
	/* False: stop here. */
	bool (*go_on)(void *arg, const char *what, int64_t done,
	    int64_t total);
	void *arg;
};

struct verify_result {
	int64_t faults, notes;	/* all, those not said included */
	int64_t records, readings;	/* looked at */
	int64_t sessions, seals;	/* ended; computed anew */
	int64_t removed;	/* segments that retention removed */
};

/* Of one session (an id or "last"), or of the whole log with NULL.  'alone':
 * nobody writes to it, so that one long read does no harm.  0 also if there
 * are faults; else negative errno with a sentence. */
int verify_log(sqlite3 *db, const char *session, bool alone,
    const struct verify_watch *w, struct verify_result *out,
    char error[LOG_ERROR]) MUST_CHECK;

/* What the parts of it share. */
struct verify {
	struct log_query q;
	const struct verify_watch *watch;
	struct verify_result result;
	char session[SESSION_ID_MAX];	/* "": all */
};

/* One fault or note, counted. */
void verify_say(struct verify *v, enum verify_kind kind, const char *session,
    const char *format, ...) __attribute__((format(printf, 4, 5)));
/* 0, or -EINTR. */
int verify_go_on(struct verify *v, const char *what, int64_t done,
    int64_t total) MUST_CHECK;
/* A number that a query of one row gives. */
int verify_number(struct verify *v, const char *sql, const char *text,
    int64_t *out) MUST_CHECK;

/* Segments, their rows, and the sessions' spans in them. */
int verify_segments(struct verify *v) MUST_CHECK;
/* The seals, and their chain. */
int verify_seals(struct verify *v) MUST_CHECK;

#endif
