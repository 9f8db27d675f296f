/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See json.h.
 *
 * Easy to get wrong: numbers are written from scaled integers, not through a
 * float, so that 98.6 stays 98.6.
 */
#include "daemon/json.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/clock.h"

json_t *
json_event_id(struct event_id id)
{
	char text[EVENT_ID_TEXT];

	if (id.n == 0)
		return json_null();
	event_id_format(text, id);
	return json_string(text);
}

json_t *
json_wall(int64_t wall_ms)
{
	char text[CLOCK_TEXT];

	clock_format_utc(wall_ms, text);
	return json_string(text);
}

void
json_scaled_text(int32_t value, unsigned decimals, char out[24])
{
	static const int32_t power[] = { 1, 10, 100, 1000 };
	int32_t p = power[decimals < 4 ? decimals : 3];
	int32_t whole = value / p, rest = value % p;

	if (decimals == 0)
		snprintf(out, 24, "%d", value);
	else
		snprintf(out, 24, "%s%d.%0*d", value < 0 ? "-" : "",
		    abs(whole), (int)(decimals < 4 ? decimals : 3), abs(rest));
}

json_t *
json_scaled(int32_t value, unsigned decimals)
{
	static const double power[] = { 1, 10, 100, 1000 };

	if (decimals == 0)
		return json_integer(value);
	/* Both are exact, so the quotient is the double nearest to the decimal
	 * and is printed as that decimal by JSON_STYLE. */
	return json_real(value / power[decimals < 4 ? decimals : 3]);
}

void
json_cut(char *s)
{
	size_t n = strlen(s), lead = n, length;

	while (lead > 0 && n - lead < 3 &&
	    ((unsigned char)s[lead - 1] & 0xc0) == 0x80)
		lead--;
	if (lead == 0 || (unsigned char)s[lead - 1] < 0xc0)
		return;
	lead--;
	length = (unsigned char)s[lead] >= 0xf0 ? 4 :
	    (unsigned char)s[lead] >= 0xe0 ? 3 : 2;
	if (n - lead < length)
		s[lead] = '\0';
}

const char *
json_short(char out[JSON_SHORT], const char *s)
{
	snprintf(out, JSON_SHORT, "%s", s);
	json_cut(out);
	return out;
}

json_t *
json_infusion(int64_t ms)
{
	return ms == INFUSION_NONE ? json_null() : json_integer(ms);
}

json_t *
json_alarm(const struct alarm_change *c, int64_t t_ms)
{
	const struct vital_info *v;
	json_t *o = json_pack("{s:o, s:s, s:s, s:s, s:s, s:s, s:s, s:s, s:b, s:b, s:b, s:b}",
	    "event", json_event_id(c->event),
	    "condition", c->condition,
	    "tier", c->tier,
	    "type", alarm_type_code(c->type),
	    "phase", alarm_phase_name(c->phase),
	    "state", alarm_state_name(c->state),
	    "priority", priority_name(c->priority),
	    "level", priority_name(c->level),
	    "acknowledged", c->acknowledged,
	    "confirmed", c->confirmed,
	    "paused", c->paused,
	    "demo", c->demo);

	if (o == NULL)
		return NULL;
	json_object_set_new(o, "bed", json_string(c->bed));
	json_object_set_new(o, "session", json_string(c->session));
	json_object_set_new(o, "by", json_string(c->by));
	json_object_set_new(o, "text", json_string(c->text));
	json_object_set_new(o, "infusion_ms", json_infusion(c->infusion_ms));
	json_object_set_new(o, "since_ms", json_integer(c->since_ms));
	json_object_set_new(o, "lasts_ms", json_integer(t_ms - c->since_ms));
	v = &vital_info[c->vital];
	json_object_set_new(o, "vital", c->has_value ?
	    json_string(v->name) : json_null());
	json_object_set_new(o, "value", c->has_value ?
	    json_scaled(c->value, v->shown) : json_null());
	json_object_set_new(o, "limit", c->has_value ?
	    json_scaled(c->limit, v->shown) : json_null());
	json_object_set_new(o, "unit", c->has_value ?
	    json_string(v->unit) : json_null());
	json_object_set_new(o, "age_ms", c->has_value ?
	    json_integer(c->value_age_ms) : json_null());
	return o;
}

json_t *
json_limit(const struct limit *l)
{
	return json_pack("{s:b, s:s, s:i, s:i, s:i}", "on", l->on,
	    "priority", priority_name(l->priority), "limit", l->limit,
	    "clear", l->clear, "delay_ms", l->delay_ms);
}

json_t *
json_baseline(const struct baseline *b)
{
	json_t *o = json_object();

	for (int i = 0; o != NULL && i < SUBJECTS; i++)
		if (b->has[i])
			json_object_set_new(o, subject_name[i],
			    json_integer(b->value[i]));
	return o;
}

bool
json_read_baseline(const json_t *o, struct baseline *out, char *error,
    size_t error_size)
{
	struct baseline b = { 0 };
	char name[JSON_SHORT];
	const char *key;
	json_t *value;

	if (!json_is_object(o)) {
		snprintf(error, error_size, "the baseline must be an object "
		    "such as {\"spo2\": 97}");
		return false;
	}
	json_object_foreach((json_t *)o, key, value) {
		int i = 0;
		const struct vital_info *v;

		while (i < SUBJECTS && strcmp(subject_name[i], key) != 0)
			i++;
		if (i == SUBJECTS) {
			snprintf(error, error_size, "\"%s\" is no part of "
			    "a baseline; expected heart-rate, spo2, rr, "
			    "nibp-sys, nibp-dia or nibp-map",
			    json_short(name, key));
			return false;
		}
		v = &vital_info[subject_vital((enum subject)i)];
		if (!json_is_integer(value) || json_integer_value(value) < 1 ||
		    json_integer_value(value) > 400) {
			snprintf(error, error_size, "%s must be a whole "
			    "number of %s", key, v->unit);
			return false;
		}
		b.has[i] = true;
		b.value[i] = (int32_t)json_integer_value(value);
	}
	*out = b;
	return true;
}

bool
json_read_limit(const json_t *o, struct limit *out, char *error,
    size_t error_size)
{
	int on = 0, limit = 0, clear = 0, delay = 0, p;
	const char *priority = "";

	if (json_unpack((json_t *)o, "{s:b, s:s, s:i, s:i, s:i}", "on", &on,
	    "priority", &priority, "limit", &limit, "clear", &clear,
	    "delay_ms", &delay) != 0 || (p = priority_find(priority)) < 0) {
		snprintf(error, error_size, "not a limit");
		return false;
	}
	*out = (struct limit){ .on = on, .priority = (enum priority)p,
		.limit = limit, .clear = clear, .delay_ms = delay };
	return true;
}
