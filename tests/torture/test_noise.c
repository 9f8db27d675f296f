/* SPDX-License-Identifier: BSD-2-Clause
 *
 * No reading is ever invented: what the drivers make of bytes that no monitor
 * sent.  Of three kinds, in reads and pauses of any length:
 *
 *	random	every byte as likely as any other
 *	biased	only bytes that the protocol uses, as often as its captures do
 *	damaged	captures of which each hundredth byte was hit
 *
 * A protocol with a check may yield no more than chance allows: of random bytes
 * 2^-check_bits a byte (drivers/driver.h), of damaged captures 2^-sum_bits for
 * each frame that failed its check.  In biased noise a byte that must be
 * right is so no more often than the commonest byte there is.  Words are not
 * written by chance at all; and where there is but a pattern, three frames in a
 * row must agree, which is looked at frame by frame.
 *
 * Easy to get wrong: frames are counted, not readings, for a frame has many.
 * And a bound is no more than its mean and six of its standard deviations, for
 * the noise of one SEED is always the same.
 *
 * BYTES (1G, 64M, ...; 4M) of random noise are fed to each driver, a quarter of
 * that of either other kind; DRIVER names one; SEED changes all of it.
 */
#include "tests/unit/recording.h"

#include <dirent.h>
#include <math.h>

#define ROOT "tests/captures"
#define FEW 3			/* events beyond what the mean allows */
#define READ_MOST 512
#define RATE 100		/* of so many bytes one is hit */

struct tally {
	uint64_t bytes, ok, failed;	/* frames: sound, and with a bad check
					 * or length */
	uint64_t telling;	/* frames that gave readings */
	uint64_t readings, valued;
	uint64_t unfounded;	/* pattern: without three that agree; damaged:
				 * with a reading that nobody sent */
};

/* Sampled evenly, a byte comes as often as in the captures. */
struct palette {
	uint8_t byte[65536];
	double commonest;	/* how much of it is one byte */
};

static uint64_t
setting(const char *name, uint64_t other)
{
	const char *text = getenv(name);
	char *end = NULL;
	uint64_t n;

	if (text == NULL || text[0] == '\0')
		return other;
	n = strtoull(text, &end, 10);
	return *end == 'G' ? n << 30 : *end == 'M' ? n << 20 :
	    *end == 'K' ? n << 10 : n;
}

/* xorshift64*: the torture must not wait for its noise. */
static uint64_t
next(uint64_t *state)
{
	uint64_t x = *state;

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	*state = x;
	return x * UINT64_C(2685821657736338717) >> 16;
}

static uint64_t
seed_of(const struct driver *d, uint64_t kind)
{
	uint64_t h = setting("SEED", 1) * 64 + kind + 1;

	for (const char *c = d->name; *c != '\0'; c++)
		h = (h ^ (uint8_t)*c) * UINT64_C(1099511628211);
	return h | 1;
}

static bool
is_chosen(const struct driver *d)
{
	const char *name = getenv("DRIVER");

	return name == NULL || strcmp(name, d->name) == 0;
}

/* --- one stream and what it makes of the noise ----------------------------- */

struct listener {
	struct stream stream;
	/* Of a pattern driver: the same but that it holds nothing back, to see
	 * what the frames say. */
	struct stream twin;
	struct driver open;
	bool has_twin;
	unsigned row;		/* frames that agree, none bad between them */
	uint64_t garbage;
	struct {
		bool known;
		int32_t value;
	} last[VITALS];
};

static bool
agrees_with_last(const struct listener *l, const struct readings *r)
{
	for (size_t i = 0; i < r->n; i++) {
		const struct reading *x = &r->item[i];

		if (reading_has_value(x) && l->last[x->vital].known &&
		    !vital_agrees(x->vital, l->last[x->vital].value, x->value))
			return false;
	}
	return true;
}

/* How many frames in a row agree, this one of the twin's included. */
static unsigned
row_with(struct listener *l, const struct decoded *d)
{
	if (l->twin.count.garbage != l->garbage || d->result > DECODE_IGNORED ||
	    !agrees_with_last(l, &d->readings))
		l->row = 0;
	l->garbage = l->twin.count.garbage;
	if (d->readings.n > 0)
		l->row++;
	for (size_t i = 0; i < d->readings.n; i++) {
		const struct reading *x = &d->readings.item[i];

		if (!reading_has_value(x))
			continue;
		l->last[x->vital].known = true;
		l->last[x->vital].value = x->value;
	}
	return l->row;
}

