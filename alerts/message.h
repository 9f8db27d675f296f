/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An alarm change in words: a sentence for people, and the JSON body of a
 * notice (schemas/notice.schema.json) in the caller's buffer.
 *
 * Easy to get wrong: no name, no subject code, no free text of a person ever
 * goes into a notice (clinical.md section 5.4).
 */
#ifndef ALERTS_MESSAGE_H
#define ALERTS_MESSAGE_H

#include "schemas/record.h"

#define MESSAGE_TEXT_MAX 256	/* with the NUL */
#define MESSAGE_LABEL_MAX 48	/* of a bed's neutral label, with the NUL */

/* "[HIGH] CHAIR3 SpO2 86 % (<88) 14 s, infusion +32 min" ; returns its length;
 * what does not fit is left out by whole words, so no number is cut.  cap must
 * be at least MESSAGE_TEXT_MAX. */
size_t message_text(const struct alarm_change *c, int64_t t_ms, char *out,
    size_t cap);

/* The notice about a change: event id, key, sequence, bed, priority, phase,
 * state, text, value, unit, limit, ages, infusion clock, wall time.  'label'
 * is the bed's neutral label, "" for the box itself; MESSAGE_LABEL_MAX at the
 * most, the rest is left out.  Who acknowledged is not in it.  Returns the
 * length, 0 if cap (at least NOTICE_BODY_MAX always suffices) is too small. */
size_t message_notice(const struct alarm_change *c, const struct now *now,
    const char *label, struct event_id key, char *out, size_t cap);

/* The heartbeat, by which a receiver notices that vitalsd fell silent. */
size_t message_heartbeat(const struct now *now, struct event_id key,
    enum priority worst, size_t beds_in_session, char *out, size_t cap);

#endif
