/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the manager of health devices says, and when.  What it reads is told by
 * its captures.
 *
 * Easy to get wrong: a report that is confirmed is deleted in the device, so
 * only what was understood may be.
 */
#include "tests/unit/real_recording.h"
#include "tests/unit/recording.h"

static struct stream s;
static uint8_t buf[TX_MAX];

static void
open_line(void)
{
	stream_init(&s, driver_find("ieee11073"), NULL, 0);
}

/* Bytes as two hexadecimal digits each, blanks between them or not. */
static size_t
from_hex(const char *hex, uint8_t out[600])
{
	size_t n = 0;
	unsigned b;

	for (; *hex != '\0' && *hex != '\n'; hex += 2) {
		while (*hex == ' ')
			hex++;
		assert_int_equal(sscanf(hex, "%2x", &b), 1);
		assert_true(n < 600);
		out[n++] = (uint8_t)b;
	}
	return n;
}

/* The agent says one message; what became of it. */
static struct decoded
hear(int64_t t_ms, const char *hex)
{
	static struct decoded d;
	uint8_t byte[600];
	size_t n = from_hex(hex, byte);

	assert_int_equal(stream_feed(&s, t_ms, byte, n), n);
	assert_true(stream_next(&s, &d));
	return d;
}

/* The manager says exactly this; "" is nothing. */
static void
says(int64_t t_ms, const char *hex)
{
	uint8_t want[600];
	size_t n = stream_request(&s, t_ms, buf), k = from_hex(hex, want);

	assert_int_equal(n, k);
	assert_memory_equal(buf, want, k);
	assert_true(n == 0 || tx_allowed(s.driver, buf, n));
}

#define AARQ_HEAD "e2000032 80000000 0001 002a 5079 0026 80000000 8000 " \
    "80000000 00000000 00800000 0008 00220922580803cc "
#define AARQ_TAIL " 0001 01 00 00000000"
#define AARQ_OXIMETER AARQ_HEAD "0190" AARQ_TAIL
#define AARQ_CUFF AARQ_HEAD "02bc" AARQ_TAIL
#define AARQ_OWN AARQ_HEAD "4000" AARQ_TAIL
#define AARE(result) "e300002c 00" result " 5079 0026 80000000 8000 80000000 " \
    "00000000 80000000 0008 0276697461 6c7364 00000000 00000000 0000"
#define CLOCK_ASKED(id) "e700000e 000c 00" id " 0103 0006 0000 0000 0000"
/* 2026-11-29 10:00:00 */
#define CLOCK(id) "e700001a 0018 00" id \
    " 0203 0012 0000 0001 000c 0987 0008 2026112910000000"
#define ABRT "e6000002 0000"
/* 96 % and 72/min, of now; invoke id 0x1234 */
#define LEVELS "e7000026 0024 1234 0101 001e 0000 ffffffff 0d1d 0014 f000 0000 " \
    "0002 000c 0001 0002 0060 000a 0002 0048"
#define LEVELS_TAKEN "e7000012 0010 1234 0201 000a 0000 00000000 0d1d 0000"
#define RELEASE_ASKED "e4000002 0000"
#define RELEASED "e5000002 0000"

static void
associate(int64_t t_ms)
{
	open_line();
	assert_int_equal(hear(t_ms, AARQ_OXIMETER).result, DECODE_IGNORED);
	says(t_ms, AARE("00"));
	says(t_ms, CLOCK_ASKED("01"));
	says(t_ms, "");
	assert_int_equal(hear(t_ms, CLOCK("01")).result, DECODE_OK);
}

static void
nothing_is_said_before_the_agent_speaks(void **state)
{
	(void)state;
	open_line();
	for (int64_t t = 0; t < 60000; t += 250)
		says(t, "");
	assert_int_equal(stream_release(&s, 60000, buf), 0);
}

static void
a_standard_configuration_is_known_and_the_clock_is_asked_for(void **state)
{
	(void)state;
	associate(1000);
	open_line();
	assert_int_equal(hear(0, AARQ_CUFF).result, DECODE_IGNORED);
	says(0, AARE("00"));
}

