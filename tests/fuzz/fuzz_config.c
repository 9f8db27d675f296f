/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzz target: any bytes as a configuration.  Either it is refused, with
 * complaints in order that are safe to print, or it is whole.
 *
 * Easy to get wrong: good seeds are schemas/vitalsd.yaml and single lines of
 * it; from nothing, a fuzzer seldom writes a bed.
 */
#include "daemon/config.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_complaints(const struct complaints *k)
{
	assert(k->n > 0 && k->n <= CONFIG_COMPLAINTS);
	for (size_t i = 0; i < k->n; i++) {
		const struct complaint *c = &k->item[i];

		assert(memchr(c->text, '\0', sizeof(c->text)) != NULL);
		assert(c->text[0] != '\0');
		for (const char *p = c->text; *p != '\0'; p++)
			assert((unsigned char)*p >= 0x20 && *p != 0x7f);
		if (i > 0 && c->line == k->item[i - 1].line)
			assert(c->column >= k->item[i - 1].column);
		else if (i > 0)
			assert(c->line > k->item[i - 1].line);
	}
}

static void
check_config(const struct config *c)
{
	struct limit_fault fault;

	assert(c->beds_n > 0 && c->beds_n <= CONFIG_BEDS);
	assert(c->ports_n > 0 && c->ports_n <= CONFIG_PORTS);
	for (size_t i = 0; i < c->ports_n; i++) {
		const struct config_port *p = &c->ports[i];
		const struct config_bed *b = &c->beds[p->bed];

		assert(p->driver != NULL && (p->path[0] == '/' ||
		    strncmp(p->path, "usb:", 4) == 0 ||
		    strncmp(p->path, "unix:/", 6) == 0));
		assert(strncmp(p->name, b->id, strlen(b->id)) == 0);
		assert(p->name[strlen(b->id)] == '/');
		assert(p->line.baud > 0 && p->line.stop > 0);
		for (size_t j = 0; j < i; j++)
			assert(strcmp(p->name, c->ports[j].name) != 0);
	}
	assert(limit_set_check(&c->limits, &fault));
	assert(config_reloadable(c, c) == NULL);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct complaints k;
	struct config *c = config_parse((const char *)data, size, &k);

	if (c != NULL)
		check_config(c);
	else
		check_complaints(&k);
	config_free(c);
	return 0;
}
