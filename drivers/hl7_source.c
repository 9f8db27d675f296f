/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of sources: multiparameter.md C2 to C4 and part D 10,
 * nibp-and-small-monitors.md 8 and 10.
 *
 * Easy to get wrong: one code may stand for two things.  149522 is a pulse rate
 * of whatever kind, and only its name says whether it is an artery's.
 */
#include "drivers/hl7_source.h"

/* A unit's code in MDC, and its names: of UCUM and as monitors print it. */
static const struct {
	enum hl7_unit unit;
	char name[HL7_WORD];
} units[] = {
	{ UNIT_PERCENT, "262688" }, { UNIT_PERCENT, "%" },
	{ UNIT_BEATS, "264864" }, { UNIT_BEATS, "/min" },
	{ UNIT_BEATS, "{beat}/min" }, { UNIT_BEATS, "{beats}/min" },
	{ UNIT_BEATS, "bpm" },
	{ UNIT_BREATHS, "264928" }, { UNIT_BREATHS, "/min" },
	{ UNIT_BREATHS, "{breath}/min" }, { UNIT_BREATHS, "{breaths}/min" },
	{ UNIT_BREATHS, "rpm" },
	{ UNIT_MMHG, "266016" }, { UNIT_MMHG, "mm[Hg]" },
	{ UNIT_MMHG, "mmHg" },
	{ UNIT_CELSIUS, "268192" }, { UNIT_CELSIUS, "Cel" },
	{ UNIT_CELSIUS, "C" }, { UNIT_CELSIUS, "\302\260C" },
};

static const struct hl7_source sources[] = {
	{ .dialect = DIALECT_PDS, VITAL_HR, 0, 101, 2101 },
	{ .dialect = DIALECT_PDS, VITAL_RR, 1, 151, 2102 },
	{ .dialect = DIALECT_PDS, VITAL_RR, 0, 280, 0 },
	{ .dialect = DIALECT_PDS, VITAL_SPO2, 0, 160, 2103 },
	{ .dialect = DIALECT_PDS, VITAL_PR, 0, 161, 2103 },
	{ .dialect = DIALECT_PDS, VITAL_PI, 0, 162, 2103 },
	{ .dialect = DIALECT_PDS, VITAL_NIBP_SYS, 0, 170, 2105, .whole = true },
	{ .dialect = DIALECT_PDS, VITAL_NIBP_DIA, 0, 171, 2105, .whole = true },
	{ .dialect = DIALECT_PDS, VITAL_NIBP_MAP, 0, 172, 2105, .whole = true },
	{ .dialect = DIALECT_PDS, VITAL_NIBP_PR, 0, 173, 2105 },
	{ .dialect = DIALECT_PDS, VITAL_TEMP, 0, 200, 2104 },
	{ .dialect = DIALECT_PDS, VITAL_TEMP, 1, 201, 2104 },
	{ .dialect = DIALECT_PDS, VITAL_ETCO2, 0, 250, 0, .whole = true },

	{ DIALECT_MDC, VITAL_HR, 0, 147842, 0, UNIT_BEATS, "_RATE", false },
	{ DIALECT_MDC, VITAL_PR, 0, 149530, 0, UNIT_BEATS, "PULS_RATE", false },
	{ DIALECT_MDC, VITAL_PR, 1, 149522, 0, UNIT_BEATS, "PULS_RATE", false },
	{ DIALECT_MDC, VITAL_SPO2, 0, 150456, 0, UNIT_PERCENT, "SAT_O2", false },
	{ DIALECT_MDC, VITAL_PI, 0, 150488, 0, UNIT_PERCENT, "INDEX", false },
	{ DIALECT_MDC, VITAL_NIBP_SYS, 0, 150301, 0, UNIT_MMHG, "SYS", false },
	{ DIALECT_MDC, VITAL_NIBP_DIA, 0, 150302, 0, UNIT_MMHG, "DIA", false },
	{ DIALECT_MDC, VITAL_NIBP_MAP, 0, 150303, 0, UNIT_MMHG, "MEAN", false },
	{ DIALECT_MDC, VITAL_NIBP_SYS, 1, 150021, 0, UNIT_MMHG, "SYS", false },
	{ DIALECT_MDC, VITAL_NIBP_DIA, 1, 150022, 0, UNIT_MMHG, "DIA", false },
	{ DIALECT_MDC, VITAL_NIBP_MAP, 1, 150023, 0, UNIT_MMHG, "MEAN", false },
	{ DIALECT_MDC, VITAL_NIBP_PR, 0, 149546, 0, UNIT_BEATS, "", false },
	{ DIALECT_MDC, VITAL_RR, 0, 151562, 0, UNIT_BREATHS, "RESP_RATE",
	  false },
	{ DIALECT_MDC, VITAL_RR, 1, 151578, 0, UNIT_BREATHS, "RESP_RATE",
	  false },
	{ DIALECT_MDC, VITAL_RR, 2, 151658, 0, UNIT_BREATHS, "", false },
	{ DIALECT_MDC, VITAL_TEMP, 0, 150344, 0, UNIT_CELSIUS, "TEMP", false },
	{ DIALECT_MDC, VITAL_TEMP, 1, 188496, 0, UNIT_CELSIUS, "AXIL", false },

	{ DIALECT_LABEL, VITAL_NIBP_SYS, 0, 0, 0, UNIT_MMHG, "NBPs", false },
	{ DIALECT_LABEL, VITAL_NIBP_DIA, 0, 0, 0, UNIT_MMHG, "NBPd", false },
	{ DIALECT_LABEL, VITAL_NIBP_MAP, 0, 0, 0, UNIT_MMHG, "NBPm", false },
	{ DIALECT_LABEL, VITAL_PR, 0, 0, 0, UNIT_BEATS, "Pulse", false },
	{ DIALECT_LABEL, VITAL_SPO2, 0, 0, 0, UNIT_PERCENT, "SpO2", false },
	{ DIALECT_LABEL, VITAL_TEMP, 0, 0, 0, UNIT_CELSIUS, "Temp", false },
	{ DIALECT_LABEL, VITAL_RR, 0, 0, 0, UNIT_BREATHS, "RR", false },

	{ DIALECT_XML, VITAL_HR, 0, 0, 0, UNIT_BEATS, "HR", false },
	{ DIALECT_XML, VITAL_PR, 0, 0, 0, UNIT_BEATS, "PR", false },
	{ DIALECT_XML, VITAL_SPO2, 0, 0, 0, UNIT_PERCENT, "SpO2", false },
	{ DIALECT_XML, VITAL_RR, 0, 0, 0, UNIT_BREATHS, "RR", false },
	{ DIALECT_XML, VITAL_TEMP, 0, 0, 0, UNIT_CELSIUS, "T1", false },
	{ DIALECT_XML, VITAL_TEMP, 1, 0, 0, UNIT_CELSIUS, "T2", false },
	{ DIALECT_XML, VITAL_NIBP_SYS, 0, 0, 0, UNIT_MMHG, "NIBP_SYS", false },
	{ DIALECT_XML, VITAL_NIBP_DIA, 0, 0, 0, UNIT_MMHG, "NIBP_DIA", false },
	{ DIALECT_XML, VITAL_NIBP_MAP, 0, 0, 0, UNIT_MMHG, "NIBP_MAP", false },
	{ DIALECT_XML, VITAL_NIBP_PR, 0, 0, 0, UNIT_BEATS, "NIBP_PR", false },
};
#define SOURCES (sizeof sources / sizeof sources[0])

