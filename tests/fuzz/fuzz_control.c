/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Fuzz target: any bytes on control.sock, with a real hub, log and outbox
 * behind it.  Whatever is said, the next caller is answered.
 *
 * Easy to get wrong: all stays as the inputs before left it, so a finding may
 * need more than its own input; the corpus is replayed to find it again.
 */
#include "daemon/clock.h"
#include "daemon/control.h"
#include "daemon/setup.h"

#include <assert.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fixture {
	char dir[48];
	struct sockaddr_un address;
	sd_event *loop;
	struct config config;
	struct config_bed bed_config;
	struct config_port port_config;
	struct hub hub;
	struct port *port[1];
	struct store *store;
	struct outbox *outbox;
	struct control *control;
	uint64_t ticket;
	unsigned sessions;
} f;

static void
take_reading(void *arg, const struct now *now, size_t port,
    const struct reading *r)
{
	(void)arg;
	(void)store_reading(f.store, now, port, r);
}

static void
take_record(void *arg, const struct now *now, const struct record *r,
    bool urgent)
{
	uint64_t ticket = store_record(f.store, now, r, urgent);

	(void)arg;
	if (r->class == RECORD_STATEMENT)
		f.ticket = ticket;
}

static void
take_alarm(void *arg, const struct now *now, const struct alarm_change *c,
    const char *label)
{
	(void)arg;
	outbox_alarm(f.outbox, now, c, label);
	control_changed(f.control, 0, true);
}

static void
take_change(void *arg, size_t bed)
{
	(void)arg;
	control_changed(f.control, bed, false);
}

static struct now
tell_now(void *arg)
{
	(void)arg;
	return clock_now();
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
	return hub_worst(&f.hub);
}

static size_t
tell_sessions(void *arg)
{
	(void)arg;
	return hub_sessions(&f.hub);
}

static uint64_t
tell_ticket(void *arg)
{
	(void)arg;
	return f.ticket;
}

static void
make_session_id(void *arg, size_t bed, int64_t wall_ms,
    char out[SESSION_ID_MAX])
{
	(void)arg, (void)bed, (void)wall_ms;
	snprintf(out, SESSION_ID_MAX, "20261121-CHAIR1-%u", ++f.sessions);
}

static bool
reload(void *arg, struct complaints *why)
{
	(void)arg;
	why->n = 1;
	strcpy(why->item[0].text, "no");
	return false;
}

static int
on_stored(sd_event_source *s, int fd, uint32_t events, void *arg)
{
	uint64_t n;

	(void)s, (void)events, (void)arg;
	(void)!read(fd, &n, sizeof n);
	control_stored(f.control);
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st, (void)kind, (void)at;
	return remove(path);
}

static void
clean_up(void)
{
	(void)nftw(f.dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void
make_config(void)
{
	limit_set_default(&f.config.limits);
	strcpy(f.bed_config.id, "CHAIR1");
	strcpy(f.port_config.name, "CHAIR1/ox");
	f.port_config.path = "/dev/serial/by-id/x";
	f.port_config.driver = driver_find("nonin-2");
	f.config.beds = &f.bed_config;
	f.config.ports = &f.port_config;
	f.config.beds_n = f.config.ports_n = 1;
	f.config.channels_n = 1;
	strcpy(f.config.channel[0].name, "station");
	f.config.channel[0].at_least = PRIORITY_LOW;
}

static void
set_up(void)
{
	const struct store_port port = { .name = "CHAIR1/ox",
		.bed = "CHAIR1", .driver = "nonin-2",
		.path = "/dev/serial/by-id/x" };
	struct store_options o = { .version = "fuzz", .start_id = 0xf00d,
		.segment_ms = INT64_C(86400000), .ports = &port, .ports_n = 1,
		.now = clock_now() };
	const struct outbox_sink sink = { NULL, tell_now, take_record,
		take_trouble, tell_worst, tell_sessions };
	const struct hub_sink hub_sink = { NULL, take_reading, take_record,
		take_alarm, take_change };
	struct control_host host = { .hub = &f.hub, .config = &f.config,
		.port = f.port, .ticket = tell_ticket,
		.session_id = make_session_id, .reload = reload,
		.started = o.now };
	struct store_restored *restored;
	char path[64], error[256];
	int r;

	strcpy(f.dir, "/tmp/vitalsd-fuzz-XXXXXX");
	if (mkdtemp(f.dir) == NULL || atexit(clean_up) != 0)
		abort();
	make_config();
	o.dir = f.dir;
	r = sd_event_new(&f.loop);
	assert(r >= 0);
	r = store_open(&f.store, &o, &restored, error, sizeof error);
	assert(r == 0);
	store_restored_free(restored);
	snprintf(path, sizeof path, "%s/notify.sock", f.dir);
	r = outbox_new(&f.outbox, f.loop, path, &f.config, &f.hub.ids, &sink);
	assert(r == 0);
	r = setup_make_hub(&f.hub, &f.config, &o.now, 0xf00d, &hub_sink);
	assert(r == 0);
	host.store = f.store;
	host.outbox = f.outbox;
	f.address.sun_family = AF_UNIX;
	snprintf(f.address.sun_path, sizeof f.address.sun_path,
	    "%s/control.sock", f.dir);
	r = control_new(&f.control, f.loop, f.address.sun_path, &host);
	assert(r == 0);
	r = sd_event_add_io(f.loop, NULL, store_fd(f.store), EPOLLIN,
	    on_stored, NULL);
	assert(r >= 0);
}

static void
turn(void)
{
	int r;

	while ((r = sd_event_run(f.loop, 0)) > 0)
		;
	assert(r == 0);
}

static int
call(void)
{
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (connect(fd, (const struct sockaddr *)&f.address,
	    sizeof f.address) < 0)
		abort();
	turn();
	return fd;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char hello[] =
	    "{\"jsonrpc\":\"2.0\",\"id\":7,\"method\":\"hello\"}\n";
	char answer[4096];
	ssize_t n;
	int fd;

	if (f.control == NULL)
		set_up();
	fd = call();
	(void)!send(fd, data, size, MSG_NOSIGNAL | MSG_DONTWAIT);
	turn();
	close(fd);
	turn();
	fd = call();
	n = send(fd, hello, sizeof hello - 1, MSG_NOSIGNAL);
	assert(n == sizeof hello - 1);
	turn();
	n = recv(fd, answer, sizeof answer - 1, MSG_DONTWAIT);
	assert(n > 0);
	answer[n] = '\0';
	assert(strstr(answer, "\"result\"") != NULL);
	close(fd);
	return 0;
}
