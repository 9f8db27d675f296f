/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The least of an HTTP/1.1 server on 127.0.0.1, for vitals-receiver: kept
 * connections, answers that come late, byte by byte or not at all.
 *
 * Easy to get wrong: it is a test's tool.  It knows no chunked bodies, no TLS
 * and no other address, and must never learn to listen on one.
 */
#ifndef TESTS_SIM_HTTPD_H
#define TESTS_SIM_HTTPD_H

#include "schemas/vital.h"

#define HTTPD_CONNECTIONS 32
#define HTTPD_REQUEST_MAX 65536		/* head and body */

struct httpd_answer {
	char bytes[512];
	size_t n;
	int64_t delay_ms;	/* before it is sent */
	bool drip;		/* a byte every half second */
	bool close;		/* the connection ends after it */
	bool reset;		/* no answer: the connection is torn down */
};

struct httpd_connection {
	int fd;			/* -1: free */
	char *in;
	size_t in_n;
	struct httpd_answer out;
	size_t out_at;
	int64_t due_ms;		/* of what is left of 'out' */
};

struct httpd {
	int fd, port;
	struct httpd_connection connection[HTTPD_CONNECTIONS];
	/* Called with each whole request: 'request' is NUL-ended after the
	 * body, which begins at 'body' and has n bytes. */
	void (*take)(void *arg, const char *request, const char *body, size_t n,
	    struct httpd_answer *out);
	void *arg;
};

/* Listens on 127.0.0.1; port 0 takes a free one (see h->port).  'take' and
 * 'arg' are the caller's to set.  0 or negative errno. */
int httpd_open(struct httpd *h, int port) MUST_CHECK;

/* Serves for at most wait_ms, or until something was done. */
void httpd_turn(struct httpd *h, int64_t wait_ms);

void httpd_close(struct httpd *h);

/* "headers": whole lines, each ended by \r\n. */
void httpd_answer_set(struct httpd_answer *out, const char *status,
    const char *headers, const char *body);

/* The value of a header, cut to fit; "" if it is not there. */
void httpd_header(const char *request, const char *body, const char *name,
    char *out, size_t size);

#endif
