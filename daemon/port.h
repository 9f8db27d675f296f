/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One configured port on the event loop: opened by its stable path, read,
 * decoded, written to only with what its driver lists, reopened for ever.
 *
 * Easy to get wrong: zero bytes together with a hang-up means unplugged, not
 * "nothing to read"; and the device behind a stable path changes its number
 * when it is plugged in again, so the path is resolved at every opening.
 */
#ifndef DAEMON_PORT_H
#define DAEMON_PORT_H

#include "daemon/config.h"
#include "daemon/finding.h"
#include "daemon/loop.h"
#include "drivers/stream.h"

struct port;

struct port_sink {
	void *arg;
	/* A frame was found, good or bad. */
	void (*frame)(void *arg, size_t index, const struct decoded *d);
	/* The line was opened, is gone, or leads to a device that is not to be
	 * read; why is a sentence for people. */
	void (*link)(void *arg, size_t index, enum line_state line,
	    const char *why);
	/* Raw bytes, only while port_record() is on. */
	void (*bytes)(void *arg, size_t index, int64_t t_ms, bool sent,
	    const uint8_t *p, size_t n);
	/* Which of the ports has that device open; NULL: none.  May be NULL. */
	const struct port *(*holder)(void *arg, const char *device);
};

/* What people see of a port. */
struct port_status {
	bool open;
	enum finding finding;
	char why[FINDING_WHY];	/* what is wrong: "no such device: ..."; "" */
	char todo[FINDING_TODO];	/* and what to do about it */
	char device[256];	/* the device node that the path led to; ""
				 * if not open */
	char usb[USB_TEXT];	/* the USB device there, as the configuration
				 * would name it; "" */
	int64_t since_ms;	/* open or lost since */
	uint64_t opened;	/* how many times it was opened */
	int64_t now_ms;		/* all this is as of now */
	int64_t byte_ms, frame_ms;	/* STREAM_NEVER if none yet */
	struct stream_counters count;
	uint64_t framing_errors, parity_errors, breaks;	/* seen by the line */
	uint64_t written, write_failures, refused;	/* messages */
	int64_t device_clock_skew_ms;	/* monitor's clock minus wall clock at
					 * the last frame that carried one */
	bool has_device_clock;
};

/* Takes its place on the loop, which tries to open at its next turn: no sink
 * is called before this has returned.  'c' and the loop must outlive it.  A
 * sink must not free a port. */
int port_new(struct port **out, struct loop *loop, const struct config_port *c,
    size_t index, const struct port_sink *sink) MUST_CHECK;
void port_free(struct port *p);

/* Before port_free() of a port that is closed for good: takes leave of the
 * monitor, where its driver does, without waiting, and says whether it did; and
 * whether bytes are still on their way to the wire, which closing would drop. */
bool port_release(struct port *p) MUST_CHECK;
bool port_unsent(const struct port *p) MUST_CHECK;

/* Whether it has that device node open. */
bool port_has(const struct port *p, const char *device) MUST_CHECK;

/* Of a LINE_SHARED: the index of the port that is read there. */
size_t port_shares(const struct port *p) MUST_CHECK;

void port_status(const struct port *p, struct port_status *out);

/* Something appeared or vanished under /dev: a port that is not open tries
 * again soon (coalesced; backoff still bounds a storm). */
void port_hotplug(struct port *p);

/* Raw bytes go to the sink as well. */
void port_record(struct port *p, bool on);

/* How often the port's tick has run: the watchdog's evidence. */
uint64_t port_turns(const struct port *p);

#endif
