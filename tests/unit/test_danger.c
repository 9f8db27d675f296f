/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What monitors and modules take for a command that inflates a cuff, zeroes a
 * sensor or changes what they do, by nibp-and-small-monitors.md, and that no
 * message of any driver can hold it: not as a whole, not anywhere inside, not
 * where two messages meet, whatever the values of its fields.
 *
 * It is solved, not tried: fixed bytes against fixed bytes, and a field's bytes
 * against what its kind and range leave them.
 *
 * Easy to get wrong: the box on the line need not be the one that the driver is
 * for.  So each row holds against each driver.
 */
#include "drivers/driver.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

/* --- what must never be sent ----------------------------------------------- */

#define ROW_MAX 16

/* What one byte of a row may be. */
struct span {
	uint8_t least, most;
};
#define ANY { 0x00, 0xFF }
#define IS(b) { b, b }
#define TO(a, b) { a, b }
#define HEX TO('0', 'F')	/* a hexadecimal digit */

/* What the last byte of a row is besides. */
enum check {
	CHECK_NONE,
	CHECK_NOT_SUM,	/* the complement of the sum from the third byte */
	CHECK_ZERO,	/* all sum to 0 */
	CHECK_ZERO_3,	/* those from the third on do */
	CHECK_XOR,	/* the XOR of those from the second on */
};

struct row {
	const char *what;
	size_t n;
	struct span byte[ROW_MAX];
	enum check check;
	/* The driver whose own monitor takes the same bytes for something
	 * harmless; NULL: none. */
	const char *but;
};

