/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Seals the sessions that have ended, in slices between the batches.
 *
 * Easy to get wrong: a correction of a sealed session asks for another seal;
 * the last one counts.
 */
#ifndef DAEMON_STORE_SEAL_H
#define DAEMON_STORE_SEAL_H

#include "daemon/seal.h"
#include "daemon/store_db.h"

struct store_seal {
	struct seal *job;
	char session[SESSION_ID_MAX];
	int64_t below;
};

/* Does a slice of work outside any transaction; 1: there is more to do now, 0:
 * every session that has ended is sealed, else negative errno. */
int store_seal_step(struct store_seal *w, struct store_db *d,
    const struct now *now) MUST_CHECK;

/* Forgets what was begun: the connection goes away. */
void store_seal_stop(struct store_seal *w);

#endif
