/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Any text as a capture; what is read as data must survive being written.
 *
 * Easy to get wrong: a line is handed over without its end, and not NUL
 * terminated.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "drivers/capture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void
check_line(const char *line, size_t n)
{
	struct capture_line c, again;
	char text[CAPTURE_LINE_TEXT], *copy = malloc(n + 1);

	assert(copy != NULL);
	memcpy(copy, line, n);
	copy = realloc(copy, n > 0 ? n : 1);
	assert(copy != NULL);
	capture_parse(copy, n, &c);
	free(copy);
	assert(memchr(c.key, '\0', sizeof c.key) != NULL);
	assert(memchr(c.text, '\0', sizeof c.text) != NULL);
	if (c.kind == CAPTURE_BAD)
		assert(c.error != NULL && c.column <= n + 1);
	if (c.kind != CAPTURE_DATA)
		return;
	n = capture_format(text, c.ms, c.sent, c.byte, c.n);
	assert(n < sizeof text && text[n - 1] == '\n' && text[n] == '\0');
	capture_parse(text, n - 1, &again);
	assert(again.kind == CAPTURE_DATA && again.ms == c.ms &&
	    again.sent == c.sent && again.n == c.n &&
	    memcmp(again.byte, c.byte, c.n) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	while (n > 0) {
		const uint8_t *end = memchr(data, '\n', n);
		size_t length = end != NULL ? (size_t)(end - data) : n;

		check_line((const char *)data, length);
		data += length;
		n -= length;
		if (n > 0) {
			data++;
			n--;
		}
	}
	return 0;
}
