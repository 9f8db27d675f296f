/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What one key of the configuration says about another.
 *
 * Easy to get wrong: what the file leaves open comes from elsewhere, the line
 * settings from the driver; so a field without a place is filled in here.
 */
#include "daemon/config_check.h"
#include "daemon/limit_say.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Where the field is, or the free slot where it belongs: one always is free. */
static size_t
place_slot(const struct config_places *p, const void *field)
{
	uint64_t hash = (uint64_t)(uintptr_t)field * UINT64_C(0x9e3779b97f4a7c15);
	size_t i = (size_t)(hash >> 48);	/* the top 16 bits */

	_Static_assert(CONFIG_PLACES == 1 << 16, "the hash has 16 bits");
	while (p->item[i].field != NULL && p->item[i].field != field)
		i = (i + 1) % CONFIG_PLACES;
	return i;
}

void
config_place_set(struct config_places *p, const void *field, unsigned line,
    unsigned column)
{
	size_t i = place_slot(p, field);

	if (p->n >= CONFIG_PLACES - 1 || p->item[i].field != NULL)
		return;
	p->item[i] = (struct config_place){ field, line, column };
	p->n++;
}

const struct config_place *
config_place_of(const struct config_places *p, const void *field)
{
	const struct config_place *at = &p->item[place_slot(p, field)];

	return at->field != NULL ? at : NULL;
}

/* The first bed before the i-th whose id, or label, is the same but for case;
 * NULL: there is none. */
static const struct config_bed *
earlier_bed(const struct config *c, size_t i, bool label)
{
	const struct config_bed *b = &c->beds[i];

	for (size_t j = 0; j < i; j++) {
		const struct config_bed *o = &c->beds[j];

		if (strcasecmp(label ? b->label : b->id,
		    label ? o->label : o->id) == 0)
			return o;
	}
	return NULL;
}

static void
check_beds(struct config *c, const struct config_places *places,
    struct complaints *out)
{
	for (size_t i = 0; i < c->beds_n; i++) {
		struct config_bed *b = &c->beds[i];
		const struct config_place *id = config_place_of(places, b->id);
		const struct config_place *at =
		    config_place_of(places, b->label);
		const struct config_bed *other;

		if (id != NULL && at == NULL) {
			memcpy(b->label, b->id, sizeof(b->label));
			at = id;
		}
		if (id != NULL && (other = earlier_bed(c, i, false)) != NULL)
			complain(out, id->line, id->column, "id: \"%s\" is "
			    "that of an earlier bed, \"%s\" (case does not "
			    "count); expected an id of its own", b->id,
			    other->id);
		else if (at != NULL &&
		    (other = earlier_bed(c, i, true)) != NULL)
			complain(out, at->line, at->column, "label: bed %s "
			    "would be shown as \"%s\", as bed %s is (case does "
			    "not count); expected a label of its own", b->id,
			    b->label, other->id);
	}
}

/* Turns the monitor's name into the port's, BED/MONITOR. */
static void
complete_name(const struct config *c, struct config_port *p,
    const struct config_place *at, struct complaints *out)
{
	char whole[BED_MAX + PORT_NAME_MAX];
	int n = snprintf(whole, sizeof(whole), "%s/%s", c->beds[p->bed].id,
	    p->name);

	if (n < 0 || n >= PORT_NAME_MAX) {
		complain(out, at->line, at->column, "name: together with the "
		    "bed's id, \"%s\" has %d letters; expected at most %d",
		    whole, n, PORT_NAME_MAX - 1);
		return;
	}
	memcpy(p->name, whole, (size_t)n + 1);
}

static void
check_names(struct config *c, const struct config_places *places,
    struct complaints *out)
{
	for (size_t i = 0; i < c->beds_n; i++) {
		const struct config_bed *b = &c->beds[i];

		for (size_t j = 0; j < b->ports_n; j++) {
			struct config_port *p = &c->ports[b->port[j]];
			const struct config_place *at =
			    config_place_of(places, p->name);

			for (size_t k = 0; at != NULL && k < j; k++) {
				const struct config_port *o =
				    &c->ports[b->port[k]];

				if (strcmp(strrchr(o->name, '/') != NULL ?
				    strrchr(o->name, '/') + 1 : o->name,
				    p->name) != 0)
					continue;
				complain(out, at->line, at->column, "name: \""
				    "%s\" is there twice at this bed; expected "
				    "a name of its own", p->name);
				break;
			}
			if (at != NULL && config_place_of(places, b->id))
				complete_name(c, p, at, out);
		}
	}
}

