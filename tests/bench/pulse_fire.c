/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How each kind of target is fired at; see pulse.h.
 *
 * Easy to get wrong: 49 and 54 lie within one step of each other
 * (vital_steps()), so that the stream believes each at once.
 */
#include "tests/bench/pulse.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

static const int rate[2] = { [LOW] = 49, [BACK] = 54 };

static void
open_pty(struct target *t, const char *link)
{
	struct termios raw;
	char slave[128];

	t->fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->fd < 0 || grantpt(t->fd) < 0 || unlockpt(t->fd) < 0 ||
	    ptsname_r(t->fd, slave, sizeof slave) != 0)
		die("no pseudo-terminal: %s", strerror(errno));
	t->slave = open(slave, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (t->slave < 0 || tcgetattr(t->slave, &raw) < 0)
		die("%s: %s", slave, strerror(errno));
	cfmakeraw(&raw);
	if (tcsetattr(t->slave, TCSANOW, &raw) < 0)
		die("%s: %s", slave, strerror(errno));
	(void)unlink(link);
	if (symlink(slave, link) < 0)
		die("%s: %s", link, strerror(errno));
}

static int
connect_unix(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof a.sun_path, "%s", path);
	if (fd < 0 || connect(fd, (const struct sockaddr *)&a, sizeof a) < 0)
		die("%s: %s", path, strerror(errno));
	return fd;
}

static int
connect_tcp(const char *port)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)atoi(port)),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	if (fd < 0 || connect(fd, (const struct sockaddr *)&a, sizeof a) < 0 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) < 0)
		die("port %s: %s", port, strerror(errno));
	return fd;
}

static void
write_all(int fd, const void *p, size_t n)
{
	const char *at = p;

	while (n > 0) {
		ssize_t w = write(fd, at, n);

		if (w < 0)
			die("a target takes no bytes: %s", strerror(errno));
		at += w;
		n -= (size_t)w;
	}
}

static void
watch_answers(struct pulse *p, struct target *t, int fd)
{
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = t };

	t->answer = fd;
	if (epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &e) < 0)
		die("epoll: %s", strerror(errno));
}

static void
set_match(struct target *t, int phase, const char *text, bool absent)
{
	snprintf(t->match[phase], sizeof t->match[phase], "%s", text);
	t->absent[phase] = absent;
}

void
target_open(struct pulse *p, struct target *t, const char *where,
    const char *also)
{
	static const char watch[] =
	    "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"watch\"}\n";
	static const char enable[] =
	    "?WATCH={\"enable\":true,\"json\":true};\n";
	static const char login[] = "USERNAME bench\nPASSWORD bench\n";

	switch (t->kind) {
	case KIND_BERRY:
		open_pty(t, where);
		set_match(t, LOW, "\"phase\":\"start\"", false);
		set_match(t, BACK, "\"phase\":\"end\"", false);
		return;
	case KIND_NMEA:
		if (t->fd < 0)
			open_pty(t, where);
		if (also != NULL) {
			watch_answers(p, t, connect_tcp(also));
			write_all(t->answer, enable, sizeof enable - 1);
		}
		return;
	case KIND_WATCH:
		set_match(t, LOW, "\"condition\":\"hr-low\"", false);
		set_match(t, BACK, "\"condition\":\"hr-low\"", true);
		watch_answers(p, t, connect_unix(where));
		write_all(t->answer, watch, sizeof watch - 1);
		return;
	case KIND_PUTVAL:
		set_match(t, LOW, "FAILURE", false);
		set_match(t, BACK, "OKAY", false);
		t->fd = connect_unix(where);
		return;
	case KIND_NUT:
		set_match(t, LOW, "ONBATT", false);
		set_match(t, BACK, "ONLINE", false);
		t->fd = connect_tcp(where);
		write_all(t->fd, login, sizeof login - 1);
		return;
	case KIND_GAUGE:
		return;
	}
}

static size_t
put_berry(int hr, uint8_t out[10])
{
	uint8_t sum = 0;

	memcpy(out, (uint8_t[]){ 0x55, 0xAA, 8, 2, 0, (uint8_t)hr, 14, 0, 1 },
	    9);
	for (int i = 2; i < 9; i++)
		sum = (uint8_t)(sum + out[i]);
	out[9] = (uint8_t)~sum;
	return 10;
}

static size_t
put_sentence(char *out, const char *body)
{
	unsigned sum = 0;

	for (const char *s = body; *s != '\0'; s++)
		sum ^= (unsigned char)*s;
	return (size_t)sprintf(out, "$%s*%02X\r\n", body, sum);
}

/* Each shot is a second later than the one before, and TPV names it. */
static size_t
put_nmea(struct target *t, char *out)
{
	unsigned s = t->shots % 86400;
	char clock[16], body[128], match[64];
	size_t n;

	snprintf(clock, sizeof clock, "%02u%02u%02u.00", s / 3600,
	    s / 60 % 60, s % 60);
	snprintf(body, sizeof body, "GPRMC,%s,A,5131.900,N,00007.400,W,"
	    "000.5,054.7,211126,,,A", clock);
	n = put_sentence(out, body);
	snprintf(body, sizeof body, "GPGGA,%s,5131.900,N,00007.400,W,1,08,0.9,"
	    "45.4,M,46.9,M,,", clock);
	n += put_sentence(out + n, body);
	snprintf(match, sizeof match, "T%02u:%02u:%02u.", s / 3600,
	    s / 60 % 60, s % 60);
	set_match(t, LOW, match, false);
	return n;
}

void
target_fire(struct target *t, int phase)
{
	char text[512];
	uint8_t frame[10];
	size_t n = 0;

	t->phase = phase;
	if (phase == LOW)
		t->shots++;
	switch (t->kind) {
	case KIND_BERRY:
	case KIND_WATCH:
		n = put_berry(rate[phase], frame);
		memcpy(text, frame, n);
		break;
	case KIND_NMEA:
		n = put_nmea(t, text);
		break;
	case KIND_PUTVAL:
		n = (size_t)sprintf(text, "PUTVAL bench/vitals/gauge-hr "
		    "interval=1 N:%d\n", rate[phase]);
		break;
	case KIND_NUT:
		n = (size_t)sprintf(text, "SET VAR bench ups.status \"%s\"\n",
		    phase == LOW ? "OB" : "OL");
		break;
	case KIND_GAUGE:
		/* The scrape sees it from now on; a bed of its own each. */
		snprintf(t->match[LOW], sizeof t->match[LOW], "\"bed\":\"%u\"",
		    t->shots);
		break;
	}
	t->waiting = true;
	if (n > 0)
		write_all(t->fd, text, n);
	t->sent_ns = now_ns();
	/* What collectd and upsd say to it is not looked at. */
	if (t->kind == KIND_PUTVAL || t->kind == KIND_NUT)
		while (recv(t->fd, text, sizeof text, MSG_DONTWAIT) > 0)
			;
}

long
target_flood(struct target *t)
{
	static char text[8192];
	size_t n = 0;

	while (n + 512 < sizeof text) {
		t->shots++;
		n += t->kind == KIND_NMEA ? put_nmea(t, text + n) :
		    put_berry(rate[BACK], (uint8_t *)text + n);
	}
	write_all(t->fd, text, n);
	while (t->answer >= 0 && recv(t->answer, t->line, sizeof t->line,
	    MSG_DONTWAIT) > 0)
		;
	t->line_n = 0;
	return (long)n;
}
