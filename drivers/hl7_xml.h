/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The few tags of HL7's XML encoding that we read, one at a time:
 *
 *	<ORU_R01> <MSH> <MSH.7>20190926153832</MSH.7> </MSH>
 *	<OBX> <OBX.3>HR</OBX.3> <OBX.5>60</OBX.5> </OBX> </ORU_R01>
 *
 * Easy to get wrong: this is no XML parser.  It knows no comments and passes over
 * attributes; what holds an entity is not equal to any word or number.
 */
#ifndef DRIVERS_HL7_XML_H
#define DRIVERS_HL7_XML_H

#include "drivers/text.h"

struct hl7_tag {
	bool closes;			/* </NAME> */
	struct text_span name;		/* without attributes */
	struct text_span content;	/* up to the next tag; none of
					 * <NAME/> */
};

/* The next tag of the window's bytes *at..to-1, and *at moved to what follows
 * its content; false when there is none. */
bool hl7_xml_next(const struct window *w, size_t *at, size_t to,
    struct hl7_tag *t) MUST_CHECK;

#endif
