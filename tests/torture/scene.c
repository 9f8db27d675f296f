/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See scene.h.
 *
 * Easy to get wrong: everything that is waited for is waited for in pump(),
 * which meanwhile plays monitor and notifier, and sees vitalsd end.
 */
#include "tests/torture/scene.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "daemon/notice_line.h"

#define PATIENCE_MS 8000	/* for each thing that must happen */
#define FEED_MS 40

struct line_reader {
	int fd;
	size_t n;
	char text[1 << 17];
};

struct scene {
	char dir[64];
	const char *build;
	char preload[300], fault[64], report[300];
	pid_t vitalsd;
	int status;		/* once it has ended */
	int monitor;		/* the pty's other side */
	unsigned spo2;
	int64_t fed_ms;
	struct line_reader control, notify;
	long asked;
	json_t *answer;		/* to the last request */
	bool told;		/* the alarm's notice came */
	char *why;
};

static int64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static enum scene_end __attribute__((format(printf, 2, 3)))
bad(struct scene *s, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(s->why, 512, format, ap);
	va_end(ap);
	return SCENE_BAD;
}

/* --- the monitor: Nonin's format 2, 25 frames of 5 bytes ----------------- */

static void
feed(struct scene *s)
{
	uint8_t packet[125];

	if (now_ms() - s->fed_ms < FEED_MS)
		return;
	s->fed_ms = now_ms();
	for (int i = 0; i < 25; i++) {
		uint8_t *f = packet + 5 * i;

		f[0] = 0x01;
		f[1] = (uint8_t)(0x82 | (i == 0));
		f[2] = (uint8_t)(40 + i);
		f[3] = i == 1 ? 70 : i == 2 ? (uint8_t)s->spo2 : 0;
		f[4] = (uint8_t)(f[0] + f[1] + f[2] + f[3]);
	}
	/* What nobody reads is lost, as on a line. */
	(void)!write(s->monitor, packet, sizeof packet);
}

/* --- sockets -------------------------------------------------------------- */

static bool
connect_to(const struct scene *s, struct line_reader *r, const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	if (r->fd >= 0)
		return true;
	snprintf(a.sun_path, sizeof a.sun_path, "%s/run/%s", s->dir, name);
	r->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	r->n = 0;
	if (r->fd >= 0 && connect(r->fd, (const struct sockaddr *)&a,
	    sizeof a) == 0)
		return true;
	close(r->fd);
	r->fd = -1;
	return false;
}

static void
hang_up(struct line_reader *r)
{
	if (r->fd >= 0)
		close(r->fd);
	r->fd = -1;
}

static void
say(struct line_reader *r, const char *text)
{
	if (send(r->fd, text, strlen(text), MSG_NOSIGNAL) < 0)
		hang_up(r);
}

static void
take_control(struct scene *s, const char *line)
{
	json_t *m = json_loads(line, 0, NULL);

	if (json_integer_value(json_object_get(m, "id")) == s->asked) {
		json_decref(s->answer);
		s->answer = m;
	} else {
		json_decref(m);
	}
}

/* A notice's first line, or its second: the body. */
static void
take_notice(struct scene *s, const char *line)
{
	char text[300], key[EVENT_ID_TEXT];
	struct notice n;
	bool heartbeat;

	if (strstr(line, "\"spo2-low\"") != NULL)
		s->told = true;
	if (notice_line_parse(line, &n, &heartbeat) && !heartbeat) {
		event_id_format(key, n.key);
		snprintf(text, sizeof text, "{\"jsonrpc\":\"2.0\",\"method\":"
		    "\"notify.result\",\"params\":{\"key\":\"%s\",\"channel\":"
		    "\"station\",\"attempt\":1,\"outcome\":\"delivered\","
		    "\"detail\":\"\"}}\n", key);
		say(&s->notify, text);
	}
}

static void
take_lines(struct scene *s, struct line_reader *r,
    void (*take)(struct scene *, const char *))
{
	char *end;
	ssize_t n;

	if (r->fd < 0)
		return;
	n = recv(r->fd, r->text + r->n, sizeof r->text - 1 - r->n,
	    MSG_DONTWAIT);
	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		hang_up(r);
		return;
	}
	r->n += (size_t)n;
	r->text[r->n] = '\0';
	while ((end = strchr(r->text, '\n')) != NULL) {
		*end = '\0';
		take(s, r->text);
		r->n -= (size_t)(end + 1 - r->text);
		memmove(r->text, end + 1, r->n + 1);
	}
}

