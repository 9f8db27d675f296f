/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `devices` says of a port that has a trouble, from the line to the words:
 * pseudo-terminals and sockets on a real loop, errors of the line by
 * tests/shim, and the answer that the control socket would give.
 *
 * Easy to get wrong: the driver is the test's own and may be silent for 200 ms
 * only, so that no test waits for seconds.
 */
#include "daemon/clock.h"
#include "daemon/control_state.h"
#include "daemon/setup.h"
#include "tests/shim/pty.h"
#include "tests/shim/ptyshim.h"
#include "tests/unit/socket_peer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>

#define SILENT_MS 200

/* A frame is '<', a letter and '>'; '!' for a letter fails its check. */
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
	(void)s, (void)t_ms, (void)n;
	if (window_at(w, 1) == '!')
		return DECODE_BAD_CHECK;
	readings_add(out, VITAL_HR, QUALITY_GOOD, window_at(w, 1));
	return DECODE_OK;
}

static size_t
toy_request(union driver_state *s, int64_t t_ms, uint8_t buf[TX_MAX])
{
	(void)s, (void)t_ms;
	memcpy(buf, "more", 4);
	return 4;
}

static const struct tx_template toy_tx[] = {
	{ .name = "question", .bytes = (const uint8_t *)"more", .length = 4 },
	{ .name = NULL },
};

static const struct driver toy = {
	.name = "toy", .title = "a toy", .silent_after_ms = SILENT_MS,
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.frame = toy_frame, .decode = toy_decode,
};
static const struct driver asking = {
	.name = "asking", .title = "a toy that is asked",
	.silent_after_ms = SILENT_MS,
	.line = { 9600, 8, 'N', 1, FLOW_NONE },
	.frame = toy_frame, .decode = toy_decode,
	.tx = toy_tx, .request = toy_request,
};

struct fixture {
	sd_event *events;
	struct loop *loop;
	struct pty pty;
	struct config config;
	struct config_bed bed;
	struct config_port port_config;
	char port_path[CONFIG_PATH_MAX];
	struct hub hub;
	struct port *port;
	char finding[32], why[FINDING_WHY], todo[FINDING_TODO], link[8];
	int64_t good, hr;
	bool told;		/* of the line, open or not */
};

static void
on_frame(void *arg, size_t i, const struct decoded *d)
{
	struct fixture *f = arg;
	struct now now = clock_now();

	hub_frame(&f->hub, &now, i, d);
}

static void
on_link(void *arg, size_t i, enum line_state line, const char *why)
{
	struct fixture *f = arg;
	struct now now = clock_now();

	f->told = true;
	hub_link(&f->hub, &now, i, line, why);
}

static void
no_reading(void *arg, const struct now *now, size_t port,
    const struct reading *r)
{
	(void)now, (void)port;
	((struct fixture *)arg)->hr = r->value;
}

static void
no_record(void *arg, const struct now *now, const struct record *r,
    bool urgent)
{
	(void)arg, (void)now, (void)r, (void)urgent;
}

static void
no_alarm(void *arg, const struct now *now, const struct alarm_change *c,
    const char *label)
{
	(void)arg, (void)now, (void)c, (void)label;
}

static void
no_change(void *arg, size_t bed)
{
	(void)arg, (void)bed;
}

static int
setup(void **state)
{
	static struct fixture f;
	struct now now = clock_now();
	const struct hub_sink sink = { &f, no_reading, no_record, no_alarm,
		no_change };

	memset(&f, 0, sizeof(f));
	memset(&ptyshim, 0, sizeof(ptyshim));
	assert_true(sd_event_new(&f.events) >= 0);
	assert_int_equal(loop_new(&f.loop, f.events), 0);
	pty_open(&f.pty);
	strcpy(f.bed.id, "CHAIR1");
	f.bed.ports_n = 1;
	f.port_config = (struct config_port){ .name = "CHAIR1/toy",
		.driver = &toy, .transport = TRANSPORT_SERIAL,
		.line = toy.line };
	f.port_config.path = f.pty.link;
	f.config.beds = &f.bed;
	f.config.ports = &f.port_config;
	f.config.beds_n = f.config.ports_n = 1;
	limit_set_default(&f.config.limits);
	assert_int_equal(setup_make_hub(&f.hub, &f.config, &now, 1, &sink), 0);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	port_free(f->port);
	pty_close(&f->pty);
	setup_free_hub(&f->hub);
	loop_free(f->loop);
	sd_event_unref(f->events);
	return 0;
}

