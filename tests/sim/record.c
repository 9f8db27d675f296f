/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Makes capture files of simulated monitors.
 *
 * Easy to get wrong: bytes are gathered into one line as a USB adapter gathers
 * them (16 ms); the line carries the time of its last byte.
 */
#include "tests/sim/record.h"
#include "drivers/capture.h"
#include "drivers/stream.h"
#include "tests/sim/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define GATHER_MS 16
#define ASK_MS 100		/* how often the driver may ask */

struct recorder {
	struct monitor *monitor;
	FILE *f;
	struct stream stream;
	uint8_t byte[CAPTURE_LINE_BYTES];
	size_t n;
	int64_t first_ms, last_ms;
	bool begun;
	int64_t zero_ms;	/* of the first line: times count from it */
};

static void
write_line(struct recorder *r, int64_t t_ms, bool sent, const uint8_t *p,
    size_t n)
{
	char line[CAPTURE_LINE_TEXT];

	if (!r->begun)
		r->zero_ms = t_ms;
	r->begun = true;
	capture_format(line, t_ms - r->zero_ms, sent, p, n);
	fputs(line, r->f);
}

static void
flush(struct recorder *r)
{
	if (r->n > 0)
		write_line(r, r->last_ms, false, r->byte, r->n);
	r->n = 0;
}

static void
take(void *arg, struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct recorder *r = arg;
	struct decoded d;

	if (m != r->monitor)
		return;
	for (size_t i = 0; i < n; i++) {
		if (r->n == sizeof(r->byte) ||
		    (r->n > 0 && t_ms - r->first_ms >= GATHER_MS))
			flush(r);
		if (r->n == 0)
			r->first_ms = t_ms;
		r->last_ms = t_ms;
		r->byte[r->n++] = p[i];
	}
	/* The driver hears it too: it asks again only when nothing comes. */
	while (n > 0) {
		size_t fed = stream_feed(&r->stream, t_ms, p, n);

		p += fed;
		n -= fed;
		while (stream_next(&r->stream, &d))
			continue;
	}
}

static void
ask(struct recorder *r, int64_t t_ms)
{
	uint8_t buf[TX_MAX];
	size_t n = stream_request(&r->stream, t_ms, buf);

	if (n == 0)
		return;
	flush(r);
	for (size_t i = 0; i < n; i += CAPTURE_LINE_BYTES)
		write_line(r, t_ms, true, buf + i, n - i < CAPTURE_LINE_BYTES ?
		    n - i : CAPTURE_LINE_BYTES);
	monitor_hear(r->monitor, t_ms, buf, n);
}

static bool
is_about(const char *sentence, const char *who)
{
	size_t n = strlen(who);

	return strncmp(sentence, who, n) == 0 && sentence[n] == ':';
}

/* What happens to it or its patient stands between the lines, as a remark. */
static void
remark(void *arg, int64_t t_ms, const char *sentence)
{
	struct recorder *r = arg;
	char when[RUN_TIME_TEXT];

	if (!is_about(sentence, r->monitor->name) &&
	    !is_about(sentence, r->monitor->patient->name))
		return;
	flush(r);
	run_format_time(t_ms, when);
	fprintf(r->f, "# %s %s\n", when, sentence);
}

int
record_write(struct sim *s, struct monitor *m, const struct record_options *o,
    FILE *f)
{
	struct recorder *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return -ENOMEM;
	r->monitor = m;
	r->f = f;
	stream_init(&r->stream, o->driver, &o->ask, 0);
	fprintf(f, "# device:  %s, simulated\n# driver:  %s\n"
	    "# source:  vitals-sim capture %s, monitor %s; no patient\n"
	    "# notes:   %s\n", o->driver->title, o->driver->name, o->scenario,
	    m->name, o->notes);
	sim_set_clock(s, RECORD_EPOCH_MS);
	s->say = remark;
	s->say_arg = r;
	for (int64_t t = 0; t < o->length_ms; t += ASK_MS) {
		sim_run(s, t, take, r);
		ask(r, t);
	}
	flush(r);
	s->say = NULL;
	free(r);
	return fflush(f) != 0 || ferror(f) ? -EIO : 0;
}
