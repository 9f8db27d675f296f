/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of keys of vitalsd.yaml.
 *
 * Easy to get wrong: the ranges here only catch what cannot be meant.  Whether
 * a set of limits makes sense together is for limit_set_check().
 */
#include "daemon/config_keys.h"

#include <stdio.h>
#include <string.h>

#define S (1000)
#define MIN (60 * S)
#define H (60 * MIN)
#define KIB (1024)
#define MIB (1024 * KIB)

static const struct config_word priorities[] = {
	{ "low", PRIORITY_LOW }, { "medium", PRIORITY_MEDIUM },
	{ "high", PRIORITY_HIGH }, { NULL, 0 },
};

static const struct config_word transports[] = {
	{ "serial", TRANSPORT_SERIAL }, { "pty", TRANSPORT_PTY }, { NULL, 0 },
};

static const struct config_word bauds[] = {
	{ "1200", 1200 }, { "2400", 2400 }, { "4800", 4800 }, { "9600", 9600 },
	{ "19200", 19200 }, { "38400", 38400 }, { "57600", 57600 },
	{ "115200", 115200 }, { "230400", 230400 }, { NULL, 0 },
};

static const struct config_word parities[] = {
	{ "none", 'N' }, { "even", 'E' }, { "odd", 'O' }, { NULL, 0 },
};

static const struct config_word flows[] = {
	{ "none", FLOW_NONE }, { "rtscts", FLOW_RTSCTS }, { NULL, 0 },
};

static const struct config_word bits[] = { { "7", 7 }, { "8", 8 }, { NULL, 0 } };
static const struct config_word stops[] = { { "1", 1 }, { "2", 2 }, { NULL, 0 } };

static const struct config_word sums[] = {
	{ "sum", SUM_ADD }, { "xor", SUM_XOR }, { "twos-complement", SUM_TWOS },
	{ "not-sum", SUM_NOT }, { "crc8", SUM_CRC8 }, { NULL, 0 },
};

static const struct config_word writings[] = {
	{ "hex", false }, { "byte", true }, { NULL, 0 },
};

static const struct config_word numbers[] = {
	{ "decimal", false }, { "hex", true }, { NULL, 0 },
};

static const struct config_word units[] = {
	{ "C", UNIT_CELSIUS }, { "F", UNIT_FAHRENHEIT },
	{ "mmHg", UNIT_MMHG }, { "kPa", UNIT_KPA }, { NULL, 0 },
};

static const struct config_word ages[] = {
	{ "s", S }, { "min", MIN }, { "h", H }, { NULL, 0 },
};

static const struct config_word events[] = {
	{ "age", EVENT_OF_AGE }, { "time", EVENT_OF_TIME },
	{ "state", EVENT_OF_STATE }, { "change", EVENT_OF_CHANGE },
	{ "line", EVENT_OF_LINE }, { NULL, 0 },
};

static const struct config_word qualities[] = {
	{ "questionable", QUALITY_QUESTIONABLE },
	{ "no-value", QUALITY_NO_VALUE }, { "no-sensor", QUALITY_NO_SENSOR },
	{ "sensor-off", QUALITY_SENSOR_OFF },
	{ "searching", QUALITY_SEARCHING }, { "artefact", QUALITY_ARTEFACT },
	{ "not-measured", QUALITY_NOT_MEASURED }, { "fault", QUALITY_FAULT },
	{ NULL, 0 },
};

/* The field f of struct s. */
#define FIELD(s, f) offsetof(struct s, f), sizeof(((struct s *)NULL)->f)
/* Text that fills a field: so many bytes, less the NUL. */
#define TEXT(s, f, min) FIELD(s, f), (min), sizeof(((struct s *)NULL)->f) - 1
#define IN_CONFIG 0, sizeof(struct config)
/* The bytes of a struct line_text. */
#define BYTES(s, f, min) FIELD(s, f), (min), LINE_TEXT_MAX
#define YES true
#define NO false

