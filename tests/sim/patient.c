/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The simulated body.  Levels are set by the scenario; on them lie slow waves
 * and a little noise, both a function of the seed and the time.
 *
 * Easy to get wrong: the response to an infusion is a slow approach (no jump),
 * and it dies away as slowly after the stop.
 */
#include "tests/sim/patient.h"

#include <assert.h>
#include <math.h>
#include <string.h>

/* At rest, and how far the small variations reach. */
static const struct {
	bool settable;
	double base, wobble, least, most;
} body[VITALS] = {
	[VITAL_HR] = { true, 70, 1.6, 0, 300 },
	[VITAL_PR] = { true, 0, 0.5, 0, 300 },	/* the heart's, unless sent */
	[VITAL_SPO2] = { true, 97, 0.35, 0, 100 },
	[VITAL_NIBP_SYS] = { true, 122, 2.5, 0, 300 },
	[VITAL_NIBP_DIA] = { true, 76, 1.8, 0, 250 },
	[VITAL_NIBP_MAP] = { false, 0, 0, 0, 300 },
	[VITAL_NIBP_PR] = { false, 0, 0, 0, 300 },
	[VITAL_RR] = { true, 14, 0.7, 0, 99 },
	[VITAL_ETCO2] = { true, 38, 0.7, 0, 120 },
	[VITAL_TEMP] = { true, 36.6, 0.02, 20, 45 },
	[VITAL_PI] = { true, 2.4, 0.15, 0, 20 },
};

/* splitmix64 (public domain, Vigna): good enough for bedside noise. */
uint64_t
random_next(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

double
random_unit(uint64_t *state)
{
	return (double)(random_next(state) >> 11) * 0x1p-53;
}

void
patient_init(struct patient *p, const char *name, uint64_t seed)
{
	memset(p, 0, sizeof(*p));
	assert(strlen(name) < sizeof(p->name));
	strcpy(p->name, name);
	p->seed = seed;
	p->variability = 1;
	for (int v = 0; v < VITALS; v++)
		p->base[v] = body[v].base;
	p->response[VITAL_HR] = 16;
	p->response[VITAL_NIBP_SYS] = 26;
	p->response[VITAL_NIBP_DIA] = 15;
	p->within_ms = 5 * 60 * 1000;
}

bool
patient_has(enum vital v)
{
	return v < VITALS && body[v].settable;
}

/* How far the response has come: an approach to 1 or 0 of which 95 % (three
 * time constants) are done after within_ms. */
static double
effect_at(const struct patient *p, int64_t t_ms)
{
	double goal = p->infusing ? 1 : 0;
	double past = (double)(t_ms - p->changed_ms);

	if (p->within_ms <= 0)
		return goal;
	return goal + (p->effect - goal) * exp(-3 * past / (double)p->within_ms);
}

void
patient_infuse(struct patient *p, int64_t t_ms, bool on)
{
	p->effect = effect_at(p, t_ms);
	p->changed_ms = t_ms;
	p->infusing = on;
}

/* The level to which a vital tends by itself. */
static double
own_level(const struct patient *p, enum vital v, int64_t t_ms)
{
	double sys, dia;

	switch (v) {
	case VITAL_NIBP_MAP:
		sys = patient_level(p, VITAL_NIBP_SYS, t_ms);
		dia = patient_level(p, VITAL_NIBP_DIA, t_ms);
		return dia + (sys - dia) / 3;
	case VITAL_PR:
	case VITAL_NIBP_PR:
		return patient_level(p, VITAL_HR, t_ms);
	case VITAL_HR:
	case VITAL_SPO2:
	case VITAL_NIBP_SYS:
	case VITAL_NIBP_DIA:
	case VITAL_RR:
	case VITAL_ETCO2:
	case VITAL_TEMP:
	case VITAL_PI:
		break;
	}
	return p->base[v] + p->response[v] * effect_at(p, t_ms);
}

/* From a to b, the share of 'over' that 'past' is. */
static double
between(double a, double b, int64_t past, int64_t over)
{
	if (past >= over)
		return b;
	if (past <= 0)
		return a;
	return a + (b - a) * (double)past / (double)over;
}

double
patient_level(const struct patient *p, enum vital v, int64_t t_ms)
{
	const struct course *c = &p->course[v];
	double own = own_level(p, v, t_ms);
	int64_t past = t_ms - c->start_ms;

	if (!c->set)
		return own;
	if (c->home)
		return between(c->from, own, past, c->over_ms);
	if (c->hold_ms < 0 || past < c->over_ms + c->hold_ms)
		return between(c->from, c->to, past, c->over_ms);
	return between(c->to, own, past - c->over_ms - c->hold_ms, c->over_ms);
}

void
patient_send(struct patient *p, int64_t t_ms, enum vital v, double to,
    int64_t over_ms, int64_t for_ms)
{
	p->course[v] = (struct course){
		.set = true,
		.from = patient_level(p, v, t_ms),
		.to = to,
		.start_ms = t_ms,
		.over_ms = over_ms,
		.hold_ms = for_ms,
	};
}

void
patient_release(struct patient *p, int64_t t_ms, enum vital v, int64_t over_ms)
{
	p->course[v] = (struct course){
		.set = true,
		.home = true,
		.from = patient_level(p, v, t_ms),
		.start_ms = t_ms,
		.over_ms = over_ms,
	};
}

/* A number in -1..1 that moves slowly, with a breath of noise each second. */
static double
wobble(const struct patient *p, enum vital v, int64_t t_ms)
{
	uint64_t s = p->seed * 1000003 + (uint64_t)v;
	double a = random_unit(&s), b = random_unit(&s);
	double t = (double)t_ms / 1000;
	uint64_t n = s + (uint64_t)(t_ms / 1000);

	return 0.55 * sin(2 * M_PI * (t / 31 + a)) +
	    0.3 * sin(2 * M_PI * (t / 9.7 + b)) +
	    0.3 * (random_unit(&n) - 0.5);
}

double
patient_value(const struct patient *p, enum vital v, int64_t t_ms)
{
	double x = patient_level(p, v, t_ms);

	x += p->variability * body[v].wobble * wobble(p, v, t_ms);
	/* The finger's pulse is the heart's. */
	if (v == VITAL_PR || v == VITAL_NIBP_PR)
		x += p->variability * body[VITAL_HR].wobble *
		    wobble(p, VITAL_HR, t_ms);
	if (v == VITAL_NIBP_MAP)
		x += (patient_value(p, VITAL_NIBP_DIA, t_ms) -
		    patient_level(p, VITAL_NIBP_DIA, t_ms));
	if (x < body[v].least)
		x = body[v].least;
	if (x > body[v].most)
		x = body[v].most;
	return x;
}
