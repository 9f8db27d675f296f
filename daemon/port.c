/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A port's life on the event loop: open, read, ask, lose, wait, open again.
 *
 * Easy to get wrong: a port that floods must not starve the others, so one
 * turn reads a bounded number of bytes; and a port that comes and goes ten
 * times a second must neither spin nor fill the log.
 */
#include "daemon/port.h"

#include "daemon/clock.h"
#include "daemon/journal.h"
#include "daemon/modem.h"
#include "daemon/place.h"
#include "daemon/port_say.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TICK_MS 250		/* the port's tick; also asks the driver */
#define TICK_IDLE_MS 1000	/* where there is nothing to ask and to send */
#define FROZEN_MS 5000		/* the tick did not run: nor did vitalsd */
#define TURN_BYTES 65536	/* read in one turn of the loop, at most */
#define WRITE_MS 2000		/* a message is on the wire by then, or dropped */

/* Waits before another attempt to open.  A line that twice in a row did not
 * last for BRIEF_MS is in a storm of plugging, and is hurried by nothing. */
#define RETRY_SOON_MS 100
#define RETRY_MS 1000
#define RETRY_LATE_MS 2000
#define BRIEF_MS 5000

struct port {
	const struct config_port *config;
	size_t index;
	struct port_sink sink;
	struct loop *loop;
	struct loop_port on_loop;
	uint32_t watched;	/* EPOLLIN, perhaps EPOLLOUT */
	struct tty *tty;	/* NULL while it is not open */
	struct stream *stream;	/* narrow, until something long comes */
	union driver_state *state;	/* of the driver's state_size */
	uint64_t turns;
	int64_t turned_ms;	/* when the tick last ran */
	bool told;		/* the sink knows the state of the line */
	unsigned brief_n;	/* so often in a row it was lost soon */
	bool recording;
	int64_t tried_ms, next_ms;	/* attempts to open */
	int64_t since_ms, frame_ms, byte_ms;
	uint64_t opened, written, write_failures, refused;
	struct modem modem;
	struct tty_errors errors;	/* of lines closed since */
	int error;		/* why it is not open */
	char *device, *usb, *why;	/* as in struct port_status; NULL: "" */
	enum line_state line;	/* as the sink was told */
	const struct port *holder;	/* LINE_SHARED: who reads it */
	struct finding_watch watch;
	bool has_device_clock;
	int64_t skew_ms;
	/* The message being written; none if out_n is 0.  Bytes that the
	 * kernel took are sent only when the wire has them. */
	uint8_t *out;		/* TX_MAX; NULL: it only listens */
	size_t out_n, out_done;
	int64_t out_ms;
	struct port_say say;
};
_Static_assert(sizeof(struct port) <= 608, "a port grows");

/* "no such device: /dev/serial/by-id/..." */
static void
say_why(char out[TTY_WHY], const char *what, const char *path)
{
	if (snprintf(out, TTY_WHY, "%s: %s", what, path) >= TTY_WHY)
		memcpy(out + TTY_WHY - 4, "...", 4);
}

/* *kept becomes that text.  Where memory is short, it becomes "". */
static void
keep_text(char **kept, const char *text)
{
	free(*kept);
	*kept = text[0] != '\0' ? strdup(text) : NULL;
}

static const char *
text_of(const char *kept)
{
	return kept != NULL ? kept : "";
}

static void
arm_tick(struct port *p, int64_t now_ms)
{
	const struct driver *d = p->config->driver;
	bool idle = d->request == NULL && d->quiet_ms == 0 && p->out_n == 0;
	int64_t next_ms = now_ms + (idle ? TICK_IDLE_MS : TICK_MS);

	if (p->tty == NULL && p->next_ms < next_ms)
		next_ms = p->next_ms;
	loop_tick_at(p->loop, &p->on_loop, next_ms);
}

static void
watch_for(struct port *p, uint32_t events)
{
	/* Where it fails, the next tick tries again. */
	if (events != p->watched && loop_watch_for(p->loop, &p->on_loop,
	    transport_fd(p->tty), events) == 0)
		p->watched = events;
}

static void
add_errors(struct tty_errors *sum, const struct port *p)
{
	struct tty_errors e = { 0 };

	if (p->tty != NULL)
		transport_errors(p->tty, &e);
	sum->framing = p->errors.framing + e.framing;
	sum->parity = p->errors.parity + e.parity;
	sum->breaks = p->errors.breaks + e.breaks;
	sum->overruns = p->errors.overruns + e.overruns;
}

