/* SPDX-License-Identifier: BSD-2-Clause
 *
 * append: the least that makes readings durable with SQLite, as the floor of
 * what vitalsd can store.  One thread inserts ready-made rows of the same shape
 * as the log's into one table without an index, WAL and synchronous=FULL, one
 * commit for so many rows; no port, no decoding, no rules.
 *
 *	append FILE ROWS_PER_COMMIT SECONDS
 *
 * prints "rows N seconds S".
 *
 * Easy to get wrong: the rows of vitalsd come from many ports in turn, so do
 * these; and checkpoints count, since nobody can leave them out for long.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define PORTS 1000

static double
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
run(sqlite3 *db, const char *sql)
{
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK)
		return;
	fprintf(stderr, "append: %s: %s\n", sql, sqlite3_errmsg(db));
	exit(1);
}

int
main(int argc, char **argv)
{
	long group = argc > 2 ? atol(argv[2]) : 0;
	double seconds = argc > 3 ? atof(argv[3]) : 0, begun;
	sqlite3_int64 rows = 0;
	sqlite3_stmt *insert;
	sqlite3 *db;

	if (argc != 4 || group < 1 || !(seconds > 0)) {
		fprintf(stderr, "usage: append FILE ROWS_PER_COMMIT SECONDS\n");
		return 2;
	}
	if (sqlite3_open(argv[1], &db) != SQLITE_OK)
		return 1;
	run(db, "PRAGMA journal_mode = WAL");
	run(db, "PRAGMA synchronous = FULL");
	run(db, "CREATE TABLE reading (row INTEGER PRIMARY KEY, port INTEGER,"
	    " t_ms INTEGER, vital INTEGER, quality INTEGER, flags INTEGER,"
	    " value INTEGER, age_ms INTEGER)");
	if (sqlite3_prepare_v2(db, "INSERT INTO reading VALUES (?, ?, ?, ?, ?,"
	    " ?, ?, ?)", -1, &insert, NULL) != SQLITE_OK)
		return 1;
	begun = now_s();
	while (now_s() - begun < seconds) {
		run(db, "BEGIN");
		for (long i = 0; i < group; i++, rows++) {
			sqlite3_bind_int64(insert, 1, rows + 1);
			sqlite3_bind_int64(insert, 2, rows / 3 % PORTS);
			sqlite3_bind_int64(insert, 3, 1000000 + rows / 3);
			sqlite3_bind_int64(insert, 4, rows % 3);
			sqlite3_bind_int64(insert, 5, 0);
			sqlite3_bind_int64(insert, 6, 0);
			sqlite3_bind_int64(insert, 7, 60 + rows % 40);
			sqlite3_bind_int64(insert, 8, 0);
			if (sqlite3_step(insert) != SQLITE_DONE)
				return 1;
			sqlite3_reset(insert);
		}
		run(db, "COMMIT");
	}
	printf("rows %lld seconds %.3f\n", (long long)rows, now_s() - begun);
	sqlite3_finalize(insert);
	return sqlite3_close(db) != SQLITE_OK;
}
