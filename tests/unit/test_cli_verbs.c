/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The verbs of vitalsctl from the words typed to the sentence printed, against
 * a server that answers as docs/protocol.md says.
 */
#include "cli/verbs.h"

#include <sys/wait.h>

#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>

#include "drivers/driver.h"
#include "tests/unit/fake_vitalsd.h"

#define STATED "\"bed\":\"CHAIR3\",\"session\":\"20261121-CHAIR3-1\"," \
	"\"statement\":\"9f86d081884c7d65-7\"," \
	"\"at\":\"2026-11-21T14:02:31.000Z\""

#define STATE(rest) "{\"wall\":\"2026-11-21T14:02:31.000Z\",\"t_ms\":100000," \
	"\"log\":{\"failing\":false,\"why\":\"\"},\"notifier\":{\"connected\":" \
	"true,\"undelivered\":0},\"clock\":{\"synced\":true},\"beds\":[" rest \
	"],\"box\":{\"alarms\":[]}}"
#define IDLE "{\"bed\":\"CHAIR3\",\"label\":\"Chair 3\",\"session\":null," \
	"\"phase\":\"idle\",\"since_start_ms\":null,\"infusion_ms\":null," \
	"\"vitals\":[],\"ports\":[{\"port\":\"CHAIR3/ge\",\"link\":\"down\"," \
	"\"age_ms\":null,\"why\":\"no such device\"}],\"armed\":{}," \
	"\"alarms\":[],\"monitor_alarms\":[]}"
#define BUSY(seen) "{\"bed\":\"CHAIR3\",\"label\":\"Chair 3\",\"session\":" \
	"\"20261121-CHAIR3-1\",\"phase\":\"infusion\",\"since_start_ms\":90000," \
	"\"infusion_ms\":30000,\"vitals\":[" \
	"{\"vital\":\"spo2\",\"port\":\"CHAIR3/ge\",\"quality\":\"good\"," \
	"\"value\":86,\"shown\":\"86\",\"unit\":\"%\",\"age_ms\":900," \
	"\"stale\":false,\"demo\":false}," \
	"{\"vital\":\"rr\",\"port\":\"CHAIR3/ge\",\"quality\":\"good\"," \
	"\"value\":14,\"shown\":\"14\",\"unit\":\"/min\",\"age_ms\":45000," \
	"\"stale\":true,\"demo\":false}]," \
	"\"ports\":[{\"port\":\"CHAIR3/ge\",\"link\":\"up\",\"age_ms\":100}]," \
	"\"armed\":{},\"alarms\":[{\"event\":\"9f86d081884c7d65-1\"," \
	"\"bed\":\"CHAIR3\",\"condition\":\"spo2-low\",\"type\":\"SP\"," \
	"\"state\":\"active\",\"priority\":\"high\",\"level\":\"high\"," \
	"\"acknowledged\":" seen ",\"by\":\"Ana\",\"text\":" \
	"\"SpO2 86 % (<88)\",\"since_ms\":86000}],\"monitor_alarms\":[" \
	"{\"port\":\"CHAIR3/ge\",\"priority\":\"medium\",\"text\":" \
	"\"LEADS OFF\",\"since_ms\":40000}," \
	"{\"port\":\"CHAIR3/ge\",\"priority\":\"high\",\"text\":" \
	"\"SpO2 LOW\",\"since_ms\":88000}]}"
#define NOTE(method, params) "{\"jsonrpc\":\"2.0\",\"method\":\"" method \
	"\",\"params\":" params "}\n"

static const struct fake_answer answers[] = {
	{ "status", "\"result\":" STATE(BUSY("false")), NULL, NULL },
	/* What follows the answer ends with nonsense, which ends `watch`. */
	{ "watch", "\"result\":" STATE(IDLE), NULL,
	  NOTE("state", STATE(BUSY("false")))
	  NOTE("tick", "{\"wall\":\"2026-11-21T14:02:33.000Z\",\"t_ms\":2}")
	  NOTE("state", STATE(BUSY("true")))
	  NOTE("state", STATE(IDLE)) "nonsense\n" },
	{ "session.start", "\"result\":{" STATED ",\"durable\":true}",
	  NULL, NULL },
	{ "infusion.start", "\"result\":{" STATED ",\"durable\":false}",
	  NULL, NULL },
	{ "infusion.stop", "\"error\":{\"code\":1,\"message\":\"no infusion "
	  "has been started; say `infusion start` first\"}", NULL, NULL },
	{ "mark", "\"result\":{" STATED ",\"durable\":true}", NULL, NULL },
	{ "session.amend", "\"result\":{" STATED ",\"durable\":true,"
	  "\"amended\":\"infusion.start\",\"was\":"
	  "\"2026-11-21T13:58:00.000Z\"}", NULL, NULL },
	{ "session.end", "\"error\":{\"code\":2,\"message\":"
	  "\"user `guest` may only look\"}", NULL, NULL },
	{ "session.abort", FAKE_HANG_UP, NULL, NULL },
	{ "baseline.suggest", "\"result\":{\"bed\":\"CHAIR3\",\"values\":"
	  "{\"heart-rate\":72,\"spo2\":98,\"nibp-sys\":128,\"nibp-dia\":79,"
	  "\"nibp-map\":95}}", NULL, NULL },
	{ "baseline.confirm", "\"result\":{" STATED ",\"values\":{},"
	  "\"durable\":true}", NULL, NULL },
	{ "alarm.list", "\"result\":{\"alarms\":[{\"event\":"
	  "\"9f86d081884c7d65-2\",\"bed\":\"CHAIR3\",\"condition\":"
	  "\"hr-high\",\"type\":\"SP\",\"state\":\"active\",\"priority\":"
	  "\"medium\",\"level\":\"medium\",\"acknowledged\":false,\"text\":"
	  "\"HR 124 /min (>120)\",\"since_ms\":0},{\"event\":"
	  "\"9f86d081884c7d65-1\",\"bed\":\"CHAIR3\",\"condition\":"
	  "\"spo2-low\",\"type\":\"SP\",\"state\":\"latched\",\"priority\":"
	  "\"high\",\"level\":\"none\",\"acknowledged\":false,\"text\":"
	  "\"SpO2 86 % (<88)\",\"since_ms\":0}]}", NULL, NULL },
	{ "alarm.ack", "\"result\":{\"acknowledged\":[\"9f86d081884c7d65-1\"],"
	  "\"alarms\":[{\"event\":\"9f86d081884c7d65-1\",\"bed\":\"CHAIR3\","
	  "\"priority\":\"high\",\"text\":\"SpO2 86 % (<88)\"}],"
	  "\"durable\":true}", NULL, NULL },
	{ "alarm.pause", "\"result\":{\"bed\":\"CHAIR3\",\"until_ms\":1,"
	  "\"seconds\":60,\"durable\":true}", NULL, NULL },
	{ "limits.set", "\"result\":{" STATED ",\"durable\":true,\"old\":"
	  "{\"on\":true,\"priority\":\"medium\",\"limit\":92,\"clear\":93,"
	  "\"delay_ms\":15000},\"new\":{\"on\":true,\"priority\":\"medium\","
	  "\"limit\":90,\"clear\":91,\"delay_ms\":15000}}", NULL, NULL },
	{ "devices", "\"result\":{\"devices\":[{\"port\":\"CHAIR3/ge\","
	  "\"bed\":\"CHAIR3\",\"driver\":\"ge-dri\",\"title\":\"GE S/5\","
	  "\"transport\":\"serial\",\"path\":\"/dev/x\",\"usb\":\"\",\"link\":\"silent\","
	  "\"byte_age_ms\":1500,\"frame_age_ms\":null,\"bytes\":4711,"
	  "\"garbage\":4000,\"frames\":{\"ok\":2,\"ignored\":5,"
	  "\"bad-check\":3,\"bad-length\":0,\"bad-value\":0,"
	  "\"bad-sequence\":0},\"readings\":0,\"reopened\":2,"
	  "\"finding\":\"unreadable\",\"why\":\"4711 bytes came in the last "
	  "15 s, and no message that driver ge-dri understands\",\"do\":"
	  "\"It may be another driver's monitor, protocol, speed or parity: "
	  "compare them with the monitor's menu. `vitalsctl record` keeps a "
	  "sample.\"}]}", NULL, NULL },
	{ "record.start", "\"result\":{}", NULL,
	  "{\"jsonrpc\":\"2.0\",\"method\":\"bytes\",\"params\":{\"port\":"
	  "\"CHAIR3/ge\",\"ms\":5000,\"sent\":true,\"hex\":\"7e 01\"}}\n"
	  "{\"jsonrpc\":\"2.0\",\"method\":\"bytes\",\"params\":{\"port\":"
	  "\"CHAIR3/ge\",\"ms\":5012,\"sent\":false,\"hex\":\"a5ff\"}}\n"
	  "{\"jsonrpc\":\"2.0\",\"method\":\"bytes\",\"params\":{\"port\":"
	  "\"CHAIR3/ge\",\"ms\":5013,\"sent\":false,\"hex\":\"zz\"}}\n" },
	{ "reload", "\"result\":{\"complaints\":[{\"line\":7,\"column\":3,"
	  "\"text\":\"unknown key `prot`\"}],\"more\":0}", NULL, NULL },
	{ NULL, NULL, NULL, NULL },
};

