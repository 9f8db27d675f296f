/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See workload.h.
 *
 * Easy to get wrong: the child puts these strings into its environment, so
 * they must outlive the start of vitalsd.
 */
#include "tests/torture/workload.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define WORDS(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const char scenario[] =
    "seed: 7\n"
    "beds:\n"
    "  CHAIR1:\n"
    "    baseline: {hr: 70, nibp_sys: 122, nibp_dia: 76, spo2: 97, rr: 14}\n"
    "    monitors:\n"
    "      ge: {driver: ge-dri, cuff_first: 1s, cuff_every: 5s,"
    " cuff_takes: 2s}\n"
    "      ox: {driver: nonin-2}\n";

static const char config[] =
    "beds:\n"
    "  - id: CHAIR1\n"
    "    monitors:\n"
    "      - {name: ox, driver: nonin-2, transport: pty, port: %s/tty/ox}\n"
    "      - {name: ge, driver: ge-dri, transport: pty, port: %s/tty/ge,"
    " interval: 1s}\n"
    "notify:\n"
    "  channels:\n"
    "    - {name: station, at-least: low}\n"
    "limits:\n"
    "  arm-after: 1s\n"
    "  clear-after: 1s\n"
    "  undelivered: 3s\n"
    "  spo2-low: {delay: 1s}\n"
    "  spo2-very-low: {delay: 1s}\n"
    "log:\n"
    "  ballast: 1MiB\n";

static void
set_boot(const struct ward *w, int n)
{
	char id[64];

	snprintf(id, sizeof id, "%08d-0000-4000-8000-000000000000\n", n);
	ward_write(w, "boot-id", id);
}

/* Whatever vitalsd starts from now on is written down. */
static void
preload(struct ward *w, const char *synchronous)
{
	static char env[6][320];
	static const char *list[7];
	size_t n = 5;

	snprintf(env[0], sizeof env[0], "LD_PRELOAD=%s/powershim.so",
	    w->build);
	snprintf(env[1], sizeof env[1], "POWERSHIM_DIR=%s/state", w->dir);
	snprintf(env[2], sizeof env[2], "POWERSHIM_TRACE=%s/trace", w->dir);
	snprintf(env[3], sizeof env[3], "POWERSHIM_BOOT_ID=%s/boot-id",
	    w->dir);
	snprintf(env[4], sizeof env[4], "POWERSHIM_WAL=20");
	if (synchronous != NULL)
		snprintf(env[n++], sizeof env[5], "POWERSHIM_SYNCHRONOUS=%s",
		    synchronous);
	for (size_t i = 0; i < n; i++)
		list[i] = env[i];
	list[n] = NULL;
	w->env = list;
}

static void
start_all(struct ward *w)
{
	char *text = NULL;

	ward_start_sim(w, scenario, WORDS("ge", "ox"));
	assert_true(asprintf(&text, config, w->dir, w->dir) > 0);
	ward_start_vitalsd(w, text);
	free(text);
}

static void
state(struct ward *w, const char *method, json_t *params)
{
	json_t *r = ward_ask(w, method, params);

	if (!json_is_true(json_object_get(r, "durable")))
		ward_fail(w, "%s was not durable", method);
	json_decref(r);
}

static void
marks(struct ward *w, int n)
{
	char text[40];

	for (int i = 0; i < n; i++) {
		snprintf(text, sizeof text, "mark %d of %d", i + 1, n);
		state(w, "mark", json_pack("{s:s}", "text", text));
	}
}

static void
wait_armed(struct ward *w)
{
	int64_t until = ward_now_ms() + 20000;

	for (;;) {
		json_t *bed = ward_bed(w);
		bool armed = json_is_true(json_object_get(json_object_get(bed,
		    "armed"), "spo2-low"));

		json_decref(bed);
		if (armed)
			return;
		if (ward_now_ms() > until)
			ward_fail(w, "not armed");
		ward_nap(50);
	}
}

