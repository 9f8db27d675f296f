/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Real recordings, with the values that an independent decoder found in them.
 * They lie beside the checkout and are no part of it: without them these tests
 * are skipped.
 *
 * Easy to get wrong: the recordings carry no times.  Here each frame is taken
 * to arrive when its own clock says.
 */
#include "tests/unit/real_recording.h"
#include "tests/unit/recording.h"

#include <math.h>

struct heard {
	struct decoded frame[2000];
	size_t n;
};

static void
hear(struct heard *h, const struct decoded *d)
{
	if (d->result != DECODE_OK)
		return;
	assert_true(h->n < 2000);
	h->frame[h->n++] = *d;
}

/* Plays a recording at the pace of its own clock. */
static struct stream_counters
play(const char *name, const char *driver, size_t piece, struct heard *h)
{
	static struct stream s;
	uint8_t buffer[4096];
	int64_t now_ms = 0, first_ms = 0;
	FILE *f = open_recording(name);
	struct decoded d;
	size_t got;

	h->n = 0;
	assert_true(piece <= sizeof buffer);
	stream_init(&s, driver_find(driver), NULL, 0);
	while ((got = fread(buffer, 1, piece, f)) > 0) {
		const uint8_t *p = buffer;

		while (got > 0) {
			size_t taken = stream_feed(&s, now_ms, p, got);

			p += taken;
			got -= taken;
			while (stream_next(&s, &d)) {
				int64_t clock_ms = d.readings.device_clock_ms;

				hear(h, &d);
				if (clock_ms == 0)
					continue;
				if (first_ms == 0)
					first_ms = clock_ms;
				now_ms = clock_ms - first_ms;
			}
		}
	}
	fclose(f);
	return s.count;
}

static const struct reading *
reading_of(const struct decoded *d, enum vital v)
{
	for (size_t i = 0; i < d->readings.n; i++) {
		if (d->readings.item[i].vital == v)
			return &d->readings.item[i];
	}
	return NULL;
}

/* The column of that name in a line of comma-separated values. */
static const char *
column(const char *header, char *line, const char *name)
{
	static char cell[40];
	size_t want = 0, n = strlen(name);
	const char *p = header;

	while (strncmp(p, name, n) != 0 || strchr(",\r\n", p[n]) == NULL) {
		p = strchr(p, ',');
		assert_non_null(p);
		p++;
		want++;
	}
	for (; want > 0; want--)
		line = strchr(line, ',') + 1;
	snprintf(cell, sizeof cell, "%.*s", (int)strcspn(line, ",\r\n"), line);
	return cell;
}

static void
check_cell(const struct decoded *d, enum vital v, const char *cell,
    double scale)
{
	const struct reading *r = reading_of(d, v);
	char *end = NULL;
	double value = strtod(cell, &end);

	if (*end != '\0') {
		assert_true(r == NULL || !reading_has_value(r));
		return;
	}
	assert_non_null(r);
	assert_true(reading_has_value(r));
	assert_int_equal(r->value, lround(value * scale));
}

/* Compares each record with its line of the expected values. */
static size_t
compare_with_csv(const struct heard *h, const char *name)
{
	FILE *f = open_recording(name);
	char header[400], line[400];
	size_t n = 0;

	assert_non_null(fgets(header, sizeof header, f));
	while (fgets(line, sizeof line, f) != NULL) {
		const struct decoded *d = &h->frame[n];
		bool capnometer;
		double pressure;

		assert_true(n < h->n);
		assert_int_equal(d->readings.device_clock_ms / 1000,
		    atoll(column(header, line, "r_time")));
		check_cell(d, VITAL_HR, column(header, line, "hr"), 1);
		check_cell(d, VITAL_SPO2, column(header, line, "spo2"), 100);
		check_cell(d, VITAL_PR, column(header, line, "pr"), 1);
		check_cell(d, VITAL_TEMP, column(header, line, "t1"), 100);
		capnometer = strcmp(column(header, line, "co2_rr"),
		    "INVALID") != 0;
		check_cell(d, VITAL_RR, column(header, line,
		    capnometer ? "co2_rr" : "imp_rr"), 1);
		pressure = atof(column(header, line, "amb_press_mmHg"));
		if (capnometer) {
			double et = atof(column(header, line, "etco2_pct"));
			const struct reading *r = reading_of(d, VITAL_ETCO2);

			assert_non_null(r);
			assert_int_equal(r->value,
			    (int)(et * pressure / 10 + 1e-6));
		}
		n++;
	}
	fclose(f);
	return n;
}

