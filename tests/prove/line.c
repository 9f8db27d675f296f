/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `make prove` runs the driver "line" through: what tests/prove/feed.h feeds
 * a driver, read by any rules whatever.
 *
 * Files: drivers/line.c drivers/line_read.c drivers/line_frame.c
 * Files: drivers/line_cuff.c drivers/stream.c drivers/window.c drivers/text.c
 * Files: drivers/tx.c drivers/driver.c drivers/cuff.c
 * Files: schemas/vital.c schemas/code.c
 * Options: -eva-slevel-function any_rules:2000,any_match:2000,read_line:20,template_allows:400,tx_allowed:100
 * Options: -inline-calls @inline,is_blank,byte_of,holds
 *
 * The rules are not some that were chosen, but all that their struct can hold:
 * more than a configuration can say (daemon/config_rules.c and
 * config_rules_check.c), so that hardly anything hangs on what is checked there:
 *
 * - a bool is true or false;
 * - a message to be sent is no longer than its array (take_bytes()).
 *
 * In one thing they are less: they know one kind of line, not up to eight.  With
 * eight the analysis does not end within minutes.
 *
 * Easy to get wrong: with rules, the driver is not driver_line itself but, as in
 * make_driver() of config_rules_check.c, a copy that may ask; driver_line itself
 * is fed without rules.
 */
#include "tests/prove/feed.h"

#include "drivers/line.h"

extern const struct driver driver_line;

#ifndef MATCHES
#define MATCHES LINE_MATCHES
#endif

static struct line_rules rules;
static struct tx_template polls[LINE_POLLS + 1];
static struct driver driver;

static bool
any_bool(void)
{
	return Frama_C_interval(0, 1) == 1;
}

/* Any value that fits, known or not. */
static uint8_t
any_byte(void)
{
	return (uint8_t)Frama_C_interval(0, UINT8_MAX);
}

static void
any_match(struct line_match *m)
{
	m->repeated = any_bool();
	for (size_t i = 0; i < LINE_PARTS; i++)
		m->part[i].capture = any_bool();
	for (size_t i = 0; i < LINE_VALUES; i++) {
		m->value[i].vital = (enum vital)any_byte();
		m->value[i].captured = any_bool();
		m->value[i].place.hex = any_bool();
	}
	for (size_t i = 0; i < LINE_STATUS; i++) {
		m->status[i].means = (enum quality)any_byte();
		m->status[i].alarm = (enum priority)any_byte();
		m->status[i].nonzero = any_bool();
		m->status[i].place.hex = any_bool();
	}
	m->cuff.place.hex = any_bool();
}

static void
any_rules(void)
{
	Frama_C_make_unknown((char *)&rules, sizeof rules);
	rules.check.byte = any_bool();
	rules.matches_n = (uint8_t)Frama_C_interval(0, MATCHES);
	for (size_t i = 0; i < LINE_MATCHES; i++) {
		any_match(&rules.match[i]);
		(void)line_literal(&rules, &rules.match[i]);
	}
	for (size_t i = 0; i < LINE_POLLS; i++) {
		struct line_text *send = &rules.poll[i].send;

		send->n = (uint8_t)Frama_C_interval(0, LINE_TEXT_MAX);
		polls[i] = (struct tx_template){ .name = "poll",
			.bytes = send->byte, .length = send->n };
	}
	line_prepare(&rules);
}

int
main(void)
{
	struct driver_options none = { 0 }, o = { .rules = &rules };

	if (any_bool())
		feed(&driver_line, &none);
	any_rules();
	driver = driver_line;
	driver.silent_after_ms = (uint32_t)Frama_C_interval(0, INT32_MAX);
	driver.longest = (uint16_t)Frama_C_interval(0, UINT16_MAX);
	driver.evidence = (enum evidence)Frama_C_interval(EVIDENCE_CHECKSUM,
	    EVIDENCE_PATTERN);
	driver.tx = polls;
	driver.request = line_request;
	feed(&driver, &o);
}
