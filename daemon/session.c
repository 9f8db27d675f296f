/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The session's state machine, and the stamp of any moment, computed afresh
 * from what people stated.
 *
 * Easy to get wrong: the steps are kept as they were entered, but they count
 * in the order in which they happened, as corrected; equal times keep the
 * order of entry.
 */
#include "daemon/session.h"

#include <string.h>

#define PAST_MAX_MS (INT64_C(12) * 3600 * 1000)
#define DAY_MS (INT64_C(24) * 3600 * 1000)

static const char *const refusal_texts[REFUSALS] = {
	[REFUSAL_NONE] = "nothing stands against it",
	[REFUSAL_NO_SESSION] =
	    "this bed has no open session: say 'session start' first",
	[REFUSAL_SESSION_OPEN] =
	    "this bed has an open session already: say 'session end' first",
	[REFUSAL_INFUSION_RUNNING] =
	    "an infusion is running or paused: say 'infusion stop' first",
	[REFUSAL_NO_INFUSION] =
	    "no infusion is running: say 'infusion start' first "
	    "(with --at if it began earlier)",
	[REFUSAL_NOT_PAUSED] =
	    "the infusion is running, not paused: only after "
	    "'infusion pause' can it be resumed",
	[REFUSAL_PAUSED] =
	    "the infusion is paused already: say 'infusion resume' to go on "
	    "or 'infusion stop' to end it",
	[REFUSAL_BEFORE_START] =
	    "that time lies before the session: correct its start with "
	    "'session amend' first, or give a later --at",
	[REFUSAL_BEFORE_PREVIOUS] =
	    "that time lies before the last statement, which it must follow: "
	    "correct that one with 'session amend' first, or give a later "
	    "--at",
	[REFUSAL_FUTURE] =
	    "that time lies in the future: state it when it has happened, or "
	    "give an earlier --at",
	[REFUSAL_TOO_OLD] =
	    "that time lies more than 12 hours back: note it with 'mark' "
	    "instead, or give a later --at",
	[REFUSAL_UNKNOWN_STATEMENT] =
	    "this session has no such start, pause, resume, stop or end, and "
	    "only those can be corrected ('review' lists them): add to "
	    "anything else with 'mark'",
	[REFUSAL_NOT_AMENDABLE] =
	    "the start and the end of a session cannot be withdrawn: move "
	    "them with 'session amend --at', or say 'session abort'",
	[REFUSAL_WITHDRAWN] =
	    "that statement was withdrawn before: state it anew, with --at",
	[REFUSAL_ORDER] =
	    "the other statements would make no sense after this correction: "
	    "correct those with 'session amend' first",
	[REFUSAL_FULL] =
	    "this session holds as many statements as it can: say 'infusion "
	    "stop' and 'session end', then 'session start' for a new one",
	[REFUSAL_NO_TIME] =
	    "that is no time of day: --at takes HH:MM or HH:MM:SS, "
	    "24-hour, such as 09:05 or 14:30:15",
	[REFUSAL_OVERLAP] =
	    "this bed's session before had not ended at that time: give a "
	    "later --at, or correct its end with 'session amend' first",
	[REFUSAL_NEXT] =
	    "the session that followed on this bed had begun at that time: "
	    "give an earlier --at, or correct its start with 'session amend' "
	    "first",
};

const char *
refusal_text(enum refusal r)
{
	if (r < 0 || r >= REFUSALS)
		return "refused";
	return refusal_texts[r];
}

static bool
is_transition(enum statement_kind kind)
{
	return (int)kind <= STATEMENT_SESSION_ABORT;
}

static bool
is_over(enum phase p)
{
	return p == PHASE_CLOSED || p == PHASE_ABORTED;
}

