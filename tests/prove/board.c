/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `make prove` runs all alarm conditions of a bed through, with one to four
 * monitors: any readings and frames, links, sessions, phases, pauses, limits,
 * baselines and acknowledgements, restored after a restart or not, at any times
 * and in any order, with all that may be asked in between, for ever.
 *
 * Files: alerts/board.c alerts/ladder.c alerts/technical.c alerts/source.c
 * Files: alerts/sight.c alerts/slices.c alerts/phrase.c alerts/rule.c
 * Files: alerts/alarm.c schemas/vital.c schemas/code.c schemas/record.c
 * Options: -eva-plevel 34 -eva-ilevel 16 -eva-widening-period 1
 * Options: -eva-slevel-function slices_sum:10,board_init:60,set_up:60,any_limits:60
 *
 * Easy to get wrong: delays are not negative and a share is one of a hundred, as
 * the configuration has it; limits may be any number.
 */
#include "alerts/board.h"
#include "drivers/driver.h"
#include "tests/prove/any.h"

#define READINGS 3	/* in one frame */

static struct id_source ids;
static struct board board;
static struct port_state port[BOARD_PORTS];
static char by[SLOTS][BY_MAX];
static uint8_t sample[SUBJECT_LEVELS][SAMPLES];
static struct limit_set limits;
static struct baseline baseline;
static bool told;

static void
take_alarm(void *arg, int64_t t_ms, const struct alarm_change *c)
{
	(void)arg, (void)t_ms, (void)c;
	told = true;
}

static void
take_source(void *arg, int64_t t_ms, enum subject s, int from)
{
	(void)arg, (void)t_ms, (void)s, (void)from;
}

static void
take_armed(void *arg, int64_t t_ms, enum ladder l)
{
	(void)arg, (void)t_ms, (void)l;
}

static int32_t
any_span(void)
{
	return upto(INT32_MAX);
}

static void
any_limits(struct limit_set *l)
{
	for (int i = 0; i < TIERS; i++)
		l->tier[i] = (struct limit){ any_bool(),
		    (enum priority)upto(PRIORITIES - 1), any_int32(),
		    any_int32(), any_span() };
	l->no_data_ms = any_span();
	l->no_data_high_ms = any_span();
	l->no_value_ms = any_span();
	l->no_value_cuff_ms = any_span();
	l->no_rr_ms = any_span();
	l->nibp_due_baseline_ms = any_span();
	l->nibp_due_infusion_ms = any_span();
	l->nibp_due_recovery_ms = any_span();
	l->reject_percent = upto(100);
	l->frozen_ms = any_span();
	l->clear_ms = any_span();
	l->arm_ms = any_span();
	l->idle_vitals_ms = any_span();
}

static void
any_baseline(struct baseline *b)
{
	for (int i = 0; i < SUBJECTS; i++) {
		b->has[i] = any_bool();
		b->value[i] = any_int32();
	}
}

static void
any_reading(struct reading *r)
{
	*r = (struct reading){ .vital = (enum vital)upto(VITALS - 1),
	    .quality = (enum quality)upto(QUALITIES - 1),
	    .flags = (uint8_t)upto(UINT8_MAX), .value = any_int32(),
	    .age_ms = any_int64() };
}

static void
set_up(size_t ports_n)
{
	static const struct board_sink sink = { NULL, take_alarm, take_source,
	    take_armed };
	static struct board_port ports[BOARD_PORTS];
	struct board_room room = { port, by, { sample[0], sample[1],
	    sample[2] } };

	any_limits(&limits);
	for (size_t i = 0; i < BOARD_PORTS; i++)
		ports[i] = (struct board_port){ "bed/monitor", any_span(),
		    any_bool() };
	board_init(&board, &limits, ports, ports_n, &room, &sink, &ids,
	    any_time());
}

static void
hear(void)
{
	static struct reading r[READINGS];
	size_t from = (size_t)upto(BOARD_PORTS);

	for (size_t i = 0; i < READINGS; i++)
		any_reading(&r[i]);
	switch (upto(3)) {
	case 0:
		board_reading(&board, any_time(), from, &r[0]);
		break;
	case 1:
		board_frame(&board, any_time(), from, any_bool());
		board_lost(&board, any_time(), from,
		    (uint16_t)Frama_C_interval(0, UINT16_MAX));
		break;
	case 2:
		board_link(&board, any_time(), from,
		    (enum line_state)upto(LINE_STATES - 1));
		board_shares(&board, from, any_bool() ? "bed/another" : NULL);
		break;
	default:
		board_take(&board, any_time(), from, any_bool(), r,
		    (size_t)upto(READINGS));
		break;
	}
}

static void
state(void)
{
	static struct alarm_change change;
	bool armed[LADDERS] = { false };

	switch (upto(8)) {
	case 0:
		board_open(&board, any_time(), &limits);
		break;
	case 1:
		for (int i = 0; i < LADDERS; i++)
			armed[i] = any_bool();
		any_baseline(&baseline);
		board_restore(&board, any_time(), any_time(), &limits, armed, &baseline);
		break;
	case 2:
		any_change(&change);
		board_adopt(&board, any_time(), &change);
		break;
	case 3:
		board_close(&board, any_time(), "the session has ended");
		break;
	case 4:
		board_phase(&board, any_time(), (enum phase)upto(PHASES - 1));
		break;
	case 5:
		board_limits(&board, any_time(), &limits);
		break;
	case 6:
		any_baseline(&baseline);
		board_baseline(&board, any_time(), &baseline);
		break;
	case 7:
		(void)board_pause(&board, any_time(), any_time());
		break;
	default:
		(void)!board_ack(&board, any_time(), any_id(), "nurse");
		break;
	}
}

static void
look(void)
{
	static struct alarm_change view[3];

	(void)board_next_ms(&board);
	(void)board_view(&board, view, (size_t)upto(3));
	(void)board_holds(&board, any_id());
	(void)board_worst(&board);
	(void)board_armed(&board, (enum ladder)upto(LADDERS - 1));
	(void)board_source(&board, (enum subject)upto(SUBJECTS - 1));
	(void)board_paused_until(&board);
	board_suggest(&board, any_time(), &baseline);
}

static void
run(size_t ports_n)
{
	set_up(ports_n);
	while (1) {
		switch (upto(3)) {
		case 0:
			hear();
			break;
		case 1:
			state();
			break;
		case 2:
			look();
			break;
		default:
			board_tick(&board, any_time());
			break;
		}
		if (told)
			Frama_C_show_each_sound_change(ports_n);
	}
}

/* A number of ports that is known: of a range of them, no index could be told
 * from the number. */
int
main(void)
{
	switch (upto(3)) {
	case 0:
		run(1);
		break;
	case 1:
		run(2);
		break;
	case 2:
		run(3);
		break;
	default:
		run(4);
		break;
	}
}
