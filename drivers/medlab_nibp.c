/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Medlab NIBP2010 and NIBP2020, NIBScan, UN300C and Sinnor N6 blood pressure
 * modules, by nibp-and-small-monitors.md section 4.
 *
 *	asked with 02 "18;;DF" 03:
 *	02 "S1;A0;C00;M00;P135075092;R087;T0030;;45" 03 [0D]
 *	    S state, 1: at rest, 3: measuring   M message, 00: none
 *	    P sys, dia, mean
 *	    R rate   T a time, of what is not sure   sum of all before it
 *	unasked, while a cuff is up, without a check:
 *	02 "123C0S3" 03 0D
 *	    cuff pressure, 999: over   C 0: right cuff   S 3: measuring
 *
 * Easy to get wrong: 02 "01;;D7" 03 starts a cuff, and so may every code that
 * is not known.  "18;;DF" is the one message that is sent.
 */
#include "drivers/cuff.h"
#include "drivers/driver.h"
#include "drivers/text.h"

#define STX 0x02
#define ETX 0x03
#define LONGEST 64

#define ANSWER 39		/* characters of an answer, */
#define PRESSURE 7		/* of a pressure that is told unasked, */
#define COMMAND 6		/* and of a host's command */
#define OVER 999

#define AT_REST 1
#define MEASURING 3

#define ASK_MS 5000
/* Pressures came no longer ago: a cuff is up, and nothing is asked. */
#define RUNNING_MS 3000

static const uint8_t ask_status[8] = {
	STX, '1', '8', ';', ';', 'D', 'F', ETX
};
static const struct tx_template templates[] = {
	{ .name = "tell the state and the last result",
	  .bytes = ask_status, .length = sizeof ask_status },
	{ .name = NULL },
};

struct medlab_state {
	struct cuff_watch cuff;
	bool begun;		/* request() was called */
	bool running;		/* pressures come, the last at pressure_ms */
	bool over;		/* one that ended was told: ask at once */
	bool wrong_cuff;	/* of another size than the module expects */
	uint8_t kind[2];	/* what the last pressure said beside it */
	bool rested;		/* an answer at rest came, with that message: */
	uint8_t message;
	int64_t pressure_ms;
	int64_t asked_ms;
};
_Static_assert(sizeof(struct medlab_state) <= DRIVER_STATE_MAX, "state");

/* Line ends that stand before the frame at index 0. */
static size_t
line_ends(const struct window *w)
{
	size_t i = 0;

	while (i < 2 && (window_at(w, i) == '\r' || window_at(w, i) == '\n'))
		i++;
	return i;
}

static int
medlab_frame(const struct window *w, int64_t gap_ms)
{
	size_t n = window_length(w), from = line_ends(w), to, end;

	(void)gap_ms;
	if (from >= n)
		return from < 2 ? FRAME_MORE : FRAME_GARBAGE;
	if (window_at(w, from) != STX)
		return FRAME_GARBAGE;
	to = n < LONGEST ? n : LONGEST;
	end = window_find(w, from + 1, to, ETX);
	/* A further start says that the end of this one was lost. */
	if (window_find(w, from + 1, end, STX) < end)
		return FRAME_GARBAGE;
	if (end < to)
		return (int)end + 1;
	return n < LONGEST ? FRAME_MORE : FRAME_GARBAGE;
}

/* What stands between start and end. */
static void
take_content(const struct window *w, size_t n, struct text *out)
{
	size_t from = line_ends(w) + 1;

	memset(out, 0, sizeof *out);
	for (size_t i = from; i + 1 < n && i < LONGEST; i++) {
		if (out->n < TEXT_CAPACITY)
			out->byte[out->n++] = window_at(w, i);
	}
}

/* Two hexadecimal digits, in capitals, of the sum of all before them. */
static bool
is_sum_right(const struct text *t)
{
	static const char digits[] = "0123456789ABCDEF";
	unsigned sum = 0;

	if (t->n < 4)
		return false;
	for (size_t i = 0; i + 2 < t->n && i < LONGEST; i++)
		sum += text_at(t, i);
	return text_at(t, t->n - 2) == (uint8_t)digits[sum >> 4 & 15] &&
	    text_at(t, t->n - 1) == (uint8_t)digits[sum & 15];
}

/* A measurement may have failed that nobody saw but by its message. */
static void
add_cuff(struct medlab_state *s, int64_t t_ms, struct cuff *c, bool failed,
    struct readings *out)
{
	enum cuff_news news = cuff_judge(&s->cuff, t_ms, c);

	if (news == CUFF_NOTHING && failed)
		news = CUFF_FAILED;
	if (news == CUFF_NOTHING)
		return;
	readings_add_cuff(out, news == CUFF_FAILED ? QUALITY_NO_VALUE :
	    s->wrong_cuff ? QUALITY_QUESTIONABLE : QUALITY_GOOD, c);
	s->wrong_cuff = false;
}

/* A pressure told unasked.  It carries no check, so what it says of the state
 * counts when the one before said the same. */
static bool
decode_pressure(struct medlab_state *s, int64_t t_ms, const struct text *t,
    struct readings *out)
{
	uint8_t kind[2] = { text_at(t, 4), text_at(t, 6) };
	bool agreed = kind[0] == s->kind[0] && kind[1] == s->kind[1];
	struct cuff c = {
		.sys = CUFF_NONE, .dia = CUFF_NONE, .map = CUFF_NONE,
		.pr = CUFF_NONE, .measuring = true,
	};
	int32_t pressure = 0;

