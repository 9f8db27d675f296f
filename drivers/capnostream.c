/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Oridion Capnostream 20 and 20p, by nibp-and-small-monitors.md 11b: the frame
 * of drivers/oridion.h.  What it says:
 *
 *	00 wave:     number, CO2 (integer, 1/256), fast status; 20 a second
 *	01 numerics: 0 u32 clock in s   4 EtCO2  5 FiCO2  6 RR  7 SpO2  8 PR
 *		9 slow status   13 CO2 alarms   14 SpO2 alarms   15..24 limits
 *		25 unit: 1 mmHg, 2 kPa/10, 3 vol%/10   26 extended CO2 status
 *		255: no value; the clock is big-endian
 *	04 its name, when it is enabled
 *
 * It is enabled, started, and told every 5 s that somebody listens; at the end
 * stopped and disabled.  None of this changes what it measures or alarms of.
 * A MicroPod is restarted by the third of these, and speaks in the same frames:
 * nothing but the first goes out before a name or numerics came, which only
 * this monitor sends, and nothing but that again when they come no more.
 *
 * Easy to get wrong: now and then a body comes shifted by a byte, its sum
 * right, so that the last respiratory rate stands where SpO2 should.  Such a
 * frame is dropped whole: its other numbers are in wrong places as well.
 */
#include "drivers/oridion.h"

enum code { CODE_WAVE = 0x00, CODE_NUMERICS = 0x01, CODE_NAME = 0x04 };

#define WAVE_DATA 4
#define NUMERICS_DATA 27	/* at the least */
#define NONE 255

enum fast { FAST_OCCLUSION = 0x04 };

enum slow {
	SLOW_HIGH = 0x08,	/* an alarm of this rank is to be heard */
	SLOW_LOW = 0x10,
	SLOW_ADVISORY = 0x20,
};

enum spo2_alarm {
	SPO2_SEARCHING = 0x01,
	SPO2_OFF = 0x20,
	SPO2_DISCONNECTED = 0x40,
};

enum extended {
	EXTENDED_CALIBRATION = 0x01,
	EXTENDED_FLOW = 0x02,
	EXTENDED_PUMP_OFF = 0x04,
};

enum unit { UNIT_MMHG = 1, UNIT_KPA = 2, UNIT_PERCENT = 3 };

struct capnostream_state {
	bool asked;		/* to enable itself, at asked_ms */
	bool known;		/* by its name or numerics, at known_ms */
	bool started;
	bool alive;		/* it was told so since it was started */
	bool has_fast, has_rr;
	uint8_t fast, rr;
	int64_t asked_ms, known_ms;
	int64_t alive_ms;	/* when it was told that somebody listens */
	int64_t fast_ms;
};
_Static_assert(sizeof(struct capnostream_state) <= DRIVER_STATE_MAX, "state");

#define ENABLE_MS 1000		/* before it is enabled again */
#define LOST_MS 10000		/* without them: it was off, or is another */
#define ALIVE_MS 5000
#define SILENT_MS 4000
#define FAST_MS 2000		/* the fast status holds so long */

static const uint8_t enable[] = { 0x85, 0x01, 0x01, 0x00 };
static const uint8_t start[] = { 0x85, 0x01, 0x04, 0x05 };
static const uint8_t alive[] = { 0x85, 0x01, 0x06, 0x07 };
static const uint8_t leave[] = {
	0x85, 0x01, 0x05, 0x04, 0x85, 0x01, 0x02, 0x03,
};

enum message { ENABLE, START, ALIVE, LEAVE, MESSAGES };

static const struct tx_template templates[MESSAGES + 1] = {
	[ENABLE] = { .name = "begin to talk",
	  .bytes = enable, .length = sizeof enable },
	[START] = { .name = "send values",
	  .bytes = start, .length = sizeof start },
	[ALIVE] = { .name = "somebody listens",
	  .bytes = alive, .length = sizeof alive },
	[LEAVE] = { .name = "stop sending values, end the talk",
	  .bytes = leave, .length = sizeof leave },
};

static int
capnostream_frame(const struct window *w, int64_t gap_ms)
{
	(void)gap_ms;
	return oridion_frame(w);
}

/* The data byte of that number. */
static uint8_t
data_at(const struct wire *r, size_t i)
{
	return wire_at(r, 1 + i);
}

/* What holds for all that is measured in the gas.  Without a pump it is not
 * sampled, whatever is shown; why it stands is more to know. */