static void
first_session(struct ward *w)
{
	json_t *a;

	state(w, "session.start", json_pack("{s:s, s:s}", "subject", "K-0417",
	    "by", "Ana R."));
	marks(w, 4);
	state(w, "baseline.confirm", json_pack("{s:{s:i, s:i, s:i}}",
	    "values", "heart-rate", 70, "spo2", 97, "nibp-sys", 122));
	state(w, "limits.set", json_pack("{s:s, s:i, s:s}", "tier",
	    "spo2-low", "limit", 91, "reason", "her usual is 95"));
	wait_armed(w);
	state(w, "infusion.start", NULL);
	marks(w, 4);
	ward_sim(w, "CHAIR1 spo2 85");
	a = ward_wait_alarm(w, "spo2-low", "active", "high", 20);
	state(w, "alarm.ack", json_pack("{s:s, s:s}", "event",
	    json_string_value(json_object_get(a, "event")), "by", "Ana R."));
	json_decref(a);
	state(w, "alarm.pause", json_pack("{s:i}", "seconds", 20));
	state(w, "infusion.pause", NULL);
	ward_sim(w, "CHAIR1 spo2 97");
	marks(w, 3);
	state(w, "infusion.resume", NULL);
	state(w, "alarm.pause", json_pack("{s:i}", "seconds", 0));
	(void)ward_wait_alarm(w, "spo2-low", "", "none", 20);
	ward_wait_sql(w, "SELECT count(*) = 0 FROM notices WHERE delivered_at "
	    "IS NULL", 1, 20);
	state(w, "infusion.stop", NULL);
	state(w, "session.end", NULL);
	ward_wait_sql(w, "SELECT count(*) FROM event WHERE kind = 16", 1, 10);
}

static void
second_session(struct ward *w)
{
	char *id;

	state(w, "session.start", json_pack("{s:s}", "subject", "K-0009"));
	marks(w, 3);
	ward_receiver_mode(w, "500");
	ward_kill(&w->vitalsd, SIGTERM);
	ward_restart_vitalsd(w);
	wait_armed(w);
	state(w, "infusion.start", NULL);
	id = ward_sql_text(w, "SELECT id FROM statement WHERE kind = 1 ORDER "
	    "BY seq DESC LIMIT 1");
	state(w, "session.amend", json_pack("{s:s, s:b, s:s}", "statement",
	    id, "withdraw", 1, "reason", "too early"));
	free(id);
	ward_sim(w, "CHAIR1 spo2 85");
	json_decref(ward_wait_alarm(w, "spo2-low", "active", "high", 20));
	marks(w, 3);
	ward_kill(&w->vitalsd, SIGKILL);
	/* Another boot: another segment, a session that is bridged. */
	set_boot(w, 2);
	ward_restart_vitalsd(w);
	marks(w, 3);
	ward_receiver_mode(w, "ok");
	ward_wait_sql(w, "SELECT count(*) FROM notices WHERE delivered_at IS "
	    "NOT NULL AND body LIKE '%spo2-low%'", 3, 20);
	ward_receiver_mode(w, "500");
	state(w, "infusion.start", NULL);
	ward_sim(w, "CHAIR1 spo2 97");
	marks(w, 12);
	json_decref(ward_wait_alarm(w, "spo2-low", "latched", "high", 20));
	marks(w, 3);
}

void
workload_sessions(struct ward *w)
{
	assert_int_equal(mkdir(ward_path(w, "state"), 0750), 0);
	set_boot(w, 1);
	preload(w, NULL);
	ward_start_receiver(w, "ok");
	start_all(w);
	ward_start_notify(w);
	first_session(w);
	second_session(w);
	ward_kill(&w->vitalsd, SIGKILL);
}

void
workload_statements(struct ward *w, const char *synchronous)
{
	assert_int_equal(mkdir(ward_path(w, "state"), 0750), 0);
	set_boot(w, 1);
	preload(w, synchronous);
	start_all(w);
	state(w, "session.start", NULL);
	marks(w, 80);
	ward_kill(&w->vitalsd, SIGKILL);
}

void
workload_damaged(struct ward *w)
{
	static const char junk[4096] = "not a page of a database";
	char command[300];
	FILE *f;

	start_all(w);
	state(w, "session.start", NULL);
	marks(w, 5);
	ward_kill(&w->vitalsd, SIGKILL);
	ward_kill(&w->sim, SIGTERM);
	/* What is in the WAL would mend it. */
	snprintf(command, sizeof command, "sqlite3 %s/state/log.db 'PRAGMA "
	    "wal_checkpoint(TRUNCATE)' > /dev/null", w->dir);
	assert_int_equal(system(command), 0);
	f = fopen(ward_path(w, "state/log.db"), "r+");
	assert_true(f != NULL && fseek(f, 4096, SEEK_SET) == 0 &&
	    fwrite(junk, sizeof junk, 1, f) == 1 && fclose(f) == 0);
	ward_write(w, "state/log.db-wal", "a few bytes that are no WAL");
	snprintf(command, sizeof command, "cd %s && cp state/log.db damaged "
	    "&& cp state/log.db-wal damaged-wal", w->dir);
	assert_int_equal(system(command), 0);
	set_boot(w, 2);
	preload(w, NULL);
	start_all(w);
	state(w, "session.start", NULL);
	marks(w, 5);
	ward_kill(&w->vitalsd, SIGKILL);
}
