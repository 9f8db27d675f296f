/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The control socket with a real hub, log and outbox behind it: every answer is
 * held against the schema, every refusal is a sentence.
 *
 * Easy to get wrong: the clock is the real one, so that alarms are raised by
 * telling the hub of a past in which nothing came; and the log's disk is made
 * to fail in SQLite's own system calls.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <ftw.h>
#include <jansson.h>
#include <poll.h>
#include <sqlite3.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "daemon/clock.h"
#include "daemon/control.h"
#include "daemon/control_verbs.h"
#include "daemon/json.h"
#include "daemon/lines.h"
#include "daemon/roles.h"

#define PATIENCE_MS 5000
#define BEDS 2

static FILE *answers;	/* all results and notifications: into schema-check */

enum trouble { WORKS, FULL, HANGS };
static atomic_int trouble;

static ssize_t
troubled_pwrite(int fd, const void *data, size_t size, off_t offset)
{
	struct timespec moment = { 0, 1000000 };

	while (atomic_load(&trouble) == HANGS)
		nanosleep(&moment, NULL);
	if (atomic_load(&trouble) == FULL) {
		errno = ENOSPC;
		return -1;
	}
	return pwrite(fd, data, size, offset);
}

struct fixture {
	char dir[48], path[64];
	sd_event *loop;
	sd_event_source *stored;
	struct config config;
	struct config_bed beds[BEDS];
	struct config_port ports[BEDS];
	struct config_role roles[2];
	struct hub hub;
	struct hub_bed bed[BEDS];
	struct hub_port hub_port[BEDS];
	int64_t next[2 * BEDS];
	struct session_head ended[BEDS];
	struct session_step step[HUB_STEPS(BEDS)];
	struct limit_set own_limits[BEDS];
	struct hub_value value[VITALS * BEDS];
	uint8_t sample[SUBJECT_LEVELS * BEDS][SAMPLES];
	char by[BEDS][SLOTS][BY_MAX];
	struct port_state board_port[BEDS];
	struct box_slot slot[BOX_SLOTS(BEDS, 4)];
	struct hub_relay relay[1];
	struct driver relaying;		/* CHAIR1's: tells its alarms, too */
	struct port *port[BEDS];
	struct store *store;
	struct outbox *outbox;
	struct control *control;
	uint64_t ticket;
	unsigned sessions;
	bool reload_fails;
	char last_bed[BED_MAX];		/* of the last statement recorded */
	char last_text[TEXT_MAX];
	struct line_client {
		int fd;
		struct lines lines;
	} c[2];
	long id;
};

/* --- what stands behind the socket --------------------------------------- */

static void
take_reading(void *arg, const struct now *now, size_t port,
    const struct reading *r)
{
	struct fixture *f = arg;

	(void)store_reading(f->store, now, port, r);
}

static void
take_record(void *arg, const struct now *now, const struct record *r,
    bool urgent)
{
	struct fixture *f = arg;

	if (r->class == RECORD_STATEMENT) {
		strcpy(f->last_bed, r->statement.bed);
		strcpy(f->last_text, r->statement.text);
	}
	f->ticket = store_record(f->store, now, r, urgent);
}

static void
take_alarm(void *arg, const struct now *now, const struct alarm_change *c,
    const char *label)
{
	struct fixture *f = arg;

	outbox_alarm(f->outbox, now, c, label);
	control_changed(f->control, 0, true);
}

static void
take_change(void *arg, size_t bed)
{
	(void)bed;
	control_changed(((struct fixture *)arg)->control, bed, false);
}

static struct now
tell_now(void *arg)
{
	(void)arg;
	return clock_now();
}

static void
take_trouble(void *arg, const char *channel, bool holds, const char *why)
{
	(void)arg, (void)channel, (void)holds, (void)why;
}

static enum priority
tell_worst(void *arg)
{
	return hub_worst(&((struct fixture *)arg)->hub);
}

static size_t
tell_sessions(void *arg)
{
	return hub_sessions(&((struct fixture *)arg)->hub);
}

static uint64_t
tell_ticket(void *arg)
{
	return ((struct fixture *)arg)->ticket;
}

static void
make_session_id(void *arg, size_t bed, int64_t wall_ms,
    char out[SESSION_ID_MAX])
{
	struct fixture *f = arg;

	(void)wall_ms;
	snprintf(out, SESSION_ID_MAX, "20261121-CHAIR%zu-%u", bed + 1,
	    ++f->sessions);
}

static bool
reload(void *arg, struct complaints *why)
{
	struct fixture *f = arg;

	if (f->reload_fails) {
		why->n = 1;
		why->item[0].line = 3;
		why->item[0].column = 7;
		strcpy(why->item[0].text, "unknown key \"bedz\"");
	}
	return !f->reload_fails;
}

static int
on_stored(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	struct fixture *f = arg;
	uint64_t n;

	(void)s, (void)events;
	(void)!read(fd, &n, sizeof n);
	control_stored(f->control);
	return 0;
}

