/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the store's tests share: a directory of their own, a store in it, and
 * questions to the log as any reader would ask them.
 *
 * Easy to get wrong: the store writes in its own thread; await() before asking.
 */
#ifndef TESTS_UNIT_STORE_HELP_H
#define TESTS_UNIT_STORE_HELP_H

#include "daemon/store.h"

#include <assert.h>
#include <ftw.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <cmocka.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define WALL INT64_C(1795215600000)
#define HOUR_MS (INT64_C(3600) * 1000)

struct fixture {
	char dir[64];
	struct store_port ports[2];
	struct store_options options;
	struct store *store;
	struct store_restored *restored;
	char error[512];
};

static inline struct now
at(int64_t t_ms)
{
	return (struct now){ .t_ms = t_ms, .wall_ms = WALL + t_ms,
		.synced = true };
}

static inline int
remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type, (void)f;
	return remove(path);
}

static inline int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	assert_non_null(f);
	strcpy(f->dir, "/tmp/vitalsd-store-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->ports[0] = (struct store_port){ "ge", "CHAIR3", "ge-dri",
		"/dev/serial/by-id/x" };
	f->ports[1] = (struct store_port){ "nonin", "CHAIR4", "ge-dri",
		"/dev/serial/by-id/x" };
	f->options = (struct store_options){ .dir = f->dir, .start_id = 0xa1,
		.boot_id = "11111111-1111-1111-1111-111111111111",
		.version = "0.1", .ports = f->ports, .ports_n = 2,
		.segment_ms = 24 * HOUR_MS, .now = at(1000) };
	*state = f;
	return 0;
}

static inline int
teardown(void **state)
{
	struct fixture *f = *state;
	struct now now = at(INT64_C(1) << 40);

	if (f->store != NULL)
		store_close(f->store, &now, 5000);
	store_restored_free(f->restored);
	nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

static inline void
open_store(struct fixture *f)
{
	int err;

	store_restored_free(f->restored);
	f->restored = NULL;
	f->options.start_id++;
	err = store_open(&f->store, &f->options, &f->restored, f->error,
	    sizeof f->error);
	if (err < 0)
		fail_msg("store_open: %d %s", err, f->error);
}

static inline void
close_store(struct fixture *f, int64_t t_ms)
{
	struct now now = at(t_ms);

	store_close(f->store, &now, 10000);
	f->store = NULL;
}

static inline int64_t
real_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Waits on the store's own descriptor until the ticket is reported, at most
 * 10 s. */
static inline struct store_report
await(struct fixture *f, uint64_t ticket)
{
	int64_t until = real_ms() + 10000;
	struct store_report r;

	assert_int_not_equal(ticket, 0);
	for (;;) {
		struct pollfd p = { store_fd(f->store), POLLIN, 0 };

		store_report(f->store, &r);
		if (r.committed >= ticket)
			return r;
		if (real_ms() > until)
			fail_msg("not committed: %s", r.why);
		poll(&p, 1, 1000);
	}
}

static inline struct store_report
await_failing(struct fixture *f, bool failing)
{
	int64_t until = real_ms() + 10000;
	struct store_report r;

	for (;;) {
		struct pollfd p = { store_fd(f->store), POLLIN, 0 };

		store_report(f->store, &r);
		if (r.failing == failing)
			return r;
		if (real_ms() > until)
			fail_msg("failing stays %d: %s", !failing, r.why);
		poll(&p, 1, 1000);
	}
}

static inline uint64_t
put_hr(struct fixture *f, int64_t t_ms, int32_t value)
{
	struct now now = at(t_ms);
	struct reading r = { .vital = VITAL_HR, .value = value };

	return store_reading(f->store, &now, 0, &r);
}

static inline struct record
statement(enum statement_kind kind, uint64_t n, int64_t at_ms)
{
	struct record r = { .class = RECORD_STATEMENT };

	r.statement = (struct statement){ .id = { 0xa2, n }, .kind = kind,
		.session = "20261121-CHAIR3-1", .bed = "CHAIR3",
		.at_ms = at_ms, .at_wall_ms = WALL + at_ms, .user = "nurse",
		.by = "M. K.", .subject = "K-014" };
	return r;
}

static inline uint64_t
put(struct fixture *f, int64_t t_ms, const struct record *r)
{
	struct now now = at(t_ms);

	return store_record(f->store, &now, r, true);
}

static inline uint64_t
put_statement(struct fixture *f, enum statement_kind kind, uint64_t n,
    int64_t at_ms, int64_t t_ms)
{
	struct record r = statement(kind, n, at_ms);

	return put(f, t_ms, &r);
}

/* Opens the log as a reader. */
static inline sqlite3 *
reader(const char *dir, int flags)
{
	char path[128];
	sqlite3 *db = NULL;

	snprintf(path, sizeof path, "%s/log.db", dir);
	assert_int_equal(sqlite3_open_v2(path, &db, flags, NULL), SQLITE_OK);
	return db;
}

/* The first column of the first row as text; "" if there is none.  A failed
 * query gives its error.  Until the next call. */
static inline const char *
ask(struct fixture *f, const char *sql)
{
	static char answer[4096];
	sqlite3 *db = reader(f->dir, SQLITE_OPEN_READONLY);
	sqlite3_stmt *st = NULL;

	answer[0] = '\0';
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		snprintf(answer, sizeof answer, "%s", sqlite3_errmsg(db));
	else if (sqlite3_step(st) == SQLITE_ROW &&
	    sqlite3_column_text(st, 0) != NULL)
		snprintf(answer, sizeof answer, "%s",
		    (const char *)sqlite3_column_text(st, 0));
	sqlite3_finalize(st);
	sqlite3_close(db);
	return answer;
}

#endif
