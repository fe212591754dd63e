/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Where the store lies and how it is opened. One SQLite database in WAL mode: one process writes
 * (store/writer.h), any number read with handles that cannot write (store/reader.h). With the files
 * beside it in this folder the only door to SQLite.
 */
#ifndef COREGATE_STORE_STORE_H
#define COREGATE_STORE_STORE_H

#include <stddef.h>
#include <stdint.h>

struct store_settings {
	const char *path;   /* the database; path-wal, path-shm and path.lock lie beside it */
	size_t mmap_bytes;  /* of the database mapped by each process; 0: STORE_MMAP_BYTES */
	uint32_t pages_max; /* a ceiling for the size, in pages of 4 KiB; 0: none */
};

#define STORE_MMAP_BYTES ((size_t)1 << 30)

#endif
