/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A channel at work on its thread, against a receiver on the loopback.
 */
#include "notify/channel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <curl/curl.h>
#include <errno.h>

#include "tests/unit/loopback.h"

struct fixture {
	struct loopback server;
	struct notify_channel config;
	struct channel *channel;
	int report[2];
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	loopback_start(&f->server);
	strcpy(f->config.name, "station");
	snprintf(f->config.url, sizeof(f->config.url), "http://127.0.0.1:%d/",
	    f->server.port);
	assert_int_equal(socketpair(AF_UNIX, SOCK_SEQPACKET, 0, f->report), 0);
	assert_int_equal(channel_start(&f->config, f->report[1], NULL,
	    &f->channel), 0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	if (f->channel)
		assert_int_equal(channel_stop(f->channel, 2000), 0);
	loopback_stop(&f->server);
	close(f->report[0]);
	close(f->report[1]);
	free(f);
	return 0;
}

static void
submit(struct fixture *f, uint64_t n, enum priority p, bool heartbeat)
{
	struct notice notice = { .key = { 0xabc, n }, .priority = p };

	notice.length = (size_t)snprintf(notice.body, sizeof(notice.body),
	    "{\"n\":%d}", (int)n);
	assert_int_equal(channel_submit(f->channel, &notice, heartbeat), 0);
}

/* The next result; fails the test after 4 s. */
static struct delivery
result(struct fixture *f)
{
	struct pollfd p = { .fd = f->report[0], .events = POLLIN };
	struct delivery d;

	assert_int_equal(poll(&p, 1, 4000), 1);
	assert_int_equal(recv(f->report[0], &d, sizeof(d), 0), sizeof(d));
	return d;
}

static void
a_notice_is_delivered_and_reported(void **state)
{
	struct fixture *f = *state;
	struct delivery d;

	submit(f, 7, PRIORITY_HIGH, false);
	d = result(f);
	assert_int_equal(d.key.n, 7);
	assert_string_equal(d.channel, "station");
	assert_int_equal(d.attempt, 1);
	assert_int_equal(d.outcome, OUTCOME_DELIVERED);
	assert_string_equal(d.detail, "HTTP 200");
	assert_non_null(strstr(f->server.request[0], "{\"n\":7}"));
	assert_int_equal(channel_waiting(f->channel), 0);
}

static void
a_failed_notice_is_tried_again_with_the_same_key(void **state)
{
	struct fixture *f = *state;
	struct delivery d;

	loopback_set(&f->server, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
	    NULL);
	submit(f, 1, PRIORITY_LOW, false);
	d = result(f);
	assert_int_equal(d.outcome, OUTCOME_RETRY);
	assert_string_equal(d.detail, "HTTP 500");
	assert_int_equal(channel_waiting(f->channel), 1);
	loopback_set(&f->server, LOOPBACK_OK, NULL);
	d = result(f);
	assert_int_equal(d.outcome, OUTCOME_DELIVERED);
	assert_int_equal(d.attempt, 2);
	assert_int_equal(d.key.n, 1);
	assert_int_equal(loopback_requests(&f->server), 2);
	assert_non_null(strstr(f->server.request[1],
	    "Idempotency-Key: 0000000000000abc-1\r\n"));
}

static void
an_alarm_passes_a_heartbeat_and_a_lower_notice_that_hang(void **state)
{
	struct fixture *f = *state;
	struct delivery d;

	loopback_set(&f->server, NULL, NULL);
	submit(f, 1, PRIORITY_NONE, true);
	submit(f, 2, PRIORITY_MEDIUM, false);
	while (loopback_requests(&f->server) < 2)
		usleep(1000);
	loopback_set(&f->server, LOOPBACK_OK, NULL);
	submit(f, 3, PRIORITY_HIGH, false);
	d = result(f);
	assert_int_equal(d.key.n, 3);
	assert_int_equal(d.outcome, OUTCOME_DELIVERED);
	assert_true(d.took_ms < 2000);
	assert_int_equal(channel_waiting(f->channel), 1);
}

static void
a_heartbeat_is_sent_once_and_reported_as_one(void **state)
{
	struct fixture *f = *state;
	struct delivery d;

	loopback_set(&f->server, "HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n",
	    NULL);
	submit(f, 1, PRIORITY_NONE, true);
	d = result(f);
	assert_int_equal(d.attempt, ATTEMPT_HEARTBEAT);
	assert_int_equal(d.outcome, OUTCOME_RETRY);
	assert_string_equal(d.channel, "station");
	assert_string_equal(d.detail, "HTTP 500");
	loopback_set(&f->server, LOOPBACK_OK, NULL);
	submit(f, 2, PRIORITY_LOW, false);
	d = result(f);
	assert_int_equal(d.key.n, 2);
	assert_int_equal(d.attempt, 1);
	assert_int_equal(loopback_requests(&f->server), 2);
}

static void
notices_share_a_connection_that_is_kept(void **state)
{
	struct fixture *f = *state;

	for (uint64_t i = 1; i <= 10; i++) {
		submit(f, i, i % 2 ? PRIORITY_HIGH : PRIORITY_LOW, false);
		assert_int_equal(result(f).outcome, OUTCOME_DELIVERED);
	}
	assert_int_equal(f->server.connections_n, 1);
}

static void
a_channel_whose_receiver_hangs_holds_up_no_other(void **state)
{
	struct fixture *f = *state;
	struct loopback stuck_server;
	struct notify_channel stuck_config = f->config;
	struct notice n = { .key = { 1, 1 }, .priority = PRIORITY_HIGH,
	    .length = 2, .body = "{}" };
	struct channel *stuck;

	loopback_start(&stuck_server);
	loopback_set(&stuck_server, NULL, NULL);
	snprintf(stuck_config.url, sizeof(stuck_config.url),
	    "http://127.0.0.1:%d/", stuck_server.port);
	assert_int_equal(channel_start(&stuck_config, f->report[1], NULL,
	    &stuck), 0);
	assert_int_equal(channel_submit(stuck, &n, false), 0);
	while (loopback_requests(&stuck_server) < 1)
		usleep(1000);
	submit(f, 9, PRIORITY_LOW, false);
	assert_int_equal(result(f).key.n, 9);
	assert_int_equal(channel_waiting(stuck), 1);
	/* And it can be stopped in the middle of that. */
	assert_int_equal(channel_stop(stuck, 2000), 0);
	loopback_stop(&stuck_server);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_notice_is_delivered_and_reported),
		TEST(a_failed_notice_is_tried_again_with_the_same_key),
		TEST(an_alarm_passes_a_heartbeat_and_a_lower_notice_that_hang),
		TEST(a_heartbeat_is_sent_once_and_reported_as_one),
		TEST(notices_share_a_connection_that_is_kept),
		TEST(a_channel_whose_receiver_hangs_holds_up_no_other),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