static void
turn_for(struct fixture *f, int64_t ms)
{
	int64_t until = clock_boot_ms() + ms;

	while (clock_boot_ms() < until)
		assert_true(loop_turn(f->loop, 5) == 0);
}

static void
start(struct fixture *f)
{
	const struct port_sink sink = { f, on_frame, on_link, NULL, NULL };

	int64_t until = clock_boot_ms() + 2000;

	f->told = false;
	assert_int_equal(port_new(&f->port, f->loop, &f->port_config, 0, &sink),
	    0);
	while (!f->told && clock_boot_ms() < until)
		assert_true(loop_turn(f->loop, 5) == 0);
	assert_true(f->told);
}

static void
keep(const json_t *device, const char *key, char *out, size_t size)
{
	const char *s = json_string_value(json_object_get(device, key));

	assert_non_null(s);
	assert_true(strlen(s) < size);
	strcpy(out, s);
}

/* What `devices` answers. */
static void
ask(struct fixture *f)
{
	struct control_host h = { .hub = &f->hub, .config = &f->config,
		.port = &f->port };
	struct now now = clock_now();
	struct control_page page;
	json_t *answer, *d;

	control_page(&h, 0, &page);
	answer = control_devices(&h, &now, &page);
	d = json_array_get(json_object_get(answer, "devices"), 0);
	assert_non_null(d);
	keep(d, "finding", f->finding, sizeof(f->finding));
	keep(d, "why", f->why, sizeof(f->why));
	keep(d, "do", f->todo, sizeof(f->todo));
	keep(d, "link", f->link, sizeof(f->link));
	f->good = json_integer_value(json_object_get(json_object_get(d,
	    "frames"), "ok"));
	json_decref(answer);
}

/* Turns the loop until that is what `devices` says, for 3 s at most. */
static void
wait_for(struct fixture *f, const char *finding, const char *why,
    const char *todo)
{
	int64_t until = clock_boot_ms() + 3000;

	do {
		assert_true(loop_turn(f->loop, 5) == 0);
		ask(f);
	} while (strcmp(f->finding, finding) != 0 && clock_boot_ms() < until);
	assert_string_equal(f->finding, finding);
	if (strstr(f->why, why) == NULL || strstr(f->todo, todo) == NULL)
		fail_msg("\"%s\" or \"%s\" is not in:\n%s\n%s", why, todo,
		    f->why, f->todo);
}

static void
a_monitor_that_is_read_needs_no_words(void **state)
{
	struct fixture *f = *state;

	start(f);
	ask(f);
	assert_string_equal(f->finding, "waiting");
	pty_write(&f->pty, "<a>", 3);
	wait_for(f, "ok", "", "");
	assert_string_equal(f->why, "");
	assert_string_equal(f->todo, "");
	assert_string_equal(f->link, "up");
}

static void
nothing_at_all(void **state)
{
	struct fixture *f = *state;

	start(f);
	wait_for(f, "never-heard", "not a byte came since the port was opened",
	    "Is the monitor on, its output on and set to a toy");
	assert_string_equal(f->link, "silent");
}

static void
nothing_at_all_though_it_is_asked(void **state)
{
	struct fixture *f = *state;

	f->port_config.driver = &asking;
	start(f);
	wait_for(f, "never-heard", "though it is asked", "crossed or straight");
}

