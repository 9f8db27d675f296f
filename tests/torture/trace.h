/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The trace of powershim.so, and the disk as it would be had the power failed
 * at a point of it: what was synced is there, the rest by a policy.
 *
 * Easy to get wrong: the model is that of a journaling file system.  fsync() of
 * a new file makes its name durable too; names that were removed or changed
 * may be back until the directory was synced, the later ones before the
 * earlier ones.
 */
#ifndef TESTS_TORTURE_TRACE_H
#define TESTS_TORTURE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/shim/powershim.h"

/* What became of what was not synced. */
enum policy {
	POLICY_NONE,		/* nothing of it is there */
	POLICY_ALL,		/* all of it */
	POLICY_PREFIX,		/* of each file, what was written first */
	POLICY_SUBSET,		/* any of it, some of it torn */
	POLICY_TORN,		/* of each write any sectors of 512 bytes */
};
#define POLICIES 5
extern const char *const policy_names[POLICIES];

struct trace_item {
	enum shim_op op;
	uint32_t id;
	uint64_t offset;
	const uint8_t *data;	/* into the trace */
	size_t n;
};

struct trace {
	uint8_t *bytes;
	size_t size;
	struct trace_item *item;
	size_t items;
};

/* Fails the test where it cannot be read. */
void trace_read(struct trace *t, const char *path);
void trace_free(struct trace *t);

/* The disk at a point that only moves forward. */
struct disk;

struct disk *disk_new(const struct trace *t);
/* All items below 'point' have happened. */
void disk_move_to(struct disk *d, size_t point);
/* Writes what is left after a power cut here into a directory that is empty.
 * The same seed gives the same. */
void disk_write(const struct disk *d, enum policy p, uint64_t seed,
    const char *dir);
/* Removes the files of a directory. */
void disk_clear(const char *dir);
void disk_free(struct disk *d);

/* The next random number of a seed, below 'below'. */
uint32_t trace_draw(uint64_t *seed, uint32_t below);

#endif
