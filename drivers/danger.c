/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The list of what must never be sent, and the search for it.
 *
 * Easy to get wrong: what counts is the bytes on the wire, not the messages.
 * The search walks along a row from message to message: how much of it may have
 * been sent when a message ends.
 */
#include "drivers/danger.h"

#include <stdbool.h>

/* Elements of a row: a byte, any byte, any byte but one. */
#define ANY 0x100
#define NOT 0x200

struct row {
	uint16_t byte[DANGER_ROW];
	uint8_t n;
	const char *what;
};

/* Where the rest of a message is not known, or does not matter, its beginning
 * is listed.  Of the Medlab family each code but 18 ("give the last result") is
 * taken for harmful; of Phasein modules, each message.  Of a Capnostream's 60
 * to 62 it is not known whether they are hexadecimal: both are listed. */
static const struct row rows[] = {
	{ { 0x55, 0xAA, 0x04, 0x02 }, 4, "starts the cuff of a Berry board" },
	{ { 0x55, 0xAA, 0x04, 0x0A }, 4,
	    "sets the pressure of a Berry board" },
	{ { 0x55, 0xAA, 0x04, 0x0B }, 4,
	    "calibrates the cuff of a Berry board" },
	{ { 0x55, 0xAA, 0x04, 0x05 }, 4, "changes a Berry board" },
	{ { 0x55, 0xAA, 0x04, 0x07 }, 4, "changes a Berry board" },
	{ { 0x55, 0xAA, 0x04, 0x08 }, 4, "changes a Berry board" },
	{ { 0x55, 0xAA, 0x04, 0x09 }, 4, "changes a Berry board" },
	{ { 0x55, 0xAA, 0x04, 0x0C }, 4, "changes a Berry board" },
	{ { 0x55, 0xAA, 0x04, 0x0D }, 4, "changes a Berry board" },
	{ { 0x55, 0xAA, 0x04, 0x0E }, 4, "changes a Berry board" },
	{ { 0x55, 0xAA, 0x04, 0x0F }, 4, "changes a Berry board" },
	{ { 0x3A, 0x20, 0xA6 }, 3, "starts the cuff of a SunTech module" },
	{ { 0x3A, 0x87 }, 2, "starts the cuff of a SunTech module" },
	{ { 0x3A, 0x28, 0x9E }, 3, "starts the cuff of a SunTech module" },
	{ { 0x3A, 0x86 }, 2, "holds the pressure of a SunTech module" },
	{ { 0x3A, 0x0C }, 2, "drives the pump of a SunTech module" },
	{ { 0x3A, 0x04 }, 2, "calibrates a SunTech module" },
	{ { 0x3A, 0x17 }, 2, "sets the pressure of a SunTech module" },
	{ { 0x3A, 0x81 }, 2, "puts a SunTech module to sleep" },
	{ { 0x3A, 0x8A }, 2, "resets a SunTech module" },
	{ { 0x3A, 0x79, 0x01, 0x00 }, 4,
	    "aborts a measurement of a SunTech module" },
	{ { 0x02, NOT | '1', ANY, ';', ';' }, 5,
	    "may start the cuff of a Medlab module" },
	{ { 0x02, '1', NOT | '8', ';', ';' }, 5,
	    "may start the cuff of a Medlab module" },
	{ { 'X', '\r' }, 2, "aborts a measurement of a Medlab module" },
	{ { 0xCC, 0x80, 0x03, 0x03, 0x01, 0x02 }, 6,
	    "starts the cuff of a Maibobo station" },
	{ { 0xCC, 0x80, 0x03, 0x03, 0x01, 0x03 }, 6,
	    "stops the cuff of a Maibobo station" },
	{ { 0x85, ANY, 0x00 }, 3, "changes the mode of a CO2 module" },
	{ { 0x85, ANY, 0x06 }, 3, "restarts a CO2 module" },
	{ { 0x85, ANY, 0x07 }, 3, "writes names into a Capnostream" },
	{ { 0x85, ANY, 0x08 }, 3, "writes names into a Capnostream" },
	{ { 0x85, ANY, 0x0D }, 3, "configures a CO2 module" },
	{ { 0x85, ANY, 0x0F }, 3, "switches the pump of a CO2 module" },
	{ { 0x85, ANY, 60 }, 3, "sets the alarm limits of a Capnostream" },
	{ { 0x85, ANY, 61 }, 3, "writes names into a Capnostream" },
	{ { 0x85, ANY, 62 }, 3, "writes names into a Capnostream" },
	{ { 0x85, ANY, 0x60 }, 3, "sets the alarm limits of a Capnostream" },
	{ { 0x85, ANY, 0x61 }, 3, "writes names into a Capnostream" },
	{ { 0x85, ANY, 0x62 }, 3, "writes names into a Capnostream" },
	{ { 0x82 }, 1, "zeroes a CAPNOSTAT sensor" },
	{ { 0x84 }, 1, "changes settings of a CAPNOSTAT sensor" },
	{ { 0xF8 }, 1, "resets a CAPNOSTAT sensor" },
	{ { 0xAA, 0x55 }, 2, "changes the state of a Phasein module" },
	{ { 0x02, 'M', '2' }, 3, "changes the mode of a Welch Allyn module" },
	{ { 0x02, 'C', '1' }, 3, "calibrates a Welch Allyn module" },
	{ { 0x02, 'C', '8' }, 3, "resets a Welch Allyn module" },
	{ { 0x02, 'A', ANY, ANY, ANY, ANY, 0x03 }, 7,
	    "changes a Welch Allyn module" },
	{ { 0x02, 'G', ANY, ANY, ANY, ANY, 0x03 }, 7,
	    "calibrates a Welch Allyn module" },
	{ { 0x02, 'N', ANY, ANY, ANY, ANY, 0x03 }, 7,
	    "changes a Welch Allyn module" },
	{ { 0x02, 'O', ANY, ANY, ANY, ANY, 0x03 }, 7,
	    "changes a Welch Allyn module" },
	{ { 0x02, 'F', '2', '0' }, 4, "drives the pump of a Welch Allyn module" },
	{ { 0x02, 'L', ANY, ANY, ANY, ANY, ANY, ANY }, 8,
	    "calibrates a Welch Allyn module" },
	{ { 0x02, 'Q', ANY, ANY, ANY, ANY, ANY, 0x03 }, 8,
	    "changes a Welch Allyn module" },
};

