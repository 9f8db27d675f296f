/* SPDX-License-Identifier: BSD-2-Clause
 *
 * After a start that failed: systemd starts us again for ever, a second later.
 * With nothing changed that would fill the journal with the same complaint.
 *
 * Easy to get wrong: the first failure must end the process at once, since
 * `systemctl start` and the package's installation wait for the answer; only a
 * repetition waits.
 */
#ifndef DAEMON_HOLD_H
#define DAEMON_HOLD_H

#include <stdint.h>

/* What a refused configuration waits, unless it changes, and everything else. */
#define HOLD_CONFIG_MS 30000
#define HOLD_OTHER_MS 10000

/* To be called before the process ends.  If its last start failed too, with the
 * same contents of the file 'config', waits 'most_ms', or until the contents
 * change or one of SIGTERM, SIGINT and SIGHUP comes, which the caller has
 * blocked.  'dir' (NULL: none) keeps what there was the last time.  Does
 * nothing where no systemd waits ($NOTIFY_SOCKET). */
void hold_failed_start(const char *dir, const char *config, int64_t most_ms);

/* To be called when a start succeeded. */
void hold_forget(const char *dir);

#endif
