/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where things meet: frames of every port, what people state, and time go in;
 * readings, records and alarm changes come out through a sink.  Pure, so that
 * the daemon, `vitalsctl replay` and the tests drive the same code: live,
 * accelerated, or from a recording.
 *
 * Easy to get wrong: one bed has one hub_bed and at most one open session;
 * the sinks are called from inside the hub's functions and must not call back
 * into it.
 */
#ifndef DAEMON_HUB_H
#define DAEMON_HUB_H

#include "daemon/hub_state.h"

/* What the caller says of each bed and port. */
struct hub_bed_config {
	const char *id, *label;
};
struct hub_port_config {
	const char *name;
	size_t bed;
	const struct driver *driver;
	bool same_limb;
	uint32_t silent_after_ms;	/* 0: the driver's */
};

/* Takes the caller's arrays (hub_state.h says which; they must already be
 * there).  start_id is this process start's random id. */
void hub_init(struct hub *h, const struct now *now, uint64_t start_id,
    const struct limit_set *site, const struct hub_bed_config *beds,
    const struct hub_port_config *ports, const struct hub_sink *sink);

/* A session goes on after a restart.  open[] are the alarm events that had not
 * ended; they end with "vitalsd restarted" and, if their condition still
 * holds, are raised afresh, unless they latch (see board_adopt). */
void hub_restore(struct hub *h, const struct now *now, size_t bed,
    const struct session *s, const struct limit_set *limits,
    const bool armed[LADDERS], const struct baseline *baseline,
    const struct alarm_change *open, size_t open_n);

/* A session that had ended before a restart: it may still be corrected, and no
 * other may reach into it.  Of one bed the oldest first. */
void hub_restore_ended(struct hub *h, size_t bed, const struct session *s);

/* An event of no session that was open when vitalsd ended: it ends with
 * "vitalsd was restarted" after what it was; what still holds is raised afresh.
 * Before hub_restore(). */
void hub_end_stray(struct hub *h, const struct now *now,
    const struct alarm_change *open);

/* The bed's index, or -1. */
int hub_find_bed(const struct hub *h, const char *id) MUST_CHECK;
int hub_find_port(const struct hub *h, const char *name) MUST_CHECK;

/* A frame was found on a port, at d->t_ms. */
void hub_frame(struct hub *h, const struct now *now, size_t port,
    const struct decoded *d);

/* With which other port a LINE_SHARED is shared; before hub_link() says it. */
void hub_shares(struct hub *h, size_t port, size_t other);

/* The line of a port was opened, cannot be, is gone, or leads to another
 * device. */
void hub_link(struct hub *h, const struct now *now, size_t port,
    enum line_state line, const char *why);

/* Time has come to hub_next_ms(). */
void hub_tick(struct hub *h, const struct now *now);
int64_t hub_next_ms(const struct hub *h);

/* What a person states about a session: transitions, MARK, SUBJECT.  The
 * caller fills in kind, at_ms, at_wall_ms, user, by, subject, text and, for a
 * start, the new session's id; the hub fills in the rest and records it. */
enum refusal hub_state(struct hub *h, const struct now *now, size_t bed,
    struct statement *st) MUST_CHECK;

/* A step of the bed's open or last session, as it was stated or corrected. */
bool hub_step(const struct hub *h, size_t bed, struct event_id statement,
    struct session_step *out) MUST_CHECK;

/* A correction: st->amends, st->withdrawn or st->at_ms, st->text (reason).  Of
 * the open session, or of the one that ended last on this bed, if that was
 * since vitalsd started or within the day before: what was noticed too late is
 * corrected too, and sealed anew. */
enum refusal hub_amend(struct hub *h, const struct now *now, size_t bed,
    struct statement *st) MUST_CHECK;

/* What REFUSAL_OVERLAP was about: the session into which a start reaches, or a
 * correction of 'amends' ({ 0, 0 } for none). */
struct hub_past hub_reached(const struct hub *h, size_t bed,
    struct event_id amends);

/* The baseline is confirmed; st->text holds it as JSON. */
enum refusal hub_baseline(struct hub *h, const struct now *now, size_t bed,
    struct statement *st, const struct baseline *v) MUST_CHECK;

/* One limit of this session is changed; st->text says from what to what. */
enum refusal hub_limit(struct hub *h, const struct now *now, size_t bed,
    struct statement *st, enum tier tier, const struct limit *limit)
    MUST_CHECK;

/* Acknowledges an open event of any bed or of the box. */
bool hub_ack(struct hub *h, const struct now *now, struct event_id event,
    struct statement *st) MUST_CHECK;

/* Pauses a bed's pausable alarms; returns when that ends. */
int64_t hub_pause(struct hub *h, const struct now *now, size_t bed,
    int64_t for_ms, struct statement *st);

/* A technical condition of the box; see box_set(). */
void hub_box(struct hub *h, const struct now *now, enum box_condition c,
    const char *subject, bool holds, const char *why);

/* The machine notes something; event fields as in schemas/record.h. */
void hub_event(struct hub *h, const struct now *now, const struct event *e);

/* The site's limits changed (a reload): idle beds take them now, beds in a
 * session at its end. */
void hub_site_limits(struct hub *h, const struct limit_set *site);

/* The bed's neutral label changed (a reload): notices and screens take it. */
void hub_label(struct hub *h, size_t bed, const char *label);

/* The worst open priority, and how many beds have a session. */
enum priority hub_worst(const struct hub *h);
size_t hub_sessions(const struct hub *h);

/* Open alarms of a bed, with every field; HUB_BED_ALARMS are all that there can
 * be.  Those of the box: box_view(). */
#define HUB_BED_ALARMS SLOTS
size_t hub_alarms(const struct hub *h, size_t bed, struct alarm_change *out,
    size_t cap);

/* The bed's session as a whole; its id is "" while the bed is idle. */
void hub_session(const struct hub *h, size_t bed, struct session *out);

/* The stamp of a moment on that bed. */
struct session_stamp hub_stamp(const struct hub *h, size_t bed, int64_t t_ms);

#endif