/* A monitor can be asked only as often as its driver knows how to. */
static void
check_interval(const struct config_port *p, const struct config_places *places,
    struct complaints *out)
{
	const struct config_place *at =
	    config_place_of(places, &p->options.interval_s);
	const struct driver *d = p->driver;
	char choice[80] = "";

	if (at == NULL || d == NULL)
		return;
	if (d->intervals_s == NULL) {
		complain(out, at->line, at->column, "interval: %s sends by "
		    "itself and is not asked; expected no interval", d->name);
		return;
	}
	for (const uint16_t *i = d->intervals_s; *i != 0; i++) {
		size_t n = strlen(choice);

		if (*i == p->options.interval_s)
			return;
		snprintf(choice + n, sizeof(choice) - n, "%s%us",
		    n > 0 ? ", " : "", *i);
	}
	complain(out, at->line, at->column, "interval: %us is none that %s can "
	    "be asked for; expected one of %s", p->options.interval_s, d->name,
	    choice);
}

/* What the file does not set comes from the driver. */
static void
complete_line(struct config_port *p, const struct config_places *places)
{
	const struct line *d = &p->driver->line;

	if (config_place_of(places, &p->line.baud) == NULL)
		p->line.baud = d->baud;
	if (config_place_of(places, &p->line.bits) == NULL)
		p->line.bits = d->bits;
	if (config_place_of(places, &p->line.parity) == NULL)
		p->line.parity = d->parity;
	if (config_place_of(places, &p->line.stop) == NULL)
		p->line.stop = d->stop;
	if (config_place_of(places, &p->line.flow) == NULL)
		p->line.flow = d->flow;
}

static void
check_channels(const struct config *c, const struct config_places *places,
    struct complaints *out)
{
	for (size_t i = 0; i < c->channels_n; i++) {
		const char *name = c->channel[i].name;
		const struct config_place *at = config_place_of(places, name);

		for (size_t j = 0; at != NULL && j < i; j++) {
			if (strcmp(name, c->channel[j].name) != 0)
				continue;
			complain(out, at->line, at->column, "name: there are "
			    "two channels \"%s\"; expected a name of its own",
			    name);
			break;
		}
	}
}

static bool
same_fault(const struct limit_fault *a, const struct limit_fault *b)
{
	return a->tier == b->tier && a->against == b->against &&
	    a->what == b->what;
}

/* The place of that key of a tier which makes the fault: with its shipped
 * value, the fault is gone.  Else of the first that the file has; NULL. */
static const struct config_place *
place_of_fault(const struct limit_set *set, const struct limit *tier,
    size_t t, const struct limit_fault *fault,
    const struct config_places *places)
{
#define FIELD(f) { offsetof(struct limit, f), sizeof(((struct limit *)NULL)->f) }
	static const struct {
		size_t offset, size;
	} field[] = { FIELD(limit), FIELD(clear), FIELD(delay_ms),
	    FIELD(priority), FIELD(on) };
#undef FIELD
	const struct config_place *first = NULL;
	struct limit_set shipped;

	limit_set_default(&shipped);
	for (size_t i = 0; i < sizeof(field) / sizeof(field[0]); i++) {
		const struct config_place *at = config_place_of(places,
		    (const char *)tier + field[i].offset);
		struct limit_set other = *set;
		struct limit_fault now;

		if (at == NULL)
			continue;
		if (first == NULL)
			first = at;
		memcpy((char *)&other.tier[t] + field[i].offset,
		    (const char *)&shipped.tier[t] + field[i].offset,
		    field[i].size);
		if (limit_set_check(&other, &now) || !same_fault(&now, fault))
			return at;
	}
	return first;
}

/* 'set' is the one in which the fault was found, 'c' the one that has places. */
static void
complain_of_limit(const struct config *c, const struct limit_set *set,
    const struct limit_fault *f, const struct config_places *places,
    struct complaints *out)
{
	const struct config_place *at = place_of_fault(set,
	    &c->limits.tier[f->tier], f->tier, f, places);
	bool pair = f->against >= 0 && f->against < TIERS;
	char text[LIMIT_SAY_MAX];

