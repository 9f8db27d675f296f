/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When vitalsd was not running in the time of a session: a part of
 * review/log.c, which hands over what it is reading.
 *
 * Easy to get wrong: a session that was entered late, or whose start was
 * corrected, has no record of what befell before it was entered; so this is
 * asked of the time, whatever session was open then.
 */
#ifndef REVIEW_LOG_GAP_H
#define REVIEW_LOG_GAP_H

#include "review/log_reading.h"

/* Its begin and end are known.  0 or negative errno with a sentence. */
int log_read_gaps(struct log_reader *y) MUST_CHECK;

#endif
