/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests: a recording in memory, and what a driver makes of it.
 *
 * Easy to get wrong: the reads that a recording was made of are no part of it.
 * Bytes keep their times, whatever piece they are fed in.
 */
#ifndef TESTS_UNIT_RECORDING_H
#define TESTS_UNIT_RECORDING_H

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/capture.h"
#include "drivers/stream.h"

/* Bytes that share a time. */
struct chunk {
	int64_t ms;
	size_t from, n;
};

struct recording {
	uint8_t *byte;
	size_t n;
	struct chunk *chunk;
	size_t chunks;
	const struct line_rules *rules;	/* of the driver "line"; or NULL */
};

/* One reading, or a frame's clock, and when. */
struct heard_value {
	int64_t t_ms;
	size_t frame;		/* its number in the stream */
	struct reading reading;
};

struct events {
	struct heard_value *item;
	size_t n, room;
	struct stream_counters count;
};

static inline void
recording_add(struct recording *r, int64_t ms, const uint8_t *p, size_t n)
{
	r->byte = realloc(r->byte, r->n + n + 1);
	r->chunk = realloc(r->chunk, (r->chunks + 1) * sizeof *r->chunk);
	assert_non_null(r->byte);
	assert_non_null(r->chunk);
	memcpy(r->byte + r->n, p, n);
	r->chunk[r->chunks++] = (struct chunk){ ms, r->n, n };
	r->n += n;
}

static inline void
recording_free(struct recording *r)
{
	free(r->byte);
	free(r->chunk);
	*r = (struct recording){ 0 };
}

static inline void
events_add(struct events *e, const struct decoded *d, size_t frame)
{
	for (size_t i = 0; i < d->readings.n; i++) {
		if (e->n == e->room) {
			e->room = e->room * 2 + 64;
			e->item = realloc(e->item, e->room * sizeof *e->item);
			assert_non_null(e->item);
		}
		e->item[e->n++] = (struct heard_value){
			d->t_ms, frame, d->readings.item[i]
		};
	}
}

/* Called with each frame found. */
typedef void frame_fn(void *context, const struct decoded *d);

/* Takes all frames that there are. */
static inline void
recording_take(struct stream *s, struct events *e, size_t *frames,
    frame_fn *fn, void *context)
{
	struct decoded d;

	while (stream_next(s, &d)) {
		events_add(e, &d, (*frames)++);
		if (fn != NULL)
			fn(context, &d);
	}
}

/* Feeds the recording in pieces of at most 'cut' bytes (0: as recorded), then
 * 'fill' zero bytes at the last time; then nothing more comes. */
static inline void
recording_run(const struct recording *r, const struct driver *driver,
    size_t cut, size_t fill, struct events *e, frame_fn *fn, void *context)
{
	static const uint8_t zeros[4096];
	static struct stream s;
	struct driver_options options = { .rules = r->rules };
	union driver_state *state;
	size_t frames = 0;
	int64_t ms = 0;

	e->n = 0;
	/* Memory as a port has it: of the state's size, and not of zeros, so
	 * that a driver that needs more than it says shows. */
	state = malloc(driver->state_size + 1u);
	assert_non_null(state);
	memset(state, 0xA5, driver->state_size + 1u);
	stream_init_narrow(&s, state, driver, &options,
	    r->chunks > 0 ? r->chunk[0].ms : 0);
	stream_widen(&s);
	for (size_t i = 0; i <= r->chunks; i++) {
		bool last = i == r->chunks;
		const uint8_t *p = last ? zeros : r->byte + r->chunk[i].from;
		size_t n = last ? fill : r->chunk[i].n;

		if (!last)
			ms = r->chunk[i].ms;
		stream_quiet(&s, ms);
		recording_take(&s, e, &frames, fn, context);
		while (n > 0) {
			size_t piece = cut > 0 && cut < n ? cut : n;
			size_t taken = stream_feed(&s, ms, p, piece);

			assert_true(taken > 0 && taken <= piece);
			p += taken;
			n -= taken;
			recording_take(&s, e, &frames, fn, context);
		}
	}
	stream_quiet(&s, ms + driver->quiet_ms);
	recording_take(&s, e, &frames, fn, context);
	e->count = s.count;
	free(state);
}

/* What was sent in one go: longer messages take several lines. */
struct sent {
	int64_t ms;
	size_t n;
	uint8_t byte[TX_MAX];
};

/* Adds a line to it, or, where it is no more of the same, checks it. */
static inline void
sent_add(struct sent *s, const struct driver *d, const struct capture_line *c)
{
	bool more = c != NULL && c->sent && c->ms == s->ms &&
	    s->n % CAPTURE_LINE_BYTES == 0;

	if (!more && s->n > 0) {
		assert_true(tx_allowed(d, s->byte, s->n));
		s->n = 0;
	}
	if (c == NULL || !c->sent)
		return;
	assert_true(s->n + c->n <= sizeof s->byte);
	memcpy(s->byte + s->n, c->byte, c->n);
	s->n += c->n;
	s->ms = c->ms;
}

/* Reads a capture file; a line that is none fails the test. */
static inline void
recording_load_by(struct recording *r, const char *path,
    const struct driver *d, unsigned *headers)
{
	static const char *const keys[] = {
		"device", "driver", "source", "notes"
	};
	char line[CAPTURE_LINE_TEXT + 2];
	FILE *f = fopen(path, "r");
	struct sent sent = { .n = 0 };

	*headers = 0;
	assert_non_null(f);
	while (fgets(line, sizeof line, f) != NULL) {
		struct capture_line c;

		capture_parse(line, strcspn(line, "\n"), &c);
		if (c.kind == CAPTURE_BAD)
			fail_msg("%s: column %zu: expected %s: %s", path,
			    c.column, c.error, line);
		for (size_t k = 0; k < 4 && c.kind == CAPTURE_HEADER; k++) {
			if (strcmp(c.key, keys[k]) == 0)
				*headers |= 1u << k;
		}
		if (c.kind == CAPTURE_HEADER && strcmp(c.key, "driver") == 0)
			assert_string_equal(c.text, d->name);
		if (c.kind != CAPTURE_DATA)
			continue;
		sent_add(&sent, d, &c);
		if (!c.sent)
			recording_add(r, c.ms, c.byte, c.n);
	}
	sent_add(&sent, d, NULL);
	fclose(f);
}

static inline void
recording_load(struct recording *r, const char *path, const char *driver,
    unsigned *headers)
{
	recording_load_by(r, path, driver_find(driver), headers);
}

static inline bool
same_reading(const struct reading *a, const struct reading *b)
{
	return a->vital == b->vital && a->quality == b->quality &&
	    a->value == b->value && a->age_ms == b->age_ms &&
	    a->flags == b->flags;
}

#endif
