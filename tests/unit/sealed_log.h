/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What the tests of verification, backup and retention share: a store's log of
 * some sessions, ended and sealed.
 *
 * Easy to get wrong: a session is sealed by a clean stop, so each of them is
 * written by a process start of its own.
 */
#ifndef TESTS_UNIT_SEALED_LOG_H
#define TESTS_UNIT_SEALED_LOG_H

#include "tests/unit/store_help.h"

/* So that readings can be found in the file: 0x5a5a5a00 + 16 x seconds + i. */
#define MARKED_VALUE 1515870720

/* Ten readings of each bed a second apart, a mark, an alarm, its notice and
 * delivery, a source; from_ms names the session. */
static inline void
fill_session(struct fixture *f, const char *id, int64_t from_ms)
{
	uint64_t n = (uint64_t)from_ms;
	struct record r = statement(STATEMENT_SESSION_START, n, from_ms);

	strcpy(r.statement.session, id);
	put(f, from_ms, &r);
	for (int i = 0; i < 10; i++) {
		struct now now = at(from_ms + 1000 * i);
		struct reading x = { .vital = VITAL_SPO2, .value = 9700 };

		put_hr(f, from_ms + 1000 * i, MARKED_VALUE +
		    (int)(from_ms / 1000) * 16 + i);
		store_reading(f->store, &now, 1, &x);
	}
	r = statement(STATEMENT_MARK, n + 1, from_ms + 3000);
	strcpy(r.statement.session, id);
	snprintf(r.statement.text, sizeof r.statement.text, "mark-of-%s", id);
	put(f, from_ms + 9100, &r);
	r = (struct record){ .class = RECORD_ALARM };
	r.alarm = (struct alarm_change){ .event = { 0xa2, n + 2 },
		.condition = "spo2-low", .state = ALARM_ACTIVE,
		.priority = PRIORITY_HIGH, .level = PRIORITY_HIGH,
		.bed = "CHAIR3", .infusion_ms = INFUSION_NONE,
		.since_ms = from_ms };
	strcpy(r.alarm.session, id);
	snprintf(r.alarm.text, sizeof r.alarm.text, "alarm-of-%s", id);
	put(f, from_ms + 9200, &r);
	r = (struct record){ .class = RECORD_NOTICE };
	r.notice = (struct notice){ .key = { 5, n }, .channel = "desk",
		.event = { 0xa2, n + 2 } };
	r.notice.length = (size_t)snprintf(r.notice.body,
	    sizeof r.notice.body, "notice-of-%s", id);
	put(f, from_ms + 9200, &r);
	r = (struct record){ .class = RECORD_DELIVERY };
	r.delivery = (struct delivery){ .key = { 5, n }, .channel = "desk",
		.attempt = 1, .outcome = OUTCOME_DELIVERED };
	snprintf(r.delivery.detail, sizeof r.delivery.detail,
	    "delivery-of-%s", id);
	put(f, from_ms + 9300, &r);
	r = (struct record){ .class = RECORD_EVENT };
	r.event.kind = EVENT_SOURCE;
	strcpy(r.event.session, id);
	snprintf(r.event.text, sizeof r.event.text, "event-of-%s", id);
	put(f, from_ms + 9400, &r);
	r = statement(STATEMENT_SESSION_END, n + 3, from_ms + 9900);
	strcpy(r.statement.session, id);
	await(f, put(f, from_ms + 9900, &r));
}

static inline void
run_sealed_session(struct fixture *f, const char *id, int64_t from_ms)
{
	f->options.now = at(from_ms - 500);
	open_store(f);
	fill_session(f, id, from_ms);
	close_store(f, from_ms + 10000);
}

#endif
