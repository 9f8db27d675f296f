/* SPDX-License-Identifier: BSD-2-Clause
 *
 * The SQL migrations of schemas/NNN-name.sql, in order, as text (made by the
 * Makefile); ended by NULL.  The log's user_version is how many were applied.
 *
 * Easy to get wrong: a migration that has been released is never edited.
 */
#ifndef SCHEMAS_MIGRATIONS_H
#define SCHEMAS_MIGRATIONS_H

extern const char *const migrations[];

#endif