static void
listen_init(struct listener *l, const struct driver *d)
{
	memset(l, 0, sizeof *l);
	stream_init(&l->stream, d, NULL, 0);
	l->has_twin = d->evidence == EVIDENCE_PATTERN;
	l->open = *d;
	l->open.evidence = EVIDENCE_WORDS;
	l->open.repeat_ms = 0;
	stream_init(&l->twin, &l->open, NULL, 0);
}

static void
listen_to(struct listener *l, int64_t t_ms, const uint8_t *p, size_t n,
    struct tally *t)
{
	struct decoded d, twin;
	uint8_t message[TX_MAX];
	size_t length;

	while (n > 0) {
		size_t taken = stream_feed(&l->stream, t_ms, p, n);

		if (l->has_twin)
			assert_int_equal(taken, stream_feed(&l->twin, t_ms, p,
			    taken));
		p += taken;
		n -= taken;
		while (stream_next(&l->stream, &d)) {
			if (l->has_twin) {
				assert_true(stream_next(&l->twin, &twin));
				assert_int_equal(twin.t_ms, d.t_ms);
				if (row_with(l, &twin) < STREAM_AGREE &&
				    d.readings.n > 0)
					t->unfounded++;
			}
			t->telling += d.readings.n > 0;
			for (size_t i = 0; i < d.readings.n; i++)
				t->valued += reading_has_value(
				    &d.readings.item[i]);
		}
		if (l->has_twin)
			assert_false(stream_next(&l->twin, &twin));
	}
	length = stream_request(&l->stream, t_ms, message);
	if (length > 0 && !tx_allowed(l->stream.driver, message, length))
		fail_msg("%s: noise makes it write what it may not",
		    l->stream.driver->name);
}

static void
add_up(const struct stream_counters *c, struct tally *t)
{
	t->bytes += c->bytes;
	t->ok += c->frames[DECODE_OK];
	t->failed += c->frames[DECODE_BAD_CHECK] + c->frames[DECODE_BAD_LENGTH];
	t->readings += c->readings;
}

/* --- random and biased bytes ----------------------------------------------- */

/* Mostly as a port gives them, at times with a pause as between bursts, and now
 * and then as after a cable was out. */
static int64_t
pause_ms(uint64_t *random)
{
	uint64_t r = next(random);

	if (r % 4096 == 0)
		return 2 * STREAM_STALE_MS;
	return r % 16 == 0 ? (int64_t)(r >> 16) % 1600 : (int64_t)(r >> 16) % 20;
}

static size_t
read_length(uint64_t *random)
{
	uint64_t r = next(random);

	return 1 + (r >> 16) % (r % 4 == 0 ? 8 : r % 4 == 1 ? 64 : READ_MOST);
}

/* All bytes, or those of the palette. */
static void
noise(const struct driver *d, const struct palette *palette, uint64_t bytes,
    uint64_t random, struct tally *t)
{
	static struct listener l;
	static uint8_t piece[READ_MOST + 8];
	int64_t t_ms = 0;

	listen_init(&l, d);
	for (uint64_t fed = 0; fed < bytes;) {
		size_t n = read_length(&random);

		for (size_t i = 0; i < n; i += 4) {
			uint64_t r = next(&random);

			for (size_t k = 0; k < 4; k++, r >>= palette ? 0 : 8)
				piece[i + k] = palette ?
				    palette->byte[(k ? next(&random) : r) &
				    0xFFFF] : (uint8_t)r;
		}
		t_ms += pause_ms(&random);
		listen_to(&l, t_ms, piece, n, t);
		fed += n;
	}
	add_up(&l.stream.count, t);
}

/* --- captures -------------------------------------------------------------- */

static int
is_capture(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".cap") == 0;
}

/* The captures of a driver, one after the other; their number.  One that needs
 * rules reads nothing in its own without them. */
static size_t
load(const struct driver *d, struct recording r[], size_t cap)
{
	char folder[200], path[460];
	struct dirent **list;
	unsigned headers;
	size_t n = 0;
	int found;

	if (d->needs_rules)
		return 0;
	snprintf(folder, sizeof folder, ROOT "/%s", d->name);
	found = scandir(folder, &list, is_capture, alphasort);
	for (int i = 0; i < found; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
		free(list[i]);
		assert_true(n < cap);
		r[n] = (struct recording){ 0 };
		recording_load(&r[n++], path, d->name, &headers);
	}
	if (found >= 0)
		free(list);
	return n;
}

#define CAPTURES 64
static struct recording captures[CAPTURES];

