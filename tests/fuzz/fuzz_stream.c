/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes, in any cuts, to any driver: byte 0 names the driver (by its
 * place in the registry), byte 1 the cut, byte 2 the pace.
 *
 * Easy to get wrong: a fuzzer finds only what is checked.  Besides memory, it
 * checks that every byte is accounted for, that time never runs back, and
 * that no reading holds a number that it should not.
 */
#include <assert.h>
#include <string.h>

#include "drivers/stream.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t
count_drivers(void)
{
	size_t n = 0;

	while (drivers[n] != NULL)
		n++;
	return n;
}

static void
check_reading(const struct reading *r)
{
	const struct vital_info *info;

	assert((unsigned)r->vital < VITALS);
	assert((unsigned)r->quality < QUALITIES);
	assert(r->age_ms >= 0);
	info = &vital_info[r->vital];
	if (reading_has_value(r))
		assert(r->value >= info->reject_below &&
		    r->value <= info->reject_above);
	else
		assert(r->value == 0);
}

/* How many of a frame's bytes were taken; of a damaged one only the first,
 * and that is counted as garbage. */
static size_t
consumed(const struct decoded *d)
{
	return d->result == DECODE_BAD_CHECK ||
	    d->result == DECODE_BAD_LENGTH ? 0 : d->length;
}

struct told {
	int64_t last_ms;
	size_t framed;
};

/* Takes all frames that there are at t_ms. */
static void
take(struct stream *s, int64_t t_ms, struct told *told)
{
	struct decoded d;

	while (stream_next(s, &d)) {
		assert(d.t_ms <= t_ms);
		/* A damaged frame may claim bytes of sound ones. */
		assert(d.t_ms >= told->last_ms || consumed(&d) == 0);
		assert(d.readings.n <= READINGS_MAX);
		assert(d.readings.n == 0 || d.result == DECODE_OK);
		for (size_t i = 0; i < d.readings.n; i++)
			check_reading(&d.readings.item[i]);
		if (consumed(&d) > 0)
			told->last_ms = d.t_ms;
		told->framed += consumed(&d);
	}
	assert(told->framed + s->count.garbage + window_length(&s->window) ==
	    s->count.bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct stream s;
	struct told told = { 0, 0 };
	uint8_t request[TX_MAX];
	int64_t t_ms = 0;
	size_t cut, pace;
	const struct driver *driver;

	if (n < 3)
		return 0;
	driver = drivers[data[0] % count_drivers()];
	cut = data[1] % 64 + 1u;
	pace = data[2];
	data += 3;
	n -= 3;
	stream_init(&s, driver, NULL, 0);
	while (n > 0) {
		size_t piece = n < cut ? n : cut;
		size_t taken = stream_feed(&s, t_ms, data, piece);
		size_t asked = stream_request(&s, t_ms, request);

		assert(taken > 0 && taken <= piece);
		assert(asked == 0 || tx_allowed(driver, request, asked));
		data += taken;
		n -= taken;
		take(&s, t_ms, &told);
		t_ms += (int64_t)pace * pace;
		stream_quiet(&s, t_ms);
		take(&s, t_ms, &told);
	}
	t_ms += driver->quiet_ms;
	stream_quiet(&s, t_ms);
	take(&s, t_ms, &told);
	return 0;
}
