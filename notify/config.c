/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The notifier's own file; see config.h.
 *
 * Easy to get wrong: complaints end up in the journal.  They may quote a name,
 * but never an address or the contents of a credential.
 */
#include "notify/config.h"

#include "daemon/config_yaml.h"
#include "notify/file.h"

#include <arpa/inet.h>

#include <assert.h>
#include <curl/curl.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const char *const channel_kind_names[CHANNEL_KINDS] = {
	[CHANNEL_WEBHOOK] = "webhook",
};

struct reader {
	yaml_document_t *doc;
	struct complaints *out;
	struct notify_config *config;
	struct notify_channel *channel;		/* the one being read */
};

enum section { SECTION_FILE, SECTION_CHANNEL, SECTION_EXPECT };

struct key {
	enum section section;
	bool required;
	const char *name;
	void (*take)(struct reader *r, const yaml_node_t *node);
};

static void read_map(struct reader *r, const yaml_node_t *node,
    enum section section, const char *where);

static bool
is_name(const char *s, size_t n)
{
	static const char ok[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.";

	return n > 0 && s[0] != '.' && strspn(s, ok) == n;
}

/* A scalar of 1 to size - 1 bytes without control characters, copied; NULL
 * with a complaint if it is anything else. */
static const char *
take_text(struct reader *r, const yaml_node_t *node, const char *key, char *out,
    size_t size, const char *expected)
{
	size_t n = 0;
	const char *s = config_yaml_scalar(node, &n);
	const char *fault = NULL;

	if (!s)
		fault = "is not a text";
	else if (n == 0 || config_yaml_empty(node))
		fault = "is empty";
	else if (n >= size)
		fault = "is too long";
	for (size_t i = 0; !fault && i < n; i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			fault = "contains a control character";
	if (fault) {
		complain_at(r->out, node, "%s: %s; expected %s", key, fault,
		    expected);
		return NULL;
	}
	memcpy(out, s, n);
	out[n] = '\0';
	return out;
}

/* The same for a plain name. */
static bool
take_name(struct reader *r, const yaml_node_t *node, const char *key, char *out,
    size_t size, const char *expected)
{
	char quoted[CONFIG_TEXT_QUOTED];
	const char *s = take_text(r, node, key, out, size, expected);

	if (!s || is_name(s, strlen(s)))
		return s != NULL;
	complain_at(r->out, node, "%s: %s is not a plain name; expected %s",
	    key, config_text_quote(quoted, s, strlen(s)), expected);
	out[0] = '\0';
	return false;
}

static void
take_channel_name(struct reader *r, const yaml_node_t *node)
{
	const struct notify_channel *first = r->config->channel;

	if (!take_name(r, node, "name", r->channel->name,
	    sizeof(r->channel->name),
	    "the channel's name as in vitalsd.yaml, at most 31 letters, "
	    "digits, '-', '_', '.'"))
		return;
	for (const struct notify_channel *c = first; c < r->channel; c++)
		if (strcmp(c->name, r->channel->name) == 0)
			complain_at(r->out, node, "name: there is a channel "
			    "\"%s\" already; expected another name", c->name);
}

static void
take_kind(struct reader *r, const yaml_node_t *node)
{
	char word[32], quoted[CONFIG_TEXT_QUOTED];
	const char *s = take_text(r, node, "kind", word, sizeof(word),
	    "webhook");

	if (!s)
		return;
	for (int i = 0; i < CHANNEL_KINDS; i++)
		if (strcmp(s, channel_kind_names[i]) == 0) {
			r->channel->kind = (enum channel_kind)i;
			return;
		}
	complain_at(r->out, node, "kind: %s is unknown; expected webhook",
	    config_text_quote(quoted, s, strlen(s)));
}

static bool
is_loopback(const char *host)
{
	struct in_addr v4;

	if (strcmp(host, "localhost") == 0 || strcmp(host, "[::1]") == 0)
		return true;
	return inet_pton(AF_INET, host, &v4) == 1 &&
	    ntohl(v4.s_addr) >> 24 == 127;
}

/* What is wrong with an address that libcurl could take apart. */
static const char *
url_parts_fault(CURLU *u)
{
	char *scheme = NULL, *host = NULL, *user = NULL;
	const char *fault = NULL;

	if (curl_url_get(u, CURLUPART_SCHEME, &scheme, 0) ||
	    curl_url_get(u, CURLUPART_HOST, &host, 0))
		fault = "is not a whole address";
	else if (strcmp(scheme, "https") != 0 && strcmp(scheme, "http") != 0)
		fault = "is neither https nor http";
	else if (curl_url_get(u, CURLUPART_USER, &user, 0) == CURLUE_OK)
		fault = "contains a user or a password";
	else if (strcmp(scheme, "http") == 0 && !is_loopback(host))
		fault = "is unencrypted http to another machine";
	curl_free(scheme);
	curl_free(host);
	curl_free(user);
	return fault;
}

static void
take_url(struct reader *r, const yaml_node_t *node)
{
	static const char expected[] =
	    "https://HOST/..., or http://127.0.0.1:PORT/...";
	const char *fault;
	const char *s = take_text(r, node, "url", r->channel->url,
	    sizeof(r->channel->url), expected);
	CURLU *u;

	if (!s)
		return;
	u = curl_url();
	if (!u)
		fault = "could not be checked (out of memory)";
	else if (curl_url_set(u, CURLUPART_URL, s, 0) != CURLUE_OK)
		fault = "is not an address";
	else
		fault = url_parts_fault(u);
	curl_url_cleanup(u);
	if (fault)
		complain_at(r->out, node, "url: the address %s; expected %s",
		    fault, expected);
}

static void
take_ca_file(struct reader *r, const yaml_node_t *node)
{
	char quoted[CONFIG_TEXT_QUOTED];
	const char *s = take_text(r, node, "ca-file", r->channel->ca_file,
	    sizeof(r->channel->ca_file), "an absolute path of a PEM file");

	if (s && s[0] != '/')
		complain_at(r->out, node, "ca-file: %s is not an absolute path; "
		    "expected the path of a PEM file",
		    config_text_quote(quoted, s, strlen(s)));
}

static void
take_secret(struct reader *r, const yaml_node_t *node)
{
	size_t n = 0;
	const char *s = config_yaml_scalar(node, &n);

	/* Whatever is no name may be the secret itself: it is not quoted. */
	if (!s || n >= sizeof(r->channel->secret_name) || !is_name(s, n)) {
		complain_at(r->out, node, "secret: not the name of a "
		    "credential; expected a name, the secret itself is in "
		    "$CREDENTIALS_DIRECTORY/NAME");
		return;
	}
	memcpy(r->channel->secret_name, s, n + 1);
}

static void
take_expect(struct reader *r, const yaml_node_t *node)
{
	read_map(r, node, SECTION_EXPECT, "expect");
}

static void
take_expect_body(struct reader *r, const yaml_node_t *node)
{
	(void)!take_text(r, node, "body", r->channel->expect_body,
	    sizeof(r->channel->expect_body),
	    "a text of at most 127 bytes that the answer contains");
}

static void
take_expect_header(struct reader *r, const yaml_node_t *node)
{
	static const char expected[] = "\"NAME: VALUE\"";
	char text[sizeof(r->channel->expect_header) + NOTIFY_EXPECT_MAX];
	const char *s = take_text(r, node, "header", text, sizeof(text),
	    expected);
	const char *colon = s ? strchr(s, ':') : NULL;
	size_t name_n, value_n;

	if (!s)
		return;
	name_n = colon ? (size_t)(colon - s) : 0;
	if (colon)
		colon += 1 + strspn(colon + 1, " ");
	value_n = colon ? strlen(colon) : 0;
	if (name_n == 0 || name_n >= sizeof(r->channel->expect_header) ||
	    memchr(s, ' ', name_n) || value_n == 0 ||
	    value_n >= sizeof(r->channel->expect_value)) {
		complain_at(r->out, node, "header: not a header with its "
		    "value; expected %s", expected);
		return;
	}
	memcpy(r->channel->expect_header, s, name_n);
	memcpy(r->channel->expect_value, colon, value_n);
}

static void
take_channels(struct reader *r, const yaml_node_t *node)
{
	const yaml_node_item_t *i;

	/* None yet is fine: vitalsd says so when there is a notice for one. */
	if (node->type != YAML_SEQUENCE_NODE) {
		complain_at(r->out, node, "channels: no list of channels; "
		    "expected one, or []");
		return;
	}
	for (i = node->data.sequence.items.start;
	    i < node->data.sequence.items.top; i++) {
		const yaml_node_t *item = yaml_document_get_node(r->doc, *i);

		if (r->config->channels_n == NOTIFY_CHANNELS) {
			complain_at(r->out, item, "channels: too many; "
			    "expected at most %d", NOTIFY_CHANNELS);
			return;
		}
		r->channel = &r->config->channel[r->config->channels_n++];
		read_map(r, item, SECTION_CHANNEL, "channels[]");
	}
}

static const struct key keys[] = {
	{ SECTION_FILE, true, "channels", take_channels },
	{ SECTION_CHANNEL, true, "name", take_channel_name },
	{ SECTION_CHANNEL, true, "kind", take_kind },
	{ SECTION_CHANNEL, true, "url", take_url },
	{ SECTION_CHANNEL, false, "ca-file", take_ca_file },
	{ SECTION_CHANNEL, false, "secret", take_secret },
	{ SECTION_CHANNEL, false, "expect", take_expect },
	{ SECTION_EXPECT, false, "body", take_expect_body },
	{ SECTION_EXPECT, false, "header", take_expect_header },
};
#define KEYS (sizeof(keys) / sizeof(keys[0]))

static void
complain_of_key(struct reader *r, const yaml_node_t *node, enum section section)
{
	unsigned distance = CONFIG_TEXT_FAR;
	char quoted[CONFIG_TEXT_QUOTED];
	const char *best = NULL;
	size_t n = 0;
	const char *s = config_yaml_scalar(node, &n);

	for (size_t i = 0; s && i < KEYS; i++)
		if (keys[i].section == section)
			config_text_nearer(s, keys[i].name, &best, &distance);
	complain_at(r->out, node, "%s: unknown key%s%s%s",
	    s ? config_text_quote(quoted, s, n) : "(a list or a mapping)",
	    best ? "; did you mean \"" : "", best ? best : "",
	    best ? "\"?" : "; see vitals-notify(8) for the known ones");
}

/* One pair of a mapping; 'seen' marks the keys that were there. */
static void
read_pair(struct reader *r, const yaml_node_pair_t *pair, enum section section,
    bool seen[KEYS])
{
	const yaml_node_t *key = yaml_document_get_node(r->doc, pair->key);
	const yaml_node_t *value = yaml_document_get_node(r->doc, pair->value);
	size_t n = 0;
	const char *s = config_yaml_scalar(key, &n);

	for (size_t i = 0; s && i < KEYS; i++) {
		if (keys[i].section != section || strlen(keys[i].name) != n ||
		    memcmp(keys[i].name, s, n) != 0)
			continue;
		if (seen[i])
			complain_at(r->out, key, "%s: repeated; expected it "
			    "once", keys[i].name);
		else
			keys[i].take(r, value);
		seen[i] = true;
		return;
	}
	complain_of_key(r, key, section);
}

static void
read_map(struct reader *r, const yaml_node_t *node, enum section section,
    const char *where)
{
	bool seen[KEYS] = { false };
	const yaml_node_pair_t *p;

	if (node->type != YAML_MAPPING_NODE) {
		complain_at(r->out, node, "%s: not a mapping; expected "
		    "\"key: value\" lines", where);
		return;
	}
	for (p = node->data.mapping.pairs.start;
	    p < node->data.mapping.pairs.top; p++)
		read_pair(r, p, section, seen);
	for (size_t i = 0; i < KEYS; i++)
		if (keys[i].section == section && keys[i].required && !seen[i])
			complain_at(r->out, node, "%s: the key \"%s\" is "
			    "missing", where, keys[i].name);
}

struct notify_config *
notify_config_parse(const char *text, size_t length, struct complaints *out)
{
	struct reader r = { .out = out };
	size_t before = out->n + out->more;
	yaml_document_t doc;
	const yaml_node_t *root;

	if (!config_yaml_load(&doc, text, length, out))
		return NULL;
	r.doc = &doc;
	r.config = calloc(1, sizeof(*r.config));
	root = yaml_document_get_root_node(&doc);
	if (!r.config)
		complain(out, 0, 0, "out of memory");
	else if (!root)
		complain(out, 0, 0, "the file is empty; expected \"channels:\"");
	else
		read_map(&r, root, SECTION_FILE, "the file");
	yaml_document_delete(&doc);
	complaints_sort(out);
	if (out->n + out->more == before)
		return r.config;
	free(r.config);
	return NULL;
}

struct notify_config *
notify_config_load(const char *path, struct complaints *out)
{
	char *text = malloc(CONFIG_FILE_MAX + 1);
	struct notify_config *c;
	size_t before = out->n + out->more;
	ssize_t n;

	n = text ? notify_file_read(path, text, CONFIG_FILE_MAX + 1) : -ENOMEM;
	if (n < 0) {
		complain(out, 0, 0, "%s", strerror((int)-n));
		free(text);
		return NULL;
	}
	c = notify_config_parse(text, (size_t)n, out);
	free(text);
	for (size_t i = 0; c && i < c->channels_n; i++)
		if (c->channel[i].ca_file[0] != '\0' &&
		    access(c->channel[i].ca_file, R_OK) < 0)
			complain(out, 0, 0, "channel %s: ca-file %s: %s",
			    c->channel[i].name, c->channel[i].ca_file,
			    strerror(errno));
	if (c && out->n + out->more > before) {
		notify_config_free(c);
		return NULL;
	}
	return c;
}

/* The credential 'name' of 'directory'; see notify_config_secrets(). */
static ssize_t
secret_read(const char *directory, const char *name, char *out, size_t most)
{
	static const char *const prefix[] = { "", "secret_" };
	char path[4096];
	ssize_t n = -ENOENT;

	for (size_t i = 0; i < 2 && n == -ENOENT; i++)
		n = snprintf(path, sizeof(path), "%s/%s%s", directory,
		    prefix[i], name) < (int)sizeof(path) ?
		    notify_file_read(path, out, most) : -ENAMETOOLONG;
	return n;
}

static void
secret_load(struct notify_channel *c, const char *directory,
    struct complaints *out)
{
	char text[SECRET_MAX + 2];
	ssize_t n = secret_read(directory, c->secret_name, text, sizeof(text));

	if (n > 0 && text[n - 1] == '\n')
		n--;
	if (n < 0 && n != -EFBIG)
		complain(out, 0, 0, "channel %s: credential %s: %s", c->name,
		    c->secret_name, strerror((int)-n));
	else if (n < SECRET_MIN || n > SECRET_MAX)
		complain(out, 0, 0, "channel %s: credential %s: expected %d to "
		    "%d bytes", c->name, c->secret_name, SECRET_MIN,
		    SECRET_MAX);
	else {
		memcpy(c->secret.byte, text, (size_t)n);
		c->secret.n = (size_t)n;
	}
	explicit_bzero(text, sizeof(text));
}

int
notify_config_secrets(struct notify_config *c, const char *directory,
    struct complaints *out)
{
	size_t before = out->n + out->more;

	for (size_t i = 0; i < c->channels_n; i++) {
		struct notify_channel *ch = &c->channel[i];

		if (ch->secret_name[0] == '\0')
			continue;
		if (directory)
			secret_load(ch, directory, out);
		else
			complain(out, 0, 0, "channel %s: credential %s: there "
			    "is no $CREDENTIALS_DIRECTORY; expected "
			    "LoadCredential= in the unit, or --credentials DIR",
			    ch->name, ch->secret_name);
	}
	return out->n + out->more > before ? -1 : 0;
}

void
notify_config_free(struct notify_config *c)
{
	if (!c)
		return;
	explicit_bzero(c, sizeof(*c));
	free(c);
}
