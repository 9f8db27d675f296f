/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What every part of the hub ends with: records, alarm changes and "changed"
 * leave through the sink, and the next deadline is kept.  For hub.c and
 * hub_statement.c only.
 *
 * Easy to get wrong: whatever leaves here is stamped with h->now, so an entry
 * point sets that first.
 */
#ifndef DAEMON_HUB_OUT_H
#define DAEMON_HUB_OUT_H

#include "daemon/hub_state.h"

/* Cuts off what does not fit; always ends with a NUL (cap > 0). */
void hub_copy_text(char *out, size_t cap, const char *from);

bool hub_in_session(const struct hub_bed *b);

/* A bed's open or last ended session: out of the hub's memory, and into it. */
enum hub_which { HUB_OPEN = 0, HUB_ENDED = 1 };
void hub_load_session(const struct hub *h, size_t bed, enum hub_which which,
    struct session *out);
void hub_keep_session(struct hub *h, size_t bed, enum hub_which which,
    const struct session *s);

/* The stamp of a moment on that bed. */
struct session_stamp hub_stamp_at(const struct hub *h, size_t bed,
    int64_t t_ms);

/* When a port that is heard now counts as silent, if nothing comes; HUB_NEVER
 * if it is not heard. */
int64_t hub_port_silent_ms(const struct hub_port *p);

/* When a bed next needs hub_tick(): for its alarms, or for a monitor that is
 * about to count as silent. */
int64_t hub_bed_next_ms(const struct hub *h, size_t bed);

/* After anything that concerned one bed, so that h->next_ms[] is right
 * again. */
void hub_settle(struct hub *h, size_t bed);

void hub_tell_changed(struct hub *h, size_t bed);

void hub_emit_record(struct hub *h, const struct record *r, bool urgent);

/* Fills in what only the hub knows, logs the change of t_ms, then hands it
 * out.  b is NULL where it is the box's and concerns no bed. */
void hub_emit_alarm(struct hub *h, const struct hub_bed *b, int64_t t_ms,
    const struct alarm_change *c);

/* The machine notes something about a bed; port is "" if about no port. */
void hub_emit_event(struct hub_bed *b, enum event_kind kind, const char *port,
    const char *text);

#endif
