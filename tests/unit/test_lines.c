/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Lines over a socket: cut anywhere, bounded both ways, never blocking.
 */
#include "daemon/lines.h"

#include <sys/socket.h>

#include <setjmp.h>
#include <stdarg.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

struct pair {
	int peer;
	int own;
	struct lines l;
};

static struct pair
pair_open(void)
{
	struct pair p;
	int fd[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fd),
	    0);
	p.peer = fd[0];
	p.own = fd[1];
	lines_init(&p.l, p.own);
	return p;
}

static void
pair_close(struct pair *p)
{
	lines_free(&p->l);
	close(p->own);
	if (p->peer >= 0)
		close(p->peer);
}

static void
put(const struct pair *p, const char *bytes, size_t n)
{
	assert_int_equal(write(p->peer, bytes, n), n);
}

static void
a_line_arrives_whole_however_the_bytes_are_cut(void **state)
{
	const char text[] = "{\"a\":1}\n\n{\"b\":2}\n";
	struct pair p;
	size_t length;

	(void)state;
	for (size_t cut = 1; cut < sizeof(text) - 1; cut++) {
		const char *want[] = { "{\"a\":1}", "", "{\"b\":2}" };
		size_t seen = 0;
		char *line;

		p = pair_open();
		for (int half = 0; half < 2; half++) {
			put(&p, half ? text + cut : text,
			    half ? sizeof(text) - 1 - cut : cut);
			assert_int_equal(lines_read(&p.l), 0);
			while ((line = lines_next(&p.l, &length)) != NULL) {
				assert_true(seen < 3);
				assert_string_equal(line, want[seen]);
				assert_int_equal(length, strlen(want[seen]));
				seen++;
			}
			assert_int_equal(lines_read(&p.l), -EAGAIN);
		}
		assert_int_equal(seen, 3);
		pair_close(&p);
	}
}

static void
nothing_to_read_and_a_closed_peer_are_told_apart(void **state)
{
	struct pair p = pair_open();

	(void)state;
	assert_int_equal(lines_read(&p.l), -EAGAIN);
	put(&p, "last\nunfinished", 15);
	close(p.peer);
	p.peer = -1;
	assert_int_equal(lines_read(&p.l), 0);
	assert_string_equal(lines_next(&p.l, NULL), "last");
	assert_null(lines_next(&p.l, NULL));
	assert_int_equal(lines_read(&p.l), -EPIPE);
	assert_null(lines_next(&p.l, NULL));
	pair_close(&p);
}

/* Feeds n bytes, reading as it goes. */
static int
feed_bytes(struct pair *p, size_t n)
{
	char block[4096];
	int r = 0;

	memset(block, 'x', sizeof(block));
	while (n > 0 && r == 0) {
		size_t some = n < sizeof(block) ? n : sizeof(block);

		put(p, block, some);
		n -= some;
		do
			r = lines_read(&p->l);
		while (r == 0);
		r = r == -EAGAIN ? 0 : r;
	}
	return r;
}

/* Likewise, and then the newline. */
static int
feed_line_of(struct pair *p, size_t n)
{
	int r = feed_bytes(p, n);

	if (r == 0) {
		put(p, "\n", 1);
		r = lines_read(&p->l);
	}
	return r;
}

static void
the_longest_line_is_taken_and_one_byte_more_is_not(void **state)
{
	struct pair p = pair_open();
	size_t length;

	(void)state;
	assert_int_equal(feed_line_of(&p, LINES_MAX), 0);
	assert_non_null(lines_next(&p.l, &length));
	assert_int_equal(length, LINES_MAX);
	/* And again, in the buffer that the first one left behind. */
	assert_int_equal(feed_line_of(&p, LINES_MAX), 0);
	assert_non_null(lines_next(&p.l, &length));
	assert_int_equal(length, LINES_MAX);
	/* A full buffer in which a line has gone before is not too long. */
	assert_int_equal(feed_line_of(&p, LINES_MAX), 0);
	assert_non_null(lines_next(&p.l, NULL));
	put(&p, "end\n", 4);
	assert_int_equal(feed_bytes(&p, LINES_MAX - 4), 0);
	assert_string_equal(lines_next(&p.l, NULL), "end");
	assert_int_equal(feed_bytes(&p, 4), 0);
	assert_int_equal(feed_bytes(&p, 1), -EMSGSIZE);
	assert_int_equal(lines_read(&p.l), -EMSGSIZE);
	assert_true(p.l.in_cap <= LINES_MAX + 1);
	pair_close(&p);
}

static void
a_buffer_full_of_short_lines_is_not_a_long_line(void **state)
{
	struct pair p = pair_open();
	char block[2048];
	size_t lines_n = 0, sent = 0, got = 0;

	(void)state;
	memset(block, 'y', sizeof(block));
	for (size_t i = 9; i < sizeof(block); i += 10)
		block[i] = '\n';
	/* Nobody takes lines out until the buffer is full. */
	while (p.l.in_n <= LINES_MAX) {
		put(&p, block, sizeof(block));
		sent += sizeof(block);
		assert_int_equal(lines_read(&p.l), 0);
	}
	assert_int_equal(lines_read(&p.l), 0);
	do {
		size_t length;

		while (lines_next(&p.l, &length)) {
			lines_n++;
			got += length + 1;
		}
	} while (lines_read(&p.l) == 0);
	assert_true(lines_n > LINES_MAX / 10);
	assert_int_equal(got + (p.l.in_n - p.l.in_start), sent);
	pair_close(&p);
}

