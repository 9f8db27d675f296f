/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitals-receiver: a small webhook receiver on 127.0.0.1, for the demo and the
 * tests.  Prints each notice as a line, says when vitalsd falls silent, and
 * can misbehave as real receivers do (--mode, or a POST to /mode).
 *
 * Easy to get wrong: a request counts as accepted, and is logged, as soon as
 * it is here whole; in the modes "reset" and "slow" the sender may never learn
 * of it and send it again.  That is what the idempotency key is for.
 */
#include "daemon/clock.h"
#include "tests/sim/httpd.h"

#include <errno.h>
#include <getopt.h>
#include <jansson.h>
#include <nettle/hmac.h>
#include <nettle/memops.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define KEY_MAX 64
#define KEYS 4096		/* remembered, to know a repetition */
#define SILENT_MS 30000		/* three heartbeats */
#define SKEW_S 300		/* a signature older than that is not taken */

enum mode {
	MODE_OK, MODE_SLOW, MODE_500, MODE_429, MODE_GARBAGE, MODE_RESET,
	MODE_CAPTIVE, MODE_DRIP, MODE_401, MODE_REDIRECT,
};

static const char *const mode_names[] = {
	"ok", "slow", "500", "429", "garbage", "reset", "captive", "drip",
	"401", "redirect", NULL,
};

struct receiver {
	enum mode mode;
	int mode_arg;		/* slow: ms; 429: seconds */
	bool dedupe, verbose;
	FILE *log;
	char secret[257];
	size_t secret_n;
	int64_t heard_ms;	/* the last accepted request */
	int64_t said_ms;	/* "silent" was said last; 0: it is not */
	char keys[KEYS][KEY_MAX];
	size_t keys_at;
};

/* "slow:2000", "429:7", "ok". */
static bool
mode_parse(const char *text, enum mode *mode, int *arg)
{
	size_t n = strcspn(text, ":");

	for (int i = 0; mode_names[i]; i++) {
		if (strlen(mode_names[i]) != n ||
		    strncmp(text, mode_names[i], n) != 0)
			continue;
		if ((i == MODE_SLOW || i == MODE_429) != (text[n] == ':'))
			return false;
		*mode = (enum mode)i;
		*arg = text[n] == ':' ? atoi(text + n + 1) : 0;
		return true;
	}
	return false;
}

static void
print_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void
print_line(const char *format, ...)
{
	time_t now = time(NULL);
	struct tm tm;
	char at[16];
	va_list ap;

	localtime_r(&now, &tm);
	strftime(at, sizeof(at), "%H:%M:%S", &tm);
	printf("%s  ", at);
	va_start(ap, format);
	vprintf(format, ap);
	va_end(ap);
	putchar('\n');
	fflush(stdout);
}

/* The infusion clock of a notice: "+0:32:10". */
static void
clock_text(const json_t *body, char out[24])
{
	const json_t *ms = json_object_get(body, "infusion_ms");
	long long s = json_is_integer(ms) ? json_integer_value(ms) / 1000 : 0;
	long long a = s < 0 ? -s : s;

	if (!json_is_integer(ms))
		strcpy(out, "-");
	else
		snprintf(out, 24, "%c%lld:%02lld:%02lld", s < 0 ? '-' : '+',
		    a / 3600, a / 60 % 60, a % 60);
}

static const char *
text_of(const json_t *o, const char *key, const char *otherwise)
{
	const char *s = json_string_value(json_object_get(o, key));

	return s ? s : otherwise;
}

static void
print_notice(const struct receiver *r, const json_t *body, bool repeated)
{
	const char *kind = text_of(body, "kind", "");
	char infusion[24];

	if (strcmp(kind, "heartbeat") == 0 && !r->verbose)
		return;
	clock_text(body, infusion);
	print_line("%-6s  %-8s  %-9s  %s%s", text_of(body, "priority", kind),
	    text_of(body, "bed", "-"), infusion,
	    text_of(body, "text", "(no text)"), repeated ? "  (again)" : "");
}

static void
log_body(const struct receiver *r, const char *key, const char *body,
    const json_t *parsed, bool repeated)
{
	json_t *line;

	if (!r->log)
		return;
	line = json_pack("{s:I, s:I, s:s, s:b, s:s, s:O?}",
	    "wall_ms", (json_int_t)clock_wall_ms(),
	    "t_ms", (json_int_t)clock_boot_ms(), "key", key,
	    "repeated", repeated, "text", body, "body", parsed);
	if (!line || json_dumpf(line, r->log, JSON_COMPACT) < 0)
		print_line("the log cannot be written");
	json_decref(line);
	fputc('\n', r->log);
	fflush(r->log);
}

