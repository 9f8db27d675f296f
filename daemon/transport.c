/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Serial lines: over libserialport for real ports, over plain termios for
 * pseudo-terminals, which libserialport 0.1.1 cannot open, and over stream
 * sockets, at whose other end is a program that holds the line.
 *
 * Easy to get wrong, all measured: sp_get_port_by_name() takes no by-id link;
 * it neither locks the port nor closes it in children; its zero-byte read may be an
 * unplugged port; its SP_ERR_FAIL may be a full output buffer;
 * sp_last_error_code() is whatever errno was left at; and close(2) on a
 * terminal waits up to 30 s for output that a missing CTS holds up.
 */
#include "daemon/transport.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <limits.h>
#include <linux/serial.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

/* The kernel counts in int and wraps. */
struct counters {
	unsigned framing, parity, breaks, overruns;
};

struct tty {
	int fd;			/* the serial port's belongs to 'sp' */
	struct sp_port *sp;	/* NULL for all but a real port */
	bool socket;
	bool locked;		/* by us: what is set is ours to undo */
	bool counts;		/* 'base' holds the counters at opening */
	struct counters base;
	struct tty_errors errors;	/* as last asked */
};

/* libserialport's answers as errno.  To be called at once: errno is all that
 * it keeps of a failed system call. */
static int
sp_errno(enum sp_return r)
{
	int saved = errno;

	switch (r) {
	case SP_ERR_ARG:
		return -EINVAL;
	case SP_ERR_MEM:
		return -ENOMEM;
	case SP_ERR_SUPP:
		return -EOPNOTSUPP;
	case SP_ERR_FAIL:
		return saved > 0 ? -saved : -EIO;
	case SP_OK:
	default:
		return 0;
	}
}

/* "19200 8E1 RTS/CTS" */
#define LINE_TEXT 36
static void
describe(char out[LINE_TEXT], int baud, const struct termios *t)
{
	tcflag_t size = t->c_cflag & CSIZE;

	snprintf(out, LINE_TEXT, "%d %c%c%c%s%s", baud,
	    size == CS8 ? '8' : size == CS7 ? '7' : size == CS6 ? '6' : '5',
	    (t->c_cflag & PARENB) == 0 ? 'N' : t->c_cflag & PARODD ? 'O' : 'E',
	    t->c_cflag & CSTOPB ? '2' : '1',
	    t->c_cflag & CRTSCTS ? " RTS/CTS" : "",
	    t->c_iflag & (IXON | IXOFF | IXANY) ? " XON/XOFF" : "");
}

/* Every flag that decides how bytes pass, as it has to be.
 *
 * INPCK alone turns a byte with a framing or parity error into 00: it keeps
 * its place, so no shorter text or frame comes about that reads well, and the
 * driver's checks refuse it.  How many there were is asked of the kernel
 * (TIOCGICOUNT), so there is no need of PARMRK, which would double every FF.
 *
 * HUPCL is off: a monitor need not notice that vitalsd restarts. */
static void
make_raw(struct termios *t, const struct line *l)
{
	t->c_iflag = INPCK;
	t->c_oflag = 0;
	t->c_lflag = 0;
	t->c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CMSPAR | CSTOPB |
	    CRTSCTS | HUPCL);
	t->c_cflag |= CREAD | CLOCAL | (l->bits == 7 ? CS7 : CS8) |
	    (l->parity != 'N' ? PARENB : 0) | (l->parity == 'O' ? PARODD : 0) |
	    (l->stop == 2 ? CSTOPB : 0) | (l->flow == FLOW_RTSCTS ? CRTSCTS : 0);
	t->c_cc[VMIN] = 0;
	t->c_cc[VTIME] = 0;
}

#define CFLAGS_CHECKED (CSIZE | PARENB | PARODD | CSTOPB | CRTSCTS | CREAD | \
    CLOCAL | HUPCL)

