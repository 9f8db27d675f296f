/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitalsctl log verify: is the log as it was written?
 *
 * Easy to get wrong: a fault is exit status 1 even where everything could be
 * read; what retention removed is no fault.
 */
#include <jansson.h>
#include <string.h>
#include <unistd.h>

#include "cli/long.h"
#include "cli/table.h"
#include "review/verify.h"

static void
say(void *arg, enum verify_kind kind, const char *session, const char *text)
{
	struct long_run *l = arg;
	struct cli *c = l->c;
	char now[32];
	json_t *o;

	long_clear(l);
	if (!c->json) {
		fprintf(c->out, "%s: %s%s%s\n", kind == VERIFY_FAULT ?
		    "FAULT" : "note", session, session[0] ? ": " : "", text);
		return;
	}
	o = json_pack("{s:s, s:s, s:s}", "kind", kind == VERIFY_FAULT ?
	    "fault" : "note", "session", session, "text", text);
	table_json(c->out, "finding", cli_time(now), o);
	json_decref(o);
}

static void
print_result(struct cli *c, const struct verify_result *x)
{
	char now[32], verdict[40] = "in order";
	json_t *o;

	if (x->faults > 0)
		snprintf(verdict, sizeof verdict, "%lld fault%s",
		    (long long)x->faults, x->faults == 1 ? "" : "s");
	if (!c->json) {
		fprintf(c->out, "%lld records, %lld readings, %lld ended "
		    "session%s, %lld seal%s computed anew: %s\n",
		    (long long)x->records, (long long)x->readings,
		    (long long)x->sessions, x->sessions == 1 ? "" : "s",
		    (long long)x->seals, x->seals == 1 ? "" : "s",
		    verdict);
		return;
	}
	o = json_pack("{s:I, s:I, s:I, s:I, s:I, s:I}", "faults",
	    (json_int_t)x->faults, "records", (json_int_t)x->records,
	    "readings", (json_int_t)x->readings, "sessions",
	    (json_int_t)x->sessions, "seals", (json_int_t)x->seals,
	    "removed_segments", (json_int_t)x->removed);
	table_json(c->out, "verified", cli_time(now), o);
	json_decref(o);
}

int
verb_log_verify(struct cli *c)
{
	const char *file = c->args_n > 0 ? c->arg[0] : c->paths.log;
	struct long_run l;
	const struct verify_watch w = { say, long_go_on, &l };
	struct verify_result x = { 0 };
	char error[LOG_ERROR], beside[4200];
	sqlite3 *db;
	int r;

	cli_stand_back();
	r = log_open(&db, file, error);
	if (r < 0)
		return cli_problem(c, "%s", error);
	/* A backup has no -wal: nobody writes to it. */
	snprintf(beside, sizeof beside, "%.4000s-wal", file);
	long_begin(&l, c);
	r = verify_log(db, c->value[OPTION_SESSION], access(beside, F_OK) != 0,
	    &w, &x, error);
	long_end(&l);
	log_close(db);
	if (r < 0)
		return cli_problem(c, "%s", error);
	print_result(c, &x);
	return x.faults == 0 ? EXIT_OK : EXIT_PROBLEM;
}
