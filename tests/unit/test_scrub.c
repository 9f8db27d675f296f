/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Recordings that are shown to others: names are gone, readings are as before.
 *
 * Easy to get wrong: that a name is not found proves little where it was never
 * looked for as it stands on the line, escaped or in two bytes a letter.
 */
#include "drivers/hl7_scrub.h"
#include "drivers/ieee11073_scrub.h"
#include "drivers/intellivue_scrub.h"
#include "review/scrubber.h"
#include "tests/unit/real_recording.h"
#include "tests/unit/recording.h"

#include <dirent.h>

/* What a scrubber gives: the lines again, with their bytes one after another. */
struct given {
	struct recording heard;
	uint8_t sent[4096];
	size_t sent_n;
	char order[4096];	/* '<' and '>' */
	size_t lines;
};

static int
take_line(void *arg, int64_t ms, bool sent, const uint8_t *p, size_t n)
{
	struct given *g = arg;

	if (g->lines < sizeof g->order - 1)
		g->order[g->lines++] = sent ? '>' : '<';
	if (sent) {
		assert_true(g->sent_n + n <= sizeof g->sent);
		memcpy(g->sent + g->sent_n, p, n);
		g->sent_n += n;
	} else {
		recording_add(&g->heard, ms, p, n);
	}
	return 0;
}

static struct given given;

static void
forget(void)
{
	recording_free(&given.heard);
	memset(&given, 0, sizeof given);
}

static uint64_t
times(const struct scrubber *s, const char *what)
{
	const struct scrubber_kind *k;

	for (size_t i = 0; (k = scrubber_kind(s, i)) != NULL; i++) {
		if (strcmp(k->what, what) == 0)
			return k->times;
	}
	return 0;
}

/* Scrubs a recording into 'given', in pieces of 'cut' bytes (0: as it is). */
static struct scrubber *
scrub_recording(const struct driver *d, const struct recording *r, size_t cut)
{
	struct scrubber *s = scrubber_new(d, take_line, &given);

	assert_non_null(s);
	forget();
	for (size_t i = 0; i < r->chunks; i++) {
		const struct chunk *c = &r->chunk[i];

		for (size_t at = 0; at < c->n;) {
			size_t n = cut > 0 && cut < c->n - at ? cut :
			    c->n - at;

			assert_int_equal(scrubber_take(s, c->ms, false,
			    r->byte + c->from + at, n), 0);
			at += n;
		}
	}
	assert_int_equal(scrubber_end(s), 0);
	assert_int_equal(given.heard.n, r->n);
	return s;
}

static void
scrub_bytes(const struct driver *d, const void *p, size_t n)
{
	struct recording r = { 0 };

	recording_add(&r, 0, p, n);
	scrubber_free(scrub_recording(d, &r, 0));
	recording_free(&r);
}

static bool
holds(const void *p, size_t n)
{
	return memmem(given.heard.byte, given.heard.n, p, n) != NULL;
}

static bool
holds_text(const char *text)
{
	return holds(text, strlen(text));
}

/* Captures of all drivers that know what to hide. */

static int
is_capture(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".cap") == 0;
}

static void
assert_same_readings(const struct driver *d, const struct recording *a,
    const struct recording *b, const char *path)
{
	struct events x = { 0 }, y = { 0 };

	recording_run(a, d, 0, 0, &x, NULL, NULL);
	recording_run(b, d, 0, 0, &y, NULL, NULL);
	if (x.n != y.n)
		fail_msg("%s: %zu readings, scrubbed %zu", path, x.n, y.n);
	for (size_t i = 0; i < x.n; i++) {
		if (x.item[i].t_ms != y.item[i].t_ms ||
		    !same_reading(&x.item[i].reading, &y.item[i].reading))
			fail_msg("%s: reading %zu is another", path, i);
	}
	free(x.item);
	free(y.item);
}

static void
try_capture(const struct driver *d, const char *path)
{
	struct recording r = { 0 }, once = { 0 };
	struct scrubber *s;
	unsigned headers;
	bool blanked;

	recording_load(&r, path, d->name, &headers);
	s = scrub_recording(d, &r, 0);
	assert_same_readings(d, &r, &given.heard, path);
	blanked = scrubber_blanked(s) > 0;
	scrubber_free(s);
	for (size_t i = 0; i < given.heard.chunks; i++)
		recording_add(&once, given.heard.chunk[i].ms,
		    given.heard.byte + given.heard.chunk[i].from,
		    given.heard.chunk[i].n);
	/* How the reads were cut changes nothing. */
	scrubber_free(scrub_recording(d, &r, 1));
	assert_int_equal(given.heard.n, once.n);
	assert_memory_equal(given.heard.byte, once.byte, once.n);
	/* Nor does doing it again; where something was blanked, what follows it
	 * may be framed otherwise. */
	scrubber_free(scrub_recording(d, &once, 0));
	if (!blanked)
		assert_memory_equal(given.heard.byte, once.byte, once.n);
	recording_free(&once);
	recording_free(&r);
}

