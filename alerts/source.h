/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which port feeds which subject, how fresh it is, how long it has been there
 * or missing; and the suggestion for the baseline.
 *
 * Easy to get wrong: a good value of a later port beats a questionable one of
 * an earlier port.
 */
#ifndef ALERTS_SOURCE_H
#define ALERTS_SOURCE_H

#include "alerts/board_state.h"

/* -1: not a level that feeds a rule; the same for a cuff's part. */
int source_level(enum vital v);
int source_cuff_part(enum vital v);

/* When a reading that comes now was measured.  An age below zero counts as
 * none, one of more than a year as a year. */
int64_t source_measured_ms(const struct board *b, const struct reading *r);

/* Takes a reading of a level that came at now_ms. */
void source_reading(struct board *b, struct port_state *p,
    const struct reading *r);

/* Forgets what belongs to the session before. */
void source_open(struct board *b);

/* Chooses again as of now_ms. */
void source_update(struct board *b);
int64_t source_next(const struct board *b);

/* Whether a port's level has a value that is fresh as of now_ms. */
bool source_is_fresh(const struct board *b, const struct port_state *p,
    enum level l);

static inline bool
source_has_value(const struct subject_state *s)
{
	return s->port >= 0;
}

/* For how long a subject may be without a value (T2, T3). */
int32_t source_patience_ms(const struct board *b, enum subject s);

/* Of the value it has, or had last: the heart rate's is HR or PR. */
enum vital source_vital(const struct subject_state *s);

/* How long a subject has had values in this session. */
int64_t source_valid_ms(const struct board *b, const struct subject_state *s);

/* The median of the good samples since from_ms; false if there is none. */
bool source_median(const struct subject_state *s, int64_t from_ms,
    int32_t *out) MUST_CHECK;

#endif
