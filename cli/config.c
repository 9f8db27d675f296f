/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `vitalsctl config check` and `reload`.
 *
 * Easy to get wrong: the check runs here, without a daemon, by the daemon's own
 * code; so what it says is what a reload or a start will say.
 */
#include "cli/cli.h"
#include "cli/table.h"

#include <stdlib.h>

#include "daemon/config.h"
#include "daemon/roles.h"

static void
complaint_print(FILE *out, const char *file, const struct complaint *x)
{
	char line[CONFIG_PATH_MAX + sizeof(x->text)], clean[sizeof(line)];

	complaint_format(line, sizeof(line), file, x);
	table_clean(line, clean, sizeof(clean));
	fprintf(out, "%s\n", clean);
}

static void
more_print(FILE *out, const char *file, size_t more)
{
	if (more > 0)
		fprintf(out, "%s: and %zu complaints more\n", file, more);
}

/* Of what is no fault of the file, and may be just what was meant. */
static void
warning_print(FILE *out, const char *file, const char *text)
{
	char clean[ROLES_MISSING_MAX];

	table_clean(text, clean, sizeof(clean));
	fprintf(out, "%s: warning: %s\n", file, clean);
}

struct config *
config_read(struct cli *c, const char *file)
{
	struct complaints *complaints = calloc(1, sizeof(*complaints));
	struct config *config;

	if (!complaints) {
		(void)cli_problem(c, "out of memory");
		return NULL;
	}
	config = config_load(file, complaints);
	for (size_t i = 0; !config && i < complaints->n; i++)
		complaint_print(c->err, file, &complaints->item[i]);
	if (!config)
		more_print(c->err, file, complaints->more);
	free(complaints);
	return config;
}

int
verb_config_check(struct cli *c)
{
	const char *file = c->args_n > 0 ? c->arg[0] : c->paths.config;
	struct config *config = config_read(c, file);
	char warning[ROLES_MISSING_MAX];

	if (!config)
		return EXIT_PROBLEM;
	for (size_t from = 0; roles_missing(config, &from, warning); )
		warning_print(c->err, file, warning);
	fprintf(c->out, "%s: %zu bed%s on %zu port%s, limit set %s, "
	    "no complaints\n", file, config->beds_n,
	    config->beds_n == 1 ? "" : "s", config->ports_n,
	    config->ports_n == 1 ? "" : "s", config->limits.name);
	config_free(config);
	return EXIT_OK;
}

int
verb_reload(struct cli *c)
{
	json_t *answer = NULL, *o;
	size_t i;
	int status = cli_ask(c, "reload", json_object(), &answer);

	if (status != EXIT_OK)
		return status;
	json_array_foreach(json_object_get(answer, "complaints"), i, o) {
		struct complaint x = {
			.line = (unsigned)client_int(o, "line", 0),
			.column = (unsigned)client_int(o, "column", 0),
		};

		snprintf(x.text, sizeof(x.text), "%s", client_text(o, "text"));
		complaint_print(c->err, c->paths.config, &x);
	}
	more_print(c->err, c->paths.config,
	    (size_t)client_int(answer, "more", 0));
	if (i > 0) {
		json_decref(answer);
		return cli_problem(c, "refused; the running configuration "
		    "is kept");
	}
	json_array_foreach(json_object_get(answer, "warnings"), i, o)
		warning_print(c->err, c->paths.config,
		    json_string_value(o) ? json_string_value(o) : "");
	json_decref(answer);
	fprintf(c->out, "the configuration is reloaded\n");
	return EXIT_OK;
}
