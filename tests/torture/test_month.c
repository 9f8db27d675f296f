/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A month of sessions at accelerated time: the hub and the log as vitalsd has
 * them, with retention, and no event loop.  Four beds with two to four sessions
 * a day each, readings every 1 to 5 s, desaturations, probes that come off,
 * cables that are pulled, people who acknowledge, pause and correct, and a
 * restart every day, most of them in mid-session.  At each midnight memory,
 * descriptors and files are looked at; nothing may have grown.
 *
 * Easy to get wrong: the log's thread lives in real time, and must be waited
 * for before anything is measured; what was only queued is no leak.
 *
 * DAYS (2) and SEED may be set in the environment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <dirent.h>
#include <ftw.h>
#include <inttypes.h>
#include <malloc.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "alerts/message.h"
#include "daemon/clock.h"
#include "daemon/journal.h"
#include "daemon/resume.h"
#include "daemon/setup.h"

#define BEDS 4
#define DAYS_MAX 366
#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)
#define HOUR (60 * MINUTE)
#define DAY (24 * HOUR)
#define WALL INT64_C(1795132800000)	/* 2026-11-20 00:00 UTC */
#define KEEP_DAYS 7
#define QUEUE_MAX 20000		/* let the log's thread catch up from here */
#define WAL_MAX (16 << 20)	/* above that, its size would be an alarm */
#define EACH_S(s) (dice(s) == 0)	/* once in so many seconds */

static const char config_text[] =
    "beds:\n"
    "  - id: BED1\n    monitors:\n"
    "      - {name: ge, driver: ge-dri, interval: 5s, transport: pty,"
    " port: /tmp/no-ge}\n"
    "  - id: BED2\n    monitors:\n"
    "      - {name: masimo, driver: masimo-ascii1, transport: pty,"
    " port: /tmp/no-masimo}\n"
    "  - id: BED3\n    monitors:\n"
    "      - {name: berry, driver: berry-pm6750, transport: pty,"
    " port: /tmp/no-berry}\n"
    "  - id: BED4\n    monitors:\n"
    "      - {name: ge, driver: ge-dri, interval: 5s, transport: pty,"
    " port: /tmp/no-ge-4}\n"
    "log:\n  keep-days: 7\n  ballast: 1MiB\n";

struct patient {
	int64_t frame_ms;	/* the monitor's period */
	int64_t start_ms;	/* the monitor is switched on; then, from it: */
	int64_t infusion_s, stop_s, end_s;
	int at_s;
	int sessions_n;		/* still to come today */
	int low_s, off_s, out_s;	/* so long: desaturated, probe, cable */
	bool silent;
};

/* What is looked at at midnight. */
struct look {
	int64_t heap, rss, wal, log;	/* bytes */
	int fds;
	uint64_t readings, ticks, heard_s;
};

static struct month {
	char dir[64];
	struct config *config;
	struct hub hub;
	struct store *store;
	struct outbox *outbox;
	sd_event *loop;
	struct resume resume;
	struct now now;
	uint64_t start_id, ticket;
	uint32_t random;
	struct patient patient[BEDS];
	uint64_t readings, records, ticks, heard_s, alarms, sessions, starts;
	uint64_t late_ms;	/* a deadline that was left behind */
	struct look look[DAYS_MAX];
} m;

static uint32_t
dice(uint32_t sides)
{
	m.random = m.random * 1664525u + 1013904223u;
	return (m.random >> 8) % sides;
}

static int64_t
setting(const char *name, int64_t otherwise)
{
	const char *v = getenv(name);

	return v != NULL && v[0] != '\0' ? atoll(v) : otherwise;
}

/* --- the log's thread ----------------------------------------------------- */

static void
wait_for_log(uint64_t behind)
{
	time_t until = time(NULL) + 60;
	struct store_report r;

	for (;;) {
		struct pollfd p = { store_fd(m.store), POLLIN, 0 };
		uint64_t n;

		store_report(m.store, &r);
		if (r.failing || time(NULL) > until)
			fail_msg("the log does not go on: %s", r.why);
		if (r.lost_readings + r.lost_records > 0)
			fail_msg("the log's queue was full");
		if (m.ticket - r.committed <= behind)
			return;
		if (poll(&p, 1, 1000) > 0)
			(void)!read(p.fd, &n, sizeof n);
	}
}

