/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Biolight (Baolaite) A8 monitors, "FF D1" packets, by
 * nibp-and-small-monitors.md section 7, and what the program named there looks
 * at besides:
 *
 *	FF D1 00 00 00 F1 00 | LEN | sequence | blocks
 *	0                      7     9          10
 *	a block: type (En) | subtype | LEN | data
 *
 * Each LEN is two digits of 7 bits, the higher first; that of the packet counts
 * the sequence and the blocks, that of a block its data.  Numbers have the lower
 * digit first, and may have marks of other things in their higher bits.
 *
 *	E0 ECG		HR in d[2], bits 0 and 1, and d[4]; 511: none
 *	E1 SpO2		d[1]; 127: none
 *	E2 pulse	d[0], d[1] bits 0 and 1; d[1] bit 2: none
 *	E4 temperature	subtype 32 is T1; d[0] bit 2: none; d[1], d[2] in 0.1 C,
 *			8191: none
 *	E5 cuff		d[0] 0: a result; d[1] bit 3: none; sys at d[4], mean
 *			at d[6], dia at d[8], in 0.1 mmHg, 8000 and more: none
 *
 * There is no checksum: a packet counts only if it comes without a pause, each
 * block is as long as its kind is, and the last one ends where the packet does;
 * and the cuff's numbers only when two packets running show the same.
 *
 * Easy to get wrong: no flag tells demonstration values.  And the respiratory
 * rate of E3 is in one source alone, which does not use it: it is not read.
 */
#include "drivers/cuff.h"
#include "drivers/driver.h"

#define LENGTH 7		/* where the packet's length stands */
#define SEQUENCE 9
#define BLOCKS 10
#define HEAD 4			/* bytes of a block before its data */
#define LONGEST 4096		/* the longest known has 2435 */

/* Such a packet takes 0.6 s at the least speed that can carry one a second. */
#define PACKET_PAUSE_MS 1000

#define HR_NONE 511
#define HR_MOST 300
#define SPO2_NONE 127
#define TEMP_NONE 8191
#define PRESSURE_NONE 8000	/* and all above */

struct biolight_state {
	struct cuff_watch cuff;
	bool warm;		/* a temperature was there once */
};
_Static_assert(sizeof(struct biolight_state) <= DRIVER_STATE_MAX, "state");

enum block { BLOCK_ECG, BLOCK_SPO2, BLOCK_PULSE, BLOCK_TEMP, BLOCK_CUFF };
#define BLOCKS_READ 5

#define ANY_SUBTYPE 0

static const struct {
	uint8_t type, subtype;
	uint8_t length;		/* of the data; a wave may follow it */
	bool wave;
} kinds[BLOCKS_READ] = {
	[BLOCK_ECG] = { 0xE0, ANY_SUBTYPE, 5, true },
	[BLOCK_SPO2] = { 0xE1, ANY_SUBTYPE, 5, true },
	[BLOCK_PULSE] = { 0xE2, ANY_SUBTYPE, 3, false },
	[BLOCK_TEMP] = { 0xE4, 0x32, 3, false },
	[BLOCK_CUFF] = { 0xE5, ANY_SUBTYPE, 10, false },
};

/* The two digits at i, the higher first; false if they are none. */
static bool
read_length(const struct window *w, size_t i, size_t *length)
{
	uint8_t high = window_at(w, i), low = window_at(w, i + 1);

	*length = (size_t)(high & 0x7Fu) << 7 | (low & 0x7Fu);
	return high < 0x80 && low < 0x80;
}

static int
biolight_frame(const struct window *w, int64_t gap_ms)
{
	static const uint8_t start[LENGTH] = {
		0xFF, 0xD1, 0x00, 0x00, 0x00, 0xF1, 0x00
	};
	size_t n = window_length(w), length = 0;

	(void)gap_ms;
	for (size_t i = 0; i < LENGTH && i < n; i++) {
		if (window_at(w, i) != start[i])
			return FRAME_GARBAGE;
	}
	if (n < SEQUENCE)
		return FRAME_MORE;
	if (!read_length(w, LENGTH, &length) || length < 1 ||
	    length > LONGEST - SEQUENCE)
		return FRAME_GARBAGE;
	return (int)(SEQUENCE + length);
}

/* Where the data of each block that is read stand; 0: it is not there. */
struct places {
	size_t at[BLOCKS_READ];
};

/* False for a block that is known and has another length, or is there twice. */
static bool
note_block(const struct window *w, size_t i, size_t length, struct places *p)
{
	for (size_t k = 0; k < BLOCKS_READ; k++) {
		if (window_at(w, i) != kinds[k].type ||
		    (kinds[k].subtype != ANY_SUBTYPE &&
		    window_at(w, i + 1) != kinds[k].subtype))
			continue;
		if (p->at[k] != 0 || length < kinds[k].length ||
		    (length > kinds[k].length && !kinds[k].wave))
			return false;
		p->at[k] = i + HEAD;
	}
	return true;
}

