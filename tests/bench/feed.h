/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For the programs here that run a driver over its captures: what a monitor
 * said in them, and when, and the configuration of a bed that has it.
 *
 * Easy to get wrong: captures follow each other without a pause; one that
 * begins where another ended in mid-frame costs a frame.
 */
#ifndef TESTS_BENCH_FEED_H
#define TESTS_BENCH_FEED_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "daemon/config.h"
#include "drivers/capture.h"
#include "drivers/stream.h"

struct feed {
	uint8_t *at;
	int64_t *ms;		/* of each byte */
	size_t n, room;
	int64_t end_ms;		/* of all of it, a pause included */
};

static inline double
seconds(clockid_t id)
{
	struct timespec t;

	clock_gettime(id, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static inline void
feed_add(struct feed *f, int64_t ms, const uint8_t *p, size_t n)
{
	if (f->n + n > f->room) {
		f->room = (f->room + n) * 2;
		f->at = realloc(f->at, f->room);
		f->ms = realloc(f->ms, f->room * sizeof *f->ms);
		if (f->at == NULL || f->ms == NULL)
			exit(1);
	}
	memcpy(f->at + f->n, p, n);
	for (size_t i = 0; i < n; i++)
		f->ms[f->n + i] = ms;
	f->n += n;
}

/* Appends a capture; ends the program if it cannot be read. */
static inline void
feed_load(struct feed *f, const char *path)
{
	static struct capture_line c;
	char line[CAPTURE_LINE_TEXT];
	int64_t from_ms = f->end_ms, first_ms = INT64_MIN;
	FILE *file = fopen(path, "r");

	if (file == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(1);
	}
	while (fgets(line, sizeof line, file) != NULL) {
		capture_parse(line, strcspn(line, "\n"), &c);
		if (c.kind != CAPTURE_DATA || c.sent)
			continue;
		if (first_ms == INT64_MIN)
			first_ms = c.ms;
		feed_add(f, from_ms + c.ms - first_ms, c.byte, c.n);
		f->end_ms = from_ms + c.ms - first_ms + 1000;
	}
	fclose(file);
}

/* A bed with that driver as its only monitor; a driver that reads by rules has
 * them beside its capture, in NAME.yaml.  Ends the program if it cannot. */
static inline struct config *
feed_config(const struct driver *d, const char *capture)
{
	static struct complaints why;
	char text[512];
	struct config *c;
	int n;

	if (d->needs_rules) {
		n = (int)strlen(capture) - (int)strlen(".cap");
		snprintf(text, sizeof text, "%.*s.yaml", n > 0 ? n : 0, capture);
		c = config_load(text, &why);
	} else {
		n = snprintf(text, sizeof text, "beds:\n  - id: B\n    monitors:"
		    "\n      - {name: m, driver: %s, transport: pty, "
		    "port: /tmp/m}\n", d->name);
		c = config_parse(text, (size_t)n, &why);
	}
	if (c == NULL) {
		fprintf(stderr, "%s: %s\n", d->name, why.item[0].text);
		exit(1);
	}
	return c;
}

#endif
