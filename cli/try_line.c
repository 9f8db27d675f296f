/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `vitalsctl config try-line`: what the rules of a monitor make of a saved
 * print-out, line by line, without a daemon and without the monitor.
 *
 * Easy to get wrong: in use, lines with little to go by are held back until
 * three agree; here each is shown, or nobody would see what is read.
 */
#include "cli/cli.h"
#include "cli/table.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/config.h"
#include "daemon/json.h"
#include "drivers/capture.h"
#include "drivers/stream.h"

#define SAMPLE_MAX (1024 * 1024)
#define LINE_MS 1000		/* taken to pass from line to line */

struct sample {
	char *byte;
	size_t n;
};

struct trial {
	struct cli *c;
	const struct config_port *port;
	struct stream stream;
	int64_t now_ms;
	size_t lines, read, ignored, unread;
};

/* The last frame's, from within the stream. */
static struct line_verdict verdict;

static enum decode
decode_aloud(union driver_state *u, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	return line_explain(u, t_ms, w, n, out, &verdict);
}

/* --- the print-out --------------------------------------------------------- */

/* A capture of `vitalsctl record` in place: only what the monitor sent stays.
 * A file that is none stays as it is. */
static void
take_capture(struct sample *s)
{
	const char *p = s->byte, *end = s->byte + s->n;
	char *out = malloc(s->n + 1);
	size_t n = 0, data = 0;

	while (out != NULL && p < end) {
		const char *eol = memchr(p, '\n', (size_t)(end - p));
		size_t length = (size_t)((eol != NULL ? eol : end) - p);
		struct capture_line x;

		capture_parse(p, length, &x);
		if (x.kind == CAPTURE_BAD)
			break;
		if (x.kind == CAPTURE_DATA) {
			data++;
			if (!x.sent) {
				memcpy(out + n, x.byte, x.n);
				n += x.n;
			}
		}
		p += length + (eol != NULL ? 1 : 0);
	}
	if (out != NULL && p >= end && data > 0) {
		memcpy(s->byte, out, n);
		s->n = n;
	}
	free(out);
}

static int
read_sample(struct cli *c, const char *path, struct sample *s)
{
	FILE *f = fopen(path, "rb");

	*s = (struct sample){ malloc(SAMPLE_MAX + 2), 0 };
	if (f == NULL || s->byte == NULL) {
		int e = errno;

		if (f != NULL)
			fclose(f);
		return cli_problem(c, "cannot read %s: %s", path, strerror(e));
	}
	s->n = fread(s->byte, 1, SAMPLE_MAX + 1, f);
	fclose(f);
	if (s->n > SAMPLE_MAX)
		return cli_problem(c, "%s is larger than %d KiB; a few pages "
		    "are enough", path, SAMPLE_MAX / 1024);
	take_capture(s);
	return EXIT_OK;
}

/* --- what is made of it ---------------------------------------------------- */

static void
print_readings(FILE *out, const struct decoded *d)
{
	char number[24];

	fprintf(out, "       read:");
	for (size_t i = 0; i < d->readings.n; i++) {
		const struct reading *r = &d->readings.item[i];
		const struct vital_info *v = &vital_info[r->vital];

		fprintf(out, "%s %s ", i > 0 ? "," : "", v->name);
		json_scaled_text(r->value, v->decimals, number);
		if (reading_has_value(r))
			fprintf(out, "%s %s%s", number, v->unit,
			    r->quality == QUALITY_GOOD ? "" : " (doubtful)");
		else
			fprintf(out, "none (%s)", quality_label(r->quality));
		if (r->age_ms > 0) {
			char age[TABLE_SPAN];

			table_span(r->age_ms, age);
			fprintf(out, " (%s old)", age);
		}
	}
	if (d->readings.n == 0)
		fprintf(out, " nothing new");
	if (verdict.cuff_old)
		fprintf(out, "; the cuff's numbers were there at first, so "
		    "they are no new result");
	fputc('\n', out);
	for (size_t i = 0; i < d->readings.alarms.n; i++)
		fprintf(out, "       alarm: %s %s\n",
		    priority_name(d->readings.alarms.item[i].priority),
		    d->readings.alarms.item[i].text);
}

static void
print_reason(FILE *out, const struct decoded *d)
{
	const char *of = verdict.vital >= 0 && verdict.vital < VITALS ?
	    vital_info[verdict.vital].name : "a status, or the cuff's age, "
	    "time or state";

	fprintf(out, "       ");
	switch (verdict.why) {
	case LINE_READ:
		break;
	case LINE_IGNORED:
		fprintf(out, "says nothing, by the rules");
		break;
	case LINE_PROMPT:
		fprintf(out, "the prompt");
		break;
	case LINE_HEADING:
		fprintf(out, "the heading of match %u", verdict.match);
		break;
	case LINE_NO_MATCH:
		fprintf(out, "NOT READ: no match is for such a line");
		break;
	case LINE_TORN:
		fprintf(out, "NOT READ: it may have lost its beginning (match "
		    "%u has no words to tell)", verdict.match);
		break;
	case LINE_FIELD_COUNT:
		fprintf(out, "NOT READ: match %u expects another number of "
		    "fields than %zu", verdict.match, verdict.count);
		break;
	case LINE_NOT_THERE:
		fprintf(out, "NOT READ: match %u finds no place for %s",
		    verdict.match, of);
		break;
	case LINE_NOT_A_NUMBER:
		fprintf(out, "NOT READ: match %u finds no number, and nothing "
		    "that means none, for %s", verdict.match, of);
		break;
	case LINE_BAD_CHECK:
		fprintf(out, "NOT READ: the checksum is another");
		break;
	case LINE_TOO_LONG:
		fprintf(out, "NOT READ: longer than %d characters",
		    TEXT_CAPACITY);
		break;
	}
	fprintf(out, "%s\n", d->result == DECODE_OK ? "" : ".");
}

