/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What systemd is told: ready, reloading, stopping, alive.
 *
 * Easy to get wrong: sd_notify() blocks where systemd does not read, from the
 * tenth message or so (measured), and with it every alarm; so it is not used.
 */
#ifndef DAEMON_SUPERVISOR_H
#define DAEMON_SUPERVISOR_H

#include <stdint.h>

/* Sends "READY=1" and the like to $NOTIFY_SOCKET, if there is one.  Never
 * waits: what systemd has no room for is dropped. */
void supervisor_tell(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* How often WATCHDOG=1 is due, in us: three times in systemd's patience; 0 if
 * nobody waits for it. */
uint64_t supervisor_watchdog_us(void);

#endif
