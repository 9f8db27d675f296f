/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The JSON forms that the sockets and the exports share (docs/protocol.md).
 *
 * Easy to get wrong: every function returns a new reference, or NULL when
 * memory is short; json_object_set_new() takes NULL and fails, which the
 * callers' final check finds.
 */
#ifndef DAEMON_JSON_H
#define DAEMON_JSON_H

#include <jansson.h>

#include "alerts/board.h"
#include "schemas/record.h"

/* How everything is printed: 15 digits, so that each number that
 * json_scaled() makes comes out as the decimal that it was. */
#define JSON_STYLE (JSON_COMPACT | JSON_REAL_PRECISION(15))

json_t *json_event_id(struct event_id id);	/* a string; null for none */
json_t *json_wall(int64_t wall_ms);		/* RFC 3339, UTC, ms */
json_t *json_scaled(int32_t value, unsigned decimals);	/* a number */
/* The same as text, "36.6": for screens. */
void json_scaled_text(int32_t value, unsigned decimals, char out[24]);
json_t *json_infusion(int64_t ms);		/* null for INFUSION_NONE */

/* Takes off the beginning of a character that snprintf() cut at the end: half
 * a character is no JSON, and the message that holds it could not be sent. */
void json_cut(char *s);

/* The beginning of a text that a peer made up, for a sentence about it. */
#define JSON_SHORT 64
const char *json_short(char out[JSON_SHORT], const char *s);

/* An alarm as status, watch and alarm.list show it, at t_ms. */
json_t *json_alarm(const struct alarm_change *c, int64_t t_ms);

/* A limit: {on, priority, limit, clear, delay_ms}. */
json_t *json_limit(const struct limit *l);

/* A baseline: {"spo2": 97, ...}, subjects without a value left out. */
json_t *json_baseline(const struct baseline *b);

/* The other way round: false with a sentence if it is not such an object. */
bool json_read_baseline(const json_t *o, struct baseline *out, char *error,
    size_t error_size) MUST_CHECK;
bool json_read_limit(const json_t *o, struct limit *out, char *error,
    size_t error_size) MUST_CHECK;

#endif
