/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes, in any cuts, to any driver: byte 0 names the driver (by its
 * place in the registry), byte 1 the cut, byte 2 the pace.
 *
 * Easy to get wrong: the driver "line" without rules is one of them, and claims
 * nothing; with rules it has fuzz_line.
 */
#include "tests/fuzz/stream_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static size_t
count_drivers(void)
{
	size_t n = 0;

	while (drivers[n] != NULL)
		n++;
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	if (n >= 3)
		check_stream(drivers[data[0] % count_drivers()], NULL,
		    data[1] % 64 + 1u, data[2], data + 3, n - 3);
	return 0;
}