static void
bytes_and_no_frame_in_them(void **state)
{
	struct fixture *f = *state;
	char other[100];

	memset(other, 'U', sizeof(other));
	start(f);
	pty_write(&f->pty, other, sizeof(other));
	wait_for(f, "unreadable", "100 bytes came in the last 1 s, and no "
	    "message that driver toy understands", "another driver's monitor, "
	    "protocol, speed or parity");
}

/* Errors that the line counts come with bytes that make no sense. */
static void
line_errors(struct fixture *f, int framing, int parity, int breaks)
{
	char other[20];

	memset(other, 0, sizeof(other));
	ptyshim.counts = true;
	start(f);
	ptyshim.errors.frame = framing;
	ptyshim.errors.parity = parity;
	ptyshim.errors.brk = breaks;
	pty_write(&f->pty, other, sizeof(other));
}

static void
a_wrong_speed(void **state)
{
	struct fixture *f = *state;

	line_errors(f, 12, 3, 0);
	wait_for(f, "line-errors", "12 framing, 3 parity errors in the last "
	    "1 s: the line is read at 9600 8N1", "set baud and parity as the "
	    "monitor's menu shows them");
}

static void
a_wrong_parity(void **state)
{
	struct fixture *f = *state;

	f->port_config.line.parity = 'E';
	line_errors(f, 0, 9, 0);
	wait_for(f, "parity-errors", "9 parity errors in the last 1 s: the "
	    "line is read at 9600 8E1", "the parity wrong");
}

static void
breaks_on_the_line(void **state)
{
	struct fixture *f = *state;

	line_errors(f, 0, 0, 4);
	wait_for(f, "breaks", "4 breaks in the last", "a plug half out");
}

static void
messages_that_fail_their_checks(void **state)
{
	struct fixture *f = *state;

	start(f);
	for (int i = 0; i < 8; i++)
		pty_write(&f->pty, "<a>", 3);
	pty_write(&f->pty, "<!><!>", 6);
	wait_for(f, "damaged", "2 of 10 messages are damaged", "XON/XOFF off");
}

/* Where XON/XOFF was left on, 11 and 13 would be missing. */
static void
flow_control_bytes_are_data(void **state)
{
	struct fixture *f = *state;

	start(f);
	pty_write(&f->pty, "<\x11><\x13><\x11>", 9);
	wait_for(f, "ok", "", "");
	turn_for(f, 30);
	ask(f);
	assert_int_equal(f->good, 3);
	assert_int_equal(f->hr, 0x11);
	assert_int_equal(ptyshim.asked.c_iflag & (IXON | IXOFF | IXANY), 0);
}

static void
half_a_message_and_then_nothing(void **state)
{
	struct fixture *f = *state;

	start(f);
	pty_write(&f->pty, "<a><b", 5);
	wait_for(f, "half-message", "it stopped in the middle of a message",
	    "switch it off and on");
}

static void
a_monitor_that_fell_silent(void **state)
{
	struct fixture *f = *state;

	start(f);
	pty_write(&f->pty, "<a>", 3);
	wait_for(f, "fell-silent", "and was understood before",
	    "not in standby");
}

/* Its greeting is no message, and what comes after is. */
static void
a_monitor_that_was_restarted(void **state)
{
	struct fixture *f = *state;

	start(f);
	pty_write(&f->pty, "<a>", 3);
	turn_for(f, SILENT_MS + 50);
	pty_write(&f->pty, "MONITOR V1.2\r\n<a>", 17);
	wait_for(f, "came-back", "it was silent for 0 s, and speaks again",
	    "Was it restarted");
}

static void
a_cable_without_cts(void **state)
{
	struct fixture *f = *state;

	f->port_config.driver = &asking;
	f->port_config.line.flow = FLOW_RTSCTS;
	ptyshim.unsent = 4;
	start(f);
	wait_for(f, "takes-nothing", "it does not raise CTS",
	    "RTS and CTS are wired");
}

static void
modem_commands(void **state)
{
	struct fixture *f = *state;

	start(f);
	pty_write(&f->pty, "AT\rAT+GCAP\r", 11);
	wait_for(f, "modem-commands", "takes the monitor for a modem",
	    "Remove ModemManager");
}

