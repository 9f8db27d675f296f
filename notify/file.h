/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Small files, read whole.
 *
 * Easy to get wrong: 'most' is one more than the longest file that is taken.
 */
#ifndef NOTIFY_FILE_H
#define NOTIFY_FILE_H

#include <stddef.h>
#include <sys/types.h>

#include "schemas/vital.h"

/* The number of bytes, fewer than 'most', or a negative errno: -EFBIG if there
 * are as many or more. */
ssize_t notify_file_read(const char *path, char *out, size_t most) MUST_CHECK;

#endif
