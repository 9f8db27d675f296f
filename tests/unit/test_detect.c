/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose bytes are these: what is enough, what is a doubt, and what is nothing;
 * asked of every simulated monitor, and of noise.
 *
 * Easy to get wrong: the drivers are those of the registry.  One that is entered
 * there is asked, and asked about, without a word here.
 */
#include "tests/sim/monitor.h"
#include "tests/unit/detection.h"

#define S 1000

/* Listens to a simulated monitor for so long, and a cuff of it measures now and
 * then; with 'ask', lets its driver ask. */
static void
hear_monitor(const struct sim_driver *sim, const struct driver *d, bool ask,
    int64_t for_ms)
{
	static struct monitor m;
	static struct patient p;
	uint8_t out[SIM_OUT_MAX], message[TX_MAX];
	size_t n;

	patient_init(&p, "BED", 7);
	monitor_init(&m, "m", sim, &p, 11);
	m.cuff.takes_ms = 3 * S;
	if ((sim->has & SIM_CUFF) != 0)
		monitor_cuff_every(&m, 0, 8 * S);
	detect_init(&x, &d->line, 0);
	for (int64_t t = 0; t < for_ms; t++) {
		if (ask && t % 50 == 0) {
			n = stream_request(&detect_claim_of(&x, d)->stream, t,
			    message);
			if (n > 0)
				monitor_hear(&m, t, message, n);
		}
		n = monitor_step(&m, t, out);
		if (n > 0)
			feed(t, out, n);
		detect_quiet(&x, t);
	}
}

/* It gives no values to who does not let it in, and nobody does. */
static void
a_device_that_asks_to_be_let_in_is_known_by_that(void **state)
{
	const struct driver *d = driver_find("ieee11073");

	(void)state;
	hear_monitor(sim_driver_find(d->name), d, false, 10 * S);
	assert_sure(d->name);
	assert_int_equal(claim(d->name)->stream.count.readings, 0);
}

/* Some are silent until they are asked, some only greet: they get 30 s, for the
 * greeting, the agreement and then enough values. */
static void
each_simulated_monitor_is_recognised_within_ten_seconds(void **state)
{
	size_t unasked = 0;

	(void)state;
	for (size_t i = 0; sim_drivers[i] != NULL; i++) {
		const struct driver *d = driver_find(sim_drivers[i]->name);

		assert_non_null(d);
		if (d->needs_rules)
			continue;
		hear_monitor(sim_drivers[i], d, false, 10 * S);
		if (detect_judge(&x) != NULL) {
			unasked++;
		} else {
			assert_non_null(d->request);
			hear_monitor(sim_drivers[i], d, true, 30 * S);
		}
		assert_recognised(d->name, d);
		assert_nobody_else(d->name, d);
	}
	assert_true(unasked > 5);
}

#if defined(__SANITIZE_ADDRESS__)
#define NOISE_BYTES (1000 * 1000)
#else
#define NOISE_BYTES (10 * 1000 * 1000)
#endif

enum noise { NOISE_ANY, NOISE_TEXT, NOISE_WORDS, NOISE_ZERO, NOISE_ONES };

static uint8_t
noise_byte(enum noise kind, uint64_t *seed)
{
	static const char words[] = "SPO2=0976%HR BPM PR:-- \r\n";
	uint64_t r = random_next(seed) >> 20;

	switch (kind) {
	case NOISE_TEXT:
		return (uint8_t)(r % 30 == 0 ? '\n' : ' ' + r % 95);
	case NOISE_WORDS:
		return (uint8_t)words[r % (sizeof words - 1)];
	case NOISE_ZERO:
		return 0x00;
	case NOISE_ONES:
		return 0xFF;
	case NOISE_ANY:
		break;
	}
	return (uint8_t)r;
}