static void
a_scrubbed_capture_gives_the_same_readings(void **state)
{
	size_t tried = 0;

	(void)state;
	for (size_t i = 0; drivers[i] != NULL; i++) {
		char folder[200], path[300];
		struct dirent **list;
		int n;

		if (drivers[i]->scrub == NULL)
			continue;
		snprintf(folder, sizeof folder, "tests/captures/%s",
		    drivers[i]->name);
		n = scandir(folder, &list, is_capture, alphasort);
		for (int k = 0; k < n; k++, tried++) {
			snprintf(path, sizeof path, "%s/%.80s", folder,
			    list[k]->d_name);
			try_capture(drivers[i], path);
			free(list[k]);
		}
		if (n >= 0)
			free(list);
	}
	assert_true(tried > 0);
}

/* The machinery, with a protocol of its own: 02, length, bytes, their sum; a
 * name is what stands between '<' and '>', and '?' is not understood. */

static int
toy_frame(const struct window *w, int64_t gap_ms)
{
	(void)gap_ms;
	if (window_at(w, 0) != 2)
		return FRAME_GARBAGE;
	return window_length(w) < 2 ? FRAME_MORE : window_at(w, 1) + 3;
}

static uint8_t
toy_sum(const struct window *w, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 2; i + 1 < n; i++)
		sum += window_at(w, i);
	return (uint8_t)sum;
}

static enum decode
toy_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	(void)u, (void)t_ms, (void)out;
	return toy_sum(w, n) == window_at(w, n - 1) ?
	    DECODE_IGNORED : DECODE_BAD_CHECK;
}

static bool
toy_scrub(const struct window *w, size_t n, struct scrub *out)
{
	for (size_t i = 2; i < n; i++) {
		size_t to = window_find(w, i, n, '>');

		if (window_at(w, i) == '?')
			return false;
		if (window_at(w, i) == '<') {
			scrub_add(out, i + 1, to, SCRUB_TEXT, "name");
			i = to;
		}
	}
	return true;
}

/* An even sum cannot be written. */
static bool
toy_reseal(uint8_t *p, size_t n)
{
	unsigned sum = 0;

	for (size_t i = 2; i + 1 < n; i++)
		sum += p[i];
	p[n - 1] = (uint8_t)sum;
	return sum % 2 == 1;
}

static const struct driver toy = {
	.name = "toy", .silent_after_ms = 1000, .longest = 64,
	.evidence = EVIDENCE_CHECKSUM, .frame = toy_frame,
	.decode = toy_decode, .scrub = toy_scrub, .reseal = toy_reseal,
};

static size_t
put_toy(uint8_t *p, const char *text)
{
	size_t n = strlen(text);
	unsigned sum = 0;

	p[0] = 2;
	p[1] = (uint8_t)n;
	memcpy(p + 2, text, n);
	for (size_t i = 0; i < n; i++)
		sum += (uint8_t)text[i];
	p[2 + n] = (uint8_t)sum;
	return n + 3;
}

static void
a_name_becomes_letters_of_the_same_length_and_the_check_is_right(void **state)
{
	uint8_t m[64];
	size_t n = put_toy(m, "A1<O'Neil 7\xc3\xa9>97");

	(void)state;
	scrub_bytes(&toy, m, n);
	assert_int_equal(given.heard.n, n);
	/* The sum with X was even, so the first letter is the next one. */
	assert_true(holds_text("A1<X'XXXX 0XX>97") ||
	    holds_text("A1<Y'XXXX 0XX>97"));
	assert_true(toy_reseal(given.heard.byte, n));
	n = put_toy(m, "A1<P'Neil 7\xc3\xa9>96");
	scrub_bytes(&toy, m, n);
	assert_true(toy_reseal(given.heard.byte, n));
}

static void
a_message_without_names_is_left_as_it_is(void **state)
{
	uint8_t m[64];
	size_t n = put_toy(m, "SpO2=97");

	(void)state;
	scrub_bytes(&toy, m, n);
	assert_memory_equal(given.heard.byte, m, n);
}