static void
took(uint64_t ticket)
{
	assert_int_not_equal(ticket, 0);
	m.ticket = ticket;
}

static void
on_reading(void *arg, const struct now *now, size_t port,
    const struct reading *r)
{
	(void)arg;
	took(store_reading(m.store, now, port, r));
	m.readings++;
}

static void
on_record(void *arg, const struct now *now, const struct record *r,
    bool urgent)
{
	(void)arg;
	/* Nobody waits for it here; a commit for each would be all we do. */
	(void)urgent;
	took(store_record(m.store, now, r, false));
	m.records++;
	if (r->class == RECORD_STATEMENT &&
	    r->statement.kind == STATEMENT_SESSION_START)
		resume_took_id(&m.resume, r->statement.session);
}

/* As the outbox: a notice, and its delivery. */
static void
on_alarm(void *arg, const struct now *now, const struct alarm_change *c,
    const char *label)
{
	struct record r = { .class = RECORD_NOTICE };
	struct event_id key = id_next(&m.hub.ids);

	m.alarms += c->phase == ALARM_START;
	if (c->paused)
		return;
	r.notice.key = key;
	strcpy(r.notice.channel, "station");
	r.notice.priority = c->priority;
	r.notice.event = c->event;
	r.notice.length = message_notice(c, now, label, key, r.notice.body,
	    sizeof r.notice.body);
	on_record(arg, now, &r, true);
	memset(&r, 0, sizeof r);
	r.class = RECORD_DELIVERY;
	r.delivery = (struct delivery){ .key = key, .channel = "station",
		.attempt = 1, .outcome = OUTCOME_DELIVERED, .took_ms = 40,
		.detail = "HTTP 200" };
	on_record(arg, now, &r, false);
}

static void
on_changed(void *arg, size_t bed)
{
	(void)arg, (void)bed;
}

/* --- the process ---------------------------------------------------------- */

static struct now
tell_now(void *arg)
{
	(void)arg;
	return m.now;
}

static void
begin_process(void)
{
	struct hub_sink sink = { NULL, on_reading, on_record, on_alarm,
		on_changed };
	struct outbox_sink out = { .now = tell_now };
	static struct config nobody;
	char path[128];

	m.start_id++;
	m.starts++;
	m.ticket = 0;
	m.resume = (struct resume){ 0 };
	memset(&m.hub, 0, sizeof m.hub);
	assert_int_equal(setup_open_log(&m.store, &m.resume.restored, m.config,
	    m.dir, &m.now, m.start_id), 0);
	assert_int_equal(setup_make_hub(&m.hub, m.config, &m.now, m.start_id,
	    &sink), 0);
	snprintf(path, sizeof path, "%s/notify.sock", m.dir);
	assert_true(sd_event_new(&m.loop) >= 0);
	assert_int_equal(outbox_new(&m.outbox, m.loop, path, &nobody,
	    &m.hub.ids, &out), 0);
	resume_sessions(&m.resume, &m.hub, m.outbox, &m.now);
	for (size_t i = 0; i < BEDS; i++)
		hub_link(&m.hub, &m.now, i, LINE_OPEN, "open");
}

static void
end_process(void)
{
	outbox_free(m.outbox);
	sd_event_unref(m.loop);
	store_close(m.store, &m.now, 60000);
	resume_free(&m.resume);
	setup_free_hub(&m.hub);
}

/* --- people and monitors -------------------------------------------------- */

