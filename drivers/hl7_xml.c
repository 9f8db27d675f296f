/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Tags of HL7's XML encoding.
 *
 * Easy to get wrong: a tag that is not closed by '>' before the next '<' is
 * none, and ends the reading.
 */
#include "drivers/hl7_xml.h"

#include "drivers/driver.h"

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
	t->name.to = close;
	t->content.from = close + 1;
	t->content.to = next;
	*at = next;
	return true;
}