/* Some milliseconds of everybody's life.  False once vitalsd has ended. */
static bool
pump(struct scene *s)
{
	struct pollfd p[2] = { { s->control.fd, POLLIN, 0 },
		{ s->notify.fd, POLLIN, 0 } };

	(void)poll(p, 2, 5);
	feed(s);
	if (s->notify.fd < 0 && connect_to(s, &s->notify, "notify.sock"))
		say(&s->notify, "{\"jsonrpc\":\"2.0\",\"method\":"
		    "\"notify.hello\",\"params\":{\"version\":\"0\","
		    "\"channels\":[\"station\"]}}\n");
	take_lines(s, &s->control, take_control);
	take_lines(s, &s->notify, take_notice);
	if (s->vitalsd > 0 && waitpid(s->vitalsd, &s->status, WNOHANG) ==
	    s->vitalsd)
		s->vitalsd = 0;
	return s->vitalsd > 0;
}

/* Asks until there is an answer that holds 'key' in its result (NULL: any
 * answer); a new reference.  NULL: out of patience, or vitalsd has ended. */
static json_t *
ask(struct scene *s, const char *method, const char *params, const char *key)
{
	int64_t until = now_ms() + PATIENCE_MS, again = 0;
	char text[300];

	json_decref(s->answer);
	s->answer = NULL;
	while (now_ms() < until) {
		if (s->control.fd < 0 || now_ms() >= again) {
			if (connect_to(s, &s->control, "control.sock")) {
				snprintf(text, sizeof text, "{\"jsonrpc\":"
				    "\"2.0\",\"id\":%ld,\"method\":\"%s\","
				    "\"params\":%s}\n", ++s->asked, method,
				    params);
				say(&s->control, text);
			}
			again = now_ms() + 3000;
		}
		if (!pump(s))
			return NULL;
		if (s->answer == NULL)
			continue;
		if (key == NULL || json_object_get(json_object_get(s->answer,
		    "result"), key) != NULL)
			return json_incref(s->answer);
		json_decref(s->answer);
		s->answer = NULL;
		again = now_ms() + 20;
	}
	return NULL;
}

/* --- vitalsd -------------------------------------------------------------- */

static void
start(struct scene *s, bool with_fault)
{
	char program[300], config[160], state[160], run[160], out[160];
	int fd;

	snprintf(program, sizeof program, "%s/vitalsd", s->build);
	snprintf(config, sizeof config, "%s/vitalsd.yaml", s->dir);
	snprintf(state, sizeof state, "%s/state", s->dir);
	snprintf(run, sizeof run, "%s/run", s->dir);
	snprintf(out, sizeof out, "%s/out", s->dir);
	s->vitalsd = fork();
	if (s->vitalsd != 0)
		return;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		_exit(126);
	unsetenv("JOURNAL_STREAM");
	unsetenv("NOTIFY_SOCKET");
	if (with_fault) {
		putenv(s->preload);
		putenv(s->fault);
		putenv(s->report);
	}
	execl(program, "vitalsd", "--config", config, "--state", state,
	    "--run", run, NULL);
	_exit(127);
}

static bool
has_fired(const struct scene *s)
{
	return access(strchr(s->report, '=') + 1, F_OK) == 0;
}

static bool
has_said(const struct scene *s)
{
	char out[160];
	struct stat st;

	snprintf(out, sizeof out, "%s/out", s->dir);
	return stat(out, &st) == 0 && st.st_size > 10;
}

/* It ended before it answered: allowed where memory or descriptors were short,
 * with a word about it, if the next start works. */
static enum scene_end
start_again(struct scene *s)
{
	json_t *m;

	if (!WIFEXITED(s->status) || WEXITSTATUS(s->status) != 1)
		return bad(s, "it ended at its start with status 0x%x",
		    (unsigned)s->status);
	if (!has_said(s))
		return bad(s, "it ended at its start without a word");
	hang_up(&s->control);
	hang_up(&s->notify);
	start(s, false);
	m = ask(s, "hello", "{}", NULL);
	if (m == NULL)
		return bad(s, "the next start fails too");
	json_decref(m);
	return SCENE_REFUSED;
}

