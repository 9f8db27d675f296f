/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `status`, `watch` and `devices` show, as JSON (docs/protocol.md).
 *
 * Easy to get wrong: a value that is too old is "stale" and is not to be shown
 * as the patient's; its age is sent so that a screen can say for how long.
 */
#ifndef DAEMON_CONTROL_STATE_H
#define DAEMON_CONTROL_STATE_H

#include <jansson.h>

#include "daemon/control_host.h"

/* The whole state as of now; a new reference, or NULL when memory is short. */
json_t *control_state(const struct control_host *h, const struct now *now);

json_t *control_devices(const struct control_host *h, const struct now *now);

/* The open alarms of a bed (beds_n: the box). */
json_t *control_alarms(const struct control_host *h, size_t bed,
    const struct now *now);

/* The limits of a bed's session, or of the site while it is idle. */
json_t *control_limits(const struct control_host *h, size_t bed);

#endif
