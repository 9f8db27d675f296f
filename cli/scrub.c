/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `vitalsctl scrub FILE NEW`: a capture without what tells who somebody is; and
 * what `record` says of that, which does the same while it records.
 *
 * Easy to get wrong: what people wrote into a capture (its header, remarks) is
 * theirs and is copied as it stands.
 */
#include "cli/scrub.h"
#include "drivers/capture.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *
scrub_header(const struct driver *d, bool asked)
{
	if (!asked)
		return "no";
	return d->scrub != NULL ? "yes" :
	    "no: nothing is known of this protocol that tells of a person";
}

void
scrub_say(struct cli *c, const struct driver *d, const struct scrubber *s)
{
	const struct scrubber_kind *k = scrubber_kind(s, 0);
	uint64_t blanked = scrubber_blanked(s);

	if (d->scrub == NULL) {
		fprintf(c->out, "nothing is known of %s that tells of a "
		    "person: all bytes are as they came\n", d->name);
		return;
	}
	if (k == NULL && blanked == 0)
		fprintf(c->out, "nothing in it had to be replaced\n");
	for (size_t i = 0; (k = scrubber_kind(s, i)) != NULL; i++)
		fprintf(c->out, "  replaced %" PRIu64 " x %s\n", k->times,
		    k->what);
	if (blanked > 0)
		fprintf(c->out, "  blanked  %" PRIu64 " bytes in no message, "
		    "or in one that was not understood\n", blanked);
	if (scrubber_lost(s) > 0)
		fprintf(c->out, "  lost     %" PRIu64 " messages that are "
		    "read, whose readings are gone\n", scrubber_lost(s));
}

/* The bytes of the whole recording, one after the other. */
struct bytes {
	uint8_t *p;
	size_t n, room;
};

static int
keep_line(void *arg, int64_t ms, bool sent, const uint8_t *p, size_t n)
{
	struct bytes *b = arg;

	(void)ms, (void)sent;
	if (n > b->room - b->n) {
		size_t room = (b->room + n) * 2;
		uint8_t *more = realloc(b->p, room);

		if (more == NULL)
			return -ENOMEM;
		b->p = more;
		b->room = room;
	}
	memcpy(b->p + b->n, p, n);
	b->n += n;
	return 0;
}

/* The next line, with its number; false at the end. */
static bool
next_line(FILE *f, char **text, size_t *room, size_t *number,
    struct capture_line *l)
{
	ssize_t n = getline(text, room, f);

	if (n < 0)
		return false;
	if (n > 0 && (*text)[n - 1] == '\n')
		(*text)[--n] = '\0';
	++*number;
	capture_parse(*text, (size_t)n, l);
	return true;
}

/* Finds the driver in the header and checks every line. */
static int
look_through(struct cli *c, FILE *f, const struct driver **d)
{
	struct capture_line l;
	char *text = NULL;
	size_t room = 0, line = 0;
	int64_t last_ms = 0;
	int r = EXIT_OK;

	*d = NULL;
	while (r == EXIT_OK && next_line(f, &text, &room, &line, &l)) {
		if (l.kind == CAPTURE_DATA && l.ms < last_ms) {
			l.kind = CAPTURE_BAD;
			l.column = 2;
			l.error = "times that do not run backwards";
		}
		if (l.kind == CAPTURE_BAD && line == 1)
			r = cli_problem(c, "%s: this is no capture, as "
			    "`vitalsctl record` writes it; of raw bytes nobody "
			    "knows the driver, so they cannot be scrubbed",
			    c->arg[0]);
		else if (l.kind == CAPTURE_BAD)
			r = cli_problem(c, "%s:%zu:%zu: expected %s",
			    c->arg[0], line, l.column, l.error);
		if (l.kind == CAPTURE_DATA)
			last_ms = l.ms;
		if (l.kind != CAPTURE_HEADER || *d != NULL ||
		    strcmp(l.key, "driver") != 0)
			continue;
		*d = driver_find(l.text);
		if (*d == NULL)
			r = cli_problem(c, "%s:%zu: there is no driver `%s`",
			    c->arg[0], line, l.text);
	}
	if (r == EXIT_OK && ferror(f))
		r = cli_problem(c, "%s: %s", c->arg[0], strerror(errno));
	else if (r == EXIT_OK && *d == NULL)
		r = cli_problem(c, "%s: its header names no driver, so it is no "
		    "capture", c->arg[0]);
	free(text);
	return r;
}

