/* SPDX-License-Identifier: BSD-2-Clause
 *
 * `vitalsctl detect`: which ports there are and by which names, what is
 * printed and suggested, and the exit status.
 *
 * Easy to get wrong: what is suggested is checked as a whole configuration, by
 * the code that `vitalsctl config check` runs.
 */
#include "cli/detect_say.h"
#include "cli/verbs.h"
#include "daemon/config.h"
#include "tests/shim/pty.h"

#include <sys/stat.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "tests/unit/fake_vitalsd.h"

/* A machine's /dev and /sys, in a folder. */
struct machine {
	char root[40], dev[60], sys[60];
};

static void
make(const char *root, const char *path, const char *text, const char *link)
{
	char whole[300], *slash;
	FILE *f;

	snprintf(whole, sizeof(whole), "%s/%s", root, path);
	for (slash = whole + strlen(root) + 1;
	    (slash = strchr(slash, '/')) != NULL; slash++) {
		*slash = '\0';
		(void)mkdir(whole, 0755);
		*slash = '/';
	}
	if (link != NULL) {
		assert_int_equal(symlink(link, whole), 0);
		return;
	}
	f = fopen(whole, "w");
	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
machine_make(struct machine *m)
{
	strcpy(m->root, "/tmp/vitalsd-dev-XXXXXX");
	assert_non_null(mkdtemp(m->root));
	snprintf(m->dev, sizeof(m->dev), "%s/dev", m->root);
	snprintf(m->sys, sizeof(m->sys), "%s/sys", m->root);
	make(m->root, "dev/ttyUSB0", "", NULL);
	make(m->root, "dev/ttyUSB1", "", NULL);
	make(m->root, "dev/ttyUSB2", "", NULL);
	make(m->root, "dev/ttyS0", "", NULL);
	make(m->root, "dev/ttyS1", "", NULL);
	make(m->root, "sys/class/tty/ttyS0/type", "4\n", NULL);
	make(m->root, "sys/class/tty/ttyS1/type", "0\n", NULL);
	make(m->root, "dev/serial/by-id/usb-FTDI_A5069-if00-port0", NULL,
	    "../../ttyUSB1");
	make(m->root, "dev/serial/by-id/usb-gone", NULL, "../../ttyUSB9");
	make(m->root, "dev/serial/by-path/pci-0:1:1.0-port0", NULL,
	    "../../ttyUSB1");
	make(m->root, "dev/serial/by-path/pci-0:2:1.0-port0", NULL,
	    "../../ttyUSB0");
}

static void
machine_remove(struct machine *m)
{
	char command[80];

	snprintf(command, sizeof(command), "rm -r %s", m->root);
	assert_int_equal(system(command), 0);
}

static const char *
tail(const struct machine *m, const char *path)
{
	assert_int_equal(strncmp(path, m->root, strlen(m->root)), 0);
	return path + strlen(m->root);
}

static void
each_port_is_listed_once_by_its_best_name(void **state)
{
	static const struct {
		const char *path;
		enum port_name name;
	} want[] = {
		{ "/dev/serial/by-id/usb-FTDI_A5069-if00-port0", NAME_BY_ID },
		{ "/dev/serial/by-path/pci-0:2:1.0-port0", NAME_BY_PATH },
		{ "/dev/ttyS0", NAME_AS_GIVEN },
	};
	static struct detect_port p[DETECT_PORTS];
	struct machine m;

	(void)state;
	machine_make(&m);
	assert_int_equal(detect_ports_list(m.dev, m.sys, p), 3);
	for (size_t i = 0; i < 3; i++) {
		assert_string_equal(tail(&m, p[i].path), want[i].path);
		assert_int_equal(p[i].name, want[i].name);
		assert_int_equal(p[i].transport, TRANSPORT_SERIAL);
	}
	assert_string_equal(tail(&m, p[0].device), "/dev/ttyUSB1");
	machine_remove(&m);
}

static void
a_port_that_is_named_gets_its_best_name(void **state)
{
	static const struct {
		const char *given, *path;
		enum port_name name;
	} want[] = {
		{ "/dev/ttyUSB1",
		  "/dev/serial/by-id/usb-FTDI_A5069-if00-port0", NAME_BY_ID },
		{ "/dev/ttyUSB0",
		  "/dev/serial/by-path/pci-0:2:1.0-port0", NAME_BY_PATH },
		/* Whoever names the socket means the socket. */
		{ "/dev/serial/by-path/pci-0:1:1.0-port0",
		  "/dev/serial/by-path/pci-0:1:1.0-port0", NAME_BY_PATH },
		{ "/dev/ttyUSB2", "/dev/ttyUSB2", NAME_BY_PLUGGING },
		{ "/dev/ttyS0", "/dev/ttyS0", NAME_AS_GIVEN },
		{ "/dev/ttyUSB7", "/dev/ttyUSB7", NAME_BY_PLUGGING },
	};
	struct detect_port p;
	struct machine m;
	char given[200];

	(void)state;
	machine_make(&m);
	for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
		snprintf(given, sizeof(given), "%s%s", m.root, want[i].given);
		detect_port_named(m.dev, given, &p);
		assert_string_equal(tail(&m, p.path), want[i].path);
		assert_int_equal(p.name, want[i].name);
	}
	machine_remove(&m);
}

