/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `vitalsctl reload`.
 *
 * Easy to get wrong: a refused configuration is no failure of vitalsd: it goes
 * on with the one it has.
 */
#include "cli/cli.h"
#include "cli/table.h"


static void
complaint_print(FILE *out, const char *file, unsigned line, unsigned column,
    const char *text)
{
	char clean[256];

	table_clean(text, clean, sizeof(clean));
	if (line > 0)
		fprintf(out, "%s:%u:%u: %s\n", file, line, column, clean);
	else
		fprintf(out, "%s: %s\n", file, clean);
}

static void
more_print(FILE *out, const char *file, size_t more)
{
	if (more > 0)
		fprintf(out, "%s: and %zu complaints more\n", file, more);
}

int
verb_reload(struct cli *c)
{
	json_t *answer = NULL, *o;
	size_t i;
	int status = cli_ask(c, "reload", json_object(), &answer);

	if (status != EXIT_OK)
		return status;
	json_array_foreach(json_object_get(answer, "complaints"), i, o)
		complaint_print(c->err, c->paths.config,
		    (unsigned)client_int(o, "line", 0),
		    (unsigned)client_int(o, "column", 0),
		    client_text(o, "text"));
	more_print(c->err, c->paths.config,
	    (size_t)client_int(answer, "more", 0));
	json_decref(answer);
	if (i > 0)
		return cli_problem(c, "refused; the running configuration "
		    "is kept");
	fprintf(c->out, "the configuration is reloaded\n");
	return EXIT_OK;
}
