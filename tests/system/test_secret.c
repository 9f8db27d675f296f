/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The key of a signature, and the path of a webhook, which is often as good as
 * a key, show nowhere: not in a command line, an environment, what the programs
 * say, what the control socket answers, the log, or a core dump.
 *
 * Easy to get wrong: an error says more than a success, so the receiver fails in
 * several ways before anything is looked at.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define KEY "the-KEY-of-the-signature-7f1c"
#define PATH "the-PATH-of-the-webhook-91ab"

/* The whole of a file, with NUL; for files of /proc too. */
static char *
contents(const char *path, size_t *n)
{
	FILE *f = fopen(path, "r");
	char *text = NULL;
	size_t got;

	*n = 0;
	if (f == NULL)
		return NULL;
	do {
		text = realloc(text, *n + 65536 + 1);
		assert_non_null(text);
		got = fread(text + *n, 1, 65536, f);
		*n += got;
	} while (got > 0);
	fclose(f);
	text[*n] = '\0';
	return text;
}

static bool
file_holds(const char *path, const char *what)
{
	size_t n;
	char *text = contents(path, &n);
	bool holds = text != NULL && memmem(text, n, what, strlen(what));

	free(text);
	return holds;
}

/* nftw() hands nothing on to its callback. */
static struct {
	const char *what, *but;
	size_t files;
	char found[512];
} look;

static int
look_at(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	const char *name = path + ftw->base;

	if (type != FTW_F || !S_ISREG(st->st_mode) ||
	    strstr(path, "/credentials/") != NULL || strstr(look.but, name))
		return 0;
	look.files++;
	if (file_holds(path, look.what))
		snprintf(look.found, sizeof look.found, "%s", path);
	return 0;
}

/* Every file of the ward but the ones named: the log and its -wal, what the
 * programs said, each message of the control socket. */
static void
assert_nowhere(const struct ward *w, const char *what, const char *but)
{
	look.what = what;
	look.but = but;
	look.files = 0;
	look.found[0] = '\0';
	assert_int_equal(nftw(w->dir, look_at, 8, FTW_PHYS), 0);
	assert_true(look.files >= 7);
	if (look.found[0] != '\0')
		ward_fail(w, "%s is in %s", what, look.found);
}

static void
assert_not_in_process(const struct ward *w, pid_t pid, const char *what)
{
	static const char *const files[] = { "cmdline", "environ", "comm" };
	char path[64];

	for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
		snprintf(path, sizeof path, "/proc/%d/%s", (int)pid, files[i]);
		assert_int_equal(access(path, R_OK), 0);
		if (file_holds(path, what))
			ward_fail(w, "%s is in %s", what, path);
	}
}

static void
start_all(struct ward *w)
{
	char notify[512];
	char *config = ward_config(w, "limits: {no-data: 2s}\n");

	ward_write(w, "secret", KEY "\n");
	ward_write(w, "credentials/webhook", KEY "\n");
	/* So that there is a notice from the start, on every machine. */
	ward_preload_faults(w);
	ward_write(w, "faults/sync", "0");
	ward_start_sim(w, ward_scenario, WORDS("ox"));
	ward_start_receiver(w, "ok");
	ward_start_vitalsd(w, config);
	free(config);
	snprintf(notify, sizeof notify,
	    "channels:\n"
	    "  - name: station\n"
	    "    kind: webhook\n"
	    "    url: http://127.0.0.1:%d/" PATH "\n"
	    "    secret: webhook\n"
	    "    expect: {header: \"X-Receiver: station\"}\n",
	    w->receiver_port);
	ward_start_notify_with(w, notify);
}

