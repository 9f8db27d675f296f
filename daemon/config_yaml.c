/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The text of a YAML file as a libyaml document.
 *
 * Easy to get wrong: for bytes that are no characters libyaml gives an offset
 * but no line, and stops at the first.  So the bytes are looked at here, line
 * by line, before libyaml sees them.
 */
#include "daemon/config_yaml.h"

#include <stdio.h>
#include <string.h>

/* The length of the character at p, 0 if it is none that YAML 1.1 allows
 * (its section 5.1); the code point goes to *out. */
static size_t
character_length(const unsigned char *p, size_t n, uint32_t *out)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t length = p[0] < 0x80 ? 1 : (p[0] & 0xe0) == 0xc0 ? 2 :
	    (p[0] & 0xf0) == 0xe0 ? 3 : (p[0] & 0xf8) == 0xf0 ? 4 : 0;
	uint32_t c;

	if (length == 0 || length > n)
		return 0;
	c = length == 1 ? p[0] : p[0] & (0x7fu >> length);
	for (size_t i = 1; i < length; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3fu);
	}
	if (c < least[length] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	*out = c;
	return length;
}

static bool
character_allowed(uint32_t c)
{
	if (c < 0x20)
		return c == '\t' || c == '\n' || c == '\r';
	if (c < 0xa0)
		return c < 0x7f || c == 0x85;
	return c != 0xfffe && c != 0xffff;
}

/* Complains of the first byte of each line that is no clean text. */
static bool
check_bytes(const unsigned char *p, size_t n, struct complaints *out)
{
	unsigned line = 1, column = 1;
	bool clean = true, skip = false;

	for (size_t i = 0; i < n; ) {
		uint32_t c = 0;
		size_t length = character_length(p + i, n - i, &c);

		if ((length == 0 || !character_allowed(c)) && !skip) {
			if (length == 0)
				complain(out, line, column, "byte 0x%02x is not"
				    " UTF-8; expected text in UTF-8", p[i]);
			else
				complain(out, line, column, "control character "
				    "U+%04X; expected text", (unsigned)c);
			clean = false;
			skip = true;
		}
		if (c == '\n' || (c == '\r' && !(i + 1 < n &&
		    p[i + 1] == '\n'))) {
			line++;
			column = 1;
			skip = false;
		} else {
			column++;
		}
		i += length == 0 ? 1 : length;
	}
	return clean;
}

static void
start_parser(yaml_parser_t *parser, const char *text, size_t n)
{
	yaml_parser_set_encoding(parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(parser, (const unsigned char *)text, n);
}

/* The byte at a mark, which counts characters; n: none. */
static size_t
offset_of(const char *text, size_t n, const yaml_mark_t *at)
{
	size_t i = 0;

	for (size_t c = 0; i < n && c < at->index; c++)
		for (i++; i < n && ((unsigned char)text[i] & 0xc0) == 0x80; )
			i++;
	return i;
}

/* Whether a key with its colon stands before that byte on its line. */
static bool
is_behind_key(const char *text, size_t i)
{
	while (i > 0 && text[i - 1] != '\n' && text[i - 1] != '\r') {
		i--;
		if (text[i] == ':' && text[i + 1] == ' ')
			return true;
	}
	return false;
}

/* What libyaml does not say about the most common slips. */
static const char *
hint_at(const char *text, size_t n, size_t i, const char *problem)
{
	if (i < n && text[i] == '@')
		return "; a name with '@' must stand in quotes";
	if (i < n && (text[i] == '`' || text[i] == '%'))
		return "; a text that begins so must stand in quotes";
	if (i < n && text[i] == '\t')
		return "; this is a tab, expected blanks";
	if (i < n && text[i] == ':' && is_behind_key(text, i))
		return "; a text with a colon in it must stand in quotes";
	if (strcmp(problem, "mapping values are not allowed in this context")
	    == 0)
		return "; expected \"key: value\", each key as far to the right "
		    "as those beside it";
	if (strcmp(problem, "did not find expected key") == 0)
		return "; is a quote above not closed, or this line further to "
		    "the right or left than those beside it?";
	return "";
}

static void
complain_of_syntax(const yaml_parser_t *parser, const char *text, size_t n,
    struct complaints *out)
{
	const yaml_mark_t *at = &parser->problem_mark;
	const yaml_mark_t *from = &parser->context_mark;
	const char *problem = parser->problem != NULL ? parser->problem :
	    "not YAML";
	const char *context = parser->context;
	char begin[48] = "";
	size_t i = offset_of(text, n, at), opened;

	if (parser->error == YAML_MEMORY_ERROR) {
		complain(out, 0, 0, "out of memory");
		return;
	}
	/* The end of the file, to which it goes on, says nothing. */
	if (context != NULL && strcmp(context, "while scanning a quoted scalar")
	    == 0 && i >= n && (opened = offset_of(text, n, from)) < n) {
		complain(out, (unsigned)from->line + 1,
		    (unsigned)from->column + 1, "the quote that opens here is "
		    "never closed; expected another %c behind the text",
		    text[opened]);
		return;
	}
	if (context != NULL && from->line != at->line)
		snprintf(begin, sizeof(begin), " (it begins at %u:%u)",
		    (unsigned)from->line + 1, (unsigned)from->column + 1);
	complain(out, (unsigned)at->line + 1, (unsigned)at->column + 1,
	    "%s%s%s%s%s", context != NULL ? context : "", begin,
	    context != NULL ? ": " : "", problem,
	    hint_at(text, n, i, problem));
}

struct gate {
	unsigned documents, depth;
	struct complaints *out;
};

static void
refuse(const struct gate *g, const yaml_event_t *e, const char *what,
    const char *why)
{
	complain(g->out, (unsigned)e->start_mark.line + 1,
	    (unsigned)e->start_mark.column + 1, "%s; %s", what, why);
}

static void
refuse_marks(const struct gate *g, const yaml_event_t *e, const void *anchor,
    const void *tag)
{
	if (anchor != NULL)
		refuse(g, e, "an anchor (&)", "anchors are not taken here");
	if (tag != NULL)
		refuse(g, e, "a tag (!)", "expected the bare value");
}

/* False where there is no point in reading on. */
static bool
gate_event(struct gate *g, const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++g->documents < 2)
			return true;
		refuse(g, e, "a second document begins here",
		    "expected one document in the file");
		return false;
	case YAML_ALIAS_EVENT:
		refuse(g, e, "an alias (*)",
		    "expected the value itself, written out");
		return true;
	case YAML_SCALAR_EVENT:
		refuse_marks(g, e, e->data.scalar.anchor, e->data.scalar.tag);
		return true;
	case YAML_SEQUENCE_START_EVENT:
		refuse_marks(g, e, e->data.sequence_start.anchor,
		    e->data.sequence_start.tag);
		break;
	case YAML_MAPPING_START_EVENT:
		refuse_marks(g, e, e->data.mapping_start.anchor,
		    e->data.mapping_start.tag);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		g->depth--;
		return true;
	case YAML_NO_EVENT:
	case YAML_STREAM_START_EVENT:
	case YAML_STREAM_END_EVENT:
	case YAML_DOCUMENT_END_EVENT:
		return true;
	}
	if (++g->depth <= CONFIG_YAML_DEPTH)
		return true;
	refuse(g, e, "nested too deeply", "expected at most 16 levels");
	return false;
}