static struct hearing hearing;

/* As if that driver had been recognised at its setting. */
static void
heard_at(const struct driver *d, const struct line *line)
{
	struct heard *h = &hearing.heard[0];

	hearing = (struct hearing){ .n = 1 };
	h->line = *line;
	h->line.stop = 1;
	h->line.flow = FLOW_NONE;
	h->ms = 3000;
	h->n = 1;
	h->claim[0] = (struct heard_claim){
		.driver = d, .sound = 100, .verdict = DETECT_SURE,
	};
	hearing.sure = &h->claim[0];
}

/* What is suggested, as text; it is a configuration without a complaint. */
static struct config *
suggested(const struct detect_port *p, char **text)
{
	struct complaints *why = calloc(1, sizeof(*why));
	struct config *config;
	size_t size;
	FILE *f = open_memstream(text, &size);

	assert_non_null(why);
	say_beds(f);
	say_monitor(f, p, &hearing, 1);
	fclose(f);
	config = config_parse(*text, size, why);
	if (config == NULL)
		fail_msg("%s\n%s", why->item[0].text, *text);
	free(why);
	return config;
}

static void
what_is_suggested_is_the_line_that_was_heard(const struct driver *d,
    const struct line *line)
{
	static const struct detect_port p = {
		.path = "/dev/serial/by-id/usb-FTDI_A5069-if00-port0",
	};
	struct config *config;
	const struct config_port *got;
	char *text = NULL;

	heard_at(d, line);
	config = suggested(&p, &text);
	got = &config->ports[0];
	assert_int_equal(config->ports_n, 1);
	assert_ptr_equal(got->driver, d);
	assert_string_equal(got->path, p.path);
	assert_int_equal(got->line.baud, line->baud);
	assert_int_equal(got->line.bits, line->bits);
	assert_int_equal(got->line.parity, line->parity);
	assert_int_equal(got->line.stop, line->stop);
	assert_int_equal(got->line.flow, line->flow);
	if (line == &d->line)
		assert_null(strstr(text, "baud"));
	config_free(config);
	free(text);
}

static void
the_suggestion_for_each_driver_and_setting_passes_the_check(void **state)
{
	(void)state;
	for (size_t i = 0; drivers[i] != NULL; i++) {
		if (drivers[i]->needs_rules)	/* never recognised */
			continue;
		what_is_suggested_is_the_line_that_was_heard(drivers[i],
		    &drivers[i]->line);
		for (const struct line *l = drivers[i]->other_lines;
		    l != NULL && l->baud != 0; l++)
			what_is_suggested_is_the_line_that_was_heard(
			    drivers[i], l);
	}
}

static void
a_socket_is_suggested_with_a_warning(void **state)
{
	static const struct detect_port p = {
		.path = "/dev/serial/by-path/pci-0000:00:14.0-usb-0:2:1.0-p",
		.name = NAME_BY_PATH,
	};
	char *text = NULL;

	(void)state;
	heard_at(drivers[0], &drivers[0]->line);
	config_free(suggested(&p, &text));
	assert_non_null(strstr(text, "the socket, not the adapter"));
	free(text);
}

