/* SPDX-License-Identifier: BSD-2-Clause
 *
 * For tests: finds the recordings of real monitors.
 *
 * Easy to get wrong: they lie beside the checkout and are no part of it, so a
 * test that needs one is skipped where there is none.
 */
#ifndef TESTS_UNIT_REAL_RECORDING_H
#define TESTS_UNIT_REAL_RECORDING_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Where they lie, or NULL. */
static inline const char *
recordings_folder(void)
{
	static const char *const folders[] = {
		"../shared/captures", "../../shared/captures"
	};
	const char *set = getenv("VITALS_CAPTURES");

	if (set != NULL)
		return set;
	for (size_t i = 0; i < 2; i++) {
		if (access(folders[i], R_OK) == 0)
			return folders[i];
	}
	return NULL;
}

/* Skips the test if it is not there. */
static inline FILE *
open_recording(const char *name)
{
	const char *folder = recordings_folder();
	char path[500];
	FILE *f = NULL;

	if (folder != NULL) {
		snprintf(path, sizeof path, "%s/%s", folder, name);
		f = fopen(path, "rb");
	}
	if (f == NULL) {
		print_message("skipped: no recording %s\n", name);
		skip();
	}
	return f;
}

#endif
