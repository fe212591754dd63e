# SPDX-License-Identifier: GPL-3.0-or-later
# Unit tests mirror src/: tests/unit/<folder>/test_<file>.c, one program each.

UNIT_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS) -I$(top_srcdir)/tests/unit

# ---- core
CORE_TESTS = \
	tests/unit/core/test_arena \
	tests/unit/core/test_buf \
	tests/unit/core/test_clock \
	tests/unit/core/test_err \
	tests/unit/core/test_faults \
	tests/unit/core/test_file \
	tests/unit/core/test_json \
	tests/unit/core/test_json_scan \
	tests/unit/core/test_log \
	tests/unit/core/test_metrics \
	tests/unit/core/test_secret \
	tests/unit/core/test_text \
	tests/vectors/test_json_vectors
TESTS += $(CORE_TESTS)
check_PROGRAMS += tests/unit/core/test_arena
tests_unit_core_test_arena_SOURCES = tests/unit/core/test_arena.c
tests_unit_core_test_arena_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_core_test_arena_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_buf
tests_unit_core_test_buf_SOURCES = tests/unit/core/test_buf.c
tests_unit_core_test_buf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_core_test_buf_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_clock
tests_unit_core_test_clock_SOURCES = tests/unit/core/test_clock.c
tests_unit_core_test_clock_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_core_test_clock_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_err
tests_unit_core_test_err_SOURCES = tests/unit/core/test_err.c
tests_unit_core_test_err_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_core_test_err_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_faults
tests_unit_core_test_faults_SOURCES = tests/unit/core/test_faults.c
tests_unit_core_test_faults_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_core_test_faults_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_file
tests_unit_core_test_file_SOURCES = tests/unit/core/test_file.c
tests_unit_core_test_file_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_core_test_file_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_json
tests_unit_core_test_json_SOURCES = tests/unit/core/test_json.c
tests_unit_core_test_json_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_core_test_json_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_json_scan
tests_unit_core_test_json_scan_SOURCES = tests/unit/core/test_json_scan.c
tests_unit_core_test_json_scan_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_core_test_json_scan_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_log
tests_unit_core_test_log_SOURCES = tests/unit/core/test_log.c
tests_unit_core_test_log_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_core_test_log_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_metrics
tests_unit_core_test_metrics_SOURCES = tests/unit/core/test_metrics.c
tests_unit_core_test_metrics_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_core_test_metrics_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_secret
tests_unit_core_test_secret_SOURCES = tests/unit/core/test_secret.c
tests_unit_core_test_secret_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_core_test_secret_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/core/test_text
tests_unit_core_test_text_SOURCES = tests/unit/core/test_text.c
tests_unit_core_test_text_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_core_test_text_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/vectors/test_json_vectors
tests_vectors_test_json_vectors_SOURCES = tests/vectors/test_json_vectors.c
tests_vectors_test_json_vectors_CPPFLAGS = $(UNIT_CPPFLAGS) -DTOP_SRCDIR='"$(abs_top_srcdir)"'
tests_vectors_test_json_vectors_LDADD = $(CORE_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += tests/vectors/json

# ---- dns
DNS_TESTS = \
	tests/unit/dns/test_change \
	tests/unit/dns/test_expiry \
	tests/unit/dns/test_name \
	tests/unit/dns/test_query \
	tests/unit/dns/test_rdata \
	tests/unit/dns/test_rrset \
	tests/unit/dns/test_server \
	tests/unit/dns/test_soa \
	tests/unit/dns/test_type \
	tests/unit/dns/test_verify
TESTS += $(DNS_TESTS)
check_PROGRAMS += tests/unit/dns/test_change
tests_unit_dns_test_change_SOURCES = tests/unit/dns/test_change.c
tests_unit_dns_test_change_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_dns_test_change_LDADD = $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/dns/test_name
tests_unit_dns_test_name_SOURCES = tests/unit/dns/test_name.c
tests_unit_dns_test_name_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_dns_test_name_LDADD = $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/dns/test_query
tests_unit_dns_test_query_SOURCES = tests/unit/dns/test_query.c
tests_unit_dns_test_query_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_dns_test_query_LDADD = $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/dns/test_rdata
tests_unit_dns_test_rdata_SOURCES = tests/unit/dns/test_rdata.c tests/unit/dns/values.h tests/unit/dns/values.def \
	tests/unit/dns/bad_values.def tests/unit/dns/bad_wire.def
tests_unit_dns_test_rdata_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_dns_test_rdata_LDADD = $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/dns/test_expiry
tests_unit_dns_test_expiry_SOURCES = tests/unit/dns/test_expiry.c
tests_unit_dns_test_expiry_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_dns_test_expiry_LDADD = $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/dns/test_rrset
tests_unit_dns_test_rrset_SOURCES = tests/unit/dns/test_rrset.c
tests_unit_dns_test_rrset_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_dns_test_rrset_LDADD = $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/dns/test_server
tests_unit_dns_test_server_SOURCES = tests/unit/dns/test_server.c
tests_unit_dns_test_server_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_dns_test_server_LDADD = $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/dns/test_soa
tests_unit_dns_test_soa_SOURCES = tests/unit/dns/test_soa.c
tests_unit_dns_test_soa_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_dns_test_soa_LDADD = $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/dns/test_type
tests_unit_dns_test_type_SOURCES = tests/unit/dns/test_type.c
tests_unit_dns_test_type_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_dns_test_type_LDADD = $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/dns/test_verify
tests_unit_dns_test_verify_SOURCES = tests/unit/dns/test_verify.c
tests_unit_dns_test_verify_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_dns_test_verify_LDADD = $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
# What tests/e2e/test_types_served.py compares with the answers of CoreDNS.
check_PROGRAMS += tests/unit/dns/test_zone_text
TESTS += tests/unit/dns/test_zone_text
tests_unit_dns_test_zone_text_SOURCES = tests/unit/dns/test_zone_text.c
tests_unit_dns_test_zone_text_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_dns_test_zone_text_LDADD = $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/dns/dump_types
tests_unit_dns_dump_types_SOURCES = tests/unit/dns/dump_types.c tests/unit/dns/values.h
tests_unit_dns_dump_types_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_dns_dump_types_LDADD = $(DNS_LIBS) $(CORE_LIBS)

# ---- conf
check_PROGRAMS += tests/unit/conf/test_conf tests/unit/conf/test_sample tests/unit/conf/test_scan
TESTS += tests/unit/conf/test_conf tests/unit/conf/test_sample tests/unit/conf/test_scan
tests_unit_conf_test_conf_SOURCES = tests/unit/conf/test_conf.c
tests_unit_conf_test_conf_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_conf_test_conf_LDADD = $(CONF_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
tests_unit_conf_test_sample_SOURCES = tests/unit/conf/test_sample.c
tests_unit_conf_test_sample_CPPFLAGS = $(UNIT_CPPFLAGS) -DTOP_SRCDIR='"$(abs_top_srcdir)"'
tests_unit_conf_test_sample_LDADD = $(CONF_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
tests_unit_conf_test_scan_SOURCES = tests/unit/conf/test_scan.c
tests_unit_conf_test_scan_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_conf_test_scan_LDADD = $(CONF_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)

# ---- http
TESTS += \
	tests/unit/http/test_conditional \
	tests/unit/http/test_prefer \
	tests/unit/http/test_idempotency \
	tests/unit/http/test_cors \
	tests/unit/http/test_problem \
	tests/unit/http/test_request \
	tests/unit/http/test_response \
	tests/unit/http/test_route
check_PROGRAMS += tests/unit/http/test_idempotency
tests_unit_http_test_idempotency_SOURCES = tests/unit/http/test_idempotency.c
tests_unit_http_test_idempotency_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_http_test_idempotency_LDADD = $(HTTP_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/http/test_conditional
tests_unit_http_test_conditional_SOURCES = tests/unit/http/test_conditional.c
tests_unit_http_test_conditional_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_http_test_conditional_LDADD = $(HTTP_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/http/test_prefer
tests_unit_http_test_prefer_SOURCES = tests/unit/http/test_prefer.c
tests_unit_http_test_prefer_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_http_test_prefer_LDADD = $(HTTP_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/http/test_cors
tests_unit_http_test_cors_SOURCES = tests/unit/http/test_cors.c
tests_unit_http_test_cors_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_http_test_cors_LDADD = $(HTTP_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/http/test_problem
tests_unit_http_test_problem_SOURCES = tests/unit/http/test_problem.c
tests_unit_http_test_problem_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_http_test_problem_LDADD = $(HTTP_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/http/test_request
tests_unit_http_test_request_SOURCES = tests/unit/http/test_request.c
tests_unit_http_test_request_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_http_test_request_LDADD = $(HTTP_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/http/test_response
tests_unit_http_test_response_SOURCES = tests/unit/http/test_response.c
tests_unit_http_test_response_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_http_test_response_LDADD = $(HTTP_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/http/test_route
tests_unit_http_test_route_SOURCES = tests/unit/http/test_route.c
tests_unit_http_test_route_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_http_test_route_LDADD = $(HTTP_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)

# ---- auth
AUTH_TESTS = \
	tests/unit/auth/test_base64url \
	tests/unit/auth/test_bearer \
	tests/unit/auth/test_cidr \
	tests/unit/auth/test_claims \
	tests/unit/auth/test_hostile_tokens \
	tests/unit/auth/test_key \
	tests/unit/auth/test_key_file \
	tests/unit/auth/test_key_wrap \
	tests/unit/auth/test_keyring \
	tests/unit/auth/test_paseto \
	tests/unit/auth/test_policy \
	tests/unit/auth/test_subset \
	tests/unit/auth/test_token_cache \
	tests/unit/auth/test_verify \
	tests/vectors/test_paseto_vectors
TESTS += $(AUTH_TESTS)
check_PROGRAMS += $(AUTH_TESTS)
AUTH_TEST_LIBS = $(AUTH_LIBS) $(CMOCKA_LIBS)
tests_unit_auth_test_base64url_SOURCES = tests/unit/auth/test_base64url.c
tests_unit_auth_test_base64url_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_auth_test_base64url_LDADD = $(AUTH_TEST_LIBS)
tests_unit_auth_test_bearer_SOURCES = tests/unit/auth/test_bearer.c
tests_unit_auth_test_bearer_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_auth_test_bearer_LDADD = $(AUTH_TEST_LIBS)
tests_unit_auth_test_cidr_SOURCES = tests/unit/auth/test_cidr.c
tests_unit_auth_test_cidr_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_auth_test_cidr_LDADD = $(AUTH_TEST_LIBS)
tests_unit_auth_test_claims_SOURCES = tests/unit/auth/test_claims.c tests/unit/auth/token_kit.h
tests_unit_auth_test_claims_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_auth_test_claims_LDADD = $(AUTH_TEST_LIBS)
tests_unit_auth_test_hostile_tokens_SOURCES = tests/unit/auth/test_hostile_tokens.c tests/unit/auth/token_kit.h
tests_unit_auth_test_hostile_tokens_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_auth_test_hostile_tokens_LDADD = $(AUTH_TEST_LIBS)
tests_unit_auth_test_key_SOURCES = tests/unit/auth/test_key.c tests/unit/auth/token_kit.h
tests_unit_auth_test_key_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_auth_test_key_LDADD = $(AUTH_TEST_LIBS)
tests_unit_auth_test_key_file_SOURCES = tests/unit/auth/test_key_file.c tests/unit/auth/token_kit.h
tests_unit_auth_test_key_file_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_auth_test_key_file_LDADD = $(AUTH_TEST_LIBS)
tests_unit_auth_test_key_wrap_SOURCES = tests/unit/auth/test_key_wrap.c tests/unit/auth/token_kit.h
tests_unit_auth_test_key_wrap_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_auth_test_key_wrap_LDADD = $(AUTH_TEST_LIBS)
tests_unit_auth_test_keyring_SOURCES = tests/unit/auth/test_keyring.c tests/unit/auth/token_kit.h
tests_unit_auth_test_keyring_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_auth_test_keyring_LDADD = $(AUTH_TEST_LIBS)
tests_unit_auth_test_paseto_SOURCES = tests/unit/auth/test_paseto.c tests/unit/auth/token_kit.h
tests_unit_auth_test_paseto_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_auth_test_paseto_LDADD = $(AUTH_TEST_LIBS)
tests_unit_auth_test_policy_SOURCES = tests/unit/auth/test_policy.c tests/unit/auth/token_kit.h
tests_unit_auth_test_policy_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_auth_test_policy_LDADD = $(AUTH_TEST_LIBS)
tests_unit_auth_test_subset_SOURCES = tests/unit/auth/test_subset.c tests/unit/auth/token_kit.h
tests_unit_auth_test_subset_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_auth_test_subset_LDADD = $(AUTH_TEST_LIBS)
tests_unit_auth_test_token_cache_SOURCES = tests/unit/auth/test_token_cache.c
tests_unit_auth_test_token_cache_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_auth_test_token_cache_LDADD = $(AUTH_TEST_LIBS)
tests_unit_auth_test_verify_SOURCES = tests/unit/auth/test_verify.c tests/unit/auth/token_kit.h
tests_unit_auth_test_verify_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_auth_test_verify_LDADD = $(AUTH_TEST_LIBS)
tests_vectors_test_paseto_vectors_SOURCES = tests/vectors/test_paseto_vectors.c
tests_vectors_test_paseto_vectors_CPPFLAGS = $(UNIT_CPPFLAGS) -DTOP_SRCDIR='"$(abs_top_srcdir)"'
tests_vectors_test_paseto_vectors_LDADD = $(AUTH_TEST_LIBS)
EXTRA_DIST += tests/vectors/paseto

# ---- limit
check_PROGRAMS += tests/unit/limit/test_limit
TESTS += tests/unit/limit/test_limit
tests_unit_limit_test_limit_SOURCES = tests/unit/limit/test_limit.c
tests_unit_limit_test_limit_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_limit_test_limit_LDADD = $(LIMIT_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)

# ---- store
TESTS += tests/unit/store/test_apply
check_PROGRAMS += tests/unit/store/test_apply
tests_unit_store_test_apply_SOURCES = tests/unit/store/test_apply.c \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_store_test_apply_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_store_test_apply_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/store/test_apply_revert
check_PROGRAMS += tests/unit/store/test_apply_revert
tests_unit_store_test_apply_revert_SOURCES = tests/unit/store/test_apply_revert.c \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_store_test_apply_revert_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_store_test_apply_revert_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/store/test_delegate
check_PROGRAMS += tests/unit/store/test_delegate
tests_unit_store_test_delegate_SOURCES = tests/unit/store/test_delegate.c \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_store_test_delegate_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_store_test_delegate_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/store/test_zone_edit
check_PROGRAMS += tests/unit/store/test_zone_edit
tests_unit_store_test_zone_edit_SOURCES = tests/unit/store/test_zone_edit.c \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_store_test_zone_edit_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_store_test_zone_edit_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/store/test_reader_history
check_PROGRAMS += tests/unit/store/test_reader_history
tests_unit_store_test_reader_history_SOURCES = tests/unit/store/test_reader_history.c \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_store_test_reader_history_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_store_test_reader_history_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/store/test_import
TESTS += tests/unit/store/test_import
tests_unit_store_test_import_SOURCES = tests/unit/store/test_import.c \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_store_test_import_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_store_test_import_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/store/test_server
TESTS += tests/unit/store/test_server
tests_unit_store_test_server_SOURCES = tests/unit/store/test_server.c \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_store_test_server_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_store_test_server_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/store/test_reader
check_PROGRAMS += tests/unit/store/test_reader
tests_unit_store_test_reader_SOURCES = tests/unit/store/test_reader.c \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_store_test_reader_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_store_test_reader_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/search/test_index
check_PROGRAMS += tests/unit/search/test_index
tests_unit_search_test_index_SOURCES = tests/unit/search/test_index.c
tests_unit_search_test_index_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_search_test_index_LDADD = $(SEARCH_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/store/test_tokens
check_PROGRAMS += tests/unit/store/test_tokens
tests_unit_store_test_tokens_SOURCES = tests/unit/store/test_tokens.c \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_store_test_tokens_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_store_test_tokens_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/store/test_wal_file
check_PROGRAMS += tests/unit/store/test_wal_file
tests_unit_store_test_wal_file_SOURCES = tests/unit/store/test_wal_file.c
tests_unit_store_test_wal_file_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_store_test_wal_file_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)

TESTS += tests/unit/store/test_writer
check_PROGRAMS += tests/unit/store/test_writer
tests_unit_store_test_writer_SOURCES = tests/unit/store/test_writer.c \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_store_test_writer_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_store_test_writer_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/store/test_answers
check_PROGRAMS += tests/unit/store/test_answers
tests_unit_store_test_answers_SOURCES = tests/unit/store/test_answers.c \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_store_test_answers_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_store_test_answers_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/store/test_expire
check_PROGRAMS += tests/unit/store/test_expire
tests_unit_store_test_expire_SOURCES = tests/unit/store/test_expire.c \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_store_test_expire_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_store_test_expire_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/store/test_crash
check_PROGRAMS += tests/unit/store/test_crash
tests_unit_store_test_crash_SOURCES = tests/unit/store/test_crash.c \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_store_test_crash_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_store_test_crash_LDADD = $(STORE_LIBS) $(AUDIT_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/test_zone_cache
check_PROGRAMS += tests/unit/test_zone_cache
tests_unit_test_zone_cache_SOURCES = tests/unit/test_zone_cache.c src/zone_cache.c src/zone_cache.h \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_test_zone_cache_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_zone_cache_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)

TESTS += tests/unit/store/test_checkpoint
check_PROGRAMS += tests/unit/store/test_checkpoint
tests_unit_store_test_checkpoint_SOURCES = tests/unit/store/test_checkpoint.c \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_store_test_checkpoint_CPPFLAGS = $(UNIT_CPPFLAGS) $(SQLITE_CFLAGS)
tests_unit_store_test_checkpoint_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)

TESTS += tests/unit/test_commit
check_PROGRAMS += tests/unit/test_commit
tests_unit_test_commit_SOURCES = tests/unit/test_commit.c src/commit.c src/commit.h \
	tests/unit/store/fixture.c tests/unit/store/fixture.h
tests_unit_test_commit_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_commit_LDADD = $(SERVER_LIBS) $(AUDIT_LIBS) $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)

# ---- publish
PUBLISH_TEST_LIBS = $(PUBLISH_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
EXTRA_DIST += tests/unit/publish/folder.h tests/unit/publish/names.h
check_PROGRAMS += tests/unit/publish/test_address
TESTS += tests/unit/publish/test_address
tests_unit_publish_test_address_SOURCES = tests/unit/publish/test_address.c
tests_unit_publish_test_address_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_publish_test_address_LDADD = $(PUBLISH_TEST_LIBS)
check_PROGRAMS += tests/unit/publish/test_asker
TESTS += tests/unit/publish/test_asker
tests_unit_publish_test_asker_SOURCES = tests/unit/publish/test_asker.c
tests_unit_publish_test_asker_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_publish_test_asker_LDADD = $(PUBLISH_TEST_LIBS)
check_PROGRAMS += tests/unit/publish/test_monitor
TESTS += tests/unit/publish/test_monitor
tests_unit_publish_test_monitor_SOURCES = tests/unit/publish/test_monitor.c
tests_unit_publish_test_monitor_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_publish_test_monitor_LDADD = $(PUBLISH_TEST_LIBS)
check_PROGRAMS += tests/unit/publish/test_board
TESTS += tests/unit/publish/test_board
tests_unit_publish_test_board_SOURCES = tests/unit/publish/test_board.c
tests_unit_publish_test_board_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_publish_test_board_LDADD = $(PUBLISH_TEST_LIBS)
check_PROGRAMS += tests/unit/publish/test_heap
TESTS += tests/unit/publish/test_heap
tests_unit_publish_test_heap_SOURCES = tests/unit/publish/test_heap.c
tests_unit_publish_test_heap_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_publish_test_heap_LDADD = $(PUBLISH_TEST_LIBS)
check_PROGRAMS += tests/unit/publish/test_http_client
TESTS += tests/unit/publish/test_http_client
tests_unit_publish_test_http_client_SOURCES = tests/unit/publish/test_http_client.c
tests_unit_publish_test_http_client_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_publish_test_http_client_LDADD = $(PUBLISH_TEST_LIBS)
check_PROGRAMS += tests/unit/publish/test_ledger
TESTS += tests/unit/publish/test_ledger
tests_unit_publish_test_ledger_SOURCES = tests/unit/publish/test_ledger.c
tests_unit_publish_test_ledger_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_publish_test_ledger_LDADD = $(PUBLISH_TEST_LIBS)
check_PROGRAMS += tests/unit/publish/test_schedule
TESTS += tests/unit/publish/test_schedule
tests_unit_publish_test_schedule_SOURCES = tests/unit/publish/test_schedule.c
tests_unit_publish_test_schedule_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_publish_test_schedule_LDADD = $(PUBLISH_TEST_LIBS)
check_PROGRAMS += tests/unit/publish/test_swap
TESTS += tests/unit/publish/test_swap
tests_unit_publish_test_swap_SOURCES = tests/unit/publish/test_swap.c
tests_unit_publish_test_swap_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_publish_test_swap_LDADD = $(PUBLISH_TEST_LIBS)
check_PROGRAMS += tests/unit/publish/test_watch
TESTS += tests/unit/publish/test_watch
tests_unit_publish_test_watch_SOURCES = tests/unit/publish/test_watch.c
tests_unit_publish_test_watch_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_publish_test_watch_LDADD = $(PUBLISH_TEST_LIBS)
check_PROGRAMS += tests/unit/publish/test_soa_poll
TESTS += tests/unit/publish/test_soa_poll
tests_unit_publish_test_soa_poll_SOURCES = tests/unit/publish/test_soa_poll.c
tests_unit_publish_test_soa_poll_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_publish_test_soa_poll_LDADD = $(PUBLISH_TEST_LIBS)
check_PROGRAMS += tests/unit/publish/test_zone_file
TESTS += tests/unit/publish/test_zone_file
tests_unit_publish_test_zone_file_SOURCES = tests/unit/publish/test_zone_file.c
tests_unit_publish_test_zone_file_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_publish_test_zone_file_LDADD = $(PUBLISH_TEST_LIBS)

TESTS += tests/unit/test_publisher
check_PROGRAMS += tests/unit/test_publisher
tests_unit_test_publisher_SOURCES = tests/unit/test_publisher.c \
	tests/unit/store/fixture.c tests/unit/store/fixture.h \
	src/publish_job.c src/publisher.c src/publisher_notes.c src/publisher_survey.c \
	src/publisher_monitor.c src/publisher_verify.c
tests_unit_test_publisher_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_test_publisher_LDADD = $(SERVER_LIBS) $(PUBLISH_LIBS) $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)

# ---- audit
TESTS += tests/unit/audit/test_chain
check_PROGRAMS += tests/unit/audit/test_chain
tests_unit_audit_test_chain_SOURCES = tests/unit/audit/test_chain.c
tests_unit_audit_test_chain_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_audit_test_chain_LDADD = $(AUDIT_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/audit/test_row
check_PROGRAMS += tests/unit/audit/test_row
tests_unit_audit_test_row_SOURCES = tests/unit/audit/test_row.c
tests_unit_audit_test_row_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_audit_test_row_LDADD = $(AUDIT_LIBS) $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)

# ---- server
TESTS += tests/unit/server/test_responder
check_PROGRAMS += tests/unit/server/test_responder
tests_unit_server_test_responder_SOURCES = tests/unit/server/test_responder.c tests/unit/server/fcgi_client.h
tests_unit_server_test_responder_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_server_test_responder_LDADD = $(SERVER_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/server/test_privileges
check_PROGRAMS += tests/unit/server/test_privileges
tests_unit_server_test_privileges_SOURCES = tests/unit/server/test_privileges.c
tests_unit_server_test_privileges_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_server_test_privileges_LDADD = $(SERVER_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/server/test_sandbox
check_PROGRAMS += tests/unit/server/test_sandbox
tests_unit_server_test_sandbox_SOURCES = tests/unit/server/test_sandbox.c
tests_unit_server_test_sandbox_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_server_test_sandbox_LDADD = $(SERVER_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/server/test_socket
check_PROGRAMS += tests/unit/server/test_socket
tests_unit_server_test_socket_SOURCES = tests/unit/server/test_socket.c tests/unit/server/fcgi_client.h
tests_unit_server_test_socket_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_server_test_socket_LDADD = $(SERVER_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/server/test_supervisor
check_PROGRAMS += tests/unit/server/test_supervisor
tests_unit_server_test_supervisor_SOURCES = tests/unit/server/test_supervisor.c
tests_unit_server_test_supervisor_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_server_test_supervisor_LDADD = $(SERVER_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/server/test_connections
check_PROGRAMS += tests/unit/server/test_connections
tests_unit_server_test_connections_SOURCES = tests/unit/server/test_connections.c
tests_unit_server_test_connections_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_server_test_connections_LDADD = $(SERVER_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/server/test_channel
check_PROGRAMS += tests/unit/server/test_channel
tests_unit_server_test_channel_SOURCES = tests/unit/server/test_channel.c
tests_unit_server_test_channel_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_server_test_channel_LDADD = $(SERVER_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
TESTS += tests/unit/server/test_fcgi
check_PROGRAMS += tests/unit/server/test_fcgi
tests_unit_server_test_fcgi_SOURCES = tests/unit/server/test_fcgi.c tests/unit/server/fcgi_client.h
tests_unit_server_test_fcgi_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_server_test_fcgi_LDADD = $(SERVER_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)

# ---- api
check_PROGRAMS += tests/unit/api/test_cursor
TESTS += tests/unit/api/test_cursor
tests_unit_api_test_cursor_SOURCES = tests/unit/api/test_cursor.c tests/unit/api/fixture.h
tests_unit_api_test_cursor_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_api_test_cursor_LDADD = src/libapi.a src/libhttp.a $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/api/test_changes
TESTS += tests/unit/api/test_changes
tests_unit_api_test_changes_SOURCES = tests/unit/api/test_changes.c tests/unit/api/fixture.h
tests_unit_api_test_changes_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_api_test_changes_LDADD = src/libapi.a src/libhttp.a $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/api/test_history
TESTS += tests/unit/api/test_history
tests_unit_api_test_history_SOURCES = tests/unit/api/test_history.c tests/unit/api/fixture.h
tests_unit_api_test_history_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_api_test_history_LDADD = src/libapi.a src/libhttp.a $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/api/test_records
TESTS += tests/unit/api/test_records
tests_unit_api_test_records_SOURCES = tests/unit/api/test_records.c tests/unit/api/fixture.h
tests_unit_api_test_records_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_api_test_records_LDADD = src/libapi.a src/libhttp.a $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/api/test_tokens
TESTS += tests/unit/api/test_tokens
tests_unit_api_test_tokens_SOURCES = tests/unit/api/test_tokens.c tests/unit/api/fixture.h
tests_unit_api_test_tokens_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_api_test_tokens_LDADD = src/libapi.a src/libhttp.a $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/api/test_servers
TESTS += tests/unit/api/test_servers
tests_unit_api_test_servers_SOURCES = tests/unit/api/test_servers.c tests/unit/api/fixture.h
tests_unit_api_test_servers_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_api_test_servers_LDADD = src/libapi.a src/libhttp.a $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)
check_PROGRAMS += tests/unit/api/test_zones
TESTS += tests/unit/api/test_zones
tests_unit_api_test_zones_SOURCES = tests/unit/api/test_zones.c tests/unit/api/fixture.h
tests_unit_api_test_zones_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_api_test_zones_LDADD = src/libapi.a src/libhttp.a $(DNS_LIBS) $(CORE_LIBS) $(CMOCKA_LIBS)

# ---- cli
CLI_TESTS = \
	tests/unit/cli/test_commands \
	tests/unit/cli/test_access \
	tests/unit/cli/test_flags \
	tests/unit/cli/test_plain \
	tests/unit/cli/test_request \
	tests/unit/cli/test_table \
	tests/unit/cli/test_trouble \
	tests/unit/cli/test_view \
	tests/unit/cli/test_when
TESTS += $(CLI_TESTS)
check_PROGRAMS += $(CLI_TESTS)
tests_unit_cli_test_commands_SOURCES = tests/unit/cli/test_commands.c
tests_unit_cli_test_commands_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cli_test_commands_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)
tests_unit_cli_test_access_SOURCES = tests/unit/cli/test_access.c
tests_unit_cli_test_access_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cli_test_access_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)
tests_unit_cli_test_flags_SOURCES = tests/unit/cli/test_flags.c
tests_unit_cli_test_flags_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cli_test_flags_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)
tests_unit_cli_test_plain_SOURCES = tests/unit/cli/test_plain.c
tests_unit_cli_test_plain_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cli_test_plain_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)
tests_unit_cli_test_request_SOURCES = tests/unit/cli/test_request.c
tests_unit_cli_test_request_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cli_test_request_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)
tests_unit_cli_test_table_SOURCES = tests/unit/cli/test_table.c
tests_unit_cli_test_table_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cli_test_table_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)
tests_unit_cli_test_trouble_SOURCES = tests/unit/cli/test_trouble.c
tests_unit_cli_test_trouble_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cli_test_trouble_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)
tests_unit_cli_test_view_SOURCES = tests/unit/cli/test_view.c
tests_unit_cli_test_view_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cli_test_view_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)
tests_unit_cli_test_when_SOURCES = tests/unit/cli/test_when.c
tests_unit_cli_test_when_CPPFLAGS = $(UNIT_CPPFLAGS)
tests_unit_cli_test_when_LDADD = $(CLI_LIBS) $(CMOCKA_LIBS)

# ---- fuzz
# Without --with-fuzzer each target replays tests/fuzz/corpus/<what> as a test.
# A new target: five lines like those of fuzz_json.
FUZZ_CPPFLAGS = $(AM_CPPFLAGS) -DTOP_SRCDIR='"$(abs_top_srcdir)"'
EXTRA_DIST += tests/fuzz/corpus
FUZZ_TARGETS =
if WITH_FUZZER
FUZZ_MAIN =
FUZZ_LDFLAGS = $(AM_LDFLAGS) $(CG_FUZZER_LDFLAGS)
else
FUZZ_MAIN = tests/fuzz/replay.c
FUZZ_LDFLAGS = $(AM_LDFLAGS)
TESTS += $(FUZZ_TARGETS)
endif
check_PROGRAMS += $(FUZZ_TARGETS)

FUZZ_TARGETS += tests/fuzz/fuzz_json
tests_fuzz_fuzz_json_SOURCES = tests/fuzz/fuzz_json.c $(FUZZ_MAIN)
tests_fuzz_fuzz_json_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_json_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_json_LDADD = $(CORE_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_request
tests_fuzz_fuzz_request_SOURCES = tests/fuzz/fuzz_request.c $(FUZZ_MAIN)
tests_fuzz_fuzz_request_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_request_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_request_LDADD = $(HTTP_LIBS) $(CORE_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_conf
tests_fuzz_fuzz_conf_SOURCES = tests/fuzz/fuzz_conf.c $(FUZZ_MAIN)
tests_fuzz_fuzz_conf_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_conf_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_conf_LDADD = $(CONF_LIBS) $(CORE_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_token
tests_fuzz_fuzz_token_SOURCES = tests/fuzz/fuzz_token.c $(FUZZ_MAIN)
tests_fuzz_fuzz_token_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_token_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_token_LDADD = $(AUTH_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_zone_text
tests_fuzz_fuzz_zone_text_SOURCES = tests/fuzz/fuzz_zone_text.c $(FUZZ_MAIN)
tests_fuzz_fuzz_zone_text_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_zone_text_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_zone_text_LDADD = $(DNS_LIBS) $(CORE_LIBS)

# ---- model
# What tests/e2e/test_permission_model.py compares with a model of its own.
check_PROGRAMS += tests/model/decide
tests_model_decide_SOURCES = tests/model/decide.c
tests_model_decide_LDADD = $(AUTH_LIBS)

# ---- bench
# What scripts/bench needs beside the programs themselves.
check_PROGRAMS += tests/bench/bare_responder tests/bench/load_store
tests_bench_bare_responder_SOURCES = tests/bench/bare_responder.c
tests_bench_bare_responder_LDADD = $(SERVER_LIBS) $(CORE_LIBS)
tests_bench_load_store_SOURCES = tests/bench/load_store.c
tests_bench_load_store_LDADD = $(STORE_LIBS) $(DNS_LIBS) $(CORE_LIBS)
EXTRA_DIST += tests/bench/lag.py tests/bench/nginx.bench.inc.in tests/bench/report.py tests/bench/rrset.lua \
	tests/bench/zone_import.py

FUZZ_TARGETS += tests/fuzz/fuzz_name
tests_fuzz_fuzz_name_SOURCES = tests/fuzz/fuzz_name.c $(FUZZ_MAIN)
tests_fuzz_fuzz_name_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_name_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_name_LDADD = $(DNS_LIBS) $(CORE_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_rdata
tests_fuzz_fuzz_rdata_SOURCES = tests/fuzz/fuzz_rdata.c $(FUZZ_MAIN)
tests_fuzz_fuzz_rdata_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_rdata_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_rdata_LDADD = $(DNS_LIBS) $(CORE_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_change
tests_fuzz_fuzz_change_SOURCES = tests/fuzz/fuzz_change.c $(FUZZ_MAIN)
tests_fuzz_fuzz_change_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_change_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_change_LDADD = $(DNS_LIBS) $(CORE_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_answer
tests_fuzz_fuzz_answer_SOURCES = tests/fuzz/fuzz_answer.c $(FUZZ_MAIN)
tests_fuzz_fuzz_answer_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_answer_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_answer_LDADD = $(DNS_LIBS) $(CORE_LIBS)

FUZZ_TARGETS += tests/fuzz/fuzz_view
tests_fuzz_fuzz_view_SOURCES = tests/fuzz/fuzz_view.c $(FUZZ_MAIN)
tests_fuzz_fuzz_view_CPPFLAGS = $(FUZZ_CPPFLAGS)
tests_fuzz_fuzz_view_LDFLAGS = $(FUZZ_LDFLAGS)
tests_fuzz_fuzz_view_LDADD = $(CLI_LIBS)
