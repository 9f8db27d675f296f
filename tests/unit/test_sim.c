/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitals-sim: what its monitors put on the line, and what its scenario files
 * are held to.  The bytes are judged by the published example frames and by
 * the real drivers, never by the encoders themselves.
 */
#include "tests/sim/record.h"
#include "tests/sim/scenario.h"
#include "review/track.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* multiparameter.md B8: G1, a request for values every 5 s; G4, stop. */
static const uint8_t ge_request[52] = {
	0x7e, 0x31, [22] = 0xff, [41] = 0x01, 0x05, [50] = 0x36, 0x7e,
};
static const uint8_t ge_stop[52] = {
	0x7e, 0x31, [22] = 0xff, [41] = 0x01, [50] = 0x31, 0x7e,
};

/* G9 of the same, without flags, escapes and checksum. */
static const uint8_t ge_example[318] = {
	0x3e, 0x01, 0x7e, 0x0a, 0x00, 0x00, 0x5c, 0xdd, 0x20, 0x69,
	[18] = 1, [21] = 0xff,
	[40] = 0x5c, 0xdd, 0x20, 0x69, 0x0b, 0x00, 0x00, 0x00, 0x00, 0x12,
	0x48, 0x00, 0x01, 0x80, 0x01, 0x80, 0x01, 0x80, 0x0e, 0x00,
	[66] = 0x01, 0x80, 0x01, 0x80, 0x01, 0x80, 0x01, 0x80,
	[80] = 0x01, 0x80, 0x01, 0x80, 0x01, 0x80, 0x01, 0x80,
	[94] = 0x01, 0x80, 0x01, 0x80, 0x01, 0x80, 0x01, 0x80,
	[108] = 0x01, 0x80, 0x01, 0x80, 0x01, 0x80, 0x01, 0x80,
	0x03, 0x00, 0x00, 0x00, 0x08, 0x00, 0x18, 0x2e, 0xb0, 0x1d, 0x28, 0x23,
	0x46, 0x00, 0x03, 0x00, 0x00, 0x00, 0x0b, 0x00, 0x42, 0x0e,
	[144] = 0x01, 0x80, [152] = 0x01, 0x80, [160] = 0x01, 0x80,
	0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0xe4, 0x25, 0x47, 0x00, 0x7e, 0x00,
	0x01, 0x80, 0x03, 0x00, 0x00, 0x00, 0x09, 0x00, 0xf4, 0x01, 0x00, 0x00,
	0x0e, 0x00, 0xb0, 0x1d,
	[196] = 0x01, 0x80, 0x01, 0x80, [206] = 0x01, 0x80, 0x01, 0x80,
	[216] = 0x01, 0x80, 0x01, 0x80, 0x01, 0x80,
	[228] = 0x01, 0x80, 0x01, 0x80, 0x01, 0x80, 0x01, 0x80, 0x01, 0x80,
	0x01, 0x80, 0x01, 0x80, 0x01, 0x80,
	[250] = 0x01, 0x80, 0x01, 0x80, 0x01, 0x80, 0x01, 0x80,
	[264] = 0x01, 0x80, 0x01, 0x80, 0x01, 0x80,
	0x48, 0x00, 0x01, 0x80, 0x01, 0x80, [282] = 0x01, 0x80,
	[290] = 0x01, 0x80, 0x01, 0x80, 0x01, 0x80, 0x01, 0x80,
	[304] = 0x01, 0x80, 0x01, 0x80, 0x01, 0x80, 0x01, 0x80,
	[316] = 0xa1, 0x00,
};

/* Takes flags and escapes off, checks both and the checksum, as GE-IF says. */
static size_t
ge_unwrap(const uint8_t *p, size_t n, uint8_t out[600])
{
	uint8_t sum = 0;
	size_t used = 0;

	assert_true(n > 2);
	assert_int_equal(p[0], 0x7e);
	assert_int_equal(p[n - 1], 0x7e);
	for (size_t i = 1; i < n - 1; i++) {
		assert_int_not_equal(p[i], 0x7e);
		assert_true(used < 600);
		out[used++] = p[i] == 0x7d ? p[++i] | 0x20 : p[i];
	}
	for (size_t i = 0; i + 1 < used; i++)
		sum = (uint8_t)(sum + out[i]);
	assert_int_equal(sum, out[used - 1]);
	return used - 1;
}

