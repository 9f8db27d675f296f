/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `vitalsctl detect`: which monitor is behind a port.
 *
 * Easy to get wrong: it must never touch a port that vitalsd reads, and as root
 * no lock keeps it off.  So vitalsd is asked first.
 */
#include "cli/cli.h"
#include "cli/detect_hear.h"
#include "cli/detect_ports.h"
#include "cli/detect_say.h"
#include "cli/pages.h"
#include "cli/table.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SECONDS_MOST 600

struct detecting {
	struct cli *c;
	struct detect_port port[DETECT_PORTS];
	size_t ports_n, sure_n;
	json_t *devices;	/* what vitalsd reads; NULL: not known */
	struct hear_options options;
	struct long_run run;
	struct detect room;
	struct hearing hearing;
	/* The suggestion, of all ports. */
	FILE *block;
	char *text;
	size_t size;
};

/* The port of an adapter, by its number. */
static int
take_adapter(struct cli *c, const char *given, struct detect_port *out)
{
	struct usb_port found[2];
	struct usb_name name;
	const char *fault = usb_parse(given, &name);
	char path[CONFIG_PATH_MAX];
	int n;

	if (fault != NULL)
		return cli_usage(c, "`%s` %s; expected a port's path, or "
		    "usb:VENDOR:PRODUCT:SERIAL", given, fault);
	n = usb_find(&name, found);
	if (n != 1)
		return cli_problem(c, n > 1 ? "%s: there are several such "
		    "ports" : "%s: no such adapter is plugged in", given);
	snprintf(path, sizeof(path), "%s/dev/%s", usb_root, found[0].tty);
	detect_port_named("/dev", path, out);
	return EXIT_OK;
}

/* Of what a configuration may call a port, these are serial devices. */
static int
take_port(struct cli *c, const char *given, struct detect_port *out)
{
	if (strncmp(given, "usb:", 4) == 0)
		return take_adapter(c, given, out);
	if (config_socket_path(given) != NULL)
		return cli_usage(c, "detect takes the path of a serial device, "
		    "and `%s` is a socket: enter a driver for it, and "
		    "`vitalsctl devices` says what is heard", given);
	if (given[0] != '/' && access(given, F_OK) != 0)
		return cli_usage(c, "detect takes the path of a serial device, "
		    "such as /dev/serial/by-id/..., and `%s` is none", given);
	detect_port_named("/dev", given, out);
	return EXIT_OK;
}

static int
take_ports(struct detecting *d)
{
	struct cli *c = d->c;
	int status;

	for (int i = 0; i < c->args_n; i++) {
		if (strlen(c->arg[i]) >= CONFIG_PATH_MAX)
			return cli_usage(c, "a port's path has at most %d "
			    "characters", CONFIG_PATH_MAX - 1);
		status = take_port(c, c->arg[i], &d->port[d->ports_n++]);
		if (status != EXIT_OK)
			return status;
	}
	if (c->args_n == 0)
		d->ports_n = detect_ports_list("/dev", "/sys", d->port);
	if (d->ports_n == 0)
		return cli_problem(c, "there is no serial port, neither in "
		    "/dev/serial/by-id or by-path nor a /dev/ttyS with "
		    "hardware: is the adapter plugged in?");
	return EXIT_OK;
}

/* What vitalsd reads, if it runs and tells us. */
static json_t *
ask_devices(struct cli *c)
{
	json_t *answer = NULL, *list = NULL;
	struct client client;

	if (client_open(&client, c->paths.control_sock) < 0)
		return NULL;
	if (client_call_all(&client, "devices", json_object(), &answer) == 0)
		list = json_incref(json_object_get(answer, "devices"));
	json_decref(answer);
	client_close(&client);
	return list;
}

/* The name of the port in the configuration if vitalsd has it, else NULL. */
static const char *
port_of_vitalsd(const struct detecting *d, const struct detect_port *p)
{
	size_t i;
	json_t *o;

	json_array_foreach(d->devices, i, o) {
		const char *device = client_text(o, "device");

		if (strcmp(client_text(o, "link"), "down") == 0)
			continue;
		if ((p->device[0] != '\0' && strcmp(device, p->device) == 0) ||
		    strcmp(client_text(o, "path"), p->path) == 0)
			return client_text(o, "port");
	}
	return NULL;
}

/* Shows what would be sent, and asks. */
static bool
is_agreed(struct cli *c)
{
	char line[16] = "";
	FILE *out = c->json ? c->err : c->out;

	fprintf(out, "Where nothing is heard for %d s, these messages are sent "
	    "to whatever is there:\n", HEAR_PROBE_AFTER_MS / 1000);
	for (size_t i = 0; drivers[i] != NULL; i++) {
		const struct driver *d = drivers[i];

		if (!d->probe_harmless || d->request == NULL)
			continue;
		fprintf(out, "  %s (%s):", d->name, d->title);
		for (const struct tx_template *t = d->tx;
		    t != NULL && t->name != NULL; t++)
			fprintf(out, "%s %s", t == d->tx ? "" : ";", t->name);
		fputc('\n', out);
	}
	fprintf(out, "Their protocols call them harmless.  Be sure that no "
	    "patient is connected to any of the ports.\n");
	if (cli_has(c, OPTION_YES))
		return true;
	fprintf(out, "Send them? [y/N] ");
	fflush(out);
	if (!fgets(line, sizeof(line), c->in))
		fputc('\n', out);
	return tolower((unsigned char)line[0]) == 'y';
}

