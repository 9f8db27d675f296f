/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What happens to sessions and alarms, as lines in the journal.
 *
 * Easy to get wrong: the sentence of a physiological alarm holds a value of the
 * patient, which is nobody's business here; the log has it.
 */
#ifndef DAEMON_TELL_H
#define DAEMON_TELL_H

#include "schemas/record.h"

/* An alarm changed: at the level of its priority, as
 * "alarm start: high priority, spo2-low, bed CHAIR3, session ...". */
void tell_alarm(const struct alarm_change *c);

/* A record was made: only what changes a session's phase is told, and never
 * who entered it or what was said. */
void tell_record(const struct record *r);

#endif
