/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See notice_line.h and docs/protocol.md:
 *
 *	{"jsonrpc":"2.0","method":"notice","params":{"key":"KEY",
 *	"channel":"NAME","priority":"high","heartbeat":false,"body":"TEXT"}}
 *
 * Easy to get wrong: within TEXT only '"' and '\' are quoted, each by '\'.
 */
#include "daemon/notice_line.h"

#include <assert.h>
#include <string.h>

static const char head[] =
    "{\"jsonrpc\":\"2.0\",\"method\":\"notice\",\"params\":{\"key\":\"";
static const char to_channel[] = "\",\"channel\":\"";
static const char to_priority[] = "\",\"priority\":\"";
static const char to_beat[] = "\",\"heartbeat\":true,\"body\":\"";
static const char to_body[] = "\",\"heartbeat\":false,\"body\":\"";
static const char tail[] = "\"}}";

/* All that is put fits: NOTICE_LINE_MAX is the sum of the bounds. */
static char *
put(char *at, const char *s, size_t n)
{
	memcpy(at, s, n);
	return at + n;
}

static char *
put_text(char *at, const char *s)
{
	return put(at, s, strlen(s));
}

size_t
notice_line_write(char out[NOTICE_LINE_MAX], const struct notice *n,
    bool heartbeat)
{
	char key[EVENT_ID_TEXT];
	char *at = out;

	_Static_assert(sizeof head + sizeof key + sizeof to_channel +
	    CHANNEL_MAX + sizeof to_priority + 16 + sizeof to_body +
	    sizeof tail <= 512, "what is not the body");
	assert(n->length < NOTICE_BODY_MAX);
	event_id_format(key, n->key);
	at = put_text(at, head);
	at = put_text(at, key);
	at = put_text(at, to_channel);
	at = put_text(at, n->channel);
	at = put_text(at, to_priority);
	at = put_text(at, priority_name(n->priority));
	at = put_text(at, heartbeat ? to_beat : to_body);
	for (size_t i = 0; i < n->length; i++) {
		if (n->body[i] == '"' || n->body[i] == '\\')
			*at++ = '\\';
		*at++ = n->body[i];
	}
	at = put(at, tail, sizeof tail);	/* with its NUL */
	return (size_t)(at - out) - 1;
}

struct rest {
	const char *at;
	size_t n;
};

static bool
skip(struct rest *r, const char *text)
{
	size_t n = strlen(text);

	if (r->n < n || memcmp(r->at, text, n) != 0)
		return false;
	r->at += n;
	r->n -= n;
	return true;
}

/* A string up to its closing quote, which stays; not empty. */
static bool
take(struct rest *r, char *out, size_t size, size_t *length)
{
	size_t n = 0;

	while (r->n > 0 && *r->at != '"') {
		if (*r->at == '\\') {
			r->at++;
			r->n--;
			if (r->n == 0 || (*r->at != '"' && *r->at != '\\'))
				return false;
		}
		if ((unsigned char)*r->at < ' ' || n + 1 >= size)
			return false;
		out[n++] = *r->at++;
		r->n--;
	}
	out[n] = '\0';
	*length = n;
	return n > 0 && r->n > 0;
}

bool
notice_line_read(const char *line, size_t length, struct notice *out,
    bool *heartbeat)
{
	struct rest r = { line, length };
	char key[EVENT_ID_TEXT], priority[16];
	size_t n;
	int p;

	memset(out, 0, offsetof(struct notice, body));
	if (!skip(&r, head) || !take(&r, key, sizeof key, &n) ||
	    !skip(&r, to_channel) ||
	    !take(&r, out->channel, sizeof out->channel, &n) ||
	    !skip(&r, to_priority) ||
	    !take(&r, priority, sizeof priority, &n))
		return false;
	*heartbeat = skip(&r, to_beat);
	if ((!*heartbeat && !skip(&r, to_body)) ||
	    !take(&r, out->body, sizeof out->body, &out->length) ||
	    !skip(&r, tail) || r.n != 0 || !event_id_parse(key, &out->key))
		return false;
	p = priority_find(priority);
	if (p < 0)
		return false;
	out->priority = (enum priority)p;
	return true;
}
