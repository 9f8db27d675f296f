/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A driver applied to a stream of bytes.
 *
 * Easy to get wrong: a frame that fails its check proves nothing about where
 * it ends.  Only its first byte is dropped; a good frame may begin inside it.
 */
#include "drivers/stream.h"

#include <stddef.h>
#include <string.h>

static void
window_clear(struct window *w)
{
	w->start = 0;
	w->end = 0;
}

/* Of the longest frame, and of a few short ones that come in one read. */
#define ROOM_MIN 128

static size_t
window_room(const struct driver *d)
{
	if (d->longest == 0 || d->longest > WINDOW_CAPACITY)
		return WINDOW_CAPACITY;
	return d->longest < ROOM_MIN ? ROOM_MIN : d->longest;
}

size_t
stream_size(const struct driver *d)
{
	return offsetof(struct stream, window.at) +
	    window_room(d) * sizeof(struct window_byte);
}

static void
stream_start(struct stream *s)
{
	window_clear(&s->window);
	s->window.torn = true;
	s->first_ms = 0;
	s->byte_ms = STREAM_NEVER;
	memset(s->last, 0, sizeof s->last);
	memset(&s->state, 0, sizeof s->state);
	if (s->driver->init != NULL)
		s->driver->init(&s->state, &s->options);
}

void
stream_init(struct stream *s, const struct driver *d,
    const struct driver_options *o, int64_t t_ms)
{
	s->driver = d;
	s->options = o != NULL ? *o : (struct driver_options){ 0 };
	s->good_ms = STREAM_NEVER;
	s->open_ms = t_ms;
	s->count = (struct stream_counters){ 0 };
	s->window.capacity = window_room(d);
	stream_start(s);
}

void
stream_reset(struct stream *s, int64_t t_ms)
{
	(void)t_ms;
	s->count.garbage += window_length(&s->window);
	stream_start(s);
}

/* Moves what is held to the front of the array. */
static void
window_compact(struct window *w)
{
	size_t held = window_length(w);

	if (w->start == 0)
		return;
	if (held > 0 && w->start < WINDOW_CAPACITY &&
	    held <= WINDOW_CAPACITY - w->start) {
		memmove(w->at, w->at + w->start, held * sizeof w->at[0]);
	}
	w->start = 0;
	w->end = held;
}

/* The quiet before a byte that arrives at t_ms, as far as 16 bits go. */
static uint16_t
gap_before(const struct stream *s, int64_t t_ms)
{
	if (s->byte_ms == STREAM_NEVER)
		return UINT16_MAX;
	if (t_ms <= s->byte_ms)
		return 0;
	return t_ms - s->byte_ms < UINT16_MAX ?
	    (uint16_t)(t_ms - s->byte_ms) : UINT16_MAX;
}

size_t
stream_feed(struct stream *s, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct window *w = &s->window;
	uint16_t gap_ms = gap_before(s, t_ms);
	size_t room, taken;

	if (n == 0)
		return 0;
	if (gap_ms > STREAM_STALE_MS) {
		s->count.garbage += window_length(w);
		w->torn = w->torn || window_length(w) > 0;
		window_clear(w);
	}
	if (window_length(w) == 0) {
		window_clear(w);
		s->first_ms = t_ms;
	}
	if (w->end > w->capacity || n > w->capacity - w->end)
		window_compact(w);
	room = w->end < w->capacity ? w->capacity - w->end : 0;
	taken = n < room ? n : room;
	if (taken == 0)
		return 0;
	for (size_t i = 0; i < taken && w->end < WINDOW_CAPACITY; i++) {
		w->at[w->end].byte = p[i];
		w->at[w->end++].gap_ms = i == 0 ? gap_ms : 0;
	}
	s->count.bytes += taken;
	if (s->byte_ms == STREAM_NEVER || t_ms > s->byte_ms)
		s->byte_ms = t_ms;
	return taken;
}

/* When the n-th byte (from 1) arrived. */
static int64_t
window_time(const struct stream *s, size_t n)
{
	int64_t t_ms = s->first_ms;

	for (size_t i = 1; i < n && i < WINDOW_CAPACITY; i++)
		t_ms += window_gap(&s->window, i);
	return t_ms;
}

/* Drops n bytes; the next one keeps its time. */
static void
stream_drop(struct stream *s, size_t n)
{
	s->first_ms = window_time(s, n) + window_gap(&s->window, n);
	s->window.start += n;
}

static void
drop_garbage(struct stream *s)
{
	s->count.garbage++;
	stream_drop(s, 1);
	s->window.torn = true;
}

/* Whether a frame with that diagnosis is whole, so that it ends where it
 * says. */
static bool
is_whole(enum decode d)
{
	return d != DECODE_BAD_CHECK && d != DECODE_BAD_LENGTH;
}

/* Doubts values that lie too far from those before them. */
static void
judge_steps(struct stream *s, int64_t t_ms, struct readings *r)
{
	for (size_t i = 0; i < r->n && i < READINGS_MAX; i++) {
		struct reading *x = &r->item[i];
		struct stream_last *last;

		if ((unsigned)x->vital >= VITALS || !reading_has_value(x))
			continue;
		last = &s->last[x->vital];
		if (last->known && vital_steps(x->vital, last->value, x->value,
		    t_ms - last->t_ms))
			x->quality = QUALITY_QUESTIONABLE;
		last->known = true;
		last->value = x->value;
		last->t_ms = t_ms;
	}
}

static void
stream_decode(struct stream *s, size_t n, struct decoded *out)
{
	out->t_ms = window_time(s, n);
	out->length = n;
	out->readings.n = 0;
	out->readings.device_clock_ms = 0;
	out->result = s->driver->decode(&s->state, out->t_ms, &s->window, n,
	    &out->readings);
	if (out->result != DECODE_OK)
		out->readings.n = 0;
	judge_steps(s, out->t_ms, &out->readings);
	s->count.frames[out->result]++;
	s->count.readings += out->readings.n;
	if (out->result == DECODE_OK || out->result == DECODE_IGNORED)
		s->good_ms = out->t_ms;
	if (is_whole(out->result)) {
		stream_drop(s, n);
		s->window.torn = false;
	} else {
		drop_garbage(s);
	}
}

bool
stream_next(struct stream *s, struct decoded *out)
{
	for (;;) {
		size_t held = window_length(&s->window);
		int n;

		if (held == 0)
			return false;
		n = s->driver->frame(&s->window, window_gap(&s->window, 0));
		if (n == FRAME_MORE && held < s->window.capacity)
			return false;
		if (n > 0 && (size_t)n <= held) {
			stream_decode(s, (size_t)n, out);
			return true;
		}
		drop_garbage(s);
	}
}

size_t
stream_request(struct stream *s, int64_t t_ms, uint8_t buf[TX_MAX])
{
	if (s->driver->request == NULL)
		return 0;
	return s->driver->request(&s->state, t_ms, buf);
}

bool
stream_silent(const struct stream *s, int64_t t_ms)
{
	int64_t since_ms = s->good_ms != STREAM_NEVER ?
	    s->good_ms : s->open_ms;

	return t_ms - since_ms >= (int64_t)s->driver->silent_after_ms;
}
