/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See ward.h.
 *
 * Easy to get wrong: a child that outlives a failed test would hold its pty and
 * port, so children are told to die with their parent.
 */
#include "tests/system/ward.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

const char ward_scenario[] =
    "seed: 7\n"
    "beds:\n"
    "  CHAIR1:\n"
    "    baseline: {hr: 70, nibp_sys: 122, nibp_dia: 76, spo2: 97, rr: 14}\n"
    "    monitors:\n"
    "      ox: {driver: nonin-2}\n";

int64_t
ward_now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void
ward_nap(int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

const char *
ward_path(const struct ward *w, const char *name)
{
	static char buffer[16][256];
	static unsigned n;
	char *b = buffer[n++ % 16];

	snprintf(b, 256, "%s/%s", w->dir, name);
	return b;
}

void
ward_fail(const struct ward *w, const char *format, ...)
{
	static const char *const logs[] = { "vitalsd.out", "notify.out",
		"sim.out", "receiver.out" };
	va_list ap;
	char line[512];

	va_start(ap, format);
	vfprintf(stderr, format, ap);
	va_end(ap);
	fputc('\n', stderr);
	for (size_t i = 0; i < sizeof logs / sizeof logs[0]; i++) {
		FILE *f = fopen(ward_path(w, logs[i]), "r");

		if (f == NULL)
			continue;
		fprintf(stderr, "--- %s\n", logs[i]);
		if (fseek(f, -4000, SEEK_END) < 0)
			rewind(f);
		while (fgets(line, sizeof line, f) != NULL)
			fputs(line, stderr);
		fclose(f);
	}
	fail();
}

void
ward_write(const struct ward *w, const char *name, const char *text)
{
	FILE *f = fopen(ward_path(w, name), "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

void
ward_open(struct ward *w)
{
	const char *build = getenv("VITALS_BUILD");

	memset(w, 0, sizeof *w);
	w->control = -1;
	w->keep = getenv("VITALS_KEEP") != NULL;
	snprintf(w->build, sizeof w->build, "%s",
	    build != NULL ? build : "build");
	strcpy(w->dir, "/tmp/vitals-ward-XXXXXX");
	assert_non_null(mkdtemp(w->dir));
	ward_write(w, "secret", "a-secret-for-tests\n");
	assert_int_equal(mkdir(ward_path(w, "credentials"), 0700), 0);
	ward_write(w, "credentials/webhook", "a-secret-for-tests\n");
}

static void
forget_socket(struct ward *w)
{
	if (w->control >= 0)
		close(w->control);
	w->control = -1;
	free(w->pending);
	w->pending = NULL;
	w->pending_n = 0;
}

void
ward_kill(pid_t *pid, int sig)
{
	int status;

	if (*pid <= 0)
		return;
	kill(*pid, sig);
	while (waitpid(*pid, &status, 0) < 0 && errno == EINTR)
		;
	*pid = 0;
}

static void
remove_tree(const char *path)
{
	DIR *d = opendir(path);
	const struct dirent *e;
	char below[512];

	while (d != NULL && (e = readdir(d)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		snprintf(below, sizeof below, "%s/%s", path, e->d_name);
		if (unlink(below) < 0)
			remove_tree(below);
	}
	if (d != NULL)
		closedir(d);
	(void)rmdir(path);
}

void
ward_close(struct ward *w)
{
	ward_kill(&w->vitalsd, SIGTERM);
	ward_kill(&w->notify, SIGTERM);
	ward_kill(&w->tap, SIGKILL);
	ward_kill(&w->systemd, SIGKILL);
	ward_kill(&w->sim, SIGTERM);
	ward_kill(&w->receiver, SIGTERM);
	forget_socket(w);
	if (!w->keep)
		remove_tree(w->dir);
}

int
ward_setup(void **state)
{
	struct ward *w = calloc(1, sizeof *w);

	if (w == NULL)
		return -1;
	ward_open(w);
	*state = w;
	return 0;
}

int
ward_teardown(void **state)
{
	ward_close(*state);
	free(*state);
	return 0;
}

void
ward_stop(struct ward *w, pid_t *pid, int64_t within_ms)
{
	int64_t until = ward_now_ms() + within_ms;
	int status;

	assert_int_equal(kill(*pid, SIGTERM), 0);
	while (waitpid(*pid, &status, WNOHANG) != *pid) {
		if (ward_now_ms() > until)
			ward_fail(w, "it does not end within %lld ms",
			    (long long)within_ms);
		ward_nap(5);
	}
	*pid = 0;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		ward_fail(w, "it ended with %#x", (unsigned)status);
}

void
ward_env(struct ward *w, const char *format, ...)
{
	va_list ap;
	int n;

	assert_true(w->set_n < WARD_SET);
	va_start(ap, format);
	n = vsnprintf(w->set[w->set_n], sizeof w->set[0], format, ap);
	va_end(ap);
	assert_in_range(n, 1, (int)sizeof w->set[0] - 1);
	w->set_n++;
}

void
ward_be_systemd(struct ward *w, int watchdog_ms)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	FILE *f;

	snprintf(a.sun_path, sizeof a.sun_path, "%s/systemd.sock", w->dir);
	assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof a), 0);
	ward_env(w, "NOTIFY_SOCKET=%s", a.sun_path);
	ward_env(w, "WATCHDOG_USEC=%d", watchdog_ms * 1000);
	f = fopen(ward_path(w, "systemd"), "w");
	assert_non_null(f);
	w->systemd = fork();
	assert_true(w->systemd >= 0);
	if (w->systemd == 0) {
		char text[512];
		ssize_t n;

		prctl(PR_SET_PDEATHSIG, SIGKILL);
		while ((n = recv(fd, text, sizeof text - 1, 0)) >= 0) {
			text[n] = '\0';
			text[strcspn(text, "\n")] = '\0';
			fprintf(f, "%lld %s\n", (long long)ward_now_ms(), text);
			fflush(f);
		}
		_exit(0);
	}
	fclose(f);
	close(fd);
}

void
ward_preload_faults(struct ward *w)
{
	char shim[PATH_MAX];

	snprintf(shim, sizeof shim, "%s/faultshim.so", w->build);
	assert_int_equal(access(shim, R_OK), 0);
	assert_int_equal(mkdir(ward_path(w, "faults"), 0700), 0);
	ward_env(w, "FAULTS=%s", ward_path(w, "faults"));
	ward_env(w, "FAULTS_BELOW=%s", ward_path(w, "state"));
	ward_env(w, "LD_PRELOAD=%s", shim);
	/* Under the sanitizers, whose library wants to be the first. */
	ward_env(w, "ASAN_OPTIONS=verify_asan_link_order=0:%s",
	    getenv("ASAN_OPTIONS") ?: "");
}

void
ward_mend(const struct ward *w, const char *name)
{
	assert_int_equal(unlink(ward_path(w, name)), 0);
}

/* Starts build/PROGRAM with words, its output in DIR/log. */
static pid_t
start(const struct ward *w, const char *log, const char *const *words)
{
	char program[512];
	pid_t pid;
	int fd;

	snprintf(program, sizeof program, "%s/%s", w->build, words[0]);
	pid = fork();
	assert_true(pid >= 0);
	if (pid > 0)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	fd = open(ward_path(w, log), O_WRONLY | O_CREAT | O_APPEND, 0600);
	if (fd < 0 || dup2(fd, 1) < 0 || dup2(fd, 2) < 0)
		_exit(126);
	if (w->uid != 0 && strcmp(words[0], "vitalsd") == 0 &&
	    (setgroups(0, NULL) != 0 || setgid(w->gid) != 0 ||
	    setuid(w->uid) != 0))
		_exit(125);
	unsetenv("JOURNAL_STREAM");
	unsetenv("NOTIFY_SOCKET");
	if (strcmp(words[0], "vitalsd") == 0)
		for (size_t i = 0; w->env != NULL && w->env[i] != NULL; i++)
			(void)putenv((char *)w->env[i]);
	for (size_t i = 0; strcmp(words[0], "vitalsd") == 0 && i < w->set_n;
	    i++)
		(void)putenv((char *)(uintptr_t)w->set[i]);
	execv(program, (char *const *)words);
	_exit(127);
}

static void
wait_for_file(const struct ward *w, const char *path, int timeout_s)
{
	int64_t until = ward_now_ms() + timeout_s * 1000;
	struct stat st;

	while (lstat(path, &st) < 0) {
		if (ward_now_ms() > until)
			ward_fail(w, "%s did not appear", path);
		ward_nap(10);
	}
}

void
ward_start_sim(struct ward *w, const char *scenario, const char *const *links)
{
	const char *words[] = { "vitals-sim", ward_path(w, "ward.yaml"),
		"--dir", ward_path(w, "tty"), "--control",
		ward_path(w, "sim.fifo"), NULL };

	ward_write(w, "ward.yaml", scenario);
	w->sim = start(w, "sim.out", words);
	for (size_t i = 0; links[i] != NULL; i++) {
		char name[64];

		snprintf(name, sizeof name, "tty/%s", links[i]);
		wait_for_file(w, ward_path(w, name), 10);
	}
	wait_for_file(w, ward_path(w, "sim.fifo"), 10);
}

void
ward_play(struct ward *w, const char *file, const char *driver,
    const char *link)
{
	const char *path = ward_path(w, link);
	const char *words[] = { "vitals-sim", "play", file, "--driver", driver,
		"--link", path, "--speed", "max", NULL };

	w->sim = start(w, "sim.out", words);
	wait_for_file(w, path, 10);
}

void
ward_sim(const struct ward *w, const char *command)
{
	FILE *f = fopen(ward_path(w, "sim.fifo"), "w");

	assert_non_null(f);
	fprintf(f, "%s\n", command);
	assert_int_equal(fclose(f), 0);
}

int
ward_free_port(void)
{
	static unsigned tried;

	for (int i = 0; i < 1000; i++) {
		struct sockaddr_in a = { .sin_family = AF_INET,
			.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
		unsigned n = (unsigned)getpid() * 97 + tried++;
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), r;

		assert_true(fd >= 0);
		a.sin_port = htons((uint16_t)(10240 + n % 20000));
		r = bind(fd, (const struct sockaddr *)&a, sizeof a);
		close(fd);
		if (r == 0)
			return ntohs(a.sin_port);
	}
	fail_msg("no free port");
	return 0;
}

void
ward_start_receiver(struct ward *w, const char *mode)
{
	char port[16];
	const char *words[] = { "vitals-receiver", "--port", port, "--mode",
		mode, "--log", ward_path(w, "received.jsonl"), "--secret-file",
		ward_path(w, "secret"), "--port-file", ward_path(w, "port"),
		NULL };
	int64_t until = ward_now_ms() + 10000;
	FILE *f;

	snprintf(port, sizeof port, "%d", w->receiver_port);
	(void)unlink(ward_path(w, "port"));
	w->receiver = start(w, "receiver.out", words);
	for (;;) {
		f = fopen(ward_path(w, "port"), "r");
		if (f != NULL && fscanf(f, "%d", &w->receiver_port) == 1)
			break;
		if (f != NULL)
			fclose(f);
		if (ward_now_ms() > until)
			ward_fail(w, "the receiver named no port");
		ward_nap(10);
	}
	fclose(f);
}

void
ward_receiver_mode(const struct ward *w, const char *mode)
{
	struct sockaddr_in a = { .sin_family = AF_INET,
		.sin_port = htons((uint16_t)w->receiver_port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char text[256];

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)&a, sizeof a),
	    0);
	snprintf(text, sizeof text, "POST /mode HTTP/1.1\r\nHost: x\r\n"
	    "Content-Length: %zu\r\nConnection: close\r\n\r\n%s",
	    strlen(mode), mode);
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
	    strlen(text));
	assert_true(recv(fd, text, sizeof text - 1, 0) > 12);
	assert_memory_equal(text, "HTTP/1.1 200", 12);
	close(fd);
}