static void
make_hub(struct fixture *f, const struct now *now)
{
	static const char *const id[BEDS] = { "CHAIR1", "CHAIR2" };
	static const char *const name[BEDS] = { "CHAIR1/ox", "CHAIR2/ox" };
	const struct driver *driver = driver_find("nonin-2");
	struct hub_bed_config beds[BEDS];
	struct hub_port_config ports[BEDS];
	struct hub_sink sink = { f, take_reading, take_record, take_alarm,
		take_change };
	struct now past = *now;

	/* So long ago that a session can have begun a minute ago. */
	past.t_ms -= 120000;
	past.wall_ms -= 120000;
	assert_non_null(driver);
	f->relaying = *driver;
	f->relaying.relays_alarms = true;
	for (size_t i = 0; i < BEDS; i++) {
		beds[i] = (struct hub_bed_config){ id[i], "Chair" };
		ports[i] = (struct hub_port_config){ name[i], i, i == 0 ?
			&f->relaying : driver, false, 0 };
		strcpy(f->beds[i].id, id[i]);
		strcpy(f->ports[i].name, name[i]);
		f->ports[i].path = "/dev/serial/by-id/x";
		f->ports[i].bed = i;
		f->ports[i].driver = driver;
	}
	f->hub.bed = f->bed;
	f->hub.port = f->hub_port;
	f->hub.next_ms = f->next;
	f->hub.ended = f->ended;
	f->hub.step = f->step;
	f->hub.limits = f->own_limits;
	f->hub.value = f->value;
	f->hub.sample = f->sample;
	f->hub.by = f->by;
	f->hub.board_port = f->board_port;
	f->hub.box_slot = f->slot;
	f->hub.box_slots_n = BOX_SLOTS(BEDS, 4);
	f->hub.relay = f->relay;
	f->hub.relays_n = 1;
	f->hub.beds_n = f->hub.ports_n = BEDS;
	hub_init(&f->hub, &past, 0xc0ffee, &f->config.limits, beds, ports,
	    &sink);
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct outbox_sink outbox_sink = { f, tell_now, take_record,
		take_trouble, tell_worst, tell_sessions };
	struct store_port store_ports[BEDS] = {
		{ "CHAIR1/ox", "CHAIR1", "nonin-2", "/dev/x" },
		{ "CHAIR2/ox", "CHAIR2", "nonin-2", "/dev/y" } };
	struct store_options o = { .start_id = 0xc0ffee, .version = "test",
		.boot_id = "11111111-1111-1111-1111-111111111111",
		.ports = store_ports, .ports_n = BEDS,
		.segment_ms = 86400000, .now = clock_now() };
	struct store_restored *restored = NULL;
	struct control_host host = { .arg = f, .hub = &f->hub,
		.config = &f->config, .port = f->port, .ticket = tell_ticket,
		.session_id = make_session_id, .reload = reload };
	char path[64], error[256] = "";

	assert_non_null(f);
	atomic_store(&trouble, WORKS);
	strcpy(f->dir, "/tmp/vitalsd-control-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(chmod(f->dir, 0755), 0);
	snprintf(f->path, sizeof f->path, "%s/control.sock", f->dir);
	f->c[0].fd = f->c[1].fd = -1;
	assert_int_equal(sd_event_new(&f->loop), 0);
	strcpy(f->config.site, "Test clinic");
	limit_set_default(&f->config.limits);
	f->config.beds = f->beds;
	f->config.ports = f->ports;
	f->config.roles = f->roles;
	f->config.beds_n = f->config.ports_n = BEDS;
	o.dir = f->dir;
	assert_int_equal(store_open(&f->store, &o, &restored, error,
	    sizeof error), 0);
	store_restored_free(restored);
	make_hub(f, &o.now);
	snprintf(path, sizeof path, "%s/notify.sock", f->dir);
	assert_int_equal(outbox_new(&f->outbox, f->loop, path, &f->config,
	    &f->hub.ids, &outbox_sink), 0);
	host.store = f->store;
	host.outbox = f->outbox;
	host.started = o.now;
	assert_int_equal(control_new(&f->control, f->loop, f->path, &host), 0);
	assert_true(sd_event_add_io(f->loop, &f->stored, store_fd(f->store),
	    EPOLLIN, on_stored, f) >= 0);
	*state = f;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *w)
{
	(void)st, (void)type, (void)w;
	return remove(path);
}

static void
leave(struct line_client *c)
{
	if (c->fd < 0)
		return;
	lines_free(&c->lines);
	close(c->fd);
	c->fd = -1;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	struct now now = clock_now();

	atomic_store(&trouble, WORKS);
	leave(&f->c[0]);
	leave(&f->c[1]);
	control_free(f->control);
	outbox_free(f->outbox);
	sd_event_source_disable_unref(f->stored);
	store_close(f->store, &now, 5000);
	sd_event_unref(f->loop);
	nftw(f->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
	free(f);
	return 0;
}

/* --- a client ------------------------------------------------------------ */

static void
turn(struct fixture *f)
{
	while (sd_event_run(f->loop, 0) > 0)
		;
}

static int
connect_to(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(a.sun_path, path);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (void *)&a, sizeof a), 0);
	return fd;
}

static struct line_client *
join(struct fixture *f, size_t i)
{
	struct line_client *c = &f->c[i];

	if (c->fd >= 0)
		return c;
	c->fd = connect_to(f->path);
	lines_init(&c->lines, c->fd);
	lines_trust(&c->lines, LINES_OUT - 1, LINES_OUT - 1);
	turn(f);
	return c;
}

static void
say(struct fixture *f, struct line_client *c, const char *text)
{
	assert_int_equal(lines_send(&c->lines, text, strlen(text)), 0);
	turn(f);
}

/* The next line, waiting up to 'ms' of real time; NULL if none comes. */
static json_t *
hear(struct fixture *f, struct line_client *c, int64_t ms)
{
	int64_t until = clock_boot_ms() + ms;
	bool over = false;
	json_t *m;
	char *line;
	int r;

	while ((line = lines_next(&c->lines, NULL)) == NULL) {
		r = lines_read(&c->lines);
		if (r == 0)
			continue;
		if (r != -EAGAIN || over)
			return NULL;
		/* What came due while the machine stood still is done first. */
		over = clock_boot_ms() >= until;
		assert_true(sd_event_run(f->loop, 10000) >= 0);
		if (over)
			turn(f);
	}
	m = json_loads(line, 0, NULL);
	assert_non_null(m);
	if (json_object_get(m, "method") != NULL)
		fprintf(answers, "notification %s\n", line);
	else if (json_object_get(m, "error") != NULL)
		fprintf(answers, "error %s\n", line);
	return m;
}

/* Asks, and gives the whole answer; notifications meanwhile are passed over. */
static json_t *
ask(struct fixture *f, size_t i, const char *method, const char *params)
{
	struct line_client *c = join(f, i);
	char text[4096];
	json_t *m, *result;
	char *dumped;

	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":%ld,"
	    "\"method\":\"%s\",\"params\":%s}", ++f->id, method, params);
	say(f, c, text);
	while ((m = hear(f, c, PATIENCE_MS)) != NULL &&
	    json_integer_value(json_object_get(m, "id")) != f->id)
		json_decref(m);
	if (m == NULL)
		fail_msg("%s %s: no answer", method, params);
	result = json_object_get(m, "result");
	if (result != NULL) {
		dumped = json_dumps(result, JSON_STYLE);
		fprintf(answers, "result:%s %s\n", method, dumped);
		free(dumped);
	}
	return m;
}

/* Asks what must succeed; the caller releases the result. */
static json_t *
ask_result(struct fixture *f, const char *method, const char *params)
{
	json_t *m = ask(f, 0, method, params);
	json_t *result = json_incref(json_object_get(m, "result"));

	if (result == NULL)
		fail_msg("%s %s: %s", method, params, json_string_value(
		    json_object_get(json_object_get(m, "error"), "message")));
	json_decref(m);
	return result;
}

static void
do_ask(struct fixture *f, const char *method, const char *params)
{
	json_decref(ask_result(f, method, params));
}

static void
assert_refused(json_t *m, int code, const char *words)
{
	json_t *e = json_object_get(m, "error");
	const char *said = json_string_value(json_object_get(e, "message"));

	if (said == NULL)
		fail_msg("taken, expected: %s", words);
	if (json_integer_value(json_object_get(e, "code")) != code ||
	    strstr(said, words) == NULL)
		fail_msg("%d %s; expected %d %s", (int)json_integer_value(
		    json_object_get(e, "code")), said, code, words);
	json_decref(m);
}

static void
refuse(struct fixture *f, const char *method, const char *params, int code,
    const char *words)
{
	assert_refused(ask(f, 0, method, params), code, words);
}

static const char *
text_of(const json_t *o, const char *name)
{
	return json_string_value(json_object_get(o, name));
}

/* The next that is no tick, which may come at any time. */
static json_t *
hear_news(struct fixture *f, struct line_client *c, int64_t ms)
{
	json_t *m;

	while ((m = hear(f, c, ms)) != NULL && strcmp(text_of(m, "method") ?:
	    "", "tick") == 0)
		json_decref(m);
	return m;
}

/* The local time of day so long ago, as a person types it. */
static const char *
time_ago(int64_t ms)
{
	static char text[CLOCK_TEXT];

	clock_format_local(clock_wall_ms() - ms, text);
	return text;
}

