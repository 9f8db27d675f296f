/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A simulated monitor: it looks at a patient, suffers mishaps, and puts bytes
 * on a line.  What the bytes look like is its driver's simulator side
 * (tests/sim/sim_*.c), one constant struct per protocol.
 *
 * Easy to get wrong: nothing here reads a clock.  Time is milliseconds since
 * the scenario began and is passed in; the caller calls monitor_step() at
 * due_ms, not late.
 */
#ifndef SIM_MONITOR_H
#define SIM_MONITOR_H

#include "tests/sim/patient.h"

#define SIM_OUT_MAX 4096	/* bytes that one step may yield, noise included */
#define SIM_NEVER INT64_MAX

enum probe { PROBE_ON, PROBE_OFF, PROBE_OUT };

/* What the oximeter makes of its probe just now. */
enum probe_view {
	SEES_PULSE,
	SEES_SEARCHING,		/* back on, not yet locked */
	SEES_HELD,		/* just off: old numbers, flagged */
	SEES_OFF,
	SEES_NO_PROBE,
};

enum cuff_phase {
	CUFF_IDLE,
	CUFF_MEASURING,		/* the old result still stands */
	CUFF_CLOSING,		/* the new result stands, deflating */
};

struct cuff {
	int64_t every_ms;	/* 0: only when told */
	int64_t takes_ms;
	int64_t next_ms;	/* next automatic start; SIM_NEVER */
	enum cuff_phase phase;
	int64_t began_ms;
	int64_t ended_ms;	/* when the last good measurement ended */
	bool fail;		/* this measurement will fail */
	bool failed;		/* the last one did */
	bool has;		/* there is a result */
	int sys, dia, map, pr;
};
#define CUFF_CLOSING_MS 2000	/* new values before the cuff is done (B5) */

struct monitor {
	char name[PORT_NAME_MAX];
	const struct sim_driver *driver;
	const struct patient *patient;
	int64_t epoch_ms;	/* the monitor's own clock at time 0 */
	bool powered, cabled, silent, lead_off, demo;
	enum probe probe;
	int64_t probe_ms;	/* since when */
	bool is_frozen;		/* shows these, whatever the patient does */
	double frozen[VITALS];
	double noise;		/* chance that a byte suffers */
	uint64_t random;
	size_t garbage_n;	/* random bytes to put out at the next step */
	struct cuff cuff;
	int64_t due_ms;		/* next bytes; SIM_NEVER: when asked */
	char said[120];		/* what it just did; the reader empties it */
	union {
		unsigned char byte[512];
		int64_t align;
	} state;		/* of its driver's side */
};

/* What a kind of monitor has. */
enum sim_has {
	SIM_PROBE = 1, SIM_LEAD = 2, SIM_CUFF = 4,
	SIM_DEMO = 8,		/* a demo mode, which its format marks */
};

/* The simulator's side of one protocol. */
struct sim_driver {
	const char *name;	/* as in drivers/registry.c */
	unsigned has;		/* enum sim_has */
	/* Switched on: prepares the state, sets due_ms. */
	void (*start)(struct monitor *m, int64_t t_ms);
	/* Bytes from the host.  NULL: it does not listen. */
	void (*hear)(struct monitor *m, int64_t t_ms, const uint8_t *p,
	    size_t n);
	/* What is due at t_ms; moves due_ms on.  Returns the length. */
	size_t (*emit)(struct monitor *m, int64_t t_ms,
	    uint8_t out[SIM_OUT_MAX / 2]);
};

/* All of them, ended by NULL; and the one of that name, or NULL. */
extern const struct sim_driver *const sim_drivers[];
const struct sim_driver *sim_driver_find(const char *name);

/* Plugged in and switched on at t_ms; it has long been running. */
void monitor_init(struct monitor *m, const char *name,
    const struct sim_driver *d, const struct patient *p, uint64_t seed);
void monitor_power(struct monitor *m, int64_t t_ms, bool on);
void monitor_freeze(struct monitor *m, int64_t t_ms, bool on);
void monitor_probe(struct monitor *m, int64_t t_ms, enum probe probe);
/* False: it is off, or measures already. */
bool monitor_cuff(struct monitor *m, int64_t t_ms, bool fail);
void monitor_cuff_every(struct monitor *m, int64_t t_ms, int64_t every_ms);

/* Moves the cuff on; call it a few times a second. */
void monitor_tick(struct monitor *m, int64_t t_ms);

/* Yields the bytes that are due at t_ms, as they leave the cable. */
size_t monitor_step(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX])
    MUST_CHECK;
void monitor_hear(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n);

/* For the drivers' sides: what it shows at t_ms, rounded to 1/scale. */
int monitor_shows(const struct monitor *m, enum vital v, int64_t t_ms,
    int scale);
enum probe_view monitor_sees(const struct monitor *m, int64_t t_ms);
int cuff_pressure(const struct cuff *c, int64_t t_ms);	/* mmHg */
int64_t monitor_clock_s(const struct monitor *m, int64_t t_ms);

#endif