static bool
say(size_t bed, enum statement_kind kind, int64_t ago_ms)
{
	struct statement st = { .kind = kind, .at_ms = m.now.t_ms - ago_ms,
		.at_wall_ms = m.now.wall_ms - ago_ms, .user = "anna",
		.by = "A. M." };

	if (kind == STATEMENT_SESSION_START) {
		resume_next_id(&m.resume, m.store, m.hub.bed[bed].id,
		    st.at_wall_ms, st.session);
		strcpy(st.subject, "S-14");
		strcpy(st.text, "{\"limits\": \"ketamine-adult-draft\", "
		    "\"confirmed_by\": \"\"}");
		m.sessions++;
	} else if (kind == STATEMENT_MARK) {
		strcpy(st.text, "comfortable");
	}
	return hub_state(&m.hub, &m.now, bed, &st) == REFUSAL_NONE;
}

static void
acknowledge(size_t bed)
{
	static struct alarm_change open[64];
	size_t n = hub_alarms(&m.hub, bed, open, 64);

	for (size_t i = 0; i < n; i++) {
		struct statement st = { .kind = STATEMENT_ALARM_ACK,
			.user = "anna" };

		assert_true(hub_ack(&m.hub, &m.now, open[i].event, &st));
	}
}

static void
hear(size_t bed)
{
	struct patient *p = &m.patient[bed];
	struct decoded d = { .t_ms = m.now.t_ms, .result = DECODE_OK };
	enum quality q = p->off_s > 0 ? QUALITY_SENSOR_OFF : QUALITY_GOOD;
	int32_t spo2 = p->low_s > 0 ? 84 : 96 + (int32_t)dice(3);

	readings_add(&d.readings, VITAL_SPO2, q, spo2 * 100);
	readings_add(&d.readings, VITAL_HR, QUALITY_GOOD,
	    70 + (int32_t)dice(12));
	readings_add(&d.readings, VITAL_RR, QUALITY_GOOD,
	    13 + (int32_t)dice(4));
	if (p->at_s % 300 < (int)(p->frame_ms / SECOND)) {
		int32_t sys = 118 + (int32_t)dice(60);

		readings_add(&d.readings, VITAL_NIBP_SYS, QUALITY_GOOD, sys);
		readings_add(&d.readings, VITAL_NIBP_DIA, QUALITY_GOOD,
		    sys - 46);
		readings_add(&d.readings, VITAL_NIBP_MAP, QUALITY_GOOD,
		    sys - 30);
	}
	hub_frame(&m.hub, &m.now, bed, &d);
}

static void
mishaps(size_t bed)
{
	struct patient *p = &m.patient[bed];

	p->low_s -= p->low_s > 0;
	p->off_s -= p->off_s > 0;
	if (p->low_s == 0 && EACH_S(900))
		p->low_s = 20 + (int)dice(60);
	if (p->off_s == 0 && EACH_S(1800))
		p->off_s = 5 + (int)dice(60);
	if (p->out_s == 0 && EACH_S(3600)) {
		p->out_s = 5 + (int)dice(40);
		hub_link(&m.hub, &m.now, bed, LINE_GONE, "the device is gone");
	} else if (p->out_s > 0 && --p->out_s == 0) {
		hub_link(&m.hub, &m.now, bed, LINE_OPEN, "open");
	}
	if (EACH_S(90))
		acknowledge(bed);
	if (EACH_S(3600))
		(void)say(bed, STATEMENT_MARK, 0);
	if (EACH_S(5400)) {
		struct statement st = { .kind = STATEMENT_ALARM_PAUSE,
			.user = "anna" };

		(void)hub_pause(&m.hub, &m.now, bed, 60 * SECOND, &st);
	}
}

