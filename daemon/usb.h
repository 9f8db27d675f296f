/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Which USB device a serial port belongs to: vendor, product and serial number,
 * as sysfs and udev's data say, without libudev.
 *
 * Easy to get wrong: a serial number has two spellings.  The device's own may
 * hold blanks; udev, and so the links in /dev/serial/by-id, put '_' for them.
 * Either is taken.  And an adapter may have several ports under one number.
 */
#ifndef DAEMON_USB_H
#define DAEMON_USB_H

#include "schemas/vital.h"

#define USB_SERIAL_MAX 64

/* A device as people name it. */
struct usb_name {
	bool named;			/* false: nothing is said of it */
	uint16_t vendor, product;
	int16_t interface;		/* -1: any */
	char serial[USB_SERIAL_MAX];	/* "": any, or (of a device that was
					 * found) none */
};

/* A serial port that was found on USB. */
struct usb_port {
	struct usb_name name;
	char udev_serial[USB_SERIAL_MAX];	/* "": udev says none */
	char tty[32];		/* the kernel's name: "ttyUSB0" */
	char where[32];		/* the socket: "1-1.2" */
};

/* Reads usb:VENDOR:PRODUCT[:SERIAL[:ifNN]], numbers in hex as lsusb shows them.
 * Returns NULL, or what is wrong with it as the end of a sentence. */
const char *usb_parse(const char *text, struct usb_name *out) MUST_CHECK;

/* "usb:0403:6001:A5069RR4:if00": reads back as the same. */
#define USB_TEXT (USB_SERIAL_MAX + 24)
void usb_format(char out[USB_TEXT], const struct usb_name *n);

/* "0403:6001 A5069RR4", for sentences. */
void usb_say(char out[USB_TEXT], const struct usb_name *n);

bool usb_equal(const struct usb_name *a, const struct usb_name *b) MUST_CHECK;

/* Whether one port may answer to both names. */
bool usb_overlap(const struct usb_name *a, const struct usb_name *b)
    MUST_CHECK;

/* Whether the port that was found answers to the name. */
bool usb_is(const struct usb_port *found, const struct usb_name *name)
    MUST_CHECK;

/* The serial ports on USB that answer to the name: returns how many, of which
 * the first two by their names are in found[]; negative errno. */
int usb_find(const struct usb_name *name, struct usb_port found[2]) MUST_CHECK;

/* The USB device behind a device node, or a link to one.  -ENODEV: it is there
 * and not on USB; another negative errno: it cannot be looked at. */
int usb_identify(const char *path, struct usb_port *out) MUST_CHECK;

/* What stands before /sys, /dev and /run/udev: "", but in tests. */
extern const char *usb_root;

#endif
