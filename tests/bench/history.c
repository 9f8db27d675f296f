/* SPDX-License-Identifier: BSD-2-Clause
 *
 * history DIR READINGS BEDS: makes a log of so many readings, of sessions
 * of 4 hours on all beds at once, three vitals a second each, with what belongs
 * to a session: statements, alarms, notices, deliveries.
 *
 * Everything is written by the store's own functions, in this one thread and
 * without waiting for the disk.
 *
 * Easy to get wrong: no session is sealed; the figures that this log is for do
 * not depend on that.
 */
#include "daemon/store_span.h"
#include "daemon/store_start.h"
#include "daemon/store_write.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define BEDS_MAX 64
#define SESSION_S (4 * 3600)
#define PAUSE_S 3600
#define BATCH_ROWS 400000
#define WALL INT64_C(1700000000000)

struct history {
	struct store_db d;
	struct store_options o;
	struct store_port port[BEDS_MAX];
	char bed[BEDS_MAX][BED_MAX], name[BEDS_MAX][PORT_NAME_MAX];
	int beds;
	uint64_t ids;		/* given out */
	uint32_t noise;
	int64_t rows, in_batch;
	int64_t batch;		/* of sessions */
};

static void
must(const struct history *h, int r, const char *what)
{
	if (r >= 0)
		return;
	fprintf(stderr, "history: %s: %s: %s\n", what, strerror(-r),
	    h->d.why);
	exit(1);
}

static struct now
at(int64_t t_ms)
{
	return (struct now){ .t_ms = t_ms, .wall_ms = WALL + t_ms,
		.synced = true };
}

static struct event_id
new_id(struct history *h)
{
	return (struct event_id){ 0x4b1d, ++h->ids };
}

static void
put(struct history *h, int64_t t_ms, const struct record *r)
{
	struct now now = at(t_ms);

	must(h, store_write_record(&h->d, &now, r), "a record");
}

static void
name_session(const struct history *h, int bed, char out[SESSION_ID_MAX])
{
	snprintf(out, SESSION_ID_MAX, "H%06lld-BED%d-1", (long long)h->batch,
	    bed + 1);
}

static void
put_statement(struct history *h, int bed, enum statement_kind kind,
    int64_t t_ms)
{
	struct record r = { .class = RECORD_STATEMENT };

	r.statement = (struct statement){ .id = new_id(h), .kind = kind,
		.at_ms = t_ms, .at_wall_ms = WALL + t_ms, .user = "bench" };
	name_session(h, bed, r.statement.session);
	snprintf(r.statement.bed, BED_MAX, "BED%d", bed + 1);
	if (kind == STATEMENT_MARK)
		strcpy(r.statement.text, "patient reports a headache");
	put(h, t_ms, &r);
}

/* An alarm event, its notice and the delivery; of the box with bed < 0. */
static void
put_alarm(struct history *h, int bed, int64_t t_ms)
{
	static const enum alarm_phase phase[] = { ALARM_START,
		ALARM_ACKNOWLEDGE, ALARM_END };
	struct event_id event = new_id(h);
	struct record r;

	for (int i = 0; i < 3; i++) {
		r = (struct record){ .class = RECORD_ALARM };
		r.alarm = (struct alarm_change){ .event = event,
			.condition = "spo2-low", .tier = "spo2-low",
			.type = ALARM_PHYSIOLOGICAL, .phase = phase[i],
			.state = i < 2 ? ALARM_ACTIVE : ALARM_INACTIVE,
			.priority = PRIORITY_MEDIUM, .level = i < 2 ?
			PRIORITY_MEDIUM : PRIORITY_NONE, .acknowledged = i > 0,
			.session_phase = PHASE_INFUSION,
			.infusion_ms = INFUSION_NONE, .has_value = true,
			.vital = VITAL_SPO2, .value = 90, .limit = 92,
			.since_ms = t_ms, .text = "SpO2 90 % (<92)" };
		if (bed >= 0) {
			name_session(h, bed, r.alarm.session);
			snprintf(r.alarm.bed, BED_MAX, "BED%d", bed + 1);
		}
		put(h, t_ms + i * 200, &r);
	}
	r = (struct record){ .class = RECORD_NOTICE };
	r.notice = (struct notice){ .key = new_id(h), .channel = "station",
		.priority = PRIORITY_MEDIUM, .event = event };
	r.notice.length = (size_t)snprintf(r.notice.body,
	    sizeof r.notice.body, "{\"bed\":\"BED%d\",\"text\":"
	    "\"SpO2 90 %% (<92)\"}", bed + 1);
	put(h, t_ms, &r);
	r = (struct record){ .class = RECORD_DELIVERY, .delivery = {
		.key = { 0x4b1d, h->ids }, .channel = "station", .attempt = 1,
		.outcome = OUTCOME_DELIVERED, .took_ms = 40 } };
	put(h, t_ms + 40, &r);
}

