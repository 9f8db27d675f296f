/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Recordings without the names in them.
 *
 * Easy to get wrong: the stream looks at the bytes as they came, never at what
 * they were replaced by, so that it finds the messages that the driver would.
 */
#include "review/scrubber.h"

#include <errno.h>
#include <stdlib.h>

/* So many pairs of fillers are tried where a check must come out right: where it
 * has to have an escape, one in 85 does. */
#define TURNS 64
#define TRIES (TURNS * TURNS)

struct held_line {
	int64_t ms;
	bool sent;
	size_t n;
};

/* Bytes of both directions lie apart, each in the order of the lines. */
struct held_bytes {
	uint8_t *p;
	size_t n, room;
};

struct scrubber {
	const struct driver *driver;
	scrubber_line_fn *line_fn;
	void *arg;
	int64_t last_ms;
	struct held_bytes heard, sent;
	size_t known;		/* of 'heard', from its front: may be given */
	uint64_t given;		/* heard bytes that were given */
	struct held_line *line;
	size_t lines, lines_room;
	uint64_t blanked, lost;
	struct scrubber_kind kind[SCRUBBER_KINDS];
	struct scrub found;
	struct window frame;
	bool kept[WINDOW_CAPACITY];	/* of the frame's bytes */
	struct stream stream;
};

struct scrubber *
scrubber_new(const struct driver *d, scrubber_line_fn *line, void *arg)
{
	struct scrubber *s = calloc(1, sizeof *s);

	if (s == NULL)
		return NULL;
	s->driver = d;
	s->line_fn = line;
	s->arg = arg;
	stream_init(&s->stream, d, NULL, 0);
	window_clear(&s->frame);
	s->frame.capacity = WINDOW_CAPACITY;
	s->frame.longest = WINDOW_LONGEST;
	return s;
}

void
scrubber_free(struct scrubber *s)
{
	if (s == NULL)
		return;
	free(s->heard.p);
	free(s->sent.p);
	free(s->line);
	free(s);
}

static int
bytes_add(struct held_bytes *b, const uint8_t *p, size_t n)
{
	if (n > b->room - b->n) {
		size_t room = (b->room + n) * 2;
		uint8_t *more = realloc(b->p, room);

		if (more == NULL)
			return -ENOMEM;
		b->p = more;
		b->room = room;
	}
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return 0;
}

static void
bytes_drop(struct held_bytes *b, size_t n)
{
	if (n == 0)
		return;
	memmove(b->p, b->p + n, b->n - n);
	b->n -= n;
}

static void
count_kind(struct scrubber *s, const char *what)
{
	for (size_t i = 0; i < SCRUBBER_KINDS; i++) {
		struct scrubber_kind *k = &s->kind[i];

		if (i == SCRUBBER_KINDS - 1)
			what = "other";
		if (k->what == NULL)
			k->what = what;
		if (strcmp(k->what, what) == 0) {
			k->times++;
			return;
		}
	}
}

/* The length of the longest of the words that stands at the front of p's n
 * bytes; 0: none does. */
static size_t
word_at(const char *const *words, const uint8_t *p, size_t n)
{
	size_t longest = 0;

	for (; words != NULL && *words != NULL; words++) {
		size_t length = strlen(*words);

		if (length > longest && length <= n &&
		    memcmp(p, *words, length) == 0)
			longest = length;
	}
	return longest;
}

static void
blank_byte(struct scrubber *s, size_t i)
{
	if (s->heard.p[i] != 0)
		s->blanked++;
	s->heard.p[i] = 0;
}

/* What is in no message.  It may have ended the one before by what looked like
 * another one's beginning. */
static void
blank(struct scrubber *s, size_t from, size_t to)
{
	while (from < to) {
		size_t n = word_at(s->driver->begins, s->heard.p + from,
		    to - from);

		if (n == 0)
			blank_byte(s, from++);
		else
			from += n;
	}
}

/* Finds which bytes of the frame tell where it begins and ends. */
static void
find_kept(struct scrubber *s, size_t at, size_t n)
{
	const uint8_t *p = s->heard.p + at;

	memset(s->kept, 0, sizeof s->kept);
	for (size_t i = 0; i < n; i++) {
		size_t begin = word_at(s->driver->begins, p + i, n - i);
		size_t end = word_at(s->driver->ends, p + i, n - i);

		memset(s->kept + i, 1, begin > end ? begin : end);
	}
}

static void
blank_frame(struct scrubber *s, size_t at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!s->kept[i])
			blank_byte(s, at + i);
	}
}

/* What stands for a byte; 'turn' makes another of it where a check needs it. */
static uint8_t
filler(enum scrub_fill fill, uint8_t b, unsigned turn)
{
	switch (fill) {
	case SCRUB_ZERO:
		return (uint8_t)turn;
	case SCRUB_ESCAPED:
		return (uint8_t)(0x20 ^ turn);
	case SCRUB_TEXT:
	default:
		break;
	}
	if (b >= '0' && b <= '9')
		return (uint8_t)('0' + turn % 10);
	if ((b >= 'A' && b <= 'Z') || (b >= 'a' && b <= 'z') || b >= 0x80)
		return (uint8_t)('A' + ('X' - 'A' + turn) % 26);
	return b;
}

/* Replaces what was found in the frame at 'at'; in the tries after 0, the first
 * and the last byte of all by others. */
