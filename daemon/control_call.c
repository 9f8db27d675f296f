/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See control_call.h.
 *
 * Easy to get wrong: "at" is a time of day as a person typed it, in local
 * time; it is turned into this boot's BOOTTIME by the difference to the wall
 * clock of now, so that a later step of the clock does not move it.
 */
#include "daemon/control_call.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "daemon/clock.h"
#include "daemon/json.h"

enum control_error
call_refuse(struct control_call *c, enum control_error e, const char *format,
    ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->error, sizeof c->error, format, ap);
	va_end(ap);
	return e;
}

enum control_error
call_take_text(struct control_call *c, const char *name, char *out, size_t cap)
{
	const json_t *v = json_object_get(c->params, name);
	const char *s = json_string_value(v);

	out[0] = '\0';
	if (v == NULL)
		return CONTROL_OK;
	if (s == NULL)
		return call_refuse(c, CONTROL_BAD_PARAMS, "%s must be a text",
		    name);
	if (json_string_length(v) >= cap)
		return call_refuse(c, CONTROL_BAD_PARAMS, "%s is %zu bytes "
		    "long; at most %zu are kept, and nothing is cut", name,
		    json_string_length(v), cap - 1);
	for (size_t i = 0; i < json_string_length(v); i++)
		if ((unsigned char)s[i] < 0x20 || s[i] == 0x7f)
			return call_refuse(c, CONTROL_BAD_PARAMS, "%s has a "
			    "control character at position %zu", name, i + 1);
	/* Nothing but blanks says nothing. */
	if (s[strspn(s, " ")] != '\0')
		strcpy(out, s);
	return CONTROL_OK;
}

static enum control_error
refuse_bed(struct control_call *c, const char *id)
{
	const struct hub *h = c->host->hub;
	char beds[256] = "";
	size_t n = 0;

	for (size_t i = 0; i < h->beds_n && n < sizeof beds; i++)
		n += (size_t)snprintf(beds + n, sizeof beds - n, "%s%s",
		    i > 0 ? ", " : "", h->bed[i].id);
	return call_refuse(c, CONTROL_NO_SUCH, "there is no bed \"%s\"; there "
	    "%s %s%s", id, h->beds_n == 1 ? "is" : "are", beds,
	    n < sizeof beds ? "" : " ...");
}

enum control_error
call_take_bed(struct control_call *c, size_t *bed)
{
	const struct hub *h = c->host->hub;
	char id[BED_MAX];
	enum control_error e = call_take_text(c, "bed", id, sizeof id);
	int i;

	if (e != CONTROL_OK)
		return e;
	if (id[0] == '\0') {
		if (h->beds_n == 1) {
			*bed = 0;
			return CONTROL_OK;
		}
		return call_refuse(c, CONTROL_BAD_PARAMS, "there are %zu beds; "
		    "say which one (--bed)", h->beds_n);
	}
	i = hub_find_bed(h, id);
	if (i < 0)
		return refuse_bed(c, id);
	*bed = (size_t)i;
	return CONTROL_OK;
}

/* When it happened: now, or the "at" that was typed. */
static enum control_error
take_at(struct control_call *c, struct statement *st)
{
	char at[32];
	int64_t wall = c->now.wall_ms;
	enum control_error e = call_take_text(c, "at", at, sizeof at);
	enum refusal why = REFUSAL_NONE;

	if (e != CONTROL_OK)
		return e;
	if (json_object_get(c->params, "at") != NULL &&
	    !clock_parse_at(at, c->now.wall_ms, &wall, &why))
		return call_refuse(c, why == REFUSAL_NO_TIME ? CONTROL_BAD_PARAMS :
		    CONTROL_REFUSED, "--at %s: %s", at, refusal_text(why));
	st->at_wall_ms = wall;
	st->at_ms = c->now.t_ms - (c->now.wall_ms - wall);
	return CONTROL_OK;
}

enum control_error
call_take_who(struct control_call *c, struct statement *st)
{
	snprintf(st->user, sizeof st->user, "%s", c->peer->user);
	return call_take_text(c, "by", st->by, sizeof st->by);
}

enum control_error
call_take_statement(struct control_call *c, size_t *bed, struct statement *st)
{
	enum control_error e;

	memset(st, 0, sizeof *st);
	if ((e = call_take_bed(c, bed)) != CONTROL_OK ||
	    (e = call_take_who(c, st)) != CONTROL_OK ||
	    (e = take_at(c, st)) != CONTROL_OK)
		return e;
	return CONTROL_OK;
}

enum control_error
call_stated(struct control_call *c, enum refusal no, const struct statement *st)
{
	if (no != REFUSAL_NONE)
		return call_refuse(c, CONTROL_REFUSED, "%s", refusal_text(no));
	c->result = json_pack("{s:s, s:s, s:o, s:o}", "bed", st->bed,
	    "session", st->session, "statement", json_event_id(st->id), "at",
	    json_wall(st->at_wall_ms));
	return c->result != NULL ? CONTROL_OK : CONTROL_INTERNAL;
}