char *
ward_config(const struct ward *w, const char *extra)
{
	char *text = NULL;

	assert_true(asprintf(&text,
	    "beds:\n"
	    "  - id: CHAIR1\n"
	    "    label: \"Chair 1\"\n"
	    "    monitors:\n"
	    "      - name: ox\n"
	    "        driver: nonin-2\n"
	    "        transport: pty\n"
	    "        port: %s/tty/ox\n"
	    "notify:\n"
	    "  channels:\n"
	    "    - name: station\n"
	    "      at-least: low\n"
	    "%s", w->dir, extra) > 0);
	return text;
}

static int
connect_control(const struct ward *w)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	snprintf(a.sun_path, sizeof a.sun_path, "%s/run/control.sock", w->dir);
	if (connect(fd, (const struct sockaddr *)&a, sizeof a) == 0)
		return fd;
	close(fd);
	return -1;
}

void
ward_restart_vitalsd(struct ward *w)
{
	const char *words[] = { "vitalsd", "--config",
		ward_path(w, "vitalsd.yaml"), "--state", ward_path(w, "state"),
		"--run", ward_path(w, "run"), NULL };
	int64_t until = ward_now_ms() + 15000;

	forget_socket(w);
	w->vitalsd = start(w, "vitalsd.out", words);
	while ((w->control = connect_control(w)) < 0) {
		int status;

		if (waitpid(w->vitalsd, &status, WNOHANG) == w->vitalsd) {
			w->vitalsd = 0;
			ward_fail(w, "vitalsd ended with %d", status);
		}
		if (ward_now_ms() > until)
			ward_fail(w, "vitalsd does not answer");
		ward_nap(10);
	}
	json_decref(ward_ask(w, "hello", NULL));
}

