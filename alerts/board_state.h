/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a board keeps.  Use alerts/board.h: the fields belong to source.c,
 * ladder.c, technical.c and board.c, which share them.
 *
 * Easy to get wrong: everything is judged as of now_ms.  No field may change
 * by time alone unless a *_next() function names that moment: board_next_ms()
 * is their minimum, and the tests hold it to be exact.
 */
#ifndef ALERTS_BOARD_STATE_H
#define ALERTS_BOARD_STATE_H

#include "alerts/alarm.h"
#include "alerts/rule.h"
#include "schemas/record.h"

#define BOARD_PORTS 4		/* monitors of one bed at the most */
#define BOARD_NEVER MOMENT_NEVER

struct board_sink {
	void *arg;
	/* The fields bed, session, session_phase and infusion_ms are filled in
	 * by the receiver (the hub), which knows them. */
	void (*alarm)(void *arg, int64_t t_ms, const struct alarm_change *c);
	/* A rule's subject is now fed by another port (-1: none). */
	void (*source)(void *arg, int64_t t_ms, enum subject s, int port);
	/* A ladder is armed from now on. */
	void (*armed)(void *arg, int64_t t_ms, enum ladder l);
};

/* The values that a clinician confirmed as this patient's own. */
struct baseline {
	bool has[SUBJECTS];
	int32_t value[SUBJECTS];	/* shown units */
};

/* 'name' must outlive the board; their order is the order of preference.
 * The T1 deadline of a port is the larger of the limit set's no_data_ms and
 * silent_after_ms. */
struct board_port {
	const char *name;
	int32_t silent_after_ms;
	bool same_limb;		/* the oximeter sits on the cuff's arm (T2) */
};

/* The levels that feed a rule, as each port sends them. */
enum level { LEVEL_HR, LEVEL_PR, LEVEL_SPO2, LEVEL_RR } PACKED;
#define LEVELS 4

struct board_level {
	bool seen;		/* the rest is meaningless before */
	enum quality quality;	/* as judged by the plausibility gate */
	uint8_t flags;
	int32_t value;		/* as read */
	int64_t measured_ms;
};

/* T5 looks at the last six whole slices of 10 s; the first is the present. */
#define SLICES 7
#define SLICE_MS 10000

/* The alarms that each port has of its own. */
enum port_alarm { PORT_NO_DATA, PORT_DAMAGED, PORT_FROZEN };	/* T1, T5, T6 */
#define PORT_ALARMS 3

struct port_state {
	struct board_port is;
	enum line_state line;
	const char *shares;	/* LINE_SHARED: with this port; the caller's */
	bool reworded;		/* T1: told that the line came or went, */
	bool told_other;	/* and that another device is there */
	bool other;		/* one was, and nothing sound came since */
	bool demo;		/* its last reading was marked as such */
	int64_t good_ms;	/* the last sound frame */
	uint32_t fed;		/* bit per subject: gave it a value in this
				 * session */
	struct board_level level[LEVELS];
	int64_t same_ms;	/* T6: no number has changed since */
	int64_t slice_ms;	/* T5: start of the present slice */
	uint32_t good_n[SLICES], bad_n[SLICES];
	struct alarm alarm[PORT_ALARMS];
};

/* The good values of the last 5 minutes, one a second, for the suggestion of a
 * baseline.  Each second has its place in a ring, so that no time need be
 * kept with a value; and a value is a byte, since a level beyond 250 in shown
 * units is never GOOD (vital_info; a test holds it to that). */
#define SAMPLES 300
#define SAMPLE_MS 1000
#define SAMPLE_NONE UINT8_MAX

/* A subject that is a level. */
struct subject_state {
	int port;		/* that feeds it; -1: none */
	enum level level;	/* which of its vitals */
	enum quality quality;
	uint8_t flags;
	int32_t value;		/* in shown units */
	int64_t measured_ms;
	bool seen;		/* had a value in this session */
	bool same_limb;		/* the oximeter that fed it last is on the
				 * cuff's arm */
	int64_t missing_ms;	/* without a value since; NEVER: it has one */
	int64_t waiting_ms;	/* the same, for T2: not while T1 explains it */
	int64_t valid_from_ms;	/* with a value since; NEVER: it has none */
	int64_t valid_ms;	/* and so long altogether before that */
	int64_t sample_s;	/* the ring's last second; -1: it is empty */
	uint8_t *sample;	/* SAMPLES, by second % SAMPLES, in shown units;
				 * the caller's */
};

#define CUFF_PARTS 3		/* sys, dia, map: subject - SUBJECT_LEVELS */

