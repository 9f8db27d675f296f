/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See backup.h.  The moment that is copied is fixed in one short transaction:
 * which tables there are, and the last row of each.  What is added later has
 * greater numbers and is left out; what was there does not change.
 *
 * Easy to get wrong: retention may remove a whole segment in the meantime, and
 * a newer vitalsd may have changed the tables; then the copy begins anew.
 */
#include "review/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define ATTEMPTS 3
#define SLICE_ROWS 20000	/* to begin with */
#define SLICE_ROWS_MIN 500
#define SLICE_ROWS_MAX 400000
#define SLICE_MS 200		/* a read is to last about so long */
#define SLICE_MS_MAX 500

/* One object of the schema. */
struct part {
	char *sql;
	char name[128];
	bool table;
	bool keyed;		/* no row numbers: small, copied whole */
	int64_t before, last;	/* its rows at that moment: before < row <= last */
};

struct copy {
	struct log_query q;	/* the new file, with the log attached as src */
	const struct backup_watch *watch;
	struct part *part;
	size_t parts_n;
	int64_t version;
	int64_t rows, done;
	int64_t slice;
	bool stopped;
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static int
complain_sql(struct copy *c, const char *what)
{
	int code = sqlite3_extended_errcode(c->q.db);
	int sys = sqlite3_system_errno(c->q.db);
	const char *text = sqlite3_errmsg(c->q.db);

	switch (code & 0xff) {
	case SQLITE_FULL:
		return log_complain(c->q.error, -ENOSPC, "the disk of the "
		    "backup is full");
	case SQLITE_CORRUPT:
		return log_complain(c->q.error, -EBADMSG, "the log is damaged "
		    "at %s: %s; `vitalsctl log verify` says more", what, text);
	case SQLITE_NOMEM:
		return log_complain(c->q.error, -ENOMEM, "out of memory");
	case SQLITE_ERROR:
		/* A table that is no more, or another schema. */
		return log_complain(c->q.error, -EAGAIN, "%s: %s", what, text);
	case SQLITE_IOERR:
		if (sys == ENOSPC || sys == EDQUOT || sys == EFBIG)
			return log_complain(c->q.error, -ENOSPC, "the disk of "
			    "the backup is full: %s", strerror(sys));
		if (code == SQLITE_IOERR_WRITE || code == SQLITE_IOERR_FSTAT)
			return log_complain(c->q.error, -EIO, "the backup "
			    "cannot be written: %s", text);
		break;
	default:
		break;
	}
	return log_complain(c->q.error, -EIO, "%s: %s%s%s", what, text,
	    sys != 0 ? ": " : "", sys != 0 ? strerror(sys) : "");
}

static int
run(struct copy *c, const char *sql, const char *what)
{
	return sqlite3_exec(c->q.db, sql, NULL, NULL, NULL) == SQLITE_OK ? 0 :
	    complain_sql(c, what);
}

/* A number that a query of one row gives; 0 for NULL. */
static int
number(struct copy *c, const char *sql, int64_t *out)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(c->q.db, sql, -1, &st, NULL);

	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	if (rc == SQLITE_ROW)
		*out = sqlite3_column_int64(st, 0);
	rc = sqlite3_finalize(st);
	return rc == SQLITE_OK ? 0 : complain_sql(c, "the log");
}

static void
free_parts(struct copy *c)
{
	for (size_t i = 0; i < c->parts_n; i++)
		free(c->part[i].sql);
	free(c->part);
	c->part = NULL;
	c->parts_n = 0;
}

/* What there is to copy, tables first. */
static int
read_schema(struct copy *c)
{
	sqlite3_stmt *st = log_prepare(c->q.db, "SELECT s.name, s.sql, "
	    "s.type = 'table', coalesce(t.wr, 0) FROM src.sqlite_schema s "
	    "LEFT JOIN pragma_table_list t ON t.schema = 'src' AND "
	    "t.name = s.name AND t.type = 'table' WHERE s.sql IS NOT NULL AND "
	    "s.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
	    "ORDER BY s.type <> 'table', s.rowid", "");
	int r = 0;

	while (log_next(&c->q, st, &r)) {
		struct part *p = log_grow(&c->q, &c->part, &c->parts_n,
		    sizeof *p);

		if (p == NULL)
			continue;
		log_take_text(st, 0, p->name, sizeof p->name);
		p->sql = strdup((const char *)sqlite3_column_text(st, 1));
		p->table = sqlite3_column_int(st, 2) != 0;
		p->keyed = sqlite3_column_int(st, 3) != 0;
		if (p->sql == NULL)
			c->q.no_memory = true;
	}
	if (r == 0 && c->q.no_memory)
		r = log_complain(c->q.error, -ENOMEM, "out of memory");
	return r;
}

