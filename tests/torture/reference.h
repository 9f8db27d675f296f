/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The log as it was when nothing failed, to hold others against: what a crash
 * leaves must be its beginning, row by row, and what vitalsd resumes from it
 * must follow from just those rows.
 *
 * Easy to get wrong: what is resumed is worked out here from the rows with
 * plain loops, not with the queries of the store, which are on trial.
 */
#ifndef TESTS_TORTURE_REFERENCE_H
#define TESTS_TORTURE_REFERENCE_H

#include <sqlite3.h>

#include "daemon/store_state.h"

struct reference_segment {
	uint64_t *row;		/* digest of each, from row 1 */
	int64_t rows;
};

struct reference_statement {
	int64_t seq;
	struct statement st;
};

struct reference_notice {
	int64_t seq, delivered_seq;	/* INT64_MAX: never */
	char key[EVENT_ID_TEXT], channel[CHANNEL_MAX];
};

struct reference_alarm {
	int64_t seq;
	char event[EVENT_ID_TEXT], session[SESSION_ID_MAX];
	bool open;
	int64_t notice_seq;	/* of the last notice of this change; 0: none */
};

struct reference {
	uint64_t *row;		/* digest of each seq; 0: no such record */
	int64_t last_seq;
	struct reference_segment *segment;
	size_t segments_n;
	struct reference_statement *statement;
	size_t statements_n;
	struct reference_notice *notice;
	size_t notices_n;
	struct reference_alarm *alarm;
	size_t alarms_n;
};

/* How far a log goes. */
struct extent {
	int64_t seq;		/* of the last record */
	int64_t readings;
};

/* Reads a whole log; fails the test where it cannot. */
void reference_read(struct reference *r, const char *dir);
void reference_free(struct reference *r);

/* Opens DIR/log.db; the caller closes it.  NULL where it cannot be. */
sqlite3 *reference_open(const char *dir);

/* How far a log goes; all zeros where it has no tables yet. */
struct extent reference_extent(sqlite3 *db);

/* Whether its records with seq below that are the reference's, none missing,
 * and its readings too.  NULL if so, else a sentence until the next call. */
const char *reference_compare(const struct reference *r, sqlite3 *db,
    int64_t below);

/* Whether just that follows from the records with seq below that. */
const char *reference_resumes(const struct reference *r,
    const struct store_restored *was, int64_t below);

/* The seq of the statement with that id, of the n-th pause of alarms (from 1),
 * of the first statement that acknowledges an event; -1: no such. */
int64_t reference_find_statement(const struct reference *r, const char *id);
int64_t reference_find_pause(const struct reference *r, int n);
int64_t reference_find_ack(const struct reference *r, const char *event);

#endif
