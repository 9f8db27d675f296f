/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Ports on pseudo-terminals and a real event loop, with a small driver of the
 * test's own: a frame is '<', a letter and '>'.
 *
 * Easy to get wrong: real milliseconds pass here, so every wait names what it
 * waits for and ends as soon as that is there.
 */
#include "daemon/clock.h"
#include "daemon/port.h"
#include "tests/shim/pty.h"
#include "tests/shim/ptyshim.h"
#include "tests/unit/real_recording.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "tests/unit/fake_usb.h"
#include "tests/unit/socket_peer.h"

/* The driver: it says "hello" once and then, when a letter 'x' has arrived,
 * wants to send what it does not list. */

static int
toy_frame(const struct window *w, int64_t gap_ms)
{
	(void)gap_ms;
	if (window_length(w) < 1)
		return FRAME_MORE;
	if (window_at(w, 0) != '<')
		return FRAME_GARBAGE;
	if (window_length(w) < 3)
		return FRAME_MORE;
	return window_at(w, 2) == '>' ? 3 : FRAME_GARBAGE;
}

static enum decode
toy_decode(union driver_state *s, int64_t t_ms, const struct window *w,
    size_t n, struct readings *out)
{
	(void)t_ms;
	(void)n;
	if (window_at(w, 1) == 'x')
		s->byte[1] = 1;
	if (window_at(w, 1) == '?')
		s->byte[2] = 1;
	if (window_at(w, 1) == 'c')
		out->device_clock_ms = clock_wall_ms() - 3600000;
	readings_add(out, VITAL_HR, QUALITY_GOOD, window_at(w, 1));
	return DECODE_OK;
}

static size_t
toy_request(union driver_state *s, int64_t t_ms, uint8_t buf[TX_MAX])
{
	(void)t_ms;
	if (s->byte[0] == 0) {
		s->byte[0] = 1;
		memcpy(buf, "hello", 5);
		return 5;
	}
	if (s->byte[1] != 0) {
		s->byte[1] = 0;
		memcpy(buf, "help!", 5);
		return 5;
	}
	if (s->byte[2] != 0) {
		s->byte[2] = 0;
		memcpy(buf, "yes", 3);
		return 3;
	}
	return 0;
}

static size_t
toy_release(union driver_state *s, int64_t t_ms, uint8_t buf[TX_MAX])
{
	(void)s;
	(void)t_ms;
	memcpy(buf, "bye", 3);
	return 3;
}

static const struct tx_template toy_tx[] = {
	{ .name = "greeting", .bytes = (const uint8_t *)"hello", .length = 5 },
	{ .name = "answer", .bytes = (const uint8_t *)"yes", .length = 3 },
	{ .name = "leave", .bytes = (const uint8_t *)"bye", .length = 3 },
	{ .name = NULL },
};

static const struct driver toy = {
	.name = "toy",
	.title = "a toy",
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.silent_after_ms = 1000,
	.state_size = 3,
	.tx = toy_tx,
	.frame = toy_frame,
	.decode = toy_decode,
	.request = toy_request,
	.release = toy_release,
};

#define PORTS 2

struct fixture {
	sd_event *events;
	struct loop *loop;
	struct pty pty[PORTS];
	struct config_port config[PORTS];
	char path[CONFIG_PATH_MAX];	/* of a socket */
	struct port *port[PORTS];
	/* What the sinks were told. */
	char letters[PORTS][64];	/* of good frames */
	int64_t frame_ms[PORTS];
	int opened[PORTS], lost[PORTS];
	enum line_state line[PORTS];
	char why[PORTS][256];
	char received[64], sent[64];
	size_t fed;
};

static void
on_frame(void *arg, size_t i, const struct decoded *d)
{
	struct fixture *f = arg;
	size_t n = strlen(f->letters[i]);

	if (d->result == DECODE_OK && n < sizeof(f->letters[i]) - 1)
		f->letters[i][n] = (char)d->readings.item[0].value;
	f->frame_ms[i] = d->t_ms;
}

static void
on_link(void *arg, size_t i, enum line_state line, const char *why)
{
	struct fixture *f = arg;

	f->line[i] = line;
	if (line == LINE_OPEN)
		f->opened[i]++;
	else
		f->lost[i]++;
	snprintf(f->why[i], sizeof(f->why[i]), "%s", why);
}

static void
on_bytes(void *arg, size_t i, int64_t t_ms, bool sent, const uint8_t *p,
    size_t n)
{
	struct fixture *f = arg;
	char *to = sent ? f->sent : f->received;

	(void)i;
	assert_in_range(t_ms, clock_boot_ms() - 1000, clock_boot_ms());
	assert_true(strlen(to) + n < sizeof(f->sent));
	memcpy(to + strlen(to), p, n);
}