/* Why a signature does not hold; NULL if it does. */
static const char *
signature_fault(const struct receiver *r, const char *given, const char *body,
    size_t n)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct hmac_sha256_ctx hmac;
	char want[2 * SHA256_DIGEST_SIZE + 1];
	const char *comma = strchr(given, ',');
	long long t;

	if (given[0] == '\0')
		return "no signature";
	if (sscanf(given, "t=%lld,", &t) != 1 || !comma ||
	    strncmp(comma, ",v1=", 4) != 0)
		return "not a signature";
	hmac_sha256_set_key(&hmac, r->secret_n, (const uint8_t *)r->secret);
	/* What is signed begins with the time just as the header gives it. */
	hmac_sha256_update(&hmac, (size_t)(comma - given - 2),
	    (const uint8_t *)given + 2);
	hmac_sha256_update(&hmac, 1, (const uint8_t *)".");
	hmac_sha256_update(&hmac, n, (const uint8_t *)body);
	hmac_sha256_digest(&hmac, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(want + 2 * i, 3, "%02x", digest[i]);
	if (strlen(comma + 4) != sizeof(want) - 1 ||
	    !memeql_sec(want, comma + 4, sizeof(want) - 1))
		return "a wrong signature";
	t -= (long long)time(NULL);
	return t < -SKEW_S || t > SKEW_S ? "a signature of another time" : NULL;
}

/* Remembers a key; true if it was known. */
static bool
key_seen(struct receiver *r, const char *key)
{
	for (size_t i = 0; key[0] && i < KEYS; i++)
		if (strcmp(r->keys[i], key) == 0)
			return true;
	snprintf(r->keys[r->keys_at], KEY_MAX, "%s", key);
	r->keys_at = (r->keys_at + 1) % KEYS;
	return false;
}

static void
accept_notice(struct receiver *r, const char *key, const char *body, size_t n)
{
	json_t *parsed = json_loadb(body, n, 0, NULL);
	bool repeated = key_seen(r, key);
	int64_t now_ms = clock_boot_ms();

	if (r->said_ms != 0)
		print_line("vitalsd is heard again, after %lld s",
		    (long long)((now_ms - r->heard_ms) / 1000));
	r->said_ms = 0;
	r->heard_ms = now_ms;
	if (!repeated || !r->dedupe) {
		print_notice(r, parsed, repeated);
		log_body(r, key, body, parsed, repeated);
	}
	json_decref(parsed);
}

/* What the mode makes of the answer to a good notice. */
static void
misbehave(const struct receiver *r, struct httpd_answer *out)
{
	char header[64];

	switch (r->mode) {
	case MODE_OK:
		break;
	case MODE_SLOW:
		out->delay_ms = r->mode_arg;
		break;
	case MODE_500:
		httpd_answer_set(out, "500 Internal Server Error", "",
		    "broken\n");
		break;
	case MODE_429:
		snprintf(header, sizeof(header), "Retry-After: %d\r\n",
		    r->mode_arg);
		httpd_answer_set(out, "429 Too Many Requests", header,
		    "later\n");
		break;
	case MODE_GARBAGE:
		out->n = (size_t)snprintf(out->bytes, sizeof(out->bytes),
		    "\x7f\x80\xff not HTTP at all \x01\x02\r\n\r\n");
		out->close = true;
		break;
	case MODE_RESET:
		out->reset = true;
		break;
	case MODE_CAPTIVE:
		httpd_answer_set(out, "200 OK", "Content-Type: text/html\r\n",
		    "<html><body>Welcome! Please log in.</body></html>\n");
		break;
	case MODE_DRIP:
		out->drip = true;
		break;
	case MODE_401:
		httpd_answer_set(out, "401 Unauthorized", "", "no\n");
		break;
	case MODE_REDIRECT:
		httpd_answer_set(out, "302 Found",
		    "Location: http://127.0.0.1:1/login\r\n", "");
		break;
	}
}

static void
take_notice(struct receiver *r, const char *request, const char *body,
    size_t n, struct httpd_answer *out)
{
	char key[KEY_MAX], signature[128];
	const char *fault = NULL;

	httpd_header(request, body, "Idempotency-Key", key, sizeof(key));
	httpd_header(request, body, "X-Vitalsd-Signature", signature,
	    sizeof(signature));
	if (r->secret_n > 0)
		fault = signature_fault(r, signature, body, n);
	if (fault) {
		print_line("REFUSED: a notice with %s", fault);
		httpd_answer_set(out, "401 Unauthorized", "", fault);
		return;
	}
	if (r->mode == MODE_OK || r->mode == MODE_SLOW ||
	    r->mode == MODE_RESET)
		accept_notice(r, key, body, n);
	httpd_answer_set(out, "200 OK", "X-Receiver: station\r\n"
	    "Content-Type: application/json\r\n", "{\"accepted\":true}\n");
	misbehave(r, out);
}

static void
take_request(void *arg, const char *request, const char *body, size_t n,
    struct httpd_answer *out)
{
	struct receiver *r = arg;
	char word[32];

