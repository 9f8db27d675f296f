/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The main loop, with eventfds in place of lines: one that nobody reads stays
 * ready for ever.
 *
 * Easy to get wrong: real milliseconds pass here; every bound is far from what
 * a busy machine does.
 */
#include "daemon/clock.h"
#include "daemon/every.h"
#include "daemon/loop.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define LINES 900

struct fixture;

struct line {
	struct fixture *f;
	struct loop_port port;
	int fd;
	int served, ticked;
	int64_t due_ms, ticked_ms;
	void (*then)(struct line *);
};

struct fixture {
	sd_event *events;
	sd_event_source *timer;
	struct loop *loop;
	struct line line[LINES];
	size_t n;
	int fired, after;
};

static void
on_ready(void *arg, uint32_t events)
{
	struct line *l = arg;

	assert_int_equal(events, EPOLLIN);
	l->served++;
	if (l->then != NULL)
		l->then(l);
}

static void
on_tick(void *arg)
{
	struct line *l = arg;

	l->ticked++;
	l->ticked_ms = clock_boot_ms();
}

static int
on_timer(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)source, (void)usec;
	((struct fixture *)arg)->fired++;
	return 0;
}

static int
setup(void **state)
{
	static struct fixture f;

	memset(&f, 0, sizeof f);
	assert_true(sd_event_new(&f.events) >= 0);
	assert_int_equal(loop_new(&f.loop, f.events), 0);
	assert_true(sd_event_add_time(f.events, &f.timer, CLOCK_BOOTTIME, 0, 1,
	    on_timer, &f) >= 0);
	assert_true(sd_event_source_set_enabled(f.timer, SD_EVENT_OFF) >= 0);
	*state = &f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	for (size_t i = 0; i < f->n; i++) {
		loop_unwatch(f->loop, &f->line[i].port, f->line[i].fd);
		loop_leave(f->loop, &f->line[i].port);
		close(f->line[i].fd);
	}
	sd_event_source_disable_unref(f->timer);
	loop_free(f->loop);
	sd_event_unref(f->events);
	return 0;
}

/* So many lines that are ready. */
static void
add_lines(struct fixture *f, size_t n, void (*then)(struct line *))
{
	for (; n > 0; n--) {
		struct line *l = &f->line[f->n++];

		l->f = f;
		l->then = then;
		l->port = (struct loop_port){ on_ready, on_tick, l, 0 };
		l->fd = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
		assert_true(l->fd >= 0);
		assert_int_equal(loop_join(f->loop, &l->port), 0);
		assert_int_equal(loop_watch(f->loop, &l->port, l->fd, EPOLLIN),
		    0);
	}
}

static void
one_turn_takes_many_lines_and_no_line_twice(void **state)
{
	struct fixture *f = *state;
	int most = 0;

	add_lines(f, 60, NULL);
	for (int i = 0; i < 1000 && most == 0; i++) {
		assert_int_equal(loop_turn(f->loop, 1000), 0);
		for (size_t k = 0; k < f->n; k++)
			most += f->line[k].served;
	}
	for (size_t k = 0; k < f->n; k++)
		assert_in_range(f->line[k].served, 0, 1);
	/* All at once, unless the machine stood still meanwhile. */
	assert_true(most > 1);
}

static void
take_a_while(struct line *l)
{
	int64_t until = clock_boot_ms() + 1;

	(void)l;
	while (clock_boot_ms() < until)
		;
}

static void
what_a_turn_had_no_time_for_is_served_before_any_other_again(void **state)
{
	struct fixture *f = *state;
	size_t served = 0;

	/* Twice as many as are reported at once: with the rest of each lot
	 * thrown away, the same ones would be left out each time. */
	add_lines(f, 128, take_a_while);
	while (served < f->n) {
		served = 0;
		assert_int_equal(loop_turn(f->loop, 1000), 0);
		for (size_t i = 0; i < f->n; i++) {
			/* The last turn may have begun anew. */
			assert_in_range(f->line[i].served, 0, 2);
			served += f->line[i].served > 0;
		}
	}
	for (size_t i = served = 0; i < f->n; i++)
		served += f->line[i].served == 2;
	assert_in_range(served, 0, 10);
}

static void
unwatch_the_others(struct line *l)
{
	for (size_t i = 0; i < l->f->n; i++)
		if (&l->f->line[i] != l)
			loop_unwatch(l->f->loop, &l->f->line[i].port,
			    l->f->line[i].fd);
}

