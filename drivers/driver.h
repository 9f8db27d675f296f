/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a driver is: one protocol, as one constant struct of facts and three
 * functions.  A driver file has no header; it exports only its struct, and
 * drivers/registry.c lists it.  docs/adding-a-driver.md walks through it.
 *
 * Easy to get wrong: a driver neither reads nor writes a port, reads no clock
 * and keeps nothing outside the state that it is given.  It turns bytes that
 * arrived into readings, and may name bytes to be sent.
 */
#ifndef DRIVERS_DRIVER_H
#define DRIVERS_DRIVER_H

#include "drivers/window.h"
#include "schemas/code.h"
#include "schemas/vital.h"

enum flow { FLOW_NONE = 0, FLOW_RTSCTS = 1 };

struct line {
	uint32_t baud;
	uint8_t bits;		/* 7 or 8 */
	char parity;		/* 'N', 'E', 'O' */
	uint8_t stop;		/* 1 or 2 */
	enum flow flow;
};

/* What became of a frame; counted per port and shown to people. */
enum decode {
	DECODE_OK = 0,
	DECODE_IGNORED = 1,	/* sound, but says nothing that we read */
	DECODE_BAD_CHECK = 2,	/* checksum or parity pattern */
	DECODE_BAD_LENGTH = 3,	/* the length that it states is not its own */
	DECODE_BAD_VALUE = 4,	/* sound, but a field is impossible */
	DECODE_BAD_SEQUENCE = 5,	/* does not follow its predecessor */
};
#define DECODES 6

const char *decode_name(enum decode d);	/* "ok", "bad-check", ... */

/* What the monitor itself alarms of, in its own words and by its own judgement:
 * relayed and logged as the monitor's, never derived anew. */
#define MONITOR_ALARMS_MAX 8
#define MONITOR_ALARM_TEXT 64	/* printable ASCII, with NUL */

struct monitor_alarm {
	enum priority priority;	/* as the monitor ranks it */
	uint8_t list;		/* the hub's note of monitor_alarms.list */
	char text[MONITOR_ALARM_TEXT];
};

struct monitor_alarms {
	bool told;		/* the frame says all that the monitor alarms
				 * of now; without it the last list stands */
	bool unknown;		/* not told, and the last list no longer stands
				 * either: the monitor tells it no more */
	uint8_t list;		/* of monitors that send several lists apart:
				 * which one this is, from 1 (the others stand);
				 * 0: there is only one */
	uint8_t n;
	struct monitor_alarm item[MONITOR_ALARMS_MAX];
};

#define READINGS_MAX 16

struct readings {
	struct reading item[READINGS_MAX];
	size_t n;
	uint8_t flags;		/* enum reading_flag of what is added next */
	struct monitor_alarms alarms;
	/* The monitor's own clock, as it prints it (ms since 1970, in a zone
	 * that only the monitor knows); 0 where the frame carries none.  For
	 * the log and for pacing recordings; never used for alarms. */
	int64_t device_clock_ms;
};

/* Appends one reading, its quality judged by vital_judge().  A full list
 * drops it; no driver can reach that (a test feeds the largest frame). */
void readings_add(struct readings *r, enum vital v, enum quality q,
    int32_t value);

/* The same for a value that the monitor says is age_ms old. */
void readings_add_aged(struct readings *r, enum vital v, enum quality q,
    int32_t value, int64_t age_ms);

/* Begins one of the monitor's own alarms; NULL: the list is full.  Its text is
 * put on character by character: what is not printable becomes a blank, what
 * does not fit is left out. */
struct monitor_alarm *readings_add_alarm(struct readings *r,
    enum priority p);
void monitor_alarm_put(struct monitor_alarm *a, uint8_t c);

/* The same in one go, for monitors that say it in bits: ours are the words. */
void readings_say_alarm(struct readings *r, enum priority p, const char *text);

/* What a person may set for one port. */
struct driver_options {
	uint16_t interval_s;	/* how often to ask for values; 0: default */
	const struct line_rules *rules;	/* of the driver "line", which outlive
					 * the stream; else NULL */
};

