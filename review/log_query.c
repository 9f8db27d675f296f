/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See log_query.h.
 *
 * Easy to get wrong: sqlite3_open_v2() touches nothing; what is wrong with the
 * file shows at the first question.
 */
#include "review/log_query.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "schemas/migrations.h"

#define BUSY_MS 2000
#define APPLICATION_ID 1986622572	/* 'vitl', schemas/001-log.sql */

int
log_complain(char *error, int r, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(error, LOG_ERROR, format, ap);
	va_end(ap);
	return r;
}

static int
map_error(int code)
{
	switch (code & 0xff) {
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -EBADMSG;
	case SQLITE_CANTOPEN:
	case SQLITE_PERM:
	case SQLITE_READONLY:
		return -EACCES;
	case SQLITE_BUSY:
		return -EBUSY;
	case SQLITE_NOMEM:
		return -ENOMEM;
	default:
		return -EIO;
	}
}

sqlite3_stmt *
log_prepare(sqlite3 *db, const char *sql, const char *types, ...)
{
	sqlite3_stmt *q = NULL;
	va_list ap;

	if (sqlite3_prepare_v2(db, sql, -1, &q, NULL) != SQLITE_OK)
		return NULL;
	va_start(ap, types);
	for (int i = 0; types[i] != '\0'; i++)
		if (types[i] == 't')
			sqlite3_bind_text(q, i + 1, va_arg(ap, const char *),
			    -1, SQLITE_TRANSIENT);
		else
			sqlite3_bind_int64(q, i + 1, va_arg(ap, int64_t));
	va_end(ap);
	return q;
}

static int
sql_error(const struct log_query *y)
{
	return log_complain(y->error, map_error(sqlite3_errcode(y->db)),
	    "the log cannot be read: %s", sqlite3_errmsg(y->db));
}

bool
log_next(struct log_query *y, sqlite3_stmt *q, int *r)
{
	int code;

	if (q == NULL) {
		*r = sql_error(y);
		return false;
	}
	code = sqlite3_step(q);
	if (code == SQLITE_ROW)
		return true;
	if (code != SQLITE_DONE)
		*r = sql_error(y);
	sqlite3_finalize(q);
	return false;
}

void
log_take_text(sqlite3_stmt *q, int column, char *out, size_t cap)
{
	const char *s = (const char *)sqlite3_column_text(q, column);

	snprintf(out, cap, "%s", s != NULL ? s : "");
}

struct event_id
log_take_id(sqlite3_stmt *q, int column)
{
	const char *s = (const char *)sqlite3_column_text(q, column);
	struct event_id id = { 0, 0 };

	if (s == NULL || !event_id_parse(s, &id))
		return (struct event_id){ 0, 0 };
	return id;
}

void *
log_grow(struct log_query *y, void *list, size_t *n, size_t size)
{
	char *base = *(char **)list;

	/* Doubles at each power of two. */
	if ((*n & (*n - 1)) == 0) {
		char *more = realloc(base, (*n == 0 ? 1 : *n * 2) * size);

		if (more == NULL) {
			y->no_memory = true;
			return NULL;
		}
		*(char **)list = base = more;
	}
	memset(base + *n * size, 0, size);
	return base + (*n)++ * size;
}

static int
ask_number(struct log_query *y, const char *sql, int *out)
{
	sqlite3_stmt *q = log_prepare(y->db, sql, "");
	int r = 0;

	while (log_next(y, q, &r))
		*out = sqlite3_column_int(q, 0);
	return r;
}

/* A log that is there and may be read, and still cannot be opened: what stands
 * beside it is the reason. */
static int
explain(const char *path, int r, char error[LOG_ERROR])
{
	char beside[4200];

	if (r != -EACCES)
		return r;
	if (access(path, R_OK) < 0)
		return log_complain(error, r, "%s: permission denied; the "
		    "group that owns it may read it", path);
	snprintf(beside, sizeof beside, "%s-shm", path);
	if (access(beside, F_OK) < 0)
		return log_complain(error, r, "%s is not there, and this user "
		    "may not make it: start vitalsd, or read the log as the "
		    "user of vitalsd", beside);
	if (access(beside, R_OK) < 0)
		return log_complain(error, r, "%s: permission denied; the "
		    "log cannot be read without it", beside);
	snprintf(beside, sizeof beside, "%s-wal", path);
	if (access(beside, F_OK) < 0)
		return log_complain(error, r, "%s is not there, and this user "
		    "may not make it: start vitalsd, or read the log as the "
		    "user of vitalsd", beside);
	if (access(beside, R_OK) < 0)
		return log_complain(error, r, "%s: permission denied; the "
		    "newest records are in it", beside);
	return r;
}

static int
check_file(sqlite3 *db, const char *path, char error[LOG_ERROR])
{
	struct log_query y = { .db = db, .error = error };
	int known = 0, version = 0, application = 0;
	int r = ask_number(&y, "PRAGMA user_version", &version);

	if (r == 0)
		r = ask_number(&y, "PRAGMA application_id", &application);
	if (r == -EBADMSG)
		return log_complain(error, r, "%s is damaged or not a log of "
		    "vitalsd: %s", path, sqlite3_errmsg(db));
	if (r < 0)
		return explain(path, r, error);
	while (migrations[known] != NULL)
		known++;
	if (version == 0 || application != APPLICATION_ID)
		return log_complain(error, -EBADMSG, "%s is not a log of "
		    "vitalsd", path);
	if (version > known)
		return log_complain(error, -EPROTO, "%s has version %d; this "
		    "vitalsctl knows versions up to %d: install the newer one",
		    path, version, known);
	return 0;
}

int
log_open(sqlite3 **out, const char *path, char error[LOG_ERROR])
{
	sqlite3 *db = NULL;
	struct stat st;
	int r;

	if (stat(path, &st) < 0) {
		r = -errno;
		return log_complain(error, r, "%s: %s%s", path, strerror(-r),
		    r == -EACCES ? "; the group of its directory may read "
		    "it" : r == -ENOENT || r == -ENOTDIR ? "; is --state (or "
		    "VITALSD_STATE) right, and has vitalsd run?" : "");
	}
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) !=
	    SQLITE_OK) {
		r = log_complain(error, map_error(sqlite3_errcode(db)),
		    "%s: %s", path, sqlite3_errmsg(db));
		r = explain(path, r, error);
		sqlite3_close(db);
		return r;
	}
	sqlite3_busy_timeout(db, BUSY_MS);
	r = check_file(db, path, error);
	if (r < 0) {
		sqlite3_close(db);
		return r;
	}
	*out = db;
	return 0;
}

void
log_close(sqlite3 *db)
{
	sqlite3_close(db);
}
