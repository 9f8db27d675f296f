/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What may be sent, and what is refused; and what the drivers do send, whatever
 * they hear.
 *
 * Easy to get wrong: that a message is on the list does not make it harmless.
 * tests/unit/test_danger.c looks at what the list allows.
 */
#include "tests/sim/monitor.h"
#include "tests/unit/recording.h"

#include <dirent.h>

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

/* --- what they do send ------------------------------------------------------ */

/* A driver at work, and how often it sent each of its messages. */
struct writer {
	const struct driver *driver;
	struct stream stream;
	unsigned often[64];
};
static struct writer w;

/* Of the driver's messages exactly one must allow it, and so must the port. */
static size_t
judge(const uint8_t *p, size_t n)
{
	unsigned found = 0;

	if (n == 0)
		return 0;
	assert_true(n <= TX_MAX);
	for (size_t i = 0; w.driver->tx[i].name != NULL; i++) {
		const struct tx_template one[] = { w.driver->tx[i],
		    { .name = NULL } };
		const struct driver d = { .tx = one };

		assert_true(i < 64);
		if (!tx_allowed(&d, p, n))
			continue;
		found++;
		w.often[i]++;
	}
	if (found != 1 || !tx_allowed(w.driver, p, n))
		fail_msg("%s writes %zu bytes (%02X %02X ...) that are %u of "
		    "its messages", w.driver->name, n, p[0], n > 1 ? p[1] : 0,
		    found);
	return n;
}

static size_t
ask(int64_t t_ms, uint8_t buf[TX_MAX])
{
	/* It must not count on what was there. */
	memset(buf, (int)(t_ms & 0xFF), TX_MAX);
	return judge(buf, stream_request(&w.stream, t_ms, buf));
}

static void
leave(int64_t t_ms)
{
	uint8_t buf[TX_MAX] = { 0 };

	(void)judge(buf, stream_release(&w.stream, t_ms, buf));
}

static void
hear(int64_t t_ms, const uint8_t *p, size_t n)
{
	struct decoded d;

	while (n > 0) {
		size_t taken = stream_feed(&w.stream, t_ms, p, n);

		p += taken;
		n -= taken;
		while (stream_next(&w.stream, &d))
			;
	}
}

static void
open_line(const struct driver_options *o)
{
	stream_init(&w.stream, w.driver, o, 0);
}

/* Nobody answers for a day; it is asked ten times a second at first. */
static void
talk_to_nobody(const struct driver_options *o)
{
	uint8_t buf[TX_MAX];
	int64_t t_ms = 0;

	open_line(o);
	leave(0);
	for (int i = 0; i < 12000; i++) {
		t_ms += i < 6000 ? 100 : 14400;
		(void)ask(t_ms, buf);
	}
	leave(t_ms);
	leave(t_ms);
}

/* Minutes with its simulated monitor: probe, lead and cuff, silence, noise, the
 * monitor off and on again. */
static void
talk_to_its_monitor(const struct driver_options *o)
{
	const struct sim_driver *sim = sim_driver_find(w.driver->name);
	static struct monitor m;
	static uint8_t bytes[SIM_OUT_MAX];
	struct patient patient;
	uint8_t buf[TX_MAX];
	size_t n;

	if (sim == NULL)
		return;
	patient_init(&patient, "BED", 7);
	monitor_init(&m, "m", sim, &patient, 7);
	m.epoch_ms = 1763761500000;
	open_line(o);
	for (int64_t t_ms = 0; t_ms < 600000; t_ms += 20) {
		int64_t s = t_ms % 1000 == 0 ? t_ms / 1000 : -1;

		if (s == 60 || s == 90)
			monitor_probe(&m, t_ms, s == 60 ? PROBE_OFF : PROBE_ON);
		if (s == 100)
			(void)monitor_cuff(&m, t_ms, false);
		m.silent = t_ms > 150000 && t_ms < 200000;
		m.lead_off = t_ms > 210000 && t_ms < 220000;
		m.noise = t_ms > 240000 && t_ms < 400000 ? 0.003 : 0;
		if (s == 420 || s == 480)
			monitor_power(&m, t_ms, s == 480);
		if (m.due_ms <= t_ms) {
			n = monitor_step(&m, t_ms, bytes);
			hear(t_ms, bytes, n);
		}
		n = ask(t_ms, buf);
		if (n > 0)
			monitor_hear(&m, t_ms, buf, n);
		if (s == 550)
			leave(t_ms);
	}
	leave(600000);
}

