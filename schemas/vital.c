/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of vitals.  Codes: clinical.md 3.1 (LOINC, UCUM, IEEE 11073);
 * plausible ranges: clinical.md 6.3 and the oximeter rules.
 *
 * Easy to get wrong: a heart or respiratory rate of 0 is not garbage, it may be
 * the truth (asystole, apnoea) and must reach the alarm rules.  A saturation
 * or an oximeter's pulse of 0 is never one: oximeters print it for "none".
 */
#include "schemas/vital.h"

#include <string.h>

/* A level that is older than this feeds no rule.  The slowest monitor sends
 * every 5 s by default and every 10 s at the most: with 12 s one lost record
 * of the former, or none of the latter, is bridged. */
#define FRESH_MS 12000

/* 15 points in a second; lines that come every second do so roughly. */
#define STEP_SPO2_MS 1300

/* More decimals than any vital is kept in. */
#define SCALE_MAX 1000000

/* Temperature moves slowly, and some monitors send it less often. */
#define FRESH_TEMP_MS 60000

const struct vital_info vital_info[VITALS] = {
	[VITAL_HR] = {
		.name = "hr", .label = "HR", .ucum = "/min", .unit = "/min",
		.loinc = "8867-4", .mdc = 147842,
		.reject_below = 0, .reject_above = 350,
		.doubt_below = 20, .doubt_above = 250,
		.step = 60, .step_ms = 2000, .near = 25,
		.fresh_ms = FRESH_MS,
	},
	[VITAL_PR] = {
		.name = "pr", .label = "PR", .ucum = "/min", .unit = "/min",
		.loinc = "8889-8", .mdc = 149530,
		.reject_below = 1, .reject_above = 350,
		.doubt_below = 20, .doubt_above = 250,
		.step = 60, .step_ms = 2000, .near = 25,
		.fresh_ms = FRESH_MS,
	},
	[VITAL_SPO2] = {
		.name = "spo2", .label = "SpO2", .ucum = "%", .unit = "%",
		.loinc = "59408-5", .mdc = 150456, .decimals = 2, .shown = 0,
		.reject_below = 100, .reject_above = 10000,
		.doubt_below = 5000, .doubt_above = 10000,
		.step = 1500, .step_ms = STEP_SPO2_MS, .near = 1000,
		.fresh_ms = FRESH_MS,
	},
	[VITAL_NIBP_SYS] = {
		.name = "nibp_sys", .label = "NIBP sys", .ucum = "mm[Hg]",
		.unit = "mmHg", .loinc = "8480-6", .mdc = 150021,
		.episodic = true,
		.reject_below = 30, .reject_above = 300,
		.doubt_below = 50, .doubt_above = 260,
	},
	[VITAL_NIBP_DIA] = {
		.name = "nibp_dia", .label = "NIBP dia", .ucum = "mm[Hg]",
		.unit = "mmHg", .loinc = "8462-4", .mdc = 150022,
		.episodic = true,
		.reject_below = 10, .reject_above = 250,
		.doubt_below = 20, .doubt_above = 180,
	},
	[VITAL_NIBP_MAP] = {
		.name = "nibp_map", .label = "NIBP mean", .ucum = "mm[Hg]",
		.unit = "mmHg", .loinc = "8478-0", .mdc = 150023,
		.episodic = true,
		.reject_below = 20, .reject_above = 260,
		.doubt_below = 20, .doubt_above = 260,
	},
	[VITAL_NIBP_PR] = {
		.name = "nibp_pr", .label = "NIBP pulse", .ucum = "/min",
		.unit = "/min", .loinc = "8867-4", .mdc = 149546,
		.episodic = true,
		.reject_below = 1, .reject_above = 350,
		.doubt_below = 20, .doubt_above = 250,
	},
	[VITAL_RR] = {
		.name = "rr", .label = "RR", .ucum = "/min", .unit = "/min",
		.loinc = "9279-1", .mdc = 151562,
		.reject_below = 0, .reject_above = 150,
		.doubt_below = 0, .doubt_above = 60,
		.fresh_ms = FRESH_MS,
	},
	/* Not in clinical.md: the codes of the partial pressure (LOINC) and of
	 * MDC_AWAY_CO2_ET (0x50B0, multiparameter.md P12).  0 is a real value:
	 * no breath. */
	[VITAL_ETCO2] = {
		.name = "etco2", .label = "EtCO2", .ucum = "mm[Hg]",
		.unit = "mmHg", .loinc = "19891-1", .mdc = 151728,
		.decimals = 1, .shown = 0,
		.reject_below = 0, .reject_above = 1500,
		.doubt_below = 0, .doubt_above = 1000,
		.fresh_ms = FRESH_MS,
	},
	[VITAL_TEMP] = {
		.name = "temp", .label = "Temp", .ucum = "Cel", .unit = "\302\260C",
		.loinc = "8310-5", .mdc = 150344, .decimals = 2, .shown = 1,
		.reject_below = 2000, .reject_above = 4500,
		.doubt_below = 3000, .doubt_above = 4200,
		.fresh_ms = FRESH_TEMP_MS,
	},
	/* MDC_PULS_OXIM_PERF_REL, 0x4BB0 (multiparameter.md P13). */
	[VITAL_PI] = {
		.name = "pi", .label = "PI", .ucum = "%", .unit = "%",
		.loinc = "61006-3", .mdc = 150448, .decimals = 2, .shown = 2,
		.reject_below = 0, .reject_above = 10000,
		.doubt_below = 2, .doubt_above = 2000,
		.fresh_ms = FRESH_MS,
	},
};

