/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The outbox with a notifier that does what the test says, on a real socket
 * and a real event loop.
 *
 * Easy to get wrong: the clock is the test's; only the outbox's own timer runs
 * in real time, so that a deadline is seen at its next turn.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "daemon/lines.h"
#include "daemon/notice_line.h"
#include "daemon/outbox.h"
#include "schemas/code.h"

#define PATIENCE_MS 3000
#define KEEP 64
#define OLD_BODY "{\"notice\":1}"	/* of a notice from before the start */

struct fixture {
	char dir[48], path[64];
	sd_event *loop;
	struct config config;
	struct id_source ids;
	struct outbox *outbox;
	struct now now;
	struct record record[KEEP];	/* the first ones */
	size_t records, notices;
	size_t outcomes[OUTCOMES];
	bool trouble[2];
	size_t troubles;
	char why[128];
	int fd;				/* the notifier's end */
	struct lines lines;
};

static struct now
tell_now(void *arg)
{
	return ((struct fixture *)arg)->now;
}

static void
take_record(void *arg, const struct now *now, const struct record *r,
    bool urgent)
{
	struct fixture *f = arg;

	assert_true(now->t_ms == f->now.t_ms);
	if (r->class == RECORD_NOTICE) {
		f->notices++;
		assert_true(urgent);
	} else {
		assert_int_equal(r->class, RECORD_DELIVERY);
		f->outcomes[r->delivery.outcome]++;
	}
	if (f->records < KEEP)
		f->record[f->records] = *r;
	f->records++;
}

static void
take_trouble(void *arg, const char *channel, bool holds, const char *why)
{
	struct fixture *f = arg;
	size_t i = strcmp(channel, "station") == 0 ? 0 : 1;

	f->trouble[i] = holds;
	f->troubles++;
	snprintf(f->why, sizeof f->why, "%s", why);
}

static enum priority
tell_worst(void *arg)
{
	(void)arg;
	return PRIORITY_MEDIUM;
}

static size_t
tell_sessions(void *arg)
{
	(void)arg;
	return 3;
}

static int
setup(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);
	struct outbox_sink sink = { f, tell_now, take_record, take_trouble,
		tell_worst, tell_sessions };

	assert_non_null(f);
	strcpy(f->dir, "/tmp/vitalsd-outbox-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof f->path, "%s/notify.sock", f->dir);
	assert_int_equal(sd_event_new(&f->loop), 0);
	limit_set_default(&f->config.limits);
	f->config.channels_n = 2;
	strcpy(f->config.channel[0].name, "station");
	f->config.channel[0].at_least = PRIORITY_LOW;
	strcpy(f->config.channel[1].name, "pager");
	f->config.channel[1].at_least = PRIORITY_HIGH;
	f->ids.start = 0xabc;
	f->now = (struct now){ 1000000, 1795215600000, true };
	f->fd = -1;
	assert_int_equal(outbox_new(&f->outbox, f->loop, f->path, &f->config,
	    &f->ids, &sink), 0);
	*state = f;
	return 0;
}

static void
leave(struct fixture *f)
{
	if (f->fd < 0)
		return;
	lines_free(&f->lines);
	close(f->fd);
	f->fd = -1;
}

static int
teardown(void **state)
{
	struct fixture *f = *state;
	leave(f);
	outbox_free(f->outbox);
	sd_event_unref(f->loop);
	rmdir(f->dir);
	free(f);
	return 0;
}

/* Turns the loop until it has nothing to do. */
static void
turn(struct fixture *f)
{
	while (sd_event_run(f->loop, 0) > 0)
		;
}

/* The timer runs once more: what is due is done. */
static void
let_timer_run(struct fixture *f)
{
	struct pollfd p = { sd_event_get_fd(f->loop), POLLIN, 0 };

	turn(f);
	if (poll(&p, 1, 1000) > 0)
		turn(f);
}

static void
say(struct fixture *f, const char *text)
{
	assert_int_equal(lines_send(&f->lines, text, strlen(text)), 0);
	turn(f);
}

static void
join(struct fixture *f)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strcpy(a.sun_path, f->path);
	f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(f->fd >= 0);
	assert_int_equal(connect(f->fd, (void *)&a, sizeof a), 0);
	lines_init(&f->lines, f->fd);
	turn(f);
}

