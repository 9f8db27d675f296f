/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What follows from the counts of a port; times are arguments, so that hours
 * pass.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "daemon/finding.h"

#define MINUTE 60000
#define HOUR (60 * MINUTE)

static size_t
no_question(union driver_state *s, int64_t t_ms, uint8_t buf[TX_MAX])
{
	(void)s, (void)t_ms, (void)buf;
	return 0;
}

/* The longest names that there may be. */
static const struct driver wordy = {
	.name = "a-driver-of-thirty-one-letters-",
	.title = "Some Very Long Maker's Name Monitor 1000/2000/3000, its serial "
	    "output",
	.silent_after_ms = 3000, .request = no_question,
	.line = { 115200, 8, 'E', 2, FLOW_RTSCTS },
};

struct fixture {
	struct config_port port;
	struct finding_watch watch;
	struct finding_facts f;
	char why[FINDING_WHY], todo[FINDING_TODO];
};

static int
setup(void **state)
{
	static struct fixture x;

	memset(&x, 0, sizeof x);
	x.port.driver = &wordy;
	x.port.line = wordy.line;
	strcpy(x.port.name, "BED-OF-23-LETTERS-12345/monitor");
	x.port.path = "/dev/x";
	x.f = (struct finding_facts){ .port = &x.port, .watch = &x.watch,
		.open = true, .byte_ms = STREAM_NEVER };
	finding_watch_open(&x.watch, 0, x.f.count);
	*state = &x;
	return 0;
}

static enum finding
look(struct fixture *x, int64_t now_ms)
{
	x->f.now_ms = now_ms;
	return finding_of(&x->f, x->why, x->todo);
}

/* So many bytes and sound messages, one of them at now_ms. */
static void
hear(struct fixture *x, int64_t now_ms, uint64_t bytes, uint64_t good)
{
	x->f.byte_ms = now_ms;
	x->f.count.bytes += bytes;
	x->f.count.good += good;
	if (good > 0)
		finding_watch_good(&x->watch, now_ms, &x->port);
	finding_watch_tick(&x->watch, now_ms, x->f.count);
}

static void
half_a_message_is_told_for_hours(void **state)
{
	struct fixture *x = *state;

	hear(x, 1000, 30, 1);
	x->f.half = true;
	assert_int_equal(look(x, 2000), FINDING_OK);
	assert_int_equal(look(x, 4100), FINDING_HALF_MESSAGE);
	for (int64_t t = 5000; t < 3 * HOUR; t += 250)
		finding_watch_tick(&x->watch, t, x->f.count);
	assert_int_equal(look(x, 3 * HOUR), FINDING_HALF_MESSAGE);
	assert_string_equal(x->why, "it stopped in the middle of a message, "
	    "179 min ago");
}

static void
errors_of_before_are_no_finding_now(void **state)
{
	struct fixture *x = *state;

	x->f.count.framing = 50;
	x->f.count.bad = 50;
	hear(x, 1000, 500, 0);
	assert_int_equal(look(x, 1000), FINDING_LINE_ERRORS);
	for (int64_t t = 2000; t <= 22000; t += 1000)
		hear(x, t, 30, 3);
	assert_int_equal(look(x, 22000), FINDING_OK);
	assert_string_equal(x->why, "");
}

static void
a_stray_error_among_sound_messages_is_none(void **state)
{
	struct fixture *x = *state;

	x->f.count.framing = 3;
	x->f.count.bad = 3;
	hear(x, 1000, 1000, 60);
	assert_int_equal(look(x, 1000), FINDING_OK);
	x->f.count.framing = 7;
	assert_int_equal(look(x, 1000), FINDING_LINE_ERRORS);
}

/* Lines of text are whole, and say nothing to the driver of another monitor. */
static void
messages_of_which_none_was_ever_sound_are_another_drivers(void **state)
{
	struct fixture *x = *state;

	x->f.count.bad = 18;
	hear(x, 1000, 500, 0);
	assert_int_equal(look(x, 1000), FINDING_UNREADABLE);
	assert_non_null(strstr(x->todo, "another driver's monitor"));
	assert_non_null(strstr(x->todo, "vitalsctl detect"));
	hear(x, 2000, 30, 1);
	assert_int_equal(look(x, 2000), FINDING_DAMAGED);
}

