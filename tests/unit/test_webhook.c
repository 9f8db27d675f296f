/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One notice as one HTTP POST, against a receiver on the loopback.
 */
#include "notify/retry.h"
#include "notify/webhook.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>

#include "tests/unit/loopback.h"

#define WALL_MS INT64_C(1795269751500)

struct fixture {
	struct loopback server;
	struct notify_channel channel;
	struct request *request;
	struct notice notice;
	struct attempt attempt;
	long connects;		/* new connections of the last attempt */
};

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	loopback_start(&f->server);
	strcpy(f->channel.name, "station");
	snprintf(f->channel.url, sizeof(f->channel.url),
	    "http://127.0.0.1:%d/hook?x=1", f->server.port);
	memcpy(f->channel.secret.byte, "0123456789abcdef", 16);
	f->channel.secret.n = 16;
	f->notice.key = (struct event_id){ 0x9f86d081884c7d65, 1842 };
	f->notice.priority = PRIORITY_HIGH;
	strcpy(f->notice.body, "{\"text\":\"[HIGH] Chair 3\"}");
	f->notice.length = strlen(f->notice.body);
	f->request = webhook_kind.open(&f->channel);
	assert_non_null(f->request);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;

	webhook_kind.close(f->request);
	loopback_stop(&f->server);
	free(f);
	return 0;
}

static void
post(struct fixture *f)
{
	CURL *easy = webhook_kind.prepare(f->request, &f->notice, WALL_MS);
	CURLcode end;

	assert_non_null(easy);
	assert_int_equal(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 3000L), 0);
	end = curl_easy_perform(easy);
	webhook_kind.judge(f->request, end, WALL_MS, &f->attempt);
	curl_easy_getinfo(easy, CURLINFO_NUM_CONNECTS, &f->connects);
}

static void
answer_with(struct fixture *f, const char *answer)
{
	loopback_set(&f->server, answer, NULL);
	post(f);
}

/* The configuration is read when the request is opened. */
static void
reopen(struct fixture *f)
{
	webhook_kind.close(f->request);
	f->request = webhook_kind.open(&f->channel);
	assert_non_null(f->request);
}

static void
the_receiver_gets_exactly_these_bytes(void **state)
{
	struct fixture *f = *state;
	char want[1024];

	post(f);
	assert_int_equal(f->attempt.outcome, OUTCOME_DELIVERED);
	assert_string_equal(f->attempt.detail, "HTTP 200");
	/* The digest is openssl's:  printf '%s' '1795269751.{...}' |
	 * openssl dgst -sha256 -hmac 0123456789abcdef */
	snprintf(want, sizeof(want),
	    "POST /hook?x=1 HTTP/1.1\r\n"
	    "Host: 127.0.0.1:%d\r\n"
	    "User-Agent: vitals-notify\r\n"
	    "Accept: */*\r\n"
	    "Content-Type: application/json\r\n"
	    "Idempotency-Key: 9f86d081884c7d65-1842\r\n"
	    "X-Vitalsd-Signature: t=1795269751,v1="
	    "aefbe56193f0bf3e61b41003c745bab19d0280b3830e8653f6551d8679b576c5\r\n"
	    "Content-Length: 25\r\n"
	    "\r\n"
	    "{\"text\":\"[HIGH] Chair 3\"}", f->server.port);
	assert_int_equal(loopback_requests(&f->server), 1);
	assert_string_equal(f->server.request[0], want);
}

static void
a_channel_without_a_secret_is_not_signed(void **state)
{
	struct fixture *f = *state;

	f->channel.secret.n = 0;
	post(f);
	assert_int_equal(f->attempt.outcome, OUTCOME_DELIVERED);
	assert_null(strstr(f->server.request[0], "Signature"));
}

static void
the_signature_covers_time_and_body(void **state)
{
	struct secret key = { .byte = "0123456789abcdef", .n = 16 };
	char a[WEBHOOK_SIGNATURE_MAX], b[WEBHOOK_SIGNATURE_MAX];

	(void)state;
	webhook_sign(a, &key, 1795269751, "{}", 2);
	webhook_sign(b, &key, 1795269752, "{}", 2);
	assert_string_not_equal(a + 13, b + 13);
	webhook_sign(b, &key, 1795269751, "{ }", 3);
	assert_string_not_equal(a, b);
	key.byte[0] = '1';
	webhook_sign(b, &key, 1795269751, "{}", 2);
	assert_string_not_equal(a, b);
}