static void
join_and_greet(struct fixture *f)
{
	join(f);
	say(f, "{\"jsonrpc\":\"2.0\",\"method\":\"notify.hello\",\"params\":"
	    "{\"version\":\"1\",\"channels\":[\"station\",\"pager\"]}}");
}

/* The next line that has arrived already, NULL if none did. */
static const char *
hear_line(struct fixture *f)
{
	const char *line;

	while ((line = lines_next(&f->lines, NULL)) == NULL)
		if (lines_read(&f->lines) < 0)
			return NULL;
	return line;
}

/* What a notice that has arrived already says, with its body; NULL if none
 * did: the loop is not turned. */
static json_t *
hear(struct fixture *f)
{
	const char *line = hear_line(f);
	char key[EVENT_ID_TEXT];
	json_t *said;
	struct notice n;
	bool heartbeat;

	if (line == NULL)
		return NULL;
	assert_true(notice_line_parse(line, &n, &heartbeat));
	event_id_format(key, n.key);
	/* Both came at once. */
	line = hear_line(f);
	assert_non_null(line);
	said = json_pack("{s:s, s:s, s:s, s:b, s:s}", "key", key, "channel",
	    n.channel, "priority", priority_name(n.priority), "heartbeat",
	    heartbeat, "body", line);
	assert_non_null(said);
	return said;
}

static const char *
field(const json_t *params, const char *name)
{
	return json_string_value(json_object_get(params, name));
}

/* The next that is no heartbeat: "CHANNEL PRIORITY KEY", or "" if none. */
static const char *
hear_notice(struct fixture *f)
{
	static char text[128];
	json_t *p;

	text[0] = '\0';
	while (text[0] == '\0' && (p = hear(f)) != NULL) {
		if (!json_is_true(json_object_get(p, "heartbeat")))
			snprintf(text, sizeof text, "%s %s %s",
			    field(p, "channel"), field(p, "priority"),
			    field(p, "key"));
		json_decref(p);
	}
	return text;
}

static size_t
hear_heartbeats(struct fixture *f)
{
	size_t n = 0;
	json_t *p;

	while ((p = hear(f)) != NULL) {
		n += json_is_true(json_object_get(p, "heartbeat"));
		json_decref(p);
	}
	return n;
}

static void
raise_alarm(struct fixture *f, enum priority priority)
{
	struct alarm_change c = {
		.event = { 0xabc, 500 }, .condition = "spo2-low",
		.tier = "spo2-low", .type = ALARM_PHYSIOLOGICAL,
		.phase = ALARM_START, .state = ALARM_ACTIVE,
		.priority = priority, .level = priority, .confirmed = true,
		.bed = "CHAIR3", .session = "20261121-CHAIR3-1",
		.session_phase = PHASE_INFUSION, .infusion_ms = 60000,
		.has_value = true, .vital = VITAL_SPO2, .value = 86,
		.limit = 88, .since_ms = f->now.t_ms, .text = "SpO2 86 %",
	};

	outbox_alarm(f->outbox, &f->now, &c, "Chair 3");
}

static void
answer(struct fixture *f, const char *key, const char *outcome,
    const char *detail)
{
	char text[1024];

	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"method\":"
	    "\"notify.result\",\"params\":{\"key\":\"%s\",\"channel\":"
	    "\"station\",\"attempt\":1,\"outcome\":\"%s\",\"detail\":\"%s\"}}",
	    key, outcome, detail);
	say(f, text);
}

static size_t
waiting(struct fixture *f)
{
	struct outbox_status s;

	outbox_status(f->outbox, &s);
	return s.waiting;
}

static void
a_notice_leaves_in_the_turn_of_its_alarm(void **state)
{
	struct fixture *f = *state;

	join_and_greet(f);
	raise_alarm(f, PRIORITY_MEDIUM);
	/* The loop has not turned. */
	assert_string_equal(hear_notice(f),
	    "station medium 0000000000000abc-3");
	assert_int_equal(f->notices, 1);
	assert_int_equal(f->records, 1);
	assert_int_equal(f->record[0].notice.event.n, 500);
	assert_string_equal(f->record[0].notice.channel, "station");
}

static void
each_channel_gets_what_is_urgent_enough(void **state)
{
	struct fixture *f = *state;

	join_and_greet(f);
	raise_alarm(f, PRIORITY_HIGH);
	assert_string_equal(hear_notice(f), "station high 0000000000000abc-3");
	assert_string_equal(hear_notice(f), "pager high 0000000000000abc-4");
	raise_alarm(f, PRIORITY_LOW);
	assert_string_equal(hear_notice(f), "station low 0000000000000abc-5");
	assert_string_equal(hear_notice(f), "");
}