#define SHOWN(demo, alarms) "{\"bed\":\"D3\",\"label\":\"D3\"," \
	"\"session\":null,\"phase\":\"idle\",\"since_start_ms\":null," \
	"\"infusion_ms\":null,\"vitals\":[{\"vital\":\"hr\",\"port\":" \
	"\"D3/ph\",\"quality\":\"good\",\"value\":72,\"shown\":\"72\"," \
	"\"unit\":\"/min\",\"age_ms\":0,\"stale\":false,\"demo\":" demo \
	"}],\"ports\":[{\"port\":\"D3/ph\",\"link\":\"up\",\"age_ms\":0," \
	"\"alarms_known\":" alarms "}],\"armed\":{},\"alarms\":[{\"event\":" \
	"\"9f86d081884c7d65-1\",\"condition\":\"hr-low\",\"type\":\"SP\"," \
	"\"state\":\"active\",\"priority\":\"low\",\"level\":\"low\"," \
	"\"demo\":" demo ",\"text\":\"HR\",\"since_ms\":100000}],\"monitor_alarms\":["
static const struct fake_answer demo_answers[] = {
	{ "status", "\"result\":" STATE(SHOWN("true", "true") "]}"), NULL, NULL },
	{ "watch", "\"result\":" STATE(SHOWN("false", "true") "]}"), NULL,
	  NOTE("state", STATE(SHOWN("true", "true") "]}")) "nonsense\n" },
	{ "alarm.list", "\"result\":{\"alarms\":[{\"event\":"
	  "\"9f86d081884c7d65-1\",\"bed\":\"D3\",\"condition\":\"hr-low\","
	  "\"type\":\"SP\",\"state\":\"active\",\"priority\":\"low\","
	  "\"level\":\"low\",\"acknowledged\":false,\"demo\":true,"
	  "\"text\":\"HR 40 /min (<45)\",\"since_ms\":0}]}", NULL, NULL },
	{ NULL, NULL, NULL, NULL },
};

#define SAYS(known, what) STATE(SHOWN("false", known) what "]}")
#define LEADS_OFF "{\"port\":\"D3/ph\",\"priority\":\"medium\",\"text\":" \
	"\"LEADS OFF\",\"since_ms\":40000}"
static const struct fake_answer relayed_answers[] = {
	{ "watch", "\"result\":" SAYS("true", LEADS_OFF), NULL,
	  NOTE("state", SAYS("true", "")) NOTE("state", SAYS("true", LEADS_OFF))
	  NOTE("state", SAYS("false", "")) "nonsense\n" },
	{ NULL, NULL, NULL, NULL },
};

/* What vitalsd answers; a test may put other answers in their place. */
static const struct fake_answer *answered = answers;

/* One run of the program. */
struct run {
	struct fake fake;
	int status;
	char *out, *err;
};

/* Words are cut at '|'. */
static void
run(struct run *r, const char *words, const char *typed)
{
	char copy[512], *word[24], *save = NULL;
	FILE *in = fmemopen((void *)(typed ? typed : "\n"),
	    strlen(typed ? typed : "\n"), "r");
	size_t out_n, err_n;
	FILE *out, *err;
	int n = 0;

	fake_start(&r->fake, answered);
	out = open_memstream(&r->out, &out_n);
	err = open_memstream(&r->err, &err_n);
	word[n++] = (char *)"--run";
	word[n++] = r->fake.dir;
	snprintf(copy, sizeof(copy), "%s", words);
	for (char *w = strtok_r(copy, "|", &save); w;
	    w = strtok_r(NULL, "|", &save))
		word[n++] = w;
	r->status = cli_run(verbs, n, word, in, out, err);
	fclose(in);
	fclose(out);
	fclose(err);
	fake_stop(&r->fake);
}

static void
run_free(struct run *r)
{
	fake_free(&r->fake);
	free(r->out);
	free(r->err);
}