/* All that was counted since the port was made. */
static struct finding_count
counted(const struct port *p)
{
	const struct stream_counters *c = &p->stream->count;
	struct finding_count out = { .bytes = c->bytes,
		.good = c->frames[DECODE_OK] + c->frames[DECODE_IGNORED],
		.bad = c->lost };
	struct tty_errors e;

	for (int d = DECODE_IGNORED + 1; d < DECODES; d++)
		out.bad += c->frames[d];
	add_errors(&e, p);
	out.framing = e.framing;
	out.parity = e.parity;
	out.breaks = e.breaks;
	return out;
}

/* The device is let go at once, so that its number is free when it is plugged
 * in again. */
static void
close_line(struct port *p)
{
	add_errors(&p->errors, p);
	loop_unwatch(p->loop, &p->on_loop, transport_fd(p->tty));
	transport_close(p->tty);
	p->tty = NULL;
	p->out_n = 0;
}

/* The least time between two attempts. */
static int64_t
hurry_ms(const struct port *p)
{
	return p->brief_n >= 2 ? RETRY_MS : RETRY_SOON_MS;
}

static void
lose_line(struct port *p, int64_t now_ms, int error)
{
	char why[TTY_WHY];

	close_line(p);
	p->brief_n = now_ms - p->since_ms < BRIEF_MS ? p->brief_n + 1 : 0;
	p->since_ms = now_ms;
	p->error = error;
	p->next_ms = now_ms + hurry_ms(p);
	say_why(why, p->config->transport == TRANSPORT_UNIX ?
	    "the other end of the socket has closed" : "the device is gone",
	    text_of(p->device));
	keep_text(&p->why, why);
	/* The number may be another monitor's now. */
	keep_text(&p->device, "");
	keep_text(&p->usb, "");
	port_say_lost(&p->say, now_ms, error, why);
	arm_tick(p, now_ms);
	p->line = p->config->transport == TRANSPORT_UNIX ? LINE_NO_PEER :
	    LINE_GONE;
	p->sink.link(p->sink.arg, p->index, p->line, why);
}

/* Nobody took it in time.  Of a socket nothing can be taken back, and who does
 * not read there hangs: let it notice.  False if the line was lost. */
static bool
drop_message(struct port *p, int64_t now_ms)
{
	p->write_failures++;
	if (p->config->transport == TRANSPORT_UNIX) {
		lose_line(p, now_ms, -ETIMEDOUT);
		return false;
	}
	transport_drop_unsent(p->tty);
	p->out_n = 0;
	watch_for(p, EPOLLIN);
	port_say_blocked(&p->say, now_ms, true);
	return true;
}

/* Sends what the kernel takes of the message.  False if the line was lost. */
static bool
push_message(struct port *p, int64_t now_ms)
{
	bool waiting;

	while (p->out_done < p->out_n) {
		ssize_t w = transport_write(p->tty, p->out + p->out_done,
		    p->out_n - p->out_done);

		if (w == -EAGAIN)
			break;
		if (w < 0) {
			p->write_failures++;
			lose_line(p, now_ms, (int)w);
			return false;
		}
		p->out_done += (size_t)w;
		if (p->recording && p->out_done == p->out_n)
			p->sink.bytes(p->sink.arg, p->index, now_ms, true,
			    p->out, p->out_n);
	}
	waiting = p->out_done < p->out_n;
	if (!waiting && transport_unsent(p->tty) == 0) {
		p->written++;
		port_say_blocked(&p->say, now_ms, false);
		p->out_n = 0;
	} else if (now_ms - p->out_ms >= WRITE_MS) {
		return drop_message(p, now_ms);
	}
	watch_for(p, waiting ? EPOLLIN | EPOLLOUT : EPOLLIN);
	return true;
}

/* The one function through which vitalsd sends anything. */
static bool
send_message(struct port *p, int64_t now_ms, const uint8_t *m, size_t n)
{
	assert(p->out_n == 0);
	if (!tx_allowed(p->config->driver, m, n)) {
		if (p->refused++ == 0)
			journal_error("port %s: driver %s wanted to send what "
			    "it does not list; refused: a mistake in the "
			    "driver, please report it", p->config->name,
			    p->config->driver->name);
		return true;
	}
	memcpy(p->out, m, n);
	p->out_n = n;
	p->out_done = 0;
	p->out_ms = now_ms;
	return push_message(p, now_ms);
}

