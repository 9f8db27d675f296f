/* SPDX-License-Identifier: BSD-2-Clause
 *
 * USB adapters by their serial numbers, in a folder that stands for sysfs.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/fake_usb.h"

static int
setup(void **state)
{
	static struct fake_usb u;

	fake_usb_open(&u);
	*state = &u;
	return 0;
}

static int
teardown(void **state)
{
	fake_usb_close(*state);
	return 0;
}

static struct usb_name
named(const char *text)
{
	struct usb_name n;
	const char *fault = usb_parse(text, &n);

	if (fault != NULL)
		fail_msg("%s %s", text, fault);
	return n;
}

static void
a_name_reads_back_as_it_was_written(void **state)
{
	static const char *const text[] = {
		"usb:0403:6001:A5069RR4", "usb:0403:6011:FT4XYZ:if03",
		"usb:1a86:7523", "usb:303a:1001:7C:DF:A1:E0:12:34",
		"usb:10c4:ea60:a serial with blanks", NULL,
	};
	char out[USB_TEXT];
	struct usb_name n;

	(void)state;
	for (size_t i = 0; text[i] != NULL; i++) {
		n = named(text[i]);
		assert_true(n.named);
		usb_format(out, &n);
		assert_string_equal(out, text[i]);
	}
	n = named("usb:0403:6011:FT4XYZ:if03");
	assert_int_equal(n.vendor, 0x0403);
	assert_int_equal(n.product, 0x6011);
	assert_int_equal(n.interface, 3);
	assert_string_equal(n.serial, "FT4XYZ");
	usb_say(out, &n);
	assert_string_equal(out, "0403:6011 FT4XYZ if03");
	/* Colons of its own. */
	n = named("usb:0403:6011:00:1B:2C:3D:4E:01");
	assert_string_equal(n.serial, "00:1B:2C:3D:4E:01");
	assert_int_equal(n.interface, -1);
	/* Capital letters are the same number. */
	n = named("usb:1A86:7523");
	usb_say(out, &n);
	assert_string_equal(out, "1a86:7523");
}

static void
what_is_no_name_says_what_is_wrong(void **state)
{
	static const struct { const char *text, *fault; } wrong[] = {
		{ "0403:6001", "does not begin with usb:" },
		{ "usb:", "has no vendor of four hexadecimal digits" },
		{ "usb:403:6001:A", "has no vendor of four hexadecimal digits" },
		{ "usb:0403", "has no product of four hexadecimal digits" },
		{ "usb:0403:6001:A5069RR4:1",
		  "does not have :if00 or :if01 for its interface" },
		{ "usb:0403:6001:A5069RR4:if1",
		  "does not have :if00 or :if01 for its interface" },
		{ "usb:0403:6001:A5069RR4:IF01",
		  "does not have :if00 or :if01 for its interface" },
		{ "usb:0403:", "has no product of four hexadecimal digits" },
		{ "usb:0403:60011:A",
		  "has no product of four hexadecimal digits" },
		{ "usb:0403:60x1:A",
		  "has no product of four hexadecimal digits" },
		{ "usb:0403:6001:",
		  "has no serial number behind its last colon" },
		{ "usb:0403:6001:0123456789012345678901234567890123456789012345"
		  "678901234567890123", "has too long a serial number" },
	};
	struct usb_name n;

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
		const char *fault = usb_parse(wrong[i].text, &n);

		if (fault == NULL)
			fail_msg("%s was taken", wrong[i].text);
		assert_string_equal(fault, wrong[i].fault);
	}
}

static const struct fake_port ftdi = { "ttyUSB0", "1-1.2", "0403", "6001",
	"A5069RR4", "A5069RR4", "00", NULL };

static void
an_adapter_is_found_by_its_serial_number_under_any_number(void **state)
{
	struct fake_usb *u = *state;
	struct usb_name name = named("usb:0403:6001:A5069RR4");
	struct fake_port moved = ftdi;
	struct usb_port found[2];

	assert_int_equal(usb_find(&name, found), 0);
	fake_usb_plug(u, &ftdi);
	fake_usb_plug(u, &(struct fake_port){ "ttyS0", NULL, NULL, NULL, NULL,
		NULL, NULL, NULL });
	fake_usb_plug(u, &(struct fake_port){ "ttyUSB1", "1-1.3", "0403",
		"6001", "ANOTHER", NULL, "00", NULL });
	assert_int_equal(usb_find(&name, found), 1);
	assert_string_equal(found[0].tty, "ttyUSB0");
	assert_string_equal(found[0].where, "1-1.2");
	fake_usb_unplug(u, "1-1.2");
	assert_int_equal(usb_find(&name, found), 0);
	moved.tty = "ttyUSB7";
	moved.where = "2-4";
	fake_usb_plug(u, &moved);
	assert_int_equal(usb_find(&name, found), 1);
	assert_string_equal(found[0].tty, "ttyUSB7");
	assert_string_equal(found[0].where, "2-4");
}

