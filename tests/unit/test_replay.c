/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Replay of the real GE recording, where it is present: every frame, each cuff
 * result once; and of messages that only silence ends.
 *
 * Easy to get wrong: the expected numbers are those of the recording's own .md,
 * not of this program.
 */
#include "tests/unit/real_recording.h"

#include <string.h>

#include "drivers/driver.h"
#include "review/replay.h"

struct seen {
	size_t cuffs;
	int64_t last_ms;
	bool backwards;
};

static void
take_reading(void *arg, int64_t ms, const struct reading *r)
{
	struct seen *seen = arg;

	seen->backwards |= ms < seen->last_ms;
	seen->last_ms = ms;
	seen->cuffs += r->vital == VITAL_NIBP_SYS && reading_has_value(r);
}

static void
load(struct track *t)
{
	const char *name = "ge-dri-b650-pycollect-db00.bin";
	struct track_error error;
	char path[500];

	fclose(open_recording(name));
	snprintf(path, sizeof path, "%s/%s", recordings_folder(), name);
	if (track_load(path, driver_find("ge-dri"), t, &error) < 0)
		fail_msg("%s", error.text);
}

static void
the_ge_recording_gives_every_frame_and_its_nine_cuff_results(void **state)
{
	struct limit_set limits;
	struct replay_options o = { .driver = driver_find("ge-dri"),
		.limits = &limits, .infusion_start_ms = 300000,
		.infusion_stop_ms = 900000 };
	struct seen seen = { 0 };
	struct replay_sink sink = { .arg = &seen, .reading = take_reading };
	struct replay_result r;
	struct track t;

	(void)state;
	limit_set_default(&limits);
	load(&t);
	assert_int_equal(replay_run(&t, &o, &sink, &r), 0);
	assert_int_equal(r.count.frames[DECODE_OK], 1760);
	assert_int_equal(seen.cuffs, 9);
	assert_false(seen.backwards);
	track_free(&t);
}

static void
an_infusion_that_stops_before_it_starts_is_refused(void **state)
{
	struct limit_set limits;
	struct replay_options o = { .driver = driver_find("ge-dri"),
		.limits = &limits, .infusion_start_ms = 900000,
		.infusion_stop_ms = 300000 };
	struct replay_sink sink = { 0 };
	struct replay_result r;
	struct track t;

	(void)state;
	limit_set_default(&limits);
	load(&t);
	assert_true(replay_run(&t, &o, &sink, &r) < 0);
	track_free(&t);
}

/* Messages without an end: the next one ends them, or silence. */
static void
the_last_message_of_a_recording_counts_though_only_silence_ends_it(
    void **state)
{
	struct limit_set limits;
	struct replay_options o = { .driver = driver_find("hl7"),
		.limits = &limits, .infusion_start_ms = 2100,
		.infusion_stop_ms = -1 };
	struct seen seen = { 0 };
	struct replay_sink sink = { .arg = &seen, .reading = take_reading };
	struct track_error error;
	struct replay_result r;
	struct track t;

	(void)state;
	limit_set_default(&limits);
	assert_int_equal(track_load("tests/captures/hl7/bare.cap", o.driver,
	    &t, &error), 0);
	assert_int_equal(replay_run(&t, &o, &sink, &r), 0);
	assert_int_equal(r.count.frames[DECODE_OK], 7);
	assert_false(seen.backwards);
	assert_int_equal(r.length_ms, 14000);
	assert_int_equal(seen.last_ms, 14000);
	track_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_ge_recording_gives_every_frame_and_its_nine_cuff_results),
		cmocka_unit_test(
		    an_infusion_that_stops_before_it_starts_is_refused),
		cmocka_unit_test(
	    the_last_message_of_a_recording_counts_though_only_silence_ends_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