static const struct port *
holder(void *arg, const char *device)
{
	struct fixture *f = arg;

	for (size_t i = 0; i < PORTS; i++)
		if (f->port[i] != NULL && port_has(f->port[i], device))
			return f->port[i];
	return NULL;
}

static int
setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof(f));
	memset(&ptyshim, 0, sizeof(ptyshim));
	assert_true(sd_event_new(&f.events) >= 0);
	assert_int_equal(loop_new(&f.loop, f.events), 0);
	for (int i = 0; i < PORTS; i++) {
		pty_open(&f.pty[i]);
		f.config[i] = (struct config_port){ .driver = &toy,
			.transport = TRANSPORT_PTY, .line = toy.line };
		snprintf(f.config[i].name, PORT_NAME_MAX, "BED/%d", i);
		f.config[i].path = f.pty[i].link;
	}
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < PORTS; i++) {
		port_free(f->port[i]);
		pty_close(&f->pty[i]);
	}
	loop_free(f->loop);
	sd_event_unref(f->events);
	return 0;
}

static void
start(struct fixture *f, size_t i)
{
	const struct port_sink sink = { f, on_frame, on_link, on_bytes,
		holder };

	assert_int_equal(port_new(&f->port[i], f->loop, &f->config[i], i,
	    &sink), 0);
}

/* Turns the loop until the condition holds, at most for ms. */
#define WAIT(ms, condition) do {					\
	int64_t until_ = clock_boot_ms() + (ms);			\
	while (!(condition) && clock_boot_ms() < until_)		\
		assert_true(loop_turn(f->loop, 5) == 0);		\
	assert_true(condition);						\
} while (0)

static void
turn_for(struct fixture *f, int64_t ms)
{
	int64_t until = clock_boot_ms() + ms;

	while (clock_boot_ms() < until)
		assert_true(loop_turn(f->loop, 5) == 0);
}

static void
bytes_become_frames_stamped_when_they_were_read(void **state)
{
	struct fixture *f = *state;
	struct port_status st;

	start(f, 0);
	assert_int_equal(f->opened[0], 0);	/* not before port_new() ends */
	WAIT(1000, f->opened[0] == 1);
	pty_write(&f->pty[0], "!!<a><", 6);
	WAIT(1000, f->letters[0][0] == 'a');
	assert_in_range(f->frame_ms[0], clock_boot_ms() - 500,
	    clock_boot_ms());
	pty_write(&f->pty[0], "c>", 2);
	WAIT(1000, f->letters[0][1] == 'c');
	port_status(f->port[0], &st);
	assert_true(st.open);
	assert_string_equal(st.why, "");
	assert_string_equal(st.device, f->pty[0].device);
	assert_int_equal(st.count.bytes, 8);
	assert_int_equal(st.count.garbage, 2);
	assert_int_equal(st.count.frames[DECODE_OK], 2);
	assert_int_equal(st.frame_ms, f->frame_ms[0]);
	assert_true(st.has_device_clock);
	assert_in_range(-st.device_clock_skew_ms, 3600000 - 100,
	    3600000 + 100);
}

static void
what_the_driver_asks_is_sent_and_what_it_does_not_list_is_refused(void **state)
{
	struct fixture *f = *state;
	struct port_status st = { 0 };
	char got[64];

	start(f, 0);
	WAIT(1000, f->opened[0] == 1);
	assert_int_equal(pty_read(&f->pty[0], got, sizeof(got), 1000), 5);
	assert_memory_equal(got, "hello", 5);
	pty_write(&f->pty[0], "<x>", 3);
	WAIT(1500, (port_status(f->port[0], &st), st.refused > 0));
	assert_int_equal(st.refused, 1);
	assert_int_equal(st.written, 1);
	assert_int_equal(pty_read(&f->pty[0], got, sizeof(got), 0), 0);
}

static void
a_question_is_answered_in_the_turn_that_heard_it(void **state)
{
	struct fixture *f = *state;
	char got[64];

	start(f, 0);
	WAIT(1000, f->opened[0] == 1);
	assert_int_equal(pty_read(&f->pty[0], got, sizeof(got), 1000), 5);
	pty_write(&f->pty[0], "<?>", 3);
	WAIT(1000, f->letters[0][0] == '?');
	/* The port's timer has no turn in between. */
	assert_int_equal(pty_read(&f->pty[0], got, sizeof(got), 0), 3);
	assert_memory_equal(got, "yes", 3);
}

