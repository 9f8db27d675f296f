/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Listening to a port whose other end a test holds: what is recognised, what is
 * never written, and how it ends when something goes wrong.
 *
 * Easy to get wrong: a pseudo-terminal hears the same at every setting.  The
 * first one tried is 9600 8N1, which PHASEIN's sensors have.
 */
#include "cli/detect_hear.h"
#include "daemon/clock.h"
#include "tests/shim/pty.h"
#include "tests/shim/ptyshim.h"
#include "tests/sim/monitor.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define SHORT_MS 150

/* The other end of the line, a thread. */
struct far {
	struct pty pty;
	pthread_t thread;
	atomic_bool stop;
	void (*play)(struct far *f, int64_t ms);	/* each 10 ms */
	uint8_t got[4096];	/* all that was written to it */
	size_t got_n;
	struct monitor monitor;
	struct patient patient;
};

static struct far far;
static struct detect room;
static struct hearing heard;
static struct cli cli;
static struct long_run run;

static const uint8_t phasein[21] = {
	0xaa, 0x55, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
	0x08, 0x2a, 0x0e, 0x02, 0x00, 0x00, 0x03, 0xf5, 0xc3, 0x00,
};

static void
collect(struct far *f)
{
	ssize_t n;

	while (f->got_n < sizeof(f->got) && (n = read(f->pty.master,
	    f->got + f->got_n, sizeof(f->got) - f->got_n)) > 0) {
		monitor_hear(&f->monitor, clock_boot_ms(), f->got + f->got_n,
		    (size_t)n);
		f->got_n += (size_t)n;
	}
}

static void *
live(void *arg)
{
	struct far *f = arg;
	int64_t from_ms = clock_boot_ms();

	while (!f->stop && f->pty.master >= 0) {
		collect(f);
		f->play(f, clock_boot_ms() - from_ms);
		(void)poll(NULL, 0, 10);
	}
	return NULL;
}

/* Nobody reads at times; what is lost then is lost. */
static void
say(struct far *f, const void *p, size_t n)
{
	if (write(f->pty.master, p, n) < 0)
		return;
}

static void
play_phasein(struct far *f, int64_t ms)
{
	(void)ms;
	say(f, phasein, sizeof(phasein));
}

/* Of a code that neither of Oridion's drivers reads. */
static void
play_oridion(struct far *f, int64_t ms)
{
	(void)ms;
	say(f, "\x85\x02\x7e\x01\x7d", 5);
}

static void
play_nothing(struct far *f, int64_t ms)
{
	(void)f;
	(void)ms;
}

static void
play_noise(struct far *f, int64_t ms)
{
	(void)ms;
	say(f, "x", 1);
}

/* Another device: to whatever it gets it says something of its own. */
static size_t answered_at;

static void
play_foreign(struct far *f, int64_t ms)
{
	if (ms > 14000)		/* long after the last setting to ask at */
		kill(getpid(), SIGINT);
	if (f->got_n == 0 || answered_at != 0)
		return;
	answered_at = f->got_n;
	say(f, "ABCD", 4);
}

/* Or begins as the asked one would, and leaves it at that. */
static void
play_half_an_answer(struct far *f, int64_t ms)
{
	if (ms > 14000)
		kill(getpid(), SIGINT);
	if (f->got_n == 0 || answered_at != 0)
		return;
	answered_at = f->got_n;
	say(f, "\xc0", 1);
}

static void
play_and_unplug(struct far *f, int64_t ms)
{
	play_phasein(f, ms);
	if (ms < 80)
		return;
	close(f->pty.master);
	f->pty.master = -1;
}

static void
play_and_interrupt(struct far *f, int64_t ms)
{
	play_noise(f, ms);
	if (ms > 5500)
		kill(getpid(), SIGINT);
}

static void
play_with_errors(struct far *f, int64_t ms)
{
	play_phasein(f, ms);
	ptyshim.errors.frame += 10;
}

static void
play_monitor(struct far *f, int64_t ms)
{
	uint8_t out[SIM_OUT_MAX];
	size_t n = monitor_step(&f->monitor, clock_boot_ms(), out);

	(void)ms;
	if (n > 0)
		say(f, out, n);
}

static int
setup(void **state)
{
	(void)state;
	memset(&far, 0, sizeof(far));
	memset(&ptyshim, 0, sizeof(ptyshim));
	pty_open(&far.pty);
	pty_make_raw(&far.pty);
	cli.err = tmpfile();
	assert_non_null(cli.err);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	if (far.pty.master < 0) {
		(void)unlink(far.pty.link);
		(void)rmdir(far.pty.dir);
	} else {
		pty_close(&far.pty);
	}
	fclose(cli.err);
	return 0;
}

static struct detect_port
port_of(enum transport kind)
{
	struct detect_port p;

	detect_port_named("/dev", far.pty.link, &p);
	p.transport = kind;
	return p;
}

