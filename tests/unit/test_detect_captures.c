/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Whose bytes are these: asked of every capture, and of every real recording
 * that is there.
 *
 * Easy to get wrong: the drivers are those of the registry.  One that is entered
 * there is asked, and asked about, without a word here.
 */
#include "tests/unit/detection.h"
#include "tests/unit/real_recording.h"
#include "tests/unit/recording.h"

#include <dirent.h>

static void
hear_capture(const struct recording *r, const struct line *line)
{
	detect_init(&x, line, r->chunks > 0 ? r->chunk[0].ms : 0);
	for (size_t i = 0; i < r->chunks; i++)
		feed(r->chunk[i].ms, r->byte + r->chunk[i].from,
		    r->chunk[i].n);
}

/* What the simulator recorded is as long as life; the others show one thing
 * each, damage perhaps. */
static void
judge_capture(const char *path, const struct driver *d)
{
	const struct detect_claim *best = detect_judge(&x);
	bool simulated = strstr(path, "/sim-") != NULL;

	assert_nobody_else(path, d);
	if (strstr(path, "/damaged") != NULL)
		return;
	if (best == NULL || (best->driver != d &&
	    !driver_is_kin(d, best->driver) &&
	    best->sound_bytes != claim(d->name)->sound_bytes))
		fail_msg("%s: %s", path, best == NULL ? "nothing" :
		    best->driver->name);
	if (simulated)
		assert_recognised(path, d);
}

static size_t
try_captures(const struct driver *d)
{
	char folder[200], path[500];
	struct dirent *e;
	size_t tried = 0;
	DIR *dir;

	snprintf(folder, sizeof folder, "tests/captures/%s", d->name);
	dir = opendir(folder);
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		struct recording r = { 0 };
		unsigned headers;

		if (strstr(e->d_name, ".cap") == NULL)
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		recording_load(&r, path, d->name, &headers);
		hear_capture(&r, NULL);
		judge_capture(path, d);
		hear_capture(&r, &d->line);
		judge_capture(path, d);
		recording_free(&r);
		tried++;
	}
	closedir(dir);
	return tried;
}

static void
each_capture_is_recognised_by_its_driver_and_no_other(void **state)
{
	(void)state;
	for (size_t i = 0; drivers[i] != NULL; i++) {
		if (!drivers[i]->needs_rules)
			assert_true(try_captures(drivers[i]) > 0);
	}
}

/* Whose the real recordings are whose names do not begin as their driver's. */
static const struct {
	const char *file, *driver;
} recorded[] = {
	{ "mindray-t8-pds", "hl7" },
	{ "edan-elitev8-oru", "hl7" },
};

static bool
may_claim(const char *file, const struct driver *d)
{
	size_t word = strcspn(d->name, "-");

	for (size_t i = 0; i < sizeof recorded / sizeof recorded[0]; i++) {
		if (strncmp(file, recorded[i].file,
		    strlen(recorded[i].file)) == 0)
			return strcmp(d->name, recorded[i].driver) == 0;
	}
	return strncmp(file, d->name, word) == 0;
}

/* At the pace of the line: the recordings have no times.  But rows of text that
 * name a time, as of the Nellcor, come every 2 s. */
static void
hear_file(const char *path, const struct line *line)
{
	FILE *f = fopen(path, "rb");
	uint32_t baud = line != NULL ? line->baud : 9600;
	bool rows = strstr(path, "nellcor") != NULL;
	uint8_t buffer[64];
	uint64_t bytes = 0;
	int64_t pause_ms = 0;
	size_t n;

	assert_non_null(f);
	detect_init(&x, NULL, 0);
	while ((n = fread(buffer, 1, rows ? 1 : sizeof buffer, f)) > 0) {
		bytes += n;
		feed(pause_ms + (int64_t)(bytes * 10 * 1000 / baud), buffer, n);
		if (rows && buffer[0] == '\n')
			pause_ms += 2000 - 10 * 1000 / baud * 62;
	}
	fclose(f);
}

static void
no_real_recording_is_taken_for_another_monitors(void **state)
{
	const char *folder = recordings_folder();
	struct dirent *e;
	char path[600];
	DIR *dir;

	(void)state;
	if (folder == NULL)
		skip();
	dir = opendir(folder);
	assert_non_null(dir);
	while ((e = readdir(dir)) != NULL) {
		if (e->d_name[0] == '.' || strstr(e->d_name, ".md") != NULL)
			continue;
		snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
		hear_file(path, NULL);
		(void)detect_judge(&x);
		for (size_t i = 0; i < x.n; i++) {
			if (x.claim[i].verdict == DETECT_SURE &&
			    !may_claim(e->d_name, x.claim[i].driver))
				fail_msg("%s is sure of %s",
				    x.claim[i].driver->name, e->d_name);
		}
	}
	closedir(dir);
}

static void
the_real_recordings_are_recognised(void **state)
{
	static const struct {
		const char *file, *driver;
	} known[] = {
		{ "biolight-a8-demo-31.bin", "biolight-a8" },
		{ "contec-v7-cms50e-live.bin", "contec-v7" },
		{ "ge-dri-b650-pycollect-db00.bin", "ge-dri" },
		{ "ivy450c-ansarb.bin", "ivy-ansarb" },
		{ "masimo-rad8-ascii1-a.txt", "masimo-ascii1" },
		{ "nellcor-n560-short.txt", "nellcor" },
		{ "nonin-df2-ipod-1packet.bin", "nonin-2" },
		{ "philips-intellivue-jaj42-enumeration."
		  "DERIVED-rs232-framed.bin", "philips-intellivue" },
	};
	const char *folder = recordings_folder();
	char path[600];

	(void)state;
	if (folder == NULL)
		skip();
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", folder, known[i].file);
		hear_file(path, &driver_find(known[i].driver)->line);
		assert_sure(known[i].driver);
		assert_nobody_else(known[i].file,
		    driver_find(known[i].driver));
	}
	/* Three of four frames are damaged there, and it is said. */
	snprintf(path, sizeof path, "%s/"
	    "ge-dri-b650-pycollect-db01-corrupted-excerpt.bin", folder);
	hear_file(path, &driver_find("ge-dri")->line);
	assert_string_equal(detect_judge(&x)->driver->name, "ge-dri");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    each_capture_is_recognised_by_its_driver_and_no_other),
		cmocka_unit_test(
		    no_real_recording_is_taken_for_another_monitors),
		cmocka_unit_test(the_real_recordings_are_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