/* A session that began a minute ago, and no monitor was heard since. */
static void
open_silent_session(struct fixture *f, size_t bed)
{
	struct now past = clock_now();
	struct statement st = { .kind = STATEMENT_SESSION_START,
		.session = "20261121-CHAIR1-9", .user = "nurse" };

	past.t_ms -= 60000;
	past.wall_ms -= 60000;
	st.at_ms = past.t_ms;
	st.at_wall_ms = past.wall_ms;
	assert_int_equal(hub_state(&f->hub, &past, bed, &st), REFUSAL_NONE);
	past.t_ms += 30000;
	past.wall_ms += 30000;
	hub_tick(&f->hub, &past);
}

/* --- tests --------------------------------------------------------------- */

static void
a_whole_session_by_the_socket_is_as_the_schema_says(void **state)
{
	struct fixture *f = *state;
	json_t *r;
	char params[256];

	do_ask(f, "hello", "{}");
	do_ask(f, "status", "{}");
	do_ask(f, "devices", "{}");
	do_ask(f, "limits.show", "{\"bed\":\"CHAIR1\"}");
	do_ask(f, "alarm.list", "{}");
	r = ask_result(f, "session.start", "{\"bed\":\"CHAIR1\","
	    "\"subject\":\"K-014\",\"by\":\"M. K.\"}");
	assert_string_equal(text_of(r, "session"), "20261121-CHAIR1-1");
	assert_true(json_is_true(json_object_get(r, "durable")));
	snprintf(params, sizeof params, "{\"bed\":\"CHAIR1\",\"statement\":"
	    "\"%s\",\"at\":\"%s\",\"reason\":\"it began earlier\"}",
	    text_of(r, "statement"), time_ago(120000));
	json_decref(r);
	r = ask_result(f, "session.amend", params);
	assert_string_equal(text_of(r, "amended"), "session.start");
	json_decref(r);
	do_ask(f, "baseline.suggest", "{\"bed\":\"CHAIR1\"}");
	r = ask_result(f, "baseline.confirm", "{\"bed\":\"CHAIR1\","
	    "\"values\":{\"spo2\":97,\"nibp-sys\":128}}");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(r,
	    "values"), "spo2")), 97);
	json_decref(r);
	do_ask(f, "infusion.start", "{\"bed\":\"CHAIR1\"}");
	do_ask(f, "infusion.pause", "{\"bed\":\"CHAIR1\"}");
	do_ask(f, "infusion.resume", "{\"bed\":\"CHAIR1\"}");
	do_ask(f, "mark", "{\"bed\":\"CHAIR1\",\"text\":\"na\xc3\xafve\"}");
	r = ask_result(f, "limits.set", "{\"bed\":\"CHAIR1\",\"tier\":"
	    "\"spo2-low\",\"limit\":91,\"reason\":\"COPD\"}");
	assert_int_equal(json_integer_value(json_object_get(json_object_get(r,
	    "new"), "limit")), 91);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(r,
	    "new"), "clear")), 92);
	assert_int_equal(json_integer_value(json_object_get(json_object_get(r,
	    "old"), "limit")), 92);
	json_decref(r);
	do_ask(f, "limits.show", "{\"bed\":\"CHAIR1\"}");
	do_ask(f, "alarm.pause", "{\"bed\":\"CHAIR1\",\"seconds\":60}");
	do_ask(f, "status", "{}");
	do_ask(f, "alarm.pause", "{\"bed\":\"CHAIR1\",\"seconds\":0}");
	do_ask(f, "infusion.stop", "{\"bed\":\"CHAIR1\"}");
	do_ask(f, "status", "{}");
	do_ask(f, "session.end", "{\"bed\":\"CHAIR1\"}");
	do_ask(f, "session.start", "{\"bed\":\"CHAIR1\"}");
	do_ask(f, "session.abort", "{\"bed\":\"CHAIR1\",\"reason\":\"x\"}");
	do_ask(f, "record.start", "{\"port\":\"CHAIR1/ox\"}");
	do_ask(f, "record.stop", "{\"port\":\"CHAIR1/ox\"}");
	do_ask(f, "reload", "{}");
	do_ask(f, "watch", "{}");
	assert_string_equal(f->bed[0].session.id, "");
}

static void
a_reload_that_fails_says_every_complaint(void **state)
{
	struct fixture *f = *state;
	json_t *r, *first;

	f->reload_fails = true;
	r = ask_result(f, "reload", "{}");
	first = json_array_get(json_object_get(r, "complaints"), 0);
	assert_int_equal(json_integer_value(json_object_get(first, "line")),
	    3);
	assert_string_equal(text_of(first, "text"), "unknown key \"bedz\"");
	json_decref(r);
}

static void
a_reload_warns_of_users_that_the_machine_does_not_know(void **state)
{
	struct fixture *f = *state;
	json_t *r;

	f->config.roles_n = 2;
	f->roles[0] = (struct config_role){ "root", false, ROLE_ADMIN };
	f->roles[1] = (struct config_role){ "no-such", true, ROLE_STAFF };
	r = ask_result(f, "reload", "{}");
	assert_string_equal(json_string_value(json_array_get(
	    json_object_get(r, "warnings"), 0)), "roles: there is no group "
	    "\"no-such\" on this machine, so it lets nobody in; expected one "
	    "that `getent group` lists");
	json_decref(r);
	f->config.roles_n = 1;
	r = ask_result(f, "reload", "{}");
	assert_int_equal(json_object_size(r), 0);
	json_decref(r);
}

static void
an_alarm_is_listed_and_acknowledged_once(void **state)
{
	struct fixture *f = *state;
	json_t *r, *a;
	char params[128];

	open_silent_session(f, 0);
	r = ask_result(f, "alarm.list", "{\"bed\":\"CHAIR1\"}");
	assert_int_equal(json_array_size(json_object_get(r, "alarms")), 1);
	a = json_array_get(json_object_get(r, "alarms"), 0);
	assert_string_equal(text_of(a, "condition"), "no-data:CHAIR1/ox");
	snprintf(params, sizeof params, "{\"event\":\"%s\",\"by\":\"M. K.\"}",
	    text_of(a, "event"));
	json_decref(r);
	r = ask_result(f, "alarm.ack", params);
	assert_int_equal(json_array_size(json_object_get(r, "acknowledged")),
	    1);
	a = json_array_get(json_object_get(r, "alarms"), 0);
	assert_string_equal(text_of(a, "bed"), "CHAIR1");
	assert_non_null(strstr(text_of(a, "text"), "CHAIR1/ox"));
	json_decref(r);
	r = ask_result(f, "alarm.list", "{}");
	a = json_array_get(json_object_get(r, "alarms"), 0);
	assert_true(json_is_true(json_object_get(a, "acknowledged")));
	assert_string_equal(text_of(a, "by"), "M. K.");
	json_decref(r);
	refuse(f, "alarm.ack", "{\"bed\":\"CHAIR1\"}", CONTROL_NO_SUCH,
	    "no alarm that waits");
}

static void
all_alarms_of_a_bed_are_acknowledged_at_once(void **state)
{
	struct fixture *f = *state;
	struct now now = clock_now();
	json_t *r;

	open_silent_session(f, 0);
	hub_box(&f->hub, &now, BOX_UNDELIVERED, "station", true, "HTTP 503");
	r = ask_result(f, "alarm.ack", "{\"bed\":\"CHAIR1\"}");
	assert_int_equal(json_array_size(json_object_get(r, "acknowledged")),
	    1);
	json_decref(r);
	r = ask_result(f, "alarm.list", "{}");
	assert_int_equal(json_array_size(json_object_get(r, "alarms")), 2);
	assert_false(json_is_true(json_object_get(json_array_get(
	    json_object_get(r, "alarms"), 1), "acknowledged")));
	json_decref(r);
}

