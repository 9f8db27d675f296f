/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Oridion MicroPod and Microstream OEM capnography modules, by
 * nibp-and-small-monitors.md 11a: the frame of drivers/oridion.h.  What they
 * say:
 *
 *	00 wave:   sequence, CO2 (integer, 1/256), status
 *	01 breath, unasked; 11 the same, asked for: EtCO2, FiCO2, RR
 *		255: no value   151: CO2 out of range   pressures in mmHg
 *	0C extended state: flags, pump
 *
 * It is asked for the last breath (03) and for its state (0C), which changes
 * nothing.  What carries no data is a question, of ours or of another host,
 * come back on a looped line or heard on the other wire.
 *
 * Easy to get wrong: the last breath has no age, and may be long past: once the
 * wave shows none, its numbers are doubtful, and as old as the last one that it
 * showed.  Without a respiratory rate its EtCO2 is none either; and the frame of
 * a Capnostream, code 01 included, is the same but for its length.
 */
#include "drivers/oridion.h"

enum code {
	CODE_WAVE = 0x00,
	CODE_BREATH = 0x01,
	CODE_STATE = 0x0C,
	CODE_BREATH_ASKED = 0x11,
};

#define NONE 255
#define BEYOND 151

enum wave_status { WAVE_OVER_RANGE = 0x04 };

enum state_flag {
	STATE_CALIBRATION = 0x01,
	STATE_FLOW = 0x02,
	STATE_OCCLUSION = 0x04,
	STATE_TEMPERATURE = 0x08,
	STATE_MALFUNCTION = 0x80,
};
#define STATE_PUMP_OFF 0x01	/* in the second byte */

struct micropod_state {
	bool has_wave, has_state, has_breath, asked_breath, asked_state;
	bool exhaling;		/* by the wave */
	uint8_t wave, flags, pump;
	int64_t wave_ms, state_ms, breath_ms;	/* when they came */
	int64_t exhaled_ms;	/* when the wave last began to rise, or came at
				 * first */
	int64_t asked_breath_ms, asked_state_ms;
};
_Static_assert(sizeof(struct micropod_state) <= DRIVER_STATE_MAX, "state");

#define WAVE_MS 2000		/* its status holds so long */
/* mmHg: a breath out rises over it, one in falls below. */
#define EXHALED 5
/* The usual delay of an apnoea alarm, of the 10 to 40 s that monitors offer
 * (clinical.md 6.2); breaths at 4/min come sooner. */
#define APNOEA_MS 20000
#define STATE_MS 12000
#define ASK_BREATH_MS 2000	/* how often to ask, and for how long breaths */
#define ASK_STATE_MS 5000	/* that come unasked make it needless */

static const uint8_t ask_breath[] = { 0x85, 0x01, 0x03, 0x02 };
static const uint8_t ask_state[] = { 0x85, 0x01, 0x0C, 0x0D };

enum message { BREATH, STATE, MESSAGES };

static const struct tx_template templates[MESSAGES + 1] = {
	[BREATH] = { .name = "the last breath",
	  .bytes = ask_breath, .length = sizeof ask_breath },
	[STATE] = { .name = "its state",
	  .bytes = ask_state, .length = sizeof ask_state },
};

static int
micropod_frame(const struct window *w, int64_t gap_ms)
{
	(void)gap_ms;
	return oridion_frame(w);
}

/* The wave's status, 0 while no waves come. */
static uint8_t
wave_status(const struct micropod_state *s, int64_t t_ms)
{
	return s->has_wave && t_ms - s->wave_ms <= WAVE_MS ? s->wave : 0;
}

/* A sample of the wave.  What it calls invalid is no breath, nor the end of
 * one. */
static void
take_wave(struct micropod_state *s, int64_t t_ms, const struct wire *r)
{
	uint8_t status = wire_at(r, 4);
	bool exhaling = wire_at(r, 2) >= EXHALED;

	if (!s->has_wave)
		s->exhaled_ms = t_ms;
	if (quality_has_value(oridion_quality(status))) {
		if (exhaling && !s->exhaling)
			s->exhaled_ms = t_ms;
		s->exhaling = exhaling;
	}
	s->has_wave = true;
	s->wave = status;
	s->wave_ms = t_ms;
}

/* How long the wave has shown no breath, once that is apnoea; else 0. */
static int64_t
breathless_ms(const struct micropod_state *s, int64_t t_ms)
{
	return s->has_wave && s->wave_ms - s->exhaled_ms >= APNOEA_MS ?
	    t_ms - s->exhaled_ms : 0;
}

/* What holds for the whole breath.  The wave's status says of a fault only that
 * there is one. */
