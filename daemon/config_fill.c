/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The document of a configuration file into its struct.
 *
 * Easy to get wrong: a node may be of any kind where a person slips, and a
 * quoted text may hold a NUL; nothing here takes the kind for granted.
 */
#include "daemon/config_fill.h"
#include "daemon/config_keys.h"
#include "daemon/config_rules.h"
#include "daemon/paths.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	yaml_document_t *doc;
	struct config *c;
	struct config_places *places;
	struct complaints *out;
};

static void take_map(struct reader *r, const yaml_node_t *node,
    enum config_section section, void *base);

/* "KEY: VALUE what is wrong; expected ...", at the value. */
static void
complain_of_value(struct reader *r, const yaml_node_t *node,
    const struct config_key *k, const char *fault)
{
	char expected[CONFIG_EXPECTED], quoted[CONFIG_TEXT_QUOTED];
	const char *s;
	size_t n = 0;

	config_key_expected(expected, k);
	s = config_yaml_scalar(node, &n);
	complain_at(r->out, node, "%s: %s%s%s; expected %s", k->name,
	    s != NULL && n > 0 ? config_text_quote(quoted, s, n) : "",
	    s != NULL && n > 0 ? " " : "", fault, expected);
}

static void
note_place(struct reader *r, const yaml_node_t *node, const void *field)
{
	config_place_set(r->places, field,
	    (unsigned)node->start_mark.line + 1,
	    (unsigned)node->start_mark.column + 1);
}

/* A whole number into a field of 1, 2, 4 or 8 bytes. */
static void
store_whole(void *field, size_t size, int64_t v)
{
	int32_t v4 = (int32_t)v;
	int16_t v2 = (int16_t)v;
	int8_t v1 = (int8_t)v;

	assert(size == 1 || size == 2 || size == 4 || size == 8);
	memcpy(field, size == 1 ? (void *)&v1 : size == 2 ? (void *)&v2 :
	    size == 4 ? (void *)&v4 : (void *)&v, size);
}

static bool
is_letter_or_digit(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	    (c >= 'A' && c <= 'Z');
}

/* Which of the three kinds of port a text is meant to be, it must be rightly. */
static const char *
port_fault(const char *s)
{
	const char *path = config_socket_path(s), *fault;
	struct usb_name usb;

	if (path != NULL) {
		if (path[0] != '/' || path[1] == '\0')
			return "names no absolute path of a socket";
		return strlen(path) < PATHS_SOCKET_MAX ? NULL :
		    "is over 107 bytes, too long for a socket";
	}
	if (strncmp(s, "usb:", 4) != 0)
		return s[0] == '/' ? NULL : "is not an absolute path";
	fault = usb_parse(s, &usb);
	return fault == NULL && usb.serial[0] == '\0' ?
	    "has no serial number" : fault;
}

static const char *
take_usb(const char *s, void *field)
{
	struct usb_name usb;
	const char *fault = usb_parse(s, &usb);

	if (fault == NULL)
		memcpy(field, &usb, sizeof(usb));
	return fault;
}

/* What is wrong with a text of n bytes, NULL if nothing. */
static const char *
text_fault(const struct config_key *k, const char *s, size_t n)
{
	if ((int64_t)n < k->min)
		return k->type == TYPE_PORT ? "is too short" : "is empty";
	if ((int64_t)n > k->max)
		return "is too long";
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c < 0x20 || c == 0x7f || (c == 0xc2 && i + 1 < n &&
		    (unsigned char)s[i + 1] < 0xa0))
			return "contains a control character";
		if (k->type == TYPE_NAME && !is_letter_or_digit(s[i]) &&
		    (i == 0 || strchr("-_", s[i]) == NULL))
			return "is not a plain name";
	}
	if (k->type == TYPE_PORT)
		return port_fault(s);
	/* " " in confirmed-by would pass for a name. */
	if (k->type == TYPE_TEXT && n > 0 && (s[0] == ' ' || s[n - 1] == ' '))
		return "begins or ends with a blank";
	return NULL;
}