/* Makes the table, and finds how far it is to be copied. */
static int
begin_table(struct copy *c, struct part *p)
{
	char *sql;
	int r = run(c, p->sql, p->name);

	if (r < 0)
		return r;
	sql = sqlite3_mprintf(p->keyed ? "INSERT INTO main.\"%w\" SELECT * "
	    "FROM src.\"%w\"" : "SELECT max(rowid) FROM src.\"%w\"", p->name,
	    p->name);
	if (sql == NULL)
		return log_complain(c->q.error, -ENOMEM, "out of memory");
	r = p->keyed ? run(c, sql, p->name) : number(c, sql, &p->last);
	sqlite3_free(sql);
	/* Some tables begin with 0. */
	p->before = -1;
	if (!p->keyed)
		c->rows += p->last - p->before;
	return r;
}

/* The short transaction that fixes the moment. */
static int
begin(struct copy *c)
{
	int64_t application = 0, page = 0;
	char sql[160];
	int r = number(c, "PRAGMA src.page_size", &page);

	snprintf(sql, sizeof sql, "PRAGMA main.page_size = %d", (int)page);
	if (r == 0)
		r = run(c, sql, "the backup");
	if (r == 0)
		r = run(c, "BEGIN", "the log");
	if (r == 0)
		r = read_schema(c);
	for (size_t i = 0; r == 0 && i < c->parts_n; i++)
		if (c->part[i].table)
			r = begin_table(c, &c->part[i]);
	if (r == 0)
		r = number(c, "PRAGMA src.user_version", &c->version);
	if (r == 0)
		r = number(c, "PRAGMA src.application_id", &application);
	if (r < 0)
		return r;
	snprintf(sql, sizeof sql, "PRAGMA main.user_version = %d;"
	    "PRAGMA main.application_id = %d; COMMIT", (int)c->version,
	    (int)application);
	return run(c, sql, "the backup");
}

/* Rows above 'from', as many as one short read takes. */
static int
copy_slice(struct copy *c, sqlite3_stmt *st, const struct part *p,
    int64_t from, int64_t *to)
{
	int64_t began = now_ms(), took;
	int rc;

	*to = p->last - from > c->slice ? from + c->slice : p->last;
	sqlite3_bind_int64(st, 1, from);
	sqlite3_bind_int64(st, 2, *to);
	rc = sqlite3_step(st);
	sqlite3_reset(st);
	if (rc != SQLITE_DONE)
		return complain_sql(c, p->name);
	took = now_ms() - began;
	if (took > SLICE_MS_MAX && c->slice > SLICE_ROWS_MIN)
		c->slice /= 4;
	else if (took > SLICE_MS && c->slice > SLICE_ROWS_MIN)
		c->slice /= 2;
	else if (took < SLICE_MS / 4 && c->slice < SLICE_ROWS_MAX)
		c->slice *= 2;
	return 0;
}

static int
copy_table(struct copy *c, const struct part *p)
{
	char *sql = sqlite3_mprintf("INSERT INTO main.\"%w\" SELECT * FROM "
	    "src.\"%w\" WHERE rowid > ?1 AND rowid <= ?2 ORDER BY rowid",
	    p->name, p->name);
	sqlite3_stmt *st = NULL;
	int64_t at = p->before, to = 0;
	int r = 0;

	if (sql == NULL)
		return log_complain(c->q.error, -ENOMEM, "out of memory");
	if (sqlite3_prepare_v2(c->q.db, sql, -1, &st, NULL) != SQLITE_OK)
		r = complain_sql(c, p->name);
	sqlite3_free(sql);
	while (r == 0 && at < p->last) {
		r = copy_slice(c, st, p, at, &to);
		c->done += to - at;
		at = to;
		if (r == 0 && !c->watch->go_on(c->watch->arg, "copied",
		    c->done, c->rows))
			r = log_complain(c->q.error, -EINTR, "interrupted");
	}
	sqlite3_finalize(st);
	return r;
}

/* A removed segment is gone from the middle of the copy. */
static int
check_unchanged(struct copy *c)
{
	int64_t version = 0, gone = 0;
	int r = number(c, "PRAGMA src.user_version", &version);

	if (r == 0)
		r = number(c, "SELECT count(*) FROM main.sqlite_schema m WHERE "
		    "m.type = 'table' AND NOT EXISTS (SELECT 1 FROM "
		    "src.sqlite_schema s WHERE s.name = m.name)", &gone);
	if (r == 0 && (gone > 0 || version != c->version))
		r = log_complain(c->q.error, -EAGAIN, "the log was changed by "
		    "retention or by an upgrade while it was copied");
	return r;
}