/* The bed shows that SpO2, and not an old one. */
static bool
shows(struct scene *s, const char *spo2)
{
	int64_t until = now_ms() + PATIENCE_MS;

	while (now_ms() < until) {
		json_t *m = ask(s, "status", "{}", "beds"), *v;
		const json_t *bed = json_array_get(json_object_get(
		    json_object_get(m, "result"), "beds"), 0);
		bool yes = false;
		size_t i;

		if (m == NULL)
			return false;
		json_array_foreach(json_object_get(bed, "vitals"), i, v)
			yes |= strcmp(json_string_value(json_object_get(v,
			    "vital")) ?: "", "spo2") == 0 &&
			    strcmp(json_string_value(json_object_get(v,
			    "shown")) ?: "", spo2) == 0 && json_integer_value(
			    json_object_get(v, "age_ms")) < 2000;
		json_decref(m);
		if (yes)
			return true;
		if (!pump(s))
			return false;
	}
	return false;
}

/* A session is open.  Whose request failed asks again, as a person does: it may
 * have been opened all the same. */
static bool
opens(struct scene *s)
{
	for (int i = 0; i < 3; i++) {
		json_t *m = ask(s, "session.start", "{}", NULL);
		bool yes;

		json_decref(m);
		m = ask(s, "status", "{}", "beds");
		yes = json_is_string(json_object_get(json_array_get(
		    json_object_get(json_object_get(m, "result"), "beds"), 0),
		    "session"));
		json_decref(m);
		if (m == NULL || yes)
			return yes;
	}
	return false;
}

/* A statement that is durable in the end. */
static bool
states(struct scene *s)
{
	for (int i = 0; i < 50; i++) {
		json_t *m = ask(s, "mark", "{\"text\":\"the end\"}",
		    "durable");
		bool yes = json_is_true(json_object_get(json_object_get(m,
		    "result"), "durable"));

		json_decref(m);
		if (m == NULL || yes)
			return yes;
		for (int k = 0; k < 5; k++)
			(void)pump(s);
	}
	return false;
}

static bool
ends(struct scene *s)
{
	int64_t until = now_ms() + PATIENCE_MS;

	kill(s->vitalsd, SIGTERM);
	while (pump(s))
		if (now_ms() >= until)
			return false;
	return WIFEXITED(s->status) && WEXITSTATUS(s->status) == 0;
}

/* What the log must hold when all is over: 1 for each that it does. */
static enum scene_end
look_at_log(struct scene *s)
{
	static const char *const questions[] = {
		"SELECT count(*) = 0 FROM pragma_integrity_check WHERE "
		    "integrity_check <> 'ok'",
		"SELECT count(*) > 0 FROM statement WHERE kind = 0",
		"SELECT count(*) > 0 FROM statement WHERE text = 'the end'",
		"SELECT count(*) > 0 FROM alarm WHERE condition = 'spo2-low'"
		    " AND phase = 0",
		"SELECT count(*) > 0 FROM notices WHERE body LIKE "
		    "'%\"spo2-low\"%' AND delivered_at IS NOT NULL",
		"SELECT count(*) = 0 FROM event WHERE kind IN (13, 17)",
	};
	char path[160];
	sqlite3 *db = NULL;
	enum scene_end end = SCENE_HELD;

	snprintf(path, sizeof path, "%s/state/log.db", s->dir);
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL) !=
	    SQLITE_OK)
		end = bad(s, "the log cannot be opened");
	for (size_t i = 0; end == SCENE_HELD &&
	    i < sizeof questions / sizeof questions[0]; i++) {
		sqlite3_stmt *st = NULL;

		if (sqlite3_prepare_v2(db, questions[i], -1, &st, NULL) !=
		    SQLITE_OK || sqlite3_step(st) != SQLITE_ROW ||
		    sqlite3_column_int(st, 0) != 1)
			end = bad(s, "not so: %s", questions[i]);
		sqlite3_finalize(st);
	}
	sqlite3_close(db);
	return end;
}

