# SPDX-License-Identifier: GPL-3.0-or-later
# One static library a folder, in the order of src/LAYERS: a folder can only use what it may.

EXTRA_DIST += src/LAYERS

# ---- core
noinst_LIBRARIES += src/libcore.a
src_libcore_a_SOURCES = \
	src/core/arena.c src/core/arena.h \
	src/core/buf.c src/core/buf.h \
	src/core/clock.c src/core/clock.h \
	src/core/err.c src/core/err.h src/core/err.def \
	src/core/faults.c src/core/faults.h \
	src/core/file.c src/core/file.h \
	src/core/json.c src/core/json.h \
	src/core/json_names.c src/core/json_names.h \
	src/core/json_number.c src/core/json_number.h \
	src/core/json_scan.c src/core/json_scan.h \
	src/core/json_writer.c \
	src/core/log.c src/core/log.h \
	src/core/metrics.c src/core/metrics.h src/core/metrics.def \
	src/core/secret.c src/core/secret.h \
	src/core/text.c src/core/text.h
src_libcore_a_CPPFLAGS = $(AM_CPPFLAGS) $(CJSON_CFLAGS) $(SODIUM_CFLAGS)
CORE_LIBS = src/libcore.a $(CJSON_LIBS) $(SODIUM_LIBS)

# ---- dns
noinst_LIBRARIES += src/libdns.a
src_libdns_a_SOURCES = \
	src/dns/change.c src/dns/change.h \
	src/dns/change_import.c src/dns/change_import.h \
	src/dns/change_server.c src/dns/change_server.h \
	src/dns/codec.c src/dns/codec.h \
	src/dns/expiry.c src/dns/expiry.h \
	src/dns/health.c src/dns/health.h \
	src/dns/name.c src/dns/name.h \
	src/dns/query.c src/dns/query.h \
	src/dns/rdata.c src/dns/rdata.h \
	src/dns/rdata_check.c src/dns/rdata_check.h \
	src/dns/rdata_render.c \
	src/dns/rdata_spell.h \
	src/dns/rdata_svcb.c src/dns/rdata_svcb.h \
	src/dns/rdata_walk.c src/dns/rdata_walk.h \
	src/dns/rrset.c src/dns/rrset.h \
	src/dns/scan_error.c src/dns/scan_error.h \
	src/dns/serial.c src/dns/serial.h \
	src/dns/server.c src/dns/server.h \
	src/dns/soa.c \
	src/dns/token.h \
	src/dns/txt.c src/dns/txt.h \
	src/dns/type.c src/dns/type.h src/dns/type.def \
	src/dns/verify.c src/dns/verify.h \
	src/dns/zone.h \
	src/dns/zone_text.c src/dns/zone_text.h \
	src/dns/zone_text_check.c src/dns/zone_text_check.h
src_libdns_a_CPPFLAGS = $(AM_CPPFLAGS) $(KNOT_CFLAGS)
DNS_LIBS = src/libdns.a $(KNOT_LIBS)

# ---- conf
noinst_LIBRARIES += src/libconf.a
src_libconf_a_SOURCES = \
	src/conf/check.c src/conf/check.h \
	src/conf/client.c src/conf/client.h \
	src/conf/conf.c src/conf/conf.h \
	src/conf/describe.c \
	src/conf/given.c src/conf/given.h \
	src/conf/options.c src/conf/options.def \
	src/conf/scan.c src/conf/scan.h \
	src/conf/value.c src/conf/value.h
src_libconf_a_CPPFLAGS = $(AM_CPPFLAGS) $(CONFUSE_CFLAGS)
CONF_LIBS = src/libconf.a $(CONFUSE_LIBS)

# ---- http
noinst_LIBRARIES += src/libhttp.a
src_libhttp_a_SOURCES = \
	src/http/conditional.c src/http/conditional.h \
	src/http/cors.c src/http/cors.h \
	src/http/idempotency.c src/http/idempotency.h \
	src/http/prefer.c src/http/prefer.h \
	src/http/problem.c src/http/problem.h \
	src/http/request.c src/http/request.h \
	src/http/response.c src/http/response.h \
	src/http/route.c src/http/route.h \
	src/http/uri.c src/http/uri.h
