/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What is wrong with a port, and what to do about it: from what was counted of
 * late, in words for whoever stands before the monitor.
 *
 * Easy to get wrong: it is of now.  Errors of this morning, or garbage from
 * while the cable was being plugged in, are no finding; so counts are those of
 * the last ten to twenty seconds.
 */
#ifndef DAEMON_FINDING_H
#define DAEMON_FINDING_H

#include "daemon/config.h"
#include "drivers/stream.h"

/* In the order in which they are asked for: the first that holds is told.
 * Their words (finding_name) are stable: schemas/control.schema.json. */
enum finding {
	FINDING_OK = 0,		/* sound messages come */
	FINDING_WAITING,	/* opened just now */
	/* Not open. */
	FINDING_NO_DEVICE,
	FINDING_OTHER_DEVICE,
	FINDING_AMBIGUOUS,
	FINDING_IN_USE,
	FINDING_SHARED,		/* by another port of the configuration */
	FINDING_NO_PERMISSION,
	FINDING_SETTINGS,	/* the device does not take them */
	FINDING_NOT_A_PORT,
	FINDING_NO_SOCKET,
	FINDING_HANGS_UP,	/* the socket's other end, again and again */
	FINDING_NOT_OPENED,	/* for another reason */
	/* Open. */
	FINDING_MODEM,		/* modem commands on the line */
	FINDING_TAKES_NOTHING,	/* what is written does not leave */
	FINDING_LINE_ERRORS,
	FINDING_PARITY,
	FINDING_BREAKS,
	FINDING_DAMAGED,	/* messages fail their checks */
	FINDING_UNREADABLE,	/* bytes, and no message in them */
	FINDING_HALF_MESSAGE,	/* it stopped in the middle of one */
	FINDING_FELL_SILENT,
	FINDING_NEVER_HEARD,
	FINDING_CAME_BACK,	/* after a silence, a minute ago at most */
};
#define FINDINGS (FINDING_CAME_BACK + 1)

const char *finding_name(enum finding f);	/* "no-device" */

struct finding_count {
	uint64_t bytes, good, bad;
	uint64_t framing, parity, breaks;	/* as the line counted */
};

/* What is kept for it while the line is open. */
struct finding_watch {
	struct finding_slice {	/* what was counted when this slice of time,
				 * and the one before, began */
		int64_t t_ms;
		struct finding_count count;
	} slice[2];
	int64_t good_ms;	/* the last sound message of this opening;
				 * STREAM_NEVER */
	int64_t gap_ms, back_ms;	/* the last silence, and when it ended;
					 * back_ms 0: there was none */
};

struct finding_facts {
	const struct config_port *port;
	int64_t now_ms;
	bool open;
	int64_t since_ms;	/* open, or not, since */
	int error;		/* why it is not open; negative errno, 0 */
	bool shared;		/* because another of the ports has it */
	unsigned brief_n;	/* so many lines in a row were lost soon */
	int64_t byte_ms;	/* the last of this opening; STREAM_NEVER */
	bool half;		/* as stream_is_halfway() */
	bool modem;
	bool blocked;
	const struct finding_watch *watch;
	struct finding_count count;	/* by now; it only grows */
};

#define FINDING_WHY 200	/* as TTY_WHY */
#define FINDING_TODO 240

/* Both sentences are "" where there is nothing to say.  'why' is left alone
 * where the port is not open: whoever opened it has said it. */
enum finding finding_of(const struct finding_facts *f, char why[FINDING_WHY],
    char todo[FINDING_TODO]);

/* The line was opened; now and then; a sound message came. */
void finding_watch_open(struct finding_watch *w, int64_t now_ms,
    struct finding_count count);
void finding_watch_tick(struct finding_watch *w, int64_t now_ms,
    struct finding_count count);
void finding_watch_good(struct finding_watch *w, int64_t t_ms,
    const struct config_port *p);

#endif
