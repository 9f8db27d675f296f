/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A name server that swallows every question: what it stalls is its own
 * channel, and nothing else.
 *
 * Easy to get wrong: all of it runs in a network namespace of its own, so that
 * the name server is ours, and in a mount namespace, so that /etc/resolv.conf
 * is; without root that is not to be had, and the test says so.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const char config[] =
    "    - name: far\n"
    "      at-least: low\n"
    "limits:\n"
    "  arm-after: 1s\n"
    "  clear-after: 1s\n"
    "  spo2-low: {delay: 1s}\n"
    "  spo2-very-low: {delay: 1s}\n";

static void
start_loopback(void)
{
	struct ifreq lo = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	assert_int_equal(ioctl(fd, SIOCSIFFLAGS, &lo), 0);
	close(fd);
}

/* A network with 127.0.0.1 alone, and the name server there; else skipped. */
static void
leave_the_network(const struct ward *w)
{
	ward_write(w, "resolv.conf", "nameserver 127.0.0.1\n");
	if (geteuid() != 0 || unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount(ward_path(w, "resolv.conf"), "/etc/resolv.conf", NULL,
	    MS_BIND, NULL) < 0) {
		print_message("skipped: no network namespace with a name "
		    "server of its own: %s\n", strerror(errno));
		skip();
	}
	start_loopback();
}

/* Reads the questions into DIR/questions, a line each, and answers none. */
static pid_t
start_name_server(const struct ward *w)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(53),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	FILE *f = fopen(ward_path(w, "questions"), "w");
	pid_t pid;

	assert_non_null(f);
	assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof a), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		char question[512];

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while (recv(fd, question, sizeof question, 0) >= 0) {
			fputs("asked\n", f);
			fflush(f);
		}
		_exit(0);
	}
	fclose(f);
	close(fd);
	return pid;
}

static void
start_notify(struct ward *w)
{
	char *text = NULL;

	assert_true(asprintf(&text,
	    "channels:\n"
	    "  - name: station\n"
	    "    kind: webhook\n"
	    "    url: http://127.0.0.1:%d/notice\n"
	    "    secret: webhook\n"
	    "    expect: {header: \"X-Receiver: station\"}\n"
	    "  - name: far\n"
	    "    kind: webhook\n"
	    "    url: https://alarm.example.test/notice\n"
	    "    secret: webhook\n", w->receiver_port) > 0);
	ward_start_notify_with(w, text);
	free(text);
}

/* From the alarm to its notice at the receiver that can be reached. */
static int64_t
delivery_ms(struct ward *w, const char *sim, const char *priority,
    size_t notices)
{
	int64_t raised_ms;

	ward_sim(w, sim);
	json_decref(ward_wait_alarm(w, "spo2-low", "active", priority, 10));
	raised_ms = ward_now_ms();
	ward_wait_received(w, "\"condition\":\"spo2-low\"", notices, 5);
	return ward_now_ms() - raised_ms;
}

static void
a_silent_name_server_stalls_its_own_channel_alone(void **state)
{
	struct ward *w = *state;
	int64_t took_ms, raised_ms;
	pid_t name_server;
	char *text, *why;

	leave_the_network(w);
	name_server = start_name_server(w);
	text = ward_config(w, config);
	ward_start_sim(w, ward_scenario, WORDS("ox"));
	ward_start_receiver(w, "ok");
	ward_start_vitalsd(w, text);
	free(text);
	start_notify(w);
	json_decref(ward_ask(w, "session.start", NULL));
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 15 AND "
	    "text = 'spo2-low'", 1, 20);
	ward_wait_lines(w, "questions", "asked", 1, 5);

	/* While it waits for the name, the other is served at once. */
	took_ms = delivery_ms(w, "CHAIR1 spo2 90", "medium", 1);
	if (took_ms > 1000)
		ward_fail(w, "the notice took %lld ms", (long long)took_ms);
	/* The C library's own patience is 10 s; a try ends long before. */
	ward_wait_sql(w, "SELECT count(*) FROM deliveries WHERE channel = "
	    "'far' AND outcome = 'retry'", 1, 4);
	for (int i = 0; i < 20; i++) {
		int64_t asked_ms = ward_now_ms();

		json_decref(ward_ask(w, "alarm.list", NULL));
		assert_true(ward_now_ms() - asked_ms < 500);
		ward_nap(20);
	}
	json_decref(ward_wait_alarm(w, "undelivered:far", "active", "medium",
	    14));
	ward_wait_sql(w, "SELECT count(*) FROM alarm WHERE condition = "
	    "'undelivered:far'", 1, 20);
	/* By its own clock: from the notice that did not arrive. */
	raised_ms = ward_sql(w, "SELECT (SELECT min(t_ms) FROM alarm WHERE "
	    "condition = 'undelivered:far') - (SELECT min(t_ms) FROM notice "
	    "WHERE channel = 'far')");
	if (raised_ms > 13000)
		ward_fail(w, "T8 came after %lld ms", (long long)raised_ms);
	took_ms = delivery_ms(w, "CHAIR1 spo2 85", "high", 2);
	assert_true(took_ms <= 1000);
	ward_wait_sql(w, "SELECT count(*) FROM deliveries WHERE channel = "
	    "'far' AND outcome = 'retry'", 2, 10);
	why = ward_sql_text(w, "SELECT detail FROM deliveries WHERE channel = "
	    "'far' AND outcome = 'retry' LIMIT 1");
	if (strstr(why, "resolve") == NULL && strstr(why, "Resolving") == NULL)
		ward_fail(w, "the log says: %s", why);
	free(why);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM deliveries WHERE "
	    "channel = 'far' AND outcome = 'delivered'"), 0);
	assert_int_equal(ward_sql(w, "SELECT count(*) FROM deliveries WHERE "
	    "channel = 'station' AND outcome IN ('retry', 'timeout')"), 0);
	/* Nor does it hold up the notifier's end. */
	ward_stop(w, &w->notify, 2000);
	ward_kill(&name_server, SIGKILL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(a_silent_name_server_stalls_its_own_channel_alone),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