static void
replace(struct scrubber *s, size_t at, unsigned try)
{
	const struct scrub_span *x = s->found.item;
	size_t n = s->found.n;

	for (size_t i = 0; i < n; i++) {
		for (size_t k = x[i].from; k < x[i].to; k++) {
			bool first = i == 0 && k == x[i].from;
			bool last = i + 1 == n && k + 1 == x[i].to;

			if (s->kept[k])
				continue;
			s->heard.p[at + k] = filler(x[i].fill,
			    window_at(&s->frame, k), first ? try % TURNS :
			    last ? try / TURNS : 0);
		}
	}
}

/* False: the check cannot be put right. */
static bool
replace_and_seal(struct scrubber *s, size_t at, size_t n)
{
	const struct driver *d = s->driver;

	for (unsigned try = 0; try < TRIES; try++) {
		replace(s, at, try);
		if (d->reseal == NULL || d->reseal(s->heard.p + at, n))
			return true;
	}
	return false;
}

/* Whether the spans lie within the frame. */
static bool
are_sane(const struct scrub *found, size_t n)
{
	for (size_t i = 0; i < found->n; i++) {
		if (found->item[i].to > n)
			return false;
	}
	return !found->full;
}

/* 'read': the driver made sense of it. */
static void
take_frame(struct scrubber *s, size_t at, size_t n, bool read)
{
	window_clear(&s->frame);
	s->found.n = 0;
	s->found.full = false;
	find_kept(s, at, n);
	if (window_add(&s->frame, 0, s->heard.p + at, n) != n ||
	    !s->driver->scrub(&s->frame, n, &s->found) ||
	    !are_sane(&s->found, n) ||
	    (s->found.n > 0 && !replace_and_seal(s, at, n))) {
		blank_frame(s, at, n);
		s->lost += read;
		return;
	}
	for (size_t i = 0; i < s->found.n; i++)
		count_kind(s, s->found.item[i].what);
}

/* How many of the bytes held the stream is done with. */
static size_t
consumed(const struct scrubber *s)
{
	return (size_t)(s->stream.count.bytes - s->given) -
	    window_length(&s->stream.window);
}

static bool
is_whole(const struct decoded *d)
{
	return d->result != DECODE_BAD_CHECK && d->result != DECODE_BAD_LENGTH;
}

static void
take_frames(struct scrubber *s)
{
	struct decoded d;

	while (stream_next(&s->stream, &d)) {
		size_t end = consumed(s);

		if (!is_whole(&d))
			continue;
		blank(s, s->known, end - d.length);
		take_frame(s, end - d.length, d.length,
		    d.result <= DECODE_IGNORED);
		s->known = end;
	}
	blank(s, s->known, consumed(s));
	s->known = consumed(s);
}

/* Gives the lines that are known. */
static int
give(struct scrubber *s)
{
	size_t lines = 0, heard = 0, sent = 0;
	int r = 0;

	for (; r == 0 && lines < s->lines; lines++) {
		const struct held_line *l = &s->line[lines];
		struct held_bytes *b = l->sent ? &s->sent : &s->heard;
		size_t *at = l->sent ? &sent : &heard;

		if (!l->sent && heard + l->n > s->known)
			break;
		r = s->line_fn(s->arg, l->ms, l->sent, b->p + *at, l->n);
		*at += l->n;
	}
	s->lines -= lines;
	for (size_t i = 0; i < s->lines; i++)
		s->line[i] = s->line[lines + i];
	bytes_drop(&s->heard, heard);
	bytes_drop(&s->sent, sent);
	s->known -= heard;
	s->given += heard;
	return r;
}

static int
hold(struct scrubber *s, const struct held_line *l, const uint8_t *p)
{
	if (s->lines == s->lines_room) {
		size_t room = s->lines_room * 2 + 64;
		struct held_line *more = realloc(s->line,
		    room * sizeof(s->line[0]));

		if (more == NULL)
			return -ENOMEM;
		s->line = more;
		s->lines_room = room;
	}
	s->line[s->lines++] = *l;
	return bytes_add(l->sent ? &s->sent : &s->heard, p, l->n);
}

int
scrubber_take(struct scrubber *s, int64_t ms, bool sent, const uint8_t *p,
    size_t n)
{
	struct held_line l = { ms, sent, n };
	int r;

	if (s->driver->scrub == NULL)
		return s->line_fn(s->arg, ms, sent, p, n);
	s->last_ms = ms;
	stream_quiet(&s->stream, ms);
	take_frames(s);
	r = hold(s, &l, p);
	for (size_t fed = 0; r == 0 && !sent && fed < n;) {
		fed += stream_feed(&s->stream, ms, p + fed, n - fed);
		take_frames(s);
	}
	return r == 0 ? give(s) : r;
}

int
scrubber_end(struct scrubber *s)
{
	if (s->driver->scrub == NULL)
		return 0;
	stream_quiet(&s->stream, s->last_ms + s->driver->quiet_ms);
	take_frames(s);
	blank(s, s->known, s->heard.n);
	s->known = s->heard.n;
	return give(s);
}

const struct scrubber_kind *
scrubber_kind(const struct scrubber *s, size_t n)
{
	return n < SCRUBBER_KINDS && s->kind[n].what != NULL ?
	    &s->kind[n] : NULL;
}

uint64_t
scrubber_blanked(const struct scrubber *s)
{
	return s->blanked;
}

uint64_t
scrubber_lost(const struct scrubber *s)
{
	return s->lost;
}
