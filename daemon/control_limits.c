/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See control_limits.h.
 *
 * Easy to get wrong: a changed limit is tried on a copy of the bed's whole set
 * first, as whether it may stand depends on the other limits.
 */
#include "daemon/control_limits.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/control_state.h"
#include "daemon/json.h"
#include "daemon/limit_say.h"

enum control_error
control_baseline_suggest(struct control_call *c)
{
	size_t bed = 0;
	enum control_error e = call_take_bed(c, &bed);
	struct baseline b;

	if (e != CONTROL_OK)
		return e;
	board_suggest(&c->host->hub->bed[bed].board, c->now.t_ms, &b);
	c->result = json_pack("{s:s, s:o}", "bed",
	    c->host->hub->bed[bed].id, "values", json_baseline(&b));
	return CONTROL_OK;
}

enum control_error
control_baseline_confirm(struct control_call *c)
{
	struct statement st;
	size_t bed = 0;
	struct baseline b;
	const json_t *given = json_object_get(c->params, "values");
	enum control_error e = call_take_statement(c, &bed, &st);
	json_t *values;
	char *text;

	if (e != CONTROL_OK)
		return e;
	board_suggest(&c->host->hub->bed[bed].board, c->now.t_ms, &b);
	if (given != NULL && !json_read_baseline(given, &b, c->error,
	    sizeof c->error))
		return CONTROL_BAD_PARAMS;
	values = json_baseline(&b);
	text = json_dumps(values, JSON_COMPACT);
	if (text == NULL) {
		json_decref(values);
		return CONTROL_INTERNAL;
	}
	if (json_object_size(values) == 0) {
		free(text);
		json_decref(values);
		return call_refuse(c, CONTROL_REFUSED, "no valid value has "
		    "arrived yet, so there is nothing to confirm");
	}
	snprintf(st.text, sizeof st.text, "%s", text);
	free(text);
	e = call_stated(c, hub_baseline(c->host->hub, &c->now, bed, &st, &b),
	    &st);
	if (e == CONTROL_OK)
		json_object_set_new(c->result, "values", values);
	else
		json_decref(values);
	return e;
}

enum control_error
control_limits_show(struct control_call *c)
{
	size_t bed = 0;
	enum control_error e = call_take_bed(c, &bed);

	if (e == CONTROL_OK)
		c->result = control_limits(c->host, bed);
	return e;
}

/* Takes one number of a limit if it was given. */
static enum control_error
take_number(struct control_call *c, const char *name, int32_t *out)
{
	const json_t *v = json_object_get(c->params, name);

	if (v == NULL)
		return CONTROL_OK;
	if (!json_is_integer(v) || json_integer_value(v) < -1000000 ||
	    json_integer_value(v) > 1000000)
		return call_refuse(c, CONTROL_BAD_PARAMS, "%s must be a whole "
		    "number", name);
	*out = (int32_t)json_integer_value(v);
	return CONTROL_OK;
}

static enum control_error
take_limit(struct control_call *c, enum tier t, struct limit *l)
{
	int32_t limit = l->limit;
	const json_t *on = json_object_get(c->params, "on");
	char word[16];
	enum control_error e;
	int p;

	if ((e = take_number(c, "limit", &limit)) != CONTROL_OK)
		return e;
	if (json_object_get(c->params, "limit") != NULL)
		limit_move(t, l, limit);
	if ((e = take_number(c, "clear", &l->clear)) != CONTROL_OK ||
	    (e = take_number(c, "delay_ms", &l->delay_ms)) != CONTROL_OK ||
	    (e = call_take_text(c, "priority", word, sizeof word)) != CONTROL_OK)
		return e;
	if (word[0] != '\0') {
		p = priority_find(word);
		if (p <= PRIORITY_NONE)
			return call_refuse(c, CONTROL_BAD_PARAMS, "priority "
			    "must be low, medium or high");
		l->priority = (enum priority)p;
	}
	if (on != NULL) {
		if (!json_is_boolean(on))
			return call_refuse(c, CONTROL_BAD_PARAMS, "on must be "
			    "true or false");
		l->on = json_is_true(on);
	}
	return CONTROL_OK;
}

static enum control_error
refuse_limit(struct control_call *c, const struct limit_set *trial,
    const struct limit_fault *fault)
{
	char text[LIMIT_SAY_MAX];

	limit_say(text, trial, fault);
	return call_refuse(c, CONTROL_REFUSED, "%s", text);
}

enum control_error
control_limits_set(struct control_call *c)
{
	struct statement st;
	size_t bed = 0;
	char name[CONDITION_MAX], reason[192];
	struct limit_set trial;
	struct limit_fault fault;
	struct limit old;
	json_t *change;
	char *text;
	int t;
	enum control_error e = call_take_statement(c, &bed, &st);

	if (e != CONTROL_OK ||
	    (e = call_take_text(c, "tier", name, sizeof name)) != CONTROL_OK ||
	    (e = call_take_text(c, "reason", reason, sizeof reason)) != CONTROL_OK)
		return e;
	t = tier_find(name);
	if (t < 0)
		return call_refuse(c, CONTROL_NO_SUCH, "there is no limit "
		    "\"%s\" (`vitalsctl limits show` lists them)", name);
	if (reason[0] == '\0')
		return call_refuse(c, CONTROL_BAD_PARAMS, "a changed limit "
		    "needs its reason (--reason)");
	trial = c->host->hub->bed[bed].board.limits[0];
	old = trial.tier[t];
	if ((e = take_limit(c, (enum tier)t, &trial.tier[t])) != CONTROL_OK)
		return e;
	if (!limit_set_check(&trial, &fault))
		return refuse_limit(c, &trial, &fault);
	change = json_pack("{s:s, s:o, s:o, s:s}", "tier", name, "old",
	    json_limit(&old), "new", json_limit(&trial.tier[t]), "reason",
	    reason);
	text = json_dumps(change, JSON_COMPACT);
	if (text == NULL) {
		json_decref(change);
		return CONTROL_INTERNAL;
	}
	if (strlen(text) >= sizeof st.text) {
		free(text);
		json_decref(change);
		return call_refuse(c, CONTROL_BAD_PARAMS, "the reason is too "
		    "long");
	}
	strcpy(st.text, text);
	free(text);
	e = call_stated(c, hub_limit(c->host->hub, &c->now, bed, &st,
	    (enum tier)t, &trial.tier[t]), &st);
	if (e == CONTROL_OK) {
		json_object_set(c->result, "old",
		    json_object_get(change, "old"));
		json_object_set(c->result, "new",
		    json_object_get(change, "new"));
	}
	json_decref(change);
	return e;
}
