/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See line_frame.h.
 *
 * Easy to get wrong: it is asked again with more bytes, and looks at those that
 * it has seen only as far as a start may reach across.
 */
#include "drivers/line_frame.h"

unsigned
line_kind(const struct line_rules *r, const struct window *w, size_t i)
{
	return r->kind[window_at(w, i)];
}

/* How many bytes at 'from' are those of the text; SIZE_MAX where one is not. */
static size_t
begins(const struct window *w, size_t from, const struct line_text *x)
{
	for (size_t i = 0; i < x->n && i < LINE_TEXT_MAX; i++) {
		if (from + i >= window_length(w))
			return i;
		if (window_at(w, from + i) != x->byte[i])
			return SIZE_MAX;
	}
	return x->n;
}

size_t
line_between(const struct line_rules *r, const struct window *w)
{
	size_t i = 0, n = window_length(w);

	while (i < n && i < LINE_FRAME_MAX &&
	    (line_kind(r, w, i) & LINE_BETWEEN) != 0)
		i++;
	return i;
}

/* The end of a frame whose text begins at 'from'. */
static int
find_end(const struct line_rules *r, const struct window *w, size_t from)
{
	size_t n = window_length(w);
	size_t i = w->seen > from + LINE_TEXT_MAX ? w->seen - LINE_TEXT_MAX : from;

	for (; i < n && i < WINDOW_CAPACITY; i++) {
		unsigned kind = line_kind(r, w, i);

		if ((kind & LINE_END) != 0)
			return (int)i + 1;
		/* Another start: what came before it is half a frame. */
		if (r->start.n > 0 && begins(w, i, &r->start) == r->start.n)
			return FRAME_GARBAGE;
		if ((kind & (LINE_PLAIN | LINE_SPLIT | LINE_STRIP)) == 0)
			return FRAME_GARBAGE;
	}
	return i > r->longest ? FRAME_GARBAGE : FRAME_MORE;
}

int
line_frame(const struct window *w)
{
	const struct line_rules *r = w->rules;
	size_t from, found;

	if (r == NULL)
		return FRAME_GARBAGE;
	from = line_between(r, w);
	if (from >= LINE_FRAME_MAX)
		return FRAME_GARBAGE;
	if (from >= window_length(w))
		return FRAME_MORE;
	if (r->prompt.n > 0) {
		found = begins(w, from, &r->prompt);
		if (found == r->prompt.n)
			return (int)(from + found);
		if (found != SIZE_MAX && from + found >= window_length(w))
			return FRAME_MORE;
	}
	if (r->start.n > 0) {
		found = begins(w, from, &r->start);
		if (found == SIZE_MAX)
			return FRAME_GARBAGE;
		if (found < r->start.n)
			return FRAME_MORE;
		if (r->length > 0)
			return (int)(from + r->length);
		from += r->skip > found ? r->skip : found;
	}
	return find_end(r, w, from);
}

bool
line_prompt(const struct line_rules *r, const struct window *w, size_t at)
{
	return r->prompt.n > 0 && begins(w, at, &r->prompt) == r->prompt.n;
}

bool
line_take(const struct line_rules *r, const struct window *w, size_t from,
    size_t to, struct text *t)
{
	memset(t, 0, sizeof *t);
	for (size_t i = from; i < to && i < WINDOW_CAPACITY; i++) {
		if ((line_kind(r, w, i) & LINE_STRIP) != 0)
			continue;
		if (t->n >= TEXT_CAPACITY)
			return false;
		t->byte[t->n++] = window_at(w, i);
	}
	return true;
}

bool
line_check_sum(const struct line_check *c, const struct window *w, size_t from,
    size_t *to)
{
	size_t width = c->byte ? 1 : 2, end;
	struct text digits;
	struct text_span all = { 0, 2 };
	uint32_t sum = 0;

	if (c->kind == SUM_NONE)
		return true;
	if (*to < from + width + c->leave + c->from)
		return false;
	end = *to - width;
	if (c->byte) {
		sum = window_at(w, end);
	} else {
		memset(&digits, 0, sizeof digits);
		digits.byte[0] = window_at(w, end);
		digits.byte[1] = window_at(w, end + 1);
		digits.n = 2;
		if (!text_hex(&digits, all, &sum))
			return false;
	}
	*to = end;
	return sum == line_sum(c, w, from + c->from, end - c->leave);
}