static const struct row rows[] = {
	/* Section 1, Berry boards: all but the versions and the switches of
	 * what is streamed. */
	{ "Berry: command 00", 6, { IS(0x55), IS(0xAA), IS(4), IS(0), ANY,
	    ANY }, CHECK_NOT_SUM, NULL },
	{ "Berry: cuff", 6, { IS(0x55), IS(0xAA), IS(4), IS(2), ANY, ANY },
	    CHECK_NOT_SUM, NULL },
	{ "Berry: modes, preset pressure, calibration, leak test", 6,
	    { IS(0x55), IS(0xAA), IS(4), TO(0x05, 0xFA), ANY, ANY },
	    CHECK_NOT_SUM, NULL },
	/* Section 2, SunTech: some with data of a length that is not known. */
	{ "SunTech: adult cuff", 3, { IS(0x3A), IS(0x20), IS(0xA6) }, 0, NULL },
	{ "SunTech: child's cuff", 3, { IS(0x3A), IS(0x87), IS(0x3F) }, 0,
	    NULL },
	{ "SunTech: neonate's cuff", 3, { IS(0x3A), IS(0x28), IS(0x9E) }, 0,
	    NULL },
	{ "SunTech: venous stasis", 3, { IS(0x3A), IS(0x86), ANY },
	    CHECK_ZERO, NULL },
	{ "SunTech: venous stasis, 1", 4, { IS(0x3A), IS(0x86), ANY, ANY },
	    CHECK_ZERO, NULL },
	{ "SunTech: venous stasis, 2", 5, { IS(0x3A), IS(0x86), ANY, ANY,
	    ANY }, CHECK_ZERO, NULL },
	{ "SunTech: pump and valve", 3, { IS(0x3A), IS(0x0C), ANY },
	    CHECK_ZERO, NULL },
	{ "SunTech: pump and valve, 1", 4, { IS(0x3A), IS(0x0C), ANY, ANY },
	    CHECK_ZERO, NULL },
	{ "SunTech: pump and valve, 2", 5, { IS(0x3A), IS(0x0C), ANY, ANY,
	    ANY }, CHECK_ZERO, NULL },
	{ "SunTech: calibration", 3, { IS(0x3A), IS(0x04), ANY }, CHECK_ZERO,
	    NULL },
	{ "SunTech: calibration, 1", 4, { IS(0x3A), IS(0x04), ANY, ANY },
	    CHECK_ZERO, NULL },
	{ "SunTech: calibration, 2", 5, { IS(0x3A), IS(0x04), ANY, ANY, ANY },
	    CHECK_ZERO, NULL },
	{ "SunTech: initial inflation", 5, { IS(0x3A), IS(0x17), ANY, ANY,
	    ANY }, CHECK_ZERO, NULL },
	{ "SunTech: sleep", 3, { IS(0x3A), IS(0x81), ANY }, CHECK_ZERO, NULL },
	{ "SunTech: reset", 3, { IS(0x3A), IS(0x8A), ANY }, CHECK_ZERO, NULL },
	{ "SunTech: abort", 5, { IS(0x3A), IS(0x79), IS(1), IS(0), IS(0x4C) },
	    0, NULL },
	/* Section 4b, Maibobo: it is listened to only. */
	{ "Maibobo: any command", 3, { IS(0xCC), IS(0x80), IS(3) }, 0, NULL },
	/* Section 11a, MicroPod: LEN counts the code and the data. */
	{ "MicroPod: pump", 5, { IS(0x85), IS(2), IS(0x0F), ANY, ANY },
	    CHECK_XOR, NULL },
	{ "MicroPod: pump, 2", 6, { IS(0x85), IS(3), IS(0x0F), ANY, ANY,
	    ANY }, CHECK_XOR, NULL },
	{ "MicroPod: configuration", 4, { IS(0x85), IS(1), IS(0x0D), ANY },
	    CHECK_XOR, NULL },
	{ "MicroPod: configuration, 1", 5, { IS(0x85), IS(2), IS(0x0D), ANY,
	    ANY }, CHECK_XOR, NULL },
	{ "MicroPod: configuration, more", 3, { IS(0x85), TO(3, 0xFF),
	    IS(0x0D) }, 0, NULL },
	/* A Capnostream takes this for "somebody listens". */
	{ "MicroPod: restart", 4, { IS(0x85), IS(1), IS(6), ANY }, CHECK_XOR,
	    "capnostream" },
	{ "MicroPod: restart, 1", 5, { IS(0x85), IS(2), IS(6), ANY, ANY },
	    CHECK_XOR, NULL },
	{ "MicroPod: mode", 4, { IS(0x85), IS(1), IS(0), ANY }, CHECK_XOR,
	    NULL },
	{ "MicroPod: mode, 1", 5, { IS(0x85), IS(2), IS(0), ANY, ANY },
	    CHECK_XOR, NULL },
	{ "MicroPod: mode, 2", 6, { IS(0x85), IS(3), IS(0), ANY, ANY, ANY },
	    CHECK_XOR, NULL },
	/* Section 11b, Capnostream: whether these are hexadecimal is not
	 * said. */
	{ "Capnostream: names", 3, { IS(0x85), TO(2, 0xFF), TO(7, 8) }, 0,
	    NULL },
	{ "Capnostream: limits and names", 3, { IS(0x85), TO(2, 0xFF),
	    TO(60, 62) }, 0, NULL },
	{ "Capnostream: limits and names, hexadecimal", 3, { IS(0x85),
	    TO(2, 0xFF), TO(0x60, 0x62) }, 0, NULL },
	/* Section 11c, CAPNOSTAT. */
	{ "CAPNOSTAT: zero", 3, { IS(0x82), IS(1), IS(0x7D) }, 0, NULL },
	{ "CAPNOSTAT: a setting", 3, { IS(0x84), TO(3, 0x7F), TO(0, 0x7F) }, 0,
	    NULL },
	{ "CAPNOSTAT: reset", 3, { IS(0xF8), IS(1), IS(7) }, 0, NULL },
	/* Section 11d, PHASEIN: all that it takes changes its state. */
	{ "PHASEIN: mode, limits, zero", 5, { IS(0xAA), IS(0x55), TO(0, 6),
	    ANY, ANY }, CHECK_ZERO_3, NULL },
	/* Section 11e, Welch Allyn LC101, and its manual: all but questions. */
	{ "LC101: mode", 4, { IS(0x02), IS('M'), IS('2'), TO('0', '9') }, 0,
	    NULL },
	{ "LC101: calibration", 4, { IS(0x02), IS('C'), IS('1'),
	    TO('0', '3') }, 0, NULL },
	{ "LC101: reset", 4, { IS(0x02), IS('C'), IS('8'), IS('0') }, 0,
	    NULL },
	{ "LC101: no breath time", 7, { IS(0x02), IS('A'), HEX, HEX, HEX, HEX,
	    IS(0x03) }, 0, NULL },
	{ "LC101: span gas", 7, { IS(0x02), IS('G'), HEX, HEX, HEX, HEX,
	    IS(0x03) }, 0, NULL },
	{ "LC101: intervals", 7, { IS(0x02), TO('N', 'O'), HEX, HEX, HEX, HEX,
	    IS(0x03) }, 0, NULL },
	{ "LC101: compensation", 8, { IS(0x02), IS('Q'), HEX, HEX, HEX, HEX, HEX,
	    IS(0x03) }, 0, NULL },
	{ "LC101: pump", 4, { IS(0x02), IS('F'), IS('2'), IS('0') }, 0,
	    NULL },
	{ "LC101: date of calibration", 13, { IS(0x02), IS('L'), HEX, HEX, HEX,
	    HEX, HEX, HEX, HEX, HEX, HEX, HEX, IS(0x03) }, 0, NULL },
	/* multiparameter.md A7, IntelliVue: a SET, confirmed or not. */
	{ "IntelliVue: SET", 12, { IS(0xE1), IS(0), IS(0), IS(2), IS(0), IS(1),
	    ANY, ANY, ANY, ANY, IS(0), TO(4, 5) }, 0, NULL },
	/* oximeters.md 2.2, Contec. */
	{ "Contec: delete what is stored", 3, { IS(0x7D), IS(0x81),
	    IS(0xAE) }, 0, NULL },
	{ "Contec: set time, date", 3, { IS(0x7D), IS(0x81), TO(0xB1, 0xB2) },
	    0, NULL },
};
#define ROWS (sizeof rows / sizeof rows[0])

