/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzz target: any bytes, in any cuts, to the driver that the environment names
 * (DRIVER=ge-dri).  Byte 0 says what else is asked of the stream in between, byte
 * 1 the cut, byte 2 the pace; the rest is what the monitor sends.
 *
 * Easy to get wrong: a fuzzer finds only what is checked.  Besides memory, it
 * checks that every byte is accounted for, that time never runs back, that no
 * reading holds a number that it should not, that texts can be printed, that what
 * is to be sent is listed, and that a few fixed bits alone are not believed.
 */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/stream.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct driver *driver;

struct run {
	struct stream s;
	int64_t t_ms, last_ms;
	size_t framed;		/* bytes that belong to frames */
	size_t sound;		/* frames in a row */
	uint64_t garbage;	/* as last counted */
	uint32_t dice;		/* what else is asked */
};

int
LLVMFuzzerInitialize(int *argc, char ***argv)
{
	const char *name = getenv("DRIVER");

	(void)argc;
	(void)argv;
	driver = name != NULL ? driver_find(name) : NULL;
	if (driver == NULL) {
		fprintf(stderr, "DRIVER= has to name a driver\n");
		exit(2);
	}
	return 0;
}

static void
check_reading(const struct reading *r)
{
	const struct vital_info *info;

	assert((unsigned)r->vital < VITALS);
	assert((unsigned)r->quality < QUALITIES);
	assert((r->flags & ~(unsigned)READING_DEMO) == 0);
	assert(r->age_ms >= 0);
	info = &vital_info[r->vital];
	if (reading_has_value(r))
		assert(r->value >= info->reject_below &&
		    r->value <= info->reject_above);
	else
		assert(r->value == 0);
}

static void
check_alarms(const struct monitor_alarms *a)
{
	assert(driver->relays_alarms || (!a->told && !a->unknown));
	assert(!a->told || !a->unknown);
	assert(a->n <= MONITOR_ALARMS_MAX);
	for (size_t i = 0; i < a->n; i++) {
		const char *text = a->item[i].text;

		assert((unsigned)a->item[i].priority <= PRIORITY_HIGH);
		assert(memchr(text, '\0', MONITOR_ALARM_TEXT) != NULL);
		for (size_t k = 0; text[k] != '\0'; k++)
			assert(text[k] >= ' ' && text[k] <= '~');
	}
}

/* How many of a frame's bytes were taken; of a damaged one only the first,
 * and that is counted as garbage. */
static size_t
consumed(const struct decoded *d)
{
	return d->result == DECODE_BAD_CHECK ||
	    d->result == DECODE_BAD_LENGTH ? 0 : d->length;
}

static void
check_frame(struct run *x, const struct decoded *d)
{
	assert(d->t_ms <= x->t_ms);
	/* A damaged frame may claim bytes of sound ones. */
	assert(d->t_ms >= x->last_ms || consumed(d) == 0);
	assert(d->length > 0 && d->length <= x->s.window.longest);
	assert((unsigned)d->result < DECODES);
	assert(d->readings.n <= READINGS_MAX);
	assert(d->readings.n == 0 || d->result == DECODE_OK);
	for (size_t i = 0; i < d->readings.n; i++)
		check_reading(&d->readings.item[i]);
	check_alarms(&d->readings.alarms);
	if (x->s.count.garbage != x->garbage || d->result > DECODE_IGNORED)
		x->sound = 0;
	x->garbage = x->s.count.garbage;
	if (d->result <= DECODE_IGNORED)
		x->sound++;
	if (driver->evidence == EVIDENCE_PATTERN)
		assert(x->sound >= STREAM_AGREE || (d->readings.n == 0 &&
		    !d->readings.alarms.told));
	if (consumed(d) > 0)
		x->last_ms = d->t_ms;
	x->framed += consumed(d);
}

static void
drain(struct run *x)
{
	struct decoded d;

	while (stream_next(&x->s, &d))
		check_frame(x, &d);
	assert(x->framed + x->s.count.garbage + window_length(&x->s.window) ==
	    x->s.count.bytes);
}

static void
check_sent(size_t n, const uint8_t message[TX_MAX])
{
	assert(n <= TX_MAX);
	assert(n == 0 || tx_allowed(driver, message, n));
}

/* Once in so many times. */
static bool
one_in(struct run *x, uint32_t times)
{
	x->dice = x->dice * 1664525 + 1013904223;
	return (x->dice >> 16) % times == 0;
}

static void
ask(struct run *x)
{
	uint8_t message[TX_MAX];

	check_sent(stream_request(&x->s, x->t_ms, message), message);
	if (x->dice == 0)
		return;
	if (one_in(x, 4)) {
		stream_quiet(&x->s, x->t_ms);
		drain(x);
	}
	if (one_in(x, 32))
		check_sent(stream_release(&x->s, x->t_ms, message), message);
	if (one_in(x, 64)) {
		stream_reset(&x->s, x->t_ms);
		x->sound = 0;
		drain(x);
	}
	(void)!stream_silent(&x->s, x->t_ms);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	static struct run x;
	size_t cut;
	int64_t pace;

	if (n < 3)
		return 0;
	x.dice = data[0];
	cut = data[1] % 64 + 1u;
	pace = data[2];
	data += 3;
	n -= 3;
	x.t_ms = x.last_ms = 0;
	x.framed = x.sound = 0;
	x.garbage = 0;
	stream_init(&x.s, driver, NULL, 0);
	while (n > 0) {
		size_t piece = n < cut ? n : cut;
		size_t taken = stream_feed(&x.s, x.t_ms, data, piece);

		assert(taken > 0 && taken <= piece);
		data += taken;
		n -= taken;
		drain(&x);
		x.t_ms += pace * pace;
		ask(&x);
	}
	/* Then it falls silent. */
	stream_quiet(&x.s, x.t_ms + 1000);
	x.t_ms += 1000;
	drain(&x);
	ask(&x);
	return 0;
}
