/* SPDX-License-Identifier: BSD-2-Clause
 *
 * tests/check-references, held against small documents of its kind.
 *
 * Easy to get wrong: it looks from the root of the sources, so the documents
 * here point to real files; only where they stand does not matter.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define SOUND "tests/unit/test_references.c: a_sound_hazard_is_taken"
#define HAZARD(control, test) "# Hazards\n\n## H1 Something\n\n- Cause: c.\n" \
	"- Control: " control "\n- Test: " test "\n- Remains: r.\n"

/* Its exit status; all that it said in 'said'. */
static int
check(const char *document, char said[2048])
{
	char name[] = "/tmp/vitalsd-references-XXXXXX", command[128];
	int fd = mkstemp(name), status;
	size_t n = strlen(document);
	FILE *p;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, document, n), n);
	close(fd);
	snprintf(command, sizeof command, "tests/check-references %s 2>&1",
	    name);
	p = popen(command, "r");
	assert_non_null(p);
	n = fread(said, 1, 2047, p);
	said[n] = '\0';
	status = pclose(p);
	unlink(name);
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void
refused(const char *document, const char *line, const char *why)
{
	char said[2048];

	assert_int_equal(check(document, said), 1);
	if (strstr(said, line) == NULL || strstr(said, why) == NULL)
		fail_msg("expected \"%s\" and \"%s\" in: %s", line, why, said);
}

static void
a_sound_hazard_is_taken(void **state)
{
	char said[2048];

	(void)state;
	if (check(HAZARD("text (`drivers/tx.c: tx_allowed`)", "`" SOUND "`"),
	    said) != 0)
		fail_msg("%s", said);
	assert_string_equal(said, "references: 2 of 1 items\n");
}

static void
a_pointer_to_nowhere_is_named_with_its_line(void **state)
{
	(void)state;
	refused(HAZARD("`drivers/nothing.c`", "`" SOUND "`"), ":6: ",
	    "there is no file drivers/nothing.c");
	refused(HAZARD("`drivers/tx.c: tx_allow`", "`" SOUND "`"), ":6: ",
	    "drivers/tx.c defines no tx_allow");
	refused(HAZARD("`drivers/tx.c`", "`tests/unit/test_tx.c: nothing`"),
	    ":7: ", "tests/unit/test_tx.c defines no nothing");
	refused(HAZARD("`docs/intended-use.md: hexameter`", "`" SOUND "`"),
	    ":6: ", "docs/intended-use.md says nothing of hexameter");
}

/* 'refused' is a function of this file, and of no list of tests. */
static void
a_test_that_nobody_runs_is_none(void **state)
{
	(void)state;
	refused(HAZARD("`drivers/tx.c`",
	    "`tests/unit/test_references.c: refused`"), ":7: ",
	    "but no list of tests holds it");
	refused(HAZARD("`drivers/tx.c`", "`tests/unit/test_references.c`"),
	    ":7: ", "expected a test of that file");
}

static void
a_hazard_needs_a_control_and_a_test(void **state)
{
	(void)state;
	refused(HAZARD("none", "`" SOUND "`"), ":3: H1: ",
	    "expected a control");
	refused(HAZARD("`drivers/tx.c`", "none"), ":3: H1: ",
	    "expected a test");
	refused(HAZARD("`drivers/tx.c`", "no test: too hard"), ":3: H1: ",
	    "expected a test");
	/* A control is no test, wherever it stands. */
	refused(HAZARD("`drivers/tx.c`", "`drivers/tx.c: tx_allowed`"),
	    ":3: H1: ", "expected a test");
}

static void
a_fault_needs_a_test_or_the_reason_why_not(void **state)
{
	char said[2048];

	(void)state;
	if (check("| # | fault | test |\n|---|---|---|\n"
	    "| 1 | cut | `" SOUND "` |\n| 27 | lie | no test: the disk "
	    "lies |\n", said) != 0)
		fail_msg("%s", said);
	assert_string_equal(said, "references: 1 of 2 items\n");
	refused("| # | fault |\n|---|---|\n| 1 | `" SOUND "` |\n| 2 | cut |\n",
	    ":4: row 2: ", "expected a test");
}

static void
a_document_without_items_is_refused(void **state)
{
	(void)state;
	refused("# Hazards\n\nThere are none.\n", ":3: ", "there are none");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_sound_hazard_is_taken),
		cmocka_unit_test(a_pointer_to_nowhere_is_named_with_its_line),
		cmocka_unit_test(a_test_that_nobody_runs_is_none),
		cmocka_unit_test(a_hazard_needs_a_control_and_a_test),
		cmocka_unit_test(a_fault_needs_a_test_or_the_reason_why_not),
		cmocka_unit_test(a_document_without_items_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
