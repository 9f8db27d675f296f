/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See oximeter.h.
 *
 * Easy to get wrong: whether there is a value is known only when the reading is
 * judged; one that no body has is none.
 */
#include "drivers/oximeter.h"

enum quality
oximeter_quality(enum quality q, bool both)
{
	return q == QUALITY_GOOD && !both ? QUALITY_QUESTIONABLE : q;
}

bool
oximeter_readings(struct readings *out, enum quality spo2_q, int32_t spo2,
    enum quality pr_q, int32_t pr)
{
	size_t i = out->n;
	struct reading *a, *b;
	bool both;

	if (i >= READINGS_MAX - 1)
		return false;
	readings_add(out, VITAL_SPO2, spo2_q, spo2);
	readings_add(out, VITAL_PR, pr_q, pr);
	a = &out->item[i];
	b = &out->item[i + 1];
	both = reading_has_value(a) && reading_has_value(b);
	a->quality = oximeter_quality(a->quality, both);
	b->quality = oximeter_quality(b->quality, both);
	return both;
}
