/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See finding.h.
 *
 * Easy to get wrong: the cheapest explanation first.  A wrong speed makes
 * framing errors, damaged messages and garbage alike; whoever is told of
 * damaged messages looks for a bad cable.
 */
#include "daemon/finding.h"

#include "alerts/phrase.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define SLICE_MS 10000
#define CAME_BACK_MS 60000
/* So many bytes without a message are no accident of plugging in. */
#define UNREADABLE_BYTES 64
#define ERRORS_MIN 2
#define TCP_SOCKETS "/run/vitals-tcp/"

static const char *const names[FINDINGS] = {
	[FINDING_OK] = "ok",
	[FINDING_WAITING] = "waiting",
	[FINDING_NO_DEVICE] = "no-device",
	[FINDING_OTHER_DEVICE] = "other-device",
	[FINDING_AMBIGUOUS] = "ambiguous",
	[FINDING_IN_USE] = "in-use",
	[FINDING_SHARED] = "shared",
	[FINDING_NO_PERMISSION] = "no-permission",
	[FINDING_SETTINGS] = "settings-refused",
	[FINDING_NOT_A_PORT] = "not-a-port",
	[FINDING_NO_SOCKET] = "no-socket",
	[FINDING_HANGS_UP] = "hangs-up",
	[FINDING_NOT_OPENED] = "not-opened",
	[FINDING_MODEM] = "modem-commands",
	[FINDING_TAKES_NOTHING] = "takes-nothing",
	[FINDING_LINE_ERRORS] = "line-errors",
	[FINDING_PARITY] = "parity-errors",
	[FINDING_BREAKS] = "breaks",
	[FINDING_DAMAGED] = "damaged",
	[FINDING_UNREADABLE] = "unreadable",
	[FINDING_HALF_MESSAGE] = "half-message",
	[FINDING_FELL_SILENT] = "fell-silent",
	[FINDING_NEVER_HEARD] = "never-heard",
	[FINDING_CAME_BACK] = "came-back",
};

const char *
finding_name(enum finding f)
{
	return names[f];
}

/* For so long a monitor may say nothing. */
static int64_t
silence_ms(const struct config_port *p)
{
	int64_t own_ms = p->driver->silent_after_ms;
	int64_t asked_ms = 3000 * (int64_t)p->options.interval_s;

	return own_ms > asked_ms ? own_ms : asked_ms;
}

void
finding_watch_open(struct finding_watch *w, int64_t now_ms,
    struct finding_count count)
{
	w->slice[0] = w->slice[1] = (struct finding_slice){ now_ms, count };
	w->good_ms = STREAM_NEVER;
	w->back_ms = 0;
}

void
finding_watch_tick(struct finding_watch *w, int64_t now_ms,
    struct finding_count count)
{
	if (now_ms - w->slice[1].t_ms < SLICE_MS)
		return;
	w->slice[0] = w->slice[1];
	w->slice[1] = (struct finding_slice){ now_ms, count };
}

void
finding_watch_good(struct finding_watch *w, int64_t t_ms,
    const struct config_port *p)
{
	if (w->good_ms != STREAM_NEVER && t_ms - w->good_ms >= silence_ms(p)) {
		w->gap_ms = t_ms - w->good_ms;
		w->back_ms = t_ms;
	}
	w->good_ms = t_ms;
}

/* What was counted in the last slice or two. */
static struct finding_count
count_of_late(const struct finding_facts *f)
{
	const struct finding_count *was = &f->watch->slice[0].count;
	const struct finding_count *is = &f->count;

	return (struct finding_count){ is->bytes - was->bytes,
		is->good - was->good, is->bad - was->bad,
		is->framing - was->framing, is->parity - was->parity,
		is->breaks - was->breaks };
}

static enum finding
look_at_closed(const struct finding_facts *f)
{
	bool socket = f->port->transport == TRANSPORT_UNIX;

	switch (f->error) {
	case 0:
		return FINDING_WAITING;
	case -EMEDIUMTYPE:
		return FINDING_OTHER_DEVICE;
	case -ENOTUNIQ:
		return FINDING_AMBIGUOUS;
	case -EBUSY:
		return f->shared ? FINDING_SHARED : FINDING_IN_USE;
	case -EACCES:
	case -EPERM:
		return FINDING_NO_PERMISSION;
	case -EPROTO:
		return FINDING_SETTINGS;
	case -ENOTTY:
	case -EOPNOTSUPP:
		return FINDING_NOT_A_PORT;
	default:
		break;
	}
	if (socket && f->brief_n >= 2)
		return FINDING_HANGS_UP;
	if (f->error == -ENOENT || f->error == -ECONNREFUSED ||
	    f->error == -EPIPE || f->error == -ECONNRESET)
		return socket ? FINDING_NO_SOCKET : FINDING_NO_DEVICE;
	if (f->error == -ENXIO || f->error == -ENODEV || f->error == -EIO)
		return FINDING_NO_DEVICE;
	return FINDING_NOT_OPENED;
}