static void
assert_run(const char *words, int status, const char *out, const char *err)
{
	struct run r;

	run(&r, words, NULL);
	assert_int_equal(r.status, status);
	if (out)
		assert_string_equal(r.out, out);
	if (err && !strstr(r.err, err))
		fail_msg("`%s` said: %s", words, r.err);
	if (!err)
		assert_string_equal(r.err, "");
	run_free(&r);
}

/* What was asked of vitalsd, in the i-th request. */
static void
assert_asked(const char *words, size_t i, const char *params)
{
	struct run r;
	char *text;

	run(&r, words, "y\n");
	assert_int_equal(r.status, EXIT_OK);
	text = fake_params(&r.fake, i);
	assert_string_equal(text, params);
	free(text);
	run_free(&r);
}

static void
a_statement_is_one_clear_sentence(void **state)
{
	(void)state;
	assert_run("session|start|--bed|CHAIR3|--subject|K-17", EXIT_OK,
	    "CHAIR3: session start at 14:02:31 recorded "
	    "(20261121-CHAIR3-1)\n", NULL);
	assert_run("mark|second cannula", EXIT_OK,
	    "CHAIR3: mark at 14:02:31 recorded (20261121-CHAIR3-1)\n", NULL);
}

/* A number alone tells nobody whether it was the right one. */
static void
what_was_acknowledged_or_withdrawn_is_said_in_words(void **state)
{
	(void)state;
	assert_run("alarm|ack|--bed|CHAIR3", EXIT_OK, "CHAIR3: acknowledgement "
	    "of \"SpO2 86 % (<88)\" recorded (9f86d081884c7d65-1)\n", NULL);
	assert_run("session|amend|9f86d081884c7d65-7|--withdraw|--reason|x",
	    EXIT_OK, "CHAIR3: withdrawal of infusion start at 13:58:00 "
	    "recorded (20261121-CHAIR3-1)\n", NULL);
	assert_run("session|amend|9f86d081884c7d65-7|--at|14:02:31|--reason|x",
	    EXIT_OK, "CHAIR3: correction: infusion start at 14:02:31 recorded "
	    "(20261121-CHAIR3-1)\n", NULL);
}

static void
a_bed_that_there_is_not_is_not_watched_for_ever(void **state)
{
	static const char *const words[] = { "status|--bed|CHAIR9",
		"watch|--bed|CHAIR9", "devices|--bed|CHAIR9" };

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		assert_run(words[i], EXIT_PROBLEM, "", "there is no bed CHAIR9"
		    "; `vitalsctl status` lists them\n");
}

static void
a_time_that_is_none_is_wrong_usage(void **state)
{
	(void)state;
	assert_run("mark|x|--at|25:00", EXIT_USAGE, "", "--at takes a time of "
	    "day, 00:00 to 23:59 or with seconds, like 14:02 or 14:02:31, not "
	    "`25:00`\nusage: vitalsctl mark ");
	assert_run("infusion|start|--at|1402", EXIT_USAGE, "", "`1402`");
	assert_run("infusion|start|--at|", EXIT_USAGE, "", "");
}

static void
help_says_of_a_bed_what_it_is_for(void **state)
{
	struct run r;

	(void)state;
	run(&r, "status|--help", NULL);
	assert_non_null(strstr(r.out, "this bed alone"));
	assert_null(strstr(r.out, "needed"));
	run_free(&r);
	run(&r, "mark|--help", NULL);
	assert_non_null(strstr(r.out, "needed where there are several"));
	run_free(&r);
}

static void
options_reach_vitalsd_as_parameters(void **state)
{
	(void)state;
	assert_asked("session|start|--bed=CHAIR3|--at|14:02|--by|Ana|"
	    "--subject|K-17", 0, "{\"at\":\"14:02\",\"bed\":\"CHAIR3\","
	    "\"by\":\"Ana\",\"subject\":\"K-17\"}");
	assert_asked("mark|--bed|CHAIR3|--|--bed", 0,
	    "{\"bed\":\"CHAIR3\",\"text\":\"--bed\"}");
	assert_asked("session|amend|9f86d081884c7d65-7|--withdraw|--reason|"
	    "wrong bed", 0, "{\"reason\":\"wrong bed\",\"statement\":"
	    "\"9f86d081884c7d65-7\",\"withdraw\":true}");
	/* As the review prints it. */
	assert_asked("session|amend|#9f86d081884c7d65-7|--withdraw|--reason|"
	    "wrong bed", 0, "{\"reason\":\"wrong bed\",\"statement\":"
	    "\"9f86d081884c7d65-7\",\"withdraw\":true}");
	assert_asked("alarm|pause|60", 0, "{\"seconds\":60}");
	assert_asked("alarm|pause|off", 0, "{\"seconds\":0}");
	assert_asked("limits|set|spo2-low|--limit|-20|--delay|15|--off|"
	    "--reason|site", 0, "{\"delay_ms\":15000,\"limit\":-20,"
	    "\"on\":false,\"reason\":\"site\",\"tier\":\"spo2-low\"}");
}

static void
the_most_urgent_alarm_is_listed_first(void **state)
{
	struct run r;

	(void)state;
	run(&r, "alarm|list", NULL);
	assert_int_equal(r.status, EXIT_OK);
	assert_non_null(strstr(r.out, "HR 124"));
	assert_true(strstr(r.out, "SpO2 86") < strstr(r.out, "HR 124"));
	run_free(&r);
}

static void
a_record_that_is_not_on_disk_is_a_loud_warning(void **state)
{
	(void)state;
	assert_run("infusion|start", EXIT_OK, NULL, "LOG IS FAILING");
}

static void
a_refusal_is_status_1_with_the_reason(void **state)
{
	(void)state;
	assert_run("infusion|stop", EXIT_PROBLEM, "", "vitalsctl: no infusion "
	    "has been started; say `infusion start` first\n");
	assert_run("session|end", EXIT_PROBLEM, "",
	    "vitalsctl: not allowed: user `guest` may only look\n");
	assert_run("reload", EXIT_PROBLEM, "",
	    ":7:3: unknown key `prot`\n");
}

static void
an_unanswered_statement_is_not_to_be_repeated_blindly(void **state)
{
	(void)state;
	assert_run("session|abort", EXIT_PROBLEM, "", "vitalsd closed the "
	    "connection; whether `session abort` took effect is not known: "
	    "look (`vitalsctl status`) before you say it again\n");
}

static void
a_recording_of_another_protocol_is_said_to_be_one(void **state)
{
	char path[] = "/tmp/test-replay-XXXXXX", words[96];
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, "SpO2 97 % of a report in words\n", 31), 31);
	close(fd);
	snprintf(words, sizeof(words), "replay|%s|--driver|ge-dri", path);
	assert_run(words, EXIT_PROBLEM, NULL, ": not one message of ge-dri is "
	    "in it; is --driver right?\n");
	unlink(path);
}

