/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Berry oximeters ("BCI protocol"), by oximeters.md 5.1: 100 packets of five
 * bytes a second (drivers/bci.h).
 *
 * Easy to get wrong: bit 5 of the first byte says that the probe is unplugged.
 * A reader of Contec's packets, which are the same, passes over it.
 */
#include "drivers/bci.h"
#include "drivers/driver.h"

enum byte_1 { UNPLUGGED = 1 << 5 };

static enum decode
berry_bci_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	(void)u;
	(void)t_ms;
	(void)n;
	return bci_decode(w, UNPLUGGED, out);
}

static const char *const kin[] = { "contec-v5", NULL };

extern const struct driver driver_berry_bci;
const struct driver driver_berry_bci = {
	.name = "berry-bci",
	.title = "Berry oximeters, BCI protocol",
	.line = { 115200, 8, 'N', 1, FLOW_NONE },
	.longest = BCI_LONGEST,
	.silent_after_ms = 3000,
	.evidence = EVIDENCE_PATTERN,
	.repeat_ms = 1000,
	.kin = kin,
	.frames_per_min_least = 5400,
	.frames_per_min_most = 6600,
	.frame = bci_frame,
	.decode = berry_bci_decode,
};