static void
who_was_called_to_a_high_alarm_is_told_its_end(void **state)
{
	struct fixture *f = *state;
	struct alarm_change c = { .event = { 0xabc, 500 }, .phase = ALARM_END,
		.priority = PRIORITY_MEDIUM, .peak = PRIORITY_HIGH };

	join_and_greet(f);
	outbox_alarm(f->outbox, &f->now, &c, "Chair 3");
	assert_string_equal(hear_notice(f),
	    "station medium 0000000000000abc-3");
	assert_string_equal(hear_notice(f),
	    "pager medium 0000000000000abc-4");
	/* But it is called by what is high alone. */
	c.phase = ALARM_CONTINUE;
	outbox_alarm(f->outbox, &f->now, &c, "Chair 3");
	assert_string_equal(hear_notice(f),
	    "station medium 0000000000000abc-5");
	assert_string_equal(hear_notice(f), "");
}

static void
a_change_during_a_pause_makes_no_notice(void **state)
{
	struct fixture *f = *state;
	struct alarm_change c = { .event = { 1, 1 }, .paused = true,
		.priority = PRIORITY_HIGH };

	join_and_greet(f);
	outbox_alarm(f->outbox, &f->now, &c, "Chair 3");
	assert_string_equal(hear_notice(f), "");
	assert_int_equal(f->records, 0);
}

static void
a_notice_is_offered_again_under_its_key_until_delivered(void **state)
{
	static const char first[] = "station low 0000000000000abc-3";
	struct fixture *f = *state;

	join_and_greet(f);
	raise_alarm(f, PRIORITY_LOW);
	assert_string_equal(hear_notice(f), first);
	leave(f);
	turn(f);
	join_and_greet(f);
	assert_string_equal(hear_notice(f), first);
	answer(f, "0000000000000abc-3", "retry", "HTTP 503");
	leave(f);
	turn(f);
	join_and_greet(f);
	assert_string_equal(hear_notice(f), first);
	assert_int_equal(waiting(f), 1);
	f->now.t_ms += 700;
	answer(f, "0000000000000abc-3", "delivered", "HTTP 200");
	assert_int_equal(waiting(f), 0);
	leave(f);
	turn(f);
	join_and_greet(f);
	assert_string_equal(hear_notice(f), "");
	assert_int_equal(f->notices, 1);
	assert_int_equal(f->outcomes[OUTCOME_RETRY], 1);
	assert_int_equal(f->outcomes[OUTCOME_DELIVERED], 1);
	assert_int_equal(f->record[2].delivery.took_ms, 700);
	assert_string_equal(f->record[2].delivery.detail, "HTTP 200");
}

/* As when there is no memory to read an answer with. */
static void
after_an_answer_that_cannot_be_read_all_is_offered_anew(void **state)
{
	static const char first[] = "station low 0000000000000abc-3";
	struct fixture *f = *state;

	join_and_greet(f);
	raise_alarm(f, PRIORITY_LOW);
	assert_string_equal(hear_notice(f), first);
	assert_int_equal(lines_send(&f->lines, "{\"jsonrpc\":", 11), 0);
	turn(f);
	assert_int_equal(lines_read(&f->lines), -EPIPE);
	leave(f);
	join_and_greet(f);
	assert_string_equal(hear_notice(f), first);
	answer(f, "0000000000000abc-3", "delivered", "HTTP 200");
	assert_int_equal(waiting(f), 0);
}

static void
each_attempt_is_recorded(void **state)
{
	struct fixture *f = *state;

	join_and_greet(f);
	raise_alarm(f, PRIORITY_LOW);
	answer(f, "0000000000000abc-3", "retry", "resolve timed out");
	answer(f, "0000000000000abc-3", "refused", "HTTP 401");
	assert_int_equal(f->outcomes[OUTCOME_RETRY], 1);
	assert_int_equal(f->outcomes[OUTCOME_REFUSED], 1);
	assert_int_equal(waiting(f), 1);
	/* What is not waited for, or is no result, is no delivery. */
	answer(f, "0000000000000abc-77", "delivered", "HTTP 200");
	say(f, "{\"jsonrpc\":\"2.0\",\"method\":\"notify.result\"}");
	say(f, "not JSON");
	assert_int_equal(waiting(f), 1);
	assert_int_equal(f->records, 3);
}

