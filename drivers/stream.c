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

/* No frame that its successor ends is longer. */
#define PACKET_MOST 32

static size_t
longest_frame(const struct driver *d)
{
	if (d->longest == 0)
		return WINDOW_USUAL;
	return d->longest < WINDOW_LONGEST ? d->longest : WINDOW_LONGEST;
}

size_t
stream_size(const struct driver *d)
{
	return offsetof(struct stream, window.at) + longest_frame(d) +
	    WINDOW_SPARE;
}

/* Every port has one. */
_Static_assert(offsetof(struct stream, window.at) <= 656, "a port grows");

size_t
stream_size_narrow(void)
{
	return offsetof(struct stream, window.at) + WINDOW_SPARE;
}

bool
stream_is_cramped(const struct stream *s)
{
	return s->window.capacity < s->window.longest + WINDOW_SPARE &&
	    window_length(&s->window) == s->window.capacity;
}

void
stream_widen(struct stream *s)
{
	s->window.capacity = s->window.longest + WINDOW_SPARE;
}

static int64_t
bounded(int64_t t_ms)
{
	if (t_ms > STREAM_TIME_MAX_MS)
		return STREAM_TIME_MAX_MS;
	return t_ms < -STREAM_TIME_MAX_MS ? -STREAM_TIME_MAX_MS : t_ms;
}

static void
stream_start(struct stream *s)
{
	window_clear(&s->window);
	s->window.torn = true;
	s->byte_ms = STREAM_NEVER;
	memset(s->last, 0, sizeof s->last);
	s->agreed = 0;
	s->joined = false;
	s->said_ms = STREAM_NEVER;
	memset(s->state, 0, s->driver->state_size < DRIVER_STATE_MAX ?
	    s->driver->state_size : DRIVER_STATE_MAX);
	if (s->driver->init != NULL)
		s->driver->init(s->state, &s->options);
}

static void
init(struct stream *s, union driver_state *state, const struct driver *d,
    const struct driver_options *o, int64_t t_ms)
{
	s->driver = d;
	s->options = o != NULL ? *o : (struct driver_options){ 0 };
	s->state = state;
	s->good_ms = STREAM_NEVER;
	s->open_ms = bounded(t_ms);
	s->count = (struct stream_counters){ 0 };
	s->settled = 0;
	s->window.rules = s->options.rules;
	s->window.longest = longest_frame(d);
	stream_start(s);
}

void
stream_init(struct stream *s, const struct driver *d,
    const struct driver_options *o, int64_t t_ms)
{
	init(s, &s->own, d, o, t_ms);
	stream_widen(s);
}

void
stream_init_narrow(struct stream *s, union driver_state *state,
    const struct driver *d, const struct driver_options *o, int64_t t_ms)
{
	init(s, state, d, o, t_ms);
	s->window.capacity = WINDOW_SPARE;
}

void
stream_reset(struct stream *s, int64_t t_ms)
{
	(void)t_ms;
	s->count.garbage += window_length(&s->window);
	stream_start(s);
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
	uint16_t gap_ms;
	size_t taken;

	if (n == 0)
		return 0;
	t_ms = bounded(t_ms);
	gap_ms = gap_before(s, t_ms);
	if (gap_ms > STREAM_STALE_MS) {
		s->count.garbage += window_length(w);
		w->torn = w->torn || window_length(w) > 0;
		s->agreed = 0;
		window_clear(w);
	}
	taken = window_add(w, gap_ms, p, n);
	if (taken == 0)
		return 0;
	s->count.bytes += taken;
	if (s->byte_ms == STREAM_NEVER || t_ms > s->byte_ms)
		s->byte_ms = t_ms;
	return taken;
}

void
stream_quiet(struct stream *s, int64_t t_ms)
{
	struct window *w = &s->window;
	uint16_t gap_ms = gap_before(s, bounded(t_ms));

	if (s->driver->quiet_ms == 0 || gap_ms < s->driver->quiet_ms ||
	    w->quiet_ms != 0 || window_length(w) == 0)
		return;
	w->quiet_ms = gap_ms;
	w->need = 0;
}