static struct heard heard;

static void
the_carescape_recording_gives_1760_records_and_nine_cuff_results(void **state)
{
	static const int want[9][4] = {
		{ 1533220228, 86, 58, 71 }, { 1533220379, 91, 57, 69 },
		{ 1533220529, 79, 55, 65 }, { 1533220617, 94, 63, 77 },
		{ 1533220676, 90, 62, 74 }, { 1533220829, 85, 62, 71 },
		{ 1533221132, 84, 57, 69 }, { 1533221430, 90, 58, 71 },
		{ 1533221734, 81, 52, 64 },
	};
	struct stream_counters n = play("ge-dri-b650-pycollect-db00.bin",
	    "ge-dri", 64, &heard);
	size_t results = 0;

	(void)state;
	assert_int_equal(n.frames[DECODE_OK], 1760);
	assert_int_equal(n.frames[DECODE_IGNORED], 1760);
	assert_int_equal(n.frames[DECODE_BAD_CHECK], 0);
	assert_int_equal(n.frames[DECODE_BAD_LENGTH], 0);
	assert_int_equal(compare_with_csv(&heard,
	    "ge-dri-b650-pycollect-db00.expected.csv"), 1760);
	for (size_t i = 0; i < heard.n; i++) {
		const struct decoded *d = &heard.frame[i];
		const struct reading *sys = reading_of(d, VITAL_NIBP_SYS);

		assert_null(reading_of(d, VITAL_NIBP_PR));
		if (sys == NULL)
			continue;
		assert_true(results < 9);
		assert_int_equal(d->readings.device_clock_ms / 1000,
		    want[results][0]);
		assert_int_equal(sys->value, want[results][1]);
		assert_int_equal(reading_of(d, VITAL_NIBP_DIA)->value,
		    want[results][2]);
		assert_int_equal(reading_of(d, VITAL_NIBP_MAP)->value,
		    want[results][3]);
		assert_int_equal(sys->quality, QUALITY_GOOD);
		results++;
	}
	assert_int_equal(results, 9);
}

/* Three times there, for 44 s at the longest, while the saturation drifts from
 * 100 to 95 %. */
static void
the_carescape_recording_doubts_each_saturation_without_a_pulse(void **state)
{
	size_t lost = 0;

	(void)state;
	play("ge-dri-b650-pycollect-db00.bin", "ge-dri", 64, &heard);
	for (size_t i = 0; i < heard.n; i++) {
		const struct decoded *d = &heard.frame[i];
		bool pulse = reading_has_value(reading_of(d, VITAL_PR));

		assert_int_equal(reading_of(d, VITAL_SPO2)->quality, pulse ?
		    QUALITY_GOOD : QUALITY_QUESTIONABLE);
		lost += !pulse;
	}
	assert_int_equal(lost, 55);
}

/* Its .md counts 37 bad sums: one of them is the end of a frame before the
 * first flag, which for us is no frame but garbage. */
static void
the_damaged_carescape_recording_gives_its_47_records(void **state)
{
	static const char name[] =
	    "ge-dri-b650-pycollect-db01-corrupted-excerpt";
	char file[100];
	struct stream_counters n;

	(void)state;
	snprintf(file, sizeof file, "%s.bin", name);
	n = play(file, "ge-dri", 1, &heard);
	assert_int_equal(n.frames[DECODE_OK], 47);
	assert_int_equal(n.frames[DECODE_OK] + n.frames[DECODE_IGNORED], 87);
	assert_int_equal(n.frames[DECODE_BAD_CHECK], 36);
	assert_int_equal(n.frames[DECODE_BAD_LENGTH], 3);
	snprintf(file, sizeof file, "%s.expected.csv", name);
	assert_int_equal(compare_with_csv(&heard, file), 47);
}

