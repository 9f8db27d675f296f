/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What `make prove` runs the building of sentences through: any texts and
 * numbers in any order and of any number, in a buffer of any size.
 *
 * Files: alerts/phrase.c
 */
#include <__fc_builtin.h>

#include "alerts/phrase.h"

int
main(void)
{
	static char out[64];
	struct phrase p = phrase_begin(out,
	    (size_t)Frama_C_interval(1, sizeof out));

	while (1) {
		int64_t v = Frama_C_long_long_interval(INT64_MIN, INT64_MAX);
		unsigned u = Frama_C_unsigned_int_interval(0, UINT32_MAX);
		char text[100];

		Frama_C_make_unknown(text, sizeof text - 1);
		text[sizeof text - 1] = '\0';
		switch (Frama_C_interval(0, 7)) {
		case 0:
			phrase_put(&p, text);
			break;
		case 1:
			phrase_put_n(&p, text,
			    (size_t)Frama_C_interval(0, sizeof text));
			break;
		case 2:
			phrase_put_fixed(&p, v, u);
			break;
		case 3:
			phrase_put_padded(&p, v, u);
			break;
		case 4:
			phrase_put_span(&p, v);
			break;
		case 5:
			phrase_put_reason(out, sizeof out, text);
			break;
		case 6:
			phrase_put_either(&p, v < 0, text, "otherwise");
			break;
		default:
			phrase_put_int(&p, v);
			break;
		}
		if (p.n > 0)
			Frama_C_show_each_sound_phrase();
	}
}
