/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Simulated monitors against the real drivers: what the drivers make of the
 * bytes must be what the simulated patient has, through every mishap.  Written
 * by different hands from the same dossiers, the two sides check each other.
 */
#include "drivers/stream.h"
#include "tests/sim/sim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#define S 1000

static const char *const names[] = {
	"ge-dri", "nonin-1", "nonin-2", "nonin-7", "nonin-8", "nonin-ascii",
	"masimo-ascii1", "berry-pm6750", "berry-bci", "contec-v5",
	"contec-v7", "datex-3900", "philips-intellivue", "hl7", "hl7-pds",
	"nellcor", "accutorr", "ivy-ansarb", "biolight-a8", NULL,
	"ge-dri", "nonin-2", "masimo-ascii1", "berry-pm6750", "ieee11073", NULL,
};

/* A ward with one monitor, and the host that listens to it. */
struct bench {
	struct sim sim;
	struct stream stream;
	struct reading last[VITALS];
	bool seen[VITALS];
	unsigned valued[VITALS], unvalued[VITALS];
	int32_t least[VITALS], most[VITALS];
	uint64_t frames;
	struct monitor_alarms alarms;	/* as told last */
	unsigned told, demo;	/* lists of alarms; readings marked so */
};

static void
feed_all(struct stream *s, const uint8_t *p, size_t n)
{
	struct decoded d;

	while (n > 0) {
		size_t taken = stream_feed(s, 0, p, n);

		p += taken;
		n -= taken;
		while (stream_next(s, &d))
			;
	}
}

static void
hear(void *arg, struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct bench *b = arg;
	struct decoded d;

	(void)m;
	do {
		size_t taken = stream_feed(&b->stream, t_ms, p, n);

		p += taken;
		n -= taken;
		while (stream_next(&b->stream, &d)) {
			b->frames++;
			if (d.readings.alarms.told) {
				b->alarms = d.readings.alarms;
				b->told++;
			}
			for (size_t i = 0; i < d.readings.n; i++) {
				const struct reading *r = &d.readings.item[i];

				b->demo += (r->flags & READING_DEMO) != 0;
				b->last[r->vital] = *r;
				b->seen[r->vital] = true;
				if (!reading_has_value(r)) {
					b->unvalued[r->vital]++;
					continue;
				}
				b->valued[r->vital]++;
				if (r->value < b->least[r->vital])
					b->least[r->vital] = r->value;
				if (r->value > b->most[r->vital])
					b->most[r->vital] = r->value;
			}
		}
	} while (n > 0);
}

/* Forgets what was seen so far. */
static void
look_afresh(struct bench *b)
{
	for (int v = 0; v < VITALS; v++) {
		b->seen[v] = false;
		b->valued[v] = b->unvalued[v] = 0;
		b->demo = b->told = 0;
		b->least[v] = INT32_MAX;
		b->most[v] = INT32_MIN;
	}
}

static struct bench *
bench_new(const char *driver, uint16_t interval_s)
{
	struct driver_options o = { .interval_s = interval_s };
	struct bench *b = calloc(1, sizeof(*b));

	assert_non_null(b);
	assert_non_null(driver_find(driver));
	patient_init(&b->sim.bed[0], "BED", 11);
	b->sim.bed[0].variability = 0;
	b->sim.beds_n = 1;
	monitor_init(&b->sim.monitor[0], "m", sim_driver_find(driver),
	    &b->sim.bed[0], 5);
	b->sim.monitors_n = 1;
	sim_set_clock(&b->sim, 1767225600000);
	stream_init(&b->stream, driver_find(driver), &o, 0);
	look_afresh(b);
	return b;
}

/* Runs until t_ms; the host asks when its driver wants to. */
static void
run_to(struct bench *b, int64_t t_ms)
{
	uint8_t buf[TX_MAX];
	size_t n;

	while (b->sim.now_ms < t_ms) {
		int64_t next = b->sim.now_ms + 100;

		sim_run(&b->sim, next < t_ms ? next : t_ms, hear, b);
		n = stream_request(&b->stream, b->sim.now_ms, buf);
		if (n > 0)
			monitor_hear(&b->sim.monitor[0], b->sim.now_ms, buf, n);
	}
}

static void
apply(struct bench *b, const char *command)
{
	struct command c;
	size_t column;
	char why[160];

	assert_int_equal(command_parse(command, &c, &column, why), 0);
	assert_int_equal(sim_check(&b->sim, &c, why), 0);
	sim_apply(&b->sim, b->sim.now_ms, &c);
}

/* The one value of a vital that was seen since look_afresh(). */
static void
assert_only(const struct bench *b, enum vital v, int32_t value, int32_t slack)
{
	if (b->valued[v] == 0)
		fail_msg("%s: no %s", b->stream.driver->name,
		    vital_info[v].name);
	assert_in_range(b->least[v] + 10000, value - slack + 10000,
	    value + slack + 10000);
	assert_in_range(b->most[v] + 10000, value - slack + 10000,
	    value + slack + 10000);
}