void
ward_start_vitalsd(struct ward *w, const char *config)
{
	ward_write(w, "vitalsd.yaml", config);
	ward_restart_vitalsd(w);
}

void
ward_start_notify_with(struct ward *w, const char *config)
{
	const char *words[] = { "vitals-notify", "--config",
		ward_path(w, "notify.yaml"), "--run",
		ward_path(w, w->tap > 0 ? "tap" : "run"),
		"--credentials", ward_path(w, "credentials"), NULL };

	ward_write(w, "notify.yaml", config);
	w->notify = start(w, "notify.out", words);
}

void
ward_start_notify(struct ward *w)
{
	char text[512];

	snprintf(text, sizeof text,
	    "channels:\n"
	    "  - name: station\n"
	    "    kind: webhook\n"
	    "    url: http://127.0.0.1:%d/notice\n"
	    "    secret: webhook\n"
	    "    expect: {header: \"X-Receiver: station\"}\n",
	    w->receiver_port);
	ward_start_notify_with(w, text);
}

/* The next line that vitalsd sends, malloc'ed; the test fails after 10 s. */
static char *
read_line(struct ward *w)
{
	int64_t until = ward_now_ms() + 10000;

	for (;;) {
		char *end = w->pending_n > 0 ?
		    memchr(w->pending, '\n', w->pending_n) : NULL;
		struct pollfd p = { w->control, POLLIN, 0 };
		ssize_t n;

		if (end != NULL) {
			size_t length = (size_t)(end - w->pending);
			char *line = strndup(w->pending, length);

			w->pending_n -= length + 1;
			memmove(w->pending, end + 1, w->pending_n);
			return line;
		}
		if (ward_now_ms() > until || poll(&p, 1, 10000) <= 0)
			ward_fail(w, "vitalsd does not answer a request");
		w->pending = realloc(w->pending, w->pending_n + 65536);
		assert_non_null(w->pending);
		n = read(w->control, w->pending + w->pending_n, 65536);
		if (n <= 0)
			ward_fail(w, "vitalsd closed the socket");
		w->pending_n += (size_t)n;
	}
}

