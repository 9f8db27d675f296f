/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See detect_ports.h.
 *
 * Easy to get wrong: there are always some /dev/ttyS, hardware or not.  The
 * kernel knows: a port of type 0 has none.
 */
#include "cli/detect_ports.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* In order of preference. */
static const struct {
	const char *folder;	/* in /dev */
	enum port_name name;
} stable[] = {
	{ "serial/by-id", NAME_BY_ID },
	{ "serial/by-path", NAME_BY_PATH },
};
#define STABLE (sizeof(stable) / sizeof(stable[0]))

static bool MUST_CHECK
join(char out[CONFIG_PATH_MAX], const char *folder, const char *name)
{
	int n = snprintf(out, CONFIG_PATH_MAX, "%s/%s", folder, name);

	return n > 0 && n < CONFIG_PATH_MAX;
}

/* Where a path leads; "": nowhere. */
static void
resolve(const char *path, char out[CONFIG_PATH_MAX])
{
	char real[PATH_MAX];

	out[0] = '\0';
	if (realpath(path, real) != NULL && strlen(real) < CONFIG_PATH_MAX)
		strcpy(out, real);
}

static enum transport
transport_of(const char *device)
{
	return strncmp(device, "/dev/pts/", 9) == 0 ?
	    TRANSPORT_PTY : TRANSPORT_SERIAL;
}

static bool
begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static int
not_hidden(const struct dirent *d)
{
	return d->d_name[0] != '.';
}

/* Calls take() with each entry's path, by name, until it says false. */
static void
each_entry(const char *where, bool (*take)(void *arg, const char *path),
    void *arg)
{
	char path[CONFIG_PATH_MAX];
	struct dirent **list;
	bool go_on = true;
	int n;

	n = scandir(where, &list, not_hidden, alphasort);
	for (int i = 0; i < n; i++) {
		if (go_on && join(path, where, list[i]->d_name))
			go_on = take(arg, path);
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

struct listing {
	struct detect_port *out;
	size_t n;
	enum port_name name;
	const char *sys;
};

static bool
add_port(void *arg, const char *path)
{
	struct listing *l = arg;
	struct detect_port p = { .name = l->name };

	resolve(path, p.device);
	if (p.device[0] == '\0')
		return true;
	if (l->n == DETECT_PORTS)
		return false;
	for (size_t i = 0; i < l->n; i++) {
		if (strcmp(l->out[i].device, p.device) == 0)
			return true;
	}
	strcpy(p.path, path);
	p.transport = transport_of(p.device);
	l->out[l->n++] = p;
	return true;
}

static bool
has_hardware(const char *sys, const char *name)
{
	char path[CONFIG_PATH_MAX], folder[64];
	int type = 0;
	FILE *f;

	snprintf(folder, sizeof(folder), "class/tty/%.32s/type", name);
	if (!join(path, sys, folder) ||
	    (f = fopen(path, "re")) == NULL)
		return false;
	if (fscanf(f, "%d", &type) != 1)
		type = 0;
	fclose(f);
	return type != 0;
}

static bool
add_built_in(void *arg, const char *path)
{
	struct listing *l = arg;
	const char *name = strrchr(path, '/') + 1;

	if (!begins(name, "ttyS") || !has_hardware(l->sys, name))
		return true;
	return add_port(l, path);
}

size_t
detect_ports_list(const char *dev, const char *sys,
    struct detect_port out[DETECT_PORTS])
{
	struct listing l = { .out = out, .sys = sys };
	char folder[CONFIG_PATH_MAX];

	for (size_t i = 0; i < STABLE; i++) {
		l.name = stable[i].name;
		if (join(folder, dev, stable[i].folder))
			each_entry(folder, add_port, &l);
	}
	l.name = NAME_AS_GIVEN;
	each_entry(dev, add_built_in, &l);
	return l.n;
}

/* Looks for a name of the same device. */
static bool
rename_port(void *arg, const char *path)
{
	struct detect_port *p = arg;
	char device[CONFIG_PATH_MAX];

	resolve(path, device);
	if (strcmp(device, p->device) != 0)
		return true;
	strcpy(p->path, path);
	return false;
}

void
detect_port_named(const char *dev, const char *given, struct detect_port *out)
{
	char folder[CONFIG_PATH_MAX];
	const char *name;

	*out = (struct detect_port){ .name = NAME_AS_GIVEN };
	snprintf(out->path, sizeof(out->path), "%s", given);
	resolve(given, out->device);
	out->transport = transport_of(out->device);
	for (size_t i = 0; i < STABLE; i++) {
		if (join(folder, dev, stable[i].folder) &&
		    begins(given, folder))
			out->name = stable[i].name;
	}
	for (size_t i = 0; i < STABLE && out->device[0] != '\0' &&
	    out->name == NAME_AS_GIVEN; i++) {
		if (join(folder, dev, stable[i].folder))
			each_entry(folder, rename_port, out);
		if (strcmp(out->path, given) != 0)
			out->name = stable[i].name;
	}
	name = strrchr(out->path, '/');
	if (out->name == NAME_AS_GIVEN && name != NULL &&
	    (begins(name, "/ttyUSB") || begins(name, "/ttyACM")))
		out->name = NAME_BY_PLUGGING;
}