static void
assert_says(const char *words, const char *text)
{
	struct run r;

	run(&r, words, NULL);
	assert_int_equal(r.status, EXIT_OK);
	assert_string_equal(r.err, "");
	if (!strstr(r.out, text))
		fail_msg("`%s` said: %s", words, r.out);
	run_free(&r);
}

static void
each_driver_tells_what_it_may_send(void **state)
{
	(void)state;
	assert_says("drivers", "\nnonin-2 ");
	assert_says("drivers|ge-dri", "\nge-dri  19200 8E1 rtscts  checksum  "
	    "7 messages  GE S/5");
	assert_says("drivers|nonin-2", "\nnonin-2  9600 8N1  checksum  "
	    "nothing  Nonin");
	assert_run("drivers|nonin-2|--tx", EXIT_OK, "nonin-2: Nonin oximeters, "
	    "data format 2 (OEM III, Xpod, 9560, WristOx2)\n  sends nothing\n",
	    NULL);
	assert_says("drivers|--tx|capnostat", "CO2 sensors\n"
	    "  send waveform and values: 4 bytes\n      80 02 00 7E\n");
	assert_says("drivers|--tx", "  take note of the monitor's system: "
	    "36 bytes\n"
	    "      C0 11 01 00 1C E1 00 00 02 00 02 00 14 <id> 00\n"
	    "      01 00 0E 00 21 00 00 00 00 00 00 00 <time> 0D 06 00\n"
	    "      00 <check> C1\n"
	    "      <id>: 2 bytes, 0 to 33791 (0000 to 83FF)\n"
	    "      <time>: 1 byte, 0 to 7 (00 to 07)\n"
	    "      <check>: 2 bytes, the check of what stands before\n");
	assert_says("drivers|philips-intellivue|-o|json", "{\"name\":"
	    "\"take note of the monitor's system\",\"hex\":\"c0 11 01 00 1c "
	    "e1 00 00 02 00 02 00 14 .. .. 00 01 00 0e 00 21 00 00 00 00 00 "
	    "00 00 .. 0d 06 00 00 .. .. c1\",\"fields\":[{\"name\":\"id\","
	    "\"offset\":13,\"bytes\":2,\"kind\":\"range\",\"min\":0,"
	    "\"max\":33791},");
	assert_run("drivers|nonin", EXIT_PROBLEM, "", "there is no driver "
	    "\"nonin\"");
}

/* Whoever judges what is done to a monitor is not told "nothing". */
static void
what_rules_send_is_listed_with_their_driver(void **state)
{
	static const char yaml[] = "beds:\n  - id: A\n    monitors:\n"
	    "      - {name: m, driver: line, rules: ox, port: /dev/x}\n"
	    "line-rules:\n  ox:\n    match: [{prefix: \"HR=\", "
	    "values: {hr: {key: \"HR=\"}}}]\n"
	    "    poll: [{send: \"P<CR>\", every: 2s}]\n"
	    "    polls-confirmed-by: A. Example\n";
	char path[] = "/tmp/test-rules-XXXXXX", words[96];
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, yaml, sizeof(yaml) - 1), sizeof(yaml) - 1);
	close(fd);
	snprintf(words, sizeof(words), "drivers|line|--tx|--config|%s", path);
	assert_says(words, "line: text by the rules ox\n  poll: 2 bytes\n"
	    "      50 0D\n  poll 1 is sent every 2 s; A. Example answers for "
	    "it\n");
	snprintf(words, sizeof(words), "drivers|line|--config|%s|-o|json",
	    path);
	assert_says(words, "\"sends\":[{\"name\":\"poll\",\"hex\":\"50 0d\"");
	snprintf(words, sizeof(words), "drivers|line|--config|%s", path);
	assert_says(words, "1 message     text by the rules ox\n");
	unlink(path);
	assert_says("drivers|line", "by its rules");
	assert_run(words, EXIT_PROBLEM, NULL, path);
}

static void
a_wrong_word_is_status_2_with_the_nearest_name(void **state)
{
	(void)state;
	assert_run("staus", EXIT_USAGE, "", "did you mean `status`?");
	assert_run("infusion|strat", EXIT_USAGE, "",
	    "`infusion strat`; did you mean `infusion start`?");
	assert_run("session", EXIT_USAGE, "", "vitalsctl session amend");
	assert_run("zzzzzzzzzz", EXIT_USAGE, "", "`vitalsctl help` lists");
	assert_run("", EXIT_USAGE, "", "say what to do");
	assert_run("status|--bde|X", EXIT_USAGE, "", "did you mean --bed?");
	assert_run("infusion|stop|--reason|x", EXIT_USAGE, "",
	    "`infusion stop` takes no --reason");
	assert_run("status|-o|csv", EXIT_USAGE, "", "table or json");
	assert_run("status|--bed", EXIT_USAGE, "", "--bed needs a value");
	assert_run("status|--bed|A|--bed|B", EXIT_USAGE, "", "given twice");
	assert_run("mark", EXIT_USAGE, "", "needs an argument");
	assert_run("mark|two|words", EXIT_USAGE, "", "`words`");
	assert_run("alarm|pause|121", EXIT_USAGE, "", "1 to 120 seconds");
	assert_run("alarm|ack|7", EXIT_USAGE, "", "names no event");
	assert_run("session|amend|9f86d081884c7d65-7|--reason|x", EXIT_USAGE,
	    "", "--withdraw");
	assert_run("limits|set|spo2-low|--limit|90", EXIT_USAGE, "",
	    "needs --reason");
	assert_run("limits|set|spo2-low|--reason|x", EXIT_USAGE, "",
	    "say what to change");
	assert_run("limits|set|spo2-low|--limit|9x|--reason|x", EXIT_USAGE,
	    "", "whole number");
}

static void
no_daemon_is_status_1(void **state)
{
	char *word[] = { (char *)"--run", (char *)"/nonexistent",
	    (char *)"status" };
	char *text = NULL;
	size_t n;
	FILE *err = open_memstream(&text, &n);

	(void)state;
	assert_int_equal(cli_run(verbs, 3, word, stdin, err, err),
	    EXIT_PROBLEM);
	fclose(err);
	assert_non_null(strstr(text, "vitalsd is not running"));
	free(text);
}

