/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `vitalsctl limits show|set`: the limits of a bed's session.
 *
 * Easy to get wrong: a change holds for this session alone, and it needs a
 * reason; the site's own limits stand in the configuration.
 */
#include "cli/cli.h"
#include "cli/table.h"

#include <string.h>

static void
limit_row(struct table *t, const json_t *o)
{
	const char *relative = client_text(o, "relative");
	bool percent = strcmp(relative, "percent") == 0;
	bool difference = strcmp(relative, "units") == 0;
	const char *by = percent || difference ? " from baseline" : "";
	const char *unit = percent ? "%" : client_text(o, "unit");

	/* 5 points of saturation are not 5 % of it. */
	if (difference && strcmp(unit, "%") == 0)
		unit = "points";
	table_cell(t, "%s", client_text(o, "tier"));
	table_cell(t, "%s", client_true(o, "on") ?
	    client_text(o, "priority") : "off");
	table_cell(t, "%s%lld %s%s", client_text(o, "comparison"),
	    (long long)client_int(o, "limit", 0), unit, by);
	table_cell(t, "%lld", (long long)client_int(o, "clear", 0));
	table_cell(t, "%g s", (double)client_int(o, "delay_ms", 0) / 1000);
	if (client_true(o, "changed"))
		table_cell(t, "CHANGED, site %lld",
		    (long long)client_int(o, "site_limit", 0));
	else
		table_cell(t, "site");
	table_cell(t, "%s", !client_true(o, "on") ? "" :
	    client_true(o, "armed") ? "armed" : "not armed");
	table_cell(t, "%s", client_text(o, "grade"));
}

int
verb_limits_show(struct cli *c)
{
	static const char *const title[] = {
		"TIER", "PRIORITY", "LIMIT", "CLEAR", "DELAY", "FROM",
		"ARMED", "GRADE",
	};
	json_t *answer = NULL, *o;
	const char *who;
	struct table t;
	char now[32], clean[128];
	size_t i;
	int status = cli_ask(c, "limits.show", cli_params(c), &answer);

	if (status != EXIT_OK)
		return status;
	table_init(&t, sizeof(title) / sizeof(title[0]), title);
	json_array_foreach(json_object_get(answer, "tiers"), i, o) {
		if (c->json)
			table_json(c->out, "limit", cli_time(now), o);
		else
			limit_row(&t, o);
	}
	who = client_text(answer, "confirmed_by");
	table_clean(who, clean, sizeof(clean));
	if (!c->json) {
		fprintf(c->out, "%s: limit set %s, %s%s\n",
		    client_text(answer, "bed"), client_text(answer, "set"),
		    who[0] ? "confirmed by " : "NOT CONFIRMED by a clinician",
		    clean);
		if (table_print(&t, c->out) < 0)
			status = cli_problem(c, "out of memory");
	}
	table_free(&t);
	json_decref(answer);
	return status;
}

/* The options of a change into the request's parameters. */
static int
change_take(struct cli *c, json_t *p)
{
	static const struct {
		enum cli_option option;
		const char *key;
		int64_t min, max, scale;
	} number[] = {
		{ OPTION_LIMIT, "limit", -1000, 1000, 1 },
		{ OPTION_CLEAR, "clear", -1000, 1000, 1 },
		{ OPTION_DELAY, "delay_ms", 0, 600, 1000 },
	};
	const char *priority = c->value[OPTION_PRIORITY];
	int64_t v;

	for (size_t i = 0; i < sizeof(number) / sizeof(number[0]); i++) {
		if (!cli_has(c, number[i].option))
			continue;
		if (!cli_number(c, number[i].option, number[i].min,
		    number[i].max, &v))
			return EXIT_USAGE;
		json_object_set_new(p, number[i].key,
		    json_integer(v * number[i].scale));
	}
	if (priority && strcmp(priority, "low") != 0 &&
	    strcmp(priority, "medium") != 0 && strcmp(priority, "high") != 0)
		return cli_usage(c, "--priority takes low, medium or high, "
		    "not `%s`", priority);
	if (priority)
		json_object_set_new(p, "priority", json_string(priority));
	if (cli_has(c, OPTION_ON) && cli_has(c, OPTION_OFF))
		return cli_usage(c, "say either --on or --off");
	if (cli_has(c, OPTION_ON) || cli_has(c, OPTION_OFF))
		json_object_set_new(p, "on",
		    json_boolean(cli_has(c, OPTION_ON)));
	return EXIT_OK;
}

static void
limit_print(FILE *out, const json_t *o)
{
	if (json_is_false(json_object_get(o, "on")))
		fprintf(out, "off");
	else
		fprintf(out, "%s %lld (clear %lld, %g s)",
		    client_text(o, "priority"),
		    (long long)client_int(o, "limit", 0),
		    (long long)client_int(o, "clear", 0),
		    (double)client_int(o, "delay_ms", 0) / 1000);
}

int
verb_limits_set(struct cli *c)
{
	json_t *answer = NULL, *params;
	bool any = cli_has(c, OPTION_LIMIT) || cli_has(c, OPTION_CLEAR) ||
	    cli_has(c, OPTION_DELAY) || cli_has(c, OPTION_PRIORITY) ||
	    cli_has(c, OPTION_ON) || cli_has(c, OPTION_OFF);
	int status;

	if (!any)
		return cli_usage(c, "say what to change");
	if (!cli_has(c, OPTION_REASON) || !c->value[OPTION_REASON][0])
		return cli_usage(c, "a changed limit needs --reason TEXT");
	params = cli_params(c);
	if (params)
		json_object_set_new(params, "tier", json_string(c->arg[0]));
	status = params ? change_take(c, params) : EXIT_OK;
	if (status != EXIT_OK) {
		json_decref(params);
		return status;
	}
	status = cli_ask(c, "limits.set", params, &answer);
	if (status != EXIT_OK)
		return status;
	fprintf(c->out, "%s: %s from ", client_text(answer, "bed"), c->arg[0]);
	limit_print(c->out, json_object_get(answer, "old"));
	fprintf(c->out, " to ");
	limit_print(c->out, json_object_get(answer, "new"));
	fprintf(c->out, " recorded (%s)\n", client_text(answer, "session"));
	fflush(c->out);
	cli_warn_durable(c, answer);
	json_decref(answer);
	return EXIT_OK;
}
