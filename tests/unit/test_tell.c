/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the journal is told of sessions and alarms, as journald would get it:
 * this program's sd_journal_sendv() is taken before that of the library.
 *
 * Easy to get wrong: what must not be there is what these tests are about.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#include "daemon/journal.h"
#include "daemon/tell.h"

static char got[4096];

int sd_journal_sendv(const struct iovec *v, int n);

int
sd_journal_sendv(const struct iovec *v, int n)
{
	size_t used = 0;

	for (int i = 0; i < n; i++)
		used += (size_t)snprintf(got + used, sizeof got - used, "%.*s\n",
		    (int)v[i].iov_len, (char *)v[i].iov_base);
	return 0;
}

static int
setup(void **state)
{
	struct stat st;
	char stream[64];

	(void)state;
	got[0] = '\0';
	if (fstat(STDERR_FILENO, &st) != 0)
		return -1;
	snprintf(stream, sizeof stream, "%llu:%llu",
	    (unsigned long long)st.st_dev, (unsigned long long)st.st_ino);
	return setenv("JOURNAL_STREAM", stream, 1);
}

static struct alarm_change
desaturation(void)
{
	return (struct alarm_change){ .event = { 0xab, 7 },
		.condition = "spo2-low", .tier = "spo2-very-low",
		.type = ALARM_PHYSIOLOGICAL, .phase = ALARM_ESCALATE,
		.state = ALARM_ACTIVE, .priority = PRIORITY_HIGH,
		.level = PRIORITY_HIGH, .bed = "CHAIR3",
		.session = "20261121-CHAIR3-1", .has_value = true, .value = 86,
		.limit = 88, .by = "anna", .text = "SpO2 86 % (<88)" };
}

static void
an_alarm_is_told_by_name_and_without_the_patients_value(void **state)
{
	struct alarm_change c = desaturation();
	char expected[512];

	(void)state;
	tell_alarm(&c);
	snprintf(expected, sizeof expected, "MESSAGE=alarm escalate: high "
	    "priority, spo2-low, bed CHAIR3, session 20261121-CHAIR3-1\n"
	    "PRIORITY=4\nSYSLOG_IDENTIFIER=vitalsd\nMESSAGE_ID=%s\n"
	    "VITALSD_BED=CHAIR3\nVITALSD_SESSION=20261121-CHAIR3-1\n"
	    "VITALSD_ALARM=spo2-low\nVITALSD_EVENT=00000000000000ab-7\n"
	    "VITALSD_PHASE=escalate\nVITALSD_PRIORITY=high\n",
	    journal_message_id(JOURNAL_ALARM));
	assert_string_equal(got, expected);
}

static void
what_is_over_or_seen_is_not_a_warning(void **state)
{
	struct alarm_change c = desaturation();

	(void)state;
	c.phase = ALARM_ACKNOWLEDGE;
	tell_alarm(&c);
	assert_non_null(strstr(got, "\nPRIORITY=5\n"));
	assert_null(strstr(got, "anna"));
}

static void
a_technical_alarm_is_told_with_its_cause(void **state)
{
	struct alarm_change c = { .event = { 1, 2 }, .condition =
		"undelivered:station", .type = ALARM_TECHNICAL, .phase =
		ALARM_START, .priority = PRIORITY_MEDIUM, .text =
		"notices for station do not arrive: HTTP 503" };

	(void)state;
	tell_alarm(&c);
	assert_ptr_equal(strstr(got, "MESSAGE=alarm start: medium priority, "
	    "undelivered:station: notices for station do not arrive: HTTP 503"
	    "\nPRIORITY=4\n"), got);
	assert_null(strstr(got, "VITALSD_BED"));
}

static void
a_session_is_told_without_people_and_their_words(void **state)
{
	struct record r = { .class = RECORD_STATEMENT };

	(void)state;
	r.statement = (struct statement){ .kind = STATEMENT_INFUSION_STOP,
		.session = "20261121-CHAIR3-1", .bed = "CHAIR3", .user =
		"anna", .by = "Anna Muster", .subject = "P-17",
		.text = "felt sick" };
	tell_record(&r);
	assert_string_equal(got, "MESSAGE=session 20261121-CHAIR3-1 on CHAIR3: "
	    "infusion.stop\nPRIORITY=6\nSYSLOG_IDENTIFIER=vitalsd\n"
	    "VITALSD_BED=CHAIR3\nVITALSD_SESSION=20261121-CHAIR3-1\n");
	got[0] = '\0';
	r.statement.kind = STATEMENT_MARK;
	tell_record(&r);
	r.class = RECORD_ALARM;
	r.alarm = desaturation();
	tell_record(&r);
	assert_string_equal(got, "");
}

/* The catalog says what to do, under these very ids. */
static void
every_message_has_an_id_and_trouble_a_text_in_the_catalog(void **state)
{
	static const enum journal_message trouble[] = {
		JOURNAL_CONFIG_REFUSED, JOURNAL_PORT_LOST, JOURNAL_PORT_SILENT,
		JOURNAL_ALARM, JOURNAL_LOG_FAILING, JOURNAL_NOTIFIER_GONE,
		JOURNAL_CHANNEL_FAILS, JOURNAL_LINES_LOST,
	};
	char text[32768] = "", key[64];
	FILE *f = fopen("systemd/vitalsd.catalog", "r");
	size_t n;

	(void)state;
	assert_non_null(f);
	n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	assert_true(n > 0);
	assert_null(journal_message_id(JOURNAL_PLAIN));
	for (int m = 1; m < JOURNAL_MESSAGES; m++) {
		const char *id = journal_message_id((enum journal_message)m);

		assert_int_equal(strlen(id), 32);
		assert_int_equal(strspn(id, "0123456789abcdef"), 32);
		for (int k = 1; k < m; k++)
			assert_string_not_equal(id,
			    journal_message_id((enum journal_message)k));
	}
	for (size_t i = 0; i < sizeof trouble / sizeof trouble[0]; i++) {
		snprintf(key, sizeof key, "\n-- %s\nSubject: ",
		    journal_message_id(trouble[i]));
		if (strstr(text, key) == NULL)
			fail_msg("the catalog lacks %s", key);
	}
}

#define T(f) cmocka_unit_test_setup(f, setup)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_alarm_is_told_by_name_and_without_the_patients_value),
		T(what_is_over_or_seen_is_not_a_warning),
		T(a_technical_alarm_is_told_with_its_cause),
		T(a_session_is_told_without_people_and_their_words),
		T(every_message_has_an_id_and_trouble_a_text_in_the_catalog),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
