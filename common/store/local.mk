# sources of libnjiwa store
