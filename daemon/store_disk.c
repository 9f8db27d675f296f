/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Free space and ballast.
 *
 * Easy to get wrong: a sparse file holds no room, hence posix_fallocate().
 */
#include "daemon/store_disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "daemon/store_db.h"

/* When it is checkpointed, and some. */
#define WAL_BYTES (STORE_CHECKPOINT_PAGES / 20 * 21 * STORE_WAL_FRAME_BYTES)
#define WAL_ROOM_BYTES (64 << 20)	/* a small disk has other uses for it */

static void
path_of(const struct store_options *o, const char *name, char out[4200])
{
	snprintf(out, 4200, "%.4095s/%s", o->dir, name);
}

void
store_disk_look(const struct store_options *o, struct store_disk *out)
{
	struct store_disk disk = { .free_percent = -1 };
	char path[4200];
	struct statvfs fs;
	struct stat wal;

	if (statvfs(o->dir, &fs) == 0 && fs.f_blocks > 0) {
		disk.free_percent = (int)(fs.f_bavail * 100 / fs.f_blocks);
		disk.free_bytes = (uint64_t)fs.f_bavail * fs.f_frsize;
	}
	path_of(o, "log.db-wal", path);
	if (stat(path, &wal) == 0)
		disk.wal_bytes = (uint64_t)wal.st_size;
	*out = disk;
}

bool
store_disk_release(const struct store_options *o)
{
	char path[4200];

	path_of(o, "ballast", path);
	return unlink(path) == 0;
}

void
store_disk_make_ballast(const struct store_options *o,
    const struct store_disk *disk)
{
	char path[4200];
	struct stat st;
	int fd;

	if (o->ballast == 0 || disk->free_percent < 0 ||
	    disk->free_bytes / 2 < o->ballast)
		return;
	path_of(o, "ballast", path);
	if (stat(path, &st) == 0 && (uint64_t)st.st_size == o->ballast)
		return;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return;		/* tried again when the disk is next looked at */
	if (posix_fallocate(fd, 0, (off_t)o->ballast) != 0)
		(void)unlink(path);
	close(fd);
}

void
store_disk_grow_wal(const struct store_options *o,
    const struct store_disk *disk)
{
	static const char zeros[STORE_WAL_FRAME_BYTES];
	char path[4200];
	int fd;

	if (disk->wal_bytes == 0 || disk->wal_bytes >= WAL_BYTES ||
	    disk->free_bytes < WAL_ROOM_BYTES)
		return;
	path_of(o, "log.db-wal", path);
	/* Not the database itself: its locks would go with the descriptor. */
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	/* Zeros are no frame: SQLite reads no further than the last one. */
	for (off_t at = (off_t)disk->wal_bytes; at < WAL_BYTES;
	    at += (off_t)sizeof zeros)
		if (pwrite(fd, zeros, sizeof zeros, at) != sizeof zeros)
			break;
	(void)fdatasync(fd);	/* if not now, then with the next commit */
	close(fd);
}
