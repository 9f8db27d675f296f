/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A whole session, from the monitors' bytes to the review, with the shipped
 * limits and through the commands that staff type.
 *
 * Easy to get wrong: the shipped delays are real.  This one test takes a
 * minute and a half; every other uses shorter ones.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const char scenario[] =
    "seed: 7\n"
    "beds:\n"
    "  CHAIR1:\n"
    "    baseline: {hr: 70, nibp_sys: 122, nibp_dia: 76, spo2: 97, rr: 14}\n"
    "    monitors:\n"
    "      ge: {driver: ge-dri, cuff_first: 2s, cuff_every: 5min,"
    " cuff_takes: 3s}\n"
    "      ox: {driver: nonin-2}\n";

static const char config[] =
    "site: \"Test clinic\"\n"
    "beds:\n"
    "  - id: CHAIR1\n"
    "    label: \"Chair 1\"\n"
    "    monitors:\n"
    "      - {name: ox, driver: nonin-2, transport: pty, port: %s/tty/ox}\n"
    "      - {name: ge, driver: ge-dri, transport: pty, port: %s/tty/ge,"
    " interval: 1s}\n"
    "notify:\n"
    "  channels:\n"
    "    - {name: station, at-least: low}\n";

static void
start_all(struct ward *w)
{
	char *text = NULL;

	ward_start_sim(w, scenario, WORDS("ge", "ox"));
	ward_start_receiver(w, "ok");
	assert_true(asprintf(&text, config, w->dir, w->dir) > 0);
	ward_start_vitalsd(w, text);
	free(text);
	ward_start_tap(w);
	ward_start_notify(w);
}

/* What staff type; the answer must hold that text. */
static void
answers(const struct ward *w, int expected, const char *says,
    const char *const *words)
{
	char *out;
	int status = ward_ctl(w, &out, words);

	if (status != expected || strstr(out, says) == NULL)
		ward_fail(w, "%s %s: status %d, not saying \"%s\": %s",
		    words[0], words[1], status, says, out);
	free(out);
}

static void
types(const struct ward *w, const char *says, const char *const *words)
{
	answers(w, 0, says, words);
}

static void
refuses(const struct ward *w, const char *says, const char *const *words)
{
	answers(w, 1, says, words);
}

/* Looks until the expression below the bed's state is that JSON value. */
static void
wait_bed(struct ward *w, const char *object, const char *key, int timeout_s)
{
	int64_t until = ward_now_ms() + timeout_s * 1000;

	for (;;) {
		json_t *bed = ward_bed(w);
		bool yes = json_is_true(json_object_get(json_object_get(bed,
		    object), key));

		json_decref(bed);
		if (yes)
			return;
		if (ward_now_ms() > until)
			ward_fail(w, "%s.%s did not become true", object, key);
		ward_nap(100);
	}
}

static void
wait_cuff(struct ward *w)
{
	int64_t until = ward_now_ms() + 30000;

	for (;;) {
		json_t *r = ward_ask(w, "baseline.suggest", NULL);
		bool yes = json_is_integer(json_object_get(json_object_get(r,
		    "values"), "nibp-sys"));

		json_decref(r);
		if (yes)
			return;
		if (ward_now_ms() > until)
			ward_fail(w, "no cuff result");
		ward_nap(100);
	}
}

