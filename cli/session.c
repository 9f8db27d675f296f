/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What people state about a session: `session`, `infusion`, `mark`, `baseline`.
 *
 * Easy to get wrong: the time that is printed is the one that vitalsd took
 * (its answer's `at`), not the one that was typed.
 */
#include "cli/cli.h"

#include <ctype.h>
#include <string.h>

#include "cli/table.h"
#include "daemon/clock.h"
#include "schemas/record.h"

/* "CHAIR3: infusion start at 14:02:31 recorded (20261121-CHAIR3-1)". */
static void
stated_print(struct cli *c, const json_t *r, const char *what)
{
	int64_t at = client_wall_ms(client_text(r, "at"));
	char local[CLOCK_TEXT] = "?";

	if (at >= 0)
		clock_format_local(at, local);
	fprintf(c->out, "%s: %s at %s recorded (%s)\n", client_text(r, "bed"),
	    what, local, client_text(r, "session"));
	fflush(c->out);
	cli_warn_durable(c, r);
}

/* Pointed out, never refused (vitalsd.yaml(5), recovery). */
static void
recovery_print(struct cli *c, const json_t *r)
{
	char lasted[TABLE_SPAN], minimum[TABLE_SPAN];
	int64_t min_ms = client_int(r, "recovery_min_ms", 0);

	if (min_ms == 0)
		return;
	table_span(client_int(r, "recovery_ms", 0), lasted);
	table_span(min_ms, minimum);
	fprintf(c->out, "%s: *** RECOVERY LASTED %s, less than the %s of this "
	    "site ***\n", client_text(r, "bed"), lasted, minimum);
}

int
verb_statement(struct cli *c)
{
	json_t *answer = NULL, *params = cli_params(c);
	int status;

	if (params && c->args_n > 0 && json_object_set_new(params, "text",
	    json_string(c->arg[0])) < 0) {
		json_decref(params);
		params = NULL;
	}
	status = cli_ask(c, c->verb->method, params, &answer);
	if (status != EXIT_OK)
		return status;
	stated_print(c, answer, c->verb->name);
	recovery_print(c, answer);
	json_decref(answer);
	return EXIT_OK;
}

/* "infusion.start" as people type it. */
static void
words_of(const char *kind, char *out, size_t n)
{
	snprintf(out, n, "%s", kind);
	for (char *p = out; *p != '\0'; p++)
		if (*p == '.')
			*p = ' ';
}

int
verb_amend(struct cli *c)
{
	bool withdraw = cli_has(c, OPTION_WITHDRAW);
	/* As the review prints it, "#9f86d081884c7d65-7", or without. */
	const char *statement = c->arg[0] + (c->arg[0][0] == '#');
	json_t *answer = NULL, *params;
	char what[80], kind[48];
	struct event_id id;
	int64_t was;
	int status;

	if (!event_id_parse(statement, &id))
		return cli_usage(c, "`%s` names no statement; `vitalsctl "
		    "review SESSION` lists them", c->arg[0]);
	if (withdraw == cli_has(c, OPTION_AT))
		return cli_usage(c, "say either --at HH:MM[:SS] or --withdraw");
	if (!cli_has(c, OPTION_REASON))
		return cli_usage(c, "a correction needs --reason TEXT");
	params = cli_params(c);
	json_object_set_new(params, "statement", json_string(statement));
	if (withdraw)
		json_object_set_new(params, "withdraw", json_true());
	status = cli_ask(c, "session.amend", params, &answer);
	if (status != EXIT_OK)
		return status;
	words_of(client_text(answer, "amended"), kind, sizeof(kind));
	was = client_wall_ms(client_text(answer, "was"));
	if (withdraw) {
		char local[CLOCK_TEXT] = "?";

		if (was >= 0)
			clock_format_local(was, local);
		fprintf(c->out, "%s: withdrawal of %s at %s recorded (%s)\n",
		    client_text(answer, "bed"), kind, local,
		    client_text(answer, "session"));
		fflush(c->out);
		cli_warn_durable(c, answer);
	} else {
		snprintf(what, sizeof(what), "correction: %s", kind);
		stated_print(c, answer, what);
	}
	json_decref(answer);
	return EXIT_OK;
}

static const struct {
	enum cli_option option;	/* OPTIONS: given by --nibp */
	const char *key, *label, *unit;
	int64_t max;
} baseline_value[] = {
	{ OPTION_HR, "heart-rate", "heart rate", "/min", 300 },
	{ OPTION_SPO2, "spo2", "SpO2", "%", 100 },
	{ OPTION_RR, "rr", "breaths", "/min", 150 },
	{ OPTIONS, "nibp-sys", "NIBP sys", "mmHg", 300 },
	{ OPTIONS, "nibp-dia", "NIBP dia", "mmHg", 300 },
	{ OPTIONS, "nibp-map", "NIBP mean", "mmHg", 300 },
};
#define BASELINE_VALUES (sizeof(baseline_value) / sizeof(baseline_value[0]))

/* "128/79" or "128/79/95" into the three pressures; what is not said is taken
 * away, since a mean of another measurement would not belong to it. */
static int
nibp_take(struct cli *c, json_t *values)
{
	static const char *const key[] = { "nibp-sys", "nibp-dia", "nibp-map" };
	const char *p = c->value[OPTION_NIBP];
	int64_t v[3] = { 0 };
	char part[8];
	size_t n = 0, length;

	for (bool more = true; more && n < 3; n++) {
		length = strcspn(p, "/");
		if (length >= sizeof(part))
			break;
		memcpy(part, p, length);
		part[length] = '\0';
		if (!cli_parse_number(part, &v[n]) || v[n] < 1 || v[n] > 300)
			break;
		more = p[length] == '/';
		p += length + more;
		/* The mean lies between them. */
		if (!more && n > 0 && v[0] > v[1] &&
		    (n == 1 || (v[2] >= v[1] && v[2] <= v[0]))) {
			for (size_t i = 0; i < 3; i++) {
				json_object_del(values, key[i]);
				if (i <= n)
					json_object_set_new(values, key[i],
					    json_integer(v[i]));
			}
			return EXIT_OK;
		}
	}
	return cli_usage(c, "--nibp takes SYS/DIA or SYS/DIA/MAP, 1 to 300 "
	    "mmHg, SYS above DIA and MAP between them, like 128/79, not `%s`",
	    c->value[OPTION_NIBP]);
}

static int
baseline_options(struct cli *c, json_t *values)
{
	int64_t v;

	for (size_t i = 0; i < BASELINE_VALUES; i++) {
		enum cli_option o = baseline_value[i].option;

		if (o == OPTIONS || !cli_has(c, o))
			continue;
		if (!cli_number(c, o, 1, baseline_value[i].max, &v))
			return EXIT_USAGE;
		json_object_set_new(values, baseline_value[i].key,
		    json_integer(v));
	}
	return cli_has(c, OPTION_NIBP) ? nibp_take(c, values) : EXIT_OK;
}

static bool
baseline_agreed(struct cli *c, const char *bed, const json_t *values)
{
	char line[16] = "";

	fprintf(c->out, "%s: baseline\n", bed);
	for (size_t i = 0; i < BASELINE_VALUES; i++) {
		const json_t *v = json_object_get(values,
		    baseline_value[i].key);

		if (json_is_number(v))
			fprintf(c->out, "  %-10s %lld %s\n",
			    baseline_value[i].label,
			    (long long)json_number_value(v),
			    baseline_value[i].unit);
		else
			fprintf(c->out, "  %-10s not known; its relative "
			    "limits stay off\n", baseline_value[i].label);
	}
	if (cli_has(c, OPTION_YES))
		return true;
	fprintf(c->out, "Are these this patient's own values at rest? [y/N] ");
	fflush(c->out);
	if (!fgets(line, sizeof(line), c->in))
		fputc('\n', c->out);
	return tolower((unsigned char)line[0]) == 'y';
}

int
verb_baseline(struct cli *c)
{
	json_t *answer = NULL, *params = cli_params(c), *values;
	const char *bed;
	int status;

	if (params)
		json_object_del(params, "by");
	status = cli_ask(c, "baseline.suggest", params, &answer);
	if (status != EXIT_OK)
		return status;
	values = json_object_get(answer, "values");
	bed = client_text(answer, "bed");
	status = baseline_options(c, values);
	if (status == EXIT_OK && json_object_size(values) == 0)
		status = cli_problem(c, "%s: no values to suggest yet; give "
		    "them, like --nibp 128/79 --hr 72", bed);
	if (status == EXIT_OK && !baseline_agreed(c, bed, values))
		status = cli_problem(c, "not confirmed; nothing was recorded");
	params = cli_params(c);
	json_object_set(params, "values", values);
	if (bed[0])
		json_object_set_new(params, "bed", json_string(bed));
	json_decref(answer);
	if (status != EXIT_OK) {
		json_decref(params);
		return status;
	}
	status = cli_ask(c, "baseline.confirm", params, &answer);
	if (status != EXIT_OK)
		return status;
	stated_print(c, answer, "baseline confirm");
	json_decref(answer);
	return EXIT_OK;
}
