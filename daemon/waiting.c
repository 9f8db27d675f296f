/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See waiting.h.
 *
 * Easy to get wrong: 'last' points into the list's last element; whoever takes
 * that one off puts 'last' back to where it hung.
 */
#include "daemon/waiting.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

int
waiting_init(struct waiting_list *l, size_t max)
{
	*l = (struct waiting_list){ .max = max };
	l->last = &l->first;
	l->place = calloc(max + 1, sizeof *l->place);
	return l->place != NULL ? 0 : -ENOMEM;
}

void
waiting_free(struct waiting_list *l)
{
	free(l->place);
	*l = (struct waiting_list){ .last = &l->first };
}

/* One of max + 1 places, of which the list holds max at the most. */
static struct waiting *
take_place(struct waiting_list *l)
{
	struct waiting *w = l->unused;

	if (w == NULL)
		return &l->place[l->touched++];
	l->unused = w->next;
	return w;
}

static void
give_back(struct waiting_list *l, struct waiting *w)
{
	w->next = l->unused;
	l->unused = w;
}

static struct waiting *
take_off(struct waiting_list *l, struct waiting **at)
{
	struct waiting *w = *at;

	*at = w->next;
	if (l->last == &w->next)
		l->last = at;
	l->n--;
	return w;
}

void
waiting_remove(struct waiting_list *l, struct waiting **at)
{
	give_back(l, take_off(l, at));
}

/* The list is full: the oldest of the least urgent gives way, unless the new
 * one is less urgent than all; NULL then. */
static struct waiting *
make_room(struct waiting_list *l, enum priority priority)
{
	struct waiting **least = NULL;

	for (struct waiting **at = &l->first; *at != NULL; at = &(*at)->next)
		if (least == NULL ||
		    (*at)->notice.priority < (*least)->notice.priority)
			least = at;
	if (least == NULL || (*least)->notice.priority > priority)
		return NULL;
	return take_off(l, least);
}

struct waiting *
waiting_add(struct waiting_list *l, const struct notice *n, int64_t made_ms,
    const struct waiting **aside)
{
	struct waiting *w = take_place(l), *gave_way = NULL;

	memset(w, 0, offsetof(struct waiting, notice));
	w->made_ms = made_ms;
	w->offered_ms = INT64_MIN;
	memcpy(&w->notice, n, offsetof(struct notice, body) + n->length);
	if (l->n >= l->max) {
		gave_way = make_room(l, n->priority);
		if (gave_way == NULL)
			gave_way = w;
		give_back(l, gave_way);
	}
	*aside = gave_way;
	if (gave_way == w)
		return NULL;
	*l->last = w;
	l->last = &w->next;
	l->n++;
	return w;
}

struct waiting **
waiting_find(struct waiting_list *l, struct event_id key, const char *channel)
{
	struct waiting **at = &l->first;

	while (*at != NULL && !(event_id_equal((*at)->notice.key, key) &&
	    strcmp((*at)->notice.channel, channel) == 0))
		at = &(*at)->next;
	return at;
}
