/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What vitalsd.yaml may say, and for each thing that it may not, the exact
 * complaint at its line and column.
 *
 * Easy to get wrong: the tests of the example and of the manual walk through
 * the table of keys, so that a new key without words for it fails here.
 */
#include "daemon/config.h"
#include "daemon/config_keys.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/unit/fake_usb.h"

#define EXAMPLE "schemas/vitalsd.yaml"
#define MANUAL "docs/vitalsd.yaml.5"

/* Four lines to which most files here add something. */
#define BED \
	"beds:\n" \
	"  - id: A\n" \
	"    monitors:\n" \
	"      - {name: m, driver: nonin-2, port: /dev/ttyS0}\n"
#define MONITOR(keys) \
	"beds:\n" \
	"  - id: A\n" \
	"    monitors:\n" \
	"      - {" keys "}\n"

/* What a port may be. */
#define A_PORT "an absolute path of at most 255 bytes, such as " \
	"/dev/serial/by-id/..., or usb:VENDOR:PRODUCT:SERIAL, or unix:/PATH"
#define TEN "0123456789"
#define LONG_PATH TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN "0123456"

static struct complaints complaints;

/* All complaints as lines of "LINE:COLUMN: text". */
static const char *
complaints_text(const struct complaints *k)
{
	static char all[32768];
	size_t n = 0;

	all[0] = '\0';
	for (size_t i = 0; i < k->n && n < sizeof(all); i++)
		n += (size_t)snprintf(all + n, sizeof(all) - n,
		    "%s%u:%u: %s", i > 0 ? "\n" : "", k->item[i].line,
		    k->item[i].column, k->item[i].text);
	return all;
}

static struct config *
parse(const char *text)
{
	return config_parse(text, strlen(text), &complaints);
}

static struct config *
parse_good(const char *text)
{
	struct config *c = parse(text);

	assert_string_equal(complaints_text(&complaints), "");
	assert_non_null(c);
	return c;
}

static void
expect(const char *text, const char *expected)
{
	struct config *c = parse(text);

	assert_string_equal(complaints_text(&complaints), expected);
	assert_null(c);
}

struct bad {
	const char *text, *complaints;
};

static void
expect_all(const struct bad *bad, size_t n)
{
	for (size_t i = 0; i < n; i++)
		expect(bad[i].text, bad[i].complaints);
}
#define EXPECT_ALL(bad) expect_all((bad), sizeof(bad) / sizeof((bad)[0]))

static char *
read_whole(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = calloc(1, 65536);

	assert_non_null(f);
	assert_non_null(text);
	assert_true(fread(text, 1, 65535, f) > 0);
	fclose(f);
	return text;
}

static void
the_example_is_taken_and_says_the_defaults(void **state)
{
	struct config *c = config_load(EXAMPLE, &complaints);
	struct config *d = parse_good(BED);
	struct limit_set shipped;

	(void)state;
	assert_string_equal(complaints_text(&complaints), "");
	assert_non_null(c);
	limit_set_default(&shipped);
	for (int t = 0; t < TIERS; t++)
		assert_memory_equal(&c->limits.tier[t], &shipped.tier[t],
		    sizeof(shipped.tier[t]));
	assert_memory_equal(&c->limits, &shipped, sizeof(shipped));
	assert_int_equal(c->segment_ms, d->segment_ms);
	assert_int_equal(c->ballast, d->ballast);
	assert_int_equal(c->recovery_min_ms, d->recovery_min_ms);
	assert_string_equal(c->ports[0].name, "CHAIR3/ge");
	assert_string_equal(c->ports[0].driver->name, "ge-dri");
	assert_int_equal(c->ports[0].options.interval_s, 5);
	assert_string_equal(c->beds[0].label, "Chair 3");
	assert_int_equal(c->beds[0].ports_n, 2);
	assert_int_equal(c->channel[0].at_least, PRIORITY_LOW);
	assert_int_equal(c->roles_n, 4);
	config_free(c);
	config_free(d);
}

/* Whether "KEY:" or "KEY: " begins a word of the text. */
static bool
mentions(const char *text, const char *key)
{
	size_t n = strlen(key);
	const char *p = text;

	while ((p = strstr(p, key)) != NULL) {
		if (p[n] == ':' && (p == text || strchr("\n {-#", p[-1])))
			return true;
		p += n;
	}
	return false;
}

static void
the_example_mentions_every_key(void **state)
{
	char *text = read_whole(EXAMPLE);

	(void)state;
	for (size_t i = 0; i < config_keys_n; i++)
		if (!mentions(text, config_keys[i].name))
			fail_msg("%s lacks the key %s of %s", EXAMPLE,
			    config_keys[i].name,
			    config_section_path(config_keys[i].section));
	for (int t = 0; t < TIERS; t++)
		if (!mentions(text, tier_info[t].name))
			fail_msg("%s lacks the tier %s", EXAMPLE,
			    tier_info[t].name);
	free(text);
}

/* The manual's words about a key, cut at the next one. */
static char *
manual_entry(const char *manual, const struct config_key *k)
{
	const char *path = config_section_path(k->section);
	char heading[80], item[80];
	const char *from, *to;

	snprintf(heading, sizeof(heading), "\n.Ss Keys of %s\n",
	    path[0] != '\0' ? path : "the file");
	snprintf(item, sizeof(item), "\n.It Ic %s\n", k->name);
	from = strstr(manual, heading);
	if (from == NULL)
		fail_msg("%s lacks \"%s\"", MANUAL, heading);
	to = strstr(from + 1, "\n.Ss ");
	from = strstr(from, item);
	if (from == NULL || (to != NULL && from > to))
		fail_msg("%s lacks %s in the keys of %s", MANUAL, k->name, path);
	from += strlen(item);
	to = strstr(from, "\n.El");
	assert_non_null(to);
	if (strstr(from, "\n.It ") != NULL && strstr(from, "\n.It ") < to)
		to = strstr(from, "\n.It ");
	return strndup(from, (size_t)(to - from));
}

static void
expect_words(const struct config_key *k, char *entry, const char *words)
{
	/* A line may end anywhere in a range. */
	for (char *p = entry; *p != '\0'; p++)
		if (*p == '\n')
			*p = ' ';
	if (strstr(entry, words) == NULL)
		fail_msg("%s: %s lacks \"%s\": %s", MANUAL, k->name, words,
		    entry);
}

static void
the_manual_has_every_key_with_its_range_and_default(void **state)
{
	char *manual = read_whole(MANUAL);
	char a[CONFIG_TEXT_NUMBER], b[CONFIG_TEXT_NUMBER], range[80];

	(void)state;
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys[i];
		char *entry = manual_entry(manual, k);
		int64_t scale = k->type == TYPE_SECONDS ? 1000 : 1;

		range[0] = '\0';
		if (k->type == TYPE_DURATION || k->type == TYPE_SECONDS) {
			config_text_format_duration(a, k->min * scale);
			config_text_format_duration(b, k->max * scale);
			snprintf(range, sizeof(range), "%s to %s", a, b);
		} else if (k->type == TYPE_SIZE) {
			config_text_format_size(a, k->min);
			config_text_format_size(b, k->max);
			snprintf(range, sizeof(range), "%s to %s", a, b);
		} else if (k->type == TYPE_WHOLE || k->type == TYPE_LIST ||
		    k->type == TYPE_TEXT) {
			snprintf(range, sizeof(range), "%d to %d", (int)k->min,
			    (int)k->max);
		} else if (k->type == TYPE_WORD) {
			for (size_t w = 0; k->words[w].word != NULL; w++)
				expect_words(k, entry, k->words[w].word);
		}
		/* The one text whose value is not free. */
		if (strcmp(k->name, "preset") != 0)
			expect_words(k, entry, range);
		if (k->section != SECTION_ROOT && k->section != SECTION_ROLES)
			expect_words(k, entry, k->required ? "Required." :
			    "Default");
		free(entry);
	}
	free(manual);
}

