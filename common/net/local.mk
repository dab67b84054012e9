# sources of libnjiwa net
