/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The words and the JSON of notices, against literal text and against
 * schemas/notice.schema.json.
 *
 * Easy to get wrong: to be run from the top of the checkout, where the schema
 * is found.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "alerts/message.h"
#include "alerts/phrase.h"

#define CHECKER "tests/schema-check schemas/notice.schema.json"

static const struct now noon = { .t_ms = 5000000, .synced = true,
	.wall_ms = 1795269751042 };	/* 2026-11-21T14:02:31.042Z */
static const struct event_id key = { 0x9f86d081884c7d65, 812 };

static struct alarm_change
a_desaturation(void)
{
	struct alarm_change c = {
		.event = { 0x9f86d081884c7d65, 800 },
		.condition = "spo2-low", .tier = "spo2-very-low",
		.type = ALARM_PHYSIOLOGICAL, .phase = ALARM_START,
		.state = ALARM_ACTIVE, .priority = PRIORITY_HIGH,
		.level = PRIORITY_HIGH, .confirmed = true, .bed = "CHAIR3",
		.session = "20261121-CHAIR3-1",
		.session_phase = PHASE_INFUSION,
		.infusion_ms = 32 * 60000 + 59999, .has_value = true,
		.vital = VITAL_SPO2, .value = 86, .limit = 88,
		.since_ms = 5000000 - 14000, .by = "Dr. Lind",
		.text = "SpO2 86 % (<88)",
	};

	return c;
}

static void
says(const struct alarm_change *c, const char *want)
{
	char text[MESSAGE_TEXT_MAX];

	assert_int_equal(message_text(c, noon.t_ms, text, sizeof text),
	    strlen(want));
	assert_string_equal(text, want);
}

static void
a_sentence_says_what_where_how_long_and_when(void **state)
{
	struct alarm_change c = a_desaturation();

	(void)state;
	says(&c, "[HIGH] CHAIR3 SpO2 86 % (<88) 14 s, infusion +32 min");
	c.since_ms -= 10 * 60000;
	c.infusion_ms = INFUSION_NONE;
	says(&c, "[HIGH] CHAIR3 SpO2 86 % (<88) 10 min");
	c.demo = true;
	says(&c, "[DEMO HIGH] CHAIR3 SpO2 86 % (<88) 10 min");
	c.demo = false;
	c.phase = ALARM_LATCH;
	c.state = ALARM_LATCHED;
	strcpy(c.text, "SpO2 95 %, was <88");
	says(&c, "[HIGH, over, not acknowledged] CHAIR3 SpO2 95 %, was <88");
	c.phase = ALARM_RESET;
	c.state = ALARM_INACTIVE;
	says(&c, "[HIGH, ended] CHAIR3 SpO2 95 %, was <88");
}

static void
a_cuff_reading_is_told_with_its_age(void **state)
{
	struct alarm_change c = a_desaturation();

	(void)state;
	c.vital = VITAL_NIBP_SYS;
	c.value_age_ms = 75000;
	strcpy(c.text, "NIBP sys 185 mmHg (>180), unconfirmed: measure again");
	says(&c, "[HIGH] CHAIR3 NIBP sys 185 mmHg (>180), unconfirmed: measure "
	    "again, measured 75 s ago, infusion +32 min");
}

static void
a_long_sentence_loses_whole_words_and_never_its_times(void **state)
{
	struct alarm_change c = a_desaturation();
	char text[MESSAGE_TEXT_MAX];
	size_t n;

	(void)state;
	for (size_t i = 0; i + 5 < sizeof c.text; i += 5)
		memcpy(c.text + i, "1234 ", 6);
	n = message_text(&c, noon.t_ms, text, sizeof text);
	assert_true(n < sizeof text);
	assert_non_null(strstr(text, "1234 14 s, infusion +32 min"));
	c.infusion_ms = INT64_MAX;
	c.since_ms = -(INT64_C(1) << 61);
	n = message_text(&c, noon.t_ms, text, sizeof text);
	assert_true(n < sizeof text);
	assert_string_equal(text + n - 4, " min");
}

static void
notice_is(const struct alarm_change *c, const char *label, const char *want)
{
	char body[NOTICE_BODY_MAX];

	assert_int_equal(message_notice(c, &noon, label, key, body,
	    sizeof body), strlen(want));
	assert_string_equal(body, want);
}