static void
no_adapter(void **state)
{
	struct fixture *f = *state;

	pty_unplug(&f->pty);
	start(f);
	wait_for(f, "no-device", "no such device: ", "Plug in its adapter");
	assert_string_equal(f->link, "down");
	pty_replug(&f->pty);
}

static void
no_adapter_of_that_number(void **state)
{
	struct fixture *f = *state;

	f->port_config.path = "usb:ffff:ffff:NONE";
	assert_null(usb_parse(f->port_config.path, &f->port_config.expect));
	start(f);
	wait_for(f, "no-device", "no adapter of this serial number is plugged "
	    "in: usb:ffff:ffff:NONE", "in any socket");
}

static void
a_port_that_another_program_has(void **state)
{
	struct fixture *f = *state;
	int fd = open(f->pty.device, O_RDWR | O_NOCTTY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(flock(fd, LOCK_EX | LOCK_NB), 0);
	start(f);
	wait_for(f, "in-use", "in use by another program", "fuser");
	close(fd);
}

static void
settings_that_the_adapter_cannot_do(void **state)
{
	struct fixture *f = *state;

	ptyshim.refuses = PARENB;
	f->port_config.line.parity = 'E';
	start(f);
	wait_for(f, "settings-refused", "9600 8E1, but the device stays at "
	    "9600 8N1", "Take another adapter");
}

static void
be_socket(struct fixture *f, struct socket_peer *peer)
{
	snprintf(peer->path, sizeof(peer->path), "%s/socket", f->pty.dir);
	snprintf(f->port_path, sizeof(f->port_path), "unix:%s", peer->path);
	f->port_config.path = f->port_path;
	f->port_config.transport = TRANSPORT_UNIX;
}

static void
a_socket_that_is_not_there(void **state)
{
	struct fixture *f = *state;
	struct socket_peer peer;

	be_socket(f, &peer);
	start(f);
	wait_for(f, "no-socket", "there is no such socket: unix:/tmp/",
	    "the program that is to listen there");
	port_free(f->port);
	f->port_config.path = "unix:/run/vitals-tcp/no-such";
	start(f);
	wait_for(f, "no-socket", "there is no such socket",
	    "`systemctl status vitals-tcp@no-such`");
}

/* The device server is off: who listens for it hangs up at once. */
static void
a_socket_that_hangs_up_each_time(void **state)
{
	struct fixture *f = *state;
	struct socket_peer peer;

	be_socket(f, &peer);
	socket_peer_listen(&peer);
	start(f);
	for (int i = 0; i < 2; i++) {
		struct pollfd p = { peer.listening, POLLIN, 0 };
		int64_t until = clock_boot_ms() + 2000;

		/* The port comes again about a tenth of a second later. */
		while (poll(&p, 1, 0) == 0 && clock_boot_ms() < until)
			assert_true(loop_turn(f->loop, 5) == 0);
		socket_peer_accept(&peer);
		close(peer.fd);
	}
	socket_peer_end(&peer);
	wait_for(f, "hangs-up", "", "program that is to listen there");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_monitor_that_is_read_needs_no_words),
		TEST(nothing_at_all),
		TEST(nothing_at_all_though_it_is_asked),
		TEST(bytes_and_no_frame_in_them),
		TEST(a_wrong_speed),
		TEST(a_wrong_parity),
		TEST(breaks_on_the_line),
		TEST(messages_that_fail_their_checks),
		TEST(flow_control_bytes_are_data),
		TEST(half_a_message_and_then_nothing),
		TEST(a_monitor_that_fell_silent),
		TEST(a_monitor_that_was_restarted),
		TEST(a_cable_without_cts),
		TEST(modem_commands),
		TEST(no_adapter),
		TEST(no_adapter_of_that_number),
		TEST(a_port_that_another_program_has),
		TEST(settings_that_the_adapter_cannot_do),
		TEST(a_socket_that_is_not_there),
		TEST(a_socket_that_hangs_up_each_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
