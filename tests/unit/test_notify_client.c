/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The notifier's conversation with vitalsd, vitalsd being this test.
 */
#include "daemon/lines.h"
#include "notify/client.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <curl/curl.h>
#include <errno.h>
#include <jansson.h>
#include <sys/un.h>

#include "tests/unit/loopback.h"

#define PATIENCE_US 4000000

static FILE *messages;	/* all that the notifier said: into schema-check */

struct fixture {
	struct loopback server;
	struct notify_config config;
	char path[64];
	int listen_fd, fd;	/* vitalsd's socket and connection */
	struct lines lines;
	sd_event *event;
	struct client *client;
};

/* Turns the notifier's loop until 'fd' can be read. */
static void
wait_readable(struct fixture *f, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (int i = 0; i < PATIENCE_US / 2000 && poll(&p, 1, 0) == 0; i++)
		assert_true(sd_event_run(f->event, 2000) >= 0);
	assert_int_equal(poll(&p, 1, 0), 1);
}

/* The params of the next message, which must be of that method. */
static json_t *
hear(struct fixture *f, const char *method)
{
	json_t *m, *params;
	char *line;

	while (!(line = lines_next(&f->lines, NULL))) {
		wait_readable(f, f->fd);
		assert_int_equal(lines_read(&f->lines), 0);
	}
	fprintf(messages, "%s\n", line);
	m = json_loads(line, 0, NULL);
	assert_non_null(m);
	assert_string_equal(json_string_value(json_object_get(m, "method")),
	    method);
	assert_string_equal(json_string_value(json_object_get(m, "jsonrpc")),
	    "2.0");
	params = json_incref(json_object_get(m, "params"));
	json_decref(m);
	return params;
}

/* Takes the notifier's connection and its hello. */
static void
meet(struct fixture *f)
{
	json_t *hello, *channels;

	wait_readable(f, f->listen_fd);
	f->fd = accept(f->listen_fd, NULL, NULL);
	assert_true(f->fd >= 0);
	lines_init(&f->lines, f->fd);
	hello = hear(f, "notify.hello");
	channels = json_object_get(hello, "channels");
	assert_int_equal(json_array_size(channels), 1);
	assert_string_equal(json_string_value(json_array_get(channels, 0)),
	    "station");
	assert_true(json_is_string(json_object_get(hello, "version")));
	json_decref(hello);
}

static void
part(struct fixture *f)
{
	lines_free(&f->lines);
	close(f->fd);
	f->fd = -1;
}

static void
say(struct fixture *f, const char *text)
{
	assert_int_equal(lines_send(&f->lines, text, strlen(text)), 0);
}

static void
offer(struct fixture *f, int n, const char *channel)
{
	char text[512];

	snprintf(text, sizeof(text), "notice 00000000000000ab-%d %s high "
	    "alarm", n, channel);
	say(f, text);
	snprintf(text, sizeof(text), "{\"n\":%d}", n);
	say(f, text);
}

static void
expect_result(struct fixture *f, int n, int attempt, const char *outcome,
    const char *detail)
{
	json_t *r = hear(f, "notify.result");
	char key[40];

	snprintf(key, sizeof(key), "00000000000000ab-%d", n);
	assert_int_equal(json_object_size(r), 5);
	assert_string_equal(json_string_value(json_object_get(r, "key")), key);
	assert_int_equal(json_integer_value(json_object_get(r, "attempt")),
	    attempt);
	assert_string_equal(json_string_value(json_object_get(r, "outcome")),
	    outcome);
	assert_non_null(strstr(json_string_value(json_object_get(r, "detail")),
	    detail));
	assert_true(json_is_string(json_object_get(r, "channel")));
	json_decref(r);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	loopback_start(&f->server);
	f->config.channels_n = 1;
	strcpy(f->config.channel[0].name, "station");
	snprintf(f->config.channel[0].url, sizeof(f->config.channel[0].url),
	    "http://127.0.0.1:%d/", f->server.port);
	snprintf(f->path, sizeof(f->path), "/tmp/test_notify_client.%d",
	    (int)getpid());
	unlink(f->path);
	strcpy(a.sun_path, f->path);
	f->listen_fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(f->listen_fd, (struct sockaddr *)&a, sizeof(a)),
	    0);
	assert_int_equal(listen(f->listen_fd, 4), 0);
	assert_true(sd_event_new(&f->event) >= 0);
	assert_int_equal(client_start(f->event, f->path, &f->config,
	    &f->client), 0);
	meet(f);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(client_stop(f->client, 2000), 0);
	sd_event_unref(f->event);
	if (f->fd >= 0)
		part(f);
	close(f->listen_fd);
	unlink(f->path);
	loopback_stop(&f->server);
	free(f);
	return 0;
}

static void
every_attempt_is_reported(void **state)
{
	struct fixture *f = *state;

	loopback_set(&f->server, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",
	    NULL);
	offer(f, 1, "station");
	expect_result(f, 1, 1, "retry", "HTTP 503");
	loopback_set(&f->server, LOOPBACK_OK, NULL);
	expect_result(f, 1, 2, "delivered", "HTTP 200");
	loopback_set(&f->server, "HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n",
	    NULL);
	offer(f, 2, "station");
	expect_result(f, 2, 1, "refused", "HTTP 404");
}

