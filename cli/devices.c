/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `vitalsctl devices`: is each monitor heard, and if not, why.
 *
 * Easy to get wrong: bytes without sound frames mean a wrong driver, rate or
 * cable; no bytes at all mean a monitor that is off.  So both ages are shown.
 */
#include "cli/cli.h"
#include "cli/table.h"

#include <string.h>

static void
age_text(const json_t *o, const char *key, char out[TABLE_SPAN])
{
	if (json_is_integer(json_object_get(o, key)))
		table_span(client_int(o, key, 0), out);
	else
		snprintf(out, TABLE_SPAN, "never");
}

/* "ok 1760, bad-check 3": what is zero is left out, but for ok. */
static void
frames_text(const json_t *frames, char *out, size_t n)
{
	const char *name;
	json_t *v;
	size_t used = 0;
	int r;

	out[0] = '\0';
	json_object_foreach((json_t *)frames, name, v) {
		if (json_integer_value(v) == 0 && strcmp(name, "ok") != 0)
			continue;
		r = snprintf(out + used, n - used, "%s%s %lld",
		    used ? ", " : "", name, (long long)json_integer_value(v));
		if (r < 0 || (size_t)r >= n - used)
			return;
		used += (size_t)r;
	}
}

static void
device_row(struct table *t, const json_t *d)
{
	char byte[TABLE_SPAN], frame[TABLE_SPAN], frames[200];

	age_text(d, "byte_age_ms", byte);
	age_text(d, "frame_age_ms", frame);
	frames_text(json_object_get(d, "frames"), frames, sizeof(frames));
	table_cell(t, "%s", client_text(d, "port"));
	table_cell(t, "%s", client_text(d, "bed"));
	table_cell(t, "%s", client_text(d, "driver"));
	table_cell(t, "%s", client_text(d, "link"));
	table_cell(t, "%s", byte);
	table_cell(t, "%s", frame);
	table_cell(t, "%lld", (long long)client_int(d, "bytes", 0));
	table_cell(t, "%lld", (long long)client_int(d, "garbage", 0));
	table_cell(t, "%s", frames);
	table_cell(t, "%lld", (long long)client_int(d, "readings", 0));
	table_cell(t, "%lld", (long long)client_int(d, "reopened", 0));
	table_cell(t, "%s", client_text(d, "why"));
}

int
verb_devices(struct cli *c)
{
	static const char *const title[] = {
		"PORT", "BED", "DRIVER", "LINK", "LAST BYTE", "LAST FRAME",
		"BYTES", "GARBAGE", "FRAMES", "READINGS", "REOPENED", "WHY",
	};
	const char *bed = c->value[OPTION_BED];
	json_t *answer = NULL, *d;
	struct table t;
	char now[32];
	size_t i, n = 0;
	int status = cli_ask(c, "devices", json_object(), &answer);

	if (status != EXIT_OK)
		return status;
	table_init(&t, sizeof(title) / sizeof(title[0]), title);
	json_array_foreach(json_object_get(answer, "devices"), i, d) {
		if (bed && strcmp(client_text(d, "bed"), bed) != 0)
			continue;
		n++;
		if (c->json)
			table_json(c->out, "device", cli_time(now), d);
		else
			device_row(&t, d);
	}
	if (bed && n == 0)
		status = cli_problem(c, "bed %s has no port, or there is no "
		    "such bed", bed);
	else if (!c->json && table_print(&t, c->out) < 0)
		status = cli_problem(c, "out of memory");
	table_free(&t);
	json_decref(answer);
	return status;
}