static void
leave_is_taken_of_a_monitor_whose_port_is_closed_for_good(void **state)
{
	struct fixture *f = *state;
	char got[64];

	start(f, 0);
	WAIT(1000, f->opened[0] == 1);
	assert_int_equal(pty_read(&f->pty[0], got, sizeof(got), 1000), 5);
	assert_true(port_release(f->port[0]));
	assert_int_equal(pty_read(&f->pty[0], got, sizeof(got), 1000), 3);
	assert_memory_equal(got, "bye", 3);
	assert_false(port_unsent(f->port[0]));
}

/* How many descriptors of this process lead to the device. */
static int
held(const char *device)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *e;
	char to[128];
	int n = 0;

	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		ssize_t r = readlinkat(dirfd(dir), e->d_name, to,
		    sizeof(to) - 1);

		to[r > 0 ? r : 0] = '\0';
		/* " (deleted)" follows once it is gone. */
		n += strncmp(to, device, strlen(device)) == 0 &&
		    strchr(" ", to[strlen(device)]) != NULL;
	}
	closedir(dir);
	return n;
}

/* The link leads to what was the other port's device. */
static void
replug_elsewhere(struct fixture *f)
{
	f->pty[0].master = f->pty[1].master;
	strcpy(f->pty[0].device, f->pty[1].device);
	assert_int_equal(symlink(f->pty[0].device, f->pty[0].link), 0);
	pty_replug(&f->pty[1]);
}

static void
lose_and_find_again(struct fixture *f, enum transport kind)
{
	struct port_status st;
	char old[64];

	f->config[0].transport = kind;
	start(f, 0);
	WAIT(1000, f->opened[0] == 1);
	/* It goes in mid-frame. */
	pty_write(&f->pty[0], "<a><", 4);
	WAIT(1000, f->letters[0][0] == 'a');
	strcpy(old, f->pty[0].device);
	assert_int_equal(held(old), 1);
	pty_unplug(&f->pty[0]);
	WAIT(1000, f->lost[0] == 1);
	assert_ptr_equal(strstr(f->why[0], "the device is gone"), f->why[0]);
	assert_int_equal(held(old), 0);		/* its number is free */
	turn_for(f, 300);
	port_status(f->port[0], &st);
	assert_false(st.open);
	assert_string_equal(st.device, "");
	assert_ptr_equal(strstr(st.why, "no such device: "), st.why);
	assert_int_equal(f->lost[0], 1);

	replug_elsewhere(f);
	port_hotplug(f->port[0]);
	WAIT(1500, f->opened[0] == 2);
	/* The end of a frame whose beginning is gone is no frame. */
	pty_write(&f->pty[0], "b><c>", 5);
	WAIT(1000, f->letters[0][1] != '\0');
	assert_string_equal(f->letters[0], "ac");
	port_status(f->port[0], &st);
	assert_string_equal(st.device, f->pty[0].device);
	assert_int_equal(st.opened, 2);
	/* The monitor is greeted again. */
	assert_int_equal(pty_read(&f->pty[0], old, sizeof(old), 1000), 5);
}

static void
an_unplugged_port_is_lost_once_and_read_again_under_another_number(void **state)
{
	lose_and_find_again(*state, TRANSPORT_PTY);
}

static void
so_is_one_that_libserialport_reads(void **state)
{
	lose_and_find_again(*state, TRANSPORT_SERIAL);
}

/* Both are pulled, and come back each under the other's number. */
static void
two_adapters_that_change_numbers_stay_with_their_beds(void **state)
{
	struct fixture *f = *state;
	char was[PORTS][64];

	for (size_t i = 0; i < PORTS; i++)
		start(f, i);
	WAIT(1000, f->opened[0] == 1 && f->opened[1] == 1);
	for (size_t i = 0; i < PORTS; i++) {
		strcpy(was[i], f->pty[i].device);
		pty_unplug(&f->pty[i]);
	}
	WAIT(1000, f->lost[0] == 1 && f->lost[1] == 1);
	/* A new terminal gets the lowest number that is free. */
	pty_replug(&f->pty[1]);
	pty_replug(&f->pty[0]);
	if (strcmp(f->pty[1].device, was[0]) != 0)
		print_message("the numbers were others\n");
	WAIT(2500, f->opened[0] == 2 && f->opened[1] == 2);
	pty_write(&f->pty[0], "<a>", 3);
	pty_write(&f->pty[1], "<b>", 3);
	WAIT(1000, f->letters[0][0] != '\0' && f->letters[1][0] != '\0');
	assert_string_equal(f->letters[0], "a");
	assert_string_equal(f->letters[1], "b");
}