static void
each_heartbeat_is_reported_as_one(void **state)
{
	struct fixture *f = *state;
	json_t *r;

	loopback_set(&f->server, "HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n",
	    NULL);
	say(f, "notice 00000000000000ab-1 station none heartbeat");
	say(f, "{}");
	r = hear(f, "notify.heartbeat");
	assert_int_equal(json_object_size(r), 3);
	assert_string_equal(json_string_value(json_object_get(r, "channel")),
	    "station");
	assert_string_equal(json_string_value(json_object_get(r, "outcome")),
	    "retry");
	assert_string_equal(json_string_value(json_object_get(r, "detail")),
	    "HTTP 503");
	json_decref(r);
	loopback_set(&f->server, LOOPBACK_OK, NULL);
	say(f, "notice 00000000000000ab-2 station none heartbeat");
	say(f, "{}");
	r = hear(f, "notify.heartbeat");
	assert_string_equal(json_string_value(json_object_get(r, "outcome")),
	    "delivered");
	json_decref(r);
}

static void
a_notice_offered_again_after_its_delivery_is_not_sent_again(void **state)
{
	struct fixture *f = *state;

	offer(f, 1, "station");
	expect_result(f, 1, 1, "delivered", "HTTP 200");
	part(f);
	meet(f);
	offer(f, 1, "station");
	expect_result(f, 1, 1, "delivered", "before");
	assert_int_equal(loopback_requests(&f->server), 1);
}

static void
a_notice_that_waits_outlives_the_connection(void **state)
{
	struct fixture *f = *state;

	loopback_set(&f->server, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
	    NULL);
	offer(f, 1, "station");
	expect_result(f, 1, 1, "retry", "HTTP 500");
	part(f);
	meet(f);
	/* vitalsd offers it again; it is held already, and sent once. */
	offer(f, 1, "station");
	loopback_set(&f->server, LOOPBACK_OK, NULL);
	expect_result(f, 1, 2, "delivered", "HTTP 200");
	assert_int_equal(loopback_requests(&f->server), 2);
}

static void
a_channel_that_leads_nowhere_is_refused_by_name(void **state)
{
	struct fixture *f = *state;

	offer(f, 1, "pager");
	expect_result(f, 1, 1, "refused", "no such channel");
}

static void
what_is_not_understood_does_not_end_the_connection(void **state)
{
	static const char *const bad[] = {
		"", "rubbish", "[]", "{}",
		"{\"jsonrpc\":\"2.0\",\"method\":\"later\",\"params\":{}}",
		/* The line after each is its body, and skipped with it. */
		"notice ", "notice 00000000000000ab-1 station high alarm",
		"notice x-1 station high alarm", "{}",
		"notice 00000000000000ab-1 station urgent alarm", "{}",
		"notice 00000000000000ab-1 station high alarm again", "{}",
		/* A notice without a body. */
		"notice 00000000000000ab-1 station high alarm", "",
	};
	struct fixture *f = *state;
	char much[NOTICE_BODY_MAX + 1];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		say(f, bad[i]);
	say(f, "notice 00000000000000ab-2 station high alarm");
	memset(much, 'x', sizeof(much));
	assert_int_equal(lines_send(&f->lines, much, NOTICE_BODY_MAX), 0);
	offer(f, 7, "station");
	expect_result(f, 7, 1, "delivered", "HTTP 200");
	assert_int_equal(loopback_requests(&f->server), 1);
}

/* A body is bytes: one that reads as a message, or as nothing at all, is sent as
 * it is, and what follows is read as ever. */
static void
a_body_is_sent_byte_for_byte_and_never_read(void **state)
{
	static const char *const body[] = {
		"{\"text\":\"\\u00e9 \\\"quoted\\\" \\\\ \xc3\xa9\",  \"n\":1.50}",
		"notice 00000000000000ab-9 station high alarm",
		"no JSON",
	};
	struct fixture *f = *state;
	char text[512];

	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "notice 00000000000000ab-%d "
		    "station low alarm", i + 1);
		say(f, text);
		say(f, body[i]);
		expect_result(f, i + 1, 1, "delivered", "HTTP 200");
	}
	assert_int_equal(loopback_requests(&f->server), 3);
	for (int i = 0; i < 3; i++) {
		const char *sent = strstr(f->server.request[i], "\r\n\r\n");

		assert_non_null(sent);
		assert_string_equal(sent + 4, body[i]);
	}
}

/* A connection that ends between a notice and its body leaves nothing behind. */
static void
half_a_notice_is_forgotten_with_its_connection(void **state)
{
	struct fixture *f = *state;

	say(f, "notice 00000000000000ab-1 station high alarm");
	part(f);
	meet(f);
	offer(f, 2, "station");
	expect_result(f, 2, 1, "delivered", "HTTP 200");
	assert_int_equal(loopback_requests(&f->server), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static int
open_checker(void **state)
{
	(void)state;
	messages = popen("tests/schema-check "
	    "schemas/notify-socket.schema.json", "w");
	return messages == NULL;
}

static int
close_checker(void **state)
{
	(void)state;
	return pclose(messages);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_attempt_is_reported),
		TEST(each_heartbeat_is_reported_as_one),
		TEST(a_notice_offered_again_after_its_delivery_is_not_sent_again),
		TEST(a_notice_that_waits_outlives_the_connection),
		TEST(a_channel_that_leads_nowhere_is_refused_by_name),
		TEST(what_is_not_understood_does_not_end_the_connection),
		TEST(a_body_is_sent_byte_for_byte_and_never_read),
		TEST(half_a_notice_is_forgotten_with_its_connection),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests(tests, open_checker, close_checker);
}
