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

#define CONTROL_PAGE 32		/* beds in one message, so that none is large and
				 * none holds the loop up for long */

/* The beds of one message. */
struct control_page {
	size_t bed[CONTROL_PAGE];
	size_t n;
	size_t next;		/* the bed after a page in order; beds_n: none */
};

/* The page that begins with the bed 'from'. */
void control_page(const struct control_host *h, size_t from,
    struct control_page *out);

/* The state as of now, with these beds and what the box says of them and of
 * itself; a new reference, or NULL when memory is short. */
json_t *control_state(const struct control_host *h, const struct now *now,
    const struct control_page *page);

/* The ports of these beds. */
json_t *control_devices(const struct control_host *h, const struct now *now,
    const struct control_page *page);

/* The open alarms of a bed. */
json_t *control_alarms(const struct control_host *h, size_t bed,
    const struct now *now);

/* What the box says of these beds, and its own (where asked for). */
json_t *control_box_alarms(const struct control_host *h,
    const struct control_page *page, bool own, const struct now *now);

/* Where to go on after the page: a number, or null at the end. */
json_t *control_next(const struct control_host *h,
    const struct control_page *page);

/* The limits of a bed's session, or of the site while it is idle. */
json_t *control_limits(const struct control_host *h, size_t bed);

#endif
