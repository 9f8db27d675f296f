/* SPDX-License-Identifier: BSD-2-Clause
 *
 * See modem.h.
 *
 * Easy to get wrong: a command may come in pieces.
 */
#include "daemon/modem.h"

#define TAIL(a, b, c) ((uint32_t)(a) << 16 | (uint32_t)(b) << 8 | (uint32_t)(c))

bool
modem_look(struct modem *m, const uint8_t *bytes, size_t n)
{
	bool second = false;

	for (size_t i = 0; i < n; i++) {
		m->tail = (m->tail << 8 | bytes[i]) & 0xFFFFFF;
		if (m->tail == TAIL('A', 'T', '\r') ||
		    m->tail == TAIL('A', 'T', '+'))
			second |= ++m->commands == 2;
	}
	return second;
}
