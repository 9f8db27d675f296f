/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Respironics CAPNOSTAT 5 and LoFlo CO2 sensors, by nibp-and-small-monitors.md
 * 11c:
 *
 *	command | NBF | data | CHK
 *	the command alone has bit 7; NBF counts data and CHK; all of it sums to
 *	0 modulo 128
 *
 *	80 waveform: sync, CO2 (2 bytes of 7 bits) [, DPI, DB1, ...]
 *	   DPI 01 status, DB5 the worst that there is   02 EtCO2 in 0.1 mmHg
 *	   03 RR   two bytes of 7 bits each; 0: no value
 *
 * It streams once it was asked for the waveform; a sensor that streams already,
 * because its own monitor asked it, is sent nothing.
 *
 * Easy to get wrong: it measures only after its own monitor has set barometric
 * pressure and gas compensation, which is not ours to do; until then it says
 * so (status 03) and its numbers are worth nothing.  The same holds until any
 * status was heard, and again after a silence: what comes then may be another
 * sensor, or the same one switched on anew.
 */
#include "drivers/driver.h"
#include "drivers/wire.h"

#define LONGEST (2 + 127)

enum command {
	COMMAND_WAVEFORM = 0x80,
	COMMAND_SETTING = 0x84,
	COMMAND_REFUSED = 0xC8,
	COMMAND_STOP = 0xC9,
	COMMAND_REVISION = 0xCA,
};

enum dpi { DPI_STATUS = 1, DPI_ETCO2 = 2, DPI_RR = 3 };

/* NBF of a waveform with each of them. */
#define NBF_WAVE 4
#define NBF_NUMBER 7
#define NBF_STATUS 10

enum status {
	STATUS_FINE = 0x00,
	STATUS_OVERHEATED = 0x01,
	STATUS_FAULTY = 0x02,
	STATUS_NOT_SET_UP = 0x03,
	STATUS_ASLEEP = 0x04,
	STATUS_ZEROING = 0x05,
	STATUS_WARMING_UP = 0x06,
	STATUS_ZERO_REQUIRED = 0x07,
	STATUS_OUT_OF_RANGE = 0x08,
	STATUS_CHECK_ADAPTER = 0x09,
	STATUS_CHECK_LINE = 0x0A,
};

struct capnostat_state {
	bool waiting;		/* for it to speak, since waiting_ms */
	bool heard;		/* a sound message, at heard_ms */
	bool has_status, has_etco2;
	uint8_t status;
	uint16_t etco2;
	int64_t waiting_ms, heard_ms, etco2_ms;
};
_Static_assert(sizeof(struct capnostat_state) <= DRIVER_STATE_MAX, "state");

#define LISTEN_MS 3000		/* before it is asked, and asked again */
#define SILENT_MS 4000
#define ETCO2_MS 5000		/* for so long it is of now */

static const uint8_t ask_waveform[] = { 0x80, 0x02, 0x00, 0x7E };

static const struct tx_template templates[] = {
	{ .name = "send waveform and values",
	  .bytes = ask_waveform, .length = sizeof ask_waveform },
	{ .name = NULL },
};

static int
capnostat_frame(const struct window *w, int64_t gap_ms)
{
	size_t n = window_length(w);
	uint8_t nbf = window_at(w, 1);

	(void)gap_ms;
	if (window_at(w, 0) < 0x80)
		return FRAME_GARBAGE;
	if (n < 2)
		return FRAME_MORE;
	if (nbf < 1 || nbf > 127)
		return FRAME_GARBAGE;
	for (size_t i = 2; i < n && i < nbf + 2u && i < LONGEST; i++) {
		if (window_at(w, i) >= 0x80)
			return FRAME_GARBAGE;
	}
	return n < nbf + 2u ? FRAME_MORE : nbf + 2;
}

/* Until the sensor is well, its numbers are none. */
static enum quality
status_quality(uint8_t status)
{
	switch (status) {
	case STATUS_FINE:
		return QUALITY_GOOD;
	case STATUS_OVERHEATED: case STATUS_FAULTY: case STATUS_ZERO_REQUIRED:
		return QUALITY_FAULT;
	case STATUS_ASLEEP:
		return QUALITY_NOT_MEASURED;
	case STATUS_ZEROING: case STATUS_WARMING_UP:
		return QUALITY_SEARCHING;
	case STATUS_OUT_OF_RANGE:
		return QUALITY_OUT_OF_RANGE;
	case STATUS_CHECK_ADAPTER:
		return QUALITY_SENSOR_OFF;
	case STATUS_CHECK_LINE:
		return QUALITY_NO_SENSOR;
	case STATUS_NOT_SET_UP:
	default:
		return QUALITY_NO_VALUE;
	}
}

