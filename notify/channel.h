/* SPDX-License-Identifier: BSD-2-Clause
 *
 * One channel at work: its queue, its connection and its own thread, so that
 * whatever holds it up (a dead name server stops even libcurl's "multi" calls,
 * measured) holds up no other channel and not the socket to vitalsd.
 *
 * Easy to get wrong: channel_stop() may leave the thread behind, stuck in the
 * resolver; the process is then about to end and must not free what it uses.
 */
#ifndef NOTIFY_CHANNEL_H
#define NOTIFY_CHANNEL_H

#include "notify/config.h"
#include "notify/intake.h"

struct channel;

/* Starts the thread, which also reads from 'intake' whenever it has to wait
 * (NULL: from nothing).  'c' must outlive the process's use of the channel.
 * After each attempt a struct delivery is written to the SOCK_SEQPACKET socket
 * 'report', as 'attempt' with ATTEMPT_HEARTBEAT after that of a heartbeat.  curl
 * must have been initialised.  0 or negative errno. */
#define ATTEMPT_HEARTBEAT 0
int channel_start(const struct notify_channel *c, int report,
    struct intake *intake, struct channel **out) MUST_CHECK;

/* The intake has another socket, or none. */
void channel_look_again(struct channel *ch);

/* As queue_take(): 0, -EALREADY, -EEXIST, -ENOBUFS. */
int channel_submit(struct channel *ch, const struct notice *n,
    bool heartbeat) MUST_CHECK;

/* As queue_room_again(). */
bool channel_room_again(struct channel *ch) MUST_CHECK;

/* How many notices wait here. */
size_t channel_waiting(struct channel *ch);

/* Asks the thread to end; an attempt under way is given up. */
void channel_ask_stop(struct channel *ch);

/* Waits at most wait_ms for its end and frees the channel; -ETIMEDOUT: the
 * thread is stuck, and nothing was freed. */
int channel_stop(struct channel *ch, int64_t wait_ms) MUST_CHECK;

#endif