static void
put_readings(struct history *h, int bed, int64_t t_ms)
{
	static const struct {
		enum vital vital;
		int32_t least, spread;
	} of[] = {
		{ VITAL_HR, 60, 40 }, { VITAL_SPO2, 9400, 500 },
		{ VITAL_RR, 10, 10 },
	};
	const size_t n = sizeof of / sizeof *of;
	struct queued_reading all[sizeof of / sizeof *of];
	struct now now = at(t_ms);
	size_t stored = 0;

	for (size_t i = 0; i < n; i++) {
		struct reading r = { .vital = of[i].vital };

		h->noise = h->noise * 1664525 + 1013904223;
		r.value = of[i].least + (int32_t)((h->noise >> 16) %
		    (uint32_t)of[i].spread);
		all[i] = (struct queued_reading){ .now = now,
			.port = (uint32_t)bed, .reading = r };
	}
	for (size_t i = 0; i < n; i += stored) {
		must(h, store_write_readings(&h->d, all + i, n - i, &stored),
		    "readings");
		h->rows += (int64_t)stored;
		h->in_batch += (int64_t)stored;
	}
}

static void
begin(struct history *h)
{
	must(h, store_db_run(&h->d, "BEGIN IMMEDIATE"), "a batch");
	h->in_batch = 0;
}

static void
commit(struct history *h)
{
	must(h, store_db_run(&h->d, "COMMIT"), "a batch");
	(void)sqlite3_wal_checkpoint_v2(h->d.sql, NULL,
	    SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
}

static void
put_second(struct history *h, int64_t t_ms, int s)
{
	for (int bed = 0; bed < h->beds; bed++) {
		int64_t t = t_ms + bed;

		if (s == 0)
			put_statement(h, bed, STATEMENT_SESSION_START, t);
		if (s == 600)
			put_statement(h, bed, STATEMENT_INFUSION_START, t);
		if (s % 1800 == 900)
			put_alarm(h, bed, t);
		if (s == 3000)
			put_statement(h, bed, STATEMENT_MARK, t);
		if (s == 9000)
			put_statement(h, bed, STATEMENT_INFUSION_STOP, t);
		put_readings(h, bed, t);
		if (s == SESSION_S - 1)
			put_statement(h, bed, STATEMENT_SESSION_END, t + 500);
	}
	if (s == 5000)
		put_alarm(h, -1, t_ms + h->beds);
	if (h->in_batch >= BATCH_ROWS) {
		commit(h);
		begin(h);
	}
}

static void
open_log(struct history *h, const char *dir)
{
	bool fresh;

	h->o = (struct store_options){ .dir = dir, .start_id = 0x4b1d,
		.boot_id = "11111111-1111-1111-1111-111111111111",
		.version = VITALSD_VERSION, .ports = h->port,
		.ports_n = (size_t)h->beds, .segment_ms = 24 * 3600 * 1000,
		.now = at(0) };
	for (int i = 0; i < h->beds; i++) {
		struct store_port *p = &h->port[i];

		snprintf(h->bed[i], sizeof h->bed[i], "BED%d", i + 1);
		snprintf(h->name[i], sizeof h->name[i], "BED%d/ox", i + 1);
		*p = (struct store_port){ h->name[i], h->bed[i], "nonin-2",
			"/dev/serial/by-id/x" };
	}
	h->d.options = &h->o;
	must(h, store_db_open(&h->d), "the log");
	must(h, store_start_writing(&h->d, &h->o.now, &fresh), "the log");
	must(h, store_db_run(&h->d, "PRAGMA synchronous = OFF;"
	    "PRAGMA cache_size = -65536"), "the log");
}

int
main(int argc, char **argv)
{
	static struct history h;
	int64_t wanted, t_ms = 1000;

	if (argc < 4 || (h.beds = atoi(argv[3])) < 1 || h.beds > BEDS_MAX) {
		fprintf(stderr, "usage: history DIR READINGS BEDS\n");
		return 2;
	}
	wanted = atoll(argv[2]);
	open_log(&h, argv[1]);
	begin(&h);
	for (; h.rows < wanted; h.batch++) {
		for (int s = 0; s < SESSION_S; s++, t_ms += 1000)
			put_second(&h, t_ms, s);
		t_ms += PAUSE_S * 1000;
	}
	commit(&h);
	store_db_free(&h.d);
	printf("%lld readings, %lld sessions\n", (long long)h.rows,
	    (long long)h.batch * h.beds);
	return 0;
}
