/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of all verbs, and `help`, which prints it.
 *
 * Easy to get wrong: `args` is what the person reads and `takes` is what the
 * program obeys; a test holds the one against the other.
 */
#include "cli/verbs.h"
#include "cli/detect_ports.h"

#include <string.h>

/* Not which bed it is done to, but which alone is shown. */
#define ONE_BED (UINT64_C(1) << 63)
#define LOOKS_AT_BED (TAKES(BED) | ONE_BED)
_Static_assert(OPTIONS < 63, "the last bit is no option");

#define ENTERED (TAKES(BED) | TAKES(AT) | TAKES(BY))
#define ENTERED_ARGS "[--bed BED] [--at HH:MM[:SS]] [--by NAME]"

const struct verb verbs[] = {
	{ "status", "[--bed BED] [-o table|json]",
	  "what every bed and the box are doing",
	  LOOKS_AT_BED | TAKES(FORMAT), 0, 0, verb_status, NULL },
	{ "devices", "[--bed BED] [-o table|json]",
	  "is each monitor heard, what came, and why not",
	  LOOKS_AT_BED | TAKES(FORMAT), 0, 0, verb_devices, NULL },
	{ "watch", "[--bed BED] [-o table|json]",
	  "what changes, one line each, until interrupted",
	  LOOKS_AT_BED | TAKES(FORMAT), 0, 0, verb_watch, NULL },
	{ "board", "[--by NAME] [--ascii] [--quiet]",
	  "the full-screen board for the bedside box",
	  TAKES(BY) | TAKES(ASCII) | TAKES(QUIET), 0, 0, verb_board, NULL },
	{ "session start",
	  "[--subject CODE] " ENTERED_ARGS,
	  "open a session on a bed: its baseline begins",
	  ENTERED | TAKES(SUBJECT), 0, 0, verb_statement, "session.start" },
	{ "session end", "[--reason TEXT] " ENTERED_ARGS,
	  "close it, before an infusion or in recovery",
	  ENTERED | TAKES(REASON), 0, 0, verb_statement, "session.end" },
	{ "session abort", "[--reason TEXT] " ENTERED_ARGS,
	  "close it in whatever phase it is",
	  ENTERED | TAKES(REASON), 0, 0, verb_statement, "session.abort" },
	{ "session list", "[-o table|json]",
	  "all sessions that the log holds, the newest first",
	  TAKES(FORMAT), 0, 0, verb_session_list, NULL },
	{ "session amend", "STATEMENT --at HH:MM[:SS]|--withdraw "
	  "--reason TEXT [--bed BED] [--by NAME]",
	  "correct a statement by a new one",
	  ENTERED | TAKES(REASON) | TAKES(WITHDRAW), 1, 1, verb_amend,
	  NULL },
	{ "infusion start", ENTERED_ARGS, "the infusion runs",
	  ENTERED, 0, 0, verb_statement, "infusion.start" },
	{ "infusion pause", ENTERED_ARGS, "it is halted for a while",
	  ENTERED, 0, 0, verb_statement, "infusion.pause" },
	{ "infusion resume", ENTERED_ARGS, "it runs again",
	  ENTERED, 0, 0, verb_statement, "infusion.resume" },
	{ "infusion stop", ENTERED_ARGS, "it is over: recovery begins",
	  ENTERED, 0, 0, verb_statement, "infusion.stop" },
	{ "mark", "TEXT " ENTERED_ARGS,
	  "put a remark into the session",
	  ENTERED, 1, 1, verb_statement, "mark" },
	{ "baseline confirm",
	  "[--hr N] [--spo2 N] [--rr N] [--nibp SYS/DIA[/MAP]] [--yes] "
	  "[--bed BED] [--by NAME]",
	  "confirm the patient's own values at rest",
	  TAKES(BED) | TAKES(BY) | TAKES(HR) | TAKES(SPO2) | TAKES(RR) |
	  TAKES(NIBP) | TAKES(YES), 0, 0, verb_baseline, NULL },
	{ "alarm list", "[--bed BED] [-o table|json]", "the open alarms",
	  LOOKS_AT_BED | TAKES(FORMAT), 0, 0, verb_alarm_list, NULL },
	{ "alarm ack", "[EVENT] [--bed BED] [--by NAME]",
	  "someone has seen this alarm, or all of a bed",
	  TAKES(BED) | TAKES(BY), 0, 1, verb_alarm_ack, NULL },
	{ "alarm pause", "[SECONDS|off] [--bed BED] [--by NAME]",
	  "hold back alarms during patient care, at most 120 s",
	  TAKES(BED) | TAKES(BY), 0, 1, verb_alarm_pause, NULL },
	{ "limits show", "[--bed BED] [-o table|json]",
	  "the limits that hold on a bed",
	  TAKES(BED) | TAKES(FORMAT), 0, 0, verb_limits_show, NULL },
	{ "limits set",
	  "TIER [--limit N] [--clear N] [--delay SECONDS] "
	  "[--priority low|medium|high] [--on|--off] --reason TEXT "
	  "[--bed BED] [--by NAME]",
	  "change one limit for the rest of this session",
	  TAKES(BED) | TAKES(BY) | TAKES(REASON) | TAKES(LIMIT) |
	  TAKES(CLEAR) | TAKES(DELAY) | TAKES(PRIORITY) | TAKES(ON) |
	  TAKES(OFF), 1, 1, verb_limits_set, NULL },
	{ "detect", "[PORT...] [--seconds N] [--allow-probe] [--yes] "
	  "[-o table|json]",
	  "which monitor is behind a port, by listening",
	  TAKES(SECONDS) | TAKES(ALLOW_PROBE) | TAKES(YES) | TAKES(FORMAT), 0,
	  DETECT_PORTS, verb_detect, NULL },
	{ "record", "PORT FILE [--device TEXT] [--source TEXT] "
	  "[--notes TEXT] [--unscrubbed]",
	  "write a port's bytes, without names, into a capture file",
	  TAKES(DEVICE) | TAKES(SOURCE) | TAKES(NOTES) | TAKES(UNSCRUBBED),
	  2, 2, verb_record, NULL },
	{ "scrub", "FILE NEW",
	  "a copy of a capture file without names",
	  0, 2, 2, verb_scrub, NULL },
	{ "review", "SESSION|last",
	  "what happened in a session",
	  0, 1, 1, verb_review, NULL },
	{ "export", "SESSION|last --csv|--json [FILE|-]",
	  "a session for other programs",
	  TAKES(CSV) | TAKES(JSON), 1, 2, verb_export, NULL },
	{ "replay", "FILE --driver NAME [--speed N|max] [--limits FILE] "
	  "[--infusion-start MM:SS] [--infusion-stop MM:SS] [-o table|json]",
	  "a recording through driver and alarms, without a daemon",
	  TAKES(DRIVER) | TAKES(SPEED) | TAKES(LIMITS) |
	  TAKES(INFUSION_START) | TAKES(INFUSION_STOP) | TAKES(FORMAT), 1, 1,
	  verb_replay, NULL },
	{ "drivers", "[NAME] [--tx] [-o table|json]",
	  "the protocols that there are, and what each may send",
	  TAKES(TX) | TAKES(FORMAT), 0, 1, verb_drivers, NULL },
	{ "backup", "FILE [--force]",
	  "a verified copy of the log, while vitalsd runs or not",
	  TAKES(FORCE), 1, 1, verb_backup, NULL },
	{ "log verify", "[FILE] [--session ID] [-o table|json]",
	  "is the log, or a backup of it, as it was written?",
	  TAKES(SESSION) | TAKES(FORMAT), 0, 1, verb_log_verify, NULL },
	{ "log disk", "",
	  "how long the disk under the log takes to keep a record",
	  0, 0, 0, verb_log_disk, NULL },
	{ "config check", "[FILE]",
	  "all complaints about a configuration, no daemon needed",
	  0, 0, 1, verb_config_check, NULL },
	{ "config try-line", "FILE MONITOR SAMPLE",
	  "what the rules of a monitor read from a saved print-out",
	  0, 3, 3, verb_try_line, NULL },
	{ "reload", "", "make vitalsd read its configuration again",
	  0, 0, 0, verb_reload, NULL },
	{ "help", "[VERB]", "this list, or how a verb is used",
	  0, 0, 2, verb_help, NULL },
	{ NULL, NULL, NULL, 0, 0, 0, NULL, NULL },
};

