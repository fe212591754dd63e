# SPDX-License-Identifier: GPL-3.0-or-later
# What is installed besides programs: the sample configuration, systemd's files.
# `make install` never touches a configuration that is in use: the sample keeps its own name.

EXTRA_DIST += \
	config/Corefile \
	config/coregate.conf \
	config/sysusers.d/coregate.conf \
	config/systemd/coregated.service.in \
	config/systemd/coregated.socket.in \
	config/tmpfiles.d/coregate.conf.in

config_made = \
	config/coregate.conf.sample \
	config/coregated.service \
	config/coregated.socket \
	config/coregate-tmpfiles.conf
CLEANFILES += $(config_made)

config_fill = $(AM_V_GEN)$(MKDIR_P) config && $(SED) \
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
config/coregate-tmpfiles.conf: config/tmpfiles.d/coregate.conf.in Makefile
	$(config_fill) $(srcdir)/config/tmpfiles.d/coregate.conf.in >$@

coregateconfdir = $(sysconfdir)/coregate
nodist_coregateconf_DATA = config/coregate.conf.sample

systemunitdir = $(systemdsystemunitdir)
nodist_systemunit_DATA = config/coregated.service config/coregated.socket

exampledir = $(docdir)/examples
dist_example_DATA = config/Corefile

# systemd looks for both under PREFIX/lib; the names are those of the target, not of the source.
install-data-hook:
	$(MKDIR_P) $(DESTDIR)$(prefix)/lib/sysusers.d $(DESTDIR)$(prefix)/lib/tmpfiles.d
	$(INSTALL_DATA) $(srcdir)/config/sysusers.d/coregate.conf \
		$(DESTDIR)$(prefix)/lib/sysusers.d/coregate.conf
	$(INSTALL_DATA) config/coregate-tmpfiles.conf \
		$(DESTDIR)$(prefix)/lib/tmpfiles.d/coregate.conf

uninstall-hook:
	rm -f $(DESTDIR)$(prefix)/lib/sysusers.d/coregate.conf \
		$(DESTDIR)$(prefix)/lib/tmpfiles.d/coregate.conf