static void
drop_garbage(struct stream *s)
{
	s->count.garbage++;
	window_drop(&s->window, 1);
	s->window.torn = true;
	s->agreed = 0;
}

/* Whether a frame with that diagnosis is whole, so that it ends where it
 * says. */
static bool
is_whole(enum decode d)
{
	return d != DECODE_BAD_CHECK && d != DECODE_BAD_LENGTH;
}

/* Holds a reading against the last value of its kind, and doubts a value that lies
 * too far from it.  Returns whether it may count where little speaks for a single
 * frame: that there was no value speaks for no value.  '*near': they agree. */
static bool
judge(struct stream *s, int64_t t_ms, struct reading *x, bool *near)
{
	const enum vital v = x->vital;
	struct stream_last *last;
	bool counts;

	if ((unsigned)v >= VITALS)
		return true;
	last = &s->last[v];
	if (!reading_has_value(x)) {
		last->wait = STREAM_AGREE - 1;
		return true;
	}
	if (last->known && last->value != x->value) {
		if (!vital_agrees(v, last->value, x->value))
			*near = false;
		if (vital_steps(v, last->value, x->value, t_ms - last->t_ms))
			x->quality = QUALITY_QUESTIONABLE;
	}
	/* An event is told once. */
	counts = last->wait == 0 || vital_info[v].episodic;
	if (last->wait > 0)
		last->wait--;
	last->known = true;
	last->value = x->value;
	last->t_ms = t_ms;
	return counts;
}

/* Whether the readings are believed.  Where little speaks for a single frame,
 * frames speak for each other; those that say nothing speak for none. */
static bool
judge_all(struct stream *s, int64_t t_ms, struct readings *r)
{
	bool near = true, believed = true;

	for (size_t i = 0; i < r->n && i < READINGS_MAX; i++)
		believed = judge(s, t_ms, &r->item[i], &near) && believed;
	if (s->driver->evidence != EVIDENCE_PATTERN)
		return true;
	if (!near)
		s->agreed = 0;
	if (r->n > 0 && s->agreed < STREAM_AGREE)
		s->agreed++;
	return believed && s->agreed >= STREAM_AGREE;
}

/* A digest of what the readings say (as FNV-1a, but of words). */
static uint32_t
digest(const struct readings *r)
{
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < r->n && i < READINGS_MAX; i++) {
		const struct reading *x = &r->item[i];

		h = (h ^ ((uint32_t)x->vital << 16 |
		    (uint32_t)x->quality << 8 | x->flags)) * 16777619u;
		h = (h ^ (uint32_t)x->value) * 16777619u;
	}
	return h;
}

/* The same again, so soon that it is no news. */
static bool
is_repetition(struct stream *s, int64_t t_ms, const struct readings *r)
{
	uint32_t said;

	if (s->driver->repeat_ms == 0 || r->n == 0)
		return false;
	said = digest(r);
	if (s->said_ms != STREAM_NEVER && said == s->said &&
	    t_ms - s->said_ms < s->driver->repeat_ms)
		return true;
	s->said = said;
	s->said_ms = t_ms;
	return false;
}

/* Before good_ms is that of this frame. */
static uint16_t
lost_before(struct stream *s, int64_t t_ms, size_t n)
{
	uint64_t garbage = s->count.garbage - s->settled, lost = 0;

	if (s->driver->evidence != EVIDENCE_PATTERN ||
	    s->driver->needs_rules || n == 0)
		return 0;
	if (s->joined && s->good_ms != STREAM_NEVER &&
	    t_ms - s->good_ms < (int64_t)s->driver->silent_after_ms)
		lost = garbage / n;
	else
		s->settled = s->count.garbage;
	s->joined = true;
	s->settled += lost * n;
	return lost < UINT16_MAX ? (uint16_t)lost : UINT16_MAX;
}

