/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitalsctl export: a session for other programs.
 *
 * Easy to get wrong: a file that is there is never overwritten, and one that
 * could not be written whole is taken away again.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "review/export.h"

static int
write_out(struct cli *c, const struct log_session *s, FILE *out)
{
	return cli_has(c, OPTION_CSV) ? export_csv(s, out) :
	    export_json(s, out);
}

static int
write_file(struct cli *c, const struct log_session *s, const char *path)
{
	/* Health data: for the one who asked. */
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *out;
	int r;

	if (fd < 0 && errno == EEXIST)
		return cli_problem(c, "%s is there already; give another name",
		    path);
	out = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (out == NULL) {
		r = errno;
		if (fd >= 0) {
			close(fd);
			unlink(path);
		}
		return cli_problem(c, "%s: %s", path, strerror(r));
	}
	r = write_out(c, s, out);
	if (r == 0 && fsync(fd) < 0 && errno != EINVAL)
		r = -errno;
	if (fclose(out) != 0 && r == 0)
		r = -errno;
	if (r == 0)
		return EXIT_OK;
	unlink(path);
	return cli_problem(c, "%s: %s; nothing was kept", path, strerror(-r));
}

int
verb_export(struct cli *c)
{
	const char *path = c->args_n > 1 ? c->arg[1] : "-";
	struct log_session *s;
	sqlite3 *db;
	char error[LOG_ERROR];
	int r;

	if (cli_has(c, OPTION_CSV) == cli_has(c, OPTION_JSON))
		return cli_usage(c, "say either --csv or --json");
	cli_stand_back();
	r = log_open(&db, c->paths.log, error);
	if (r < 0)
		return cli_problem(c, "%s", error);
	r = log_session_read(db, c->arg[0], LOG_READINGS, &s, error);
	log_close(db);
	if (r < 0)
		return cli_problem(c, "%s", error);
	if (s->removed_n > 0)
		fprintf(c->err, "vitalsctl: note: retention removed readings "
		    "of this session; `vitalsctl review` says which\n");
	if (strcmp(path, "-") != 0) {
		r = write_file(c, s, path);
	} else {
		r = write_out(c, s, c->out);
		r = r < 0 ? cli_problem(c, "%s", strerror(-r)) : EXIT_OK;
	}
	log_session_free(s);
	return r;
}
