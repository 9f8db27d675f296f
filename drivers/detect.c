/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See detect.h.
 *
 * Easy to get wrong: in enough noise every short frame comes about some time.
 * What tells a monitor from noise is that nothing lies between its frames, and
 * that they are most of what comes.
 */
#include "drivers/detect.h"

/* The line may see one byte in so many go wrong, and a few at plugging. */
#define ERRORS_FEW 3
#define ERRORS_ONE_IN 20

/* Of a bad line's bytes so many are in sound frames; of noise's, one in a hundred
 * is in a frame that came about by chance. */
#define DAMAGED_ONE_IN 4

const char *
detect_verdict_name(enum detect_verdict v)
{
	switch (v) {
	case DETECT_SURE:
		return "sure";
	case DETECT_DOUBT:
		return "doubt";
	case DETECT_NOTHING:
		break;
	}
	return "nothing";
}

const char *
detect_doubt_name(enum detect_doubt d)
{
	static const char *const name[DETECT_DOUBTS] = {
		[DETECT_CLEAR] = "none",
		[DETECT_FEW] = "few-frames",
		[DETECT_DAMAGED] = "damaged",
		[DETECT_LINE_ERRORS] = "line-errors",
		[DETECT_PACE] = "pace",
		[DETECT_RIVAL] = "rival",
		[DETECT_KIN] = "kin",
	};

	return (unsigned)d < DETECT_DOUBTS ? name[d] : "none";
}

/* Whether a receiver makes the same of both: it looks at one stop bit. */
static bool
sounds_alike(const struct line *a, const struct line *b)
{
	return a->baud == b->baud && a->bits == b->bits &&
	    a->parity == b->parity;
}

const struct line *
detect_line_of(const struct driver *d, const struct line *heard)
{
	if (sounds_alike(&d->line, heard))
		return &d->line;
	for (const struct line *l = d->other_lines;
	    l != NULL && l->baud != 0; l++) {
		if (sounds_alike(l, heard))
			return l;
	}
	return NULL;
}

/* Adds a setting of a driver, or to what speaks for it: its own counts more
 * than all that it may be set to besides. */
static size_t
add_line(struct line out[DETECT_LINES], unsigned weight[DETECT_LINES],
    size_t n, const struct line *l, unsigned more)
{
	size_t i = 0;

	while (i < n && !sounds_alike(&out[i], l))
		i++;
	if (i == DETECT_LINES)
		return n;
	if (i == n) {
		out[i] = *l;
		out[i].stop = 1;
		out[i].flow = FLOW_NONE;
		weight[i] = 0;
	}
	weight[i] += more;
	return i == n ? n + 1 : n;
}

size_t
detect_lines(struct line out[DETECT_LINES])
{
	unsigned weight[DETECT_LINES];
	size_t n = 0;

	for (size_t i = 0; drivers[i] != NULL; i++) {
		if (drivers[i]->needs_rules)
			continue;
		n = add_line(out, weight, n, &drivers[i]->line, DETECT_DRIVERS);
		for (const struct line *l = drivers[i]->other_lines;
		    l != NULL && l->baud != 0; l++)
			n = add_line(out, weight, n, l, 1);
	}
	for (size_t i = 1; i < n; i++) {
		struct line l = out[i];
		unsigned w = weight[i];
		size_t k = i;

		for (; k > 0 && weight[k - 1] < w; k--) {
			out[k] = out[k - 1];
			weight[k] = weight[k - 1];
		}
		out[k] = l;
		weight[k] = w;
	}
	return n;
}

static void
claim_init(struct detect_claim *c, const struct driver *d, bool guest,
    int64_t t_ms)
{
	c->driver = d;
	c->guest = guest;
	c->sound = c->bad = 0;
	c->sound_bytes = c->lost_bytes = 0;
	c->longest = 0;
	c->row = c->best = (struct detect_row){ 0 };
	c->bursts = c->most_bursts = 0;
	c->verdict = DETECT_NOTHING;
	c->doubt = DETECT_CLEAR;
	c->per_min = 0;
	c->other = NULL;
	c->garbage_before = c->bad_bytes = c->garbage = 0;
	stream_init(&c->stream, d, NULL, t_ms);
}

