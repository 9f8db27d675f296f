/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How much of a session each vital was really watched, and why not: the
 * question that a physician asks of any log before believing it.
 *
 * Easy to get wrong: a level counts as watched from a reading with a value
 * until that value is too old, not until the next one comes, or until its own
 * monitor takes it back; never while vitalsd itself was not running.  Cuff
 * values are events: for them the longest wait between two measurements counts.
 */
#ifndef REVIEW_COVERAGE_H
#define REVIEW_COVERAGE_H

#include "review/log.h"

/* Why there was no value. */
enum absence {
	ABSENCE_NOT_RUNNING,	/* vitalsd itself was not running */
	ABSENCE_NO_DATA,	/* the monitor was silent or unplugged */
	ABSENCE_SENSOR,		/* no probe, or not on the patient */
	ABSENCE_SIGNAL,		/* searching, artefact, out of range */
	ABSENCE_OFF,		/* not measured, or nothing said */
	ABSENCE_REMOVED,	/* there were readings; retention removed
				 * them */
};
#define ABSENCES 6
extern const char *const absence_text[ABSENCES];	/* "probe off" */

/* What is covered together: heart_rate is hr, else pr. */
enum covered {
	COVERED_HEART_RATE, COVERED_SPO2, COVERED_RR, COVERED_NIBP,
};
#define COVEREDS 4
extern const char *const covered_label[COVEREDS];

struct coverage {
	bool told;		/* any monitor spoke of it, with a value or
				 * without */
	bool seen;		/* at least one reading with a value */
	int64_t watched_ms;	/* of the session */
	int64_t absent_ms[ABSENCES];
	size_t gaps_n;		/* stretches without a value over 10 s, but
				 * not those that are no more known */
	int64_t longest_gap_ms;	/* the longest without a value */
	/* NIBP only. */
	size_t measurements;
	int64_t longest_wait_ms;	/* between two, or to either end */
};

/* Works out all of them for [from_ms, to_ms) of the session.  For each but the
 * cuff, watched_ms and absent_ms add up to its length. */
void coverage_find(const struct log_session *s, int64_t from_ms,
    int64_t to_ms, struct coverage out[COVEREDS]);

#endif
