/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Each capture in tests/captures/DRIVER is four tests (DESIGN.md section 6);
 * the readings expected lie beside it.  `make accept` writes them anew: then
 * read the difference before you commit it.
 *
 * Easy to get wrong: the bit-flip test speaks only of checksummed drivers and
 * of captures in which no frame is damaged already.
 */
#include "tests/unit/recording.h"

#include "daemon/config.h"

#include <dirent.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#define ROOT "tests/captures"

/* Every bit of a capture is flipped once, up to so many runs; of larger ones,
 * every k-th bit, k being odd so that all bits of a byte have their turn. */
#define FLIP_BYTES ((size_t)64 << 20)

struct capture {
	char path[300];
	const struct driver *driver;
	struct config *config;	/* NAME.yaml beside NAME.cap: its driver "line"
				 * has rules; else NULL */
	struct recording recording;
	struct events clean;
	char *alarms;		/* all that the clean run tells, "\nWORDS\n" */
};

static struct capture captures[200];
static size_t captures_n;

static void
print_value(FILE *f, const struct reading *r)
{
	unsigned decimals = vital_info[r->vital].decimals;
	int scale = decimals == 2 ? 100 : decimals == 1 ? 10 : 1;

	if (!reading_has_value(r))
		return;
	fprintf(f, " %d", r->value / scale);
	if (decimals > 0)
		fprintf(f, ".%0*d", (int)decimals, abs(r->value % scale));
}

/* The monitor's own alarms, where the frame tells them. */
static void
print_alarms(FILE *f, const struct decoded *d)
{
	const struct monitor_alarms *a = &d->readings.alarms;

	if (a->told && a->list != 0)
		fprintf(f, "@%" PRId64 " alarms of list %d:\n", d->t_ms,
		    a->list);
	if (a->told && a->n == 0)
		fprintf(f, "@%" PRId64 " alarm none\n", d->t_ms);
	if (a->unknown)
		fprintf(f, "@%" PRId64 " alarm unknown\n", d->t_ms);
	for (size_t i = 0; a->told && i < a->n; i++)
		fprintf(f, "@%" PRId64 " alarm %s %s\n", d->t_ms,
		    priority_name(a->item[i].priority), a->item[i].text);
}

static void
print_frame(void *context, const struct decoded *d)
{
	FILE *f = context;

	if (d->readings.device_clock_ms != 0)
		fprintf(f, "@%" PRId64 " clock %" PRId64 "\n", d->t_ms,
		    d->readings.device_clock_ms);
	for (size_t i = 0; i < d->readings.n; i++) {
		const struct reading *r = &d->readings.item[i];

		fprintf(f, "@%" PRId64 " %s %s", d->t_ms,
		    vital_info[r->vital].name, quality_name(r->quality));
		print_value(f, r);
		if (r->age_ms != 0)
			fprintf(f, " age %" PRId64, r->age_ms);
		if ((r->flags & READING_DEMO) != 0)
			fputs(" demo", f);
		fputc('\n', f);
	}
	print_alarms(f, d);
}

static void
alarm_words(const struct monitor_alarm *a, char out[MONITOR_ALARM_TEXT + 16])
{
	snprintf(out, MONITOR_ALARM_TEXT + 16, "\n%s %s\n",
	    priority_name(a->priority), a->text);
}

static void
note_alarms(void *context, const struct decoded *d)
{
	char words[MONITOR_ALARM_TEXT + 16];

	for (size_t i = 0; d->readings.alarms.told &&
	    i < d->readings.alarms.n; i++) {
		alarm_words(&d->readings.alarms.item[i], words);
		fputs(words, context);
	}
}

/* What the driver makes of the capture, as text; the caller frees it. */
static char *
render(struct capture *c, size_t cut)
{
	struct events e = { 0 };
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	recording_run(&c->recording, c->driver, cut, 0, &e, print_frame, f);
	fprintf(f, "= bytes %" PRIu64 " garbage %" PRIu64, e.count.bytes,
	    e.count.garbage);
	for (int i = 0; i < DECODES; i++)
		fprintf(f, " %s %" PRIu64, decode_name((enum decode)i),
		    e.count.frames[i]);
	fputc('\n', f);
	fclose(f);
	free(e.item);
	return text;
}

static char *
read_file(const char *path)
{
	char *text = NULL;
	size_t size = 0;
	ssize_t n;
	FILE *f = fopen(path, "r");

	if (f == NULL)
		return NULL;
	n = getdelim(&text, &size, '\0', f);
	fclose(f);
	if (n < 0) {
		free(text);
		return NULL;
	}
	return text;
}

static int
is_capture(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".cap") == 0;
}

/* A capture of text by rules has them beside it, as the only monitor of a whole
 * configuration. */
