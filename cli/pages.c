/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See pages.h.
 *
 * Easy to get wrong: the whole keeps its beds in the order of the
 * configuration, whichever of them a page brings anew.
 */
#include "cli/pages.h"

#include <string.h>

static long
bed_find(const json_t *beds, const char *id)
{
	for (size_t i = 0; i < json_array_size(beds); i++)
		if (strcmp(client_text(json_array_get(beds, i), "bed"),
		    id) == 0)
			return (long)i;
	return -1;
}

static void
merge_beds(json_t *beds, json_t *page)
{
	size_t i;
	json_t *b;

	json_array_foreach(page, i, b) {
		long at = bed_find(beds, client_text(b, "bed"));

		if (at >= 0)
			json_array_set(beds, (size_t)at, b);
		else
			json_array_append(beds, b);
	}
}

/* The box's alarms: those of the page, and the earlier ones that name a bed
 * which the page does not have. */
static json_t *
merge_box(const json_t *whole, const json_t *page, const json_t *page_beds)
{
	json_t *alarms = json_array(), *a;
	size_t i;

	json_array_extend(alarms, json_object_get(page, "alarms"));
	json_array_foreach(json_object_get(whole, "alarms"), i, a) {
		const char *bed = client_text(a, "bed");

		if (bed[0] != '\0' && bed_find(page_beds, bed) < 0)
			json_array_append(alarms, a);
	}
	return json_pack("{s:o}", "alarms", alarms);
}

void
pages_merge(json_t **whole, json_t *page)
{
	json_t *value;
	const char *key;

	if (*whole == NULL) {
		*whole = json_copy(page);
		return;
	}
	/* First, while "beds" of the whole is not yet touched. */
	if (json_object_get(page, "box") != NULL)
		json_object_set_new(*whole, "box", merge_box(
		    json_object_get(*whole, "box"),
		    json_object_get(page, "box"),
		    json_object_get(page, "beds")));
	json_object_foreach(page, key, value) {
		json_t *list = json_object_get(*whole, key);

		if (strcmp(key, "box") == 0)
			continue;
		if (strcmp(key, "beds") == 0 && json_is_array(list))
			merge_beds(list, value);
		else if ((strcmp(key, "devices") == 0 ||
		    strcmp(key, "alarms") == 0) && json_is_array(list))
			json_array_extend(list, value);
		else
			json_object_set(*whole, key, value);
	}
}

int
client_call_all(struct client *c, const char *method, json_t *params,
    json_t **result)
{
	json_t *whole = NULL, *page = NULL, *next;
	json_int_t from = 0;
	int r = client_call(c, method, params, &page);

	while (r == 0) {
		pages_merge(&whole, page);
		next = json_object_get(page, "next");
		/* It must lead on, whatever vitalsd says. */
		if (!json_is_integer(next) || json_integer_value(next) <= from)
			break;
		from = json_integer_value(next);
		json_decref(page);
		page = NULL;
		r = client_call(c, strcmp(method, "watch") == 0 ? "status" :
		    method, json_pack("{s:I}", "from", from), &page);
	}
	json_decref(page);
	if (r < 0) {
		json_decref(whole);
		return r;
	}
	*result = whole;
	return 0;
}
