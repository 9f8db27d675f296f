/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The stable words of the codes.
 *
 * Easy to get wrong: these words are in logs, notices and scripts.  A new code
 * gets a new word; an old word keeps its meaning.
 */
#include "schemas/code.h"

#include <stddef.h>
#include <string.h>

/* So that all of them can be read alike; the longest has 16 letters. */
typedef char code_word[20];

static const code_word priority_names[PRIORITIES] = {
	[PRIORITY_NONE] = "none",
	[PRIORITY_LOW] = "low",
	[PRIORITY_MEDIUM] = "medium",
	[PRIORITY_HIGH] = "high",
};

static const code_word priority_signs[PRIORITIES] = {
	[PRIORITY_NONE] = "",
	[PRIORITY_LOW] = "*",
	[PRIORITY_MEDIUM] = "**",
	[PRIORITY_HIGH] = "***",
};

static const code_word alarm_phase_names[ALARM_PHASES] = {
	[ALARM_START] = "start",
	[ALARM_CONTINUE] = "continue",
	[ALARM_UPDATE] = "update",
	[ALARM_ESCALATE] = "escalate",
	[ALARM_DEESCALATE] = "deescalate",
	[ALARM_END] = "end",
	[ALARM_RESET] = "reset",
	[ALARM_ACKNOWLEDGE] = "acknowledge",
	[ALARM_LATCH] = "latch",
};

static const code_word alarm_state_names[ALARM_STATES] = {
	[ALARM_INACTIVE] = "inactive",
	[ALARM_PENDING] = "pending",
	[ALARM_ACTIVE] = "active",
	[ALARM_LATCHED] = "latched",
};

static const code_word phase_names[PHASES] = {
	[PHASE_IDLE] = "idle",
	[PHASE_BASELINE] = "baseline",
	[PHASE_INFUSION] = "infusion",
	[PHASE_PAUSED] = "paused",
	[PHASE_RECOVERY] = "recovery",
	[PHASE_CLOSED] = "closed",
	[PHASE_ABORTED] = "aborted",
};

static const code_word statement_names[STATEMENT_KINDS] = {
	[STATEMENT_SESSION_START] = "session.start",
	[STATEMENT_INFUSION_START] = "infusion.start",
	[STATEMENT_INFUSION_PAUSE] = "infusion.pause",
	[STATEMENT_INFUSION_RESUME] = "infusion.resume",
	[STATEMENT_INFUSION_STOP] = "infusion.stop",
	[STATEMENT_SESSION_END] = "session.end",
	[STATEMENT_SESSION_ABORT] = "session.abort",
	[STATEMENT_MARK] = "mark",
	[STATEMENT_BASELINE_CONFIRM] = "baseline.confirm",
	[STATEMENT_AMEND] = "amend",
	[STATEMENT_LIMIT_SET] = "limit.set",
	[STATEMENT_ALARM_ACK] = "alarm.ack",
	[STATEMENT_ALARM_PAUSE] = "alarm.pause",
	[STATEMENT_SUBJECT] = "subject",
};

static const code_word event_names[EVENT_KINDS] = {
	[EVENT_START] = "start",
	[EVENT_STOP] = "stop",
	[EVENT_LINK_UP] = "link-up",
	[EVENT_LINK_DOWN] = "link-down",
	[EVENT_PORT_OPEN] = "port-open",
	[EVENT_PORT_LOST] = "port-lost",
	[EVENT_SOURCE] = "source",
	[EVENT_GAP] = "gap",
	[EVENT_BRIDGE] = "bridge",
	[EVENT_CLOCK_STEP] = "clock-step",
	[EVENT_CLOCK_SYNC] = "clock-sync",
	[EVENT_STORE_FAULT] = "store-fault",
	[EVENT_STORE_OK] = "store-ok",
	[EVENT_READINGS_LOST] = "readings-lost",
	[EVENT_CONFIG] = "config",
	[EVENT_ARMED] = "armed",
	[EVENT_SEAL] = "seal",
	[EVENT_LOG_REPLACED] = "log-replaced",
	[EVENT_DISCARDED] = "discarded",
	[EVENT_SEAL_PART] = "seal-part",
	[EVENT_REMOVED] = "removed",
	[EVENT_MIGRATED] = "migrated",
	[EVENT_MONITOR_ALARM] = "monitor-alarm",
};

static const code_word outcome_names[OUTCOMES] = {
	[OUTCOME_DELIVERED] = "delivered",
	[OUTCOME_RETRY] = "retry",
	[OUTCOME_REFUSED] = "refused",
	[OUTCOME_NO_NOTIFIER] = "no-notifier",
	[OUTCOME_TIMEOUT] = "timeout",
};

static const char *
word_at(const code_word *words, unsigned n, unsigned i)
{
	static const code_word unknown = "unknown";

	return i < n ? words[i] : unknown;
}

static int
word_find(const code_word *words, int n, const char *word)
{
	for (int i = 0; i < n; i++) {
		if (strcmp(words[i], word) == 0)
			return i;
	}
	return -1;
}

const char *
priority_name(enum priority p)
{
	return word_at(priority_names, PRIORITIES, p);
}

const char *
priority_sign(enum priority p)
{
	return word_at(priority_signs, PRIORITIES, p);
}

const char *
alarm_type_code(enum alarm_type t)
{
	static const code_word codes[] = {
		[ALARM_PHYSIOLOGICAL] = "SP",
		[ALARM_TECHNICAL] = "ST",
		[ALARM_ADVISORY] = "SA",
	};

	return word_at(codes, ALARM_ADVISORY + 1, t);
}

const char *
alarm_phase_name(enum alarm_phase p)
{
	return word_at(alarm_phase_names, ALARM_PHASES, p);
}

const char *
alarm_state_name(enum alarm_state s)
{
	return word_at(alarm_state_names, ALARM_STATES, s);
}

const char *
phase_name(enum phase p)
{
	return word_at(phase_names, PHASES, p);
}

const char *
statement_name(enum statement_kind k)
{
	return word_at(statement_names, STATEMENT_KINDS, k);
}

const char *
event_name(enum event_kind k)
{
	return word_at(event_names, EVENT_KINDS, k);
}

const char *
outcome_name(enum outcome o)
{
	return word_at(outcome_names, OUTCOMES, o);
}

int
priority_find(const char *word)
{
	return word_find(priority_names, PRIORITIES, word);
}
