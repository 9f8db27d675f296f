/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See config_port.h.
 *
 * Easy to get wrong: two texts may name one port.  They are compared as
 * written, without their "//", "/./" and "/x/..", and by what they lead to at this
 * moment, where they lead anywhere: by-id and by-path are two links to one
 * adapter, and usb: is a third name of it.  A port whose cable is out leads
 * nowhere, and is no complaint.
 */
#include "daemon/config_port.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/* The path without empty, "." and ".." parts. */
static void
plain_path(char out[CONFIG_PATH_MAX], const char *path)
{
	size_t o = 0;

	while (*path != '\0') {
		size_t n;

		while (*path == '/')
			path++;
		n = strcspn(path, "/");
		if (n == 0 || (n == 1 && *path == '.')) {
			path += n;
			continue;
		}
		if (n == 2 && strncmp(path, "..", 2) == 0) {
			while (o > 0 && out[--o] != '/')
				;
			path += n;
			continue;
		}
		out[o++] = '/';
		memcpy(out + o, path, n);
		o += n;
		path += n;
	}
	out[o] = '\0';
}

/* "unix:" and the plain path; "usb:..." as it is. */
static void
plain_port(char out[CONFIG_PATH_MAX], const char *port)
{
	const char *path = config_socket_path(port);
	char plain[CONFIG_PATH_MAX];

	if (path == NULL && port[0] != '/') {
		snprintf(out, CONFIG_PATH_MAX, "%s", port);
		return;
	}
	plain_path(plain, path != NULL ? path : port);
	snprintf(out, CONFIG_PATH_MAX, "%s%.*s", path != NULL ? "unix:" : "",
	    CONFIG_PATH_MAX - 6, plain);
}

/* Kernel names that are given out in the order of plugging. */
static bool
is_by_plugging(const char *path)
{
	static const char *const prefix[] = { "/dev/ttyUSB", "/dev/ttyACM" };

	for (size_t i = 0; i < sizeof(prefix) / sizeof(prefix[0]); i++)
		if (strncmp(path, prefix[i], strlen(prefix[i])) == 0)
			return true;
	return false;
}

/* A port's path, looked at once: a thousand ports are half a million pairs. */
struct known_path {
	const struct config_place *at;
	char plain[CONFIG_PATH_MAX];
	bool leads;		/* somewhere, now */
	dev_t dev;
	ino_t ino;
};

/* What the port leads to at this moment, if that is one thing. */
static bool
node_of(char out[PATH_MAX], const struct config_port *p)
{
	const char *path = config_socket_path(p->path);
	struct usb_port found[2];

	if (!config_port_is_usb(p)) {
		snprintf(out, PATH_MAX, "%s", path != NULL ? path : p->path);
		return true;
	}
	if (usb_find(&p->expect, found) != 1)
		return false;
	snprintf(out, PATH_MAX, "%s/dev/%s", usb_root, found[0].tty);
	return true;
}

static void
look_at_path(const struct config_port *p, const struct config_places *places,
    struct known_path *out)
{
	char node[PATH_MAX];
	struct stat st;

	out->at = config_place_of(places, &p->path);
	if (out->at == NULL)
		return;
	plain_port(out->plain, p->path);
	out->leads = node_of(node, p) && stat(node, &st) == 0;
	if (out->leads) {
		out->dev = st.st_dev;
		out->ino = st.st_ino;
	}
}

static bool
same_device(const struct known_path *a, const struct known_path *b)
{
	return a->leads && b->leads && a->dev == b->dev && a->ino == b->ino;
}

/* Two ports of one adapter are two ports. */
static bool
same_usb(const struct config_port *a, const struct config_port *b)
{
	return config_port_is_usb(a) && config_port_is_usb(b) &&
	    usb_overlap(&a->expect, &b->expect);
}

static void
check_path(const struct config *c, const struct known_path *known, size_t i,
    struct complaints *out)
{
	const struct config_port *p = &c->ports[i];
	const struct config_place *at = known[i].at;
	char where[PATH_MAX], node[PATH_MAX], quoted[CONFIG_TEXT_QUOTED];