/* Section 4, Medlab: STX, two digits, ";;", the sum in hexadecimal, ETX.  Of
 * all codes 18 alone reads. */
static struct row
medlab_row(unsigned code)
{
	struct row r = { "Medlab", 8, { { 0, 0 } }, CHECK_NONE, NULL };
	char text[9];

	snprintf(text, sizeof text, "\x02%02u;;%02X\x03", code % 100,
	    ('0' + code / 10 + '0' + code % 10 + 2 * ';') & 0xFFu);
	for (size_t i = 0; i < 8; i++)
		r.byte[i].least = r.byte[i].most = (uint8_t)text[i];
	return r;
}

/* --- whether a message can hold a row --------------------------------------- */

/* One of a template's bytes, or a text. */
struct element {
	const struct tx_field *field;	/* NULL: this byte and no other */
	uint8_t byte;
	uint8_t i;		/* which of the field's */
};

struct message {
	size_t n;
	struct element element[TX_MAX];
};

#define MESSAGES 32
static struct message messages[MESSAGES];
static size_t messages_n;

static void
take_apart(const struct tx_template *t, struct message *m)
{
	size_t k = 0;

	m->n = 0;
	for (size_t i = 0; i <= t->length; i++) {
		const struct tx_field *f = k < TX_FIELDS &&
		    t->field[k].name != NULL ? &t->field[k] : NULL;

		if (f != NULL && f->offset == i) {
			size_t length = f->kind == TX_TEXT ? 1 : f->length;

			for (size_t b = 0; b < length; b++) {
				assert_true(m->n < TX_MAX);
				m->element[m->n++] = (struct element){ f, 0,
				    (uint8_t)b };
			}
			i += f->length;
			k++;
			i--;	/* another field may begin there */
			continue;
		}
		if (i < t->length) {
			assert_true(m->n < TX_MAX);
			m->element[m->n++] = (struct element){
				.byte = t->bytes[i]
			};
		}
	}
	assert_true(k == TX_FIELDS || t->field[k].name == NULL);
}

static void
take_all_apart(const struct driver *d)
{
	messages_n = 0;
	for (const struct tx_template *t = d->tx; t != NULL && t->name != NULL;
	    t++) {
		assert_true(messages_n < MESSAGES);
		take_apart(t, &messages[messages_n++]);
	}
}

/* Whether a value of min..max has its bytes from the i-th on within these
 * spans; the bytes before are those of min (low) or of max (high), or lie
 * between them. */
static bool
value_fits(const struct tx_field *f, const struct span want[4], unsigned i,
    bool low, bool high)
{
	unsigned shift, least, most;

	if (i == f->length)
		return true;
	shift = (f->length - 1u - i) * 8;
	least = low ? f->min >> shift & 0xFF : 0;
	most = high ? f->max >> shift & 0xFF : 0xFF;
	for (unsigned b = want[i].least; b <= want[i].most; b++) {
		if (b >= least && b <= most && value_fits(f, want, i + 1,
		    low && b == least, high && b == most))
			return true;
	}
	return false;
}

