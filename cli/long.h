/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A verb that takes long: how far it is, on a terminal, and being interrupted
 * in order.
 *
 * Easy to get wrong: signals are blocked from long_begin() to long_end(), so
 * everything in between must ask long_go_on() every second or so.
 */
#ifndef CLI_LONG_H
#define CLI_LONG_H

#include "cli/cli.h"

#include <signal.h>

struct long_run {
	struct cli *c;
	int signals;		/* descriptor */
	sigset_t before;
	bool terminal, stopped;
	int64_t shown_ms;
	size_t width;		/* of what stands on the terminal's line */
};

void long_begin(struct long_run *l, struct cli *c);
void long_end(struct long_run *l);

/* Shows "what 12 %"; false when SIGINT, SIGTERM or SIGHUP has come.  'l' is a
 * struct long_run. */
bool long_go_on(void *l, const char *what, int64_t done, int64_t total);

/* Takes away what stands on the line, before other output. */
void long_clear(struct long_run *l);

#endif
