/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Listens to one port at one line setting after the other, and keeps what each
 * driver made of it.
 *
 * Easy to get wrong: nothing is written, unless a person has allowed it and a
 * driver calls its questions harmless; and then only what its tx[] has, on a
 * line on which nothing at all was heard, and not one byte more on this port, at
 * whatever setting, once anything else than its own frames has come: whoever
 * that is, nobody knows what the question is to it.
 */
#ifndef CLI_DETECT_HEAR_H
#define CLI_DETECT_HEAR_H

#include "cli/detect_ports.h"
#include "cli/long.h"
#include "daemon/transport.h"
#include "drivers/detect.h"

#define HEAR_MS 3000		/* at a setting, at least */
#define HEAR_MORE_MS 10000	/* where frames come, but not enough of them */
#define HEAR_PROBE_AFTER_MS 2000
#define HEAR_PROBE_MS 6000
#define HEAR_CLAIMS 8

/* What one driver made of a setting. */
struct heard_claim {
	const struct driver *driver, *other;
	uint64_t sound, bad, lost;
	uint32_t per_min;
	enum detect_verdict verdict;
	enum detect_doubt doubt;
};

/* One setting. */
struct heard {
	struct line line;
	int64_t ms;		/* listened for so long */
	uint64_t bytes, errors;
	const struct driver *asked;	/* the last one that was; NULL: none */
	char why[TTY_WHY];	/* it could not be listened at; else "" */
	struct heard_claim claim[HEAR_CLAIMS];	/* the best first; those of
						 * NOTHING are left out */
	size_t n;
};

struct hearing {
	struct heard heard[DETECT_LINES];
	size_t n;
	const struct heard_claim *sure;	/* the last setting's; NULL */
	bool foreign;		/* where asking is allowed: what came was no
				 * answer, so nothing more was sent */
	int error;		/* 0 or negative errno: it ended early */
	char why[TTY_WHY + 128];	/* a sentence then */
};

struct hear_options {
	int64_t ms;		/* at a setting */
	bool probe;
	struct long_run *run;
};

/* Listens to a port, at all settings or until one driver is sure; -EINTR when
 * a signal has come.  'x' is room to work in. */
int hear_port(const struct detect_port *p, const struct hear_options *o,
    struct detect *x, struct hearing *out) MUST_CHECK;

/* How much longer asking takes at this setting, at the most. */
int64_t hear_probe_ms(const struct line *line);

/* "9600 8N1" */
#define HEAR_LINE_TEXT 24
void hear_line_text(const struct line *l, char out[HEAR_LINE_TEXT]);

#endif
