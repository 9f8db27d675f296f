/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitalsctl session list: the sessions that the log holds.
 *
 * Easy to get wrong: it asks the log, not vitalsd, so it works without one.
 */
#include <jansson.h>
#include <stdlib.h>
#include <time.h>

#include "cli/cli.h"
#include "cli/table.h"
#include "daemon/json.h"
#include "review/log.h"

int
verb_session_list(struct cli *c)
{
	static const char *const title[] = { "SESSION", "BED", "SUBJECT",
		"BEGAN", "LENGTH", "INFUSION", "STATE", "HIGH", "MEDIUM",
		"LOW" };
	struct log_row *rows;
	size_t n;
	sqlite3 *db;
	struct table t;
	char error[LOG_ERROR], began[32], span[TABLE_SPAN];
	int r = log_open(&db, c->paths.log, error);

	if (r < 0)
		return cli_problem(c, "%s", error);
	r = log_list(db, &rows, &n, error);
	log_close(db);
	if (r < 0)
		return cli_problem(c, "%s", error);
	table_init(&t, sizeof title / sizeof title[0], title);
	for (size_t i = 0; i < n; i++) {
		const struct log_row *w = &rows[i];
		time_t at = (time_t)(w->begin_wall_ms / 1000);
		struct tm tm;
		json_t *o;

		if (c->json) {
			o = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s, "
			    "s:{s:i, s:i, s:i}}", "session", w->id, "bed",
			    w->bed, "subject", w->subject, "began",
			    json_wall(w->begin_wall_ms), "ended",
			    w->end_wall_ms ? json_wall(w->end_wall_ms) :
			    json_null(), "infusion_ms", w->infusion_ms >= 0 ?
			    json_integer(w->infusion_ms) : json_null(),
			    "phase", phase_name(w->phase), "alarms", "high",
			    (int)w->alarms[PRIORITY_HIGH], "medium",
			    (int)w->alarms[PRIORITY_MEDIUM], "low",
			    (int)w->alarms[PRIORITY_LOW]);
			table_json(c->out, "session", cli_time(began), o);
			json_decref(o);
			continue;
		}
		localtime_r(&at, &tm);
		strftime(began, sizeof began, "%Y-%m-%d %H:%M", &tm);
		table_cell(&t, "%s", w->id);
		table_cell(&t, "%s", w->bed);
		table_cell(&t, "%s", w->subject);
		table_cell(&t, "%s", began);
		table_span(w->end_wall_ms - w->begin_wall_ms, span);
		table_cell(&t, "%s", w->end_wall_ms ? span : "open");
		table_span(w->infusion_ms, span);
		table_cell(&t, "%s", w->infusion_ms >= 0 ? span : "none");
		table_cell(&t, "%s", phase_name(w->phase));
		table_cell(&t, "%u", w->alarms[PRIORITY_HIGH]);
		table_cell(&t, "%u", w->alarms[PRIORITY_MEDIUM]);
		table_cell(&t, "%u", w->alarms[PRIORITY_LOW]);
	}
	r = c->json ? 0 : table_print(&t, c->out);
	table_free(&t);
	free(rows);
	return r < 0 ? cli_problem(c, "out of memory") : EXIT_OK;
}
