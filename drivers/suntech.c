/* SPDX-License-Identifier: BSD-2-Clause
 *
 * SunTech Advantage and Advantage A+ blood pressure modules, by
 * nibp-and-small-monitors.md section 2.  The module answers its host:
 *
 *	3E | length, all bytes | data | check: all bytes sum to 0
 *
 *	length 18: the last measurement, little-endian
 *	2 u16 sys  4 u16 dia  6 u8 beats  7 status  8 test codes
 *	16 u16 rate  18 u16 mean  20 u8 error, 0: none  23 check
 *	length 04: acknowledgement, 05: cuff pressure, 06: return code, 43: name
 *
 * It is asked for the last measurement, unless some other host keeps it
 * talking: then its answers are only listened to.
 *
 * A measurement has neither a time nor a count: only other pressures or another
 * rate tell a new one.  The beats may be counted while the old numbers stand, and
 * an error may go away without a measurement.
 *
 * Easy to get wrong: 3A 20 A6, 3A 87 3F and 3A 28 9E start a cuff.  The one
 * message that is sent is 3A 79 03 00 4A.
 */
#include "drivers/cuff.h"
#include "drivers/driver.h"
#include "drivers/wire.h"

#define START 0x3E
#define LAST_RESULT 0x18
#define LENGTH_MAX 0x43

/* The module was silent for so long: nobody else asks it.  Hosts do every 2 to 5 s,
 * and our questions must not come in between theirs. */
#define ASK_MS 6000

static const uint8_t ask_result[5] = { 0x3A, 0x79, 0x03, 0x00, 0x4A };
static const struct tx_template templates[] = {
	{ .name = "tell the last measurement",
	  .bytes = ask_result, .length = sizeof ask_result },
	{ .name = NULL },
};

/* What tells one measurement from another. */
struct shown {
	uint16_t sys, dia, map, rate;
};

struct suntech_state {
	struct cuff_watch cuff;
	bool known;		/* numbers were there before: */
	struct shown shown;
	bool heard;		/* an answer was, and its error: */
	uint8_t error;
	bool clean;		/* one without an error was */
	bool begun;		/* request() was called */
	int64_t last_ms;	/* last frame, or last question */
};
_Static_assert(sizeof(struct suntech_state) <= DRIVER_STATE_MAX, "state");

/* Characters of what is said of an error, with the NUL: arrays, so that none is
 * read beyond. */
#define WORDS_ROOM 24

/* The manual gives the codes in decimal.  One program that reads them takes
 * the same digits for hexadecimal, so the code is told as both. */
static const struct failure {
	uint8_t code;
	enum quality quality;
	char words[WORDS_ROOM];
} failures[] = {
	{ 1, QUALITY_NO_VALUE, "weak or no signal" },
	{ 2, QUALITY_ARTEFACT, "artefact" },
	{ 3, QUALITY_OUT_OF_RANGE, "out of range" },
	{ 4, QUALITY_NO_VALUE, "it took too long" },
	{ 85, QUALITY_FAULT, "blocked hose" },
	{ 86, QUALITY_NO_VALUE, "ended by a person" },
	{ 87, QUALITY_SENSOR_OFF, "loose cuff or leak" },
	{ 88, QUALITY_NO_VALUE, "safety timeout" },
	{ 89, QUALITY_FAULT, "cuff overpressure" },
	{ 90, QUALITY_FAULT, "supply or hardware" },
	{ 91, QUALITY_FAULT, "auto-zero" },
	{ 97, QUALITY_FAULT, "transducer out of range" },
	{ 99, QUALITY_FAULT, "calibration memory" },
	{ 0, QUALITY_NO_VALUE, "unknown" },
};

static bool
is_length(uint8_t length)
{
	return length == 4 || length == 5 || length == 6 ||
	    length == LAST_RESULT || length == LENGTH_MAX;
}

static int
suntech_frame(const struct window *w, int64_t gap_ms)
{
	(void)gap_ms;
	if (window_at(w, 0) != START)
		return FRAME_GARBAGE;
	if (window_length(w) < 2)
		return FRAME_MORE;
	return is_length(window_at(w, 1)) ? window_at(w, 1) : FRAME_GARBAGE;
}

static uint16_t
u16_at(const struct window *w, size_t i)
{
	return (uint16_t)(window_at(w, i) | (unsigned)window_at(w, i + 1) << 8);
}

static const struct failure *
failure_of(uint8_t code)
{
	size_t i = 0;

	while (failures[i].code != code && failures[i].code != 0)
		i++;
	return &failures[i];
}

