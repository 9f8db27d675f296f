/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitalsd tells of many beds in pages (docs/protocol.md): an answer ends with
 * "next", where the next page begins, and a `state` notification holds only the
 * beds with news.  Here the pages become one object again.
 *
 * Easy to get wrong: what the box says of a bed ("vitalsd was restarted") comes
 * on the page of that bed, so it is replaced together with it.
 */
#ifndef CLI_PAGES_H
#define CLI_PAGES_H

#include "cli/client.h"

/* client_call(), page after page: the result is as if there had been one. */
int client_call_all(struct client *c, const char *method, json_t *params,
    json_t **result) MUST_CHECK;

/* The page into the whole: beds that are there already are replaced, others
 * come at the end, lists of devices and alarms grow, all else is taken from the
 * page.  *whole may be NULL, and holds a new reference then. */
void pages_merge(json_t **whole, json_t *page);

#endif
