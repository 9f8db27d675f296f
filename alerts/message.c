/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The words and the JSON of a notice.  The one text that the pure core writes;
 * schemas/notice.schema.json says what it is, and the tests hold it to that.
 *
 * Easy to get wrong: a receiver may be a phone's lock screen in public.  Only
 * what clinical.md 5.4 lets through is here.
 */
#include "alerts/message.h"

#include "alerts/moment.h"
#include "alerts/phrase.h"

#include <string.h>

#define DAY_S 86400

static const char priority_word[PRIORITIES][8] = {
	[PRIORITY_NONE] = "INFO", [PRIORITY_LOW] = "LOW",
	[PRIORITY_MEDIUM] = "MEDIUM", [PRIORITY_HIGH] = "HIGH",
};

static const char phase_word[ALARM_PHASES][32] = {
	[ALARM_START] = "", [ALARM_CONTINUE] = "", [ALARM_UPDATE] = "",
	[ALARM_ESCALATE] = "", [ALARM_DEESCALATE] = ", less",
	[ALARM_END] = ", ended", [ALARM_RESET] = ", ended",
	[ALARM_ACKNOWLEDGE] = ", acknowledged",
	[ALARM_LATCH] = ", over, not acknowledged",
};

/* As many whole words as fit. */
static void
put_words(struct phrase *p, const char *text)
{
	size_t from = 0, n = strlen(text);

	for (size_t i = 0; i <= n && !p->full; i++) {
		if (i < n && text[i] != ' ')
			continue;
		phrase_put_part(p, text, from, i);
		from = i;
	}
}

/* How long, or how old; what was infused when. */
static void
put_times(struct phrase *p, const struct alarm_change *c, int64_t t_ms)
{
	bool cuff = c->has_value && vital_info[c->vital].episodic;

	if (cuff) {
		phrase_put(p, ", measured ");
		phrase_put_span(p, c->value_age_ms);
		phrase_put(p, " ago");
	} else if (c->type == ALARM_PHYSIOLOGICAL && c->state == ALARM_ACTIVE) {
		phrase_put(p, " ");
		phrase_put_span(p, moment_between(c->since_ms, t_ms));
	}
	if (c->infusion_ms != INFUSION_NONE) {
		phrase_put(p, ", infusion ");
		phrase_put_either(p, c->infusion_ms < 0, "", "+");
		phrase_put_int(p, c->infusion_ms / 60000);
		phrase_put(p, " min");
	}
}

static size_t
write_text(const struct alarm_change *c, const char *label, int64_t t_ms,
    char *out, size_t cap)
{
	/* The words in the middle give way to the times after them. */
	char times[96] = "", middle[MESSAGE_TEXT_MAX] = "";
	struct phrase tail = phrase_begin(times, sizeof times);
	struct phrase words, p = phrase_begin(out, cap);

	put_times(&tail, c, t_ms);
	words = phrase_begin(middle, sizeof middle - sizeof times);
	phrase_put(&words, "[");
	if (c->demo)
		phrase_put(&words, "DEMO ");
	phrase_put(&words, priority_word[c->priority]);
	phrase_put(&words, phase_word[c->phase]);
	phrase_put(&words, "] ");
	if (label[0] != '\0') {
		phrase_put(&words, label);
		phrase_put(&words, " ");
	}
	put_words(&words, c->text);
	phrase_put(&p, middle);
	phrase_put(&p, times);
	return p.n;
}

size_t
message_text(const struct alarm_change *c, int64_t t_ms, char *out, size_t cap)
{
	return write_text(c, c->bed, t_ms, out, cap);
}

/* The i-th byte of a text of n; 0 beyond its end. */
static unsigned char
byte_at(const char *s, size_t n, size_t i)
{
	return i < n ? (unsigned char)s[i] : 0;
}

/* How many bytes of well-formed UTF-8 begin there, 0 if none do. */
static size_t
utf8_length(const char *s, size_t n, size_t at)
{
	unsigned char lead = byte_at(s, n, at), next = byte_at(s, n, at + 1);
	size_t length = lead < 0x80 ? 1 : lead >= 0xC2 && lead < 0xE0 ? 2 :
	    (lead & 0xF0) == 0xE0 ? 3 : lead >= 0xF0 && lead < 0xF5 ? 4 : 0;

	if (length > 1 && ((lead == 0xE0 && next < 0xA0) ||
	    (lead == 0xED && next > 0x9F) || (lead == 0xF0 && next < 0x90) ||
	    (lead == 0xF4 && next > 0x8F)))
		return 0;
	for (size_t i = 1; i < length; i++) {
		if ((byte_at(s, n, at + i) & 0xC0) != 0x80)
			return 0;
	}
	return length;
}

/* A JSON string.  A control character is no part of any sentence here: it
 * becomes a space, and what is not UTF-8 a question mark. */
static void
put_string(struct phrase *p, const char *s)
{
	size_t n = strlen(s), length = 0;

	phrase_put(p, "\"");
	for (size_t i = 0; i < n; i += length) {
		unsigned char c = byte_at(s, n, i);
		size_t end = 0;

		length = utf8_length(s, n, i);
		if (length == 0) {
			phrase_put(p, "?");
			length = 1;
		} else if (c < 0x20 || c == 0x7F) {
			phrase_put(p, " ");
		} else {
			if (c == '"' || c == '\\')
				phrase_put(p, "\\");
			end = i + length;
			phrase_put_part(p, s, i, end < n ? end : n);
		}
	}
	phrase_put(p, "\"");
}