/* A systolic pressure under a mistyped code: only with its channel named as
 * that of 150301 (part D 10). */
#define MISTYPED_SYS 150031
static const struct hl7_source mistyped_sys = {
	DIALECT_MDC, VITAL_NIBP_SYS, 0, 150301, 0, UNIT_MMHG, "", false
};

bool
hl7_has_unit(const struct window *w, enum hl7_unit unit, struct text_span s)
{
	for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
		if (units[i].unit == unit && hl7_is(w, s, units[i].name))
			return true;
	}
	return false;
}

const struct hl7_source *
hl7_find_source(const struct window *w, const struct hl7_observation *o)
{
	uint32_t id = 0, module = 0;

	if (o->dialect == DIALECT_PDS || o->dialect == DIALECT_MDC) {
		if (!hl7_digits(w, o->id, &id))
			return NULL;
		if (o->dialect == DIALECT_PDS &&
		    !hl7_digits(w, o->sub, &module))
			return NULL;
		if (o->dialect == DIALECT_MDC && id == MISTYPED_SYS)
			return hl7_ends(w, o->sub, ".150301") ?
			    &mistyped_sys : NULL;
	}
	for (size_t i = 0; i < SOURCES; i++) {
		const struct hl7_source *s = &sources[i];

		if (s->dialect != o->dialect)
			continue;
		switch (s->dialect) {
		case DIALECT_PDS:
			if (s->id == id &&
			    (s->module == 0 || s->module == module))
				return s;
			break;
		case DIALECT_MDC:
			if (s->id == id && (hl7_is_empty(o->name) ||
			    hl7_ends(w, o->name, s->word)))
				return s;
			break;
		case DIALECT_LABEL:
		case DIALECT_XML:
			if (hl7_is(w, o->name, s->word))
				return s;
			break;
		}
	}
	return NULL;
}

uint32_t
hl7_source_key(const struct window *w, const struct hl7_source *s,
    const struct hl7_observation *o)
{
	uint32_t part = 0, channel = 0;

	if (s->dialect == DIALECT_MDC &&
	    !(hl7_digits(w, hl7_part(w, o->sub, '.', 2), &part) &&
	    hl7_digits(w, hl7_part(w, o->sub, '.', 3), &channel)))
		part = channel = 0;
	if (part > 0xFFE)
		part = 0xFFE;
	if (channel > 0xFFF)
		channel = 0xFFF;
	return (uint32_t)s->rank << 24 | (part + 1) << 12 | channel;
}