static void
stream_decode(struct stream *s, size_t n, struct decoded *out)
{
	bool believed;

	out->t_ms = s->byte_ms -
	    bounded((int64_t)window_age(&s->window, n));
	out->length = n;
	out->lost = 0;
	out->readings.n = 0;
	out->readings.device_clock_ms = 0;
	out->readings.flags = 0;
	out->readings.alarms.told = false;
	out->readings.alarms.unknown = false;
	out->readings.alarms.list = 0;
	out->readings.alarms.n = 0;
	out->result = s->driver->decode(s->state, out->t_ms, &s->window, n,
	    &out->readings);
	if (out->result != DECODE_OK) {
		out->readings.n = 0;
		out->readings.alarms.told = false;
		out->readings.alarms.unknown = false;
	}
	believed = out->result > DECODE_IGNORED ||
	    judge_all(s, out->t_ms, &out->readings);
	if (!believed || is_repetition(s, out->t_ms, &out->readings))
		out->readings.n = 0;
	if (!believed)
		out->readings.alarms.told = false;
	s->count.frames[out->result]++;
	s->count.readings += out->readings.n;
	if (out->result == DECODE_OK || out->result == DECODE_IGNORED) {
		out->lost = lost_before(s, out->t_ms, n);
		s->count.lost += out->lost;
		s->good_ms = out->t_ms;
	}
	if (out->result > DECODE_IGNORED)
		s->agreed = 0;
	if (is_whole(out->result)) {
		window_drop(&s->window, n);
		s->window.torn = false;
	} else {
		drop_garbage(s);
	}
}

bool
stream_next(struct stream *s, struct decoded *out)
{
	struct window *w = &s->window;

	for (;;) {
		size_t held = window_length(w), need;
		int n;

		if (held == 0 || held < w->need)
			return false;
		n = s->driver->frame(w, window_gap(w, 0));
		need = n > 0 ? (size_t)n : held + 1;
		if (n < 0 || need > w->longest) {
			drop_garbage(s);
			continue;
		}
		if (need <= held) {
			stream_decode(s, need, out);
			return true;
		}
		w->seen = held;
		w->need = need;
		return false;
	}
}

/* One message, all bytes of 'buf' set; nothing is touched if there is none. */
static size_t
ask(struct stream *s, size_t (*what)(union driver_state *s, int64_t t_ms,
    uint8_t buf[TX_MAX]), int64_t t_ms, uint8_t buf[TX_MAX])
{
	uint8_t message[TX_MAX];
	size_t n;

	if (what == NULL)
		return 0;
	memset(message, 0, sizeof message);
	n = what(s->state, bounded(t_ms), message);
	if (n > 0)
		memcpy(buf, message, TX_MAX);
	return n;
}

size_t
stream_request(struct stream *s, int64_t t_ms, uint8_t buf[TX_MAX])
{
	return ask(s, s->driver->request, t_ms, buf);
}

size_t
stream_release(struct stream *s, int64_t t_ms, uint8_t buf[TX_MAX])
{
	return ask(s, s->driver->release, t_ms, buf);
}

bool
stream_silent(const struct stream *s, int64_t t_ms)
{
	int64_t since_ms = s->good_ms != STREAM_NEVER ?
	    s->good_ms : s->open_ms;

	return bounded(t_ms) - since_ms >= (int64_t)s->driver->silent_after_ms;
}

/* Whether it needs but the first bytes of another such frame to be one. */
static bool
waits_for_successor(const struct stream *s, size_t held)
{
	struct window w = { .rules = s->window.rules,
		.capacity = 2 * PACKET_MOST, .longest = s->window.longest };
	int n;

	if (s->driver->evidence != EVIDENCE_PATTERN || held > PACKET_MOST)
		return false;
	for (size_t i = 0; i < 2 * held && i < 2 * PACKET_MOST; i++) {
		w.at[i] = window_at(&s->window, i < held ? i : i - held);
		w.end = i + 1;
	}
	n = s->driver->frame(&w, 0);
	return n > 0 && held % (size_t)n == 0;
}

bool
stream_is_halfway(const struct stream *s)
{
	size_t held = window_length(&s->window), i = 0;

	while (i < held && i < WINDOW_CAPACITY &&
	    (window_at(&s->window, i) == '\r' ||
	    window_at(&s->window, i) == '\n'))
		i++;
	return i < held && !waits_for_successor(s, held);
}
