/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The language in which mishaps are written, in scenario files and over the
 * control pipe alike:
 *
 *	TARGET spo2 84 over 20s for 1min	CHAIR1 infusion start
 *	TARGET spo2 back over 30s		ox probe off for 15s
 *	ge cuff start | fail | every 3min | never
 *	ge cable out | in	ge power off | on	ge lead off | on
 *	ge silence on | off	ge freeze on | off	ge noise 0.01 | 0
 *	ge garbage 200		ox probe off | out | on		mp demo on | off
 *
 * Easy to get wrong: a target may be a bed or a monitor.  A vital of a monitor
 * is its patient's, so every monitor of that bed sees it change.
 */
#ifndef SIM_COMMAND_H
#define SIM_COMMAND_H

#include "schemas/record.h"

enum act {
	ACT_SEND,		/* vital, amount, over_ms, for_ms */
	ACT_RELEASE,		/* vital, over_ms */
	ACT_INFUSION_START, ACT_INFUSION_STOP,
	ACT_PROBE_OFF, ACT_PROBE_OUT, ACT_PROBE_ON,
	ACT_LEAD_OFF, ACT_LEAD_ON,
	ACT_CUFF_START, ACT_CUFF_FAIL,
	ACT_CUFF_EVERY,		/* over_ms */
	ACT_CUFF_NEVER,
	ACT_CABLE_OUT, ACT_CABLE_IN,
	ACT_POWER_OFF, ACT_POWER_ON,
	ACT_SILENCE_ON, ACT_SILENCE_OFF,
	ACT_FREEZE_ON, ACT_FREEZE_OFF,
	ACT_DEMO_ON, ACT_DEMO_OFF,
	ACT_NOISE,		/* amount: chance per byte */
	ACT_GARBAGE,		/* amount: bytes */
};

struct command {
	char target[PORT_NAME_MAX];
	enum act act;
	enum vital vital;
	double amount;
	int64_t over_ms;
	int64_t for_ms;		/* then undone; -1: stays */
};

/* Reads one command.  -1: 'why' says what was expected, *column (1-based)
 * where. */
int command_parse(const char *text, struct command *out, size_t *column,
    char why[160]) MUST_CHECK;

/* A length of time: "20s", "1.5s", "500ms", "3min", "1:30", "1:02:03", or bare
 * seconds "20".  -1 if it is none. */
int command_parse_time(const char *text, int64_t *out) MUST_CHECK;

/* A number in full: -1 if there is more or nothing. */
int command_parse_number(const char *text, double *out) MUST_CHECK;

/* What undoes it, for "for"; false if nothing does. */
bool command_undo(const struct command *c, struct command *out);

/* Whether it is about a bed (vitals, infusion), not one monitor. */
bool command_is_body(const struct command *c);

#endif
