/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Two small state machines.  A gauge judges one tier: is its value beyond the
 * limit for long enough, is it back inside for long enough?  An alarm is the
 * life of one event: it starts, climbs, falls, latches, is acknowledged, ends.
 *
 * Easy to get wrong: a value that is missing or questionable moves a gauge in
 * no direction towards "clear"; only a good value at the clear limit does.
 */
#ifndef ALERTS_ALARM_H
#define ALERTS_ALARM_H

#include "alerts/moment.h"
#include "schemas/record.h"

#define ALARM_NEVER MOMENT_NEVER

/* Makes event ids; one per process start, shared by all boards. */
struct id_source {
	uint64_t start;		/* random, new at each process start */
	uint64_t n;		/* the last one given out */
};
struct event_id id_next(struct id_source *ids);

/* How a tier's value stands to its limits at this moment. */
enum stand {
	STAND_OFF = 0,		/* the tier is off, or has no baseline yet */
	STAND_UNKNOWN = 1,	/* no value; or questionable and not beyond */
	STAND_BEYOND = 2,
	STAND_BETWEEN = 3,	/* inside the limit, not yet at clear */
	STAND_CLEAR = 4,
} PACKED;

/* There are dozens per bed, so it is packed; a gauge is fed levels or
 * measurements, never both. */
struct gauge {
	int64_t since_ms;	/* the limit was first crossed */
	union {
		int64_t inside_ms;	/* level: clear without a break since;
					 * ALARM_NEVER */
		int64_t last_ms;	/* cuff: the last measurement beyond */
	};
	int32_t limit;		/* as it was when it was crossed; the owner's */
	int16_t baseline;	/* likewise, of a relative one */
	enum alarm_state state : 4;	/* INACTIVE, PENDING or ACTIVE */
	enum stand stand : 4;	/* as last fed */
	bool confirmed;		/* beyond in two readings, or none needed */
};

/* A level at t_ms; to be called again at gauge_next(), its value unchanged. */
void gauge_level(struct gauge *g, int64_t t_ms, enum stand stand,
    int64_t delay_ms, int64_t clear_ms);
/* When time alone changes it next, ALARM_NEVER if not. */
int64_t gauge_next(const struct gauge *g, int64_t delay_ms, int64_t clear_ms);
/* One cuff measurement, made at measured_ms.  'confirm': a first reading stays
 * unconfirmed until the next one, within within_ms, is beyond as well; one that
 * is less than apart_ms after it is the same, corrected. */
void gauge_measured(struct gauge *g, int64_t measured_ms, enum stand stand,
    bool confirm, int64_t apart_ms, int64_t within_ms);

/* Packed likewise.  Who acknowledged it is kept by the owner. */
struct alarm {
	struct event_id event;	/* of the present, or else the last, event */
	int64_t since_ms;
	/* Fixed when it is set up. */
	enum alarm_type type : 4;
	bool pausable : 1;

	bool acknowledged : 1;
	bool confirmed : 1;
	bool withheld : 1;	/* raised in a pause and not announced since */
	enum alarm_state state : 4;	/* INACTIVE, ACTIVE or LATCHED */
	enum alarm_phase phase : 4;	/* of the last change */
	enum priority priority : 2;	/* of the signal */
	enum priority level : 2;	/* of the condition */
	enum priority peak : 2;	/* the highest signal of the event so far */
	bool demo : 1;
	uint8_t rank;		/* orders causes of one level */
	int8_t tier;		/* that decides; -1: none */
	int8_t worst;		/* the tier of the highest level, for as long as
				 * nobody has acknowledged it; -1: none */
};
_Static_assert(sizeof(struct gauge) == 24, "a bed holds one for each tier");
_Static_assert(sizeof(struct alarm) == 32, "a bed holds one for each slot");

#define ALARM_UNCHANGED (-1)

void alarm_init(struct alarm *a, enum alarm_type type, bool pausable);

/*
 * The condition now stands at 'level' (NONE: it does not hold), for a cause of
 * that rank.  Returns the phase of the change, or ALARM_UNCHANGED.
 *
 *   up:   START; later ESCALATE, which takes back an acknowledgement
 *   down: DEESCALATE; the signal of a physiological alarm stays at HIGH until
 *         it is acknowledged
 *   gone: END; LATCH where the signal is physiological, HIGH and not
 *         acknowledged.  A condition that returns to a latched alarm is the
 *         same event (CONTINUE); to one that has ended, a new one.
 *
 * Among physiological causes at HIGH a greater rank counts as up (a
 * saturation of 80 % after one of 87 %); at other levels it is an UPDATE.
 */
int alarm_move(struct alarm *a, enum priority level, uint8_t rank,
    struct id_source *ids) MUST_CHECK;

/* ACKNOWLEDGE, or RESET (and over) if it was latched. */
int alarm_acknowledge(struct alarm *a) MUST_CHECK;

/* Ends without regard to latching.  END, or ALARM_UNCHANGED if not open. */
int alarm_finish(struct alarm *a) MUST_CHECK;

static inline bool
alarm_is_open(const struct alarm *a)
{
	return a->state == ALARM_ACTIVE || a->state == ALARM_LATCHED;
}

/* What every change says about its alarm: all but condition, tier, value and
 * words.  'pausing': an alarm pause is on. */
void alarm_tell(struct alarm *a, enum alarm_phase phase, bool pausing,
    struct alarm_change *out);

/* The same without a change having happened, for those who look; 'by' is who
 * acknowledged it, of BY_MAX bytes, and is not read where nobody has. */
void alarm_show(const struct alarm *a, const char *by,
    struct alarm_change *out);

#endif