/* Whether the device took all of it. */
static bool
is_raw(const struct termios *got, const struct termios *asked)
{
	return got->c_iflag == asked->c_iflag &&
	    got->c_oflag == asked->c_oflag && got->c_lflag == asked->c_lflag &&
	    (got->c_cflag & CFLAGS_CHECKED) ==
	    (asked->c_cflag & CFLAGS_CHECKED) &&
	    got->c_cc[VMIN] == 0 && got->c_cc[VTIME] == 0;
}

/* The rate that the port is at, as libserialport reads it (also rates that
 * termios has no constant for); negative errno. */
static int
serial_baud(struct sp_port *sp, int *out)
{
	struct sp_port_config *c;
	int r = sp_errno(sp_new_config(&c));

	if (r != 0)
		return r;
	r = sp_errno(sp_get_config(sp, c));
	if (r == 0)
		r = sp_errno(sp_get_config_baudrate(c, out));
	sp_free_config(c);
	return r;
}

/* Some adapters answer with the rate that their divider really gives; a UART
 * bears 2 %. */
static bool
is_same_baud(int a, int b)
{
	return abs(a - b) <= b / 50;
}

/* Sets the line and reads it back. */
static int
set_line(struct tty *t, const struct line *l, char why[TTY_WHY])
{
	struct termios asked, got;
	char want[LINE_TEXT], have[LINE_TEXT];
	int baud = (int)l->baud, r = 0;

	if (t->sp != NULL)
		r = sp_errno(sp_set_baudrate(t->sp, baud));
	if (r == 0 && tcgetattr(t->fd, &asked) != 0)
		r = -errno;
	if (r != 0)
		goto refused;
	make_raw(&asked, l);
	/* libserialport's own calls for the rest couple flow control with the
	 * modem lines, which some adapters refuse; so the rest is set here. */
	if (t->sp == NULL) {
		/* A pseudo-terminal is 8N1 and as fast as it is; the rate is
		 * only shown to whoever asks at the other end. */
		asked.c_cflag &= ~(tcflag_t)(CSIZE | PARENB | PARODD | CSTOPB |
		    CRTSCTS);
		asked.c_cflag |= CS8;
		(void)cfsetspeed(&asked, (speed_t)l->baud);
	}
	if (tcsetattr(t->fd, TCSANOW, &asked) != 0 ||
	    tcgetattr(t->fd, &got) != 0) {
		r = -errno;
		goto refused;
	}
	if (t->sp != NULL)
		r = serial_baud(t->sp, &baud);
	if (r != 0)
		goto refused;
	if (is_same_baud(baud, (int)l->baud) && is_raw(&got, &asked))
		return 0;
	describe(want, (int)l->baud, &asked);
	describe(have, baud, &got);
	snprintf(why, TTY_WHY, "the line was set to %s, but the device "
	    "stays at %s%s", want, have, strcmp(want, have) == 0 ?
	    " (other terminal flags differ)" : "");
	return -EPROTO;
refused:
	snprintf(why, TTY_WHY, "the line cannot be set up: %s", strerror(-r));
	return r;
}

/* Against other users of the port: TIOCEXCL refuses whoever opens it later
 * (but root), flock() whoever had it before us and asks likewise.  TIOCEXCL
 * belongs to the terminal, not to us: a serial port loses it with its last
 * closing, but a pseudo-terminal keeps it for as long as its other end is
 * open, and would shut out vitalsd itself after a kill -9. */
static int
lock(struct tty *t)
{
	if (flock(t->fd, LOCK_EX | LOCK_NB) != 0)
		return errno == EWOULDBLOCK ? -EBUSY : -errno;
	t->locked = true;
	if (t->sp != NULL && ioctl(t->fd, TIOCEXCL) != 0)
		return -errno;
	return 0;
}

