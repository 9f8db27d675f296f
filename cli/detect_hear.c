/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See detect_hear.h.
 *
 * Easy to get wrong: a wrong rate yields bytes too.  What the line itself counts
 * as framing and parity errors tells them from a monitor's.
 */
#include "cli/detect_hear.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <string.h>
#include <sys/stat.h>

#include "daemon/clock.h"

#define WAIT_MS 20
#define READ_MAX 4096
#define LEAVE_MS 50
#define WRITE_MS 500		/* a message is taken by then, or dropped */

/* One setting of one port. */
struct hearer {
	const struct hear_options *o;
	const struct detect_port *port;
	struct detect *x;
	struct tty *tty;
	struct heard *out;
	struct hearing *all;	/* settings of this port */
	int64_t from_ms, until_ms;
	size_t next;		/* in drivers[], to be asked next */
	struct detect_claim *asked;	/* is being asked; NULL: nobody is */
	bool said;		/* something was sent for it */
	bool answered;		/* in frames of its own */
	char what[96];
};

void
hear_line_text(const struct line *l, char out[HEAR_LINE_TEXT])
{
	snprintf(out, HEAR_LINE_TEXT, "%u %u%c%u", (unsigned)l->baud, l->bits,
	    l->parity, l->stop);
}

/* Whether the driver may be asked, where asking is allowed. */
static bool
is_askable(const struct driver *d)
{
	return d->probe_harmless && d->request != NULL;
}

int64_t
hear_probe_ms(const struct line *line)
{
	int64_t ms = 0;

	for (size_t i = 0; drivers[i] != NULL; i++) {
		if (is_askable(drivers[i]) &&
		    detect_line_of(drivers[i], line) != NULL)
			ms += HEAR_PROBE_MS;
	}
	return ms;
}

/* Reads what is there. */
static int
read_bytes(struct hearer *h)
{
	uint8_t buffer[READ_MAX];

	for (int turns = 0; turns < 16; turns++) {
		ssize_t n = transport_read(h->tty, buffer, sizeof(buffer));

		if (n == -EAGAIN)
			return 0;
		if (n < 0)
			return (int)n;
		detect_feed(h->x, clock_boot_ms(), buffer, (size_t)n);
	}
	return 0;
}

static int
send_message(struct hearer *h, const uint8_t *m, size_t n)
{
	struct pollfd p = { .fd = transport_fd(h->tty), .events = POLLOUT };
	int64_t until_ms = clock_boot_ms() + WRITE_MS;

	if (!tx_allowed(h->asked->driver, m, n))
		return -EPERM;
	h->said = true;
	while (n > 0) {
		ssize_t w = transport_write(h->tty, m, n);

		if (w > 0) {
			m += w;
			n -= (size_t)w;
			continue;
		}
		if (w < 0 && w != -EAGAIN)
			return (int)w;
		if (clock_boot_ms() >= until_ms) {
			transport_drop_unsent(h->tty);
			return 0;
		}
		(void)poll(&p, 1, WAIT_MS);
	}
	return 0;
}

/* The next driver that may be asked at this setting, or NULL. */
static struct detect_claim *
next_to_ask(struct hearer *h)
{
	while (drivers[h->next] != NULL) {
		const struct driver *d = drivers[h->next++];
		struct detect_claim *c = detect_claim_of(h->x, d);

		if (is_askable(d) && c != NULL)
			return c;
	}
	return NULL;
}

/* Whether something else has come than what was asked for.  Nothing but the
 * monitor that is being asked answers with its frames and no other byte. */
static bool
is_foreign(struct hearer *h, int64_t now_ms)
{
	const struct detect_claim *c = h->asked;

	if (h->x->bytes == 0)
		return false;
	if (c != NULL && c->sound > 0)
		h->answered = true;
	if (h->answered)
		return false;
	return c == NULL || c->bad > 0 || c->stream.count.garbage > 0 ||
	    now_ms >= h->until_ms;
}

