/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where the configuration, the log and the sockets are: the same options,
 * environment variables and defaults for every program.
 *
 * Easy to get wrong: an option beats the environment, which beats the default;
 * an empty variable counts as not set.
 *
 *	struct paths p;
 *	paths_init(&p);
 *	while ((o = getopt_long(..., { PATHS_OPTIONS, ... }, NULL)) != -1)
 *		if (!paths_take_option(&p, o, optarg))
 *			switch (o) ...
 *	if (paths_finish(&p, error, sizeof(error)) < 0)
 *		...
 */
#ifndef DAEMON_PATHS_H
#define DAEMON_PATHS_H

#include "schemas/vital.h"

#include <getopt.h>
#include <sys/types.h>

/* sun_path of a Unix socket, with its NUL. */
#define PATHS_SOCKET_MAX 108
#define PATHS_FILE_MAX 4096

struct paths {
	/* These point into argv or the environment. */
	const char *config;	/* /etc/vitalsd/vitalsd.yaml */
	const char *state;	/* /var/lib/vitalsd */
	const char *run;	/* /run/vitalsd */
	/* Made by paths_finish(). */
	char control_sock[PATHS_SOCKET_MAX];	/* run/control.sock */
	char notify_sock[PATHS_SOCKET_MAX];	/* run/notify.sock */
	char log[PATHS_FILE_MAX];		/* state/log.db */
};

/* Values of getopt_long() beyond every letter. */
enum paths_option {
	PATHS_OPTION_CONFIG = 0x1001,
	PATHS_OPTION_STATE,
	PATHS_OPTION_RUN,
};

/* Rows for a table of struct option. */
#define PATHS_OPTIONS \
	{ "config", required_argument, NULL, PATHS_OPTION_CONFIG }, \
	{ "state", required_argument, NULL, PATHS_OPTION_STATE }, \
	{ "run", required_argument, NULL, PATHS_OPTION_RUN }

/* Lines for --help, each ended by a newline. */
extern const char paths_help[];

/* The environment (VITALSD_CONFIG, VITALSD_STATE, VITALSD_RUN), else the
 * defaults. */
void paths_init(struct paths *p);

/* Takes an option if it is one of these; false if it is not. */
bool paths_take_option(struct paths *p, int option, const char *arg)
    MUST_CHECK;

/* Makes the paths of the sockets and of the log.  -EINVAL for an empty path,
 * -ENAMETOOLONG where one does not fit (a socket's at most 107 bytes), with a
 * sentence in 'error'. */
int paths_finish(struct paths *p, char *error, size_t error_size) MUST_CHECK;

/* Makes a directory with this mode, and those above it that are missing with
 * 0755; what is there is left as it is.  Negative errno with a sentence in 'error'
 * that names the part which could not be made. */
int paths_make_directory(const char *path, mode_t mode, char *error,
    size_t error_size) MUST_CHECK;

#endif
