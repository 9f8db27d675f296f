/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Welch Allyn LC101 and Duet CO2 modules, by nibp-and-small-monitors.md 11e and
 * pages 25 to 45 of the LC101's OEM manual:
 *
 *	STX | identifier | hexadecimal digits | CRC, two of them | ETX
 *
 *	Z, unasked; z, asked for:  EtCO2, RR, inspired CO2; two digits each,
 *				   in mmHg and 1/min
 *	W, unasked; w, asked for:  CO2 now, times 256; four digits
 *
 * The CRC has 8 bits, polynomial 85 reflected, begins with FF, and covers the
 * identifier and the digits before it.
 *
 * Easy to get wrong: when no breath came for the module's "no breath" time (15 s,
 * or what its host set), all three numbers are 0.  That may be apnoea, so the
 * rate is passed on, as doubtful: with the sampling line off the module says
 * the same.  And what the host says looks the same: it is on the other wire, and
 * not ours to say, since most of it changes what the module does.
 */
#include "drivers/driver.h"

#define STX 0x02
#define ETX 0x03
#define LONGEST 25		/* "packet length cannot exceed" */
#define SHORTEST 5
#define DIGITS 2		/* where they begin */

#define BREATH 11		/* bytes of a packet that tells a breath */
#define WAVE 9			/* and of one that tells the CO2 now */

#define ETCO2_MOST 99
#define RR_MOST 250

/* The value of a digit, 16 for what is none. */
static uint8_t
digit(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return (uint8_t)(c - '0');
	return c >= 'A' && c <= 'F' ? (uint8_t)(c - 'A' + 10) : 16;
}

static bool
is_letter(uint8_t c)
{
	return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

static int
welchallyn_frame(const struct window *w, int64_t gap_ms)
{
	size_t n = window_length(w);

	(void)gap_ms;
	if (window_at(w, 0) != STX || (n > 1 && !is_letter(window_at(w, 1))))
		return FRAME_GARBAGE;
	for (size_t i = DIGITS; i < n && i < LONGEST; i++) {
		if (window_at(w, i) == ETX)
			return i + 1 < SHORTEST ? FRAME_GARBAGE : (int)i + 1;
		if (digit(window_at(w, i)) > 15)
			return FRAME_GARBAGE;
	}
	return n < LONGEST ? FRAME_MORE : FRAME_GARBAGE;
}

/* Two digits as a number. */
static uint8_t
byte_at(const struct window *w, size_t i)
{
	return (uint8_t)((digit(window_at(w, i)) & 15) << 4 |
	    (digit(window_at(w, i + 1)) & 15));
}

static bool
is_crc_right(const struct window *w, size_t n)
{
	uint8_t crc = 0xFF;

	for (size_t i = 1; i + 3 < n && i < LONGEST; i++) {
		crc ^= window_at(w, i);
		for (int k = 0; k < 8; k++)
			crc = (uint8_t)(crc >> 1 ^ ((crc & 1) != 0 ? 0xA1 : 0));
	}
	return n >= SHORTEST && n <= LONGEST && byte_at(w, n - 3) == crc;
}

static enum quality
number_quality(uint8_t number, uint8_t most)
{
	return number > most ? QUALITY_OUT_OF_RANGE : QUALITY_GOOD;
}

/* Without a rate there was no breath, and nothing at its end. */
static void
add_breath(const struct window *w, struct readings *out)
{
	uint8_t et = byte_at(w, DIGITS), rr = byte_at(w, DIGITS + 2);
	enum quality co2 = number_quality(et, ETCO2_MOST);

	if (rr == 0 || et == 0)
		co2 = QUALITY_NO_VALUE;
	readings_add(out, VITAL_ETCO2, co2, et * 10);
	readings_add(out, VITAL_RR, rr == 0 ? QUALITY_QUESTIONABLE :
	    number_quality(rr, RR_MOST), rr);
}

static enum decode
welchallyn_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	(void)u;
	(void)t_ms;
	if (!is_crc_right(w, n))
		return DECODE_BAD_CHECK;
	switch (window_at(w, 1)) {
	case 'Z': case 'z':
		if (n != BREATH)
			return DECODE_BAD_VALUE;
		add_breath(w, out);
		return DECODE_OK;
	case 'W': case 'w':
		return n == WAVE ? DECODE_IGNORED : DECODE_BAD_VALUE;
	case 'C': case 'M':	/* the host's: this is the other wire */
		return DECODE_BAD_VALUE;
	default:
		return DECODE_IGNORED;
	}
}

static const struct line other_lines[] = {
	{ 9600, 8, 'E', 1, FLOW_NONE },
	{ 0 },
};

extern const struct driver driver_welchallyn_co2;
const struct driver driver_welchallyn_co2 = {
	.name = "welchallyn-co2",
	.title = "Welch Allyn LC101 and Duet CO2 modules",
	.line = { 9600, 7, 'E', 1, FLOW_NONE },
	.other_lines = other_lines,
	.longest = LONGEST,
	/* Its host may have switched the waves off, and breaths may come as
	 * seldom as every 6 s. */
	.silent_after_ms = 10000,
	.evidence = EVIDENCE_CHECKSUM,
	.check_bits = 63,	/* STX, one of two, 6 digits, CRC, ETX */
	.sum_bits = 8,
	.repeat_ms = 900,
	.frame = welchallyn_frame,
	.decode = welchallyn_decode,
};
