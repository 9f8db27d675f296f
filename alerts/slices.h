/* SPDX-License-Identifier: BSD-2-Clause
 *
 * How many of a port's frames in the last minute were damaged (T5), counted in
 * slices of 10 s.
 *
 * Easy to get wrong: only whole slices count, so the sums change at the end of
 * a slice and never in between.
 */
#ifndef ALERTS_SLICES_H
#define ALERTS_SLICES_H

#include "alerts/board_state.h"

void slices_forget(struct port_state *p, int64_t t_ms);
void slices_add(struct port_state *p, int64_t t_ms, bool good, uint16_t n);
void slices_advance(struct port_state *p, int64_t t_ms);
bool slices_empty(const struct port_state *p);
void slices_sum(const struct port_state *p, int64_t *bad, int64_t *all);

#endif
