/* SPDX-License-Identifier: BSD-2-Clause
 *
 * kill -9 of vitalsd, of vitals-notify or of both at any moment, in several
 * wards at once.  After each: every statement that was answered as durable is
 * in the log, the session goes on, the gap is recorded.  In the end: every
 * notice of the log has come to the receiver as it was logged, no key stands
 * for two bodies, every alarm that was raised has its notice.
 *
 * Easy to get wrong: what vitalsd sent before it was killed is still in the
 * socket, and counts as answered.
 *
 * ROUNDS (50), SEED (from the clock) and JOBS (3 wards) may be set in the
 * environment.
 */
#include "tests/system/ward.h"
#include "tests/torture/trace.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define ANSWERS 8192

static const char quick[] =
    "limits:\n"
    "  arm-after: 1s\n"
    "  clear-after: 1s\n"
    "  undelivered: 3s\n"
    "  spo2-low: {delay: 0s}\n"
    "  spo2-very-low: {delay: 0s}\n";

/* Shared by all wards. */
struct figures {
	uint32_t rounds, vitalsd, notify, answered, unanswered;
	uint32_t alarms, notices, received;
	int64_t slowest_ms;	/* from a kill until vitalsd answers again */
};

struct kills {
	struct ward ward;
	struct figures *all;
	uint64_t seed;
	char session[64];
	int64_t gaps;
	bool paused;		/* the infusion, as last asked for */
	int fd;			/* what the statements go out on */
	char line[65536];
	size_t line_n;
	char answered[ANSWERS][40];	/* ids of statements */
	size_t answered_n, checked_n;
	uint32_t asked;
};

static uint64_t
setting(const char *name, uint64_t other)
{
	const char *text = getenv(name);

	return text != NULL && text[0] != '\0' ? strtoull(text, NULL, 10) :
	    other;
}

static void
connect_own(struct kills *k)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (k->fd >= 0)
		close(k->fd);
	snprintf(a.sun_path, sizeof a.sun_path, "%s/run/control.sock",
	    k->ward.dir);
	k->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(k->fd >= 0);
	assert_int_equal(connect(k->fd, (const struct sockaddr *)&a,
	    sizeof a), 0);
	k->line_n = 0;
}

static void
ask(struct kills *k, const char *method, const char *params)
{
	char text[300];
	int n = snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%u,"
	    "\"method\":\"%s\",\"params\":%s}\n", ++k->asked, method, params);

	/* It may be gone already. */
	(void)!send(k->fd, text, (size_t)n, MSG_NOSIGNAL);
}

static void
take_answer(struct kills *k, const char *line)
{
	json_t *m = json_loads(line, 0, NULL);
	const json_t *result = json_object_get(m, "result");
	const char *id = json_string_value(json_object_get(result,
	    "statement"));

	assert_non_null(m);
	if (id != NULL && json_is_true(json_object_get(result, "durable"))) {
		assert_true(k->answered_n < ANSWERS);
		snprintf(k->answered[k->answered_n++], 40, "%s", id);
	}
	json_decref(m);
}

/* Takes what vitalsd answers until then, or until it is gone. */
static void
take_answers(struct kills *k, int64_t until_ms)
{
	for (;;) {
		int64_t left = until_ms - ward_now_ms();
		struct pollfd p = { k->fd, POLLIN, 0 };
		char *end;
		ssize_t n;

		if (poll(&p, 1, left > 0 ? (int)left : 0) <= 0)
			return;
		n = recv(k->fd, k->line + k->line_n,
		    sizeof k->line - 1 - k->line_n, 0);
		if (n <= 0)
			return;
		k->line_n += (size_t)n;
		k->line[k->line_n] = '\0';
		while ((end = strchr(k->line, '\n')) != NULL) {
			*end = '\0';
			take_answer(k, k->line);
			k->line_n -= (size_t)(end + 1 - k->line);
			memmove(k->line, end + 1, k->line_n + 1);
		}
	}
}

static void
start_all(struct kills *k)
{
	struct ward *w = &k->ward;
	char *config = ward_config(w, quick);
	json_t *r;

	ward_start_sim(w, ward_scenario, WORDS("ox"));
	ward_start_receiver(w, "ok");
	ward_start_vitalsd(w, config);
	ward_start_notify(w);
	free(config);
	r = ward_ask(w, "session.start", NULL);
	snprintf(k->session, sizeof k->session, "%s",
	    json_string_value(json_object_get(r, "session")));
	json_decref(r);
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 15 AND "
	    "text = 'spo2-low'", 1, 20);
	json_decref(ward_ask(w, "infusion.start", NULL));
	connect_own(k);
}

