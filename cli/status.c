/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `vitalsctl status`: every bed and the box in a few lines each.
 *
 * Easy to get wrong: what is printed is of one moment; a value that is stale
 * at that moment is not printed as a value.
 */
#include "cli/cli.h"
#include "cli/state.h"
#include "cli/table.h"

#include <string.h>

#include "daemon/clock.h"

static void
value_text(const struct state_bed *b, enum vital v, char out[48])
{
	const struct state_reading *r = state_reading(b, v, 0);
	char age[TABLE_SPAN];

	if (!r) {
		snprintf(out, 48, "--");
		return;
	}
	table_span(r->age_ms, age);
	if (state_reading_valid(r, 0))
		snprintf(out, 48, "%s%s %s (%s)", r->shown,
		    r->quality == QUALITY_QUESTIONABLE ? "?" : "",
		    vital_info[v].unit, age);
	else if (r->shown[0])
		snprintf(out, 48, "-- (no data for %s)", age);
	else
		snprintf(out, 48, "-- (%s)", state_quality_words(r->quality));
}

static void
alarms_print(FILE *out, const struct state_alarm *a, size_t n, int64_t t_ms,
    bool box)
{
	char text[TEXT_MAX], since[TABLE_SPAN], by[BY_MAX];

	for (size_t i = 0; i < n; i++) {
		table_clean(a[i].text, text, sizeof(text));
		table_clean(a[i].by, by, sizeof(by));
		table_span(t_ms - a[i].since_ms, since);
		fprintf(out, "  %-3s %s%s%s, for %s%s%s%s%s  [%s]\n",
		    priority_sign(a[i].priority), box ? a[i].bed : "",
		    box && a[i].bed[0] ? ": " : "", text, since,
		    a[i].latched ? ", over but latched" : "",
		    a[i].paused ? ", paused" : "",
		    a[i].acknowledged ? ", acknowledged by " : "",
		    a[i].acknowledged ? by : "", a[i].event);
	}
}

/* Apart from the alarms of vitalsd: no sign, nothing to acknowledge. */
static void
relayed_print(FILE *out, const struct state_bed *b, int64_t t_ms)
{
	char text[MONITOR_ALARM_TEXT], since[TABLE_SPAN];

	for (size_t i = 0; i < b->relayed_n; i++) {
		const struct state_relayed *r = &b->relayed[i];

		table_clean(r->text, text, sizeof(text));
		table_span(t_ms - r->since_ms, since);
		fprintf(out, "  monitor says: %s  (%s, %s, for %s)\n", text,
		    priority_name(r->priority), r->port, since);
	}
}

static void
bed_print(FILE *out, const struct state_bed *b, int64_t t_ms)
{
	static const enum vital shown[] = {
		VITAL_SPO2, VITAL_HR, VITAL_PR, VITAL_NIBP_SYS,
		VITAL_NIBP_DIA, VITAL_NIBP_MAP, VITAL_RR, VITAL_ETCO2,
		VITAL_TEMP,
	};
	char text[48], span[TABLE_SPAN], clean[BED_MAX * 2];

	table_clean(b->label, clean, sizeof(clean));
	fprintf(out, "%s", b->bed);
	if (strcmp(b->bed, b->label) != 0)
		fprintf(out, " (%s)", clean);
	fprintf(out, ": %s", b->session[0] ? phase_name(b->phase) :
	    "idle, no session");
	if (b->session[0]) {
		table_span(b->since_start_ms, span);
		fprintf(out, ", session %s for %s", b->session, span);
	}
	if (b->infusion_ms != INFUSION_NONE) {
		table_span(b->infusion_ms, span);
		fprintf(out, ", infusion began %s ago", span);
	}
	fputc('\n', out);
	if (state_demo(b))
		fprintf(out, "  " STATE_DEMO "\n");
	for (size_t i = 0; i < sizeof(shown) / sizeof(shown[0]); i++) {
		if (!state_reading(b, shown[i], 0))
			continue;
		value_text(b, shown[i], text);
		fprintf(out, "  %-9s %s\n", vital_info[shown[i]].label, text);
	}
	for (size_t i = 0; i < b->ports_n; i++) {
		if (b->port[i].up)
			continue;
		table_clean(b->port[i].why, text, sizeof(text));
		fprintf(out, "  port %s is %s%s%s\n", b->port[i].port,
		    b->port[i].open ? "silent" : "down",
		    text[0] ? ": " : "", text);
	}
	if (b->paused_until_ms > t_ms) {
		table_span(b->paused_until_ms - t_ms, span);
		fprintf(out, "  alarms paused for %s more\n", span);
	}
	alarms_print(out, b->alarm, b->alarms_n, t_ms, false);
	relayed_print(out, b, t_ms);
}

static void
state_print(FILE *out, const struct state *s, const char *only)
{
	char why[160];

	table_clean(s->log_why, why, sizeof(why));
	if (s->log_failing)
		fprintf(out, "*** the log is failing: %s\n", why);
	if (!s->notifier_connected)
		fprintf(out, "vitals-notify is not connected\n");
	if (s->undelivered > 0)
		fprintf(out, "notices not delivered: %lld\n",
		    (long long)s->undelivered);
	if (!s->clock_synced)
		fprintf(out, "the clock is not synchronised\n");
	if (s->alarms_n > 0)
		fprintf(out, "the box:\n");
	alarms_print(out, s->alarm, s->alarms_n, s->t_ms, true);
	for (size_t i = 0; i < s->beds_n; i++) {
		if (!only || strcmp(only, s->bed[i].bed) == 0)
			bed_print(out, &s->bed[i], s->t_ms);
	}
}

json_t *
cli_bed(const json_t *state, const char *bed)
{
	size_t i;
	json_t *b;

	json_array_foreach(json_object_get(state, "beds"), i, b) {
		if (strcmp(client_text(b, "bed"), bed) == 0)
			return b;
	}
	return NULL;
}

int
verb_status(struct cli *c)
{
	const char *bed = c->value[OPTION_BED];
	json_t *answer = NULL;
	struct state *s;
	int status = cli_ask(c, "status", json_object(), &answer);

	if (status != EXIT_OK)
		return status;
	s = state_parse(answer);
	if (!s)
		status = cli_problem(c, "vitalsd sent a state that makes no "
		    "sense");
	else if (bed && !cli_bed(answer, bed))
		status = cli_problem(c, "there is no bed %s; `vitalsctl "
		    "status` lists them", bed);
	else if (c->json)
		table_json(c->out, bed ? "bed" : "state",
		    client_text(answer, "wall"),
		    bed ? cli_bed(answer, bed) : answer);
	else
		state_print(c->out, s, bed);
	state_free(s);
	json_decref(answer);
	return status;
}