static bool
has_kin_at(const struct driver *d, const struct line *line)
{
	for (size_t i = 0; d->kin != NULL && d->kin[i] != NULL; i++) {
		const struct driver *k = driver_find(d->kin[i]);

		if (k != NULL && detect_line_of(k, line) != NULL)
			return true;
	}
	return false;
}

void
detect_init(struct detect *x, const struct line *line, int64_t t_ms)
{
	x->line = line != NULL ? *line : (struct line){ 0 };
	x->from_ms = t_ms;
	x->bytes = x->errors = 0;
	x->invited = false;
	x->n = 0;
	for (size_t i = 0; drivers[i] != NULL && x->n < DETECT_DRIVERS; i++) {
		const struct driver *d = drivers[i];
		bool own = line == NULL || detect_line_of(d, line) != NULL;

		if (!d->needs_rules && (own || has_kin_at(d, line)))
			claim_init(&x->claim[x->n++], d, !own, t_ms);
	}
}

static bool
is_heard(const struct detect *x, const struct driver *d)
{
	for (size_t i = 0; i < x->n && i < DETECT_DRIVERS; i++) {
		if (x->claim[i].driver == d)
			return true;
	}
	return false;
}

void
detect_invite(struct detect *x, int64_t t_ms)
{
	x->invited = true;
	for (size_t i = 0; drivers[i] != NULL && x->n < DETECT_DRIVERS; i++) {
		if (!drivers[i]->needs_rules && !is_heard(x, drivers[i]))
			claim_init(&x->claim[x->n++], drivers[i], true, t_ms);
	}
}

static void
break_row(struct detect_claim *c)
{
	c->row = (struct detect_row){ 0 };
	c->bursts = 0;
}

static void
add_to_row(struct detect_claim *c, int64_t t_ms, size_t length)
{
	int64_t gap_ms = t_ms - c->row.to_ms;

	c->bursts = c->bursts > 0 && gap_ms >= DETECT_BURST_LEAST_MS &&
	    gap_ms <= DETECT_BURST_MOST_MS ? c->bursts + 1 : 1;
	if (c->bursts > c->most_bursts)
		c->most_bursts = c->bursts;
	if (c->row.frames == 0)
		c->row.from_ms = t_ms;
	c->row.frames++;
	c->row.bytes += length;
	c->row.to_ms = t_ms;
	if (c->row.bytes >= c->best.bytes)
		c->best = c->row;
}

/* Whether the frame speaks for its driver.  A check that is right does even if
 * the driver reads nothing in it, and so does what nobody else says; a line of text
 * that it passes over does not. */
static bool
counts(const struct driver *d, const struct decoded *f)
{
	if (f->result != DECODE_IGNORED)
		return f->result == DECODE_OK;
	return d->evidence == EVIDENCE_CHECKSUM ||
	    (d->knocks && f->length >= DETECT_LONG);
}

static void
take_frame(struct detect_claim *c, const struct decoded *f)
{
	if (c->stream.count.garbage != c->garbage) {
		c->garbage = c->stream.count.garbage;
		break_row(c);
	}
	if (f->result > DECODE_IGNORED) {
		c->bad++;
		/* One that is damaged has cost a byte of garbage just now. */
		if (f->result != DECODE_BAD_CHECK &&
		    f->result != DECODE_BAD_LENGTH)
			c->bad_bytes += f->length;
		break_row(c);
		return;
	}
	if (c->sound_bytes == 0)
		c->garbage_before = c->garbage + c->bad_bytes;
	c->sound_bytes += f->length;
	if (!counts(c->driver, f))
		return;
	c->sound++;
	if (f->length > c->longest)
		c->longest = f->length;
	add_to_row(c, f->t_ms, f->length);
}

static void
take_frames(struct detect_claim *c)
{
	struct decoded f;

	while (stream_next(&c->stream, &f))
		take_frame(c, &f);
}

