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

#include "daemon/session.h"
#include "review/log_query.h"

struct log_statement {
	struct statement st;	/* at_ms on the axis */
	int64_t x_ms;		/* entered */
	int64_t wall_ms;
};

struct log_change {
	struct alarm_change change;	/* since_ms on the axis */
	int64_t x_ms, wall_ms;
	uint32_t notices, deliveries;	/* made for it; confirmed */
	int64_t delivered_ms;	/* from the change to the first of those that
				 * were confirmed; -1: none was */
};

struct log_event {
	struct event event;
	int64_t x_ms, wall_ms;
};

struct log_port {
	int64_t n;		/* port.n of the log */
	char name[PORT_NAME_MAX];
	char driver[32];
};

struct log_reading {
	int64_t x_ms;
	int32_t value;		/* 10^-decimals; meaningless without one */
	int32_t age_ms;
	uint16_t port;		/* index into ports */
	uint8_t vital, quality, flags;
};

struct log_session {
	struct session session;	/* on the axis, as corrected */
	int64_t begin_wall_ms;	/* wall time of its begin, as a label */
	bool open;		/* not closed or aborted (yet) */
	int64_t end_ms;		/* its end; while open: the newest record or
				 * reading of the whole log */
	int boots;
	struct log_statement *statements;
	size_t statements_n;
	struct log_change *changes;	/* of its alarms and, while it lasted,
					 * of the box; in order */
	size_t changes_n;
	struct log_event *events;	/* its own; while it lasted, also of
					 * its bed and of the box */
	size_t events_n;
	struct log_port *ports;
	size_t ports_n;
	struct log_reading *readings;	/* within its time, in order */
	size_t readings_n;
	char seal[TEXT_MAX];	/* its seal, JSON (docs/log.md); "" if none */
};

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