static enum scene_end
play(struct scene *s)
{
	int64_t until;
	json_t *m;

	start(s, true);
	m = ask(s, "hello", "{}", NULL);
	json_decref(m);
	if (m == NULL && s->vitalsd == 0)
		return start_again(s);
	if (m == NULL)
		return bad(s, "it does not answer");
	if (!opens(s))
		return bad(s, "no session can be started");
	if (!shows(s, "97"))
		return bad(s, "it does not read the monitor");
	s->spo2 = 75;
	until = now_ms() + PATIENCE_MS;
	while (!s->told && pump(s))
		if (now_ms() >= until)
			return bad(s, "the alarm was not handed out");
	if (s->vitalsd == 0)
		return bad(s, "it ended with status 0x%x",
		    (unsigned)s->status);
	s->spo2 = 96;
	if (!shows(s, "96"))
		return bad(s, "it does not read on");
	if (!states(s))
		return bad(s, "nothing becomes durable any more");
	if (!ends(s))
		return bad(s, "it does not end in order: 0x%x",
		    (unsigned)s->status);
	return look_at_log(s);
}

/* --- around it ------------------------------------------------------------ */

static bool
write_config(const struct scene *s)
{
	char path[160];
	FILE *f;

	snprintf(path, sizeof path, "%s/vitalsd.yaml", s->dir);
	f = fopen(path, "w");
	if (f == NULL)
		return false;
	fprintf(f, "beds:\n"
	    "  - id: CHAIR1\n"
	    "    monitors:\n"
	    "      - {name: ox, driver: nonin-2, transport: pty, port: %s/ox}\n"
	    "notify:\n"
	    "  channels:\n"
	    "    - {name: station, at-least: low}\n"
	    "limits:\n"
	    "  arm-after: 0s\n"
	    "  clear-after: 0s\n"
	    "  spo2-very-low: {delay: 0s}\n"
	    "log:\n"
	    "  ballast: 1MiB\n", s->dir);
	return fclose(f) == 0;
}

static bool
open_monitor(struct scene *s)
{
	char link[160];
	struct termios t;

	s->monitor = posix_openpt(O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	if (s->monitor < 0 || grantpt(s->monitor) < 0 ||
	    unlockpt(s->monitor) < 0 || tcgetattr(s->monitor, &t) < 0)
		return false;
	cfmakeraw(&t);
	snprintf(link, sizeof link, "%s/ox", s->dir);
	return tcsetattr(s->monitor, TCSANOW, &t) == 0 &&
	    symlink(ptsname(s->monitor), link) == 0;
}

static void
remove_all(const char *dir)
{
	static const char *const names[] = { "state/log.db", "state/log.db-wal",
		"state/log.db-shm", "state/log.db-journal", "state/ballast",
		"run/control.sock", "run/notify.sock", "run/failed-start",
		"ox", "out", "fired", "vitalsd.yaml", "state", "run", "" };
	char path[200];

	for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]);
		(void)remove(path);
	}
}

enum scene_end
scene_play(const char *build, const char *parent, enum fail_kind kind, long n,
    int error, long run, char why[512])
{
	struct scene *s = calloc(1, sizeof *s);
	enum scene_end end;

	if (s == NULL)
		return SCENE_BAD;
	s->why = why;
	s->build = build;
	s->spo2 = 97;
	s->monitor = s->control.fd = s->notify.fd = -1;
	snprintf(s->dir, sizeof s->dir, "%s/%s-%ld", parent,
	    fail_kind_names[kind], n);
	snprintf(s->preload, sizeof s->preload, "LD_PRELOAD=%s/failshim.so",
	    build);
	snprintf(s->fault, sizeof s->fault, "FAILSHIM=%s %ld %d %ld",
	    fail_kind_names[kind], n, error, run);
	snprintf(s->report, sizeof s->report, "FAILSHIM_REPORT=%s/fired",
	    s->dir);
	if (mkdir(s->dir, 0700) < 0 || !write_config(s) || !open_monitor(s))
		end = bad(s, "the scene cannot be set: %s", strerror(errno));
	else
		end = play(s);
	if (s->vitalsd > 0) {
		kill(s->vitalsd, SIGKILL);
		(void)waitpid(s->vitalsd, &s->status, 0);
	}
	if (end == SCENE_HELD && !has_fired(s))
		end = SCENE_UNTOUCHED;
	if (end != SCENE_BAD)
		remove_all(s->dir);
	hang_up(&s->control);
	hang_up(&s->notify);
	close(s->monitor);
	json_decref(s->answer);
	free(s);
	return end;
}
