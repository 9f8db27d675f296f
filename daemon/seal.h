/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The seal of a session: SHA-256 over a text form of its records that does not
 * depend on how the log keeps them (docs/log.md, "The seal"), with the seal
 * before it as its second line, so that no sealed session can be changed or
 * taken out unseen.
 *
 * Easy to get wrong: form 1 is fixed for ever.  A column added to the log does
 * not join it; another form gets another number.
 */
#ifndef DAEMON_SEAL_H
#define DAEMON_SEAL_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "schemas/record.h"

#define SEAL_DIGEST_TEXT 65	/* 64 hexadecimal digits and a NUL */

struct seal_result {
	char digest[SEAL_DIGEST_TEXT];
	char previous[SEAL_DIGEST_TEXT];	/* "-": it is the first */
	int64_t records, readings;
};

struct seal;

/* Begins to compute the seal of a session over the records with seq below
 * that.  0 or negative errno. */
int seal_begin(struct seal **out, sqlite3 *sql, const char *session,
    int64_t below) MUST_CHECK;

/* Takes some more rows: 1 while there is more, 0 when the result is there, or
 * negative errno.  No statement stays open between two calls. */
int seal_step(struct seal *s, int rows) MUST_CHECK;

const struct seal_result *seal_result(const struct seal *s);
void seal_free(struct seal *s);

/* Computes the last seal of a session anew.  1: it is as recorded, 0: it is
 * not, -ENOENT: there is none, else negative errno. */
int seal_verify(sqlite3 *sql, const char *session) MUST_CHECK;

#endif