static void
without_a_notifier_that_is_recorded_and_the_notice_waits(void **state)
{
	struct fixture *f = *state;

	raise_alarm(f, PRIORITY_LOW);
	assert_int_equal(f->outcomes[OUTCOME_NO_NOTIFIER], 1);
	join_and_greet(f);
	assert_string_equal(hear_notice(f), "station low 0000000000000abc-1");
}

static void
no_notifier_for_ten_seconds_is_trouble_until_one_is_back(void **state)
{
	struct fixture *f = *state;

	f->now.t_ms += 9999;
	let_timer_run(f);
	assert_int_equal(f->troubles, 0);
	f->now.t_ms += 1;
	let_timer_run(f);
	assert_true(f->trouble[0] && f->trouble[1]);
	assert_non_null(strstr(f->why, "vitals-notify is not running"));
	join_and_greet(f);
	let_timer_run(f);
	assert_false(f->trouble[0] || f->trouble[1]);
}

static void
a_notice_without_a_result_is_trouble_on_its_channel(void **state)
{
	struct fixture *f = *state;

	join_and_greet(f);
	raise_alarm(f, PRIORITY_LOW);
	f->now.t_ms += 10000;
	let_timer_run(f);
	assert_true(f->trouble[0]);
	assert_false(f->trouble[1]);
	assert_int_equal(f->outcomes[OUTCOME_TIMEOUT], 1);
	let_timer_run(f);
	assert_int_equal(f->outcomes[OUTCOME_TIMEOUT], 1);
	answer(f, "0000000000000abc-3", "delivered", "HTTP 200");
	assert_false(f->trouble[0]);
}

static void
trouble_says_how_the_last_attempt_failed(void **state)
{
	struct fixture *f = *state;

	join_and_greet(f);
	raise_alarm(f, PRIORITY_LOW);
	answer(f, "0000000000000abc-3", "retry", "HTTP 503");
	assert_int_equal(f->troubles, 0);
	f->now.t_ms += 10000;
	answer(f, "0000000000000abc-3", "retry", "HTTP 502");
	assert_true(f->trouble[0]);
	assert_non_null(strstr(f->why, "HTTP 502"));
}

static void
a_detail_that_is_cut_is_cut_between_characters(void **state)
{
	struct fixture *f = *state;
	char detail[256] = "";
	json_t *s;

	/* 126 bytes, then one character of two. */
	for (int i = 0; i < 126; i++)
		strcat(detail, "x");
	strcat(detail, "\xc3\xa9\xc3\xa9");
	join_and_greet(f);
	raise_alarm(f, PRIORITY_LOW);
	f->now.t_ms += 10000;
	answer(f, "0000000000000abc-3", "retry", detail);
	s = json_string(f->record[1].delivery.detail);
	assert_non_null(s);
	json_decref(s);
	s = json_string(f->why);
	assert_non_null(s);
	json_decref(s);
}

static void
a_heartbeat_goes_to_each_channel_every_ten_seconds(void **state)
{
	struct fixture *f = *state;
	json_t *p, *body;

	join_and_greet(f);
	p = hear(f);
	assert_non_null(p);
	assert_true(json_is_true(json_object_get(p, "heartbeat")));
	body = json_loads(field(p, "body"), 0, NULL);
	assert_non_null(body);
	json_decref(body);
	json_decref(p);
	assert_int_equal(hear_heartbeats(f), 1);
	f->now.t_ms += 9999;
	let_timer_run(f);
	assert_int_equal(hear_heartbeats(f), 0);
	f->now.t_ms += 1;
	let_timer_run(f);
	assert_int_equal(hear_heartbeats(f), 2);
	/* One that was late is not the start of a new count. */
	f->now.t_ms += 10700;
	let_timer_run(f);
	assert_int_equal(hear_heartbeats(f), 2);
	f->now.t_ms += 9300;
	let_timer_run(f);
	assert_int_equal(hear_heartbeats(f), 2);
	/* It is neither logged nor waited for. */
	assert_int_equal(f->records, 0);
	assert_int_equal(waiting(f), 0);
}

static void
tell_beat(struct fixture *f, const char *outcome, const char *detail)
{
	char text[256];

	snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"method\":"
	    "\"notify.heartbeat\",\"params\":{\"channel\":\"station\","
	    "\"outcome\":\"%s\",\"detail\":\"%s\"}}", outcome, detail);
	say(f, text);
}

