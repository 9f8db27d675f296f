/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The session and its infusion clock: a list of what people stated, and one
 * pure function that says for any moment in which phase it lies and how long
 * the infusion had been going.  The live view and the review both ask it, so
 * a late or corrected statement moves stamps without a row being edited.
 *
 * Easy to get wrong: all times here are on ONE axis, milliseconds of
 * CLOCK_BOOTTIME of the boot in which the asker runs; statements of an earlier
 * boot are moved onto it by whoever reads them, by wall time.
 */
#ifndef DAEMON_SESSION_H
#define DAEMON_SESSION_H

#include "schemas/record.h"

#define SESSION_STATEMENTS_MAX 64	/* transitions; marks are not kept */

/* A transition that was stated, as last corrected. */
struct session_step {
	struct event_id id;
	int64_t at_ms;		/* when it happened, as corrected */
	enum statement_kind kind;
	bool withdrawn;
};

/* A session but for its steps, for those who keep many. */
struct session_head {
	char id[SESSION_ID_MAX];	/* "" : no session */
	char bed[BED_MAX];
	char subject[SUBJECT_MAX];
	size_t n;			/* steps */
};

struct session {
	char id[SESSION_ID_MAX];	/* "" : no session */
	char bed[BED_MAX];
	char subject[SUBJECT_MAX];
	struct session_step step[SESSION_STATEMENTS_MAX];	/* as entered */
	size_t n;
};

enum refusal {
	REFUSAL_NONE = 0,
	REFUSAL_NO_SESSION,		/* the bed has no open session */
	REFUSAL_SESSION_OPEN,		/* it has one already */
	REFUSAL_INFUSION_RUNNING,	/* end: say infusion stop first */
	REFUSAL_NO_INFUSION,		/* stop/pause/resume without a start */
	REFUSAL_NOT_PAUSED,
	REFUSAL_PAUSED,			/* pause while paused */
	REFUSAL_BEFORE_START,		/* --at lies before the session */
	REFUSAL_BEFORE_PREVIOUS,	/* --at lies before the statement that
					 * it must follow */
	REFUSAL_FUTURE,
	REFUSAL_TOO_OLD,		/* more than 12 h ago */
	REFUSAL_UNKNOWN_STATEMENT,	/* amend: no such statement here */
	REFUSAL_NOT_AMENDABLE,		/* amend: a session's start or end cannot
					 * be withdrawn, only moved */
	REFUSAL_WITHDRAWN,		/* amend: was withdrawn before */
	REFUSAL_ORDER,			/* amend: the rest would make no sense */
	REFUSAL_FULL,
	REFUSAL_NO_TIME,		/* --at: no time of day */
	REFUSAL_OVERLAP,		/* the bed's session before had not
					 * ended yet */
	REFUSAL_NEXT,			/* the one after it had begun */
};
#define REFUSALS 19

/* A sentence for people that says what is missing and which verb helps. */
const char *refusal_text(enum refusal r);

/* Where a moment lies. */
struct session_stamp {
	enum phase phase;
	int64_t infusion_ms;	/* since the first infusion start;
				 * INFUSION_NONE before it or without one */
	int64_t interval_ms;	/* since the latest (re)start of an interval at
				 * or before it; INFUSION_NONE likewise */
	uint32_t interval;	/* 1 for the first infusion interval, 0 before */
};

/* Whether this transition may be stated at at_ms, now being now_ms; for
 * SESSION_START and the rest alike. */
enum refusal session_check(const struct session *s, enum statement_kind kind,
    int64_t at_ms, int64_t now_ms) MUST_CHECK;

/* Takes a statement (also MARK and others, which change no phase).  The first
 * must be SESSION_START.  AMEND is applied to the step that it names.  Only
 * what session_check()/session_check_amend() allowed, or what the log holds. */
void session_apply(struct session *s, const struct statement *st);

/* Whether a correction may be made: the step named moves to at_ms, or is
 * withdrawn, and all steps together still make sense. */
enum refusal session_check_amend(const struct session *s,
    struct event_id statement, bool withdraw, int64_t at_ms, int64_t now_ms)
    MUST_CHECK;

/* The stamp of a moment, from the statements as corrected. */
struct session_stamp session_at(const struct session *s, int64_t t_ms);

/* The phase after all statements. */
enum phase session_phase(const struct session *s);

/* When it began and ended (end: INT64_MAX while it is open). */
int64_t session_begin_ms(const struct session *s);
int64_t session_end_ms(const struct session *s);

/* When the infusion was stopped for the last time; INT64_MIN without one. */
int64_t session_stop_ms(const struct session *s);

/* "HH:MM" or "HH:MM:SS" as local time of day: the latest such moment at or
 * before now, which must lie within the past 12 h.  'midnight_wall_ms' is the
 * start of today's local day and 'prev_midnight_wall_ms' that of yesterday's
 * (changes of clocks are clock_parse_at()'s matter).  False with *why when it is no such
 * time. */
bool session_parse_at(const char *text, int64_t wall_ms,
    int64_t midnight_wall_ms, int64_t prev_midnight_wall_ms,
    int64_t *out_wall_ms, enum refusal *why) MUST_CHECK;

#endif
