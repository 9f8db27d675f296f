/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of all verbs.
 *
 * Easy to get wrong: their order is that of `vitalsctl help`.
 */
#ifndef CLI_VERBS_H
#define CLI_VERBS_H

#include "cli/cli.h"

extern const struct verb verbs[];	/* ended by one without a name */

#endif
