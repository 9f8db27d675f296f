/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A monitor's end of a pseudo-terminal behind a link, for unit tests.
 *
 * Easy to get wrong: closing the master is pulling the cable; a new master
 * gets another device number behind the same link, as a replugged adapter.
 */
#ifndef TESTS_SHIM_PTY_H
#define TESTS_SHIM_PTY_H

#include <stddef.h>

struct pty {
	int master;
	char dir[64], link[80];	/* the link lies in a folder of its own */
	char device[64];	/* /dev/pts/N */
};

void pty_open(struct pty *p);
void pty_unplug(struct pty *p);
void pty_replug(struct pty *p);
void pty_close(struct pty *p);

/* A terminal that nobody has set up yet echoes what comes, as the kernel has it:
 * so that only what a program writes is there to be read. */
void pty_make_raw(const struct pty *p);

/* All must be taken, within a second. */
void pty_write(struct pty *p, const void *bytes, size_t n);

/* Reads what is there, after waiting at most wait_ms for the first byte. */
size_t pty_read(struct pty *p, void *buf, size_t size, int wait_ms);

#endif
