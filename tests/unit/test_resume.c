/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Taking up an open session from the log: what the store says goes in, a hub
 * and its records come out.
 *
 * Easy to get wrong: the store_restored here is made by hand and owned by the
 * struct resume, which frees it.
 */
#include "tests/unit/store_help.h"

#include <time.h>

#include "daemon/json.h"
#include "daemon/resume.h"

struct hospital {
	struct hub hub;
	struct hub_bed bed[1];
	struct hub_port port[1];
	int64_t next[2 * 1];
	struct session_head ended[1];
	struct session_step step[HUB_STEPS(1)];
	struct limit_set own_limits[1];
	struct hub_value value[VITALS * 1];
	uint8_t sample[SUBJECT_LEVELS * 1][SAMPLES];
	char by[1][SLOTS][BY_MAX];
	struct port_state board_port[1];
	struct box_slot slot[BOX_SLOTS(1, 4)];
	struct record record[32];
	size_t records;
	struct resume resume;
	struct outbox *outbox;
	sd_event *loop;
	char dir[48];
};

static void
ignore_reading(void *arg, const struct now *now, size_t port,
    const struct reading *r)
{
	(void)arg, (void)now, (void)port, (void)r;
}

static void
take_record(void *arg, const struct now *now, const struct record *r,
    bool urgent)
{
	struct hospital *h = arg;

	(void)now, (void)urgent;
	assert_true(h->records < 32);
	h->record[h->records++] = *r;
}

static void
ignore_alarm(void *arg, const struct now *now, const struct alarm_change *c,
    const char *label)
{
	(void)arg, (void)now, (void)c, (void)label;
}

static void
ignore_change(void *arg, size_t bed)
{
	(void)arg, (void)bed;
}

static struct now
tell_now(void *arg)
{
	(void)arg;
	return at(100000);
}

static const struct driver oximeter = { .name = "stand-in",
	.silent_after_ms = 3000 };

static int
open_hospital(void **state)
{
	struct hospital *h = calloc(1, sizeof *h);
	struct hub_bed_config bed = { "CHAIR3", "Chair 3" };
	struct hub_port_config port = { "CHAIR3/a", 0, &oximeter, false, 0 };
	struct hub_sink sink = { h, ignore_reading, take_record, ignore_alarm,
		ignore_change };
	struct outbox_sink out = { .arg = h, .now = tell_now };
	static struct config config;
	struct now now = at(100000);
	struct limit_set site;
	char path[64];

	assert_non_null(h);
	h->hub.bed = h->bed;
	h->hub.port = h->port;
	h->hub.next_ms = h->next;
	h->hub.ended = h->ended;
	h->hub.step = h->step;
	h->hub.limits = h->own_limits;
	h->hub.value = h->value;
	h->hub.sample = h->sample;
	h->hub.by = h->by;
	h->hub.board_port = h->board_port;
	h->hub.box_slot = h->slot;
	h->hub.box_slots_n = BOX_SLOTS(1, 4);
	h->hub.beds_n = h->hub.ports_n = 1;
	limit_set_default(&site);
	hub_init(&h->hub, &now, 0xb1, &site, &bed, &port, &sink);
	strcpy(h->dir, "/tmp/vitalsd-resume-XXXXXX");
	assert_non_null(mkdtemp(h->dir));
	snprintf(path, sizeof path, "%s/s", h->dir);
	assert_int_equal(sd_event_new(&h->loop), 0);
	assert_int_equal(outbox_new(&h->outbox, h->loop, path, &config,
	    &h->hub.ids, &out), 0);
	h->resume.restored = calloc(1, sizeof *h->resume.restored);
	h->resume.restored->last_t_ms = 92500;
	h->resume.restored->last_wall_ms = WALL + 92500;
	h->resume.restored->last_same_boot = true;
	*state = h;
	return 0;
}