static const char *const quality_names[QUALITIES] = {
	[QUALITY_GOOD] = "good",
	[QUALITY_QUESTIONABLE] = "questionable",
	[QUALITY_NO_VALUE] = "no-value",
	[QUALITY_NO_SENSOR] = "no-sensor",
	[QUALITY_SENSOR_OFF] = "sensor-off",
	[QUALITY_SEARCHING] = "searching",
	[QUALITY_ARTEFACT] = "artefact",
	[QUALITY_OUT_OF_RANGE] = "out-of-range",
	[QUALITY_NOT_MEASURED] = "not-measured",
	[QUALITY_FAULT] = "fault",
};

/* The last one is for what is none. */
static const char quality_labels[QUALITIES + 1][32] = {
	[QUALITY_GOOD] = "good",
	[QUALITY_QUESTIONABLE] = "doubtful",
	[QUALITY_NO_VALUE] = "the monitor shows none",
	[QUALITY_NO_SENSOR] = "no sensor",
	[QUALITY_SENSOR_OFF] = "the sensor is off the patient",
	[QUALITY_SEARCHING] = "the monitor is searching",
	[QUALITY_ARTEFACT] = "the signal is disturbed",
	[QUALITY_OUT_OF_RANGE] = "out of range",
	[QUALITY_NOT_MEASURED] = "switched off on the monitor",
	[QUALITY_FAULT] = "the monitor reports a fault",
	"unknown",
};

int
vital_find(const char *name)
{
	for (int i = 0; i < VITALS; i++) {
		if (strcmp(vital_info[i].name, name) == 0)
			return i;
	}
	return -1;
}

const char *
quality_name(enum quality q)
{
	return (unsigned)q < QUALITIES ? quality_names[q] : "unknown";
}

const char *
quality_label(enum quality q)
{
	return quality_labels[(unsigned)q < QUALITIES ? q : QUALITIES];
}

enum quality
vital_judge(enum vital v, int32_t value, enum quality q)
{
	const struct vital_info *info;

	if ((unsigned)v >= VITALS)
		return QUALITY_NO_VALUE;
	info = &vital_info[v];
	if (q != QUALITY_GOOD && q != QUALITY_QUESTIONABLE)
		return q;
	if (value < info->reject_below || value > info->reject_above)
		return QUALITY_OUT_OF_RANGE;
	if (value < info->doubt_below || value > info->doubt_above)
		return QUALITY_QUESTIONABLE;
	return q;
}

bool
vital_steps(enum vital v, int32_t a, int32_t b, int64_t after_ms)
{
	const struct vital_info *info;
	int64_t step = (int64_t)b - a;

	if ((unsigned)v >= VITALS)
		return false;
	info = &vital_info[v];
	if (info->step == 0 || after_ms < 0 || after_ms > info->step_ms)
		return false;
	return step > info->step || step < -info->step;
}

bool
vital_agrees(enum vital v, int32_t a, int32_t b)
{
	int64_t apart = (int64_t)b - a;

	if ((unsigned)v >= VITALS || vital_info[v].near == 0)
		return true;
	return apart <= vital_info[v].near && apart >= -vital_info[v].near;
}

int32_t
vital_shown(enum vital v, int32_t value)
{
	int64_t scale = 1, half;

	if ((unsigned)v >= VITALS)
		return value;
	for (unsigned i = vital_info[v].shown; i < vital_info[v].decimals &&
	    scale < SCALE_MAX; i++)
		scale *= 10;
	half = value < 0 ? -(scale / 2) : scale / 2;
	return (int32_t)((value + half) / scale);
}
