/* SPDX-License-Identifier: BSD-2-Clause
 *
 * pulse: fires frames at programs and takes the time until each answer is
 * complete.  Told what to do on standard input, one command a line, and
 * answering each with one line:
 *
 *	berry NAME LINK		a pty behind LINK; POSTs to /NAME answer
 *	nmea NAME LINK [PORT]	the same; gpsd's JSON on PORT answers
 *	watch NAME OF SOCKET	fires OF's pty; states on SOCKET answer
 *	putval NAME SOCKET	collectd; POSTs to /NAME answer
 *	nut NAME PORT		upsd; likewise
 *	gauge NAME		Prometheus; likewise
 *	slow NAME ...		from now on fired beside the others, at random
 *				moments, during "run"
 *	run ROUNDS GAP_MS NAME ...	each in turn: over the limit, and back
 *	flood NAME BYTES	so many bytes of what NAME's pty is fired at
 *				with, as fast as they are taken
 *	result NAME		lost, connections and microseconds; forgets them
 *
 * Easy to get wrong: only the crossing is counted, yet every shot waits for
 * its answer, so that all programs are driven at the same cadence: GAP_MS of
 * quiet (and up to a quarter more, by chance) before each shot.
 */
#include "tests/bench/pulse.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PATIENCE_NS 3000000000		/* then a shot is lost */
#define SLOW_PATIENCE_NS 10000000000
#define IDLE_NS 1000000000
#define SLOW_PAUSE_NS 1000000000	/* longest pause between slow shots */

int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

void
die(const char *format, ...)
{
	va_list ap;

	printf("error ");
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	printf("\n");
	exit(1);
}

void
target_answer(struct target *t, const char *text, size_t n, int64_t came_ns)
{
	const char *match = t->match[t->phase];
	bool found = memmem(text, n, match, strlen(match)) != NULL;

	/* Other notices of the same program are none of ours. */
	if (t->kind == KIND_BERRY &&
	    memmem(text, n, "\"condition\":\"hr-low\"", 20) == NULL)
		return;
	if (!t->waiting || found == t->absent[t->phase])
		return;
	t->waiting = false;
	t->came_ns = came_ns;
	if (t->phase != LOW)
		return;
	if (t->n == t->room) {
		t->room = t->room * 2 + 256;
		t->us = realloc(t->us, t->room * sizeof *t->us);
		if (t->us == NULL)
			die("no memory");
	}
	t->us[t->n++] = (double)(came_ns - t->sent_ns) / 1000;
}

/* Moves slow targets on: the next shot, or the end of patience. */
static void
serve_slow(struct pulse *p)
{
	int64_t now = now_ns();

	for (size_t i = 0; i < p->targets_n; i++) {
		struct target *t = &p->target[i];

		if (!t->slow)
			continue;
		if (t->waiting && now - t->sent_ns > SLOW_PATIENCE_NS) {
			t->waiting = false;
			t->lost++;
		}
		if (t->waiting)
			continue;
		if (t->due_ns == 0)
			t->due_ns = now + random() % SLOW_PAUSE_NS;
		if (now < t->due_ns)
			continue;
		t->due_ns = 0;
		target_fire(t, t->kind != KIND_GAUGE && t->shots > 0 &&
		    t->phase == LOW ? BACK : LOW);
	}
}

static void
quiet(struct pulse *p, int64_t for_ns)
{
	int64_t until = now_ns() + for_ns, left;

	serve_slow(p);
	while ((left = until - now_ns()) > 0)
		(void)http_serve(p, left);
}

static void
shoot(struct pulse *p, struct target *t, int phase, int64_t gap_ns)
{
	int64_t left;

	quiet(p, gap_ns + random() % (gap_ns / 4 + 1));
	target_fire(t, phase);
	while (t->waiting) {
		left = t->sent_ns + PATIENCE_NS - now_ns();
		if (left <= 0) {
			t->waiting = false;
			t->lost++;
			return;
		}
		(void)http_serve(p, left);
	}
}

static struct target *
target_find(struct pulse *p, const char *name)
{
	for (size_t i = 0; name != NULL && i < p->targets_n; i++)
		if (strcmp(p->target[i].name, name) == 0)
			return &p->target[i];
	die("no target %s", name != NULL ? name : "named");
}

