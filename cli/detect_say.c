/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See detect_say.h.
 *
 * Easy to get wrong: "nothing came" is not "there is nothing".  Many monitors
 * speak only when they are asked, and nobody asks here.
 */
#include "cli/detect_say.h"
#include "cli/table.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define COLUMNS_MOST 78

void
say_verdict(const struct heard_claim *c, char out[SAY_VERDICT])
{
	const char *other = c->other != NULL ? c->other->name : "another";

	if (c->verdict != DETECT_DOUBT) {
		snprintf(out, SAY_VERDICT, "%s",
		    detect_verdict_name(c->verdict));
		return;
	}
	switch (c->doubt) {
	case DETECT_FEW:
		snprintf(out, SAY_VERDICT, "doubt: too few frames to tell");
		return;
	case DETECT_DAMAGED:
		snprintf(out, SAY_VERDICT,
		    "doubt: most of the bytes are in no frame of it");
		return;
	case DETECT_LINE_ERRORS:
		snprintf(out, SAY_VERDICT,
		    "doubt: line errors, as with a wrong rate or parity");
		return;
	case DETECT_PACE:
		if (c->other != NULL)
			snprintf(out, SAY_VERDICT, "doubt: %u frames a "
			    "minute, which is the pace of %s",
			    (unsigned)c->per_min, other);
		else
			snprintf(out, SAY_VERDICT, "doubt: %u frames a "
			    "minute, not its %u to %u", (unsigned)c->per_min,
			    c->driver->frames_per_min_least,
			    c->driver->frames_per_min_most);
		return;
	case DETECT_RIVAL:
		snprintf(out, SAY_VERDICT, "doubt: %s makes as much of it",
		    other);
		return;
	case DETECT_KIN:
		snprintf(out, SAY_VERDICT, "doubt: %s reads the same bytes",
		    other);
		return;
	case DETECT_CLEAR:
		break;
	}
	snprintf(out, SAY_VERDICT, "doubt");
}

static void
empty_verdict(const struct heard *h, char out[SAY_VERDICT])
{
	if (h->why[0] != '\0')
		snprintf(out, SAY_VERDICT, "%s", h->why);
	else if (h->errors > 0)
		snprintf(out, SAY_VERDICT, "no monitor that is known; %" PRIu64
		    " line errors, as with a wrong rate or parity", h->errors);
	else if (h->bytes > 0)
		snprintf(out, SAY_VERDICT, "no monitor that is known");
	else if (h->asked != NULL)
		snprintf(out, SAY_VERDICT, "nothing came, %s asked",
		    h->asked->name);
	else
		snprintf(out, SAY_VERDICT, "nothing came");
}

static void
row(struct table *t, const struct heard *h, const struct heard_claim *c)
{
	char line[HEAR_LINE_TEXT], verdict[SAY_VERDICT];

	hear_line_text(&h->line, line);
	if (c != NULL)
		say_verdict(c, verdict);
	else
		empty_verdict(h, verdict);
	table_cell(t, "%s", line);
	table_cell(t, "%s", c != NULL ? c->driver->name : "-");
	table_cell(t, "%" PRIu64, c != NULL ? c->sound : 0);
	table_cell(t, "%" PRIu64, c != NULL ? c->bad : 0);
	table_cell(t, "%" PRIu64, c != NULL ? c->lost : h->bytes);
	table_cell(t, "%.1f", (double)h->ms / 1000);
	table_cell(t, "%s", verdict);
}

static uint64_t
bytes_heard(const struct hearing *h)
{
	uint64_t n = 0;

	for (size_t i = 0; i < h->n; i++)
		n += h->heard[i].bytes;
	return n;
}

/* The names of drivers, those that ask, or those that may be tried, on lines of
 * their own. */
static void
names(FILE *out, bool harmless)
{
	size_t column = 0;

	for (size_t i = 0; drivers[i] != NULL; i++) {
		const struct driver *d = drivers[i];
		size_t n = strlen(d->name);

		if (d->request == NULL || (harmless && !d->probe_harmless))
			continue;
		if (column > 0 && column + n + 2 > COLUMNS_MOST) {
			fprintf(out, ",\n");
			column = 0;
		}
		fprintf(out, "%s%s", column > 0 ? ", " : "    ", d->name);
		column += n + (column > 0 ? 2 : 4);
	}
	fputc('\n', out);
}

static void
help_nothing(FILE *out, const struct hearing *h, bool probed)
{
	if (bytes_heard(h) > 0) {
		fprintf(out, "Bytes came, but no frames of a monitor that is "
		    "known: look at the protocol, rate\nand parity in the "
		    "monitor's own menu (vitalsd.yaml(5), MONITORS).\n"
		    "Some monitors greet, and give values only when they are "
		    "asked, as those of\nthese drivers do:\n");
		names(out, false);
		if (h->foreign)
			fprintf(out, "As what came was no answer, nothing more "
			    "was sent on this port.\n");
		return;
	}
	fprintf(out, "Nothing came: the monitor is off, its output is not "
	    "switched on, the cable is not\nthe right one (crossed or "
	    "straight), or it speaks only when it is asked, as those of\n"
	    "these drivers do:\n");
	names(out, false);
	fprintf(out, "Enter such a driver in the configuration, and see "
	    "what `vitalsctl devices` says.\n");
	if (probed)
		return;
	fprintf(out, "With --allow-probe these are asked:\n");
	names(out, true);
}

