/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the small oximeters of Contec and Berry have in common: what they tell
 * of a probe and its pulse, and the packet of five bytes that contec-v5 and
 * berry-bci share (oximeters.md 2.1 and 5.1):
 *
 *	1: 1  beep  by maker  searching too long  signal strength (4)
 *	2: 0  waveform (7)
 *	3: 0  rate bit 7  searching  probe error  bar graph (4)
 *	4: 0  rate bits 6-0
 *	5: 0  saturation (7)
 *
 * With Contec bit 5 of the first byte says that the saturation falls, with Berry
 * that the probe is unplugged.  Only the pace tells the two apart: 60 packets a
 * second, or 100.  So it is measured, and while it is not that of the driver's own
 * maker (nor known yet), the bit makes the numbers QUESTIONABLE, by either driver.
 *
 * Easy to get wrong: bit 7 of the rate is in another byte than the rest of it.
 * A reader that forgets it shows 12 for 140.
 */
#ifndef DRIVERS_BCI_H
#define DRIVERS_BCI_H

#include "drivers/driver.h"

/* What one packet says. */
struct bci {
	bool unplugged;		/* there is no probe */
	bool probe_error;	/* no finger in it */
	bool searched_long;	/* no pulse found for long */
	bool searching;
	bool doubted;		/* it may be the other maker's */
	uint8_t strength;	/* of the signal, 0 to 8; 15 is as good */
	uint8_t pr;		/* 1/min; 0 and 255: none */
	uint8_t spo2;		/* %; 0 and 127: none */
};

/* Whether the saturation is one, or says that there is none. */
static inline bool
bci_spo2_possible(uint8_t spo2)
{
	return spo2 <= 100 || spo2 == 127;
}

/* What is true of both numbers: GOOD or QUESTIONABLE if they count. */
enum quality bci_quality(const struct bci *b);

/* Adds saturation and pulse rate; returns whether both have a value.  Those
 * outside pr_least..pr_most and below spo2_least are beyond what the maker says
 * that it measures. */
bool bci_readings(struct readings *out, const struct bci *b, uint8_t pr_least,
    uint8_t pr_most, uint8_t spo2_least);

/* After a loss of step a packet counts only if four more follow it. */
#define BCI_LOCK 5
#define BCI_PACKET 5
#define BCI_LONGEST (BCI_LOCK * BCI_PACKET + 1)

/* For frame().  A packet ends where the next one begins, so it is known when the
 * first byte of that is there. */
int bci_frame(const struct window *w, int64_t gap_ms);

/* How a maker's differ. */
struct bci_maker {
	uint32_t per_min_least, per_min_most;	/* packets */
	bool unplugged;		/* what bit 5 of the first byte says */
};

/* How fast packets come, over a second each.  Begins all zero. */
struct bci_pace {
	int64_t since_ms;	/* a read that came then is not counted */
	int64_t read_ms;	/* the last one */
	uint32_t packets;	/* in the reads since */
	uint32_t per_min;	/* over the second before; 0: not known */
};

/* Reads a packet of five bytes that came at t_ms and adds its readings. */
enum decode bci_decode(struct bci_pace *p, const struct bci_maker *maker,
    int64_t t_ms, const struct window *w, struct readings *out) MUST_CHECK;

#endif