static enum quality
breath_quality(const struct micropod_state *s, int64_t t_ms)
{
	bool state = s->has_state && t_ms - s->state_ms <= STATE_MS;
	uint8_t flags = state ? s->flags : 0;
	enum quality q = QUALITY_GOOD;

	if ((flags & STATE_MALFUNCTION) != 0)
		return QUALITY_FAULT;
	if ((flags & STATE_OCCLUSION) != 0)
		return QUALITY_ARTEFACT;
	q = oridion_quality(wave_status(s, t_ms));
	if (oridion_unexplained(q) && state &&
	    (s->pump & STATE_PUMP_OFF) != 0)
		return QUALITY_NOT_MEASURED;
	if (q == QUALITY_GOOD && ((flags & (STATE_CALIBRATION | STATE_FLOW |
	    STATE_TEMPERATURE)) != 0 || breathless_ms(s, t_ms) > 0))
		return QUALITY_QUESTIONABLE;
	return q;
}

/* A rate of 0 may be apnoea: it is passed on, as doubtful, and is of now.  An
 * EtCO2 of 0 is no value. */
static void
decode_breath(struct micropod_state *s, int64_t t_ms, const struct wire *r,
    struct readings *out)
{
	uint8_t et = wire_at(r, 1), rr = wire_at(r, 3);
	bool beyond = et == BEYOND ||
	    (wave_status(s, t_ms) & WAVE_OVER_RANGE) != 0;
	enum quality q = breath_quality(s, t_ms), co2 = q;
	int64_t age_ms = breathless_ms(s, t_ms);

	s->has_breath = true;
	s->breath_ms = t_ms;
	if (quality_has_value(q) && (rr == NONE || rr == 0)) {
		co2 = QUALITY_NO_VALUE;
		q = rr == 0 ? QUALITY_QUESTIONABLE : QUALITY_NO_VALUE;
	}
	if (quality_has_value(co2) && (et == NONE || et == 0))
		co2 = QUALITY_NO_VALUE;
	else if (quality_has_value(co2) && beyond)
		co2 = QUALITY_OUT_OF_RANGE;
	readings_add_aged(out, VITAL_ETCO2, co2, et * 10,
	    quality_has_value(co2) ? age_ms : 0);
	readings_add_aged(out, VITAL_RR, q, rr,
	    quality_has_value(q) && rr != 0 ? age_ms : 0);
}

static enum decode
micropod_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct micropod_state *s = (struct micropod_state *)u;
	enum decode result = DECODE_BAD_VALUE;
	struct wire r;

	result = oridion_take(w, n, &r);
	if (result != DECODE_OK)
		return result;
	if (r.n == 1)
		return DECODE_BAD_VALUE;
	switch (wire_at(&r, 0)) {
	case CODE_WAVE:
		if (r.n != 5)
			return DECODE_BAD_VALUE;
		take_wave(s, t_ms, &r);
		return DECODE_IGNORED;
	case CODE_BREATH: case CODE_BREATH_ASKED:
		if (r.n != 4)
			return DECODE_BAD_VALUE;
		decode_breath(s, t_ms, &r, out);
		return DECODE_OK;
	case CODE_STATE:
		if (r.n != 3)
			return DECODE_BAD_VALUE;
		s->has_state = true;
		s->flags = wire_at(&r, 1);
		s->pump = wire_at(&r, 2);
		s->state_ms = t_ms;
		return DECODE_IGNORED;
	default:
		return DECODE_IGNORED;
	}
}

static size_t
micropod_request(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct micropod_state *s = (struct micropod_state *)u;

	if ((!s->has_breath || t_ms - s->breath_ms >= ASK_BREATH_MS) &&
	    (!s->asked_breath || t_ms - s->asked_breath_ms >= ASK_BREATH_MS)) {
		s->asked_breath = true;
		s->asked_breath_ms = t_ms;
		return tx_put(&templates[BREATH], buf);
	}
	if (!s->asked_state || t_ms - s->asked_state_ms >= ASK_STATE_MS) {
		s->asked_state = true;
		s->asked_state_ms = t_ms;
		return tx_put(&templates[STATE], buf);
	}
	return 0;
}

extern const struct driver driver_micropod;
const struct driver driver_micropod = {
	.name = "micropod",
	.title = "Oridion MicroPod and Microstream capnography modules",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.longest = ORIDION_LONGEST,
	.silent_after_ms = 6000,
	.state_size = sizeof(struct micropod_state),
	.evidence = EVIDENCE_CHECKSUM,
	.check_bits = 31,	/* 85, length, two codes, sum */
	.sum_bits = 8,
	.tx = templates,
	.frame = micropod_frame,
	.decode = micropod_decode,
	.request = micropod_request,
};
