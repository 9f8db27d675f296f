/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Devices that come and go in a folder that stands for /dev.
 */
#include "daemon/hotplug.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct fixture {
	char dev[PATH_MAX];
	sd_event *loop;
	struct hotplug *hotplug;
	int changes;
};

static void
count(void *arg)
{
	struct fixture *f = arg;

	f->changes++;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	assert_non_null(f);
	strcpy(f->dev, "/tmp/vitalsd-dev-XXXXXX");
	assert_non_null(mkdtemp(f->dev));
	assert_true(sd_event_new(&f->loop) >= 0);
	assert_int_equal(hotplug_new(&f->hotplug, f->loop, f->dev, count, f),
	    0);
	*state = f;
	return 0;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	char command[PATH_MAX + 16];

	hotplug_free(f->hotplug);
	sd_event_unref(f->loop);
	snprintf(command, sizeof(command), "rm -rf %s", f->dev);
	assert_int_equal(system(command), 0);
	free(f);
	return 0;
}

static const char *
in_dev(const struct fixture *f, const char *name)
{
	static char path[2 * PATH_MAX];

	snprintf(path, sizeof(path), "%s/%s", f->dev, name);
	return path;
}

static void
make(const struct fixture *f, const char *name)
{
	int fd = open(in_dev(f, name), O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

/* How often changes were told since the last call; what inotify has to say is
 * there as soon as the file operation has returned. */
static int
changes(struct fixture *f)
{
	int n;

	while (sd_event_run(f->loop, 0) > 0)
		continue;
	n = f->changes;
	f->changes = 0;
	return n;
}

static void
a_port_that_appears_or_goes_is_told_and_other_devices_are_not(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(changes(f), 0);
	make(f, "ttyUSB0");
	assert_int_equal(changes(f), 1);
	assert_int_equal(chmod(in_dev(f, "ttyUSB0"), 0660), 0);
	assert_int_equal(changes(f), 1);
	make(f, "sda");
	assert_int_equal(changes(f), 0);
	assert_int_equal(unlink(in_dev(f, "ttyUSB0")), 0);
	assert_int_equal(changes(f), 1);
}

static void
names_are_seen_in_folders_that_the_first_adapter_brings_along(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir(in_dev(f, "serial"), 0755), 0);
	assert_int_equal(changes(f), 1);
	assert_int_equal(mkdir(in_dev(f, "serial/by-id"), 0755), 0);
	assert_int_equal(mkdir(in_dev(f, "serial/by-path"), 0755), 0);
	assert_int_equal(changes(f), 1);
	assert_int_equal(symlink("../../ttyUSB0",
	    in_dev(f, "serial/by-id/usb-A")), 0);
	assert_int_equal(changes(f), 1);
	assert_int_equal(symlink("../../ttyUSB0",
	    in_dev(f, "serial/by-path/pci-1")), 0);
	assert_int_equal(changes(f), 1);
	/* udev replaces a link by renaming another one over it. */
	assert_int_equal(symlink("../../ttyUSB1", in_dev(f, "tmp")), 0);
	{
		char from[PATH_MAX * 2];

		strcpy(from, in_dev(f, "tmp"));
		assert_int_equal(rename(from,
		    in_dev(f, "serial/by-id/usb-A")), 0);
	}
	assert_int_equal(changes(f), 1);
}

static void
folders_that_vanished_and_came_back_are_watched_again(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 3; i++) {
		assert_int_equal(mkdir(in_dev(f, "serial"), 0755), 0);
		assert_int_equal(mkdir(in_dev(f, "serial/by-id"), 0755), 0);
		assert_true(changes(f) > 0);
		make(f, "serial/by-id/usb-A");
		assert_int_equal(changes(f), 1);
		assert_int_equal(unlink(in_dev(f, "serial/by-id/usb-A")), 0);
		assert_int_equal(rmdir(in_dev(f, "serial/by-id")), 0);
		assert_int_equal(rmdir(in_dev(f, "serial")), 0);
		assert_true(changes(f) > 0);
	}
}

static void
many_changes_at_once_are_told_once(void **state)
{
	struct fixture *f = *state;
	char name[32];

	for (int i = 0; i < 200; i++) {
		snprintf(name, sizeof(name), "ttyUSB%d", i);
		make(f, name);
	}
	assert_int_equal(changes(f), 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    a_port_that_appears_or_goes_is_told_and_other_devices_are_not,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    names_are_seen_in_folders_that_the_first_adapter_brings_along,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    folders_that_vanished_and_came_back_are_watched_again,
		    setup, teardown),
		cmocka_unit_test_setup_teardown(
		    many_changes_at_once_are_told_once, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
