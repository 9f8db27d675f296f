/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where messages of HL7 begin and end; see hl7_frame.h.
 *
 * Easy to get wrong: a block whose end was lost is no message, but the next one
 * begins within what it claims; so a beginning always ends what came before.
 */
#include "drivers/hl7_frame.h"

#define BLOCK_BEGIN 0x0B

const char *const hl7_frame_begins[] = {
	"\x0b", "\x0b<", "MSH", "MSH|", "<ORU_R01", NULL
};
const char *const hl7_frame_ends[] = { "\x1c\r", "</ORU_R01>", NULL };

/* How many bytes of 'word' stand at i: all (returned as its length), fewer
 * because the window ends, or -1 where they differ. */
static int
match_word(const struct window *w, size_t i, const char *word)
{
	size_t n = window_length(w), k = 0;

	for (; k < 16 && word[k] != '\0'; k++) {
		if (i + k >= n)
			return (int)k;
		if (window_at(w, i + k) != (uint8_t)word[k])
			return -1;
	}
	return (int)k;
}

static bool
stands_at(const struct window *w, size_t i, const char *word, int length)
{
	return match_word(w, i, word) == length;
}

/* The first of from..to-1 where 'word' stands, whose first byte is 'first'; or
 * 'to'. */
static size_t
find_word(const struct window *w, size_t from, size_t to, const char *word,
    int length)
{
	size_t i = from;

	while (i < to && i < WINDOW_CAPACITY) {
		i = window_find(w, i, to, (uint8_t)word[0]);
		if (i < to && stands_at(w, i, word, length))
			return i;
		i++;
	}
	return to;
}

/* Where to go on with the search for something of up to 'back' bytes. */
static size_t
resume(const struct window *w, size_t first, size_t back)
{
	return w->seen > first + back ? w->seen - back : first;
}

/* What frame() answers to a frame of that length. */
static int
frame_of(size_t length)
{
	return length <= WINDOW_CAPACITY ? (int)length : FRAME_GARBAGE;
}

/* A block ends at its end, or where the next one begins: then its own end was
 * lost, and it is none. */
static int
mllp_frame(const struct window *w)
{
	size_t n = window_length(w), next, end;

	if (n > 1 && match_word(w, 1, "MSH") < 0 && window_at(w, 1) != '<')
		return FRAME_GARBAGE;
	next = window_find(w, resume(w, 1, 1), n, BLOCK_BEGIN);
	end = find_word(w, resume(w, 1, 1), next, "\x1c\r", 2);
	if (end < next)
		return frame_of(end + 2);
	return next < n ? frame_of(next) : FRAME_MORE;
}

/* The first byte from 'from' on that came after a silence; 'to' if none did. */
static size_t
find_quiet(const struct window *w, size_t from, size_t to)
{
	if (window_longest_gap(w, from, to) < HL7_QUIET_MS)
		return to;
	for (size_t i = from; i < to && i < WINDOW_CAPACITY; i++) {
		if (window_gap(w, i) >= HL7_QUIET_MS)
			return i;
	}
	return to;
}

static int
bare_frame(const struct window *w)
{
	size_t n = window_length(w), to, end;

	if (match_word(w, 0, "MSH|") < 0)
		return FRAME_GARBAGE;
	if (n < 4)
		return w->quiet_ms > 0 ? FRAME_GARBAGE : FRAME_MORE;
	to = find_quiet(w, resume(w, 1, 1), n);
	to = window_find(w, resume(w, 4, 1), to, BLOCK_BEGIN);
	to = find_word(w, resume(w, 4, 4), to, "MSH|", 4);
	/* A block whose beginning was lost. */
	end = find_word(w, resume(w, 4, 1), to, "\x1c\r", 2);
	if (end < to)
		return frame_of(end + 2);
	return to < n || w->quiet_ms > 0 ? frame_of(to) : FRAME_MORE;
}

static int
xml_frame(const struct window *w)
{
	size_t n = window_length(w), next, end;

	if (match_word(w, 0, "<ORU_R01") < 0)
		return FRAME_GARBAGE;
	next = find_word(w, resume(w, 8, 8), n, "<ORU_R01", 8);
	end = find_word(w, resume(w, 8, 10), next, "</ORU_R01>", 10);
	if (end < next)
		return frame_of(end + 10);
	return next < n ? frame_of(next) : FRAME_MORE;
}

int
hl7_frame(const struct window *w, int64_t gap_ms)
{
	(void)gap_ms;
	switch (window_at(w, 0)) {
	case BLOCK_BEGIN:
		return mllp_frame(w);
	case 'M':
		return bare_frame(w);
	case '<':
		return xml_frame(w);
	default:
		return FRAME_GARBAGE;
	}
}

bool
hl7_find_message(const struct window *w, size_t n, size_t *from, size_t *to)
{
	bool block = window_at(w, 0) == BLOCK_BEGIN;
	bool ended = n > 2 && stands_at(w, n - 2, "\x1c\r", 2);

	*from = block ? 1 : 0;
	*to = ended ? n - 2 : n;
	if (block && !ended)
		*to = *from;
	if (window_at(w, *from) == '<')
		return true;
	while (!ended && *to > *from && window_at(w, *to - 1) != '\r' &&
	    window_at(w, *to - 1) != '\n')
		--*to;
	return false;
}