static void
keep_message(const struct ward *w, const char *line)
{
	FILE *f = fopen(ward_path(w, "messages"), "a");

	assert_non_null(f);
	fprintf(f, "%s\n", line);
	fclose(f);
}

json_t *
ward_rpc(struct ward *w, const char *method, json_t *params)
{
	json_t *m = json_pack("{s:s, s:i, s:s}", "jsonrpc", "2.0", "id",
	    (int)++w->next_id, "method", method);
	char *text;

	if (params != NULL)
		json_object_set_new(m, "params", params);
	text = json_dumps(m, JSON_COMPACT);
	json_decref(m);
	assert_non_null(text);
	keep_message(w, text);
	assert_true(send(w->control, text, strlen(text), MSG_NOSIGNAL) > 0);
	assert_true(send(w->control, "\n", 1, MSG_NOSIGNAL) == 1);
	free(text);
	for (;;) {
		char *line = read_line(w);
		json_t *answer = json_loads(line, 0, NULL);

		keep_message(w, line);
		free(line);
		assert_non_null(answer);
		if (json_integer_value(json_object_get(answer, "id")) ==
		    w->next_id)
			return answer;
		json_decref(answer);	/* a notification */
	}
}

json_t *
ward_ask(struct ward *w, const char *method, json_t *params)
{
	json_t *answer = ward_rpc(w, method, params);
	json_t *result = json_object_get(answer, "result");

	if (result == NULL) {
		char *text = json_dumps(answer, 0);

		ward_fail(w, "%s: %s", method, text);
	}
	json_incref(result);
	json_decref(answer);
	return result;
}

