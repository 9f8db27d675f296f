/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What may be sent, and what is refused.
 *
 * Easy to get wrong: the messages that inflate a cuff are real ones, of real
 * monitors (nibp-and-small-monitors.md section 0).
 */
#include "drivers/driver.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>

static const uint8_t poll_bytes[8] = { 0xE1, 0, 0, 7, 0x10, 0, 0, 0x99 };

static const struct tx_template polls[] = {
	{
		.name = "poll", .bytes = poll_bytes, .length = 8,
		.field = {
			{ "id", 1, 2, TX_ANY, 0, 0 },
			{ "interval", 5, 2, TX_RANGE, 5, 300 },
			{ "check", 7, 1, TX_CHECKSUM, 0, 0 },
		},
	},
	{ .name = NULL },
};
static const struct driver poller = { .name = "poller", .tx = polls };

static bool
poll_allowed(uint8_t at, uint8_t value, uint16_t interval)
{
	uint8_t m[8];

	memcpy(m, poll_bytes, sizeof m);
	m[5] = (uint8_t)(interval >> 8);
	m[6] = (uint8_t)interval;
	m[at] = value;
	return tx_allowed(&poller, m, sizeof m);
}

static void
a_field_takes_the_values_that_it_names_and_no_other(void **state)
{
	(void)state;
	assert_true(poll_allowed(0, 0xE1, 5));
	assert_true(poll_allowed(0, 0xE1, 300));
	assert_false(poll_allowed(0, 0xE1, 4));
	assert_false(poll_allowed(0, 0xE1, 301));
	assert_true(poll_allowed(1, 0xFF, 60));
	assert_true(poll_allowed(7, 0x42, 60));
}

static void
a_byte_outside_the_fields_must_be_exact(void **state)
{
	(void)state;
	assert_false(poll_allowed(0, 0xE0, 60));
	assert_false(poll_allowed(3, 8, 60));
	assert_false(poll_allowed(4, 0x11, 60));
}

static bool
ack_allowed(const char *m)
{
	static const uint8_t bytes[] = "MSH|ACK|\rMSA|AA|\r";
	static const struct tx_template acks[] = {
		{
			.name = "acknowledge", .bytes = bytes,
			.length = sizeof bytes - 1,
			.field = {
				{ "own id", 8, 0, TX_TEXT, 1, 4 },
				{ "id", 16, 0, TX_TEXT, 1, 8 },
			},
		},
		{ .name = NULL },
	};
	static const struct driver answers = { .name = "acks", .tx = acks };

	return tx_allowed(&answers, (const uint8_t *)m, strlen(m));
}

static void
a_text_field_takes_printable_characters_within_its_length(void **state)
{
	(void)state;
	assert_true(ack_allowed("MSH|ACK|1\rMSA|AA|204\r"));
	assert_true(ack_allowed("MSH|ACK|1234\rMSA|AA|12345678\r"));
	assert_false(ack_allowed("MSH|ACK|\rMSA|AA|204\r"));
	assert_false(ack_allowed("MSH|ACK|12345\rMSA|AA|204\r"));
	assert_false(ack_allowed("MSH|ACK|1\rMSA|AA|2|4\r"));
	assert_false(ack_allowed("MSH|ACK|1\rMSA|AA|2\x02" "4\r"));
	assert_false(ack_allowed("MSH|ACK|1\rMSA|AA|204\r\r"));
	assert_false(ack_allowed("MSH|ACK|1\rMSA|AA|204"));
}

static void
a_message_is_allowed_only_as_a_whole(void **state)
{
	const struct driver *ge = driver_find("ge-dri");
	const uint8_t *stop = ge->tx[0].bytes;
	uint8_t twice[104];

	(void)state;
	assert_true(tx_allowed(ge, stop, 52));
	assert_false(tx_allowed(ge, stop, 51));
	assert_false(tx_allowed(ge, stop, 0));
	assert_false(tx_allowed(ge, stop + 1, 51));
	memcpy(twice, stop, 52);
	memcpy(twice + 52, stop, 52);
	assert_false(tx_allowed(ge, twice, 104));
	twice[20] ^= 1;
	assert_false(tx_allowed(ge, twice, 52));
}

static void
no_driver_may_start_a_cuff(void **state)
{
	static const struct {
		size_t n;
		uint8_t byte[8];
	} starts[] = {
		{ 6, { 0x55, 0xAA, 0x04, 0x02, 0x01, 0xF8 } },
		{ 6, { 0x55, 0xAA, 0x04, 0x0B, 0x01, 0xEF } },
		{ 3, { 0x3A, 0x20, 0xA6 } },
		{ 8, { 0x02, '0', '1', ';', ';', 'D', '7', 0x03 } },
		{ 8, { 0xCC, 0x80, 0x03, 0x03, 0x01, 0x02, 0x00, 0x03 } },
	};

	(void)state;
	for (size_t i = 0; drivers[i] != NULL; i++) {
		for (size_t k = 0; k < sizeof starts / sizeof starts[0]; k++)
			assert_false(tx_allowed(drivers[i], starts[k].byte,
			    starts[k].n));
	}
}

static void
a_message_is_put_as_its_template_has_it(void **state)
{
	uint8_t m[TX_MAX] = { 0 };

	(void)state;
	assert_int_equal(tx_put(&polls[0], m), 8);
	assert_memory_equal(m, poll_bytes, 8);
	assert_int_equal(m[8], 0);
}

static void
a_driver_that_only_listens_may_send_nothing(void **state)
{
	static const uint8_t zeros[TX_MAX];

	(void)state;
	for (size_t n = 0; n <= TX_MAX; n++)
		assert_false(tx_allowed(driver_find("nonin-2"), zeros, n));
}

static void
a_driver_is_found_by_its_name_only(void **state)
{
	(void)state;
	for (size_t i = 0; drivers[i] != NULL; i++) {
		assert_ptr_equal(driver_find(drivers[i]->name), drivers[i]);
		assert_true(drivers[i]->silent_after_ms >= 1000);
		assert_int_equal(drivers[i]->request != NULL,
		    drivers[i]->tx != NULL);
		assert_int_equal(drivers[i]->intervals_s != NULL,
		    drivers[i]->default_interval_s != 0);
	}
	assert_null(driver_find("ge"));
	assert_null(driver_find(""));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_field_takes_the_values_that_it_names_and_no_other),
		cmocka_unit_test(a_byte_outside_the_fields_must_be_exact),
		cmocka_unit_test(
		    a_text_field_takes_printable_characters_within_its_length),
		cmocka_unit_test(a_message_is_allowed_only_as_a_whole),
		cmocka_unit_test(no_driver_may_start_a_cuff),
		cmocka_unit_test(a_message_is_put_as_its_template_has_it),
		cmocka_unit_test(a_driver_that_only_listens_may_send_nothing),
		cmocka_unit_test(a_driver_is_found_by_its_name_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