/* The phase that a transition leads to from p, or why it may not be made. */
static enum refusal
follow(enum phase p, enum statement_kind kind, enum phase *out)
{
	bool infusing = p == PHASE_INFUSION || p == PHASE_PAUSED;

	if (kind == STATEMENT_SESSION_START) {
		if (p != PHASE_IDLE && !is_over(p))
			return REFUSAL_SESSION_OPEN;
		*out = PHASE_BASELINE;
		return REFUSAL_NONE;
	}
	if (p == PHASE_IDLE || is_over(p))
		return REFUSAL_NO_SESSION;
	switch ((int)kind) {
	case STATEMENT_INFUSION_START:
		if (infusing)
			return p == PHASE_PAUSED ? REFUSAL_PAUSED :
			    REFUSAL_INFUSION_RUNNING;
		*out = PHASE_INFUSION;
		return REFUSAL_NONE;
	case STATEMENT_INFUSION_PAUSE:
		if (p != PHASE_INFUSION)
			return infusing ? REFUSAL_PAUSED : REFUSAL_NO_INFUSION;
		*out = PHASE_PAUSED;
		return REFUSAL_NONE;
	case STATEMENT_INFUSION_RESUME:
		if (p != PHASE_PAUSED)
			return infusing ? REFUSAL_NOT_PAUSED :
			    REFUSAL_NO_INFUSION;
		*out = PHASE_INFUSION;
		return REFUSAL_NONE;
	case STATEMENT_INFUSION_STOP:
		if (!infusing)
			return REFUSAL_NO_INFUSION;
		*out = PHASE_RECOVERY;
		return REFUSAL_NONE;
	case STATEMENT_SESSION_END:
		if (infusing)
			return REFUSAL_INFUSION_RUNNING;
		*out = PHASE_CLOSED;
		return REFUSAL_NONE;
	case STATEMENT_SESSION_ABORT:
		*out = PHASE_ABORTED;
		return REFUSAL_NONE;
	default:
		*out = p;	/* changes no phase */
		return REFUSAL_NONE;
	}
}

/* Where the replay of a session's steps has got to. */
struct walk {
	enum phase phase;
	int64_t first_ms, latest_ms;	/* of INFUSION_START */
	uint32_t interval;
	int64_t last_ms;	/* of the last step */
	bool sound;		/* every step made sense where it stood */
};

/* Indices of the steps that stand, by time; returns how many. */
static size_t
sort_steps(const struct session *s, uint8_t order[SESSION_STATEMENTS_MAX])
{
	size_t n = 0;

	for (size_t i = 0; i < s->n && i < SESSION_STATEMENTS_MAX; i++) {
		size_t j = n;

		if (s->step[i].withdrawn || j >= SESSION_STATEMENTS_MAX)
			continue;
		/* Nearly always in order already: one comparison each. */
		while (j > 0 && order[j - 1] < SESSION_STATEMENTS_MAX &&
		    s->step[order[j - 1]].at_ms > s->step[i].at_ms) {
			order[j] = order[j - 1];
			j--;
		}
		order[j] = (uint8_t)i;
		n++;
	}
	return n;
}

/* Replays what happened at or before t_ms. */
static struct walk
walk_to(const struct session *s, int64_t t_ms)
{
	struct walk w = { .phase = PHASE_IDLE, .last_ms = INT64_MIN,
		.sound = true };
	uint8_t order[SESSION_STATEMENTS_MAX] = { 0 };
	size_t n = sort_steps(s, order);

	for (size_t i = 0; i < n && i < SESSION_STATEMENTS_MAX; i++) {
		const struct session_step *step = &s->step[order[i]];
		enum phase next = w.phase;

		if (step->at_ms > t_ms)
			break;
		if (follow(w.phase, step->kind, &next) != REFUSAL_NONE) {
			w.sound = false;
			continue;
		}
		w.phase = next;
		w.last_ms = step->at_ms;
		if (step->kind == STATEMENT_INFUSION_START) {
			if (w.interval++ == 0)
				w.first_ms = step->at_ms;
			w.latest_ms = step->at_ms;
		}
	}
	return w;
}