static bool
field_fits(const struct tx_field *f, const struct span want[4])
{
	return f->kind != TX_RANGE || value_fits(f, want, 0, true, true);
}

static bool
text_fits(struct span s)
{
	for (unsigned c = s.least; c <= s.most; c++) {
		if (c >= ' ' && c <= '~' && c != '|')
			return true;
	}
	return false;
}

/* Where the matching stands. */
struct place {
	const struct message *m;
	size_t at;		/* its next element */
	size_t used;		/* characters of it, if it is a text */
	struct span want[4];	/* of the field that it is in the middle of */
};

static void
want_anything(struct place *p)
{
	for (size_t i = 0; i < 4; i++)
		p->want[i] = (struct span)ANY;
}

/* Whether the row can go on from there with its k-th byte. */
static bool
goes_on(struct place p, const struct row *r, size_t k)
{
	const struct element *e;

	if (k == r->n)
		return true;
	if (p.at == p.m->n) {
		/* The next message, whichever it is. */
		for (size_t i = 0; i < messages_n; i++) {
			struct place next = { .m = &messages[i] };

			want_anything(&next);
			if (goes_on(next, r, k))
				return true;
		}
		return false;
	}
	e = &p.m->element[p.at];
	if (e->field == NULL) {
		p.at++;
		return e->byte >= r->byte[k].least &&
		    e->byte <= r->byte[k].most && goes_on(p, r, k + 1);
	}
	if (e->field->kind == TX_TEXT) {
		struct place beyond = p;

		beyond.at++;
		beyond.used = 0;
		if (p.used >= e->field->min && goes_on(beyond, r, k))
			return true;
		p.used++;
		return p.used <= e->field->max && text_fits(r->byte[k]) &&
		    goes_on(p, r, k + 1);
	}
	p.want[e->i] = r->byte[k];
	if (!field_fits(e->field, p.want))
		return false;
	p.at++;
	if (e->i + 1 == e->field->length)
		want_anything(&p);
	return goes_on(p, r, k + 1);
}

/* Whether any message can hold the row as it stands, its check aside. */
static bool
holds_bytes(const struct row *r)
{
	for (size_t i = 0; i < messages_n; i++) {
		for (size_t at = 0; at < messages[i].n; at++) {
			const struct tx_field *f = messages[i].element[at].field;
			size_t most = f != NULL && f->kind == TX_TEXT ?
			    f->max : 1;

			for (size_t used = 0; used < most; used++) {
				struct place p = { .m = &messages[i],
				    .at = at, .used = used };

				want_anything(&p);
				if (goes_on(p, r, 0))
					return true;
			}
		}
	}
	return false;
}

static uint8_t
check_of(const struct row *r)
{
	size_t from = r->check == CHECK_ZERO ? 0 : r->check == CHECK_XOR ?
	    1 : 2;
	uint8_t sum = 0;

	for (size_t i = from; i + 1 < r->n; i++) {
		if (r->check == CHECK_XOR)
			sum ^= r->byte[i].least;
		else
			sum = (uint8_t)(sum + r->byte[i].least);
	}
	if (r->check == CHECK_NOT_SUM)
		return (uint8_t)~sum;
	return r->check == CHECK_XOR ? sum : (uint8_t)-sum;
}

/* The same with its check: each value of what varies before it, one by one. */
static bool
holds(const struct row *r, size_t from)
{
	struct row one = *r;

	if (!holds_bytes(r))
		return false;
	if (r->check == CHECK_NONE)
		return true;
	while (from + 1 < r->n && r->byte[from].least == r->byte[from].most)
		from++;
	if (from + 1 == r->n) {
		one.byte[from].least = one.byte[from].most = check_of(r);
		return holds_bytes(&one);
	}
	for (unsigned b = r->byte[from].least; b <= r->byte[from].most; b++) {
		one.byte[from].least = one.byte[from].most = (uint8_t)b;
		if (holds(&one, from + 1))
			return true;
	}
	return false;
}

/* --- that it is solved right ------------------------------------------------ */

static bool
can_hold(const struct tx_template *t, const struct row *r)
{
	messages_n = 1;
	take_apart(t, &messages[0]);
	return holds(r, 0);
}