static void
put_words(struct monitor_alarm *a, const char words[WORDS_ROOM])
{
	for (size_t i = 0; i < WORDS_ROOM && words[i] != '\0'; i++)
		monitor_alarm_put(a, (uint8_t)words[i]);
}

static void
put_digits(struct monitor_alarm *a, unsigned value, unsigned base)
{
	static const char digits[] = "0123456789ABCDEF";

	if (value >= base * base)
		monitor_alarm_put(a, (uint8_t)digits[value / base / base % base]);
	if (value >= base)
		monitor_alarm_put(a, (uint8_t)digits[value / base % base]);
	monitor_alarm_put(a, (uint8_t)digits[value % base]);
}

/* "cuff error 87 (hex 57): loose cuff or leak" */
static void
say_error(uint8_t error, struct readings *out)
{
	static const char begin[WORDS_ROOM] = "cuff error ";
	static const char hex[WORDS_ROOM] = " (hex ";
	static const char middle[WORDS_ROOM] = "): ";
	struct monitor_alarm *a;

	out->alarms.told = true;
	a = error != 0 ? readings_add_alarm(out, PRIORITY_LOW) : NULL;
	if (a == NULL)
		return;
	put_words(a, begin);
	put_digits(a, error, 10);
	put_words(a, hex);
	put_digits(a, error, 16);
	put_words(a, middle);
	put_words(a, failure_of(error)->words);
}

static bool
is_same(const struct shown *a, const struct shown *b)
{
	return a->sys == b->sys && a->dia == b->dia && a->map == b->map &&
	    a->rate == b->rate;
}

static void
decode_result(struct suntech_state *s, int64_t t_ms, const struct window *w,
    struct readings *out)
{
	struct shown now = {
		.sys = u16_at(w, 2), .dia = u16_at(w, 4),
		.map = u16_at(w, 18), .rate = u16_at(w, 16),
	};
	uint8_t error = window_at(w, 20);
	bool numbers = error == 0 && now.sys != 0 && now.dia != 0 &&
	    now.rate != 0;
	bool fresh = numbers && s->known && !is_same(&now, &s->shown);
	/* The first numbers since the line was opened, after nothing but errors,
	 * may be those of before. */
	bool doubt = !s->clean;
	struct cuff c = {
		.sys = numbers ? now.sys : CUFF_NONE,
		.dia = numbers ? now.dia : CUFF_NONE,
		.map = numbers && now.map != 0 ? now.map : CUFF_NONE,
		.pr = numbers ? now.rate : CUFF_NONE,
		.old = !fresh,
	};

	say_error(error, out);
	if (cuff_judge(&s->cuff, t_ms, &c) == CUFF_RESULT)
		readings_add_cuff(out, doubt ? QUALITY_QUESTIONABLE :
		    QUALITY_GOOD, &c);
	else if (s->heard && error != 0 && error != s->error)
		readings_add_cuff(out, failure_of(error)->quality, &c);
	if (numbers) {
		s->known = true;
		s->shown = now;
	}
	s->heard = true;
	s->error = error;
	s->clean = s->clean || error == 0;
}

static enum decode
suntech_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct suntech_state *s = (struct suntech_state *)u;

	/* A damaged answer is one too: somebody asked. */
	s->last_ms = t_ms;
	if (n < 4 || n != window_at(w, 1))
		return DECODE_BAD_LENGTH;
	if (wire_window_sum(w, 0, n) != 0)
		return DECODE_BAD_CHECK;
	if (n != LAST_RESULT)
		return DECODE_IGNORED;
	decode_result(s, t_ms, w, out);
	return DECODE_OK;
}

static size_t
suntech_request(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct suntech_state *s = (struct suntech_state *)u;

	if (!s->begun) {
		s->begun = true;
		s->last_ms = t_ms;
	}
	if (t_ms - s->last_ms < ASK_MS)
		return 0;
	s->last_ms = t_ms;
	return tx_put(&templates[0], buf);
}

extern const struct driver driver_suntech;
const struct driver driver_suntech = {
	.name = "suntech",
	.title = "SunTech Advantage blood pressure modules",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.silent_after_ms = 20000,
	.state_size = sizeof(struct suntech_state),
	.longest = LENGTH_MAX,
	.evidence = EVIDENCE_CHECKSUM,
	.check_bits = 24,	/* 3E, length, sum */
	.sum_bits = 8,
	.relays_alarms = true,
	.tx = templates,
	.frame = suntech_frame,
	.decode = suntech_decode,
	.request = suntech_request,
};