/* Writes what is below 'key' of each line of one file into another. */
static void
unwrap(const struct ward *w, const char *from, const char *to, const char *key)
{
	FILE *in = fopen(ward_path(w, from), "r");
	FILE *out = fopen(ward_path(w, to), "w");
	char *line = NULL;
	size_t cap = 0;

	assert_true(in != NULL && out != NULL);
	while (getline(&line, &cap, in) > 0) {
		json_t *o = json_loads(line, 0, NULL);

		assert_non_null(o);
		json_dumpf(json_object_get(o, key), out, JSON_COMPACT);
		fputc('\n', out);
		json_decref(o);
	}
	free(line);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* Each notice is two lines: what it is, and its body, which is written into
 * another file. */
static void
split_notices(const struct ward *w, const char *from, const char *to)
{
	FILE *in = fopen(ward_path(w, from), "r");
	FILE *out = fopen(ward_path(w, to), "w");
	char *line = NULL;
	size_t cap = 0;
	bool body = false;

	assert_true(in != NULL && out != NULL);
	for (; getline(&line, &cap, in) > 0; body = !body) {
		if (body)
			fputs(line, out);
		else
			assert_int_equal(strncmp(line, "notice ", 7), 0);
	}
	free(line);
	fclose(in);
	assert_int_equal(fclose(out), 0);
}

/* The phases of that event's notices, in the order of their sequence. */
static void
phases_of(const struct ward *w, const char *event, char *out, size_t cap)
{
	FILE *in = fopen(ward_path(w, "bodies"), "r");
	char *line = NULL;
	size_t n = 0;
	json_int_t last = 0;

	out[0] = '\0';
	assert_non_null(in);
	while (getline(&line, &n, in) > 0) {
		json_t *o = json_loads(line, 0, NULL);
		const char *id = json_string_value(json_object_get(o, "event"));
		json_int_t sequence = json_integer_value(json_object_get(o,
		    "sequence"));

		if (id != NULL && strcmp(id, event) == 0) {
			assert_true(sequence > last);
			last = sequence;
			snprintf(out + strlen(out), cap - strlen(out), "%s ",
			    json_string_value(json_object_get(o, "phase")));
		}
		json_decref(o);
	}
	free(line);
	fclose(in);
}

/* Medium, then high, on one event; acknowledged by name; over. */
static void
desaturate(struct ward *w, char event[64])
{
	json_t *a;

	ward_sim(w, "CHAIR1 spo2 90 over 1s");
	a = ward_wait_alarm(w, "spo2-low", "active", "medium", 40);
	assert_string_equal(json_string_value(json_object_get(a, "priority")),
	    "medium");
	snprintf(event, 64, "%s", json_string_value(json_object_get(a,
	    "event")));
	json_decref(a);
	ward_sim(w, "CHAIR1 spo2 85 over 1s");
	a = ward_wait_alarm(w, "spo2-low", "active", "high", 30);
	assert_string_equal(json_string_value(json_object_get(a, "event")),
	    event);
	assert_false(json_is_true(json_object_get(a, "acknowledged")));
	json_decref(a);
	types(w, event, WORDS("alarm", "ack", "--by", "Ana R."));
	a = ward_wait_alarm(w, "spo2-low", "active", "high", 1);
	assert_true(json_is_true(json_object_get(a, "acknowledged")));
	assert_string_equal(json_string_value(json_object_get(a, "by")),
	    "Ana R.");
	json_decref(a);
	ward_sim(w, "CHAIR1 spo2 97 over 1s");
	(void)ward_wait_alarm(w, "spo2-low", "", "none", 30);
}

/* Moves the infusion start of the session that has just ended by five seconds;
 * the log then holds a second seal. */
static void
corrects_the_infusion_start(struct ward *w)
{
	time_t then = (time_t)(ward_sql(w, "SELECT at_wall_ms / 1000 - 5 FROM "
	    "statement WHERE kind = 1"));
	char *review = NULL, *id, at[16];
	struct tm tm;

	localtime_r(&then, &tm);
	strftime(at, sizeof at, "%H:%M:%S", &tm);
	assert_int_equal(ward_ctl(w, &review, WORDS("review", "last")), 0);
	id = strstr(review, "infusion.start");
	assert_non_null(id);
	id = strchr(id, '#');
	assert_non_null(id);
	id[1 + strspn(id + 1, "0123456789abcdef-")] = '\0';
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 16", 1, 10);
	types(w, "correction", WORDS("session", "amend", id, "--at", at,
	    "--reason", "noticed too late"));
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 16", 2, 10);
	free(review);
}

static void
a_session_goes_from_bytes_to_a_review(void **state)
{
	struct ward *w = *state;
	char event[64], phases[256], query[256], *out;
	json_t *bed;

	start_all(w);
	types(w, "session start", WORDS("session", "start", "--subject",
	    "K-0417", "--by", "Ana R."));
	wait_cuff(w);
	types(w, "baseline", WORDS("baseline", "confirm", "--yes", "--by",
	    "Dr Lind"));
	wait_bed(w, "armed", "spo2-low", 45);
	types(w, "infusion start", WORDS("infusion", "start"));
	desaturate(w, event);
	bed = ward_bed(w);
	assert_string_equal(json_string_value(json_object_get(bed, "phase")),
	    "infusion");
	assert_true(json_integer_value(json_object_get(bed, "infusion_ms")) >
	    20000);
	json_decref(bed);
	refuses(w, "infusion stop", WORDS("session", "end"));
	types(w, "infusion stop", WORDS("infusion", "stop"));
	/* As the site has it by default. */
	types(w, "s, less than the 2 h 00 min of this site",
	    WORDS("session", "end"));
	refuses(w, "no such start", WORDS("session", "amend",
	    "9f86d081884c7d65-7", "--withdraw", "--reason", "wrong bed"));
	/* What is noticed too late is corrected too, and sealed anew. */
	corrects_the_infusion_start(w);
	refuses(w, "no bed \"CHAIR9\"; there is CHAIR1", WORDS("mark", "x",
	    "--bed", "CHAIR9"));

	/* Every notice that was made has arrived, with a good signature. */
	snprintf(query, sizeof query, "SELECT count(*) = 0 FROM notices WHERE "
	    "delivered_at IS NULL");
	ward_wait_sql(w, query, 1, 10);
	unwrap(w, "received.jsonl", "bodies", "body");
	phases_of(w, event, phases, sizeof phases);
	/* On the way up a sample may fall between the two limits. */
	if (strcmp(phases, "start escalate acknowledge end ") != 0)
		assert_string_equal(phases,
		    "start escalate acknowledge deescalate end ");
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM delivery WHERE "
	    "outcome NOT IN (0, 3) OR attempt > 1"), 0);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM event WHERE kind "
	    "= 13"), 0);

	assert_int_equal(ward_ctl(w, &out, WORDS("review", "last")), 0);
	if (strstr(out, "SpO2 85 % (<88)") == NULL ||
	    strstr(out, "delivered after ") == NULL ||
	    strstr(out, "acknowledged by Ana R.") == NULL ||
	    strstr(out, "K-0417") == NULL || strstr(out, "Dr Lind") == NULL ||
	    strstr(out, "*** RECOVERY LASTED ") == NULL ||
	    strstr(out, "medium, high after") == NULL)
		ward_fail(w, "the review lacks something: %s", out);
	free(out);

	json_decref(ward_ask(w, "devices", NULL));
	json_decref(ward_ask(w, "limits.show", NULL));
	json_decref(ward_ask(w, "watch", NULL));
	json_decref(ward_ask(w, "status", NULL));
	ward_check_schema(w, "control.schema.json", "messages");
	split_notices(w, "from-vitalsd", "handed-out");
	ward_check_schema(w, "notice.schema.json", "handed-out");
	ward_check_schema(w, "notify-socket.schema.json", "from-notify");
	ward_check_schema(w, "notice.schema.json", "bodies");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(a_session_goes_from_bytes_to_a_review),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
