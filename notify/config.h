/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The notifier's own file, /etc/vitalsd/vitals-notify.yaml: where each channel
 * leads.  Complaints come as they do for vitalsd.yaml: all at once, each at
 * its line and column.
 *
 * Easy to get wrong: the file names a secret, it never holds one.  The secret
 * is a systemd credential, and no message may ever show it, nor an address
 * (the path of a webhook is often a secret too).
 */
#ifndef NOTIFY_CONFIG_H
#define NOTIFY_CONFIG_H

#include "schemas/record.h"

#define NOTIFY_CHANNELS 16
#define NOTIFY_PATH_MAX 256
#define NOTIFY_URL_MAX 512
#define NOTIFY_EXPECT_MAX 128
#define SECRET_MAX 256		/* bytes */
#define SECRET_MIN 16

struct complaints;		/* daemon/config.h */

enum channel_kind { CHANNEL_WEBHOOK = 0 };
#define CHANNEL_KINDS 1
extern const char *const channel_kind_names[CHANNEL_KINDS];

struct secret {
	uint8_t byte[SECRET_MAX];
	size_t n;			/* 0: this channel is not signed */
};

struct notify_channel {
	char name[CHANNEL_MAX];		/* as vitalsd.yaml calls it */
	enum channel_kind kind;
	char url[NOTIFY_URL_MAX];
	char ca_file[NOTIFY_PATH_MAX];	/* "": the system's authorities */
	char secret_name[64];		/* of the credential; "": none */
	struct secret secret;		/* empty until it is loaded */
	char expect_body[NOTIFY_EXPECT_MAX];	/* "": any answer will do */
	char expect_header[64];		/* "": no header is expected */
	char expect_value[NOTIFY_EXPECT_MAX];
};

struct notify_config {
	struct notify_channel channel[NOTIFY_CHANNELS];
	size_t channels_n;
};

/* Parses the text of a file.  Returns the configuration, to be freed with
 * notify_config_free(), or NULL with at least one complaint. */
struct notify_config *notify_config_parse(const char *text, size_t length,
    struct complaints *out) MUST_CHECK;

/* Reads and parses a file, and checks that each ca-file can be read. */
struct notify_config *notify_config_load(const char *path,
    struct complaints *out) MUST_CHECK;

/* Reads the secrets that 'c' names from files in 'directory' (NULL: there is
 * none): NAME, or secret_NAME, as a file of the unit's LoadCredential=secret:DIR
 * is called there.  One newline at a file's end is not part of the secret.  0,
 * or -1 with at least one complaint (of line 0). */
int notify_config_secrets(struct notify_config *c, const char *directory,
    struct complaints *out) MUST_CHECK;

/* Wipes the secrets. */
void notify_config_free(struct notify_config *c);

#endif