static void
the_manual_tells_the_shipped_tiers(void **state)
{
	char *manual = read_whole(MANUAL);
	struct limit_set d;

	(void)state;
	limit_set_default(&d);
	for (int t = 0; t < TIERS; t++) {
		const struct limit *l = &d.tier[t];
		char delay[CONFIG_TEXT_NUMBER], row[160];
		int n;

		config_text_format_duration(delay, l->delay_ms);
		n = snprintf(row, sizeof(row),
		    "\n.It %s Ta %d Ta %d Ta %s Ta %s Ta %s\n",
		    tier_info[t].name, l->limit, l->clear, delay,
		    priority_name(l->priority), l->on ? "true" : "false");
		assert_in_range(n, 1, sizeof row - 1);
		if (strstr(manual, row) == NULL)
			fail_msg("%s lacks %s", MANUAL, row + 1);
	}
	free(manual);
}

static void
the_manual_tells_the_defaults_of_durations(void **state)
{
	struct config *d = parse_good(BED);
	char *manual = read_whole(MANUAL);

	(void)state;
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys[i];
		int64_t told = -1, is = 0;
		char *entry, *p, word[32] = "";
		int32_t is4;

		if (k->type != TYPE_DURATION || (k->section != SECTION_LIMITS &&
		    k->section != SECTION_LOG &&
		    k->section != SECTION_RECOVERY))
			continue;
		entry = manual_entry(manual, k);
		p = strstr(entry, "Default: ");
		assert_non_null(p);
		assert_int_equal(sscanf(p, "Default: %31[0-9a-z]", word), 1);
		assert_null(config_text_duration(word, &told));
		if (k->section == SECTION_LIMITS) {
			memcpy(&is4, (char *)&d->limits + k->offset, 4);
			is = is4;
		} else {
			memcpy(&is, (char *)d + k->offset, 8);
		}
		if (told != is)
			fail_msg("%s tells %s for %s", MANUAL, word, k->name);
		free(entry);
	}
	free(manual);
	config_free(d);
}

static void
a_small_file_gets_every_default(void **state)
{
	struct config *c = parse_good(BED);

	(void)state;
	assert_string_equal(c->site, "");
	assert_string_equal(c->beds[0].label, "A");
	assert_string_equal(c->ports[0].name, "A/m");
	assert_int_equal(c->ports[0].transport, TRANSPORT_SERIAL);
	assert_int_equal(c->ports[0].line.baud, c->ports[0].driver->line.baud);
	assert_int_equal(c->ports[0].line.parity,
	    c->ports[0].driver->line.parity);
	assert_int_equal(c->ports[0].options.interval_s, 0);
	assert_int_equal(c->channels_n, 0);
	assert_string_equal(c->limits.confirmed_by, "");
	assert_int_equal(c->segment_ms, 86400000);
	assert_int_equal(c->ballast, 16 << 20);
	assert_int_equal(c->recovery_min_ms, 7200000);
	config_free(c);
}

static void
roles_that_name_nobody_are_not_taken_for_no_roles(void **state)
{
	struct config *c = parse_good(BED);

	(void)state;
	assert_int_equal(c->roles_n, 0);
	config_free(c);
	expect(BED "roles: {view: [], admin: []}\n", "5:8: roles: nobody is "
	    "named; expected at least one user or group, or no roles at all");
	expect(BED "roles: {view: [\"@\"]}\n",
	    "5:16: view: \"@\" is no name of a user or group; expected a "
	    "list of users and groups, such as [anna, \"@nurses\"]");
}

static void
with_roles_only_those_named_may_do_what_is_named(void **state)
{
	struct config *c = parse_good(BED
	    "roles:\n"
	    "  view: []\n"
	    "  staff: [anna, \"@nurses\"]\n"
	    "  admin: [anna]\n");

	(void)state;
	assert_int_equal(c->roles_n, 2);
	assert_string_equal(c->roles[0].name, "anna");
	assert_false(c->roles[0].group);
	assert_int_equal(c->roles[0].roles, ROLE_VIEW | ROLE_STAFF |
	    ROLE_ADMIN);
	assert_string_equal(c->roles[1].name, "nurses");
	assert_true(c->roles[1].group);
	assert_int_equal(c->roles[1].roles, ROLE_VIEW | ROLE_STAFF);
	config_free(c);
}

static void
every_setting_of_a_monitor_arrives(void **state)
{
	struct config *c = parse_good(MONITOR("name: x, driver: ge-dri, "
	    "port: /tmp/sim, transport: pty, interval: 10s, baud: 9600, "
	    "bits: 7, parity: 'odd', stop: 2, flow: none, "
	    "same-limb-as-cuff: true"));
	const struct config_port *p = &c->ports[0];

	(void)state;
	assert_int_equal(p->transport, TRANSPORT_PTY);
	assert_int_equal(p->options.interval_s, 10);
	assert_int_equal(p->line.baud, 9600);
	assert_int_equal(p->line.bits, 7);
	assert_int_equal(p->line.parity, 'O');
	assert_int_equal(p->line.stop, 2);
	assert_int_equal(p->line.flow, FLOW_NONE);
	assert_true(p->same_limb);
	assert_string_equal(p->path, "/tmp/sim");
	config_free(c);
}

static void
a_value_is_what_is_written(void **state)
{
	struct config *c = parse_good("site: 1:30\n"
	    "beds:\n"
	    "  - id: no\n"
	    "    label: 012\n"
	    "    monitors: [{name: 1, driver: nonin-2, port: /dev/ttyS0}]\n"
	    "limits: {hr-high: {limit: 125, on: false}, no-data: 2500ms}\n");

	(void)state;
	assert_string_equal(c->site, "1:30");
	assert_string_equal(c->beds[0].id, "no");
	assert_string_equal(c->beds[0].label, "012");
	assert_string_equal(c->ports[0].name, "no/1");
	assert_int_equal(c->limits.tier[TIER_HR_HIGH].limit, 125);
	assert_false(c->limits.tier[TIER_HR_HIGH].on);
	assert_int_equal(c->limits.tier[TIER_HR_HIGH].clear, 120);
	assert_int_equal(c->limits.no_data_ms, 2500);
	config_free(c);
}

