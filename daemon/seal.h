/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The seal of a session: SHA-256 over a text form of its records that does not
 * depend on how the log keeps them (docs/log.md, "The seal"), with the seal
 * before it as its second line, so that no sealed session can be changed or
 * taken out unseen.
 *
 * Form 2, which is written, has a digest for each part (statements, alarms ...,
 * readings of each segment) and seals those: a part whose readings retention
 * removed is represented by its digest, and a fault is found in its part.
 * Form 1 has one digest over everything; it is only read.
 *
 * Easy to get wrong: a form is fixed for ever.  A column added to the log does
 * not join it; another form gets another number.
 */
#ifndef DAEMON_SEAL_H
#define DAEMON_SEAL_H

#include <sqlite3.h>
#include <stddef.h>
#include <stdint.h>

#include "schemas/record.h"

#define SEAL_FORM 2		/* that is written */
#define SEAL_DIGEST_TEXT 65	/* 64 hexadecimal digits and a NUL */

struct seal_part {
	char name[16];		/* "statement" ... "event", "readings" */
	int64_t segment;	/* of readings: segment.n; else 0 */
	int64_t rows;
	char digest[SEAL_DIGEST_TEXT];
};

struct seal_result {
	char digest[SEAL_DIGEST_TEXT];
	char previous[SEAL_DIGEST_TEXT];	/* "-": it is the first */
	int64_t records, readings;
	bool removed;		/* readings are gone; form 1 cannot match */
	struct seal_part *part;	/* form 2; owned by the seal */
	size_t parts_n;
};

struct seal;

/* Begins to compute the seal of a session over the records with seq below
 * 'below'.  For readings that were removed it takes the parts recorded below
 * parts_below.  0 or negative errno. */
int seal_begin(struct seal **out, sqlite3 *sql, const char *session,
    int form, int64_t below, int64_t parts_below) MUST_CHECK;

/* Takes some more rows: 1 while there is more, 0 when the result is there, or
 * negative errno.  No statement stays open between two calls. */
int seal_step(struct seal *s, int rows) MUST_CHECK;

const struct seal_result *seal_result(const struct seal *s);
void seal_free(struct seal *s);

/* A seal as the log has it. */
struct seal_record {
	int64_t seq, below;
	int form;
	char session[SESSION_ID_MAX];
	char digest[SEAL_DIGEST_TEXT], previous[SEAL_DIGEST_TEXT];
};

/* The last seal of a session (of any with NULL) whose record's seq is below
 * 'before': 1, 0 if there is none, or negative errno. */
int seal_read(sqlite3 *sql, const char *session, int64_t before,
    struct seal_record *out) MUST_CHECK;

/* The last part of that name and segment recorded below a seq: 1, 0 if there
 * is none, or negative errno. */
int seal_recorded_part(sqlite3 *sql, const char *session, const char *name,
    int64_t segment, int64_t below, struct seal_part *out) MUST_CHECK;

/* Computes the last seal of a session anew.  1: it is as recorded, 0: it is
 * not, -ENOENT: there is none, else negative errno. */
int seal_verify(sqlite3 *sql, const char *session) MUST_CHECK;

#endif