HTTP_LIBS = src/libhttp.a

# ---- auth
noinst_LIBRARIES += src/libauth.a
src_libauth_a_SOURCES = \
	src/auth/base64url.c src/auth/base64url.h \
	src/auth/bearer.c src/auth/bearer.h \
	src/auth/cidr.c src/auth/cidr.h \
	src/auth/claims.c src/auth/claims.h \
	src/auth/claims_grant.c src/auth/claims_parser.h \
	src/auth/claims_render.c \
	src/auth/key.c src/auth/key.h \
	src/auth/key_file.c src/auth/key_file.h \
	src/auth/key_wrap.c src/auth/key_wrap.h \
	src/auth/keyring.c src/auth/keyring.h \
	src/auth/paseto.c src/auth/paseto.h \
	src/auth/policy.c src/auth/policy.h \
	src/auth/preset.c src/auth/preset.h \
	src/auth/subset.c src/auth/subset.h \
	src/auth/token_cache.c src/auth/token_cache.h \
	src/auth/verify.c src/auth/verify.h
src_libauth_a_CPPFLAGS = $(AM_CPPFLAGS) $(SODIUM_CFLAGS)
AUTH_LIBS = src/libauth.a $(DNS_LIBS) $(CORE_LIBS)

# ---- limit
noinst_LIBRARIES += src/liblimit.a
src_liblimit_a_SOURCES = src/limit/limit.c src/limit/limit.h
src_liblimit_a_CPPFLAGS = $(AM_CPPFLAGS)
LIMIT_LIBS = src/liblimit.a

# ---- store
noinst_LIBRARIES += src/libstore.a
src_libstore_a_SOURCES = \
	src/store/answers.c src/store/answers.h \
	src/store/apply.c src/store/apply.h \
	src/store/apply_delegate.c \
	src/store/apply_edit.c \
	src/store/apply_import.c \
	src/store/apply_revert.c src/store/apply_revert.h \
	src/store/apply_revert_rows.c \
	src/store/apply_rrset.c \
	src/store/apply_server.c src/store/apply_server.h \
	src/store/apply_token.c \
	src/store/apply_touch.c \
	src/store/apply_zone.c \
	src/store/checkpoint.c src/store/checkpoint.h \
	src/store/db.c src/store/db.h \
	src/store/db_server.c \
	src/store/db_values.c \
	src/store/expire.c \
	src/store/reader.c src/store/reader.h src/store/reader_state.h \
	src/store/reader_fresh.c \
	src/store/reader_history.c src/store/reader_history.h \
	src/store/reader_import.c src/store/reader_import.h \
	src/store/reader_list.c \
	src/store/reader_log.c \
	src/store/reader_server.c \
	src/store/rules.c \
	src/store/server_conflict.c \
	src/store/schema.c src/store/schema.h \
	src/store/statements.def \
	src/store/store.h \
	src/store/wal_file.c src/store/wal_file.h \
	src/store/writer.c src/store/writer.h src/store/writer_state.h
src_libstore_a_CPPFLAGS = $(AM_CPPFLAGS) $(SQLITE_CFLAGS)
STORE_LIBS = src/libstore.a $(SQLITE_LIBS)

# ---- publish
noinst_LIBRARIES += src/libpublish.a
src_libpublish_a_SOURCES = \
	src/publish/address.c src/publish/address.h \
	src/publish/asker.c src/publish/asker.h \
	src/publish/board.c src/publish/board.h \
	src/publish/board_health.c src/publish/board_metrics.c src/publish/board_shape.h \
	src/publish/heap.c src/publish/heap.h \
	src/publish/http_client.c src/publish/http_client.h \
	src/publish/ledger.c src/publish/ledger.h \
	src/publish/monitor.c src/publish/monitor.h \
	src/publish/schedule.c src/publish/schedule.h \
	src/publish/soa_poll.c src/publish/soa_poll.h \
	src/publish/swap.c src/publish/swap.h \
	src/publish/watch.c src/publish/watch.h \
	src/publish/zone_file.c src/publish/zone_file.h
src_libpublish_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
PUBLISH_LIBS = src/libpublish.a $(CURL_LIBS)
EXTRA_DIST += config/Corefile docs/coredns.md

