/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The board on a real (pseudo-)terminal: it shows what the server says, a key
 * acknowledges, and whatever ends it leaves a usable terminal behind.
 *
 * Easy to get wrong: nothing sleeps; each step waits for the text that the
 * board must write, and fails when the text does not come in time.
 */
#include "cli/verbs.h"

#include <sys/ioctl.h>
#include <sys/wait.h>

#include <locale.h>
#include <pty.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <cmocka.h>

#include "tests/unit/fake_vitalsd.h"

#define WAIT_MS 10000

static const struct fake_answer answers[] = {
	{ "watch", "\"result\":{\"wall\":\"2026-11-21T14:02:31.000Z\","
	  "\"t_ms\":1,\"log\":{\"failing\":false,\"why\":\"\"},\"notifier\":"
	  "{\"connected\":true,\"undelivered\":0},\"clock\":{\"synced\":true},"
	  "\"beds\":[{\"bed\":\"CHAIR3\",\"label\":\"CHAIR3\",\"session\":"
	  "\"S\",\"phase\":\"infusion\",\"infusion_ms\":1000,\"vitals\":[],"
	  "\"ports\":[],\"armed\":{},\"alarms\":[{\"event\":"
	  "\"9f86d081884c7d65-1\",\"type\":\"SP\",\"state\":\"active\","
	  "\"priority\":\"high\",\"level\":\"high\",\"acknowledged\":false,"
	  "\"text\":\"SpO2 86 % (<88)\",\"since_ms\":0}]}],"
	  "\"box\":{\"alarms\":[]}}", NULL, NULL },
	{ "alarm.ack", "\"result\":{\"acknowledged\":[\"9f86d081884c7d65-1\"],"
	  "\"durable\":true}", NULL, NULL },
	{ NULL, NULL, NULL, NULL },
};

struct terminal {
	struct fake fake;
	pid_t pid;
	int fd;
	char text[1 << 20];	/* all that was written to it */
	size_t n, seen;
};

static void
terminal_start(struct terminal *t)
{
	struct winsize size = { .ws_row = 24, .ws_col = 80 };
	char *word[] = { (char *)"board", (char *)"--run", t->fake.dir,
	    (char *)"--by", (char *)"Ana" };

	t->n = t->seen = 0;
	t->text[0] = '\0';
	t->pid = forkpty(&t->fd, NULL, NULL, &size);
	assert_true(t->pid >= 0);
	if (t->pid == 0)
		exit(cli_run(verbs, 5, word, stdin, stdout, stderr));
}

/* Waits until the text has been written since the last such wait (NULL: until
 * the terminal is closed). */
static bool
terminal_wait(struct terminal *t, const char *text)
{
	struct pollfd p = { .fd = t->fd, .events = POLLIN };
	ssize_t r;
	char *at;

	for (;;) {
		at = text ? strstr(t->text + t->seen, text) : NULL;
		if (at) {
			t->seen = (size_t)(at - t->text) + strlen(text);
			return true;
		}
		if (t->n + 4096 > sizeof(t->text) ||
		    poll(&p, 1, WAIT_MS) <= 0)
			return false;
		r = read(t->fd, t->text + t->n, 4095);
		if (r <= 0)
			return text == NULL;
		t->n += (size_t)r;
		t->text[t->n] = '\0';
	}
}