static int
close_hospital(void **state)
{
	struct hospital *h = *state;

	outbox_free(h->outbox);
	sd_event_unref(h->loop);
	resume_free(&h->resume);
	rmdir(h->dir);
	free(h);
	return 0;
}

/* An infusion is running on that bed since t = 60 s. */
static struct store_session *
leave_session(struct hospital *h, const char *bed)
{
	struct store_restored *r = h->resume.restored;
	struct store_session *s = calloc(1, sizeof *s);
	struct statement st = statement(STATEMENT_SESSION_START, 1,
	    30000).statement;

	r->sessions = s;
	r->sessions_n = 1;
	snprintf(st.bed, sizeof st.bed, "%s", bed);
	session_apply(&s->session, &st);
	st.kind = STATEMENT_INFUSION_START;
	st.id.n = 2;
	st.at_ms = 60000;
	session_apply(&s->session, &st);
	s->same_boot = true;
	s->baseline.kind = STATEMENT_MARK;
	return s;
}

static void
resume_now(struct hospital *h)
{
	struct now now = at(100000);

	resume_sessions(&h->resume, &h->hub, h->outbox, &now);
}

static const struct event *
find_event(const struct hospital *h, enum event_kind kind)
{
	for (size_t i = 0; i < h->records; i++)
		if (h->record[i].class == RECORD_EVENT &&
		    h->record[i].event.kind == kind)
			return &h->record[i].event;
	return NULL;
}

static void
a_session_goes_on_with_its_clock_and_its_gap_is_noted(void **state)
{
	struct hospital *h = *state;
	const struct event *gap;
	struct session_stamp stamp;

	leave_session(h, "CHAIR3");
	resume_now(h);
	stamp = hub_stamp(&h->hub, 0, 100000);
	assert_int_equal(stamp.phase, PHASE_INFUSION);
	assert_int_equal(stamp.infusion_ms, 40000);
	gap = find_event(h, EVENT_GAP);
	assert_non_null(gap);
	assert_int_equal(gap->count, 7500);
	assert_string_equal(gap->session, "20261121-CHAIR3-1");
	assert_non_null(strstr(gap->text, "7.5 s"));
	assert_non_null(strstr(gap->text, "killed"));
	assert_null(find_event(h, EVENT_BRIDGE));
}

static void
a_stop_in_order_is_called_so(void **state)
{
	struct hospital *h = *state;

	leave_session(h, "CHAIR3");
	h->resume.restored->last_clean = true;
	resume_now(h);
	assert_non_null(strstr(find_event(h, EVENT_GAP)->text, "in order"));
}

static void
another_boot_is_bridged_by_wall_time(void **state)
{
	struct hospital *h = *state;
	struct store_session *s = leave_session(h, "CHAIR3");
	const struct event *bridge;

	h->resume.restored->last_same_boot = false;
	h->resume.restored->last_t_ms = 999999;
	h->resume.restored->last_wall_ms = WALL + 40000;
	s->same_boot = false;
	s->bridge_ms = 60000;
	resume_now(h);
	assert_int_equal(find_event(h, EVENT_GAP)->count, 60000);
	bridge = find_event(h, EVENT_BRIDGE);
	assert_non_null(bridge);
	assert_int_equal(bridge->count, 60000);
	assert_non_null(strstr(bridge->text, "not certain"));
}

static void
a_clock_that_was_put_back_gives_a_gap_below_zero(void **state)
{
	struct hospital *h = *state;

	leave_session(h, "CHAIR3")->same_boot = false;
	h->resume.restored->last_same_boot = false;
	h->resume.restored->last_wall_ms = WALL + 100500;
	resume_now(h);
	assert_int_equal(find_event(h, EVENT_GAP)->count, -500);
	assert_non_null(strstr(find_event(h, EVENT_GAP)->text, "-0.5 s"));
}

