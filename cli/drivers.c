/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitalsctl drivers: the protocols that there are, and every message that each
 * may send, byte by byte, for whoever has to judge what vitalsd does to a
 * monitor.
 *
 * Easy to get wrong: this prints what the port obeys (drivers/tx.c), nothing
 * that was written down for people.  A driver that reads by rules sends what
 * these say, so it is the configuration that has to be asked.
 */
#include <string.h>
#include <unistd.h>

#include "cli/cli.h"
#include "cli/table.h"
#include "daemon/config.h"
#include "drivers/driver.h"

#define LINE_BYTES 16		/* in a line of the list */
#define FIELD_TEXT 96

static const char *
evidence_name(enum evidence e)
{
	switch (e) {
	case EVIDENCE_CHECKSUM:
		return "checksum";
	case EVIDENCE_WORDS:
		return "words";
	case EVIDENCE_PATTERN:
		return "pattern";
	}
	return "unknown";
}

static void
line_text(const struct line *l, char out[32])
{
	snprintf(out, 32, "%u %u%c%u%s", (unsigned)l->baud, l->bits,
	    l->parity, l->stop, l->flow == FLOW_RTSCTS ? " rtscts" : "");
}

static size_t
messages_n(const struct driver *d)
{
	size_t n = 0;

	while (d->tx != NULL && d->tx[n].name != NULL)
		n++;
	return n;
}

static bool
has_field(const struct tx_template *t, size_t k)
{
	return k < TX_FIELDS && t->field[k].name != NULL;
}

/* What a field may be, in words. */
static void
field_text(const struct tx_field *f, char out[FIELD_TEXT])
{
	switch (f->kind) {
	case TX_RANGE:
		snprintf(out, FIELD_TEXT, "%u byte%s, %u to %u (%0*X to %0*X)",
		    f->length, f->length == 1 ? "" : "s", f->min, f->max,
		    f->length * 2, f->min, f->length * 2, f->max);
		break;
	case TX_ANY:
		snprintf(out, FIELD_TEXT, "%u byte%s, any value", f->length,
		    f->length == 1 ? "" : "s");
		break;
	case TX_CHECKSUM:
		snprintf(out, FIELD_TEXT, "%u byte%s, the check of what stands "
		    "before", f->length, f->length == 1 ? "" : "s");
		break;
	case TX_TEXT:
		snprintf(out, FIELD_TEXT, "%u to %u printable characters other "
		    "than |", f->min, f->max);
		break;
	}
}

static const char *
kind_name(enum tx_field_kind kind)
{
	static const char *const names[] = {
		[TX_RANGE] = "range", [TX_ANY] = "any",
		[TX_CHECKSUM] = "check", [TX_TEXT] = "text",
	};

	return names[kind];
}

/* The bytes, each field once by its name. */
static void
print_bytes(FILE *out, const struct tx_template *t)
{
	size_t k = 0, in_line = 0;

	for (size_t i = 0; i < t->length || has_field(t, k);) {
		fputs(in_line == 0 ? "\n     " : "", out);
		if (has_field(t, k) && t->field[k].offset == i) {
			fprintf(out, " <%s>", t->field[k].name);
			i += t->field[k].length;
			in_line += t->field[k++].length;
		} else {
			fprintf(out, " %02X", t->bytes[i++]);
			in_line++;
		}
		if (in_line >= LINE_BYTES)
			in_line = 0;
	}
	fputc('\n', out);
}

static void
print_message(FILE *out, const struct tx_template *t)
{
	char text[FIELD_TEXT];

	fprintf(out, "  %s: %zu bytes%s", t->name, t->length,
	    has_field(t, 0) && t->field[0].kind == TX_TEXT ?
	    " and its texts" : "");
	print_bytes(out, t);
	for (size_t k = 0; has_field(t, k); k++) {
		field_text(&t->field[k], text);
		fprintf(out, "      <%s>: %s\n", t->field[k].name, text);
	}
}

/* Whether what it sends stands in a configuration. */
static bool
sends_by_rules(const struct driver *d)
{
	return d->needs_rules && driver_find(d->name) == d;
}

static void
print_messages(struct cli *c, const struct driver *d)
{
	fprintf(c->out, "%s: %s\n", d->name, d->title);
	if (sends_by_rules(d))
		fputs("  sends what `poll` of its rules says\n", c->out);
	else if (messages_n(d) == 0)
		fputs("  sends nothing\n", c->out);
	for (size_t i = 0; i < messages_n(d); i++)
		print_message(c->out, &d->tx[i]);
}

/* How often, which no template says. */
static void
print_polls(struct cli *c, const struct config_rules *x)
{
	char every[TABLE_SPAN];

	print_messages(c, &x->driver);
	for (size_t i = 0; i < x->rules.polls_n && i < LINE_POLLS; i++) {
		table_span(x->rules.poll[i].every_ms, every);
		fprintf(c->out, "  poll %zu is sent every %s; %s answers for "
		    "it\n", i + 1, every, x->confirmed_by);
	}
}

