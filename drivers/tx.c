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

/* Where in the n bytes at p the field ends that begins at 'at' (<= n); SIZE_MAX
 * if it is not there. */
static size_t
match_field(const struct tx_field *f, const uint8_t *p, size_t n, size_t at)
{
	size_t to = at;
	uint32_t value;

	if (f->kind == TX_TEXT) {
		while (to < n && to - at < f->max && is_text(p[to]))
			to++;
		return to - at >= f->min ? to : SIZE_MAX;
	}
	if (f->length > n - at)
		return SIZE_MAX;
	value = field_value(f, p + at);
	return f->kind == TX_RANGE && (value < f->min || value > f->max) ?
	    SIZE_MAX : at + f->length;
}

static bool
template_allows(const struct tx_template *t, const uint8_t *p, size_t n)
{
	size_t at = 0, from = 0;

	for (size_t k = 0; k <= TX_FIELDS; k++) {
		const struct tx_field *f = k < TX_FIELDS &&
		    t->field[k].name != NULL ? &t->field[k] : NULL;
		size_t to = f != NULL ? f->offset : t->length;

		for (; from < to; from++, at++) {
			if (at >= n || p[at] != t->bytes[from])
				return false;
		}
		if (f == NULL)
			break;
		at = match_field(f, p, n, at);
		if (at == SIZE_MAX)
			return false;
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
