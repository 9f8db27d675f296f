/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The words of sessions and alarms (IEC 60601-1-8, IHE ACM), shared by the
 * pure core, the log and every program.
 *
 * Easy to get wrong: the numbers are stored in the log.  Append only.
 */
#ifndef SCHEMAS_CODE_H
#define SCHEMAS_CODE_H

#include <stdbool.h>
#include <stdint.h>

#include "schemas/vital.h"

/* Priorities of IEC 60601-1-8; greater is more urgent. */
enum priority {
	PRIORITY_NONE = 0,	/* information only: heartbeat, all clear */
	PRIORITY_LOW = 1,
	PRIORITY_MEDIUM = 2,
	PRIORITY_HIGH = 3,
} PACKED;
#define PRIORITIES 4

/* IHE ACM alert type: SP, ST, SA. */
enum alarm_type {
	ALARM_PHYSIOLOGICAL = 0,
	ALARM_TECHNICAL = 1,
	ALARM_ADVISORY = 2,
} PACKED;

/* IHE ACM event phase (MDC_ATTR_EVENT_PHASE), plus what people do to it. */
enum alarm_phase {
	ALARM_START = 0,
	ALARM_CONTINUE = 1,
	ALARM_UPDATE = 2,	/* e.g. confirmed by a second cuff reading */
	ALARM_ESCALATE = 3,
	ALARM_DEESCALATE = 4,
	ALARM_END = 5,
	ALARM_RESET = 6,	/* latched and then acknowledged */
	ALARM_ACKNOWLEDGE = 7,
	ALARM_LATCH = 8,	/* condition gone, signal stays until ack */
} PACKED;
#define ALARM_PHASES 9

/* IHE ACM alarm state (MDC_ATTR_ALARM_STATE), PENDING being internal. */
enum alarm_state {
	ALARM_INACTIVE = 0,
	ALARM_PENDING = 1,
	ALARM_ACTIVE = 2,
	ALARM_LATCHED = 3,
} PACKED;
#define ALARM_STATES 4

/* Where a session stands.  IDLE: the bed has no open session. */
enum phase {
	PHASE_IDLE = 0,
	PHASE_BASELINE = 1,
	PHASE_INFUSION = 2,
	PHASE_PAUSED = 3,
	PHASE_RECOVERY = 4,
	PHASE_CLOSED = 5,
	PHASE_ABORTED = 6,
} PACKED;
#define PHASES 7

/* What a person states. */
enum statement_kind {
	STATEMENT_SESSION_START = 0,
	STATEMENT_INFUSION_START = 1,
	STATEMENT_INFUSION_PAUSE = 2,
	STATEMENT_INFUSION_RESUME = 3,
	STATEMENT_INFUSION_STOP = 4,
	STATEMENT_SESSION_END = 5,
	STATEMENT_SESSION_ABORT = 6,
	STATEMENT_MARK = 7,		/* text */
	STATEMENT_BASELINE_CONFIRM = 8,	/* values in text, as JSON */
	STATEMENT_AMEND = 9,		/* names the corrected statement */
	STATEMENT_LIMIT_SET = 10,	/* one limit, old and new in text */
	STATEMENT_ALARM_ACK = 11,
	STATEMENT_ALARM_PAUSE = 12,
	STATEMENT_SUBJECT = 13,		/* the subject code, set or corrected */
} PACKED;
#define STATEMENT_KINDS 14

/* What the machine notes about itself: gaps, links, faults. */
enum event_kind {
	EVENT_START = 0,	/* this process began */
	EVENT_STOP = 1,		/* this process ended in order */
	EVENT_LINK_UP = 2,	/* first good frame after silence */
	EVENT_LINK_DOWN = 3,	/* silent beyond the driver's limit */
	EVENT_PORT_OPEN = 4,
	EVENT_PORT_LOST = 5,	/* unplugged, hung up, refused */
	EVENT_SOURCE = 6,	/* a rule's subject is fed by another port */
	EVENT_GAP = 7,		/* the daemon was not running: from, to */
	EVENT_BRIDGE = 8,	/* a session goes on across a reboot */
	EVENT_CLOCK_STEP = 9,
	EVENT_CLOCK_SYNC = 10,	/* synchronisation gained or lost */
	EVENT_STORE_FAULT = 11,
	EVENT_STORE_OK = 12,
	EVENT_READINGS_LOST = 13,	/* could not be stored; how many */
	EVENT_CONFIG = 14,	/* configuration taken; digest */
	EVENT_ARMED = 15,	/* a rule became armed */
	EVENT_SEAL = 16,	/* digest of a closed session */
	EVENT_LOG_REPLACED = 17,	/* a damaged log was moved aside */
	EVENT_DISCARDED = 18,	/* damaged input; a diagnosis and a count */
	EVENT_SEAL_PART = 19,	/* digest of one part of a closed session */
	EVENT_REMOVED = 20,	/* retention removed a segment of readings */
	EVENT_MIGRATED = 21,	/* an older log was brought up to date */
	EVENT_MONITOR_ALARM = 22,	/* what a monitor alarms of, relayed */
};
#define EVENT_KINDS 23

/* Whether a monitor can be heard over its port's line. */
enum line_state {
	LINE_GONE = 0,		/* unplugged, hung up */
	LINE_OPEN = 1,
	LINE_OTHER_DEVICE = 2,	/* another device than the one that is expected
				 * is plugged in, and is not read */
	LINE_IN_USE = 3,	/* another program has it */
	LINE_SHARED = 4,	/* another monitor of the configuration is read
				 * there */
	LINE_NO_PERMISSION = 5,
	LINE_NO_PEER = 6,	/* nobody is at the socket */
	LINE_NOT_OPENED = 7,	/* for another reason */
} PACKED;
#define LINE_STATES 8

/* How an attempt to deliver a notice ended. */
enum outcome {
	OUTCOME_DELIVERED = 0,
	OUTCOME_RETRY = 1,	/* failed, the notifier will try again */
	OUTCOME_REFUSED = 2,	/* the receiver refuses (4xx); slower retry */
	OUTCOME_NO_NOTIFIER = 3,	/* nobody to hand it to */
	OUTCOME_TIMEOUT = 4,	/* handed over, no result in 10 s */
};
#define OUTCOMES 5

/* Stable lower-case words ("high", "escalate", "infusion", "infusion.start",
 * "link-up", "delivered"), for the log and JSON.  Never NULL for a value of
 * the enum. */
const char *priority_name(enum priority p);
const char *priority_sign(enum priority p);	/* "***", "**", "*", "" */
const char *alarm_type_code(enum alarm_type t);	/* "SP", "ST", "SA" */
const char *alarm_phase_name(enum alarm_phase p);
const char *alarm_state_name(enum alarm_state s);
const char *phase_name(enum phase p);
const char *statement_name(enum statement_kind k);
const char *event_name(enum event_kind k);
const char *outcome_name(enum outcome o);

/* The inverse, -1 where the word is unknown. */
int priority_find(const char *word);

#endif