/* At the pace of 115200, looked at again and again, as a person might. */
static void
assert_noise_is_nothing(enum noise kind, uint64_t seed, size_t bytes)
{
	uint8_t piece[64];

	detect_init(&x, NULL, 0);
	for (size_t i = 0; i < bytes / sizeof piece; i++) {
		for (size_t k = 0; k < sizeof piece; k++)
			piece[k] = noise_byte(kind, &seed);
		feed((int64_t)(i * 50 / 9), piece, sizeof piece);
		if (i % 540 == 539 && detect_judge(&x) != NULL)
			fail_msg("%s claims noise of kind %d after %zu bytes",
			    detect_judge(&x)->driver->name, kind,
			    i * sizeof piece);
	}
}

static void
noise_is_nobodys(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 3; seed++)
		assert_noise_is_nothing(NOISE_ANY, seed, NOISE_BYTES);
	assert_noise_is_nothing(NOISE_TEXT, 4, NOISE_BYTES / 5);
	assert_noise_is_nothing(NOISE_WORDS, 5, NOISE_BYTES / 5);
	assert_noise_is_nothing(NOISE_ZERO, 6, NOISE_BYTES / 5);
	assert_noise_is_nothing(NOISE_ONES, 7, NOISE_BYTES / 5);
}

/* A frame of PHASEIN, 21 bytes with a sum. */
static const uint8_t phasein[21] = {
	0xaa, 0x55, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x08, 0x2a, 0x0e, 0x02, 0x00, 0x00, 0x03, 0xf5, 0xc3, 0x00,
};

static void
feed_phasein(int64_t t_ms)
{
	feed(t_ms, phasein, sizeof phasein);
}

static void
begin(void)
{
	detect_init(&x, NULL, 0);
}

static void
three_sound_frames_in_a_row_are_enough_and_two_are_not(void **state)
{
	(void)state;
	begin();
	feed_phasein(0);
	feed_phasein(50);
	assert_doubt("phasein", DETECT_FEW);
	feed_phasein(100);
	assert_sure("phasein");
}

static void
frames_with_garbage_between_are_not_in_a_row(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 6; i++) {
		feed_phasein(i * 50);
		feed(i * 50 + 1, "x", 1);
	}
	assert_doubt("phasein", DETECT_FEW);
}

static void
frames_among_much_garbage_are_a_doubt(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 3; i++)
		feed_phasein(i * 50);
	for (int i = 0; i < 100; i++)
		feed(200 + i, "x", 1);
	assert_doubt("phasein", DETECT_DAMAGED);
	for (int i = 0; i < 400; i++)
		feed(300 + i, "x", 1);
	assert_null(detect_judge(&x));
}

static void
the_remainder_of_the_frame_that_listening_began_in_is_no_garbage(void **state)
{
	(void)state;
	begin();
	feed(0, phasein + 2, sizeof phasein - 2);
	for (int i = 1; i <= 3; i++)
		feed_phasein(i * 50);
	assert_sure("phasein");
	assert_int_equal(claim("phasein")->lost_bytes, 0);
}

static void
a_line_that_sees_errors_is_a_doubt(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 20; i++)
		feed_phasein(i * 50);
	detect_errors(&x, 2);		/* as when it was plugged in */
	assert_sure("phasein");
	detect_errors(&x, 60);
	assert_doubt("phasein", DETECT_LINE_ERRORS);
}

/* Packets of the five-byte format, so many a second. */
static void
hear_packets(unsigned per_s, size_t packets)
{
	static const uint8_t packet[5] = { 0x86, 0x34, 0x05, 0x48, 0x61 };

	begin();
	for (size_t i = 0; i < packets; i++)
		feed((int64_t)(i * 1000 / per_s), packet, sizeof packet);
}

