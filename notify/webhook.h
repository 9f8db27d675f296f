/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A notice as one HTTP POST.  The body is sent byte for byte as it was given:
 *
 *   Content-Type: application/json
 *   Idempotency-Key: 9f86d081884c7d65-1842      the same at every attempt
 *   X-Vitalsd-Signature: t=1795269751,v1=<hex>  HMAC-SHA256, key = the secret,
 *                                               over "<t>.<body>"
 *
 * Easy to get wrong: t is the time of the attempt, so a repeated attempt has
 * another signature; a receiver tells repetitions by the key.
 */
#ifndef NOTIFY_WEBHOOK_H
#define NOTIFY_WEBHOOK_H

#include "notify/kind.h"

#define WEBHOOK_SIGNATURE_MAX 96

extern const struct kind webhook_kind;

/* The value of X-Vitalsd-Signature, with NUL. */
void webhook_sign(char out[WEBHOOK_SIGNATURE_MAX], const struct secret *key,
    int64_t unix_s, const char *body, size_t n);

#endif
