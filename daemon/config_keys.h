/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The table of keys of vitalsd.yaml: where each may stand, what it takes, in
 * which unit and range, and into which field it goes.
 *
 * Easy to get wrong: min and max are in the unit of the field (milliseconds,
 * bytes of text), not in the one that people write.  A new key needs a
 * row here, a line in schemas/vitalsd.yaml and a word in docs/vitalsd.yaml.5:
 * tests ask for both.
 */
#ifndef DAEMON_CONFIG_KEYS_H
#define DAEMON_CONFIG_KEYS_H

#include "daemon/config_text.h"

/* A mapping of the file; each goes into one struct. */
enum config_section {
	SECTION_ROOT,		/* struct config */
	SECTION_BED,		/* struct config_bed */
	SECTION_MONITOR,	/* struct config_port */
	SECTION_LIMITS,		/* struct limit_set; also the tiers by name */
	SECTION_TIER,		/* struct limit */
	SECTION_NOTIFY,		/* struct config */
	SECTION_CHANNEL,	/* struct config_channel */
	SECTION_ROLES,		/* struct config; a name goes to roles[] */
	SECTION_LOG,		/* struct config */
	SECTION_RECOVERY,	/* struct config */
	SECTION_RULES,		/* struct config; a name goes to rules[] */
	SECTION_RULE,		/* struct config_rules */
	SECTION_CHECKSUM,	/* struct line_check */
	SECTION_POLL,		/* struct line_poll */
	SECTION_MATCH,		/* struct line_match */
	SECTION_VALUES,		/* struct line_match; vitals by name */
	SECTION_VALUE,		/* struct line_value */
	SECTION_STATUS,		/* struct line_status */
	SECTION_CUFF,		/* struct line_cuff */
};
#define CONFIG_SECTIONS 19

enum config_type {
	TYPE_TEXT,	/* anything printable */
	TYPE_NAME,	/* letters, digits, '-', '_' */
	TYPE_PORT,	/* an absolute path, usb:..., unix:/...; a char * of its
			 * own memory */
	TYPE_USB,	/* usb:... */
	TYPE_WHOLE,
	TYPE_DURATION,	/* kept in ms */
	TYPE_SECONDS,	/* a duration kept in whole seconds */
	TYPE_SIZE,	/* kept in bytes */
	TYPE_BOOL,
	TYPE_WORD,	/* one of words[] */
	TYPE_DRIVER,	/* a driver's name */
	TYPE_BYTES,	/* text with bytes such as <CR> or <1B> in it */
	TYPE_SHAPE,	/* a line with captures in braces */
	TYPE_RULES,	/* a name among line-rules */
	TYPE_NAMES,	/* a list of users and @groups; min is the role */
	TYPE_TOKENS,	/* a list of TYPE_BYTES */
	TYPE_VITALS,	/* a list of names of vitals */
	TYPE_MAP,	/* the section 'inner' */
	TYPE_LIST,	/* of sections 'inner', at most max of them */
};

struct config_word {
	const char *word;	/* NULL at the end */
	int64_t value;
};

struct config_key {
	enum config_section section;
	const char *name;
	enum config_type type;
	bool required;
	size_t offset, size;	/* of the field in the section's struct */
	int64_t min, max;
	const struct config_word *words;
	enum config_section inner;
};

extern const struct config_key config_keys[];
extern const size_t config_keys_n;

/* "beds[].monitors[]": where the section stands; "" for the root. */
const char *config_section_path(enum config_section s);

/* The key of that name in a section, or NULL. */
const struct config_key *config_key_find(enum config_section s,
    const char *name);

/* What the key takes, for the end of a sentence: "a duration from 1s to 10min,
 * such as 15s". */
#define CONFIG_EXPECTED 160
void config_key_expected(char out[CONFIG_EXPECTED], const struct config_key *k);

/* What the section takes, for a name that is unknown in it: either the nearest
 * name ("did you mean ...?") or, if none is near, all of them. */
void config_key_suggest(char out[CONFIG_EXPECTED], enum config_section s,
    const char *name);

/* Likewise for a driver's name. */
void config_driver_suggest(char out[CONFIG_EXPECTED], const char *name);

#endif