static void
mix(const struct recording r[], size_t n, struct palette *p)
{
	uint64_t often[256] = { 0 }, all = 0, sum = 0, most = 0;
	size_t from = 0;

	for (size_t k = 0; k < n; k++) {
		for (size_t i = 0; i < r[k].n; i++)
			often[r[k].byte[i]]++;
		all += r[k].n;
	}
	for (size_t b = 0; b < 256; b++) {
		size_t to;

		sum += often[b];
		to = sum * sizeof p->byte / all;
		if (to - from > most)
			most = to - from;
		while (from < to)
			p->byte[from++] = (uint8_t)b;
	}
	p->commonest = (double)most / (double)sizeof p->byte;
}

/* One byte in a hundred: mostly a bit of it; it becomes another, it is lost, or
 * there is one more. */
static void
damage(const struct recording *r, uint64_t *random, struct recording *out)
{
	uint8_t *p = malloc(2 * r->n + 1);

	assert_non_null(p);
	*out = (struct recording){ 0 };
	for (size_t k = 0; k < r->chunks; k++) {
		size_t n = 0;

		for (size_t i = 0; i < r->chunk[k].n; i++) {
			uint8_t b = r->byte[r->chunk[k].from + i];
			uint64_t x = next(random);

			if (x % RATE != 0) {
				p[n++] = b;
				continue;
			}
			x = next(random);
			if (x % 8 < 5)
				p[n++] = b ^ (uint8_t)(1u << (x >> 8 & 7));
			else if (x % 8 == 5)
				p[n++] = (uint8_t)(x >> 8);
			else if (x % 8 == 6)
				p[n++] = b, p[n++] = (uint8_t)(x >> 8);
		}
		recording_add(out, r->chunk[k].ms, p, n);
	}
	free(p);
}

/* What a monitor said: each number, or quality without one, and when first. */
struct said {
	struct {
		struct reading reading;
		int64_t t_ms;
	} item[4096];
	size_t n;
};

static bool
is_same(const struct reading *a, const struct reading *b)
{
	if (a->vital != b->vital)
		return false;
	return reading_has_value(a) ? reading_has_value(b) &&
	    a->value == b->value : a->quality == b->quality;
}

static void
note(struct said *s, int64_t t_ms, const struct reading *r)
{
	size_t i = 0;

	while (i < s->n && !is_same(&s->item[i].reading, r))
		i++;
	if (i == s->n) {
		assert_true(s->n < sizeof s->item / sizeof s->item[0]);
		s->item[s->n].reading = *r;
		s->item[s->n++].t_ms = t_ms;
	} else if (t_ms < s->item[i].t_ms) {
		s->item[i].t_ms = t_ms;
	}
}

/* Whether the monitor said so, no later: a cuff result whose own frame was
 * lost comes with the next one.  What is doubted is said by nobody. */
static bool
was_said(const struct said *s, int64_t t_ms, const struct reading *r)
{
	if (r->quality == QUALITY_QUESTIONABLE)
		return true;
	for (size_t i = 0; i < s->n; i++) {
		if (s->item[i].t_ms <= t_ms && is_same(&s->item[i].reading, r))
			return true;
	}
	return false;
}

typedef void heard_fn(void *context, const struct stream *s,
    const struct decoded *d);

/* Feeds what is not gone of the recording; 'gone' (may be NULL) is one flag for
 * each byte. */
static void
play(const struct recording *r, const bool *gone, const struct driver *d,
    heard_fn *fn, void *context, struct stream_counters *count)
{
	static struct stream s;
	struct decoded found;

	stream_init(&s, d, NULL, r->chunks > 0 ? r->chunk[0].ms : 0);
	for (size_t k = 0; k < r->chunks; k++) {
		const struct chunk *c = &r->chunk[k];
		size_t at = c->from, to = c->from + c->n;

		while (at < to) {
			size_t n = 0;

			while (at + n < to && (gone == NULL || !gone[at + n]))
				n++;
			n = stream_feed(&s, c->ms, r->byte + at, n);
			at += n > 0 ? n : 1;
			while (stream_next(&s, &found))
				fn(context, &s, &found);
		}
	}
	*count = s.count;
}

/* --- what is said where frames are lost ------------------------------------ */

/* Several frames together make some values; without one of them an older or a
 * lesser number takes its place, which the monitor said as well.  So this is
 * played often, each time without some of its frames. */
#define LOSSES 48

struct learning {
	struct said *said;
	size_t *end;		/* of the frame that each byte is of, once */
};

static void
learn(void *context, const struct stream *s, const struct decoded *d)
{
	struct learning *l = context;
	size_t end = s->count.bytes - window_length(&s->window);

	for (size_t i = 0; i < d->readings.n; i++)
		note(l->said, d->t_ms, &d->readings.item[i]);
	for (size_t i = 0; l->end != NULL && i < d->length && i < end &&
	    d->result <= DECODE_IGNORED; i++)
		l->end[end - 1 - i] = end;
}