/* Where a text stands in a line. */
#define PLACE(section, s) \
	{ section, "at", TYPE_WHOLE, NO, \
	    FIELD(s, place.at), 1, LINE_FIELDS, NULL, 0 }, \
	{ section, "column", TYPE_WHOLE, NO, \
	    FIELD(s, place.column), 1, 250, NULL, 0 }, \
	{ section, "width", TYPE_WHOLE, NO, \
	    FIELD(s, place.width), 1, 40, NULL, 0 }, \
	{ section, "key", TYPE_BYTES, NO, BYTES(s, place.key, 1), 0, 0 }, \
	{ section, "strip", TYPE_BYTES, NO, BYTES(s, place.strip, 1), 0, 0 }, \
	{ section, "missing", TYPE_TOKENS, NO, \
	    FIELD(s, place.missing), 1, LINE_TEXT_MAX, NULL, 0 }, \
	{ section, "number", TYPE_WORD, NO, \
	    FIELD(s, place.hex), 0, 0, numbers, 0 }

const struct config_key config_keys[] = {
	{ SECTION_ROOT, "site", TYPE_TEXT, NO, TEXT(config, site, 0), 0, 0 },
	{ SECTION_ROOT, "beds", TYPE_LIST, YES, FIELD(config, beds),
	    1, CONFIG_BEDS, NULL, SECTION_BED },
	{ SECTION_ROOT, "limits", TYPE_MAP, NO, FIELD(config, limits),
	    0, 0, NULL, SECTION_LIMITS },
	{ SECTION_ROOT, "notify", TYPE_MAP, NO, IN_CONFIG,
	    0, 0, NULL, SECTION_NOTIFY },
	{ SECTION_ROOT, "roles", TYPE_MAP, NO, IN_CONFIG,
	    0, 0, NULL, SECTION_ROLES },
	{ SECTION_ROOT, "line-rules", TYPE_MAP, NO, IN_CONFIG,
	    0, 0, NULL, SECTION_RULES },
	{ SECTION_ROOT, "log", TYPE_MAP, NO, IN_CONFIG,
	    0, 0, NULL, SECTION_LOG },
	{ SECTION_ROOT, "recovery", TYPE_MAP, NO, IN_CONFIG,
	    0, 0, NULL, SECTION_RECOVERY },

	{ SECTION_BED, "id", TYPE_NAME, YES, TEXT(config_bed, id, 1), 0, 0 },
	{ SECTION_BED, "label", TYPE_TEXT, NO, TEXT(config_bed, label, 1), 0, 0 },
	{ SECTION_BED, "monitors", TYPE_LIST, YES, FIELD(config_bed, port),
	    1, BOARD_PORTS, NULL, SECTION_MONITOR },

	{ SECTION_MONITOR, "name", TYPE_NAME, YES,
	    TEXT(config_port, name, 1), 0, 0 },
	{ SECTION_MONITOR, "driver", TYPE_DRIVER, YES,
	    FIELD(config_port, driver), 0, 0, NULL, 0 },
	{ SECTION_MONITOR, "port", TYPE_PORT, YES,
	    FIELD(config_port, path), 2, CONFIG_PATH_MAX - 1, NULL, 0 },
	{ SECTION_MONITOR, "expect", TYPE_USB, NO,
	    FIELD(config_port, expect), 0, 0, NULL, 0 },
	{ SECTION_MONITOR, "transport", TYPE_WORD, NO,
	    FIELD(config_port, transport), 0, 0, transports, 0 },
	{ SECTION_MONITOR, "rules", TYPE_RULES, NO,
	    FIELD(config_port, options.rules), 1,
	    sizeof(((struct config_rules *)NULL)->name) - 1, NULL, 0 },
	{ SECTION_MONITOR, "interval", TYPE_SECONDS, NO,
	    FIELD(config_port, options.interval_s), 1, 600, NULL, 0 },
	{ SECTION_MONITOR, "baud", TYPE_WORD, NO,
	    FIELD(config_port, line.baud), 0, 0, bauds, 0 },
	{ SECTION_MONITOR, "bits", TYPE_WORD, NO,
	    FIELD(config_port, line.bits), 0, 0, bits, 0 },
	{ SECTION_MONITOR, "parity", TYPE_WORD, NO,
	    FIELD(config_port, line.parity), 0, 0, parities, 0 },
	{ SECTION_MONITOR, "stop", TYPE_WORD, NO,
	    FIELD(config_port, line.stop), 0, 0, stops, 0 },
	{ SECTION_MONITOR, "flow", TYPE_WORD, NO,
	    FIELD(config_port, line.flow), 0, 0, flows, 0 },
	{ SECTION_MONITOR, "same-limb-as-cuff", TYPE_BOOL, NO,
	    FIELD(config_port, same_limb), 0, 0, NULL, 0 },

	{ SECTION_LIMITS, "preset", TYPE_TEXT, NO,
	    TEXT(limit_set, name, 1), 0, 0 },
	{ SECTION_LIMITS, "confirmed-by", TYPE_TEXT, NO,
	    TEXT(limit_set, confirmed_by, 0), 0, 0 },
	{ SECTION_LIMITS, "no-data", TYPE_DURATION, NO,
	    FIELD(limit_set, no_data_ms), 2 * S, 5 * MIN, NULL, 0 },
	{ SECTION_LIMITS, "no-data-high", TYPE_DURATION, NO,
	    FIELD(limit_set, no_data_high_ms), 2 * S, 10 * MIN, NULL, 0 },
	{ SECTION_LIMITS, "no-value", TYPE_DURATION, NO,
	    FIELD(limit_set, no_value_ms), 2 * S, 10 * MIN, NULL, 0 },
	{ SECTION_LIMITS, "no-value-cuff", TYPE_DURATION, NO,
	    FIELD(limit_set, no_value_cuff_ms), 2 * S, 10 * MIN, NULL, 0 },
	{ SECTION_LIMITS, "no-rr", TYPE_DURATION, NO,
	    FIELD(limit_set, no_rr_ms), 2 * S, 30 * MIN, NULL, 0 },
	{ SECTION_LIMITS, "nibp-due-baseline", TYPE_DURATION, NO,
	    FIELD(limit_set, nibp_due_baseline_ms), 0, 4 * H, NULL, 0 },
	{ SECTION_LIMITS, "nibp-due-infusion", TYPE_DURATION, NO,
	    FIELD(limit_set, nibp_due_infusion_ms), 0, 4 * H, NULL, 0 },
	{ SECTION_LIMITS, "nibp-due-recovery", TYPE_DURATION, NO,
	    FIELD(limit_set, nibp_due_recovery_ms), 0, 4 * H, NULL, 0 },
	{ SECTION_LIMITS, "reject-percent", TYPE_WHOLE, NO,
	    FIELD(limit_set, reject_percent), 1, 100, NULL, 0 },
	{ SECTION_LIMITS, "frozen", TYPE_DURATION, NO,
	    FIELD(limit_set, frozen_ms), 10 * S, 1 * H, NULL, 0 },
	{ SECTION_LIMITS, "undelivered", TYPE_DURATION, NO,
	    FIELD(limit_set, undelivered_ms), 2 * S, 5 * MIN, NULL, 0 },
	{ SECTION_LIMITS, "clear-after", TYPE_DURATION, NO,
	    FIELD(limit_set, clear_ms), 0, 1 * MIN, NULL, 0 },
	{ SECTION_LIMITS, "arm-after", TYPE_DURATION, NO,
	    FIELD(limit_set, arm_ms), 0, 5 * MIN, NULL, 0 },
	{ SECTION_LIMITS, "idle-vitals", TYPE_DURATION, NO,
	    FIELD(limit_set, idle_vitals_ms), 10 * S, 1 * H, NULL, 0 },

	{ SECTION_TIER, "on", TYPE_BOOL, NO, FIELD(limit, on), 0, 0, NULL, 0 },
	{ SECTION_TIER, "limit", TYPE_WHOLE, NO,
	    FIELD(limit, limit), -1000, 1000, NULL, 0 },
	{ SECTION_TIER, "clear", TYPE_WHOLE, NO,
	    FIELD(limit, clear), -1000, 1000, NULL, 0 },
	{ SECTION_TIER, "delay", TYPE_DURATION, NO,
	    FIELD(limit, delay_ms), 0, 10 * MIN, NULL, 0 },
	{ SECTION_TIER, "priority", TYPE_WORD, NO,
	    FIELD(limit, priority), 0, 0, priorities, 0 },

	{ SECTION_NOTIFY, "channels", TYPE_LIST, NO, FIELD(config, channel),
	    0, CONFIG_CHANNELS, NULL, SECTION_CHANNEL },
	{ SECTION_CHANNEL, "name", TYPE_NAME, YES,
	    TEXT(config_channel, name, 1), 0, 0 },
	{ SECTION_CHANNEL, "at-least", TYPE_WORD, NO,
	    FIELD(config_channel, at_least), 0, 0, priorities, 0 },

	{ SECTION_ROLES, "view", TYPE_NAMES, NO, IN_CONFIG,
	    ROLE_VIEW, CONFIG_ROLES, NULL, 0 },
	{ SECTION_ROLES, "staff", TYPE_NAMES, NO, IN_CONFIG,
	    ROLE_VIEW | ROLE_STAFF, CONFIG_ROLES, NULL, 0 },
	{ SECTION_ROLES, "limits", TYPE_NAMES, NO, IN_CONFIG,
	    ROLE_VIEW | ROLE_LIMITS, CONFIG_ROLES, NULL, 0 },
	{ SECTION_ROLES, "admin", TYPE_NAMES, NO, IN_CONFIG,
	    ROLE_VIEW | ROLE_ADMIN, CONFIG_ROLES, NULL, 0 },

	{ SECTION_LOG, "segment", TYPE_DURATION, NO,
	    FIELD(config, segment_ms), 1 * H, 24 * H, NULL, 0 },
	{ SECTION_LOG, "ballast", TYPE_SIZE, NO,
	    FIELD(config, ballast), 1 * MIB, 1024 * MIB, NULL, 0 },
	{ SECTION_LOG, "keep-days", TYPE_WHOLE, NO,
	    FIELD(config, keep_days), 1, 36500, NULL, 0 },
	{ SECTION_RECOVERY, "minimum", TYPE_DURATION, NO,
	    FIELD(config, recovery_min_ms), 0, 24 * H, NULL, 0 },

	{ SECTION_RULE, "silent-after", TYPE_DURATION, NO,
	    FIELD(config_rules, silent_ms), 2 * S, 1 * H, NULL, 0 },
	{ SECTION_RULE, "start", TYPE_BYTES, NO,
	    BYTES(config_rules, rules.start, 1), 0, 0 },
	{ SECTION_RULE, "skip", TYPE_WHOLE, NO,
	    FIELD(config_rules, rules.skip), 1, 1024, NULL, 0 },
	{ SECTION_RULE, "end", TYPE_BYTES, NO,
	    BYTES(config_rules, rules.end, 1), 0, 0 },
	{ SECTION_RULE, "length", TYPE_WHOLE, NO,
	    FIELD(config_rules, rules.length), 2, TEXT_CAPACITY, NULL, 0 },
	{ SECTION_RULE, "longest", TYPE_WHOLE, NO,
	    FIELD(config_rules, rules.longest), 16, LINE_FRAME_MAX, NULL, 0 },
	{ SECTION_RULE, "split", TYPE_BYTES, NO,
	    BYTES(config_rules, rules.split, 1), 0, 0 },
	{ SECTION_RULE, "strip", TYPE_BYTES, NO,
	    BYTES(config_rules, rules.strip, 1), 0, 0 },
	{ SECTION_RULE, "ignore", TYPE_TOKENS, NO,
	    FIELD(config_rules, rules.ignore), 1, LINE_TEXT_MAX, NULL, 0 },
	{ SECTION_RULE, "checksum", TYPE_MAP, NO,
	    FIELD(config_rules, rules.check), 0, 0, NULL, SECTION_CHECKSUM },
	{ SECTION_RULE, "match", TYPE_LIST, YES,
	    FIELD(config_rules, rules.match), 1, LINE_MATCHES, NULL,
	    SECTION_MATCH },
	{ SECTION_RULE, "poll", TYPE_LIST, NO,
	    FIELD(config_rules, rules.poll), 1, LINE_POLLS, NULL,
	    SECTION_POLL },
	{ SECTION_RULE, "polls-confirmed-by", TYPE_TEXT, NO,
	    TEXT(config_rules, confirmed_by, 1), 0, 0 },
	{ SECTION_RULE, "poll-gap", TYPE_DURATION, NO,
	    FIELD(config_rules, rules.poll_gap_ms), 0, 1 * MIN, NULL, 0 },
	{ SECTION_RULE, "poll-timeout", TYPE_DURATION, NO,
	    FIELD(config_rules, rules.poll_timeout_ms), 1 * S, 1 * MIN,
	    NULL, 0 },
	{ SECTION_RULE, "prompt", TYPE_BYTES, NO,
	    BYTES(config_rules, rules.prompt, 1), 0, 0 },

	{ SECTION_CHECKSUM, "kind", TYPE_WORD, YES,
	    FIELD(line_check, kind), 0, 0, sums, 0 },
	{ SECTION_CHECKSUM, "written", TYPE_WORD, NO,
	    FIELD(line_check, byte), 0, 0, writings, 0 },
	{ SECTION_CHECKSUM, "from", TYPE_WHOLE, NO,
	    FIELD(line_check, from), 0, 64, NULL, 0 },
	{ SECTION_CHECKSUM, "leave", TYPE_WHOLE, NO,
	    FIELD(line_check, leave), 0, 64, NULL, 0 },
	{ SECTION_CHECKSUM, "polynomial", TYPE_WHOLE, NO,
	    FIELD(line_check, polynomial), 1, 255, NULL, 0 },
	{ SECTION_CHECKSUM, "initial", TYPE_WHOLE, NO,
	    FIELD(line_check, initial), 0, 255, NULL, 0 },

	{ SECTION_POLL, "send", TYPE_BYTES, YES,
	    BYTES(line_poll, send, 1), 0, 0 },
	{ SECTION_POLL, "every", TYPE_DURATION, YES,
	    FIELD(line_poll, every_ms), 500, 10 * MIN, NULL, 0 },

	{ SECTION_MATCH, "line", TYPE_SHAPE, NO,
	    FIELD(line_match, parts_n), 1, 160, NULL, 0 },
	{ SECTION_MATCH, "prefix", TYPE_BYTES, NO,
	    BYTES(line_match, prefix, 1), 0, 0 },
	{ SECTION_MATCH, "separator", TYPE_BYTES, NO,
	    BYTES(line_match, separator, 1), 0, 0 },
	{ SECTION_MATCH, "repeated", TYPE_BOOL, NO,
	    FIELD(line_match, repeated), 0, 0, NULL, 0 },
	{ SECTION_MATCH, "fields", TYPE_WHOLE, NO,
	    FIELD(line_match, fields), 1, LINE_FIELDS, NULL, 0 },
	{ SECTION_MATCH, "heading", TYPE_BYTES, NO,
	    BYTES(line_match, heading, 1), 0, 0 },
	{ SECTION_MATCH, "values", TYPE_MAP, NO,
	    0, sizeof(struct line_match), 0, 0, NULL, SECTION_VALUES },
	{ SECTION_MATCH, "status", TYPE_LIST, NO,
	    FIELD(line_match, status), 1, LINE_STATUS, NULL, SECTION_STATUS },
	{ SECTION_MATCH, "cuff", TYPE_MAP, NO,
	    FIELD(line_match, cuff), 0, 0, NULL, SECTION_CUFF },

	PLACE(SECTION_VALUE, line_value),
	{ SECTION_VALUE, "title", TYPE_BYTES, NO,
	    BYTES(line_value, place.title, 1), 0, 0 },
	{ SECTION_VALUE, "multiply", TYPE_WHOLE, NO,
	    FIELD(line_value, multiply), 1, LINE_FACTOR_MAX, NULL, 0 },
	{ SECTION_VALUE, "divide", TYPE_WHOLE, NO,
	    FIELD(line_value, divide), 1, LINE_FACTOR_MAX, NULL, 0 },
	{ SECTION_VALUE, "add", TYPE_WHOLE, NO,
	    FIELD(line_value, add), -LINE_ADD_MAX, LINE_ADD_MAX, NULL, 0 },
	{ SECTION_VALUE, "minimum", TYPE_WHOLE, NO,
	    FIELD(line_value, minimum), -1000, 1000, NULL, 0 },
	{ SECTION_VALUE, "maximum", TYPE_WHOLE, NO,
	    FIELD(line_value, maximum), -1000, 1000, NULL, 0 },
	{ SECTION_VALUE, "unit", TYPE_WORD, NO,
	    FIELD(line_value, unit), 0, 0, units, 0 },

	PLACE(SECTION_STATUS, line_status),
	{ SECTION_STATUS, "bit", TYPE_WHOLE, NO,
	    FIELD(line_status, bit), 0, 31, NULL, 0 },
	{ SECTION_STATUS, "is", TYPE_BYTES, NO,
	    BYTES(line_status, is, 0), 0, 0 },
	{ SECTION_STATUS, "is-not", TYPE_BYTES, NO,
	    BYTES(line_status, is_not, 0), 0, 0 },
	{ SECTION_STATUS, "nonzero", TYPE_BOOL, NO,
	    FIELD(line_status, nonzero), 0, 0, NULL, 0 },
	{ SECTION_STATUS, "means", TYPE_WORD, NO,
	    FIELD(line_status, means), 0, 0, qualities, 0 },
	{ SECTION_STATUS, "of", TYPE_VITALS, NO,
	    FIELD(line_status, of), 0, 0, NULL, 0 },
	{ SECTION_STATUS, "alarm", TYPE_WORD, NO,
	    FIELD(line_status, alarm), 0, 0, priorities, 0 },
	{ SECTION_STATUS, "text", TYPE_TEXT, NO,
	    TEXT(line_status, text, 1), 0, 0 },

	{ SECTION_CUFF, "new", TYPE_WORD, YES,
	    FIELD(line_cuff, event), 0, 0, events, 0 },
	PLACE(SECTION_CUFF, line_cuff),
	{ SECTION_CUFF, "unit", TYPE_WORD, NO,
	    FIELD(line_cuff, unit_ms), 0, 0, ages, 0 },
	{ SECTION_CUFF, "from", TYPE_BYTES, NO,
	    BYTES(line_cuff, from, 1), 0, 0 },
	{ SECTION_CUFF, "to", TYPE_BYTES, NO,
	    BYTES(line_cuff, to, 1), 0, 0 },
};
const size_t config_keys_n = sizeof(config_keys) / sizeof(config_keys[0]);

