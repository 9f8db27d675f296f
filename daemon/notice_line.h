/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The one message that an alarm waits for, "notice" on notify.sock, without a
 * library: jansson takes some 190,000 instructions to print and to parse its
 * 730 bytes, a tenth of the way from frame to receiver.  All other messages go
 * through the library.
 *
 * Easy to get wrong: the reader takes exactly what the writer writes and
 * nothing else.  What it refuses may still be a good message: ask the library.
 */
#ifndef DAEMON_NOTICE_LINE_H
#define DAEMON_NOTICE_LINE_H

#include "schemas/record.h"

/* A body may double when it is quoted; what else there is has a bound. */
#define NOTICE_LINE_MAX (2 * NOTICE_BODY_MAX + 512)

/* Writes the message, without its newline, and a NUL; its length.  The body
 * holds no control characters (alerts/message.h), a channel's name no quotes. */
size_t notice_line_write(char out[NOTICE_LINE_MAX], const struct notice *n,
    bool heartbeat);

/* Reads it; event and what else the message lacks become 0.  On false, *out
 * and *heartbeat are untouched or worthless. */
bool notice_line_read(const char *line, size_t length, struct notice *out,
    bool *heartbeat) MUST_CHECK;

#endif
