/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See place.h.
 *
 * Easy to get wrong: two adapters that answer to one name are no reason to
 * take the first of them.
 */
#include "daemon/place.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int
find_usb(const struct config_port *c, char path[TTY_DEVICE],
    char usb[USB_TEXT], char why[TTY_WHY])
{
	struct usb_port p[2];
	int n = usb_find(&c->expect, p);

	if (n == 1) {
		snprintf(path, TTY_DEVICE, "%s/dev/%s", usb_root, p[0].tty);
		usb_format(usb, &p[0].name);
		return 0;
	}
	if (n > 1 && strcmp(p[0].where, p[1].where) == 0)
		snprintf(why, TTY_WHY, "the adapter at %s has several ports, "
		    "%s (if%02x) and %s (if%02x)", p[0].where, p[0].tty,
		    (unsigned)p[0].name.interface, p[1].tty,
		    (unsigned)p[1].name.interface);
	else if (n > 1)
		snprintf(why, TTY_WHY, "two adapters answer to this, %s at "
		    "%s and %s at %s", p[0].tty, p[0].where, p[1].tty,
		    p[1].where);
	else if (n == 0)
		snprintf(why, TTY_WHY, "no adapter of this serial number is "
		    "plugged in");
	else
		snprintf(why, TTY_WHY, "USB devices cannot be looked for: %s",
		    strerror(-n));
	return n > 1 ? -ENOTUNIQ : n == 0 ? -ENOENT : n;
}

/* "found 1a86:7523, expected 0403:6001 A5069RR4" */
static void
say_other(char why[TTY_WHY], const struct usb_port *found,
    const struct usb_name *expected)
{
	struct usb_name f = found->name;
	char is[USB_TEXT] = "no USB device", ought[USB_TEXT];

	/* Only where the configuration asks for an interface. */
	if (expected->interface < 0)
		f.interface = -1;
	if (f.named)
		usb_say(is, &f);
	usb_say(ought, expected);
	snprintf(why, TTY_WHY, "another device is plugged in here: found "
	    "%.60s, expected %.60s", is, ought);
}

int
place_find(const struct config_port *c, char path[TTY_DEVICE],
    char usb[USB_TEXT], char why[TTY_WHY])
{
	const char *socket = config_socket_path(c->path);
	struct usb_port found = { 0 };
	int r;

	usb[0] = why[0] = '\0';
	if (config_port_is_usb(c))
		return find_usb(c, path, usb, why);
	snprintf(path, TTY_DEVICE, "%s", socket != NULL ? socket : c->path);
	if (socket != NULL)
		return 0;
	r = usb_identify(path, &found);
	if (r == 0)
		usb_format(usb, &found.name);
	if (!c->expect.named || (r != 0 && r != -ENODEV) ||
	    (r == 0 && usb_is(&found, &c->expect)))
		return 0;
	say_other(why, &found, &c->expect);
	return -EMEDIUMTYPE;
}