static const char *
take_text(const struct config_key *k, const char *s, size_t n, void *field)
{
	const char *fault = text_fault(k, s, n);

	assert(k->size > (size_t)k->max);
	if (fault != NULL)
		return fault;
	memcpy(field, s, n);
	memset((char *)field + n, 0, k->size - n);
	return NULL;
}

static const char *
take_path(const struct config_key *k, const char *s, size_t n, const char **field)
{
	const char *fault = text_fault(k, s, n);
	char *copy;

	if (fault != NULL)
		return fault;
	copy = strndup(s, n);
	if (copy == NULL)
		return "finds no memory";
	free((void *)*field);
	*field = copy;
	return NULL;
}

static const char *
take_number(const struct config_key *k, const char *s, void *field)
{
	const char *fault;
	int64_t v = 0;

	if (k->type == TYPE_WHOLE)
		fault = config_text_whole(s, &v);
	else if (k->type == TYPE_SIZE)
		fault = config_text_size(s, &v);
	else
		fault = config_text_duration(s, &v);
	if (fault != NULL)
		return fault;
	if (k->type == TYPE_SECONDS) {
		if (v % 1000 != 0)
			return "is not whole seconds";
		v /= 1000;
	}
	if (v < k->min)
		return "is too small";
	if (v > k->max)
		return "is too large";
	store_whole(field, k->size, v);
	return NULL;
}

static const char *
take_word(const struct config_key *k, const char *s, void *field)
{
	for (const struct config_word *w = k->words; w->word != NULL; w++) {
		if (strcmp(s, w->word) != 0)
			continue;
		store_whole(field, k->size, w->value);
		return NULL;
	}
	return "is not known";
}

static const char *
take_bool(const struct config_key *k, const char *s, void *field)
{
	bool yes = strcmp(s, "true") == 0;

	if (!yes && strcmp(s, "false") != 0)
		return "is not known";
	store_whole(field, k->size, yes);
	return NULL;
}

/* False after a complaint of its own, which names what is near. */
static bool
take_driver(struct reader *r, const yaml_node_t *node,
    const struct config_key *k, const char *s, void *field)
{
	char quoted[CONFIG_TEXT_QUOTED], suggestion[CONFIG_EXPECTED];
	const struct driver *d = driver_find(s);

	if (d == NULL) {
		config_driver_suggest(suggestion, s);
		complain_at(r->out, node, "%s: there is no driver %s; %s",
		    k->name, config_text_quote(quoted, s, strlen(s)),
		    suggestion);
		return false;
	}
	memcpy(field, &d, sizeof(d));
	return true;
}

/* A scalar that says something and holds no NUL; else it complains. */
static const char *
scalar_of(struct reader *r, const yaml_node_t *node,
    const struct config_key *k, size_t *n)
{
	const char *s = config_yaml_scalar(node, n);
	const char *fault = NULL;

	if (s == NULL)
		fault = node->type == YAML_SEQUENCE_NODE ? "this is a list" :
		    "these are keys with values";
	else if (config_yaml_empty(node))
		fault = "there is no value";
	else if (memchr(s, '\0', *n) != NULL)
		fault = "contains a NUL";
	if (fault == NULL)
		return s;
	complain_of_value(r, node, k, fault);
	return NULL;
}

