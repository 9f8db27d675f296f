/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What all simulated monitors have in common: power, probe, cuff and a line
 * that may be noisy or cut.
 *
 * Easy to get wrong: a monitor whose cable is out goes on as before, it only
 * talks to nobody; one that was switched off has forgotten who asked it.
 */
#include "tests/sim/monitor.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

/* An oximeter takes some seconds to lock on to a pulse, and some hold their
 * last numbers for a moment after the probe has come off. */
#define SEARCH_MS 4000
#define HELD_MS 2000
#define LONG_AGO_MS (-3600 * 1000)

extern const struct sim_driver sim_accutorr;
extern const struct sim_driver sim_berry_bci;
extern const struct sim_driver sim_berry_pm6750;
extern const struct sim_driver sim_biolight_a8;
extern const struct sim_driver sim_capnostat;
extern const struct sim_driver sim_capnostream;
extern const struct sim_driver sim_contec_v5;
extern const struct sim_driver sim_contec_v7;
extern const struct sim_driver sim_datex_3900;
extern const struct sim_driver sim_ge_dri;
extern const struct sim_driver sim_hl7;
extern const struct sim_driver sim_hl7_pds;
extern const struct sim_driver sim_ieee11073;
extern const struct sim_driver sim_ivy_ansarb;
extern const struct sim_driver sim_line;
extern const struct sim_driver sim_masimo_ascii1;
extern const struct sim_driver sim_medlab_nibp;
extern const struct sim_driver sim_micropod;
extern const struct sim_driver sim_nellcor;
extern const struct sim_driver sim_nonin_1;
extern const struct sim_driver sim_nonin_2;
extern const struct sim_driver sim_nonin_7;
extern const struct sim_driver sim_nonin_8;
extern const struct sim_driver sim_nonin_ascii;
extern const struct sim_driver sim_phasein;
extern const struct sim_driver sim_philips_intellivue;
extern const struct sim_driver sim_suntech;
extern const struct sim_driver sim_welchallyn_co2;

const struct sim_driver *const sim_drivers[] = {
	&sim_accutorr,
	&sim_berry_bci,
	&sim_berry_pm6750,
	&sim_biolight_a8,
	&sim_capnostat,
	&sim_capnostream,
	&sim_contec_v5,
	&sim_contec_v7,
	&sim_datex_3900,
	&sim_ge_dri,
	&sim_hl7,
	&sim_hl7_pds,
	&sim_ieee11073,
	&sim_ivy_ansarb,
	&sim_line,
	&sim_masimo_ascii1,
	&sim_medlab_nibp,
	&sim_micropod,
	&sim_nellcor,
	&sim_nonin_1,
	&sim_nonin_2,
	&sim_nonin_7,
	&sim_nonin_8,
	&sim_nonin_ascii,
	&sim_phasein,
	&sim_philips_intellivue,
	&sim_suntech,
	&sim_welchallyn_co2,
	NULL,
};

const struct sim_driver *
sim_driver_find(const char *name)
{
	for (size_t i = 0; sim_drivers[i] != NULL; i++)
		if (strcmp(sim_drivers[i]->name, name) == 0)
			return sim_drivers[i];
	return NULL;
}

void
monitor_init(struct monitor *m, const char *name, const struct sim_driver *d,
    const struct patient *p, uint64_t seed)
{
	memset(m, 0, sizeof(*m));
	assert(strlen(name) < sizeof(m->name));
	strcpy(m->name, name);
	m->driver = d;
	m->patient = p;
	m->random = seed;
	m->cabled = true;
	m->probe_ms = LONG_AGO_MS;
	m->cuff.takes_ms = 30 * 1000;
	m->cuff.next_ms = SIM_NEVER;
	m->powered = true;
	d->start(m, 0);
}

void
monitor_power(struct monitor *m, int64_t t_ms, bool on)
{
	if (m->powered == on)
		return;
	m->powered = on;
	m->due_ms = SIM_NEVER;
	m->is_frozen = m->demo = false;
	m->cuff.phase = CUFF_IDLE;
	m->cuff.has = m->cuff.failed = false;
	if (!on)
		return;
	memset(&m->state, 0, sizeof(m->state));
	m->probe_ms = t_ms;	/* it has to find the pulse again */
	if (m->cuff.every_ms > 0)
		m->cuff.next_ms = t_ms + m->cuff.every_ms;
	m->driver->start(m, t_ms);
}

void
monitor_freeze(struct monitor *m, int64_t t_ms, bool on)
{
	for (int v = 0; v < VITALS && on; v++)
		m->frozen[v] = patient_value(m->patient, (enum vital)v, t_ms);
	m->is_frozen = on;
}

void
monitor_probe(struct monitor *m, int64_t t_ms, enum probe probe)
{
	if (m->probe == probe)
		return;
	m->probe = probe;
	m->probe_ms = t_ms;
}

bool
monitor_cuff(struct monitor *m, int64_t t_ms, bool fail)
{
	if (!m->powered || m->cuff.phase != CUFF_IDLE)
		return false;
	m->cuff.phase = CUFF_MEASURING;
	m->cuff.began_ms = t_ms;
	m->cuff.fail = fail;
	return true;
}

