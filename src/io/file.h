/* SPDX-License-Identifier: Apache-2.0 */
/* Files and streams, with limits and without surprises: no FIFO, device or directory is read. */
#pragma once

#include <sys/types.h>

#include "base/err.h"
#include "base/mem.h"

#define BOLT_FILE_BYTES_MAX ((size_t)16 * 1024 * 1024)

/**
 * bolt_file_read() - all bytes of an open descriptor
 * @arena: owns @out
 * @fd:    read from where it stands to the end
 * @name:  for messages
 * @kind:  of the error: BOLT_ERR_INPUT or BOLT_ERR_POLICY
 * @out:   the bytes
 * @err:   "<name>: reason"; more than BOLT_FILE_BYTES_MAX is a reason
 *
 * Return: 0, or -1 with @err set.
 */
BOLT_CHECK int bolt_file_read(struct bolt_arena *arena, int fd, const char *name,
                              enum bolt_err_kind kind, struct bolt_bytes *out,
                              struct bolt_err *err);

/**
 * bolt_file_load() - all bytes of a regular file
 * @path: symbolic links are followed, as the runtimes follow them; a FIFO, device or directory is
 *        refused without waiting for it
 *
 * As bolt_file_read() otherwise.
 */
BOLT_CHECK int bolt_file_load(struct bolt_arena *arena, const char *path, enum bolt_err_kind kind,
                              struct bolt_bytes *out, struct bolt_err *err);

/* True if @path is a directory. */
bool bolt_file_is_directory(const char *path);

/**
 * bolt_file_write() - all bytes to a descriptor, in as many write(2) calls as it takes
 * @name: for messages
 *
 * Return: 0, or -1 with @err set, kind BOLT_ERR_SYSTEM; some bytes may have been written then.
 */
BOLT_CHECK int bolt_file_write(int fd, const char *name, struct bolt_bytes bytes,
                               struct bolt_err *err);

/**
 * bolt_file_put() - make a file, or put a new one in the place of another
 * @path:  of the file; what is there may be a symbolic link, which is not followed
 * @bytes: the whole content
 * @mode:  of the file
 *
 * Whoever opens the path finds the old file or the new one, whole, even if this process is killed.
 *
 * Return: 0, or -1 with @err set, kind BOLT_ERR_SYSTEM; the old file is in place then.
 */
BOLT_CHECK int bolt_file_put(struct bolt_arena *arena, const char *path, struct bolt_bytes bytes,
                             mode_t mode, struct bolt_err *err);

/**
 * bolt_file_append() - one record to a log, whole or not at all
 * @path: of the log; made with mode 0600, and its directory with mode 0700, if it is not there.
 *        A symbolic link, or anything but a regular file, is refused
 * @line: the record with its newline; goes out in one write(2)
 *
 * If only a part of the record fits the disk, it is cut off again.
 *
 * Return: 0, or -1 with @err set, kind BOLT_ERR_SYSTEM.
 */
BOLT_CHECK int bolt_file_append(const char *path, struct bolt_bytes line, struct bolt_err *err);
