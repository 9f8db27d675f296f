/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The rows of the alarm preset: what is compared, with which limit, how long
 * it must last, how urgent it is.  "ketamine-adult-draft" is the shipped set
 * (clinical.md section 1.7); every number in it is site-editable and counts as
 * unconfirmed until a named clinician confirms it.
 *
 * Easy to get wrong: limits are in the vital's SHOWN unit (whole %, mmHg,
 * /min), inclusive or exclusive exactly as written ("<92" is not "<=92").
 */
#ifndef ALERTS_RULE_H
#define ALERTS_RULE_H

#include "schemas/code.h"
#include "schemas/vital.h"

/* What a rule looks at.  HEART_RATE is hr, else the oximeter's pr; the cuff's
 * pulse feeds no rule. */
enum subject {
	SUBJECT_HEART_RATE = 0,
	SUBJECT_SPO2 = 1,
	SUBJECT_RR = 2,
	SUBJECT_NIBP_SYS = 3,
	SUBJECT_NIBP_DIA = 4,
	SUBJECT_NIBP_MAP = 5,
};
#define SUBJECTS 6
#define SUBJECT_LEVELS 3	/* the first three are levels, not events */

enum comparison { BELOW, AT_OR_BELOW, ABOVE, AT_OR_ABOVE };

bool comparison_is_high(enum comparison c);
const char *comparison_sign(enum comparison c);	/* "<=" */
bool comparison_beyond(enum comparison c, int32_t value, int32_t limit);
bool comparison_clear(enum comparison c, int32_t value, int32_t clear);

/* One event id each: a higher tier escalates the same event. */
enum ladder {
	LADDER_NIBP_ADVISORY = 0,	/* preset row 1 */
	LADDER_NIBP_HIGH = 1,		/* rows 2-6 (and 10, off) */
	LADDER_NIBP_LOW = 2,		/* rows 7-9 (and 11, off) */
	LADDER_HR_HIGH = 3,		/* rows 12, 13 */
	LADDER_HR_LOW = 4,		/* rows 14, 15 */
	LADDER_HR_RELATIVE = 5,		/* row 16, off */
	LADDER_SPO2_LOW = 6,		/* rows 17-19 */
	LADDER_SPO2_DROP = 7,		/* row 20, off */
	LADDER_RR_LOW = 8,		/* rows 21, 22 */
	LADDER_RR_HIGH = 9,		/* row 23 */
};
#define LADDERS 10
extern const char ladder_name[LADDERS][16];	/* "nibp-high" */

/* One comparison each; a preset row that compares two things is two tiers. */
enum tier {
	TIER_NIBP_BASELINE_SYS, TIER_NIBP_BASELINE_DIA,	/* 1 */
	TIER_NIBP_RISE_SYS, TIER_NIBP_RISE_DIA,		/* 2, relative */
	TIER_NIBP_SYS_HIGH,				/* 3 */
	TIER_NIBP_DIA_HIGH,				/* 4 */
	TIER_NIBP_SEVERE_SYS, TIER_NIBP_SEVERE_DIA,	/* 5 */
	TIER_NIBP_EXTREME_SYS, TIER_NIBP_EXTREME_DIA,	/* 6 */
	TIER_NIBP_MAP_HIGH,				/* 10, off */
	TIER_NIBP_SYS_LOW,				/* 7 */
	TIER_NIBP_SYS_VERY_LOW,				/* 8 */
	TIER_NIBP_MAP_LOW,				/* 9 */
	TIER_NIBP_DIA_LOW,				/* 11, off */
	TIER_HR_HIGH, TIER_HR_VERY_HIGH,		/* 12, 13 */
	TIER_HR_LOW, TIER_HR_VERY_LOW,			/* 14, 15 */
	TIER_HR_RISE, TIER_HR_FALL,			/* 16, off, relative % */
	TIER_SPO2_LOW, TIER_SPO2_VERY_LOW,
	TIER_SPO2_DESATURATION,				/* 17, 18, 19 */
	TIER_SPO2_DROP,					/* 20, off, relative */
	TIER_RR_LOW, TIER_RR_VERY_LOW,			/* 21, 22 */
	TIER_RR_HIGH,					/* 23 */
	TIERS
};