static int
open_serial(struct tty *t, const char *device)
{
	int r = sp_errno(sp_get_port_by_name(device, &t->sp));

	if (r != 0)	/* the kernel lists no such port */
		return r == -ENOMEM ? r : -ENOTTY;
	r = sp_errno(sp_open(t->sp, SP_MODE_READ_WRITE));
	if (r != 0)	/* it insists on setting the modem lines */
		return r == -ENOTTY ? -EOPNOTSUPP : r;
	r = sp_errno(sp_get_port_handle(t->sp, &t->fd));
	if (r == 0 && fcntl(t->fd, F_SETFD, FD_CLOEXEC) != 0)
		r = -errno;
	return r;
}

static int
open_pty(struct tty *t, const char *device)
{
	t->fd = open(device, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (t->fd < 0)
		return -errno;
	return isatty(t->fd) ? 0 : -ENOTTY;
}

/* Of a socket that is full up with others, connect() says EAGAIN at once. */
static int
open_socket(struct tty *t, const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };

	t->socket = true;
	if (strlen(path) >= sizeof(at.sun_path))
		return -ENAMETOOLONG;
	strcpy(at.sun_path, path);
	t->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->fd < 0 || connect(t->fd, (struct sockaddr *)&at,
	    sizeof(at)) != 0)
		return errno == EAGAIN ? -EBUSY : -errno;
	return 0;
}

static void
explain_socket(char why[TTY_WHY], int r)
{
	switch (r) {
	case -ENOENT:
		snprintf(why, TTY_WHY, "there is no such socket");
		break;
	case -ECONNREFUSED:
		snprintf(why, TTY_WHY, "nobody listens at the socket");
		break;
	case -EBUSY:
		snprintf(why, TTY_WHY, "the socket is taken by another "
		    "program");
		break;
	case -EACCES:
	case -EPERM:
		snprintf(why, TTY_WHY, "no permission to open the socket");
		break;
	default:
		snprintf(why, TTY_WHY, "the socket cannot be opened: %s",
		    strerror(-r));
		break;
	}
}

static void
explain(char why[TTY_WHY], int r)
{
	switch (r) {
	case -ENOENT:
	case -ENXIO:
	case -ENODEV:
		snprintf(why, TTY_WHY, "no such device");
		break;
	case -EBUSY:
		snprintf(why, TTY_WHY,
		    "the port is in use by another program");
		break;
	case -EACCES:
	case -EPERM:
		snprintf(why, TTY_WHY, "no permission to open the device "
		    "(its group is usually dialout)");
		break;
	case -ENOTTY:
		snprintf(why, TTY_WHY, "the path is not a serial port");
		break;
	case -EOPNOTSUPP:
		snprintf(why, TTY_WHY, "the device has no modem lines, which "
		    "libserialport needs");
		break;
	default:
		snprintf(why, TTY_WHY, "the device cannot be opened: %s",
		    strerror(-r));
		break;
	}
}

static void
assert_modem_lines(int fd)
{
	int lines = TIOCM_RTS | TIOCM_DTR;

	/* Best effort: pseudo-terminals have none. */
	(void)ioctl(fd, TIOCMBIS, &lines);
}

/* False where the device does not count. */
static bool
read_counters(int fd, struct counters *out)
{
	struct serial_icounter_struct c;

	if (ioctl(fd, TIOCGICOUNT, &c) != 0)
		return false;
	*out = (struct counters){ (unsigned)c.frame, (unsigned)c.parity,
		(unsigned)c.brk, (unsigned)c.overrun +
		(unsigned)c.buf_overrun };
	return true;
}

