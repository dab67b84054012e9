# net
FUZZ_TARGETS += %D%/fuzz_dns
%C%_fuzz_dns_SOURCES = %D%/fuzz_dns.c $(FUZZ_MAIN)
%C%_fuzz_dns_LDADD = libnet.a libbase.a
%C%_fuzz_dns_LDFLAGS = $(FUZZ_LINK)
