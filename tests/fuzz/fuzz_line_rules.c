/* SPDX-License-Identifier: BSD-2-Clause
 *
 * Any bytes, in any cuts, to the driver "line": by the rules of the examples in
 * tests/captures/line (byte 0 says which), or by any rules that the input itself
 * holds: the text of a configuration up to a NUL.  Byte 1 is the cut, byte 2
 * the pace.
 *
 * Easy to get wrong: it is to be run from the top of the tree, where the
 * examples are.
 */
#include "daemon/config.h"
#include "tests/fuzz/stream_check.h"

#define EXAMPLES 6

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static struct complaints complaints;

static const struct config *
example(size_t i)
{
	static const char *const path[EXAMPLES] = {
		"tests/captures/line/accutorr.yaml",
		"tests/captures/line/capnostream.yaml",
		"tests/captures/line/ivy-450c.yaml",
		"tests/captures/line/medlab.yaml",
		"tests/captures/line/nonin-ascii.yaml",
		"tests/captures/line/tosca.yaml",
	};
	static struct config *loaded[EXAMPLES];

	if (loaded[i] == NULL)
		loaded[i] = config_load(path[i], &complaints);
	assert(loaded[i] != NULL);
	return loaded[i];
}

static void
check_port(const struct config *c, const uint8_t *head, const uint8_t *data,
    size_t n)
{
	const struct config_port *p = &c->ports[0];

	if (p->options.rules != NULL)
		check_stream(p->driver, &p->options, head[1] % 64 + 1u,
		    head[2], data, n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	const uint8_t *nul;
	struct config *c;

	if (n < 3)
		return 0;
	if (data[0] < EXAMPLES) {
		check_port(example(data[0]), data, data + 3, n - 3);
		return 0;
	}
	nul = memchr(data + 3, '\0', n - 3);
	if (nul == NULL)
		return 0;
	c = config_parse((const char *)data + 3, (size_t)(nul - data) - 3,
	    &complaints);
	if (c != NULL)
		check_port(c, data, nul + 1, n - (size_t)(nul - data) - 1);
	config_free(c);
	return 0;
}