/* A second of one bed whose monitor is on. */
static void
second_of(size_t bed)
{
	struct patient *p = &m.patient[bed];
	int at = p->at_s++;

	if (at == 300)
		assert_true(say(bed, STATEMENT_SESSION_START, 60 * SECOND));
	if (at == p->infusion_s)
		assert_true(say(bed, STATEMENT_INFUSION_START, 0));
	if (at == p->infusion_s + 600)
		assert_true(say(bed, STATEMENT_INFUSION_PAUSE, 0));
	if (at == p->infusion_s + 700)
		assert_true(say(bed, STATEMENT_INFUSION_RESUME, 0));
	if (at == p->stop_s)
		assert_true(say(bed, STATEMENT_INFUSION_STOP, 20 * SECOND));
	if (at == p->end_s) {
		static struct alarm_change open[64];

		acknowledge(bed);
		assert_true(say(bed, STATEMENT_SESSION_END, 0));
		assert_int_equal(hub_alarms(&m.hub, bed, open, 64), 0);
		p->sessions_n--;
		p->start_ms = m.now.t_ms + 10 * MINUTE;
		p->at_s = -1;
		return;
	}
	mishaps(bed);
	m.heard_s++;
	if (p->out_s == 0 && m.now.t_ms / SECOND % (p->frame_ms / SECOND) == 0)
		hear(bed);
}

/* Every deadline on the way is met at its moment, in order. */
static void
pass_to(int64_t t_ms)
{
	while (hub_next_ms(&m.hub) <= t_ms) {
		int64_t next = hub_next_ms(&m.hub);

		if (next < m.now.t_ms)
			m.late_ms += (uint64_t)(m.now.t_ms - next);
		else
			m.now.t_ms = next;
		m.now.wall_ms = WALL + m.now.t_ms;
		hub_tick(&m.hub, &m.now);
		m.ticks++;
		if (hub_next_ms(&m.hub) <= next)
			fail_msg("the deadline %lld stays", (long long)next);
	}
	m.now.t_ms = t_ms;
	m.now.wall_ms = WALL + t_ms;
}

static void
plan_day(int64_t midnight)
{
	for (size_t i = 0; i < BEDS; i++) {
		struct patient *p = &m.patient[i];

		*p = (struct patient){ .frame_ms = i == 0 || i == 3 ?
			5 * SECOND : SECOND,
			.start_ms = midnight + 7 * HOUR + dice(60) * MINUTE,
			.at_s = -1, .sessions_n = 2 + (int)dice(3) };
	}
}

/* The monitor is switched on, if it is time. */
static bool
is_on(struct patient *p)
{
	if (p->at_s < 0 && p->sessions_n > 0 && m.now.t_ms >= p->start_ms) {
		p->at_s = 0;
		p->infusion_s = 900 + dice(600);
		p->stop_s = p->infusion_s + 2400 + dice(2400);
		p->end_s = p->stop_s + 2400 + dice(2400);
	}
	return p->at_s >= 0;
}

/* Restarted once a day, somewhere between nine and five. */
static void
live_day(int64_t midnight)
{
	int64_t restart = midnight + 9 * HOUR + dice(8 * 3600) * SECOND;
	bool restarted = false, busy;
	int64_t t = midnight + 7 * HOUR;

	plan_day(midnight);
	do {
		busy = false;
		pass_to(t);
		for (size_t i = 0; i < BEDS; i++) {
			struct patient *p = &m.patient[i];

			if (is_on(p))
				second_of(i);
			busy |= p->sessions_n > 0;
		}
		wait_for_log(QUEUE_MAX);
		t += SECOND;
		if (!restarted && m.now.t_ms >= restart) {
			end_process();
			t += 3 * SECOND;
			m.now = (struct now){ t, WALL + t, true };
			begin_process();
			restarted = true;
		}
	} while (busy);
	assert_true(t < midnight + DAY);
	pass_to(midnight + DAY);
}

/* --- looking --------------------------------------------------------------- */

static int64_t
size_of(const char *name)
{
	char path[128];
	struct stat st;

	snprintf(path, sizeof path, "%s/%s", m.dir, name);
	return stat(path, &st) == 0 ? st.st_size : 0;
}

static int
count_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;

	assert_non_null(d);
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static int64_t
resident(void)
{
	FILE *f = fopen("/proc/self/statm", "r");
	long size, pages = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%ld %ld", &size, &pages), 2);
	fclose(f);
	return pages * sysconf(_SC_PAGESIZE);
}

