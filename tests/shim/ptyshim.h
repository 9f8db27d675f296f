/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lets libserialport 0.1.1 open pseudo-terminals, in tests only, and lets a
 * test see what was asked of the device and make it misbehave.
 *
 * Easy to get wrong: the test program is linked with -rdynamic, so that the
 * library's own calls reach these functions; the same object as a shared
 * library, preloaded, lets a whole vitalsd use its serial transport on
 * pseudo-terminals.
 */
#ifndef TESTS_SHIM_PTYSHIM_H
#define TESTS_SHIM_PTYSHIM_H

#include <linux/serial.h>
#include <stdbool.h>
#include <termios.h>

struct ptyshim {
	/* What the program did, on whichever pseudo-terminal came last. */
	struct termios asked;	/* tcsetattr() */
	int lines;		/* RTS and DTR, as set */
	int dropped;		/* how often output was flushed */

	/* What the device is to do. */
	bool no_lines;		/* setting RTS or DTR fails */
	tcflag_t refuses;	/* c_cflag bits that it does not take */
	unsigned stuck_at;	/* a rate that it keeps (B9600); 0: none */
	int unsent;		/* bytes that it says wait to be sent */
	bool counts;		/* it counts line errors, in: */
	struct serial_icounter_struct errors;
};

extern struct ptyshim ptyshim;

#endif