/* What the line itself counted, where it is more than a stray bit. */
static enum finding
look_at_line(const struct finding_count *c)
{
	uint64_t errors = c->framing + c->parity + c->breaks;

	if (errors < ERRORS_MIN || errors * 10 < c->good)
		return FINDING_OK;
	if (c->framing == 0 && c->parity > c->breaks)
		return FINDING_PARITY;
	return c->breaks > c->framing + c->parity ? FINDING_BREAKS :
	    FINDING_LINE_ERRORS;
}

static bool
is_damaged(const struct finding_count *c)
{
	return c->bad >= ERRORS_MIN && c->bad * 10 > c->good + c->bad;
}

static enum finding
look_at_open(const struct finding_facts *f, const struct finding_count *c)
{
	const struct finding_watch *w = f->watch;
	int64_t limit_ms = silence_ms(f->port);
	bool good = w->good_ms != STREAM_NEVER &&
	    f->now_ms - w->good_ms < limit_ms;
	bool bytes = f->byte_ms != STREAM_NEVER &&
	    f->now_ms - f->byte_ms < limit_ms;
	enum finding line = bytes ? look_at_line(c) : FINDING_OK;

	if (f->modem)
		return FINDING_MODEM;
	if (f->blocked)
		return FINDING_TAKES_NOTHING;
	if (line != FINDING_OK)
		return line;
	/* Where not one was ever sound, it is not the cable that hurts them. */
	if (bytes && is_damaged(c))
		return w->good_ms != STREAM_NEVER ? FINDING_DAMAGED :
		    FINDING_UNREADABLE;
	if (good && w->back_ms != 0 && f->now_ms - w->back_ms < CAME_BACK_MS)
		return FINDING_CAME_BACK;
	if (good)
		return FINDING_OK;
	if (bytes && (c->bytes >= UNREADABLE_BYTES ||
	    f->now_ms - f->since_ms >= limit_ms))
		return FINDING_UNREADABLE;
	if (f->now_ms - f->since_ms < limit_ms || bytes)
		return FINDING_WAITING;
	if (f->half)
		return FINDING_HALF_MESSAGE;
	return f->byte_ms != STREAM_NEVER ? FINDING_FELL_SILENT :
	    FINDING_NEVER_HEARD;
}

static void
put_count(struct phrase *p, uint64_t n, const char *what)
{
	phrase_put_int(p, n > 999999 ? 999999 : (int64_t)n);
	phrase_put(p, what);
}

/* " in the last 15 s" */
static void
put_span_of_count(struct phrase *p, const struct finding_facts *f)
{
	int64_t span_ms = f->now_ms - f->watch->slice[0].t_ms;

	phrase_put(p, " in the last ");
	phrase_put_span(p, span_ms < 1000 ? 1000 : span_ms);
}

/* "9600 8N1" */
static void
put_line(struct phrase *p, const struct line *l)
{
	char text[24];

	snprintf(text, sizeof text, "%u %u%c%u", l->baud, l->bits, l->parity,
	    l->stop);
	phrase_put(p, text);
}

static void
say_why(const struct finding_facts *f, const struct finding_count *c,
    enum finding finding, struct phrase *p)
{
	bool asks = f->port->driver->request != NULL;