static void
ge_record_is_that_of_the_dossiers_example(void **state)
{
	struct patient p;
	struct monitor m;
	uint8_t out[SIM_OUT_MAX], record[600], expected[318];
	size_t n = 0;

	(void)state;
	patient_init(&p, "BED", 1);
	p.variability = 0;
	p.base[VITAL_HR] = 72;
	p.base[VITAL_NIBP_SYS] = 118;
	p.base[VITAL_NIBP_DIA] = 76;
	p.base[VITAL_TEMP] = 36.5;
	p.base[VITAL_PI] = 1.26;
	monitor_init(&m, "ge", sim_driver_find("ge-dri"), &p, 1);
	m.cuff.takes_ms = 1000;
	monitor_cuff_every(&m, 0, 3600 * 1000);
	patient_send(&p, 0, VITAL_HR, 70, 0, -1);
	monitor_cuff(&m, 0, false);
	monitor_tick(&m, 10000);
	patient_send(&p, 0, VITAL_HR, 72, 0, -1);
	/* The finger's pulse was one faster in the example. */
	patient_send(&p, 0, VITAL_PR, 71, 0, -1);
	monitor_hear(&m, 0, ge_request, sizeof(ge_request));
	/* Its number is 126: the 127th; its clock is the example's. */
	m.epoch_ms = 1763761500000 - (500 + 126 * 5000);
	m.cuff.ended_ms = 126 * 5000;
	for (int i = 0; i <= 126; i++)
		n = monitor_step(&m, m.due_ms, out);
	n = ge_unwrap(out, n, record);
	assert_int_equal(n, 318);
	memcpy(expected, ge_example, sizeof(expected));
	/* The mean of the example is not that of a third of the way; and its
	 * cuff label lacks the reserved bits that every recording has. */
	expected[126] = 9000 & 0xff;
	expected[120] = 0x0b;
	assert_memory_equal(record, expected, 318);
}

static void
ge_sends_nothing_until_it_is_asked_properly(void **state)
{
	struct patient p;
	struct monitor m;
	uint8_t out[SIM_OUT_MAX], bad[52];

	(void)state;
	patient_init(&p, "BED", 1);
	monitor_init(&m, "ge", sim_driver_find("ge-dri"), &p, 1);
	memcpy(bad, ge_request, sizeof(bad));
	bad[42] = 1;	/* another interval, and so a wrong checksum */
	monitor_hear(&m, 0, bad, sizeof(bad));
	assert_true(m.due_ms == SIM_NEVER);
	assert_int_equal(monitor_step(&m, 60000, out), 0);
	monitor_hear(&m, 60000, ge_request, 30);
	monitor_hear(&m, 60010, ge_request + 30, sizeof(ge_request) - 30);
	assert_true(m.due_ms < 61000);
	assert_true(monitor_step(&m, m.due_ms, out) > 300);
	assert_true(m.due_ms > 65000);
	monitor_hear(&m, 62000, ge_stop, sizeof(ge_stop));
	assert_true(m.due_ms == SIM_NEVER);
}

static void
ge_has_forgotten_the_request_after_it_was_switched_off(void **state)
{
	struct patient p;
	struct monitor m;

	(void)state;
	patient_init(&p, "BED", 1);
	monitor_init(&m, "ge", sim_driver_find("ge-dri"), &p, 1);
	monitor_hear(&m, 0, ge_request, sizeof(ge_request));
	assert_true(m.due_ms != SIM_NEVER);
	monitor_power(&m, 1000, false);
	monitor_hear(&m, 1500, ge_request, sizeof(ge_request));
	monitor_power(&m, 2000, true);
	assert_true(m.due_ms == SIM_NEVER);
	monitor_hear(&m, 2500, ge_request, sizeof(ge_request));
	assert_int_equal(m.due_ms, 3000);
}

/* The texts of the GE record that is due at t_ms, "" where none is. */
static void
ge_says(struct monitor *m, int64_t t_ms, char text[200])
{
	uint8_t out[SIM_OUT_MAX], record[600] = { 0 };
	size_t n = 0;

	text[0] = '\0';
	while (n == 0 && m->due_ms <= t_ms)
		n = monitor_step(m, m->due_ms, out);
	if (n == 0)
		return;
	assert_int_equal(ge_unwrap(out, n, record), 550);
	assert_int_equal(record[14], 4);
	for (size_t i = 0; i < 5; i++)
		sprintf(text + strlen(text), "%.30s:%d ",
		    (char *)record + 50 + 98 * i, record[132 + 98 * i]);
}

