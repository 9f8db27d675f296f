/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The caller's side of control.sock against a server that behaves, and against
 * servers that do not.
 */
#include "cli/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "tests/unit/fake_vitalsd.h"

static void
no_daemon_is_said_in_one_clear_sentence(void **state)
{
	struct client c;

	(void)state;
	assert_int_equal(client_open(&c, "/nonexistent/control.sock"),
	    -ENOENT);
	assert_string_equal(c.error, "vitalsd is not running or its socket "
	    "/nonexistent/control.sock cannot be reached: "
	    "No such file or directory; is --run (or VITALSD_RUN) right?");
}

static void
an_answer_is_told_from_what_arrives_before_it(void **state)
{
	static const struct fake_answer answers[] = {
		{ "watch", "\"result\":{\"n\":1}",
		  "{\"jsonrpc\":\"2.0\",\"method\":\"tick\",\"params\":"
		  "{\"t_ms\":5}}\n"
		  "{\"jsonrpc\":\"2.0\",\"id\":999,\"result\":{\"n\":9}}\n",
		  "{\"jsonrpc\":\"2.0\",\"method\":\"tick\",\"params\":"
		  "{\"t_ms\":6}}\n" },
		{ NULL, NULL, NULL, NULL },
	};
	struct fake f;
	struct client c;
	json_t *r = NULL;

	(void)state;
	fake_start(&f, answers);
	assert_int_equal(client_open(&c, f.path), 0);
	assert_int_equal(client_call(&c, "watch", NULL, &r), 0);
	assert_int_equal(client_int(r, "n", 0), 1);
	json_decref(r);
	for (int t = 5; t <= 6; t++) {
		assert_int_equal(client_next(&c, 1000, &r), 0);
		assert_string_equal(client_text(r, "method"), "tick");
		assert_int_equal(client_int(json_object_get(r, "params"),
		    "t_ms", 0), t);
		json_decref(r);
	}
	assert_int_equal(client_next(&c, 0, &r), -EAGAIN);
	client_close(&c);
	fake_stop(&f);
	fake_free(&f);
}

static void
a_refusal_gives_its_code_and_sentence(void **state)
{
	static const struct fake_answer answers[] = {
		{ "infusion.stop", "\"error\":{\"code\":1,\"message\":"
		  "\"no infusion is running\"}", NULL, NULL },
		{ NULL, NULL, NULL, NULL },
	};
	struct fake f;
	struct client c;
	json_t *r = NULL;

	(void)state;
	fake_start(&f, answers);
	assert_int_equal(client_open(&c, f.path), 0);
	assert_int_equal(client_call(&c, "infusion.stop", json_object(), &r),
	    -EREMOTEIO);
	assert_int_equal(c.code, CLIENT_REFUSED);
	assert_string_equal(c.error, "no infusion is running");
	assert_null(r);
	/* A request that could not be read is answered with a null id. */
	assert_int_equal(client_call(&c, "nonsense", NULL, &r), -EREMOTEIO);
	assert_string_equal(c.error, "no such method");
	client_close(&c);
	fake_stop(&f);
	fake_free(&f);
}

static void
silence_garbage_and_a_closed_connection_are_errors(void **state)
{
	static const struct fake_answer answers[] = {
		{ "status", NULL, NULL, NULL },
		{ "devices", NULL, "{\"jsonrpc\":\n", NULL },
		{ "hello", NULL, "[1]\n", NULL },
		{ "reload", FAKE_HANG_UP, NULL, NULL },
		{ NULL, NULL, NULL, NULL },
	};
	struct fake f;
	struct client c;
	json_t *r = NULL;

	(void)state;
	fake_start(&f, answers);
	assert_int_equal(client_open(&c, f.path), 0);
	c.answer_ms = 30;
	assert_int_equal(client_call(&c, "status", NULL, &r), -ETIMEDOUT);
	assert_non_null(strstr(c.error, "did not answer `status`"));
	c.answer_ms = 3000;
	assert_int_equal(client_call(&c, "devices", NULL, &r), -EBADMSG);
	assert_int_equal(client_call(&c, "hello", NULL, &r), -EBADMSG);
	assert_int_equal(client_call(&c, "reload", NULL, &r), -EPIPE);
	assert_string_equal(c.error, "vitalsd closed the connection");
	client_close(&c);
	fake_stop(&f);
	fake_free(&f);
}

static void
times_are_read_in_utc(void **state)
{
	(void)state;
	assert_int_equal(client_wall_ms("1970-01-01T00:00:01.250Z"), 1250);
	assert_int_equal(client_wall_ms("2026-11-21T14:02:31Z"),
	    INT64_C(1795269751000));
	assert_int_equal(client_wall_ms("2026-11-21T14:02:31+01:00"), -1);
	assert_int_equal(client_wall_ms(""), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_daemon_is_said_in_one_clear_sentence),
		cmocka_unit_test(an_answer_is_told_from_what_arrives_before_it),
		cmocka_unit_test(a_refusal_gives_its_code_and_sentence),
		cmocka_unit_test(
		    silence_garbage_and_a_closed_connection_are_errors),
		cmocka_unit_test(times_are_read_in_utc),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
