/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lists of IEEE 11073-20601 messages.
 *
 * Easy to get wrong: a list that is bad is at its end as well, so that no loop
 * goes on with it; the caller looks at 'bad' behind the loop.
 */
#include "drivers/ieee11073_apdu.h"

/* By event, from PHD_FIXED on; 0D21 is none. */
static const struct {
	bool report, persons;
	enum phd_form form;
} reports[] = {
	{ true, false, PHD_FORM_FIXED },
	{ true, false, PHD_FORM_VARIABLE },
	{ true, true, PHD_FORM_FIXED },
	{ true, true, PHD_FORM_VARIABLE },
	{ false, false, PHD_FORM_FIXED },
	{ true, false, PHD_FORM_VARIABLE },
	{ true, false, PHD_FORM_FIXED },
	{ true, false, PHD_FORM_GROUPED },
	{ true, true, PHD_FORM_VARIABLE },
	{ true, true, PHD_FORM_FIXED },
	{ true, true, PHD_FORM_GROUPED },
	{ true, false, PHD_FORM_VARIABLE },
	{ true, false, PHD_FORM_FIXED },
	{ true, false, PHD_FORM_GROUPED },
	{ true, true, PHD_FORM_VARIABLE },
	{ true, true, PHD_FORM_FIXED },
	{ true, true, PHD_FORM_GROUPED },
};
#define REPORTS (sizeof reports / sizeof reports[0])
_Static_assert(PHD_FIXED + REPORTS - 1 == PHD_SCAN_LAST, "reports");

bool
phd_report_form(unsigned event, enum phd_form *form, bool *persons)
{
	size_t i = event - PHD_FIXED;

	if (event < PHD_FIXED || i >= REPORTS || !reports[i].report)
		return false;
	*form = reports[i].form;
	*persons = reports[i].persons;
	return true;
}

struct phd_list
phd_list(const struct window *w, size_t at, size_t end)
{
	struct phd_list l = { .at = at, .end = at };

	if (end > PHD_LONGEST || at > end || end - at < 4 ||
	    phd_u16(w, at + 2) > end - at - 4) {
		l.bad = true;
		return l;
	}
	l.left = phd_u16(w, at);
	l.at = at + 4;
	l.end = l.at + phd_u16(w, at + 2);
	return l;
}

struct phd_list
phd_whole_list(const struct window *w, size_t at, size_t end)
{
	struct phd_list l = phd_list(w, at, end);

	if (l.end != end)
		l.bad = true;
	return l;
}

size_t
phd_take(struct phd_list *l, size_t n)
{
	size_t at = l->at;

	if (l->bad || n > l->end - l->at) {
		l->bad = true;
		return at;
	}
	l->at += n;
	return at;
}

bool
phd_more(struct phd_list *l)
{
	if (l->bad)
		return false;
	if (l->left == 0) {
		l->bad = l->at != l->end;
		return false;
	}
	l->left--;
	return true;
}

bool
phd_next(const struct window *w, struct phd_list *l, struct phd_item *out)
{
	size_t head;

	if (!phd_more(l))
		return false;
	head = phd_take(l, 4);
	if (l->bad)
		return false;
	out->id = phd_u16(w, head);
	out->length = phd_u16(w, head + 2);
	out->at = phd_take(l, out->length);
	return !l->bad;
}

bool
phd_next_string(const struct window *w, struct phd_list *l,
    struct phd_item *out)
{
	size_t head;

	if (!phd_more(l))
		return false;
	head = phd_take(l, 2);
	if (l->bad)
		return false;
	out->id = 0;
	out->length = phd_u16(w, head);
	out->at = phd_take(l, out->length);
	return !l->bad;
}

struct phd_list
phd_inner(const struct window *w, struct phd_list *l)
{
	struct phd_list inner = phd_list(w, l->at, l->end);

	if (l->bad || inner.bad) {
		l->bad = true;
		inner.bad = true;
		return inner;
	}
	l->at = inner.end;
	return inner;
}