static enum quality
gas_quality(const struct capnostream_state *s, int64_t t_ms, uint8_t extended)
{
	enum quality q = QUALITY_GOOD;

	if (s->has_fast && t_ms - s->fast_ms <= FAST_MS) {
		q = oridion_quality(s->fast);
		if (oridion_unexplained(q) && (s->fast & FAST_OCCLUSION) != 0)
			q = QUALITY_ARTEFACT;
	}
	if (oridion_unexplained(q) && (extended & EXTENDED_PUMP_OFF) != 0)
		return QUALITY_NOT_MEASURED;
	if (q == QUALITY_GOOD &&
	    (extended & (EXTENDED_CALIBRATION | EXTENDED_FLOW)) != 0)
		return QUALITY_QUESTIONABLE;
	return q;
}

static enum quality
spo2_quality(uint8_t alarms)
{
	if ((alarms & SPO2_DISCONNECTED) != 0)
		return QUALITY_NO_SENSOR;
	if ((alarms & SPO2_OFF) != 0)
		return QUALITY_SENSOR_OFF;
	return (alarms & SPO2_SEARCHING) != 0 ?
	    QUALITY_SEARCHING : QUALITY_GOOD;
}

/* 255 is no value; nor is 0, but of a rate of breaths. */
static void
add_number(struct readings *out, enum vital v, enum quality q, uint8_t raw,
    int32_t value)
{
	if ((raw == NONE || raw == 0) && quality_has_value(q))
		q = QUALITY_NO_VALUE;
	readings_add(out, v, q, value);
}

/* A rate of 0 may be apnoea: it is passed on, as doubtful. */
static void
add_rr(struct readings *out, enum quality q, uint8_t rr)
{
	if (rr == NONE && quality_has_value(q))
		q = QUALITY_NO_VALUE;
	if (rr == 0 && quality_has_value(q))
		q = QUALITY_QUESTIONABLE;
	readings_add(out, VITAL_RR, q, rr);
}

/* Percents of an ambient pressure that it does not tell are no pressure. */
static void
add_etco2(struct readings *out, enum quality q, uint8_t raw, uint8_t unit)
{
	if (unit == UNIT_MMHG)
		add_number(out, VITAL_ETCO2, q, raw, raw * 10);
	else if (unit == UNIT_KPA)
		add_number(out, VITAL_ETCO2, q, raw,
		    (raw * 750062 + 50000) / 100000);
}

/* The most pressing first: the list may be too short for all. */
static const struct {
	uint8_t at, bit;
	const char *text;
} alarm_texts[] = {
	{ 13, 0x01, "no breath" },
	{ 14, 0x04, "SpO2 low" },
	{ 13, 0x10, "RR low" },
	{ 14, 0x01, "pulse not found" },
	{ 14, 0x10, "pulse rate low" },
	{ 14, 0x08, "pulse rate high" },
	{ 13, 0x02, "EtCO2 high" },
	{ 13, 0x04, "EtCO2 low" },
	{ 13, 0x08, "RR high" },
	{ 14, 0x40, "SpO2 sensor disconnected" },
	{ 14, 0x20, "SpO2 sensor off the patient" },
	{ 14, 0x02, "SpO2 high" },
	{ 13, 0x20, "FiCO2 high" },
};

/* It tells the highest rank of all that is to be heard; while they are silenced
 * it tells none. */
static enum priority
alarm_rank(uint8_t slow)
{
	if ((slow & SLOW_HIGH) != 0)
		return PRIORITY_HIGH;
	return (slow & (SLOW_LOW | SLOW_ADVISORY)) != 0 ?
	    PRIORITY_LOW : PRIORITY_MEDIUM;
}

static void
add_alarms(struct readings *out, const struct wire *r)
{
	enum priority rank = alarm_rank(data_at(r, 9));

	out->alarms.told = true;
	for (size_t i = 0; i < sizeof alarm_texts / sizeof alarm_texts[0];
	    i++) {
		if ((data_at(r, alarm_texts[i].at) & alarm_texts[i].bit) != 0)
			readings_say_alarm(out, rank, alarm_texts[i].text);
	}
}

/* Whether the last respiratory rate stands where SpO2 should.  A rate of 0
 * beside an oximeter without a finger that says 0 for both its numbers is
 * apnoea, and must pass. */
static bool
is_shifted(const struct capnostream_state *s, uint8_t spo2, uint8_t pr)
{
	return s->has_rr && s->rr != NONE && spo2 == s->rr &&
	    (spo2 != 0 || pr != 0);
}

