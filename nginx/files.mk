# SPDX-License-Identifier: GPL-3.0-or-later
# The outer gate: files to include in an nginx that is there already.

nginxexampledir = $(docdir)/examples/nginx
dist_nginxexample_DATA = \
	nginx/coregate-api.inc \
	nginx/coregate-errors.inc \
	nginx/coregate-http.inc \
	nginx/coregate.conf.example

EXTRA_DIST += nginx/nginx.local.conf.in