static void
limits_and_baseline_are_read_back_from_their_statements(void **state)
{
	struct hospital *h = *state;
	struct store_session *s = leave_session(h, "CHAIR3");
	struct limit l = h->hub.site->tier[TIER_SPO2_LOW];
	json_t *o;
	char *text;

	l.limit = 90;
	o = json_pack("{s:s, s:o, s:s}", "tier", "spo2-low", "new",
	    json_limit(&l), "reason", "COPD");
	text = json_dumps(o, JSON_STYLE);
	s->limits = calloc(1, sizeof *s->limits);
	s->limits_n = 1;
	snprintf(s->limits[0].text, sizeof s->limits[0].text, "%s", text);
	free(text);
	json_decref(o);
	s->baseline.kind = STATEMENT_BASELINE_CONFIRM;
	strcpy(s->baseline.text, "{\"spo2\":97}");
	resume_now(h);
	assert_int_equal(h->bed[0].board.limits->tier[TIER_SPO2_LOW].limit, 90);
	assert_int_equal(h->hub.site->tier[TIER_SPO2_LOW].limit, 92);
	assert_true(h->bed[0].baseline_confirmed);
	assert_int_equal(h->bed[0].baseline.value[SUBJECT_SPO2], 97);
}

static void
what_cannot_be_read_back_leaves_the_sites_limits(void **state)
{
	static const char *const text[] = { "", "{", "{\"tier\":\"spo2-low\"}",
		"{\"tier\":\"x\",\"new\":{}}", "[]" };
	struct hospital *h = *state;
	struct store_session *s = leave_session(h, "CHAIR3");

	s->limits = calloc(5, sizeof *s->limits);
	s->limits_n = 5;
	for (size_t i = 0; i < 5; i++)
		strcpy(s->limits[i].text, text[i]);
	s->baseline.kind = STATEMENT_BASELINE_CONFIRM;
	strcpy(s->baseline.text, "{\"spo2\":");
	resume_now(h);
	assert_memory_equal(h->bed[0].board.limits, h->hub.site,
	    sizeof *h->hub.site);
	assert_false(h->bed[0].baseline_confirmed);
	assert_int_equal(hub_stamp(&h->hub, 0, INT64_MAX).phase,
	    PHASE_INFUSION);
}

static void
limits_that_no_longer_fit_together_leave_the_sites(void **state)
{
	struct hospital *h = *state;
	struct store_session *s = leave_session(h, "CHAIR3");

	/* Below the site's spo2-very-low, which was lowered meanwhile. */
	s->limits = calloc(1, sizeof *s->limits);
	s->limits_n = 1;
	strcpy(s->limits[0].text, "{\"tier\":\"spo2-low\",\"new\":{\"on\":true,"
	    "\"priority\":\"medium\",\"limit\":80,\"clear\":81,"
	    "\"delay_ms\":15000}}");
	resume_now(h);
	assert_int_equal(h->bed[0].board.limits->tier[TIER_SPO2_LOW].limit, 92);
}

static void
a_bed_that_is_gone_keeps_its_session_open_in_the_log(void **state)
{
	struct hospital *h = *state;

	leave_session(h, "CHAIR9");
	resume_now(h);
	assert_string_equal(h->bed[0].session.id, "");
	for (size_t i = 0; i < h->records; i++)
		assert_int_not_equal(h->record[i].class, RECORD_STATEMENT);
	/* The gap is noted for its review all the same. */
	assert_string_equal(find_event(h, EVENT_GAP)->bed, "CHAIR9");
}

static void
a_damaged_log_is_an_alarm_and_an_event(void **state)
{
	struct hospital *h = *state;
	struct alarm_change open[4];
	size_t from = 0;

	strcpy(h->resume.restored->replaced, "/var/lib/vitalsd/log.db.bad");
	resume_now(h);
	assert_non_null(find_event(h, EVENT_LOG_REPLACED));
	assert_int_equal(box_view(&h->hub.box, &from, open, 4), 1);
	assert_string_equal(open[0].condition, "log-replaced");
	assert_int_equal(open[0].priority, PRIORITY_HIGH);
}