static struct target *
target_new(struct pulse *p, enum kind kind, const char *name)
{
	struct target *t;

	for (size_t i = 0; name != NULL && i < p->targets_n; i++)
		if (strcmp(p->target[i].name, name) == 0)
			return &p->target[i];
	if (name == NULL || p->targets_n == TARGETS)
		die("no room for a target, or no name");
	t = &p->target[p->targets_n++];
	snprintf(t->name, sizeof t->name, "%s", name);
	t->kind = kind;
	t->fd = t->slave = t->answer = -1;
	return t;
}

static void
run(struct pulse *p, char *const *word, size_t n)
{
	long rounds = n > 2 ? atol(word[1]) : 0;
	int64_t gap_ns = n > 2 ? atol(word[2]) * 1000000 : 0;

	for (long i = 0; i < rounds; i++) {
		for (size_t j = 3; j < n; j++) {
			struct target *t = target_find(p, word[j]);

			shoot(p, t, LOW, gap_ns);
			if (t->kind != KIND_NMEA)
				shoot(p, t, BACK, gap_ns);
		}
		if (n == 3)
			quiet(p, gap_ns);
	}
	printf("ok\n");
}

static void
result(struct target *t)
{
	printf("ok %zu %zu", t->lost, t->connections);
	for (size_t i = 0; i < t->n; i++)
		printf(" %.1f", t->us[i]);
	printf("\n");
	t->n = t->lost = 0;
}

static void
command(struct pulse *p, char *const *word, size_t n)
{
	static const struct { const char *name; enum kind kind; } kinds[] = {
		{ "berry", KIND_BERRY }, { "nmea", KIND_NMEA },
		{ "watch", KIND_WATCH }, { "putval", KIND_PUTVAL },
		{ "nut", KIND_NUT }, { "gauge", KIND_GAUGE },
	};

	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		struct target *t;

		if (strcmp(word[0], kinds[i].name) != 0)
			continue;
		t = target_new(p, kinds[i].kind, n > 1 ? word[1] : NULL);
		if (t->kind == KIND_WATCH)
			t->fd = target_find(p, n > 2 ? word[2] : NULL)->fd;
		if (n < 3 && t->kind != KIND_GAUGE)
			die("%s: of what?", word[0]);
		target_open(p, t, word[t->kind == KIND_WATCH ? 3 : 2],
		    n > 3 ? word[3] : NULL);
		printf("ok\n");
		return;
	}
	if (strcmp(word[0], "run") == 0) {
		run(p, word, n);
	} else if (strcmp(word[0], "slow") == 0) {
		for (size_t i = 1; i < n; i++)
			target_find(p, word[i])->slow = true;
		printf("ok\n");
	} else if (strcmp(word[0], "flood") == 0 && n > 2) {
		struct target *t = target_find(p, word[1]);

		for (long left = atol(word[2]); left > 0;)
			left -= target_flood(t);
		printf("ok\n");
	} else if (strcmp(word[0], "result") == 0) {
		result(target_find(p, n > 1 ? word[1] : NULL));
	} else {
		die("no command %s", word[0]);
	}
}

int
main(void)
{
	static struct pulse pulse;
	static char line[4096];

	signal(SIGPIPE, SIG_IGN);
	setvbuf(stdin, NULL, _IONBF, 0);	/* epoll sees what is left */
	setvbuf(stdout, NULL, _IOLBF, 0);
	srandom(7);
	http_open(&pulse);
	printf("ok %d\n", pulse.port);
	for (;;) {
		char *word[64] = { NULL }, *save = NULL;
		size_t n = 0;

		/* Heartbeats and scrapes are served between commands, too. */
		while (!http_serve(&pulse, IDLE_NS))
			;
		if (fgets(line, sizeof line, stdin) == NULL)
			return 0;
		for (char *w = strtok_r(line, " \n", &save); w != NULL &&
		    n < 63; w = strtok_r(NULL, " \n", &save))
			word[n++] = w;
		if (n > 0)
			command(&pulse, word, n);
	}
}