	if (strncmp(request, "POST /mode ", 11) == 0) {
		snprintf(word, sizeof(word), "%.*s",
		    (int)strcspn(body, "\r\n"), body);
		if (mode_parse(word, &r->mode, &r->mode_arg)) {
			print_line("(mode %s)", word);
			httpd_answer_set(out, "200 OK", "", "");
		} else
			httpd_answer_set(out, "400 Bad Request", "",
			    "no such mode\n");
	} else if (strncmp(request, "POST ", 5) == 0)
		take_notice(r, request, body, n, out);
	else
		httpd_answer_set(out, "405 Method Not Allowed",
		    "Allow: POST\r\n", "");
}

static void
watch_silence(struct receiver *r)
{
	int64_t now_ms = clock_boot_ms();
	int64_t since_ms = r->said_ms != 0 ? r->said_ms : r->heard_ms;

	if (now_ms - since_ms < SILENT_MS)
		return;
	r->said_ms = now_ms;
	print_line("vitalsd silent for %lld s",
	    (long long)((now_ms - r->heard_ms) / 1000));
}

static bool
secret_read(struct receiver *r, const char *path)
{
	FILE *f = fopen(path, "re");

	if (!f)
		return false;
	r->secret_n = fread(r->secret, 1, sizeof(r->secret) - 1, f);
	fclose(f);
	if (r->secret_n > 0 && r->secret[r->secret_n - 1] == '\n')
		r->secret_n--;
	return r->secret_n > 0;
}

static const char help[] =
    "usage: vitals-receiver [options]\n"
    "Receives notices on 127.0.0.1 and prints them, for demo and tests.\n"
    "  --port N            0, the default, takes a free one; it is printed\n"
    "  --port-file FILE    the port is written there as well\n"
    "  --secret-file FILE  signatures are checked with this key\n"
    "  --log FILE          each accepted body as a JSON line\n"
    "  --dedupe            a repeated notice is answered and not shown again\n"
    "  --mode MODE         ok, slow:MS, 500, 429:SECONDS, garbage, reset,\n"
    "                      captive, drip, 401, redirect; also at any time:\n"
    "                      curl -d MODE http://127.0.0.1:PORT/mode\n"
    "  --verbose           heartbeats too\n";

/* 0: go on; else the exit status plus one. */
static int
options_parse(struct receiver *r, int argc, char **argv, int *port,
    const char **port_file)
{
	static const struct option table[] = {
		{ "port", required_argument, NULL, 'p' },
		{ "port-file", required_argument, NULL, 'f' },
		{ "secret-file", required_argument, NULL, 's' },
		{ "log", required_argument, NULL, 'l' },
		{ "dedupe", no_argument, NULL, 'd' },
		{ "mode", required_argument, NULL, 'm' },
		{ "verbose", no_argument, NULL, 'v' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	int o;

	while ((o = getopt_long(argc, argv, "", table, NULL)) != -1) {
		const char *why = NULL;

		if (o == 'p')
			*port = atoi(optarg);
		else if (o == 'f')
			*port_file = optarg;
		else if (o == 's' && !secret_read(r, optarg))
			why = "no secret can be read there";
		else if (o == 'l' && !(r->log = fopen(optarg, "ae")))
			why = strerror(errno);
		else if (o == 'd')
			r->dedupe = true;
		else if (o == 'm' && !mode_parse(optarg, &r->mode,
		    &r->mode_arg))
			why = "no such mode; see --help";
		else if (o == 'v')
			r->verbose = true;
		else if (o == 'h') {
			fputs(help, stdout);
			return 1;
		} else if (o == '?')
			return 3;
		if (why) {
			fprintf(stderr, "vitals-receiver: %s: %s\n", optarg,
			    why);
			return 3;
		}
	}
	return 0;
}

static bool
port_write(const char *path, int port)
{
	FILE *f = fopen(path, "we");

	if (!f)
		return false;
	fprintf(f, "%d\n", port);
	return fclose(f) == 0;
}

int
main(int argc, char **argv)
{
	struct receiver r = { .mode = MODE_OK };
	struct httpd h;
	const char *port_file = NULL;
	int port = 0, e;

	e = options_parse(&r, argc, argv, &port, &port_file);
	if (e != 0)
		return e - 1;
	signal(SIGPIPE, SIG_IGN);
	e = httpd_open(&h, port);
	if (e < 0) {
		fprintf(stderr, "vitals-receiver: port %d: %s\n", port,
		    strerror(-e));
		return 1;
	}
	h.take = take_request;
	h.arg = &r;
	if (port_file && !port_write(port_file, h.port)) {
		fprintf(stderr, "vitals-receiver: %s: %s\n", port_file,
		    strerror(errno));
		return 1;
	}
	print_line("listening on http://127.0.0.1:%d/", h.port);
	r.heard_ms = clock_boot_ms();
	for (;;) {
		httpd_turn(&h, 1000);
		watch_silence(&r);
	}
}
