/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What drivers/hl7.c and drivers/hl7_pds.c share: what a message says.
 *
 * Easy to get wrong: the two differ only in what they send.
 */
#ifndef DRIVERS_HL7_OBSERVE_H
#define DRIVERS_HL7_OBSERVE_H

#include "drivers/cuff.h"
#include "drivers/driver.h"

/* The longest MSH-10 that is acknowledged; a GUID has 36 characters. */
#define HL7_ID_MAX 48

/* MSH-10 of the message that PDS exchanges as a sign of life. */
#define HL7_ECHO 106

struct hl7_state {
	struct cuff_watch cuff;
	int64_t heard_ms;	/* the last message, if 'heard' */
	int64_t rr_ms;		/* the last rate of the source that is followed */
	uint32_t from[VITALS];	/* which source is followed; 0: none yet */
	uint32_t control;	/* MSH-10 of the last message, where a number */
	bool heard;
	bool values;		/* there were values in it, not only alarms */
	/* Values, but nothing of a cuff: since bare_ms, lately at missed_ms. */
	bool bare;
	int64_t bare_ms, missed_ms;
	bool shown;		/* numbers of a cuff were there once, */
	bool at_once;		/* the last of them with MSH-7 for OBX-14, */
	int64_t at_ms;		/* namely this */
	bool stamps;		/* the sender has MSH-7 there whatever it sends: it
				 * moved along while the numbers stayed */
	bool again;		/* the last result had the numbers of its
				 * predecessor */
	uint8_t id_n;		/* an acknowledgement is due to this MSH-10 */
	uint8_t id[HL7_ID_MAX];
};

/* For their decode(). */
enum decode hl7_decode(struct hl7_state *s, int64_t t_ms,
    const struct window *w, size_t n, struct readings *out);

#endif
