/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `vitalsctl record PORT FILE`: a port's bytes, as they come but for what tells
 * who somebody is (review/scrubber.h), into the text form of drivers/capture.h.
 *
 * Easy to get wrong: a recording is often ended by a cable or by power, so
 * each line is written whole and as soon as it is known what may be shown of
 * it; there is no temporary name and no closing mark.  An existing file is never
 * overwritten: it may be the only one.
 */
#include "cli/cli.h"
#include "cli/pages.h"
#include "cli/scrub.h"
#include "cli/table.h"
#include "drivers/capture.h"

#include <sys/signalfd.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "daemon/clock.h"

#define RECORD_SLICE_MS 500

struct recording {
	int fd;
	const struct driver *driver;
	bool unscrubbed;
	struct scrubber *scrubber;
	int64_t first_ms;	/* ms of the first line; -1 before it */
	uint64_t bytes, lines;
};

static int MUST_CHECK
text_write(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t w = write(fd, p, n);

		if (w < 0 && errno == EINTR)
			continue;
		if (w < 0)
			return -errno;
		p += w;
		n -= (size_t)w;
	}
	return 0;
}

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int
line_write(void *arg, int64_t ms, bool sent, const uint8_t *p, size_t n)
{
	struct recording *r = arg;
	char line[CAPTURE_LINE_TEXT];
	int e = text_write(r->fd, line, capture_format(line, ms, sent, p, n));

	if (e < 0)
		return e;
	r->lines++;
	r->bytes += n;
	return 0;
}

/* The bytes of one notification, as many lines as they need. */
static int MUST_CHECK
bytes_write(struct recording *r, const json_t *params)
{
	const char *hex = client_text(params, "hex");
	bool sent = client_true(params, "sent"), last;
	int64_t ms = client_int(params, "ms", 0);
	uint8_t byte[CAPTURE_LINE_BYTES];
	size_t n = 0;
	int e;

	if (r->first_ms < 0)
		r->first_ms = ms;
	for (;;) {
		while (*hex == ' ')
			hex++;
		last = digit(hex[0]) < 0 || digit(hex[1]) < 0;
		if (last && *hex)
			return -EBADMSG;
		if (n > 0 && (last || n == CAPTURE_LINE_BYTES)) {
			e = r->unscrubbed ? line_write(r, ms - r->first_ms,
			    sent, byte, n) : scrubber_take(r->scrubber,
			    ms - r->first_ms, sent, byte, n);
			if (e < 0)
				return e;
			n = 0;
		}
		if (last)
			return 0;
		byte[n++] = (uint8_t)(digit(hex[0]) * 16 + digit(hex[1]));
		hex += 2;
	}
}

/* The device of that port, from the answer to `devices`; NULL if none. */
static const json_t *
device_find(const json_t *answer, const char *port)
{
	size_t i;
	json_t *d;

	json_array_foreach(json_object_get(answer, "devices"), i, d) {
		if (strcmp(client_text(d, "port"), port) == 0)
			return d;
	}
	return NULL;
}

static int MUST_CHECK
header_write(struct cli *c, const struct recording *r, const json_t *d)
{
	char text[1024], at[CLOCK_TEXT], device[200], source[200], notes[200];
	const struct passwd *pw = getpwuid(getuid());
	int n;

	clock_format_utc(clock_wall_ms(), at);
	snprintf(source, sizeof(source), "port %.60s, %s, recorded by %.32s; "
	    "not said whether a patient was connected",
	    client_text(d, "port"), at, pw ? pw->pw_name : "an unknown user");
	if (c->value[OPTION_SOURCE])
		table_clean(c->value[OPTION_SOURCE], source, sizeof(source));
	snprintf(device, sizeof(device), "%s (model not said)",
	    client_text(d, "title"));
	if (c->value[OPTION_DEVICE])
		table_clean(c->value[OPTION_DEVICE], device, sizeof(device));
	table_clean(c->value[OPTION_NOTES] ? c->value[OPTION_NOTES] : "none",
	    notes, sizeof(notes));
	n = snprintf(text, sizeof(text), "# device:  %s\n# driver:  %s\n"
	    "# scrubbed: %s\n# source:  %s\n# notes:   %s\n", device,
	    client_text(d, "driver"), scrub_header(r->driver, !r->unscrubbed),
	    source, notes);
	if (n < 0 || (size_t)n >= sizeof(text))
		return -EMSGSIZE;
	return text_write(r->fd, text, (size_t)n);
}