	if (!text_digits(t, 0, 3, &pressure) || text_at(t, 3) != 'C' ||
	    text_at(t, 5) != 'S' || kind[0] < '0' || kind[0] > '2' ||
	    kind[1] < '0' || kind[1] > '9')
		return false;
	s->kind[0] = kind[0];
	s->kind[1] = kind[1];
	s->over = pressure == OVER;
	s->running = !s->over;
	s->pressure_ms = t_ms;
	if (agreed && s->running && kind[1] == '3') {
		s->wrong_cuff = kind[0] != '0';
		add_cuff(s, t_ms, &c, false, out);
	}
	return true;
}

struct answer {
	int32_t state, cuff_kind, cycle, message, sys, dia, map, rate, time;
};

static bool
read_answer(const struct text *t, struct answer *a)
{
	return t->n == ANSWER &&
	    text_at(t, 0) == 'S' && text_digits(t, 1, 1, &a->state) &&
	    text_at(t, 2) == ';' &&
	    text_at(t, 3) == 'A' && text_digits(t, 4, 1, &a->cuff_kind) &&
	    text_at(t, 5) == ';' &&
	    text_at(t, 6) == 'C' && text_digits(t, 7, 2, &a->cycle) &&
	    text_at(t, 9) == ';' &&
	    text_at(t, 10) == 'M' && text_digits(t, 11, 2, &a->message) &&
	    text_at(t, 13) == ';' &&
	    text_at(t, 14) == 'P' && text_digits(t, 15, 3, &a->sys) &&
	    text_digits(t, 18, 3, &a->dia) && text_digits(t, 21, 3, &a->map) &&
	    text_at(t, 24) == ';' &&
	    text_at(t, 25) == 'R' && text_digits(t, 26, 3, &a->rate) &&
	    text_at(t, 29) == ';' &&
	    text_at(t, 30) == 'T' && text_digits(t, 31, 4, &a->time) &&
	    text_at(t, 35) == ';' && text_at(t, 36) == ';';
}

static void
decode_answer(struct medlab_state *s, int64_t t_ms, const struct answer *a,
    struct readings *out)
{
	bool measuring = a->state == MEASURING;
	bool numbers = !measuring && a->message == 0 && a->sys != 0 &&
	    a->dia != 0;
	bool failed = !measuring && s->rested && a->message != 0 &&
	    a->message != s->message;
	struct cuff c = {
		.sys = numbers ? a->sys : CUFF_NONE,
		.dia = numbers ? a->dia : CUFF_NONE,
		.map = numbers && a->map != 0 ? a->map : CUFF_NONE,
		.pr = numbers && a->rate != 0 ? a->rate : CUFF_NONE,
		.measuring = measuring,
		.success = numbers,
	};

	add_cuff(s, t_ms, &c, failed, out);
	if (!measuring) {
		s->rested = true;
		s->message = (uint8_t)a->message;
	}
}

static enum decode
medlab_decode(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	struct medlab_state *s = (struct medlab_state *)u;
	struct answer a = { 0 };
	struct text t;

	t.n = 0;
	take_content(w, n, &t);
	if (t.n == PRESSURE)
		return decode_pressure(s, t_ms, &t, out) ? DECODE_IGNORED :
		    DECODE_BAD_CHECK;
	if (!is_sum_right(&t))
		return DECODE_BAD_CHECK;
	/* Our own question, come back on a looped cable. */
	if (t.n == COMMAND)
		return DECODE_BAD_VALUE;
	if (!read_answer(&t, &a))
		return DECODE_BAD_VALUE;
	s->over = false;
	s->running = s->running && a.state == MEASURING;
	/* A manometer, a watchdog's or the hoses' check is no measurement, nor
	 * the end of one. */
	if (a.state == AT_REST || a.state == MEASURING)
		decode_answer(s, t_ms, &a, out);
	return DECODE_OK;
}

static size_t
medlab_request(union driver_state *u, int64_t t_ms, uint8_t buf[TX_MAX])
{
	struct medlab_state *s = (struct medlab_state *)u;

	if (!s->begun) {
		/* Listen first. */
		s->begun = true;
		s->asked_ms = t_ms;
	}
	if (s->running && t_ms - s->pressure_ms < RUNNING_MS)
		return 0;
	if (!s->over && t_ms - s->asked_ms < ASK_MS)
		return 0;
	s->over = false;
	s->asked_ms = t_ms;
	return tx_put(&templates[0], buf);
}

extern const struct driver driver_medlab_nibp;
const struct driver driver_medlab_nibp = {
	.name = "medlab-nibp",
	.title = "Medlab NIBP2010, NIBScan, UN300C blood pressure modules",
	.line = { 4800, 8, 'N', 1, FLOW_NONE },
	.silent_after_ms = 20000,
	.state_size = sizeof(struct medlab_state),
	.longest = LONGEST,
	.evidence = EVIDENCE_CHECKSUM,
	.check_bits = 144,	/* 17 fixed characters, sum */
	.sum_bits = 8,
	.tx = templates,
	.frame = medlab_frame,
	.decode = medlab_decode,
	.request = medlab_request,
};
