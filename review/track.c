/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When the bytes of a recording were sent.
 *
 * Easy to get wrong: a frame's clock belongs to the frame's end; what lies
 * before it (other frames, garbage) is sent with it.
 */
#include "review/track.h"
#include "drivers/capture.h"
#include "drivers/stream.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FILE_MAX ((size_t)256 << 20)
#define STEP_MS 60000		/* more is a step of the clock */
#define CHUNK 64

/* Both arrays are as long as the worst case from the start: one mark per
 * byte at the most. */
static int
reserve(struct track *t, size_t bytes, size_t marks, struct track_error *e)
{
	t->byte = malloc(bytes > 0 ? bytes : 1);
	t->mark = calloc(marks > 0 ? marks : 1, sizeof(t->mark[0]));
	if (t->byte != NULL && t->mark != NULL)
		return 0;
	snprintf(e->text, sizeof(e->text), "out of memory");
	return -1;
}

static void
put_mark(struct track *t, size_t end, int64_t ms)
{
	if (t->marks_n > 0 && t->mark[t->marks_n - 1].ms == ms)
		t->marks_n--;
	t->mark[t->marks_n++] = (struct track_mark){ .end = end, .ms = ms };
}

static int
read_capture(struct track *t, const char *p, size_t n, struct track_error *e)
{
	size_t line = 1;

	t->pace = TRACK_CAPTURE;
	for (size_t i = 0; i < n; line++) {
		const char *end = memchr(p + i, '\n', n - i);
		size_t length = end != NULL ? (size_t)(end - p) - i : n - i;
		struct capture_line l;

		capture_parse(p + i, length, &l);
		i += length + 1;
		if (l.kind == CAPTURE_DATA && t->marks_n > 0 &&
		    l.ms < t->mark[t->marks_n - 1].ms) {
			l.kind = CAPTURE_BAD;
			l.column = 2;
			l.error = "times that do not run backwards";
		}
		if (l.kind == CAPTURE_BAD) {
			e->line = line;
			e->column = l.column;
			snprintf(e->text, sizeof(e->text), "expected %s",
			    l.error);
			return -1;
		}
		if (l.kind != CAPTURE_DATA || l.sent)
			continue;
		memcpy(t->byte + t->n, l.byte, l.n);
		t->n += l.n;
		put_mark(t, t->n, l.ms);
	}
	return 0;
}

/* By the driver's frames; leaves no mark if none carries a clock. */
static void
mark_by_clock(struct track *t, const struct driver *d)
{
	struct stream *s = calloc(1, sizeof(*s));
	struct decoded frame;
	int64_t last = 0, ms = 0;

	if (s == NULL)
		return;
	stream_init(s, d, NULL, 0);
	for (size_t fed = 0; fed < t->n;) {
		size_t rest = t->n - fed;

		fed += stream_feed(s, 0, t->byte + fed,
		    rest < CHUNK ? rest : CHUNK);
		while (stream_next(s, &frame)) {
			int64_t now = frame.readings.device_clock_ms;
			int64_t step = now - last;

			if (now == 0)
				continue;
			if (last != 0 && (step < 0 || step > STEP_MS)) {
				step = 1000;
				t->steps++;
			}
			ms += last != 0 ? step : 0;
			last = now;
			put_mark(t, fed - window_length(&s->window), ms);
		}
	}
	free(s);
	if (t->marks_n > 0 && t->mark[t->marks_n - 1].end < t->n)
		put_mark(t, t->n, ms);
	t->pace = TRACK_DEVICE_CLOCK;
}

static void
mark_by_line(struct track *t, const struct line *l)
{
	double bits = 1.0 + l->bits + (l->parity != 'N') + l->stop;

	for (size_t end = 0; end < t->n;) {
		end = t->n - end < CHUNK ? t->n : end + CHUNK;
		put_mark(t, end, (int64_t)((double)end * bits * 1000 /
		    l->baud));
	}
	t->pace = TRACK_LINE;
}

int
track_make(const uint8_t *p, size_t n, const struct driver *d,
    struct track *out, struct track_error *error)
{
	struct track t = { .n = 0 };

	*error = (struct track_error){ .line = 0 };
	if (reserve(&t, n, n, error) != 0)
		goto fail;
	if (n > 0 && (p[0] == '#' || p[0] == '@')) {
		if (read_capture(&t, (const char *)p, n, error) != 0)
			goto fail;
	} else {
		memcpy(t.byte, p, n);
		t.n = n;
		mark_by_clock(&t, d);
		if (t.marks_n == 0)
			mark_by_line(&t, &d->line);
	}
	if (t.n == 0) {
		snprintf(error->text, sizeof(error->text),
		    "no bytes from a monitor are in it");
		goto fail;
	}
	*out = t;
	return 0;
fail:
	track_free(&t);
	return -1;
}

int
track_load(const char *path, const struct driver *d, struct track *out,
    struct track_error *error)
{
	FILE *f = fopen(path, "re");
	uint8_t *p = NULL, *more;
	size_t n = 0, room = 0;
	int r = -1;

	*error = (struct track_error){ .line = 0 };
	if (f == NULL)
		goto failed;
	do {
		if (n == room) {
			room = room == 0 ? 1 << 20 : room * 2;
			more = room > FILE_MAX ? NULL : realloc(p, room);
			if (more == NULL) {
				errno = EFBIG;
				goto failed;
			}
			p = more;
		}
		n += fread(p + n, 1, room - n, f);
	} while (!feof(f) && !ferror(f));
	if (ferror(f))
		goto failed;
	r = track_make(p, n, d, out, error);
	goto done;
failed:
	snprintf(error->text, sizeof(error->text), "%s", strerror(errno));
done:
	if (f != NULL)
		fclose(f);
	free(p);
	return r;
}

void
track_free(struct track *t)
{
	free(t->byte);
	free(t->mark);
	t->byte = NULL;
	t->mark = NULL;
}
