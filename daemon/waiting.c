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

void
waiting_init(struct waiting_list *l, size_t max)
{
	*l = (struct waiting_list){ .max = max };
	l->last = &l->first;
	l->spare = malloc(sizeof *l->spare);
}

void
waiting_free(struct waiting_list *l)
{
	while (l->first != NULL)
		waiting_remove(l, &l->first);
	free(l->spare);
	l->spare = NULL;
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
	free(take_off(l, at));
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

int
waiting_add(struct waiting_list *l, const struct notice *n, int64_t made_ms,
    struct waiting **added, struct waiting **aside)
{
	size_t size = offsetof(struct waiting, notice.body) + n->length + 1;
	struct waiting *w = malloc(size);

	if (w == NULL) {
		w = l->spare;
		l->spare = NULL;
	} else if (l->spare == NULL) {
		l->spare = malloc(sizeof *l->spare);
	}
	if (w == NULL)
		return -ENOMEM;
	memset(w, 0, size);
	memcpy(&w->notice, n, offsetof(struct notice, body) + n->length);
	w->made_ms = made_ms;
	w->offered_ms = INT64_MIN;
	if (l->n >= l->max) {
		*aside = make_room(l, n->priority);
		if (*aside == NULL) {
			*aside = w;
			*added = NULL;
			return 0;
		}
	}
	*l->last = w;
	l->last = &w->next;
	l->n++;
	*added = w;
	return 0;
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