static void
take_scalar(struct reader *r, const yaml_node_t *node,
    const struct config_key *k, void *field)
{
	const char *fault = NULL;
	size_t n = 0;
	const char *s = scalar_of(r, node, k, &n);

	if (s == NULL)
		return;
	switch (k->type) {
	case TYPE_TEXT:
	case TYPE_NAME:
		fault = take_text(k, s, n, field);
		break;
	case TYPE_PORT:
		fault = take_path(k, s, n, field);
		break;
	case TYPE_USB:
		fault = take_usb(s, field);
		break;
	case TYPE_WHOLE:
	case TYPE_DURATION:
	case TYPE_SECONDS:
	case TYPE_SIZE:
		fault = config_yaml_quoted(node) ? "is text in quotes" :
		    take_number(k, s, field);
		break;
	case TYPE_BOOL:
		fault = config_yaml_quoted(node) ? "is text in quotes" :
		    take_bool(k, s, field);
		break;
	case TYPE_WORD:
		/* Some words are numbers. */
		fault = config_yaml_quoted(node) && k->words[0].word[0] <= '9' ?
		    "is text in quotes" : take_word(k, s, field);
		break;
	case TYPE_DRIVER:
		if (!take_driver(r, node, k, s, field))
			return;
		break;
	case TYPE_BYTES:
		fault = config_rules_bytes(k, s, n, field);
		break;
	case TYPE_SHAPE:
		fault = config_rules_shape(s, n, field);
		break;
	case TYPE_RULES:
		fault = config_rules_name(r->c, s, field);
		break;
	case TYPE_NAMES:
	case TYPE_TOKENS:
	case TYPE_VITALS:
	case TYPE_MAP:
	case TYPE_LIST:
		assert(k->type < TYPE_NAMES);
	}
	if (fault != NULL)
		complain_of_value(r, node, k, fault);
	else
		note_place(r, node, field);
}

/* Gives a user or group (after '@') the roles. */
static const char *
add_role(struct config *c, const char *s, unsigned roles)
{
	bool group = s[0] == '@';
	const char *name = group ? s + 1 : s;
	size_t n = strlen(name), i;

	if (n == 0 || n >= sizeof(c->roles[0].name))
		return "is no name of a user or group";
	for (i = 0; i < n; i++)
		if (!is_letter_or_digit(name[i]) && (i == 0 ?
		    name[i] != '_' : strchr("_.-$", name[i]) == NULL))
			return "is no name of a user or group";
	for (i = 0; i < c->roles_n; i++)
		if (c->roles[i].group == group &&
		    strcmp(c->roles[i].name, name) == 0)
			break;
	if (i >= CONFIG_ROLES)
		return "is one user or group too many (there may be 64)";
	if (i == c->roles_n) {
		memcpy(c->roles[i].name, name, n + 1);
		c->roles[i].group = group;
		c->roles_n++;
	}
	c->roles[i].roles |= roles;
	return NULL;
}

/* One of a list of words. */
static const char *
take_item(struct reader *r, const struct config_key *k, const char *s,
    size_t n, void *field)
{
	if (k->type == TYPE_TOKENS)
		return config_rules_token(k, s, n, field);
	if (k->type == TYPE_VITALS)
		return config_rules_vital(s, field);
	return add_role(r->c, s, (unsigned)k->min);
}

static void
take_names(struct reader *r, const yaml_node_t *node,
    const struct config_key *k, void *field)
{
	const yaml_node_item_t *item;

	if (node->type != YAML_SEQUENCE_NODE) {
		complain_of_value(r, node, k, "is not a list");
		return;
	}
	for (item = node->data.sequence.items.start;
	    item < node->data.sequence.items.top; item++) {
		const yaml_node_t *value =
		    yaml_document_get_node(r->doc, *item);
		const char *s, *fault;
		size_t n = 0;

		if ((s = scalar_of(r, value, k, &n)) == NULL)
			continue;
		if ((fault = take_item(r, k, s, n, field)) != NULL)
			complain_of_value(r, value, k, fault);
		else if (k->type != TYPE_NAMES)
			note_place(r, value, field);
	}
}

/* Where the next entry of a list goes. */
static void *
next_element(struct config *c, enum config_section section, void *base)
{
	struct config_channel *channel;
	struct config_bed *bed = base;
	struct config_port *port;

	if (section == SECTION_BED) {
		assert(c->beds_n < CONFIG_BEDS);
		return &c->beds[c->beds_n++];
	}
	if (section == SECTION_MONITOR) {
		assert(c->ports_n < CONFIG_PORTS && bed->ports_n < BOARD_PORTS);
		port = &c->ports[c->ports_n];
		port->bed = (size_t)(bed - c->beds);
		bed->port[bed->ports_n++] = c->ports_n++;
		return port;
	}
	if (section == SECTION_MATCH || section == SECTION_STATUS ||
	    section == SECTION_POLL)
		return config_rules_element(section, base);
	assert(section == SECTION_CHANNEL && c->channels_n < CONFIG_CHANNELS);
	channel = &c->channel[c->channels_n++];
	channel->at_least = PRIORITY_LOW;
	return channel;
}

