/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Both transports on pseudo-terminals, the serial one with the help of
 * tests/shim; what a test asks of "each" transport holds for both alike.
 */
#include "daemon/transport.h"
#include "tests/shim/pty.h"
#include "tests/shim/ptyshim.h"
#include "tests/unit/socket_peer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <libserialport.h>
#include <poll.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

static const struct line plain = { .baud = 9600, .bits = 8, .parity = 'N',
	.stop = 1 };
static const struct line ge = { .baud = 19200, .bits = 8, .parity = 'E',
	.stop = 1, .flow = FLOW_RTSCTS };
static const enum transport each[] = { TRANSPORT_SERIAL, TRANSPORT_PTY };
#define EACH 2

struct fixture {
	struct pty pty;
	struct tty *tty;
	char device[TTY_DEVICE], why[TTY_WHY];
};

static int
setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	memset(&ptyshim, 0, sizeof(ptyshim));
	pty_open(&f.pty);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	transport_close(f->tty);
	pty_close(&f->pty);
	return 0;
}

static int
try(struct fixture *f, enum transport kind, const struct line *l)
{
	return transport_open(&f->tty, kind, f->pty.link, l, f->device, f->why);
}

static void
shut(struct fixture *f)
{
	transport_close(f->tty);
	f->tty = NULL;
}

/* Waits for input, then reads. */
static ssize_t
get(struct fixture *f, void *buf, size_t size)
{
	struct pollfd p = { .fd = transport_fd(f->tty), .events = POLLIN };

	(void)poll(&p, 1, 1000);
	return transport_read(f->tty, buf, size);
}

static void
a_port_is_found_behind_its_stable_link(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < EACH; i++) {
		assert_int_equal(try(f, each[i], &plain), 0);
		assert_string_equal(f->device, f->pty.device);
		assert_int_equal(fcntl(transport_fd(f->tty), F_GETFD),
		    FD_CLOEXEC);
		assert_true(fcntl(transport_fd(f->tty), F_GETFL) & O_NONBLOCK);
		shut(f);
	}
}

static void
line_settings_are_asked_for_as_the_driver_states_them(void **state)
{
	static const struct line seven = { .baud = 4800, .bits = 7,
		.parity = 'O', .stop = 2 };
	struct fixture *f = *state;
	const struct termios *t = &ptyshim.asked;

	assert_int_equal(try(f, TRANSPORT_SERIAL, &ge), 0);
	assert_int_equal(cfgetospeed(t), B19200);
	assert_int_equal(cfgetispeed(t), B19200);
	assert_int_equal(t->c_cflag & (CSIZE | PARENB | PARODD | CSTOPB |
	    CRTSCTS), CS8 | PARENB | CRTSCTS);
	assert_int_equal(t->c_iflag, INPCK);	/* so no IXON, IXOFF, IXANY */
	assert_int_equal(t->c_oflag, 0);
	assert_int_equal(t->c_lflag, 0);
	assert_int_equal(t->c_cflag & (HUPCL | CLOCAL | CREAD),
	    CLOCAL | CREAD);
	assert_int_equal(ptyshim.lines, TIOCM_RTS | TIOCM_DTR);
	shut(f);
	assert_int_equal(try(f, TRANSPORT_SERIAL, &seven), 0);
	assert_int_equal(cfgetospeed(t), B4800);
	assert_int_equal(t->c_cflag & (CSIZE | PARENB | PARODD | CSTOPB |
	    CRTSCTS), CS7 | PARENB | PARODD | CSTOPB);
}

static void
a_rate_that_termios_has_no_name_for_is_set_as_well(void **state)
{
	static const struct line odd = { .baud = 250000, .bits = 8,
		.parity = 'N', .stop = 1 };
	struct fixture *f = *state;
	struct sp_port_config *c;
	struct sp_port *port;
	int baud = 0;

	assert_int_equal(try(f, TRANSPORT_SERIAL, &odd), 0);
	/* Asked of the kernel by another opener. */
	assert_int_equal(ioctl(transport_fd(f->tty), TIOCNXCL), 0);
	assert_int_equal(sp_get_port_by_name(f->pty.device, &port), SP_OK);
	assert_int_equal(sp_open(port, SP_MODE_READ), SP_OK);
	assert_int_equal(sp_new_config(&c), SP_OK);
	assert_int_equal(sp_get_config(port, c), SP_OK);
	assert_int_equal(sp_get_config_baudrate(c, &baud), SP_OK);
	assert_int_equal(baud, 250000);
	sp_free_config(c);
	sp_close(port);
	sp_free_port(port);
}