static void
print_frame(struct trial *y, const struct decoded *d)
{
	char raw[TEXT_CAPACITY + 1], clean[TEXT_CAPACITY + 1];
	size_t n = verdict.text.n < TEXT_CAPACITY ? verdict.text.n :
	    TEXT_CAPACITY;

	memcpy(raw, verdict.text.byte, n);
	raw[n] = '\0';
	for (size_t i = 0; i < n; i++)
		raw[i] = raw[i] == '\t' ? ' ' : raw[i] == '\0' ? '?' : raw[i];
	table_clean(raw, clean, sizeof(clean));
	if (verdict.why == LINE_PROMPT)
		return;
	y->lines++;
	fprintf(y->c->out, "%5zu  %s\n", y->lines, clean);
	if (d->result == DECODE_OK) {
		y->read++;
		print_readings(y->c->out, d);
		return;
	}
	if (d->result == DECODE_IGNORED)
		y->ignored++;
	else
		y->unread++;
	print_reason(y->c->out, d);
}

static void
take_byte(struct trial *y, uint8_t b)
{
	struct decoded d;

	if (stream_feed(&y->stream, y->now_ms, &b, 1) != 1)
		return;
	while (stream_next(&y->stream, &d)) {
		print_frame(y, &d);
		y->now_ms += LINE_MS;
	}
}

static int
run_trial(struct trial *y, const struct sample *s)
{
	const struct line_rules *r = y->port->options.rules;
	struct driver d = *y->port->driver;
	FILE *out = y->c->out;

	d.decode = decode_aloud;
	d.evidence = EVIDENCE_WORDS;
	stream_init(&y->stream, &d, &y->port->options, 0);
	for (size_t i = 0; i < s->n; i++)
		take_byte(y, (uint8_t)s->byte[i]);
	/* The last line of a file may have lost its end. */
	if (r->length == 0 && r->end.n > 0 &&
	    window_length(&y->stream.window) > 0)
		take_byte(y, r->end.byte[0]);
	fprintf(out, "%zu line%s: %zu read, %zu without meaning, %zu not read; "
	    "%llu bytes belong to no line\n", y->lines,
	    y->lines == 1 ? "" : "s", y->read, y->ignored, y->unread,
	    (unsigned long long)y->stream.count.garbage);
	if (y->port->driver->evidence == EVIDENCE_PATTERN)
		fprintf(out, "Little speaks for such lines: in use, three in a "
		    "row must agree before the first counts.\n");
	return y->read > 0 && y->unread == 0 ? EXIT_OK : EXIT_PROBLEM;
}

/* --- the verb -------------------------------------------------------------- */

/* The monitor by its port's name, BED/MONITOR, or by its own where that is
 * enough. */
static const struct config_port *
find_port(const struct config *config, const char *name)
{
	const struct config_port *found = NULL;

	for (size_t i = 0; i < config->ports_n; i++) {
		const struct config_port *p = &config->ports[i];
		const char *own = strrchr(p->name, '/');

		if (strcmp(p->name, name) == 0)
			return p;
		if (own != NULL && strcmp(own + 1, name) == 0 && found == NULL)
			found = p;
	}
	return found;
}

static int
try_sample(struct cli *c, const struct config *config)
{
	const struct config_port *p = find_port(config, c->arg[1]);
	struct sample sample = { 0 };
	struct trial *y;
	int status;

	if (p == NULL)
		return cli_problem(c, "there is no monitor \"%s\" in %s",
		    c->arg[1], c->arg[0]);
	if (p->options.rules == NULL)
		return cli_problem(c, "%s has the driver %s, not line; "
		    "`vitalsctl replay` tries that", p->name, p->driver->name);
	y = calloc(1, sizeof(*y));
	if (y == NULL)
		return cli_problem(c, "out of memory");
	y->c = c;
	y->port = p;
	status = read_sample(c, c->arg[2], &sample);
	if (status == EXIT_OK)
		status = run_trial(y, &sample);
	free(sample.byte);
	free(y);
	return status;
}

int
verb_try_line(struct cli *c)
{
	struct config *config = config_read(c, c->arg[0]);
	int status;

	if (config == NULL)
		return EXIT_PROBLEM;
	status = try_sample(c, config);
	config_free(config);
	return status;
}