static int
copy_all(struct copy *c)
{
	int r = begin(c);

	for (size_t i = 0; r == 0 && i < c->parts_n; i++)
		if (c->part[i].table && !c->part[i].keyed)
			r = copy_table(c, &c->part[i]);
	if (r == 0)
		r = check_unchanged(c);
	if (r == 0)
		r = run(c, "DETACH src", "the log");
	/* Indexes, triggers and views, now that the rows are there. */
	for (size_t i = 0; r == 0 && i < c->parts_n; i++)
		if (!c->part[i].table)
			r = run(c, c->part[i].sql, c->part[i].name);
	return r;
}

/* The path as part of a URI. */
static char *
uri_of(const char *path)
{
	static const char digits[] = "0123456789ABCDEF";
	size_t n = strlen(path), k = 0;
	char *out = malloc(3 * n + 32);

	if (out == NULL)
		return NULL;
	k = (size_t)sprintf(out, "file:");
	for (size_t i = 0; i < n; i++) {
		unsigned char x = (unsigned char)path[i];

		if (strchr("?#%", x) == NULL) {
			out[k++] = (char)x;
			continue;
		}
		out[k++] = '%';
		out[k++] = digits[x >> 4];
		out[k++] = digits[x & 15];
	}
	strcpy(out + k, "?mode=ro");
	return out;
}

static int
attach(struct copy *c, const char *log)
{
	char *uri = uri_of(log);
	sqlite3_stmt *st;
	int r = 0;

	if (uri == NULL)
		return log_complain(c->q.error, -ENOMEM, "out of memory");
	st = log_prepare(c->q.db, "ATTACH ?1 AS src", "t", uri);
	free(uri);
	if (st == NULL || sqlite3_step(st) != SQLITE_DONE)
		r = complain_sql(c, log);
	sqlite3_finalize(st);
	return r;
}

static int
copy_once(const char *log, const char *file, const struct backup_watch *w,
    char error[LOG_ERROR])
{
	struct copy c = { .q = { .error = error }, .watch = w,
		.slice = SLICE_ROWS };
	int r = 0;

	if (sqlite3_open_v2(file, &c.q.db, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_URI, NULL) != SQLITE_OK) {
		r = log_complain(error, -EIO, "%s: %s", file,
		    sqlite3_errmsg(c.q.db));
		sqlite3_close(c.q.db);
		return r;
	}
	sqlite3_extended_result_codes(c.q.db, 1);
	sqlite3_busy_timeout(c.q.db, 2000);
	/* Nobody but us knows the new file, and half of it is worth nothing. */
	r = run(&c, "PRAGMA main.journal_mode = OFF;"
	    "PRAGMA main.synchronous = OFF; PRAGMA cell_size_check = ON",
	    "the backup");
	if (r == 0)
		r = attach(&c, log);
	if (r == 0)
		r = copy_all(&c);
	free_parts(&c);
	sqlite3_close(c.q.db);
	return r;
}

/* An empty file of our own; whatever an earlier attempt left is gone. */
static int
make_file(const char *file, char error[LOG_ERROR])
{
	int fd = open(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int r;

	if (fd < 0) {
		r = -errno;
		return log_complain(error, r, "%s: %s", file, strerror(-r));
	}
	close(fd);
	return 0;
}

/* Said before an hour's work rather than after it. */
static int
check_room(const char *log, const char *file, char error[LOG_ERROR])
{
	struct log_query q = { .error = error };
	int64_t bytes = 0;
	struct statvfs fs;
	sqlite3_stmt *st;
	int r = log_open(&q.db, log, error);

	if (r < 0)
		return r;
	st = log_prepare(q.db, "SELECT (page_count - freelist_count) * "
	    "page_size FROM pragma_page_count, pragma_freelist_count, "
	    "pragma_page_size", "");
	while (log_next(&q, st, &r))
		bytes = sqlite3_column_int64(st, 0);
	log_close(q.db);
	if (r == 0 && statvfs(file, &fs) == 0 &&
	    (uint64_t)fs.f_bavail * fs.f_frsize < (uint64_t)bytes)
		r = log_complain(error, -ENOSPC, "the backup needs %lld MB, "
		    "and there are %lld MB free where it is to be",
		    (long long)(bytes >> 20) + 1,
		    (long long)((uint64_t)fs.f_bavail * fs.f_frsize >> 20));
	return r;
}

int
backup_copy(const char *log, const char *file, const struct backup_watch *w,
    char error[LOG_ERROR])
{
	int r = -EAGAIN;

	for (int i = 0; r == -EAGAIN && i < ATTEMPTS; i++) {
		r = make_file(file, error);
		if (r < 0)
			return r;
		r = check_room(log, file, error);
		if (r == 0)
			r = copy_once(log, file, w, error);
		if (r < 0)
			(void)unlink(file);
	}
	return r;
}
