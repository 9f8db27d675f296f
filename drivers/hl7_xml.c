/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tags of HL7's XML encoding.
 *
 * Easy to get wrong: a tag that is not closed by '>' before the next '<' is
 * none, and ends the reading.
 */
#include "drivers/hl7_xml.h"

#include "drivers/driver.h"

static bool
is_name_end(const struct window *w, size_t at, size_t close)
{
	uint8_t c = window_at(w, at);

	return c == ' ' || c == '\t' || c == '\r' || c == '\n' ||
	    (c == '/' && at + 1 == close);
}

bool
hl7_xml_next(const struct window *w, size_t *at, size_t to,
    struct hl7_tag *t)
{
	size_t open = window_find(w, *at, to, '<'), close, next;

	if (open >= to || window_at(w, open) != '<')
		return false;
	close = window_find(w, open + 1, to, '>');
	next = window_find(w, open + 1, to, '<');
	if (close >= to || next < close || window_at(w, close) != '>')
		return false;
	t->closes = window_at(w, open + 1) == '/';
	t->name.from = open + (t->closes ? 2 : 1);
	t->name.to = t->name.from;
	while (t->name.to < close && !is_name_end(w, t->name.to, close))
		t->name.to++;
	t->content.from = close + 1;
	t->content.to = window_at(w, close - 1) == '/' ? close + 1 : next;
	*at = next;
	return true;
}