static const struct row cuff = { "cuff", 3, { IS(0x3A), IS(0x20), IS(0xA6) },
	CHECK_NONE, NULL };

static void
what_a_range_leaves_out_it_cannot_hold(void **state)
{
	static const uint8_t bytes[] = { 0x3A, 0, 0, 0xA6 };
	struct tx_template t = { .name = "t", .bytes = bytes + 1, .length = 3,
	    .field = { { "n", 0, 2, TX_RANGE, 0x3A21, 0x3B1F } } };

	(void)state;
	assert_false(can_hold(&t, &cuff));
	t.field[0].min = 0x3A20;
	assert_true(can_hold(&t, &cuff));
	t.field[0].max = 0x3A20;
	assert_true(can_hold(&t, &cuff));
	t.field[0].min = 0x3900;
	t.field[0].max = 0x3A1F;
	assert_false(can_hold(&t, &cuff));
	/* 3A is fixed, the rest is a field's. */
	t.bytes = bytes;
	t.length = 4;
	t.field[0] = (struct tx_field){ "n", 1, 3, TX_RANGE, 0, 0x20A6FE };
	assert_true(can_hold(&t, &cuff));
	t.field[0].max = 0x20A5FF;
	assert_false(can_hold(&t, &cuff));
	/* The end of a field of more, and what follows it. */
	t.field[0] = (struct tx_field){ "n", 0, 3, TX_RANGE, 0x003A1F,
	    0x003A20 };
	assert_true(can_hold(&t, &cuff));
	t.field[0].max = 0x003A1F;
	assert_false(can_hold(&t, &cuff));
}

static void
free_bytes_can_hold_whatever_fits_and_two_cannot_hold_three(void **state)
{
	static const uint8_t bytes[] = { 1, 0, 0, 0, 2 };
	struct tx_template t = { .name = "t", .bytes = bytes, .length = 5,
	    .field = { { "id", 1, 3, TX_ANY, 0, 0 } } };

	(void)state;
	assert_true(can_hold(&t, &cuff));
	t.field[0].kind = TX_CHECKSUM;
	assert_true(can_hold(&t, &cuff));
	t.field[0].length = 2;
	assert_false(can_hold(&t, &cuff));
	/* Two fields side by side are three bytes again. */
	t.field[1] = (struct tx_field){ "more", 3, 1, TX_ANY, 0, 0 };
	assert_true(can_hold(&t, &cuff));
}

static void
a_text_holds_what_is_printable_and_its_bounds_count(void **state)
{
	static const uint8_t bytes[] = "(|)", line[] = "(|\r";
	static const struct row words = { "words", 3, { IS('a'), IS('b'),
	    IS(')') }, 0, NULL };
	static const struct row empty = { "empty", 2, { IS('|'), IS('\r') }, 0,
	    NULL };
	struct tx_template t = { .name = "t", .bytes = bytes, .length = 3,
	    .field = { { "text", 2, 0, TX_TEXT, 2, 8 } } };

	(void)state;
	assert_true(can_hold(&t, &words));
	t.field[0].max = 1;
	t.field[0].min = 1;
	assert_false(can_hold(&t, &words));
	assert_false(can_hold(&t, &cuff));
	/* No text is no bar between what stands before it and after. */
	t.bytes = line;
	t.field[0].min = 0;
	assert_true(can_hold(&t, &empty));
	t.field[0].min = 1;
	assert_false(can_hold(&t, &empty));
}

static void
a_row_may_begin_in_one_message_and_end_in_the_next(void **state)
{
	static const uint8_t bytes[] = { 0x20, 0xA6, 0, 0x3A };
	const struct tx_template t = { .name = "t", .bytes = bytes,
	    .length = 4 };

	(void)state;
	assert_true(can_hold(&t, &cuff));
}

static void
of_a_row_with_a_check_only_the_right_one_counts(void **state)
{
	static const uint8_t bytes[] = { 9, 0x3A, 0x86, 0x10, 0x30, 9 };
	uint8_t other[6];
	struct tx_template t = { .name = "t", .bytes = bytes, .length = 6 };
	const struct row stasis = { "stasis", 4, { IS(0x3A), IS(0x86), ANY,
	    ANY }, CHECK_ZERO, NULL };

	(void)state;
	assert_true(can_hold(&t, &stasis));
	memcpy(other, bytes, 6);
	other[4] = 0x31;
	t.bytes = other;
	assert_false(can_hold(&t, &stasis));
	t.field[0] = (struct tx_field){ "n", 3, 1, TX_RANGE, 0x0E, 0x0F };
	assert_true(can_hold(&t, &stasis));
}

