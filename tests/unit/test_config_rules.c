/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What line-rules may say, and for each thing that they may not, the complaint
 * at its line and column.
 *
 * Easy to get wrong: the rules begin at line 8 of the file; a table's complaint
 * names the place as LINE:COLUMN.
 */
#include "daemon/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

static struct complaints complaints;

#define BED \
	"beds:\n" \
	"  - id: A\n" \
	"    monitors:\n" \
	"      - {name: m, driver: line, rules: r,\n" \
	"         port: /dev/ttyS0}\n" \
	"line-rules:\n" \
	"  r:\n"
#define MATCH \
	"    match:\n" \
	"      - prefix: \"VALUE:\"\n" \
	"        values: {hr: {at: 1}}\n"

static struct config *
parse(const char *text)
{
	return config_parse(text, strlen(text), &complaints);
}

static struct config *
parse_good(const char *text)
{
	struct config *c = parse(text);

	if (c == NULL)
		fail_msg("%u:%u: %s", complaints.item[0].line,
		    complaints.item[0].column, complaints.item[0].text);
	return c;
}

/* The complaints, one line each. */
static const char *
said(void)
{
	static char all[32768];
	size_t n = 0;

	all[0] = '\0';
	for (size_t i = 0; i < complaints.n && n < sizeof(all); i++)
		n += (size_t)snprintf(all + n, sizeof(all) - n, "%s%u:%u: %s",
		    i > 0 ? "\n" : "", complaints.item[i].line,
		    complaints.item[i].column, complaints.item[i].text);
	return all;
}

struct bad {
	const char *rules, *complaint;
};

/* Each complaint is the only one, and begins as the table says. */
static void
expect_all(const struct bad *bad, size_t n)
{
	char text[4096];

	for (size_t i = 0; i < n; i++) {
		struct config *c;

		snprintf(text, sizeof(text), BED "%s", bad[i].rules);
		c = parse(text);
		if (c != NULL || complaints.n != 1 || strncmp(said(),
		    bad[i].complaint, strlen(bad[i].complaint)) != 0)
			fail_msg("expected \"%s\" of\n%sgot \"%s\"",
			    bad[i].complaint, text, said());
		config_free(c);
	}
}
#define EXPECT_ALL(bad) expect_all((bad), sizeof(bad) / sizeof((bad)[0]))

static void
rules_give_their_monitors_a_driver_of_their_own(void **state)
{
	struct config *c = parse_good(
	    "beds:\n"
	    "  - id: A\n"
	    "    monitors:\n"
	    "      - {name: a, driver: line, rules: r, port: /dev/ttyS0}\n"
	    "      - {name: b, driver: line, rules: r, port: /dev/ttyS1}\n"
	    "      - {name: c, driver: line, rules: s, port: /dev/ttyS2,"
	    " baud: 2400}\n"
	    "      - {name: d, driver: nonin-2, port: /dev/ttyS3}\n"
	    "line-rules:\n"
	    "  r:\n"
	    "    silent-after: 20s\n"
	    "    longest: 100\n"
	    MATCH
	    "  s:\n"
	    "    poll: [{send: \"<1B>D<0d><LF><3C>\", every: 1s}]\n"
	    "    polls-confirmed-by: A. Example\n"
	    MATCH);
	const struct driver *r = c->ports[0].driver;
	static const uint8_t poll[] = { 0x1B, 'D', 0x0D, 0x0A, '<' };

	(void)state;
	assert_string_equal(r->name, "line");
	assert_ptr_equal(r, c->ports[1].driver);
	assert_ptr_equal(c->ports[0].options.rules,
	    c->ports[1].options.rules);
	assert_int_equal(r->silent_after_ms, 20000);
	assert_int_equal(r->longest, 100);
	assert_null(r->tx);
	assert_ptr_not_equal(r, c->ports[2].driver);
	assert_true(tx_allowed(c->ports[2].driver, poll, sizeof(poll)));
	assert_int_equal(c->ports[2].line.baud, 2400);
	assert_int_equal(c->ports[1].line.baud, 9600);
	assert_null(c->ports[3].options.rules);
	config_free(c);
}