static void
settings_that_the_device_did_not_take_are_a_fault_that_names_both(void **state)
{
	struct fixture *f = *state;

	ptyshim.stuck_at = B9600;
	assert_int_equal(try(f, TRANSPORT_SERIAL, &ge), -EPROTO);
	assert_string_equal(f->why, "the line was set to 19200 8E1 RTS/CTS, "
	    "but the device stays at 9600 8E1 RTS/CTS");
	ptyshim.stuck_at = 0;
	ptyshim.refuses = CRTSCTS | PARENB;
	assert_int_equal(try(f, TRANSPORT_SERIAL, &ge), -EPROTO);
	assert_string_equal(f->why, "the line was set to 19200 8E1 RTS/CTS, "
	    "but the device stays at 19200 8N1");
	/* It was let go, and is used as soon as it behaves. */
	ptyshim.refuses = 0;
	assert_int_equal(try(f, TRANSPORT_SERIAL, &ge), 0);
}

static void
an_adapter_without_modem_lines_is_not_called_something_else(void **state)
{
	struct fixture *f = *state;

	ptyshim.no_lines = true;
	assert_int_equal(try(f, TRANSPORT_SERIAL, &ge), -EOPNOTSUPP);
	assert_string_equal(f->why, "the device has no modem lines, which "
	    "libserialport needs");
}

static void
every_byte_passes_unchanged_in_both_directions(void **state)
{
	struct fixture *f = *state;
	uint8_t all[256], got[256];

	/* Among them XON, XOFF, 00, 0d, 0a, 03, 7f and ff. */
	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	for (int i = 0; i < EACH; i++) {
		size_t n = 0;

		assert_int_equal(try(f, each[i], &plain), 0);
		pty_write(&f->pty, all, sizeof(all));
		while (n < sizeof(got)) {
			ssize_t r = get(f, got + n, sizeof(got) - n);

			assert_true(r > 0);
			n += (size_t)r;
		}
		assert_memory_equal(got, all, sizeof(all));

		assert_int_equal(transport_write(f->tty, all, sizeof(all)),
		    sizeof(all));
		memset(got, 0, sizeof(got));
		for (n = 0; n < sizeof(got);) {
			size_t r = pty_read(&f->pty, got + n,
			    sizeof(got) - n, 1000);

			assert_true(r > 0);
			n += r;
		}
		assert_memory_equal(got, all, sizeof(all));
		assert_int_equal(pty_read(&f->pty, got, sizeof(got), 0), 0);
		shut(f);
	}
}

static void
what_came_before_the_line_was_opened_is_not_read(void **state)
{
	struct fixture *f = *state;
	char byte;

	for (int i = 0; i < EACH; i++) {
		assert_int_equal(try(f, each[i], &plain), 0);
		shut(f);
		pty_write(&f->pty, "old", 3);
		assert_int_equal(try(f, each[i], &plain), 0);
		assert_int_equal(transport_read(f->tty, &byte, 1), -EAGAIN);
		pty_write(&f->pty, "n", 1);
		assert_int_equal(get(f, &byte, 1), 1);
		assert_int_equal(byte, 'n');
		shut(f);
	}
}