static void
say_beforehand(struct detecting *d)
{
	struct line line[DETECT_LINES];
	size_t lines = detect_lines(line);
	int64_t ms = (int64_t)lines * d->options.ms;
	char all[TABLE_SPAN];

	for (size_t i = 0; d->options.probe && i < lines; i++)
		ms += hear_probe_ms(&line[i]);
	ms *= (int64_t)d->ports_n;
	table_span(ms, all);
	fprintf(d->c->err, "listening at %zu port%s, %zu line settings each: "
	    "%s at the most, if nothing is heard\n", d->ports_n,
	    d->ports_n == 1 ? "" : "s", lines, all);
}

static void
suggest(struct detecting *d, const struct detect_port *p)
{
	const char *why;

	d->sure_n++;
	if (!say_can_suggest(p, &why)) {
		if (!d->c->json)
			fprintf(d->c->out, "Not suggested: %s.\n", why);
		return;
	}
	if (d->block == NULL) {
		d->block = open_memstream(&d->text, &d->size);
		if (d->block == NULL)
			return;
		say_beds(d->block);
	}
	say_monitor(d->block, p, &d->hearing, d->sure_n);
}

/* False: go on with no further port. */
static bool
detect_one(struct detecting *d, const struct detect_port *p)
{
	struct cli *c = d->c;
	const char *name = port_of_vitalsd(d, p);
	int r = 0;

	d->hearing = (struct hearing){ 0 };
	if (name != NULL) {
		d->hearing.error = -EBUSY;
		snprintf(d->hearing.why, sizeof(d->hearing.why), "vitalsd is "
		    "reading it, as %.64s: `vitalsctl devices` shows what it "
		    "hears", name);
	} else {
		r = hear_port(p, &d->options, &d->room, &d->hearing);
		if (r == -EBUSY)
			strcat(d->hearing.why, "; if that is vitalsd, "
			    "`vitalsctl devices` shows what it hears");
	}
	long_clear(&d->run);
	if (c->json)
		say_json(c->out, p, &d->hearing);
	else if (say_port(c->out, p, &d->hearing, d->options.probe) < 0)
		cli_problem(c, "out of memory");
	if (d->hearing.error != 0)
		cli_problem(c, "%s: %s", p->path, d->hearing.why);
	if (d->hearing.sure != NULL)
		suggest(d, p);
	if (!c->json)
		fputc('\n', c->out);
	fflush(c->out);
	return r != -EINTR;
}

static int
detect_all(struct detecting *d)
{
	struct cli *c = d->c;
	bool go_on = true;

	say_beforehand(d);
	d->devices = ask_devices(c);
	long_begin(&d->run, c);
	for (size_t i = 0; i < d->ports_n && go_on; i++)
		go_on = detect_one(d, &d->port[i]);
	long_end(&d->run);
	json_decref(d->devices);
	if (d->block != NULL) {
		fclose(d->block);
		if (!c->json)
			fprintf(c->out, "For vitalsd.yaml:\n\n%s", d->text);
		free(d->text);
	}
	if (!go_on)
		return EXIT_PROBLEM;
	return d->sure_n > 0 && (c->args_n == 0 || d->sure_n == d->ports_n) ?
	    EXIT_OK : EXIT_PROBLEM;
}

int
verb_detect(struct cli *c)
{
	struct detecting *d = calloc(1, sizeof(*d));
	int64_t seconds = HEAR_MS / 1000;
	int status;

	if (d == NULL)
		return cli_problem(c, "out of memory");
	d->c = c;
	status = take_ports(d);
	if (status == EXIT_OK && cli_has(c, OPTION_SECONDS) &&
	    !cli_number(c, OPTION_SECONDS, HEAR_MS / 1000, SECONDS_MOST,
	    &seconds))
		status = EXIT_USAGE;
	d->options.ms = seconds * 1000;
	d->options.probe = cli_has(c, OPTION_ALLOW_PROBE);
	d->options.run = &d->run;
	if (status == EXIT_OK && cli_has(c, OPTION_YES) && !d->options.probe)
		status = cli_usage(c, "--yes goes with --allow-probe");
	if (status == EXIT_OK && d->options.probe && !is_agreed(c))
		status = cli_problem(c, "not agreed; nothing was sent");
	if (status == EXIT_OK)
		status = detect_all(d);
	free(d);
	return status;
}