static void
what_is_no_message_or_not_understood_becomes_00(void **state)
{
	struct recording r = { 0 };
	struct scrubber *s;
	uint8_t m[64], zeros[64] = { 0 };
	size_t n = put_toy(m, "Mr. Doe?");

	(void)state;
	recording_add(&r, 0, (const uint8_t *)"Doe", 3);
	recording_add(&r, 1, m, n);
	n = put_toy(m, "ok");
	recording_add(&r, 2, m, n);
	m[3] ^= 1;
	recording_add(&r, 3, m, n);
	recording_add(&r, 4, m, 2);
	s = scrub_recording(&toy, &r, 0);
	assert_int_equal(scrubber_blanked(s), 3 + 11 + 5 + 2);
	scrubber_free(s);
	assert_memory_equal(given.heard.byte, zeros, 14);
	assert_true(holds_text("ok"));
	assert_memory_equal(given.heard.byte + given.heard.n - 7, zeros, 7);
	recording_free(&r);
}

static void
a_check_that_cannot_be_put_right_costs_the_message(void **state)
{
	uint8_t m[64], zeros[64] = { 0 };
	/* Nothing in it can be replaced by another sum. */
	size_t n = put_toy(m, "<-->");
	struct recording r = { 0 };
	struct scrubber *s;

	(void)state;
	m[n - 1] = '<' + '-' + '-' + '>';
	recording_add(&r, 0, m, n);
	s = scrub_recording(&toy, &r, 0);
	assert_memory_equal(given.heard.byte, zeros, n);
	assert_int_equal(scrubber_lost(s), 1);
	scrubber_free(s);
	recording_free(&r);
}

static void
lines_keep_their_order_while_a_message_is_not_whole(void **state)
{
	struct scrubber *s = scrubber_new(&toy, take_line, &given);
	uint8_t m[64];
	size_t n = put_toy(m, "<Doe>");

	(void)state;
	forget();
	assert_int_equal(scrubber_take(s, 0, true, m, 1), 0);
	assert_int_equal(given.lines, 1);
	assert_int_equal(scrubber_take(s, 1, false, m, 3), 0);
	assert_int_equal(scrubber_take(s, 2, true, (const uint8_t *)"x", 1), 0);
	assert_int_equal(given.lines, 1);
	assert_int_equal(scrubber_take(s, 3, false, m + 3, n - 3), 0);
	assert_string_equal(given.order, "><><");
	assert_int_equal(given.heard.chunk[0].n, 3);
	assert_int_equal(given.heard.chunk[0].ms, 1);
	assert_int_equal(given.heard.chunk[1].ms, 3);
	assert_int_equal(given.sent[1], 'x');
	assert_int_equal(scrubber_end(s), 0);
	scrubber_free(s);
}

static void
a_driver_that_hides_nothing_passes_all_on(void **state)
{
	static const char text[] = "garbage";

	(void)state;
	scrub_bytes(driver_find("nonin-2"), text, sizeof text);
	assert_memory_equal(given.heard.byte, text, sizeof text);
}

/* HL7, with frames as its drivers make them. */

static int
whole_frame(const struct window *w, int64_t gap_ms)
{
	size_t n = window_length(w), end = window_find(w, 0, n, 0x1c);

	(void)gap_ms;
	if (window_at(w, 0) != 0x0b)
		return FRAME_GARBAGE;
	return end == n ? FRAME_MORE : (int)end + 2;
}

static enum decode
ignore(union driver_state *u, int64_t t_ms, const struct window *w, size_t n,
    struct readings *out)
{
	(void)u, (void)t_ms, (void)w, (void)n, (void)out;
	return DECODE_IGNORED;
}

static const struct driver hl7 = {
	.name = "hl7", .silent_after_ms = 1000, .longest = 32768,
	.evidence = EVIDENCE_WORDS, .frame = whole_frame, .decode = ignore,
	.scrub = hl7_scrub,
};

static void
scrub_hl7(const char *message)
{
	static char m[20000];
	int n = snprintf(m, sizeof m, "\x0b%s\x1c\r", message);

	assert_true(n > 0 && (size_t)n < sizeof m);
	scrub_bytes(&hl7, m, (size_t)n);
}

