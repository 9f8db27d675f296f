/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The disk under the log: how full it is, and the ballast, a file that is
 * given back when the disk is full, since SQLite needs room even to shrink.
 *
 * Easy to get wrong: everything here may hang with the disk; only the store's
 * thread calls it.
 */
#ifndef DAEMON_STORE_DISK_H
#define DAEMON_STORE_DISK_H

#include "daemon/store_state.h"

struct store_disk {
	int free_percent;	/* -1 unknown */
	uint64_t free_bytes;
	uint64_t wal_bytes;
};

void store_disk_look(const struct store_options *o, struct store_disk *out);

/* Removes the ballast; true if there was any. */
bool store_disk_release(const struct store_options *o);

/* Makes the ballast again where there is room for it twice over. */
void store_disk_make_ballast(const struct store_options *o,
    const struct store_disk *disk);

/* Writes the write-ahead log out to the size at which it is used again from
 * its beginning: a commit that need not grow the file is a third quicker. */
void store_disk_grow_wal(const struct store_options *o,
    const struct store_disk *disk);

#endif
