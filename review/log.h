/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reading the log back: one session with everything that belongs to it, on one
 * axis of time.  Opens the log read-only, as any user of its group, while
 * vitalsd runs or not; one short read transaction a call.
 *
 * Easy to get wrong: all x_ms lie on the axis of the session's first boot
 * (CLOCK_BOOTTIME); later boots are moved onto it by wall time
 * (docs/log.md, "Sessions that span reboots").
 */
#ifndef REVIEW_LOG_H
#define REVIEW_LOG_H

#include "review/log_query.h"
#include "review/log_session.h"

struct log_row {		/* of a list of sessions */
	char id[SESSION_ID_MAX], bed[BED_MAX], subject[SUBJECT_MAX];
	int64_t begin_wall_ms, end_wall_ms;	/* end 0: open */
	enum phase phase;
	int64_t infusion_ms;	/* from the first start to the last stop (or
				 * the end, or now); -1: none */
	uint32_t alarms[PRIORITIES];	/* by the highest that each reached */
};

/* How much of it is read. */
enum log_depth {
	LOG_OUTLINE,		/* its statements */
	LOG_RECORDS,		/* and alarms, events, ports */
	LOG_READINGS,		/* and readings */
};

/* The session of that id; "last" is the one that was stated last.  -ESRCH:
 * there is none. */
int log_session_read(sqlite3 *db, const char *id, enum log_depth depth,
    struct log_session **out, char error[LOG_ERROR]) MUST_CHECK;
void log_session_free(struct log_session *s);

/* All sessions, the newest first. */
int log_list(sqlite3 *db, struct log_row **out, size_t *n,
    char error[LOG_ERROR]) MUST_CHECK;

#endif