int
transport_open(struct tty **out, enum transport kind, const char *path,
    const struct line *line, char device[TTY_DEVICE], char why[TTY_WHY])
{
	char real[PATH_MAX];
	struct tty *t = NULL;
	int r;

	device[0] = '\0';
	why[0] = '\0';
	/* Anew each time: what is behind a stable path changes its number. */
	if (realpath(path, real) == NULL) {
		r = -errno;
		goto fail;
	}
	if (strlen(real) >= TTY_DEVICE) {
		r = -ENAMETOOLONG;
		goto fail;
	}
	memcpy(device, real, strlen(real) + 1);
	t = calloc(1, sizeof(*t));
	if (t == NULL) {
		r = -ENOMEM;
		goto fail;
	}
	t->fd = -1;
	r = kind == TRANSPORT_SERIAL ? open_serial(t, device) :
	    kind == TRANSPORT_PTY ? open_pty(t, device) : open_socket(t, path);
	if (r == 0 && !t->socket)
		r = lock(t);
	if (r != 0)
		goto fail;
	if (t->socket) {
		*out = t;
		return 0;
	}
	/* At once: a simulator may begin to send as soon as it sees a reader. */
	(void)tcflush(t->fd, TCIFLUSH);
	r = set_line(t, line, why);
	if (r != 0)
		goto fail;
	assert_modem_lines(t->fd);
	t->counts = read_counters(t->fd, &t->base);
	*out = t;
	return 0;
fail:
	if (why[0] == '\0' && kind == TRANSPORT_UNIX)
		explain_socket(why, r);
	else if (why[0] == '\0')
		explain(why, r);
	transport_close(t);
	return r;
}

void
transport_close(struct tty *t)
{
	if (t == NULL)
		return;
	if (t->locked) {
		transport_drop_unsent(t);	/* so that close() need not wait */
		(void)ioctl(t->fd, TIOCNXCL);
		(void)flock(t->fd, LOCK_UN);
	}
	if (t->sp != NULL) {
		if (t->fd >= 0)
			sp_close(t->sp);
		sp_free_port(t->sp);
	} else if (t->fd >= 0) {
		close(t->fd);
	}
	free(t);
}

int
transport_fd(const struct tty *t)
{
	return t->fd;
}

ssize_t
transport_read(struct tty *t, void *buf, size_t size)
{
	struct pollfd f = { .fd = t->fd, .events = POLLIN };
	ssize_t n;

	assert(size > 0);
	errno = 0;
	if (t->sp != NULL) {
		n = sp_nonblocking_read(t->sp, buf, size);
		if (n < 0)
			n = sp_errno((enum sp_return)n);
	} else {
		n = read(t->fd, buf, size);
		if (n < 0)
			n = -errno;
	}
	if (n > 0)
		return n;
	if (n == 0 && t->socket)
		return -EPIPE;
	if (n == -EINTR || n == -EAGAIN)
		return -EAGAIN;
	if (n < 0)
		return n;
	/* Nothing there: is it still plugged in? */
	if (poll(&f, 1, 0) > 0 && (f.revents & (POLLHUP | POLLERR | POLLNVAL)))
		return -ENODEV;
	return -EAGAIN;
}

ssize_t
transport_write(struct tty *t, const void *p, size_t n)
{
	ssize_t w;

	assert(n > 0);
	errno = 0;
	if (t->sp != NULL) {
		w = sp_nonblocking_write(t->sp, p, n);
		if (w < 0)
			w = sp_errno((enum sp_return)w);
	} else {
		/* No signal where the other end of a socket is gone. */
		w = t->socket ? send(t->fd, p, n, MSG_NOSIGNAL) :
		    write(t->fd, p, n);
		if (w < 0)
			w = -errno;
	}
	return w == 0 || w == -EINTR ? -EAGAIN : w;
}

size_t
transport_unsent(const struct tty *t)
{
	int n = 0;

	return ioctl(t->fd, TIOCOUTQ, &n) == 0 && n > 0 ? (size_t)n : 0;
}

void
transport_drop_unsent(struct tty *t)
{
	(void)tcflush(t->fd, TCOFLUSH);
}

void
transport_errors(struct tty *t, struct tty_errors *out)
{
	struct counters c;

	/* A device that is gone answers no more; its last word stands. */
	if (t->counts && read_counters(t->fd, &c)) {
		t->errors.framing = c.framing - t->base.framing;
		t->errors.parity = c.parity - t->base.parity;
		t->errors.breaks = c.breaks - t->base.breaks;
		t->errors.overruns = c.overruns - t->base.overruns;
	}
	*out = t->errors;
}