static void
an_hl7_message_keeps_its_measurements_and_loses_everybody(void **state)
{
	(void)state;
	scrub_hl7("MSH|^~\\&|MON^00A0^EUI|St. Anna|||20260101101500||"
	    "ORU^R01|204|P|2.6|||AL|NE\r"
	    "PID|1|77|4711^^^Anna^PI||Muster^Max^^^Dr.||19640312|M|||"
	    "Hauptstr. 3^^Ulm||0731-5551||||||A-99\r"
	    "NK1|1|Muster^Eva\r"
	    "PV1|1|I|ICU^^Bed 7||||12^Meyer^Jo|||||||||||V123\r"
	    "ZXX|Max Muster\r"
	    "OBR|1|O-1|O-2|182777000^monitoring^SCT|||20260101101500|||Schulz|"
	    "|||||Meyer\r"
	    "OBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1|97|262688^MDC_DIM_"
	    "PERCENT^MDC|||||R|||20260101101459||Schulz||00A037^^X|\r"
	    "OBX|2|ST|9^Remark||Max is restless\r"
	    "OBX|3|NM|188740^MDC_MASS_BODY_ACTUAL^MDC||81.5\r"
	    "OBX|4|CE|2|1|10076^**T1 Too Low||||||F\r"
	    "NTE|1||call Meyer\r"
	    "loose Muster\r");
	assert_false(holds_text("Must") || holds_text("Max") ||
	    holds_text("Meyer") || holds_text("Schulz") ||
	    holds_text("Anna") || holds_text("4711") ||
	    holds_text("1964") || holds_text("0731") || holds_text("Ulm") ||
	    holds_text("Bed 7") || holds_text("V123") || holds_text("A-99") ||
	    holds_text("81.5") || holds_text("O-1") || holds_text("00A0"));
	assert_true(holds_text("MSH|^~\\&|XXX^00X0^XXX|XX. XXXX|||"
	    "20260101101500||ORU^R01|204|P|2.6|||AL|NE\r"
	    "PID|0|00|0000^^^XXXX^XX||XXXXXX^XXX^^^XX.||00000000|X|||"));
	assert_true(holds_text("\rOBX|1|NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3."
	    "1|97|262688^MDC_DIM_PERCENT^MDC|||||R|||20260101101459||XXXXXX||"
	    "00X000^^X|\r"));
	assert_true(holds_text("OBR|1|X-0|X-0|182777000^monitoring^SCT|||"
	    "20260101101500|||XXXXXX||||||XXXXX\r"));
	assert_true(holds_text("OBX|2|ST|9^Remark||XXX XX XXXXXXXX\r"));
	assert_true(holds_text("|00.0\rOBX|4|CE|2|1|10076^**T1 Too Low||||||F"));
	assert_true(holds_text("ZXX|XXX XXXXXX\r"));
	assert_true(holds_text("\rXXXXX XXXXXX\r\x1c\r"));
}

static void
a_separator_of_another_kind_is_taken_from_the_message(void **state)
{
	(void)state;
	scrub_hl7("MSH#^~\\&#MON\rPID#1##4711##Muster^Max\r"
	    "OBX##NM#101^HR#2101#60######F\r");
	assert_false(holds_text("Muster") || holds_text("4711"));
	assert_true(holds_text("OBX##NM#101^HR#2101#60######F\r"));
}

static void
xml_loses_the_same(void **state)
{
	(void)state;
	scrub_hl7("<?xml version=\"1.0\"?><!-- for Max Muster -->\r\n"
	    "<ORU_R01>\n<MSH><MSH.1>|</MSH.1><MSH.4>Anna</MSH.4>"
	    "<MSH.7>20260101101500</MSH.7></MSH>\n"
	    "<PID><PID.3><CX.1>4711</CX.1></PID.3>"
	    "<PID.5>Muster<FN.1>Max</FN.1></PID.5></PID>\n"
	    "<PV1><PV1.3><PV1.3.3>Bed65</PV1.3.3></PV1.3></PV1>\n"
	    "<OBX owner=\"Max\"><OBX.2>NM</OBX.2><OBX.3>HR</OBX.3>"
	    "<OBX.5>60</OBX.5></OBX>\n"
	    "<OBX><OBX.2>NM</OBX.2><OBX.3>WEIGHT</OBX.3><OBX.5>65.0</OBX.5>"
	    "</OBX>\n"
	    "<OBX><OBX.2>NM</OBX.2><OBX.3><CE.1>150456</CE.1><CE.2>SAT</CE.2>"
	    "</OBX.3><OBX.5>97</OBX.5></OBX>\n"
	    "<OBX><OBX.2>ST</OBX.2><OBX.3>X</OBX.3><OBX.5>Muster</OBX.5></OBX>"
	    "loose Max</ORU_R01>");
	assert_false(holds_text("Muster") || holds_text("Max") ||
	    holds_text("4711") || holds_text("Bed65") || holds_text("65.0") ||
	    holds_text("Anna"));
	assert_true(holds_text("<OBX.3>HR</OBX.3><OBX.5>60</OBX.5>"));
	assert_true(holds_text("<OBX.5>97</OBX.5>"));
	assert_true(holds_text("<MSH.7>20260101101500</MSH.7>"));
	assert_true(holds_text("<PID.5>XXXXXX<FN.1>XXX</FN.1></PID.5>"));
	assert_true(holds_text("<OBX.3>WEIGHT</OBX.3><OBX.5>00.0</OBX.5>"));
}