static void
help_verb(struct cli *c, const struct verb *v)
{
	fprintf(c->out, "usage: vitalsctl %s %s\n  %s\n", v->name, v->args,
	    v->help);
	for (size_t i = 0; i < OPTIONS; i++) {
		const struct option_info *o = &option_info[i];
		char left[48];

		if (!(v->takes >> i & 1))
			continue;
		snprintf(left, sizeof(left), "%s%s%s", o->name,
		    o->value ? " " : "", o->value ? o->value : "");
		fprintf(c->out, "  %-30s %s\n", left, i == OPTION_BED &&
		    v->takes & ONE_BED ? "this bed alone" : o->help);
	}
}

static void
help_all(struct cli *c)
{
	fprintf(c->out, "usage: vitalsctl VERB ...\n\n");
	for (const struct verb *v = c->verbs; v->name; v++)
		fprintf(c->out, "  %-17s %s\n", v->name, v->help);
	fprintf(c->out, "\n`vitalsctl help VERB` says how it is used.  Every "
	    "verb takes\n%s  --help, --version\n"
	    "Exit status: 0 done, 1 refused or not found or no daemon, "
	    "2 wrong usage.\n", paths_help);
}

/* Also serves `VERB --help`, where c->verb is that verb. */
int
verb_help(struct cli *c)
{
	const struct verb *asked = NULL;
	bool found = false;
	char name[64] = "";
	size_t n;

	if (strcmp(c->verb->name, "help") != 0) {
		help_verb(c, c->verb);
		return EXIT_OK;
	}
	if (c->args_n == 0) {
		help_all(c);
		return EXIT_OK;
	}
	snprintf(name, sizeof(name), "%.31s%s%.31s", c->arg[0],
	    c->args_n > 1 ? " " : "", c->args_n > 1 ? c->arg[1] : "");
	n = strlen(name);
	for (asked = c->verbs; asked->name; asked++) {
		if (strncmp(asked->name, name, n) == 0 &&
		    (asked->name[n] == '\0' || asked->name[n] == ' ')) {
			help_verb(c, asked);
			found = true;
		}
	}
	return found ? EXIT_OK : cli_unknown(c);
}
