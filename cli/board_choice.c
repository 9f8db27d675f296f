/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is selected on the board; see board_choice.h.
 *
 * Easy to get wrong: Tab must never lead past a high alarm to a low one,
 * wherever the selection stands.
 */
#include "cli/board_choice.h"

#include <string.h>

const struct state_alarm *
board_choice_alarms(const struct board_choice *c, const struct state *s,
    size_t *n)
{
	*n = 0;
	if (c->bed == BOARD_BOX) {
		*n = s->alarms_n;
		return s->alarm;
	}
	if (c->bed < 0 || (size_t)c->bed >= s->beds_n)
		return NULL;
	*n = s->bed[c->bed].alarms_n;
	return s->bed[c->bed].alarm;
}

/* The place of the chosen event; n where it is not there. */
static size_t
event_find(const struct board_choice *c, const struct state_alarm *a, size_t n)
{
	size_t i = 0;

	while (i < n && strcmp(a[i].event, c->event) != 0)
		i++;
	return i;
}

void
board_choice_alarm(struct board_choice *c, const struct state *s, int step)
{
	size_t n, i;
	const struct state_alarm *a = board_choice_alarms(c, s, &n);

	if (n == 0) {
		c->event[0] = '\0';
		return;
	}
	i = event_find(c, a, n);
	if (i == n)
		i = 0;
	else if (step < 0 && i > 0)
		i--;
	else if (step > 0 && i + 1 < n)
		i++;
	memcpy(c->event, a[i].event, sizeof(c->event));
}

void
board_choice_bed(struct board_choice *c, const struct state *s, int step)
{
	int last = (int)s->beds_n - 1;

	c->bed += step;
	if (c->bed < BOARD_BOX)
		c->bed = last;
	else if (c->bed > last)
		c->bed = BOARD_BOX;
	c->event[0] = '\0';
	board_choice_alarm(c, s, 0);
}

static bool
calls(const struct state_alarm *a, enum priority priority)
{
	return !a->acknowledged && !a->paused && a->priority >= priority;
}

/* The most urgent priority that calls anywhere. */
static enum priority
worst_calling(const struct state *s)
{
	enum priority worst = PRIORITY_NONE;

	for (int bed = BOARD_BOX; bed < (int)s->beds_n; bed++) {
		struct board_choice there = { .bed = bed };
		size_t n;
		const struct state_alarm *a = board_choice_alarms(&there, s,
		    &n);

		for (size_t i = 0; i < n; i++)
			if (calls(&a[i], PRIORITY_NONE) &&
			    a[i].priority > worst)
				worst = a[i].priority;
	}
	return worst;
}

bool
board_choice_calling(struct board_choice *c, const struct state *s)
{
	enum priority worst = worst_calling(s);
	struct board_choice first = { .event = "" }, next = first;
	bool passed = false;

	if (worst == PRIORITY_NONE)
		return false;
	for (int bed = BOARD_BOX; bed < (int)s->beds_n; bed++) {
		struct board_choice there = { .bed = bed };
		size_t n;
		const struct state_alarm *a = board_choice_alarms(&there, s,
		    &n);

		for (size_t i = 0; i < n; i++) {
			if (!calls(&a[i], worst))
				continue;
			memcpy(there.event, a[i].event, sizeof(there.event));
			if (first.event[0] == '\0')
				first = there;
			if (passed && next.event[0] == '\0')
				next = there;
			if (bed == c->bed && strcmp(c->event, a[i].event) == 0)
				passed = true;
		}
	}
	*c = next.event[0] ? next : first;
	return true;
}

bool
board_choice_follow(struct board_choice *c, const struct state *s)
{
	char before[EVENT_ID_TEXT];

	memcpy(before, c->event, sizeof(before));
	if (c->bed >= (int)s->beds_n)
		c->bed = 0;
	board_choice_alarm(c, s, 0);
	return strcmp(before, c->event) != 0;
}