static void
ge_tells_its_alarms_once_or_as_they_change(void **state)
{
	static const uint8_t once[55] = { 0x7e, 0x34, [15] = 4, [22] = 0xff,
		[53] = 0x37, [54] = 0x7e };
	static const uint8_t changes[55] = { 0x7e, 0x34, [15] = 4,
		[22] = 0xff, [41] = 2, [53] = 0x39, [54] = 0x7e };
	struct patient p;
	struct monitor m;
	char text[200];

	(void)state;
	patient_init(&p, "BED", 1);
	p.variability = 0;
	monitor_init(&m, "ge", sim_driver_find("ge-dri"), &p, 1);
	monitor_hear(&m, 1000, once, sizeof(once));
	ge_says(&m, 2000, text);
	assert_string_equal(text, ":0 :0 :0 :0 :0 ");
	patient_send(&p, 3000, VITAL_SPO2, 84, 0, -1);
	m.lead_off = true;
	ge_says(&m, 60000, text);
	assert_string_equal(text, "");
	monitor_hear(&m, 60000, changes, sizeof(changes));
	ge_says(&m, 61000, text);
	assert_string_equal(text, "SpO2 LOW:3 LEADS OFF:2 :0 :0 :0 ");
	ge_says(&m, 70000, text);
	assert_string_equal(text, "");
	m.lead_off = false;
	ge_says(&m, 73000, text);
	assert_string_equal(text, "SpO2 LOW:3 :0 :0 :0 :0 ");
}

/* Label and systolic pressure of one GE record. */
static void
ge_look_at_cuff(struct monitor *m, int64_t t_ms, int *label, int *sys)
{
	uint8_t out[SIM_OUT_MAX], record[600];

	m->due_ms = t_ms;
	ge_unwrap(out, monitor_step(m, t_ms, out), record);
	*label = record[120] | record[121] << 8;
	*sys = record[122] | record[123] << 8;
}

static void
ge_cuff_keeps_old_values_while_measuring(void **state)
{
	/* multiparameter.md B5, as recorded nine times in db00. */
	static const struct { int64_t s; int label, sys; } walk[] = {
		{ 99, 0x10b, 11800 },
		{ 101, 0x12b, 11800 }, { 129, 0x12b, 11800 },
		{ 130, 0x02b, 15000 }, { 131, 0x02b, 15000 },
		{ 132, 0x00b, 15000 }, { 191, 0x00b, 15000 },
		{ 192, 0x10b, 15000 },
	};
	struct patient p;
	struct monitor m;
	int label, sys;

	(void)state;
	patient_init(&p, "BED", 1);
	p.variability = 0;
	p.base[VITAL_NIBP_SYS] = 118;
	monitor_init(&m, "ge", sim_driver_find("ge-dri"), &p, 1);
	monitor_cuff_every(&m, 0, 3600 * 1000);
	monitor_cuff(&m, 0, false);
	ge_look_at_cuff(&m, 40000, &label, &sys);
	patient_send(&p, 50000, VITAL_NIBP_SYS, 150, 0, -1);
	for (size_t i = 0; i < sizeof(walk) / sizeof(walk[0]); i++) {
		if (walk[i].s == 101)
			monitor_cuff(&m, 100000, false);
		ge_look_at_cuff(&m, walk[i].s * 1000, &label, &sys);
		assert_int_equal(label, walk[i].label);
		assert_int_equal(sys, walk[i].sys);
	}
}

static void
an_error_in_a_scenario_is_named_where_it_stands(void **state)
{
	static const char head[] = "beds:\n  A:\n    monitors:\n"
	    "      ge: {driver: ge-dri}\n      ox: {driver: nonin-2}\n";
	static const struct {
		const char *text;
		size_t line, column;
		const char *says;
	} bad[] = {
		{ "colour: red\n", 6, 1, "unknown key 'colour'" },
		{ "beds: {}\n", 6, 1, "stands here twice" },
		{ "length: soon\n", 6, 9, "expected a time" },
		{ "seed: 1.5.2\n", 6, 7, "expected a number" },
		{ "events:\n- {at: 5s}\n", 7, 3, "both 'at' and 'do'" },
		{ "events:\n- {at: 5s, do: gee cable out}\n", 7, 16,
		    "neither a bed nor a monitor" },
		{ "events:\n- {at: 5s, do: ge cable gone}\n", 7, 25,
		    "'gone'" },
		{ "events:\n- {at: 5s, do: 'ox cuff start'}\n", 7, 17,
		    "no such part" },
		{ "events:\n- {at: 5s, do: A probe off}\n", 7, 16,
		    "name the monitor" },
		{ "events:\n- {at: 5s, do: A spo2 84 over quickly}\n", 7, 31,
		    "expected a time" },
		{ "events:\n- {at: 5s, do: A nibp_map 90}\n", 7, 18,
		    "expected a vital" },
		{ "events:\n- {at: 5s, do: A spo2 nan}\n", 7, 23,
		    "expected a value" },
		{ "events: [\n", 7, 1, "not YAML" },
	};
	static struct sim s;
	struct scenario_error e;

	(void)state;
	assert_int_equal(scenario_parse(head, strlen(head), &s, &e), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		char text[400];

		snprintf(text, sizeof(text), "%s%s", head, bad[i].text);
		assert_int_equal(scenario_parse(text, strlen(text), &s, &e),
		    -1);
		if (strstr(e.text, bad[i].says) == NULL)
			fail_msg("%s: says '%s'", bad[i].text, e.text);
		assert_int_equal(e.line, bad[i].line);
		assert_int_equal(e.column, bad[i].column);
	}
}

