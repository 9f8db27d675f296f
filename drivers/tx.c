/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The list of what may be sent: vitalsd only listens, and this is what holds
 * it to that.
 *
 * Easy to get wrong: a message is allowed only as a whole.  One byte more or
 * less, or one wrong byte outside the named fields, and it is refused.
 */
#include "drivers/driver.h"

static uint32_t
field_value(const struct tx_field *f, const uint8_t *p, size_t n)
{
	uint32_t value = 0;

	for (size_t i = 0; i < f->length && i < 4; i++) {
		size_t at = f->offset + i;

		value = value << 8 | (at < n ? p[at] : 0u);
	}
	return value;
}

/* Whether byte i lies in a field of the template. */
static bool
in_field(const struct tx_template *t, size_t i)
{
	for (size_t k = 0; k < TX_FIELDS && t->field[k].name != NULL; k++) {
		const struct tx_field *f = &t->field[k];

		if (i >= f->offset && i - f->offset < f->length)
			return true;
	}
	return false;
}

static bool
template_allows(const struct tx_template *t, const uint8_t *p, size_t n)
{
	if (n != t->length)
		return false;
	for (size_t i = 0; i < n; i++) {
		if (p[i] != t->bytes[i] && !in_field(t, i))
			return false;
	}
	for (size_t k = 0; k < TX_FIELDS && t->field[k].name != NULL; k++) {
		const struct tx_field *f = &t->field[k];
		uint32_t value = field_value(f, p, n);

		if (f->kind == TX_RANGE && (value < f->min || value > f->max))
			return false;
	}
	return true;
}

bool
tx_allowed(const struct driver *d, const uint8_t *p, size_t n)
{
	if (d->tx == NULL || n == 0 || n > TX_MAX)
		return false;
	for (const struct tx_template *t = d->tx; t->name != NULL; t++) {
		if (template_allows(t, p, n))
			return true;
	}
	return false;
}
