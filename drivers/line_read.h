/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Rules for text that no driver knows: how to cut it into lines, which lines
 * count, where in a line each value stands.  A person writes them into
 * vitalsd.yaml (docs/line-driver.md); daemon/config_rules.c makes these structs
 * of them and hands them to the driver "line" in its options.
 *
 * Below them, what reads one line by them.
 *
 * Easy to get wrong: rules hold no pointers, so that two can be compared as
 * bytes; and whoever fills them calls line_prepare() last.
 */
#ifndef DRIVERS_LINE_READ_H
#define DRIVERS_LINE_READ_H

#include "drivers/driver.h"
#include "drivers/text.h"

#define LINE_TEXT_MAX 31		/* bytes of a prefix, token, start */
#define LINE_TOKENS 8
#define LINE_MATCHES 8
#define LINE_VALUES VITALS	/* of a match: each vital once */
#define LINE_STATUS 16
#define LINE_PARTS 17
#define LINE_FIELDS 40		/* of a line */
#define LINE_POLLS 4
#define LINE_ALARM 40
#define LINE_FRAME_MAX 2048

struct line_text {
	uint8_t n;
	uint8_t byte[LINE_TEXT_MAX];
};

struct line_tokens {
	uint8_t n;
	struct line_text item[LINE_TOKENS];
};

/* Where a text stands: a field (or the line), in it the value of a key, in that
 * some columns; what is stripped from both ends; what of it means "none". */
struct line_place {
	uint8_t at;		/* the field, from 1; 0: the line */
	uint8_t column, width;	/* from 1; 0: all; width 0: to the end */
	bool hex;
	struct line_text key;	/* "PR" of "PR=80" */
	struct line_text title;	/* the field's name in the heading line */
	struct line_text strip;
	struct line_tokens missing;
};

enum line_unit {
	UNIT_OWN, UNIT_CELSIUS, UNIT_FAHRENHEIT, UNIT_MMHG, UNIT_KPA
};

#define LINE_ADD_MAX 1000
#define LINE_FACTOR_MAX 1000

/* (number * multiply / divide + add), in 'unit', within minimum..maximum. */
struct line_value {
	enum vital vital;
	uint8_t unit;		/* enum line_unit */
	bool captured;		/* the match's parts say where it stands */
	struct line_place place;
	int32_t multiply, divide, add;
	int32_t minimum, maximum;
};

enum line_test { TEST_NONE, TEST_BIT, TEST_IS, TEST_NOT, TEST_NONZERO };

/* If the test holds, the vitals in 'of' (bits 1 << vital) have that quality,
 * and the monitor alarms with that text. */
struct line_status {
	struct line_place place;
	uint8_t test;		/* enum line_test */
	uint8_t bit;		/* 0 to 31 */
	struct line_text is, is_not;
	bool nonzero;
	enum quality means;
	uint16_t of;
	enum priority alarm;
	char text[LINE_ALARM];
};

/* What tells that the numbers are a new result. */
enum line_event {
	EVENT_OF_NONE,
	EVENT_OF_AGE,		/* its age (in unit_ms) is less than before */
	EVENT_OF_TIME,		/* its time, as text, is another */
	EVENT_OF_STATE,		/* the state goes from 'from' to 'to' */
	EVENT_OF_CHANGE,	/* the numbers are others */
	EVENT_OF_LINE,		/* each line is a result */
};

struct line_cuff {
	uint8_t event;		/* enum line_event */
	uint32_t unit_ms;
	struct line_place place;
	struct line_text from, to;	/* from empty: from any other */
};

/* A literal, then perhaps a capture of 'width' bytes (0: up to the literal of
 * the next part, or to the end). */
struct line_part {
	struct line_text literal;
	bool capture;
	uint8_t width;
};

/* One kind of line.  Its fields are the captures of its parts or, where there
 * are none, what stands between separators behind the prefix. */