# ---- search
noinst_LIBRARIES += src/libsearch.a
src_libsearch_a_SOURCES = \
	src/search/area.h \
	src/search/index.c src/search/index.h \
	src/search/place.c src/search/place.h \
	src/search/terms.c src/search/terms.h \
	src/search/view.c
SEARCH_LIBS = src/libsearch.a

# ---- audit
noinst_LIBRARIES += src/libaudit.a
src_libaudit_a_SOURCES = \
	src/audit/chain.c src/audit/chain.h \
	src/audit/row.c src/audit/row.h \
	src/dns/audit_row.h
AUDIT_LIBS = src/libaudit.a

# ---- server
noinst_LIBRARIES += src/libserver.a
src_libserver_a_SOURCES = \
	src/server/channel.c src/server/channel.h \
	src/server/channel_frame.c src/server/channel_frame.h \
	src/server/channel_server.c src/server/channel_server.h \
	src/server/connections.c src/server/connections.h \
	src/server/children.c src/server/children.h \
	src/server/fcgi.c src/server/fcgi.h \
	src/server/landlock.c src/server/landlock.h \
	src/server/pass.c src/server/pass.h \
	src/server/privileges.c src/server/privileges.h \
	src/server/process.c src/server/process.h \
	src/server/responder.c src/server/responder.h \
	src/server/responder_pool.c \
	src/server/sandbox.c src/server/sandbox.h \
	src/server/socket.c src/server/socket.h \
	src/server/supervisor.c src/server/supervisor.h
src_libserver_a_CPPFLAGS = $(AM_CPPFLAGS) $(FCGI_CFLAGS) $(SYSTEMD_CFLAGS) $(SECCOMP_CFLAGS)
SERVER_LIBS = src/libserver.a $(FCGI_LIBS) $(SYSTEMD_LIBS) $(SECCOMP_LIBS)

# ---- api
noinst_LIBRARIES += src/libapi.a
src_libapi_a_SOURCES = \
	src/api/audit.c src/api/audit.h \
	src/api/body.c src/api/body.h \
	src/api/changes.c src/api/changes.h \
	src/api/cursor.c src/api/cursor.h \
	src/api/history.c src/api/history.h \
	src/api/cursor_text.c src/api/cursor_text.h \
	src/api/input.c src/api/input.h \
	src/api/openapi.h \
	src/api/operations.c src/api/operations.h \
	src/api/plan.h \
	src/api/records.c src/api/records.h \
	src/api/revocations.c src/api/revocations.h \
	src/api/routes.c src/api/routes.h \
	src/api/rrsets.c src/api/rrsets.h \
	src/api/servers.c src/api/servers.h \
	src/api/servers_answer.c \
	src/api/shape.c src/api/shape.h \
	src/api/tokens.c src/api/tokens.h \
	src/api/transfer.c src/api/transfer.h \
	src/api/verify.c src/api/verify.h \
	src/api/zone_edit.c \
	src/api/zones.c src/api/zones.h
nodist_src_libapi_a_SOURCES = src/api/openapi.c
API_LIBS = src/libapi.a src/libhttp.a

# The API's description travels in the program: it is always that of this program.
CLEANFILES += src/api/openapi.c
src/api/openapi.c: docs/openapi.json
	$(AM_V_GEN)mkdir -p src/api && { \
		echo '/* Made from docs/openapi.json. */' && \
		echo '#include "api/openapi.h"' && \
		echo 'const unsigned char openapi_json[] = {' && \
		od -An -v -tx1 $(top_srcdir)/docs/openapi.json | sed 's/ \(..\)/0x\1,/g' && \
		echo '};' && \
		echo 'const size_t openapi_json_bytes = sizeof(openapi_json);'; } >$@.tmp && mv $@.tmp $@