/* Puts the scrubbed bytes of all lines into 'out'. */
static int
scrub_all(FILE *f, struct scrubber *s)
{
	struct capture_line l;
	char *text = NULL;
	size_t room = 0, line = 0;
	int r = 0;

	rewind(f);
	while (r == 0 && next_line(f, &text, &room, &line, &l)) {
		if (l.kind == CAPTURE_DATA)
			r = scrubber_take(s, l.ms, l.sent, l.byte, l.n);
	}
	free(text);
	return r == 0 ? scrubber_end(s) : r;
}

/* The same file with these bytes in place of its own. */
static int
write_all(FILE *f, FILE *out, const struct driver *d, const struct bytes *b)
{
	struct capture_line l;
	char *text = NULL, formed[CAPTURE_LINE_TEXT];
	size_t room = 0, line = 0, at = 0;

	rewind(f);
	while (next_line(f, &text, &room, &line, &l)) {
		bool header = l.kind == CAPTURE_HEADER;

		if (header && strcmp(l.key, "scrubbed") == 0)
			continue;
		if (l.kind == CAPTURE_DATA) {
			capture_format(formed, l.ms, l.sent, b->p + at, l.n);
			at += l.n;
			fputs(formed, out);
			continue;
		}
		fprintf(out, "%s\n", text);
		if (header && strcmp(l.key, "driver") == 0)
			fprintf(out, "# scrubbed: %s\n", scrub_header(d, true));
	}
	free(text);
	return fflush(out) != 0 || ferror(out) || ferror(f) ? -EIO : 0;
}

static int
scrub_into(struct cli *c, FILE *f, const struct driver *d)
{
	struct bytes b = { .p = NULL };
	struct scrubber *s = scrubber_new(d, keep_line, &b);
	int fd, r = s != NULL ? scrub_all(f, s) : -ENOMEM;
	FILE *out;

	fd = r < 0 ? -1 : open(c->arg[1],
	    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (r == 0 && fd < 0)
		r = cli_problem(c, errno == EEXIST ? "%s is there already "
		    "and is not overwritten%s" : "%s: %s", c->arg[1],
		    errno == EEXIST ? "" : strerror(errno));
	else if (r < 0)
		r = cli_problem(c, "%s: %s", c->arg[0], strerror(-r));
	out = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (out != NULL) {
		r = write_all(f, out, d, &b);
		if (fclose(out) != 0)
			r = -EIO;
	} else if (fd >= 0) {
		r = -ENOMEM;
		close(fd);
	}
	if (fd >= 0 && r < 0) {
		unlink(c->arg[1]);	/* ours, and not whole */
		r = cli_problem(c, "writing %s: %s", c->arg[1], strerror(-r));
	} else if (fd >= 0) {
		fprintf(c->out, "%s: ", c->arg[1]);
		fprintf(c->out, "%s\n", d->scrub != NULL ?
		    "written without what tells who somebody is" : "written");
		scrub_say(c, d, s);
	}
	scrubber_free(s);
	free(b.p);
	return r;
}

int
verb_scrub(struct cli *c)
{
	FILE *f = fopen(c->arg[0], "re");
	const struct driver *d;
	int r;

	if (f == NULL)
		return cli_problem(c, "%s: %s", c->arg[0], strerror(errno));
	r = look_through(c, f, &d);
	if (r == EXIT_OK)
		r = scrub_into(c, f, d);
	fclose(f);
	return r;
}