struct line_match {
	struct line_text prefix, separator, heading;
	bool repeated;		/* several separators are one */
	uint8_t fields;		/* so many exactly; 0: any number */
	uint8_t parts_n, values_n, status_n;
	struct line_part part[LINE_PARTS];
	struct line_value value[LINE_VALUES];
	struct line_status status[LINE_STATUS];
	struct line_cuff cuff;
};

enum line_sum {
	SUM_NONE, SUM_ADD, SUM_XOR, SUM_TWOS, SUM_NOT, SUM_CRC8
};

/* It stands last before the frame's end, as two hexadecimal digits or one byte,
 * and covers what stands behind the start, but for the first 'from' and the
 * last 'leave' bytes. */
struct line_check {
	uint8_t kind;		/* enum line_sum */
	bool byte;		/* one byte; else digits */
	uint8_t from, leave;
	uint8_t polynomial, initial;	/* CRC-8, bit-reflected */
};

struct line_poll {
	struct line_text send;
	uint32_t every_ms;
};

enum line_kind {
	LINE_PLAIN = 1, LINE_END = 2, LINE_SPLIT = 4, LINE_STRIP = 8,
	LINE_BETWEEN = 16
};

struct line_rules {
	struct line_text start, end, split, strip, prompt;
	uint16_t skip;		/* bytes from the frame's first that hold no
				 * text */
	uint16_t length;	/* of each frame; 0: it ends at 'end' */
	uint16_t longest;
	uint8_t matches_n, polls_n;
	struct line_check check;
	struct line_tokens ignore;	/* beginnings of lines that say nothing */
	struct line_match match[LINE_MATCHES];
	struct line_poll poll[LINE_POLLS];
	uint32_t poll_gap_ms, poll_timeout_ms;
	uint8_t kind[256];	/* of each byte: enum line_kind */
};

/* Fills 'kind' from the rest. */
void line_prepare(struct line_rules *r);

/* How much speaks for a line of the match: characters that must be there. */
size_t line_literal(const struct line_rules *r, const struct line_match *m);

static inline bool
line_has_value(enum quality q)
{
	return q == QUALITY_GOOD || q == QUALITY_QUESTIONABLE;
}

/* --- reading a line ------------------------------------------------------ */

struct line_fields {
	size_t n;
	struct text_span span[LINE_FIELDS];
};

bool line_begins(const struct text *t, size_t from, const struct line_text *x)
    MUST_CHECK;

/* What stands between the match's separators from 'from' on. */
void line_cut(const struct text *t, const struct line_match *m, size_t from,
    struct line_fields *out);

/* The line's fields by that match; false: it is not of that kind. */
bool line_split(const struct text *t, const struct line_match *m,
    struct line_fields *out) MUST_CHECK;

/* The text at that place, where 'at' is the field to look into; false: there is
 * no such field or key, or it is too short. */
bool line_find(const struct text *t, const struct line_place *p, uint8_t at,
    const struct line_fields *f, struct text_span *out) MUST_CHECK;

/* Whether it says "none": nothing, dashes, or a token of the place's list. */
bool line_missing(const struct text *t, const struct line_place *p,
    struct text_span s) MUST_CHECK;

/* Whether it is that text. */
bool line_is(const struct text *t, struct text_span s,
    const struct line_text *x) MUST_CHECK;

/* The number at the span in 10^-decimals of the vital's unit, or out of range
 * (*within false); false: it is no number. */
bool line_number(const struct text *t, const struct line_value *v,
    struct text_span s, int32_t *value, bool *within) MUST_CHECK;

/* A whole number of a status or age. */
bool line_whole(const struct text *t, const struct line_place *p,
    struct text_span s, uint32_t *value) MUST_CHECK;

/* Checksum of the window's bytes from..to-1. */
uint8_t line_sum(const struct line_check *c, const struct window *w,
    size_t from, size_t to);

#endif