static void
a_channel_that_the_notifier_does_not_know_is_trouble_at_once(void **state)
{
	struct fixture *f = *state;

	join(f);
	say(f, "{\"jsonrpc\":\"2.0\",\"method\":\"notify.hello\",\"params\":"
	    "{\"version\":\"1\",\"channels\":[\"station\"]}}");
	assert_true(f->trouble[1] && !f->trouble[0]);
	assert_string_equal(f->why, "vitals-notify.yaml has no such channel");
	/* The notifier is restarted with what it lacked. */
	leave(f);
	turn(f);
	assert_true(f->trouble[1]);
	join_and_greet(f);
	assert_false(f->trouble[1]);
	/* A reload names another one, and the notifier stays. */
	strcpy(f->config.channel[1].name, "nowhere");
	outbox_reload(f->outbox, &f->config);
	let_timer_run(f);
	assert_true(f->trouble[1] && !f->trouble[0]);
}

static void
two_failed_heartbeats_are_trouble_until_one_goes_through(void **state)
{
	struct fixture *f = *state;

	join_and_greet(f);
	tell_beat(f, "retry", "connection refused");
	tell_beat(f, "delivered", "HTTP 200");
	tell_beat(f, "retry", "connection refused");
	assert_int_equal(f->troubles, 0);
	tell_beat(f, "refused", "HTTP 401");
	assert_true(f->trouble[0] && !f->trouble[1]);
	assert_string_equal(f->why, "HTTP 401");
	/* Neither the notifier's restart nor a reload mends it. */
	leave(f);
	turn(f);
	join_and_greet(f);
	outbox_reload(f->outbox, &f->config);
	let_timer_run(f);
	assert_true(f->trouble[0]);
	tell_beat(f, "delivered", "HTTP 200");
	assert_false(f->trouble[0]);
	/* It is no delivery of a notice. */
	assert_int_equal(f->records, 0);
	say(f, "{\"jsonrpc\":\"2.0\",\"method\":\"notify.heartbeat\"}");
	say(f, "{\"jsonrpc\":\"2.0\",\"method\":\"notify.heartbeat\","
	    "\"params\":{\"channel\":\"x\",\"outcome\":\"retry\"}}");
	assert_false(f->trouble[0]);
}

static void
a_delivered_notice_shows_as_well_that_the_channel_works(void **state)
{
	struct fixture *f = *state;

	join_and_greet(f);
	tell_beat(f, "retry", "");
	tell_beat(f, "retry", "");
	assert_true(f->trouble[0]);
	raise_alarm(f, PRIORITY_LOW);
	answer(f, "0000000000000abc-3", "delivered", "HTTP 200");
	assert_false(f->trouble[0]);
}

/* The notifier's thread is stuck: it says nothing at all. */
static void
a_heartbeat_of_which_nothing_is_heard_is_trouble(void **state)
{
	struct fixture *f = *state;

	join_and_greet(f);
	/* A notifier that never says how heartbeats go is none that is stuck. */
	f->now.t_ms += 100000;
	let_timer_run(f);
	assert_int_equal(f->troubles, 0);
	tell_beat(f, "delivered", "HTTP 200");
	f->now.t_ms += 10000;
	let_timer_run(f);	/* one is sent */
	f->now.t_ms += 19999;
	let_timer_run(f);
	assert_false(f->trouble[0]);
	f->now.t_ms += 1;
	let_timer_run(f);
	assert_true(f->trouble[0]);
	assert_string_equal(f->why, "no heartbeat was confirmed in time");
	tell_beat(f, "delivered", "HTTP 200");
	assert_false(f->trouble[0]);
}

static void
a_newer_connection_replaces_the_older(void **state)
{
	struct fixture *f = *state;
	int old;
	char c;

	join_and_greet(f);
	raise_alarm(f, PRIORITY_LOW);
	lines_free(&f->lines);
	old = f->fd;
	join_and_greet(f);
	while (recv(old, &c, 1, MSG_DONTWAIT) == 1)
		;
	assert_int_equal(recv(old, &c, 1, MSG_DONTWAIT), 0);
	close(old);
	assert_string_equal(hear_notice(f), "station low 0000000000000abc-3");
}