static enum quality
number_quality(enum quality q, uint16_t number)
{
	return q == QUALITY_GOOD && number == 0 ? QUALITY_NO_VALUE : q;
}

/* EtCO2 waits for the rate, which follows it: one frame tells of both. */
static void
add_readings(const struct capnostat_state *s, int64_t t_ms, uint16_t rr,
    struct readings *out)
{
	enum quality q = status_quality(s->status);

	if (s->has_etco2 && t_ms - s->etco2_ms <= ETCO2_MS)
		readings_add(out, VITAL_ETCO2, number_quality(q, s->etco2),
		    s->etco2);
	readings_add(out, VITAL_RR, number_quality(q, rr), rr);
}

/* What was said before a silence counts no more. */
static void
forget_old(struct capnostat_state *s, int64_t t_ms)
{
	if (s->heard && t_ms - s->heard_ms >= SILENT_MS)
		s->has_status = s->has_etco2 = false;
}

static enum decode
decode_waveform(struct capnostat_state *s, int64_t t_ms,
    const struct window *w, struct readings *out)
{
	uint8_t nbf = window_at(w, 1), dpi = window_at(w, 5);
	uint16_t number = (uint16_t)(window_at(w, 6) * 128u + window_at(w, 7));

	if (nbf == NBF_WAVE)
		return DECODE_IGNORED;
	if (nbf < NBF_WAVE + 2)
		return DECODE_BAD_VALUE;
	switch (dpi) {
	case DPI_STATUS:
		if (nbf != NBF_STATUS)
			return DECODE_BAD_VALUE;
		s->has_status = true;
		s->status = window_at(w, 10);
		return DECODE_IGNORED;
	case DPI_ETCO2:
		if (nbf != NBF_NUMBER)
			return DECODE_BAD_VALUE;
		s->has_etco2 = true;
		s->etco2 = number;
		s->etco2_ms = t_ms;
		return DECODE_IGNORED;
	case DPI_RR:
		if (nbf != NBF_NUMBER)
			return DECODE_BAD_VALUE;
		if (!s->has_status)
			return DECODE_IGNORED;
		add_readings(s, t_ms, number, out);
		return DECODE_OK;
	default:
		return DECODE_IGNORED;
	}
}

static enum decode
capnostat_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct capnostat_state *s = (struct capnostat_state *)u;
	enum decode result = DECODE_BAD_VALUE;

	if (n < 3 || n != window_at(w, 1) + 2u)
		return DECODE_BAD_LENGTH;
	if ((wire_window_sum(w, 0, n) & 0x7F) != 0)
		return DECODE_BAD_CHECK;
	forget_old(s, t_ms);
	switch (window_at(w, 0)) {
	case COMMAND_WAVEFORM:
		result = decode_waveform(s, t_ms, w, out);
		break;
	case COMMAND_SETTING: case COMMAND_REFUSED: case COMMAND_STOP:
	case COMMAND_REVISION:
		return DECODE_IGNORED;
	default:
		return DECODE_BAD_VALUE;
	}
	if (result != DECODE_BAD_VALUE) {
		s->waiting = s->heard = true;
		s->waiting_ms = s->heard_ms = t_ms;
	}
	return result;
}

static size_t
capnostat_request(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct capnostat_state *s = (struct capnostat_state *)u;
	bool asks = s->waiting && t_ms - s->waiting_ms >= LISTEN_MS;

	if (s->waiting && !asks)
		return 0;
	s->waiting = true;
	s->waiting_ms = t_ms;
	if (!asks)
		return 0;
	return tx_put(&templates[0], buf);
}

extern const struct driver driver_capnostat;
const struct driver driver_capnostat = {
	.name = "capnostat",
	.title = "Respironics CAPNOSTAT 5 and LoFlo CO2 sensors",
	.line = { 19200, 8, 'N', 1, FLOW_NONE },
	.longest = LONGEST,
	.silent_after_ms = SILENT_MS,
	.state_size = sizeof(struct capnostat_state),
	.evidence = EVIDENCE_CHECKSUM,
	.check_bits = 37,	/* 80, NBF, seven without bit 7, DPI, sum */
	.sum_bits = 7,
	.tx = templates,
	.frame = capnostat_frame,
	.decode = capnostat_decode,
	.request = capnostat_request,
};