/* A wrong speed damages messages and makes garbage, too. */
static void
the_line_explains_what_comes_of_it(void **state)
{
	struct fixture *x = *state;

	hear(x, 1000, 500, 0);
	assert_int_equal(look(x, 1000), FINDING_UNREADABLE);
	hear(x, 1000, 30, 1);
	x->f.count.bad = 5;
	assert_int_equal(look(x, 1000), FINDING_DAMAGED);
	x->f.count.parity = 9;
	assert_int_equal(look(x, 1000), FINDING_PARITY);
	x->f.count.framing = 9;
	assert_int_equal(look(x, 1000), FINDING_LINE_ERRORS);
	x->f.count.breaks = 30;
	assert_int_equal(look(x, 1000), FINDING_BREAKS);
	assert_string_equal(x->why, "9 framing, 9 parity errors and 30 breaks in "
	    "the last 1 s: the line is read at 115200 8E2");
	x->f.blocked = true;
	assert_int_equal(look(x, 1000), FINDING_TAKES_NOTHING);
	x->f.modem = true;
	assert_int_equal(look(x, 1000), FINDING_MODEM);
}

/* A few bytes are a plug that was put in, or the end of a message. */
static void
a_few_bytes_at_the_start_are_waited_out(void **state)
{
	struct fixture *x = *state;

	hear(x, 100, 20, 0);
	assert_int_equal(look(x, 100), FINDING_WAITING);
	assert_int_equal(look(x, 2999), FINDING_WAITING);
	hear(x, 3500, 5, 0);
	assert_int_equal(look(x, 3500), FINDING_UNREADABLE);
	assert_int_equal(look(x, HOUR), FINDING_FELL_SILENT);
	assert_non_null(strstr(x->why, "was not understood"));
}

static void
who_is_asked_seldom_may_be_silent_longer(void **state)
{
	struct fixture *x = *state;

	x->port.options.interval_s = 60;
	hear(x, 0, 30, 1);
	assert_int_equal(look(x, 179000), FINDING_OK);
	assert_int_equal(look(x, 180000), FINDING_FELL_SILENT);
}

/* Between the monitor and the socket there is more that may be off. */
static void
silence_behind_a_socket_names_what_is_between(void **state)
{
	struct fixture *x = *state;

	x->port.transport = TRANSPORT_UNIX;
	x->port.path = "unix:/run/vitals-tcp/chair3-ge";
	assert_int_equal(look(x, 4000), FINDING_NEVER_HEARD);
	assert_string_equal(x->todo, "Are the monitor and the device server "
	    "on, and its address right? `systemctl status "
	    "vitals-tcp@chair3-ge` says more.");
	hear(x, 5000, 30, 1);
	assert_int_equal(look(x, 9000), FINDING_FELL_SILENT);
	assert_non_null(strstr(x->todo, "the network between"));
}

static void
a_return_is_told_for_a_minute(void **state)
{
	struct fixture *x = *state;

	hear(x, 1000, 30, 1);
	hear(x, 3999, 30, 1);
	assert_int_equal(look(x, 3999), FINDING_OK);
	for (int64_t t = 34999; t < 34999 + 2 * MINUTE; t += 1000) {
		hear(x, t, 30, 1);
		assert_int_equal(look(x, t), t < 34999 + MINUTE ?
		    FINDING_CAME_BACK : FINDING_OK);
		if (t == 36999)
			assert_string_equal(x->why, "it was silent for 31 s, "
			    "and speaks again since 2 s");
	}
}

static void
each_way_not_to_open_has_its_words(void **state)
{
	static const struct {
		int error;
		enum finding serial, socket;
	} way[] = {
		{ 0, FINDING_WAITING, FINDING_WAITING },
		{ -ENOENT, FINDING_NO_DEVICE, FINDING_NO_SOCKET },
		{ -ECONNREFUSED, FINDING_NO_DEVICE, FINDING_NO_SOCKET },
		{ -EPIPE, FINDING_NO_DEVICE, FINDING_NO_SOCKET },
		{ -ENODEV, FINDING_NO_DEVICE, FINDING_NO_DEVICE },
		{ -EMEDIUMTYPE, FINDING_OTHER_DEVICE, FINDING_OTHER_DEVICE },
		{ -ENOTUNIQ, FINDING_AMBIGUOUS, FINDING_AMBIGUOUS },
		{ -EBUSY, FINDING_IN_USE, FINDING_IN_USE },
		{ -EACCES, FINDING_NO_PERMISSION, FINDING_NO_PERMISSION },
		{ -EPROTO, FINDING_SETTINGS, FINDING_SETTINGS },
		{ -ENOTTY, FINDING_NOT_A_PORT, FINDING_NOT_A_PORT },
		{ -EOPNOTSUPP, FINDING_NOT_A_PORT, FINDING_NOT_A_PORT },
		{ -EMFILE, FINDING_NOT_OPENED, FINDING_NOT_OPENED },
	};
	struct fixture *x = *state;

	x->f.open = false;
	strcpy(x->why, "as it was said at opening");
	for (size_t i = 0; i < sizeof way / sizeof way[0]; i++) {
		x->f.error = way[i].error;
		x->port.transport = TRANSPORT_SERIAL;
		assert_int_equal(look(x, 1000), way[i].serial);
		assert_int_equal(x->todo[0] == '\0', way[i].error == 0);
		x->port.transport = TRANSPORT_UNIX;
		assert_int_equal(look(x, 1000), way[i].socket);
	}
	assert_string_equal(x->why, "as it was said at opening");
}