static void
the_restart_alarm_of_a_bed_belongs_to_its_session(void **state)
{
	struct fixture *f = *state;
	struct now now = clock_now();
	json_t *r;

	do_ask(f, "session.start", "{\"bed\":\"CHAIR2\"}");
	hub_box(&f->hub, &now, BOX_RESTARTED, "CHAIR2", true, "restarted");
	/* Where staff acknowledge what their bed shows, it is among it. */
	f->last_bed[0] = '\0';
	r = ask_result(f, "alarm.ack", "{\"bed\":\"CHAIR2\"}");
	assert_int_equal(json_array_size(json_object_get(r, "acknowledged")),
	    2);	/* and the silent monitor */
	assert_string_equal(text_of(json_array_get(json_object_get(r,
	    "alarms"), 1), "text"), "restarted");
	json_decref(r);
	assert_string_equal(f->last_bed, "CHAIR2");	/* in the log too */
	r = ask_result(f, "alarm.list", "{}");
	assert_int_equal(json_array_size(json_object_get(r, "alarms")), 1);
	json_decref(r);
}

static void
what_is_no_request_is_answered_with_a_sentence(void **state)
{
	static const struct { const char *line; int code; const char *words; }
	row[] = {
		{ "nonsense", -32700, "not JSON at column" },
		{ "{\"a\":1,\"a\":2}", -32700, "not JSON" },
		{ "[]", -32600, "JSON-RPC 2.0" },
		{ "{}", -32600, "JSON-RPC 2.0" },
		{ "{\"jsonrpc\":\"2.0\",\"method\":\"hello\"}", -32600,
		    "with jsonrpc, id and method" },
		{ "{\"jsonrpc\":\"1.0\",\"id\":1,\"method\":\"hello\"}",
		    -32600, "JSON-RPC 2.0" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"hello\","
		    "\"params\":[1]}", -32602, "params must be an object" },
		{ "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"open.pod\"}",
		    -32601, "there is no method \"open.pod\"" },
	};
	struct fixture *f = *state;
	struct line_client *c = join(f, 0);

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		say(f, c, row[i].line);
		assert_refused(hear(f, c, PATIENCE_MS), row[i].code,
		    row[i].words);
	}
}

static void
a_deeply_nested_request_is_harmless(void **state)
{
	struct fixture *f = *state;
	struct line_client *c = join(f, 0);
	static char bomb[60001];

	memset(bomb, '[', 60000);
	say(f, c, bomb);
	assert_refused(hear(f, c, PATIENCE_MS), -32700, "depth");
	/* As deep as is taken. */
	memset(bomb + 2040, ']', 2040);
	bomb[4080] = '\0';
	say(f, c, bomb);
	assert_refused(hear(f, c, PATIENCE_MS), -32600, "JSON-RPC");
	do_ask(f, "hello", "{}");
}

static void
a_long_name_is_answered_wherever_it_is_cut(void **state)
{
	struct fixture *f = *state;
	char name[256], params[512];

	for (int i = 0; i < 2; i++) {
		strcpy(name, i == 0 ? "" : "x");
		for (int n = 0; n < 60; n++)
			strcat(name, "\xc3\xa9");
		refuse(f, name, "{}", -32601, "there is no method");
		snprintf(params, sizeof params, "{\"%s\":1}", name);
		refuse(f, "hello", params, -32602, "has no parameter");
		snprintf(params, sizeof params, "{\"bed\":\"CHAIR1\","
		    "\"values\":{\"%s\":1}}", name);
		refuse(f, "baseline.confirm", params, -32602, "no part of");
	}
}

static void
wrong_parameters_are_refused_with_a_sentence(void **state)
{
	static const struct { const char *method, *params; int code;
		const char *words; } row[] = {
		{ "session.start", "{}", -32602, "there are 2 beds" },
		{ "session.start", "{\"bed\":5}", -32602, "bed must be a text" },
		{ "session.start", "{\"bed\":\"CHAIR9\"}", 3,
		    "there is no bed \"CHAIR9\"" },
		{ "session.start", "{\"bed\":\"CHAIR1\",\"dose\":1}", -32602,
		    "session.start has no parameter \"dose\"" },
		{ "session.start", "{\"bed\":\"CHAIR1\",\"subject\":"
		    "\"0123456789012345678901234567890123\"}", -32602,
		    "subject is 34 bytes long; at most 31" },
		{ "session.start", "{\"bed\":\"CHAIR1\",\"by\":\"a\\u0007\"}",
		    -32602, "control character at position 2" },
		{ "session.start", "{\"bed\":\"CHAIR1\",\"at\":\"25:00\"}",
		    -32602, "--at 25:00" },
		{ "session.start", "{\"bed\":\"CHAIR1\",\"at\":\"\"}", -32602,
		    "HH:MM" },
		{ "mark", "{\"bed\":\"CHAIR1\"}", -32602, "needs its words" },
		{ "mark", "{\"bed\":\"CHAIR1\",\"text\":\"  \"}", -32602,
		    "needs its words" },
		{ "session.amend", "{\"bed\":\"CHAIR1\",\"statement\":"
		    "\"0000000000c0ffee-1\",\"withdraw\":true,\"reason\":"
		    "\" \"}", -32602, "needs its reason" },
		{ "session.amend", "{\"bed\":\"CHAIR1\",\"statement\":\"x\","
		    "\"withdraw\":true,\"reason\":\"r\"}", -32602,
		    "does not name a statement" },
		{ "session.amend", "{\"bed\":\"CHAIR1\",\"statement\":"
		    "\"0000000000c0ffee-1\",\"withdraw\":true}", -32602,
		    "needs its reason" },
		{ "session.amend", "{\"bed\":\"CHAIR1\",\"statement\":"
		    "\"0000000000c0ffee-1\",\"reason\":\"r\"}", -32602,
		    "say either" },
		{ "session.amend", "{\"bed\":\"CHAIR1\",\"statement\":"
		    "\"0000000000c0ffee-1\",\"reason\":\"r\",\"at\":\"00:00\","
		    "\"withdraw\":true}", -32602, "say either" },
		{ "alarm.ack", "{\"event\":\"x\"}", -32602,
		    "does not name an alarm" },
		{ "alarm.ack", "{\"bed\":\"CHAIR1\",\"event\":\"\"}", -32602,
		    "does not name an alarm" },
		{ "alarm.ack", "{\"event\":\"0000000000c0ffee-99\"}", 3,
		    "no such alarm is open" },
		{ "alarm.pause", "{\"bed\":\"CHAIR1\",\"seconds\":121}",
		    -32602, "from 0 (end the pause) to 120" },
		{ "alarm.pause", "{\"bed\":\"CHAIR1\"}", -32602, "seconds" },
		{ "limits.set", "{\"bed\":\"CHAIR1\",\"tier\":\"spo9\","
		    "\"reason\":\"r\"}", 3, "there is no limit \"spo9\"" },
		{ "limits.set", "{\"bed\":\"CHAIR1\",\"tier\":\"spo2-low\","
		    "\"limit\":90}", -32602, "needs its reason" },
		{ "limits.set", "{\"bed\":\"CHAIR1\",\"tier\":\"spo2-low\","
		    "\"limit\":90.5,\"reason\":\"r\"}", -32602,
		    "limit must be a whole number" },
		{ "limits.set", "{\"bed\":\"CHAIR1\",\"tier\":\"spo2-low\","
		    "\"priority\":\"loud\",\"reason\":\"r\"}", -32602,
		    "low, medium or high" },
		{ "limits.set", "{\"bed\":\"CHAIR1\",\"tier\":\"spo2-low\","
		    "\"on\":1,\"reason\":\"r\"}", -32602, "true or false" },
		{ "baseline.confirm", "{\"bed\":\"CHAIR1\",\"values\":"
		    "{\"spo3\":97}}", -32602, "\"spo3\" is no part" },
		{ "record.start", "{\"port\":\"CHAIR1/x\"}", 3,
		    "there is no port \"CHAIR1/x\"" },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++)
		refuse(f, row[i].method, row[i].params, row[i].code,
		    row[i].words);
	assert_int_equal(f->ticket, 0);	/* nothing was recorded */
}

