/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitals-notify.yaml: what is taken, and what is refused at which place.
 */
#include "daemon/config.h"
#include "notify/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define GOOD "channels:\n- name: a\n  kind: webhook\n  url: https://h/x\n"

static struct notify_config *
parse(const char *text, struct complaints *out)
{
	*out = (struct complaints){ .n = 0 };
	return notify_config_parse(text, strlen(text), out);
}

/* The text is refused with this complaint, among others or alone. */
static void
assert_refused(const char *text, unsigned line, unsigned column,
    const char *part)
{
	struct complaints out;
	struct notify_config *c = parse(text, &out);

	assert_null(c);
	assert_true(out.n > 0);
	for (size_t i = 0; i < out.n; i++)
		if (out.item[i].line == line && out.item[i].column == column &&
		    strstr(out.item[i].text, part))
			return;
	print_message("%s\n", text);
	for (size_t i = 0; i < out.n; i++)
		print_message("%u:%u: %s\n", out.item[i].line,
		    out.item[i].column, out.item[i].text);
	fail_msg("no complaint \"%s\" at %u:%u", part, line, column);
}

static void
a_channel_is_taken_with_everything_that_it_says(void **state)
{
	struct complaints out;
	struct notify_config *c = parse("channels:\n"
	    "  - name: station\n"
	    "    kind: webhook\n"
	    "    url: \"https://alerts.clinic.example:8443/v?x=1\"\n"
	    "    ca-file: /etc/vitalsd/ca.pem\n"
	    "    secret: station-key\n"
	    "    expect:\n"
	    "      body: '\"accepted\"'\n"
	    "      header: \"X-Receiver:  station 1\"\n"
	    "  - name: local\n"
	    "    kind: webhook\n"
	    "    url: http://127.0.0.1:8080/\n", &out);

	(void)state;
	assert_non_null(c);
	assert_int_equal(out.n, 0);
	assert_int_equal(c->channels_n, 2);
	assert_string_equal(c->channel[0].name, "station");
	assert_int_equal(c->channel[0].kind, CHANNEL_WEBHOOK);
	assert_string_equal(c->channel[0].url,
	    "https://alerts.clinic.example:8443/v?x=1");
	assert_string_equal(c->channel[0].ca_file, "/etc/vitalsd/ca.pem");
	assert_string_equal(c->channel[0].secret_name, "station-key");
	assert_string_equal(c->channel[0].expect_body, "\"accepted\"");
	assert_string_equal(c->channel[0].expect_header, "X-Receiver");
	assert_string_equal(c->channel[0].expect_value, "station 1");
	assert_string_equal(c->channel[1].name, "local");
	assert_string_equal(c->channel[1].secret_name, "");
	notify_config_free(c);
}

static void
the_shipped_example_is_taken(void **state)
{
	struct complaints out = { .n = 0 };
	struct notify_config *c = notify_config_load(
	    "schemas/vitals-notify.yaml", &out);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->channels_n, 1);
	notify_config_free(c);
}

static void
an_unknown_key_is_refused_with_the_nearest_name(void **state)
{
	(void)state;
	assert_refused(GOOD "  ca_file: /x\n", 5, 3,
	    "\"ca_file\": unknown key; did you mean \"ca-file\"?");
	assert_refused(GOOD "  expect:\n    bdoy: x\n", 6, 5,
	    "did you mean \"body\"?");
	assert_refused("chanels: []\n", 1, 1, "did you mean \"channels\"?");
	assert_refused(GOOD "  zzzzzz: 1\n", 5, 3, "\"zzzzzz\": unknown key;");
	assert_refused(GOOD "  ? [a]\n  : 1\n", 5, 5, "unknown key");
}

static void
a_missing_or_repeated_key_is_refused(void **state)
{
	(void)state;
	assert_refused("channels:\n- name: a\n  kind: webhook\n", 2, 3,
	    "\"url\" is missing");
	assert_refused(GOOD "  name: b\n", 5, 3, "name: repeated");
	assert_refused(GOOD "- name: a\n  kind: webhook\n  url: https://i/\n",
	    5, 9, "there is a channel \"a\" already");
	assert_refused("", 0, 0, "empty");
	assert_refused("channels:\n", 1, 10, "no list");
	assert_refused("channels: a\n", 1, 11, "no list");
	assert_refused("- a\n", 1, 1, "not a mapping");
	assert_refused("channels:\n- a\n", 2, 3, "not a mapping");
	assert_refused("{}\n", 1, 1, "\"channels\" is missing");
}

