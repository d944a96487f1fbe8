/* SPDX-License-Identifier: Apache-2.0 */
/* Databases of SQLite, by libsqlite3; this is its only door. */
#pragma once

#include "base/err.h"
#include "base/mem.h"

/**
 * bolt_sqlite_find() - one text out of a database that others may be writing to
 * @arena: owns @out
 * @path:  of the database; only root or the caller can have written it or lead elsewhere (see
 *         bolt_trusted_open()). Nothing is written, no lock of another process is waited for longer
 *         than a fifth of a second
 * @query: one statement with one parameter that gives one column
 * @key:   the parameter
 * @out:   the first row's text; empty if there is no row
 * @err:   kind BOLT_ERR_INPUT: not such a file, locked, damaged, or in need of repair; or this
 *         program was built without libsqlite3
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_sqlite_find(struct bolt_arena *arena, const char *path, const char *query,
                                struct bolt_bytes key, struct bolt_bytes *out,
                                struct bolt_err *err);