void
monitor_cuff_every(struct monitor *m, int64_t t_ms, int64_t every_ms)
{
	m->cuff.every_ms = every_ms;
	m->cuff.next_ms = every_ms > 0 ? t_ms + every_ms : SIM_NEVER;
}

static void
finish_cuff(struct monitor *m, int64_t t_ms)
{
	struct cuff *c = &m->cuff;

	if (c->fail) {
		c->phase = CUFF_IDLE;
		c->failed = true;
		snprintf(m->said, sizeof(m->said), "cuff failed, no result");
		return;
	}
	c->phase = CUFF_CLOSING;
	c->failed = false;
	c->has = true;
	c->sys = monitor_shows(m, VITAL_NIBP_SYS, t_ms, 1);
	c->dia = monitor_shows(m, VITAL_NIBP_DIA, t_ms, 1);
	c->map = monitor_shows(m, VITAL_NIBP_MAP, t_ms, 1);
	c->pr = monitor_shows(m, VITAL_NIBP_PR, t_ms, 1);
	snprintf(m->said, sizeof(m->said), "cuff result %d/%d (%d) mmHg",
	    c->sys, c->dia, c->map);
}

void
monitor_tick(struct monitor *m, int64_t t_ms)
{
	struct cuff *c = &m->cuff;

	if (!m->powered)
		return;
	if (t_ms >= c->next_ms) {
		if (monitor_cuff(m, c->next_ms, false))
			strcpy(m->said, "the cuff starts");
		c->next_ms = c->every_ms > 0 ? c->next_ms + c->every_ms :
		    SIM_NEVER;
	}
	if (c->phase == CUFF_MEASURING && t_ms >= c->began_ms + c->takes_ms)
		finish_cuff(m, c->began_ms + c->takes_ms);
	if (c->phase == CUFF_CLOSING &&
	    t_ms >= c->began_ms + c->takes_ms + CUFF_CLOSING_MS) {
		c->phase = CUFF_IDLE;
		c->ended_ms = c->began_ms + c->takes_ms + CUFF_CLOSING_MS;
	}
}

/* Up in the first third, then down in steps, as an oscillometric cuff does. */
int
cuff_pressure(const struct cuff *c, int64_t t_ms)
{
	int64_t past = t_ms - c->began_ms;
	int64_t third = c->takes_ms / 3 > 0 ? c->takes_ms / 3 : 1;

	if (c->phase == CUFF_IDLE || past < 0 || past >= c->takes_ms)
		return 0;
	if (past < third)
		return (int)(180 * past / third);
	return (int)(180 - 140 * (past - third) / (c->takes_ms - third));
}

int
monitor_shows(const struct monitor *m, enum vital v, int64_t t_ms, int scale)
{
	double x = m->is_frozen ? m->frozen[v] :
	    patient_value(m->patient, v, t_ms);

	return (int)lround(x * scale);
}

enum probe_view
monitor_sees(const struct monitor *m, int64_t t_ms)
{
	int64_t since = t_ms - m->probe_ms;

	switch (m->probe) {
	case PROBE_OUT:
		return SEES_NO_PROBE;
	case PROBE_OFF:
		return since < HELD_MS ? SEES_HELD : SEES_OFF;
	case PROBE_ON:
		break;
	}
	return since < SEARCH_MS ? SEES_SEARCHING : SEES_PULSE;
}

int64_t
monitor_clock_s(const struct monitor *m, int64_t t_ms)
{
	return (m->epoch_ms + t_ms) / 1000;
}

/* Damages a byte now and then: mostly one flipped bit, sometimes a lost or an
 * extra byte. */
static size_t
add_noise(struct monitor *m, const uint8_t *in, size_t n,
    uint8_t out[SIM_OUT_MAX])
{
	size_t used = 0;

	for (; m->garbage_n > 0 && used < SIM_OUT_MAX / 2; m->garbage_n--)
		out[used++] = (uint8_t)random_next(&m->random);
	for (size_t i = 0; i < n && used + 2 <= SIM_OUT_MAX; i++) {
		uint8_t b = in[i];

		if (m->noise > 0 && random_unit(&m->random) < m->noise) {
			uint64_t kind = random_next(&m->random) % 8;

			if (kind == 0)
				continue;
			if (kind == 1)
				out[used++] = (uint8_t)random_next(&m->random);
			else
				b ^= (uint8_t)(1u << random_next(&m->random) % 8);
		}
		out[used++] = b;
	}
	return used;
}

size_t
monitor_step(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX])
{
	uint8_t clean[SIM_OUT_MAX / 2];
	size_t n = 0;

	monitor_tick(m, t_ms);
	if (m->powered && t_ms >= m->due_ms)
		n = m->driver->emit(m, t_ms, clean);
	assert(n <= sizeof(clean));
	if (m->silent)
		n = 0;
	n = add_noise(m, clean, n, out);
	return m->cabled ? n : 0;
}

void
monitor_hear(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	if (m->powered && m->cabled && m->driver->hear != NULL)
		m->driver->hear(m, t_ms, p, n);
}
