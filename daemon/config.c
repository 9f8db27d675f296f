/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What can be done with a configuration once it is there: compare it with
 * another, print a complaint, let it go.  Parsing is config_parse.c's.
 *
 * Easy to get wrong: a reload takes labels, limits, roles and the like in
 * place; whatever the log, the hub or an open port was made from needs a
 * restart, and is refused here rather than taken by half.
 */
#include "daemon/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void
config_free(struct config *c)
{
	if (c == NULL)
		return;
	for (size_t i = 0; i < c->ports_n; i++)
		free((void *)c->ports[i].path);
	free(c->beds);
	free(c->ports);
	free(c->roles);
	for (size_t i = 0; i < c->rules_n; i++)
		free(c->rules[i]);
	free(c);
}

void
complaint_format(char *out, size_t size, const char *path,
    const struct complaint *c)
{
	if (c->line == 0)
		snprintf(out, size, "%s: %s", path, c->text);
	else
		snprintf(out, size, "%s:%u:%u: %s", path, c->line, c->column,
		    c->text);
}

bool
config_port_is_usb(const struct config_port *p)
{
	return strncmp(p->path, "usb:", 4) == 0;
}

const char *
config_socket_path(const char *port)
{
	return strncmp(port, "unix:", 5) == 0 ? port + 5 : NULL;
}

static bool
same_beds(const struct config *a, const struct config *b)
{
	if (a->beds_n != b->beds_n)
		return false;
	for (size_t i = 0; i < a->beds_n; i++)
		if (strcmp(a->beds[i].id, b->beds[i].id) != 0)
			return false;
	return true;
}

static bool
same_line(const struct line *a, const struct line *b)
{
	return a->baud == b->baud && a->bits == b->bits &&
	    a->parity == b->parity && a->stop == b->stop && a->flow == b->flow;
}

/* Drivers of rules are made anew with each configuration; their names are not,
 * and the rest is made of the rules. */
static bool
same_rules(const struct line_rules *a, const struct line_rules *b)
{
	if (a == NULL || b == NULL)
		return a == b;
	return memcmp(a, b, sizeof(*a)) == 0;
}

static bool
same_driver(const struct driver *a, const struct driver *b)
{
	return strcmp(a->name, b->name) == 0 &&
	    a->silent_after_ms == b->silent_after_ms;
}

static bool
same_port(const struct config_port *a, const struct config_port *b)
{
	return strcmp(a->name, b->name) == 0 && a->bed == b->bed &&
	    same_driver(a->driver, b->driver) &&
	    same_rules(a->options.rules, b->options.rules) &&
	    a->options.interval_s == b->options.interval_s &&
	    a->transport == b->transport && strcmp(a->path, b->path) == 0 &&
	    usb_equal(&a->expect, &b->expect) &&
	    same_line(&a->line, &b->line) && a->same_limb == b->same_limb;
}

/* Ports stand in the order of the beds and their monitors, so equal lists
 * have equal orders of preference too. */
static bool
same_ports(const struct config *a, const struct config *b)
{
	if (a->ports_n != b->ports_n)
		return false;
	for (size_t i = 0; i < a->ports_n; i++)
		if (!same_port(&a->ports[i], &b->ports[i]))
			return false;
	return true;
}

static bool
same_channels(const struct config *a, const struct config *b)
{
	if (a->channels_n != b->channels_n)
		return false;
	for (size_t i = 0; i < a->channels_n; i++)
		if (strcmp(a->channel[i].name, b->channel[i].name) != 0)
			return false;
	return true;
}

const char *
config_reloadable(const struct config *a, const struct config *b)
{
	if (!same_beds(a, b))
		return "beds: which beds there are changes only by a restart "
		    "of vitalsd";
	if (!same_ports(a, b))
		return "beds[].monitors: monitors, their ports and settings "
		    "change only by a restart of vitalsd";
	if (!same_channels(a, b))
		return "notify.channels: which channels there are changes "
		    "only by a restart of vitalsd";
	if (a->segment_ms != b->segment_ms || a->ballast != b->ballast ||
	    a->keep_days != b->keep_days)
		return "log: its settings change only by a restart of vitalsd";
	return NULL;
}