static void
learn_all(const struct recording *r, const struct driver *d,
    uint64_t *random, struct said *said)
{
	struct learning l = { said, calloc(r->n + 1, sizeof *l.end) };
	bool *gone = calloc(r->n + 1, sizeof *gone);
	struct stream_counters count;

	assert_non_null(l.end);
	assert_non_null(gone);
	said->n = 0;
	play(r, NULL, d, learn, &l, &count);
	for (int k = 0; k < LOSSES; k++) {
		struct learning again = { said, NULL };
		bool lost = false;

		for (size_t i = 0; i < r->n; i++) {
			if (i == 0 || l.end[i] != l.end[i - 1])
				lost = next(random) % (k % 2 ? 2 : 8) == 0;
			gone[i] = lost && l.end[i] != 0;
		}
		play(r, gone, d, learn, &again, &count);
	}
	free(l.end);
	free(gone);
}

struct checking {
	const struct said *said;
	struct tally *tally;
};

static void
check(void *context, const struct stream *s, const struct decoded *d)
{
	struct checking *c = context;
	bool founded = true;

	(void)s;
	for (size_t i = 0; i < d->readings.n; i++) {
		const struct reading *r = &d->readings.item[i];

		c->tally->valued += reading_has_value(r);
		founded = founded && was_said(c->said, d->t_ms, r);
	}
	c->tally->unfounded += !founded;
}

static void
damaged(const struct driver *driver, struct recording r[], size_t n,
    uint64_t bytes, uint64_t random, struct tally *t)
{
	static struct said said;
	struct checking c = { &said, t };
	struct driver each = *driver;
	struct stream_counters count;
	struct recording hit;

	/* Which of the same readings is passed on is the stream's business. */
	each.repeat_ms = 0;
	for (size_t k = 0; k < n; k++) {
		learn_all(&r[k], &each, &random, &said);
		for (uint64_t fed = 0; r[k].n > 0 && fed < bytes / n;
		    fed += r[k].n) {
			damage(&r[k], &random, &hit);
			play(&hit, NULL, &each, check, &c, &count);
			add_up(&count, t);
			recording_free(&hit);
		}
	}
}

/* --- what is allowed ------------------------------------------------------- */

/* So many where chance gives 'mean' of them. */
static double
at_most(double mean)
{
	return floor(mean + 6 * sqrt(mean)) + FEW;
}

static unsigned bad;

/* One line of the table; allowed < 0: nothing is demanded. */
static void
tell(const struct driver *d, const char *kind, const struct tally *t,
    uint64_t counted, double allowed)
{
	bool over = allowed >= 0 && (double)counted > allowed;

	print_message("%s%-19s %-8s %11llu %9llu %9llu %9llu %9llu ",
	    getenv("BYTES") != NULL ? "figure: " : "  ", d->name, kind,
	    (unsigned long long)t->bytes, (unsigned long long)t->ok,
	    (unsigned long long)t->failed, (unsigned long long)t->readings,
	    (unsigned long long)counted);
	if (allowed < 0)
		print_message("%9s\n", "-");
	else
		print_message("%9.0f%s\n", allowed, over ? "  TOO MANY" : "");
	bad += over;
}

static void
head(const char *counted)
{
	print_message("%s%-19s %-8s %11s %9s %9s %9s %9s %9s\n",
	    getenv("BYTES") != NULL ? "figure: " : "  ", "driver", "noise",
	    "bytes", "frames ok", "failed", "readings", counted, "allowed");
	bad = 0;
}

static void
each_check_says_how_much_it_is_worth(void **state)
{
	(void)state;
	for (size_t i = 0; drivers[i] != NULL; i++) {
		const struct driver *d = drivers[i];
		bool sums = d->evidence == EVIDENCE_CHECKSUM;

		if (sums != (d->sum_bits > 0) || sums != (d->check_bits > 0) ||
		    d->sum_bits > d->check_bits)
			fail_msg("%s: check_bits and sum_bits are for drivers "
			    "of EVIDENCE_CHECKSUM, and for all of them",
			    d->name);
	}
}

/* What biased noise may yield: a byte that must be right is so no more often
 * than the commonest; of all of a frame, and of the check of those that were
 * frames but for that. */
static double
biased_most(const struct driver *d, const struct palette *p,
    const struct tally *t)
{
	double frames = (double)t->bytes * pow(p->commonest,
	    d->check_bits / 8.0);
	double checks = (double)(t->failed + t->ok) * pow(p->commonest,
	    d->sum_bits / 8.0);

	return at_most(frames < checks ? frames : checks);
}

