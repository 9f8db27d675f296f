/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The methods that decide when a bed's alarms are raised: its baseline and its
 * limits.
 *
 * Easy to get wrong: a new limit counts for this session of this bed only; the
 * site's own are changed in vitalsd.yaml.
 */
#ifndef DAEMON_CONTROL_LIMITS_H
#define DAEMON_CONTROL_LIMITS_H

#include "daemon/control_call.h"

enum control_error control_baseline_suggest(struct control_call *c) MUST_CHECK;
enum control_error control_baseline_confirm(struct control_call *c) MUST_CHECK;
enum control_error control_limits_show(struct control_call *c) MUST_CHECK;
enum control_error control_limits_set(struct control_call *c) MUST_CHECK;

#endif