static void
a_notice_holds_exactly_these_fields(void **state)
{
	struct alarm_change c = a_desaturation();

	(void)state;
	/* Nobody's name is in it, nor the session, nor the bed's own id. */
	notice_is(&c, "Chair 3",
	    "{\"notice\":1,\"kind\":\"alarm\","
	    "\"key\":\"9f86d081884c7d65-812\",\"sequence\":812,"
	    "\"time\":\"2026-11-21T14:02:31.042Z\","
	    "\"clock_synchronised\":true,\"bed\":\"Chair 3\","
	    "\"event\":\"9f86d081884c7d65-800\",\"condition\":\"spo2-low\","
	    "\"tier\":\"spo2-very-low\",\"type\":\"SP\",\"phase\":\"start\","
	    "\"state\":\"active\",\"priority\":\"high\",\"level\":\"high\","
	    "\"acknowledged\":false,\"confirmed\":true,\"demo\":false,"
	    "\"text\":\"[HIGH] Chair 3 SpO2 86 % (<88) 14 s, "
	    "infusion +32 min\",\"vital\":\"spo2\",\"unit\":\"%\","
	    "\"limit\":88,\"value\":86,\"value_age_ms\":0,"
	    "\"lasts_ms\":14000,\"session_phase\":\"infusion\","
	    "\"infusion_ms\":1979999}");
}

static void
a_notice_of_the_box_names_no_bed_and_no_value(void **state)
{
	struct alarm_change c = {
		.event = { 1, 2 }, .condition = "log-failing",
		.type = ALARM_TECHNICAL, .phase = ALARM_END,
		.priority = PRIORITY_HIGH, .confirmed = true,
		.infusion_ms = INFUSION_NONE, .since_ms = noon.t_ms,
		.text = "a \"quote\", a \\ and a\ttab",
	};

	(void)state;
	notice_is(&c, "",
	    "{\"notice\":1,\"kind\":\"alarm\","
	    "\"key\":\"9f86d081884c7d65-812\",\"sequence\":812,"
	    "\"time\":\"2026-11-21T14:02:31.042Z\","
	    "\"clock_synchronised\":true,"
	    "\"event\":\"0000000000000001-2\",\"condition\":\"log-failing\","
	    "\"type\":\"ST\",\"phase\":\"end\",\"state\":\"inactive\","
	    "\"priority\":\"high\",\"level\":\"none\",\"acknowledged\":false,"
	    "\"confirmed\":true,\"demo\":false,\"text\":\"[HIGH, ended] "
	    "a \\\"quote\\\", a \\\\ and a tab\",\"lasts_ms\":0,"
	    "\"session_phase\":\"idle\"}");
}

static void
a_heartbeat_says_how_things_stand(void **state)
{
	char body[NOTICE_BODY_MAX];

	(void)state;
	assert_true(message_heartbeat(&noon, key, PRIORITY_MEDIUM, 3, body,
	    sizeof body) > 0);
	assert_string_equal(body, "{\"notice\":1,\"kind\":\"heartbeat\","
	    "\"key\":\"9f86d081884c7d65-812\",\"sequence\":812,"
	    "\"time\":\"2026-11-21T14:02:31.042Z\","
	    "\"clock_synchronised\":true,\"worst\":\"medium\","
	    "\"beds_in_session\":3}");
	assert_int_equal(message_heartbeat(&noon, key, PRIORITY_MEDIUM, 3,
	    body, 60), 0);
}

static void
days_and_years_are_counted_right(void **state)
{
	static const struct {
		int64_t s;
		const char *want;
	} days[] = {
		{ 0, "1970-01-01T00:00:00.000Z" },
		{ 951782399, "2000-02-28T23:59:59.000Z" },
		{ 951782400, "2000-02-29T00:00:00.000Z" },
		{ 951868800, "2000-03-01T00:00:00.000Z" },
		{ 1798761599, "2026-12-31T23:59:59.000Z" },
		{ 1830297600, "2028-01-01T00:00:00.000Z" },
		{ 4107542400, "2100-03-01T00:00:00.000Z" },
	};
	char body[NOTICE_BODY_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof days / sizeof days[0]; i++) {
		struct now now = { .wall_ms = days[i].s * 1000 };

		assert_true(message_heartbeat(&now, key, PRIORITY_NONE, 0,
		    body, sizeof body) > 0);
		if (!strstr(body, days[i].want))
			fail_msg("%s is not in %s", days[i].want, body);
	}
}

/* Everything as long and as awkward as it can be. */
static struct alarm_change
the_longest(void)
{
	struct alarm_change c = a_desaturation();

	memset(c.condition, '"', sizeof c.condition - 1);
	memset(c.tier, '\\', sizeof c.tier - 1);
	for (size_t i = 0; i < sizeof c.text - 1; i++)
		c.text[i] = i % 8 ? '"' : ' ';
	c.event = (struct event_id){ UINT64_MAX, UINT64_MAX };
	c.phase = ALARM_LATCH;
	c.state = ALARM_LATCHED;
	c.session_phase = PHASE_RECOVERY;
	c.vital = VITAL_NIBP_SYS;
	c.demo = true;
	c.value = c.limit = INT32_MIN;
	c.value_age_ms = INT64_MAX;
	c.infusion_ms = -INT64_MAX;
	c.since_ms = 0;
	return c;
}

