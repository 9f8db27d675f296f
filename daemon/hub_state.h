/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the hub keeps of every bed and port, and the sink that it speaks to.
 * Use daemon/hub.h.  Anybody may read these fields; only the hub's own files
 * write them, except for the memory that hub_init() is given and for 'ids',
 * which the outbox shares.
 *
 * Easy to get wrong: a bed that is idle has a session too, with an empty id;
 * ask the id before anything else of it.
 */
#ifndef DAEMON_HUB_STATE_H
#define DAEMON_HUB_STATE_H

#include "alerts/board.h"
#include "alerts/box.h"
#include "daemon/session.h"
#include "drivers/stream.h"
#include "schemas/record.h"

#define HUB_NEVER BOARD_NEVER

struct hub_sink {
	void *arg;
	/* To be logged.  Called for every reading, session or not. */
	void (*reading)(void *arg, const struct now *now, size_t port,
	    const struct reading *r);
	/* To be logged; at once if urgent. */
	void (*record)(void *arg, const struct now *now,
	    const struct record *r, bool urgent);
	/* An alarm changed: to be handed out as notices, after it was passed
	 * to record().  'label' is the bed's neutral label ("" for the box). */
	void (*alarm)(void *arg, const struct now *now,
	    const struct alarm_change *c, const char *label);
	/* Something that a screen shows has changed on this bed. */
	void (*changed)(void *arg, size_t bed);
};

/* The latest reading of one series. */
struct hub_value {
	bool seen;
	struct reading reading;
	int64_t t_ms;
};

/* Its latest values: hub_value_of(). */
struct hub_port {
	char name[PORT_NAME_MAX];
	size_t bed;
	size_t slot;			/* among the bed's ports */
	const struct driver *driver;
	int64_t silent_after_ms;
	bool open;
	bool silent;			/* told so by LINK_DOWN */
	uint32_t relay;			/* its place in hub.relay, from 1; 0:
					 * its driver relays no alarms */
	int64_t frame_ms;		/* last sound frame; STREAM_NEVER */
	int64_t open_ms;		/* open or lost since */
};

#define HUB_FLIPS_MS 60000

/* Changes of a subject's source, of which only so many become records. */
struct hub_flips {
	int64_t from_ms;	/* of the minute in which they are counted */
	uint32_t n, untold;
	int port;		/* the last of those that were not told; -1 */
};

/* What one monitor alarms of itself, by its own words (hub_relay.c). */
struct hub_relay {
	struct monitor_alarms now;	/* the worst first; told: it is known */
	int64_t since_ms[MONITOR_ALARMS_MAX];	/* heard first, of each */
	const char *why;		/* it is not known any more */
	struct monitor_alarms logged;	/* the list as the log has it */
	int64_t from_ms;	/* of the minute in which records are counted */
	uint32_t records, untold;
};

/* What must be known of a session that no other may reach into. */
struct hub_past {
	char id[SESSION_ID_MAX];	/* "": there is none */
	int64_t end_ms;
};

struct hub_bed {
	char id[BED_MAX];
	char label[BED_MAX];
	uint16_t port[BOARD_PORTS];
	uint16_t ports_n;
	struct session_head session;	/* its id is "" when idle; whole:
					 * hub_session() */
	struct hub_past before;		/* hub.ended */
	struct baseline baseline;
	bool baseline_confirmed;
	struct hub_flips flips[SUBJECTS];
	struct board board;		/* its limits are the session's; the
					 * site's when idle */
	struct hub *hub;		/* the board's way back */
};

struct hub {
	struct hub_bed *bed;	/* beds_n of them, the caller's memory */
	size_t beds_n;
	/* The session that ended last and may still be corrected; id "" if none.
	 * beds_n, likewise; all zero at first. */
	struct session_head *ended;
	/* What they consist of: HUB_STEPS(beds_n), likewise.  Step i of all
	 * beds, then step i + 1 of all, so that the many that no session ever
	 * makes lie in pages that are never touched. */
	struct session_step *step;
	/* Limits of a session that are not the site's (any more): beds_n,
	 * likewise. */
	struct limit_set *limits;
	char (*by)[SLOTS][BY_MAX];	/* beds_n, likewise */
	struct hub_port *port;	/* ports_n of them, the caller's memory */
	struct port_state *board_port;	/* ports_n, likewise */
	/* SUBJECT_LEVELS * beds_n, likewise: one subject of all beds, then the
	 * next, since many monitors give no respiration. */
	uint8_t (*sample)[SAMPLES];
	/* VITALS * ports_n, likewise, all zero at first: one vital of all
	 * ports, then the next, since hardly a port has more than a few. */
	struct hub_value *value;
	size_t ports_n;
	struct hub_relay *relay;	/* relays_n, likewise; all zero at first:
					 * one a port whose driver relays
					 * alarms, else these are not kept */
	size_t relays_n;
	/* The beds' deadlines, 2 * beds_n of them, the caller's memory: a tree
	 * whose leaves are [beds_n + bed] and whose node [i] is the lesser of
	 * [2 * i] and [2 * i + 1]; so [1] is the least of all. */
	int64_t *next_ms;
	struct box_slot *box_slot;	/* box_slots_n, the caller's memory */
	size_t box_slots_n;
	struct box box;
	const struct limit_set *site;	/* one of site_room[] */
	struct limit_set site_room[2];
	struct id_source ids;
	struct hub_sink sink;
	struct now now;		/* of the call that is being handled */
};

/* What is touched of a bed and of a port while it runs; docs/performance.md
 * says what they cost in all.  Whoever lets one grow does so for a thousand. */
_Static_assert(sizeof(struct hub_bed) <= 2176, "a bed grows");
_Static_assert(sizeof(struct hub_port) + sizeof(struct port_state) <= 384,
    "a port grows");

/* Steps of the open and of the ended session of so many beds. */
#define HUB_STEPS(beds_n) (2 * SESSION_STATEMENTS_MAX * (size_t)(beds_n))

/* The latest value of a port's vital. */
static inline struct hub_value *
hub_value_of(const struct hub *h, size_t port, enum vital v)
{
	return &h->value[(size_t)v * h->ports_n + port];
}

#endif
