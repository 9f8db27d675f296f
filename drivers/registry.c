/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The list of drivers: the one place that a new driver is entered in.
 *
 * Easy to get wrong: a driver without a capture in tests/captures fails the
 * tests.
 */
#include "drivers/driver.h"

#include <string.h>

extern const struct driver driver_ge_dri;

const struct driver *const drivers[] = {
	&driver_ge_dri,
	NULL,
};

const struct driver *
driver_find(const char *name)
{
	for (size_t i = 0; drivers[i] != NULL; i++) {
		if (strcmp(drivers[i]->name, name) == 0)
			return drivers[i];
	}
	return NULL;
}
