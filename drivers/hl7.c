/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Monitors and gateways that send HL7 version 2 by themselves (IHE PCD-01,
 * Comen, Philips Efficia, Edan's XML; Mindray PDS where somebody else asks).
 * What is read is in drivers/hl7_observe.c.
 *
 * It sends one thing, and only where MSH-15 or MSH-16 ask for it:
 *
 *	0B MSH|^~\&|||||||ACK^R01|id|P|2.6 CR MSA|AA|id CR 1C 0D
 *
 * Easy to get wrong: the id is the sender's text.  What is too long or holds a
 * separator is not sent back: the message is read, but not acknowledged.
 */
#include "drivers/hl7_scrub.h"
#include "drivers/hl7_frame.h"
#include "drivers/hl7_observe.h"

_Static_assert(sizeof(struct hl7_state) <= DRIVER_STATE_MAX, "state");

static const uint8_t ack[] =
    "\x0bMSH|^~\\&|||||||ACK^R01||P|2.6\rMSA|AA|\r\x1c\r";
#define ACK_OWN_ID 24		/* where MSH-10 goes, */
#define ACK_ID 38		/* and MSA-2 */

static const struct tx_template templates[] = {
	{
		.name = "acknowledge a message",
		.bytes = ack, .length = sizeof ack - 1,
		.field = {
			{ "MSH-10", ACK_OWN_ID, 0, TX_TEXT, 1, HL7_ID_MAX },
			{ "MSA-2", ACK_ID, 0, TX_TEXT, 1, HL7_ID_MAX },
		},
	},
	{ .name = NULL },
};

static enum decode
hl7_driver_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	return hl7_decode((struct hl7_state *)u, t_ms, w, n, out);
}

static size_t
hl7_request(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct hl7_state *s = (struct hl7_state *)u;
	size_t n = 0;

	_Static_assert(sizeof ack + 2 * HL7_ID_MAX <= TX_MAX, "too long");
	(void)t_ms;
	if (s->id_n == 0)
		return 0;
	for (size_t i = 0; i < sizeof ack - 1; i++) {
		if (i == ACK_OWN_ID || i == ACK_ID) {
			for (size_t k = 0; k < s->id_n && k < HL7_ID_MAX &&
			    n < TX_MAX; k++)
				buf[n++] = s->id[k];
		}
		if (n < TX_MAX)
			buf[n++] = ack[i];
	}
	s->id_n = 0;
	return n;
}

static const char *const kin[] = { "hl7-pds", NULL };

/* Nothing is known of serial lines: 8N1 at a speed that the site sets. */
static const struct line other_lines[] = {
	{ 115200, 8, 'N', 1, FLOW_NONE },
	{ 19200, 8, 'N', 1, FLOW_NONE },
	{ 38400, 8, 'N', 1, FLOW_NONE },
	{ 57600, 8, 'N', 1, FLOW_NONE },
	{ 0 },
};

extern const struct driver driver_hl7;
const struct driver driver_hl7 = {
	.name = "hl7",
	.title = "Monitors that send HL7 version 2 (IHE PCD-01, Comen, Edan)",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.other_lines = other_lines,
	.silent_after_ms = 30000,
	.state_size = sizeof(struct hl7_state),
	.longest = HL7_LONGEST,
	.quiet_ms = HL7_QUIET_MS,
	.evidence = EVIDENCE_WORDS,
	.relays_alarms = true,
	.kin = kin,
	.tx = templates,
	.frame = hl7_frame,
	.decode = hl7_driver_decode,
	.scrub = hl7_scrub,
	.begins = hl7_frame_begins,
	.ends = hl7_frame_ends,
	.request = hl7_request,
};