const char *
config_section_path(enum config_section s)
{
	static const char *const path[CONFIG_SECTIONS] = {
		[SECTION_ROOT] = "",
		[SECTION_BED] = "beds[]",
		[SECTION_MONITOR] = "beds[].monitors[]",
		[SECTION_LIMITS] = "limits",
		[SECTION_TIER] = "limits.TIER",
		[SECTION_NOTIFY] = "notify",
		[SECTION_CHANNEL] = "notify.channels[]",
		[SECTION_ROLES] = "roles",
		[SECTION_LOG] = "log",
		[SECTION_RECOVERY] = "recovery",
		[SECTION_RULES] = "line-rules",
		[SECTION_RULE] = "line-rules.NAME",
		[SECTION_CHECKSUM] = "checksum",
		[SECTION_POLL] = "poll[]",
		[SECTION_MATCH] = "match[]",
		[SECTION_VALUES] = "match[].values",
		[SECTION_VALUE] = "match[].values.VITAL",
		[SECTION_STATUS] = "match[].status[]",
		[SECTION_CUFF] = "match[].cuff",
	};

	return path[s];
}

const struct config_key *
config_key_find(enum config_section s, const char *name)
{
	for (size_t i = 0; i < config_keys_n; i++)
		if (config_keys[i].section == s &&
		    strcmp(config_keys[i].name, name) == 0)
			return &config_keys[i];
	return NULL;
}