	switch (finding) {
	case FINDING_WAITING:
		phrase_put(p, "waiting for the first message");
		return;
	case FINDING_MODEM:
		phrase_put(p, "modem commands (AT) are on the line: another "
		    "program takes the monitor for a modem");
		return;
	case FINDING_TAKES_NOTHING:
		phrase_put(p, "the monitor takes no bytes");
		if (f->port->line.flow == FLOW_RTSCTS)
			phrase_put(p, ": it does not raise CTS");
		return;
	case FINDING_LINE_ERRORS:
	case FINDING_PARITY:
	case FINDING_BREAKS:
		if (c->framing > 0)
			put_count(p, c->framing, c->parity + c->breaks > 0 ?
			    " framing, " : " framing errors");
		if (c->parity > 0)
			put_count(p, c->parity, c->breaks > 0 ? " parity errors"
			    " and " : " parity errors");
		if (c->breaks > 0)
			put_count(p, c->breaks, " breaks");
		put_span_of_count(p, f);
		phrase_put(p, ": the line is read at ");
		put_line(p, &f->port->line);
		return;
	case FINDING_DAMAGED:
		put_count(p, c->bad, " of ");
		put_count(p, c->good + c->bad, " messages are damaged");
		put_span_of_count(p, f);
		return;
	case FINDING_UNREADABLE:
		put_count(p, c->bytes, " bytes came");
		put_span_of_count(p, f);
		phrase_put(p, ", and no message that driver ");
		phrase_put(p, f->port->driver->name);
		phrase_put(p, " understands");
		return;
	case FINDING_HALF_MESSAGE:
		phrase_put(p, "it stopped in the middle of a message, ");
		phrase_put_span(p, f->now_ms - f->byte_ms);
		phrase_put(p, " ago");
		return;
	case FINDING_FELL_SILENT:
		phrase_put(p, "it has said nothing for ");
		phrase_put_span(p, f->now_ms - f->byte_ms);
		phrase_put(p, f->watch->good_ms != STREAM_NEVER ?
		    ", and was understood before" : ", and what it said "
		    "before was not understood");
		return;
	case FINDING_NEVER_HEARD:
		phrase_put(p, "not a byte came since the port was opened, ");
		phrase_put_span(p, f->now_ms - f->since_ms);
		phrase_put(p, asks ? " ago, though it is asked" : " ago");
		return;
	case FINDING_CAME_BACK:
		phrase_put(p, "it was silent for ");
		phrase_put_span(p, f->watch->gap_ms);
		phrase_put(p, ", and speaks again since ");
		phrase_put_span(p, f->now_ms - f->watch->back_ms);
		return;
	case FINDING_OK:
	case FINDING_NO_DEVICE:
	case FINDING_OTHER_DEVICE:
	case FINDING_AMBIGUOUS:
	case FINDING_IN_USE:
	case FINDING_SHARED:
	case FINDING_NO_PERMISSION:
	case FINDING_SETTINGS:
	case FINDING_NOT_A_PORT:
	case FINDING_NO_SOCKET:
	case FINDING_HANGS_UP:
	case FINDING_NOT_OPENED:
		return;
	}
}

/* The unit that makes the socket, where that can be told from its name. */
static void
put_unit(struct phrase *p, const struct config_port *c, const char *before)
{
	const char *path = config_socket_path(c->path);

	if (path == NULL || strncmp(path, TCP_SOCKETS, strlen(TCP_SOCKETS)) != 0) {
		phrase_put(p, "Look at the program that is to listen there.");
		return;
	}
	phrase_put(p, before);
	phrase_put(p, "`systemctl status vitals-tcp@");
	phrase_put(p, path + strlen(TCP_SOCKETS));
	phrase_put(p, "` says more.");
}

static void
say_todo(const struct finding_facts *f, enum finding finding,
    struct phrase *p)
{
	const struct config_port *c = f->port;