static void
a_serial_number_is_taken_as_the_device_or_as_udev_spells_it(void **state)
{
	struct fake_usb *u = *state;
	struct usb_name own = named("usb:10c4:ea60:GE 01 ");
	struct usb_name udev = named("usb:10c4:ea60:GE_01");
	struct usb_name other = named("usb:10c4:ea60:GE-01");
	struct usb_port found[2];

	fake_usb_plug(u, &(struct fake_port){ "ttyUSB0", "1-1", "10c4", "ea60",
		"GE 01 ", "GE_01", "00", NULL });
	assert_int_equal(usb_find(&own, found), 1);
	assert_int_equal(usb_find(&udev, found), 1);
	assert_int_equal(usb_find(&other, found), 0);
}

/* Cheap adapters all say 0001. */
static void
two_adapters_of_one_serial_number_are_both_told(void **state)
{
	struct fake_usb *u = *state;
	struct usb_name name = named("usb:10c4:ea60:0001");
	struct usb_port found[2];

	fake_usb_plug(u, &(struct fake_port){ "ttyUSB10", "1-3", "10c4",
		"ea60", "0001", NULL, "00", NULL });
	fake_usb_plug(u, &(struct fake_port){ "ttyUSB2", "1-2", "10c4",
		"ea60", "0001", NULL, "00", NULL });
	fake_usb_plug(u, &(struct fake_port){ "ttyUSB1", "1-1", "10c4",
		"ea60", "0001", NULL, "00", NULL });
	assert_int_equal(usb_find(&name, found), 3);
	assert_string_equal(found[0].tty, "ttyUSB1");
	assert_string_equal(found[1].tty, "ttyUSB2");
	assert_string_equal(found[1].where, "1-2");
}

static void
of_an_adapter_with_several_ports_the_interface_tells_which(void **state)
{
	struct fake_usb *u = *state;
	struct usb_name any = named("usb:0403:6011:FT4"),
	    second = named("usb:0403:6011:FT4:if01"),
	    fifth = named("usb:0403:6011:FT4:if04");
	struct usb_port found[2];

	for (int i = 0; i < 4; i++) {
		char tty[16], face[4];

		snprintf(tty, sizeof tty, "ttyUSB%d", i);
		snprintf(face, sizeof face, "%02x", (unsigned)i);
		fake_usb_plug(u, &(struct fake_port){ tty, "1-1", "0403",
			"6011", "FT4", NULL, face, NULL });
	}
	assert_int_equal(usb_find(&any, found), 4);
	assert_int_equal(usb_find(&second, found), 1);
	assert_string_equal(found[0].tty, "ttyUSB1");
	assert_int_equal(usb_find(&fifth, found), 0);
	assert_true(usb_overlap(&any, &second));
	assert_false(usb_overlap(&second, &fifth));
}

static void
the_device_behind_a_node_is_told_by_its_number(void **state)
{
	struct fake_usb *u = *state;
	struct usb_name name = named("usb:0403:6001:A5069RR4"),
	    model = named("usb:0403:6001"), other = named("usb:0403:6001:B");
	struct fake_port p = ftdi;
	struct usb_port found;
	char link[PATH_MAX];

	p.device = "/dev/null";		/* a node that every machine has */
	fake_usb_plug(u, &p);
	snprintf(link, sizeof link, "%s/dev/ttyUSB0", u->root);
	assert_int_equal(usb_identify(link, &found), 0);
	assert_true(usb_is(&found, &name));
	assert_true(usb_is(&found, &model));
	assert_false(usb_is(&found, &other));
	assert_int_equal(usb_identify("/dev/zero", &found), -ENODEV);
	assert_int_equal(usb_identify("/dev/no-such", &found), -ENOENT);
	assert_int_equal(usb_identify("/tmp", &found), -ENOTTY);
	/* Half of it is gone while it is looked at. */
	fake_usb_run(fake_usb_text("rm %s/sys/devices/usb1/1-1.2/idProduct",
	    u->root));
	assert_int_equal(usb_identify(link, &found), -ENODEV);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_name_reads_back_as_it_was_written),
		TEST(what_is_no_name_says_what_is_wrong),
		TEST(an_adapter_is_found_by_its_serial_number_under_any_number),
		TEST(a_serial_number_is_taken_as_the_device_or_as_udev_spells_it),
		TEST(two_adapters_of_one_serial_number_are_both_told),
		TEST(of_an_adapter_with_several_ports_the_interface_tells_which),
		TEST(the_device_behind_a_node_is_told_by_its_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