/* Something for vitalsd to do when it is killed. */
static void
stir(struct kills *k)
{
	static const char *const levels[] = { "CHAIR1 spo2 85",
		"CHAIR1 spo2 90", "CHAIR1 spo2 97" };
	char text[40];

	if (trace_draw(&k->seed, 3) > 0)
		ward_sim(&k->ward, levels[trace_draw(&k->seed, 3)]);
	if (trace_draw(&k->seed, 4) == 0)
		ward_receiver_mode(&k->ward, trace_draw(&k->seed, 2) ?
		    "reset" : "500");
	else
		ward_receiver_mode(&k->ward, "ok");
	for (uint32_t i = trace_draw(&k->seed, 6); i > 0; i--) {
		switch (trace_draw(&k->seed, 5)) {
		case 0:
			ask(k, "alarm.ack", "{\"bed\":\"CHAIR1\"}");
			break;
		case 1:
			ask(k, k->paused ? "infusion.resume" :
			    "infusion.pause", "{}");
			k->paused = !k->paused;
			break;
		default:
			snprintf(text, sizeof text, "{\"text\":\"mark %u\"}",
			    k->asked);
			ask(k, "mark", text);
		}
		if (trace_draw(&k->seed, 2))
			take_answers(k, ward_now_ms() +
			    trace_draw(&k->seed, 30));
	}
}

/* Lets some time go by; or goes on at once when something was promised. */
static void
linger(struct kills *k)
{
	size_t before = k->answered_n;
	int64_t until_ms = ward_now_ms() + 2000;

	if (trace_draw(&k->seed, 2)) {
		take_answers(k, ward_now_ms() + trace_draw(&k->seed, 400));
		return;
	}
	ask(k, "mark", "{\"text\":\"the last before a kill\"}");
	while (k->answered_n == before && ward_now_ms() < until_ms)
		take_answers(k, ward_now_ms());
}

static void
kill_and_restart(struct kills *k)
{
	struct ward *w = &k->ward;
	uint32_t victim = trace_draw(&k->seed, 4);
	int64_t killed_ms;

	if (victim != 0) {
		ward_kill(&w->notify, SIGKILL);
		k->all->notify++;
	}
	if (victim == 1) {	/* the notifier alone */
		ward_start_notify(w);
		return;
	}
	killed_ms = ward_now_ms();
	ward_kill(&w->vitalsd, SIGKILL);
	take_answers(k, INT64_MAX / 2);
	k->all->vitalsd++;
	k->gaps++;
	ward_restart_vitalsd(w);
	if (ward_now_ms() - killed_ms > k->all->slowest_ms)
		k->all->slowest_ms = ward_now_ms() - killed_ms;
	connect_own(k);
	if (victim != 0)
		ward_start_notify(w);
}

/* Where the notifier alone was killed, what was asked for last may just be on its
 * way to the disk: looks until bed and log say the same. */
static void
check_phase(struct kills *k)
{
	struct ward *w = &k->ward;
	int64_t until_ms = ward_now_ms() + 10000;
	bool same;

	do {
		json_t *bed = ward_bed(w);
		const char *is = json_string_value(json_object_get(bed,
		    "phase"));
		/* 1 start, 2 pause, 3 resume: what was said last. */
		char *phase = ward_sql_text(w, "SELECT CASE kind WHEN 2 THEN "
		    "'paused' ELSE 'infusion' END FROM statement WHERE kind IN "
		    "(1, 2, 3) ORDER BY seq DESC LIMIT 1");

		assert_true(is != NULL && phase != NULL);
		/* A kill may have taken what was asked for. */
		k->paused = strcmp(is, "paused") == 0;
		same = strcmp(phase, is) == 0;
		if (!same && ward_now_ms() > until_ms)
			ward_fail(w, "it goes on as %s, not %s", is, phase);
		free(phase);
		json_decref(bed);
	} while (!same);
}