static void
a_port_that_is_not_there_is_told_once_and_opened_when_it_comes(void **state)
{
	struct fixture *f = *state;

	pty_unplug(&f->pty[0]);
	start(f, 0);
	WAIT(1000, f->lost[0] == 1);
	assert_ptr_equal(strstr(f->why[0], "no such device: "), f->why[0]);
	assert_non_null(strstr(f->why[0], f->config[0].path));
	pty_replug(&f->pty[0]);
	/* Without any hot-plug event: polling finds it. */
	WAIT(2500, f->opened[0] == 1);
	assert_int_equal(f->lost[0], 1);
}

/* --- USB ------------------------------------------------------------------ */

static const struct fake_port ours = { "ttyUSB0", "1-1", "0403", "6001",
	"A5069RR4", NULL, "00", NULL };

static void
plug(const struct fake_usb *u, struct fake_port p, const struct pty *at)
{
	p.device = at->device;
	fake_usb_plug(u, &p);
}

/* The second pseudo-terminal is the same adapter after a replug. */
static void
an_adapter_is_found_by_its_number_and_again_wherever_it_is(void **state)
{
	struct fixture *f = *state;
	struct config_port *c = &f->config[0];
	struct fake_port moved = ours;
	struct fake_usb usb;
	struct port_status st;

	fake_usb_open(&usb);
	c->path = "usb:0403:6001:A5069RR4";
	assert_null(usb_parse(c->path, &c->expect));
	start(f, 0);
	WAIT(1000, f->lost[0] == 1);
	assert_string_equal(f->why[0], "no adapter of this serial number is "
	    "plugged in: usb:0403:6001:A5069RR4");
	plug(&usb, ours, &f->pty[0]);
	port_hotplug(f->port[0]);
	WAIT(1500, f->opened[0] == 1);
	port_status(f->port[0], &st);
	assert_string_equal(st.device, f->pty[0].device);
	assert_string_equal(st.usb, "usb:0403:6001:A5069RR4:if00");
	pty_write(&f->pty[0], "<a>", 3);
	WAIT(1000, f->letters[0][0] == 'a');
	fake_usb_unplug(&usb, "1-1");
	pty_unplug(&f->pty[0]);
	WAIT(1000, f->lost[0] == 2);
	moved.tty = "ttyUSB5";
	moved.where = "2-3";
	plug(&usb, moved, &f->pty[1]);
	/* Within two seconds, also if nobody says that it came. */
	WAIT(2000, f->opened[0] == 2);
	pty_write(&f->pty[1], "<b>", 3);
	WAIT(1000, f->letters[0][1] == 'b');
	fake_usb_close(&usb);
	pty_replug(&f->pty[0]);
}

static void
of_two_adapters_of_one_number_neither_is_read(void **state)
{
	struct fixture *f = *state;
	struct config_port *c = &f->config[0];
	struct fake_port twin = ours;
	struct fake_usb usb;
	struct port_status st;

	fake_usb_open(&usb);
	twin.tty = "ttyUSB1";
	twin.where = "1-2";
	plug(&usb, ours, &f->pty[0]);
	plug(&usb, twin, &f->pty[1]);
	c->path = "usb:0403:6001:A5069RR4";
	assert_null(usb_parse(c->path, &c->expect));
	start(f, 0);
	WAIT(1000, f->lost[0] == 1);
	assert_string_equal(f->why[0], "two adapters answer to this, ttyUSB0 "
	    "at 1-1 and ttyUSB1 at 1-2: usb:0403:6001:A5069RR4");
	port_status(f->port[0], &st);
	assert_int_equal(st.finding, FINDING_AMBIGUOUS);
	assert_non_null(strstr(st.todo, "/dev/serial/by-path"));
	fake_usb_unplug(&usb, "1-2");
	port_hotplug(f->port[0]);
	WAIT(1500, f->opened[0] == 1);
	fake_usb_close(&usb);
}

