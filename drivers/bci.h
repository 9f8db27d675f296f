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

/* Reads a packet of five bytes and adds its readings.  'unplugged' is the bit of
 * byte 1 that says that there is no probe; 0: none does. */
enum decode bci_decode(const struct window *w, uint8_t unplugged,
    struct readings *out) MUST_CHECK;

#endif