void
detect_feed(struct detect *x, int64_t t_ms, const uint8_t *p, size_t n)
{
	x->bytes += n;
	for (size_t i = 0; i < x->n && i < DETECT_DRIVERS; i++) {
		struct detect_claim *c = &x->claim[i];
		size_t done = 0;

		while (done < n) {
			size_t taken = stream_feed(&c->stream, t_ms, p + done,
			    n - done);

			take_frames(c);
			done += taken;
		}
	}
}

void
detect_quiet(struct detect *x, int64_t t_ms)
{
	for (size_t i = 0; i < x->n && i < DETECT_DRIVERS; i++) {
		stream_quiet(&x->claim[i].stream, t_ms);
		take_frames(&x->claim[i]);
	}
}

void
detect_errors(struct detect *x, uint64_t errors)
{
	x->errors = errors;
}

static bool
is_enough(const struct detect_claim *c)
{
	switch (c->driver->evidence) {
	case EVIDENCE_CHECKSUM:
		return c->best.frames >= DETECT_FRAMES ||
		    c->longest >= DETECT_LONG;
	case EVIDENCE_WORDS:
		return c->sound >= DETECT_WORDS ||
		    c->longest >= DETECT_WORDS_LONG;
	case EVIDENCE_PATTERN:
		break;
	}
	return c->stream.count.readings > 0 &&
	    (c->most_bursts >= DETECT_BURSTS ||
	    (c->best.frames >= DETECT_PATTERN_FRAMES &&
	    c->best.bytes >= DETECT_PATTERN_BYTES));
}

/* Listening begins within a frame, whose remainder proves nothing. */
static uint64_t
lost_bytes(const struct detect_claim *c)
{
	uint64_t all = c->stream.count.garbage + c->bad_bytes;
	uint64_t first = c->sound_bytes > 0 ? c->garbage_before : all;
	uint64_t remainder = c->stream.window.longest;

	return all - (first < remainder ? first : remainder);
}

static bool
has_pace(const struct driver *d, uint32_t per_min)
{
	return per_min >= d->frames_per_min_least &&
	    per_min <= d->frames_per_min_most;
}

/* Those of the same bytes at whose pace they come. */
static const struct driver *
kin_of_pace(const struct driver *d, uint32_t per_min)
{
	for (size_t i = 0; d->kin != NULL && d->kin[i] != NULL; i++) {
		const struct driver *k = driver_find(d->kin[i]);

		if (k != NULL && k->frames_per_min_most != 0 &&
		    has_pace(k, per_min))
			return k;
	}
	return NULL;
}

static void
measure_pace(struct detect_claim *c)
{
	int64_t span_ms = c->best.to_ms - c->best.from_ms;

	c->per_min = 0;
	if (c->best.frames > 1 && span_ms >= DETECT_PACE_MS)
		c->per_min = (uint32_t)((c->best.frames - 1) * 60000 /
		    (uint64_t)span_ms);
}

/* Judges a claim as if there were no other. */
static enum detect_doubt
find_doubt(const struct detect *x, struct detect_claim *c, bool enough)
{
	bool paced = c->driver->frames_per_min_most != 0;

	measure_pace(c);
	if (c->sound_bytes < c->lost_bytes)
		return DETECT_DAMAGED;
	if (x->errors > ERRORS_FEW + x->bytes / ERRORS_ONE_IN)
		return DETECT_LINE_ERRORS;
	if (!enough || (paced && c->per_min == 0))
		return DETECT_FEW;
	if (paced && !has_pace(c->driver, c->per_min)) {
		c->other = kin_of_pace(c->driver, c->per_min);
		return DETECT_PACE;
	}
	return DETECT_CLEAR;
}

static void
judge_alone(const struct detect *x, struct detect_claim *c)
{
	bool enough = is_enough(c);

	c->other = NULL;
	c->doubt = DETECT_CLEAR;
	c->lost_bytes = lost_bytes(c);
	c->verdict = DETECT_NOTHING;
	if (c->sound == 0)
		return;
	c->doubt = find_doubt(x, c, enough);
	if (c->doubt == DETECT_CLEAR)
		c->verdict = DETECT_SURE;
	else if (c->doubt != DETECT_DAMAGED || (enough &&
	    c->sound_bytes >= c->lost_bytes / DAMAGED_ONE_IN))
		c->verdict = DETECT_DOUBT;
}