static void
what_cannot_be_now_is_refused_and_changes_nothing(void **state)
{
	static const struct { const char *method, *params; } idle[] = {
		{ "session.end", "{\"bed\":\"CHAIR1\"}" },
		{ "session.abort", "{\"bed\":\"CHAIR1\"}" },
		{ "infusion.start", "{\"bed\":\"CHAIR1\"}" },
		{ "infusion.pause", "{\"bed\":\"CHAIR1\"}" },
		{ "infusion.resume", "{\"bed\":\"CHAIR1\"}" },
		{ "infusion.stop", "{\"bed\":\"CHAIR1\"}" },
		{ "mark", "{\"bed\":\"CHAIR1\",\"text\":\"x\"}" },
		{ "alarm.pause", "{\"bed\":\"CHAIR1\",\"seconds\":9}" },
		{ "baseline.confirm", "{\"bed\":\"CHAIR1\",\"values\":"
		    "{\"spo2\":97}}" },
		{ "limits.set", "{\"bed\":\"CHAIR1\",\"tier\":\"spo2-low\","
		    "\"limit\":91,\"reason\":\"r\"}" },
		{ "session.amend", "{\"bed\":\"CHAIR1\",\"statement\":"
		    "\"0000000000c0ffee-1\",\"withdraw\":true,"
		    "\"reason\":\"r\"}" },
	};
	struct fixture *f = *state;
	char params[128];
	uint64_t before;

	for (size_t i = 0; i < sizeof idle / sizeof idle[0]; i++)
		refuse(f, idle[i].method, idle[i].params, CONTROL_REFUSED,
		    "this bed has no open session");
	assert_int_equal(f->ticket, 0);
	do_ask(f, "session.start", "{\"bed\":\"CHAIR1\"}");
	before = f->ticket;
	refuse(f, "session.start", "{\"bed\":\"CHAIR1\"}", CONTROL_REFUSED,
	    "");
	refuse(f, "baseline.confirm", "{\"bed\":\"CHAIR1\"}", CONTROL_REFUSED,
	    "nothing to confirm");
	/* The medium limit beyond the high one. */
	refuse(f, "limits.set", "{\"bed\":\"CHAIR1\",\"tier\":\"spo2-low\","
	    "\"limit\":85,\"reason\":\"r\"}", CONTROL_REFUSED, "spo2-very-low "
	    "(<88, as shipped) has to lie below the less urgent spo2-low (<85); "
	    "expected at most 84 for spo2-very-low, or at least 89 for "
	    "spo2-low");
	refuse(f, "limits.set", "{\"bed\":\"CHAIR1\",\"tier\":\"spo2-low\","
	    "\"delay_ms\":-1,\"reason\":\"r\"}", CONTROL_REFUSED, "spo2-low: "
	    "delay -0.001 s; expected 0 to 600 s");
	/* Ahead; over midnight it is long past instead. */
	snprintf(params, sizeof params, "{\"bed\":\"CHAIR1\",\"at\":\"%s\"}",
	    time_ago(-600000));
	refuse(f, "infusion.start", params, CONTROL_REFUSED, "");
	/* Before the session. */
	snprintf(params, sizeof params, "{\"bed\":\"CHAIR1\",\"at\":\"%s\"}",
	    time_ago(3600000));
	refuse(f, "infusion.start", params, CONTROL_REFUSED,
	    refusal_text(REFUSAL_BEFORE_START));
	assert_int_equal(f->ticket, before);
	do_ask(f, "infusion.start", "{\"bed\":\"CHAIR1\"}");
	refuse(f, "session.end", "{\"bed\":\"CHAIR1\"}", CONTROL_REFUSED,
	    "stop");
}

static void
a_session_that_began_before_the_start_is_told_so(void **state)
{
	struct fixture *f = *state;
	json_t *r;

	open_silent_session(f, 0);
	do_ask(f, "session.start", "{\"bed\":\"CHAIR2\"}");
	r = ask_result(f, "status", "{}");
	assert_true(json_is_true(json_object_get(json_array_get(
	    json_object_get(r, "beds"), 0), "restarted")));
	assert_true(json_is_false(json_object_get(json_array_get(
	    json_object_get(r, "beds"), 1), "restarted")));
	json_decref(r);
}

static void
a_short_recovery_is_pointed_out_and_not_refused(void **state)
{
	struct fixture *f = *state;
	char params[128];
	json_t *r;

	f->config.recovery_min_ms = 7200000;
	open_silent_session(f, 0);
	/* Without an infusion there is nothing to recover from. */
	r = ask_result(f, "session.end", "{\"bed\":\"CHAIR1\"}");
	assert_null(json_object_get(r, "recovery_min_ms"));
	json_decref(r);
	open_silent_session(f, 1);
	do_ask(f, "infusion.start", "{\"bed\":\"CHAIR2\"}");
	do_ask(f, "infusion.stop", "{\"bed\":\"CHAIR2\"}");
	snprintf(params, sizeof params, "{\"bed\":\"CHAIR2\",\"reason\":"
	    "\"went home\"}");
	r = ask_result(f, "session.end", params);
	assert_int_equal(json_integer_value(json_object_get(r,
	    "recovery_min_ms")), 7200000);
	assert_true(json_integer_value(json_object_get(r, "recovery_ms")) <
	    7200000);
	json_decref(r);
	assert_string_equal(f->last_text, "{\"reason\":\"went home\","
	    "\"recovery_min_ms\":7200000}");
}

static void
a_start_within_the_session_before_is_refused_by_its_name(void **state)
{
	struct fixture *f = *state;
	char params[128], words[128], *id;
	json_t *r;

	open_silent_session(f, 0);
	r = ask(f, 0, "session.end", "{\"bed\":\"CHAIR1\"}");
	json_decref(r);
	snprintf(params, sizeof params, "{\"bed\":\"CHAIR1\",\"at\":\"%s\"}",
	    time_ago(30000));
	snprintf(words, sizeof words, "session 20261121-CHAIR1-9 of this bed "
	    "had not ended; it did at %s:", time_ago(-999));
	id = strstr(words, "it did at");
	assert_non_null(id);
	/* To the minute: the second may pass meanwhile. */
	id[strlen("it did at HH:MM")] = '\0';
	refuse(f, "session.start", params, CONTROL_REFUSED, words);
}