static void
load_rules(struct capture *c)
{
	static struct complaints complaints;
	char path[310];

	snprintf(path, sizeof path, "%.*s.yaml", (int)strlen(c->path) - 4,
	    c->path);
	if (access(path, F_OK) != 0)
		return;
	c->config = config_load(path, &complaints);
	if (c->config == NULL)
		fail_msg("%s:%u:%u: %s", path, complaints.item[0].line,
		    complaints.item[0].column, complaints.item[0].text);
	assert_string_equal(c->config->ports[0].driver->name, c->driver->name);
	c->driver = c->config->ports[0].driver;
	c->recording.rules = c->config->ports[0].options.rules;
}

static int
load_captures(void **state)
{
	(void)state;
	for (size_t i = 0; drivers[i] != NULL; i++) {
		char folder[200];
		struct dirent **list;
		int n;

		snprintf(folder, sizeof folder, ROOT "/%s", drivers[i]->name);
		n = scandir(folder, &list, is_capture, alphasort);
		for (int k = 0; k < n; k++) {
			struct capture *c = &captures[captures_n];
			unsigned headers = 0;
			size_t size = 0;
			FILE *f = open_memstream(&c->alarms, &size);

			assert_true(captures_n < 200);
			assert_non_null(f);
			snprintf(c->path, sizeof c->path, "%s/%.80s", folder,
			    list[k]->d_name);
			c->driver = drivers[i];
			load_rules(c);
			recording_load_by(&c->recording, c->path,
			    c->driver, &headers);
			if (headers != 15)
				fail_msg("%s: device, driver, source and notes "
				    "must be in its header", c->path);
			recording_run(&c->recording, c->driver, 0, 0,
			    &c->clean, note_alarms, f);
			fclose(f);
			captures_n++;
			free(list[k]);
		}
		if (n >= 0)
			free(list);
	}
	return 0;
}

static int
free_captures(void **state)
{
	(void)state;
	for (size_t i = 0; i < captures_n; i++) {
		recording_free(&captures[i].recording);
		free(captures[i].clean.item);
		free(captures[i].alarms);
		config_free(captures[i].config);
	}
	return 0;
}

static void
every_driver_has_a_capture_with_readings(void **state)
{
	(void)state;
	for (size_t i = 0; drivers[i] != NULL; i++) {
		size_t readings = 0;

		for (size_t k = 0; k < captures_n; k++) {
			if (strcmp(captures[k].driver->name,
			    drivers[i]->name) == 0)
				readings += captures[k].clean.n;
		}
		if (readings == 0)
			fail_msg("no capture of %s yields a reading",
			    drivers[i]->name);
	}
}

static void
each_capture_gives_exactly_its_readings(void **state)
{
	bool accept = getenv("ACCEPT") != NULL;
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < captures_n; i++) {
		char path[310];
		char *text = render(&captures[i], 0), *expected;

		snprintf(path, sizeof path, "%.*s.expect",
		    (int)strlen(captures[i].path) - 4, captures[i].path);
		expected = read_file(path);
		if (expected == NULL || strcmp(text, expected) != 0) {
			FILE *f = accept ? fopen(path, "w") : NULL;

			if (f != NULL) {
				fputs(text, f);
				fclose(f);
				print_message("wrote %s\n", path);
			} else {
				print_error("%s differs; now:\n%s", path,
				    text);
				wrong++;
			}
		}
		free(text);
		free(expected);
	}
	assert_int_equal(wrong, 0);
}

static void
the_readings_do_not_depend_on_how_the_reads_are_cut(void **state)
{
	static const size_t cuts[] = { 1, 2, 3, 4, 5, 7, 11, 13, 31, 63 };

	(void)state;
	for (size_t i = 0; i < captures_n; i++) {
		char *whole = render(&captures[i], 0);

		for (size_t k = 0; k < sizeof cuts / sizeof cuts[0]; k++) {
			char *text = render(&captures[i], cuts[k]);

			if (strcmp(whole, text) != 0)
				fail_msg("%s: other readings in pieces of %zu",
				    captures[i].path, cuts[k]);
			free(text);
		}
		free(whole);
	}
}

static void
no_other_driver_claims_a_capture(void **state)
{
	struct events e = { 0 };

	(void)state;
	for (size_t i = 0; i < captures_n; i++) {
		/* Rules may be written for what a driver reads too. */
		if (captures[i].config != NULL)
			continue;
		for (size_t k = 0; drivers[k] != NULL; k++) {
			if (drivers[k] == captures[i].driver ||
			    driver_is_kin(captures[i].driver,
			    drivers[k]))
				continue;
			recording_run(&captures[i].recording, drivers[k], 0, 0,
			    &e, NULL, NULL);
			if (e.n > 0 || e.count.frames[DECODE_OK] > 0)
				fail_msg("%s reads %s", drivers[k]->name,
				    captures[i].path);
		}
	}
	free(e.item);
}

