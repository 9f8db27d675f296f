/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tells when device nodes or their stable names come and go: inotify on /dev,
 * and on /dev/serial/by-id and by-path once they exist.
 *
 * Easy to get wrong: a netlink monitor receives nothing in a private network
 * namespace (measured), and the by-id folder appears only with the first
 * adapter.  Ports poll every 2 s besides.
 */
#ifndef DAEMON_HOTPLUG_H
#define DAEMON_HOTPLUG_H

#include <systemd/sd-event.h>

#include "schemas/vital.h"

struct hotplug;

/* dev is "/dev"; tests name another folder. */
int hotplug_new(struct hotplug **out, sd_event *loop, const char *dev,
    void (*changed)(void *arg), void *arg) MUST_CHECK;
void hotplug_free(struct hotplug *h);

#endif