static void
what_only_looks_like_hl7_is_not_shown(void **state)
{
	(void)state;
	scrub_hl7("Muster");
	assert_false(holds_text("Muster"));
	scrub_hl7("<ORU_R01><PID.5>Muster");
	assert_true(!holds_text("Muster"));
	scrub_hl7("<ORU_R01 Muster");
	assert_false(holds_text("Muster"));
}

static void
more_names_than_can_be_listed_cost_the_message(void **state)
{
	static char m[9000] = "MSH|^~\\&|||||||ORU\rPID";

	(void)state;
	for (size_t i = 0; i < SCRUB_SPANS + 1; i++)
		strcat(m, "|Doe");
	scrub_hl7(m);
	assert_false(holds_text("Doe"));
	assert_false(holds_text("MSH"));
}

/* What the drivers themselves frame and read, before and after. */

#define SATURATION "MSH|^~\\&|COMEN||||||ORU^R01|1|P|2.6\r" \
	"OBX||NM|150456^MDC_PULS_OXIM_SAT_O2^MDC|1.3.1|97|262688|||||F\r"
#define BLOCK "\x0b" SATURATION "\x1c\r"
#define XML_OBX "<OBX><OBX.2>NM</OBX.2><OBX.3>SpO2</OBX.3><OBX.5>98</OBX.5>" \
	"</OBX>"

/* So many readings, and the same of what was scrubbed. */
static void
keeps_readings(const char *text, size_t readings)
{
	const struct driver *d = driver_find("hl7");
	struct recording r = { 0 };
	struct events x = { 0 };
	struct scrubber *s;

	recording_add(&r, 0, (const uint8_t *)text, strlen(text));
	recording_run(&r, d, 0, 0, &x, NULL, NULL);
	assert_int_equal(x.n, readings);
	free(x.item);
	s = scrub_recording(d, &r, 0);
	assert_same_readings(d, &r, &given.heard, text);
	assert_int_equal(scrubber_lost(s), 0);
	scrubber_free(s);
	assert_false(holds_text("Doe"));
	recording_free(&r);
}

static void
what_is_blanked_ends_the_message_before_as_it_did(void **state)
{
	(void)state;
	keeps_readings(SATURATION "\x0b Doe", 1);
	keeps_readings(SATURATION "\x0b Doe<ORU_R01>" XML_OBX "</ORU_R01>", 2);
	keeps_readings(SATURATION "MSH|Doe" BLOCK, 2);
	keeps_readings(SATURATION "\x0bMSHDoe\x1c\r" BLOCK, 2);
	keeps_readings(SATURATION "\x0b<Doe\x1c\r" BLOCK, 2);
}

static void
what_is_replaced_never_takes_a_message_s_end(void **state)
{
	(void)state;
	keeps_readings("<ORU_R01><!-- Doe </ORU_R01>" BLOCK, 1);
	keeps_readings("<ORU_R01><a b=\"Doe</ORU_R01>" BLOCK, 1);
}

static void
a_damaged_tag_hides_nothing_that_is_read(void **state)
{
	(void)state;
	keeps_readings("<ORU_R01>" XML_OBX "</ORU_R01>", 1);
	keeps_readings("<ORU_R01>" XML_OBX "<O\nBX><OBX.2>NM</OBX.2><OBX.3>HR</OBX.3>"
	    "<OBX.5>60</OBX.5></OBX></ORU_R01>", 1);
	keeps_readings("<ORU_R01><OBX><OBX.2>NM</OBX.2><PID x=\"Doe\">"
	    "<OBX.3>HR</OBX.3><OBX.5>60</OBX.5></OBX>" XML_OBX
	    "</ORU_R01>", 1);
	keeps_readings("<ORU_R01><OBX><OBX.2>NM<CE>ST</CE></OBX.2>"
	    "<OBX.3>HR</OBX.3><OBX.5>60</OBX.5></OBX></ORU_R01>", 1);
	keeps_readings("\x0b<ORU_R01>" XML_OBX "</ORU_R01><Doe\x1c\r", 1);
}

static void
the_edan_message_keeps_its_numbers(void **state)
{
	static char m[20000];
	FILE *f = open_recording("edan-elitev8-oru.xml");
	size_t n = fread(m, 1, sizeof m - 1, f);

	(void)state;
	fclose(f);
	m[n] = '\0';
	scrub_hl7(m);
	assert_false(holds_text("TEST PATIENT") || holds_text("19000101") ||
	    holds_text("Bed65") || holds_text("175.0") || holds_text("hospital"));
	assert_true(holds_text("<PID.5>XXXX XXXXXXX</PID.5>"));
	assert_true(holds_text("<OBX.3>SpO2</OBX.3>\n\t\t<OBX.5>99</OBX.5>"));
	assert_true(holds_text("<OBX.3>Art_SYS</OBX.3>\n\t\t<OBX.5>120</OBX.5>"));
	assert_true(holds_text("<OBX.7>50-120</OBX.7>"));
}

