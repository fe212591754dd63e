/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * What the publisher is told, and what it shows of that on the board and in the log.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "core/clock.h"
#include "core/log.h"
#include "dns/serial.h"
#include "publisher_state.h"

/* ---- trouble ---- */

static void show_trouble(struct publisher *p)
{
	for (size_t i = 0; i < TROUBLE__MAX; i++) {
		if (p->troubles[i][0] == '\0')
			continue;
		board_put_failure(p->context->board, p->troubles[i], p->trouble_at_ms[i]);
		return;
	}
	board_put_failure(p->context->board, NULL, 0);
}

void trouble_put(struct publisher *p, enum trouble trouble, const char *format, ...)
{
	bool is_new = p->troubles[trouble][0] == '\0';
	va_list arguments;
	va_start(arguments, format);
	(void)vsnprintf(p->troubles[trouble], sizeof(p->troubles[trouble]), format, arguments);
	va_end(arguments);
	if (is_new) {
		p->trouble_at_ms[trouble] = clock_wall_ms();
		log_error("publishing fails and is tried again: %s", p->troubles[trouble]);
	}
	show_trouble(p);
}

void trouble_end(struct publisher *p, enum trouble trouble)
{
	if (p->troubles[trouble][0] == '\0')
		return;
	log_info("publishing works again, after: %s", p->troubles[trouble]);
	p->troubles[trouble][0] = '\0';
	show_trouble(p);
}

/* ---- what CoreDNS serves ---- */

static void watch_again(struct publisher *p, struct ledger_zone *zone)
{
	zone->needs_watch =
	        !soa_poll_watch(p->poll, &zone->seen.name, zone->seen.published_serial, p->turn_ms);
}

void note_served(
        void *publisher, size_t server, const struct name *name, uint32_t serial, bool is_wanted)
{
	struct publisher *p = publisher;
	struct ledger_zone *zone = ledger_find(&p->ledger, name);
	if (zone == NULL || zone->is_gone)
		return;
	struct board_served *served = &zone->seen.served[server];
	if (!served->is_known || served->serial != serial)
		*served = (struct board_served){ true, serial, clock_wall_ms() };
	(void)board_put_zone(p->context->board, &zone->seen);
	ledger_settle(&p->ledger, zone, p->context->server_count,
	        (int64_t)(clock_steady_ns() / 1000000), p->context->board);
	if (is_wanted || zone->seen.published_at_ms == 0)
		return;
	if (serial_is_after(zone->seen.published_serial, serial))
		watch_again(p, zone);
	else if (serial != zone->seen.published_serial && !zone->must_compare)
		ledger_note_doubt(&p->ledger, zone, p->turn_ms);
}

void note_missing(void *publisher, size_t server, const struct name *name)
{
	struct publisher *p = publisher;
	struct ledger_zone *zone = ledger_find(&p->ledger, name);
	if (zone == NULL || zone->is_gone || zone->seen.published_at_ms == 0)
		return;
	zone->seen.served[server].is_known = false;
	(void)board_put_zone(p->context->board, &zone->seen);
	watch_again(p, zone);
	if (!zone->must_compare)
		ledger_note_doubt(&p->ledger, zone, p->turn_ms);
}

/* ---- whether CoreDNS answers ---- */

static void copy_text(char ret_text[static BOARD_TEXT_BYTES], const char *text)
{
	(void)snprintf(ret_text, BOARD_TEXT_BYTES, "%s", text);
}

void note_changed(void *publisher, size_t index, const char *error)
{
	struct publisher *p = publisher;
	struct board_server server;
	board_get_server(p->context->board, index, &server);
	server.is_up = error == NULL;
	server.at_ms = clock_wall_ms();
	copy_text(server.error, error != NULL ? error : "");
	board_put_server(p->context->board, index, &server);
	if (error != NULL)
		log_warning("CoreDNS at %s does not answer: %s", server.address, error);
	else
		log_info("CoreDNS at %s answers", server.address);
}

void note_answered(void *publisher, size_t index, uint32_t rtt_us)
{
	struct publisher *p = publisher;
	struct board_server server;
	board_get_server(p->context->board, index, &server);
	server.rtt_us = rtt_us;
	board_put_server(p->context->board, index, &server);
}

void note_asked(void *publisher, size_t server, bool is_repeated)
{
	struct publisher *p = publisher;
	(void)server;
	board_count(p->context->board, BOARD_SOA_ASKED);
	if (is_repeated)
		board_count(p->context->board, BOARD_SOA_MISSED);
}

void note_http(void *publisher, size_t index, uint32_t rtt_us, const char *error)
{
	struct publisher *p = publisher;
	struct board_url url;
	board_get_url(p->context->board, index, &url);
	bool is_up = error == NULL;
	if (url.at_ms == 0 || url.is_up != is_up) {
		url.at_ms = clock_wall_ms();
		if (is_up)
			log_info("%s answers", url.url);
		else
			log_warning("%s does not answer: %s", url.url, error);
	}
	url.is_up = is_up;
	url.rtt_us = rtt_us;
	copy_text(url.error, is_up ? "" : error);
	board_put_url(p->context->board, index, &url);
}
