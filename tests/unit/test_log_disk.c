/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitalsctl log disk: what it says of a disk that cannot be one.
 *
 * Easy to get wrong: of a real disk nothing can be expected but an answer.
 */
#include "cli/cli.h"
#include "cli/verbs.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <linux/magic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>
#include <unistd.h>

static int
ask(const char *folder, char **text)
{
	char state[] = "--state", dir[128], log[] = "log", disk[] = "disk";
	char *words[] = { state, dir, log, disk };
	size_t n = 0;
	FILE *out = open_memstream(text, &n);
	int status;

	assert_non_null(out);
	snprintf(dir, sizeof dir, "%s", folder);
	status = cli_run(verbs, 4, words, stdin, out, out);
	fclose(out);
	return status;
}

static void
memory_is_no_disk(void **state)
{
	struct statfs fs;
	char *text;

	(void)state;
	if (statfs("/dev/shm", &fs) < 0 || fs.f_type != TMPFS_MAGIC ||
	    access("/dev/shm", W_OK) < 0) {
		print_message("skipped: /dev/shm is no memory to write to\n");
		skip();
	}
	assert_int_equal(ask("/dev/shm", &text), EXIT_PROBLEM);
	assert_non_null(strstr(text, "200 writes of 4 KiB"));
	assert_non_null(strstr(text, "gone with the power"));
	free(text);
}

static void
a_folder_that_is_not_there_is_named(void **state)
{
	char *text;

	(void)state;
	assert_int_equal(ask("/nowhere/at/all", &text), EXIT_PROBLEM);
	assert_non_null(strstr(text, "/nowhere/at/all: No such file"));
	free(text);
}

static void
nothing_is_left_of_the_writes(void **state)
{
	char dir[] = "/tmp/vitalsd-disk-XXXXXX", *text;
	size_t n = 0;
	DIR *d;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)ask(dir, &text);
	assert_non_null(strstr(text, "ms as a rule"));
	free(text);
	d = opendir(dir);
	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	assert_int_equal(n, 2);
	assert_int_equal(rmdir(dir), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(memory_is_no_disk),
		cmocka_unit_test(a_folder_that_is_not_there_is_named),
		cmocka_unit_test(nothing_is_left_of_the_writes),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
