/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Contec CMS50D, CMS50E and CMS50F of the older generation (protocol V5), by
 * oximeters.md 2.1: 60 packets of five bytes a second (drivers/bci.h).
 *
 * Easy to get wrong: bit 5 of the first byte says that the saturation falls.
 * Berry's oximeters send the same bytes, and there it says that the probe is
 * unplugged; only the rate of the packets tells the two apart.  With any other
 * rate than Contec's the bit casts doubt on the numbers.
 */
#include "drivers/bci.h"
#include "drivers/driver.h"

#define PER_MIN_LEAST 3000
#define PER_MIN_MOST 4200

_Static_assert(sizeof(struct bci_pace) <= DRIVER_STATE_MAX, "state");

static const struct bci_maker contec = {
	.per_min_least = PER_MIN_LEAST, .per_min_most = PER_MIN_MOST,
};

static enum decode
contec_v5_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	(void)n;
	return bci_decode((struct bci_pace *)u, &contec, t_ms, w, out);
}

/* The document says 4800; the vendor's program tries both; a translation of the
 * manual says that there is no parity. */
static const struct line other_lines[] = {
	{ 4800, 8, 'O', 1, FLOW_NONE },
	{ 19200, 8, 'N', 1, FLOW_NONE },
	{ 4800, 8, 'N', 1, FLOW_NONE },
	{ .baud = 0 },
};

static const char *const kin[] = { "berry-bci", NULL };

extern const struct driver driver_contec_v5;
const struct driver driver_contec_v5 = {
	.name = "contec-v5",
	.title = "Contec CMS50 oximeters, protocol V5",
	.line = { 19200, 8, 'O', 1, FLOW_NONE },
	.other_lines = other_lines,
	.longest = BCI_LONGEST,
	.silent_after_ms = 3000,
	.state_size = sizeof(struct bci_pace),
	.evidence = EVIDENCE_PATTERN,
	.repeat_ms = 1000,
	.kin = kin,
	.frames_per_min_least = PER_MIN_LEAST,
	.frames_per_min_most = PER_MIN_MOST,
	.frame = bci_frame,
	.decode = contec_v5_decode,
};
