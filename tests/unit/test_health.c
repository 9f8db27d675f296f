/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What systemd's watchdog is told, and when it is not: a loop that turns is not
 * enough.
 *
 * Easy to get wrong: real milliseconds pass here; the watchdog is fed three times
 * a second.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/health.h"
#include "daemon/setup.h"
#include "daemon/supervisor.h"

#define FED_MS 334

struct fixture {
	char dir[64];
	int systemd;
	sd_event *loop, *other_loop;
	struct loop *turns, *other_turns;
	struct config config;
	struct config_bed bed;
	struct config_port port_config;
	char port_path[CONFIG_PATH_MAX];
	struct port *port;
	struct hub hub;
	struct store *store;
	struct health *health;
	struct now started;
	int ready;		/* so often told to be */
};

static void
ignore_reading(void *arg, const struct now *now, size_t port,
    const struct reading *r)
{
	(void)arg, (void)now, (void)port, (void)r;
}

static void
ignore_record(void *arg, const struct now *now, const struct record *r,
    bool urgent)
{
	(void)arg, (void)now, (void)r, (void)urgent;
}

static void
ignore_alarm(void *arg, const struct now *now, const struct alarm_change *c,
    const char *label)
{
	(void)arg, (void)now, (void)c, (void)label;
}

static void
ignore_change(void *arg, size_t bed)
{
	(void)arg, (void)bed;
}

static void
ignore_link(void *arg, size_t i, enum line_state line, const char *why)
{
	(void)arg, (void)i, (void)line, (void)why;
}

static void
be_systemd(struct fixture *f)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	snprintf(a.sun_path, sizeof a.sun_path, "%s/systemd", f->dir);
	f->systemd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC,
	    0);
	assert_int_equal(bind(f->systemd, (const struct sockaddr *)&a,
	    sizeof a), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", a.sun_path, 1), 0);
	assert_int_equal(setenv("WATCHDOG_USEC", "1000000", 1), 0);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct store_options o = { .version = "test", .start_id = 1,
		.segment_ms = 86400000 };
	struct store_restored *restored = NULL;
	const struct hub_sink sink = { f, ignore_reading, ignore_record,
		ignore_alarm, ignore_change };
	char error[256];

	assert_non_null(f);
	strcpy(f->dir, "/tmp/vitalsd-health-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	be_systemd(f);
	assert_true(sd_event_new(&f->loop) >= 0);
	assert_true(sd_event_new(&f->other_loop) >= 0);
	assert_int_equal(loop_new(&f->turns, f->loop), 0);
	assert_int_equal(loop_new(&f->other_turns, f->other_loop), 0);
	f->started = clock_now();
	o.dir = f->dir;
	o.now = f->started;
	assert_int_equal(store_open(&f->store, &o, &restored, error,
	    sizeof error), 0);
	store_restored_free(restored);
	strcpy(f->bed.id, "CHAIR1");
	f->port_config.driver = driver_find("nonin-2");
	f->port_config.transport = TRANSPORT_PTY;
	strcpy(f->port_config.name, "CHAIR1/ox");
	snprintf(f->port_path, sizeof f->port_path, "%s/none", f->dir);
	f->port_config.path = f->port_path;
	f->config.beds = &f->bed;
	f->config.ports = &f->port_config;
	f->config.beds_n = f->config.ports_n = 1;
	limit_set_default(&f->config.limits);
	assert_int_equal(setup_make_hub(&f->hub, &f->config, &f->started, 1,
	    &sink), 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	char command[96];

	health_free(f->health);
	port_free(f->port);
	store_close(f->store, &f->started, 2000);
	setup_free_hub(&f->hub);
	loop_free(f->turns);
	loop_free(f->other_turns);
	sd_event_unref(f->loop);
	sd_event_unref(f->other_loop);
	close(f->systemd);
	snprintf(command, sizeof command, "rm -r %s", f->dir);
	assert_int_equal(system(command), 0);
	unsetenv("NOTIFY_SOCKET");
	unsetenv("WATCHDOG_USEC");
	free(f);
	return 0;
}

static void
start(struct fixture *f, struct loop *loop_of_port)
{
	const struct port_sink sink = { f, NULL, ignore_link, NULL, NULL };

	assert_int_equal(port_new(&f->port, loop_of_port, &f->port_config,
	    0, &sink), 0);
	assert_int_equal(health_new(&f->health, f->loop, &f->started, &f->hub,
	    f->store, &f->port, 1), 0);
}

/* How often the watchdog was fed while the loop turned for so long. */
static int
fed_within(struct fixture *f, int64_t ms)
{
	int64_t until = clock_boot_ms() + ms;
	char text[64];
	int fed = 0;

	while (clock_boot_ms() < until)
		assert_true(loop_turn(f->turns, 20) == 0);
	for (;;) {
		ssize_t n = recv(f->systemd, text, sizeof text - 1, 0);

		if (n < 0)
			return fed;
		text[n] = '\0';
		f->ready += strstr(text, "\nREADY=1") != NULL;
		text[strcspn(text, "\n")] = '\0';
		fed += strcmp(text, "WATCHDOG=1") == 0;
	}
}

static void
a_daemon_that_turns_feeds_the_watchdog(void **state)
{
	struct fixture *f = *state;

	int64_t until = clock_boot_ms() + 20000;
	int fed = 0;

	/* Seldom, where the machine is busy; but it goes on. */
	start(f, f->turns);
	while (fed < 3 && clock_boot_ms() < until)
		fed += fed_within(f, FED_MS);
	assert_true(fed >= 3);
	/* The first word of it may have found no room. */
	assert_int_equal(f->ready, fed);
}

static void
a_port_whose_timer_stands_still_starves_the_watchdog(void **state)
{
	struct fixture *f = *state;

	start(f, f->other_turns);
	assert_true(loop_turn(f->other_turns, 1000) == 0);
	/* Once, for the turn that it made. */
	assert_in_range(fed_within(f, 3 * FED_MS + FED_MS / 2), 0, 1);
	assert_int_equal(fed_within(f, FED_MS * 2), 0);
}

static void
a_hub_that_nobody_ticks_starves_the_watchdog(void **state)
{
	struct fixture *f = *state;
	struct now past = f->started;
	struct decoded d = { .result = DECODE_IGNORED };

	start(f, f->turns);
	/* Its silence was to be noted long ago. */
	past.t_ms -= 60000;
	d.t_ms = past.t_ms;
	hub_frame(&f->hub, &past, 0, &d);
	assert_int_equal(fed_within(f, 2 * FED_MS), 0);
}

static void
what_systemd_has_no_room_for_is_dropped(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 2000; i++)
		supervisor_tell("WATCHDOG=1");
	assert_true(fed_within(f, 0) >= 1);
	assert_int_equal(setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1), 0);
	supervisor_tell("READY=1");
	assert_int_equal(supervisor_watchdog_us(), 333333);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_daemon_that_turns_feeds_the_watchdog),
		TEST(a_port_whose_timer_stands_still_starves_the_watchdog),
		TEST(a_hub_that_nobody_ticks_starves_the_watchdog),
		TEST(what_systemd_has_no_room_for_is_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
