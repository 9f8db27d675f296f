/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See trace.h.
 *
 * Easy to get wrong: a file lives on without a name (unlink, rename over it)
 * as long as something may bring its name back, so files are never freed
 * before the disk is.
 */
#include "tests/torture/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NAMES 32		/* in the directory */
#define NAME_MAX_N 200
#define CHANGES 256		/* of names, not synced */
#define OPEN_IDS 4096
#define SECTOR 512
#define BLOCK 4096

const char *const policy_names[POLICIES] = { "none", "all", "prefix", "subset",
	"torn" };

struct file {
	struct file *next;
	uint8_t *durable;
	size_t size, cap;
	size_t *pending;	/* items not synced */
	size_t pending_n, pending_cap;
	bool synced;		/* so its name is durable */
};

struct name {
	char text[NAME_MAX_N];	/* "": none */
	struct file *file;
};

struct directory {
	struct name name[NAMES];
};

/* A name made (from is ""), removed (to is "") or changed. */
struct change {
	char from[NAME_MAX_N], to[NAME_MAX_N];
	struct file *made;
};

struct disk {
	const struct trace *trace;
	size_t point;
	struct file *files;
	struct file *open[OPEN_IDS];
	struct directory now, durable;
	struct change change[CHANGES];
	size_t changes_n;
};

uint32_t
trace_draw(uint64_t *seed, uint32_t below)
{
	uint64_t z = *seed += UINT64_C(0x9e3779b97f4a7c15);

	/* Splitmix64: neighbouring seeds give unlike numbers. */
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((z ^ (z >> 31)) >> 32) % below;
}

void
trace_read(struct trace *t, const char *path)
{
	FILE *f = fopen(path, "r");
	struct shim_record r;
	struct stat st;
	size_t at = 0, cap = 0;

	memset(t, 0, sizeof *t);
	assert_non_null(f);
	assert_int_equal(fstat(fileno(f), &st), 0);
	t->size = (size_t)st.st_size;
	t->bytes = malloc(t->size + 1);
	assert_non_null(t->bytes);
	assert_int_equal(fread(t->bytes, 1, t->size, f), t->size);
	fclose(f);
	while (at + sizeof r <= t->size) {
		memcpy(&r, t->bytes + at, sizeof r);
		at += sizeof r;
		assert_true(at + r.length <= t->size);
		if (t->items == cap) {
			cap = cap > 0 ? 2 * cap : 1024;
			t->item = realloc(t->item, cap * sizeof *t->item);
			assert_non_null(t->item);
		}
		t->item[t->items++] = (struct trace_item){ r.op, r.id,
			r.offset, t->bytes + at, r.length };
		at += r.length;
	}
}

void
trace_free(struct trace *t)
{
	free(t->bytes);
	free(t->item);
	memset(t, 0, sizeof *t);
}

struct disk *
disk_new(const struct trace *t)
{
	struct disk *d = calloc(1, sizeof *d);

	assert_non_null(d);
	d->trace = t;
	return d;
}

void
disk_free(struct disk *d)
{
	while (d->files != NULL) {
		struct file *f = d->files;

		d->files = f->next;
		free(f->durable);
		free(f->pending);
		free(f);
	}
	free(d);
}

static struct file *
new_file(struct disk *d)
{
	struct file *f = calloc(1, sizeof *f);

	assert_non_null(f);
	f->next = d->files;
	d->files = f;
	return f;
}

static struct name *
find_name(struct directory *dir, const char *text)
{
	for (size_t i = 0; i < NAMES; i++)
		if (strcmp(dir->name[i].text, text) == 0)
			return &dir->name[i];
	return NULL;
}

static void
apply_change(struct directory *dir, const struct change *c)
{
	struct file *file = c->made;
	struct name *n;

	if (c->from[0] != '\0') {
		n = find_name(dir, c->from);
		if (n == NULL)
			return;	/* what made it is not there either */
		file = n->file;
		n->text[0] = '\0';
	}
	if (c->to[0] == '\0')
		return;
	n = find_name(dir, c->to);
	if (n == NULL)
		n = find_name(dir, "");
	if (n == NULL) {
		fail_msg("more than %d names", NAMES);
		return;
	}
	snprintf(n->text, sizeof n->text, "%s", c->to);
	n->file = file;
}

