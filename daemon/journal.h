/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Log lines for the operator: to the journal where the program runs under
 * systemd, else to standard error.  In vitalsd they go through a bounded ring
 * to a thread, since a stuck journald blocks its callers (measured: at the
 * eleventh line).
 *
 * Easy to get wrong: no line per byte, per frame or per failed attempt; log
 * the transition down and the transition up, and count the rest.
 */
#ifndef DAEMON_JOURNAL_H
#define DAEMON_JOURNAL_H

#include <stdint.h>

enum journal_level {	/* as syslog(3) numbers them */
	JOURNAL_ERROR = 3,
	JOURNAL_WARNING = 4,
	JOURNAL_NOTICE = 5,
	JOURNAL_INFO = 6,
	JOURNAL_DEBUG = 7,
};

/* Starts the thread; lines before that (and without it) go out directly.
 * 'most' is the least urgent level that is written. */
int journal_start(const char *program, enum journal_level most);

/* Writes what waits (at most wait_ms) and ends the thread. */
void journal_stop(int wait_ms);

/* Lines that found the ring full. */
uint64_t journal_lost(void);

void journal_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void journal_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void journal_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
void journal_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void journal_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