/* Finishes the message under way, or asks the driver for another. */
static bool
serve_output(struct port *p, int64_t now_ms)
{
	uint8_t m[TX_MAX];
	size_t n;

	if (p->out_n > 0)
		return push_message(p, now_ms);
	n = stream_request(p->stream, now_ms, m);
	assert(n <= sizeof(m));
	return n == 0 || send_message(p, now_ms, m, n);
}

/* For a frame that is longer than all before.  Where memory is short, it is
 * lost. */
static void
widen(struct port *p, int64_t t_ms)
{
	struct stream *wide = realloc(p->stream,
	    stream_size(p->config->driver));

	if (wide == NULL) {
		stream_reset(p->stream, t_ms);
		return;
	}
	stream_widen(wide);
	p->stream = wide;
}

static void
take_frames(struct port *p)
{
	struct decoded d;

	while (stream_next(p->stream, &d)) {
		if (d.result == DECODE_OK || d.result == DECODE_IGNORED) {
			finding_watch_good(&p->watch, d.t_ms, p->config);
			p->frame_ms = d.t_ms;
		}
		if (d.result == DECODE_OK && d.readings.device_clock_ms != 0) {
			p->has_device_clock = true;
			p->skew_ms = d.readings.device_clock_ms -
			    clock_wall_ms();
		}
		p->sink.frame(p->sink.arg, p->index, &d);
	}
}

static void
take_bytes(struct port *p, int64_t t_ms, const uint8_t *bytes, size_t n)
{
	p->byte_ms = t_ms;
	if (modem_look(&p->modem, bytes, n))
		port_say_modem(&p->say, t_ms);
	if (p->recording)
		p->sink.bytes(p->sink.arg, p->index, t_ms, false, bytes, n);
	while (n > 0) {
		size_t taken = stream_feed(p->stream, t_ms, bytes, n);

		assert(taken > 0 && taken <= n);
		bytes += taken;
		n -= taken;
		take_frames(p);
		if (stream_is_cramped(p->stream))
			widen(p, t_ms);
	}
}

/* After a suspension: nobody knows when what waits in the buffer came, so it is
 * dropped, as at an opening. */
static void
wake_up(struct port *p, int64_t now_ms)
{
	uint8_t buf[4096];
	ssize_t n = 0;

	p->turned_ms = now_ms;
	for (int i = 0; i < TURN_BYTES / (int)sizeof(buf); i++) {
		n = transport_read(p->tty, buf, sizeof(buf));
		if (n < 0)
			break;
		p->stream->count.bytes += (uint64_t)n;
		p->stream->count.garbage += (uint64_t)n;
	}
	if (n < 0 && n != -EAGAIN)
		lose_line(p, now_ms, (int)n);
	else
		stream_reset(p->stream, now_ms);
}

static void
on_ready(void *arg, uint32_t revents)
{
	struct port *p = arg;
	uint8_t buf[4096];

	if (clock_boot_ms() - p->turned_ms > FROZEN_MS)
		wake_up(p, clock_boot_ms());
	for (size_t done = 0; p->tty != NULL && done < TURN_BYTES;) {
		ssize_t n = transport_read(p->tty, buf, sizeof(buf));
		int64_t now_ms = clock_boot_ms();

		if (n == -EAGAIN)
			break;
		if (n < 0) {
			lose_line(p, now_ms, (int)n);
			return;
		}
		take_bytes(p, now_ms, buf, (size_t)n);
		done += (size_t)n;
		/* That was all, unless the line is gone: its end is read. */
		if ((size_t)n < sizeof(buf) &&
		    (revents & (EPOLLHUP | EPOLLERR)) == 0)
			break;
	}
	/* What was heard may want an answer, and not in a quarter of a second:
	 * an association lapses without it. */
	if (p->tty != NULL && (revents & EPOLLOUT ||
	    p->config->driver->request != NULL))
		(void)serve_output(p, clock_boot_ms());
}