static void
kin_are_told_apart_by_the_pace_of_their_frames(void **state)
{
	(void)state;
	hear_packets(60, 200);
	assert_sure("contec-v5");
	assert_doubt("berry-bci", DETECT_PACE);
	assert_ptr_equal(claim("berry-bci")->other, driver_find("contec-v5"));
	hear_packets(100, 200);
	assert_sure("berry-bci");
	assert_doubt("contec-v5", DETECT_PACE);
	assert_ptr_equal(claim("contec-v5")->other, driver_find("berry-bci"));
	/* As much as the slowest adapter's clock is off. */
	hear_packets(64, 200);
	assert_sure("contec-v5");
}

static void
kin_at_neither_pace_stay_a_doubt(void **state)
{
	(void)state;
	hear_packets(80, 300);
	assert_int_equal(detect_judge(&x)->verdict, DETECT_DOUBT);
	assert_doubt("contec-v5", DETECT_PACE);
	assert_doubt("berry-bci", DETECT_PACE);
	assert_null(claim("contec-v5")->other);
	assert_null(claim("berry-bci")->other);
}

static void
a_pattern_needs_120_frames_of_five_bytes(void **state)
{
	(void)state;
	hear_packets(60, 120);
	assert_doubt("contec-v5", DETECT_FEW);	/* the last has no successor */
	hear_packets(60, 121);
	assert_sure("contec-v5");
}

static void
five_bursts_a_second_apart_are_enough_and_four_are_not(void **state)
{
	static const uint8_t burst[3] = { 0x80, 0x48, 0x61 };
	int64_t t_ms = 1000;

	(void)state;
	begin();
	for (int i = 0; i < 5; i++, t_ms += 1000)
		feed(t_ms, burst, sizeof burst);
	/* The first has none before it. */
	assert_doubt("nonin-1", DETECT_FEW);
	feed(t_ms, burst, sizeof burst);
	assert_sure("nonin-1");
}

static void
bursts_at_another_pace_are_not_counted(void **state)
{
	static const uint8_t burst[3] = { 0x80, 0x48, 0x61 };

	(void)state;
	begin();
	for (int i = 1; i < 12; i++)
		feed(i * 700, burst, sizeof burst);
	assert_doubt("nonin-1", DETECT_FEW);
}

static const char words[] = "SPO2=097 HR=072\r\n";

static void
two_lines_of_words_are_enough_and_one_is_not(void **state)
{
	(void)state;
	begin();
	feed(0, words, sizeof words - 1);
	assert_doubt("nonin-ascii", DETECT_FEW);
	feed(1000, "HELLO\r\n", 7);
	feed(2000, words, sizeof words - 1);
	assert_sure("nonin-ascii");
}

/* A message of a value, and text that nobody reads up to that length. */
static void
feed_message(size_t length)
{
	static const char head[] =
	    "\x0bMSH|^~\\&|||||||ORU^R01|204|P|2.3.1|\r"
	    "OBX||NM|101^HR|2101|72||||||F\rNTE|";
	static const char tail[] = "\r\x1c\r";
	char message[1000];
	size_t body = length - (sizeof tail - 1);

	assert_true(length < sizeof message && body > sizeof head);
	memset(message, 'x', body);
	memcpy(message, head, sizeof head - 1);
	memcpy(message + body, tail, sizeof tail - 1);
	feed(0, message, length);
}

static void
a_message_of_five_hundred_bytes_is_enough_by_itself(void **state)
{
	(void)state;
	begin();
	feed_message(499);
	assert_doubt("hl7", DETECT_FEW);
	begin();
	feed_message(500);
	assert_doubt("hl7", DETECT_KIN);	/* of who asks for the same */
}

/* A frame of Oridion's, of a code that neither of its drivers reads. */
static void
feed_oridion(int64_t t_ms)
{
	static const uint8_t frame[] = { 0x85, 0x02, 0x7E, 0x01, 0x7D };

	feed(t_ms, frame, sizeof frame);
}