static void
check_round(struct kills *k)
{
	struct ward *w = &k->ward;
	char query[300];
	json_t *bed = ward_bed(w);

	for (; k->checked_n < k->answered_n; k->checked_n++) {
		snprintf(query, sizeof query, "SELECT count(*) FROM statement"
		    " WHERE id = '%s'", k->answered[k->checked_n]);
		if (ward_sql(w, query) != 1)
			ward_fail(w, "statement %s was answered as durable, "
			    "and is not there", k->answered[k->checked_n]);
	}
	snprintf(query, sizeof query, "SELECT count(*) FROM event WHERE kind "
	    "= 7 AND session = '%s'", k->session);
	ward_wait_sql(w, query, k->gaps, 5);
	assert_int_equal(ward_sql(w, query), k->gaps);
	if (json_string_value(json_object_get(bed, "session")) == NULL ||
	    strcmp(json_string_value(json_object_get(bed, "session")),
	    k->session) != 0)
		ward_fail(w, "the session does not go on");
	json_decref(bed);
	check_phase(k);
}

/* Each line of the receiver's log goes into a table: the key and the bytes. */
static void
load_received(const struct kills *k, sqlite3 *db)
{
	sqlite3_stmt *st = NULL;
	FILE *f = fopen(ward_path(&k->ward, "received.jsonl"), "r");
	char *line = NULL;
	size_t cap = 0;

	assert_non_null(f);
	assert_int_equal(sqlite3_exec(db, "CREATE TEMP TABLE received "
	    "(key TEXT, body TEXT); CREATE INDEX temp.by_key ON received (key)",
	    NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, "INSERT INTO received VALUES"
	    " (?, ?)", -1, &st, NULL), SQLITE_OK);
	while (getline(&line, &cap, f) > 0) {
		json_t *m = json_loads(line, 0, NULL);

		assert_non_null(m);
		sqlite3_bind_text(st, 1, json_string_value(json_object_get(m,
		    "key")), -1, SQLITE_TRANSIENT);
		sqlite3_bind_text(st, 2, json_string_value(json_object_get(m,
		    "text")), -1, SQLITE_TRANSIENT);
		assert_int_equal(sqlite3_step(st), SQLITE_DONE);
		sqlite3_reset(st);
		json_decref(m);
	}
	sqlite3_finalize(st);
	free(line);
	fclose(f);
}

static int64_t
number(const struct kills *k, sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t n = -1;

	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	else
		ward_fail(&k->ward, "%s: %s", sql, sqlite3_errmsg(db));
	sqlite3_finalize(st);
	return n;
}

static void
none(const struct kills *k, sqlite3 *db, const char *what, const char *sql)
{
	int64_t n = number(k, db, sql);

	if (n != 0)
		ward_fail(&k->ward, "%" PRId64 " %s", n, what);
}