/* Goes through the file as events. */
static void
check_events(const char *text, size_t n, struct complaints *out)
{
	struct gate g = { .out = out };
	bool more = true;
	yaml_parser_t parser;
	yaml_event_t e;

	if (!yaml_parser_initialize(&parser)) {
		complain(out, 0, 0, "out of memory");
		return;
	}
	start_parser(&parser, text, n);
	while (more) {
		if (!yaml_parser_parse(&parser, &e)) {
			complain_of_syntax(&parser, text, n, out);
			break;
		}
		more = gate_event(&g, &e) && e.type != YAML_STREAM_END_EVENT;
		yaml_event_delete(&e);
	}
	yaml_parser_delete(&parser);
}

bool
config_yaml_load(yaml_document_t *out, const char *text, size_t n,
    struct complaints *complaints)
{
	size_t before = complaints->n + complaints->more;
	yaml_parser_t parser;
	bool ok;

	if (n > CONFIG_FILE_MAX) {
		complain(complaints, 0, 0, "larger than %d KiB; expected a "
		    "configuration file", CONFIG_FILE_MAX / 1024);
		return false;
	}
	/* Told the encoding, libyaml takes a byte order mark for text. */
	if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		n -= 3;
	}
	if (!check_bytes((const unsigned char *)text, n, complaints))
		return false;
	check_events(text, n, complaints);
	if (complaints->n + complaints->more > before)
		return false;
	if (!yaml_parser_initialize(&parser)) {
		complain(complaints, 0, 0, "out of memory");
		return false;
	}
	start_parser(&parser, text, n);
	ok = yaml_parser_load(&parser, out);
	if (!ok)
		complain_of_syntax(&parser, text, n, complaints);
	yaml_parser_delete(&parser);
	return ok;
}

const char *
config_yaml_scalar(const yaml_node_t *node, size_t *n)
{
	if (node->type != YAML_SCALAR_NODE)
		return NULL;
	*n = node->data.scalar.length;
	return (const char *)node->data.scalar.value;
}

bool
config_yaml_quoted(const yaml_node_t *node)
{
	return node->type == YAML_SCALAR_NODE &&
	    node->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
}

bool
config_yaml_empty(const yaml_node_t *node)
{
	const char *s;
	size_t n;

	if ((s = config_yaml_scalar(node, &n)) == NULL ||
	    config_yaml_quoted(node))
		return false;
	return n == 0 || strcmp(s, "~") == 0 || strcmp(s, "null") == 0;
}