static int
end_probe(struct hearer *h)
{
	uint8_t m[TX_MAX];
	size_t n = 0;
	int r = read_bytes(h);

	if (r < 0)
		return r;
	if (h->asked != NULL && h->said &&
	    (h->x->bytes == 0 || h->asked->sound > 0))
		n = stream_release(&h->asked->stream, clock_boot_ms(), m);
	if (n > 0) {
		r = send_message(h, m, n);
		if (r < 0)
			return r;
		/* Closing drops what has not left, and an adapter has a
		 * buffer that nobody can ask. */
		for (int i = 0; i < 10 && transport_unsent(h->tty) > 0; i++)
			(void)poll(NULL, 0, WAIT_MS);
		(void)poll(NULL, 0, LEAVE_MS + (int)(n * 11000 /
		    h->x->line.baud));
	}
	h->asked = NULL;
	h->said = false;
	return 0;
}

/* Asks, if that is allowed, nothing has been heard, and somebody is left to be
 * asked. */
static int
probe(struct hearer *h, int64_t now_ms)
{
	uint8_t m[TX_MAX];
	size_t n;
	int r;

	if (!h->o->probe || h->all->foreign)
		return 0;
	if (is_foreign(h, now_ms)) {
		h->all->foreign = true;
		h->asked = NULL;
		return 0;
	}
	if (now_ms - h->from_ms < HEAR_PROBE_AFTER_MS)
		return 0;
	if (h->asked != NULL && now_ms >= h->until_ms &&
	    (r = end_probe(h)) < 0)
		return r;
	if (h->asked == NULL && h->x->bytes == 0) {
		h->asked = next_to_ask(h);
		if (h->asked == NULL)
			return 0;
		h->out->asked = h->asked->driver;
		h->until_ms = now_ms + HEAR_PROBE_MS;
	}
	if (h->asked == NULL || (h->x->bytes > 0 && h->asked->sound == 0))
		return 0;
	n = stream_request(&h->asked->stream, now_ms, m);
	return n > 0 ? send_message(h, m, n) : 0;
}

static void
ask_for_errors(struct hearer *h)
{
	struct tty_errors e;

	transport_errors(h->tty, &e);
	h->out->errors = e.framing + e.parity + e.breaks;
	detect_errors(h->x, h->out->errors);
}

/* Whether more would settle it. */
static bool
is_pending(struct hearer *h)
{
	const struct detect_claim *best;

	ask_for_errors(h);
	best = detect_judge(h->x);
	return best != NULL && best->doubt == DETECT_FEW;
}

static bool
is_sure(struct hearer *h)
{
	const struct detect_claim *best;

	ask_for_errors(h);
	best = detect_judge(h->x);
	return best != NULL && best->verdict == DETECT_SURE;
}

/* How long it may take where frames come. */
static int64_t
more_ms(const struct hearer *h)
{
	return h->o->ms < HEAR_MS ? h->o->ms * 4 : h->o->ms > HEAR_MORE_MS ?
	    h->o->ms : HEAR_MORE_MS;
}

static int
listen_on(struct hearer *h)
{
	struct pollfd p = { .fd = transport_fd(h->tty), .events = POLLIN };
	int64_t now_ms;
	int r;

	for (;;) {
		if (!long_go_on(h->o->run, h->what,
		    clock_boot_ms() - h->from_ms, h->until_ms - h->from_ms))
			return -EINTR;
		(void)poll(&p, 1, WAIT_MS);
		r = read_bytes(h);
		if (r < 0)
			return r;
		now_ms = clock_boot_ms();
		detect_quiet(h->x, now_ms);
		r = probe(h, now_ms);
		if (r < 0)
			return r;
		if (h->asked != NULL && h->x->bytes > 0 && is_sure(h))
			return 0;
		if (now_ms < h->until_ms)
			continue;
		if (now_ms - h->from_ms >= more_ms(h) || !is_pending(h))
			return 0;
		h->until_ms = now_ms + WAIT_MS * 10;
	}
}

static void
keep_claim(struct heard *out, const struct detect_claim *c)
{
	if (c->verdict == DETECT_NOTHING || out->n == HEAR_CLAIMS)
		return;
	out->claim[out->n++] = (struct heard_claim){
		.driver = c->driver, .other = c->other, .sound = c->sound,
		.bad = c->bad, .lost = c->lost_bytes, .per_min = c->per_min,
		.verdict = c->verdict, .doubt = c->doubt,
	};
}

