/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "publish/zone_file.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/file.h"
#include "dns/type.h"

/* Two root names and five numbers: no SOA is shorter (RFC 1035 section 3.3.13). */
#define SOA_RDATA_MIN 22u

void zone_file_init(struct zone_file *file, char *memory, struct zone_file_sink sink)
{
	*file = (struct zone_file){ .sink = sink, .memory = memory };
}

static enum err zone_file_flush(struct zone_file *file)
{
	if (!file->is_stopped && file->used_bytes > 0)
		file->is_stopped =
		        !file->sink.put(file->sink.context, file->memory, file->used_bytes);
	file->used_bytes = 0;
	return file->is_stopped ? ERR_UNAVAILABLE : ERR_OK;
}

/* What all lines of an RRset begin with. */
struct line_head {
	char owner[NAME_TEXT_BYTES];
	size_t owner_length;
	uint32_t ttl_s;
	char type[TYPE_TEXT_BYTES];
};

static void line_head_init(const struct zone_file *file, struct line_head *head,
        const struct rrset *rrset, uint32_t ttl_s)
{
	if (file->is_portable)
		name_render_portable(&rrset->owner, head->owner);
	else
		name_render_absolute(&rrset->owner, head->owner);
	head->owner_length = strlen(head->owner);
	head->ttl_s = ttl_s;
	type_render_zone(rrset->type, head->type);
}

static enum err zone_file_put_line(struct zone_file *file, const struct line_head *head,
        uint16_t type, const struct rdata *rdata)
{
	if (file->used_bytes >= ZONE_FILE_FLUSH_BYTES) {
		enum err err = zone_file_flush(file);
		if (err != ERR_OK)
			return err;
	}
	struct buf line;
	buf_init_fixed(
	        &line, file->memory + file->used_bytes, ZONE_FILE_MEMORY_BYTES - file->used_bytes);
	buf_put(&line, head->owner, head->owner_length);
	buf_put_char(&line, ' ');
	buf_put_uint(&line, head->ttl_s);
	buf_put(&line, " IN ", 4);
	buf_put_string(&line, head->type);
	buf_put_char(&line, ' ');
	if (file->is_portable)
		rdata_render_portable(&line, type, rdata);
	else
		rdata_render_zone(&line, type, rdata);
	buf_put_char(&line, '\n');
	if (buf_is_full(&line))
		return ERR_INTERNAL;
	file->used_bytes += line.length;
	file->record_count++;
	return ERR_OK;
}

static uint32_t soa_minimum(const struct rdata *soa)
{
	const uint8_t *at = soa->bytes + soa->length - 4;
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static enum err zone_file_put_soa(struct zone_file *file, const struct rrset *rrset)
{
	if (file->record_count > 0 || rrset->count != 1 || rrset->values[0].length < SOA_RDATA_MIN)
		return ERR_INTERNAL;
	uint32_t minimum_s = soa_minimum(&rrset->values[0]);
	struct line_head head;
	line_head_init(file, &head, rrset, minimum_s > TTL_MAX ? TTL_MAX : minimum_s);
	return zone_file_put_line(file, &head, TYPE_SOA, &rrset->values[0]);
}

enum err zone_file_put(struct zone_file *file, const struct rrset *rrset)
{
	if (file->is_stopped)
		return ERR_UNAVAILABLE;
	if (rrset->type == TYPE_SOA)
		return zone_file_put_soa(file, rrset);
	if (file->record_count == 0)
		return ERR_INTERNAL;
	struct line_head head;
	line_head_init(file, &head, rrset, rrset->ttl_s);
	for (size_t i = 0; i < rrset->count; i++) {
		enum err err = zone_file_put_line(file, &head, rrset->type, &rrset->values[i]);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

enum err zone_file_finish(struct zone_file *file)
{
	if (file->record_count == 0)
		return ERR_INTERNAL;
	return zone_file_flush(file);
}

bool zone_file_put_fd(void *fd, const char *bytes, size_t length)
{
	return file_write_all(*(int *)fd, bytes, length);
}

/* Up to length bytes, less only at the end of the file; -1 with errno. */
static ssize_t read_fully(int fd, char *bytes, size_t length)
{
	size_t got = 0;
	while (got < length) {
		ssize_t part = read(fd, bytes + got, length - got);
		if (part < 0 && errno == EINTR)
			continue;
		if (part < 0)
			return -1;
		if (part == 0)
			break;
		got += (size_t)part;
	}
	return (ssize_t)got;
}

bool zone_file_put_match(void *context, const char *bytes, size_t length)
{
	struct zone_file_match *match = context;
	char piece[16 * 1024];
	while (length > 0 && !match->is_different) {
		size_t wanted = length < sizeof(piece) ? length : sizeof(piece);
		ssize_t got = read_fully(match->fd, piece, wanted);
		match->is_different = got != (ssize_t)wanted || memcmp(piece, bytes, wanted) != 0;
		bytes += wanted;
		length -= wanted;
	}
	return !match->is_different;
}

bool zone_file_is_match(const struct zone_file_match *match)
{
	char more;
	return !match->is_different && read_fully(match->fd, &more, 1) == 0;
}