/* Listens while the other end plays. */
static int
hear(enum transport kind, void (*play)(struct far *f, int64_t ms), int64_t ms,
    bool probe)
{
	struct hear_options o = { .ms = ms, .probe = probe, .run = &run };
	struct detect_port p = port_of(kind);
	int r;

	far.play = play;
	far.stop = false;
	long_begin(&run, &cli);
	assert_int_equal(pthread_create(&far.thread, NULL, live, &far), 0);
	r = hear_port(&p, &o, &room, &heard);
	far.stop = true;
	pthread_join(far.thread, NULL);
	if (far.pty.master >= 0)
		collect(&far);
	long_end(&run);
	return r;
}

static void
a_monitor_is_recognised_over_either_transport(void **state)
{
	(void)state;
	for (int kind = TRANSPORT_SERIAL; kind <= TRANSPORT_PTY; kind++) {
		assert_int_equal(hear((enum transport)kind, play_phasein,
		    SHORT_MS, false), 0);
		assert_non_null(heard.sure);
		assert_string_equal(heard.sure->driver->name, "phasein");
		assert_true(heard.sure->sound >= DETECT_FRAMES);
		/* No other setting was tried. */
		assert_int_equal(heard.n, 1);
		assert_int_equal(heard.heard[0].line.baud, 9600);
		assert_true(heard.heard[0].bytes > 60);
		assert_int_equal(far.got_n, 0);
	}
}

/* It is capnostream's as well, at a rate that is not tried yet. */
static void
a_pseudo_terminal_has_no_rate_that_would_rule_anybody_out(void **state)
{
	(void)state;
	assert_int_equal(hear(TRANSPORT_SERIAL, play_oridion, SHORT_MS, false),
	    0);
	assert_non_null(heard.sure);
	assert_int_equal(hear(TRANSPORT_PTY, play_oridion, SHORT_MS, false),
	    0);
	assert_null(heard.sure);
	assert_int_equal(heard.heard[0].claim[0].doubt, DETECT_RIVAL);
}

static void
all_settings_are_tried_where_nothing_comes(void **state)
{
	struct line line[DETECT_LINES];
	size_t n = detect_lines(line);

	(void)state;
	assert_int_equal(hear(TRANSPORT_SERIAL, play_nothing, 20, false), 0);
	assert_null(heard.sure);
	assert_int_equal(heard.n, n);
	for (size_t i = 0; i < n; i++) {
		assert_memory_equal(&heard.heard[i].line, &line[i],
		    sizeof(line[i]));
		assert_int_equal(heard.heard[i].n, 0);
		assert_int_equal(heard.heard[i].bytes, 0);
	}
}

static void
nothing_is_written_unless_it_is_allowed(void **state)
{
	(void)state;
	assert_int_equal(hear(TRANSPORT_SERIAL, play_nothing, 30, false), 0);
	assert_int_equal(far.got_n, 0);
	assert_int_equal(hear(TRANSPORT_PTY, play_noise, 30, false), 0);
	assert_int_equal(far.got_n, 0);
}

/* A harmless question finds a monitor that does not speak unasked, and takes
 * leave of it. */
static void
a_silent_monitor_is_asked_if_that_is_allowed(void **state)
{
	static const char name[] = "philips-intellivue";
	const struct driver *d = driver_find(name);

	(void)state;
	assert_true(d->probe_harmless);
	patient_init(&far.patient, "BED", 7);
	monitor_init(&far.monitor, "m", sim_driver_find(name), &far.patient,
	    11);
	assert_int_equal(hear(TRANSPORT_PTY, play_monitor, 2100, true), 0);
	assert_non_null(heard.sure);
	assert_string_equal(heard.sure->driver->name, name);
	assert_ptr_equal(heard.heard[heard.n - 1].asked, d);
	assert_true(far.got_n > d->tx[0].length);
	assert_memory_equal(far.got, d->tx[0].bytes, d->tx[0].length);
	assert_memory_equal(far.got + far.got_n - d->tx[0].length,
	    d->tx[0].bytes, d->tx[0].length);
}

/* Neither a question at another setting nor the leave that is taken at the end. */
static void
nothing_more_is_sent_once_a_foreign_device_has_answered(void **state)
{
	void (*const play[])(struct far *f, int64_t ms) = {
		play_foreign, play_half_an_answer };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		answered_at = far.got_n = 0;
		assert_int_equal(hear(TRANSPORT_PTY, play[i], 2100, true),
		    -EINTR);
		assert_true(heard.foreign);
		assert_true(answered_at > 0);
		assert_int_equal(far.got_n, answered_at);
	}
}