/* Bytes; a driver asserts that its own fits, and says in 'state_size' how many it
 * needs: of a thousand ports each has so many. */
#define DRIVER_STATE_MAX 1024
union driver_state {
	unsigned char byte[DRIVER_STATE_MAX];
	int64_t align;
};

#define TX_MAX 320	/* bytes of the longest message that is ever sent */
#define TX_FIELDS 6

/* A field of a message template that may vary.  Keep it as narrow as the
 * protocol allows: no value of any field may make a message that starts a cuff
 * or changes what a monitor does (tests/unit/test_danger.c has the list). */
enum tx_field_kind {
	TX_RANGE,	/* unsigned, first byte most significant, min..max */
	TX_ANY,		/* any value: an echoed id, a counter */
	TX_CHECKSUM,	/* whatever the driver's own check yields */
	TX_TEXT,	/* min..max printable characters other than '|', put in
			 * at 'offset'; length is 0 */
};

struct tx_field {
	const char *name;
	uint16_t offset;	/* in 'bytes' */
	uint8_t length;		/* 1 to 4 bytes */
	enum tx_field_kind kind;
	uint32_t min, max;	/* TX_RANGE, TX_TEXT */
};

/* One message that the driver may ever send. */
struct tx_template {
	const char *name;	/* what it asks for, for people */
	const uint8_t *bytes;
	size_t length;
	struct tx_field field[TX_FIELDS];	/* by offset; ends at the first
						 * no name */
};

/* frame() answers with the length of the frame that starts at index 0 as soon
 * as that is known, even where bytes of it are still missing: it is asked again
 * when they are there.  Or: */
#define FRAME_MORE	0	/* could be a frame, too short to tell */
#define FRAME_GARBAGE	(-1)	/* no frame can start here: drop ONE byte */

/* What of a frame tells who somebody is: the patient, the staff, the place, the
 * very device. */
enum scrub_fill {
	SCRUB_TEXT,	/* letters (and what is no ASCII) become X, digits 0 */
	SCRUB_ZERO,	/* 00 */
	SCRUB_ESCAPED,	/* the same where XOR 20 escapes it */
};

struct scrub_span {
	size_t from, to;	/* bytes of the frame */
	enum scrub_fill fill;
	const char *what;	/* for people: "patient name" */
};

#define SCRUB_SPANS 512
struct scrub {
	size_t n;
	bool full;		/* there are more of them than are listed */
	struct scrub_span item[SCRUB_SPANS];
};

/* Adds the bytes from..to-1 unless there are none. */
void scrub_add(struct scrub *s, size_t from, size_t to, enum scrub_fill fill,
    const char *what);

/* What makes a frame believable. */
enum evidence {
	EVIDENCE_CHECKSUM,	/* each frame carries one */
	EVIDENCE_WORDS,		/* words that chance does not write */
	EVIDENCE_PATTERN,	/* a few fixed bits.  Three frames in a row must
				 * agree before the first reading counts, and
				 * again after each loss of step (oximeters.md
				 * section 6): drivers/stream.c sees to it */
};