char *
ward_refused(struct ward *w, const char *method, json_t *params)
{
	json_t *answer = ward_rpc(w, method, params);
	json_t *error = json_object_get(answer, "error");
	const char *message = json_string_value(json_object_get(error,
	    "message"));
	char *copy;

	if (message == NULL)
		ward_fail(w, "%s was not refused", method);
	copy = strdup(message);
	json_decref(answer);
	return copy;
}

int
ward_run(const struct ward *w, char **out, const char *const *words)
{
	size_t got = 0, cap = 65536;
	char program[512], *text = malloc(cap);
	int p[2], status;
	ssize_t r;
	pid_t pid;

	assert_non_null(text);
	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	snprintf(program, sizeof program, "%s/%s", w->build, words[0]);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (dup2(p[1], 1) < 0 || dup2(p[1], 2) < 0)
			_exit(126);
		if (freopen("/dev/null", "r", stdin) == NULL)
			_exit(126);
		execv(program, (char *const *)words);
		_exit(127);
	}
	close(p[1]);
	while ((r = read(p[0], text + got, cap - got - 1)) > 0) {
		got += (size_t)r;
		if (got + 4096 > cap) {
			cap *= 2;
			text = realloc(text, cap);
			assert_non_null(text);
		}
	}
	close(p[0]);
	text[got] = '\0';
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (out != NULL)
		*out = text;
	else
		free(text);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}

int
ward_ctl(const struct ward *w, char **out, const char *const *words)
{
	const char *argv[40] = { "vitalsctl", "--run", ward_path(w, "run"),
		"--state", ward_path(w, "state"), "--config",
		ward_path(w, "vitalsd.yaml") };
	size_t n = 7;

	for (size_t i = 0; words[i] != NULL && n < 39; i++)
		argv[n++] = words[i];
	return ward_run(w, out, argv);
}