/* Philips IntelliVue. */

static uint16_t
crc_of(const uint8_t *p, size_t n)
{
	uint32_t c = 0xffff;

	for (size_t i = 0; i < n; i++) {
		c ^= p[i];
		for (int k = 0; k < 8; k++)
			c = c & 1 ? c >> 1 ^ 0x8408 : c >> 1;
	}
	return (uint16_t)(c ^ 0xffff);
}

/* Frames a message; its length on the line. */
static size_t
put_frame(uint8_t *out, const uint8_t *m, size_t n)
{
	uint8_t plain[2100] = { 0x11, 0x01, (uint8_t)(n >> 8), (uint8_t)n };
	size_t k = 0;
	uint16_t crc;

	memcpy(plain + 4, m, n);
	crc = crc_of(plain, n + 4);
	plain[n + 4] = (uint8_t)crc;
	plain[n + 5] = (uint8_t)(crc >> 8);
	out[k++] = 0xc0;
	for (size_t i = 0; i < n + 6; i++) {
		bool e = plain[i] == 0xc0 || plain[i] == 0xc1 ||
		    plain[i] == 0x7d;

		if (e)
			out[k++] = 0x7d;
		out[k++] = e ? plain[i] ^ 0x20 : plain[i];
	}
	out[k++] = 0xc1;
	return k;
}

/* Back again; false where the check is wrong. */
static bool
take_frame(const uint8_t *p, size_t n, uint8_t *m, size_t *length)
{
	static uint8_t plain[2100];
	size_t k = 0;

	if (n < 2 || p[0] != 0xc0 || p[n - 1] != 0xc1)
		return false;
	for (size_t i = 1; i + 1 < n; i++) {
		uint8_t b = p[i];

		if (b == 0x7d)
			b = p[++i] ^ 0x20;
		plain[k++] = b;
	}
	if (k < 6 || crc_of(plain, k - 2) !=
	    (plain[k - 2] | plain[k - 1] << 8))
		return false;
	*length = k - 6;
	memcpy(m, plain + 4, k - 6);
	return true;
}

static int
philips_frame(const struct window *w, int64_t gap_ms)
{
	size_t n = window_length(w), end = window_find(w, 1, n, 0xc1);

	(void)gap_ms;
	if (window_at(w, 0) != 0xc0)
		return FRAME_GARBAGE;
	return end == n ? FRAME_MORE : (int)end + 1;
}

static const struct driver philips = {
	.name = "philips-intellivue", .silent_after_ms = 1000,
	.longest = 4096, .evidence = EVIDENCE_CHECKSUM,
	.frame = philips_frame, .decode = ignore,
	.scrub = intellivue_scrub, .reseal = intellivue_reseal,
};

struct out {
	uint8_t p[1500];
	size_t n;
};

static void
put16(struct out *o, unsigned v)
{
	o->p[o->n++] = (uint8_t)(v >> 8);
	o->p[o->n++] = (uint8_t)v;
}

static void
put_attribute(struct out *o, unsigned id, const void *p, size_t n)
{
	put16(o, id);
	put16(o, (unsigned)n);
	memcpy(o->p + o->n, p, n);
	o->n += n;
}

/* A reply of one object of that class, its attributes from 'a'. */
static size_t
put_reply(uint8_t *frame, unsigned class, unsigned group, unsigned count,
    const struct out *a)
{
	struct out o = { .n = 0 };
	unsigned n = (unsigned)a->n;

	put16(&o, 0xe100);
	put16(&o, 2);
	put16(&o, 2);
	put16(&o, n + 52);
	put16(&o, 1);
	put16(&o, 7);
	put16(&o, n + 46);
	put16(&o, 0x21);
	put16(&o, 0);
	put16(&o, 0);
	put16(&o, 0x0c16);
	put16(&o, n + 36);
	put16(&o, 1);
	put16(&o, 0);
	put16(&o, 0);
	for (int i = 0; i < 4; i++)
		put16(&o, 0xffff);
	put16(&o, 1);
	put16(&o, class);
	put16(&o, group);
	put16(&o, 1);
	put16(&o, n + 12);
	put16(&o, 0);
	put16(&o, 1);
	put16(&o, n + 6);
	put16(&o, 0x50);
	put16(&o, count);
	put16(&o, n);
	memcpy(o.p + o.n, a->p, n);
	return put_frame(frame, o.p, o.n + n);
}

