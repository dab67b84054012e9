# net
FUZZ_TARGETS += %D%/fuzz_dns
%C%_fuzz_dns_SOURCES = %D%/fuzz_dns.c $(FUZZ_MAIN)
%C%_fuzz_dns_LDADD = libnet.a libbase.a
%C%_fuzz_dns_LDFLAGS = $(FUZZ_LINK)
FUZZ_TARGETS += %D%/fuzz_proxy_header
%C%_fuzz_proxy_header_SOURCES = %D%/fuzz_proxy_header.c $(FUZZ_MAIN)
%C%_fuzz_proxy_header_LDADD = libnet.a libbase.a
%C%_fuzz_proxy_header_LDFLAGS = $(FUZZ_LINK)
EXTRA_DIST += %D%/proxy_header.dict %D%/corpus/proxy_header
