/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The state that `status` and `watch` send, as a value: what every bed and the
 * box are doing.
 *
 * Easy to get wrong: ages are of the moment t_ms.  A screen that shows an old
 * state adds the time since then, and what has become stale by that is gone.
 */
#ifndef CLI_STATE_H
#define CLI_STATE_H

#include <jansson.h>

#include "drivers/driver.h"
#include "schemas/record.h"

struct state_reading {
	enum vital vital;
	char port[PORT_NAME_MAX];
	enum quality quality;
	char shown[16];		/* "" where there is no value */
	int64_t age_ms;
	int64_t fresh_ms;	/* older than this is stale; 0: an event */
	bool stale;
	bool demo;
};

struct state_port {
	char port[PORT_NAME_MAX];
	bool up;
	bool open;		/* the line; up implies it */
	bool alarms_known;	/* the monitor's own */
	int64_t age_ms;		/* since the last sound frame; -1: never */
	char why[160];
};

struct state_alarm {
	char event[EVENT_ID_TEXT];
	char bed[BED_MAX];	/* "": the box */
	enum alarm_type type;
	enum priority priority, level;
	bool latched, acknowledged, paused, demo;
	int64_t since_ms;	/* t_ms at which it began */
	char by[BY_MAX];
	char text[TEXT_MAX];
};

/* What a monitor itself alarms of, in its own words. */
struct state_relayed {
	char port[PORT_NAME_MAX];
	enum priority priority;	/* as the monitor ranks it */
	int64_t since_ms;	/* t_ms at which vitalsd first heard it */
	char text[MONITOR_ALARM_TEXT];
};

/* What the board says is "not armed" or armed, in the words of a nurse. */
enum state_armed { ARMED_NIBP, ARMED_HR, ARMED_SPO2, ARMED_RR };
#define STATE_ARMED 4

struct state_bed {
	char bed[BED_MAX];
	char label[BED_MAX];
	char session[SESSION_ID_MAX];	/* "" when idle */
	char subject[SUBJECT_MAX];
	enum phase phase;
	int64_t since_start_ms;
	bool restarted;			/* vitalsd, since the session began */
	int64_t infusion_ms;		/* INFUSION_NONE before the first */
	int64_t recovery_ms;		/* INFUSION_NONE outside RECOVERY */
	uint32_t interval;
	int64_t paused_until_ms;	/* 0: no alarm pause */
	bool unarmed[STATE_ARMED];
	struct state_reading *reading;
	size_t readings_n;
	struct state_port *port;
	size_t ports_n;
	struct state_alarm *alarm;	/* most urgent and unseen first */
	size_t alarms_n;
	struct state_relayed *relayed;	/* the worst first */
	size_t relayed_n;
};

struct state {
	int64_t t_ms, wall_ms;
	bool log_failing;
	char log_why[160];
	bool notifier_connected;
	int64_t undelivered;
	bool clock_synced;
	struct state_bed *bed;		/* in the order of the configuration */
	size_t beds_n;
	struct state_alarm *alarm;	/* of the box */
	size_t alarms_n;
};

/* Reads the JSON of docs/protocol.md; NULL when it is no such thing or out of
 * memory.  What it does not know it leaves at "none".  state_free() it. */
struct state *state_parse(const json_t *o);
void state_free(struct state *s);

/* One alarm object, as alarm.list gives it too. */
void state_parse_alarm(const json_t *o, struct state_alarm *out);

/* The reading that a screen shows for a vital: of the ports in their order the
 * first with a value that is not stale after 'later_ms' more, else the first
 * at all; NULL if there is none. */
const struct state_reading *state_reading(const struct state_bed *b,
    enum vital v, int64_t later_ms);

/* Whether it shows a value 'later_ms' after the state's t_ms. */
bool state_reading_valid(const struct state_reading *r, int64_t later_ms);

/* Whether something that the bed shows is of a demonstration; and what every
 * screen says then. */
bool state_demo(const struct state_bed *b);
#define STATE_DEMO "DEMO DATA, NO PATIENT"

/* The most urgent alarm that calls for someone: not acknowledged and not
 * paused; PRIORITY_NONE if there is none.  And how many do. */
enum priority state_calling(const struct state *s, uint32_t *n);

/* "probe off", "searching": why there is no value, for people. */
const char *state_quality_words(enum quality q);

#endif
