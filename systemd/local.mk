# systemd: a program for each connection (njiwa.target), or njiwa-init on
# sockets of systemd (njiwa-init.target).  make-unit knows the services.
UNIT_SERVICES = mx submission submissions lmtp pop3 pop3s imap imaps
UNITS = njiwa.target njiwa-accountd.socket njiwa-accountd.service \
	njiwa-queue.service njiwa-queue.timer \
	njiwa-init.target njiwa-init.service \
	$(UNIT_SERVICES:%=njiwa-%.socket) \
	$(UNIT_SERVICES:%=njiwa-%@.service) \
	$(UNIT_SERVICES:%=njiwa-init-%.socket)
UNIT_TEMPLATES = %D%/connection.socket.in %D%/connection@.service.in \
	%D%/init-service.socket.in \
	%D%/njiwa.target.in %D%/njiwa-accountd.service.in \
	%D%/njiwa-accountd.socket.in %D%/njiwa-init.service.in \
	%D%/njiwa-init.target.in %D%/njiwa-queue.service.in \
	%D%/njiwa-queue.timer.in
EXTRA_DIST += %D%/make-unit %D%/hardening $(UNIT_TEMPLATES) \
	%D%/njiwa.sysusers %D%/njiwa.tmpfiles

install-data-hook: install-units
uninstall-hook: uninstall-units

install-units:
	$(MKDIR_P) "$(DESTDIR)$(systemdsystemunitdir)" \
	    "$(DESTDIR)$(prefix)/lib/sysusers.d" \
	    "$(DESTDIR)$(prefix)/lib/tmpfiles.d"
	for unit in $(UNITS); do \
	    $(srcdir)/%D%/make-unit $$unit "$(pkglibexecdir)" \
		>"$(DESTDIR)$(systemdsystemunitdir)/$$unit" || exit 1; \
	done
	$(INSTALL_DATA) $(srcdir)/%D%/njiwa.sysusers \
	    "$(DESTDIR)$(prefix)/lib/sysusers.d/njiwa.conf"
	$(INSTALL_DATA) $(srcdir)/%D%/njiwa.tmpfiles \
	    "$(DESTDIR)$(prefix)/lib/tmpfiles.d/njiwa.conf"
uninstall-units:
	for unit in $(UNITS); do \
	    rm -f "$(DESTDIR)$(systemdsystemunitdir)/$$unit"; \
	done
	rm -f "$(DESTDIR)$(prefix)/lib/sysusers.d/njiwa.conf" \
	    "$(DESTDIR)$(prefix)/lib/tmpfiles.d/njiwa.conf"
.PHONY: install-units uninstall-units

print-units:
	@echo $(UNITS)
.PHONY: print-units
