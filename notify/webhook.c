/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A notice as one HTTP POST, over libcurl; see webhook.h.
 *
 * Easy to get wrong: "200" alone proves little.  A captive portal answers
 * everything, with a page or a redirect: redirects are never followed, TLS is
 * always verified, and where `expect` is configured the answer must match.
 */
#include "notify/webhook.h"

#include "notify/retry.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <nettle/hmac.h>

#define CONNECT_MS 5000L
#define TOTAL_MS 10000L
#define SLOW_BYTES_PER_S 10L	/* slower than this for so long: given up */
#define SLOW_S 8L
#define ANSWER_KEPT 4096	/* bytes of the answer that `expect` sees */
#define ANSWER_MOST 65536	/* a longer one is no answer to a notice */
#define EXPIRY_WARN_S (14 * 86400)

struct request {
	const struct notify_channel *channel;
	CURL *easy;
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];
	char answer[ANSWER_KEPT];
	size_t answer_n;	/* bytes that came, kept or not */
};

void
webhook_sign(char out[WEBHOOK_SIGNATURE_MAX], const struct secret *key,
    int64_t unix_s, const char *body, size_t n)
{
	struct hmac_sha256_ctx hmac;
	static const char hex[] = "0123456789abcdef";
	uint8_t digest[SHA256_DIGEST_SIZE];
	char stamp[32];
	int at;

	_Static_assert(WEBHOOK_SIGNATURE_MAX >= 2 + 20 + 4 +
	    2 * SHA256_DIGEST_SIZE + 1, "t=, any time, ,v1=, hex, NUL");

	hmac_sha256_set_key(&hmac, key->n, key->byte);
	at = snprintf(stamp, sizeof(stamp), "%lld.", (long long)unix_s);
	hmac_sha256_update(&hmac, (size_t)at, (const uint8_t *)stamp);
	hmac_sha256_update(&hmac, n, (const uint8_t *)body);
	hmac_sha256_digest(&hmac, sizeof(digest), digest);
	explicit_bzero(&hmac, sizeof(hmac));
	at = snprintf(out, WEBHOOK_SIGNATURE_MAX, "t=%lld,v1=",
	    (long long)unix_s);
	for (size_t i = 0; i < sizeof(digest); i++) {
		out[at++] = hex[digest[i] >> 4];
		out[at++] = hex[digest[i] & 15];
	}
	out[at] = '\0';
}

static size_t
answer_take(char *bytes, size_t size, size_t n, void *arg)
{
	struct request *r = arg;

	n *= size;
	if (r->answer_n + n > ANSWER_MOST) {
		r->answer_n = ANSWER_MOST + 1;
		return 0;
	}
	if (r->answer_n < sizeof(r->answer)) {
		size_t room = sizeof(r->answer) - r->answer_n;

		memcpy(r->answer + r->answer_n, bytes, n < room ? n : room);
	}
	r->answer_n += n;
	return n;
}