static void
an_alarm_of_the_box_that_was_open_is_ended(void **state)
{
	struct hospital *h = *state;
	struct alarm_change *a = calloc(1, sizeof *a);

	a->event = (struct event_id){ 0xa1, 9 };
	strcpy(a->condition, "log-failing");
	strcpy(a->text, "the log cannot be written");
	a->state = ALARM_ACTIVE;
	a->priority = a->level = PRIORITY_LOW;
	a->peak = PRIORITY_MEDIUM;
	h->resume.restored->stray = a;
	h->resume.restored->stray_n = 1;
	resume_now(h);
	assert_int_equal(h->records, 1);
	assert_int_equal(h->record[0].class, RECORD_ALARM);
	assert_int_equal(h->record[0].alarm.event.n, 9);
	assert_int_equal(h->record[0].alarm.phase, ALARM_END);
	assert_int_equal(h->record[0].alarm.state, ALARM_INACTIVE);
	/* To whom it was told when it was worse; nobody else. */
	assert_int_equal(h->record[0].alarm.peak, PRIORITY_MEDIUM);
	assert_string_equal(h->record[0].alarm.text,
	    "the log cannot be written: vitalsd was restarted");
}

/* What the log says is what the hub is given. */
static void
a_session_that_ended_before_the_restart_is_not_reached_into(void **state)
{
	struct fixture *p;
	void *made = NULL;
	struct hospital *h = *state;
	struct statement st = { .kind = STATEMENT_SESSION_START,
		.session = "20261121-CHAIR3-2", .user = "nurse" };
	struct now now = at(100000);

	assert_int_equal(setup(&made), 0);
	p = made;
	open_store(p);
	put_statement(p, STATEMENT_SESSION_START, 1, 50000, 50000);
	await(p, put_statement(p, STATEMENT_SESSION_END, 2, 90000, 90000));
	close_store(p, 92500);
	open_store(p);
	assert_int_equal(p->restored->ended_n, 1);
	assert_int_equal(session_end_ms(&p->restored->ended[0]), 90000);
	h->resume.restored->ended = p->restored->ended;
	h->resume.restored->ended_n = 1;
	p->restored->ended = NULL;
	p->restored->ended_n = 0;
	resume_now(h);
	st.at_ms = 89999;
	assert_int_equal(hub_state(&h->hub, &now, 0, &st), REFUSAL_OVERLAP);
	assert_string_equal(hub_reached(&h->hub, 0, st.amends).id,
	    "20261121-CHAIR3-1");
	st.at_ms = 90000;
	assert_int_equal(hub_state(&h->hub, &now, 0, &st), REFUSAL_NONE);
	close_store(p, 93000);
	/* A day later it is out of everybody's reach. */
	p->options.now = at(90000 + 25 * HOUR_MS);
	open_store(p);
	assert_int_equal(p->restored->ended_n, 0);
	assert_int_equal(teardown(&made), 0);
}

static uint64_t
put_alarm(struct fixture *f, uint64_t n, enum alarm_state how,
    enum priority priority, const char *session)
{
	struct record r = { .class = RECORD_ALARM };

	r.alarm.priority = priority;

	r.alarm.event = (struct event_id){ 0xa1, n };
	r.alarm.state = how;
	strcpy(r.alarm.condition, "idle-vitals");
	strcpy(r.alarm.session, session);
	r.alarm.infusion_ms = INFUSION_NONE;
	r.alarm.since_ms = 1500;
	return put(f, 2000, &r);
}

