/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Taking up what the log says was going on before this start: open sessions
 * with their gap, limits, baseline and alarms, those that ended in the day
 * before, and notices not delivered; and the numbering of session ids.
 *
 * Easy to get wrong: a session is resumed even when its bed's monitors differ
 * now, and a bed that is no longer configured is an error for people to see,
 * not a reason to close its session.
 */
#ifndef DAEMON_RESUME_H
#define DAEMON_RESUME_H

#include "daemon/hub.h"
#include "daemon/outbox.h"
#include "daemon/store.h"

struct resume {
	struct store_restored *restored;
	char (*id)[SESSION_ID_MAX];	/* given out since this start */
	size_t id_n;
};

/* Reads the kernel's boot id.  0 or negative errno. */
int resume_boot_id(char out[40]) MUST_CHECK;

/* Puts the restored sessions and notices back, records gaps and bridges. */
void resume_sessions(struct resume *r, struct hub *h, struct outbox *o,
    const struct now *now);

/* The next free id for a session on that bed that begins at wall_ms. */
void resume_next_id(const struct resume *r, const struct store *s,
    const char *bed, int64_t wall_ms, char out[SESSION_ID_MAX]);

/* That id is taken now. */
void resume_took_id(struct resume *r, const char *id);

void resume_free(struct resume *r);

#endif
