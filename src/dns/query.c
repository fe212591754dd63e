/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dns/query.h"

#include <string.h>

#include "core/buf.h"
#include "dns/rdata_walk.h"
#include "dns/type.h"

#define CLASS_IN     1
#define TYPE_OPT     41
#define HEADER_BYTES 12u

#define FLAG_QR       0x8000u
#define FLAGS_OPCODE  0x7800u
#define FLAG_AA       0x0400u
#define FLAG_TC       0x0200u
#define FLAGS_RCODE   0x000fu
#define POINTER_BITS  0xc0u
#define SOA_BYTES_MAX (2 * NAME_WIRE_MAX + 20)

size_t query_render(const struct name *name, uint16_t type, uint16_t id,
        uint8_t ret_query[static QUERY_BYTES_MAX])
{
	/* One more for the NUL that a buffer keeps room for. */
	uint8_t message[QUERY_BYTES_MAX + 1];
	struct buf buf;
	buf_init_fixed(&buf, message, sizeof(message));
	buf_put_u16(&buf, id);
	buf_put_u16(&buf, 0); /* a standard query, no recursion */
	buf_put_u16(&buf, 1);
	buf_put_u16(&buf, 0);
	buf_put_u16(&buf, 0);
	buf_put_u16(&buf, 1);
	buf_put(&buf, name->wire, name->length);
	buf_put_u16(&buf, type);
	buf_put_u16(&buf, CLASS_IN);
	buf_put_u8(&buf, 0);
	buf_put_u16(&buf, TYPE_OPT);
	buf_put_u16(&buf, QUERY_ANSWER_BYTES);
	buf_put_u32(&buf, 0);
	buf_put_u16(&buf, 0);
	memcpy(ret_query, message, buf.length);
	return buf.length;
}

/* ---- names in messages (RFC 1035 section 4.1.4) ---- */

/* Where a name is being read: it may jump back, which does not move where the next field begins. */
struct name_reader {
	const uint8_t *bytes;
	size_t length;
	size_t at;
	size_t lowest; /* pointers only go below this, so that there is no circle */
	size_t behind; /* where the name ends in its record; 0 until known */
	uint8_t wire[NAME_WIRE_MAX];
	size_t out;
};

static bool follow_pointer(struct name_reader *reader)
{
	if (reader->length - reader->at < 2)
		return false;
	size_t target = (size_t)(reader->bytes[reader->at] & (uint8_t)~POINTER_BITS) << 8 |
	                reader->bytes[reader->at + 1];
	if (reader->behind == 0)
		reader->behind = reader->at + 2;
	if (target >= reader->lowest)
		return false;
	reader->lowest = target;
	reader->at = target;
	return true;
}

static bool read_label(struct name_reader *reader)
{
	size_t size = 1u + reader->bytes[reader->at];
	if (size > 64 || size > reader->length - reader->at || size > NAME_WIRE_MAX - reader->out)
		return false;
	for (size_t i = 0; i < size; i++) {
		uint8_t octet = reader->bytes[reader->at + i];
		bool is_upper = octet >= 'A' && octet <= 'Z';
		reader->wire[reader->out++] = is_upper ? (uint8_t)(octet + 'a' - 'A') : octet;
	}
	reader->at += size;
	return true;
}

/* Reads the name at the decoder's place into ret_name, canonical. */
static bool read_name(struct decoder *decoder, struct name *ret_name)
{
	struct name_reader reader = { .bytes = decoder->bytes, .length = decoder->length };
	reader.at = decoder->at;
	reader.lowest = decoder->at;
	bool is_good = !decoder->failed;
	bool is_root = false;
	while (is_good && !is_root) {
		is_good = reader.at < reader.length;
		if (!is_good)
			break;
		uint8_t octet = reader.bytes[reader.at];
		is_root = octet == 0;
		is_good = (octet & POINTER_BITS) == POINTER_BITS ? follow_pointer(&reader)
		                                                 : read_label(&reader);
	}
	if (!is_good || !name_parse_wire(reader.wire, reader.out, ret_name)) {
		decoder->failed = true;
		return false;
	}
	decoder->at = reader.behind != 0 ? reader.behind : reader.at;
	return true;
}

/* ---- records ---- */

struct record_head {
	struct name owner;
	uint16_t type;
	uint16_t class;
	uint32_t ttl_s;
	size_t rdata_at;
	size_t rdata_length;
};

/* Reads a record up to its RDATA and moves behind it. */
static bool read_head(struct decoder *decoder, struct record_head *ret_head)
{
	if (!read_name(decoder, &ret_head->owner))
		return false;
	ret_head->type = decoder_u16(decoder);
	ret_head->class = decoder_u16(decoder);
	ret_head->ttl_s = decoder_u32(decoder);
	ret_head->rdata_length = decoder_u16(decoder);
	ret_head->rdata_at = decoder->at;
	return decoder_bytes(decoder, ret_head->rdata_length) != NULL;
}

/* Names are only compressed in types whose RDATA is plain octets, strings and names. */
static bool may_be_compressed(const char *layout)
{
	return layout != NULL && strchr(layout, 'n') != NULL &&
	       strspn(layout, "1248sn") == strlen(layout);
}