/* Until a signal, a lost connection or a full disk; EXIT_OK after a signal. */
static int
record_loop(struct cli *c, struct client *client, struct recording *r,
    int signals)
{
	struct pollfd p = { .fd = signals, .events = POLLIN };
	json_t *m = NULL;
	int e = 0;

	while (poll(&p, 1, 0) == 0) {
		e = client_next(client, RECORD_SLICE_MS, &m);
		if (e == -EAGAIN)
			continue;
		if (e < 0)
			return cli_problem(c, "%s; the recording ends here",
			    client->error);
		if (strcmp(client_text(m, "method"), "bytes") == 0)
			e = bytes_write(r, json_object_get(m, "params"));
		json_decref(m);
		if (e == -EBADMSG)
			return cli_problem(c, "vitalsd sent bytes that are "
			    "not hexadecimal");
		if (e < 0)
			return cli_problem(c, "writing %s: %s", c->arg[1],
			    strerror(-e));
	}
	return EXIT_OK;
}

/* Records into the open file. */
static int
record_into(struct cli *c, struct client *client, struct recording *r,
    const json_t *d, int signals)
{
	json_t *answer = NULL;
	int status, e = header_write(c, r, d);

	if (e < 0)
		return cli_problem(c, "writing %s: %s", c->arg[1],
		    strerror(-e));
	if (client_call(client, "record.start", json_pack("{s:s}",
	    "port", c->arg[0]), &answer) < 0)
		return cli_problem(c, "%s", client->error);
	json_decref(answer);
	answer = NULL;
	fprintf(c->err, "recording %s into %s%s; Ctrl-C ends it\n", c->arg[0],
	    c->arg[1], r->unscrubbed ? ", names and all" : "");
	status = record_loop(c, client, r, signals);
	if (status == EXIT_OK && client_call(client, "record.stop",
	    json_pack("{s:s}", "port", c->arg[0]), &answer) == 0)
		json_decref(answer);
	e = scrubber_end(r->scrubber);
	if (e < 0 && status == EXIT_OK)
		status = cli_problem(c, "writing %s: %s", c->arg[1],
		    strerror(-e));
	fprintf(c->out, "%s: %llu bytes in %llu lines recorded from %s\n",
	    c->arg[1], (unsigned long long)r->bytes,
	    (unsigned long long)r->lines, c->arg[0]);
	if (!r->unscrubbed)
		scrub_say(c, r->driver, r->scrubber);
	return status;
}

static int
record_run(struct cli *c, struct client *client, const json_t *d, int signals)
{
	struct recording r = { .first_ms = -1,
		.driver = driver_find(client_text(d, "driver")),
		.unscrubbed = cli_has(c, OPTION_UNSCRUBBED) };
	int status;

	if (r.driver == NULL)
		return cli_problem(c, "this vitalsctl does not know the driver "
		    "`%s` of %s; is it as new as vitalsd?",
		    client_text(d, "driver"), c->arg[0]);
	r.scrubber = scrubber_new(r.driver, line_write, &r);
	if (r.scrubber == NULL)
		return cli_problem(c, "%s", strerror(ENOMEM));
	r.fd = open(c->arg[1], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (r.fd < 0) {
		status = cli_problem(c, errno == EEXIST ? "%s is there already "
		    "and is not overwritten%s" : "%s: %s", c->arg[1],
		    errno == EEXIST ? "" : strerror(errno));
		scrubber_free(r.scrubber);
		return status;
	}
	status = record_into(c, client, &r, d, signals);
	if (r.lines == 0 && status != EXIT_OK)
		unlink(c->arg[1]);	/* ours, and it holds nothing */
	if (close(r.fd) < 0 && status == EXIT_OK)
		status = cli_problem(c, "writing %s: %s", c->arg[1],
		    strerror(errno));
	scrubber_free(r.scrubber);
	return status;
}

int
verb_record(struct cli *c)
{
	struct client client;
	json_t *answer = NULL;
	const json_t *d;
	sigset_t set, before;
	int status = EXIT_PROBLEM, signals;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	if (cli_connect(c, &client) != EXIT_OK)
		return EXIT_PROBLEM;
	sigprocmask(SIG_BLOCK, &set, &before);
	signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (signals < 0) {
		cli_problem(c, "signalfd: %s", strerror(errno));
	} else if (client_call_all(&client, "devices", json_object(),
	    &answer) < 0) {
		cli_problem(c, "%s", client.error);
	} else {
		d = device_find(answer, c->arg[0]);
		status = d ? record_run(c, &client, d, signals) :
		    cli_problem(c, "there is no port `%s`; `vitalsctl "
		    "devices` lists them", c->arg[0]);
	}
	json_decref(answer);
	client_close(&client);
	if (signals >= 0) {
		struct signalfd_siginfo taken;

		/* Taken here, or it would end us when it is unblocked. */
		while (read(signals, &taken, sizeof(taken)) > 0)
			;
		close(signals);
	}
	sigprocmask(SIG_SETMASK, &before, NULL);
	return status;
}