/* The next bed's adapter, put into this bed's socket. */
static void
another_device_in_a_known_place_is_not_read(void **state)
{
	static const struct fake_port theirs = { "ttyUSB0", "1-1", "1a86",
		"7523", NULL, NULL, "00", NULL };
	struct fixture *f = *state;
	struct fake_usb usb;
	struct port_status st;
	char why[256];

	fake_usb_open(&usb);
	assert_null(usb_parse("usb:0403:6001:A5069RR4", &f->config[0].expect));
	plug(&usb, ours, &f->pty[0]);
	start(f, 0);
	WAIT(1000, f->opened[0] == 1);
	pty_write(&f->pty[0], "<a>", 3);
	WAIT(1000, f->letters[0][0] == 'a');
	fake_usb_unplug(&usb, "1-1");
	pty_unplug(&f->pty[0]);
	WAIT(1000, f->line[0] == LINE_GONE);
	pty_replug(&f->pty[0]);
	plug(&usb, theirs, &f->pty[0]);
	port_hotplug(f->port[0]);
	WAIT(1500, f->line[0] == LINE_OTHER_DEVICE);
	snprintf(why, sizeof(why), "another device is plugged in here: found "
	    "1a86:7523, expected 0403:6001 A5069RR4: %s", f->pty[0].link);
	assert_string_equal(f->why[0], why);
	assert_int_equal(held(f->pty[0].device), 0);
	pty_write(&f->pty[0], "<b>", 3);
	turn_for(f, 300);
	assert_string_equal(f->letters[0], "a");
	port_status(f->port[0], &st);
	assert_false(st.open);
	assert_int_equal(st.finding, FINDING_OTHER_DEVICE);
	assert_string_equal(st.why, why);
	assert_non_null(strstr(st.todo, "Put the right adapter"));
	/* The right one is read again. */
	fake_usb_unplug(&usb, "1-1");
	plug(&usb, ours, &f->pty[0]);
	port_hotplug(f->port[0]);
	WAIT(2500, f->line[0] == LINE_OPEN);
	pty_write(&f->pty[0], "<c>", 3);
	WAIT(1000, f->letters[0][1] == 'c');
	fake_usb_close(&usb);
}

/* By its number of late, and by its socket: no start could see that. */
static void
a_port_that_another_monitor_is_read_at_is_said_to_be_its(void **state)
{
	struct fixture *f = *state;
	struct port_status st;
	char why[256];
	int fd;

	f->config[1].path = f->pty[0].link;
	start(f, 0);
	WAIT(1000, f->opened[0] == 1);
	start(f, 1);
	WAIT(1000, f->lost[1] == 1);
	assert_int_equal(f->line[1], LINE_SHARED);
	assert_int_equal(port_shares(f->port[1]), 0);
	snprintf(why, sizeof(why), "it is the port of BED/0 too: %s",
	    f->pty[0].link);
	assert_string_equal(f->why[1], why);
	port_status(f->port[1], &st);
	assert_int_equal(st.finding, FINDING_SHARED);
	assert_string_equal(st.todo, "Two monitors of vitalsd.yaml lead to one "
	    "port: give each its own, and restart vitalsd.");
	/* Of another program all is said as ever. */
	port_free(f->port[0]);
	f->port[0] = NULL;
	fd = open(f->pty[0].link, O_RDWR | O_NOCTTY | O_CLOEXEC);
	assert_int_equal(flock(fd, LOCK_EX), 0);
	WAIT(2500, f->line[1] == LINE_IN_USE);
	port_status(f->port[1], &st);
	assert_int_equal(st.finding, FINDING_IN_USE);
	close(fd);
	WAIT(2500, f->opened[1] == 1);
}

/* --- sockets -------------------------------------------------------------- */

static void
a_socket_is_read_and_connected_to_again_for_ever(void **state)
{
	struct fixture *f = *state;
	struct config_port *c = &f->config[0];
	struct socket_peer peer;
	char got[64];

	snprintf(peer.path, sizeof(peer.path), "%s/socket", f->pty[0].dir);
	snprintf(f->path, sizeof(f->path), "unix:%s", peer.path);
	c->path = f->path;
	c->transport = TRANSPORT_UNIX;
	start(f, 0);
	WAIT(1000, f->lost[0] == 1);
	assert_non_null(strstr(f->why[0], "there is no such socket: unix:/"));
	assert_int_equal(f->line[0], LINE_NO_PEER);
	socket_peer_listen(&peer);
	for (int i = 1; i <= 2; i++) {
		WAIT(2500, f->opened[0] == i);
		socket_peer_accept(&peer);
		assert_int_equal(read(peer.fd, got, sizeof(got)), 5);
		assert_memory_equal(got, "hello", 5);
		assert_int_equal(write(peer.fd, "<a><b>", 6), 6);
		close(peer.fd);
		WAIT(1000, f->lost[0] == i + 1);
		assert_ptr_equal(strstr(f->why[0], "the other end of the "
		    "socket has closed: /"), f->why[0]);
		assert_int_equal(f->line[0], LINE_NO_PEER);
		/* What it said before is not lost. */
		assert_int_equal(strlen(f->letters[0]), 2 * i);
	}
	socket_peer_end(&peer);
}