static enum refusal
check_time(int64_t at_ms, int64_t now_ms)
{
	if (at_ms > now_ms)
		return REFUSAL_FUTURE;
	if (at_ms < now_ms - PAST_MAX_MS)
		return REFUSAL_TOO_OLD;
	return REFUSAL_NONE;
}

/* Room is kept so that a running infusion can always be stopped and its
 * session ended. */
static bool
has_room(const struct session *s, enum statement_kind kind)
{
	size_t kept = 2;

	if (kind == STATEMENT_SESSION_START)
		return true;	/* a new session begins empty */
	if (kind == STATEMENT_INFUSION_STOP)
		kept = 1;
	if (kind == STATEMENT_SESSION_END || kind == STATEMENT_SESSION_ABORT)
		kept = 0;
	return s->n + kept < SESSION_STATEMENTS_MAX;
}

enum refusal
session_check(const struct session *s, enum statement_kind kind,
    int64_t at_ms, int64_t now_ms)
{
	struct walk w = walk_to(s, INT64_MAX);
	enum phase next = PHASE_IDLE;
	enum refusal r = follow(w.phase, kind, &next);

	if (r == REFUSAL_NONE)
		r = check_time(at_ms, now_ms);
	if (r != REFUSAL_NONE)
		return r;
	if (kind == STATEMENT_SESSION_START)
		return at_ms < w.last_ms ? REFUSAL_BEFORE_PREVIOUS :
		    REFUSAL_NONE;
	if (at_ms < session_begin_ms(s))
		return REFUSAL_BEFORE_START;
	if (!is_transition(kind))
		return REFUSAL_NONE;
	if (at_ms < w.last_ms)
		return REFUSAL_BEFORE_PREVIOUS;
	return has_room(s, kind) ? REFUSAL_NONE : REFUSAL_FULL;
}

/* The index of the step with that id, or SESSION_STATEMENTS_MAX. */
static size_t
find_step(const struct session *s, struct event_id id)
{
	for (size_t i = 0; i < s->n && i < SESSION_STATEMENTS_MAX; i++)
		if (event_id_equal(s->step[i].id, id))
			return i;
	return SESSION_STATEMENTS_MAX;
}

enum refusal
session_check_amend(const struct session *s, struct event_id statement,
    bool withdraw, int64_t at_ms, int64_t now_ms)
{
	struct session corrected = *s;
	enum statement_kind kind = STATEMENT_MARK;
	enum refusal r = REFUSAL_NONE;
	size_t i = find_step(s, statement);

	if (s->n == 0)
		return REFUSAL_NO_SESSION;
	if (i >= SESSION_STATEMENTS_MAX)
		return REFUSAL_UNKNOWN_STATEMENT;
	if (s->step[i].withdrawn)
		return REFUSAL_WITHDRAWN;
	kind = s->step[i].kind;
	if (withdraw) {
		/* Without its start the rest hangs in the air; a withdrawn end
		 * would open a session again that has been sealed. */
		if (kind == STATEMENT_SESSION_START ||
		    kind == STATEMENT_SESSION_END ||
		    kind == STATEMENT_SESSION_ABORT)
			return REFUSAL_NOT_AMENDABLE;
		corrected.step[i].withdrawn = true;
	} else {
		r = check_time(at_ms, now_ms);
		if (r != REFUSAL_NONE)
			return r;
		if (kind != STATEMENT_SESSION_START &&
		    at_ms < session_begin_ms(s))
			return REFUSAL_BEFORE_START;
		corrected.step[i].at_ms = at_ms;
	}
	return walk_to(&corrected, INT64_MAX).sound ? REFUSAL_NONE :
	    REFUSAL_ORDER;
}

