/* SPDX-License-Identifier: BSD-2-Clause
 *
 * An nbdkit plugin: a disk with a write cache that forgets.  What is written
 * stays in memory until the machine asks for a flush; only then it goes into the
 * file.  Killing nbdkit is the power cut.  With lie=true it answers a flush
 * and does nothing, as some cheap cards do.
 *
 * Easy to get wrong: the file is mapped privately, so that blocks which were
 * written and not flushed read back as written, and yet never reach the file.
 */
#define NBDKIT_API_VERSION 2
#include <nbdkit-plugin.h>

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREAD_MODEL NBDKIT_THREAD_MODEL_SERIALIZE_ALL_REQUESTS
#define BLOCK INT64_C(4096)

/* nbdkit hands no context to .config; one process serves one disk. */
static struct {
	char *path;
	bool lie;
	int fd;
	int64_t size;
	unsigned char *data;	/* what the machine sees */
	unsigned char *dirty;	/* by block: not yet in the file */
} disk = { .fd = -1 };

static int
volatile_config(const char *key, const char *value)
{
	int r;

	if (strcmp(key, "file") == 0) {
		free(disk.path);
		disk.path = nbdkit_absolute_path(value);
		return disk.path != NULL ? 0 : -1;
	}
	if (strcmp(key, "lie") == 0) {
		r = nbdkit_parse_bool(value);
		disk.lie = r == 1;
		return r < 0 ? -1 : 0;
	}
	nbdkit_error("unknown parameter %s", key);
	return -1;
}

static int
volatile_after_fork(void)
{
	struct stat st;
	void *p;

	if (disk.path == NULL) {
		nbdkit_error("file= is missing");
		return -1;
	}
	disk.fd = open(disk.path, O_RDWR | O_CLOEXEC);
	if (disk.fd < 0 || fstat(disk.fd, &st) < 0) {
		nbdkit_error("%s: %m", disk.path);
		return -1;
	}
	if (st.st_size == 0 || st.st_size % BLOCK != 0) {
		nbdkit_error("%s: not whole blocks", disk.path);
		return -1;
	}
	disk.size = st.st_size;
	p = mmap(NULL, (size_t)disk.size, PROT_READ | PROT_WRITE, MAP_PRIVATE,
	    disk.fd, 0);
	disk.dirty = calloc((size_t)(disk.size / BLOCK), 1);
	if (p == MAP_FAILED || disk.dirty == NULL) {
		nbdkit_error("no memory for %s", disk.path);
		return -1;
	}
	disk.data = p;
	return 0;
}

static void *
volatile_open(int readonly)
{
	(void)readonly;
	return NBDKIT_HANDLE_NOT_NEEDED;
}

static int64_t
volatile_get_size(void *handle)
{
	(void)handle;
	return disk.size;
}

static int
volatile_can_fua(void *handle)
{
	(void)handle;
	return NBDKIT_FUA_NATIVE;
}

static int
volatile_pread(void *handle, void *buf, uint32_t n, uint64_t at,
    uint32_t flags)
{
	(void)handle;
	(void)flags;
	memcpy(buf, disk.data + at, n);
	return 0;
}

static int
volatile_flush(void *handle, uint32_t flags)
{
	(void)handle;
	(void)flags;
	if (disk.lie)
		return 0;
	for (int64_t b = 0; b < disk.size / BLOCK; b++) {
		if (!disk.dirty[b])
			continue;
		if (pwrite(disk.fd, disk.data + b * BLOCK, BLOCK,
		    b * BLOCK) != BLOCK) {
			nbdkit_error("%s: %m", disk.path);
			return -1;
		}
		disk.dirty[b] = 0;
	}
	return 0;
}

static int
volatile_pwrite(void *handle, const void *buf, uint32_t n, uint64_t at,
    uint32_t flags)
{
	if (n == 0)
		return 0;
	memcpy(disk.data + at, buf, n);
	for (uint64_t b = at / BLOCK; b <= (at + n - 1) / BLOCK; b++)
		disk.dirty[b] = 1;
	return flags & NBDKIT_FLAG_FUA ? volatile_flush(handle, 0) : 0;
}

static struct nbdkit_plugin plugin = {
	.name = "volatile",
	.config = volatile_config,
	.after_fork = volatile_after_fork,
	.open = volatile_open,
	.get_size = volatile_get_size,
	.can_fua = volatile_can_fua,
	.pread = volatile_pread,
	.pwrite = volatile_pwrite,
	.flush = volatile_flush,
};

NBDKIT_REGISTER_PLUGIN(plugin)