/* Appends 'word' to the list in 'out', cut where it does not fit. */
static void
list_word(char out[CONFIG_EXPECTED], const char *word)
{
	size_t n = strlen(out);
	const char *comma = n == 0 || out[n - 1] == ' ' ? "" : ", ";

	if (n + strlen(comma) + strlen(word) + 6 < CONFIG_EXPECTED)
		snprintf(out + n, CONFIG_EXPECTED - n, "%s%s", comma, word);
	else if (n > 2 && out[n - 1] != '.')
		snprintf(out + n, CONFIG_EXPECTED - n, ", ...");
}

/* They are too many for a sentence. */
static const char driver_list[] = "those in vitalsd.yaml(5), MONITORS";

void
config_key_expected(char out[CONFIG_EXPECTED], const struct config_key *k)
{
	char a[CONFIG_TEXT_NUMBER], b[CONFIG_TEXT_NUMBER];
	int64_t scale = k->type == TYPE_SECONDS ? 1000 : 1;

	switch (k->type) {
	case TYPE_TEXT:
		snprintf(out, CONFIG_EXPECTED,
		    "printable text of %d to %d bytes", (int)k->min,
		    (int)k->max);
		return;
	case TYPE_NAME:
		snprintf(out, CONFIG_EXPECTED, "letters, digits, '-' and '_', "
		    "a letter or digit first, at most %d", (int)k->max);
		return;
	case TYPE_PORT:
		snprintf(out, CONFIG_EXPECTED, "an absolute path of at most "
		    "%d bytes, such as /dev/serial/by-id/..., or "
		    "usb:VENDOR:PRODUCT:SERIAL, or unix:/PATH", (int)k->max);
		return;
	case TYPE_USB:
		snprintf(out, CONFIG_EXPECTED, "usb:VENDOR:PRODUCT or "
		    "usb:VENDOR:PRODUCT:SERIAL (lsusb -v shows them), such as "
		    "usb:0403:6001:A5069RR4");
		return;
	case TYPE_WHOLE:
		snprintf(out, CONFIG_EXPECTED, "a whole number from %lld to "
		    "%lld", (long long)k->min, (long long)k->max);
		return;
	case TYPE_DURATION:
	case TYPE_SECONDS:
		config_text_format_duration(a, k->min * scale);
		config_text_format_duration(b, k->max * scale);
		snprintf(out, CONFIG_EXPECTED, "%s from %s to %s, written like "
		    "15s or 2min", k->type == TYPE_SECONDS ? "whole seconds" :
		    "a duration", a, b);
		return;
	case TYPE_SIZE:
		config_text_format_size(a, k->min);
		config_text_format_size(b, k->max);
		snprintf(out, CONFIG_EXPECTED, "a size from %s to %s, written "
		    "like 16MiB", a, b);
		return;
	case TYPE_BOOL:
		snprintf(out, CONFIG_EXPECTED, "true or false");
		return;
	case TYPE_WORD:
		snprintf(out, CONFIG_EXPECTED, "one of ");
		for (const struct config_word *w = k->words; w->word; w++)
			list_word(out, w->word);
		return;
	case TYPE_DRIVER:
		snprintf(out, CONFIG_EXPECTED, "one of %s", driver_list);
		return;
	case TYPE_BYTES:
	case TYPE_TOKENS:
		snprintf(out, CONFIG_EXPECTED, "%s%d to %d characters, bytes "
		    "written as <CR>, <TAB>, <1B> and '<' itself as <3C>",
		    k->type == TYPE_TOKENS ? "a list of texts, each of " : "",
		    (int)k->min, (int)k->max);
		return;
	case TYPE_SHAPE:
		snprintf(out, CONFIG_EXPECTED, "a line with captures, such as "
		    "\"SPO2={spo2:3} HR={pr}\"");
		return;
	case TYPE_RULES:
		snprintf(out, CONFIG_EXPECTED, "a name under line-rules");
		return;
	case TYPE_VITALS:
		snprintf(out, CONFIG_EXPECTED, "a list of ");
		for (int v = 0; v < VITALS; v++)
			list_word(out, vital_info[v].name);
		return;
	case TYPE_NAMES:
		snprintf(out, CONFIG_EXPECTED,
		    "a list of users and groups, such as [anna, \"@nurses\"]");
		return;
	case TYPE_MAP:
		snprintf(out, CONFIG_EXPECTED, "keys with values below it");
		return;
	case TYPE_LIST:
		snprintf(out, CONFIG_EXPECTED, "a list of %d to %d entries",
		    (int)k->min, (int)k->max);
		return;
	}
	out[0] = '\0';
}