struct measurement {
	bool has[CUFF_PARTS];	/* there was a reading of it */
	enum quality quality[CUFF_PARTS];
	int32_t value[CUFF_PARTS];	/* in shown units */
	bool demo;
	int port;
	int64_t t_ms;		/* when it came */
	int64_t measured_ms;	/* when it was made */
};

/* All alarms that a bed can have, in the order in which they are told where
 * several change for one reason; board_alarm() says where they are. */
enum slot {
	SLOT_LADDER = 0,
	SLOT_NO_DATA = SLOT_LADDER + LADDERS,		/* T1, by port */
	SLOT_NO_VALUE = SLOT_NO_DATA + BOARD_PORTS,	/* T2, T3, by subject */
	SLOT_NIBP_OVERDUE = SLOT_NO_VALUE + SUBJECT_LEVELS,	/* T4 */
	SLOT_DAMAGED,						/* T5 */
	SLOT_FROZEN = SLOT_DAMAGED + BOARD_PORTS,		/* T6 */
	SLOT_IDLE_VITALS = SLOT_FROZEN + BOARD_PORTS,
	SLOTS
};
#define SLOTS_OF_PORTS (PORT_ALARMS * BOARD_PORTS)

struct board {
	struct board_sink sink;
	struct id_source *ids;
	const struct limit_set *limits;	/* the caller's */
	struct baseline baseline;

	int64_t now_ms;
	enum phase phase;
	bool in_session;
	int64_t opened_ms;	/* or taken up again after a restart */
	int64_t begin_ms;	/* of the session: a cuff result of before is not
				 * of this patient */
	bool pausing;
	int64_t pause_from_ms, pause_until_ms;

	size_t ports_n;
	struct port_state *port;	/* ports_n; the caller's, as 'by' */
	struct subject_state subject[SUBJECT_LEVELS];

	bool cuff_arriving;	/* 'arriving' is not judged yet */
	bool cuff_seen;		/* 'cuff' is of this session */
	bool cuff_baseline_seen;
	struct measurement arriving, cuff, cuff_baseline;
	int cuff_port[CUFF_PARTS];	/* of the last value; -1: none yet */

	bool armed[LADDERS];
	struct gauge gauge[TIERS];
	int64_t idle_vitals_ms;	/* vitals without a session since; NEVER */
	struct alarm alarm[SLOTS - SLOTS_OF_PORTS];	/* board_alarm() */
	char (*by)[BY_MAX];		/* SLOTS: who acknowledged */
};

/* The caller's memory for one board: what is of its ports, and what is seldom
 * touched, so that many boards take few pages. */
struct board_room {
	struct port_state *port;	/* ports_n of them */
	char (*by)[BY_MAX];		/* SLOTS of them */
	uint8_t *sample[SUBJECT_LEVELS];	/* SAMPLES of each */
};

/* Which port's alarm a slot is, and which of them; PORT_ALARMS: none's. */
static inline enum port_alarm
board_port_alarm(int slot, size_t *port)
{
	static const struct { int from; enum port_alarm which; } of[] = {
		{ SLOT_NO_DATA, PORT_NO_DATA }, { SLOT_DAMAGED, PORT_DAMAGED },
		{ SLOT_FROZEN, PORT_FROZEN },
	};

	for (int i = 0; i < PORT_ALARMS; i++) {
		size_t at = (size_t)slot - (size_t)of[i].from;

		if (at >= BOARD_PORTS)
			continue;
		*port = at;
		return of[i].which;
	}
	return PORT_ALARMS;
}

/* The alarm of a slot; NULL if it is that of a port which the bed has not.  As
 * with strchr(), who has a const board takes a const alarm. */
static inline struct alarm *
board_alarm(const struct board *b, int slot)
{
	size_t port = 0;
	enum port_alarm which = board_port_alarm(slot, &port);

	if (which != PORT_ALARMS)
		return port < b->ports_n ? &b->port[port].alarm[which] : NULL;
	if (slot >= SLOT_IDLE_VITALS)
		slot -= 2 * BOARD_PORTS;
	if (slot >= SLOT_NO_VALUE)
		slot -= BOARD_PORTS;
	return slot >= 0 && slot < SLOTS - SLOTS_OF_PORTS ?
	    (struct alarm *)&b->alarm[slot] : NULL;
}

/* *next becomes the earlier of the two, as far as 'at' is yet to come. */
static inline void
board_soonest(int64_t *next, int64_t now_ms, int64_t at_ms)
{
	if (at_ms > now_ms && at_ms < *next)
		*next = at_ms;
}

#endif
