/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzz target: a notifier that says anything on notify.sock, or is told anything
 * there, and a receiver that names any time in its Retry-After.  No notice is called delivered that
 * the notifier did not call so, by its key.
 *
 * Easy to get wrong: the waiting notice's key is the same in each run, so that
 * the fuzzer can come upon it.
 */
#include "daemon/json.h"
#include "daemon/notice_line.h"
#include "daemon/outbox.h"
#include "notify/retry.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define KEY "000000000000f00d-1"

static char dir[48];

static struct now
tell_now(void *arg)
{
	(void)arg;
	return (struct now){ 1000000, 1795215600000, true };
}

static void
take_record(void *arg, const struct now *now, const struct record *r,
    bool urgent)
{
	(void)now, (void)urgent;
	if (r->class == RECORD_DELIVERY &&
	    r->delivery.outcome == OUTCOME_DELIVERED)
		*(bool *)arg = true;
}

static void
take_trouble(void *arg, const char *channel, bool holds, const char *why)
{
	(void)arg, (void)channel, (void)holds, (void)why;
}

static enum priority
tell_worst(void *arg)
{
	(void)arg;
	return PRIORITY_LOW;
}

static size_t
tell_sessions(void *arg)
{
	(void)arg;
	return 1;
}

static void
clean_up(void)
{
	rmdir(dir);
}

static void
fuzz_retry(const uint8_t *data, size_t size)
{
	char value[64];
	int64_t ms;

	if (size >= sizeof value)
		return;
	memcpy(value, data, size);
	value[size] = '\0';
	ms = retry_after_ms(value, INT64_C(1795215600000));
	assert(ms == RETRY_NONE || (ms >= 0 && ms <= RETRY_MOST_MS));
}

/* What is read as a notice is written as it was. */
static void
fuzz_notice_line(const uint8_t *data, size_t size)
{
	char line[256], again[NOTICE_LINE_MAX];
	struct notice n;
	bool heartbeat;

	if (size >= sizeof line)
		return;
	memcpy(line, data, size);
	line[size] = '\0';
	if (!notice_line_parse(line, &n, &heartbeat))
		return;
	assert(notice_line_put(again, &n, heartbeat) == strlen(again));
	assert(strcmp(again, line) == 0);
}

static void
say(sd_event *loop, const struct sockaddr_un *a, const uint8_t *data,
    size_t size)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (const struct sockaddr *)a, sizeof *a) < 0)
		abort();
	while (sd_event_run(loop, 0) > 0)
		;
	(void)!send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	while (sd_event_run(loop, 0) > 0)
		;
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct alarm_change change = { .phase = ALARM_START,
		.priority = PRIORITY_HIGH, .peak = PRIORITY_HIGH,
		.condition = "spo2-low", .text = "SpO2" };
	static struct config config = { .channels_n = 1 };
	bool delivered = false;
	const struct outbox_sink sink = { &delivered, tell_now, take_record,
		take_trouble, tell_worst, tell_sessions };
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	struct id_source ids = { .start = 0xf00d };
	struct now now = tell_now(NULL);
	struct outbox *o;
	sd_event *loop;
	int r;

	if (dir[0] == '\0') {
		strcpy(dir, "/tmp/vitalsd-fuzz-XXXXXX");
		if (mkdtemp(dir) == NULL || atexit(clean_up) != 0)
			abort();
		limit_set_default(&config.limits);
		strcpy(config.channel[0].name, "station");
		config.channel[0].at_least = PRIORITY_LOW;
	}
	fuzz_retry(data, size);
	fuzz_notice_line(data, size);
	snprintf(a.sun_path, sizeof a.sun_path, "%s/notify.sock", dir);
	r = sd_event_new(&loop);
	assert(r >= 0);
	r = outbox_new(&o, loop, a.sun_path, &config, &ids, &sink);
	assert(r == 0);
	outbox_alarm(o, &now, &change, "Chair 1");
	say(loop, &a, data, size);
	assert(!delivered || (memmem(data, size, "delivered", 9) != NULL &&
	    memmem(data, size, KEY, strlen(KEY)) != NULL) ||
	    memchr(data, '\\', size) != NULL);
	outbox_free(o);
	sd_event_unref(loop);
	return 0;
}
