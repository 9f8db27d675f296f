/* SPDX-License-Identifier: BSD-2-Clause
 *
 * A sliding count in seven slices, the first being the present one.
 *
 * Easy to get wrong: an empty count stands still; its first frame begins a new
 * slice.
 */
#include "alerts/slices.h"

void
slices_forget(struct port_state *p, int64_t t_ms)
{
	for (int i = 0; i < SLICES; i++)
		p->good_n[i] = p->bad_n[i] = 0;
	p->slice_ms = t_ms;
}

bool
slices_empty(const struct port_state *p)
{
	for (int i = 0; i < SLICES; i++) {
		if (p->good_n[i] || p->bad_n[i])
			return false;
	}
	return true;
}

void
slices_advance(struct port_state *p, int64_t t_ms)
{
	while (!slices_empty(p)) {
		int64_t end_ms = moment_after(p->slice_ms, SLICE_MS);

		if (t_ms < end_ms)
			break;
		for (int i = SLICES - 1; i > 0; i--) {
			p->good_n[i] = p->good_n[i - 1];
			p->bad_n[i] = p->bad_n[i - 1];
		}
		p->good_n[0] = p->bad_n[0] = 0;
		p->slice_ms = end_ms;
	}
}

void
slices_add(struct port_state *p, int64_t t_ms, bool good, uint16_t n)
{
	uint32_t *sum = good ? &p->good_n[0] : &p->bad_n[0];

	slices_advance(p, t_ms);
	if (slices_empty(p))
		p->slice_ms = t_ms;
	*sum = *sum < UINT32_MAX - n ? *sum + n : UINT32_MAX;
}

void
slices_sum(const struct port_state *p, int64_t *bad, int64_t *all)
{
	*bad = *all = 0;
	for (int i = 1; i < SLICES; i++) {
		*bad += p->bad_n[i];
		*all += (int64_t)p->bad_n[i] + p->good_n[i];
	}
}