/* Every method with the role that docs/protocol.md gives it. */
static void
each_method_needs_its_role(void **state)
{
	static const struct { const char *method; unsigned role; } row[] = {
		{ "hello", ROLE_VIEW }, { "status", ROLE_VIEW },
		{ "devices", ROLE_VIEW }, { "watch", ROLE_VIEW },
		{ "baseline.suggest", ROLE_VIEW },
		{ "alarm.list", ROLE_VIEW }, { "limits.show", ROLE_VIEW },
		{ "session.start", ROLE_STAFF }, { "session.end", ROLE_STAFF },
		{ "session.abort", ROLE_STAFF },
		{ "session.amend", ROLE_STAFF },
		{ "infusion.start", ROLE_STAFF },
		{ "infusion.pause", ROLE_STAFF },
		{ "infusion.resume", ROLE_STAFF },
		{ "infusion.stop", ROLE_STAFF }, { "mark", ROLE_STAFF },
		{ "alarm.ack", ROLE_STAFF }, { "alarm.pause", ROLE_STAFF },
		{ "baseline.confirm", ROLE_LIMITS },
		{ "limits.set", ROLE_LIMITS },
		{ "record.start", ROLE_ADMIN }, { "record.stop", ROLE_ADMIN },
		{ "reload", ROLE_ADMIN },
	};
	unsigned all = ROLE_VIEW | ROLE_STAFF | ROLE_LIMITS | ROLE_ADMIN;

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
		const struct control_method *m = control_method(row[i].method);
		struct peer peer = { .user = "visitor",
			.roles = all & ~row[i].role };
		struct control_call c = { .peer = &peer,
			.params = json_object() };

		assert_non_null(m);
		/* No host: it must not come so far as to look at it. */
		assert_int_equal(control_run(m, &c), CONTROL_NOT_ALLOWED);
		assert_non_null(strstr(c.error, "visitor"));
		assert_non_null(strstr(c.error, row[i].method));
		assert_null(c.result);
		json_decref(c.params);
	}
	assert_null(control_method("session.begin"));
}

/* Asks as user nobody; 0: answered, 1: not allowed, else something else. */
static int
ask_as_nobody(struct fixture *f, const char *method)
{
	char text[128], answer[4096];
	int status = -1;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (pid == 0) {
		struct sockaddr_un a = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		ssize_t n;

		strcpy(a.sun_path, f->path);
		if (setgid(65534) != 0 || setuid(65534) != 0 ||
		    connect(fd, (void *)&a, sizeof a) != 0)
			_exit(9);
		snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"id\":1,"
		    "\"method\":\"%s\"}\n", method);
		n = write(fd, text, strlen(text));
		n = read(fd, answer, sizeof answer - 1);
		if (n <= 0)
			_exit(8);
		answer[n] = '\0';
		_exit(strstr(answer, "\"code\":2,") != NULL ? 1 :
		    strstr(answer, "\"error\"") != NULL ? 2 : 0);
	}
	for (int i = 0; i < PATIENCE_MS / 5 &&
	    waitpid(pid, &status, WNOHANG) == 0; i++) {
		turn(f);
		poll(NULL, 0, 5);
	}
	assert_true(WIFEXITED(status));
	return WEXITSTATUS(status);
}

static void *
no_memory(size_t n)
{
	(void)n;
	return NULL;
}

static void
without_memory_a_statement_is_not_called_wrong_nor_half_recorded(void **state)
{
	static const char *const method[] = { "session.start",
		"baseline.confirm", "limits.set" };
	struct fixture *f = *state;
	struct peer peer = { .user = "nurse", .roles = ROLE_VIEW | ROLE_STAFF |
	    ROLE_LIMITS };
	struct control_host host = { .arg = f, .hub = &f->hub };
	json_t *params = json_pack("{s:s, s:s, s:s, s:i}", "bed", "CHAIR1",
	    "tier", "spo2-low", "reason", "as always", "delay_ms", 30000);
	uint64_t ticket = f->ticket;
	json_malloc_t take;
	json_free_t give;

	json_get_alloc_funcs(&take, &give);
	for (size_t i = 0; i < sizeof method / sizeof method[0]; i++) {
		const struct control_method *m = control_method(method[i]);
		struct control_call c = { .host = &host, .peer = &peer,
			.now = clock_now(), .params = params };
		enum control_error e;

		json_set_alloc_funcs(no_memory, give);
		e = m->run(&c);
		json_set_alloc_funcs(take, give);
		assert_int_equal(e, CONTROL_INTERNAL);
		assert_null(c.result);
	}
	json_decref(params);
	assert_true(f->ticket == ticket);
	assert_int_equal(hub_sessions(&f->hub), 0);
}

static void
another_user_may_do_what_the_roles_say(void **state)
{
	struct fixture *f = *state;

	if (geteuid() != 0)
		skip();
	assert_int_equal(ask_as_nobody(f, "hello"), 1);
	f->config.roles_n = 1;
	strcpy(f->roles[0].name, "nobody");
	f->roles[0].roles = ROLE_VIEW;
	assert_int_equal(ask_as_nobody(f, "hello"), 0);
	assert_int_equal(ask_as_nobody(f, "session.start"), 1);
	assert_int_equal(f->ticket, 0);
}

static void
a_full_disk_is_told_and_the_statement_takes_effect(void **state)
{
	struct fixture *f = *state;
	int64_t begin;
	json_t *r;

	do_ask(f, "session.start", "{\"bed\":\"CHAIR1\"}");
	atomic_store(&trouble, FULL);
	begin = clock_boot_ms();
	r = ask_result(f, "infusion.start", "{\"bed\":\"CHAIR1\"}");
	assert_true(json_is_false(json_object_get(r, "durable")));
	assert_in_range(clock_boot_ms() - begin, 0, 2100);
	json_decref(r);
	assert_int_equal(hub_stamp(&f->hub, 0, clock_boot_ms()).phase,
	    PHASE_INFUSION);
	atomic_store(&trouble, WORKS);
	for (int i = 0; i < 100; i++) {
		r = ask_result(f, "mark",
		    "{\"bed\":\"CHAIR1\",\"text\":\"x\"}");
		if (json_is_true(json_object_get(r, "durable")))
			break;
		json_decref(r);
		poll(NULL, 0, 20);
		turn(f);
	}
	assert_true(json_is_true(json_object_get(r, "durable")));
	json_decref(r);
}

static void
a_hung_disk_holds_up_an_answer_for_two_seconds(void **state)
{
	struct fixture *f = *state;
	int64_t begin, ticked = 0;
	json_t *r, *m;

	do_ask(f, "session.start", "{\"bed\":\"CHAIR1\"}");
	f->id += 100;
	json_decref(ask(f, 1, "watch", "{}"));
	/* The answer must not depend on when the tick happens to come. */
	while ((m = hear(f, &f->c[1], PATIENCE_MS)) != NULL && ticked == 0) {
		if (strcmp(text_of(m, "method"), "tick") == 0)
			ticked = clock_boot_ms();
		json_decref(m);
	}
	json_decref(m);
	poll(NULL, 0, 200);
	atomic_store(&trouble, HANGS);
	begin = clock_boot_ms();
	r = ask_result(f, "infusion.start", "{\"bed\":\"CHAIR1\"}");
	assert_true(json_is_false(json_object_get(r, "durable")));
	assert_in_range(clock_boot_ms() - begin, 1900, 2150);
	json_decref(r);
	/* What changes nothing is answered at once all the while. */
	atomic_store(&trouble, WORKS);
}