static void
a_connection_that_says_nothing_replaces_nobody(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	join_and_greet(f);
	/* Another vitalsd looks whether somebody listens here. */
	strcpy(a.sun_path, f->path);
	assert_int_equal(connect(fd, (void *)&a, sizeof a), 0);
	close(fd);
	turn(f);
	raise_alarm(f, PRIORITY_LOW);
	assert_string_equal(hear_notice(f), "station low 0000000000000abc-3");
}

static void
a_notifier_that_does_not_read_is_dropped(void **state)
{
	struct fixture *f = *state;
	struct outbox_status s;

	join_and_greet(f);
	for (int i = 0; i < 20000; i++) {
		raise_alarm(f, PRIORITY_LOW);
		outbox_status(f->outbox, &s);
		if (!s.connected)
			break;
	}
	assert_false(s.connected);
	/* Nothing is lost by it. */
	assert_int_equal(s.waiting, f->notices);
}

static void
a_line_longer_than_64_kib_ends_the_connection(void **state)
{
	struct fixture *f = *state;
	static char line[70000];
	struct outbox_status s;

	join_and_greet(f);
	memset(line, 'x', sizeof line);
	(void)!send(f->fd, line, sizeof line, MSG_DONTWAIT | MSG_NOSIGNAL);
	turn(f);
	outbox_status(f->outbox, &s);
	assert_false(s.connected);
}

static void
another_user_is_given_nothing(void **state)
{
	struct fixture *f = *state;
	struct outbox_status s;
	int status = 0;
	pid_t pid;

	if (geteuid() != 0)
		skip();
	assert_int_equal(chmod(f->dir, 0755), 0);
	assert_int_equal(chmod(f->path, 0666), 0);
	pid = fork();
	if (pid == 0) {
		struct sockaddr_un a = { .sun_family = AF_UNIX };
		int fd = socket(AF_UNIX, SOCK_STREAM, 0);
		char c;

		strcpy(a.sun_path, f->path);
		if (setgid(65534) != 0 || setuid(65534) != 0 ||
		    connect(fd, (void *)&a, sizeof a) != 0)
			_exit(2);
		_exit(read(fd, &c, 1) == 0 ? 0 : 1);
	}
	for (int i = 0; i < PATIENCE_MS / 10 &&
	    waitpid(pid, &status, WNOHANG) == 0; i++) {
		poll(NULL, 0, 10);
		turn(f);
	}
	assert_int_equal(status, 0);
	outbox_status(f->outbox, &s);
	assert_false(s.connected);
}

static void
the_socket_is_open_to_its_group_only(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
}

/* They would be offered at every start and connection for years. */
static void
what_was_for_a_channel_that_is_no_more_does_not_wait(void **state)
{
	struct fixture *f = *state;
	struct notice old[2] = {
		{ .key = { 0x99, 7 }, .channel = "fax", .length = strlen(OLD_BODY),
		    .priority = PRIORITY_HIGH, .body = OLD_BODY },
		{ .key = { 0x99, 8 }, .channel = "station",
		    .length = strlen(OLD_BODY),
		    .priority = PRIORITY_LOW, .body = OLD_BODY },
	};

	outbox_restore(f->outbox, old, 2);
	assert_int_equal(waiting(f), 1);
	join_and_greet(f);
	assert_string_equal(hear_notice(f), "station low 0000000000000099-8");
}

static void
notices_of_the_time_before_are_offered_first(void **state)
{
	struct fixture *f = *state;
	struct notice old = { .key = { 0x99, 7 }, .channel = "station",
		.priority = PRIORITY_HIGH, .length = strlen(OLD_BODY),
		.body = OLD_BODY };

	outbox_restore(f->outbox, &old, 1);
	raise_alarm(f, PRIORITY_LOW);
	join_and_greet(f);
	assert_string_equal(hear_notice(f),
	    "station high 0000000000000099-7");
	assert_string_equal(hear_notice(f), "station low 0000000000000abc-1");
	answer(f, "0000000000000099-7", "delivered", "HTTP 200");
	assert_int_equal(waiting(f), 1);
}

