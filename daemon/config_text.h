/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Words of a configuration file as numbers, and complaints about them: whole
 * numbers, durations with a unit, sizes with a unit, the nearest known name.
 *
 * Easy to get wrong: a fault is said as the end of a sentence that begins with
 * the value itself ("has a leading zero"); NULL means that all is well.
 */
#ifndef DAEMON_CONFIG_TEXT_H
#define DAEMON_CONFIG_TEXT_H

#include "daemon/config.h"

#include <limits.h>

/* An optional '-', then digits without a leading zero; nothing else. */
const char *config_text_whole(const char *s, int64_t *out) MUST_CHECK;

/* Digits and a unit without a blank: 250ms, 15s, 2min, 24h. */
const char *config_text_duration(const char *s, int64_t *out_ms) MUST_CHECK;

/* Digits and a unit without a blank: 512KiB, 16MiB, 1GiB. */
const char *config_text_size(const char *s, int64_t *out_bytes) MUST_CHECK;

/* The shortest way to write it that reads back as the same. */
#define CONFIG_TEXT_NUMBER 32
void config_text_format_duration(char out[CONFIG_TEXT_NUMBER], int64_t ms);
void config_text_format_size(char out[CONFIG_TEXT_NUMBER], int64_t bytes);

/* A value for a sentence: in quotes, at most 40 bytes of it, what could upset
 * a terminal replaced.  For text from outside. */
#define CONFIG_TEXT_QUOTED 64
const char *config_text_quote(char out[CONFIG_TEXT_QUOTED], const char *s,
    size_t n);

/* Keeps in *best the name that is nearest to 's', and in *distance how many
 * letters are to be changed, added, dropped or swapped.  Start with
 * CONFIG_TEXT_FAR; what is farther than a slip of the hand stays NULL. */
#define CONFIG_TEXT_FAR UINT_MAX
void config_text_nearer(const char *s, const char *name, const char **best,
    unsigned *distance);

/* Adds a complaint, cut to fit in whole characters. */
void complain(struct complaints *out, unsigned line, unsigned column,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* By line and column; what stands at one place keeps its order. */
void complaints_sort(struct complaints *out);

#endif