# ---- coregated: the files that know several folders
sbin_PROGRAMS += src/coregated
src_coregated_SOURCES = \
	src/audit_attempt.c src/audit_attempt.h \
	src/commit.c src/commit.h \
	src/exchange.h \
	src/execute.c src/execute.h \
	src/execute_await.c \
	src/execute_export.c src/execute_export.h \
	src/execute_import.c src/execute_import.h \
	src/import.c src/import.h \
	src/import_rules.c src/import_rules.h \
	src/import_stage.c src/import_stage.h \
	src/execute_server.c \
	src/execute_told.c src/execute_told.h \
	src/execute_verify.c \
	src/identity.c src/identity.h \
	src/copier.c src/copier.h \
	src/indexer.c src/indexer.h \
	src/issue.c src/issue.h \
	src/issue_claims.c \
	src/list_tag.c src/list_tag.h \
	src/lookup.c src/lookup.h \
	src/lookup_history.c src/lookup_history.h \
	src/lookup_log.c src/lookup_log.h \
	src/lookup_reversion.c \
	src/lookup_search.c src/lookup_search.h \
	src/lookup_server.c src/lookup_server.h \
	src/main.c \
	src/operations.c src/operations.h \
	src/operations_token.c \
	src/options.c src/options.h \
	src/permit_server.c src/permit_server.h \
	src/pipeline.c src/pipeline.h \
	src/pipeline_open.c \
	src/publish_job.c src/publish_job.h \
	src/publisher.c src/publisher.h src/publisher_state.h \
	src/publisher_monitor.c src/publisher_monitor.h \
	src/publisher_notes.c \
	src/publisher_survey.c \
	src/publisher_verify.c src/publisher_verify.h \
	src/repeat.c src/repeat.h \
	src/revoke.c src/revoke.h \
	src/roles.c src/roles.h \
	src/setup.c src/setup.h \
	src/shared.c src/shared.h \
	src/zone_cache.c src/zone_cache.h
src_coregated_LDADD = src/libapi.a src/libhttp.a src/libserver.a src/libaudit.a src/libpublish.a \
	src/libsearch.a src/libstore.a src/liblimit.a src/libauth.a src/libconf.a src/libdns.a src/libcore.a \
	$(FCGI_LIBS) $(SYSTEMD_LIBS) $(SECCOMP_LIBS) $(CURL_LIBS) $(SQLITE_LIBS) $(CONFUSE_LIBS) \
	$(KNOT_LIBS) $(CJSON_LIBS) $(SODIUM_LIBS)

# ---- cli, and coregate: the command
noinst_LIBRARIES += src/libcli.a
src_libcli_a_SOURCES = \
	src/cli/access.c src/cli/access.h \
	src/cli/audit.c src/cli/audit.h \
	src/cli/command.c src/cli/command.h \
	src/cli/flags.c src/cli/flags.h \
	src/cli/http_call.c src/cli/http_call.h \
	src/cli/key.c src/cli/key.h \
	src/cli/place.c src/cli/place.h \
	src/cli/plain.c src/cli/plain.h \
	src/cli/remote.c src/cli/remote.h \
	src/cli/remote_change.c \
	src/cli/remote_record.c \
	src/cli/remote_run.c src/cli/remote_run.h \
	src/cli/remote_server.c \
	src/cli/remote_zone.c \
	src/cli/request.c src/cli/request.h \
	src/cli/session.c src/cli/session.h \
	src/cli/submit.c src/cli/submit.h \
	src/cli/table.c src/cli/table.h \
	src/cli/token.h \
	src/cli/token_issue.c src/cli/token_issue.h \
	src/cli/token_payload.c \
	src/cli/token_read.c \
	src/cli/token_revoke.c \
	src/cli/token_show.c \
	src/cli/trouble.c src/cli/trouble.h \
	src/cli/view.c src/cli/view.h \
	src/cli/when.c src/cli/when.h
src_libcli_a_CPPFLAGS = $(AM_CPPFLAGS) $(CURL_CFLAGS)
CLI_LIBS = src/libcli.a src/libserver.a src/libaudit.a src/libstore.a src/libauth.a src/libconf.a \
	src/libdns.a src/libcore.a \
	$(SECCOMP_LIBS) $(CURL_LIBS) $(SQLITE_LIBS) $(CONFUSE_LIBS) $(KNOT_LIBS) $(CJSON_LIBS) \
	$(SODIUM_LIBS)
bin_PROGRAMS += src/coregate
src_coregate_SOURCES = src/cli/main.c
src_coregate_LDADD = $(CLI_LIBS)
