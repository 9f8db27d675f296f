/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a tier looks at, and how it stands to the tier's limits at this moment.
 *
 * Easy to get wrong: values and limits are in shown units, and a relative
 * tier's limits are those of this patient's confirmed baseline.
 */
#ifndef ALERTS_SIGHT_H
#define ALERTS_SIGHT_H

#include "alerts/board_state.h"

struct sight {
	bool has;		/* the rest but 'vital' is meaningless if not */
	bool demo;
	enum vital vital;	/* the heart rate's is HR or PR */
	enum quality quality;
	int32_t value;
	int64_t measured_ms;
};

/* A level as it feeds its rules now; a cuff's part as last measured. */
struct sight sight_of(const struct board *b, enum subject s);

/* The limits of a tier as they apply now; false, and nothing set, if the tier
 * does not apply: it is off, another phase's, or lacks a baseline. */
bool sight_limits(const struct board *b, int tier, int32_t *limit,
    int32_t *clear) MUST_CHECK;

enum stand sight_stand(const struct board *b, int tier);

#endif