	if (at == NULL)
		return;
	config_text_quote(quoted, p->path, strlen(p->path));
	if (is_by_plugging(known[i].plain))
		complain(out, at->line, at->column, "port: %s goes by the "
		    "order of plugging: plugging another monitor first swaps "
		    "patients; expected its link in /dev/serial/by-id or "
		    "by-path", quoted);
	for (size_t j = 0; j < i; j++) {
		const struct config_port *o = &c->ports[j];
		const struct config_place *first = known[j].at;

		if (first == NULL)
			continue;
		if (strcmp(known[i].plain, known[j].plain) == 0 ||
		    same_usb(p, o))
			complain(out, at->line, at->column, "port: %s is that "
			    "of %s too (line %u); expected one monitor on one "
			    "port", quoted, o->name, first->line);
		else if (same_device(&known[i], &known[j]))
			complain(out, at->line, at->column, "port: this and "
			    "the port of %s (line %u) both lead to %.60s; "
			    "expected one monitor on one port", o->name,
			    first->line, node_of(node, p) &&
			    realpath(node, where) != NULL ? where :
			    "one device");
		else
			continue;
		return;
	}
}

static void
check_paths(const struct config *c, const struct config_places *places,
    struct complaints *out)
{
	struct known_path *known = calloc(c->ports_n + 1, sizeof(*known));

	if (known == NULL) {
		complain(out, 0, 0, "out of memory");
		return;
	}
	for (size_t i = 0; i < c->ports_n; i++)
		look_at_path(&c->ports[i], places, &known[i]);
	for (size_t i = 0; i < c->ports_n; i++)
		check_path(c, known, i, out);
	free(known);
}

static const struct config_place *
line_key(const struct config_port *p, const struct config_places *places,
    const char **name)
{
	const struct { const char *name; const void *field; } key[] = {
		{ "baud", &p->line.baud }, { "bits", &p->line.bits },
		{ "parity", &p->line.parity }, { "stop", &p->line.stop },
		{ "flow", &p->line.flow },
	};

	for (size_t i = 0; i < sizeof(key) / sizeof(key[0]); i++) {
		const struct config_place *at =
		    config_place_of(places, key[i].field);

		*name = key[i].name;
		if (at != NULL)
			return at;
	}
	return NULL;
}

/* What a port is follows from how it is named. */
static void
complete_port(struct config_port *p, const struct config_places *places,
    struct complaints *out)
{
	const struct config_place *transport =
	    config_place_of(places, &p->transport);
	const struct config_place *expect = config_place_of(places, &p->expect);
	const struct config_place *at;
	const char *name;
	bool is_socket;

	if (config_place_of(places, &p->path) == NULL)
		return;
	is_socket = config_socket_path(p->path) != NULL;
	if (transport != NULL && (is_socket || (config_port_is_usb(p) &&
	    p->transport != TRANSPORT_SERIAL)))
		complain(out, transport->line, transport->column,
		    "transport: the port says itself what it is (%s); expected "
		    "no transport", is_socket ? "unix:" : "usb:");
	if (is_socket) {
		p->transport = TRANSPORT_UNIX;
		if ((at = line_key(p, places, &name)) != NULL)
			complain(out, at->line, at->column, "%s: a socket has "
			    "no line settings: they are those of the device "
			    "server behind it; expected none", name);
	}
	if (expect != NULL && config_port_is_usb(p))
		complain(out, expect->line, expect->column, "expect: the port "
		    "names its device itself; expected none");
	else if (expect != NULL && p->transport != TRANSPORT_SERIAL)
		complain(out, expect->line, expect->column, "expect: a %s is "
		    "no USB device; expected none", is_socket ? "socket" :
		    "pseudo-terminal");
	if (config_port_is_usb(p) && usb_parse(p->path, &p->expect) != NULL)
		p->expect.named = false;	/* was complained of */
}

void
config_check_ports(struct config *c, const struct config_places *places,
    struct complaints *out)
{
	for (size_t i = 0; i < c->ports_n; i++)
		complete_port(&c->ports[i], places, out);
	check_paths(c, places, out);
}
