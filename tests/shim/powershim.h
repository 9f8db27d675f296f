/* SPDX-License-Identifier: BSD-2-Clause
 *
 * What powershim.so writes down of a process, for tests/torture/trace.c to
 * read back: every change below one directory and every byte that leaves the
 * process by a socket, in the one order in which they happened.
 *
 * Easy to get wrong: ids are of one process start; SHIM_BEGIN starts them
 * afresh.  A file id names what was opened, not its name, which may change.
 */
#ifndef TESTS_SHIM_POWERSHIM_H
#define TESTS_SHIM_POWERSHIM_H

#include <stdint.h>

enum shim_op {
	SHIM_BEGIN = 1,		/* a process starts */
	SHIM_FILE = 2,		/* was there before the trace: data is name, NUL,
				 * content */
	SHIM_OPEN = 3,		/* id, data: name; offset: the flags */
	SHIM_CREATE = 4,	/* the same, and it was not there before */
	SHIM_WRITE = 5,		/* id, offset, data */
	SHIM_SIZE = 6,		/* id, offset: the new size */
	SHIM_SYNC = 7,		/* id */
	SHIM_SYNC_DIR = 8,
	SHIM_UNLINK = 9,	/* data: name */
	SHIM_RENAME = 10,	/* data: from, NUL, to */
	SHIM_SENT = 11,		/* id: descriptor; data: bytes on a socket */
	SHIM_TOLD = 12,		/* an event descriptor was written to: the
				 * store's thread reports a commit */
	SHIM_CLOSED = 13,	/* id: a descriptor that had SHIM_SENT */
};

struct shim_record {
	uint32_t op, id;
	uint64_t offset;
	uint32_t length;	/* of the data, which follows */
	uint32_t zero;
};

/* Its environment:
 * POWERSHIM_DIR	the directory, which must be there
 * POWERSHIM_TRACE	the file that records are appended to
 * POWERSHIM_BOOT_ID	a file to read in place of the kernel's boot id
 * POWERSHIM_WAL	the WAL is called that many times as long as it is, so
 *			that checkpoints come early
 * POWERSHIM_SYNCHRONOUS what to say to SQLite in place of FULL */

#endif