static void
the_longest_notice_fits_and_a_short_buffer_gives_none(void **state)
{
	struct alarm_change c = the_longest();
	struct now now = { .t_ms = INT64_MAX, .wall_ms = 253402300799999 };
	char body[NOTICE_BODY_MAX], label[MESSAGE_LABEL_MAX];
	size_t n;

	(void)state;
	memset(label, '"', sizeof label - 1);
	label[sizeof label - 1] = '\0';
	n = message_notice(&c, &now, label, c.event, body, sizeof body);
	assert_true(n > 0);
	assert_int_equal(body[n - 1], '}');
	for (size_t cap = 1; cap <= n; cap++)
		assert_int_equal(message_notice(&c, &now, label, c.event, body,
		    cap), 0);
}

static void
put_line(FILE *to, const struct alarm_change *c, const char *label)
{
	char body[NOTICE_BODY_MAX];

	assert_true(message_notice(c, &noon, label, key, body,
	    sizeof body) > 0);
	fprintf(to, "%s\n", body);
}

static void
every_notice_obeys_the_schema(void **state)
{
	struct alarm_change c = a_desaturation();
	struct alarm_change longest = the_longest();
	char body[NOTICE_BODY_MAX];
	FILE *to = popen(CHECKER, "w");

	(void)state;
	assert_non_null(to);
	for (int p = 0; p < ALARM_PHASES; p++) {
		for (int v = 0; v < VITALS; v++) {
			c.phase = (enum alarm_phase)p;
			c.vital = (enum vital)v;
			c.has_value = p != ALARM_END;
			c.level = (enum priority)(p % PRIORITIES);
			c.type = (enum alarm_type)(p % 3);
			c.session_phase = (enum phase)(p % PHASES);
			put_line(to, &c, v ? "Chair 3" : "");
		}
	}
	put_line(to, &longest, "a label of many words, more of them than a "
	    "label may ever have in this place");
	/* Not UTF-8, control characters, DEL, an em dash and an emoji. */
	strcpy(c.text, "\xff\x80 \xc3 \xed\xa0\x80 \x01\x1f\x7f \xe2\x80\x94 "
	    "\xf0\x9f\x98\x80 end\xe2\x80");
	put_line(to, &c, "\xc0\xaf");
	assert_true(message_heartbeat(&noon, key, PRIORITY_NONE, 0, body,
	    sizeof body) > 0);
	fprintf(to, "%s\n", body);
	assert_int_equal(pclose(to), 0);
}

static void
the_schema_refuses_what_a_notice_must_not_hold(void **state)
{
	static const char *const bad[] = { "{}", "{\"notice\":1,",
		"{\"notice\":1,\"kind\":\"heartbeat\",\"key\":"
		"\"9f86d081884c7d65-812\",\"sequence\":812,\"time\":"
		"\"2026-11-21T14:02:31.042Z\",\"clock_synchronised\":true,"
		"\"worst\":\"medium\",\"beds_in_session\":3,\"by\":\"Lind\"}" };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		FILE *to = popen(CHECKER " 2>/dev/null", "w");

		assert_non_null(to);
		fprintf(to, "%s\n", bad[i]);
		assert_int_not_equal(pclose(to), 0);
	}
}

static void
numbers_are_put_whole_or_not_at_all(void **state)
{
	char out[24];
	struct phrase p = phrase_begin(out, sizeof out);

	(void)state;
	phrase_put_int(&p, INT64_MIN);
	assert_string_equal(out, "-9223372036854775808");
	phrase_put_int(&p, 1234);
	assert_string_equal(out, "-9223372036854775808");
	assert_true(p.full);
	p = phrase_begin(out, sizeof out);
	phrase_put_fixed(&p, 366, 1);
	phrase_put(&p, " ");
	phrase_put_fixed(&p, -5, 2);
	phrase_put(&p, " ");
	phrase_put_padded(&p, 7, 3);
	phrase_put(&p, " ");
	phrase_put_fixed(&p, 0, 0);
	assert_string_equal(out, "36.6 -0.05 007 0");
	p = phrase_begin(out, sizeof out);
	phrase_put_span(&p, 119999);
	phrase_put(&p, " ");
	phrase_put_span(&p, 120000);
	assert_string_equal(out, "119 s 2 min");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) cmocka_unit_test(name)
		T(a_sentence_says_what_where_how_long_and_when),
		T(a_cuff_reading_is_told_with_its_age),
		T(a_long_sentence_loses_whole_words_and_never_its_times),
		T(a_notice_holds_exactly_these_fields),
		T(a_notice_of_the_box_names_no_bed_and_no_value),
		T(a_heartbeat_says_how_things_stand),
		T(days_and_years_are_counted_right),
		T(the_longest_notice_fits_and_a_short_buffer_gives_none),
		T(every_notice_obeys_the_schema),
		T(the_schema_refuses_what_a_notice_must_not_hold),
		T(numbers_are_put_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
