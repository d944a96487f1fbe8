/* SPDX-License-Identifier: Apache-2.0 */
#include "io/sqlite.h"

#ifdef BOLT_SQLITE

#include <sqlite3.h>

#include "io/file.h"
#include "io/trusted.h"

#define WAIT_MS 200

static void close_db(sqlite3 **db)
{
    (void)sqlite3_close(*db);
}

static void close_query(sqlite3_stmt **query)
{
    (void)sqlite3_finalize(*query);
}

static int fail(sqlite3 *db, int code, struct bolt_err *err)
{
    (void)bolt_fail(err, BOLT_ERR_INPUT, "%s",
                    code == SQLITE_BUSY || db == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(db));
    err->too_large = code == SQLITE_TOOBIG;
    return -1;
}

/* The database's own schema may hold views and triggers: none of them gets functions to call. */
static int open_db(const char *path, sqlite3 **db, struct bolt_err *err)
{
    int code = sqlite3_open_v2(path, db, SQLITE_OPEN_READONLY, NULL);

    if (code != SQLITE_OK) {
        return fail(*db, code, err);
    }
    (void)sqlite3_db_config(*db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
    (void)sqlite3_limit(*db, SQLITE_LIMIT_LENGTH, (int)BOLT_FILE_BYTES_MAX);
    (void)sqlite3_busy_timeout(*db, WAIT_MS);
    return 0;
}

int bolt_sqlite_find(struct bolt_arena *arena, const char *path, const char *query,
                     struct bolt_bytes key, struct bolt_bytes *out, struct bolt_err *err)
{
    __attribute__((cleanup(close_db))) sqlite3 *db = NULL;
    __attribute__((cleanup(close_query))) sqlite3_stmt *statement = NULL;
    int code;

    *out = (struct bolt_bytes){0};
    if (!bolt_trusted_regular(arena, path, err) || open_db(path, &db, err) != 0) {
        return -1;
    }
    code = sqlite3_prepare_v2(db, query, -1, &statement, NULL);
    if (code == SQLITE_OK) {
        code = sqlite3_bind_text(statement, 1, key.at, (int)key.len, SQLITE_STATIC);
    }
    if (code == SQLITE_OK) {
        code = sqlite3_step(statement);
    }
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        return fail(db, code, err);
    }
    if (code == SQLITE_ROW) {
        struct bolt_bytes text = {(const char *)sqlite3_column_text(statement, 0), 0};

        text.len = text.at == NULL ? 0 : (size_t)sqlite3_column_bytes(statement, 0);
        *out = bolt_bytes_copy(arena, text);
    }
    return 0;
}

#else

int bolt_sqlite_find(struct bolt_arena *arena, const char *path, const char *query,
                     struct bolt_bytes key, struct bolt_bytes *out, struct bolt_err *err)
{
    (void)arena;
    (void)path;
    (void)query;
    (void)key;
    *out = (struct bolt_bytes){0};
    return bolt_fail(err, BOLT_ERR_INPUT, "this drawbolt was built without libsqlite3");
}

#endif
