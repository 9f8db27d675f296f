/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the log is made of.  The pure core hands these structs to its sinks;
 * the store writes them, the review reads them back.
 *
 * Easy to get wrong: t_ms is CLOCK_BOOTTIME of the boot in which the record
 * was written, and every age, delay and duration uses it; wall_ms is a label
 * for people.  A statement has two times: when it was entered (the stamp of
 * its record) and when it happened (at_ms, at_wall_ms).
 */
#ifndef SCHEMAS_RECORD_H
#define SCHEMAS_RECORD_H

#include "schemas/code.h"
#include "schemas/vital.h"

/* Sizes include the NUL.  The configuration and the control protocol refuse
 * anything longer, so nothing is ever cut. */
#define BED_MAX 24
#define PORT_NAME_MAX 32
#define CHANNEL_MAX 32
#define SESSION_ID_MAX 48	/* 20261121-CHAIR3-1 */
#define SUBJECT_MAX 32
#define USER_MAX 33
#define BY_MAX 64
#define TEXT_MAX 512
#define CONDITION_MAX 48	/* "spo2-low", "no-data:ge" */
#define NOTICE_BODY_MAX 1536
#define EVENT_ID_TEXT 40	/* "9f86d081884c7d65-1842" */
#define EVENT_ID_COUNTER 17	/* where "1842" begins in it */

/* Names one statement, alarm event or notice for ever: the random id of the
 * process start that made it, and a counter from 1.  n == 0: none. */
struct event_id {
	uint64_t start;
	uint64_t n;
};

/* Writes "%016x-%u" and a NUL; returns the length.  Reads it back: false if
 * it is not such a text. */
size_t event_id_format(char out[EVENT_ID_TEXT], struct event_id id);
bool event_id_parse(const char *s, struct event_id *out) MUST_CHECK;

static inline bool
event_id_equal(struct event_id a, struct event_id b)
{
	return a.start == b.start && a.n == b.n;
}

/* The moment at which a record is made. */
struct now {
	int64_t t_ms;		/* CLOCK_BOOTTIME */
	int64_t wall_ms;	/* UTC, ms since 1970 */
	bool synced;		/* the kernel calls the clock synchronised */
};

struct statement {
	struct event_id id;
	enum statement_kind kind;
	char session[SESSION_ID_MAX];
	char bed[BED_MAX];
	int64_t at_ms;		/* when it happened, on this boot's BOOTTIME
				 * (below zero: before this boot) */
	int64_t at_wall_ms;	/* the same as wall time */
	char user[USER_MAX];	/* who: proven by the socket */
	char by[BY_MAX];	/* who: stated by --by; "" if not */
	struct event_id amends;	/* AMEND: the statement corrected */
	bool withdrawn;		/* AMEND: it never happened */
	char subject[SUBJECT_MAX];	/* SESSION_START, SUBJECT */
	char text[TEXT_MAX];	/* MARK: the words; AMEND: the reason; others:
				 * a JSON object, see docs/log.md */
};

/* One change of one alarm event. */
struct alarm_change {
	struct event_id event;
	char condition[CONDITION_MAX];	/* the ladder or technical condition:
					 * "spo2-low", "no-data:PORT" */
	char tier[CONDITION_MAX];	/* the preset row at the current level:
					 * "spo2-desaturation"; "" if none */
	enum alarm_type type;
	enum alarm_phase phase;
	enum alarm_state state;
	enum priority priority;		/* the signal: highest reached while
					 * latching */
	enum priority level;		/* the condition as it is now;
					 * NONE once it is gone */
	enum priority peak;		/* the highest signal of the event so
					 * far; of the log, that of its records:
					 * whoever heard of it must hear how it
					 * ends */
	bool acknowledged;
	bool confirmed;			/* cuff: by a second reading; true where
					 * none is needed */
	bool paused;			/* raised during an alarm pause */
	bool demo;			/* fed by demo or test data */
	char bed[BED_MAX];		/* "" for the box itself */
	char session[SESSION_ID_MAX];	/* "" if none */
	enum phase session_phase;	/* as stamped when it was raised */
	int64_t infusion_ms;		/* since infusion start at this change;
					 * INFUSION_NONE before it */
	bool has_value;
	enum vital vital;		/* of value and limit */
	int32_t value;			/* 10^-shown units (vital_info) */
	int32_t limit;
	int64_t value_age_ms;
	int64_t since_ms;		/* t_ms at which the limit was first
					 * crossed */
	char by[BY_MAX];		/* ACKNOWLEDGE, RESET: who.  In a
					 * view: who acknowledged it */
	char text[TEXT_MAX];		/* a sentence for people:
					 * "SpO2 86 % (<88)" */
};
#define INFUSION_NONE INT64_MIN

struct notice {
	struct event_id key;		/* idempotency key */
	char channel[CHANNEL_MAX];
	enum priority priority;
	struct event_id event;		/* the alarm event it is about */
	size_t length;
	char body[NOTICE_BODY_MAX];	/* JSON, schemas/notice.schema.json */
};

struct delivery {
	struct event_id key;
	char channel[CHANNEL_MAX];
	uint32_t attempt;		/* from 1 */
	enum outcome outcome;
	int64_t took_ms;		/* since the notice was made */
	char detail[128];		/* "HTTP 503", "resolve timed out" */
};

/* Something that the machine notes. */
struct event {
	enum event_kind kind;
	char bed[BED_MAX];		/* "" where none */
	char port[PORT_NAME_MAX];	/* "" where none */
	char session[SESSION_ID_MAX];	/* "" where none */
	int64_t from_ms, to_ms;		/* GAP, BRIDGE: t_ms or wall_ms, see
					 * docs/log.md; else 0 */
	int64_t count;			/* READINGS_LOST, DISCARDED, SOURCE,
					 * MONITOR_ALARM, CLOCK_STEP (ms, signed) */
	char text[TEXT_MAX];
};

enum record_class {
	RECORD_STATEMENT = 0,
	RECORD_ALARM = 1,
	RECORD_NOTICE = 2,
	RECORD_DELIVERY = 3,
	RECORD_EVENT = 4,
};

struct record {
	enum record_class class;
	union {
		struct statement statement;
		struct alarm_change alarm;
		struct notice notice;
		struct delivery delivery;
		struct event event;
	};
};

#endif
