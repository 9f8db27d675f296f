/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a verb of vitalsctl is, what it is given, and the list of all of them.
 * A new verb is a function declared at the end of this file and one line in
 * cli/verbs.c.
 *
 * Easy to get wrong: a verb returns the exit status (EXIT_OK, EXIT_PROBLEM,
 * EXIT_USAGE) and prints its own sentence; nobody prints one after it.
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

#include <jansson.h>
#include <stdio.h>

#include "cli/client.h"
#include "daemon/paths.h"

#define EXIT_OK 0
#define EXIT_PROBLEM 1	/* refused, not found, no daemon */
#define EXIT_USAGE 2

enum cli_option {
	/* Every verb takes these. */
	OPTION_CONFIG, OPTION_STATE, OPTION_RUN, OPTION_HELP, OPTION_VERSION,
	/* A verb lists those that it takes. */
	OPTION_FORMAT, OPTION_BED, OPTION_AT, OPTION_BY, OPTION_SUBJECT,
	OPTION_REASON, OPTION_YES, OPTION_WITHDRAW,
	OPTION_HR, OPTION_SPO2, OPTION_RR, OPTION_NIBP,
	OPTION_LIMIT, OPTION_CLEAR, OPTION_DELAY, OPTION_PRIORITY, OPTION_ON,
	OPTION_OFF,
	OPTION_DEVICE, OPTION_SOURCE, OPTION_NOTES, OPTION_UNSCRUBBED,
	OPTION_ASCII, OPTION_QUIET,
	OPTION_DRIVER, OPTION_SPEED, OPTION_LIMITS,
	OPTION_INFUSION_START, OPTION_INFUSION_STOP,
	OPTION_CSV, OPTION_JSON,
	OPTION_FORCE, OPTION_SESSION, OPTION_TX,
	OPTION_SECONDS, OPTION_ALLOW_PROBE,
	OPTIONS
};
#define TAKES(o) (UINT64_C(1) << OPTION_##o)

struct option_info {
	const char *name;	/* "--bed" */
	const char *value;	/* "BED"; NULL: a flag */
	const char *help;
};
extern const struct option_info option_info[OPTIONS];

struct cli;

struct verb {
	const char *name;	/* one or two words: "session start" */
	const char *args;	/* of its synopsis: "[--bed BED] TEXT" */
	const char *help;	/* one line */
	uint64_t takes;		/* bits of TAKES() */
	int args_min, args_max;
	int (*run)(struct cli *c);
	const char *method;	/* of docs/protocol.md, for those that share a
				 * function; else NULL */
};

struct cli {
	const struct verb *verb;
	const struct verb *verbs;	/* the whole table, ended by no name */
	const char *value[OPTIONS];	/* NULL: not given; "" for a flag */
	char **arg;			/* after the verb and the options */
	int args_n;
	bool json;			/* -o json */
	struct paths paths;
	FILE *in, *out, *err;
};

/* Does what the words after the program's name say; the exit status. */
int cli_run(const struct verb *verbs, int n, char **word, FILE *in, FILE *out,
    FILE *err);

/* "vitalsctl: ..." on c->err; both return the status to end with. */
int cli_problem(struct cli *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
int cli_usage(struct cli *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The first words of c->arg name no verb: says so with the nearest; EXIT_USAGE. */
int cli_unknown(struct cli *c);

/* For verbs that read much of the log: from now on this process takes the
 * processor only when nobody else wants it.  An alarm waits for no review. */
void cli_stand_back(void);

bool cli_has(const struct cli *c, enum cli_option o);

/* The value of an option as a whole number within min..max; false with the
 * complaint printed. */
bool cli_number(struct cli *c, enum cli_option o, int64_t min, int64_t max,
    int64_t *out) MUST_CHECK;
/* A whole number and nothing else. */
bool cli_parse_number(const char *text, int64_t *out) MUST_CHECK;

/* An object with those of bed, at, by, subject, reason that were given. */
json_t *cli_params(const struct cli *c);

/* Connects, to be closed by client_close(); or EXIT_PROBLEM, said why. */
int cli_connect(struct cli *c, struct client *client) MUST_CHECK;

/* One request on a connection of its own.  EXIT_OK: *result is the caller's;
 * else the sentence is printed and the status returned.  Takes 'params'. */
int cli_ask(struct cli *c, const char *method, json_t *params,
    json_t **result) MUST_CHECK;

/* Loudly, if the answer says that its record is not on disk. */
void cli_warn_durable(struct cli *c, const json_t *result);

/* The configuration of that file, to be freed by config_free(); NULL with its
 * complaints printed. */
struct config;
struct config *config_read(struct cli *c, const char *file) MUST_CHECK;

/* The bed's own object in an answer to `status` or `watch`; NULL: none. */
json_t *cli_bed(const json_t *state, const char *bed);

/* The time of now for JSON lines. */
const char *cli_time(char out[32]);

int verb_help(struct cli *c);
int verb_status(struct cli *c);
int verb_devices(struct cli *c);
int verb_watch(struct cli *c);
int verb_board(struct cli *c);
int verb_statement(struct cli *c);
int verb_amend(struct cli *c);
int verb_baseline(struct cli *c);
int verb_alarm_list(struct cli *c);
int verb_alarm_ack(struct cli *c);
int verb_alarm_pause(struct cli *c);
int verb_limits_show(struct cli *c);
int verb_limits_set(struct cli *c);
int verb_record(struct cli *c);
int verb_scrub(struct cli *c);
int verb_detect(struct cli *c);
int verb_config_check(struct cli *c);
int verb_try_line(struct cli *c);
int verb_reload(struct cli *c);
int verb_replay(struct cli *c);
int verb_review(struct cli *c);
int verb_export(struct cli *c);
int verb_session_list(struct cli *c);
int verb_backup(struct cli *c);
int verb_log_verify(struct cli *c);
int verb_log_disk(struct cli *c);
int verb_drivers(struct cli *c);

#endif
