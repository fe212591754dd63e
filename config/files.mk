# SPDX-License-Identifier: GPL-3.0-or-later
# What is installed besides programs: the sample configuration, systemd's files.
# `make install` never touches a configuration that is in use: the sample keeps its own name.

EXTRA_DIST += \
	config/Corefile \
	config/coregate.conf \
	config/systemd/coregated.service.in \
	config/systemd/coregated.socket.in \
	config/tmpfiles.d/coregate.conf.in

config_made = \
	config/coregate.conf.sample \
	config/coregated.service \
	config/coregated.socket \
	config/tmpfiles.d/coregate.conf
CLEANFILES += $(config_made)

config_fill = $(AM_V_GEN)$(MKDIR_P) $(@D) && $(SED) \
	-e 's|@sbindir[@]|$(sbindir)|g' \
	-e 's|@sysconfdir[@]|$(sysconfdir)|g' \
	-e 's|@localstatedir[@]|$(localstatedir)|g'

config/coregate.conf.sample: config/coregate.conf Makefile
	$(config_fill) -e 's|/var/lib/coregate|$(localstatedir)/lib/coregate|g' \
		$(srcdir)/config/coregate.conf >$@
config/coregated.service: config/systemd/coregated.service.in Makefile
	$(config_fill) $(srcdir)/config/systemd/coregated.service.in >$@
config/coregated.socket: config/systemd/coregated.socket.in Makefile
	$(config_fill) $(srcdir)/config/systemd/coregated.socket.in >$@
config/tmpfiles.d/coregate.conf: config/tmpfiles.d/coregate.conf.in Makefile
	$(config_fill) $(srcdir)/config/tmpfiles.d/coregate.conf.in >$@

coregateconfdir = $(sysconfdir)/coregate
nodist_coregateconf_DATA = config/coregate.conf.sample

systemunitdir = $(systemdsystemunitdir)
nodist_systemunit_DATA = config/coregated.service config/coregated.socket

completiondir = $(datadir)/bash-completion/completions
dist_completion_DATA = config/bash-completion/coregate

exampledir = $(docdir)/examples
dist_example_DATA = config/Corefile

# systemd looks for both under PREFIX/lib.
sysusersdir = $(prefix)/lib/sysusers.d
dist_sysusers_DATA = config/sysusers.d/coregate.conf

tmpfilesdir = $(prefix)/lib/tmpfiles.d
nodist_tmpfiles_DATA = config/tmpfiles.d/coregate.conf