static int
terminal_end(struct terminal *t)
{
	int status = -1;

	assert_true(terminal_wait(t, NULL));
	assert_int_equal(waitpid(t->pid, &status, 0), t->pid);
	close(t->fd);
	/* The ordinary screen is back. */
	assert_non_null(strstr(t->text, "\033[?1049l"));
	assert_non_null(strstr(t->text, "the board is closed"));
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
type(struct terminal *t, const char *keys)
{
	assert_int_equal(write(t->fd, keys, strlen(keys)), strlen(keys));
}

static void
a_key_acknowledges_the_alarm_that_is_shown(void **state)
{
	struct terminal *t = calloc(1, sizeof(*t));
	char *params;

	(void)state;
	fake_listen(&t->fake, answers);
	terminal_start(t);
	fake_answer(&t->fake);
	assert_true(terminal_wait(t, "CHAIR3"));
	assert_true(terminal_wait(t, "SpO2 86 % (<88)"));
	/* It asks to look first where the selection has just moved. */
	for (int i = 0; i < 100 && t->fake.requests_n < 2; i++) {
		type(t, "a");
		poll(NULL, 0, 50);
	}
	assert_true(terminal_wait(t, "acknowledgement recorded"));
	type(t, "q");
	assert_true(terminal_wait(t, "Close the board?"));
	type(t, "n");
	assert_true(terminal_wait(t, "arrows"));
	type(t, "\003");
	assert_true(terminal_wait(t, "Close the board?"));
	type(t, "y");
	assert_int_equal(terminal_end(t), EXIT_OK);
	fake_stop(&t->fake);
	params = fake_params(&t->fake, 1);
	assert_string_equal(params,
	    "{\"by\":\"Ana\",\"event\":\"9f86d081884c7d65-1\"}");
	free(params);
	fake_free(&t->fake);
	free(t);
}

/* A vitalsd that has more to tell than anybody can read. */
static void *
flood(void *arg)
{
	static const char result[] = "\"result\":", vitals[] = "\"vitals\":[";
	const char *params = answers[0].answer + sizeof(result) - 1;
	const char *rest = strstr(params, vitals) + sizeof(vitals) - 1;
	static char text[1 << 17];
	struct fake *f = arg;
	int n, fd = accept(f->fd, NULL, NULL);
	char in[1024];

	if (fd < 0 || read(fd, in, sizeof(in)) <= 0)
		abort();
	snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"id\":1,%s}\n",
	    answers[0].answer);
	fake_write(fd, text);
	n = snprintf(text, sizeof(text), "{\"jsonrpc\":\"2.0\",\"method\":"
	    "\"state\",\"params\":%.*s", (int)(rest - params), params);
	/* So much that it is written sooner than it is taken apart. */
	for (int i = 0; i < 800; i++)
		n += snprintf(text + n, sizeof(text) - (size_t)n, "%s{"
		    "\"vital\":\"hr\",\"port\":\"m\",\"quality\":\"good\","
		    "\"shown\":\"70\",\"age_ms\":1,\"fresh_ms\":5000}",
		    i > 0 ? "," : "");
	snprintf(text + n, sizeof(text) - (size_t)n, "%s}\n", rest);
	while (send(fd, text, strlen(text), MSG_NOSIGNAL) > 0)
		;
	close(fd);
	return NULL;
}

static void
a_flood_of_states_neither_stops_the_screen_nor_the_keys(void **state)
{
	struct terminal *t = calloc(1, sizeof(*t));

	(void)state;
	fake_listen(&t->fake, answers);
	terminal_start(t);
	assert_int_equal(pthread_create(&t->fake.thread, NULL, flood,
	    &t->fake), 0);
	assert_true(terminal_wait(t, "SpO2 86 % (<88)"));
	type(t, "q");
	assert_true(terminal_wait(t, "Close the board?"));
	type(t, "y");
	assert_int_equal(terminal_end(t), EXIT_OK);
	fake_stop(&t->fake);
	free(t);
}

static void
a_signal_and_a_missing_daemon_leave_the_terminal_usable(void **state)
{
	struct terminal *t = calloc(1, sizeof(*t));

	(void)state;
	strcpy(t->fake.dir, "/nonexistent");
	terminal_start(t);
	assert_true(terminal_wait(t, "NO CONTACT WITH VITALSD"));
	assert_true(terminal_wait(t, "\a"));
	kill(t->pid, SIGTERM);
	assert_int_equal(terminal_end(t), EXIT_OK);
	free(t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_acknowledges_the_alarm_that_is_shown),
		cmocka_unit_test(
		    a_flood_of_states_neither_stops_the_screen_nor_the_keys),
		cmocka_unit_test(
		    a_signal_and_a_missing_daemon_leave_the_terminal_usable),
	};
	setenv("TERM", "xterm", 1);
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