static void
look_at(struct look *l)
{
	wait_for_log(0);
	*l = (struct look){ .heap = (int64_t)mallinfo2().uordblks,
		.rss = resident(), .wal = size_of("log.db-wal"),
		.log = size_of("log.db"), .fds = count_fds(),
		.readings = m.readings, .ticks = m.ticks,
		.heard_s = m.heard_s };
}

static int64_t
number(const char *query)
{
	char path[128];
	sqlite3 *db;
	sqlite3_stmt *st;
	int64_t n;

	snprintf(path, sizeof path, "%s/log.db", m.dir);
	assert_int_equal(sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY,
	    NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, query, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", query, sqlite3_errmsg(db));
	assert_int_equal(sqlite3_step(st), SQLITE_ROW);
	n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

/* Days in a row: medians, the most, and what happened in them. */
struct week {
	int from, to;
	int64_t heap, rss, wal, log, fds;
	double deadlines;	/* a second of monitoring */
};

static int
by_size(const void *a, const void *b)
{
	const int64_t *x = a, *y = b;

	return (*x > *y) - (*x < *y);
}

static struct week
week_of(int from, int to)
{
	struct week w = { .from = from, .to = to };
	int64_t heap[DAYS_MAX], rss[DAYS_MAX];
	struct look before = { 0 };
	int n = 0;

	for (int d = from; d < to; d++) {
		heap[n] = m.look[d].heap;
		rss[n++] = m.look[d].rss;
		if (m.look[d].fds > w.fds)
			w.fds = m.look[d].fds;
		if (m.look[d].wal > w.wal)
			w.wal = m.look[d].wal;
	}
	qsort(heap, (size_t)n, sizeof heap[0], by_size);
	qsort(rss, (size_t)n, sizeof rss[0], by_size);
	w.heap = heap[n / 2];
	w.rss = rss[n / 2];
	w.log = m.look[to - 1].log;
	if (from > 0)
		before = m.look[from - 1];
	w.deadlines = (double)(m.look[to - 1].ticks - before.ticks) /
	    (double)(m.look[to - 1].heard_s - before.heard_s);
	return w;
}

static void
flat(const char *what, int64_t was, int64_t is, int64_t slack)
{
	if (is > was + slack)
		fail_msg("%s grew from %" PRId64 " to %" PRId64, what, was, is);
}

/* A month: the week after the first, in which caches fill and the log grows to
 * what it keeps, against the last.  Two days: one against the other. */
static void
judge(int days)
{
	bool month = days >= 3 * KEEP_DAYS + 1;
	struct week a = month ? week_of(KEEP_DAYS, 2 * KEEP_DAYS) :
	    week_of(0, days / 2);
	struct week b = month ? week_of(days - KEEP_DAYS, days) :
	    week_of(days / 2, days);
	const struct look *end = &m.look[days - 1];

	printf("figure: %d days: %llu sessions, %llu readings, %llu other "
	    "records, %llu alarms, %llu starts\n", days,
	    (unsigned long long)m.sessions, (unsigned long long)m.readings,
	    (unsigned long long)m.records, (unsigned long long)m.alarms,
	    (unsigned long long)m.starts);
	printf("figure: days %d-%d -> %d-%d: heap %lld -> %lld KiB, resident "
	    "%lld -> %lld KiB, descriptors %lld -> %lld\n", a.from + 1, a.to,
	    b.from + 1, b.to, (long long)a.heap / 1024,
	    (long long)b.heap / 1024, (long long)a.rss / 1024,
	    (long long)b.rss / 1024, (long long)a.fds, (long long)b.fds);
	printf("figure: write-ahead log at most %lld -> %lld KiB, log %lld -> "
	    "%lld KiB, deadlines/s %.3f -> %.3f, met late %llu ms\n",
	    (long long)a.wal / 1024, (long long)b.wal / 1024,
	    (long long)a.log / 1024, (long long)b.log / 1024, a.deadlines,
	    b.deadlines, (unsigned long long)m.late_ms);
	flat("the heap", a.heap, b.heap, 128 * 1024);
	flat("resident memory", a.rss, b.rss, 512 * 1024);
	flat("descriptors", a.fds, b.fds, 1);
	flat("the write-ahead log", WAL_MAX, b.wal, 0);
	if (m.late_ms > 0)
		fail_msg("deadlines were %llu ms late in all",
		    (unsigned long long)m.late_ms);
	if (b.deadlines > a.deadlines * 1.15 ||
	    b.deadlines < a.deadlines * 0.85)
		fail_msg("the number of deadlines changed");
	/* Readings of the days that are kept, records of all. */
	flat("the log", (int64_t)(end->readings / (uint64_t)days *
	    (uint64_t)(days < KEEP_DAYS + 3 ? days : KEEP_DAYS + 3) * 30 +
	    m.records * 400), b.log, 8 << 20);
}

/* As the clinic would ask. */
static void
verify(void)
{
	const char *build = getenv("VITALS_BUILD");
	char command[512], out[2048] = "";
	FILE *p;
	size_t n;
	int status;

	snprintf(command, sizeof command, "%s/vitalsctl --state %s log verify "
	    "2>&1 | tail -n 1", build != NULL ? build : "build", m.dir);
	p = popen(command, "r");
	assert_non_null(p);
	n = fread(out, 1, sizeof out - 1, p);
	out[n] = '\0';
	status = pclose(p);
	printf("figure: log verify: %s", out);
	snprintf(command, sizeof command, "%s/vitalsctl --state %s log verify "
	    ">/dev/null 2>&1", build != NULL ? build : "build", m.dir);
	status = system(command);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail_msg("log verify: %s", out);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type, (void)f;
	return remove(path);
}

static int
close_month(void **state)
{
	(void)state;
	if (m.config != NULL)
		config_free(m.config);
	if (getenv("VITALS_KEEP") == NULL)
		nftw(m.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	return 0;
}

static int
open_month(void **state)
{
	char path[128];
	FILE *f;

	(void)state;
	strcpy(m.dir, "/tmp/vitals-month-XXXXXX");
	if (mkdtemp(m.dir) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/vitalsd.yaml", m.dir);
	f = fopen(path, "w");
	if (f == NULL || fputs(config_text, f) < 0 || fclose(f) != 0)
		return -1;
	m.start_id = 0xabc0;
	m.random = (uint32_t)setting("SEED", 20261122);
	m.now = (struct now){ HOUR, WALL + HOUR, true };
	return setup_load_config(path, &m.config);
}

static void
a_month_leaves_nothing_behind_but_its_log(void **state)
{
	int days = (int)setting("DAYS", 2);
	time_t until;

	(void)state;
	assert_in_range(days, 2, DAYS_MAX);
	/* What a restart says of each session is not news here. */
	if (journal_start("vitalsd", JOURNAL_ERROR) < 0)
		fail_msg("no log thread");
	begin_process();
	for (int d = 0; d < days; d++) {
		live_day(d * DAY);
		look_at(&m.look[d]);
	}
	for (until = time(NULL) + 60; number("SELECT count(DISTINCT session) "
	    "FROM event WHERE kind = 16") < (int64_t)m.sessions;)
		if (time(NULL) > until)
			fail_msg("not all of %llu sessions were sealed",
			    (unsigned long long)m.sessions);
		else
			usleep(100000);
	end_process();
	journal_stop(1000);
	judge(days);
	assert_int_equal(number("SELECT count(*) FROM statement WHERE kind = "
	    "5"), m.sessions);
	assert_int_equal(number("SELECT count(*) FROM event WHERE kind IN "
	    "(11, 13)"), 0);
	if (days > KEEP_DAYS + 3)
		assert_in_range(number("SELECT count(*) FROM event e JOIN code "
		    "c ON c.family = 'event' AND c.n = e.kind WHERE c.word = "
		    "'removed'"), 1, days);
	verify();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_month_leaves_nothing_behind_but_its_log, open_month,
		    close_month),
	};

	/* As daemon/main.c has it: a queue that was freed at a restart would
	 * come from the heap the next time, and be cleared from end to end. */
	mallopt(M_MMAP_THRESHOLD, 65536);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