/* Of Nonin's bursts the first says only that others may follow. */
static uint64_t
disbelieved(const char *driver)
{
	return strcmp(driver, "nonin-1") == 0 ||
	    strcmp(driver, "nonin-8") == 0;
}

static void
every_driver_reads_what_its_monitor_shows(void **state)
{
	(void)state;
	for (size_t i = 0; names[i] != NULL; i++) {
		struct bench *b = bench_new(names[i], 1);
		unsigned has = b->sim.monitor[0].driver->has;

		apply(b, "BED hr 143");	/* above 127: two bytes at Nonin */
		apply(b, "BED spo2 100");
		apply(b, "BED rr 9");
		apply(b, "BED etco2 41");
		apply(b, "BED temp 38.2");
		run_to(b, 30 * S);
		assert_only(b, VITAL_SPO2, 10000, 0);
		assert_only(b, VITAL_PR, 143, 0);
		if (has & SIM_LEAD) {
			assert_only(b, VITAL_HR, 143, 0);
			assert_only(b, VITAL_TEMP, 3820, 0);
			/* Of Biolight's it is not sure what it means. */
			if (strcmp(names[i], "biolight-a8") == 0)
				assert_false(b->seen[VITAL_RR]);
			else
				assert_only(b, VITAL_RR, 9, 0);
		}
		assert_int_equal(b->stream.count.garbage, 0);
		assert_int_equal(b->demo, 0);
		assert_int_equal(b->stream.count.frames[DECODE_OK] +
		    b->stream.count.frames[DECODE_IGNORED] +
		    disbelieved(names[i]), b->frames);
		/* One reading a second, three from Nonin, half a one from
		 * Datex and Nellcor; two in three from Philips, once it has granted an
		 * association. */
		assert_in_range(b->valued[VITAL_SPO2],
		    strcmp(names[i], "nellcor") == 0 ? 14 :
		    strcmp(names[i], "datex-3900") == 0 ? 15 :
		    strcmp(names[i], "philips-intellivue") == 0 ? 16 : 28, 91);
		if (strcmp(names[i], "ge-dri") == 0 ||
		    strcmp(names[i], "philips-intellivue") == 0)
			assert_only(b, VITAL_ETCO2, 410, 1);
		if (strcmp(names[i], "masimo-ascii1") == 0 ||
		    strcmp(names[i], "philips-intellivue") == 0 ||
		    strcmp(names[i], "contec-v7") == 0)
			assert_only(b, VITAL_PI, 240, 0);
		free(b);
	}
}

static void
every_driver_sees_a_desaturation_as_deep_as_it_is(void **state)
{
	(void)state;
	for (size_t i = 0; names[i] != NULL; i++) {
		struct bench *b = bench_new(names[i], 1);

		run_to(b, 10 * S);
		assert_only(b, VITAL_SPO2, 9700, 0);
		apply(b, "m spo2 84 over 20s for 15s");
		run_to(b, 20 * S);
		assert_in_range(b->last[VITAL_SPO2].value, 8950, 9200);
		run_to(b, 40 * S);
		assert_int_equal(b->last[VITAL_SPO2].value, 8400);
		run_to(b, 90 * S);
		assert_int_equal(b->least[VITAL_SPO2], 8400);
		assert_int_equal(b->last[VITAL_SPO2].value, 9700);
		free(b);
	}
}

static void
small_variations_stay_small_and_repeat_themselves(void **state)
{
	struct bench *a = bench_new("berry-pm6750", 0);
	struct bench *b = bench_new("berry-pm6750", 0);

	(void)state;
	a->sim.bed[0].variability = b->sim.bed[0].variability = 1;
	run_to(a, 120 * S);
	run_to(b, 120 * S);
	assert_true(a->most[VITAL_HR] > a->least[VITAL_HR]);
	assert_in_range(a->least[VITAL_HR], 67, 70);
	assert_in_range(a->most[VITAL_HR], 70, 73);
	assert_memory_equal(a->last, b->last, sizeof(a->last));
	assert_int_equal(a->stream.count.bytes, b->stream.count.bytes);
	free(a);
	free(b);
}

static void
a_cuff_gives_one_result_for_each_measurement(void **state)
{
	static const struct {
		const char *driver;
		uint16_t interval_s;
		unsigned results;
	} how[] = {
		{ "ge-dri", 1, 10 }, { "ge-dri", 5, 10 }, { "ge-dri", 10, 10 },
		{ "berry-pm6750", 0, 10 }, { "philips-intellivue", 0, 10 },
		{ "hl7", 0, 10 }, { "hl7-pds", 0, 10 }, { "accutorr", 0, 10 },
		{ "medlab-nibp", 0, 10 },
		/* It says nothing that would tell two such apart. */
		{ "suntech", 0, 1 },
	};

	(void)state;
	/* The same numbers each time: the hardest case. */
	for (size_t i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
		struct bench *b = bench_new(how[i].driver, how[i].interval_s);

		monitor_cuff_every(&b->sim.monitor[0], 0, 150 * S);
		run_to(b, 1570 * S);
		assert_int_equal(b->valued[VITAL_NIBP_SYS], how[i].results);
		assert_int_equal(b->unvalued[VITAL_NIBP_SYS], 0);
		assert_only(b, VITAL_NIBP_SYS, 122, 0);
		assert_only(b, VITAL_NIBP_DIA, 76, 0);
		assert_only(b, VITAL_NIBP_MAP, 91, 0);
		free(b);
	}
}

