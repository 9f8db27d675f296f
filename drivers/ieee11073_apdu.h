/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The parts that a message of IEEE 11073-20601 is built of, for
 * drivers/ieee11073*.c (nibp-and-small-monitors.md section 9).  All integers
 * are big-endian; a list is
 *
 *	u16 count | u16 length | items
 *
 * and an attribute u16 id | u16 length | value.
 *
 * Easy to get wrong: every list states its length, and so do the parts within
 * it.  What was found counts only when the walk is done and not 'bad'.
 */
#ifndef DRIVERS_IEEE11073_APDU_H
#define DRIVERS_IEEE11073_APDU_H

#include <stdbool.h>

#include "drivers/window.h"
#include "schemas/vital.h"

/* The header, and the 9216 bytes that a pulse oximeter may send at most. */
#define PHD_LONGEST (4 + 9216)

enum phd_apdu {
	PHD_AARQ = 0xE200,	/* may I associate */
	PHD_RLRQ = 0xE400,	/* release me */
	PHD_RLRE = 0xE500,	/* released */
	PHD_ABRT = 0xE600,
	PHD_PRST = 0xE700,	/* data */
};

enum phd_choice {
	PHD_EVENT = 0x0100,
	PHD_CONFIRMED_EVENT = 0x0101,
	PHD_GET_RESULT = 0x0203,
	PHD_SET_RESULT = 0x0205,
	PHD_ACTION_RESULT = 0x0207,
	PHD_ERROR = 0x0300,
	PHD_REJECT = 0x0400,
};

enum phd_event {
	PHD_CONFIG = 0x0D1C,
	PHD_FIXED = 0x0D1D, PHD_VARIABLE = 0x0D1E,
	PHD_MP_FIXED = 0x0D1F, PHD_MP_VARIABLE = 0x0D20,
	PHD_SCAN_FIRST = 0x0D22, PHD_SCAN_LAST = 0x0D2D,
};

enum phd_attribute {
	PHD_SCAN_MODE = 0x0913,
	PHD_MODEL = 0x0928,
	PHD_TYPE = 0x092F,
	PHD_STATUS = 0x0947,
	PHD_OPERATIONAL = 0x0953,
	PHD_SYSTEM_ID = 0x0984,
	PHD_CLOCK = 0x0987,
	PHD_STAMP = 0x0990,
	PHD_UNIT = 0x0996,
	PHD_SPEC = 0x0A46,
	PHD_VALUE = 0x0A4C,	/* SFLOAT */
	PHD_SCAN_MAP = 0x0A53,
	PHD_SCAN_PERIOD = 0x0A54,
	PHD_VALUE_MAP = 0x0A55,
	PHD_SUPPLEMENT = 0x0A61,
	PHD_STRUCTURE = 0x0A73,
	PHD_COMPOUND = 0x0A75,	/* list of SFLOAT */
	PHD_PARTS = 0x0A76,	/* what they are, in that order */
};

/* How the observations of a report are written. */
enum phd_form { PHD_FORM_FIXED, PHD_FORM_VARIABLE, PHD_FORM_GROUPED };

/* Whether that event is a report; of which form, and whether it names persons.
 * Those from PHD_SCAN_FIRST on come from a scanner. */
bool phd_report_form(unsigned event, enum phd_form *form, bool *persons)
    MUST_CHECK;

static inline uint16_t
phd_u16(const struct window *w, size_t i)
{
	return (uint16_t)((unsigned)window_at(w, i) << 8 | window_at(w, i + 1));
}

struct phd_list {
	size_t at, end;		/* the items still to come */
	unsigned left;
	bool bad;		/* something leads outside, or is left over */
};

struct phd_item {
	uint16_t id;		/* of an attribute or object; 0: it has none */
	size_t at, length;	/* the value */
};

/* The list at 'at', which must end by 'end'. */
struct phd_list phd_list(const struct window *w, size_t at, size_t end);

/* The same, and it must end there. */
struct phd_list phd_whole_list(const struct window *w, size_t at, size_t end);

/* Takes n bytes off the front; their place, or bad. */
size_t phd_take(struct phd_list *l, size_t n);

/* The next item, which is an id and a length, then so many bytes: an attribute,
 * or one object's observation; or a length alone.  False at the end. */
bool phd_next(const struct window *w, struct phd_list *l, struct phd_item *out)
    MUST_CHECK;
bool phd_next_string(const struct window *w, struct phd_list *l,
    struct phd_item *out) MUST_CHECK;

/* Whether another item is to come, which is then counted; at the end, whether
 * all bytes were taken goes into 'bad'. */
bool phd_more(struct phd_list *l) MUST_CHECK;

/* A list that stands as an item within l, at its next byte; l goes on behind
 * it. */
struct phd_list phd_inner(const struct window *w, struct phd_list *l);

#endif