	/* The shipped half of a pair has no place: the other one has. */
	if (at == NULL && pair)
		at = place_of_fault(set, &c->limits.tier[f->against],
		    (size_t)f->against, f, places);
	limit_say(text, set, f);
	complain(out, at != NULL ? at->line : 0, at != NULL ? at->column : 0,
	    "%s", text);
}

/* Who writes a limit alone means the alarm, and not that it should end where it
 * ended before. */
static void
move_clear_values(struct config *c, const struct config_places *places)
{
	struct limit_set shipped;

	limit_set_default(&shipped);
	for (int t = 0; t < TIERS; t++) {
		struct limit *l = &c->limits.tier[t], moved = shipped.tier[t];

		if (config_place_of(places, &l->limit) == NULL ||
		    config_place_of(places, &l->clear) != NULL)
			continue;
		limit_move((enum tier)t, &moved, l->limit);
		l->clear = moved.clear;
	}
}

/* limit_set_check() names the first fault.  To hear of the next, the tier is
 * made whole and left out in a copy, and the copy asked again. */
static void
check_limits(const struct config *c, const struct config_places *places,
    struct complaints *out)
{
	struct limit_set rest = c->limits, shipped;
	struct limit_fault f;

	limit_set_default(&shipped);
	for (int i = 0; i < TIERS && !limit_set_check(&rest, &f); i++) {
		complain_of_limit(c, &rest, &f, places, out);
		rest.tier[f.tier] = shipped.tier[f.tier];
		rest.tier[f.tier].on = false;
	}
}

/* The later of two deadlines is not before the earlier. */
static void
check_order(const struct config_places *places, const int32_t *early,
    const char *early_name, const int32_t *late, const char *late_name,
    struct complaints *out)
{
	const struct config_place *at = config_place_of(places, late);
	char a[CONFIG_TEXT_NUMBER], b[CONFIG_TEXT_NUMBER];

	if (at == NULL)
		at = config_place_of(places, early);
	if (at == NULL || *late >= *early)
		return;
	config_text_format_duration(a, *late);
	config_text_format_duration(b, *early);
	complain(out, at->line, at->column, "%s: %s is less than %s (%s); "
	    "expected at least as much", late_name, a, early_name, b);
}

/* A cuff that is expected more often than it can measure is always late. */
static void
check_due(const struct config_places *places, const int32_t *due_ms,
    const char *name, struct complaints *out)
{
	const struct config_place *at = config_place_of(places, due_ms);

	if (at != NULL && *due_ms > 0 && *due_ms < 60000)
		complain(out, at->line, at->column, "%s: a cuff takes longer; "
		    "expected 0s (never) or at least 1min", name);
}

static void
check_preset(const struct config *c, const struct config_places *places,
    struct complaints *out)
{
	const struct config_place *at =
	    config_place_of(places, c->limits.name);
	char quoted[CONFIG_TEXT_QUOTED];
	struct limit_set shipped;

	limit_set_default(&shipped);
	if (at == NULL || strcmp(c->limits.name, shipped.name) == 0)
		return;
	complain(out, at->line, at->column, "preset: %s is not known; expected "
	    "%s", config_text_quote(quoted, c->limits.name,
	    strlen(c->limits.name)), shipped.name);
}

void
config_check(struct config *c, const struct config_places *places,
    struct complaints *out)
{
	const struct limit_set *l = &c->limits;

	check_beds(c, places, out);
	check_names(c, places, out);
	for (size_t i = 0; i < c->ports_n; i++) {
		check_interval(&c->ports[i], places, out);
		if (c->ports[i].driver != NULL)
			complete_line(&c->ports[i], places);
	}
	check_channels(c, places, out);
	check_preset(c, places, out);
	move_clear_values(c, places);
	check_limits(c, places, out);
	check_order(places, &l->no_data_ms, "no-data", &l->no_data_high_ms,
	    "no-data-high", out);
	check_order(places, &l->no_value_ms, "no-value",
	    &l->no_value_cuff_ms, "no-value-cuff", out);
	check_due(places, &l->nibp_due_baseline_ms, "nibp-due-baseline", out);
	check_due(places, &l->nibp_due_infusion_ms, "nibp-due-infusion", out);
	check_due(places, &l->nibp_due_recovery_ms, "nibp-due-recovery", out);
}