static void
two_drivers_that_are_content_with_one_stream_are_a_doubt(void **state)
{
	(void)state;
	begin();
	for (int i = 0; i < 10; i++)
		feed_oridion(i * 50);
	assert_int_equal(detect_judge(&x)->verdict, DETECT_DOUBT);
	assert_doubt("capnostream", DETECT_RIVAL);
	assert_doubt("micropod", DETECT_RIVAL);
	assert_ptr_equal(claim("capnostream")->other, driver_find("micropod"));
	assert_ptr_equal(claim("micropod")->other, driver_find("capnostream"));
}

/* One asks, one listens, and the monitor's answers are the same. */
static void
kin_without_a_pace_are_a_doubt_that_names_both(void **state)
{
	static const char message[] =
	    "\x0bMSH|^~\\&|||||||ORU^R01|204|P|2.3.1|\r"
	    "OBX||NM|101^HR|2101|72||||||F\r\x1c\r";

	(void)state;
	begin();
	for (int i = 0; i < 3; i++)
		feed(i * 1000, message, sizeof message - 1);
	assert_doubt("hl7", DETECT_KIN);
	assert_doubt("hl7-pds", DETECT_KIN);
	assert_ptr_equal(claim("hl7")->other, driver_find("hl7-pds"));
	assert_ptr_equal(claim("hl7-pds")->other, driver_find("hl7"));
}

/* Who asks lists only the one; a monitor's menu may have more. */
static void
kin_are_a_doubt_at_a_setting_that_only_one_of_them_has(void **state)
{
	static const struct line fast = { 115200, 8, 'N', 1, FLOW_NONE };
	const struct detect_claim *best;

	(void)state;
	detect_init(&x, &fast, 0);
	feed_message(500);
	best = detect_judge(&x);
	assert_non_null(best);
	assert_string_equal(best->driver->name, "hl7");
	assert_doubt("hl7", DETECT_KIN);
	assert_ptr_equal(best->other, driver_find("hl7-pds"));
	/* It is nobody's candidate there. */
	assert_null(detect_claim_of(&x, best->other));
	for (size_t i = 0; i < x.n; i++)
		assert_true(x.claim[i].verdict == DETECT_NOTHING ||
		    &x.claim[i] == best);
}

/* micropod has 9600, capnostream 115200. */
static void
a_line_without_a_rate_lets_everybody_doubt(void **state)
{
	static const struct line slow = { 9600, 8, 'N', 1, FLOW_NONE };

	(void)state;
	detect_init(&x, &slow, 0);
	for (int i = 0; i < 10; i++)
		feed_oridion(i * 50);
	assert_sure("micropod");
	detect_init(&x, &slow, 0);
	detect_invite(&x, 0);
	for (int i = 0; i < 10; i++)
		feed_oridion(i * 50);
	assert_doubt("micropod", DETECT_RIVAL);
	assert_ptr_equal(claim("micropod")->other, driver_find("capnostream"));
}

static void
settings_are_tried_once_each_and_those_of_most_drivers_first(void **state)
{
	struct line line[DETECT_LINES];
	size_t n = detect_lines(line), count[DETECT_LINES] = { 0 };

	(void)state;
	assert_true(n < DETECT_LINES);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(line[i].stop, 1);
		assert_int_equal(line[i].flow, FLOW_NONE);
		for (size_t k = 0; k < i; k++)
			assert_false(line[k].baud == line[i].baud &&
			    line[k].bits == line[i].bits &&
			    line[k].parity == line[i].parity);
		for (size_t k = 0; drivers[k] != NULL; k++)
			count[i] += !drivers[k]->needs_rules &&
			    detect_line_of(drivers[k], &line[i]) ==
			    &drivers[k]->line;
		assert_true(i == 0 || count[i] <= count[i - 1]);
	}
}