static void
the_masimo_recording_gives_its_five_lines(void **state)
{
	static const int want[5][2] = {
		{ 97, 360 }, { 96, 395 }, { 96, 425 }, { 96, 319 }, { 97, 241 }
	};

	(void)state;
	play("masimo-rad8-ascii1-a.txt", "masimo-ascii1", 1, &heard);
	assert_int_equal(heard.n, 5);
	for (size_t i = 0; i < 5; i++) {
		const struct decoded *d = &heard.frame[i];

		assert_int_equal(reading_of(d, VITAL_SPO2)->value, 9800);
		assert_int_equal(reading_of(d, VITAL_SPO2)->quality,
		    QUALITY_GOOD);
		assert_int_equal(reading_of(d, VITAL_PR)->value, want[i][0]);
		assert_int_equal(reading_of(d, VITAL_PI)->value, want[i][1]);
	}
}

static void
the_nonin_recording_gives_its_packet(void **state)
{
	(void)state;
	play("nonin-df2-ipod-1packet.bin", "nonin-2", 1, &heard);
	assert_int_equal(heard.n, 1);
	assert_int_equal(heard.frame[0].readings.n, 2);
	assert_int_equal(reading_of(&heard.frame[0], VITAL_SPO2)->value, 9700);
	assert_int_equal(reading_of(&heard.frame[0], VITAL_PR)->value, 61);
	assert_int_equal(reading_of(&heard.frame[0], VITAL_PR)->quality,
	    QUALITY_GOOD);
}

/* A real stream: 102 packets, and one cut short. */
static void
the_contec_recording_gives_its_102_packets(void **state)
{
	struct stream_counters n = play("contec-v7-cms50e-live.bin",
	    "contec-v7", 1, &heard);
	size_t told = 0;

	(void)state;
	assert_int_equal(n.bytes, 922);
	assert_int_equal(n.garbage, 0);
	assert_int_equal(n.frames[DECODE_OK], 102);
	for (size_t i = 0; i < heard.n; i++) {
		const struct decoded *d = &heard.frame[i];

		if (d->readings.n == 0)
			continue;
		told++;
		assert_int_equal(d->readings.n, 2);
		assert_int_equal(reading_of(d, VITAL_SPO2)->value, 9900);
		assert_int_equal(reading_of(d, VITAL_PR)->value, 60);
		assert_int_equal(reading_of(d, VITAL_PR)->quality,
		    QUALITY_GOOD);
	}
	/* Always the same, and all at one time here. */
	assert_int_equal(told, 1);
}

/* What the vendor's program asked a real unit, and its answers: none of them
 * is a measurement, not even the stored ones, and each is one packet. */
static void
the_contec_session_gives_a_packet_for_each_answer(void **state)
{
	static struct stream s;
	FILE *f = open_recording("contec-v7-cms50dplus-session.txt");
	char line[100];
	size_t answers = 0;
	struct decoded d;

	(void)state;
	stream_init(&s, driver_find("contec-v7"), NULL, 0);
	while (fgets(line, sizeof line, f) != NULL) {
		char *p = line + 1;

		if (line[0] != '<')
			continue;
		answers++;
		for (;;) {
			char *end = p;
			uint8_t b = (uint8_t)strtoul(p, &end, 16);

			if (end == p)
				break;
			p = end;
			assert_int_equal(stream_feed(&s, 0, &b, 1), 1);
		}
		while (stream_next(&s, &d))
			assert_int_equal(d.readings.n, 0);
	}
	fclose(f);
	assert_int_equal(answers, 28);
	assert_int_equal(s.count.frames[DECODE_IGNORED], answers);
	assert_int_equal(s.count.garbage, 0);
}

/* Compares one line of the expected decoding, which has an object's attributes,
 * with the frame's readings; returns how many values it has that are read. */
static size_t
compare_object(const struct decoded *d, const char *line)
{
	static const struct {
		const char *id;
		enum vital vital;
		double scale;
	} read[] = {
		{ "0x4182", VITAL_HR, 1 }, { "0x4822", VITAL_PR, 1 },
		{ "0x480a", VITAL_PR, 1 }, { "0x4bb8", VITAL_SPO2, 100 },
		{ "0x4bb0", VITAL_PI, 100 }, { "0x500a", VITAL_RR, 1 },
	};
	size_t n = 0;

	for (size_t i = 0; i < sizeof read / sizeof read[0]; i++) {
		const struct reading *r = reading_of(d, read[i].vital);
		char id[20];
		const char *at;

		snprintf(id, sizeof id, "'pid': '%s'", read[i].id);
		at = strstr(line, id);
		if (at == NULL)
			continue;
		at = strstr(at, "'val': ");
		assert_non_null(at);
		assert_non_null(r);
		assert_int_equal(r->value, lround(atof(at + 7) *
		    read[i].scale));
		assert_int_equal(r->quality, QUALITY_GOOD);
		assert_int_equal(r->flags, READING_DEMO);
		n++;
	}
	return n;
}

