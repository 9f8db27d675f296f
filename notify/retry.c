/* SPDX-License-Identifier: BSD-2-Clause
 *
 * When to try again; see retry.h.
 *
 * Easy to get wrong: what a receiver says is untrusted.  A Retry-After of a
 * week, or a date of another century, must not silence a channel.
 */
#include "notify/retry.h"

#include <assert.h>
#include <string.h>

enum outcome
retry_outcome(long status)
{
	if (status >= 200 && status < 300)
		return OUTCOME_DELIVERED;
	if (status == 408 || status == 425 || status == 429)
		return OUTCOME_RETRY;
	if (status >= 400 && status < 500)
		return OUTCOME_REFUSED;
	return OUTCOME_RETRY;
}

int64_t
retry_delay_ms(unsigned failures, enum outcome last, int64_t named_ms,
    uint32_t random)
{
	int64_t step = RETRY_FIRST_MS;

	assert(failures > 0 && named_ms <= RETRY_MOST_MS);
	if (named_ms != RETRY_NONE)
		return named_ms > RETRY_FIRST_MS / 2 ? named_ms :
		    RETRY_FIRST_MS / 2;
	for (unsigned i = 1; i < failures && step < RETRY_MOST_MS; i++)
		step *= 2;
	if (step > RETRY_MOST_MS || last == OUTCOME_REFUSED)
		step = RETRY_MOST_MS;
	return step / 2 + (int64_t)((uint64_t)random * (uint64_t)(step / 2) >> 32);
}

/* Exactly n digits. */
static bool
take_number(const char *s, size_t n, int64_t *out)
{
	int64_t v = 0;

	for (size_t i = 0; i < n; i++) {
		if (s[i] < '0' || s[i] > '9')
			return false;
		v = v * 10 + (s[i] - '0');
	}
	*out = v;
	return true;
}

/* Days from 1970-01-01 to that day of the Gregorian calendar. */
static int64_t
days_from_civil(int64_t year, int64_t month, int64_t day)
{
	static const int64_t before[12] = {
		0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334,
	};
	int64_t y = year - 1;
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return y * 365 + y / 4 - y / 100 + y / 400 - 719162 +
	    before[month - 1] + (leap && month > 2 ? 1 : 0) + day - 1;
}

/* IMF-fixdate of RFC 9110, the one form that may still be generated:
 *   "Sat, 21 Nov 2026 14:02:31 GMT"
 *    0    5  8   12   17 20 23 26          29 characters */
static bool
parse_date(const char *s, int64_t *out_ms)
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t day, year, hour, minute, second, month = 0;

	if (strlen(s) != 29 || s[3] != ',' || s[4] != ' ' || s[7] != ' ' ||
	    s[11] != ' ' || s[16] != ' ' || s[19] != ':' || s[22] != ':' ||
	    strcmp(s + 25, " GMT") != 0)
		return false;
	if (!take_number(s + 5, 2, &day) || !take_number(s + 12, 4, &year) ||
	    !take_number(s + 17, 2, &hour) ||
	    !take_number(s + 20, 2, &minute) ||
	    !take_number(s + 23, 2, &second))
		return false;
	for (int64_t i = 0; i < 12; i++)
		if (memcmp(s + 8, months + i * 3, 3) == 0)
			month = i + 1;
	if (month == 0 || day < 1 || day > 31 || year < 1970 || hour > 23 ||
	    minute > 59 || second > 60)
		return false;
	*out_ms = (((days_from_civil(year, month, day) * 24 + hour) * 60 +
	    minute) * 60 + second) * 1000;
	return true;
}

int64_t
retry_after_ms(const char *value, int64_t wall_ms)
{
	size_t n = strlen(value);
	int64_t v;

	if (n > 0 && n == strspn(value, "0123456789")) {
		/* More digits than a clamp could ever let through. */
		if (n > 9 || !take_number(value, n, &v))
			return RETRY_MOST_MS;
		v *= 1000;
	} else if (parse_date(value, &v))
		v -= wall_ms;
	else
		return RETRY_NONE;
	return v < 0 ? 0 : v > RETRY_MOST_MS ? RETRY_MOST_MS : v;
}