struct driver {
	const char *name;	/* configuration, log, tests: "ge-dri" */
	const char *title;	/* for people */
	struct line line;
	const struct line *other_lines;	/* what else such monitors are set to,
					 * baud 0 at the end; NULL: nothing */
	uint32_t silent_after_ms;	/* no good frame for so long: silent */
	uint16_t longest;	/* bytes of its longest frame: what is longer is
				 * garbage; 0: WINDOW_USUAL */
	uint16_t state_size;	/* of what it keeps from frame to frame; 0: it
				 * keeps nothing */
	uint16_t quiet_ms;	/* so long a silence may end a frame, as a
				 * window_gap() behind it or, for the last one,
				 * window.quiet_ms; 0: none ends so */
	enum evidence evidence;
	/* Of EVIDENCE_CHECKSUM, else 0.  Of 2^check_bits places in random bytes
	 * no more than one begins a frame that gives readings, by what its fixed
	 * bytes, its length and its check demand; of these, sum_bits are the
	 * check's own.  tests/torture/test_noise.c holds it to both. */
	uint16_t check_bits;
	uint8_t sum_bits;
	uint16_t repeat_ms;	/* the same readings again are left out for so
				 * long, where a monitor says them 60 times a
				 * second; 0: all are passed on */
	const char *const *kin;	/* names of drivers of the same bytes, NULL at
				 * the end; NULL for none */
	uint16_t frames_per_min_least;	/* how often it comes, where kin are told */
	uint16_t frames_per_min_most;	/* apart by nothing else; 0: not so */
	const struct tx_template *tx;	/* all that it may send; ends at no
					 * name; NULL: it only listens */
	uint16_t default_interval_s;	/* 0: it does not ask */
	const uint16_t *intervals_s;	/* what interval_s may be, 0 at the
					 * end; NULL: it does not ask */
	bool relays_alarms;	/* it tells the monitor's own alarms */
	bool needs_rules;	/* it reads nothing without options.rules */
	bool knocks;		/* of EVIDENCE_WORDS: its monitor asks to be let
				 * in, and that tells it, though it is nothing
				 * to read (`vitalsctl detect`) */
	bool probe_harmless;	/* request() may be tried on an unknown box,
				 * when a person allows it (`vitalsctl detect
				 * --allow-probe`) */

	/* Prepares the state of a freshly opened line, which is all zero.
	 * NULL: it stays so. */
	void (*init)(union driver_state *s, const struct driver_options *o);

	/* Is there a frame at index 0?  gap_ms is the quiet before its first
	 * byte.  w->seen bytes were there when it last said that it needs
	 * more of this very frame: what it found in them still holds. */
	int (*frame)(const struct window *w, int64_t gap_ms);

	/* The frame is w's first n bytes, complete at t_ms.  Adds readings to
	 * 'out' only when it returns DECODE_OK. */
	enum decode (*decode)(union driver_state *s, int64_t t_ms,
	    const struct window *w, size_t n, struct readings *out);

	/* Called now and then (a few times a second, right after the port was
	 * opened, and after each frame).  Returns the length of one message of
	 * tx[] put in 'buf', or 0.  NULL: it only listens. */
	size_t (*request)(union driver_state *s, int64_t t_ms,
	    uint8_t buf[TX_MAX]);

	/* The port is about to be closed for good: a last message of tx[] that
	 * takes leave of the monitor, or 0.  NULL: there is none. */
	size_t (*release)(union driver_state *s, int64_t t_ms,
	    uint8_t buf[TX_MAX]);

	/* For recordings that others may see: names the bytes of the frame (w's
	 * first n) that tell who somebody is.  Nothing of it that decode() makes
	 * readings of may be among them.  False: it cannot tell, so none of the
	 * frame is to be shown.  NULL: nothing is known that would have to be
	 * hidden. */
	bool (*scrub)(const struct window *w, size_t n, struct scrub *out);

	/* Words by which frame() tells where a frame begins, which may end the
	 * one before, and where it ends: they stay, whatever else is hidden.
	 * NULL: none; each list ends at NULL. */
	const char *const *begins, *const *ends;

	/* Puts the frame's check right after such bytes were replaced.  False:
	 * not with these, but others in their place may do.  NULL: there is
	 * none. */
	bool (*reseal)(uint8_t *p, size_t n);
};

/* All drivers, ended by NULL; and the one of that name, or NULL. */
extern const struct driver *const drivers[];
const struct driver *driver_find(const char *name);

/* Whether 'a' names 'b' as one of the same bytes (.kin). */
bool driver_is_kin(const struct driver *a, const struct driver *b);

/* Whether these bytes are exactly one of the messages that the driver lists.
 * Whoever writes to a port asks this first. */
bool tx_allowed(const struct driver *d, const uint8_t *p, size_t n) MUST_CHECK;

/* For a driver's request(): puts the message as its template has it, fields and
 * all.  Returns its length. */
size_t tx_put(const struct tx_template *t, uint8_t buf[TX_MAX]) MUST_CHECK;

#endif
