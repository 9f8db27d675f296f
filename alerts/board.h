/* SPDX-License-Identifier: BSD-2-Clause
 *
 * All alarm conditions of one bed: feeds them readings, link states and time,
 * and tells each change to a sink.  Semantics: DESIGN.md section 8 and
 * clinical.md section 2.6.  Pure: time is an argument.
 *
 * Easy to get wrong: call board_tick() at board_next_ms(); between two calls
 * nothing changes.  Times never go backwards (CLOCK_BOOTTIME).
 */
#ifndef ALERTS_BOARD_H
#define ALERTS_BOARD_H

#include "alerts/rule.h"
#include "schemas/record.h"

#define BOARD_PORTS 4		/* monitors of one bed at the most */
#define BOARD_NEVER INT64_MAX

/* Makes event ids; one per process start, shared by all boards. */
struct id_source {
	uint64_t start;		/* random, new at each process start */
	uint64_t n;		/* the last one given out */
};
struct event_id id_next(struct id_source *ids);

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

/* ... struct board and its parts: fixed size, no pointers but the sink's
 * and the id source's; its fields are for alerts/board.c alone.  Readers use
 * board_view(). */
#include "alerts/board_state.h"

/* port_name[i] must outlive the board; the order is the order of preference.
 * silent_ms[i] is the T1 deadline of that port: the larger of the limit set's
 * no_data_ms and the driver's silent_after_ms. */
struct board_port {
	const char *name;
	int32_t silent_after_ms;
	bool same_limb;		/* the oximeter sits on the cuff's arm (T2) */
};
void board_init(struct board *b, const struct limit_set *limits,
    const struct board_port *ports, size_t ports_n,
    const struct board_sink *sink, struct id_source *ids, int64_t t_ms);

/* A session opens: everything is disarmed, limits are the site's again,
 * arming begins.  board_restore() instead after a restart in mid-session:
 * armed[] says which ladders had been armed. */
void board_open(struct board *b, int64_t t_ms, const struct limit_set *limits);
void board_restore(struct board *b, int64_t t_ms,
    const struct limit_set *limits, const bool armed[LADDERS],
    const struct baseline *baseline);
/* After board_restore(): an event that was open when the process ended goes on
 * under its id.  A latched one stays latched; one that was active is taken as
 * active at its priority (acknowledged if it was), so that nobody is told
 * twice, and is judged afresh by what comes: it ends, latches or climbs as if
 * there had been no restart.  Technical ones end (phase END, "vitalsd was
 * restarted") and are raised afresh if they hold. */
void board_adopt(struct board *b, int64_t t_ms, const struct alarm_change *c);
/* It closes: open alarms end, with that reason as their text. */
void board_close(struct board *b, int64_t t_ms, const char *reason);

/* The phase of the session as stated (or as corrected). */
void board_phase(struct board *b, int64_t t_ms, enum phase p);

/* A reading of one port.  Cuff readings come one by one, of one t_ms. */
void board_reading(struct board *b, int64_t t_ms, size_t port,
    const struct reading *r);

/* A frame was found on a port, good or bad: feeds T1, T5, T6. */
void board_frame(struct board *b, int64_t t_ms, size_t port, bool good);

/* The port's line is open (or lost: unplugged, refused); T1's wording. */
void board_link(struct board *b, int64_t t_ms, size_t port, bool open);

/* Deadlines that have passed by t_ms take effect. */
void board_tick(struct board *b, int64_t t_ms);

/* When board_tick() is next needed, BOARD_NEVER if not. */
int64_t board_next_ms(const struct board *b);

/* Acknowledges one event (this occurrence, at its present priority).  False:
 * there is no such open event. */
bool board_ack(struct board *b, int64_t t_ms, struct event_id event,
    const char *by) MUST_CHECK;

/* Pauses what can be paused for at most 120 s (the rest of it at most when
 * paused again); 0 resumes.  Returns when it ends. */
int64_t board_pause(struct board *b, int64_t t_ms, int64_t for_ms);

/* Takes a changed limit set for the rest of the session. */
void board_limits(struct board *b, int64_t t_ms, const struct limit_set *l);

/* Takes the confirmed baseline; the relative tiers work from then on. */
void board_baseline(struct board *b, int64_t t_ms, const struct baseline *v);

/* A suggestion for the baseline: per subject the median of the good values of
 * the last 5 minutes (cuff: the last measurement of this session's baseline).
 * It takes effect only through board_baseline(). */
void board_suggest(const struct board *b, int64_t t_ms, struct baseline *out);

/* An open alarm (pending ones are not shown), as of now. */
size_t board_view(const struct board *b, struct alarm_change *out, size_t cap);

/* Whether a ladder is armed, and what feeds a subject (-1: nothing). */
bool board_armed(const struct board *b, enum ladder l);
int board_source(const struct board *b, enum subject s);
int64_t board_paused_until(const struct board *b);

#endif
