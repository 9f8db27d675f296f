/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The text form of event ids: "9f86d081884c7d65-1842".
 *
 * Easy to get wrong: one id has exactly one text.  Upper-case digits, a
 * leading zero in the counter or a counter of 0 are not read back.
 */
#include "schemas/record.h"

#include <string.h>

#define START_DIGITS 16
#define COUNTER_DIGITS 20

size_t
event_id_format(char out[EVENT_ID_TEXT], struct event_id id)
{
	static const char hex[] = "0123456789abcdef";
	char digits[COUNTER_DIGITS] = { 0 };
	uint64_t n = id.n;
	size_t at = EVENT_ID_COUNTER, digits_n = 0;

	for (size_t i = 0; i < START_DIGITS; i++)
		out[i] = hex[(id.start >> (60 - 4 * i)) & 15];
	out[START_DIGITS] = '-';
	do {
		if (digits_n < COUNTER_DIGITS)
			digits[digits_n++] = (char)('0' + n % 10);
		n /= 10;
	} while (n > 0);
	while (digits_n > 0 && at < EVENT_ID_TEXT - 1)
		out[at++] = digits[--digits_n];
	out[at < EVENT_ID_TEXT ? at : EVENT_ID_TEXT - 1] = '\0';
	return at;
}

bool
event_id_parse(const char *s, struct event_id *out)
{
	struct event_id id = { 0, 0 };
	size_t n = strlen(s);

	if (n < START_DIGITS + 2 || n > START_DIGITS + 1 + COUNTER_DIGITS ||
	    s[START_DIGITS] != '-' || s[START_DIGITS + 1] == '0')
		return false;
	for (size_t i = 0; i < START_DIGITS; i++) {
		if (s[i] >= '0' && s[i] <= '9')
			id.start = id.start << 4 | (uint64_t)(s[i] - '0');
		else if (s[i] >= 'a' && s[i] <= 'f')
			id.start = id.start << 4 | (uint64_t)(s[i] - 'a' + 10);
		else
			return false;
	}
	for (size_t i = START_DIGITS + 1; i < n; i++) {
		uint64_t digit = 0;

		if (s[i] < '0' || s[i] > '9')
			return false;
		digit = (uint64_t)(s[i] - '0');
		if (id.n > (UINT64_MAX - digit) / 10)
			return false;
		id.n = id.n * 10 + digit;
	}
	*out = id;
	return true;
}