static void
a_baseline_is_shown_and_asked_for(void **state)
{
	struct run r;

	(void)state;
	run(&r, "baseline|confirm", "n\n");
	assert_int_equal(r.status, EXIT_PROBLEM);
	assert_int_equal(r.fake.requests_n, 1);
	assert_non_null(strstr(r.out, "heart rate 72 /min"));
	assert_non_null(strstr(r.out, "breaths    not known"));
	assert_non_null(strstr(r.err, "nothing was recorded"));
	run_free(&r);
	assert_asked("baseline|confirm|--by|Ana", 1,
	    "{\"bed\":\"CHAIR3\",\"by\":\"Ana\",\"values\":{\"heart-rate\":72,"
	    "\"nibp-dia\":79,\"nibp-map\":95,\"nibp-sys\":128,\"spo2\":98}}");
	/* A mean of the suggestion does not go with a pressure that is said. */
	assert_asked("baseline|confirm|--nibp|120/70|--rr|14|--yes", 1,
	    "{\"bed\":\"CHAIR3\",\"values\":{\"heart-rate\":72,"
	    "\"nibp-dia\":70,\"nibp-sys\":120,\"rr\":14,\"spo2\":98}}");
	assert_run("baseline|confirm|--nibp|70/120", EXIT_USAGE, "",
	    "like 128/79");
	assert_run("baseline|confirm|--nibp|120", EXIT_USAGE, "",
	    "like 128/79");
	assert_run("baseline|confirm|--nibp|120/70/130", EXIT_USAGE, "",
	    "MAP between them");
	assert_run("baseline|confirm|--nibp|999/120", EXIT_USAGE, "",
	    "--nibp takes SYS/DIA or SYS/DIA/MAP, 1 to 300 mmHg, SYS above "
	    "DIA and MAP between them, like 128/79, not `999/120`\n");
	assert_run("baseline|confirm|--nibp|120/70/90/3", EXIT_USAGE, "",
	    "like 128/79");
}

