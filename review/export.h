/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A session for other programs: its readings as CSV (RFC 4180), or all of it as
 * JSON, one object a line (schemas/export.schema.json).
 *
 * Easy to get wrong: phase and infusion clock are those of the statements as
 * corrected; an alarm's own stamp stays as it was raised.  Times are UTC, the
 * wall clock of the session's begin plus what passed since.
 */
#ifndef REVIEW_EXPORT_H
#define REVIEW_EXPORT_H

#include <stdio.h>

#include "review/log.h"

/* 0 or negative errno of the first write that failed (-ENOMEM likewise), after
 * which nothing more is written.  Flushes 'out'. */
int export_csv(const struct log_session *s, FILE *out) MUST_CHECK;
int export_json(const struct log_session *s, FILE *out) MUST_CHECK;

#endif