/* Whether it asks a monitor that has said nothing. */
static bool
asks_first(const struct driver *d)
{
	struct driver_options none = { 0 };
	union driver_state s = { 0 };
	uint8_t message[TX_MAX];

	if (d->request == NULL)
		return false;
	if (d->init != NULL)
		d->init(&s, &none);
	return d->request(&s, 0, message) > 0;
}

/* How kin that no pace tells apart are told apart. */
static void
help_kin(FILE *out, const struct driver *a, const struct driver *b)
{
	const struct driver *asking = asks_first(a) ? a : b;

	if (asks_first(a) != asks_first(b))
		fprintf(out, "%s asks the monitor: take it if the monitor "
		    "stays silent until it is asked.\n%s asks for nothing: "
		    "take it if the monitor sends by itself.\n", asking->name,
		    asking == a ? b->name : a->name);
}

/* What a person can do about it. */
static void
help_doubt(FILE *out, const struct heard_claim *c)
{
	switch (c->doubt) {
	case DETECT_PACE:
	case DETECT_RIVAL:
	case DETECT_KIN:
		fprintf(out, "%s is for: %s.\n", c->driver->name,
		    c->driver->title);
		if (c->other != NULL)
			fprintf(out, "%s is for: %s.\n", c->other->name,
			    c->other->title);
		for (size_t i = 0; c->other == NULL && c->driver->kin != NULL &&
		    c->driver->kin[i] != NULL; i++)
			fprintf(out, "%s is for: %s.\n", c->driver->kin[i],
			    driver_find(c->driver->kin[i])->title);
		if (c->doubt == DETECT_KIN && c->other != NULL)
			help_kin(out, c->driver, c->other);
		fprintf(out, "They find the same in these bytes: read the "
		    "maker's name and model on the monitor.\n");
		return;
	case DETECT_FEW:
		fprintf(out, "Too little came to be sure of %s: put the probe "
		    "on, and listen longer (--seconds 30).\n",
		    c->driver->name);
		return;
	case DETECT_DAMAGED:
		fprintf(out, "Much of what came is damaged: look at cable, "
		    "plugs and adapter.\n");
		return;
	case DETECT_LINE_ERRORS:
		fprintf(out, "The line does not agree with the monitor: look "
		    "at rate and parity in its menu.\n");
		return;
	case DETECT_CLEAR:
		return;
	}
}

int
say_port(FILE *out, const struct detect_port *p, const struct hearing *h,
    bool probed)
{
	static const char *const title[] = { "SETTING", "DRIVER", "FRAMES",
		"BAD", "GARBAGE", "SECONDS", "VERDICT" };
	const struct heard_claim *doubt = NULL;
	struct table t;
	int r;

	fprintf(out, "%s", p->path);
	if (p->device[0] != '\0' && strcmp(p->path, p->device) != 0)
		fprintf(out, " (%s)", p->device);
	fputc('\n', out);
	table_init(&t, sizeof(title) / sizeof(title[0]), title);
	for (size_t i = 0; i < h->n; i++) {
		const struct heard *s = &h->heard[i];

		if (s->n == 0 && (s->ms > 0 || s->why[0] != '\0'))
			row(&t, s, NULL);
		for (size_t k = 0; k < s->n; k++)
			row(&t, s, &s->claim[k]);
		if (s->n > 0 && doubt == NULL)
			doubt = &s->claim[0];
	}
	r = t.cells_n > t.columns_n ? table_print(&t, out) : 0;
	table_free(&t);
	if (h->error != 0 || h->sure != NULL)
		return r;
	if (doubt != NULL)
		help_doubt(out, doubt);
	else
		help_nothing(out, h, probed);
	return r;
}

bool
say_can_suggest(const struct detect_port *p, const char **why)
{
	*why = NULL;
	if (p->name == NAME_BY_PLUGGING)
		*why = "it has no name in /dev/serial/by-id or by-path, and "
		    "goes by the order of plugging: no configuration may name "
		    "it so";
	else if (p->path[0] != '/')
		*why = "name it by its whole path";
	for (const char *s = p->path; *why == NULL && *s != '\0'; s++) {
		if (*s < ' ' || *s > '~' || *s == '"' || *s == '\\')
			*why = "its name has characters that a configuration "
			    "cannot have";
	}
	return *why == NULL;
}

void
say_beds(FILE *out)
{
	fprintf(out, "# Names and labels are yours to choose.  Two monitors "
	    "of one bed stand under one\n# `monitors:`, the preferred one "
	    "first.\nbeds:\n");
}