/* Appends the RDATA of a record with its names written out and in lower case. */
static bool expand_rdata(
        struct buf *buf, const struct decoder *message, const struct record_head *head)
{
	struct decoder decoder;
	struct name name;
	/* Names may point anywhere before them, but the fields end where the RDATA does. */
	decoder_init(&decoder, message->bytes, head->rdata_at + head->rdata_length);
	decoder.at = head->rdata_at;
	for (const char *letter = type_layout(head->type); *letter != '\0'; letter++) {
		if (*letter == 'n') {
			if (!read_name(&decoder, &name))
				return false;
			buf_put(buf, name.wire, name.length);
			continue;
		}
		size_t at = decoder.at;
		size_t size = *letter == 's' ? decoder_u8(&decoder) : (size_t)(*letter - '0');
		if (decoder_bytes(&decoder, size) == NULL)
			return false;
		buf_put(buf, message->bytes + at, decoder.at - at);
	}
	return decoder_is_done(&decoder);
}

static enum err read_record(
        struct arena *arena, struct decoder *decoder, struct answer_record *ret_record)
{
	struct record_head head;
	if (!read_head(decoder, &head) || head.class != CLASS_IN)
		return ERR_BAD_REQUEST;
	ret_record->owner = head.owner;
	ret_record->type = head.type;
	ret_record->ttl_s = head.ttl_s;
	if (may_be_compressed(type_layout(head.type))) {
		struct buf buf;
		buf_init(&buf, arena, UINT16_MAX);
		if (!expand_rdata(&buf, decoder, &head))
			return ERR_BAD_REQUEST;
		if (buf_is_full(&buf))
			return ERR_TOO_LARGE;
		ret_record->rdata.bytes = (const uint8_t *)buf.bytes;
		ret_record->rdata.length = (uint16_t)buf.length;
		return ERR_OK;
	}
	uint8_t *bytes = arena_dup(arena, decoder->bytes + head.rdata_at, head.rdata_length);
	if (bytes == NULL)
		return ERR_TOO_LARGE;
	rdata_lower_names(head.type, bytes, head.rdata_length);
	ret_record->rdata.bytes = bytes;
	ret_record->rdata.length = (uint16_t)head.rdata_length;
	return ERR_OK;
}

/* ---- answers ---- */

/* The question as the answer repeats it. A server that could not read it leaves it out. */
static bool is_same_question(
        struct decoder *decoder, unsigned question_count, const struct question *question)
{
	struct name name;
	if (question_count != 1)
		return false;
	return read_name(decoder, &name) && decoder_u16(decoder) == question->type &&
	       decoder_u16(decoder) == CLASS_IN && name_is_equal(&name, question->name);
}

enum err answer_parse(const uint8_t *bytes, size_t length, const struct question *question,
        struct answer *ret_answer)
{
	struct decoder decoder;
	decoder_init(&decoder, bytes, length);
	unsigned id = decoder_u16(&decoder);
	unsigned flags = decoder_u16(&decoder);
	unsigned question_count = decoder_u16(&decoder);
	unsigned record_count = decoder_u16(&decoder);
	decoder_u32(&decoder); /* the two other sections */
	if (decoder.failed || id != question->id || (flags & FLAG_QR) == 0 ||
	        (flags & FLAGS_OPCODE) != 0)
		return ERR_BAD_REQUEST;
	bool is_error_alone =
	        question_count == 0 && record_count == 0 && (flags & FLAGS_RCODE) != 0;
	if (!is_error_alone && !is_same_question(&decoder, question_count, question))
		return ERR_BAD_REQUEST;
	*ret_answer = (struct answer){
		.rcode = flags & FLAGS_RCODE,
		.is_authoritative = (flags & FLAG_AA) != 0,
		.is_truncated = (flags & FLAG_TC) != 0,
		.record_count = (uint16_t)record_count,
		.bytes = bytes,
		.length = length,
		.at = decoder.at,
	};
	return ERR_OK;
}

static struct decoder answer_decoder(const struct answer *answer)
{
	struct decoder decoder;
	decoder_init(&decoder, answer->bytes, answer->length);
	decoder.at = answer->at;
	return decoder;
}

enum err answer_parse_records(struct arena *arena, const struct answer *answer,
        struct answer_record **ret_records, size_t *ret_count)
{
	struct decoder decoder = answer_decoder(answer);
	/* A record takes 11 octets at least: do not believe more than the message can hold. */
	if (answer->record_count > answer->length / 11)
		return ERR_BAD_REQUEST;
	struct answer_record *records =
	        arena_calloc(arena, answer->record_count + 1u, sizeof(*records));
	if (records == NULL)
		return ERR_TOO_LARGE;
	for (size_t i = 0; i < answer->record_count; i++) {
		enum err err = read_record(arena, &decoder, &records[i]);
		if (err != ERR_OK)
			return err;
	}
	*ret_records = records;
	*ret_count = answer->record_count;
	return ERR_OK;
}

/* The serial of a SOA's RDATA, names compressed or not. */
static bool read_serial(
        const struct decoder *message, const struct record_head *head, uint32_t *ret_serial)
{
	char memory[SOA_BYTES_MAX + 1];
	struct buf buf;
	struct decoder decoder;
	buf_init_fixed(&buf, memory, sizeof(memory));
	if (!expand_rdata(&buf, message, head) || buf_is_full(&buf))
		return false;
	decoder_init(&decoder, memory + buf.length - 20, 20);
	*ret_serial = decoder_u32(&decoder);
	return true;
}

bool answer_find_serial(const struct answer *answer, const struct name *zone, uint32_t *ret_serial)
{
	struct decoder decoder = answer_decoder(answer);
	struct record_head head;
	if (answer->rcode != RCODE_NOERROR)
		return false;
	for (unsigned i = 0; i < answer->record_count && read_head(&decoder, &head); i++)
		if (head.type == TYPE_SOA && head.class == CLASS_IN &&
		        name_is_equal(&head.owner, zone))
			return read_serial(&decoder, &head, ret_serial);
	return false;
}
