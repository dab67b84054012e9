noinst_LIBRARIES += libnet.a
libnet_a_SOURCES = \
	%D%/deflate.c %D%/deflate.h \
	%D%/dns.c %D%/dns.h \
	%D%/dns_message.c %D%/dns_message.h \
	%D%/dns_name.c \
	%D%/dns_servers.c %D%/dns_servers.h \
	%D%/endpoint.c %D%/endpoint.h \
	%D%/network.c %D%/network.h \
	%D%/peer.c %D%/peer.h \
	%D%/proxy_header.c %D%/proxy_header.h \
	%D%/pump.c \
	%D%/stream.c %D%/stream.h %D%/stream_private.h \
	%D%/tls.c %D%/tls.h
# GnuTLS is loaded by the connections that speak TLS, and by no others.
driver_PROGRAMS += tls.so
tls_so_SOURCES = %D%/tls_gnutls.c
tls_so_CFLAGS = $(AM_CFLAGS) $(GNUTLS_CFLAGS)
tls_so_LDFLAGS = $(LINK_DRIVER)
tls_so_LDADD = libbase.a $(GNUTLS_LIBS)