static void
an_unknown_key_is_refused_with_the_nearest_name(void **state)
{
	static const struct bad bad[] = {
		{ BED "limit:\n  x: 1\n",
		  "5:1: unknown key \"limit\"; did you mean \"limits\"?" },
		{ BED "limits:\n  sp02-low: {limit: 90}\n",
		  "6:3: unknown key \"sp02-low\" in limits; did you mean "
		  "\"spo2-low\"?" },
		{ BED "limits: {hr-high: {dealy: 1s}}\n",
		  "5:20: unknown key \"dealy\" in limits.TIER; did you mean "
		  "\"delay\"?" },
		{ BED "roles: {doctors: [x]}\n",
		  "5:9: unknown key \"doctors\" in roles; expected one of "
		  "view, staff, limits, admin" },
		{ BED "\"a\\e[31m\": 1\n",
		  "5:1: unknown key \"a?[31m\"; expected one of site, beds, "
		  "limits, notify, roles, line-rules, log, recovery" },
		{ BED "? [a, b]\n: 1\n",
		  "5:3: this is not a plain word; expected a key" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
a_repeated_key_is_refused_and_names_the_first(void **state)
{
	static const struct bad bad[] = {
		{ BED "site: x\nsite: y\n",
		  "6:1: the key \"site\" stands here again; expected it once, "
		  "and it is at line 5 already" },
		{ BED BED,
		  "5:1: the key \"beds\" stands here again; expected it once, "
		  "and it is at line 1 already" },
		{ BED "limits:\n  hr-low: {limit: 45}\n  hr-low: {limit: x}\n",
		  "7:3: the key \"hr-low\" stands here again; expected it once, "
		  "and it is at line 6 already" },
		{ BED "nope: 1\nnope: 2\n",
		  "5:1: unknown key \"nope\"; expected one of site, beds, "
		  "limits, notify, roles, line-rules, log, recovery\n"
		  "6:1: the key \"nope\" stands here again; expected it once, "
		  "and it is at line 5 already" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

#define WHOLE "; expected a whole number from -1000 to 1000"
#define DURATION "; expected a duration from 2s to 5min, written like 15s or 2min"

static void
a_number_that_is_not_plainly_one_is_refused(void **state)
{
	static const struct bad bad[] = {
		{ BED "limits: {hr-high: {limit: 92.5}}",
		  "5:27: limit: \"92.5\" is not a whole number" WHOLE },
		{ BED "limits: {hr-high: {limit: 012}}",
		  "5:27: limit: \"012\" has a leading zero" WHOLE },
		{ BED "limits: {hr-high: {limit: 0x78}}",
		  "5:27: limit: \"0x78\" is not a whole number" WHOLE },
		{ BED "limits: {hr-high: {limit: 1e2}}",
		  "5:27: limit: \"1e2\" is not a whole number" WHOLE },
		{ BED "limits: {hr-high: {limit: +120}}",
		  "5:27: limit: \"+120\" is not a whole number" WHOLE },
		{ BED "limits: {hr-high: {limit: \"120\"}}",
		  "5:27: limit: \"120\" is text in quotes" WHOLE },
		{ BED "limits: {hr-high: {limit: [120]}}",
		  "5:27: limit: this is a list" WHOLE },
		{ BED "limits: {hr-high: {limit: {a: 1}}}",
		  "5:27: limit: these are keys with values" WHOLE },
		{ BED "limits: {hr-high: {limit: }}",
		  "5:27: limit: there is no value" WHOLE },
		{ BED "limits: {hr-high: {limit: ~}}",
		  "5:27: limit: \"~\" there is no value" WHOLE },
		{ BED "limits: {hr-high: {limit: 1001}}",
		  "5:27: limit: \"1001\" is too large" WHOLE },
		{ BED "limits: {hr-high: {limit: 99999999999999999999}}",
		  "5:27: limit: \"99999999999999999999\" is far too large"
		  WHOLE },
		{ MONITOR("name: m, driver: nonin-2, port: /dev/a, baud: '9600'"),
		  "4:56: baud: \"9600\" is text in quotes; expected one of "
		  "1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, "
		  "230400" },
		{ MONITOR("name: m, driver: nonin-2, port: /dev/a, bits: \"8\""),
		  "4:56: bits: \"8\" is text in quotes; expected one of 7, "
		  "8" },
		{ BED "limits: {reject-percent: 0}",
		  "5:26: reject-percent: \"0\" is too small; expected a whole "
		  "number from 1 to 100" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
a_duration_or_size_needs_a_known_unit_and_its_range(void **state)
{
	static const struct bad bad[] = {
		{ BED "limits: {no-data: 15}", "5:19: no-data: \"15\" has no "
		  "unit (ms, s, min, h)" DURATION },
		{ BED "limits: {no-data: 15 s}", "5:19: no-data: \"15 s\" has "
		  "no known unit (ms, s, min, h)" DURATION },
		{ BED "limits: {no-data: 15sec}", "5:19: no-data: \"15sec\" "
		  "has no known unit (ms, s, min, h)" DURATION },
		{ BED "limits: {no-data: 2.5s}", "5:19: no-data: \"2.5s\" is "
		  "not a whole number of its unit" DURATION },
		{ BED "limits: {no-data: 015s}", "5:19: no-data: \"015s\" has "
		  "a leading zero" DURATION },
		{ BED "limits: {no-data: 1999ms}", "5:19: no-data: \"1999ms\" "
		  "is too small" DURATION },
		{ BED "limits: {no-data: 6min}", "5:19: no-data: \"6min\" is "
		  "too large" DURATION },
		{ BED "limits: {no-data: s}", "5:19: no-data: \"s\" is not a "
		  "number" DURATION },
		{ BED "limits: {no-data: -5s}", "5:19: no-data: \"-5s\" is not "
		  "a number" DURATION },
		{ BED "limits: {no-data: 4000000000000000000h}", "5:19: "
		  "no-data: \"4000000000000000000h\" is far too large"
		  DURATION },
		{ BED "limits: {nibp-due-infusion: 59s}", "5:29: "
		  "nibp-due-infusion: a cuff takes longer; expected 0s (never) "
		  "or at least 1min" },
		{ BED "log: {ballast: 16MB}", "5:16: ballast: \"16MB\" has no "
		  "known unit (KiB, MiB, GiB); expected a size from 1MiB to "
		  "1GiB, written like 16MiB" },
		{ BED "log: {ballast: 2GiB}", "5:16: ballast: \"2GiB\" is too "
		  "large; expected a size from 1MiB to 1GiB, written like "
		  "16MiB" },
		{ BED "log: {segment: 25h}", "5:16: segment: \"25h\" is too "
		  "large; expected a duration from 1h to 24h, written like "
		  "15s or 2min" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
a_wrong_kind_of_value_is_refused_where_it_stands(void **state)
{
	static const struct bad bad[] = {
		{ "beds: A\n", "1:7: beds: \"A\" is not a list (each entry "
		  "begins with \"- \"); expected a list of 1 to 1000 entries" },
		{ "beds: []\n", "1:7: beds: the list is empty; expected a list "
		  "of 1 to 1000 entries" },
		{ "beds:\n  - A\n", "2:5: beds[]: expected keys with values, "
		  "such as \"key: value\"" },
		{ BED "limits: 5\n", "5:9: limits: expected keys with values, "
		  "such as \"key: value\"" },
		{ BED "notify:\nlog:\n",
		  "5:8: notify: there is no value; expected keys with values "
		  "below it\n6:5: log: there is no value; expected keys with "
		  "values below it" },
		{ BED "roles: {view: anna}\n", "5:15: view: \"anna\" is not a "
		  "list; expected a list of users and groups, such as [anna, "
		  "\"@nurses\"]" },
		{ BED "roles: {view: [[anna]]}\n", "5:16: view: this is a "
		  "list; expected a list of users and groups, such as [anna, "
		  "\"@nurses\"]" },
		{ BED "limits: {hr-low: {on: yes}}\n", "5:23: on: \"yes\" is "
		  "not known; expected true or false" },
		{ BED "limits: {hr-low: {priority: urgent}}\n", "5:29: "
		  "priority: \"urgent\" is not known; expected one of low, "
		  "medium, high" },
		{ "- a\n", "1:1: expected keys with values, such as \"key: "
		  "value\"" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
text_for_screens_is_short_and_printable(void **state)
{
	static const struct bad bad[] = {
		{ "site: \"a\\x1bb\"\n" BED, "1:7: site: \"a?b\" contains a "
		  "control character; expected printable text of 0 to 63 "
		  "bytes" },
		{ "site: \"a\\u009bb\"\n" BED, "1:7: site: \"a?b\" contains a "
		  "control character; expected printable text of 0 to 63 "
		  "bytes" },
		{ "site: \"a\\0b\"\n" BED, "1:7: site: \"a?b\" contains a NUL; "
		  "expected printable text of 0 to 63 bytes" },
		{ BED "limits: {confirmed-by: \" \"}", "5:24: confirmed-by: "
		  "\" \" begins or ends with a blank; expected printable text "
		  "of 0 to 63 bytes" },
		{ "beds:\n  - id: A\n    label: 123456789012345678901234\n"
		  "    monitors: [{name: m, driver: nonin-2, port: /dev/x}]\n",
		  "3:12: label: \"123456789012345678901234\" is too long; "
		  "expected printable text of 1 to 23 bytes" },
		{ "beds:\n  - id: A/B\n"
		  "    monitors: [{name: m, driver: nonin-2, port: /dev/x}]\n",
		  "2:9: id: \"A/B\" is not a plain name; expected letters, "
		  "digits, '-' and '_', a letter or digit first, at most 23" },
		{ "beds:\n  - id: \"\"\n"
		  "    monitors: [{name: m, driver: nonin-2, port: /dev/x}]\n",
		  "2:9: id: is empty; expected letters, digits, '-' and '_', "
		  "a letter or digit first, at most 23" },
		{ MONITOR("name: m, driver: nonin-2, port: ttyS0"),
		  "4:42: port: \"ttyS0\" is not an absolute path; expected "
		  A_PORT },
		{ MONITOR("name: m, driver: nonin-2, port: 'unix:run/x'"),
		  "4:42: port: \"unix:run/x\" names no absolute path of a "
		  "socket; expected " A_PORT },
		{ MONITOR("name: m, driver: nonin-2, port: 'unix:/'"),
		  "4:42: port: \"unix:/\" names no absolute path of a socket; "
		  "expected " A_PORT },
		{ MONITOR("name: m, driver: nonin-2, port: 'unix:/" LONG_PATH
		  "'"), "4:42: port: \"unix:/0123456789012345678901234567890123"
		  "...\" is over 107 bytes, too long for a socket; expected "
		  A_PORT },
		{ MONITOR("name: m, driver: nonin-2, port: 'usb:403:6001:A'"),
		  "4:42: port: \"usb:403:6001:A\" has no vendor of four "
		  "hexadecimal digits; expected " A_PORT },
		{ MONITOR("name: m, driver: nonin-2, port: 'usb:0403:6001'"),
		  "4:42: port: \"usb:0403:6001\" has no serial number; expected "
		  A_PORT },
		{ MONITOR("name: m, driver: nonin-2, port: /dev/ttyS0, "
		  "expect: '0403:6001'"), "4:62: expect: \"0403:6001\" does not "
		  "begin with usb:; expected usb:VENDOR:PRODUCT or usb:VENDOR:"
		  "PRODUCT:SERIAL (lsusb -v shows them), such as "
		  "usb:0403:6001:A5069RR4" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
a_missing_key_is_named(void **state)
{
	static const struct bad bad[] = {
		{ "site: x\n", "1:1: the key \"beds\" is missing; expected a "
		  "list of 1 to 1000 entries" },
		{ "beds:\n  - id: A\n", "2:5: beds[]: the key \"monitors\" is "
		  "missing; expected a list of 1 to 4 entries" },
		{ MONITOR("name: m, driver: nonin-2"), "4:9: "
		  "beds[].monitors[]: the key \"port\" is missing; expected "
		  A_PORT },
		{ BED "notify: {channels: [{at-least: high}]}", "5:21: "
		  "notify.channels[]: the key \"name\" is missing; expected "
		  "letters, digits, '-' and '_', a letter or digit first, at "
		  "most 31" },
		{ "", "1:1: the file says nothing; expected at least the key "
		  "\"beds\"" },
		{ "# only words\n", "1:1: the file says nothing; expected at "
		  "least the key \"beds\"" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
an_unknown_driver_is_refused_with_the_nearest_or_where_to_look(void **state)
{
	(void)state;
	expect(MONITOR("name: m, driver: ge-dr, port: /dev/ttyS0"),
	    "4:27: driver: there is no driver \"ge-dr\"; did you mean "
	    "\"ge-dri\"?");
	expect(MONITOR("name: m, driver: bodyguard, port: /dev/ttyS0"),
	    "4:27: driver: there is no driver \"bodyguard\"; expected one of "
	    "those in vitalsd.yaml(5), MONITORS");
}

/* In its section MONITORS, and in the table of docs/monitors.md. */
static void
the_manual_has_every_driver(void **state)
{
	char *page = read_whole(MANUAL);
	char *table = read_whole("docs/monitors.md");
	const char *section;

	(void)state;
	section = strstr(page, "\n.Sh MONITORS\n");
	assert_non_null(section);
	for (size_t i = 0; drivers[i] != NULL; i++) {
		char item[80], row[80];

		snprintf(item, sizeof(item), "\n.It Cm %s\n",
		    drivers[i]->name);
		snprintf(row, sizeof(row), "\n| %s |", drivers[i]->name);
		if (strstr(section, item) == NULL)
			fail_msg("%s has no %s", MANUAL, item + 1);
		if (strstr(table, row) == NULL)
			fail_msg("docs/monitors.md has no row %s", row + 1);
	}
	free(page);
	free(table);
}

static void
an_interval_must_be_one_that_the_driver_can_ask_for(void **state)
{
	(void)state;
	expect(MONITOR("name: m, driver: ge-dri, port: /dev/a, interval: 7s"),
	    "4:59: interval: 7s is none that ge-dri can be asked for; expected "
	    "one of 1s, 5s, 10s");
	expect(MONITOR("name: m, driver: nonin-2, port: /dev/a, interval: 5s"),
	    "4:60: interval: nonin-2 sends by itself and is not asked; "
	    "expected no interval");
	expect(MONITOR("name: m, driver: ge-dri, port: /dev/a, "
	    "interval: 1500ms"),
	    "4:59: interval: \"1500ms\" is not whole seconds; expected whole "
	    "seconds from 1s to 10min, written like 15s or 2min");
}

/* A port is what its name says. */
static void
a_port_may_be_a_serial_number_or_a_socket(void **state)
{
	struct config *c = parse_good("beds:\n  - id: A\n    monitors:\n"
	    "      - {name: a, driver: nonin-2, port: usb:0403:6001:A50}\n"
	    "      - {name: b, driver: nonin-2, port: 'usb:0403:6011:F:if01'}\n"
	    "      - {name: c, driver: ge-dri, port: unix:/run/vitals-tcp/c}\n"
	    "      - {name: d, driver: ge-dri, port: /dev/serial/by-path/p,"
	    " expect: usb:1A86:7523}\n");
	const struct config_port *p = c->ports;

	(void)state;
	assert_true(config_port_is_usb(&p[0]));
	assert_int_equal(p[0].transport, TRANSPORT_SERIAL);
	assert_true(p[0].expect.named);
	assert_int_equal(p[0].expect.vendor, 0x0403);
	assert_string_equal(p[0].expect.serial, "A50");
	assert_int_equal(p[0].expect.interface, -1);
	assert_int_equal(p[0].line.baud, p[0].driver->line.baud);
	assert_int_equal(p[1].expect.interface, 1);
	assert_int_equal(p[2].transport, TRANSPORT_UNIX);
	assert_string_equal(config_socket_path(p[2].path), "/run/vitals-tcp/c");
	assert_false(p[2].expect.named);
	assert_false(config_port_is_usb(&p[3]));
	assert_null(config_socket_path(p[3].path));
	assert_int_equal(p[3].expect.vendor, 0x1a86);
	assert_string_equal(p[3].expect.serial, "");
	config_free(c);
}

static void
what_does_not_go_with_that_kind_of_port_is_refused(void **state)
{
	static const struct bad bad[] = {
		{ MONITOR("name: m, driver: nonin-2, port: unix:/run/x, "
		  "transport: pty"), "4:66: transport: the port says itself "
		  "what it is (unix:); expected no transport" },
		{ MONITOR("name: m, driver: nonin-2, port: usb:0403:6001:A, "
		  "transport: pty"), "4:70: transport: the port says itself "
		  "what it is (usb:); expected no transport" },
		{ MONITOR("name: m, driver: nonin-2, port: unix:/run/x, "
		  "parity: even"), "4:63: parity: a socket has no line "
		  "settings: they are those of the device server behind it; "
		  "expected none" },
		{ MONITOR("name: m, driver: nonin-2, port: unix:/run/x, "
		  "expect: usb:0403:6001"), "4:63: expect: a socket is no USB "
		  "device; expected none" },
		{ MONITOR("name: m, driver: nonin-2, port: /tmp/x, "
		  "transport: pty, expect: usb:0403:6001"), "4:74: expect: a "
		  "pseudo-terminal is no USB device; expected none" },
		{ MONITOR("name: m, driver: nonin-2, port: usb:0403:6001:A, "
		  "expect: usb:0403:6001:A"), "4:67: expect: the port names "
		  "its device itself; expected none" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
a_port_named_by_order_of_plugging_is_refused(void **state)
{
	(void)state;
	expect(MONITOR("name: m, driver: nonin-2, port: /dev/ttyUSB0"),
	    "4:42: port: \"/dev/ttyUSB0\" goes by the order of plugging: "
	    "plugging another monitor first swaps patients; expected its link "
	    "in /dev/serial/by-id or by-path");
	expect(MONITOR("name: m, driver: nonin-2, port: /dev/./ttyACM12"),
	    "4:42: port: \"/dev/./ttyACM12\" goes by the order of plugging: "
	    "plugging another monitor first swaps patients; expected its link "
	    "in /dev/serial/by-id or by-path");
}

static void
two_monitors_on_one_port_are_refused(void **state)
{
	(void)state;
	expect("beds:\n"
	    "  - id: A\n"
	    "    monitors: [{name: m, driver: nonin-2, port: /dev/x}]\n"
	    "  - id: B\n"
	    "    monitors: [{name: m, driver: ge-dri, port: //dev/./x/}]\n",
	    "5:48: port: \"//dev/./x/\" is that of A/m too (line 3); expected "
	    "one monitor on one port");
}

static void
one_port_by_another_spelling_is_the_same_port(void **state)
{
	static const struct { const char *first, *second; } same[] = {
		{ "unix:/run/x", "unix://run/./x" },
		/* With the cable out, no look at the device tells. */
		{ "/dev/serial/by-id/x", "/dev/serial/by-id/../by-id/x" },
		{ "/dev/x", "/../dev/serial/y/../../x" },
		{ "usb:0403:6001:A", "usb:0403:6001:A" },
		{ "usb:1a86:7523:A", "usb:1A86:7523:A" },
		/* Which of its ports the first is nobody knows. */
		{ "usb:0403:6011:A", "usb:0403:6011:A:if01" },
	}, other[] = {
		{ "unix:/run/x", "unix:/run/y" },
		{ "/dev/serial/by-id/x", "/dev/serial/by-id/..x" },
		{ "usb:0403:6011:A:if00", "usb:0403:6011:A:if01" },
		{ "usb:0403:6011:A", "usb:0403:6011:B" },
	};
	static const char form[] = "beds:\n  - id: A\n    monitors:\n"
	    "      - {name: a, driver: nonin-2, port: '%s'}\n"
	    "      - {name: b, driver: nonin-2, port: '%s'}\n";
	char text[400], expected[300];

	(void)state;
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		snprintf(text, sizeof(text), form, same[i].first,
		    same[i].second);
		snprintf(expected, sizeof(expected), "5:42: port: \"%s\" is "
		    "that of A/a too (line 4); expected one monitor on one "
		    "port", same[i].second);
		expect(text, expected);
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		snprintf(text, sizeof(text), form, other[i].first,
		    other[i].second);
		config_free(parse_good(text));
	}
}

/* A by-path link and a serial number, of one adapter that is plugged in. */
static void
a_serial_number_and_a_link_to_its_adapter_are_one_port(void **state)
{
	struct fake_usb usb;
	char text[400], expected[300];

	(void)state;
	fake_usb_open(&usb);
	fake_usb_plug(&usb, &(struct fake_port){ "ttyUSB3", "1-1", "0403",
		"6001", "A50", NULL, "00", "/dev/null" });
	snprintf(text, sizeof(text), "beds:\n  - id: A\n    monitors:\n"
	    "      - {name: a, driver: nonin-2, port: %s/dev/ttyUSB3}\n"
	    "      - {name: b, driver: nonin-2, port: usb:0403:6001:A50}\n",
	    usb.root);
	snprintf(expected, sizeof(expected), "5:42: port: this and the port of "
	    "A/a (line 4) both lead to /dev/null; expected one monitor on one "
	    "port");
	expect(text, expected);
	fake_usb_unplug(&usb, "1-1");
	config_free(parse_good(text));
	fake_usb_close(&usb);
}

/* by-id and by-path lead to the same adapter. */
static void
two_links_to_one_port_are_one_port(void **state)
{
	char dir[] = "/tmp/test_config.XXXXXX", text[1024], expected[1024];
	char device[64], id[64], path[64];
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(device, sizeof(device), "%s/device", dir);
	snprintf(id, sizeof(id), "%s/by-id", dir);
	snprintf(path, sizeof(path), "%s/by-path", dir);
	f = fopen(device, "w");
	assert_non_null(f);
	fclose(f);
	assert_int_equal(symlink(device, id), 0);
	assert_int_equal(symlink("device", path), 0);
	snprintf(text, sizeof(text), "beds:\n  - id: A\n    monitors:\n"
	    "      - {name: a, driver: nonin-2, port: %s}\n"
	    "      - {name: b, driver: nonin-2, port: %s}\n", id, path);
	snprintf(expected, sizeof(expected), "5:42: port: this and the port of "
	    "A/a (line 4) both lead to %s; expected one monitor on one port",
	    device);
	expect(text, expected);
	unlink(device);
	/* With the cable out nothing can be said against it. */
	config_free(parse_good(text));
	unlink(id);
	unlink(path);
	rmdir(dir);
}

/* A simulator's, or socat's. */
static void
two_links_to_one_pseudo_terminal_are_one_port(void **state)
{
	char dir[] = "/tmp/test_config.XXXXXX", text[1024], expected[1024];
	char first[64], second[64];

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(first, sizeof(first), "%s/a", dir);
	snprintf(second, sizeof(second), "%s/b", dir);
	assert_int_equal(symlink("/dev/null", first), 0);
	assert_int_equal(symlink("/dev/null", second), 0);
	snprintf(text, sizeof(text), "beds:\n  - id: A\n    monitors:\n"
	    "      - {name: a, driver: nonin-2, port: %s, transport: pty}\n"
	    "      - {name: b, driver: nonin-2, port: %s, transport: pty}\n",
	    first, second);
	snprintf(expected, sizeof(expected), "5:42: port: this and the port of "
	    "A/a (line 4) both lead to /dev/null; expected one monitor on one "
	    "port");
	expect(text, expected);
	unlink(second);
	config_free(parse_good(text));
	unlink(first);
	rmdir(dir);
}

static void
a_name_that_is_there_twice_is_refused(void **state)
{
	static const struct bad bad[] = {
		{ "beds:\n"
		  "  - {id: C1, monitors: [{name: m, driver: nonin-2, "
		  "port: /dev/a}]}\n"
		  "  - {id: c1, monitors: [{name: m, driver: nonin-2, "
		  "port: /dev/b}]}\n",
		  "3:10: id: \"c1\" is that of an earlier bed, \"C1\" (case "
		  "does not count); expected an id of its own" },
		{ "beds:\n"
		  "  - {id: A, label: Blue, monitors: [{name: m, driver: "
		  "nonin-2, port: /dev/a}]}\n"
		  "  - {id: blue, monitors: [{name: m, driver: nonin-2, "
		  "port: /dev/b}]}\n",
		  "3:10: label: bed blue would be shown as \"blue\", as bed A "
		  "is (case does not count); expected a label of its own" },
		{ "beds:\n  - id: A\n    monitors:\n"
		  "      - {name: m, driver: nonin-2, port: /dev/a}\n"
		  "      - {name: m, driver: nonin-2, port: /dev/b}\n",
		  "5:16: name: \"m\" is there twice at this bed; expected a "
		  "name of its own" },
		{ BED "notify: {channels: [{name: x}, {name: x}]}",
		  "5:39: name: there are two channels \"x\"; expected a name "
		  "of its own" },
		{ "beds:\n  - id: ABCDEFGHIJKLMNOPQRSTUVW\n    monitors:\n"
		  "      - {name: abcdefgh, driver: nonin-2, port: /dev/a}\n",
		  "4:16: name: together with the bed's id, "
		  "\"ABCDEFGHIJKLMNOPQRSTUVW/abcdefgh\" has 32 letters; "
		  "expected at most 31" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
limits_in_the_wrong_order_are_refused_all_of_them(void **state)
{
	struct config *c = parse(BED "limits:\n"
	    "  hr-high: {limit: 140}\n"
	    "  spo2-very-low: {limit: 94, clear: 95}\n"
	    "  no-data: 2min\n");

	(void)state;
	assert_null(c);
	assert_int_equal(complaints.n, 3);
	/* The limit that was shipped has no place; the one that was changed
	 * has. */
	assert_int_equal(complaints.item[0].line, 6);
	assert_int_equal(complaints.item[0].column, 20);
	assert_string_equal(complaints.item[0].text, "hr-very-high (>130, as "
	    "shipped) has to lie above the less urgent hr-high (>140); "
	    "expected at least 141 for hr-very-high, or at most 129 for "
	    "hr-high");
	assert_int_equal(complaints.item[1].line, 7);
	assert_int_equal(complaints.item[1].column, 26);
	assert_non_null(strstr(complaints.item[1].text, "spo2-low (<92, as "
	    "shipped)"));
	assert_int_equal(complaints.item[2].line, 8);
	assert_string_equal(complaints.item[2].text, "no-data-high: 1min is "
	    "less than no-data (2min); expected at least as much");
}

static void
a_faulty_tier_is_refused_at_the_key_that_makes_it_so(void **state)
{
	static const struct bad bad[] = {
		{ BED "limits: {hr-high: {limit: 120, clear: 121, on: true}}",
		  "5:39: hr-high: the clear value 121 lies beyond the limit "
		  "(>120, as shipped); expected at most 120" },
		{ BED "limits: {spo2-low: {clear: 90}}",
		  "5:28: spo2-low: the clear value 90 lies beyond the limit "
		  "(<92, as shipped); expected at least 92" },
		{ BED "limits: {spo2-low: {clear: 101}}",
		  "5:28: spo2-low: no value comes to the clear value 101, so "
		  "the alarm would never end; expected 92 to 100" },
		{ BED "limits: {nibp-sys-high: {limit: 160, delay: 5s}}",
		  "5:45: nibp-sys-high: a cuff measurement is one event and "
		  "does not last for a delay of 5 s; expected 0s" },
		{ BED "limits: {hr-high: {priority: high}, "
		  "hr-very-high: {limit: 131, priority: medium}}",
		  "5:74: hr-very-high: priority medium is lower than that of "
		  "hr-high (high), which it follows; expected at least high" },
		{ BED "limits: {spo2-low: {clear: 95, limit: 102}}",
		  "5:39: spo2-low: the limit 102 leaves SpO2 no value beyond "
		  "it, or none inside; expected 2 to 100" },
		{ BED "limits: {hr-low: {limit: 121}}",
		  "5:26: hr-low (<121) and hr-high (>120, as shipped) leave "
		  "no value between them; expected at most 120 for hr-low, or "
		  "at least 121 for hr-high" },
		{ BED "limits: {hr-rise: {limit: 301}}",
		  "5:27: hr-rise: limit 301 is too far from the baseline; "
		  "expected 1 to 300" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

/* Whoever switches it on later does not look at the number again. */
static void
a_tier_that_is_off_is_refused_if_it_makes_no_sense(void **state)
{
	static const struct bad bad[] = {
		{ BED "limits: {hr-fall: {limit: 30}, spo2-drop: {limit: 5}}",
		  "5:27: hr-fall: limit 30 is no fall from the baseline; "
		  "expected a negative number, -99 to -1\n"
		  "5:51: spo2-drop: limit 5 is no fall from the baseline; "
		  "expected a negative number, -100 to -1" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
who_changes_a_limit_alone_keeps_the_distance_of_its_clear_value(void **state)
{
	struct config *c = parse_good(BED "limits:\n"
	    "  hr-high: {limit: 110}\n"
	    "  spo2-low: {limit: 90, clear: 94}\n"
	    "  hr-low: {clear: 60}\n");

	(void)state;
	assert_int_equal(c->limits.tier[TIER_HR_HIGH].clear, 105);
	assert_int_equal(c->limits.tier[TIER_SPO2_LOW].clear, 94);
	assert_int_equal(c->limits.tier[TIER_HR_LOW].clear, 60);
	config_free(c);
}

static void
another_preset_is_refused(void **state)
{
	(void)state;
	expect(BED "limits: {preset: child}", "5:18: preset: \"child\" is not "
	    "known; expected ketamine-adult-draft");
}

static void
what_a_configuration_has_no_use_for_is_refused(void **state)
{
	static const struct bad bad[] = {
		{ "site: &a x\nbeds: *a\n",
		  "1:7: an anchor (&); anchors are not taken here\n"
		  "2:7: an alias (*); expected the value itself, written out" },
		{ BED "---\nsite: x\n", "5:1: a second document begins here; "
		  "expected one document in the file" },
		{ "site: !!str x\n" BED,
		  "1:7: a tag (!); expected the bare value" },
		{ "site: [[[[[[[[[[[[[[[[[[[[[[\n",
		  "1:22: nested too deeply; expected at most 16 levels" },
		{ "<<: {site: x}\n" BED, "1:1: unknown key \"<<\"; expected "
		  "one of site, beds, limits, notify, roles, line-rules, log, recovery" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
what_is_not_yaml_is_refused_where_it_ends_to_be(void **state)
{
	static const struct bad bad[] = {
		{ "site: x\n\tbeds: y\n", "2:1: while scanning a plain "
		  "scalar (it begins at 1:7): found a tab character that violates indentation; "
		  "this is a tab, expected blanks" },
		{ BED "roles: {view: [@nurses]}\n", "5:16: while scanning for "
		  "the next token: found character that cannot start any "
		  "token; a name with '@' must stand in quotes" },
		{ "site: x\nlimits: %\n", "2:9: while scanning for the next "
		  "token: found character that cannot start any token; a text "
		  "that begins so must stand in quotes" },
		{ "site: {a: b\n", "2:1: while parsing a flow mapping (it "
		  "begins at 1:7): did not find expected ',' or '}'" },
		{ "site: x\n beds: y\n", "2:6: mapping values are not allowed "
		  "in this context; expected \"key: value\", each key as far "
		  "to the right as those beside it" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
a_text_with_a_colon_is_told_to_stand_in_quotes(void **state)
{
#define HINT "; a text with a colon in it must stand in quotes"
	static const struct bad bad[] = {
		{ "site: Dr. X: clinic\n", "1:12: mapping values are not "
		  "allowed in this context" HINT },
		{ "site: unix:\n" BED, "1:11: mapping values are not allowed "
		  "in this context" HINT },
		{ MONITOR("name: m, driver: nonin-2, port: unix:"), "4:46: "
		  "while scanning a plain scalar: found unexpected ':'" HINT },
		{ MONITOR("name: m, driver: nonin-2, port: unix: x"), "4:46: "
		  "while parsing a flow mapping: did not find expected ',' or "
		  "'}'" HINT },
	};
#undef HINT

	(void)state;
	EXPECT_ALL(bad);
}

static void
a_quote_that_is_not_closed_is_told_where_it_opens(void **state)
{
	static const struct bad bad[] = {
		{ "limits: {}\nsite: \"x\n" BED, "2:7: the quote that opens "
		  "here is never closed; expected another \" behind the text" },
		{ "site: '\xc3\xa9\n", "1:7: the quote that opens here is "
		  "never closed; expected another ' behind the text" },
		/* Another quote closes it. */
		{ "site: \"x\nbeds:\n  - id: \"A\"\n", "3:10: while parsing a "
		  "block mapping (it begins at 1:1): did not find expected key"
		  "; is a quote above not closed, or this line further to the "
		  "right or left than those beside it?" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
bytes_that_are_not_text_are_refused_on_every_line(void **state)
{
	static const char nul[] = "site: a\0b\n" BED;

	(void)state;
	expect("site: \"\xc3\xa9\xff\xfe\"\n# \xed\xa0\x80\nbeds: \xc0\xaf\n",
	    "1:9: byte 0xff is not UTF-8; expected text in UTF-8\n"
	    "2:3: byte 0xed is not UTF-8; expected text in UTF-8\n"
	    "3:7: byte 0xc0 is not UTF-8; expected text in UTF-8");
	expect("site: a\x1b[31m\n", "1:8: control character U+001B; expected "
	    "text");
	assert_null(config_parse(nul, sizeof(nul) - 1, &complaints));
	assert_string_equal(complaints_text(&complaints),
	    "1:8: control character U+0000; expected text");
	/* Cut off in the middle of a character. */
	expect("site: \xe2\x82", "1:7: byte 0xe2 is not UTF-8; expected text "
	    "in UTF-8");
}

static void
a_byte_order_mark_and_dos_lines_do_no_harm(void **state)
{
	struct config *c = parse_good("\xef\xbb\xbfsite: \xc3\xa9\r\nbeds:\r\n"
	    "  - id: A\r\n    monitors: [{name: m, driver: nonin-2, "
	    "port: /dev/a}]\r\n");

	(void)state;
	assert_string_equal(c->site, "\xc3\xa9");
	config_free(c);
	expect("\xef\xbb\xbfsite: \xc3\xa9\r\nbed: 1\r\nbeds: 1\r\n",
	    "2:1: unknown key \"bed\"; did you mean \"beds\"?\n"
	    "3:7: beds: \"1\" is not a list (each entry begins with \"- \"); "
	    "expected a list of 1 to 1000 entries");
}

static void
a_huge_file_or_list_is_bounded(void **state)
{
	size_t n = CONFIG_FILE_MAX + 1;
	char *text = malloc(n + 1);
	size_t o;

	(void)state;
	assert_non_null(text);
	memset(text, '#', n);
	text[n] = '\0';
	expect(text, "0:0: larger than 1024 KiB; expected a configuration file");
	memset(text, '[', n);
	text[n - 1] = '\0';
	expect(text, "1:17: nested too deeply; expected at most 16 levels");

	o = (size_t)sprintf(text, "beds:\n");
	for (int i = 0; i < 1002; i++)
		o += (size_t)sprintf(text + o, " - {id: B%d, monitors: [{name: "
		    "m, driver: nonin-2, port: /dev/s%d}]}\n", i, i);
	expect(text, "1002:4: beds: one too many; expected a list of 1 "
	    "to 1000 entries");

	o = 0;
	for (int i = 0; i < 129; i++)
		o += (size_t)sprintf(text + o, "k%d: 1\n", i);
	expect(text, "1:1: more than 128 keys here; expected fewer");

	o = (size_t)sprintf(text, BED "limits:\n");
	for (int i = 0; i < 120; i++)
		o += (size_t)sprintf(text + o, "  qqq%d: 1\n", i);
	assert_null(parse(text));
	assert_int_equal(complaints.n, CONFIG_COMPLAINTS);
	assert_int_equal(complaints.more, 20);
	free(text);
}

static void
a_file_that_cannot_be_read_is_one_complaint(void **state)
{
	char line[512];

	(void)state;
	assert_null(config_load("/nonexistent/vitalsd.yaml", &complaints));
	assert_int_equal(complaints.n, 1);
	complaint_format(line, sizeof(line), "x.yaml", &complaints.item[0]);
	assert_string_equal(line, "x.yaml: cannot be opened: No such file or "
	    "directory");
	assert_null(config_load("/tmp", &complaints));
	assert_string_equal(complaints_text(&complaints),
	    "0:0: is not a regular file; expected the configuration");
}

static void
a_complaint_is_shown_like_a_compilers(void **state)
{
	const struct complaint k = { 3, 7, "no" };
	char line[64];

	(void)state;
	complaint_format(line, sizeof(line), "/etc/x.yaml", &k);
	assert_string_equal(line, "/etc/x.yaml:3:7: no");
}

static void
all_complaints_come_at_once_in_the_order_of_the_file(void **state)
{
	(void)state;
	expect("beds:\n"
	    "  - id: A\n"
	    "    monitors:\n"
	    "      - {name: m, driver: nonin-2, port: /dev/ttyUSB0}\n"
	    "limits: {hr-low: {limit: 40}, preset: x}\n"
	    "nope: 1\n",
	    "4:42: port: \"/dev/ttyUSB0\" goes by the order of plugging: "
	    "plugging another monitor first swaps patients; expected its link "
	    "in /dev/serial/by-id or by-path\n"
	    "5:26: hr-very-low (<=40, as shipped) has to lie below the less "
	    "urgent hr-low (<40); expected at most 38 for hr-very-low, or at "
	    "least 42 for hr-low\n"
	    "5:39: preset: \"x\" is not known; expected ketamine-adult-draft\n"
	    "6:1: unknown key \"nope\"; expected one of site, beds, limits, "
	    "notify, roles, line-rules, log, recovery");
}

static void
the_digest_is_that_of_the_bytes(void **state)
{
	struct config *a = parse_good(BED), *b = parse_good(BED "# words\n");

	(void)state;
	assert_int_equal(strlen(a->digest), 64);
	assert_string_not_equal(a->digest, b->digest);
	config_free(a);
	config_free(b);
}

static void
a_reload_takes_words_and_limits_but_no_other_monitors(void **state)
{
	struct config *a = parse_good(BED "notify: {channels: [{name: x}]}\n");
	const struct {
		const char *text, *key;
	} change[] = {
		{ "site: y\n" BED "notify: {channels: [{name: x, "
		  "at-least: high}]}\nlimits: {hr-high: {limit: 125}}\n"
		  "roles: {view: [x]}\nrecovery: {minimum: 1h}\n", NULL },
		{ BED "notify: {channels: [{name: y}]}\n", "notify.channels" },
		{ BED "notify: {channels: [{name: x}]}\nlog: {segment: 1h}\n",
		  "log" },
		{ MONITOR("name: m, driver: nonin-2, port: /dev/ttyS1")
		  "notify: {channels: [{name: x}]}\n", "beds[].monitors" },
		{ MONITOR("name: m, driver: nonin-2, port: /dev/ttyS0, "
		  "baud: 1200") "notify: {channels: [{name: x}]}\n",
		  "beds[].monitors" },
		{ MONITOR("name: m, driver: nonin-2, port: /dev/ttyS0, "
		  "same-limb-as-cuff: true"), "beds[].monitors" },
		{ MONITOR("name: m, driver: nonin-2, port: /dev/ttyS0, "
		  "transport: pty"), "beds[].monitors" },
		{ MONITOR("name: m, driver: ge-dri, port: /dev/ttyS0"),
		  "beds[].monitors" },
		{ MONITOR("name: m, driver: nonin-2, port: /dev/ttyS0, "
		  "expect: usb:0403:6001"), "beds[].monitors" },
		{ "beds: [{id: B, monitors: [{name: m, driver: nonin-2, "
		  "port: /dev/ttyS0}]}]\n", "beds" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(change) / sizeof(change[0]); i++) {
		struct config *b = parse_good(change[i].text);
		const char *why = config_reloadable(a, b);

		if (change[i].key == NULL) {
			assert_null(why);
		} else {
			assert_non_null(why);
			assert_memory_equal(why, change[i].key,
			    strlen(change[i].key));
			assert_int_equal(why[strlen(change[i].key)], ':');
		}
		config_free(b);
	}
	config_free(a);
}

#define T(f) cmocka_unit_test(f)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(the_example_is_taken_and_says_the_defaults),
		T(the_example_mentions_every_key),
		T(the_manual_has_every_key_with_its_range_and_default),
		T(the_manual_tells_the_shipped_tiers),
		T(the_manual_tells_the_defaults_of_durations),
		T(a_small_file_gets_every_default),
		T(roles_that_name_nobody_are_not_taken_for_no_roles),
		T(with_roles_only_those_named_may_do_what_is_named),
		T(every_setting_of_a_monitor_arrives),
		T(a_value_is_what_is_written),
		T(an_unknown_key_is_refused_with_the_nearest_name),
		T(a_repeated_key_is_refused_and_names_the_first),
		T(a_number_that_is_not_plainly_one_is_refused),
		T(a_duration_or_size_needs_a_known_unit_and_its_range),
		T(a_wrong_kind_of_value_is_refused_where_it_stands),
		T(text_for_screens_is_short_and_printable),
		T(a_missing_key_is_named),
		T(an_unknown_driver_is_refused_with_the_nearest_or_where_to_look),
		T(the_manual_has_every_driver),
		T(an_interval_must_be_one_that_the_driver_can_ask_for),
		T(a_port_named_by_order_of_plugging_is_refused),
		T(a_port_may_be_a_serial_number_or_a_socket),
		T(what_does_not_go_with_that_kind_of_port_is_refused),
		T(one_port_by_another_spelling_is_the_same_port),
		T(a_serial_number_and_a_link_to_its_adapter_are_one_port),
		T(two_monitors_on_one_port_are_refused),
		T(two_links_to_one_port_are_one_port),
		T(two_links_to_one_pseudo_terminal_are_one_port),
		T(a_name_that_is_there_twice_is_refused),
		T(limits_in_the_wrong_order_are_refused_all_of_them),
		T(a_faulty_tier_is_refused_at_the_key_that_makes_it_so),
		T(a_tier_that_is_off_is_refused_if_it_makes_no_sense),
		T(who_changes_a_limit_alone_keeps_the_distance_of_its_clear_value),
		T(another_preset_is_refused),
		T(what_a_configuration_has_no_use_for_is_refused),
		T(what_is_not_yaml_is_refused_where_it_ends_to_be),
		T(a_text_with_a_colon_is_told_to_stand_in_quotes),
		T(a_quote_that_is_not_closed_is_told_where_it_opens),
		T(bytes_that_are_not_text_are_refused_on_every_line),
		T(a_byte_order_mark_and_dos_lines_do_no_harm),
		T(a_huge_file_or_list_is_bounded),
		T(a_file_that_cannot_be_read_is_one_complaint),
		T(a_complaint_is_shown_like_a_compilers),
		T(all_complaints_come_at_once_in_the_order_of_the_file),
		T(the_digest_is_that_of_the_bytes),
		T(a_reload_takes_words_and_limits_but_no_other_monitors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
