/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Log lines for the operator: to the journal where the program runs under
 * systemd, with fields that journalctl can select by (JOURNAL in vitalsd(8)),
 * else to standard error.  In vitalsd they go through a bounded ring to a
 * thread, since a stuck journald blocks its callers (measured: at the eleventh
 * line).
 *
 * Easy to get wrong: no line per byte, per frame or per failed attempt; log
 * the transition down and the transition up, and count the rest.  And no value
 * of a patient, no subject code, no words of a person, no secret: those who
 * read the journal look after the machine, not after the patient.
 */
#ifndef DAEMON_JOURNAL_H
#define DAEMON_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

enum journal_level {	/* as syslog(3) numbers them */
	JOURNAL_ERROR = 3,
	JOURNAL_WARNING = 4,
	JOURNAL_NOTICE = 5,
	JOURNAL_INFO = 6,
	JOURNAL_DEBUG = 7,
};

/* One of the words in journal_levels; false for another. */
bool journal_level_parse(const char *word, enum journal_level *out);
extern const char journal_levels[];

/* Lines that a program may want to find: each has its MESSAGE_ID, the same for
 * ever; systemd/vitalsd.catalog explains them. */
enum journal_message {
	JOURNAL_PLAIN = 0,	/* none of them */
	JOURNAL_RUNNING,
	JOURNAL_ENDED,
	JOURNAL_CONFIG_TAKEN,
	JOURNAL_CONFIG_REFUSED,
	JOURNAL_PORT_OPEN,
	JOURNAL_PORT_LOST,	/* gone, or cannot be opened */
	JOURNAL_PORT_SILENT,	/* open, but nothing readable comes */
	JOURNAL_PORT_HEARD,
	JOURNAL_ALARM,
	JOURNAL_LOG_FAILING,
	JOURNAL_LOG_OK,
	JOURNAL_NOTIFIER_GONE,
	JOURNAL_NOTIFIER_THERE,
	JOURNAL_CHANNEL_FAILS,
	JOURNAL_CHANNEL_WORKS,
	JOURNAL_LINES_LOST,
};
#define JOURNAL_MESSAGES 17

/* 32 hexadecimal digits; NULL for JOURNAL_PLAIN. */
const char *journal_message_id(enum journal_message m);

/* What a line is about; whatever is NULL, "" or 0 is left out. */
struct journal_fields {
	enum journal_message message;	/* MESSAGE_ID */
	const char *bed;		/* VITALSD_BED; else that of 'port' */
	const char *port;		/* VITALSD_PORT: "CHAIR3/ge" */
	const char *driver;		/* VITALSD_DRIVER */
	const char *channel;		/* VITALSD_CHANNEL */
	const char *session;		/* VITALSD_SESSION */
	const char *alarm;		/* VITALSD_ALARM: its condition */
	const char *event;		/* VITALSD_EVENT: its id */
	const char *phase;		/* VITALSD_PHASE: what became of it */
	const char *priority;		/* VITALSD_PRIORITY: the alarm's */
	int error;			/* ERRNO; either sign */
};

/* Starts the thread; lines before that (and without it) go out directly.
 * 'most' is the least urgent level that is written. */
int journal_start(const char *program, enum journal_level most);

/* From now on lines are kept, until journal_release() or until half of those
 * that there is room for wait.  For as long as something more urgent needs the
 * processors: a few lines of code. */
void journal_hold(void);
void journal_release(void);

/* Writes what waits (at most wait_ms) and ends the thread. */
void journal_stop(int wait_ms);

/* Lines that found the ring full. */
uint64_t journal_lost(void);

void journal_log(enum journal_level level, const struct journal_fields *about,
    const char *format, ...) __attribute__((format(printf, 3, 4)));

/* The same for what somebody else can cause as often as they like: ten lines a
 * minute of each 'limit' (all zero at first); those held back are counted, and
 * the count is told with the next. */
struct journal_limit {
	int64_t since_ms;
	unsigned n;
};
#define JOURNAL_LIMIT 10
#define JOURNAL_LIMIT_MS 60000
void journal_limited(struct journal_limit *limit, int64_t now_ms,
    enum journal_level level, const struct journal_fields *about,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* journal_log() about nothing in particular. */
void journal_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void journal_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));
void journal_notice(const char *format, ...) __attribute__((format(printf, 1, 2)));
void journal_info(const char *format, ...) __attribute__((format(printf, 1, 2)));
void journal_debug(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
