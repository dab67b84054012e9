# units of common/net
check_PROGRAMS += %D%/test_stream
TESTS += %D%/test_stream
%C%_test_stream_SOURCES = %D%/test_stream.c
%C%_test_stream_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_stream_LDADD = libnet.a libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_peer
TESTS += %D%/test_peer
%C%_test_peer_SOURCES = %D%/test_peer.c
%C%_test_peer_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_peer_LDADD = libnet.a libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_network
TESTS += %D%/test_network
%C%_test_network_SOURCES = %D%/test_network.c
%C%_test_network_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_network_LDADD = libnet.a libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_dns_message %D%/test_dns
TESTS += %D%/test_dns_message %D%/test_dns
%C%_test_dns_message_SOURCES = %D%/test_dns_message.c %D%/dns_reply.h
%C%_test_dns_message_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_dns_message_LDADD = libnet.a libbase.a $(CMOCKA_LIBS)
%C%_test_dns_SOURCES = %D%/test_dns.c
%C%_test_dns_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_dns_LDADD = libnet.a libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_proxy_header
TESTS += %D%/test_proxy_header
%C%_test_proxy_header_SOURCES = %D%/test_proxy_header.c
%C%_test_proxy_header_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_proxy_header_LDADD = libnet.a libbase.a $(CMOCKA_LIBS)

check_PROGRAMS += %D%/test_deflate
TESTS += %D%/test_deflate
%C%_test_deflate_SOURCES = %D%/test_deflate.c
%C%_test_deflate_CPPFLAGS = $(AM_CPPFLAGS) $(CMOCKA_CFLAGS)
%C%_test_deflate_LDADD = libnet.a libbase.a $(CMOCKA_LIBS) $(ZLIB_LIBS)
