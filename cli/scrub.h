/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `record` and `scrub` say of recordings from which names were taken.
 *
 * Easy to get wrong: of most drivers nothing is known that would have to be
 * taken out, which is not the same as that there is nothing.
 */
#ifndef CLI_SCRUB_H
#define CLI_SCRUB_H

#include "cli/cli.h"
#include "review/scrubber.h"

/* For a capture's header, key "scrubbed": whether it was, or why not. */
const char *scrub_header(const struct driver *d, bool asked);

/* What was replaced, some lines on c->out. */
void scrub_say(struct cli *c, const struct driver *d,
    const struct scrubber *s);

#endif