static void
a_name_that_plugging_changes_is_not_suggested(void **state)
{
	static const struct detect_port bad = {
		.path = "/dev/ttyUSB0", .name = NAME_BY_PLUGGING,
	}, relative = { .path = "monitor", .name = NAME_AS_GIVEN };
	const char *why;

	(void)state;
	assert_false(say_can_suggest(&bad, &why));
	assert_non_null(strstr(why, "order of plugging"));
	assert_false(say_can_suggest(&relative, &why));
}

static char *
said(const struct detect_port *p)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_int_equal(say_port(f, p, &hearing, false), 0);
	fclose(f);
	return text;
}

static void
assert_said(const char *what)
{
	static const struct detect_port p = { .path = "/dev/ttyS0" };
	char *text = said(&p);

	if (strstr(text, what) == NULL)
		fail_msg("it does not say `%s`:\n%s", what, text);
	free(text);
}

/* Kin at neither one's pace. */
static void
a_doubt_says_which_and_how_a_person_tells_them_apart(void **state)
{
	const struct driver *v5 = driver_find("contec-v5");

	(void)state;
	heard_at(v5, &v5->line);
	hearing.sure = NULL;
	hearing.heard[0].claim[0].verdict = DETECT_DOUBT;
	hearing.heard[0].claim[0].doubt = DETECT_PACE;
	hearing.heard[0].claim[0].per_min = 4800;
	assert_said("4800 frames a minute, not its 3000 to 4200");
	assert_said("contec-v5 is for: Contec CMS50 oximeters");
	assert_said("berry-bci is for: Berry oximeters");
	assert_said("read the maker's name and model on the monitor");
	hearing.heard[0].claim[0].doubt = DETECT_RIVAL;
	hearing.heard[0].claim[0].other = driver_find("micropod");
	assert_said("doubt: micropod makes as much of it");
	hearing.heard[0].claim[0].doubt = DETECT_FEW;
	assert_said("--seconds 30");
	hearing.heard[0].claim[0].doubt = DETECT_LINE_ERRORS;
	assert_said("wrong rate or parity");
	hearing.heard[0].claim[0].doubt = DETECT_DAMAGED;
	assert_said("look at cable");
}

/* The same bytes, and one asks for them. */
static void
a_doubt_between_kin_says_which_of_them_asks(void **state)
{
	const struct driver *pair[] = { driver_find("hl7"),
		driver_find("hl7-pds") };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		heard_at(pair[i], &pair[i]->line);
		hearing.sure = NULL;
		hearing.heard[0].claim[0].verdict = DETECT_DOUBT;
		hearing.heard[0].claim[0].doubt = DETECT_KIN;
		hearing.heard[0].claim[0].other = pair[1 - i];
		assert_said(i == 0 ? "doubt: hl7-pds reads the same bytes" :
		    "doubt: hl7 reads the same bytes");
		assert_said("hl7-pds asks the monitor: take it if the monitor "
		    "stays silent until it is asked.\n");
		assert_said("\nhl7 asks for nothing: take it if the monitor "
		    "sends by itself.\n");
	}
}

static void
where_nothing_came_the_drivers_that_ask_are_named(void **state)
{
	(void)state;
	heard_at(drivers[0], &drivers[0]->line);
	hearing.sure = NULL;
	hearing.heard[0].n = 0;
	assert_said("nothing came");
	for (size_t i = 0; drivers[i] != NULL; i++) {
		if (drivers[i]->request != NULL)
			assert_said(drivers[i]->name);
	}
	hearing.heard[0].bytes = 100;
	hearing.heard[0].errors = 40;
	assert_said("40 line errors");
	assert_said("Bytes came");
	assert_said("accutorr");	/* it greets */
}

/* The program, on a pseudo-terminal on which a thread plays a monitor. */
struct run {
	int status;
	char *out, *err;
};

static struct fake fake;
static struct pty pty;
static atomic_bool stop;

static void *
play(void *arg)
{
	static const uint8_t phasein[21] = {
		0xaa, 0x55, 0x03, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
		0x00, 0x08, 0x2a, 0x0e, 0x02, 0x00, 0x00, 0x03, 0xf5, 0xc3,
		0x00,
	};

	(void)arg;
	while (!stop) {
		if (write(pty.master, phasein, sizeof(phasein)) < 0)
			(void)poll(NULL, 0, 10);
		(void)poll(NULL, 0, 20);
	}
	return NULL;
}