static const char *const capnographs[] = {
	"capnostream", "micropod", "phasein", "capnostat", "welchallyn-co2",
	NULL,
};

static void
every_capnograph_reads_what_its_monitor_shows(void **state)
{
	(void)state;
	for (size_t i = 0; capnographs[i] != NULL; i++) {
		struct bench *b = bench_new(capnographs[i], 0);

		apply(b, "BED rr 9");
		apply(b, "BED etco2 41");
		apply(b, "BED spo2 100");
		apply(b, "BED hr 143");
		run_to(b, 5 * S);
		look_afresh(b);
		run_to(b, 30 * S);
		/* A tenth of a percent is 0.76 mmHg. */
		assert_only(b, VITAL_ETCO2, 410, 4);
		assert_only(b, VITAL_RR, 9, 0);
		/* Once a second; a MicroPod is asked every 2 s and more. */
		assert_in_range(b->valued[VITAL_RR], 10, 28);
		assert_int_equal(b->stream.count.garbage, 0);
		assert_int_equal(b->stream.count.frames[DECODE_OK] +
		    b->stream.count.frames[DECODE_IGNORED], b->frames);
		if (strcmp(capnographs[i], "capnostream") == 0) {
			assert_only(b, VITAL_SPO2, 10000, 0);
			assert_only(b, VITAL_PR, 143, 0);
		}
		free(b);
	}
}

/* A Welch Allyn module says 0, which is passed on; the others say none. */
static void
a_breath_that_stopped_is_a_zero_only_where_the_monitor_says_so(void **state)
{
	(void)state;
	for (size_t i = 0; capnographs[i] != NULL; i++) {
		struct bench *b = bench_new(capnographs[i], 0);
		bool zero = strcmp(capnographs[i], "welchallyn-co2") == 0;

		run_to(b, 10 * S);
		apply(b, "BED rr 0");
		run_to(b, 28 * S);
		look_afresh(b);
		run_to(b, 40 * S);
		assert_int_equal(b->valued[VITAL_ETCO2], 0);
		assert_int_equal(b->last[VITAL_ETCO2].quality,
		    QUALITY_NO_VALUE);
		if (zero)
			assert_only(b, VITAL_RR, 0, 0);
		else
			assert_int_equal(b->valued[VITAL_RR], 0);
		assert_int_equal(b->last[VITAL_RR].quality, zero ?
		    QUALITY_QUESTIONABLE : QUALITY_NO_VALUE);
		apply(b, "BED rr 12");
		run_to(b, 44 * S);
		look_afresh(b);
		run_to(b, 50 * S);
		assert_only(b, VITAL_RR, 12, 0);
		free(b);
	}
}

static void
a_sampling_line_that_is_off_gives_no_breath(void **state)
{
	static const struct { const char *driver; enum quality off; } say[] = {
		{ "capnostream", QUALITY_NO_SENSOR },
		{ "micropod", QUALITY_NO_SENSOR },
		{ "phasein", QUALITY_SENSOR_OFF },
		{ "capnostat", QUALITY_SENSOR_OFF },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(say) / sizeof(say[0]); i++) {
		struct bench *b = bench_new(say[i].driver, 0);

		run_to(b, 10 * S);
		apply(b, "m lead off");
		run_to(b, 13 * S);
		look_afresh(b);
		run_to(b, 20 * S);
		assert_int_equal(b->valued[VITAL_RR], 0);
		assert_int_equal(b->valued[VITAL_ETCO2], 0);
		assert_int_equal(b->last[VITAL_RR].quality, say[i].off);
		assert_int_equal(b->last[VITAL_ETCO2].quality, say[i].off);
		free(b);
	}
}

static void
a_capnograph_switched_on_again_is_heard_again(void **state)
{
	(void)state;
	for (size_t i = 0; capnographs[i] != NULL; i++) {
		struct bench *b = bench_new(capnographs[i], 0);

		run_to(b, 10 * S);
		apply(b, "m power off for 3s");
		run_to(b, 40 * S);
		look_afresh(b);
		run_to(b, 45 * S);
		assert_only(b, VITAL_RR, 14, 0);
		assert_only(b, VITAL_ETCO2, 380, 4);
		free(b);
	}
}