/* Asks tests/schema-check about the lines of a file; its status. */
static int
schema_status(const char *path)
{
	char command[256];
	int status;

	snprintf(command, sizeof(command), "tests/schema-check "
	    "schemas/control.schema.json --named < %s", path);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
every_request_is_as_the_schema_says(void **state)
{
	static const char *const words[] = {
		"session|start|--bed|CHAIR3|--at|14:02:31|--subject|K-17",
		"infusion|start|--by|Ana", "mark|second cannula",
		"session|amend|9f86d081884c7d65-7|--at|14:00|--reason|typo",
		"session|amend|9f86d081884c7d65-7|--withdraw|--reason|typo",
		"session|end|--reason|done", "infusion|stop",
		"baseline|confirm|--yes|--nibp|120/70/90", "alarm|list",
		"alarm|ack|9f86d081884c7d65-1", "alarm|ack|--bed|CHAIR3",
		"alarm|pause|60", "devices",
		("limits|set|spo2-low|--limit|90|--clear|91|--delay|20|"
		"--priority|high|--on|--reason|site"),
		"record|CHAIR3/ge|/nonexistent/x", "reload",
	};
	char path[] = "/tmp/test-requests-XXXXXX", *text;
	int status = mkstemp(path);
	FILE *f = fdopen(status, "w");
	struct run r;

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		run(&r, words[i], NULL);
		assert_true(r.fake.requests_n > 0);
		for (size_t k = 0; k < r.fake.requests_n; k++) {
			text = json_dumps(r.fake.request[k], JSON_COMPACT);
			fprintf(f, "request %s\n", text);
			free(text);
		}
		run_free(&r);
	}
	fclose(f);
	status = schema_status(path);
	unlink(path);
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

/* The answers that these tests are fed are real ones, or they show nothing. */
static void
every_answer_here_is_as_the_schema_says(void **state)
{
	char path[] = "/tmp/test-answers-XXXXXX";
	int status = mkstemp(path);
	FILE *f = fdopen(status, "w");

	(void)state;
	for (const struct fake_answer *a = answers; a->method; a++) {
		if (strncmp(a->answer, "\"result\":", 9) == 0)
			fprintf(f, "result:%s %s\n", a->method, a->answer + 9);
	}
	fclose(f);
	status = schema_status(path);
	unlink(path);
	if (status == 77)
		skip();
	assert_int_equal(status, 0);
}

static void
status_shows_no_stale_value(void **state)
{
	(void)state;
	assert_run("status", EXIT_OK,
	    "CHAIR3 (Chair 3): infusion, session 20261121-CHAIR3-1 for "
	    "1 min 30 s, infusion began 30 s ago\n"
	    "  SpO2      86 % (0 s)\n"
	    "  RR        -- (no data for 45 s)\n"
	    "  *** SpO2 86 % (<88), for 14 s  [9f86d081884c7d65-1]\n"
	    /* The monitor's own: after ours, without a sign, worst first. */
	    "  monitor says: SpO2 LOW  (high, CHAIR3/ge, for 12 s)\n"
	    "  monitor says: LEADS OFF  (medium, CHAIR3/ge, for 1 min 0 s)\n",
	    NULL);
	assert_run("status|--bed|CHAIR9", EXIT_PROBLEM, "",
	    "there is no bed CHAIR9");
}

static void
watch_prints_what_has_changed_and_nothing_else(void **state)
{
	struct run r;
	int lines = 0;

	(void)state;
	assert_run("watch", EXIT_PROBLEM,
	    "14:02:31 CHAIR3: idle\n"
	    "14:02:31 CHAIR3: port CHAIR3/ge down: no such device\n"
	    "14:02:31 CHAIR3: infusion, session 20261121-CHAIR3-1\n"
	    "14:02:31 CHAIR3: port CHAIR3/ge up\n"
	    "14:02:31 CHAIR3: *** SpO2 86 % (<88) [9f86d081884c7d65-1]\n"
	    "14:02:31 CHAIR3: monitor says: SpO2 LOW (high, CHAIR3/ge)\n"
	    "14:02:31 CHAIR3: monitor says: LEADS OFF (medium, CHAIR3/ge)\n"
	    "14:02:31 CHAIR3: SpO2 86, RR --\n"
	    "14:02:31 CHAIR3: acknowledged by Ana: SpO2 86 % (<88) "
	    "[9f86d081884c7d65-1]\n"
	    "14:02:31 CHAIR3: idle\n"
	    "14:02:31 CHAIR3: port CHAIR3/ge down: no such device\n"
	    "14:02:31 CHAIR3: ended: SpO2 86 % (<88) [9f86d081884c7d65-1]\n"
	    /* The cable was pulled. */
	    "14:02:31 CHAIR3: not known any more whether monitor says: "
	    "SpO2 LOW (high, CHAIR3/ge)\n"
	    "14:02:31 CHAIR3: not known any more whether monitor says: "
	    "LEADS OFF (medium, CHAIR3/ge)\n"
	    "14:02:31 CHAIR3: no value\n", "not JSON");
	run(&r, "watch|-o|json", NULL);
	for (const char *p = r.out; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, 5);
	assert_non_null(strstr(r.out, "\n{\"class\":\"tick\",\"time\":"
	    "\"2026-11-21T14:02:33.000Z\""));
	run_free(&r);
}

static void
an_alarm_of_the_monitor_is_over_only_where_the_monitor_says_so(void **state)
{
	(void)state;
	answered = relayed_answers;
	assert_run("watch", EXIT_PROBLEM,
	    "14:02:31 D3: idle\n"
	    "14:02:31 D3: * HR [9f86d081884c7d65-1]\n"
	    "14:02:31 D3: monitor says: LEADS OFF (medium, D3/ph)\n"
	    "14:02:31 D3: HR 72\n"
	    "14:02:31 D3: monitor no longer says: LEADS OFF (medium, D3/ph)\n"
	    "14:02:31 D3: monitor says: LEADS OFF (medium, D3/ph)\n"
	    "14:02:31 D3: not known any more whether monitor says: LEADS OFF "
	    "(medium, D3/ph)\n", "not JSON");
	answered = answers;
}

static void
demonstration_data_are_called_so(void **state)
{
	struct run r;

	(void)state;
	answered = demo_answers;
	assert_run("status", EXIT_OK,
	    "D3: idle, no session\n"
	    "  DEMO DATA, NO PATIENT\n"
	    "  HR        72 /min (0 s)\n"
	    "  *   HR, for 0 s  [9f86d081884c7d65-1]\n", NULL);
	assert_run("watch", EXIT_PROBLEM,
	    "14:02:31 D3: idle\n"
	    "14:02:31 D3: * HR [9f86d081884c7d65-1]\n"
	    "14:02:31 D3: HR 72\n"
	    "14:02:31 D3: DEMO DATA, NO PATIENT: HR 72\n", "not JSON");
	run(&r, "alarm|list", NULL);
	assert_non_null(strstr(r.out, "[DEMO DATA] HR 40 /min (<45)"));
	run_free(&r);
	answered = answers;
}

static void
lists_are_tables_or_lines_of_json(void **state)
{
	struct run r;
	json_t *o;

	(void)state;
	run(&r, "alarm|list", NULL);
	assert_non_null(strstr(r.out, "CHAIR3  *** high    SpO2 86 % (<88)"));
	assert_non_null(strstr(r.out, "latched"));
	run_free(&r);
	run(&r, "alarm|list|-o|json", NULL);
	assert_true(strncmp(r.out, "{\"class\":\"alarm\",\"time\":\"2", 26)
	    == 0);
	o = json_loads(r.out, JSON_DISABLE_EOF_CHECK, NULL);
	assert_string_equal(client_text(o, "condition"), "spo2-low");
	json_decref(o);
	run_free(&r);
	run(&r, "devices", NULL);
	assert_string_equal(r.out,
	    "PORT       DRIVER  LINK    LAST BYTE  LAST FRAME  READINGS  "
	    "SOUND FRAMES\n"
	    "CHAIR3/ge  ge-dri  silent  1 s        never       0         7\n"
	    "    also: bad-check 3, garbage 4000, reopened 2\n"
	    "    why:  4711 bytes came in the last 15 s, and no message that "
	    "driver ge-dri\n"
	    "          understands\n"
	    "    do:   It may be another driver's monitor, protocol, speed or "
	    "parity:\n"
	    "          compare them with the monitor's menu. `vitalsctl record` "
	    "keeps a\n"
	    "          sample.\n");
	run_free(&r);
	run(&r, "devices|-o|json", NULL);
	o = json_loads(r.out, JSON_DISABLE_EOF_CHECK, NULL);
	assert_string_equal(client_text(o, "class"), "device");
	assert_string_equal(client_text(o, "finding"), "unreadable");
	json_decref(o);
	run_free(&r);
}

static void
a_changed_limit_says_from_what_to_what(void **state)
{
	(void)state;
	assert_run("limits|set|spo2-low|--limit|90|--clear|91|--reason|"
	    "known COPD", EXIT_OK, "CHAIR3: spo2-low from medium 92 (clear 93,"
	    " 15 s) to medium 90 (clear 91, 15 s) recorded "
	    "(20261121-CHAIR3-1)\n", NULL);
}

static void
a_recording_that_breaks_off_stays_readable(void **state)
{
	char path[] = "/tmp/test-record-XXXXXX", words[256], text[1024];
	int fd = mkstemp(path);
	size_t n;
	FILE *f;

	(void)state;
	close(fd);
	snprintf(words, sizeof(words), "record|CHAIR3/ge|%s|--device|S/5|"
	    "--source|bench|--notes|n", path);
	assert_run(words, EXIT_PROBLEM, "", "is not overwritten");
	unlink(path);
	/* The third notification is nonsense: it ends the recording. */
	assert_run(words, EXIT_PROBLEM, NULL, "not hexadecimal");
	f = fopen(path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	unlink(path);
	assert_string_equal(text, "# device:  S/5\n# driver:  ge-dri\n"
	    "# scrubbed: no: nothing is known of this protocol that tells of a "
	    "person\n# source:  bench\n# notes:   n\n"
	    "@0    > 7e 01\n@12   < a5 ff\n");
	snprintf(words, sizeof(words), "record|CHAIR9/ge|%s", path);
	assert_run(words, EXIT_PROBLEM, "", "there is no port `CHAIR9/ge`");
	snprintf(words, sizeof(words), "record|CHAIR3/ge|%s|--unscrubbed",
	    path);
	assert_run(words, EXIT_PROBLEM, NULL, ", names and all;");
	unlink(path);
}

static const char association[] =
    "@5    < e2 00 00 32 80 00 00 00 00 01 00 2a 50 79 00 26 80 00 00 00 80 "
    "00 80 00 00 00 00 00 00 00 00 80 00 00 00 08 %s cc 40 00 00 01 01 00 00 "
    "00 00 00\n";

static void
a_capture_is_scrubbed_into_a_new_file(void **state)
{
	char folder[] = "/tmp/test-scrub-XXXXXX", words[256], text[2048];
	char from[64], to[64], want[2048], line[600], gone[600];
	size_t n;
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(from, sizeof(from), "%s/a.cap", folder);
	snprintf(to, sizeof(to), "%s/b.cap", folder);
	snprintf(line, sizeof(line), association, "00 22 09 22 58 08 03");
	snprintf(gone, sizeof(gone), association, "00 00 00 00 00 00 00");
	f = fopen(from, "w");
	assert_non_null(f);
	fprintf(f, "# device:  d\n# driver:  ieee11073\n# scrubbed: no\n"
	    "# source:  s\n# notes:   for Eva\n@0    < 55\n@1    > e6 00\n"
	    "# a remark\n%s", line);
	fclose(f);
	snprintf(words, sizeof(words), "scrub|%s|%s", from, to);
	snprintf(want, sizeof(want), "%s: written without what tells who "
	    "somebody is\n  replaced 1 x device serial number\n"
	    "  blanked  1 bytes in no message, or in one that was not "
	    "understood\n", to);
	assert_run(words, EXIT_OK, want, NULL);
	f = fopen(to, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	snprintf(want, sizeof(want), "# device:  d\n# driver:  ieee11073\n"
	    "# scrubbed: yes\n# source:  s\n# notes:   for Eva\n@0    < 00\n"
	    "@1    > e6 00\n# a remark\n%s", gone);
	assert_string_equal(text, want);
	assert_run(words, EXIT_PROBLEM, "", "is not overwritten");
	f = fopen(from, "w");
	assert_non_null(f);
	fputs("# device:  d\n@0    < 55\n", f);
	fclose(f);
	unlink(to);
	assert_run(words, EXIT_PROBLEM, "", "names no driver");
	f = fopen(from, "w");
	assert_non_null(f);
	fputs("# driver:  ieee11073\n@5 < 55\n@4 < 55\n", f);
	fclose(f);
	assert_run(words, EXIT_PROBLEM, "", "a.cap:3:2: expected times");
	f = fopen(from, "w");
	assert_non_null(f);
	fputs("\xe2\x01\n\x32\x80", f);
	fclose(f);
	assert_run(words, EXIT_PROBLEM, "", "a.cap: this is no capture, as "
	    "`vitalsctl record` writes it; of raw bytes nobody knows");
	assert_int_not_equal(access(to, F_OK), 0);
	unlink(from);
	rmdir(folder);
}

static void
messages_that_are_lost_by_scrubbing_are_told(void **state)
{
	char folder[] = "/tmp/test-scrub-XXXXXX", words[256], want[400];
	char from[64], to[64];
	FILE *f;

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(from, sizeof(from), "%s/a.cap", folder);
	snprintf(to, sizeof(to), "%s/b.cap", folder);
	f = fopen(from, "w");
	assert_non_null(f);
	/* 0B MSH|^~\&|||||||ORU^R01 CR PID, then more fields than are listed. */
	fputs("# device:  d\n# driver:  hl7\n# scrubbed: no\n@0    < 0b 4d 53 "
	    "48 7c 5e 7e 5c 26 7c 7c 7c 7c 7c 7c 7c 4f 52 55 5e 52 30 31 0d "
	    "50 49 44\n", f);
	for (int i = 0; i < SCRUB_SPANS + 1; i++)
		fputs("@1    < 7c 44\n", f);
	fputs("@2    < 0d 1c 0d\n", f);
	fclose(f);
	snprintf(words, sizeof(words), "scrub|%s|%s", from, to);
	/* All but the block's ends and MSH with its separator. */
	snprintf(want, sizeof(want), "%s: written without what tells who "
	    "somebody is\n  blanked  %d bytes in no message, or in one that "
	    "was not understood\n  lost     1 messages that are read, whose "
	    "readings are gone\n", to, 27 - 5 + 2 * (SCRUB_SPANS + 1) + 1);
	assert_run(words, EXIT_OK, want, NULL);
	unlink(from);
	unlink(to);
	rmdir(folder);
}

static void
a_configuration_is_checked_without_a_daemon(void **state)
{
	char path[] = "/tmp/test-config-XXXXXX", words[64], want[64];
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, "site: Test\nbedz: {}\n", 20), 20);
	close(fd);
	snprintf(words, sizeof(words), "config|check|%s", path);
	snprintf(want, sizeof(want), "%s:2:1: ", path);
	assert_run(words, EXIT_PROBLEM, "", want);
	unlink(path);
	assert_run(words, EXIT_PROBLEM, "", path);
}

/* A misspelt group would shut the nurses out without a word. */
static void
who_is_not_known_to_this_machine_is_a_warning_and_no_refusal(void **state)
{
	static const char text[] = "beds:\n  - id: A\n    monitors:\n"
	    "      - {name: m, driver: nonin-2, port: /dev/ttyS0}\n"
	    "roles: {admin: [root], staff: [no-such-user]}\n";
	static const struct fake_answer other[] = {
		{ "reload", "\"result\":{\"warnings\":[\"roles: there is no "
		  "user \\\"x\\\"\"]}", NULL, NULL },
		{ NULL, NULL, NULL, NULL },
	};
	char path[] = "/tmp/test-config-XXXXXX", words[64], want[128];
	int fd = mkstemp(path);

	(void)state;
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	snprintf(words, sizeof(words), "config|check|%s", path);
	snprintf(want, sizeof(want), "%s: warning: roles: there is no user "
	    "\"no-such-user\" on this machine, so it lets nobody in; ", path);
	assert_run(words, EXIT_OK, NULL, want);
	unlink(path);
	answered = other;
	assert_run("reload", EXIT_OK, "the configuration is reloaded\n",
	    ": warning: roles: there is no user \"x\"\n");
	answered = answers;
}

/* A file of that text; the caller frees its name and removes it. */
static char *
file_of(const char *text, size_t n)
{
	char *path = strdup("/tmp/vitals-test-XXXXXX");
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, n), (ssize_t)n);
	close(fd);
	return path;
}