static void
change_name(struct disk *d, const char *from, const char *to,
    struct file *made)
{
	struct change *c = &d->change[d->changes_n++];

	assert_true(d->changes_n < CHANGES);
	snprintf(c->from, sizeof c->from, "%s", from);
	snprintf(c->to, sizeof c->to, "%s", to);
	c->made = made;
	apply_change(&d->now, c);
}

/* The bytes 'from' to 'from + n' of a buffer that grows. */
static void
put_bytes(uint8_t **buffer, size_t *size, size_t *cap, size_t from,
    const uint8_t *p, size_t n)
{
	if (from + n > *cap) {
		*cap = 2 * (from + n);
		*buffer = realloc(*buffer, *cap);
		assert_non_null(*buffer);
	}
	if (from > *size)
		memset(*buffer + *size, 0, from - *size);
	if (from + n > *size)
		*size = from + n;
	if (n > 0)
		memcpy(*buffer + from, p, n);
}

static void
put_item(uint8_t **buffer, size_t *size, size_t *cap,
    const struct trace_item *i)
{
	if (i->op == SHIM_SIZE) {
		put_bytes(buffer, size, cap, i->offset, NULL, 0);
		*size = i->offset;
	} else {
		put_bytes(buffer, size, cap, i->offset, i->data, i->n);
	}
}

static void
sync_file(const struct disk *d, struct file *f)
{
	for (size_t i = 0; i < f->pending_n; i++)
		put_item(&f->durable, &f->size, &f->cap,
		    &d->trace->item[f->pending[i]]);
	f->pending_n = 0;
	f->synced = true;
}

static void
text_of(const struct trace_item *i, size_t from, char out[NAME_MAX_N])
{
	assert_true(i->n - from < NAME_MAX_N);
	memcpy(out, i->data + from, i->n - from);
	out[i->n - from] = '\0';
}

static void
open_file(struct disk *d, const struct trace_item *i)
{
	char name[NAME_MAX_N];
	struct name *n;

	text_of(i, 0, name);
	assert_true(i->id < OPEN_IDS);
	n = name[0] != '\0' ? find_name(&d->now, name) : NULL;
	if (i->op == SHIM_CREATE && n == NULL) {
		change_name(d, "", name, new_file(d));
		n = find_name(&d->now, name);
	}
	d->open[i->id] = n != NULL ? n->file : NULL;
}

static void
there_before(struct disk *d, const struct trace_item *i)
{
	char name[NAME_MAX_N];
	size_t n = strnlen((const char *)i->data, i->n);
	struct file *f = new_file(d);

	assert_true(n < NAME_MAX_N);
	memcpy(name, i->data, n + 1);
	change_name(d, "", name, f);
	put_bytes(&f->durable, &f->size, &f->cap, 0, i->data + n + 1,
	    i->n - n - 1);
	f->synced = true;
	d->durable = d->now;
	d->changes_n = 0;
}

static void
rename_file(struct disk *d, const struct trace_item *i)
{
	char from[NAME_MAX_N], to[NAME_MAX_N];
	size_t n = strnlen((const char *)i->data, i->n);

	assert_true(n < NAME_MAX_N);
	memcpy(from, i->data, n + 1);
	text_of(i, n + 1, to);
	change_name(d, from, to, NULL);
}

static void
happen(struct disk *d, size_t at)
{
	const struct trace_item *i = &d->trace->item[at];
	struct file *f = i->id < OPEN_IDS ? d->open[i->id] : NULL;
	char name[NAME_MAX_N];

	switch (i->op) {
	case SHIM_BEGIN:
		memset(d->open, 0, sizeof d->open);
		break;
	case SHIM_FILE:
		there_before(d, i);
		break;
	case SHIM_OPEN:
	case SHIM_CREATE:
		open_file(d, i);
		break;
	case SHIM_WRITE:
	case SHIM_SIZE:
		assert_non_null(f);
		if (f->pending_n == f->pending_cap) {
			f->pending_cap = f->pending_cap * 2 + 64;
			f->pending = realloc(f->pending, f->pending_cap *
			    sizeof *f->pending);
			assert_non_null(f->pending);
		}
		f->pending[f->pending_n++] = at;
		break;
	case SHIM_SYNC:
		assert_non_null(f);
		sync_file(d, f);
		break;
	case SHIM_SYNC_DIR:
		d->durable = d->now;
		d->changes_n = 0;
		break;
	case SHIM_UNLINK:
		text_of(i, 0, name);
		change_name(d, name, "", NULL);
		break;
	case SHIM_RENAME:
		rename_file(d, i);
		break;
	case SHIM_SENT:
	case SHIM_TOLD:
	case SHIM_CLOSED:
		break;
	}
}