static void
the_connection_is_kept_and_used_again(void **state)
{
	struct fixture *f = *state;

	post(f);
	assert_int_equal(f->connects, 1);
	for (int i = 0; i < 5; i++) {
		post(f);
		assert_int_equal(f->attempt.outcome, OUTCOME_DELIVERED);
		assert_int_equal(f->connects, 0);
	}
	assert_int_equal(f->server.connections_n, 1);
}

static void
a_redirect_is_not_followed(void **state)
{
	struct fixture *f = *state;
	char answer[256];

	snprintf(answer, sizeof(answer), "HTTP/1.1 302 Found\r\nLocation: "
	    "http://127.0.0.1:%d/login\r\nContent-Length: 0\r\n\r\n",
	    f->server.port);
	answer_with(f, answer);
	assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
	assert_string_equal(f->attempt.detail,
	    "HTTP 302: a redirect, not followed");
	assert_int_equal(loopback_requests(&f->server), 1);
}

static void
a_busy_receiver_names_the_time_and_is_believed_up_to_a_minute(void **state)
{
	struct fixture *f = *state;

	answer_with(f, "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\n"
	    "Content-Length: 0\r\n\r\n");
	assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
	assert_int_equal(f->attempt.named_ms, 7000);
	answer_with(f, "HTTP/1.1 503 Busy\r\nretry-after: 86400\r\n"
	    "Content-Length: 0\r\n\r\n");
	assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
	assert_int_equal(f->attempt.named_ms, RETRY_MOST_MS);
	answer_with(f, "HTTP/1.1 429 Too Many Requests\r\n"
	    "Content-Length: 0\r\n\r\n");
	assert_int_equal(f->attempt.named_ms, RETRY_NONE);
}

static void
a_refusal_is_a_refusal(void **state)
{
	struct fixture *f = *state;

	answer_with(f, "HTTP/1.1 401 Unauthorized\r\n"
	    "Content-Length: 0\r\n\r\n");
	assert_int_equal(f->attempt.outcome, OUTCOME_REFUSED);
	assert_string_equal(f->attempt.detail, "HTTP 401");
}

static void
what_is_not_http_is_not_an_answer(void **state)
{
	struct fixture *f = *state;

	answer_with(f, "SSH-2.0-OpenSSH_9.2p1\r\n");
	assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
	assert_string_not_equal(f->attempt.detail, "");
	answer_with(f, "");
	assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
	assert_string_not_equal(f->attempt.detail, "");
}

static void
an_answer_that_never_comes_is_given_up(void **state)
{
	struct fixture *f = *state;
	CURL *easy;

	loopback_set(&f->server, NULL, NULL);
	easy = webhook_kind.prepare(f->request, &f->notice, WALL_MS);
	assert_non_null(easy);
	assert_int_equal(curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, 50L), 0);
	webhook_kind.judge(f->request, curl_easy_perform(easy), WALL_MS,
	    &f->attempt);
	assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
	assert_non_null(strstr(f->attempt.detail, "timed out"));
}

static void
an_endless_answer_is_given_up(void **state)
{
	struct fixture *f = *state;
	static char answer[100000];

	memset(answer, 'x', sizeof(answer) - 1);
	memcpy(answer, "HTTP/1.1 200 OK\r\n\r\n", 19);
	answer_with(f, answer);
	assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
	assert_non_null(strstr(f->attempt.detail, "longer than"));
}