void
session_apply(struct session *s, const struct statement *st)
{
	if (st->kind == STATEMENT_SESSION_START) {
		*s = (struct session){ 0 };
		memcpy(s->id, st->session, sizeof s->id);
		memcpy(s->bed, st->bed, sizeof s->bed);
		memcpy(s->subject, st->subject, sizeof s->subject);
	}
	if (st->kind == STATEMENT_AMEND) {
		size_t i = find_step(s, st->amends);

		if (i >= SESSION_STATEMENTS_MAX)
			return;	/* a mark, which has no place here */
		if (st->withdrawn)
			s->step[i].withdrawn = true;
		else
			s->step[i].at_ms = st->at_ms;
		return;
	}
	if (st->kind == STATEMENT_SUBJECT)
		memcpy(s->subject, st->subject, sizeof s->subject);
	if (!is_transition(st->kind))
		return;
	if (s->n >= SESSION_STATEMENTS_MAX)
		return;		/* session_check() lets none get so far */
	s->step[s->n] = (struct session_step){ .id = st->id,
		.kind = st->kind, .at_ms = st->at_ms };
	s->n++;
}

struct session_stamp
session_at(const struct session *s, int64_t t_ms)
{
	struct walk w = walk_to(s, t_ms);
	struct session_stamp stamp = { .phase = w.phase,
		.infusion_ms = INFUSION_NONE, .interval_ms = INFUSION_NONE,
		.interval = w.interval };

	if (w.interval > 0) {
		stamp.infusion_ms = t_ms - w.first_ms;
		stamp.interval_ms = t_ms - w.latest_ms;
	}
	return stamp;
}

enum phase
session_phase(const struct session *s)
{
	return walk_to(s, INT64_MAX).phase;
}

int64_t
session_begin_ms(const struct session *s)
{
	return s->n > 0 ? s->step[0].at_ms : INT64_MAX;
}

int64_t
session_end_ms(const struct session *s)
{
	struct walk w = walk_to(s, INT64_MAX);

	return is_over(w.phase) ? w.last_ms : INT64_MAX;
}

int64_t
session_stop_ms(const struct session *s)
{
	int64_t at = INT64_MIN;

	for (size_t i = 0; i < s->n && i < SESSION_STATEMENTS_MAX; i++)
		if (s->step[i].kind == STATEMENT_INFUSION_STOP &&
		    !s->step[i].withdrawn && s->step[i].at_ms > at)
			at = s->step[i].at_ms;
	return at;
}

/* Two digits at text[i], or -1.  Reads no further than the first that is
 * none. */
static int
two_digits(const char *text, size_t i)
{
	if (text[i] < '0' || text[i] > '9')
		return -1;
	if (text[i + 1] < '0' || text[i + 1] > '9')
		return -1;
	return (text[i] - '0') * 10 + (text[i + 1] - '0');
}

/* Milliseconds since midnight, or -1. */
static int64_t
time_of_day(const char *text)
{
	size_t length = strlen(text);
	int h = -1, m = -1, s = 0;

	if (length != 5 && length != 8)
		return -1;
	h = two_digits(text, 0);
	m = two_digits(text, 3);
	if (text[2] != ':')
		return -1;
	if (length == 8) {
		s = two_digits(text, 6);
		if (text[5] != ':')
			return -1;
	}
	if (h < 0 || h > 23 || m < 0 || m > 59 || s < 0 || s > 59)
		return -1;
	return ((int64_t)h * 3600 + m * 60 + s) * 1000;
}

bool
session_parse_at(const char *text, int64_t wall_ms, int64_t midnight_wall_ms,
    int64_t prev_midnight_wall_ms, int64_t *out_wall_ms, enum refusal *why)
{
	int64_t day_ms = time_of_day(text);
	int64_t at_ms = midnight_wall_ms + day_ms;
	bool ahead = false;

	if (day_ms < 0 || day_ms >= DAY_MS) {
		*why = REFUSAL_NO_TIME;
		return false;
	}
	if (at_ms > wall_ms) {
		ahead = true;
		at_ms = prev_midnight_wall_ms + day_ms;
	}
	/* Today's moment is still to come and yesterday's is long past: who
	 * says so means today's. */
	if (at_ms < wall_ms - PAST_MAX_MS) {
		*why = ahead ? REFUSAL_FUTURE : REFUSAL_TOO_OLD;
		return false;
	}
	*out_wall_ms = at_ms;
	return true;
}