static void
check_end(struct kills *k)
{
	struct ward *w = &k->ward;
	sqlite3 *db = NULL;

	ward_receiver_mode(w, "ok");
	ward_sim(w, "CHAIR1 spo2 85");
	json_decref(ward_wait_alarm(w, "spo2-low", "active", "high", 20));
	/* A notifier that was told to wait longer is asked anew. */
	ward_kill(&w->notify, SIGKILL);
	ward_start_notify(w);
	ward_wait_sql(w, "SELECT count(*) = 0 FROM notices WHERE delivered_at "
	    "IS NULL", 1, 75);
	assert_int_equal(sqlite3_open_v2(ward_path(w, "state/log.db"), &db,
	    SQLITE_OPEN_READWRITE, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 5000);
	load_received(k, db);
	none(k, db, "notices never came to the receiver as they were logged",
	    "SELECT count(*) FROM notice n WHERE NOT EXISTS (SELECT 1 FROM "
	    "received r WHERE r.key = n.key AND r.body = n.body)");
	none(k, db, "keys stand for more than one body",
	    "SELECT count(*) FROM (SELECT key FROM received GROUP BY key "
	    "HAVING count(DISTINCT body) > 1)");
	none(k, db, "keys were logged twice", "SELECT count(*) FROM (SELECT "
	    "key FROM notice GROUP BY key HAVING count(*) > 1)");
	none(k, db, "alarms were raised, and no notice says so",
	    "SELECT count(*) FROM alarm a WHERE phase IN (0, 1, 2, 3) AND "
	    "NOT paused AND NOT EXISTS (SELECT 1 FROM notice n WHERE n.event "
	    "= a.event AND n.seq > a.seq)");
	none(k, db, "events start twice", "SELECT count(*) FROM (SELECT event "
	    "FROM alarm WHERE phase = 0 GROUP BY event HAVING count(*) > 1)");
	none(k, db, "faults are in the log",
	    "SELECT count(*) FROM event WHERE kind IN (11, 13, 17)");
	none(k, db, "pages are damaged", "SELECT count(*) FROM "
	    "pragma_integrity_check WHERE integrity_check <> 'ok'");
	k->all->alarms += (uint32_t)number(k, db, "SELECT count(*) FROM alarm "
	    "WHERE phase IN (0, 1, 2, 3)");
	k->all->notices += (uint32_t)number(k, db, "SELECT count(*) FROM "
	    "notice");
	k->all->received += (uint32_t)number(k, db, "SELECT count(*) FROM "
	    "received WHERE key IN (SELECT key FROM notice)");
	sqlite3_close(db);
}

static void
run_ward(struct figures *all, uint64_t rounds, uint64_t seed)
{
	struct kills *k = calloc(1, sizeof *k);

	assert_non_null(k);
	k->all = all;
	k->seed = seed;
	k->fd = -1;
	ward_open(&k->ward);
	start_all(k);
	for (uint64_t i = 0; i < rounds; i++) {
		stir(k);
		linger(k);
		kill_and_restart(k);
		check_round(k);
		all->rounds++;
	}
	check_end(k);
	all->answered += (uint32_t)k->answered_n;
	all->unanswered += k->asked - (uint32_t)k->answered_n;
	close(k->fd);
	ward_close(&k->ward);
	free(k);
}

static void
no_kill_at_any_moment_loses_what_was_promised(void **state)
{
	uint64_t rounds = setting("ROUNDS", 50), jobs = setting("JOBS", 3);
	uint64_t seed = setting("SEED", (uint64_t)ward_now_ms());
	struct figures *f = mmap(NULL, jobs * sizeof *f, PROT_READ |
	    PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	struct figures t = { 0 };
	int64_t begin = ward_now_ms();
	int status, bad = 0;

	(void)state;
	assert_true(f != MAP_FAILED);
	print_message("seed %" PRIu64 "\n", seed);
	fflush(NULL);
	for (uint64_t j = 0; j < jobs; j++) {
		pid_t pid = fork();

		assert_true(pid >= 0);
		if (pid > 0)
			continue;
		/* What fails here must not go on as the parent's next test. */
		setenv("CMOCKA_TEST_ABORT", "1", 1);
		run_ward(&f[j], rounds * (j + 1) / jobs - rounds * j / jobs,
		    seed + j);
		_exit(0);
	}
	for (uint64_t j = 0; j < jobs; j++)
		bad += wait(&status) < 0 || status != 0;
	for (uint64_t j = 0; j < jobs; j++) {
		t.rounds += f[j].rounds;
		t.vitalsd += f[j].vitalsd;
		t.notify += f[j].notify;
		t.answered += f[j].answered;
		t.unanswered += f[j].unanswered;
		t.alarms += f[j].alarms;
		t.notices += f[j].notices;
		t.received += f[j].received;
		if (f[j].slowest_ms > t.slowest_ms)
			t.slowest_ms = f[j].slowest_ms;
	}
	print_message("figure: kill -9: %u rounds (vitalsd %u times, "
	    "vitals-notify %u), %d of %" PRIu64 " wards failed; %.2f s a "
	    "round\n", t.rounds, t.vitalsd, t.notify, bad, jobs,
	    (double)(ward_now_ms() - begin) / 1000 * (double)jobs /
	    (t.rounds > 0 ? t.rounds : 1));
	print_message("figure: kill -9: %u statements answered, %u not; %u "
	    "alarms raised, %u notices, received %u times; vitalsd answers "
	    "again after %" PRId64 " ms at most\n", t.answered, t.unanswered,
	    t.alarms, t.notices, t.received, t.slowest_ms);
	assert_int_equal(bad, 0);
	assert_int_equal(t.rounds, rounds);
	assert_true(t.answered > rounds / 2 && t.notices > rounds / 2);
	munmap(f, jobs * sizeof *f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_kill_at_any_moment_loses_what_was_promised),
	};

	cmocka_set_test_filter(getenv("ONLY"));
	return cmocka_run_group_tests(tests, NULL, NULL);
}