/* Goes from block to block; false unless they fill the packet. */
static bool
find_blocks(const struct window *w, size_t n, struct places *p)
{
	size_t i = BLOCKS, length = 0;

	while (i < n && i < LONGEST) {
		if (window_at(w, i) >> 4 != 0xE || n - i < HEAD ||
		    !read_length(w, i + 2, &length) || n - i - HEAD < length ||
		    !note_block(w, i, length, p))
			return false;
		i += HEAD + length;
	}
	return i == n;
}

/* The number whose lower digit is at i. */
static int32_t
number_at(const struct window *w, size_t i, uint8_t high_bits)
{
	return (window_at(w, i + 1) & high_bits) << 7 |
	    (window_at(w, i) & 0x7F);
}

static void
add_heart(const struct window *w, size_t d, struct readings *out)
{
	int32_t hr = (window_at(w, d + 2) & 3) << 7 |
	    (window_at(w, d + 4) & 0x7F);
	enum quality q = QUALITY_GOOD;

	if (hr == HR_NONE)
		q = QUALITY_NO_VALUE;
	else if (hr > HR_MOST)
		q = QUALITY_OUT_OF_RANGE;
	readings_add(out, VITAL_HR, q, hr);
}

/* Of what the pulse is, is not told: without a saturation there is none. */
static void
add_oximeter(const struct window *w, const struct places *p,
    struct readings *out)
{
	size_t d = p->at[BLOCK_SPO2], e = p->at[BLOCK_PULSE];
	int32_t spo2 = d != 0 ? window_at(w, d + 1) & 0x7F : SPO2_NONE;
	enum quality q = spo2 == SPO2_NONE ? QUALITY_NO_VALUE : QUALITY_GOOD;

	if (d != 0)
		readings_add(out, VITAL_SPO2, q, spo2 * 100);
	if (e == 0)
		return;
	if ((window_at(w, e + 1) & 4) != 0)
		q = QUALITY_NO_VALUE;
	readings_add(out, VITAL_PR, q, number_at(w, e, 3));
}

/* Of a probe that never was there, nothing is said. */
static void
add_temperature(struct biolight_state *s, const struct window *w, size_t d,
    struct readings *out)
{
	int32_t temp = number_at(w, d + 1, 0x3F);
	bool none = (window_at(w, d) & 4) != 0 || temp == TEMP_NONE;

	if (!none)
		s->warm = true;
	if (s->warm)
		readings_add(out, VITAL_TEMP, none ? QUALITY_NO_VALUE :
		    QUALITY_GOOD, temp * 10);
}

/* In whole mmHg. */
static int32_t
pressure_at(const struct window *w, size_t i)
{
	int32_t tenths = number_at(w, i, 0x3F);

	return tenths >= PRESSURE_NONE ? CUFF_NONE : (tenths + 5) / 10;
}

static void
add_cuff(struct biolight_state *s, int64_t t_ms, const struct window *w,
    size_t d, struct readings *out)
{
	bool result = window_at(w, d) == 0 && (window_at(w, d + 1) & 8) == 0;
	struct cuff c = {
		.sys = result ? pressure_at(w, d + 4) : CUFF_NONE,
		.map = result ? pressure_at(w, d + 6) : CUFF_NONE,
		.dia = result ? pressure_at(w, d + 8) : CUFF_NONE,
		.pr = CUFF_NONE,
	};

	if (cuff_shown_twice(&s->cuff, &c) &&
	    cuff_judge(&s->cuff, t_ms, &c) == CUFF_RESULT)
		readings_add_cuff(out, QUALITY_GOOD, &c);
}

static enum decode
biolight_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct biolight_state *s = (struct biolight_state *)u;
	struct places p = { { 0 } };
	bool known = false;

	if (!find_blocks(w, n, &p))
		return DECODE_BAD_LENGTH;
	if (window_longest_gap(w, 1, n) > PACKET_PAUSE_MS)
		return DECODE_BAD_VALUE;
	for (size_t k = 0; k < BLOCKS_READ; k++)
		known = known || p.at[k] != 0;
	if (!known)
		return DECODE_IGNORED;
	if (p.at[BLOCK_ECG] != 0)
		add_heart(w, p.at[BLOCK_ECG], out);
	add_oximeter(w, &p, out);
	if (p.at[BLOCK_TEMP] != 0)
		add_temperature(s, w, p.at[BLOCK_TEMP], out);
	if (p.at[BLOCK_CUFF] != 0)
		add_cuff(s, t_ms, w, p.at[BLOCK_CUFF], out);
	return DECODE_OK;
}

/* That it speaks on a serial line at all is not known; slower ones than these
 * could not carry a packet a second. */
static const struct line other_lines[] = {
	{ 57600, 8, 'N', 1, FLOW_NONE },
	{ 38400, 8, 'N', 1, FLOW_NONE },
	{ 0 },
};

extern const struct driver driver_biolight_a8;
const struct driver driver_biolight_a8 = {
	.name = "biolight-a8",
	.title = "Biolight A8 monitors, FF D1 packets",
	.line = { 115200, 8, 'N', 1, FLOW_NONE },
	.other_lines = other_lines,
	.silent_after_ms = 5000,
	.state_size = sizeof(struct biolight_state),
	.longest = LONGEST,
	.evidence = EVIDENCE_WORDS,	/* 56 bits, and a chain of lengths */
	.frame = biolight_frame,
	.decode = biolight_decode,
};