	switch (finding) {
	case FINDING_OK:
	case FINDING_WAITING:
		return;
	case FINDING_NO_DEVICE:
		phrase_put(p, config_port_is_usb(c) ? "Plug in its adapter, in "
		    "any socket. `lsusb -v` shows the numbers of those that "
		    "are there." : "Plug in its adapter; by-path means one "
		    "certain socket. `ls -l /dev/serial/by-id "
		    "/dev/serial/by-path` shows what is there.");
		return;
	case FINDING_OTHER_DEVICE:
		phrase_put(p, "Put the right adapter into this socket. If this "
		    "one is to stay here, write it into `expect:` and restart "
		    "vitalsd.");
		return;
	case FINDING_AMBIGUOUS:
		phrase_put(p, "Name the port by its link in /dev/serial/by-path"
		    "; of one adapter with several ports, put :if00 or :if01 "
		    "behind the serial number.");
		return;
	case FINDING_IN_USE:
		phrase_put(p, "End the other program; `fuser -v` with the "
		    "device names it. If it is ModemManager or brltty, remove "
		    "it.");
		return;
	case FINDING_SHARED:
		phrase_put(p, "Two monitors of vitalsd.yaml lead to one port: "
		    "give each its own, and restart vitalsd.");
		return;
	case FINDING_NO_PERMISSION:
		phrase_put(p, c->transport == TRANSPORT_UNIX ? "The socket "
		    "must be vitalsd's, as vitals-tcp@.service makes it." :
		    "vitalsd must be in the device's group (dialout); a "
		    "built-in port needs DeviceAllow= as vitalsd(8) says.");
		return;
	case FINDING_SETTINGS:
		phrase_put(p, "Take another adapter: this one cannot do these "
		    "settings. Or change them, here and at the monitor.");
		return;
	case FINDING_NOT_A_PORT:
		phrase_put(p, "Name a serial port. A simulator or a socat link "
		    "needs `transport: pty`.");
		return;
	case FINDING_NO_SOCKET:
		put_unit(p, c, "Is its unit enabled? ");
		return;
	case FINDING_HANGS_UP:
		put_unit(p, c, "Is the device server on, its address right, and "
		    "its connection not taken by somebody else? ");
		return;
	case FINDING_NOT_OPENED:
		phrase_put(p, "`journalctl -t vitalsd VITALSD_PORT=");
		phrase_put(p, c->name);
		phrase_put(p, "` says more.");
		return;
	case FINDING_MODEM:
		phrase_put(p, "Remove ModemManager, or name the adapter in a "
		    "rule as 98-vitalsd.rules says. A plug that joins both "
		    "directions sends them back, too.");
		return;
	case FINDING_TAKES_NOTHING:
		phrase_put(p, c->line.flow == FLOW_RTSCTS ? "Use a cable in "
		    "which RTS and CTS are wired; or set `flow: none`, if the "
		    "monitor's menu has no RTS/CTS." : "Is the monitor on? "
		    "Pull the adapter and plug it in again.");
		return;
	case FINDING_LINE_ERRORS:
		phrase_put(p, "Wrong speed, most likely: set baud and parity as "
		    "the monitor's menu shows them, there or here (`baud:`, "
		    "`parity:`).");
		return;
	case FINDING_PARITY:
		phrase_put(p, "The speed seems right and the parity wrong: set "
		    "it as the monitor's menu shows it, there or here "
		    "(`parity:`, `bits:`).");
		return;
	case FINDING_BREAKS:
		phrase_put(p, "The line is held low: is a plug half out, the "
		    "cable crossed where it should be straight, the monitor "
		    "just being switched? Or it sends much more slowly.");
		return;
	case FINDING_DAMAGED:
		phrase_put(p, "A long or bad cable, noise, or a wrong parity. "
		    "What is between must pass every byte: switch XON/XOFF off "
		    "there. No second program may read the port.");
		return;
	case FINDING_UNREADABLE:
		phrase_put(p, "It may be another driver's monitor, protocol, "
		    "speed or parity: compare them with the monitor's menu. "
		    "With vitalsd stopped, and so in no session, `vitalsctl "
		    "detect` tells whose it is; `vitalsctl record` keeps a "
		    "sample.");
		return;
	case FINDING_HALF_MESSAGE:
		phrase_put(p, "Cable pulled at the monitor, or the monitor off "
		    "or hung: look at it, and switch it off and on.");
		return;
	case FINDING_FELL_SILENT:
		if (c->transport == TRANSPORT_UNIX) {
			put_unit(p, c, "Is the monitor on, and the device "
			    "server and the network between? ");
			return;
		}
		phrase_put(p, "Is the monitor on and not in standby, its output "
		    "still on, and the cable in at both ends?");
		return;
	case FINDING_NEVER_HEARD:
		if (c->transport == TRANSPORT_UNIX) {
			put_unit(p, c, "Are the monitor and the device server "
			    "on, and its address right? ");
			return;
		}
		phrase_put(p, "Is the monitor on, its output on and set to ");
		phrase_put(p, c->driver->title);
		phrase_put(p, ", the cable in at both ends, and of the right "
		    "kind (crossed or straight)?");
		return;
	case FINDING_CAME_BACK:
		phrase_put(p, "Was it restarted, or is its cable loose? After a "
		    "restart look whether its settings are still yours.");
		return;
	}
}

enum finding
finding_of(const struct finding_facts *f, char why[FINDING_WHY],
    char todo[FINDING_TODO])
{
	struct finding_count c = count_of_late(f);
	enum finding finding = f->open ? look_at_open(f, &c) :
	    look_at_closed(f);
	struct phrase p;

	if (f->open) {
		p = phrase_begin(why, FINDING_WHY);
		say_why(f, &c, finding, &p);
	}
	p = phrase_begin(todo, FINDING_TODO);
	say_todo(f, finding, &p);
	return finding;
}