static void
each_driver_is_a_candidate_at_each_of_its_settings(void **state)
{
	struct line line[DETECT_LINES];
	size_t n = detect_lines(line), all = 0;

	(void)state;
	for (size_t k = 0; drivers[k] != NULL; k++) {
		size_t own = 1, heard = 0;

		for (const struct line *l = drivers[k]->other_lines;
		    l != NULL && l->baud != 0; l++)
			own++;
		for (size_t i = 0; i < n; i++) {
			detect_init(&x, &line[i], 0);
			heard += detect_claim_of(&x, drivers[k]) != NULL;
		}
		/* Who needs rules knows no monitor. */
		assert_int_equal(heard, drivers[k]->needs_rules ? 0 : own);
		all += !drivers[k]->needs_rules;
	}
	begin();
	assert_int_equal(x.n, all);	/* there is room for all */
}

/* A person sets the second stop bit and the flow control as the driver says. */
static void
a_setting_leads_back_to_the_drivers_own(void **state)
{
	static const struct line heard = { 19200, 8, 'E', 1, FLOW_NONE };
	const struct driver *ge = driver_find("ge-dri");

	(void)state;
	assert_ptr_equal(detect_line_of(ge, &heard), &ge->line);
	assert_int_equal(detect_line_of(ge, &heard)->flow, FLOW_RTSCTS);
}

/* Its later software offers a second rate, with the same parity and flow. */
static void
a_carescape_at_its_faster_rate_is_a_candidate(void **state)
{
	static const struct line heard = { 115200, 8, 'E', 1, FLOW_NONE };
	const struct driver *ge = driver_find("ge-dri");
	struct line line[DETECT_LINES];
	size_t n = detect_lines(line), i = 0;

	(void)state;
	while (i < n && (line[i].baud != 115200 || line[i].parity != 'E'))
		i++;
	assert_true(i < n);
	assert_non_null(detect_line_of(ge, &heard));
	assert_int_equal(detect_line_of(ge, &heard)->flow, FLOW_RTSCTS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_simulated_monitor_is_recognised_within_ten_seconds),
		cmocka_unit_test(a_device_that_asks_to_be_let_in_is_known_by_that),
		cmocka_unit_test(noise_is_nobodys),
		cmocka_unit_test(
		    three_sound_frames_in_a_row_are_enough_and_two_are_not),
		cmocka_unit_test(frames_with_garbage_between_are_not_in_a_row),
		cmocka_unit_test(frames_among_much_garbage_are_a_doubt),
		cmocka_unit_test(
	    the_remainder_of_the_frame_that_listening_began_in_is_no_garbage),
		cmocka_unit_test(a_line_that_sees_errors_is_a_doubt),
		cmocka_unit_test(
		    kin_are_told_apart_by_the_pace_of_their_frames),
		cmocka_unit_test(kin_at_neither_pace_stay_a_doubt),
		cmocka_unit_test(a_pattern_needs_120_frames_of_five_bytes),
		cmocka_unit_test(
		    five_bursts_a_second_apart_are_enough_and_four_are_not),
		cmocka_unit_test(bursts_at_another_pace_are_not_counted),
		cmocka_unit_test(two_lines_of_words_are_enough_and_one_is_not),
		cmocka_unit_test(
		    a_message_of_five_hundred_bytes_is_enough_by_itself),
		cmocka_unit_test(
		    two_drivers_that_are_content_with_one_stream_are_a_doubt),
		cmocka_unit_test(
		    kin_without_a_pace_are_a_doubt_that_names_both),
		cmocka_unit_test(
		    kin_are_a_doubt_at_a_setting_that_only_one_of_them_has),
		cmocka_unit_test(a_line_without_a_rate_lets_everybody_doubt),
		cmocka_unit_test(
		settings_are_tried_once_each_and_those_of_most_drivers_first),
		cmocka_unit_test(
		    each_driver_is_a_candidate_at_each_of_its_settings),
		cmocka_unit_test(a_setting_leads_back_to_the_drivers_own),
		cmocka_unit_test(a_carescape_at_its_faster_rate_is_a_candidate),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
