/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The values in a GE DRI record, for drivers/ge_dri.c, which unwraps them.
 *
 * Easy to get wrong: the caller has made sure that GE_PHDB_BYTES lie at 'at'
 * within the record, and that they are displayed values of the basic class.
 */
#ifndef DRIVERS_GE_PHDB_H
#define DRIVERS_GE_PHDB_H

#include "drivers/cuff.h"
#include "drivers/driver.h"
#include "drivers/wire.h"

#define GE_PHDB_BYTES 278

/* What is remembered from record to record; begins all zero. */
struct ge_phdb {
	uint8_t seen;		/* modules that were there once */
	struct cuff_watch cuff;
};

void ge_phdb_decode(struct ge_phdb *s, int64_t t_ms, const struct wire *r,
    size_t at, struct readings *out);

#endif
