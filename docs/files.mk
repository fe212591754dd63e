# SPDX-License-Identifier: GPL-3.0-or-later
# Manual pages and documents.

dist_man_MANS += \
	docs/man/coregate.1 \
	docs/man/coregate.conf.5 \
	docs/man/coregated.8

dist_doc_DATA = \
	NEWS \
	docs/acme.md \
	docs/api.md \
	docs/coredns.md \
	docs/install.md \
	docs/openapi.json \
	docs/operations.md \
	docs/threat-model.md \
	docs/tokens.md \
	docs/troubleshooting.md

hooksdir = $(docdir)/hooks
dist_hooks_SCRIPTS = \
	docs/hooks/certbot \
	docs/hooks/dehydrated \
	docs/hooks/uacme

EXTRA_DIST += \
	docs/adr/0001-shape-processes-and-folders.md \
	docs/adr/0002-group-commit-sqlite.md \
	docs/adr/0003-paseto-own-implementation.md \
	docs/adr/0004-bounds-travel-to-the-writer.md \
	docs/adr/0005-idle-connections-are-handed-over.md \
	docs/adr/0006-top-level-files.md \
	docs/adr/0008-searches-have-an-index-in-memory.md \
	docs/adr/0007-a-request-that-waits-does-not-block.md \
	docs/adr/0009-repeats-and-expiry-in-the-store.md \
	docs/adr/0011-delegations-follow-from-the-zones.md \
	docs/adr/0010-an-import-is-staged.md \
	docs/adr/0012-the-log-is-copied-beside-the-writer.md
