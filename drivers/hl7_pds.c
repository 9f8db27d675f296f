/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Mindray monitors by "Patient Data Share" (multiparameter.md C2,
 * nibp-and-small-monitors.md 10a): HL7 2.3.1 over MLLP.  The monitor answers a
 * query for as long as it hears an echo every second:
 *
 *	MSH ... QRY^R02|1203		the query: values by their ids, four to
 *	QRD|time|R|I|Qid|||||RES	a QRF, and both lists of alarms
 *	QRF|MON||||0&0^1^1^0^101&151&160&161
 *	MSH ... ORU^R01|106		the echo, the same either way
 *
 * The query is repeated after the monitor's first echo, for old firmware, and
 * when values fail to come.  What is read is in drivers/hl7_observe.c.
 *
 * Easy to get wrong: there is no wall clock here, so the query's time is a
 * constant; only its number changes.
 */
#include "drivers/hl7_scrub.h"
#include "drivers/hl7_frame.h"
#include "drivers/hl7_observe.h"

/* The interface knows no message that starts a cuff. */
static const uint8_t query[] =
    "\x0bMSH|^~\\&|||||||QRY^R02|1203|P|2.3.1\r"
    "QRD|20000101000000000|R|I|Q000000|||||RES\r"
    "QRF|MON||||0&0^1^1^0^101&151&160&161\r"
    "QRF|MON||||0&0^1^1^0^162&170&171&172\r"
    "QRF|MON||||0&0^1^1^0^173&200&201&250\r"
    "QRF|MON||||0&0^1^1^0^280\r"
    "QRF|MON||||0&0^3^1^1^\r"
    "QRF|MON||||0&0^4^1^1^\r"
    "\x1c\r";
static const uint8_t echo[] =
    "\x0bMSH|^~\\&|||||||ORU^R01|106|P|2.3.1|\r\x1c\r";

#define QUERY_NUMBER 69		/* the last digit of Q000000 */
_Static_assert(sizeof query - 1 <= TX_MAX, "too long");

static const struct tx_template templates[] = {
	{
		.name = "send values and alarms",
		.bytes = query, .length = sizeof query - 1,
		.field = {
			{ "number", QUERY_NUMBER, 1, TX_RANGE, '0', '9' },
		},
	},
	{ .name = "still here", .bytes = echo, .length = sizeof echo - 1 },
	{ .name = NULL },
};

#define ECHO_MS 1000
#define RETRY_MS 15000		/* without values, before asking again */

struct pds_state {
	struct hl7_state said;	/* what the monitor said */
	int64_t values_ms;	/* its last values, or the last query */
	int64_t echo_ms;	/* the last echo to it */
	uint8_t number;		/* of the next query, 0 to 9 */
	bool asked, echoed;
	bool heard_echo;	/* from it */
	bool again;		/* the query is due once more */
};
_Static_assert(sizeof(struct pds_state) <= DRIVER_STATE_MAX, "state");

static enum decode
pds_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct pds_state *s = (struct pds_state *)u;
	enum decode d = hl7_decode(&s->said, t_ms, w, n, out);

	if (d == DECODE_IGNORED && s->said.control == HL7_ECHO &&
	    !s->heard_echo) {
		s->heard_echo = true;
		s->again = true;
	}
	if (d == DECODE_OK && s->said.values)
		s->values_ms = t_ms;
	return d;
}

static size_t
put(uint8_t buf[TX_MAX], const uint8_t *message, size_t n)
{
	for (size_t i = 0; i < n && i < TX_MAX; i++)
		buf[i] = message[i];
	return n;
}

static size_t
pds_request(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct pds_state *s = (struct pds_state *)u;

	if (!s->asked || s->again || t_ms - s->values_ms >= RETRY_MS) {
		s->asked = true;
		s->again = false;
		s->values_ms = t_ms;
		(void)put(buf, query, sizeof query - 1);
		buf[QUERY_NUMBER] = (uint8_t)('0' + s->number % 10);
		s->number = (uint8_t)((s->number + 1) % 10);
		return sizeof query - 1;
	}
	if (!s->echoed || t_ms - s->echo_ms >= ECHO_MS) {
		s->echoed = true;
		s->echo_ms = t_ms;
		return put(buf, echo, sizeof echo - 1);
	}
	return 0;
}

static const char *const kin[] = { "hl7", NULL };

extern const struct driver driver_hl7_pds;
const struct driver driver_hl7_pds = {
	.name = "hl7-pds",
	.title = "Mindray monitors (Patient Data Share)",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.silent_after_ms = 10000,
	.state_size = sizeof(struct pds_state),
	.longest = HL7_LONGEST,
	.quiet_ms = HL7_QUIET_MS,
	.evidence = EVIDENCE_WORDS,
	.relays_alarms = true,
	.kin = kin,
	.tx = templates,
	.frame = hl7_frame,
	.decode = pds_decode,
	.scrub = hl7_scrub,
	.begins = hl7_frame_begins,
	.ends = hl7_frame_ends,
	.request = pds_request,
};
