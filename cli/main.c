/* SPDX-License-Identifier: BSD-2-Clause
 *
 * vitalsctl: the command-line tool of vitalsd, for staff and for clinic IT.
 *
 * Easy to get wrong: texts are UTF-8 as the locale says, numbers are always in
 * the C locale, so that output can be read by programs anywhere.
 */
#include "cli/verbs.h"

#include <locale.h>
#include <signal.h>

int
main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "");
	/* `vitalsctl watch | head` ends with a write error, not by a signal. */
	signal(SIGPIPE, SIG_IGN);
	return cli_run(verbs, argc > 0 ? argc - 1 : 0, argv + 1, stdin, stdout,
	    stderr);
}
