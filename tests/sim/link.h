/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A pseudo-terminal in place of a serial line, with a link that keeps its name
 * while the terminal behind it changes, as /dev/serial/by-id does.
 *
 * Easy to get wrong: a line does not wait.  What nobody reads is lost, as at a
 * UART, and a reader that comes later gets what is sent from then on.
 */
#ifndef SIM_LINK_H
#define SIM_LINK_H

#include <stddef.h>
#include <stdint.h>

#include "schemas/vital.h"

#define LINK_PATH_MAX 256

struct link {
	int fd;			/* the monitor's end; -1: no cable */
	char path[LINK_PATH_MAX];	/* the stable name; "" for none */
	char device[64];	/* /dev/pts/N */
};

/* Opens a raw 8-bit pseudo-terminal; makes 'path' (NULL: none) a link to it.
 * What is at 'path' is replaced only if it is a link; else -EEXIST. */
int link_open(struct link *l, const char *path) MUST_CHECK;

/* Pulls the cable: the reader sees a hang-up, the name vanishes. */
void link_close(struct link *l);

/* Whether someone has the other end open. */
bool link_has_reader(const struct link *l);

/* Sends without waiting; returns how many bytes the line took, which are none
 * when nobody is there. */
size_t link_write(struct link *l, const uint8_t *p, size_t n);

/* What the host has sent: its length, 0 for nothing. */
size_t link_read(struct link *l, uint8_t *p, size_t room) MUST_CHECK;

#endif
