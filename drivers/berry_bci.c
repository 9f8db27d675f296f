/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Berry oximeters ("BCI protocol"), by oximeters.md 5.1: 100 packets of five
 * bytes a second (drivers/bci.h).
 *
 * Easy to get wrong: bit 5 of the first byte says that the probe is unplugged.
 * In Contec's packets, which are the same, it says that the saturation falls; to
 * take that for an unplugged probe would hide it when it matters most.  So the
 * bit takes the numbers away only while packets come at Berry's rate.
 */
#include "drivers/bci.h"
#include "drivers/driver.h"

#define PER_MIN_LEAST 5400
#define PER_MIN_MOST 6600

_Static_assert(sizeof(struct bci_pace) <= DRIVER_STATE_MAX, "state");

static const struct bci_maker berry = {
	.per_min_least = PER_MIN_LEAST, .per_min_most = PER_MIN_MOST,
	.unplugged = true,
};

static enum decode
berry_bci_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	(void)n;
	return bci_decode((struct bci_pace *)u, &berry, t_ms, w, out);
}

static const char *const kin[] = { "contec-v5", NULL };

extern const struct driver driver_berry_bci;
const struct driver driver_berry_bci = {
	.name = "berry-bci",
	.title = "Berry oximeters, BCI protocol",
	.line = { 115200, 8, 'N', 1, FLOW_NONE },
	.longest = BCI_LONGEST,
	.silent_after_ms = 3000,
	.state_size = sizeof(struct bci_pace),
	.evidence = EVIDENCE_PATTERN,
	.repeat_ms = 1000,
	.kin = kin,
	.frames_per_min_least = PER_MIN_LEAST,
	.frames_per_min_most = PER_MIN_MOST,
	.frame = bci_frame,
	.decode = berry_bci_decode,
};
