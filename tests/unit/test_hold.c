/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What happens between a start that failed and the next.  Waits are short
 * here; their length is an argument.
 */
#include "daemon/hold.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/clock.h"

#define SHORT_MS 60
#define LONG_MS 20000		/* nobody waits for it */

struct place {
	char dir[64], config[80];
};

static void
write_config(const struct place *p, const char *text)
{
	FILE *f = fopen(p->config, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static int
open_place(void **state)
{
	struct place *p = calloc(1, sizeof *p);
	sigset_t signals;

	strcpy(p->dir, "/tmp/test_hold.XXXXXX");
	if (mkdtemp(p->dir) == NULL)
		return -1;
	snprintf(p->config, sizeof p->config, "%s/config", p->dir);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	setenv("NOTIFY_SOCKET", "/nowhere/at/all", 1);
	*state = p;
	return 0;
}

static int
close_place(void **state)
{
	struct place *p = *state;
	char command[96];

	unsetenv("NOTIFY_SOCKET");
	snprintf(command, sizeof command, "rm -r %s", p->dir);
	if (system(command) != 0)
		return -1;
	free(p);
	return 0;
}

static int64_t
held_ms(const struct place *p, int64_t most_ms)
{
	int64_t from_ms = clock_boot_ms();

	hold_failed_start(p->dir, p->config, most_ms);
	return clock_boot_ms() - from_ms;
}

static void
the_first_failure_is_answered_at_once_a_repeated_one_waits(void **state)
{
	struct place *p = *state;

	write_config(p, "wrong");
	assert_true(held_ms(p, LONG_MS) < LONG_MS);
	assert_true(held_ms(p, SHORT_MS) >= SHORT_MS);
	/* Another mistake is answered at once again. */
	write_config(p, "wronG");
	assert_true(held_ms(p, LONG_MS) < LONG_MS);
	assert_true(held_ms(p, SHORT_MS) >= SHORT_MS);
}

static void
a_missing_configuration_is_a_state_like_others(void **state)
{
	struct place *p = *state;

	assert_true(held_ms(p, LONG_MS) < LONG_MS);
	assert_true(held_ms(p, SHORT_MS) >= SHORT_MS);
	write_config(p, "");
	assert_true(held_ms(p, LONG_MS) < LONG_MS);
}

static void
a_start_that_succeeds_in_between_is_a_new_beginning(void **state)
{
	struct place *p = *state;

	write_config(p, "wrong");
	assert_true(held_ms(p, LONG_MS) < LONG_MS);
	hold_forget(p->dir);
	assert_true(held_ms(p, LONG_MS) < LONG_MS);
}

static void *
mend(void *arg)
{
	struct timespec t = { .tv_nsec = 30 * 1000000 };

	nanosleep(&t, NULL);
	write_config(arg, "mended");
	return NULL;
}

static void
a_mended_file_is_seen_before_the_wait_is_over(void **state)
{
	struct place *p = *state;
	pthread_t thread;

	write_config(p, "wrong");
	assert_true(held_ms(p, LONG_MS) < LONG_MS);
	assert_int_equal(pthread_create(&thread, NULL, mend, p), 0);
	assert_true(held_ms(p, LONG_MS) < LONG_MS);
	assert_int_equal(pthread_join(thread, NULL), 0);
}

static void
a_stop_is_obeyed_while_waiting(void **state)
{
	struct place *p = *state;

	write_config(p, "wrong");
	assert_true(held_ms(p, LONG_MS) < LONG_MS);
	assert_int_equal(raise(SIGTERM), 0);
	assert_true(held_ms(p, LONG_MS) < LONG_MS);
}

static void
without_a_place_to_remember_every_failure_waits(void **state)
{
	struct place *p = *state;
	int64_t from_ms = clock_boot_ms();

	write_config(p, "wrong");
	hold_failed_start("/nowhere/at/all", p->config, SHORT_MS);
	assert_true(clock_boot_ms() - from_ms >= SHORT_MS);
	from_ms = clock_boot_ms();
	hold_failed_start(NULL, p->config, SHORT_MS);
	assert_true(clock_boot_ms() - from_ms >= SHORT_MS);
}

static void
a_person_at_a_terminal_never_waits(void **state)
{
	struct place *p = *state;

	unsetenv("NOTIFY_SOCKET");
	write_config(p, "wrong");
	assert_true(held_ms(p, LONG_MS) < LONG_MS);
	assert_true(held_ms(p, LONG_MS) < LONG_MS);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, open_place, close_place)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_first_failure_is_answered_at_once_a_repeated_one_waits),
		TEST(a_missing_configuration_is_a_state_like_others),
		TEST(a_start_that_succeeds_in_between_is_a_new_beginning),
		TEST(a_mended_file_is_seen_before_the_wait_is_over),
		TEST(a_stop_is_obeyed_while_waiting),
		TEST(without_a_place_to_remember_every_failure_waits),
		TEST(a_person_at_a_terminal_never_waits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