static bool
fits(uint16_t element, uint8_t b)
{
	if ((element & ANY) != 0)
		return true;
	if ((element & NOT) != 0)
		return (element & 0xffu) != b;
	return element == b;
}

/* Sends m when 'sent' bytes of the row were sent just before.  True: the row is
 * whole.  Else *ends gets a bit for each length of the row that m ends with. */
static bool
advance(const struct row *r, size_t sent, const struct danger_message *m,
    unsigned *ends)
{
	/* It may go on where it stood, or begin at any byte of m. */
	for (size_t from = 0; from < m->n; from++) {
		size_t k = from == 0 ? sent : 0, i = from;

		while (i < m->n && k < r->n && fits(r->byte[k], m->byte[i])) {
			i++;
			k++;
		}
		if (k == r->n)
			return true;
		if (i == m->n && k > 0)
			*ends |= 1u << k;
	}
	return false;
}

/* Whether messages make the row; *which ends it. */
static bool
makes(const struct row *r, const struct danger_message *m, size_t n,
    size_t *which)
{
	unsigned known = 1, before = 0;

	while (known != before) {
		before = known;
		for (size_t sent = 0; sent < r->n; sent++) {
			if ((before >> sent & 1u) == 0)
				continue;
			for (size_t i = 0; i < n; i++) {
				*which = i;
				if (advance(r, sent, &m[i], &known))
					return true;
			}
		}
	}
	return false;
}

const char *
danger_of(const struct danger_message *m, size_t n, size_t *which)
{
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		if (makes(&rows[i], m, n, which))
			return rows[i].what;
	}
	return NULL;
}