static void
a_configuration_of_its_own_is_asked_for_and_accepted(void **state)
{
	(void)state;
	open_line();
	hear(0, AARQ_OWN);
	says(0, AARE("03"));
	says(0, "");
	says(9000, "");
	/* One object: SpO2, handle 1.  It has four attributes, not three. */
	assert_int_equal(hear(9000, "e7000044 0042 3212 0101 003c 0000 "
	    "ffffffff 0d1c 0032 4000 0001 002c 0006 0001 0003 0024 "
	    "092f 0004 00024bb8 0996 0002 0220 0a55 000c 0002 0008 "
	    "0a4c 0002 0990 0008 0a46 0002 4040").result, DECODE_BAD_VALUE);
	says(9000, ABRT);
	hear(9000, AARQ_OWN);
	says(9000, AARE("03"));
	assert_int_equal(hear(9100, "e7000044 0042 3212 0101 003c 0000 "
	    "ffffffff 0d1c 0032 4000 0001 002c 0006 0001 0004 0024 "
	    "092f 0004 00024bb8 0996 0002 0220 0a55 000c 0002 0008 "
	    "0a4c 0002 0990 0008 0a46 0002 4040").result, DECODE_IGNORED);
	says(9100, "e7000016 0014 3212 0201 000e 0000 00000000 0d1c 0004 "
	    "4000 0000");
	says(9100, CLOCK_ASKED("01"));
}

static void
a_confirmed_report_is_confirmed_by_its_own_id_once(void **state)
{
	(void)state;
	associate(0);
	assert_int_equal(hear(1000, LEVELS).readings.n, 2);
	says(1000, LEVELS_TAKEN);
	says(1000, "");
}

static void
an_unconfirmed_report_is_not_answered(void **state)
{
	(void)state;
	associate(0);
	assert_int_equal(hear(1000, "e7000026 0024 1234 0100 001e 0000 "
	    "ffffffff 0d1d 0014 f000 0000 0002 000c 0001 0002 0060 000a 0002 "
	    "0048").readings.n, 2);
	says(1000, "");
}

static void
a_report_that_cannot_be_read_is_answered_by_an_abort(void **state)
{
	(void)state;
	associate(0);
	/* Three objects, it says, and there are two. */
	assert_int_equal(hear(1000, "e7000026 0024 1234 0101 001e 0000 "
	    "ffffffff 0d1d 0014 f000 0000 0003 000c 0001 0002 0060 000a 0002 "
	    "0048").result, DECODE_BAD_VALUE);
	says(1000, ABRT);
	says(1000, "");
	assert_int_equal(stream_release(&s, 1000, buf), 0);
}

static void
reports_without_an_association_are_aborted_now_and_then(void **state)
{
	(void)state;
	open_line();
	assert_int_equal(hear(0, LEVELS).result, DECODE_BAD_SEQUENCE);
	says(0, ABRT);
	assert_int_equal(hear(1000, LEVELS).readings.n, 0);
	says(1000, "");
	hear(2000, LEVELS);
	says(2000, ABRT);
	assert_int_equal(s.good_ms, STREAM_NEVER);
}

static void
a_byte_that_belongs_nowhere_ends_the_association(void **state)
{
	struct decoded d;
	uint8_t byte[600];
	size_t n = from_hex("55" LEVELS, byte);

	(void)state;
	associate(0);
	assert_int_equal(stream_feed(&s, 1000, byte, n), n);
	assert_true(stream_next(&s, &d));
	assert_int_equal(d.result, DECODE_BAD_SEQUENCE);
	assert_int_equal(d.readings.n, 0);
	says(1000, ABRT);
}

static void
an_agent_that_begins_anew_is_not_told_of_the_abort_before(void **state)
{
	(void)state;
	open_line();
	hear(0, LEVELS);
	hear(0, AARQ_OXIMETER);
	says(0, AARE("00"));
	says(0, CLOCK_ASKED("01"));
	says(0, "");
}

