/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Where a configured port is at this moment, and whether what is plugged in
 * there is the device that the configuration expects.
 *
 * Easy to get wrong: to be asked at every opening.  A socket or a path says
 * where, not who: another patient's adapter may be in it by now.
 */
#ifndef DAEMON_PLACE_H
#define DAEMON_PLACE_H

#include "daemon/transport.h"

/* Puts into 'path' what transport_open() is to be given, and into 'usb' the
 * device that is there, as the configuration would name it; "" if it is not on
 * USB.  On failure 'why' gets a sentence for people, and the result is -ENOENT
 * (no such adapter), -ENOTUNIQ (more than one answers to the name),
 * -EMEDIUMTYPE (another device than expected: not to be read) or another
 * negative errno.  A path that leads nowhere is no failure here: opening it
 * says so. */
int place_find(const struct config_port *c, char path[TTY_DEVICE],
    char usb[USB_TEXT], char why[TTY_WHY]) MUST_CHECK;

#endif