static void
talk_to_noise(const struct driver_options *o)
{
	uint64_t random = 11;
	uint8_t bytes[64], buf[TX_MAX];
	int64_t t_ms = 0;

	open_line(o);
	for (int i = 0; i < 20000; i++) {
		for (size_t k = 0; k < sizeof bytes; k++)
			bytes[k] = (uint8_t)(random_next(&random) >> 32);
		t_ms += (int64_t)(random_next(&random) % 300);
		hear(t_ms, bytes, random_next(&random) % sizeof bytes);
		(void)ask(t_ms, buf);
	}
	leave(t_ms);
}

static int
is_capture(const struct dirent *d)
{
	size_t n = strlen(d->d_name);

	return n > 4 && strcmp(d->d_name + n - 4, ".cap") == 0;
}

/* As recorded, and then again and again with bytes of it hit; asked after each
 * piece, and all the while that nothing comes. */
static void
talk_to_recording(struct recording *r, const struct driver_options *o)
{
	uint64_t random = 5;
	uint8_t buf[TX_MAX];

	for (int round = 0; round < 40; round++) {
		int64_t t_ms = r->chunks > 0 ? r->chunk[0].ms : 0;

		open_line(o);
		(void)ask(t_ms, buf);
		for (size_t k = 0; k < r->chunks; k++) {
			const struct chunk *c = &r->chunk[k];

			for (int i = 0; i < 50 && t_ms + 200 < c->ms; i++) {
				t_ms += 200;
				(void)ask(t_ms, buf);
			}
			t_ms = c->ms;
			for (size_t i = 0; i < c->n; i++) {
				uint8_t b = r->byte[c->from + i];

				if (round > 0 &&
				    random_next(&random) % 200 == 0)
					b = (uint8_t)random_next(&random);
				hear(t_ms, &b, 1);
			}
			(void)ask(t_ms, buf);
			(void)ask(t_ms, buf);
		}
		leave(t_ms);
	}
}

static void
talk_to_recordings(const struct driver_options *o)
{
	char folder[200], path[460];
	struct dirent **list;
	unsigned headers;
	int n;

	snprintf(folder, sizeof folder, "tests/captures/%s", w.driver->name);
	n = scandir(folder, &list, is_capture, alphasort);
	assert_true(n > 0);
	for (int i = 0; i < n; i++) {
		struct recording r = { 0 };

		snprintf(path, sizeof path, "%s/%s", folder, list[i]->d_name);
		recording_load(&r, path, w.driver->name, &headers);
		talk_to_recording(&r, o);
		recording_free(&r);
		free(list[i]);
	}
	free(list);
}

static void
what_a_driver_writes_is_one_of_its_messages_and_no_other(void **state)
{
	(void)state;
	for (size_t i = 0; drivers[i] != NULL; i++) {
		const uint16_t *interval_s = drivers[i]->intervals_s;
		unsigned all = 0;

		w = (struct writer){ .driver = drivers[i] };
		if (drivers[i]->tx == NULL)
			continue;
		do {
			struct driver_options o = {
				.interval_s = interval_s != NULL ?
				    *interval_s : 0,
			};

			talk_to_nobody(&o);
			talk_to_its_monitor(&o);
			talk_to_noise(&o);
			talk_to_recordings(&o);
		} while (interval_s != NULL && *++interval_s != 0);
		for (size_t k = 0; drivers[i]->tx[k].name != NULL; k++) {
			all += w.often[k];
			if (w.often[k] == 0)
				print_message("%s never wrote \"%s\"\n",
				    drivers[i]->name,
				    drivers[i]->tx[k].name);
		}
		assert_true(all > 0);
	}
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
		cmocka_unit_test(
		    what_a_driver_writes_is_one_of_its_messages_and_no_other),
		cmocka_unit_test(a_message_is_put_as_its_template_has_it),
		cmocka_unit_test(a_driver_that_only_listens_may_send_nothing),
		cmocka_unit_test(a_driver_is_found_by_its_name_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
