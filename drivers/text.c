/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lines and fields of text protocols.
 *
 * Easy to get wrong: lines end in CR LF, LF CR or either alone, so a line ends
 * at the first of them, and what follows belongs to the start of the next.
 */
#include "drivers/text.h"

#include "drivers/driver.h"

#include <string.h>

static bool
is_line_end(uint8_t c)
{
	return c == '\r' || c == '\n';
}

/* What stands between lines. */
static bool
is_between(uint8_t c)
{
	return c == 0 || is_line_end(c);
}

static bool
is_printable(uint8_t c)
{
	return (c >= ' ' && c <= '~') || c == '\t';
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* The first byte of from..to-1 that is not printable, or 'to'. */
static size_t
printable_end(const struct window *w, size_t from, size_t to)
{
	size_t at = w->start + from, end = w->start + to;
	uint64_t x = 0;

	while (at + WORD <= end && at <= WINDOW_CAPACITY - WORD) {
		memcpy(&x, &w->at[at], WORD);
		if (!word_is_plain(x))
			break;
		at += WORD;
	}
	while (at < end && at < WINDOW_CAPACITY && is_printable(w->at[at]))
		at++;
	return at < end ? at - w->start : to;
}

int
text_frame(const struct window *w)
{
	size_t n = window_length(w), i = 0, to;

	/* Nothing but what stands between lines, so far? */
	if (w->seen > 0 && is_between(window_at(w, w->seen - 1)))
		i = w->seen;
	while (i < n && i < TEXT_CAPACITY && is_between(window_at(w, i)))
		i++;
	if (i >= TEXT_CAPACITY)
		return FRAME_GARBAGE;
	to = i + TEXT_CAPACITY + 1;
	i = printable_end(w, i < w->seen ? w->seen : i, n < to ? n : to);
	if (i >= to)
		return FRAME_GARBAGE;
	if (i >= n)
		return FRAME_MORE;
	return is_line_end(window_at(w, i)) ? (int)i + 1 : FRAME_GARBAGE;
}

void
text_take(const struct window *w, size_t n, struct text *out)
{
	size_t at = w->start, end;
	uint64_t x = 0;

	memset(out, 0, sizeof *out);
	end = at + (n < window_length(w) ? n : window_length(w));
	while (at < end && at < WINDOW_CAPACITY && is_between(w->at[at]))
		at++;
	while (at + WORD <= end && at <= WINDOW_CAPACITY - WORD &&
	    out->n <= TEXT_CAPACITY - WORD) {
		memcpy(&x, &w->at[at], WORD);
		if (!word_is_plain(x))
			break;
		memcpy(&out->byte[out->n], &x, WORD);
		out->n += WORD;
		at += WORD;
	}
	for (; at < end && at < WINDOW_CAPACITY; at++) {
		if (!is_between(w->at[at]) && out->n < TEXT_CAPACITY)
			out->byte[out->n++] = w->at[at];
	}
}

bool
text_paused(const struct window *w, size_t n, uint16_t longest_ms)
{
	size_t i = 0;

	while (i < n && i < WINDOW_CAPACITY && window_at(w, i) < ' ')
		i++;
	return window_longest_gap(w, i + 1, n) > longest_ms;
}

/* How many characters at 'from', the first of which is known, are "key="; 0 if
 * they are not. */
static size_t
match_key(const struct text *t, size_t from, const char *key)
{
	size_t i = 1;

	for (; i < TEXT_CAPACITY && key[i] != '\0'; i++) {
		if (text_at(t, from + i) != (uint8_t)key[i])
			return 0;
	}
	return text_at(t, from + i) == '=' ? i + 1 : 0;
}

/* Where after 'from' a token begins with that character; the line's length if
 * none does. */
static size_t
next_token(const struct text *t, size_t from, uint8_t first)
{
	size_t i = from;
	uint64_t x = 0, next = 0;

	while (i + 1 < t->n && i < TEXT_CAPACITY - 1) {
		if (i < TEXT_CAPACITY - WORD) {
			memcpy(&x, &t->byte[i], WORD);
			memcpy(&next, &t->byte[i + 1], WORD);
			if (!word_may_begin(x, next ^ WORD_LOW * first)) {
				i += WORD;
				continue;
			}
		}
		for (size_t k = 0; k < WORD && i < TEXT_CAPACITY - 1; k++, i++) {
			if (t->byte[i + 1] == first && is_blank(t->byte[i]))
				return i + 1;
		}
	}
	return t->n;
}

bool
text_find(const struct text *t, const char *key, struct text_span *out)
{
	uint8_t first = (uint8_t)key[0];
	size_t i = 0, end = 0;

	if (text_at(t, 0) != first)
		i = next_token(t, 0, first);
	for (; i < t->n && i < TEXT_CAPACITY; i = next_token(t, i, first)) {
		end = i + match_key(t, i, key);
		if (end > i)
			break;
	}
	if (end <= i)
		return false;
	out->from = end;
	while (end < t->n && end < TEXT_CAPACITY && !is_blank(t->byte[end]))
		end++;
	out->to = end;
	return true;
}

bool
text_part(const struct text *t, struct text_span s, uint8_t separator,
    size_t k, struct text_span *out)
{
	size_t from = s.from, to = s.from;

	for (; to < s.to && to < TEXT_CAPACITY; to++) {
		if (text_at(t, to) != separator)
			continue;
		if (k == 0)
			break;
		k--;
		from = to + 1;
	}
	if (k > 0)
		return false;
	while (from < to && from < TEXT_CAPACITY && is_blank(text_at(t, from)))
		from++;
	while (to > from && is_blank(text_at(t, to - 1)))
		to--;
	out->from = from;
	out->to = to;
	return true;
}

bool
text_is_dashes(const struct text *t, struct text_span s)
{
	bool dash = false;

	for (size_t i = s.from; i < s.to && i < TEXT_CAPACITY; i++) {
		uint8_t c = text_at(t, i);

		if (c == '-')
			dash = true;
		else if (c != '.' && c != '+' && c != '%')
			return false;
	}
	return dash;
}

bool
text_digits(const struct text *t, size_t from, size_t n, int32_t *value)
{
	int32_t sum = 0;

	if (n == 0 || n > 9)
		return false;
	for (size_t i = 0; i < n; i++) {
		uint8_t c = text_at(t, from + i);

		if (c < '0' || c > '9' || sum > 99999999)
			return false;
		sum = sum * 10 + (c - '0');
	}
	*value = sum;
	return true;
}

bool
text_fixed(const struct text *t, struct text_span s, unsigned decimals,
    int32_t *value)
{
	int32_t sum = 0;
	unsigned places = 0;
	bool point = false, digit = false;

	for (size_t i = s.from; i < s.to && i < TEXT_CAPACITY; i++) {
		uint8_t c = text_at(t, i);

		if (c == '.' && !point) {
			point = true;
			continue;
		}
		if (c < '0' || c > '9' || sum > 9999999)
			return false;
		if (point && places >= decimals)
			return false;
		sum = sum * 10 + (c - '0');
		places += point;
		digit = true;
	}
	if (point && places == 0)
		return false;
	for (; places < decimals; places++) {
		if (sum > 99999999)
			return false;
		sum *= 10;
	}
	if (digit)
		*value = sum;
	return digit;
}

bool
text_hex(const struct text *t, struct text_span s, uint32_t *value)
{
	uint32_t sum = 0;
	size_t n = 0;

	for (size_t i = s.from; i < s.to && i < TEXT_CAPACITY; i++) {
		uint8_t c = text_at(t, i);
		uint32_t digit;

		if (c >= '0' && c <= '9')
			digit = c - (uint32_t)'0';
		else if (c >= 'A' && c <= 'F')
			digit = c - (uint32_t)'A' + 10;
		else if (c >= 'a' && c <= 'f')
			digit = c - (uint32_t)'a' + 10;
		else
			return false;
		if (++n > 8)
			return false;
		sum = sum << 4 | digit;
	}
	if (n > 0)
		*value = sum;
	return n > 0;
}

/* Days since 1970 of a date of the Gregorian calendar, years from March on so
 * that the leap day is the last. */
static int64_t
days_since_1970(int32_t year, int32_t month, int32_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day -
	    719469;
}

bool
text_clock(int32_t year, int32_t month, int32_t day, int32_t hour,
    int32_t minute, int32_t second, int64_t *ms)
{
	if (year < 1970 || year > 9999 || month < 1 || month > 12 ||
	    day < 1 || day > 31 || hour < 0 || hour > 23 || minute < 0 ||
	    minute > 59 || second < 0 || second > 60)
		return false;
	*ms = ((days_since_1970(year, month, day) * 24 + hour) * 60 + minute) *
	    60000 + second * 1000;
	return true;
}