static void
the_log_tells_which_alarms_of_no_session_were_open(void **state)
{
	struct fixture *f = *state;

	open_store(f);
	(void)put_alarm(f, 1, ALARM_ACTIVE, PRIORITY_LOW, "");
	(void)put_alarm(f, 1, ALARM_ACTIVE, PRIORITY_MEDIUM, "");
	(void)put_alarm(f, 1, ALARM_ACTIVE, PRIORITY_LOW, "");
	(void)put_alarm(f, 2, ALARM_ACTIVE, PRIORITY_HIGH, "");
	(void)put_alarm(f, 2, ALARM_INACTIVE, PRIORITY_HIGH, "");
	/* Ended by the session that was opened. */
	(void)put_alarm(f, 3, ALARM_ACTIVE, PRIORITY_HIGH, "");
	await(f, put_alarm(f, 3, ALARM_INACTIVE, PRIORITY_HIGH,
	    "20261121-CHAIR3-1"));
	close_store(f, 3000);
	open_store(f);
	assert_int_equal(f->restored->stray_n, 1);
	assert_int_equal(f->restored->stray[0].event.n, 1);
	assert_int_equal(f->restored->stray[0].since_ms, 1500);
	assert_int_equal(f->restored->stray[0].priority, PRIORITY_LOW);
	assert_int_equal(f->restored->stray[0].peak, PRIORITY_MEDIUM);
}

static void
a_session_id_counts_on_from_the_log_and_this_start(void **state)
{
	struct fixture *f = *state;
	struct resume r = { 0 };
	char id[SESSION_ID_MAX];
	int64_t noon;
	struct tm tm = { .tm_year = 126, .tm_mon = 10, .tm_mday = 21,
		.tm_hour = 12, .tm_isdst = -1 };
	uint64_t ticket;

	noon = (int64_t)mktime(&tm) * 1000;
	open_store(f);
	resume_next_id(&r, f->store, "CHAIR3", noon, id);
	assert_string_equal(id, "20261121-CHAIR3-1");
	ticket = put_statement(f, STATEMENT_SESSION_START, 1, 1500, 1500);
	await(f, ticket);
	close_store(f, 2000);
	open_store(f);
	resume_next_id(&r, f->store, "CHAIR3", noon, id);
	assert_string_equal(id, "20261121-CHAIR3-2");
	resume_took_id(&r, id);
	resume_next_id(&r, f->store, "CHAIR3", noon, id);
	assert_string_equal(id, "20261121-CHAIR3-3");
	resume_next_id(&r, f->store, "CHAIR4", noon, id);
	assert_string_equal(id, "20261121-CHAIR4-1");
	resume_next_id(&r, f->store, "CHAIR3", noon + 86400000, id);
	assert_string_equal(id, "20261122-CHAIR3-1");
	/* The longest name of a bed that there may be. */
	resume_next_id(&r, f->store, "A2345678901234567890123", noon, id);
	assert_string_equal(id, "20261121-A2345678901234567890123-1");
	resume_free(&r);
}

static void
the_boot_id_is_the_kernels(void **state)
{
	char id[40] = "";

	(void)state;
	assert_int_equal(resume_boot_id(id), 0);
	assert_int_equal(strlen(id), 36);
	assert_int_equal(id[8], '-');
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, open_hospital, \
    close_hospital)
	const struct CMUnitTest tests[] = {
		T(a_session_goes_on_with_its_clock_and_its_gap_is_noted),
		T(a_stop_in_order_is_called_so),
		T(another_boot_is_bridged_by_wall_time),
		T(a_clock_that_was_put_back_gives_a_gap_below_zero),
		T(limits_and_baseline_are_read_back_from_their_statements),
		T(what_cannot_be_read_back_leaves_the_sites_limits),
		T(limits_that_no_longer_fit_together_leave_the_sites),
		T(a_bed_that_is_gone_keeps_its_session_open_in_the_log),
		T(a_damaged_log_is_an_alarm_and_an_event),
		T(an_alarm_of_the_box_that_was_open_is_ended),
		T(a_session_that_ended_before_the_restart_is_not_reached_into),
		cmocka_unit_test_setup_teardown(
		    the_log_tells_which_alarms_of_no_session_were_open, setup,
		    teardown),
		cmocka_unit_test_setup_teardown(
		    a_session_id_counts_on_from_the_log_and_this_start, setup,
		    teardown),
		cmocka_unit_test(the_boot_id_is_the_kernels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