/* Each attempt fails in another way, and says so in the log. */
static void
fail_in_several_ways(struct ward *w)
{
	static const struct {
		const char *mode, *detail;
	} ways[] = { { "500", "500" }, { "redirect", "302" },
		{ "captive", "header" } };
	char query[160];

	for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
		ward_receiver_mode(w, ways[i].mode);
		if (i == 0)
			ward_kill(&w->sim, SIGTERM);
		snprintf(query, sizeof query, "SELECT count(*) FROM deliveries "
		    "WHERE detail LIKE '%%%s%%'", ways[i].detail);
		ward_wait_sql(w, query, 1, 40);
	}
	ward_kill(&w->receiver, SIGKILL);
	ward_wait_sql(w, "SELECT count(*) FROM deliveries WHERE detail LIKE "
	    "'%onnect%'", 1, 40);
}

static void
neither_key_nor_path_of_a_webhook_shows_anywhere(void **state)
{
	static const char *const asked[] = { "hello", "status", "state",
		"devices", "alarm.list", "reload" };
	struct ward *w = *state;
	char path[64], *limits;
	size_t n;

	start_all(w);
	json_decref(ward_ask(w, "session.start", NULL));
	ward_wait_sql(w, "SELECT count(*) FROM deliveries WHERE outcome = "
	    "'delivered'", 1, 20);
	fail_in_several_ways(w);
	for (size_t i = 0; i < sizeof asked / sizeof asked[0]; i++)
		json_decref(ward_rpc(w, asked[i], NULL));

	for (int i = 0; i < 2; i++) {
		pid_t pid = i == 0 ? w->vitalsd : w->notify;

		assert_not_in_process(w, pid, KEY);
		assert_not_in_process(w, pid, PATH);
		/* Nobody inherits anything. */
		snprintf(path, sizeof path, "/proc/%d/task/%d/children",
		    (int)pid, (int)pid);
		free(limits = contents(path, &n));
		assert_int_equal(n, 0);
	}
	snprintf(path, sizeof path, "/proc/%d/limits", (int)w->notify);
	limits = contents(path, &n);
	assert_non_null(limits);
	assert_non_null(strstr(limits,
	    "Max core file size        0                    0"));
	free(limits);

	/* Both were used: the receiver has the one and was found by the other. */
	assert_true(file_holds(ward_path(w, "secret"), KEY));
	assert_true(file_holds(ward_path(w, "notify.yaml"), PATH));
	assert_nowhere(w, KEY, "secret");
	assert_nowhere(w, PATH, "notify.yaml received.jsonl");
}

/* A complaint may name the credential, and the line; never what is in it. */
static void
a_complaint_about_a_secret_does_not_tell_it(void **state)
{
	struct ward *w = *state;
	char config[] = "channels:\n- name: a\n  kind: webhook\n"
	    "  url: https://127.0.0.1/" PATH "\n  secret: webhook\n";
	char big[300], *out;
	const char *const bad[] = { "short-KEY", big };

	memset(big, 'K', sizeof big);
	big[sizeof big - 1] = '\0';
	assert_int_equal(setenv("CREDENTIALS_DIRECTORY",
	    ward_path(w, "credentials"), 1), 0);
	ward_write(w, "notify.yaml", config);
	for (size_t i = 0; i < 2; i++) {
		ward_write(w, "credentials/webhook", bad[i]);
		assert_int_equal(ward_run(w, &out, WORDS("vitals-notify",
		    "--check", "--config", ward_path(w, "notify.yaml"))), 1);
		assert_non_null(strstr(out, "credential webhook"));
		assert_null(strstr(out, "KEY"));
		assert_null(strstr(out, "KKK"));
		assert_null(strstr(out, PATH));
		free(out);
	}
	/* Nor does one about the address that holds it. */
	ward_write(w, "notify.yaml", "channels:\n- name: a\n  kind: webhook\n"
	    "  url: http://clinic.example/" PATH "\n");
	assert_int_equal(ward_run(w, &out, WORDS("vitals-notify", "--check",
	    "--config", ward_path(w, "notify.yaml"))), 1);
	assert_non_null(strstr(out, "url"));
	assert_null(strstr(out, PATH));
	free(out);
	unsetenv("CREDENTIALS_DIRECTORY");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		WARD_TEST(neither_key_nor_path_of_a_webhook_shows_anywhere),
		WARD_TEST(a_complaint_about_a_secret_does_not_tell_it),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