static void
a_philips_patient_is_gone_whatever_the_escapes(void **state)
{
	/* "Müller", with letters that are escaped on the line: u-umlaut no,
	 * C0 C1 7D yes; each in two bytes. */
	static const uint8_t name[] = { 0, 16, 0, 'M', 0, 0xc0, 0, 0xc1, 0,
		0x7d, 0, 'l', 0, 'e', 0, 'r', 0, 0 };
	uint8_t frame[3200], m[2100];
	size_t seals = 0, n, length;

	(void)state;
	/* Another number each time, and so another check. */
	for (unsigned i = 0; i < 3000; i++) {
		uint8_t number[2] = { (uint8_t)(i >> 8), (uint8_t)i };
		struct out a = { .n = 0 };

		put_attribute(&a, 0x0921, number, 2);
		put_attribute(&a, 0x095c, name, sizeof name);
		put_attribute(&a, 0x0950, name, 10);
		n = put_reply(frame, 6, 0x0803, 3, &a);
		scrub_bytes(&philips, frame, n);
		assert_int_equal(given.heard.n, n);
		assert_true(take_frame(given.heard.byte, n, m, &length));
		assert_int_equal(memcmp(m + length - 14, "\x09\x50", 2), 0);
		assert_memory_equal(m + length - 10, name, 10);
		assert_null(memmem(m, length - 14, name + 2, 6));
		assert_null(memmem(m, length - 14, "\0l\0e\0r", 6));
		/* The string keeps its length. */
		assert_non_null(memmem(m, length, "\x09\x5c\0\x12\0\x10", 6));
		seals += m[72] != 0;
	}
	/* Now and then the check wanted another filler. */
	assert_true(seals > 20 && seals < 400);
}

static void
all_of_a_patient_object_goes_and_little_of_others(void **state)
{
	uint8_t frame[3200], m[2100];
	struct out a = { .n = 0 };
	size_t n, length;

	(void)state;
	put_attribute(&a, 0x0921, "HH", 2);
	put_attribute(&a, 0xabcd, "Muster", 6);
	put_attribute(&a, 0x091e, "BedSeven", 8);
	n = put_reply(frame, 0x2a, 0x0807, 3, &a);
	scrub_bytes(&philips, frame, n);
	assert_true(take_frame(given.heard.byte, n, m, &length));
	assert_false(holds_text("Muster") || holds_text("BedSeven") ||
	    holds_text("HH"));
	n = put_reply(frame, 0x21, 0, 3, &a);
	scrub_bytes(&philips, frame, n);
	assert_true(take_frame(given.heard.byte, n, m, &length));
	assert_true(holds_text("Muster") && holds_text("HH"));
	assert_false(holds_text("BedSeven"));
}

static void
a_philips_message_that_contradicts_itself_is_not_shown(void **state)
{
	uint8_t frame[3200], zeros[3200] = { 0 };
	struct out a = { .n = 0 };
	size_t n;

	(void)state;
	put_attribute(&a, 0x095c, "Muster", 6);
	n = put_reply(frame, 0x2a, 0x0807, 2, &a);
	scrub_bytes(&philips, frame, n);
	assert_memory_equal(given.heard.byte, zeros, n);
	a.p[3] = 99;
	n = put_reply(frame, 0x2a, 0x0807, 1, &a);
	scrub_bytes(&philips, frame, n);
	assert_memory_equal(given.heard.byte, zeros, n);
}

static void
the_philips_recording_loses_bed_and_serial_numbers(void **state)
{
	static uint8_t byte[200000], m[2100];
	static const uint8_t bed[] = { 0, 'L', 0, 'e', 0, 'T', 0, 'e' };
	static const uint8_t system[] = { 0x09, 0xfb, 0x70, 0xd8, 0x0b };
	FILE *f = open_recording("philips-intellivue-jaj42-enumeration."
	    "DERIVED-rs232-framed.bin");
	size_t n = fread(byte, 1, sizeof byte, f), frames = 0, length;
	struct recording r = { 0 };
	struct scrubber *s;

	(void)state;
	fclose(f);
	recording_add(&r, 0, byte, n);
	assert_non_null(memmem(byte, n, bed, sizeof bed));
	assert_non_null(memmem(byte, n, system, sizeof system));
	assert_non_null(memmem(byte, n, "DE82021892", 10));
	s = scrub_recording(&philips, &r, 0);
	assert_int_equal(scrubber_blanked(s), 0);
	assert_true(times(s, "bed label") > 0);
	assert_true(times(s, "patient name") > 0);
	scrubber_free(s);
	assert_false(holds(bed, sizeof bed));
	assert_false(holds(system, sizeof system));
	assert_false(holds_text("DE82021892"));
	for (size_t at = 0; at < n;) {
		uint8_t *end = memchr(given.heard.byte + at, 0xc1, n - at);

		assert_non_null(end);
		assert_true(take_frame(given.heard.byte + at,
		    (size_t)(end + 1 - given.heard.byte) - at, m, &length));
		at = (size_t)(end + 1 - given.heard.byte);
		frames++;
	}
	assert_int_equal(frames, 139);
	recording_free(&r);
}

