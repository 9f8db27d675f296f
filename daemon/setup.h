/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a start makes from the configuration before anything runs: the
 * directories, the log, the hub with its beds and ports.  What people can mend
 * is said in the log lines, by whoever finds it.
 *
 * Easy to get wrong: a failure here ends the process, so only what nobody
 * could work without belongs here.
 */
#ifndef DAEMON_SETUP_H
#define DAEMON_SETUP_H

#include <sys/types.h>

#include "daemon/config.h"
#include "daemon/hub.h"
#include "daemon/store.h"

/* Makes a directory if there is none.  0 or negative errno, as all here. */
int setup_make_directory(const char *path, mode_t mode) MUST_CHECK;

/* Says why a configuration is not taken, line by line, and what follows. */
void setup_complain_config(const char *path, const struct complaints *why,
    const char *so);

/* Free it by config_free(). */
int setup_load_config(const char *path, struct config **out) MUST_CHECK;

/* Opens the log in dir.  Free *restored by store_restored_free(). */
int setup_open_log(struct store **out, struct store_restored **restored,
    const struct config *c, const char *dir, const struct now *started,
    uint64_t start_id) MUST_CHECK;

/* *h must be zero; free it by setup_free_hub(), also on failure. */
int setup_make_hub(struct hub *h, const struct config *c,
    const struct now *started, uint64_t start_id, const struct hub_sink *sink)
    MUST_CHECK;
void setup_free_hub(struct hub *h);

/* Says why a socket could not be had; r is a negative errno. */
void setup_complain_socket(const char *path, int r);

#endif
