/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "store/wal_file.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <sqlite3.h>

/* Thirty pages: the transactions of a busy time take a few writes. SQLite's file writes less than
 * 128 KiB at a time and takes more for a full disk. */
#define GATHER_BYTES ((size_t)124 * 1024)

/* Before each page. */
#define HEAD_BYTES 24u

/* What SQLite sees as a file; the one of the default VFS lies behind it. */
struct wal_file {
	sqlite3_file base;
	uint8_t *gathered;
	size_t length;       /* of what is gathered */
	sqlite3_int64 start; /* where in the file it belongs */
	bool has_end;        /* the last head was that of a transaction's last page */
};

static sqlite3_vfs *default_vfs;

static struct wal_file *wal_of(sqlite3_file *file)
{
	return (struct wal_file *)file;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
	return (sqlite3_file *)(wal_of(file) + 1);
}

/* What could not be written is forgotten: the transaction it belongs to has failed. */
static int flush(sqlite3_file *file)
{
	struct wal_file *wal = wal_of(file);
	size_t length = wal->length;
	sqlite3_int64 start = wal->start;
	if (length == 0)
		return SQLITE_OK;
	wal->length = 0;
	wal->start += (sqlite3_int64)length;
	sqlite3_file *real = real_of(file);
	return real->pMethods->xWrite(real, wal->gathered, (int)length, start);
}

/* A page is written after its head, which says whether the page ends a transaction (the database's
 * size in pages, big-endian; the file format of SQLite, section 4.1). Readers may look for it then.
 */
static bool is_end(const uint8_t *head)
{
	return (head[4] | head[5] | head[6] | head[7]) != 0;
}

/* Not behind what was written last: a log that starts anew, or a head that is written again. */
static int write_elsewhere(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
	int code = flush(file);
	if (code != SQLITE_OK)
		return code;
	wal_of(file)->start = offset + count;
	return real_of(file)->pMethods->xWrite(real_of(file), bytes, count, offset);
}

static int wal_write(sqlite3_file *file, const void *bytes, int count, sqlite3_int64 offset)
{
	struct wal_file *wal = wal_of(file);
	size_t length = (size_t)count;
	bool ends = wal->has_end && length != HEAD_BYTES;
	if (length == HEAD_BYTES)
		wal->has_end = is_end(bytes);
	if (offset != wal->start + (sqlite3_int64)wal->length || length > GATHER_BYTES)
		return write_elsewhere(file, bytes, count, offset);
	if (wal->length + length > GATHER_BYTES) {
		int code = flush(file);
		if (code != SQLITE_OK)
			return code;
	}
	memcpy(wal->gathered + wal->length, bytes, length);
	wal->length += length;
	return ends ? flush(file) : SQLITE_OK;
}

static int wal_read(sqlite3_file *file, void *bytes, int count, sqlite3_int64 offset)
{
	int code = flush(file);
	return code != SQLITE_OK
	               ? code
	               : real_of(file)->pMethods->xRead(real_of(file), bytes, count, offset);
}

static int wal_truncate(sqlite3_file *file, sqlite3_int64 size)
{
	int code = flush(file);
	return code != SQLITE_OK ? code : real_of(file)->pMethods->xTruncate(real_of(file), size);
}

static int wal_sync(sqlite3_file *file, int flags)
{
	int code = flush(file);
	return code != SQLITE_OK ? code : real_of(file)->pMethods->xSync(real_of(file), flags);
}

static int wal_size(sqlite3_file *file, sqlite3_int64 *ret_size)
{
	int code = flush(file);
	return code != SQLITE_OK ? code
	                         : real_of(file)->pMethods->xFileSize(real_of(file), ret_size);
}

static int wal_close(sqlite3_file *file)
{
	int code = flush(file);
	int end = real_of(file)->pMethods->xClose(real_of(file));
	free(wal_of(file)->gathered);
	return code != SQLITE_OK ? code : end;
}

static int wal_control(sqlite3_file *file, int operation, void *argument)
{
	return real_of(file)->pMethods->xFileControl(real_of(file), operation, argument);
}

static int wal_sector_size(sqlite3_file *file)
{
	return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int wal_device(sqlite3_file *file)
{
	return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

/* The log is never locked: locks are taken on its index. */
static int wal_lock(sqlite3_file *file, int level)
{
	(void)file;
	(void)level;
	return SQLITE_OK;
}

static int wal_check_lock(sqlite3_file *file, int *ret_is_locked)
{
	(void)file;
	*ret_is_locked = 0;
	return SQLITE_OK;
}

static const sqlite3_io_methods wal_methods = {
	.iVersion = 1,
	.xClose = wal_close,
	.xRead = wal_read,
	.xWrite = wal_write,
	.xTruncate = wal_truncate,
	.xSync = wal_sync,
	.xFileSize = wal_size,
	.xLock = wal_lock,
	.xUnlock = wal_lock,
	.xCheckReservedLock = wal_check_lock,
	.xFileControl = wal_control,
	.xSectorSize = wal_sector_size,
	.xDeviceCharacteristics = wal_device,
};

static int open_wal(const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	struct wal_file *wal = wal_of(file);
	*wal = (struct wal_file){ .gathered = malloc(GATHER_BYTES) };
	if (wal->gathered == NULL)
		return SQLITE_NOMEM;
	int code = default_vfs->xOpen(default_vfs, name, real_of(file), flags, ret_flags);
	if (code == SQLITE_OK) {
		wal->base.pMethods = &wal_methods;
		return SQLITE_OK;
	}
	/* Without methods SQLite will not close it. */
	if (real_of(file)->pMethods != NULL)
		real_of(file)->pMethods->xClose(real_of(file));
	free(wal->gathered);
	return code;
}

static int vfs_open(
        sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	(void)vfs;
	if ((flags & SQLITE_OPEN_WAL) != 0)
		return open_wal(name, file, flags, ret_flags);
	return default_vfs->xOpen(default_vfs, name, file, flags, ret_flags);
}

const char *wal_file_vfs(void)
{
	static sqlite3_vfs vfs;
	if (default_vfs != NULL)
		return vfs.zName;
	sqlite3_vfs *found = sqlite3_vfs_find(NULL);
	if (found == NULL)
		return NULL;
	vfs = *found;
	vfs.zName = "coregate";
	vfs.szOsFile += (int)sizeof(struct wal_file);
	vfs.xOpen = vfs_open;
	if (sqlite3_vfs_register(&vfs, 0) != SQLITE_OK)
		return NULL;
	default_vfs = found;
	return vfs.zName;
}