/* Health devices. */

static void
a_health_device_loses_serial_number_persons_and_what_is_unknown(void **state)
{
	static const uint8_t aarq[] = { 0xe2, 0, 0, 0x32, 0x80, 0, 0, 0, 0, 1,
		0, 0x2a, 0x50, 0x79, 0, 0x26, 0x80, 0, 0, 0, 0x80, 0, 0x80, 0,
		0, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 8, 0x11, 0x22, 0x33, 0x44,
		0x55, 0x66, 0x77, 0x88, 0x40, 0, 0, 1, 1, 0, 0, 0, 0, 0 };
	/* Attributes: model, an unknown one, the clock. */
	static const uint8_t get[] = { 0xe7, 0, 0, 0x2e, 0, 0x2c, 0, 1, 2, 3, 0,
		0x26, 0, 0, 0, 3, 0, 0x20, 0x09, 0x28, 0, 6, 0, 2, 'A', 'B', 0,
		0, 0x0a, 0x99, 0, 6, 'M', 'u', 's', 't', 'e', 'r', 0x09, 0x87,
		0, 8, 0x20, 0x26, 0x11, 0x29, 0x10, 0, 0, 0 };
	/* A report of person 0x0042. */
	static const uint8_t report[] = { 0xe7, 0, 0, 0x26, 0, 0x24, 0, 1, 1, 1,
		0, 0x1e, 0, 0, 0xff, 0xff, 0xff, 0xff, 0x0d, 0x1f, 0, 0x14,
		0xf0, 0, 0, 0, 0, 1, 0, 0x0c, 0x00, 0x42, 0, 1, 0, 6, 0, 1, 0,
		2, 0, 0x61 };
	const struct driver *d = driver_find("ieee11073");

	(void)state;
	scrub_bytes(d, aarq, sizeof aarq);
	assert_false(holds("\x11\x22", 2) || holds("\x66\x77", 2));
	assert_memory_equal(given.heard.byte + 44, aarq + 44, 10);
	scrub_bytes(d, get, sizeof get);
	assert_false(holds_text("Must"));
	assert_true(holds_text("AB"));
	assert_true(holds("\x20\x26\x11\x29\x10", 5));
	scrub_bytes(d, report, sizeof report);
	assert_false(holds("\x42", 1));
	assert_true(holds("\x61", 1));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_scrubbed_capture_gives_the_same_readings),
		cmocka_unit_test(
	    a_name_becomes_letters_of_the_same_length_and_the_check_is_right),
		cmocka_unit_test(a_message_without_names_is_left_as_it_is),
		cmocka_unit_test(
		    what_is_no_message_or_not_understood_becomes_00),
		cmocka_unit_test(
		    a_check_that_cannot_be_put_right_costs_the_message),
		cmocka_unit_test(
		    lines_keep_their_order_while_a_message_is_not_whole),
		cmocka_unit_test(a_driver_that_hides_nothing_passes_all_on),
		cmocka_unit_test(
		    an_hl7_message_keeps_its_measurements_and_loses_everybody),
		cmocka_unit_test(
		    a_separator_of_another_kind_is_taken_from_the_message),
		cmocka_unit_test(xml_loses_the_same),
		cmocka_unit_test(what_only_looks_like_hl7_is_not_shown),
		cmocka_unit_test(
		    more_names_than_can_be_listed_cost_the_message),
		cmocka_unit_test(
		    what_is_blanked_ends_the_message_before_as_it_did),
		cmocka_unit_test(what_is_replaced_never_takes_a_message_s_end),
		cmocka_unit_test(a_damaged_tag_hides_nothing_that_is_read),
		cmocka_unit_test(the_edan_message_keeps_its_numbers),
		cmocka_unit_test(
		    a_philips_patient_is_gone_whatever_the_escapes),
		cmocka_unit_test(
		    all_of_a_patient_object_goes_and_little_of_others),
		cmocka_unit_test(
		    a_philips_message_that_contradicts_itself_is_not_shown),
		cmocka_unit_test(
		    the_philips_recording_loses_bed_and_serial_numbers),
		cmocka_unit_test(
	    a_health_device_loses_serial_number_persons_and_what_is_unknown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