static void
a_line_that_was_reported_and_then_left_is_not_served(void **state)
{
	struct fixture *f = *state;
	int served = 0;

	add_lines(f, 20, unwatch_the_others);
	for (int i = 0; i < 10; i++)
		assert_int_equal(loop_turn(f->loop, 0), 0);
	for (size_t i = 0; i < f->n; i++)
		served += f->line[i].served > 0;
	assert_int_equal(served, 1);
}

static void
set_timer(struct line *l)
{
	uint64_t n;

	assert_int_equal(read(l->fd, &n, sizeof n), sizeof n);
	assert_true(every_once(l->f->timer, 5000) >= 0);
	loop_touch(l->f->loop);
}

static void
a_timer_that_was_set_from_a_line_runs_with_nothing_else_to_wake_up_for(
    void **state)
{
	struct fixture *f = *state;
	int64_t begun = clock_boot_ms();

	add_lines(f, 1, set_timer);
	while (f->fired == 0 && clock_boot_ms() - begun < 20000)
		assert_int_equal(loop_turn(f->loop, 20000), 0);
	assert_int_equal(f->fired, 1);
	assert_in_range(clock_boot_ms() - begun, 4, 10000);
}

static void
lines_that_never_rest_leave_a_timer_its_turn(void **state)
{
	struct fixture *f = *state;
	int64_t due;
	int turns = 0;

	add_lines(f, LINES, NULL);
	assert_true(every_once(f->timer, 20000) >= 0);
	loop_touch(f->loop);
	due = clock_boot_ms() + 20;
	for (int i = 0; i < 100000 && f->fired == 0; i++) {
		turns += clock_boot_ms() > due;
		assert_int_equal(loop_turn(f->loop, 1000), 0);
	}
	assert_int_equal(f->fired, 1);
	/* Not the 15 turns that it takes to have seen all lines. */
	assert_in_range(turns, 0, 3);
}

static void
ticks_run_once_and_never_early_and_those_that_are_close_run_together(
    void **state)
{
	struct fixture *f = *state;
	int64_t begun = clock_boot_ms();
	size_t ticked = 0;
	int turns = 0;

	add_lines(f, 40, NULL);
	for (size_t i = 0; i < f->n; i++) {
		struct line *l = &f->line[i];

		loop_unwatch(f->loop, &l->port, l->fd);
		l->due_ms = begun + 20 + (int64_t)i % 20;
		loop_tick_at(f->loop, &l->port, l->due_ms);
	}
	while (ticked < f->n && clock_boot_ms() - begun < 20000) {
		assert_int_equal(loop_turn(f->loop, 1000), 0);
		turns++;
		ticked = 0;
		for (size_t i = 0; i < f->n; i++)
			ticked += f->line[i].ticked > 0;
	}
	for (size_t i = 0; i < f->n; i++) {
		assert_int_equal(f->line[i].ticked, 1);
		assert_true(f->line[i].ticked_ms >= f->line[i].due_ms);
	}
	assert_in_range(turns, 1, 20);
}

static int
leave(sd_event_source *source, uint64_t usec, void *arg)
{
	(void)usec, (void)arg;
	return sd_event_exit(sd_event_source_get_event(source), 7);
}

static void
count_after(void *arg)
{
	((struct fixture *)arg)->after++;
}

static void
the_loop_ends_with_the_code_that_sd_event_was_left_with(void **state)
{
	struct fixture *f = *state;
	sd_event_source *end = NULL;

	add_lines(f, 3, NULL);
	loop_after(f->loop, count_after, f);
	assert_true(sd_event_add_time_relative(f->events, &end, CLOCK_BOOTTIME,
	    5000, 1, leave, f) >= 0);
	assert_int_equal(loop_run(f->loop), 7);
	assert_true(f->after > 0);
	sd_event_source_disable_unref(end);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(one_turn_takes_many_lines_and_no_line_twice),
		TEST(what_a_turn_had_no_time_for_is_served_before_any_other_again),
		TEST(a_line_that_was_reported_and_then_left_is_not_served),
		TEST(a_timer_that_was_set_from_a_line_runs_with_nothing_else_to_wake_up_for),
		TEST(lines_that_never_rest_leave_a_timer_its_turn),
		TEST(ticks_run_once_and_never_early_and_those_that_are_close_run_together),
		TEST(the_loop_ends_with_the_code_that_sd_event_was_left_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
