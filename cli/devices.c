/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `vitalsctl devices`: is each monitor heard; if not, why, and what to do.
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

/* Adds "bad-check 3" to the list. */
static void
add_count(char *out, size_t n, const char *name, int64_t count)
{
	size_t used = strlen(out);

	snprintf(out + used, n - used, "%s%s %lld", used > 0 ? ", " : "", name,
	    (long long)count);
}

/* Sound frames, whether or not they say anything that is read. */
static int64_t
sound_frames(const json_t *frames)
{
	return client_int(frames, "ok", 0) + client_int(frames, "ignored", 0);
}

/* "bad-check 3, garbage 12": all but sound frames; what is zero is left out. */
static void
others_text(const json_t *d, char *out, size_t n)
{
	static const char *const other[] = { "garbage", "framing_errors",
		"parity_errors", "breaks", "reopened" };
	static const char *const shown[] = { "garbage", "framing", "parity",
		"breaks", "reopened" };
	const char *name;
	json_t *v;

	out[0] = '\0';
	json_object_foreach(json_object_get(d, "frames"), name, v)
		if (json_integer_value(v) != 0 && strcmp(name, "ok") != 0 &&
		    strcmp(name, "ignored") != 0)
			add_count(out, n, name, json_integer_value(v));
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++)
		if (client_int(d, other[i], 0) != 0)
			add_count(out, n, shown[i], client_int(d, other[i], 0));
}

/* The bed is in the port's name. */
static void
device_row(struct table *t, const json_t *d)
{
	char byte[TABLE_SPAN], frame[TABLE_SPAN], others[320];

	age_text(d, "byte_age_ms", byte);
	age_text(d, "frame_age_ms", frame);
	others_text(d, others, sizeof(others));
	table_cell(t, "%s", client_text(d, "port"));
	table_cell(t, "%s", client_text(d, "driver"));
	table_cell(t, "%s", client_text(d, "link"));
	table_cell(t, "%s", byte);
	table_cell(t, "%s", frame);
	table_cell(t, "%lld", (long long)client_int(d, "readings", 0));
	table_cell(t, "%lld", (long long)sound_frames(json_object_get(d,
	    "frames")));
	if (others[0] != '\0')
		table_note(t, "also:", others);
	if (client_text(d, "why")[0] != '\0')
		table_note(t, "why: ", client_text(d, "why"));
	if (client_text(d, "do")[0] != '\0')
		table_note(t, "do:  ", client_text(d, "do"));
}

int
verb_devices(struct cli *c)
{
	static const char *const title[] = {
		"PORT", "DRIVER", "LINK", "LAST BYTE", "LAST FRAME", "READINGS",
		"SOUND FRAMES",
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
		status = cli_problem(c, "there is no bed %s; `vitalsctl "
		    "status` lists them", bed);
	else if (!c->json && table_print(&t, c->out) < 0)
		status = cli_problem(c, "out of memory");
	table_free(&t);
	json_decref(answer);
	return status;
}