/* The messages are real, of a network session; the frames around them were
 * made.  Its cuff result is older than the recording, its lists of alarms are
 * empty. */
static void
the_intellivue_recording_gives_what_an_independent_decoder_found(void **state)
{
	static char line[20000];
	struct stream_counters n = play(
	    "philips-intellivue-jaj42-enumeration.DERIVED-rs232-framed.bin",
	    "philips-intellivue", 1, &heard);
	FILE *f = open_recording(
	    "philips-intellivue-jaj42-enumeration.expected-decode.txt");
	const struct decoded *d = NULL;
	size_t next = 0, values = 0, lists = 0;

	(void)state;
	assert_int_equal(n.frames[DECODE_OK] + n.frames[DECODE_IGNORED], 139);
	assert_int_equal(n.garbage, 0);
	while (fgets(line, sizeof line, f) != NULL) {
		if (line[0] == ' ') {
			values += d != NULL ? compare_object(d, line) : 0;
			continue;
		}
		d = NULL;
		if (strstr(line, " M>C ") == NULL ||
		    (strstr(line, "'cls': 6,") == NULL &&
		    strstr(line, "'cls': 54,") == NULL))
			continue;
		assert_true(next < heard.n);
		d = &heard.frame[next++];
		assert_null(reading_of(d, VITAL_NIBP_SYS));
		if (strstr(line, "'cls': 54,") == NULL)
			continue;
		assert_true(d->readings.alarms.told);
		assert_int_equal(d->readings.alarms.n, 0);
		lists++;
	}
	fclose(f);
	assert_int_equal(next, heard.n);
	assert_int_equal(next, 39);
	assert_int_equal(lists, 15);
	/* 18 times HR, SpO2, PI, RR and the two pulses. */
	assert_int_equal(values, 18 * 6);
}

/* The first reading of a vital that has a value, of all frames. */
static const struct reading *
first_value(enum vital v)
{
	for (size_t i = 0; i < heard.n; i++) {
		const struct reading *r = reading_of(&heard.frame[i], v);

		if (r != NULL && reading_has_value(r))
			return r;
	}
	return NULL;
}

static void
check_first(enum vital v, int32_t value, int64_t age_ms)
{
	const struct reading *r = first_value(v);

	assert_non_null(r);
	assert_int_equal(r->value, value);
	assert_int_equal(r->age_ms, age_ms);
	assert_int_equal(r->quality, QUALITY_GOOD);
}

static void
the_t8_recording_gives_its_23_messages(void **state)
{
	struct stream_counters n = play("mindray-t8-pds.bin", "hl7-pds", 64,
	    &heard);

	(void)state;
	assert_int_equal(n.garbage, 0);
	assert_int_equal(n.frames[DECODE_OK] + n.frames[DECODE_IGNORED], 23);
	check_first(VITAL_HR, 60, 0);
	check_first(VITAL_SPO2, 9800, 0);
	check_first(VITAL_PR, 60, 0);
	check_first(VITAL_RR, 20, 0);
	check_first(VITAL_TEMP, 3700, 0);
	check_first(VITAL_PI, 1200, 0);
	check_first(VITAL_ETCO2, 380, 0);
	assert_null(first_value(VITAL_NIBP_SYS));
	/* Both lists of alarms, and nothing in them. */
	for (int list = 1; list <= 2; list++) {
		const struct monitor_alarms *a =
		    &heard.frame[heard.n - 3 + list].readings.alarms;

		assert_true(a->told);
		assert_int_equal(a->list, list);
		assert_int_equal(a->n, 0);
	}
}

/* Published texts without MLLP: silence ends them.  'before' is heard first. */
static void
play_text(const char *before, const char *name, const char *driver)
{
	static struct stream s;
	char text[8192];
	size_t n = strlen(before), at = 0;
	FILE *f = open_recording(name);
	struct decoded d;

	memcpy(text, before, n);
	n += fread(text + n, 1, sizeof text - n, f);
	fclose(f);
	heard.n = 0;
	stream_init(&s, driver_find(driver), NULL, 0);
	while (at < n) {
		at += stream_feed(&s, 0, (uint8_t *)text + at, n - at);
		while (stream_next(&s, &d))
			hear(&heard, &d);
	}
	stream_quiet(&s, 1000);
	while (stream_next(&s, &d))
		hear(&heard, &d);
}