static void
a_monitor_needs_rules_and_only_with_the_driver_line(void **state)
{
	(void)state;
	assert_null(parse("beds:\n  - id: A\n    monitors:\n"
	    "      - {name: m, driver: line, port: /dev/ttyS0}\n"));
	assert_string_equal(said(), "4:27: driver: \"line\" knows no monitor by"
	    " itself; expected the key \"rules\" too");
	assert_null(parse("beds:\n  - id: A\n    monitors:\n"
	    "      - {name: m, driver: nonin-2, rules: r, port: /dev/ttyS0}\n"
	    "line-rules:\n  r:\n" MATCH));
	assert_string_equal(said(), "4:43: rules: the driver nonin-2 has its "
	    "own; expected no rules, or the driver line");
	assert_null(parse("beds:\n  - id: A\n    monitors:\n"
	    "      - {name: m, driver: line, rules: acutorr, port: "
	    "/dev/ttyS0}\nline-rules:\n  accutorr:\n" MATCH));
	assert_string_equal(said(), "4:40: rules: there are no line-rules "
	    "\"acutorr\"; did you mean \"accutorr\"?");
	assert_null(parse("beds:\n  - id: A\n    monitors:\n"
	    "      - {name: m, driver: line, rules: x, port: /dev/ttyS0}\n"));
	assert_string_equal(said(), "4:40: rules: there are no line-rules "
	    "\"x\"; expected a name under line-rules");
}

