/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See usb.h.  In sysfs, /sys/class/tty/NAME (and /sys/dev/char/MAJOR:MINOR) has
 * a link 'device', which leads some levels below the USB device:
 *
 *	.../usb1/1-1/1-1.2/1-1.2:1.0/ttyUSB0
 *	           |       |
 *	           |       bInterfaceNumber
 *	           idVendor, idProduct, serial
 *
 * Easy to get wrong: anything may vanish while it is looked at.  What is half
 * gone counts as not there.
 */
#include "daemon/usb.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

const char *usb_root = "";

/* Exactly n hex digits; -1 if they are not there. */
static int
hex(const char *s, size_t n)
{
	unsigned v = 0;

	for (size_t i = 0; i < n; i++) {
		char c = s[i];

		if (!isxdigit((unsigned char)c))
			return -1;
		v = v << 4 | (unsigned)(c <= '9' ? c - '0' :
		    (c | 0x20) - 'a' + 10);
	}
	return (int)v;
}

/* Whether what stands behind the last colon is meant for an interface, in another
 * spelling.  A serial number may have colons, as an address of six bytes has. */
static bool
is_like_interface(const char *serial)
{
	const char *last = strrchr(serial, ':');

	if (last == NULL || last == serial)
		return false;
	if (strncasecmp(last, ":if", 3) == 0)
		return true;
	return strchr(serial, ':') == last && strlen(last) <= 3 &&
	    last[strspn(last + 1, "0123456789") + 1] == '\0';
}

const char *
usb_parse(const char *text, struct usb_name *out)
{
	struct usb_name n = { .named = true, .interface = -1 };
	int vendor, product;
	size_t length;

	if (strncmp(text, "usb:", 4) != 0)
		return "does not begin with usb:";
	text += 4;
	vendor = hex(text, 4);
	if (vendor < 0 || (text[4] != ':' && text[4] != '\0'))
		return "has no vendor of four hexadecimal digits";
	text += text[4] == ':' ? 5 : 4;
	product = hex(text, 4);
	if (product < 0 || (text[4] != ':' && text[4] != '\0'))
		return "has no product of four hexadecimal digits";
	text += 4;
	n.vendor = (uint16_t)vendor;
	n.product = (uint16_t)product;
	if (*text == ':') {
		text++;
		length = strlen(text);
		if (length > 5 && strncmp(text + length - 5, ":if", 3) == 0 &&
		    hex(text + length - 2, 2) >= 0) {
			n.interface = (int16_t)hex(text + length - 2, 2);
			length -= 5;
		} else if (is_like_interface(text)) {
			return "does not have :if00 or :if01 for its "
			    "interface";
		}
		if (length == 0)
			return "has no serial number behind its last colon";
		if (length >= sizeof n.serial)
			return "has too long a serial number";
		memcpy(n.serial, text, length);
	}
	*out = n;
	return NULL;
}

void
usb_format(char out[USB_TEXT], const struct usb_name *n)
{
	int used = snprintf(out, USB_TEXT, "usb:%04x:%04x%s%s", n->vendor,
	    n->product, n->serial[0] != '\0' ? ":" : "", n->serial);

	/* Without a serial number nothing can stand behind it. */
	if (n->interface >= 0 && n->serial[0] != '\0')
		snprintf(out + used, USB_TEXT - (size_t)used, ":if%02x",
		    (unsigned)n->interface);
}

void
usb_say(char out[USB_TEXT], const struct usb_name *n)
{
	int used = snprintf(out, USB_TEXT, "%04x:%04x%s%s", n->vendor,
	    n->product, n->serial[0] != '\0' ? " " : "", n->serial);

	if (n->interface >= 0 && n->serial[0] != '\0')
		snprintf(out + used, USB_TEXT - (size_t)used, " if%02x",
		    (unsigned)n->interface);
}

bool
usb_equal(const struct usb_name *a, const struct usb_name *b)
{
	return a->named == b->named && a->vendor == b->vendor &&
	    a->product == b->product && a->interface == b->interface &&
	    strcmp(a->serial, b->serial) == 0;
}

bool
usb_overlap(const struct usb_name *a, const struct usb_name *b)
{
	return a->vendor == b->vendor && a->product == b->product &&
	    strcmp(a->serial, b->serial) == 0 && (a->interface < 0 ||
	    b->interface < 0 || a->interface == b->interface);
}

bool
usb_is(const struct usb_port *found, const struct usb_name *name)
{
	const struct usb_name *f = &found->name;

	return f->vendor == name->vendor && f->product == name->product &&
	    (name->interface < 0 || f->interface == name->interface) &&
	    (name->serial[0] == '\0' || strcmp(name->serial, f->serial) == 0 ||
	    strcmp(name->serial, found->udev_serial) == 0);
}

