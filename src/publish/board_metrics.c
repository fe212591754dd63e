/* SPDX-License-Identifier: GPL-3.0-or-later
 *
 * The publish board in the Prometheus text format, version 0.0.4.
 */
#include "publish/board.h"

#include <stdatomic.h>

#include "publish/board_shape.h"

static void put_head(struct buf *buf, const char *name, const char *type, const char *help)
{
	buf_printf(buf, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void put_seconds(struct buf *buf, int64_t ms)
{
	buf_printf(buf, "%lld.%03lld", (long long)(ms / 1000), (long long)(ms % 1000));
}

/* A label's value: backslash, quote and newline are escaped. */
static void put_label(struct buf *buf, const char *text)
{
	for (; *text != '\0'; text++) {
		if (*text == '\\' || *text == '"')
			buf_put_char(buf, '\\');
		if (*text == '\n')
			buf_put(buf, "\\n", 2);
		else
			buf_put_char(buf, *text);
	}
}

static void put_sample(struct buf *buf, const char *name, const char *label, const char *value)
{
	buf_printf(buf, "%s{%s=\"", name, label);
	put_label(buf, value);
	buf_put_string(buf, "\"} ");
}

static void put_lag(const struct board *board, struct buf *buf)
{
	static const char name[] = "coregate_publish_served_seconds";
	uint64_t count = 0;
	put_head(buf, name, "histogram",
	        "Time from a committed change until every CoreDNS served it.");
	for (size_t i = 0; i < BOARD_LAG_BUCKETS; i++) {
		count += atomic_load_explicit(&board->lag_counts[i], memory_order_relaxed);
		buf_printf(buf, "%s_bucket{le=\"", name);
		put_seconds(buf, board_lag_limits_ms[i]);
		buf_printf(buf, "\"} %llu\n", (unsigned long long)count);
	}
	count += atomic_load_explicit(&board->lag_counts[BOARD_LAG_BUCKETS], memory_order_relaxed);
	buf_printf(
	        buf, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum ", name, (unsigned long long)count, name);
	put_seconds(buf, (int64_t)atomic_load_explicit(&board->lag_sum_ms, memory_order_relaxed));
	buf_printf(buf, "\n%s_count %llu\n", name, (unsigned long long)count);
}

static void put_counters(const struct board *board, struct buf *buf)
{
	static const struct {
		const char *name;
		const char *help;
	} rows[BOARD_COUNTER__MAX] = {
		[BOARD_PUBLISHED] = { "coregate_zone_files_published_total",
		        "Zone files swapped in." },
		[BOARD_UNCHANGED] = { "coregate_zone_files_unchanged_total",
		        "Zone files that were right already." },
		[BOARD_REMOVED] = { "coregate_zone_files_removed_total",
		        "Zone files removed with their zones." },
		[BOARD_SET_ASIDE] = { "coregate_zone_files_set_aside_total",
		        "Zone files that no zone accounts for, moved away." },
		[BOARD_FAILED] = { "coregate_publish_failures_total",
		        "Attempts to publish that failed." },
		[BOARD_SOA_ASKED] = { "coregate_coredns_queries_total", "SOA queries to CoreDNS." },
		[BOARD_SOA_MISSED] = { "coregate_coredns_queries_unanswered_total",
		        "SOA queries that CoreDNS did not answer in time." },
	};
	for (size_t i = 0; i < BOARD_COUNTER__MAX; i++) {
		put_head(buf, rows[i].name, "counter", rows[i].help);
		buf_printf(buf, "%s %llu\n", rows[i].name,
		        (unsigned long long)atomic_load_explicit(
		                &board->counters[i], memory_order_relaxed));
	}
}

static void put_servers(const struct board *board, struct buf *buf)
{
	put_head(buf, "coregate_coredns_up", "gauge", "1 when this CoreDNS answers DNS queries.");
	for (size_t i = 0; i < board_count_servers(board); i++) {
		struct board_server server;
		board_get_server(board, i, &server);
		put_sample(buf, "coregate_coredns_up", "address", server.address);
		buf_printf(buf, "%d\n", server.is_up);
	}
	put_head(buf, "coregate_coredns_http_up", "gauge", "1 when this endpoint answers 200.");
	for (size_t i = 0; i < board_count_urls(board); i++) {
		struct board_url url;
		board_get_url(board, i, &url);
		put_sample(buf, "coregate_coredns_http_up", "url", url.url);
		buf_printf(buf, "%d\n", url.is_up);
	}
}

static void put_zones(const struct board *board, struct buf *buf)
{
	uint32_t used = atomic_load(&board->used);
	uint32_t shown = 0;
	put_head(buf, "coregate_zone_serial", "gauge", "SOA serial that the zone's file holds.");
	for (uint32_t i = 0; i < used && shown < BOARD_METRIC_ZONES; i++) {
		struct board_zone zone;
		char text[NAME_TEXT_BYTES];
		if (!board_get_entry(board, i, &zone) || zone.published_at_ms == 0)
			continue;
		put_sample(buf, "coregate_zone_serial", "zone", name_render(&zone.name, text));
		buf_printf(buf, "%lu\n", (unsigned long)zone.published_serial);
		shown++;
	}
}

static void put_health(const struct board *board, struct buf *buf)
{
	static const struct {
		const char *name;
		const char *help;
	} rows[HEALTH_KIND__MAX] = {
		[HEALTH_SERVER] = { "coregate_servers",
		        "Registered servers by what CoreDNS answers for them." },
		[HEALTH_ZONE] = { "coregate_zones_checked",
		        "Zones by what CoreDNS answers for them." },
	};
	for (size_t kind = 0; kind < HEALTH_KIND__MAX; kind++) {
		put_head(buf, rows[kind].name, "gauge", rows[kind].help);
		for (size_t state = 0; state < HEALTH__MAX; state++) {
			put_sample(buf, rows[kind].name, "state",
			        health_name((enum health_state)state));
			buf_printf(buf, "%lu\n",
			        (unsigned long)atomic_load_explicit(
			                &board->health_counts[kind][state], memory_order_relaxed));
		}
	}
}

/* 1: ok, 0: anything else. Zones that were not asked about yet are left out. */
static void put_zone_health(const struct board *board, struct buf *buf)
{
	uint32_t used = atomic_load(&board->used);
	uint32_t shown = 0;
	put_head(
	        buf, "coregate_zone_ok", "gauge", "1 when every CoreDNS serves the zone as it is.");
	for (uint32_t i = 0; i < used && shown < BOARD_METRIC_ZONES; i++) {
		struct board_zone zone;
		struct health health;
		char text[NAME_TEXT_BYTES];
		if (!board_get_entry(board, i, &zone))
			continue;
		board_get_health(board, HEALTH_ZONE, &zone.name, &health);
		if (health.at_ms == 0)
			continue;
		put_sample(buf, "coregate_zone_ok", "zone", name_render(&zone.name, text));
		buf_printf(buf, "%d\n", health.state == HEALTH_OK);
		shown++;
	}
}

void board_render_metrics(
        const struct board *board, int64_t steady_ms, bool with_zones, struct buf *buf)
{
	struct board_health health;
	board_check(board, steady_ms, INT64_MAX, &health);
	put_head(buf, "coregate_publish_lag_seconds", "gauge",
	        "Age of the oldest change that some CoreDNS does not serve yet.");
	buf_put_string(buf, "coregate_publish_lag_seconds ");
	put_seconds(buf, health.pending_age_ms);
	buf_put_char(buf, '\n');
	put_head(buf, "coregate_zones_pending", "gauge",
	        "Zones with a change that some CoreDNS does not serve yet.");
	buf_printf(buf, "coregate_zones_pending %lu\n", (unsigned long)health.pending_zones);
	put_head(buf, "coregate_zones", "gauge", "Zones that the publisher knows.");
	buf_printf(buf, "coregate_zones %lu\n", (unsigned long)atomic_load(&board->zone_count));
	put_head(buf, "coregate_publisher_up", "gauge", "1 when the publisher is alive.");
	buf_printf(buf, "coregate_publisher_up %d\n", health.is_publisher_alive);
	put_lag(board, buf);
	put_counters(board, buf);
	put_servers(board, buf);
	put_health(board, buf);
	if (with_zones) {
		put_zones(board, buf);
		put_zone_health(board, buf);
	}
}
