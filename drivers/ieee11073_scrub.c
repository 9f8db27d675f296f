/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Persons, serial numbers and names in messages of IEEE 11073 devices.
 *
 * Easy to get wrong: a device may tell attributes that nobody here knows, names
 * and places among them.  Only what is known to be harmless stays.
 */
#include "drivers/ieee11073_scrub.h"

#include "drivers/ieee11073_apdu.h"

#define AARQ_SYSTEM_ID 36

static const char serial[] = "device serial number";
static const char person[] = "person number";
static const char other[] = "device attribute";

static bool
is_harmless(uint16_t id)
{
	switch (id) {
	case PHD_SCAN_MODE: case PHD_MODEL: case PHD_TYPE: case PHD_STATUS:
	case PHD_OPERATIONAL: case PHD_CLOCK: case PHD_STAMP: case PHD_UNIT:
	case PHD_SPEC: case PHD_VALUE: case PHD_SCAN_MAP: case PHD_SCAN_PERIOD:
	case PHD_VALUE_MAP: case PHD_SUPPLEMENT: case PHD_STRUCTURE:
	case PHD_COMPOUND: case PHD_PARTS:
		return true;
	default:
		return false;
	}
}

static void
scrub_attributes(const struct window *w, struct phd_list *l,
    struct scrub *out)
{
	struct phd_item a = { 0, 0, 0 };

	while (phd_next(w, l, &a)) {
		if (!is_harmless(a.id))
			scrub_add(out, a.at, a.at + a.length, SCRUB_ZERO,
			    a.id == PHD_SYSTEM_ID ? serial : other);
	}
}

/* Items of so many bytes, each with a list of attributes behind them. */
static void
scrub_objects(const struct window *w, struct phd_list *l, size_t bytes,
    struct scrub *out)
{
	while (phd_more(l)) {
		struct phd_list attributes;

		(void)phd_take(l, bytes);
		attributes = phd_inner(w, l);
		scrub_attributes(w, &attributes, out);
		l->bad = l->bad || attributes.bad;
	}
}

static void
scrub_observations(const struct window *w, enum phd_form form,
    struct phd_list *l, struct scrub *out)
{
	struct phd_item o = { 0, 0, 0 };

	if (form == PHD_FORM_VARIABLE) {
		scrub_objects(w, l, 2, out);
		return;
	}
	while (phd_next(w, l, &o))
		continue;
}

static bool
scrub_report(const struct window *w, size_t n, enum phd_form form,
    bool persons, struct scrub *out)
{
	struct phd_list l = phd_whole_list(w, 26, n);
	struct phd_item r = { 0, 0, 0 };

	if (form == PHD_FORM_GROUPED && persons) {
		while (phd_next(w, &l, &r))
			scrub_add(out, r.at - 4, r.at - 2, SCRUB_ZERO, person);
	} else if (form == PHD_FORM_GROUPED) {
		while (phd_next_string(w, &l, &r))
			continue;
	} else if (!persons) {
		scrub_observations(w, form, &l, out);
	} else {
		while (phd_more(&l)) {
			size_t at = phd_take(&l, 2);
			struct phd_list inner = phd_inner(w, &l);

			scrub_add(out, at, at + 2, SCRUB_ZERO, person);
			scrub_observations(w, form, &inner, out);
			l.bad = l.bad || inner.bad;
		}
	}
	return !l.bad;
}

static bool
scrub_event(const struct window *w, size_t n, struct scrub *out)
{
	struct phd_list l;

	enum phd_form form = PHD_FORM_FIXED;
	bool persons = false;

	if (n < 22 || phd_u16(w, 20) != n - 22)
		return false;
	if (phd_u16(w, 18) != PHD_CONFIG) {
		if (phd_report_form(phd_u16(w, 18), &form, &persons))
			return scrub_report(w, n, form, persons, out);
		scrub_add(out, 22, n, SCRUB_ZERO, "unknown event");
		return true;
	}
	l = phd_whole_list(w, 24, n);
	scrub_objects(w, &l, 4, out);
	return !l.bad;
}

bool
phd_scrub(const struct window *w, size_t n, struct scrub *out)
{
	struct phd_list l;

	switch (phd_u16(w, 0)) {
	case PHD_AARQ:
		scrub_add(out, AARQ_SYSTEM_ID, AARQ_SYSTEM_ID + 7, SCRUB_ZERO,
		    serial);
		return n == 54;
	case PHD_RLRQ: case PHD_RLRE: case PHD_ABRT:
		return n == 6;
	case PHD_PRST:
		break;
	default:
		return false;
	}
	if (n < 12 || phd_u16(w, 2) != n - 4 || phd_u16(w, 4) != n - 6 ||
	    phd_u16(w, 10) != n - 12)
		return false;
	switch (phd_u16(w, 8)) {
	case PHD_EVENT: case PHD_CONFIRMED_EVENT:
		return scrub_event(w, n, out);
	case PHD_GET_RESULT:
		l = phd_whole_list(w, 14, n);
		scrub_attributes(w, &l, out);
		return !l.bad;
	case PHD_ERROR: case PHD_REJECT: case PHD_SET_RESULT:
	case PHD_ACTION_RESULT:
		scrub_add(out, 12, n, SCRUB_ZERO, other);
		return true;
	default:
		return false;
	}
}