static void
a_wrong_key_or_value_is_refused_where_it_stands(void **state)
{
	static const struct bad bad[] = {
		{ "    ende: \"x\"\n" MATCH,
		  "8:5: unknown key \"ende\" in line-rules.NAME; did you mean "
		  "\"end\"?" },
		{ "    end: \"<CRR>\"\n" MATCH,
		  "8:10: end: \"<CRR>\" has a name between '<' and '>' that is "
		  "no byte; expected 1 to 31 characters, bytes written as" },
		{ "    end: \"<CR\"\n" MATCH,
		  "8:10: end: \"<CR\" has a '<' without its '>'" },
		{ "    start: \"\xc2\xb0\"\n" MATCH,
		  "8:12: start: \"\xc2\xb0\" holds a character that is not "
		  "plain ASCII" },
		{ "    start: \"\"\n" MATCH, "8:12: start: is empty" },
		{ "    longest: 5000\n" MATCH,
		  "8:14: longest: \"5000\" is too large; expected a whole number"
		  " from 16 to 2048" },
		{ "    ignore: [a, b, c, d, e, f, g, h, i]\n" MATCH,
		  "8:38: ignore: \"i\" is one text too many" },
		{ "    checksum: {kind: crc32}\n" MATCH,
		  "8:22: kind: \"crc32\" is not known; expected one of sum, xor,"
		  " twos-complement, not-sum, crc8" },
		{ "    match:\n      - prefix: \"VALUE:\"\n"
		  "        values: {sp02: {at: 1}}\n",
		  "10:18: unknown key \"sp02\" in match[].values; did you mean "
		  "\"spo2\"?" },
		{ "    match:\n      - prefix: \"VALUE:\"\n"
		  "        values: {hr: {at: 1, unit: bar}}\n",
		  "10:36: unit: \"bar\" is not known; expected one of C, F, mmHg"
		  ", kPa" },
		{ "    match: []\n", "8:12: match: the list is empty" },
		{ "    silent-after: 10s\n",
		  "8:5: line-rules.NAME: the key \"match\" is missing" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
a_wrong_shape_of_a_line_is_refused(void **state)
{
	static const struct bad bad[] = {
		{ "    match: [{line: \"A={spo3:3}  \"}]\n",
		  "8:20: line: \"A={spo3:3}  \" has a capture by a name that is no"
		  " vital" },
		{ "    match: [{line: \"VALUE={hr:0}\"}]\n",
		  "8:20: line: \"VALUE={hr:0}\" has a capture with a width not "
		  "from 1 to 40" },
		{ "    match: [{line: \"VALUE={hr}{pr}\"}]\n",
		  "8:20: line: \"VALUE={hr}{pr}\" has a capture without a width" },
		{ "    match: [{line: \"VALUE={hr\"}]\n",
		  "8:20: line: \"VALUE={hr\" has a '{' without its '}'" },
		{ "    match: [{line: \"VALUE={hr} {hr}\"}]\n",
		  "8:20: line: \"VALUE={hr} {hr}\" captures one vital twice" },
		{ "    match: [{line: \"VALUE={hr}\", prefix: V}]\n",
		  "8:13: match[]: \"line\" says it all" },
		{ "    match: [{line: \"VALUE={hr}\", values: {hr: {at: 1}}}]\n",
		  "8:52: at: the line above says already where hr stands" },
		{ "    match: [{line: \"VALUE={hr}\", values: {pr: {at: 2}}}]\n",
		  "8:52: at: a line of this kind has 1 field; expected no more" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
keys_that_do_not_fit_together_are_refused(void **state)
{
	static const struct bad bad[] = {
		{ "    skip: 20\n" MATCH,
		  "8:11: skip: it counts from the start" },
		{ "    length: 20\n" MATCH,
		  "8:13: length: without a start nobody knows" },
		{ "    start: x\n    length: 20\n    end: \"<CR>\"\n" MATCH,
		  "10:10: end: frames of a fixed length have no end" },
		{ "    start: \"<CR>x\"\n" MATCH,
		  "8:12: start: it begins with an end of a line" },
		{ "    split: \"<CR>\"\n" MATCH,
		  "8:12: split: one of its bytes is an end already" },
		{ "    start: x\n    skip: 300\n" MATCH,
		  "9:11: longest: such a frame is longer than 256" },
		{ "    checksum: {kind: sum, written: byte}\n" MATCH,
		  "8:36: written: a checksum that is one byte may look like an "
		  "end" },
		{ "    prompt: \">\"\n" MATCH,
		  "8:13: prompt: nothing is asked" },
		{ "    match: [{prefix: \"VALUE:\", values: {hr: {}}}]\n",
		  "8:45: hr: nothing says where it stands" },
		{ "    match: [{prefix: \"VALUE:\"}]\n",
		  "8:13: match[]: nothing is read from such a line" },
		{ "    match: [{values: {hr: {at: 1}}}]\n",
		  "8:13: match[]: any line at all would be one of these" },
		{ "    match: [{prefix: \"VALUE:\", values: {hr: {at: 2}}}]\n",
		  "8:50: at: a line of this kind has 1 field; expected no more, "
		  "or a separator" },
		{ "    match: [{prefix: \"VALUE:\", values: {hr: {at: 1, width: 3}"
		  "}}]\n", "8:60: width: it counts from a column" },
		{ "    match: [{prefix: \"VALUE:\", values: {hr: {title: HR, at: 1"
		  "}}}]\n", "8:53: title: the names of columns stand in a "
		  "heading line" },
		{ "    match: [{prefix: \"VALUE:\", values: {hr: {at: 1, unit: F}"
		  "}}]\n", "8:59: unit: hr is not measured in that; expected no "
		  "unit" },
		{ "    match: [{prefix: \"VALUE:\", values: {hr: {at: 1, minimum: "
		  "9, maximum: 8}}}]\n",
		  "8:62: minimum: it is larger than the maximum" },
		{ "    match: [{prefix: \"VALUE:\", repeated: true, values: {hr: "
		  "{at: 1}}}]\n", "8:42: repeated: there is no separator" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

#define STATUS(s) \
	"    match:\n      - prefix: \"VALUE:\"\n        separator: \",\"\n" \
	"        values: {hr: {at: 1}}\n        status:\n          - {" s "}\n"

static void
a_status_has_one_test_and_a_consequence(void **state)
{
	static const struct bad bad[] = {
		{ STATUS("at: 2, means: fault, of: [hr]"),
		  "13:13: status: expected just one test" },
		{ STATUS("at: 2, bit: 1, is: x, means: fault, of: [hr]"),
		  "13:13: status: expected just one test" },
		{ STATUS("bit: 1, means: fault, of: [hr]"),
		  "13:13: status: nothing says where it stands" },
		{ STATUS("at: 2, bit: 1, alarm: low, text: x, of: [hr]"),
		  "13:13: status: \"means\" and \"of\" belong together" },
		{ STATUS("at: 2, bit: 1, means: fault, of: [hr], alarm: low"),
		  "13:13: status: \"alarm\" and \"text\" belong together" },
		{ STATUS("at: 2, bit: 1"),
		  "13:13: status: nothing follows from it" },
		{ STATUS("at: 2, nonzero: false, means: fault, of: [hr]"),
		  "13:30: nonzero: false tests nothing" },
		{ STATUS("at: 2, bit: 32, means: fault, of: [hr]"),
		  "13:26: bit: \"32\" is too large" },
		{ STATUS("at: 2, bit: 1, means: fault, of: [hr, sp]"),
		  "13:52: of: \"sp\" is no vital; expected a list of hr, pr, "
		  "spo2" },
		{ STATUS("at: 2, bit: 1, alarm: low, text: \"\xc3\xa4\""),
		  "13:47: text: it holds a character that is not plain ASCII" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

#define CUFF(fields, cuff) \
	"    match:\n      - prefix: \"BP:\"\n        separator: \",\"\n" fields \
	"        values: {nibp_sys: {at: 1}, nibp_dia: {at: 2}}\n" cuff

static void
a_cuff_result_needs_a_way_to_be_new_and_to_be_believed(void **state)
{
	static const struct bad bad[] = {
		{ CUFF("        fields: 4\n", ""),
		  "9:9: match[]: a cuff result stands there for minutes" },
		{ CUFF("        fields: 4\n", "        cuff: {new: age}\n"),
		  "13:21: cuff: nothing says where it stands" },
		{ CUFF("        fields: 4\n", "        cuff: {new: state, at: 3}"
		  "\n"), "13:21: new: nothing says which state means a result" },
		{ CUFF("        fields: 4\n", "        cuff: {new: age, at: 3, "
		  "to: x}\n"), "13:37: to: only \"new: state\" has states" },
		{ CUFF("        fields: 4\n", "        cuff: {new: change, "
		  "unit: s}\n"), "13:35: unit: only \"new: age\" has a unit" },
		{ CUFF("", "        cuff: {new: line}\n"),
		  "12:21: cuff: too little speaks for such a line" },
		{ "    match:\n      - prefix: \"VALUE:\"\n        values: {hr: "
		  "{at: 1}}\n        cuff: {new: line}\n",
		  "11:21: cuff: this match has no cuff result" },
		{ "    silent-after: 11s\n    match:\n      - {prefix: \"V\", "
		  "values: {hr: {at: 1}}}\n",
		  "8:19: silent-after: lines with fewer than 5 fixed characters" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

#define POLL(send) "    poll: [{send: \"" send "\", every: 2s}]\n"
#define BY "    polls-confirmed-by: A. Example\n"

static void
a_poll_is_refused_without_a_name_or_where_it_does_harm(void **state)
{
	static const struct bad bad[] = {
		{ POLL("P") MATCH,
		  "8:19: poll: nobody answers for what is sent to this monitor" },
		{ POLL("P") "    polls-confirmed-by: \"\"\n" MATCH,
		  "9:25: polls-confirmed-by: is empty" },
		{ POLL("<3A><20><A6>") BY MATCH,
		  "8:19: send: on the wire this starts the cuff of a SunTech "
		  "module; vitalsd sends no such thing, whoever confirms it" },
		{ POLL("<55><AA><04><02><01><F8>") BY MATCH,
		  "8:19: send: on the wire this starts the cuff of a Berry" },
		{ POLL("<STX>01;;D7<ETX>") BY MATCH,
		  "8:19: send: on the wire this may start the cuff of a Medlab" },
		{ "    poll:\n      - {send: \"a<3A>\", every: 2s}\n"
		  "      - {send: \" <A6>b\", every: 2s}\n" BY MATCH,
		  "10:16: send: on the wire this (alone or behind another poll) "
		  "starts the cuff of a SunTech module" },
		{ "    poll: [{send: \"P\"}]\n" BY MATCH,
		  "8:12: poll[]: the key \"every\" is missing" },
		{ "    poll: [{send: \"P\", every: 100ms}]\n" BY MATCH,
		  "8:31: every: \"100ms\" is too small" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
no_number_is_shown_as_the_present_one_for_more_than_a_minute(void **state)
{
	static const struct bad bad[] = {
		{ "    silent-after: 61s\n" MATCH,
		  "8:19: silent-after: an old number would be shown as the "
		  "present one for so long" },
		{ "    silent-after: 61min\n" MATCH,
		  "8:19: silent-after: \"61min\" is too large" },
	};

	(void)state;
	EXPECT_ALL(bad);
	config_free(parse_good(BED "    silent-after: 1min\n" MATCH));
	/* A cuff's result has its own time. */
	config_free(parse_good(BED "    silent-after: 1h\n"
	    CUFF("        fields: 4\n", "        cuff: {new: line}\n")));
}

static void
one_definition_too_many_is_refused(void **state)
{
	char text[4096] = BED MATCH;

	(void)state;
	for (int i = 0; i < CONFIG_RULES; i++)
		snprintf(text + strlen(text), sizeof(text) - strlen(text),
		    "  x%d:\n" MATCH, i);
	assert_null(parse(text));
	assert_string_equal(said(), "39:3: line-rules: \"x7\" is one too many; "
	    "expected a name of letters, digits, '-' and '_', at most 31, and "
	    "no more than 8 of them");
}

static void
more_alarms_or_cuffs_than_one_match_are_refused(void **state)
{
	static const struct bad bad[] = {
		{ "    match:\n"
		  "      - {prefix: \"VALUE:\", values: {hr: {at: 1}}, status: "
		  "[{at: 1, is: x, alarm: low, text: x}]}\n"
		  "      - {prefix: \"OTHER:\", values: {pr: {at: 1}}, status: "
		  "[{at: 1, is: x, alarm: low, text: x}]}\n",
		  "10:9: match[]: lines of another kind tell alarms already" },
		{ "    match:\n"
		  "      - {prefix: \"PRESS:\", separator: \",\", values: "
		  "{nibp_sys: {at: 1}, nibp_dia: {at: 2}}, cuff: {new: line}}\n"
		  "      - {prefix: \"OTHER:\", separator: \",\", values: "
		  "{nibp_sys: {at: 1}, nibp_dia: {at: 2}}, cuff: {new: line}}\n",
		  "10:104: cuff: lines of another kind have the cuff already" },
	};

	(void)state;
	EXPECT_ALL(bad);
}

static void
a_reload_takes_no_other_rules(void **state)
{
	struct config *a = parse_good(BED MATCH);
	struct config *same = parse_good(BED MATCH);
	struct config *unused = parse_good(BED MATCH "  other:\n" MATCH);
	struct config *other = parse_good(BED "    longest: 200\n" MATCH);
	struct config *silent = parse_good(BED "    silent-after: 20s\n" MATCH);

	(void)state;
	assert_null(config_reloadable(a, same));
	assert_null(config_reloadable(a, unused));
	assert_non_null(config_reloadable(a, other));
	assert_non_null(config_reloadable(a, silent));
	config_free(a);
	config_free(same);
	config_free(unused);
	config_free(other);
	config_free(silent);
}

static void
ports_of_other_drivers_pay_a_pointer(void **state)
{
	(void)state;
	assert_true(sizeof(struct driver_options) <= 2 * sizeof(void *));
}

int
main(void)
{
#define T(f) cmocka_unit_test(f)
	const struct CMUnitTest tests[] = {
		T(rules_give_their_monitors_a_driver_of_their_own),
		T(a_monitor_needs_rules_and_only_with_the_driver_line),
		T(a_wrong_key_or_value_is_refused_where_it_stands),
		T(a_wrong_shape_of_a_line_is_refused),
		T(keys_that_do_not_fit_together_are_refused),
		T(a_status_has_one_test_and_a_consequence),
		T(a_cuff_result_needs_a_way_to_be_new_and_to_be_believed),
		T(a_poll_is_refused_without_a_name_or_where_it_does_harm),
		T(no_number_is_shown_as_the_present_one_for_more_than_a_minute),
		T(one_definition_too_many_is_refused),
		T(more_alarms_or_cuffs_than_one_match_are_refused),
		T(a_reload_takes_no_other_rules),
		T(ports_of_other_drivers_pay_a_pointer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