static void
a_release_is_granted_and_one_is_asked_for_at_the_end(void **state)
{
	(void)state;
	associate(0);
	assert_int_equal(hear(1000, RELEASE_ASKED).result, DECODE_IGNORED);
	says(1000, RELEASED);
	assert_int_equal(hear(2000, LEVELS).readings.n, 0);
	associate(3000);
	assert_int_equal(stream_release(&s, 4000, buf), 6);
	assert_true(tx_allowed(s.driver, buf, 6));
	assert_int_equal(buf[0], 0xe4);
	assert_int_equal(stream_release(&s, 4000, buf), 0);
}

static void
an_agent_that_says_nothing_is_asked_every_3_s_and_given_up(void **state)
{
	(void)state;
	associate(0);
	says(2999, "");
	says(3000, CLOCK_ASKED("02"));
	says(5999, "");
	says(6000, CLOCK_ASKED("03"));
	says(9000, CLOCK_ASKED("04"));
	says(11999, "");
	says(12000, ABRT);
	says(20000, "");
	assert_int_equal(hear(20000, LEVELS).readings.n, 0);
}

static void
an_agent_that_answers_is_asked_again_when_it_is_quiet(void **state)
{
	(void)state;
	associate(0);
	for (int64_t t = 3000; t < 60000; t += 3000) {
		uint8_t id[600];
		size_t n = stream_request(&s, t, id);
		char hex[200];

		assert_int_equal(n, 18);
		snprintf(hex, sizeof hex, "e700001a 0018 00%02x 0203 0012 0000 "
		    "0001 000c 0987 0008 2026112910000000", id[7]);
		assert_int_equal(hear(t, hex).result, DECODE_OK);
		says(t, "");
	}
}

static void
what_came_before_the_clock_is_told_when_it_is_known(void **state)
{
	struct decoded d;

	(void)state;
	open_line();
	/* 120/80 (93), measured at 09:59:00 */
	hear(2000, AARQ_CUFF);
	d = hear(2500, "e7000030 002e 0001 0101 0028 0000 ffffffff 0d1d 001e "
	    "f000 0000 0001 0016 0001 0012 0003 0006 0078 0050 005d "
	    "2026112909590000");
	assert_int_equal(d.result, DECODE_IGNORED);
	assert_int_equal(d.readings.n, 0);
	d = hear(3000, CLOCK("01"));
	assert_int_equal(d.result, DECODE_OK);
	assert_int_equal(d.readings.n, 3);
	assert_int_equal(d.readings.item[0].value, 120);
	assert_int_equal(d.readings.item[0].age_ms, 60000);
	/* Once. */
	assert_int_equal(hear(3500, CLOCK("02")).readings.n, 0);
}

static void
a_cuff_result_is_not_lost_to_what_comes_after_it_before_the_clock(void **state)
{
	struct decoded d;

	(void)state;
	open_line();
	hear(0, AARQ_CUFF);
	/* 120/80 (93) of 09:59:00, then a pulse alone of 09:59:59. */
	hear(500, "e7000030 002e 0001 0101 0028 0000 ffffffff 0d1d 001e "
	    "f000 0000 0001 0016 0001 0012 0003 0006 0078 0050 005d "
	    "2026112909590000");
	hear(600, "e7000028 0026 0002 0101 0020 0000 ffffffff 0d1d 0016 "
	    "f000 0000 0001 000e 0002 000a 0048 2026112909595900");
	d = hear(1000, CLOCK("01"));
	assert_int_equal(d.readings.n, 3);
	assert_int_equal(d.readings.item[0].value, 120);
}

