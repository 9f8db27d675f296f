/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See setup.h.
 *
 * Easy to get wrong: what the hub takes for silence is the driver's figure or
 * three of the port's intervals, whichever is longer.
 */
#include "daemon/setup.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/journal.h"
#include "daemon/paths.h"
#include "daemon/resume.h"

int
setup_make_directory(const char *path, mode_t mode)
{
	char error[512];
	int r = paths_make_directory(path, mode, error, sizeof error);

	if (r < 0)
		journal_error("%s", error);
	return r;
}

void
setup_complain_config(const char *path, const struct complaints *why,
    const char *so)
{
	struct journal_fields f = { .message = JOURNAL_CONFIG_REFUSED };
	char line[512];

	journal_log(JOURNAL_ERROR, &f, "configuration %s is refused, and %s; "
	    "the next lines say what is wrong where", path, so);
	for (size_t i = 0; i < why->n; i++) {
		complaint_format(line, sizeof line, path, &why->item[i]);
		journal_error("%s", line);
	}
	if (why->more > 0)
		journal_error("and %zu more complaints", why->more);
}

int
setup_load_config(const char *path, struct config **out)
{
	struct complaints *why = calloc(1, sizeof *why);
	struct config *c;

	if (why == NULL)
		return -ENOMEM;
	c = config_load(path, why);
	if (c == NULL)
		setup_complain_config(path, why, "vitalsd does not start");
	free(why);
	if (c == NULL)
		return -EINVAL;
	*out = c;
	return 0;
}

int
setup_open_log(struct store **out, struct store_restored **restored,
    const struct config *c, const char *dir, const struct now *started,
    uint64_t start_id)
{
	struct store_options o = {
		.dir = dir, .start_id = start_id,
		.version = VITALSD_VERSION, .ports_n = c->ports_n,
		.segment_ms = c->segment_ms, .ballast = c->ballast,
		.keep_days = c->keep_days,
		.now = *started,
	};
	struct store_port *ports = calloc(c->ports_n, sizeof *ports);
	char error[512] = "";
	int r;

	if (ports == NULL)
		return -ENOMEM;
	for (size_t i = 0; i < c->ports_n; i++) {
		const struct config_port *p = &c->ports[i];

		ports[i] = (struct store_port){ p->name, c->beds[p->bed].id,
			p->driver->name, p->path };
	}
	o.ports = ports;
	r = resume_boot_id(o.boot_id);
	if (r == 0)
		r = store_open(out, &o, restored, error, sizeof error);
	free(ports);
	if (r < 0)
		journal_error("cannot open the log in %s: %s",
		    dir, error[0] ? error : strerror(-r));
	return r;
}

/* All that a hub is to be given, in one piece: larger than any hole that reading
 * the configuration left, so that it is fresh, and the much of it that is never
 * used is never touched.  Returns its size; room NULL: no more than that. */
static size_t
lay_out(struct hub *h, char *room)
{
	size_t used = 0;

#define PLACE(field, n) do {						\
	h->field = room != NULL ? (void *)(room + used) : NULL;		\
	used += ((n) * sizeof *h->field + 15) & ~(size_t)15;		\
} while (0)
	PLACE(bed, h->beds_n);
	PLACE(next_ms, 2 * h->beds_n);
	PLACE(port, h->ports_n);
	PLACE(board_port, h->ports_n);
	PLACE(sample, SUBJECT_LEVELS * h->beds_n);
	PLACE(value, VITALS * h->ports_n);
	PLACE(ended, h->beds_n);
	PLACE(step, HUB_STEPS(h->beds_n));
	PLACE(limits, h->beds_n);
	PLACE(by, h->beds_n);
	PLACE(relay, h->relays_n);
	PLACE(box_slot, h->box_slots_n);
#undef PLACE
	return used;
}

int
setup_make_hub(struct hub *h, const struct config *c, const struct now *started,
    uint64_t start_id, const struct hub_sink *sink)
{
	struct hub_bed_config *beds = calloc(c->beds_n, sizeof *beds);
	struct hub_port_config *ports = calloc(c->ports_n, sizeof *ports);
	char *room;
	int r = -ENOMEM;

	h->beds_n = c->beds_n;
	h->ports_n = c->ports_n;
	h->relays_n = 0;
	for (size_t i = 0; i < c->ports_n; i++)
		h->relays_n += c->ports[i].driver->relays_alarms;
	h->box_slots_n = BOX_SLOTS(c->beds_n, c->channels_n);
	room = calloc(1, lay_out(h, NULL));
	(void)lay_out(h, room);
	if (beds == NULL || ports == NULL || room == NULL)
		goto done;
	for (size_t i = 0; i < c->beds_n; i++)
		beds[i] = (struct hub_bed_config){ c->beds[i].id,
			c->beds[i].label };
	for (size_t i = 0; i < c->ports_n; i++) {
		const struct config_port *p = &c->ports[i];
		uint32_t silent = p->driver->silent_after_ms;

		/* A monitor that is asked less often may be silent longer. */
		if (3000u * p->options.interval_s > silent)
			silent = 3000u * p->options.interval_s;
		ports[i] = (struct hub_port_config){ p->name, p->bed,
			p->driver, p->same_limb, silent };
	}
	hub_init(h, started, start_id, &c->limits, beds, ports, sink);
	r = 0;
done:
	free(beds);
	free(ports);
	return r;
}

void
setup_free_hub(struct hub *h)
{
	free(h->bed);	/* the first of lay_out() */
}

void
setup_complain_socket(const char *path, int r)
{
	journal_error("%s: %s", path, r == -EADDRINUSE ?
	    "another vitalsd is running; stop it first, or give --run and "
	    "--state of its own" : r == -ENOTSOCK ?
	    "is in the way and no socket; move it, or give another --run" :
	    strerror(-r));
}