static void
watchers_are_told_of_a_change_within_a_quarter_of_a_second(void **state)
{
	struct fixture *f = *state;
	json_t *m, *bed;

	json_decref(ask(f, 1, "watch", "{}"));
	do_ask(f, "session.start", "{\"bed\":\"CHAIR2\"}");
	m = hear_news(f, &f->c[1], 400);
	assert_non_null(m);
	assert_string_equal(text_of(m, "method"), "state");
	bed = json_array_get(json_object_get(json_object_get(m, "params"),
	    "beds"), 1);
	assert_string_equal(text_of(bed, "phase"), "baseline");
	json_decref(m);
}

static void
what_a_monitor_alarms_of_is_told_beside_our_own_alarms(void **state)
{
	struct fixture *f = *state;
	struct now now = clock_now();
	struct decoded d = { .t_ms = now.t_ms, .result = DECODE_OK };
	struct monitor_alarm *a;
	json_t *m, *bed, *list, *item;

	json_decref(ask(f, 1, "watch", "{}"));
	turn(f);
	d.readings.alarms.told = true;
	a = readings_add_alarm(&d.readings, PRIORITY_LOW);
	monitor_alarm_put(a, 'X');
	a = readings_add_alarm(&d.readings, PRIORITY_HIGH);
	for (const char *c = "SpO2 \"LOW\" \\"; *c != '\0'; c++)
		monitor_alarm_put(a, (uint8_t)*c);
	hub_frame(&f->hub, &now, 0, &d);
	m = hear_news(f, &f->c[1], 400);
	assert_non_null(m);
	bed = json_array_get(json_object_get(json_object_get(m, "params"),
	    "beds"), 0);
	list = json_object_get(bed, "monitor_alarms");
	assert_int_equal(json_array_size(list), 2);
	item = json_array_get(list, 0);
	assert_string_equal(text_of(item, "text"), "SpO2 \"LOW\" \\");
	assert_string_equal(text_of(item, "priority"), "high");
	assert_string_equal(text_of(item, "port"), "CHAIR1/ox");
	assert_int_equal(json_integer_value(json_object_get(item,
	    "since_ms")), now.t_ms);
	assert_int_equal(json_array_size(json_object_get(bed, "alarms")), 0);
	assert_true(json_is_true(json_object_get(json_array_get(
	    json_object_get(bed, "ports"), 0), "alarms_known")));
	json_decref(m);
	/* It is none of ours, so there is nothing to acknowledge. */
	refuse(f, "alarm.ack", "{\"bed\":\"CHAIR1\"}", CONTROL_NO_SUCH,
	    "no alarm that waits");
	/* The line is gone: not known any more. */
	hub_link(&f->hub, &now, 0, false, "unplugged");
	m = ask_result(f, "status", "{}");
	bed = json_array_get(json_object_get(m, "beds"), 0);
	assert_int_equal(json_array_size(json_object_get(bed,
	    "monitor_alarms")), 0);
	assert_true(json_is_false(json_object_get(json_array_get(
	    json_object_get(bed, "ports"), 0), "alarms_known")));
	json_decref(m);
}

static size_t
values_shown(struct fixture *f, size_t bed)
{
	json_t *r = ask_result(f, "status", "{}");
	size_t n = json_array_size(json_object_get(json_array_get(
	    json_object_get(r, "beds"), bed), "vitals"));

	json_decref(r);
	return n;
}

/* A cuff result stays with its age for ever, and a probe that fell off with the
 * patient who left. */
static void
what_was_measured_before_the_session_is_not_shown_in_it(void **state)
{
	struct fixture *f = *state;
	struct now now = clock_now();
	struct decoded d = { .t_ms = now.t_ms, .result = DECODE_OK };
	char params[64];

	readings_add(&d.readings, VITAL_NIBP_SYS, QUALITY_GOOD, 190);
	readings_add(&d.readings, VITAL_SPO2, QUALITY_SENSOR_OFF, 0);
	hub_frame(&f->hub, &now, 0, &d);
	assert_int_equal(values_shown(f, 0), 2);
	while (clock_boot_ms() <= now.t_ms)
		turn(f);
	do_ask(f, "session.start", "{\"bed\":\"CHAIR1\"}");
	assert_int_equal(values_shown(f, 0), 0);
	/* A result of before, told once more; and one of now. */
	now = clock_now();
	d = (struct decoded){ .t_ms = now.t_ms, .result = DECODE_OK };
	readings_add_aged(&d.readings, VITAL_NIBP_SYS, QUALITY_GOOD, 190,
	    60000);
	readings_add(&d.readings, VITAL_SPO2, QUALITY_GOOD, 9700);
	hub_frame(&f->hub, &now, 0, &d);
	assert_int_equal(values_shown(f, 0), 1);
	do_ask(f, "session.end", "{\"bed\":\"CHAIR1\"}");
	assert_int_equal(values_shown(f, 0), 2);
	/* The one who was here a minute ago is who is here now. */
	hub_frame(&f->hub, &now, 1, &d);
	snprintf(params, sizeof params, "{\"bed\":\"CHAIR2\",\"at\":"
	    "\"%s\"}", time_ago(70000));
	do_ask(f, "session.start", params);
	assert_int_equal(values_shown(f, 1), 2);
}

static void
an_alarm_is_told_at_once_and_many_in_one_message(void **state)
{
	struct fixture *f = *state;
	struct now now = clock_now();
	json_t *m, *box;

	json_decref(ask(f, 1, "watch", "{}"));
	turn(f);
	hub_box(&f->hub, &now, BOX_UNDELIVERED, "station", true, "HTTP 503");
	hub_box(&f->hub, &now, BOX_DISK_LOW, "", true, "4 % is free");
	/* Without any wait. */
	turn(f);
	m = hear_news(f, &f->c[1], 0);
	assert_non_null(m);
	box = json_object_get(json_object_get(m, "params"), "box");
	assert_int_equal(json_array_size(json_object_get(box, "alarms")), 2);
	json_decref(m);
	assert_null(hear_news(f, &f->c[1], 50));
}

static void
a_condition_that_is_said_again_every_second_tells_nobody(void **state)
{
	struct fixture *f = *state;
	struct now now = clock_now();
	uint64_t before;
	json_t *m;

	hub_box(&f->hub, &now, BOX_DISK_LOW, "", true, "4 % is free");
	json_decref(ask(f, 1, "watch", "{}"));
	m = hear_news(f, &f->c[1], 300);	/* of its beginning */
	json_decref(m);
	before = f->ticket;
	for (int i = 0; i < 10; i++) {
		hub_box(&f->hub, &now, BOX_DISK_LOW, "", true, "4 % is free");
		hub_box(&f->hub, &now, BOX_LOG_FAILING, "", false, "");
	}
	assert_int_equal(f->ticket, before);
	assert_null(hear_news(f, &f->c[1], 300));
}