/* What counts against the bound. */
static uint64_t
against(const struct driver *d, const struct tally *t)
{
	return d->evidence == EVIDENCE_PATTERN ? t->unfounded : t->telling;
}

static void
random_bytes_yield_no_more_than_chance_allows(void **state)
{
	uint64_t bytes = setting("BYTES", 4 << 20);

	(void)state;
	head("counted");
	for (size_t i = 0; drivers[i] != NULL; i++) {
		const struct driver *d = drivers[i];
		struct tally t = { 0 };
		double allowed = 0;

		if (!is_chosen(d))
			continue;
		noise(d, NULL, bytes, seed_of(d, 1), &t);
		if (d->evidence == EVIDENCE_CHECKSUM)
			allowed = at_most((double)bytes *
			    pow(2, -(double)d->check_bits));
		tell(d, "random", &t, against(d, &t), allowed);
	}
	assert_int_equal(bad, 0);
}

static void
the_protocols_own_bytes_at_random_yield_no_more_either(void **state)
{
	uint64_t bytes = setting("BYTES", 4 << 20) / 4;
	static struct palette palette;

	(void)state;
	head("counted");
	for (size_t i = 0; drivers[i] != NULL; i++) {
		const struct driver *d = drivers[i];
		struct tally t = { 0 };
		double allowed = 0;
		size_t n;

		if (!is_chosen(d))
			continue;
		n = load(d, captures, CAPTURES);
		if (n == 0)
			continue;
		mix(captures, n, &palette);
		noise(d, &palette, bytes, seed_of(d, 2), &t);
		if (d->evidence == EVIDENCE_CHECKSUM)
			allowed = biased_most(d, &palette, &t);
		tell(d, "biased", &t, against(d, &t), allowed);
		for (size_t k = 0; k < n; k++)
			recording_free(&captures[k]);
	}
	assert_int_equal(bad, 0);
}

static void
a_damaged_capture_says_what_was_sent_or_is_doubted(void **state)
{
	uint64_t bytes = setting("BYTES", 4 << 20) / 4;

	(void)state;
	head("invented");
	for (size_t i = 0; drivers[i] != NULL; i++) {
		const struct driver *d = drivers[i];
		struct tally t = { 0 };
		size_t n;

		if (!is_chosen(d))
			continue;
		n = load(d, captures, CAPTURES);
		if (n == 0)
			continue;
		damaged(d, captures, n, bytes, seed_of(d, 3), &t);
		tell(d, "damaged", &t, t.unfounded,
		    d->evidence != EVIDENCE_CHECKSUM ? -1 :
		    at_most((double)t.failed * pow(2, -(double)d->sum_bits)));
		for (size_t k = 0; k < n; k++)
			recording_free(&captures[k]);
	}
	assert_int_equal(bad, 0);
}

static void
a_pattern_needs_three_frames_that_agree_among_damaged_ones_too(void **state)
{
	uint64_t bytes = setting("BYTES", 4 << 20) / 16;
	static struct listener l;
	struct recording hit;

	(void)state;
	head("unagreed");
	for (size_t i = 0; drivers[i] != NULL; i++) {
		const struct driver *d = drivers[i];
		uint64_t random = seed_of(d, 4);
		struct tally t = { 0 };
		size_t n;

		if (!is_chosen(d) || d->evidence != EVIDENCE_PATTERN)
			continue;
		n = load(d, captures, CAPTURES);
		if (n == 0)
			continue;
		while (t.bytes < bytes) {
			damage(&captures[next(&random) % n], &random, &hit);
			listen_init(&l, d);
			for (size_t k = 0; k < hit.chunks; k++)
				listen_to(&l, hit.chunk[k].ms, hit.byte +
				    hit.chunk[k].from, hit.chunk[k].n, &t);
			add_up(&l.stream.count, &t);
			recording_free(&hit);
		}
		tell(d, "damaged", &t, t.unfounded, 0);
		for (size_t k = 0; k < n; k++)
			recording_free(&captures[k]);
	}
	assert_int_equal(bad, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_check_says_how_much_it_is_worth),
		cmocka_unit_test(random_bytes_yield_no_more_than_chance_allows),
		cmocka_unit_test(
		    the_protocols_own_bytes_at_random_yield_no_more_either),
		cmocka_unit_test(
		    a_damaged_capture_says_what_was_sent_or_is_doubted),
		cmocka_unit_test(
	    a_pattern_needs_three_frames_that_agree_among_damaged_ones_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