/* What a failed attempt to open says of the line. */
static enum line_state
line_of(const struct port *p, int error)
{
	bool socket = p->config->transport == TRANSPORT_UNIX;

	switch (error) {
	case -EMEDIUMTYPE:
		return LINE_OTHER_DEVICE;
	case -EBUSY:
		return p->holder != NULL ? LINE_SHARED : LINE_IN_USE;
	case -EACCES:
	case -EPERM:
		return LINE_NO_PERMISSION;
	case -ENOENT:
	case -ECONNREFUSED:
	case -EPIPE:
	case -ECONNRESET:
		return socket ? LINE_NO_PEER : LINE_GONE;
	case -ENXIO:
	case -ENODEV:
	case -EIO:
		return LINE_GONE;
	default:
		return LINE_NOT_OPENED;
	}
}

/* An attempt that failed; only a new reason is news. */
static void
note_failure(struct port *p, int64_t now_ms, int error, const char *what,
    const char *device)
{
	enum line_state line;
	char why[TTY_WHY], shared[TTY_WHY];

	p->holder = error == -EBUSY && device[0] != '\0' &&
	    p->sink.holder != NULL ? p->sink.holder(p->sink.arg, device) :
	    NULL;
	line = line_of(p, error);
	if (p->holder != NULL) {
		snprintf(shared, sizeof(shared), "it is the port of %s too",
		    p->holder->config->name);
		what = shared;
	}
	p->next_ms = now_ms + (now_ms - p->since_ms < RETRY_LATE_MS ?
	    RETRY_MS : RETRY_LATE_MS);
	say_why(why, what, p->config->path);
	port_say_failed(&p->say, now_ms, error, why);
	if (p->told && strcmp(why, text_of(p->why)) == 0)
		return;
	keep_text(&p->why, why);
	p->error = error;
	if (!p->told || line != p->line)
		p->sink.link(p->sink.arg, p->index, line, why);
	p->line = line;
	p->told = true;
}

static void
try_open(struct port *p, int64_t now_ms)
{
	char path[TTY_DEVICE], device[TTY_DEVICE] = "", usb[USB_TEXT] = "";
	char why[TTY_WHY];
	int r = place_find(p->config, path, usb, why);

	if (r == 0)
		r = transport_open(&p->tty, p->config->transport, path,
		    &p->config->line, device, why);
	p->tried_ms = now_ms;
	if (r == 0) {
		p->watched = EPOLLIN;
		r = loop_watch(p->loop, &p->on_loop, transport_fd(p->tty),
		    p->watched);
		if (r < 0) {
			transport_close(p->tty);
			p->tty = NULL;
			snprintf(why, sizeof(why), "cannot be watched: %s",
			    strerror(-r));
		}
	}
	if (r < 0) {
		note_failure(p, now_ms, r, why, device);
		return;
	}
	keep_text(&p->device, device);
	keep_text(&p->usb, usb);
	keep_text(&p->why, "");
	p->error = 0;
	p->told = true;
	p->modem = (struct modem){ 0 };
	p->opened++;
	p->since_ms = now_ms;
	stream_reset(p->stream, now_ms);
	finding_watch_open(&p->watch, now_ms, counted(p));
	port_say_open(&p->say, now_ms, device);
	p->line = LINE_OPEN;
	p->sink.link(p->sink.arg, p->index, p->line, "");
	(void)serve_output(p, now_ms);
}

static void
on_tick(void *arg)
{
	struct port *p = arg;
	int64_t now_ms = clock_boot_ms();

	if (p->tty != NULL && now_ms - p->turned_ms > FROZEN_MS)
		wake_up(p, now_ms);
	p->turned_ms = now_ms;
	p->turns++;
	port_say_tick(&p->say, now_ms);
	if (p->tty != NULL) {
		stream_quiet(p->stream, now_ms);
		take_frames(p);
		finding_watch_tick(&p->watch, now_ms, counted(p));
		port_say_heard(&p->say, now_ms, p->since_ms, p->stream);
		(void)serve_output(p, now_ms);
	} else if (now_ms >= p->next_ms) {
		try_open(p, now_ms);
	}
	arm_tick(p, now_ms);
}