static void
assert_try(const char *config, const char *monitor, const char *sample,
    size_t n, int status, const char *out)
{
	char *path = file_of(sample, n), words[200];

	snprintf(words, sizeof(words), "config|try-line|%s|%s|%s", config,
	    monitor, path);
	assert_run(words, status, out, "");
	unlink(path);
	free(path);
}
#define TRY(config, monitor, sample, status, out) \
	assert_try(config, monitor, sample, sizeof(sample) - 1, status, out)
#define EXAMPLE(name) "tests/captures/line/" name ".yaml"

static void
a_print_out_is_tried_line_by_line(void **state)
{
	(void)state;
	TRY(EXAMPLE("nonin-ascii"), "CHAIR1/ox",
	    "SPO2=097 HR=072\r\nSPO2=--- HR=---\r\n", EXIT_OK,
	    "    1  SPO2=097 HR=072\n"
	    "       read: spo2 97.00 %, pr 72 /min\n"
	    "    2  SPO2=--- HR=---\n"
	    "       read: spo2 none (the monitor shows none), pr none (the "
	    "monitor shows none)\n"
	    "2 lines: 2 read, 0 without meaning, 0 not read; 0 bytes belong to "
	    "no line\n");
	TRY(EXAMPLE("accutorr"), "bp",
	    "ACCUTORR PC Interface is ready\r\n>"
	    "P: 97, 72,131, 94, 78,000,000,000, 2\r\n>"
	    "P: 97, 73,128, 92, 76,000,008,000, 0\r\n>"
	    "P: 97, 73,128, 92\r\n>P: 97, 73,128, 92, 7x,000,000,000, 0",
	    EXIT_PROBLEM,
	    "    1  ACCUTORR PC Interface is ready\n"
	    "       says nothing, by the rules.\n"
	    "    2  P: 97, 72,131, 94, 78,000,000,000, 2\n"
	    "       read: spo2 97.00 %, pr 72 /min; the cuff's numbers were "
	    "there at first, so they are no new result\n"
	    "    3  P: 97, 73,128, 92, 76,000,008,000, 0\n"
	    "       read: spo2 none (the monitor reports a fault), pr none (the "
	    "monitor reports a fault), nibp_sys 128 mmHg, nibp_dia 76 mmHg, "
	    "nibp_map 92 mmHg\n"
	    "       alarm: low status byte 1: 008\n"
	    "    4  P: 97, 73,128, 92\n"
	    "       NOT READ: match 1 expects another number of fields than "
	    "4.\n"
	    "    5  P: 97, 73,128, 92, 7x,000,000,000, 0\n"
	    "       NOT READ: match 1 finds no number, and nothing that means "
	    "none, for nibp_dia.\n"
	    "5 lines: 2 read, 1 without meaning, 2 not read; 0 bytes belong to "
	    "no line\n");
	/* A capture of `record` is taken for its bytes. */
	TRY(EXAMPLE("nonin-ascii"), "ox",
	    "# device: x\n@5 > 50\n"
	    "@9 < 53 50 4f 32 3d 30 39 37 20 48 52 3d 30 37 32 0d 0a\n",
	    EXIT_OK,
	    "    1  SPO2=097 HR=072\n"
	    "       read: spo2 97.00 %, pr 72 /min\n"
	    "1 line: 1 read, 0 without meaning, 0 not read; 0 bytes belong to "
	    "no line\n");
}

