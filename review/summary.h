/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a physician wants to see of a session: its phases, each vital by phase,
 * its extremes against the infusion clock, its cuff measurements, and each
 * alarm from raised to acknowledged.
 *
 * Easy to get wrong: phases come from the statements as corrected, so the same
 * reading may lie in another phase today than when it was stored.
 */
#ifndef REVIEW_SUMMARY_H
#define REVIEW_SUMMARY_H

#include "review/log.h"

/* The phases that are summarised: baseline, infusion (pauses included),
 * recovery. */
enum part { PART_BASELINE, PART_INFUSION, PART_RECOVERY };
#define PARTS 3
extern const char *const part_name[PARTS];

/* Which part a moment lies in; -1 for none. */
int part_at(const struct log_session *s, int64_t x_ms);

struct vital_part {
	size_t n;			/* readings with a value */
	int32_t least, median, most;	/* 10^-decimals */
	int64_t least_ms, most_ms;	/* when, on the axis */
};

/* One vital of one port. */
struct vital_summary {
	uint16_t port;
	enum vital vital;
	struct vital_part part[PARTS];
	size_t without;			/* readings without a value */
	bool demo;
};

struct cuff {
	int64_t x_ms;			/* when it was told */
	int64_t measured_ms;		/* when it was measured */
	uint16_t port;
	bool has_sys, has_dia, has_map;
	bool doubtful;			/* any of them is questionable */
	bool demo;
	int32_t sys, dia, map;
};

/* One alarm event, from its first change to its last. */
struct alarm_story {
	const struct log_change *first, *last;
	const struct log_change *worst;	/* that raised it to its highest */
	const struct log_change *acknowledged;	/* the first time at its worst;
						 * NULL: nobody did */
	const struct log_change *seen_before;	/* acknowledged while it was
						 * less; NULL: not */
	int64_t raised_ms, ended_ms;		/* ended -1: still open */
	int64_t delivered_ms;	/* of the first notice that arrived, since
				 * raised; -1: none */
	uint32_t notices, deliveries;
	bool worst_lost;	/* notices were made of its worst, none of
				 * them arrived */
	bool paused;		/* raised or raised further in an alarm pause */
	bool confirmed;		/* at some time; true where none is needed */
	bool demo;
};

/* A stretch in one phase, between two transitions. */
struct stretch {
	enum phase phase;
	int64_t from_ms, to_ms;
};

struct summary {
	struct stretch *stretches;
	size_t stretches_n;
	struct vital_summary *vitals;
	size_t vitals_n;
	struct cuff *cuffs;
	size_t cuffs_n;
	struct alarm_story *alarms;
	size_t alarms_n;
	int64_t infusion_start_ms, infusion_stop_ms;	/* INT64_MIN: none */
};

/* Works it out; points into s.  0 or -ENOMEM. */
int summary_make(const struct log_session *s, struct summary *out) MUST_CHECK;
void summary_free(struct summary *s);

#endif