int
port_new(struct port **out, struct loop *loop, const struct config_port *c,
    size_t index, const struct port_sink *sink)
{
	int64_t now_ms = clock_boot_ms();
	struct port *p = calloc(1, sizeof(*p));
	int r;

	if (p == NULL)
		return -ENOMEM;
	p->config = c;
	p->index = index;
	p->sink = *sink;
	p->loop = loop;
	p->on_loop = (struct loop_port){ on_ready, on_tick, p, 0 };
	p->since_ms = p->next_ms = p->turned_ms = now_ms;
	p->frame_ms = p->byte_ms = STREAM_NEVER;
	keep_text(&p->why, "not opened yet");
	port_say_init(&p->say, c);
	r = loop_join(loop, &p->on_loop);
	if (r < 0) {
		free(p->why);
		free(p);
		return r;
	}
	p->stream = malloc(stream_size_narrow());
	p->state = malloc(c->driver->state_size + 1u);
	if (c->driver->tx != NULL)
		p->out = malloc(TX_MAX);
	if (p->stream == NULL || p->state == NULL ||
	    (c->driver->tx != NULL && p->out == NULL)) {
		port_free(p);
		return -ENOMEM;
	}
	stream_init_narrow(p->stream, p->state, c->driver, &c->options, now_ms);
	loop_tick_at(loop, &p->on_loop, now_ms);
	*out = p;
	return 0;
}

bool
port_release(struct port *p)
{
	uint8_t m[TX_MAX];
	int64_t now_ms = clock_boot_ms();
	size_t n;

	if (p->tty == NULL || p->out_n > 0)
		return false;
	n = stream_release(p->stream, now_ms, m);
	assert(n <= sizeof(m));
	return n > 0 && send_message(p, now_ms, m, n);
}

bool
port_unsent(const struct port *p)
{
	return p->tty != NULL && transport_unsent(p->tty) > 0;
}

void
port_free(struct port *p)
{
	if (p == NULL)
		return;
	if (p->tty != NULL)
		close_line(p);
	loop_leave(p->loop, &p->on_loop);
	free(p->stream);
	free(p->state);
	free(p->device);
	free(p->usb);
	free(p->why);
	free(p->out);
	free(p);
}

/* What is wrong of late. */
static void
look_for_findings(const struct port *p, struct port_status *out)
{
	struct finding_facts f = {
		.port = p->config,
		.now_ms = out->now_ms,
		.open = p->tty != NULL,
		.since_ms = p->since_ms,
		.error = p->error,
		.shared = p->line == LINE_SHARED,
		.brief_n = p->brief_n,
		.byte_ms = p->stream->byte_ms,
		.half = stream_is_halfway(p->stream),
		.modem = p->modem.commands >= 2,
		.blocked = p->say.blocked,
		.watch = &p->watch,
		.count = counted(p),
	};

	out->finding = finding_of(&f, out->why, out->todo);
}

bool
port_has(const struct port *p, const char *device)
{
	return p->tty != NULL && strcmp(text_of(p->device), device) == 0;
}

size_t
port_shares(const struct port *p)
{
	return p->holder != NULL ? p->holder->index : p->index;
}

void
port_status(const struct port *p, struct port_status *out)
{
	struct tty_errors e;

	add_errors(&e, p);
	*out = (struct port_status){
		.open = p->tty != NULL,
		.since_ms = p->since_ms,
		.now_ms = clock_boot_ms(),
		.opened = p->opened,
		.byte_ms = p->byte_ms,
		.frame_ms = p->frame_ms,
		.count = p->stream->count,
		.framing_errors = e.framing,
		.parity_errors = e.parity,
		.breaks = e.breaks,
		.written = p->written,
		.write_failures = p->write_failures,
		.refused = p->refused,
		.device_clock_skew_ms = p->skew_ms,
		.has_device_clock = p->has_device_clock,
	};
	snprintf(out->why, sizeof(out->why), "%s", text_of(p->why));
	snprintf(out->device, sizeof(out->device), "%s", text_of(p->device));
	snprintf(out->usb, sizeof(out->usb), "%s", text_of(p->usb));
	look_for_findings(p, out);
}

void
port_hotplug(struct port *p)
{
	int64_t now_ms = clock_boot_ms();
	int64_t at_ms = p->tried_ms + hurry_ms(p);

	if (p->tty != NULL || p->next_ms <= at_ms)
		return;
	p->next_ms = at_ms > now_ms ? at_ms : now_ms;
	arm_tick(p, now_ms);
}

void
port_record(struct port *p, bool on)
{
	p->recording = on;
}

uint64_t
port_turns(const struct port *p)
{
	return p->turns;
}