static void
noise_on_a_capnograph_yields_no_value_that_is_not_there(void **state)
{
	(void)state;
	for (size_t i = 0; capnographs[i] != NULL; i++) {
		struct bench *b = bench_new(capnographs[i], 0);

		run_to(b, 10 * S);
		/* Two damaged bits that cancel pass a sum of 7 or 8 bits. */
		apply(b, "m noise 0.0005");
		for (int t = 20; t <= 300; t += 10) {
			run_to(b, t * S);
			apply(b, "m garbage 200");
		}
		assert_only(b, VITAL_RR, 14, 0);
		assert_only(b, VITAL_ETCO2, 380, 4);
		assert_true(b->stream.count.garbage > 1000);
		assert_true(b->valued[VITAL_RR] > 100);
		free(b);
	}
}

/* These give the cuff neither a time nor a state: only numbers that change are
 * a result. */
static void
a_cuff_without_a_time_is_known_by_its_numbers(void **state)
{
	static const char *const timeless[] = { "ivy-ansarb", "biolight-a8" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct bench *b = bench_new(timeless[i], 0);

		apply(b, "BED nibp_sys 130");
		apply(b, "m cuff start");
		run_to(b, 60 * S);
		assert_int_equal(b->valued[VITAL_NIBP_SYS], 1);
		assert_only(b, VITAL_NIBP_SYS, 130, 0);
		apply(b, "m cuff start");
		run_to(b, 120 * S);
		assert_int_equal(b->valued[VITAL_NIBP_SYS], 1);
		apply(b, "BED nibp_sys 141");
		apply(b, "m cuff start");
		run_to(b, 180 * S);
		assert_int_equal(b->valued[VITAL_NIBP_SYS], 2);
		assert_int_equal(b->last[VITAL_NIBP_SYS].value, 141);
		free(b);
	}
}

static void
a_rising_pressure_arrives_by_cuff(void **state)
{
	struct bench *b = bench_new("ge-dri", 5);

	(void)state;
	apply(b, "BED infusion start");
	apply(b, "m cuff start");
	run_to(b, 60 * S);
	/* Measured at 30 s, a tenth of the time to 95 %: a quarter of 26. */
	assert_only(b, VITAL_NIBP_SYS, 129, 1);
	look_afresh(b);
	run_to(b, 400 * S);
	assert_false(b->seen[VITAL_NIBP_SYS]);
	apply(b, "m cuff start");
	run_to(b, 460 * S);
	assert_int_equal(b->valued[VITAL_NIBP_SYS], 1);
	assert_only(b, VITAL_NIBP_SYS, 148, 1);
	free(b);
}

static void
a_failed_cuff_has_no_value(void **state)
{
	static const char *const with_cuff[] = {
		"ge-dri", "berry-pm6750", "philips-intellivue", "accutorr",
		"medlab-nibp", "suntech",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(with_cuff) / sizeof(with_cuff[0]);
	    i++) {
		struct bench *b = bench_new(with_cuff[i], 1);

		apply(b, "m cuff start");
		run_to(b, 100 * S);
		assert_int_equal(b->valued[VITAL_NIBP_SYS], 1);
		look_afresh(b);
		apply(b, "m cuff fail");
		run_to(b, 160 * S);
		assert_int_equal(b->valued[VITAL_NIBP_SYS], 0);
		assert_int_equal(b->unvalued[VITAL_NIBP_SYS], 1);
		free(b);
	}
}

