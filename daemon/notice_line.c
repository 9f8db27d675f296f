/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See notice_line.h.
 *
 * Easy to get wrong: a word is as long as its array at the most, and one blank
 * is between two; what is almost such a line is none.
 */
#include "daemon/notice_line.h"

#include <stdio.h>
#include <string.h>

#include "schemas/code.h"

static const char begin[] = "notice ";
static const char *const kinds[] = { "alarm", "heartbeat" };

size_t
notice_line_put(char out[NOTICE_LINE_MAX], const struct notice *n,
    bool heartbeat)
{
	char key[EVENT_ID_TEXT];

	_Static_assert(NOTICE_LINE_MAX >= sizeof begin + EVENT_ID_TEXT +
	    CHANNEL_MAX + sizeof "medium heartbeat", "all words");
	event_id_format(key, n->key);
	return (size_t)snprintf(out, NOTICE_LINE_MAX, "%s%s %s %s %s", begin,
	    key, n->channel, priority_name(n->priority), kinds[heartbeat]);
}

bool
notice_line_is(const char *line)
{
	return strncmp(line, begin, sizeof begin - 1) == 0;
}

/* Takes the word at *at, which ends with 'end', and steps behind that. */
static bool
take_word(const char **at, char end, char *out, size_t cap)
{
	size_t n = strcspn(*at, " ");

	if (n == 0 || n >= cap || (*at)[n] != end)
		return false;
	memcpy(out, *at, n);
	out[n] = '\0';
	*at += n + (end != '\0');
	return true;
}

bool
notice_line_parse(const char *line, struct notice *out, bool *heartbeat)
{
	const char *at = line + sizeof begin - 1;
	char key[EVENT_ID_TEXT], priority[sizeof "medium"];
	char kind[sizeof "heartbeat"];
	int p;

	if (!notice_line_is(line) ||
	    !take_word(&at, ' ', key, sizeof key) ||
	    !take_word(&at, ' ', out->channel, sizeof out->channel) ||
	    !take_word(&at, ' ', priority, sizeof priority) ||
	    !take_word(&at, '\0', kind, sizeof kind) ||
	    !event_id_parse(key, &out->key))
		return false;
	p = priority_find(priority);
	if (p < 0)
		return false;
	out->priority = (enum priority)p;
	*heartbeat = strcmp(kind, kinds[true]) == 0;
	return *heartbeat || strcmp(kind, kinds[false]) == 0;
}