/* Bytes of fields are "..". */
static json_t *
message_json(const struct tx_template *t)
{
	char hex[3 * TX_MAX + 1] = "";
	json_t *fields = json_array();
	size_t k = 0, n = 0;

	for (size_t i = 0; i < t->length && i < TX_MAX; i++) {
		while (has_field(t, k) &&
		    t->field[k].offset + t->field[k].length <= i)
			k++;
		if (has_field(t, k) && t->field[k].offset <= i)
			n += (size_t)sprintf(hex + n, "%s..", n ? " " : "");
		else
			n += (size_t)sprintf(hex + n, "%s%02x", n ? " " : "",
			    t->bytes[i]);
	}
	for (k = 0; has_field(t, k); k++) {
		const struct tx_field *f = &t->field[k];
		json_t *o = json_pack("{s:s, s:i, s:i, s:s}", "name", f->name,
		    "offset", (int)f->offset, "bytes", (int)f->length, "kind",
		    kind_name(f->kind));

		if (f->kind == TX_RANGE || f->kind == TX_TEXT) {
			json_object_set_new(o, "min", json_integer(f->min));
			json_object_set_new(o, "max", json_integer(f->max));
		}
		json_array_append_new(fields, o);
	}
	return json_pack("{s:s, s:s, s:o}", "name", t->name, "hex", hex,
	    "fields", fields);
}

static void
driver_json(struct cli *c, const struct driver *d)
{
	json_t *sends = json_array(), *o;
	char line[32], time[32];

	for (size_t i = 0; i < messages_n(d); i++)
		json_array_append_new(sends, message_json(&d->tx[i]));
	line_text(&d->line, line);
	o = json_pack("{s:s, s:s, s:s, s:s, s:o}", "driver", d->name, "title",
	    d->title, "line", line, "evidence", evidence_name(d->evidence),
	    "sends", sends);
	table_json(c->out, "driver", cli_time(time), o);
	json_decref(o);
}

static void
driver_row(struct table *t, const struct driver *d)
{
	size_t n = messages_n(d);
	char line[32];

	line_text(&d->line, line);
	table_cell(t, "%s", d->name);
	table_cell(t, "%s", line);
	table_cell(t, "%s", evidence_name(d->evidence));
	if (sends_by_rules(d))
		table_cell(t, "by its rules");
	else if (n == 0)
		table_cell(t, "nothing");
	else
		table_cell(t, "%zu message%s", n, n == 1 ? "" : "s");
	table_cell(t, "%s", d->title);
}

static void
list(struct cli *c, struct table *t, const struct driver *d,
    const struct config_rules *x)
{
	if (c->json)
		driver_json(c, d);
	else if (!cli_has(c, OPTION_TX))
		driver_row(t, d);
	else if (x != NULL)
		print_polls(c, x);
	else
		print_messages(c, d);
}

/* The configuration, where it is named, or there is one to be read. */
static struct config *
find_config(struct cli *c, int *status)
{
	bool named = cli_has(c, OPTION_CONFIG);
	struct config *config = NULL;

	if (named || access(c->paths.config, R_OK) == 0)
		config = config_read(c, c->paths.config);
	*status = named && config == NULL ? EXIT_PROBLEM : EXIT_OK;
	return config;
}

/* All that the configuration's rules make of the driver. */
static int
list_rules(struct cli *c, struct table *t)
{
	int status;
	struct config *config = find_config(c, &status);

	if (status == EXIT_OK && config == NULL && !c->json &&
	    cli_has(c, OPTION_TX))
		fprintf(c->out, "  (%s cannot be read: name the configuration "
		    "by --config)\n", c->paths.config);
	for (size_t i = 0; config != NULL && i < config->rules_n; i++)
		list(c, t, &config->rules[i]->driver, config->rules[i]);
	config_free(config);
	return status;
}

int
verb_drivers(struct cli *c)
{
	static const char *const title[] = { "DRIVER", "LINE", "EVIDENCE",
		"SENDS", "MONITORS" };
	const struct driver *one = c->args_n > 0 ? driver_find(c->arg[0]) :
	    NULL;
	int r = 0, status = EXIT_OK;
	struct table t;

	if (c->args_n > 0 && one == NULL)
		return cli_problem(c, "there is no driver \"%s\"; `vitalsctl "
		    "drivers` lists them", c->arg[0]);
	table_init(&t, sizeof title / sizeof title[0], title);
	for (size_t i = 0; drivers[i] != NULL; i++) {
		if (one != NULL && drivers[i] != one)
			continue;
		list(c, &t, drivers[i], NULL);
		if (sends_by_rules(drivers[i]))
			status = list_rules(c, &t);
	}
	if (!c->json && !cli_has(c, OPTION_TX))
		r = table_print(&t, c->out);
	table_free(&t);
	return r < 0 ? cli_problem(c, "out of memory") : status;
}
