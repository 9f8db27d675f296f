/* SPDX-License-Identifier: BSD-2-Clause
 *
 * From a file to a configuration, or to everything that is wrong with it.
 *
 * Easy to get wrong: the path is opened without blocking.  A FIFO or a tty
 * that someone names by mistake must not stop a daemon that reloads.
 */
#include "daemon/config_fill.h"
#include "daemon/config_port.h"
#include "daemon/config_rules_check.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every value that a file may leave out. */
static struct config *
config_new(void)
{
	struct config *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->beds = calloc(CONFIG_BEDS, sizeof(*c->beds));
	c->ports = calloc(CONFIG_PORTS, sizeof(*c->ports));
	c->roles = calloc(CONFIG_ROLES, sizeof(*c->roles));
	if (c->beds == NULL || c->ports == NULL || c->roles == NULL) {
		config_free(c);
		return NULL;
	}
	limit_set_default(&c->limits);
	c->segment_ms = 24 * 3600 * 1000;
	c->ballast = 16 * 1024 * 1024;
	c->recovery_min_ms = 120 * 60 * 1000;
	return c;
}

static void
digest_text(char out[65], const char *text, size_t length)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	struct sha256_ctx ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, length, (const uint8_t *)text);
	sha256_digest(&ctx, sizeof(digest), digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* Gives back what was room for the largest configuration.  A failure keeps it:
 * nothing was to grow. */
static void
keep_used(void **array, size_t n, size_t size)
{
	void *less = realloc(*array, (n > 0 ? n : 1) * size);

	if (less != NULL)
		*array = less;
}

struct config *
config_parse(const char *text, size_t length, struct complaints *out)
{
	struct config_places *places = calloc(1, sizeof(*places));
	struct config *c = config_new();
	yaml_document_t doc;

	out->n = out->more = 0;
	if (places == NULL || c == NULL) {
		complain(out, 0, 0, "out of memory");
	} else if (config_yaml_load(&doc, text, length, out)) {
		config_fill(c, &doc, places, out);
		yaml_document_delete(&doc);
		config_check(c, places, out);
		config_check_ports(c, places, out);
		config_rules_check(c, places, out);
		digest_text(c->digest, text, length);
	}
	free(places);
	if (out->n == 0) {
		keep_used((void **)&c->beds, c->beds_n, sizeof(*c->beds));
		keep_used((void **)&c->ports, c->ports_n, sizeof(*c->ports));
		keep_used((void **)&c->roles, c->roles_n, sizeof(*c->roles));
		return c;
	}
	complaints_sort(out);
	config_free(c);
	return NULL;
}

/* Reads at most 'size' bytes.  Returns how many, or negative errno. */
static ssize_t
read_all(int fd, char *buf, size_t size)
{
	size_t n = 0;

	while (n < size) {
		ssize_t got = read(fd, buf + n, size - n);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -errno;
		if (got == 0)
			break;
		n += (size_t)got;
	}
	return (ssize_t)n;
}

/* The file into 'buf'.  Returns its length, or a complaint and -1. */
static ssize_t
read_file(const char *path, char *buf, size_t size, struct complaints *out)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat st;
	ssize_t n;

	if (fd < 0) {
		complain(out, 0, 0, "cannot be opened: %s", strerror(errno));
		return -1;
	}
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
		complain(out, 0, 0, "is not a regular file; expected the "
		    "configuration");
		close(fd);
		return -1;
	}
	n = read_all(fd, buf, size);
	close(fd);
	if (n < 0)
		complain(out, 0, 0, "cannot be read: %s", strerror((int)-n));
	return n < 0 ? -1 : n;
}

struct config *
config_load(const char *path, struct complaints *out)
{
	/* One byte more than is taken, so that too long a file is seen. */
	const size_t size = CONFIG_FILE_MAX + 1;
	struct config *c = NULL;
	char *buf = malloc(size);
	ssize_t n;

	out->n = out->more = 0;
	if (buf == NULL) {
		complain(out, 0, 0, "out of memory");
		return NULL;
	}
	n = read_file(path, buf, size, out);
	if (n >= 0)
		c = config_parse(buf, (size_t)n, out);
	free(buf);
	return c;
}