static enum decode
decode_numerics(struct capnostream_state *s, int64_t t_ms,
    const struct wire *r, struct readings *out)
{
	uint8_t rr = data_at(r, 6), spo2 = data_at(r, 7), pr = data_at(r, 8);
	uint8_t unit = data_at(r, 25);
	enum quality gas = gas_quality(s, t_ms, data_at(r, 26));
	enum quality finger = spo2_quality(data_at(r, 14));
	uint32_t clock_s = (uint32_t)data_at(r, 0) << 24 |
	    (uint32_t)data_at(r, 1) << 16 | (uint32_t)data_at(r, 2) << 8 |
	    data_at(r, 3);

	if (unit < UNIT_MMHG || unit > UNIT_PERCENT)
		return DECODE_BAD_VALUE;
	if (is_shifted(s, spo2, pr))
		return DECODE_BAD_SEQUENCE;
	s->has_rr = true;
	s->rr = rr;
	out->device_clock_ms = (int64_t)clock_s * 1000;
	add_number(out, VITAL_SPO2, finger, spo2, spo2 * 100);
	add_number(out, VITAL_PR, finger, pr, pr);
	add_etco2(out, gas, rr == 0 ? NONE : data_at(r, 4), unit);
	add_rr(out, gas, rr);
	add_alarms(out, r);
	return DECODE_OK;
}

/* It is a Capnostream. */
static void
note_known(struct capnostream_state *s, int64_t t_ms)
{
	s->known = true;
	s->known_ms = t_ms;
}

static enum decode
capnostream_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct capnostream_state *s = (struct capnostream_state *)u;
	enum decode result = DECODE_BAD_VALUE;
	struct wire r;

	result = oridion_take(w, n, &r);
	if (result != DECODE_OK)
		return result;
	switch (wire_at(&r, 0)) {
	case CODE_WAVE:
		if (r.n != 1 + WAVE_DATA)
			return DECODE_BAD_VALUE;
		s->has_fast = true;
		s->fast = data_at(&r, 3);
		s->fast_ms = t_ms;
		return DECODE_IGNORED;
	case CODE_NUMERICS:
		if (r.n < 1 + NUMERICS_DATA)
			return DECODE_BAD_VALUE;
		result = decode_numerics(s, t_ms, &r, out);
		if (result == DECODE_OK)
			note_known(s, t_ms);
		return result;
	case CODE_NAME:
		/* Without data it is what we say, come back. */
		if (r.n > 1)
			note_known(s, t_ms);
		return DECODE_IGNORED;
	default:
		return DECODE_IGNORED;
	}
}

/* It is enabled until it answers, then started; both again when what only it
 * sends comes no more.  That somebody listens it is told as long as that comes:
 * who is late with it is told late. */
static size_t
capnostream_request(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct capnostream_state *s = (struct capnostream_state *)u;

	if (s->known && t_ms - s->known_ms >= LOST_MS)
		s->known = s->started = false;
	if (!s->known) {
		if (s->asked && t_ms - s->asked_ms < ENABLE_MS)
			return 0;
		s->asked = true;
		s->asked_ms = t_ms;
		return tx_put(&templates[ENABLE], buf);
	}
	if (!s->started) {
		s->started = true;
		s->alive = false;
		return tx_put(&templates[START], buf);
	}
	if (t_ms - s->known_ms >= SILENT_MS ||
	    (s->alive && t_ms - s->alive_ms < ALIVE_MS))
		return 0;
	s->alive = true;
	s->alive_ms = t_ms;
	return tx_put(&templates[ALIVE], buf);
}

static size_t
capnostream_release(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct capnostream_state *s = (struct capnostream_state *)u;

	if (!s->known || t_ms - s->known_ms >= LOST_MS)
		return 0;
	s->asked = s->known = s->started = false;
	return tx_put(&templates[LEAVE], buf);
}

extern const struct driver driver_capnostream;
const struct driver driver_capnostream = {
	.name = "capnostream",
	.title = "Oridion (Medtronic) Capnostream 20 and 20p",
	.line = { 115200, 8, 'N', 1, FLOW_NONE },
	.longest = ORIDION_LONGEST,
	.silent_after_ms = SILENT_MS,
	.state_size = sizeof(struct capnostream_state),
	.evidence = EVIDENCE_CHECKSUM,
	.check_bits = 32,	/* 85, length, code, unit, sum */
	.sum_bits = 8,
	.relays_alarms = true,
	.tx = templates,
	.frame = capnostream_frame,
	.decode = capnostream_decode,
	.request = capnostream_request,
	.release = capnostream_release,
};