/* Whether the driver has a use for any of it.  One that only passes over frames
 * has found its framing, which others may have too. */
static bool
reads(const struct detect_claim *c)
{
	return c->stream.count.frames[DECODE_OK] > 0;
}

/* The other claim that is as sure, one that reads before one that does not. */
static const struct detect_claim *
find_rival(const struct detect *x, const struct detect_claim *c)
{
	const struct detect_claim *rival = NULL;

	for (size_t i = 0; i < x->n && i < DETECT_DRIVERS; i++) {
		const struct detect_claim *o = &x->claim[i];

		if (o != c && o->doubt == DETECT_CLEAR && o->sound > 0 &&
		    (!o->guest || x->invited ||
		    driver_is_kin(c->driver, o->driver)) &&
		    (rival == NULL || (reads(o) && !reads(rival))))
			rival = o;
	}
	return rival;
}

/* Those that are sure of the same bytes doubt each other, but who reads them
 * yields to none who does not. */
static void
judge_rivals(struct detect *x)
{
	for (size_t i = 0; i < x->n && i < DETECT_DRIVERS; i++) {
		struct detect_claim *c = &x->claim[i];
		const struct detect_claim *rival;

		if (c->verdict != DETECT_SURE)
			continue;
		rival = find_rival(x, c);
		if (rival == NULL || (reads(c) && !reads(rival)))
			continue;
		c->verdict = DETECT_DOUBT;
		c->other = rival->driver;
	}
	for (size_t i = 0; i < x->n && i < DETECT_DRIVERS; i++) {
		struct detect_claim *c = &x->claim[i];

		if (c->verdict == DETECT_DOUBT && c->doubt == DETECT_CLEAR)
			c->doubt = driver_is_kin(c->driver, c->other) ?
			    DETECT_KIN : DETECT_RIVAL;
	}
}

static void
dismiss_guests(struct detect *x)
{
	for (size_t i = 0; i < x->n && i < DETECT_DRIVERS; i++) {
		if (x->claim[i].guest)
			x->claim[i].verdict = DETECT_NOTHING;
	}
}

/* What looks like damaged frames is scraps of those that another is sure of. */
static void
clear_scraps(struct detect *x)
{
	bool sure = false;

	for (size_t i = 0; i < x->n && i < DETECT_DRIVERS; i++)
		sure |= x->claim[i].verdict == DETECT_SURE;
	for (size_t i = 0; i < x->n && i < DETECT_DRIVERS; i++) {
		if (sure && x->claim[i].doubt == DETECT_DAMAGED)
			x->claim[i].verdict = DETECT_NOTHING;
	}
}

static bool
is_better(const struct detect_claim *a, const struct detect_claim *b)
{
	if (a->verdict != b->verdict)
		return a->verdict > b->verdict;
	if (reads(a) != reads(b))
		return reads(a);
	return a->sound_bytes > b->sound_bytes;
}

const struct detect_claim *
detect_judge(struct detect *x)
{
	const struct detect_claim *best = NULL;

	for (size_t i = 0; i < x->n && i < DETECT_DRIVERS; i++)
		judge_alone(x, &x->claim[i]);
	judge_rivals(x);
	dismiss_guests(x);
	clear_scraps(x);
	for (size_t i = 0; i < x->n && i < DETECT_DRIVERS; i++) {
		const struct detect_claim *c = &x->claim[i];

		if (c->verdict != DETECT_NOTHING &&
		    (best == NULL || is_better(c, best)))
			best = c;
	}
	return best;
}

struct detect_claim *
detect_claim_of(struct detect *x, const struct driver *d)
{
	for (size_t i = 0; i < x->n && i < DETECT_DRIVERS; i++) {
		if (x->claim[i].driver == d && !x->claim[i].guest)
			return &x->claim[i];
	}
	return NULL;
}