static void
the_pds_texts_give_their_rate_cuff_and_alarm(void **state)
{
	/* An older result: what stands there first is none. */
	static const char older[] = "MSH|^~\\&|||||||ORU^R01|503|P|2.3.1|\r"
	    "OBX||NM|170^S|2105|99||||||F||APERIODIC|20070106190000\r"
	    "OBX||NM|171^D|2105|60||||||F||APERIODIC|20070106190000\r";
	const struct monitor_alarms *a = &heard.frame[0].readings.alarms;

	(void)state;
	play_text("", "hl7-mindray-pds-oru204-fragment.hl7", "hl7-pds");
	assert_int_equal(heard.n, 1);
	assert_int_equal(heard.frame[0].readings.n, 1);
	check_first(VITAL_HR, 60, 0);
	play_text("", "hl7-mindray-pds-oru503-nibp-fragment.hl7", "hl7-pds");
	assert_int_equal(heard.n, 1);
	assert_null(first_value(VITAL_NIBP_SYS));
	play_text(older, "hl7-mindray-pds-oru503-nibp-fragment.hl7", "hl7-pds");
	assert_int_equal(heard.n, 2);
	check_first(VITAL_NIBP_SYS, 120, 0);
	check_first(VITAL_NIBP_DIA, 80, 0);
	check_first(VITAL_NIBP_MAP, 93, 0);
	play_text("", "hl7-mindray-pds-oru54-physio-alarm.hl7", "hl7-pds");
	assert_int_equal(heard.n, 1);
	assert_int_equal(a->n, 1);
	assert_int_equal(a->item[0].priority, PRIORITY_MEDIUM);
	assert_string_equal(a->item[0].text, "T1 Too Low");
}

static void
the_vs900_text_gives_a_cuff_result_24_minutes_old(void **state)
{
	int64_t age_ms = (24 * 60 + 36) * 1000;

	(void)state;
	play_text("", "hl7-mindray-vs900-pcd01.hl7", "hl7");
	assert_int_equal(heard.n, 1);
	check_first(VITAL_SPO2, 9900, 0);
	check_first(VITAL_PR, 94, 0);
	check_first(VITAL_PI, 94, 0);
	check_first(VITAL_TEMP, 3510, 0);
	check_first(VITAL_NIBP_SYS, 147, age_ms);
	check_first(VITAL_NIBP_DIA, 90, age_ms);
	check_first(VITAL_NIBP_MAP, 109, age_ms);
	assert_null(reading_of(&heard.frame[0], VITAL_HR));
}

static void
the_edan_recording_gives_its_values(void **state)
{
	(void)state;
	play_text("", "edan-elitev8-oru.xml", "hl7");
	assert_int_equal(heard.n, 1);
	assert_int_equal(heard.frame[0].readings.n, 5);
	check_first(VITAL_HR, 60, 0);
	check_first(VITAL_RR, 14, 0);
	check_first(VITAL_SPO2, 9900, 0);
	check_first(VITAL_PR, 60, 0);
	check_first(VITAL_TEMP, 3600, 0);
}

/* Each line at the time that stands in it, or with the line before it; all of
 * them at once would be stored ones. */
static struct stream_counters
play_rows(const char *name, const char *driver, struct heard *h)
{
	static struct stream s;
	FILE *f = open_recording(name);
	int64_t now_ms = 0;
	struct decoded d;
	char line[400];

	h->n = 0;
	stream_init(&s, driver_find(driver), NULL, 0);
	while (fgets(line, sizeof line, f) != NULL) {
		int hour, minute, second;

		if (sscanf(line, "%*9c %d:%d:%d", &hour, &minute, &second) == 3)
			now_ms = ((hour * 60 + minute) * 60 + second) * 1000;
		assert_int_equal(stream_feed(&s, now_ms, (const uint8_t *)line,
		    strlen(line)), strlen(line));
		while (stream_next(&s, &d))
			hear(h, &d);
	}
	fclose(f);
	return s.count;
}