static void
every_id_handle_and_event_may_be_echoed_and_nothing_else(void **state)
{
	uint8_t m[600];
	size_t n = from_hex(LEVELS_TAKEN, m);

	(void)state;
	open_line();
	for (unsigned id = 0; id <= 0x83ff; id++) {
		m[6] = (uint8_t)(id >> 8);
		m[7] = (uint8_t)id;
		assert_true(tx_allowed(s.driver, m, n));
	}
	for (size_t i = 0; i < 2; i++) {
		static const uint16_t beyond[2] = { 0x8400, 0xffff };

		m[6] = (uint8_t)(beyond[i] >> 8);
		m[7] = (uint8_t)beyond[i];
		assert_false(tx_allowed(s.driver, m, n));
	}
	m[6] = 0x83;
	m[7] = 0xff;
	assert_true(tx_allowed(s.driver, m, n));
	m[19] = 0x1c;
	assert_false(tx_allowed(s.driver, m, n));
	m[19] = 0x2e;
	assert_false(tx_allowed(s.driver, m, n));
	m[19] = 0x2d;
	m[12] = 1;
	assert_false(tx_allowed(s.driver, m, n));
	/* No setting, no action. */
	n = from_hex("e7000018 0016 0000 0105 0010 0037 0001 000a 0000 0953 "
	    "0002 0001 0000", m);
	assert_false(tx_allowed(s.driver, m, n));
	n = from_hex("e7000012 0010 0001 0107 000a 0000 0c1b 0004 0000 0000", m);
	assert_false(tx_allowed(s.driver, m, n));
}

/* The manager's side of the worked examples, where they are present. */
static void
the_examples_of_a_manager_are_what_is_said(void **state)
{
	FILE *f = open_recording("ieee11073-apdu-examples.hex.txt");
	char line[1300];
	size_t seen = 0;

	(void)state;
	while (fgets(line, sizeof line, f) != NULL) {
		char *hex = strchr(line, ' ');
		uint8_t m[600];
		size_t n;

		assert_non_null(hex);
		*hex++ = '\0';
		n = from_hex(hex, m);
		open_line();
		if (strncmp(line, "bp/aare", 7) == 0) {
			/* Its own id. */
			memcpy(m + 30, "\x02vitalsd", 8);
			assert_true(tx_allowed(s.driver, m, n));
			assert_int_equal(m[5], 3);
			seen++;
		} else if (strcmp(line, "bp/rors_accepted_config") == 0) {
			/* Time 0 instead of none. */
			memset(m + 14, 0, 4);
			assert_true(tx_allowed(s.driver, m, n));
			seen++;
		} else if (strcmp(line, "bp/rlre") == 0) {
			associate(0);
			assert_int_equal(hear(100, hex).result,
			    DECODE_BAD_SEQUENCE);
			says(100, "");
			seen++;
		}
	}
	fclose(f);
	assert_int_equal(seen, 4);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nothing_is_said_before_the_agent_speaks),
		cmocka_unit_test(
		a_standard_configuration_is_known_and_the_clock_is_asked_for),
		cmocka_unit_test(
		    a_configuration_of_its_own_is_asked_for_and_accepted),
		cmocka_unit_test(
		    a_confirmed_report_is_confirmed_by_its_own_id_once),
		cmocka_unit_test(an_unconfirmed_report_is_not_answered),
		cmocka_unit_test(
		    a_report_that_cannot_be_read_is_answered_by_an_abort),
		cmocka_unit_test(
		    reports_without_an_association_are_aborted_now_and_then),
		cmocka_unit_test(
		    a_byte_that_belongs_nowhere_ends_the_association),
		cmocka_unit_test(
		an_agent_that_begins_anew_is_not_told_of_the_abort_before),
		cmocka_unit_test(
		    a_release_is_granted_and_one_is_asked_for_at_the_end),
		cmocka_unit_test(
		an_agent_that_says_nothing_is_asked_every_3_s_and_given_up),
		cmocka_unit_test(
		    an_agent_that_answers_is_asked_again_when_it_is_quiet),
		cmocka_unit_test(
		    what_came_before_the_clock_is_told_when_it_is_known),
		cmocka_unit_test(
	    a_cuff_result_is_not_lost_to_what_comes_after_it_before_the_clock),
		cmocka_unit_test(
		every_id_handle_and_event_may_be_echoed_and_nothing_else),
		cmocka_unit_test(the_examples_of_a_manager_are_what_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
