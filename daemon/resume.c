/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See resume.h.
 *
 * Easy to get wrong: limits and baseline are in the log as the JSON text of
 * the statements that set them; a text that cannot be read back is said, and
 * the site's own limits stand.
 */
#include "daemon/resume.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "daemon/journal.h"
#include "daemon/json.h"
#include "daemon/limit_say.h"

int
resume_boot_id(char out[40])
{
	int fd = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd < 0)
		return -errno;
	n = read(fd, out, 39);
	close(fd);
	if (n < 36)
		return -EIO;
	out[36] = '\0';
	return 0;
}

/* Applies the session's own limit changes to the site's limits. */
static void
restore_limits(const struct store_session *s, struct limit_set *limits)
{
	for (size_t i = 0; i < s->limits_n; i++) {
		json_t *o = json_loads(s->limits[i].text, 0, NULL);
		const char *name = json_string_value(json_object_get(o,
		    "tier"));
		int t = name != NULL ? tier_find(name) : -1;
		char error[LIMIT_SAY_MAX] = "no such tier";
		struct limit_set trial = *limits;
		struct limit_fault fault;
		bool ok = t >= 0 && json_read_limit(json_object_get(o, "new"),
		    &trial.tier[t], error, sizeof error);

		/* The site's may have changed meanwhile. */
		if (ok && !limit_set_check(&trial, &fault)) {
			limit_say(error, &trial, &fault);
			ok = false;
		}
		if (ok)
			*limits = trial;
		else
			journal_log(JOURNAL_ERROR, &(struct journal_fields){
			    .bed = s->session.bed, .session = s->session.id },
			    "session %s: a limit change in the log cannot be "
			    "taken up (%s); the site's stands",
			    s->session.id, error);
		json_decref(o);
	}
}

static const struct baseline *
restore_baseline(const struct store_session *s, struct baseline *b)
{
	json_t *o;
	char error[128];
	bool ok;

	if (s->baseline.kind != STATEMENT_BASELINE_CONFIRM)
		return NULL;
	o = json_loads(s->baseline.text, 0, NULL);
	ok = json_read_baseline(o, b, error, sizeof error);
	json_decref(o);
	if (!ok)
		journal_log(JOURNAL_ERROR, &(struct journal_fields){
		    .bed = s->session.bed, .session = s->session.id },
		    "session %s: the baseline in the log cannot be read back "
		    "(%s); it must be confirmed anew", s->session.id, error);
	return ok ? b : NULL;
}

static void
note_gap(const struct resume *r, const struct store_session *s,
    struct hub *h, const struct now *now)
{
	const struct store_restored *before = r->restored;
	struct event e = { .kind = EVENT_GAP };
	int64_t lasted = before->last_same_boot ?
	    now->t_ms - before->last_t_ms :
	    now->wall_ms - before->last_wall_ms;

	snprintf(e.bed, sizeof e.bed, "%s", s->session.bed);
	snprintf(e.session, sizeof e.session, "%s", s->session.id);
	e.from_ms = before->last_wall_ms;
	e.to_ms = now->wall_ms;
	e.count = lasted;
	snprintf(e.text, sizeof e.text, "vitalsd was not running for "
	    "%s%lld.%lld s (%s)", lasted < 0 ? "-" : "",
	    (long long)(llabs(lasted) / 1000),
	    (long long)(llabs(lasted) % 1000 / 100),
	    before->last_clean ? "stopped in order" : "it was killed, crashed, "
	    "or the power failed");
	hub_event(h, now, &e);
	journal_log(JOURNAL_WARNING, &(struct journal_fields){
	    .bed = e.bed, .session = e.session }, "session %s: %s",
	    e.session, e.text);
	if (s->same_boot)
		return;
	e.kind = EVENT_BRIDGE;
	e.count = s->bridge_ms;
	snprintf(e.text, sizeof e.text, "the machine was restarted; the "
	    "session's clock is bridged by wall time, %s",
	    s->bridge_certain ? "synchronised on both sides" :
	    "not certain: the clock was not synchronised");
	hub_event(h, now, &e);
}

void
resume_sessions(struct resume *r, struct hub *h, struct outbox *o,
    const struct now *now)
{
	struct store_restored *was = r->restored;

	if (was->replaced[0] != '\0') {
		struct event e = { .kind = EVENT_LOG_REPLACED };

		snprintf(e.text, sizeof e.text, "the log was damaged; it was "
		    "moved to %s and a new one begun", was->replaced);
		hub_event(h, now, &e);
		hub_box(h, now, BOX_LOG_REPLACED, "", true, e.text);
		journal_error("%s", e.text);
	}
	outbox_restore(o, was->notices, was->notices_n);
	for (size_t i = 0; i < was->stray_n; i++)
		hub_end_stray(h, now, &was->stray[i]);
	for (size_t i = 0; i < was->ended_n; i++) {
		int bed = hub_find_bed(h, was->ended[i].bed);

		if (bed >= 0)
			hub_restore_ended(h, (size_t)bed, &was->ended[i]);
	}
	for (size_t i = 0; i < was->sessions_n; i++) {
		struct store_session *s = &was->sessions[i];
		struct limit_set limits = *h->site;
		struct baseline baseline = { 0 };
		int bed = hub_find_bed(h, s->session.bed);

		note_gap(r, s, h, now);
		if (bed < 0) {
			journal_log(JOURNAL_ERROR, &(struct journal_fields){
			    .bed = s->session.bed, .session = s->session.id },
			    "session %s is open on bed \"%s\", which is not "
			    "configured any more: configure it again to end "
			    "the session", s->session.id,
			    s->session.bed);
			continue;
		}
		restore_limits(s, &limits);
		hub_restore(h, now, (size_t)bed, &s->session, &limits,
		    s->armed, restore_baseline(s, &baseline), s->open_alarms,
		    s->open_alarms_n);
	}
}

static bool
is_taken(const struct resume *r, const char *id)
{
	for (size_t i = 0; i < r->id_n; i++)
		if (strcmp(r->id[i], id) == 0)
			return true;
	return false;
}

void
resume_next_id(const struct resume *r, const struct store *s, const char *bed,
    int64_t wall_ms, char out[SESSION_ID_MAX])
{
	time_t t = (time_t)(wall_ms / 1000);
	struct tm tm;
	char prefix[SESSION_ID_MAX];
	uint32_t n;

	localtime_r(&t, &tm);
	snprintf(prefix, sizeof prefix, "%04d%02d%02d-%.*s-",
	    (tm.tm_year + 1900) % 10000, (tm.tm_mon + 1) % 100,
	    tm.tm_mday % 100, BED_MAX - 1, bed);
	n = store_session_count(s, prefix) + 1;
	do
		snprintf(out, SESSION_ID_MAX, "%.*s%u", BED_MAX + 9, prefix,
		    n++);
	while (is_taken(r, out));
}

void
resume_took_id(struct resume *r, const char *id)
{
	char (*grown)[SESSION_ID_MAX] = realloc(r->id,
	    (r->id_n + 1) * sizeof *grown);

	if (grown == NULL) {
		journal_error("no memory to remember session id %s", id);
		return;
	}
	r->id = grown;
	snprintf(r->id[r->id_n++], SESSION_ID_MAX, "%s", id);
}

void
resume_free(struct resume *r)
{
	store_restored_free(r->restored);
	free(r->id);
	memset(r, 0, sizeof *r);
}