static void
when_it_is_full_the_oldest_of_the_least_urgent_gives_way(void **state)
{
	struct fixture *f = *state;

	raise_alarm(f, PRIORITY_LOW);
	raise_alarm(f, PRIORITY_LOW);
	while (waiting(f) < OUTBOX_MAX)
		raise_alarm(f, PRIORITY_MEDIUM);
	raise_alarm(f, PRIORITY_MEDIUM);
	assert_int_equal(waiting(f), OUTBOX_MAX);
	assert_int_equal(f->outcomes[OUTCOME_RETRY], 1);
	join_and_greet(f);
	answer(f, "0000000000000abc-1", "delivered", "HTTP 200");
	assert_int_equal(waiting(f), OUTBOX_MAX);	/* the first had gone */
	answer(f, "0000000000000abc-2", "delivered", "HTTP 200");
	assert_int_equal(waiting(f), OUTBOX_MAX - 1);
	raise_alarm(f, PRIORITY_MEDIUM);
	/* Now all are more urgent than this one: it gives way itself, and is
	 * in the log all the same. */
	raise_alarm(f, PRIORITY_LOW);
	assert_int_equal(waiting(f), OUTBOX_MAX);
	assert_int_equal(f->outcomes[OUTCOME_RETRY], 2);
	assert_int_equal(f->notices, OUTBOX_MAX + 3);
	answer(f, "0000000000000abc-3", "delivered", "HTTP 200");
	assert_int_equal(waiting(f), OUTBOX_MAX - 1);
}

static void
after_a_long_outage_one_connection_is_offered_all_the_urgent_first(
    void **state)
{
	struct fixture *f = *state;
	struct outbox_status s;
	size_t n = 0;

	for (int i = 0; i < 3000; i++)
		raise_alarm(f, PRIORITY_MEDIUM);
	raise_alarm(f, PRIORITY_HIGH);
	join_and_greet(f);
	assert_string_equal(hear_notice(f),
	    "station high 0000000000000abc-3001");
	assert_string_equal(hear_notice(f),
	    "pager high 0000000000000abc-3002");
	while (hear_notice(f)[0] != '\0') {
		n++;
		turn(f);
	}
	assert_int_equal(n, 3000);
	outbox_status(f->outbox, &s);
	assert_true(s.connected);
}

static void
a_reload_takes_other_thresholds(void **state)
{
	struct fixture *f = *state;

	join_and_greet(f);
	f->config.channel[0].at_least = PRIORITY_MEDIUM;
	f->config.limits.undelivered_ms = 2000;
	outbox_reload(f->outbox, &f->config);
	raise_alarm(f, PRIORITY_LOW);
	assert_string_equal(hear_notice(f), "");
	raise_alarm(f, PRIORITY_MEDIUM);
	f->now.t_ms += 2000;
	let_timer_run(f);
	assert_true(f->trouble[0]);
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(a_notice_leaves_in_the_turn_of_its_alarm),
		T(each_channel_gets_what_is_urgent_enough),
		T(who_was_called_to_a_high_alarm_is_told_its_end),
		T(a_change_during_a_pause_makes_no_notice),
		T(a_notice_is_offered_again_under_its_key_until_delivered),
		T(after_an_answer_that_cannot_be_read_all_is_offered_anew),
		T(each_attempt_is_recorded),
		T(without_a_notifier_that_is_recorded_and_the_notice_waits),
		T(no_notifier_for_ten_seconds_is_trouble_until_one_is_back),
		T(a_notice_without_a_result_is_trouble_on_its_channel),
		T(trouble_says_how_the_last_attempt_failed),
		T(a_detail_that_is_cut_is_cut_between_characters),
		T(a_heartbeat_goes_to_each_channel_every_ten_seconds),
		T(a_channel_that_the_notifier_does_not_know_is_trouble_at_once),
		T(two_failed_heartbeats_are_trouble_until_one_goes_through),
		T(a_delivered_notice_shows_as_well_that_the_channel_works),
		T(a_heartbeat_of_which_nothing_is_heard_is_trouble),
		T(a_newer_connection_replaces_the_older),
		T(a_connection_that_says_nothing_replaces_nobody),
		T(a_notifier_that_does_not_read_is_dropped),
		T(a_line_longer_than_64_kib_ends_the_connection),
		T(another_user_is_given_nothing),
		T(the_socket_is_open_to_its_group_only),
		T(what_was_for_a_channel_that_is_no_more_does_not_wait),
		T(notices_of_the_time_before_are_offered_first),
		T(when_it_is_full_the_oldest_of_the_least_urgent_gives_way),
		T(after_a_long_outage_one_connection_is_offered_all_the_urgent_first),
		T(a_reload_takes_other_thresholds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
