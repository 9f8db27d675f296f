/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The options of vitalsctl, one row each; see cli.h.
 *
 * Easy to get wrong: a row says only what an option is; which verb takes it
 * stands in the verb's own row.
 */
#include "cli/cli.h"

const struct option_info option_info[OPTIONS] = {
	[OPTION_CONFIG] = { "--config", "FILE", "the configuration file" },
	[OPTION_STATE] = { "--state", "DIR", "the folder of the log" },
	[OPTION_RUN] = { "--run", "DIR", "the folder of the sockets" },
	[OPTION_HELP] = { "--help", NULL, "this text" },
	[OPTION_VERSION] = { "--version", NULL, "the version" },
	[OPTION_FORMAT] = { "-o", "table|json",
	    "for people, or one JSON object a line" },
	[OPTION_BED] = { "--bed", "BED", "needed where there are several" },
	[OPTION_AT] = { "--at", "HH:MM[:SS]",
	    "when it happened, if not now (local time, within 12 h)" },
	[OPTION_BY] = { "--by", "NAME", "who says so, if not the login" },
	[OPTION_SUBJECT] = { "--subject", "CODE",
	    "the clinic's own pseudonym, never a name" },
	[OPTION_REASON] = { "--reason", "TEXT", "why; kept in the log" },
	[OPTION_YES] = { "--yes", NULL, "do not ask" },
	[OPTION_WITHDRAW] = { "--withdraw", NULL, "it never happened" },
	[OPTION_HR] = { "--hr", "N", "heart rate, /min" },
	[OPTION_SPO2] = { "--spo2", "N", "SpO2, %" },
	[OPTION_RR] = { "--rr", "N", "breaths, /min" },
	[OPTION_NIBP] = { "--nibp", "SYS/DIA[/MAP]", "blood pressure, mmHg" },
	[OPTION_LIMIT] = { "--limit", "N", "the limit itself" },
	[OPTION_CLEAR] = { "--clear", "N", "at this value it is over" },
	[OPTION_DELAY] = { "--delay", "SECONDS", "beyond it for so long" },
	[OPTION_PRIORITY] = { "--priority", "low|medium|high", "how urgent" },
	[OPTION_ON] = { "--on", NULL, "switch the tier on" },
	[OPTION_OFF] = { "--off", NULL, "switch the tier off" },
	[OPTION_DEVICE] = { "--device", "TEXT", "make, model, firmware" },
	[OPTION_SOURCE] = { "--source", "TEXT",
	    "bench or patient, where and when" },
	[OPTION_NOTES] = { "--notes", "TEXT", "what happens in it" },
	[OPTION_UNSCRUBBED] = { "--unscrubbed", NULL,
	    "leave names in: then it is a patient's record" },
	[OPTION_ASCII] = { "--ascii", NULL, "draw with ASCII only" },
	[OPTION_QUIET] = { "--quiet", NULL, "ring only when contact is lost" },
	[OPTION_DRIVER] = { "--driver", "NAME", "the protocol's driver" },
	[OPTION_SPEED] = { "--speed", "N|max",
	    "times its own pace; max, the default, does not wait" },
	[OPTION_LIMITS] = { "--limits", "FILE",
	    "a vitalsd.yaml whose limits are judged by" },
	[OPTION_INFUSION_START] = { "--infusion-start", "MM:SS",
	    "the infusion began so long after the first byte" },
	[OPTION_INFUSION_STOP] = { "--infusion-stop", "MM:SS",
	    "and was stopped then" },
	[OPTION_CSV] = { "--csv", NULL, "the readings, comma-separated" },
	[OPTION_JSON] = { "--json", NULL,
	    "all of it, one JSON object a line" },
	[OPTION_FORCE] = { "--force", NULL, "replace a file that is there" },
	[OPTION_SESSION] = { "--session", "ID", "this session alone" },
};
