/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A folder that stands for /: the parts of sysfs, /dev and /run/udev in which
 * USB serial adapters show.
 *
 * Easy to get wrong: usb_root is global; fake_usb_close() puts it back.
 */
#ifndef TESTS_UNIT_FAKE_USB_H
#define TESTS_UNIT_FAKE_USB_H

#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "daemon/usb.h"

struct fake_usb {
	char root[64];
};

/* One port of an adapter. */
struct fake_port {
	const char *tty;	/* "ttyUSB0" */
	const char *where;	/* the socket: "1-1.2"; NULL: not on USB */
	const char *vendor, *product;
	const char *serial;	/* NULL: it has none */
	const char *udev;	/* its serial number as udev has it; NULL: the
				 * same file is not there */
	const char *interface;	/* "00" */
	const char *device;	/* the node that /dev/TTY leads to; NULL: none */
};

static inline char *__attribute__((format(printf, 1, 2)))
fake_usb_text(const char *format, ...)
{
	va_list ap;
	char *s;

	va_start(ap, format);
	if (vasprintf(&s, format, ap) < 0)
		abort();
	va_end(ap);
	return s;
}

/* Runs a command, which is let go. */
static inline void
fake_usb_run(char *command)
{
	if (system(command) != 0)
		abort();
	free(command);
}

static inline void
fake_usb_file(const char *dir, const char *name, const char *text)
{
	char *path = fake_usb_text("%s/%s", dir, name);
	FILE *f = fopen(path, "w");

	if (f == NULL || fprintf(f, "%s\n", text) < 0 || fclose(f) != 0)
		abort();
	free(path);
}

static inline void
fake_usb_link(const char *to, const char *dir, const char *name)
{
	char *path = fake_usb_text("%s/%s", dir, name);

	(void)unlink(path);
	if (symlink(to, path) != 0)
		abort();
	free(path);
}

static inline void
fake_usb_open(struct fake_usb *u)
{
	strcpy(u->root, "/tmp/vitalsd-usb-XXXXXX");
	if (mkdtemp(u->root) == NULL)
		abort();
	fake_usb_run(fake_usb_text("cd %s && mkdir -p dev sys/class/tty "
	    "sys/dev/char run/udev/data", u->root));
	usb_root = u->root;
}

static inline void
fake_usb_close(struct fake_usb *u)
{
	fake_usb_run(fake_usb_text("rm -rf %s", u->root));
	usb_root = "";
}

static inline void
fake_usb_plug(const struct fake_usb *u, const struct fake_port *p)
{
	char *usb = fake_usb_text("%s/sys/devices/%s/%s", u->root,
	    p->where != NULL ? "usb1" : "pnp0",
	    p->where != NULL ? p->where : "00:05");
	char *face = fake_usb_text("%s/if%s", usb,
	    p->interface != NULL ? p->interface : "");
	char *tty = fake_usb_text("%s/%s/tty/%s", face, p->tty, p->tty);
	char *class = fake_usb_text("%s/sys/class/tty", u->root);
	char *numbers = fake_usb_text("%s/sys/dev/char", u->root);
	char *udev = fake_usb_text("%s/run/udev/data", u->root);
	char *dev = fake_usb_text("%s/dev", u->root);
	struct stat st = { .st_rdev = makedev(188,
	    atoi(p->tty + strcspn(p->tty, "0123456789"))) };
	char *number, *name;

	if (p->device != NULL && stat(p->device, &st) != 0)
		abort();
	number = fake_usb_text("%u:%u", major(st.st_rdev), minor(st.st_rdev));
	name = fake_usb_text("c%s", number);
	fake_usb_run(fake_usb_text("mkdir -p %s", tty));
	if (p->where != NULL) {
		fake_usb_file(usb, "idVendor", p->vendor);
		fake_usb_file(usb, "idProduct", p->product);
		fake_usb_file(face, "bInterfaceNumber", p->interface);
		if (p->serial != NULL)
			fake_usb_file(usb, "serial", p->serial);
	}
	fake_usb_file(tty, "dev", number);
	fake_usb_link("../..", tty, "device");
	fake_usb_link(tty, class, p->tty);
	fake_usb_link(tty, numbers, number);
	if (p->udev != NULL) {
		char *text = fake_usb_text("S:serial/by-id/x\n"
		    "E:ID_SERIAL=maker_model_%s\nE:ID_SERIAL_SHORT=%s",
		    p->udev, p->udev);

		fake_usb_file(udev, name, text);
		free(text);
	}
	if (p->device != NULL)
		fake_usb_link(p->device, dev, p->tty);
	free(usb), free(face), free(tty), free(class), free(numbers);
	free(udev), free(dev), free(number), free(name);
}

/* The adapter in that socket goes, with all that led to it. */
static inline void
fake_usb_unplug(const struct fake_usb *u, const char *where)
{
	fake_usb_run(fake_usb_text("cd %s && rm -rf sys/devices/usb1/%s && "
	    "find sys/class sys/dev -xtype l -delete", u->root, where));
}

#endif