enum relative { ABSOLUTE, RELATIVE_UNITS, RELATIVE_PERCENT };

struct tier_info {
	char name[20];		/* "spo2-very-low": configuration, log */
	uint8_t row;		/* of the preset */
	char grade;		/* of its evidence: 'A' 'B' 'C' 'X' */
	enum ladder ladder;
	enum subject subject;
	enum comparison comparison;
	enum relative relative;	/* to the confirmed baseline */
	bool confirm;		/* "unconfirmed" until a second cuff reading */
	bool baseline_only;	/* judged in BASELINE alone */
};
extern const struct tier_info tier_info[TIERS];

/* The site-editable part of a tier. */
struct limit {
	bool on;
	enum priority priority;
	int32_t limit;		/* shown units; relative: the signed difference
				 * or percentage */
	int32_t clear;		/* at this value or better the condition is
				 * gone: <=clear for a high tier */
	int32_t delay_ms;	/* beyond the limit for so long; 0 for cuff */
};

struct limit_set {
	char name[48];	/* "ketamine-adult-draft" */
	char confirmed_by[64];	/* the clinician; "" = unconfirmed */
	struct limit tier[TIERS];
	/* Technical conditions. */
	int32_t no_data_ms;		/* T1: 10 s */
	int32_t no_data_high_ms;	/* T1: 60 s in INFUSION, then high */
	int32_t no_value_ms;		/* T2: 30 s */
	int32_t no_value_cuff_ms;	/* T2: 60 s while a cuff inflates on
					 * the same limb */
	int32_t no_rr_ms;		/* T3: 60 s */
	int32_t nibp_due_baseline_ms;	/* T4: expected interval, by phase; */
	int32_t nibp_due_infusion_ms;	/* 0 = not expected */
	int32_t nibp_due_recovery_ms;
	int32_t reject_percent;		/* T5: 10 % of frames in 60 s */
	int32_t frozen_ms;		/* T6: 120 s */
	int32_t undelivered_ms;		/* T8: 10 s */
	int32_t clear_ms;		/* inside for so long ends it: 5 s */
	int32_t arm_ms;			/* valid data before arming: 30 s */
	int32_t idle_vitals_ms;		/* advisory: 2 min without session */
};

/* The shipped preset. */
void limit_set_default(struct limit_set *out);

/* The tier of that name; -1 if there is none. */
int tier_find(const char *name) MUST_CHECK;

/* Another limit for a tier; the clear value keeps its distance, as far as a value
 * can come. */
void limit_move(enum tier t, struct limit *l, int32_t limit);

/* What is wrong, and what 'least' and 'most' then are. */
enum limit_wrong {
	LIMIT_FINE,
	LIMIT_PRIORITY,	/* none of low, medium, high */
	LIMIT_DELAY,	/* of the delay in ms; a cuff has none */
	LIMIT_RANGE,	/* of the limit: beyond it are all values, or none; or it
			 * is on the wrong side of the baseline */
	LIMIT_CLEAR,	/* of the clear value: beyond the limit, or never come to */
	LIMIT_URGENCY,	/* less urgent than 'against', which it follows */
	LIMIT_ORDER,	/* not beyond the less urgent 'against': 'least' is the
			 * nearest limit for the tier, 'most' that for 'against' */
	LIMIT_APART,	/* every value is beyond it or 'against'; likewise */
};

/* Whether each tier makes sense by itself, on or off: a delay of 0..10 min, a
 * limit within the vital's range and a clear value on its safe side.  And those
 * that are on, together: in each ladder the more urgent limit lies beyond the
 * less urgent, high limits above low ones.  On failure says the tier, and the
 * other one or -1.  The technical numbers are the configuration's to check. */
struct limit_fault {
	enum tier tier;
	int against;
	enum limit_wrong what;
	int32_t least, most;
};
bool limit_set_check(const struct limit_set *s, struct limit_fault *fault)
    MUST_CHECK;

/* "heart-rate", "spo2", "nibp-sys": stable, for log and JSON. */
extern const char subject_name[SUBJECTS][12];

/* The vital whose unit a subject's limits are in. */
enum vital subject_vital(enum subject s);

#endif
