/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The text form of recorded bytes, one line at a time.
 *
 * Easy to get wrong: a line that begins with '#' but names no key right after
 * it is a remark, or continues the line before; it is a header with an empty
 * key, not an error.
 */
#include "drivers/capture.h"

#include <string.h>

/* Characters of the line being read; 0 beyond its end. */
struct cursor {
	const char *line;
	size_t n;
	size_t at;
};

static char
peek(const struct cursor *c, size_t ahead)
{
	return c->at < c->n && ahead < c->n - c->at ?
	    c->line[c->at + ahead] : '\0';
}

static void
skip_blanks(struct cursor *c)
{
	while (peek(c, 0) == ' ' || peek(c, 0) == '\t')
		c->at++;
}

static void
bad(const struct cursor *c, const char *error, struct capture_line *out)
{
	out->kind = CAPTURE_BAD;
	out->error = error;
	out->column = c->at + 1;
	out->n = 0;
}

static bool
is_lower(char c)
{
	return (c >= 'a' && c <= 'z') || c == '-';
}

/* "key:" of a header; none leaves the key empty and the cursor in place. */
static void
parse_key(struct cursor *c, struct capture_line *out)
{
	size_t n = 0;

	while (is_lower(peek(c, n)) && n < sizeof out->key - 1)
		n++;
	if (n == 0 || peek(c, n) != ':')
		return;
	for (size_t i = 0; i < n && i < sizeof out->key - 1; i++)
		out->key[i] = peek(c, i);
	c->at += n + 1;
}

static void
parse_header(struct cursor *c, struct capture_line *out)
{
	size_t n = 0;

	c->at++;
	if (peek(c, 0) == ' ')
		c->at++;
	parse_key(c, out);
	skip_blanks(c);
	out->kind = CAPTURE_HEADER;
	for (; c->at < c->n; c->at++) {
		if (n >= sizeof out->text - 1) {
			bad(c, "a header of at most 199 characters", out);
			return;
		}
		out->text[n++] = peek(c, 0);
	}
	while (n > 0 && n < sizeof out->text && out->text[n - 1] == ' ')
		out->text[--n] = '\0';
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static bool
parse_time(struct cursor *c, struct capture_line *out)
{
	int64_t ms = 0;
	size_t digits = 0;

	for (; peek(c, 0) >= '0' && peek(c, 0) <= '9'; c->at++) {
		if (++digits > 15)
			return false;
		ms = ms * 10 + (peek(c, 0) - '0');
	}
	out->ms = ms;
	return digits > 0;
}

static void
parse_data(struct cursor *c, struct capture_line *out)
{
	c->at++;
	if (!parse_time(c, out)) {
		bad(c, "milliseconds after '@', 1 to 15 digits", out);
		return;
	}
	skip_blanks(c);
	if (peek(c, 0) != '<' && peek(c, 0) != '>') {
		bad(c, "'<' (from the monitor) or '>' (to it)", out);
		return;
	}
	out->sent = peek(c, 0) == '>';
	c->at++;
	for (skip_blanks(c); c->at < c->n; skip_blanks(c)) {
		int high = hex_digit(peek(c, 0)), low = hex_digit(peek(c, 1));
		char after = peek(c, 2);

		if (high < 0 || low < 0 ||
		    (after != '\0' && after != ' ' && after != '\t')) {
			bad(c, "bytes as two hexadecimal digits each", out);
			return;
		}
		if (out->n >= CAPTURE_LINE_BYTES) {
			bad(c, "at most 64 bytes on a line", out);
			return;
		}
		out->byte[out->n++] = (uint8_t)((unsigned)high << 4 |
		    (unsigned)low);
		c->at += 2;
	}
	if (out->n == 0) {
		bad(c, "bytes as two hexadecimal digits each", out);
		return;
	}
	out->kind = CAPTURE_DATA;
}

void
capture_parse(const char *line, size_t n, struct capture_line *out)
{
	struct cursor c = { .line = line, .n = n, .at = 0 };

	memset(out, 0, sizeof *out);
	if (c.n > 0 && line[c.n - 1] == '\r')
		c.n--;
	skip_blanks(&c);
	if (c.at >= c.n)
		out->kind = CAPTURE_BLANK;
	else if (peek(&c, 0) == '#')
		parse_header(&c, out);
	else if (peek(&c, 0) == '@')
		parse_data(&c, out);
	else
		bad(&c, "'#' (a header) or '@' (data)", out);
}

static void
put(char out[CAPTURE_LINE_TEXT], size_t *n, char c)
{
	if (*n < CAPTURE_LINE_TEXT - 1)
		out[(*n)++] = c;
}

size_t
capture_format(char out[CAPTURE_LINE_TEXT], int64_t ms, bool sent,
    const uint8_t *p, size_t n)
{
	static const char hex[] = "0123456789abcdef";
	char digits[20];
	size_t length = 0, k = 0;
	uint64_t rest = ms > 0 ? (uint64_t)ms : 0;

	do {
		digits[k++] = (char)('0' + rest % 10);
		rest /= 10;
	} while (rest > 0 && k < sizeof digits);
	put(out, &length, '@');
	for (size_t i = k; i > 0; i--)
		put(out, &length, digits[i - 1]);
	for (; k < 5; k++)
		put(out, &length, ' ');
	if (out[length - 1] != ' ')
		put(out, &length, ' ');
	put(out, &length, sent ? '>' : '<');
	for (size_t i = 0; i < n && i < CAPTURE_LINE_BYTES; i++) {
		put(out, &length, ' ');
		put(out, &length, hex[p[i] >> 4]);
		put(out, &length, hex[p[i] & 15]);
	}
	put(out, &length, '\n');
	out[length] = '\0';
	return length;
}
