/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For fuzz targets: bytes through a driver in given cuts and at a given pace,
 * and what must hold whatever they are.
 *
 * Easy to get wrong: a fuzzer finds only what is checked.  Besides memory, this
 * checks that every byte is accounted for, that time never runs back, that
 * nothing is sent but what the driver lists, and that no reading holds a number
 * that it should not.
 */
#ifndef TESTS_FUZZ_STREAM_CHECK_H
#define TESTS_FUZZ_STREAM_CHECK_H

#include <assert.h>
#include <string.h>

#include "drivers/stream.h"

static inline void
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
static inline size_t
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
static inline void
check_frames(struct stream *s, int64_t t_ms, struct told *told)
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

/* In pieces of 'cut' bytes, pace * pace ms apart; then nothing more comes. */
static inline void
check_stream(const struct driver *driver, const struct driver_options *o,
    size_t cut, size_t pace, const uint8_t *data, size_t n)
{
	static struct stream s;
	struct told told = { 0, 0 };
	uint8_t request[TX_MAX];
	int64_t t_ms = 0;

	stream_init(&s, driver, o, 0);
	while (n > 0) {
		size_t piece = n < cut ? n : cut;
		size_t taken = stream_feed(&s, t_ms, data, piece);
		size_t asked = stream_request(&s, t_ms, request);

		assert(taken > 0 && taken <= piece);
		assert(asked == 0 || tx_allowed(driver, request, asked));
		data += taken;
		n -= taken;
		check_frames(&s, t_ms, &told);
		t_ms += (int64_t)pace * (int64_t)pace;
		stream_quiet(&s, t_ms);
		check_frames(&s, t_ms, &told);
	}
	t_ms += driver->quiet_ms;
	stream_quiet(&s, t_ms);
	check_frames(&s, t_ms, &told);
}

#endif