static void
a_second_opener_is_told_that_the_port_is_in_use(void **state)
{
	struct fixture *f = *state;
	int fd;

	for (int i = 0; i < EACH; i++) {
		struct tty *second = NULL;
		char device[TTY_DEVICE];

		assert_int_equal(try(f, each[i], &plain), 0);
		assert_int_equal(transport_open(&second, each[1 - i],
		    f->pty.link, &plain, device, f->why), -EBUSY);
		assert_null(second);
		assert_string_equal(f->why,
		    "the port is in use by another program");
		/* The first goes on, and then lets the port go. */
		pty_write(&f->pty, "x", 1);
		assert_int_equal(get(f, device, 1), 1);
		shut(f);
		assert_int_equal(try(f, each[i], &plain), 0);
		shut(f);
	}
	fd = open(f->pty.device, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(try(f, TRANSPORT_PTY, &plain), -EBUSY);
	close(fd);
}

/* The lock and the output belong to the terminal, whoever asks. */
static void
an_opener_that_is_refused_undoes_nothing_of_the_first(void **state)
{
	struct fixture *f = *state;
	int exclusive = 0;

	for (int i = 0; i < EACH; i++) {
		struct tty *second = NULL;
		char device[TTY_DEVICE];

		assert_int_equal(try(f, TRANSPORT_SERIAL, &plain), 0);
		ptyshim.dropped = 0;
		assert_int_equal(transport_open(&second, each[i], f->pty.link,
		    &plain, device, f->why), -EBUSY);
		assert_int_equal(ptyshim.dropped, 0);
		assert_int_equal(ioctl(transport_fd(f->tty), TIOCGEXCL,
		    &exclusive), 0);
		assert_true(exclusive);
		shut(f);
	}
}

/* TIOCEXCL does not hold root back, so its presence is asked for.  On a
 * pseudo-terminal it would outlive us: a killed vitalsd that is no root could
 * not come back. */
static void
programs_that_know_no_locks_are_kept_out_too(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < EACH; i++) {
		int exclusive = 0, fd;

		assert_int_equal(try(f, each[i], &plain), 0);
		assert_int_equal(ioctl(transport_fd(f->tty), TIOCGEXCL,
		    &exclusive), 0);
		assert_int_equal(exclusive != 0, each[i] == TRANSPORT_SERIAL);
		shut(f);
		fd = open(f->pty.device, O_RDWR | O_NOCTTY | O_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(ioctl(fd, TIOCGEXCL, &exclusive), 0);
		assert_false(exclusive);
		close(fd);
	}
}

static void
nothing_now_and_unplugged_are_told_apart(void **state)
{
	struct fixture *f = *state;
	char byte;

	for (int i = 0; i < EACH; i++) {
		ssize_t r;

		assert_int_equal(try(f, each[i], &plain), 0);
		assert_int_equal(transport_read(f->tty, &byte, 1), -EAGAIN);
		pty_unplug(&f->pty);
		r = transport_read(f->tty, &byte, 1);
		assert_true(r < 0 && r != -EAGAIN);
		r = transport_write(f->tty, &byte, 1);
		assert_true(r < 0 && r != -EAGAIN);
		shut(f);
		assert_int_equal(try(f, each[i], &plain), -ENOENT);
		pty_replug(&f->pty);
	}
}

static void
a_full_output_buffer_is_no_unplugged_port(void **state)
{
	struct fixture *f = *state;
	static const char block[1024];
	char sink[4096];

	for (int i = 0; i < EACH; i++) {
		ssize_t w = 0;

		assert_int_equal(try(f, each[i], &plain), 0);
		for (int k = 0; k < 1000 && w >= 0; k++)
			w = transport_write(f->tty, block, sizeof(block));
		assert_int_equal(w, -EAGAIN);
		assert_int_equal(transport_read(f->tty, sink, 1), -EAGAIN);
		while (pty_read(&f->pty, sink, sizeof(sink), 0) > 0)
			continue;
		assert_true(transport_write(f->tty, block, 1) == 1);
		ptyshim.dropped = 0;
		shut(f);
		/* Otherwise close(2) could wait for a monitor that is off. */
		assert_int_equal(ptyshim.dropped, 1);
	}
}

static void
what_is_no_port_is_refused_with_a_reason(void **state)
{
	struct fixture *f = *state;
	char dir[TTY_DEVICE];

	for (int i = 0; i < EACH; i++) {
		assert_int_equal(transport_open(&f->tty, each[i],
		    "/dev/serial/by-id/none", &plain, dir, f->why), -ENOENT);
		assert_string_equal(f->why, "no such device");
		assert_string_equal(dir, "");
		assert_int_equal(transport_open(&f->tty, each[i], "/dev/null",
		    &plain, dir, f->why), -ENOTTY);
		assert_string_equal(f->why, "the path is not a serial port");
		assert_null(f->tty);
	}
}

static void
errors_on_the_line_are_counted_from_its_opening(void **state)
{
	struct fixture *f = *state;
	struct tty_errors e;

	ptyshim.counts = true;
	ptyshim.errors = (struct serial_icounter_struct){ .frame = 2147483647,
		.parity = 5, .brk = 1, .overrun = 3 };
	assert_int_equal(try(f, TRANSPORT_SERIAL, &plain), 0);
	transport_errors(f->tty, &e);
	assert_int_equal(e.framing + e.parity + e.breaks + e.overruns, 0);
	ptyshim.errors.frame = -2147483647;	/* the kernel's int wraps */
	ptyshim.errors.parity = 6;
	ptyshim.errors.brk = 5;
	ptyshim.errors.buf_overrun = 4;
	transport_errors(f->tty, &e);
	assert_int_equal(e.framing, 2);
	assert_int_equal(e.parity, 1);
	assert_int_equal(e.breaks, 4);
	assert_int_equal(e.overruns, 4);
	shut(f);
	ptyshim.counts = false;
	assert_int_equal(try(f, TRANSPORT_SERIAL, &plain), 0);
	transport_errors(f->tty, &e);
	assert_int_equal(e.framing + e.parity + e.breaks + e.overruns, 0);
}

static void
a_socket_passes_every_byte_and_tells_when_its_other_end_goes(void **state)
{
	struct fixture *f = *state;
	struct socket_peer peer;
	uint8_t all[256], got[256];
	struct tty *waiting[8];
	int n;

	for (int i = 0; i < 256; i++)
		all[i] = (uint8_t)i;
	snprintf(peer.path, sizeof(peer.path), "%s/socket", f->pty.dir);
	socket_peer_listen(&peer);
	assert_int_equal(transport_open(&f->tty, TRANSPORT_UNIX, peer.path,
	    &ge, f->device, f->why), 0);
	assert_string_equal(f->device, peer.path);
	assert_int_equal(fcntl(transport_fd(f->tty), F_GETFD), FD_CLOEXEC);
	socket_peer_accept(&peer);
	assert_int_equal(transport_read(f->tty, got, 1), -EAGAIN);
	assert_int_equal(write(peer.fd, all, sizeof(all)), sizeof(all));
	assert_int_equal(get(f, got, sizeof(got)), sizeof(got));
	assert_memory_equal(got, all, sizeof(all));
	assert_int_equal(transport_write(f->tty, all, sizeof(all)),
	    sizeof(all));
	assert_true(transport_unsent(f->tty) > 0);
	memset(got, 0, sizeof(got));
	assert_int_equal(read(peer.fd, got, sizeof(got)), sizeof(got));
	assert_memory_equal(got, all, sizeof(all));
	assert_int_equal(transport_unsent(f->tty), 0);
	/* Its last words are heard, and writing to it ends nobody. */
	assert_int_equal(write(peer.fd, "bye", 3), 3);
	close(peer.fd);
	assert_int_equal(get(f, got, sizeof(got)), 3);
	assert_int_equal(get(f, got, sizeof(got)), -EPIPE);
	assert_true(transport_write(f->tty, all, 1) < 0);
	shut(f);
	/* While nobody takes connections, some wait and the rest are told. */
	for (n = 0; n < 8; n++)
		if (transport_open(&waiting[n], TRANSPORT_UNIX, peer.path, &ge,
		    f->device, f->why) != 0)
			break;
	assert_in_range(n, 1, 7);
	assert_string_equal(f->why, "the socket is taken by another program");
	while (n > 0)
		transport_close(waiting[--n]);
	socket_peer_end(&peer);
}

static void
a_socket_that_is_not_there_says_so(void **state)
{
	struct fixture *f = *state;
	struct socket_peer peer;

	snprintf(peer.path, sizeof(peer.path), "%s/socket", f->pty.dir);
	assert_int_equal(transport_open(&f->tty, TRANSPORT_UNIX, peer.path,
	    &plain, f->device, f->why), -ENOENT);
	assert_string_equal(f->why, "there is no such socket");
	/* A program that ended leaves its name behind. */
	socket_peer_listen(&peer);
	close(peer.listening);
	assert_int_equal(transport_open(&f->tty, TRANSPORT_UNIX, peer.path,
	    &plain, f->device, f->why), -ECONNREFUSED);
	assert_string_equal(f->why, "nobody listens at the socket");
	assert_null(f->tty);
	socket_peer_end(&peer);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_port_is_found_behind_its_stable_link),
		TEST(line_settings_are_asked_for_as_the_driver_states_them),
		TEST(a_rate_that_termios_has_no_name_for_is_set_as_well),
		TEST(settings_that_the_device_did_not_take_are_a_fault_that_names_both),
		TEST(an_adapter_without_modem_lines_is_not_called_something_else),
		TEST(every_byte_passes_unchanged_in_both_directions),
		TEST(what_came_before_the_line_was_opened_is_not_read),
		TEST(a_second_opener_is_told_that_the_port_is_in_use),
		TEST(an_opener_that_is_refused_undoes_nothing_of_the_first),
		TEST(programs_that_know_no_locks_are_kept_out_too),
		TEST(nothing_now_and_unplugged_are_told_apart),
		TEST(a_full_output_buffer_is_no_unplugged_port),
		TEST(what_is_no_port_is_refused_with_a_reason),
		TEST(errors_on_the_line_are_counted_from_its_opening),
		TEST(a_socket_passes_every_byte_and_tells_when_its_other_end_goes),
		TEST(a_socket_that_is_not_there_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