/* The best claim, then the others in their order. */
static void
keep(struct hearer *h)
{
	const struct detect_claim *best;

	ask_for_errors(h);
	best = detect_judge(h->x);
	h->out->ms = clock_boot_ms() - h->from_ms;
	h->out->bytes = h->x->bytes;
	if (best != NULL)
		keep_claim(h->out, best);
	for (size_t i = 0; i < h->x->n; i++) {
		if (&h->x->claim[i] != best)
			keep_claim(h->out, &h->x->claim[i]);
	}
}

static int
hear_line(struct hearer *h, const struct line *line, char why[TTY_WHY])
{
	char device[TTY_DEVICE];
	int r = transport_open(&h->tty, h->port->transport, h->port->path,
	    line, device, why);

	if (r < 0)
		return r;
	h->from_ms = clock_boot_ms();
	h->until_ms = h->from_ms + h->o->ms;
	h->next = 0;
	h->asked = NULL;
	h->said = h->answered = false;
	detect_init(h->x, line, h->from_ms);
	if (h->port->transport == TRANSPORT_PTY)
		detect_invite(h->x, h->from_ms);
	r = listen_on(h);
	keep(h);
	if (r == 0 || r == -EINTR)
		(void)end_probe(h);
	transport_close(h->tty);
	return r;
}

/* Whether being in the device's group is what is missing.  Root's group is for
 * root alone. */
static bool
group_helps(const char *path, struct stat *st)
{
	return stat(path, st) == 0 && st->st_gid != 0 &&
	    (st->st_mode & (S_IRGRP | S_IWGRP)) == (S_IRGRP | S_IWGRP);
}

/* The sentence of the transport, and what helps. */
static void
explain(const struct detect_port *p, int error, const char *why,
    struct hearing *out)
{
	struct stat st;
	const struct group *g = NULL;

	if (error == -EACCES && group_helps(p->path, &st))
		g = getgrgid(st.st_gid);
	if (g != NULL)
		snprintf(out->why, sizeof(out->why), "no permission to open "
		    "it: it belongs to the group %.32s (as root: `adduser "
		    "USER %.32s`, then log in anew)", g->gr_name, g->gr_name);
	else if (error == -EACCES)
		snprintf(out->why, sizeof(out->why), "no permission to open "
		    "it, nor has a group that one might join: run this as "
		    "root");
	else if (error == -EINTR)
		snprintf(out->why, sizeof(out->why), "interrupted");
	else if (why[0] != '\0')
		snprintf(out->why, sizeof(out->why), "%s", why);
	else if (error == -EPERM)
		snprintf(out->why, sizeof(out->why), "a driver wanted to send "
		    "what it does not list; please report it");
	else
		snprintf(out->why, sizeof(out->why), "the device went away "
		    "while it was listened to (%s): was it unplugged?",
		    strerror(-error));
}

int
hear_port(const struct detect_port *p, const struct hear_options *o,
    struct detect *x, struct hearing *out)
{
	struct line line[DETECT_LINES];
	size_t lines = detect_lines(line);
	const char *name = strrchr(p->device, '/');

	*out = (struct hearing){ 0 };
	for (size_t i = 0; i < lines; i++) {
		struct heard *heard = &out->heard[out->n++];
		struct hearer h = {
			.o = o, .port = p, .x = x, .out = heard, .all = out,
		};
		char text[HEAR_LINE_TEXT], why[TTY_WHY] = "";
		int r;

		heard->line = line[i];
		hear_line_text(&line[i], text);
		snprintf(h.what, sizeof(h.what), "%.16s %s (%zu of %zu)",
		    name != NULL ? name + 1 : p->path, text, i + 1, lines);
		r = hear_line(&h, &line[i], why);
		/* Not every adapter takes every setting. */
		if (r == -EPROTO || r == -EINVAL) {
			snprintf(heard->why, sizeof(heard->why), "%s", why);
			continue;
		}
		if (r < 0) {
			explain(p, r, why, out);
			out->error = r;
			return r;
		}
		if (heard->n > 0 &&
		    heard->claim[0].verdict == DETECT_SURE) {
			out->sure = &heard->claim[0];
			return 0;
		}
	}
	return 0;
}
