/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The bytes of a stream that are not consumed yet, and when they came.
 *
 * Easy to get wrong: marks are places in the array, not indices, so that a
 * byte that is consumed does not touch them.
 */
#include "drivers/window.h"

#include <string.h>

/* What is moved at once, so that a proof can follow. */
#define BLOCK 16
#define QUARTER 4

size_t
window_find(const struct window *w, size_t from, size_t to, uint8_t b)
{
	size_t i = from, held = window_length(w);
	uint64_t x = 0;

	if (to > held)
		to = held;
	while (i < to && i < WINDOW_CAPACITY) {
		if (window_word(w, i, &x) && !word_has(x, b)) {
			i += WORD;
			continue;
		}
		for (size_t k = 0; k < WORD && i < to; k++, i++) {
			if (window_at(w, i) == b)
				return i;
		}
	}
	return to;
}

/* Gives up the shorter pause of each two, but never the first mark nor the
 * last.  The bytes between the two are then taken for earlier or later, by
 * less than the time between the marks that are left; all others keep their
 * times. */
static void
marks_thin(struct window *w)
{
	const struct window_mark last = w->mark[WINDOW_MARKS - 1];
	size_t n = 1;

	for (size_t k = 1; k + 1 < WINDOW_MARKS; k += 2) {
		const struct window_mark *a = &w->mark[k];
		struct window_mark m = w->mark[k + 1];

		m.since_ms += a->since_ms;
		if (a->gap_ms > m.gap_ms) {
			m.at = a->at;
			m.gap_ms = a->gap_ms;
		}
		if (n < WINDOW_MARKS)
			w->mark[n++] = m;
	}
	if (n < WINDOW_MARKS)
		w->mark[n++] = last;
	w->marks = (uint8_t)n;
}

/* A read begins at the end of what is held. */
static void
marks_add(struct window *w, uint16_t gap_ms)
{
	if (gap_ms == 0)
		return;
	if (w->marks >= WINDOW_MARKS)
		marks_thin(w);
	if (w->marks < WINDOW_MARKS && w->end < WINDOW_CAPACITY)
		w->mark[w->marks++] = (struct window_mark){
			(uint16_t)w->end, gap_ms, gap_ms
		};
}

/* Forgets those of consumed bytes, and moves the others to the front by
 * 'by' places. */
static void
marks_drop(struct window *w, size_t by)
{
	size_t n = 0;

	for (size_t k = 0; k < w->marks && k < WINDOW_MARKS; k++) {
		struct window_mark m = w->mark[k];

		if (m.at < w->start || m.at < by)
			continue;
		m.at = (uint16_t)(m.at - by);
		if (n < WINDOW_MARKS)
			w->mark[n++] = m;
	}
	w->marks = (uint8_t)n;
}

/* Moves what is held to the front of the array. */
static void
window_compact(struct window *w)
{
	size_t held = window_length(w), from = w->start, i = 0;

	if (from == 0)
		return;
	marks_drop(w, from);
	while (from + BLOCK <= w->end && from <= WINDOW_CAPACITY - BLOCK &&
	    i <= WINDOW_CAPACITY - BLOCK) {
		memmove(&w->at[i], &w->at[from], BLOCK);
		i += BLOCK;
		from += BLOCK;
	}
	while (from < w->end && from < WINDOW_CAPACITY && i < WINDOW_CAPACITY)
		w->at[i++] = w->at[from++];
	w->start = 0;
	w->end = held;
}

size_t
window_add(struct window *w, uint16_t gap_ms, const uint8_t *p, size_t n)
{
	size_t i = 0, end, room;

	if (w->end > w->capacity || n > w->capacity - w->end)
		window_compact(w);
	if (w->end >= w->capacity)
		return 0;
	room = w->capacity - w->end;
	if (n > room)
		n = room;
	w->quiet_ms = 0;
	marks_add(w, gap_ms);
	end = w->end;
	while (i + BLOCK <= n && end <= WINDOW_CAPACITY - BLOCK) {
		memcpy(&w->at[end], &p[i], BLOCK);
		i += BLOCK;
		end += BLOCK;
	}
	while (i + QUARTER <= n && end <= WINDOW_CAPACITY - QUARTER) {
		memcpy(&w->at[end], &p[i], QUARTER);
		i += QUARTER;
		end += QUARTER;
	}
	while (i < n && end < WINDOW_CAPACITY)
		w->at[end++] = p[i++];
	w->end = end;
	return i;
}

void
window_drop(struct window *w, size_t n)
{
	if (n >= window_length(w)) {
		window_clear(w);
		return;
	}
	w->start += n;
	w->seen = 0;
	w->need = 0;
	if (w->marks > 0 && w->mark[0].at < w->start)
		marks_drop(w, 0);
}

void
window_clear(struct window *w)
{
	w->start = 0;
	w->end = 0;
	w->seen = 0;
	w->need = 0;
	w->quiet_ms = 0;
	w->marks = 0;
}