static void
what_lasts_for_a_time_is_undone_after_it(void **state)
{
	static const char text[] = "beds: {A: {variability: 0, baseline: "
	    "{spo2: 97}, monitors: {ox: {driver: nonin-2}}}}\n"
	    "events:\n- {at: 10s, do: A spo2 84 over 10s for 5s}\n"
	    "- {at: 10s, do: ox probe off for 5s}\n";
	static struct sim s;
	struct scenario_error e;
	static const struct { int64_t s; double spo2; enum probe probe; } at[] = {
		{ 10, 97, PROBE_OFF }, { 15, 90.5, PROBE_ON },
		{ 20, 84, PROBE_ON }, { 24, 84, PROBE_ON },
		{ 30, 90.5, PROBE_ON }, { 35, 97, PROBE_ON },
	};

	(void)state;
	assert_int_equal(scenario_parse(text, strlen(text), &s, &e), 0);
	/* Nobody has the line open. */
	s.monitor[0].cabled = false;
	for (size_t i = 0; i < sizeof(at) / sizeof(at[0]); i++) {
		sim_run(&s, at[i].s * 1000, NULL, NULL);
		assert_float_equal(patient_value(&s.bed[0], VITAL_SPO2,
		    at[i].s * 1000), at[i].spo2, 0.01);
		assert_int_equal(s.monitor[0].probe, at[i].probe);
	}
}

static void
pressure_and_pulse_rise_slowly_with_the_infusion(void **state)
{
	struct patient p;
	double before, soon, late;

	(void)state;
	patient_init(&p, "BED", 1);
	p.variability = 0;
	before = patient_value(&p, VITAL_NIBP_SYS, 60000);
	patient_infuse(&p, 60000, true);
	soon = patient_value(&p, VITAL_NIBP_SYS, 90000);
	late = patient_value(&p, VITAL_NIBP_SYS, 60000 + p.within_ms);
	assert_float_equal(patient_value(&p, VITAL_NIBP_SYS, 60000), before,
	    0.001);
	assert_true(soon > before && soon < before + 15);
	assert_true(late > before + 24);
	patient_infuse(&p, 600000, false);
	assert_true(patient_value(&p, VITAL_NIBP_SYS, 630000) > before + 15);
	assert_true(patient_value(&p, VITAL_NIBP_SYS, 1800000) < before + 1);
}

/* Raw bytes of one monitor over so many seconds, asked at the start. */
static size_t
raw_bytes(const char *driver, int seconds, int64_t epoch_ms, uint8_t *out)
{
	struct patient p;
	struct monitor m;
	size_t n = 0;

	patient_init(&p, "BED", 1);
	monitor_init(&m, "m", sim_driver_find(driver), &p, 1);
	m.epoch_ms = epoch_ms;
	monitor_hear(&m, 0, ge_request, sizeof(ge_request));
	while (m.due_ms < seconds * 1000)
		n += monitor_step(&m, m.due_ms, out + n);
	return n;
}

static void
a_recording_is_paced_by_the_monitors_own_clock(void **state)
{
	static uint8_t raw[64 * 1024];
	struct track_error e;
	struct track t;
	size_t n, more;

	(void)state;
	/* Starts in mid-frame; every 5 s a record. */
	n = raw_bytes("ge-dri", 60, 1763761500000, raw);
	assert_int_equal(track_make(raw + 9, n - 9, driver_find("ge-dri"), &t,
	    &e), 0);
	assert_int_equal(t.pace, TRACK_DEVICE_CLOCK);
	assert_int_equal(t.marks_n, 11);
	assert_int_equal(t.mark[10].ms, 50000);
	assert_int_equal(t.mark[10].end, n - 9);
	assert_memory_equal(t.byte, raw + 9, n - 9);
	track_free(&t);

	/* Then its clock is set back by an hour. */
	more = raw_bytes("ge-dri", 20, 1763761500000 - 3600000, raw + n);
	assert_int_equal(track_make(raw, n + more, driver_find("ge-dri"), &t,
	    &e), 0);
	assert_int_equal(t.steps, 1);
	assert_int_equal(t.mark[t.marks_n - 1].ms, 55000 + 1000 + 15000);
	track_free(&t);
}