static void
put_key(struct phrase *p, const char *name)
{
	phrase_put(p, ",\"");
	phrase_put(p, name);
	phrase_put(p, "\":");
}

static void
put_pair(struct phrase *p, const char *name, const char *value)
{
	put_key(p, name);
	put_string(p, value);
}

static void
put_bool(struct phrase *p, const char *name, bool value)
{
	put_key(p, name);
	phrase_put_either(p, value, "true", "false");
}

/* RFC 3339 in UTC.  The calendar counts years from March, so that the leap
 * day is a year's last; 400 years have 146097 days. */
static void
put_wall(struct phrase *p, int64_t wall_ms)
{
	int64_t ms = wall_ms < 0 ? 0 : wall_ms;
	int64_t s = ms / 1000 % DAY_S;
	int64_t day = ms / 1000 / DAY_S + 719468;	/* since 0000-03-01 */
	int64_t era = day / 146097, doe = day % 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
	int64_t march = (5 * doy + 2) / 153;
	int64_t month = march < 10 ? march + 3 : march - 9;

	phrase_put(p, "\"");
	phrase_put_padded(p, era * 400 + yoe + (month <= 2), 4);
	phrase_put(p, "-");
	phrase_put_padded(p, month, 2);
	phrase_put(p, "-");
	phrase_put_padded(p, doy - (153 * march + 2) / 5 + 1, 2);
	phrase_put(p, "T");
	phrase_put_padded(p, s / 3600, 2);
	phrase_put(p, ":");
	phrase_put_padded(p, s / 60 % 60, 2);
	phrase_put(p, ":");
	phrase_put_padded(p, s % 60, 2);
	phrase_put(p, ".");
	phrase_put_padded(p, ms % 1000, 3);
	phrase_put(p, "Z\"");
}

static void
put_head(struct phrase *p, const char *kind, const struct now *now,
    struct event_id key)
{
	char id[EVENT_ID_TEXT] = "";
	size_t n = event_id_format(id, key);

	phrase_put(p, "{\"notice\":1");
	put_pair(p, "kind", kind);
	put_pair(p, "key", id);
	put_key(p, "sequence");
	phrase_put_part(p, id, EVENT_ID_COUNTER, n);
	put_key(p, "time");
	put_wall(p, now->wall_ms);
	put_bool(p, "clock_synchronised", now->synced);
}

static void
put_alarm(struct phrase *p, const struct alarm_change *c)
{
	char id[EVENT_ID_TEXT] = "";

	(void)event_id_format(id, c->event);
	put_pair(p, "event", id);
	put_pair(p, "condition", c->condition);
	if (c->tier[0] != '\0')
		put_pair(p, "tier", c->tier);
	put_pair(p, "type", alarm_type_code(c->type));
	put_pair(p, "phase", alarm_phase_name(c->phase));
	put_pair(p, "state", alarm_state_name(c->state));
	put_pair(p, "priority", priority_name(c->priority));
	put_pair(p, "level", priority_name(c->level));
	put_bool(p, "acknowledged", c->acknowledged);
	put_bool(p, "confirmed", c->confirmed);
	put_bool(p, "demo", c->demo);
}

static void
put_value(struct phrase *p, const struct alarm_change *c)
{
	const struct vital_info *v = &vital_info[c->vital];

	put_pair(p, "vital", v->name);
	put_pair(p, "unit", v->ucum);
	put_key(p, "limit");
	phrase_put_fixed(p, c->limit, v->shown);
	if (!c->has_value)
		return;
	put_key(p, "value");
	phrase_put_fixed(p, c->value, v->shown);
	put_key(p, "value_age_ms");
	phrase_put_int(p, c->value_age_ms < 0 ? 0 : c->value_age_ms);
}

/* Ends the object; the length, or 0 if something did not fit. */
static size_t
close_object(struct phrase *p)
{
	phrase_put(p, "}");
	return p->full ? 0 : p->n;
}

size_t
message_notice(const struct alarm_change *c, const struct now *now,
    const char *label, struct event_id key, char *out, size_t cap)
{
	char text[MESSAGE_TEXT_MAX] = "", bed[MESSAGE_LABEL_MAX] = "";
	struct phrase p = phrase_begin(out, cap);
	struct phrase name = phrase_begin(bed, sizeof bed);
	int64_t lasts = moment_between(c->since_ms, now->t_ms);

	put_words(&name, label);
	put_head(&p, "alarm", now, key);
	if (bed[0] != '\0')
		put_pair(&p, "bed", bed);
	put_alarm(&p, c);
	(void)write_text(c, bed, now->t_ms, text, sizeof text);
	put_pair(&p, "text", text);
	/* A tier is what names a limit, and its vital. */
	if (c->tier[0] != '\0')
		put_value(&p, c);
	put_key(&p, "lasts_ms");
	phrase_put_int(&p, lasts < 0 ? 0 : lasts);
	put_pair(&p, "session_phase", phase_name(c->session_phase));
	if (c->infusion_ms != INFUSION_NONE) {
		put_key(&p, "infusion_ms");
		phrase_put_int(&p, c->infusion_ms);
	}
	return close_object(&p);
}

size_t
message_heartbeat(const struct now *now, struct event_id key,
    enum priority worst, size_t beds_in_session, char *out, size_t cap)
{
	struct phrase p = phrase_begin(out, cap);

	put_head(&p, "heartbeat", now, key);
	put_pair(&p, "worst", priority_name(worst));
	put_key(&p, "beds_in_session");
	phrase_put_int(&p, (int64_t)beds_in_session);
	return close_object(&p);
}