/* Passes on what one side says, and keeps it. */
static bool
pass_on(int from, int to, FILE *keep)
{
	char buffer[65536];
	ssize_t n = read(from, buffer, sizeof buffer);

	if (n <= 0)
		return false;
	fwrite(buffer, 1, (size_t)n, keep);
	fflush(keep);
	return send(to, buffer, (size_t)n, MSG_NOSIGNAL) == n;
}

/* What two sides say is kept in two files, so that no line is torn. */
static void
tap(int listener, const char *daemon, FILE *up, FILE *down)
{
	for (;;) {
		struct sockaddr_un a = { .sun_family = AF_UNIX };
		int left = accept(listener, NULL, NULL);
		int right = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
		bool open = true;

		snprintf(a.sun_path, sizeof a.sun_path, "%s", daemon);
		if (left < 0 || right < 0 || connect(right,
		    (const struct sockaddr *)&a, sizeof a) < 0)
			open = false;
		while (open) {
			struct pollfd p[2] = { { left, POLLIN, 0 },
				{ right, POLLIN, 0 } };

			if (poll(p, 2, -1) < 0)
				break;
			if (p[0].revents != 0)
				open = pass_on(left, right, up);
			if (open && p[1].revents != 0)
				open = pass_on(right, left, down);
		}
		close(left);
		close(right);
	}
}