/* What it took cannot be taken back, so that it is let go. */
static void
a_socket_whose_other_end_does_not_read_is_opened_anew(void **state)
{
	struct fixture *f = *state;
	struct config_port *c = &f->config[0];
	struct socket_peer peer;
	struct port_status st;

	snprintf(peer.path, sizeof(peer.path), "%s/socket", f->pty[0].dir);
	snprintf(f->path, sizeof(f->path), "unix:%s", peer.path);
	c->path = f->path;
	c->transport = TRANSPORT_UNIX;
	socket_peer_listen(&peer);
	start(f, 0);
	WAIT(1000, f->opened[0] == 1);
	socket_peer_accept(&peer);
	WAIT(3500, f->lost[0] == 1);
	port_status(f->port[0], &st);
	assert_int_equal(st.write_failures, 1);
	assert_int_equal(st.written, 0);
	WAIT(1500, f->opened[0] == 2);
	close(peer.fd);
	socket_peer_end(&peer);
}

/* Standard error, borrowed. */
static FILE *
log_open(int *saved)
{
	FILE *log = tmpfile();

	assert_non_null(log);
	assert_int_equal(unsetenv("JOURNAL_STREAM"), 0);
	*saved = dup(STDERR_FILENO);
	assert_true(*saved >= 0);
	assert_int_equal(dup2(fileno(log), STDERR_FILENO), STDERR_FILENO);
	return log;
}

static int
log_count(FILE *log, int saved)
{
	int lines = 0, c;

	assert_int_equal(dup2(saved, STDERR_FILENO), STDERR_FILENO);
	close(saved);
	rewind(log);
	while ((c = getc(log)) != EOF)
		lines += c == '\n';
	fclose(log);
	return lines;
}

static void
the_log_has_a_line_per_change_and_none_per_attempt(void **state)
{
	struct fixture *f = *state;
	int saved;
	FILE *log = log_open(&saved);

	pty_unplug(&f->pty[0]);
	start(f, 0);
	for (int i = 0; i < 5; i++) {	/* hurried, so that it tries often */
		turn_for(f, 110);
		port_hotplug(f->port[0]);
	}
	pty_replug(&f->pty[0]);
	port_hotplug(f->port[0]);
	WAIT(1500, f->opened[0] == 1);
	assert_int_equal(log_count(log, saved), 2);
}

static void
a_storm_of_plugging_is_answered_about_once_a_second(void **state)
{
	struct fixture *f = *state;
	int64_t until = clock_boot_ms() + 700;

	start(f, 0);
	WAIT(1000, f->opened[0] == 1);
	while (clock_boot_ms() < until) {
		pty_unplug(&f->pty[0]);
		port_hotplug(f->port[0]);
		turn_for(f, 20);
		pty_replug(&f->pty[0]);
		port_hotplug(f->port[0]);
		turn_for(f, 20);
	}
	assert_in_range(f->opened[0], 2, 3);
	assert_in_range(f->lost[0], 1, 3);
}

static void
two_ports_on_one_device_do_not_both_get_it(void **state)
{
	struct fixture *f = *state;
	struct port_status st;

	f->config[1].path = f->pty[0].link;
	start(f, 0);
	WAIT(1000, f->opened[0] == 1);
	start(f, 1);
	WAIT(1000, f->lost[1] == 1);
	port_status(f->port[1], &st);
	assert_ptr_equal(strstr(st.why, "it is the port of BED/0 too: "),
	    st.why);
	pty_write(&f->pty[0], "<a>", 3);
	WAIT(1000, f->letters[0][0] == 'a');
}

static void
a_message_that_nobody_takes_is_dropped_and_blocks_nothing(void **state)
{
	struct fixture *f = *state;
	struct port_status st = { 0 };
	uint64_t turns;

	/* The kernel took it, but CTS holds it back. */
	ptyshim.unsent = 5;
	f->config[0].transport = TRANSPORT_SERIAL;
	start(f, 0);
	WAIT(1000, f->opened[0] == 1);
	turns = port_turns(f->port[0]);
	pty_write(&f->pty[0], "<a>", 3);
	WAIT(1000, f->letters[0][0] == 'a');
	port_status(f->port[0], &st);
	assert_int_equal(st.written + st.write_failures, 0);
	WAIT(3000, (port_status(f->port[0], &st), st.write_failures > 0));
	assert_int_equal(st.written, 0);
	assert_int_equal(ptyshim.dropped, 1);
	assert_true(st.open);
	assert_true(port_turns(f->port[0]) - turns >= 6);
}