static void
a_fresh_machine_has_no_channel_yet(void **state)
{
	struct complaints out;
	struct notify_config *c = parse("channels: []\n", &out);

	(void)state;
	assert_non_null(c);
	assert_int_equal(c->channels_n, 0);
	assert_int_equal(out.n, 0);
	notify_config_free(c);
}

static void
every_complaint_comes_at_once(void **state)
{
	struct complaints out;

	(void)state;
	/* The missing "url" is found last, but stands first. */
	assert_null(parse("channels:\n- ca-file: ca.pem\n  name: 'a b'\n"
	    "  kind: pager\n  secrte: x\n", &out));
	assert_int_equal(out.n, 5);
	assert_non_null(strstr(out.item[0].text, "\"url\" is missing"));
	for (unsigned i = 1; i < 5; i++)
		assert_int_equal(out.item[i].line, i + 1);
}

static void
an_address_without_encryption_leads_nowhere_but_here(void **state)
{
	static const char *const bad[] = {
		"http://alerts.example/", "http://192.168.1.5:80/",
		"http://127.0.0.1.example/", "http://[::2]/",
		"http://localhost.example/",
	};
	static const char *const good[] = {
		"http://127.0.0.1:1/", "http://127.9.9.9/", "http://[::1]:80/x",
		"http://localhost:80/", "https://192.168.1.5/",
	};
	char text[256];
	struct complaints out;

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		struct notify_config *c;

		snprintf(text, sizeof(text), "channels:\n- name: a\n"
		    "  kind: webhook\n  url: \"%s\"\n", bad[i]);
		assert_refused(text, 4, 8, "unencrypted http");
		snprintf(text, sizeof(text), "channels:\n- name: a\n"
		    "  kind: webhook\n  url: \"%s\"\n", good[i]);
		c = parse(text, &out);
		assert_non_null(c);
		notify_config_free(c);
	}
}

static void
what_is_no_address_is_refused(void **state)
{
	static const struct {
		const char *url, *part;
	} bad[] = {
		{ "alerts.example/x", "not an address" },
		{ "ftp://alerts.example/", "neither https nor http" },
		{ "file:///etc/passwd", "address" },
		{ "https://a b/", "not an address" },
		{ "https://u:p@h/", "a user or a password" },
		{ "https://token@h/", "a user or a password" },
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), "channels:\n- name: a\n"
		    "  kind: webhook\n  url: \"%s\"\n", bad[i].url);
		assert_refused(text, 4, 8, bad[i].part);
	}
}

static void
no_complaint_shows_an_address_or_what_stands_in_place_of_a_secret(void **state)
{
	struct complaints out;

	(void)state;
	assert_null(parse("channels:\n- name: a\n  kind: webhook\n"
	    "  url: http://h.example/T0/TOPSECRET\n"
	    "  secret: TOPSECRET/+/0123456789\n", &out));
	assert_int_equal(out.n, 2);
	for (size_t i = 0; i < out.n; i++)
		assert_null(strstr(out.item[i].text, "TOPSECRET"));
}

static void
a_header_needs_a_name_and_a_value(void **state)
{
	static const char *const bad[] = {
		"X-Receiver", ": x", "X-Receiver:", "X-Receiver: ", "X Y: z",
	};
	char text[256];

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		snprintf(text, sizeof(text), GOOD "  expect:\n"
		    "    header: \"%s\"\n", bad[i]);
		assert_refused(text, 6, 13, "not a header with its value");
	}
}

static void
write_file(const char *dir, const char *name, const char *bytes, size_t n)
{
	char path[256];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "w");
	assert_non_null(f);
	assert_int_equal(fwrite(bytes, 1, n, f), n);
	assert_int_equal(fclose(f), 0);
}

