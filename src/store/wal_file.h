/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Inside store/: the write-ahead log, written in large pieces.
 *
 * SQLite writes two pieces for each page of a transaction, one after the other. Here they are
 * gathered and handed to the kernel in one write, at the latest with the last page of a
 * transaction, or when SQLite reads the log. Readers do not look at a page in the log before its
 * commit is announced in the log's index, which comes after that: so nobody misses what is still
 * gathered.
 */
#ifndef COREGATE_STORE_WAL_FILE_H
#define COREGATE_STORE_WAL_FILE_H

/* The name of an SQLite VFS: the default one, but for the log. NULL when SQLite cannot register it.
 */
const char *wal_file_vfs(void);

#endif
