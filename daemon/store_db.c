/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The database file, and small helpers to run SQL in it.
 *
 * Easy to get wrong: never open() the file beside SQLite: closing any
 * descriptor of it drops the POSIX locks that SQLite holds in this process.
 */
#include "daemon/store_db.h"
#include "schemas/migrations.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define APPLICATION_ID 1986622572	/* 'vitl', schemas/001-log.sql */
#define CHECK_WHOLE_BYTES (64 << 20)
#define CHECK_S 10
#define BUSY_MS 200

int
store_db_version(void)
{
	int n = 0;

	while (migrations[n] != NULL)
		n++;
	return n;
}

int
store_db_fail(struct store_db *d, int rc)
{
	int sys = d->sql ? sqlite3_system_errno(d->sql) : errno;

	snprintf(d->why, sizeof d->why, "%.200s: %.160s%s%s", d->path,
	    d->sql ? sqlite3_errmsg(d->sql) : sqlite3_errstr(rc),
	    sys ? ": " : "", sys ? strerror(sys) : "");
	switch (rc & 0xff) {
	case SQLITE_FULL:
		return -ENOSPC;
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_READONLY:
		return -EROFS;
	case SQLITE_NOMEM:
		return -ENOMEM;
	case SQLITE_BUSY:
	case SQLITE_LOCKED:
		return -EBUSY;
	case SQLITE_CONSTRAINT:
		return -EINVAL;
	case SQLITE_CANTOPEN:
		return sys ? -sys : -EACCES;
	default:
		return sys == ENOSPC || sys == EDQUOT ? -ENOSPC : -EIO;
	}
}

int
store_db_run(struct store_db *d, const char *sql)
{
	int rc = sqlite3_exec(d->sql, sql, NULL, NULL, NULL);

	return rc == SQLITE_OK ? 0 : store_db_fail(d, rc);
}

int
store_db_number(struct store_db *d, const char *sql, const char *text,
    int64_t other, int64_t *out)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(d->sql, sql, -1, &st, NULL);
	int err = 0;

	if (rc == SQLITE_OK && text != NULL)
		rc = sqlite3_bind_text(st, 1, text, -1, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL)
		*out = sqlite3_column_int64(st, 0);
	else if (rc == SQLITE_ROW || rc == SQLITE_DONE)
		*out = other;
	else
		err = store_db_fail(d, rc);
	sqlite3_finalize(st);
	return err;
}

int
store_db_prepare(struct store_db *d, enum store_statement which,
    const char *sql, sqlite3_stmt **out)
{
	int rc;

	if (d->prepared[which] == NULL) {
		rc = sqlite3_prepare_v3(d->sql, sql, -1,
		    SQLITE_PREPARE_PERSISTENT, &d->prepared[which], NULL);
		if (rc != SQLITE_OK)
			return store_db_fail(d, rc);
	}
	*out = d->prepared[which];
	return 0;
}

int
store_db_step(struct store_db *d, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st), err = 0;

	if (rc != SQLITE_DONE && rc != SQLITE_ROW)
		err = store_db_fail(d, rc);
	sqlite3_reset(st);
	return err;
}

void
store_put_int(sqlite3_stmt *st, int *i, int64_t v)
{
	sqlite3_bind_int64(st, ++*i, v);
}

void
store_put_text(sqlite3_stmt *st, int *i, const char *s)
{
	sqlite3_bind_text(st, ++*i, s, -1, SQLITE_TRANSIENT);
}

void
store_put_id(sqlite3_stmt *st, int *i, struct event_id id)
{
	char text[EVENT_ID_TEXT];

	if (id.n == 0) {
		store_put_null(st, i);
		return;
	}
	event_id_format(text, id);
	store_put_text(st, i, text);
}

void
store_put_null(sqlite3_stmt *st, int *i)
{
	sqlite3_bind_null(st, ++*i);
}

void
store_put_stamp(struct store_db *d, sqlite3_stmt *st, int *i,
    const struct now *now)
{
	store_put_int(st, i, ++d->seq);
	store_put_int(st, i, d->start);
	store_put_int(st, i, now->t_ms);
	store_put_int(st, i, now->wall_ms);
	store_put_int(st, i, now->synced);
}

/* The directory and the file get their modes whatever the umask; -wal and -shm
 * take the file's. */