/* Sets what is the same for every attempt; false if libcurl refuses any. */
static bool
easy_configure(struct request *r)
{
	const struct notify_channel *c = r->channel;
	CURL *e = r->easy;
	CURLcode bad = CURLE_OK;

#define SET(option, value) \
	do { \
		if (bad == CURLE_OK) \
			bad = curl_easy_setopt(e, option, value); \
	} while (0)
	SET(CURLOPT_URL, c->url);
	SET(CURLOPT_PROTOCOLS_STR, "http,https");
	SET(CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	SET(CURLOPT_USERAGENT, "vitals-notify");
	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_FOLLOWLOCATION, 0L);
	/* The environment's proxies are not the clinic's word. */
	SET(CURLOPT_PROXY, "");
	SET(CURLOPT_NOPROXY, "*");
	SET(CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	SET(CURLOPT_SSL_VERIFYPEER, 1L);
	SET(CURLOPT_SSL_VERIFYHOST, 2L);
	SET(CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	SET(CURLOPT_CERTINFO, 1L);
	if (c->ca_file[0] != '\0') {
		SET(CURLOPT_CAINFO, c->ca_file);
		SET(CURLOPT_CAPATH, NULL);
	}
	/* Threads and libcurl's SIGALRM do not go together. */
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	SET(CURLOPT_TIMEOUT_MS, TOTAL_MS);
	SET(CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES_PER_S);
	SET(CURLOPT_LOW_SPEED_TIME, SLOW_S);
	SET(CURLOPT_TCP_KEEPALIVE, 1L);
	SET(CURLOPT_TCP_KEEPIDLE, 30L);
	SET(CURLOPT_ERRORBUFFER, r->error);
	SET(CURLOPT_WRITEFUNCTION, answer_take);
	SET(CURLOPT_WRITEDATA, r);
#undef SET
	return bad == CURLE_OK;
}

static void
webhook_close(struct request *r)
{
	if (!r)
		return;
	curl_easy_cleanup(r->easy);
	curl_slist_free_all(r->headers);
	free(r);
}

static struct request *
webhook_open(const struct notify_channel *c)
{
	struct request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->channel = c;
	r->easy = curl_easy_init();
	if (!r->easy || !easy_configure(r)) {
		webhook_close(r);
		return NULL;
	}
	return r;
}

static bool
header_add(struct curl_slist **list, const char *text)
{
	struct curl_slist *longer = curl_slist_append(*list, text);

	if (longer)
		*list = longer;
	return longer != NULL;
}

static CURL *
webhook_prepare(struct request *r, const struct notice *n, int64_t wall_ms)
{
	const struct secret *key = &r->channel->secret;
	char id[EVENT_ID_TEXT], value[WEBHOOK_SIGNATURE_MAX];
	char line[WEBHOOK_SIGNATURE_MAX + 32];
	bool ok;

	curl_slist_free_all(r->headers);
	r->headers = NULL;
	r->error[0] = '\0';
	r->answer_n = 0;
	event_id_format(id, n->key);
	snprintf(line, sizeof(line), "Idempotency-Key: %s", id);
	/* An empty "Expect:" keeps libcurl from asking for leave first. */
	ok = header_add(&r->headers, "Content-Type: application/json") &&
	    header_add(&r->headers, "Expect:") && header_add(&r->headers, line);
	if (ok && key->n > 0) {
		webhook_sign(value, key, wall_ms / 1000, n->body, n->length);
		snprintf(line, sizeof(line), "X-Vitalsd-Signature: %s", value);
		ok = header_add(&r->headers, line);
	}
	if (!ok || curl_easy_setopt(r->easy, CURLOPT_HTTPHEADER, r->headers) ||
	    curl_easy_setopt(r->easy, CURLOPT_POSTFIELDS, n->body) ||
	    curl_easy_setopt(r->easy, CURLOPT_POSTFIELDSIZE, (long)n->length))
		return NULL;
	return r->easy;
}

/* Why the answer is not the one that `expect` describes; NULL if it is. */
static const char *
answer_fault(const struct request *r)
{
	const struct notify_channel *c = r->channel;
	size_t kept = r->answer_n < ANSWER_KEPT ? r->answer_n : ANSWER_KEPT;
	struct curl_header *h;

	if (c->expect_body[0] != '\0' && !memmem(r->answer, kept,
	    c->expect_body, strlen(c->expect_body)))
		return "the answer lacks the expected text";
	if (c->expect_header[0] == '\0')
		return NULL;
	if (curl_easy_header(r->easy, c->expect_header, 0, CURLH_HEADER, -1,
	    &h) != CURLHE_OK)
		return "the answer lacks the expected header";
	if (strcmp(h->value, c->expect_value) != 0)
		return "the expected header has another value";
	return NULL;
}

/* Seconds until the receiver's own certificate expires, where a connection
 * was made in this attempt and TLS was used; else INT64_MAX. */
static int64_t
certificate_left_s(const struct request *r, int64_t wall_ms)
{
	static const char field[] = "Expire date:";
	struct curl_certinfo *info = NULL;

	if (curl_easy_getinfo(r->easy, CURLINFO_CERTINFO, &info) != CURLE_OK ||
	    !info || info->num_of_certs < 1)
		return INT64_MAX;
	for (struct curl_slist *s = info->certinfo[0]; s; s = s->next) {
		time_t end;

		if (strncmp(s->data, field, sizeof(field) - 1) != 0)
			continue;
		end = curl_getdate(s->data + sizeof(field) - 1, NULL);
		if (end > 0)
			return (int64_t)end - wall_ms / 1000;
	}
	return INT64_MAX;
}

/* libcurl's words may quote what a receiver sent: keep them printable. */
static void
detail_clean(char *s)
{
	for (; *s != '\0'; s++)
		if (*s < 0x20 || *s > 0x7e)
			*s = '?';
}

static void
judge_answer(const struct request *r, long status, int64_t wall_ms,
    struct attempt *out)
{
	const char *fault = NULL;
	int64_t left_s;
	size_t n;

	out->outcome = retry_outcome(status);
	if (status >= 300 && status < 400)
		fault = "a redirect, not followed";
	else if (out->outcome == OUTCOME_DELIVERED)
		fault = answer_fault(r);
	if (fault)
		out->outcome = OUTCOME_RETRY;
	n = (size_t)snprintf(out->detail, sizeof(out->detail), "HTTP %ld%s%s",
	    status, fault ? ": " : "", fault ? fault : "");
	left_s = certificate_left_s(r, wall_ms);
	out->expires_soon = left_s < EXPIRY_WARN_S;
	if (out->expires_soon)
		snprintf(out->detail + n, sizeof(out->detail) - n,
		    "; the receiver's certificate expires in %lld h",
		    (long long)(left_s / 3600));
}

static void
webhook_judge(struct request *r, CURLcode end, int64_t wall_ms,
    struct attempt *out)
{
	struct curl_header *h;
	long status = 0;

	*out = (struct attempt){ .outcome = OUTCOME_RETRY,
	    .named_ms = RETRY_NONE };
	if (end == CURLE_OK)
		end = curl_easy_getinfo(r->easy, CURLINFO_RESPONSE_CODE,
		    &status);
	if (end == CURLE_OK)
		judge_answer(r, status, wall_ms, out);
	else if (r->answer_n > ANSWER_MOST)
		snprintf(out->detail, sizeof(out->detail),
		    "the answer is longer than %d bytes", ANSWER_MOST);
	else
		snprintf(out->detail, sizeof(out->detail), "%.100s",
		    r->error[0] ? r->error : curl_easy_strerror(end));
	detail_clean(out->detail);
	if (end == CURLE_OK && out->outcome == OUTCOME_RETRY &&
	    curl_easy_header(r->easy, "Retry-After", 0, CURLH_HEADER, -1, &h) ==
	    CURLHE_OK)
		out->named_ms = retry_after_ms(h->value, wall_ms);
}

const struct kind webhook_kind = {
	.open = webhook_open,
	.close = webhook_close,
	.prepare = webhook_prepare,
	.judge = webhook_judge,
};
