/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The line by which vitalsd hands a notice to the notifier; its body is the
 * next line:
 *
 *	notice KEY CHANNEL PRIORITY KIND
 *	notice 0000000000000abc-3 station high alarm
 *
 * Words without JSON, because this is what an alarm waits for: to have it
 * printed and parsed by the library took a tenth of the way from frame to
 * receiver (docs/performance.md).
 *
 * Easy to get wrong: nothing in it is escaped.  A key and a channel's name have
 * no blanks; the configuration sees to the latter.
 */
#ifndef DAEMON_NOTICE_LINE_H
#define DAEMON_NOTICE_LINE_H

#include "schemas/record.h"

#define NOTICE_LINE_MAX 128	/* with the NUL */

/* Returns its length. */
size_t notice_line_put(char out[NOTICE_LINE_MAX], const struct notice *n,
    bool heartbeat);

/* Any other line is a message in JSON. */
bool notice_line_is(const char *line) MUST_CHECK;

/* Sets key, channel and priority; false if it is not exactly such a line, and
 * *out is not to be used then. */
bool notice_line_parse(const char *line, struct notice *out, bool *heartbeat)
    MUST_CHECK;

#endif
