/* SPDX-License-Identifier: BSD-2-Clause
 *
 * inotify on the folders in which serial devices and their names appear.
 *
 * Easy to get wrong: a link may be made in a new folder before the folder is
 * watched; so every event first adds what watches it can, then tells.
 */
#include "daemon/hotplug.h"

#include <assert.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

struct hotplug {
	int fd;
	int dev_wd;
	sd_event_source *source;
	void (*changed)(void *arg);
	void *arg;
	char dev[PATH_MAX];
};

/* IN_ATTRIB: udev gives a new node to its group after it was made. */
#define EVENTS (IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_ATTRIB)

/* Watches each folder that is there; one that is watched already stays so. */
static void
watch_folders(struct hotplug *h)
{
	static const char *const folder[] = {
		"/serial", "/serial/by-id", "/serial/by-path"
	};
	char path[PATH_MAX + 32];

	for (size_t i = 0; i < sizeof(folder) / sizeof(folder[0]); i++) {
		snprintf(path, sizeof(path), "%s%s", h->dev, folder[i]);
		(void)inotify_add_watch(h->fd, path, EVENTS | IN_ONLYDIR);
	}
}

/* /dev holds more than ports. */
static bool
concerns_ports(const struct hotplug *h, const struct inotify_event *e)
{
	if (e->mask & IN_Q_OVERFLOW)
		return true;
	if (e->mask & IN_IGNORED)
		return false;
	return e->wd != h->dev_wd || (e->len > 0 &&
	    (strncmp(e->name, "tty", 3) == 0 || strcmp(e->name, "serial") == 0));
}

static int
on_events(sd_event_source *source, int fd, uint32_t revents, void *arg)
{
	struct hotplug *h = arg;
	_Alignas(struct inotify_event) char buf[4096];
	bool changed = false;
	ssize_t n;

	(void)source;
	(void)revents;
	while ((n = read(fd, buf, sizeof(buf))) > 0) {
		const char *p = buf;

		while (p < buf + n) {
			const struct inotify_event *e = (const void *)p;

			changed = changed || concerns_ports(h, e);
			p += sizeof(*e) + e->len;
		}
	}
	if (changed) {
		watch_folders(h);
		h->changed(h->arg);
	}
	return 0;
}

int
hotplug_new(struct hotplug **out, sd_event *loop, const char *dev,
    void (*changed)(void *arg), void *arg)
{
	struct hotplug *h = calloc(1, sizeof(*h));
	int r;

	assert(strlen(dev) < sizeof(h->dev));
	if (h == NULL)
		return -ENOMEM;
	h->changed = changed;
	h->arg = arg;
	memcpy(h->dev, dev, strlen(dev) + 1);
	h->fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (h->fd < 0) {
		r = -errno;
		goto fail;
	}
	h->dev_wd = inotify_add_watch(h->fd, h->dev, EVENTS | IN_ONLYDIR);
	if (h->dev_wd < 0) {
		r = -errno;
		goto fail;
	}
	watch_folders(h);
	r = sd_event_add_io(loop, &h->source, h->fd, EPOLLIN, on_events, h);
	if (r < 0)
		goto fail;
	*out = h;
	return 0;
fail:
	hotplug_free(h);
	return r;
}

void
hotplug_free(struct hotplug *h)
{
	if (h == NULL)
		return;
	sd_event_source_disable_unref(h->source);
	if (h->fd >= 0)
		close(h->fd);
	free(h);
}