/* No sentence is cut, however long the names and large the counts. */
static void
every_finding_fits_and_has_a_word_of_its_own_in_the_schema(void **state)
{
	json_t *schema = json_load_file("schemas/control.schema.json", 0, NULL);
	json_t *words = json_object_get(json_object_get(schema, "$defs"),
	    "finding");
	struct fixture *x = *state;
	static char path[CONFIG_PATH_MAX];
	bool said[FINDINGS] = { false };
	size_t n = json_array_size(json_object_get(words, "enum"));

	assert_int_equal(n, FINDINGS);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(json_string_value(json_array_get(
		    json_object_get(words, "enum"), i)),
		    finding_name((enum finding)i));
	json_decref(schema);
	memset(path, 'x', sizeof path - 1);
	memcpy(path, "unix:/run/vitals-tcp/", 21);
	path[5 + 107] = '\0';
	x->port.path = path;
	for (int i = 0; i < 1 << 13; i++) {
		x->f.open = i & 1;
		x->f.brief_n = i & 2 ? 9 : 0;
		x->f.half = (i & 0x44) == 0x44;
		x->f.modem = (i & 0x18) == 0x18;
		x->f.shared = i & 4;
		x->f.blocked = (i & 0x18) == 0x10;
		x->port.transport = i & 0x20 ? TRANSPORT_UNIX :
		    TRANSPORT_SERIAL;
		x->f.error = -(i >> 6) % 130;
		x->f.byte_ms = i & 0x40 ? 4000 : STREAM_NEVER;
		x->watch.good_ms = i & 0x80 ? 4000 : STREAM_NEVER;
		x->f.count = (struct finding_count){
			i & 0x40 ? 123456789 : 0, i & 0x100 ? 12345678 : 0,
			i & 0x200 ? 123456789 : 0, i & 0x400 ? 12345678 : 0,
			i & 0x800 ? 12345678 : 0, i & 0x1000 ? 12345678 : 0 };
		x->watch.gap_ms = 99 * 24 * (int64_t)HOUR;
		x->watch.back_ms = i & 0x100 ? 4500 : 0;
		strcpy(x->why, "why.");
		for (int late = 0; late < 2; late++) {
			enum finding f = look(x, late ? 9000 * (int64_t)HOUR :
			    5000);
			size_t todo = strlen(x->todo);

			said[f] = true;
			if (todo > 0 && strchr(".?", x->todo[todo - 1]) == NULL)
				fail_msg("cut: %s", x->todo);
			assert_int_equal(todo == 0, f == FINDING_OK ||
			    f == FINDING_WAITING);
			assert_int_equal(x->why[0] == '\0', f == FINDING_OK);
			assert_true(strlen(x->why) < FINDING_WHY - 8);
		}
	}
	for (int f = 0; f < FINDINGS; f++)
		if (!said[f])
			fail_msg("%s was never found", finding_name(
			    (enum finding)f));
}

#define TEST(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(messages_of_which_none_was_ever_sound_are_another_drivers),
		TEST(half_a_message_is_told_for_hours),
		TEST(errors_of_before_are_no_finding_now),
		TEST(a_stray_error_among_sound_messages_is_none),
		TEST(the_line_explains_what_comes_of_it),
		TEST(a_few_bytes_at_the_start_are_waited_out),
		TEST(who_is_asked_seldom_may_be_silent_longer),
		TEST(silence_behind_a_socket_names_what_is_between),
		TEST(a_return_is_told_for_a_minute),
		TEST(each_way_not_to_open_has_its_words),
		TEST(every_finding_fits_and_has_a_word_of_its_own_in_the_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
