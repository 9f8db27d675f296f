/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the store is told at its start, and what it tells of the time before:
 * the part of daemon/store.h that the store's own parts share.
 *
 * Easy to get wrong: every t_ms that is restored lies on THIS boot's axis; one
 * from before this boot is below zero.
 */
#ifndef DAEMON_STORE_STATE_H
#define DAEMON_STORE_STATE_H

#include "daemon/session.h"
#include "schemas/record.h"

/* Records that are no readings: so many may wait to be stored, and so many are
 * read back at a start.  With so many ports: that all were opened, were heard
 * and feed their rules is told within a second. */
#define STORE_RECORDS(ports_n) (1024 + 8 * (ports_n))

/* One configured port as the log knows it. */
struct store_port {
	const char *name, *bed, *driver, *path;
};

struct store_options {
	const char *dir;	/* the state directory; the log is log.db */
	uint64_t start_id;	/* this process start (struct event_id) */
	char boot_id[40];	/* /proc/sys/kernel/random/boot_id */
	const char *version;	/* of vitalsd */
	const struct store_port *ports;	/* copied, words and all */
	size_t ports_n;
	int64_t segment_ms;	/* a segment of readings is at most so long */
	uint64_t ballast;	/* bytes kept to be given back on a full disk */
	int64_t keep_days;	/* older readings are removed; 0: never */
	struct now now;
};

/* What the log knows of the time before this start. */
struct store_session {
	struct session session;		/* times moved onto this boot's axis */
	bool same_boot;			/* else bridged by wall time */
	bool bridge_certain;		/* clock synchronised on both sides */
	int64_t bridge_ms;		/* length of the gap as bridged */
	struct statement baseline;	/* the last BASELINE_CONFIRM; kind is
					 * MARK if there was none */
	bool armed[32];			/* by enum ladder, from EVENT_ARMED */
	struct statement *limits;	/* LIMIT_SET of this session, in order */
	size_t limits_n;
	struct alarm_change *open_alarms;	/* last change of each event
						 * not ended */
	size_t open_alarms_n;
};

struct store_restored {
	struct store_session *sessions;	/* the open ones */
	size_t sessions_n;
	struct session *ended;		/* those that ended in the last day,
					 * the oldest first */
	size_t ended_n;
	struct alarm_change *stray;	/* the same of no session: of the box
					 * or of an idle bed */
	size_t stray_n;
	struct notice *notices;		/* made and not delivered, oldest first;
					 * at most STORE_RECORDS() newest */
	size_t notices_n;
	int64_t last_wall_ms;		/* of the last record before this start;
					 * 0: an empty log */
	int64_t last_t_ms;
	bool last_same_boot;
	bool last_clean;		/* EVENT_STOP was its last word */
	char replaced[256];		/* a damaged log was moved to this path;
					 * "" if not */
};

void store_restored_free(struct store_restored *r);

struct store_report {
	uint64_t committed;	/* every ticket up to here is durable or
				 * reported lost */
	uint64_t lost_readings, lost_records;	/* since the start */
	bool failing;
	char why[160];		/* of the last failure */
	int64_t answered_ms;	/* CLOCK_BOOTTIME at which the thread last
				 * showed that it lives */
	int disk_free_percent;	/* of the state directory; -1 unknown */
	uint64_t disk_free_bytes;
	uint64_t wal_bytes;
	uint64_t readings, records;	/* stored since the start */
};

#endif
