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
field_value(const struct tx_field *f, const uint8_t *p)
{
	uint32_t value = 0;

	for (size_t i = 0; i < f->length && i < 4; i++)
		value = value << 8 | p[i];
	return value;
}

static bool
is_text(uint8_t c)
{
	return c >= ' ' && c <= '~' && c != '|';
}

/* How many of the n bytes at p are the field; SIZE_MAX if they are not. */
static size_t
match_field(const struct tx_field *f, const uint8_t *p, size_t n)
{
	size_t length = 0;
	uint32_t value;

	if (f->kind == TX_TEXT) {
		while (length < n && length < f->max && is_text(p[length]))
			length++;
		return length >= f->min ? length : SIZE_MAX;
	}
	if (f->length > n)
		return SIZE_MAX;
	value = field_value(f, p);
	return f->kind == TX_RANGE && (value < f->min || value > f->max) ?
	    SIZE_MAX : f->length;
}

static bool
template_allows(const struct tx_template *t, const uint8_t *p, size_t n)
{
	size_t at = 0, from = 0;

	for (size_t k = 0; k <= TX_FIELDS; k++) {
		const struct tx_field *f = k < TX_FIELDS &&
		    t->field[k].name != NULL ? &t->field[k] : NULL;
		size_t to = f != NULL ? f->offset : t->length, length;

		for (; from < to; from++, at++) {
			if (at >= n || p[at] != t->bytes[from])
				return false;
		}
		if (f == NULL)
			break;
		length = match_field(f, p + at, n - at);
		if (length == SIZE_MAX)
			return false;
		at += length;
		from += f->length;
	}
	return at == n;
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

size_t
tx_put(const struct tx_template *t, uint8_t buf[TX_MAX])
{
	size_t n = t->length < TX_MAX ? t->length : TX_MAX;

	for (size_t i = 0; i < n; i++)
		buf[i] = t->bytes[i];
	return n;
}