/* Five rows and a heading; the first row only teaches the columns. */
static void
the_nellcor_recording_gives_its_rows(void **state)
{
	static const int rate[4] = { 104, 102, 101, 101 };
	struct stream_counters n = play_rows("nellcor-n560-short.txt",
	    "nellcor", &heard);

	(void)state;
	assert_int_equal(n.garbage, 0);
	assert_int_equal(n.frames[DECODE_IGNORED], 4);
	assert_int_equal(heard.n, 4);
	for (size_t i = 0; i < 4; i++) {
		const struct decoded *d = &heard.frame[i];

		assert_int_equal(reading_of(d, VITAL_SPO2)->value, 10000);
		assert_int_equal(reading_of(d, VITAL_SPO2)->quality,
		    i == 1 || i == 2 ? QUALITY_QUESTIONABLE : QUALITY_GOOD);
		assert_int_equal(reading_of(d, VITAL_PR)->value, rate[i]);
		assert_int_equal(d->readings.alarms.n, 1);
	}
}

/* Its tail of a message and its 27 messages.  The cuff's result stood there
 * from the first on, so it is none. */
static void
the_ivy_recording_gives_its_27_messages(void **state)
{
	struct stream_counters n = play("ivy450c-ansarb.bin", "ivy-ansarb", 64,
	    &heard);

	(void)state;
	assert_int_equal(n.bytes, 15426);
	assert_int_equal(n.garbage, 252);
	assert_int_equal(heard.n, 27);
	for (size_t i = 0; i < heard.n; i++) {
		const struct decoded *d = &heard.frame[i];

		assert_int_equal(d->length, 562);
		assert_int_equal(d->readings.n, 4);
		assert_int_equal(reading_of(d, VITAL_HR)->value, 80);
		assert_int_equal(reading_of(d, VITAL_RR)->value, 35);
		assert_int_equal(reading_of(d, VITAL_SPO2)->value, 10000);
		assert_int_equal(reading_of(d, VITAL_PR)->value, 80);
		assert_int_equal(d->readings.alarms.n, 0);
		for (size_t k = 0; k < d->readings.n; k++)
			assert_int_equal(d->readings.item[k].quality,
			    QUALITY_GOOD);
	}
}

/* One packet, of a demonstration; nothing in it says so.  The cuff's result
 * stands there at first sight, so it is none, until there was another; and what
 * one packet alone shows of it does not count. */
static void
the_biolight_packet_gives_its_values(void **state)
{
	/* The same start, and a cuff's block alone: 110/70, mean 83. */
	static const char older[] = "\xff\xd1\x00\x00\x00\xf1\x00\x00\x0f\x30"
	    "\xe5\x03\x00\x0a\x00\x01\x00\x00\x4c\x08\x3e\x06\x3c\x05";
	static struct stream s;
	FILE *f = open_recording("biolight-a8-demo-31.bin");
	uint8_t packet[2500];
	size_t n = fread(packet, 1, sizeof packet, f);
	struct stream_counters c;
	struct decoded d;

	(void)state;
	fclose(f);
	assert_int_equal(n, 2435);
	c = play("biolight-a8-demo-31.bin", "biolight-a8", 64, &heard);
	assert_int_equal(c.garbage, 0);
	assert_int_equal(heard.n, 1);
	assert_int_equal(heard.frame[0].length, 2435);
	assert_int_equal(heard.frame[0].readings.n, 4);
	check_first(VITAL_HR, 80, 0);
	check_first(VITAL_SPO2, 9900, 0);
	check_first(VITAL_PR, 80, 0);
	check_first(VITAL_TEMP, 3720, 0);
	heard.n = 0;
	stream_init(&s, driver_find("biolight-a8"), NULL, 0);
	for (int64_t t_ms = 0; t_ms < 4000; t_ms += 1000) {
		size_t all = t_ms < 2000 ? sizeof older - 1 : n;

		assert_int_equal(stream_feed(&s, t_ms, t_ms < 2000 ?
		    (const uint8_t *)older : packet, all), all);
		while (stream_next(&s, &d))
			hear(&heard, &d);
	}
	assert_int_equal(heard.n, 4);
	for (size_t i = 0; i < 3; i++)
		assert_null(reading_of(&heard.frame[i], VITAL_NIBP_SYS));
	check_first(VITAL_NIBP_SYS, 120, 0);
	check_first(VITAL_NIBP_DIA, 80, 0);
	check_first(VITAL_NIBP_MAP, 90, 0);
	assert_null(first_value(VITAL_NIBP_PR));
}

