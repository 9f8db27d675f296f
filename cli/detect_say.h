/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What was heard on a port, for people and for scripts, and what to put into
 * the configuration.
 *
 * Easy to get wrong: a suggestion is for a person to paste.  It holds only keys
 * that vitalsd.yaml(5) has, and of the line only what is not the driver's own.
 */
#ifndef CLI_DETECT_SAY_H
#define CLI_DETECT_SAY_H

#include "cli/cli.h"
#include "cli/detect_hear.h"

/* "doubt: too few frames to tell" */
#define SAY_VERDICT TTY_WHY
void say_verdict(const struct heard_claim *c, char out[SAY_VERDICT]);

/* The table, and below it what a person can do where nobody is sure; 0 or
 * -ENOMEM. */
int say_port(FILE *out, const struct detect_port *p, const struct hearing *h,
    bool probed) MUST_CHECK;

/* Whether this port can stand in a configuration; if not, why is said. */
bool say_can_suggest(const struct detect_port *p, const char **why);

/* The entry of a bed's monitors, and what stands before the first one. */
void say_beds(FILE *out);
void say_monitor(FILE *out, const struct detect_port *p,
    const struct hearing *h, size_t number);

/* One line for each setting and driver, and one for the port. */
void say_json(FILE *out, const struct detect_port *p,
    const struct hearing *h);

#endif