static void
a_nul_byte_in_a_line_is_seen_in_its_length(void **state)
{
	struct pair p = pair_open();
	size_t length;

	(void)state;
	put(&p, "ab\0cd\n", 6);
	assert_int_equal(lines_read(&p.l), 0);
	assert_string_equal(lines_next(&p.l, &length), "ab");
	assert_int_equal(length, 5);
	pair_close(&p);
}

static void
a_peer_that_does_not_read_is_found_and_blocks_nobody(void **state)
{
	struct pair p = pair_open();
	char text[1000], back[4096];
	size_t queued = 0, got = 0;
	ssize_t n;
	int r;

	(void)state;
	memset(text, 'z', sizeof(text));
	while ((r = lines_send(&p.l, text, sizeof(text))) == 0)
		queued++;
	assert_int_equal(r, -ENOBUFS);
	assert_true(lines_waiting(&p.l));
	assert_true(p.l.out_n <= LINES_OUT);
	assert_true(p.l.out_n > LINES_OUT - 1001);
	/* What was taken arrives whole once the peer reads again. */
	for (;;) {
		n = recv(p.peer, back, sizeof(back), MSG_DONTWAIT);
		if (n > 0) {
			for (ssize_t i = 0; i < n; i++, got++)
				assert_int_equal(back[i],
				    got % 1001 == 1000 ? '\n' : 'z');
			continue;
		}
		if (!lines_waiting(&p.l))
			break;
		assert_int_equal(lines_flush(&p.l), 0);
	}
	assert_int_equal(got, queued * 1001);
	assert_false(lines_waiting(&p.l));
	pair_close(&p);
}

static void
sending_to_a_closed_peer_is_an_error_and_no_signal(void **state)
{
	struct pair p = pair_open();

	(void)state;
	close(p.peer);
	p.peer = -1;
	assert_int_equal(lines_send(&p.l, "x", 1), -EPIPE);
	pair_close(&p);
}

static void
what_is_queued_goes_with_the_next_line_at_once(void **state)
{
	struct pair p = pair_open();
	char text[32];

	(void)state;
	assert_int_equal(lines_queue(&p.l, "one", 3), 0);
	assert_true(lines_waiting(&p.l));
	assert_int_equal(recv(p.peer, text, sizeof(text), MSG_DONTWAIT), -1);
	assert_int_equal(lines_queue(&p.l, "a\nb", 3), -EINVAL);
	assert_int_equal(lines_send(&p.l, "two", 3), 0);
	assert_false(lines_waiting(&p.l));
	assert_int_equal(recv(p.peer, text, sizeof(text), MSG_DONTWAIT), 8);
	assert_memory_equal(text, "one\ntwo\n", 8);
	pair_close(&p);
}

static void
what_would_break_the_framing_is_not_sent(void **state)
{
	static char big[LINES_MAX + 1];
	struct pair p = pair_open();
	char back[8];

	(void)state;
	memset(big, 'q', sizeof(big));
	assert_int_equal(lines_send(&p.l, "a\nb", 3), -EINVAL);
	assert_int_equal(lines_send(&p.l, big, sizeof(big)), -EMSGSIZE);
	assert_false(lines_waiting(&p.l));
	assert_int_equal(lines_send(&p.l, "ok", 2), 0);
	assert_int_equal(recv(p.peer, back, sizeof(back), MSG_DONTWAIT), 3);
	assert_memory_equal(back, "ok\n", 3);
	pair_close(&p);
}

static void
one_who_is_trusted_may_send_a_longer_line(void **state)
{
	static char big[4 * LINES_MAX];
	struct pair p = pair_open();
	struct lines other;
	size_t length = 0;
	char *line = NULL;

	(void)state;
	lines_init(&other, p.peer);
	lines_trust(&other, LINES_MAX, LINES_OUT - 1);
	lines_trust(&p.l, LINES_OUT - 1, LINES_MAX);
	memset(big, 's', sizeof(big));
	assert_int_equal(lines_send(&other, big, sizeof(big)), 0);
	while (!line) {
		assert_int_equal(lines_flush(&other), 0);
		assert_int_equal(lines_read(&p.l), 0);
		line = lines_next(&p.l, &length);
	}
	assert_int_equal(length, sizeof(big));
	lines_free(&other);
	pair_close(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_line_arrives_whole_however_the_bytes_are_cut),
		cmocka_unit_test(nothing_to_read_and_a_closed_peer_are_told_apart),
		cmocka_unit_test(the_longest_line_is_taken_and_one_byte_more_is_not),
		cmocka_unit_test(a_buffer_full_of_short_lines_is_not_a_long_line),
		cmocka_unit_test(a_nul_byte_in_a_line_is_seen_in_its_length),
		cmocka_unit_test(a_peer_that_does_not_read_is_found_and_blocks_nobody),
		cmocka_unit_test(sending_to_a_closed_peer_is_an_error_and_no_signal),
		cmocka_unit_test(what_is_queued_goes_with_the_next_line_at_once),
		cmocka_unit_test(what_would_break_the_framing_is_not_sent),
		cmocka_unit_test(one_who_is_trusted_may_send_a_longer_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