void
ward_start_tap(struct ward *w)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	char daemon[108];
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	FILE *up, *down;

	assert_int_equal(mkdir(ward_path(w, "tap"), 0700), 0);
	snprintf(a.sun_path, sizeof a.sun_path, "%s/tap/notify.sock", w->dir);
	snprintf(daemon, sizeof daemon, "%s/run/notify.sock", w->dir);
	assert_int_equal(bind(fd, (const struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(fd, 4), 0);
	up = fopen(ward_path(w, "from-notify"), "w");
	down = fopen(ward_path(w, "from-vitalsd"), "w");
	assert_true(up != NULL && down != NULL);
	w->tap = fork();
	assert_true(w->tap >= 0);
	if (w->tap == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		tap(fd, daemon, up, down);
		_exit(0);
	}
	fclose(up);
	fclose(down);
	close(fd);
}

void
ward_check_schema(const struct ward *w, const char *schema, const char *name)
{
	char command[512], *text;
	FILE *f;
	size_t n;

	snprintf(command, sizeof command,
	    "tests/schema-check schemas/%s < %s 2>&1", schema,
	    ward_path(w, name));
	f = popen(command, "r");
	text = calloc(1, 4096);
	assert_true(f != NULL && text != NULL);
	n = fread(text, 1, 4095, f);
	text[n] = '\0';
	if (pclose(f) != 0)
		ward_fail(w, "%s is not what schemas/%s says: %s", name,
		    schema, text);
	free(text);
}

static int
rank(const char *priority)
{
	static const char *const words[] = { "none", "low", "medium", "high" };

	for (int i = 0; i < 4; i++)
		if (strcmp(priority, words[i]) == 0)
			return i;
	return 0;
}

json_t *
ward_wait_alarm(struct ward *w, const char *condition, const char *state,
    const char *priority, int timeout_s)
{
	int64_t until = ward_now_ms() + timeout_s * 1000;

	for (;;) {
		json_t *r = ward_ask(w, "alarm.list", NULL);
		json_t *a, *found = NULL;
		size_t i;

		json_array_foreach(json_object_get(r, "alarms"), i, a)
			if (strncmp(json_string_value(json_object_get(a,
			    "condition")), condition, strlen(condition)) == 0)
				found = a;
		if (state[0] == '\0' && found == NULL) {
			json_decref(r);
			return NULL;
		}
		if (found != NULL && strcmp(json_string_value(json_object_get(
		    found, "state")), state) == 0 &&
		    rank(json_string_value(json_object_get(found,
		    "priority"))) >= rank(priority)) {
			json_incref(found);
			json_decref(r);
			return found;
		}
		if (ward_now_ms() > until) {
			char *text = json_dumps(r, JSON_INDENT(1));

			ward_fail(w, "alarm %s did not become %s %s; open: %s",
			    condition, priority, state[0] ? state : "gone",
			    text);
		}
		json_decref(r);
		ward_nap(50);
	}
}

json_t *
ward_bed(struct ward *w)
{
	json_t *state = ward_ask(w, "status", NULL);
	json_t *bed = json_array_get(json_object_get(state, "beds"), 0);

	assert_non_null(bed);
	json_incref(bed);
	json_decref(state);
	return bed;
}

/* The first column of the first row, malloc'ed; or NULL and why. */
static char *
look_up(const struct ward *w, const char *query, char why[256])
{
	sqlite3 *db = NULL;
	sqlite3_stmt *q = NULL;
	char *text = NULL;
	int rc = sqlite3_open_v2(ward_path(w, "state/log.db"), &db,
	    SQLITE_OPEN_READONLY, NULL);

	why[0] = '\0';
	if (rc == SQLITE_OK) {
		sqlite3_busy_timeout(db, 2000);
		rc = sqlite3_prepare_v2(db, query, -1, &q, NULL);
	}
	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	if (rc == SQLITE_ROW && sqlite3_column_text(q, 0) != NULL)
		text = strdup((const char *)sqlite3_column_text(q, 0));
	else
		snprintf(why, 256, "%s", rc == SQLITE_ROW || rc == SQLITE_DONE ?
		    "nothing" : sqlite3_errmsg(db));
	sqlite3_finalize(q);
	sqlite3_close(db);
	return text;
}

char *
ward_sql_text(const struct ward *w, const char *query)
{
	char why[256];

	return look_up(w, query, why);
}

int64_t
ward_sql(const struct ward *w, const char *query)
{
	char *text = ward_sql_text(w, query);
	int64_t value = text != NULL ? strtoll(text, NULL, 10) : -1;

	free(text);
	return value;
}

void
ward_wait_sql(const struct ward *w, const char *query, int64_t at_least,
    int timeout_s)
{
	int64_t until = ward_now_ms() + timeout_s * 1000;

	for (;;) {
		char why[256], *text = look_up(w, query, why);
		bool enough = text != NULL &&
		    strtoll(text, NULL, 10) >= at_least;

		if (!enough && ward_now_ms() > until)
			ward_fail(w, "%s gives %s, not %lld", query,
			    text != NULL ? text : why, (long long)at_least);
		free(text);
		if (enough)
			return;
		ward_nap(50);
	}
}

size_t
ward_lines(const struct ward *w, const char *name, const char *text)
{
	FILE *f = fopen(ward_path(w, name), "r");
	char *line = NULL;
	size_t cap = 0, n = 0;

	if (f == NULL)
		return 0;
	while (getline(&line, &cap, f) > 0)
		n += strstr(line, text) != NULL;
	free(line);
	fclose(f);
	return n;
}

void
ward_wait_lines(const struct ward *w, const char *name, const char *text,
    size_t at_least, int timeout_s)
{
	int64_t until = ward_now_ms() + timeout_s * 1000;

	while (ward_lines(w, name, text) < at_least) {
		if (ward_now_ms() > until)
			ward_fail(w, "%s has %zu lines with \"%s\", not %zu",
			    name, ward_lines(w, name, text), text, at_least);
		ward_nap(20);
	}
}

size_t
ward_received(const struct ward *w, const char *text)
{
	return ward_lines(w, "received.jsonl", text);
}

void
ward_wait_received(const struct ward *w, const char *text, size_t at_least,
    int timeout_s)
{
	int64_t until = ward_now_ms() + timeout_s * 1000;

	while (ward_received(w, text) < at_least) {
		if (ward_now_ms() > until)
			ward_fail(w, "the receiver got %zu notices with %s, "
			    "not %zu", ward_received(w, text), text, at_least);
		ward_nap(50);
	}
}