void
config_key_suggest(char out[CONFIG_EXPECTED], enum config_section s,
    const char *name)
{
	unsigned distance = CONFIG_TEXT_FAR;
	const char *best = NULL;

	for (size_t i = 0; i < config_keys_n; i++)
		if (config_keys[i].section == s)
			config_text_nearer(name, config_keys[i].name, &best,
			    &distance);
	for (int t = 0; s == SECTION_LIMITS && t < TIERS; t++)
		config_text_nearer(name, tier_info[t].name, &best, &distance);
	for (int v = 0; s == SECTION_VALUES && v < VITALS; v++)
		config_text_nearer(name, vital_info[v].name, &best, &distance);
	if (best != NULL) {
		snprintf(out, CONFIG_EXPECTED, "did you mean \"%s\"?", best);
		return;
	}
	snprintf(out, CONFIG_EXPECTED, "expected one of ");
	for (size_t i = 0; i < config_keys_n; i++)
		if (config_keys[i].section == s)
			list_word(out, config_keys[i].name);
	for (int v = 0; s == SECTION_VALUES && v < VITALS; v++)
		list_word(out, vital_info[v].name);
	if (s == SECTION_LIMITS)
		list_word(out, "or the name of a tier");
}

void
config_driver_suggest(char out[CONFIG_EXPECTED], const char *name)
{
	unsigned distance = CONFIG_TEXT_FAR;
	const char *best = NULL;

	for (size_t i = 0; drivers[i] != NULL; i++)
		config_text_nearer(name, drivers[i]->name, &best, &distance);
	if (best != NULL)
		snprintf(out, CONFIG_EXPECTED, "did you mean \"%s\"?", best);
	else
		snprintf(out, CONFIG_EXPECTED, "expected one of %s",
		    driver_list);
}
