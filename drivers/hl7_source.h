/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which observation of which dialect is which vital:
 *
 *	PDS	2.3.1, nobody named in MSH: OBX-3 id, OBX-4 module, no units
 *	MDC	OBX-3 code^MDC_NAME^MDC, OBX-6 unit (IHE PCD-01, Comen)
 *	label	OBX-3 ^NBPs (Philips Efficia)
 *	XML	OBX.3 NIBP_SYS (Edan)
 *
 * Easy to get wrong: PDS goes by numbers only, since its names are in the
 * monitor's language; MDC by number, and the name must not contradict it.
 */
#ifndef DRIVERS_HL7_SOURCE_H
#define DRIVERS_HL7_SOURCE_H

#include "drivers/hl7_message.h"

enum hl7_dialect { DIALECT_PDS, DIALECT_MDC, DIALECT_LABEL, DIALECT_XML };

enum hl7_unit { UNIT_NONE, UNIT_PERCENT, UNIT_BEATS, UNIT_BREATHS, UNIT_MMHG,
	UNIT_CELSIUS };

/* Where a vital comes from.  Of several sources that of the least rank counts. */
struct hl7_source {
	enum hl7_dialect dialect;
	enum vital vital;
	uint8_t rank;
	uint32_t id;		/* PDS, MDC */
	uint16_t module;	/* PDS; 0: any */
	enum hl7_unit unit;	/* MDC: must be; label, XML: if there is one */
	char word[HL7_WORD];	/* label, XML: the key; MDC: how the name ends */
	bool whole;		/* PDS: with a fraction its unit is another one
				 * (kPa, %) */
};

/* One OBX, as parts of the window. */
struct hl7_observation {
	enum hl7_dialect dialect;
	struct text_span id, name;	/* OBX-3 */
	struct text_span sub;		/* OBX-4 */
	struct text_span value, unit, flags;
	struct text_span at, at_too;	/* OBX-14, OBX-19 */
	uint8_t repetition;		/* what separates those of OBX-8 */
};

/* What it is the value of; NULL: nothing that we read. */
const struct hl7_source *hl7_find_source(const struct window *w,
    const struct hl7_observation *o) MUST_CHECK;

/* Whether the span is a name of that unit. */
bool hl7_has_unit(const struct window *w, enum hl7_unit unit,
    struct text_span s) MUST_CHECK;

/* What tells sources of one vital apart, the better one being less: rank, then
 * device part and channel of OBX-4 (1.3.2.150456).  Never 0. */
uint32_t hl7_source_key(const struct window *w, const struct hl7_source *s,
    const struct hl7_observation *o) MUST_CHECK;

#endif
