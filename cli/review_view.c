/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See review_view.h.
 *
 * Easy to get wrong: columns are counted in characters, not in bytes.
 */
#include "cli/review_view.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/json.h"

#define COLUMNS 98

int64_t
review_wall(const struct review_view *v, int64_t x_ms)
{
	return v->s->begin_wall_ms + x_ms -
	    session_begin_ms(&v->s->session);
}

const char *
review_clock(const struct review_view *v, int64_t x_ms, char out[REVIEW_CLOCK])
{
	time_t t = (time_t)(review_wall(v, x_ms) / 1000);
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(out, REVIEW_CLOCK, "%H:%M:%S", &tm);
	return out;
}

const char *
review_day(const struct review_view *v, int64_t x_ms, char out[REVIEW_CLOCK])
{
	time_t t = (time_t)(review_wall(v, x_ms) / 1000);
	struct tm tm;

	localtime_r(&t, &tm);
	strftime(out, REVIEW_CLOCK, "%A %Y-%m-%d", &tm);
	return out;
}

const char *
review_infusion(const struct review_view *v, int64_t x_ms,
    char out[REVIEW_CLOCK])
{
	int64_t d, s;

	out[0] = '\0';
	if (v->m->infusion_start_ms == INT64_MIN)
		return out;
	d = x_ms - v->m->infusion_start_ms;
	s = llabs(d) / 1000;
	if (s >= 3600)
		snprintf(out, REVIEW_CLOCK, "%c%lld:%02lld:%02lld",
		    d < 0 ? '-' : '+', (long long)(s / 3600),
		    (long long)(s / 60 % 60), (long long)(s % 60));
	else
		snprintf(out, REVIEW_CLOCK, "%c%lld:%02lld",
		    d < 0 ? '-' : '+', (long long)(s / 60),
		    (long long)(s % 60));
	return out;
}

const char *
review_value(enum vital vital, int32_t value, char out[24])
{
	json_scaled_text(vital_shown(vital, value), vital_info[vital].shown,
	    out);
	return out;
}

void
review_heading(const struct review_view *v, const char *title)
{
	fprintf(v->c->out, "\n%s\n", title);
}

/* The bytes of the characters that fit into so many columns, broken after the
 * last blank if there is one. */
static size_t
fitting(const char *text, int columns)
{
	size_t blank = 0, i = 0;

	for (int n = 0; text[i] != '\0'; n++) {
		if (n >= columns)
			return blank > 0 ? blank : i;
		if (text[i] == ' ' && n > 0)
			blank = i;
		do
			i++;
		while ((text[i] & 0xc0) == 0x80);
	}
	return i;
}

void
review_line(const struct review_view *v, int hang, const char *format, ...)
{
	char text[2048], clean[2048];
	const char *rest = clean + hang;
	va_list ap;
	size_t n;

	va_start(ap, format);
	vsnprintf(text, sizeof text, format, ap);
	va_end(ap);
	table_clean(text, clean, sizeof clean);
	if (strlen(clean) <= (size_t)hang) {
		fprintf(v->c->out, "%s\n", clean);
		return;
	}
	/* What stands before the hanging indent is never broken. */
	n = fitting(rest, COLUMNS - hang);
	fprintf(v->c->out, "%.*s%.*s\n", hang, clean, (int)n, rest);
	for (rest += n; *rest != '\0'; rest += n) {
		while (*rest == ' ')
			rest++;
		if (*rest == '\0')
			return;
		n = fitting(rest, COLUMNS - hang);
		fprintf(v->c->out, "%*s%.*s\n", hang, "", (int)n, rest);
	}
}