static int
make_file(struct store_db *d)
{
	int fd;

	if (mkdir(d->options->dir, 0750) == 0 &&
	    chmod(d->options->dir, 0750) != 0)
		return -errno;
	fd = open(d->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return errno == EEXIST ? 0 : -errno;
	if (fchmod(fd, 0640) != 0) {
		int err = -errno;

		close(fd);
		return err;
	}
	return close(fd) == 0 ? 0 : -errno;
}

static int
wal_grew(void *arg, sqlite3 *sql, const char *name, int pages)
{
	struct store_db *d = arg;

	(void)sql, (void)name;
	d->wal_pages = pages;
	return SQLITE_OK;
}

static int
set_up_connection(struct store_db *d)
{
	sqlite3_stmt *st = NULL;
	char page_size[40];
	int persist = 1, rc;
	bool wal = false;

	sqlite3_extended_result_codes(d->sql, 1);
	sqlite3_busy_timeout(d->sql, BUSY_MS);
	sqlite3_db_config(d->sql, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
	sqlite3_db_config(d->sql, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	/* All triggers are guards against edits by others (schemas/001-log.sql).
	 * The store only adds rows, under numbers of its own, and never OR
	 * REPLACE; asking a trigger about each would double what it costs. */
	sqlite3_db_config(d->sql, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0, NULL);
	sqlite3_file_control(d->sql, "main", SQLITE_FCNTL_PERSIST_WAL,
	    &persist);
	/* Of no effect on a log that there is already. */
	snprintf(page_size, sizeof page_size, "PRAGMA page_size = %d",
	    STORE_PAGE_BYTES);
	sqlite3_exec(d->sql, page_size, NULL, NULL, NULL);
	rc = sqlite3_prepare_v2(d->sql, "PRAGMA journal_mode = WAL", -1, &st,
	    NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		wal = sqlite3_stricmp("wal",
		    (const char *)sqlite3_column_text(st, 0)) == 0;
	sqlite3_finalize(st);
	if (rc != SQLITE_ROW)
		return store_db_fail(d, rc);
	if (!wal) {
		snprintf(d->why, sizeof d->why,
		    "%.200s: no write-ahead log can be made", d->path);
		return -EIO;
	}
	/* What a long reader made of it is cut when it is used again. */
	sqlite3_exec(d->sql, "PRAGMA journal_size_limit = 16777216", NULL,
	    NULL, NULL);
	/* Checkpoints are made between batches, never by a commit. */
	sqlite3_wal_hook(d->sql, wal_grew, d);
	/* Debian's SQLite would write zeros over all that is removed, through
	 * the WAL: a segment at once.  An append touches few pages: no 2 MB of
	 * cache are of use. */
	return store_db_run(d, "PRAGMA synchronous = FULL;"
	    "PRAGMA cell_size_check = ON; PRAGMA secure_delete = OFF;"
	    "PRAGMA cache_size = -256");
}

static int
check_version(struct store_db *d)
{
	int64_t version = 0, id = 0, tables = 0;
	int err = store_db_number(d, "PRAGMA user_version", NULL, 0, &version);

	if (err == 0)
		err = store_db_number(d, "PRAGMA application_id", NULL, 0,
		    &id);
	if (err == 0)
		err = store_db_number(d, "SELECT count(*) FROM sqlite_schema",
		    NULL, 0, &tables);
	if (err < 0)
		return err;
	if (tables > 0 && id != APPLICATION_ID) {
		snprintf(d->why, sizeof d->why, "%.200s is a database, but not "
		    "vitalsd's log: move it away or give another --state",
		    d->path);
		return -EPROTO;
	}
	if (version > store_db_version()) {
		snprintf(d->why, sizeof d->why, "%.200s is of log version %lld, "
		    "this vitalsd knows up to %d: install the newer vitalsd "
		    "again, or move the log away", d->path,
		    (long long)version, store_db_version());
		return -EPROTO;
	}
	return 0;
}

int
store_db_open(struct store_db *d)
{
	int rc, err;

	assert(d->sql == NULL);
	snprintf(d->path, sizeof d->path, "%s/log.db", d->options->dir);
	err = make_file(d);
	/* An existing log may still be read where nothing can be made. */
	if (err < 0 && access(d->path, F_OK) != 0) {
		snprintf(d->why, sizeof d->why, "%.200s: %s", d->path,
		    strerror(-err));
		return err;
	}
	rc = sqlite3_open_v2(d->path, &d->sql,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL);
	if (rc != SQLITE_OK)
		err = store_db_fail(d, rc);
	else
		err = set_up_connection(d);
	if (err == 0)
		err = check_version(d);
	if (err < 0)
		store_db_close(d);
	return err;
}

int
store_db_open_to_read(struct store_db *d)
{
	char *uri;
	int rc, err = 0;

	assert(d->sql == NULL);
	/* They would end the path of a URI. */
	if (strpbrk(d->path, "?#%") != NULL)
		return -EINVAL;
	uri = sqlite3_mprintf("file:%s?readonly_shm=1", d->path);
	if (uri == NULL)
		return -ENOMEM;
	rc = sqlite3_open_v2(uri, &d->sql, SQLITE_OPEN_READONLY |
	    SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
	sqlite3_free(uri);
	if (rc != SQLITE_OK)
		err = store_db_fail(d, rc);
	else
		err = check_version(d);
	if (err < 0)
		store_db_close(d);
	return err;
}

void
store_db_close(struct store_db *d)
{
	for (size_t i = 0; i < DB_STATEMENTS; i++) {
		sqlite3_finalize(d->prepared[i]);
		d->prepared[i] = NULL;
	}
	sqlite3_close_v2(d->sql);
	d->sql = NULL;
}

void
store_db_free(struct store_db *d)
{
	store_db_close(d);
	free(d->port);
	free(d->open);
	d->port = NULL;
	d->open = NULL;
}

static int
out_of_time(void *arg)
{
	const time_t *until = arg;
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec >= *until;
}

/* The whole of a small log; of a large one all but the older segments, since
 * a start must not take minutes. */
int
store_db_check(struct store_db *d)
{
	static const char whole[] = "SELECT quick_check FROM"
	    " pragma_quick_check(1) WHERE quick_check <> 'ok'";
	static const char parts[] = "SELECT quick_check FROM sqlite_schema s,"
	    " pragma_quick_check(s.name) WHERE s.type = 'table'"
	    " AND (s.name NOT GLOB 'reading_*' OR s.name IN"
	    " (SELECT name FROM segment ORDER BY n DESC LIMIT 2))"
	    " AND quick_check <> 'ok' LIMIT 1";
	sqlite3_stmt *st = NULL;
	struct timespec t;
	struct stat file;
	time_t until;
	int rc, err = 0;

	clock_gettime(CLOCK_MONOTONIC, &t);
	until = t.tv_sec + CHECK_S;
	sqlite3_progress_handler(d->sql, 100000, out_of_time, &until);
	rc = sqlite3_prepare_v2(d->sql, stat(d->path, &file) == 0 &&
	    file.st_size > CHECK_WHOLE_BYTES ? parts : whole, -1, &st, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW) {
		snprintf(d->why, sizeof d->why, "%.200s is damaged: %.100s",
		    d->path, (const char *)sqlite3_column_text(st, 0));
		err = -EBADMSG;
	} else if (rc != SQLITE_DONE && rc != SQLITE_INTERRUPT) {
		err = store_db_fail(d, rc);
	}
	sqlite3_finalize(st);
	sqlite3_progress_handler(d->sql, 0, NULL, NULL);
	return err;
}

int
store_db_move_aside(struct store_db *d, int64_t wall_ms, char *out,
    size_t out_size)
{
	static const char *const suffix[] = { "-shm", "-wal", "" };
	time_t s = (time_t)(wall_ms / 1000);
	char stamp[32], from[4200], to[4200], base[4150];
	struct tm tm;
	int fd;

	store_db_close(d);
	gmtime_r(&s, &tm);
	strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &tm);
	snprintf(base, sizeof base, "%s.damaged-%s", d->path, stamp);
	for (int i = 2; access(base, F_OK) == 0; i++)
		snprintf(base, sizeof base, "%s.damaged-%s-%d", d->path, stamp,
		    i);
	for (size_t i = 0; i < 3; i++) {
		snprintf(from, sizeof from, "%s%s", d->path, suffix[i]);
		snprintf(to, sizeof to, "%s%s", base, suffix[i]);
		if (rename(from, to) != 0 && errno != ENOENT) {
			int err = -errno;

			snprintf(d->why, sizeof d->why, "damaged, and cannot "
			    "be moved aside: %.200s: %s", from, strerror(-err));
			return err;
		}
	}
	fd = open(d->options->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		/* At worst the damaged name is back after a power cut, and is
		 * moved aside again. */
		(void)fsync(fd);
		close(fd);
	}
	snprintf(out, out_size, "%s", base);
	return 0;
}

int
store_db_note_open(struct store_db *d, const char *session)
{
	for (size_t i = 0; i < d->open_n; i++)
		if (strcmp(d->open[i], session) == 0)
			return 0;
	if (d->open_n == d->open_cap) {
		size_t cap = d->open_cap ? 2 * d->open_cap : 16;
		void *more = realloc(d->open, cap * sizeof *d->open);

		if (more == NULL)
			return -ENOMEM;
		d->open = more;
		d->open_cap = cap;
	}
	snprintf(d->open[d->open_n], sizeof *d->open, "%s", session);
	d->open_n++;
	return 0;
}

void
store_db_note_closed(struct store_db *d, const char *session)
{
	for (size_t i = 0; i < d->open_n; i++) {
		if (strcmp(d->open[i], session) != 0)
			continue;
		d->open_n--;
		memmove(d->open[i], d->open[d->open_n], sizeof *d->open);
		return;
	}
}