static void
what_cannot_be_tried_is_said(void **state)
{
	(void)state;
	assert_run("config|try-line|" EXAMPLE("accutorr") "|x|/dev/null",
	    EXIT_PROBLEM, "", "vitalsctl: there is no monitor \"x\" in "
	    EXAMPLE("accutorr") "\n");
	assert_run("config|try-line|schemas/vitalsd.yaml|CHAIR3/ge|/dev/null",
	    EXIT_PROBLEM, "", "vitalsctl: CHAIR3/ge has the driver ge-dri, not "
	    "line; `vitalsctl replay` tries that\n");
	assert_run("config|try-line|" EXAMPLE("accutorr") "|bp|/nowhere",
	    EXIT_PROBLEM, "", "vitalsctl: cannot read /nowhere: No such file or"
	    " directory\n");
}

static void
help_says_how_each_verb_is_used(void **state)
{
	struct run r;

	(void)state;
	run(&r, "help", NULL);
	assert_int_equal(r.status, EXIT_OK);
	for (const struct verb *v = verbs; v->name; v++) {
		assert_non_null(strstr(r.out, v->name));
		for (int o = OPTION_FORMAT; o < OPTIONS; o++) {
			bool named = false;
			size_t n = strlen(option_info[o].name);

			for (const char *p = v->args;
			    (p = strstr(p, option_info[o].name)); p += n)
				named |= p[n] == ' ' || p[n] == ']' ||
				    p[n] == '|' || p[n] == '\0';
			if (named != (v->takes >> o & 1))
				fail_msg("`%s` and %s", v->name,
				    option_info[o].name);
		}
	}
	run_free(&r);
	run(&r, "help|infusion", NULL);
	assert_non_null(strstr(r.out, "usage: vitalsctl infusion resume "));
	run_free(&r);
	run(&r, "mark|--help", NULL);
	assert_int_equal(r.status, EXIT_OK);
	assert_non_null(strstr(r.out, "usage: vitalsctl mark TEXT"));
	run_free(&r);
	assert_run("help|staus", EXIT_USAGE, "", "did you mean `status`?");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_statement_is_one_clear_sentence),
		cmocka_unit_test(
		    what_was_acknowledged_or_withdrawn_is_said_in_words),
		cmocka_unit_test(
		    a_bed_that_there_is_not_is_not_watched_for_ever),
		cmocka_unit_test(a_time_that_is_none_is_wrong_usage),
		cmocka_unit_test(help_says_of_a_bed_what_it_is_for),
		cmocka_unit_test(options_reach_vitalsd_as_parameters),
		cmocka_unit_test(
		    the_most_urgent_alarm_is_listed_first),
		cmocka_unit_test(
		    a_record_that_is_not_on_disk_is_a_loud_warning),
		cmocka_unit_test(a_refusal_is_status_1_with_the_reason),
		cmocka_unit_test(
		    an_unanswered_statement_is_not_to_be_repeated_blindly),
		cmocka_unit_test(
		    a_recording_of_another_protocol_is_said_to_be_one),
		cmocka_unit_test(
		    a_wrong_word_is_status_2_with_the_nearest_name),
		cmocka_unit_test(each_driver_tells_what_it_may_send),
		cmocka_unit_test(what_rules_send_is_listed_with_their_driver),
		cmocka_unit_test(no_daemon_is_status_1),
		cmocka_unit_test(a_baseline_is_shown_and_asked_for),
		cmocka_unit_test(every_request_is_as_the_schema_says),
		cmocka_unit_test(every_answer_here_is_as_the_schema_says),
		cmocka_unit_test(status_shows_no_stale_value),
		cmocka_unit_test(
		    watch_prints_what_has_changed_and_nothing_else),
		cmocka_unit_test(
		    an_alarm_of_the_monitor_is_over_only_where_the_monitor_says_so),
		cmocka_unit_test(demonstration_data_are_called_so),
		cmocka_unit_test(lists_are_tables_or_lines_of_json),
		cmocka_unit_test(a_changed_limit_says_from_what_to_what),
		cmocka_unit_test(a_recording_that_breaks_off_stays_readable),
		cmocka_unit_test(a_capture_is_scrubbed_into_a_new_file),
		cmocka_unit_test(messages_that_are_lost_by_scrubbing_are_told),
		cmocka_unit_test(a_configuration_is_checked_without_a_daemon),
		cmocka_unit_test(
		    who_is_not_known_to_this_machine_is_a_warning_and_no_refusal),
		cmocka_unit_test(a_print_out_is_tried_line_by_line),
		cmocka_unit_test(what_cannot_be_tried_is_said),
		cmocka_unit_test(help_says_how_each_verb_is_used),
	};
	setenv("TZ", "UTC", 1);
	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