static void
a_watcher_that_does_not_read_is_dropped(void **state)
{
	struct fixture *f = *state;
	char c;
	int n = 0;

	json_decref(ask(f, 1, "watch", "{}"));
	for (; n < 5000; n++) {
		struct pollfd p = { f->c[1].fd, POLLIN, 0 };

		control_changed(f->control, 0, true);
		turn(f);
		if (poll(&p, 1, 0) == 1 && (p.revents & POLLHUP))
			break;
	}
	assert_true(n < 5000);
	/* The others do not notice. */
	do_ask(f, "hello", "{}");
	while (recv(f->c[1].fd, &c, 1, MSG_DONTWAIT) == 1)
		;
}

static void
a_line_longer_than_64_kib_is_answered_and_the_connection_closed(void **state)
{
	struct fixture *f = *state;
	struct line_client *c = join(f, 0);
	static char line[70000];

	memset(line, ' ', sizeof line);
	for (size_t n = 0; n < sizeof line;) {
		ssize_t some = send(c->fd, line + n, sizeof line - n,
		    MSG_DONTWAIT | MSG_NOSIGNAL);

		if (some < 0)
			break;
		n += (size_t)some;
		turn(f);
	}
	assert_refused(hear(f, c, PATIENCE_MS), -32600, "64 KiB");
	assert_null(hear(f, c, 50));
	assert_int_not_equal(lines_read(&c->lines), -EAGAIN);
}

static void
the_65th_connection_is_told_so(void **state)
{
	struct fixture *f = *state;
	int fd[CONTROL_CLIENTS];
	struct line_client *c;

	for (int i = 0; i < CONTROL_CLIENTS; i++) {
		fd[i] = connect_to(f->path);
		turn(f);
	}
	c = join(f, 0);
	assert_refused(hear(f, c, PATIENCE_MS), 1, "too many connections");
	leave(c);
	close(fd[7]);
	turn(f);
	do_ask(f, "hello", "{}");
	for (int i = 0; i < CONTROL_CLIENTS; i++)
		if (i != 7)
			close(fd[i]);
}

static void
recorded_bytes_go_to_who_asked_until_they_stop(void **state)
{
	static const uint8_t bytes[] = { 0x01, 0xab, 0xff };
	struct fixture *f = *state;
	json_t *m, *p;

	json_decref(ask(f, 0, "record.start", "{\"port\":\"CHAIR2/ox\"}"));
	do_ask(f, "hello", "{}");
	control_bytes(f->control, 0, 5, false, bytes, 3);
	control_bytes(f->control, 1, 77, true, bytes, 3);
	m = hear(f, &f->c[0], 200);
	assert_non_null(m);
	p = json_object_get(m, "params");
	assert_string_equal(text_of(p, "port"), "CHAIR2/ox");
	assert_string_equal(text_of(p, "hex"), "01abff");
	assert_int_equal(json_integer_value(json_object_get(p, "ms")), 77);
	assert_true(json_is_true(json_object_get(p, "sent")));
	json_decref(m);
	do_ask(f, "record.stop", "{\"port\":\"CHAIR2/ox\"}");
	control_bytes(f->control, 1, 78, true, bytes, 3);
	assert_null(hear(f, &f->c[0], 50));
}

static void
who_may_no_longer_look_is_told_nothing_more(void **state)
{
	struct fixture *f = *state;
	struct config strict = f->config;
	uid_t self = geteuid();

	/* Root may always. */
	if (self != 0)
		skip();
	if (seteuid(65534) != 0)
		skip();
	f->c[1].fd = connect_to(f->path);
	assert_int_equal(seteuid(0), 0);
	lines_init(&f->c[1].lines, f->c[1].fd);
	f->config.roles_n = 1;
	strcpy(f->roles[0].name, "nobody");
	f->roles[0].roles = ROLE_VIEW;
	turn(f);
	json_decref(ask(f, 1, "watch", "{}"));
	control_reconfigure(f->control, &strict);	/* no roles: root */
	control_changed(f->control, 0, true);
	assert_null(hear(f, &f->c[1], 100));
	assert_int_not_equal(lines_read(&f->c[1].lines), -EAGAIN);
	control_reconfigure(f->control, &f->config);
}

static int
open_checker(void **state)
{
	sqlite3_vfs *vfs = sqlite3_vfs_find("unix");

	(void)state;
	answers = popen("tests/schema-check schemas/control.schema.json "
	    "--named", "w");
	vfs->xSetSystemCall(vfs, "pwrite64",
	    (sqlite3_syscall_ptr)troubled_pwrite);
	return vfs->xSetSystemCall(vfs, "pwrite",
	    (sqlite3_syscall_ptr)troubled_pwrite) != SQLITE_OK ||
	    answers == NULL;
}

static int
close_checker(void **state)
{
	(void)state;
	return pclose(answers);
}

/* A misspelt group would shut the nurses out without a word. */
static void
unknown_users_and_groups_of_the_roles_are_counted(void **state)
{
	struct config_role role[] = {
		{ "root", false, ROLE_ADMIN },
		{ "root", true, ROLE_ADMIN },
		{ "no-such-group-here", true, ROLE_STAFF },
		{ "no-such-user-here", false, ROLE_VIEW },
	};
	struct config c = { .roles = role, .roles_n = 2 };

	(void)state;
	assert_int_equal(roles_warn(&c), 0);
	c.roles_n = 4;
	assert_int_equal(roles_warn(&c), 2);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    unknown_users_and_groups_of_the_roles_are_counted),
		T(a_whole_session_by_the_socket_is_as_the_schema_says),
		T(a_reload_that_fails_says_every_complaint),
		T(a_reload_warns_of_users_that_the_machine_does_not_know),
		T(an_alarm_is_listed_and_acknowledged_once),
		T(all_alarms_of_a_bed_are_acknowledged_at_once),
		T(the_restart_alarm_of_a_bed_belongs_to_its_session),
		T(what_is_no_request_is_answered_with_a_sentence),
		T(a_deeply_nested_request_is_harmless),
		T(a_long_name_is_answered_wherever_it_is_cut),
		T(wrong_parameters_are_refused_with_a_sentence),
		T(what_cannot_be_now_is_refused_and_changes_nothing),
		T(a_session_that_began_before_the_start_is_told_so),
		T(a_short_recovery_is_pointed_out_and_not_refused),
		T(a_start_within_the_session_before_is_refused_by_its_name),
		T(each_method_needs_its_role),
		T(without_memory_a_statement_is_not_called_wrong_nor_half_recorded),
		T(another_user_may_do_what_the_roles_say),
		T(a_full_disk_is_told_and_the_statement_takes_effect),
		T(a_hung_disk_holds_up_an_answer_for_two_seconds),
		T(watchers_are_told_of_a_change_within_a_quarter_of_a_second),
		T(what_a_monitor_alarms_of_is_told_beside_our_own_alarms),
		T(what_was_measured_before_the_session_is_not_shown_in_it),
		T(an_alarm_is_told_at_once_and_many_in_one_message),
		T(a_condition_that_is_said_again_every_second_tells_nobody),
		T(a_watcher_that_does_not_read_is_dropped),
		T(a_line_longer_than_64_kib_is_answered_and_the_connection_closed),
		T(the_65th_connection_is_told_so),
		T(recorded_bytes_go_to_who_asked_until_they_stop),
		T(who_may_no_longer_look_is_told_nothing_more),
	};

	return cmocka_run_group_tests(tests, open_checker, close_checker);
}