static void
a_flood_of_garbage_leaves_the_other_port_served(void **state)
{
	static uint8_t noise[4096];
	struct fixture *f = *state;
	struct port_status st;
	int64_t worst = 0;

	for (size_t i = 0; i < sizeof(noise); i++)
		noise[i] = (uint8_t)(i * 7 | 0x80);
	start(f, 0);
	start(f, 1);
	WAIT(1000, f->opened[0] == 1 && f->opened[1] == 1);
	for (int k = 0; k < 20; k++) {
		int64_t begin = clock_boot_ms();

		f->letters[1][0] = '\0';
		pty_write(&f->pty[1], "<a>", 3);
		while (f->letters[1][0] == '\0') {
			/* As much as it takes, always. */
			(void)!write(f->pty[0].master, noise, sizeof(noise));
			assert_true(loop_turn(f->loop, 0) == 0);
		}
		if (clock_boot_ms() - begin > worst)
			worst = clock_boot_ms() - begin;
	}
	assert_in_range(worst, 0, 200);
	port_status(f->port[0], &st);
	assert_true(st.count.garbage > 20 * 1000);
	assert_int_equal(st.count.frames[DECODE_OK], 0);
	assert_int_equal(f->letters[0][0], '\0');
}

/* Gives the port more while it is still reading, for a megabyte. */
static void
feed_more(void *arg, size_t i, int64_t t_ms, bool sent, const uint8_t *p,
    size_t n)
{
	static const uint8_t noise[8192];
	struct fixture *f = arg;

	(void)t_ms;
	(void)p;
	if (!sent && (f->fed += n) < 1 << 20)
		(void)!write(f->pty[i].master, noise, sizeof(noise));
}

static void
one_turn_reads_a_bounded_amount_however_much_there_is(void **state)
{
	struct fixture *f = *state;
	const struct port_sink sink = { f, on_frame, on_link, feed_more, NULL };
	size_t most = 0;

	assert_int_equal(port_new(&f->port[0], f->loop, &f->config[0], 0,
	    &sink), 0);
	WAIT(1000, f->opened[0] == 1);
	port_record(f->port[0], true);
	pty_write(&f->pty[0], "!", 1);
	while (f->fed < 1 << 20) {
		size_t before = f->fed;

		assert_true(loop_turn(f->loop, 1000) == 0);
		if (f->fed - before > most)
			most = f->fed - before;
	}
	assert_in_range(most, 1, 65536 + 4096);
}

static void
raw_bytes_are_handed_on_only_while_they_are_recorded(void **state)
{
	struct fixture *f = *state;

	start(f, 0);
	port_record(f->port[0], true);
	WAIT(1000, f->opened[0] == 1);
	pty_write(&f->pty[0], "?<a>", 4);
	WAIT(1000, f->letters[0][0] == 'a');
	assert_string_equal(f->received, "?<a>");
	assert_string_equal(f->sent, "hello");
	port_record(f->port[0], false);
	pty_write(&f->pty[0], "<b>", 3);
	WAIT(1000, f->letters[0][1] == 'b');
	assert_string_equal(f->received, "?<a>");
}

static void
errors_on_the_line_add_up_over_reopenings(void **state)
{
	struct fixture *f = *state;
	struct port_status st;
	uint64_t turns;

	ptyshim.counts = true;
	f->config[0].transport = TRANSPORT_SERIAL;
	start(f, 0);
	WAIT(1000, f->opened[0] == 1);
	ptyshim.errors.parity = 3;
	ptyshim.errors.frame = 2;
	ptyshim.errors.brk = 1;
	port_status(f->port[0], &st);
	assert_int_equal(st.parity_errors, 3);
	ptyshim.errors.parity = 4;
	/* A device that has gone cannot be asked. */
	turns = port_turns(f->port[0]);
	WAIT(1000, port_turns(f->port[0]) > turns);
	pty_unplug(&f->pty[0]);
	pty_replug(&f->pty[0]);
	WAIT(2500, f->opened[0] == 2);
	ptyshim.errors.parity = 10;
	port_status(f->port[0], &st);
	assert_int_equal(st.framing_errors, 2);
	assert_int_equal(st.breaks, 1);
	assert_int_equal(st.parity_errors, 4 + 6);
}

/* 1760 records with values and as many with waves, as fast as they are read;
 * the figures are of an independent decoder. */
static void
a_real_recording_comes_through_either_transport_whole(void **state)
{
	struct fixture *f = *state;
	static uint8_t bytes[4 << 20];
	FILE *file = open_recording("ge-dri-b650-pycollect-db00.bin");
	size_t n = fread(bytes, 1, sizeof(bytes), file), at[PORTS] = { 0 };
	struct port_status st[PORTS] = { 0 };

	fclose(file);
	assert_int_equal(n, 2837604);
	for (size_t i = 0; i < PORTS; i++) {
		f->config[i].driver = driver_find("ge-dri");
		f->config[i].line = f->config[i].driver->line;
		start(f, i);
	}
	f->config[0].transport = TRANSPORT_SERIAL;
	WAIT(1000, f->opened[0] == 1 && f->opened[1] == 1);
	while (st[0].count.bytes < n || st[1].count.bytes < n) {
		for (size_t i = 0; i < PORTS; i++) {
			ssize_t w = write(f->pty[i].master, bytes + at[i],
			    n - at[i] < 4096 ? n - at[i] : 4096);

			at[i] += w > 0 ? (size_t)w : 0;
			port_status(f->port[i], &st[i]);
		}
		assert_true(loop_turn(f->loop, 1) == 0);
	}
	for (size_t i = 0; i < PORTS; i++) {
		assert_int_equal(st[i].count.frames[DECODE_OK], 1760);
		assert_int_equal(st[i].count.frames[DECODE_IGNORED], 1760);
		assert_int_equal(st[i].count.frames[DECODE_BAD_CHECK], 0);
		assert_true(st[i].has_device_clock);
	}
}

