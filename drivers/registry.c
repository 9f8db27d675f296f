/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The list of drivers: the one place that a new driver is entered in.
 *
 * Easy to get wrong: a driver without a capture in tests/captures fails the
 * tests.
 */
#include "drivers/driver.h"

#include <string.h>

extern const struct driver driver_accutorr;
extern const struct driver driver_berry_bci;
extern const struct driver driver_berry_pm6750;
extern const struct driver driver_biolight_a8;
extern const struct driver driver_capnostat;
extern const struct driver driver_capnostream;
extern const struct driver driver_contec_v5;
extern const struct driver driver_contec_v7;
extern const struct driver driver_datex_3900;
extern const struct driver driver_ge_dri;
extern const struct driver driver_hl7;
extern const struct driver driver_hl7_pds;
extern const struct driver driver_ieee11073;
extern const struct driver driver_ivy_ansarb;
extern const struct driver driver_line;
extern const struct driver driver_masimo_ascii1;
extern const struct driver driver_medlab_nibp;
extern const struct driver driver_micropod;
extern const struct driver driver_nellcor;
extern const struct driver driver_nonin_1;
extern const struct driver driver_nonin_2;
extern const struct driver driver_nonin_7;
extern const struct driver driver_nonin_8;
extern const struct driver driver_nonin_ascii;
extern const struct driver driver_phasein;
extern const struct driver driver_philips_intellivue;
extern const struct driver driver_suntech;
extern const struct driver driver_welchallyn_co2;

const struct driver *const drivers[] = {
	&driver_accutorr,
	&driver_berry_bci,
	&driver_berry_pm6750,
	&driver_biolight_a8,
	&driver_capnostat,
	&driver_capnostream,
	&driver_contec_v5,
	&driver_contec_v7,
	&driver_datex_3900,
	&driver_ge_dri,
	&driver_hl7,
	&driver_hl7_pds,
	&driver_ieee11073,
	&driver_ivy_ansarb,
	&driver_line,
	&driver_masimo_ascii1,
	&driver_medlab_nibp,
	&driver_micropod,
	&driver_nellcor,
	&driver_nonin_1,
	&driver_nonin_2,
	&driver_nonin_7,
	&driver_nonin_8,
	&driver_nonin_ascii,
	&driver_phasein,
	&driver_philips_intellivue,
	&driver_suntech,
	&driver_welchallyn_co2,
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

bool
driver_is_kin(const struct driver *a, const struct driver *b)
{
	for (size_t i = 0; a->kin != NULL && a->kin[i] != NULL; i++) {
		if (strcmp(a->kin[i], b->name) == 0)
			return true;
	}
	return false;
}
