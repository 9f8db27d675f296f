/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Finds a modem's commands among a monitor's bytes: the monitor, or a loop in
 * the cable, sends back what another program (ModemManager) wrote.
 *
 * Easy to get wrong: a protocol's own bytes may look so, but hardly twice.
 */
#ifndef DAEMON_MODEM_H
#define DAEMON_MODEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero when a line is opened. */
struct modem {
	uint32_t tail;		/* the last three bytes */
	unsigned commands;
};

/* True once, with the second command. */
bool modem_look(struct modem *m, const uint8_t *bytes, size_t n);

#endif
