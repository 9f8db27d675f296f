/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The five-byte packet, and how its kin judge their numbers.
 *
 * Easy to get wrong: with the finger out, some units say 0 and 0, others the
 * documented 255 and 127.  Neither is a measurement, whatever the flags say.
 */
#include "drivers/bci.h"

#include "drivers/oximeter.h"

#define NO_PR 0xFF
#define NO_SPO2 0x7F

/* A signal no stronger than this is doubted; the limit is ours. */
#define STRENGTH_WEAK 2

/* What the maker says that it measures (the Chinese sheet of the protocol). */
#define PR_LEAST 25
#define PR_MOST 250
#define SPO2_LEAST 35

enum byte_1 {
	STRENGTH = 0x0F,
	SEARCHED_LONG = 1 << 4,
	BY_MAKER = 1 << 5,
};

enum byte_3 {
	PROBE_ERROR = 1 << 4,
	SEARCHING = 1 << 5,
	PR_BIT_7 = 1 << 6,
};

enum quality
bci_quality(const struct bci *b)
{
	if (b->unplugged)
		return QUALITY_NO_SENSOR;
	if (b->probe_error)
		return QUALITY_SENSOR_OFF;
	if (b->searched_long)
		return QUALITY_SEARCHING;
	return b->searching || b->doubted || b->strength <= STRENGTH_WEAK ?
	    QUALITY_QUESTIONABLE : QUALITY_GOOD;
}

bool
bci_readings(struct readings *out, const struct bci *b, uint8_t pr_least,
    uint8_t pr_most, uint8_t spo2_least)
{
	enum quality q = bci_quality(b), pr = q, spo2 = q;

	if (q == QUALITY_GOOD || q == QUALITY_QUESTIONABLE) {
		enum quality none = b->searching ?
		    QUALITY_SEARCHING : QUALITY_NO_VALUE;

		if (b->spo2 == 0 || b->spo2 == NO_SPO2)
			spo2 = none;
		else if (b->spo2 < spo2_least)
			spo2 = QUALITY_OUT_OF_RANGE;
		if (b->pr == 0 || b->pr == NO_PR)
			pr = none;
		else if (b->pr < pr_least || b->pr > pr_most)
			pr = QUALITY_OUT_OF_RANGE;
	}
	return oximeter_readings(out, spo2, b->spo2 * 100, pr, b->pr);
}

/* The packets that are asked for after a loss take a tenth of a second.  What
 * has pauses between is another monitor's: SunTech's answers to another host
 * have the same pattern. */
#define PAUSE_MS 150

/* Whether it may be a saturation.  Nonin's frames have the same pattern for a
 * while, with a 01 in its place. */
static bool
looks_like_spo2(uint8_t spo2)
{
	return spo2 == 0 || spo2 == NO_SPO2 ||
	    (spo2 >= SPO2_LEAST && spo2 <= 100);
}

int
bci_frame(const struct window *w, int64_t gap_ms)
{
	size_t n = window_length(w), at = 0;
	size_t packets = w->torn ? BCI_LOCK : 1;

	(void)gap_ms;
	if (w->torn &&
	    window_longest_gap(w, 1, BCI_LOCK * BCI_PACKET + 1) > PAUSE_MS)
		return FRAME_GARBAGE;
	for (size_t k = 0; k <= packets; k++, at += BCI_PACKET) {
		if (at >= n)
			return FRAME_MORE;
		if ((window_at(w, at) & 0x80) == 0)
			return FRAME_GARBAGE;
		for (size_t i = 1; i < BCI_PACKET && k < packets &&
		    at + i < n; i++) {
			if ((window_at(w, at + i) & 0x80) != 0)
				return FRAME_GARBAGE;
		}
		if (w->torn && k < packets && at + BCI_PACKET <= n &&
		    !looks_like_spo2(window_at(w, at + BCI_PACKET - 1)))
			return FRAME_GARBAGE;
	}
	return BCI_PACKET;
}

#define PACE_MS 1000
/* So long without a packet is no pace, and packets were lost. */
#define PACE_LOST_MS 3000
#define PACKETS_MOST 60000

/* Packets a minute; 0: not known.  What came in one read was sent since the read
 * before, however late that was; so it is from read to read that is counted. */
static uint32_t
pace_take(struct bci_pace *p, int64_t t_ms, bool torn)
{
	int64_t span_ms = p->read_ms - p->since_ms;
	bool lost = t_ms < p->read_ms || t_ms - p->read_ms > PACE_LOST_MS;

	if (torn || lost) {
		p->per_min = lost ? 0 : p->per_min;
		p->since_ms = t_ms;
		p->packets = 0;
	} else if (t_ms > p->read_ms && span_ms >= PACE_MS) {
		p->per_min = (uint32_t)(p->packets * INT64_C(60000) / span_ms);
		p->since_ms = p->read_ms;
		p->packets = 0;
	}
	p->read_ms = t_ms;
	if (t_ms > p->since_ms && p->packets < PACKETS_MOST)
		p->packets++;
	return p->per_min;
}

enum decode
bci_decode(struct bci_pace *p, const struct bci_maker *maker, int64_t t_ms,
    const struct window *w, struct readings *out)
{
	uint8_t one = window_at(w, 0), three = window_at(w, 2);
	uint32_t per_min = pace_take(p, t_ms, w->torn);
	bool own = per_min >= maker->per_min_least &&
	    per_min <= maker->per_min_most;
	bool by_maker = (one & BY_MAKER) != 0;
	struct bci b = {
		.unplugged = by_maker && own && maker->unplugged,
		.doubted = by_maker && !own,
		.probe_error = (three & PROBE_ERROR) != 0,
		.searched_long = (one & SEARCHED_LONG) != 0,
		.searching = (three & SEARCHING) != 0,
		.strength = one & STRENGTH,
		.pr = (uint8_t)((three & PR_BIT_7) << 1 | window_at(w, 3)),
		.spo2 = window_at(w, 4),
	};

	if (!bci_spo2_possible(b.spo2))
		return DECODE_BAD_VALUE;
	bci_readings(out, &b, PR_LEAST, PR_MOST, SPO2_LEAST);
	return DECODE_OK;
}
