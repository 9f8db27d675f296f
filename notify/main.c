/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitals-notify: signs and sends the notices that vitalsd hands it.
 *
 * Easy to get wrong: RES_OPTIONS must be set before the first thread asks the
 * resolver; with the usual ones a dead name server costs 10 s an attempt.
 */
#include "daemon/config.h"
#include "daemon/hold.h"
#include "daemon/journal.h"
#include "daemon/paths.h"
#include "daemon/supervisor.h"
#include "notify/client.h"

#include <sys/resource.h>

#include <curl/curl.h>
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_CONFIG "/etc/vitalsd/vitals-notify.yaml"
#define STOP_MS 1000

struct options {
	struct paths paths;
	const char *credentials;	/* NULL: none */
	bool check;
	enum journal_level level;
};

static const char help[] =
    "usage: vitals-notify [--check] [--config FILE] [--run DIR]\n"
    "                     [--credentials DIR] [--log-level LEVEL]\n"
    "Signs and sends the notices that vitalsd hands it.\n"
    "  --check            say what is wrong with the configuration, and end\n"
    "  --config FILE      the configuration (or VITALS_NOTIFY_CONFIG;\n"
    "                     default " DEFAULT_CONFIG ")\n"
    "  --run DIR          where vitalsd's sockets are (or VITALSD_RUN;\n"
    "                     default /run/vitalsd)\n"
    "  --credentials DIR  where the secrets are (or CREDENTIALS_DIRECTORY)\n"
    "  --log-level LEVEL  error, warning, notice, info (the default), debug\n"
    "  --help             this text\n";

