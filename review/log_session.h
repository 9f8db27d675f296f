/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A session as it is read from the log: everything that belongs to it, on one
 * axis of time.
 *
 * Easy to get wrong: all x_ms lie on the axis of the session's first boot
 * (CLOCK_BOOTTIME); later boots are moved onto it by wall time
 * (docs/log.md, "Sessions that span reboots").
 */
#ifndef REVIEW_LOG_SESSION_H
#define REVIEW_LOG_SESSION_H

#include "daemon/session.h"
#include "schemas/record.h"

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

/* Readings of a segment that retention removed. */
struct log_removed {
	int64_t from_ms, to_ms;	/* on the axis, within the session */
	int64_t readings;	/* of the session's bed; -1: not known */
	int64_t wall_ms;	/* when they were removed; 0: not known */
	char setting[64];	/* by which setting: "keep-days: 1100" */
};

/* vitalsd was not running, or was given no time by the machine. */
struct log_gap {
	int64_t from_ms, to_ms;		/* on the axis, within the session */
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
	struct log_gap *gaps;		/* in order, none touches another */
	size_t gaps_n;
	struct log_port *ports;
	size_t ports_n;
	struct log_reading *readings;	/* within its time, in order */
	size_t readings_n;
	struct log_removed *removed;	/* in order */
	size_t removed_n;
	char seal[TEXT_MAX];	/* its seal, JSON (docs/log.md); "" if none */
};

#endif