/* All descriptors of this process. */
static int
descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(dir);
	while (readdir(dir) != NULL)
		n++;
	closedir(dir);
	return n;
}

/* A port that is lost is opened again after a while, so most of it is made
 * anew each time; the transport below it, without any wait. */
static void
no_descriptor_is_left_behind_however_often_it_is_plugged(void **state)
{
	struct fixture *f = *state;
	int before, saved;
	FILE *log = log_open(&saved);

	start(f, 0);
	WAIT(1000, f->opened[0] == 1);
	before = descriptors();
	for (int i = 0; i < 300; i++) {
		f->lost[0] = f->opened[0] = 0;
		f->config[0].transport = i % 2 ? TRANSPORT_SERIAL :
		    TRANSPORT_PTY;
		pty_unplug(&f->pty[0]);
		WAIT(1000, f->lost[0] == 1);
		port_free(f->port[0]);
		pty_replug(&f->pty[0]);
		start(f, 0);
		WAIT(1000, f->opened[0] == 1);
	}
	assert_int_equal(descriptors(), before);
	assert_true(log_count(log, saved) >= 300);
}

/* ModemManager probes each port that it finds. */
static void
modem_commands_on_the_line_are_named_once(void **state)
{
	struct fixture *f = *state;
	char text[1024] = "";
	int saved;
	FILE *log = log_open(&saved);

	start(f, 0);
	WAIT(1000, f->opened[0] == 1);
	for (int i = 0; i < 3; i++) {
		pty_write(&f->pty[0], "A", 1);
		turn_for(f, 20);
		pty_write(&f->pty[0], "T\rAT+GCAP\r", 10);
		turn_for(f, 20);
	}
	pty_write(&f->pty[0], "<a>", 3);
	WAIT(1000, f->letters[0][0] == 'a');
	rewind(log);
	(void)!fread(text, 1, sizeof(text) - 1, log);
	(void)log_count(log, saved);
	assert_non_null(strstr(text, "ModemManager"));
	assert_null(strstr(strstr(text, "ModemManager") + 1, "ModemManager"));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(bytes_become_frames_stamped_when_they_were_read),
		TEST(what_the_driver_asks_is_sent_and_what_it_does_not_list_is_refused),
		TEST(a_question_is_answered_in_the_turn_that_heard_it),
		TEST(leave_is_taken_of_a_monitor_whose_port_is_closed_for_good),
		TEST(an_unplugged_port_is_lost_once_and_read_again_under_another_number),
		TEST(so_is_one_that_libserialport_reads),
		TEST(two_adapters_that_change_numbers_stay_with_their_beds),
		TEST(no_descriptor_is_left_behind_however_often_it_is_plugged),
		TEST(modem_commands_on_the_line_are_named_once),
		TEST(a_port_that_is_not_there_is_told_once_and_opened_when_it_comes),
		TEST(an_adapter_is_found_by_its_number_and_again_wherever_it_is),
		TEST(of_two_adapters_of_one_number_neither_is_read),
		TEST(a_port_that_another_monitor_is_read_at_is_said_to_be_its),
		TEST(another_device_in_a_known_place_is_not_read),
		TEST(a_socket_is_read_and_connected_to_again_for_ever),
		TEST(a_socket_whose_other_end_does_not_read_is_opened_anew),
		TEST(the_log_has_a_line_per_change_and_none_per_attempt),
		TEST(a_storm_of_plugging_is_answered_about_once_a_second),
		TEST(two_ports_on_one_device_do_not_both_get_it),
		TEST(a_message_that_nobody_takes_is_dropped_and_blocks_nothing),
		TEST(a_flood_of_garbage_leaves_the_other_port_served),
		TEST(one_turn_reads_a_bounded_amount_however_much_there_is),
		TEST(raw_bytes_are_handed_on_only_while_they_are_recorded),
		TEST(a_real_recording_comes_through_either_transport_whole),
		TEST(errors_on_the_line_add_up_over_reopenings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