void
disk_move_to(struct disk *d, size_t point)
{
	assert_true(point >= d->point && point <= d->trace->items);
	while (d->point < point)
		happen(d, d->point++);
}

/* The names that are there: the first 'kept' changes, and those of files that
 * were synced under a new name. */
static void
list_names(const struct disk *d, enum policy p, uint64_t *seed,
    struct directory *out)
{
	size_t kept = p == POLICY_ALL ? d->changes_n :
	    p == POLICY_NONE ? 0 :
	    trace_draw(seed, (uint32_t)d->changes_n + 1);

	*out = d->durable;
	for (size_t i = 0; i < d->changes_n; i++) {
		const struct change *c = &d->change[i];

		if (i < kept || (c->made != NULL && c->made->synced))
			apply_change(out, c);
	}
}

/* Of one write any sectors. */
static void
put_torn(uint8_t **buffer, size_t *size, size_t *cap,
    const struct trace_item *i, uint64_t *seed)
{
	size_t n;

	if (i->op == SHIM_SIZE) {
		put_item(buffer, size, cap, i);
		return;
	}
	for (size_t at = 0; at < i->n; at += n) {
		n = SECTOR - (i->offset + at) % SECTOR;
		if (n > i->n - at)
			n = i->n - at;
		if (trace_draw(seed, 2))
			put_bytes(buffer, size, cap, i->offset + at,
			    i->data + at, n);
	}
}

/* Holes stay holes: most of the log's files are zeros. */
static void
write_out(const char *path, const uint8_t *p, size_t n)
{
	static const uint8_t zeros[BLOCK];
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0640);

	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, (off_t)n), 0);
	for (size_t at = 0; at < n; at += BLOCK) {
		size_t some = n - at < BLOCK ? n - at : BLOCK;

		if (memcmp(p + at, zeros, some) != 0)
			assert_true(pwrite(fd, p + at, some, (off_t)at) ==
			    (ssize_t)some);
	}
	close(fd);
}

static void
write_file(const struct disk *d, const struct file *f, enum policy p,
    uint64_t *seed, const char *path)
{
	static uint8_t *buffer;
	static size_t cap;
	size_t size = 0, n = f->pending_n;

	put_bytes(&buffer, &size, &cap, 0, f->durable, f->size);
	if (p == POLICY_NONE)
		n = 0;
	if (p == POLICY_PREFIX)
		n = trace_draw(seed, (uint32_t)n + 1);
	for (size_t i = 0; i < n; i++) {
		const struct trace_item *item = &d->trace->item[f->pending[i]];
		bool torn = p == POLICY_TORN;

		if (p == POLICY_SUBSET) {
			if (trace_draw(seed, 2))
				continue;
			torn = trace_draw(seed, 2);
		}
		/* The last write of a prefix was under way. */
		if (p == POLICY_PREFIX && i + 1 == n)
			torn = trace_draw(seed, 2);
		if (torn)
			put_torn(&buffer, &size, &cap, item, seed);
		else
			put_item(&buffer, &size, &cap, item);
	}
	write_out(path, buffer, size);
}

void
disk_clear(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	char path[400];

	assert_non_null(d);
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
		assert_int_equal(unlink(path), 0);
	}
	closedir(d);
}

void
disk_write(const struct disk *d, enum policy p, uint64_t seed, const char *dir)
{
	struct directory names;
	char path[512];

	list_names(d, p, &seed, &names);
	for (size_t i = 0; i < NAMES; i++) {
		if (names.name[i].text[0] == '\0')
			continue;
		snprintf(path, sizeof path, "%s/%s", dir, names.name[i].text);
		write_file(d, names.name[i].file, p, &seed, path);
	}
}
