/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A Welch Allyn LC101 CO2 module that its host has told to measure: the CO2 every
 * 31 ms, the breath once a second, unasked.  Facts: nibp-and-small-monitors.md
 * 11e, and the module's manual for the intervals and for what it says of no
 * breath.
 *
 *	02 | identifier | digits | CRC, two digits | 03
 *
 * Easy to get wrong: it says nothing of a sampling line that is off; it draws air
 * then, and 15 s later its numbers are 0.
 */
#include "tests/sim/breath.h"

#include <stdio.h>
#include <string.h>

#define TICK_MS 31
#define TICKS_PER_BREATH 32	/* of a packet that tells the breath */

struct welchallyn {
	uint32_t ticks;
	struct breath breath;
};

static struct welchallyn *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct welchallyn) <= sizeof(m->state),
	    "too large");
	return (struct welchallyn *)(void *)&m->state;
}

/* x^8 + x^7 + x^2 + 1, the lowest bit of each character first. */
static unsigned
crc_of(const char *text)
{
	unsigned crc = 0xff;

	for (; *text != '\0'; text++) {
		for (int bit = 0; bit < 8; bit++) {
			unsigned in = ((unsigned)*text >> bit ^ crc) & 1;

			crc >>= 1;
			if (in)
				crc ^= 0xa1;
		}
	}
	return crc;
}

static size_t
put_packet(uint8_t *out, const char *text)
{
	return (size_t)sprintf((char *)out, "\x02%s%02X\x03", text,
	    crc_of(text));
}

static int
at_most(int v, int most)
{
	return v < most ? v : most;
}

static size_t
welchallyn_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	struct welchallyn *x = state_of(m);
	char text[12];
	bool none;
	size_t n;

	m->due_ms += TICK_MS;
	if (!m->lead_off)
		breath_move(&x->breath, m, t_ms, TICK_MS);
	none = breath_none(&x->breath, t_ms);
	snprintf(text, sizeof(text), "W%04X", m->lead_off ? 0 :
	    (unsigned)at_most((int)(breath_co2(&x->breath, t_ms) * 256),
	    0x63ff));
	n = put_packet(out, text);
	if (++x->ticks % TICKS_PER_BREATH != 0)
		return n;
	snprintf(text, sizeof(text), "Z%02X%02X00", none ? 0 :
	    (unsigned)at_most((x->breath.et + 5) / 10, 99), none ? 0 :
	    (unsigned)at_most(x->breath.rr, 250));
	return n + put_packet(out + n, text);
}

static void
welchallyn_start(struct monitor *m, int64_t t_ms)
{
	memset(state_of(m), 0, sizeof(struct welchallyn));
	state_of(m)->breath.last_ms = t_ms;
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_welchallyn_co2;
const struct sim_driver sim_welchallyn_co2 = {
	.name = "welchallyn-co2",
	.has = SIM_LEAD,
	.start = welchallyn_start,
	.emit = welchallyn_emit,
};
