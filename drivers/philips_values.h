/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The numerics in a Philips IntelliVue reply, for drivers/philips_intellivue.c,
 * which unwraps them.
 *
 * Easy to get wrong: an object without a value comes as a bare handle, so which
 * vital is missing must be remembered from when it had one, or its label.
 */
#ifndef DRIVERS_PHILIPS_VALUES_H
#define DRIVERS_PHILIPS_VALUES_H

#include "drivers/cuff.h"
#include "drivers/driver.h"
#include "drivers/philips_apdu.h"

/* A reply, or a part of one that comes in several. */
struct philips_reply {
	size_t list, end;	/* its PollInfoList */
	uint32_t ticks;		/* the monitor's own, of 1/8 ms; they wrap */
	bool linked;		/* one of several parts */
	bool first, last;	/* of them; both where there is but one */
	bool torn;		/* a part before this one was lost */
};

/* What is remembered from reply to reply; begins all zero. */
struct philips_values {
	bool standby;		/* the monitor says that it does not measure, */
	bool demo;		/* that it plays, */
	bool service;		/* that it is being serviced */
	bool open;		/* the line was opened at open_ms */
	bool clock;		/* the monitor's clock showed clock_ms at */
	uint32_t clock_ticks;	/* this tick */
	int64_t clock_ms, open_ms;
	uint16_t known;		/* by vital: its object is: */
	struct {
		uint16_t context, handle;
	} object[VITALS];
	uint8_t rank[VITALS];	/* given in this linked reply; 0: not */
	struct cuff_watch cuff;
	uint64_t pulse_due;	/* the stamp of a result whose pulse is to
				 * come; 0: none is */
};
_Static_assert(VITALS <= 16, "known");

/* The monitor was asked anew: it may number its objects otherwise. */
void philips_values_forget(struct philips_values *s);

/* The monitor's clock: 8 BCD bytes at 'at' were shown at 'ticks'. */
void philips_values_clock(struct philips_values *s, const struct wire *r,
    size_t at, uint32_t ticks);

/* The readings of a reply of numerics; false where it is not sound, and then
 * nothing was taken from it. */
bool philips_values_decode(struct philips_values *s, int64_t t_ms,
    const struct wire *r, const struct philips_reply *reply,
    struct readings *out) MUST_CHECK;

/* Texts that are read to their NUL lie in arrays of so many characters, so that
 * it can be proved that none is read beyond. */
#define PHILIPS_LABEL_TEXT VITAL_LABEL

/* The vital that a physiological id measures, for people; NULL if it is none
 * that is read. */
const char *philips_values_label(uint16_t physio);

#endif
