/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Export: exact CSV, JSON held against its schema, files never overwritten.
 *
 * Easy to get wrong: one session is built by hand here, so that every byte of
 * the CSV is known.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "review/export.h"

#define WALL INT64_C(1795215600000)

struct scene {
	struct log_session s;
	struct log_port port[1];
	struct log_reading reading[3];
	struct log_statement statement[2];
	struct log_change change[1];
	struct log_event event[1];
};

static void
state(struct scene *x, size_t i, enum statement_kind kind, int64_t ms)
{
	struct statement *st = &x->statement[i].st;

	st->id = (struct event_id){ 0xa2, i + 1 };
	st->kind = kind;
	strcpy(st->session, "20261121-C\"3-1");
	strcpy(st->bed, "CHAIR,3");
	strcpy(st->text, "a \"word\", and\nanother");
	st->at_ms = x->statement[i].x_ms = ms;
	session_apply(&x->s.session, st);
	x->s.statements_n = i + 1;
}

static int
setup(void **out)
{
	struct scene *x = calloc(1, sizeof *x);

	assert_non_null(x);
	x->s.ports = x->port;
	x->s.ports_n = 1;
	strcpy(x->port[0].name, "ge");
	x->s.statements = x->statement;
	state(x, 0, STATEMENT_SESSION_START, 1000);
	state(x, 1, STATEMENT_INFUSION_START, 61000);
	x->s.begin_wall_ms = WALL;
	x->s.open = true;
	x->s.end_ms = 90000;
	x->s.boots = 1;
	x->s.readings = x->reading;
	x->s.readings_n = 3;
	x->reading[0] = (struct log_reading){ .x_ms = 2000,
		.vital = VITAL_SPO2, .value = 9160, .flags = READING_DEMO };
	x->reading[1] = (struct log_reading){ .x_ms = 62500,
		.vital = VITAL_SPO2, .value = 12345,
		.quality = QUALITY_NO_SENSOR };
	x->reading[2] = (struct log_reading){ .x_ms = 63000,
		.vital = VITAL_TEMP, .value = 3660, .age_ms = 40,
		.quality = QUALITY_QUESTIONABLE };
	x->s.changes = x->change;
	x->s.changes_n = 1;
	x->change[0] = (struct log_change){ .x_ms = 64000, .notices = 1,
		.delivered_ms = -1, .change = { .event = { 0xa2, 9 },
		.priority = PRIORITY_HIGH, .level = PRIORITY_HIGH,
		.infusion_ms = 3000, .since_ms = 63000, .has_value = true,
		.vital = VITAL_SPO2, .value = 84, .limit = 88 } };
	x->s.events = x->event;
	x->s.events_n = 1;
	x->event[0].x_ms = 65000;
	x->event[0].event.kind = EVENT_LINK_DOWN;
	*out = x;
	return 0;
}

static int
teardown(void **out)
{
	free(*out);
	return 0;
}

static void
csv_is_exact_and_quotes_what_it_must(void **out)
{
	struct scene *x = *out;
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	assert_non_null(f);
	assert_int_equal(export_csv(&x->s, f), 0);
	fclose(f);
	assert_string_equal(text,
	    "time,session,session_ms,infusion_ms,phase,bed,port,vital,value,"
	    "unit,quality,age_ms,flags\r\n"
	    "2026-11-20T23:00:01.000Z,\"20261121-C\"\"3-1\",1000,,baseline,"
	    "\"CHAIR,3\",ge,spo2,91.60,%,good,0,demo\r\n"
	    "2026-11-20T23:01:01.500Z,\"20261121-C\"\"3-1\",61500,1500,"
	    "infusion,\"CHAIR,3\",ge,spo2,,%,no-sensor,0,\r\n"
	    "2026-11-20T23:01:02.000Z,\"20261121-C\"\"3-1\",62000,2000,"
	    "infusion,\"CHAIR,3\",ge,temp,36.60,Cel,questionable,40,\r\n");
	free(text);
}

static void
phases_follow_a_correction(void **out)
{
	struct scene *x = *out;
	struct statement amend = { .kind = STATEMENT_AMEND,
		.amends = { 0xa2, 2 }, .at_ms = 1500 };
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	session_apply(&x->s.session, &amend);
	assert_non_null(f);
	assert_int_equal(export_csv(&x->s, f), 0);
	fclose(f);
	assert_non_null(strstr(text, ",1000,500,infusion,"));
	free(text);
}

static void
every_line_of_json_is_as_the_schema_says(void **out)
{
	struct scene *x = *out;
	char path[] = "/tmp/vitals-export-XXXXXX", command[200], line[2000];
	static const char *const class[] = { "session", "statement",
		"statement", "alarm", "delivery", "event", "reading",
		"reading", "reading" };
	int fd = mkstemp(path), status;
	FILE *f = fd >= 0 ? fdopen(fd, "w+") : NULL;

	assert_non_null(f);
	assert_int_equal(export_json(&x->s, f), 0);
	rewind(f);
	for (size_t i = 0; i < sizeof class / sizeof class[0]; i++) {
		char start[60];

		assert_non_null(fgets(line, sizeof line, f));
		snprintf(start, sizeof start, "{\"class\":\"%s\",\"time\":",
		    class[i]);
		assert_int_equal(strncmp(line, start, strlen(start)), 0);
	}
	assert_null(fgets(line, sizeof line, f));
	fclose(f);
	snprintf(command, sizeof command, "tests/schema-check "
	    "schemas/export.schema.json < %s", path);
	status = system(command);
	unlink(path);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 77)
		skip();
	assert_int_equal(status, 0);
}

static void
a_full_disk_is_an_error(void **out)
{
	struct scene *x = *out;
	FILE *f = fopen("/dev/full", "w");

	assert_non_null(f);
	assert_int_equal(export_csv(&x->s, f), -ENOSPC);
	fclose(f);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		T(csv_is_exact_and_quotes_what_it_must),
		T(phases_follow_a_correction),
		T(every_line_of_json_is_as_the_schema_says),
		T(a_full_disk_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
