/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An open serial line, whatever it runs over: opened by its stable path, locked
 * against other programs, set up and the settings read back, raw.  A stream
 * socket counts as one that has no settings: they are the device server's.
 *
 * Easy to get wrong: nothing here blocks, closing included; and a read of zero
 * bytes, which a terminal gives both for "nothing now" and for "unplugged",
 * never leaves this module.
 */
#ifndef DAEMON_TRANSPORT_H
#define DAEMON_TRANSPORT_H

#include <sys/types.h>

#include "daemon/config.h"

struct tty;

/* What the line itself saw go wrong since it was opened, by the kernel's
 * counters; all zero where the device does not count (a pseudo-terminal). */
struct tty_errors {
	uint64_t framing, parity, breaks, overruns;
};

#define TTY_DEVICE 256	/* a device node's path with NUL */
#define TTY_WHY 200	/* a sentence with NUL */

/* Opens the port at that path (of a socket the socket's own, without "unix:").
 * 'device' gets the node that the path led to, "" if none.
 * On failure 'why' gets a sentence for people, and the result is -ENOENT (no
 * such device, no such socket), -ECONNREFUSED (nobody listens at it), -EBUSY
 * (another program has it), -EPROTO (the device did not
 * take the line settings: the sentence names both) or another negative
 * errno.  What had arrived before is dropped, since nobody knows when. */
int transport_open(struct tty **out, enum transport kind, const char *path,
    const struct line *line, char device[TTY_DEVICE], char why[TTY_WHY])
    MUST_CHECK;

/* Drops what was not yet sent, and leaves RTS and DTR as they are. */
void transport_close(struct tty *t);

/* For the event loop; valid until transport_close(). */
int transport_fd(const struct tty *t);

/* Returns how many bytes were read (at least one); -EAGAIN: none now; another
 * negative errno: the device is gone (-EPIPE: a socket's other end), and the line is to be closed.  A byte
 * that arrived with a framing or parity error, and a break, are read as 00. */
ssize_t transport_read(struct tty *t, void *buf, size_t size) MUST_CHECK;

/* Returns how many bytes were taken (at least one); -EAGAIN: none now; another
 * negative errno: the device is gone. */
ssize_t transport_write(struct tty *t, const void *p, size_t n) MUST_CHECK;

/* Bytes taken and not yet on the wire, as far as the device can tell; and
 * drops them. */
size_t transport_unsent(const struct tty *t);
void transport_drop_unsent(struct tty *t);

/* To be asked now and then: of a device that has gone, the last answer is all
 * that there is. */
void transport_errors(struct tty *t, struct tty_errors *out);

#endif