/* An element of rules is itself named in complaints: its place is noted at a
 * member that no key goes into. */
static void
take_element(struct reader *r, const yaml_node_t *node,
    enum config_section section, void *base)
{
	const void *mark = config_rules_mark(section, base);

	if (mark != NULL)
		note_place(r, node, mark);
	take_map(r, node, section, base);
}

static void
take_list(struct reader *r, const yaml_node_t *node,
    const struct config_key *k, void *base)
{
	const yaml_node_item_t *item = node->data.sequence.items.start;
	int64_t n;

	if (node->type != YAML_SEQUENCE_NODE) {
		complain_of_value(r, node, k, "is not a list (each entry "
		    "begins with \"- \")");
		return;
	}
	n = node->data.sequence.items.top - item;
	if (n < k->min)
		complain_of_value(r, node, k, "the list is empty");
	for (int64_t i = 0; i < n; i++) {
		const yaml_node_t *value =
		    yaml_document_get_node(r->doc, item[i]);

		if (i >= k->max) {
			complain_of_value(r, value, k, "one too many");
			return;
		}
		if (k->inner == SECTION_MONITOR &&
		    r->c->ports_n >= CONFIG_PORTS) {
			complain_at(r->out, value, "monitors: one too many; "
			    "expected at most %d of all beds together",
			    CONFIG_PORTS);
			return;
		}
		take_element(r, value, k->inner,
		    next_element(r->c, k->inner, base));
	}
}

static void
take_section(struct reader *r, const yaml_node_t *node,
    const struct config_key *k, void *base)
{
	size_t before = r->out->n + r->out->more;

	take_map(r, node, k->inner, (char *)base + k->offset);
	/* Nobody at all would read as the default: everything to some. */
	if (k->inner == SECTION_ROLES && r->c->roles_n == 0 &&
	    r->out->n + r->out->more == before)
		complain_at(r->out, node, "roles: nobody is named; expected at "
		    "least one user or group, or no roles at all");
}

static void
take_value(struct reader *r, const yaml_node_t *node,
    const struct config_key *k, void *base)
{
	if (config_yaml_empty(node))
		complain_of_value(r, node, k, "there is no value");
	else if (k->type == TYPE_MAP)
		take_section(r, node, k, base);
	else if (k->type == TYPE_LIST)
		take_list(r, node, k, base);
	else if (k->type == TYPE_NAMES || k->type == TYPE_TOKENS ||
	    k->type == TYPE_VITALS)
		take_names(r, node, k, (char *)base + k->offset);
	else
		take_scalar(r, node, k, (char *)base + k->offset);
}

/* The pair before 'pair' that has the same key; NULL: there is none. */
static const yaml_node_t *
earlier_key(const struct reader *r, const yaml_node_t *map,
    const yaml_node_pair_t *pair, const char *name)
{
	const yaml_node_pair_t *p = map->data.mapping.pairs.start;

	for (; p < pair; p++) {
		const yaml_node_t *key =
		    yaml_document_get_node(r->doc, p->key);
		size_t n;
		const char *s = config_yaml_scalar(key, &n);

		if (s != NULL && strcmp(s, name) == 0)
			return key;
	}
	return NULL;
}

/* The rules of that name. */
static void
take_rules(struct reader *r, const yaml_node_t *key, const yaml_node_t *value,
    const char *name)
{
	struct config_rules *x = NULL;
	const char *fault = config_rules_find(r->c, name, &x);
	size_t before = r->out->n + r->out->more;
	char quoted[CONFIG_TEXT_QUOTED];

	if (fault != NULL) {
		complain_at(r->out, key, "line-rules: %s %s; expected a name "
		    "of letters, digits, '-' and '_', at most %d, and no more "
		    "than %d of them",
		    config_text_quote(quoted, name, strlen(name)), fault,
		    (int)sizeof(x->name) - 1, CONFIG_RULES);
		return;
	}
	x->defined = true;
	note_place(r, key, &x->defined);
	take_map(r, value, SECTION_RULE, x);
	x->faulty = r->out->n + r->out->more > before;
}

