/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What all drivers share: the list of readings that a frame yields, and the
 * names of the diagnoses.
 *
 * Easy to get wrong: the value of a reading without a value is 0, so that a
 * careless reader finds no number that a monitor once sent.
 */
#include "drivers/driver.h"

static const char *const decode_names[DECODES] = {
	[DECODE_OK] = "ok",
	[DECODE_IGNORED] = "ignored",
	[DECODE_BAD_CHECK] = "bad-check",
	[DECODE_BAD_LENGTH] = "bad-length",
	[DECODE_BAD_VALUE] = "bad-value",
	[DECODE_BAD_SEQUENCE] = "bad-sequence",
};

const char *
decode_name(enum decode d)
{
	return (unsigned)d < DECODES ? decode_names[d] : "unknown";
}

void
readings_add_aged(struct readings *r, enum vital v, enum quality q,
    int32_t value, int64_t age_ms)
{
	enum quality judged = vital_judge(v, value, q);

	if (r->n < READINGS_MAX) {
		r->item[r->n] = (struct reading){
			.vital = v,
			.quality = judged,
			.flags = r->flags,
			.value = quality_has_value(judged) ? value : 0,
			.age_ms = age_ms,
		};
		r->n++;
	}
}

void
readings_add(struct readings *r, enum vital v, enum quality q, int32_t value)
{
	readings_add_aged(r, v, q, value, 0);
}

struct monitor_alarm *
readings_add_alarm(struct readings *r, enum priority p)
{
	struct monitor_alarm *a;

	if (r->alarms.n >= MONITOR_ALARMS_MAX)
		return NULL;
	a = &r->alarms.item[r->alarms.n++];
	a->priority = p;
	a->text[0] = '\0';
	return a;
}

void
monitor_alarm_put(struct monitor_alarm *a, uint8_t c)
{
	for (size_t i = 0; i + 1 < MONITOR_ALARM_TEXT; i++) {
		if (a->text[i] == '\0') {
			a->text[i] = (char)(c >= ' ' && c <= '~' ? c : ' ');
			a->text[i + 1] = '\0';
			return;
		}
	}
}

void
readings_say_alarm(struct readings *r, enum priority p, const char *text)
{
	struct monitor_alarm *a = readings_add_alarm(r, p);

	for (size_t i = 0; a != NULL && i + 1 < MONITOR_ALARM_TEXT &&
	    text[i] != '\0'; i++)
		monitor_alarm_put(a, (uint8_t)text[i]);
}

void
scrub_add(struct scrub *s, size_t from, size_t to, enum scrub_fill fill,
    const char *what)
{
	if (from >= to)
		return;
	if (s->n >= SCRUB_SPANS) {
		s->full = true;
		return;
	}
	s->item[s->n++] = (struct scrub_span){ from, to, fill, what };
}