static void
secrets_come_from_the_credentials_directory(void **state)
{
	char dir[] = "/tmp/test_notify.XXXXXX", command[64], big[300];
	struct complaints out;
	struct notify_config *c = parse(GOOD "  secret: key\n", &out);

	(void)state;
	assert_non_null(c);
	assert_non_null(mkdtemp(dir));
	assert_int_equal(notify_config_secrets(c, NULL, &out), -1);
	assert_non_null(strstr(out.item[0].text, "CREDENTIALS_DIRECTORY"));

	out.n = 0;
	assert_int_equal(notify_config_secrets(c, dir, &out), -1);
	assert_non_null(strstr(out.item[0].text, "No such file"));

	/* One newline is an editor's, a second one is part of the secret. */
	write_file(dir, "key", "0123456789abcde\n\n", 17);
	out.n = 0;
	assert_int_equal(notify_config_secrets(c, dir, &out), 0);
	assert_int_equal(c->channel[0].secret.n, 16);
	assert_memory_equal(c->channel[0].secret.byte, "0123456789abcde\n", 16);

	memset(big, 'x', sizeof(big));
	write_file(dir, "key", big, 256);
	assert_int_equal(notify_config_secrets(c, dir, &out), 0);
	assert_int_equal(c->channel[0].secret.n, 256);

	for (size_t n = 0; n <= 300; n += 15) {
		if (n >= SECRET_MIN && n <= SECRET_MAX)
			continue;
		write_file(dir, "key", big, n);
		out.n = 0;
		assert_int_equal(notify_config_secrets(c, dir, &out), -1);
		assert_non_null(strstr(out.item[0].text, "16 to 256 bytes"));
	}
	notify_config_free(c);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

/* As systemd calls the files of a folder: LoadCredential=secret:FOLDER. */
static void
a_secret_of_the_units_folder_is_found_by_its_files_name(void **state)
{
	char dir[] = "/tmp/test_notify.XXXXXX", command[64];
	struct complaints out;
	struct notify_config *c = parse(GOOD "  secret: key\n", &out);

	(void)state;
	assert_non_null(c);
	assert_non_null(mkdtemp(dir));
	write_file(dir, "secret_key", "from the folder.", 16);
	assert_int_equal(notify_config_secrets(c, dir, &out), 0);
	assert_memory_equal(c->channel[0].secret.byte, "from the folder.", 16);

	write_file(dir, "key", "by its own name.", 16);
	assert_int_equal(notify_config_secrets(c, dir, &out), 0);
	assert_memory_equal(c->channel[0].secret.byte, "by its own name.", 16);
	notify_config_free(c);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	assert_int_equal(system(command), 0);
}

static void
a_file_that_cannot_be_read_is_one_complaint(void **state)
{
	char path[] = "/tmp/test_notify.XXXXXX";
	struct complaints out = { .n = 0 };
	int fd;

	(void)state;
	assert_null(notify_config_load("/nowhere/at/all", &out));
	assert_int_equal(out.n, 1);
	assert_non_null(strstr(out.item[0].text, "No such file"));

	fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_true(write(fd, GOOD "  ca-file: /nowhere/ca.pem\n",
	    sizeof(GOOD) - 1 + 27) > 0);
	close(fd);
	out.n = 0;
	assert_null(notify_config_load(path, &out));
	assert_int_equal(out.n, 1);
	assert_non_null(strstr(out.item[0].text,
	    "channel a: ca-file /nowhere/ca.pem: No such file"));
	unlink(path);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_channel_is_taken_with_everything_that_it_says),
		cmocka_unit_test(the_shipped_example_is_taken),
		cmocka_unit_test(an_unknown_key_is_refused_with_the_nearest_name),
		cmocka_unit_test(a_missing_or_repeated_key_is_refused),
		cmocka_unit_test(a_fresh_machine_has_no_channel_yet),
		cmocka_unit_test(every_complaint_comes_at_once),
		cmocka_unit_test(an_address_without_encryption_leads_nowhere_but_here),
		cmocka_unit_test(what_is_no_address_is_refused),
		cmocka_unit_test(no_complaint_shows_an_address_or_what_stands_in_place_of_a_secret),
		cmocka_unit_test(a_header_needs_a_name_and_a_value),
		cmocka_unit_test(secrets_come_from_the_credentials_directory),
		cmocka_unit_test(
		    a_secret_of_the_units_folder_is_found_by_its_files_name),
		cmocka_unit_test(a_file_that_cannot_be_read_is_one_complaint),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