static void
take_pair(struct reader *r, const yaml_node_t *map,
    const yaml_node_pair_t *pair, enum config_section section, void *base)
{
	const yaml_node_t *key = yaml_document_get_node(r->doc, pair->key);
	const yaml_node_t *value = yaml_document_get_node(r->doc, pair->value);
	const char *path = config_section_path(section);
	char quoted[CONFIG_TEXT_QUOTED], suggestion[CONFIG_EXPECTED];
	const struct config_key *k;
	const yaml_node_t *first;
	const char *name;
	size_t n;
	int tier;

	name = config_yaml_scalar(key, &n);
	if (name == NULL || memchr(name, '\0', n) != NULL) {
		complain_at(r->out, key, "this is not a plain word; expected "
		    "a key");
		return;
	}
	config_text_quote(quoted, name, n);
	if ((first = earlier_key(r, map, pair, name)) != NULL) {
		complain_at(r->out, key, "the key %s stands here again; "
		    "expected it once, and it is at line %u already", quoted,
		    (unsigned)first->start_mark.line + 1);
		return;
	}
	if ((k = config_key_find(section, name)) != NULL) {
		take_value(r, value, k, base);
		return;
	}
	if (section == SECTION_LIMITS && (tier = tier_find(name)) >= 0) {
		take_map(r, value, SECTION_TIER,
		    &r->c->limits.tier[tier]);
		return;
	}
	if (section == SECTION_VALUES && vital_find(name) >= 0) {
		take_element(r, value, SECTION_VALUE,
		    config_rules_value(base, (enum vital)vital_find(name)));
		return;
	}
	if (section == SECTION_RULES) {
		take_rules(r, key, value, name);
		return;
	}
	config_key_suggest(suggestion, section, name);
	complain_at(r->out, key, "unknown key %s%s%s; %s", quoted,
	    path[0] != '\0' ? " in " : "", path, suggestion);
}

static bool
has_key(const struct reader *r, const yaml_node_t *map, const char *name)
{
	return earlier_key(r, map, map->data.mapping.pairs.top, name) != NULL;
}

static void
take_map(struct reader *r, const yaml_node_t *node,
    enum config_section section, void *base)
{
	const char *path = config_section_path(section);
	const yaml_node_pair_t *pair;

	if (node->type != YAML_MAPPING_NODE) {
		complain_at(r->out, node, "%s%sexpected keys with values, such "
		    "as \"key: value\"", path, path[0] != '\0' ? ": " : "");
		return;
	}
	pair = node->data.mapping.pairs.start;
	if (node->data.mapping.pairs.top - pair > CONFIG_YAML_KEYS) {
		complain_at(r->out, node, "more than %d keys here; "
		    "expected fewer",
		    CONFIG_YAML_KEYS);
		return;
	}
	for (; pair < node->data.mapping.pairs.top; pair++)
		take_pair(r, node, pair, section, base);
	for (size_t i = 0; i < config_keys_n; i++) {
		const struct config_key *k = &config_keys[i];
		char expected[CONFIG_EXPECTED];

		if (k->section != section || !k->required ||
		    has_key(r, node, k->name))
			continue;
		config_key_expected(expected, k);
		complain_at(r->out, node, "%s%sthe key \"%s\" is missing; "
		    "expected %s", path, path[0] != '\0' ? ": " : "", k->name,
		    expected);
	}
}

void
config_fill(struct config *c, yaml_document_t *doc,
    struct config_places *places, struct complaints *out)
{
	struct reader r = { .doc = doc, .c = c, .places = places, .out = out };
	const yaml_node_t *root = yaml_document_get_root_node(doc);

	if (root == NULL || config_yaml_empty(root))
		complain(out, 1, 1, "the file says nothing; expected at least "
		    "the key \"beds\"");
	else
		take_map(&r, root, SECTION_ROOT, c);
}