#define FRAME_MOST 40

/* "02 5a  words for people": the bytes up to two blanks; how many. */
static size_t
read_hex(const char *p, uint8_t out[FRAME_MOST])
{
	size_t n = 0;

	for (; n < FRAME_MOST && *p != ' '; p += 3)
		out[n++] = (uint8_t)strtoul(p, NULL, 16);
	return n;
}

/* The module's frames of it; what the host says is on another wire, but for
 * what the driver may say itself. */
static void
the_suntech_vectors_are_its_frames(void **state)
{
	static struct stream s;
	FILE *f = open_recording("suntech-doc-vectors.hex.txt");
	char line[200];
	size_t frames = 0, asked = 0;
	struct decoded d;

	(void)state;
	stream_init(&s, driver_find("suntech"), NULL, 0);
	while (fgets(line, sizeof line, f) != NULL) {
		uint8_t b[FRAME_MOST];
		size_t n;

		if (strncmp(line, "D2H", 3) != 0 && strncmp(line, "H2D", 3) != 0)
			continue;
		n = read_hex(line + 4, b);
		if (line[0] == 'H') {
			asked += tx_allowed(s.driver, b, n);
			continue;
		}
		assert_int_equal(stream_feed(&s, 0, b, n), n);
		while (stream_next(&s, &d))
			frames += d.result <= DECODE_IGNORED;
	}
	fclose(f);
	assert_int_equal(frames, 3);
	assert_int_equal(s.count.garbage, 0);
	assert_int_equal(s.count.frames[DECODE_OK], 1);
	assert_int_equal(asked, 1);
}

/* The frames that the manual prints: two breaths, two samples. */
static void
the_welch_allyn_vectors_are_its_frames(void **state)
{
	static const int32_t want[2][2] = { { 390, 12 }, { 330, 24 } };
	static struct stream s;
	FILE *f = open_recording("welchallyn-co2-doc-vectors.hex.txt");
	char line[200];
	size_t told = 0;
	struct decoded d;

	(void)state;
	stream_init(&s, driver_find("welchallyn-co2"), NULL, 0);
	while (fgets(line, sizeof line, f) != NULL) {
		uint8_t b[FRAME_MOST];
		size_t n = read_hex(line, b);

		assert_int_equal(stream_feed(&s, 0, b, n), n);
		assert_true(stream_next(&s, &d));
		if (d.result != DECODE_OK)
			continue;
		assert_true(told < 2);
		assert_int_equal(d.readings.n, 2);
		assert_int_equal(reading_of(&d, VITAL_ETCO2)->value,
		    want[told][0]);
		assert_int_equal(reading_of(&d, VITAL_RR)->value,
		    want[told][1]);
		told++;
	}
	fclose(f);
	assert_int_equal(told, 2);
	assert_int_equal(s.count.frames[DECODE_IGNORED], 2);
	assert_int_equal(s.count.garbage, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
	    the_carescape_recording_gives_1760_records_and_nine_cuff_results),
		cmocka_unit_test(
		    the_carescape_recording_doubts_each_saturation_without_a_pulse),
		cmocka_unit_test(
		    the_damaged_carescape_recording_gives_its_47_records),
		cmocka_unit_test(the_masimo_recording_gives_its_five_lines),
		cmocka_unit_test(the_nonin_recording_gives_its_packet),
		cmocka_unit_test(the_contec_recording_gives_its_102_packets),
		cmocka_unit_test(
		    the_contec_session_gives_a_packet_for_each_answer),
		cmocka_unit_test(
	    the_intellivue_recording_gives_what_an_independent_decoder_found),
		cmocka_unit_test(the_t8_recording_gives_its_23_messages),
		cmocka_unit_test(the_pds_texts_give_their_rate_cuff_and_alarm),
		cmocka_unit_test(
		    the_vs900_text_gives_a_cuff_result_24_minutes_old),
		cmocka_unit_test(the_edan_recording_gives_its_values),
		cmocka_unit_test(the_nellcor_recording_gives_its_rows),
		cmocka_unit_test(the_ivy_recording_gives_its_27_messages),
		cmocka_unit_test(the_biolight_packet_gives_its_values),
		cmocka_unit_test(the_suntech_vectors_are_its_frames),
		cmocka_unit_test(the_welch_allyn_vectors_are_its_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