/* 0: go on; else the exit status plus one. */
static int
options_parse(struct options *o, int argc, char **argv)
{
	static const struct option table[] = {
		PATHS_OPTIONS,
		{ "credentials", required_argument, NULL, 'c' },
		{ "check", no_argument, NULL, 'k' },
		{ "log-level", required_argument, NULL, 'l' },
		{ "help", no_argument, NULL, 'h' },
		{ NULL, 0, NULL, 0 },
	};
	const char *from_environment = getenv("VITALS_NOTIFY_CONFIG");
	char error[256];
	int i;

	*o = (struct options){ .credentials = getenv("CREDENTIALS_DIRECTORY"),
		.level = JOURNAL_INFO };
	paths_init(&o->paths);
	o->paths.config = from_environment && from_environment[0] != '\0' ?
	    from_environment : DEFAULT_CONFIG;
	while ((i = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (paths_take_option(&o->paths, i, optarg))
			continue;
		if (i == 'c')
			o->credentials = optarg;
		else if (i == 'k')
			o->check = true;
		else if (i == 'l') {
			if (journal_level_parse(optarg, &o->level))
				continue;
			fprintf(stderr, "vitals-notify: no log level \"%s\"; "
			    "expected %s\n", optarg, journal_levels);
			return 3;
		} else if (i == 'h') {
			fputs(help, stdout);
			return 1;
		} else {
			fputs("try vitals-notify --help\n", stderr);
			return 3;
		}
	}
	if (optind < argc) {
		fprintf(stderr, "vitals-notify: unexpected argument \"%s\"; "
		    "try vitals-notify --help\n", argv[optind]);
		return 3;
	}
	if (paths_finish(&o->paths, error, sizeof(error)) < 0) {
		fprintf(stderr, "vitals-notify: %s\n", error);
		return 3;
	}
	return 0;
}

/* The configuration with its secrets, or NULL with every reason told. */
static struct notify_config *
configure(const struct options *o)
{
	struct complaints complaints = { .n = 0 };
	char line[CONFIG_PATH_MAX + 256];
	struct notify_config *c;

	c = notify_config_load(o->paths.config, &complaints);
	if (c && notify_config_secrets(c, o->credentials, &complaints) < 0) {
		notify_config_free(c);
		c = NULL;
	}
	for (size_t i = 0; i < complaints.n; i++) {
		complaint_format(line, sizeof(line), o->paths.config,
		    &complaints.item[i]);
		journal_log(JOURNAL_ERROR, &(struct journal_fields){
		    .message = JOURNAL_CONFIG_REFUSED }, "%s", line);
	}
	if (complaints.more > 0)
		journal_error("%s: and %zu more complaints", o->paths.config,
		    complaints.more);
	return c;
}

static int
on_watchdog(sd_event_source *source, uint64_t usec, void *arg)
{
	int r;

	(void)usec;
	(void)arg;
	supervisor_tell("WATCHDOG=1\nREADY=1");
	r = sd_event_source_set_time_relative(source,
	    supervisor_watchdog_us());
	return r < 0 ? r : sd_event_source_set_enabled(source,
	    SD_EVENT_ONESHOT);
}

static int
add_watchdog(sd_event *event)
{
	if (supervisor_watchdog_us() == 0)
		return 0;
	return sd_event_add_time_relative(event, NULL, CLOCK_BOOTTIME, 0, 1000,
	    on_watchdog, NULL);
}

static int
run(const struct options *o, const struct notify_config *config)
{
	sd_event *event = NULL;
	struct client *client = NULL;
	int r;

	r = sd_event_default(&event);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGTERM, NULL, NULL);
	if (r >= 0)
		r = sd_event_add_signal(event, NULL, SIGINT, NULL, NULL);
	if (r >= 0)
		r = add_watchdog(event);
	if (r >= 0)
		r = client_start(event, o->paths.notify_sock, config, &client);
	if (r >= 0) {
		journal_log(JOURNAL_NOTICE, &(struct journal_fields){
		    .message = JOURNAL_RUNNING }, "vitals-notify %s is "
		    "running: %zu channel%s", VITALSD_VERSION,
		    config->channels_n, config->channels_n == 1 ? "" : "s");
		supervisor_tell("READY=1");
		r = sd_event_loop(event);
		supervisor_tell("STOPPING=1");
		journal_log(JOURNAL_NOTICE, &(struct journal_fields){
		    .message = JOURNAL_ENDED }, "vitals-notify ends");
	}
	if (r < 0)
		journal_error("cannot run: %s", strerror(-r));
	if (client && client_stop(client, STOP_MS) < 0) {
		/* A thread sits in the resolver, and uses what we would free. */
		journal_notice("a channel is stuck; ending without it");
		journal_stop(100);
		_exit(r < 0 ? 1 : 0);
	}
	sd_event_unref(event);
	return r < 0 ? 1 : 0;
}

int
main(int argc, char **argv)
{
	const struct rlimit no_core = { 0, 0 };
	struct notify_config *config;
	struct options o;
	sigset_t signals;
	int r;

	r = options_parse(&o, argc, argv);
	if (r != 0)
		return r - 1;
	/* No secret ever lies in a core dump. */
	setrlimit(RLIMIT_CORE, &no_core);
	setenv("RES_OPTIONS", "timeout:1 attempts:1", 1);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (curl_global_init(CURL_GLOBAL_DEFAULT)) {
		fputs("vitals-notify: libcurl cannot be used\n", stderr);
		return 1;
	}
	r = journal_start("vitals-notify", o.level);
	if (r < 0) {
		fprintf(stderr, "vitals-notify: no journal: %s\n",
		    strerror(-r));
		return 1;
	}
	config = configure(&o);
	r = config ? 0 : 1;
	if (!config && !o.check)
		hold_failed_start(getenv("RUNTIME_DIRECTORY"), o.paths.config,
		    HOLD_CONFIG_MS);
	if (config && !o.check) {
		hold_forget(getenv("RUNTIME_DIRECTORY"));
		r = run(&o, config);
	}
	notify_config_free(config);
	journal_stop(500);
	curl_global_cleanup();
	return r;
}