/* The keys of a line that is not the driver's own. */
static void
say_line(FILE *out, const struct line *l, const struct line *own)
{
	if (l->baud != own->baud)
		fprintf(out, "        baud: %u\n", (unsigned)l->baud);
	if (l->bits != own->bits)
		fprintf(out, "        bits: %u\n", l->bits);
	if (l->parity != own->parity)
		fprintf(out, "        parity: %s\n", l->parity == 'E' ?
		    "even" : l->parity == 'O' ? "odd" : "none");
	if (l->stop != own->stop)
		fprintf(out, "        stop: %u\n", l->stop);
	if (l->flow != own->flow)
		fprintf(out, "        flow: %s\n",
		    l->flow == FLOW_RTSCTS ? "rtscts" : "none");
}

void
say_monitor(FILE *out, const struct detect_port *p, const struct hearing *h,
    size_t number)
{
	const struct driver *d = h->sure->driver;
	const struct line *l = detect_line_of(d, &h->heard[h->n - 1].line);

	fprintf(out, "  - id: BED%zu\n    label: \"Bed %zu\"\n"
	    "    monitors:\n      - name: %s\n        driver: %s\n", number,
	    number, d->name, d->name);
	if (p->name == NAME_BY_PATH)
		fprintf(out, "        # This is the socket, not the adapter, "
		    "which has no name of its own: label the\n"
		    "        # socket, and plug in nothing else there.\n");
	fprintf(out, "        port: \"%s\"\n", p->path);
	/* A pseudo-terminal has no line settings. */
	if (p->transport == TRANSPORT_PTY)
		fprintf(out, "        transport: pty\n");
	else if (l != NULL)
		say_line(out, l, &d->line);
}

static json_t *
name_or_null(const struct driver *d)
{
	return d != NULL ? json_string(d->name) : json_null();
}

static void
json_setting(FILE *out, const struct detect_port *p, const struct heard *h,
    const struct heard_claim *c)
{
	char line[HEAR_LINE_TEXT], time[32];
	json_t *o;

	hear_line_text(&h->line, line);
	o = json_pack("{s:s, s:s, s:o, s:I, s:I, s:I, s:I, s:I, s:I, s:s, "
	    "s:o, s:o, s:o, s:s}", "port", p->path, "line", line,
	    "driver", name_or_null(c != NULL ? c->driver : NULL),
	    "frames", (json_int_t)(c != NULL ? c->sound : 0),
	    "bad", (json_int_t)(c != NULL ? c->bad : 0),
	    "garbage", (json_int_t)(c != NULL ? c->lost : h->bytes),
	    "bytes", (json_int_t)h->bytes,
	    "line_errors", (json_int_t)h->errors,
	    "listened_ms", (json_int_t)h->ms,
	    "verdict", detect_verdict_name(c != NULL ? c->verdict :
	    DETECT_NOTHING),
	    "doubt", c != NULL && c->verdict == DETECT_DOUBT ?
	    json_string(detect_doubt_name(c->doubt)) : json_null(),
	    "other", name_or_null(c != NULL ? c->other : NULL),
	    "asked", name_or_null(h->asked), "why", h->why);
	table_json(out, "setting", cli_time(time), o);
	json_decref(o);
}

static json_t *
suggestion(const struct detect_port *p, const struct hearing *h)
{
	const char *why;
	char *text = NULL;
	size_t size;
	FILE *f;
	json_t *o;

	if (h->sure == NULL || !say_can_suggest(p, &why) ||
	    (f = open_memstream(&text, &size)) == NULL)
		return json_null();
	say_beds(f);
	say_monitor(f, p, h, 1);
	fclose(f);
	o = json_string(text);
	free(text);
	return o != NULL ? o : json_null();
}

void
say_json(FILE *out, const struct detect_port *p, const struct hearing *h)
{
	static const char *const names_of[] = {
		[NAME_BY_ID] = "by-id", [NAME_BY_PATH] = "by-path",
		[NAME_AS_GIVEN] = "as-given",
		[NAME_BY_PLUGGING] = "by-plugging",
	};
	enum detect_verdict verdict = h->sure != NULL ? DETECT_SURE :
	    DETECT_NOTHING;
	char time[32], line[HEAR_LINE_TEXT] = "";
	json_t *o;

	for (size_t i = 0; i < h->n; i++) {
		const struct heard *s = &h->heard[i];

		if (s->n == 0)
			json_setting(out, p, s, NULL);
		for (size_t k = 0; k < s->n; k++)
			json_setting(out, p, s, &s->claim[k]);
		if (s->n > 0 && verdict == DETECT_NOTHING)
			verdict = DETECT_DOUBT;
	}
	if (h->sure != NULL)
		hear_line_text(&h->heard[h->n - 1].line, line);
	o = json_pack("{s:s, s:s, s:s, s:s, s:o, s:s, s:o, s:s}",
	    "port", p->path, "device", p->device, "name", names_of[p->name],
	    "verdict", detect_verdict_name(verdict),
	    "driver", name_or_null(h->sure != NULL ? h->sure->driver : NULL),
	    "line", line, "config", suggestion(p, h), "why", h->why);
	table_json(out, "port", cli_time(time), o);
	json_decref(o);
}
