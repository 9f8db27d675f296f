/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The vocabulary: which vitals exist, what they are called and in what unit
 * they are kept, and what one reading of a vital is.
 *
 * Easy to get wrong: a reading whose quality is not GOOD or QUESTIONABLE has
 * no value at all.  "No sensor" is a reading; it is neither silence nor zero.
 */
#ifndef SCHEMAS_VITAL_H
#define SCHEMAS_VITAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MUST_CHECK __attribute__((warn_unused_result))
/* An enum of one byte: there are thousands of them per bed. */
#define PACKED __attribute__((packed))

/* The numbers are stored in the log: append, never renumber. */
enum vital {
	VITAL_HR = 0,		/* heart rate, from the ECG */
	VITAL_PR = 1,		/* pulse rate, from the oximeter */
	VITAL_SPO2 = 2,
	VITAL_NIBP_SYS = 3,
	VITAL_NIBP_DIA = 4,
	VITAL_NIBP_MAP = 5,
	VITAL_NIBP_PR = 6,	/* pulse rate counted by the cuff */
	VITAL_RR = 7,
	VITAL_ETCO2 = 8,
	VITAL_TEMP = 9,
	VITAL_PI = 10,		/* perfusion index */
} PACKED;
#define VITALS 11

/* The numbers are stored in the log: append, never renumber. */
enum quality {
	QUALITY_GOOD = 0,
	QUALITY_QUESTIONABLE = 1,	/* shown by the monitor, but flagged */
	QUALITY_NO_VALUE = 2,		/* absent, the monitor does not say why */
	QUALITY_NO_SENSOR = 3,		/* probe or cable not there */
	QUALITY_SENSOR_OFF = 4,		/* probe there, not on the patient */
	QUALITY_SEARCHING = 5,		/* looking for a pulse, starting up */
	QUALITY_ARTEFACT = 6,
	QUALITY_OUT_OF_RANGE = 7,	/* beyond what monitor or body allow */
	QUALITY_NOT_MEASURED = 8,	/* switched off on the monitor */
	QUALITY_FAULT = 9,		/* the monitor reports its own defect */
} PACKED;
#define QUALITIES 10

enum reading_flag {
	READING_DEMO = 1,	/* the monitor marks it as demo or test data */
};

struct reading {
	enum vital vital;
	enum quality quality;
	uint8_t flags;		/* enum reading_flag */
	int32_t value;		/* in 10^-decimals of the vital's unit;
				 * meaningless unless reading_has_value() */
	int64_t age_ms;		/* how old the monitor says it is; 0: now */
};

static inline bool
quality_has_value(enum quality q)
{
	return q == QUALITY_GOOD || q == QUALITY_QUESTIONABLE;
}

static inline bool
reading_has_value(const struct reading *r)
{
	return quality_has_value(r->quality);
}

#define VITAL_LABEL 20	/* with the NUL */

struct vital_info {
	char name[12];		/* stable: configuration, log, JSON */
	char label[VITAL_LABEL];	/* for people: "SpO2" */
	char ucum[8];		/* UCUM unit code: "mm[Hg]" */
	char unit[8];		/* for people: "mmHg" */
	char loinc[8];
	uint32_t mdc;		/* ISO/IEEE 11073-10101, 32-bit code */
	uint8_t decimals;	/* value is kept in 10^-decimals of the unit */
	uint8_t shown;		/* decimals that monitors show and that limits
				 * are judged at: 91.6 % is shown and judged
				 * as 92 %, as on the monitor itself */
	bool episodic;		/* an event (a cuff result), not a level */
	int32_t reject_below, reject_above;	/* outside: no measurement */
	int32_t doubt_below, doubt_above;	/* outside: QUESTIONABLE */
	int32_t step, step_ms;	/* further than this from a value this young:
				 * QUESTIONABLE; 0: any step may be */
	int32_t near;		/* values no further apart speak for each other;
				 * 0: any do */
	int32_t fresh_ms;	/* older than this is stale (a level only) */
};

extern const struct vital_info vital_info[VITALS];

/* The vital of that stable name; -1 if there is none. */
int vital_find(const char *name) MUST_CHECK;

/* "good", "no-sensor", ...: stable, for log and JSON. */
const char *quality_name(enum quality q);
/* For people, after a colon: "no sensor". */
const char *quality_label(enum quality q);

/* Applies the plausibility gate of clinical.md section 6.3: returns the
 * quality that a value deserves which the monitor itself calls 'q'.  Never
 * better than q; a value is never clamped. */
enum quality vital_judge(enum vital v, int32_t value, enum quality q);

/* Whether b, measured after_ms later than a, is further from it than a body gets
 * in that time (clinical.md 6.3). */
bool vital_steps(enum vital v, int32_t a, int32_t b, int64_t after_ms)
    MUST_CHECK;

/* Whether two values that follow each other are near enough to speak for each
 * other (oximeters.md section 6). */
bool vital_agrees(enum vital v, int32_t a, int32_t b) MUST_CHECK;

/* The value in 10^-shown units, rounded half away from zero. */
int32_t vital_shown(enum vital v, int32_t value);

#endif
