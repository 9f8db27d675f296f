/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See store_migrate.h.
 *
 * Easy to get wrong: systemd ends a start that takes too long, so a copy that
 * would is given up, not begun anew at each start.
 */
#include "daemon/store_migrate.h"
#include "schemas/migrations.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <time.h>
#include <unistd.h>

#define COPY_S 20
#define SLICE_PAGES 2000

static time_t
now_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static int
copy_pages(sqlite3 *from, sqlite3 *to)
{
	time_t until = now_s() + COPY_S;
	sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
	int rc = SQLITE_OK;

	if (b == NULL)
		return -EIO;
	while (rc == SQLITE_OK && now_s() < until)
		rc = sqlite3_backup_step(b, SLICE_PAGES);
	(void)sqlite3_backup_finish(b);
	return rc == SQLITE_DONE ? 0 : rc == SQLITE_OK ? -ETIME :
	    rc == SQLITE_FULL ? -ENOSPC : -EIO;
}

/* A private file of that name; what an earlier attempt left is gone. */
static int
copy_to(struct store_db *d, const char *path)
{
	sqlite3 *to = NULL;
	int fd, err = 0;

	(void)unlink(path);
	fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return -errno;
	if (fchmod(fd, 0640) != 0)
		err = -errno;
	if (err == 0 && sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE |
	    SQLITE_OPEN_NOMUTEX, NULL) != SQLITE_OK)
		err = -EIO;
	if (err == 0 && sqlite3_exec(to, "PRAGMA synchronous = OFF;"
	    "PRAGMA journal_mode = OFF", NULL, NULL, NULL) != SQLITE_OK)
		err = -EIO;
	if (err == 0)
		err = copy_pages(d->sql, to);
	sqlite3_close(to);
	if (err == 0 && fsync(fd) != 0)
		err = -errno;
	close(fd);
	return err;
}

static int
keep_copy(struct store_db *d, int version, char *path, size_t size)
{
	char temporary[4310];
	struct statvfs fs;
	struct stat log;
	int fd, err;

	snprintf(path, size, "%.4095s.version-%d", d->path, version);
	snprintf(temporary, sizeof temporary, "%.4200s.part", path);
	if (stat(d->path, &log) != 0 || statvfs(d->options->dir, &fs) != 0)
		return -errno;
	/* Never so that the log itself has no room left. */
	if ((uint64_t)fs.f_bavail * fs.f_frsize / 2 < (uint64_t)log.st_size)
		return -ENOSPC;
	err = copy_to(d, temporary);
	if (err == 0 && rename(temporary, path) != 0)
		err = -errno;
	if (err < 0) {
		(void)unlink(temporary);
		return err;
	}
	fd = open(d->options->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0) {
		(void)fsync(fd);	/* if not, the log is older still */
		close(fd);
	}
	return 0;
}

int
store_migrate_prepare(struct store_db *d, char said[STORE_MIGRATED_TEXT])
{
	int64_t version = 0;
	char path[4300];
	int err = store_db_number(d, "PRAGMA user_version", NULL, 0, &version);

	said[0] = '\0';
	if (err < 0 || version == 0 || version >= store_db_version())
		return err;
	err = keep_copy(d, (int)version, path, sizeof path);
	if (err == 0)
		snprintf(said, STORE_MIGRATED_TEXT, "from version %d to %d; the "
		    "log as it was is in log.db.version-%d", (int)version,
		    store_db_version(), (int)version);
	else
		snprintf(said, STORE_MIGRATED_TEXT, "from version %d to %d; no "
		    "copy of the log as it was: %s", (int)version,
		    store_db_version(), err == -ENOSPC ? "no room for it" :
		    err == -ETIME ? "it would take too long" :
		    strerror(-err));
	return 0;
}

int
store_migrate(struct store_db *d)
{
	int64_t version = 0;
	int err = store_db_number(d, "PRAGMA user_version", NULL, 0, &version);

	for (int i = (int)version; err == 0 && migrations[i] != NULL; i++) {
		char done[64];

		snprintf(done, sizeof done, "PRAGMA user_version = %d", i + 1);
		err = store_db_run(d, migrations[i]);
		if (err == 0)
			err = store_db_run(d, done);
	}
	return err;
}
