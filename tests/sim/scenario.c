/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Reads scenario files.  Each level is a mapping whose keys are listed in a
 * table; what is not in the table is refused where it stands.
 *
 * Easy to get wrong: libyaml's lines and columns count from 0, ours from 1.
 */
#include "tests/sim/scenario.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#define FILE_MAX (1024 * 1024)

struct reader {
	yaml_document_t *doc;
	struct sim *sim;
	struct scenario_error *error;
	uint64_t seed;
	size_t bed;		/* the bed being read */
	struct monitor *monitor;	/* the monitor being read */
	int64_t at_ms;		/* of the event being read; -1: not yet */
	const yaml_node_t *what;
};

/* One key of a mapping. */
struct key {
	const char *name;
	int (*read)(struct reader *r, const char *name, yaml_node_t *value);
};

static int fail(struct reader *r, const yaml_node_t *at, size_t more,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

static int
fail(struct reader *r, const yaml_node_t *at, size_t more, const char *format,
    ...)
{
	va_list ap;

	r->error->line = at->start_mark.line + 1;
	r->error->column = at->start_mark.column + 1 + more;
	va_start(ap, format);
	vsnprintf(r->error->text, sizeof(r->error->text), format, ap);
	va_end(ap);
	return -1;
}

static const char *
scalar(const yaml_node_t *n)
{
	return n->type == YAML_SCALAR_NODE ?
	    (const char *)n->data.scalar.value : NULL;
}

/* The file's word is quoted, its text begins one column later. */
static size_t
quote_width(const yaml_node_t *n)
{
	return n->data.scalar.style == YAML_SINGLE_QUOTED_SCALAR_STYLE ||
	    n->data.scalar.style == YAML_DOUBLE_QUOTED_SCALAR_STYLE;
}

/* Calls read(name, value) for each pair of a mapping; a name is a scalar and
 * stands there once. */
static int
each_pair(struct reader *r, yaml_node_t *map, const char *what,
    int (*read)(struct reader *, yaml_node_t *, yaml_node_t *))
{
	if (map->type != YAML_MAPPING_NODE)
		return fail(r, map, 0, "expected %s", what);
	for (yaml_node_pair_t *p = map->data.mapping.pairs.start;
	    p < map->data.mapping.pairs.top; p++) {
		yaml_node_t *k = yaml_document_get_node(r->doc, p->key);
		yaml_node_t *v = yaml_document_get_node(r->doc, p->value);

		if (scalar(k) == NULL)
			return fail(r, k, 0, "expected a plain name");
		for (yaml_node_pair_t *q = map->data.mapping.pairs.start;
		    q < p; q++)
			if (strcmp(scalar(yaml_document_get_node(r->doc,
			    q->key)), scalar(k)) == 0)
				return fail(r, k, 0, "'%s' stands here twice",
				    scalar(k));
		if (read(r, k, v) != 0)
			return -1;
	}
	return 0;
}

static int
read_key(struct reader *r, yaml_node_t *k, yaml_node_t *v,
    const struct key *keys)
{
	char known[120] = "";

	for (const struct key *i = keys; i->name != NULL; i++) {
		if (strcmp(i->name, scalar(k)) == 0)
			return i->read(r, i->name, v);
		snprintf(known + strlen(known), sizeof(known) - strlen(known),
		    "%s%s", i == keys ? "" : ", ", i->name);
	}
	return fail(r, k, 0, "unknown key '%s': expected one of %s", scalar(k),
	    known);
}

static int
read_number(struct reader *r, yaml_node_t *v, double least, double most,
    double *out)
{
	if (scalar(v) == NULL || command_parse_number(scalar(v), out) != 0 ||
	    *out < least || *out > most)
		return fail(r, v, 0, "expected a number from %g to %g", least,
		    most);
	return 0;
}

static int
read_time(struct reader *r, yaml_node_t *v, int64_t least, int64_t *out)
{
	if (scalar(v) == NULL || command_parse_time(scalar(v), out) != 0 ||
	    *out < least)
		return fail(r, v, 0, "expected a time of at least %g s, as "
		    "20s, 3min or 1:30", (double)least / 1000);
	return 0;
}

static int
check_name(struct reader *r, const yaml_node_t *n, size_t room)
{
	const char *s = scalar(n);

	if (*s == '\0' || strlen(s) >= room || strspn(s,
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	    "0123456789_-") != strlen(s))
		return fail(r, n, 0, "'%s': expected a name of letters, "
		    "digits, - and _, at most %zu", s, room - 1);
	for (size_t i = 0; i < r->sim->beds_n; i++)
		if (strcmp(r->sim->bed[i].name, s) == 0)
			return fail(r, n, 0, "'%s' is a bed already", s);
	if (sim_find_monitor(r->sim, s) != NULL)
		return fail(r, n, 0, "'%s' is a monitor already", s);
	return 0;
}

static int
read_baseline_pair(struct reader *r, yaml_node_t *k, yaml_node_t *v)
{
	int i = vital_find(scalar(k));

	if (i < 0 || !patient_has((enum vital)i))
		return fail(r, k, 0, "'%s': expected a vital (hr, spo2, "
		    "nibp_sys, nibp_dia, rr, etco2, temp, pi)", scalar(k));
	return read_number(r, v, 0, 300, &r->sim->bed[r->bed].base[i]);
}

static int
read_response_pair(struct reader *r, yaml_node_t *k, yaml_node_t *v)
{
	struct patient *p = &r->sim->bed[r->bed];
	int i = vital_find(scalar(k));

	if (strcmp(scalar(k), "within") == 0)
		return read_time(r, v, 0, &p->within_ms);
	if (i < 0 || !patient_has((enum vital)i))
		return fail(r, k, 0, "'%s': expected a vital, or 'within'",
		    scalar(k));
	return read_number(r, v, -100, 200, &p->response[i]);
}

static int
read_baseline(struct reader *r, const char *name, yaml_node_t *v)
{
	(void)name;
	return each_pair(r, v, "vitals: {hr: 70}", read_baseline_pair);
}

static int
read_response(struct reader *r, const char *name, yaml_node_t *v)
{
	(void)name;
	return each_pair(r, v, "vitals: {hr: 16}", read_response_pair);
}

static int
read_variability(struct reader *r, const char *name, yaml_node_t *v)
{
	(void)name;
	return read_number(r, v, 0, 10, &r->sim->bed[r->bed].variability);
}

static int
read_driver(struct reader *r, const char *name, yaml_node_t *v)
{
	(void)r, (void)name, (void)v;	/* find_driver() has read it */
	return 0;
}

static int
read_noise(struct reader *r, const char *name, yaml_node_t *v)
{
	(void)name;
	return read_number(r, v, 0, 1, &r->monitor->noise);
}

static int
read_cuff(struct reader *r, const char *name, yaml_node_t *v)
{
	struct cuff *c = &r->monitor->cuff;

	if (!(r->monitor->driver->has & SIM_CUFF))
		return fail(r, v, 0, "%s has no cuff",
		    r->monitor->driver->name);
	if (strcmp(name, "cuff_takes") == 0)
		return read_time(r, v, 1000, &c->takes_ms);
	if (strcmp(name, "cuff_first") == 0)
		return read_time(r, v, 0, &c->next_ms);
	return read_time(r, v, 5000, &c->every_ms);
}

static const struct key monitor_keys[] = {
	{ "driver", read_driver },
	{ "noise", read_noise },
	{ "cuff_every", read_cuff },
	{ "cuff_first", read_cuff },
	{ "cuff_takes", read_cuff },
	{ NULL, NULL },
};

static int
read_monitor_pair(struct reader *r, yaml_node_t *k, yaml_node_t *v)
{
	return read_key(r, k, v, monitor_keys);
}

/* The driver is needed before the other keys are read. */
static int
find_driver(struct reader *r, yaml_node_t *map, const struct sim_driver **out)
{
	for (yaml_node_pair_t *p = map->type == YAML_MAPPING_NODE ?
	    map->data.mapping.pairs.start : NULL;
	    p != NULL && p < map->data.mapping.pairs.top; p++) {
		yaml_node_t *k = yaml_document_get_node(r->doc, p->key);
		yaml_node_t *v = yaml_document_get_node(r->doc, p->value);

		if (scalar(k) == NULL || strcmp(scalar(k), "driver") != 0)
			continue;
		*out = scalar(v) == NULL ? NULL : sim_driver_find(scalar(v));
		if (*out == NULL)
			return fail(r, v, 0, "expected a driver; "
			    "vitals-sim(1) lists them");
		return 0;
	}
	return fail(r, map, 0, "expected a monitor: {driver: ge-dri}");
}

static int
read_monitor(struct reader *r, yaml_node_t *k, yaml_node_t *v)
{
	struct sim *s = r->sim;
	const struct sim_driver *d;

	if (check_name(r, k, PORT_NAME_MAX) != 0 || find_driver(r, v, &d) != 0)
		return -1;
	if (s->monitors_n == SIM_MONITORS)
		return fail(r, k, 0, "at most %d monitors", SIM_MONITORS);
	r->monitor = &s->monitor[s->monitors_n];
	monitor_init(r->monitor, scalar(k), d, &s->bed[r->bed],
	    r->seed + 7919 * s->monitors_n);
	if (each_pair(r, v, "a monitor: {driver: ge-dri}",
	    read_monitor_pair) != 0)
		return -1;
	/* Counted last: it is known by its name from here on. */
	s->monitors_n++;
	if (r->monitor->cuff.every_ms > 0 &&
	    r->monitor->cuff.next_ms == SIM_NEVER)
		r->monitor->cuff.next_ms = r->monitor->cuff.every_ms;
	return 0;
}

static int
read_monitors(struct reader *r, const char *name, yaml_node_t *v)
{
	(void)name;
	return each_pair(r, v, "monitors: {ge: ...}", read_monitor);
}

static const struct key bed_keys[] = {
	{ "baseline", read_baseline },
	{ "response", read_response },
	{ "variability", read_variability },
	{ "monitors", read_monitors },
	{ NULL, NULL },
};

static int
read_bed_pair(struct reader *r, yaml_node_t *k, yaml_node_t *v)
{
	return read_key(r, k, v, bed_keys);
}

static int
read_bed(struct reader *r, yaml_node_t *k, yaml_node_t *v)
{
	struct sim *s = r->sim;

	if (check_name(r, k, BED_MAX) != 0)
		return -1;
	if (s->beds_n == SIM_BEDS)
		return fail(r, k, 0, "at most %d beds", SIM_BEDS);
	r->bed = s->beds_n++;
	patient_init(&s->bed[r->bed], scalar(k), r->seed + 104729 * r->bed);
	return each_pair(r, v, "a bed: {monitors: ...}", read_bed_pair);
}

static int
read_beds(struct reader *r, const char *name, yaml_node_t *v)
{
	(void)name;
	return each_pair(r, v, "beds: {CHAIR1: {monitors: ...}}", read_bed);
}

static int
read_seed(struct reader *r, const char *name, yaml_node_t *v)
{
	double seed;

	(void)name;
	if (read_number(r, v, 0, 1e9, &seed) != 0)
		return -1;
	if (r->sim->beds_n > 0)
		return fail(r, v, 0, "the seed must stand above the beds");
	r->seed = (uint64_t)seed;
	return 0;
}

static int
read_length(struct reader *r, const char *name, yaml_node_t *v)
{
	(void)name;
	return read_time(r, v, 1000, &r->sim->length_ms);
}

static int
read_at(struct reader *r, const char *name, yaml_node_t *v)
{
	(void)name;
	return read_time(r, v, 0, &r->at_ms);
}

static int
read_do(struct reader *r, const char *name, yaml_node_t *v)
{
	(void)name;
	if (scalar(v) == NULL)
		return fail(r, v, 0, "expected a command, as 'ge cable out'");
	r->what = v;
	return 0;
}

static const struct key event_keys[] = {
	{ "at", read_at },
	{ "do", read_do },
	{ NULL, NULL },
};

static int
read_event_pair(struct reader *r, yaml_node_t *k, yaml_node_t *v)
{
	return read_key(r, k, v, event_keys);
}

static int
read_event(struct reader *r, yaml_node_t *v)
{
	struct command c;
	size_t column;
	char why[160];

	r->at_ms = -1;
	r->what = NULL;
	if (each_pair(r, v, "an event: {at: 0:30, do: ge cable out}",
	    read_event_pair) != 0)
		return -1;
	if (r->at_ms < 0 || r->what == NULL)
		return fail(r, v, 0, "expected both 'at' and 'do'");
	if (command_parse(scalar(r->what), &c, &column, why) != 0)
		return fail(r, r->what, column - 1 + quote_width(r->what),
		    "%s", why);
	if (sim_check(r->sim, &c, why) != 0)
		return fail(r, r->what, quote_width(r->what), "%s", why);
	if (sim_plan(r->sim, r->at_ms, &c) != 0)
		return fail(r, v, 0, "at most %d events", SIM_EVENTS);
	return 0;
}

static int
read_events(struct reader *r, const char *name, yaml_node_t *v)
{
	(void)name;
	if (v->type != YAML_SEQUENCE_NODE)
		return fail(r, v, 0, "expected a list of events");
	if (r->sim->beds_n == 0)
		return fail(r, v, 0, "the events must stand below the beds");
	for (yaml_node_item_t *i = v->data.sequence.items.start;
	    i < v->data.sequence.items.top; i++)
		if (read_event(r, yaml_document_get_node(r->doc, *i)) != 0)
			return -1;
	return 0;
}

static const struct key top_keys[] = {
	{ "seed", read_seed },
	{ "length", read_length },
	{ "beds", read_beds },
	{ "events", read_events },
	{ NULL, NULL },
};

static int
read_top_pair(struct reader *r, yaml_node_t *k, yaml_node_t *v)
{
	return read_key(r, k, v, top_keys);
}

static int
read_document(yaml_document_t *doc, struct sim *out,
    struct scenario_error *error)
{
	struct reader r = { .doc = doc, .sim = out, .error = error, .seed = 1 };
	yaml_node_t *root = yaml_document_get_root_node(doc);

	if (root == NULL) {
		*error = (struct scenario_error){ .text = "nothing is in it" };
		return -1;
	}
	if (each_pair(&r, root, "beds and events", read_top_pair) != 0)
		return -1;
	if (out->monitors_n == 0)
		return fail(&r, root, 0, "expected at least one monitor");
	return 0;
}

int
scenario_parse(const char *text, size_t n, struct sim *out,
    struct scenario_error *error)
{
	yaml_parser_t parser;
	yaml_document_t doc;
	int r = -1;

	memset(out, 0, sizeof(*out));
	*error = (struct scenario_error){ .text = "out of memory" };
	if (!yaml_parser_initialize(&parser))
		return -1;
	yaml_parser_set_input_string(&parser, (const unsigned char *)text, n);
	if (!yaml_parser_load(&parser, &doc)) {
		error->line = parser.problem_mark.line + 1;
		error->column = parser.problem_mark.column + 1;
		snprintf(error->text, sizeof(error->text), "not YAML: %s",
		    parser.problem != NULL ? parser.problem : "unreadable");
	} else {
		r = read_document(&doc, out, error);
		yaml_document_delete(&doc);
	}
	yaml_parser_delete(&parser);
	return r;
}

int
scenario_load(const char *path, struct sim *out, struct scenario_error *error)
{
	char *text = malloc(FILE_MAX);
	FILE *f = fopen(path, "re");
	size_t n = 0;
	int r = -1;

	*error = (struct scenario_error){ .line = 0 };
	if (text == NULL || f == NULL) {
		snprintf(error->text, sizeof(error->text), "%s",
		    strerror(errno));
		goto done;
	}
	n = fread(text, 1, FILE_MAX, f);
	if (ferror(f) || n == FILE_MAX) {
		snprintf(error->text, sizeof(error->text), "%s",
		    ferror(f) ? strerror(errno) : "larger than 1 MiB");
		goto done;
	}
	r = scenario_parse(text, n, out, error);
done:
	if (f != NULL)
		fclose(f);
	free(text);
	return r;
}
