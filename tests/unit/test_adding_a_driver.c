/* SPDX-License-Identifier: BSD-2-Clause
 *
 * docs/adding-a-driver.md shows files of this tree: it shows them as they are,
 * and the lines that it tells to enter are entered.
 *
 * Easy to get wrong: a block that is not marked is compared with nothing, so
 * the marks are counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PAGE "docs/adding-a-driver.md"
#define MARK "<!-- file: "
#define EXCERPT "<!-- in: "

/* The whole file; the caller frees it. */
static char *
content(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t size = 0;

	if (f == NULL)
		fail_msg("%s: not there", path);
	if (getdelim(&text, &size, '\0', f) < 0)
		fail_msg("%s: empty", path);
	fclose(f);
	return text;
}

/* Calls look() with the path and text of each block that is marked so; returns
 * how many there are. */
static size_t
each_block(const char *mark, void (*look)(const char *path, const char *text))
{
	char *page = content(PAGE), *p = page;
	size_t blocks = 0;

	while ((p = strstr(p, mark)) != NULL) {
		char *path = p + strlen(mark), *text, *end;

		end = strstr(path, " -->\n```");
		if (end == NULL)
			fail_msg("%s: a mark without a block: %.40s", PAGE, p);
		*end = '\0';
		text = strchr(end + 5, '\n') + 1;
		end = strstr(text, "```\n");
		assert_non_null(end);
		*end = '\0';
		look(path, text);
		blocks++;
		p = end + 1;
	}
	free(page);
	return blocks;
}

static void
is_whole(const char *path, const char *text)
{
	char *there = content(path);

	if (strcmp(there, text) != 0)
		fail_msg("%s shows another %s than there is", PAGE, path);
	free(there);
}

static void
is_part(const char *path, const char *text)
{
	char *there = content(path);

	if (strstr(there, text) == NULL)
		fail_msg("%s: this is not in %s: %s", PAGE, path, text);
	free(there);
}

static void
the_files_that_the_page_shows_are_those_of_the_tree(void **state)
{
	(void)state;
	assert_int_equal(each_block(MARK, is_whole), 3);
}

static void
the_lines_that_the_page_enters_are_entered(void **state)
{
	(void)state;
	assert_true(each_block(EXCERPT, is_part) >= 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_files_that_the_page_shows_are_those_of_the_tree),
		cmocka_unit_test(the_lines_that_the_page_enters_are_entered),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
