/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitalsctl replay: a recording through driver, hub and alarms.
 *
 * Easy to get wrong: times printed count from the recording's first byte, not
 * from anything of today.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "alerts/message.h"
#include "cli/cli.h"
#include "cli/table.h"
#include "daemon/clock.h"
#include "daemon/config.h"
#include "daemon/json.h"
#include "review/replay.h"

struct printing {
	struct cli *cli;
	double speed;		/* 0: as fast as it computes */
	int64_t began_ms;
};

static void
format_ms(int64_t ms, char out[32])
{
	snprintf(out, 32, "%lld:%02lld:%02lld.%03lld",
	    (long long)(ms / 3600000), (long long)(ms / 60000 % 60),
	    (long long)(ms / 1000 % 60), (long long)(ms % 1000));
}

static void
print_reading(void *arg, int64_t ms, const struct reading *r)
{
	struct printing *p = arg;
	const struct vital_info *v = &vital_info[r->vital];
	char time[32], value[24] = "";
	json_t *o;

	format_ms(ms, time);
	if (p->cli->json) {
		o = json_pack("{s:I, s:s, s:s, s:s, s:o}", "ms",
		    (json_int_t)ms, "vital", v->name, "quality",
		    quality_name(r->quality), "unit", v->ucum, "value",
		    reading_has_value(r) ? json_scaled(r->value, v->decimals) :
		    json_null());
		table_json(p->cli->out, "reading", time, o);
		json_decref(o);
	} else if (v->episodic && r->vital != VITAL_NIBP_PR) {
		if (reading_has_value(r))
			json_scaled_text(vital_shown(r->vital, r->value),
			    v->shown, value);
		fprintf(p->cli->out, "%s  cuff   %-8s %s %s\n", time,
		    v->label, value[0] ? value : quality_name(r->quality),
		    value[0] ? v->unit : "");
	}
}

static void
print_alarm(void *arg, int64_t ms, const struct alarm_change *c)
{
	struct printing *p = arg;
	char time[32];
	json_t *o;

	format_ms(ms, time);
	if (p->cli->json) {
		o = json_alarm(c, c->since_ms);
		json_object_set_new(o, "ms", json_integer(ms));
		table_json(p->cli->out, "alarm", time, o);
		json_decref(o);
		return;
	}
	fprintf(p->cli->out, "%s  %-3s %-11s %-6s %s\n", time,
	    priority_sign(c->priority), alarm_phase_name(c->phase),
	    priority_name(c->priority), c->text);
}

static void
pace(void *arg, int64_t ms)
{
	struct printing *p = arg;
	int64_t wait;

	if (p->speed <= 0)
		return;
	wait = p->began_ms + (int64_t)((double)ms / p->speed) -
	    clock_boot_ms();
	if (wait > 0) {
		struct timespec t = { wait / 1000, wait % 1000 * 1000000 };

		fflush(p->cli->out);
		nanosleep(&t, NULL);
	}
}

static json_t *
frames_json(const struct stream_counters *c)
{
	json_t *o = json_object();

	for (int i = 0; i < DECODES; i++)
		json_object_set_new(o, decode_name((enum decode)i),
		    json_integer((json_int_t)c->frames[i]));
	return o;
}

static void
summary_json(struct cli *c, const struct replay_result *r)
{
	char time[32];
	json_t *o = json_pack("{s:I, s:I, s:I, s:I, s:o, s:{s:I, s:I, s:I}}",
	    "length_ms", (json_int_t)r->length_ms, "bytes",
	    (json_int_t)r->count.bytes, "garbage",
	    (json_int_t)r->count.garbage, "readings",
	    (json_int_t)r->count.readings, "frames", frames_json(&r->count),
	    "alarms", "high", (json_int_t)r->alarms[PRIORITY_HIGH], "medium",
	    (json_int_t)r->alarms[PRIORITY_MEDIUM], "low",
	    (json_int_t)r->alarms[PRIORITY_LOW]);

	format_ms(r->length_ms, time);
	table_json(c->out, "summary", time, o);
	json_decref(o);
}

static int
summary_table(struct cli *c, const struct track *t,
    const struct replay_result *r)
{
	static const char *const paces[] = { "the capture's own times",
		"the monitor's clock", "the line's speed" };
	static const char *const title[] = { "VITAL", "WITH VALUE",
		"QUESTIONABLE", "WITHOUT", "LEAST", "MOST", "UNIT" };
	struct table table;
	char length[TABLE_SPAN];
	int status;

	table_span(r->length_ms, length);
	fprintf(c->out, "\n%s, timed by %s; %llu bytes, %llu of them in no "
	    "frame\nframes:", length, paces[t->pace],
	    (unsigned long long)r->count.bytes,
	    (unsigned long long)r->count.garbage);
	for (int i = 0; i < DECODES; i++)
		if (r->count.frames[i] > 0)
			fprintf(c->out, " %llu %s",
			    (unsigned long long)r->count.frames[i],
			    decode_name((enum decode)i));
	fprintf(c->out, "\nalarms: %llu high, %llu medium, %llu low\n\n",
	    (unsigned long long)r->alarms[PRIORITY_HIGH],
	    (unsigned long long)r->alarms[PRIORITY_MEDIUM],
	    (unsigned long long)r->alarms[PRIORITY_LOW]);
	table_init(&table, 7, title);
	for (int i = 0; i < VITALS; i++) {
		const struct replay_vital *v = &r->vital[i];
		uint64_t good = v->quality[QUALITY_GOOD];
		uint64_t doubt = v->quality[QUALITY_QUESTIONABLE], none = 0;
		char least[24] = "", most[24] = "";

		for (int q = QUALITY_NO_VALUE; q < QUALITIES; q++)
			none += v->quality[q];
		if (good + doubt + none == 0)
			continue;
		if (good + doubt > 0) {
			json_scaled_text(v->least, vital_info[i].decimals,
			    least);
			json_scaled_text(v->most, vital_info[i].decimals,
			    most);
		}
		table_cell(&table, "%s", vital_info[i].label);
		table_cell(&table, "%llu", (unsigned long long)(good + doubt));
		table_cell(&table, "%llu", (unsigned long long)doubt);
		table_cell(&table, "%llu", (unsigned long long)none);
		table_cell(&table, "%s", least);
		table_cell(&table, "%s", most);
		table_cell(&table, "%s", vital_info[i].unit);
	}
	status = table_print(&table, c->out);
	table_free(&table);
	return status < 0 ? cli_problem(c, "out of memory") : EXIT_OK;
}

