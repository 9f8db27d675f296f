/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes, in any cuts, of any driver that knows what to hide, scrubbed: byte 0
 * names the driver (by its place in the registry), byte 1 the cut, byte 2 the
 * pace, as in fuzz_stream.c.
 *
 * Easy to get wrong: the readings must be the same, not only the length; unless
 * the scrubber says that it lost some, which may change what later ones mean.
 */
#include <assert.h>
#include <string.h>

#include "drivers/hl7_scrub.h"
#include "drivers/intellivue_scrub.h"
#include "review/scrubber.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

#define LONGEST 8192

static uint8_t scrubbed[LONGEST];
static size_t scrubbed_n;

static int
keep(void *arg, int64_t ms, bool sent, const uint8_t *p, size_t n)
{
	(void)arg, (void)ms, (void)sent;
	assert(n <= LONGEST - scrubbed_n);
	memcpy(scrubbed + scrubbed_n, p, n);
	scrubbed_n += n;
	return 0;
}

/* A digest of the readings. */
static uint32_t
read_all(const struct driver *d, const uint8_t *p, size_t n, size_t cut,
    int64_t pace_ms)
{
	static struct stream s;
	struct decoded found;
	uint32_t h = 2166136261u;
	int64_t t_ms = 0;

	stream_init(&s, d, NULL, 0);
	for (;;) {
		size_t piece = n < cut ? n : cut, fed = 0;

		stream_quiet(&s, piece > 0 ? t_ms : t_ms + d->quiet_ms);
		for (;;) {
			while (stream_next(&s, &found)) {
				for (size_t i = 0; i < found.readings.n; i++) {
					const struct reading *r =
					    &found.readings.item[i];

					h = (h ^ r->vital) * 16777619u;
					h = (h ^ r->quality) * 16777619u;
					h = (h ^ (uint32_t)r->value) *
					    16777619u;
					h = (h ^ (uint32_t)r->age_ms) *
					    16777619u;
				}
			}
			if (fed == piece)
				break;
			fed += stream_feed(&s, t_ms, p + fed, piece - fed);
		}
		if (n == 0)
			return h;
		p += piece;
		n -= piece;
		t_ms += pace_ms;
	}
}

/* What a driver names lies within the frame. */
static void
check_spans(bool (*scrub)(const struct window *, size_t, struct scrub *),
    const uint8_t *p, size_t n)
{
	static struct window w;
	static struct scrub found;

	window_clear(&w);
	w.capacity = WINDOW_CAPACITY;
	assert(window_add(&w, 0, p, n) == n);
	found.n = 0;
	found.full = false;
	if (!scrub(&w, n, &found))
		return;
	for (size_t i = 0; i < found.n; i++)
		assert(found.item[i].from < found.item[i].to &&
		    found.item[i].to <= n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	size_t drivers_n = 0, cut, total;
	int64_t pace_ms, t_ms = 0;
	const struct driver *d;
	struct scrubber *s;
	const uint8_t *p;
	bool lost;

	if (n < 4 || n > LONGEST)
		return 0;
	while (drivers[drivers_n] != NULL)
		drivers_n++;
	d = drivers[data[0] % drivers_n];
	cut = data[1] % 64 + 1u;
	pace_ms = (int64_t)data[2] * data[2];
	p = data + 3;
	total = n - 3;
	check_spans(hl7_scrub, p, total);
	check_spans(intellivue_scrub, p, total);
	if (d->scrub == NULL)
		return 0;
	s = scrubber_new(d, keep, NULL);
	scrubbed_n = 0;
	for (size_t at = 0; at < total; at += cut, t_ms += pace_ms)
		assert(scrubber_take(s, t_ms, false, p + at,
		    total - at < cut ? total - at : cut) == 0);
	assert(scrubber_end(s) == 0);
	lost = scrubber_lost(s) > 0;
	scrubber_free(s);
	assert(scrubbed_n == total);
	assert(lost || read_all(d, p, total, cut, pace_ms) ==
	    read_all(d, scrubbed, total, cut, pace_ms));
	return 0;
}
