/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A recording through driver, hub and alarms, without a daemon: what would
 * have been read, and what would have been raised, with these limits.
 *
 * Easy to get wrong: time is the recording's own.  A session is opened at its
 * first byte, so that alarms are judged; readings and alarms are what a bed
 * with this one monitor would have given.
 */
#ifndef REVIEW_REPLAY_H
#define REVIEW_REPLAY_H

#include "daemon/hub.h"
#include "review/track.h"

struct replay_options {
	const struct driver *driver;
	const struct limit_set *limits;
	int64_t infusion_start_ms;	/* since the first byte; -1: never */
	int64_t infusion_stop_ms;
};

/* Called as the recording goes along; any may be NULL.  ms counts from its
 * first byte. */
struct replay_sink {
	void *arg;
	void (*reading)(void *arg, int64_t ms, const struct reading *r);
	void (*alarm)(void *arg, int64_t ms, const struct alarm_change *c);
	/* Before bytes of that moment are fed: a place to wait. */
	void (*pace)(void *arg, int64_t ms);
};

struct replay_vital {
	uint64_t quality[QUALITIES];	/* readings of each quality */
	int32_t least, most;		/* of those with a value */
};

struct replay_result {
	struct stream_counters count;
	struct replay_vital vital[VITALS];
	uint64_t alarms[PRIORITIES];	/* events, by highest priority reached */
	int64_t length_ms;
};

/* Runs it.  0 or negative errno: -ENOMEM; -EINVAL where the infusion times
 * make no sense for a session that begins with the recording. */
int replay_run(const struct track *t, const struct replay_options *o,
    const struct replay_sink *sink, struct replay_result *out) MUST_CHECK;

#endif