static void
an_unplugged_probe_is_not_a_saturation(void **state)
{
	static const struct {
		const char *driver;
		enum quality off, out, back;
	} say[] = {
		/* GE does not say why on this interface. */
		{ "ge-dri", QUALITY_NO_VALUE, QUALITY_NO_VALUE,
		  QUALITY_NO_VALUE },
		{ "nonin-2", QUALITY_SENSOR_OFF, QUALITY_NO_SENSOR,
		  QUALITY_SEARCHING },
		{ "nonin-7", QUALITY_SENSOR_OFF, QUALITY_NO_SENSOR,
		  QUALITY_SEARCHING },
		/* It has no bit for a finger that is gone. */
		{ "nonin-1", QUALITY_NO_SENSOR, QUALITY_NO_SENSOR,
		  QUALITY_SEARCHING },
		{ "nonin-8", QUALITY_SENSOR_OFF, QUALITY_NO_SENSOR,
		  QUALITY_SEARCHING },
		/* Dashes say no more than that. */
		{ "nonin-ascii", QUALITY_NO_VALUE, QUALITY_NO_VALUE,
		  QUALITY_NO_VALUE },
		{ "masimo-ascii1", QUALITY_SENSOR_OFF, QUALITY_NO_SENSOR,
		  QUALITY_SEARCHING },
		{ "berry-pm6750", QUALITY_SENSOR_OFF, QUALITY_NO_SENSOR,
		  QUALITY_SEARCHING },
		{ "berry-bci", QUALITY_SENSOR_OFF, QUALITY_NO_SENSOR,
		  QUALITY_SEARCHING },
		/* Its probe cannot be unplugged. */
		{ "contec-v5", QUALITY_SENSOR_OFF, QUALITY_SENSOR_OFF,
		  QUALITY_SEARCHING },
		{ "contec-v7", QUALITY_SENSOR_OFF, QUALITY_SENSOR_OFF,
		  QUALITY_SEARCHING },
		/* Of its messages only that of a missing sensor is known. */
		{ "datex-3900", QUALITY_NO_VALUE, QUALITY_NO_SENSOR,
		  QUALITY_NO_VALUE },
		/* Nor do Philips and HL7. */
		{ "philips-intellivue", QUALITY_NO_VALUE, QUALITY_NO_VALUE,
		  QUALITY_NO_VALUE },
		{ "hl7", QUALITY_NO_VALUE, QUALITY_NO_VALUE,
		  QUALITY_NO_VALUE },
		{ "hl7-pds", QUALITY_NO_VALUE, QUALITY_NO_VALUE,
		  QUALITY_NO_VALUE },
		{ "accutorr", QUALITY_SENSOR_OFF, QUALITY_NO_SENSOR,
		  QUALITY_SEARCHING },
		/* Nor is it known how Ivy says why. */
		{ "ivy-ansarb", QUALITY_NO_VALUE, QUALITY_NO_VALUE,
		  QUALITY_NO_VALUE },
		{ "biolight-a8", QUALITY_NO_VALUE, QUALITY_NO_VALUE,
		  QUALITY_NO_VALUE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(say) / sizeof(say[0]); i++) {
		struct bench *b = bench_new(say[i].driver, 1);

		run_to(b, 10 * S);
		apply(b, "m probe off");
		/* The packet under way may still be good; Philips shows the
		 * old value for a while, as a doubtful one. */
		run_to(b, 10 * S + (strcmp(say[i].driver,
		    "philips-intellivue") == 0 ? 4000 : 700));
		look_afresh(b);
		run_to(b, 30 * S);
		assert_int_equal(b->valued[VITAL_SPO2], 0);
		assert_int_equal(b->valued[VITAL_PR], 0);
		assert_int_equal(b->last[VITAL_SPO2].quality, say[i].off);
		apply(b, "m probe out");
		run_to(b, 40 * S);
		assert_int_equal(b->last[VITAL_SPO2].quality, say[i].out);
		apply(b, "m probe on");
		run_to(b, 43 * S);
		assert_int_equal(b->last[VITAL_SPO2].quality, say[i].back);
		assert_int_equal(b->valued[VITAL_SPO2], 0);
		run_to(b, 50 * S);
		assert_int_equal(b->last[VITAL_SPO2].quality, QUALITY_GOOD);
		assert_int_equal(b->last[VITAL_SPO2].value, 9700);
		free(b);
	}
}

/* Nellcor goes on with the last numbers at first, and says that it searches. */
static void
numbers_that_are_held_are_doubtful(void **state)
{
	struct bench *b = bench_new("nellcor", 0);

	(void)state;
	run_to(b, 11 * S);
	apply(b, "m probe off");
	run_to(b, 12 * S + 100);
	assert_int_equal(b->last[VITAL_SPO2].quality, QUALITY_QUESTIONABLE);
	assert_int_equal(b->last[VITAL_SPO2].value, 9700);
	look_afresh(b);
	run_to(b, 30 * S);
	assert_int_equal(b->valued[VITAL_SPO2], 0);
	assert_int_equal(b->last[VITAL_SPO2].quality, QUALITY_SENSOR_OFF);
	apply(b, "m probe out");
	run_to(b, 40 * S);
	assert_int_equal(b->last[VITAL_SPO2].quality, QUALITY_NO_SENSOR);
	apply(b, "m probe on");
	run_to(b, 43 * S);
	assert_int_equal(b->valued[VITAL_SPO2], 0);
	assert_int_equal(b->last[VITAL_SPO2].quality, QUALITY_SEARCHING);
	run_to(b, 50 * S);
	assert_int_equal(b->last[VITAL_SPO2].quality, QUALITY_GOOD);
	free(b);
}

static void
leads_that_are_off_give_no_rate(void **state)
{
	static const struct {
		const char *driver;
		enum quality off;
	} say[] = {
		{ "ge-dri", QUALITY_SENSOR_OFF },
		{ "berry-pm6750", QUALITY_SENSOR_OFF },
		/* Why there is none is told as an alarm only. */
		{ "philips-intellivue", QUALITY_NO_VALUE },
		{ "hl7", QUALITY_NO_VALUE }, { "hl7-pds", QUALITY_NO_VALUE },
		{ "biolight-a8", QUALITY_NO_VALUE },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(say) / sizeof(say[0]); i++) {
		struct bench *b = bench_new(say[i].driver, 1);

		run_to(b, 10 * S);
		apply(b, "m lead off");
		run_to(b, 11 * S);
		look_afresh(b);
		run_to(b, 20 * S);
		assert_int_equal(b->valued[VITAL_HR], 0);
		assert_int_equal(b->last[VITAL_HR].quality, say[i].off);
		assert_true(b->valued[VITAL_PR] > 0);
		free(b);
	}
}

static void
noise_and_garbage_yield_no_value_that_is_not_there(void **state)
{
	static const struct { const char *driver, *noise; } how[] = {
		/* About one damaged byte in a frame, as a bad contact does:
		 * two that cancel pass any 8-bit sum. */
		{ "ge-dri", "m noise 0.0005" },
		{ "nonin-2", "m noise 0.002" },
		{ "nonin-7", "m noise 0.002" },
		{ "berry-pm6750", "m noise 0.002" },
		{ "philips-intellivue", "m noise 0.0005" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
		struct bench *b = bench_new(how[i].driver, 1);

		run_to(b, 10 * S);
		apply(b, how[i].noise);
		for (int t = 20; t <= 300; t += 10) {
			run_to(b, t * S);
			apply(b, "m garbage 200");
		}
		assert_only(b, VITAL_SPO2, 9700, 0);
		assert_only(b, VITAL_PR, 70, 0);
		/* The noise was there, and much came through all the same. */
		assert_true(b->stream.count.garbage > 1000);
		assert_true(b->stream.count.frames[DECODE_BAD_CHECK] > 0);
		assert_true(b->valued[VITAL_SPO2] > (strcmp(how[i].driver,
		    "philips-intellivue") == 0 ? 100 : 200));
		free(b);
	}
}

static void
a_cable_that_is_back_is_heard_again(void **state)
{
	(void)state;
	for (size_t i = 0; names[i] != NULL; i++) {
		struct bench *b = bench_new(names[i], 1);
		uint64_t before;

		run_to(b, 10 * S);
		apply(b, "m cable out for 10s");
		before = b->stream.count.bytes;
		run_to(b, 19 * S);
		assert_int_equal(b->stream.count.bytes, before);
		run_to(b, 25 * S);
		assert_true(b->stream.count.bytes > before);
		look_afresh(b);
		run_to(b, 30 * S);
		assert_only(b, VITAL_SPO2, 9700, 0);
		free(b);
	}
}

static void
a_monitor_switched_on_again_is_asked_again(void **state)
{
	static const struct {
		const char *driver;
		enum vital rate;
		int64_t forgotten_ms, asked_ms;
	} how[] = {
		/* Three intervals, but at least 15 s, after the last values. */
		{ "ge-dri", VITAL_HR, 20 * S, 40 * S },
		{ "contec-v7", VITAL_PR, 14 * S, 24 * S },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
		struct bench *b = bench_new(how[i].driver, 1);

		run_to(b, 10 * S);
		apply(b, "m power off for 5s");
		run_to(b, 12 * S);
		look_afresh(b);
		run_to(b, how[i].forgotten_ms);
		assert_false(b->seen[how[i].rate]);
		run_to(b, how[i].asked_ms);
		assert_only(b, how[i].rate, 70, 0);
		free(b);
	}
}

/* It was busy at first, and refused. */
static void
an_association_is_made_anew_with_a_monitor_switched_on_again(void **state)
{
	struct bench *b = bench_new("philips-intellivue", 0);

	(void)state;
	run_to(b, 10 * S);
	assert_only(b, VITAL_HR, 70, 0);
	apply(b, "m power off for 9s");
	run_to(b, 12 * S);
	look_afresh(b);
	run_to(b, 19 * S);
	assert_false(b->seen[VITAL_HR]);
	run_to(b, 45 * S);
	assert_only(b, VITAL_HR, 70, 0);
	assert_true(b->stream.count.frames[DECODE_BAD_SEQUENCE] > 0);
	free(b);
}

/* A monitor gives up a client that it does not hear. */
static void
an_association_that_the_monitor_aborts_is_made_anew(void **state)
{
	struct bench *b = bench_new("philips-intellivue", 0);

	(void)state;
	run_to(b, 10 * S);
	/* The host is too busy to ask. */
	sim_run(&b->sim, 25 * S, hear, b);
	assert_int_equal(b->stream.count.frames[DECODE_BAD_SEQUENCE], 1);
	look_afresh(b);
	run_to(b, 35 * S);
	assert_only(b, VITAL_HR, 70, 0);
	free(b);
}

static void
demo_values_are_marked_as_such_and_measured_ones_are_not(void **state)
{
	struct bench *b = bench_new("philips-intellivue", 0);

	(void)state;
	run_to(b, 10 * S);
	apply(b, "m demo on for 10s");
	run_to(b, 11500);
	look_afresh(b);
	run_to(b, 20 * S);
	assert_true(b->demo > 0);
	assert_int_equal(b->demo, b->valued[VITAL_HR] * 7);
	run_to(b, 21500);
	look_afresh(b);
	run_to(b, 30 * S);
	assert_only(b, VITAL_HR, 70, 0);
	assert_int_equal(b->demo, 0);
	free(b);
}

static void
assert_alarm(const struct bench *b, size_t i, enum priority p,
    const char *text)
{
	assert_true(i < b->alarms.n);
	assert_int_equal(b->alarms.item[i].priority, p);
	assert_string_equal(b->alarms.item[i].text, text);
}

static void
what_the_monitor_alarms_of_is_told_while_it_lasts(void **state)
{
	struct bench *b = bench_new("philips-intellivue", 0);

	(void)state;
	run_to(b, 10 * S);
	assert_true(b->told > 0);
	assert_int_equal(b->alarms.n, 0);
	apply(b, "m lead off");
	apply(b, "m spo2 86");
	run_to(b, 15 * S);
	assert_int_equal(b->alarms.n, 2);
	assert_alarm(b, 0, PRIORITY_MEDIUM, "** SpO2 LOW");
	assert_alarm(b, 1, PRIORITY_LOW, "ECG LEADS OFF");
	apply(b, "m lead on");
	apply(b, "m spo2 78");
	apply(b, "m rr 0");
	run_to(b, 20 * S);
	assert_int_equal(b->alarms.n, 2);
	assert_alarm(b, 0, PRIORITY_HIGH, "*** DESAT");
	assert_alarm(b, 1, PRIORITY_HIGH, "RR APNEA");
	apply(b, "m spo2 97");
	apply(b, "m rr 14");
	run_to(b, 25 * S);
	assert_int_equal(b->alarms.n, 0);
	free(b);
}

static void
a_monitor_that_was_left_sends_neither_values_nor_alarms(void **state)
{
	struct bench *b = bench_new("ge-dri", 1);
	uint8_t buf[TX_MAX];
	uint64_t frames;
	size_t n;

	(void)state;
	run_to(b, 10 * S);
	apply(b, "m lead off");
	run_to(b, 15 * S);
	assert_int_equal(b->alarms.n, 1);
	n = stream_release(&b->stream, b->sim.now_ms, buf);
	assert_true(n > 0);
	monitor_hear(&b->sim.monitor[0], b->sim.now_ms, buf, n);
	frames = b->frames;
	apply(b, "m lead on");
	sim_run(&b->sim, 60 * S, hear, b);
	assert_int_equal(b->frames, frames);
	free(b);
}

static void
a_monitor_is_asked_at_its_first_echo_and_hears_ours(void **state)
{
	struct bench *b = bench_new("hl7-pds", 0);

	(void)state;
	/* It forgets the first query, hangs up if it hears nothing for 10 s, and
	 * after a while switched off it must be asked anew. */
	run_to(b, 3 * S);
	assert_true(b->valued[VITAL_SPO2] > 0);
	look_afresh(b);
	run_to(b, 60 * S);
	assert_in_range(b->valued[VITAL_SPO2], 55, 58);
	apply(b, "m power off for 5s");
	run_to(b, 62 * S);
	look_afresh(b);
	run_to(b, 90 * S);
	assert_only(b, VITAL_HR, 70, 0);
	free(b);
}

static void
a_sender_that_waits_for_acknowledgements_gets_them(void **state)
{
	struct bench *b = bench_new("hl7", 0);

	(void)state;
	run_to(b, 60 * S);
	assert_in_range(b->valued[VITAL_SPO2], 59, 61);
	free(b);
}

static void
frozen_values_do_not_follow_the_patient(void **state)
{
	struct bench *b = bench_new("masimo-ascii1", 0);

	(void)state;
	run_to(b, 5 * S);
	apply(b, "m freeze on for 10s");
	apply(b, "BED spo2 80");
	run_to(b, 14 * S);
	assert_only(b, VITAL_SPO2, 9700, 0);
	run_to(b, 20 * S);
	assert_int_equal(b->last[VITAL_SPO2].value, 8000);
	free(b);
}

/* Where nothing else tells that a frame was damaged; and nothing is lost where all
 * is well, nor while it is plugged in. */
static void
noise_on_a_line_without_checks_is_counted_as_lost_frames(void **state)
{
	static const char *const bare[] = { "nonin-1", "nonin-8", "contec-v5",
		"contec-v7", "berry-bci" };

	(void)state;
	for (size_t i = 0; i < sizeof bare / sizeof bare[0]; i++) {
		struct bench *b = bench_new(bare[i], 0);
		const struct stream_counters *c = &b->stream.count;
		uint64_t bad, good;

		feed_all(&b->stream, (const uint8_t *)"\x01\x81\x02\x03\x85"
		    "\x01\x81\x02\x03\x85\x01\x81\x02\x03\x85", 15);
		run_to(b, 60 * S);
		assert_true(c->garbage > 0);
		assert_int_equal(c->lost, 0);
		apply(b, "m noise 0.05");
		run_to(b, 120 * S);
		good = c->frames[DECODE_OK] + c->frames[DECODE_IGNORED];
		bad = c->lost;
		for (int d = DECODE_IGNORED + 1; d < DECODES; d++)
			bad += c->frames[d];
		if (bad * 10 < good / 2)
			fail_msg("%s: %u of %u", bare[i], (unsigned)bad,
			    (unsigned)good);
		/* A silence is told as such. */
		apply(b, "m noise 0");
		run_to(b, 130 * S);
		bad = c->lost;
		apply(b, "m silence on");
		run_to(b, 150 * S);
		feed_all(&b->stream, (const uint8_t *)"\x01\x81\x02\x03\x85"
		    "\x01\x81\x02\x03\x85\x01\x81\x02\x03\x85", 15);
		apply(b, "m silence off");
		run_to(b, 170 * S);
		assert_int_equal(c->lost, bad);
		free(b);
	}
}

/* What a driver holds then, a line feed or a packet without its successor, is no
 * half of anything. */
static void
a_monitor_that_falls_silent_between_messages_is_not_halfway(void **state)
{
	(void)state;
	for (size_t i = 0; sim_drivers[i] != NULL; i++) {
		struct bench *b;

		if (driver_find(sim_drivers[i]->name)->needs_rules)
			continue;
		b = bench_new(sim_drivers[i]->name, 0);
		/* Not between the two pieces of HL7's messages. */
		run_to(b, 20 * S + 500);
		assert_true(b->frames > 0);
		apply(b, "m silence on");
		run_to(b, 40 * S);
		stream_quiet(&b->stream, 40 * S);
		hear(b, NULL, 40 * S, NULL, 0);
		if (stream_is_halfway(&b->stream))
			fail_msg("%s", sim_drivers[i]->name);
		free(b);
	}
}

static void
a_monitor_that_stops_within_a_message_is_halfway(void **state)
{
	static const char line[] = "SPO2=097 HR=072\r\n";
	static const uint8_t packet[5] = { 0x86, 0x34, 0x05, 0x48, 0x61 };
	struct stream s;

	(void)state;
	for (size_t cut = 1; cut < sizeof line - 2; cut++) {
		stream_init(&s, driver_find("nonin-ascii"), NULL, 0);
		feed_all(&s, (const uint8_t *)line, sizeof line - 1);
		feed_all(&s, (const uint8_t *)line, cut);
		assert_true(stream_is_halfway(&s));
	}
	for (size_t cut = 1; cut <= 5; cut++) {
		stream_init(&s, driver_find("contec-v5"), NULL, 0);
		for (int i = 0; i < 20; i++)
			feed_all(&s, packet, 5);
		feed_all(&s, packet, cut);
		assert_int_equal(stream_is_halfway(&s), cut < 5);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_driver_reads_what_its_monitor_shows),
		cmocka_unit_test(
		    noise_on_a_line_without_checks_is_counted_as_lost_frames),
		cmocka_unit_test(
		a_monitor_that_falls_silent_between_messages_is_not_halfway),
		cmocka_unit_test(
		    a_monitor_that_stops_within_a_message_is_halfway),
		cmocka_unit_test(
		    every_driver_sees_a_desaturation_as_deep_as_it_is),
		cmocka_unit_test(every_capnograph_reads_what_its_monitor_shows),
		cmocka_unit_test(
	    a_breath_that_stopped_is_a_zero_only_where_the_monitor_says_so),
		cmocka_unit_test(a_sampling_line_that_is_off_gives_no_breath),
		cmocka_unit_test(a_capnograph_switched_on_again_is_heard_again),
		cmocka_unit_test(
		    noise_on_a_capnograph_yields_no_value_that_is_not_there),
		cmocka_unit_test(
		    small_variations_stay_small_and_repeat_themselves),
		cmocka_unit_test(a_cuff_gives_one_result_for_each_measurement),
		cmocka_unit_test(a_cuff_without_a_time_is_known_by_its_numbers),
		cmocka_unit_test(a_rising_pressure_arrives_by_cuff),
		cmocka_unit_test(a_failed_cuff_has_no_value),
		cmocka_unit_test(an_unplugged_probe_is_not_a_saturation),
		cmocka_unit_test(numbers_that_are_held_are_doubtful),
		cmocka_unit_test(leads_that_are_off_give_no_rate),
		cmocka_unit_test(
		    noise_and_garbage_yield_no_value_that_is_not_there),
		cmocka_unit_test(a_cable_that_is_back_is_heard_again),
		cmocka_unit_test(a_monitor_switched_on_again_is_asked_again),
		cmocka_unit_test(
	    an_association_is_made_anew_with_a_monitor_switched_on_again),
		cmocka_unit_test(
		    an_association_that_the_monitor_aborts_is_made_anew),
		cmocka_unit_test(
		    demo_values_are_marked_as_such_and_measured_ones_are_not),
		cmocka_unit_test(
		    what_the_monitor_alarms_of_is_told_while_it_lasts),
		cmocka_unit_test(
		    a_monitor_that_was_left_sends_neither_values_nor_alarms),
		cmocka_unit_test(
		    a_monitor_is_asked_at_its_first_echo_and_hears_ours),
		cmocka_unit_test(
		    a_sender_that_waits_for_acknowledgements_gets_them),
		cmocka_unit_test(frozen_values_do_not_follow_the_patient),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
