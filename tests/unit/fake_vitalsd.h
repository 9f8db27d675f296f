/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A vitalsd for the tests of its callers: a thread that listens on a socket in
 * a folder of its own, answers each method as the test says, and keeps what it
 * was asked.
 *
 * Easy to get wrong: the requests are read only after fake_stop(), which waits
 * for the thread.
 */
#ifndef TESTS_FAKE_VITALSD_H
#define TESTS_FAKE_VITALSD_H

#include <sys/socket.h>
#include <sys/un.h>

#include <errno.h>
#include <jansson.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FAKE_REQUESTS 16

/* What one method is answered with: lines sent before, the answer's member
 * ("\"result\":{}" or "\"error\":{...}"), lines sent after.  An answer of NULL
 * is silence, FAKE_HANG_UP closes the connection.
 * The list ends at no method. */
struct fake_answer {
	const char *method;
	const char *answer;
	const char *before, *after;
};
#define FAKE_HANG_UP "!"

struct fake {
	const struct fake_answer *answers;
	char dir[40];
	char path[64];
	int fd;
	pthread_t thread;
	atomic_bool stop;
	json_t *request[FAKE_REQUESTS];
	atomic_size_t requests_n;
};

/* A caller may have left by then. */
static inline void
fake_write(int fd, const char *text)
{
	if (text && send(fd, text, strlen(text), MSG_NOSIGNAL) < 0 &&
	    errno != EPIPE)
		perror("fake vitalsd");
}

/* False: the connection is to be closed. */
static inline bool
fake_request(struct fake *f, int fd, const char *line)
{
	json_t *m = json_loads(line, 0, NULL);
	const char *method = json_string_value(json_object_get(m, "method"));
	const struct fake_answer *a = f->answers;
	char text[65536];

	if (f->requests_n < FAKE_REQUESTS)
		f->request[f->requests_n++] = m;
	while (a->method && (!method || strcmp(a->method, method) != 0))
		a++;
	if (!a->method) {
		fake_write(fd, "{\"jsonrpc\":\"2.0\",\"id\":null,\"error\":"
		    "{\"code\":-32601,\"message\":\"no such method\"}}\n");
		return true;
	}
	if (a->answer && strcmp(a->answer, FAKE_HANG_UP) == 0)
		return false;
	fake_write(fd, a->before);
	if (a->answer) {
		snprintf(text, sizeof(text),
		    "{\"jsonrpc\":\"2.0\",\"id\":%lld,%s}\n",
		    (long long)json_integer_value(json_object_get(m, "id")),
		    a->answer);
		fake_write(fd, text);
	}
	fake_write(fd, a->after);
	return true;
}

static inline void
fake_serve(struct fake *f, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char in[65536], *end;
	size_t n = 0;
	ssize_t r;

	while (!f->stop) {
		if (poll(&p, 1, 10) == 0)
			continue;
		r = read(fd, in + n, sizeof(in) - 1 - n);
		if (r <= 0)
			return;
		n += (size_t)r;
		in[n] = '\0';
		while ((end = strchr(in, '\n'))) {
			*end = '\0';
			if (!fake_request(f, fd, in))
				return;
			n -= (size_t)(end + 1 - in);
			memmove(in, end + 1, n + 1);
		}
	}
}

static inline void *
fake_thread(void *arg)
{
	struct fake *f = arg;
	struct pollfd p = { .fd = f->fd, .events = POLLIN };

	while (!f->stop) {
		int fd;

		if (poll(&p, 1, 10) <= 0)
			continue;
		fd = accept(f->fd, NULL, NULL);
		if (fd < 0)
			continue;
		fake_serve(f, fd);
		close(fd);
	}
	return NULL;
}

/* The two halves of fake_start(), for a test that forks between them: a fork
 * beside a running thread may hang in a sanitizer's allocator. */
static inline void
fake_listen(struct fake *f, const struct fake_answer *answers)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	*f = (struct fake){ .answers = answers };
	strcpy(f->dir, "/tmp/fake-vitalsd-XXXXXX");
	if (!mkdtemp(f->dir))
		abort();
	snprintf(f->path, sizeof(f->path), "%s/control.sock", f->dir);
	memcpy(a.sun_path, f->path, strlen(f->path));
	f->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (f->fd < 0 || bind(f->fd, (struct sockaddr *)&a, sizeof(a)) < 0 ||
	    listen(f->fd, 4) < 0)
		abort();
}

static inline void
fake_answer(struct fake *f)
{
	if (pthread_create(&f->thread, NULL, fake_thread, f) != 0)
		abort();
}

static inline void
fake_start(struct fake *f, const struct fake_answer *answers)
{
	fake_listen(f, answers);
	fake_answer(f);
}

static inline void
fake_stop(struct fake *f)
{
	f->stop = true;
	pthread_join(f->thread, NULL);
	close(f->fd);
	unlink(f->path);
	rmdir(f->dir);
}

static inline void
fake_free(struct fake *f)
{
	for (size_t i = 0; i < f->requests_n; i++)
		json_decref(f->request[i]);
}

/* The parameters of the i-th request as text, to be freed; "" if none. */
static inline char *
fake_params(const struct fake *f, size_t i)
{
	char *s = i < f->requests_n ? json_dumps(json_object_get(
	    f->request[i], "params"), JSON_COMPACT | JSON_SORT_KEYS) : NULL;

	return s ? s : strdup("");
}

#endif
