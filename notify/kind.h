/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What a kind of channel has to know: how one attempt is set up, and what its
 * end means.  Queue, retries and threads are written once, in channel.c.
 *
 * Easy to get wrong: judge() is called after every attempt, also one that
 * never reached the receiver; only a clear yes of the receiver is DELIVERED.
 */
#ifndef NOTIFY_KIND_H
#define NOTIFY_KIND_H

#include "notify/config.h"

#include <curl/curl.h>

/* How an attempt ended. */
struct attempt {
	enum outcome outcome;	/* DELIVERED, RETRY or REFUSED */
	int64_t named_ms;	/* when the receiver wants to be asked again,
				 * 0..RETRY_MOST_MS from now; RETRY_NONE */
	char detail[128];	/* "HTTP 503"; printable ASCII, no secret */
	bool expires_soon;	/* the receiver's certificate, within 14 days;
				 * the detail says when */
};

struct request;			/* each kind's own */

struct kind {
	/* A place for one attempt at a time; keeps 'c', which must outlive
	 * it.  NULL: no memory. */
	struct request *(*open)(const struct notify_channel *c);
	void (*close)(struct request *r);

	/* Sets the transfer up and returns its handle, for the caller to
	 * perform; NULL: no memory.  'n' is used until judge(). */
	CURL *(*prepare)(struct request *r, const struct notice *n,
	    int64_t wall_ms);
	void (*judge)(struct request *r, CURLcode end, int64_t wall_ms,
	    struct attempt *out);
};

#endif
