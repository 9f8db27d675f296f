/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Recordings of real monitors, played through the daemon on a pseudo-terminal
 * as fast as it reads, against what their notes say and what a replay of the
 * same bytes says.
 *
 * Easy to get wrong: the recordings are no part of the project; without them
 * these tests are skipped.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/unit/real_recording.h"

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const char db00[] = "ge-dri-b650-pycollect-db00.bin";
static const char damaged[] = "ge-dri-b650-pycollect-db01-corrupted-excerpt.bin";

static const char config[] =
    "beds:\n"
    "  - id: CHAIR1\n"
    "    monitors:\n"
    "      - {name: ge, driver: ge-dri, transport: pty, port: %s/ge}\n";

/* The frames of each diagnosis, as devices and replay both name them. */
static json_t *
frames_of_device(struct ward *w)
{
	json_t *r = ward_ask(w, "devices", NULL);
	json_t *f = json_object_get(json_array_get(json_object_get(r,
	    "devices"), 0), "frames");

	json_incref(f);
	json_decref(r);
	return f;
}

static json_t *
frames_of_replay(const struct ward *w, const char *path)
{
	char *out, *summary;
	json_t *line, *frames;

	assert_int_equal(ward_ctl(w, &out, WORDS("replay", path, "--driver",
	    "ge-dri", "-o", "json")), 0);
	summary = strstr(out, "{\"class\":\"summary\"");
	assert_non_null(summary);
	line = json_loads(summary, JSON_DISABLE_EOF_CHECK, NULL);
	frames = json_object_get(line, "frames");
	assert_non_null(frames);
	json_incref(frames);
	json_decref(line);
	free(out);
	return frames;
}

/* Plays the file through the daemon until it has that many sound frames. */
static void
play(struct ward *w, const char *name, int64_t frames, char path[512])
{
	int64_t until = ward_now_ms() + 60000;
	char *text = NULL;

	fclose(open_recording(name));
	snprintf(path, 512, "%s/%s", recordings_folder(), name);
	assert_true(asprintf(&text, config, w->dir) > 0);
	ward_start_vitalsd(w, text);
	free(text);
	ward_play(w, path, "ge-dri", "ge");
	for (;;) {
		json_t *f = frames_of_device(w);
		int64_t ok = json_integer_value(json_object_get(f, "ok"));

		json_decref(f);
		if (ok >= frames)
			return;
		if (ward_now_ms() > until)
			ward_fail(w, "%lld frames, not %lld", (long long)ok,
			    (long long)frames);
		ward_nap(50);
	}
}

static void
same_counts(struct ward *w, const char *path)
{
	json_t *replayed = frames_of_replay(w, path), *live;
	int64_t until = ward_now_ms() + 10000;
	bool same;

	do {
		live = frames_of_device(w);
		same = json_equal(live, replayed);
		json_decref(live);
		ward_nap(50);
	} while (!same && ward_now_ms() < until);
	if (!same)
		ward_fail(w, "daemon and replay count differently: %s",
		    json_dumps(replayed, 0));
	json_decref(replayed);
}

#define OF_VITAL(name) "FROM reading_000001 r JOIN vital v ON v.n = r.vital " \
    "WHERE v.name = '" name "' AND r.quality <= 1"

static void
half_an_hour_of_a_real_monitor_is_stored_without_loss(void **state)
{
	struct ward *w = *state;
	char path[512], *cuff;

	play(w, db00, 1760, path);
	same_counts(w, path);
	ward_wait_sql(w, "SELECT count(*) " OF_VITAL("hr"), 1760, 10);
	assert_int_equal(ward_sql(w, "SELECT count(*) " OF_VITAL("hr")), 1760);
	assert_int_equal(ward_sql(w, "SELECT count(*) " OF_VITAL("pr")), 1705);
	assert_int_equal(ward_sql(w, "SELECT count(*) " OF_VITAL("spo2")),
	    1760);
	assert_int_equal(ward_sql(w, "SELECT count(*) " OF_VITAL("rr")), 1760);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM event WHERE kind = "
	    "13"), 0);
	cuff = ward_sql_text(w, "SELECT group_concat(value, ' ') FROM (SELECT "
	    "r.value " OF_VITAL("nibp_sys") " ORDER BY row)");
	assert_string_equal(cuff, "86 91 79 94 90 85 84 90 81");
	free(cuff);
	cuff = ward_sql_text(w, "SELECT group_concat(value, ' ') FROM (SELECT "
	    "r.value " OF_VITAL("nibp_dia") " ORDER BY row)");
	assert_string_equal(cuff, "58 57 55 63 62 62 57 58 52");
	free(cuff);
	cuff = ward_sql_text(w, "SELECT group_concat(value, ' ') FROM (SELECT "
	    "r.value " OF_VITAL("nibp_map") " ORDER BY row)");
	assert_string_equal(cuff, "71 69 65 77 74 71 69 71 64");
	free(cuff);
}

static void
a_damaged_recording_gives_exactly_its_sound_records(void **state)
{
	struct ward *w = *state;
	char path[512];

	play(w, damaged, 47, path);
	same_counts(w, path);
	/* Five vitals in each; what a cuff says is judged by real time too,
	 * which a recording that is played faster has not. */
	ward_kill(&w->vitalsd, SIGTERM);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM reading_000001 r "
	    "JOIN vital v ON v.n = r.vital WHERE v.name NOT LIKE 'nibp%'"),
	    5 * 47);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(
		    half_an_hour_of_a_real_monitor_is_stored_without_loss),
		WARD_TEST(a_damaged_recording_gives_exactly_its_sound_records),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