static struct run
run(const char *typed, const char *const *word, int n)
{
	struct run r = { 0 };
	char *words[16] = { (char *)"--run", fake.dir, (char *)"detect" };
	size_t out_n, err_n;
	FILE *in = fmemopen((void *)typed, strlen(typed), "r");
	FILE *out = open_memstream(&r.out, &out_n);
	FILE *err = open_memstream(&r.err, &err_n);

	for (int i = 0; i < n; i++)
		words[3 + i] = (char *)word[i];
	r.status = cli_run(verbs, 3 + n, words, in, out, err);
	fclose(in);
	fclose(out);
	fclose(err);
	return r;
}

static void
run_free(struct run *r)
{
	free(r->out);
	free(r->err);
}

static const struct fake_answer no_devices[] = {
	{ "devices", "\"result\":{\"devices\":[]}", NULL, NULL },
	{ NULL, NULL, NULL, NULL },
};

#define WORDS(...) (const char *const[]){ __VA_ARGS__ }, \
	(int)(sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static void
a_monitor_that_speaks_is_found_with_status_0(void **state)
{
	pthread_t thread;
	struct run r;
	char *line, *save = NULL, path[100];
	size_t settings = 0, ports = 0;
	struct complaints *why = calloc(1, sizeof(*why));
	uint8_t byte;

	(void)state;
	fake_start(&fake, no_devices);
	pty_open(&pty);
	pty_make_raw(&pty);
	stop = false;
	assert_int_equal(pthread_create(&thread, NULL, play, NULL), 0);

	r = run("\n", WORDS(pty.link));
	assert_int_equal(r.status, EXIT_OK);
	assert_non_null(strstr(r.out, "phasein"));
	assert_non_null(strstr(r.out, "  sure\n"));
	assert_non_null(strstr(r.out, "        driver: phasein\n"));
	assert_non_null(strstr(r.out, "        transport: pty\n"));
	snprintf(path, sizeof(path), "        port: \"%s\"\n", pty.link);
	assert_non_null(strstr(r.out, path));
	assert_non_null(strstr(r.err, "listening at 1 port, "));
	line = strstr(r.out, "# Names and labels");
	assert_non_null(line);
	config_free(config_parse(line, strlen(line), why));
	assert_int_equal(why->n, 0);
	run_free(&r);

	r = run("\n", WORDS(pty.link, "-o", "json"));
	assert_int_equal(r.status, EXIT_OK);
	for (line = strtok_r(r.out, "\n", &save); line != NULL;
	    line = strtok_r(NULL, "\n", &save)) {
		json_t *o = json_loads(line, 0, NULL);
		const char *class = json_string_value(
		    json_object_get(o, "class"));

		assert_int_equal(strncmp(line, "{\"class\":", 9), 0);
		assert_string_equal(json_string_value(
		    json_object_get(o, "driver")), "phasein");
		assert_string_equal(json_string_value(
		    json_object_get(o, "verdict")), "sure");
		settings += strcmp(class, "setting") == 0;
		ports += strcmp(class, "port") == 0;
		if (ports > 0) {
			const char *text = json_string_value(
			    json_object_get(o, "config"));

			config_free(config_parse(text, strlen(text), why));
			assert_int_equal(why->n, 0);
		}
		json_decref(o);
	}
	assert_int_equal(settings, 1);
	assert_int_equal(ports, 1);
	run_free(&r);

	stop = true;
	pthread_join(thread, NULL);
	assert_int_equal(pty_read(&pty, &byte, 1, 0), 0);
	pty_close(&pty);
	fake_stop(&fake);
	fake_free(&fake);
	free(why);
}

static void
a_port_that_vitalsd_reads_is_not_touched(void **state)
{
	struct fake_answer answers[] = {
		{ "devices", NULL, NULL, NULL }, { NULL, NULL, NULL, NULL },
	};
	char answer[400];
	struct run r;

	(void)state;
	pty_open(&pty);
	pty_make_raw(&pty);
	snprintf(answer, sizeof(answer), "\"result\":{\"devices\":[{\"port\":"
	    "\"CHAIR1/ox\",\"link\":\"up\",\"path\":\"/other\",\"device\":"
	    "\"%s\"}]}", pty.device);
	answers[0].answer = answer;
	fake_start(&fake, answers);
	r = run("\n", WORDS(pty.link));
	assert_int_equal(r.status, EXIT_PROBLEM);
	assert_non_null(strstr(r.err, "vitalsd is reading it, as CHAIR1/ox: "
	    "`vitalsctl devices` shows what it hears"));
	run_free(&r);
	fake_stop(&fake);
	fake_free(&fake);
	pty_close(&pty);
}

static void
what_would_be_sent_is_shown_and_asked_for(void **state)
{
	const struct driver *d = driver_find("philips-intellivue");
	struct run r;
	uint8_t byte;

	(void)state;
	fake_start(&fake, no_devices);
	pty_open(&pty);
	pty_make_raw(&pty);
	r = run("n\n", WORDS(pty.link, "--allow-probe"));
	assert_int_equal(r.status, EXIT_PROBLEM);
	assert_non_null(strstr(r.out, d->name));
	for (const struct tx_template *t = d->tx; t->name != NULL; t++)
		assert_non_null(strstr(r.out, t->name));
	assert_non_null(strstr(r.out, "Send them? [y/N]"));
	assert_non_null(strstr(r.err, "not agreed; nothing was sent"));
	assert_int_equal(pty_read(&pty, &byte, 1, 0), 0);
	run_free(&r);
	pty_close(&pty);
	fake_stop(&fake);
	fake_free(&fake);
}

static void
a_wrong_command_is_status_2(void **state)
{
	static const struct {
		const char *a, *b, *err;
	} wrong[] = {
		{ "--seconds", "2", "from 3 to 600" },
		{ "--seconds", "x", "from 3 to 600" },
		{ "--yes", "/dev/x", "--yes goes with --allow-probe" },
		{ "--bed", "A", "takes no --bed" },
	}, other[] = {
		/* What else a configuration, or its reader, calls a port. */
		{ "unix:/run/vitals-tcp/ox", NULL, "is a socket" },
		{ "usb:0403:6001x", NULL, "has no product" },
		{ "CHAIR1/ox", NULL, "takes the path of a serial device" },
	};
	struct run r;

	(void)state;
	fake_start(&fake, no_devices);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		r = run("\n", WORDS("/dev/no-such-port", wrong[i].a,
		    wrong[i].b));
		assert_int_equal(r.status, EXIT_USAGE);
		assert_non_null(strstr(r.err, wrong[i].err));
		run_free(&r);
	}
	for (size_t i = 0; i < sizeof(other) / sizeof(other[0]); i++) {
		r = run("\n", WORDS(other[i].a));
		assert_int_equal(r.status, EXIT_USAGE);
		assert_non_null(strstr(r.err, other[i].a));
		assert_non_null(strstr(r.err, other[i].err));
		run_free(&r);
	}
	r = run("\n", WORDS("usb:ffff:ffff:NONE"));
	assert_int_equal(r.status, EXIT_PROBLEM);
	assert_non_null(strstr(r.err, "no such adapter is plugged in"));
	run_free(&r);
	r = run("\n", WORDS("/dev/no-such-port"));
	assert_int_equal(r.status, EXIT_PROBLEM);
	assert_non_null(strstr(r.err, "no such device"));
	run_free(&r);
	fake_stop(&fake);
	fake_free(&fake);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_port_is_listed_once_by_its_best_name),
		cmocka_unit_test(a_port_that_is_named_gets_its_best_name),
		cmocka_unit_test(
		  the_suggestion_for_each_driver_and_setting_passes_the_check),
		cmocka_unit_test(a_socket_is_suggested_with_a_warning),
		cmocka_unit_test(
		    a_name_that_plugging_changes_is_not_suggested),
		cmocka_unit_test(
		    a_doubt_says_which_and_how_a_person_tells_them_apart),
		cmocka_unit_test(a_doubt_between_kin_says_which_of_them_asks),
		cmocka_unit_test(
		    where_nothing_came_the_drivers_that_ask_are_named),
		cmocka_unit_test(a_monitor_that_speaks_is_found_with_status_0),
		cmocka_unit_test(a_port_that_vitalsd_reads_is_not_touched),
		cmocka_unit_test(what_would_be_sent_is_shown_and_asked_for),
		cmocka_unit_test(a_wrong_command_is_status_2),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
