/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitalsctl backup: a verified copy of the log, in one file.
 *
 * Easy to get wrong: the copy gets its name only when it is whole, verified and
 * on the disk; an older backup of that name is there until then.
 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/long.h"
#include "review/backup.h"
#include "review/verify.h"

struct backup {
	struct cli *c;
	struct long_run l;
	const char *file;
	char temporary[4200];
	struct verify_result result;
	int64_t bytes;
};

static void
say(void *arg, enum verify_kind kind, const char *session, const char *text)
{
	struct backup *b = arg;

	if (kind != VERIFY_FAULT)
		return;
	long_clear(&b->l);
	fprintf(b->c->err, "  %s%s%s\n", session, session[0] ? ": " : "",
	    text);
}

static bool
go_on(void *arg, const char *what, int64_t done, int64_t total)
{
	struct backup *b = arg;

	return long_go_on(&b->l, what, done, total);
}

/* log.db, or what lies beside it and belongs to it. */
static bool
is_of_the_log(const struct backup *b)
{
	char copy[4200], again[4200];
	struct stat folder, state;

	snprintf(copy, sizeof copy, "%s", b->file);
	snprintf(again, sizeof again, "%s", b->file);
	return stat(dirname(copy), &folder) == 0 &&
	    stat(b->c->paths.state, &state) == 0 &&
	    folder.st_dev == state.st_dev && folder.st_ino == state.st_ino &&
	    strncmp(basename(again), "log.db", 6) == 0;
}

static int
check_folder(struct backup *b)
{
	char copy[4200];

	snprintf(copy, sizeof copy, "%s", b->file);
	if (access(dirname(copy), W_OK | X_OK) == 0)
		return EXIT_OK;
	return cli_problem(b->c, "the folder of %s cannot be written to: %s; "
	    "make it, or give another", b->file, strerror(errno));
}

/* Before anything is done: may it have that name? */
static int
check_name(struct backup *b)
{
	struct cli *c = b->c;
	struct stat log, st;

	if (b->file[0] == '\0')
		return cli_usage(c, "the name of the backup is empty: give the "
		    "file that it is to be");
	if (is_of_the_log(b))
		return cli_problem(c, "%s: the names log.db... in the folder "
		    "of the log are the log's own", b->file);
	if (stat(b->file, &st) < 0 && errno == ENOENT)
		return check_folder(b);
	if (stat(b->file, &st) < 0)
		return cli_problem(c, "%s: %s", b->file, strerror(errno));
	if (S_ISDIR(st.st_mode))
		return cli_problem(c, "%s is a folder: give the name of the "
		    "file in it", b->file);
	if (stat(c->paths.log, &log) == 0 && log.st_dev == st.st_dev &&
	    log.st_ino == st.st_ino)
		return cli_problem(c, "%s is the log itself", b->file);
	if (!S_ISREG(st.st_mode))
		return cli_problem(c, "%s is no file", b->file);
	if (!cli_has(c, OPTION_FORCE))
		return cli_problem(c, "%s is there already; give another name, "
		    "or --force to replace it", b->file);
	return EXIT_OK;
}

static int
verify(struct backup *b, char error[LOG_ERROR])
{
	const struct verify_watch w = { say, go_on, b };
	sqlite3 *db;
	int r = log_open(&db, b->temporary, error);

	if (r < 0)
		return r;
	r = verify_log(db, NULL, true, &w, &b->result, error);
	log_close(db);
	return r;
}

static int
sync_path(const char *path, int flags)
{
	int fd = open(path, flags | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	/* Some file systems cannot sync a folder. */
	if (fsync(fd) < 0 && errno != EINVAL)
		r = -errno;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

/* On disk first, then its name, then the name on disk. */
static int
place(struct backup *b)
{
	bool force = cli_has(b->c, OPTION_FORCE);
	char copy[4200];
	struct stat st;
	int r = sync_path(b->temporary, O_RDONLY);

	if (r < 0)
		return r;
	if (stat(b->temporary, &st) == 0)
		b->bytes = st.st_size;
	if (renameat2(AT_FDCWD, b->temporary, AT_FDCWD, b->file,
	    force ? 0 : RENAME_NOREPLACE) < 0) {
		/* Not every file system knows how not to replace. */
		if (errno != EINVAL || force)
			return -errno;
		if (access(b->file, F_OK) == 0)
			return -EEXIST;
		if (rename(b->temporary, b->file) < 0)
			return -errno;
	}
	snprintf(copy, sizeof copy, "%s", b->file);
	return sync_path(dirname(copy), O_RDONLY | O_DIRECTORY);
}

static int
finish(struct backup *b)
{
	struct cli *c = b->c;
	int r;

	if (b->result.faults > 0)
		return cli_problem(c, "the copy has %lld fault%s, as listed; "
		    "%s is not made, and the copy is kept as %s",
		    (long long)b->result.faults,
		    b->result.faults == 1 ? "" : "s", b->file, b->temporary);
	r = place(b);
	if (r < 0) {
		(void)unlink(b->temporary);
		return cli_problem(c, "%s: %s; nothing was kept", b->file,
		    strerror(-r));
	}
	fprintf(c->out, "%s: %lld.%lld MB, %lld records, %lld readings, %lld "
	    "seal%s verified\n", b->file, (long long)(b->bytes / 1000000),
	    (long long)(b->bytes / 100000 % 10), (long long)b->result.records,
	    (long long)b->result.readings, (long long)b->result.seals,
	    b->result.seals == 1 ? "" : "s");
	return EXIT_OK;
}

int
verb_backup(struct cli *c)
{
	struct backup b = { .c = c, .file = c->arg[0] };
	const struct backup_watch w = { go_on, &b };
	char error[LOG_ERROR];
	int r = check_name(&b);

	if (r != EXIT_OK)
		return r;
	if (strlen(b.file) + 32 > sizeof b.temporary)
		return cli_usage(c, "the name is too long");
	snprintf(b.temporary, sizeof b.temporary, "%s.part-%ld", b.file,
	    (long)getpid());
	cli_stand_back();
	long_begin(&b.l, c);
	r = backup_copy(c->paths.log, b.temporary, &w, error);
	if (r == 0) {
		r = verify(&b, error);
		if (r < 0)
			(void)unlink(b.temporary);
	}
	long_end(&b.l);
	return r < 0 ? cli_problem(c, "%s; nothing was kept", error) :
	    finish(&b);
}