static int
take_driver(struct cli *c, const struct driver **out)
{
	const char *name = c->value[OPTION_DRIVER];

	if (name == NULL)
		return cli_usage(c, "say which protocol it is (--driver); "
		    "`vitalsctl drivers` lists them");
	*out = driver_find(name);
	if (*out != NULL)
		return EXIT_OK;
	fprintf(c->err, "vitalsctl: there is no driver \"%s\"; there are:",
	    name);
	for (size_t i = 0; drivers[i] != NULL; i++)
		fprintf(c->err, " %s", drivers[i]->name);
	fputc('\n', c->err);
	return EXIT_USAGE;
}

static int
take_limits(struct cli *c, struct limit_set *out)
{
	const char *path = c->value[OPTION_LIMITS];
	struct complaints *why;
	struct config *config;

	limit_set_default(out);
	if (path == NULL)
		return EXIT_OK;
	why = calloc(1, sizeof *why);
	if (why == NULL)
		return cli_problem(c, "out of memory");
	config = config_load(path, why);
	for (size_t i = 0; config == NULL && i < why->n; i++) {
		char line[512];

		complaint_format(line, sizeof line, path, &why->item[i]);
		fprintf(c->err, "%s\n", line);
	}
	if (config != NULL)
		*out = config->limits;
	free(why);
	if (config == NULL)
		return EXIT_PROBLEM;
	config_free(config);
	return EXIT_OK;
}

/* "12:30" (minutes and seconds) or "1:02:03"; -1 if not given. */
static int
take_offset(struct cli *c, enum cli_option o, int64_t *out)
{
	int64_t sum = 0, part = 0;
	int parts = 1;
	const char *s = c->value[o];

	*out = -1;
	if (s == NULL)
		return EXIT_OK;
	for (; *s != '\0' && parts <= 3; s++) {
		if (*s == ':') {
			sum = (sum + part) * 60;
			part = 0;
			parts++;
		} else if (*s >= '0' && *s <= '9' && part < 1000) {
			part = part * 10 + (*s - '0');
		} else {
			parts = 4;
		}
	}
	if (parts < 2 || parts > 3)
		return cli_usage(c, "%s %s: expected MM:SS or H:MM:SS since "
		    "the recording's first byte", option_info[o].name,
		    c->value[o]);
	*out = (sum + part) * 1000;
	return EXIT_OK;
}

int
verb_replay(struct cli *c)
{
	struct printing p = { .cli = c };
	struct replay_sink sink = { &p, print_reading, print_alarm, pace };
	struct limit_set limits;
	struct replay_options o = { .limits = &limits };
	struct replay_result result;
	struct track_error error;
	struct track track;
	char *end = NULL;
	int r;

	if ((r = take_driver(c, &o.driver)) != EXIT_OK ||
	    (r = take_limits(c, &limits)) != EXIT_OK ||
	    (r = take_offset(c, OPTION_INFUSION_START,
	    &o.infusion_start_ms)) != EXIT_OK ||
	    (r = take_offset(c, OPTION_INFUSION_STOP,
	    &o.infusion_stop_ms)) != EXIT_OK)
		return r;
	if (cli_has(c, OPTION_SPEED) &&
	    strcmp(c->value[OPTION_SPEED], "max") != 0) {
		p.speed = strtod(c->value[OPTION_SPEED], &end);
		if (*end != '\0' || !(p.speed > 0 && p.speed <= 100000))
			return cli_usage(c, "--speed %s: expected max or a "
			    "number above 0, 1 being its own pace",
			    c->value[OPTION_SPEED]);
	}
	if (track_load(c->arg[0], o.driver, &track, &error) < 0) {
		if (error.line > 0)
			return cli_problem(c, "%s:%zu:%zu: %s", c->arg[0],
			    error.line, error.column, error.text);
		return cli_problem(c, "%s: %s", c->arg[0], error.text);
	}
	p.began_ms = clock_boot_ms();
	r = replay_run(&track, &o, &sink, &result);
	if (r == -EINVAL)
		r = cli_problem(c, "the infusion cannot start and stop so: "
		    "the start must come before the stop");
	else if (r < 0)
		r = cli_problem(c, "%s", strerror(-r));
	else if (c->json)
		summary_json(c, &result);
	else
		r = summary_table(c, &track, &result);
	if (r == EXIT_OK && result.count.frames[DECODE_OK] == 0 &&
	    result.count.frames[DECODE_IGNORED] == 0)
		r = cli_problem(c, "%s: not one message of %s is in it; is "
		    "--driver right?", c->arg[0], o.driver->name);
	track_free(&track);
	return r;
}
