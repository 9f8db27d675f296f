/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Many ports at once: every one is read, every reading is stored, no bed is
 * called silent, and whoever asks hears of all beds.
 *
 * Easy to get wrong: nothing is timed here, the machine may be slow; tests/bench
 * measures.  What a port is flushed of when it is opened was never its reading.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define PORTS 200
#define PORTS_TEXT "200"
#define BEDS 100		/* of two ports each */

static void
start_feeder(struct ward *w)
{
	char program[300];
	const char *out = ward_path(w, "sim.out"), *dir = ward_path(w, "tty");
	char text[64] = "";
	int64_t until = ward_now_ms() + 15000;

	snprintf(program, sizeof program, "%s/bench/feeder", w->build);
	w->sim = fork();
	assert_true(w->sim >= 0);
	if (w->sim == 0) {
		int fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(fd, 1);
		dup2(fd, 2);
		execl(program, program, "feed", "--ports", PORTS_TEXT, "--hz",
		    "2", dir, (char *)NULL);
		_exit(127);
	}
	while (strstr(text, "ready") == NULL) {
		FILE *f = fopen(out, "r");

		if (f != NULL) {
			(void)!fgets(text, sizeof text, f);
			fclose(f);
		}
		if (ward_now_ms() > until)
			ward_fail(w, "the feeder is not ready: %s", text);
		ward_nap(20);
	}
}

/* The beds that the feeder has ports for. */
static char *
feeders_config(struct ward *w)
{
	char *beds = NULL, *config = NULL;

	assert_int_equal(ward_run(w, &beds, WORDS("bench/feeder", "beds",
	    "--ports", PORTS_TEXT, "--per-bed", "2", ward_path(w, "tty"))), 0);
	assert_true(asprintf(&config, "%slimits:\n  arm-after: 1s\n",
	    beds) > 0);
	free(beds);
	return config;
}

/* Of all ports: the least and the sum of the readings, and what was damaged. */
static void
count(struct ward *w, size_t *ports, int64_t *least, int64_t *all,
    int64_t *damaged)
{
	json_int_t from = 0;

	*ports = 0;
	*least = INT64_MAX;
	*all = *damaged = 0;
	do {
		json_t *page = ward_ask(w, "devices",
		    json_pack("{s:I}", "from", from)), *d;
		size_t i;

		json_array_foreach(json_object_get(page, "devices"), i, d) {
			int64_t n = json_integer_value(json_object_get(d,
			    "readings"));

			++*ports;
			*all += n;
			*least = n < *least ? n : *least;
			*damaged += json_integer_value(json_object_get(
			    json_object_get(d, "frames"), "bad-value"));
		}
		from = json_integer_value(json_object_get(page, "next"));
		json_decref(page);
	} while (from > 0);
}

static void
open_sessions(struct ward *w)
{
	char bed[16];

	for (int i = 1; i <= BEDS; i++) {
		snprintf(bed, sizeof bed, "B%04d", i);
		json_decref(ward_ask(w, "session.start",
		    json_pack("{s:s}", "bed", bed)));
	}
}

static size_t
times(const char *text, const char *word)
{
	size_t n = 0;

	while ((text = strstr(text, word)) != NULL) {
		n++;
		text++;
	}
	return n;
}

static void
two_hundred_ports_are_all_read_and_stored(void **state)
{
	struct ward *w = *state;
	int64_t least, all, before, damaged, until;
	size_t ports;
	char *config, *out = NULL;

	(void)mkdir(ward_path(w, "tty"), 0700);
	config = feeders_config(w);
	start_feeder(w);
	ward_start_vitalsd(w, config);
	free(config);
	open_sessions(w);
	until = ward_now_ms() + 60000;
	do {
		ward_nap(300);
		count(w, &ports, &least, &all, &damaged);
		if (ward_now_ms() > until)
			ward_fail(w, "a port has %lld readings only",
			    (long long)least);
	} while (least < 5 * 3);
	assert_int_equal(ports, PORTS);
	assert_int_equal(ward_ctl(w, &out, WORDS("status", "-o", "json")), 0);
	assert_int_equal(times(out, "\"label\""), BEDS);
	free(out);
	assert_int_equal(ward_ctl(w, &out, WORDS("devices")), 0);
	/* What is said under a port is indented. */
	assert_int_equal(times(out, "\n") - times(out, "\n    "), PORTS + 1);
	free(out);
	ward_kill(&w->sim, SIGTERM);
	/* Until nothing more comes of what waited in the terminals. */
	do {
		before = all;
		ward_nap(500);
		count(w, &ports, &least, &all, &damaged);
	} while (all != before);
	assert_int_equal(damaged, 0);
	ward_wait_sql(w, "SELECT count(*) FROM reading_000001", all, 15);
	assert_true(ward_sql(w, "SELECT count(*) FROM reading_000001") == all);
	assert_true(ward_sql(w, "SELECT count(DISTINCT port) FROM"
	    " reading_000001") == PORTS);
	assert_true(ward_sql(w, "SELECT count(*) FROM alarm WHERE condition"
	    " LIKE 'no-data%'") == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(two_hundred_ports_are_all_read_and_stored),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
