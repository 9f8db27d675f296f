/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A Datascope Accutorr 4 on its PC interface: it says that it is ready, gives
 * a prompt, and answers one letter at a time.  Facts:
 * nibp-and-small-monitors.md 5.
 *
 *	>P: 97, 72,131, 94, 78,000,000,000, 2 <CR><LF>>
 *
 * Easy to get wrong: a letter that comes before the prompt is lost.
 */
#include "tests/sim/monitor.h"

#include <stdio.h>
#include <string.h>

#define ANSWER_MS 60
#define CONTROL_C 0x03

#define NO_SENSOR 1
#define SENSOR_OFF 2
#define SEARCH 8
#define MOTION 2		/* state 2 */

struct accutorr {
	bool started;		/* it has said that it is ready */
	bool prompted;		/* it waits for a letter */
	char letter;		/* that it answers next */
};

static struct accutorr *
state_of(struct monitor *m)
{
	_Static_assert(sizeof(struct accutorr) <= sizeof(m->state),
	    "too large");
	return (struct accutorr *)(void *)&m->state;
}

static void
put_number(char out[8], bool has, int value)
{
	if (has)
		snprintf(out, 8, "%3d", value);
	else
		strcpy(out, " --");
}

static size_t
put_answer(struct monitor *m, int64_t t_ms, char *out)
{
	const struct cuff *c = &m->cuff;
	bool numbers = c->has && !c->failed, pulse = false;
	int64_t age_ms = t_ms - c->ended_ms;
	char x[6][8];
	int state = 0;

	switch (monitor_sees(m, t_ms)) {
	case SEES_PULSE:
		pulse = true;
		break;
	case SEES_SEARCHING:
		state = SEARCH;
		break;
	case SEES_HELD:
	case SEES_OFF:
		state = SENSOR_OFF;
		break;
	case SEES_NO_PROBE:
		state = NO_SENSOR;
		break;
	}
	/* While it closes, the new numbers are there. */
	if (c->phase == CUFF_CLOSING || age_ms < 0)
		age_ms = 0;
	put_number(x[0], pulse, monitor_shows(m, VITAL_SPO2, t_ms, 1));
	put_number(x[1], pulse, monitor_shows(m, VITAL_PR, t_ms, 1));
	put_number(x[2], numbers, c->sys);
	put_number(x[3], numbers, c->map);
	put_number(x[4], numbers, c->dia);
	put_number(x[5], numbers, (int)(age_ms / 60000 % 1000));
	return (size_t)snprintf(out, 80,
	    "P:%s,%s,%s,%s,%s,%03d,000,%03d,%s\r\n>", x[0], x[1], x[2], x[3],
	    x[4], state, c->failed ? MOTION : 0, x[5]);
}

static size_t
accutorr_emit(struct monitor *m, int64_t t_ms, uint8_t out[SIM_OUT_MAX / 2])
{
	static const char limits[] =
	    "L:100, 85,120, 50,180, 90,130, 60,110, 50\r\n>";
	struct accutorr *x = state_of(m);
	size_t n = 0;

	if (!x->started) {
		static const char ready[] =
		    "ACCUTORR PC Interface is ready\r\n>";

		n = sizeof(ready) - 1;
		memcpy(out, ready, n);
	} else if (x->letter == 'P') {
		n = put_answer(m, t_ms, (char *)out);
	} else if (x->letter == 'L') {
		n = sizeof(limits) - 1;
		memcpy(out, limits, n);
	} else {
		out[n++] = '>';
	}
	x->started = x->prompted = true;
	x->letter = 0;
	m->due_ms = SIM_NEVER;
	return n;
}

static void
accutorr_hear(struct monitor *m, int64_t t_ms, const uint8_t *p, size_t n)
{
	struct accutorr *x = state_of(m);

	for (; n > 0; n--, p++) {
		if (*p != CONTROL_C && !x->prompted)
			continue;
		if (*p == CONTROL_C || *p == 'P' || *p == 'L') {
			x->letter = (char)*p;
			x->prompted = false;
			m->due_ms = t_ms + ANSWER_MS;
		}
	}
}

static void
accutorr_start(struct monitor *m, int64_t t_ms)
{
	memset(state_of(m), 0, sizeof(struct accutorr));
	m->due_ms = t_ms;
}

extern const struct sim_driver sim_accutorr;
const struct sim_driver sim_accutorr = {
	.name = "accutorr",
	.has = SIM_PROBE | SIM_CUFF,
	.start = accutorr_start,
	.hear = accutorr_hear,
	.emit = accutorr_emit,
};