/* The same but for doubt: where a neighbour is lost, a step between two values
 * may come or go. */
static bool
same_number(const struct reading *a, const struct reading *b)
{
	struct reading x = *a;

	if (reading_has_value(a) && reading_has_value(b))
		x.quality = b->quality;
	return same_reading(&x, b);
}

/* Whether a reading like this is in the clean run, no later than here: a cuff
 * result whose own frame was damaged comes with the next frame. */
static bool
is_known(const struct events *clean, const struct heard_value *e)
{
	for (size_t i = 0; i < clean->n; i++) {
		if (clean->item[i].t_ms <= e->t_ms &&
		    same_number(&clean->item[i].reading, &e->reading))
			return true;
	}
	return false;
}

/* How many frames (or packets) of the clean run have lost a reading. */
static size_t
frames_lost(const struct events *clean, const struct events *got)
{
	size_t lost = 0, last = SIZE_MAX, k = 0;

	for (size_t i = 0; i < clean->n; i++) {
		const struct heard_value *c = &clean->item[i];
		bool found = false;

		while (k < got->n && got->item[k].t_ms < c->t_ms)
			k++;
		for (size_t j = k; j < got->n && !found &&
		    got->item[j].t_ms == c->t_ms; j++)
			found = same_number(&got->item[j].reading,
			    &c->reading);
		if (!found && c->frame != last) {
			last = c->frame;
			lost++;
		}
	}
	return lost;
}

static void
no_alarm_is_new(void *context, const struct decoded *d)
{
	const struct capture *c = context;
	char words[MONITOR_ALARM_TEXT + 16];

	for (size_t i = 0; d->readings.alarms.told &&
	    i < d->readings.alarms.n; i++) {
		alarm_words(&d->readings.alarms.item[i], words);
		if (strstr(c->alarms, words) == NULL)
			fail_msg("%s: a flipped bit: an alarm that was not "
			    "there:%s", c->path, words);
	}
}

static void
flip_bits(struct capture *c)
{
	struct recording *r = &c->recording;
	size_t step = r->n * r->n * 8 / FLIP_BYTES + 1;
	struct driver each = *c->driver;
	struct events clean = { 0 }, e = { 0 };

	/* Which of the same readings is passed on is the stream's business. */
	each.repeat_ms = 0;
	recording_run(r, &each, 0, 0, &clean, NULL, NULL);
	step |= 1;
	for (size_t bit = 0; bit < r->n * 8; bit += step) {
		r->byte[bit / 8] ^= (uint8_t)(1u << bit % 8);
		recording_run(r, &each, 0, 512, &e, no_alarm_is_new, c);
		for (size_t i = 0; i < e.n; i++) {
			if (!is_known(&clean, &e.item[i]))
				fail_msg("%s: bit %zu of byte %zu flipped: a "
				    "reading of %s that was not there", c->path,
				    bit % 8, bit / 8,
				    vital_info[e.item[i].reading.vital].name);
		}
		if (frames_lost(&clean, &e) > 1)
			fail_msg("%s: bit %zu of byte %zu flipped: intact "
			    "frames lost their readings", c->path, bit % 8,
			    bit / 8);
		r->byte[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
	free(e.item);
	free(clean.item);
}

static void
a_flipped_bit_invents_nothing_and_costs_one_frame(void **state)
{
	size_t tried = 0;

	(void)state;
	for (size_t i = 0; i < captures_n; i++) {
		const struct stream_counters *n = &captures[i].clean.count;

		if (captures[i].driver->evidence != EVIDENCE_CHECKSUM ||
		    n->frames[DECODE_BAD_CHECK] > 0 ||
		    n->frames[DECODE_BAD_LENGTH] > 0)
			continue;
		flip_bits(&captures[i]);
		tried++;
	}
	assert_true(tried > 0);
}

static void
no_frame_fills_the_list_of_readings(void **state)
{
	(void)state;
	for (size_t i = 0; i < captures_n; i++) {
		const struct events *e = &captures[i].clean;

		for (size_t k = READINGS_MAX - 1; k < e->n; k++)
			assert_true(e->item[k].frame !=
			    e->item[k - (READINGS_MAX - 1)].frame);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_driver_has_a_capture_with_readings),
		cmocka_unit_test(each_capture_gives_exactly_its_readings),
		cmocka_unit_test(
		    the_readings_do_not_depend_on_how_the_reads_are_cut),
		cmocka_unit_test(no_other_driver_claims_a_capture),
		cmocka_unit_test(
		    a_flipped_bit_invents_nothing_and_costs_one_frame),
		cmocka_unit_test(no_frame_fills_the_list_of_readings),
	};

	return cmocka_run_group_tests(tests, load_captures, free_captures);
}