static void
a_page_that_answers_200_to_everything_is_found_by_what_it_lacks(void **state)
{
	struct fixture *f = *state;

	strcpy(f->channel.expect_body, "accepted");
	answer_with(f, "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n"
	    "Please log in!");
	assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
	assert_string_equal(f->attempt.detail,
	    "HTTP 200: the answer lacks the expected text");
	answer_with(f, "HTTP/1.1 200 OK\r\nContent-Length: 14\r\n\r\n"
	    "{\"accepted\":1}");
	assert_int_equal(f->attempt.outcome, OUTCOME_DELIVERED);
	/* What the answer before said does not count. */
	answer_with(f, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
}

static void
an_expected_header_must_be_there_with_its_value(void **state)
{
	struct fixture *f = *state;

	strcpy(f->channel.expect_header, "X-Receiver");
	strcpy(f->channel.expect_value, "station");
	answer_with(f, LOOPBACK_OK);
	assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
	assert_non_null(strstr(f->attempt.detail, "lacks the expected header"));
	answer_with(f, "HTTP/1.1 200 OK\r\nx-receiver: portal\r\n"
	    "Content-Length: 0\r\n\r\n");
	assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
	answer_with(f, "HTTP/1.1 200 OK\r\nx-receiver: station\r\n"
	    "Content-Length: 0\r\n\r\n");
	assert_int_equal(f->attempt.outcome, OUTCOME_DELIVERED);
}

static void
a_proxy_of_the_environment_is_not_used(void **state)
{
	struct fixture *f = *state;

	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
	reopen(f);
	post(f);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	assert_int_equal(f->attempt.outcome, OUTCOME_DELIVERED);
}

static void
nobody_there_is_a_failure_with_a_reason(void **state)
{
	struct fixture *f = *state;

	/* Port 1 (tcpmux): nothing listens there on any machine of ours. */
	strcpy(f->channel.url, "http://127.0.0.1:1/");
	reopen(f);
	post(f);
	assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
	assert_non_null(strstr(f->attempt.detail, "connect"));
}

/* A receiver with TLS: socat in front of the one without. */
struct tls {
	char dir[64];
	pid_t pid;
	int port;
};

/* A certificate in c.pem and its key in k.pem, below t->dir. */
static void
make_certificate(const struct tls *t, const char *subject)
{
	char command[512];

	snprintf(command, sizeof(command), "openssl req -x509 -newkey "
	    "ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 5 "
	    "%s -keyout %s/k.pem -out %s/c.pem 2>/dev/null", subject, t->dir,
	    t->dir);
	assert_int_equal(system(command), 0);
}

/* The same for 127.0.0.1, good from and until those moments. */
static void
make_dated_certificate(const struct tls *t, const char *from,
    const char *until)
{
	char command[1024];

	snprintf(command, sizeof(command), "cd %s && : > index.txt && "
	    "printf '[ca]\\ndefault_ca=c\\n[c]\\ndatabase=index.txt\\n"
	    "new_certs_dir=.\\nserial=serial\\nrand_serial=yes\\npolicy=p\\nx509_extensions=x\\n[p]\\n"
	    "commonName=supplied\\n[x]\\nsubjectAltName=IP:127.0.0.1\\n"
	    "basicConstraints=CA:TRUE\\n' > ca.cnf && "
	    "openssl req -new -newkey ec -pkeyopt "
	    "ec_paramgen_curve:prime256v1 -nodes -subj /CN=receiver "
	    "-keyout k.pem -out r.pem 2>/dev/null && "
	    "openssl ca -batch -selfsign -config ca.cnf -md sha256 -notext "
	    "-rand_serial -keyfile k.pem -in r.pem -out c.pem "
	    "-startdate %s -enddate %s 2>/dev/null", t->dir, from, until);
	assert_int_equal(system(command), 0);
}

static void
tls_make_dir(struct tls *t)
{
	strcpy(t->dir, "/tmp/test_webhook.XXXXXX");
	assert_non_null(mkdtemp(t->dir));
}

static void
tls_listen(struct tls *t, const struct fixture *f)
{
	char listen_arg[256], to[64], line[256];
	FILE *err;
	int p[2];

	snprintf(listen_arg, sizeof(listen_arg), "OPENSSL-LISTEN:0,"
	    "bind=127.0.0.1,cert=%s/c.pem,key=%s/k.pem,verify=0,fork,reuseaddr",
	    t->dir, t->dir);
	snprintf(to, sizeof(to), "TCP:127.0.0.1:%d", f->server.port);
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	t->pid = fork();
	assert_true(t->pid >= 0);
	if (t->pid == 0) {
		/* A failed test must leave nothing behind that would keep
		 * the test's output open. */
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		setpgid(0, 0);
		dup2(p[1], 1);
		dup2(p[1], 2);
		execlp("socat", "socat", "-d", "-d", listen_arg, to, NULL);
		_exit(127);
	}
	close(p[1]);
	err = fdopen(p[0], "r");
	assert_non_null(err);
	t->port = 0;
	while (t->port == 0 && fgets(line, sizeof(line), err)) {
		const char *at = strstr(line, "listening on");

		if (at && (at = strrchr(line, ':')) != NULL)
			t->port = atoi(at + 1);
	}
	/* The pipe stays open: socat goes on to write there. */
	assert_true(t->port > 0);
}

static void
tls_start(struct tls *t, const struct fixture *f, const char *subject)
{
	tls_make_dir(t);
	make_certificate(t, subject);
	tls_listen(t, f);
}

static void
tls_stop(struct tls *t)
{
	char command[128];

	kill(-t->pid, SIGTERM);
	waitpid(t->pid, NULL, 0);
	snprintf(command, sizeof(command), "rm -r %s", t->dir);
	assert_int_equal(system(command), 0);
}

static void
tls_is_verified_and_expiry_is_told_in_time(void **state)
{
	struct fixture *f = *state;
	int64_t now_ms = (int64_t)time(NULL) * 1000;
	const char *at;
	struct tls tls;
	CURL *easy;

	tls_start(&tls, f, "-subj /CN=receiver "
	    "-addext subjectAltName=IP:127.0.0.1");
	snprintf(f->channel.url, sizeof(f->channel.url),
	    "https://127.0.0.1:%d/", tls.port);
	reopen(f);
	post(f);
	assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
	assert_non_null(strstr(f->attempt.detail, "certificate"));
	assert_int_equal(loopback_requests(&f->server), 0);

	snprintf(f->channel.ca_file, sizeof(f->channel.ca_file), "%s/c.pem",
	    tls.dir);
	reopen(f);
	easy = webhook_kind.prepare(f->request, &f->notice, now_ms);
	assert_non_null(easy);
	webhook_kind.judge(f->request, curl_easy_perform(easy), now_ms,
	    &f->attempt);
	assert_int_equal(f->attempt.outcome, OUTCOME_DELIVERED);
	assert_true(f->attempt.expires_soon);
	at = strstr(f->attempt.detail, "expires in ");
	assert_non_null(at);
	assert_in_range(atoi(at + 11), 118, 120);

	/* The right authority, but another name than in the address. */
	snprintf(f->channel.url, sizeof(f->channel.url),
	    "https://localhost:%d/", tls.port);
	reopen(f);
	post(f);
	assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
	assert_int_equal(loopback_requests(&f->server), 1);
	tls_stop(&tls);
}

/* With a clock that is wrong, a good certificate is one of another time. */
static void
a_certificate_of_another_time_is_named_as_that_and_nothing_is_sent(void **state)
{
	static const struct {
		const char *from, *until, *why;
	} cases[] = {
		{ "20200101000000Z", "20210101000000Z", "expired" },
		{ "20900101000000Z", "20910101000000Z", "not yet valid" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < 2; i++) {
		struct tls tls;

		tls_make_dir(&tls);
		make_dated_certificate(&tls, cases[i].from, cases[i].until);
		tls_listen(&tls, f);
		snprintf(f->channel.url, sizeof(f->channel.url),
		    "https://127.0.0.1:%d/", tls.port);
		snprintf(f->channel.ca_file, sizeof(f->channel.ca_file),
		    "%s/c.pem", tls.dir);
		reopen(f);
		post(f);
		assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
		if (strstr(f->attempt.detail, cases[i].why) == NULL)
			fail_msg("it says: %s", f->attempt.detail);
		assert_int_equal(loopback_requests(&f->server), 0);
		tls_stop(&tls);
	}
}

static void
a_certificate_in_control_characters_does_not_reach_the_log(void **state)
{
	struct fixture *f = *state;
	struct tls tls;

	/* libcurl quotes the name that the receiver calls itself. */
	tls_start(&tls, f, "-subj \"$(printf '/CN=evil\\033[31m')\"");
	snprintf(f->channel.url, sizeof(f->channel.url),
	    "https://localhost:%d/", tls.port);
	snprintf(f->channel.ca_file, sizeof(f->channel.ca_file), "%s/c.pem",
	    tls.dir);
	reopen(f);
	post(f);
	assert_int_equal(f->attempt.outcome, OUTCOME_RETRY);
	assert_non_null(strstr(f->attempt.detail, "evil?[31m"));
	tls_stop(&tls);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_receiver_gets_exactly_these_bytes),
		TEST(a_channel_without_a_secret_is_not_signed),
		TEST(the_signature_covers_time_and_body),
		TEST(the_connection_is_kept_and_used_again),
		TEST(a_redirect_is_not_followed),
		TEST(a_busy_receiver_names_the_time_and_is_believed_up_to_a_minute),
		TEST(a_refusal_is_a_refusal),
		TEST(what_is_not_http_is_not_an_answer),
		TEST(an_answer_that_never_comes_is_given_up),
		TEST(an_endless_answer_is_given_up),
		TEST(a_page_that_answers_200_to_everything_is_found_by_what_it_lacks),
		TEST(an_expected_header_must_be_there_with_its_value),
		TEST(a_proxy_of_the_environment_is_not_used),
		TEST(nobody_there_is_a_failure_with_a_reason),
		TEST(tls_is_verified_and_expiry_is_told_in_time),
		TEST(a_certificate_of_another_time_is_named_as_that_and_nothing_is_sent),
		TEST(a_certificate_in_control_characters_does_not_reach_the_log),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