/* The dossier's own examples. */
static void
the_rows_are_those_of_the_dossier(void **state)
{
	static const struct {
		size_t n;
		uint8_t byte[8];
	} commands[] = {
		{ 6, { 0x55, 0xAA, 0x04, 0x02, 0x01, 0xF8 } },
		{ 6, { 0x55, 0xAA, 0x04, 0x0B, 0x01, 0xEF } },
		{ 3, { 0x3A, 0x20, 0xA6 } },
		{ 3, { 0x3A, 0x87, 0x3F } },
		{ 3, { 0x3A, 0x28, 0x9E } },
		{ 5, { 0x3A, 0x79, 0x01, 0x00, 0x4C } },
		{ 8, { 0x02, '0', '1', ';', ';', 'D', '7', 0x03 } },
		{ 8, { 0x02, '0', '3', ';', ';', 'D', '9', 0x03 } },
		{ 8, { 0x02, '1', '4', ';', ';', 'D', 'B', 0x03 } },
		{ 8, { 0x02, '1', '7', ';', ';', 'D', 'E', 0x03 } },
		{ 8, { 0x02, '2', '5', ';', ';', 'D', 'D', 0x03 } },
		{ 8, { 0xCC, 0x80, 0x03, 0x03, 0x01, 0x02, 0x00, 0x03 } },
		{ 5, { 0x85, 0x02, 0x0F, 0x02, 0x0F } },
		{ 5, { 0xAA, 0x55, 0x06, 0x00, 0xFA } },
	};

	(void)state;
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		const struct tx_template t = { .name = "t",
		    .bytes = commands[i].byte, .length = commands[i].n };
		bool found = false;

		for (size_t k = 0; k < ROWS && !found; k++)
			found = can_hold(&t, &rows[k]);
		for (unsigned code = 0; code < 100 && !found; code++) {
			struct row r = medlab_row(code);

			found = code != 18 && can_hold(&t, &r);
		}
		if (!found)
			fail_msg("command %zu is in no row", i);
	}
}

/* --- and that no driver can send any of it ---------------------------------- */

static unsigned
refuse(const struct driver *d, const struct row *r)
{
	if ((r->but != NULL && strcmp(r->but, d->name) == 0) || !holds(r, 0))
		return 0;
	print_error("%s: a message can hold \"%s\" (%02X %02X %02X ...)\n",
	    d->name, r->what, r->byte[0].least, r->byte[1].least,
	    r->byte[2].least);
	return 1;
}

static void
no_message_of_any_driver_can_hold_a_command_of_any_monitor(void **state)
{
	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; drivers[i] != NULL; i++) {
		take_all_apart(drivers[i]);
		for (size_t k = 0; k < ROWS; k++)
			wrong += refuse(drivers[i], &rows[k]);
		for (unsigned code = 0; code < 100; code++) {
			struct row r = medlab_row(code);

			if (code != 18)
				wrong += refuse(drivers[i], &r);
		}
	}
	assert_int_equal(wrong, 0);
}

/* Two letters, which a text may well end with: but no message is these. */
static void
no_message_aborts_a_medlab_module(void **state)
{
	(void)state;
	for (size_t i = 0; drivers[i] != NULL; i++)
		assert_false(tx_allowed(drivers[i], (const uint8_t *)"X\r",
		    2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_a_range_leaves_out_it_cannot_hold),
		cmocka_unit_test(
		    free_bytes_can_hold_whatever_fits_and_two_cannot_hold_three),
		cmocka_unit_test(
		    a_text_holds_what_is_printable_and_its_bounds_count),
		cmocka_unit_test(
		    a_row_may_begin_in_one_message_and_end_in_the_next),
		cmocka_unit_test(
		    of_a_row_with_a_check_only_the_right_one_counts),
		cmocka_unit_test(the_rows_are_those_of_the_dossier),
		cmocka_unit_test(
		    no_message_of_any_driver_can_hold_a_command_of_any_monitor),
		cmocka_unit_test(no_message_aborts_a_medlab_module),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
