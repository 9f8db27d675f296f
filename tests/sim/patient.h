/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A simulated patient: what his body does, whoever measures it.  Two monitors
 * on one bed see the same patient.
 *
 * Easy to get wrong: a value is a function of time alone (and of the seed), so
 * it does not matter how often, by whom or in which order it is looked at.
 */
#ifndef SIM_PATIENT_H
#define SIM_PATIENT_H

#include "schemas/record.h"

/* One vital on its way to a level that was asked for, and perhaps back. */
struct course {
	bool set;
	bool home;		/* the goal is the patient's own level */
	double from, to;
	int64_t start_ms, over_ms;
	int64_t hold_ms;	/* at the goal before it goes home; -1: stays */
};

struct patient {
	char name[BED_MAX];
	uint64_t seed;
	double variability;	/* 1: as in life; 0: exact levels */
	double base[VITALS];
	double response[VITALS];	/* added at the height of the infusion */
	int64_t within_ms;	/* the response is nearly (95 %) reached */
	bool infusing;
	double effect;		/* 0..1, when infusing last changed */
	int64_t changed_ms;
	struct course course[VITALS];
};

/* An adult at rest, named, nothing going on. */
void patient_init(struct patient *p, const char *name, uint64_t seed);

/* Whether scenarios may name this vital: what follows from others (the mean
 * pressure, the cuff's pulse) they may not. */
bool patient_has(enum vital v);

void patient_infuse(struct patient *p, int64_t t_ms, bool on);

/* Sends a vital to a level (in its unit) within over_ms; for_ms after that it
 * goes back as fast as it came.  for_ms < 0: it stays. */
void patient_send(struct patient *p, int64_t t_ms, enum vital v, double to,
    int64_t over_ms, int64_t for_ms);
void patient_release(struct patient *p, int64_t t_ms, enum vital v,
    int64_t over_ms);

/* The level without the small variations, and the true value with them; in
 * the vital's unit. */
double patient_level(const struct patient *p, enum vital v, int64_t t_ms);
double patient_value(const struct patient *p, enum vital v, int64_t t_ms);

/* The next number of a reproducible series. */
uint64_t random_next(uint64_t *state);
/* The same in [0, 1). */
double random_unit(uint64_t *state);

#endif