static void
a_recording_without_a_clock_is_paced_by_its_line(void **state)
{
	static uint8_t raw[64 * 1024];
	struct track_error e;
	struct track t;
	size_t n;

	(void)state;
	n = raw_bytes("nonin-2", 30, 0, raw);
	assert_int_equal(n, 30 * 75 * 5);
	assert_int_equal(track_make(raw, n, driver_find("nonin-2"), &t, &e),
	    0);
	assert_int_equal(t.pace, TRACK_LINE);
	/* 9600 baud, ten bits a byte. */
	assert_int_equal(t.mark[t.marks_n - 1].ms, n * 1000 / 960);
	track_free(&t);
}

static void
a_capture_is_paced_by_its_own_times(void **state)
{
	static const char text[] = "# driver:  nonin-2\n@0 < 01 80\n"
	    "@5 > 7e\n@1200 < 02\n";
	static const char bad[] = "# driver:  nonin-2\n@7 < 01\n@3 < 01\n";
	const struct driver *d = driver_find("nonin-2");
	struct track_error e;
	struct track t;

	(void)state;
	assert_int_equal(track_make((const uint8_t *)text, strlen(text), d,
	    &t, &e), 0);
	assert_int_equal(t.pace, TRACK_CAPTURE);
	assert_int_equal(t.n, 3);	/* what the host sent is not played */
	assert_int_equal(t.marks_n, 2);
	assert_int_equal(t.mark[1].ms, 1200);
	track_free(&t);
	assert_int_equal(track_make((const uint8_t *)bad, strlen(bad), d, &t,
	    &e), -1);
	assert_int_equal(e.line, 3);
	assert_int_equal(e.column, 2);
	assert_int_equal(track_make((const uint8_t *)"", 0, d, &t, &e), -1);
}

static void
a_capture_that_is_made_holds_what_was_asked_and_answered(void **state)
{
	static const char text[] = "beds: {A: {monitors: {ge: {driver: ge-dri,"
	    " cuff_first: 2s, cuff_takes: 2s}}}}\n";
	static struct sim s;
	struct scenario_error e;
	struct record_options o = {
		.scenario = "x", .notes = "y", .driver = driver_find("ge-dri"),
		.ask.interval_s = 1, .length_ms = 5000,
	};
	char *made = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&made, &n);

	(void)state;
	assert_non_null(f);
	assert_int_equal(scenario_parse(text, strlen(text), &s, &e), 0);
	assert_int_equal(record_write(&s, &s.monitor[0], &o, f), 0);
	fclose(f);
	assert_non_null(strstr(made, "# driver:  ge-dri\n"));
	assert_non_null(strstr(made, "\n@0    > 7e 31 00"));
	assert_non_null(strstr(made, " < 7e 3e 01 00 0a "));
	assert_non_null(strstr(made, "\n# 00:04 ge: cuff result "));
	free(made);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ge_record_is_that_of_the_dossiers_example),
		cmocka_unit_test(ge_sends_nothing_until_it_is_asked_properly),
		cmocka_unit_test(
		    ge_has_forgotten_the_request_after_it_was_switched_off),
		cmocka_unit_test(ge_tells_its_alarms_once_or_as_they_change),
		cmocka_unit_test(ge_cuff_keeps_old_values_while_measuring),
		cmocka_unit_test(an_error_in_a_scenario_is_named_where_it_stands),
		cmocka_unit_test(what_lasts_for_a_time_is_undone_after_it),
		cmocka_unit_test(pressure_and_pulse_rise_slowly_with_the_infusion),
		cmocka_unit_test(
		    a_recording_is_paced_by_the_monitors_own_clock),
		cmocka_unit_test(
		    a_recording_without_a_clock_is_paced_by_its_line),
		cmocka_unit_test(a_capture_is_paced_by_its_own_times),
		cmocka_unit_test(
		    a_capture_that_is_made_holds_what_was_asked_and_answered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
