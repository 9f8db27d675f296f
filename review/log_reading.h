/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The readings of a session, from the segments that they lie in: a part of
 * review/log.c, which hands over what it is reading.
 *
 * Easy to get wrong: a span holds the readings of all beds and may reach beyond
 * the session; a segment may have been removed.
 */
#ifndef REVIEW_LOG_READING_H
#define REVIEW_LOG_READING_H

#include "review/log_axis.h"
#include "review/log_session.h"

/* A session that is being read. */
struct log_reader {
	struct log_query q;
	struct log_session *s;
	struct log_axis axis;
	int64_t first_seq, last_seq;	/* of the session's statements */
};

/* Those of its bed.  0 or negative errno with a sentence. */
int log_read_ports(struct log_reader *y) MUST_CHECK;

/* Its readings in order, and what was removed of them.  Its ports are there. */
int log_read_readings(struct log_reader *y) MUST_CHECK;

#endif
