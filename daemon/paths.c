/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where the configuration, the log and the sockets are.
 *
 * Easy to get wrong: bind() and connect() cut nothing for us; a socket path
 * beyond 107 bytes has to be refused here, or it would be another socket.
 */
#include "daemon/paths.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define DEFAULT_CONFIG "/etc/vitalsd/vitalsd.yaml"
#define DEFAULT_STATE "/var/lib/vitalsd"
#define DEFAULT_RUN "/run/vitalsd"

const char paths_help[] =
    "  --config FILE  the configuration (or VITALSD_CONFIG;\n"
    "                 default " DEFAULT_CONFIG ")\n"
    "  --state DIR    where the log is (or VITALSD_STATE;\n"
    "                 default " DEFAULT_STATE ")\n"
    "  --run DIR      where the sockets are (or VITALSD_RUN;\n"
    "                 default " DEFAULT_RUN ")\n";

static const char *
from_environment(const char *name, const char *otherwise)
{
	const char *v = getenv(name);

	return v != NULL && v[0] != '\0' ? v : otherwise;
}

void
paths_init(struct paths *p)
{
	*p = (struct paths){
		.config = from_environment("VITALSD_CONFIG", DEFAULT_CONFIG),
		.state = from_environment("VITALSD_STATE", DEFAULT_STATE),
		.run = from_environment("VITALSD_RUN", DEFAULT_RUN),
	};
}

bool
paths_take_option(struct paths *p, int option, const char *arg)
{
	switch (option) {
	case PATHS_OPTION_CONFIG:
		p->config = arg;
		return true;
	case PATHS_OPTION_STATE:
		p->state = arg;
		return true;
	case PATHS_OPTION_RUN:
		p->run = arg;
		return true;
	}
	return false;
}

/* DIR/FILE into 'out'. */
static int
join(char *out, size_t size, const char *option, const char *dir,
    const char *file, char *error, size_t error_size)
{
	int n;

	if (dir[0] == '\0') {
		snprintf(error, error_size, "%s is empty; expected a directory",
		    option);
		return -EINVAL;
	}
	n = snprintf(out, size, "%s/%s", dir, file);
	if (n >= 0 && (size_t)n < size)
		return 0;
	snprintf(error, error_size, "%s is too long: %s in it would have %d "
	    "bytes; expected at most %zu", option, file, n, size - 1);
	out[0] = '\0';
	return -ENAMETOOLONG;
}

int
paths_finish(struct paths *p, char *error, size_t error_size)
{
	int r;

	if (p->config[0] == '\0') {
		snprintf(error, error_size, "--config is empty; expected a "
		    "file");
		return -EINVAL;
	}
	r = join(p->control_sock, sizeof(p->control_sock), "--run", p->run,
	    "control.sock", error, error_size);
	if (r < 0)
		return r;
	r = join(p->notify_sock, sizeof(p->notify_sock), "--run", p->run,
	    "notify.sock", error, error_size);
	if (r < 0)
		return r;
	return join(p->log, sizeof(p->log), "--state", p->state, "log.db",
	    error, error_size);
}

static int
make_one(const char *path, mode_t mode, char *error, size_t error_size)
{
	struct stat st;
	int r;

	if (mkdir(path, mode) == 0)
		return 0;
	r = errno;
	/* Asked last: mkdir() of what is there may fail by EROFS or EACCES. */
	if (stat(path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return 0;
		snprintf(error, error_size, "%s is not a directory; expected "
		    "one, or a path where it can be made", path);
		return -ENOTDIR;
	}
	snprintf(error, error_size, "cannot make the directory %s: %s", path,
	    strerror(r));
	return -r;
}

int
paths_make_directory(const char *path, mode_t mode, char *error,
    size_t error_size)
{
	char part[PATH_MAX];
	size_t n = strlen(path);

	if (n >= sizeof part) {
		snprintf(error, error_size, "a directory's path of %zu bytes "
		    "is too long; expected at most %zu", n, sizeof part - 1);
		return -ENAMETOOLONG;
	}
	while (n > 1 && path[n - 1] == '/')
		n--;
	for (size_t i = 1; i < n; i++) {
		int r;

		if (path[i] != '/' || path[i - 1] == '/')
			continue;
		memcpy(part, path, i);
		part[i] = '\0';
		r = make_one(part, 0755, error, error_size);
		if (r < 0)
			return r;
	}
	return make_one(path, mode, error, error_size);
}