/* The first line of DIR/NAME; false where there is none. */
static bool
read_line(char *out, size_t size, const char *dir, const char *name)
{
	char path[PATH_MAX];
	int n = snprintf(path, sizeof path, "%s/%s", dir, name), fd;
	ssize_t got;

	if (n < 0 || (size_t)n >= sizeof path)
		return false;
	fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return false;
	got = read(fd, out, size - 1);
	close(fd);
	if (got <= 0)
		return false;
	out[got] = '\0';
	out[strcspn(out, "\n")] = '\0';
	return out[0] != '\0';
}

/* What udev calls the serial number of the device "188:0", if it does. */
static void
ask_udev(char out[USB_SERIAL_MAX], const char *number)
{
	static const char *const key[] = { "E:ID_USB_SERIAL_SHORT=",
		"E:ID_SERIAL_SHORT=" };
	char path[PATH_MAX], line[512];
	FILE *f;

	out[0] = '\0';
	snprintf(path, sizeof path, "%s/run/udev/data/c%s", usb_root, number);
	f = fopen(path, "re");
	while (f != NULL && out[0] == '\0' &&
	    fgets(line, sizeof line, f) != NULL) {
		line[strcspn(line, "\n")] = '\0';
		for (size_t i = 0; i < sizeof key / sizeof key[0]; i++) {
			size_t n = strlen(key[i]);

			if (strncmp(line, key[i], n) == 0 &&
			    strlen(line + n) < USB_SERIAL_MAX)
				strcpy(out, line + n);
		}
	}
	if (f != NULL)
		fclose(f);
}

/* Takes a word into a field as far as there is room. */
static void
keep(char *out, size_t size, const char *word)
{
	size_t n = strnlen(word, size - 1);

	memcpy(out, word, n);
	out[n] = '\0';
}

/* The USB device above a terminal's folder in sysfs: "/sys/class/tty/ttyUSB0".
 * False: there is none. */
static bool
look_at(const char *tty, struct usb_port *out)
{
	char dir[PATH_MAX], path[PATH_MAX], word[256], *slash;
	int n = snprintf(path, sizeof path, "%s/device", tty);
	size_t top = strlen(usb_root) + strlen("/sys");
	int vendor, product;

	memset(out, 0, sizeof *out);
	out->name.interface = -1;
	if (n < 0 || (size_t)n >= sizeof path || realpath(path, dir) == NULL)
		return false;
	for (; strlen(dir) > top && (slash = strrchr(dir, '/')) != NULL;
	    *slash = '\0') {
		if (out->name.interface < 0 &&
		    read_line(word, sizeof word, dir, "bInterfaceNumber"))
			out->name.interface = (int16_t)hex(word, 2);
		if (!read_line(word, sizeof word, dir, "idVendor"))
			continue;
		vendor = hex(word, 4);
		if (!read_line(word, sizeof word, dir, "idProduct"))
			return false;
		product = hex(word, 4);
		if (vendor < 0 || product < 0)
			return false;
		out->name.vendor = (uint16_t)vendor;
		out->name.product = (uint16_t)product;
		if (read_line(word, sizeof word, dir, "serial"))
			keep(out->name.serial, sizeof out->name.serial, word);
		keep(out->where, sizeof out->where, slash + 1);
		if (realpath(tty, path) == NULL)
			return false;
		keep(out->tty, sizeof out->tty, strrchr(path, '/') + 1);
		if (read_line(word, sizeof word, tty, "dev"))
			ask_udev(out->udev_serial, word);
		return out->name.named = true;
	}
	return false;
}

int
usb_find(const struct usb_name *name, struct usb_port found[2])
{
	char dir[PATH_MAX], tty[PATH_MAX + 256];
	struct dirent *e;
	DIR *d;
	int n = 0;

	snprintf(dir, sizeof dir, "%s/sys/class/tty", usb_root);
	d = opendir(dir);
	if (d == NULL)
		return -errno;
	while ((e = readdir(d)) != NULL) {
		struct usb_port p;

		snprintf(tty, sizeof tty, "%s/%s", dir, e->d_name);
		if (e->d_name[0] == '.' || !look_at(tty, &p) ||
		    !usb_is(&p, name))
			continue;
		if (n == 0 || strverscmp(p.tty, found[0].tty) < 0) {
			found[1] = found[0];
			found[0] = p;
		} else if (n == 1 || strverscmp(p.tty, found[1].tty) < 0) {
			found[1] = p;
		}
		n++;
	}
	closedir(d);
	return n;
}

int
usb_identify(const char *path, struct usb_port *out)
{
	char tty[PATH_MAX];
	struct stat st;

	if (stat(path, &st) != 0)
		return -errno;
	if (!S_ISCHR(st.st_mode))
		return -ENOTTY;
	snprintf(tty, sizeof tty, "%s/sys/dev/char/%u:%u", usb_root,
	    major(st.st_rdev), minor(st.st_rdev));
	return look_at(tty, out) ? 0 : -ENODEV;
}
