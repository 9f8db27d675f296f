/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See port_say.h.
 *
 * Easy to get wrong: a cable that was pulled fails in another way than it was
 * lost ("the device is gone", then "no such device"); that is the same news.
 */
#include "daemon/port_say.h"

#include <errno.h>
#include <string.h>

#include "daemon/journal.h"

void
port_say_init(struct port_say *s, const struct config_port *port)
{
	*s = (struct port_say){ .port = port };
}

static struct journal_fields
about(const struct port_say *s, enum journal_message m, int error)
{
	return (struct journal_fields){ .message = m, .port = s->port->name,
		.driver = s->port->driver->name, .error = error };
}

void
port_say_tick(struct port_say *s, int64_t now_ms)
{
	if (s->lines_n == 0 || now_ms - s->span_ms < PORT_SAY_SPAN_MS)
		return;
	if (s->lines_n > PORT_SAY_LINES) {
		struct journal_fields f = about(s, JOURNAL_PLAIN, 0);

		journal_log(JOURNAL_NOTICE, &f, "port %s: %u more changes "
		    "within a minute were not logged; now it is %s",
		    s->port->name, s->lines_n - PORT_SAY_LINES,
		    s->down ? "not read" : s->silent ? "silent" : "read");
	}
	s->lines_n = 0;
}

/* Whether a line may be logged now. */
static bool
may_say(struct port_say *s, int64_t now_ms)
{
	port_say_tick(s, now_ms);
	if (s->lines_n == 0)
		s->span_ms = now_ms;
	return ++s->lines_n <= PORT_SAY_LINES;
}

static void
go_down(struct port_say *s, int64_t now_ms)
{
	if (!s->down) {
		s->down_ms = now_ms;
		s->attempts_n = 0;
	}
	s->down = true;
	s->silent = false;
}

void
port_say_lost(struct port_say *s, int64_t now_ms, int error, const char *why)
{
	struct journal_fields f = about(s, JOURNAL_PORT_LOST, error);

	go_down(s, now_ms);
	s->error = -ENOENT;	/* how trying fails while it is unplugged */
	if (may_say(s, now_ms))
		journal_log(JOURNAL_WARNING, &f, "port %s: %s (%s); trying "
		    "until it is back", s->port->name, why, strerror(-error));
}

void
port_say_failed(struct port_say *s, int64_t now_ms, int error, const char *why)
{
	struct journal_fields f = about(s, JOURNAL_PORT_LOST, error);
	bool news = !s->down || error != s->error;

	go_down(s, now_ms);
	s->attempts_n++;
	s->error = error;
	if (news && may_say(s, now_ms))
		journal_log(JOURNAL_WARNING, &f, "port %s: %s; trying until "
		    "it opens", s->port->name, why);
	else
		journal_log(JOURNAL_DEBUG, &f, "port %s: attempt %u: %s",
		    s->port->name, s->attempts_n, why);
}

void
port_say_open(struct port_say *s, int64_t now_ms, const char *device)
{
	struct journal_fields f = about(s, JOURNAL_PORT_OPEN, 0);
	bool back = s->down;

	s->down = s->blocked = false;
	if (!may_say(s, now_ms))
		return;
	if (back)
		journal_log(JOURNAL_NOTICE, &f, "port %s: reading %s on %s, "
		    "after %lld s and %u failed attempt%s", s->port->name,
		    s->port->driver->name, device,
		    (long long)((now_ms - s->down_ms) / 1000), s->attempts_n,
		    s->attempts_n == 1 ? "" : "s");
	else
		journal_log(JOURNAL_INFO, &f, "port %s: reading %s on %s",
		    s->port->name, s->port->driver->name, device);
}

/* As the alarm for missing data has it, with its shipped 10 s. */
static int64_t
limit_of(const struct config_port *p)
{
	int64_t limit_ms = PORT_SAY_SILENT_MS;

	if (p->driver->silent_after_ms > limit_ms)
		limit_ms = p->driver->silent_after_ms;
	if (3000 * (int64_t)p->options.interval_s > limit_ms)
		limit_ms = 3000 * (int64_t)p->options.interval_s;
	return limit_ms;
}

void
port_say_heard(struct port_say *s, int64_t now_ms, int64_t since_ms,
    const struct stream *stream)
{
	int64_t limit_ms = limit_of(s->port);
	/* What was heard before the line was opened anew is no excuse. */
	int64_t last_ms = stream->good_ms > since_ms ? stream->good_ms :
	    since_ms;
	bool silent = now_ms - last_ms >= limit_ms, bytes;
	struct journal_fields f = about(s, silent ? JOURNAL_PORT_SILENT :
	    JOURNAL_PORT_HEARD, 0);

	if (silent == s->silent)
		return;
	s->silent = silent;
	if (!silent) {
		if (may_say(s, now_ms))
			journal_log(JOURNAL_NOTICE, &f, "port %s: sound data "
			    "again, after %lld s", s->port->name,
			    (long long)((now_ms - s->silent_ms) / 1000));
		return;
	}
	s->silent_ms = last_ms;
	if (!may_say(s, now_ms))
		return;
	bytes = stream->byte_ms != STREAM_NEVER &&
	    now_ms - stream->byte_ms < limit_ms;
	journal_log(JOURNAL_WARNING, &f, "port %s: %s for %lld s: %s",
	    s->port->name, bytes ? "bytes come, but none that the driver "
	    "understands," : "not a byte", (long long)(limit_ms / 1000),
	    bytes ? "another monitor, speed or parity, or a bad cable?" :
	    "is the monitor on, its serial output too, and the cable in?");
}

void
port_say_blocked(struct port_say *s, int64_t now_ms, bool blocked)
{
	struct journal_fields f = about(s, JOURNAL_PLAIN, 0);
	bool news = blocked && !s->blocked;

	s->blocked = blocked;
	if (news && may_say(s, now_ms))
		journal_log(JOURNAL_WARNING, &f, "port %s: the monitor takes "
		    "no bytes; a request was dropped%s", s->port->name,
		    s->port->line.flow == FLOW_RTSCTS ?
		    " (RTS/CTS: is the cable fully wired?)" : "");
}

void
port_say_modem(struct port_say *s, int64_t now_ms)
{
	struct journal_fields f = about(s, JOURNAL_PLAIN, 0);

	if (may_say(s, now_ms))
		journal_log(JOURNAL_WARNING, &f, "port %s: modem commands "
		    "(AT) are on the line: ModemManager, or another program, "
		    "takes the monitor for a modem", s->port->name);
}
