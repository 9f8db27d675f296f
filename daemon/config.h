/* SPDX-License-Identifier: BSD-2-Clause
 *
 * /etc/vitalsd/vitalsd.yaml as a value: parsed with libyaml's document API and
 * checked by one table of keys.  All complaints come at once, each at its line
 * and column; a file with any complaint is refused whole.
 *
 * Easy to get wrong: this module reads no other file, opens no port and knows
 * no secret.  What it says is what `vitalsctl config check` says.
 */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include "alerts/board.h"
#include "daemon/usb.h"
#include "drivers/line.h"
#include "schemas/record.h"

#define CONFIG_PATH_MAX 256
#define CONFIG_BEDS 1000
#define CONFIG_PORTS 1000	/* monitors of all beds together */
#define CONFIG_CHANNELS 16
#define CONFIG_ROLES 64		/* users and groups */
#define CONFIG_RULES 8		/* kinds of text lines */
#define CONFIG_FILE_MAX (1024 * 1024)	/* bytes */
#define CONFIG_COMPLAINTS 100	/* more are only counted */

enum transport {
	TRANSPORT_SERIAL = 0,	/* a real port */
	TRANSPORT_PTY = 1,	/* a simulator, a socat link */
	TRANSPORT_UNIX = 2,	/* a stream socket: its path is "unix:/..." */
};

struct config_port {
	char name[PORT_NAME_MAX];	/* unique: "CHAIR3/ge" is BED/MONITOR */
	size_t bed;			/* index into beds */
	const struct driver *driver;
	struct driver_options options;
	enum transport transport;
	const char *path;		/* as written: "/dev/...", "usb:...",
					 * "unix:/..."; its own memory, below
					 * CONFIG_PATH_MAX */
	struct usb_name expect;		/* what must be plugged in there; of a
					 * port "usb:..." how it is found */
	struct line line;		/* the driver's, unless set here */
	bool same_limb;			/* oximeter on the cuff's arm (T2) */
};

struct config_bed {
	char id[BED_MAX];		/* "CHAIR3" */
	char label[BED_MAX];		/* neutral, for screens and notices */
	size_t port[BOARD_PORTS];	/* in order of preference */
	size_t ports_n;
};

struct config_channel {
	char name[CHANNEL_MAX];
	enum priority at_least;		/* notices of this priority and above */
};

/* What a role allows. */
enum role {
	ROLE_VIEW = 1,		/* status, devices, watch, lists */
	ROLE_STAFF = 2,		/* sessions, marks, acknowledge, pause */
	ROLE_LIMITS = 4,	/* limits of a session, baseline */
	ROLE_ADMIN = 8,		/* record raw bytes, reload */
};

/* roles_n is 0 only if the file says nothing of roles: then root and the user
 * that vitalsd runs as may do everything, and nobody else anything.  Root may
 * do everything in any case. */
struct config_role {
	char name[32];		/* a user or a group, without the '@' */
	bool group;		/* it was written with '@' */
	unsigned roles;		/* bits of enum role; STAFF, LIMITS and ADMIN
				 * bring VIEW along */
};

/* Text that the driver "line" reads (docs/line-driver.md).  Ports that name it
 * share it, and a driver of its own: the driver "line" with what it may send,
 * and how much speaks for it. */
struct config_rules {
	char name[32];
	bool defined;		/* not just named by a monitor */
	bool faulty;		/* what it says is not all here: complained of */
	struct line_rules rules;
	uint32_t silent_ms;
	char confirmed_by[64];	/* who answers for the polls */
	char title[80];
	struct tx_template tx[LINE_POLLS + 1];
	struct driver driver;
};

struct config {
	char site[64];
	struct config_bed *beds;
	size_t beds_n;
	struct config_port *ports;
	size_t ports_n;
	struct config_channel channel[CONFIG_CHANNELS];
	size_t channels_n;
	struct config_role *roles;
	size_t roles_n;
	struct config_rules *rules[CONFIG_RULES];
	size_t rules_n;
	struct limit_set limits;
	int64_t segment_ms;	/* log: a segment's length, at most a day */
	uint64_t ballast;	/* log: bytes kept for a full disk */
	int64_t keep_days;	/* log: readings are kept so long; 0: for ever */
	int64_t recovery_min_ms;	/* reminder only: 2 h */
	char digest[65];	/* SHA-256 of the file's bytes */
};

/* How a port is named: by a path, a USB serial number, or a socket's path. */
bool config_port_is_usb(const struct config_port *p);
const char *config_socket_path(const char *port);	/* NULL: it is none */

/* One complaint: "FILE:LINE:COLUMN: what; expected what".  Columns count
 * characters, not bytes. */
struct complaint {
	unsigned line, column;	/* from 1; 0 for the whole file */
	char text[224];
};

struct complaints {
	struct complaint item[CONFIG_COMPLAINTS];
	size_t n;	/* those kept; sorted by line and column */
	size_t more;	/* beyond that */
};

/* Parses the text of a file.  Returns the configuration, to be freed with
 * config_free(), or NULL with at least one complaint. */
struct config *config_parse(const char *text, size_t length,
    struct complaints *out) MUST_CHECK;

/* Reads and parses a file; a file that cannot be read is one complaint. */
struct config *config_load(const char *path, struct complaints *out) MUST_CHECK;

/* One complaint as the line that people see, "FILE:LINE:COLUMN: text"; cut to
 * fit, always ended. */
void complaint_format(char *out, size_t size, const char *path,
    const struct complaint *c);

void config_free(struct config *c);

/* Whether a running daemon can take 'b' in place of 'a' without a restart,
 * and if not, which key forbids it (a sentence, else NULL).  Taken at a reload:
 * site, labels, limits (of sessions from then on), at-least, roles, recovery. */
const char *config_reloadable(const struct config *a, const struct config *b);

#endif