static void
what_speaks_is_not_asked_and_ctrl_c_ends_it(void **state)
{
	(void)state;
	assert_int_equal(hear(TRANSPORT_PTY, play_and_interrupt, 2100, true),
	    -EINTR);
	assert_int_equal(far.got_n, 0);
	assert_string_equal(heard.why, "interrupted");
	/* What was heard until then is kept: 115200, where it may be asked. */
	assert_true(heard.n >= 2);
	assert_true(heard.heard[1].bytes > 0);
}

static void
a_port_that_is_unplugged_meanwhile_is_said_to_be(void **state)
{
	(void)state;
	assert_true(hear(TRANSPORT_PTY, play_and_unplug, 1000, false) < 0);
	assert_non_null(strstr(heard.why, "unplugged"));
	assert_null(heard.sure);
}

static void
a_port_that_is_in_use_is_left_alone(void **state)
{
	struct line line = { 4800, 8, 'N', 1, FLOW_NONE };
	char device[TTY_DEVICE], why[TTY_WHY];
	struct tty *other;

	(void)state;
	assert_int_equal(transport_open(&other, TRANSPORT_PTY, far.pty.link,
	    &line, device, why), 0);
	assert_int_equal(hear(TRANSPORT_PTY, play_nothing, 30, false), -EBUSY);
	assert_non_null(strstr(heard.why, "in use"));
	transport_close(other);
}

static void
what_is_no_serial_port_is_said_to_be_none(void **state)
{
	(void)state;
	pty_unplug(&far.pty);
	assert_int_equal(symlink("/etc/passwd", far.pty.link), 0);
	assert_int_equal(hear(TRANSPORT_PTY, play_nothing, 30, false),
	    -ENOTTY);
	assert_non_null(strstr(heard.why, "not a serial port"));
	assert_int_equal(unlink(far.pty.link), 0);
	assert_int_equal(hear(TRANSPORT_PTY, play_nothing, 30, false),
	    -ENOENT);
	assert_non_null(strstr(heard.why, "no such device"));
}

/* Root may open everything, so it is somebody else for a moment. */
static void
the_group_is_named_that_may_open_the_port(void **state)
{
	int r;

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(far.pty.dir, 0755), 0);
	/* One that has no rights either, root's own, and one that helps. */
	for (int i = 0; i < 3; i++) {
		assert_int_equal(chmod(far.pty.device, i == 0 ? 0600 : 0660),
		    0);
		assert_int_equal(chown(far.pty.device, 0, i == 1 ? 0 : 5), 0);
		assert_int_equal(setegid(65534), 0);
		assert_int_equal(seteuid(65534), 0);
		r = hear(TRANSPORT_PTY, play_nothing, 30, false);
		assert_int_equal(seteuid(0), 0);
		assert_int_equal(setegid(0), 0);
		assert_int_equal(r, -EACCES);
		if (i == 2)
			assert_non_null(strstr(heard.why, "belongs to the "
			    "group tty (as root: `adduser "));
		else
			assert_null(strstr(heard.why, "adduser"));
	}
}

static void
line_errors_count_against_a_setting(void **state)
{
	(void)state;
	ptyshim.counts = true;
	assert_int_equal(hear(TRANSPORT_SERIAL, play_with_errors, SHORT_MS,
	    false), 0);
	assert_null(heard.sure);
	assert_true(heard.heard[0].errors > 20);
	assert_int_equal(heard.heard[0].claim[0].verdict, DETECT_DOUBT);
	assert_int_equal(heard.heard[0].claim[0].doubt, DETECT_LINE_ERRORS);
}

static void
a_setting_that_the_device_does_not_take_is_passed_over(void **state)
{
	size_t refused = 0, even = 0;

	(void)state;
	ptyshim.refuses = PARENB;
	assert_int_equal(hear(TRANSPORT_SERIAL, play_nothing, 20, false), 0);
	for (size_t i = 0; i < heard.n; i++) {
		even += heard.heard[i].line.parity != 'N';
		refused += heard.heard[i].why[0] != '\0';
	}
	assert_true(refused > 0);
	assert_int_equal(refused, even);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_monitor_is_recognised_over_either_transport),
		TEST(a_pseudo_terminal_has_no_rate_that_would_rule_anybody_out),
		TEST(all_settings_are_tried_where_nothing_comes),
		TEST(nothing_is_written_unless_it_is_allowed),
		TEST(a_silent_monitor_is_asked_if_that_is_allowed),
		TEST(nothing_more_is_sent_once_a_foreign_device_has_answered),
		TEST(what_speaks_is_not_asked_and_ctrl_c_ends_it),
		TEST(a_port_that_is_unplugged_meanwhile_is_said_to_be),
		TEST(a_port_that_is_in_use_is_left_alone),
		TEST(what_is_no_serial_port_is_said_to_be_none),
		TEST(the_group_is_named_that_may_open_the_port),
		TEST(line_errors_count_against_a_setting),
		TEST(a_setting_that_the_device_does_not_take_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
