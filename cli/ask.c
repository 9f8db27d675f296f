/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the verbs share in talking to vitalsd; see cli.h.
 *
 * Easy to get wrong: "durable": false means that it took effect and is not on
 * disk.  It is no failure, and it must not pass unseen.
 */
#include "cli/cli.h"
#include "cli/pages.h"

#include <errno.h>

#include "daemon/clock.h"

json_t *
cli_params(const struct cli *c)
{
	static const struct { enum cli_option o; const char *key; } given[] = {
		{ OPTION_BED, "bed" }, { OPTION_AT, "at" },
		{ OPTION_BY, "by" }, { OPTION_SUBJECT, "subject" },
		{ OPTION_REASON, "reason" },
	};
	json_t *p = json_object();

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++) {
		if (c->value[given[i].o] && json_object_set_new(p,
		    given[i].key, json_string(c->value[given[i].o])) < 0) {
			json_decref(p);
			return NULL;
		}
	}
	return p;
}

int
cli_connect(struct cli *c, struct client *client)
{
	if (client_open(client, c->paths.control_sock) < 0)
		return cli_problem(c, "%s", client->error);
	return EXIT_OK;
}

int
cli_ask(struct cli *c, const char *method, json_t *params, json_t **result)
{
	struct client client;
	int r;

	if (!params)
		return cli_problem(c, "an argument is not UTF-8 text");
	if (cli_connect(c, &client) != EXIT_OK) {
		json_decref(params);
		return EXIT_PROBLEM;
	}
	r = client_call_all(&client, method, params, result);
	client_close(&client);
	if (r == 0)
		return EXIT_OK;
	if (r == -EREMOTEIO && client.code == CLIENT_NOT_ALLOWED)
		return cli_problem(c, "not allowed: %s", client.error);
	/* Asked, but not answered: said again, a statement may stand twice. */
	if (r != -EREMOTEIO && c->verb->takes & TAKES(BY))
		return cli_problem(c, "%s; whether `%s` took effect is not "
		    "known: look (`vitalsctl status`) before you say it again",
		    client.error, c->verb->name);
	return cli_problem(c, "%s", client.error);
}

void
cli_warn_durable(struct cli *c, const json_t *result)
{
	if (!json_is_false(json_object_get(result, "durable")))
		return;
	fprintf(c->err,
	    "*** WARNING: vitalsd's LOG IS FAILING.  This took effect, but it "
	    "is NOT on disk and\n"
	    "*** will be lost with the power.  Write it down by hand and call "
	    "for help;\n"
	    "*** `vitalsctl status` says what is wrong.\n");
}

const char *
cli_time(char out[32])
{
	_Static_assert(CLOCK_TEXT <= 32, "room for a time");
	clock_format_utc(clock_wall_ms(), out);
	return out;
}
