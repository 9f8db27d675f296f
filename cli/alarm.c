/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `vitalsctl alarm list|ack|pause`.
 *
 * Easy to get wrong: an acknowledgement is of what someone has seen.  Naming a
 * bed acknowledges all that is open on it, so the answer says each alarm.
 */
#include "cli/cli.h"
#include "cli/state.h"
#include "cli/table.h"

#include <string.h>

#include "daemon/clock.h"

static void
alarm_row(struct table *t, const struct state_alarm *a)
{
	char since[TABLE_SPAN];

	/* One box, one boot: since_ms is on this clock too. */
	table_span(clock_boot_ms() - a->since_ms, since);
	table_cell(t, "%s", a->bed[0] ? a->bed : "(box)");
	table_cell(t, "%-3s %s", priority_sign(a->priority),
	    priority_name(a->priority));
	table_cell(t, "%s%s", a->demo ? "[DEMO DATA] " : "", a->text);
	table_cell(t, "%s", since);
	table_cell(t, "%s%s%s", a->latched ? "latched" : "active",
	    a->latched || a->level == a->priority ? "" : ", now ",
	    a->latched || a->level == a->priority ? "" :
	    priority_name(a->level));
	table_cell(t, "%s%s", a->paused ? "paused " : "",
	    a->acknowledged ? a->by[0] ? a->by : "yes" : "no");
	table_cell(t, "%s", a->event);
}

int
verb_alarm_list(struct cli *c)
{
	static const char *const title[] = {
		"BED", "PRIORITY", "ALARM", "FOR", "STATE", "SEEN BY", "EVENT",
	};
	json_t *answer = NULL, *alarms, *o;
	struct state_alarm a;
	struct table t;
	char now[32];
	size_t i;
	int status = cli_ask(c, "alarm.list", cli_params(c), &answer);

	if (status != EXIT_OK)
		return status;
	table_init(&t, sizeof(title) / sizeof(title[0]), title);
	alarms = json_object_get(answer, "alarms");
	/* The most urgent first. */
	for (int p = PRIORITY_HIGH; p >= PRIORITY_NONE; p--)
		json_array_foreach(alarms, i, o) {
			state_parse_alarm(o, &a);
			if ((int)a.priority != p)
				continue;
			if (c->json)
				table_json(c->out, "alarm", cli_time(now), o);
			else
				alarm_row(&t, &a);
		}
	if (!c->json && json_array_size(alarms) == 0)
		fprintf(c->out, "no open alarm\n");
	else if (!c->json && table_print(&t, c->out) < 0)
		status = cli_problem(c, "out of memory");
	table_free(&t);
	json_decref(answer);
	return status;
}

/* CHAIR3: acknowledgement of "SpO2 86 % (<88)" recorded (9f86d081884c7d65-1) */
static void
acknowledged_print(FILE *out, const json_t *o)
{
	const char *bed = client_text(o, "bed");
	char clean[TEXT_MAX];

	table_clean(client_text(o, "text"), clean, sizeof(clean));
	fprintf(out, "%s: acknowledgement of \"%s\" recorded (%s)\n",
	    bed[0] ? bed : "(box)", clean, client_text(o, "event"));
}

int
verb_alarm_ack(struct cli *c)
{
	json_t *answer = NULL, *params = cli_params(c), *o;
	struct event_id id;
	size_t i;
	int status;

	if (c->args_n > 0 && !event_id_parse(c->arg[0], &id)) {
		json_decref(params);
		return cli_usage(c, "`%s` names no event; `vitalsctl alarm "
		    "list` shows them in its last column", c->arg[0]);
	}
	if (params && c->args_n > 0)
		json_object_set_new(params, "event", json_string(c->arg[0]));
	status = cli_ask(c, "alarm.ack", params, &answer);
	if (status != EXIT_OK)
		return status;
	json_array_foreach(json_object_get(answer, "alarms"), i, o)
		acknowledged_print(c->out, o);
	if (i == 0)
		fprintf(c->out, "there was no open alarm to acknowledge\n");
	fflush(c->out);
	cli_warn_durable(c, answer);
	json_decref(answer);
	return EXIT_OK;
}

int
verb_alarm_pause(struct cli *c)
{
	json_t *answer = NULL, *params;
	int64_t seconds = 120;
	char local[CLOCK_TEXT];
	int status;

	if (c->args_n > 0 && strcmp(c->arg[0], "off") == 0)
		seconds = 0;
	else if (c->args_n > 0 && (!cli_parse_number(c->arg[0], &seconds) ||
	    seconds < 1 || seconds > 120))
		return cli_usage(c, "a pause is 1 to 120 seconds, or `off` to "
		    "end it, not `%s`", c->arg[0]);
	params = cli_params(c);
	if (params)
		json_object_set_new(params, "seconds", json_integer(seconds));
	status = cli_ask(c, "alarm.pause", params, &answer);
	if (status != EXIT_OK)
		return status;
	seconds = client_int(answer, "seconds", seconds);
	clock_format_local(clock_wall_ms() + seconds * 1000, local);
	if (seconds == 0)
		fprintf(c->out, "%s: end of the alarm pause recorded\n",
		    client_text(answer, "bed"));
	else
		fprintf(c->out, "%s: alarm pause of %lld s recorded, until "
		    "%s; it ends by itself\n", client_text(answer, "bed"),
		    (long long)seconds, local);
	fflush(c->out);
	cli_warn_durable(c, answer);
	json_decref(answer);
	return EXIT_OK;
}
